"""The networks of the adversarial pairs: a generator and a critic, of points of the plane or of pictures.

They end in `floatx`, so that they answer in float32 also where their layers compute in bfloat16.
"""

import math

import keras
import tensorflow as tf
from keras import layers

from dlsuite.gans import fast
from dlsuite.keras_settings import registered


def build_generator(data_shape, latent_dim):
    """Latent vectors `(batch, latent_dim)` to data `(batch, *data_shape)`.

    For points, an MLP of 3 x 128. For pictures, a DCGAN-like stack (Radford et al., 2016, arXiv:1511.06434) that ends
    in tanh. In the place of DCGAN's batch normalization every pixel's features are scaled to a mean square of 1, as in
    Karras et al. (2018, arXiv:1710.10196) but before the activation and with a learned gain for each feature. So an
    example is a function of its own latent vector alone.
    """
    latent = keras.Input((latent_dim,), name="latent")
    if len(data_shape) == 1:
        x = latent
        for _ in range(3):
            x = layers.Dense(128, activation=fast.relu)(x)
        return keras.Model(latent, layers.Dense(data_shape[0], dtype=keras.config.floatx())(x), name="generator")
    height, width, channels = data_shape
    x = layers.Dense(height // 4 * (width // 4) * 32)(latent)
    x = layers.Reshape((height // 4, width // 4, 32))(x)  # (batch, height / 4, width / 4, 32)
    x = fast.LeakyReLU(0.2)(layers.RMSNormalization()(x))
    x = fast.Conv2D(64, 3, padding="same")(x)  # (batch, height / 4, width / 4, 64)
    x = fast.LeakyReLU(0.2)(layers.RMSNormalization()(x))
    x = fast.Conv2DTranspose(64, 4, strides=2, padding="same")(x)  # (batch, height / 2, width / 2, 64)
    x = fast.LeakyReLU(0.2)(layers.RMSNormalization()(x))
    x = fast.Conv2DTranspose(channels, 6, strides=2, padding="same", activation="tanh", dtype=keras.config.floatx())(x)
    return keras.Model(latent, x, name="generator")


def build_critic(data_shape, group=1):
    """Data `(batch, *data_shape)` to one unbounded score each, `(batch, 1)`: a logit or a critic's value.

    For points, an MLP of 3 x 128; for pictures, three strided convolutions, normalized pixel by pixel as above. With a
    `group` above 1 a score is no longer an example's own: the critic also sees how much a group differs in itself.
    """
    data = keras.Input(data_shape, name="data")
    x = data
    if len(data_shape) == 1:
        for _ in range(2):
            x = layers.Dense(128, activation=fast.relu)(x)
        x = GroupDeviation(group, dtype=keras.config.floatx())(x) if group > 1 else x
        x = layers.Dense(128, activation=fast.relu)(x)
    else:
        x = fast.LeakyReLU(0.2)(fast.Conv2D(32, 4, strides=2, padding="same")(x))
        x = fast.Conv2D(64, 4, strides=2, padding="same")(x)
        x = fast.LeakyReLU(0.2)(layers.RMSNormalization()(x))
        x = GroupDeviation(group, dtype=keras.config.floatx())(x) if group > 1 else x
        x = fast.Conv2D(64, 4, strides=2, padding="same")(x)
        x = layers.Flatten()(fast.LeakyReLU(0.2)(layers.RMSNormalization()(x)))
    return keras.Model(data, layers.Dense(1, dtype=keras.config.floatx())(x), name="critic")


@registered
class GroupDeviation(layers.Layer):
    """Adds a feature that says how much the examples of a group differ (Karras et al., 2018, arXiv:1710.10196).

    It is the standard deviation of every feature over the group, averaged over all features. Samples that are all
    alike give themselves away by it. Groups are of neighbours in the batch, so a device that has whole groups of it
    computes what one device would; a batch that does not divide into groups is one group. A score is thus one of an
    example among its neighbours: repeat an example `group` times to score it alone.

    Args:
        group: examples in a group, at least 2.
    """

    def __init__(self, group, **kwargs):
        super().__init__(**kwargs)
        self.group = group

    def get_config(self):
        return super().get_config() | {"group": self.group}

    def call(self, x):
        """`(batch, ..., features)` -> `(batch, ..., features + 1)`."""
        batch = tf.shape(x)[0]
        group = tf.where(batch % self.group == 0, self.group, batch)
        groups = tf.reshape(x, [-1, group, math.prod(x.shape[1:])])
        deviation = tf.sqrt(tf.math.reduce_variance(groups, axis=1) + 1e-8)  # (groups, features of an example)
        deviation = tf.repeat(tf.reduce_mean(deviation, axis=1), group)  # (batch,)
        deviation = tf.reshape(deviation, [-1, *[1] * (len(x.shape) - 1)])
        return tf.concat([x, tf.broadcast_to(deviation, tf.shape(x[..., :1]))], axis=-1)

    def compute_output_shape(self, shape):
        return (*shape[:-1], shape[-1] + 1)
