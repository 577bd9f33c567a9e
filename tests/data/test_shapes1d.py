"""Signals of triangles and rectangles: what they are drawn as, what is asked for, and that none comes twice."""

import numpy as np
import pytest

from dlsuite.data import names, shapes1d

N = 500


@pytest.fixture(scope="module")
def drawn():
    """The shapes of `N` signals, the signals, and their targets."""
    return shapes1d.shapes(N), *shapes1d.sample(N)


def by_hand(centre, half_width, heights, is_triangle):
    """One signal, place by place, as the module's text has it."""
    signal = np.zeros(shapes1d.LENGTH)
    for c, r, h, triangle in zip(centre, half_width, heights, is_triangle, strict=True):
        for i in range(c - r, c + r + 1):
            assert signal[i] == 0, "two shapes overlap"
            signal[i] = h * (1 - abs(i - c) / (r + 1)) if triangle else h
    return signal


def test_signals_and_targets_are_those_of_the_formulas(drawn):
    shapes, signals, targets = drawn
    for row in range(N):
        centre, half_width, height, is_triangle = (each[row] for each in shapes)
        wanted = [np.mean([h for h, other in zip(height, is_triangle, strict=True) if other == t]) for t in is_triangle]
        for picture, heights in ((signals, height), (targets, wanted)):
            np.testing.assert_allclose(picture[row], by_hand(centre, half_width, heights, is_triangle), atol=1e-6)


def test_shapes_lie_within_and_apart(drawn):
    (centre, half_width, height, _), signals, targets = drawn
    first, last = centre - half_width, centre + half_width
    assert first.min() == 0
    assert last.max() == shapes1d.LENGTH - 1
    assert (first[:, 1:] - last[:, :-1]).min() == 2  # one free place between two
    assert (np.unique(half_width) == np.arange(2, 6)).all()
    assert 0.1 <= height.min() < 0.11
    assert 0.99 < height.max() <= 1
    for each in (signals, targets):
        assert (each.shape, each.dtype) == ((N, 100), "float32")
        assert each.min() == 0
        assert each.max() <= 1


def test_both_kinds_are_equally_likely_everywhere():
    is_triangle = shapes1d.shapes(4000).is_triangle
    np.testing.assert_allclose(is_triangle.mean(axis=0), 0.5, atol=0.04)
    counts = np.bincount(is_triangle.sum(axis=1), minlength=5) / 4000
    np.testing.assert_allclose(counts, np.array([1, 4, 6, 4, 1]) / 16, atol=0.03)


def test_a_target_is_the_signal_where_no_other_shape_is_of_the_kind(drawn):
    shapes, signals, targets = drawn
    is_same = (shapes.is_triangle[:, :, None] == shapes.is_triangle[:, None, :]).sum(axis=-1) == 1
    rows, which = np.nonzero(is_same)
    assert len(rows) > 100
    centres = shapes.centre[rows, which]
    np.testing.assert_allclose(signals[rows, centres], targets[rows, centres], atol=1e-6)


def test_the_same_signals_for_the_same_seed_split_and_step_only():
    first, again = shapes1d.sample(3, 5, "train", 7), shapes1d.sample(3, 5, "train", 7)
    for one, other in zip(first, again, strict=True):
        np.testing.assert_array_equal(one, other)
    others = [(6, "train", 7), (5, "train", 8), (5, "validation", 7), (5, "test", 7), (7, "train", 5)]
    for arguments in others:
        assert not np.allclose(first[0], shapes1d.sample(3, *arguments)[0])


def test_batches_go_on_where_they_were_left():
    whole = [signal.numpy() for signal, _ in shapes1d.load(2, seed=3).take(102)]
    later = [signal.numpy() for signal, _ in shapes1d.load(2, seed=3, initial_epoch=1).take(2)]
    np.testing.assert_array_equal(whole[shapes1d.STEPS_PER_EPOCH :], later)
    np.testing.assert_array_equal(whole[4], shapes1d.sample(2, 3, "train", 4)[0])
    assert len(np.unique(np.concatenate(whole), axis=0)) == 2 * 102


def test_what_is_known_by_the_name_alone():
    assert names.kind("shapes") == "signals"
    assert names.held_out("shapes") == {"bundled": "2,000 new signals"}
    assert names.count("shapes", "bundled") is None
    assert names.resolve("shapes", "auto") == "bundled"
