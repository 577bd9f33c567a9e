"""Pictures of alignments: which piece of the source was looked at for each piece of the translation."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dlsuite.pictures import PAPER

CELL = 22
"""Pixels a side."""
MARGIN = 110
"""Pixels for the pieces' names."""
INK = (30, 30, 30)
MOST = np.array([8, 69, 148])
"""The colour of the weight 1; that of 0 is white."""


def heat_map(source, target, weights):
    """One alignment.

    Args:
        source: S str, from left to right.
        target: T str, from top to bottom.
        weights: `(T, S)` in 0..1, or `(T, 0)` where nothing was looked at: then there are only the words.

    Returns:
        uint8 `(height, width, 3)`.
    """
    columns = weights.shape[1]
    width, height = MARGIN + CELL * max(columns, 1), MARGIN + CELL * len(target)
    picture = Image.new("RGB", (width, height), PAPER)
    cells = 255 - weights[:, :, None] * (255 - MOST)
    if columns:
        large = np.kron(cells, np.ones((CELL, CELL, 1))).round().astype("uint8")
        picture.paste(Image.fromarray(large), (MARGIN, MARGIN))
    font, draw = ImageFont.load_default(13), ImageDraw.Draw(picture)
    for row, piece in enumerate(target):
        draw.text((MARGIN - 6, MARGIN + CELL * (row + 0.5)), piece, INK, font, anchor="rm")
    sideways = Image.new("RGB", (MARGIN, CELL * max(columns, 1)), PAPER)
    for column, piece in enumerate(source[:columns]):
        ImageDraw.Draw(sideways).text((6, CELL * (column + 0.5)), piece, INK, font, anchor="lm")
    picture.paste(sideways.rotate(90, expand=True), (MARGIN, 0))
    return np.asarray(picture)


def sheet(sources, targets, weights):
    """Several alignments side by side, without their padding.

    Args:
        sources: bytes `(n, S)`, pieces with `▁` for a space, padded by the empty one.
        targets: bytes `(n, T)`, as well.
        weights: `(n, T, S)` or `(n, T, 0)`.

    Returns:
        uint8 `(height, width, 3)`.
    """
    pictures = []
    for source, target, weight in zip(sources, targets, weights, strict=True):
        source, target = ([shown(piece) for piece in pieces if piece] for pieces in (source, target))
        pictures.append(heat_map(source, target, weight[: len(target), : len(source)]))
    height = max(picture.shape[0] for picture in pictures)
    padded = [
        np.pad(picture, [(0, height - picture.shape[0]), (0, CELL), (0, 0)], constant_values=250)
        for picture in pictures
    ]
    return np.concatenate(padded, axis=1)


def shown(piece):
    """A piece's bytes as people read it: with the space before it as `·`, and the end as `⏎`."""
    return {"<end>": "⏎"}.get(piece.decode(), piece.decode().replace("▁", "·"))
