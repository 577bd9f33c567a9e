"""Variational inference on a model small enough to check (Jordan et al., 1999; Blei et al., 2017, arXiv:1601.00670).

One latent number z, one observed number x, and between them a function f of one's choice:

    p(z) = N(0, 1),     p(x|z) = N(f(z), sigma^2),     l(z) = log p(x, z)

On a line integrals are sums, so log p(x) and the posterior p(z|x) = p(x, z) / p(x) are known here, and what variational
inference finds without them can be held against them. For any density q, as p(x, z) = p(z|x) p(x),

    log p(x) = E_q[log p(x, z) - log q(z)] + E_q[log q(z) - log p(z|x)] = ELBO(q) + KL(q || p(z|x)).

The KL is never below 0: the ELBO is a lower bound, and the q that makes it highest is the one nearest to the posterior.
For q = N(mu, s^2), whose entropy is log s + log(2 pi e) / 2,

    ELBO = E_q[l(z)] + log s + log(2 pi e) / 2,     l(z) = -z^2 / 2 - (x - f(z))^2 / (2 sigma^2) - log(2 pi sigma).

To climb it takes its gradient in (mu, log s). The entropy's part is (0, 1); that of E_q[l(z)] is estimated from samples
z = mu + s eps, eps ~ N(0, 1), in one of two ways.

Reparameterized (Kingma and Welling, 2014, arXiv:1312.6114): move the samples. E_q[l(z)] is E[l(mu + s eps)], hence

    d/dmu = E[l'(z)],     d/dlog s = E[l'(z) s eps],     l'(z) = -z + (x - f(z)) f'(z) / sigma^2.

Score function (Williams, 1992): weigh the samples anew. The integral of l grad q is that of l q grad log q, hence

    d/dmu = E[l(z) eps / s],     d/dlog s = E[l(z) (eps^2 - 1)].

This one needs no l', and pays with variance. Since E[grad log q] = 0, any b that does not depend on the sample may be
subtracted from its l: a baseline. With the mean l of the other samples, l_i - b_i = n / (n - 1) (l_i - mean l), and the
estimate is the sample covariance of l and grad log q. Reparameterizing is mostly the better way by far, but not always:
where l' is a high and narrow peak in a wide q, few samples meet it (Mohamed et al., 2020, arXiv:1906.10652).

The other KL, KL(p || q) = E_p[(z - mu)^2] / (2 s^2) + log s + what depends on p alone, has derivatives 0 where mu and
s^2 are the posterior's mean and variance: it covers every mode. KL(q || p), which the ELBO makes small, is large where
q is and p is not: it seeks one mode, and which one depends on where the ascent began.
"""

from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np

Function = Literal["linear", "quadratic", "absolute", "tanh"]
Estimator = Literal["reparameterized", "score_function", "score_function_baseline"]
FUNCTIONS, ESTIMATORS = get_args(Function), get_args(Estimator)

GRID = np.linspace(-20, 20, 8001)
"""Where integrals over z are summed up: [-20, 20] in steps of 0.005."""
NOISE = np.linspace(-10, 10, 2001)
"""Where means over eps are summed up: that of g(eps) is `g(NOISE) @ NOISE_WEIGHTS`."""
NOISE_WEIGHTS = np.exp(-(NOISE**2) / 2) / np.exp(-(NOISE**2) / 2).sum()
ENTROPY_GRADIENT = np.array([0.0, 1.0])
MOMENTUM, LONGEST = 0.8, 0.1
"""Of `fit`: the share of the last gradients that the next one keeps, and the longest step in units of s."""


@dataclass(frozen=True)
class Problem:
    """A generative model, and the one number that was observed of it.

    Args:
        f: `linear` z, `quadratic` z^2, `absolute` |z| or `tanh` tanh(3z).
        x: the observed number, -10..10.
        sigma: standard deviation of x around f(z), 0.05..10; for less, `GRID` would be too coarse.

    Raises:
        ValueError: an argument out of its range.
    """

    f: Function = "quadratic"
    x: float = 1.5
    sigma: float = 0.5

    def __post_init__(self):
        if self.f not in FUNCTIONS:
            raise ValueError(f"f={self.f!r}: it must be one of {', '.join(FUNCTIONS)}")
        if not -10 <= self.x <= 10:
            raise ValueError(f"x={self.x}: it must be from -10 to 10")
        if not 0.05 <= self.sigma <= 10:
            raise ValueError(f"sigma={self.sigma}: it must be from 0.05 to 10")

    def mean(self, z) -> np.ndarray:
        """f(z), for z of any shape."""
        return {"linear": np.array, "quadratic": np.square, "absolute": np.abs, "tanh": _tanh}[self.f](z)

    def slope(self, z) -> np.ndarray:
        """f'(z), for z of any shape; 0 in the corner of |z|."""
        if self.f == "tanh":
            return 3 - 3 * _tanh(z) ** 2
        return {"linear": np.ones_like, "quadratic": lambda z: 2 * z, "absolute": np.sign}[self.f](z)

    def log_joint(self, z) -> np.ndarray:
        """l(z) = log p(x, z), for z of any shape."""
        return -(z**2) / 2 - (self.x - self.mean(z)) ** 2 / (2 * self.sigma**2) - np.log(2 * np.pi * self.sigma)

    def log_joint_slope(self, z) -> np.ndarray:
        """l'(z), for z of any shape."""
        return (self.x - self.mean(z)) * self.slope(z) / self.sigma**2 - z


