"""Word vectors from film reviews compared with gensim's at the same settings: word similarity, and pairs per second.

    python benchmarks/embeddings.py --similarities FOLDER --seeds 3

Trains `embeddings.skip_gram`, `embeddings.cbow` and gensim's `Word2Vec` in turn on the 50,000 labelled reviews of
`imdb_reviews`, which TFDS must have prepared: the same words, 100 dimensions, a window of 5, 5 noise words,
subsampling at 0.001, words with at least 5 occurrences, 5 epochs, a learning rate from 0.025 to 0.0001. Spearman's rank
correlation of the cosines with human judgements is computed over the pairs of EN-WS-353-ALL.txt and EN-MEN-TR-3k.txt
(lines of two words and a number) whose words both occur. Both kinds of gensim's CBOW are trained: with a summed context
(`cbow_mean=0`), it divides the gradient by the number of summed words, which is not the gradient of the sum; the mean
is its default. dlsuite's skip-gram draws its noise words once per window, gensim's draws new ones for each pair.

Then both skip-grams take turns on 5,000 reviews, `--rounds` times. A pair is a word and one word of its context.
Seconds are processor seconds over all threads, so other programs have little influence. Compilation, in the first
step, is not counted. Needs gensim and SciPy. Writes docs/embeddings.md.
"""

import argparse
import tempfile
import time
from pathlib import Path

import gensim
import keras
import numpy as np
from scipy import stats

from dlsuite.data import text
from dlsuite.embeddings import cbow, skip_gram, windows

SUBSAMPLING, WINDOW, MIN_COUNT, ALL_WORDS = 1e-3, 5, 5, 1_000_000
SETS = {"WS-353": "EN-WS-353-ALL.txt", "MEN": "EN-MEN-TR-3k.txt"}
PROGRAMS = {
    "`skip_gram`, dlsuite": (skip_gram, None),
    "skip-gram, gensim": (None, {"sg": 1}),
    "`cbow`, dlsuite": (cbow, None),
    "CBOW, gensim, sum": (None, {"sg": 0, "cbow_mean": 0}),
    "CBOW, gensim, mean": (None, {"sg": 0, "cbow_mean": 1}),
}
DOCS = Path(__file__).resolve().parents[1] / "docs"


class Clock(keras.callbacks.Callback):
    """The processor seconds of `fit` after its first step."""

    def on_train_batch_end(self, batch, logs=None):
        if not hasattr(self, "began"):
            self.began = time.process_time()

    def on_train_end(self, logs=None):
        self.seconds = time.process_time() - self.began


def ours(module, dataset, seed, epochs, callbacks=()):
    """The trained model."""
    return module.train(
        dataset=dataset,
        epochs=epochs,
        dimensions=100,
        window=WINDOW,
        negatives=5,
        subsampling=SUBSAMPLING,
        min_count=MIN_COUNT,
        vocabulary_size=ALL_WORDS,
        seed=seed,
        callbacks=callbacks,
    )


def gensims(kind, documents, seed, epochs):
    """gensim's model, and the processor seconds of its training."""
    model = gensim.models.Word2Vec(
        vector_size=100,
        window=WINDOW,
        negative=5,
        sample=SUBSAMPLING,
        min_count=MIN_COUNT,
        seed=seed + 1,  # it does not accept 0
        workers=1,
        **kind,
    )
    model.build_vocab(documents)
    began = time.process_time()
    model.train(documents, total_examples=model.corpus_count, epochs=epochs)
    return model, time.process_time() - began


def spearman(words, vectors, file):
    """The rank correlation of cosines with judgements."""
    place = {word: index for index, word in enumerate(words)}
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    lines = [line.lower().split() for line in file.read_text("utf-8").splitlines()]
    known = [(place[one], place[other], float(value)) for one, other, value in lines if {one, other} <= place.keys()]
    cosines = [unit[one] @ unit[other] for one, other, _ in known]
    return stats.spearmanr(cosines, [value for *_, value in known]).statistic


def similarity(program, documents, folder, seed, epochs):
    """The correlations of one training run, by dataset."""
    module, kind = PROGRAMS[program]
    if module:
        model = ours(module, "imdb_reviews", seed, epochs)
        words, vectors = model.vocabulary, model.input_vectors.numpy()
    else:
        model, _ = gensims(kind, documents, seed, epochs)
        words, vectors = model.wv.index_to_key, model.wv.vectors
    return [spearman(words, vectors, folder / file) for file in SETS.values()]


def speeds(documents):
    """Pairs per second of `skip_gram` and of gensim's skip-gram, on some documents."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "reviews.txt"
        file.write_text("\n\n".join(" ".join(document) for document in documents), "utf-8")
        learned = text.documents(str(file))  # nine of ten
        corpus = text.corpus_of(learned, text.vocabulary_of(learned, MIN_COUNT, ALL_WORDS))
        clock = Clock()
        model = ours(skip_gram, str(file), 0, 1, [clock])
    steps = clock.params["steps"]
    done = int(model.optimizer.iterations) * 64 * (steps - 1) / steps  # windows of the default `batch_size`
    each = pairs_a_window(corpus)
    _, seconds = gensims(PROGRAMS["skip-gram, gensim"][1], learned, 0, 1)
    kept = windows.keep_probability(corpus.counts, SUBSAMPLING) @ corpus.counts
    return done * each / clock.seconds, kept * each / seconds


def pairs_a_window(corpus):
    """The mean number of words in a context, found by subsampling and cutting windows once."""
    random = np.random.default_rng(0)
    kept = windows.subsample(random, corpus, SUBSAMPLING)
    length = len(kept.words)
    _, context = windows.context_of(windows.lanes(kept, 1, length, WINDOW), random.integers(1, WINDOW + 1, (1, length)))
    return (context >= 0).sum() / length


def tables(found, measured, epochs):
    """All results in Markdown: `found` by program, seed by seed, and `measured`, both speeds by round."""
    lines = [f"| {epochs} epochs | {' | '.join(SETS)} |", "|---|---|---|"]
    for program, rows in found.items():
        columns = [
            f"{', '.join(f'{v:.3f}' for v in each)}; mean {np.mean(each):.3f}" for each in zip(*rows, strict=True)
        ]
        lines.append(f"| {program} | {' | '.join(columns)} |")
    lines += ["", "| skip-gram | 1,000 pairs per processor second, by round | median |", "|---|---|---:|"]
    for program, values in zip(("dlsuite", "gensim"), np.array(measured).T / 1000, strict=True):
        lines.append(f"| {program} | {', '.join(f'{value:.0f}' for value in values)} | {np.median(values):.0f} |")
    lines += ["", "dlsuite's skip-gram draws its noise words once per window, gensim's draws new ones for each pair."]
    return "\n".join(lines) + "\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--similarities", type=Path, required=True, help="the folder of both files")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    keras.config.disable_interactive_logging()
    documents = text.documents("imdb_reviews")
    measured = [speeds(documents[:5000]) for _ in range(options.rounds)]
    print(measured, flush=True)
    found = {program: [] for program in PROGRAMS}
    for seed in range(options.seeds):
        for program, rows in found.items():
            rows.append(similarity(program, documents, options.similarities, seed, options.epochs))
            print(program, seed, rows[-1], flush=True)
    (DOCS / "embeddings.md").write_text(tables(found, measured, options.epochs), "utf-8")


if __name__ == "__main__":
    main()
