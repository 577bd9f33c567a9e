"""Greedy and beam search on toy language models, against brute force."""

import itertools

import numpy as np
import pytest
import tensorflow as tf

from dlsuite.attention import search
from dlsuite.data.subwords import END, PAD, START, UNKNOWN

PIECES, BATCH, UNITS, LONGEST = 7, 3, 4, 4
WRITTEN = range(UNKNOWN + 2, PIECES)
"""END, and three more."""


class Toy:
    """A language model whose state is a random function of all pieces so far, of another one for each row."""

    def __init__(self, seed=0):
        random = np.random.default_rng(seed)
        self.of_piece = random.normal(size=(PIECES, UNITS)).astype("float32")
        self.of_state = random.normal(size=(UNITS, UNITS)).astype("float32")
        self.output = 2 * random.normal(size=(UNITS, PIECES)).astype("float32")
        self.state = tf.constant(random.normal(size=(BATCH, UNITS)).astype("float32"))
        self.memory = (tf.constant(random.normal(size=(BATCH, 2, 1)).astype("float32")), self.state + 1)

    def step(self, last, state, memory):
        state = tf.tanh(state @ self.of_state + tf.gather(self.of_piece, last) + memory[1])
        weights = tf.nn.softmax(memory[0][:, :, 0] * state[:, :1])
        return tf.nn.log_softmax(state @ self.output), state, weights

    def log_p(self, row, pieces):
        """log p of a sequence, by the chain rule, and the weights at each of its pieces."""
        state, memory = self.state[row : row + 1], tuple(each[row : row + 1] for each in self.memory)
        last, total, looked = START, 0.0, []
        for piece in pieces:
            log_p, state, weights = self.step(tf.constant([last]), state, memory)
            total, last = total + float(log_p[0, piece]), piece
            looked.append(weights[0].numpy())
        return total, np.array(looked)

    def every(self, row, prefix=()):
        """Every sentence and every unfinished beginning of `LONGEST` pieces, the best by log p / length first."""
        found = []
        for n in range(1, LONGEST + 1):
            for pieces in itertools.product(WRITTEN, repeat=n):
                is_whole = pieces[-1] == END or n == LONGEST
                if is_whole and END not in pieces[:-1] and pieces[: len(prefix)] == tuple(prefix):
                    found.append((self.log_p(row, pieces)[0], pieces))
        return sorted(found, key=lambda one: -one[0] / len(one[1]))


@pytest.fixture(scope="module")
def toy():
    return Toy()


@pytest.fixture(scope="module")
def every(toy):
    return [toy.every(row) for row in range(BATCH)]


def without_padding(pieces):
    """A row of pieces as a tuple, where nothing but padding follows `END`."""
    kept = tuple(int(piece) for piece in pieces if piece != PAD)
    assert list(pieces[len(kept) :]) == [PAD] * (len(pieces) - len(kept))
    return kept


def beam(toy, width, prefix=None):
    found = search.beam(toy.step, toy.state, toy.memory, LONGEST, width, prefix)
    return tuple(each.numpy() for each in found)


@pytest.mark.slow
def test_a_beam_that_drops_nothing_finds_the_best_of_all(toy, every):
    width = sum(3**n for n in range(LONGEST)) + 3**LONGEST  # finished ones of 1..4 pieces, and unfinished ones
    assert all(len(of_row) == width for of_row in every)
    pieces, totals, weights = beam(toy, width)
    for row in range(BATCH):
        assert [without_padding(of_one) for of_one in pieces[row]] == [one for _, one in every[row]]
        np.testing.assert_allclose(totals[row], [log_p for log_p, _ in every[row]], atol=1e-4)
        for hypothesis in (0, 1, width - 1):
            expected = toy.log_p(row, every[row][hypothesis][1])[1]
            np.testing.assert_allclose(weights[row, hypothesis, : len(expected)], expected, atol=1e-5)


def test_wider_than_there_are_sentences(toy, every):
    n = len(every[0])
    pieces, totals, _ = beam(toy, n + 5)
    assert np.all(totals[:, :n] > search.NEVER / 2) and np.all(totals[:, n:] < search.NEVER / 2)
    assert [without_padding(of_one) for of_one in pieces[1, :n]] == [one for _, one in every[1]]


@pytest.mark.parametrize("seed", range(4))
def test_a_beam_of_one_is_greedy(seed):
    toy = Toy(seed)
    pieces, totals, weights = beam(toy, 1)
    greedy = search.greedy(toy.step, toy.state, toy.memory, LONGEST)
    for of_beam, of_greedy in zip((pieces, totals, weights), greedy, strict=True):
        np.testing.assert_allclose(of_beam[:, 0], of_greedy, atol=1e-5)