def _tanh(z):
    return np.tanh(3 * z)


@dataclass(frozen=True)
class Gaussian:
    """q = N(mu, s^2), or many of them: mu and s are numbers, or arrays of one shape. `ValueError` unless s > 0."""

    mu: float | np.ndarray
    s: float | np.ndarray

    def __post_init__(self):
        if not np.all(np.greater(self.s, 0)):
            raise ValueError(f"s={self.s}: it must be above 0")

    def __getitem__(self, index) -> "Gaussian":
        """One, or some, of many."""
        return Gaussian(self.mu[index], self.s[index])

    def at(self, noise) -> np.ndarray:
        """The samples mu + s eps, for noise of shape `(n,)`; `(..., n)` for many Gaussians."""
        return np.asarray(self.mu)[..., None] + np.asarray(self.s)[..., None] * noise

    def log_density(self, z) -> np.ndarray:
        """log q(z) of one Gaussian, for z of any shape."""
        return -(((z - self.mu) / self.s) ** 2) / 2 - np.log(self.s) - np.log(2 * np.pi) / 2


# What is known on a line, and hardly anywhere else.


def log_evidence(problem: Problem) -> float:
    """log p(x), the logarithm of the integral of p(x, z) over z."""
    joint = problem.log_joint(GRID)
    return float(joint.max() + np.log(np.exp(joint - joint.max()).sum() * (GRID[1] - GRID[0])))


def log_posterior(problem: Problem, z) -> np.ndarray:
    """log p(z|x), for z of any shape."""
    return problem.log_joint(z) - log_evidence(problem)


def posterior_modes(problem: Problem) -> np.ndarray:
    """Where the posterior has a maximum, `(modes,)`, to the step of `GRID`."""
    joint = problem.log_joint(GRID)
    return GRID[1:-1][(joint[1:-1] > joint[:-2]) & (joint[1:-1] >= joint[2:])]


def moment_match(problem: Problem) -> Gaussian:
    """The Gaussian of the posterior's mean and variance: no other has a smaller KL(p || q)."""
    weights = _posterior_weights(problem)
    mean = weights @ GRID
    return Gaussian(float(mean), float(np.sqrt(weights @ (GRID - mean) ** 2)))


def forward_kl(problem: Problem, q: Gaussian) -> float:
    """KL(p || q) = E_p[log p(z|x) - log q(z)] in nats, for one q."""
    return float(_posterior_weights(problem) @ (log_posterior(problem, GRID) - q.log_density(GRID)))


def reverse_kl(problem: Problem, q: Gaussian) -> float:
    """KL(q || p) = E_q[log q(z) - log p(z|x)] in nats, for one q that lies within `GRID`, of an s of 0.005 or more."""
    log_q = q.log_density(GRID)
    return float(np.exp(log_q) @ (log_q - log_posterior(problem, GRID)) * (GRID[1] - GRID[0]))


def _posterior_weights(problem):
    posterior = np.exp(log_posterior(problem, GRID))
    return posterior / posterior.sum()


# What variational inference has: the ELBO, and estimates of its gradient.


def elbo(problem: Problem, q: Gaussian) -> np.ndarray:
    """ELBO(q) in nats, of the shape of q."""
    return problem.log_joint(q.at(NOISE)) @ NOISE_WEIGHTS + np.log(q.s) + np.log(2 * np.pi * np.e) / 2


def elbo_gradient(problem: Problem, q: Gaussian) -> np.ndarray:
    """The gradient of the ELBO in (mu, log s), which every estimator aims at; `(..., 2)`.

    In the score function's form, because l has no jumps, and l' of |z| has one.
    """
    joint = problem.log_joint(q.at(NOISE))
    return _both((joint * score) @ NOISE_WEIGHTS for score in _score(q, NOISE)) + ENTROPY_GRADIENT


def estimate_gradient(problem: Problem, q: Gaussian, noise, estimator: Estimator = "reparameterized") -> np.ndarray:
    """The gradient of the ELBO in (mu, log s), estimated from samples of one q; `(..., 2)`.

    Args:
        noise: eps, `(..., samples)`; a baseline takes 2 samples or more.
        estimator: one of `ESTIMATORS`.

    Raises:
        ValueError: an unknown estimator, or too few samples for it.
    """
    samples = np.shape(noise)[-1]
    _require(estimator, samples)
    if estimator == "reparameterized":
        terms = _moved(problem, q, noise)
    else:
        weight = problem.log_joint(q.at(noise))
        if estimator == "score_function_baseline":
            weight = samples / (samples - 1) * (weight - weight.mean(axis=-1, keepdims=True))
        terms = [weight * score for score in _score(q, noise)]
    return _both(each.mean(axis=-1) for each in terms) + ENTROPY_GRADIENT


