"""Widgets whose state the URL remembers."""

import math
from collections.abc import Callable

import numpy as np
import streamlit as st
from streamlit.runtime.state import query_params, session_state

SEED_LIMIT = 2**31 - 1
"""The largest seed that a served model takes."""
TRAINING_SEED_LIMIT = 2**32 - 1
"""The largest that a training takes."""


def _said_by_url(value: str | list[str], kind: str):
    """What a URL says to a widget whose state is of this kind; without a sensible value the widget keeps its own.

    Streamlit takes `?view=` for a choice of nothing, which only a text may be, and fails over `?seed=inf`.

    Raises:
        ValueError: it says nothing sensible, on which Streamlit takes it out of the URL.
    """
    said = query_params.parse_url_param(value, kind)
    parts = said if isinstance(said, list) else [said]
    if parts in ([], [None]) or any(isinstance(part, float) and not math.isfinite(part) for part in parts):
        raise ValueError(f"{value!r}: there is nothing in it to choose")
    return said


session_state.parse_url_param = _said_by_url  # through which every widget reads the URL


def choose(label: str, options: list[str], key: str, **arguments) -> str:
    """A select box whose choice is kept in the URL under `key`, as it is and not as `format_func` shows it."""
    if key not in st.session_state and st.query_params.get(key) in options:
        st.session_state[key] = st.query_params[key]
    chosen = st.selectbox(label, options, key=key, **arguments)
    if st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    return chosen


def buttons(label: str, options: list, key: str, default=None, **arguments):
    """Buttons beside each other, one of which is always pressed; at first `default`, or the first."""
    return st.segmented_control(
        label, options, default=default or options[0], required=True, key=key, bind="query-params", **arguments
    )


def view(label: str, views: dict[str, Callable], key: str) -> Callable:
    """The view that is chosen of several, by buttons without a label; the first where the URL names none of them."""
    chosen = buttons(label, list(views), key, label_visibility="collapsed")
    return views.get(chosen, next(iter(views.values())))


def begin_with(key: str, value) -> None:
    """Before a widget that is bound to the URL: it begins with `value` where the URL says nothing."""
    if key not in st.session_state and key not in st.query_params:
        st.session_state[key] = value


def begin_with_text(key: str, text: str) -> None:
    """Before a widget for a long text: it begins with what the URL says, else with `text`."""
    if key not in st.session_state:
        st.session_state[key] = st.query_params.get(key, text)


def keep_text(key: str, longest: int, start: str | None = None) -> None:
    """After a widget for a long text: the URL remembers at most `longest` letters, and not what it started with."""
    text = st.session_state[key]
    if len(text) > longest or text == start:
        st.query_params.pop(key, None)
    elif st.query_params.get(key) != text:
        st.query_params[key] = text


def seed_input(label: str, key: str, value: int = 0, help: str = "The same seed gives the same result.") -> int:
    """A seed that is kept in the URL."""
    begin_with(key, value)
    return st.number_input(label, 0, SEED_LIMIT, key=key, bind="query-params", help=help)


def another_seed(key: str) -> None:
    """Callback: put a random seed into the widget `key`."""
    st.session_state[key] = int(np.random.default_rng().integers(0, 100_000))
