"""The page on generative adversarial networks, run without a browser: what it shows is right, and what it is told."""

import ast
import errno
import json
import os
import pickle
import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dlsuite import catalog, pictures, runs, serving
from dlsuite.data import drawing, mnist
from dlsuite.gans import maps

SHIPPED = ("gans.conditional_gan", "gans.gan", "gans.wgan_gp", "gans.wgan_gp-ring")
LESSONS = [name for name in catalog.names() if name.startswith("gans.")]
VIEWS = ("Samples", "Interpolation", "One latent vector", "Attributes")
OWN_DATA = "my own …"
DRAWING = "my drawing …"


@pytest.fixture
def drawn(monkeypatch):
    """All the samples that the page draws, as arrays, and the pictures that it makes of them."""
    arrays, made = [], []

    def sheet(images, *arguments, **options):
        arrays.append(np.asarray(images))
        made.append(draw_sheet(images, *arguments, **options))
        return made[-1]

    def with_points(background, extent, real, samples, highlight=None):
        arrays.extend([np.asarray(samples), np.asarray([] if highlight is None else [highlight])])
        made.append(draw_points(background, extent, real, samples, highlight))
        return made[-1]

    draw_sheet, draw_points = pictures.sheet, maps.with_points
    monkeypatch.setattr(pictures, "sheet", sheet)
    monkeypatch.setattr(maps, "with_points", with_points)
    return arrays, made


@pytest.fixture
def untrained(workplace):
    """A finished run of a WGAN-GP that has learned nothing."""

    def untrained(dataset: str, data_shape: tuple, latent_dim: int) -> Path:
        from dlsuite.gans.wgan_gp import WGANGP

        given = {"dataset": dataset, "latent_dim": latent_dim}
        run = runs.create("gans.wgan_gp", catalog.lesson("gans.wgan_gp").resolve(given), versions={}, devices=1)
        model = WGANGP(data_shape=data_shape, latent_dim=latent_dim)
        model.save(run.path / "model.keras")
        serving.export(model, run.path / "saved_model")
        run.update(state="finished", epochs=1, steps_per_epoch=1)
        return run.path

    return untrained


def run_lines(code: str):
    """Run notebook lines: the variables that they leave, and the value of the last one, which a notebook shows."""
    *lines, last = ast.parse(code).body
    variables = {}
    exec(compile(ast.Module(lines, []), "<notebook>", "exec"), variables)
    return variables, eval(compile(ast.Expression(last.value), "<notebook>", "eval"), variables)


def play(page, model: str | Path, view="Samples"):
    """Choose a trained model, by its name or run directory, and a view."""
    page.selectbox(key="model").set_value(str(model)).run()
    return page.button_group(key="view").set_value(view).run()


def is_among(array, arrays, **tolerance) -> bool:
    """Whether one of `arrays` equals `array`."""
    return any(shown.shape == array.shape and np.allclose(shown, array, **tolerance) for shown in arrays)


def train(page, lesson="gans.wgan_gp", dataset=None):
    """Choose what to train, and on what."""
    page.turn_to("Train").selectbox(key="lesson").set_value(lesson).run()
    if dataset is not None:
        page.widget("Dataset").set_value(dataset).run()
    return page


def options_of(page, lesson: str) -> dict:
    """The form's widgets, by the names of the options that they are for."""
    labels = {name.replace("_", " ").capitalize(): name for name in catalog.lesson(lesson).options}
    kinds = (page.selectbox, page.number_input, page.text_input)
    widgets = [(labels[widget.label], widget) for kind in kinds for widget in kind if widget.label in labels]
    assert sorted(name for name, _ in widgets) == sorted(catalog.lesson(lesson).options)
    return dict(widgets)


# Play.


@pytest.mark.slow
def test_play_offers_what_ships_and_nothing_that_makes_no_samples(open_page):
    page = open_page()
    shown = page.selectbox(key="model").options
    assert page.selectbox(key="model").value == "gans.wgan_gp"
    for name in serving.names():
        test = open_page(model=name)
        assert (test.selectbox(key="model").value == name) == (name in SHIPPED)
    assert len(shown) == len(SHIPPED)


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("model", SHIPPED)
def test_the_notebook_lines_give_what_play_shows(open_page, drawn, model, view):
    if view == "Attributes" and model == "gans.wgan_gp-ring":
        pytest.skip("points have no strokes")
    page = play(open_page(), model, view)
    page.widget("From seed" if view == "Interpolation" else "Seed").set_value(11).run()
    if view == "Samples":
        page.widget("Samples").set_value(48)
    if view == "One latent vector":
        page.widget("z1").set_value(-2.5)
    if view == "Attributes":
        page.widget("Slant").set_value(1.5)
    for kept in drawn:
        kept.clear()
    page.run()
    assert page.image
    arrays, made = (list(kept) for kept in drawn)
    (code,) = [block.value for block in page.code if "samples = " in block.value]
    variables, value = run_lines(code)
    is_ring = model == "gans.wgan_gp-ring"
    parts = np.split(variables["samples"], [-1]) if view == "Interpolation" else [variables["samples"]]
    is_steep = is_ring and view == "Interpolation"  # between two modes rounding is magnified
    assert all(is_among(part, arrays, atol=1e-3 if is_steep else 1e-5) for part in parts)
    if view == "One latent vector" and not is_ring:
        assert is_among(variables["swept"], arrays, atol=1e-5)
        made = [picture for picture in made if picture.shape == np.shape(value)]
    if view in ("Samples", "One latent vector") or is_ring:
        assert is_among(np.asarray(value), made, atol=40 if is_steep else 1)


