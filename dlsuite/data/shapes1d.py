"""Signals with triangles and rectangles, where each shape should take the mean height of its kind.

F. Fleuret's deep-learning course (https://fleuret.org/dlc/, lecture 13.2), and after it the lecture on attention, use
such a task to show what a convolution cannot do: the answer at one shape depends on the heights of all shapes of its
kind, wherever they are.

A signal x has `LENGTH` = 100 positions and `SHAPES` = 4 shapes. Each is a triangle or a rectangle with equal
probability; its half width r, 2 to 5 positions, and its height h, 0.1 to 1, are uniform. Around its centre c

    rectangle   x_i = h                              where |i - c| <= r
    triangle    x_i = h (1 - |i - c| / (r + 1))      where |i - c| <= r

and elsewhere x_i = 0. Shapes can be anywhere, with at least one position between them. The target is the same signal
with every h replaced by the mean height of the shapes of its kind. No data is stored: signals are generated endlessly.
"""

from typing import Literal, NamedTuple

import numpy as np

from dlsuite.data import names

LENGTH = 100
SHAPES = 4
HALF_WIDTHS = (2, 5)
HEIGHTS = (0.1, 1.0)
STEPS_PER_EPOCH = names.STEPS_PER_EPOCH["signals"]

Split = Literal["train", "validation", "test"]
SPLITS = ("train", "validation", "test")


class Shapes(NamedTuple):
    """The shapes of n signals, each `(n, SHAPES)`, from left to right."""

    centre: np.ndarray
    half_width: np.ndarray
    height: np.ndarray
    is_triangle: np.ndarray

    @property
    def mean_height(self) -> np.ndarray:
        """For each shape, the mean height of the shapes of its kind in the same signal."""
        is_same = self.is_triangle[:, :, None] == self.is_triangle[:, None, :]  # (n, SHAPES, SHAPES)
        return np.sum(is_same * self.height[:, None, :], axis=-1) / np.sum(is_same, axis=-1)

    def drawn(self, height) -> np.ndarray:
        """The signals of these shapes with the given heights, float32 `(n, LENGTH)`."""
        distance = np.abs(np.arange(LENGTH) - self.centre[..., None])  # (n, SHAPES, LENGTH)
        half_width = self.half_width[..., None]
        profile = np.where(self.is_triangle[..., None], 1 - distance / (half_width + 1), 1.0)
        return np.einsum("ns,nsi->ni", height, profile * (distance <= half_width)).astype("float32")


def shapes(n: int, seed: int = 0, split: Split = "test", step: int = 0) -> Shapes:
    """The shapes of `n` signals; the same seed, split and step give the same shapes."""
    random = np.random.default_rng([SPLITS.index(split), seed, step])
    half_width = random.integers(HALF_WIDTHS[0], HALF_WIDTHS[1] + 1, (n, SHAPES))
    height = random.uniform(*HEIGHTS, (n, SHAPES))
    is_triangle = random.integers(2, size=(n, SHAPES)) == 1
    taken = 2 * half_width + 2  # a shape, and one place after it
    room = LENGTH + 1 - np.sum(taken, axis=-1, keepdims=True)
    moved = np.sort(random.integers(0, room + 1, (n, SHAPES)), axis=-1)  # the free space before each shape
    start = moved + np.cumsum(taken, axis=-1) - taken
    return Shapes(start + half_width, half_width, height, is_triangle)


def sample(n: int, seed: int = 0, split: Split = "test", step: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """`n` signals and their targets, both float32 `(n, 100)` in 0..1; the same arguments give the same signals."""
    drawn = shapes(n, seed, split, step)
    return drawn.drawn(drawn.height), drawn.drawn(drawn.mean_height)


def load(batch_size: int = 64, seed: int = 0, initial_epoch: int = 0):
    """Endless batches of new signals for training.

    Batch t is a function of (seed, t), so a run resumed at `initial_epoch` sees what the uninterrupted run would have
    seen.

    Returns:
        A `tf.data.Dataset` of pairs of signals and targets, float32 `(batch_size, 100)` in 0..1.
    """
    import tensorflow as tf

    def batches():
        step = initial_epoch * STEPS_PER_EPOCH
        while True:
            yield sample(batch_size, seed, "train", step)
            step += 1

    spec = tf.TensorSpec([batch_size, LENGTH], tf.float32)
    return tf.data.Dataset.from_generator(batches, output_signature=(spec, spec)).prefetch(8)
