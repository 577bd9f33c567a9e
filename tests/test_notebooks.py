"""Every notebook runs from its first cell to its last, and none is stored with outputs."""

from pathlib import Path

import nbformat
import pytest

from dlsuite.data import toy2d

NOTEBOOKS = sorted(Path(__file__).parent.parent.glob("notebooks/*.ipynb"))


def test_there_are_notebooks():
    assert NOTEBOOKS


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_no_outputs_are_stored(path):
    cells = nbformat.read(path, as_version=4).cells
    stored = [
        cell.source for cell in cells if cell.cell_type == "code" and (cell.outputs or cell.execution_count is not None)
    ]
    assert not stored, f"clear the outputs of {path.name} before committing it"


@pytest.mark.slow
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_it_runs(path, tmp_path, monkeypatch):
    """Its cells one after the other, with short epochs of points."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(toy2d, "STEPS_PER_EPOCH", 100)
    names = {"__name__": "__main__"}
    for cell in nbformat.read(path, as_version=4).cells:
        if cell.cell_type == "code":
            exec(compile(cell.source, cell.id, "exec"), names)
