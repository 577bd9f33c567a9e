"""How fast GANs train here, compared with programs in the style of the Keras and PyTorch documentation.

    python benchmarks/gans.py                        # about 10 minutes on 2 idle CPU cores
    python benchmarks/gans.py --only wgan_gp         # one of wgan_gp, wgan_gp-ring, gan
    python benchmarks/gans.py --quality 600          # and the seconds to a given quality, at most 600 each

It needs `pip install -e ".[bench]"`. Three programs train the same networks on the same examples, which are in memory
before the first step, with the same batches, updates and optimizers, in float32:

- dlsuite, as its `train` runs it, with WGAN-GP's default settings; the GAN is the plain one of Goodfellow et al.,
  without instance noise and groups;
- Keras, like the examples on keras.io: a `keras.Model` with a `train_step`, `compile`, `fit` on an array. By default
  `compile` chooses XLA, which slows down convolutions on a CPU, so this program also runs without it;
- PyTorch: modules, `autograd.grad(create_graph=True)`, `optim.Adam`.

The others also average the generator's weights and decay the learning rates, as dlsuite does, so that all do the same
work. They take turns in one process, and a ratio is the median of the rounds' ratios, since programs that run one after
the other see the same background load. An image is a real example that the critic was trained on. Compiling is not
timed.
"""

import argparse
import os
import statistics
import time

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")  # as in dlsuite; here for all programs that use TensorFlow

import keras
import numpy as np
import tensorflow as tf
import torch
import turns
from keras import layers
from torch import nn

from dlsuite.data import examples, toy2d
from dlsuite.gans import assessment, gan, training, wgan_gp

CASES = {
    "wgan_gp": ("mnist", wgan_gp.DEFAULTS["images"]),
    "wgan_gp-ring": ("ring", wgan_gp.DEFAULTS["points"]),
    "gan": ("mnist", gan.DEFAULTS["images"] | {"critic_steps": 1}),
}
BETAS = {"wgan_gp": (0.5, 0.9), "wgan_gp-ring": (0.5, 0.9), "gan": (0.5, 0.999)}


# Keras, like "WGAN-GP overriding `Model.train_step`" and "DCGAN to generate face images" on keras.io.


