"""The main ways through the GAN page, in a real browser: play, train, stop, resume, scrub, compare, take away."""

import io
import re
import shutil
import zipfile

import numpy as np
import pytest
from conftest import SECONDS
from PIL import Image

from dlsuite import runs, serving

sync_api = pytest.importorskip("playwright.sync_api")
expect = sync_api.expect
expect.set_options(timeout=SECONDS * 1000)

SHORT = {"Epochs": 3, "Batch size": 16, "Critic steps": 1}
LONG = {"Epochs": 500, "Batch size": 16, "Critic steps": 1}


def open_page(page, server, **query):
    """Open the GAN page with values in the URL, and wait until it has been drawn."""
    url = "&".join(f"{key}={value}" for key, value in query.items())
    page.goto(f"{server.url}/gan?{url}")
    expect(page.get_by_role("heading", name="Generative adversarial networks")).to_be_visible()
    settle(page)


def settle(page):
    """Wait until the server has answered all that it was asked."""
    page.wait_for_function(
        "document.querySelector('[data-testid=stApp]').getAttribute('data-test-script-state') === 'notRunning'"
    )


def shown(page, index=0):
    """The bytes of a picture on the page."""
    source = page.locator("[data-testid=stImage] img").nth(index).get_attribute("src")
    return page.request.get(page.url.split("/gan")[0] + source if source.startswith("/") else source).body()


def expect_another(page, before, index=0):
    """Wait until the picture is not `before` any more; the new one."""
    for _ in range(SECONDS * 10):
        if shown(page, index) != before:
            return shown(page, index)
        page.wait_for_timeout(100)
    pytest.fail("the picture stayed the same")


def download(page, name):
    """The bytes of the file that a button saves."""
    with page.expect_download() as information:
        page.get_by_role("button", name=name).click()
    with open(information.value.path(), "rb") as file:
        return file.read()


def nudge(page, name, key="ArrowRight"):
    """Move a slider by a key."""
    slider = page.locator("[data-testid=stSlider]").filter(has=page.get_by_text(name, exact=True))
    slider.get_by_role("slider").focus()
    page.keyboard.press(key)


def fill(page, label, value):
    page.get_by_role("spinbutton", name=label, exact=True).fill(str(value))
    page.keyboard.press("Enter")
    settle(page)


def start_training(page, server, options):
    """Start a WGAN-GP on the ring from the form; its run, when it is shown as running."""
    before = set(runs.every(server.folder / "runs"))
    open_page(page, server, section="Train", lesson="gans.wgan_gp", dataset="ring")
    page.get_by_text("All options").click()
    for label, value in options.items():
        fill(page, label, value)
    page.get_by_role("button", name="Start training").click()
    badge(page, "running")
    (run,) = set(runs.every(server.folder / "runs")) - before
    return run


def badge(page, state):
    expect(page.locator("[data-testid=stMarkdown]").get_by_text(state, exact=True)).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_home_leads_to_a_page_that_is_alive(browser, server, scheme):
    page = browser.new_page(color_scheme=scheme)
    page.goto(server.url)
    page.get_by_role("link", name="Generative adversarial networks").last.click()
    expect(page.locator("[data-testid=stImage] img").first).to_be_visible()
    assert np.asarray(Image.open(io.BytesIO(shown(page)))).std() > 10
    page.close()


def test_new_samples_and_the_link_to_them(page, server):
    open_page(page, server)
    first = shown(page)
    page.get_by_role("button", name="New samples").click()
    second = expect_another(page, first)
    page.wait_for_url(re.compile(r"seed=\d+"))
    page.reload()
    settle(page)
    assert shown(page) == second
    nudge(page, "Samples")
    third = expect_another(page, second)
    assert download(page, "Download the picture")[:8] == b"\x89PNG\r\n\x1a\n"
    assert shown(page) == third


@pytest.mark.parametrize("model", ["gans.wgan_gp", "gans.wgan_gp-ring"])
def test_interpolation(page, server, model):
    open_page(page, server, model=model, view="Interpolation")
    before = shown(page)
    nudge(page, "Position", "PageUp")
    before = expect_another(page, before)
    page.get_by_role("radio", name="linear").click()
    expect(page.get_by_text("the shortest on this path")).to_be_visible()
    page.get_by_role("button", name="Another goal").click()
    expect_another(page, before)
    page.wait_for_url(re.compile(r"position=.*to=\d+|to=\d+.*position="))


