"""The facts of WGAN-GP: its penalty, its epsilon, its gradients, its step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite.gans import wgan_gp

Dense = keras.layers.Dense


def tiny(**arguments):
    keras.utils.set_random_seed(1)
    return wgan_gp.WGANGP(**{"data_shape": (2,), "latent_dim": 3, "critic_steps": 1, "seed": 5} | arguments)


def plain_sgd(model):
    """A step of it moves each weight by minus its gradient."""
    model.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(1.0))
    return model


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@pytest.mark.parametrize("shape", [(3,), (4, 4, 2)])
def test_penalty_of_a_linear_critic(shape):
    """D(u) = w . u has gradient w everywhere, so the penalty is (|w| - 1)^2, whatever epsilon is."""
    model = tiny(data_shape=shape)
    weights = normal(int(np.prod(shape)), 1)
    data = keras.Input(shape)
    flat = data if len(shape) == 1 else keras.layers.Flatten()(data)
    model.critic = keras.Model(data, Dense(1, use_bias=False)(flat))
    for scale in (0.1, 1.0, 3.0):
        model.critic.set_weights([scale * weights])
        penalty = model.gradient_penalty(tf.constant(normal(6, *shape)), tf.constant(normal(6, *shape, seed=1)))
        np.testing.assert_allclose(penalty, (scale * np.linalg.norm(weights) - 1) ** 2, rtol=1e-5)


def between(model, shape, n):
    """The points u at which the penalty asks the critic, for real examples 0 and fakes 1: epsilon itself."""
    seen = []
    critic = model.critic

    def spy(u, training):
        seen.append(u.numpy())
        return critic(u, training=training)

    model.critic = spy
    model.gradient_penalty(tf.zeros((n, *shape)), tf.ones((n, *shape)))
    model.critic = critic
    (u,) = seen
    return u.reshape(n, -1)


@pytest.mark.parametrize("shape", [(2,), (4, 4, 1)])
def test_epsilon_is_uniform_and_one_for_each_example(shape):
    n = 4000
    epsilon = between(tiny(data_shape=shape), shape, n)
    np.testing.assert_array_equal(epsilon, np.broadcast_to(epsilon[:, :1], epsilon.shape))
    sorted_values = np.sort(epsilon[:, 0])
    assert len(np.unique(sorted_values)) > 0.99 * n
    assert sorted_values[0] >= 0
    assert sorted_values[-1] <= 1
    distance = np.abs(sorted_values - (np.arange(n) + 0.5) / n).max()
    assert distance < 1.95 / np.sqrt(n)  # Kolmogorov and Smirnov's bound at one in a thousand


def test_epsilon_is_drawn_anew():
    model = tiny()
    assert not np.isin(between(model, (2,), 50), between(model, (2,), 50)).any()


def smooth_pair(penalty):
    """A model whose critic is D(u) = tanh(u W + b) v + c, and whose noise and epsilon are known."""
    model = tiny(penalty=penalty)
    data = keras.Input((2,))
    model.critic = keras.Model(data, Dense(1)(Dense(4, activation="tanh")(data)))
    model.critic.set_weights([normal(2, 4), normal(4, seed=1), 2 * normal(4, 1, seed=2), normal(1, seed=3)])
    latent, epsilon = normal(6, 3, seed=4), np.linspace(0.1, 0.9, 6, dtype="float32")[:, None]
    model.draw = lambda distribution, batch, *shape: tf.constant(
        epsilon if distribution is keras.random.uniform else latent
    )
    return plain_sgd(model), latent, epsilon


def critic_loss(weights, x, fake, epsilon, penalty):
    """The paper's formula in NumPy, and float64: the gradient of D is written out."""
    matrix, bias, vector, constant = weights
    score = lambda u: np.tanh(u @ matrix + bias) @ vector + constant  # noqa: E731
    u = x + epsilon * (fake - x)
    gradient = ((1 - np.tanh(u @ matrix + bias) ** 2) * vector[:, 0]) @ matrix.T
    norm = np.linalg.norm(gradient, axis=1)
    return score(fake).mean() - score(x).mean() + penalty * np.mean((norm - 1) ** 2)


