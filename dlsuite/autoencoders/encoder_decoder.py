"""An encoder f and a decoder g: their networks, and what every auto-encoder that is made of them can do.

    x  --f-->  z  --g-->  x',      pictures x of floats in 0..1, latent vectors z of `latent_dim` numbers

Each algorithm's own file holds its loss and its `train_step`. Both networks end in `floatx`, so that they
answer in float32 also where their layers compute in bfloat16.
"""

import keras
import tensorflow as tf
from keras import layers

from dlsuite.arguments import require_one_of, require_positive
from dlsuite.autoencoders import sheets
from dlsuite.autoencoders.picture_model import PictureModel, require_shape
from dlsuite.pictures import lattice, sheet

NETWORKS = ("dense", "convolutional")


def build_encoder(data_shape, outputs, network="dense", hidden=512):
    """f: pictures `(batch, height, width, channels)` to `(batch, outputs)`, unbounded.

    Args:
        data_shape: `(height, width, channels)`; both sides multiples of 4.
        outputs: how many numbers it answers with.
        network: `dense`, two layers of `hidden` units, or `convolutional`, two strided convolutions and one more.
        hidden: units in a dense layer; the convolutions have fixed sizes.
    """
    x = pictures = keras.Input(data_shape, name="pictures")
    if network == "dense":
        x = layers.Flatten()(x)
        for _ in range(2):
            x = layers.Dense(hidden, activation="relu")(x)
    else:
        x = layers.Conv2D(32, 4, strides=2, padding="same", activation="relu")(x)  # (batch, height / 2, width / 2, 32)
        x = layers.Conv2D(64, 4, strides=2, padding="same", activation="relu")(x)  # (batch, height / 4, width / 4, 64)
        x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
        x = layers.Flatten()(layers.Conv2D(16, 1)(x))
    return keras.Model(pictures, layers.Dense(outputs, dtype=keras.config.floatx())(x), name="encoder")


def build_decoder(data_shape, latent_dim, network="dense", hidden=512, maps=1):
    """g, the encoder mirrored: codes `(batch, latent_dim)` to `(batch, height, width, maps * channels)`, unbounded.

    Args:
        data_shape, network, hidden: see the encoder.
        latent_dim: the code's length.
        maps: how many numbers it answers with for each of a picture's.
    """
    height, width, channels = data_shape
    x = latent = keras.Input((latent_dim,), name="latent")
    if network == "dense":
        for _ in range(2):
            x = layers.Dense(hidden, activation="relu")(x)
        x = layers.Dense(height * width * maps * channels, dtype=keras.config.floatx())(x)
        x = layers.Reshape((height, width, maps * channels), dtype=keras.config.floatx())(x)
    else:
        x = layers.Dense(height // 4 * (width // 4) * 16, activation="relu")(x)
        x = layers.Reshape((height // 4, width // 4, 16))(x)
        for _ in range(2):
            x = layers.Conv2D(64, 3, padding="same", activation="relu")(x)
        x = layers.Conv2DTranspose(32, 4, strides=2, padding="same", activation="relu")(x)
        x = layers.Conv2DTranspose(maps * channels, 4, strides=2, padding="same", dtype=keras.config.floatx())(x)
    return keras.Model(latent, x, name="decoder")


class EncoderDecoder(PictureModel):
    """Pictures to pictures of the same shape, by way of a code.

    Args:
        data_shape: `(height, width, channels)`, both sides multiples of 4.
        latent_dim: the code's length, at least 1.
        network: `dense` or `convolutional`.
        hidden: units in each dense layer, at least 1.
        seed: of all noise drawn in training.
        statistics: how many numbers the encoder answers with for each of the code's.
        maps: how many numbers the decoder answers with for each of a picture's.
    """

    def __init__(
        self,
        data_shape=(28, 28, 1),
        latent_dim=32,
        network="dense",
        hidden=512,
        seed=0,
        statistics=1,
        maps=1,
        **kwargs,
    ):
        data_shape = require_shape(data_shape)
        require_positive(latent_dim=latent_dim, hidden=hidden)
        require_one_of(NETWORKS, network=network)
        encoder = build_encoder(data_shape, statistics * latent_dim, network, hidden)
        decoder = build_decoder(data_shape, latent_dim, network, hidden, maps)
        pictures = keras.Input(data_shape, name="pictures")
        decoded = decoder(encoder(pictures)[:, :latent_dim])[..., : data_shape[-1]]
        super().__init__(pictures, layers.Activation("sigmoid")(decoded), data_shape, seed, **kwargs)
        self.latent_dim, self.network, self.hidden = latent_dim, network, hidden
        self.encoder, self.decoder = encoder, decoder

    def get_config(self):
        return {
            "name": self.name,
            "data_shape": self.data_shape,
            "latent_dim": self.latent_dim,
            "network": self.network,
            "hidden": self.hidden,
            "seed": self.seed,
        }

    def encode(self, pictures):
        """f: pictures `(batch, *data_shape)` in 0..1 to codes `(batch, latent_dim)`."""
        return self.encoder(pictures)[:, : self.latent_dim]

    def decode(self, latent):
        """g: codes `(batch, latent_dim)` to pictures `(batch, *data_shape)` in 0..1."""
        return tf.sigmoid(self.decoder(latent)[..., : self.data_shape[-1]])

    # What others see of the model.

    def signatures(self):
        """The functions that a SavedModel of this model answers, by name; see `dlsuite.serving`."""
        pictures = tf.TensorSpec([None, *self.data_shape], tf.float32, name="pictures")
        latent = tf.TensorSpec([None, self.latent_dim], tf.float32, name="latent")

        def reconstruct(pictures):
            return {"pictures": self(pictures, training=False)}

        return {
            "serving_default": (reconstruct, [pictures]),
            "reconstruct": (reconstruct, [pictures]),
            "encode": (lambda pictures: {"latent": self.encode(pictures)}, [pictures]),
            "decode": (lambda latent: {"pictures": self.decode(latent)}, [latent]),
        }

    def preview(self):
        """What the model looks like now, by name: `picture` is uint8 `(height, width, 3)`, the rest are arrays.

        With two code numbers: held-out `codes` `(n, 2)` and their `labels` (-1 where there are none) on a map of the
        plane, beside the manifold. With more: held-out pictures, each above its reconstruction.
        """
        originals, labels = self.held_out
        if self.latent_dim == 2:
            codes = self.encode(originals).numpy()
            extent = sheets.extent_of(codes)
            manifold = self.decode(lattice(extent, sheets.MANIFOLD)).numpy()
            sides = [sheets.latent_map(codes, labels, extent), sheet(manifold, sheets.MANIFOLD, border=0)]
            return {"picture": sheets.beside(*sides), "codes": codes, "labels": labels}
        reconstructed = self(originals[:40], training=False).numpy()
        return {"picture": sheets.paired(originals[:40], reconstructed, columns=10), "reconstructed": reconstructed}
