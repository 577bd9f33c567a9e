"""The readers of the user's own files, at whatever hypothesis writes: what they promise, or a sentence."""

import io
import tempfile
import unicodedata
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from dlsuite.data import names, own, photographs, tables, text, text_pairs

fuzzed = settings(derandomize=True, deadline=None, max_examples=60, suppress_health_check=list(HealthCheck))


def answer_or_sentence(function, file, *arguments):
    """What a reader answers, or `None` after a `ValueError` that names the file."""
    try:
        return function(str(file), *arguments)
    except ValueError as error:
        assert file.name in str(error) or Path(file).parent.name in str(error)
        return None


# Any bytes.

LINES = st.lists(
    st.sampled_from([b"1,2", b"0.5;-3", b"1,5\t2", b"x,y", b"0,1", b"nan,1", b"", b"# x", b'"1","2"', b"\xff"])
)
CONTENTS = st.one_of(
    st.binary(max_size=300),
    st.text(max_size=300).map(str.encode),
    st.tuples(LINES, st.integers(0, 40)).map(lambda each: b"\n".join(each[0] * each[1])),
)


@pytest.mark.slow
@fuzzed
@given(CONTENTS, st.sampled_from([".csv", ".npy"]))
def test_any_bytes_are_points_or_a_sentence(content, ending):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / f"points{ending}"
        file.write_bytes(content)
        points = answer_or_sentence(own.points, file)
        if points is not None:
            assert points.dtype == np.float32 and points.shape[1:] == (2,) and len(points) >= own.FEWEST
            assert np.isfinite(points).all()
            np.testing.assert_allclose(np.sqrt(np.mean(np.sum(points.astype("float64") ** 2, axis=1))), 2, rtol=1e-3)


@fuzzed
@given(CONTENTS, st.sampled_from(["text.txt", "pairs.tsv", "x.npz", "y", "z.csv.gz"]))
def test_any_bytes_are_texts_or_a_sentence(content, name):
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / name
        file.write_bytes(content)
        kind = answer_or_sentence(names.kind, file)
        assert kind == {"text.txt": "text", "pairs.tsv": "pairs"}.get(name)
        if kind == "text":
            read = answer_or_sentence(text.read, file)
            assert read is None or len(text.words_of(read)) >= text.FEWEST
        if kind == "pairs":
            answer_or_sentence(text_pairs.languages, file)
            both = answer_or_sentence(text_pairs.pairs, file)
            if both is not None:
                assert len(both[0]) == len(both[1])
                assert all(each.strip() == each != "" for each in (*both[0], *both[1]))


@fuzzed
@given(CONTENTS, st.integers(0, 400), st.binary(max_size=4))
def test_any_bytes_are_pictures_or_a_sentence(content, place, changed):
    """Bytes of any kind, and those of a picture of which some were changed."""
    whole = io.BytesIO()
    Image.fromarray(np.arange(300, dtype="uint8").reshape(10, 10, 3)).save(whole, "png")
    with tempfile.TemporaryDirectory() as folder:
        for name, of_it in (
            ("a.png", content),
            ("b.jpg", whole.getvalue()[:place] + changed + whole.getvalue()[place + 4 :]),
        ):
            file = Path(folder) / name
            file.write_bytes(of_it)
            try:
                seen = own.picture_in(file, folder)
            except ValueError as error:
                assert name in str(error)
            else:
                assert seen.mode == "RGB" and min(seen.size) > 0


# Round trips.

NUMBERS = st.floats(-1e6, 1e6).map(lambda value: round(value, 4))
POINTS = st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=30)
DIALECTS = st.sampled_from([(s, p) for s, p in tables.DIALECTS if s != p])


@fuzzed
@given(
    POINTS,
    DIALECTS,
    st.sampled_from(["", "x{}y", '"a b"{}"c"', "# made by me", "0{}1"]),
    st.sampled_from(["\n", "\r\n"]),
)
def test_points_are_read_back_however_they_are_written(points, dialect, header, end):
    separator, point = dialect[0] or " ", dialect[1]
    lines = [separator.join(f"{value:.4f}" for value in pair).replace(".", point) for pair in points]
    names_of_columns = [header.format(separator)] if header else []
    assert tables.read(end.join([*names_of_columns, *lines, ""])) == [list(pair) for pair in points]


@fuzzed
@given(POINTS, st.sampled_from(["%.17g", "%.18e", "%r"]), DIALECTS)
def test_a_wrong_line_is_named_by_its_number(points, form, dialect):
    separator, point = dialect[0] or " ", dialect[1]
    lines = [separator.join(form % (value + 0.5) for value in pair).replace(".", point) for pair in points]
    for number in (1, len(lines)):
        wrong = [*lines[: number - 1], separator.join(["0.5".replace(".", point), "four"]), *lines[number:]]
        if len(wrong) > 1:
            with pytest.raises(ValueError, match=f"line {number}: 'four'"):
                tables.read("\n".join(wrong))


