"""The command `dlsuite` for benchmarks: its output, and runs that it trains once and keeps."""

import subprocess
import sys
from pathlib import Path

from dlsuite import runs


def dlsuite(*arguments) -> str:
    """The output of `dlsuite <arguments>`."""
    command = [sys.executable, "-m", "dlsuite.cli", *map(str, arguments)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def trained(path: Path, model: str, **options) -> runs.Run:
    """The finished run of `model` with these options in `path`, trained or resumed if necessary.

    Raises:
        ValueError: the run there was trained with other options.
    """
    run = runs.Run(path)
    if not (path / "run.json").exists():
        flags = [part for name, value in options.items() for part in (f"--{name.replace('_', '-')}", value)]
        dlsuite("train", model, *flags, "--run-dir", path)
        return run
    others = {name: run.record["arguments"].get(name) for name in options}
    if others != options:
        raise ValueError(f"{path}: it was trained with {others}, not with {options}")
    if run.state != "finished":
        dlsuite("resume", path)
    return run
