"""What all adversarial pairs share: saving, averaging, noise, signatures, previews, arguments."""

import functools

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite.gans import gan, r1_gan, wgan, wgan_gp

POINTS, PICTURES = (2,), (8, 8, 1)
PAIRS = {
    "gan": (gan.GAN, "discriminator_steps"),
    "gan in groups": (functools.partial(gan.GAN, group=4, final_noise=0.2), "discriminator_steps"),
    "r1_gan": (r1_gan.R1GAN, "discriminator_steps"),
    "wgan": (wgan.WGAN, "critic_steps"),
    "wgan_gp": (wgan_gp.WGANGP, "critic_steps"),
}


def build(pair, shape=POINTS, **arguments):
    keras.utils.set_random_seed(2)
    model_class, rows = PAIRS[pair]
    return model_class(**{"data_shape": shape, "latent_dim": 3, "seed": 5, rows: 2} | arguments)


def trained(pair, shape=POINTS, steps=3, **arguments):
    model = build(pair, shape, **arguments)
    rate = keras.optimizers.schedules.CosineDecay(1e-2, 100)
    model.compile(keras.optimizers.Adam(rate, beta_1=0.5), keras.optimizers.Adam(rate, beta_1=0.5, beta_2=0.9))
    for step in range(steps):
        model.train_step(real(shape, step))
    return model


def real(shape, seed=0):
    return tf.constant(np.random.default_rng(seed).uniform(-1, 1, (4, 2, *shape)), tf.float32)


@pytest.fixture(params=[(pair, shape) for pair in PAIRS for shape in (POINTS, PICTURES)], ids=str)
def model(request):
    return trained(*request.param)


def assert_equal(ours, theirs):
    for one, other in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_saved_and_loaded_it_is_the_same_and_trains_on(model, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model)
    assert loaded.get_config() == model.get_config()
    assert_equal(loaded.get_weights(), model.get_weights())
    for part in ("generator", "averaged_generator", "critic"):
        assert_equal(getattr(loaded, part).get_weights(), getattr(model, part).get_weights())
    for name, iterations in (("generator_optimizer", 3), ("critic_optimizer", 6)):
        ours, theirs = getattr(loaded, name), getattr(model, name)
        assert int(ours.iterations) == iterations
        assert ours.get_config() == theirs.get_config()
        assert len(ours.variables) == len(theirs.variables) > 2
        assert_equal([slot.numpy() for slot in ours.variables], [slot.numpy() for slot in theirs.variables])
    latent = np.random.default_rng(0).normal(size=(5, 3)).astype("float32")
    np.testing.assert_allclose(loaded(latent), model(latent), rtol=1e-6, atol=1e-7)

    loaded.noise_seeds.state.assign(model.noise_seeds.state)  # the only state that Keras's format leaves out
    data = real(model.data_shape, seed=9)
    ours, theirs = loaded.train_step(data), model.train_step(data)
    np.testing.assert_allclose([ours[key] for key in theirs], list(theirs.values()), rtol=1e-5, atol=1e-6)
    for one, other in zip(loaded.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-5)


def test_the_configuration_builds_its_like():
    for pair in PAIRS:
        model = build(pair, ema_half_life=7, latent_dim=4)
        config = model.get_config()
        assert {"data_shape", "latent_dim", "ema_half_life", "seed"} <= config.keys()
        again = type(model).from_config(config)
        assert again.get_config() == config
        assert again.ema_half_life == 7


def test_the_average_follows_its_formula():
    """a <- d a + (1 - d) w, d = min(2^(-1/ema_half_life), t / (t + 10)) at the generator's step t."""
    model = trained("gan", steps=0, ema_half_life=3)
    expected = [weight.astype("float64") for weight in model.averaged_generator.get_weights()]
    for step in range(1, 101):
        model.generator_optimizer.iterations.assign(step)
        for weight in model.generator.weights:
            weight.assign(np.random.default_rng(step).normal(size=weight.shape))
        model.average_weights()
        decay = min(2 ** (-1 / 3), step / (step + 10))
        pairs = zip(expected, model.generator.get_weights(), strict=True)
        expected = [decay * average + (1 - decay) * weight for average, weight in pairs]
    for average, value in zip(model.averaged_generator.get_weights(), expected, strict=True):
        np.testing.assert_allclose(average, value, rtol=1e-4, atol=1e-5)


def test_a_step_of_training_averages_once():
    model = trained("wgan_gp", steps=0, ema_half_life=500)
    begin = model.averaged_generator.get_weights()
    assert_equal(begin, model.generator.get_weights())
    model.train_step(real(POINTS))
    decay = 1 / 11
    averages = zip(begin, model.generator.get_weights(), model.averaged_generator.get_weights(), strict=True)
    for first, now, average in averages:
        assert not np.array_equal(now, first)
        np.testing.assert_allclose(average, decay * first + (1 - decay) * now, rtol=1e-5, atol=1e-7)


def test_without_averaging_the_average_is_the_generator():
    model = trained("gan", ema_half_life=0)
    assert_equal(model.averaged_generator.get_weights(), model.generator.get_weights())


def test_samples_come_from_the_average():
    model = trained("gan", ema_half_life=500, steps=5)
    latent = tf.random.stateless_normal([6, 3], [1, 2])
    np.testing.assert_array_equal(model(latent), model.averaged_generator(latent))
    assert not np.allclose(model(latent), model.generator(latent))


