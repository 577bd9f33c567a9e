"""How far a training is: a bar in a terminal, lines where the output goes to a file or to another program."""

import contextlib
import logging
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
    """Give the callback that shows how far a training is, for as long as the context lasts.

    On a terminal it draws a bar on stderr, and what is logged appears above it. Elsewhere it logs a line whenever an
    epoch has said nothing for 30 seconds.

    Args:
        initial_epoch, initial_step: where training goes on after a stop, both from 0.
    """
    if not sys.stderr.isatty():
        yield Progress(lambda done, total, text: log.info(text), SECONDS_PER_LINE, initial_epoch, initial_step)
        return
    layout = {"bar_format": "{percentage:3.0f}% {bar:20} {desc}", "dynamic_ncols": True, "leave": False}
    with tqdm(total=1, file=sys.stderr, **layout) as bar, logging_redirect_tqdm():

        def draw(done, total, text):
            bar.n, bar.total = done, total
            bar.set_description_str(text)

        yield Progress(draw, SECONDS_PER_BAR, initial_epoch, initial_step)


class Progress(keras.callbacks.Callback):
    """Tells the step, the time that is left of the whole training, and the losses.

    Args:
        show: a function of the steps that are done, of how many there are, and of a line that says so.
        seconds_between: two calls of it there are at least.
        initial_epoch, initial_step: where training begins, both from 0.
    """

    def __init__(self, show, seconds_between: float, initial_epoch: int = 0, initial_step: int = 0):
        super().__init__()
        self.show, self.seconds_between = show, seconds_between
        self.initial_epoch, self.initial_step = initial_epoch, initial_step

    def on_train_begin(self, logs=None):
        self.epochs, self.steps_per_epoch = self.params["epochs"], self.params["steps"]
        self.begun_at = self.initial_epoch * self.steps_per_epoch + self.initial_step
        self.began, self.last = None, -float("inf")  # from the first call's end on, since that one compiles
        self._look(self.initial_epoch, self.begun_at, {})

    def on_train_batch_end(self, batch, logs=None):
        done = self.epoch * self.steps_per_epoch + batch + 1
        if done <= self.begun_at:
            return  # of an epoch that is resumed
        if self.began is None:
            self.begun_at, self.began = done, time.monotonic()
        self._look(self.epoch, done, logs)

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_epoch_end(self, epoch, logs=None):
        self.last = time.monotonic()  # the recorder has logged the epoch

    def _look(self, epoch, done, logs):
        now = time.monotonic()
        if now - self.last < self.seconds_between:
            return
        self.last = now
        total = self.epochs * self.steps_per_epoch
        words = [f"epoch {epoch + 1}/{self.epochs}", f"step {done:,}/{total:,}"]
        if done > self.begun_at:
            left = (total - done) * (now - self.began) / (done - self.begun_at)
            words.append(f"{tqdm.format_interval(left)} left")
        self.show(done, total, "  ".join([*words, *(f"{name} {float(value):.4f}" for name, value in logs.items())]))
