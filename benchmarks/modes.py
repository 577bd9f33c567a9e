"""How many modes GANs find in the plane, over several seeds, trained from the command line with the default settings.

    python benchmarks/modes.py --models gans.wgan_gp --datasets ring grid --seeds 5

Prints a table in Markdown. Runs that have finished in the folder `--runs` are measured again, but not trained again.
"""

import argparse
import json
from pathlib import Path

from command import dlsuite, trained

CENTRES = {"ring": 8, "grid": 25}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=["gans.gan", "gans.wgan_gp"])
    parser.add_argument("--datasets", nargs="+", choices=CENTRES, default=list(CENTRES))
    parser.add_argument("--seeds", type=int, default=5)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    options = parser.parse_args()
    print("| model | dataset | modes, seed by seed | high-quality samples, seed by seed | seconds of training |")
    print("|---|---|---|---|---|")
    for dataset in options.datasets:
        for model in options.models:
            modes, high_quality, seconds = [], [], []
            for seed in range(options.seeds):
                run = trained(options.runs / model / f"{dataset}-{seed}", model, dataset=dataset, seed=seed)
                metrics = json.loads(dlsuite("evaluate", run.path, "--json"))
                modes.append(f"{metrics['modes']}")
                high_quality.append(f"{100 * metrics['high_quality']:.1f} %")
                seconds.append(run.steps()[-1]["seconds"])
            print(
                f"| `{model}` | {dataset} ({CENTRES[dataset]} modes) | {', '.join(modes)} | {', '.join(high_quality)} "
                f"| {min(seconds):.0f} to {max(seconds):.0f} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
