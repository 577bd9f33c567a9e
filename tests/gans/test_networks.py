"""The networks fit the data, and a critic can compare the examples of a group."""

import numpy as np
import pytest

from dlsuite.gans import networks


@pytest.mark.parametrize("shape", [(2,), (5,), (28, 28, 1), (32, 32, 3), (8, 12, 1)])
def test_the_networks_fit_the_data(shape):
    latent = np.zeros((3, 7), "float32")
    samples = networks.build_generator(shape, 7)(latent)
    assert samples.shape == (3, *shape)
    assert networks.build_critic(shape)(samples).shape == (3, 1)


def test_group_deviation_is_the_mean_standard_deviation_of_each_group():
    x = np.random.default_rng(0).normal(size=(8, 3, 5, 2)).astype("float32")
    out = networks.GroupDeviation(4)(x).numpy()
    np.testing.assert_array_equal(out[..., :2], x)
    for group in (slice(0, 4), slice(4, 8)):
        np.testing.assert_allclose(out[group, ..., 2], x[group].std(axis=0).mean(), rtol=1e-5)


def test_a_batch_that_does_not_divide_is_one_group():
    x = np.random.default_rng(0).normal(size=(6, 5)).astype("float32")
    np.testing.assert_allclose(networks.GroupDeviation(4)(x)[:, -1], [x.std(axis=0).mean()] * 6, rtol=1e-5)
