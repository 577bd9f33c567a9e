"""The attention page's view of word embeddings: neighbours, analogies, the odd one out, and a map of the words."""

from pathlib import Path

import numpy as np
import panels
import streamlit as st
import trouble

from dlsuite import runs
from dlsuite.data import text
from dlsuite.embeddings import word_map

LESSONS = ["embeddings.skip_gram", "embeddings.cbow"]
LABELS = ("One model", "Beside it")
WORDS = ("convolution", "gradient", "lstm", "matrix", "random", "optimizer", "minimum", "loss")
ANALOGIES = {
    "rows : row = columns : ?": ("rows", "row", "columns"),
    "array : arrays = matrix : ?": ("array", "arrays", "matrix"),
    "min : nanmin = max : ?": ("min", "nanmin", "max"),
    "hstack : hsplit = vstack : ?": ("hstack", "hsplit", "vstack"),
    "loaded : load = saved : ?": ("loaded", "load", "saved"),
}
ODD = {
    "sin cos string tanh": "sin cos string tanh",
    "float32 int64 layer uint8": "float32 int64 layer uint8",
    "row column optimizer axis": "row column optimizer axis",
}
LONGEST = 40
"""So many letters a word has at most."""
MOST = 20
"""So many words are compared at most."""
AROUND = 3
"""So many neighbours of each neighbour are on the map."""
ONE_WAY = 0.95
"""A cosine; where all neighbours lie above it, the words are not told apart."""
HALF = 170
"""Pixels from the middle of the map to its edges."""
NEAR = "#4682c9"
"""The colour of neighbours on the map, to be read on light and on dark."""
PLURALS = ("layer", "element", "model", "image", "token", "optimizer", "weight", "string", "array")
TROUBLE = "embeddings.cbow"
EPOCHS = 10
"""Of the trainings with subsampling and without."""
SIDES = {"without": 0.0, "with": 1e-3}
DOCS = Path(__file__).resolve().parents[1] / "docs"


def show():
    """The whole view: two models, and what each says of the same words."""
    st.markdown(
        "Words that stand among the same words come to lie near each other. **Skip-gram** lets each word foretell its "
        "neighbours, **CBOW** a word by the *sum* of its neighbours; both learned the docstrings of NumPy and Keras."
    )
    view = st.segmented_control(
        "Ask for",
        ["Neighbours", "Analogy", "Odd one out"],
        default="Neighbours",
        required=True,
        key="words_view",
        bind="query-params",
        label_visibility="collapsed",
    )
    controls, screen = st.columns([1, 3], gap="large")
    with controls:
        chosen = [
            panels.choose_model(LESSONS, first, label=label, key=key)
            for first, label, key in zip(LESSONS, LABELS, ("words_model", "words_beside"), strict=True)
        ]
    chosen = [trained for trained in chosen if trained is not None]
    {"Analogy": analogy, "Odd one out": odd_one_out}.get(view, neighbours)(controls, screen, chosen)
    st.divider()
    learn_own_text()


def neighbours(controls, screen, chosen: list[panels.Trained]):
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
            panels.notebook_lines(
                chosen[0],
                [
                    f"model.neighbours(words=[{word!r}])",
                    f'model.vectors(words=[{word!r}])["vectors"]',
                ],
            )


def neighbours_of(trained: panels.Trained, word: str, key: str):
    """One model's column."""
    st.markdown(f"##### {title_of(trained.record['name'])}")
    answer = trained.model.neighbours(words=[word])
    if not answer["known"][0]:
        unknown(trained, word, "words_word", key)
        return
    near = decoded(answer["neighbours"][0])
    st.vega_lite_chart(bars(near, answer["similarities"][0]), width="stretch", key=f"words_bars_{key}")
    if answer["similarities"][0].min() > ONE_WAY:
        st.caption(f"All ten lie above {ONE_WAY}: all words point one way. Too short a text, or too few epochs.")
    st.vega_lite_chart(map_chart(trained.model, word, near), width="stretch", key=f"words_map_{key}")
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


def unknown(trained: panels.Trained, word: str, field: str, key: str):
    """Say that a model has not learned a word, and offer those that are spelled nearly so."""
    st.warning(f"“{shortened(word)}” is not among the words that this model has learned.")
    alike = decoded(trained.model.suggest(words=[word[:LONGEST]])["suggestions"][0])
    alike = [each for each in alike if set(each) & set(word)]
    if alike:
        st.caption("Spelled nearly so:")
    with st.container(horizontal=True):
        for each in alike:
            st.button(each, key=f"words_suggest_{field}_{key}_{each}", on_click=put, args=[field, each])


