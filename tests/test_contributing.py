"""CONTRIBUTING.md: its template is a lesson that trains and exports, and its walls are those that are held."""

import ast
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
DOCUMENT = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
TEMPLATE = re.search(r"^```python\n(.*?)^```$", DOCUMENT, re.MULTILINE | re.DOTALL)[1]
NAME = re.search(r"`dlsuite/(\w+/\w+)\.py`, if there were such a lesson", DOCUMENT)[1]
LESSON = NAME.replace("/", ".")

PROOF = """
import sys
import numpy as np
from dlsuite import catalog, cli, serving

lesson, data = sys.argv[1:]
for command in (
    ["train", lesson, "--dataset", data, "--epochs", "1", "--batch-size", "8", "--run-dir", "run"],
    ["evaluate", "run", "--json"],
    ["export", "run", "--to", "exported"],
):
    assert cli.main(command) == 0, command
model, served = serving.load_keras("run"), serving.load("exported")
assert served.signatures == list(model.signatures())
(name,) = served.shapes("serving_default")
examples = np.random.default_rng(0).random((3, *model.data_shape)).astype("float32")
(answer,) = served.serving_default(**{name: examples}).values()
np.testing.assert_allclose(answer, model(examples), atol=1e-5)
low, high = model.input_limits[name]
try:
    served.serving_default(**{name: examples + high})
except ValueError as error:
    assert f"from {low} to {high}" in str(error)
else:
    raise AssertionError("it answers to inputs outside of its limits")
"""


@pytest.fixture(scope="module")
def package(tmp_path_factory):
    """A copy of the package in which the template is a lesson."""
    folder = tmp_path_factory.mktemp("package")
    shutil.copytree(ROOT / "dlsuite", folder / "dlsuite", ignore=shutil.ignore_patterns("__pycache__"))
    file = folder / "dlsuite" / f"{NAME}.py"
    assert not file.exists()
    file.write_text(TEMPLATE, "utf-8")
    return folder


@pytest.mark.slow
def test_the_template_trains_by_the_command_and_exports(package, own_pictures):
    process = subprocess.run(
        [sys.executable, "-c", PROOF, LESSON, str(own_pictures)],
        cwd=package,
        env=os.environ | {"PYTHONPATH": str(package)},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert process.returncode == 0, process.stderr
    assert '{"squared_error": ' in process.stdout
    assert list((package / "run" / "preview").glob("*.png"))


def test_the_template_has_every_part_of_the_contract():
    contract = DOCUMENT.split("\n## The contract\n")[1].split("\n## ")[0]
    parts = re.findall(r"`(\w+)", " ".join(re.findall(r"^- \*\*(.*?)\*\*", contract, re.MULTILINE)))
    assert {"signatures", "train", "measure", "own_settings"} <= set(parts)
    names = {node.id for node in ast.walk(ast.parse(TEMPLATE)) if isinstance(node, ast.Name)}
    names |= {node.name for node in ast.walk(ast.parse(TEMPLATE)) if isinstance(node, ast.FunctionDef)}
    assert [part for part in [*parts, "registered", "get_config"] if part not in names] == []


def test_the_template_is_as_the_linters_want_it(tmp_path):
    pytest.importorskip("ruff", reason="ruff is not installed")
    file = tmp_path / "template.py"
    file.write_text(TEMPLATE, "utf-8")
    for command in (["check"], ["format", "--check"]):
        ruff = [sys.executable, "-m", "ruff", *command, "--config", str(ROOT / "pyproject.toml"), str(file)]
        process = subprocess.run(ruff, capture_output=True, text=True, timeout=60)
        assert process.returncode == 0, process.stdout


def test_the_walls_name_the_ground():
    tree = ast.parse((ROOT / "tests" / "test_walls.py").read_text("utf-8"))
    (ground,) = (node.value for node in tree.body if isinstance(node, ast.Assign) and node.targets[0].id == "GROUND")
    (row,) = re.findall(r"^\| the ground: (.*?) \|", DOCUMENT, re.MULTILINE)
    assert re.findall(r"`(\w+)`", row) == [name.removeprefix("dlsuite.") for name in ast.literal_eval(ground)]


def test_every_link_leads_somewhere():
    links = [path for path in re.findall(r"\]\(([^)#]+)\)", DOCUMENT) if "://" not in path]
    assert links
    assert [path for path in links if not (ROOT / path).exists()] == []
