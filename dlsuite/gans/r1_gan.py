"""GAN with a zero-centred gradient penalty, R1 or R2 (Mescheder et al., 2018, arXiv:1801.04406).

    discriminator   min -V(D, G) + gamma/2 R
    generator       as in `gans.gan`

    R1 = E[|grad_x logit(x)|^2]          on real examples x
    R2 = E[|grad_u logit(u)|^2]          on samples u = G(z)

Where samples equal the data, the discriminator has nothing left to say, and the penalty makes it say nothing: its
slope there goes to 0, and the two players come to rest instead of circling (`gans.dirac_gan` has the proof in small).
"""

from typing import Annotated, Literal

import keras
import tensorflow as tf
from annotated_types import Ge

from dlsuite import fitting
from dlsuite.arguments import (
    Count,
    NotNegative,
    Positive,
    Seed,
    Share,
    checked,
    require_not_negative,
)
from dlsuite.gans import assessment, gan, training
from dlsuite.keras_settings import own_settings, registered

SETTINGS_CHOSEN_ON = "tfds"  # the test digits used for tuning: results on them are optimistic
HAS_MIXED_PRECISION = True
EXAMPLES_PER_STEP = ("batch_size", "discriminator_steps")

DEFAULTS = {
    "images": {
        "epochs": 20,
        "batch_size": 64,
        "learning_rate": 1e-3,
        "discriminator_lr_ratio": 1.0,
        "beta_1": 0.0,
        "latent_dim": 32,
        "gamma": 1.0,
        "ema_half_life": 500,
    },
    "points": {
        "epochs": 20,
        "batch_size": 256,
        "learning_rate": 1e-3,
        "discriminator_lr_ratio": 1.0,
        "beta_1": 0.5,
        "latent_dim": 2,
        "gamma": 0.1,
        "ema_half_life": 500,
    },
}
PENALIZED = ("real", "fake", "both")


@registered
class R1GAN(gan.GAN):
    """A `GAN` whose discriminator pays for its slope.

    Args:
        gamma: the penalty's weight, 0 or above.
        penalized: where the slope is measured: on `real` examples (R1), on `fake` ones (R2), or on `both`.
        data_shape, latent_dim, discriminator_steps, generator_loss, ema_half_life, seed: see `GAN`.
    """

    def __init__(self, gamma=10.0, penalized="real", **kwargs):
        require_not_negative(gamma=gamma)
        if penalized not in PENALIZED:
            raise ValueError(f"penalized={penalized!r}: it must be one of {', '.join(PENALIZED)}")
        super().__init__(**kwargs)
        self.gamma, self.penalized = gamma, penalized
        self.penalty_term = keras.metrics.Mean(name="penalty_term")

    def get_config(self):
        return super().get_config() | {"gamma": self.gamma, "penalized": self.penalized}

    @property
    def metrics(self):
        return [*super().metrics, self.penalty_term]

    def squared_slope(self, x):
        """E[|grad_x logit(x)|^2], a scalar, over a batch `(batch, *data_shape)`."""
        with tf.GradientTape() as tape:
            tape.watch(x)
            logit = self.critic(x, training=True)
        gradient = tf.reshape(tape.gradient(logit, x), [tf.shape(x)[0], -1])  # (batch, dimensions)
        return tf.reduce_mean(tf.reduce_sum(gradient**2, axis=1))

    def discriminator_terms(self, real, fake):
        """The terms of `GAN`, with the penalty added to the loss, and by itself."""
        terms = super().discriminator_terms(real, fake)
        chosen = {"real": [real], "fake": [fake], "both": [real, fake]}[self.penalized]
        penalty = tf.add_n([self.squared_slope(x) for x in chosen])
        return terms | {"critic_loss": terms["critic_loss"] + self.gamma / 2 * penalty, "penalty_term": penalty}


@own_settings()
@checked
@fitting.with_defaults(DEFAULTS)
def train(
    *,
    dataset: Literal["mnist", "ring", "grid", "spiral", "moons"] | str = "mnist",
    source: Literal["auto", "tfds", "bundled"] = "auto",
    epochs: Count | None = None,
    batch_size: Count | None = None,
    learning_rate: Positive | None = None,
    discriminator_lr_ratio: Positive | None = None,
    beta_1: Share | None = None,
    latent_dim: Count | None = None,
    discriminator_steps: Count = 1,
    generator_loss: Literal["non-saturating", "saturating"] = "non-saturating",
    gamma: NotNegative | None = None,
    penalized: Literal["real", "fake", "both"] = "real",
    ema_half_life: Annotated[int, Ge(0)] | None = None,
    seed: Seed = 0,
    initial_epoch: int = 0,
    callbacks=(),
) -> R1GAN:
    """Train a GAN with R1 or R2 on digits, on points of the plane, or on your own pictures or points.

    Args:
        dataset: a name, or the path of a folder of pictures or of a .npy or .csv file of 2-D points.
        source: where MNIST comes from: TensorFlow Datasets, the 5,000 bundled digits, or whichever is there.
        epochs: passes over the pictures; on points, times 1,000 steps of the generator.
        batch_size: examples in each step of either player.
        learning_rate: Adam's (beta_2 0.99), falling to 0 along a cosine.
        discriminator_lr_ratio: the discriminator's learning rate, as a multiple of the generator's.
        beta_1: Adam's decay rate for the mean of the gradients, for both players.
        latent_dim: the latent vector's length.
        discriminator_steps: steps of the discriminator for each one of the generator (k).
        generator_loss: what the generator minimizes: -log D(G(z)), or log(1 - D(G(z))), whose gradient saturates.
        gamma: the penalty's weight.
        penalized: where the discriminator's slope is: on real examples (R1), on fake ones (R2), or on both.
        ema_half_life: half-life of the generator's averaged weights, in steps; 0 for no averaging.
        seed: of the initial weights, the order of the data and all noise.
        initial_epoch: the epoch to begin with, where a run is resumed.
        callbacks: Keras callbacks.

    Raises:
        ValueError: an argument out of its range, or no such dataset.
    """
    return training.fit_to(
        dataset,
        build=lambda data_shape, _: R1GAN(
            gamma,
            penalized,
            data_shape=data_shape,
            latent_dim=latent_dim,
            discriminator_steps=discriminator_steps,
            generator_loss=generator_loss,
            ema_half_life=ema_half_life,
            seed=seed,
        ),
        optimizer=training.adam(learning_rate, beta_1=beta_1, beta_2=0.99),
        critic_optimizer=training.adam(learning_rate * discriminator_lr_ratio, beta_1=beta_1, beta_2=0.99),
        rows=discriminator_steps,
        epochs=epochs,
        batch_size=batch_size,
        source=source,
        seed=seed,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
    )


@own_settings()
def measure(model, *, dataset: str = "mnist", source: str = "auto") -> dict[str, float]:
    """How good 10,000 samples are against held-out data; see `assessment.measure`."""
    return assessment.measure(model, dataset=dataset, source=source)