def analogy(controls, screen, chosen: list[panels.Trained]):
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
                    chart = bars(words, answer["similarities"][0])
                    st.vega_lite_chart(chart, width="stretch", key=f"words_analogy_{key}")
        st.caption(
            "The words whose direction is nearest to b − a + c, the three themselves left out. The models that ship "
            "are small, of 3,500 words, and learned 450,000: many an analogy fails."
        )
        if chosen:
            three_words = ", ".join(f"{name}=[{word!r}]" for name, word in zip("abc", (a, b, c), strict=True))
            panels.notebook_lines(chosen[0], [f"model.analogy({three_words})"])


def odd_one_out(controls, screen, chosen: list[panels.Trained]):
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
            panels.notebook_lines(chosen[0], [f"model.odd_one_out(words=[{words}])"])


def odd_by(trained: panels.Trained, words: list[str]):
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
    chart = bars(known, answer["similarities"][0][is_known], odd)
    st.vega_lite_chart(chart, width="stretch", key=f"words_odd_{trained.source}")
    st.caption("The cosine of each word with the mean of all.")


def learn_own_text():
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
    is_live = any(run.is_alive for run in panels.runs_of(LESSONS))
    pressed = right.button(
        "Train it",
        icon=":material/play_arrow:",
        type="primary",
        key="words_train",
        disabled=is_live or file is None,
        help="One training at a time." if is_live else "Takes from seconds to minutes, by the text's length.",
        width="stretch",
    )
    if pressed:
        try:
            path = panels.kept_text(file, ".txt")
            text.documents(path)
        except (ValueError, OSError) as error:
            st.error(
                str(error).replace(f"dataset={path!r}", file.name) if isinstance(error, ValueError) else str(error)
            )
        else:
            started = panels.start_training(lesson, {"dataset": path})
            if started is not None:
                st.session_state["words_run"] = str(started)
                trouble.wait_for(started)
                st.rerun()
    if "words_run" in st.session_state:
        run = runs.Run(Path(st.session_state["words_run"]))
        st.fragment(watch, run_every=panels.LIVE_SECONDS if run.is_alive else None)(run, run.is_alive)


def watch(run: runs.Run, was_live: bool):
    """How far the training of one's own text is."""
    try:
        state, error = run.state_and_error
        if was_live and state != "running":
            st.rerun()  # the whole page, where it can be chosen now
        if error:
            st.error(error)
        elif state == "finished":
            st.success(f"Trained; choose it above as *{LABELS[0]}* or *{LABELS[1]}*: {run.title}")
        else:
            record, rows = run.record, run.steps()
            total = record.get("epochs", 0) * record.get("steps_per_epoch", 0)
            done = min(1.0, rows[-1]["step"] / total) if rows and total else 0.0
            st.progress(done, f"{100 * done:.0f} %" if rows else "Loading TensorFlow …")
    except (runs.RunError, OSError) as problem:
        said = [line for line in run.log().splitlines() if line.startswith("dlsuite: ")]
        st.error(said[-1].removeprefix("dlsuite: ") if said else str(problem))


# Fields and what is typed into them.


def word_input(label: str, key: str, start: str, help: str, longest: int = LONGEST) -> str:
    """A word, or several, kept in the URL."""
    if key not in st.session_state and key not in st.query_params:
        st.session_state[key] = start
    return st.text_input(label, key=key, bind="query-params", max_chars=longest, help=help)


def put(field: str, value: str):
    """Callback: put a value into a field."""
    st.session_state[field] = value


def take_example():
    """Callback: put the chosen example into the field."""
    if st.session_state["words_example"]:
        put("words_word", st.session_state["words_example"])
        put("words_example", None)  # so that it can be pressed again


def take_analogy():
    """Callback: put the chosen example into its fields."""
    if st.session_state["words_analogy"]:
        for field, word in zip("abc", ANALOGIES[st.session_state["words_analogy"]], strict=True):
            put(f"words_{field}", word)
        put("words_analogy", None)


def take_odd():
    """Callback: put the chosen example into the field."""
    if st.session_state["words_odd_example"]:
        put("words_odd", ODD[st.session_state["words_odd_example"]])
        put("words_odd_example", None)


def title_of(lesson: str) -> str:
    """A lesson's name without what it does."""
    return panels.lesson_title(lesson).partition(":")[0]


def nothing_in(typed: str) -> str:
    """What to say where no word was typed."""
    if not typed.strip():
        return "Type a word."
    return "There is no word in it: a word begins with a letter, and numbers, signs and pictures are none."


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


# Charts.


