"""Lecture 8: generative adversarial networks. Play with trained generators, train your own, export them."""

import streamlit as st

from dlsuite import catalog
from panels import export, form, models, page, widgets
from views.gan import (
    attributes,
    convergence,
    interpolation,
    loss_meaning,
    one_latent_vector,
    optimum,
    samples,
    what_goes_wrong,
)

LEAD = (
    "A **generator** turns noise into samples; a **critic** learns to tell them from real data; each improves against "
    "the other. Play with trained pairs, train your own and watch the two of them, take them home."
)
LESSONS = [name for name in catalog.names() if name.startswith("gans.")]
GANS = [name for name in LESSONS if "latent_dim" in catalog.lesson(name).options]
FIRST = "gans.wgan_gp"
"""The model that the page opens with."""
REQUEST = export.Request("sample", {"n": 16, "seed": 0}, 'model.sample(n=16, seed=0)["samples"]')


def play():
    """A trained generator: its samples, the way between two of them, and one latent vector by hand."""
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        trained = models.choose(GANS, FIRST)
        if trained is None:
            return
    views = {
        "Samples": samples.show,
        "Interpolation": interpolation.show,
        "One latent vector": one_latent_vector.show,
    }
    if trained.dataset == "mnist":
        views["Attributes"] = attributes.show
    with screen:
        view = widgets.view("View", views, "view")
    view(controls, screen, trained)


page.show(
    "Generative adversarial networks",
    LEAD,
    {
        "Play": st.fragment(play),
        "Train": lambda: form.train(sorted(LESSONS, key=lambda name: (name != FIRST, name not in GANS))),
        "What goes wrong": what_goes_wrong.show,
        "Is the loss meaningful?": loss_meaning.show,
        "Optimum": st.fragment(optimum.show),
        "Convergence": st.fragment(convergence.show),
        "Export": lambda: export.show(GANS, FIRST, lambda model: REQUEST),
    },
)
