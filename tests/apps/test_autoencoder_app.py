"""The page on auto-encoders, run without a browser: what it shows is right, and what it is told."""

import ast
import io
import json
from pathlib import Path

import numpy as np
import pytest
import streamlit as st
from PIL import Image
from streamlit.elements.image import ImageMixin

from dlsuite import catalog, pictures, runs, serving
from dlsuite.autoencoders import latent_density, sheets, two_modes
from dlsuite.data import mnist
from dlsuite.gans import assessment

SCRIPT = "autoencoder.py"
LESSONS = [name for name in catalog.names() if name.startswith("autoencoders.")]
WITH_CODES = ["autoencoders.autoencoder", "autoencoders.vae"]
VIEWS = (
    "Latent map",
    "Interpolation",
    "Samples",
    "Denoising",
    "Two right answers",
    "Super-resolution",
    "Compression",
)
OWN = "my own …"
DRAWING = "my drawing …"


@pytest.fixture
def digits():
    """The 1,000 held-out digits, float32 in 0..1, and their labels."""
    images, labels = mnist.arrays("test", "bundled")
    return images / np.float32(255), labels


class Shown(dict):
    """The pictures of the page's last run, by the beginnings of their captions."""

    def __getitem__(self, beginning: str) -> np.ndarray:
        (found,) = [picture for caption, picture in self.items() if caption.startswith(beginning)]
        return found


@pytest.fixture
def shown(monkeypatch) -> Shown:
    """All pictures with a caption that the page shows; of several with the same one, the last."""
    pictures = Shown()

    def keeping(show):
        def image(*arguments, caption=None, **options):
            picture = arguments[-1]
            if caption is not None:
                pictures[caption] = np.asarray(picture)
            return show(*arguments, caption=caption, **options)

        return image

    monkeypatch.setattr(st, "image", keeping(st.image))
    monkeypatch.setattr(ImageMixin, "image", keeping(ImageMixin.image))
    return pictures


@pytest.fixture
def open_view(open_page, shown):
    """Open one of the views, at what a URL asks of it, and forget what was shown before."""

    def open_view(view: str, **asked):
        shown.clear()
        return open_page(SCRIPT, view=view, **{key: str(value) for key, value in asked.items()})

    return open_view


@pytest.fixture
def untrained(workplace):
    """A finished run of an auto-encoder that has learned nothing."""

    def untrained(lesson: str, dataset="mnist", data_shape=(28, 28, 1), latent_dim=2) -> Path:
        from dlsuite.autoencoders.autoencoder import AutoEncoder
        from dlsuite.autoencoders.vae import VAE

        build = {"autoencoders.autoencoder": AutoEncoder, "autoencoders.vae": VAE}[lesson]
        given = {"dataset": dataset, "latent_dim": latent_dim, "hidden": 4, "network": "dense"}
        run = runs.create(lesson, catalog.lesson(lesson).resolve(given), versions={}, devices=1)
        model = build(data_shape=data_shape, latent_dim=latent_dim, hidden=4, network="dense")
        model.save(run.path / "model.keras")
        serving.export(model, run.path / "saved_model")
        run.update(state="finished", epochs=1, steps_per_epoch=1)
        return run.path

    return untrained


def to_bytes(pictures) -> np.ndarray:
    """Grey pictures in 0..1, as bytes, without the last axis."""
    return (255 * np.clip(pictures[..., 0], 0, 1)).round().astype(int)


def large(picture, times) -> np.ndarray:
    """A digit that is shown, with each pixel repeated so often, as bytes `(28, 28)`."""
    small = picture[::times, ::times, 0].astype(int)
    assert small.shape == (28, 28)
    return small


def cells(sheet, columns: int, rows: int = 1) -> np.ndarray:
    """The digits of an enlarged sheet with borders of 2, as bytes `(rows * columns, 28, 28)`."""
    times = sheet.shape[1] // (30 * columns + 2)
    small = sheet[::times, ::times, 0].astype(int)
    assert small.shape == (30 * rows + 2, 30 * columns + 2)
    return small[2:, 2:].reshape(rows, 30, columns, 30).transpose(0, 2, 1, 3).reshape(-1, 30, 30)[:, :28, :28]


def psnr(picture, original) -> float:
    """In decibels, where 1 is white."""
    return -10 * np.log10(np.mean((picture.clip(0, 1) - original) ** 2))


