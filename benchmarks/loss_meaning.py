"""How well the losses of a GAN and a WGAN-GP on the ring reflect the quality of the samples, over several seeds.

    python benchmarks/modes.py --models gans.gan gans.wgan_gp --datasets ring --seeds 5
    python benchmarks/pathologies.py --seeds 5
    python benchmarks/loss_meaning.py

Reads the runs of the first two commands. Writes docs/loss_meaning.md, a table of rank correlations, and
docs/loss_meaning.json, the curves of the first seed; the page shows both. A dash means that the missing share has too
few distinct values.
"""

import argparse
import json
import math
from pathlib import Path

from dlsuite import runs
from dlsuite.gans import loss_meaning

TRAININGS = {
    "gans.gan": {"healthy": "ring", "mode collapse": "collapse-broken"},
    "gans.wgan_gp": {"healthy": "ring"},
}
"""For each model, what its runs show, and the prefix of their folder names."""
DOCS = Path(__file__).resolve().parents[1] / "docs"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    options = parser.parse_args()
    lines = ["| model | training | loss | rank correlation with the missing share, seed by seed |", "|---|---|---|---|"]
    recorded = {}
    for model, trainings in TRAININGS.items():
        for training, folder in trainings.items():
            losses, courses = loss_meaning.LOSSES[model], []
            for seed in range(options.seeds):
                run = runs.Run(options.runs / model / f"{folder}-{seed}")
                courses.append(loss_meaning.course(run.steps(), run.arrays("samples"), "ring", losses))
            for loss in losses:
                values = [course.rank_correlation(loss) for course in courses]
                correlations = ", ".join("—" if math.isnan(value) else f"{value:.2f}" for value in values)
                lines.append(f"| `{model}` | {training} | {loss.replace('_', ' ')} | {correlations} |")
            first = courses[0]
            recorded.setdefault(model, {})[training] = {
                "step": first.step.tolist(),
                "missing": first.missing.round(4).tolist(),
                "losses": {loss: values.round(4).tolist() for loss, values in first.losses.items()},
            }
    (DOCS / "loss_meaning.md").write_text("\n".join(lines) + "\n", "utf-8")
    (DOCS / "loss_meaning.json").write_text(json.dumps(recorded) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
