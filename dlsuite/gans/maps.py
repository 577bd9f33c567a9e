"""Maps of the plane on which two players meet, drawn with NumPy and Pillow: the critic, real points, samples."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dlsuite.pictures import COLD, SIDE, WARM, lattice, to_pixels

LEGEND = 72
"""The height of `legend`, in pixels."""
LEAST, MOST = 1e-3, 10.0
"""The gradients with no arrow and with the longest, where arrows are measured and not only compared."""
REAL, FAKE, ARROW, MARK = (17, 24, 39, 110), (255, 255, 255, 255), (60, 70, 90, 120), (190, 24, 93, 255)


def survey(score, extent):
    """A critic over [-extent, extent]^2, for `terrain`: its `score` on 80 x 80 cells, its `gradient` on 16 x 16.

    Args:
        score: the signature `score`: points `(n, 2)` to `{"score": (n,), "gradient": (n, 2)}`.
    """
    fine, coarse = score(data=lattice(extent, 80)), score(data=lattice(extent, 16))
    return {
        "score": np.reshape(fine["score"], (80, 80)),
        "gradient": np.reshape(coarse["gradient"], (16, 16, 2)),
    }


def plane(real, samples, score, gradient, extent):
    """The whole map of the plane, uint8 `(SIDE, SIDE, 3)`: `terrain` and the points on it."""
    return with_points(terrain(score, gradient, extent), extent, real, samples)


def compared(norm):
    """The lengths of arrows, 0..1, in proportion to the gradients: the longest is 1, however small its gradient."""
    return norm / (norm.max() or 1.0)


def measured(norm):
    """The lengths of arrows, 0..1, by the power of ten of the gradient: the same in every picture; see `legend`."""
    return np.log10(np.clip(norm, LEAST, MOST) / LEAST) / np.log10(MOST / LEAST)


def terrain(score, gradient, extent, length=compared):
    """The critic over the plane: its score as colour, higher is warmer, and a gradient as arrows.

    Args:
        score: `(rows, columns)` over [-extent, extent]^2, as `lattice` lays it out.
        gradient: `(rows, columns, 2)` of the score, likewise: where the critic pulls samples.
        extent: half the map's width, in the data's units.
        length: how long arrows are, as a share of the longest that there is room for: `compared` or `measured`.

    Returns:
        uint8 `(SIDE, SIDE, 3)`.
    """
    picture = Image.fromarray(heat(score)).resize((2 * SIDE, 2 * SIDE), Image.Resampling.BICUBIC)
    draw = ImageDraw.Draw(picture, "RGBA")
    side = gradient.shape[0]
    tails = lattice(extent, side)
    norm = np.linalg.norm(gradient.reshape(-1, 2), axis=1)
    towards = gradient.reshape(-1, 2) / np.where(norm > 0, norm, 1)[:, None]
    steps = towards * length(norm)[:, None] * LONGEST * 2 * SIDE / side * [1, -1]
    for tail, step in zip(to_pixels(tails, extent, 2 * SIDE), steps, strict=True):
        _arrow(draw, tail, step)
    return np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS))


LONGEST = 1.3
"""The longest arrow, in cells of the lattice on which arrows stand."""


def _arrow(draw, tail, step):
    """An arrow in pixels, y downwards; no arrow where there is no step."""
    length = np.linalg.norm(step)
    if length:
        head, forward = tail + step, step / length
        sideways = np.array([-forward[1], forward[0]])
        draw.line([*tail, *head], fill=ARROW, width=3)
        corners = [head + 9 * forward, head + 5 * sideways, head - 5 * sideways]
        draw.polygon([tuple(corner) for corner in corners], fill=ARROW)


def legend(title, side=16):
    """What the lengths of `measured` arrows mean, uint8 `(LEGEND, SIDE, 3)`, to stand below a picture of the plane.

    Args:
        title: what the arrows are of.
        side: as many arrows as stand in a row of the picture.
    """
    picture = Image.new("RGB", (2 * SIDE, 2 * LEGEND), (250, 250, 249))
    draw, font = ImageDraw.Draw(picture, "RGBA"), ImageFont.load_default(26)
    ink = REAL[:3]
    draw.text((20, 14), title, ink, font)
    norms = np.array([0.01, 0.1, 1.0, MOST])
    lengths = measured(norms) * LONGEST * 2 * SIDE / side
    draw.text((20, 86), f"none below {LEAST:g}", ink, font)
    for left, norm, length in zip(np.linspace(260, 2 * SIDE - 280, len(norms)), norms, lengths, strict=True):
        _arrow(draw, np.array([left, 104.0]), np.array([length, 0.0]))
        draw.text((left + length + 22, 86), f"{norm:g}" + (" and more" if norm == MOST else ""), ink, font)
    return np.asarray(picture.reduce(2))


def with_points(background, extent, real, samples, highlight=None):
    """Points on a picture of [-extent, extent]^2: real ones dark, samples light, and at most one marked by a circle.

    Args:
        background: uint8 `(SIDE, SIDE, 3)`.
        real, samples: `(n, 2)`.
        highlight: a point `(2,)`, or `None`.
    """
    picture = Image.fromarray(background).resize((2 * SIDE, 2 * SIDE))
    draw = ImageDraw.Draw(picture, "RGBA")
    for points, fill, outline in ((real, REAL, None), (samples, FAKE, REAL)):
        for x, y in to_pixels(points, extent, 2 * SIDE):
            draw.ellipse([x - 5, y - 5, x + 5, y + 5], fill=fill, outline=outline, width=2)
    if highlight is not None:
        x, y = to_pixels(highlight, extent, 2 * SIDE)
        draw.ellipse([x - 9, y - 9, x + 9, y + 9], fill=MARK)
        draw.ellipse([x - 26, y - 26, x + 26, y + 26], outline=MARK, width=6)
    return np.asarray(picture.reduce(2))


def heat(score):
    """Scores to colours, uint8 `(rows, columns, 3)`: blue for the lowest, through near white, to orange."""
    score = np.asarray(score, "float64")
    low, high = score.min(), score.max()
    level = (score - low) / (high - low) if high > low else np.full_like(score, 0.5)
    stops = np.array([COLD, (158, 202, 225), (247, 247, 240), (253, 190, 133), WARM])
    channels = [np.interp(level, np.linspace(0, 1, 5), stops[:, channel]) for channel in range(3)]
    return np.stack(channels, axis=-1).round().astype("uint8")
