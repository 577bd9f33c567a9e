"""Widgets that every lecture's app shares: playing trained models, training, watching runs, exporting."""

import gc
import hashlib
import io
import json
import math
import os
import re
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import canvas
import numpy as np
import streamlit as st
from PIL import Image
from streamlit.runtime.state import query_params, session_state

from dlsuite import SAVED_MODELS, catalog, runs, serving
from dlsuite.arguments import limits_of
from dlsuite.data import drawing, own, sources, text, text_pairs
from dlsuite.data import names as datasets

DRAWING = "my drawing …"
OWN_DATA = "my own …"
LIVE_SECONDS = 2.0
WARM, COLD, GREY = "#d95f0e", "#386cb0", "#8b95a1"
"""The colours of charts."""
SECONDS_TO_START = 60
LONGEST_PATH = 200
"""So many letters of a path are shown where there is no such file."""
SEED_LIMIT = 2**31 - 1
"""The largest seed that a served model takes."""
TRAINING_SEED_LIMIT = 2**32 - 1
"""The largest that a training takes."""
UPLOADS = runs.ROOT / "uploads"


def _said_by_url(value: str | list[str], kind: str):
    """What a URL says to a widget whose state is of this kind; without a sensible value the widget keeps its own.

    Streamlit takes `?view=` for a choice of nothing, which only a text may be, and fails over `?seed=inf`.

    Raises:
        ValueError: it says nothing sensible, on which Streamlit takes it out of the URL.
    """
    said = query_params.parse_url_param(value, kind)
    parts = said if isinstance(said, list) else [said]
    if parts in ([], [None]) or any(isinstance(part, float) and not math.isfinite(part) for part in parts):
        raise ValueError(f"{value!r}: there is nothing in it to choose")
    return said


session_state.parse_url_param = _said_by_url  # through which every widget reads the URL


def page(title: str, lead: str) -> None:
    """The page's title and the one sentence under it; begins to load TensorFlow while the user reads them."""
    st.set_page_config(page_title=f"{title} · dlsuite", page_icon="🧠", layout="wide")
    _begin_to_load_tensorflow()
    st.html("<style>.stMainBlockContainer {padding-top: 2.5rem} h1 {font-size: 2rem !important}</style>")
    st.title(title, anchor=False)
    st.markdown(lead)


@st.cache_resource
def _begin_to_load_tensorflow() -> threading.Thread:
    thread = threading.Thread(target=_load_tensorflow, daemon=True)
    thread.start()
    return thread


def _load_tensorflow() -> None:
    import keras
    import tensorflow as tf

    # The page plays small models; a GPU, which one process takes whole, is for the trainings beside it.
    tf.config.set_visible_devices([], "GPU")

    # Streamlit clears Keras's session and collects all garbage after every rerun, 300 ms each with TensorFlow loaded.
    # Nothing here builds Keras models, so there is nothing to clear, and what has been loaded by now stays.
    keras.backend.clear_session = lambda *arguments, **options: None
    gc.collect()
    gc.freeze()


@st.cache_resource(show_spinner="Loading the model …", max_entries=8)
def served(folder: str, changed: float) -> serving.Served:
    """The SavedModel in a folder of versions; `changed` is when it was written."""
    _begin_to_load_tensorflow().join()
    return serving.load(Path(folder))


class Trained(NamedTuple):
    """A trained model that the user has chosen."""

    source: str
    """What `serving.load` takes: a shipped model's name, or the folder of a run's SavedModel."""
    folder: Path
    """Where model.keras and run.json lie."""
    record: dict
    """What its run.json says."""
    model: serving.Served

    @property
    def dataset(self) -> str:
        """What it was trained on."""
        return self.record["arguments"].get("dataset", "mnist")

    @property
    def is_shipped(self) -> bool:
        """Whether it came with dlsuite."""
        return self.folder.parent == SAVED_MODELS

    @property
    def label(self) -> str:
        """A name for files and servers."""
        return self.source if self.is_shipped else self.record["name"]


def choose_model(
    lessons: list[str],
    first: str,
    *,
    label: str = "Model",
    key: str = "model",
    fits: Callable[[dict], bool] = lambda arguments: True,
) -> Trained | None:
    """Choose among the models that ship and the finished runs of some lessons; `None` after a message if that fails.

    Args:
        lessons: their names.
        first: the shipped model that is chosen at first.
        label: the widget's.
        key: the widget's, and the URL's.
        fits: whether a model that was trained with these arguments is among them.
    """
    shipped = [name for name in serving.names() if catalog.module_of(name) in lessons]
    shipped = [name for name in shipped if fits(runs.Run(SAVED_MODELS / name).record["arguments"])]
    shipped.sort(key=lambda name: name != first)
    finished = [str(run.path) for run in runs_of(lessons) if _has_finished(run) and fits(run.record["arguments"])]
    if not shipped + finished:
        st.info("There is no trained model yet. Train one first.")
        return None
    name = choose(
        label,
        shipped + finished,
        key,
        format_func=lambda name: (
            _shipped_title(name) if name in shipped else f"my run: {_run_title(name).partition('.')[2]}"
        ),
        help="The models that ship with dlsuite, and the runs that you have finished.",
    )
    folder = SAVED_MODELS / name if name in shipped else Path(name)
    versions = folder if name in shipped else exported(folder)
    if versions is None:
        return None
    try:
        record = runs.Run(folder).record
        model = served(str(versions), (versions / "1").stat().st_mtime)
    except (serving.ModelError, runs.RunError, OSError) as error:
        st.error(str(error))
        return None
    return Trained(name if name in shipped else str(versions), folder, record, model)


