"""Conditional GAN (Mirza and Osindero, 2014, arXiv:1411.1784): samples of the class y that one asks for.

    critic      min  E[D(G(z, y), y)] - E[D(x, y)] + penalty * E[(|grad_u D(u, y)| - 1)^2]
    generator   min -E[D(G(z, y), y)]

    G(z, y)     sees the latent vector and the one-hot class side by side, as in the paper
    D(x, y)   = w . f(x) + v_y . f(x)      "projection" (Miyato and Koyama, 2018, arXiv:1802.05637)

The first term of D asks whether x is real, the second one whether it is a y: v_y is a direction among the features f
that is learned for each class. The game around it is WGAN-GP's (see `gans.wgan_gp`); a real example and its fake share
their class, so u between them has it too. What is left to z is the style.
"""

import functools
from typing import Annotated, Literal

import keras
import tensorflow as tf
from annotated_types import Ge
from keras import layers

from dlsuite import devices
from dlsuite.arguments import Count, NotNegative, Positive, Seed, checked
from dlsuite.data import examples, mnist
from dlsuite.gans import assessment, networks, training, wgan_gp
from dlsuite.keras_settings import own_settings, registered
from dlsuite.pictures import sheet

SETTINGS_CHOSEN_ON = "tfds"  # the test digits used for tuning: results on them are optimistic
EXAMPLES_PER_STEP = ("batch_size", "critic_steps")


def build_generator(data_shape, latent_dim, classes):
    """Latent vectors with one-hot classes behind them, `(batch, latent_dim + classes)`, to `(batch, *data_shape)`."""
    return networks.build_generator(data_shape, latent_dim + classes)


def build_critic(data_shape, classes):
    """Data `(batch, *data_shape)` and one-hot classes `(batch, classes)` to one score each, `(batch, 1)`."""
    unconditional = networks.build_critic(data_shape)
    features = unconditional.layers[-1].input  # f(x), (batch, features)
    label = keras.Input((classes,), name="label")
    direction = layers.Dense(features.shape[-1], use_bias=False)(label)  # v_y
    score = layers.Add()([unconditional.output, layers.Dot(axes=1)([direction, features])])
    return keras.Model([unconditional.input, label], score, name="critic")


@registered
class ConditionalGAN(wgan_gp.WGANGP):
    """The two players, each of whom is told the class.

    Called on `(batch, latent_dim + classes)`, a latent vector and a one-hot class behind it, it answers with samples.

    Args:
        classes: how many there are, at least 2.
        critic_steps, penalty, data_shape, latent_dim, ema_half_life, seed: see `WGANGP`.
    """

    def __init__(self, data_shape=(28, 28, 1), classes=10, **kwargs):
        if classes < 2:
            raise ValueError(f"classes={classes}: it must be at least 2")
        super().__init__(
            data_shape=data_shape,
            generator=functools.partial(build_generator, classes=classes),
            critic=functools.partial(build_critic, classes=classes),
            **kwargs,
        )
        self.classes = classes

    def get_config(self):
        return super().get_config() | {"classes": self.classes}

    def critic_terms(self, real, fake, label):
        """As `WGANGP` has them, of examples that share the one-hot classes `(batch, classes)`."""

        def score(x):
            return self.critic([x, label], training=True)

        distance = tf.reduce_mean(score(real)) - tf.reduce_mean(score(fake))
        penalty = wgan_gp.slope_penalty(score, self.between(real, fake))
        return {
            "critic_loss": self.penalty * penalty - distance,
            "wasserstein_estimate": distance,
            "penalty_term": penalty,
        }

    def train_step(self, data):
        """`critic_steps` steps of the critic, each on examples of its own, then one of the generator.

        Args:
            data: pairs of examples `(batch, critic_steps, *data_shape)` and their classes `(batch, critic_steps)`.
        """
        real, label = data
        batch, label = tf.shape(real)[0], tf.one_hot(label, self.classes)  # (batch, critic_steps, classes)
        for step in range(self.critic_steps):
            fake = self.generate(batch, label[:, step])
            with tf.GradientTape() as tape:
                critic_terms = self.critic_terms(real[:, step], fake, label[:, step])
            loss = critic_terms["critic_loss"]
            devices.minimize(loss, tape, self.critic_optimizer, self.critic.trainable_variables)

        with tf.GradientTape() as tape:
            fake = self.generate(batch, label[:, 0])
            generator_loss = -tf.reduce_mean(self.critic([fake, label[:, 0]], training=True))
        devices.minimize(generator_loss, tape, self.generator_optimizer, self.generator.trainable_variables)
        self.average_weights()
        return self.report(generator_loss=generator_loss, **critic_terms)

    def generate(self, batch, label):
        """G(z, y), `(batch, *data_shape)`, for fresh z and one-hot classes `(batch, classes)`."""
        return self.generator(tf.concat([self.noise(batch), label], axis=1), training=True)

    @property
    def input_limits(self):
        return super().input_limits | {"label": (0, self.classes - 1)}

    def signatures(self):
        """Served, `sample` goes through the classes in turn and `sample_class` keeps to one.

        `latent` is always the whole input of the generator, the one-hot class included.
        """
        latent = tf.TensorSpec([None, self.latent_dim + self.classes], tf.float32, name="latent")
        data = tf.TensorSpec([None, *self.data_shape], tf.float32, name="data")
        label = tf.TensorSpec([None], tf.int32, name="label")
        one = tf.TensorSpec([], tf.int32)

        def decode(latent):
            return {"samples": self(latent, training=False)}

        def of_labels(labels, seed):
            z = tf.random.stateless_normal([tf.size(labels), self.latent_dim], [seed, 0])
            latent = tf.concat([z, tf.one_hot(labels, self.classes)], axis=1)
            return decode(latent) | {"latent": latent, "label": labels}

        def sample(n, seed):
            return of_labels(tf.range(n) % self.classes, seed)

        def sample_class(n, seed, label):
            return of_labels(tf.repeat(label, n), seed)

        def score(data, label):
            with tf.GradientTape() as tape:
                tape.watch(data)
                score = self.critic([data, tf.one_hot(label, self.classes)], training=False)
            return {"score": score[:, 0], "gradient": tape.gradient(score, data)}

        return {
            "serving_default": (decode, [latent]),
            "decode": (decode, [latent]),
            "sample": (sample, [one, one]),
            "sample_class": (sample_class, [one, one, one]),
            "score": (score, [data, label]),
        }

    def preview(self):
        """Eight samples of each class, a class to a column, of fixed latent vectors: `picture` and `samples`."""
        samples = self.signatures()["sample"][0](8 * self.classes, self.seed)["samples"].numpy()
        return {"picture": sheet(samples, columns=self.classes, black=-1), "samples": samples}


