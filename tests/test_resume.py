"""A run that is stopped, killed or starved and resumed ends as if nothing had happened, bit for bit."""

import errno
import os
import shutil
import signal
from pathlib import Path

import numpy as np
import pytest

from dlsuite import checkpoint, runs
from dlsuite.recorder import Recorder

# Of 40 steps an epoch.
DIGITS = ["autoencoders.autoencoder", "--source", "bundled", "--hidden", "16", "--batch-size", "100"]

# Killed at the very instant: the file of this name has been replaced for the N-th time.
KILLED_ON_WRITING = """
import os, signal, sys
replace, name, left = os.replace, sys.argv.pop(1), int(sys.argv.pop(1))
def replace_and_die(source, target):
    global left
    replace(source, target)
    if os.path.basename(target) == name:
        left -= 1
        if left == 0:
            os.killpg(0, signal.SIGKILL)
os.replace = replace_and_die
script()
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory, train_here):
    """A run that went through."""
    run = runs.Run(tmp_path_factory.mktemp("undisturbed") / "run")
    train_here(*DIGITS, "--epochs", 2, "--run-dir", run.path).succeed()
    return run


@pytest.fixture
def run(resuming):
    return resuming.run


@pytest.fixture
def copied(undisturbed, run):
    """A copy of the finished run, as if it had been stopped."""
    shutil.copytree(undisturbed.path, run.path)
    run.update(state="stopped")
    return run


@pytest.mark.slow
def test_killed_and_stopped_again_and_again_it_ends_the_same(resuming):
    """Each lecture has a test of its lessons besides."""
    resuming.epochs = 4
    resuming.ends_the_same_in_processes(DIGITS, ["kill", "stop", "kill"])


@pytest.mark.slow
def test_a_finished_run_says_so(undisturbed, command):
    before = (undisturbed.path / "checkpoint" / "state.npz").read_bytes()
    assert "is finished" in command("resume", undisturbed.path).succeed().said
    assert (undisturbed.path / "checkpoint" / "state.npz").read_bytes() == before


@pytest.mark.slow
def test_killed_before_the_first_checkpoint_it_starts_over(undisturbed, resuming, run, wait_until):
    process = resuming.begin_apart(DIGITS)
    wait_until(lambda: run.previews())  # the first is made when training begins
    process.kill_group()
    assert not (run.path / "checkpoint").exists()
    resuming.resume().succeed()
    resuming.assert_same(undisturbed)


def test_a_truncated_checkpoint_is_an_error_and_stays_as_it_is(copied, resuming):
    file = copied.path / "checkpoint" / "state.npz"
    torn = file.read_bytes()[: file.stat().st_size // 2]
    file.write_bytes(torn)
    sentence = resuming.resume().fail()
    assert "state.npz is damaged" in sentence
    assert file.read_bytes() == torn
    assert copied.state_and_error == ("failed", sentence.removeprefix("dlsuite: "))


def test_a_checkpoint_of_another_model_is_an_error(copied, resuming):
    copied.update(arguments=copied.record["arguments"] | {"latent_dim": 3})
    assert "another shape" in resuming.resume().fail()


@pytest.mark.slow
def test_a_directory_deleted_amid_training(resuming, run, monkeypatch):
    def delete(*_, **__):
        shutil.rmtree(run.path, ignore_errors=True)

    monkeypatch.setattr(Recorder, "on_train_batch_begin", delete)
    assert "was deleted during training" in resuming.begin(DIGITS).fail()
    assert not run.path.exists()


@pytest.mark.slow
def test_two_processes_in_one_directory(resuming, run, wait_until):
    first = resuming.begin_apart(DIGITS)
    wait_until(lambda: run.previews())
    assert "is being trained by another process" in resuming.resume().fail()
    assert "is being trained by another process" in resuming.begin(DIGITS).fail()
    assert run.state == "running"
    assert run.record["pid"] == first.pid


@pytest.mark.slow
@pytest.mark.parametrize(("file", "times"), [("metrics.csv", 2), ("state.npz", 1), ("model.keras", 1)])
def test_killed_between_two_files(undisturbed, resuming, run, file, times):
    """After an epoch's row and before its checkpoint; after the checkpoint; after the model and before the end."""
    process = resuming.begin_apart(DIGITS, KILLED_ON_WRITING, file, times)
    assert process.finish().returncode == -signal.SIGKILL
    assert run.state == "failed"
    resuming.resume().succeed()
    resuming.assert_same(undisturbed)


