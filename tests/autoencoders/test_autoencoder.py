"""The auto-encoder's error and step by their formulas; that it beats PCA; what is saved is what was trained."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite.autoencoders import autoencoder, encoder_decoder, training
from dlsuite.data import examples

LATENT = 8


@pytest.fixture(scope="module")
def trained():
    return autoencoder.train(source="bundled", epochs=40, latent_dim=LATENT, hidden=128)


@pytest.fixture(scope="module")
def digits():
    return training.held_out("mnist")[0]


def tiny(**arguments):
    keras.utils.set_random_seed(2)
    return autoencoder.AutoEncoder(**{"data_shape": (8, 8, 1), "latent_dim": 3, "hidden": 8} | arguments)


def some(*shape):
    return np.random.default_rng(0).random(shape).astype("float32")


@pytest.mark.parametrize("network", encoder_decoder.NETWORKS)
def test_the_errors_are_sums_over_pixels(network):
    pictures = some(5, 8, 8, 2)
    for error in autoencoder.ERRORS:
        model = tiny(network=network, error=error, data_shape=(8, 8, 2))
        back = model(pictures).numpy().astype("float64")
        each = {
            "squared": (pictures - back) ** 2,
            "cross_entropy": -(pictures * np.log(back) + (1 - pictures) * np.log(1 - back)),
        }[error]
        np.testing.assert_allclose(model.errors(pictures), each.sum(axis=(1, 2, 3)), rtol=1e-4)


@pytest.mark.parametrize("error", autoencoder.ERRORS)
def test_a_step_goes_down_the_gradient_of_the_mean(error):
    model, pictures = tiny(error=error), some(6, 8, 8, 1)
    model.compile(keras.optimizers.SGD(0.01), loss=None)
    with tf.GradientTape() as tape:
        back = model(pictures)
        loss = (
            tf.reduce_sum((pictures - back) ** 2) / 6
            if error == "squared"
            else 64 * tf.reduce_mean(keras.losses.binary_crossentropy(pictures, back))
        )
    gradients = tape.gradient(loss, model.trainable_variables)
    before = [variable.numpy() for variable in model.trainable_variables]
    logs = model.train_step(tf.constant(pictures))
    assert float(logs["loss"]) == pytest.approx(float(loss), rel=1e-4)
    for variable, old, gradient in zip(model.trainable_variables, before, gradients, strict=True):
        np.testing.assert_allclose(variable.numpy(), old - 0.01 * gradient, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_it_beats_the_principal_components(trained, digits):
    """The best linear auto-encoder of as long a code, fitted to the same digits."""
    train = examples.to_unit(examples.held_in_memory("mnist", source="bundled")).numpy().reshape(-1, 784)
    mean = train.mean(axis=0)
    axes = np.linalg.svd(train - mean, full_matrices=False)[2][:LATENT]
    apart = digits.reshape(-1, 784) - mean
    of_pca = np.mean(np.sum((apart - apart @ axes.T @ axes) ** 2, axis=1))
    assert autoencoder.measure(trained, source="bundled")["squared_error"] < 0.75 * of_pca


@pytest.mark.slow
def test_the_measures_are_what_they_say(trained, digits):
    measured = autoencoder.measure(trained, source="bundled")
    error = np.mean(np.sum((digits - trained(digits).numpy()) ** 2, axis=(1, 2, 3)))
    assert measured["squared_error"] == pytest.approx(error, rel=1e-5)
    assert measured["psnr_db"] == pytest.approx(10 * np.log10(784 / error), rel=1e-5)


@pytest.mark.slow
def test_convolutions_do_not_end_up_black():
    """Begun from grey, the squared error drives every pixel to black in the first steps, for good."""
    keras.utils.set_random_seed(0)
    model = autoencoder.AutoEncoder(network="convolutional", error="squared")
    model.compile(keras.optimizers.Adam(1e-3), loss=None, jit_compile=False)
    batches, _ = examples.batches("mnist", 128, source="bundled", scaled=examples.to_unit)
    model.fit(batches, steps_per_epoch=150, verbose=0)
    digits = training.held_out("mnist")[0]
    assert autoencoder.measure(model, source="bundled")["squared_error"] < 0.6 * np.sum(digits**2) / len(digits)


@pytest.mark.slow
def test_saved_and_loaded_it_is_the_same(trained, digits, tmp_path):
    trained.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_config() == trained.get_config()
    np.testing.assert_allclose(loaded(digits[:20]), trained(digits[:20]), atol=1e-6)
    for one, other in zip(loaded.optimizer.variables, trained.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


@pytest.mark.slow
def test_decoded_codes_are_reconstructions(trained, digits):
    functions = {name: function for name, (function, _) in trained.signatures().items()}
    codes = functions["encode"](digits[:9])["latent"]
    assert codes.shape == (9, LATENT)
    np.testing.assert_allclose(functions["decode"](codes)["pictures"], trained(digits[:9]), atol=1e-6)


@pytest.mark.parametrize(
    "argument",
    [
        {"epochs": 0},
        {"batch_size": -1},
        {"learning_rate": float("nan")},
        {"latent_dim": 0},
        {"hidden": 0},
        {"network": "deep"},
        {"error": "absolute"},
        {"seed": -1},
        {"dataset": "ring"},
    ],
    ids=str,
)
def test_wrong_arguments(argument):
    ((name, value),) = argument.items()
    with pytest.raises(ValueError, match=f"{name}={value!r}: "):
        autoencoder.train(**{"source": "bundled"} | argument)
