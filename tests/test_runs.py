"""The run directory: whole files, one trainer at a time, the truth about dead processes."""

import contextlib
import errno
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import strategies as st

from dlsuite import runs

HOLD_THE_LOCK = """
import sys, time
from dlsuite import runs
with runs.Run(sys.argv[1]).lock():
    print("locked", flush=True)
    time.sleep(60)
"""


@pytest.fixture
def run(tmp_path):
    return runs.create("gans.gan", {"dataset": "ring"}, tmp_path / "run", devices=1)


@pytest.fixture
def trainer(run):
    """A process that holds the run, as a training does."""
    command = [sys.executable, "-c", HOLD_THE_LOCK, str(run.path)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "locked\n"
    run.update(pid=process.pid)
    yield process
    process.kill()
    process.wait()
    process.stdout.close()


def test_create_writes_down_what_it_was_given(run):
    expected = {"name": "gans.gan", "arguments": {"dataset": "ring"}, "devices": 1, "pid": os.getpid()}
    assert run.record == expected | {"state": "running"}


def test_create_refuses_a_directory_that_holds_a_run(run):
    run.update(steps_per_epoch=10)
    before = (run.path / "run.json").read_bytes()
    with pytest.raises(runs.RunError, match="already contains a run: resume it, or choose another directory"):
        runs.create("gans.gan", {}, run.path)
    assert (run.path / "run.json").read_bytes() == before


def test_new_paths_differ(tmp_path):
    first, second = runs.new_path("gans.gan", tmp_path), runs.new_path("gans.gan", tmp_path)
    assert first != second
    assert first.is_dir()
    assert second.is_dir()
    assert first.parent == tmp_path / "gans.gan"


def test_every_lists_what_changed_last_first(tmp_path):
    paths = [tmp_path / "gans.gan" / "ring", tmp_path / "gans.wgan_gp" / "2026-01-03", tmp_path / "a" / "2026-01"]
    made = [runs.create(path.parent.name, {}, path) for path in paths]
    (tmp_path / "gans.gan" / "no_run").mkdir()
    made[0].update(state="stopped")
    assert runs.every(tmp_path) == [made[0], made[2], made[1]]
    assert runs.every(tmp_path / "nowhere") == []


def test_a_title_names_what_there_is(tmp_path):
    assert runs.create("gans.gan", {"dataset": "ring"}, tmp_path / "one").title == "gans.gan · ring · one"
    assert runs.create("gans.gan", {}, tmp_path / "two").title == "gans.gan · two"
    path = "/home/ada/runs/uploads/7a1c/faust.txt"
    assert runs.create("a.b", {"dataset": path}, tmp_path / "three").title == "a.b · faust.txt · three"


FILES_FOLDERS = ("preview", "checkpoint", "mine", ".git", "src")
FOREIGN = [
    ".env",
    ".gitignore",
    ".git/.index.7.lock",
    ".metrics.csv.swp",
    ".notes.12.md",
    "checkpoint/.state.npz.bak",
    "model (2).keras",
    "preview/.DS_Store",
    "preview/0000025 (1).png",
    "preview/25.png",
    "preview/Thumbs.db",
    "preview/best.png",
    "preview/０００００２５.png",
    "src/.model.12.keras",
]
"""Files that are not a run's, as systems, editors and people put them there."""


def place(folder, names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")


def files_below(folder):
    return {str(file.relative_to(folder)) for file in folder.rglob("*") if file.is_file()}


def test_tidying_removes_what_is_half_written_and_nothing_else(run):
    half_written = [
        "checkpoint/.state.123.npz",
        "preview/.0000001.7.png",
        "preview/.0000001.7.npz",
        ".run.9.json",
        ".metrics.12.csv",
        ".model.4711.keras",
    ]
    place(run.path, [*half_written, *FOREIGN])
    run.tidy()
    assert files_below(run.path) == {"run.json", *FOREIGN}


def test_foreign_files_are_not_read(run):
    place(run.path, [*FOREIGN, "preview/0001000.png"])
    assert list(run.previews()) == [1000]
    assert run.arrays("samples") == {}


def test_deleting_a_run_leaves_foreign_files(run):
    place(run.path, [*FOREIGN, "metrics.csv", "preview/0001000.png", "checkpoint/state.npz", "lock"])
    run.delete()
    assert files_below(run.path) == set(FOREIGN)


@pytest.mark.parametrize("name", ["metrics.csv", "model.keras", "log.txt", "notes.md", "preview/0000001.png"])
def test_a_folder_of_other_files_stays_as_it_is(tmp_path, name):
    place(tmp_path, [name])
    with pytest.raises(runs.RunError, match=r"contains other files \(.+\): choose an empty directory"):
        runs.create("gans.gan", {}, tmp_path)
    assert files_below(tmp_path) == {name}


def test_hidden_files_are_in_nobodys_way(tmp_path):
    place(tmp_path, [".env", ".git/config", "Thumbs.db", "lock"])
    runs.create("gans.gan", {}, tmp_path)
    assert files_below(tmp_path) == {".env", ".git/config", "Thumbs.db", "lock", "run.json"}


OWN = ["run.json", "metrics.csv", "steps.csv", "model.keras", "log.txt", "lock", "stop", "preview/0000001.png"]
OWN += ["events.out.tfevents.1796087195523489000"]
OWN_TEMPORARY = [".metrics.12.csv", ".model.4711.keras", "preview/.0000001.7.npz", "checkpoint/.state.123.npz"]
PLAIN = st.characters(codec="utf-8", exclude_characters="/\0", exclude_categories=("Cs",))
FOLDERS = st.sampled_from(["", "preview/", "checkpoint/", "mine/"])
NAMES = st.one_of(
    st.sampled_from([*FOREIGN, *OWN, "checkpoint/state.npz", *OWN_TEMPORARY]),
    st.builds(
        "{}{}".format,
        st.sampled_from(["", "preview/", "checkpoint/", "mine/"]),
        st.text(PLAIN, min_size=1, max_size=20),
    ),
    st.from_regex(r"(preview/|checkpoint/)?\.?[a-z0-9]{1,8}(\.[0-9]{1,4})?\.(png|npz|csv|json|keras)", fullmatch=True),
).filter(lambda name: not set(name.split("/")) & {"", ".", ".."} and name not in FILES_FOLDERS)


def is_own(name: str) -> bool:
    return name in (*OWN, "checkpoint/state.npz") or bool(re.fullmatch(r"preview/[0-9]{7,}\.(png|npz)", name))


def is_half_written(name: str) -> bool:
    folder, _, file = name.rpartition("/")
    parts = file.split(".")
    is_temporary = len(parts) == 4 and parts[0] == "" and bool(re.fullmatch("[0-9]+", parts[2]))
    return is_temporary and is_own(f"{folder}/{parts[1]}.{parts[3]}".lstrip("/"))


@hypothesis.settings(derandomize=True, deadline=None, max_examples=100)
@hypothesis.given(st.sets(NAMES, max_size=12))
def test_whatever_lies_in_a_run_directory_stays_there(names):
    with tempfile.TemporaryDirectory() as folder:
        run = runs.create("gans.gan", {}, Path(folder, "run"))
        place(run.path, sorted(names - {"run.json"}))
        before = files_below(run.path)
        run.tidy()
        assert before - files_below(run.path) == {name for name in before if is_half_written(name)}
        pictures = {name for name in before if is_own(name) and name.endswith(".png")}
        assert run.previews().keys() == {int(Path(name).stem) for name in pictures}
        run.delete()
        assert files_below(run.path) == {name for name in before if not is_own(name) and not is_half_written(name)}


@hypothesis.settings(derandomize=True, deadline=None, max_examples=100)
@hypothesis.given(st.sets(NAMES, min_size=1, max_size=3))
def test_a_run_begins_only_where_nothing_is_lost(names):
    with tempfile.TemporaryDirectory() as folder:
        place(Path(folder), sorted(names))
        content = {name: Path(folder, name).read_bytes() for name in files_below(Path(folder))}
        with contextlib.suppress(runs.RunError):
            runs.create("gans.gan", {}, folder)
        assert {name: Path(folder, name).read_bytes() for name in content} == content


@pytest.mark.parametrize("state", ["failed", "stopped", "running"])
def test_a_run_that_ended_before_its_first_step_is_replaced(run, state):
    """As one that is said to be running was: its process was killed."""
    run.update(state=state)
    place(run.path, ["log.txt", "lock", ".gitignore"])
    assert runs.create("gans.gan", {"epochs": 1}, run.path).record["arguments"] == {"epochs": 1}
    run.update(state="failed", steps_per_epoch=10)
    with pytest.raises(runs.RunError, match="already contains a run"):
        runs.create("gans.gan", {}, run.path)


@pytest.mark.parametrize("name", ["metrics.csv", "model.keras", "checkpoint/state.npz", "preview/0000001.png"])
def test_what_lies_beside_a_run_without_a_step_is_not_its_own(run, name):
    run.update(state="failed")
    place(run.path, [name])
    with pytest.raises(runs.RunError, match="contains other files"):
        runs.create("gans.gan", {}, run.path)
    assert (run.path / name).read_text() == "mine"


def test_a_run_that_is_about_to_begin_is_not_replaced(run, trainer):
    with pytest.raises(runs.RunError, match="is being trained by another process"):
        runs.create("gans.gan", {}, run.path)


def test_write_replaces_the_whole_file(tmp_path):
    file = tmp_path / "file"
    runs.write(file, b"first, and longer")
    with open(file, "rb") as reader:
        runs.write(file, b"second")
        assert reader.read() == b"first, and longer"  # who reads meanwhile sees the old one
    assert file.read_bytes() == b"second"
    assert list(tmp_path.iterdir()) == [file]


@pytest.mark.parametrize("broken", ["fsync", "replace"])
def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch, broken):
    file = tmp_path / "file"
    runs.write(file, b"first")

    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, broken, fail)
    with pytest.raises(OSError, match="No space left"):
        runs.write(file, b"second")
    assert file.read_bytes() == b"first"
    assert list(tmp_path.iterdir()) == [file]


