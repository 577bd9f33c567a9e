"""The two networks, and what `train` does around every auto-encoder."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite.autoencoders import encoder_decoder, vae
from dlsuite.data import examples, mnist


def pictures(n, *shape):
    return np.random.default_rng(0).uniform(size=(n, *shape)).astype("float32")


@pytest.mark.parametrize("network", encoder_decoder.NETWORKS)
@pytest.mark.parametrize("shape", [(8, 8, 1), (12, 8, 3), (32, 32, 1)])
def test_pictures_to_codes_to_pictures(network, shape):
    model = encoder_decoder.EncoderDecoder(shape, latent_dim=5, network=network, hidden=16)
    x = pictures(3, *shape)
    codes = model.encode(x)
    assert codes.shape == (3, 5)
    again = model.decode(codes)
    assert again.shape == (3, *shape)
    assert 0 < np.min(again) < np.max(again) < 1
    np.testing.assert_allclose(model(x), again, rtol=1e-5)


@pytest.mark.parametrize("network", encoder_decoder.NETWORKS)
def test_more_statistics_and_maps_come_behind_the_means(network):
    shape = (8, 8, 3)
    model = encoder_decoder.EncoderDecoder(shape, latent_dim=5, network=network, hidden=16, statistics=2, maps=2)
    x, z = pictures(2, *shape), pictures(2, 5)
    assert model.encoder(x).shape == (2, 10)
    assert model.decoder(z).shape == (2, 8, 8, 6)
    np.testing.assert_array_equal(model.encode(x), model.encoder(x)[:, :5])
    np.testing.assert_array_equal(model.decode(z), tf.sigmoid(model.decoder(z)[..., :3]))


def test_the_dense_networks_are_as_large_as_they_say():
    encoder = encoder_decoder.build_encoder((28, 28, 1), 40, hidden=512)
    decoder = encoder_decoder.build_decoder((28, 28, 1), 20, hidden=512)
    assert encoder.count_params() == 785 * 512 + 513 * 512 + 513 * 40
    assert decoder.count_params() == 21 * 512 + 513 * 512 + 513 * 784


@pytest.mark.parametrize("shape", [(28, 28), (28, 28, 0), (30, 28, 1), (28, 27, 1), (0, 0, 1)])
def test_wrong_shapes(shape):
    with pytest.raises(ValueError, match="data_shape="):
        encoder_decoder.EncoderDecoder(shape)


@pytest.mark.parametrize("argument", [{"latent_dim": 0}, {"hidden": 0}, {"network": "recurrent"}], ids=str)
def test_wrong_arguments(argument):
    ((name, value),) = argument.items()
    with pytest.raises(ValueError, match=f"{name}={value!r}: "):
        encoder_decoder.EncoderDecoder(**argument)


def test_noise_is_a_function_of_the_seed():
    one, same, other = (encoder_decoder.EncoderDecoder((4, 4, 1), hidden=4, seed=seed) for seed in (1, 1, 2))
    first, second = (one.draw(keras.random.normal, 4, 2) for _ in range(2))
    np.testing.assert_array_equal(first, same.draw(keras.random.normal, 4, 2))
    assert not np.isin(first, second).any()
    assert not np.isin(first, other.draw(keras.random.normal, 4, 2)).any()


def test_held_out_digits_and_pictures(own_pictures):
    images, labels = encoder_decoder.held_out("mnist", 50)
    bytes_, classes = mnist.arrays("test", "bundled")
    np.testing.assert_allclose(images, bytes_[:50] / 255, atol=1e-7)
    np.testing.assert_array_equal(labels, classes[:50])
    images, labels = encoder_decoder.held_out(str(own_pictures))
    assert (images.dtype, images.shape) == ("float32", (40, 32, 32, 1))
    np.testing.assert_allclose(images * 255, examples.held_in_memory(str(own_pictures), "test"), atol=1e-4)
    assert (labels == -1).all()


class Steps(keras.callbacks.Callback):
    """The optimizer's count of its steps and its rate at each epoch's end."""

    def on_train_begin(self, logs=None):
        self.counted, self.rates = [], []

    def on_epoch_end(self, epoch, logs=None):
        self.counted.append(int(self.model.optimizer.iterations))
        self.rates.append(float(self.model.optimizer.learning_rate))


@pytest.mark.parametrize(("batch_size", "steps"), [(128, 31), (200, 20), (180, 22)])
def test_an_epoch_has_as_many_steps_as_the_data_has_batches(batch_size, steps):
    """Keras makes whole calls only, of several steps each; 31 steps are not to become 40."""
    watch = Steps()
    vae.train(source="bundled", epochs=2, batch_size=batch_size, hidden=4, latent_dim=1, callbacks=[watch])
    assert watch.counted == [steps, 2 * steps]
    np.testing.assert_allclose(watch.rates, [0.5e-3, 0], atol=1e-9)


@pytest.mark.parametrize("steps", [1, 31, 62, 200, 230, 460])
def test_calls_divide_an_epoch(steps):
    dense, convolutional = (
        encoder_decoder.EncoderDecoder((4, 4, 1), network=network, hidden=4) for network in encoder_decoder.NETWORKS
    )
    options = encoder_decoder.execution(dense, steps)
    assert steps % options["steps_per_execution"] == 0
    if steps >= 200:
        assert options["steps_per_execution"] == 10
    assert encoder_decoder.execution(convolutional, steps) == {"jit_compile": False, "steps_per_execution": 1}


def test_training_is_a_function_of_the_seed():
    options = {"source": "bundled", "epochs": 1, "batch_size": 400, "hidden": 4, "latent_dim": 2}
    one, same, other = (vae.train(seed=seed, **options).encoder.get_weights() for seed in (1, 1, 2))
    assert all(np.array_equal(a, b) for a, b in zip(one, same, strict=True))
    assert not np.isin(one[0], other[0]).any()


@pytest.mark.parametrize("latent_dim", [2, 5])
def test_previews(latent_dim):
    model = encoder_decoder.EncoderDecoder((8, 8, 1), latent_dim=latent_dim, hidden=8)
    model.held_out = pictures(30, 8, 8, 1), np.full(30, -1)
    preview = model.preview()
    assert preview["picture"].dtype == "uint8"
    assert preview["picture"].shape[2] == 3
    if latent_dim == 2:
        np.testing.assert_allclose(preview["codes"], model.encode(model.held_out[0]), rtol=1e-5)
    else:
        np.testing.assert_allclose(preview["reconstructed"], model(model.held_out[0]), rtol=1e-5)
