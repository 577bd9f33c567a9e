"""What the catalog reads from the sources is what Python sees when it imports them."""

import importlib
import inspect
from typing import Annotated, Literal

import annotated_types
import pytest

from dlsuite import SAVED_MODELS, arguments, catalog, cli, runs, serving
from dlsuite.data import names as datasets

LESSONS = catalog.names()


def test_the_lessons():
    assert {"gans.gan", "gans.wgan_gp", "gans.digit_classifier"} <= set(LESSONS)
    assert sorted(LESSONS) == LESSONS
    assert "gans.two_player" not in LESSONS  # it has no `train`


@pytest.mark.parametrize("name", LESSONS)
def test_options_are_the_signature_of_train(name):
    module = importlib.import_module(f"dlsuite.{name}")
    parameters = inspect.signature(module.train).parameters
    assert all(parameter.kind is parameter.KEYWORD_ONLY for parameter in parameters.values())
    options = catalog.lesson(name).options
    assert list(options) == [parameter for parameter in parameters if parameter not in catalog.NOT_OPTIONS]
    for option in options.values():
        parameter = parameters[option.name]
        assert option.default == parameter.default
        plain, choices, ranges = arguments.parts_of(parameter.annotation)
        assert (set(option.choices), list(option.ranges)) == (set(choices), ranges)
        assert option.type is (plain[0] if plain else type(choices[0]))
        assert option.is_open is bool(plain)
        assert ranges or option.type not in (int, float) or choices, f"{option.name} has no range"


@pytest.mark.parametrize("name", LESSONS)
def test_every_option_has_help_and_every_default_a_value(name):
    lesson = catalog.lesson(name)
    module = importlib.import_module(f"dlsuite.{name}")
    assert lesson.title == module.__doc__.splitlines()[0].rstrip(".")
    assert [option.name for option in lesson.options.values() if len(option.help) < 10] == []
    assert lesson.defaults == getattr(module, "DEFAULTS", {})
    datasets = lesson.options["dataset"].choices if "dataset" in lesson.options else ()
    for given in ({}, *({"dataset": dataset} for dataset in datasets)):
        assert [key for key, value in lesson.resolve(given).items() if value is None] == []


@pytest.mark.slow
@pytest.mark.parametrize("name", LESSONS)
def test_every_lesson_has_what_the_spine_calls(name):
    module = importlib.import_module(f"dlsuite.{name}")
    _, *options = inspect.signature(module.measure).parameters.values()
    assert {option.name for option in options} & {"dataset", "source"}
    assert [option.name for option in options if option.default is option.empty] == []
    assert {"initial_epoch", "callbacks"} <= inspect.signature(module.train).parameters.keys()
    model = inspect.signature(module.train).return_annotation()
    assert "serving_default" in model.signatures()
    assert model.preview()["picture"].dtype == "uint8"


def test_choices_are_in_their_order():
    """To `typing` two `Literal`s of the same choices are the same, whatever their order."""
    choices = {
        name: catalog.lesson(f"autoencoders.{name}").options["dataset"].choices for name in ("vae", "compression")
    }
    assert choices == {"vae": ("mnist", "photographs"), "compression": ("photographs", "mnist")}


def test_annotations_are_taken_apart():
    at_least_2, even = annotated_types.Ge(2), annotated_types.MultipleOf(2)
    assert arguments.parts_of(int) == ([int], [], [])
    assert arguments.parts_of(Literal["a", "b"] | str) == ([str], ["a", "b"], [])
    assert arguments.parts_of(Annotated[int, at_least_2, even] | None) == ([int], [], [at_least_2, even])
    share = [annotated_types.Ge(0), annotated_types.Lt(1)]
    assert arguments.parts_of(arguments.Share | None) == ([float], [], share)
    assert arguments.said_of(share) == "at least 0 and below 1"


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        ({"channels": 3}, "channels=3: it must be at least 2 and a multiple of 2"),
        ({"channels": 0}, "channels=0: it must be at least 2"),
        ({"learning_rate": float("nan")}, "learning_rate=nan: it must be above 0"),
        ({"seed": 2**32}, "seed=4294967296: it must be at least 0 and at most 4294967295"),
        ({"attention": "soft"}, "attention='soft': it must be one of self, context, spatial, none"),
    ],
    ids=str,
)
def test_a_range_is_written_once_and_checked_everywhere(given, sentence):
    from dlsuite.attention import pooling

    with pytest.raises(ValueError, match=sentence):
        pooling.train(**given)
    with pytest.raises(ValueError, match=sentence):
        catalog.lesson("attention.pooling").resolve(given)


