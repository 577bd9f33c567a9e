"""The progress of training: a bar in a terminal, lines elsewhere, and the time left of the whole."""

import logging
import os
import sys
import threading

import pytest

from dlsuite import progress


def train(callback, epochs=2, steps=5, begun=(0, 0)):
    """Call what Keras calls."""
    callback.set_params({"epochs": epochs, "steps": steps})
    callback.on_train_begin()
    for epoch in range(begun[0], epochs):
        callback.on_epoch_begin(epoch)
        for batch in range(steps):
            callback.on_train_batch_end(batch, {"loss": 0.5 * batch})
        progress.log.info("epoch %d has ended", epoch + 1)
        callback.on_epoch_end(epoch)


@pytest.fixture
def clock(monkeypatch):
    """Every look at the clock finds it two seconds on."""
    seconds = iter(range(0, 10_000, 2))
    monkeypatch.setattr(progress.time, "monotonic", lambda: next(seconds))


def test_it_tells_the_time_left_of_all_epochs(clock):
    told = []
    train(progress.Progress(lambda *line: told.append(line), 0))
    assert told[0] == (0, 10, "epoch 1/2  step 0/10")
    assert told[1] == (1, 10, "epoch 1/2  step 1/10  loss 0.0000")  # the first step compiles
    assert told[2] == (2, 10, "epoch 1/2  step 2/10  00:32 left  loss 0.5000")  # 4 seconds, and 8 steps to go
    assert told[-1][2].startswith("epoch 2/2  step 10/10  00:00 left")
    assert len(told) == 11


def test_it_goes_on_where_training_stopped(clock):
    told = []
    train(progress.Progress(lambda *line: told.append(line), 0, 1, 2), begun=(1, 2))
    assert [done for done, _, _ in told] == [7, 8, 9, 10]


def test_elsewhere_than_in_a_terminal_lines_are_rare(clock, caplog):
    caplog.set_level(logging.INFO, "dlsuite")
    with progress.shown() as callback:
        train(callback, epochs=1, steps=100)
    lines = [line for line in caplog.messages if "step" in line]
    assert lines[0] == "epoch 1/1  step 0/100"
    assert 5 <= len(lines) <= 100 * 2 / progress.SECONDS_PER_LINE + 2


@pytest.mark.parametrize("size", [(0, 0), (24, 100)], ids=["no size", "100 columns"])
def test_a_terminal_gets_a_bar(monkeypatch, size):
    pty, termios = pytest.importorskip("pty"), pytest.importorskip("termios")
    master, slave = pty.openpty()
    termios.tcsetwinsize(slave, size)
    written = []

    def read():
        while part := os.read(master, 4096):
            written.append(part)
            if b"the end" in part:
                return

    reader = threading.Thread(target=read, daemon=True)
    reader.start()
    monkeypatch.setattr(progress, "SECONDS_PER_BAR", 0)
    with open(slave, "w", encoding="utf-8") as terminal, monkeypatch.context() as patch:
        patch.setattr(sys, "stderr", terminal)
        with progress.shown() as callback:
            train(callback)
        print("the end", file=terminal, flush=True)
        reader.join(10)
    os.close(master)
    lines = b"".join(written).decode().split("\r")
    assert any("50% |██████████          | epoch 1/2  step 5/10  00:0" in line for line in lines)
    assert any("loss 2.0000" in line for line in lines)
    assert lines[-2:] == ["the end", "\n"] and not lines[-3].strip()  # it leaves nothing behind
