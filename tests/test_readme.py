"""What the README and docs/results say is there, is there: commands, tables, pictures, code, numbers, licences."""

import importlib.metadata
import re
import tomllib
from pathlib import Path

import pytest
from PIL import Image

from dlsuite import SAVED_MODELS, catalog, serving

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text("utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
PAGES = sorted((ROOT / "docs" / "results").glob("*.md"))
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)


def rows_of(document, first):
    """The rows of the table whose first column is called `first`, each a list of its cells."""
    table = re.search(rf"^\| {first} \|.*\n\|[-| ]+\|\n((?:\|.*\n)+)", document, re.MULTILINE)[1]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]


def section(title):
    """What the README says under the heading `title`."""
    return README.split(f"\n## {title}\n")[1].split("\n## ")[0]


def linked(text):
    """The paths that a text links to."""
    return [path for path in re.findall(r"\]\(([^)#]+)\)", text) if "://" not in path]


def numbers(text):
    return set(re.findall(r"\d[\d,]*(?:\.\d+)?", text))


# The README.


def test_it_is_short():
    assert len(README.splitlines()) <= 140


def test_it_opens_with_commands_that_set_everything_up():
    run, test = (re.findall(r"^```sh\n(.*?)^```$", section(title), re.M | re.S) for title in ("Run it", "Test it"))
    assert len(run) == len(test) == 1
    assert all("pip install -e" in commands for commands in run + test)
    (page,) = re.findall(r"\.venv/bin/streamlit run (apps/\w+\.py)$", run[0], re.MULTILINE)
    assert (ROOT / page).exists()
    assert test[0].rstrip().endswith(".venv/bin/pytest")


def test_continuous_integration_runs_the_readmes_test_command():
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert "README.md" in script
    assert "'/^## Test it/" in script
    assert "pytest" not in script  # it has no command of its own


def test_the_table_names_every_lecture_and_its_results():
    folders = [path for row in rows_of(README, "lecture") for path in linked(row[1])]
    assert sorted(folders) == sorted({f"dlsuite/{name.split('.')[0]}" for name in catalog.names()})
    pages = [path for row in rows_of(README, "lecture") for path in linked(row[3])]
    assert sorted(pages) == [str(page.relative_to(ROOT)) for page in PAGES]


def test_the_table_names_every_app():
    named = {path for row in rows_of(README, "lecture") for path in linked(row[2])}
    assert named == {f"apps/{file.name}" for file in (ROOT / "apps").glob("*.py")} - {"apps/home.py"}


def test_the_lesson_is_quoted_as_it_stands():
    lesson = section("What a lesson looks like")
    (file,) = linked(lesson)
    (code,) = re.findall(r"^```python\n(.*?)^```$", lesson, re.M | re.S)
    equation, step = code.split("\n...\n")
    source = (ROOT / file).read_text("utf-8")
    assert source.startswith(equation)
    assert f"\n\n{step}\n\n" in source  # the whole method, and no more
    assert step.startswith("    def train_step")


def test_the_moving_picture_moves_and_is_small():
    (path,) = linked(README.split("\n## ")[0])
    assert (ROOT / path).stat().st_size < 600e3
    with Image.open(ROOT / path) as picture:
        assert picture.n_frames > 20


def test_its_results_are_those_of_the_lectures_pages():
    pages = set.union(*(numbers(page.read_text("utf-8")) for page in PAGES))
    rows = rows_of(section("Results"), "model")
    values = set.union(*(numbers(row[2]) for row in rows))
    assert len(rows) >= 6
    assert values - pages == set()
    assert [row for row in rows if not row[3].startswith(("`dlsuite ", "`python "))] == []


def test_its_speeds_are_those_of_the_tables_and_their_commands():
    speed = " ".join((ROOT / "docs" / "speed.md").read_text("utf-8").split())
    for training, *ratios, command in rows_of(section("Speed"), "training"):
        part = next(part for part in speed.split("## ") if command.strip("`") in part)
        assert [ratio for ratio in ratios if f"| {ratio} |" not in part] == [], training


# All documents.


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.stem)
def test_every_link_leads_somewhere(document):
    links = linked(document.read_text("utf-8"))
    assert [path for path in links if not (document.parent / path).exists()] == []


