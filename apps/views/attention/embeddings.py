"""The attention page's *Embeddings*: two models, and what each says of the same words."""

import streamlit as st

from panels import models, widgets
from views.attention import analogy, neighbours, odd_one_out, own_text
from views.attention.own_text import LABELS, LESSONS


def show():
    """The whole view: two models, and what each says of the same words."""
    st.markdown(
        "Words that stand among the same words come to lie near each other. **Skip-gram** lets each word predict its "
        "neighbours, **CBOW** a word by the *sum* of its neighbours; both learned the docstrings of NumPy and Keras."
    )
    views = {"Neighbours": neighbours.show, "Analogy": analogy.show, "Odd one out": odd_one_out.show}
    view = widgets.view("Ask for", views, "words_view")
    controls, screen = st.columns([1, 3], gap="large")
    with controls:
        chosen = [
            models.choose(LESSONS, first, label=label, key=key)
            for first, label, key in zip(LESSONS, LABELS, ("words_model", "words_beside"), strict=True)
        ]
    chosen = [trained for trained in chosen if trained is not None]
    view(controls, screen, chosen)
    st.divider()
    own_text.show()
