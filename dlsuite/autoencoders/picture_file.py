"""Compressed pictures as files: what a `compression` model and an `entropy_coder` make of a picture, and back.

    byte 0        0xD0 + quality
    bytes 1-4     height and width, two bytes each, the lower one first
    the rest      the entropy coder's stream of the symbols, row by row

A picture's edge is repeated until its sides are whole strides of the code, and the header says where to cut it again.
Whoever reads a file needs the model that wrote it.
"""

import struct

import numpy as np

from dlsuite.arguments import require_one_of
from dlsuite.autoencoders import entropy_coder
from dlsuite.autoencoders.code_prior import QUALITIES

STRIDE = 16
"""Pixels from one place of the code to the next. A picture's sides are multiples of it; `encode` fills them up."""
HEADER = struct.Struct("<BHH")
MAGIC = 0xD0
MOST_PIXELS = 1 << 24
"""Of a picture that `encode` and `decode` take."""


def fill(picture):
    """A picture uint8 `(height, width, channels)` as a batch of one in 0..1; its edge repeated up to whole strides."""
    height, width, _ = picture.shape
    filled = np.pad(picture, [(0, -height % STRIDE), (0, -width % STRIDE), (0, 0)], mode="edge")
    return filled[None] / np.float32(255)


def encode(model, picture, quality) -> bytes:
    """A picture as a file: 5 bytes of header, then the entropy coder's stream of its symbols, row by row.

    Args:
        model: a `Compressor`, or one that `serving.load` gives.
        picture: uint8 `(height, width, channels)` of any height and width.
        quality: 0, the fewest bits, to `QUALITIES` - 1.

    Raises:
        ValueError: the picture is not such an array, or the quality does not exist.
    """
    picture = np.asarray(picture)
    require_one_of(range(QUALITIES), quality=quality)
    tables = model.tables(quality=quality)
    channels = int(tables["channels"])
    if picture.dtype != np.uint8 or picture.ndim != 3 or picture.shape[2] != channels or not picture.size:
        shape = f"{picture.dtype} {picture.shape}"
        raise ValueError(f"picture: it is {shape}, and must be uint8 (height, width, {channels})")
    height, width, _ = picture.shape
    if height * width > MOST_PIXELS or max(height, width) > 0xFFFF:
        raise ValueError(f"picture: {height} x {width} pixels are too many")
    compressed = model.compress(pictures=fill(picture), quality=quality)
    symbols, frequencies = np.asarray(compressed["symbols"]).ravel(), np.asarray(tables["frequencies"])
    which = np.resize(np.arange(len(frequencies)), len(symbols))  # the channel of each symbol
    return HEADER.pack(MAGIC + quality, height, width) + entropy_coder.encode(symbols, which, frequencies)


def decode(model, file: bytes) -> np.ndarray:
    """The picture uint8 `(height, width, channels)` in a file that `encode` wrote with the same model.

    Raises:
        ValueError: it is not such a file, it is truncated or damaged, or it is another model's.
    """
    first, height, width = HEADER.unpack(file[: HEADER.size]) if len(file) >= HEADER.size else (0, 0, 0)
    quality = first - MAGIC
    if quality not in range(QUALITIES) or not 0 < height * width <= MOST_PIXELS:
        raise ValueError("file: it does not begin as a picture that was compressed here does")
    frequencies = np.asarray(model.tables(quality=quality)["frequencies"])
    shape = -(-height // STRIDE), -(-width // STRIDE), len(frequencies)
    which = np.resize(np.arange(len(frequencies)), np.prod(shape))
    symbols = entropy_coder.decode(file[HEADER.size :], which, frequencies).reshape(1, *shape)
    filled = np.asarray(model.decompress(symbols=symbols, quality=quality)["pictures"])[0]
    return np.round(255 * filled[:height, :width]).astype("uint8")
