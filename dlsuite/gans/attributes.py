"""Arithmetic with attributes in the latent space (Radford et al., 2016, arXiv:1511.06434, section 6.3).

    direction = E[z | the attribute is strong] - E[z | it is weak]
    z(thick 7) - z(thin 7) + z(3) = z(thick 3)

Nobody has told the generator of these attributes. That a direction found among all samples changes one attribute of
any sample, and leaves the rest as it is, shows that the latent space has come to be laid out by them.
"""

import numpy as np


def thickness(images) -> np.ndarray:
    """How thick strokes are: twice the ink over the length of its outline, in pixels; a long bar's width.

    Args:
        images: `(n, height, width, 1)` in -1..1.

    Returns:
        `(n,)`.
    """
    ink = _ink(images)
    outline = np.abs(np.diff(ink, axis=1)).sum(axis=(1, 2)) + np.abs(np.diff(ink, axis=2)).sum(axis=(1, 2))
    return 2 * ink.sum(axis=(1, 2)) / np.maximum(outline, 1e-6)


def slant(images) -> np.ndarray:
    """How far a digit leans to the right: the columns that its ink moves for each row up, mu_11 / mu_02. `(n,)`."""
    _, spread_y, together = _moments(images)
    return -together / np.maximum(spread_y, 1e-6)


def width(images) -> np.ndarray:
    """How wide a digit is for its height: the ratio of its ink's standard deviations over columns and rows. `(n,)`."""
    spread_x, spread_y, _ = _moments(images)
    return np.sqrt(spread_x / np.maximum(spread_y, 1e-6))


ATTRIBUTES = {"thickness": thickness, "slant": slant, "width": width}


def extremes(latent, values) -> tuple[np.ndarray, np.ndarray]:
    """The mean latent vectors of the quarter where an attribute is strongest, and where it is weakest.

    Args:
        latent: `(n, latent_dim)`.
        values: the attribute of each one's sample, `(n,)`.

    Returns:
        Two vectors `(latent_dim,)`. A step of 1 along their difference leads from a typical weak one to a typical
        strong one.
    """
    low, high = np.quantile(values, [0.25, 0.75])
    latent, values = np.asarray(latent), np.asarray(values)
    return latent[values >= high].mean(axis=0), latent[values <= low].mean(axis=0)


def directions(latent, images) -> dict[str, np.ndarray]:
    """The direction of every attribute, each freed of the others: moving along one leaves the others where they are.

    Attributes go together in handwriting (what leans is often narrow), so their raw directions do. For z ~ N(0, I) and
    an attribute that is linear in z, its direction is its gradient; a step along the part of it that is orthogonal to
    the others' changes it alone.

    Args:
        latent: `(n, latent_dim)`.
        images: their samples, `(n, height, width, 1)` in -1..1.
    """
    raw = {name: np.subtract(*extremes(latent, attribute(images))) for name, attribute in ATTRIBUTES.items()}
    freed = {}
    for name, of_this in raw.items():
        others = np.stack([of_other for other, of_other in raw.items() if other != name])
        basis = np.linalg.qr(others.T)[0]  # (latent_dim, others)
        freed[name] = of_this - basis @ (basis.T @ of_this)
    return freed


def _ink(images) -> np.ndarray:
    """How much of each pixel is ink, `(n, height, width)` in 0..1."""
    return (np.asarray(images)[..., 0] + 1) / 2


def _moments(images):
    """Central second moments of the ink: over columns, over rows, and mixed; each `(n,)`, in pixels squared."""
    ink = _ink(images)
    ink = ink / np.maximum(ink.sum(axis=(1, 2), keepdims=True), 1e-6)
    y, x = np.mgrid[: ink.shape[1], : ink.shape[2]]
    x = x - (ink * x).sum(axis=(1, 2), keepdims=True)
    y = y - (ink * y).sum(axis=(1, 2), keepdims=True)
    return (ink * x * x).sum(axis=(1, 2)), (ink * y * y).sum(axis=(1, 2)), (ink * x * y).sum(axis=(1, 2))