def code_of(page) -> str:
    """The notebook lines on the page."""
    (code,) = [block.value for block in page.code if block.language == "python"]
    return code


def run_lines(code: str):
    """Run notebook lines: the variables that they leave, and the value of the last one, which a notebook shows."""
    *lines, last = ast.parse(code).body
    variables = {}
    exec(compile(ast.Module(lines, []), "<notebook>", "exec"), variables)
    return variables, eval(compile(ast.Expression(last.value), "<notebook>", "eval"), variables)


def values(page) -> dict[str, str]:
    """What the page's metrics say, by their labels."""
    return {metric.label: metric.value for metric in page.metric}


# Every view.


@pytest.mark.slow
@pytest.mark.parametrize("section", ["Play", "Train", "Inference", "What goes wrong", "Export"])
def test_every_section_opens(open_page, section):
    """Without a traceback, which `Page` sees to."""
    page = open_page(SCRIPT).turn_to(section)
    assert page.button_group(key="section").value == section
    assert page.main.children


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS)
def test_every_view_shows_pictures_and_lines_that_are_python(open_view, shown, view):
    page = open_view(view)
    assert page.button_group(key="view").value == view
    ast.parse(code_of(page))
    assert shown or view == "Two right answers"  # on the line it is a chart
    assert not page.error


@pytest.mark.slow
def test_all_views_can_be_gone_through_on_one_page(open_page):
    page = open_page(SCRIPT)
    for view in [*VIEWS, *VIEWS[::-1]]:
        page.button_group(key="view").set_value(view).run()
        assert page.button_group(key="view").value == view


# The latent map.


@pytest.mark.slow
@pytest.mark.parametrize("z", [(0.5, -0.5), (-1.25, 2.0), (0.0, 0.0)])
def test_what_is_decoded_is_what_lies_at_the_place(open_view, shown, digits, z):
    page = open_view("Latent map", z0=z[0], z1=z[1])
    model, (images, labels) = serving.load("autoencoders.vae-2d"), digits
    expected = to_bytes(model.decode(latent=[z])["pictures"])[0]
    np.testing.assert_array_equal(large(shown["decoded there"], 10), expected)
    nearest = np.linalg.norm(model.encode(pictures=images)["latent"] - z, axis=1).argmin()
    seen = shown[f"the held-out digit whose code is nearest, a {labels[nearest]}"]
    np.testing.assert_array_equal(large(seen, 10), to_bytes(images[nearest]))
    variables, manifold = run_lines(code_of(page))
    np.testing.assert_array_equal(to_bytes(variables["picture"])[0], expected)
    decoded = model.decode(latent=pictures.lattice(page.slider(key="extent").value, sheets.MANIFOLD))["pictures"]
    np.testing.assert_array_equal(np.asarray(manifold), pictures.sheet(decoded, sheets.MANIFOLD, border=0))


@pytest.mark.slow
def test_moving_a_slider_moves_what_is_decoded(open_view, shown):
    page = open_view("Latent map")
    before = shown["decoded there"]
    page.slider(key="z0").set_value(-1.5).run()
    assert page.query_params["z0"] == "-1.5"
    expected = serving.load("autoencoders.vae-2d").decode(latent=[[-1.5, page.slider(key="z1").value]])
    np.testing.assert_array_equal(large(shown["decoded there"], 10), to_bytes(expected["pictures"])[0])
    assert not np.array_equal(shown["decoded there"], before)


def test_a_smaller_map_keeps_the_place_on_it(open_view):
    page = open_view("Latent map", z0=2.5, z1=-2.5)
    page.slider(key="extent").set_value(1.0).run()
    assert (page.slider(key="z0").value, page.slider(key="z1").value) == (1.0, -1.0)


