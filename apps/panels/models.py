"""Trained models to play with: those that ship, and the finished runs."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from dlsuite import SAVED_MODELS, catalog, runs, serving
from dlsuite.data import names as datasets
from panels import lessons, page, widgets


@st.cache_resource(show_spinner="Loading the model …", max_entries=8)
def served(folder: str, changed: float) -> serving.Served:
    """The SavedModel in a folder of versions; `changed` is when it was written."""
    page.begin_to_load_tensorflow().join()
    return serving.load(Path(folder))


class Trained(NamedTuple):
    """A trained model that the user has chosen."""

    source: str
    """What `serving.load` takes: a shipped model's name, or the folder of a run's SavedModel."""
    folder: Path
    """Where model.keras and run.json lie."""
    record: dict
    """What its run.json says."""
    model: serving.Served

    @property
    def dataset(self) -> str:
        """What it was trained on."""
        return datasets.dataset_of(self.record["arguments"])

    @property
    def is_shipped(self) -> bool:
        """Whether it came with dlsuite."""
        return self.folder.parent == SAVED_MODELS

    @property
    def label(self) -> str:
        """A name for files and servers."""
        return self.source if self.is_shipped else self.record["name"]


def choose(
    names: list[str],
    first: str,
    *,
    label: str = "Model",
    key: str = "model",
    fits: Callable[[dict], bool] = lambda arguments: True,
) -> Trained | None:
    """Choose among the models that ship and the finished runs of some lessons; `None` after a message if that fails.

    Args:
        names: the lessons'.
        first: the shipped model that is chosen at first.
        label: the widget's.
        key: the widget's, and the URL's.
        fits: whether a model that was trained with these arguments is among them.
    """
    shipped = [name for name in serving.names() if catalog.module_of(name) in names]
    shipped = [name for name in shipped if fits(runs.Run(SAVED_MODELS / name).record["arguments"])]
    shipped.sort(key=lambda name: name != first)
    finished = [str(run.path) for run in lessons.runs_of(names) if _has_finished(run) and fits(run.record["arguments"])]
    if not shipped + finished:
        st.info("There is no trained model yet. Train one first.")
        return None
    name = widgets.choose(
        label,
        shipped + finished,
        key,
        format_func=lambda name: (
            _shipped_title(name) if name in shipped else f"my run: {lessons.run_title(name).partition('.')[2]}"
        ),
        help="The models that ship with dlsuite, and the runs that you have finished.",
    )
    folder = SAVED_MODELS / name if name in shipped else Path(name)
    versions = folder if name in shipped else exported(folder)
    if versions is None:
        return None
    try:
        record = runs.Run(folder).record
        model = served(str(versions), (versions / "1").stat().st_mtime)
    except (serving.ModelError, runs.RunError, OSError) as error:
        st.error(str(error))
        return None
    return Trained(name if name in shipped else str(versions), folder, record, model)


def _has_finished(run: runs.Run) -> bool:
    try:
        return (run.path / "model.keras").exists() and bool(run.record)
    except runs.RunError:
        return False


def _shipped_title(name: str) -> str:
    """The lesson, briefly, what it was trained on, and the variant where that says more."""
    dataset = datasets.dataset_of(runs.Run(SAVED_MODELS / name).record["arguments"])
    variant = name.partition("-")[2]
    title = lessons.title(catalog.module_of(name)).partition(":")[0]
    return " · ".join([title, dataset, *({variant} - {"", dataset})])


def exported(run: Path) -> Path | None:
    """The run's SavedModel, written by `dlsuite export` if it is not there yet; `None` after a message if it fails."""
    folder = run / "saved_model"
    if not (folder / "1" / "saved_model.pb").exists():
        with st.spinner("Exporting the run as a SavedModel …"):
            command = [sys.executable, "-m", "dlsuite.cli", "export", str(run), "--to", str(folder)]
            done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            st.error(done.stderr.strip().splitlines()[-1])
            return None
    return folder
