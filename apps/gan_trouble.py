"""The GAN page's *What goes wrong* and *Is the loss meaningful?*: real trainings, and what is measured of them."""

import json
import math
import time
from pathlib import Path

import numpy as np
import panels
import streamlit as st

from dlsuite import catalog, runs
from dlsuite.gans import loss_meaning
from dlsuite.gans.pathologies import PATHOLOGIES, Pathology

LESSON = "gans.gan"
DOCS = Path(__file__).resolve().parents[1] / "docs"
RECORDED = "recorded: "


def what_goes_wrong():
    """A pathology beside its cure, each a real training that a button starts."""
    titled = {pathology.title: pathology for pathology in PATHOLOGIES.values()}
    title = st.segmented_control(
        "Pathology",
        list(titled),
        default=next(iter(titled)),
        required=True,
        key="trouble",
        bind="query-params",
        label_visibility="collapsed",
    )
    pathology = titled[title]
    st.caption(
        "A real GAN on the ring of 8 Gaussians, broken by its options and mended by changing one. Each training takes "
        "about half a minute of two CPU cores; the other one then begins from the same seed."
    )
    seed = st.columns([1, 5])[0].number_input(
        "Seed", 0, panels.SEED_LIMIT, 0, key="trouble_seed", bind="query-params", help="Try others: it is no accident."
    )
    is_live = any(run.is_alive for run in panels.runs_of([LESSON]))
    st.fragment(both, run_every=panels.LIVE_SECONDS if is_live else None)(pathology, seed, is_live)
    with st.expander("How often over seeds", icon=":material/casino:"):
        st.markdown((DOCS / "pathologies.md").read_text("utf-8"))
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
        with column:
            if run is None:
                show_recorded(pathology, is_cured)
                continue
            try:
                show(pathology, is_cured, run)
            except (runs.RunError, OSError, ValueError) as problem:
                st.error(str(problem))


def explain(pathology: Pathology, is_cured: bool):
    """What one of the two is, why it goes as it goes, and the option in which it differs from the other."""
    broken = catalog.lesson(LESSON).resolve(pathology.arguments(is_cured=False))
    changed = pathology.cure if is_cured else {name: broken[name] for name in pathology.cure}
    st.markdown(f"##### {'Mended by ' + pathology.cure_title if is_cured else 'Broken'}")
    common = {name: value for name, value in pathology.options.items() if name not in changed}
    st.markdown(
        " ".join(f"**`{name}={value}`**" for name, value in changed.items())
        + " with "
        + " ".join(f"`{name}={value}`" for name, value in common.items())
    )
    st.markdown(pathology.why_cured if is_cured else pathology.why)


def start_button(arguments: dict, is_cured: bool, run: runs.Run | None, is_live: bool):
    """The button that trains one of the two."""
    label, icon = ("Mend it", ":material/healing:") if is_cured else ("Break it", ":material/bolt:")
    if st.button(
        f"{label} again" if run else label,
        icon=icon,
        type="secondary" if run else "primary",
        disabled=is_live,
        help="One training at a time." if is_live else None,
        key=f"start {is_cured}",
    ):
        path = panels.start_training(LESSON, arguments)
        if path is not None:
            wait_for(path)
            st.rerun()  # the whole page, which then looks every two seconds


def wait_for(path: Path):
    """Wait until the run says what it is, so that the page finds it, or why it is none."""
    run, end = runs.Run(path), time.monotonic() + panels.SECONDS_TO_START
    while not (path / "run.json").exists() and time.monotonic() < end:
        said = [line for line in run.log().splitlines() if line.startswith("dlsuite: ")]
        if said:
            st.toast(said[-1].removeprefix("dlsuite: "))
            return
        time.sleep(0.05)


def show_recorded(pathology: Pathology, is_cured: bool):
    """What became of the training that the benchmark has made from seed 0."""
    (name,) = (name for name, each in PATHOLOGIES.items() if each is pathology)
    picture = DOCS / "pictures" / "pathologies" / f"{name}-{'mended' if is_cured else 'broken'}.png"
    st.image(str(picture), caption="A recorded training from seed 0, after its last step", width="stretch")


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
    if state != "finished":
        return f"{state}, {100 * done:.0f} % trained"
    if pathology.sick(value):
        return pathology.title.lower()
    return pathology.in_health if pathology.healthy(value) else "neither"


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


def is_the_loss_meaningful():
    """A GAN's losses and a WGAN-GP's, beside the quality that is measured of their samples."""
    st.markdown(
        "Would you see from the loss alone how good the samples are? Grey is what the samples **miss** of the "
        "distribution: 1 is everything, 0 nothing; a sample counts within 3 sigma of a mode, and no mode for more than "
        "its fair share. The coloured line is a loss of the same training. The rank correlation says how well one "
        "tells the other: 1 if both always fall together, −1 if the loss *rises* as samples get better, 0 if neither."
    )
    for column, lesson in zip(st.columns(2, gap="large"), loss_meaning.LOSSES, strict=True):
        with column:
            losses_of(lesson)
    st.markdown(
        "What is measured here: a GAN's losses go along with the samples too, but each in its own direction, and at "
        "levels that the balance of the two players sets. In the recorded training the generator's loss *rises* while "
        "the samples get better at first; after a mode collapse the losses settle as calmly as in health, only "
        "elsewhere. A critic's estimate is a distance times the critic's slope: it falls as the samples come nearer, "
        "and it ends near 0. The loss of WGAN-GP's *generator* cannot be relied on, since the critic's values may "
        "drift: over seeds its correlation goes from one sign to the other."
    )
    with st.expander("Over seeds", icon=":material/casino:"):
        st.markdown((DOCS / "loss_meaning.md").read_text("utf-8"))
        st.caption(
            "Written by `python benchmarks/loss_meaning.py`, of the trainings of `python benchmarks/modes.py --models "
            "gans.gan gans.wgan_gp --datasets ring --seeds 5` and of `python benchmarks/pathologies.py --seeds 5`."
        )


