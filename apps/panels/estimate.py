"""How long a training will take."""

import math

from dlsuite import catalog, runs
from dlsuite.data import names as datasets
from panels import lessons


def seconds(lesson: catalog.Lesson, arguments: dict) -> float | None:
    """How long a training will take, by what a run or a shipped model of the same lesson and kind of data took."""

    def kind(arguments):
        return datasets.kind(datasets.dataset_of(arguments))

    steps = lesson.steps_per_epoch(arguments)
    if steps is None:
        return None
    known = {}
    for run in [*lessons.runs_of([lesson.name]), *lessons.shipped_as_runs(lesson.name)]:
        try:
            record, rows = run.record, run.steps()
            if kind(record["arguments"]) != kind(arguments):
                continue
        except (runs.RunError, OSError, ValueError):
            continue
        if "seconds" in record and "steps_per_epoch" in record:
            each = record["seconds"] / (record["steps_per_epoch"] * record["epochs"])
        elif len(rows) > 1:
            each = (rows[-1]["seconds"] - rows[0]["seconds"]) / (rows[-1]["step"] - rows[0]["step"])
        else:
            continue
        known[lesson.examples_in_a_step(record["arguments"])] = each
    if not known:
        return None
    own = lesson.examples_in_a_step(arguments)
    nearest = min(known, key=lambda examples: abs(math.log(examples / own)))
    return known[nearest] * max(1.0, own / nearest) * steps * arguments["epochs"]


def duration(seconds: float) -> str:
    """Seconds for people."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"
