"""Lecture 7: auto-encoders and variational inference. Play with trained models, train your own, export them."""

import streamlit as st

from dlsuite import catalog
from panels import export, form, page, widgets
from views.autoencoder import (
    compression,
    denoising,
    inference,
    interpolation,
    latent_map,
    samples,
    super_resolution,
    two_right_answers,
    what_goes_wrong,
)
from views.autoencoder.request import request_to

LEAD = (
    "An **encoder** turns a picture into a few numbers, and a **decoder** turns numbers into a picture. Walk through "
    "the numbers and see what they mean, restore, enlarge and compress pictures, and see what inference adds."
)
LESSONS = [name for name in catalog.names() if name.startswith("autoencoders.")]
VIEWS = {
    "Latent map": latent_map.show,
    "Interpolation": interpolation.show,
    "Samples": samples.show,
    "Denoising": denoising.show,
    "Two right answers": two_right_answers.show,
    "Super-resolution": super_resolution.show,
    "Compression": compression.show,
}


def play():
    """Trained models, one view for each thing that they do."""
    widgets.view("View", VIEWS, "view")()


page.show(
    "Auto-encoders and variational inference",
    LEAD,
    {
        "Play": st.fragment(play),
        "Train": lambda: form.train(sorted(LESSONS, key=lambda name: name != "autoencoders.vae")),
        "Inference": st.fragment(inference.show),
        "What goes wrong": what_goes_wrong.show,
        "Export": lambda: export.show(LESSONS, latent_map.FIRST, request_to),
    },
)