def losses_of(lesson: str):
    """One model's column: which training, which loss, how they go together."""
    st.markdown(f"##### {panels.lesson_title(lesson)}")
    recorded = {f"{RECORDED}{what}, seed 0": course for what, course in recordings()[lesson].items()}
    own = [str(run.path) for run in panels.runs_of([lesson]) if has_modes(run)]
    chosen = panels.choose(
        "Training",
        [*recorded, *own],
        f"course.{lesson}",
        format_func=lambda name: name if name in recorded else f"my run: {Path(name).name}",
        help="Your own trainings on the ring or the grid are listed here too.",
    )
    titles = {loss.replace("_", " "): loss for loss in loss_meaning.LOSSES[lesson]}
    title = st.segmented_control(
        "Loss",
        list(titles),
        default=next(iter(titles)),
        required=True,
        key=f"loss.{lesson}",
        bind="query-params",
    )
    loss = titles[title]
    try:
        course = recorded[chosen] if chosen in recorded else course_of(runs.Run(chosen), lesson)
    except (runs.RunError, OSError, ValueError, KeyError) as error:
        st.error(f"This run cannot be read: {error}")
        return
    if len(course.step) < 5:
        st.info("There are too few pictures of this training.")
        return
    correlation = course.rank_correlation(loss)
    st.metric(
        "Rank correlation with what is missing",
        "—" if math.isnan(correlation) else f"{correlation:.2f}",
        help="Spearman's. There is none where what is missing takes fewer than 10 different values.",
    )
    st.vega_lite_chart(course_chart(course, loss), width="stretch")
    st.button(
        "Train one on the ring", icon=":material/play_arrow:", key=f"train.{lesson}", on_click=train_one, args=[lesson]
    )


def train_one(lesson: str):
    """Callback: start a training on the ring, and turn to where it can be watched."""
    path = panels.start_training(lesson, {"dataset": "ring"})
    if path is not None:
        st.session_state["run"], st.session_state["section"] = str(path), "Train"


def has_modes(run: runs.Run) -> bool:
    """Whether it is a run on a distribution whose modes are known."""
    try:
        return run.record["arguments"].get("dataset") in ("ring", "grid")
    except runs.RunError:
        return False


def recordings() -> dict[str, dict[str, loss_meaning.Course]]:
    """The courses that the benchmark has left, by lesson and by what they show."""
    return {
        lesson: {
            what: loss_meaning.Course(
                np.array(course["step"]),
                np.array(course["missing"]),
                {loss: np.array(values) for loss, values in course["losses"].items()},
            )
            for what, course in courses.items()
        }
        for lesson, courses in json.loads((DOCS / "loss_meaning.json").read_text("utf-8")).items()
    }


def course_of(run: runs.Run, lesson: str) -> loss_meaning.Course:
    """The course of one's own run."""
    dataset = run.record["arguments"]["dataset"]
    return loss_meaning.course(run.steps(), run.arrays("samples"), dataset, loss_meaning.LOSSES[lesson])


def course_chart(course: loss_meaning.Course, loss: str) -> dict:
    """What is missing as an area, the loss as a line over it with an axis of its own."""
    values = course.losses[loss]
    low, high = np.quantile(values, [0.02, 0.98])  # the wild first steps would flatten all that follows
    margin = 0.1 * (high - low) or 1.0
    rows = [
        {"step": int(step), "missing": float(missing), "loss": float(value)}
        for step, missing, value in zip(course.step, course.missing, values, strict=True)
    ]
    x = {"field": "step", "type": "quantitative", "title": "step"}
    share = {"title": "missing share (area)", "scale": {"domain": [0, 1]}}
    axis = {
        "title": f"{loss.replace('_', ' ')} (line)",
        "scale": {"domain": [low - margin, high + margin], "zero": False},
        "axis": {"titleColor": panels.WARM, "grid": False},
    }
    return {
        "height": 300,
        "data": {"values": rows},
        "layer": [
            {
                "mark": {"type": "area", "color": panels.GREY, "opacity": 0.35, "line": {"color": panels.GREY}},
                "encoding": {"x": x, "y": {"field": "missing", "type": "quantitative", **share}},
            },
            {
                "mark": {
                    "type": "line",
                    "color": panels.WARM,
                    "strokeWidth": 2,
                    "clip": True,
                    "point": {"color": panels.WARM, "size": 16},
                },
                "encoding": {"x": x, "y": {"field": "loss", "type": "quantitative", **axis}},
            },
        ],
        "resolve": {"scale": {"y": "independent"}},
    }
