"""How fast VAEs train here, compared with programs in the style of the Keras and PyTorch documentation.

    python benchmarks/autoencoders.py                       # about 5 minutes on 2 idle CPU cores
    python benchmarks/autoencoders.py --quality 600         # and to a test ELBO of -105 nats
    python benchmarks/autoencoders.py --quality 600 --bundled   # on the bundled digits

It needs `pip install -e ".[bench]"`. Three programs train the same dense networks on the same digits, which are in
memory before the first step, with the same batches, losses and Adam, in float32, and binarize the pixels afresh in each
step:

- dlsuite, as in `autoencoders.vae`, with the default settings of its `train`;
- Keras, like the VAE on keras.io: a `Sampling` layer, a `keras.Model` with a `train_step` and three means, `fit` on an
  array. By default `compile` chooses XLA; this program also runs without it;
- PyTorch, like the VAE in its examples: a module, a `DataLoader` over a `TensorDataset`, `optim.Adam`.

Adam's learning rate is a constant 1e-3 for all, as in the Keras and PyTorch documentation; `dlsuite train` uses cosine
decay. A turn is an epoch of whole batches. Compiling and evaluating are not timed. An image is one that was trained on.
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
from keras import layers, ops
from torch import nn

from dlsuite import catalog
from dlsuite.autoencoders import training, vae
from dlsuite.data import examples

DEFAULTS = catalog.lesson("autoencoders.vae").resolve({})
BATCH, LATENT, HIDDEN, RATE = (DEFAULTS[name] for name in ("batch_size", "latent_dim", "hidden", "learning_rate"))
WANTED = 105.0
"""Nats of negative ELBO on MNIST's 10,000 test digits."""


# Keras, like "Variational AutoEncoder" on keras.io.


class Sampling(layers.Layer):
    """z from its mean and the logarithm of its variance."""

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.seed_generator = keras.random.SeedGenerator(0)

    def call(self, inputs):
        z_mean, z_log_var = inputs
        epsilon = keras.random.normal(ops.shape(z_mean), seed=self.seed_generator)
        return z_mean + ops.exp(0.5 * z_log_var) * epsilon


