"""Denoising auto-encoder (Vincent et al., 2008, doi:10.1145/1390156.1390294): corrupt pictures, ask for them back.

    x~ ~ q(x~ | x)                          a picture corrupted by noise
    min  E[ |x - g(f(x~))|^2 ],             whose minimum is g(f(x~)) = E[x | x~]

A copy of x~ is wrong now, so the code need not be short: f(x~) holds more numbers than the picture, and what keeps the
network from the identity is the noise. The paper masks pixels and takes the cross-entropy; the squared error is what
the PSNR is made of. Gaussian noise, and salt and pepper, are of Vincent et al., 2010 (JMLR 11); squares are added here:

    gaussian          x~ = x + level eps,  eps ~ N(0, I);    x~ is not clipped, so it may leave 0..1
    masking           a share `level` of the pixels is set to 0
    patches           a share `level` of the squares of 4 x 4 pixels is set to 0
    salt_and_pepper   a share `level` of the pixels is set to 0 or to 1, either with the same chance

Each picture's level is drawn from U[0, level] in training, so that one model serves every level up to it, and need not
be told which. Where several x could have become one x~, the answer is their average and none of them: see `two_modes`.
"""

from typing import Annotated, Literal

import keras
import numpy as np
import tensorflow as tf
from annotated_types import Ge
from keras import layers

from dlsuite.arguments import Count, Positive, Seed, checked, require_not_negative, require_one_of, require_positive
from dlsuite.autoencoders import picture_model, training
from dlsuite.keras_settings import own_settings, registered
from dlsuite.pictures import psnr, sheet

SETTINGS_CHOSEN_ON = "bundled"  # the test digits used for tuning: results on them are optimistic

KINDS = ("gaussian", "masking", "patches", "salt_and_pepper")
PATCH = 4
"""Pixels a side of a square that `patches` sets to 0."""
MEASURED = 0.5
"""The level of the noise that `measure` and `preview` corrupt with."""


def corrupt(pictures, noise, level, uniform, normal):
    """x~: pictures corrupted by one kind of noise, float32 `(batch, height, width, channels)`.

    Args:
        pictures: floats in 0..1 of that shape.
        noise: one of `KINDS`.
        level: a Gaussian's standard deviation, or the share that is corrupted; a number, or one for each picture.
        uniform: `(batch, height, width, 1)` from U[0, 1], of which all but `gaussian` is made.
        normal: as `pictures`, from N(0, I), of which `gaussian` is made.

    Raises:
        ValueError: no such kind of noise.
    """
    require_one_of(KINDS, noise=noise)
    level = tf.reshape(level, [-1, 1, 1, 1])
    if noise == "gaussian":
        return pictures + level * normal
    if noise == "masking":
        return tf.where(uniform < level, 0.0, pictures)
    if noise == "patches":
        of_square = uniform[:, ::PATCH, ::PATCH]  # (batch, height / 4, width / 4, 1)
        return tf.where(tf.repeat(tf.repeat(of_square, PATCH, 1), PATCH, 2) < level, 0.0, pictures)
    return tf.where(uniform < level / 2, 0.0, tf.where(uniform < level, 1.0, pictures))


def corrupt_from(seed, pictures, noise, level):
    """`corrupt` with what the same `seed` always draws, so that it can be shown again.

    Args:
        seed: a whole number.
        pictures: floats in 0..1, `(batch, height, width, channels)`, both sides multiples of 4.
        noise: one of `KINDS`.
        level: 0 or above; where it is a share, 1 at most.

    Returns:
        A float32 tensor of the shape of `pictures`.

    Raises:
        ValueError: no such kind of noise, or a level out of its range.
    """
    require_one_of(KINDS, noise=noise)
    require_level(noise, level)
    pictures = tf.convert_to_tensor(pictures, tf.float32)
    uniform = tf.random.stateless_uniform([*pictures.shape[:3], 1], [seed, 0])
    return corrupt(pictures, noise, float(level), uniform, tf.random.stateless_normal(pictures.shape, [seed, 1]))


