"""What is drawn becomes points that lie evenly along the strokes, moved by no more than was asked for."""

import numpy as np
import pytest
from scipy import stats

from dlsuite.data import drawing

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
    with pytest.raises(ValueError, match="too little is drawn"):
        drawing.points(strokes)


@pytest.mark.parametrize(
    ("stroke", "sentence"),
    [
        ([1.0, 2.0], "has the shape"),
        ([[1.0, 2.0, 3.0]], "has the shape"),
        ([], "has the shape"),
        (np.empty((0, 2)), "has the shape"),
        ([[float("nan"), 0.0], [1.0, 1.0]], "no finite numbers"),
        ([[float("inf"), 0.0], [1.0, 1.0]], "no finite numbers"),
        ({"a": 1}, "no list of points"),
        ([["left", "right"]], "no list of points"),
        ([[0.0, 0.0], [1.0]], "no list of points"),
        ([[10**400, 0]], "no list of points"),
    ],
)
def test_what_is_no_stroke_gets_a_sentence(stroke, sentence):
    with pytest.raises(ValueError, match=f"strokes: one .*{sentence}"):
        drawing.points([ANGLE, stroke])
