"""Pictures on a page and as files: enlarged, as PNG, as GIF, and the film of a run."""

import io
from collections.abc import Callable

import numpy as np
import streamlit as st
from PIL import Image

from dlsuite import runs
from panels import export


def png(picture: np.ndarray) -> bytes:
    """A uint8 picture as a PNG file."""
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "png")
    return content.getvalue()


def gif(pictures: list[np.ndarray], milliseconds: int = 120) -> bytes:
    """Pictures of one size as an endlessly repeating GIF file; the last one stays a little longer."""
    frames = [Image.fromarray(picture).quantize(128) for picture in pictures]
    durations = [milliseconds] * (len(frames) - 1) + [8 * milliseconds]
    content = io.BytesIO()
    frames[0].save(content, "gif", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return content.getvalue()


def enlarged(picture: np.ndarray, width: int) -> np.ndarray:
    """A picture with every pixel repeated, as often as still fits `width`."""
    times = max(1, width // picture.shape[1])
    return picture.repeat(times, axis=0).repeat(times, axis=1)


def show(picture: np.ndarray, caption: str | None, width: int, place=st) -> None:
    """Show a picture as wide as its place; enlarged to at most `width` pixels first, so that its own stay sharp."""
    place.image(enlarged(picture, width), caption=caption, width="stretch", output_format="PNG")


def row(pictures: dict[str, np.ndarray], width: int) -> None:
    """Show pictures beside each other, by their captions."""
    for place, (caption, picture) in zip(st.columns(len(pictures)), pictures.items(), strict=True):
        show(picture, caption, width, place)


def film(run: runs.Run, is_live: bool, key: str, drawn: Callable[[int], np.ndarray] | None = None) -> None:
    """The newest preview; of a run that has ended, any of them, and all as a GIF.

    Args:
        drawn: draws what there was after a step; the pictures that training made by itself.
    """
    previews = run.previews()
    if not previews:
        st.caption("The first picture comes with the first steps." if is_live else "There is no picture.")
        return
    steps = list(previews)
    step = steps[-1]
    if not is_live and len(steps) > 1:
        step = st.select_slider(
            "Step", steps, steps[-1], key=f"film {key} {run.path}", format_func=lambda step: f"{step:,}"
        )
    drawn = drawn or (lambda step: np.asarray(Image.open(previews[step]).convert("RGB")))
    st.image(enlarged(drawn(step), 480), caption=f"after step {step:,}", width="stretch")
    if (
        not is_live
        and len(steps) > 1
        and st.button("Make a film", icon=":material/movie:", key=f"gif {key} {run.path}")
    ):
        frames = [enlarged(drawn(step), 480) for step in steps]
        export.download("Download the film (GIF)", gif(frames), f"{run.path.parent.name}.gif")
