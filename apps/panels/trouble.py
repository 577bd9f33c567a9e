"""What goes wrong in a lesson's trainings: a pathology beside its cure, each a real training that a button starts."""

import math
from collections.abc import Callable
from typing import NamedTuple

import streamlit as st

from dlsuite import catalog, runs
from panels import charts, gallery, lessons, recorded, training, watching, widgets


class Troubles(NamedTuple):
    """A lesson's pathologies, and how a page tells of them."""

    lesson: str
    pathologies: dict
    """By the name of its pictures: titles, options, limits, as `Pathology` of the lecture's `pathologies` has them."""
    lead: str
    """What the trainings are, for the page."""
    measure: Callable
    """Of a pathology and a run: the number that decides, NaN where training has not come far enough."""
    benchmark: str
    """The script that counts them over seeds, and the document that it writes, without their endings."""
    digits: int = 2
    """How many significant ones of the number are shown."""
    remark: Callable = lambda pathology, run: ""
    """Of a pathology and a run: what else is measured, in a line."""
    drawn: Callable = lambda run: None
    """Of a run: a function that draws what there was after a step; `None` for the pictures that training made."""


def what_goes_wrong(troubles: Troubles):
    """The whole section: which pathology, which seed, both trainings, and how often over seeds."""
    titled = {pathology.title: pathology for pathology in troubles.pathologies.values()}
    pathology = titled[widgets.buttons("Pathology", list(titled), "trouble", label_visibility="collapsed")]
    st.caption(troubles.lead)
    seed = st.columns([1, 5])[0].number_input(
        "Seed",
        0,
        widgets.TRAINING_SEED_LIMIT,
        0,
        key="trouble_seed",
        bind="query-params",
        help="Try others: it is no accident.",
    )
    watching.live(lambda: lessons.is_training([troubles.lesson]), both, troubles, pathology, seed)
    recorded.fold_out(
        "How often over seeds",
        troubles.benchmark,
        f"Written by `python benchmarks/{troubles.benchmark}.py --seeds 5`, with the options of the buttons.",
    )


def both(troubles: Troubles, pathology, seed: int):
    """The broken training and the fixed one, side by side and row by row, so that they align."""
    sides = (False, True)
    found = [lessons.newest_run(troubles.lesson, pathology.arguments(is_cured, seed)) for is_cured in sides]
    for column, is_cured in zip(st.columns(2, gap="large"), sides, strict=True):
        with column:
            explain(troubles.lesson, pathology, is_cured)
    for column, is_cured, run in zip(st.columns(2, gap="large"), sides, found, strict=True):
        with column:
            start_button(troubles.lesson, pathology.arguments(is_cured, seed), is_cured, run)
    for column, is_cured, run in zip(st.columns(2, gap="large"), sides, found, strict=True):
        with column:
            if run is None:
                show_recorded(troubles, pathology, is_cured)
                continue
            try:
                show(troubles, pathology, is_cured, run)
            except (runs.RunError, OSError, ValueError) as problem:
                st.error(str(problem))
            except KeyError as missing:
                st.error(f"{run.path}: its previews lack {missing}")


def explain(lesson: str, pathology, is_cured: bool):
    """What one of the two is, why it goes as it goes, and the option in which it differs from the other."""
    broken = catalog.lesson(lesson).resolve(pathology.arguments(is_cured=False))
    changed = pathology.cure if is_cured else {name: broken[name] for name in pathology.cure}
    st.markdown(f"##### {'Fixed by ' + pathology.cure_title if is_cured else 'Broken'}")
    common = {name: value for name, value in pathology.options.items() if name not in changed}
    st.markdown(
        " ".join(f"**`{name}={value}`**" for name, value in changed.items())
        + " with "
        + " ".join(f"`{name}={value}`" for name, value in common.items())
    )
    st.markdown(pathology.why_cured if is_cured else pathology.why)


def start_button(lesson: str, arguments: dict, is_cured: bool, run: runs.Run | None):
    """The button that trains one of the two."""
    label, icon = ("Fix it", ":material/healing:") if is_cured else ("Break it", ":material/bolt:")
    is_pressed = training.is_pressed(label, [lesson], icon=icon, is_again=run is not None, key=f"start {is_cured}")
    if is_pressed and training.begin(lesson, arguments) is not None:
        st.rerun()  # the whole page, which then looks every two seconds


def show_recorded(troubles: Troubles, pathology, is_cured: bool):
    """What became of the training that the benchmark has made from seed 0."""
    (name,) = (name for name, each in troubles.pathologies.items() if each is pathology)
    picture = recorded.PICTURES / "pathologies" / f"{name}-{'fixed' if is_cured else 'broken'}.png"
    st.image(str(picture), caption="A recorded training from seed 0, after its last step", width="stretch")


def show(troubles: Troubles, pathology, is_cured: bool, run: runs.Run):
    """The measurement of a run, its pictures and its curves."""
    state, error = run.state_and_error
    if error:
        st.error(error)
    value = troubles.measure(pathology, run)
    st.metric(
        pathology.measured[0].upper() + pathology.measured[1:],
        "…" if math.isnan(value) else f"{value:.{troubles.digits}g}",
        verdict(pathology, value, watching.progress(run), state),
        delta_color="off",
        delta_arrow="off",
        help=pathology.limits,
    )
    remark = troubles.remark(pathology, run)
    if remark:
        st.caption(remark)
    gallery.film(run, is_live=state == "running", key=f"trouble {is_cured}", drawn=troubles.drawn(run))
    charts.losses({"": run.steps()})


def verdict(pathology, value: float, done: float, state: str) -> str:
    """What the measurement says, or how far training is."""
    if state != "finished":
        return f"{state}, {100 * done:.0f} % trained"
    if pathology.sick(value):
        return pathology.title.lower()
    return pathology.in_health if pathology.healthy(value) else "neither"
