"""The attention page's *What goes wrong*: what is left out on purpose, measured on held-out dates as you look."""

import attention_embeddings
import numpy as np
import panels
import streamlit as st
from attention_translate import EXACT, SINGLE_STATE, WITH_ATTENTION

from dlsuite import serving

MEASURED = 200
"""So many held-out dates."""
SHOWN = 8
"""So many texts that were translated differently."""


def what_goes_wrong():
    """The whole section, one pathology at a time."""
    views = {
        "A missing mask": st.fragment(missing_mask),
        "Greedy against beam": st.fragment(greedy_against_beam),
        "No subsampling": attention_embeddings.no_subsampling,
    }
    view = st.segmented_control(
        "Pathology",
        list(views),
        default="A missing mask",
        required=True,
        key="trouble",
        bind="query-params",
        label_visibility="collapsed",
    )
    views[view]()


def of_dates(arguments: dict) -> bool:
    """Whether a translator that was trained with these arguments translates dates."""
    return arguments["dataset"] == "dates"


# A missing mask.


def missing_mask():
    """The same dates alone and in company of a longer text, with the mask and without."""
    st.markdown(
        "In a batch, short texts are padded to the longest. A **mask** gives padding the weight exactly 0. Left out, "
        "the softmax goes over the padding too: it takes weight from the text, and **the same date is translated "
        "differently in longer company**. Nothing fails, and alone in its batch every text looks right."
    )
    with st.columns([1, 2])[0]:
        trained = panels.choose_model(
            [WITH_ATTENTION], WITH_ATTENTION, label="Translator", key="mask_model", fits=of_dates
        )
    if trained is None:
        return
    results, references, texts = padded(str(trained.folder))
    share = {
        is_masked: [right(each.translations, references) for each in results if each.is_masked == is_masked]
        for is_masked in (True, False)
    }
    worst = results[-1]
    figures = st.columns(3)
    figures[0].metric("Exactly right with the mask, most padding", f"{share[True][-1]:.1%}")
    figures[1].metric("Exactly right without it", f"{share[False][-1]:.1%}")
    figures[2].metric("Weight that padding takes then", f"{worst.weight_of_padding:.1%}")
    left, right_side = st.columns(2, gap="large")
    rows = [
        {
            "padding": each.padding,
            "mask": "with the mask" if each.is_masked else "without it",
            EXACT: right(each.translations, references),
            "weight of padding": each.weight_of_padding,
        }
        for each in results
    ]
    with left:
        st.vega_lite_chart(padding_chart(rows, EXACT), width="stretch", key="mask_exact")
    with right_side:
        st.vega_lite_chart(padding_chart(rows, "weight of padding"), width="stretch", key="mask_weight")
    alone = next(each for each in results if each.is_masked)
    changed = [
        {"text": text, "alone, or with the mask": before, f"without it, {worst.padding} of padding": after}
        for text, before, after in zip(texts, alone.translations, worst.translations, strict=True)
        if before != after
    ]
    st.markdown(f"**{len(changed)} of {len(texts)}** dates are translated differently; some of them:")
    st.dataframe(changed[:SHOWN], hide_index=True, width="stretch")
    st.caption(
        f"{len(texts)} test dates, in one batch that is padded by so many pieces beyond its longest. The translator "
        "is the same, trained with the mask; only its use is changed."
    )
    panels.code_lines(
        "The same in a notebook",
        [
            "from dlsuite import serving",
            "from dlsuite.attention import pathologies",
            "from dlsuite.data import dates",
            "",
            f'model = serving.load_keras("{trained.source if trained.is_shipped else trained.folder}", compile=False)',
            f'texts, references = dates.pairs("test", {MEASURED}, seed=0)',
            "pathologies.translate_padded(model, texts, is_masked=False)[-1]",
        ],
    )


@st.cache_data(show_spinner="Translating with the mask and without …", max_entries=5)
def padded(folder: str) -> tuple[list, list[str], list[str]]:
    """Held-out dates under every padding, masked and not; their answers; the dates."""
    from dlsuite.attention import pathologies
    from dlsuite.data import dates

    model = serving.load_keras(folder, compile=False)
    texts, references = dates.pairs("test", MEASURED, seed=0)
    results = [each for is_masked in (True, False) for each in pathologies.translate_padded(model, texts, is_masked)]
    return results, references, texts


def right(translations: list[str], references: list[str]) -> float:
    """The share that is exactly right."""
    return float(np.mean(np.array(translations) == references))


def padding_chart(rows: list[dict], measure: str) -> dict:
    """A measure over how much padding there is, with the mask and without."""
    return {
        "data": {"values": rows},
        "height": 320,
        "mark": {"type": "line", "point": {"size": 60, "filled": True}, "strokeWidth": 2},
        "encoding": {
            "x": {"field": "padding", "type": "quantitative", "title": "pieces of padding beyond the longest text"},
            "y": {
                "field": measure,
                "type": "quantitative",
                "title": measure,
                "scale": {"domain": [0, 1] if measure == EXACT else [0, 0.5]},
                "axis": {"format": "%"},
            },
            "color": {
                "field": "mask",
                "type": "nominal",
                "scale": {"domain": ["with the mask", "without it"], "range": [panels.COLD, panels.WARM]},
                "legend": {"orient": "top", "title": None},
            },
            "tooltip": [
                {"field": "mask"},
                {"field": "padding"},
                {"field": measure, "format": ".1%"},
            ],
        },
    }


# Greedy against beam.


def greedy_against_beam():
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
        trained = panels.choose_model(
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
        panels.notebook_lines(
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
