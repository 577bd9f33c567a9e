"""Aligned texts for translation: sentences in files, one a line, or the dates of `data.dates`.

- A folder in the layout of `tfds.TranslateFolder`: `de.train.txt` and `en.train.txt`, line by line the same in two
  languages or more, and so for `validation` and `test`.
- A `.tsv` file of columns parted by tabs. A first line of language codes (`de`, `en`, `pt_BR`) says what they are;
  without one there must be two, the source's and the target's, whatever these are called.

A split that has no file of its own is taken out of the training data: a tenth of it, by a hash of the source text, so
that a sentence with several translations is in one split only.

Files are in UTF-8. Whatever is wrong in one is a `ValueError` that names the file and the line.
"""

import re
from pathlib import Path
from typing import get_args

import numpy as np

from dlsuite.data import dates, sources
from dlsuite.data.splits import Held, split_of

LANGUAGE = re.compile(r"[a-z]{2,3}([-_][A-Za-z]{2,4})?")


def languages(dataset: str) -> list[str]:
    """The codes that there are to choose from, in order: none for dates, and for a `.tsv` file without a header.

    Raises:
        ValueError: there is no such folder or file, no training data in the folder, or the file is no UTF-8.
    """
    if dataset == "dates":
        return []
    path = _existing(dataset)
    return _languages_in(path, "train") if path.is_dir() else sorted(_read_table(path)[0])


def pairs(
    dataset: str,
    split: dates.Split = "train",
    source_language: str | None = None,
    target_language: str | None = None,
    n: int | None = None,
    seed: int = 0,
) -> tuple[list[str], list[str]]:
    """Texts and their translations.

    Args:
        dataset: "dates", a folder, or a `.tsv` file.
        split: "train", "validation" or "test"; the dates have "unseen_formats" besides.
        source_language: code of the language to translate from. Dates, and a table without a header, leave no choice
            and pass over it.
        target_language: code of the language to translate into.
        n: at most so many, drawn at random without repetition; by default all of them, in order.
        seed: of the draw.

    Returns:
        The texts, and their translations: lists of str of the same length, without white space around them, none
        empty.

    Raises:
        ValueError: there is no such dataset, split or language, `n` is below 1, or a file is wrong: languages of
            different numbers of lines, bytes that are no UTF-8, an empty line, a row of another number of columns.
    """
    if dataset == "dates":
        return dates.pairs(split, n, seed)
    if split not in get_args(Held):
        raise ValueError(f"split={split!r}: it is one of {', '.join(get_args(Held))}")
    if n is not None and n < 1:
        raise ValueError(f"n={n}: it must be at least 1")
    path = _existing(dataset)
    codes = {"source_language": source_language, "target_language": target_language}
    without_file = {name for name in ("validation", "test") if path.is_file() or not _languages_in(path, name)}
    file_split = "train" if split in without_file else split
    columns = _read_folder(path, file_split, codes) if path.is_dir() else _read_columns(path, codes)
    both = list(zip(*columns, strict=True))
    if file_split == "train":
        parts = [split_of(source) for source, _ in both]
        parts = [part if part in without_file else "train" for part in parts]
        both = [pair for pair, part in zip(both, parts, strict=True) if part == split]
    if not both:
        raise ValueError(f"dataset={dataset!r}: it has too few sentences for one to fall to the split {split!r}")
    if n is not None:
        drawn = np.random.default_rng(seed).choice(len(both), min(n, len(both)), replace=False)
        both = [both[index] for index in drawn]
    sources, targets = map(list, zip(*both, strict=True))
    return sources, targets


def _existing(dataset: str) -> Path:
    path = sources.expanded(dataset)
    try:
        is_there = path.exists()
    except OSError:  # a name that is too long for any file
        is_there = False
    if not is_there:
        raise ValueError(f"dataset={dataset!r}: there is no such folder or file, nor a dataset of that name")
    return path


def _languages_in(folder: Path, split: str) -> list[str]:
    found = sorted(file.name.removesuffix(f".{split}.txt") for file in folder.glob(f"*.{split}.txt"))
    if split == "train" and not found:
        raise ValueError(f"dataset={str(folder)!r}: it holds no training data, such as de.train.txt and en.train.txt")
    return found


def _require_languages(codes: dict[str, str | None], known: list[str], where: str) -> None:
    for argument, code in codes.items():
        if code not in known:
            raise ValueError(f"{argument}={code!r}: {where} is in {', '.join(known) or 'no language'}, not in {code}")
    if len(set(codes.values())) == 1:
        raise ValueError(f"target_language={code!r}: this is the source's language already")


def _read_folder(folder: Path, split: str, codes: dict[str, str | None]) -> list[list[str]]:
    _require_languages(codes, _languages_in(folder, split), f"the {split} split in {folder}")
    files = [folder / f"{code}.{split}.txt" for code in codes.values()]
    texts = [[line.strip() for line in _lines(file)] for file in files]
    (shorter, fewer), (longer, more) = sorted(zip(map(len, texts), files, strict=True), key=lambda pair: pair[0])
    if shorter != longer:
        raise ValueError(f"{more}, line {shorter + 1}: it has {longer:,} lines and {fewer.name} only {shorter:,}")
    for file, lines in zip(files, texts, strict=True):
        if "" in lines:
            raise ValueError(f"{file}, line {lines.index('') + 1}: it is empty")
    return texts


def _read_columns(file: Path, codes: dict[str, str | None]) -> list[list[str]]:
    header, rows = _read_table(file)
    if header:
        _require_languages(codes, sorted(header), str(file))
    width, columns = len(header) or 2, [header.index(code) for code in codes.values()] if header else [0, 1]
    for number, row in enumerate(rows, start=2 if header else 1):
        if row == [""]:
            raise ValueError(f"{file}, line {number}: it is empty")
        if len(row) != width:
            hint = "" if header else ", or a first line of language codes that says what they are"
            count = f"{len(row)} column{'s' * (len(row) != 1)}"
            raise ValueError(f"{file}, line {number}: it has {count}, and {width} are needed{hint}")
        for column in columns:
            if not row[column]:
                raise ValueError(f"{file}, line {number}: its column {column + 1} is empty")
    return [[row[column] for row in rows] for column in columns]


def _read_table(file: Path) -> tuple[list[str], list[list[str]]]:
    """The language codes in the first line, or none, and the rows."""
    rows = [[cell.strip() for cell in line.split("\t")] for line in _lines(file)]
    has_header = bool(rows) and len(set(rows[0])) == len(rows[0]) > 1 and all(map(LANGUAGE.fullmatch, rows[0]))
    return (rows[0], rows[1:]) if has_header else ([], rows)


def _lines(file: Path) -> list[str]:
    """A file's lines. A line feed alone ends one: Unicode's other separators would shift what follows."""
    lines = file.read_bytes().removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    texts = []
    for number, line in enumerate(lines, start=1):
        try:
            texts.append(line.decode("utf-8"))
        except UnicodeDecodeError as error:
            where = f"{file}, line {number}, byte {error.start + 1}"
            raise ValueError(f"{where}: 0x{line[error.start]:02x} is no UTF-8 there; save it as UTF-8") from None
    return texts
