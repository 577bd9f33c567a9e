"""The facts of the GAN: its value function, both generator losses, their gradients, its step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite.gans import gan

REAL = np.array([[-3.0], [0.5], [2.0], [4.0]], "float32")
FAKE = np.array([[-4.0], [-1.0], [0.0], [3.0]], "float32")


def sigmoid(x):
    return 1 / (1 + np.exp(-np.asarray(x, "float64")))


def tiny(**arguments):
    keras.utils.set_random_seed(1)
    return gan.GAN(**{"data_shape": (2,), "latent_dim": 3, "seed": 5} | arguments)


def gradient_of(objective, logit):
    logit = tf.constant(logit)
    with tf.GradientTape() as tape:
        tape.watch(logit)
        loss = objective(logit)
    return tape.gradient(loss, logit).numpy()


def test_the_discriminator_maximizes_the_value_function():
    value = np.mean(np.log(sigmoid(REAL))) + np.mean(np.log(1 - sigmoid(FAKE)))
    np.testing.assert_allclose(tiny().discriminator_objective(REAL, FAKE), -value, rtol=1e-5)


def test_at_chance_the_value_is_minus_log_four():
    np.testing.assert_allclose(tiny().discriminator_objective(0 * REAL, 0 * FAKE), np.log(4), rtol=1e-6)


def test_the_saturating_loss_and_its_gradient():
    model = tiny(generator_loss="saturating")
    np.testing.assert_allclose(model.generator_objective(FAKE), np.mean(np.log(1 - sigmoid(FAKE))), rtol=1e-5)
    np.testing.assert_allclose(gradient_of(model.generator_objective, FAKE), -sigmoid(FAKE) / 4, rtol=1e-5)


def test_the_non_saturating_loss_and_its_gradient():
    model = tiny(generator_loss="non-saturating")
    np.testing.assert_allclose(model.generator_objective(FAKE), -np.mean(np.log(sigmoid(FAKE))), rtol=1e-5)
    np.testing.assert_allclose(gradient_of(model.generator_objective, FAKE), (sigmoid(FAKE) - 1) / 4, rtol=1e-5)


def test_only_one_of_them_saturates():
    """Where the discriminator is sure of a fake, D(G(z)) = 4e-9: one gradient is gone, the other whole."""
    sure = np.full((1, 1), -20.0, "float32")
    assert abs(gradient_of(tiny(generator_loss="saturating").generator_objective, sure)) < 1e-8
    np.testing.assert_allclose(gradient_of(tiny().generator_objective, sure), -1, rtol=1e-6)


def test_losses_stay_finite_where_log_would_not():
    far = np.array([[500.0]], "float32")
    np.testing.assert_allclose(tiny().discriminator_objective(-far, far), 1000)
    np.testing.assert_allclose(tiny(generator_loss="saturating").generator_objective(far), -500)


@pytest.mark.parametrize("generator_loss", gan.GENERATOR_LOSSES)
def test_a_step_follows_both_gradients(generator_loss):
    """A logistic discriminator D(x) = sigmoid(w x + b) and SGD: both players' moves by hand."""
    model = tiny(data_shape=(1,), generator_loss=generator_loss)
    data = keras.Input((1,))
    model.critic = keras.Model(data, keras.layers.Dense(1)(data))
    model.critic.set_weights([np.array([[0.8]]), np.array([-0.2])])
    model.compile(keras.optimizers.SGD(0.5), keras.optimizers.SGD(0.5))
    latent = tf.constant(np.random.default_rng(0).normal(size=(4, 3)), tf.float32)
    model.noise = lambda batch: latent
    fake, bias = model.generator(latent).numpy(), model.generator.get_weights()[-1]
    logs = model.train_step(tf.constant(REAL[:, None]))

    on_real, on_fake = sigmoid(0.8 * REAL - 0.2), sigmoid(0.8 * fake - 0.2)
    weight = 0.8 - 0.5 * np.mean(-(1 - on_real) * REAL + on_fake * fake)
    intercept = -0.2 - 0.5 * np.mean(-(1 - on_real) + on_fake)
    np.testing.assert_allclose(np.concatenate(model.critic.get_weights(), axis=None), [weight, intercept], rtol=1e-4)
    np.testing.assert_allclose(logs["real_probability"], on_real.mean(), rtol=1e-5)
    np.testing.assert_allclose(logs["fake_probability"], on_fake.mean(), rtol=1e-5)

    then = sigmoid(weight * fake + intercept)  # the generator answers the discriminator that has just moved
    slope = -then if generator_loss == "saturating" else then - 1
    np.testing.assert_allclose(model.generator.get_weights()[-1] - bias, -0.5 * np.mean(slope * weight), rtol=1e-3)


