"""A square of the plane to draw on with the mouse, a pen or a finger, which Streamlit itself does not have."""

from pathlib import Path

import streamlit as st

from dlsuite.data.drawing import EXTENT

HALF = EXTENT / 2
HTML = f"""
<svg viewBox="{-EXTENT} {-EXTENT} {2 * EXTENT} {2 * EXTENT}" role="img" aria-label="Draw here">
  <path class="axes" d="M{-EXTENT} 0H{EXTENT}M0 {-EXTENT}V{EXTENT}" />
  <path class="grid" d="M{-EXTENT} {-HALF}H{EXTENT}M{-EXTENT} {HALF}H{EXTENT}" />
  <path class="grid" d="M{-HALF} {-EXTENT}V{EXTENT}M{HALF} {-EXTENT}V{EXTENT}" />
  <g class="strokes" transform="scale(1 -1)"></g>
  <text y="-0.45">Draw here</text>
</svg>
<div class="buttons"><button class="undo">Undo</button><button class="clear">Clear</button></div>
"""
CSS = """
svg {
  display: block; box-sizing: border-box; width: 100%; aspect-ratio: 1; cursor: crosshair; touch-action: none;
  background: var(--st-secondary-background-color); border-radius: var(--st-base-radius);
}
path { fill: none; stroke: var(--st-text-color); stroke-width: 1; vector-effect: non-scaling-stroke; }
.axes { opacity: 0.25; }
.grid { opacity: 0.1; }
.strokes {
  fill: none; stroke: var(--st-primary-color); stroke-width: 0.07; stroke-linecap: round; stroke-linejoin: round;
}
text {
  fill: var(--st-text-color); fill-opacity: 0.6; font: 0.2px var(--st-font); text-anchor: middle; pointer-events: none;
  paint-order: stroke; stroke: var(--st-secondary-background-color); stroke-width: 0.2;
}
.strokes:not(:empty) + text { display: none; }
.buttons { display: flex; gap: 0.5rem; margin-top: 0.5rem; }
button {
  flex: 1; min-height: 2.5rem; font: 0.875rem var(--st-font); color: var(--st-text-color); cursor: pointer;
  background: var(--st-background-color);
  border: 1px solid var(--st-border-color); border-radius: var(--st-button-radius);
}
button:hover:enabled, button:focus-visible { color: var(--st-primary-color); border-color: var(--st-primary-color); }
button:focus-visible { outline: 2px solid var(--st-primary-color); outline-offset: 1px; }
button:disabled { opacity: 0.4; cursor: not-allowed; }
"""
JS = Path(__file__).with_suffix(".js").read_text("utf-8")

_sheet = st.components.v2.component("dlsuite_canvas", html=HTML, css=CSS, js=JS)


def strokes(key: str, at_first: list) -> list:
    """What is drawn on the canvas: strokes, each a list of its corners (x, y) in -EXTENT..EXTENT, y upwards.

    Args:
        key: the widget's.
        at_first: the strokes that it shows before anything is drawn or taken away.
    """
    data, state = {"strokes": at_first, "extent": EXTENT}, {"strokes": at_first}
    return _sheet(key=key, data=data, default=state, on_strokes_change=lambda: None).strokes
