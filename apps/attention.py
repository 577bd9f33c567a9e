"""The supplement: word embeddings, attention and translation. Play with trained models, train your own, export them."""

import streamlit as st

from dlsuite import catalog
from panels import export, form, page, widgets
from views.attention import (
    bleu,
    embeddings,
    greedy_against_beam,
    missing_mask,
    no_subsampling,
    pooling,
    translate,
)
from views.attention.request import request_to

LEAD = (
    "Words become vectors, and a network learns **where to look**. Translate a date and see which letters were looked "
    "at for each that was written, look into attention itself, and judge translations."
)
LESSONS = [name for name in catalog.names() if name.startswith(("attention.", "embeddings."))]
FIRST = "attention.bahdanau"
"""The lesson that the page opens with."""
VIEWS = {
    "Translate": translate.show,
    "Attention": pooling.show,
    "Embeddings": embeddings.show,
    "BLEU": bleu.show,
}
TROUBLES = {
    "A missing mask": st.fragment(missing_mask.show),
    "Greedy against beam": st.fragment(greedy_against_beam.show),
    "No subsampling": no_subsampling.show,
}


def play():
    """Trained models, one view for each thing that they do."""
    widgets.view("View", VIEWS, "view")()


def what_goes_wrong():
    """What is left out on purpose, one pathology at a time, measured as you look."""
    widgets.view("Pathology", TROUBLES, "trouble")()


page.show(
    "Embeddings, attention, translation",
    LEAD,
    {
        "Play": st.fragment(play),
        "Train": lambda: form.train(sorted(LESSONS, key=lambda name: name != FIRST)),
        "What goes wrong": what_goes_wrong,
        "Export": lambda: export.show(LESSONS, FIRST, request_to),
    },
)
