"""Which word of several lies farthest from the mean of all."""

import streamlit as st

from dlsuite.data import text
from panels import charts, export, models
from views.attention.words import bars, decoded, put, shortened, title_of, word_input

ODD = {
    "sin cos string tanh": "sin cos string tanh",
    "float32 int64 layer uint8": "float32 int64 layer uint8",
    "row column optimizer axis": "row column optimizer axis",
}
MOST = 20
"""The most words that are compared."""


def show(controls, screen, chosen: list[models.Trained]):
    """Which word of several lies farthest from the mean of all."""
    with controls:
        st.pills("Example", list(ODD), key="words_odd_example", on_change=take_odd, wrap=True)
        typed = word_input(
            "Words", "words_odd", next(iter(ODD.values())), f"Up to {MOST}, with spaces between them.", longest=400
        )
    words = list(dict.fromkeys(text.words_of(typed)))
    with screen:
        if len(words) < 3:
            st.info("Type three different words or more: one of two is never the odd one.", icon=":material/edit:")
            return
        if len(words) > MOST:
            st.caption(f"Only the first {MOST} of {len(words):,} words are compared.")
        words = words[:MOST]
        for column, trained in zip(st.columns(2, gap="medium"), chosen, strict=False):
            with column:
                odd_by(trained, words)
        if chosen:
            export.notebook_lines(chosen[0], [f"model.odd_one_out(words=[{words}])"])


def odd_by(trained: models.Trained, words: list[str]):
    """One model's column."""
    st.markdown(f"##### {title_of(trained.record['name'])}")
    answer = trained.model.odd_one_out(words=[words])
    is_known = answer["known"][0]
    left_out = [shortened(word) for word, known in zip(words, is_known, strict=True) if not known]
    if left_out:
        st.warning(f"Not among the words that this model has learned: {', '.join(left_out)}")
    if sum(is_known) < 3:
        st.info("Three words that the model knows are needed.", icon=":material/edit:")
        return
    (odd,) = decoded(answer["odd"])
    st.markdown(f"The odd one out is **{odd}**")
    known = [word for word, it_is in zip(words, is_known, strict=True) if it_is]
    charts.draw(bars(known, answer["similarities"][0][is_known], odd), key=f"words_odd_{trained.source}")
    st.caption("The cosine of each word with the mean of all.")


def take_odd():
    """Callback: put the chosen example into the field."""
    if st.session_state["words_odd_example"]:
        put("words_odd", ODD[st.session_state["words_odd_example"]])
        put("words_odd_example", None)