def require_level(noise, level):
    """Raise `ValueError` for a level below 0, or above 1 where it is a share."""
    require_not_negative(level=level)
    if noise != "gaussian" and level > 1:
        raise ValueError(f"level={level!r}: with noise={noise!r} it is a share, from 0 to 1")


def build_network(data_shape, width):
    """g(f(x~)): pictures to pictures, unbounded; convolutions on three scales.

    Each scale hands what it knows past the coarser ones, which see further and know less of where things are
    (Ronneberger et al., 2015, arXiv:1505.04597).
    """

    def convolved(x, filters, **options):
        return layers.Conv2D(filters, 3, padding="same", activation="relu", **options)(x)

    def enlarged(x, filters, finer):
        x = layers.Conv2DTranspose(filters, 2, strides=2, activation="relu")(x)
        return layers.Concatenate()([x, finer])

    noisy = keras.Input(data_shape, name="pictures")
    whole = convolved(noisy, width // 2)
    half = convolved(convolved(whole, width, strides=2), width)  # (batch, height / 2, width / 2, ...)
    quarter = convolved(convolved(half, 2 * width, strides=2), 2 * width)  # (batch, height / 4, width / 4, ...)
    half = convolved(enlarged(quarter, width, half), width)
    whole = convolved(enlarged(half, width // 2, whole), width // 2)
    return keras.Model(noisy, layers.Conv2D(data_shape[-1], 3, padding="same")(whole), name="network")


@registered
class DenoisingAutoEncoder(picture_model.PictureModel):
    """The network, the noise, and the step.

    Called on corrupted pictures, it answers with restored ones, clipped to 0..1. In training nothing is clipped, since
    that has no gradient; the average of pictures in 0..1 lies in 0..1 by itself.

    Args:
        data_shape: `(height, width, channels)`, both sides multiples of 4.
        noise: one of `KINDS`, or `all`, one of them for each picture.
        level: the highest, above 0; where it is a share, 1 at most.
        width: feature maps at half the resolution, at least 2; twice as many at a quarter, half as many at the whole.
        seed: of all noise drawn in training.
    """

    network = "convolutional"

    @property
    def input_limits(self):
        return {"pictures": (-20, 21)}  # under noise they leave 0..1; bytes are further off

    def __init__(self, data_shape=(28, 28, 1), noise="all", level=0.5, width=20, seed=0, **kwargs):
        data_shape = picture_model.require_shape(data_shape)
        require_one_of((*KINDS, "all"), noise=noise)
        require_positive(level=level)
        require_level(noise, level)
        if width < 2:
            raise ValueError(f"width={width!r}: it must be at least 2")
        unbounded = build_network(data_shape, width)
        pictures = keras.Input(data_shape, name="pictures")
        super().__init__(pictures, layers.ReLU(max_value=1.0)(unbounded(pictures)), data_shape, seed, **kwargs)
        self.unbounded = unbounded
        self.noise, self.level, self.width = noise, level, width
        self.kinds = KINDS if noise == "all" else (noise,)
        self.loss_tracker = keras.metrics.Mean(name="loss")

    def get_config(self):
        own = ("name", "data_shape", "noise", "level", "width", "seed")
        return {name: getattr(self, name) for name in own}

    @property
    def metrics(self):
        return [self.loss_tracker]

    def corrupt(self, pictures):
        """x~ for pictures `(batch, *data_shape)`: each has a level of its own, and with `all` a kind of its own."""
        batch = tf.shape(pictures)[0]
        level = self.level * self.draw(keras.random.uniform, batch)
        uniform = self.draw(keras.random.uniform, batch, *self.data_shape[:2], 1)
        normal = self.draw(keras.random.normal, batch, *self.data_shape)
        each = [corrupt(pictures, kind, level, uniform, normal) for kind in self.kinds]
        kind = tf.cast(len(self.kinds) * self.draw(keras.random.uniform, batch), tf.int32)
        return tf.gather(tf.stack(each, axis=1), kind, axis=1, batch_dims=1)

    def train_step(self, pictures):
        """One step on |x - g(f(x~))|^2, a sum over pixels, for pictures `(batch, *data_shape)` in 0..1."""
        noisy = self.corrupt(pictures)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(tf.reduce_sum((pictures - self.unbounded(noisy)) ** 2, axis=[1, 2, 3]))
        self.minimize(loss, tape)
        self.loss_tracker.update_state(loss)
        return {"loss": loss}

    def signatures(self):
        """`denoise`, corrupted `pictures` to restored `pictures`; `reconstruct` and the default do the same."""
        pictures = tf.TensorSpec([None, *self.data_shape], tf.float32, name="pictures")

        def denoise(pictures):
            return {"pictures": self(pictures, training=False)}

        return dict.fromkeys(("serving_default", "reconstruct", "denoise"), (denoise, [pictures]))

    def preview(self):
        """Ten held-out pictures; then, for every kind of noise, corrupted, and restored beneath.

        Returns:
            `picture`, and `noisy` and `restored`, each `(kinds, n, *data_shape)`.
        """
        originals = self.held_out[0][:10]
        noisy = np.stack([corrupt_from(0, originals, kind, MEASURED).numpy() for kind in self.kinds])
        restored = np.stack([self(each, training=False).numpy() for each in noisy])
        rows = [originals, *(row for pair in zip(noisy, restored, strict=True) for row in pair)]
        picture = sheet(np.concatenate(rows), columns=10)
        return {"picture": picture, "noisy": noisy, "restored": restored}


@own_settings()
@checked
def train(
    *,
    dataset: Literal["mnist", "photographs"] | str = "mnist",
    source: Literal["auto", "tfds", "bundled"] = "auto",
    epochs: Count = 20,
    batch_size: Count = 128,
    learning_rate: Positive = 2e-3,
    noise: Literal["gaussian", "masking", "patches", "salt_and_pepper", "all"] = "all",
    level: Positive = 0.5,
    width: Annotated[int, Ge(2)] = 20,
    seed: Seed = 0,
    initial_epoch: int = 0,
    callbacks=(),
) -> DenoisingAutoEncoder:
    """Train a denoising auto-encoder on digits, or on your own pictures.

    Args:
        dataset: mnist, patches of photographs, or the path of a folder of pictures.
        source: where MNIST comes from: TensorFlow Datasets, the 5,000 bundled digits, or whichever is there.
        epochs: passes over the pictures.
        batch_size: pictures in each step.
        learning_rate: Adam's, falling to 0 along a cosine.
        noise: what the pictures are corrupted by; with all, each picture by one of the four.
        level: the highest; a Gaussian's standard deviation, or the share of pixels or squares, 1 at most.
        width: feature maps at half the resolution.
        seed: of the initial weights, the order of the data and all noise.
        initial_epoch: the epoch to begin with, where a run is resumed.
        callbacks: Keras callbacks.

    Raises:
        ValueError: an argument out of its range, or no such dataset of pictures.
    """
    return training.fit_to(
        dataset,
        build=lambda data_shape: DenoisingAutoEncoder(
            data_shape=data_shape, noise=noise, level=level, width=width, seed=seed
        ),
        learning_rate=learning_rate,
        epochs=epochs,
        batch_size=batch_size,
        source=source,
        seed=seed,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
    )


@own_settings()
def measure(model, *, dataset: str = "mnist", source: str = "auto") -> dict[str, float]:
    """How near held-out pictures are to themselves when corrupted, at level 0.5, and when restored.

    Returns:
        For each kind of noise that the model was trained on, `<kind>_noisy_psnr_db`, of pictures corrupted and clipped
        to 0..1, and `<kind>_psnr_db`, of pictures restored; either that of the mean squared error over all of them.
    """
    images, _ = training.held_out(dataset, source=source)
    parts = np.array_split(images, -(-len(images) // 500))
    result = {}
    for kind in model.kinds:
        errors = np.zeros(2)
        for seed, part in enumerate(parts):
            noisy = corrupt_from(seed, part, kind, MEASURED)
            for index, answer in enumerate((tf.clip_by_value(noisy, 0, 1), model(noisy, training=False))):
                errors[index] += np.sum((part - answer.numpy()) ** 2, dtype="float64")
        before, after = errors / images.size
        result |= {f"{kind}_noisy_psnr_db": float(psnr(before)), f"{kind}_psnr_db": float(psnr(after))}
    return result
