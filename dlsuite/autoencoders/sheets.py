"""Pictures of what auto-encoders do, drawn with NumPy and Pillow: sheets of pairs, and maps of a plane of codes."""

import numpy as np
from PIL import Image, ImageDraw

from dlsuite.pictures import PAPER, SIDE, sheet, to_pixels

MANIFOLD = 20
"""Pictures along each side of the manifold."""
CLASS_COLOURS = np.array(
    [
        [31, 119, 180],
        [255, 127, 14],
        [44, 160, 44],
        [214, 39, 40],
        [148, 103, 189],
        [140, 86, 75],
        [227, 119, 194],
        [110, 110, 110],
        [170, 170, 20],
        [23, 190, 207],
    ],
    "uint8",
)
"""Of the digits 0 to 9; the last one is also that of pictures without a class."""


def paired(above, below, columns):
    """Two lists of images on one sheet: a row of the first, and beneath it the row of the second, and so on."""
    rows = [
        part
        for start in range(0, len(above), columns)
        for part in (above[start : start + columns], below[start : start + columns])
    ]
    return sheet(np.concatenate(rows), columns)


def beside(*pictures):
    """Pictures as one, side by side, all enlarged or reduced to `SIDE` pixels of height."""
    same = [
        Image.fromarray(picture).resize((round(SIDE * picture.shape[1] / picture.shape[0]), SIDE))
        for picture in pictures
    ]
    return np.concatenate([np.asarray(picture) for picture in same], axis=1)


def extent_of(codes):
    """Half the width of a square map around the origin that shows nearly all `codes` `(n, 2)`; at least 1."""
    return float(max(1.0, 1.05 * np.quantile(np.abs(codes), 0.998))) if len(codes) else 3.0


def latent_map(codes, labels, extent):
    """Codes of held-out pictures on the plane, coloured by class, uint8 `(SIDE, SIDE, 3)`.

    Args:
        codes: `(n, 2)`.
        labels: `(n,)`, 0 to 9, or -1 for none.
        extent: half the map's width.
    """
    picture = Image.new("RGB", (2 * SIDE, 2 * SIDE), PAPER)
    draw = ImageDraw.Draw(picture, "RGBA")
    draw.line([(0, SIDE), (2 * SIDE, SIDE)], fill=(0, 0, 0, 40), width=2)
    draw.line([(SIDE, 0), (SIDE, 2 * SIDE)], fill=(0, 0, 0, 40), width=2)
    for (x, y), label in zip(to_pixels(codes, extent, 2 * SIDE), labels, strict=True):
        draw.ellipse([x - 6, y - 6, x + 6, y + 6], fill=(*CLASS_COLOURS[label].tolist(), 170))
    return np.asarray(picture.reduce(2))
