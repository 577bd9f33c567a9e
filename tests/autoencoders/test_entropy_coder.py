"""The entropy coder: nothing is lost, nothing is wasted, and what is no stream of these tables is refused."""

import numpy as np
import pytest

from dlsuite.autoencoders import entropy_coder

OVERHEAD = 40
"""Bits: the 24 of the state, and what its 5 bytes and the words are not filled by."""
EVEN = np.full((1, 4), entropy_coder.TOTAL // 4)
"""-1, 0, 1 and the escape, all alike."""


def logistic(scales, reach):
    """The frequencies of logistic distributions of these scales."""
    edges = np.arange(-reach, reach + 2) - 0.5
    return entropy_coder.frequencies_of(0.5 + 0.5 * np.tanh(0.5 * edges / np.reshape(scales, (-1, 1))))


def drawn(frequencies, n, seed=0):
    """`n` symbols from random tables as often as `frequencies` say, and their tables; those at the escape are large."""
    random = np.random.default_rng(seed)
    tables = random.integers(len(frequencies), size=n)
    ends = np.cumsum(frequencies, axis=1)
    columns = np.array([np.searchsorted(ends[table], random.integers(ends[0, -1]), "right") for table in tables])
    escape = frequencies.shape[1] - 1
    return np.where(columns == escape, random.integers(-(2**31), 2**31, n), columns - escape // 2), tables


@pytest.mark.parametrize("reach", [0, 1, 31])
def test_nothing_is_lost_and_the_stream_is_as_long_as_the_probabilities_say(reach):
    frequencies = logistic(np.geomspace(0.01, 100, 20), reach)
    symbols, tables = drawn(frequencies, 20_000)
    stream = entropy_coder.encode(symbols, tables, frequencies)
    np.testing.assert_array_equal(entropy_coder.decode(stream, tables, frequencies), symbols)
    bits = entropy_coder.code_lengths(symbols, tables, frequencies).sum()
    assert -1 <= 8 * len(stream) - bits <= OVERHEAD + 1e-4 * bits


def test_random_tables_with_symbols_of_frequency_0():
    random = np.random.default_rng(1)
    frequencies = random.multinomial(entropy_coder.TOTAL - 1, random.dirichlet(np.full(11, 0.1), 50))
    frequencies = np.append(frequencies, np.ones((50, 1), int), axis=1)
    assert (frequencies == 0).any()
    tables, symbols = random.integers(50, size=5000), random.integers(-8, 9, 5000)
    stream = entropy_coder.encode(symbols, tables, frequencies)
    np.testing.assert_array_equal(entropy_coder.decode(stream, tables, frequencies), symbols)
    bits = entropy_coder.code_lengths(symbols, tables, frequencies).sum()
    assert 8 * len(stream) == pytest.approx(bits, rel=1e-3, abs=OVERHEAD)


def test_the_length_reaches_the_entropy():
    """Of symbols drawn from the table the stream is within 1 % of Shannon's bound."""
    frequencies = logistic([1.5], 20)
    symbols, tables = drawn(frequencies, 100_000)
    probability = frequencies[0][frequencies[0] > 0] / entropy_coder.TOTAL
    entropy = -np.sum(probability * np.log2(probability))
    assert 8 * len(entropy_coder.encode(symbols, tables, frequencies)) / 100_000 == pytest.approx(entropy, rel=0.01)


def test_a_certain_symbol_costs_next_to_nothing():
    frequencies = np.array([[0, entropy_coder.TOTAL - 1, 0, 1]])
    symbols, tables = np.zeros(100_000, int), np.zeros(100_000, int)
    stream = entropy_coder.encode(symbols, tables, frequencies)
    assert len(stream) <= 9  # 100,000 log2(65536 / 65535) = 2.2 bits
    np.testing.assert_array_equal(entropy_coder.decode(stream, tables, frequencies), symbols)


def test_no_symbol_takes_the_state_alone():
    stream = entropy_coder.encode([], [], EVEN)
    assert len(stream) == entropy_coder.HEAD
    assert entropy_coder.decode(stream, [], EVEN).shape == (0,)


@pytest.mark.parametrize("symbol", [0, 1, -1, 2, -2, 3, 1000, -1000, 2**31 - 1, -(2**31)])
def test_one_symbol_and_the_escape(symbol):
    stream = entropy_coder.encode([symbol], [0], EVEN)
    assert entropy_coder.decode(stream, [0], EVEN).tolist() == [symbol]
    natural = 2 * symbol + 1 if symbol >= 0 else -2 * symbol
    gamma = 0 if abs(symbol) <= 1 else 2 * (natural.bit_length() - 1) + 1
    assert entropy_coder.code_lengths([symbol], [0], EVEN).tolist() == [2 + gamma]


def test_the_rule_of_the_state():
    """x' = (x // f) M + c + x mod f, by hand."""
    stream = entropy_coder.encode([1], [0], EVEN)
    quarter = entropy_coder.TOTAL // 4
    assert int.from_bytes(stream, "little") == (2**24 // quarter) * 2**16 + 2 * quarter + 2**24 % quarter


def test_frequencies_are_the_distribution_rounded_and_sum_exactly():
    frequencies = logistic([0.001, 0.3, 2.0, 1e6], 5)
    assert frequencies.shape == (4, 12)
    assert (frequencies.sum(axis=1) == 2**16).all()
    assert (frequencies >= 0).all()
    assert (frequencies[:, -1] >= 1).all()
    assert frequencies[0].tolist() == [0] * 5 + [2**16 - 1] + [0] * 5 + [1]
    edges = 1 / (1 + np.exp(-(np.arange(-5, 7) - 0.5) / 2))
    np.testing.assert_allclose(frequencies[2, :-1] / 2**16, np.diff(edges), atol=2 / 2**16)


@pytest.fixture(scope="module")
def coded():
    frequencies = logistic([0.5, 3.0], 10)
    symbols, tables = drawn(frequencies, 500)
    return entropy_coder.encode(symbols, tables, frequencies), tables, frequencies


def test_every_truncation_is_refused(coded):
    stream, tables, frequencies = coded
    for length in range(len(stream)):
        with pytest.raises(ValueError, match="stream: "):
            entropy_coder.decode(stream[:length], tables, frequencies)


def test_a_longer_stream_is_refused(coded):
    stream, tables, frequencies = coded
    for rest in (b"\0", b"\0\0", stream):
        with pytest.raises(ValueError, match="stream: "):
            entropy_coder.decode(stream + rest, tables, frequencies)


def test_foreign_streams_and_tables_are_refused(coded):
    stream, tables, frequencies = coded
    random = np.random.default_rng(2)
    for length in (0, 1, 5, 45, 1005):
        with pytest.raises(ValueError, match="stream: "):
            entropy_coder.decode(random.bytes(length), tables, frequencies)
    with pytest.raises(ValueError, match="made with other tables"):
        entropy_coder.decode(stream, tables, frequencies[::-1])
    with pytest.raises(ValueError, match="stream: "):
        entropy_coder.decode(stream, tables[:-1], frequencies)
    with pytest.raises(ValueError, match="stream: "):
        entropy_coder.decode(bytes(len(stream)), tables, frequencies)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([0, 1], [0], EVEN), "symbols, tables: their shapes are"),
        (([0], [1], EVEN), "tables: they are 1 to 1, and there are 1"),
        (([0], [-1], EVEN), "tables: they are -1 to -1"),
        (([2**31], [0], EVEN), "symbols: they are 2147483648 to 2147483648, beyond int32"),
        (([0], [0], EVEN[0]), r"frequencies: their shape is \(4,\)"),
        (([0], [0], EVEN[:, 1:]), r"frequencies: their shape is \(1, 3\)"),
        (([0], [0], EVEN + 1), "every row must sum to 65536"),
        (([0], [0], [[0, 2**16, 0, 0]]), "the escape's be above 0"),
        (([0], [0], [[-1, 2**16, 0, 1]]), "none be below 0"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        entropy_coder.encode(*arguments)
    with pytest.raises(ValueError, match=message):
        entropy_coder.code_lengths(*arguments)
