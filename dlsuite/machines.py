"""Training on several machines: the same command runs on each, with TensorFlow's own variable `TF_CONFIG` set.

    TF_CONFIG='{"cluster": {"worker": ["10.0.0.1:2222", "10.0.0.2:2222"]}, "task": {"type": "worker", "index": 0}}'

The first worker, or the one of type `chief`, is the chief: only it writes the run directory. To stay in step, the
others do everything that it does, but write to a temporary directory. `dlsuite.fitting` explains how a batch is split
across the devices of all machines.
"""

import contextlib
import faulthandler
import hashlib
import json
import logging
import os
import shutil
import socket
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from dlsuite import runs

log = logging.getLogger("dlsuite")

SECONDS_TO_COME = 60
"""How long the workers wait for each other at the start."""
GO, DIFFERENT = b"go\n", b"different\n"


class Cluster(NamedTuple):
    """The machines that train together, the chief first, and the index of this one."""

    addresses: list[str]
    """`host:port` of each."""
    index: int

    @property
    def is_chief(self) -> bool:
        return self.index == 0


def cluster() -> Cluster | None:
    """The cluster in `TF_CONFIG`; `None` if it is not set, or names only one machine.

    Raises:
        ValueError: it cannot be read, or names machines that are neither chief nor worker.
    """
    text = os.environ.get("TF_CONFIG")
    if not text:
        return None
    try:
        config = json.loads(text)
        jobs, task = config.get("cluster", {}), config.get("task", {})
        all_tasks = [(job, index) for job in ("chief", "worker") for index in range(len(jobs.get(job, [])))]
        if len(all_tasks) < 2:
            return None
        own = all_tasks.index((task["type"], task["index"]))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"TF_CONFIG: it does not say which of its machines this is ({error!r})") from None
    if jobs.keys() - {"chief", "worker"}:
        raise ValueError(f"TF_CONFIG: its cluster has {', '.join(jobs)}, but only chief and worker are supported")
    return Cluster([jobs[job][index] for job, index in all_tasks], own)


@contextlib.contextmanager
def directory(path: Path | None, name: str | None = None):
    """Where this process keeps its run: `path` for the chief or a single machine, a temporary directory for the others.

    Args:
        path: the run directory; by default a new one for the lesson `name`.
        name: the lesson's name, for a new run. Without it, a run is resumed, and all machines must see its directory.
    """
    together = cluster()
    if together is None or together.is_chief:
        yield path or runs.new_path(name)
        return
    log.info(
        "worker %d of %d: the chief, %s, keeps the run", together.index, len(together.addresses), together.addresses[0]
    )
    log.setLevel(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        scratch = Path(folder) / "run"
        if name is None:
            (scratch / "checkpoint").mkdir(parents=True)
            for file in ("run.json", "checkpoint/state.npz"):
                if (path / file).exists():
                    shutil.copy(path / file, scratch / file)
        yield scratch


@contextlib.contextmanager
def scope(machines: Cluster, devices: int, task: list):
    """The scope of a strategy that trains on `devices` devices of each machine: GPUs if there are any, else the CPU.

    Args:
        task: what to do, which must be the same on all machines.

    Raises:
        ValueError: a machine has fewer devices, or was given another task.
        ConnectionError: a machine did not connect, or was lost.
    """
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    if devices > max(len(gpus), 1):
        kind = f"{len(gpus)} GPUs" if gpus else "no GPU, and with several machines its CPU counts as one device"
        raise ValueError(f"devices={devices}: this machine has {kind}")
    tf.config.set_visible_devices(gpus[:devices], "GPU")
    meet(machines, hashlib.sha256(json.dumps(task, sort_keys=True).encode()).hexdigest())
    with open(os.devnull, "w") as nowhere:
        # If a machine is lost at this very moment, it would wait forever, and block all Python threads.
        faulthandler.dump_traceback_later(SECONDS_TO_COME, exit=True, file=nowhere)
        strategy = tf.distribute.MultiWorkerMirroredStrategy()
        faulthandler.cancel_dump_traceback_later()
    lost = tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.DeadlineExceededError, tf.errors.InternalError
    try:
        with strategy.scope():
            yield
    except lost as error:
        raise ConnectionError(
            "another machine has stopped or no longer responds: run dlsuite resume on all of them to continue from the "
            "last checkpoint"
        ) from error


def meet(machines: Cluster, task: str) -> None:
    """Wait until all machines are connected: each sends the chief its number and its task, and waits for the answer.

    TensorFlow would wait for an hour, and not say for which machine.
    """
    end = time.monotonic() + SECONDS_TO_COME
    host, port = machines.addresses[0].rsplit(":", 1)
    if machines.is_chief:
        _wait_for_all(machines, int(port), task, end)
        return
    while True:
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=5) as chief:
            chief.settimeout(max(0.1, end - time.monotonic()))
            chief.sendall(f"dlsuite {machines.index} {task}\n".encode())
            answer = chief.makefile("rb").readline()
            if answer == DIFFERENT:
                raise ValueError("TF_CONFIG: this machine was given a different command from the chief's")
            if answer == GO:
                return
        if time.monotonic() > end:
            raise ConnectionError(f"the chief, {machines.addresses[0]}, did not respond in {SECONDS_TO_COME} seconds")
        time.sleep(0.2)


def _wait_for_all(machines: Cluster, port: int, task: str, end: float) -> None:
    came = {}
    with contextlib.ExitStack() as connections, socket.create_server(("", port)) as server:
        while len(came) < len(machines.addresses) - 1:
            server.settimeout(max(0.1, end - time.monotonic()))
            try:
                connection, _ = server.accept()
                connections.enter_context(connection)
                connection.settimeout(5)
                word, index, its_task = connection.makefile("rb").readline().decode().split()
            except TimeoutError:
                if time.monotonic() < end:
                    continue
                missing = [each for each in range(1, len(machines.addresses)) if each not in came]
                who = ", ".join(f"worker {each} ({machines.addresses[each]})" for each in missing)
                raise ConnectionError(f"{who}: no connection within {SECONDS_TO_COME} seconds") from None
            except (OSError, ValueError):  # an unrelated connection
                continue
            if word == "dlsuite":
                came[int(index)] = connection, its_task
        are_same = all(its_task == task for _, its_task in came.values())
        for connection, _ in came.values():
            with contextlib.suppress(OSError):  # it is gone, as training will find out
                connection.sendall(GO if are_same else DIFFERENT)
    if not are_same:
        raise ValueError("TF_CONFIG: another machine was given a different command from this one, the chief")
