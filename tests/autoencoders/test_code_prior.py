"""What a code costs: training, the entropy coder's tables and the bits by these tables say the same."""

import numpy as np
import pytest
import tensorflow as tf

from dlsuite.autoencoders import code_prior, entropy_coder


@pytest.fixture(scope="module")
def prior():
    """One of 12 channels that are all different."""
    prior = code_prior.Prior()
    prior.build((None, None, None, 12))
    random = np.random.default_rng(0)
    for weight in prior.weights:
        weight.assign(weight + random.normal(0, 0.3, weight.shape))
    return prior


def test_the_bits_of_escapes_are_what_the_tables_say(prior):
    """Symbols of every size, powers of two and their neighbours among them."""
    symbols = np.concatenate(
        [np.arange(-100, 101), [sign * (2**k + e) for k in range(7, 24) for e in (-1, 0, 1) for sign in (-1, 1)]]
    )
    symbols = np.repeat(symbols[:, None, None, None], 12, axis=-1)  # (n, 1, 1, 12)
    frequencies = prior.frequencies()[2]
    bits = code_prior.code_length(tf.constant(symbols, tf.int32), frequencies).numpy()
    tables = np.tile(np.arange(12), len(symbols))
    expected = entropy_coder.code_lengths(symbols.ravel(), tables, frequencies).reshape(-1, 12).sum(axis=1)
    np.testing.assert_allclose(bits, expected, rtol=1e-5)


def test_the_tables_are_the_prior_between_half_steps(prior):
    """On y = s d what training calls the bits is -log2 of the table's probability, up to its 16 bits."""
    for quality in range(code_prior.QUALITIES):
        steps = prior.steps(quality)
        symbols = np.arange(-code_prior.REACH, code_prior.REACH + 1)
        bits = prior(symbols[:, None].astype("float32") * steps, tf.broadcast_to(steps, (len(symbols), 12)))
        table = prior.frequencies()[quality][:, :-1].T / entropy_coder.TOTAL
        np.testing.assert_allclose(2.0 ** -bits.numpy(), table, atol=3 / entropy_coder.TOTAL)
