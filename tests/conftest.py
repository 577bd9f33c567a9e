"""What several test modules share: the command as a process, tiny data sets, tiny finished runs."""

import collections
import contextlib
import gc
import io
import itertools
import logging
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import NamedTuple
from unittest import mock

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from PIL import Image

from dlsuite import cli, runs
from dlsuite.data import examples, sources, toy2d
from dlsuite.recorder import Recorder

# What TensorFlow and Keras are made of, a million objects, stays: Python need not search it for garbage.
gc.collect()
gc.freeze()
gc.set_threshold(100_000, 50, 100)


REPOSITORY = Path(__file__).resolve().parents[1]
BESIDE = REPOSITORY.parent / "shared" / "data" / "tensorflow_datasets"
PREPARED = BESIDE if BESIDE.is_dir() else sources.tfds_directory()


def pytest_configure():
    """Keep TensorFlow from rewriting graphs, which takes longer than a test's few steps. Commands rewrite theirs."""
    import tensorflow as tf  # after dlsuite, which chooses how it computes

    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})


def pytest_terminal_summary(terminalreporter):
    """Say how long each folder's tests took, in seconds of one process."""
    seconds = collections.Counter()
    for report in itertools.chain(*terminalreporter.stats.values()):
        if hasattr(report, "duration"):
            seconds[str(Path(report.nodeid.partition("::")[0]).parent)] += report.duration
    terminalreporter.section("time of each folder")
    for folder, total in seconds.most_common():
        terminalreporter.line(f"{total:6.0f} s  {folder}")


class Process(subprocess.Popen):
    """`dlsuite <arguments>` in a session of its own, in the folder `where`; what it says goes to files in there.

    A file and not a pipe, because a pipe that nobody reads fills up and halts the process.
    """

    def __init__(self, *arguments, where: Path, environment=None, program=("-m", "dlsuite.cli")):
        self.said_in, self.log = (where / f"{time.monotonic_ns()}.{name}" for name in ("out", "err"))
        without_tfds = {"TFDS_DATA_DIR": str(where / "no_tfds")}
        with open(self.said_in, "wb") as output, open(self.log, "wb") as errors:
            super().__init__(
                [sys.executable, *program, *map(str, arguments)],
                cwd=where,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=errors,
                start_new_session=True,
                env=os.environ | {"TF_CPP_MIN_LOG_LEVEL": "3"} | without_tfds | (environment or {}),
            )

    @property
    def said(self) -> str:
        return self.said_in.read_text("utf-8")

    @property
    def complaints(self) -> list[str]:
        """The lines on stderr that tell the user of an error."""
        return [line for line in self.log.read_text("utf-8").splitlines() if line.startswith("dlsuite")]

    def kill_group(self) -> None:
        """SIGKILL to the whole process group, as a closed terminal or the out-of-memory killer would."""
        os.killpg(self.pid, signal.SIGKILL)
        self.wait()

    def finish(self, timeout=300) -> "Process":
        self.wait(timeout)
        return self

    def succeed(self) -> "Process":
        assert self.finish().returncode == 0, self.log.read_text("utf-8")
        return self

    def fail(self, status=1) -> str:
        """The one sentence that it fails with."""
        assert self.finish().returncode == status
        assert "Traceback" not in self.log.read_text("utf-8")
        (sentence,) = self.complaints
        return sentence


@pytest.fixture
def start(tmp_path):
    """Start the command as a process in `tmp_path`; whatever still lives at the test's end is killed."""
    started = []

    def start(*arguments, **options):
        started.append(Process(*arguments, **{"where": tmp_path} | options))
        return started[-1]

    yield start
    for process in started:
        if process.poll() is None:
            process.kill_group()


def wait_until(condition, process=None, seconds=120):
    """Wait until `condition` holds; a failure after `seconds`. Ends early, with False, when `process` has ended."""
    end = time.monotonic() + seconds
    while not condition():
        if process is not None and process.poll() is not None:
            return False
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)
    return True


@pytest.fixture(name="wait_until")
def wait_until_fixture():
    return wait_until


class Outcome(NamedTuple):
    """How a command ended: its exit status, what it said on stdout, and its complaints on stderr."""

    status: int
    said: str
    complaints: list[str]

    def succeed(self) -> "Outcome":
        assert self.status == 0, self.complaints
        return self

    def fail(self, status=1) -> str:
        """The one sentence that it fails with."""
        assert self.status == status
        (sentence,) = self.complaints
        return sentence


