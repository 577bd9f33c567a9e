"""Compressed pictures as files: as long as the bits, read without loss, of any size; and what is no such file."""

import numpy as np
import pytest

from dlsuite.autoencoders import compression, picture_file


@pytest.fixture(scope="module")
def model():
    """A small one of digits, trained for seconds."""
    return compression.train(dataset="mnist", source="bundled", epochs=2, width=8, code_channels=12)


@pytest.fixture(scope="module")
def pictures():
    return compression.held_out("mnist", source="bundled")


@pytest.mark.slow
def test_files_are_as_long_as_the_bits_and_are_read_without_loss(model, pictures):
    for quality in range(compression.QUALITIES):
        # One by one, as files are made: in a batch a number may be rounded to the other side of a half.
        answers = [model.reconstruct(picture_file.fill(picture), quality) for picture in pictures]
        files = [picture_file.encode(model, picture, quality) for picture in pictures]
        bits = float(np.sum([answer["bits"] for answer in answers]))
        streams = [len(file) - picture_file.HEADER.size for file in files]
        assert 8 * sum(streams) == pytest.approx(bits, rel=0.02)
        for file, picture, answer in zip(files, pictures, answers, strict=True):
            height, width, _ = picture.shape
            expected = answer["pictures"].numpy()[0, :height, :width]
            np.testing.assert_allclose(picture_file.decode(model, file) / 255, expected, atol=0.5 / 255 + 1e-4)


def test_any_height_and_width(model, pictures):
    for height, width in [(1, 1), (16, 16), (17, 15), (100, 37)]:
        picture = pictures[0][:height, :width]
        decoded = picture_file.decode(model, picture_file.encode(model, picture, 4))
        assert decoded.shape == picture.shape
        assert decoded.dtype == np.uint8


@pytest.mark.parametrize(
    "picture",
    [np.zeros((16, 16, 3), "uint8"), np.zeros((16, 16), "uint8"), np.zeros((16, 16, 1)), np.zeros((0, 16, 1), "uint8")],
    ids=lambda picture: f"{picture.dtype}{picture.shape}",
)
def test_what_cannot_be_encoded(model, picture):
    with pytest.raises(ValueError, match=r"picture: it is .*, and must be uint8 \(height, width, 1\)"):
        picture_file.encode(model, picture, 0)


def test_sizes_and_qualities_that_cannot_be_encoded(model):
    with pytest.raises(ValueError, match="quality=5: it must be one of 0, 1, 2, 3, 4"):
        picture_file.encode(model, np.zeros((16, 16, 1), "uint8"), 5)
    with pytest.raises(ValueError, match="picture: 1 x 65536 pixels are too many"):
        picture_file.encode(model, np.zeros((1, 65536, 1), "uint8"), 0)


def test_what_cannot_be_decoded(model, pictures):
    file = picture_file.encode(model, pictures[0][:32, :32], 2)
    for length in range(len(file)):
        with pytest.raises(ValueError, match=r"(file|stream): "):
            picture_file.decode(model, file[:length])
    for foreign in (
        b"\x89PNG\r\n\x1a\n" * 9,
        b"\xff\xd8\xff\xe0" * 20,
        file[:1] + b"\0\0\0\0" + file[5:],
        file + b"\0\0",
    ):
        with pytest.raises(ValueError, match=r"(file|stream): "):
            picture_file.decode(model, foreign)
