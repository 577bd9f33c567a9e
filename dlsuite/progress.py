"""The progress of a training run: a bar in a terminal, plain lines if the output goes to a file or a program."""

import contextlib
import logging
import os
import sys
import time

import keras
from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

log = logging.getLogger("dlsuite")

SECONDS_PER_BAR = 0.1
SECONDS_PER_LINE = 30


@contextlib.contextmanager
def shown(initial_epoch: int = 0, initial_step: int = 0):
    """A context that yields a callback which shows the progress of training.

    In a terminal it draws a bar on stderr, and log messages appear above it. Elsewhere it logs a line if no epoch has
    been reported for 30 seconds.

    Args:
        initial_epoch, initial_step: where training starts, both from 0; after a stop, this can be mid-epoch.
    """
    if not sys.stderr.isatty():
        yield Progress(lambda done, total, text: log.info(text), SECONDS_PER_LINE, initial_epoch, initial_step)
        return
    columns, rows = _shape(sys.stderr)
    layout = {"bar_format": "{percentage:3.0f}% |{bar:20}| {desc}", "ncols": columns, "nrows": rows, "leave": False}
    with tqdm(total=1, file=sys.stderr, **layout) as bar, logging_redirect_tqdm():
        bar.dynamic_ncols = _shape

        def draw(done, total, text):
            bar.n, bar.total = done, total
            bar.set_description_str(text)

        yield Progress(draw, SECONDS_PER_BAR, initial_epoch, initial_step)


def _shape(terminal) -> tuple[int, int]:
    """The columns that a line may take, and the rows; tqdm draws nothing in a terminal that reports a size of 0."""
    columns, rows = os.get_terminal_size(terminal.fileno())
    return (columns or 80) - 1, rows or 24


class Progress(keras.callbacks.Callback):
    """Reports the epoch, the step, the time left for the whole training, and the losses.

    Args:
        show: a function of the number of steps done, the total number of steps, and the line to show.
        seconds_between: the minimum time between two calls.
        initial_epoch, initial_step: where training starts, both from 0.
    """

    def __init__(self, show, seconds_between: float, initial_epoch: int = 0, initial_step: int = 0):
        super().__init__()
        self.show, self.seconds_between = show, seconds_between
        self.initial_epoch, self.initial_step = initial_epoch, initial_step

    def on_train_begin(self, logs=None):
        self.epochs, self.steps_per_epoch = self.params["epochs"], self.params["steps"]
        self.begun_at = self.initial_epoch * self.steps_per_epoch + self.initial_step
        self.began, self.last = None, -float("inf")
        self._tell(self.initial_epoch, self.begun_at, {})

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        done = self.epoch * self.steps_per_epoch + batch + 1
        if done <= self.begun_at:
            return  # this step was done before the stop
        if self.began is None:
            self.begun_at, self.began = done, time.monotonic()  # the first call compiles: its time is not typical
        self._tell(self.epoch, done, logs)

    def on_epoch_end(self, epoch, logs=None):
        self.last = time.monotonic()  # the recorder has logged the epoch

    def _tell(self, epoch, done, logs):
        now = time.monotonic()
        if now - self.last < self.seconds_between:
            return
        self.last = now
        total = self.epochs * self.steps_per_epoch
        words = [f"epoch {epoch + 1}/{self.epochs}", f"step {done}/{total}"]
        if done > self.begun_at:
            left = (total - done) * (now - self.began) / (done - self.begun_at)
            words.append(f"{tqdm.format_interval(left)} left")
        self.show(done, total, "  ".join([*words, *(f"{name} {float(value):.4f}" for name, value in logs.items())]))
