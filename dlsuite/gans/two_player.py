"""What every adversarial pair here is: a generator and a critic, each with its own optimizer.

The critic is the second player under any name: Goodfellow's discriminator, Wasserstein's critic. Each algorithm's
own file holds its value function and its `train_step`; this one holds what is the same in all of them.

Samples are drawn from an average of the generator's weights over its last steps (Yazici et al., 2019,
arXiv:1806.04498): two players circle around their equilibrium, and the average lies nearer to it than any one point.
"""

import keras
import numpy as np
import tensorflow as tf

from dlsuite import devices
from dlsuite.arguments import require_not_negative, require_positive
from dlsuite.gans import maps
from dlsuite.gans.networks import build_critic, build_generator
from dlsuite.pictures import sheet


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

        On pictures `samples` are 64 samples of fixed latent vectors. On points there are also `real` points, the
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
