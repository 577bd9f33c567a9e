"""What is drawn becomes points that lie evenly along the strokes, moved by no more than was asked for."""

import numpy as np
import pytest
from scipy import stats

from dlsuite.data import drawing, mnist

ANGLE = [[-1.0, 0.0], [1.0, 0.0], [1.0, 1.0]]
"""A stroke of length 3 with one corner: its first two thirds go right, the last one upwards."""


def test_points_lie_evenly_along_a_stroke_however_its_corners_are_spaced():
    fine = [[x, 0.0] for x in np.linspace(-1, 1, 200)] + [[1.0, 1.0]]
    for stroke in (ANGLE, fine):
        points = drawing.points([stroke], jitter=0, n=3000)
        on_the_level = points[points[:, 1] == 0]
        assert len(on_the_level) == pytest.approx(2000, abs=1)
        np.testing.assert_allclose(np.sort(on_the_level[:, 0]), (np.arange(2000) + 0.5) / 1000 - 1, atol=1e-6)
        upright = points[points[:, 0] == 1]
        np.testing.assert_allclose(np.sort(upright[:, 1]), (np.arange(1000) + 0.5) / 1000, atol=1e-6)


def test_strokes_share_the_points_by_their_length():
    long, short = [[-1.5, 1.0], [1.5, 1.0]], [[0.0, -1.0], [0.0, -2.0]]
    points = drawing.points([short, long], jitter=0, n=4000)
    assert np.sum(points[:, 1] == 1) == 3000
    assert np.sum(points[:, 1] < 0) == 1000


def test_dots_become_modes_of_equal_weight():
    points = drawing.points([[[-1, -1], [-1, -1]], [[1, 1]]], jitter=0, n=1000)
    places, counts = np.unique(points, axis=0, return_counts=True)
    assert places.tolist() == [[-1, -1], [1, 1]]
    assert counts.tolist() == [500, 500]


@pytest.mark.parametrize("jitter", [0.02, 0.2])
def test_the_jitter_is_gaussian_of_the_width_asked_for(jitter):
    across = drawing.points([[[-2, 0.5], [2, 0.5]]], jitter=jitter, n=5000)[:, 1] - 0.5
    assert across.std() == pytest.approx(jitter, rel=0.03)
    assert stats.kstest(across / jitter, "norm").pvalue > 0.01


def test_all_points_lie_in_the_square_and_heap_up_nowhere():
    border = [[-3, 2], [3, 2], [2, -2]]
    points = drawing.points([border], jitter=0.3)
    assert points.dtype == np.float32 and points.shape == (5000, 2)
    assert np.abs(points).max() <= 2
    assert np.sum(np.abs(points) == 2) < 5


def test_points_are_the_same_again_and_other_ones_for_another_seed():
    np.testing.assert_array_equal(drawing.points([ANGLE]), drawing.points([ANGLE]))
    assert not np.array_equal(drawing.points([ANGLE]), drawing.points([ANGLE], seed=1))


def test_any_part_of_the_points_is_spread_over_the_whole_drawing():
    """Only the first 500 are shown as real points, and every fifth is held out."""
    points = drawing.points([ANGLE], jitter=0)
    for part in (points[:500], points[4::5]):
        assert np.mean(part[:, 0] < 1) == pytest.approx(2 / 3, abs=0.07)


@pytest.mark.parametrize("strokes", [[], [[[1, 1]]], [[[0, 0], [0.1, 0.1]], [[0.2, 0.2]]]])
def test_too_little_gets_a_sentence(strokes):
    with pytest.raises(ValueError, match="the drawing is too small"):
        drawing.points(strokes)


@pytest.mark.parametrize(
    ("stroke", "sentence"),
    [
        ([1.0, 2.0], "has the shape"),
        ([[1.0, 2.0, 3.0]], "has the shape"),
        ([], "has the shape"),
        (np.empty((0, 2)), "has the shape"),
        ([[float("nan"), 0.0], [1.0, 1.0]], "not finite numbers"),
        ([[float("inf"), 0.0], [1.0, 1.0]], "not finite numbers"),
        ({"a": 1}, "not a list of points"),
        ([["left", "right"]], "not a list of points"),
        ([[0.0, 0.0], [1.0]], "not a list of points"),
        ([[10**400, 0]], "not a list of points"),
    ],
)
def test_what_is_no_stroke_gets_a_sentence(stroke, sentence):
    with pytest.raises(ValueError, match=f"strokes: one .*{sentence}"):
        drawing.points([ANGLE, stroke])


