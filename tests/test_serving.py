"""What is served equals what Keras computes, and whatever is missing or damaged is a sentence."""

import shutil

import keras
import numpy as np
import pytest
import tensorflow as tf

import dlsuite
from dlsuite import serving
from dlsuite.gans import conditional_gan, digit_classifier, gan, wgan_gp


@keras.saving.register_keras_serializable("tests")
class Words(keras.Model):
    """Looks words up, once in a table of its own and once in a layer's; a third table goes unused."""

    def __init__(self, vocabulary=("eins", "zwei", "größer"), **kwargs):
        ids = keras.Input((None,), dtype="int32")
        super().__init__(ids, keras.layers.Embedding(len(vocabulary) + 1, 2)(ids), **kwargs)
        self.vocabulary = list(vocabulary)
        entries = tf.lookup.KeyValueTensorInitializer(self.vocabulary, tf.range(1, len(vocabulary) + 1))
        self.table = tf.lookup.StaticHashTable(entries, default_value=0)
        self.unused = tf.lookup.StaticHashTable(entries, default_value=0)
        self.by_layer = keras.layers.StringLookup(vocabulary=self.vocabulary)

    def get_config(self):
        return {"vocabulary": self.vocabulary}

    def signatures(self):
        def look_up(text):
            ids = self.table.lookup(tf.strings.split(text).to_tensor())
            return {"vectors": self(ids), "ids": ids, "whole": self.by_layer(text), "text": text + "!"}

        entry = (look_up, [tf.TensorSpec([None], tf.string, name="text")])
        return {"look_up": entry, "serving_default": entry}


MODELS = {
    "points": lambda: wgan_gp.WGANGP(data_shape=(2,), latent_dim=3, seed=1),
    "pictures": lambda: gan.GAN(data_shape=(8, 8, 1), latent_dim=5, seed=1),
    "classes": lambda: conditional_gan.ConditionalGAN(data_shape=(8, 8, 1), latent_dim=5, seed=1),
    "classifier": digit_classifier.DigitClassifier,
    "words": Words,
}


@pytest.fixture(scope="module", params=MODELS)
def pair(request, tmp_path_factory):
    """A Keras model and what it is served as."""
    keras.utils.set_random_seed(4)
    model = MODELS[request.param]()
    folder = tmp_path_factory.mktemp("export")
    assert serving.export(model, folder) == folder / "1"
    return model, serving.load(folder)


def inputs_of(specs, n):
    for index, spec in enumerate(specs):
        if spec.dtype == tf.int32:
            yield np.int32([n, 7, 3][index]) if spec.shape.rank == 0 else np.arange(n, dtype="int32")
        elif spec.dtype == tf.string:
            yield np.resize(["größer zwei", "", "drei eins 😀", "zwei"], n)
        else:
            yield np.random.default_rng(n).uniform(-1, 1, (n, *spec.shape[1:])).astype("float32")


@pytest.mark.slow
def test_every_signature_answers_as_keras_does(pair):
    model, served = pair
    assert sorted(served.signatures) == sorted(model.signatures())
    for name, (function, specs) in model.signatures().items():
        parameters = function.__code__.co_varnames[: function.__code__.co_argcount]
        for n in (1, 6):
            inputs = list(inputs_of(specs, n))
            expected = function(*map(tf.constant, inputs))
            answer = getattr(served, name)(**dict(zip(parameters, inputs, strict=True)))
            assert answer.keys() == expected.keys()
            for key, value in answer.items():
                assert isinstance(value, np.ndarray)
                assert len(value) == n
                if value.dtype == object:
                    np.testing.assert_array_equal(value, expected[key])
                else:
                    np.testing.assert_allclose(value, expected[key], atol=1e-5)


def test_served_samples_are_stateless(pair):
    _, served = pair
    if "sample" not in served.signatures:
        pytest.skip("it makes no samples")
    first = served.sample(n=4, seed=9)["samples"]
    np.testing.assert_array_equal(first, served.sample(n=4, seed=9)["samples"])
    assert not np.allclose(first, served.sample(n=4, seed=10)["samples"])


def test_only_what_is_used_is_exported(tmp_path):
    """Neither optimizers nor the trained generator beside its average; the critic is there, for `score`."""
    model = MODELS["points"]()
    model.compile(keras.optimizers.Adam(), keras.optimizers.Adam())
    loaded = tf.saved_model.load(str(serving.export(model, tmp_path)))
    sizes = sum(int(tf.size(variable)) for variable in loaded.used)
    assert sizes == model.averaged_generator.count_params() + model.critic.count_params()


