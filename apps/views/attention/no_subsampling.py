"""The attention page's *No subsampling*: CBOW that hears every `the`, and CBOW that leaves most of them out."""

import streamlit as st

from dlsuite import runs
from dlsuite.embeddings import word_map
from panels import charts, lessons, models, recorded, training, watching
from views.attention.words import all_words, bars, decoded

PLURALS = ("layer", "element", "model", "image", "token", "optimizer", "weight", "string", "array")
TROUBLE = "embeddings.cbow"
EPOCHS = 10
"""Of the trainings with subsampling and without."""
SIDES = {"without": 0.0, "with": 1e-3}


def show():
    """CBOW with every `the` and without most of them: two real trainings, and what is measured of both."""
    st.markdown(
        "Twenty words, *the*, *of*, *a* …, are more than a quarter of the docstrings. They stand beside every word and "
        "so tell little of it, yet in CBOW's **sum** they are as loud as the rest. Word2vec keeps a word of frequency "
        "f only by a chance of √(t / f) + t / f; with **t = 0** it keeps all. What is measured: how often the *plural* "
        "of a word, which means nearly the same, is among its ten neighbours; a single word may go the other way."
    )
    word = st.selectbox("Neighbours of", PLURALS, key="subsampling_word", bind="query-params")
    watching.live(lambda: lessons.is_training([TROUBLE]), both, word)
    with st.expander("Over three seeds", icon=":material/casino:"):
        st.markdown(recorded.text("subsampling"))


def both(word: str):
    """The broken training and the fixed one, side by side."""
    for column, (name, subsampling) in zip(st.columns(2, gap="large"), SIDES.items(), strict=True):
        with column:
            side(name, subsampling, word)


def side(name: str, subsampling: float, word: str):
    """One of the two: a button, and what it has learned."""
    arguments = {"subsampling": subsampling, "epochs": EPOCHS}
    st.markdown(f"##### {name.capitalize()} subsampling")
    run = lessons.newest_run(TROUBLE, arguments)
    is_pressed = training.is_pressed(
        f"Train {name} subsampling",
        [TROUBLE],
        help="Takes about a minute.",
        is_again=run is not None,
        icon=":material/bolt:" if not subsampling else ":material/healing:",
        key=f"subsampling_{name}",
    )
    if is_pressed and training.begin(TROUBLE, arguments) is not None:
        st.rerun()
    if run is None:
        st.caption("Nothing is trained yet: press the button.")
        return
    watch_or_show(run, word)


def watch_or_show(run: runs.Run, word: str):
    """How far a training is; and once it has ended, its plurals and the word's neighbours."""
    try:
        state, error = run.state_and_error
        if error:
            st.error(error)
        if state != "finished":
            watching.badge(state)
            watching.progress_bar(run)
            return
        versions = models.exported(run.path)
        if versions is None:
            return
        model = models.served(str(versions), (versions / "1").stat().st_mtime)
    except (runs.RunError, OSError) as problem:
        st.error(str(problem))
        return
    share = word_map.plurals_found(*all_words(model, run.record))
    st.metric("Plurals among the ten neighbours", f"{100 * share:.0f} %")
    answer = model.neighbours(words=[word])
    near, plural = decoded(answer["neighbours"][0]), f"{word}s"
    charts.draw(bars(near, answer["similarities"][0], plural))
    st.caption(f"The neighbours of **{word}**" + (", its plural among them." if plural in near else "."))
