"""What the most frequent words do to word vectors: trainings with subsampling and without.

    python benchmarks/subsampling.py --seeds 3

Trains `embeddings.skip_gram` and `embeddings.cbow` on the docstrings with `--subsampling 0` and with their default, all
else as it is by default. Of each, two numbers: how often the plural of a word is one of its ten neighbours
(`word_map.plurals_found`), and how well the true words of held-out text are told from drawn ones (`measure`'s
`accuracy`). Writes docs/subsampling.md.
"""

import argparse
from pathlib import Path

import keras
import numpy as np

from dlsuite.embeddings import cbow, skip_gram, word_map

DOCS = Path(__file__).resolve().parents[1] / "docs"
SUBSAMPLINGS = (0.0, 1e-3)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seeds", type=int, default=3)
    options = parser.parse_args()
    keras.config.disable_interactive_logging()
    lines = [
        "| algorithm | `subsampling` | plural among ten neighbours, seed by seed | held-out accuracy, seed by seed |",
        "|---|---|---|---|",
    ]
    for module in (cbow, skip_gram):
        name = module.__name__.rpartition(".")[2]
        for subsampling in SUBSAMPLINGS:
            rows = []
            for seed in range(options.seeds):
                model = module.train(subsampling=subsampling, seed=seed)
                found = word_map.plurals_found(model.vocabulary, model.input_vectors.numpy())
                rows.append((found, module.measure(model)["accuracy"]))
                print(f"{name} subsampling {subsampling} seed {seed}: {rows[-1][0]:.4f}, {rows[-1][1]:.4f}", flush=True)
            columns = zip(*rows, strict=True)
            cells = (f"{', '.join(f'{value:.3f}' for value in each)} (mean {np.mean(each):.3f})" for each in columns)
            lines.append(f"| `{name}` | {subsampling:g} | {' | '.join(cells)} |")
    lines += ["", "Of the docstrings, every option else at its default; written by `python benchmarks/subsampling.py`."]
    (DOCS / "subsampling.md").write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
