"""Trained models: save, load and run them, and export them as SavedModels in TF Serving's layout.

saved_models/<name>/1/              the SavedModel, with all the weights of the Keras model
saved_models/<name>/config.json     what that Keras model is made of
saved_models/<name>/run.json        how it was trained
saved_models/<name>/README.md       the model card
saved_models/models.config          what TF Serving reads
"""

import functools
import importlib
import json
import re
import shutil
import tempfile
import warnings
from pathlib import Path

import numpy as np

from dlsuite import SAVED_MODELS, runs


class ModelError(Exception):
    """The model does not exist, or cannot be loaded; the message is a sentence for the user."""


def names() -> list[str]:
    """The names of the shipped models."""
    return sorted(folder.parent.name for folder in SAVED_MODELS.glob("*/config.json"))


class Served:
    """A SavedModel's signatures as functions on NumPy arrays: `model.sample(n=16, seed=3)["samples"]`.

    Each takes its inputs by name, or in the alphabetical order of their names, as a SavedModel stores them, and returns
    a dictionary of arrays. Strings are passed as str or bytes, and come back as bytes, in UTF-8. These are exactly the
    functions that TF Serving serves. Invalid inputs raise a `ValueError`; for a float that is not finite, the answer
    is NaN, with a warning.
    """

    def __init__(self, folder: Path):
        import tensorflow as tf

        try:
            self._loaded = tf.saved_model.load(str(folder))
        except Exception as error:
            raise ModelError(f"{folder} has no SavedModel that can be loaded ({error})") from None
        self.signatures = list(self._loaded.signatures)
        for name, function in self._loaded.signatures.items():
            setattr(self, name, functools.partial(_call, name, function))

    def shapes(self, signature: str) -> dict[str, list[int | None]]:
        """The shapes of a signature's inputs by name, with `None` for an axis of any length; `[]` for a scalar."""
        return {name: shape or [] for name, (_, shape) in self.inputs(signature).items()}

    def inputs(self, signature: str) -> dict[str, tuple[str, list[int | None] | None]]:
        """By input name, the type, such as `string`, and the shape of a signature's inputs; `None` for a scalar."""
        _, specs = self._loaded.signatures[signature].structured_input_signature
        return {
            name: (spec.dtype.name, None if spec.shape.rank is None else spec.shape.as_list())
            for name, spec in specs.items()
        }


def _call(signature, function, *values, **inputs):
    import tensorflow as tf

    _, specs = function.structured_input_signature
    names = sorted(specs)
    by_place = dict(zip(names, values, strict=False))
    if len(values) > len(names) or {*by_place, *inputs} != set(names) or by_place.keys() & inputs.keys():
        raise ValueError(f"{signature}: it takes {', '.join(names)}, each exactly once")
    given = {name: _array(name, value, specs[name]) for name, value in (by_place | inputs).items()}
    try:
        answers = function(**{name: tf.constant(array) for name, array in given.items()})
    except tf.errors.InvalidArgumentError as error:
        told = re.search(r"assertion failed: \[(.*?)\]", error.message)
        reason = re.sub(r"(?s).*unavailable>\n|\n.*", "", error.message)  # TensorFlow's, without the location
        raise ValueError(told[1] if told else f"{signature}: it cannot process these inputs ({reason})") from None
    return {name: value.numpy() for name, value in answers.items()}


def _array(name, value, spec) -> np.ndarray:
    """The value given for `name`, as the array that `spec` requires; `ValueError` if it cannot be converted."""
    try:
        array = np.asarray(value, object if spec.dtype == "string" else None)
        if spec.dtype != "string" and array.dtype.kind not in "biuf":
            raise ValueError("numbers are needed")
        if spec.dtype == "string":
            array = np.vectorize(_text, otypes=[object])(array) if array.size else array
        else:
            array, exact = array.astype(spec.dtype.as_numpy_dtype), array
            if array.dtype.kind in "iu" and not (array == exact).all():
                span = np.iinfo(array.dtype)
                raise ValueError(f"whole numbers from {span.min} to {span.max} are needed")
    except (TypeError, ValueError, OverflowError) as error:
        raise ValueError(f"{name}: it cannot be read as {spec.dtype.name} ({error})") from None
    if spec.shape.rank is not None and not spec.shape.is_compatible_with(array.shape):
        wanted = ", ".join("any" if side is None else str(side) for side in spec.shape)
        raise ValueError(f"{name}: its shape is {array.shape}, but ({wanted}) is needed")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        warnings.warn(f"{name}: some values are not finite; the answer is NaN for those examples", stacklevel=4)
    return array


def _text(value) -> bytes:
    if not isinstance(value, str | bytes):
        raise ValueError(f"{value!r} is not text")
    return value.encode() if isinstance(value, str) else value


