"""What a training says of itself while it lasts: a bar on a terminal, lines elsewhere."""

import io
import logging
import re
import sys
import time

import pytest

from dlsuite import cli, progress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    encoding = "utf-8"

    def isatty(self):
        return True

    def reconfigure(self, **_):
        """As a text file has it."""


@pytest.fixture
def clock(monkeypatch):
    """The time, which stands still but for what is added to it."""
    seconds = [100.0]
    monkeypatch.setattr(time, "monotonic", lambda: seconds[0])
    return seconds


def train(callback, clock, seconds_per_step, epochs=2, steps=50, first_epoch=0, first_step=0, compiling=20, told=None):
    """Call a callback as Keras does; a resumed epoch passes over its first steps with empty logs."""
    callback.set_params({"epochs": epochs, "steps": steps})
    callback.on_train_begin()
    for epoch in range(first_epoch, epochs):
        callback.on_epoch_begin(epoch)
        for step in range(steps):
            is_passed_over = epoch == first_epoch and step < first_step
            clock[0] += 0 if is_passed_over else seconds_per_step + compiling
            compiling = compiling if is_passed_over else 0
            callback.on_train_batch_end(step, {} if is_passed_over else {"loss": 1 / (step + 1)})
            if told is not None:
                told(epoch * steps + step + 1)
        callback.on_epoch_end(epoch, {"loss": 0.5})


def lines_of(caplog):
    return [record.getMessage() for record in caplog.records]


def test_a_line_every_half_minute_where_there_is_no_terminal(clock, caplog, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with caplog.at_level(logging.INFO, "dlsuite"), progress.shown() as callback:
        train(callback, clock, seconds_per_step=2)
    first, *lines = lines_of(caplog)
    assert first == "epoch 1/2  step 0/100"
    assert len(lines) == 7  # of 120 and of 100 seconds
    assert lines[1] == "epoch 1/2  step 20/100  02:40 left  loss 0.0500"  # 80 steps of two seconds
    assert lines[-1] == "epoch 2/2  step 95/100  00:10 left  loss 0.0222"
    assert sys.stderr.getvalue() == ""


def test_short_epochs_have_no_lines_but_their_own(clock, caplog, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with caplog.at_level(logging.INFO, "dlsuite"), progress.shown() as callback:
        train(callback, clock, seconds_per_step=0.1, compiling=0)
    assert lines_of(caplog) == ["epoch 1/2  step 0/100"]


def test_a_resumed_training_counts_from_where_it_goes_on(clock, caplog, monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    with caplog.at_level(logging.INFO, "dlsuite"), progress.shown(1, 10) as callback:
        train(callback, clock, seconds_per_step=2, first_epoch=1, first_step=10)
    assert lines_of(caplog)[0] == "epoch 2/2  step 60/100"
    assert lines_of(caplog)[2] == "epoch 2/2  step 80/100  00:40 left  loss 0.0333"


def test_a_bar_on_a_terminal(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    handler = logging.StreamHandler(sys.stderr)
    monkeypatch.setattr(logging.root, "handlers", [handler])
    bars = []
    with progress.shown() as callback:
        train(callback, clock, 2, compiling=0, told=lambda done: bars.append(sys.stderr.getvalue().split("\r")[-1]))
        logging.getLogger("dlsuite").warning("epoch 2/2  loss 0.5")
    assert bars[49].startswith(" 50% ██████████ ")
    assert bars[49].endswith("epoch 1/2  step 50/100  01:40 left  loss 0.0200")
    assert bars[99].endswith("epoch 2/2  step 100/100  00:00 left  loss 0.0200")
    written = sys.stderr.getvalue()
    assert re.search(r"\repoch 2/2  loss 0.5\n", written)  # where the bar was, and then the bar again
    assert written.split("\r")[-2].strip() == ""  # gone in the end
    assert logging.root.handlers == [handler]


def test_a_bar_is_drawn_ten_times_a_second_at_most(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    with progress.shown() as callback:
        train(callback, clock, 0.01, compiling=0)
    assert 8 <= sys.stderr.getvalue().count("step") <= 11  # 100 steps in a second


def test_a_bar_ends_with_a_training_that_fails(clock, monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())

    def fail(done):
        raise FloatingPointError("loss became nan")

    with pytest.raises(FloatingPointError), progress.shown() as callback:
        train(callback, clock, 2, told=fail)
    assert sys.stderr.getvalue().split("\r")[-2].strip() == ""


def test_the_command_shows_a_bar(tmp_path, monkeypatch):
    """And none of Keras's, which would be one for each epoch."""
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    output, errors = (Terminal() for _ in range(2))
    monkeypatch.setattr(sys, "stdout", output)
    monkeypatch.setattr(sys, "stderr", errors)
    assert cli.main(["train", "attention.pooling", "--epochs", "1", "--run-dir", str(tmp_path / "run")]) == 0
    assert re.search(r"epoch 1/1  step \d+/100  \d\d:\d\d left  loss 0\.\d{4}", errors.getvalue())
    assert output.getvalue() == ""
