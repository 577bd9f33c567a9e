"""Digits and pictures to try models on."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import streamlit as st

from dlsuite.data import own


@st.cache_data(show_spinner="Reading the bundled digits …")
def digits(split: str) -> tuple[np.ndarray, np.ndarray]:
    """The bundled digits, float32 in 0..1, and their labels: 4,000 of `train`, or the 1,000 held-out ones of `test`."""
    from dlsuite.data import mnist

    images, labels = mnist.arrays(split, "bundled")
    return (images / 255).astype("float32"), labels


def digit(label: str, key: str, digit: int) -> tuple[np.ndarray, int]:
    """A held-out digit that the user picks, float32 `(28, 28, 1)` in 0..1, and which of all held-out ones it is.

    Args:
        label: the widgets'.
        key: the widgets', and the URL's.
        digit: which is picked at first, 0 to 9.
    """
    images, labels = digits("test")
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    chosen = left.selectbox(f"{label} digit", list(map(str, range(10))), digit, key=f"{key}_digit", bind="query-params")
    of_it = np.flatnonzero(labels == int(chosen))
    number = middle.number_input(
        "example", 1, len(of_it), 1, key=f"{key}_example", bind="query-params", help="One of the held-out ones."
    )
    index = int(of_it[number - 1])
    right.image(images[index], width=60)
    return images[index], index


class Picture(NamedTuple):
    """A picture to try models on."""

    pixels: np.ndarray
    """uint8 `(height, width, 3)`."""
    lines: list[str]
    """The notebook lines that read it, as `picture`."""


def picture(key: str, examples: dict[str, Callable[[], Picture]], largest: int = 768) -> Picture | None:
    """A picture that the user picks or uploads; `None` after a sentence if there is none.

    Args:
        key: the widgets', and the URL's.
        examples: by title, functions that give the pictures that there are to pick.
        largest: a picture with a longer side is reduced to this, in pixels.
    """
    upload = "my own …"
    chosen = st.selectbox("Picture", [*examples, upload], key=key, bind="query-params")
    if chosen in examples:
        return examples[chosen]()
    file = st.file_uploader("Picture", key=f"{key}_file", label_visibility="collapsed")
    if file is None:
        st.caption("A photograph, as JPEG, PNG, WebP, GIF or BMP.")
        return None
    try:
        picture, remark = own.picture(file.getvalue(), largest)
    except ValueError as error:
        st.error(f"{file.name}: {error}")
        return None
    if remark:
        st.caption(remark)
    return Picture(
        picture,
        [
            "from pathlib import Path",
            "from dlsuite.data import own",
            f"picture, _ = own.picture(Path({file.name!r}).read_bytes(), largest={largest})",
        ],
    )
