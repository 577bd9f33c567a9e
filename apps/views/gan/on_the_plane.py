"""Points of a trained generator over a map of what its critic thinks of the plane."""

import numpy as np
import streamlit as st

from dlsuite.gans import maps

WIDTH = 620


def caption(trained) -> str:
    """What a map of the plane shows."""
    dark = "Dark: real points. " if len(real_points(trained.dataset)) else ""
    return f"{dark}Colour and arrows: the critic's score, warm for real, and where it pulls samples."


def picture(trained, points, highlight=None):
    """Points over a map of what the critic thinks of the plane."""
    real = real_points(trained.dataset)
    extent = float(1.25 * np.abs(real if len(real) else points).max())
    background = critic_map(trained.source, extent, trained.model)
    return maps.with_points(background, extent, real, points, highlight)


def lines(trained, points: str) -> list[str]:
    """The notebook lines that draw points, and what of them is marked, as `picture` does."""
    cloud = points.partition(", ")[0]
    if len(real_points(trained.dataset)):
        of_data, widest = [f"real = examples.held_in_memory({trained.dataset!r})[:500]"], "real"
    else:
        of_data, widest = ["real = np.empty((0, 2))"], cloud
    return [
        "import numpy as np",
        "from PIL import Image",
        "from dlsuite.gans import maps",
        "from dlsuite.data import examples",
        *of_data,
        f"extent = float(1.25 * np.abs({widest}).max())",
        "critic = maps.terrain(**maps.survey(model.score, extent), extent=extent)",
        f"Image.fromarray(maps.with_points(critic, extent, real, {points}))",
    ]


@st.cache_data(show_spinner=False)
def critic_map(source: str, extent: float, _model) -> np.ndarray:
    """The critic's heat map and gradient arrows, as a picture."""
    return maps.terrain(**maps.survey(_model.score, extent), extent=extent)


@st.cache_data(show_spinner=False)
def real_points(dataset: str) -> np.ndarray:
    """500 points of the dataset; none where it was the user's own and is gone."""
    from dlsuite.data import examples

    try:
        return examples.held_in_memory(dataset)[:500]
    except ValueError:
        return np.empty((0, 2))
