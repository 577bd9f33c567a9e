"""A run that is stopped, killed or starved and resumed ends as if nothing had happened, bit for bit."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from dlsuite import runs

RING = ["--dataset", "ring", "--batch-size", "64", "--latent-dim", "2"]
DATES = ["--dataset", "dates", "--examples", "320", "--batch-size", "32", "--units", "8", "--longest", "24"]
DIGITS = ["--dataset", "mnist", "--source", "bundled", "--latent-dim", "8"]
SETTINGS = {
    "classifier": ["gans.digit_classifier", "--source", "bundled", "--batch-size", "128"],  # one optimizer, 31 steps
    "gan on ring": ["gans.gan", *RING],
    "wgan_gp on ring": ["gans.wgan_gp", *RING, "--critic-steps", "2"],
    "gan on digits": ["gans.gan", *DIGITS, "--batch-size", "128"],  # 31 steps an epoch
    "wgan on ring": ["gans.wgan", *RING, "--critic-steps", "2"],
    "r1_gan on ring": ["gans.r1_gan", *RING],
    "conditional_gan": ["gans.conditional_gan", *DIGITS[2:], "--batch-size", "64"],  # 31 steps, and labels besides
    "wgan_gp on digits": ["gans.wgan_gp", *DIGITS, "--batch-size", "64", "--critic-steps", "2"],  # 31 steps as well
    "denoising": ["autoencoders.denoising", "--source", "bundled", "--width", "4", "--batch-size", "128"],
    "auto-encoder": ["autoencoders.autoencoder", "--source", "bundled", "--hidden", "16", "--batch-size", "100"],  # 40
    "super_resolution": [
        "autoencoders.super_resolution",
        *["--dataset", "mnist", "--source", "bundled", "--batch-size", "500", "--filters", "2"],
    ],
    "compression": [
        "autoencoders.compression",
        *["--dataset", "mnist", "--source", "bundled", "--batch-size", "8", "--width", "4", "--code-channels", "4"],
    ],
    "vae on digits": ["autoencoders.vae", "--source", "bundled", "--batch-size", "128", "--hidden", "64"],  # as well
    "pooling": ["attention.pooling", "--batch-size", "16", "--channels", "4"],
    "bahdanau": ["attention.bahdanau", *DATES, "--dropout", "0.2"],
    "skip_gram": ["embeddings.skip_gram", "--dimensions", "8", "--vocabulary-size", "500", "--window", "2"],
}
EPOCHS = 4

# Killed at the very instant: the file of this name has been replaced for the N-th time.
KILLED_ON_WRITING = """
import os, signal, sys
replace, name, left = os.replace, sys.argv.pop(1), int(sys.argv.pop(1))
def replace_and_die(source, target):
    global left
    replace(source, target)
    left -= os.path.basename(target) == name
    if not left:
        os.killpg(0, signal.SIGKILL)
os.replace = replace_and_die
from dlsuite.cli import main
sys.exit(main())
"""

# The disk fills up at the checkpoint number N: from then on nothing can be synced.
ON_A_DISK_THAT_FILLS = """
import errno, os, sys
sync, checkpoints_left = os.fsync, int(sys.argv.pop(1))
def fsync(descriptor):
    global checkpoints_left
    checkpoints_left -= "state.npz" in os.readlink(f"/proc/self/fd/{descriptor}")
    if checkpoints_left < 0:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
    sync(descriptor)
