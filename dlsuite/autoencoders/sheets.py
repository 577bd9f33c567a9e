"""Pictures of what auto-encoders do, drawn with NumPy and Pillow: sheets, pairs, and maps of a plane of codes."""

import numpy as np
from PIL import Image, ImageDraw

SIDE = 560
MANIFOLD = 20
"""Pictures along each side of the manifold."""
PAPER = (250, 250, 247)
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


def sheet(images, columns, border=2):
    """Images in 0..1, `(n, height, width, channels)` -> one uint8 picture `(h, w, 3)`, `columns` images a row."""
    images = (np.clip(images, 0, 1) * 255).round().astype("uint8")
    if images.shape[-1] == 1:
        images = np.repeat(images, 3, axis=-1)
    n, height, width, _ = images.shape
    rows, tall, wide = -(-n // columns), height + border, width + border
    picture = np.full((rows * tall + border, columns * wide + border, 3), 40, "uint8")
    for index, image in enumerate(images):
        top, left = border + index // columns * tall, border + index % columns * wide
        picture[top : top + height, left : left + width] = image
    return picture


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


def lattice(extent, side):
    """The middles of `side` x `side` cells over [-extent, extent]^2, float32 `(side^2, 2)`; rows go down from +y."""
    ticks = (np.arange(side) + 0.5) / side * 2 * extent - extent
    x, y = np.meshgrid(ticks, -ticks)
    return np.stack([x, y], axis=-1).reshape(-1, 2).astype("float32")


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
    for (x, y), label in zip(2 * to_pixels(codes, extent), labels, strict=True):
        draw.ellipse([x - 6, y - 6, x + 6, y + 6], fill=(*CLASS_COLOURS[label].tolist(), 170))
    return np.asarray(picture.reduce(2))


def to_pixels(points, extent):
    """Points `(..., 2)` of [-extent, extent]^2 to pixels `(x, y)` of a map."""
    return (np.asarray(points) * [1, -1] / extent + 1) * SIDE / 2
