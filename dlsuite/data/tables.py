"""Tables of numbers in text, as spreadsheets, pandas and NumPy write them in one country or another.

    1.5,-2        "1,5","-2"        1,5;-2        1,5<tab>-2        1.5 -2

Nobody says which of them a file is. It is the first of `DIALECTS` in which every line can be read.
"""

import csv
import math
import re

DIALECTS = [(separator, point) for separator in (",", ";", "\t", None) for point in ".,"]
"""What parts the numbers of a line (`None`: white space), and what parts whole numbers from decimals."""
COMMENT = "#"
MISSING = ("", "na", "n/a", "null", "none")
"""What stands in the place of a number that is missing, beside `nan`: no name of a column."""

LIKE_NUMBERS = re.compile(r"[+\-.,]?\d[\d.,;+\-eE\s]*")
"""Numbers, and several of them that are not parted yet: no name of a column either."""


class Unreadable(ValueError):
    """A line is no numbers."""


def read(text: str) -> list[list[float]]:
    """The rows of a table. Empty lines, comments and a first line of names are passed over.

    Names may be numbers, as pandas gives them to columns: `0,1` is a line of names where no other line has a number
    that is written as a whole one.

    Returns:
        Lists of numbers, all finite, one as long as the other.

    Raises:
        ValueError: no rows, rows of different lengths, or what is no finite number; with the line.
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
    """Of how many cells a dialect makes numbers, 0 to 1."""
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
        raise Unreadable(f"line {rows[0][0]}: nothing parts its numbers")  # and 1,5 is two of them
    found = []
    for number, cells in rows:
        values = [_number(cell, point) for cell in cells]
        for cell, value in zip(cells, values, strict=True):
            if value is None or not math.isfinite(value):
                raise Unreadable(f"line {number}: {cell[:40]!r} is no finite number")
        if len(values) != len(rows[0][1]):
            raise Unreadable(f"line {number} has {len(values)} numbers, and line {rows[0][0]} has {len(rows[0][1])}")
        found.append(values)
    return found


def _number(cell: str, point: str) -> float | None:
    """The number that a cell writes, with a decimal `point`; `None` where it is none."""
    if "_" in cell or (point == "," and "." in cell):  # Python's own 1_000, and 1.000,5
        return None
    try:
        return float(cell.replace(point, "."))
    except ValueError:
        return None


def _are_names(rows: list[tuple[int, list[str]]], point: str) -> bool:
    """Whether the first row is names of columns: words, or words and whole numbers; or it counts the columns."""
    (number, cells), *others = rows
    named = [
        not (_number(cell, point) is not None or LIKE_NUMBERS.fullmatch(cell) or cell.lower() in MISSING)
        for cell in cells
    ]
    is_label = [is_name or cell.isdigit() or not cell for is_name, cell in zip(named, cells, strict=True)]
    if len(cells) > 1 and not cells[0] and all(cells[1:]) and all(is_label):
        raise Unreadable(
            f"line {number}: its first column has no name, like the index that pandas writes: leave it out"
        )
    if cells == [str(place) for place in range(len(cells))]:
        return not any(cell.lstrip("+-").isdigit() for _, row in others for cell in row)
    return any(named) and all(is_label)
