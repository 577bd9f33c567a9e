"""Aligned texts for translation: sentences in files, one per line, or the dates of `data.dates`.

- A folder in the layout of `tfds.TranslateFolder`: `de.train.txt` and `en.train.txt`, line by line the same in two
  or more languages, and likewise for `validation` and `test`.
- A `.tsv` file with columns separated by tabs. A header line of languages, by code or name (`de`, `EN`, `pt_BR`,
  `English`, `français`), or of `source` and `target`, says what the columns are. Without a header there must be two,
  the source and the target, whatever their languages are called.

A split without a file of its own is taken from the training data: a tenth of it, by a hash of the source text, so that
a sentence with several translations is in only one split.

Files are in UTF-8; letters and marks are composed when read (Unicode's NFC). Any error in a file is a `ValueError` that
names the file and the line.
"""

import unicodedata
from pathlib import Path
from typing import get_args

import numpy as np

from dlsuite.data import dates, sources
from dlsuite.data.language_names import languages_of
from dlsuite.data.splits import Held, split_of

ROLES = {"source": 0, "src": 0, "target": 1, "tgt": 1, "trg": 1}
"""What columns may be called if their languages are not given, and whether each is the source (0) or the target (1)."""


def languages(dataset: str) -> list[str]:
    """The languages to choose from, as written in the dataset, in alphabetical order.

    Dates have none, nor does a `.tsv` file whose first line does not name any.

    Raises:
        ValueError: there is no such folder or file, the folder has no training data, or the file is not UTF-8.
    """
    if dataset == "dates":
        return []
    path = sources.existing(dataset, "folder or file")
    if path.is_dir():
        return _languages_in(path, "train")
    header, _ = _read_table(path, set())
    return [] if _are_roles(header) else sorted(header)


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
        split: "train", "validation" or "test"; for dates also "unseen_formats".
        source_language: the language to translate from, by its code in lower or upper case, or by its name. It is
            ignored for dates and for a table without a header, which leave no choice. For a table of two columns it
            may be omitted; the first column is then the source.
        target_language: the language to translate into.
        n: the maximum number to return, drawn at random without repetition; by default all of them, in order.
        seed: for the draw.

    Returns:
        The texts and their translations: lists of str of the same length, without surrounding white space, none of
        them empty.

    Raises:
        ValueError: there is no such dataset, split or language, `n` is below 1, or a file is wrong: languages with
            different numbers of lines, bytes that are not UTF-8, an empty line, a row with a wrong number of columns.
    """
    if dataset == "dates":
        return dates.pairs(split, n, seed)
    if split not in get_args(Held):
        raise ValueError(f"split={split!r}: it must be one of {', '.join(get_args(Held))}")
    if n is not None and n < 1:
        raise ValueError(f"n={n}: it must be at least 1")
    path = sources.existing(dataset, "folder or file")
    asked = {"source_language": source_language, "target_language": target_language}
    without_file = {name for name in ("validation", "test") if path.is_file() or not _languages_in(path, name)}
    file_split = "train" if split in without_file else split
    columns = _read_folder(path, file_split, asked) if path.is_dir() else _read_columns(path, asked)
    both = list(zip(*columns, strict=True))
    if file_split == "train":
        parts = [split_of(source) for source, _ in both]
        parts = [part if part in without_file else "train" for part in parts]
        both = [pair for pair, part in zip(both, parts, strict=True) if part == split]
    if not both:
        raise ValueError(f"dataset={dataset!r}: it has too few sentences: none is in the split {split!r}")
    if n is not None:
        drawn = np.random.default_rng(seed).choice(len(both), min(n, len(both)), replace=False)
        both = [both[index] for index in drawn]
    texts, translations = map(list, zip(*both, strict=True))
    return texts, translations


def _languages_in(folder: Path, split: str) -> list[str]:
    ending = f".{split}.txt"
    names = sorted(file.name for file in folder.iterdir() if not sources.is_passed_over(file.name))
    found = [name.removesuffix(ending) for name in names if name.endswith(ending)]
    if split == "train" and not found:
        beside = f"; it contains {sources.some_of(names)}" if names else ""
        raise ValueError(
            f"dataset={str(folder)!r}: it has no training data, such as de.train.txt and en.train.txt{beside}"
        )
    return found


def _chosen(asked: dict[str, str | None], known: list[str], where: str) -> list[int]:
    """The positions in `known` of the requested languages, which are given by argument name."""
    places = []
    for argument, language in asked.items():
        place = _place_of(language, known)
        if place is None:
            there = f"{where} is in {', '.join(known) or 'no language'}"
            raise ValueError(f"{argument}={language!r}: {there}, not in {language}")
        places.append(place)
    if len(set(places)) == 1:
        raise ValueError(f"target_language={language!r}: this is already the source language")
    return places


def _place_of(language: str | None, known: list[str]) -> int | None:
    """The position of a language in a list: by exact spelling, else ignoring case, else by another name."""
    if language in known:
        return known.index(language)
    named = languages_of(language or "")
    is_it = [each.casefold() == (language or "").casefold() for each in known]
    is_it = is_it if any(is_it) else [bool(languages_of(each) & named) for each in known]
    return is_it.index(True) if any(is_it) else None


def _read_folder(folder: Path, split: str, asked: dict[str, str | None]) -> list[list[str]]:
    known = _languages_in(folder, split)
    files = [
        folder / f"{known[place]}.{split}.txt" for place in _chosen(asked, known, f"the {split} split in {folder}")
    ]
    texts = [[line.strip() for line in _lines(file)] for file in files]
    (shorter, fewer), (longer, more) = sorted(zip(map(len, texts), files, strict=True), key=lambda pair: pair[0])
    if shorter != longer:
        raise ValueError(f"{more}, line {shorter + 1}: it has {longer:,} lines, but {fewer.name} only {shorter:,}")
    for file, lines in zip(files, texts, strict=True):
        if "" in lines:
            raise ValueError(f"{file}, line {lines.index('') + 1}: it is empty")
    return texts


def _read_columns(file: Path, asked: dict[str, str | None]) -> list[list[str]]:
    header, rows = _read_table(file, set(asked.values()))
    width = len(header) or 2
    if _are_roles(header):
        columns = sorted((0, 1), key=lambda column: ROLES[header[column].casefold()])
    elif width == 2 and (not header or set(asked.values()) == {None}):
        columns = [0, 1]
    else:
        columns = _chosen(asked, header, str(file))
    for number, row in enumerate(rows, start=2 if header else 1):
        if row == [""]:
            raise ValueError(f"{file}, line {number}: it is empty")
        if len(row) != width:
            hint = "" if header else ", or a first line with the language codes of the columns"
            count = f"{len(row)} column{'s' * (len(row) != 1)}"
            raise ValueError(f"{file}, line {number}: it has {count}, but {width} are needed{hint}")
        for column in columns:
            if not row[column]:
                raise ValueError(f"{file}, line {number}: its column {column + 1} is empty")
    return [[row[column] for row in rows] for column in columns]


def _read_table(file: Path, asked: set[str | None]) -> tuple[list[str], list[list[str]]]:
    """The column names in the first line, or an empty list, and the rows.

    The first line is a header if its cells name different languages; if they are `ROLES`; or if they include both
    languages that are `asked` for.
    """
    rows = [[cell.strip() for cell in line.split("\t")] for line in _lines(file)]
    first = rows[0] if rows else []
    has_asked = len(asked - {None}) == 2 and asked <= set(first)
    is_header = len(set(first)) == len(first) > 1 and (has_asked or _are_roles(first) or _are_languages(first))
    return (first, rows[1:]) if is_header else ([], rows)


def _are_roles(cells: list[str]) -> bool:
    return sorted(ROLES.get(cell.casefold(), -1) for cell in cells) == [0, 1]


def _are_languages(cells: list[str]) -> bool:
    named = [languages_of(cell) for cell in cells]
    return all(named) and len(frozenset.union(*named)) == sum(map(len, named))


def _lines(file: Path) -> list[str]:
    """A file's lines, composed. Only a line feed ends a line: Unicode's other separators would shift what follows."""
    lines = sources.content(str(file)).removeprefix(b"\xef\xbb\xbf").split(b"\n")
    if lines[-1] == b"":
        lines.pop()
    texts = []
    for number, line in enumerate(lines, start=1):
        try:
            texts.append(unicodedata.normalize("NFC", line.decode("utf-8")))
        except UnicodeDecodeError as error:
            where = f"{file}, line {number}, byte {error.start + 1}"
            raise ValueError(f"{where}: 0x{line[error.start]:02x} is not UTF-8 there; save the file as UTF-8") from None
    return texts
