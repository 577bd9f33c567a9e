"""The page on auto-encoders in a real browser: the map of codes, uploads, training, taking home."""

import io
import json
import re
import urllib.parse
import zipfile

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

from dlsuite import serving
from dlsuite.autoencoders import picture_file
from dlsuite.data import mnist, own

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
    "What goes wrong": "broken by its options",
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
        for _ in range(600):
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


@pytest.mark.slow
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_it_opens_with_something_alive_in_both_themes(visit, color_scheme):
    visit = visit(SCRIPT, color_scheme=color_scheme)
    plane = Map(visit)
    plane.is_at(0.5 / plane.extent, -0.5 / plane.extent)
    shown = plane.square.locator("img").evaluate("image => [image.naturalWidth, image.naturalHeight]")
    assert shown == [560, 560]
    assert visit.page.evaluate("getComputedStyle(document.querySelector('.stApp')).colorScheme") == color_scheme


@pytest.mark.slow
def test_a_click_and_a_drag_on_the_map_move_all_that_shows_the_place(visit):
    visit = visit(SCRIPT)
    plane, mouse = Map(visit), visit.page.mouse
    mouse.click(*plane.at(0.5, 0.25))
    plane.is_at(0.5, 0.25)
    for name in ("z0", "z1"):
        value = float(plane.slider(name).input_value())
        expect(visit.page).to_have_url(re.compile(rf"\b{name}={value:g}\b"))
    visit.changes_picture(lambda: visit.slide("z0", "Home"))
    mouse.click(*plane.at(0.5, 0.25))  # where it was before the slider moved it
    plane.is_at(0.5, 0.25)
    mouse.move(*plane.at(-0.5, -0.5))
    mouse.down()
    mouse.move(*plane.at(0.4, 0.1), steps=25)
    mouse.move(*plane.at(-0.3, 0.6), steps=25)
    mouse.up()
    plane.is_at(-0.3, 0.6)
    mouse.move(*plane.at(0, 0))
    mouse.down()
    mouse.move(*plane.at(1.5, 0.2), steps=10)  # beyond the edge, where it stays on the edge
    mouse.up()
    plane.is_at(1, 0.2)
    mouse.move(*plane.at(-0.8, -0.8), steps=5)  # nothing is held down any more
    plane.is_at(1, 0.2)


@pytest.mark.slow
def test_the_map_stays_alive_under_a_hand_that_does_not_rest(visit):
    visit = visit(SCRIPT)
    plane, mouse = Map(visit), visit.page.mouse
    for _ in range(4):  # Streamlit's cache of messages, were it on, would stop the page for good here, in most trials
        mouse.move(*plane.at(0, 0))
        mouse.down()
        mouse.move(*plane.at(-0.4, 0.5), steps=20)
        mouse.move(*plane.at(0.9, 0.2), steps=20)
        mouse.up()
    plane.is_at(0.9, 0.2)


@pytest.mark.slow
def test_a_slider_moves_the_ring_and_all_survives_a_reload(visit):
    visit = visit(SCRIPT, z0=-1.5, z1=0.75)
    plane = Map(visit)
    plane.is_at(-1.5 / plane.extent, 0.75 / plane.extent)
    visit.changes_picture(lambda: visit.slide("z0", "ArrowRight"))
    plane.is_at(-1.49 / plane.extent, 0.75 / plane.extent)
    visit.page.reload()
    plane = Map(visit)
    plane.is_at(-1.49 / plane.extent, 0.75 / plane.extent)
    visit.press("Interpolation")
    expect(visit.page.get_by_text(VIEWS["Interpolation"])).to_be_visible()
    visit.slide("Position", "Home")
    expect(visit.page).to_have_url(re.compile(r"\bposition=0\b"))
    visit.page.reload()
    expect(visit.page.get_by_text(VIEWS["Interpolation"])).to_be_visible()
    expect(visit.page.get_by_role("slider", name="Position")).to_have_value("0")


@pytest.mark.slow
def test_every_view_and_section_comes_without_an_error(visit):
    visit = visit(SCRIPT)
    errors = []
    visit.page.on("pageerror", lambda error: errors.append(str(error)))
    for name, said in {**VIEWS, **SECTIONS}.items():
        visit.press(name)
        expect(visit.page.get_by_text(said).first).to_be_visible()
        visit.rests()
        assert visit.page.get_by_test_id("stException").all_inner_texts() == [], name
        assert visit.page.get_by_role("alert").filter(has_text="error").count() == 0, name
    assert errors == []


@pytest.mark.slow
def test_a_digit_that_is_drawn_is_restored(visit):
    visit = visit(SCRIPT, view="Denoising", way="my drawing", level=0)
    expect(visit.page.get_by_text("Draw a digit with the mouse")).to_be_visible()
    visit.draw((-1, 1.5), (1, 1.5), (-0.5, -1.5))
    expect(visit.page.get_by_text("corrupted: the same")).to_be_visible()
    seven = picture_of(visit.bytes_of_picture())[::12, ::12, 0].astype(float)
    assert seven.shape == (28, 28)
    images, labels = mnist.arrays("test", "bundled")
    means = [images[labels == digit, ..., 0].mean(axis=0) for digit in range(10)]
    assert np.argmax([np.corrcoef(seven.ravel(), mean.ravel())[0, 1] for mean in means]) == 7
    visit.press("Clear")
    expect(visit.page.get_by_text("Draw a digit with the mouse")).to_be_visible()


