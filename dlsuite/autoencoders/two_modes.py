"""Two right answers: what the squared error answers where noisy x could have been one of several x. Exact, untrained.

    y = x + noise eps,  eps ~ N(0, I);      E[ |x - a|^2 | y ] = V + |a - E[x | y]|^2,   V = the posterior's variance

so the answer a that costs least is the posterior's mean E[x | y], at V. Where p(x | y) has two modes the mean lies
between them, where there may be no x at all: a blurred picture. One drawn from the posterior is always as sharp as a
real one, and costs 2 V in the mean, since it errs independently of x. What is best by the squared error is not what
looks right; this is why a denoiser trained on it smooths, and why one wants p(x | y) itself, and not only its mean.

On the line, x is one of two narrow bumps at -1 and 1:

    p(x) = 1/2 N(x; -1, spread^2) + 1/2 N(x; 1, spread^2)
    p(x | y) = sum_k w_k N(x; m_k, v),      1/v = 1/spread^2 + 1/noise^2,   m_k = v (+-1/spread^2 + y/noise^2)
    w_k ~ N(y; +-1, spread^2 + noise^2);    as spread -> 0,  E[x | y] -> tanh(y / noise^2)

Among pictures, x is one of x_1 .. x_n, each as likely as any other, and y may be seen in part only:

    p(x_i | y) ~ exp( -sum over seen pixels of (y - x_i)^2 / (2 noise^2) )
"""

from typing import NamedTuple

import numpy as np

from dlsuite.arguments import require_positive

GRID = np.linspace(-2, 2, 801)
"""Where densities on the line are shown: [-2, 2] in steps of 0.005."""
BUMPS = np.array([-1.0, 1.0])


class OnTheLine(NamedTuple):
    """p(x | y): two Gaussians of one standard deviation."""

    weights: np.ndarray
    """w_k, `(2,)`, which sum to 1."""
    means: np.ndarray
    """m_k, `(2,)`."""
    deviation: float
    """sqrt(v)."""

    def density(self, x) -> np.ndarray:
        """p(x | y), for x of any shape."""
        z = (np.asarray(x)[..., None] - self.means) / self.deviation
        return np.exp(-(z**2) / 2) @ self.weights / (self.deviation * np.sqrt(2 * np.pi))

    @property
    def mean(self) -> float:
        """E[x | y]."""
        return float(self.weights @ self.means)

    @property
    def variance(self) -> float:
        """V."""
        return float(self.deviation**2 + self.weights @ (self.means - self.mean) ** 2)

    @property
    def modes(self) -> np.ndarray:
        """Where the density has its one or two peaks, the highest first; 1,001 places between `means` are tried."""
        low, high = self.means  # all peaks lie between them
        x = np.linspace(low, high, 1001)
        p = self.density(np.concatenate([[low - self.deviation], x, [high + self.deviation]]))
        peaks = np.flatnonzero((p[1:-1] > p[:-2]) & (p[1:-1] >= p[2:]))
        return x[peaks[np.argsort(-p[1:-1][peaks])]]

    def sample(self, n, seed) -> np.ndarray:
        """`n` answers drawn from the posterior."""
        generator = np.random.default_rng(seed)
        which = generator.choice(2, size=n, p=self.weights)
        return self.means[which] + self.deviation * generator.normal(size=n)

    def squared_error(self, answer) -> np.ndarray:
        """E[(x - answer)^2 | y], for answers of any shape."""
        return self.variance + (np.asarray(answer) - self.mean) ** 2

    @property
    def errors(self) -> dict[str, float]:
        """The expected squared error of each way to answer: `mean`, `mode` and `sample`."""
        mode = float(self.squared_error(self.modes[0]))
        return {"mean": self.variance, "mode": mode, "sample": 2 * self.variance}


class AmongPictures(NamedTuple):
    """p(x | y) over pictures x_1 .. x_n."""

    weights: np.ndarray
    """p(x_i | y), `(n,)`."""
    mean: np.ndarray
    """E[x | y], `(height, width, channels)`."""
    costs: np.ndarray
    """|x_i - E[x | y]|^2, `(n,)`."""

    @property
    def mode(self) -> int:
        """The index of the likeliest picture."""
        return int(self.weights.argmax())

    @property
    def variance(self) -> float:
        """V, summed over pixels."""
        return float(self.weights @ self.costs)

    def sample(self, n, seed) -> np.ndarray:
        """The indices of `n` pictures drawn from the posterior."""
        return np.random.default_rng(seed).choice(len(self.weights), size=n, p=self.weights)

    @property
    def errors(self) -> dict[str, float]:
        """The expected squared error, summed over pixels, of each way to answer: `mean`, `mode` and `sample`."""
        mode = self.variance + float(self.costs[self.mode])
        return {"mean": self.variance, "mode": mode, "sample": 2 * self.variance}


def on_the_line(y: float, *, noise: float = 1.0, spread: float = 0.1) -> OnTheLine:
    """p(x | y) on the line.

    Args:
        y: what is seen.
        noise: its noise's standard deviation, above 0.
        spread: the bumps' own, above 0.

    Raises:
        ValueError: `noise` or `spread` is not above 0.
    """
    require_positive(noise=noise, spread=spread)
    variance = 1 / (spread**-2 + noise**-2)
    means = variance * (BUMPS * spread**-2 + y * noise**-2)
    return OnTheLine(_softmax(-((y - BUMPS) ** 2) / (2 * (spread**2 + noise**2))), means, float(np.sqrt(variance)))


def among_pictures(y, pictures, *, noise: float = 0.5, seen=None) -> AmongPictures:
    """p(x | y) over a finite set of pictures, by comparing y with each.

    Args:
        y: floats `(height, width, channels)`.
        pictures: all the x that there are, floats `(n, height, width, channels)`.
        noise: the standard deviation of y's noise, above 0.
        seen: which pixels of y count, of a shape that broadcasts with y's; all by default.

    Raises:
        ValueError: `noise` is not above 0, or y has another shape than the pictures.
    """
    require_positive(noise=noise)
    y, pictures = np.asarray(y, "float64"), np.asarray(pictures, "float64")
    if pictures.shape[1:] != y.shape or not len(pictures):
        raise ValueError(f"y: its shape is {y.shape}, and the pictures' is {pictures.shape}, not (n, {y.shape})")
    seen = np.broadcast_to(True if seen is None else np.asarray(seen, bool), y.shape)
    weights = _softmax(-np.sum((y[seen] - pictures[:, seen]) ** 2, axis=1) / (2 * noise**2))
    mean = np.tensordot(weights, pictures, axes=1)
    return AmongPictures(weights, mean, np.sum((pictures - mean) ** 2, axis=(1, 2, 3)))


def _softmax(logits):
    likelihood = np.exp(logits - logits.max())
    return likelihood / likelihood.sum()
