"""The supplement: word embeddings, attention and translation. Play with trained models, train your own, export them."""

import attention_bleu
import attention_embeddings
import attention_pooling
import attention_translate
import attention_trouble
import panels
import streamlit as st

from dlsuite import catalog

LEAD = (
    "Words become vectors, and a network learns **where to look**. Translate a date and see which letters were looked "
    "at for each that was written, look into attention itself, and judge translations."
)
LESSONS = [name for name in catalog.names() if name.startswith(("attention.", "embeddings."))]
FIRST = "attention.bahdanau"
"""The lesson that the page opens with."""
REQUESTS = {
    "translate": {"text": ["Donnerstag, 5. März 1987"]},
    "predict": {"signals": [[0.0] * 100]},
    "neighbours": {"words": ["array"]},
}
"""What to ask a model for, by its signature, the first of these that it has."""


def play():
    """Trained models, one view for each thing that they do."""
    views = {
        "Translate": attention_translate.translate,
        "Attention": attention_pooling.attention,
        "Embeddings": attention_embeddings.show,
        "BLEU": attention_bleu.bleu,
    }
    view = st.segmented_control(
        "View",
        list(views),
        default="Translate",
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
    )
    views[view]()


def export():
    """Take a trained model home."""
    trained = panels.choose_model(LESSONS, FIRST)
    if trained is None:
        return
    signature = next(name for name in REQUESTS if name in trained.model.signatures)
    inputs = REQUESTS[signature]
    given = ", ".join(f"{name}={value!r}" for name, value in inputs.items())
    panels.export(trained, (signature, inputs), f"model.{signature}({given})")


def main():
    """The page."""
    panels.page("Embeddings, attention, translation", LEAD)
    section = st.segmented_control(
        "Section",
        ["Play", "Train", "What goes wrong", "Export"],
        default="Play",
        required=True,
        key="section",
        bind="query-params",
        label_visibility="collapsed",
    )
    if section == "Play":
        st.fragment(play)()
    elif section == "Train":
        panels.train(sorted(LESSONS, key=lambda name: name != FIRST))
    elif section == "What goes wrong":
        attention_trouble.what_goes_wrong()
    else:
        export()


main()
