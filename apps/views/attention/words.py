"""Words: the fields that they are typed into, and the bars and sentences that answer them."""

import numpy as np
import streamlit as st

from dlsuite.embeddings import word_map
from panels import charts, lessons, models, widgets

LONGEST = 40
"""The most letters that a word may have."""


def word_input(label: str, key: str, start: str, help: str, longest: int = LONGEST) -> str:
    """A word, or several, kept in the URL."""
    widgets.begin_with(key, start)
    return st.text_input(label, key=key, bind="query-params", max_chars=longest, help=help)


def put(field: str, value: str):
    """Callback: put a value into a field."""
    st.session_state[field] = value


def unknown(trained: models.Trained, word: str, field: str, key: str):
    """Say that a model has not learned a word, and offer those that are spelled nearly so."""
    st.warning(f"“{shortened(word)}” is not among the words that this model has learned.")
    alike = decoded(trained.model.suggest(words=[word[:LONGEST]])["suggestions"][0])
    alike = [each for each in alike if set(each) & set(word)]
    if alike:
        st.caption("Spelled nearly so:")
    with st.container(horizontal=True):
        for each in alike:
            st.button(each, key=f"words_suggest_{field}_{key}_{each}", on_click=put, args=[field, each])


def title_of(lesson: str) -> str:
    """A lesson's name without what it does."""
    return lessons.title(lesson).partition(":")[0]


def nothing_in(typed: str) -> str:
    """What to say where no word was typed."""
    if not typed.strip():
        return "Type a word."
    return "There is no word in it: a word begins with a letter; numbers, punctuation and emoji are not words."


def shortened(word: str) -> str:
    """A word for a sentence, cut where it is too long to be one."""
    return word if len(word) <= LONGEST else f"{word[:LONGEST]}…"


def decoded(words) -> list[str]:
    """Words as the model answers them, as strings."""
    return [word.decode() for word in words]


def all_words(model, record: dict) -> tuple[list[str], np.ndarray]:
    """Every word of a model, the most frequent first, and their vectors, `(vocabulary, dimensions)`."""
    every = model.most_frequent(n=np.int32(record["arguments"]["vocabulary_size"]))
    return decoded(every["words"]), every["vectors"]


def vectors_as_text(model, record: dict) -> str:
    """Every word of a model and its vector, as a file in the text format of word2vec's program."""
    return word_map.as_text(*all_words(model, record))


def bars(words: list[str], similarities: np.ndarray, marked: str | None = None) -> dict:
    """A bar for the cosine of each word."""
    rows = [
        {"word": word, "cosine": round(float(cosine), 4), "color": charts.WARM if word == marked else charts.COLD}
        for word, cosine in zip(words, similarities, strict=True)
    ]
    place = {
        "y": {"field": "word", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 200}},
        "x": charts.number("cosine", "cosine", domain=[min(0.0, *similarities.tolist()), 1]),
        "color": {"field": "color", "type": "nominal", "scale": None},
    }
    return charts.chart({"step": 22}, charts.layer("bar", rows, place, tooltip=True))
