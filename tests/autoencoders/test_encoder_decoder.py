"""The two networks, and the model that they make."""

import numpy as np
import pytest
import tensorflow as tf

from dlsuite.autoencoders import encoder_decoder


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
