"""The GAN page's *What goes wrong* and *Is the loss meaningful?*: real trainings, and what is measured of them."""

import functools
import json
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import panels
import streamlit as st
import trouble

from dlsuite import runs
from dlsuite.gans import loss_meaning
from dlsuite.gans.pathologies import PATHOLOGIES, Pathology, picture

DOCS = Path(__file__).resolve().parents[1] / "docs"
RECORDED = "recorded: "


def what_goes_wrong():
    """A pathology beside its cure, each a real training that a button starts."""
    lead = (
        "A real GAN on the ring of 8 Gaussians, broken by its options and mended by changing them. Each training takes "
        "about half a minute of two CPU cores; the other one then begins from the same seed."
    )
    trouble.what_goes_wrong(
        trouble.Troubles("gans.gan", PATHOLOGIES, lead, measure, benchmark="pathologies", remark=remark, drawn=drawn)
    )


def measure(pathology: Pathology, run: runs.Run) -> float:
    """What a pathology measures of a run; NaN where training has not come far enough."""
    record, rows = run.record, run.steps()
    total = record.get("epochs", 0) * record.get("steps_per_epoch", 0)
    return pathology.measure(rows, run.arrays("samples"), total) if total and rows else math.nan


def remark(pathology: Pathology, run: runs.Run) -> str:
    """The shares that are told beside what is measured, of the newest samples."""
    samples = run.arrays("samples") if pathology.besides else {}
    if not samples:
        return ""
    newest = samples[max(samples)]
    said = ", ".join(f"{what} {share(newest):.0%}" for what, share in pathology.besides.items())
    return f"{said[0].upper()}{said[1:]}."


def drawn(run: runs.Run) -> Callable[[int], np.ndarray]:
    """A function that draws the plane after a step of a run, with what the generator's loss does there."""
    kept, loss = functools.cache(run.arrays), run.record["arguments"]["generator_loss"]
    names = "real", "samples", "extent", "score", "gradient"
    return lambda step: picture({name: kept(name)[step] for name in names}, loss)


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
