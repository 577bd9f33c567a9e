"""A run directory: the only contract between a training process and the programs that watch it.

    run.json        name, resolved arguments, devices, versions, state: running | stopped | finished | failed, error
    metrics.csv     one row per epoch
    steps.csv       raw values every few steps
    preview/        0001000.png and .npz: what the model looked like after 1,000 steps
    checkpoint/     state.npz: everything needed to resume
    model.keras     at the end
    log.txt
    events.out.tfevents.*   the same for TensorBoard
    stop            there while training is asked to finish its step, write a checkpoint and exit

This module reads, starts and stops runs, and never imports TensorFlow; `dlsuite.recorder` is the training side. Every
file is written under a temporary name, synced and renamed. A training process holds a lock on its directory for as
long as it lives, so a killed run is never mistaken for one that is still training. A file asks the process to stop,
because Windows has no signal for such a request.

Only these files belong to a run. Any other file in the directory belongs to the user: it is never read, changed or
removed.
"""

import contextlib
import csv
import datetime
import json
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import portalocker
import psutil

ROOT = Path("runs")
FILES = {  # by subfolder, "" for the run directory itself
    "": re.compile(r"run\.json|metrics\.csv|steps\.csv|model\.keras|log\.txt|events\.out\.tfevents\.[0-9]+|lock|stop"),
    "preview": re.compile(r"[0-9]{7,}\.(png|npz)"),
    "checkpoint": re.compile(r"state\.npz"),
}
"""The names of a run's files."""
SYSTEM_FILES = {"Thumbs.db", "desktop.ini"}
SECONDS_OPEN = 2 if sys.platform == "win32" else 0
"""How long to wait for a file that another process has open; only Windows needs it."""
TEMPORARY = re.compile(r"\.(?P<stem>[^.]+)\.[0-9]+(?P<suffix>\.[^.]+)")


class RunError(Exception):
    """Something is wrong with a run directory; the message is a sentence for the user."""


class Stopped(Exception):
    """Training has stopped, as requested."""


