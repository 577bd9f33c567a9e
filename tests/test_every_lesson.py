"""What holds of every lesson's model: its parts reload, and served it never gives a plausible answer to wrong inputs.

Everything here runs under Keras settings that no lesson is written for, as a notebook may have them.
"""

import functools
import importlib
import inspect
import pkgutil

import keras
import numpy as np
import pytest

import dlsuite
from dlsuite import catalog, serving
from dlsuite.data import names

SMALL = {
    "attention.bahdanau": {"units": 4, "max_length": 8},
    "attention.pooling": {"channels": 4, "positions": "sinusoidal"},
    "attention.seq2seq": {"units": 4, "max_length": 8},
    "autoencoders.autoencoder": {"latent_dim": 3, "hidden": 8},
    "autoencoders.compression": {"width": 4, "code_channels": 3},
    "autoencoders.denoising": {"width": 2},
    "autoencoders.super_resolution": {"filters": 2},
    "autoencoders.vae": {"latent_dim": 3, "network": "convolutional"},
    "embeddings.cbow": {"dimensions": 4},
    "embeddings.skip_gram": {"dimensions": 4},
    "gans.conditional_gan": {"latent_dim": 3, "data_shape": (8, 8, 1)},
    "gans.digit_classifier": {},
    "gans.gan": {"latent_dim": 3, "data_shape": (8, 8, 1), "group": 4},
    "gans.r1_gan": {"latent_dim": 3, "data_shape": (2,)},
    "gans.wgan": {"latent_dim": 3, "data_shape": (8, 8, 1)},
    "gans.wgan_gp": {"latent_dim": 3, "data_shape": (8, 8, 1)},
}
"""What makes each lesson's model small."""

every_lesson = pytest.mark.parametrize("lesson", catalog.names())


@pytest.fixture(scope="module", autouse=True)
def settings_of_a_notebook():
    before = keras.config.floatx(), keras.config.image_data_format(), keras.config.dtype_policy()
    keras.config.set_floatx("float64")
    keras.config.set_image_data_format("channels_first")
    keras.config.set_dtype_policy("mixed_float16")
    yield
    assert keras.config.floatx() == "float64"
    assert keras.config.image_data_format() == "channels_first"
    assert keras.config.dtype_policy().name == "mixed_float16"
    keras.config.set_floatx(before[0])
    keras.config.set_image_data_format(before[1])
    keras.config.set_dtype_policy(before[2])


def layers_in(module):
    """The layers and models that are defined in a module."""
    found = [each for _, each in inspect.getmembers(module, inspect.isclass) if issubclass(each, keras.Layer)]
    return [each for each in found if each.__module__ == module.__name__]


@functools.cache
def build(lesson):
    module = importlib.import_module(f"dlsuite.{lesson}")
    (model_class,) = (each for each in layers_in(module) if issubclass(each, keras.Model))
    keras.utils.set_random_seed(3)
    return model_class(**SMALL[lesson])


def parts_of(model):
    """The model, the models and layers that it has as attributes, and whatever layers of dlsuite are in it."""
    found = {id(model): model}
    for part in [*vars(model).values(), *model._flatten_layers(recursive=True, include_self=False)]:
        is_ours = type(part).__module__.startswith("dlsuite")
        if isinstance(part, keras.Model) or (isinstance(part, keras.Layer) and is_ours):
            found[id(part)] = part
    return list(found.values())


def as_model(part):
    """A part as a model, a layer between its inputs and outputs; `None` where it is called outside of the graph."""
    if isinstance(part, keras.Model):
        return part
    return keras.Model(part.input, part.output) if part._inbound_nodes else None


def answer(model):
    """The model's outputs for random inputs of some size, as a list of arrays."""
    random = np.random.default_rng(0)
    inputs = [
        random.integers(1, 5, (4, *(side or 32 for side in tensor.shape[1:]))).astype(tensor.dtype)
        for tensor in keras.tree.flatten(model.inputs)
    ]
    answers = model(keras.tree.pack_sequence_as(model._inputs_struct, inputs), training=False)
    return [np.asarray(each) for each in keras.tree.flatten(answers)]