def gradient_variance(problem: Problem, q: Gaussian, *, samples: int, estimator: Estimator) -> np.ndarray:
    """The variance of `estimate_gradient`, by quadrature and not by drawing; `(..., 2)`.

    The mean of n independent terms has a term's variance over n. With the baseline, the terms share each other's l.
    Let a = l - E[l], and b the score, whose mean is 0: the estimate is sum_i a_i b_i / n - sum_{i != j} a_i b_j /
    (n (n - 1)). The two sums are uncorrelated, for in each of their products an a or a b stands alone. Variances add:

        (E[a^2 b^2] - E[ab]^2) / n  +  (E[a^2] E[b^2] + E[ab]^2) / (n (n - 1)).

    Args:
        samples: n.
        estimator: one of `ESTIMATORS`.

    Raises:
        ValueError: an unknown estimator, or too few samples for it.
    """
    _require(estimator, samples)
    has_baseline = estimator == "score_function_baseline"
    if estimator == "reparameterized":
        terms = _moved(problem, q, NOISE)
    else:
        a, scores = problem.log_joint(q.at(NOISE)), _score(q, NOISE)
        a = a - has_baseline * (a @ NOISE_WEIGHTS)[..., None]
        terms = [a * b for b in scores]
    mean = _both(each @ NOISE_WEIGHTS for each in terms)
    variance = (_both(each**2 @ NOISE_WEIGHTS for each in terms) - mean**2) / samples
    if has_baseline:
        squares = _both((a**2 @ NOISE_WEIGHTS) * (b**2 @ NOISE_WEIGHTS) for b in scores)
        variance += (squares + mean**2) / (samples * (samples - 1))
    return variance


def _moved(problem, q, noise):
    """What the reparameterized estimate is the mean of, for either coordinate."""
    slope = problem.log_joint_slope(q.at(noise))
    return slope, slope * np.asarray(q.s)[..., None] * noise


def _score(q, noise):
    """The derivatives of log q(z) by mu and by log s."""
    return noise / np.asarray(q.s)[..., None], noise**2 - 1


def _both(coordinates):
    return np.stack([*coordinates], axis=-1)


def _require(estimator, samples):
    if estimator not in ESTIMATORS:
        raise ValueError(f"estimator={estimator!r}: it must be one of {', '.join(ESTIMATORS)}")
    fewest = 2 if estimator == "score_function_baseline" else 1
    if samples < fewest:
        raise ValueError(f"samples={samples}: estimator={estimator!r} takes {fewest} or more")


def fit(
    problem: Problem,
    start: Gaussian,
    *,
    steps: int = 200,
    samples: int = 8,
    learning_rate: float = 0.3,
    estimator: Estimator = "reparameterized",
    seed: int = 0,
) -> Gaussian:
    """Climb the ELBO from `start` with estimated gradients: the way there, as `steps + 1` Gaussians.

    A step follows the natural gradient (Amari, 1998): the Fisher information of N(mu, s^2) in (mu, log s) is
    diag(1 / s^2, 2), so dmu / s = s d/dmu and dlog s = d/dlog s / 2. That makes steps as long as q is wide. Momentum
    evens out the noise; and because q may start far from the posterior, where the ELBO is steep, no step is longer than
    `LONGEST`.

    Args:
        steps: 0 or more. With fewer of them, the way is the beginning of the same way.
        samples: of z for each step, 1 or more; 2 or more with a baseline.
        learning_rate: above 0; in step t it is `learning_rate / sqrt(t)`, so that the noise dies away.
        estimator: one of `ESTIMATORS`.

    Raises:
        ValueError: an argument out of its range.
    """
    if steps < 0 or learning_rate <= 0:
        raise ValueError(f"steps={steps}, learning_rate={learning_rate}: at least 0, and above 0")
    _require(estimator, samples)
    way, velocity = [(start.mu, start.s)], np.zeros(2)
    for t, noise in enumerate(np.random.default_rng(seed).standard_normal((steps, samples)), start=1):
        mu, s = way[-1]
        by_mu, by_log_s = estimate_gradient(problem, Gaussian(mu, s), noise, estimator)
        velocity = MOMENTUM * velocity + (1 - MOMENTUM) * np.array([s * by_mu, by_log_s / 2])
        step = learning_rate / np.sqrt(t) * velocity
        step *= LONGEST / max(LONGEST, np.linalg.norm(step))
        way.append((mu + s * step[0], s * np.exp(step[1])))
    return Gaussian(*np.transpose(way))
