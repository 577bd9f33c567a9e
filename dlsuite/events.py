"""The curves and pictures of a run for TensorBoard: `tensorboard --logdir runs`, or with one run directory.

There is one event file in the run directory. When training resumes after a stop or a kill, the file is rewritten from
the run's tables and previews up to the checkpoint, so that no step appears twice. This does not need the package
tensorboard.
"""

import contextlib
import errno
import io
import time
from pathlib import Path

import numpy as np
import tensorflow as tf
from PIL import Image

from dlsuite import runs

TO_PLACE = ("step", "epoch", "seconds")
"""Columns of the tables that are not curves."""


class EventFile:
    """`events.out.tfevents.<time>` of a run: the scalars `step/<name>` and `epoch/<name>`, and the pictures `preview`.

    All are indexed by the number of steps, with the times at which they were measured.

    Args:
        run: the run directory; earlier event files are replaced.
        step_rows, metric_rows: the rows of its tables so far.
        steps_per_epoch: the number of steps in an epoch.
        done: the number of steps done before training continues; their preview is still to come.
    """

    def __init__(self, run: runs.Run, step_rows, metric_rows, steps_per_epoch: int, done: int):
        self.steps_per_epoch, self.last_picture = steps_per_epoch, -1
        seconds = [float(row["seconds"]) for row in step_rows]
        self.zero = time.time() - (seconds[-1] if seconds else 0)  # the start time, as if nothing had interrupted it
        for file in run.files():
            if file.name.startswith("events."):
                runs.remove(file)
        self.path = run.path / f"events.out.tfevents.{time.time_ns()}"
        self.writer = tf.io.TFRecordWriter(str(self.path))
        self._write(file_version="brain.Event:2")
        self._write(step=0, session_log=tf.compat.v1.SessionLog(status=tf.compat.v1.SessionLog.START))
        for row in step_rows:
            self.add_step(row)
        steps = [int(row["step"]) for row in step_rows]
        for row in metric_rows:
            self.add_epoch(row, np.interp(int(row["epoch"]) * steps_per_epoch, steps, seconds) if steps else 0)
        for step, file in run.previews().items():
            if step < done:
                self.add_picture(step, file.read_bytes(), np.interp(step, steps, seconds) if steps else 0)
        self.flush()

    def add_step(self, row) -> None:
        """Add a row of steps.csv."""
        self._add_scalars("step", int(row["step"]), row, float(row["seconds"]))

    def add_epoch(self, row, seconds: float) -> None:
        """Add a row of metrics.csv, measured after `seconds` of training."""
        self._add_scalars("epoch", int(row["epoch"]) * self.steps_per_epoch, row, seconds)

    def add_picture(self, step: int, png: bytes, seconds: float) -> None:
        """Add a preview, unless the step already has one."""
        if step > self.last_picture:
            self.last_picture = step
            with Image.open(io.BytesIO(png)) as opened:
                width, height = opened.size
            picture = tf.compat.v1.Summary.Image(width=width, height=height, encoded_image_string=png)
            self._add(step, seconds, [tf.compat.v1.Summary.Value(tag="preview", image=picture)])

    def flush(self) -> None:
        """Make everything so far visible to readers."""
        with _as_os_error(self.path):
            self.writer.flush()

    def close(self) -> None:
        """Write the rest, and close the file."""
        with _as_os_error(self.path):
            self.writer.close()

    def _add_scalars(self, table, step, row, seconds):
        values = [
            tf.compat.v1.Summary.Value(tag=f"{table}/{name}", simple_value=float(value))
            for name, value in row.items()
            if name not in TO_PLACE
        ]
        self._add(step, seconds, values)

    def _add(self, step, seconds, values):
        self._write(step=step, wall_time=self.zero + seconds, summary=tf.compat.v1.Summary(value=values))

    def _write(self, **fields):
        with _as_os_error(self.path):
            self.writer.write(tf.compat.v1.Event(**{"wall_time": self.zero} | fields).SerializeToString())


@contextlib.contextmanager
def _as_os_error(path: Path):
    """Turn TensorFlow's write errors into Python's, which say that a disk is full."""
    try:
        yield
    except tf.errors.ResourceExhaustedError as error:
        raise OSError(errno.ENOSPC, error.message, str(path)) from None
    except tf.errors.OpError as error:
        raise OSError(errno.EIO, error.message, str(path)) from None
