"""How close each GAN gets to MNIST in the same training time, with the default settings for the dataset.

    python benchmarks/digits.py --minutes 10

Each model is first trained for one epoch to see how long an epoch takes on this machine, and then from scratch for the
number of epochs that comes closest to the time. Prints a table in Markdown, measured on MNIST's test digits. Runs that
have finished in the folder `--runs` are measured again, but not trained again.
"""

import argparse
import json
from pathlib import Path

from command import dlsuite, trained

MODELS = ("gans.gan", "gans.wgan", "gans.wgan_gp", "gans.r1_gan")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", default=list(MODELS))
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    options = parser.parse_args()
    print("| model | Fréchet distance | floor | rarest class | generator steps | minutes of training |")
    print("|---|---|---|---|---|---|")
    for model in options.models:
        folder = options.runs / model
        an_epoch = trained(folder / "digits-one-epoch", model, source="tfds", epochs=1).steps()
        seconds = (an_epoch[-1]["seconds"] - an_epoch[0]["seconds"]) * an_epoch[-1]["step"]
        seconds /= an_epoch[-1]["step"] - an_epoch[0]["step"]
        epochs = max(1, round(60 * options.minutes / seconds))
        run = trained(folder / f"digits-{options.minutes:g}-minutes", model, source="tfds", epochs=epochs)
        metrics = json.loads(dlsuite("evaluate", run.path, "--json"))
        print(
            f"| `{model}` | {metrics['frechet_distance']:.2f} | {metrics['frechet_floor']:.2f} "
            f"| {100 * metrics['smallest_class_share']:.1f} % | {run.steps()[-1]['step']:,.0f} "
            f"| {run.record['seconds'] / 60:.1f} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
