"""A real entropy coder: range asymmetric numeral systems, rANS (Duda, 2013, arXiv:1311.2540), in whole numbers.

All symbols coded so far are one whole number, the state x. Let a symbol have the frequency f out of M = 2^16, and let
c be the sum of the frequencies of the symbols before it in its table. Then, with // for division without remainder,

    encode   x' = (x // f) M + c + x mod f            x grows by the factor M / f, that is, by log2(M / f) bits
    decode   c <= x' mod M < c + f  names the symbol, and  x = f (x' // M) + x' mod M - c

which undo each other exactly. A symbol costs -log2 of its probability f / M, be it a hundredth of a bit; a code of
whole bits for every symbol, as Huffman's, cannot do that. So that x stays small, its lowest 16 bits leave as a word
whenever it would reach 2^40, and come back when it falls below 2^24. What left last comes back first: the encoder
takes the symbols from the last to the first, and the decoder gets them from the first to the last.

Both sides need the same frequencies to the last digit, so these are integers: `frequencies` `(tables, 2 R + 2)`. Each
row is a table, one for every kind of symbol, of sum M. Its columns are the symbols -R .. R and, at the end, the escape.
A symbol beyond R, or of frequency 0, is escaped: after the escape follows the symbol itself in the Elias gamma code,
each of whose bits has the frequency M / 2.
"""

from bisect import bisect_right

import numpy as np

