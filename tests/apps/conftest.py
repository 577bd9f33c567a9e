"""The apps under test: as scripts in this process, and as a server that Chromium opens."""

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dlsuite import runs

REPOSITORY = Path(__file__).resolve().parents[2]
APPS = REPOSITORY / "apps"
CHROMIUM_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
SECONDS = 60
"""How long a page may take for anything on a busy machine."""


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """An empty folder to work in, on a machine without TFDS data; runs go to `runs/` in it."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "no_tfds"))
    return tmp_path


@pytest.fixture
def app(folder, monkeypatch):
    """Open the app `script` with values in the URL: `app("gan.py", section="Train")`."""
    monkeypatch.syspath_prepend(str(APPS))

    def open_app(script: str, **query) -> AppTest:
        test = AppTest.from_file(str(APPS / script), default_timeout=SECONDS)
        for key, value in query.items():
            test.query_params[key] = value
        return test.run()

    return open_app


@pytest.fixture
def own_run(folder, finished_run) -> runs.Run:
    """A finished WGAN-GP on own points, below `runs/`, as if the user had trained it."""
    path = folder / "runs" / "gans.wgan_gp" / "2026-01-01_00-00-00"
    shutil.copytree(finished_run.path, path)
    return runs.Run(path.relative_to(folder))


class Server:
    """`streamlit run <script>` in a folder of its own, with the project's configuration."""

    def __init__(self, script: str, folder: Path):
        self.folder = folder
        shutil.copytree(REPOSITORY / ".streamlit", folder / ".streamlit")
        with socket.socket() as free:
            free.bind(("localhost", 0))
            port = free.getsockname()[1]
        self.url = f"http://localhost:{port}"
        self.log = folder / "server.log"
        command = ["-m", "streamlit", "run", APPS / script, "--server.headless=true", f"--server.port={port}"]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, *map(str, command)],
                cwd=folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                env=os.environ | {"TFDS_DATA_DIR": str(folder / "no_tfds"), "TF_CPP_MIN_LOG_LEVEL": "3"},
            )
        end = time.monotonic() + SECONDS
        while not self._is_up():
            assert self.process.poll() is None, self.log.read_text("utf-8")
            assert time.monotonic() < end, "the server did not come up"
            time.sleep(0.1)

    def _is_up(self) -> bool:
        try:
            return urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=5).status == 200
        except OSError:
            return False

    def close(self) -> None:
        """Stop the server, and kill every training that it has started."""
        self.process.terminate()
        self.process.wait(30)
        for run in runs.every(self.folder / "runs"):
            run.stop()


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """`apps/home.py`, which has every lecture's app as a page."""
    server = Server("home.py", tmp_path_factory.mktemp("server"))
    yield server
    server.close()


@pytest.fixture(scope="session")
def browser():
    """Chromium, or Chrome; where there is none the tests skip, except in continuous integration, where they fail."""
    sync_api = pytest.importorskip("playwright.sync_api")
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("there is no Chromium for the browser tests")
        pytest.skip("there is no Chromium or Chrome on the PATH")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=CHROMIUM_FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser, server):
    """A fresh page, which at the test's end shows no exception; nor has the server met one."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
    context.set_default_timeout(SECONDS * 1000)
    page = context.new_page()
    yield page
    assert page.locator("[data-testid=stException]").count() == 0
    context.close()
    assert "Traceback" not in server.log.read_text("utf-8")
