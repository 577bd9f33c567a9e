"""Tables in text: which writings of numbers are read, what is a line of names, and which line is wrong."""

import numpy as np
import pytest

from dlsuite.data import own, tables

ROWS = [[1.5, -2.0], [-0.25, 3e-3], [100.0, 7.125]]
WRITTEN = ["1.5,-2.0", "-0.25,3e-3", "100.0,7.125"]


@pytest.mark.parametrize("separator", [",", ";", "\t", " ", " , ", ", ", "   "])
def test_separators(separator):
    assert tables.read("\n".join(line.replace(",", separator) for line in WRITTEN)) == ROWS


@pytest.mark.parametrize("separator", [";", "\t", " ", " ; "])
def test_decimal_commas(separator):
    lines = [line.replace(",", separator).replace(".", ",") for line in WRITTEN]
    assert tables.read("\n".join(lines)) == ROWS
    assert tables.read('"1,5","-2"\n"0,25","3"') == [[1.5, -2.0], [0.25, 3.0]]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "names",
    [
        "",
        "x,y",
        '"width","height"',
        "0,1",
        '"0","1"',
        "x,1",
        "größe,a b",
        "# x, y\n#1,2",
        "\n\nx,y\n",
        "eE,e",
        "A table",
    ],
)
def test_lines_of_names_and_of_nothing_are_passed_over(names, end):
    assert tables.read("\n".join([names, *WRITTEN, ""]).replace("\n", end)) == ROWS


@pytest.mark.parametrize("separator", [";", "\t", " "])
@pytest.mark.parametrize("names", ["x,y", "0,1"])
def test_names_are_parted_like_the_numbers(separator, names):
    assert tables.read("\n".join([names, *WRITTEN]).replace(",", separator)) == ROWS


def test_a_first_point_of_whole_numbers_is_one_where_others_are():
    assert tables.read("0,1\n2,3\n-4,5") == [[0, 1], [2, 3], [-4, 5]]
    assert tables.read("0,1\n0.5,2") == [[0, 1], [0.5, 2]]
    assert tables.read("3,7\n0.5,2.5") == [[3, 7], [0.5, 2.5]]


@pytest.mark.parametrize("first", ["nan,1", "1.5,NaN", "inf,1.0", ",1.5", "NA,1.5", "null,2", "abc,1.5", "1.5,?", ","])
def test_a_first_point_that_is_none_is_no_name(first):
    with pytest.raises(ValueError, match=r"line 1: .* is not a finite number"):
        tables.read("\n".join([first, *WRITTEN]))


@pytest.mark.parametrize("header", [",0,1", ",x,y", ",0"])
def test_the_index_that_pandas_writes_is_named(header):
    lines = [f"{number},{line}" for number, line in enumerate(WRITTEN)]
    with pytest.raises(ValueError, match="line 1: its first column has no name, like the index column"):
        tables.read("\n".join([header, *lines]))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it has no rows"),
        ("\n# nothing\n", "it has no rows"),
        ("x,y\n", "it has no rows"),
        ("x,y\n1,2\n\n3,four", "line 4: 'four' is not a finite number"),
        ("x;y\n1,5;2\n3;vier", "line 3: 'vier' is not a finite number"),
        ("1,2\r\n3\r\n4,5", "line 2 has 1 numbers, but line 1 has 2"),
        ("1,2\n3,4,5", "line 2 has 3 numbers, but line 1 has 2"),
        ("1,2\n3,1e999", "line 2: '1e999' is not a finite number"),
        ("1,2\n3,1_000", "line 2: '1_000' is not a finite number"),
        ("1;2\n3;1.000,5", r"line 2: '1.000,5' is not a finite number"),
    ],
)
def test_the_line_that_is_wrong_is_named_by_its_number_in_the_file(text, said, tmp_path):
    with pytest.raises(ValueError, match=said):
        tables.read(text)
    (tmp_path / "points.csv").write_text(text, newline="")
    with pytest.raises(ValueError, match=rf"points\.csv': it cannot be read as numbers \({said}"):
        own.points(str(tmp_path / "points.csv"))


def test_points_are_the_same_however_large_their_numbers_are(tmp_path):
    given, expected = np.random.default_rng(0).normal(size=(64, 2)), []
    for scale in (1.0, 2.0**900, 2.0**-900):
        np.save(tmp_path / "points.npy", given * scale)
        expected.append(own.points(str(tmp_path / "points.npy")))
        np.testing.assert_array_equal(expected[0], expected[-1])
    np.save(tmp_path / "points.npy", given * (1 + 1j))
    with pytest.raises(ValueError, match="it cannot be read as numbers"):
        own.points(str(tmp_path / "points.npy"))