def test_k_discriminator_steps_each_on_rows_of_their_own():
    model = tiny(discriminator_steps=3)
    model.compile(keras.optimizers.SGD(0.01), keras.optimizers.SGD(0.01))
    critic, seen = model.critic, []

    class Spy:
        trainable_variables = critic.trainable_variables

        def __call__(self, x, training):
            seen.append(x.numpy())
            return critic(x, training=training)

    model.critic = Spy()
    real = np.random.default_rng(0).normal(size=(4, 3, 2)).astype("float32")
    model.train_step(tf.constant(real))
    assert len(seen) == 2 * 3 + 1
    for step in range(3):
        np.testing.assert_array_equal(seen[2 * step], real[:, step])
    assert int(model.critic_optimizer.iterations) == 3
    assert int(model.generator_optimizer.iterations) == 1


def test_instance_noise_is_on_all_that_the_discriminator_sees():
    """Fresh noise of the right size on every batch; the discriminator that is served sees none."""
    model = tiny(instance_noise=0.5)
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    critic, seen = model.critic, []

    class Spy:
        trainable_variables = critic.trainable_variables

        def __call__(self, x, training):
            seen.append(x.numpy())
            return critic(x, training=training)

    model.critic = Spy()
    model.train_step(tf.ones((4000, 1, 2)))
    noise = seen[0] - 1
    np.testing.assert_allclose([noise.mean(), noise.std()], [0, 0.5], atol=0.02)
    assert len(seen) == 3
    assert abs(np.corrcoef(noise.ravel(), seen[2].ravel())[0, 1]) < 0.05
    model.critic_optimizer.iterations.assign(model.noise_steps // 4)
    model.critic = Spy()
    model.train_step(tf.ones((4000, 1, 2)))
    np.testing.assert_allclose((seen[3] - 1).std(), 0.75 * 0.5, atol=0.02)  # a quarter has faded
    model.final_noise = 0.3
    model.train_step(tf.ones((4000, 1, 2)))
    np.testing.assert_allclose((seen[6] - 1).std(), 0.75 * 0.5 + 0.25 * 0.3, atol=0.02)
    model.critic_optimizer.iterations.assign(9 * model.noise_steps)
    model.train_step(tf.ones((4000, 1, 2)))
    np.testing.assert_allclose((seen[9] - 1).std(), 0.3, atol=0.02)  # and stays there
    model.critic = critic
    score, _ = model.signatures()["score"]
    np.testing.assert_array_equal(score(tf.ones((2, 2)))["score"], critic(tf.ones((2, 2)))[:, 0])


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"instance_noise": -0.1}, "instance_noise=-0.1: it must be at least 0"),
        ({"group": 0}, "group=0: it must be above 0"),
        ({"discriminator_steps": 0}, "discriminator_steps=0: it must be above 0"),
        ({"generator_loss": "hinge"}, "generator_loss='hinge': it must be one of non-saturating, saturating"),
    ],
)
def test_wrong_arguments(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        gan.GAN(**arguments)


@pytest.mark.parametrize(
    "argument",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"learning_rate": -1e-3},
        {"latent_dim": -2},
        {"discriminator_steps": -1},
        {"generator_loss": "hinge"},
        {"ema_half_life": -1},
        {"seed": -1},
        {"dataset": "rings"},
    ],
    ids=str,
)
def test_train_refuses_what_is_out_of_range(argument):
    name, value = next(iter(argument.items()))
    with pytest.raises(ValueError, match=f"{name}={value!r}: "):
        gan.train(**{"dataset": "ring"} | argument)


def test_the_gradient_that_reaches_a_sample_is_its_own_loss_s():
    """With a linear logit w x the non-saturating loss l of a sample x has |grad_x l| = (1 - D(x)) |w|."""
    model = tiny()
    data, weights = keras.Input((2,)), np.array([[0.3], [-0.4]], "float32")
    model.critic = keras.Model(data, keras.layers.Dense(1)(data))
    model.critic.set_weights([weights, np.zeros(1)])
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.0))
    latent = tf.constant(np.random.default_rng(0).normal(size=(16, 3)), tf.float32)
    model.noise = lambda batch: latent
    logs = model.train_step(tf.zeros((16, 1, 2)))
    expected = np.mean(1 - sigmoid(model.generator(latent).numpy() @ weights)) * 0.5
    np.testing.assert_allclose(logs["generator_gradient"], expected, rtol=1e-5)


def test_alike_samples_give_themselves_away_in_a_group_only():
    """Eight times the same example scores as it does alone; among different ones it scores otherwise, in a group."""
    same = np.repeat(np.random.default_rng(0).normal(size=(1, 2)), 8, axis=0).astype("float32")
    mixed = same.copy()
    mixed[1:] += np.random.default_rng(1).normal(size=(7, 2))
    for group, differs in ((1, False), (4, True)):
        critic = tiny(group=group).critic
        apart = abs(float(critic(same)[0, 0]) - float(critic(mixed)[0, 0]))
        assert (apart > 1e-3) == differs
