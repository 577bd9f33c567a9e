"""The training side of a run directory: metrics, previews and checkpoints, a graceful stop, an exact resume.

Resuming is exact because the checkpoint alone determines how training continues: the data of epoch e is a function of
(seed, e), and the steps of an epoch that were done before a stop draw their batches, so that the data advances, but
do nothing with them.
"""

import csv
import io
import logging
import math
import time
from pathlib import Path

import keras
import numpy as np
from PIL import Image

from dlsuite import checkpoint, devices, events, runs

log = logging.getLogger("dlsuite")

STEPS_PER_ROW = 10
SECONDS_PER_FLUSH = 1
SECONDS_PER_CHECKPOINT = 60
PREVIEWS = 20
"""The number of previews at equal intervals, the same on every machine; slow training gets more in between."""


class Recorder(keras.callbacks.Callback):
    """Writes a run directory while `fit` runs; pass it to `train` with its `initial_epoch`.

    Args:
        run: the run directory; if it has a checkpoint, training continues from there.
        is_asked_to_stop: a function that says whether training should finish its step, write a checkpoint and exit.

    Raises:
        runs.RunError: the checkpoint is damaged.
    """

    def __init__(self, run: runs.Run, is_asked_to_stop):
        super().__init__()
        self.run, self.is_asked_to_stop = run, is_asked_to_stop
        self.state = checkpoint.load(run.path / "checkpoint")
        self.initial_epoch = int(self.state["epoch"]) if self.state else 0
        self.initial_step = int(self.state["step"]) if self.state else 0
        self.is_stopped = False
        self.step_rows = []

    # What Keras calls.

    def on_train_begin(self, logs=None):
        self.steps_per_epoch = self.params["steps"]
        if not self.steps_per_epoch:
            raise ValueError("the number of steps per epoch is unknown: pass steps_per_epoch to fit")
        self.epochs = self.params["epochs"]
        done = self.initial_epoch * self.steps_per_epoch + self.initial_step
        self.metric_rows = [
            row for row in _rows(self.run.path / "metrics.csv") if int(row["epoch"]) <= self.initial_epoch
        ]
        self.step_rows = [row for row in _rows(self.run.path / "steps.csv") if int(row["step"]) <= done]
        self.seconds_before = float(self.step_rows[-1]["seconds"]) if self.step_rows else 0.0
        for file in self.run.files("preview"):
            if int(file.stem) > done:
                runs.remove(file)
        if self.state:
            if self.model.optimizer is not None:  # it would create its slots in the first step, too late
                self.model.optimizer.build(self.model.trainable_variables)
            checkpoint.restore(self.model, self.state)
            log.info("resuming in epoch %d after step %d", self.initial_epoch + 1, self.initial_step)
        self.run.update(steps_per_epoch=self.steps_per_epoch, epochs=self.epochs)
        self.began = self.last_flush = self.last_checkpoint = time.monotonic()
        self.last_step_row = int(self.step_rows[-1]["step"]) if self.step_rows else 0
        self.events = events.EventFile(self.run, self.step_rows, self.metric_rows, self.steps_per_epoch, done)
        self._preview(done)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch, self.skipped = epoch, 0
        if epoch == self.initial_epoch and self.initial_step:
            self.skipped = self.initial_step
            self._skip_steps(self.initial_step)

    def on_train_batch_end(self, batch, logs=None):
        done_in_epoch = batch + 1
        if done_in_epoch <= self.skipped:
            return
        done, now = self.epoch * self.steps_per_epoch + done_in_epoch, time.monotonic()
        if done - self.last_step_row >= STEPS_PER_ROW:
            row = {"step": done, "epoch": self.epoch + 1, "seconds": self._seconds(), **_finite(logs, done)}
            self.step_rows.append(row)
            self.events.add_step(row)
            self.last_step_row = done
        if now - self.last_flush > SECONDS_PER_FLUSH:
            _write_table(self.run.path / "steps.csv", self.step_rows)
            self.events.flush()
            self.last_flush = time.monotonic()
        # Often at first, when a lot changes, and then less and less often.
        is_time = now - self.last_preview > max(2.0, 0.04 * (now - self.began))
        if is_time or done >= self.next_preview:
            self._preview(done)
        is_due = now - self.last_checkpoint > SECONDS_PER_CHECKPOINT
        is_asked_to_stop, is_due = devices.on_any_machine(self.is_asked_to_stop(), is_due)
        if is_asked_to_stop or is_due:
            self._checkpoint(self.epoch, done_in_epoch)
        if is_asked_to_stop:
            self.is_stopped = self.model.stop_training = True

    def on_epoch_end(self, epoch, logs=None):
        if self.is_stopped:
            return  # Keras also ends the interrupted epoch
        self.metric_rows.append({"epoch": epoch + 1, **_finite(logs, (epoch + 1) * self.steps_per_epoch)})
        _write_table(self.run.path / "metrics.csv", self.metric_rows)
        self.events.add_epoch(self.metric_rows[-1], self._seconds())
        self._checkpoint(epoch + 1, 0)
        self._preview((epoch + 1) * self.steps_per_epoch)
        summary = "  ".join(f"{name} {value:.4f}" for name, value in logs.items())
        log.info("epoch %d/%d  %s", epoch + 1, self.epochs, summary)
        (is_asked_to_stop,) = devices.on_any_machine(self.is_asked_to_stop())
        if is_asked_to_stop and epoch + 1 < self.epochs:
            self.is_stopped = self.model.stop_training = True

    def on_train_end(self, logs=None):
        _write_table(self.run.path / "steps.csv", self.step_rows)
        self.events.close()
        if self.is_stopped:
            raise runs.Stopped
        self.run.update(seconds=round(self._seconds(), 1))
        file = self.run.path / "model.keras"
        temporary = runs.temporary_name(file)
        self.model.save(temporary)
        runs.write(file, temporary.read_bytes())

    # What it writes.

    def _seconds(self):
        return round(self.seconds_before + time.monotonic() - self.began, 3)

    def _checkpoint(self, epoch, step):
        _write_table(self.run.path / "steps.csv", self.step_rows)
        checkpoint.save(self.run.path / "checkpoint", self.model, epoch, step)
        self.last_checkpoint = time.monotonic()

    def _preview(self, step):
        folder = self.run.path / "preview"
        folder.mkdir(exist_ok=True)
        arrays = self.model.preview()
        picture, content = io.BytesIO(), io.BytesIO()
        Image.fromarray(arrays.pop("picture")).save(picture, "png")
        np.savez_compressed(content, **arrays)
        runs.write(folder / f"{step:07d}.npz", content.getvalue())
        runs.write(folder / f"{step:07d}.png", picture.getvalue())
        self.events.add_picture(step, picture.getvalue(), self._seconds())
        stride = max(1, self.epochs * self.steps_per_epoch // PREVIEWS)
        self.next_preview = (step // stride + 1) * stride
        self.last_preview = time.monotonic()

    def _skip_steps(self, steps):
        train, left = self.model.train_function, steps

        def skip(iterator):
            nonlocal left
            for _ in range(self.model.steps_per_execution):
                next(iterator)
            left -= self.model.steps_per_execution
            if left > 0:
                return {}
            self.model.train_function = train
            checkpoint.restore(self.model, self.state)  # again, because an epoch begins with metrics set to 0
            return self.model.get_metrics_result()

        self.model.train_function = skip


def _finite(logs, step) -> dict[str, float]:
    """The logs as numbers; `FloatingPointError` if one is not finite."""
    values = {name: float(value) for name, value in logs.items()}
    for name, value in values.items():
        if not math.isfinite(value):
            raise FloatingPointError(f"{name} became {value} by step {step}: a lower learning_rate may help")
    return values


def _rows(path: Path) -> list[dict[str, str]]:
    try:
        with open(path, newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))
    except FileNotFoundError:
        return []


def _write_table(path: Path, rows: list[dict]) -> None:
    if rows:
        text = io.StringIO(newline="")
        table = csv.DictWriter(text, fieldnames=list(rows[0]))
        table.writeheader()
        table.writerows(rows)
        runs.write(path, text.getvalue().encode())