def load(name: str | Path) -> Served:
    """The newest version of a shipped model, by name, or of a folder of versions or a run directory, by path.

    Raises:
        ModelError: there is no such model.
    """
    folder = SAVED_MODELS / name if str(name) in names() else Path(name)
    versions = sorted((int(version.name) for version in folder.glob("[0-9]*") if version.name.isdigit()), reverse=True)
    if not versions and (folder / "run.json").is_file():
        with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as temporary:
            return Served(export(load_keras(folder, compile=False), temporary))
    if not versions:
        raise ModelError(f"there is no trained model {name!s}: choose one of {', '.join(names())}")
    return Served(folder / str(versions[0]))


def load_keras(name: str | Path, compile: bool = True):
    """The Keras model of a run directory, or a shipped one by name.

    Args:
        name: the run directory, or the name.
        compile: restore a run's optimizers. Shipped models have none.

    Raises:
        ModelError: there is no such model, the run has not finished, or the file is damaged.
    """
    import keras

    folder, lesson, _ = locate(name)
    importlib.import_module(f"dlsuite.{lesson}")
    file = folder / "model.keras"
    try:
        return keras.saving.load_model(file, compile=compile) if file.exists() else _load_shipped(folder)
    except Exception as error:
        raise ModelError(f"{file if file.exists() else folder} cannot be loaded ({error})") from None


def _load_shipped(folder: Path):
    import keras
    import tensorflow as tf

    model = keras.saving.deserialize_keras_object(json.loads((folder / "config.json").read_text("utf-8")))
    weights = tf.train.Checkpoint(weights=_weights(model))
    status = weights.read(str(folder / "1" / "variables" / "variables"))
    status.assert_existing_objects_matched().expect_partial()  # the file also holds the paths of the signatures
    return model


def _weights(model) -> list:
    """The TensorFlow variables behind a Keras model's weights; their order is the model's."""
    return [weight.value for weight in model.weights]


def locate(name: str | Path) -> tuple[Path, str, dict]:
    """Where to find a trained model: its folder, its lesson, and the arguments it was trained with.

    Args:
        name: a run directory, or a shipped model's name.

    Raises:
        ModelError: there is no such model, or the run has not finished.
    """
    run = runs.Run(SAVED_MODELS / name if str(name) in names() else name)
    if not (run.path / "run.json").is_file():
        raise ModelError(f"{name!s} is neither a run directory nor a shipped model: {', '.join(names())}")
    if not any((run.path / file).is_file() for file in ("model.keras", "config.json")):
        raise ModelError(f"{name!s} has no trained model yet: its state is {run.state}")
    return run.path, run.record["name"], run.record["arguments"]


def export(model, to: str | Path, all_weights: bool = False) -> Path:
    """Write a model's signatures as the next version of a SavedModel, `<to>/<version>/`; each checks its inputs.

    For the checks see `dlsuite.guard`.

    Args:
        model: a Keras model or a `tf.Module`, whose variables and tables are attributes of the model or its layers.
        to: the folder of versions.
        all_weights: write every weight of a Keras model. By default only the variables that the signatures use are
            written: not a GAN's discriminator, for instance.

    Returns:
        The version's folder.
    """
    import tensorflow as tf

    from dlsuite import guard

    limits = guard.LIMITS | getattr(model, "input_limits", {})
    to = Path(to)
    to.mkdir(parents=True, exist_ok=True)
    version = 1 + max((int(folder.name) for folder in to.iterdir() if folder.name.isdigit()), default=0)
    module = tf.Module()
    signatures = model.signatures()
    traced = {
        function: guard.guarded(function, specs, limits).get_concrete_function()
        for function, specs in signatures.values()  # a function with two names is traced, and saved, only once
    }
    functions = {name: traced[function] for name, (function, _) in signatures.items()}
    used = [variable for function in functions.values() for variable in function.variables]
    module.used = list({id(variable): variable for variable in used}.values())
    if all_weights:
        module.weights = _weights(model)
    captured = {id(tensor) for function in functions.values() for tensor in function.captured_inputs}
    parts = tf.train.TrackableView(model).descendants()
    resources = [part for part in parts if isinstance(part, tf.saved_model.experimental.TrackableResource)]
    module.tables = [table for table in resources if id(table.resource_handle) in captured]
    with tempfile.TemporaryDirectory(dir=to, prefix=".export-") as temporary:
        tf.saved_model.save(module, f"{temporary}/model", signatures=functions)
        target = to / str(version)
        Path(temporary, "model").rename(target)
    return target


def save(model, folder: str | Path) -> None:
    """Write `config.json` and version 1 of the SavedModel to `folder`, replacing older ones."""
    import keras

    folder = Path(folder)
    shutil.rmtree(folder / "1", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    config = keras.saving.serialize_keras_object(model)
    (folder / "config.json").write_text(json.dumps(config, ensure_ascii=False) + "\n", "utf-8")
    export(model, folder, all_weights=True)


def write_config() -> None:
    """Write `models.config`, which tells TF Serving about every shipped model."""
    entries = [
        f'  config {{ name: "{name}" base_path: "/models/{name}" model_platform: "tensorflow" }}\n' for name in names()
    ]
    (SAVED_MODELS / "models.config").write_text(f"model_config_list {{\n{''.join(entries)}}}\n", "utf-8")
