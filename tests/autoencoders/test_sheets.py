"""What is drawn lies where it belongs."""

import numpy as np
import pytest

from dlsuite.autoencoders import sheets


def plain(values, channels=1):
    """One image of 4 x 6 pixels of each value."""
    return np.ones((1, 4, 6, channels), "float32") * np.reshape(values, (-1, 1, 1, 1))


def test_a_sheet_has_its_images_row_by_row():
    picture = sheets.sheet(plain([0.0, 0.2, 0.4, 0.6, 1.0]), columns=3)
    assert picture.shape == (2 * 6 + 2, 3 * 8 + 2, 3)
    assert picture.dtype == "uint8"
    for index, value in enumerate([0, 51, 102, 153, 255]):
        top, left = 2 + 6 * (index // 3), 2 + 8 * (index % 3)
        assert (picture[top : top + 4, left : left + 6] == value).all()
    assert (picture[8:12, 18:24] == picture[0, 0]).all()  # nothing lies in the sixth place


def test_a_sheet_clips_what_is_out_of_range_and_keeps_colours():
    assert set(np.unique(sheets.sheet(plain([-0.5, 1.5]), columns=2, border=0))) == {0, 255}
    colour = np.full((1, 4, 6, 3), [0.2, 0.4, 0.6])
    assert (sheets.sheet(colour, columns=1, border=0) == [51, 102, 153]).all()


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
    assert picture.shape == (sheets.SIDE, 2 * sheets.SIDE + sheets.SIDE // 2, 3)
    assert (picture[:, : 2 * sheets.SIDE] == 0).all()
    assert (picture[:, 2 * sheets.SIDE :] == 255).all()


def test_the_lattice_goes_down_from_the_top_left():
    points = sheets.lattice(2.0, 4).reshape(4, 4, 2)
    assert points.dtype == "float32"
    np.testing.assert_allclose(points[0, :, 0], [-1.5, -0.5, 0.5, 1.5])
    np.testing.assert_allclose(points[:, 0, 1], [1.5, 0.5, -0.5, -1.5])
    np.testing.assert_allclose(points[3, 0], [-1.5, -1.5])


def test_places_on_a_map():
    side = sheets.SIDE
    np.testing.assert_allclose(sheets.to_pixels([[0, 0], [-3, 3], [3, -3]], 3.0), [[side / 2] * 2, [0, 0], [side] * 2])


def test_the_map_and_the_manifold_show_the_same_place():
    """The middle of a lattice's cell lies at the middle of its image, where both are of `SIDE` pixels."""
    pixels = sheets.to_pixels(sheets.lattice(2.0, 4), 2.0).reshape(4, 4, 2)
    np.testing.assert_allclose(pixels[1, 2], [2.5 * sheets.SIDE / 4, 1.5 * sheets.SIDE / 4])


def test_codes_lie_on_the_map_in_the_colour_of_their_class():
    codes, labels = np.array([[-2.0, 2.0], [1.0, -2.0], [2.0, 2.0]]), np.array([3, 7, -1])
    picture = sheets.latent_map(codes, labels, extent=3.0)
    assert picture.shape == (sheets.SIDE, sheets.SIDE, 3)
    for code, label in zip(codes, labels, strict=True):
        x, y = sheets.to_pixels(code, 3.0).astype(int)
        colour = 170 / 255 * sheets.CLASS_COLOURS[label] + 85 / 255 * np.array(sheets.PAPER)
        np.testing.assert_allclose(picture[y, x], colour, atol=3)


def test_the_extent_holds_nearly_all_codes():
    codes = np.random.default_rng(0).normal(scale=3, size=(1000, 2))
    extent = sheets.extent_of(codes)
    assert 0.99 < (np.abs(codes) < extent).mean() <= 1
    assert extent < 1.1 * np.abs(codes).max()
    assert sheets.extent_of(0.01 * codes) == 1
    assert sheets.extent_of(np.zeros((0, 2))) == 3