PRECISION = 16
TOTAL = 1 << PRECISION
"""M, the sum of every table."""
LOWEST = 1 << 24
"""Where the state begins, and its lower bound. These 24 bits are what a stream costs beside its symbols."""
HEAD = 5
"""Bytes of a stream that hold the last state, which is below 2^40; words of 2 bytes follow."""
LONGEST = 32
"""Zeros at the beginning of the longest gamma code."""
BIT = [TOTAL // 2, TOTAL // 2], [0, TOTAL // 2]
"""Frequencies f and starts c of a plain bit."""


def frequencies_of(distribution) -> np.ndarray:
    """Tables of integers from distribution functions.

    A frequency is the difference of two rounded values of the distribution function: whatever is rounded up in one is
    missing in the next, and the sum is exact. The escape has both tails, and 1 at least.

    Args:
        distribution: `(tables, 2 R + 2)` in 0..1, rising along each row: P(symbol < k) for k = -R .. R + 1.

    Returns:
        int64 `(tables, 2 R + 2)`.
    """
    rounded = np.round((TOTAL - 1) * np.asarray(distribution, "float64")).astype("int64")
    frequencies = np.diff(rounded, axis=1)
    return np.append(frequencies, TOTAL - frequencies.sum(axis=1, keepdims=True), axis=1)


def code_lengths(symbols, tables, frequencies) -> np.ndarray:
    """What each symbol costs in bits, float64 `(n,)`; takes and raises what `encode` does."""
    symbols, tables, frequencies = _checked(frequencies, tables, symbols)
    columns = _columns(symbols, tables, frequencies)
    escaped = columns == frequencies.shape[1] - 1
    return PRECISION - np.log2(frequencies[tables, columns]) + escaped * (2 * np.floor(np.log2(_natural(symbols))) + 1)


def encode(symbols, tables, frequencies) -> bytes:
    """Code integers without loss.

    Args:
        symbols: integers `(n,)`, of int32.
        tables: `(n,)`, the row of `frequencies` that each symbol is coded by.
        frequencies: integers `(tables, 2 R + 2)`, see above.

    Raises:
        ValueError: shapes that do not match, a table that does not exist, or frequencies that are not tables.
    """
    symbols, tables, frequencies = _checked(frequencies, tables, symbols)
    columns = _columns(symbols, tables, frequencies)
    starts = np.cumsum(frequencies, axis=1) - frequencies
    escape = frequencies.shape[1] - 1
    slots = list(zip(frequencies[tables, columns].tolist(), starts[tables, columns].tolist(), strict=True))
    state, words = LOWEST, []
    for symbol, column, slot in zip(symbols.tolist()[::-1], columns.tolist()[::-1], slots[::-1], strict=True):
        plain = f"{_natural(symbol):b}" if column == escape else ""
        gamma = "0" * (len(plain) - 1) + plain
        for frequency, start in [*((BIT[0][0], BIT[1][int(bit)]) for bit in reversed(gamma)), slot]:
            if state >= frequency << 24:  # else the new state would reach 2^40
                words.append(state & 0xFFFF)
                state >>= 16
            state = (state // frequency << PRECISION) + start + state % frequency
    return state.to_bytes(HEAD, "little") + np.array(words[::-1], "<u2").tobytes()


def decode(stream: bytes, tables, frequencies) -> np.ndarray:
    """The symbols int32 `(n,)` of which `encode` made `stream`, given the same `tables` `(n,)` and `frequencies`.

    Raises:
        ValueError: the stream is cut off or damaged, or was made with other tables; or as `encode` raises it.
    """
    _, tables, frequencies = _checked(frequencies, tables)
    if len(stream) < HEAD or (len(stream) - HEAD) % 2:
        raise ValueError(f"stream: {len(stream)} bytes are not a complete stream")
    state, words = int.from_bytes(stream[:HEAD], "little"), iter(np.frombuffer(stream[HEAD:], "<u2").tolist())
    starts = np.cumsum(frequencies, axis=1) - frequencies
    rows, starts, escape = frequencies.tolist(), starts.tolist(), frequencies.shape[1] - 1

    def column_of(frequencies, starts):
        nonlocal state
        slot = state & (TOTAL - 1)
        column = bisect_right(starts, slot) - 1  # the last one that starts there: those before it have frequency 0
        state = frequencies[column] * (state >> PRECISION) + slot - starts[column]
        if state < LOWEST:
            state = (state << 16) + next(words)
        return column

    def escaped():
        zeros = 0
        while not column_of(*BIT) and zeros <= LONGEST:
            zeros += 1
        natural = 1
        for _ in range(zeros):
            natural = 2 * natural + column_of(*BIT)
        return natural // 2 if natural % 2 else -(natural // 2)

    symbols = []
    try:
        for table in tables.tolist():
            column = column_of(rows[table], starts[table])
            symbols.append(escaped() if column == escape else column - escape // 2)
        if state != LOWEST or next(words, None) is not None:
            raise StopIteration
        return np.array(symbols, "int64").astype("int32")
    except StopIteration:
        raise ValueError("stream: it is cut off or damaged, or was made with other tables") from None


def _natural(symbol):
    """0, -1, 1, -2, ... as 1, 2, 3, 4, ...; for numbers and for arrays."""
    return abs(2 * symbol + (symbol >= 0))


def _columns(symbols, tables, frequencies):
    """The column of each symbol's slot: its own, or that of the escape."""
    escape = frequencies.shape[1] - 1
    columns = np.where(np.abs(symbols) <= escape // 2, symbols + escape // 2, escape)
    return np.where(frequencies[tables, columns] > 0, columns, escape)


def _checked(frequencies, tables, symbols=None):
    """The three as int64 arrays; `ValueError` where they do not fit together."""
    frequencies, tables = np.asarray(frequencies, "int64"), np.asarray(tables, "int64")
    symbols = np.zeros(tables.shape, "int64") if symbols is None else np.asarray(symbols, "int64")
    if frequencies.ndim != 2 or frequencies.shape[1] % 2 or frequencies.shape[1] < 2:
        raise ValueError(f"frequencies: their shape is {frequencies.shape}, and (tables, 2 R + 2) is needed")
    if (frequencies < 0).any() or (frequencies[:, -1] < 1).any() or (frequencies.sum(axis=1) != TOTAL).any():
        raise ValueError(f"frequencies: every row must sum to {TOTAL}, none be below 0, and the escape's be above 0")
    if tables.ndim != 1 or symbols.shape != tables.shape:
        raise ValueError(f"symbols, tables: their shapes are {symbols.shape} and {tables.shape}, and both must be (n,)")
    if len(tables) and (tables.min() < 0 or tables.max() >= len(frequencies)):
        raise ValueError(f"tables: they are {tables.min()} to {tables.max()}, and there are {len(frequencies)}")
    if len(symbols) and (symbols.min() < -(2**31) or symbols.max() >= 2**31):
        raise ValueError(f"symbols: they are {symbols.min()} to {symbols.max()}, beyond int32")
    return symbols, tables, frequencies
