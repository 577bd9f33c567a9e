"""The GAN page's *Is the loss meaningful?*: the losses of trainings beside the quality of their samples."""

import json
import math
from pathlib import Path

import numpy as np
import streamlit as st

from dlsuite import runs
from dlsuite.gans import loss_meaning
from panels import charts, lessons, recorded, training, widgets

RECORDED = "recorded: "


def show():
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
    recorded.fold_out(
        "Over seeds",
        "loss_meaning",
        "Written by `python benchmarks/loss_meaning.py`, of the trainings of `python benchmarks/modes.py --models "
        "gans.gan gans.wgan_gp --datasets ring --seeds 5` and of `python benchmarks/pathologies.py --seeds 5`.",
    )


def losses_of(lesson: str):
    """One model's column: which training, which loss, how they go together."""
    st.markdown(f"##### {lessons.title(lesson)}")
    known = {f"{RECORDED}{what}, seed 0": course for what, course in recordings()[lesson].items()}
    own = [str(run.path) for run in lessons.runs_of([lesson]) if has_modes(run)]
    chosen = widgets.choose(
        "Training",
        [*known, *own],
        f"course.{lesson}",
        format_func=lambda name: name if name in known else f"my run: {Path(name).name}",
        help="Your own trainings on the ring or the grid are listed here too.",
    )
    titles = {loss.replace("_", " "): loss for loss in loss_meaning.LOSSES[lesson]}
    title = widgets.buttons("Loss", list(titles), f"loss.{lesson}")
    loss = titles[title]
    try:
        course = known[chosen] if chosen in known else course_of(runs.Run(chosen), lesson)
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
    charts.draw(course_chart(course, loss))
    st.button(
        "Train one on the ring", icon=":material/play_arrow:", key=f"train.{lesson}", on_click=train_one, args=[lesson]
    )


def train_one(lesson: str):
    """Callback: start a training on the ring, and turn to where it can be watched."""
    path = training.start(lesson, {"dataset": "ring"})
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
        for lesson, courses in json.loads((recorded.DOCS / "loss_meaning.json").read_text("utf-8")).items()
    }


def course_of(run: runs.Run, lesson: str) -> loss_meaning.Course:
    """The course of one's own run."""
    dataset = run.record["arguments"]["dataset"]
    return loss_meaning.course(run.steps(), run.arrays("samples"), dataset, loss_meaning.LOSSES[lesson])


def course_chart(course: loss_meaning.Course, loss: str) -> dict:
    """What is missing as an area, the loss as a line over it with an axis of its own."""
    values = course.losses[loss]
    rows = [
        {"step": int(step), "missing": float(missing), "loss": float(value)}
        for step, missing, value in zip(course.step, course.missing, values, strict=True)
    ]
    x, beside = charts.number("step", "step"), {"titleColor": charts.WARM, "grid": False}
    share = charts.number("missing", "missing share (area)", domain=[0, 1])
    title, domain = f"{loss.replace('_', ' ')} (line)", charts.without_extremes(values)
    y = charts.number("loss", title, axis=beside, domain=domain, zero=False)
    point, edge = {"color": charts.WARM, "size": 16}, {"color": charts.GREY}
    chart = charts.chart(
        300,
        charts.layer("area", None, {"x": x, "y": share}, color=charts.GREY, opacity=0.35, line=edge),
        charts.layer("line", None, {"x": x, "y": y}, color=charts.WARM, strokeWidth=2, clip=True, point=point),
    )
    return chart | {"data": {"values": rows}, "resolve": {"scale": {"y": "independent"}}}
