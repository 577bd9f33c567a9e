"""A dataset of points that the user draws."""

import io
import json
from pathlib import Path

import numpy as np
import streamlit as st

from dlsuite.data import drawing
from panels import canvas, uploads


def points_input() -> str | None:
    """The path of the points that the user draws; the URL remembers the drawing, which is kept beside them.

    Every stroke makes another drawing, and every jitter other points: only those that are trained on become a file.
    """
    strokes = canvas.strokes("strokes", _kept_strokes(st.query_params.get("drawing", "")))
    jitter = st.slider(
        "Jitter",
        0.0,
        0.3,
        0.05,
        0.01,
        key="jitter",
        bind="query-params",
        help="How far points lie from the lines: the standard deviation, where the square is 4 wide.",
    )
    try:
        points = drawing.points(strokes, jitter)
    except ValueError:
        st.query_params.pop("drawing", None)
        much = "longer lines, or dots further apart." if strokes else "lines for curves, dots for modes."
        st.info(f"Draw the distribution to be learned with the mouse or a finger: {much}", icon=":material/draw:")
        return None
    written = json.dumps(strokes)
    file, contents = f"points-{jitter}.npy", {"strokes.json": written.encode()}
    if st.session_state.get("start"):  # the button at the end of the form has been pressed
        content = io.BytesIO()
        np.save(content, points)
        contents[file] = content.getvalue()
    folder = uploads.keep(written, contents)
    if st.query_params.get("drawing") != folder.name:
        st.query_params["drawing"] = folder.name
    shown, said = st.columns(2, vertical_alignment="center")
    shown.image(_cloud(points - points.mean(axis=0)), width="stretch")
    said.caption(f"{len(points):,} points as they are learned: centred, and scaled to radius 2 (root mean square)")
    return str((folder / file).resolve())


def _cloud(points: np.ndarray) -> np.ndarray:
    """Where points of the plane lie, at whatever scale, uint8 `(160, 160, 4)`; transparent, to suit either theme."""
    extent = 1.1 * np.abs(points).max()
    counts, _, _ = np.histogram2d(-points[:, 1], points[:, 0], 160, [[-extent, extent]] * 2)
    ink = np.minimum(counts / 2, 1)[..., None]
    return ((1 - ink) * [128, 128, 128, 24] + ink * [217, 112, 43, 255]).astype("uint8")


def _kept_strokes(identity: str) -> list:
    """The strokes of a drawing that has been kept; none if there is no such drawing, or it is damaged."""
    try:
        strokes = json.loads((uploads.FOLDER / Path(identity).name / "strokes.json").read_text("utf-8"))
        if not isinstance(strokes, list):
            raise ValueError("no list")
        for stroke in strokes:
            drawing.corners(stroke)
    except (OSError, ValueError):
        return []
    return strokes
