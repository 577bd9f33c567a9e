"""The frame of a page: title, lead and sections; and TensorFlow, which loads while the user reads them."""

import gc
import threading
from collections.abc import Callable

import streamlit as st

from panels import widgets


def show(title: str, lead: str, sections: dict[str, Callable[[], None]]) -> None:
    """A whole page: its title, the sentence under it, and the section that is chosen."""
    st.set_page_config(page_title=f"{title} · dlsuite", page_icon="🧠", layout="wide")
    begin_to_load_tensorflow()
    st.html("<style>.stMainBlockContainer {padding-top: 2.5rem} h1 {font-size: 2rem !important}</style>")
    st.title(title, anchor=False)
    st.markdown(lead)
    widgets.view("Section", sections, "section")()


@st.cache_resource
def begin_to_load_tensorflow() -> threading.Thread:
    """The thread that loads it, once for all pages; whoever needs TensorFlow waits for its end."""
    thread = threading.Thread(target=_load_tensorflow, daemon=True)
    thread.start()
    return thread


def _load_tensorflow() -> None:
    import keras
    import tensorflow as tf

    # The page plays small models; a GPU, which one process takes whole, is for the trainings beside it.
    tf.config.set_visible_devices([], "GPU")

    # Streamlit clears Keras's session and collects all garbage after every rerun, 300 ms each with TensorFlow loaded.
    # Nothing here builds Keras models, so there is nothing to clear, and what has been loaded by now stays.
    keras.backend.clear_session = lambda *arguments, **options: None
    gc.collect()
    gc.freeze()
