"""Who may import whom (DESIGN.md, section 1)."""

import ast
import graphlib
import subprocess
import sys
from pathlib import Path

import pytest

import dlsuite

PACKAGE = Path(dlsuite.__file__).parent
REPOSITORY = PACKAGE.parent
LECTURES = sorted(folder.name for folder in PACKAGE.iterdir() if (folder / "__init__.py").exists())
LECTURES.remove("data")
APPS = REPOSITORY / "apps"
GROUND = ("dlsuite.arguments", "dlsuite.devices", "dlsuite.fitting", "dlsuite.keras_settings", "dlsuite.pictures")
BUILDS_ON: dict[str, tuple[str, ...]] = {}
"""By lecture, the other lectures that it may import."""
SPINE = sorted(file.stem for file in PACKAGE.glob("*.py"))


def imports(file: Path) -> set[str]:
    """The full names of all that a file imports, wherever in it: `from dlsuite import runs` is `dlsuite.runs`."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file} imports relatively"
            names |= {_full_name(node.module, alias.name) for alias in node.names}
    return names


def _full_name(module: str, name: str) -> str:
    """A module's name where `name` is a module, else the module that `name` lies in."""
    path = REPOSITORY / module.replace(".", "/") / name
    return f"{module}.{name}" if path.is_dir() or path.with_suffix(".py").exists() else module


def within(name: str, package: str) -> bool:
    return name == package or name.startswith(f"{package}.")


def of_dlsuite(file: Path) -> set[str]:
    return {name for name in imports(file) if within(name, "dlsuite")}


def strangers_in(file: Path, *allowed: str) -> list[str]:
    """What a file imports of dlsuite that lies in none of the `allowed` modules and packages."""
    return sorted(
        name for name in of_dlsuite(file) if name != "dlsuite" and not any(within(name, room) for room in allowed)
    )


def files_of(*folders: str) -> list[Path]:
    return sorted(file for folder in folders for file in (REPOSITORY / folder).rglob("*.py"))


def relative(file: Path) -> str:
    return str(file.relative_to(REPOSITORY))


def test_the_walls_see_what_is_imported(tmp_path):
    file = tmp_path / "room.py"
    file.write_text("import dlsuite.gans.gan\ndef f():\n    from dlsuite import runs, SAVED_MODELS\n")
    assert imports(file) == {"dlsuite.gans.gan", "dlsuite.runs", "dlsuite"}
    assert "gans" in LECTURES
    assert {"catalog", "runs", "serving", "cli", "recorder", "checkpoint"} <= set(SPINE)


@pytest.mark.parametrize("file", files_of("dlsuite/data"), ids=relative)
def test_data_imports_only_the_ground_and_data(file):
    assert strangers_in(file, *GROUND, "dlsuite.data") == []


@pytest.mark.parametrize("file", files_of(*(f"dlsuite/{lecture}" for lecture in LECTURES)), ids=relative)
def test_a_lecture_imports_only_data_itself_and_what_it_builds_on(file):
    lecture = file.parent.name
    rooms = [f"dlsuite.{each}" for each in ("data", lecture, *BUILDS_ON.get(lecture, ()))]
    assert strangers_in(file, *GROUND, *rooms) == []


def in_order(builds_on: dict[str, tuple[str, ...]]) -> list[str]:
    """The lectures of a table, each after those that it builds on; `graphlib.CycleError` if there is no such order."""
    return list(graphlib.TopologicalSorter(builds_on).static_order())


def test_lectures_build_on_lectures_and_not_in_a_circle():
    assert set(in_order(BUILDS_ON)) <= set(LECTURES)


def test_a_circle_of_lectures_would_be_seen():
    assert in_order({"attention": ("recurrent",), "captions": ("attention", "vision")})[-1] == "captions"
    for circle in (
        {"gans": ("gans",)},
        {"attention": ("recurrent",), "recurrent": ("vision",), "vision": ("attention",)},
    ):
        with pytest.raises(graphlib.CycleError):
            in_order(circle)