os.fsync = fsync
from dlsuite.cli import main
sys.exit(main())
"""


@pytest.fixture(scope="module", params=SETTINGS)
def uninterrupted(request, tmp_path_factory):
    """The arguments of `train`, and the run that nothing disturbed."""
    run = runs.Run(tmp_path_factory.mktemp("uninterrupted") / "run")
    train_to_the_end(SETTINGS[request.param], run.path)
    return SETTINGS[request.param], run


@pytest.fixture(scope="module")
def ring(tmp_path_factory):
    """As `uninterrupted`, the GAN on the ring only."""
    run = runs.Run(tmp_path_factory.mktemp("ring") / "run")
    train_to_the_end(SETTINGS["gan on ring"], run.path)
    return SETTINGS["gan on ring"], run


def train_to_the_end(arguments, path):
    command = [sys.executable, "-m", "dlsuite.cli", "train", *arguments, "--epochs", str(EPOCHS), "--run-dir", path]
    subprocess.run(command, cwd=path.parent, check=True, capture_output=True, timeout=300)


def begin(start, arguments, path):
    return start("train", *arguments, "--epochs", EPOCHS, "--run-dir", path)


def assert_same(run, reference):
    assert run.state == reference.state == "finished"
    ours, theirs = (np.load(each.path / "checkpoint" / "state.npz") for each in (run, reference))
    assert sorted(ours) == sorted(theirs)
    least = 8 if run.record["name"].startswith("embeddings.") else 20  # two tables there, and SGD keeps no slots
    assert len(ours.files) > least  # networks, optimizers' slots, seeds, metrics
    assert [name for name in ours if ours[name].tobytes() != theirs[name].tobytes()] == []
    assert (run.path / "metrics.csv").read_bytes() == (reference.path / "metrics.csv").read_bytes()
    assert len(run.metrics()) == EPOCHS
    assert without_seconds(run.steps()) == without_seconds(reference.steps())
    seconds = [row["seconds"] for row in run.steps()]
    assert seconds == sorted(seconds)
    assert max(run.previews()) == max(reference.previews())


def without_seconds(rows):
    return [{name: value for name, value in row.items() if name != "seconds"} for row in rows]


def has_written(run, since):
    """Whether training has got somewhere: rows of steps or of epochs were written after `since`."""
    files = [run.path / "steps.csv", run.path / "metrics.csv"]
    return any(file.exists() and file.stat().st_mtime > since for file in files)


def test_killed_and_stopped_at_random_instants_and_resumed(uninterrupted, start, tmp_path, wait_until):
    """Killed, stopped amid an epoch and killed again, each in what the interruption before it was resumed to."""
    arguments, reference = uninterrupted
    run = runs.Run(tmp_path / "run")

    def train_and_interrupt():
        """Whether a kill hit the training and a stop came amid an epoch; a busy machine may leave no chance."""
        kills = stops = 0
        process, began = begin(start, arguments, run.path), time.time()
        for epochs, is_kill in ((1.2, True), (0.8, False), (1.2, True)):
            if not wait_until(lambda began=began: has_written(run, began), process):
                break
            time.sleep(random.uniform(0, epochs * epoch_seconds))
            if process.poll() is not None:
                break
            if is_kill:
                process.kill_group()
            else:
                process.send_signal(signal.SIGTERM)
                process.succeed()
            if run.state == "finished":
                break
            assert run.state == ("failed" if is_kill else "stopped")
            if is_kill:
                kills += 1
            else:
                with np.load(run.path / "checkpoint" / "state.npz") as state:
                    stops += int(state["step"]) > 0
            process, began = start("resume", run.path), time.time()
        if run.state != "finished":
            process.succeed()
        return kills and stops

    epoch_seconds = reference.steps()[-1]["seconds"] / EPOCHS
    again_until(train_and_interrupt, run)
    assert_same(run, reference)


def again_until(train, run, attempts=6):
    """Call `train` in an empty run directory until it says that what it was to do happened."""
    for _ in range(attempts):
        shutil.rmtree(run.path, ignore_errors=True)
        if train():
            return
    pytest.fail(f"in {attempts} trainings it never happened")


def test_a_finished_run_says_so(ring, start):
    _, run = ring
    before = (run.path / "checkpoint" / "state.npz").read_bytes()
    process = start("resume", run.path).succeed()
    assert "has finished" in process.said
    assert (run.path / "checkpoint" / "state.npz").read_bytes() == before


def test_killed_before_the_first_checkpoint_it_starts_over(ring, start, tmp_path, wait_until):
    arguments, reference = ring
    run = runs.Run(tmp_path / "run")
    process = begin(start, arguments, run.path)
    wait_until(lambda: run.previews())  # the first is made when training begins
    process.kill_group()
    assert not (run.path / "checkpoint").exists()
    start("resume", run.path).succeed()
    assert_same(run, reference)


def test_a_truncated_checkpoint_is_an_error_and_stays_as_it_is(ring, start, tmp_path):
    _, reference = ring
    run = runs.Run(shutil.copytree(reference.path, tmp_path / "run"))
    run.update(state="stopped")
    file = run.path / "checkpoint" / "state.npz"
    torn = file.read_bytes()[: file.stat().st_size // 2]
    file.write_bytes(torn)
    sentence = start("resume", run.path).fail()
    assert "state.npz is damaged" in sentence
    assert file.read_bytes() == torn
    assert run.state_and_error == ("failed", sentence.removeprefix("dlsuite: "))


def test_a_checkpoint_of_another_model_is_an_error(ring, start, tmp_path):
    _, reference = ring
    run = runs.Run(shutil.copytree(reference.path, tmp_path / "run"))
    run.update(state="stopped", arguments=run.record["arguments"] | {"latent_dim": 3})
    assert "another shape" in start("resume", run.path).fail()


def test_a_directory_deleted_amid_training(start, tmp_path, wait_until):
    path = tmp_path / "run"
    process = begin(start, SETTINGS["gan on ring"], path)
    wait_until(lambda: runs.Run(path).previews())
    while path.exists():  # it may write a file into the directory while this is emptied
        shutil.rmtree(path, ignore_errors=True)
    assert "was deleted while it was being trained" in process.fail()
    assert not path.exists()


def test_two_processes_in_one_directory(ring, start, tmp_path, wait_until):
    arguments, _ = ring
    run = runs.Run(tmp_path / "run")
    first = begin(start, arguments, run.path)
    wait_until(lambda: run.previews())
    assert "is being trained by another process" in start("resume", run.path).fail()
    assert "is being trained by another process" in begin(start, arguments, run.path).fail()
    assert run.state == "running"
    assert run.record["pid"] == first.pid


@pytest.mark.parametrize(("file", "times"), [("metrics.csv", 2), ("state.npz", 2), ("model.keras", 1)])
def test_killed_between_two_files(ring, start, tmp_path, file, times):
    """After an epoch's row and before its checkpoint; after the checkpoint; after the model and before the end."""
    arguments, reference = ring
    run = runs.Run(tmp_path / "run")
    program = ["-c", KILLED_ON_WRITING, file, str(times)]
    process = start("train", *arguments, "--epochs", EPOCHS, "--run-dir", run.path, program=program)
    assert process.finish().returncode == -signal.SIGKILL
    assert run.state == "failed"
    start("resume", run.path).succeed()
    assert_same(run, reference)