def run_here(*arguments) -> Outcome:
    """`dlsuite <arguments>` in this process, which has loaded TensorFlow already."""
    said, complained = (io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True) for _ in range(2))
    with (
        mock.patch.object(logging, "basicConfig"),  # it would keep hold of this stderr
        contextlib.redirect_stdout(said),
        contextlib.redirect_stderr(complained),
    ):
        try:
            status = cli.main([str(argument) for argument in arguments])
        except SystemExit as end:
            status = end.code
    complaints = complained.buffer.getvalue().decode()
    assert "Traceback" not in complaints
    lines = [line for line in complaints.splitlines() if line.startswith("dlsuite")]
    return Outcome(status, said.buffer.getvalue().decode(), lines)


@pytest.fixture(scope="session")
def train_here():
    """Run `dlsuite train` in this process, with short epochs of points."""

    def train_here(*arguments) -> Outcome:
        with mock.patch.object(toy2d, "STEPS_PER_EPOCH", SHORT_EPOCHS):
            return run_here("train", *arguments)

    return train_here


@pytest.fixture
def command(monkeypatch, tmp_path):
    """Run the command in this process, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "no_tfds"))
    return run_here


SHORT_EPOCHS = 100
"""Steps, on points, of which there is no end."""
WITH_SHORT_EPOCHS = f"""
from dlsuite.data import toy2d
import tensorflow as tf
toy2d.STEPS_PER_EPOCH = {SHORT_EPOCHS}
tf.config.optimizer.set_experimental_options({{"disable_meta_optimizer": True}})  # as here, for the same bits
from dlsuite.cli import script
"""

# The process interrupts itself: SECONDS after the call in which the step of that number is done was begun.
INTERRUPTED_AT_A_STEP = """
import os, signal, sys, threading
name, step, seconds = sys.argv.pop(1), int(sys.argv.pop(1)), float(sys.argv.pop(1))
def interrupt():
    os.kill(os.getpid(), signal.Signals[name])
def on_train_batch_begin(self, batch, logs=None):
    global step
    if self.epoch * self.steps_per_epoch + batch + self.model.steps_per_execution > step:
        step = float("inf")
        if seconds:
            threading.Timer(seconds, interrupt).start()
        else:
            interrupt()
from dlsuite.recorder import Recorder
Recorder.on_train_batch_begin = on_train_batch_begin
script()
"""
MOST_STEPS_A_CALL = 25
"""Of any lesson."""


def without_xla():
    """A context in which Keras compiles models without XLA, which takes longer than a test's few steps."""
    import keras  # after dlsuite, which chooses how TensorFlow computes

    compile_as_asked = keras.Model.compile

    def compile_without_xla(model, *arguments, **options):
        compile_as_asked(model, *arguments, **options | {"jit_compile": False})

    return mock.patch.object(keras.Model, "compile", compile_without_xla)


