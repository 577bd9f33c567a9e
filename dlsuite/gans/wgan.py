"""Wasserstein GAN (Arjovsky et al., 2017, arXiv:1701.07875).

    critic      min  E[D(G(z))] - E[D(x)],   then every weight w <- clip(w, -c, c)
    generator   min -E[D(G(z))]

The Wasserstein-1 distance is the largest E[f(x)] - E[f(G(z))] of all functions f of slope 1 at most. Weights in a box
keep the critic's slope below some K that nobody knows, so its loss estimates K times the distance. Too small a c lets
gradients vanish, too large a one takes long; and under the constraint critics tend toward simple functions, with
weights at the walls of the box (Gulrajani et al., 2017): see `gans.wgan_gp` for what was done about it.
"""

from typing import Annotated, Literal

import keras
import tensorflow as tf
from annotated_types import Ge

from dlsuite import devices, fitting
from dlsuite.arguments import Count, Positive, Seed, checked, require_positive
from dlsuite.gans import assessment, training, two_player
from dlsuite.keras_settings import own_settings, registered

SETTINGS_CHOSEN_ON = "tfds"  # the test digits used for tuning: results on them are optimistic
HAS_MIXED_PRECISION = True
EXAMPLES_PER_STEP = ("batch_size", "critic_steps")

# The paper's clip of 0.01 and rate of 5e-5 need 100,000s of steps.
DEFAULTS = {
    "images": {
        "epochs": 30,
        "batch_size": 64,
        "learning_rate": 5e-4,
        "latent_dim": 32,
        "critic_steps": 2,
        "clip": 0.05,
        "ema_half_life": 500,
    },
    "points": {
        "epochs": 20,
        "batch_size": 256,
        "learning_rate": 1e-3,
        "latent_dim": 2,
        "critic_steps": 5,
        "clip": 0.05,
        "ema_half_life": 500,
    },
}


@registered
class WGAN(two_player.TwoPlayer):
    """The two players and the step of Algorithm 1.

    Args:
        critic_steps: steps of the critic for each one of the generator, at least 1.
        clip: the largest absolute value of any of the critic's weights (the paper's c), above 0.
        data_shape, latent_dim, ema_half_life, seed: see `TwoPlayer`.
    """

    def __init__(self, data_shape=(28, 28, 1), latent_dim=32, critic_steps=5, clip=0.01, **kwargs):
        require_positive(critic_steps=critic_steps, clip=clip)
        super().__init__(data_shape=data_shape, latent_dim=latent_dim, **kwargs)
        self.critic_steps, self.clip = critic_steps, clip
        self.wasserstein_estimate = keras.metrics.Mean(name="wasserstein_estimate")

    def get_config(self):
        return super().get_config() | {"critic_steps": self.critic_steps, "clip": self.clip}

    @property
    def metrics(self):
        return [*super().metrics, self.wasserstein_estimate]

    def clip_weights(self):
        """Put every weight of the critic back into the box [-clip, clip]."""
        for weight in self.critic.trainable_variables:
            weight.assign(tf.clip_by_value(weight, -self.clip, self.clip))

    def train_step(self, real):
        """`critic_steps` steps of the critic, each on examples of its own, then one of the generator.

        Args:
            real: `(batch, critic_steps, *data_shape)`.
        """
        batch = tf.shape(real)[0]
        for step in range(self.critic_steps):
            fake = self.generator(self.noise(batch), training=True)
            with tf.GradientTape() as tape:
                on_real, on_fake = self.critic(real[:, step], training=True), self.critic(fake, training=True)
                distance = tf.reduce_mean(on_real) - tf.reduce_mean(on_fake)
                critic_loss = -distance
            devices.minimize(critic_loss, tape, self.critic_optimizer, self.critic.trainable_variables)
            self.clip_weights()

        with tf.GradientTape() as tape:
            fake = self.generator(self.noise(batch), training=True)
            generator_loss = -tf.reduce_mean(self.critic(fake, training=True))
        devices.minimize(generator_loss, tape, self.generator_optimizer, self.generator.trainable_variables)
        self.average_weights()
        return self.report(generator_loss=generator_loss, critic_loss=critic_loss, wasserstein_estimate=distance)


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
    latent_dim: Count | None = None,
    critic_steps: Count | None = None,
    clip: Positive | None = None,
    ema_half_life: Annotated[int, Ge(0)] | None = None,
    seed: Seed = 0,
    initial_epoch: int = 0,
    callbacks=(),
) -> WGAN:
    """Train a WGAN on digits, on points of the plane, or on your own pictures or points.

    Args:
        dataset: a name, or the path of a folder of pictures or of a .npy or .csv file of 2-D points.
        source: where MNIST comes from: TensorFlow Datasets, the 5,000 bundled digits, or whichever is there.
        epochs: passes over the pictures; on points, times 1,000 steps of the generator.
        batch_size: examples in each step of either player.
        learning_rate: RMSprop's, falling to 0 along a cosine.
        latent_dim: the latent vector's length.
        critic_steps: steps of the critic for each one of the generator.
        clip: the largest absolute value of the critic's weights (c).
        ema_half_life: half-life of the generator's averaged weights, in steps; 0 for no averaging.
        seed: of the initial weights, the order of the data and all noise.
        initial_epoch: the epoch to begin with, where a run is resumed.
        callbacks: Keras callbacks.

    Raises:
        ValueError: an argument out of its range, or no such dataset.
    """

    def rmsprop(steps):
        return keras.optimizers.RMSprop(keras.optimizers.schedules.CosineDecay(learning_rate, steps))

    return training.fit_to(
        dataset,
        build=lambda data_shape, _: WGAN(
            data_shape, latent_dim, critic_steps, clip, ema_half_life=ema_half_life, seed=seed
        ),
        optimizer=rmsprop,
        rows=critic_steps,
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
