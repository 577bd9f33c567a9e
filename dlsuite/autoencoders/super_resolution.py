"""Super-resolution by sub-pixel convolution (Shi et al., 2016, arXiv:1609.05158).

    f^l = relu(W_l * f^(l-1) + b_l),   f^0 = x,    x the small picture
    y   = bicubic(x) + PS(W_L * f^(L-1) + b_L)

Every convolution works on the small picture. The last has r^2 features, and the periodic shuffle PS (Equation 4) lays
those of one small pixel out as r x r large ones, r the factor:

    PS(T)[h r + i, w r + j] = T[h, w, i r + j],    0 <= i, j < r

What is learned is what bicubic interpolation lacks (as in Kim et al., 2016, arXiv:1511.04587), from W_L = 0 on: the
untrained network is bicubic interpolation. A picture's channels are enlarged one by one, so one network serves grey
and colour. Small pictures are made by reducing large ones with the antialiased bicubic filter that Pillow has too.
"""

from typing import Annotated, Literal

import keras
import numpy as np
import tensorflow as tf
from annotated_types import Interval
from keras import layers

from dlsuite import devices, fitting
from dlsuite.arguments import Count, Positive, Seed, checked, require_one_of, require_positive
from dlsuite.autoencoders import training
from dlsuite.data import examples, mnist, photographs
from dlsuite.keras_settings import own_settings, registered
from dlsuite.pictures import sheet

SETTINGS_CHOSEN_ON = "bundled"  # the test digits used for tuning: results on them are optimistic

FACTORS = (2, 4)
SIDE = 56
"""A training patch's side, in pixels: four digits fill one."""
EXAMPLES_PER_EPOCH = {"images": 16_000}
PATCHES = EXAMPLES_PER_EPOCH["images"]
"""Patches cut for training; an epoch goes through them once."""
MIDDLE = 512
"""Photographs are measured on the middle of each: the most pixels along a side."""


def bicubic(pictures, scale):
    """Pictures `(batch, height, width, channels)` resized by `scale`, and cut off at 0 and 1 as in any file.

    Its filter is Keys's cubic with a = -1/2; where `scale` is below 1 it is as much wider, against aliasing.
    """
    sides = tf.cast(tf.round(tf.cast(tf.shape(pictures)[1:3], tf.float32) * scale), tf.int32)
    return tf.clip_by_value(tf.image.resize(pictures, sides, "bicubic", antialias=True), 0.0, 1.0)


@registered
class Bicubic(layers.Layer):
    """The bicubic interpolation by `factor`, as a layer."""

    def __init__(self, factor, **kwargs):
        super().__init__(**kwargs)
        self.factor = factor

    def get_config(self):
        return super().get_config() | {"factor": self.factor}

    def call(self, x):
        """`(batch, height, width, channels)` -> `(batch, factor * height, factor * width, channels)`."""
        return bicubic(x, self.factor)

    def compute_output_shape(self, shape):
        batch, height, width, channels = shape
        return batch, height and height * self.factor, width and width * self.factor, channels


@registered
class PeriodicShuffle(Bicubic):
    """PS: `(batch, height, width, factor^2)` -> `(batch, factor * height, factor * width, 1)`."""

    def call(self, x):
        batch, height, width = tf.unstack(tf.shape(x)[:3])
        x = tf.reshape(x, [batch, height, width, self.factor, self.factor])  # (batch, h, w, i, j)
        x = tf.transpose(x, [0, 1, 3, 2, 4])  # (batch, h, i, w, j)
        return tf.reshape(x, [batch, height * self.factor, width * self.factor, 1])

    def compute_output_shape(self, shape):
        return (*super().compute_output_shape(shape)[:3], 1)