class Run:
    """One run directory, read again at every access."""

    def __init__(self, path: str | Path):
        self.path = Path(path)

    def __eq__(self, other):
        return isinstance(other, Run) and self.path == other.path

    def __hash__(self):
        return hash(self.path)

    @property
    def record(self) -> dict[str, Any]:
        """The contents of run.json. `RunError` if there is none, or it cannot be read."""
        try:
            record = json.loads(_patiently((self.path / "run.json").read_text, "utf-8"))
            if not {"name", "arguments", "state"} <= record.keys():
                raise ValueError("required fields are missing")
        except FileNotFoundError:
            raise RunError(f"{self.path} is not a run directory") from None
        except (ValueError, AttributeError) as error:
            raise RunError(f"{self.path / 'run.json'} is damaged ({error})") from None
        return record

    @property
    def title(self) -> str:
        """The model, its dataset (only the last part of a path), and the directory's name, for display."""
        record = self.record
        dataset = Path(record["arguments"].get("dataset", "")).name
        return " · ".join(filter(None, [record["name"], dataset, self.path.name]))

    @property
    def state(self) -> str:
        """`running`, `stopped`, `finished` or `failed`."""
        return self.state_and_error[0]

    @property
    def state_and_error(self) -> tuple[str, str]:
        """The state, and for `failed` the reason in a sentence. A run whose process was killed has failed."""
        record = self.record
        if record["state"] == "running" and not self.is_alive:
            return "failed", "its process ended unexpectedly: it was killed, or ran out of memory; you can resume it"
        return record["state"], record.get("error", "")

    @property
    def is_alive(self) -> bool:
        """Whether a process is training in this directory."""
        try:
            with open(self.path / "lock", encoding="utf-8") as file:
                portalocker.lock(file, portalocker.LockFlags.SHARED | portalocker.LockFlags.NON_BLOCKING)
        except FileNotFoundError:
            return False
        except portalocker.AlreadyLocked:
            return True
        return False

    @contextlib.contextmanager
    def lock(self):
        """Lock the directory, created if necessary, for this process; `RunError` while another process has the lock."""
        self.path.mkdir(parents=True, exist_ok=True)
        with open(self.path / "lock", "a", encoding="utf-8") as file:
            for attempt in range(20):
                try:
                    portalocker.lock(file, portalocker.LockFlags.EXCLUSIVE | portalocker.LockFlags.NON_BLOCKING)
                    break
                except portalocker.AlreadyLocked:  # readers hold it for an instant, training processes for long
                    if attempt == 19:
                        raise RunError(f"{self.path} is being trained by another process") from None
                    time.sleep(0.05)
            request = self.path / "stop"
            request.unlink(missing_ok=True)  # it was meant for a process that was killed
            try:
                yield
            finally:
                request.unlink(missing_ok=True)

    def files(self, folder: str = "") -> list[Path]:
        """The run's own files in one of the folders of `FILES`, sorted by name."""
        return sorted(file for file in _files_in(self.path / folder) if FILES[folder].fullmatch(file.name))

    def half_written(self) -> list[Path]:
        """Files that a killed process left behind under a temporary name."""
        found = []
        for folder, names in FILES.items():
            for file in _files_in(self.path / folder):
                parts = TEMPORARY.fullmatch(file.name)
                if parts and names.fullmatch(parts["stem"] + parts["suffix"]):
                    found.append(file)
        return found

    def tidy(self) -> None:
        """Remove files that a killed process left half-written. The caller holds the lock."""
        for file in self.half_written():
            remove(file)

    def update(self, **fields) -> None:
        """Change fields of run.json."""
        text = json.dumps(self.record | fields, indent=2) + "\n"
        write(self.path / "run.json", text.encode())

    def metrics(self) -> list[dict[str, float]]:
        """The rows of metrics.csv, which may be empty. `RunError` if they cannot be read."""
        return _read_table(self.path / "metrics.csv")

    def steps(self) -> list[dict[str, float]]:
        """The rows of steps.csv, which may be empty. `RunError` if they cannot be read."""
        return _read_table(self.path / "steps.csv")

    def previews(self) -> dict[int, Path]:
        """The preview pictures, by the step after which they were made."""
        return {int(file.stem): file for file in self.files("preview") if file.suffix == ".png"}

    def arrays(self, name: str) -> dict[int, np.ndarray]:
        """The array `name` of every preview that has it, by the step after which it was made.

        Raises:
            RunError: one of the previews cannot be read.
        """
        found = {}
        for file in self.files("preview"):
            if file.suffix == ".npz":
                with _reading(file), np.load(file) as arrays:
                    if name in arrays:
                        found[int(file.stem)] = arrays[name]
        return found

    def log(self, lines: int = 200) -> str:
        """The end of log.txt."""
        try:
            return "\n".join((self.path / "log.txt").read_text("utf-8", errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return ""

    def stop(self) -> None:
        """Ask the training process to finish its step, write a checkpoint and exit."""
        if self.is_alive:
            (self.path / "stop").touch()

    @property
    def is_asked_to_stop(self) -> bool:
        """Whether `stop` was called while this training process held the lock."""
        return os.path.exists(self.path / "stop")

    def delete(self) -> None:
        """Remove the run's files, and the directory if nothing else is in it; `RunError` while it is being trained."""
        if self.is_alive:
            raise RunError(f"{self.path} is being trained: stop it first")
        self.tidy()
        for folder in reversed(FILES):
            for file in self.files(folder):
                remove(file)
            with contextlib.suppress(OSError):  # it does not exist, or has the user's own files in it
                (self.path / folder).rmdir()


def create(
    name: str, arguments: dict[str, Any], path: str | Path | None = None, *, is_locked: bool = False, **fields
) -> Run:
    """Create a run directory with its run.json.

    Args:
        name: the lesson's name.
        arguments: all of them, resolved.
        path: the directory; by default a new one, `runs/<name>/<time>`.
        is_locked: whether the caller holds the directory's lock.
        fields: further fields of run.json.

    Raises:
        RunError: the directory is not free; see `require_free`.
    """
    path = new_path(name) if path is None else Path(path)
    require_free(path, is_locked)
    path.mkdir(parents=True, exist_ok=True)
    record = {"name": name, "arguments": arguments, "state": "running", "pid": os.getpid(), **fields}
    write(path / "run.json", (json.dumps(record, indent=2) + "\n").encode())
    return Run(path)


def require_free(path: Path, is_locked: bool = False) -> None:
    """Raise `RunError` unless a run can start in the directory `path`, which need not exist yet.

    Hidden files are allowed there, but no others. A run that ended before its first step, because of a wrong argument
    for example, may be overwritten: the corrected command can use the same directory.

    Args:
        is_locked: whether the caller holds the directory's lock, so that no other process can.
    """
    run, own = Run(path), {"lock"}
    if is_stderr(path / "log.txt"):
        own.add("log.txt")  # `start` has created it for this process
    if (path / "run.json").exists():
        if not is_locked and run.is_alive:
            raise RunError(f"{path} is being trained by another process")
        if "steps_per_epoch" in run.record:
            raise RunError(f"{path} already contains a run: resume it, or choose another directory")
        own |= {"run.json", "log.txt", "stop"}
    visible = {file.name for file in path.glob("*") if not file.name.startswith(".")}
    foreign = sorted(visible - own - SYSTEM_FILES)
    if foreign:
        raise RunError(f"{path} contains other files ({', '.join(foreign[:3])}): choose an empty directory")


def is_stderr(file: Path) -> bool:
    """Whether this process writes its stderr to `file`, as one started by `start` does."""
    return file.exists() and os.path.samestat(os.fstat(2), os.stat(file))


def new_path(name: str, root: Path | None = None) -> Path:
    """Create a new directory `<root>/<name>/<time>`."""
    folder = (ROOT if root is None else root) / name
    folder.mkdir(parents=True, exist_ok=True)
    while True:
        path = folder / datetime.datetime.now().strftime("%Y-%m-%d_%H-%M-%S")
        try:
            path.mkdir()
            return path
        except FileExistsError:
            time.sleep(0.2)


def every(root: Path | None = None) -> list[Run]:
    """All runs in `root`, the most recently changed first."""
    files = (ROOT if root is None else root).glob("*/*/run.json")
    return [Run(file.parent) for file in sorted(files, key=_changed, reverse=True)]


def _files_in(folder: Path) -> list[Path]:
    return [file for file in folder.glob("*") if file.is_file()]


def _changed(file: Path) -> int:
    try:
        return file.stat().st_mtime_ns
    except FileNotFoundError:  # deleted in the meantime
        return 0


def start(command: list[str], path: Path) -> subprocess.Popen:
    """Run `dlsuite <command>` in its own process, which outlives this one; its stderr goes to log.txt.

    The process has a slightly lower priority, so that an open page stays responsive.
    """
    path.mkdir(parents=True, exist_ok=True)
    with open(path / "log.txt", "ab") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "dlsuite.cli", *command],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
            creationflags=getattr(subprocess, "CREATE_NO_WINDOW", 0),  # the Windows equivalent of a new session
            env=os.environ | {"PYTHONUTF8": "1", "TF_FORCE_GPU_ALLOW_GROWTH": "true"},
        )
    with contextlib.suppress(psutil.Error):  # it has ended already
        psutil.Process(process.pid).nice(getattr(psutil, "BELOW_NORMAL_PRIORITY_CLASS", 5))
    return process


