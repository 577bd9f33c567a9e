"""What a code costs: a factorized prior (Balle et al., 2018, arXiv:1802.01436), here of logistic distributions.

    C(y) = sum over components of  softmax(logits) sigmoid((y - centre) / scale),        for each channel of the code
    bits   -log2 P(s),        P(s) = C((s + 1/2) d) - C((s - 1/2) d)

C and the steps d are learned along with the networks of `compression`. The tables by which `entropy_coder` writes the
symbols s are P, rounded to whole frequencies.
"""

import numpy as np
import tensorflow as tf
from keras import layers

from dlsuite.autoencoders import entropy_coder
from dlsuite.keras_settings import registered

QUALITIES = 5
"""Each has steps of its own, from the coarsest on."""
COMPONENTS = 3
"""Of the mixture."""
REACH = 31
"""Symbols beyond +-31 are escaped."""


@registered
class Prior(layers.Layer):
    """C, the distribution of y in each channel, a mixture of logistic ones, and d, the steps for each quality."""

    def build(self, shape):
        channels = shape[-1]
        mixture = (channels, COMPONENTS)
        self.logits = self.add_weight(shape=mixture, initializer="zeros", name="logits")
        self.centres = self.add_weight(shape=mixture, initializer=_rows([-0.5, 0.0, 0.5]), name="centres")
        self.log_scales = self.add_weight(shape=mixture, initializer=_rows([0.0, -1.5, 0.0]), name="log_scales")
        first = np.log(np.geomspace(1.0, 0.25, QUALITIES))
        self.log_steps = self.add_weight(
            shape=(channels, QUALITIES), initializer=_rows(first), name="log_steps"
        )  # transposed, so that a row is a channel

    def steps(self, quality):
        """d: qualities int32 `(...)` to steps `(..., channels)`."""
        return tf.exp(tf.gather(tf.transpose(self.log_steps), quality))

    def call(self, y, steps):
        """-log2 of the probability of the interval of length `steps` around each of `y` `(..., channels)`."""
        scales = tf.exp(-self.log_scales)
        # On the lower side of each component's centre, where its distribution function is small and so exact.
        below = -tf.abs(y[..., None] - self.centres)  # (..., channels, components)
        half = 0.5 * steps[..., None]
        mass = tf.sigmoid((below + half) * scales) - tf.sigmoid((below - half) * scales)
        probability = tf.reduce_sum(tf.nn.softmax(self.logits) * mass, axis=-1)
        return -tf.math.log(tf.maximum(probability, 1e-9)) / np.log(2)

    def frequencies(self):
        """The entropy coder's tables, int32 `(QUALITIES, channels, 2 REACH + 2)`."""
        with tf.init_scope():  # as constants, where a graph asks
            logits, centres, log_scales, log_steps = (
                weight.numpy().astype("float64")
                for weight in (self.logits, self.centres, self.log_scales, self.log_steps)
            )
        weights = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)  # (channels, components)
        edges = np.exp(log_steps.T)[:, :, None] * (np.arange(-REACH, REACH + 2) - 0.5)  # (qualities, channels, edges)
        z = (edges[..., None] - centres[:, None]) / np.exp(log_scales)[:, None]
        distribution = np.sum(weights[:, None] * (0.5 + 0.5 * np.tanh(0.5 * z)), axis=-1)
        return np.stack([entropy_coder.frequencies_of(tables) for tables in distribution]).astype("int32")


def _rows(row):
    return lambda shape, dtype=None: tf.constant(np.tile(row, (shape[0], 1)), dtype)


def code_length(symbols, frequencies):
    """The bits of symbols by the tables; the same as `entropy_coder.code_lengths` adds up.

    Args:
        symbols: int32 `(batch, height, width, channels)`.
        frequencies: one quality's tables, int32 `(channels, 2 REACH + 2)`.

    Returns:
        `(batch,)`.
    """
    channels = tf.broadcast_to(tf.range(frequencies.shape[0]), tf.shape(symbols))
    columns = tf.clip_by_value(symbols + REACH, 0, 2 * REACH)
    own = tf.gather_nd(frequencies, tf.stack([channels, columns], axis=-1))
    frequency = tf.where(tf.abs(symbols) <= REACH, own, 0)
    exact = tf.cast(symbols, tf.float64)
    natural = tf.where(exact < 0, -2 * exact, 2 * exact + 1)
    gamma = 2 * tf.floor(log2(natural + 0.5)) + 1  # the half changes no whole number's floor
    escaped = entropy_coder.PRECISION - log2(tf.cast(frequencies[:, -1], tf.float32)) + tf.cast(gamma, tf.float32)
    plain = entropy_coder.PRECISION - log2(tf.cast(tf.maximum(frequency, 1), tf.float32))
    return tf.reduce_sum(tf.where(frequency > 0, plain, escaped), axis=[1, 2, 3])


def log2(x):
    """The logarithm to base 2."""
    return tf.math.log(x) / tf.cast(np.log(2), x.dtype)