def test_a_seed_in_the_url_gives_its_samples(open_page, drawn):
    page = open_page(seed="5")
    name = page.selectbox(key="model").value
    np.testing.assert_array_equal(drawn[0][-1], serving.load(name).sample(n=64, seed=5)["samples"])


@pytest.mark.slow
def test_the_url_names_models_lessons_and_runs_as_the_command_does(open_page, workplace, copy_run):
    run = copy_run(workplace).path.relative_to(workplace)
    copy_run(workplace, "2026-01-02_00-00-00")
    page = open_page(model="gans.wgan_gp-ring")
    assert page.selectbox(key="model").value == page.query_params["model"] == "gans.wgan_gp-ring"
    page = open_page(section="Train", lesson="gans.wgan_gp", run=str(run))
    assert page.selectbox(key="lesson").value == page.query_params["lesson"] == "gans.wgan_gp"
    assert page.selectbox(key="run").value == page.query_params["run"] == str(run)


def test_new_samples_are_new_and_their_seed_is_kept(open_page, drawn):
    page = open_page()
    page.widget("New samples").click().run()
    first, second = drawn[0][0], drawn[0][-1]
    assert not np.array_equal(first, second)
    page.run()
    np.testing.assert_array_equal(drawn[0][-1], second)


@pytest.mark.slow
@pytest.mark.parametrize("path", ["linear", "spherical"])
def test_interpolation_begins_and_ends_at_its_seeds(open_page, drawn, path):
    page = play(open_page(path=path), "gans.wgan_gp", "Interpolation")
    model = serving.load("gans.wgan_gp")
    for position, seed in ((0.0, 1), (1.0, 2)):
        page.widget("Position").set_value(position)
        drawn[0].clear()
        page.run()
        large = drawn[0][0]
        np.testing.assert_allclose(large, model.sample(n=1, seed=seed)["samples"], atol=1e-5)