@pytest.mark.slow
def test_a_vae_is_trained_and_found_on_the_map(visit, wait_until):
    visit = visit(SCRIPT, section="Train")
    visit.unfold("All options")
    visit.choose("Source", "bundled")
    visit.enter("Epochs", 2)
    visit.enter("Latent dim", 2)
    visit.enter("Hidden", 16)
    visit.press("Start training")
    visit.is_told("finished", "step 62 of 62")
    expect(visit.page.get_by_text("after step")).to_be_visible()
    (run,) = visit.server.runs
    assert run.record["arguments"] | {"latent_dim": 2, "hidden": 16, "source": "bundled"} == run.record["arguments"]
    assert picture_of(visit.bytes_of_picture()).std() > 0  # a map, since there are two numbers
    visit.press("Play")
    Map(visit)
    visit.choose("Model", run.path.name)
    expect(visit.page).to_have_url(re.compile(f"map_model=.*{run.path.name}"))
    wait_until((run.path / "saved_model" / "1" / "saved_model.pb").exists)
    plane = Map(visit)
    z = [float(plane.slider(name).input_value()) for name in ("z0", "z1")]
    plane.shows(serving.load(run.path / "saved_model"), z)


def frames() -> bytes:
    """An animated GIF: a picture of noise, and a white one."""
    first, second = Image.fromarray(noise(48, 64)), Image.new("RGB", (64, 48), "white")
    content = io.BytesIO()
    first.save(content, "gif", save_all=True, append_images=[second], duration=100)
    return content.getvalue()


def huge() -> bytes:
    """A picture of few bytes and more pixels than are read."""
    return file_of(np.zeros((1, 1), "uint8"), "bmp").replace(
        (1).to_bytes(4, "little") * 2, (20_000).to_bytes(4, "little") * 2, 1
    )


def noise(height: int, width: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), "uint8")


ANSWERS = {
    "weights.pkl": (lambda: b"\x80\x04]\x94.", "weights.pkl: this is not a readable picture"),
    "letter.jpg": (lambda: b"Dear reader,", "letter.jpg: this is not a readable picture"),
    "huge.bmp": (huge, "huge.bmp: it has more than the 100,000,000 pixels that can be read"),
    "torn.png": (lambda: file_of(noise(48, 64))[:3000], "torn.png: the picture is damaged"),
    "film.gif": (frames, "It is animated: only the first frame is used."),
    "photograph.jpg": (
        lambda: file_of(noise(1000, 800), "jpeg"),
        "It was reduced from 800 × 1000 to 410 × 512 pixels.",
    ),
}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("view", "download", "said"),
    [("Super-resolution", "Download it enlarged", "PSNR of the whole"), ("Compression", "Download the file", "wrote")],
)
def test_an_upload_is_answered_by_a_sentence_or_a_picture(visit, view, download, said):
    visit = visit(SCRIPT, view=view)
    expect(visit.page.get_by_text(said)).to_be_visible()
    visit.choose("Picture", "my own")
    expect(visit.page.get_by_text("A photograph, as JPEG")).to_be_visible()
    for name, (make, sentence) in ANSWERS.items():
        content = make()
        visit.page.locator("input[type=file]").set_input_files(
            {"name": name, "mimeType": "image/png", "buffer": content}
        )
        expect(visit.page.get_by_text(sentence)).to_be_visible()
        is_picture = ": " not in sentence.removeprefix("It is animated: ")
        expect(visit.page.get_by_text(said)).to_have_count(1 if is_picture else 0)
    picture, _ = own.picture(content, largest=512)
    saved = visit.download(download)
    if view == "Super-resolution":
        assert picture_of(saved).shape == (512, 410, 3)
    else:
        model = serving.load("autoencoders.compression")
        assert saved == picture_file.encode(model, picture, 1)
        assert picture_file.decode(model, saved).shape == (512, 410, 3)


@pytest.mark.slow
def test_what_is_exported_loads(visit, tmp_path):
    visit = visit(SCRIPT, section="Export")
    visit.choose("Model", "Denoising")
    expect(visit.page.get_by_text("MODEL_NAME=autoencoders.denoising").first).to_be_visible()
    with zipfile.ZipFile(io.BytesIO(visit.download("SavedModel"))) as archive:
        archive.extractall(tmp_path)
    served = serving.load(tmp_path / "autoencoders.denoising")
    asked = json.loads(visit.download("The request"))
    answer = getattr(served, asked["signature_name"])(**asked["inputs"])
    assert answer["pictures"].shape == (1, 28, 28, 1)
    assert urllib.parse.urlsplit(visit.page.url).query.endswith("model=autoencoders.denoising")


@pytest.mark.slow
def test_home_leads_to_the_lecture(visit):
    visit = visit("home.py")
    visit.page.get_by_role("link", name="Auto-encoders").last.click()
    Map(visit)
