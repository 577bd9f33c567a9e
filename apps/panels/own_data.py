"""What a training learns from: a named dataset, a drawing, or the user's own pictures, points and texts."""

import os
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from dlsuite import catalog
from dlsuite.data import names as datasets
from dlsuite.data import own, sources, text, text_pairs
from panels import drawing, uploads

DRAWING = "my drawing …"
OWN_DATA = "my own …"


def dataset_input(option: catalog.Option) -> str | None:
    """The dataset that is chosen for a training; `None` after a sentence while there is none to train on."""
    kinds = {datasets.kind(choice) for choice in option.choices}
    choices = [*option.choices, *([DRAWING] if "points" in kinds else []), *([OWN_DATA] if option.is_open else [])]
    first = choices.index(option.default)
    chosen = st.selectbox("Dataset", choices, first, key="dataset", bind="query-params", help=option.help)
    try:
        if chosen == DRAWING:
            return drawing.points_input()
        if chosen == OWN_DATA:
            texts = kinds & {"pairs", "text"}
            return _own_texts_input(texts.pop()) if texts else _own_data_input("points" in kinds)
    except OSError as error:
        st.error(f"Your data cannot be kept: {error.strerror}.")
        return None
    return chosen


def _own_data_input(takes_points: bool) -> str | None:
    of_points = ", or of a .npy or .csv file of 2-D points" if takes_points else ""
    typed = st.text_input(f"Path of a folder of pictures{of_points}", key="own_path")
    endings = own.IMAGE_ENDINGS + (own.POINT_ENDINGS if takes_points else ())
    files = st.file_uploader(
        "or upload pictures" + (", or one file of points" if takes_points else ""),
        type=[ending[1:] for ending in endings],
        accept_multiple_files=True,
    )
    if not typed and not files:
        st.caption(f"At least {own.FEWEST} pictures{' or points' if takes_points else ''} are needed.")
        return None
    path = typed or uploads.keep_files(files)
    try:
        path = os.path.realpath(sources.expanded(path))
        count, shape = _look_at(path, _changed(path))
    except (ValueError, OSError) as error:
        st.error(_unreadable(path, error))
        return None
    st.caption(f"{count} examples of shape {shape}")
    return path


def _changed(path: str) -> float:
    """When the newest of one's own files in a folder was written, or a file itself."""
    return max(Path(path).stat().st_mtime, *(file.lstat().st_mtime for file in Path(path).glob("*")), 0)


def _unreadable(path: str, error: Exception) -> str:
    """Why one's own data cannot be used, in a sentence."""
    if isinstance(error, ValueError):
        return str(error)
    what = "there is no such file or folder" if isinstance(error, FileNotFoundError) else error.strerror
    return f"dataset={path!r}: {what}"


@st.cache_data(show_spinner="Reading your data …")
def _look_at(path: str, changed: float) -> tuple[int, tuple]:
    """How many examples there are of one's own, and of which shape; `changed` is when the newest was written."""
    examples = own.points(path) if datasets.kind(path) == "points" else own.images(path)
    return len(examples), examples.shape[1:]


class OwnTexts(NamedTuple):
    """How texts of one's own are asked for."""

    path: str
    upload: str
    ending: str
    told: str


OWN_TEXTS = {
    "pairs": OwnTexts(
        "Path of a folder of sentences, or of a .tsv file",
        "or upload a .tsv file",
        ".tsv",
        "A folder holds `de.train.txt` and `en.train.txt`, line by line the same in two languages; a .tsv file has a "
        "sentence and its translation in each line, parted by a tab. All in UTF-8.",
    ),
    "text": OwnTexts("Path of a .txt file", "or upload a .txt file", ".txt", "500 words or more, in UTF-8."),
}


def _own_texts_input(kind: str) -> str | None:
    asked = OWN_TEXTS[kind]
    typed = st.text_input(asked.path, key="own_path", help=asked.told)
    file = st.file_uploader(asked.upload, type=[asked.ending[1:]], key=f"own_{kind}")
    if not typed and file is None:
        st.caption(asked.told)
        return None
    path = typed or uploads.keep_text(file, asked.ending)
    try:
        path = os.path.realpath(sources.expanded(path))
        if datasets.kind(path) != kind:
            raise ValueError(f"dataset={path!r}: this is no {asked.path.removeprefix('Path of a ')}")
        st.caption(_read_through(path, kind, _changed(path)))
    except (ValueError, OSError) as error:
        st.error(_unreadable(path, error))
        return None
    return path


@st.cache_data(show_spinner="Reading your data …")
def _read_through(path: str, kind: str, changed: float) -> str:
    """What there is in texts of one's own, in a sentence; `changed` is when the newest file was written."""
    if kind == "text":
        return f"{len(text.words_of(text.read(path))):,} words"
    languages = text_pairs.languages(path)
    sources, _ = text_pairs.pairs(path, "train", *languages[:2])
    said = f"{len(sources):,} pairs of sentences to train on"
    return f"{said}; languages: {', '.join(languages)}. *All options* says which is which." if languages else said