def test_the_way_as_a_gif(page, server):
    open_page(page, server, model="gans.wgan_gp", view="Interpolation")
    film = Image.open(io.BytesIO(download(page, "Download as GIF")))
    assert film.n_frames > 30


@pytest.mark.parametrize("model", ["gans.wgan_gp", "gans.wgan_gp-ring"])
def test_one_latent_vector(page, server, model):
    open_page(page, server, model=model, view="One latent vector")
    before = shown(page)
    nudge(page, "z1", "PageDown")
    moved = expect_another(page, before)
    page.reload()
    settle(page)
    assert shown(page) == moved  # the sliders are in the URL


def test_a_training_from_its_start_to_its_end(page, server):
    run = start_training(page, server, LONG)
    expect(page.get_by_text("epoch 1 of 500")).to_be_visible()
    expect(page.locator("[data-testid=stImage] img").first).to_be_visible()
    first = shown(page)
    expect_another(page, first)  # it is alive

    page.reload()
    badge(page, "running")
    assert run.is_alive
    page.get_by_role("button", name="Stop", exact=True).click()
    badge(page, "stopped")
    assert run.state == "stopped"
    done = run.steps()[-1]["step"]

    page.get_by_role("button", name="Resume", exact=True).click()
    badge(page, "running")
    expect_another(page, shown(page))
    page.get_by_role("button", name="Stop", exact=True).click()
    badge(page, "stopped")
    assert run.steps()[-1]["step"] > done
    assert [row["step"] for row in run.steps()] == sorted({row["step"] for row in run.steps()})

    page.get_by_role("button", name="Delete", exact=False).first.click()
    page.get_by_role("button", name="Delete it").click()
    expect(page.get_by_role("button", name="Stop", exact=True)).to_have_count(0)
    assert not run.path.exists()


def test_a_finished_run_is_scrubbed_filmed_played_and_exported(page, server):
    run = start_training(page, server, SHORT)
    badge(page, "finished")
    settle(page)
    last = shown(page)
    nudge(page, "Step", "Home")
    expect_another(page, last)
    page.get_by_role("button", name="Make a film").click()
    assert Image.open(io.BytesIO(download(page, "Download the film"))).n_frames == len(run.previews())
    page.get_by_text("Epochs", exact=True).last.click()
    rows = download(page, "metrics.csv").decode().splitlines()
    assert len(rows) == 1 + SHORT["Epochs"]

    path = run.path.relative_to(server.folder)
    open_page(page, server, section="Export", model=path)
    archive = zipfile.ZipFile(io.BytesIO(download(page, "SavedModel")))
    archive.extractall(server.folder / "taken")
    served = serving.load(server.folder / "taken" / "gans.wgan_gp")
    expected = serving.load_keras(run.path, compile=False)
    answer = served.sample(n=4, seed=1)
    np.testing.assert_allclose(answer["samples"], expected(answer["latent"]), atol=1e-5)
    assert zipfile.is_zipfile(io.BytesIO(download(page, "Keras model")))


def test_two_runs_at_once(page, server, browser):
    first = start_training(page, server, LONG)
    second = start_training(page, server, SHORT)
    expect(page.get_by_text("is training; two at once are each slower")).to_be_visible()
    badge(page, "finished")
    assert second.state == "finished"
    assert first.is_alive
    first.stop()


def test_a_run_that_is_deleted_while_it_is_watched(page, server):
    run = start_training(page, server, LONG)
    expect(page.locator("[data-testid=stImage] img").first).to_be_visible()
    while run.path.exists():
        shutil.rmtree(run.path, ignore_errors=True)
    expect(page.get_by_text("was deleted").first).to_be_visible()
    page.reload()
    settle(page)
    expect(page.get_by_role("button", name="Start training")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("points.npy", b"these are words", "cannot be read as numbers"),
        ("points.csv", b"1,2\n3,4\n", "holds 2 points"),
        ("picture.png", b"no picture", "at least 64 are needed"),
    ],
)
def test_a_wrong_upload_gets_a_sentence(page, server, name, content, sentence):
    open_page(page, server, section="Train", lesson="gans.gan", dataset="my own …")
    page.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})
    expect(page.get_by_text(sentence)).to_be_visible()
