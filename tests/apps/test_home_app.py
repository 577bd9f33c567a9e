"""The page that joins the lectures' apps."""

import ast

from conftest import REPOSITORY

APPS = REPOSITORY / "apps"


def test_it_opens_and_names_every_lecture(app):
    test = app("home.py")
    assert not test.exception
    tree = ast.parse((APPS / "home.py").read_text("utf-8"))
    lectures = next(
        ast.literal_eval(node.value)
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "LECTURES"
    )
    shown = " ".join(element.value for element in test.markdown)
    assert lectures
    for script, (_, _, summary) in lectures.items():
        assert (APPS / script).exists()
        assert summary in shown
    assert {file.name for file in APPS.glob("*.py")} - {"home.py", "panels.py"} == lectures.keys()
