"""The GAN page's *One latent vector*: a sample whose coordinates are sliders."""

import numpy as np
import streamlit as st

from dlsuite import pictures
from panels import export, gallery, widgets
from views.gan import drawn, on_the_plane

CLOUD = 600
"""The number of samples around the one that is made by hand."""


def show(controls, screen, trained):
    """One sample whose latent coordinates are sliders."""
    with controls:
        seed = widgets.seed_input("Seed", "seed")
        label = drawn.class_input(trained)
        latent = drawn.draw(trained, 1, seed, label)["latent"][0].copy()
        length = drawn.style_length(trained, latent)  # the class is not for sliders
        first = 0
        if length > 8:
            first = st.select_slider(
                "Coordinates",
                range(0, length, 8),
                key="first",
                format_func=lambda first: f"z{first} to z{min(first + 8, length) - 1}",
            )
        shown = range(first, min(first + 8, length))
        moved = st.session_state.setdefault(f"moved {seed}", {})  # outlives the sliders that are out of sight
        columns = st.columns(2)
        for dimension in shown:
            start = round(float(np.clip(latent[dimension], -3, 3)), 2)
            value = columns[dimension % 2].slider(
                f"z{dimension}",
                -3.0,
                3.0,
                moved.get(dimension, start),
                0.05,
                key=f"z{dimension}.{seed}",
                bind="query-params",
            )
            moved[dimension] = value
            if value == start:
                del moved[dimension]
        for dimension, value in moved.items():
            if dimension < length:
                latent[dimension] = value
    lines = [
        f'latent = {drawn.draw_line(1, seed, label)}["latent"]',
        *(f"latent[0, {dimension}] = {value:.2f}" for dimension, value in moved.items() if dimension < length),
        'samples = model.decode(latent=latent)["samples"]',
    ]
    with screen:
        if drawn.makes_points(trained):
            cloud = trained.model.sample(n=CLOUD, seed=0)["samples"]
            (point,) = trained.model.decode(latent=latent[None])["samples"]
            picture = on_the_plane.picture(trained, cloud, highlight=point)
            caption = f"The circle: where this latent vector goes. White: samples. {on_the_plane.caption(trained)}"
            st.image(picture, caption=caption, width=on_the_plane.WIDTH)
            lines += [
                f'cloud = model.sample(n={CLOUD}, seed=0)["samples"]',
                *on_the_plane.lines(trained, "cloud, highlight=samples[0]"),
            ]
        else:
            image = trained.model.decode(latent=latent[None])["samples"]
            around = np.repeat(latent[None], 9 * len(shown), axis=0).reshape(len(shown), 9, -1)
            for row, dimension in enumerate(shown):
                around[row, :, dimension] = np.linspace(-3, 3, 9)
            swept = trained.model.decode(latent=around.reshape(9 * len(shown), -1))["samples"]
            large, sweep = st.columns([2, 3])
            gallery.show(pictures.sheet(image, 1, border=0, black=-1), "this latent vector", 560, large)
            rows = f"one coordinate a row, z{first} to z{shown[-1]}, each from -3 to 3"
            gallery.show(pictures.sheet(swept, columns=9, black=-1), rows, 810, sweep)
            lines += [
                "import numpy as np",
                *drawn.SHOW_SHEET,
                f"around = np.repeat(latent, {9 * len(shown)}, axis=0).reshape({len(shown)}, 9, -1)",
                f"for row, dimension in enumerate({shown}):",
                "    around[row, :, dimension] = np.linspace(-3, 3, 9)",
                f'swept = model.decode(latent=around.reshape({9 * len(shown)}, -1))["samples"]',
                "Image.fromarray(pictures.sheet(samples, columns=1, black=-1))",
                "Image.fromarray(pictures.sheet(swept, columns=9, black=-1))",
            ]
        export.notebook_lines(trained, lines)