@own_settings()
@checked
def train(
    *,
    dataset: Literal["mnist"] = "mnist",
    source: Literal["auto", "tfds", "bundled"] = "auto",
    epochs: Count = 20,
    batch_size: Count = 64,
    learning_rate: Positive = 1e-3,
    latent_dim: Count = 32,
    critic_steps: Count = 2,
    penalty: NotNegative = 1.0,
    ema_half_life: Annotated[int, Ge(0)] = 500,
    seed: Seed = 0,
    initial_epoch: int = 0,
    callbacks=(),
) -> ConditionalGAN:
    """Train a conditional WGAN-GP on digits.

    Args:
        dataset: the digits, whose classes are known.
        source: where MNIST comes from: TensorFlow Datasets, the 5,000 bundled digits, or whichever is there.
        epochs: passes over the pictures.
        batch_size: examples in each step of either player.
        learning_rate: Adam's (beta_1 0.5, beta_2 0.9), falling to 0 along a cosine.
        latent_dim: the latent vector's length, without the class.
        critic_steps: steps of the critic for each one of the generator.
        penalty: the weight of the gradient penalty (lambda).
        ema_half_life: half-life of the generator's averaged weights, in steps; 0 for no averaging.
        seed: of the initial weights, the order of the data and all noise.
        initial_epoch: the epoch to begin with, where a run is resumed.
        callbacks: Keras callbacks.

    Raises:
        ValueError: an argument out of its range, or no such dataset.
    """
    own = {"latent_dim": latent_dim, "critic_steps": critic_steps, "penalty": penalty, "ema_half_life": ema_half_life}
    return training.fit_to(
        dataset,
        build=lambda data_shape, _: ConditionalGAN(data_shape=data_shape, seed=seed, **own),
        optimizer=training.adam(learning_rate, beta_2=0.9),
        rows=critic_steps,
        epochs=epochs,
        batch_size=batch_size,
        source=source,
        seed=seed,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
        labelled=True,
    )


@own_settings()
def measure(model, *, dataset: str = "mnist", source: str = "auto") -> dict[str, float]:
    """As `assessment.measure` has it, of samples of all classes in turn, and how well they are what was asked for.

    Returns:
        `class_accuracy`: the share of 10,000 samples in which the digit classifier sees the class that was asked for;
        `class_accuracy_of_data`: the share of held-out digits that it gets right, for comparison.
    """
    sample, _ = model.signatures()["sample"]
    samples = [sample(1000, seed) for seed in range(1, 11)]
    right = [_accuracy(part["samples"].numpy(), part["label"].numpy()) for part in samples]
    pictures, labels = mnist.arrays("test", source)
    return assessment.measure(model, dataset=dataset, source=source) | {
        "class_accuracy": sum(right) / len(right),
        "class_accuracy_of_data": _accuracy(examples.scale(pictures).numpy(), labels),
    }


def _accuracy(pictures, labels) -> float:
    seen = assessment.digit_features(pictures)["probabilities"].argmax(axis=1)
    return float((seen == labels).mean())
