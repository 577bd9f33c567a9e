"""How well each kind of attention, each score and a convolution with as many weights do on the signals, over seeds.

    python benchmarks/attention_pooling.py --seeds 3

Writes the tables of docs/attention_pooling.md, and docs/pictures/attention_pooling.png, which shows where the networks
of seed 0 attend; the page shows both. Every run is trained from the command line, as on the page. Runs that have
finished in the folder `--runs` are measured again, but not trained again. All are measured on 2,000 signals of the
split `test`, on which nothing was tuned.
"""

import argparse
from pathlib import Path

import command
import numpy as np
from PIL import Image

from dlsuite import pictures, serving
from dlsuite.attention import pooling, signal_sheet
from dlsuite.data import shapes1d

LESSON = "attention.pooling"
DOCS = Path(__file__).resolve().parents[1] / "docs"
SETTINGS = {
    "convolution": {"attention": "none"},
    "spatial": {"attention": "spatial"},
    "context": {"attention": "context"},
    "self, scaled": {"attention": "self"},
    "self, projected": {"attention": "self", "score": "projected"},
    "self, dot": {"attention": "self", "score": "dot"},
    "self, additive": {"attention": "self", "score": "additive"},
    "self, scaled, with positions": {"attention": "self", "positions": "sinusoidal"},
}
SHOWN = ("convolution", "spatial", "context", "self, scaled")
SIGNAL = 0
"""The seed of the signal in the picture."""


def picture(models: dict) -> np.ndarray:
    """Each model's prediction for one signal, next to its attention weights."""
    signals, targets = shapes1d.sample(1, SIGNAL)
    rows = []
    for model in models.values():
        answer = {name: value.numpy() for name, value in model.with_weights(signals).items()}
        row = signal_sheet.sheet(signals, targets, answer["prediction"], answer.get("weights"))
        wide = np.full((signal_sheet.TALL, 612, 3), pictures.PAPER, "uint8")
        wide[:, : row.shape[1]] = row
        rows.append(wide)
    return np.concatenate(rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--runs", type=Path, default=Path("runs"))
    options = parser.parse_args()
    seeds = range(options.seeds)
    table = [
        "| | weights | mean squared error, seed by seed, · 10⁻³ | mean | height error |",
        "|---|---:|---|---:|---:|",
    ]
    shown = {}
    for title, arguments in SETTINGS.items():
        measured = []
        for seed in seeds:
            path = options.runs / LESSON / f"{title.replace(', ', '-').replace(' ', '-')}-{seed}"
            run = command.trained(path, LESSON, **arguments, seed=seed)
            model = serving.load_keras(path, compile=False)
            measured.append(pooling.measure(model))
            if seed == 0 and title in SHOWN:
                shown[title] = model
        errors = [1000 * each["mean_squared_error"] for each in measured]
        heights = np.mean([each["height_error"] for each in measured])
        by_seed = ", ".join(f"{error:.2f}" for error in errors)
        table.append(f"| {title} | {model.count_params():,} | {by_seed} | {np.mean(errors):.2f} | {heights:.3f} |")
        print(table[-1], flush=True)
    unchanged = 1000 * measured[0]["unchanged_mean_squared_error"]
    record = run.record["arguments"]
    text = [
        *table,
        "",
        f"Unchanged inputs have an error of {unchanged:.2f} · 10⁻³. Measured on 2,000 signals never seen in training; "
        "the height error is the mean absolute error at the centres of the shapes, whose heights range from 0.1 to 1. "
        f"All were trained in the same way: {record['epochs']} epochs of {shapes1d.STEPS_PER_EPOCH} batches of "
        f"{record['batch_size']} signals, Adam with a peak learning rate of {record['learning_rate']:g}, "
        f"{record['channels']} channels. Written by `python benchmarks/attention_pooling.py --seeds {options.seeds}`.",
        "",
        "## Seed 0 on one signal",
        "",
        f"From top to bottom: {', '.join(shown)}. The signal is grey, its target blue, the prediction orange; in the "
        "map to the right, row j shows where position j attends.",
        "",
        "![what each kind predicts and where it attends](pictures/attention_pooling.png)",
    ]
    (DOCS / "attention_pooling.md").write_text("\n".join(text) + "\n", "utf-8")
    kept = Image.fromarray(picture({title: shown[title] for title in SHOWN}))
    kept.quantize(32, dither=Image.Dither.NONE).save(DOCS / "pictures" / "attention_pooling.png", optimize=True)


if __name__ == "__main__":
    main()
