"""The attention page's *A missing mask*: the same dates alone and in company of a longer text."""

import numpy as np
import streamlit as st

from dlsuite import serving
from panels import charts, export, models
from views.attention.by_length import EXACT
from views.attention.translators import WITH_ATTENTION, of_dates

MEASURED = 200
"""The number of held-out dates."""
SHOWN = 8
"""The number of differently translated texts to show."""


def show():
    """The same dates alone and in company of a longer text, with the mask and without."""
    st.markdown(
        "In a batch, short texts are padded to the longest. A **mask** gives padding the weight exactly 0. Left out, "
        "the softmax goes over the padding too: it takes weight from the text, and **the same date is translated "
        "differently in longer company**. Nothing fails, and alone in its batch every text looks right."
    )
    with st.columns([1, 2])[0]:
        trained = models.choose([WITH_ATTENTION], WITH_ATTENTION, label="Translator", key="mask_model", fits=of_dates)
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
    charts.draw(padding_chart(rows, EXACT), left, key="mask_exact")
    charts.draw(padding_chart(rows, "weight of padding"), right_side, key="mask_weight")
    alone = next(each for each in results if each.is_masked)
    changed = [
        {"text": text, "alone, or with the mask": before, f"without it, {worst.padding} of padding": after}
        for text, before, after in zip(texts, alone.translations, worst.translations, strict=True)
        if before != after
    ]
    st.markdown(f"**{len(changed)} of {len(texts)}** dates are translated differently; some of them:")
    st.dataframe(changed[:SHOWN], hide_index=True, width="stretch")
    st.caption(
        f"{len(texts)} test dates in one batch, padded beyond the longest by the number of pieces on the axis. The "
        "translator is the same, trained with the mask; only its use is changed."
    )
    export.code_lines(
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
    most = 1 if measure == EXACT else 0.5
    place = {
        "x": charts.number("padding", "pieces of padding beyond the longest text"),
        "y": charts.number(measure, measure, axis={"format": "%"}, domain=[0, most]),
        "color": charts.colours("mask", {"with the mask": charts.COLD, "without it": charts.WARM}),
        "tooltip": [{"field": "mask"}, {"field": "padding"}, {"field": measure, "format": ".1%"}],
    }
    return charts.chart(320, charts.layer("line", rows, place, **charts.DOTTED))
