"""A run as it is now: how far it is, its pictures and curves; to stop, resume and delete it; beside another."""

import os
import time
from collections.abc import Callable
from pathlib import Path

import streamlit as st

from dlsuite import runs
from panels import charts, estimate, export, gallery, lessons, training, widgets

LIVE_SECONDS = 2.0
LONGEST_PATH = 200
"""Characters of a path to show when there is no such file."""


def choose_run(names: list[str]) -> runs.Run | None:
    """Choose among these lessons' runs; the newest at first, and the URL remembers which."""
    paths = [str(run.path) for run in lessons.runs_of(names)]
    chosen = st.session_state.get("run", st.query_params.get("run"))
    # A run that has just begun has no run.json yet, and so a shorter title, which the browser may still send back.
    begun = {f"{Path(path).parent.name} · {Path(path).name}": path for path in paths}
    if chosen in begun:
        chosen = st.session_state["run"] = begun[chosen]
    if chosen and chosen not in paths:
        if Path(chosen).parent in [runs.ROOT / lesson for lesson in names] and os.path.isdir(chosen):
            paths.insert(0, chosen)  # it has just been started
        else:
            st.warning(f"The run {chosen[:LONGEST_PATH]} was deleted.")
            st.session_state.pop("run", None)
            st.query_params.pop("run", None)
    return runs.Run(widgets.choose("Run", paths, "run", format_func=lessons.run_title)) if paths else None


BADGES = {"running": "blue", "stopped": "orange", "finished": "green", "failed": "red"}


def watch(run: runs.Run) -> None:
    """A run as it is now, and while it trains again every two seconds."""
    live(lambda: run.is_alive or not (run.path / "run.json").exists(), _watch, run)


def live(is_live: Callable[[], bool], show: Callable, *arguments, at_end: Callable[[], None] = lambda: None) -> None:
    """Show something, and as long as `is_live` again every two seconds.

    Args:
        is_live: whether it may still change.
        show: what draws it.
        arguments: what `show` is called with.
        at_end: called once it is no longer live, before the whole page runs again, which then stops asking.
    """
    was_live = is_live()
    st.fragment(_tick, run_every=LIVE_SECONDS if was_live else None)(is_live, was_live, show, arguments, at_end)


def _tick(is_live, was_live, show, arguments, at_end) -> None:
    if was_live and not is_live():
        at_end()
        st.rerun()
    show(*arguments)


def _watch(run: runs.Run) -> None:
    try:
        _show(run)
    except (runs.RunError, OSError) as error:
        if not run.path.exists():
            if st.session_state.get("run") != str(run.path):
                st.rerun()  # the whole page, which shows the next one
            st.warning("This run was deleted.")
        elif (run.path / "run.json").exists():
            st.error(str(error))
        elif time.time() - run.path.stat().st_mtime < training.SECONDS_TO_START or run.is_alive:
            st.info("Starting …")
            _show_log(run)
        else:
            st.error(training.complaint(run) or "It did not start; the log may say why.")
            st.button("Delete it", on_click=_delete, args=[run])
            _show_log(run)


def _show(run: runs.Run) -> None:
    state, error = run.state_and_error
    badge(state, f"`{run.path}`")
    if error:
        st.error(error)
    progress_bar(run)
    stop, resume, delete, _ = st.columns([1, 1, 1, 2])
    if stop.button("Stop", icon=":material/stop:", disabled=state != "running", width="stretch"):
        run.stop()
        st.toast("Finishing the step and writing a checkpoint …")
    if resume.button("Resume", icon=":material/resume:", disabled=state in ("running", "finished"), width="stretch"):
        process = runs.start(["resume", str(run.path)], run.path)
        while not run.is_alive and process.poll() is None:
            time.sleep(0.1)
        st.rerun()
    with delete.popover("Delete", icon=":material/delete:", disabled=state == "running", width="stretch"):
        st.write("All that this run has written will be gone.")
        st.button("Delete it", type="primary", on_click=_delete, args=[run])

    picture, chart = st.columns([1, 1], gap="medium")
    with picture:
        gallery.film(run, is_live=state == "running", key="watch")
    with chart:
        charts.losses({"": run.steps()})
    _show_metrics(run)
    with st.expander("Options"):
        st.json(run.record["arguments"])
    _show_log(run)


def badge(state: str, what: str = "") -> None:
    """A run's state in its colour, and beside it what is in that state."""
    st.markdown(f":{BADGES[state]}-badge[{state}] &nbsp; {what}")


def total_steps(record: dict) -> int:
    """The steps of all epochs of a run; 0 where its record does not say them yet."""
    return record.get("epochs", 0) * record.get("steps_per_epoch", 0)


def progress(run: runs.Run) -> float:
    """How far a run is: the share of its steps that are done, 0 to 1."""
    rows, total = run.steps(), total_steps(run.record)
    return min(1.0, rows[-1]["step"] / total) if rows and total else 0.0


def progress_bar(run: runs.Run) -> None:
    """How far a run is, in epochs, steps and time; nothing of one that ended before its first step."""
    record, rows, state = run.record, run.steps(), run.state
    total = total_steps(record)
    if rows and total:
        seconds = rows[-1]["seconds"]
        step = total if state == "finished" else int(rows[-1]["step"])  # not every step has a row
        left = f" · {estimate.duration(seconds / step * (total - step))} left" if state == "running" else ""
        epoch = min(record["epochs"], 1 + step // record["steps_per_epoch"])
        text = f"epoch {epoch} of {record['epochs']} · step {step:,} of {total:,} · {estimate.duration(seconds)}{left}"
        st.progress(min(1.0, step / total), text)
    elif state == "running":
        st.info("Loading TensorFlow and the data …")


def _delete(run: runs.Run) -> None:
    try:
        run.delete()
    except (runs.RunError, OSError) as error:
        st.toast(str(error))
    left = lessons.runs_of([run.path.parent.name])
    if left:
        st.session_state["run"] = str(left[0].path)
    else:
        st.session_state.pop("run", None)
        st.query_params.pop("run", None)


def _show_metrics(run: runs.Run) -> None:
    metrics = run.metrics()
    if metrics:
        with st.expander("Epochs"):
            st.dataframe(metrics, hide_index=True, height=240)
            export.download("metrics.csv", (run.path / "metrics.csv").read_bytes(), "metrics.csv")


def _show_log(run: runs.Run) -> None:
    with st.expander("Log"):
        st.code(run.log() or "nothing yet", language=None)


def compare(candidates: list[runs.Run]) -> None:
    """Two runs side by side: their last pictures, their curves, their options where they differ."""
    with st.expander("Compare two runs"):
        paths = [str(run.path) for run in candidates]
        columns = st.columns(2)
        chosen = [
            runs.Run(column.selectbox(label, paths, index, key=f"compare {label}", format_func=lessons.run_title))
            for column, label, index in zip(columns, ("one", "other"), (0, 1), strict=True)
        ]
        try:
            records = [run.record["arguments"] for run in chosen]
            for index, (column, run) in enumerate(zip(columns, chosen, strict=True)):
                own_options, other_options = records[index], records[1 - index]
                with column:
                    gallery.film(run, is_live=False, key=f"compare {index}")
                    differing = {
                        name: own_options[name] for name in own_options if own_options[name] != other_options.get(name)
                    }
                    st.caption(" ".join(f"`{name}={value}`" for name, value in differing.items()))
            charts.losses({label: run.steps() for label, run in zip(("one:", "other:"), chosen, strict=True)})
        except (runs.RunError, OSError) as error:
            st.warning(str(error))