@pytest.mark.slow
def test_runs_with_two_latents_can_be_chosen_and_no_others(open_view, untrained, own_pictures, shown):
    """Nor those of other pictures than digits, which the held-out digits are not like."""
    two, two_of_a_vae = untrained("autoencoders.autoencoder"), untrained("autoencoders.vae")
    untrained("autoencoders.vae", latent_dim=3)
    untrained("autoencoders.vae", dataset=str(own_pictures), data_shape=(32, 32, 1))
    page = open_view("Latent map")
    assert len(page.selectbox(key="map_model").options) == 3
    for path in (two, two_of_a_vae):
        page.selectbox(key="map_model").set_value(str(path)).run()
        z = [page.slider(key=key).value for key in ("z0", "z1")]
        expected = serving.load(path / "saved_model").decode(latent=[z])["pictures"]
        np.testing.assert_array_equal(large(shown["decoded there"], 10), to_bytes(expected)[0])
        assert page.query_params["map_model"] == str(path)


@pytest.mark.slow
def test_a_map_wider_than_the_next_models_is_narrowed_to_it(open_view, untrained):
    narrow = str(untrained("autoencoders.autoencoder"))
    page = open_view("Latent map")
    extent = page.slider(key="extent")
    extent.set_value(extent.max).run()
    wide = extent.max
    page.selectbox(key="map_model").set_value(narrow).run()
    narrowed = page.slider(key="extent")
    assert not page.exception and narrowed.value == narrowed.max / 2 < narrowed.max < wide


# Interpolation and samples.


def test_strips_begin_and_end_with_the_reconstructions(open_view, shown, digits):
    page = open_view("Interpolation", position=1)
    images, labels = digits
    both = images[[np.flatnonzero(labels == digit)[0] for digit in (3, 8)]]
    models = {"Auto-encoder": "autoencoders.autoencoder", "VAE": "autoencoders.vae"}
    ends = {"Pixels": both} | {
        title: serving.load(name).reconstruct(pictures=both)["pictures"] for title, name in models.items()
    }
    for title, (start, end) in ends.items():
        strip = cells(shown[title], 11)
        np.testing.assert_allclose(strip[0], to_bytes(start), atol=1)
        np.testing.assert_allclose(strip[-1], to_bytes(end), atol=1)
    np.testing.assert_allclose(large(shown["at the position"], 10), to_bytes(ends["VAE"][1]), atol=1)
    half = cells(shown["Pixels"], 11)[5]
    np.testing.assert_allclose(half, to_bytes(both.mean(axis=0)), atol=1)
    assert page.slider(key="position").value == 1


def test_other_digits_can_be_picked(open_view, shown, digits):
    page = open_view("Interpolation", from_digit=7, to_digit=1, to_example=4)
    images, labels = digits
    strip = cells(shown["Pixels"], 11)
    np.testing.assert_array_equal(strip[0], to_bytes(images[labels == 7][0]))
    np.testing.assert_array_equal(strip[-1], to_bytes(images[labels == 1][3]))
    examples = page.number_input(key="to_example")
    assert (examples.min, examples.max) == (1, np.sum(labels == 1))


@pytest.mark.slow
@pytest.mark.parametrize("asked", [{}, {"from_digit": 7, "to_digit": 1, "to_example": 4, "position": 0.2}], ids=str)
def test_the_lines_give_the_interpolation_that_is_shown(open_view, shown, asked):
    _, picture = run_lines(code_of(open_view("Interpolation", **asked)))
    for row, title in zip(np.split(np.asarray(picture)[2:], 3), ("Pixels", "Auto-encoder", "VAE"), strict=True):
        first, *way = (each[:28, :28, 0].astype(int) for each in np.split(row[:, 2:], 12, axis=1))
        np.testing.assert_allclose(way, cells(shown[title], 11), atol=1)
    np.testing.assert_allclose(first, large(shown["at the position"], 10), atol=1)  # both of the VAE, the last


WAYS = ("auto-encoder + Gaussian", "auto-encoder + mixture", "VAE")


@pytest.mark.slow
def test_samples_are_those_of_the_densities(open_view, shown):
    page = open_view("Samples", seed=5, components=3)
    autoencoder = serving.load("autoencoders.autoencoder")
    codes = autoencoder.encode(pictures=mnist.arrays("train", "bundled")[0] / np.float32(255))["latent"]
    densities = latent_density.fit_gaussian(codes), latent_density.fit_mixture(codes, components=3)
    expected = [autoencoder.decode(latent=density.sample(64, 5))["pictures"] for density in densities]
    expected.append(serving.load("autoencoders.vae").sample(n=64, seed=5)["pictures"])
    for way, samples in zip(WAYS, expected, strict=True):
        np.testing.assert_allclose(cells(shown[way], 8, 8), to_bytes(samples), atol=2)
    assert not page.metric
    variables, _ = run_lines(code_of(page))
    for way, samples in zip(WAYS, variables["samples"], strict=True):
        np.testing.assert_allclose(to_bytes(samples), cells(shown[way], 8, 8), atol=2)
    page.widget("New samples").click().run()
    assert not np.array_equal(cells(shown["VAE"], 8, 8), to_bytes(expected[-1]))


