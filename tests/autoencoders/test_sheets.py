"""Pairs lie below each other, and codes where they belong."""

import numpy as np
import pytest

from dlsuite.autoencoders import sheets
from dlsuite.pictures import PAPER, SIDE, to_pixels


def plain(values, channels=1):
    """One image of 4 x 6 pixels of each value."""
    return np.ones((1, 4, 6, channels), "float32") * np.reshape(values, (-1, 1, 1, 1))


@pytest.mark.parametrize("n", [2, 3, 4])
def test_every_image_has_its_pair_below(n):
    above, below = plain(np.arange(n) / 10), plain(0.5 + np.arange(n) / 10)
    picture = sheets.paired(above, below, columns=n if n < 4 else 2)[..., 0] / 255
    rows = picture[4::6, 5::8]  # the middles of all places
    if n < 4:
        np.testing.assert_allclose(rows, [above[:, 0, 0, 0], below[:, 0, 0, 0]], atol=0.005)
    else:
        np.testing.assert_allclose(rows, [[0, 0.1], [0.5, 0.6], [0.2, 0.3], [0.7, 0.8]], atol=0.005)


def test_pictures_beside_each_other_are_of_one_height():
    left, right = np.zeros((10, 20, 3), "uint8"), np.full((40, 20, 3), 255, "uint8")
    picture = sheets.beside(left, right)
    assert picture.shape == (SIDE, 2 * SIDE + SIDE // 2, 3)
    assert (picture[:, : 2 * SIDE] == 0).all()
    assert (picture[:, 2 * SIDE :] == 255).all()


def test_codes_lie_on_the_map_in_the_colour_of_their_class():
    codes, labels = np.array([[-2.0, 2.0], [1.0, -2.0], [2.0, 2.0]]), np.array([3, 7, -1])
    picture = sheets.latent_map(codes, labels, extent=3.0)
    assert picture.shape == (SIDE, SIDE, 3)
    for code, label in zip(codes, labels, strict=True):
        x, y = to_pixels(code, 3.0).astype(int)
        colour = 170 / 255 * sheets.CLASS_COLOURS[label] + 85 / 255 * np.array(PAPER)
        np.testing.assert_allclose(picture[y, x], colour, atol=3)


def test_the_extent_holds_nearly_all_codes():
    codes = np.random.default_rng(0).normal(scale=3, size=(1000, 2))
    extent = sheets.extent_of(codes)
    assert 0.99 < (np.abs(codes) < extent).mean() <= 1
    assert extent < 1.1 * np.abs(codes).max()
    assert sheets.extent_of(0.01 * codes) == 1
    assert sheets.extent_of(np.zeros((0, 2))) == 3
