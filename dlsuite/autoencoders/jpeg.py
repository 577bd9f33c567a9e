"""JPEG at its best, the yardstick of learned compression: its distortion at a given rate.

Of JPEG, only what its entropy coder wrote counts (the scans), not the headers and tables around it, which would weigh
on small pictures: that is kind to JPEG, whose Huffman tables are made for each picture. It may choose for each picture
among all qualities from 1 to 95, both subsamplings of colour (4:2:0 and 4:4:4), and sequential or progressive order.
"""

import io
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageFile

from dlsuite import pictures


class Point(NamedTuple):
    """One JPEG of a picture."""

    bits: int
    """Of the scans."""
    psnr: float
    """In decibels."""
    data: bytes
    """The whole file."""


def best(picture) -> list[Point]:
    """The JPEGs of a picture, uint8 `(height, width, 1 or 3)`, that no other undercuts, from the smallest on."""
    points = []
    for subsampling in ("4:2:0", "4:4:4") if picture.shape[-1] == 3 else ("4:4:4",):
        for quality in range(1, 96):
            both = [_written(picture, quality, subsampling, progressive) for progressive in (False, True)]
            data = min(both, key=scan_bits)  # the decoded pictures are the same
            points.append(Point(scan_bits(data), psnr(read(data), picture), data))
    points.sort()
    return [point for index, point in enumerate(points) if all(point.psnr > other.psnr for other in points[:index])]


def psnr_at(points: list[Point], bits: float) -> float:
    """JPEG's PSNR in decibels at a number of bits, interpolated between its points along the logarithm of the bits.

    Below its smallest file it is given that one's, above its largest that one's.
    """
    return float(np.interp(np.log(bits), np.log([point.bits for point in points]), [point.psnr for point in points]))


def read(data: bytes) -> np.ndarray:
    """A file's picture, uint8 `(height, width, 1 or 3)`."""
    picture = np.asarray(Image.open(io.BytesIO(data)))
    return picture[..., None] if picture.ndim == 2 else picture


def psnr(one, other) -> float:
    """The peak signal-to-noise ratio of two uint8 pictures, in decibels."""
    error = np.mean((np.asarray(one, "float64") - np.asarray(other, "float64")) ** 2)
    return float(pictures.psnr(error, peak=255))


def scan_bits(data: bytes) -> int:
    """The bits between each start-of-scan segment of a JPEG file and the marker after it."""
    bits, at = 0, 2
    while data[at + 1] != 0xD9:  # end of image
        is_scan = data[at + 1] == 0xDA
        at += 2 + int.from_bytes(data[at + 2 : at + 4], "big")
        if is_scan:
            start = at
            while data[at] != 0xFF or data[at + 1] == 0x00:  # 0xFF00 is a byte 0xFF of the scan
                at = data.index(0xFF, at + 1)
            bits += 8 * (at - start)
    return bits


def _written(picture, quality, subsampling, progressive):
    # Pillow writes an optimized file in one piece, for which its own buffer is too small where a picture is all noise.
    ImageFile.MAXBLOCK = max(ImageFile.MAXBLOCK, 4 * picture.size)
    file = io.BytesIO()
    options = {"subsampling": subsampling} if picture.shape[-1] == 3 else {}
    image = Image.fromarray(picture if picture.shape[-1] == 3 else picture[..., 0])
    image.save(file, "jpeg", quality=quality, optimize=True, progressive=progressive, **options)
    return file.getvalue()
