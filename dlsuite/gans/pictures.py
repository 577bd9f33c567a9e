"""Pictures of what two players do, drawn with NumPy and Pillow: sheets of samples and maps of the plane."""

import numpy as np
from PIL import Image, ImageDraw

REAL, FAKE = (17, 24, 39), (255, 255, 255)


def sheet(images, columns, border=2):
    """Images in -1..1, `(n, height, width, channels)` -> one uint8 picture `(h, w, 3)`, `columns` images a row."""
    images = np.clip((np.asarray(images) + 1) * 127.5, 0, 255).round().astype("uint8")
    if images.shape[-1] == 1:
        images = np.repeat(images, 3, axis=-1)
    n, height, width, _ = images.shape
    rows = -(-n // columns)
    tall, wide = height + border, width + border
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


def plane(real, samples, score, gradient, extent, side=560):
    """A map of the plane: the critic's score as colour, real points dark, samples white, the gradient as arrows.

    Args:
        real, samples: points `(n, 2)`.
        score: `(rows, columns)` over [-extent, extent]^2, as `lattice` lays it out; higher is warmer.
        gradient: `(rows, columns, 2)` of the score, likewise: where the critic pulls samples.
        extent: half the map's width, in the data's units.
        side: of the picture, in pixels.

    Returns:
        uint8 `(side, side, 3)`.
    """
    large = 2 * side  # drawn at twice the size and shrunk, which smooths the edges
    picture = Image.fromarray(heat(score)).resize((large, large), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture)

    def pixels(points):
        return (np.asarray(points) * [1, -1] / extent + 1) * large / 2

    longest = np.linalg.norm(gradient, axis=-1).max() or 1.0
    rows, columns = gradient.shape[:2]
    tails = lattice(extent, rows)
    heads = tails + gradient.reshape(-1, 2) / longest * 2.4 * extent / columns
    for (x0, y0), (x1, y1) in zip(pixels(tails), pixels(heads), strict=True):
        draw.line([x0, y0, x1, y1], fill=(90, 100, 120), width=3)
        draw.ellipse([x1 - 4, y1 - 4, x1 + 4, y1 + 4], fill=(90, 100, 120))
    for points, colour, radius in ((real, REAL, 5), (samples, FAKE, 5)):
        for x, y in pixels(points):
            draw.ellipse([x - radius, y - radius, x + radius, y + radius], fill=colour, outline=REAL)
    return np.asarray(picture.resize((side, side), Image.Resampling.LANCZOS))


def heat(score):
    """Scores to colours, uint8 `(rows, columns, 3)`: blue for the lowest, through near white, to orange."""
    score = np.asarray(score, "float64")
    low, high = score.min(), score.max()
    level = (score - low) / (high - low) if high > low else np.full_like(score, 0.5)
    stops = np.array([[56, 108, 176], [158, 202, 225], [247, 247, 240], [253, 190, 133], [217, 95, 14]])
    channels = [np.interp(level, np.linspace(0, 1, 5), stops[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype("uint8")