LETTERS = st.characters(
    categories=("L", "M", "N", "P", "Zs"), exclude_characters="\u0340\u0341\u0343\u0374\u037e\u0387"
)
TEXTS = st.text(st.one_of(LETTERS, st.sampled_from("éếñąőが각कि'’ \u200c\u200d_9")), max_size=40)


@fuzzed
@given(TEXTS)
def test_words_do_not_depend_on_how_letters_were_typed(written):
    words = text.words_of(written)
    assert (
        text.words_of(unicodedata.normalize("NFD", written))
        == text.words_of(unicodedata.normalize("NFC", written))
        == words
    )
    for word in words:
        assert text.words_of(word) == [word]
        assert all(
            unicodedata.category(each)[0] in "LMN" or each in "_'\u200c\u200d\u203f\u2040\u2054" for each in word
        )
        assert not word[0].isdecimal() and unicodedata.category(word[0])[0] != "M"


@fuzzed
@given(st.lists(st.text(st.characters(categories=("L", "M")), min_size=1, max_size=8), min_size=1, max_size=8))
def test_no_letter_is_lost(words):
    """Whatever is written with spaces comes back whole, but for a mark that has no letter before it."""
    words = [f"क{word}" for word in words]
    assert text.words_of(" ".join(words)) == [unicodedata.normalize("NFC", word.lower()) for word in words]


@fuzzed
@given(
    st.lists(TEXTS.filter(str.strip), min_size=1, max_size=12), st.sampled_from(["", "EN\tFR\n", "English\tFrench\n"])
)
def test_pairs_are_read_back_composed(texts, header):
    lines = [f"{number} {' '.join(each.split())}".strip() for number, each in enumerate(texts)]
    with tempfile.TemporaryDirectory() as folder:
        read = []
        for form in ("NFC", "NFD"):
            file = Path(folder) / f"{form}.tsv"
            rows = "".join(f"{line}\tto {line}\n" for line in lines)
            file.write_text(header + unicodedata.normalize(form, rows), "utf-8", newline="")
            read.append(
                [answer_or_sentence(text_pairs.pairs, file, split) for split in ("train", "validation", "test")]
            )
        assert read[0] == read[1]
        found = [pair for both in read[0] if both for pair in zip(*both, strict=True)]
        composed = [unicodedata.normalize("NFC", line) for line in lines]
        assert sorted(found) == sorted((line, unicodedata.normalize("NFC", f"to {line}")) for line in composed)


# Pictures of every mode.

MODES = {
    "png": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16"),
    "tiff": ("1", "L", "LA", "P", "RGB", "RGBA", "I;16", "I;16B", "I", "F", "CMYK"),
    "jpeg": ("L", "RGB", "CMYK"),
    "gif": ("L", "P"),
    "bmp": ("L", "RGB"),
    "webp": ("RGB", "RGBA"),
}


def some_picture(mode: str, seed: int):
    """A picture of that mode that uses all that the mode has."""
    random = np.random.default_rng(seed)
    noise = random.integers(0, 65536, (9, 7))
    if mode in ("I;16", "I;16B"):
        return Image.frombytes(mode, (7, 9), noise.astype("<u2" if mode == "I;16" else ">u2").tobytes())
    if mode in ("I", "F"):
        return Image.fromarray(noise.astype({"I": "int32", "F": "float32"}[mode]))
    return (
        Image.fromarray(random.integers(0, 256, (9, 7, 4), "uint8"))
        .convert("RGB" if mode == "P" else mode)
        .convert(mode)
    )


@fuzzed
@given(st.sampled_from([(kind, mode) for kind in MODES for mode in MODES[kind]]), st.integers(0, 9), st.integers(1, 8))
def test_every_reader_sees_the_same_picture(kind_and_mode, seed, orientation):
    kind, mode = kind_and_mode
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"exif": exif} if kind in ("png", "jpeg", "webp") else {}
    with tempfile.TemporaryDirectory() as folder:
        for number in range(5):
            file = Path(folder) / f"{number}.png"
            some_picture(mode, seed).save(file, kind, **options)
        (whole,) = photographs.images("test", folder)
        assert (whole.dtype, whole.ndim, whole.shape[2]) == (np.uint8, 3, 3)
        assert np.ptp(whole) > 100  # nothing is cut off
        if kind != "tiff":
            np.testing.assert_array_equal(whole, own.picture(file.read_bytes(), 99)[0])
        is_turned = bool(options) and orientation > 4
        assert whole.shape[:2] == ((7, 9) if is_turned else (9, 7))
