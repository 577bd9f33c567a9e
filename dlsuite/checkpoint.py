"""The whole state of a training run, in one `.npz` file that is replaced atomically.

Keras's own formats leave out the states of seed generators, and its `BackupAndRestore` leaves out the iterations of a
second optimizer. A checkpoint here has the variables of the model (weights, seeds, metrics) and of every optimizer,
and the epoch and step. Optimizers and seed generators are found wherever the model keeps them: as attributes of the
model or of a layer, in lists, tuples and dictionaries, nested or not.
"""

import io
import zipfile
from pathlib import Path

import keras
import numpy as np

from dlsuite import runs


def variables(model: keras.Model) -> dict[str, keras.Variable]:
    """All variables that training changes, by a name that is the same in every process."""
    held = list(_held_by(model, seen=set()))
    optimizers = [
        variable for each in held if isinstance(each, keras.optimizers.Optimizer) for variable in each.variables
    ]
    seeds = [each.state for each in held if isinstance(each, keras.random.SeedGenerator)]
    states = [*model.variables, *optimizers, *seeds]
    metrics = model.metrics_variables  # Keras does not count them among the model's
    return {f"{index:04d}": variable for index, variable in enumerate(_unique(states))} | {
        f"metric_{index:04d}": variable for index, variable in enumerate(_unique(metrics))
    }


def save(folder: Path, model: keras.Model, epoch: int, step: int) -> None:
    """Replace the checkpoint in `folder`: `step` steps of epoch `epoch` (from 0) are done.

    Raises:
        FloatingPointError: a variable is not finite. The previous checkpoint is kept.
    """
    arrays = {name: keras.ops.convert_to_numpy(variable) for name, variable in variables(model).items()}
    for variable, array in zip(variables(model).values(), arrays.values(), strict=True):
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise FloatingPointError(f"{variable.path} is no longer finite: a lower learning_rate may help")
    folder.mkdir(exist_ok=True)
    content = io.BytesIO()
    np.savez(content, epoch=epoch, step=step, **arrays)
    runs.write(folder / "state.npz", content.getvalue())


def load(folder: Path) -> dict[str, np.ndarray] | None:
    """The checkpoint in `folder`, or `None` if none was written; `runs.RunError` if it is damaged."""
    file = folder / "state.npz"
    try:
        with np.load(file, allow_pickle=False) as arrays:
            return dict(arrays)
    except FileNotFoundError:
        return None
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile) as error:
        raise runs.RunError(f"the checkpoint {file} is damaged and cannot be resumed from ({error})") from None


def restore(model: keras.Model, state: dict[str, np.ndarray]) -> None:
    """Restore the model and its optimizers from a checkpoint; `runs.RunError` if it belongs to another model."""
    targets = variables(model)
    shapes = {name: tuple(variable.shape) for name, variable in targets.items()}
    if shapes != {name: array.shape for name, array in state.items() if name not in ("epoch", "step")}:
        raise runs.RunError("the checkpoint belongs to a model of another shape, or to another version of the code")
    for name, variable in targets.items():
        variable.assign(state[name])


def _held_by(holder, seen: set[int]):
    """All optimizers and seed generators in a layer or container, each once, in a fixed order."""
    if id(holder) in seen:
        return
    seen.add(id(holder))
    if isinstance(holder, keras.optimizers.Optimizer | keras.random.SeedGenerator):
        yield holder
    elif isinstance(holder, keras.Layer | dict | list | tuple):
        held = vars(holder) if isinstance(holder, keras.Layer) else holder
        for each in held.values() if isinstance(held, dict) else held:
            yield from _held_by(each, seen)


def _unique(states):
    return {id(variable): variable for variable in states}.values()
