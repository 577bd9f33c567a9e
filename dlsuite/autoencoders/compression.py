"""Learned image compression (Balle, Laparra and Simoncelli, 2017, arXiv:1611.01704): auto-encoders with short codes.

    y = f(x)          analysis, a number for every 16 x 16 pixels in each of the code's channels
    s = round(y / d)  symbols, whole numbers, for an entropy coder; d is the step, one for each channel and quality
    x' = g(s d)       synthesis

    min  E[ -log2 P(s) + lambda |x - x'|^2 ],        P(s) = C((s + 1/2) d) - C((s - 1/2) d)

The first term is the length of the code in bits, since a good entropy coder (`entropy_coder`) writes a symbol of
probability P in -log2 P bits. C is the distribution function of y in its channel, learned along (see `code_prior`).
Rounding has no gradient: in training the uniform noise of a rounding error takes its place,

    y' = y + d u,   u ~ U[-1/2, 1/2],        bits -log2 [ C(y' + d/2) - C(y' - d/2) ]

One model serves `QUALITIES`: they share f, g and C, and each has a lambda and learned steps of its own (Cui et al.,
2021, arXiv:2003.02012), as JPEG has one transform and a table of steps for every quality.
"""

from typing import Literal

import keras
import numpy as np
import tensorflow as tf
from keras import layers
from PIL import Image

from dlsuite import devices, fitting
from dlsuite.arguments import Count, Positive, Seed, checked, require_one_of, require_positive
from dlsuite.autoencoders import rate_distortion
from dlsuite.autoencoders.code_prior import QUALITIES, Prior, code_length
from dlsuite.autoencoders.picture_file import STRIDE
from dlsuite.data import examples, mnist, names, photographs
from dlsuite.keras_settings import own_settings, registered
from dlsuite.pictures import psnr, sheet

SETTINGS_CHOSEN_ON = "bundled"  # the test digits used for tuning: results on them are optimistic

LAMBDAS = (0.0005, 0.00125, 0.003, 0.0075, 0.018)
"""From the worst quality on: the bits for each pixel that a mean squared error of 1 is worth, on the scale 0..255."""
MOST_SYMBOL = 1 << 12
"""No picture has a symbol that large, however small the step."""
PATCH = 128
"""Pixels a side of the squares of photographs that training goes through."""
EXAMPLES_PER_EPOCH = {"images": 4096, "mnist": None}
PATCHES = EXAMPLES_PER_EPOCH["images"]
"""The number of these squares. Of digits there are as many mosaics as they fill."""
CLIP = 20.0
"""The gradient's greatest norm."""
SHOWN = 4
"""Held-out pictures kept for previews."""
SHOWN_SIDE = 112
"""Pixels a side of what previews show of them."""


@registered
class GDN(layers.Layer):
    """Generalized divisive normalization: x_i / sqrt(beta_i + sum_j gamma_ij x_j^2) over the channels i, j of a place.

    Args:
        inverse: whether to multiply by the root, as the synthesis does.
    """

    def __init__(self, inverse=False, **kwargs):
        super().__init__(**kwargs)
        self.inverse = inverse

    def build(self, shape):
        channels = shape[-1]  # the weights are roots, so that beta and gamma stay 0 or above
        self.beta_root = self.add_weight(shape=(channels,), initializer="ones", name="beta_root")
        self.gamma_root = self.add_weight(
            shape=(channels, channels), initializer=keras.initializers.Identity(0.3), name="gamma_root"
        )

    def call(self, x):
        root = tf.sqrt(1e-6 + self.beta_root**2 + tf.einsum("bhwj,ji->bhwi", x**2, self.gamma_root**2))
        return x * root if self.inverse else x / root

    def get_config(self):
        return super().get_config() | {"inverse": self.inverse}


def build_analysis(channels, width, code_channels):
    """f: pictures `(batch, height, width, channels)` in 0..1 to y `(batch, height / 16, width / 16, code_channels)`."""
    pictures = keras.Input((None, None, channels), name="pictures")
    x = layers.Rescaling(4, -2)(pictures)
    x = GDN()(layers.Conv2D(width, 8, strides=4, padding="same")(x))  # (batch, height / 4, width / 4, width)
    x = GDN()(layers.Conv2D(width, 4, strides=2, padding="same")(x))  # (batch, height / 8, width / 8, width)
    return keras.Model(pictures, layers.Conv2D(code_channels, 2, strides=2)(x), name="analysis")