@pytest.mark.slow
def test_samples_are_scored_by_their_distance_from_held_out_digits(open_view, digits):
    page = open_view("Samples", seed=1, score="true")
    scores = [float(metric.value) for metric in page.metric]
    pictures = serving.load("autoencoders.vae").sample(n=2000, seed=1)["pictures"]
    of_samples, of_digits = (assessment.digit_features(2 * each - 1)["features"] for each in (pictures, digits[0]))
    assert scores[2] == pytest.approx(assessment.frechet_distance(of_samples, of_digits), abs=0.06)
    assert len(scores) == 3 and scores[1] < scores[0]  # a mixture of more than one fits better than one


# Noise.


@pytest.mark.slow
@pytest.mark.parametrize("level", [0.0, 0.4, 1.0])
@pytest.mark.parametrize(
    ("kind", "title"),
    [
        ("gaussian", "Gaussian"),
        ("masking", "masking"),
        ("patches", "masked squares"),
        ("salt_and_pepper", "salt and pepper"),
    ],
)
def test_a_digit_is_corrupted_and_restored(open_view, shown, digits, kind, title, level):
    from dlsuite.autoencoders.denoising import corrupt_from

    page = open_view("Denoising", noise=title, level=level, held_digit=5)
    images, labels = digits
    digit = images[labels == 5][:1]
    corrupted = corrupt_from(0, digit, kind, level).numpy()
    restored = serving.load("autoencoders.denoising").denoise(pictures=corrupted)["pictures"]
    np.testing.assert_array_equal(large(shown["the digit"], 12), to_bytes(digit[0]))
    np.testing.assert_array_equal(large(shown["corrupted: "], 12), to_bytes(corrupted[0]))
    np.testing.assert_allclose(large(shown["restored: "], 12), to_bytes(restored[0]), atol=1)
    said = "the same" if level == 0 else f"{psnr(corrupted, digit):.1f} dB"
    assert {f"corrupted: {said}", f"restored: {psnr(restored, digit):.1f} dB"} <= set(shown)
    strips = cells(shown["The same noise at levels 0, 0.1, … 1"], 11, 2)
    np.testing.assert_array_equal(strips[0], to_bytes(digit[0]))
    assert ("the rest is new to it" in page.sentences) == (level > 0.5)
    if level == 0.4:
        variables, _ = run_lines(code_of(page))
        np.testing.assert_array_equal(variables["digit"], digit)
        for name, strip in (("corrupted", strips[:11]), ("restored", strips[11:])):
            np.testing.assert_allclose(to_bytes(variables[name])[1:], strip, atol=1)
        np.testing.assert_array_equal(variables["corrupted"][:1], corrupted)


def test_a_drawing_is_asked_for_before_there_is_one(open_view, shown):
    page = open_view("Denoising", way="my drawing")
    assert "Draw a digit" in page.sentences
    assert not shown


def test_the_lines_restore_the_drawing_that_is_shown(open_view, shown, monkeypatch):
    from panels import canvas

    monkeypatch.setattr(canvas, "strokes", lambda key, kept: [[[-0.5, 1.0], [0.25, -1.0]], [[1.0, 1.0], [1.0, -1.0]]])
    page = open_view("Denoising", way="my drawing", level=0.3)
    variables, _ = run_lines(code_of(page))
    np.testing.assert_array_equal(to_bytes(variables["digit"].numpy()[0]), large(shown["the digit"], 12))
    np.testing.assert_allclose(to_bytes(variables["restored"][0]), large(shown["restored: "], 12), atol=1)


# Two right answers.


