"""Variational auto-encoder (Kingma and Welling, 2014, arXiv:1312.6114; Rezende et al., 2014, arXiv:1401.4082).

    max  ELBO = E_q[log p(x | z)] - KL(q(z | x) || p(z))  <=  log p(x),      in nats an image

    inference network     q(z | x) = N(mu(x), diag sigma(x)^2),    z = mu(x) + sigma(x) eps,   eps ~ N(0, I)
    prior                 p(z) = N(0, I)
    generative network    p(x | z): Bernoulli, one chance for each pixel, or the Gaussian N(mu(z), sigma^2 I)

Between two Gaussians the divergence has a closed form: KL = 1/2 sum(mu^2 + sigma^2 - log sigma^2 - 1), a sum over the
latent dimensions. The other term is a sum over all pixels. Means in the place of either sum are a common mistake: they
change the balance of the two, and the objective is no longer a bound on log p(x).

A Bernoulli's pictures are black and white: each pixel is white with the chance of its grey, drawn anew at each epoch.
A density wants a continuum: a Gaussian's bytes are dequantized, (byte + u) / 256 with u ~ U[0, 1]. Without that, and
without a floor under sigma, the likelihood of pixels that are always 0 grows without a bound.
"""

import math
from typing import Literal

import keras
import numpy as np
import tensorflow as tf

from dlsuite.arguments import (
    Count,
    NotNegative,
    Positive,
    Seed,
    checked,
    require_not_negative,
    require_one_of,
    require_positive,
)
from dlsuite.autoencoders import encoder_decoder, sheets, training
from dlsuite.keras_settings import own_settings, registered
from dlsuite.pictures import sheet

SETTINGS_CHOSEN_ON = "bundled"  # the test digits used for tuning: results on them are optimistic
HAS_MIXED_PRECISION = True

LIKELIHOODS = ("bernoulli", "gaussian")
DEVIATIONS = ("fixed", "learned", "emitted")
REDUCTIONS = ("sum", "mean")
FLOOR = 0.01
"""Added to a sigma that is learned or emitted, for pixels in 0..1."""
IMPORTANCE_SAMPLES = 100
DIAGNOSED = 1000 * 28 * 28
"""Pixels of held-out pictures that a preview measures: 1,000 digits, or 40 pictures where those have more."""
ACTIVE = 0.01
"""A latent dimension is active if E[z | x] varies by more than this over x (Burda et al., 2016, arXiv:1509.00519)."""


