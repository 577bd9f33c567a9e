"""Batches of pairs of about one length."""

import numpy as np
import pytest
import tensorflow as tf

from dlsuite.attention import batches
from dlsuite.data.subwords import END, PAD, START


def rows_of(dataset, n):
    batches = [tuple(each.numpy() for each in batch) for batch in dataset.take(n)]
    return [
        (list(map(int, s)), list(map(int, t)))
        for source, target in batches
        for s, t in zip(source, target, strict=True)
    ]


@pytest.fixture(scope="module")
def pairs():
    """Of many lengths; the first piece tells which pair it is."""
    random = np.random.default_rng(6)
    sources = [[100 + n] + [5] * int(random.integers(0, 30)) for n in range(57)]
    return sources, [[100 + n] + [6] * int(random.integers(0, 30)) for n in range(57)]


def test_every_pair_comes_once_an_epoch(pairs):
    dataset = batches.by_length(*pairs, batch_size=8, max_length=20)
    for epoch in (rows_of(dataset, 7), rows_of(dataset.skip(7), 7)):
        firsts = [source[0] for source, _ in epoch]
        assert len(set(firsts)) == len(firsts) == 56  # all but what is left over
        for source, target in epoch:
            n = source[0] - 100
            expected = [*pairs[0][n][:19], END], [START, *pairs[1][n][:19], END]
            for row, kept in zip((source, target), expected, strict=True):
                assert row == kept + [PAD] * (len(row) - len(kept))


def test_batches_are_padded_to_their_longest(pairs):
    for source, target in batches.by_length(*pairs, batch_size=8, max_length=20).take(14):
        assert source.dtype == target.dtype == tf.int32
        for batch in (source, target):
            assert batch.shape[1] == int(tf.reduce_max(tf.reduce_sum(tf.cast(batch != PAD, tf.int32), axis=1)))


def test_every_pair_comes_in_some_epoch(pairs):
    """Whatever its length: what does not fill a batch is left out by chance."""
    seen = {source[0] for source, _ in rows_of(batches.by_length(*pairs, batch_size=40, max_length=20), 20)}
    assert len(seen) == 57


def test_the_order_is_a_function_of_seed_and_epoch(pairs):
    def epochs(seed, initial_epoch, n):
        rows = rows_of(batches.by_length(*pairs, 8, 20, seed, initial_epoch), 7 * n)
        return [rows[at : at + 56] for at in range(0, len(rows), 56)]

    first, second, third = epochs(0, 0, 3)
    assert epochs(0, 1, 2) == [second, third]
    assert epochs(0, 0, 1) == [first] != [second]
    assert epochs(1, 0, 1) != [first]


def test_pairs_of_about_one_length_are_together(pairs):
    def padding(batches):
        return np.mean([np.mean(target.numpy() == PAD) for _, target in batches])

    sources, targets = pairs
    together = padding(batches.by_length(sources * 8, targets * 8, 8, 40).take(57))
    one_by_one = padding(batches.by_length(sources, targets, 56, 40).take(1))
    assert together < 0.6 * one_by_one
