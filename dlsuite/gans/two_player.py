"""What every adversarial pair here shares: a generator, a critic, their optimizers and networks.

The critic is the second player under any name: Goodfellow's discriminator, Wasserstein's critic. Each algorithm's
own file holds its value function and its `train_step`; this one holds what is the same in all of them.

Samples are drawn from an average of the generator's weights over its last steps (Yazici et al., 2019,
arXiv:1806.04498): two players circle around their equilibrium, and the average lies nearer to it than any one point.
"""

import math

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from dlsuite import devices, fitting
from dlsuite.arguments import require_not_negative, require_positive
from dlsuite.data import examples
from dlsuite.gans import fast, maps
from dlsuite.keras_settings import registered
from dlsuite.pictures import sheet


def build_generator(data_shape, latent_dim):
    """Latent vectors `(batch, latent_dim)` to data `(batch, *data_shape)`.

    For points, an MLP of 3 x 128. For pictures, a DCGAN-like stack (Radford et al., 2016, arXiv:1511.06434) that ends
    in tanh. In the place of DCGAN's batch normalization every pixel's features are scaled to a mean square of 1, as in
    Karras et al. (2018, arXiv:1710.10196) but before the activation and with a learned gain for each feature. So an
    example is a function of its own latent vector alone.
    """
    latent = keras.Input((latent_dim,), name="latent")
    if len(data_shape) == 1:
        x = latent
        for _ in range(3):
            x = layers.Dense(128, activation=fast.relu)(x)
        return keras.Model(latent, layers.Dense(data_shape[0])(x), name="generator")
    height, width, channels = data_shape
    x = layers.Dense(height // 4 * (width // 4) * 32)(latent)
    x = layers.Reshape((height // 4, width // 4, 32))(x)  # (batch, height / 4, width / 4, 32)
    x = fast.LeakyReLU(0.2)(layers.RMSNormalization()(x))
    x = fast.Conv2D(64, 3, padding="same")(x)  # (batch, height / 4, width / 4, 64)
    x = fast.LeakyReLU(0.2)(layers.RMSNormalization()(x))
    x = fast.Conv2DTranspose(64, 4, strides=2, padding="same")(x)  # (batch, height / 2, width / 2, 64)
    x = fast.LeakyReLU(0.2)(layers.RMSNormalization()(x))
    x = fast.Conv2DTranspose(channels, 6, strides=2, padding="same", activation="tanh")(x)
    return keras.Model(latent, x, name="generator")


def build_critic(data_shape, group=1):
    """Data `(batch, *data_shape)` to one unbounded score each, `(batch, 1)`: a logit or a critic's value.

    For points, an MLP of 3 x 128; for pictures, three strided convolutions, normalized pixel by pixel as above. With a
    `group` above 1 a score is no longer an example's own: the critic also sees how much a group differs in itself.
    """
    data = keras.Input(data_shape, name="data")
    x = data
    if len(data_shape) == 1:
        for _ in range(2):
            x = layers.Dense(128, activation=fast.relu)(x)
        x = GroupDeviation(group)(x) if group > 1 else x
        x = layers.Dense(128, activation=fast.relu)(x)
    else:
        x = fast.LeakyReLU(0.2)(fast.Conv2D(32, 4, strides=2, padding="same")(x))
        x = fast.Conv2D(64, 4, strides=2, padding="same")(x)
        x = fast.LeakyReLU(0.2)(layers.RMSNormalization()(x))
        x = GroupDeviation(group)(x) if group > 1 else x
        x = fast.Conv2D(64, 4, strides=2, padding="same")(x)
        x = layers.Flatten()(fast.LeakyReLU(0.2)(layers.RMSNormalization()(x)))
    return keras.Model(data, layers.Dense(1)(x), name="critic")


@registered
class GroupDeviation(layers.Layer):
    """Adds a feature that says how much the examples of a group differ (Karras et al., 2018, arXiv:1710.10196).

    It is the standard deviation of every feature over the group, averaged over all features. Samples that are all
    alike give themselves away by it. Groups are of neighbours in the batch, so a device that has whole groups of it
    computes what one device would; a batch that does not divide into groups is one group. A score is thus one of an
    example among its neighbours: repeat an example `group` times to score it alone.

    Args:
        group: examples in a group, at least 2.
    """

    def __init__(self, group, **kwargs):
        super().__init__(**kwargs)
        self.group = group

    def get_config(self):
        return super().get_config() | {"group": self.group}

    def call(self, x):
        """`(batch, ..., features)` -> `(batch, ..., features + 1)`."""
        batch = tf.shape(x)[0]
        group = tf.where(batch % self.group == 0, self.group, batch)
        groups = tf.reshape(x, [-1, group, math.prod(x.shape[1:])])
        deviation = tf.sqrt(tf.math.reduce_variance(groups, axis=1) + 1e-8)  # (groups, features of an example)
        deviation = tf.repeat(tf.reduce_mean(deviation, axis=1), group)  # (batch,)
        deviation = tf.reshape(deviation, [-1, *[1] * (len(x.shape) - 1)])
        return tf.concat([x, tf.broadcast_to(deviation, tf.shape(x[..., :1]))], axis=-1)

    def compute_output_shape(self, shape):
        return (*shape[:-1], shape[-1] + 1)


class TwoPlayer(keras.Model):
    """A generator against a critic, each with its own optimizer. Called on latent vectors, it answers with samples.

    Args:
        data_shape: `(2,)` for points, `(height, width, channels)` for pictures, both sides multiples of 4.
        latent_dim: the latent vector's length, at least 1; latent vectors are drawn from N(0, I).
        ema_half_life: the half-life of the generator's average, in steps of the generator; 0 turns averaging off.
        seed: of all noise drawn in training.
        generator: a function that builds the generator, as `build_generator` does.
        critic: a function that builds the critic, as `build_critic` does.
    """

    def __init__(
        self,
        data_shape=(28, 28, 1),
        latent_dim=32,
        ema_half_life=500,
        seed=0,
        generator=build_generator,
        critic=build_critic,
        **kwargs,
    ):
        data_shape = tuple(data_shape)
        is_picture = len(data_shape) == 3 and data_shape[0] % 4 == 0 and data_shape[1] % 4 == 0
        if min(data_shape, default=0) < 1 or not (len(data_shape) == 1 or is_picture):
            raise ValueError(
                f"data_shape={data_shape}: it is (dimensions,) or (height, width, channels) with sides that are "
                "multiples of 4"
            )
        require_positive(latent_dim=latent_dim)
        require_not_negative(ema_half_life=ema_half_life)
        generator = generator(data_shape, latent_dim)
        average = keras.models.clone_model(generator)
        average.set_weights(generator.get_weights())
        average.trainable = False
        latent = keras.Input(generator.input_shape[1:], name="latent")
        super().__init__(latent, average(latent), **kwargs)
        self.data_shape, self.latent_dim, self.ema_half_life, self.seed = data_shape, latent_dim, ema_half_life, seed
        self.generator, self.averaged_generator, self.critic = generator, average, critic(data_shape)
        self.noise_seeds = keras.random.SeedGenerator(seed)
        self.generator_loss = keras.metrics.Mean(name="generator_loss")
        self.critic_loss = keras.metrics.Mean(name="critic_loss")
        self.real_examples = None

    def get_config(self):
        return {
            "name": self.name,
            "data_shape": self.data_shape,
            "latent_dim": self.latent_dim,
            "ema_half_life": self.ema_half_life,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)

    # Two optimizers. Keras saves and reloads one by itself; the methods below teach it the second.

    def compile(self, generator_optimizer, critic_optimizer, loss=None, **kwargs):
        """Give each player its optimizer, and build both, so that their slots exist before training starts."""
        super().compile(optimizer=None, loss=loss, **kwargs)
        self.generator_optimizer = keras.optimizers.get(generator_optimizer)
        self.critic_optimizer = keras.optimizers.get(critic_optimizer)
        self.generator_optimizer.build(self.generator.trainable_variables)
        self.critic_optimizer.build(self.critic.trainable_variables)

    def get_compile_config(self):
        if not self.compiled:
            return None
        return {
            "generator_optimizer": keras.saving.serialize_keras_object(self.generator_optimizer),
            "critic_optimizer": keras.saving.serialize_keras_object(self.critic_optimizer),
        }

    def compile_from_config(self, config):
        self.compile(**{name: keras.saving.deserialize_keras_object(value) for name, value in config.items()})

    # Pieces of a training step.

    def noise(self, batch):
        """Fresh latent vectors, `(batch, latent_dim)`, from N(0, I)."""
        return self.draw(keras.random.normal, batch, self.latent_dim)

    def draw(self, distribution, batch, *shape):
        """This device's rows of a draw for the whole batch, `(batch, *shape)`."""
        return devices.draw(distribution, self.noise_seeds, batch, *shape)

    def average_weights(self):
        """Move the averaged generator toward the trained one by the share that `ema_half_life` sets.

        The share is larger at first, so that the average does not remember the random beginning.
        """
        step = tf.cast(self.generator_optimizer.iterations, tf.float32)
        decay = 0.5 ** (1 / self.ema_half_life) if self.ema_half_life else 0.0
        decay = tf.minimum(decay, step / (step + 10.0))
        for average, weight in zip(self.averaged_generator.weights, self.generator.weights, strict=True):
            average.assign(decay * average + (1.0 - decay) * weight)

    def report(self, **losses):
        """Keep the losses for the epoch's means, and return them raw."""
        for tracker in self.metrics:
            tracker.update_state(losses[tracker.name])
        return losses

    @property
    def metrics(self):
        return [self.generator_loss, self.critic_loss]

    # What others see of the model.

    @property
    def input_limits(self):
        """The least and the greatest value of what is served, by its name; points may lie anywhere."""
        return {"data": (-1, 1)} if len(self.data_shape) == 3 else {}

    def signatures(self):
        """The functions that a SavedModel of this model answers, by name; see `dlsuite.serving`."""
        latent = tf.TensorSpec([None, self.latent_dim], tf.float32, name="latent")
        data = tf.TensorSpec([None, *self.data_shape], tf.float32, name="data")
        one = tf.TensorSpec([], tf.int32)

        def decode(latent):
            return {"samples": self(latent, training=False)}

        def sample(n, seed):
            latent = tf.random.stateless_normal([n, self.latent_dim], [seed, 0])
            return {"samples": self(latent, training=False), "latent": latent}

        def score(data):
            with tf.GradientTape() as tape:
                tape.watch(data)
                score = self.critic(data, training=False)
            return {"score": score[:, 0], "gradient": tape.gradient(score, data)}

        return {
            "serving_default": (decode, [latent]),
            "decode": (decode, [latent]),
            "sample": (sample, [one, one]),
            "score": (score, [data]),
        }

    def preview(self):
        """What the model looks like now, by name: `picture` is uint8 `(height, width, 3)`, the rest are arrays.

        On pictures `samples` are 64 samples of fixed latent vectors. On points there are besides `real` points, the
        critic's `score` on a grid over `extent` (x and y from -extent to extent), and its `gradient` on a coarser one.
        """
        sample, _ = self.signatures()["sample"]
        if len(self.data_shape) == 3:
            samples = sample(64, self.seed)["samples"].numpy()
            return {"picture": sheet(samples, columns=8, black=-1), "samples": samples}
        samples = sample(1000, self.seed)["samples"].numpy()
        real = samples if self.real_examples is None else self.real_examples
        extent = float(1.25 * np.abs(real).max())
        score, _ = self.signatures()["score"]
        critic = maps.survey(lambda data: score(tf.constant(data)), extent)
        arrays = {"real": real, "samples": samples, "extent": extent, **critic}
        return {"picture": maps.plane(**arrays), **arrays}


# What every `train` here does around its model.


def training_rows(dataset, batch_size, rows, **options):
    """Batches of real examples, several fresh ones to a row: `(batch_size, rows, *data_shape)`.

    With the option `labelled` they are pairs, of examples and of their classes `(batch_size, rows)`.

    A row feeds one step of the generator and `rows` of the critic. Split over devices, every device gets whole rows.

    Returns:
        The endless dataset, the number of batches an epoch, and `data_shape`.
    """
    batches, steps = examples.batches(dataset, batch_size * rows, **options)
    data_shape = tuple(tf.nest.flatten(batches.element_spec)[0].shape[1:])

    def in_rows(*arrays):
        rowed = [tf.reshape(array, [batch_size, rows, *array.shape[1:]]) for array in arrays]
        return rowed[0] if len(rowed) == 1 else tuple(rowed)

    return batches.map(in_rows), steps, data_shape


def adam(learning_rate, beta_1=0.5, beta_2=0.9):
    """A function that makes an Adam for a number of steps, as `fitting.adam` does."""
    return lambda steps: fitting.adam(learning_rate, steps, beta_1=beta_1, beta_2=beta_2)


def execution(data_shape):
    """How Keras is to run the steps: small MLPs gain from XLA and many steps a call, conv nets on a CPU lose by it."""
    gains = len(data_shape) == 1
    return {"jit_compile": gains, "steps_per_execution": 25 if gains else 1}


def fit_to(
    dataset,
    *,
    build,
    optimizer,
    critic_optimizer=None,
    rows,
    epochs,
    batch_size,
    source="auto",
    seed=0,
    initial_epoch=0,
    callbacks=(),
    **data_options,
):
    """Build a pair of players that fits a dataset, and train it.

    Args:
        dataset, source, epochs, batch_size, seed, initial_epoch, callbacks: as every `train` here has them.
        build: a function of `data_shape`, and of the steps that the critic takes in all, that returns the model.
        optimizer: a function that takes the number of steps in all and returns a new optimizer.
        critic_optimizer: the same for the critic, where it is another one.
        rows: the critic's steps for each one of the generator.
        data_options: more for `training_rows`.

    Returns:
        The trained model.

    Raises:
        ValueError: an argument out of its range, or no such dataset.
    """
    keras.utils.set_random_seed(seed)
    data_options |= {"source": source, "seed": seed}
    batches, steps, data_shape = training_rows(dataset, batch_size, rows, initial_epoch=initial_epoch, **data_options)
    generator_steps, critic_steps = epochs * steps, epochs * steps * rows
    model = build(data_shape, critic_steps)
    beginning, _, _ = training_rows(dataset, batch_size, rows, **data_options)  # also where a run goes on
    model.real_examples = tf.nest.flatten(next(beginning.as_numpy_iterator()))[0].reshape(-1, *data_shape)[:500]
    return fitting.fit(
        model,
        optimizer(generator_steps),
        (critic_optimizer or optimizer)(critic_steps),
        batches=batches,
        steps=steps,
        epochs=epochs,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
        **execution(data_shape),
    )
