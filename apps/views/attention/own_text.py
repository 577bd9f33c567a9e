"""Words of one's own text, learned here and now, and watched."""

from pathlib import Path

import streamlit as st

from dlsuite import runs
from dlsuite.data import text
from panels import training, uploads, watching
from views.attention.words import title_of

LESSONS = ["embeddings.skip_gram", "embeddings.cbow"]
LABELS = ("One model", "Compare with")


def show():
    """Train on one's own text, here and now, and watch it."""
    st.markdown("##### Learn your own text")
    left, middle, right = st.columns([3, 1, 1], vertical_alignment="bottom")
    file = left.file_uploader(
        "A text",
        type=["txt"],
        key="words_file",
        help="UTF-8. The more words the better: the docstrings have 450,000. Novels and manuals are long enough. "
        "Words are what spaces and punctuation separate. Thai, Chinese and Japanese are written without spaces "
        "and are not segmented here; put spaces between the words.",
    )
    title = middle.selectbox("By", list(map(title_of, LESSONS)), key="words_by", bind="query-params")
    lesson = LESSONS[[*map(title_of, LESSONS)].index(title)]
    with right:
        is_pressed = training.is_pressed(
            "Train it",
            LESSONS,
            help="Takes from seconds to minutes, by the text's length.",
            disabled=file is None,
            icon=":material/play_arrow:",
            key="words_train",
            width="stretch",
        )
    if is_pressed:
        try:
            path = uploads.keep_text(file, ".txt")
            text.documents(path)
        except ValueError as error:
            st.error(str(error).replace(f"dataset={path!r}", file.name))
        except OSError as error:
            st.error(str(error))
        else:
            started = training.begin(lesson, {"dataset": path})
            if started is not None:
                st.session_state["words_run"] = str(started)
                st.rerun()
    if "words_run" in st.session_state:
        run = runs.Run(Path(st.session_state["words_run"]))
        watching.live(lambda: run.is_alive, watch, run)


def watch(run: runs.Run):
    """How far the training of one's own text is."""
    try:
        state, error = run.state_and_error
        if error:
            st.error(error)
        elif state == "finished":
            st.success(f"Trained; choose it above as *{LABELS[0]}* or *{LABELS[1]}*: {run.title}")
        else:
            watching.progress_bar(run)
    except (runs.RunError, OSError) as problem:
        st.error(training.complaint(run) or str(problem))
