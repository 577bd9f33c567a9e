"""Auto-encoder (Hinton and Salakhutdinov, 2006, doi:10.1126/science.1127647): a code that pictures come back from.

    min  E[ L(x, g(f(x))) ],      z = f(x) of few numbers, so that not everything can be copied

    squared         L = sum over pixels of (x - x')^2
    cross_entropy   L = -sum over pixels of x log x' + (1 - x) log(1 - x'),    for x in 0..1; in nats, least at x' = x

With linear f and g and the squared error, the best g(f(x)) - mean is the projection on the principal components (Baldi
and Hornik, 1989): PCA is the linear auto-encoder, and its error is what curved f and g have to beat at as long a code.

Nothing is asked of the codes but that pictures come back. Where the codes of pictures lie, and that what lies between
them is the code of a picture too, is up to chance; see `latent_density` and `vae`.
"""

from typing import Literal

import keras
import numpy as np
import tensorflow as tf

from dlsuite.arguments import Count, Positive, Seed, checked, require_one_of
from dlsuite.autoencoders import encoder_decoder, training
from dlsuite.keras_settings import own_settings, registered
from dlsuite.pictures import psnr

SETTINGS_CHOSEN_ON = "bundled"  # the test digits used for tuning: results on them are optimistic
HAS_MIXED_PRECISION = True

ERRORS = ("squared", "cross_entropy")
DARK = -2.0
"""What the decoder's last biases begin with; its sigmoid is 0.12, about the mean of a digit's pixels."""


@registered
class AutoEncoder(encoder_decoder.EncoderDecoder):
    """The two networks, and the step on their error.

    Args:
        error: `squared` or `cross_entropy`.
        data_shape, latent_dim, network, hidden, seed: see `EncoderDecoder`.
    """

    def __init__(self, data_shape=(28, 28, 1), latent_dim=20, error="squared", **kwargs):
        require_one_of(ERRORS, error=error)
        super().__init__(data_shape, latent_dim, **kwargs)
        # From grey, 1/2, the first steps would push every pixel to black, where the squared error's gradient through
        # the sigmoid, 2 (x' - x) x' (1 - x'), is 0; convolutions, whose pixels share a bias, do not come back.
        *_, last = (layer for layer in self.decoder.layers if layer.weights)
        last.bias.assign(tf.fill(last.bias.shape, DARK))
        self.error = error
        self.loss_tracker = keras.metrics.Mean(name="loss")

    def get_config(self):
        return super().get_config() | {"error": self.error}

    @property
    def metrics(self):
        return [self.loss_tracker]

    def errors(self, pictures):
        """L(x, g(f(x))), `(batch,)`, a sum over each picture's pixels and channels."""
        logits = self.decoder(self.encoder(pictures))
        if self.error == "squared":
            each = (pictures - tf.sigmoid(logits)) ** 2
        else:
            each = tf.nn.sigmoid_cross_entropy_with_logits(labels=pictures, logits=logits)
        return tf.reduce_sum(each, axis=[1, 2, 3])

    def train_step(self, pictures):
        """One step on the mean error of pictures `(batch, *data_shape)` in 0..1."""
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self.errors(pictures))
        self.minimize(loss, tape)
        self.loss_tracker.update_state(loss)
        return {"loss": loss}


@own_settings()
@checked
def train(
    *,
    dataset: Literal["mnist", "photographs"] | str = "mnist",
    source: Literal["auto", "tfds", "bundled"] = "auto",
    epochs: Count = 60,
    batch_size: Count = 128,
    learning_rate: Positive = 1e-3,
    latent_dim: Count = 20,
    network: Literal["dense", "convolutional"] = "dense",
    hidden: Count = 512,
    error: Literal["squared", "cross_entropy"] = "squared",
    seed: Seed = 0,
    initial_epoch: int = 0,
    callbacks=(),
) -> AutoEncoder:
    """Train an auto-encoder on digits, or on your own pictures.

    Args:
        dataset: mnist, patches of photographs, or the path of a folder of pictures.
        source: where MNIST comes from: TensorFlow Datasets, the 5,000 bundled digits, or whichever is there.
        epochs: passes over the pictures.
        batch_size: pictures in each step.
        learning_rate: Adam's, falling to 0 along a cosine.
        latent_dim: the code's length; with 2 the preview is a map.
        network: two dense layers of `hidden` units, or convolutions, on either side.
        hidden: units in each dense layer; convolutions have fixed sizes.
        error: squared, or cross-entropy, of each pixel.
        seed: of the initial weights and the order of the data.
        initial_epoch: the epoch to begin with, where a run is resumed.
        callbacks: Keras callbacks.

    Raises:
        ValueError: an argument out of its range, or no such dataset of pictures.
    """
    return training.fit_to(
        dataset,
        build=lambda data_shape: AutoEncoder(
            data_shape=data_shape,
            latent_dim=latent_dim,
            error=error,
            network=network,
            hidden=hidden,
            seed=seed,
        ),
        learning_rate=learning_rate,
        epochs=epochs,
        batch_size=batch_size,
        source=source,
        seed=seed,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
    )


@own_settings()
def measure(model, *, dataset: str = "mnist", source: str = "auto") -> dict[str, float]:
    """How far held-out pictures come back from themselves.

    Returns:
        `squared_error`, summed over a picture's pixels, the mean over the pictures; `psnr_db`, that of this mean.
    """
    images, _ = training.held_out(dataset, source=source)
    parts = np.array_split(images, -(-len(images) // 500))
    total = sum(float(np.sum((part - model(part, training=False).numpy()) ** 2, dtype="float64")) for part in parts)
    return {"squared_error": total / len(images), "psnr_db": float(psnr(total / images.size))}