@pytest.mark.parametrize(("y", "noise", "spread"), [(0.1, 0.8, 0.15), (0.0, 2.0, 0.5), (-2.0, 0.1, 0.05)])
def test_two_right_answers_on_the_line(open_view, y, noise, spread):
    page = open_view("Two right answers", y=y, y_noise=noise, spread=spread)
    posterior = two_modes.on_the_line(y, noise=noise, spread=spread)
    (said,) = [element.value for element in page.markdown if "the squared error answers" in element.value]
    assert f"**{posterior.weights[0]:.0%}**" in said and f"**{posterior.weights[1]:.0%}**" in said
    assert f"**{posterior.mean:.2f}**" in said
    mean, mode, sample = values(page).values()
    assert (mean, mode, sample) == tuple(f"{posterior.errors[way]:.2f}" for way in ("mean", "mode", "sample"))
    _, value = run_lines(code_of(page))
    assert value[0] == posterior.mean
    assert len(page.get("vega_lite_chart")) == 1


@pytest.mark.slow
@pytest.mark.parametrize(("rows", "noise"), [(14, 1.5), (28, 0.5), (4, 4.0)])
def test_two_right_answers_among_digits(open_view, shown, digits, rows, noise):
    page = open_view("Two right answers", where="Among digits", rows=rows, pixel_noise=noise)
    images, labels = digits
    digit = images[labels == 4][0]
    y = digit + noise * np.random.default_rng(0).normal(size=digit.shape)
    seen = np.broadcast_to(np.arange(28)[:, None, None] >= 28 - rows, y.shape)
    train = mnist.arrays("train", "bundled")[0] / np.float32(255)
    posterior = two_modes.among_pictures(y, train, noise=noise, seen=seen)
    np.testing.assert_array_equal(large(shown["what it was"], 12), to_bytes(digit))
    np.testing.assert_array_equal(large(shown["what is seen"], 12), to_bytes(np.where(seen, y, 0.5)))
    np.testing.assert_allclose(large(shown["the mean"], 12), to_bytes(posterior.mean), atol=1)
    np.testing.assert_array_equal(large(shown["the likeliest"], 12), to_bytes(train[posterior.mode]))
    for drawn in cells(shown["Eight digits"], 8):
        assert (to_bytes(train) == drawn).all(axis=(1, 2)).any()
    costs = [float(cost) for cost in values(page).values()]
    assert costs == [pytest.approx(posterior.errors[way], abs=0.006) for way in ("mean", "mode", "sample")]
    assert costs[0] == min(costs)


# Photographs.


def file_of(picture, kind="png", **options) -> bytes:
    """A picture as a file's bytes."""
    content = io.BytesIO()
    Image.fromarray(picture).save(content, kind, **options)
    return content.getvalue()


def upload(page, name: str, content: bytes):
    """Choose a file of one's own as the picture."""
    page.selectbox(key="picture").set_value(OWN).run()
    return page.file_uploader[0].upload(name, content).run()


PHOTOGRAPHS = ("Super-resolution", "Compression")


@pytest.mark.slow
@pytest.mark.parametrize("view", PHOTOGRAPHS)
def test_each_picture_that_is_offered_is_worked_on(open_view, shown, view):
    page = open_view(view)
    offered = page.selectbox(key="picture").options
    assert offered[:2] == ["astronaut", "digits"] and offered[-1] == OWN
    for title in offered[:-1]:
        shown.clear()
        page.selectbox(key="picture").set_value(title).run()
        assert len(shown) == {"Super-resolution": 4, "Compression": 3}[view]


def astronaut() -> np.ndarray:
    """The picture that is worked on first, uint8."""
    from PIL import Image

    return np.asarray(Image.open(Path(__file__).parents[2] / "apps" / "pictures" / "astronaut.webp").convert("RGB"))


def test_enlarged_pictures_are_compared_with_the_original(open_view, shown):
    from dlsuite.autoencoders.super_resolution import bicubic

    page = open_view("Super-resolution", down=0, across=0)
    factor = runs.Run(serving.SAVED_MODELS / "autoencoders.super_resolution").record["arguments"]["factor"]
    original = astronaut() / np.float32(255)
    small = np.clip(bicubic(original[None], 1 / factor), 0, 1)
    ours = serving.load("autoencoders.super_resolution").enlarge(pictures=small)
    said = {"super-resolution": ours["pictures"][0], "bicubic interpolation": ours["bicubic"][0]}
    decibels = {title: psnr(picture, original) for title, picture in said.items()}
    assert {f"{title}: {value:.2f} dB" for title, value in decibels.items()} <= set(shown)
    assert decibels["super-resolution"] > decibels["bicubic interpolation"]
    assert shown["the original"].shape == (480, 480, 3)
    np.testing.assert_array_equal(shown["the original"][::5, ::5], astronaut()[:96, :96])
    np.testing.assert_array_equal(
        shown["super-resolution"][::5, ::5], (255 * ours["pictures"][0].clip(0, 1)).round()[:96, :96]
    )
    assert [button.label for button in page.download_button] == ["Download it enlarged"]