def test_words_are_looked_up_in_the_tables_that_are_used(tmp_path):
    model = Words()
    model.save(tmp_path / "model.keras")
    folder = serving.export(keras.saving.load_model(tmp_path / "model.keras"), tmp_path / "served")
    answer = serving.load(folder.parent).look_up(text=["größer zwei", "", "nie eins"])
    assert answer["ids"].tolist() == [[3, 2], [0, 0], [0, 1]]
    assert answer["text"].tolist() == ["größer zwei!".encode(), b"!", b"nie eins!"]
    assert len(tf.saved_model.load(str(folder)).tables) == 2


def test_export_leaves_nothing_half_done(tmp_path, monkeypatch):
    def fail(*_, **__):
        raise OSError("No space left on device")

    monkeypatch.setattr(tf.saved_model, "save", fail)
    with pytest.raises(OSError, match="No space left"):
        serving.export(MODELS["points"](), tmp_path / "served")
    assert list((tmp_path / "served").iterdir()) == []


@pytest.mark.slow
def test_the_newest_version_is_loaded(tmp_path):
    for latent_dim in (2, 3, 4):
        serving.export(wgan_gp.WGANGP(data_shape=(2,), latent_dim=latent_dim), tmp_path)
    (tmp_path / "2").rename(tmp_path / "10")
    assert serving.load(tmp_path).sample(n=1, seed=0)["latent"].shape == (1, 3)
    assert serving.export(MODELS["points"](), tmp_path) == tmp_path / "11"


def test_an_unknown_name():
    with pytest.raises(serving.ModelError, match=r"no trained model gans\.nothing: choose one of .*digit_classifier"):
        serving.load("gans.nothing")
    with pytest.raises(serving.ModelError, match=r"gans\.nothing is neither a run directory nor a shipped model"):
        serving.load_keras("gans.nothing")


@pytest.mark.slow
@pytest.mark.parametrize("damage", ["saved_model.pb", "variables/variables.index", "variables/variables.data"])
@pytest.mark.parametrize("kind", ["torn", "gone"])
def test_a_damaged_savedmodel(tmp_path, damage, kind):
    folder = serving.export(MODELS["points"](), tmp_path)
    (file,) = folder.glob(f"{damage}*")
    content = file.read_bytes()
    if kind == "torn":
        file.write_bytes(content[: len(content) // 2])
    else:
        file.unlink()
    with pytest.raises(serving.ModelError, match="has no SavedModel that can be loaded"):
        serving.load(tmp_path)


def test_names_are_those_that_ship():
    names = serving.names()
    assert "gans.digit_classifier" in names
    assert names == sorted(names)


def test_what_ships_is_loaded_by_name():
    model, served = serving.load_keras("gans.digit_classifier", compile=False), serving.load("gans.digit_classifier")
    images = np.random.default_rng(0).uniform(-1, 1, (4, 28, 28, 1)).astype("float32")
    np.testing.assert_allclose(served.serving_default(images=images)["probabilities"], model(images), atol=1e-5)


@pytest.mark.slow
def test_weights_that_do_not_fit_are_an_error(tmp_path, monkeypatch):
    """Of a model that ships: its weights are found by their place, so none may be missing."""
    monkeypatch.setattr(serving, "SAVED_MODELS", tmp_path)
    folder = tmp_path / "gans.wgan_gp-own"
    serving.save(MODELS["points"](), folder)
    shutil.copy(dlsuite.SAVED_MODELS / "gans.wgan_gp-ring" / "run.json", folder)
    assert serving.load_keras("gans.wgan_gp-own").latent_dim == MODELS["points"]().latent_dim
    shutil.rmtree(folder / "1")
    serving.export(MODELS["points"](), folder)  # without the critic's
    with pytest.raises(serving.ModelError, match="cannot be loaded"):
        serving.load_keras("gans.wgan_gp-own")


def test_locate_tells_the_lesson_and_the_arguments(finished_run):
    folder, lesson, arguments = serving.locate(finished_run.path)
    assert (folder, lesson) == (finished_run.path, "gans.wgan_gp")
    assert arguments["critic_steps"] == 1


def test_a_keras_file_cannot_bring_code(tmp_path, finished_run):
    """A Lambda layer with pickled code is refused: models are loaded in Keras's safe mode."""
    path = shutil.copytree(finished_run.path, tmp_path / "run")
    data = keras.Input((2,))
    keras.Model(data, keras.layers.Lambda(lambda x: x * 2)(data)).save(path / "model.keras")
    with pytest.raises(serving.ModelError, match="cannot be loaded"):
        serving.load_keras(path)
