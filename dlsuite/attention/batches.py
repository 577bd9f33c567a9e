"""Batches of pairs of about one length, so that little of a batch is padding."""

import itertools

import numpy as np
import tensorflow as tf

from dlsuite.data.subwords import END, PAD, START

SORTED_TOGETHER = 50
"""The number of batches sorted by length together, so that sentences of a batch are about equally long."""


def by_length(sources, targets, batch_size, max_length, seed=0, initial_epoch=0):
    """Endless batches of pairs of about one length, in an order that is a function of (seed, epoch).

    Args:
        sources, targets: lists of lists of pieces.
        max_length: what a list has beyond is cut off.
        initial_epoch: the epoch to begin with.

    Returns:
        A dataset of int32 sources `(batch_size, S)`, ended, and targets `(batch_size, T)`, from `START` to `END`; both
        are padded by `PAD` to the longest of the batch. What is left over at an epoch's end is dropped.
    """
    sources = [[*pieces[: max_length - 1], END] for pieces in sources]
    targets = [[START, *pieces[: max_length - 1], END] for pieces in targets]
    lengths = np.array([(len(target), len(source)) for source, target in zip(sources, targets, strict=True)])

    def padded(rows):
        longest_row = max(map(len, rows))
        return np.array([row + [PAD] * (longest_row - len(row)) for row in rows], "int32")

    def generate():
        for epoch in itertools.count(initial_epoch):
            random = np.random.default_rng([seed, epoch])
            whole = len(sources) // batch_size * batch_size  # the rest is left out at random, not by its length
            order, together = random.permutation(len(sources))[:whole], SORTED_TOGETHER * batch_size
            parts = [order[at : at + together] for at in range(0, whole, together)]
            rows = np.concatenate([part[np.lexsort(lengths[part].T[::-1])] for part in parts]).reshape(-1, batch_size)
            for row in random.permutation(rows):
                yield padded([sources[i] for i in row]), padded([targets[i] for i in row])

    spec = tf.TensorSpec([batch_size, None], tf.int32)
    return tf.data.Dataset.from_generator(generate, output_signature=(spec, spec)).prefetch(2)
