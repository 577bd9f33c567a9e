"""The gated recurrent unit is Keras's and cuDNN's, number for number, in both directions and with padding."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite.attention.recurrence import GRU, gru_step, scan

BATCH, TIME, FEATURES, UNITS = 4, 7, 3, 5
LENGTHS = [7, 1, 4, 6]


@pytest.fixture(scope="module")
def inputs():
    x = np.random.default_rng(0).normal(size=(BATCH, TIME, FEATURES)).astype("float32")
    return x, np.arange(TIME) < np.array(LENGTHS)[:, None]


@pytest.fixture(scope="module", params=[False, True], ids=["forward", "backward"])
def both(request, inputs):
    """Our layer and Keras's, with the same weights."""
    ours = GRU(UNITS, go_backwards=request.param)
    theirs = keras.layers.GRU(UNITS, return_sequences=True, reset_after=True, go_backwards=request.param)
    ours(*map(tf.constant, inputs))
    theirs(inputs[0])
    random = np.random.default_rng(1)
    for weight in ours.weights:
        weight.assign(random.normal(size=weight.shape))
    recurrent_bias = np.concatenate([np.zeros(2 * UNITS), ours.recurrent_bias.numpy()])
    theirs.set_weights([ours.kernel, ours.recurrent, np.stack([ours.bias.numpy(), recurrent_bias])])
    return ours, theirs


def in_order(layer, states):
    """Keras returns the states of a reversed sequence in the order in which they were computed."""
    return states[:, ::-1] if layer.go_backwards else states


def test_it_is_keras_layer(both, inputs):
    ours, theirs = both
    x, _ = inputs
    states = ours(tf.constant(x), tf.ones([BATCH, TIME], bool))
    np.testing.assert_allclose(states, in_order(theirs, theirs(x).numpy()), atol=1e-5)
    assert np.abs(states).max() > 0.5


def test_it_is_keras_layer_at_padding_too(both, inputs):
    ours, theirs = both
    x, mask = inputs
    states = ours(tf.constant(x), tf.constant(mask)).numpy()
    expected = in_order(theirs, theirs(x, mask=tf.constant(mask)).numpy())
    np.testing.assert_allclose(states[mask], expected[mask], atol=1e-5)
    for row, length in enumerate(LENGTHS):
        at_padding = states[row, length:]
        kept = np.zeros(UNITS) if ours.go_backwards else states[row, length - 1]
        np.testing.assert_array_equal(at_padding, np.broadcast_to(kept, at_padding.shape))


def test_padding_changes_nothing(both, inputs):
    ours, _ = both
    x, mask = inputs
    states = ours(tf.constant(x), tf.constant(mask)).numpy()
    noisy = np.where(mask[:, :, None], x, 1e3).astype("float32")
    np.testing.assert_array_equal(ours(tf.constant(noisy), tf.constant(mask)), states)
    for row, length in enumerate(LENGTHS):
        alone = ours(tf.constant(x[row : row + 1, :length]), tf.ones([1, length], bool))
        np.testing.assert_allclose(alone[0], states[row, :length], atol=1e-6)


def test_gradients_are_those_of_keras_layer(both, inputs):
    ours, theirs = both
    x, mask = tf.constant(inputs[0]), tf.constant(inputs[1])
    counts = tf.cast(mask, tf.float32)[:, :, None]
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(x)
        of_ours = tf.reduce_sum(counts * ours(x, mask) ** 2)
        states = theirs(x, mask=mask)
        states = tf.reverse(states, [1]) if theirs.go_backwards else states
        of_theirs = tf.reduce_sum(counts * states**2)
    np.testing.assert_allclose(tape.gradient(of_ours, x), tape.gradient(of_theirs, x), atol=1e-4)
    assert np.all(tape.gradient(of_ours, x).numpy()[~inputs[1]] == 0)
    for name in ("kernel", "recurrent"):
        gradient = tape.gradient(of_theirs, getattr(theirs.cell, f"{name}_kernel" if name == "recurrent" else name))
        np.testing.assert_allclose(tape.gradient(of_ours, getattr(ours, name)), gradient, rtol=1e-3, atol=1e-3)


def test_one_step_by_its_formula():
    random = np.random.default_rng(3)
    x, h, recurrent, bias = (random.normal(size=shape).astype("float32") for shape in ((2, 9), (2, 3), (3, 9), (3,)))
    (x_z, x_r, x_n), (h_z, h_r, h_n) = np.split(x, 3, -1), np.split(h @ recurrent, 3, -1)
    z, r = 1 / (1 + np.exp(-x_z - h_z)), 1 / (1 + np.exp(-x_r - h_r))
    expected = z * h + (1 - z) * np.tanh(x_n + r * (h_n + bias))
    np.testing.assert_allclose(gru_step(*map(tf.constant, (x, h, recurrent, bias))), expected, atol=1e-6)


@pytest.mark.parametrize("jit", [False, True], ids=["graph", "xla"])
def test_a_scan_is_a_loop(jit):
    numbers = tf.reshape(tf.range(12.0), [6, 2])

    @tf.function(jit_compile=jit)
    def sums(numbers):
        return scan(lambda states, x: (states[0] + x, states[1] * 2), (tf.zeros([2]), tf.ones([])), numbers)

    totals, powers = sums(numbers)
    np.testing.assert_array_equal(totals, np.cumsum(numbers, axis=0))
    np.testing.assert_array_equal(powers, 2.0 ** np.arange(1, 7))


def test_the_layer_from_its_settings():
    layer = GRU(UNITS, go_backwards=True, name="back")
    again = GRU.from_config(layer.get_config())
    assert (again.units, again.go_backwards, again.name) == (UNITS, True, "back")
