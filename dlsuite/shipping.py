"""Adding a finished run to the shipped models, with a model card that says how it was trained and how good it is."""

import importlib
import inspect
import json
import shutil
from pathlib import Path

from dlsuite import SAVED_MODELS, catalog, runs, serving
from dlsuite.data import names, sources

KEPT = (
    *("name", "arguments", "devices", "precision", "cores", "versions"),
    *("steps_per_epoch", "epochs", "state", "seconds"),
)


def ship(run: runs.Run, name: str | None = None) -> Path:
    """Write `saved_models/<name>/` (the model, its SavedModel, its training record and its card), and `models.config`.

    Args:
        run: a finished run.
        name: the name of the trained model, by default the lesson's; for a variant, add a hyphen and a word.

    Returns:
        The folder.

    Raises:
        runs.RunError: the run has not finished.
        ValueError: the name belongs to another lesson.
    """
    if run.state != "finished":
        raise runs.RunError(f"{run.path} is not finished: its state is {run.state}")
    record = run.record
    name = name or record["name"]
    if catalog.module_of(name) != record["name"]:
        raise ValueError(f"name={name!r}: it must be {record['name']}, optionally followed by a hyphen and a word")
    folder = SAVED_MODELS / name
    model = serving.load_keras(run.path, compile=False)
    shutil.rmtree(folder, ignore_errors=True)
    serving.save(model, folder)
    kept = {key: record[key] for key in KEPT if key in record}
    (folder / "run.json").write_text(json.dumps(kept, indent=2) + "\n", "utf-8")
    (folder / "README.md").write_text(_card(name, kept, folder), "utf-8")
    serving.write_config()
    return folder


def measure(model: str | Path, dataset: str | None = None, source: str = "auto") -> dict[str, float]:
    """The lecture's metrics of a run or a shipped model on held-out data, by default from its training dataset.

    Other training arguments that the lesson's `measure` takes, such as the languages, are passed on.

    Raises:
        ValueError: the lesson is always measured on the same data, but other data is asked for; or the data does not
            come from that source.
    """
    _, lesson, arguments = serving.locate(model)
    module = importlib.import_module(f"dlsuite.{lesson}")
    accepted = inspect.signature(module.measure).parameters
    if "dataset" not in accepted and dataset not in (None, names.UNASKED):
        raise ValueError(f"dataset={dataset!r}: {lesson} is always measured on {names.UNASKED}")
    names.resolve(dataset or names.dataset_of(arguments), source)
    given = arguments | {"dataset": dataset or arguments.get("dataset"), "source": source}
    given = {name: value for name, value in given.items() if value is not None and name in accepted}
    return module.measure(serving.load_keras(model), **given)


def _card(name: str, record: dict, folder: Path) -> str:
    lesson, arguments = catalog.lesson(record["name"]), record["arguments"]
    # Options that differ from the signature's defaults, or whose defaults may change one day.
    options = [
        " ".join(lesson.options[key].words(value))
        for key, value in arguments.items()
        if key in ("dataset", "source", "seed") or value != lesson.options[key].default
    ]
    if record.get("precision", "float32") != "float32":
        options.append(f"--precision {record['precision']}")
    variant = name.partition("-")[2]
    run_dir = f"runs/{record['name']}/{variant or 'shipped'}"
    naming = f" --name {name}" if variant else ""
    cores = f" on {record['cores']} CPU core{'s' * (record['cores'] > 1)}" if "cores" in record else ""
    versions = record["versions"]
    every_option = ", ".join(f"`{key}={value}`" for key, value in arguments.items())
    size = sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 1e6
    return f"""# {name}

{lesson.title}.

Trained and exported with

    dlsuite train {record["name"]} {" ".join(options)} --run-dir {run_dir}
    dlsuite ship {run_dir}{naming}

in {record["seconds"] / 60:.1f} minutes{cores}, with TensorFlow {versions["tensorflow"]} and Keras {versions["keras"]}.
All options: {every_option}.

## Held-out metrics

{"".join(_metrics_of(name, record))}Size: {size:.2f} MB in total.
"""


def _metrics_of(name: str, record: dict) -> list[str]:
    dataset = names.dataset_of(record["arguments"])
    chosen_on = importlib.import_module(f"dlsuite.{record['name']}").SETTINGS_CHOSEN_ON
    tables = []
    held_out = names.held_out(dataset)
    for source, data in held_out.items():
        if source == "tfds" and not sources.is_prepared(dataset):
            continue
        source = source if len(held_out) > 1 else "auto"
        if source == chosen_on:
            data += ", which the default settings were tuned on"
        rows = "\n".join(f"| `{key}` | {value:.4g} |" for key, value in measure(name, source=source).items())
        command = f"dlsuite evaluate {name}" + (f" --source {source}" if source != "auto" else "")
        tables.append(f"On {data} (`{command}`):\n\n| metric | value |\n|---|---|\n{rows}\n\n")
    return tables