class Resuming:
    """Runs that are interrupted and resumed, and have to end as one that nothing disturbed, bit for bit.

    A training that is killed is a process of its own, and so are those around it; what merely stops does so here.
    """

    epochs = 2
    """Of every training."""

    def __init__(self, start, path: Path):
        self.start, self.run, self.undisturbed = start, runs.Run(path / "run"), runs.Run(path / "undisturbed")

    def begin(self, arguments, run=None) -> Outcome:
        """Train here."""
        return run_here(*self._training(arguments, run or self.run))

    def begin_apart(self, arguments, program="script()", *words) -> Process:
        """Train in a process, by a program that ends with `script()` and takes some words for itself."""
        return self._start(program, *words, *self._training(arguments, self.run))

    def _start(self, program, *words) -> Process:
        return self.start(*words, program=["-c", WITH_SHORT_EPOCHS + program])

    def resume(self) -> Outcome:
        return run_here("resume", self.run.path)

    def _training(self, arguments, run):
        return ["train", *arguments, "--epochs", self.epochs, "--run-dir", run.path]

    def ends_the_same_when_stopped(self, arguments) -> None:
        """Fail unless it does, stopped in a random step."""
        with without_xla():
            self.begin(arguments, self.undisturbed).succeed()
            self.stop_in_step(arguments, random.randrange(self.epochs * self.undisturbed.record["steps_per_epoch"]))
            self.resume().succeed()
        self.assert_same(self.undisturbed)

    def stop_in_step(self, arguments, step) -> None:
        """Begin, and stop in the step of that number, counted over all epochs from 0."""
        left = [step]

        def stop_once(recorder, batch, logs=None):
            done = recorder.epoch * recorder.steps_per_epoch + batch + recorder.model.steps_per_execution
            if left and done > left[0]:
                left.clear()
                signal.raise_signal(signal.SIGTERM)

        with mock.patch.object(Recorder, "on_train_batch_begin", stop_once):
            self.begin(arguments).succeed()
        self._assert_stopped_in(step)

    def ends_the_same_in_processes(self, arguments, interruptions) -> None:
        """Fail unless it does, interrupted again and again, each time later in training than the time before.

        Args:
            arguments: of `train`.
            interruptions: each `stop`, in a random step, or `kill`, at an instant soon after one was begun.
        """
        self.begin(arguments, self.undisturbed).succeed()
        number = (self.epochs - 1) * self.undisturbed.record["steps_per_epoch"]  # a kill is to find it training still
        steps = sorted(random.sample(range(number), len(interruptions)))
        words = self._training(arguments, self.run)
        for interruption, step in zip(interruptions, steps, strict=True):
            if interruption == "kill":
                self._interrupt(words, "SIGKILL", step, random.uniform(0.001, 0.02), -signal.SIGKILL)
                assert self.run.state == "failed"
            else:
                self._interrupt(words, "SIGTERM", step, 0, 0)
                self._assert_stopped_in(step)
            words = ["resume", self.run.path]
        self._start("script()", *words).succeed()
        self.assert_same(self.undisturbed)

    def _interrupt(self, words, name, step, seconds, status) -> None:
        """Run the command until the signal of that name comes; the process ends with `status`."""
        print(f"{name} {seconds:.3f} seconds after step {step} was begun")
        process = self._start(INTERRUPTED_AT_A_STEP, name, step, seconds, *words)
        assert process.finish().returncode == status, process.log.read_text("utf-8")

    def _assert_stopped_in(self, step) -> None:
        assert self.run.state == "stopped"
        with np.load(self.run.path / "checkpoint" / "state.npz") as state:
            done = state["epoch"] * self.run.record["steps_per_epoch"] + state["step"]
            assert state["step"] > 0
            assert step < done <= step + 2 * MOST_STEPS_A_CALL  # that call's, or, where it was done before, the next's

    def assert_same(self, reference: runs.Run) -> None:
        """The run has ended as the reference did."""
        run = self.run
        assert run.state == reference.state == "finished"
        ours, theirs = (np.load(each.path / "checkpoint" / "state.npz") for each in (run, reference))
        assert sorted(ours) == sorted(theirs)
        least = 8 if run.record["name"].startswith("embeddings.") else 20  # two tables there, and SGD keeps no slots
        assert len(ours.files) > least  # networks, optimizers' slots, seeds, metrics
        assert [name for name in ours if ours[name].tobytes() != theirs[name].tobytes()] == []
        assert (run.path / "metrics.csv").read_bytes() == (reference.path / "metrics.csv").read_bytes()
        assert len(run.metrics()) == self.epochs
        assert without_seconds(run.steps()) == without_seconds(reference.steps())
        seconds = [row["seconds"] for row in run.steps()]
        assert seconds == sorted(seconds)
        assert max(run.previews()) == max(reference.previews())


def without_seconds(rows):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


@pytest.fixture
def resuming(start, tmp_path, without_tfds, monkeypatch) -> Resuming:
    monkeypatch.setattr(toy2d, "STEPS_PER_EPOCH", SHORT_EPOCHS)
    monkeypatch.setattr(examples, "FEWEST_STEPS", 20)
    return Resuming(start, tmp_path)


@pytest.fixture(scope="session")
def own_points(tmp_path_factory) -> Path:
    """200 points of the plane in a `.npy` file."""
    file = tmp_path_factory.mktemp("points") / "points.npy"
    np.save(file, np.random.default_rng(0).normal(size=(200, 2)))
    return file


@pytest.fixture(scope="session")
def own_pictures(tmp_path_factory) -> Path:
    """A folder of 200 grey pictures: bars at random places."""
    folder = tmp_path_factory.mktemp("pictures")
    for index, column in enumerate(np.random.default_rng(0).integers(0, 12, 200)):
        picture = np.zeros((16, 16), "uint8")
        picture[:, column : column + 4] = 255
        Image.fromarray(picture).save(folder / f"{index:03d}.png")
    return folder


@pytest.fixture(scope="session")
def finished_run(tmp_path_factory, own_points, train_here) -> runs.Run:
    """A WGAN-GP of two short epochs on the user's own points, trained by the command. Not to be changed."""
    where = tmp_path_factory.mktemp("finished")
    arguments = ["--dataset", own_points, "--epochs", 2, "--batch-size", 8, "--critic-steps", 1]
    train_here("gans.wgan_gp", *arguments, "--run-dir", where / "run").succeed()
    return runs.Run(where / "run")


@pytest.fixture
def prepared_tfds(monkeypatch) -> Path:
    """The prepared TFDS data, beside the repository or where TFDS keeps it, if this machine has it."""
    if not (PREPARED / "mnist").is_dir():
        pytest.skip(f"MNIST is not prepared for TFDS in {PREPARED}")
    monkeypatch.setenv("TFDS_DATA_DIR", str(PREPARED))
    return PREPARED


@pytest.fixture
def without_tfds(monkeypatch, tmp_path) -> Path:
    """A machine on which no TFDS data is prepared."""
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path / "no_tfds"))
    return tmp_path / "no_tfds"
