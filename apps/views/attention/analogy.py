"""What is to one word as another is to a third."""

import streamlit as st

from dlsuite.data import text
from panels import charts, export, models
from views.attention.words import bars, decoded, nothing_in, put, title_of, unknown, word_input

ANALOGIES = {
    "rows : row = columns : ?": ("rows", "row", "columns"),
    "array : arrays = matrix : ?": ("array", "arrays", "matrix"),
    "min : nanmin = max : ?": ("min", "nanmin", "max"),
    "hstack : hsplit = vstack : ?": ("hstack", "hsplit", "vstack"),
    "loaded : load = saved : ?": ("loaded", "load", "saved"),
}


def show(controls, screen, chosen: list[models.Trained]):
    """What is to one word as another is to a third."""
    with controls:
        st.pills("Example", list(ANALOGIES), key="words_analogy", on_change=take_analogy, wrap=True)
        typed = [
            word_input(label, key, start, help)
            for label, key, start, help in (
                ("As", "words_a", "rows", "a"),
                ("is to", "words_b", "row", "b"),
                ("so is", "words_c", "columns", "c; the answer lies near b − a + c"),
            )
        ]
    three = [text.words_of(each)[:1] for each in typed]
    with screen:
        for words, each in zip(three, typed, strict=True):
            if not words:
                st.info(nothing_in(each), icon=":material/edit:")
                return
        a, b, c = (words[0] for words in three)
        for column, trained, key in zip(st.columns(2, gap="medium"), chosen, "ab", strict=False):
            with column:
                st.markdown(f"##### {title_of(trained.record['name'])}")
                answer = trained.model.analogy(a=[a], b=[b], c=[c])
                missing = [
                    (word, field)
                    for word, field, is_known in zip((a, b, c), "abc", answer["known"][0], strict=True)
                    if not is_known
                ]
                for word, field in missing:
                    unknown(trained, word, f"words_{field}", key)
                if not missing:
                    words = decoded(answer["words"][0])
                    st.markdown(f"nearest: **{words[0]}** ({answer['similarities'][0][0]:.2f})")
                    charts.draw(bars(words, answer["similarities"][0]), key=f"words_analogy_{key}")
        st.caption(
            "The words whose direction is nearest to b − a + c, the three themselves left out. The models that ship "
            "are small, of 3,500 words, and learned 450,000: many an analogy fails."
        )
        if chosen:
            three_words = ", ".join(f"{name}=[{word!r}]" for name, word in zip("abc", (a, b, c), strict=True))
            export.notebook_lines(chosen[0], [f"model.analogy({three_words})"])


def take_analogy():
    """Callback: put the chosen example into its fields."""
    if st.session_state["words_analogy"]:
        for field, word in zip("abc", ANALOGIES[st.session_state["words_analogy"]], strict=True):
            put(f"words_{field}", word)
        put("words_analogy", None)
