"""Translations of one text: the answers, where was looked for them, what was not read, and a beam's candidates."""

import html
import unicodedata

import numpy as np
import streamlit as st

from panels import export, models
from views.attention.heat_map import heat_map
from views.attention.translators import COLOURS, TITLES, WITH_ATTENTION, know_dates

NEVER = -5e8
"""A lower log-probability means that there is no such candidate."""


def show(chosen: dict[str, models.Trained], text: str):
    """The answers, the alignment and the candidates."""
    answers = {lesson: first_of(trained.model.translate(text=[text])) for lesson, trained in chosen.items()}
    where_looked = heat_map(answers[WITH_ATTENTION]) if WITH_ATTENTION in answers else ""  # all comes at once
    for column, (lesson, answer) in zip(st.columns(len(answers), gap="medium"), answers.items(), strict=True):
        with column:
            said = html.escape(answer["text"].decode()) or "<i>nothing</i>"
            st.html(
                f'<div style="border-left: 4px solid {COLOURS[lesson]}; padding: .1rem 0 .1rem .8rem">'
                f'<div style="opacity: .7; font-size: .9rem">{TITLES[lesson]}</div>'
                f'<div style="font-size: 1.6rem; font-weight: 600; overflow-wrap: anywhere">{said}</div></div>'
            )
            st.caption(likelihood(answer["log_probability"]))
    noted = st.container()
    if where_looked:
        st.html(where_looked)
        st.caption(
            "Row by row what is written, and in it **how much each piece of the text was looked at**; a row's weights "
            "sum to 1. `·` is the space before a piece, `⏎` the end. Through the single state there is nothing to look "
            "at."
        )
    for remark in dict.fromkeys(remark for answer in answers.values() for remark in remarks(text, answer["source"])):
        noted.caption(f":material/info: {remark}")
    prefix, width = candidates(chosen, text)
    lesson, trained = next(iter(chosen.items()))
    alignment = [
        "from PIL import Image",
        "from dlsuite.attention import alignments",
        'Image.fromarray(alignments.sheet(answer["source"], answer["target"], answer["attention"]))',
    ]
    export.notebook_lines(
        trained,
        [
            f"text = {text!r}",
            "answer = model.translate(text=[text])",
            'answer["text"][0].decode()',
            f"found = model.candidates(text=[text], prefix=[{prefix!r}], width={width})",
            *(alignment if lesson == WITH_ATTENTION else []),
        ],
    )


def first_of(answer: dict[str, np.ndarray]) -> dict:
    """The first row of each of an answer's arrays."""
    return {name: values[0] for name, values in answer.items()}


def likelihood(log_p: float) -> str:
    """How sure a translator is of a translation."""
    p = share(float(np.exp(log_p)))
    return f"log p(y | x) = {log_p:.3g}: it gives these pieces {p} of all probability, right or wrong."


def share(p: float) -> str:
    """A probability as a percentage, as exact as its distance from 0 and from 100 % asks for."""
    if p < 0.0005:
        return f"{100 * p:.1g} %" if p > 1e-9 else "next to nothing"
    return f"{100 * p:.1f} %" if p < 0.9995 else f"{100 * min(p, 0.99999):.3f} %"


def remarks(text: str, pieces: np.ndarray) -> list[str]:
    """What of the text a translator has not read: sentences, of the pieces that it has, bytes, padded."""
    from dlsuite.data import subwords

    composed = unicodedata.normalize("NFC", text)  # as the translator reads it
    read = "".join(word.decode() for word in subwords.split([composed]).flat_values.numpy())
    at, unknown = 0, []
    for piece in (piece.decode() for piece in pieces if piece not in (b"", b"<end>")):
        if piece == subwords.SPECIAL[subwords.UNKNOWN]:
            unknown.append(read[at])
            at += 1
        else:
            at += len(piece)
    said = []
    if at < len(read) or len(text) > subwords.LONGEST_TEXT:
        beyond = read[max(0, at - 12) : at].replace("▁", " ").strip()
        said.append(
            f"The text is too long: it was cut off after {max(0, at - 1):,} of its {len(text):,} characters, at “…"
            f"{beyond}”."
        )
    if unknown:
        distinct = list(dict.fromkeys(unknown))
        shown = " ".join(named(character) for character in distinct[:20])
        said.append(
            f"It has never seen {shown}{' …' if len(distinct) > 20 else ''}: to it, unknown characters are all alike."
        )
    return said


def named(character: str) -> str:
    """A character in Markdown, by its name where it cannot be seen."""
    if character == "`":
        return "`` ` ``"
    return (
        f"`{character}`" if character.isprintable() else unicodedata.name(character, f"U+{ord(character):04X}").lower()
    )


def candidates(chosen: dict[str, models.Trained], text: str) -> tuple[str, int]:
    """What a beam finds, from a beginning that may be forced; that beginning, and the beam's width."""
    st.markdown("##### Candidates of a beam")
    left, right = st.columns(2, gap="medium")
    width = left.slider(
        "Width",
        1,
        10,
        5,
        key="translate_width",
        bind="query-params",
        help="The number of beginnings kept at each piece; 1 is greedy search. Sentences are ranked by log p / length.",
    )
    prefix = right.text_input(
        "It must begin with",
        key="translate_prefix",
        bind="query-params",
        max_chars=200,
        placeholder="such as 20" if know_dates(chosen) else "its first words",
        help="Force a beginning, and let the translator go on.",
    )
    for column, (lesson, trained) in zip(st.columns(len(chosen), gap="medium"), chosen.items(), strict=True):
        found = first_of(trained.model.candidates(text=[text], prefix=[prefix], width=width))
        rows = [
            {"translation": said.decode() or "nothing", "log p": float(log_p), "p": share(float(np.exp(log_p)))}
            for said, log_p in zip(found["text"], found["log_probability"], strict=True)
            if log_p > NEVER
        ]
        with column:
            st.markdown(f"{TITLES[lesson]}{', after what is forced' if prefix.strip() else ''}")
            st.dataframe(
                rows,
                hide_index=True,
                width="stretch",
                column_config={"log p": st.column_config.NumberColumn(format="%.3g", help="In nats.")},
            )
            best = found["target"][0]
            if "⁇".encode() in best:
                st.caption(f"“{prefix[:40]}” has characters that no translation had: it is forced to `⁇` there.")
            if prefix.strip() and b"<end>" not in best:
                st.caption("Nothing comes to an end after that: all was cut off at the longest that it writes.")
    return prefix, width
