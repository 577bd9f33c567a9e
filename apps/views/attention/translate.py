"""The attention page's *Translate*: one text through two translators, where they look, what else they find."""

import numpy as np
import streamlit as st

from dlsuite.data import dates
from panels import models, widgets
from views.attention import answers, by_length, heat_map
from views.attention.translators import TITLES, held_out, know_dates, languages_of

EXAMPLES = {
    "Deutsch": "Donnerstag, 5. März 1987",
    "English (US)": "Thursday, March 5, 1987",
    "English (UK)": "5 March 1987",
    "français": "jeudi 5 mars 1987",
    "español": "jueves, 5 de marzo de 1987",
    "italiano": "giovedì 5 marzo 1987",
    "Nederlands": "donderdag 5 maart 1987",
    "português": "quinta-feira, 5 de março de 1987",
    "svenska": "torsdag 5 mars 1987",
    "polski": "czwartek, 5 marca 1987",
    "suomi": "torstai 5. maaliskuuta 1987",
    "Türkçe": "5 Mart 1987 Perşembe",
}
"""The same day as each language writes it."""
FIRST = "Deutsch"
LONGEST_IN_URL = 300


def show():
    """The whole view: a text, two answers, where the one looked, other candidates, and how length matters."""
    st.markdown(
        "A recurrent **encoder** reads a text, a **decoder** writes its translation, piece by piece. Through a single "
        "state, all that the decoder learns of the text is one vector; with **attention** it looks back at the text at "
        "every piece, and the weights say where."
    )
    st.html(heat_map.STYLE)
    controls, screen = st.columns([1, 3], gap="large")
    with controls:
        texts, translators = st.container(), st.container()
    with translators:
        chosen = choose_both()
    with texts:
        examples(chosen)
    if not chosen:
        return
    with screen:
        st.fragment(ask_and_answer)(chosen)  # another text runs no more than this again
    st.divider()
    by_length.show(chosen)


def ask_and_answer(chosen: dict[str, models.Trained]):
    """The field, and below it the answers."""
    text = text_input(chosen)
    if text.strip():
        answers.show(chosen, text)
    else:
        st.info("Type a text: what is there to translate?", icon=":material/edit:")
    widgets.keep_text("translate_text", LONGEST_IN_URL)  # last, so that the answers do not wait for it


def choose_both() -> dict[str, models.Trained]:
    """A translator of each kind, by its lesson."""
    chosen = {
        lesson: models.choose([lesson], lesson, label=title, key=f"translate_{lesson.partition('.')[2]}")
        for lesson, title in TITLES.items()
    }
    chosen = {lesson: trained for lesson, trained in chosen.items() if trained is not None}
    asked = {lesson: (trained.dataset, languages_of(trained)) for lesson, trained in chosen.items()}
    if len(set(asked.values())) > 1:
        st.caption(":material/info: These two have learned different languages; only one of them can be right.")
    return chosen


def examples(chosen: dict[str, models.Trained]):
    """Texts that can be put into the field."""
    if know_dates(chosen):
        st.pills("Example", list(EXAMPLES), key="translate_example", on_change=take_example, wrap=True)
        st.button("A random date", icon=":material/casino:", key="translate_random", on_click=take_random_date)
    elif chosen:
        st.button("A test sentence", icon=":material/casino:", on_click=take_test_sentence, args=[chosen])


def text_input(chosen: dict[str, models.Trained]) -> str:
    """What is to be translated."""
    widgets.begin_with_text("translate_text", EXAMPLES[FIRST])
    return st.text_input(
        "A date of 1900 to 2099, in words" if know_dates(chosen) else "A sentence",
        key="translate_text",
        help="Enter translates. The dates were learned in twelve locales; try another."
        if know_dates(chosen)
        else "Enter translates.",
    )


def take_example() -> None:
    """Callback: put an example into the field."""
    example = st.session_state["translate_example"]
    if example:
        st.session_state["translate_text"] = EXAMPLES[example]
        st.session_state["translate_example"] = None  # it may be edited, and asked for again


def take_random_date() -> None:
    """Callback: put a day that was held out into the field, in any of the formats."""
    random = np.random.default_rng()
    days = dates.days("test")
    day, form = days[random.integers(len(days))], dates.FORMATS[random.integers(len(dates.FORMATS))]
    st.session_state["translate_text"] = dates.render(day, *form)


def take_test_sentence(chosen: dict[str, models.Trained]) -> None:
    """Callback: put a sentence that was held out into the field."""
    texts, _ = held_out(next(iter(chosen.values())), "test", 1, int(np.random.default_rng().integers(2**31)))
    if texts:
        st.session_state["translate_text"] = texts[0]
