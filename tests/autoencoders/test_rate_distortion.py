"""Rate and distortion are those of the files."""

import numpy as np
import pytest

from dlsuite.autoencoders import compression, picture_file, rate_distortion


def test_the_curve_is_of_the_files():
    model, pictures = compression.Compressor(1, 4, 4), compression.held_out("mnist", source="bundled")
    curve = rate_distortion.curve(model, pictures[:2])
    file = picture_file.encode(model, pictures[1], 2)
    assert curve["coded_bits"][2, 1] == 8 * len(file)
    error = np.mean((picture_file.decode(model, file).astype(float) - pictures[1]) ** 2)
    assert curve["psnr"][2, 1] == pytest.approx(10 * np.log10(255**2 / error))
    assert (np.diff(curve["jpeg_psnr"], axis=0) >= 0).all()