def _has_finished(run: runs.Run) -> bool:
    try:
        return (run.path / "model.keras").exists() and bool(run.record)
    except runs.RunError:
        return False


def _shipped_title(name: str) -> str:
    """The lesson, briefly, what it was trained on, and the variant where that says more."""
    dataset = runs.Run(SAVED_MODELS / name).record["arguments"].get("dataset", "mnist")
    variant = name.partition("-")[2]
    title = lesson_title(catalog.module_of(name)).partition(":")[0]
    return " · ".join([title, dataset, *({variant} - {"", dataset})])


def _run_title(path: str) -> str:
    try:
        return runs.Run(path).title
    except runs.RunError:
        return f"{Path(path).parent.name} · {Path(path).name}"


def exported(run: Path) -> Path | None:
    """The run's SavedModel, written by `dlsuite export` if it is not there yet; `None` after a message if it fails."""
    folder = run / "saved_model"
    if not (folder / "1" / "saved_model.pb").exists():
        with st.spinner("Exporting the run as a SavedModel …"):
            command = [sys.executable, "-m", "dlsuite.cli", "export", str(run), "--to", str(folder)]
            done = subprocess.run(command, capture_output=True, text=True)
        if done.returncode:
            st.error(done.stderr.strip().splitlines()[-1])
            return None
    return folder


def runs_of(lessons: list[str]) -> list[runs.Run]:
    """The runs of some lessons, the newest first."""
    return [run for run in runs.every() if run.path.parent.name in lessons]


def choose(label: str, options: list[str], key: str, **arguments) -> str:
    """A select box whose choice is kept in the URL under `key`, as it is and not as `format_func` shows it."""
    if key not in st.session_state and st.query_params.get(key) in options:
        st.session_state[key] = st.query_params[key]
    chosen = st.selectbox(label, options, key=key, **arguments)
    if st.query_params.get(key) != chosen:
        st.query_params[key] = chosen
    return chosen


def seed_input(label: str, key: str, value: int = 0, help: str = "The same seed gives the same result.") -> int:
    """A seed that is kept in the URL."""
    if key not in st.session_state and key not in st.query_params:
        st.session_state[key] = value
    return st.number_input(label, 0, SEED_LIMIT, key=key, bind="query-params", help=help)


def another_seed(key: str) -> None:
    """Callback: put a random seed into the widget `key`."""
    st.session_state[key] = int(np.random.default_rng().integers(0, 100_000))


def png(picture: np.ndarray) -> bytes:
    """A uint8 picture as a PNG file."""
    content = io.BytesIO()
    Image.fromarray(picture).save(content, "png")
    return content.getvalue()


def gif(pictures: list[np.ndarray], milliseconds: int = 120) -> bytes:
    """Pictures of one size as an endlessly repeating GIF file; the last one stays a little longer."""
    frames = [Image.fromarray(picture).quantize(128) for picture in pictures]
    durations = [milliseconds] * (len(frames) - 1) + [8 * milliseconds]
    content = io.BytesIO()
    frames[0].save(content, "gif", save_all=True, append_images=frames[1:], duration=durations, loop=0)
    return content.getvalue()


def download(label: str, content: bytes, file_name: str) -> None:
    """A button that saves a file and leaves the page as it is."""
    st.download_button(label, content, file_name, icon=":material/download:", on_click="ignore")