def test_the_file_is_synced_before_it_is_renamed(tmp_path, monkeypatch):
    order, sync, replace = [], os.fsync, os.replace
    monkeypatch.setattr(os, "fsync", lambda descriptor: (order.append("sync"), sync(descriptor)))
    monkeypatch.setattr(os, "replace", lambda *paths: (order.append("rename"), replace(*paths)))
    runs.write(tmp_path / "file", b"content")
    assert order == ["sync", "rename", "sync"]  # the file, then its name, then the folder


@pytest.mark.slow
def test_one_trainer_at_a_time(run, trainer):
    assert run.is_alive
    assert run.state == "running"
    with pytest.raises(runs.RunError, match="is being trained by another process"), run.lock():
        pytest.fail("two processes hold the lock")


def test_a_killed_process_has_failed(run, trainer):
    trainer.kill()
    trainer.wait()
    assert not run.is_alive
    state, error = run.state_and_error
    assert state == "failed"
    assert "killed" in error
    assert run.record["state"] == "running"  # nobody was left to write it down
    with run.lock():
        assert run.is_alive


def test_asking_does_not_disturb_the_trainer(run):
    """`is_alive` takes the lock for an instant; a trainer that begins in that instant waits for it."""
    import fcntl
    import threading

    with open(run.path / "lock", "a") as reader:
        fcntl.flock(reader, fcntl.LOCK_SH)
        threading.Timer(0.2, lambda: fcntl.flock(reader, fcntl.LOCK_UN)).start()
        with run.lock():
            assert run.is_alive


