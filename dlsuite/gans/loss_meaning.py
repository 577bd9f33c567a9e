"""Is the loss meaningful? A training's losses beside the measured quality of its samples.

A GAN's losses tell how two players stand against each other; a critic's estimate, how far samples are from the data
(Arjovsky et al., 2017, arXiv:1701.07875, figures 3 and 4). Whether that is so is measured here: the losses of a run on
`ring` or `grid`, whose modes are known, against the share of the distribution that its previewed samples miss.
"""

from typing import NamedTuple

import numpy as np

LOSSES = {
    "gans.gan": ("generator_loss", "critic_loss"),
    "gans.wgan_gp": ("wasserstein_estimate", "generator_loss"),
}
"""The columns of steps.csv that are compared; the one that is said to mean something first."""
FEWEST_VALUES = 10
"""Different values that the missing share must take before a rank correlation with it means something."""
NEIGHBOURHOOD = 100
"""Steps on either side of a preview over which a loss is averaged."""


class Course(NamedTuple):
    """How a training went, preview by preview; arrays `(previews,)`."""

    step: np.ndarray
    missing: np.ndarray
    """The share of the distribution that the samples miss, see `missing_share`."""
    losses: dict[str, np.ndarray]
    """By name, the mean around each preview."""

    def rank_correlation(self, loss: str) -> float:
        """Spearman's of a loss with the missing share, in -1..1; NaN where either hardly changes.

        1 says that the loss is the smaller the better the samples are, -1 that it is the larger.
        """
        if len(np.unique(self.missing)) < FEWEST_VALUES:
            return float("nan")
        ranks = [_ranks(values) for values in (self.missing, self.losses[loss])]
        if any(rank.std() == 0 for rank in ranks):
            return float("nan")
        return float(np.corrcoef(*ranks)[0, 1])


def course(rows, samples, dataset: str, losses) -> Course:
    """The course of a run.

    Args:
        rows: of steps.csv.
        samples: previewed samples, `{step: (n, 2)}`; those from before the first step are left out.
        dataset: `ring` or `grid`.
        losses: names of columns of `rows`.
    """
    # Imported here because it loads TensorFlow, and the page reads this module before it needs that.
    from dlsuite.data import toy2d

    mixture = toy2d.mixture(dataset)
    at = np.array([row["step"] for row in rows])
    near = {step: np.abs(at - step) <= NEIGHBOURHOOD for step in sorted(samples) if step > 0}
    near = {step: rows_near for step, rows_near in near.items() if rows_near.any()}
    values = {loss: np.array([row[loss] for row in rows]) for loss in losses}
    return Course(
        np.array(list(near)),
        np.array([missing_share(samples[step], mixture) for step in near]),
        {loss: np.array([values[loss][rows_near].mean() for rows_near in near.values()]) for loss in losses},
    )


def missing_share(samples, mixture) -> float:
    """1 - sum_k min(good_k / n, 1/K): how much of an equal mixture of K modes samples miss, in 0..1.

    A sample within 3 sigma of mode k is good; no mode can count for more than its fair share. So bad samples miss it
    all, and perfect samples of half the modes miss half of it.

    Args:
        samples: `(n, 2)`.
        mixture: a `toy2d.Mixture`.
    """
    distance = np.linalg.norm(np.asarray(samples)[:, None] - mixture.centres, axis=-1)  # (n, K)
    modes = len(mixture.centres)
    is_good = distance.min(axis=1) <= 3 * mixture.sigma
    share = np.bincount(distance.argmin(axis=1)[is_good], minlength=modes) / len(samples)
    return float(1 - np.minimum(share, 1 / modes).sum())


def _ranks(values) -> np.ndarray:
    """The rank of each value, equal ones sharing their mean rank."""
    _, inverse, count = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(count)
    return (last - (count - 1) / 2)[inverse]
