"""Rate and distortion of a `compression` model, picture by picture, beside what JPEG reaches with as many bits.

The rate is the length of the whole file, the distortion is told by the PSNR of what is read from it. JPEG is at its
best, see `jpeg`.
"""

import numpy as np

from dlsuite.autoencoders import jpeg, picture_file
from dlsuite.autoencoders.code_prior import QUALITIES


def curve(model, pictures) -> dict[str, np.ndarray]:
    """What becomes of each picture at each quality, arrays `(QUALITIES, pictures)` by name.

    `pixels`; `bits`, the model's own; `coded_bits`, the file's; `psnr` of what is read from the file; `jpeg_psnr`.

    Args:
        model: as `picture_file.encode` takes it.
        pictures: a list of uint8 `(height, width, channels)`.
    """
    points = {
        name: np.zeros((QUALITIES, len(pictures))) for name in ("pixels", "bits", "coded_bits", "psnr", "jpeg_psnr")
    }
    for index, picture in enumerate(pictures):
        files = jpeg.best(picture)
        for quality in range(QUALITIES):
            file = picture_file.encode(model, picture, quality)
            point = {
                "pixels": picture[..., 0].size,
                "bits": np.asarray(model.compress(pictures=picture_file.fill(picture), quality=quality)["bits"])[0],
                "coded_bits": 8 * len(file),
                "psnr": jpeg.psnr(picture_file.decode(model, file), picture),
                "jpeg_psnr": jpeg.psnr_at(files, 8 * len(file)),
            }
            for name, value in point.items():
                points[name][quality, index] = value
    return points
