"""What the tests of the apps share: pages run without a browser, and in one, and copies of a finished run to show."""

import contextlib
import functools
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import urllib.error
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
import tensorflow  # noqa: F401  # here, and not in a page's thread while pytest rewrites what it imports
from playwright.sync_api import TimeoutError, expect, sync_playwright
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from dlsuite import runs

REPOSITORY = Path(__file__).resolve().parents[2]
APPS = REPOSITORY / "apps"
PATIENCE = 240_000  # milliseconds, for a machine that trains at the same time


# Each new `AppTest` looks through all installed packages for components, which takes longer than most pages.
manifest_scanner.scan_component_manifests = functools.cache(manifest_scanner.scan_component_manifests)


class Page(AppTest):
    """An app run without a browser; every run of it must leave no traceback on the page."""

    def _run(self, *arguments, **options):
        super()._run(*arguments, **options)
        assert [error.value for error in self.exception] == []
        return self

    def turn_to(self, section: str) -> "Page":
        """Press one of the buttons Play, Train and Export."""
        return self.button_group(key="section").set_value(section).run()

    def widget(self, label: str):
        """The one widget of that label."""
        kinds = (self.selectbox, self.number_input, self.slider, self.select_slider, self.button_group, self.button)
        (found,) = [widget for kind in kinds for widget in kind if widget.label == label]
        return found

    @property
    def sentences(self) -> str:
        """All that the page says in messages and captions."""
        kinds = (self.error, self.warning, self.info, self.success, self.caption)
        return "\n".join(element.value for kind in kinds for element in kind)


