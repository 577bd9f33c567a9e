"""The facts of the zero-centred penalties: where they are measured, what they add, their gradient."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite.gans import gan, r1_gan


def tiny(model_class=r1_gan.R1GAN, **arguments):
    keras.utils.set_random_seed(1)
    return model_class(**{"data_shape": (2,), "latent_dim": 3, "seed": 5} | arguments)


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize("shape", [(3,), (4, 4, 2)])
def test_the_slope_of_a_linear_discriminator(shape):
    """logit(x) = w . x has gradient w everywhere."""
    model = tiny(data_shape=shape)
    weights = normal(int(np.prod(shape)), 1)
    data = keras.Input(shape)
    flat = data if len(shape) == 1 else keras.layers.Flatten()(data)
    model.critic = keras.Model(data, keras.layers.Dense(1, use_bias=False)(flat))
    model.critic.set_weights([weights])
    np.testing.assert_allclose(model.squared_slope(tf.constant(normal(6, *shape))), np.sum(weights**2), rtol=1e-5)


def test_where_it_is_measured():
    """logit(x) = |x|^2 / 2 has the gradient x, so the penalty is the mean square of what it is measured on."""
    data = keras.Input((2,))
    half_square = keras.layers.Lambda(lambda x: keras.ops.sum(x**2, axis=-1, keepdims=True) / 2)
    real, fake = normal(6, 2), 3 * normal(6, 2, seed=1)
    squares = {"real": np.mean(np.sum(real**2, 1)), "fake": np.mean(np.sum(fake**2, 1))}
    squares["both"] = squares["real"] + squares["fake"]
    for penalized, expected in squares.items():
        model = tiny(penalized=penalized, gamma=0.6)
        model.critic = keras.Model(data, half_square(data))
        terms = model.discriminator_terms(tf.constant(real), tf.constant(fake))
        np.testing.assert_allclose(terms["penalty_term"], expected, rtol=1e-5)
        plain = gan.GAN.discriminator_terms(model, tf.constant(real), tf.constant(fake))
        np.testing.assert_allclose(terms["critic_loss"] - plain["critic_loss"], 0.3 * expected, rtol=1e-3)


def test_without_its_weight_it_is_the_plain_gan():
    weights = []
    for model in (tiny(gamma=0.0), tiny(gan.GAN)):
        model.compile(keras.optimizers.SGD(0.1), keras.optimizers.SGD(0.1))
        for step in range(3):
            model.train_step(tf.constant(normal(8, 1, 2, seed=step)))
        weights.append(model.generator.get_weights() + model.critic.get_weights())
    for ours, theirs in zip(*weights, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-5, atol=1e-7)


def loss(weights, real, fake, gamma):
    """The discriminator's whole loss in float64, for logit(x) = tanh(x A + b) v; its gradient is written out."""
    matrix, bias, vector = weights
    logit = lambda x: np.tanh(x @ matrix + bias) @ vector  # noqa: E731
    slope = ((1 - np.tanh(real @ matrix + bias) ** 2) * vector[:, 0]) @ matrix.T
    value = np.logaddexp(0, -logit(real)).mean() + np.logaddexp(0, logit(fake)).mean()
    return value + gamma / 2 * np.mean(np.sum(slope**2, axis=1))


def test_gradient_of_the_whole_loss_is_that_of_finite_differences():
    model = tiny(gamma=2.0)
    data = keras.Input((2,))
    hidden = keras.layers.Dense(4, activation="tanh")(data)
    model.critic = keras.Model(data, keras.layers.Dense(1, use_bias=False)(hidden))
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(1.0))
    latent = tf.constant(normal(6, 3, seed=3))
    model.noise = lambda batch: latent
    real, fake = normal(6, 2, seed=6), model.generator(latent).numpy().astype("float64")
    before = [weight.astype("float64") for weight in model.critic.get_weights()]
    logs = model.train_step(tf.constant(real[:, None]))
    np.testing.assert_allclose(logs["critic_loss"], loss(before, real, fake, 2.0), rtol=1e-5)
    for index, after in enumerate(model.critic.get_weights()):
        for place in np.ndindex(after.shape):
            around = []
            for step in (1e-5, -1e-5):
                moved = [weight.copy() for weight in before]
                moved[index][place] += step
                around.append(loss(moved, real, fake, 2.0))
            numeric = (around[0] - around[1]) / 2e-5
            np.testing.assert_allclose((before[index] - after)[place], numeric, rtol=2e-3, atol=2e-4)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [({"gamma": -1.0}, r"gamma=-1\.0"), ({"penalized": "all"}, "penalized='all': it must be one of real, fake, both")],
)
def test_wrong_arguments(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        r1_gan.R1GAN(**arguments)


@pytest.mark.parametrize(
    "argument", [{"epochs": 0}, {"learning_rate": 0.0}, {"gamma": -0.1}, {"discriminator_steps": 0}], ids=str
)
def test_train_refuses_what_is_out_of_range(argument):
    name, value = next(iter(argument.items()))
    with pytest.raises(ValueError, match=f"{name}={value!r}: "):
        r1_gan.train(**{"dataset": "ring"} | argument)