class KerasVAE(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        inputs = keras.Input((28, 28, 1))
        x = layers.Flatten()(inputs)
        for _ in range(2):
            x = layers.Dense(HIDDEN, activation="relu")(x)
        z_mean, z_log_var = layers.Dense(LATENT)(x), layers.Dense(LATENT)(x)
        self.encoder = keras.Model(inputs, [z_mean, z_log_var, Sampling()([z_mean, z_log_var])])
        inputs = keras.Input((LATENT,))
        x = inputs
        for _ in range(2):
            x = layers.Dense(HIDDEN, activation="relu")(x)
        x = layers.Dense(28 * 28, activation="sigmoid")(x)
        self.decoder = keras.Model(inputs, layers.Reshape((28, 28, 1))(x))
        self.seed_generator = keras.random.SeedGenerator(1)
        self.total_loss_tracker = keras.metrics.Mean(name="loss")
        self.reconstruction_loss_tracker = keras.metrics.Mean(name="reconstruction_loss")
        self.kl_loss_tracker = keras.metrics.Mean(name="kl_loss")

    @property
    def metrics(self):
        return [self.total_loss_tracker, self.reconstruction_loss_tracker, self.kl_loss_tracker]

    def losses_of(self, data):
        """For each image, the reconstruction term and the divergence, in nats."""
        z_mean, z_log_var, z = self.encoder(data)
        reconstruction = self.decoder(z)
        reconstruction_loss = ops.sum(keras.losses.binary_crossentropy(data, reconstruction), axis=(1, 2))
        kl_loss = -0.5 * ops.sum(1 + z_log_var - ops.square(z_mean) - ops.exp(z_log_var), axis=1)
        return reconstruction_loss, kl_loss

    def train_step(self, data):
        data = ops.cast(keras.random.uniform(ops.shape(data), seed=self.seed_generator) < data, "float32")
        with tf.GradientTape() as tape:
            reconstruction_loss, kl_loss = (ops.mean(loss) for loss in self.losses_of(data))
            total_loss = reconstruction_loss + kl_loss
        gradients = tape.gradient(total_loss, self.trainable_weights)
        self.optimizer.apply_gradients(zip(gradients, self.trainable_weights, strict=True))
        self.total_loss_tracker.update_state(total_loss)
        self.reconstruction_loss_tracker.update_state(reconstruction_loss)
        self.kl_loss_tracker.update_state(kl_loss)
        return {metric.name: metric.result() for metric in self.metrics}


# PyTorch, like its examples.


class TorchVAE(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1, self.fc2 = nn.Linear(784, HIDDEN), nn.Linear(HIDDEN, HIDDEN)
        self.fc_mu, self.fc_logvar = nn.Linear(HIDDEN, LATENT), nn.Linear(HIDDEN, LATENT)
        self.fc3, self.fc4, self.fc5 = nn.Linear(LATENT, HIDDEN), nn.Linear(HIDDEN, HIDDEN), nn.Linear(HIDDEN, 784)

    def forward(self, x):
        h = torch.relu(self.fc2(torch.relu(self.fc1(x.view(-1, 784)))))
        mu, logvar = self.fc_mu(h), self.fc_logvar(h)
        z = mu + torch.exp(0.5 * logvar) * torch.randn_like(mu)
        h = torch.relu(self.fc4(torch.relu(self.fc3(z))))
        return torch.sigmoid(self.fc5(h)), mu, logvar

    def loss(self, x):
        """The sum over the images, in nats."""
        reconstruction, mu, logvar = self(x)
        bce = nn.functional.binary_cross_entropy(reconstruction, x.view(-1, 784), reduction="sum")
        return bce - 0.5 * torch.sum(1 + logvar - mu.pow(2) - logvar.exp())


# A contender has `run()`, which trains for one more epoch and returns the seconds that it took, and
# `negative_elbo(x)`, its mean over black and white images `(n, 28, 28, 1)`, in nats.


def in_thousands(x):
    return np.split(x, len(x) // 1000)


class Ours:
    def __init__(self, source):
        self.source, self.epochs_done = source, 0
        self.model = vae.VAE(latent_dim=LATENT, hidden=HIDDEN)
        _, steps = self.batches()
        execution = training.execution(self.model, steps)
        self.model.compile(keras.optimizers.Adam(RATE), loss=None, **execution)

    def batches(self):
        return examples.batches(
            "mnist", BATCH, source=self.source, initial_epoch=self.epochs_done, scaled=examples.to_unit
        )

    def run(self):
        (batches, steps), watch = self.batches(), turns.Stopwatch()
        self.model.fit(batches, steps_per_epoch=steps, callbacks=[watch], shuffle=False, verbose=0)
        self.epochs_done += 1
        return watch.seconds * steps / watch.steps

    def negative_elbo(self, x):
        terms = tf.function(self.model.terms)
        parts = [sum(terms(part, keras.random.normal((len(part), LATENT)))) for part in in_thousands(x)]
        return float(np.mean(parts))


class Keras:
    def __init__(self, source, jit_compile="auto"):
        self.data = in_memory(source)
        self.model = KerasVAE()
        self.model.compile(optimizer=keras.optimizers.Adam(RATE), jit_compile=jit_compile)

    def run(self):
        watch = turns.Stopwatch()
        self.model.fit(self.data, epochs=1, batch_size=BATCH, callbacks=[watch], verbose=0)
        return watch.seconds * (len(self.data) // BATCH) / watch.steps

    def negative_elbo(self, x):
        return float(np.mean([sum(self.model.losses_of(part)) for part in in_thousands(x)]))


class Torch:
    def __init__(self, source):
        data = torch.utils.data.TensorDataset(torch.from_numpy(in_memory(source)))
        self.loader = torch.utils.data.DataLoader(data, batch_size=BATCH, shuffle=True)
        self.model = TorchVAE()
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=RATE)

    def run(self):
        begin, train_loss = time.perf_counter(), 0.0
        for (data,) in self.loader:
            data = torch.bernoulli(data)
            self.optimizer.zero_grad()
            loss = self.model.loss(data) / len(data)
            loss.backward()
            train_loss += loss.item()
            self.optimizer.step()
        return time.perf_counter() - begin

    def negative_elbo(self, x):
        with torch.no_grad():
            return float(self.model.loss(torch.from_numpy(x)) / len(x))


CONTENDERS = {
    "dlsuite": Ours,
    "Keras": Keras,
    "Keras without XLA": lambda source: Keras(source, jit_compile=False),
    "PyTorch": Torch,
}


def in_memory(source):
    """Whole batches of the training digits, float32 `(n, 28, 28, 1)` in 0..1."""
    pictures = examples.held_in_memory("mnist", "train", source)
    return examples.to_unit(pictures[: len(pictures) // BATCH * BATCH]).numpy()


def flops_of_image(model):
    """The FLOPs of the matrix products for one image: forward, for the weight gradients, and for the input gradients.

    The gradient of the picture is not needed.
    """
    encoder, decoder = turns.flops(model.encoder), turns.flops(model.decoder)
    return 3 * sum(encoder + decoder) - encoder[0]


def compare_speed(source, rounds):
    contenders = {name: make(source) for name, make in CONTENDERS.items()}
    for contender in contenders.values():
        contender.run()  # compiles
    seconds, peak = turns.take_turns(contenders, rounds, lambda contender: contender.run())
    images = len(contenders["Keras"].data)
    needed = images * flops_of_image(contenders["dlsuite"].model)
    print("| program | images / s | ms / step | dlsuite's speed-up | GFLOP/s of the matmul peak |")
    print("|---|---|---|---|---|", flush=True)
    for name, each in seconds.items():
        typical = statistics.median(each)
        print(
            f"| {name} | {images / typical:,.0f} | {1000 * typical / (images // BATCH):.2f} "
            f"| {turns.median_ratio(each, seconds['dlsuite']):.2f} "
            f"| {needed / typical / 1e9:.0f} of {peak / 1e9:.0f} = {100 * needed / typical / peak:.0f} % |",
            flush=True,
        )


def compare_quality(source, limit, seed):
    """Seconds of training until the negative ELBO on the test digits, measured after each epoch, reaches the target."""
    pictures, _ = training.held_out("mnist", source=source)
    x = (np.random.default_rng(0).uniform(size=pictures.shape) < pictures).astype("float32")
    for name, make in CONTENDERS.items():
        keras.utils.set_random_seed(seed)
        torch.manual_seed(seed)
        contender, seconds, epochs, nats = make(source), 0.0, 0, np.inf
        while nats > WANTED and seconds < limit:
            seconds, epochs = seconds + contender.run(), epochs + 1
            nats = contender.negative_elbo(x)
        reached = f"{seconds:.0f}" if nats <= WANTED else f"not within {seconds:.0f}"
        print(f"| {name} | {seed} | {reached} | {epochs} | {nats:.1f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="epochs of each program")
    parser.add_argument("--bundled", action="store_true", help="train on the bundled digits instead of MNIST")
    parser.add_argument("--quality", type=float, metavar="SECONDS", help="also train to a given quality")
    parser.add_argument("--seeds", type=int, default=1, help="number of repetitions of --quality")
    options = parser.parse_args()
    source = "bundled" if options.bundled else "tfds"
    compare_speed(source, options.rounds)
    if options.quality:
        print(f"\n| program | seed | seconds to a test ELBO of -{WANTED:.0f} nats | epochs | negative ELBO |")
        print("|---|---|---|---|---|", flush=True)
        for seed in range(options.seeds):
            compare_quality(source, options.quality, seed)


if __name__ == "__main__":
    main()