@registered
class SuperResolution(keras.Model):
    """Grey planes `(batch, height, width, 1)` in 0..1 to planes `factor` times as high and wide, unbounded.

    Args:
        factor: 2 or 4.
        filters: features of each hidden convolution, at least 1.
    """

    def __init__(self, factor=2, filters=32, **kwargs):
        require_one_of(FACTORS, factor=factor)
        require_positive(filters=filters)
        x = planes = keras.Input((None, None, 1), name="planes")
        for size in (5, 3, 3):
            x = layers.Conv2D(filters, size, padding="same", activation="relu")(x)
        x = layers.Conv2D(factor**2, 3, padding="same", kernel_initializer="zeros")(x)
        super().__init__(planes, layers.Add()([Bicubic(factor)(planes), PeriodicShuffle(factor)(x)]), **kwargs)
        self.factor, self.filters = factor, filters
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.shown = np.zeros((1, SIDE, SIDE, 1), "uint8")

    def get_config(self):
        return {"name": self.name, "factor": self.factor, "filters": self.filters}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)

    @property
    def metrics(self):
        return [self.loss_tracker]

    def train_step(self, data):
        """One step on the mean absolute error of small planes enlarged, `(batch, height, width, 1)`, and large ones."""
        small, large, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.abs(self(small, training=True) - large))
        devices.minimize(loss, tape, self.optimizer, self.trainable_variables)
        self.loss_tracker.update_state(loss)
        return {"loss": loss}

    def enlarge(self, pictures):
        """Pictures `(batch, height, width, channels)` in 0..1, any size, to ones `factor` times as high and wide."""
        batch, height, width, channels = tf.unstack(tf.shape(pictures))
        planes = tf.reshape(tf.transpose(pictures, [0, 3, 1, 2]), [batch * channels, height, width, 1])
        planes = tf.clip_by_value(self(planes, training=False), 0.0, 1.0)
        planes = tf.reshape(planes, [batch, channels, height * self.factor, width * self.factor])
        return tf.transpose(planes, [0, 2, 3, 1])

    @property
    def input_limits(self):
        return {"pictures": (0, 1)}

    def signatures(self):
        """`enlarge`, which is `serving_default` too: `pictures` enlarged, beside their `bicubic` interpolation."""
        specs = [tf.TensorSpec([None, None, None, None], tf.float32, name="pictures")]

        def enlarge(pictures):
            return {"pictures": self.enlarge(pictures), "bicubic": bicubic(pictures, self.factor)}

        return {"serving_default": (enlarge, specs), "enlarge": (enlarge, specs)}

    def preview(self):
        """Held-out patches by row: bicubic interpolation, the network's answer, and the original; thrice as large."""
        originals = examples.to_unit(self.shown)
        small = bicubic(originals, 1 / self.factor)
        enlarged = self.enlarge(small).numpy()
        columns = np.stack([bicubic(small, self.factor), enlarged, originals], axis=1)  # (n, 3, SIDE, SIDE, 1)
        picture = sheet(columns.reshape(-1, SIDE, SIDE, 1), columns=3).repeat(3, axis=0).repeat(3, axis=1)
        return {"picture": picture, "enlarged": enlarged}


def patches(dataset, split, n, *, digits=0.0, source="auto", seed=0):
    """Patches to learn from: one channel of a photograph, or four digits.

    Args:
        dataset: `photographs`, `mnist`, or the path of a folder of photographs.
        split: `train` or `validation`; what is held out of MNIST counts as validation.
        n: how many.
        digits: the share of them that holds digits; where `dataset` is MNIST, all do.
        source: where MNIST comes from.
        seed: of all choices.

    Returns:
        uint8 `(n, 56, 56, 1)` in 0..255, those of digits first.
    """
    n_digits = n if dataset == "mnist" else round(digits * n)
    cut = np.empty((n, SIDE, SIDE, 1), "uint8")
    if n_digits:
        images, _ = mnist.arrays("train" if split == "train" else "test", source)
        chosen = np.random.default_rng(seed).integers(len(images), size=(n_digits, 2, 2))
        cut[:n_digits] = images[chosen].transpose(0, 1, 3, 2, 4, 5).reshape(n_digits, SIDE, SIDE, 1)
    if n > n_digits:
        found = photographs.images(split, None if dataset == "photographs" else dataset)
        coloured = photographs.patches(found, SIDE, n - n_digits, seed)
        channel = np.arange(len(coloured)) % 3
        cut[n_digits:] = np.take_along_axis(coloured, channel[:, None, None, None], axis=-1)
    return cut