@pytest.mark.parametrize("name", SPINE)
def test_the_spine_knows_lectures_by_name_only(name):
    """`importlib.import_module(f"dlsuite.{name}")` is how it reaches them."""
    rooms = [f"dlsuite.{lecture}" for lecture in LECTURES]
    assert [found for found in of_dlsuite(PACKAGE / f"{name}.py") if any(within(found, room) for room in rooms)] == []


@pytest.mark.parametrize("file", files_of("dlsuite"), ids=relative)
def test_nothing_imports_the_apps(file):
    beside = {script.stem for script in APPS.glob("*.py")} | {"panels", "views"}
    strangers = {"streamlit", "apps"} | beside
    assert [name for name in imports(file) if name.split(".")[0] in strangers] == []


def test_streamlit_stays_in_the_apps():
    others = files_of("dlsuite", "tests", "benchmarks")
    of_others = [file for file in others if not within(".".join(file.relative_to(REPOSITORY).parts), "tests.apps")]
    assert [relative(file) for file in of_others if any(within(name, "streamlit") for name in imports(file))] == []


def test_an_apps_script_is_the_lead_and_the_views():
    scripts = {script.stem: script for script in APPS.glob("*.py")}
    assert {"home", "gan"} <= scripts.keys()
    assert [name for name, script in scripts.items() if len(script.read_text("utf-8").splitlines()) > 80] == []
    folders = {folder.name for folder in (APPS / "views").iterdir() if (folder / "__init__.py").exists()}
    assert folders == scripts.keys() - {"home"}
    assert [name for name in scripts if (APPS / name).exists()] == []  # a folder of that name would hide the script


@pytest.mark.parametrize("file", files_of("apps/panels"), ids=relative)
def test_the_panels_know_no_lecture(file):
    """They find lessons by name, through the catalog, and are what every view builds on."""
    strangers = ("views", *(f"dlsuite.{lecture}" for lecture in LECTURES))
    assert [name for name in imports(file) if any(within(name, room) for room in strangers)] == []


@pytest.mark.parametrize("file", files_of("apps/views"), ids=relative)
def test_a_view_imports_only_panels_and_views_of_its_lecture(file):
    of_apps = [name for name in imports(file) if name.split(".")[0] in {path.stem for path in APPS.iterdir()}]
    allowed = ("panels", f"views.{file.parent.name}")
    assert [name for name in of_apps if not any(within(name, room) for room in allowed)] == []


def test_no_grab_bags():
    assert [relative(file) for file in files_of("dlsuite", "apps", "tests") if file.stem in ("utils", "helpers")] == []


def test_package_files_stay_nearly_empty():
    files = [*PACKAGE.glob("*/__init__.py"), *APPS.rglob("__init__.py")]
    assert [relative(file) for file in files if file.read_text("utf-8").strip()] == []


def test_what_looks_on_costs_no_tensorflow():
    """Every module that a page or `dlsuite list` needs; one process for them all."""
    modules = (
        "dlsuite, dlsuite.catalog, dlsuite.runs, dlsuite.serving, dlsuite.shipping, dlsuite.cli, dlsuite.data.names, "
        "dlsuite.pictures, "
        "dlsuite.autoencoders.latent_density, dlsuite.autoencoders.pathologies, dlsuite.autoencoders.sheets, "
        "dlsuite.autoencoders.two_modes, dlsuite.autoencoders.variational_inference, dlsuite.gans.attributes, "
        "dlsuite.gans.loss_meaning, dlsuite.gans.maps, dlsuite.gans.pathologies"
    )
    script = f"""
import sys, {modules}
for name in dlsuite.catalog.names():
    dlsuite.catalog.lesson(name).resolve({{}})
print([name for name in ("tensorflow", "keras", "tensorflow_datasets", "streamlit") if name in sys.modules])
"""
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=120)
    assert process.stdout.strip() == "[]"
