"""The page on auto-encoders in a real browser: the map of codes, uploads, training, taking home."""

import io
import re

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from dlsuite import serving

SCRIPT = "autoencoder.py"
VIEWS = {
    "Interpolation": "halfway between two digits are both",
    "Samples": "learns no density",
    "Denoising": "The same noise at levels",
    "Two right answers": "the squared error answers",
    "Super-resolution": "PSNR of the whole picture",
    "Compression": "The entropy coder wrote",
    "Latent map": "held-out digits by their codes",
}
SECTIONS = {
    "Train": "Start training",
    "Inference": "Least variance",
    "What goes wrong": "What goes wrong",
    "Export": "docker compose up",
    "Play": "held-out digits by their codes",
}


class Map:
    """The map of codes on the page, its ring and its sliders."""

    def __init__(self, visit):
        self.visit, self.page = visit, visit.page
        self.square = self.page.get_by_role("img", name="Map of the codes")
        expect(self.square.locator("img")).to_have_js_property("complete", True)
        expect(self.square.locator(".ring")).to_be_visible()

    def slider(self, label: str):
        return self.page.get_by_role("slider", name=re.compile(rf"^{label}\b"))

    @property
    def extent(self) -> float:
        return float(self.slider("Half the map's width").input_value())

    def at(self, x: float, y: float) -> tuple[float, float]:
        """Where on the screen a place of the map is, in shares of its half width; y upwards."""
        box = self.square.bounding_box()
        return box["x"] + (1 + x) / 2 * box["width"], box["y"] + (1 - y) / 2 * box["height"]

    def is_at(self, x: float, y: float) -> None:
        """The sliders, the ring and the decoded picture come to be at a place, in shares of the half width."""
        values = []
        for name, share in (("z0", x), ("z1", y)):
            one_pixel = 2 / self.square.bounding_box()["width"]
            low, high = sorted((share + sign * one_pixel) * self.extent for sign in (-1, 1))
            self.page.wait_for_function(
                "([slider, low, high]) => low <= slider.value && slider.value <= high",
                arg=[self.slider(name).element_handle(), low, high],
            )
            values.append(float(self.slider(name).input_value()))
        ring = self.square.locator(".ring").bounding_box()
        middle = ring["x"] + ring["width"] / 2, ring["y"] + ring["height"] / 2
        assert middle == pytest.approx(self.at(x, y), abs=2)
        self.shows(serving.load("autoencoders.vae-2d"), values)

    def shows(self, model, z) -> None:
        """The first picture on the page comes to be what the model decodes at a place."""
        decoded = (255 * model.decode(latent=[z])["pictures"][0, :, :, 0]).round()
        for _ in range(100):
            if np.array_equal(picture_of(self.visit.bytes_of_picture())[::10, ::10, 0], decoded):
                return
            self.page.wait_for_timeout(50)
        pytest.fail(f"the picture is not what is decoded at {z}")


def picture_of(content: bytes) -> np.ndarray:
    """The picture in a file, uint8 `(height, width, 3)`."""
    return np.asarray(Image.open(io.BytesIO(content)).convert("RGB"))


def file_of(picture, kind="png", **options) -> bytes:
    content = io.BytesIO()
    Image.fromarray(picture).save(content, kind, **options)
    return content.getvalue()


@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_it_opens_with_something_alive_in_both_themes(visit, color_scheme):
    visit = visit(SCRIPT, color_scheme=color_scheme)
    plane = Map(visit)
    plane.is_at(0.5 / plane.extent, -0.5 / plane.extent)
    shown = plane.square.locator("img").evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert shown == [560, 560]
    assert visit.page.evaluate("getComputedStyle(document.querySelector('.stApp')).colorScheme") == color_scheme


def test_every_view_and_section_comes_without_an_error(visit):
    visit = visit(SCRIPT)
    errors = []
    visit.page.on("pageerror", lambda error: errors.append(str(error)))
    for name, said in {**VIEWS, **SECTIONS}.items():
        visit.press(name)
        expect(visit.page.get_by_text(said).first).to_be_visible()
        expect(visit.page.get_by_test_id("stStatusWidget")).to_have_count(0)
        assert visit.page.get_by_test_id("stException").all_inner_texts() == [], name
        assert visit.page.get_by_role("alert").filter(has_text="error").count() == 0, name
    assert errors == []
