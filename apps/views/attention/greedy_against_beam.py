"""The attention page's *Greedy against beam*: how often a beam finds what is likelier, and what is right."""

import numpy as np
import streamlit as st

from panels import export, models
from views.attention.translators import SINGLE_STATE, WITH_ATTENTION, of_dates

MEASURED = 200
"""The number of held-out dates."""
SHOWN = 8
"""The number of differently translated texts to show."""


def show():
    """How often a beam finds a likelier translation than greedy search does, and whether it is the right one."""
    from dlsuite.attention import pathologies

    st.markdown(
        "Greedy search takes the likeliest **piece** each time, and may walk into a corner where every sentence is "
        "unlikely. A **beam** keeps several beginnings. On dates like those they have learned both find the same; so "
        "here are harder ones."
    )
    controls, screen = st.columns([1, 3], gap="large")
    with controls:
        lesson = SINGLE_STATE
        trained = models.choose(
            [SINGLE_STATE, WITH_ATTENTION], lesson, label="Translator", key="search_model", fits=of_dates
        )
        kind = st.selectbox(
            "Dates", pathologies.HARD, len(pathologies.HARD) - 1, key="search_kind", bind="query-params"
        )
        width = st.slider("Width of the beam", 2, 10, 5, key="search_width", bind="query-params")
    if trained is None:
        return
    found = searched(trained.source, kind, width, trained.model)
    has_answer = kind != pathologies.HARD[-1]
    with screen:
        figures = st.columns(4)
        likelier, less = (
            np.mean([getattr(each, name) for each in found]) for name in ("is_likelier", "is_less_likely")
        )
        figures[0].metric("The beam's is likelier", f"{likelier:.1%}")
        figures[1].metric(
            "The beam's is less likely",
            f"{less:.1%}",
            help="A beam can drop the beginning that greedy search goes on with, and it ranks by log p / length.",
        )
        if has_answer:
            figures[2].metric("Greedy is right", f"{np.mean([each.greedy == each.reference for each in found]):.1%}")
            figures[3].metric("The beam is right", f"{np.mean([each.beam == each.reference for each in found]):.1%}")
        differing = [each for each in found if each.greedy != each.beam]
        differing.sort(key=lambda each: (each.beam != each.reference, each.greedy_log_p - each.beam_log_p))
        st.markdown(
            f"The two differ on **{len(differing)} of {len(found)}** test days"
            + (", such as:" if differing else ": whatever the beam keeps besides, it goes the greedy way.")
        )
        if differing:
            st.dataframe(
                [
                    {
                        "text": each.text,
                        "greedy": each.greedy,
                        "log p": each.greedy_log_p,
                        "beam": each.beam,
                        "its log p": each.beam_log_p,
                        **({"right": each.reference} if has_answer else {}),
                    }
                    for each in differing[:SHOWN]
                ],
                hide_index=True,
                width="stretch",
                column_config={
                    name: st.column_config.NumberColumn(format="%.3f", help="In nats.")
                    for name in ("log p", "its log p")
                },
            )
        if not has_answer:
            st.caption("Without its year a date has no right answer, and many likely ones.")
        export.notebook_lines(
            trained,
            [
                "from dlsuite.attention import pathologies",
                f"texts, references = pathologies.hard_dates({kind!r}, {MEASURED})",
                f"found = pathologies.greedy_against_beam(model, texts, references, width={width})",
                "[each for each in found if each.is_likelier]",
            ],
        )


@st.cache_data(show_spinner="Searching …", max_entries=60)
def searched(source: str, kind: str, width: int, _model) -> list:
    """Both searches for held-out dates of a kind."""
    from dlsuite.attention import pathologies

    return pathologies.greedy_against_beam(_model, *pathologies.hard_dates(kind, MEASURED), width)
