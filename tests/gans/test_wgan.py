"""The facts of WGAN: its step by hand, its box of weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite.gans import wgan


def tiny(**arguments):
    keras.utils.set_random_seed(1)
    return wgan.WGAN(**{"data_shape": (2,), "latent_dim": 3, "critic_steps": 1, "seed": 5} | arguments)


def linear(model, weights):
    data = keras.Input((2,))
    model.critic = keras.Model(data, keras.layers.Dense(1, use_bias=False)(data))
    model.critic.set_weights([np.reshape(weights, (2, 1))])


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize("clip", [0.01, 10.0])
def test_a_step_follows_the_difference_of_means_into_the_box(clip):
    """For D(x) = w . x the critic climbs along mean(x) - mean(G(z)); the generator then along the clipped w."""
    model, start = tiny(clip=clip), np.array([0.005, -0.008], "float32")
    linear(model, start)
    model.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(0.5))
    latent = tf.constant(normal(6, 3))
    model.noise = lambda batch: latent
    real, fake, bias = normal(6, 1, 2, seed=1), model.generator(latent).numpy(), model.generator.get_weights()[-1]
    logs = model.train_step(tf.constant(real))
    gap = real[:, 0].mean(axis=0) - fake.mean(axis=0)
    after = np.clip(start + 0.5 * gap, -clip, clip)
    np.testing.assert_allclose(model.critic.get_weights()[0][:, 0], after, rtol=1e-5)
    np.testing.assert_allclose(logs["wasserstein_estimate"], start @ gap, rtol=1e-4)
    np.testing.assert_allclose(logs["critic_loss"], -(start @ gap), rtol=1e-4)
    np.testing.assert_allclose(model.generator.get_weights()[-1] - bias, after, rtol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("shape", [(2,), (8, 8, 1)])
def test_every_weight_of_the_critic_stays_in_the_box_and_the_generators_do_not(shape):
    model = tiny(data_shape=shape, critic_steps=2, clip=0.03)
    model.compile(keras.optimizers.RMSprop(0.02), keras.optimizers.RMSprop(0.02))
    for step in range(5):
        model.train_step(tf.constant(normal(8, 2, *shape, seed=step)))
        largest = max(np.abs(weight).max() for weight in model.critic.get_weights())
        np.testing.assert_allclose(largest, 0.03, rtol=1e-6)
    assert max(np.abs(weight).max() for weight in model.generator.get_weights()) > 0.03


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [({"critic_steps": 0}, "critic_steps=0"), ({"clip": 0.0}, r"clip=0\.0: it must")],
)
def test_wrong_arguments(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        wgan.WGAN(**arguments)


@pytest.mark.parametrize("argument", [{"epochs": 0}, {"learning_rate": 0.0}, {"clip": -0.1}, {"seed": -1}], ids=str)
def test_train_refuses_what_is_out_of_range(argument):
    name, value = next(iter(argument.items()))
    with pytest.raises(ValueError, match=f"{name}={value!r}: "):
        wgan.train(**{"dataset": "ring"} | argument)