def test_every_picture_is_shown_somewhere():
    shown = {(document.parent / path).resolve() for document in DOCUMENTS for path in linked(document.read_text())}
    pictures = [file for file in (ROOT / "docs" / "pictures").glob("*.*")]
    assert pictures
    assert [file.name for file in pictures if file.resolve() not in shown] == []


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda file: file.stem)
def test_every_command_is_one_that_there_is(document):
    text = " ".join(document.read_text("utf-8").split())
    names = {*catalog.names(), *serving.names()}
    called = re.findall(r"dlsuite (?:train|evaluate|export) (\w+\.[\w.-]+\w)", text)
    assert [name for name in called if name not in names] == []
    scripts = re.findall(r"python (benchmarks/\w+\.py)", text)
    assert [script for script in scripts if not (ROOT / script).exists()] == []
    assert called or scripts or document.parent.name != "results"


# The lectures' pages.


def page_of(package):
    """The page with the results of a package's lessons."""
    (row,) = (row for row in rows_of(README, "lecture") if f"dlsuite/{package}" in linked(row[1]))
    return ROOT / linked(row[3])[0]


@pytest.mark.parametrize("name", catalog.names())
def test_every_lesson_has_a_row(name):
    page = page_of(name.split(".")[0])
    rows = rows_of(page.read_text("utf-8"), "system")
    files = [(page.parent / path).resolve() for row in rows for path in linked(row[2])]
    assert files.count((ROOT / "dlsuite" / f"{name.replace('.', '/')}.py").resolve()) == 1


@every_page
def test_every_name_is_its_files(page):
    links = re.findall(r"\[`([\w.]+)`\]\(([^)]+\.py)\)", page.read_text("utf-8"))
    assert links
    assert [name for name, path in links if not path.endswith(f"/dlsuite/{name.replace('.', '/')}.py")] == []


def test_the_shipped_models_are_those_that_ship():
    shipped = []
    for page in PAGES:
        for row in rows_of(page.read_text("utf-8"), "system"):
            (module,) = re.findall(r"\[`([\w.]+)`\]", row[2])
            models = re.findall(r"`([\w.-]+)`", row[3])
            assert [model for model in models if catalog.module_of(model) != module] == []
            shipped += models
    assert sorted(shipped) == serving.names()


@every_page
def test_a_headline_is_a_number_of_the_page_or_of_the_models_card(page):
    document = page.read_text("utf-8")
    for row in rows_of(document, "system"):
        cards = [(SAVED_MODELS / name / "README.md").read_text("utf-8") for name in re.findall(r"`([\w.-]+)`", row[3])]
        sources = numbers("".join([document.replace(row[4], ""), *cards]))
        assert numbers(re.sub(r"\(.*?\)", "", row[4])) - sources == set(), row[0]


# Licences.


def test_the_licence_files_are_there():
    assert PROJECT["license"] == "MIT"
    assert PROJECT["license-files"] == ["LICENSE", "NOTICE"]
    assert (ROOT / "LICENSE").read_text("utf-8").startswith("MIT License\n\nCopyright (c) ")


def test_the_notice_names_all_that_is_no_code():
    notice = (ROOT / "NOTICE").read_text("utf-8")
    code = {".py", ".js", ".toml", ".css"}
    files = [file for folder in ("dlsuite", "apps") for file in (ROOT / folder).rglob("*.*") if file.is_file()]
    others = [file for file in files if file.suffix not in code and "__pycache__" not in file.parts]
    named = [str(file.relative_to(ROOT)) for file in others if SAVED_MODELS not in file.parents]
    assert named
    missing = [name for name in [*named, *serving.names()] if not re.search(rf"(^|\s){re.escape(name)}[\s,]", notice)]
    assert missing == []


def test_python_ends_where_the_wheels_of_tensorflow_do():
    classifiers = importlib.metadata.metadata("tensorflow").get_all("Classifier")
    versions = [int(minor) for each in classifiers for minor in re.findall(r"Python :: 3\.(\d+)$", each)]
    assert PROJECT["requires-python"].split(",")[1] == f"<3.{max(versions) + 1}"
    assert f"Python 3.11 to 3.{max(versions)}" in README


def test_every_extra_that_the_documents_name_exists():
    named = set(re.findall(r'"\.\[(\w+)\]"', "".join(file.read_text("utf-8") for file in DOCUMENTS)))
    assert {"test", "gpu", "photographs"} <= named <= PROJECT["optional-dependencies"].keys()
    (tensorflow,) = (each for each in PROJECT["dependencies"] if each.startswith("tensorflow>"))
    assert PROJECT["optional-dependencies"]["gpu"] == [tensorflow.replace("tensorflow", "tensorflow[and-cuda]")]
