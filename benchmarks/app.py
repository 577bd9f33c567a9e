"""How fast a page responds in Chromium; for the GAN page also during training, and how much an open page slows it.

    python benchmarks/app.py
    python benchmarks/app.py --page autoencoder
    python benchmarks/app.py --page attention

Prints a table in Markdown. Each figure is the time from a key press or click to the new picture on the screen.
"""

import argparse
import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

from playwright.sync_api import sync_playwright

from dlsuite import runs

ROOT = Path(__file__).resolve().parents[1]
PORT = 8765
URL = f"http://localhost:{PORT}"
PICTURE = "[data-testid=stImage] img"
ALIGNMENT = "table[aria-label='Weights of the attention']"
REPEATS = 15
WINDOW, WINDOWS = 20, 4
"""How many seconds the training speed is measured with the page open, and then with it closed, and how often."""

WATCH = """([picture, index]) => {
  const find = () => document.querySelectorAll(picture)[index];
  const old = find().src, begin = performance.now();
  window.changed = new Promise(done => {
    const look = () => {
      const image = find();
      if (image && image.src !== old && image.complete) done(performance.now() - begin);
      else requestAnimationFrame(look);
    };
    look();
  });
}"""


def start_server(script: str, folder: Path) -> subprocess.Popen:
    command = ["-m", "streamlit", "run", str(ROOT / "apps" / script), "--server.headless=true", f"--server.port={PORT}"]
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return subprocess.Popen([sys.executable, *command], cwd=folder, **quiet)


def milliseconds(page, act, index=0) -> list[float]:
    """The times from `act` until picture number `index` on the page has changed, over several repeats."""
    times = []
    for _ in range(REPEATS):
        page.evaluate(WATCH, [PICTURE, index])
        act()
        times.append(page.evaluate("window.changed"))
        page.wait_for_timeout(300)
    return times


def open_page(page, query: str) -> None:
    page.goto(f"{URL}/?{query}")
    page.wait_for_selector(PICTURE)
    page.wait_for_timeout(1500)


def answers(page) -> dict[str, list[float]]:
    """The times for a new sample and for a slider, on digits."""
    open_page(page, "model=gans.wgan_gp")
    fresh = milliseconds(page, page.get_by_role("button", name="New samples").click)
    open_page(page, "model=gans.wgan_gp&view=One+latent+vector")
    page.get_by_role("slider").nth(1).focus()
    return {"a new sample": fresh, "a latent slider": milliseconds(page, lambda: page.keyboard.press("ArrowRight"))}


def answers_of_autoencoders(page) -> dict[str, list[float]]:
    """The times for a slider, for a click on the latent map, and for a new 20 x 20 manifold."""
    open_page(page, "")
    z, width = page.get_by_role("slider").nth(1), page.get_by_role("slider").nth(0)
    z.focus()
    slider = milliseconds(page, lambda: page.keyboard.press("ArrowRight"))
    square, places = page.locator(".map").bounding_box(), itertools.count()

    def click():
        share = 0.2 + 0.6 * (next(places) * 0.37 % 1)
        page.mouse.click(square["x"] + share * square["width"], square["y"] + (1 - share) * square["height"])

    clicked = milliseconds(page, click)
    width.press("Home")
    page.wait_for_timeout(1500)
    manifold = milliseconds(page, lambda: page.keyboard.press("ArrowRight"), index=2)
    return {"a latent slider": slider, "a click on the latent map": clicked, "a manifold of 20 × 20": manifold}


WATCH_ANSWER = """() => {
  const look = () => [
    document.querySelector("[data-testid=stHtml]").innerText,
    document.querySelector("table[aria-label='Weights of the attention']")?.innerText,
  ];
  const old = look();
  window.changed = new Promise(done => document.addEventListener("keydown", () => {
    const begin = performance.now();
    const again = () => {
      const now = look();
      if (now.every((each, index) => each && each !== old[index])) done(performance.now() - begin);
      else requestAnimationFrame(again);
    };
    again();
  }, {capture: true, once: true}));
}"""
"""After the next key press, waits for a new answer and a new heat map, so that both have been drawn."""
TYPED = ("7 avril 1951", "Donnerstag, 12. November 2048")


