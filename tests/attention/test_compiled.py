"""A compiled search finds what the search finds."""

import numpy as np
import pytest
import tensorflow as tf

from dlsuite.data.subwords import PAD


@pytest.mark.slow
def test_compiled_it_finds_the_same(model, read, sources):
    """Of all at once, and of each alone, which is padded further and compiled by XLA."""
    together = [each.numpy() for each in model.greedy(read)]
    for one, other in zip(model.fast_best(read), together, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    for row, text in enumerate(sources):
        alone = model.read(tf.constant([text]))
        pieces, total, weights = (each.numpy() for each in model.fast_best(alone))
        written, length = pieces.shape[1], weights.shape[2]
        assert written == (together[0][row] != PAD).sum() and length in (0, alone.shape[1])
        np.testing.assert_array_equal(pieces[0], together[0][row, :written])
        assert total[0] == pytest.approx(together[1][row], abs=1e-4)
        np.testing.assert_allclose(weights[0], together[2][row, :written, :length], atol=1e-5)


@pytest.mark.slow
def test_compiled_it_finds_the_best_of_a_beam(model, read):
    for rows in (read, read[:1]):
        for one, other in zip(model.fast_best(rows, 3), model.beam(rows, 3), strict=True):
            np.testing.assert_allclose(one, other[:, 0], atol=1e-4)
