"""Trainings that a page starts, each in a process of its own."""

import time
from pathlib import Path

import streamlit as st

from dlsuite import catalog, runs
from panels import lessons

SECONDS_TO_START = 60


def start(lesson: str, arguments: dict) -> Path | None:
    """Train in a process of its own: the new run's directory, or `None` after a message if there can be none."""
    try:
        path = runs.new_path(lesson)
    except OSError as error:
        st.error(f"Could not create the run: {error.strerror}.")
        return None
    options = catalog.lesson(lesson).options
    words = [word for name, value in arguments.items() for word in options[name].words(value)]
    runs.start(["train", lesson, *words, "--run-dir", str(path)], path)
    return path


def begin(lesson: str, arguments: dict) -> Path | None:
    """Start a training, and wait until it says what it is, so that the page finds it, or why there is none."""
    path = start(lesson, arguments)
    if path is not None:
        run, end = runs.Run(path), time.monotonic() + SECONDS_TO_START
        while not (path / "run.json").exists() and not complaint(run) and time.monotonic() < end:
            time.sleep(0.05)
        if not (path / "run.json").exists() and complaint(run):
            st.toast(complaint(run))
    return path


def complaint(run: runs.Run) -> str:
    """Why a training could not begin, as its command says it; empty where that says nothing."""
    said = [line for line in run.log().splitlines() if line.startswith("dlsuite: ")]
    return said[-1].removeprefix("dlsuite: ") if said else ""


def is_pressed(
    label: str, names: list[str], *, help: str | None = None, is_again=False, disabled=False, **layout
) -> bool:
    """A button that is to start a training, one at a time of these lessons.

    Args:
        label: the button's.
        names: the lessons'.
        help: the tooltip while none of them is being trained.
        is_again: whether there is such a training already.
        disabled: whether it cannot be pressed for another reason.
        layout: what else `st.button` is told.
    """
    is_busy = lessons.is_training(names)
    return st.button(
        f"{label} again" if is_again else label,
        type="secondary" if is_again else "primary",
        disabled=is_busy or disabled,
        help="One training at a time." if is_busy else help,
        **layout,
    )
