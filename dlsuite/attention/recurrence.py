"""The gated recurrent unit (Cho et al., 2014, arXiv:1406.1078), and how it runs fast.

    z = sigmoid(W_z x + U_z h + b_z)                how much of the old state stays
    r = sigmoid(W_r x + U_r h + b_r)                how much of it the new one may see
    n = tanh(W x + b + r * (U h + b'))              the new state
    h' = z * h + (1 - z) * n

With r outside the product U h, as here, all of U is one product (cuDNN's variant; the paper has U (r * h)). W x
does not need the state before it: it is computed outside the loop, for all times at once, in one large product.
"""

import tensorflow as tf
from keras import layers

from dlsuite.keras_settings import registered


def gru_step(x, state, recurrent, bias):
    """One step.

    Args:
        x: W x + b of the three gates side by side, in the order z, r, n; `(batch, 3 units)`.
        state: h, `(batch, units)`.
        recurrent: U, `(units, 3 units)`.
        bias: b', `(units,)`.

    Returns:
        h', `(batch, units)`.
    """
    x_z, x_r, x_n = tf.split(x, 3, axis=-1)
    h_z, h_r, h_n = tf.split(state @ recurrent, 3, axis=-1)
    z = tf.sigmoid(x_z + h_z)
    r = tf.sigmoid(x_r + h_r)
    n = tf.tanh(x_n + r * (h_n + bias))
    return z * state + (1 - z) * n


def project(x, kernel, is_transposed=False):
    """x W, or x W^T, at every place, `(..., features)` to `(..., units)`, as one product of two matrices.

    `x @ kernel` of more axes has a gradient for each row of the batch, each as large as the kernel, and then their sum.
    """
    if x.shape.rank == 2:
        return tf.matmul(x, kernel, transpose_b=is_transposed)
    flat = tf.matmul(tf.reshape(x, [-1, x.shape[-1]]), kernel, transpose_b=is_transposed)
    projected = tf.reshape(flat, [*tf.unstack(tf.shape(x)[:-1]), flat.shape[-1]])
    return tf.ensure_shape(projected, [*x.shape[:-1], flat.shape[-1]])  # what is known of it, is known still


def scan(step, states, *inputs):
    """Call `step(states, *inputs at time t)` for t = 0, 1, ...; one `tf.while_loop`, which XLA can compile.

    Args:
        step: a function that answers with the next states, a tuple of tensors shaped like `states`.
        states: a tuple of tensors.
        inputs: tensors `(time, ...)`.

    Returns:
        The states of every time, a tuple of tensors `(time, ...)`.
    """
    times = tf.shape(inputs[0])[0]
    arrays = tuple(tf.TensorArray(state.dtype, times, element_shape=state.shape) for state in states)

    inputs = [tf.TensorArray(each.dtype, times, element_shape=each.shape[1:]).unstack(each) for each in inputs]

    def body(t, states, arrays):
        states = step(states, *(each.read(t) for each in inputs))
        return t + 1, states, tuple(array.write(t, state) for array, state in zip(arrays, states, strict=True))

    _, _, arrays = tf.while_loop(lambda t, *_: t < times, body, (0, states, arrays), maximum_iterations=times)
    return tuple(array.stack() for array in arrays)


def time_major(x):
    """`(batch, time, ...)` to `(time, batch, ...)`, or back."""
    return tf.transpose(x, [1, 0, *range(2, x.shape.rank)])


@registered
class GRU(layers.Layer):
    """A layer of gated recurrent units over a padded sequence: at padding the state stays as it is.

    Args:
        units: the length of a state.
        go_backwards: whether it reads from the end, so that a state knows what follows. The states are in the
            sequence's order.
    """

    def __init__(self, units, go_backwards=False, **kwargs):
        super().__init__(**kwargs)
        self.units, self.go_backwards = units, go_backwards

    def get_config(self):
        return super().get_config() | {"units": self.units, "go_backwards": self.go_backwards}

    def build(self, inputs_shape):
        self.kernel = self.add_weight((inputs_shape[-1], 3 * self.units), "glorot_uniform", name="kernel")
        self.bias = self.add_weight((3 * self.units,), "zeros", name="bias")
        self.recurrent = self.add_weight((self.units, 3 * self.units), "orthogonal", name="recurrent")
        self.recurrent_bias = self.add_weight((self.units,), "zeros", name="recurrent_bias")

    def call(self, inputs, mask):
        """Run.

        Args:
            inputs: `(batch, time, features)`.
            mask: bool, `(batch, time)`; false at padding.

        Returns:
            The states, `(batch, time, units)`.
        """
        x = time_major(project(inputs, self.kernel) + self.bias)
        mask = time_major(mask)[:, :, None]
        state = tf.zeros([tf.shape(inputs)[0], self.units], x.dtype)

        def step(states, x, mask):
            return (tf.where(mask, gru_step(x, states[0], self.recurrent, self.recurrent_bias), states[0]),)

        axis = [0] if self.go_backwards else []
        (states,) = scan(step, (state,), tf.reverse(x, axis), tf.reverse(mask, axis))
        return time_major(tf.reverse(states, axis))
