"""What the catalog reads from the sources is what Python sees when it imports them."""

import importlib
import inspect
from types import NoneType
from typing import Literal, get_args, get_origin

import pytest

from dlsuite import catalog

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
        annotation = parameter.annotation
        parts = [annotation] if get_origin(annotation) in (None, Literal) else list(get_args(annotation))
        choices = [choice for part in parts if get_origin(part) is Literal for choice in get_args(part)]
        plain = [part for part in parts if part is not NoneType and get_origin(part) is not Literal]
        assert list(option.choices) == choices
        assert option.type is (plain[0] if plain else type(choices[0]))
        assert option.is_open is bool(plain)


@pytest.mark.parametrize("name", LESSONS)
def test_every_option_has_help_and_every_default_a_value(name):
    lesson = catalog.lesson(name)
    module = importlib.import_module(f"dlsuite.{name}")
    assert lesson.title == module.__doc__.splitlines()[0].rstrip(".")
    assert [option.name for option in lesson.options.values() if len(option.help) < 10] == []
    assert lesson.defaults == getattr(module, "DEFAULTS", {})
    datasets = lesson.options["dataset"].choices if "dataset" in lesson.options else ()
    for arguments in ({}, *({"dataset": dataset} for dataset in datasets)):
        assert [key for key, value in lesson.resolve(arguments).items() if value is None] == []


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
    assert lesson.resolve({"dataset": "ring", "source": "tfds"})["source"] == "bundled"


def test_resolve_finds_prepared_data(prepared_tfds):
    assert catalog.lesson("gans.gan").resolve({})["source"] == "tfds"


def test_resolve_refuses_an_unknown_dataset():
    with pytest.raises(ValueError, match=r"dataset='rings': it is one of mnist, ring"):
        catalog.lesson("gans.gan").resolve({"dataset": "rings"})


@pytest.mark.parametrize(("name", "dataset"), [("gans.gan", "dates"), ("attention.bahdanau", "mnist")])
def test_data_of_another_kind_is_named(name, dataset):
    with pytest.raises(ValueError, match=rf"dataset='{dataset}': it holds .*, and {name} takes "):
        catalog.lesson(name).resolve({"dataset": dataset})
