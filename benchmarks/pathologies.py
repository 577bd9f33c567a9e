"""How often each pathology of `gans.pathologies` shows, and how often its cure mends it, over seeds.

    python benchmarks/pathologies.py --seeds 5

Writes docs/pathologies.md, a table, and docs/pictures/pathologies/, what became of seed 0; the page shows both. Every
run is trained by the command, as the page's buttons do it. Runs that have finished in the folder `--runs` are measured
again and not trained again.
"""

import argparse
import shutil
import subprocess
import sys
import time
from pathlib import Path

from dlsuite import runs
from dlsuite.gans.pathologies import PATHOLOGIES

DOCS = Path(__file__).resolve().parents[1] / "docs"


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


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    options = parser.parse_args()
    lines = ["| | measured | seed by seed | as it should be |", "|---|---|---|---|"]
    pictures = DOCS / "pictures" / "pathologies"
    pictures.mkdir(exist_ok=True)
    longest = 0.0
    for name, pathology in PATHOLOGIES.items():
        for is_cured in (False, True):
            values, kind = [], "mended" if is_cured else "broken"
            for seed in range(options.seeds):
                path = options.runs / "gans.gan" / f"{name}-{kind}-{seed}"
                run, seconds = trained("gans.gan", pathology.arguments(is_cured, seed), path)
                longest = max(longest, seconds)
                total = run.record["epochs"] * run.record["steps_per_epoch"]
                values.append(pathology.measure(run.steps(), run.arrays("samples"), total))
                if seed == 0:
                    shutil.copy(list(run.previews().values())[-1], pictures / f"{name}-{kind}.png")
            as_it_should = sum(map(pathology.healthy if is_cured else pathology.sick, values))
            what = f"mended by {pathology.cure_title}" if is_cured else f"**{pathology.title}**"
            shown = ", ".join(f"{value:.2g}" for value in values)
            lines.append(f"| {what} | {pathology.measured} | {shown} | {as_it_should} of {len(values)} |")
            print(lines[-1], flush=True)
    lines += ["", f"The longest run took {longest:.0f} s, with the start of Python and TensorFlow."]
    (DOCS / "pathologies.md").write_text("\n".join(lines) + "\n", "utf-8")


if __name__ == "__main__":
    main()