def answers_of_translators(page) -> dict[str, list[float]]:
    """The times from pressing Enter on a typed date to its translation by both translators, with the heat map."""
    page.goto(URL)
    page.wait_for_selector(ALIGNMENT)
    page.wait_for_selector("summary")
    page.wait_for_timeout(1500)
    field, times = page.get_by_role("textbox", name="A date of 1900 to 2099, in words"), []
    for text in TYPED * REPEATS:
        field.fill(text)
        page.evaluate(WATCH_ANSWER)
        field.press("Enter")
        times.append(page.evaluate("window.changed"))
        page.wait_for_timeout(400)
    return {"a typed date, translated by both translators, with the heat map": times[2:]}  # each has come once


def steps_a_second(run: runs.Run, seconds: float) -> float:
    first = run.steps()[-1]
    time.sleep(seconds)
    last = run.steps()[-1]
    return (last["step"] - first["step"]) / (last["seconds"] - first["seconds"])


def speed_with_and_without_page(browser, run: runs.Run) -> list[float]:
    """The training speed with an open page that watches it, relative to the speed without, in consecutive windows."""
    ratios = []
    for _ in range(WINDOWS):
        alone = steps_a_second(run, WINDOW)
        page = browser.new_page()
        page.goto(f"{URL}/?section=Train&run={run.path}")
        page.wait_for_selector(PICTURE)
        ratios.append(steps_a_second(run, WINDOW) / alone)
        page.close()
        time.sleep(2)
    return ratios


def row(what: str, times: list[float]) -> str:
    return f"| {what} | {statistics.median(times):.0f} ms | {max(times):.0f} ms |"


def measure(browser, name: str, begin: float) -> None:
    """Print all measurements for a page whose server was started at the time `begin`."""
    page = browser.new_page(viewport={"width": 1360, "height": 900})
    while True:
        try:
            urllib.request.urlopen(f"{URL}/_stcore/health", timeout=1)
            break
        except OSError:
            time.sleep(0.05)
    page.goto(URL)
    page.wait_for_selector(ALIGNMENT if name == "attention" else PICTURE)
    print("| in the browser | median | longest |\n|---|---|---|")
    print(f"| from `streamlit run` to the first picture | {time.monotonic() - begin:.1f} s | |")
    if name != "gan":
        for what, times in {"autoencoder": answers_of_autoencoders, "attention": answers_of_translators}[name](
            page
        ).items():
            print(row(what, times), flush=True)
        return
    for what, times in answers(page).items():
        print(row(what, times), flush=True)
    path = runs.new_path("gans.wgan_gp")
    run, training = runs.Run(path), None
    try:
        training = runs.start(
            ["train", "gans.wgan_gp", "--dataset", "ring", "--epochs", "500", "--run-dir", str(path)], path
        )
        while not run.steps():
            time.sleep(0.5)
        for what, times in answers(page).items():
            print(row(f"{what}, while a WGAN-GP trains on the ring", times), flush=True)
        page.close()
        ratios = speed_with_and_without_page(browser, run)
        shown = ", ".join(f"{100 * ratio:.0f} %" for ratio in ratios)
        print(f"\nTraining speed with an open page that watches it, relative to the speed without: {shown}.")
    finally:
        if training:
            training.terminate()
            training.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--page", choices=["gan", "autoencoder", "attention"], default="gan")
    name = parser.parse_args().page
    folder = Path(tempfile.mkdtemp())
    os.chdir(folder)
    begin = time.monotonic()
    server = start_server(f"{name}.py", folder)
    try:
        with sync_playwright() as playwright:
            program = shutil.which("chromium") or shutil.which("google-chrome")
            browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox", "--disable-gpu"])
            measure(browser, name, begin)
            browser.close()
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder)


if __name__ == "__main__":
    main()
