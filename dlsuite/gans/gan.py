"""Generative adversarial network (Goodfellow et al., 2014, arXiv:1406.2661).

    V(D, G) = E[log D(x)] + E[log(1 - D(G(z)))]          D(x) = sigmoid(logit)

    discriminator    max V          which is   min  E[softplus(-logit(x))] + E[softplus(logit(G(z)))]
    generator        min V          which is   min -E[softplus(logit(G(z)))]             "saturating"
          or, in practice, max E[log D(G(z))]:  min  E[softplus(-logit(G(z)))]           "non-saturating"

Both generator losses pull toward the same equilibrium; where the discriminator wins, the first one's gradient dies.
At the optimal discriminator D = p/(p + q), so V = -log 4 + 2 JSD(p, q). In training no discriminator is optimal, and
the losses say how the two players stand against each other (`gans.loss_meaning`).

Instance noise (Sønderby et al., 2017, arXiv:1610.04490) may be added to all that the discriminator sees. p and q above
are then the blurred densities, which overlap everywhere, so it cannot be sure of anything; the equilibrium stays where
it was, since blurred densities are equal only where sharp ones are. As in the paper the noise may fade in training.

Momentum carries both players past each other. Without it (beta_1 = 0 in Adam) they circle less (Gidel et al., 2019,
arXiv:1807.04740).

A discriminator that sees examples one by one does not notice that all samples look alike. In a `group` it does.
"""

import functools
from typing import Annotated, Literal

import keras
import tensorflow as tf
from annotated_types import Ge

from dlsuite import devices, fitting
from dlsuite.arguments import (
    Count,
    NotNegative,
    Positive,
    Seed,
    Share,
    checked,
    require_not_negative,
    require_positive,
)
from dlsuite.gans import assessment, networks, training, two_player
from dlsuite.keras_settings import own_settings, registered

SETTINGS_CHOSEN_ON = "tfds"  # the test digits used for tuning: results on them are optimistic
HAS_MIXED_PRECISION = True
EXAMPLES_PER_STEP = ("batch_size", "discriminator_steps")

# On pictures a discriminator that learns as fast as the generator, or sees sharp edges, wins, and digits are lost.
# Points are to show what the plain game does.
DEFAULTS = {
    "images": {
        "epochs": 12,
        "batch_size": 64,
        "learning_rate": 1e-3,
        "discriminator_lr_ratio": 0.4,
        "latent_dim": 32,
        "beta_1": 0.0,
        "instance_noise": 0.4,
        "final_noise": 0.3,
        "group": 4,
        "ema_half_life": 500,
    },
    "points": {
        "epochs": 20,
        "batch_size": 256,
        "learning_rate": 5e-4,
        "discriminator_lr_ratio": 1.0,
        "latent_dim": 2,
        "beta_1": 0.5,
        "instance_noise": 0.0,
        "final_noise": 0.0,
        "group": 1,
        "ema_half_life": 500,
    },
}
GENERATOR_LOSSES = ("non-saturating", "saturating")