def build_synthesis(channels, width, code_channels):
    """g, the mirror image of the analysis: `(batch, height / 16, width / 16, code_channels)` to pictures, unbounded."""
    x = code = keras.Input((None, None, code_channels), name="code")
    x = GDN(inverse=True)(layers.Conv2DTranspose(width, 2, strides=2)(x))
    x = GDN(inverse=True)(layers.Conv2DTranspose(width, 4, strides=2, padding="same")(x))
    x = layers.Conv2DTranspose(channels, 8, strides=4, padding="same")(x)
    return keras.Model(code, layers.Rescaling(1 / 4, 1 / 2)(x), name="synthesis")


@registered
class Compressor(keras.Model):
    """Pictures to symbols and back. As a Keras function it answers with the pictures of a code that is not rounded.

    Args:
        channels: of the pictures, 1 (grey) or 3 (red, green, blue).
        width: channels of the convolutions, at least 1.
        code_channels: numbers for each 16 x 16 pixels, at least 1.
        seed: of the noise and the qualities drawn in training.
    """

    def __init__(self, channels=3, width=32, code_channels=48, seed=0, **kwargs):
        require_one_of((1, 3), channels=channels)
        require_positive(width=width, code_channels=code_channels)
        analysis = build_analysis(channels, width, code_channels)
        synthesis = build_synthesis(channels, width, code_channels)
        super().__init__(analysis.input, synthesis(analysis.output), **kwargs)
        self.channels, self.width, self.code_channels, self.seed = channels, width, code_channels, seed
        self.analysis, self.synthesis, self.prior = analysis, synthesis, Prior(name="prior")
        self.prior.build((None, None, None, code_channels))
        self.noise_seeds = keras.random.SeedGenerator(seed)
        self.trackers = [keras.metrics.Mean(name=name) for name in ("loss", "bits_per_pixel", "squared_error")]
        self.shown = np.zeros((1, SHOWN_SIDE, SHOWN_SIDE, channels), "uint8")

    def get_config(self):
        return {
            "name": self.name,
            "channels": self.channels,
            "width": self.width,
            "code_channels": self.code_channels,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)

    @property
    def metrics(self):
        return self.trackers

    def relaxed(self, pictures, quality, noise):
        """What training sees in place of rounding.

        Args:
            pictures: `(batch, height, width, channels)` in 0..1.
            quality: int32 `(batch,)`.
            noise: u, `(batch, height / 16, width / 16, code_channels)`.

        Returns:
            Bits `(batch,)`, and pictures as `pictures`.
        """
        steps = self.prior.steps(quality)[:, None, None]  # (batch, 1, 1, code_channels)
        y = self.analysis(pictures, training=True) + steps * noise
        return tf.reduce_sum(self.prior(y, steps), axis=[1, 2, 3]), self.synthesis(y, training=True)

    def train_step(self, pictures):
        """One step on bits + lambda * squared error, both for each pixel, every picture at a quality of its own.

        The loss is divided by the root of lambda, so that neither the best nor the worst quality outweighs the others.

        Args:
            pictures: `(batch, height, width, channels)` in 0..1.
        """
        batch, height, width = tf.unstack(tf.shape(pictures)[:3])
        shape = (height // STRIDE, width // STRIDE, self.code_channels)
        noise = devices.draw(keras.random.uniform, self.noise_seeds, batch, *shape) - 0.5
        quality = tf.cast(QUALITIES * devices.draw(keras.random.uniform, self.noise_seeds, batch), tf.int32)
        weight = tf.gather(tf.constant(LAMBDAS), quality)
        with tf.GradientTape() as tape:
            bits, decoded = self.relaxed(pictures, quality, noise)
            rate = bits / tf.cast(height * width, tf.float32)
            squared_error = tf.reduce_mean((255 * (decoded - pictures)) ** 2, axis=[1, 2, 3])
            loss = tf.reduce_mean((rate + weight * squared_error) / tf.sqrt(weight))
        devices.minimize(loss, tape, self.optimizer, self.trainable_variables, clip=CLIP)
        values = {"loss": loss, "bits_per_pixel": rate, "squared_error": squared_error}
        for tracker in self.trackers:
            tracker.update_state(values[tracker.name])
        return {name: tf.reduce_mean(value) for name, value in values.items()}

    # What the model answers, as Keras model and served.

    def tables(self, quality):
        """For the entropy coder: `frequencies`, int32 `(code_channels, 2 R + 2)`; also the pictures' `channels`."""
        tables = self.prior.frequencies().astype("uint16")  # a SavedModel holds them as constants; below 2^16
        return {"frequencies": tf.cast(tf.gather(tables, quality), tf.int32), "channels": tf.constant(self.channels)}

    def compress(self, pictures, quality):
        """Pictures `(batch, height, width, channels)` in 0..1, sides multiples of 16, and a quality `()` from 0.

        Returns:
            `symbols`, int32 `(batch, height / 16, width / 16, code_channels)`, and how many `bits` `(batch,)` they cost
            by the tables, those of escapes included.
        """
        sides = tf.shape(pictures)[1:3]
        check = tf.debugging.Assert(
            tf.reduce_all(sides % STRIDE == 0), [f"pictures: their sides must be multiples of {STRIDE}"]
        )
        with tf.control_dependencies([check]):
            steps = self.prior.steps(quality)
        symbols = tf.cast(tf.round(self.analysis(pictures, training=False) / steps), tf.int32)
        return {"symbols": symbols, "bits": code_length(symbols, self.tables(quality)["frequencies"])}

    def decompress(self, symbols, quality):
        """`pictures` in 0..1 of symbols."""
        code = tf.cast(symbols, tf.float32) * self.prior.steps(quality)
        return {"pictures": tf.clip_by_value(self.synthesis(code, training=False), 0.0, 1.0)}

    def reconstruct(self, pictures, quality):
        """What becomes of pictures: `pictures` in 0..1 and `bits` `(batch,)`."""
        compressed = self.compress(pictures, quality)
        return self.decompress(compressed["symbols"], quality) | {"bits": compressed["bits"]}

    @property
    def input_limits(self):
        return {"pictures": (0, 1), "quality": (0, QUALITIES - 1), "symbols": (-MOST_SYMBOL, MOST_SYMBOL)}

    def signatures(self):
        """The functions that a SavedModel of this model answers, by name; see `dlsuite.serving`."""
        pictures = tf.TensorSpec([None, None, None, self.channels], tf.float32, name="pictures")
        symbols = tf.TensorSpec([None, None, None, self.code_channels], tf.int32, name="symbols")
        quality = tf.TensorSpec([], tf.int32, name="quality")
        return {
            "serving_default": (self.reconstruct, [pictures, quality]),
            "reconstruct": (self.reconstruct, [pictures, quality]),
            "compress": (self.compress, [pictures, quality]),
            "decompress": (self.decompress, [symbols, quality]),
            "tables": (self.tables, [quality]),
        }

    def preview(self):
        """What the model looks like now: held-out pictures, and beside each what is left of it, the best quality first.

        `bits_per_pixel` and `psnr_db` are `(pictures, QUALITIES)`.
        """
        originals = self.shown / np.float32(255)
        answers = [self.reconstruct(originals, quality) for quality in reversed(range(QUALITIES))]
        rows = np.stack(
            [originals, *(answer["pictures"] for answer in answers)], axis=1
        )  # (pictures, 1 + qualities, ...)
        errors = np.mean((rows[:, 1:] - rows[:, :1]) ** 2, axis=(2, 3, 4))
        return {
            "picture": sheet(rows.reshape(-1, *originals.shape[1:]), columns=1 + QUALITIES),
            "bits_per_pixel": np.stack([answer["bits"] for answer in answers], axis=1) / originals[0, ..., 0].size,
            "psnr_db": psnr(errors),
        }


def mosaics(digits, side):
    """Digits uint8 `(n, 28, 28, 1)` as mosaics of `side` x `side`, `(n // side^2, 28 side, 28 side, 1)`."""
    n = len(digits) // side**2
    tiles = np.reshape(digits[: n * side**2], (n, side, side, 28, 28, 1))
    return np.reshape(np.swapaxes(tiles, 2, 3), (n, 28 * side, 28 * side, 1))


def training_pictures(dataset, source, seed):
    """What there is to train on, uint8 `(n, side, side, channels)`: mosaics of 4 x 4 digits, or squares of photographs.

    The photographs are few, so they are also halved in size where they are large enough, and the colours of each
    square are in a random order: red sky, green faces.
    """
    if dataset == "mnist":
        return mosaics(mnist.arrays("train", source)[0], 4)
    whole = photographs.images("train", _folder(dataset))
    halved = [np.asarray(Image.fromarray(picture).reduce(2)) for picture in whole]
    large_enough = [picture for picture in halved if min(picture.shape[:2]) >= PATCH]
    squares = photographs.patches(whole + large_enough, PATCH, PATCHES, seed)
    order = np.random.default_rng(seed).permuted(np.tile(np.arange(3), (PATCHES, 1)), axis=1)
    return np.take_along_axis(squares, order[:, None, None], axis=-1)


def held_out(dataset, split="test", source="auto"):
    """Held-out pictures, a list of uint8 `(height, width, channels)`: photographs, or mosaics of 8 x 8 digits.

    Args:
        dataset, source: see `train`.
        split: `validation` or `test`. Of the digits, the bundled ones are for validation, whatever the `source`.
    """
    if dataset == "mnist":
        return list(mosaics(mnist.arrays("test", "bundled" if split == "validation" else source)[0], 8))
    return photographs.images(split, _folder(dataset))


def _corner(picture):
    """The upper left `SHOWN_SIDE` pixels of a picture, its edge repeated where it is smaller."""
    corner = picture[:SHOWN_SIDE, :SHOWN_SIDE]
    return np.pad(corner, [*((0, SHOWN_SIDE - side) for side in corner.shape[:2]), (0, 0)], mode="edge")


def _folder(dataset):
    return None if dataset == "photographs" else dataset


@own_settings()
@checked
def train(
    *,
    dataset: Literal["photographs", "mnist"] | str = "photographs",
    source: Literal["auto", "tfds", "bundled"] = "auto",
    epochs: Count = 30,
    batch_size: Count = 4,
    learning_rate: Positive = 4e-3,
    width: Count = 32,
    code_channels: Count = 48,
    seed: Seed = 0,
    initial_epoch: int = 0,
    callbacks=(),
) -> Compressor:
    """Train one model for all qualities on squares of photographs or on mosaics of digits.

    Args:
        dataset: `photographs`, `mnist` for mosaics of digits, or the path of a folder of your own photographs.
        source: where MNIST comes from: TensorFlow Datasets, the 5,000 bundled digits, or whichever is there.
        epochs: passes over the pictures, 4,096 squares or a mosaic for every 16 digits.
        batch_size: pictures in a step.
        learning_rate: Adam's, falling to 0 along a cosine.
        width: channels of the convolutions.
        code_channels: numbers for each 16 x 16 pixels; those that are not worth their bits stay 0.
        seed: of the initial weights, the squares, the order of the pictures and all noise.
        initial_epoch: the epoch to begin with, where a run is resumed.
        callbacks: Keras callbacks.

    Raises:
        ValueError: an argument out of its range, or no such dataset.
    """
    names.require_kind(dataset, "images")
    keras.utils.set_random_seed(seed)
    pictures = training_pictures(dataset, source, seed)
    batches, steps = examples.shuffled(pictures, batch_size, seed, initial_epoch)
    model = Compressor(pictures.shape[-1], width, code_channels, seed)
    shown = held_out(dataset, "validation")[:SHOWN]
    model.shown = np.stack([_corner(picture) for picture in shown])
    return fitting.fit(
        model,
        fitting.adam(learning_rate, epochs * steps),
        batches=batches.map(examples.to_unit).prefetch(2),
        steps=steps,
        epochs=epochs,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
        jit_compile="auto",
    )


@own_settings()
def measure(model, *, dataset: str = "photographs", source: str = "auto") -> dict[str, float]:
    """How long and how good the files of held-out pictures are, beside JPEG; means over the pictures.

    Returns:
        `coded_bits_ratio`, the length of all files, headers included, over the model's own `bits`. And at each quality
        q from 0: `bits_per_pixel_q` of the files, `psnr_db_q` of the pictures read from them, and `jpeg_psnr_db_q`,
        what JPEG reaches with as many bits for each picture (see `rate_distortion`).
    """
    points = rate_distortion.curve(model, held_out(dataset, "test", source))
    values = {"coded_bits_ratio": points["coded_bits"].sum() / points["bits"].sum()}
    for quality in range(QUALITIES):
        values[f"bits_per_pixel_{quality}"] = np.mean(points["coded_bits"][quality] / points["pixels"][quality])
        values[f"psnr_db_{quality}"] = np.mean(points["psnr"][quality])
        values[f"jpeg_psnr_db_{quality}"] = np.mean(points["jpeg_psnr"][quality])
    return {name: float(value) for name, value in values.items()}
