"""What word2vec learns from: words with the words around them, and noise (Mikolov et al., 2013, arXiv:1310.4546).

    subsampling    a word of frequency f (its share of the corpus) is kept with the chance  sqrt(t / f) + t / f,
                   at most 1, anew every time that it occurs; t is `subsampling`, 0 keeps every word
    window         context of the word at place i: the kept words at i - r .. i + r without i, of the same document,
                   r ~ U{1, ..., window} drawn for each i, so that near words count more
    noise          words drawn by  P(w) ~ count(w)^(3/4)

The chance is that of word2vec's program; the paper writes 1 - sqrt(t / f) for dropping a word, which for rare words is
nearly the same. Words are dropped before the windows are cut, so that what is left moves together.
"""

import itertools

import numpy as np
import tensorflow as tf
from numpy.lib.stride_tricks import sliding_window_view

from dlsuite.data.text import Corpus

POWER = 0.75
UPDATES_A_STEP = 128
"""The most updates in one step of Keras, which has a cost of its own."""


def keep_probability(counts, subsampling: float) -> np.ndarray:
    """The chance of each word to be kept, float64 `(vocabulary,)` in 0..1, for counts of the same shape."""
    frequency = np.maximum(counts, 1) / np.sum(counts)
    if not subsampling:
        return np.ones(len(frequency))
    return np.minimum(1.0, np.sqrt(subsampling / frequency) + subsampling / frequency)


def noise_distribution(counts) -> np.ndarray:
    """P(w) of the noise, float64 `(vocabulary,)`, which sums to 1, for counts of the same shape."""
    weight = np.asarray(counts, "float64") ** POWER
    return weight / weight.sum()


class Noise:
    """Words drawn from a distribution, each in constant time, by Walker's alias method.

    V words of the mean probability 1 / V each are V equal boxes. One after the other, a box that its word does not fill
    is filled up by a word that has too much for its own; so each box holds two words at most.

    Args:
        distribution: `(vocabulary,)`, which sums to 1.
    """

    def __init__(self, distribution):
        share = np.asarray(distribution) * len(distribution)
        self.other = np.arange(len(share), dtype="int32")
        less, more = np.flatnonzero(share < 1).tolist(), np.flatnonzero(share >= 1).tolist()
        while less and more:
            low, high = less.pop(), more[-1]
            self.other[low] = high
            share[high] -= 1 - share[low]
            if share[high] < 1:
                less.append(more.pop())
        self.share = share

    def draw(self, random: np.random.Generator, shape) -> np.ndarray:
        """Words, int32 of that shape."""
        box = random.integers(0, len(self.share), shape, dtype="int32")
        return np.where(random.random(shape, dtype="float32") < self.share[box], box, self.other[box])


def subsample(random: np.random.Generator, corpus: Corpus, subsampling: float) -> Corpus:
    """The corpus without the words that are dropped this time."""
    is_kept = random.random(len(corpus.words)) < keep_probability(corpus.counts, subsampling)[corpus.words]
    return corpus._replace(words=corpus.words[is_kept], documents=corpus.documents[is_kept])


def lanes(corpus: Corpus, count: int, length: int, window: int, start: int = 0) -> Corpus:
    """A corpus read at several places at once: `count` lanes of `length` words, and `window` more on either side.

    They begin at equal distances, the first at place `start`; after the last word comes the first one.

    Returns:
        The same words and documents, both `(count, window + length + window)`.
    """
    n = len(corpus.words)
    first = start + np.arange(count) * n // count
    at = (first[:, None] + np.arange(-window, length + window)) % n
    return corpus._replace(words=corpus.words[at], documents=corpus.documents[at])


def whole(corpus: Corpus, window: int) -> Corpus:
    """A corpus read once, from its first word to its last, as one lane with `window` places on either side.

    Returns:
        The same words and documents, both `(1, window + n + window)`; on either side stand words of a document -1.
    """
    words, documents = np.pad(corpus.words, window), np.pad(corpus.documents, window, constant_values=-1)
    return corpus._replace(words=words[None], documents=documents[None])


def context_of(lanes: Corpus, radius) -> tuple[np.ndarray, np.ndarray]:
    """Words and what stands around them.

    Args:
        lanes: words and documents, `(count, window + length + window)`.
        radius: how far each window reaches, `(count, length)` in 1..window.

    Returns:
        The centres, `(count, length)`, and their contexts from left to right, `(count, length, 2 * window)`, with -1
        where there is no word.
    """
    window = (lanes.words.shape[1] - radius.shape[1]) // 2
    words, documents = (sliding_window_view(each, 2 * window + 1, axis=1) for each in lanes[:2])
    centre, document = words[..., window], documents[..., window, None]
    is_context = (documents == document) & (np.abs(np.arange(-window, window + 1)) <= radius[..., None])
    return centre, np.delete(np.where(is_context, words, -1), window, axis=2)


def batches(
    corpus: Corpus,
    batch_size: int,
    *,
    window: int,
    negatives: int,
    subsampling: float,
    seed: int = 0,
    initial_epoch: int = 0,
) -> tuple[tf.data.Dataset, int, int]:
    """Endless steps of training, each of several updates, and how many of them make an epoch.

    An update takes `batch_size` windows, one from each of as many lanes through the text, so that those of one update
    have hardly a word in common. An epoch is as many windows as words are expected to be kept. What is kept in epoch e,
    where the lanes begin, and all that is drawn are a function of (seed, e), so that a run resumed at `initial_epoch`
    sees what the uninterrupted one would have seen.

    Args:
        corpus: what is read, over and over.
        batch_size: windows an update.
        window, negatives, subsampling: see above.
        seed, initial_epoch: what decides the order.

    Returns:
        A dataset of `(centre, context, noise)`, int32 `(updates, batch_size)`, `(updates, batch_size, 2 * window)` with
        -1 where there is no word, and `(updates, batch_size, negatives)`; the steps an epoch; and the updates a step.

    Raises:
        ValueError: fewer words are kept than one update takes.
    """
    expected = float(keep_probability(corpus.counts, subsampling) @ corpus.counts)
    updates = int(np.clip(expected // (10 * batch_size), 1, UPDATES_A_STEP))
    rows = updates * batch_size
    steps = max(1, int(expected // rows))
    if expected < batch_size:
        raise ValueError(
            f"subsampling={subsampling}, batch_size={batch_size}: about {expected:.0f} of {len(corpus.words)} words "
            "are kept, too few for one update: raise the one or lower the other"
        )
    noise = Noise(noise_distribution(corpus.counts))

    def generate():
        for epoch in itertools.count(initial_epoch):
            random = np.random.default_rng([seed, epoch])
            kept = subsample(random, corpus, subsampling)
            read = lanes(kept, batch_size, steps * updates, window, random.integers(len(kept.words)))
            for first in range(0, steps * updates, updates):
                part = [each[:, first : first + updates + 2 * window] for each in read[:2]]
                radius = random.integers(1, window + 1, (batch_size, updates))
                centre, context = context_of(read._replace(words=part[0], documents=part[1]), radius)
                drawn = noise.draw(random, (updates, batch_size, negatives))
                yield centre.T, context.transpose(1, 0, 2), drawn

    shapes = [(updates, batch_size), (updates, batch_size, 2 * window), (updates, batch_size, negatives)]
    signature = tuple(tf.TensorSpec(shape, tf.int32) for shape in shapes)
    return tf.data.Dataset.from_generator(generate, output_signature=signature).prefetch(4), steps, updates
