"""All lectures' apps in one: `streamlit run apps/home.py`."""

import streamlit as st

LECTURES = {
    "autoencoder.py": (
        "Auto-encoders and variational inference",
        ":material/compress:",
        "Lecture 7: pictures to a few numbers and back, and what those numbers mean.",
    ),
    "gan.py": (
        "Generative adversarial networks",
        ":material/swords:",
        "Lecture 8: two players, one draws and one judges.",
    ),
    "attention.py": (
        "Embeddings, attention, translation",
        ":material/translate:",
        "Supplement: words as vectors, where a network looks, and translators that show it.",
    ),
}


def welcome():
    """What there is."""
    st.set_page_config(page_title="dlsuite", page_icon="🧠", layout="wide")
    st.title("The classical deep-learning systems, running")
    st.markdown(
        "Every system that the lectures name, as a real Keras model: play with it, train it, break it, take it home."
    )
    for script, (title, icon, summary) in LECTURES.items():
        with st.container(border=True):
            st.page_link(pages[script], label=f"**{title}**", icon=icon)
            st.markdown(summary)


pages = {script: st.Page(script, title=title) for script, (title, *_) in LECTURES.items()}
st.navigation([st.Page(welcome, title="Home", default=True), *pages.values()]).run()
