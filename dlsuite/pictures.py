"""What the lectures' pictures have in common, drawn with NumPy: sheets of images, maps of the plane, colours, the PSNR.

A map shows the square [-extent, extent]^2, with x to the right and y upwards.
"""

import numpy as np

SIDE = 560
"""The height of a map, in pixels."""
PAPER, COLD, WARM = (250, 250, 247), (56, 108, 176), (217, 95, 14)
"""RGB of the background, and of two colours that stand for low and high, or for two things that are compared."""


def sheet(images, columns, border=2, black=0.0):
    """Images in black..1, `(n, height, width, channels)` -> one uint8 picture `(h, w, 3)`, `columns` images a row."""
    images = ((np.clip(images, black, 1) - black) / (1 - black) * 255).round().astype("uint8")
    if images.shape[-1] == 1:
        images = np.repeat(images, 3, axis=-1)
    n, height, width, _ = images.shape
    rows, tall, wide = -(-n // columns), height + border, width + border
    picture = np.full((rows * tall + border, columns * wide + border, 3), 40, "uint8")
    for index, image in enumerate(images):
        top, left = border + index // columns * tall, border + index % columns * wide
        picture[top : top + height, left : left + width] = image
    return picture


def lattice(extent, side):
    """The middles of `side` x `side` cells over [-extent, extent]^2, float32 `(side^2, 2)`; rows go down from +y."""
    ticks = (np.arange(side) + 0.5) / side * 2 * extent - extent
    x, y = np.meshgrid(ticks, -ticks)
    return np.stack([x, y], axis=-1).reshape(-1, 2).astype("float32")


def to_pixels(points, extent, side=SIDE):
    """Points `(..., 2)` of [-extent, extent]^2 to pixels `(x, y)` of a map of `side` x `side`."""
    return (np.asarray(points) * [1, -1] / extent + 1) * side / 2


def psnr(mean_squared_error, peak=1.0):
    """The peak signal-to-noise ratio 10 log10(peak^2 / mean squared error), in decibels; infinite without an error.

    Args:
        mean_squared_error: a number or an array, 0 or above.
        peak: the difference between black and white.
    """
    with np.errstate(divide="ignore"):
        return 10 * np.log10(peak**2 / np.asarray(mean_squared_error))
