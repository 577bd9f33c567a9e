"""The page on generative adversarial networks in a real browser: playing, training, watching, taking home."""

import io
import re
import shutil
import urllib.parse
import zipfile

import keras
import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import expect

import dlsuite.gans.wgan_gp  # noqa: F401  registers the model that a .keras file holds
from dlsuite import serving

STEPS_PER_EPOCH = 1000


def train(visit, epochs: int) -> None:
    """Start a small WGAN-GP on the ring: a second or less an epoch."""
    visit.press("Train")
    visit.choose("Train", "with gradient penalty")
    visit.choose("Dataset", "ring")
    expect(visit.page.get_by_role("spinbutton", name="Epochs", exact=True)).to_have_value("20")  # the default of points
    visit.enter("Epochs", epochs)
    visit.unfold("All options")
    visit.enter("Batch size", 16)
    visit.enter("Critic steps", 1)
    visit.press("Start training")


def address_of(visit) -> dict[str, str]:
    """What the page's URL asks for."""
    return dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(visit.page.url).query))


@pytest.mark.slow
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_it_opens_with_something_alive_in_both_themes(visit, color_scheme):
    visit = visit(color_scheme=color_scheme)
    assert Image.open(io.BytesIO(visit.bytes_of_picture())).getextrema() != ((0, 0),) * 3
    dark = visit.page.evaluate("getComputedStyle(document.querySelector('.stApp')).colorScheme")
    assert dark == color_scheme
    ours = {"light": "rgb(194, 86, 12)", "dark": "rgb(240, 140, 74)"}[color_scheme]  # of the settings beside the app
    expect(visit.page.get_by_role("button", name="New samples")).to_have_css("background-color", ours)


@pytest.mark.slow
def test_a_seed_in_the_url_brings_its_samples_back(visit):
    visit = visit()
    visit.changes_picture(lambda: visit.press("New samples"))
    expect(visit.page).to_have_url(re.compile(r"\bseed=\d+"))
    seed, picture = address_of(visit)["seed"], visit.bytes_of_picture()
    visit.page.reload()
    expect(visit.page.get_by_role("spinbutton", name="Seed")).to_have_value(seed)
    assert visit.bytes_of_picture() == picture
    visit.changes_picture(lambda: visit.slide("Samples", "ArrowRight"))


@pytest.mark.slow
def test_the_chosen_model_and_view_survive_a_reload(visit):
    visit = visit()
    visit.changes_picture(lambda: visit.choose("Model", "ring"))
    visit.changes_picture(lambda: visit.press("Interpolation"))
    visit.changes_picture(lambda: visit.slide("Position", "Home"))
    picture = visit.bytes_of_picture()
    visit.page.reload()
    expect(visit.page.get_by_role("slider", name="Position")).to_have_count(1)
    assert visit.bytes_of_picture() == picture


@pytest.mark.slow
def test_interpolation_and_the_latent_sliders_change_the_picture(visit):
    visit = visit()
    visit.changes_picture(lambda: visit.press("Interpolation"))
    visit.changes_picture(lambda: visit.slide("Position", "ArrowRight"))
    visit.changes_picture(lambda: visit.press("linear"))
    visit.changes_picture(lambda: visit.press("One latent vector"))
    visit.changes_picture(lambda: visit.slide("z0", "PageUp"))


@pytest.mark.slow
def test_pictures_and_films_can_be_saved(visit):
    visit = visit()
    picture = Image.open(io.BytesIO(visit.download("Download the picture")))
    assert picture.format == "PNG"
    visit.press("Interpolation")
    film = Image.open(io.BytesIO(visit.download("Download as GIF")))
    assert (film.format, film.n_frames > 1) == ("GIF", True)


@pytest.mark.slow
def test_a_training_is_watched_reloaded_stopped_resumed_and_deleted(visit):
    visit = visit()
    train(visit, epochs=500)
    visit.is_told("running")
    visit.source()
    (run,) = visit.server.runs

    visit.page.reload()
    expect(visit.page.get_by_text(run.path.name).first).to_be_visible()
    visit.is_told("running")
    visit.press("Stop")
    visit.is_told("stopped")
    assert run.state == "stopped"
    steps = int(run.steps()[-1]["step"])
    assert 0 < steps < 500 * STEPS_PER_EPOCH

    epochs = steps // STEPS_PER_EPOCH + 2  # of which the rest is soon done
    run.update(epochs=epochs, arguments=run.record["arguments"] | {"epochs": epochs})
    visit.press("Resume")
    visit.is_told("finished", f"step {epochs * STEPS_PER_EPOCH:,} of {epochs * STEPS_PER_EPOCH:,}")
    assert run.state == "finished"
    visit.unfold("Epochs")
    assert visit.download("metrics.csv") == (run.path / "metrics.csv").read_bytes()
    visit.changes_picture(lambda: visit.slide("Step", "ArrowLeft"))
    visit.press("Make a film")
    film = Image.open(io.BytesIO(visit.download("Download the film")))
    assert (film.format, film.n_frames) == ("GIF", len(run.previews()))

    visit.press("Delete")
    visit.press("Delete it")
    expect(visit.page.get_by_role("combobox", name="Run")).to_have_count(0)
    assert not run.path.exists()


