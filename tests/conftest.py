"""What several test modules share: the command as a process, tiny data sets, tiny finished runs."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest
from PIL import Image

from dlsuite import runs
from dlsuite.data import sources

REPOSITORY = Path(__file__).resolve().parents[1]
BESIDE = REPOSITORY.parent / "shared" / "data" / "tensorflow_datasets"
PREPARED = BESIDE if BESIDE.is_dir() else sources.tfds_directory()


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
def finished_run(tmp_path_factory, own_points) -> runs.Run:
    """A WGAN-GP of two short epochs on the user's own points, trained by the command. Not to be changed."""
    where = tmp_path_factory.mktemp("finished")
    arguments = ["--dataset", own_points, "--epochs", 2, "--batch-size", 8, "--critic-steps", 1]
    Process("train", "gans.wgan_gp", *arguments, "--run-dir", where / "run", where=where).succeed()
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