@pytest.mark.parametrize("state", ["stopped", "finished", "failed"])
def test_other_states_are_as_written(run, state):
    run.update(state=state, error="the reason")
    assert run.state_and_error == (state, "the reason")


def test_stop_asks_the_trainer(run, trainer):
    assert not run.is_asked_to_stop
    run.stop()
    assert run.is_asked_to_stop


def test_stop_of_a_dead_run_asks_nobody(run):
    run.stop()
    assert not run.is_asked_to_stop


def test_a_wish_to_stop_is_not_for_the_next_process(run, trainer):
    run.stop()
    trainer.kill()
    trainer.wait()
    assert run.is_asked_to_stop
    with run.lock():
        assert not run.is_asked_to_stop
        run.stop()
        assert run.is_asked_to_stop
    assert not (run.path / "stop").exists()


def test_a_run_that_was_stopped_before_its_first_step_is_replaced(run, trainer):
    run.stop()
    trainer.kill()
    trainer.wait()
    assert runs.create("gans.gan", {"epochs": 1}, run.path).record["arguments"] == {"epochs": 1}


def test_delete(run, trainer):
    with pytest.raises(runs.RunError, match="is being trained: stop it first"):
        run.delete()
    assert run.path.exists()
    trainer.kill()
    trainer.wait()
    run.delete()
    assert not run.path.exists()


