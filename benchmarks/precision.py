"""How much faster `--precision mixed_bfloat16` trains than float32, and how good the models are.

    python benchmarks/precision.py                    # about 4 minutes on 2 idle CPU cores
    python benchmarks/precision.py --quality 3        # and three seeds of each, half an hour more

Both precisions train the same lesson on the bundled digits, with its default settings, in turns in one process. The
first epoch, in which everything is compiled, is not timed. A ratio is the median of the rounds' ratios.
"""

import argparse
import importlib
import re
import statistics
import time
from pathlib import Path

import keras

from dlsuite import keras_settings

CASES = {
    "gans.wgan_gp": {"epochs": 20},
    "gans.gan": {"epochs": 20},
    "autoencoders.vae": {"network": "convolutional", "epochs": 20},
}
"""The lessons, and their options where the quality is measured."""
PRECISIONS = ("float32", "mixed_bfloat16")
TIMED = 3
"""Epochs."""


class Stopwatch(keras.callbacks.Callback):
    """The seconds of each epoch."""

    def on_train_begin(self, logs=None):
        self.seconds = []

    def on_epoch_begin(self, epoch, logs=None):
        self.begin = time.perf_counter()

    def on_epoch_end(self, epoch, logs=None):
        self.seconds.append(time.perf_counter() - self.begin)


def train(name, precision, callbacks=(), **options):
    """The lesson `name`, trained on the bundled digits."""
    keras.config.disable_interactive_logging()
    with keras_settings.precision(precision):
        lesson = importlib.import_module(f"dlsuite.{name}")
        return lesson.train(dataset="mnist", source="bundled", callbacks=callbacks, **options)


def seconds_of_an_epoch(name, precision):
    """The median of `TIMED` epochs."""
    stopwatch = Stopwatch()
    train(name, precision, [stopwatch], **CASES[name] | {"epochs": 1 + TIMED})
    return statistics.median(stopwatch.seconds[1:])


def processor() -> str:
    """The CPU's name, and what it has for bfloat16."""
    file = Path("/proc/cpuinfo")
    said = file.read_text() if file.exists() else ""
    name = re.search(r"model name\s*: (.*)", said)
    has = [flag for flag in ("amx_bf16", "avx512_bf16") if flag in said]
    return f"{name[1] if name else 'unknown CPU'}, with {' and '.join(has) or 'nothing for bfloat16'}"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="turns of each")
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--quality", type=int, default=0, metavar="SEEDS", help="how many seeds to train and measure")
    options = parser.parse_args()
    print(f"{processor()}\n\n| lesson | float32, s an epoch | mixed_bfloat16 | times as fast |\n|---|--:|--:|--:|")
    for name in options.only:
        rounds = [[seconds_of_an_epoch(name, each) for each in PRECISIONS] for _ in range(options.rounds)]
        exact, rounded = (statistics.median(column) for column in zip(*rounds, strict=True))
        ratio = statistics.median(one / other for one, other in rounds)
        print(f"| `{name}` | {exact:.2f} | {rounded:.2f} | {ratio:.2f} |", flush=True)
    if options.quality:
        print("\n| lesson | precision | seed | held-out |\n|---|---|--:|---|")
        for name in options.only:
            for seed in range(options.quality):
                for precision in PRECISIONS:
                    model = train(name, precision, **CASES[name], seed=seed)
                    found = importlib.import_module(f"dlsuite.{name}").measure(model, source="bundled")
                    told = ", ".join(f"{key} {value:.4g}" for key, value in list(found.items())[:3])
                    print(f"| `{name}` | {precision} | {seed} | {told} |", flush=True)


if __name__ == "__main__":
    main()
