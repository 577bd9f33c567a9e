"""Signals, their targets, what is predicted, and where attention looks, as one picture drawn with NumPy and Pillow."""

import numpy as np
from PIL import Image, ImageDraw

from dlsuite.pictures import COLD, PAPER, WARM

PLACE = 4
"""Pixels that a place of a signal is wide."""
TALL = 200
"""Pixels that a row is high, and its heat map wide."""
GAP = 12
BLACK = 0.1
"""The weight that is drawn black."""
GREY = (150, 158, 168)


def sheet(signals, targets, predictions, weights=None):
    """A row for each signal: it in grey, its target in blue, what is predicted in orange; beside it the weights.

    Args:
        signals, targets, predictions: `(n, length)`, drawn from -0.1 to 1.1.
        weights: `(n, length, length)`: row j shows where place j looks.

    Returns:
        uint8 `(height, width, 3)`.
    """
    rows = [curves(*row) for row in zip(signals, targets, predictions, strict=True)]
    if weights is not None:
        rows = [beside(row, heat_map(each)) for row, each in zip(rows, weights, strict=True)]
    return np.concatenate(rows)


def curves(*three):
    """Curves over each other, uint8 `(TALL, PLACE length, 3)`."""
    length = len(three[0])
    picture = Image.new("RGB", (PLACE * length, TALL), PAPER)
    draw = ImageDraw.Draw(picture)
    for curve, colour in zip(three, (GREY, COLD, WARM), strict=True):
        heights = (1.1 - np.clip(curve, -0.1, 1.1)) / 1.2 * (TALL - 1)
        places = PLACE * (np.arange(length) + 0.5)
        draw.line([(x, y) for x, y in zip(places, heights, strict=True)], fill=colour, width=2)
    return np.asarray(picture)


def heat_map(weights):
    """Weights `(J, I)` as shades, uint8 `(TALL, TALL, 3)`, from paper at 0 to black at `BLACK` and above."""
    shade = np.minimum(weights / BLACK, 1)
    picture = Image.fromarray((np.array(PAPER) * (1 - shade[..., None])).round().astype("uint8"))
    return np.asarray(picture.resize((TALL, TALL), Image.Resampling.BOX))


def beside(left, right):
    """Two pictures of one height with a gap between them."""
    return np.concatenate([left, np.full((len(left), GAP, 3), PAPER, "uint8"), right], axis=1)
