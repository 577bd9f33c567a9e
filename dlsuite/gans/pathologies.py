"""Three ways in which a GAN goes wrong, each caused on purpose, measured, and fixed by one change.

    oscillation           each player answers the other's last move, and neither comes to rest (Mescheder et al., 2018)
    vanishing gradients   D is sure of every sample, and log(1 - D(G(z))) is flat there (Goodfellow et al., 2014)
    mode collapse         G makes a few kinds of samples well, and nothing tells it of the others (Metz et al., 2016)

All three are trainings of `gans.gan` on the ring of 8 Gaussians of radius 2. What each shows is measured from what its
run directory keeps: the rows of steps.csv and the samples of its previews, which are always of the same latent vectors.
"""

import itertools
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from dlsuite.gans import maps


def movement(rows, samples, total) -> float:
    """How far a sample of one latent vector goes there and back in a twentieth of training, in the data's units.

    It is the length of its way less the straight line from the way's beginning to its end, so that what moves on and
    does not return counts for nothing; for each twentieth, and the mean over all samples. Only the middle half of
    training counts: the beginning has to move, and in the end the falling learning rate holds still whatever circles.
    """
    steps = np.array(sorted(samples))
    marks = [mark * total / 20 for mark in range(5, 16)]
    nearest = [int(steps[np.abs(steps - mark).argmin()]) for mark in marks if len(steps) and mark <= steps[-1]]
    way = [samples[step] for step in sorted(set(nearest)) if 0.24 * total <= step <= 0.76 * total]
    if len(way) < 3:
        return np.nan
    length = sum(np.linalg.norm(b - a, axis=1) for a, b in itertools.pairwise(way))
    straight = np.linalg.norm(way[-1] - way[0], axis=1)
    return float((length - straight).mean() / (len(way) - 1))


def reaching_gradient(rows, samples, total) -> float:
    """|grad_x l(x)| of the generator's loss l at its samples, their mean; the median over training's second half."""
    values = [row["generator_gradient"] for row in rows if row["step"] > total / 2]
    return float(np.median(values)) if values else np.nan


def modes(rows, samples, total) -> float:
    """How many of the ring's 8 modes the last preview's samples find."""
    # Imported here because it loads TensorFlow, and the page reads this module before it needs that.
    from dlsuite.data import toy2d
    from dlsuite.gans import assessment

    return float(assessment.mode_coverage(samples[max(samples)], toy2d.mixture("ring"))[0]) if samples else np.nan


def at_a_mode(samples) -> float:
    """The share of the ring's samples within 3 sigma of a mode."""
    from dlsuite.data import toy2d
    from dlsuite.gans import assessment

    return assessment.mode_coverage(samples, toy2d.mixture("ring"))[1]


def on_the_map(samples) -> float:
    """The share of samples that are on the map, which ends a quarter beyond the ring."""
    return float(np.mean(np.abs(samples).max(axis=1) <= 1.25 * 2))


