"""Distributions in the plane whose density is known exactly: the first test of a generative model.

Each is an equal mixture of isotropic Gaussians, so its density, its modes and the share of good samples can all be
computed:

    p(x) = 1/K sum_k N(x; centre_k, sigma^2 I)

- `ring`: 8 Gaussians at angles k pi/4 and radius 2, sigma 0.02 (Metz et al., 2016, arXiv:1611.02163).
- `grid`: 25 Gaussians at {-4, -2, 0, 2, 4}^2, sigma 0.05 (Lin et al., 2018, arXiv:1712.04086).
- `spiral`: 400 Gaussians, sigma 0.05, evenly along one and a half turns of an Archimedean spiral: one connected curve.
- `moons`: 2 x 200 Gaussians, sigma 0.05, along two interleaved half circles: two separate curves.
"""

from typing import NamedTuple

import numpy as np
import tensorflow as tf

from dlsuite.data import names

STEPS_PER_EPOCH = names.STEPS_PER_EPOCH["points"]


class Mixture(NamedTuple):
    centres: np.ndarray
    """float32 `(K, 2)`."""
    sigma: float
    """The standard deviation of every component along each axis."""
    has_modes: bool
    """Whether the components are well separated, so that each is a mode of the density."""


def _ring() -> Mixture:
    angle = np.arange(8) * np.pi / 4
    return Mixture(2 * np.stack([np.cos(angle), np.sin(angle)], axis=-1), 0.02, True)


def _grid() -> Mixture:
    ticks = np.array([-4.0, -2.0, 0.0, 2.0, 4.0])
    return Mixture(np.stack(np.meshgrid(ticks, ticks, indexing="ij"), axis=-1).reshape(25, 2), 0.05, True)


def _spiral() -> Mixture:
    # The arc length of r = a t grows like t^2, so the square root spaces the centres evenly.
    turn = 3 * np.pi * np.sqrt(np.linspace(0.02, 1, 400))
    radius = 2 * turn / (3 * np.pi)
    return Mixture(np.stack([radius * np.cos(turn), radius * np.sin(turn)], axis=-1), 0.05, False)


def _moons() -> Mixture:
    angle = np.linspace(0, np.pi, 200)
    upper = np.stack([np.cos(angle) - 0.5, np.sin(angle) - 0.25], axis=-1)
    return Mixture(1.4 * np.concatenate([upper, -upper]), 0.05, False)


MIXTURES = {
    name: Mixture(mixture.centres.astype("float32"), mixture.sigma, mixture.has_modes)
    for name, mixture in {"ring": _ring(), "grid": _grid(), "spiral": _spiral(), "moons": _moons()}.items()
}


def mixture(name: str) -> Mixture:
    """The mixture called `name`; `ValueError` if there is no such mixture."""
    if name not in MIXTURES:
        raise ValueError(f"dataset={name!r}: the distributions in the plane are {', '.join(MIXTURES)}")
    return MIXTURES[name]


def sample(name: str, n: int, seed: int = 0) -> np.ndarray:
    """`n` points from the distribution `name`, float32 `(n, 2)`; the same seed gives the same points."""
    return _draw(mixture(name), n, tf.constant([seed, -1], tf.int64)).numpy()


def log_density(name: str, points: np.ndarray) -> np.ndarray:
    """log p, in nats, at `points` of shape `(n, 2)`; float64 `(n,)`."""
    centres, sigma, _ = mixture(name)
    squared = np.sum((np.asarray(points, "float64")[:, None] - centres) ** 2, axis=-1)  # (n, K)
    log_each = -squared / (2 * sigma**2) - np.log(2 * np.pi * sigma**2)
    return np.logaddexp.reduce(log_each, axis=-1) - np.log(len(centres))


def load(name: str, batch_size: int = 256, seed: int = 0, initial_epoch: int = 0) -> tf.data.Dataset:
    """Endless batches of new points, float32 `(batch_size, 2)`.

    `STEPS_PER_EPOCH` batches are an epoch; batch t is a function of (seed, t), so a run resumed at `initial_epoch`
    sees what the uninterrupted run would have seen.
    """
    distribution = mixture(name)
    steps = tf.data.Dataset.range(initial_epoch * STEPS_PER_EPOCH, np.iinfo(np.int64).max)
    return steps.map(lambda step: _draw(distribution, batch_size, tf.stack([tf.cast(seed, tf.int64), step])))


def _draw(distribution: Mixture, n: int, seed: tf.Tensor) -> tf.Tensor:
    centres, sigma, _ = distribution
    component = tf.random.stateless_uniform([n], seed, maxval=len(centres), dtype=tf.int32)
    noise = tf.random.stateless_normal([n, 2], seed + np.int64(1 << 40))
    return tf.gather(tf.constant(centres), component) + sigma * noise
