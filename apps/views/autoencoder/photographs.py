"""The pictures that there are to enlarge and to compress, and the pieces of them that are shown."""

from pathlib import Path

import numpy as np
import streamlit as st
from PIL import Image

from panels import inputs

ASTRONAUT = Path(__file__).parents[2] / "pictures" / "astronaut.webp"
"""A part of NASA's portrait of Eileen Collins, in the public domain; no model that ships was trained on it."""
SHOWN = 480
"""Pixels across in which a picture is shown."""
LARGEST = 512
"""Pixels a side of a picture that is worked on."""


def to_try() -> dict:
    """The pictures that there are to try, by title: no model that ships was trained on any."""
    pictures = {"astronaut": astronaut, "digits": mosaic}
    return pictures | {Path(name).stem: lambda picture=picture: picture for name, picture in held_out().items()}


def astronaut() -> inputs.Picture:
    """The portrait."""
    lines = [f'picture = np.asarray(Image.open({str(ASTRONAUT)!r}).convert("RGB"))']
    return inputs.Picture(np.asarray(Image.open(ASTRONAUT).convert("RGB")), lines)


def mosaic() -> inputs.Picture:
    """64 held-out digits as one picture, uint8 `(224, 224, 3)`."""
    digits = inputs.digits("test")[0][::15][:64].reshape(8, 8, 28, 28)
    grey = (255 * digits).round().astype("uint8").transpose(0, 2, 1, 3).reshape(224, 224)
    lines = [
        "from dlsuite.data import mnist",
        'digits = mnist.arrays("test", "bundled")[0][::15][:64].reshape(8, 8, 28, 28)',
        "picture = np.repeat(digits.transpose(0, 2, 1, 3).reshape(224, 224, 1), 3, axis=-1)",
    ]
    return inputs.Picture(np.repeat(grey[..., None], 3, axis=-1), lines)


@st.cache_data(show_spinner=False)
def held_out() -> dict[str, inputs.Picture]:
    """The held-out photographs, by their files' names, their middles of at most 512 pixels; none if not installed."""
    from dlsuite.data import photographs, sources

    try:
        found = photographs.images("test")
    except sources.MissingData:
        return {}
    pictures = {}
    for index, (name, whole) in enumerate(zip(photographs.FILES["test"], found, strict=True)):
        top, left = (max(0, (side - LARGEST) // 2) for side in whole.shape[:2])
        middle = f"{top} : {top + LARGEST}, {left} : {left + LARGEST}"
        lines = [
            "from dlsuite.data import photographs",
            f'picture = photographs.images("test")[{index}][{middle}]',
        ]
        pictures[name] = inputs.Picture(whole[top : top + LARGEST, left : left + LARGEST], lines)
    del pictures["astronaut.png"]
    return pictures