def test_a_full_disk_leaves_the_last_checkpoint_whole(ring, start, tmp_path):
    arguments, reference = ring
    run = runs.Run(tmp_path / "run")
    program = ["-c", ON_A_DISK_THAT_FILLS, "2"]
    process = start("train", *arguments, "--epochs", EPOCHS, "--run-dir", run.path, program=program)
    assert "the disk is full" in process.fail()
    assert run.state == "failed"
    with np.load(run.path / "checkpoint" / "state.npz") as state:
        assert (state["epoch"], state["step"]) == (2, 0)
    assert [file.name for file in run.path.rglob(".*")] == []  # no half-written file is left
    start("resume", run.path).succeed()
    assert_same(run, reference)


def test_a_stop_while_it_still_loads(ring, start, tmp_path, wait_until):
    """In the first seconds there is nothing to save yet; resuming starts over."""
    arguments, reference = ring
    run = runs.Run(tmp_path / "run")
    process = begin(start, arguments, run.path)
    wait_until(lambda: (run.path / "log.txt").exists())
    process.send_signal(signal.SIGTERM)
    process.succeed()
    assert run.state == "stopped"
    start("resume", run.path).succeed()
    assert_same(run, reference)


def test_options_of_another_version_are_an_error(ring, start, tmp_path):
    _, reference = ring
    run = runs.Run(shutil.copytree(reference.path, tmp_path / "run"))
    arguments = {name: value for name, value in run.record["arguments"].items() if name != "averaging"}
    run.update(state="stopped", arguments=arguments)
    assert "another version of dlsuite" in start("resume", run.path).fail()


def test_what_a_kill_left_half_written_is_gone_after_a_resume(ring, start, tmp_path):
    _, reference = ring
    run = runs.Run(shutil.copytree(reference.path, tmp_path / "run"))
    run.update(state="stopped")
    (run.path / "checkpoint" / ".state.npz.1").write_bytes(b"half")
    start("resume", run.path).succeed()
    assert [file.name for file in run.path.rglob(".*")] == []


def test_a_stop_by_the_run_itself(start, tmp_path, wait_until):
    """`Run.stop` is what the app's button calls."""
    run = runs.Run(tmp_path / "run")
    process = begin(start, SETTINGS["gan on ring"], run.path)
    wait_until(lambda: run.previews())
    run.stop()
    process.succeed()
    assert run.state == "stopped"
    assert Path(run.path / "checkpoint" / "state.npz").exists()
    assert not run.is_alive
    assert run.record["pid"] == process.pid != os.getpid()