def test_only_the_critic_moves_in_its_steps_and_only_the_generator_in_its_own():
    model = trained("wgan_gp", steps=0)
    model.compile(keras.optimizers.SGD(0.0), keras.optimizers.SGD(0.1))
    generator, critic = model.generator.get_weights(), model.critic.get_weights()
    model.train_step(real(POINTS))
    assert_equal(model.generator.get_weights(), generator)
    assert not np.array_equal(model.critic.get_weights()[0], critic[0])


def test_noise_is_normal_and_owned_by_the_model():
    model, same = build("gan", seed=11), build("gan", seed=11)
    keras.utils.set_random_seed(0)  # the global seed has no part in it
    first = model.noise(4000).numpy()
    keras.utils.set_random_seed(1)
    np.testing.assert_array_equal(first, same.noise(4000))
    assert first.shape == (4000, 3)
    np.testing.assert_allclose([first.mean(), first.std()], [0, 1], atol=0.04)
    assert np.isin(model.noise(4000), first).mean() < 0.01  # fresh ones, but for chance


@pytest.mark.slow
def test_sample_is_a_function_of_its_seed_alone(model):
    sample, _ = model.signatures()["sample"]
    first, noise_state = sample(5, 3), model.noise_seeds.state.numpy()
    model.noise(4)
    again = sample(tf.constant(5), tf.constant(3))
    np.testing.assert_array_equal(first["samples"], again["samples"])
    np.testing.assert_array_equal(first["latent"], again["latent"])
    assert not np.allclose(first["samples"], sample(5, 4)["samples"])
    assert not np.array_equal(noise_state, model.noise_seeds.state)
    decode, _ = model.signatures()["decode"]
    np.testing.assert_allclose(decode(first["latent"])["samples"], first["samples"], rtol=1e-5, atol=1e-6)


@pytest.mark.slow
def test_signatures_take_any_batch(model):
    assert {"serving_default", "decode", "sample", "score"} == model.signatures().keys()
    for name, (function, specs) in model.signatures().items():
        traced = tf.function(function, input_signature=specs)
        for n in (1, 7):
            inputs = [n, 0] if name == "sample" else [tf.random.stateless_normal([n, *specs[0].shape[1:]], [0, n])]
            for value in traced(*[tf.convert_to_tensor(value) for value in inputs]).values():
                assert value.shape[0] == n
                assert np.isfinite(value).all()


def test_score_answers_with_the_critics_gradient():
    """On points, by finite differences: the critic is piecewise linear, and a small step stays on one piece."""
    model = trained("gan")
    score, _ = model.signatures()["score"]
    x = np.random.default_rng(0).normal(size=(20, 2)).astype("float32")
    answer = score(tf.constant(x))
    np.testing.assert_allclose(answer["score"], model.critic(x)[:, 0], rtol=1e-6)
    step = 1e-3
    for axis in range(2):
        move = np.eye(2, dtype="float32")[axis] * step
        numeric = (model.critic(x + move) - model.critic(x - move))[:, 0] / (2 * step)
        close = np.isclose(answer["gradient"][:, axis], numeric, rtol=0.02, atol=1e-3)
        assert close.mean() >= 0.85  # a few lie beside a kink


def test_preview_of_points():
    model = trained("wgan_gp")
    model.real_examples = real(POINTS).numpy().reshape(-1, 2)
    preview = model.preview()
    assert preview["picture"].dtype == np.uint8
    assert preview["picture"].ndim == 3
    assert preview["picture"].std() > 5  # something is drawn
    assert preview["samples"].shape == (1000, 2)
    assert preview["score"].shape[0] == preview["score"].shape[1]
    assert preview["gradient"].shape[2] == 2
    assert all(np.isfinite(preview[name]).all() for name in ("samples", "real", "score", "gradient"))
    np.testing.assert_array_equal(preview["real"], model.real_examples)
    assert preview["extent"] >= np.abs(model.real_examples).max()


def test_preview_of_pictures():
    preview = trained("gan", PICTURES).preview()
    assert preview["samples"].shape == (64, *PICTURES)
    assert np.isfinite(preview["samples"]).all()
    assert preview["picture"].dtype == np.uint8
    assert preview["picture"].shape == (82, 82, 3)


@pytest.mark.slow
def test_preview_leaves_training_as_it_is(model):
    state, weights = model.noise_seeds.state.numpy(), model.get_weights()
    model.preview()
    np.testing.assert_array_equal(model.noise_seeds.state, state)
    assert_equal(model.get_weights(), weights)


def test_pictures_stay_in_their_range():
    latent = 100 * np.random.default_rng(0).normal(size=(50, 3)).astype("float32")
    samples = build("gan", PICTURES)(latent).numpy()
    assert np.abs(samples).max() <= 1


@pytest.mark.parametrize("pair", PAIRS)
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"data_shape": (0,)}, r"data_shape=\(0,\)"),
        ({"data_shape": ()}, r"data_shape=\(\)"),
        ({"data_shape": (10, 8, 1)}, r"data_shape=\(10, 8, 1\).*multiples of 4"),
        ({"data_shape": (8, 8)}, r"data_shape=\(8, 8\)"),
        ({"latent_dim": 0}, "latent_dim=0: it must be above 0"),
        ({"latent_dim": -3}, "latent_dim=-3: it must be above 0"),
        ({"ema_half_life": -1}, "ema_half_life=-1: it must be at least 0"),
    ],
)
def test_wrong_arguments(pair, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        build(pair, **arguments)


def test_a_model_that_was_never_compiled_can_be_saved(tmp_path):
    model = build("wgan_gp")
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert_equal(loaded.get_weights(), model.get_weights())
    assert not loaded.compiled
