"""Tables of numbers in text, as spreadsheets, pandas and NumPy write them in different countries.

    1.5,-2        "1,5","-2"        1,5;-2        1,5<tab>-2        1.5 -2

Files do not say which format they have. It is taken to be the first of `DIALECTS` in which every line can be read.
"""

import csv
import math
import re

DIALECTS = [(separator, point) for separator in (",", ";", "\t", None) for point in ".,"]
"""The separator between the numbers of a line (`None`: white space), and the decimal separator."""
COMMENT = "#"
MISSING = ("", "na", "n/a", "null", "none")
"""How missing numbers are written, besides `nan`: not the name of a column."""

LIKE_NUMBERS = re.compile(r"[+\-.,]?\d[\d.,;+\-eE\s]*")
"""One or more numbers, not separated yet: not the name of a column either."""


class Unreadable(ValueError):
    """A line does not consist of numbers."""


def read(text: str) -> list[list[float]]:
    """The rows of a table. Empty lines, comments and a header line are skipped.

    Column names may be numbers, as pandas writes them: `0,1` is a header if no other line has a number that is written
    as an integer.

    Returns:
        Lists of numbers, all finite and of the same length.

    Raises:
        ValueError: no rows, rows of different lengths, or a value that is not a finite number; names the line.
    """
    lines = [line.split(COMMENT)[0] for line in text.replace("\r\n", "\n").replace("\r", "\n").split("\n")]
    lines = [(number, line) for number, line in enumerate(lines, start=1) if line.strip()]
    if not lines:
        raise ValueError("it has no rows")
    failures = []
    for dialect in DIALECTS:
        try:
            return _numbers(_parted(lines, dialect), dialect)
        except Unreadable as failure:
            failures.append(failure)
    understood = [_share(_parted(lines, dialect), dialect) for dialect in DIALECTS]
    raise failures[understood.index(max(understood))]


def _parted(lines: list[tuple[int, str]], dialect) -> list[tuple[int, list[str]]]:
    return [(number, _cells(line, dialect[0])) for number, line in lines]


def _share(rows: list[tuple[int, list[str]]], dialect) -> float:
    """The share of cells that are numbers in a dialect, 0 to 1."""
    is_number = [_number(cell, dialect[1]) is not None for _, cells in rows for cell in cells]
    return sum(is_number) / len(is_number)


def _cells(line: str, separator: str | None) -> list[str]:
    if separator and '"' in line:
        (cells,) = csv.reader([line], delimiter=separator, skipinitialspace=True)
    else:
        cells = line.split(separator)
    return [cell.strip().strip("\"'") for cell in cells]


def _numbers(rows: list[tuple[int, list[str]]], dialect) -> list[list[float]]:
    _, point = dialect
    if _are_names(rows, point):
        rows = rows[1:]
    if not rows:
        raise Unreadable("it has no rows")
    if len(rows[0][1]) == 1 and dialect != DIALECTS[0]:
        raise Unreadable(f"line {rows[0][0]}: its numbers are not separated")  # and 1,5 is two of them
    found = []
    for number, cells in rows:
        values = [_number(cell, point) for cell in cells]
        for cell, value in zip(cells, values, strict=True):
            if value is None or not math.isfinite(value):
                raise Unreadable(f"line {number}: {cell[:40]!r} is not a finite number")
        if len(values) != len(rows[0][1]):
            raise Unreadable(f"line {number} has {len(values)} numbers, but line {rows[0][0]} has {len(rows[0][1])}")
        found.append(values)
    return found


def _number(cell: str, point: str) -> float | None:
    """The number in a cell, with a decimal `point`; `None` if it is not a number."""
    if "_" in cell or (point == "," and "." in cell):  # Python's own 1_000, and 1.000,5
        return None
    try:
        return float(cell.replace(point, "."))
    except ValueError:
        return None


def _are_names(rows: list[tuple[int, list[str]]], point: str) -> bool:
    """Whether the first row is a header: words, words and integers, or the column numbers."""
    (number, cells), *others = rows
    named = [
        not (_number(cell, point) is not None or LIKE_NUMBERS.fullmatch(cell) or cell.lower() in MISSING)
        for cell in cells
    ]
    is_label = [is_name or cell.isdigit() or not cell for is_name, cell in zip(named, cells, strict=True)]
    if len(cells) > 1 and not cells[0] and all(cells[1:]) and all(is_label):
        raise Unreadable(
            f"line {number}: its first column has no name, like the index column that pandas writes: leave it out"
        )
    if cells == [str(place) for place in range(len(cells))]:
        return not any(cell.lstrip("+-").isdigit() for _, row in others for cell in row)
    return any(named) and all(is_label)
