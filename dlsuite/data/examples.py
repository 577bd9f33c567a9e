"""Training examples by name: digits, patches of photographs, points in the plane, or the user's own pictures or points.

Pictures are floats in -1..1, or in 0..1 if a lecture needs that, of shape `(height, width, channels)`; points are
floats of shape `(2,)`.
"""

from collections.abc import Callable

import numpy as np
import tensorflow as tf

from dlsuite.data import mnist, own, photographs, sources, toy2d
from dlsuite.data.names import kind

FEWEST_STEPS = 200
PATCHES = 10_000
"""The number of patches taken from the photographs."""


def held_in_memory(dataset: str, split: mnist.Split = "train", source: sources.Source = "auto") -> np.ndarray:
    """The examples of a split: uint8 pictures `(n, height, width, channels)` in 0..255, or float32 points `(n, 2)`.

    In the user's own data, every fifth example is in the test split. From the endless distributions, 10,000 points are
    drawn; from the photographs, 10,000 patches of the same size as the user's own pictures.
    """
    if dataset == "mnist":
        return mnist.arrays(split, source)[0]
    if dataset == "photographs":
        return photographs.patches(photographs.images(split), own.IMAGE_SIZE, PATCHES, seed=0)
    if dataset in toy2d.MIXTURES:
        return toy2d.sample(dataset, 10_000, seed=0 if split == "train" else 1)
    everything = own.points(dataset) if kind(dataset) == "points" else own.images(dataset)
    is_test = np.arange(len(everything)) % 5 == 4
    return everything[is_test if split == "test" else ~is_test]


def batches(
    dataset: str,
    batch_size: int,
    *,
    source: sources.Source = "auto",
    seed: int = 0,
    initial_epoch: int = 0,
    labelled: bool = False,
    scaled: Callable[[tf.Tensor], tf.Tensor] | None = None,
) -> tuple[tf.data.Dataset, int]:
    """Endless batches for training, and the number of batches per epoch.

    MNIST is shuffled afresh in every epoch; points, patches and the user's own pictures are drawn at random. In both
    cases the batches of epoch e are a function of (seed, e), so that a run resumed at `initial_epoch` sees what the
    uninterrupted run would have seen. An epoch of points is 1,000 batches; an epoch of the user's own pictures is one
    pass over all of them, but at least 200 batches, since there may be few.

    Args:
        scaled: converts pictures from bytes to floats: `scale` (the default) or `to_unit`.

    Returns:
        A dataset of float32 `(batch_size, ...)`, pictures in -1..1 by default, and the number of batches per epoch.
        With `labelled`, which only MNIST supports, a dataset of pairs with the int32 classes `(batch_size,)`.

    Raises:
        ValueError: there is no such dataset, it has no labels, or MNIST is smaller than one batch.
    """
    scaled = scaled or scale
    if labelled:
        if dataset != "mnist":
            raise ValueError(f"dataset={dataset!r}: its examples have no classes; only mnist has them")
        pairs, steps = shuffled(mnist.arrays("train", source), batch_size, seed, initial_epoch)
        return pairs.map(lambda pictures, labels: (scaled(pictures), tf.cast(labels, tf.int32))).prefetch(2), steps
    if dataset in toy2d.MIXTURES:
        return toy2d.load(dataset, batch_size, seed, initial_epoch).prefetch(8), toy2d.STEPS_PER_EPOCH
    examples = held_in_memory(dataset, "train", source)
    if kind(dataset) == "points":
        return _drawn(examples, batch_size, seed, initial_epoch, toy2d.STEPS_PER_EPOCH), toy2d.STEPS_PER_EPOCH
    if dataset == "mnist":
        pictures, steps = shuffled(examples, batch_size, seed, initial_epoch)
    else:
        steps = max(FEWEST_STEPS, len(examples) // batch_size)
        pictures = _drawn(examples, batch_size, seed, initial_epoch, steps)
    return pictures.map(scaled).prefetch(2), steps


def scale(pictures: tf.Tensor) -> tf.Tensor:
    """Pictures of bytes 0..255 as float32 in -1..1."""
    return tf.cast(pictures, tf.float32) / 127.5 - 1.0


def to_unit(pictures: tf.Tensor) -> tf.Tensor:
    """Pictures of bytes 0..255 as float32 in 0..1."""
    return tf.cast(pictures, tf.float32) / 255.0


def shuffled(arrays, batch_size: int, seed: int = 0, initial_epoch: int = 0) -> tuple[tf.data.Dataset, int]:
    """Endless batches of the rows of `arrays` (an array or several of one length), in a new order every epoch.

    The order in epoch e is a function of (seed, e). An incomplete batch at the end of an epoch is dropped.

    Returns:
        The dataset, from `initial_epoch` on, and the number of batches per epoch.

    Raises:
        ValueError: there are fewer rows than one batch needs.
    """
    n = len(tf.nest.flatten(arrays)[0])
    if n < batch_size:
        raise ValueError(f"batch_size: one step takes {batch_size} examples, but there are only {n}")
    steps = n // batch_size
    stored = tf.nest.map_structure(tf.constant, arrays)

    def one_epoch(epoch):
        order = tf.random.experimental.stateless_shuffle(tf.range(n), seed=tf.stack([tf.cast(seed, tf.int64), epoch]))
        rows = tf.data.Dataset.from_tensor_slices(tf.reshape(order[: steps * batch_size], [steps, batch_size]))
        return rows.map(lambda row: tf.nest.map_structure(lambda array: tf.gather(array, row), stored))

    return tf.data.Dataset.range(initial_epoch, np.iinfo(np.int64).max).flat_map(one_epoch), steps


def _drawn(examples: np.ndarray, batch_size: int, seed: int, initial_epoch: int, steps: int) -> tf.data.Dataset:
    stored = tf.constant(examples)

    def draw(step):
        rows = tf.random.stateless_uniform(
            [batch_size], tf.stack([tf.cast(seed, tf.int64), step]), maxval=len(examples), dtype=tf.int32
        )
        return tf.gather(stored, rows)

    return tf.data.Dataset.range(initial_epoch * steps, np.iinfo(np.int64).max).map(draw).prefetch(8)