def test_a_picture_itself_is_enlarged(open_view, shown):
    page = open_view("Super-resolution", reduce="false")
    assert len(shown) == 3 and not any("dB" in caption for caption in shown)
    height, width = astronaut().shape[:2]
    assert f"A piece of 96 × 96 pixels of {2 * width} × {2 * height}." in page.sentences


@pytest.mark.slow
@pytest.mark.parametrize(
    ("shape", "said"),
    [
        ((80, 120), "A piece of 96 × 80 pixels of 120 × 80."),
        ((120, 80), "A piece of 80 × 96 pixels of 80 × 120."),
        ((60, 80), "The whole picture, 80 × 60 pixels."),
        ((96, 96), "The whole picture, 96 × 96 pixels."),
    ],
    ids=str,
)
def test_a_piece_is_said_to_be_as_large_as_it_is(open_view, shown, shape, said):
    page, content = open_view("Super-resolution"), file_of(np.resize(astronaut(), (*shape, 3)))
    shown.clear()
    page = upload(page, "mine.png", content)
    assert said in page.sentences
    height, width = (min(96, side) for side in shape)
    assert shown["super-resolution"].shape == (height * (480 // width), width * (480 // width), 3)


@pytest.mark.slow
def test_a_picture_is_compressed_to_a_file_of_the_size_that_is_said(open_view, shown):
    from dlsuite.autoencoders import compression, jpeg, picture_file

    model = serving.load("autoencoders.compression")
    sizes = []
    for quality in range(compression.QUALITIES):
        shown.clear()
        page = open_view("Compression", quality=quality)
        file = picture_file.encode(model, astronaut(), quality)
        decoded = picture_file.decode(model, file)
        sizes.append(len(file))
        caption = f"here: {len(file) / 1024:.2f} KiB, {jpeg.psnr(decoded, astronaut()):.1f} dB"
        times = shown[caption].shape[0] // decoded.shape[0]
        np.testing.assert_array_equal(shown[caption][::times, ::times], decoded)
        assert f"wrote {8 * len(file):,} bits" in page.sentences
    assert sizes == sorted(sizes)


@pytest.mark.slow
def test_the_lines_give_the_pictures_that_are_shown(open_view, shown, workplace):
    """Of each that is offered, reduced or not, and of an upload that lies where the notebook runs."""
    (workplace / "mine.png").write_bytes(file_of(astronaut()[:90, :80]))
    page = open_view("Super-resolution", down=0, across=0)
    for title in page.selectbox(key="picture").options:
        for is_reduced in (True, False):
            shown.clear()
            page.selectbox(key="picture").set_value(title)
            page.toggle(key="reduce").set_value(is_reduced).run()
            if title == OWN:
                page = page.file_uploader[0].upload("mine.png", (workplace / "mine.png").read_bytes()).run()
            _, enlarged = run_lines(code_of(page))
            piece = np.asarray(enlarged)[:96, :96]
            times = 480 // piece.shape[1]
            np.testing.assert_allclose(shown["super-resolution"][::times, ::times].astype(int), piece, atol=1)


@pytest.mark.slow
def test_the_lines_give_the_file_that_is_shown(open_view, shown, workplace):
    from dlsuite.autoencoders import picture_file

    (workplace / "mine.png").write_bytes(file_of(astronaut()[:90, :80]))
    page = open_view("Compression", quality=2)
    for title in page.selectbox(key="picture").options:
        page.selectbox(key="picture").set_value(title).run()
        if title == OWN:
            page = page.file_uploader[0].upload("mine.png", (workplace / "mine.png").read_bytes()).run()
        variables, decoded = run_lines(code_of(page))
        assert f"wrote {8 * len(variables['file']):,} bits" in page.sentences
        np.testing.assert_array_equal(decoded, picture_file.decode(variables["model"], variables["file"]))
    assert "24 in the original" in page.sentences


WHITE, NOISE = np.full((40, 60, 3), 255, "uint8"), np.random.default_rng(0).integers(0, 256, (41, 63, 3), "uint8")


@pytest.mark.parametrize("view", PHOTOGRAPHS)
@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("model.pkl", b"\x80\x04]\x94.", "model.pkl: this is not a readable picture"),
        ("letter.jpg", b"Dear reader,", "letter.jpg: this is not a readable picture"),
        ("nothing.png", b"", "nothing.png: this is not a readable picture"),
        ("torn.png", file_of(NOISE)[:2000], "torn.png: the picture is damaged"),
    ],
    ids=["other", "text", "empty", "torn"],
)
def test_an_upload_that_is_no_picture_gets_a_sentence(open_view, shown, view, name, content, sentence):
    page = open_view(view)
    shown.clear()
    page = upload(page, name, content)
    (error,) = page.error
    assert error.value.startswith(sentence)
    shown.clear()
    page.run()
    assert not shown