@pytest.fixture
def a_lesson_of_its_own(tmp_path, monkeypatch):
    """The only one, with all that a signature may have and a module-level assignment to two names."""
    (tmp_path / "toys").mkdir()
    (tmp_path / "toys" / "toy.py").write_text('''"""A toy."""

FIRST, SECOND = 1, 2
DEFAULTS = {"points": {"epochs": 3}}

def train(*, dataset: Literal["ring"] = "ring", epochs: Count | None = None, is_fast: bool = True, callbacks=()):
    """Train.

    Args:
        dataset: what it learns.
        epochs: how often.
        is_fast: whether it hurries.
        callbacks: Keras callbacks.
    """
''')
    monkeypatch.setattr(catalog, "PACKAGE", tmp_path)
    for cached in (catalog.names, catalog.lesson):
        cached.cache_clear()
    yield catalog.lesson("toys.toy")
    for cached in (catalog.names, catalog.lesson):
        cached.cache_clear()


def test_a_module_may_assign_to_several_names(a_lesson_of_its_own):
    assert a_lesson_of_its_own.resolve({}) == {"dataset": "ring", "epochs": 3, "is_fast": True}


@pytest.mark.parametrize(("words", "value"), [([], True), (["--is-fast"], True), (["--no-is-fast"], False)])
def test_yes_or_no_is_a_pair_of_flags(a_lesson_of_its_own, words, value):
    assert cli._parser().parse_args(["train", "toys.toy", *words]).is_fast is value
    option = a_lesson_of_its_own.options["is_fast"]
    assert option.type is bool
    assert cli._parser().parse_args(["train", "toys.toy", *option.words(value)]).is_fast is value


UNKNOWN = {"text", "pairs"}
"""The kinds of data of which nobody has counted the examples."""


@pytest.mark.parametrize("name", serving.names())
def test_an_epoch_has_as_many_steps_as_the_catalog_says(name):
    record = runs.Run(SAVED_MODELS / name).record
    steps = catalog.lesson(record["name"]).steps_per_epoch(record["arguments"])
    is_known = datasets.kind(datasets.dataset_of(record["arguments"])) not in UNKNOWN
    assert steps == (record["steps_per_epoch"] if is_known else None)


def test_a_lesson_may_have_fewer_examples_than_the_dataset():
    lesson = catalog.lesson("autoencoders.compression")
    on_digits = {"dataset": "mnist", "source": "bundled"}
    assert lesson.steps_per_epoch(lesson.resolve({})) == 1024
    assert lesson.steps_per_epoch(lesson.resolve(on_digits)) is None  # it makes mosaics of them
    assert lesson._replace(examples_per_epoch={"mnist": 400}).steps_per_epoch(lesson.resolve(on_digits)) == 100
    assert lesson._replace(examples_per_epoch={}).steps_per_epoch(lesson.resolve(on_digits)) == 1000


def test_of_a_lesson_without_batches_no_steps_are_known(a_lesson_of_its_own):
    assert a_lesson_of_its_own.steps_per_epoch(a_lesson_of_its_own.resolve({})) is None


def test_an_unknown_lesson():
    with pytest.raises(ValueError, match=r"no model 'gans.nothing': choose one of .*gans.wgan_gp"):
        catalog.lesson("gans.nothing")


def test_the_lesson_of_a_variant():
    assert catalog.module_of("gans.wgan_gp-ring") == "gans.wgan_gp"
    assert catalog.module_of("gans.wgan_gp") == "gans.wgan_gp"


def test_resolve_takes_what_is_given_and_fills_in_by_dataset(without_tfds, own_points):
    lesson = catalog.lesson("gans.wgan_gp")
    on_ring = lesson.resolve({"dataset": "ring", "epochs": 3, "penalty": None})
    assert (on_ring["epochs"], on_ring["penalty"], on_ring["batch_size"]) == (3, 0.1, 256)
    assert lesson.resolve({"dataset": "mnist"})["penalty"] == lesson.defaults["images"]["penalty"] != 0.1
    assert lesson.resolve({"dataset": str(own_points)})["penalty"] == 0.1
    assert lesson.resolve({"dataset": "mnist", "source": "auto"})["source"] == "bundled"
    assert lesson.resolve({"dataset": "ring", "source": "auto"})["source"] == "bundled"


def test_resolve_finds_prepared_data(prepared_tfds):
    assert catalog.lesson("gans.gan").resolve({})["source"] == "tfds"


def test_resolve_refuses_an_unknown_dataset():
    with pytest.raises(ValueError, match=r"dataset='rings': it must be one of mnist, ring"):
        catalog.lesson("gans.gan").resolve({"dataset": "rings"})


@pytest.mark.parametrize(("name", "dataset"), [("gans.gan", "dates"), ("attention.bahdanau", "mnist")])
def test_data_of_another_kind_is_named(name, dataset):
    with pytest.raises(ValueError, match=rf"dataset='{dataset}': it has .*, but {name} needs "):
        catalog.lesson(name).resolve({"dataset": dataset})
