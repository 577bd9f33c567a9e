"""A density over an auto-encoder's codes, so that they can be drawn and decoded: a Gaussian, or a mixture by EM.

    p(z) = sum_k w_k N(z; m_k, S_k),      sum_k w_k = 1

EM (Dempster, Laird and Rubin, 1977; Bishop, *Pattern Recognition and Machine Learning*, 2006, section 9.2) repeats

    E   r_ik = w_k N(z_i; m_k, S_k) / p(z_i)                            whose code is z_i?
    M   n_k = sum_i r_ik,   w_k = n_k / n,   m_k = sum_i r_ik z_i / n_k,
        S_k = sum_i r_ik (z_i - m_k)(z_i - m_k)^T / n_k

after which sum_i log p(z_i) is never less than before. A component that shrinks to one code would make it infinite, so
no eigenvalue of S_k may be below a floor. Raising those that are, to the floor, gives the likeliest such S_k, which is
why the sum still never falls.

This is the second of two trainings, and the first knew nothing of it: no auto-encoder was asked to lay its codes out as
such a density can describe, nor its decoder to make a picture of what lies between them. A VAE makes one training of
both. How good the samples of either are depends on the density and on the network as well;
`benchmarks/latent_density.py` measures it.
"""

from typing import NamedTuple

import numpy as np

FLOOR = 1e-3
"""The least eigenvalue of a covariance, as a share of the codes' mean variance."""


class Mixture(NamedTuple):
    """A mixture of K Gaussians over codes of d numbers; one Gaussian if K is 1."""

    weights: np.ndarray
    """w, `(K,)`."""
    means: np.ndarray
    """m, `(K, d)`."""
    covariances: np.ndarray
    """S, `(K, d, d)`."""

    def log_joint(self, codes) -> np.ndarray:
        """log w_k N(z; m_k, S_k) in nats, `(n, K)`, for codes `(n, d)`."""
        columns = []
        for weight, mean, covariance in zip(*self, strict=True):
            root = np.linalg.cholesky(covariance)
            z = (codes - mean) @ np.linalg.inv(root).T  # N(0, I) if the codes are this component's
            log_volume = np.log(np.diag(root)).sum() + 0.5 * len(mean) * np.log(2 * np.pi)
            columns.append(np.log(weight) - log_volume - 0.5 * np.einsum("nd,nd->n", z, z))
        return np.stack(columns, axis=1)

    def log_density(self, codes) -> np.ndarray:
        """log p(z) in nats, `(n,)`, for codes `(n, d)`."""
        return _log_sum_exp(self.log_joint(np.asarray(codes, "float64")))

    def sample(self, n, seed) -> np.ndarray:
        """`n` codes, float32 `(n, d)`, which the same seed draws again."""
        generator = np.random.default_rng(seed)
        which = generator.choice(len(self.weights), size=n, p=self.weights)
        noise = generator.normal(size=(n, self.means.shape[1]))
        roots = np.linalg.cholesky(self.covariances)
        codes = np.empty_like(noise)
        for k, (mean, root) in enumerate(zip(self.means, roots, strict=True)):
            codes[which == k] = mean + noise[which == k] @ root.T
        return codes.astype("float32")


def fit_gaussian(codes) -> Mixture:
    """The likeliest Gaussian, its covariance whole, as a mixture of one; codes `(n, d)`.

    Raises:
        ValueError: all codes are the same.
    """
    codes = _require_codes(codes)
    return maximize(codes, np.ones((len(codes), 1)), _floor(codes))


def fit_mixture(codes, components: int, seed: int = 0, steps: int = 200, tolerance: float = 1e-3) -> Mixture:
    """A mixture by EM, from a beginning where each code belongs to the nearest of `components` of them.

    Args:
        codes: `(n, d)`.
        components: K, from 1 to n.
        seed: of the codes that it begins with; they are drawn far from each other, as k-means++ does (Arthur and
            Vassilvitskii, 2007).
        steps: the most steps that are taken, 1 or more.
        tolerance: it ends with the step that adds less than this to the mean of log p(z), in nats.

    Raises:
        ValueError: an argument out of its range, or fewer than `components` different codes.
    """
    codes = _require_codes(codes)
    if not 1 <= components <= len(codes):
        raise ValueError(f"components={components!r}: it is from 1 to the number of codes, {len(codes)}")
    if steps < 1:
        raise ValueError(f"steps={steps!r}: it must be at least 1")
    floor = _floor(codes)
    mixture = maximize(codes, nearest_of(codes, components, seed), floor)
    before = -np.inf
    for _ in range(steps):
        memberships, mean_log_density = expect(codes, mixture)
        mixture = maximize(codes, memberships, floor)
        if mean_log_density - before < tolerance:
            break
        before = mean_log_density
    return mixture


def expect(codes, mixture: Mixture) -> tuple[np.ndarray, float]:
    """The E step: r, `(n, K)`, whose rows sum to 1, and the mean of log p(z) in nats."""
    joint = mixture.log_joint(codes)
    log_density = _log_sum_exp(joint)
    return np.exp(joint - log_density[:, None]), float(log_density.mean())


def maximize(codes, memberships, floor: float) -> Mixture:
    """The M step, from r `(n, K)`; no eigenvalue of a covariance is below `floor`."""
    counts = memberships.sum(axis=0) + 1e-12  # a component that nothing belongs to any more stays, with a weight of 0
    means = memberships.T @ codes / counts[:, None]
    covariances = []
    for of_component, count, mean in zip(memberships.T, counts, means, strict=True):
        apart = codes - mean
        values, vectors = np.linalg.eigh((of_component[:, None] * apart).T @ apart / count)
        covariances.append((vectors * np.maximum(values, floor)) @ vectors.T)
    return Mixture(counts / counts.sum(), means, np.stack(covariances))


def nearest_of(codes, components: int, seed: int) -> np.ndarray:
    """Memberships `(n, components)`, 1 for the nearest of so many codes, the next of which is drawn each time with a
    chance in proportion to its squared distance from those before."""
    generator = np.random.default_rng(seed)
    apart = np.empty((len(codes), components))
    chosen = generator.integers(len(codes))
    for k in range(components):
        apart[:, k] = np.sum((codes - codes[chosen]) ** 2, axis=1)
        nearest = apart[:, : k + 1].min(axis=1)
        if k + 1 < components:
            if not nearest.any():
                raise ValueError(f"components={components}: there are only {k + 1} different codes")
            chosen = generator.choice(len(codes), p=nearest / nearest.sum())
    return np.eye(components)[apart.argmin(axis=1)]


def _floor(codes):
    return FLOOR * float(codes.var(axis=0).mean())


def _require_codes(codes):
    codes = np.asarray(codes, "float64")
    if codes.ndim != 2 or len(codes) < 2 or not np.isfinite(codes).all() or not codes.var(axis=0).any():
        raise ValueError(f"codes: an array (n, d) of finite numbers, not all the same, and not of shape {codes.shape}")
    return codes


def _log_sum_exp(logs):
    largest = logs.max(axis=1)
    return largest + np.log(np.exp(logs - largest[:, None]).sum(axis=1))
