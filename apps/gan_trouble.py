"""The GAN page's *What goes wrong*: pathologies brought about and mended by a button each."""

import math
from pathlib import Path

import panels
import streamlit as st

from dlsuite import catalog, runs
from dlsuite.gans.pathologies import PATHOLOGIES, Pathology

LESSON = "gans.gan"
HOW_OFTEN = Path(__file__).resolve().parents[1] / "docs" / "pathologies.md"


def what_goes_wrong():
    """A pathology beside its cure, each a real training that a button starts."""
    name = st.segmented_control(
        "Pathology",
        list(PATHOLOGIES),
        format_func=lambda name: PATHOLOGIES[name].title,
        default="oscillation",
        required=True,
        key="trouble",
        bind="query-params",
        label_visibility="collapsed",
    )
    pathology = PATHOLOGIES[name]
    st.caption(
        "A real GAN on the ring of 8 Gaussians, broken by its options and mended by changing one. Each training takes "
        "about half a minute of two CPU cores; the other one then begins from the same seed."
    )
    seed = st.columns([1, 5])[0].number_input(
        "Seed", 0, panels.SEED_LIMIT, 0, key="trouble_seed", bind="query-params", help="Try others: it is no accident."
    )
    is_live = any(run.is_alive for run in panels.runs_of([LESSON]))
    st.fragment(both, run_every=panels.LIVE_SECONDS if is_live else None)(pathology, seed, is_live)
    if HOW_OFTEN.exists():
        with st.expander("How often over seeds", icon=":material/casino:"):
            st.markdown(HOW_OFTEN.read_text("utf-8"))
            st.caption("Written by `python benchmarks/pathologies.py --seeds 5`, with the options of the buttons.")


def both(pathology: Pathology, seed: int, was_live: bool):
    """The broken training and the mended one, side by side and row by row, so that they align."""
    is_live = any(run.is_alive for run in panels.runs_of([LESSON]))
    if was_live and not is_live:
        st.rerun()  # the whole page, which then stops asking
    sides = (False, True)
    found = [run_of(pathology.arguments(is_cured, seed)) for is_cured in sides]
    for column, is_cured in zip(st.columns(2, gap="large"), sides, strict=True):
        with column:
            explain(pathology, is_cured)
    for column, is_cured, run in zip(st.columns(2, gap="large"), sides, found, strict=True):
        with column:
            start_button(pathology.arguments(is_cured, seed), is_cured, run, is_live)
    for column, is_cured, run in zip(st.columns(2, gap="large"), sides, found, strict=True):
        if run is not None:
            with column:
                try:
                    show(pathology, is_cured, run)
                except (runs.RunError, OSError, ValueError) as problem:
                    st.error(str(problem))


def explain(pathology: Pathology, is_cured: bool):
    """What one of the two is, why it goes as it goes, and the option in which it differs from the other."""
    changed = pathology.cure if is_cured else {name: pathology.options.get(name, 0.0) for name in pathology.cure}
    st.markdown(f"##### {'Mended by ' + pathology.cure_title if is_cured else 'Broken'}")
    st.markdown(" ".join(f"`{name}={value}`" for name, value in changed.items()))
    st.markdown(pathology.why_cured if is_cured else pathology.why)


def start_button(arguments: dict, is_cured: bool, run: runs.Run | None, is_live: bool):
    """The button that trains one of the two."""
    label, icon = ("Mend it", ":material/healing:") if is_cured else ("Break it", ":material/bolt:")
    if (
        st.button(
            f"{label} again" if run else label,
            icon=icon,
            type="secondary" if run else "primary",
            disabled=is_live,
            help="One training at a time." if is_live else None,
            key=f"start {is_cured}",
        )
        and panels.start_training(LESSON, arguments) is not None
    ):
        st.rerun()  # the whole page, which then looks every two seconds


def show(pathology: Pathology, is_cured: bool, run: runs.Run):
    """The measurement of a run, its pictures and its curves."""
    record, rows = run.record, run.steps()
    state, error = run.state_and_error
    if error:
        st.error(error)
    total = record.get("epochs", 0) * record.get("steps_per_epoch", 0)
    value = pathology.measure(rows, run.arrays("samples"), total) if total and rows else math.nan
    st.metric(
        pathology.measured.capitalize(),
        "…" if math.isnan(value) else f"{value:.2g}",
        verdict(pathology, value, rows[-1]["step"] / total if total and rows else 0, state),
        delta_color="off",
        delta_arrow="off",
        help=pathology.limits,
    )
    panels.film(run, is_live=state == "running", key=f"trouble {is_cured}")
    panels.losses({"": rows})


def verdict(pathology: Pathology, value: float, done: float, state: str) -> str:
    """What the measurement says, or how far training is."""
    if state == "running":
        return f"{100 * done:.0f} % trained"
    if pathology.sick(value):
        return pathology.title.lower()
    return "healthy" if pathology.healthy(value) else "neither"


def run_of(arguments: dict) -> runs.Run | None:
    """The newest run with these options, all others as they are by themselves."""
    wanted = catalog.lesson(LESSON).resolve(arguments)
    for run in panels.runs_of([LESSON]):
        try:
            if run.record["arguments"] == wanted:
                return run
        except runs.RunError:
            continue
    return None
