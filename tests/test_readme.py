"""What the README says is there, is there: its commands, its table of lectures, its pictures, its numbers' commands."""

import re
from pathlib import Path

from dlsuite import catalog, serving

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
HELPERS = {"canvas.py", "panels.py", "plane.py", "trouble.py", "home.py"}
"""And every file that is named as an app and one of its parts, `gan_theory.py`."""


def lecture_rows():
    """The rows of the table lecture -> file -> app, each a list of its cells."""
    table = re.search(r"^\| lecture \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", README, re.MULTILINE)[1]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def linked(cell):
    """The paths that a cell links to."""
    return re.findall(r"\]\(([^)#]+)\)", cell)


def test_the_table_names_every_lesson_once():
    files = [path for row in lecture_rows() for path in linked(row[1])]
    assert len(files) == len(set(files))
    assert {f"dlsuite/{name.replace('.', '/')}.py" for name in catalog.names()} <= set(files)


def test_the_table_names_every_app():
    named = {path for row in lecture_rows() for path in linked(row[2])}
    files = {file.name for file in (ROOT / "apps").glob("*.py")} - HELPERS
    assert named == {f"apps/{name}" for name in files if f"{name.split('_')[0]}.py" not in files - {name}}


def test_every_link_leads_somewhere():
    paths = [path for path in linked(README) if "://" not in path]
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_every_command_is_one_that_there_is():
    names = {*catalog.names(), *serving.names()}
    called = re.findall(r"dlsuite (?:train|evaluate|export) ([\w.-]+)", README)
    assert called
    assert [name for name in called if name not in names and "/" not in name] == []


def test_it_opens_with_two_commands_that_set_everything_up():
    commands = re.findall(r"^```sh\n(.*)\n```$", README, re.MULTILINE)
    assert ".venv/bin/streamlit run apps/" in commands[0]
    assert commands[1].endswith(".venv/bin/pytest")
    assert all("pip install -e" in command for command in commands[:2])


def test_continuous_integration_runs_the_readmes_test_command():
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "README.md" in script
    assert "pytest" not in script  # it has no command of its own