@pytest.mark.slow
@pytest.mark.parametrize("view", PHOTOGRAPHS)
@pytest.mark.parametrize(
    "content",
    [
        file_of(WHITE),
        file_of(0 * WHITE, "jpeg"),
        file_of(NOISE),
        file_of(np.random.default_rng(0).integers(0, 256, (300, 400, 3), "uint8")),
        file_of(NOISE[..., 0]),
        file_of(NOISE[:8, :8]),
        file_of(np.tile(NOISE, (1, 20, 1))),
        file_of(np.dstack([NOISE, NOISE[..., :1]])),
    ],
    ids=["white", "black", "noise", "much noise", "grey", "tiny", "wide", "transparent"],
)
def test_any_picture_is_worked_on(open_view, shown, view, content):
    page = open_view(view)
    shown.clear()
    page = upload(page, "picture", content)
    assert not page.error
    assert len(shown) == {"Super-resolution": 4, "Compression": 3}[view]
    for chart in page.get("vega_lite_chart"):
        assert "Infinity" not in chart.proto.spec and "NaN" not in chart.proto.spec


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(1, 1), (1, 300), (7, 7)], ids=str)
def test_too_small_a_picture_gets_a_sentence_or_is_worked_on(open_view, shown, shape):
    content = file_of(np.resize(NOISE, (*shape, 3)))
    page = upload(open_view("Super-resolution"), "small.png", content)
    assert f"{shape[1]} × {shape[0]} pixels: that is too little" in page.sentences
    page = open_view("Compression")
    shown.clear()
    upload(page, "small.png", content)
    assert len(shown) == 3


def test_a_reduced_picture_and_an_animated_one_say_so(open_view):
    frames = [Image.fromarray(np.tile(each, (20, 20, 1))) for each in (NOISE, WHITE)]
    content = io.BytesIO()
    frames[0].save(content, "gif", save_all=True, append_images=frames[1:])
    page = upload(open_view("Super-resolution"), "film.gif", content.getvalue())
    assert "It is animated: only the first frame is used. It was reduced from 1260 × 820 to 512" in page.sentences


def test_an_upload_is_asked_for(open_view, shown):
    page = open_view("Compression", picture=OWN)
    assert "A photograph, as JPEG, PNG, WebP, GIF or BMP." in page.sentences
    assert not shown


@pytest.mark.slow
def test_without_the_photographs_there_are_still_pictures(open_view, monkeypatch):
    from dlsuite.data import photographs, sources

    def missing(split):
        raise sources.MissingData("not installed")

    st.cache_data.clear()
    monkeypatch.setattr(photographs, "images", missing)
    assert open_view("Compression").selectbox(key="picture").options == ["astronaut", "digits", OWN]
    st.cache_data.clear()


# Train and export.


@pytest.mark.parametrize("lesson", LESSONS)
def test_starting_hands_every_option_to_the_command(open_page, monkeypatch, lesson):
    started = []
    monkeypatch.setattr(runs, "start", lambda command, path: started.append((command, path)))
    page = open_page(SCRIPT, section="Train", lesson=lesson)
    page.widget("Epochs").set_value(3).run()
    page.widget("Start training").click().run()
    ((command, path),) = started
    assert command[:2] == ["train", lesson] and path.parent == Path("runs") / lesson
    flags = dict(zip(command[2::2], command[3::2], strict=True))
    assert Path(flags.pop("--run-dir")) == path
    expected = catalog.lesson(lesson).resolve({}) | {"source": "auto", "epochs": 3}
    assert flags == {f"--{name.replace('_', '-')}": str(value) for name, value in expected.items()}