@pytest.mark.parametrize("width", [1, 2, 3, 10])
def test_totals_are_the_chain_rules_and_in_order(toy, width):
    pieces, totals, weights = beam(toy, width)
    lengths = (pieces != PAD).sum(-1)
    assert np.all(np.diff(totals / lengths, axis=1) <= 0)
    for row, hypothesis in itertools.product(range(BATCH), range(width)):
        one = without_padding(pieces[row, hypothesis])
        log_p, looked = toy.log_p(row, one)
        assert totals[row, hypothesis] == pytest.approx(log_p, abs=1e-4)
        np.testing.assert_allclose(weights[row, hypothesis, : len(one)], looked, atol=1e-5)
    assert all(len({*map(tuple, of_row)}) == width for of_row in pieces)  # no two alike


def test_greedy_takes_the_likeliest_at_every_time(toy):
    pieces, totals, weights = (each.numpy() for each in search.greedy(toy.step, toy.state, toy.memory, LONGEST))
    for row in range(BATCH):
        one = without_padding(pieces[row])
        for t in range(len(one)):
            scores = {piece: toy.log_p(row, (*one[:t], piece))[0] for piece in WRITTEN}
            assert one[t] == max(scores, key=scores.get)
        assert one[-1] == END or len(one) == LONGEST
        log_p, looked = toy.log_p(row, one)
        assert totals[row] == pytest.approx(log_p, abs=1e-4)
        np.testing.assert_allclose(weights[row, : len(one)], looked, atol=1e-5)


def test_rows_do_not_know_of_each_other(toy):
    pieces, totals, _ = beam(toy, 3)
    for row in range(BATCH):
        memory = tuple(each[row : row + 1] for each in toy.memory)
        alone = search.beam(toy.step, toy.state[row : row + 1], memory, LONGEST, 3)
        assert [*map(without_padding, alone[0][0].numpy())] == [*map(without_padding, pieces[row])]
        np.testing.assert_allclose(alone[1][0], totals[row], atol=1e-5)


@pytest.mark.slow
def test_a_prefix_is_kept_to(toy):
    prefix = [[5, 4], [6, PAD], [PAD, PAD]]
    width = sum(3**n for n in range(LONGEST)) + 3**LONGEST
    pieces, totals, _ = beam(toy, width, tf.constant(prefix))
    for row, forced in enumerate([(5, 4), (6,), ()]):
        expected = toy.every(row, forced)
        is_found = totals[row] > search.NEVER / 2
        assert [without_padding(one) for one in pieces[row][is_found]] == [one for _, one in expected]
        np.testing.assert_allclose(totals[row][is_found], [log_p for log_p, _ in expected], atol=1e-4)


def test_a_prefix_may_have_what_is_never_chosen(toy):
    pieces, totals, _ = beam(toy, 2, tf.constant([[UNKNOWN, 5]] * BATCH))
    for row, hypothesis in itertools.product(range(BATCH), range(2)):
        one = without_padding(pieces[row, hypothesis])
        assert one[:2] == (UNKNOWN, 5) and UNKNOWN not in one[2:]
        assert totals[row, hypothesis] == pytest.approx(toy.log_p(row, one)[0], abs=1e-4)


def test_a_prefix_of_nothing_forces_nothing(toy):
    free = beam(toy, 3)
    for prefix in (np.zeros([BATCH, 0], "int32"), np.zeros([BATCH, 3], "int32")):
        for one, other in zip(beam(toy, 3, tf.constant(prefix)), free, strict=True):
            np.testing.assert_array_equal(one, other)


def test_what_spells_nothing_is_never_chosen():
    """Even where a model is sure of it."""
    certain = tf.nn.log_softmax(tf.constant([9.0, 8.0, 7.0, -2.0, 0.0]))

    def step(last, state, memory):
        rows = tf.shape(last)[0]
        return tf.repeat(certain[None], rows, axis=0), state, tf.zeros([rows, 0])

    state = tf.zeros([2, 1])
    pieces, totals, _ = search.greedy(step, state, (tf.zeros([2, 0]),), 3)
    np.testing.assert_array_equal(pieces, [[4, 4, 4]] * 2)
    np.testing.assert_allclose(totals, [3 * certain[4]] * 2, rtol=1e-6)
    pieces, totals, _ = search.beam(step, state, (tf.zeros([2, 0]),), 3, 4)
    assert set(pieces.numpy().ravel().tolist()) == {PAD, END, 4}
    np.testing.assert_allclose(totals[0, 0], 3 * certain[4], rtol=1e-6)


def test_the_width_may_be_a_tensor(toy):
    searched = tf.function(lambda width: search.beam(toy.step, toy.state, toy.memory, LONGEST, width))
    for width in (1, 4):
        for in_graph, eager in zip(searched(tf.constant(width)), beam(toy, width), strict=True):
            np.testing.assert_allclose(in_graph, eager, atol=1e-6)