@own_settings()
@checked
def train(
    *,
    dataset: Literal["photographs", "mnist"] | str = "photographs",
    source: Literal["auto", "tfds", "bundled"] = "auto",
    factor: Literal[2, 4] = 2,
    digits: Annotated[float, Interval(ge=0, le=1)] = 0.25,
    epochs: Count = 15,
    batch_size: Count = 16,
    learning_rate: Positive = 2e-3,
    filters: Count = 32,
    seed: Seed = 0,
    initial_epoch: int = 0,
    callbacks=(),
) -> SuperResolution:
    """Train a network to enlarge pictures.

    Args:
        dataset: photographs, mnist, or the path of a folder of photographs.
        source: where MNIST comes from: TensorFlow Datasets, the 5,000 bundled digits, or whichever is there.
        factor: how many times as high and wide the pictures become.
        digits: the share of patches that hold digits in the place of a piece of a photograph.
        epochs: passes over 16,000 patches.
        batch_size: patches in each step.
        learning_rate: Adam's, falling to 0 along a cosine.
        filters: features of each hidden convolution.
        seed: of the initial weights, the patches and their order.
        initial_epoch: the epoch to begin with, where a run is resumed.
        callbacks: Keras callbacks.

    Raises:
        ValueError: an argument out of its range, or no such dataset of pictures.
        MissingData: the photographs are not installed.
    """
    training.require_pictures(dataset)
    keras.utils.set_random_seed(seed)
    model = SuperResolution(factor=factor, filters=filters)
    large = patches(dataset, "train", PATCHES, digits=digits, source=source, seed=seed)
    batches, steps = examples.shuffled(large, batch_size, seed, initial_epoch)
    model.shown = patches(dataset, "validation", 8, digits=digits, source="bundled")

    def pair(large):
        large = examples.to_unit(large)
        return bicubic(large, 1 / factor), large

    return fitting.fit(
        model,
        fitting.adam(learning_rate, epochs * steps),
        batches=batches.map(pair).prefetch(2),
        steps=steps,
        epochs=epochs,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
    )


@own_settings()
def measure(model, *, dataset: str = "photographs", source: str = "auto") -> dict[str, float]:
    """How near enlarged pictures come to held-out originals, beside bicubic interpolation; see `compare`."""
    return compare(model, held_out(dataset, "test", source))


def held_out(dataset, split, source="auto"):
    """Held-out pictures, uint8 arrays `(n, height, width, channels)`: digits, or the middle of every photograph.

    Args:
        dataset: as `train` has it.
        split: `test` or, to choose settings by, `validation`, which of MNIST is the 1,000 bundled digits.
        source: where MNIST's test digits come from.
    """
    training.require_pictures(dataset)
    if dataset == "mnist":
        images, _ = mnist.arrays("test", source if split == "test" else "bundled")
        return np.array_split(images, -(-len(images) // 500))
    found = photographs.images(split, None if dataset == "photographs" else dataset)
    sides = [[min(side, MIDDLE) // 4 * 4 for side in photograph.shape[:2]] for photograph in found]
    corners = [
        [(whole - side) // 2 for whole, side in zip(photograph.shape, pair, strict=False)]
        for photograph, pair in zip(found, sides, strict=True)
    ]
    return [
        photograph[None, top : top + height, left : left + width]
        for photograph, (top, left), (height, width) in zip(found, corners, sides, strict=True)
    ]


def compare(model, pictures):
    """Reduce pictures by the model's factor, enlarge them again, and compare with the originals.

    Neither the small pictures nor the enlarged ones are rounded to bytes. A border as wide as the factor is left out.

    Args:
        pictures: uint8 arrays `(n, height, width, channels)`, with sides that are multiples of the factor.

    Returns:
        Means over all pictures: `psnr_db`, which is 10 log10(1 / mean squared error) over a picture's pixels and
        channels; `bicubic_psnr_db`, that of the bicubic interpolation; `psnr_gain_db`, what lies between; `ssim` and
        `bicubic_ssim` (Wang et al., 2004), 1 for equal pictures.
    """
    border = slice(model.factor, -model.factor)
    function, specs = model.signatures()["enlarge"]
    enlarge = tf.function(function, input_signature=specs)
    scores = []
    for part in pictures:
        originals = examples.to_unit(part)
        answer = enlarge(bicubic(originals, 1 / model.factor))
        for enlarged in (answer["pictures"], answer["bicubic"]):
            pair = originals[:, border, border], enlarged[:, border, border]
            scores.append([measured(*pair, 1.0).numpy() for measured in (tf.image.psnr, tf.image.ssim)])
    (psnr, ssim), (bicubic_psnr, bicubic_ssim) = (
        np.concatenate(scores[first::2], axis=1).mean(axis=1).tolist() for first in (0, 1)
    )
    return {
        "psnr_db": psnr,
        "bicubic_psnr_db": bicubic_psnr,
        "psnr_gain_db": psnr - bicubic_psnr,
        "ssim": ssim,
        "bicubic_ssim": bicubic_ssim,
    }
