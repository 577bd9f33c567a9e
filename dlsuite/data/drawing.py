"""Drawings by hand: pen strokes as a distribution in the plane, or as a digit."""

import numpy as np

EXTENT = 2.0
"""Strokes and points lie in [-EXTENT, EXTENT]^2, y upwards."""
DOT = 0.1
"""A shorter stroke counts as having this length, so that dots become modes."""
SMALLEST = 0.4
"""A drawing whose width and height are both below this is too small to learn from."""


def points(strokes: list, jitter: float = 0.05, n: int = 5_000, seed: int = 0) -> np.ndarray:
    """Points spread evenly along strokes, with a little jitter; the same arguments give the same points.

    Args:
        strokes: each a list of its corners (x, y); what lies outside the square is moved to its border.
        jitter: the standard deviation, along each axis, of the Gaussian noise added to every point.
        n: the number of points, divided among the strokes in proportion to their length.
        seed: for the jitter, and for the order of the points.

    Returns:
        float32 `(n, 2)` in -2..2, in random order, so that any part of them is spread over all strokes.

    Raises:
        ValueError: a stroke is not a list of points, or the drawing is too small.
    """
    strokes = [np.clip(corners(stroke), -EXTENT, EXTENT) for stroke in strokes]
    if not strokes or np.ptp(np.concatenate(strokes), axis=0).max() < SMALLEST:
        raise ValueError("strokes: the drawing is too small to learn from; draw a longer line, or dots further apart")

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
    # Points that the jitter moves across the border are mirrored back; clipping would pile them up there in a line.
    folded = np.where(np.abs(placed) > EXTENT, 2 * EXTENT * np.sign(placed) - placed, placed)
    return np.clip(folded, -EXTENT, EXTENT).astype("float32")


def corners(stroke: list) -> np.ndarray:
    """A stroke's corners as an array.

    Returns:
        float64 `(n, 2)`, n >= 1, all finite.

    Raises:
        ValueError: they do not form such an array.
    """
    try:
        found = np.asarray(stroke, "float64")
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"strokes: one is not a list of points ({error})") from None
    if found.ndim != 2 or found.shape[1] != 2 or not len(found):
        raise ValueError(f"strokes: one has the shape {found.shape}, but (n, 2) is needed")
    if not np.isfinite(found).all():
        raise ValueError("strokes: one has values that are not finite numbers")
    return found


def _travelled(stroke: np.ndarray) -> np.ndarray:
    """The distance travelled by the pen at each corner `(n, 2)` of a stroke, `(n,)`."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(stroke, axis=0), axis=1))])


def digit(strokes: list, size: int = 28, box: int = 20) -> np.ndarray:
    """Strokes as a picture like MNIST's: white on black, scaled to fit a box, with the centre of mass in the middle.

    Args:
        strokes: each a list of its corners (x, y) in [-EXTENT, EXTENT]^2, y upwards.
        size: the picture's side in pixels.
        box: the longer side of the drawing in pixels.

    Returns:
        uint8 `(size, size, 1)`, 0..255.

    Raises:
        ValueError: a stroke is not a list of points, or the drawing is too small.
    """
    from PIL import Image, ImageDraw

    strokes = [corners(stroke) for stroke in strokes]
    drawn = np.concatenate(strokes) if strokes else np.zeros((1, 2))
    low, wide = drawn.min(axis=0), np.ptp(drawn, axis=0)
    if wide.max() < SMALLEST:
        raise ValueError("strokes: the drawing is too small; draw a digit that fills the square")
    fine = 8
    scale, pen = (box - 3) * fine / wide.max(), 2.2 * fine
    picture = Image.new("L", (size * fine, size * fine))
    draw = ImageDraw.Draw(picture)
    offset = (size * fine - wide * scale) / 2
    for stroke in strokes:
        places = (stroke - low) * scale + offset
        places[:, 1] = size * fine - places[:, 1]
        draw.line([tuple(place) for place in places], fill=255, width=round(pen), joint="curve")
        for x, y in places:
            draw.ellipse([x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2], fill=255)
    grey = np.asarray(picture.reduce(fine), "float64")
    y, x = (np.average(np.arange(size), weights=grey.sum(axis=axis)) for axis in (1, 0))
    shift = np.round([(size - 1) / 2 - y, (size - 1) / 2 - x]).astype(int)
    return np.roll(grey, shift, axis=(0, 1))[..., None].round().astype("uint8")
