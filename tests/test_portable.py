"""The command and the pages on a system that has only what Windows has.

One process acts as Windows would towards all code of this project, and towards no other: the modules, functions and
signals of Unix are not there, a folder cannot be opened, and a file cannot be replaced while somebody reads it.
"""

import subprocess
import sys
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[1]

AS_ON_WINDOWS = r"""
import builtins, collections, os, re, signal, sys, types, warnings
from pathlib import Path

REPOSITORY = Path(sys.argv[1])
OURS = tuple(str(REPOSITORY / folder) + os.sep for folder in ("dlsuite", "apps"))
MODULES = {"crypt", "fcntl", "grp", "nis", "posix", "pty", "pwd", "readline", "resource", "syslog", "termios", "tty"}
OF_OS = re.compile(
    r"[fl]?chown|[fl]chmod|chroot|fchdir|fork.*|get(e|res)?[ug]id|get(pg|s|groups|loadavg|login)\w*|init?groups|set\w*id"
    r"|setgroups|kill(pg)|nice|wait[34]|waitid|uname|mkfifo|mknod|openpty|f?statvfs|sched_\w+|(f?path|sys)conf|ttyname"
    r"|ctermid|posix_\w+|p?(read|write)v\d?|pread|pwrite|sendfile|fdatasync|sync|lockf|tc\w+|\w+xattr|memfd_\w+|EX_\w+"
    r"|W[A-Z]+|P_(ALL|PID|PGID)|RTLD_\w+|O_(DIRECTORY|NOFOLLOW|NONBLOCK|CLOEXEC|SYNC|DSYNC|NOCTTY)|register_at_fork"
)
OF_SIGNAL = re.compile(
    r"SIG(?!ABRT|FPE|ILL|INT|SEGV|TERM|_)[A-Z0-9]+|alarm|[gs]etitimer|ITIMER_\w+|pause|pthread_\w+|sig(interrupt|pending|timedwait|wait\w*)"
)


class Seen(types.ModuleType):
    "A module as it is on Windows."

    def __init__(self, module, missing=None, **changed):
        super().__init__(module.__name__)
        self.__dict__.update(changed, _module=module, _missing=missing)

    def __getattr__(self, name):
        if self._missing and self._missing.fullmatch(name):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r} on Windows")
        return getattr(self._module, name)


def open_file(path, *arguments):
    if os.path.isdir(path):
        raise PermissionError(13, "Permission denied", str(path))
    return os.open(path, *arguments)


refused = collections.Counter()


def replace(source, target):
    refused[Path(target).name] += 1
    if refused[Path(target).name] % 2:  # a page has just opened it
        raise PermissionError(5, "Access is denied", str(target))
    os.replace(source, target)


def kill(process, number):
    raise AssertionError("on Windows it ends the process at once")


WINDOWS = {
    "os": Seen(os, OF_OS, name="nt", open=open_file, replace=replace, kill=kill),
    "signal": Seen(signal, OF_SIGNAL),
    "sys": Seen(sys, platform="win32"),
}
import_module = builtins.__import__


def import_on_windows(name, globals=None, locals=None, fromlist=(), level=0):
    if str((globals or {}).get("__file__", "")).startswith(OURS):
        if name.partition(".")[0] in MODULES:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        if name in WINDOWS:
            return WINDOWS[name]
    return import_module(name, globals, locals, fromlist, level)


builtins.__import__ = import_on_windows
sys.path.insert(0, str(REPOSITORY / "apps"))
"""

ALL_OF_IT = (
    AS_ON_WINDOWS
    + r"""
import importlib, logging, runpy

warnings.filterwarnings("error", category=EncodingWarning, module="dlsuite")
for file in sorted(REPOSITORY.glob("dlsuite/**/*.py")):
    importlib.import_module(".".join(file.relative_to(REPOSITORY).with_suffix("").parts).removesuffix(".__init__"))

from dlsuite import cli, runs
from dlsuite.recorder import Recorder

assert not hasattr(runs.os, "killpg") and not hasattr(runs.os, "O_DIRECTORY") and runs.SECONDS_OPEN > 0
stop_in = [20]


def stop_once(recorder, batch, logs=None):
    if stop_in and batch > stop_in[0]:
        stop_in.clear()
        runs.Run("run").stop()


Recorder.on_train_batch_begin = stop_once
for arguments in (["list"], ["train", "attention.pooling", "--epochs", "1", "--run-dir", "run"]):
    assert cli.main(arguments) == 0, arguments
run = runs.Run("run")
assert run.state == "stopped", run.state_and_error
assert 20 < int(runs.np.load(run.path / "checkpoint" / "state.npz")["step"]) < 100
assert cli.main(["resume", "run"]) == 0
assert run.state == "finished", run.state_and_error
assert refused["state.npz"] >= 4 and refused["model.keras"] == 2
run.delete()
assert not run.path.exists()

process = runs.start(["train", "gans.nothing"], Path("started"))
assert process.wait(60) == 2 and "gans.nothing" in runs.Run("started").log()

logging.disable(logging.CRITICAL)  # Streamlit's, of pages that are run without a browser
for file in sorted(REPOSITORY.glob("apps/**/*.py")):
    if file.parent.name == "apps":
        runpy.run_path(str(file), run_name="__main__")
    else:
        importlib.import_module(".".join(file.relative_to(REPOSITORY / "apps").with_suffix("").parts))
print("all of it ran")
"""
)

EACH_OF_THEM = """
import importlib
for name in "abcdef":
    try:
        importlib.import_module(f"dlsuite.{name}")
        print(name, "ran")
    except Exception as error:
        print(name, type(error).__name__)
"""


def run_in_a_process(script, repository, where) -> subprocess.CompletedProcess:
    command = [sys.executable, "-X", "warn_default_encoding", "-c", script, str(repository)]
    return subprocess.run(command, cwd=where, capture_output=True, encoding="utf-8", timeout=300)


@pytest.mark.slow
def test_everything_runs_with_what_windows_has(tmp_path):
    process = run_in_a_process(ALL_OF_IT, REPOSITORY, tmp_path)
    assert process.stdout.splitlines()[-1:] == ["all of it ran"], process.stderr


def test_windows_lacks_what_is_unixs(tmp_path):
    """Code of this project cannot reach it there, so the test above can fail."""
    package = tmp_path / "dlsuite"
    package.mkdir()
    (package / "__init__.py").touch()
    for name, code in {
        "a": "import fcntl",
        "b": "import os\nos.killpg",
        "c": "from os import fork",
        "d": "import signal\nsignal.SIGKILL",
        "e": "import os\nos.open('.', os.O_RDONLY)",
        "f": "import os, signal, sys\nassert (os.name, sys.platform) == ('nt', 'win32')\nos.getpid(), signal.SIGTERM",
    }.items():
        (package / f"{name}.py").write_text(code, "utf-8")
    process = run_in_a_process(AS_ON_WINDOWS + EACH_OF_THEM, tmp_path, tmp_path)
    expected = ["ModuleNotFoundError", "AttributeError", "ImportError", "AttributeError", "PermissionError", "ran"]
    assert process.stdout.split() == [word for pair in zip("abcdef", expected, strict=True) for word in pair], process
