"""What somebody draws by hand: strokes of a pen as a distribution in the plane, or as a digit."""

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
        raise ValueError(f"strokes: its shape is {found.shape}, but (n, 2) is needed")
    if not np.isfinite(found).all():
        raise ValueError("strokes: one holds values that are no finite numbers")
    return found


def _travelled(stroke: np.ndarray) -> np.ndarray:
    """How far the pen has come at each corner `(n, 2)` of a stroke, `(n,)`."""
    return np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(stroke, axis=0), axis=1))])


def digit(strokes: list, size: int = 28, box: int = 20) -> np.ndarray:
    """Strokes as a picture like MNIST's: white on black, fitted into a box, its centre of mass in the middle.

    Args:
        strokes: each a list of its corners (x, y) in [-EXTENT, EXTENT]^2, y upwards.
        size: pixels a side of the picture.
        box: pixels of the longer side of what is drawn.

    Returns:
        uint8 `(size, size, 1)`, 0..255.

    Raises:
        ValueError: a stroke is no list of points, or too little is drawn.
    """
    from PIL import Image, ImageDraw

    strokes = [corners(stroke) for stroke in strokes]
    drawn = np.concatenate(strokes) if strokes else np.zeros((1, 2))
    low, wide = drawn.min(axis=0), np.ptp(drawn, axis=0)
    if wide.max() < SMALLEST:
        raise ValueError("strokes: too little is drawn; draw a digit that fills the square")
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