@pytest.mark.parametrize("penalty", [0.0, 0.1, 10.0])
def test_gradient_of_the_critics_whole_loss_is_that_of_finite_differences(penalty):
    model, latent, epsilon = smooth_pair(penalty)
    x = normal(6, 2, seed=6)
    fake = model.generator(latent).numpy().astype("float64")
    before = [weight.astype("float64") for weight in model.critic.get_weights()]
    logs = model.train_step(tf.constant(x[:, None]))
    np.testing.assert_allclose(logs["critic_loss"], critic_loss(before, x, fake, epsilon, penalty), rtol=1e-4)
    for index, after in enumerate(model.critic.get_weights()):
        numeric = np.empty_like(before[index])
        for place in np.ndindex(numeric.shape):
            around = []
            for step in (1e-5, -1e-5):
                moved = [weight.copy() for weight in before]
                moved[index][place] += step
                around.append(critic_loss(moved, x, fake, epsilon, penalty))
            numeric[place] = (around[0] - around[1]) / 2e-5
        np.testing.assert_allclose(before[index] - after, numeric, rtol=2e-3, atol=2e-4)


def test_the_generator_steps_along_its_own_loss():
    """With D(x) = w . x the loss is -E[w . G(z)], whose gradient for the last bias is -w."""
    model = tiny(penalty=0.0)
    data = keras.Input((2,))
    model.critic = keras.Model(data, Dense(1, use_bias=False)(data))
    model.critic.set_weights([np.array([[0.3], [-0.7]])])
    model.compile(keras.optimizers.SGD(1.0), keras.optimizers.SGD(0.0))
    before = model.generator.get_weights()[-1]
    model.train_step(tf.zeros((4, 1, 2)))
    np.testing.assert_allclose(model.generator.get_weights()[-1] - before, [0.3, -0.7], rtol=1e-5)


def test_reported_terms_belong_together():
    model = plain_sgd(tiny(penalty=3.0))
    logs = {name: float(value) for name, value in model.train_step(tf.constant(normal(8, 1, 2))).items()}
    expected = 3.0 * logs["penalty_term"] - logs["wasserstein_estimate"]
    np.testing.assert_allclose(logs["critic_loss"], expected, rtol=1e-5)


def test_each_critic_step_takes_rows_of_its_own():
    model = tiny(critic_steps=3)
    model.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.01))
    critic, seen = model.critic, []

    def spy(x, training):
        seen.append(x.numpy())
        return critic(x, training=training)

    real = normal(4, 3, 2)
    model.critic = type("Spy", (), {"__call__": lambda _, *a, **k: spy(*a, **k)})()
    model.critic.trainable_variables = critic.trainable_variables
    model.train_step(tf.constant(real))
    assert len(seen) == 3 * 3 + 1  # real, fake and between in each step of the critic, and one of the generator
    for step in range(3):
        np.testing.assert_array_equal(seen[3 * step], real[:, step])
    fakes = [seen[index] for index in (1, 4, 7, 9)]
    assert not any(np.isin(a, b).any() for a in fakes for b in fakes if a is not b)
    assert int(model.critic_optimizer.iterations) == 3
    assert int(model.generator_optimizer.iterations) == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [({"critic_steps": 0}, "critic_steps=0"), ({"penalty": -1.0}, r"penalty=-1\.0"), ({"penalty": np.nan}, "penalty=")],
)
def test_wrong_arguments(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        wgan_gp.WGANGP(**arguments)


@pytest.mark.parametrize(
    "argument",
    [
        {"epochs": 0},
        {"batch_size": -1},
        {"learning_rate": 0.0},
        {"learning_rate": float("nan")},
        {"latent_dim": 0},
        {"critic_steps": 0},
        {"penalty": -0.1},
        {"ema_half_life": -1},
        {"seed": -1},
        {"source": "web", "dataset": "mnist"},
        {"dataset": "rings"},
    ],
    ids=str,
)
def test_train_refuses_what_is_out_of_range(argument):
    name, value = next(iter(argument.items()))
    with pytest.raises(ValueError, match=f"{name}={value!r}: "):
        wgan_gp.train(**{"dataset": "ring"} | argument)