@pytest.fixture
def workplace(tmp_path, monkeypatch, without_tfds) -> Path:
    """An empty folder, where apps are run and find no runs and no TFDS data."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(APPS)
    return tmp_path


@pytest.fixture
def open_page(workplace):
    """Open an app, at what a URL asks of it."""

    def open_page(script="gan.py", **asked) -> Page:
        page = Page(APPS / script, default_timeout=120)
        page.query_params.update(asked)
        return page.run()

    return open_page


@pytest.fixture
def copy_run(finished_run):
    """Copy the finished run to where the page in the folder `where` finds it, with some of its options changed."""

    def copy_run(where: Path, time="2026-01-01_00-00-00", state="finished", error="", **arguments) -> runs.Run:
        record = finished_run.record
        run = runs.Run(where / "runs" / record["name"] / time)
        shutil.copytree(finished_run.path, run.path)
        run.update(state=state, error=error, arguments=record["arguments"] | arguments)
        return run

    return copy_run


# In a browser.


class Server:
    """`streamlit run` of one app, in the empty folder `where`, with the settings that lie beside the app."""

    def __init__(self, script: str, where: Path):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        settings = {
            "STREAMLIT_SERVER_ADDRESS": "127.0.0.1",
            "STREAMLIT_SERVER_HEADLESS": "true",
            "STREAMLIT_SERVER_PORT": str(port),
        }
        self.where, self.address, self.log = where, f"http://127.0.0.1:{port}", where / "server.log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "streamlit", "run", APPS / script],
                cwd=where,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env=os.environ | settings | {"TF_CPP_MIN_LOG_LEVEL": "3", "TFDS_DATA_DIR": str(where / "no_tfds")},
            )

    def is_ready(self) -> bool:
        """Whether it answers."""
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            return urllib.request.urlopen(f"{self.address}/_stcore/health").status == 200
        return False

    @property
    def runs(self) -> list[runs.Run]:
        """The runs that its page has started, the newest first."""
        return runs.every(self.where / "runs")

    def remove_runs(self) -> None:
        """Kill whatever still trains, and leave the folder as it was."""
        for run in self.runs:
            with contextlib.suppress(runs.RunError, ProcessLookupError):
                if run.is_alive:
                    os.kill(run.record["pid"], signal.SIGKILL)
        shutil.rmtree(self.where / "runs", ignore_errors=True)

    def stop(self) -> None:
        """End it, and all that it has started."""
        self.process.terminate()
        self.process.wait(30)
        self.remove_runs()


class Visit:
    """A page of a server, open in a fresh context of the browser."""

    def __init__(self, server: Server, page):
        self.server, self.page = server, page

    @property
    def picture(self):
        """The first picture on the page."""
        return self.page.get_by_test_id("stImage").locator("img").first

    def is_told(self, state: str, progress=r"step \d") -> None:
        """The page comes to show one run, in that state and so far."""
        expect(self.page.locator(".stMarkdownBadge")).to_have_text([state])
        expect(self.page.get_by_test_id("stProgress")).to_contain_text([re.compile(progress)])

    def open(self, **asked) -> "Visit":
        """Go to the URL that asks for these controls."""
        self.page.goto(f"{self.server.address}/?{urllib.parse.urlencode(asked)}")
        expect(self.page.get_by_role("heading").first).to_be_visible()
        return self

    def press(self, name: str) -> None:
        """Press the button, or the part of a segmented control, of that name."""
        name = {"name": name, "exact": True}
        self.page.get_by_role("radio", **name).or_(self.page.get_by_role("button", **name)).click()

    def choose(self, label: str, option: str) -> None:
        """Choose in a select box, of a page that has run, the option that contains `option`."""
        box = self.page.get_by_role("combobox", name=label, exact=True)
        self.rests_with(box)
        listed = self.page.get_by_role("option").filter(has_text=option)
        box.click()
        try:
            listed.click(timeout=10_000)
        except TimeoutError:  # the page ran again meanwhile, which folds the list up
            box.click()
            listed.click()

    def unfold(self, label: str) -> None:
        """Fold out what an expander holds."""
        self.page.locator("summary").get_by_text(label, exact=True).click()

    def enter(self, label: str, value: int) -> None:
        """Type a number into its field."""
        field = self.page.get_by_role("spinbutton", name=label, exact=True)
        field.fill(str(value))
        field.press("Enter")

    def slide(self, label: str, key: str) -> None:
        """Press a key on a slider of a page that has run."""
        slider = self.page.get_by_role("slider", name=re.compile(rf"^{label}\b"))
        self.rests_with(slider)
        slider.press(key)

    def draw(self, *corners: tuple[float, float]) -> None:
        """Draw one stroke on the canvas, through these corners of the plane; y upwards."""
        square = self.page.get_by_role("img", name="Draw here").bounding_box()
        mouse = self.page.mouse
        for index, (x, y) in enumerate(corners):
            across, down = (2 + x) / 4 * square["width"], (2 - y) / 4 * square["height"]
            mouse.move(square["x"] + across, square["y"] + down, steps=10)
            if index == 0:
                mouse.down()
        mouse.up()

    def source(self) -> str:
        """The first picture's address, which is made from its content."""
        expect(self.picture).to_have_attribute("src", re.compile("/media/"))
        return self.picture.get_attribute("src")

    def bytes_of_picture(self) -> bytes:
        """The first picture's file, as the page shows it when it has run."""
        self.rests()
        answer = self.page.request.get(urllib.parse.urljoin(self.page.url, self.source()))
        assert answer.ok, answer.url
        return answer.body()

    def rests(self) -> None:
        """The page comes to have run to its end, where Streamlit may take back what the URL was told amid the run."""
        expect(self.page.get_by_test_id("stApp")).to_have_attribute("data-test-script-state", "notRunning")

    def rests_with(self, widget) -> None:
        """The page comes to show the widget, and to have run to its end."""
        expect(widget).to_be_attached()
        self.rests()

    def changes_picture(self, act) -> None:
        """`act` leads to another picture."""
        self.rests()
        before = self.source()
        act()
        expect(self.picture).not_to_have_attribute("src", before)

    def download(self, name: str) -> bytes:
        """What the download button of that name saves; once more where a page that ran again took the file away."""
        for attempts_left in (2, 1, 0):
            self.rests()  # until then, what the button saves is of the page before
            try:
                with self.page.expect_download(timeout=PATIENCE / 3) as started:
                    self.page.get_by_role("button", name=name).click()
                return Path(started.value.path()).read_bytes()
            except TimeoutError:
                if not attempts_left:
                    raise


@pytest.fixture(scope="session")
def browser():
    """Chromium, where there is one; in CI there must be."""
    found = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if found is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("no chromium or google-chrome is on the PATH")
    with sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        expect.set_options(timeout=PATIENCE)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def serve(tmp_path_factory):
    """Start an app's server, once for all tests of a module."""
    servers = {}

    def serve(script: str) -> Server:
        if script not in servers:
            servers[script] = Server(script, tmp_path_factory.mktemp("server"))
        return servers[script]

    yield serve
    for server in servers.values():
        server.stop()


@pytest.fixture
def visit(browser, serve, wait_until):
    """Open an app in the browser; at the test's end no traceback is on any page, nor in the server's log."""
    visits = []

    def visit(script="gan.py", color_scheme="light", **asked) -> Visit:
        server = serve(script)
        wait_until(server.is_ready)
        context = browser.new_context(color_scheme=color_scheme, viewport={"width": 1400, "height": 1000})
        context.set_default_timeout(PATIENCE)
        visits.append(Visit(server, context.new_page()))
        return visits[-1].open(**asked)

    yield visit
    errors = [visit.page.get_by_test_id("stException").all_inner_texts() for visit in visits]
    logs = [visit.server.log.read_text("utf-8") for visit in visits]
    for visit in visits:
        visit.page.context.close()
        visit.server.remove_runs()
    assert not any(errors), errors
    assert not any("Traceback" in log for log in logs), logs[-1]