@pytest.mark.slow
def test_a_drawing_is_trained_on_and_survives_a_reload(visit):
    """A hook in the upper left quarter, and a dot in the lower right."""
    visit = visit()
    visit.press("Train")
    visit.choose("Train", "with gradient penalty")
    visit.choose("Dataset", "my drawing")
    expect(visit.page.get_by_text("Draw the distribution to be learned")).to_be_visible()
    strokes = visit.page.locator("svg .strokes polyline")
    visit.draw((-1.5, 0.5), (-1.5, 1.5), (-0.5, 1.5))
    visit.draw((1, -1))
    visit.draw((0, 0), (1, 0))
    expect(visit.page.get_by_text("5,000 points")).to_be_visible()
    visit.press("Undo")
    expect(strokes).to_have_count(2)
    visit.enter("Epochs", 1)
    visit.unfold("All options")
    visit.enter("Batch size", 16)
    visit.enter("Critic steps", 1)
    visit.press("Start training")
    visit.is_told("finished", "step 1,000 of 1,000")

    (run,) = visit.server.runs
    path = run.record["arguments"]["dataset"]
    points = np.load(path)
    hook = points[(points[:, 0] < 0.2) & (points[:, 1] > 0)]
    dot = points[(points[:, 0] > 0.5) & (points[:, 1] < -0.5)]
    assert len(hook) + len(dot) == 5000
    assert len(dot) == pytest.approx(5000 * 0.1 / 2.1, rel=0.1)
    np.testing.assert_allclose([hook.min(axis=0), hook.max(axis=0)], [[-1.5, 0.5], [-0.5, 1.5]], atol=0.25)
    np.testing.assert_allclose(dot.mean(axis=0), [1, -1], atol=0.03)

    visit.page.reload()
    expect(strokes).to_have_count(2)
    visit.is_told("finished", "step 1,000 of 1,000")
    expect(visit.page.get_by_text("5,000 points")).to_be_visible()
    assert address_of(visit)["drawing"] in path
    visit.press("Clear")
    expect(visit.page.get_by_text("Draw the distribution to be learned")).to_be_visible()
    expect(strokes).to_have_count(0)


@pytest.mark.slow
def test_attributes_are_sliders_that_change_the_samples(visit):
    visit = visit()
    visit.changes_picture(lambda: visit.press("Attributes"))
    visit.changes_picture(lambda: visit.slide("Thickness", "PageUp"))
    visit.changes_picture(lambda: visit.slide("Slant", "PageUp"))
    visit.press("width")
    expect(visit.page.get_by_text("mean z, most width")).to_be_visible()
    picture = visit.bytes_of_picture()
    visit.page.reload()
    expect(visit.page.get_by_role("slider", name="Thickness")).to_have_count(1)
    assert visit.bytes_of_picture() == picture


@pytest.mark.slow
def test_a_pathology_is_broken_and_mended_by_a_button_each(visit):
    """Both trainings to their ends, as a user sees them: the gradient that vanishes, and the one that does not."""
    visit = visit(section="What goes wrong", trouble="Vanishing gradients")
    measured = visit.page.get_by_test_id("stMetric")
    visit.press("Break it")
    expect(measured.first).to_contain_text("% trained")
    expect(measured.first).to_contain_text("vanishing gradients")
    visit.rests()  # a press amid a run of the page may be lost
    visit.press("Fix it")
    expect(measured.nth(1)).to_contain_text("gradients arrive")
    expect(measured).to_have_count(2)
    visit.page.reload()
    expect(measured).to_have_count(2)
    expect(visit.page.get_by_role("button", name="Break it again")).to_be_enabled()


@pytest.mark.slow
def test_a_loss_is_laid_beside_what_the_samples_miss(visit):
    visit = visit(section="Is the loss meaningful?")
    correlation = visit.page.get_by_test_id("stMetricValue")
    expect(correlation).to_have_count(2)
    before = correlation.first.inner_text()
    visit.press("critic loss")
    expect(correlation.first).not_to_have_text(before)
    visit.page.get_by_role("combobox", name="Training", exact=True).first.click()
    visit.page.get_by_role("option").filter(has_text="mode collapse").click()
    expect(visit.page).to_have_url(re.compile("mode.collapse"))
    visit.press("Convergence")
    expect(visit.page.get_by_text("λ =")).to_be_visible()
    visit.press("Optimum")
    expect(visit.page.get_by_text("Wasserstein-1").first).to_be_visible()