# A digit.

SEVEN = [[[-1.0, 1.5], [1.0, 1.5], [-0.5, -1.5]], [[-0.5, 0.0], [0.8, 0.0]]]
"""A seven with its bar, twice as high as MNIST's are apart from the middle."""


def middle_of(picture) -> np.ndarray:
    """The centre of mass, from the top left, in pixels."""
    grey = picture[..., 0].astype("float64")
    return np.array([np.average(np.arange(28), weights=grey.sum(axis=axis)) for axis in (1, 0)])


def size_of(picture) -> np.ndarray:
    """How high and wide what is not quite black is."""
    return np.array([np.ptp(np.flatnonzero(picture[..., 0].max(axis=axis) > 25)) + 1 for axis in (1, 0)])


@pytest.mark.parametrize(("scale", "move"), [(1.0, 0.0), (0.2, 0.0), (0.3, 1.2), (0.3, -1.3)])
def test_a_digit_is_like_mnists_wherever_and_however_large_it_is_drawn(scale, move):
    strokes = [(scale * np.array(stroke) + move).tolist() for stroke in SEVEN]
    picture = drawing.digit(strokes)
    assert (picture.shape, picture.dtype, picture.max()) == ((28, 28, 1), np.uint8, 255)
    np.testing.assert_allclose(middle_of(picture), 13.5, atol=0.51)
    high, wide = size_of(picture)
    assert 18 <= high <= 21
    assert wide < 0.8 * high  # its shape is kept
    np.testing.assert_allclose(picture.astype(int), drawing.digit(SEVEN).astype(int), atol=60)


def test_a_digit_is_as_bright_as_mnists_are():
    """MNIST's ones: so much ink, in strokes so wide."""
    images, labels = mnist.arrays("test", "bundled")
    ones = images[labels == 1]
    one = drawing.digit([[[0.0, -1.5], [0.0, 1.5]]])
    low, high = np.quantile(ones.sum(axis=(1, 2, 3)), [0.02, 0.98])
    assert low < one.sum(dtype=int) < high
    assert middle_of(one) == pytest.approx(np.mean([middle_of(image) for image in ones], axis=0), abs=1)


def test_y_goes_upwards_and_x_to_the_right():
    corner = drawing.digit([[[-1.0, 1.0], [-1.0, -1.0], [1.0, -1.0]]])[..., 0].astype(int)  # an L
    lit = np.argwhere(corner > 128)
    top, bottom = lit[lit[:, 0] == lit[:, 0].min()], lit[lit[:, 0] == lit[:, 0].max()]
    assert len(bottom) > 4 * len(top)
    assert top[:, 1].max() < lit[:, 1].mean()


def test_the_order_and_direction_of_strokes_do_not_matter():
    picture = drawing.digit(SEVEN)
    np.testing.assert_array_equal(drawing.digit(SEVEN[::-1]), picture)
    backwards = drawing.digit([stroke[::-1] for stroke in SEVEN])
    np.testing.assert_allclose(backwards.astype(int), picture.astype(int), atol=48)  # an eighth of a pixel


def test_no_part_of_a_digit_is_carried_over_the_border():
    """All its mass at one end: the middle of mass lies far from the middle of what is drawn."""
    blot = [[[x, -1.5], [x + 0.02, -1.3]] for x in np.linspace(-0.2, 0.2, 30)]
    picture = drawing.digit([[[0.0, -1.5], [0.0, 1.9]], *blot])[..., 0].astype(int)
    assert picture[[0, -1]].sum() == 0
    rows = np.flatnonzero(picture.max(axis=1) > 25)
    assert len(rows) == np.ptp(rows) + 1


@pytest.mark.parametrize("strokes", [[], [[[1, 1]]], [[[0, 0], [0.1, 0.1]], [[0.2, 0.2]]]])
def test_too_little_for_a_digit_gets_a_sentence(strokes):
    with pytest.raises(ValueError, match="the drawing is too small; draw a digit that fills the square"):
        drawing.digit(strokes)


@pytest.mark.parametrize("stroke", [[], [1.0, 2.0], [[float("nan"), 0.0]], [["left", "right"]]], ids=str)
def test_no_digit_is_made_of_what_is_no_stroke(stroke):
    with pytest.raises(ValueError, match="strokes: one "):
        drawing.digit([*SEVEN, stroke])
