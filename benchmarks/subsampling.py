"""How the most frequent words affect word vectors: training with and without subsampling.

    python benchmarks/subsampling.py --seeds 3

Trains `embeddings.cbow` on the docstrings for 10 epochs with `--subsampling 0` and with its default; all other options
have their defaults. Two numbers for each: how often the plural of a word is one of its ten neighbours
(`word_map.plurals_found`), and how well true words of held-out text are told from randomly drawn ones (`accuracy` of
`measure`). Writes docs/subsampling.md.
"""

import argparse
from pathlib import Path

import keras
import numpy as np

from dlsuite.embeddings import cbow, word_map

DOCS = Path(__file__).resolve().parents[1] / "docs"
SUBSAMPLINGS, EPOCHS = (0.0, 1e-3), 10


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    keras.config.disable_interactive_logging()
    lines = ["| `subsampling` | plural among ten neighbours | held-out accuracy |", "|---|---|---|"]
    for subsampling in SUBSAMPLINGS:
        rows = []
        for seed in range(options.seeds):
            model = cbow.train(subsampling=subsampling, epochs=EPOCHS, seed=seed)
            found = word_map.plurals_found(model.vocabulary, model.input_vectors.numpy())
            rows.append((found, cbow.measure(model)["accuracy"]))
            print(f"subsampling {subsampling} seed {seed}: {rows[-1][0]:.4f}, {rows[-1][1]:.4f}", flush=True)
        columns = zip(*rows, strict=True)
        cells = (f"{', '.join(f'{value:.3f}' for value in each)} (mean {np.mean(each):.3f})" for each in columns)
        lines.append(f"| {subsampling:g} | {' | '.join(cells)} |")
    lines += [
        "",
        f"`embeddings.cbow` on the docstrings of NumPy {np.__version__} and Keras {keras.__version__}, {EPOCHS} "
        f"epochs, seeds 0 to {options.seeds - 1} in that order; written by `python benchmarks/subsampling.py`.",
    ]
    (DOCS / "subsampling.md").write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
