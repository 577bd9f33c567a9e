"""A network of another kind, trained here and now, and watched."""

import contextlib

import streamlit as st

from dlsuite import runs
from panels import charts, gallery, lessons, training, watching

KINDS = {
    "self": "every place asks by what is there",
    "context": "one learned question for all places",
    "spatial": "by the places alone, whatever is there",
    "none": "a convolution of as many weights",
}
SCORES = ("scaled", "projected", "dot", "additive")
EPOCHS = 10
"""Of a training that the button starts."""


def show(lesson: str):
    """Train a network of another kind, here and now, and watch it."""
    st.markdown("##### Train another kind")
    left, middle, right, button = st.columns([2, 2, 2, 2], vertical_alignment="bottom")
    kind = left.selectbox(
        "Attention of",
        list(KINDS),
        1,
        key="pooling_kind",
        bind="query-params",
        help="; ".join(f"**{name}**: {said}" for name, said in KINDS.items()),
    )
    score = middle.selectbox("Score", SCORES, key="pooling_score", bind="query-params", disabled=kind == "none")
    positions = right.selectbox(
        "Positions",
        ["none", "sinusoidal"],
        key="pooling_positions",
        bind="query-params",
        help="What is added to the vectors that are attended to.",
    )
    arguments = {"attention": kind, "score": score, "positions": positions, "epochs": EPOCHS}
    with button:
        is_pressed = training.is_pressed(
            "Train it",
            [lesson],
            help="Takes some seconds.",
            icon=":material/play_arrow:",
            key="pooling_train",
            width="stretch",
        )
    if is_pressed and training.begin(lesson, arguments) is not None:
        st.rerun()
    run = lessons.newest_run(lesson, arguments)
    if run is not None:
        watching.live(lambda: run.is_alive, watch, run, at_end=lambda: note_end(run))


def note_end(run: runs.Run):
    """Remember a training that has finished, for the page to show it beside."""
    with contextlib.suppress(runs.RunError, OSError):  # it may have been deleted
        if run.state == "finished":
            st.session_state["pooling_finished"] = str(run.path)


def show_beside(path: str) -> None:
    """Callback: choose a run as what is shown beside."""
    st.session_state["pooling_beside"] = path


def watch(run: runs.Run):
    """The newest run of the kind that is chosen: how far it is, and what it has learned so far."""
    try:
        state, error = run.state_and_error
        if error:
            st.error(error)
        if state == "running":
            watching.progress_bar(run)
        elif state == "finished":
            st.button(
                "Show it above",
                icon=":material/arrow_upward:",
                key="pooling_show",
                on_click=show_beside,
                args=[str(run.path)],
                disabled=st.session_state.get("pooling_beside") == str(run.path),
            )
        picture, chart = st.columns(2, gap="medium")
        with picture:
            gallery.film(run, is_live=state == "running", key="pooling")
        with chart:
            charts.losses({"": run.steps()})
    except (runs.RunError, OSError) as problem:
        st.error(str(problem))