@pytest.mark.slow
@every_lesson
def test_a_model_is_in_float32(lesson):
    assert {weight.dtype for weight in build(lesson).weights if "seed" not in weight.path} <= {"float32"}


WRONG_DATASETS = [
    (lesson, wrong)
    for lesson in catalog.names()
    for wrong in ("mnist", "ring", "docstrings", "shapes", "dates")
    if "dataset" in catalog.lesson(lesson).options
    and names.kind(wrong) not in map(names.kind, catalog.lesson(lesson).options["dataset"].choices)
]


@pytest.mark.parametrize(("lesson", "wrong"), WRONG_DATASETS)
def test_a_dataset_of_another_kind_is_a_sentence(lesson, wrong, monkeypatch):
    """Of `train` in a notebook as of the command, and before anything is built."""
    monkeypatch.setattr(keras.Model, "__init__", lambda *_, **__: pytest.fail("a model was built"))
    with pytest.raises(ValueError, match=f"^dataset='{wrong}': "):
        importlib.import_module(f"dlsuite.{lesson}").train(dataset=wrong)


@pytest.mark.slow
@every_lesson
def test_every_part_can_be_saved_loaded_and_cloned(lesson, tmp_path):
    model = build(lesson)
    for index, part in enumerate(parts_of(model)):
        whole = as_model(part)
        if whole is None:
            continue
        whole.save(tmp_path / f"{index}.keras")
        copies = [keras.saving.load_model(tmp_path / f"{index}.keras", compile=False)]
        if part is not model:  # of a whole one Keras clones only what lies between its inputs and outputs
            copies.append(keras.models.clone_model(whole))
            copies[-1].set_weights(whole.get_weights())
        for copy in copies:
            for value, expected in zip(answer(copy), answer(whole), strict=True):
                np.testing.assert_allclose(value, expected, atol=1e-6, err_msg=f"{type(part).__name__} {part.name}")


def test_no_layer_or_model_is_left_out():
    modules = [importlib.import_module(each.name) for each in pkgutil.walk_packages(dlsuite.__path__, "dlsuite.")]
    defined = {each for module in modules for each in layers_in(module)}
    bases = {base for each in defined for base in each.__mro__[1:]}
    tried = {type(part) for lesson in catalog.names() for part in parts_of(build(lesson))}
    assert {each.__name__ for each in defined - bases - tried} == set()


# Served.


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    @functools.cache
    def served(lesson):
        folder = tmp_path_factory.mktemp(lesson)
        serving.export(build(lesson), folder)
        return serving.load(folder)

    return served


def signatures_of(lesson):
    """Each signature once, though it may have several names: its name and what it takes."""
    once = {id(entry[0]): (name, entry[1]) for name, entry in build(lesson).signatures().items()}
    functions = build(lesson).signatures()
    return {
        name: dict(zip(inspect.signature(functions[name][0]).parameters, specs, strict=True))
        for name, specs in once.values()
    }


def inputs_for(specs, n):
    """Right inputs for `n` examples; numbers that mean how many are `n` as well."""
    random = np.random.default_rng(1)
    inputs = {}
    for name, spec in specs.items():
        shape = (n, *(side or 16 for side in spec.shape[1:]))
        if not spec.shape.rank:
            inputs[name] = {"n": n, "seed": 5, "width": 2, "quality": 1, "label": 3}[name]
        elif spec.dtype == "string":
            inputs[name] = np.resize(np.array(["ab", "c", "a b"], object), shape)
        elif spec.dtype == "int32":
            inputs[name] = random.integers(0, 3, shape)
        else:
            inputs[name] = random.uniform(0, 1, shape).astype("float32")
    return inputs


def is_of_examples(value, n):
    return value.ndim > 0 and len(value) == n


@pytest.mark.slow
@every_lesson
def test_of_no_examples_the_answer_is_empty(lesson, served):
    for name, specs in signatures_of(lesson).items():
        three = getattr(served(lesson), name)(**inputs_for(specs, 3))
        none = getattr(served(lesson), name)(**inputs_for(specs, 0))
        for key, value in three.items():
            if is_of_examples(value, 3) and lesson + name != "autoencoders.compressiontables":
                assert none[key].shape[0] == 0, (name, key)
                assert none[key].dtype == value.dtype


