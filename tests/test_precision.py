"""What is computed in bfloat16, and that nothing else is."""

import contextlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite import catalog, keras_settings
from dlsuite.autoencoders.autoencoder import AutoEncoder
from dlsuite.autoencoders.vae import VAE
from dlsuite.gans.gan import GAN
from dlsuite.gans.r1_gan import R1GAN
from dlsuite.gans.wgan import WGAN
from dlsuite.gans.wgan_gp import WGANGP

SMALL = {"data_shape": (8, 8, 1), "latent_dim": 3}
OF_PICTURES = {
    "gans.gan": lambda: GAN(**SMALL, group=2),
    "gans.wgan": lambda: WGAN(**SMALL, critic_steps=1),
    "gans.wgan_gp": lambda: WGANGP(**SMALL, critic_steps=1),
    "gans.r1_gan": lambda: R1GAN(**SMALL, penalized="both"),
    "autoencoders.autoencoder": lambda: AutoEncoder(**SMALL, network="convolutional"),
    "autoencoders.vae": lambda: VAE(**SMALL, network="convolutional"),
}
OF_OTHERS = {
    "gans.wgan_gp": lambda: WGANGP((2,), latent_dim=3, critic_steps=1),
    "gans.gan": lambda: GAN((2,), latent_dim=3, group=2),
    "autoencoders.vae": lambda: VAE(**SMALL, network="dense", hidden=16),
}
MODELS = [pytest.param(name, build, id=name) for name, build in OF_PICTURES.items()]
MODELS += [pytest.param(name, build, id=f"{name} of other data") for name, build in OF_OTHERS.items()]


def built(build, precision):
    keras.utils.set_random_seed(0)
    with keras_settings.precision(precision):
        return build()


def data_for(name, model):
    """A batch of 8, as the lesson's `train_step` takes it, in -1..1 for a GAN and in 0..1 for an auto-encoder."""
    shape = model.data_shape
    data = np.random.default_rng(0).uniform(-1 if name.startswith("gans.") else 0, 1, (8, *shape)).astype("float32")
    has_rows = name in ("gans.wgan", "gans.wgan_gp", "gans.gan", "gans.r1_gan")
    return tf.constant(data[:, None] if has_rows else data)


def networks(model):
    """The networks of which the model is made."""
    return [part for part in vars(model).values() if isinstance(part, keras.Model)]


def test_every_lesson_that_offers_it_is_tried():
    assert sorted(OF_PICTURES) == [name for name in catalog.names() if catalog.lesson(name).has_mixed_precision]


@pytest.mark.parametrize(("name", "build"), MODELS)
def test_layers_compute_in_bfloat16_and_networks_answer_in_float32(name, build):
    model = built(build, "mixed_bfloat16")
    for network in networks(model):
        assert "bfloat16" in [layer.compute_dtype for layer in network.layers]
        assert {keras.backend.standardize_dtype(output.dtype) for output in network.outputs} == {"float32"}
    assert {weight.dtype for weight in model.weights} <= {"float32", "uint32", "int32", "int64"}


@pytest.mark.parametrize(("name", "build"), MODELS)
def test_a_step_is_that_of_float32_but_for_rounding(name, build):
    """bfloat16 has 8 significant bits. A gradient penalty rounds twice, as the gradient of a gradient."""
    most = 0.5 if name == "gans.wgan_gp" else 0.2
    moved = {}
    for precision in ("float32", "mixed_bfloat16"):
        model = built(build, precision)
        sgd = [keras.optimizers.SGD(0.01) for _ in range(2 if name.startswith("gans.") else 1)]
        model.compile(*sgd)
        before = [weight.numpy() for weight in model.trainable_weights]
        logs = model.train_step(data_for(name, model))
        moved[precision] = np.concatenate(
            [(w.numpy() - b).ravel() for w, b in zip(model.trainable_weights, before, strict=True)]
        )
    exact, rounded = moved.values()
    assert 0 < np.linalg.norm(rounded - exact) < most * np.linalg.norm(exact)
    assert {tf.as_dtype(value.dtype) for value in logs.values()} == {tf.float32}


def test_afterwards_all_is_as_before():
    with contextlib.suppress(KeyError), keras_settings.precision("mixed_bfloat16"):
        raise KeyError
    model = OF_PICTURES["gans.gan"]()
    assert {layer.compute_dtype for network in networks(model) for layer in network.layers} == {"float32"}


def test_other_lessons_refuse(command, tmp_path):
    status, _, _ = command("train", "embeddings.cbow", "--precision", "mixed_bfloat16")
    assert status == 2
    assert not (tmp_path / "runs").exists()


@pytest.mark.slow
def test_the_trained_model_is_one_of_float32(command, own_points, tmp_path, monkeypatch):
    from dlsuite import runs, serving
    from dlsuite.data import toy2d

    monkeypatch.setattr(toy2d, "STEPS_PER_EPOCH", 25)
    options = ["--dataset", own_points, "--epochs", 1, "--batch-size", 8, "--precision", "mixed_bfloat16"]
    command("train", "gans.gan", *options, "--run-dir", tmp_path / "run").succeed()
    assert runs.Run(tmp_path / "run").record["precision"] == "mixed_bfloat16"
    model = serving.load_keras(tmp_path / "run")
    assert {layer.compute_dtype for network in networks(model) for layer in network.layers} == {"float32"}
