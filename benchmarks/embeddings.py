"""Word vectors of film reviews beside gensim's at the same settings: word similarity, and pairs per second.

    python benchmarks/embeddings.py --similarities ../shared/data/wordsim --seeds 3

Trains `embeddings.skip_gram`, `embeddings.cbow` and gensim's `Word2Vec` in turn on the 50,000 labelled reviews of
`imdb_reviews`, which TFDS must have prepared: the same words, 100 dimensions, a window of 5, 5 words of noise,
subsampling by 0.001, words of 5 occurrences, 5 epochs, a rate from 0.025 to 0.0001. Spearman's rank correlation of the
cosines with people's judgements is taken over the pairs of EN-WS-353-ALL.txt and EN-MEN-TR-3k.txt (lines of two words
and a number) whose words both occur. A pair is a word and one of its context; both programs go through the same number.
gensim has as many workers as this process has cores. Needs gensim and SciPy. Writes docs/embeddings.md.
"""

import argparse
import os
import time
from pathlib import Path

import gensim
import keras
import numpy as np
from scipy import stats

from dlsuite.data import text
from dlsuite.embeddings import cbow, skip_gram, windows

DATASET, SUBSAMPLING, WINDOW, MIN_COUNT = "imdb_reviews", 1e-3, 5, 5
SETS = {"WS-353": "EN-WS-353-ALL.txt", "MEN": "EN-MEN-TR-3k.txt"}
DOCS = Path(__file__).resolve().parents[1] / "docs"


class Clock(keras.callbacks.Callback):
    """The seconds of `fit`."""

    def on_train_begin(self, logs=None):
        self.began = time.monotonic()

    def on_train_end(self, logs=None):
        self.seconds = time.monotonic() - self.began


def ours(module, seed, epochs):
    """Words, vectors and the seconds of training."""
    clock = Clock()
    model = module.train(
        dataset=DATASET,
        source="tfds",
        epochs=epochs,
        dimensions=100,
        window=WINDOW,
        negatives=5,
        subsampling=SUBSAMPLING,
        min_count=MIN_COUNT,
        vocabulary_size=1_000_000,
        seed=seed,
        callbacks=[clock],
    )
    return model.vocabulary, model.input_vectors.numpy(), clock.seconds


def gensims(module, seed, epochs, documents):
    """The same of gensim's."""
    model = gensim.models.Word2Vec(
        vector_size=100,
        window=WINDOW,
        negative=5,
        sample=SUBSAMPLING,
        min_count=MIN_COUNT,
        sg=int(module is skip_gram),
        cbow_mean=0,
        seed=seed + 1,  # 0 is none to gensim
        workers=len(os.sched_getaffinity(0)),
    )
    model.build_vocab(documents)
    began = time.monotonic()
    model.train(documents, total_examples=model.corpus_count, epochs=epochs)
    return model.wv.index_to_key, model.wv.vectors, time.monotonic() - began


def spearman(words, vectors, file):
    """The rank correlation of cosines with judgements, and over how many pairs."""
    place = {word: index for index, word in enumerate(words)}
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    lines = [line.lower().split() for line in file.read_text("utf-8").splitlines()]
    known = [(place[one], place[other], float(value)) for one, other, value in lines if {one, other} <= place.keys()]
    cosines = [unit[one] @ unit[other] for one, other, _ in known]
    return stats.spearmanr(cosines, [value for *_, value in known]).statistic, len(known)


def pairs_an_epoch(corpus):
    """How many pairs there are about, by one epoch's subsampling and windows."""
    random = np.random.default_rng(0)
    kept = windows.subsample(random, corpus, SUBSAMPLING)
    length = len(kept.words) // 10
    read = windows.lanes(kept, 1, length, WINDOW)
    _, context = windows.context_of(read, random.integers(1, WINDOW + 1, (1, length)))
    return (context >= 0).sum() / length * len(kept.words)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--similarities", type=Path, required=True, help="the folder of both files")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    options = parser.parse_args()
    keras.config.disable_interactive_logging()
    documents = text.documents(DATASET, "train", "tfds")
    pairs = pairs_an_epoch(text.corpus_of(documents, text.vocabulary_of(documents, MIN_COUNT, 1_000_000)))
    results = {}
    for seed in range(options.seeds):
        for module in (skip_gram, cbow):
            for program, train in (
                ("dlsuite", lambda module, seed: ours(module, seed, options.epochs)),
                ("gensim", lambda module, seed: gensims(module, seed, options.epochs, documents)),
            ):
                words, vectors, seconds = train(module, seed)
                found = {name: spearman(words, vectors, options.similarities / file) for name, file in SETS.items()}
                speed = pairs * options.epochs / seconds / 1000
                name = module.__name__.rpartition(".")[2]
                results.setdefault((name, program), []).append([*(value for value, _ in found.values()), speed])
                known = ", ".join(f"{value:.4f} of {count} pairs" for value, count in found.values())
                print(f"{name} {program} seed {seed}: {known}; {seconds:.0f} s, {speed:.0f},000 pairs/s", flush=True)
    lines = ["| algorithm | program | WS-353, seed by seed | MEN, seed by seed | 1,000 pairs per second |"]
    lines += ["|---|---|---|---|---|"]
    for (name, program), rows in results.items():
        columns = list(zip(*rows, strict=True))
        correlations = (
            f"{', '.join(f'{value:.3f}' for value in each)} (mean {np.mean(each):.3f})" for each in columns[:2]
        )
        speeds = ", ".join(f"{value:.0f}" for value in columns[2])
        lines.append(f"| `{name}` | {program} | {' | '.join(correlations)} | {speeds} |")
    cores = len(os.sched_getaffinity(0))
    lines += [
        "",
        f"{pairs / 1e6:.1f} million pairs an epoch, {options.epochs} epochs, {cores} core{'s' * (cores > 1)}; ",
    ]
    lines[-1] += f"gensim {gensim.__version__}, for its CBOW `cbow_mean=0`."
    (DOCS / "embeddings.md").write_text("\n".join(lines) + "\n", "utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
