"""A distribution in the plane that somebody draws by hand: the points that strokes of a pen stand for."""

import numpy as np

EXTENT = 2.0
"""Strokes and points lie in [-EXTENT, EXTENT]^2, y upwards."""
DOT = 0.1
"""A shorter stroke counts as one of this length, so that dots become modes."""
SMALLEST = 0.4
"""A drawing that is neither wider nor higher is too little to learn from."""


def points(strokes: list, jitter: float = 0.05, n: int = 5_000, seed: int = 0) -> np.ndarray:
    """Points that lie evenly along strokes, all but a little jitter; the same ones for the same arguments.

    Args:
        strokes: each a list of its corners (x, y); what lies outside the plane's square is moved to its border.
        jitter: the standard deviation, along each axis, of the Gaussian by which every point is moved.
        n: how many points. A stroke has as many of them as its length is of all strokes' length.
        seed: of the jitter, and of the order that the points come in.

    Returns:
        float32 `(n, 2)` in -2..2, in random order, so that any part of them is spread over all strokes.

    Raises:
        ValueError: a stroke is no list of points, or too little is drawn.
    """
    strokes = [np.clip(corners(stroke), -EXTENT, EXTENT) for stroke in strokes]
    if not strokes or np.ptp(np.concatenate(strokes), axis=0).max() < SMALLEST:
        raise ValueError("strokes: too little is drawn to learn from; draw a longer line, or dots further apart")

    travelled = [_travelled(stroke) for stroke in strokes]
    counted = np.maximum([distance[-1] for distance in travelled], DOT)
    ends = np.cumsum(counted)
    position = (np.arange(n) + 0.5) / n * ends[-1]
    owner = np.searchsorted(ends, position)
    placed = np.empty((n, 2))
    for index, (stroke, distance) in enumerate(zip(strokes, travelled, strict=True)):
        is_own = owner == index
        share = 1 - (ends[index] - position[is_own]) / counted[index]
        for axis in (0, 1):
            placed[is_own, axis] = np.interp(share * distance[-1], distance, stroke[:, axis])

    random = np.random.default_rng(seed)
    placed = random.permutation(placed) + random.normal(scale=jitter, size=(n, 2))
    # What the jitter carries over the border is mirrored back; cut off, it would heap up there as a line.
    folded = np.where(np.abs(placed) > EXTENT, 2 * EXTENT * np.sign(placed) - placed, placed)
    return np.clip(folded, -EXTENT, EXTENT).astype("float32")


def corners(stroke: list) -> np.ndarray:
    """A stroke's corners as an array.

    Returns:
        float64 `(n, 2)`, n >= 1, all finite.

    Raises:
        ValueError: they are no such array.
    """
    try:
        found = np.asarray(stroke, "float64")
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"strokes: one is no list of points ({error})") from None
    if found.ndim != 2 or found.shape[1] != 2 or not len(found):
        raise ValueError(f"strokes: one has the shape {found.shape}, and (n, 2) is needed")
    if not np.isfinite(found).all():
        raise ValueError("strokes: one holds values that are no finite numbers")
    return found


def _travelled(stroke: np.ndarray) -> np.ndarray:
    """How far the pen has come at each corner `(n, 2)` of a stroke, `(n,)`."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(stroke, axis=0), axis=1))])
