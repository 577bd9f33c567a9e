"""The section *Train*: every option of a lesson, from the signature of its `train`, and beside it what a run does."""

import math

import streamlit as st

from dlsuite import catalog, runs
from dlsuite.arguments import limits_of
from dlsuite.data import names as datasets
from panels import estimate, lessons, own_data, training, watching, widgets


def train(names: list[str]) -> None:
    """The whole training page: options on the left, the run and what it does on the right."""
    left, right = st.columns([1, 2], gap="large")
    with left:
        start_form(names)
    with right:
        run = watching.choose_run(names)
        if run is None:
            st.info("Choose a model and a dataset, and press **Start training**: here you will see it happen.")
        else:
            watching.watch(run)
    candidates = lessons.runs_of(names)
    if len(candidates) > 1:
        st.divider()
        watching.compare(candidates)


def start_form(names: list[str]) -> None:
    """Every option of a lesson's `train`, from its signature, and the button that starts it."""
    name = widgets.choose("Train", names, "lesson", format_func=lessons.title)
    lesson = catalog.lesson(name)
    arguments = {}
    if "dataset" in lesson.options:
        dataset = own_data.dataset_input(lesson.options["dataset"])
        if dataset is None:
            return
        arguments["dataset"] = dataset
    try:
        resolved = lesson.resolve(arguments)
    except ValueError as error:
        st.error(str(error))
        return
    main, more = st.container(), st.expander("All options")
    for option in lesson.options.values():
        if option.name != "dataset":
            with main if option.name in ("epochs", "learning_rate", "seed") else more:
                arguments[option.name] = _option_input(lesson.name, option, resolved, arguments.get("dataset"))
    try:
        expected = estimate.seconds(lesson, lesson.resolve(arguments))
    except ValueError as error:
        st.error(str(error))
        return
    if expected:
        st.caption(f"Takes about {estimate.duration(expected)}, by earlier runs of this kind.")
    active = [run for run in runs.every() if run.is_alive]
    if active:
        st.caption(f":material/info: {active[0].title} is training; two at once are each slower.")
    if st.button("Start training", key="start", type="primary", icon=":material/play_arrow:", width="stretch"):
        path = training.start(name, arguments)
        if path is not None:
            st.session_state["run"] = str(path)
            st.rerun()


def _option_input(lesson: str, option: catalog.Option, resolved: dict, dataset: str | None):
    # Of one's own data only the kind matters: every stroke of a drawing makes another dataset, and keeps the options.
    data = dataset if dataset in (None, *datasets.NAMED) else datasets.kind(dataset)
    label, key = option.name.replace("_", " ").capitalize(), f"{lesson}/{data}/{option.name}"
    value = option.default if option.name == "source" else resolved[option.name]
    if option.choices:
        return st.selectbox(label, option.choices, option.choices.index(value), key=key, help=option.help)
    if option.type is bool:
        return st.toggle(label, value, key=key, help=option.help)
    low, high = limits_of(option.ranges)
    if option.type is int:
        return st.number_input(label, low, high, value, step=1, key=key, help=option.help)
    if option.type is float:
        step = 10.0 ** math.floor(math.log10(value)) if value else 0.1
        low, high = (limit if limit is None else float(limit) for limit in (low, high))
        return st.number_input(label, low, high, float(value), step=step, format="%g", key=key, help=option.help)
    return st.text_input(label, value, key=key, help=option.help)