def enlarged(picture: np.ndarray, width: int) -> np.ndarray:
    """A picture with every pixel repeated, as often as still fits `width`."""
    times = max(1, width // picture.shape[1])
    return picture.repeat(times, axis=0).repeat(times, axis=1)


# Digits and pictures to try models on.


@st.cache_data(show_spinner="Reading the bundled digits …")
def digits(split: str) -> tuple[np.ndarray, np.ndarray]:
    """The bundled digits, float32 in 0..1, and their labels: 4,000 of `train`, or the 1,000 held-out ones of `test`."""
    from dlsuite.data import mnist

    images, labels = mnist.arrays(split, "bundled")
    return (images / 255).astype("float32"), labels


def digit_input(label: str, key: str, digit: int) -> tuple[np.ndarray, int]:
    """A held-out digit that the user picks, float32 `(28, 28, 1)` in 0..1, and which of all held-out ones it is.

    Args:
        label: the widgets'.
        key: the widgets', and the URL's.
        digit: which is picked at first, 0 to 9.
    """
    images, labels = digits("test")
    left, middle, right = st.columns([2, 2, 1], vertical_alignment="bottom")
    chosen = left.selectbox(f"{label} digit", list(map(str, range(10))), digit, key=f"{key}_digit", bind="query-params")
    of_it = np.flatnonzero(labels == int(chosen))
    number = middle.number_input(
        "example", 1, len(of_it), 1, key=f"{key}_example", bind="query-params", help="One of the held-out ones."
    )
    index = int(of_it[number - 1])
    right.image(images[index], width=60)
    return images[index], index


class Picture(NamedTuple):
    """A picture to try models on."""

    pixels: np.ndarray
    """uint8 `(height, width, 3)`."""
    lines: list[str]
    """The notebook lines that read it, as `picture`."""


def picture_input(key: str, examples: dict[str, Callable[[], Picture]], largest: int = 768) -> Picture | None:
    """A picture that the user picks or uploads; `None` after a sentence if there is none.

    Args:
        key: the widgets', and the URL's.
        examples: by title, functions that give the pictures that there are to pick.
        largest: a picture with a longer side is reduced to this, in pixels.
    """
    upload = "my own …"
    chosen = st.selectbox("Picture", [*examples, upload], key=key, bind="query-params")
    if chosen in examples:
        return examples[chosen]()
    file = st.file_uploader("Picture", key=f"{key}_file", label_visibility="collapsed")
    if file is None:
        st.caption("A photograph, as JPEG, PNG, WebP, GIF or BMP.")
        return None
    try:
        picture, remark = own.picture(file.getvalue(), largest)
    except ValueError as error:
        st.error(f"{file.name}: {error}")
        return None
    if remark:
        st.caption(remark)
    return Picture(
        picture,
        [
            "from pathlib import Path",
            "from dlsuite.data import own",
            f"picture, _ = own.picture(Path({file.name!r}).read_bytes(), largest={largest})",
        ],
    )


# Training.


def train(lessons: list[str]) -> None:
    """The whole training page: options on the left, the run and what it does on the right."""
    left, right = st.columns([1, 2], gap="large")
    with left:
        start_form(lessons)
    with right:
        run = choose_run(lessons)
        if run is None:
            st.info("Choose a model and a dataset, and press **Start training**: here you will see it happen.")
        else:
            watch(run)
    candidates = runs_of(lessons)
    if len(candidates) > 1:
        st.divider()
        compare(candidates)


def start_form(lessons: list[str]) -> None:
    """Every option of a lesson's `train`, from its signature, and the button that starts it."""
    name = choose("Train", lessons, "lesson", format_func=lesson_title)
    lesson = catalog.lesson(name)
    arguments = {}
    if "dataset" in lesson.options:
        dataset = _dataset_input(lesson.options["dataset"])
        if dataset is None:
            return
        arguments["dataset"] = dataset
    try:
        resolved = lesson.resolve(arguments)
    except ValueError as error:
        st.error(str(error))
        return
    main, more = st.container(), st.expander("All options")
    for option in lesson.options.values():
        if option.name != "dataset":
            with main if option.name in ("epochs", "learning_rate", "seed") else more:
                arguments[option.name] = _option_input(lesson.name, option, resolved, arguments.get("dataset"))
    try:
        estimate = estimated_seconds(lesson, lesson.resolve(arguments))
    except ValueError as error:
        st.error(str(error))
        return
    if estimate:
        st.caption(f"Takes about {duration(estimate)}, by earlier runs of this kind.")
    active = [run for run in runs.every() if run.is_alive]
    if active:
        st.caption(f":material/info: {active[0].title} is training; two at once are each slower.")
    if st.button("Start training", key="start", type="primary", icon=":material/play_arrow:", width="stretch"):
        path = start_training(name, arguments)
        if path is not None:
            st.session_state["run"] = str(path)
            st.rerun()


def start_training(lesson: str, arguments: dict) -> Path | None:
    """Train in a process of its own: the new run's directory, or `None` after a message if there can be none."""
    try:
        path = runs.new_path(lesson)
    except OSError as error:
        st.error(f"There can be no run: {error.strerror}.")
        return None
    options = catalog.lesson(lesson).options
    words = [word for name, value in arguments.items() for word in options[name].words(value)]
    runs.start(["train", lesson, *words, "--run-dir", str(path)], path)
    return path


def lesson_title(name: str) -> str:
    """A lesson's title without its source."""
    return re.sub(r" \(.*", "", catalog.lesson(name).title)


def _dataset_input(option: catalog.Option) -> str | None:
    kinds = {datasets.kind(choice) for choice in option.choices}
    choices = [*option.choices, *([DRAWING] if "points" in kinds else []), *([OWN_DATA] if option.is_open else [])]
    first = choices.index(option.default)
    chosen = st.selectbox("Dataset", choices, first, key="dataset", bind="query-params", help=option.help)
    try:
        if chosen == DRAWING:
            return _drawing_input()
        if chosen == OWN_DATA:
            texts = kinds & {"pairs", "text"}
            return _own_texts_input(texts.pop()) if texts else _own_data_input("points" in kinds)
    except OSError as error:
        st.error(f"Your data cannot be kept: {error.strerror}.")
        return None
    return chosen


def _own_data_input(takes_points: bool) -> str | None:
    of_points = ", or of a .npy or .csv file of 2-D points" if takes_points else ""
    typed = st.text_input(f"Path of a folder of pictures{of_points}", key="own_path")
    endings = own.IMAGE_ENDINGS + (own.POINT_ENDINGS if takes_points else ())
    files = st.file_uploader(
        "or upload pictures" + (", or one file of points" if takes_points else ""),
        type=[ending[1:] for ending in endings],
        accept_multiple_files=True,
    )
    if not typed and not files:
        st.caption(f"At least {own.FEWEST} pictures{' or points' if takes_points else ''} are needed.")
        return None
    path = typed or _keep_uploads(files)
    try:
        path = os.path.realpath(sources.expanded(path))
        count, shape = _look_at(path, _changed(path))
    except (ValueError, OSError) as error:
        st.error(_unreadable(path, error))
        return None
    st.caption(f"{count} examples of shape {shape}")
    return path


def _changed(path: str) -> float:
    """When the newest of one's own files in a folder was written, or a file itself."""
    return max(Path(path).stat().st_mtime, *(file.lstat().st_mtime for file in Path(path).glob("*")), 0)


def _unreadable(path: str, error: Exception) -> str:
    """Why one's own data cannot be used, in a sentence."""
    if isinstance(error, ValueError):
        return str(error)
    what = "there is no such file or folder" if isinstance(error, FileNotFoundError) else error.strerror
    return f"dataset={path!r}: {what}"


@st.cache_data(show_spinner="Reading your data …")
def _look_at(path: str, changed: float) -> tuple[int, tuple]:
    """How many examples there are of one's own, and of which shape; `changed` is when the newest was written."""
    examples = own.points(path) if datasets.kind(path) == "points" else own.images(path)
    return len(examples), examples.shape[1:]


class OwnTexts(NamedTuple):
    """How texts of one's own are asked for."""

    path: str
    upload: str
    ending: str
    told: str


OWN_TEXTS = {
    "pairs": OwnTexts(
        "Path of a folder of sentences, or of a .tsv file",
        "or upload a .tsv file",
        ".tsv",
        "A folder holds `de.train.txt` and `en.train.txt`, line by line the same in two languages; a .tsv file has a "
        "sentence and its translation in each line, parted by a tab. All in UTF-8.",
    ),
    "text": OwnTexts("Path of a .txt file", "or upload a .txt file", ".txt", "500 words or more, in UTF-8."),
}


def _own_texts_input(kind: str) -> str | None:
    asked = OWN_TEXTS[kind]
    typed = st.text_input(asked.path, key="own_path", help=asked.told)
    file = st.file_uploader(asked.upload, type=[asked.ending[1:]], key=f"own_{kind}")
    if not typed and file is None:
        st.caption(asked.told)
        return None
    path = typed or kept_text(file, asked.ending)
    try:
        path = os.path.realpath(sources.expanded(path))
        if datasets.kind(path) != kind:
            raise ValueError(f"dataset={path!r}: this is no {asked.path.removeprefix('Path of a ')}")
        st.caption(_read_through(path, kind, _changed(path)))
    except (ValueError, OSError) as error:
        st.error(_unreadable(path, error))
        return None
    return path


@st.cache_data(show_spinner="Reading your data …")
def _read_through(path: str, kind: str, changed: float) -> str:
    """What there is in texts of one's own, in a sentence; `changed` is when the newest file was written."""
    if kind == "text":
        return f"{len(text.words_of(text.read(path))):,} words"
    languages = text_pairs.languages(path)
    sources, _ = text_pairs.pairs(path, "train", *languages[:2])
    said = f"{len(sources):,} pairs of sentences to train on"
    return f"{said}; languages: {', '.join(languages)}. *All options* says which is which." if languages else said


def _keep_uploads(files) -> str:
    """Uploads as files below runs/: the path of one file of points, or of the folder of all pictures."""
    contents = {f"{index:05d}-{Path(file.name).name}": file.getvalue() for index, file in enumerate(files)}
    folder = kept(" ".join(sorted(file.file_id for file in files)), contents)
    first = min(folder.iterdir())
    return str((first if own.is_points(first.name) else folder).resolve())


def kept(identity: str, contents: dict[str, bytes]) -> Path:
    """The folder of uploads of that identity, to which those of the files are added that it lacks.

    Each comes whole and by a rename, so that tabs with the same drawing do not disturb each other.
    """
    folder = UPLOADS / hashlib.sha256(identity.encode()).hexdigest()[:16]
    missing = [name for name in contents if not (folder / name).exists()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=UPLOADS) as temporary:
            for name in missing:
                whole = Path(temporary) / name
                whole.write_bytes(contents[name])
                whole.replace(folder / name)
    return folder


def kept_text(file, ending: str) -> str:
    """The path of an uploaded text, which is kept under its own name as far as that suits a file."""
    name = (re.sub(r"[^\w.]+", "_", Path(file.name).stem).strip("._")[:60] or "text") + ending
    return str((kept(file.file_id, {name: file.getvalue()}) / name).resolve())


def _drawing_input() -> str | None:
    """The path of the points that the user draws; the URL remembers the drawing, which is kept beside them.

    Every stroke makes another drawing, and every jitter other points: only those that are trained on become a file.
    """
    strokes = canvas.strokes("strokes", _kept_strokes(st.query_params.get("drawing", "")))
    jitter = st.slider(
        "Jitter",
        0.0,
        0.3,
        0.05,
        0.01,
        key="jitter",
        bind="query-params",
        help="How far points lie from the lines: the standard deviation, where the square is 4 wide.",
    )
    try:
        points = drawing.points(strokes, jitter)
    except ValueError:
        st.query_params.pop("drawing", None)
        much = "longer lines, or dots further apart." if strokes else "lines for curves, dots for modes."
        st.info(f"Draw the distribution to be learned with the mouse or a finger: {much}", icon=":material/draw:")
        return None
    written = json.dumps(strokes)
    file, contents = f"points-{jitter}.npy", {"strokes.json": written.encode()}
    if st.session_state.get("start"):  # the button at the end of the form has been pressed
        content = io.BytesIO()
        np.save(content, points)
        contents[file] = content.getvalue()
    folder = kept(written, contents)
    if st.query_params.get("drawing") != folder.name:
        st.query_params["drawing"] = folder.name
    shown, said = st.columns(2, vertical_alignment="center")
    shown.image(_cloud(points - points.mean(axis=0)), width="stretch")
    said.caption(f"{len(points):,} points as they are learned: centred, and scaled to radius 2 (root mean square)")
    return str((folder / file).resolve())


def _cloud(points: np.ndarray) -> np.ndarray:
    """Where points of the plane lie, at whatever scale, uint8 `(160, 160, 4)`; transparent, to suit either theme."""
    extent = 1.1 * np.abs(points).max()
    counts, _, _ = np.histogram2d(-points[:, 1], points[:, 0], 160, [[-extent, extent]] * 2)
    ink = np.minimum(counts / 2, 1)[..., None]
    return ((1 - ink) * [128, 128, 128, 24] + ink * [217, 112, 43, 255]).astype("uint8")


def _kept_strokes(identity: str) -> list:
    """The strokes of a drawing that has been kept; none if there is no such drawing, or it is damaged."""
    try:
        strokes = json.loads((UPLOADS / Path(identity).name / "strokes.json").read_text("utf-8"))
        if not isinstance(strokes, list):
            raise ValueError("no list")
        for stroke in strokes:
            drawing.corners(stroke)
    except (OSError, ValueError):
        return []
    return strokes


def _option_input(lesson: str, option: catalog.Option, resolved: dict, dataset: str | None):
    # Of one's own data only the kind matters: every stroke of a drawing makes another dataset, and keeps the options.
    data = dataset if dataset in (None, *datasets.NAMED) else datasets.kind(dataset)
    label, key = option.name.replace("_", " ").capitalize(), f"{lesson}/{data}/{option.name}"
    value = option.default if option.name == "source" else resolved[option.name]
    if option.choices:
        return st.selectbox(label, option.choices, option.choices.index(value), key=key, help=option.help)
    if option.type is bool:
        return st.toggle(label, value, key=key, help=option.help)
    low, high = limits_of(option.ranges)
    if option.type is int:
        return st.number_input(label, low, high, value, step=1, key=key, help=option.help)
    if option.type is float:
        step = 10.0 ** math.floor(math.log10(value)) if value else 0.1
        low, high = (limit if limit is None else float(limit) for limit in (low, high))
        return st.number_input(label, low, high, float(value), step=step, format="%g", key=key, help=option.help)
    return st.text_input(label, value, key=key, help=option.help)


def estimated_seconds(lesson: catalog.Lesson, arguments: dict) -> float | None:
    """How long a training will take, by what a run or a shipped model of the same lesson and kind of data took."""

    def kind(arguments):
        return datasets.kind(arguments.get("dataset", "mnist"))

    steps = steps_per_epoch(lesson, arguments)
    if steps is None:
        return None
    known = {}
    for run in [*runs_of([lesson.name]), *shipped_as_runs(lesson.name)]:
        try:
            record, rows = run.record, run.steps()
            if kind(record["arguments"]) != kind(arguments):
                continue
        except (runs.RunError, OSError, ValueError):
            continue
        if "seconds" in record and "steps_per_epoch" in record:
            each = record["seconds"] / (record["steps_per_epoch"] * record["epochs"])
        elif len(rows) > 1:
            each = (rows[-1]["seconds"] - rows[0]["seconds"]) / (rows[-1]["step"] - rows[0]["step"])
        else:
            continue
        known[lesson.examples_in_a_step(record["arguments"])] = each
    if not known:
        return None
    own = lesson.examples_in_a_step(arguments)
    nearest = min(known, key=lambda examples: abs(math.log(examples / own)))
    return known[nearest] * max(1.0, own / nearest) * steps * arguments["epochs"]


def shipped_as_runs(lesson: str) -> list[runs.Run]:
    """The shipped models of a lesson; their run.json says how they were trained."""
    return [runs.Run(SAVED_MODELS / name) for name in serving.names() if catalog.module_of(name) == lesson]


def steps_per_epoch(lesson: catalog.Lesson, arguments: dict) -> int | None:
    """Steps in an epoch; `None` where the number of examples is not known yet."""
    dataset, examples_in_a_step = arguments.get("dataset", "mnist"), lesson.examples_in_a_step(arguments)
    if not examples_in_a_step:
        return None
    if datasets.kind(dataset) == "points":
        return 1000
    examples = datasets.count(dataset, arguments.get("source", "bundled"))
    return None if examples is None else examples // examples_in_a_step


def duration(seconds: float) -> str:
    """Seconds for people."""
    if seconds < 90:
        return f"{seconds:.0f} seconds"
    if seconds < 5400:
        return f"{seconds / 60:.0f} minutes"
    return f"{seconds / 3600:.1f} hours"


def choose_run(lessons: list[str]) -> runs.Run | None:
    """Choose among the lessons' runs; the newest at first, and the URL remembers which."""
    paths = [str(run.path) for run in runs_of(lessons)]
    chosen = st.session_state.get("run", st.query_params.get("run"))
    # A run that has just begun has no run.json yet, and so a shorter title, which the browser may still send back.
    begun = {f"{Path(path).parent.name} · {Path(path).name}": path for path in paths}
    if chosen in begun:
        chosen = st.session_state["run"] = begun[chosen]
    if chosen and chosen not in paths:
        if Path(chosen).parent in [runs.ROOT / lesson for lesson in lessons] and os.path.isdir(chosen):
            paths.insert(0, chosen)  # it has just been started
        else:
            st.warning(f"The run {chosen[:LONGEST_PATH]} was deleted.")
            st.session_state.pop("run", None)
            st.query_params.pop("run", None)
    return runs.Run(choose("Run", paths, "run", format_func=_run_title)) if paths else None


BADGES = {"running": "blue", "stopped": "orange", "finished": "green", "failed": "red"}


def watch(run: runs.Run) -> None:
    """A run as it is now, and while it trains again every two seconds."""
    is_live = run.is_alive or not (run.path / "run.json").exists()
    st.fragment(_watch, run_every=LIVE_SECONDS if is_live else None)(run, is_live)


def _watch(run: runs.Run, was_live: bool) -> None:
    try:
        _show(run, was_live)
    except (runs.RunError, OSError) as error:
        if not run.path.exists():
            if st.session_state.get("run") != str(run.path):
                st.rerun()  # the whole page, which shows the next one
            st.warning("This run was deleted.")
        elif (run.path / "run.json").exists():
            st.error(str(error))
        elif time.time() - run.path.stat().st_mtime < SECONDS_TO_START or run.is_alive:
            st.info("Starting …")
            _show_log(run)
        else:
            said = [line for line in run.log().splitlines() if line.startswith("dlsuite: ")]
            st.error(said[-1].removeprefix("dlsuite: ") if said else "It did not start; the log may say why.")
            st.button("Delete it", on_click=_delete, args=[run])
            _show_log(run)


def _show(run: runs.Run, was_live: bool) -> None:
    state, error = run.state_and_error
    if was_live and state != "running":
        st.rerun()  # the whole page, which then stops asking
    record, rows = run.record, run.steps()
    arguments = record["arguments"]
    st.markdown(f":{BADGES[state]}-badge[{state}] &nbsp; `{run.path}`")
    if error:
        st.error(error)
    total = record.get("epochs", 0) * record.get("steps_per_epoch", 0)
    if rows and total:
        seconds = rows[-1]["seconds"]
        step = total if state == "finished" else int(rows[-1]["step"])  # not every step has a row
        left = f" · {duration(seconds / step * (total - step))} left" if state == "running" else ""
        epoch = min(record["epochs"], 1 + step // record["steps_per_epoch"])
        text = f"epoch {epoch} of {record['epochs']} · step {step:,} of {total:,} · {duration(seconds)}{left}"
        st.progress(min(1.0, step / total), text)
    elif state == "running":
        st.info("Loading TensorFlow and the data …")

    stop, resume, delete, _ = st.columns([1, 1, 1, 2])
    if stop.button("Stop", icon=":material/stop:", disabled=state != "running", width="stretch"):
        run.stop()
        st.toast("Finishing the step and writing a checkpoint …")
    if resume.button("Resume", icon=":material/resume:", disabled=state in ("running", "finished"), width="stretch"):
        process = runs.start(["resume", str(run.path)], run.path)
        while not run.is_alive and process.poll() is None:
            time.sleep(0.1)
        st.rerun()
    with delete.popover("Delete", icon=":material/delete:", disabled=state == "running", width="stretch"):
        st.write("All that this run has written will be gone.")
        st.button("Delete it", type="primary", on_click=_delete, args=[run])

    picture, chart = st.columns([1, 1], gap="medium")
    with picture:
        film(run, is_live=state == "running", key="watch")
    with chart:
        losses({"": rows})
    _show_metrics(run)
    with st.expander("Options"):
        st.json(arguments)
    _show_log(run)


def _delete(run: runs.Run) -> None:
    try:
        run.delete()
    except (runs.RunError, OSError) as error:
        st.toast(str(error))
    left = runs_of([run.path.parent.name])
    if left:
        st.session_state["run"] = str(left[0].path)
    else:
        st.session_state.pop("run", None)
        st.query_params.pop("run", None)


def _show_metrics(run: runs.Run) -> None:
    metrics = run.metrics()
    if metrics:
        with st.expander("Epochs"):
            st.dataframe(metrics, hide_index=True, height=240)
            download("metrics.csv", (run.path / "metrics.csv").read_bytes(), "metrics.csv")


def _show_log(run: runs.Run) -> None:
    with st.expander("Log"):
        st.code(run.log() or "nothing yet", language=None)


def film(run: runs.Run, is_live: bool, key: str, drawn: Callable[[int], np.ndarray] | None = None) -> None:
    """The newest preview; of a run that has ended, any of them, and all as a GIF.

    Args:
        drawn: draws what there was after a step; the pictures that training made by itself.
    """
    previews = run.previews()
    if not previews:
        st.caption("The first picture comes with the first steps." if is_live else "There is no picture.")
        return
    steps = list(previews)
    step = steps[-1]
    if not is_live and len(steps) > 1:
        step = st.select_slider(
            "Step", steps, steps[-1], key=f"film {key} {run.path}", format_func=lambda step: f"{step:,}"
        )
    drawn = drawn or (lambda step: np.asarray(Image.open(previews[step]).convert("RGB")))
    st.image(enlarged(drawn(step), 480), caption=f"after step {step:,}", width="stretch")
    if (
        not is_live
        and len(steps) > 1
        and st.button("Make a film", icon=":material/movie:", key=f"gif {key} {run.path}")
    ):
        frames = [enlarged(drawn(step), 480) for step in steps]
        download("Download the film (GIF)", gif(frames), f"{run.path.parent.name}.gif")


def losses(tables: dict[str, list[dict[str, float]]]) -> None:
    """Curves of the rows of steps.csv, by the runs' labels: the losses in one chart, all other values in a second."""
    names = dict.fromkeys(name for rows in tables.values() for name in (rows[0] if rows else {}))
    names = [name for name in names if name not in ("step", "epoch", "seconds")]
    for group in (
        [name for name in names if name.endswith("loss")],
        [name for name in names if not name.endswith("loss")],
    ):
        values = [
            {"step": row["step"], "value": row[name], "what": f"{label} {name.replace('_', ' ')}".strip()}
            for label, rows in tables.items()
            for row in _thinned(rows)
            for name in group
            if name in row
        ]
        if values:
            _curves(values)


def _thinned(rows: list[dict[str, float]], most: int = 300) -> list[dict[str, float]]:
    """At most `most` rows, each the mean of its neighbours."""
    if len(rows) <= most:
        return rows
    parts = np.array_split(np.array([list(row.values()) for row in rows]), most)
    return [dict(zip(rows[0], part.mean(axis=0).tolist(), strict=True)) for part in parts]


def _curves(values: list[dict]) -> None:
    # The wild first steps would flatten all that follows; what lies outside is cut off.
    low, high = np.quantile([value["value"] for value in values], [0.02, 0.98])
    margin = 0.1 * (high - low) or 1.0
    st.vega_lite_chart(
        {
            "data": {"values": values},
            "mark": {"type": "line", "strokeWidth": 1.5, "clip": True, "tooltip": True},
            "encoding": {
                "x": {"field": "step", "type": "quantitative", "title": "step"},
                "y": {
                    "field": "value",
                    "type": "quantitative",
                    "title": None,
                    "scale": {"domain": [low - margin, high + margin], "nice": True},
                },
                "color": {"field": "what", "type": "nominal", "legend": {"orient": "top", "title": None, "columns": 2}},
            },
            "height": 240,
        },
        width="stretch",
    )


def compare(candidates: list[runs.Run]) -> None:
    """Two runs side by side: their last pictures, their curves, their options where they differ."""
    with st.expander("Compare two runs"):
        paths = [str(run.path) for run in candidates]
        columns = st.columns(2)
        chosen = [
            runs.Run(column.selectbox(label, paths, index, key=f"compare {label}", format_func=_run_title))
            for column, label, index in zip(columns, ("one", "other"), (0, 1), strict=True)
        ]
        try:
            records = [run.record["arguments"] for run in chosen]
            for index, (column, run) in enumerate(zip(columns, chosen, strict=True)):
                own_options, other_options = records[index], records[1 - index]
                with column:
                    film(run, is_live=False, key=f"compare {index}")
                    differing = {
                        name: own_options[name] for name in own_options if own_options[name] != other_options.get(name)
                    }
                    st.caption(" ".join(f"`{name}={value}`" for name, value in differing.items()))
            losses({label: run.steps() for label, run in zip(("one:", "other:"), chosen, strict=True)})
        except (runs.RunError, OSError) as error:
            st.warning(str(error))


# Export.


def notebook_lines(trained: Trained, lines: list[str]) -> None:
    """Fold out the Python that shows in a notebook what is on the screen; `lines` use the model as `model`."""
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    rest = [line for line in lines if line not in imports]
    imports = sorted({"from dlsuite import serving", *imports})
    code_lines("The same in a notebook", [*imports, "", f'model = serving.load("{trained.source}")', *rest])


def code_lines(label: str, lines: list[str]) -> None:
    """Fold out lines of Python."""
    with st.expander(label, icon=":material/code:"):
        st.code("\n".join(lines), language="python")


def export(trained: Trained, request: tuple[str, dict], line: str) -> None:
    """Downloads, how to serve the model, and what it is.

    Args:
        request: what to ask a server for: a signature, and its inputs as JSON has them.
        line: what to ask `model` for in Python.
    """
    label = trained.label
    versions = trained.folder if trained.is_shipped else Path(trained.source)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Download", anchor=False)
        download("SavedModel (.zip)", _zipped(versions / "1", label), f"{label}.zip")
        download("Keras model (.keras)", (trained.folder / "model.keras").read_bytes(), f"{label}.keras")
        st.subheader("Serve", anchor=False)
        if trained.is_shipped:
            st.markdown("All models that ship, with the stock TF Serving image, from the project's folder:")
            st.code("docker compose up", language="bash")
            st.markdown("Or this one alone:")
        st.code(
            f"dlsuite export {label if trained.is_shipped else trained.folder} --to exported/{label}\n"
            f"docker run -p 8500:8500 -p 8501:8501 -e MODEL_NAME={label} \\\n"
            f"  -v $PWD/exported/{label}:/models/{label} tensorflow/serving",
            language="bash",
        )
        signature, inputs = request
        body = json.dumps({"signature_name": signature, "inputs": inputs})
        st.markdown("Ask it, once it runs:")
        if len(body) > LONG:
            download("The request (.json)", body.encode(), "request.json")
        said = "@request.json" if len(body) > LONG else f"'{body}'"
        st.code(f"curl http://localhost:8501/v1/models/{label}:predict -d \\\n  {said}", language="bash")
    with right:
        st.subheader("In Python", anchor=False)
        st.markdown("The signatures as functions on arrays; *Play* shows the lines for what it has on the screen:")
        st.code(
            f'from dlsuite import serving\n\nmodel = serving.load("{trained.source}")\nmodel.signatures\n{line}',
            language="python",
        )
        st.markdown("The Keras model itself, to look into or to train on:")
        where = label if trained.is_shipped else trained.folder
        st.code(f'model = serving.load_keras("{where}")\nmodel.summary()', language="python")
        st.subheader("The model", anchor=False)
        st.json({key: trained.record[key] for key in ("name", "arguments", "versions")}, expanded=1)
        card = trained.folder / "README.md"
        if card.exists():
            with st.expander("Model card"):
                st.markdown(card.read_text("utf-8"))


LONG = 200
"""A request of more characters is a file of its own."""


def _zipped(folder: Path, name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, Path(name) / "1" / file.relative_to(folder))
    return content.getvalue()