@pytest.mark.parametrize("lesson", LESSONS)
def test_only_points_can_be_drawn(open_page, lesson):
    page = open_page(SCRIPT, section="Train", lesson=lesson)
    options = page.widget("Dataset").options
    assert DRAWING not in options and OWN in options
    page.widget("Dataset").set_value(OWN).run()
    assert "pictures are needed" in page.sentences and "points" not in page.sentences


def test_every_lesson_can_be_trained_and_the_vae_comes_first(open_page):
    page = open_page(SCRIPT, section="Train")
    assert page.selectbox(key="lesson").value == "autoencoders.vae"
    assert len(page.selectbox(key="lesson").options) == len(LESSONS)


SHIPPED = [name for name in serving.names() if name.startswith("autoencoders.")]


@pytest.mark.parametrize("model", SHIPPED)
def test_export_names_what_it_serves(open_page, model):
    page = open_page(SCRIPT, section="Export", model=model)
    assert page.selectbox(key="model").value == model
    assert {"SavedModel (.zip)", "Keras model (.keras)"} <= {button.label for button in page.download_button}
    assert f"dlsuite export {model} " in "\n".join(block.value for block in page.code)


@pytest.mark.slow
@pytest.mark.parametrize("model", SHIPPED)
def test_the_request_that_export_shows_is_answered_as_its_python_lines_are(open_page, monkeypatch, model):
    from panels import export

    files = {}
    monkeypatch.setattr(export, "download", lambda label, content, name: files.update({name: content}))
    page = open_page(SCRIPT, section="Export", model=model)
    (curl,) = [block.value for block in page.code if "curl " in block.value]
    sent = files["request.json"] if curl.endswith("-d \\\n  @request.json") else curl[curl.index("'") + 1 : -1]
    body = json.loads(sent)
    answer = getattr(serving.load(model), body["signature_name"])(**body["inputs"])
    played, loaded = [block.value for block in page.code if block.language == "python"]
    *lines, last = played.splitlines()
    variables = {"pictures": body["inputs"].get("pictures")}
    exec("\n".join(lines), variables)
    value = eval(last, variables)
    assert isinstance(value, dict) == ("pictures" in body["inputs"])
    for name, array in value.items() if isinstance(value, dict) else {"pictures": value}.items():
        assert np.isfinite(array).all()
        np.testing.assert_array_equal(array, answer[name])
    exec(loaded, variables)
    assert variables["model"].count_params() > 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "asked",
    [
        {"view": "Nonsense"},
        {"section": "Nonsense"},
        {"z0": "99", "z1": "far"},
        {"extent": "-1"},
        {"map_model": "autoencoders.nothing"},
        {"view": "Interpolation", "from_digit": "12", "to_example": "0", "position": "7"},
        {"view": "Interpolation", "from_example": "100000"},
        {"view": "Samples", "seed": "-3", "components": "1000"},
        {"view": "Denoising", "noise": "loud", "level": "2", "way": "by heart"},
        {"view": "Two right answers", "where": "Nowhere", "y": "inf"},
        {"view": "Super-resolution", "picture": "nobody", "down": "300"},
        {"view": "Compression", "quality": "11"},
        {"section": "Export", "model": "gans.gan"},
        {"section": "Train", "lesson": "gans.gan", "dataset": "ring"},
    ],
    ids=str,
)
def test_a_wrong_url_does_no_harm(open_page, asked):
    page = open_page(SCRIPT, **asked)
    assert page.image or page.code or page.widget("Start training")


def test_without_any_trained_model_every_view_says_so(open_page, monkeypatch, workplace):
    monkeypatch.setattr(serving, "SAVED_MODELS", workplace)
    for view in set(VIEWS) - {"Two right answers"}:
        assert "no trained model" in open_page(SCRIPT, view=view).sentences
    assert "no trained model" in open_page(SCRIPT, section="Export").sentences