@every_lesson
def test_an_axis_before_every_input_changes_nothing(lesson, served):
    """As TF Serving's REST makes of `"instances"` of one."""
    for name, specs in signatures_of(lesson).items():
        function, inputs = getattr(served(lesson), name), inputs_for(specs, 1)
        wrapped = {key: value if specs[key].shape.rank else [value] for key, value in inputs.items()}
        for expected, value in zip(function(**inputs).values(), function(**wrapped).values(), strict=True):
            np.testing.assert_array_equal(value, expected)


@every_lesson
@pytest.mark.filterwarnings("ignore:.*not finite")
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf, 255.0])
def test_no_plausible_answer_to_wrong_numbers(lesson, served, wrong):
    for name, specs in signatures_of(lesson).items():
        floats = [key for key, spec in specs.items() if spec.dtype == "float32"]
        function, inputs = getattr(served(lesson), name), inputs_for(specs, 3)
        has_limits = any(key in getattr(build(lesson), "input_limits", {}) for key in floats)
        if not floats or (wrong == 255.0 and not has_limits):
            continue
        for key in floats:
            inputs[key].reshape(3, -1)[1, 1] = wrong
        try:
            answers = function(**inputs)
        except ValueError as error:
            assert str(error).startswith(floats[0])
            continue
        assert wrong != 255.0, name
        for key, value in answers.items():
            assert np.isnan(value[1]).all(), (name, key)
            assert np.isfinite(value[[0, 2]]).all(), (name, key)


@every_lesson
def test_wrong_calls_get_a_sentence(lesson, served):
    for name, specs in signatures_of(lesson).items():
        function, inputs = getattr(served(lesson), name), inputs_for(specs, 2)
        first = sorted(specs)[0]
        with pytest.raises(ValueError, match=f"^{name}: it takes .*{first}"):
            function(*[inputs[key] for key in sorted(specs)], 0)
        with pytest.raises(ValueError, match=f"^{name}: it takes .*{first}"):
            function(**inputs, lable=1)
        with pytest.raises(ValueError, match=f"^{name}: it takes .*{first}"):
            function(**{key: value for key, value in inputs.items() if key != first})
        for key, spec in specs.items():
            if spec.shape.rank:
                with pytest.raises(ValueError, match=f"^{key}: its shape is .* is needed"):
                    function(**inputs | {key: inputs[key][..., None]})
            if spec.shape.rank and len(specs) > 1 and spec.shape[0] is None:
                others = [other for other, of_other in specs.items() if other != key and of_other.shape.rank]
                if others:
                    with pytest.raises(ValueError, match="there must be as many as of"):
                        function(**inputs | {key: np.concatenate([inputs[key]] * 2)})
            if spec.dtype == "int32":
                for number in (2**32, 2**31, -(2**31) - 1, 1.5, "x", None):
                    with pytest.raises(ValueError, match=f"^{key}: it cannot be read as int32"):
                        function(**inputs | {key: np.full_like(inputs[key], number, object)})
            if spec.dtype == "string":
                with pytest.raises(ValueError, match=f"^{key}: it cannot be read as string"):
                    function(**inputs | {key: np.full_like(inputs[key], 3)})
            if key in ("n", "seed", "width", "quality", "label"):
                with pytest.raises(ValueError, match=f"^{key}: it must be (at least|from)"):
                    function(**inputs | {key: np.full_like(inputs[key], -1)})
            if key in ("quality", "label"):
                with pytest.raises(ValueError, match=f"^{key}: it must be from 0 to"):
                    function(**inputs | {key: np.full_like(inputs[key], 11)})
            if not spec.shape.rank:
                with pytest.raises(ValueError, match=f"^{key}: it must be the same number for all examples"):
                    function(**inputs | {key: [1, 2]})
                with pytest.raises(ValueError, match=f"^{key}: a number is needed"):
                    function(**inputs | {key: []})
