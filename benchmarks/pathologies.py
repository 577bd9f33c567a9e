"""How often each pathology of `gans.pathologies` appears, and how often its cure works, over several seeds.

    python benchmarks/pathologies.py --seeds 5

Writes the table of docs/pathologies.md, and pictures of seed 0 to docs/pictures/pathologies/; the page shows both.
Every run is trained from the command line, as the page's buttons do it. Runs that have finished in the folder `--runs`
are measured again, but not trained again. With `--only vanishing`, the other rows and the time are left unchanged.
"""

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

from PIL import Image

from dlsuite import runs
from dlsuite.gans.pathologies import PATHOLOGIES, Pathology, picture

DOCS = Path(__file__).resolve().parents[1] / "docs"
TABLE, PICTURES = DOCS / "pathologies.md", DOCS / "pictures" / "pathologies"
HEAD = ["| | measured | seed by seed | as expected | also measured |", "|---|---|---|---|---|"]


def trained(lesson: str, arguments: dict, path: Path) -> tuple[runs.Run, float]:
    """The finished run of a lesson with these options, and the seconds of the whole command, start-up included."""
    run, took = runs.Run(path), path.with_name(f"{path.name}.seconds")
    if not took.exists():
        shutil.rmtree(path, ignore_errors=True)
        begin = time.monotonic()
        flags = [part for name, value in arguments.items() for part in (f"--{name.replace('_', '-')}", str(value))]
        command = [sys.executable, "-m", "dlsuite.cli", "train", lesson, *flags, "--run-dir", str(path)]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        took.write_text(f"{time.monotonic() - begin:.1f}")
    return run, float(took.read_text())


def title(pathology: Pathology, is_cured: bool) -> str:
    """The title of a table row."""
    return f"fixed by {pathology.cure_title}" if is_cured else f"**{pathology.title}**"


def row(pathology: Pathology, is_cured: bool, trainings: list[runs.Run]) -> str:
    """The measurements of training runs with several seeds, as a table row."""
    values, samples = [], [list(run.arrays("samples").values())[-1] for run in trainings]
    for run in trainings:
        total = run.record["epochs"] * run.record["steps_per_epoch"]
        values.append(pathology.measure(run.steps(), run.arrays("samples"), total))
    as_it_should = sum(map(pathology.healthy if is_cured else pathology.sick, values))
    shares = {
        what: ", ".join(f"{100 * share(each):.0f}" for each in samples) for what, share in pathology.besides.items()
    }
    besides = "; ".join(f"{what}, in %: {shown}" for what, shown in shares.items())
    shown = ", ".join(f"{value:.2g}" for value in values)
    cells = title(pathology, is_cured), pathology.measured, shown, f"{as_it_should} of {len(values)}", besides
    return f"| {' | '.join(cells)} |"


def last_picture(run: runs.Run):
    """The final picture of a training run."""
    kept = {name: list(run.arrays(name).values())[-1] for name in ("real", "samples", "extent", "score", "gradient")}
    return picture(kept, run.record["arguments"]["generator_loss"])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--only", nargs="+", choices=PATHOLOGIES, default=[*PATHOLOGIES])
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    options = parser.parse_args()
    before = TABLE.read_text("utf-8") if TABLE.exists() else ""
    rows = {line.split(" | ")[0].removeprefix("| "): line for line in before.splitlines() if line.startswith("| ")}
    longest = 0.0
    PICTURES.mkdir(exist_ok=True)
    for name in options.only:
        for is_cured in (False, True):
            pathology, kind, trainings = PATHOLOGIES[name], "fixed" if is_cured else "broken", []
            for seed in range(options.seeds):
                path = options.runs / "gans.gan" / f"{name}-{kind}-{seed}"
                run, seconds = trained("gans.gan", pathology.arguments(is_cured, seed), path)
                longest = max(longest, seconds)
                trainings.append(run)
            Image.fromarray(last_picture(trainings[0])).save(PICTURES / f"{name}-{kind}.png")
            rows[title(pathology, is_cured)] = row(pathology, is_cured, trainings)
            print(rows[title(pathology, is_cured)], flush=True)
    written = [rows[title(each, is_cured)] for each in PATHOLOGIES.values() for is_cured in (False, True)]
    timed = f"The longest run took {longest:.0f} s, including the start of Python and TensorFlow."
    if len(options.only) < len(PATHOLOGIES):
        timed = before.splitlines()[-1]
    TABLE.write_text("\n".join([*HEAD, *written, "", timed]) + "\n", "utf-8")


if __name__ == "__main__":
    main()
