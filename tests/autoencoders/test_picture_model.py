"""A model's noise is its own."""

import keras
import numpy as np

from dlsuite.autoencoders import encoder_decoder


def test_noise_is_a_function_of_the_seed():
    one, same, other = (encoder_decoder.EncoderDecoder((4, 4, 1), hidden=4, seed=seed) for seed in (1, 1, 2))
    first, second = (one.draw(keras.random.normal, 4, 2) for _ in range(2))
    np.testing.assert_array_equal(first, same.draw(keras.random.normal, 4, 2))
    assert not np.isin(first, second).any()
    assert not np.isin(first, other.draw(keras.random.normal, 4, 2)).any()