def keras_networks(data_shape, latent_dim):
    """dlsuite's generator and critic, built from Keras's own layers."""
    if len(data_shape) == 1:
        hidden = lambda: [layers.Dense(128, activation="relu") for _ in range(3)]  # noqa: E731
        generator = keras.Sequential([keras.Input((latent_dim,)), *hidden(), layers.Dense(data_shape[0])])
        return generator, keras.Sequential([keras.Input(data_shape), *hidden(), layers.Dense(1)])
    height, width, channels = data_shape
    generator = keras.Sequential(
        [
            keras.Input((latent_dim,)),
            layers.Dense(height // 4 * (width // 4) * 32),
            layers.Reshape((height // 4, width // 4, 32)),
            layers.RMSNormalization(),
            layers.LeakyReLU(0.2),
            layers.Conv2D(64, 3, padding="same"),
            layers.RMSNormalization(),
            layers.LeakyReLU(0.2),
            layers.Conv2DTranspose(64, 4, strides=2, padding="same"),
            layers.RMSNormalization(),
            layers.LeakyReLU(0.2),
            layers.Conv2DTranspose(channels, 6, strides=2, padding="same", activation="tanh"),
        ]
    )
    critic = keras.Sequential(
        [
            keras.Input(data_shape),
            layers.Conv2D(32, 4, strides=2, padding="same"),
            layers.LeakyReLU(0.2),
            layers.Conv2D(64, 4, strides=2, padding="same"),
            layers.RMSNormalization(),
            layers.LeakyReLU(0.2),
            layers.Conv2D(64, 4, strides=2, padding="same"),
            layers.RMSNormalization(),
            layers.LeakyReLU(0.2),
            layers.Flatten(),
            layers.Dense(1),
        ]
    )
    return generator, critic


class KerasGAN(keras.Model):
    """A DCGAN step: first the discriminator, then the generator."""

    def __init__(self, data_shape, latent_dim, ema_half_life):
        super().__init__()
        self.generator, self.critic = keras_networks(data_shape, latent_dim)
        self.average = keras.models.clone_model(self.generator)
        self.average.set_weights(self.generator.get_weights())
        self.latent_dim, self.ema_half_life = latent_dim, ema_half_life
        self.seed_generator = keras.random.SeedGenerator(0)
        self.critic_loss_metric = keras.metrics.Mean(name="critic_loss")
        self.generator_loss_metric = keras.metrics.Mean(name="generator_loss")

    def compile(self, critic_optimizer, generator_optimizer, **kwargs):
        super().compile(**kwargs)
        self.critic_optimizer, self.generator_optimizer = critic_optimizer, generator_optimizer
        self.loss_fn = keras.losses.BinaryCrossentropy(from_logits=True)

    @property
    def metrics(self):
        return [self.critic_loss_metric, self.generator_loss_metric]

    def noise(self, batch_size):
        return keras.random.normal((batch_size, self.latent_dim), seed=self.seed_generator)

    def average_weights(self):
        step = tf.cast(self.generator_optimizer.iterations, tf.float32)
        decay = tf.minimum(0.5 ** (1 / self.ema_half_life), step / (step + 10.0))
        for average, weight in zip(self.average.weights, self.generator.weights, strict=True):
            average.assign(decay * average + (1.0 - decay) * weight)

    def train_step(self, real_images):
        batch_size = tf.shape(real_images)[0]
        generated_images = self.generator(self.noise(batch_size))
        combined_images = tf.concat([generated_images, real_images], axis=0)
        labels = tf.concat([tf.zeros((batch_size, 1)), tf.ones((batch_size, 1))], axis=0)
        with tf.GradientTape() as tape:
            predictions = self.critic(combined_images)
            critic_loss = 2.0 * self.loss_fn(labels, predictions)
        gradients = tape.gradient(critic_loss, self.critic.trainable_weights)
        self.critic_optimizer.apply_gradients(zip(gradients, self.critic.trainable_weights, strict=True))

        misleading_labels = tf.ones((batch_size, 1))
        with tf.GradientTape() as tape:
            predictions = self.critic(self.generator(self.noise(batch_size)))
            generator_loss = self.loss_fn(misleading_labels, predictions)
        gradients = tape.gradient(generator_loss, self.generator.trainable_weights)
        self.generator_optimizer.apply_gradients(zip(gradients, self.generator.trainable_weights, strict=True))
        self.average_weights()
        self.critic_loss_metric.update_state(critic_loss)
        self.generator_loss_metric.update_state(generator_loss)
        return {"critic_loss": self.critic_loss_metric.result(), "generator_loss": self.generator_loss_metric.result()}


class KerasWGANGP(KerasGAN):
    def __init__(self, data_shape, latent_dim, ema_half_life, critic_steps, penalty):
        super().__init__(data_shape, latent_dim, ema_half_life)
        self.critic_steps, self.penalty = critic_steps, penalty

    def gradient_penalty(self, batch_size, real_images, fake_images):
        shape = (batch_size, *[1] * (len(real_images.shape) - 1))
        alpha = keras.random.uniform(shape, 0.0, 1.0, seed=self.seed_generator)
        interpolated = real_images + alpha * (fake_images - real_images)
        with tf.GradientTape() as gp_tape:
            gp_tape.watch(interpolated)
            pred = self.critic(interpolated, training=True)
        grads = gp_tape.gradient(pred, [interpolated])[0]
        norm = tf.sqrt(tf.reduce_sum(tf.square(grads), axis=list(range(1, len(grads.shape)))) + 1e-12)
        return tf.reduce_mean((norm - 1.0) ** 2)

    def train_step(self, real_images):
        batch_size = tf.shape(real_images)[0] // self.critic_steps
        for i in range(self.critic_steps):
            real = real_images[i * batch_size : (i + 1) * batch_size]
            with tf.GradientTape() as tape:
                fake_images = self.generator(self.noise(batch_size), training=True)
                fake_logits = self.critic(fake_images, training=True)
                real_logits = self.critic(real, training=True)
                critic_cost = tf.reduce_mean(fake_logits) - tf.reduce_mean(real_logits)
                critic_loss = critic_cost + self.gradient_penalty(batch_size, real, fake_images) * self.penalty
            gradients = tape.gradient(critic_loss, self.critic.trainable_variables)
            self.critic_optimizer.apply_gradients(zip(gradients, self.critic.trainable_variables, strict=True))

        with tf.GradientTape() as tape:
            generated_images = self.generator(self.noise(batch_size), training=True)
            generator_loss = -tf.reduce_mean(self.critic(generated_images, training=True))
        gradients = tape.gradient(generator_loss, self.generator.trainable_variables)
        self.generator_optimizer.apply_gradients(zip(gradients, self.generator.trainable_variables, strict=True))
        self.average_weights()
        self.critic_loss_metric.update_state(critic_loss)
        self.generator_loss_metric.update_state(generator_loss)
        return {"critic_loss": self.critic_loss_metric.result(), "generator_loss": self.generator_loss_metric.result()}


# PyTorch.


class RMSNorm2d(nn.RMSNorm):
    """Over each pixel's channels; `(batch, channels, height, width)`."""

    def forward(self, x):
        return super().forward(x.permute(0, 2, 3, 1)).permute(0, 3, 1, 2)


def torch_networks(data_shape, latent_dim):
    """dlsuite's generator and critic; PyTorch's pictures are `(batch, channels, height, width)`."""
    if len(data_shape) == 1:
        hidden = [layer for _ in range(2) for layer in (nn.Linear(128, 128), nn.ReLU())]
        generator = nn.Sequential(nn.Linear(latent_dim, 128), nn.ReLU(), *hidden, nn.Linear(128, data_shape[0]))
        hidden = [layer for _ in range(2) for layer in (nn.Linear(128, 128), nn.ReLU())]
        return generator, nn.Sequential(nn.Linear(data_shape[0], 128), nn.ReLU(), *hidden, nn.Linear(128, 1))
    height, width, channels = data_shape
    norm = lambda channels: RMSNorm2d(channels, eps=1e-6)  # noqa: E731
    generator = nn.Sequential(
        nn.Linear(latent_dim, 32 * (height // 4) * (width // 4)),
        nn.Unflatten(1, (32, height // 4, width // 4)),
        norm(32),
        nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 3, padding=1),
        norm(64),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(64, 64, 4, stride=2, padding=1),
        norm(64),
        nn.LeakyReLU(0.2),
        nn.ConvTranspose2d(64, channels, 6, stride=2, padding=2),
        nn.Tanh(),
    )
    sides = -(-height // 8) * -(-width // 8)
    critic = nn.Sequential(
        nn.Conv2d(channels, 32, 4, stride=2, padding=1),
        nn.LeakyReLU(0.2),
        nn.Conv2d(32, 64, 4, stride=2, padding=1),
        norm(64),
        nn.LeakyReLU(0.2),
        nn.ZeroPad2d((1, 2, 1, 2)) if height // 4 % 2 else nn.ZeroPad2d(1),  # 7 x 7 to 4 x 4, as Keras's "same"
        nn.Conv2d(64, 64, 4, stride=2),
        norm(64),
        nn.LeakyReLU(0.2),
        nn.Flatten(),
        nn.Linear(64 * sides, 1),
    )
    return generator, critic


class TorchGAN:
    def __init__(self, data, batch_size, latent_dim, learning_rate, betas, ema_half_life, critic_steps, steps):
        self.data, self.batch_size, self.latent_dim, self.critic_steps = data, batch_size, latent_dim, critic_steps
        data_shape = data.shape[1:] if data.ndim == 2 else (*data.shape[2:], data.shape[1])
        self.generator, self.critic = torch_networks(tuple(data_shape), latent_dim)
        self.critic_optimizer = torch.optim.Adam(self.critic.parameters(), lr=learning_rate, betas=betas)
        self.generator_optimizer = torch.optim.Adam(self.generator.parameters(), lr=learning_rate, betas=betas)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR
        self.schedules = [
            schedule(self.critic_optimizer, steps * critic_steps),
            schedule(self.generator_optimizer, steps),
        ]
        half_life = 0.5 ** (1 / ema_half_life)

        def average(averages, weights, step):
            torch._foreach_lerp_(averages, weights, 1 - min(half_life, float((step + 1) / (step + 11))))

        self.average = torch.optim.swa_utils.AveragedModel(self.generator, multi_avg_fn=average)

    def real(self):
        return self.data[torch.randint(len(self.data), (self.batch_size,))]

    def noise(self):
        return torch.randn(self.batch_size, self.latent_dim)

    def critic_loss(self, real, fake):
        logits = self.critic(torch.cat([fake, real]))
        labels = torch.cat([torch.zeros(len(fake), 1), torch.ones(len(real), 1)])
        return 2 * nn.functional.binary_cross_entropy_with_logits(logits, labels)

    def generator_loss(self, score):
        return nn.functional.binary_cross_entropy_with_logits(score, torch.ones_like(score))

    def train(self, steps):
        for _ in range(steps):
            for _ in range(self.critic_steps):
                with torch.no_grad():
                    fake = self.generator(self.noise())
                self.critic_optimizer.zero_grad()
                self.critic_loss(self.real(), fake).backward()
                self.critic_optimizer.step()
                self.schedules[0].step()
            self.generator_optimizer.zero_grad()
            self.critic.requires_grad_(False)
            self.generator_loss(self.critic(self.generator(self.noise()))).backward()
            self.critic.requires_grad_(True)
            self.generator_optimizer.step()
            self.schedules[1].step()
            self.average.update_parameters(self.generator)

    def sample(self, n):
        with torch.no_grad():
            return self.average(torch.randn(n, self.latent_dim)).numpy()


class TorchWGANGP(TorchGAN):
    def __init__(self, *args, penalty, **kwargs):
        super().__init__(*args, **kwargs)
        self.penalty = penalty

    def critic_loss(self, real, fake):
        distance = self.critic(real).mean() - self.critic(fake).mean()
        epsilon = torch.rand(len(real), *[1] * (real.ndim - 1))
        between = (real + epsilon * (fake - real)).requires_grad_(True)
        score = self.critic(between)
        (gradient,) = torch.autograd.grad(score.sum(), between, create_graph=True)
        norm = (gradient.flatten(1).square().sum(1) + 1e-12).sqrt()
        return self.penalty * ((norm - 1) ** 2).mean() - distance

    def generator_loss(self, score):
        return -score.mean()


# A contender has `run(steps)`, which trains for that many more steps and returns the seconds that they took, and
# `sample(n)`, which returns samples of its averaged generator.


class Ours:
    def __init__(self, case, steps):
        dataset, defaults = CASES[case]
        self.rows, self.batch_size = defaults["critic_steps"], defaults["batch_size"]
        self.dataset, self.turns = dataset, 0
        _, data_shape = self.batches()
        common = {
            "data_shape": data_shape,
            "latent_dim": defaults["latent_dim"],
            "ema_half_life": defaults["ema_half_life"],
        }
        if case == "gan":
            self.model = gan.GAN(**common)
        else:
            self.model = wgan_gp.WGANGP(critic_steps=self.rows, penalty=defaults["penalty"], **common)
        optimizer = training.adam(defaults["learning_rate"], beta_2=BETAS[case][1])
        self.model.compile(optimizer(steps), optimizer(steps * self.rows), **training.execution(data_shape))

    def batches(self):
        """The batches of a new epoch in each turn, so that no turn sees the same examples as the last one."""
        options = {"source": "bundled", "initial_epoch": self.turns}
        batches, _, data_shape = training.training_rows(self.dataset, self.batch_size, self.rows, **options)
        return batches, data_shape

    def run(self, steps):
        (batches, _), watch = self.batches(), turns.Stopwatch()
        self.turns += 1
        self.model.fit(batches, steps_per_epoch=steps, callbacks=[watch], shuffle=False, verbose=0)
        return watch.seconds * steps / watch.steps

    def sample(self, n):
        return self.model.averaged_generator(keras.random.normal((n, self.model.latent_dim))).numpy()


class Keras:
    def __init__(self, case, steps, jit_compile="auto"):
        dataset, defaults = CASES[case]
        self.rows, self.batch_size = defaults["critic_steps"], defaults["batch_size"]
        self.data, self.order = in_memory(dataset), np.random.default_rng(0)
        common = {"data_shape": self.data.shape[1:], **{key: defaults[key] for key in ("latent_dim", "ema_half_life")}}
        if case == "gan":
            self.model = KerasGAN(**common)
        else:
            self.model = KerasWGANGP(critic_steps=self.rows, penalty=defaults["penalty"], **common)

        def adam(steps):
            rate = keras.optimizers.schedules.CosineDecay(defaults["learning_rate"], steps)
            return keras.optimizers.Adam(rate, *BETAS[case])

        self.model.compile(adam(steps * self.rows), adam(steps), jit_compile=jit_compile)

    def run(self, steps):
        watch = turns.Stopwatch()
        data = self.data[self.order.integers(len(self.data), size=steps * self.rows * self.batch_size)]
        self.model.fit(data, batch_size=self.rows * self.batch_size, callbacks=[watch], verbose=0)
        return watch.seconds * steps / watch.steps

    def sample(self, n):
        return self.model.average(keras.random.normal((n, self.model.latent_dim))).numpy()


class Torch:
    def __init__(self, case, steps):
        dataset, defaults = CASES[case]
        data = torch.from_numpy(in_memory(dataset))
        if data.ndim == 4:
            data = data.permute(0, 3, 1, 2).contiguous()
        names = ("batch_size", "latent_dim", "learning_rate", "ema_half_life", "critic_steps")
        common = {"data": data, "betas": BETAS[case], "steps": steps} | {name: defaults[name] for name in names}
        self.model = TorchGAN(**common) if case == "gan" else TorchWGANGP(penalty=defaults["penalty"], **common)

    def run(self, steps):
        begin = time.perf_counter()
        self.model.train(steps)
        return time.perf_counter() - begin

    def sample(self, n):
        return self.model.sample(n)


CONTENDERS = {
    "dlsuite": Ours,
    "Keras": Keras,
    "Keras without XLA": lambda case, steps: Keras(case, steps, jit_compile=False),
    "PyTorch": Torch,
}


def in_memory(dataset):
    if dataset in toy2d.MIXTURES:
        return toy2d.sample(dataset, 500_000)
    return examples.scale(examples.held_in_memory(dataset, source="bundled")).numpy()


# Arithmetic.


def flops_of_step(case, model):
    """The minimum FLOPs of a step's matrix products and convolutions, by the rules of differentiation.

    A layer costs its forward count once more for the gradient of its inputs, and once more for that of its weights.
    The penalty needs a forward pass of the critic and a backward pass to its inputs. The gradient of the penalty goes
    through each pass again, twice each, but through the forward pass only where something is curved: normalization is,
    rectified layers are not. Only the penalty needs a gradient with respect to the data, and the generator's step needs
    none with respect to the critic's weights.
    """
    _, defaults = CASES[case]
    generator, critic = turns.flops(model.generator), turns.flops(model.critic)
    g, c = sum(generator), sum(critic)
    learn_both = 2 * (3 * c - critic[0])
    penalty = {"wgan_gp": 6 * c - critic[0], "wgan_gp-ring": 4 * c, "gan": 0}[case]
    steps_of_critic = defaults["critic_steps"] * (g + learn_both + penalty)
    return defaults["batch_size"] * (steps_of_critic + 3 * g - generator[0] + 2 * c)


def compare_speed(case, rounds, steps):
    """The table rows of one case."""
    total = 100_000  # steps in the schedules: the rates hardly fall
    contenders = {name: make(case, total) for name, make in CONTENDERS.items()}
    for contender in contenders.values():
        contender.run(min(steps, 51))  # compiles; on points a call of dlsuite's is 25 steps
    seconds, peak = turns.take_turns(contenders, rounds, lambda contender: contender.run(steps) / steps)
    _, defaults = CASES[case]
    images = defaults["critic_steps"] * defaults["batch_size"]
    needed = flops_of_step(case, contenders["dlsuite"].model)
    for name, each in seconds.items():
        ratio = turns.median_ratio(each, seconds["dlsuite"])
        typical = statistics.median(each)
        print(
            f"| `{case}` | {name} | {images / typical:,.0f} | {1000 * typical:.1f} | {ratio:.2f} "
            f"| {needed / typical / 1e9:.0f} of {peak / 1e9:.0f} = {100 * needed / typical / peak:.0f} % |",
            flush=True,
        )


def compare_quality(limit, seed):
    """Seconds of training until the samples of the ring find 8 of 8 modes and 85 % lie within 3 sigma of one."""
    steps = 1000 * wgan_gp.DEFAULTS["points"]["epochs"]
    for name, make in CONTENDERS.items():
        keras.utils.set_random_seed(seed)
        torch.manual_seed(seed)
        contender, seconds, done, modes, high_quality = make("wgan_gp-ring", steps), 0.0, 0, 0, 0.0
        while not (modes == 8 and high_quality >= 0.85) and seconds < limit and done < steps:
            seconds, done = seconds + contender.run(500), done + 500
            modes, high_quality = assessment.mode_coverage(contender.sample(10_000), toy2d.mixture("ring"))
        reached = f"{seconds:.0f}" if modes == 8 and high_quality >= 0.85 else f"not within {seconds:.0f}"
        print(f"| {name} | {seed} | {reached} | {done:,} | {modes} | {100 * high_quality:.1f} % |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", choices=CASES, default=list(CASES))
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--steps", type=int, help="generator steps per turn (40; 500 on points)")
    parser.add_argument(
        "--quality",
        type=float,
        metavar="SECONDS",
        help="also train on the ring to a given quality",
    )
    parser.add_argument("--seeds", type=int, default=1, help="number of repetitions of --quality")
    options = parser.parse_args()
    print("| training | program | images / s | ms / step | dlsuite's speed-up | GFLOP/s of the matmul peak |")
    print("|---|---|---|---|---|---|", flush=True)
    for case in options.only:
        compare_speed(case, options.rounds, options.steps or (500 if case == "wgan_gp-ring" else 40))
    if options.quality:
        print("\n| program | seed | seconds to 8 modes and 85 % on the ring | steps | modes | high quality |")
        print("|---|---|---|---|---|---|", flush=True)
        for seed in range(options.seeds):
            compare_quality(options.quality, seed)


if __name__ == "__main__":
    main()