@registered
class VAE(encoder_decoder.EncoderDecoder):
    """The two networks and the step of the auto-encoding variational Bayes algorithm.

    Called on pictures, it answers with the mean of p(x | z) at the mean of q(z | x).

    Args:
        likelihood: `bernoulli` or `gaussian`.
        deviation: a Gaussian's sigma: `fixed`, `learned` as one number, or `emitted` from z for each pixel.
        sigma: its value where it is fixed, at the beginning where it is learned; above 0, for pixels in 0..1.
        beta: what the KL is multiplied by in training (Higgins et al., 2017); 1 for the ELBO, 0 or above.
        kl_reduction: `sum`, or `mean` for the mistake described above.
        data_shape, latent_dim, network, hidden, seed: see `EncoderDecoder`.
    """

    def __init__(
        self,
        data_shape=(28, 28, 1),
        latent_dim=20,
        likelihood="bernoulli",
        deviation="learned",
        sigma=0.1,
        beta=1.0,
        kl_reduction="sum",
        **kwargs,
    ):
        require_one_of(LIKELIHOODS, likelihood=likelihood)
        require_one_of(DEVIATIONS, deviation=deviation)
        require_one_of(REDUCTIONS, kl_reduction=kl_reduction)
        require_positive(sigma=sigma)
        require_not_negative(beta=beta)
        is_emitted = likelihood == "gaussian" and deviation == "emitted"
        super().__init__(data_shape, latent_dim, statistics=2, maps=1 + is_emitted, **kwargs)
        self.likelihood, self.deviation, self.sigma = likelihood, deviation, sigma
        self.beta, self.kl_reduction = beta, kl_reduction
        self.log_sigma = self.add_weight(
            name="log_sigma",
            shape=(),
            initializer=keras.initializers.Constant(math.log(sigma)),
            trainable=likelihood == "gaussian" and deviation == "learned",
        )
        self.loss_tracker = keras.metrics.Mean(name="loss")
        self.reconstruction_nats = keras.metrics.Mean(name="reconstruction_nats")
        self.kl_nats = keras.metrics.Mean(name="kl_nats")

    def get_config(self):
        own = ("likelihood", "deviation", "sigma", "beta", "kl_reduction")
        return super().get_config() | {name: getattr(self, name) for name in own}

    @property
    def metrics(self):
        return [self.loss_tracker, self.reconstruction_nats, self.kl_nats]

    def observe(self, pictures, noise):
        """What the likelihood is of: black and white pixels, or dequantized ones.

        Args:
            pictures: `(batch, *data_shape)` in 0..1.
            noise: of the same shape, from U[0, 1]; 0.5 everywhere rounds, or adds half of a byte.
        """
        if self.likelihood == "bernoulli":
            return tf.cast(noise < pictures, tf.float32)
        return (255.0 * pictures + noise) / 256.0

    def infer(self, x):
        """q(z | x): its mean and the logarithm of its variance, each `(batch, latent_dim)`."""
        mean, log_variance = tf.split(self.encoder(x), 2, axis=1)
        return mean, log_variance

    def log_likelihood(self, x, z):
        """log p(x | z) in nats, `(batch,)`; of a Gaussian, the logarithm of a density over pixels in 0..1."""
        answer = self.decoder(z)
        if self.likelihood == "bernoulli":
            nats = -tf.nn.sigmoid_cross_entropy_with_logits(labels=x, logits=answer)
        else:
            mean, log_sigma = self.gaussian(answer)
            nats = -0.5 * ((x - mean) / tf.exp(log_sigma)) ** 2 - log_sigma - 0.5 * math.log(2 * math.pi)
        return tf.reduce_sum(nats, axis=[1, 2, 3])

    def gaussian(self, answer):
        """The mean and log sigma of p(x | z), from what the decoder answers.

        The floor is added; a maximum would have no gradient below it, and what fell there would stay.
        """
        if self.deviation == "fixed":
            return tf.sigmoid(answer), self.log_sigma
        if self.deviation == "learned":
            return tf.sigmoid(answer), tf.math.log(FLOOR + tf.exp(self.log_sigma))
        mean, raw = tf.split(answer, 2, axis=-1)
        return tf.sigmoid(mean), tf.math.log(FLOOR + self.sigma / math.log(2) * tf.math.softplus(raw))

    def terms(self, x, noise):
        """The ELBO's two terms in nats: -log p(x | z) at one z ~ q(z | x), and KL(q(z | x) || p(z)); `(batch,)` each.

        Args:
            x: as `observe` answers, `(batch, *data_shape)`.
            noise: eps, `(batch, latent_dim)`, from N(0, I).
        """
        mean, log_variance = self.infer(x)
        z = mean + tf.exp(0.5 * log_variance) * noise
        kl = 0.5 * tf.reduce_sum(mean**2 + tf.exp(log_variance) - log_variance - 1.0, axis=1)
        return -self.log_likelihood(x, z), kl

    def train_step(self, pictures):
        """One step on -ELBO: the mean over the batch of both terms, the second multiplied by `beta`.

        Args:
            pictures: `(batch, *data_shape)` in 0..1.
        """
        batch = tf.shape(pictures)[0]
        x = self.observe(pictures, self.draw(keras.random.uniform, batch, *self.data_shape))
        noise = self.draw(keras.random.normal, batch, self.latent_dim)
        weight = self.beta if self.kl_reduction == "sum" else self.beta / self.latent_dim
        with tf.GradientTape() as tape:
            reconstruction, kl = self.terms(x, noise)
            loss = tf.reduce_mean(reconstruction + weight * kl)
        self.minimize(loss, tape)
        values = {"loss": loss, "reconstruction_nats": tf.reduce_mean(reconstruction), "kl_nats": tf.reduce_mean(kl)}
        for tracker in self.metrics:
            tracker.update_state(values[tracker.name])
        return values

    def log_weights(self, x, noise):
        """log p(x, z) - log q(z | x) at z ~ q(z | x), as often as there is `noise` for each x.

        The logarithm of their mean estimates log p(x) from below, the better the more there are (Burda et al., 2016).

        Args:
            x: `(batch, *data_shape)`.
            noise: `(batch, samples, latent_dim)`, from N(0, I).

        Returns:
            `(batch, samples)`, in nats.
        """
        batch, samples = tf.shape(noise)[0], tf.shape(noise)[1]
        mean, log_variance = self.infer(x)
        z = mean[:, None] + tf.exp(0.5 * log_variance)[:, None] * noise  # (batch, samples, latent_dim)
        x_again = tf.repeat(x, samples, axis=0)  # (batch * samples, ...)
        of_x = self.log_likelihood(x_again, tf.reshape(z, [-1, self.latent_dim]))
        # log N(z; 0, I) - log N(z; mean, variance); their constants cancel.
        prior_to_posterior = 0.5 * tf.reduce_sum(noise**2 + log_variance[:, None] - z**2, axis=-1)
        return tf.reshape(of_x, [batch, samples]) + prior_to_posterior

    def signatures(self):
        """As those of every auto-encoder here, and `sample` and `log_likelihood`; see `dlsuite.serving`.

        `encode` also answers with the `deviation` of q(z | x). `log_likelihood` is the importance-weighted estimate
        from 100 samples, beside the `elbo`, of pictures as they are rounded (a Bernoulli's) or dequantized by half a
        byte (a Gaussian's).
        """
        pictures = tf.TensorSpec([None, *self.data_shape], tf.float32, name="pictures")
        one = tf.TensorSpec([], tf.int32)

        def encode(pictures):
            mean, log_variance = self.infer(pictures)
            return {"latent": mean, "deviation": tf.exp(0.5 * log_variance)}

        def sample(n, seed):
            latent = tf.random.stateless_normal([n, self.latent_dim], [seed, 0])
            return {"pictures": self.decode(latent), "latent": latent}

        def log_likelihood(pictures, seed):
            x = self.observe(pictures, tf.fill(tf.shape(pictures), 0.5))
            shape = [tf.shape(x)[0], IMPORTANCE_SAMPLES, self.latent_dim]
            noise = tf.random.stateless_normal(shape, [seed, 1])
            reconstruction, kl = self.terms(x, noise[:, 0])
            return {"log_likelihood": log_mean(self.log_weights(x, noise)), "elbo": -reconstruction - kl}

        return super().signatures() | {
            "encode": (encode, [pictures]),
            "sample": (sample, [one, one]),
            "log_likelihood": (log_likelihood, [pictures, one]),
        }

    def preview(self):
        """As every auto-encoder here has it, with the numbers of `diagnose`; samples above two latent dimensions."""
        preview = super().preview() | self.diagnose()
        if self.latent_dim != 2:
            sample, _ = self.signatures()["sample"]
            samples = sample(80, self.seed)["pictures"].numpy()
            preview["picture"] = sheets.beside(preview["picture"], sheet(samples, columns=10))
            preview["samples"] = samples
        return preview

    def diagnose(self):
        """Numbers of the held-out pictures at hand, or of the first of large ones, from the same noise every time.

        Returns:
            `reconstruction_nats` and `kl_nats`, the two terms of the negative ELBO, their means; `active_units`;
            `spread`, the root mean square of all codes z ~ q(z | x), which is 1 if they follow the prior.
        """
        pictures = self.held_out[0][: max(40, DIAGNOSED // math.prod(self.data_shape))]
        mean, log_variance = self.infer(pictures)
        x = self.observe(pictures, tf.random.stateless_uniform(pictures.shape, [0, 0]))
        terms = self.terms(x, tf.random.stateless_normal(mean.shape, [0, 1]))
        reconstruction, kl = (float(tf.reduce_mean(term)) for term in terms)
        return {
            "reconstruction_nats": reconstruction,
            "kl_nats": kl,
            "active_units": active_units(mean),
            "spread": float(tf.sqrt(tf.reduce_mean(mean**2 + tf.exp(log_variance)))),
        }


def active_units(means):
    """How many latent dimensions vary with the picture, by the means of q(z | x), `(n, latent_dim)`."""
    return int((np.asarray(means).var(axis=0) > ACTIVE).sum())


def log_mean(log_weights):
    """The logarithm of the mean of exp(`log_weights`) over the last axis, by log-sum-exp."""
    return tf.reduce_logsumexp(log_weights, axis=-1) - tf.math.log(tf.cast(tf.shape(log_weights)[-1], tf.float32))


@own_settings()
@checked
def train(
    *,
    dataset: Literal["mnist", "photographs"] | str = "mnist",
    source: Literal["auto", "tfds", "bundled"] = "auto",
    epochs: Count = 100,
    batch_size: Count = 128,
    learning_rate: Positive = 1e-3,
    latent_dim: Count = 20,
    network: Literal["dense", "convolutional"] = "dense",
    hidden: Count = 512,
    likelihood: Literal["bernoulli", "gaussian"] = "bernoulli",
    deviation: Literal["fixed", "learned", "emitted"] = "learned",
    sigma: Positive = 0.1,
    beta: NotNegative = 1.0,
    kl_reduction: Literal["sum", "mean"] = "sum",
    seed: Seed = 0,
    initial_epoch: int = 0,
    callbacks=(),
) -> VAE:
    """Train a VAE on digits, or on your own pictures.

    Args:
        dataset: mnist, patches of photographs, or the path of a folder of pictures.
        source: where MNIST comes from: TensorFlow Datasets, the 5,000 bundled digits, or whichever is there.
        epochs: passes over the pictures.
        batch_size: pictures in each step.
        learning_rate: Adam's, falling to 0 along a cosine.
        latent_dim: the latent vector's length; with 2 the preview is a map.
        network: two dense layers of `hidden` units, or convolutions, on either side.
        hidden: units in each dense layer; convolutions have fixed sizes.
        likelihood: bernoulli for black and white pixels, or gaussian for grey ones.
        deviation: a Gaussian's sigma, fixed, learned as one number, or emitted by the network for each pixel.
        sigma: its value where it is fixed, its beginning elsewhere; pixels are in 0..1.
        beta: what the KL is multiplied by; 1 for the ELBO.
        kl_reduction: sum over the latent dimensions, as it should be, or mean, a common mistake.
        seed: of the initial weights, the order of the data and all noise.
        initial_epoch: the epoch to begin with, where a run is resumed.
        callbacks: Keras callbacks.

    Raises:
        ValueError: an argument out of its range, or no such dataset of pictures.
    """
    return training.fit_to(
        dataset,
        build=lambda data_shape: VAE(
            data_shape=data_shape,
            latent_dim=latent_dim,
            network=network,
            hidden=hidden,
            likelihood=likelihood,
            deviation=deviation,
            sigma=sigma,
            beta=beta,
            kl_reduction=kl_reduction,
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
    """The evidence of held-out pictures, in nats an image; noise is drawn anew for each, from a fixed seed.

    Returns:
        `negative_elbo_nats` and the two terms that it is the sum of, `reconstruction_nats` and `kl_nats`;
        `negative_log_likelihood_nats`, the importance-weighted estimate from `importance_samples` samples;
        `active_units`, how many latent dimensions vary with the picture.
    """
    images, _ = training.held_out(dataset, source=source)
    seeds = keras.random.SeedGenerator(0)
    totals, means = np.zeros(3), []
    terms, log_weights = tf.function(model.terms), tf.function(model.log_weights)
    for part in np.array_split(images, -(-len(images) // 100)):
        x = model.observe(part, keras.random.uniform(part.shape, seed=seeds))
        reconstruction, kl = terms(x, keras.random.normal((len(part), model.latent_dim), seed=seeds))
        noise = keras.random.normal((len(part), IMPORTANCE_SAMPLES, model.latent_dim), seed=seeds)
        totals += [tf.reduce_sum(each) for each in (reconstruction, kl, log_mean(log_weights(x, noise)))]
        means.append(model.infer(x)[0])
    reconstruction, kl, log_likelihood = (totals / len(images)).tolist()
    return {
        "negative_elbo_nats": reconstruction + kl,
        "reconstruction_nats": reconstruction,
        "kl_nats": kl,
        "negative_log_likelihood_nats": -log_likelihood,
        "importance_samples": IMPORTANCE_SAMPLES,
        "active_units": active_units(np.concatenate(means)),
    }
