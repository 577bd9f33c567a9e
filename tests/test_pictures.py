"""What is drawn lies where it belongs."""

import numpy as np
import pytest

from dlsuite import pictures


def plain(values, channels=1):
    """One image of 4 x 6 pixels of each value."""
    return np.ones((1, 4, 6, channels), "float32") * np.reshape(values, (-1, 1, 1, 1))


def test_a_sheet_has_its_images_row_by_row():
    picture = pictures.sheet(plain([0.0, 0.2, 0.4, 0.6, 1.0]), columns=3)
    assert picture.shape == (2 * 6 + 2, 3 * 8 + 2, 3)
    assert picture.dtype == "uint8"
    for index, value in enumerate([0, 51, 102, 153, 255]):
        top, left = 2 + 6 * (index // 3), 2 + 8 * (index % 3)
        assert (picture[top : top + 4, left : left + 6] == value).all()
    assert (picture[8:12, 18:24] == picture[0, 0]).all()  # nothing lies in the sixth place


def test_a_sheet_clips_what_is_out_of_range_and_keeps_colours():
    assert set(np.unique(pictures.sheet(plain([-0.5, 1.5]), columns=2, border=0))) == {0, 255}
    colour = np.full((1, 4, 6, 3), [0.2, 0.4, 0.6])
    assert (pictures.sheet(colour, columns=1, border=0) == [51, 102, 153]).all()


def test_black_is_where_a_sheet_says():
    sheet = pictures.sheet(plain([-1.5, -1.0, 0.2, 1.0]), columns=4, border=0, black=-1)
    assert (sheet[:, ::6] == np.reshape([0, 0, 153, 255], (4, 1))).all()


def test_the_lattice_goes_down_from_the_top_left():
    points = pictures.lattice(2.0, 4).reshape(4, 4, 2)
    assert points.dtype == "float32"
    np.testing.assert_allclose(points[0, :, 0], [-1.5, -0.5, 0.5, 1.5])
    np.testing.assert_allclose(points[:, 0, 1], [1.5, 0.5, -0.5, -1.5])
    np.testing.assert_allclose(points[3, 0], [-1.5, -1.5])


def test_places_on_a_map():
    side = pictures.SIDE
    np.testing.assert_allclose(
        pictures.to_pixels([[0, 0], [-3, 3], [3, -3]], 3.0), [[side / 2] * 2, [0, 0], [side] * 2]
    )


def test_the_map_and_the_manifold_show_the_same_place():
    """The middle of a lattice's cell lies at the middle of its image, where both are of `SIDE` pixels."""
    pixels = pictures.to_pixels(pictures.lattice(2.0, 4), 2.0).reshape(4, 4, 2)
    np.testing.assert_allclose(pixels[1, 2], [2.5 * pictures.SIDE / 4, 1.5 * pictures.SIDE / 4])


@pytest.mark.parametrize(
    ("error", "peak", "decibels"), [(0.01, 1, 20), (255**2, 255, 0), (1, 255, 48.13), (0, 1, np.inf)]
)
def test_psnr(error, peak, decibels):
    assert pictures.psnr(error, peak) == pytest.approx(decibels, abs=0.005)


def test_psnr_of_several_errors():
    np.testing.assert_allclose(pictures.psnr(np.array([0.1, 0.001])), [10, 30])