def push(score, gradient, generator_loss):
    """-grad_x l(x), where the generator's loss l pushes a sample; s is the discriminator's logit, D = sigmoid(s).

        l = log(1 - D), saturating:       D grad s
        l = -log D, non-saturating:       (1 - D) grad s

    Args:
        score: s on a lattice over the plane, `(rows, columns)`.
        gradient: grad s on a coarser one, `(rows / k, columns / k, 2)` for an odd k.
        generator_loss: `saturating` or `non-saturating`.

    Returns:
        `(rows / k, columns / k, 2)`.
    """
    step = len(score) // len(gradient)
    logit = np.asarray(score, "float64")[step // 2 :: step, step // 2 :: step]
    factor = np.exp(-np.logaddexp(0, -logit if generator_loss == "saturating" else logit))
    return factor[..., None] * gradient


def picture(preview: dict, generator_loss: str) -> np.ndarray:
    """The plane after a step of training: points, D's score, where the generator's loss pushes, and how strongly.

    Args:
        preview: what the run keeps of that step: `real`, `samples`, `extent`, `score`, `gradient`.
        generator_loss: the run's.

    Returns:
        uint8 `(height, width, 3)`; arrows of one length mean the same in all such pictures.
    """
    extent, score = float(preview["extent"]), preview["score"]
    pushes = push(score, preview["gradient"], generator_loss)
    ground = maps.terrain(score, pushes, extent, maps.measured)
    plane = maps.with_points(ground, extent, preview["real"], preview["samples"])
    return np.concatenate([plane, maps.legend("Arrows: gradient of the generator's loss, downhill, at a sample there")])


class Pathology(NamedTuple):
    """What goes wrong, how to bring it about, how to measure it, and what fixes it."""

    title: str
    why: str
    """What happens and why, for the page."""
    cure_title: str
    why_cured: str
    options: dict
    """Those of `gans.gan` that bring it about."""
    cure: dict
    """Those of them that are changed to fix it."""
    measure: Callable
    """A function of the rows of steps.csv, of previewed samples `{step: (n, 2)}`, and of all steps to be done; it
    returns a number, NaN where training has not come far enough."""
    measured: str
    """What it measures, in a few words."""
    sick: Callable
    """Whether such a number shows the pathology."""
    healthy: Callable
    """Whether it shows that there is none."""
    in_health: str
    """What one says then."""
    limits: str
    """Both in words."""
    besides: dict
    """Shares that are told beside the number, by what they are: functions of the last preview's samples `(n, 2)`."""

    def arguments(self, is_cured: bool, seed: int = 0) -> dict:
        """The options of `gans.gan`."""
        return {"dataset": "ring", "seed": seed} | self.options | (self.cure if is_cured else {})


PATHOLOGIES = {
    "oscillation": Pathology(
        title="Oscillation",
        why="The discriminator learns ten times slower than the generator. It is always about to learn where the "
        "samples *were*; they run to where it still believes real data to be, overshoot, and are chased back. Nothing "
        "in either loss pulls the two to rest, as in the *Convergence* lesson.",
        cure_title="a discriminator as fast as the generator",
        why_cured="A discriminator that keeps up gives the samples a gradient that is true where they are now.",
        options={"epochs": 3, "learning_rate": 2e-3, "discriminator_lr_ratio": 0.1, "ema_half_life": 0},
        cure={"discriminator_lr_ratio": 1.0},
        measure=movement,
        measured="way there and back of a sample, each twentieth of training",
        sick=lambda value: value > 1.0,
        healthy=lambda value: value < 0.5,
        in_health="calm",
        limits="oscillates above 1.0 (half the ring's radius); calm below 0.5",
        besides={},
    ),
    "vanishing": Pathology(
        title="Vanishing gradients",
        why="The discriminator is so far ahead that it gives every sample a probability of next to 0. There the "
        "generator's first loss, log(1 − D(G(z))), is flat: its slope carries the factor D(G(z)) itself. No gradient "
        "arrives, and the samples stay where they started.",
        cure_title="the non-saturating loss and a faster generator",
        why_cured="−log D(G(z)) has the same fixed point, but its slope carries the factor 1 − D(G(z)): the surer the "
        "discriminator is, the stronger it pushes. Now the generator can keep up, and may learn fifty times faster; "
        "the discriminator learns as fast as before. (What it pushes to is another matter: look at the modes.)",
        options={
            "epochs": 2,
            "learning_rate": 2e-5,
            "discriminator_lr_ratio": 250.0,
            "discriminator_steps": 2,
            "generator_loss": "saturating",
        },
        cure={"generator_loss": "non-saturating", "learning_rate": 1e-3, "discriminator_lr_ratio": 5.0},
        measure=reaching_gradient,
        measured="gradient that reaches a sample",
        sick=lambda value: value < 1e-3,
        healthy=lambda value: value > 0.1,
        in_health="gradients arrive",
        limits="vanished below 0.001; alive above 0.1",
        besides={"samples at a mode": at_a_mode, "samples on the map": on_the_map},
    ),
    "collapse": Pathology(
        title="Mode collapse",
        why="The discriminator learns twenty times faster than the generator and sees sharp edges around the data: "
        "its slope is steep near the modes that samples have already found, and says nothing of the way to the "
        "others. All samples slide into those few, where each of them alone would pass.",
        cure_title="instance noise",
        why_cured="Noise on all that the discriminator sees blurs data and samples until they overlap. It can no "
        "longer be sure of anything, its slope reaches across the gaps, and as the noise fades the modes sharpen.",
        options={"epochs": 3, "learning_rate": 2e-4, "discriminator_lr_ratio": 20.0},
        cure={"instance_noise": 0.5},
        measure=modes,
        measured="modes found, of 8",
        sick=lambda value: value <= 4,
        healthy=lambda value: value >= 8,
        in_health="all modes found",
        limits="collapsed at 4 or fewer; fixed at all 8",
        besides={},
    ),
}