def bars(words: list[str], similarities: np.ndarray, marked: str | None = None) -> dict:
    """A bar for the cosine of each word."""
    rows = [
        {"word": word, "cosine": round(float(cosine), 4), "color": panels.WARM if word == marked else panels.COLD}
        for word, cosine in zip(words, similarities, strict=True)
    ]
    place = {"y": {"field": "word", "type": "nominal", "sort": None, "title": None, "axis": {"labelLimit": 200}}}
    x = {"field": "cosine", "type": "quantitative", "scale": {"domain": [min(0.0, *similarities.tolist()), 1]}}
    return {
        "data": {"values": rows},
        "height": {"step": 22},
        "mark": {"type": "bar", "tooltip": True},
        "encoding": place | {"x": x, "color": {"field": "color", "type": "nominal", "scale": None}},
    }


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
    colors = {"the word": panels.WARM, "its neighbours": NEAR, "their neighbours": panels.GREY}
    return {
        "data": {"values": rows},
        "height": 2 * HALF,
        "encoding": {
            "x": axis | {"field": "x"},
            "y": axis | {"field": "y"},
            "tooltip": [{"field": "word"}, {"field": "what"}],
            "color": {
                "field": "what",
                "type": "nominal",
                "scale": {"domain": list(colors), "range": list(colors.values())},
                "legend": {"orient": "top", "title": None},
            },
        },
        "layer": [
            {"mark": {"type": "point", "filled": True, "size": 26, "opacity": 1}},
            {
                "mark": {"type": "text", "dy": -8, "fontSize": 11},
                "encoding": {
                    "x": axis | {"field": "label_x"},
                    "text": {"field": "label"},
                    "size": {"condition": {"test": "datum.what == 'the word'", "value": 15}, "value": 11},
                },
            },
        ],
    }


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


# What goes wrong.


def no_subsampling():
    """CBOW with every `the` and without most of them: two real trainings, and what is measured of both."""
    st.markdown(
        "Twenty words, *the*, *of*, *a* …, are more than a quarter of the docstrings. They stand beside every word and "
        "so tell little of it, yet in CBOW's **sum** they are as loud as the rest. Word2vec keeps a word of frequency "
        "f only by a chance of √(t / f) + t / f; with **t = 0** it keeps all. What is measured: how often the *plural* "
        "of a word, which means nearly the same, is among its ten neighbours; a single word may go the other way."
    )
    word = st.selectbox("Neighbours of", PLURALS, key="subsampling_word", bind="query-params")
    is_live = any(run.is_alive for run in panels.runs_of([TROUBLE]))
    st.fragment(both, run_every=panels.LIVE_SECONDS if is_live else None)(word, is_live)
    with st.expander("Over three seeds", icon=":material/casino:"):
        st.markdown((DOCS / "subsampling.md").read_text("utf-8"))


def both(word: str, was_live: bool):
    """The broken training and the mended one, side by side."""
    is_live = any(run.is_alive for run in panels.runs_of([TROUBLE]))
    if was_live and not is_live:
        st.rerun()  # the whole page, which then stops asking
    for column, (name, subsampling) in zip(st.columns(2, gap="large"), SIDES.items(), strict=True):
        with column:
            side(name, subsampling, word, is_live)


def side(name: str, subsampling: float, word: str, is_live: bool):
    """One of the two: a button, and what it has learned."""
    arguments = {"subsampling": subsampling, "epochs": EPOCHS}
    st.markdown(f"##### {name.capitalize()} subsampling")
    run = trouble.run_of(TROUBLE, arguments)
    label = f"Train {name} subsampling"
    if st.button(
        f"{label} again" if run else label,
        icon=":material/bolt:" if not subsampling else ":material/healing:",
        type="secondary" if run else "primary",
        disabled=is_live,
        help="One training at a time." if is_live else "Takes about a minute.",
        key=f"subsampling_{name}",
    ):
        path = panels.start_training(TROUBLE, arguments)
        if path is not None:
            trouble.wait_for(path)
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
            record, rows = run.record, run.steps()
            total = record.get("epochs", 0) * record.get("steps_per_epoch", 0)
            done = min(1.0, rows[-1]["step"] / total) if rows and total else 0.0
            st.progress(done, f"{state}, {100 * done:.0f} %" if rows else "Loading TensorFlow …")
            return
        versions = panels.exported(run.path)
        if versions is None:
            return
        model = panels.served(str(versions), (versions / "1").stat().st_mtime)
    except (runs.RunError, OSError) as problem:
        st.error(str(problem))
        return
    share = word_map.plurals_found(*all_words(model, run.record))
    st.metric("Plurals among the ten neighbours", f"{100 * share:.0f} %")
    answer = model.neighbours(words=[word])
    near, plural = decoded(answer["neighbours"][0]), f"{word}s"
    st.vega_lite_chart(bars(near, answer["similarities"][0], plural), width="stretch")
    st.caption(f"The neighbours of **{word}**" + (", its plural among them." if plural in near else "."))