@registered
class GAN(two_player.TwoPlayer):
    """The two players and the step of Algorithm 1. The critic here is the discriminator, and answers with a logit.

    Args:
        discriminator_steps: steps of the discriminator for each one of the generator (the paper's k), at least 1.
        generator_loss: `non-saturating` or `saturating`.
        instance_noise: standard deviation of the noise on what the discriminator sees, in the data's units, 0 or above.
        final_noise: what it becomes, along a line; 0 or above.
        noise_steps: steps of the discriminator in which it does; at least 1.
        group: examples that the discriminator compares with each other, see `networks.GroupDeviation`; 1 for none.
        data_shape, latent_dim, ema_half_life, seed: see `TwoPlayer`.
    """

    def __init__(
        self,
        data_shape=(28, 28, 1),
        latent_dim=32,
        discriminator_steps=1,
        generator_loss="non-saturating",
        instance_noise=0.0,
        final_noise=0.0,
        noise_steps=10_000,
        group=1,
        **kwargs,
    ):
        require_positive(discriminator_steps=discriminator_steps, noise_steps=noise_steps, group=group)
        require_not_negative(instance_noise=instance_noise, final_noise=final_noise)
        if generator_loss not in GENERATOR_LOSSES:
            raise ValueError(f"generator_loss={generator_loss!r}: it must be one of {', '.join(GENERATOR_LOSSES)}")
        critic = functools.partial(networks.build_critic, group=group)
        super().__init__(data_shape=data_shape, latent_dim=latent_dim, critic=critic, **kwargs)
        self.discriminator_steps, self.generator_loss_kind = discriminator_steps, generator_loss
        self.instance_noise, self.final_noise, self.noise_steps = instance_noise, final_noise, noise_steps
        self.group = group
        self.real_probability = keras.metrics.Mean(name="real_probability")
        self.fake_probability = keras.metrics.Mean(name="fake_probability")
        self.generator_gradient = keras.metrics.Mean(name="generator_gradient")

    def get_config(self):
        return super().get_config() | {
            "discriminator_steps": self.discriminator_steps,
            "generator_loss": self.generator_loss_kind,
            "instance_noise": self.instance_noise,
            "final_noise": self.final_noise,
            "noise_steps": self.noise_steps,
            "group": self.group,
        }

    @property
    def metrics(self):
        return [*super().metrics, self.real_probability, self.fake_probability, self.generator_gradient]

    def logits(self, data):
        """What the discriminator answers in training, `(batch, 1)`, to `(batch, *data_shape)` under instance noise."""
        if self.instance_noise or self.final_noise:
            done = tf.cast(self.critic_optimizer.iterations, tf.float32) / self.noise_steps
            deviation = self.final_noise + (self.instance_noise - self.final_noise) * tf.maximum(1.0 - done, 0.0)
            data = data + deviation * self.draw(keras.random.normal, tf.shape(data)[0], *self.data_shape)
        return self.critic(data, training=True)

    def discriminator_objective(self, real_logit, fake_logit):
        """-V, a scalar, from logits `(batch, 1)` of real examples and of samples."""
        return tf.reduce_mean(tf.nn.softplus(-real_logit)) + tf.reduce_mean(tf.nn.softplus(fake_logit))

    def generator_objective(self, fake_logit):
        """What the generator minimizes, a scalar, from logits `(batch, 1)` of its samples."""
        if self.generator_loss_kind == "saturating":
            return -tf.reduce_mean(tf.nn.softplus(fake_logit))
        return tf.reduce_mean(tf.nn.softplus(-fake_logit))

    def discriminator_terms(self, real, fake):
        """The discriminator's loss, `critic_loss`, and how probable it finds that either batch is real; scalars."""
        real_logit, fake_logit = self.logits(real), self.logits(fake)
        return {
            "critic_loss": self.discriminator_objective(real_logit, fake_logit),
            "real_probability": tf.reduce_mean(tf.sigmoid(real_logit)),
            "fake_probability": tf.reduce_mean(tf.sigmoid(fake_logit)),
        }

    def train_step(self, real):
        """`discriminator_steps` steps of the discriminator, each on examples of its own, then one of the generator.

        Args:
            real: `(batch, discriminator_steps, *data_shape)`.
        """
        batch = tf.shape(real)[0]
        for step in range(self.discriminator_steps):
            fake = self.generator(self.noise(batch), training=True)
            with tf.GradientTape() as tape:
                discriminator_terms = self.discriminator_terms(real[:, step], fake)
            loss = discriminator_terms["critic_loss"]
            devices.minimize(loss, tape, self.critic_optimizer, self.critic.trainable_variables)

        with tf.GradientTape() as tape:
            fake = self.generator(self.noise(batch), training=True)
            generator_loss = self.generator_objective(self.logits(fake))
        variables = self.generator.trainable_variables
        (of_samples,) = devices.minimize(generator_loss, tape, self.generator_optimizer, variables, at=[fake])
        self.average_weights()
        return self.report(
            generator_loss=generator_loss, generator_gradient=mean_slope(of_samples), **discriminator_terms
        )


def mean_slope(gradient):
    """How strongly a sample is pushed: the mean over a batch of |grad_x l(x)|, from the gradient of the mean of l."""
    batch = tf.shape(gradient)[0]
    return tf.reduce_sum(tf.norm(tf.reshape(gradient, [batch, -1]), axis=1))


def require_whole_groups(batch_size, group):
    """Raise `ValueError` where a device's share of a batch does not divide into groups."""
    devices = tf.distribute.get_strategy().num_replicas_in_sync
    if group > 1 and batch_size % (group * devices):
        raise ValueError(f"batch_size={batch_size}: with group={group} it must be a multiple of {group * devices}")


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
    instance_noise: NotNegative | None = None,
    final_noise: NotNegative | None = None,
    group: Count | None = None,
    ema_half_life: Annotated[int, Ge(0)] | None = None,
    seed: Seed = 0,
    initial_epoch: int = 0,
    callbacks=(),
) -> GAN:
    """Train a GAN on digits, on points of the plane, or on your own pictures or points.

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
        instance_noise: standard deviation of the noise that the discriminator sees everything through.
        final_noise: what it has come to at the end of the training, along a line.
        group: how many examples the discriminator compares with each other, so that samples that are all alike give
            themselves away; 1 for each on its own.
        ema_half_life: half-life of the generator's averaged weights, in steps; 0 for no averaging.
        seed: of the initial weights, the order of the data and all noise.
        initial_epoch: the epoch to begin with, where a run is resumed.
        callbacks: Keras callbacks.

    Raises:
        ValueError: an argument out of its range, or no such dataset.
    """
    require_whole_groups(batch_size, group)
    return training.fit_to(
        dataset,
        build=lambda data_shape, steps: GAN(
            data_shape,
            latent_dim,
            discriminator_steps,
            generator_loss,
            instance_noise,
            final_noise,
            noise_steps=steps,
            group=group,
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