def temporary_name(path: Path) -> Path:
    """The name of a file while it is being written: `.state.4711.npz`, with this process's ID."""
    return path.with_name(f".{path.stem}.{os.getpid()}{path.suffix}")


def write(path: Path, content: bytes) -> None:
    """Replace a file atomically: a reader, even after a power failure, sees either the old file or the new one."""
    temporary = temporary_name(path)
    try:
        with open(temporary, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        _patiently(os.replace, temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    if hasattr(os, "O_DIRECTORY"):  # not on Windows, where a folder cannot be opened
        folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def remove(path: Path) -> None:
    """Delete a file, even if another process has it open."""
    _patiently(path.unlink)


def _patiently(action, *arguments, **options):
    """Retry an action that Windows refuses while another process has the file open, or is replacing it."""
    end = time.monotonic() + SECONDS_OPEN
    while True:
        try:
            return action(*arguments, **options)
        except PermissionError:
            if time.monotonic() >= end:
                raise
            time.sleep(0.02)


@contextlib.contextmanager
def _reading(file: Path):
    """Say which file is damaged. NumPy, zipfile and csv raise a dozen different exceptions for invalid content."""
    try:
        yield
    except OSError:  # it is missing or not readable, which does not mean that it is damaged
        raise
    except Exception as error:
        raise RunError(f"{file} is damaged ({error})") from None


def _read_table(path: Path) -> list[dict[str, float]]:
    try:
        with _reading(path), _patiently(open, path, newline="", encoding="utf-8") as file:
            lines = csv.reader(file, strict=True)
            names = next(lines, [])
            return [dict(zip(names, map(float, line), strict=True)) for line in lines if line]
    except FileNotFoundError:
        return []
