"""A map of the plane to click on or to drag over, which Streamlit itself does not have."""

import base64
from collections.abc import Callable
from pathlib import Path

import numpy as np
import streamlit as st

from panels import gallery

HTML = """<div class="map" role="img" aria-label="Map of the codes: click or drag"><img alt="" draggable="false">
<span class="ring"></span></div>"""
CSS = """
.map { position: relative; aspect-ratio: 1; cursor: crosshair; touch-action: none; user-select: none; }
img { display: block; width: 100%; height: 100%; border-radius: var(--st-base-radius); }
.ring {
  position: absolute; width: 16px; height: 16px; margin: -11px; border: 3px solid #be185d; border-radius: 50%;
  pointer-events: none;
}
"""
JS = Path(__file__).with_suffix(".js").read_text("utf-8")

_map = st.components.v2.component("dlsuite_plane", html=HTML, css=CSS, js=JS)


def place(key: str, picture: np.ndarray, extent: float, at: tuple[float, float], on_move: Callable) -> None:
    """Show a map with a ring on it, which the user can put elsewhere.

    Args:
        key: the widget's.
        picture: the map, uint8 `(side, side, 3)`.
        extent: it shows [-extent, extent]^2, y upwards.
        at: where the ring is.
        on_move: called with the new place `(x, y)` before the page runs again.
    """
    url = "data:image/png;base64," + base64.b64encode(gallery.png(picture)).decode()

    def moved():
        on_move(tuple(st.session_state[key].place))

    _map(key=key, data={"picture": url, "extent": extent, "place": list(at)}, on_place_change=moved)
