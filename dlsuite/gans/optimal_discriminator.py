"""What a perfect second player knows: the optimal discriminator and critic between two densities on the line.

For a fixed generator, whose samples have density q while the data has p (Goodfellow et al., 2014, arXiv:1406.2661):

    D*(x) = p(x) / (p(x) + q(x)),      max_D V = E_p[log D*] + E_q[log(1 - D*)] = -log 4 + 2 JSD(p, q)

    JSD(p, q) = KL(p, m)/2 + KL(q, m)/2,   m = (p + q)/2,   between 0 and log 2 nats

Pull p and q apart: as soon as they do not overlap, the JSD is log 2 and stays there, its slope is 0, and the generator
learns nothing. The Wasserstein-1 distance (Arjovsky et al., 2017, arXiv:1701.07875) goes on growing:

    W1(p, q) = integral of |P(x) - Q(x)| dx  =  max over |f'| <= 1 of E_p[f] - E_q[f]

with P and Q the distribution functions. The left form is exact on the line; the right one is what a critic estimates.
WGAN-GP's critic overshoots: a slope s on the way between two densities that lie d apart gains s d and costs
penalty (s - 1)^2, so it settles at s = 1 + d / (2 penalty), and its estimate at s d.

`learned_discriminator` and `learned_critic` train either second player on samples, so that what it finds can be laid
beside what is exact.
"""

from typing import NamedTuple

import keras
import numpy as np
import tensorflow as tf

from dlsuite import devices
from dlsuite.gans import gan, wgan_gp

GRID = np.linspace(-8, 8, 4001)
"""Where densities are summed up: [-8, 8] in steps of 0.004."""


class Density(NamedTuple):
    """A density on the line: a `gaussian` of standard deviation `width`, or a `uniform` one over `width`."""

    kind: str
    centre: float
    width: float

    def at(self, x) -> np.ndarray:
        """p(x), for x of any shape."""
        z = (np.asarray(x) - self.centre) / self.width
        if self.kind == "gaussian":
            return np.exp(-(z**2) / 2) / (self.width * np.sqrt(2 * np.pi))
        return np.where(np.abs(z) <= 0.5, 1.0, 0.0) / self.width

    def sample(self, n, seed) -> tf.Tensor:
        """`n` points, float32 `(n, 1)`, for a seed of shape `(2,)`."""
        if self.kind == "gaussian":
            z = tf.random.stateless_normal([n, 1], seed)
        else:
            z = tf.random.stateless_uniform([n, 1], seed, -0.5, 0.5)
        return self.centre + self.width * z


def optimal_discriminator(p: Density, q: Density, x) -> np.ndarray:
    """D*(x) = p/(p + q); 1/2 where both densities are 0."""
    on_p, on_q = p.at(x), q.at(x)
    total = on_p + on_q
    return np.divide(on_p, total, out=np.full_like(total, 0.5), where=total > 0)


def jensen_shannon(p: Density, q: Density) -> float:
    """JSD(p, q) in nats, by summing over `GRID`; 0..log 2."""
    on_p, on_q = (density.at(GRID) / density.at(GRID).sum() for density in (p, q))
    middle = (on_p + on_q) / 2
    return float(_relative_entropy(on_p, middle) / 2 + _relative_entropy(on_q, middle) / 2)


def optimal_value(p: Density, q: Density) -> float:
    """V(D*, G) = -log 4 + 2 JSD(p, q), in nats."""
    return float(-np.log(4) + 2 * jensen_shannon(p, q))


def wasserstein_1(p: Density, q: Density) -> float:
    """W1(p, q) in the units of x, by summing over `GRID`."""
    on_p, on_q = (density.at(GRID) / density.at(GRID).sum() for density in (p, q))
    return float(np.sum(np.abs(np.cumsum(on_p - on_q))) * (GRID[1] - GRID[0]))


def as_they_part(kind: str, width: float, gaps) -> dict[str, np.ndarray]:
    """Both distances between two densities whose centres lie `gaps` apart: `jensen_shannon` and `wasserstein_1`."""
    pairs = [(Density(kind, -gap / 2, width), Density(kind, gap / 2, width)) for gap in gaps]
    return {
        "jensen_shannon": np.array([jensen_shannon(*pair) for pair in pairs]),
        "wasserstein_1": np.array([wasserstein_1(*pair) for pair in pairs]),
    }


class Learned(NamedTuple):
    """What a second player has found out from samples."""

    x: np.ndarray
    """Points of the line, `(n,)`."""
    output: np.ndarray
    """D(x), a probability, or the critic's value; `(n,)`."""
    slope: np.ndarray
    """The slope of the logit, or of the critic's value; `(n,)`."""
    estimate: float
    """Of V(D*, G), or of W1(p, q)."""

    @property
    def lipschitz(self) -> float:
        """The largest slope that was measured: 1 at most, if a critic were to keep its constraint everywhere."""
        return float(np.abs(self.slope).max())


def learned_discriminator(p: Density, q: Density, *, steps=1000, seed=0) -> Learned:
    """Train the discriminator of `gans.gan` alone, on samples of p against samples of q."""
    model = gan.GAN(data_shape=(1,), latent_dim=1, seed=seed)
    learn(model, model.discriminator_terms, p, q, steps, seed)
    x, logit, slope = _on_the_line(model)
    loss = model.discriminator_terms(p.sample(20_000, [seed, -1]), q.sample(20_000, [seed, -2]))["critic_loss"]
    return Learned(x, 1 / (1 + np.exp(-logit)), slope, -float(loss))


def learned_critic(p: Density, q: Density, *, penalty=10.0, steps=1000, seed=0) -> Learned:
    """Train the critic of `gans.wgan_gp` alone, on samples of p against samples of q."""
    model = wgan_gp.WGANGP(data_shape=(1,), latent_dim=1, penalty=penalty, seed=seed)
    learn(model, model.critic_terms, p, q, steps, seed)
    x, value, slope = _on_the_line(model)
    terms = model.critic_terms(p.sample(20_000, [seed, -1]), q.sample(20_000, [seed, -2]))
    return Learned(x, value, slope, float(terms["wasserstein_estimate"]))


def learn(model, terms, p, q, steps, seed, batch_size=256):
    """`steps` steps of Adam for the critic of `model` on `terms(real, fake)["critic_loss"]`; the rate falls to 0."""
    keras.utils.set_random_seed(seed)
    optimizer = keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(2e-3, steps), beta_1=0.5, beta_2=0.9)
    optimizer.build(model.critic.trainable_variables)

    @tf.function(jit_compile=True)
    def step(number):
        real, fake = p.sample(batch_size, [seed, 2 * number]), q.sample(batch_size, [seed, 2 * number + 1])
        with tf.GradientTape() as tape:
            loss = terms(real, fake)["critic_loss"]
        devices.minimize(loss, tape, optimizer, model.critic.trainable_variables)

    for number in range(steps):
        step(tf.constant(number))


def _on_the_line(model):
    x = GRID[::20].astype("float32")
    score, _ = model.signatures()["score"]
    answer = score(tf.constant(x[:, None]))
    return x, answer["score"].numpy(), answer["gradient"].numpy()[:, 0]


def _relative_entropy(a, b):
    return np.sum(np.where(a > 0, a * np.log(np.where(a > 0, a, 1) / np.where(b > 0, b, 1)), 0.0))
