"""A run directory as TensorBoard reads it: each step and each epoch once, whatever interrupted the training."""

import errno
import io
import logging
import os
import signal
from unittest import mock

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

from dlsuite import cli, events, runs
from dlsuite.recorder import Recorder

STEP_ROWS = [{"step": step, "epoch": 1, "seconds": step / 10, "loss": 1 / step} for step in (10, 20, 30)]
EPOCH_ROWS = [{"epoch": 1, "loss": 0.5, "accuracy": 0.75}]


def png(side: int) -> bytes:
    content = io.BytesIO()
    Image.fromarray(np.full((side, 2 * side), side, "uint8")).save(content, "png")
    return content.getvalue()


def read(run: runs.Run) -> EventAccumulator:
    """What TensorBoard makes of the run directory."""
    accumulator = EventAccumulator(str(run.path), {"scalars": 0, "images": 0})
    return accumulator.Reload()


def scalars(run, tag):
    return [(event.step, event.value) for event in read(run).Scalars(tag)]


def pictures(run):
    return [(event.step, event.encoded_image_string) for event in read(run).Images("preview")]


@pytest.fixture
def run(tmp_path):
    run = runs.create("gans.gan", {}, tmp_path / "run")
    (run.path / "preview").mkdir()
    for step in (0, 20, 30):
        (run.path / "preview" / f"{step:07d}.png").write_bytes(png(step + 1))
    return run


def test_what_a_run_has_kept_is_there_at_once(run):
    events.EventFile(run, STEP_ROWS, EPOCH_ROWS, steps_per_epoch=25, done=30)
    assert scalars(run, "step/loss") == [
        (10, pytest.approx(0.1)),
        (20, pytest.approx(0.05)),
        (30, pytest.approx(1 / 30)),
    ]
    assert scalars(run, "epoch/loss") == [(25, 0.5)]
    assert scalars(run, "epoch/accuracy") == [(25, 0.75)]
    assert sorted(read(run).Tags()["scalars"]) == ["epoch/accuracy", "epoch/loss", "step/loss"]
    assert pictures(run) == [(0, png(1)), (20, png(21))]  # that of step 30 is about to be made anew
    first, last = (read(run).Images("preview")[index] for index in (0, -1))
    assert (first.width, first.height, last.width, last.height) == (2, 1, 42, 21)


def test_the_times_are_those_of_the_measurements(run):
    events.EventFile(run, STEP_ROWS, EPOCH_ROWS, steps_per_epoch=25, done=30)
    times = [event.wall_time for event in read(run).Scalars("step/loss")]
    np.testing.assert_allclose(np.diff(times), 1, atol=1e-4)
    (epoch,) = read(run).Scalars("epoch/loss")
    assert epoch.wall_time - times[0] == pytest.approx(1.5, abs=1e-4)


def test_one_picture_a_step(run):
    written = events.EventFile(run, [], [], steps_per_epoch=25, done=0)
    for step, side in ((0, 1), (20, 2), (20, 3)):
        written.add_picture(step, png(side), seconds=1.0)
    written.close()
    assert pictures(run) == [(0, png(1)), (20, png(2))]


def test_a_full_disk_is_called_that(run):
    written = events.EventFile(run, [], [], steps_per_epoch=25, done=0)
    full = tf.errors.ResourceExhaustedError(None, None, "No space left on device")
    with mock.patch.object(written, "writer") as writer, pytest.raises(OSError, match="No space") as caught:
        writer.flush.side_effect = full
        written.flush()
    assert caught.value.errno == errno.ENOSPC


def test_it_is_one_of_the_runs_own_files(run):
    path = events.EventFile(run, [], [], steps_per_epoch=25, done=0).path
    (run.path / "events.out.tfevents.1796087195.machine").write_text("another's")
    assert path.exists()
    run.delete()
    assert [file.name for file in run.path.iterdir()] == ["events.out.tfevents.1796087195.machine"]


def stop_in_step(step):
    def stop_once(recorder, batch, logs=None):
        if recorder.epoch * recorder.steps_per_epoch + batch == step:
            signal.raise_signal(signal.SIGTERM)

    return mock.patch.object(Recorder, "on_train_batch_begin", stop_once)


@pytest.mark.slow
def test_a_training_that_is_interrupted_has_every_step_once(tmp_path, monkeypatch):
    """Stopped in its second epoch, and as if killed besides: the event file is ahead of the checkpoint, and torn."""
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    run = runs.Run(tmp_path / "run")
    with stop_in_step(134):
        assert cli.main(["train", "attention.pooling", "--epochs", "2", "--run-dir", str(run.path)]) == 0
    assert run.state == "stopped"
    (before,) = run.path.glob("*tfevents*")
    assert [step for step, _ in scalars(run, "step/loss")] == [*range(10, 140, 10)]
    with tf.io.TFRecordWriter(str(run.path / "later")) as later:
        value = tf.compat.v1.Summary.Value(tag="step/loss", simple_value=7.0)
        event = tf.compat.v1.Event(step=190, summary=tf.compat.v1.Summary(value=[value])).SerializeToString()
        later.write(event)
        later.write(event)
    ahead = (run.path / "later").read_bytes()
    before.write_bytes(before.read_bytes() + ahead[: len(ahead) * 3 // 4])
    os.unlink(run.path / "later")
    assert scalars(run, "step/loss")[-1] == (190, 7.0)

    assert cli.main(["resume", str(run.path)]) == 0
    (after,) = run.path.glob("*tfevents*")
    assert after != before
    table = {row["step"]: row["loss"] for row in run.steps()}
    assert [step for step, _ in scalars(run, "step/loss")] == [*range(10, 210, 10)] == [*table]
    np.testing.assert_allclose([value for _, value in scalars(run, "step/loss")], [*table.values()], rtol=1e-6)
    rows = [(100 * row["epoch"], pytest.approx(row["loss"])) for row in run.metrics()]
    assert scalars(run, "epoch/loss") == rows
    assert dict(pictures(run)) == {step: file.read_bytes() for step, file in run.previews().items()}
    assert len(pictures(run)) == len(run.previews())
    times = [event.wall_time for event in read(run).Scalars("step/loss")]
    assert times == sorted(times)
