"""The fast layers are Keras's: same weights, same values, same gradients, of the first order and of the second."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from dlsuite.gans import fast, networks


def twins(ours, theirs, x):
    """Both layers with the same weights, the biases too."""
    for layer in (ours, theirs):
        layer.build(x.shape)
    random = np.random.default_rng(0)
    weights = [random.normal(size=weight.shape) for weight in theirs.get_weights()]
    for layer in (ours, theirs):
        layer.set_weights(weights)
    return ours, theirs


def first_and_second_order(layer, x):
    """The layer's outputs, and all gradients of them and of a penalty on the slope."""
    with tf.GradientTape() as outer:
        outer.watch(x)
        with tf.GradientTape(persistent=True) as inner:
            inner.watch(x)
            y = layer(x)
            curved = tf.reduce_sum(tf.sin(y))
        slope = inner.gradient(curved, x)
        penalty = tf.reduce_mean(slope**2)
    first = inner.gradient(curved, layer.trainable_variables)
    return [y, slope, *first, *outer.gradient(penalty, [x, *layer.trainable_variables])]


def assert_close(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5 * max(1.0, float(tf.reduce_max(tf.abs(other)))))


def pictures(*shape):
    return tf.constant(np.random.default_rng(1).normal(size=shape), tf.float32)


@pytest.mark.parametrize("channels", [1, 3, 16])
@pytest.mark.parametrize("size", [3, 4, 8])
@pytest.mark.parametrize("sides", [(8, 12), (7, 10)])
def test_convolution(channels, size, sides):
    x, options = pictures(2, *sides, channels), {"strides": 2, "padding": "same"}
    pair = twins(fast.Conv2D(5, size, **options), layers.Conv2D(5, size, **options), x)
    assert_close(*[first_and_second_order(layer, x) for layer in pair])


@pytest.mark.parametrize("channels", [1, 3, 16])
@pytest.mark.parametrize("size", [2, 4, 6, 10])
def test_transposed_convolution(channels, size):
    x, options = pictures(2, 4, 7, 5), {"strides": 2, "padding": "same", "activation": "tanh"}
    pair = twins(fast.Conv2DTranspose(channels, size, **options), layers.Conv2DTranspose(channels, size, **options), x)
    assert_close(*[first_and_second_order(layer, x) for layer in pair])


def skip_where_impossible(layer, x):
    """Only oneDNN knows some options, and TensorFlow uses it on some CPUs only."""
    try:
        layer(x)
    except (tf.errors.UnimplementedError, tf.errors.InvalidArgumentError) as error:
        pytest.skip(f"Keras's own layer cannot do this on this CPU: {error.message.splitlines()[-1]}")


def named(options):
    return " ".join(f"{key}={value}" for key, value in options.items())


@pytest.mark.slow
@pytest.mark.parametrize(
    "options",
    [
        {"groups": 2},
        {"kernel_size": (4, 3)},
        {"kernel_size": (4, 8)},
        {"strides": (2, 1)},
        {"strides": 1, "dilation_rate": 2},
        {"padding": "valid"},
        {"data_format": "channels_first"},
        {"use_bias": False},
    ],
    ids=named,
)
def test_convolution_with_other_options(options):
    x = pictures(2, 8, 8, 8) if "data_format" in options else pictures(2, 8, 8, 4)
    options = {"filters": 6, "kernel_size": 4, "strides": 2, "padding": "same"} | options
    skip_where_impossible(layers.Conv2D(**options), x)
    pair = twins(fast.Conv2D(**options), layers.Conv2D(**options), x)
    assert_close(*[first_and_second_order(layer, x) for layer in pair])


@pytest.mark.parametrize(
    "options",
    [
        {"kernel_size": (6, 2)},
        {"kernel_size": (6, 4)},
        {"strides": (2, 1)},
        {"strides": 1, "dilation_rate": 2},
        {"padding": "valid"},
        {"output_padding": 1},
        {"data_format": "channels_first"},
        {"use_bias": False},
    ],
    ids=named,
)
def test_transposed_convolution_with_other_options(options):
    x, options = pictures(2, 4, 7, 5), {"filters": 3, "kernel_size": 6, "strides": 2, "padding": "same"} | options
    skip_where_impossible(layers.Conv2DTranspose(**options), x)
    pair = twins(fast.Conv2DTranspose(**options), layers.Conv2DTranspose(**options), x)
    assert_close(*[first_and_second_order(layer, x) for layer in pair])


@pytest.mark.parametrize("sides", [(8, 12), (7, 10)])
def test_pictures_whose_sides_are_known_only_when_they_come(sides):
    x, options = pictures(2, *sides, 3), {"strides": 2, "padding": "same"}
    for kind in ("Conv2D", "Conv2DTranspose"):
        size = {"Conv2D": 4, "Conv2DTranspose": 6}[kind]
        ours, theirs = twins(getattr(fast, kind)(5, size, **options), getattr(layers, kind)(5, size, **options), x)
        called = tf.function(ours, input_signature=[tf.TensorSpec([None, None, None, 3])])
        assert_close([called(x)], [theirs(x)])


@pytest.mark.slow
@pytest.mark.parametrize("jit_compile", [False, True])
@pytest.mark.parametrize("shape", [(2,), (8, 8, 1)])
def test_the_penalty_of_a_critic_is_that_with_keras_layers(shape, jit_compile, monkeypatch):
    keras.utils.set_random_seed(0)
    ours = networks.build_critic(shape)
    for name in ("Conv2D", "LeakyReLU"):
        monkeypatch.setattr(fast, name, getattr(layers, name))
    monkeypatch.setattr(fast, "relu", "relu")
    theirs = networks.build_critic(shape)
    theirs.set_weights(ours.get_weights())
    x = pictures(6, *shape)
    assert_close(
        *[tf.function(first_and_second_order, jit_compile=jit_compile)(critic, x) for critic in (ours, theirs)]
    )


def test_rectifiers_at_and_around_zero():
    x = tf.constant([[-2.0, -0.0, 0.0, 3.0]])
    for ours, theirs in ((fast.LeakyReLU(0.2), layers.LeakyReLU(0.2)), (layers.ReLU(), layers.Activation(fast.relu))):
        assert_close(first_and_second_order(ours, x), first_and_second_order(theirs, x))
