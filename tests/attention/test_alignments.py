"""Pictures of alignments: a cell is as dark as its weight, rows are the target's, columns the source's."""

import numpy as np
import pytest

from dlsuite.attention import alignments
from dlsuite.attention.alignments import CELL, MARGIN, MOST
from dlsuite.pictures import PAPER

SOURCE, TARGET = ["▁a", "b", "c"], ["x", "<end>"]
WEIGHTS = np.array([[0.0, 1.0, 0.0], [0.5, 0.25, 0.25]])


def cell(picture, row, column):
    """All pixels of a cell, flat."""
    left, top = MARGIN + CELL * column, MARGIN + CELL * row
    return picture[top : top + CELL, left : left + CELL].reshape(-1, 3)


def test_a_cell_is_as_dark_as_its_weight():
    picture = alignments.heat_map(SOURCE, TARGET, WEIGHTS)
    assert picture.dtype == np.uint8
    assert picture.shape == (MARGIN + 2 * CELL, MARGIN + 3 * CELL, 3)
    for row, column in np.ndindex(2, 3):
        expected = np.round(255 - WEIGHTS[row, column] * (255 - MOST))
        np.testing.assert_allclose(cell(picture, row, column), np.tile(expected, (CELL**2, 1)), atol=1)


def test_names_stand_beside_their_rows_and_above_their_columns():
    nobody = alignments.heat_map(["", "", ""], ["", ""], WEIGHTS)
    assert np.all(nobody[:MARGIN] == PAPER) and np.all(nobody[:, :MARGIN] == PAPER)
    above = alignments.heat_map(["", "mm", ""], ["", ""], WEIGHTS)
    inked = np.any(above != nobody, axis=(0, 2)).nonzero()[0]
    assert inked.min() >= MARGIN + CELL and inked.max() < MARGIN + 2 * CELL
    assert np.array_equal(above[MARGIN:], nobody[MARGIN:])
    beside = alignments.heat_map(["", "", ""], ["", "mm"], WEIGHTS)
    inked = np.any(beside != nobody, axis=(1, 2)).nonzero()[0]
    assert inked.min() >= MARGIN + CELL and inked.max() < MARGIN + 2 * CELL


def test_without_weights_there_are_only_the_words():
    picture = alignments.heat_map(SOURCE, TARGET, np.zeros([2, 0]))
    assert picture.shape == (MARGIN + 2 * CELL, MARGIN + CELL, 3)
    assert np.all(picture[:, MARGIN:] == PAPER)
    assert np.any(picture[MARGIN:, :MARGIN] != PAPER)


@pytest.mark.parametrize("columns", [4, 0], ids=["attention", "none"])
def test_a_sheet_has_them_side_by_side_without_their_padding(columns):
    sources = np.array([["▁a".encode(), b"b", b"<end>", b""], [b"c", b"<end>", b"", b""]])
    targets = np.array([[b"x", b"<end>", b""], [b"x", b"y", b"<end>"]])
    weights = np.random.default_rng(0).uniform(size=(2, 3, columns))
    sheet = alignments.sheet(sources, targets, weights)
    one = alignments.heat_map(["·a", "b", "⏎"], ["x", "⏎"], weights[0, :2, :3])
    other = alignments.heat_map(["c", "⏎"], ["x", "y", "⏎"], weights[1, :, :2])
    assert sheet.shape == (MARGIN + 3 * CELL, one.shape[1] + other.shape[1] + 2 * CELL, 3)
    np.testing.assert_array_equal(sheet[: len(one), : one.shape[1]], one)
    np.testing.assert_array_equal(sheet[:, one.shape[1] + CELL : -CELL], other)
    assert np.all(sheet[len(one) :, : one.shape[1]] == 250)


def test_pieces_as_people_read_them():
    assert [alignments.shown(piece.encode()) for piece in ("▁the", "n't", "<end>", "▁")] == ["·the", "n't", "⏎", "·"]
