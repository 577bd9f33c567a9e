"""The classifier that judges digits: it learns, its features are what it says, it survives saving."""

import keras
import numpy as np
import pytest

from dlsuite.data import examples, mnist
from dlsuite.gans import digit_classifier


@pytest.fixture(scope="module")
def model():
    return digit_classifier.train(source="bundled", epochs=2, batch_size=64)


@pytest.mark.slow
def test_it_learns_the_digits(model):
    assert digit_classifier.measure(model, source="bundled")["accuracy"] > 0.9


def test_accuracy_is_the_share_of_right_answers(model):
    images, labels = mnist.arrays("test", "bundled")
    classes = np.argmax(model.predict(examples.scale(images), verbose=0), axis=1)
    accuracy = digit_classifier.measure(model, source="bundled")["accuracy"]
    assert accuracy == pytest.approx(np.mean(classes == labels))


def test_the_probabilities_follow_from_the_features(model):
    images = examples.scale(mnist.arrays("test", "bundled")[0][:50])
    function, _ = model.signatures()["serving_default"]
    answer = function(images)
    features, probabilities = answer["features"].numpy(), answer["probabilities"].numpy()
    assert features.shape == (50, 64)
    assert features.min() == 0
    weights, bias = model.get_layer("probabilities").get_weights()
    logits = features @ weights + bias
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    np.testing.assert_allclose(probabilities, expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(model(images), probabilities, rtol=1e-5, atol=1e-7)


def test_saved_and_loaded_it_is_the_same(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    images = examples.scale(mnist.arrays("test", "bundled")[0][:50])
    np.testing.assert_allclose(loaded(images), model(images), rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(loaded.both(images)["features"], model.both(images)["features"], rtol=1e-5, atol=1e-6)
    assert int(loaded.optimizer.iterations) == int(model.optimizer.iterations) == 2 * 62
    for one, other in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


def test_the_preview_shows_the_worst_first(model):
    preview = model.preview()
    assert preview["picture"].dtype == np.uint8
    assert preview["probability"].shape == (64,)
    assert (np.diff(preview["probability"]) >= 0).all()
    assert preview["probability"][0] < 0.1


@pytest.mark.parametrize("argument", [{"epochs": 0}, {"batch_size": -1}, {"learning_rate": 0.0}], ids=str)
def test_wrong_arguments(argument):
    ((name, value),) = argument.items()
    with pytest.raises(ValueError, match=f"{name}={value!r}: it must be "):
        digit_classifier.train(**argument)


def test_a_batch_larger_than_the_digits():
    with pytest.raises(ValueError, match="batch_size: one step takes 5000 examples, but there are only 4000"):
        digit_classifier.train(source="bundled", batch_size=5000)