@pytest.mark.parametrize("content", ["", "{", '{"name": "gans', "{}", "[1]", '{"name": "gans.gan"}'])
def test_a_damaged_record(run, content):
    (run.path / "run.json").write_text(content)
    with pytest.raises(runs.RunError, match=r"run\.json is damaged"):
        run.state  # noqa: B018


def test_no_record(tmp_path):
    with pytest.raises(runs.RunError, match="is not a run directory"):
        runs.Run(tmp_path).state  # noqa: B018


def test_update_keeps_the_other_fields(run):
    run.update(state="stopped", epochs=3)
    assert json.loads((run.path / "run.json").read_text()) == run.record
    assert (run.record["state"], run.record["epochs"], run.record["name"]) == ("stopped", 3, "gans.gan")


def test_tables(run):
    assert run.metrics() == run.steps() == []
    (run.path / "metrics.csv").write_text("epoch,loss\r\n1,0.5\r\n2,0.25\r\n")
    assert run.metrics() == [{"epoch": 1, "loss": 0.5}, {"epoch": 2, "loss": 0.25}]


@pytest.mark.parametrize(
    "rows", [b"2", b"2,0.2,7", b"2,", b"2,0.2x", b"2,\xff", b'2,"0.2'], ids=lambda rows: ascii(rows.decode("latin-1"))
)
@pytest.mark.parametrize("name", ["metrics", "steps"])
def test_a_damaged_table_gets_a_sentence(run, name, rows):
    (run.path / f"{name}.csv").write_bytes(b"epoch,loss\r\n1,0.5\r\n" + rows)
    with pytest.raises(runs.RunError, match=rf"{name}\.csv is damaged \(.+\)"):
        getattr(run, name)()


def test_an_empty_table_has_no_rows(run):
    (run.path / "metrics.csv").touch()
    assert run.metrics() == []


@pytest.fixture
def arrays_file(run):
    """The arrays of one preview."""
    file = run.path / "preview" / "0000025.npz"
    file.parent.mkdir()
    np.savez_compressed(file, samples=np.arange(1000.0), latent=np.ones(3))
    return file


def test_arrays_by_step(run, arrays_file):
    np.savez(arrays_file.with_name("0001000.npz"), other=np.zeros(3))
    (found,) = run.arrays("samples").items()
    assert found[0] == 25
    np.testing.assert_array_equal(found[1], np.arange(1000.0))
    assert run.arrays("nothing") == {}


@pytest.mark.parametrize("share", [0, 0.01, 0.5, 0.99])
def test_torn_arrays_get_a_sentence(run, arrays_file, share):
    content = arrays_file.read_bytes()
    arrays_file.write_bytes(content[: int(share * len(content))])
    with pytest.raises(runs.RunError, match=r"0000025\.npz is damaged \(.+\)"):
        run.arrays("samples")


@pytest.mark.parametrize("place", [0, 40, 500, -20], ids=lambda place: f"from byte {place}")
def test_overwritten_arrays_get_a_sentence(run, arrays_file, place):
    content = bytearray(arrays_file.read_bytes())
    content[place : place + 16] = b"\xff" * 16
    arrays_file.write_bytes(content)
    with pytest.raises(runs.RunError, match="is damaged"):
        run.arrays("samples")


def test_previews_by_step(run):
    assert run.previews() == {}
    folder = run.path / "preview"
    folder.mkdir()
    for name in ("0001000.png", "0000025.png", "0000025.npz", "0002000.npz", ".0002000.123.png", "Thumbs.db"):
        (folder / name).touch()
    assert list(run.previews().items()) == [(25, folder / "0000025.png"), (1000, folder / "0001000.png")]


def test_log(run):
    assert run.log() == ""
    (run.path / "log.txt").write_bytes(b"one\ntwo\nthr\xffee\n")
    assert run.log(2) == "two\nthr\ufffdee"


def test_start_runs_the_command_apart(tmp_path):
    process = runs.start(["train", "gans.nothing"], tmp_path / "run")
    assert process.wait(60) == 2
    assert "gans.nothing" in runs.Run(tmp_path / "run").log()
    assert os.getpgid(0) != process.pid


def test_a_started_run_has_a_session_of_its_own(tmp_path):
    process = runs.start(["list"], tmp_path / "run")
    assert os.getsid(process.pid) == process.pid
    end = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < end:
        time.sleep(0.05)
    assert process.returncode == 0
