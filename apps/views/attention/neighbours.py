"""The words nearest to a word, and a map of them."""

import numpy as np
import streamlit as st

from dlsuite.data import text
from dlsuite.embeddings import word_map
from panels import charts, export, models
from views.attention.words import (
    bars,
    decoded,
    nothing_in,
    put,
    shortened,
    title_of,
    unknown,
    vectors_as_text,
    word_input,
)

WORDS = ("convolution", "gradient", "lstm", "matrix", "random", "optimizer", "minimum", "loss")
AROUND = 3
"""Neighbours of each neighbour on the map."""
ONE_WAY = 0.95
"""A cosine; where all neighbours lie above it, the words are not told apart."""
HALF = 170
"""Pixels from the middle of the map to its edges."""
NEAR = "#4682c9"
"""The colour of neighbours on the map, to be read on light and on dark."""


def show(controls, screen, chosen: list[models.Trained]):
    """The ten nearest words by each model, and a map of them."""
    with controls:
        st.pills("Example", WORDS, key="words_example", on_change=take_example, wrap=True)
        typed = word_input("Word", "words_word", WORDS[0], "Any word; capitals do not count.")
    words = text.words_of(typed)
    with screen:
        if not words:
            st.info(nothing_in(typed), icon=":material/edit:")
            return
        word = words[0]
        if len(words) > 1:
            st.caption(f"Only the first word is asked for: {shortened(word)}")
        for column, trained, key in zip(st.columns(2, gap="medium"), chosen, "ab", strict=False):
            with column:
                neighbours_of(trained, word, key)
        if chosen:
            export.notebook_lines(
                chosen[0],
                [
                    f"model.neighbours(words=[{word!r}])",
                    f'model.vectors(words=[{word!r}])["vectors"]',
                ],
            )


def neighbours_of(trained: models.Trained, word: str, key: str):
    """One model's column."""
    st.markdown(f"##### {title_of(trained.record['name'])}")
    answer = trained.model.neighbours(words=[word])
    if not answer["known"][0]:
        unknown(trained, word, "words_word", key)
        return
    near = decoded(answer["neighbours"][0])
    charts.draw(bars(near, answer["similarities"][0]), key=f"words_bars_{key}")
    if answer["similarities"][0].min() > ONE_WAY:
        st.caption(f"All ten lie above {ONE_WAY}: all words point one way. Too short a text, or too few epochs.")
    charts.draw(map_chart(trained.model, word, near), key=f"words_map_{key}")
    st.caption(
        f"**{word}**, its neighbours, and {AROUND} of each one's own, on the plane in which their directions vary "
        "most. Point at a dot without a name."
    )
    st.download_button(
        "All vectors, in word2vec's text format",
        lambda: vectors_as_text(trained.model, trained.record),
        f"{trained.label}.txt",
        on_click="ignore",
        icon=":material/download:",
        key=f"words_download_{key}",
        help="A line for each word and its numbers, which gensim and others read.",
    )


def take_example():
    """Callback: put the chosen example into the field."""
    if st.session_state["words_example"]:
        put("words_word", st.session_state["words_example"])
        put("words_example", None)  # so that it can be pressed again


def map_chart(model, word: str, near: list[str]) -> dict:
    """A word, its neighbours and some of theirs, on a plane."""
    theirs = model.neighbours(words=near)["neighbours"][:, :AROUND]
    words = list(dict.fromkeys([word, *near, *(each for row in theirs for each in decoded(row))]))
    places = word_map.principal_plane(model.vectors(words=words)["vectors"])
    kinds = {word: "the word"} | dict.fromkeys(near, "its neighbours")
    rows = [
        {"word": each, "x": round(float(x), 4), "y": round(float(y), 4), "what": kinds.get(each, "their neighbours")}
        for each, (x, y) in zip(words, places, strict=True)
    ]
    reach = 1.15 * float(np.abs(places).max())
    for row, (is_free, x) in zip(rows, labelled(words, places / reach), strict=True):
        row |= {"label": row["word"] if is_free else "", "label_x": round(x * reach, 4)}
    axis = {"type": "quantitative", "axis": None, "scale": {"domain": [-reach, reach], "nice": False}}
    x, y = axis | {"field": "x"}, axis | {"field": "y"}
    named = {
        "x": axis | {"field": "label_x"},
        "text": {"field": "label"},
        "size": {"condition": {"test": "datum.what == 'the word'", "value": 15}, "value": 11},
    }
    of_kinds = {"the word": charts.WARM, "its neighbours": NEAR, "their neighbours": charts.GREY}
    color, tooltip = charts.colours("what", of_kinds), [{"field": "word"}, {"field": "what"}]
    chart = charts.chart(
        2 * HALF,
        {"mark": {"type": "point", "filled": True, "size": 26, "opacity": 1}},
        {"mark": {"type": "text", "dy": -8, "fontSize": 11}, "encoding": named},
    )
    return chart | {"data": {"values": rows}, "encoding": {"x": x, "y": y, "color": color, "tooltip": tooltip}}


def labelled(words: list[str], places: np.ndarray) -> list[tuple[bool, float]]:
    """Which words have room for their names on the map, and the names' middles from left to right; all in -1..1.

    The first word always has; the others where their names, 8 pixels above their dots, cover no name and no other dot.
    """
    taken, found = [], []
    dots = HALF * places
    for index, (word, (x, y)) in enumerate(zip(words, dots, strict=True)):
        half = 3 * len(word)  # pixels
        x = float(np.clip(x, half - HALF, HALF - half))
        off = np.abs(np.delete(dots, index, axis=0) - [x, y + 8])
        free = all(abs(x - at) > half + other or abs(y - height) > 12 for at, height, other in taken)
        free &= bool(np.all((off[:, 0] > half + 2) | (off[:, 1] > 8)))
        free |= index == 0
        found.append((free, x / HALF))
        if free:
            taken.append((x, y, half))
    return found