def test_the_lines_of_a_way_from_a_seed_to_itself_run(open_page):
    page = open_page(view="Interpolation", **{"from": "7", "to": "7"})
    (code,) = [block.value for block in page.code if "samples = " in block.value]
    samples = run_lines(code)[0]["samples"]
    np.testing.assert_allclose(samples, samples[:1].repeat(16, axis=0), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("latent_dim", [3, 20])
def test_only_latent_coordinates_that_there_are_are_named(open_page, untrained, latent_dim, drawn):
    path = untrained("mnist", (28, 28, 1), latent_dim)
    page, first, last = open_page(view="One latent vector", model=str(path)), 0, latent_dim - 1
    if latent_dim > 8:
        coordinates, first = page.select_slider(key="first"), 16
        assert coordinates.options[-1] == f"z16 to z{last}"
        page = coordinates.set_value(16).run()
    captions = [caption for image in page.image for caption in image.captions]
    assert f"one coordinate a row, z{first} to z{last}, each from -3 to 3" in captions
    assert len(drawn[0][-1]) == 9 * (last - first + 1)


def test_moving_a_latent_coordinate_moves_the_sample(open_page, drawn):
    page = play(open_page(), "gans.wgan_gp-ring", "One latent vector")
    page.widget("z0").set_value(-2.0)
    page.widget("z1").set_value(1.5).run()
    expected = serving.load("gans.wgan_gp-ring").decode(latent=[[-2.0, 1.5]])["samples"]
    assert is_among(expected, drawn[0], atol=1e-5)


def test_a_latent_coordinate_out_of_sight_keeps_what_it_was_moved_to(open_page, drawn):
    page = play(open_page(), "gans.wgan_gp", "One latent vector")
    page.widget("z0").set_value(-2.0).run()
    page.select_slider[0].set_value(8).run()
    latent = serving.load("gans.wgan_gp").sample(n=1, seed=0)["latent"]
    latent[0, 0] = -2.0
    drawn[0].clear()
    page.run()
    large = drawn[0][0]
    np.testing.assert_allclose(large, serving.load("gans.wgan_gp").decode(latent=latent)["samples"], atol=1e-5)


def neighbours_of(page) -> list:
    """The toggle that shows training examples beneath the samples, where there is one."""
    return [toggle for toggle in page.toggle if "does it copy?" in toggle.label]


@pytest.mark.slow
def test_beneath_samples_are_the_training_digits_nearest_to_them(open_page, drawn):
    page = open_page(seed="3")
    assert "Beneath each" not in page.sentences
    drawn[0].clear()
    (toggle,) = neighbours_of(page)
    page = toggle.set_value(True).run()
    samples = serving.load("gans.wgan_gp").sample(n=64, seed=3)["samples"][:8]
    train = mnist.arrays("train", "bundled")[0] / 127.5 - 1
    distances = np.linalg.norm((samples[:, None] - train).reshape(8, 4000, 784), axis=-1)
    for sample, order in zip(samples, np.argsort(distances, axis=1), strict=True):
        assert is_among(sample[None], drawn[0], atol=1e-5)
        assert is_among(train[order[:3]], drawn[0], atol=1e-5)
    assert "the three nearest of the 4,000 training digits that are bundled, a part" in page.sentences
    assert "unseen digits are usually 10.0 from the nearest" in page.sentences
    (code,) = [block.value for block in page.code if "nearest(" in block.value]
    variables, value = run_lines(code)
    np.testing.assert_allclose(variables["distances"], np.sort(distances, axis=1)[:, :3], rtol=1e-4)
    assert np.asarray(value).shape[1] > np.asarray(value).shape[0]


def test_only_of_pictures_neighbours_are_shown(open_page):
    assert not neighbours_of(open_page(model="gans.wgan_gp-ring", nearest="true"))


@pytest.mark.slow
@pytest.mark.parametrize("is_there", [True, False])
def test_neighbours_among_the_users_own_pictures(open_page, untrained, own_pictures, workplace, is_there):
    run = untrained(str(own_pictures if is_there else workplace / "gone"), (32, 32, 1), 4)
    page = play(open_page(nearest="true"), run)
    said = "the three nearest of the 160 training pictures" if is_there else "no longer there"
    assert said in page.sentences


@pytest.mark.slow
@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize(
    ("dataset", "data_shape", "latent_dim"),
    [("mnist", (28, 28, 1), 3), ("mnist", (28, 28, 1), 10), ("ring", (2,), 1), ("ring", (2,), 3)],
)
def test_every_latent_dimension_plays(open_page, untrained, dataset, data_shape, latent_dim, view):
    run = untrained(dataset, data_shape, latent_dim)
    if view == "Attributes":
        if dataset == "mnist":
            page = play(open_page(), run, view)
            assert bool(page.image) == (latent_dim > 3)
            assert ("too few latent dimensions" in page.sentences) == (latent_dim == 3)
        return
    page = play(open_page(), run, view)
    assert page.image
    if view == "One latent vector" and latent_dim > 8:
        page.select_slider[0].set_value(8).run()
        assert {"z8", "z9"} <= {slider.label for slider in page.slider}
        assert page.image


@pytest.mark.slow
def test_a_finished_run_plays(open_page, copy_run, workplace, drawn):
    run = copy_run(workplace)
    page = play(open_page(), run.path.relative_to(workplace))
    assert page.image
    served = serving.load(run.path / "saved_model").sample(n=1000, seed=0)
    assert is_among(served["samples"], drawn[0])
    np.testing.assert_allclose(served["samples"], serving.load_keras(run.path)(served["latent"]), atol=1e-5)
    assert page.turn_to("Export").download_button


@pytest.mark.slow
def test_a_run_whose_data_is_gone_still_answers(open_page, copy_run, workplace):
    run = copy_run(workplace, dataset=str(workplace / "gone.npy"))
    page = play(open_page(), run.path.relative_to(workplace))
    assert page.image


def test_without_any_trained_model_play_says_so(open_page, monkeypatch, workplace):
    monkeypatch.setattr(serving, "SAVED_MODELS", workplace)
    page = open_page()
    assert "no trained model" in page.sentences
    assert "no trained model" in page.turn_to("Export").sentences


@pytest.mark.parametrize(
    "asked",
    [
        {"seed": "-3"},
        {"seed": "many"},
        {"seed": str(2**40)},
        {"view": "Nonsense"},
        {"section": "Nonsense"},
        {"model": "gans.nothing"},
        {"n0": "7"},
        {"view": "Interpolation", "position": "2"},
        {"view": "Interpolation", "path": "crooked"},
        {"section": "Train", "run": "runs/gans.gan/never"},
        {"section": "Train", "run": "/"},
        {"section": "Train", "lesson": "gans.nothing", "dataset": "nothing"},
    ],
    ids=str,
)
def test_a_wrong_url_does_no_harm(open_page, asked):
    """What makes no sense is passed over, and the rest of the page is there."""
    page = open_page(**asked)
    if asked.get("section") == "Train":
        assert page.widget("Start training")
        assert not page.code
    else:
        assert page.image
    assert page.widget("Train").value in LESSONS if asked.get("section") == "Train" else page.widget("Model")


# Train.


@pytest.mark.parametrize("dataset", [None, "ring"])
@pytest.mark.parametrize("lesson", LESSONS)
def test_the_form_has_every_option_once_with_its_value_and_help(open_page, lesson, dataset):
    options = catalog.lesson(lesson).options
    if dataset and ("dataset" not in options or dataset not in options["dataset"].choices):
        pytest.skip(f"{lesson} is not for that dataset")
    page = train(open_page(), lesson, dataset)
    resolved = catalog.lesson(lesson).resolve({"dataset": dataset} if dataset else {}) | {"source": "auto"}
    for name, widget in options_of(page, lesson).items():
        assert widget.value == resolved[name], name
        assert widget.help == options[name].help, name


def test_the_dataset_chooses_the_defaults_that_depend_on_it(open_page):
    page, lesson = train(open_page()), catalog.lesson("gans.wgan_gp")
    shown = []
    for dataset in ("mnist", "ring", "mnist"):
        page.widget("Dataset").set_value(dataset).run()
        shown.append([page.widget(label).value for label in ("Learning rate", "Penalty", "Latent dim")])
        resolved = lesson.resolve({"dataset": dataset})
        assert shown[-1] == [resolved[name] for name in ("learning_rate", "penalty", "latent_dim")]
    assert shown[0] == shown[2] != shown[1]


def test_a_lesson_that_lacks_the_chosen_dataset_takes_its_own(open_page):
    page = train(open_page(), "gans.wgan_gp", "ring")
    page.selectbox(key="lesson").set_value("gans.conditional_gan").run()
    assert page.widget("Dataset").value == "mnist"
    assert page.widget("Learning rate").value == 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("lesson", LESSONS)
def test_starting_hands_every_option_to_the_command(open_page, monkeypatch, workplace, lesson):
    started = []
    monkeypatch.setattr(runs, "start", lambda command, path: started.append((command, path)))
    page = train(open_page(), lesson)
    page.widget("Epochs").set_value(3).run()
    page.widget("Start training").click().run()
    ((command, path),) = started
    assert command[:2] == ["train", lesson]
    flags = dict(zip(command[2::2], command[3::2], strict=True))
    assert Path(flags.pop("--run-dir")) == path and path.parent == Path("runs") / lesson
    assert flags.pop("--epochs") == "3"
    expected = catalog.lesson(lesson).resolve({}) | {"source": "auto"}
    expected.pop("epochs")
    assert {name: str(value) for name, value in expected.items()} == {
        flag.removeprefix("--").replace("-", "_"): value for flag, value in flags.items()
    }
    assert page.selectbox(key="run").value == str(path)


def test_there_is_no_estimate_without_anything_to_base_it_on(open_page, monkeypatch, workplace):
    monkeypatch.setattr(serving, "SAVED_MODELS", workplace)
    page = train(open_page(), dataset="ring")
    assert "Takes about" not in page.sentences


@pytest.mark.slow
def test_the_estimate_is_what_a_run_with_the_same_options_took(open_page, monkeypatch, workplace, copy_run):
    monkeypatch.setattr(serving, "SAVED_MODELS", workplace)
    run = copy_run(workplace)
    page = train(open_page(), dataset="ring")
    for name, widget in options_of(page, "gans.wgan_gp").items():
        if name not in ("dataset", "source"):
            widget.set_value(run.record["arguments"][name])
    short = estimated_seconds(page.run())
    seconds = run.steps()[-1]["seconds"] * 1000 / run.record["steps_per_epoch"]  # whose epochs are short
    assert seconds / 2 < short < seconds * 2
    page.widget("Epochs").set_value(10 * page.widget("Epochs").value).run()
    assert 4 * short < estimated_seconds(page) <= 12 * short  # both are rounded: 11 seconds to 10, 110 to 2 minutes


def estimated_seconds(page) -> float:
    """What the page estimates that a training will take."""
    number, unit = re.search(r"about ([\d.]+) (second|minute|hour)", page.sentences).groups()
    return float(number) * {"second": 1, "minute": 60, "hour": 3600}[unit]


@pytest.mark.slow
def test_options_that_cannot_be_get_a_sentence(open_page, wait_until):
    """Where a value is out of its range nothing is started; what only the training can know fails the run."""
    page = open_page(section="Train", lesson="gans.gan", dataset="ring")
    page.widget("Learning rate").set_value(0.0).run()
    assert [error.value for error in page.error] == ["learning_rate=0.0: it must be above 0"]
    assert [button.label for button in page.button if button.label == "Start training"] == []
    page.widget("Learning rate").set_value(5e-4).run()
    page.widget("Group").set_value(3).run()
    page.widget("Start training").click().run()
    run = page.selectbox(key="run").value
    wait_until(lambda: open_page(section="Train", run=run).error)
    (error,) = open_page(section="Train", run=run).error
    assert "batch_size=256: with group=3 it must be a multiple of 3" in error.value
    assert "Traceback" not in error.value


def test_a_seed_ends_where_trainings_and_served_models_do(open_page):
    """Whatever a widget for a seed takes gives an answer."""
    largest = 2**32 - 1
    for script, lesson in (("gan.py", "gans.gan"), ("autoencoder.py", "autoencoders.vae")):
        assert open_page(script, section="Train", lesson=lesson).widget("Seed").max == largest
        assert open_page(script, section="What goes wrong").widget("Seed").max == largest
    page = open_page()
    assert page.widget("Seed").max == 2**31 - 1
    assert not page.widget("Seed").set_value(2**31 - 1).run().error


def test_whole_numbers_begin_where_the_option_does(open_page):
    page = train(open_page(), dataset="ring")
    assert [page.widget(label).min for label in ("Epochs", "Batch size", "Seed", "Ema half life")] == [1, 1, 0, 0]
    page = open_page("attention.py", section="Train", lesson="embeddings.cbow")
    assert [page.widget(label).min for label in ("Dimensions", "Vocabulary size", "Seed")] == [2, 20, 0]


# The user's own data.


def own_data(page, path):
    """Type the path of one's own data."""
    return page.text_input(key="own_path").set_value(str(path)).run()


def nowhere(folder):
    return folder / "nowhere"


def of_no_user(folder):
    return Path("~no-one/pictures")


def letters(folder):
    (folder / "points.csv").write_text("x,y\n" + "left,right\n" * 100)
    return folder / "points.csv"


def three_columns(folder):
    np.save(folder / "points.npy", np.ones((100, 3)))
    return folder / "points.npy"


def text_called_npy(folder):
    (folder / "points.npy").write_text("no array at all")
    return folder / "points.npy"


def few_points(folder):
    (folder / "points.csv").write_text("1,2\n3,4\n")
    return folder / "points.csv"


def no_pictures(folder):
    (folder / "pictures").mkdir()
    return folder / "pictures"


def broken_picture(folder):
    (folder / "pictures").mkdir()
    for index in range(64):
        (folder / "pictures" / f"{index}.png").write_bytes(b"no picture")
    return folder / "pictures"


@pytest.mark.slow
@pytest.mark.parametrize(
    "make", [nowhere, of_no_user, letters, three_columns, text_called_npy, few_points, no_pictures, broken_picture]
)
def test_wrong_data_of_the_users_own_gets_a_sentence(open_page, workplace, make):
    path = make(workplace)
    page = own_data(train(open_page(), dataset=OWN_DATA), path)
    (error,) = page.error
    assert path.name in error.value
    assert "Traceback" not in error.value
    assert not [button for button in page.button if button.label == "Start training"]


class Trap:
    """Unpickled, it makes a file."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_link_that_leads_nowhere_hides_no_data_beside_it(open_page, own_pictures, workplace):
    mine = Path(shutil.copytree(own_pictures, workplace / "mine"))
    (mine / "gone").symlink_to("nowhere")
    page = own_data(train(open_page(), dataset=OWN_DATA), mine)
    assert not page.error
    assert "examples of shape (32, 32" in page.sentences


def test_nothing_of_the_users_is_unpickled(open_page, workplace):
    sprung = workplace / "sprung"
    content = pickle.dumps(np.array([Trap(sprung)], dtype=object))
    (workplace / "points.npy").write_bytes(content)
    np.save(workplace / "objects.npy", np.array([Trap(sprung)], dtype=object), allow_pickle=True)
    page = train(open_page(), dataset=OWN_DATA)
    for name in ("points.npy", "objects.npy"):
        assert own_data(page, workplace / name).error
    page.text_input(key="own_path").set_value("").run()
    page.file_uploader[0].upload("points.npy", content).run()
    assert page.error
    assert not sprung.exists()


@pytest.mark.parametrize(
    ("name", "content"), [("points.npy", b"no array at all"), ("points.csv", b"x,y\n" + b"left,right\n" * 100)]
)
def test_a_wrong_upload_gets_a_sentence(open_page, name, content):
    page = train(open_page(), dataset=OWN_DATA)
    page.file_uploader[0].upload(name, content).run()
    (error,) = page.error
    assert "cannot be read as numbers" in error.value


def test_an_upload_is_trained_on(open_page, monkeypatch, own_points):
    started = []
    monkeypatch.setattr(runs, "start", lambda command, path: started.append(command))
    page = train(open_page(), dataset=OWN_DATA)
    page.file_uploader[0].upload("points.npy", own_points.read_bytes()).run()
    page.widget("Start training").click().run()
    (command,) = started
    dataset = Path(command[command.index("--dataset") + 1])
    assert dataset.read_bytes() == own_points.read_bytes()


def test_own_points_take_the_defaults_of_points(open_page, own_points):
    page = own_data(train(open_page(), dataset=OWN_DATA), own_points)
    assert "200 examples" in page.sentences
    assert (page.widget("Latent dim").value, page.widget("Penalty").value) == (2, 0.1)


# A drawing.


@pytest.fixture
def kept(workplace):
    """The file of a drawing that has been kept, still without content."""
    file = workplace / "runs" / "uploads" / "0123456789abcdef" / "strokes.json"
    file.parent.mkdir(parents=True)
    return file


@pytest.fixture
def drawn_by_hand(open_page, kept):
    """The form for a drawing that has been kept with these strokes."""

    def drawn_by_hand(strokes, **asked):
        kept.write_text(json.dumps(strokes))
        return open_page(section="Train", lesson="gans.wgan_gp", dataset=DRAWING, drawing=kept.parent.name, **asked)

    return drawn_by_hand


SLOPE = [[[-1.0, -1.0], [1.0, 1.0]]]


def started_on(page, monkeypatch) -> tuple[Path, dict]:
    """Start the training: the dataset's path, and all of the command's flags."""
    commands = []
    monkeypatch.setattr(runs, "start", lambda command, path: commands.append(command))
    page.widget("Start training").click().run()
    ((_, _, *flags),) = commands
    flags = dict(zip(flags[::2], flags[1::2], strict=True))
    return Path(flags["--dataset"]), flags


@pytest.mark.parametrize("asked", [{}, {"drawing": "never"}, {"drawing": ".."}, {"drawing": "\0"}], ids=str)
def test_an_empty_canvas_says_what_to_do(open_page, asked):
    page = open_page(section="Train", dataset=DRAWING, **asked)
    assert "Draw the distribution to be learned" in page.sentences
    assert not [button for button in page.button if button.label == "Start training"]
    assert "drawing" not in page.query_params


@pytest.mark.parametrize("strokes", [[[[1.0, 1.0], [1.0, 1.0]]], [[[0.0, 0.0], [0.1, 0.2]]]])
def test_too_small_a_drawing_gets_a_sentence(drawn_by_hand, strokes):
    page = drawn_by_hand(strokes)
    assert "longer lines, or dots further apart" in page.sentences
    assert not [button for button in page.button if button.label == "Start training"]


SHAPELESS = [b"null", b"7", b"{}", b'[{"a": 1}]', b'["ab"]', b"[[]]", b"[[[0, 0], [1]]]", b"[[[1e999, 0], [0, 0]]]"]


@pytest.mark.parametrize("content", [b"", b"\xff", b"[[[0, 0", *SHAPELESS], ids=str)
def test_a_damaged_drawing_is_an_empty_canvas(open_page, kept, content):
    kept.write_bytes(content)
    page = open_page(section="Train", dataset=DRAWING, drawing=kept.parent.name)
    assert "Draw the distribution to be learned" in page.sentences
    assert "drawing" not in page.query_params


def test_a_drawing_is_trained_on_with_the_defaults_of_points(drawn_by_hand, monkeypatch):
    page = drawn_by_hand(SLOPE, jitter="0.1")
    assert "5,000 points" in page.sentences
    assert (page.widget("Latent dim").value, page.widget("Penalty").value) == (2, 0.1)
    path, _ = started_on(page, monkeypatch)
    np.testing.assert_array_equal(np.load(path), drawing.points(SLOPE, jitter=0.1))
    assert page.query_params["drawing"] == path.parent.name
    assert json.loads((path.parent / "strokes.json").read_text()) == SLOPE


def test_only_points_that_are_trained_on_become_a_file(drawn_by_hand, kept, monkeypatch):
    """And again if it has been deleted."""
    page, uploads = drawn_by_hand(SLOPE), kept.parents[1]
    for jitter in (0.01, 0.02, 0.03):
        page.widget("Jitter").set_value(jitter).run()
    files = {kept, uploads / page.query_params["drawing"] / "strokes.json"}
    assert set(uploads.rglob("*.*")) == files
    path, _ = started_on(page, monkeypatch)
    assert set(uploads.rglob("*.*")) == files | {path}
    content = path.read_bytes()
    path.unlink()
    assert started_on(page, monkeypatch)[0] == path
    assert path.read_bytes() == content


@pytest.mark.parametrize(("broken", "number"), [("mkdir", errno.EROFS), ("write_bytes", errno.ENOSPC)])
def test_a_disk_that_takes_nothing_gets_a_sentence(drawn_by_hand, own_points, monkeypatch, broken, number):
    """Neither a drawing, nor its points, nor an upload; and all is well as soon as it does again."""

    def fail(*_, **__):
        raise OSError(number, os.strerror(number))

    def is_told(page):
        assert [error.value for error in page.error] == [f"Your data cannot be kept: {os.strerror(number)}."]
        assert not [button for button in page.button if button.label == "Start training"]

    upload = own_points.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(Path, broken, fail)
        page = drawn_by_hand(SLOPE)
        is_told(page)
    assert "5,000 points" in page.run().sentences

    with monkeypatch.context() as patched:
        patched.setattr(Path, broken, fail)
        patched.setattr(runs, "start", lambda *_: pytest.fail("a training was started without its points"))
        is_told(page.widget("Start training").click().run())
        page.run().widget("Dataset").set_value(OWN_DATA).run()
        page.file_uploader[0].upload("points.npy", upload).run()
        is_told(page)
    assert "200 examples" in page.run().sentences


def test_tabs_with_the_same_drawing_do_not_disturb_each_other(workplace):
    from panels import uploads

    def keep(index):
        return uploads.keep(f"drawing {index // 16}", {name: bytes(10_000) for name in ("strokes.json", "points.npy")})

    with ThreadPoolExecutor(16) as tabs:
        folders = set(tabs.map(keep, range(320)))
    assert {file.stat().st_size for folder in folders for file in folder.iterdir()} == {10_000}
    assert sorted(uploads.FOLDER.iterdir()) == sorted(folders)
    assert len(folders) == 20


def test_options_that_were_set_outlive_a_change_of_the_drawing(drawn_by_hand, monkeypatch):
    page = drawn_by_hand(SLOPE)
    page.widget("Epochs").set_value(3).run()
    page.widget("Jitter").set_value(0.2).run()
    path, flags = started_on(page, monkeypatch)
    np.testing.assert_array_equal(np.load(path), drawing.points(SLOPE, jitter=0.2))
    assert flags["--epochs"] == "3"


# Runs.


def watch(page, run):
    """Choose a run to watch."""
    return page.turn_to("Train").selectbox(key="run").set_value(str(run.path.relative_to(Path.cwd()))).run()


def test_a_finished_run_is_shown(open_page, workplace, copy_run):
    run = copy_run(workplace)
    page = watch(open_page(), run)
    assert any("green-badge[finished]" in element.value for element in page.markdown)
    assert f"{int(run.steps()[-1]['step']):,}" in page.progress[0].text
    assert page.select_slider[0].value == max(run.previews())
    assert "metrics.csv" in [button.label for button in page.download_button]
    assert page.button


@pytest.mark.parametrize("kept", [0, 2, 300], ids=lambda kept: f"{kept} bytes")
def test_a_damaged_run_gets_a_sentence_and_breaks_no_page(open_page, workplace, copy_run, kept):
    record = copy_run(workplace).path / "run.json"
    record.write_text("{}" if kept == 2 else record.read_text("utf-8")[:kept], "utf-8")
    page = open_page()
    page.turn_to("Export")
    page.turn_to("Train")
    assert "is damaged" in page.sentences


def test_a_deleted_run_gets_a_sentence(open_page, workplace):
    gone = "runs/gans.wgan_gp/2026-01-01_00-00-00"
    page = open_page(section="Train", run=gone)
    assert "was deleted" in page.sentences
    assert "was deleted" not in page.run().sentences


def test_a_failed_run_says_why(open_page, workplace, copy_run):
    run = copy_run(workplace, state="failed", error="critic_loss became nan in step 7: a lower learning_rate may help")
    page = watch(open_page(), run)
    assert "critic_loss became nan in step 7" in page.sentences
    assert any("red-badge[failed]" in element.value for element in page.markdown)


def test_only_a_run_that_lives_promises_a_picture(open_page, workplace, copy_run):
    run = copy_run(workplace, state="running")
    shutil.rmtree(run.path / "preview")
    with run.lock():
        assert "The first picture comes" in watch(open_page(), run).sentences
    page = watch(open_page(), run)
    assert "The first picture comes" not in page.sentences
    assert "There is no picture." in page.sentences


def test_a_run_whose_process_was_killed_has_failed_and_can_be_resumed(open_page, workplace, copy_run):
    page = watch(open_page(), copy_run(workplace, state="running"))
    assert "process ended unexpectedly" in page.sentences
    assert page.widget("Stop").disabled
    assert not page.widget("Resume").disabled


def test_deleting_a_run_leaves_the_others(open_page, workplace, copy_run):
    doomed, kept = copy_run(workplace), copy_run(workplace, "2026-01-02_00-00-00")
    page = watch(open_page(), doomed)
    page.widget("Delete it").click().run()
    assert not doomed.path.exists()
    assert kept.path.exists()
    assert page.selectbox(key="run").value == str(kept.path.relative_to(workplace))


def test_two_runs_are_compared_by_what_differs(open_page, workplace, copy_run):
    one, other = copy_run(workplace), copy_run(workplace, "2026-01-02_00-00-00", batch_size=16, penalty=0.5)
    page = watch(open_page(), one)
    (compared,) = [expander for expander in page.expander if expander.label == "Compare two runs"]
    labels = compared.selectbox[0].options
    assert len(labels) == 2
    assert all(run.path.name in "".join(labels) for run in (one, other))
    said = " ".join(caption.value for caption in compared.caption)
    for difference in ("batch_size=8", "batch_size=16", "penalty=0.1", "penalty=0.5"):
        assert difference in said
    assert "latent_dim" not in said
    assert len(compared.image) == 2


# Export.


@pytest.mark.slow
@pytest.mark.parametrize("model", SHIPPED)
def test_export_names_what_it_serves(open_page, model):
    page = play(open_page(), model).turn_to("Export")
    assert {"SavedModel (.zip)", "Keras model (.keras)"} <= {button.label for button in page.download_button}
    commands = "\n".join(block.value for block in page.code)
    assert f"dlsuite export {model} " in commands
    assert f"/v1/models/{model}:predict" in commands


def test_the_python_lines_on_export_run(open_page):
    page = play(open_page(), "gans.wgan_gp-ring").turn_to("Export")
    code = "\n".join(block.value for block in page.code if block.language == "python")
    variables = {}
    exec(code, variables)
    assert variables["model"]


def test_attributes_move_samples_and_the_lines_agree(open_page):
    page = open_page(view="Attributes", seed="3", thickness="1.0")
    assert {"Thickness", "Slant", "Width"} <= {slider.label for slider in page.slider}
    (code,) = [block.value for block in page.code if block.language == "python"]
    assert 'latent + 1 * found["thickness"]' in code
    variables = {}
    exec(code, variables)
    thickness = variables["attributes"].thickness
    before = variables["model"].sample(n=10, seed=3)["samples"]
    assert thickness(variables["samples"][10:]).mean() > thickness(before).mean() + 0.2


def test_a_pathology_can_be_linked_to_and_shows_how_often(open_page):
    page = open_page(section="What goes wrong", trouble="Mode collapse")
    said = " ".join(element.value for element in page.markdown)
    assert said.count("`discriminator_lr_ratio=20.0`") == 2  # both have it; what they differ in stands first and bold
    assert "**`instance_noise=0.0`** with" in said
    assert "**`instance_noise=0.5`** with" in said
    assert {button.label for button in page.button} >= {"Break it", "Fix it"}
    (table,) = [each for each in page.expander if each.label == "How often over seeds"]
    assert "Mode collapse" in table.markdown[0].value


def test_a_broken_run_is_found_by_its_options_and_measured(open_page, workplace, own_points):
    """A made-up finished run with the button's options: its measurement is on the page."""
    from dlsuite import catalog, runs
    from dlsuite.gans.pathologies import PATHOLOGIES

    arguments = catalog.lesson("gans.gan").resolve(PATHOLOGIES["vanishing"].arguments(is_cured=False))
    run = runs.create("gans.gan", arguments, epochs=2, steps_per_epoch=1000)
    run.update(state="finished")
    header = "step,epoch,seconds,generator_gradient,generator_loss\n"
    rows = "".join(f"{step},1,{step / 100},{1e-7},{0.5}\n" for step in range(10, 2001, 10))
    (run.path / "steps.csv").write_text(header + rows)
    page = open_page(section="What goes wrong", trouble="Vanishing gradients")
    (metric,) = page.metric
    assert (metric.value, metric.delta) == ("1e-07", "vanishing gradients")
    assert {button.label for button in page.button} >= {"Break it again", "Fix it"}
    assert not page.widget("Seed").set_value(5).run().metric


def test_the_loss_lesson_opens_with_recorded_trainings(open_page):
    page = open_page(section="Is the loss meaningful?")
    assert [metric.label for metric in page.metric] == ["Rank correlation with what is missing"] * 2
    gan, wgan_gp = (float(metric.value) for metric in page.metric)
    assert -1 <= gan < wgan_gp <= 1