@pytest.mark.slow
def test_stopped_when_an_epoch_has_just_been_done(undisturbed, resuming, run):
    """Its last step is saved as amid the epoch; to resume, the whole epoch is passed over and then ended."""
    steps_per_epoch = undisturbed.record["steps_per_epoch"]
    resuming.stop_in_step(DIGITS, steps_per_epoch - 1)
    with np.load(run.path / "checkpoint" / "state.npz") as state:
        assert (state["epoch"], state["step"]) == (0, steps_per_epoch)
    resuming.resume().succeed()
    resuming.assert_same(undisturbed)


@pytest.mark.slow
def test_stopped_while_an_epoch_is_written(undisturbed, resuming, run, monkeypatch):
    write = runs.write

    def write_and_stop(path, content):
        write(path, content)
        if path.name == "metrics.csv":
            monkeypatch.setattr(runs, "write", write)
            signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(runs, "write", write_and_stop)
    resuming.begin(DIGITS).succeed()
    assert run.state == "stopped"
    with np.load(run.path / "checkpoint" / "state.npz") as state:
        assert (state["epoch"], state["step"]) == (1, 0)
    resuming.resume().succeed()
    resuming.assert_same(undisturbed)


@pytest.mark.slow
def test_a_full_disk_leaves_the_last_checkpoint_whole(undisturbed, resuming, run, monkeypatch):
    """From the second checkpoint on nothing can be synced."""
    sync, save, checkpoints = os.fsync, checkpoint.save, []

    def count(*arguments):
        checkpoints.append(arguments)
        save(*arguments)

    def sync_while_there_is_room(descriptor):
        if len(checkpoints) == 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        sync(descriptor)

    with monkeypatch.context() as patch:
        patch.setattr(checkpoint, "save", count)
        patch.setattr(os, "fsync", sync_while_there_is_room)
        assert "the disk is full" in resuming.begin(DIGITS).fail()
    assert run.state == "failed"
    with np.load(run.path / "checkpoint" / "state.npz") as state:
        assert (state["epoch"], state["step"]) == (1, 0)
    assert [file.name for file in run.path.rglob(".*")] == []  # no half-written file is left
    resuming.resume().succeed()
    resuming.assert_same(undisturbed)


@pytest.mark.slow
def test_a_stop_while_it_still_loads(undisturbed, resuming, run, wait_until):
    """In the first seconds there is nothing to save yet; resuming starts over."""
    process = resuming.begin_apart(DIGITS)
    wait_until(lambda: (run.path / "log.txt").exists())
    process.send_signal(signal.SIGTERM)
    process.succeed()
    assert run.state == "stopped"
    resuming.resume().succeed()
    resuming.assert_same(undisturbed)


def test_options_of_another_version_are_an_error(copied, resuming):
    arguments = {name: value for name, value in copied.record["arguments"].items() if name != "latent_dim"}
    copied.update(arguments=arguments)
    assert "another version of dlsuite" in resuming.resume().fail()


def test_what_a_kill_left_half_written_is_gone_after_a_resume(copied, resuming):
    (copied.path / "checkpoint" / ".state.1.npz").write_bytes(b"half")
    resuming.resume().succeed()
    assert [file.name for file in copied.path.rglob(".*")] == []


@pytest.mark.slow
def test_a_stop_by_the_run_itself(resuming, run, wait_until):
    """`Run.stop` is what the app's button calls."""
    process = resuming.begin_apart(DIGITS)
    wait_until(lambda: run.previews())
    run.stop()
    process.succeed()
    assert run.state == "stopped"
    assert Path(run.path / "checkpoint" / "state.npz").exists()
    assert not run.is_alive
    assert run.record["pid"] == process.pid != os.getpid()
