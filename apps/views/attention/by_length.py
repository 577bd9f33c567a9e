"""How good translators are on held-out texts, by the texts' length."""

import numpy as np
import streamlit as st

from dlsuite.data import dates
from panels import charts, models
from views.attention.translators import COLOURS, TITLES, held_out

EXACT, BLEU = "exactly right", "BLEU"
MEASURED = 200
"""Held-out texts of each kind that are translated to get the shares by length."""
SENTENCE_BINS = 4


def show(chosen: dict[str, models.Trained]):
    """How good both are on held-out texts, by the texts' length."""
    st.markdown("##### Does the single state become too small?")
    rows = [
        {"kind": TITLES[lesson], **row}
        for lesson, trained in chosen.items()
        for row in quality_by_length(trained.source, trained.model, trained)
    ]
    if not rows:
        st.caption("The texts that these were to be measured on are no longer there.")
        return
    measure = BLEU if any(row["measure"] == BLEU for row in rows) else EXACT
    drawn = [row for row in rows if row["measure"] == measure]  # dates beside sentences have no common axis
    said = []
    for lesson in chosen:
        of_lesson = [row for row in rows if row["kind"] == TITLES[lesson]]
        for split in dict.fromkeys(row["texts"] for row in of_lesson):
            parts = [row for row in of_lesson if row["texts"] == split]
            count = sum(row["count"] for row in parts)
            mean = sum(row["count"] * row["value"] for row in parts) / count
            is_exact = parts[0]["measure"] == EXACT
            figure = (
                f"{mean:.1%} exactly right of {count}" if is_exact else f"{mean:.1f} BLEU, the mean over their lengths"
            )
            said.append(f"**{TITLES[lesson]}**, {split}: {figure}.")
    if measure == BLEU or any(row["value"] < 1 for row in drawn):
        what, chart = st.columns([1, 2], gap="large")
        charts.draw(length_chart(drawn, measure), chart, key="translate_length")
        places = [what] * len(said)
    else:  # all are right: there would be one line, at the top
        places, what = st.columns(len(said), gap="large"), st.container()
    for place, sentence in zip(places, said, strict=True):
        place.markdown(sentence)
    what.caption(
        "One vector has to hold all of the text, however long; with attention nothing has to be held. "
        + (
            "A date is short enough for one vector. Sentences are not: train both on pairs of your own, and choose "
            "them above."
            if measure == EXACT
            else "What one vector cannot hold is lost first where sentences are long. BLEU by sacrebleu: "
            f"`{drawn[0]['signature']}`."
        )
    )


@st.cache_data(show_spinner="Translating held-out texts …", max_entries=20)
def quality_by_length(source: str, _model, _trained) -> list[dict]:
    """The share that is exactly right, or BLEU for sentences, of held-out texts by their number of characters."""
    if _trained.dataset != "dates":
        texts, references = held_out(_trained, "test", MEASURED)
        return bleu_by_length(_model, texts, references) if texts else []
    rows = []
    for split, said in (("test", "formats it has learned"), ("unseen_formats", "formats it has not")):
        texts, references = dates.pairs(split, MEASURED, seed=0)
        is_right = translations(_model, texts) == np.array(references)
        bins = np.array([len(text) // 5 * 5 for text in texts])
        for low in np.unique(bins):
            rows.append(
                {
                    "length": int(low) + 2.5,
                    "characters": f"{low} to {low + 4}",
                    "value": float(is_right[bins == low].mean()),
                    "count": int(np.sum(bins == low)),
                    "texts": said,
                    "measure": EXACT,
                }
            )
    return rows


def bleu_by_length(model, texts: list[str], references: list[str]) -> list[dict]:
    """BLEU of sentences, in bins of as many sentences each."""
    from dlsuite.attention import bleu

    written, lengths = translations(model, texts), np.array([len(text) for text in texts])
    rows = []
    for part in np.array_split(np.argsort(lengths, kind="stable"), min(SENTENCE_BINS, len(texts))):
        value, signature = bleu.reported([written[i] for i in part], [[references[i]] for i in part], lowercase=True)
        rows.append(
            {
                "length": float(lengths[part].mean()),
                "characters": f"{lengths[part].min()} to {lengths[part].max()}",
                "value": value,
                "count": len(part),
                "texts": f"{len(texts)} test sentences",
                "measure": BLEU,
                "signature": signature,
            }
        )
    return rows


def translations(model, texts: list[str]) -> np.ndarray:
    """Texts, translated greedily: an array of str."""
    return np.array([text.decode() for text in model.translate(text=texts)["text"]])


def length_chart(rows: list[dict], measure: str) -> dict:
    """Quality over length: a line for each translator and kind of texts."""
    is_share = measure == EXACT
    whole = {"domain": [0, 1]} if is_share else {"domain": {"unionWith": [0]}}
    of_translators = {TITLES[lesson]: colour for lesson, colour in COLOURS.items()}
    shown = list(dict.fromkeys(row["kind"] for row in rows))
    of_kinds = {"orient": "bottom", "title": None, "symbolType": "stroke", "symbolStrokeColor": charts.GREY}
    place = {
        "x": charts.number("length", "characters of the text", zero=False, padding=12),
        "y": charts.number("value", measure, axis={"format": "%"} if is_share else None, **whole),
        "color": charts.colours("kind", of_translators, values=shown),
        "strokeDash": {
            "field": "texts",
            "type": "nominal",
            "sort": None,
            "legend": of_kinds if len({row["texts"] for row in rows}) > 1 else None,
        },
        "tooltip": [
            {"field": "kind", "title": "translator"},
            {"field": "texts", "title": "texts"},
            {"field": "characters"},
            {"field": "value", "title": measure, "format": ".1%" if is_share else ".1f"},
            {"field": "count", "title": "texts measured"},
        ],
    }
    return charts.chart(360, charts.layer("line", rows, place, **charts.DOTTED))