@pytest.mark.slow
def test_two_runs_at_once_both_finish(visit, wait_until):
    visit = visit()
    train(visit, epochs=5)
    visit.is_told("running")
    visit.enter("Epochs", 1)
    expect(visit.page.get_by_text("two at once are each slower")).to_be_visible()
    visit.press("Start training")
    wait_until(lambda: len(visit.server.runs) == 2)
    second, first = visit.server.runs
    expect(visit.page.get_by_text(second.path.name, exact=False).first).to_be_visible()
    visit.is_told("finished")
    wait_until(lambda: first.state == "finished")
    assert (second.record["epochs"], first.record["epochs"]) == (1, 5)


@pytest.mark.slow
def test_the_run_that_is_watched_is_the_one_chosen_also_after_a_reload_and_a_deletion(visit, copy_run):
    visit = visit()
    one = copy_run(visit.server.where, "2026-01-01_00-00-00")
    other = copy_run(visit.server.where, "2026-01-02_00-00-00")
    visit.press("Train")
    path = visit.page.get_by_test_id("stMarkdown").locator("code")
    expect(path).to_contain_text(other.path.name)
    visit.choose("Run", one.path.name)
    expect(path).to_contain_text(one.path.name)
    visit.page.reload()
    expect(path).to_contain_text(one.path.name)
    expect(visit.page.get_by_text("was deleted")).to_have_count(0)
    one.update(state="stopped")
    visit.choose("Dataset", "moons")
    expect(visit.page.locator(".stMarkdownBadge")).to_have_text(["stopped"])
    expect(path).to_contain_text(one.path.name)

    visit.press("Delete")
    visit.press("Delete it")
    expect(path).to_contain_text(other.path.name)
    expect(visit.page.get_by_role("combobox", name="Run")).to_have_value(re.compile(other.path.name))
    assert not one.path.exists()


@pytest.mark.slow
def test_a_run_deleted_from_disk_while_it_is_watched_gets_a_sentence(visit, wait_until):
    visit = visit()
    train(visit, epochs=500)
    visit.is_told("running")
    (run,) = visit.server.runs
    pid = run.record["pid"]
    wait_until(lambda: shutil.rmtree(run.path, ignore_errors=True) or not run.path.exists())
    expect(visit.page.get_by_text("was deleted").first).to_be_visible()
    wait_until(lambda: has_ended(pid))


def has_ended(pid: int) -> bool:
    """Whether a process is gone, or a zombie."""
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        return True


@pytest.mark.slow
def test_what_is_exported_loads(visit, tmp_path):
    visit = visit()
    visit.press("Export")
    expect(visit.page.get_by_role("button", name="SavedModel")).to_be_visible()
    visit.choose("Model", "ring")
    expect(visit.page.get_by_text("MODEL_NAME=gans.wgan_gp-ring").first).to_be_visible()
    with zipfile.ZipFile(io.BytesIO(visit.download("SavedModel"))) as archive:
        archive.extractall(tmp_path)
    assert (tmp_path / "gans.wgan_gp-ring" / "1" / "saved_model.pb").is_file()
    served = serving.load(tmp_path / "gans.wgan_gp-ring")
    drawn = served.sample(n=8, seed=3)
    (tmp_path / "model.keras").write_bytes(visit.download("Keras model"))
    model = keras.saving.load_model(tmp_path / "model.keras", compile=False, safe_mode=True)
    assert abs(model(drawn["latent"]).numpy() - drawn["samples"]).max() < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "content"), [("points.npy", b"no array at all"), ("points.csv", b"x,y\n" + b"left,right\n" * 100)]
)
def test_a_wrong_upload_gets_a_sentence(visit, name, content):
    visit = visit()
    visit.press("Train")
    visit.choose("Dataset", "my own")
    visit.page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})
    expect(visit.page.get_by_role("alert").filter(has_text="cannot be read as numbers")).to_be_visible()


@pytest.mark.slow
def test_home_leads_to_the_lecture(visit):
    visit = visit("home.py")
    visit.page.get_by_role("link", name="Generative adversarial networks").last.click()
    expect(visit.page.get_by_role("heading", name="Generative adversarial networks")).to_be_visible()
    visit.changes_picture(lambda: visit.press("New samples"))
