"""The auto-encoder page's *Super-resolution*: a picture enlarged, beside what interpolation makes of it."""

import numpy as np
import streamlit as st

from dlsuite import pictures
from panels import export, gallery, inputs, models
from views.autoencoder import photographs

PIECE = 96
"""Pixels a side of the original's piece that is shown enlarged."""


def show():
    """A picture enlarged, beside what interpolation makes of it."""
    from dlsuite.autoencoders.super_resolution import bicubic

    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        first = "autoencoders.super_resolution"
        trained = models.choose([first], first, key="enlarger")
        chosen = inputs.picture("picture", photographs.to_try(), largest=photographs.LARGEST)
        is_compared = st.toggle(
            "Reduce it first",
            value=True,
            key="reduce",
            bind="query-params",
            help="So that what is made of the small picture can be compared with the original. Off: the picture itself "
            "is enlarged, to what nobody has seen.",
        )
    if trained is None or chosen is None:
        return
    picture = chosen.pixels
    factor = trained.record["arguments"]["factor"]
    if min(picture.shape[:2]) < 4 * factor:
        screen.error(f"This picture has {picture.shape[1]} × {picture.shape[0]} pixels: that is too little.")
        return
    height, width = (side // factor * factor for side in picture.shape[:2])
    original = picture[:height, :width] / np.float32(255)
    small = np.clip(bicubic(original[None], 1 / factor).numpy(), 0, 1) if is_compared else original[None]
    answer = trained.model.enlarge(pictures=small)
    ours, interpolated = answer["pictures"][0], np.clip(answer["bicubic"][0], 0, 1)
    with controls:
        corner = corner_input(ours.shape[:2])
    with screen:
        nearest = small[0].repeat(factor, axis=0).repeat(factor, axis=1)
        shown = {"what it is given": nearest, "bicubic interpolation": interpolated, "super-resolution": ours}
        if is_compared:
            shown["the original"] = original
        columns = [column for _ in range(2) for column in st.columns(2)]
        for column, (title, whole) in zip(columns, shown.items(), strict=False):
            said = f": {psnr(whole, original):.2f} dB" if is_compared and title[0] in "bs" else ""
            gallery.show(piece(whole, corner), title + said, photographs.SHOWN, column)
        st.caption(
            what_is_shown(ours.shape[:2])
            + ("PSNR of the whole picture, the higher the better. " if is_compared else "")
            + ("At four times fine strokes are partly invented, with specks where bright meets black." * (factor == 4))
        )
        export.download("Download it enlarged", gallery.png(to_bytes(ours)), "enlarged.png")
        reduced = f"np.clip(super_resolution.bicubic(original[None], 1 / {factor}), 0, 1)"
        export.notebook_lines(
            trained,
            [
                "import numpy as np",
                "from PIL import Image",
                *(["from dlsuite.autoencoders import super_resolution"] if is_compared else []),
                *chosen.lines,
                f"original = picture[:{height}, :{width}] / np.float32(255)",
                f"small = {reduced if is_compared else 'original[None]'}",
                'enlarged = model.enlarge(pictures=small)["pictures"][0]',
                'Image.fromarray((255 * enlarged.clip(0, 1)).round().astype("uint8"))',
            ],
        )


def what_is_shown(shape: tuple[int, int]) -> str:
    """How much of a picture, whose height and width are given in pixels, `piece` shows: a sentence."""
    height, width = shape
    if max(shape) <= PIECE:
        return f"The whole picture, {width} × {height} pixels. "
    return f"A piece of {min(PIECE, width)} × {min(PIECE, height)} pixels of {width} × {height}. "


def corner_input(shape: tuple[int, int]) -> tuple[int, int]:
    """Where the piece that is shown begins, in pixels from the top left."""
    places = []
    for title, key, side in (("Down", "down", shape[0]), ("Across", "across", shape[1])):
        share = st.slider(
            f"{title}, where to look", 0, 100, 35, key=key, bind="query-params", format="%d %%", help="For the pieces."
        )
        places.append(round(share / 100 * max(0, side - PIECE)))
    return places[0], places[1]


def piece(picture: np.ndarray, corner: tuple[int, int]) -> np.ndarray:
    """A piece of a picture in 0..1, uint8."""
    top, left = corner
    return to_bytes(picture[top : top + PIECE, left : left + PIECE])


def to_bytes(picture: np.ndarray) -> np.ndarray:
    """A picture in 0..1 as uint8."""
    return (255 * np.clip(picture, 0, 1)).round().astype("uint8")


def psnr(picture: np.ndarray, original: np.ndarray) -> float:
    """The peak signal-to-noise ratio of a picture in 0..1, in decibels."""
    return float(pictures.psnr(max(np.mean((picture - original) ** 2), 1e-10)))
