"""What a page asks of its lessons: their titles, and their runs."""

import re
from pathlib import Path

from dlsuite import SAVED_MODELS, catalog, runs, serving


def title(name: str) -> str:
    """A lesson's title without its source."""
    return re.sub(r" \(.*", "", catalog.lesson(name).title)


def run_title(path: str) -> str:
    """A run for people: what is trained on what, and when; without a record only its directory."""
    try:
        return runs.Run(path).title
    except runs.RunError:
        return f"{Path(path).parent.name} · {Path(path).name}"


def runs_of(names: list[str]) -> list[runs.Run]:
    """The runs of some lessons, the newest first."""
    return [run for run in runs.every() if run.path.parent.name in names]


def is_training(names: list[str]) -> bool:
    """Whether one of the lessons is being trained."""
    return any(run.is_alive for run in runs_of(names))


def newest_run(lesson: str, arguments: dict) -> runs.Run | None:
    """The newest run with these options, all others as they are by themselves."""
    wanted = catalog.lesson(lesson).resolve(arguments)
    for run in runs_of([lesson]):
        try:
            if run.record["arguments"] == wanted:
                return run
        except runs.RunError:
            continue
    return None


def shipped_as_runs(lesson: str) -> list[runs.Run]:
    """The shipped models of a lesson; their run.json says how they were trained."""
    return [runs.Run(SAVED_MODELS / name) for name in serving.names() if catalog.module_of(name) == lesson]
