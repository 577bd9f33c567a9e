"""The facts of the VAE: its two terms, the bound that they make, its gradients, its step, what it answers."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import special, stats

from dlsuite import keras_settings, serving
from dlsuite.autoencoders import vae
from dlsuite.data import examples

GAUSSIANS = [{"likelihood": "gaussian", "deviation": deviation} for deviation in vae.DEVIATIONS]
KINDS = [{"likelihood": "bernoulli"}, *GAUSSIANS]
CONVOLUTIONAL = ("convolutional", {"likelihood": "gaussian", "deviation": "emitted"})
"""The kind whose decoder gives most: two numbers a pixel."""
SIGNATURES = {"serving_default", "reconstruct", "encode", "decode", "sample", "log_likelihood"}
TERMS = ["loss", "reconstruction_nats", "kl_nats"]
LOOK = {"reconstruction_nats", "kl_nats", "active_units", "spread"}


def tiny(**arguments):
    """Its weights are twice as large as a new model's, biases are not 0: all that is computed matters."""
    keras.utils.set_random_seed(1)
    model = vae.VAE(**{"data_shape": (4, 4, 1), "latent_dim": 3, "hidden": 8, "seed": 5} | arguments)
    for network in (model.encoder, model.decoder):
        network.set_weights([2 * weight + 0.1 * normal(*weight.shape) for weight in network.get_weights()])
    return model


def normal(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def pictures(n, *shape, seed=0):
    return np.random.default_rng(seed).uniform(size=(n, *(shape or (4, 4, 1)))).astype("float32")


def bits(n, seed=0):
    return (pictures(n, seed=seed) < 0.5).astype("float32")


@pytest.fixture
def in_float64(monkeypatch):
    """Finite differences want all the digits that there are."""
    monkeypatch.setattr(keras_settings, "OWN", ("float64", "channels_last"))
    monkeypatch.setattr(keras_settings, "policy", "float64")
    keras.config.set_floatx("float64")
    keras.config.set_dtype_policy("float64")
    yield
    keras.config.set_floatx("float32")
    keras.config.set_dtype_policy("float32")


# The terms.


def test_the_closed_form_of_the_divergence_is_its_monte_carlo_average():
    model, x, n = tiny(), bits(3), 200_000
    mean, log_variance = (part.numpy().astype("float64") for part in model.infer(x))
    deviation = np.exp(log_variance / 2)
    z = mean + deviation * np.random.default_rng(0).normal(size=(n, *mean.shape))
    draws = (stats.norm.logpdf(z, mean, deviation) - stats.norm.logpdf(z)).sum(axis=2)
    _, kl = model.terms(x, normal(3, 3))
    assert kl.numpy().min() > 0.1
    assert (np.abs(draws.mean(axis=0) - kl) < 4 * draws.std(axis=0) / np.sqrt(n)).all()


def test_the_divergence_is_0_where_q_is_the_prior():
    model = tiny()
    model.encoder.set_weights([0 * weight for weight in model.encoder.get_weights()])
    _, kl = model.terms(bits(3), normal(3, 3))
    np.testing.assert_array_equal(kl, 0)


def test_bernoulli_likelihood_is_scipys():
    model, x, z = tiny(), bits(5), normal(5, 3)
    chance = special.expit(model.decoder(z).numpy().astype("float64"))
    expected = stats.bernoulli.logpmf(x, chance).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(model.log_likelihood(x, z), expected, rtol=1e-5)


@pytest.mark.parametrize("arguments", GAUSSIANS, ids=str)
def test_gaussian_likelihood_is_scipys(arguments):
    model, x, z = tiny(sigma=0.3, **arguments), pictures(5), normal(5, 3)
    answer = model.decoder(z).numpy().astype("float64")
    mean, deviation = special.expit(answer[..., :1]), 0.3
    if model.deviation == "learned":
        deviation = vae.FLOOR + 0.3
    if model.deviation == "emitted":
        deviation = vae.FLOOR + 0.3 * np.logaddexp(0, answer[..., 1:]) / np.log(2)
        assert deviation.std() > 0.01
    expected = stats.norm.logpdf(x, mean, deviation).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(model.log_likelihood(x, z), expected, rtol=1e-4)


@pytest.mark.parametrize("likelihood", vae.LIKELIHOODS)
def test_likelihood_of_the_extreme_stays_finite(likelihood):
    model = tiny(likelihood=likelihood)
    nats = model.log_likelihood(tf.ones((1, 4, 4, 1)), 1e3 * normal(1, 3))
    assert np.isfinite(nats).all()


@pytest.mark.parametrize("deviation", ["learned", "emitted"])
def test_sigma_has_a_floor_and_can_rise_from_it(deviation):
    """Wherever a long training has driven it, sigma is 0.01 at least and still has a gradient."""
    model = tiny(likelihood="gaussian", deviation=deviation)
    model.log_sigma.assign(-8.0)
    answer = tf.constant(np.full((1, 4, 4, 2 if deviation == "emitted" else 1), -8.0, "float32"))
    source = answer if deviation == "emitted" else model.log_sigma.value
    with tf.GradientTape() as tape:
        tape.watch(source)
        _, log_sigma = model.gaussian(answer)
    sigma = np.exp(log_sigma)
    assert (sigma > 0.999 * vae.FLOOR).all()  # but for rounding
    np.testing.assert_allclose(sigma, vae.FLOOR, rtol=0.05)
    assert np.abs(tape.gradient(log_sigma, source)).max() > 0


def test_a_fixed_sigma_is_ones_own_and_not_trained():
    model = tiny(likelihood="gaussian", deviation="fixed", sigma=0.001)
    _, log_sigma = model.gaussian(tf.zeros((1, 4, 4, 1)))
    np.testing.assert_allclose(np.exp(log_sigma), 0.001, rtol=1e-5)
    is_trained = {kind: tiny(**arguments).log_sigma.trainable for kind, arguments in zip("bfle", KINDS, strict=True)}
    assert is_trained == {"b": False, "f": False, "l": True, "e": False}


# The bound.


def on_the_line(model, x):
    """log p(x, z) at the points z of a fine lattice, and their distance; `latent_dim` 1."""
    z = np.linspace(-9, 9, 4001, dtype="float32")[:, None]
    joint = [model.log_likelihood(np.repeat(each[None], len(z), axis=0), z) for each in x]
    return z[:, 0], np.array(joint, "float64") + stats.norm.logpdf(z[:, 0]), 18 / 4000


def elbo_of(model, x):
    """Averaged over the noise by Gauss and Hermite's rule, which is near exact."""
    nodes, weights = np.polynomial.hermite_e.hermegauss(80)
    noise = np.broadcast_to(nodes, (len(x), 80))[..., None].astype("float32")
    terms = [model.terms(x, noise[:, index]) for index in range(80)]
    return -np.array([reconstruction + kl for reconstruction, kl in terms]).T @ (weights / weights.sum())


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [KINDS[0], GAUSSIANS[0] | {"sigma": 0.5}, GAUSSIANS[2] | {"sigma": 0.5}], ids=str)
def test_the_elbo_lies_below_the_integrated_likelihood_by_the_divergence_from_the_posterior(arguments):
    model = tiny(latent_dim=1, **arguments)
    x = bits(4) if model.likelihood == "bernoulli" else pictures(4)
    z, joint, dz = on_the_line(model, x)
    log_evidence = special.logsumexp(joint, axis=1) + np.log(dz)
    elbo = elbo_of(model, x)
    assert (elbo < log_evidence - 0.05).all()
    mean, log_variance = (part.numpy().astype("float64") for part in model.infer(x))
    log_q = stats.norm.logpdf(z, mean, np.exp(log_variance / 2))
    divergence = np.sum(np.exp(log_q) * (log_q - (joint - log_evidence[:, None])), axis=1) * dz
    np.testing.assert_allclose(log_evidence - elbo, divergence, rtol=0.01)


@pytest.mark.slow
def test_more_importance_samples_tighten_the_bound_up_to_the_integrated_likelihood():
    model, x, draws = tiny(latent_dim=1), bits(4), 20_000
    model.encoder.set_weights([0.4 * weight for weight in model.encoder.get_weights()])  # a q that is wide enough
    _, joint, dz = on_the_line(model, x)
    log_evidence = special.logsumexp(joint, axis=1) + np.log(dz)
    weights = model.log_weights(x, normal(4, draws, 1)).numpy()
    of_one, of_five, of_fifty, of_all = (
        vae.log_mean(weights.reshape(4, -1, k)).numpy().mean(axis=1) for k in (1, 5, 50, draws)
    )
    np.testing.assert_allclose(of_one, elbo_of(model, x), atol=5 * weights.std() / np.sqrt(draws))
    assert (of_one < of_five).all()
    assert (of_five < of_fifty).all()
    assert (of_fifty < log_evidence + 0.02).all()
    np.testing.assert_allclose(of_all, log_evidence, atol=0.03)


@pytest.mark.slow
@pytest.mark.parametrize("arguments", KINDS, ids=str)
def test_a_weight_is_the_ratio_of_both_densities(arguments):
    model, x, noise = tiny(**arguments), bits(4), normal(4, 6, 3)
    mean, log_variance = (part.numpy()[:, None].astype("float64") for part in model.infer(x))
    z = mean + np.exp(log_variance / 2) * noise
    ratio = (stats.norm.logpdf(z) - stats.norm.logpdf(z, mean, np.exp(log_variance / 2))).sum(axis=2)
    of_x = [model.log_likelihood(x, z[:, sample].astype("float32")) for sample in range(6)]
    np.testing.assert_allclose(model.log_weights(x, noise), np.transpose(of_x) + ratio, rtol=1e-4, atol=1e-3)


def test_log_mean_of_what_would_underflow():
    np.testing.assert_allclose(vae.log_mean(tf.constant([[-1000.0, -1000.0], [0.0, np.log(3.0)]])), [-1000, np.log(2)])


# What is observed.


def test_pixels_are_white_with_the_chance_of_their_grey():
    grey = np.broadcast_to(np.array([0, 0.25, 0.9, 1], "float32"), (20_000, 4))
    x = tiny().observe(grey, tf.constant(pictures(20_000, 4))).numpy()
    assert set(np.unique(x)) == {0, 1}
    assert (x.mean(axis=0)[[0, 3]] == [0, 1]).all()
    np.testing.assert_allclose(x.mean(axis=0), grey[0], atol=0.015)
    np.testing.assert_array_equal(tiny().observe(np.array([0.2, 0.49, 0.51, 1]), 0.5), [0, 0, 1, 1])


def test_bytes_are_dequantized_into_cells_of_their_own():
    model, stored = tiny(likelihood="gaussian"), np.arange(256)
    low, high = (np.asarray(model.observe(stored / 255, noise)) for noise in (0.0, 1.0))
    np.testing.assert_allclose(low, stored / 256, atol=1e-6)
    np.testing.assert_allclose(high, (stored + 1) / 256, atol=1e-6)
    assert (low.min(), high.max()) == (0, 1)


# The step.


@pytest.mark.slow
@pytest.mark.parametrize(
    "arguments", [*KINDS, {"beta": 4.0}, {"beta": 0.0}, {"beta": 4.0, "kl_reduction": "mean"}], ids=str
)
def test_the_step_follows_the_gradient_that_finite_differences_give(in_float64, arguments):
    """A step of SGD with rate 1 moves each weight by minus its gradient."""
    model = tiny(**{"hidden": 4, "latent_dim": 2, "sigma": 0.5} | arguments)
    model.compile(keras.optimizers.SGD(1.0), loss=None)
    x, noise = bits(3).astype("float64"), normal(3, 2).astype("float64")
    model.observe, model.draw = lambda pictures, noise: pictures, lambda *arguments: noise
    weight = model.beta if model.kl_reduction == "sum" else model.beta / 2

    @tf.function
    def loss():
        reconstruction, kl = model.terms(x, noise)
        return tf.reduce_mean(reconstruction + weight * kl)

    variables = model.trainable_variables
    before, expected = [np.array(variable) for variable in variables], []
    for variable, value in zip(variables, before, strict=True):
        numeric = np.empty_like(value)
        for place in np.ndindex(value.shape):
            around = []
            for step in (1e-6, -1e-6):
                moved = value.copy()
                moved[place] += step
                variable.assign(moved)
                around.append(float(loss()))
            numeric[place] = (around[0] - around[1]) / 2e-6
        variable.assign(value)
        expected.append(numeric)
    model.train_step(tf.constant(x))
    for variable, value, numeric in zip(variables, before, expected, strict=True):
        np.testing.assert_allclose(value - variable.numpy(), numeric, rtol=1e-5, atol=1e-7, err_msg=variable.path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "weight"),
    [({}, 1), ({"beta": 0.5}, 0.5), ({"kl_reduction": "mean"}, 1 / 3), ({"beta": 6.0, "kl_reduction": "mean"}, 2)],
    ids=str,
)
def test_the_loss_is_the_sum_of_both_terms(arguments, weight):
    model = tiny(**arguments)
    model.compile(keras.optimizers.SGD(0.0), loss=None)
    logs = [{name: float(value) for name, value in model.train_step(pictures(4, seed=k)).items()} for k in range(2)]
    for each in logs:
        np.testing.assert_allclose(each["loss"], each["reconstruction_nats"] + weight * each["kl_nats"], rtol=1e-5)
    means = {name: float(value) for name, value in model.get_metrics_result().items()}
    assert means.keys() == set(TERMS)
    for name, mean in means.items():
        np.testing.assert_allclose(mean, np.mean([each[name] for each in logs]), rtol=1e-5)


def test_the_noise_of_every_step_is_new():
    model, seen = tiny(), []
    model.compile(keras.optimizers.SGD(0.0), loss=None)
    model.terms = lambda x, noise: seen.append((x.numpy(), noise.numpy())) or vae.VAE.terms(model, x, noise)
    for _ in range(2):
        model.train_step(np.full((64, 4, 4, 1), 0.5, "float32"))
    (x, noise), (x_again, noise_again) = seen
    assert 0.4 < (x != x_again).mean() < 0.6
    assert not np.isin(noise, noise_again).any()


@pytest.mark.slow
@pytest.mark.parametrize(("network", "arguments"), [*(("dense", each) for each in KINDS), CONVOLUTIONAL], ids=str)
def test_it_learns_without_a_loss_of_numbers(arguments, network):
    model = tiny(network=network, data_shape=(8, 8, 1), **arguments)
    model.compile(keras.optimizers.Adam(1e-3), loss=None, jit_compile=False)
    x = (pictures(1, 8, 8, 1) * np.ones((64, 1, 1, 1))).astype("float32")
    history = model.fit(x, batch_size=16, epochs=30, verbose=0).history
    assert np.isfinite([history[name] for name in TERMS]).all()
    assert history["loss"][-1] < history["loss"][0] - 1
    if arguments.get("deviation") == "learned":
        assert float(model.log_sigma) != pytest.approx(np.log(0.1))


# Training, measuring.


@pytest.fixture(scope="module")
def on_digits():
    return vae.train(source="bundled", epochs=3, batch_size=100, hidden=64, latent_dim=5)


@pytest.mark.slow
def test_a_short_training_on_digits(on_digits):
    keras.utils.set_random_seed(0)
    untrained = vae.VAE(hidden=64, latent_dim=5)
    before, after = (vae.measure(model, source="bundled") for model in (untrained, on_digits))
    assert before["negative_elbo_nats"] == pytest.approx(784 * np.log(2), rel=0.03)  # every pixel at chance
    assert after["negative_elbo_nats"] < 220
    assert after["negative_log_likelihood_nats"] < after["negative_elbo_nats"] - 0.5
    assert 1 <= after["active_units"] <= 5


@pytest.mark.slow
def test_what_is_measured_adds_up(on_digits):
    metrics = vae.measure(on_digits, source="bundled")
    assert list(metrics) == [
        *["negative_elbo_nats", "reconstruction_nats", "kl_nats"],
        *["negative_log_likelihood_nats", "importance_samples", "active_units"],
    ]
    assert metrics["negative_elbo_nats"] == metrics["reconstruction_nats"] + metrics["kl_nats"]
    assert metrics["importance_samples"] == 100
    assert all(type(value) in (int, float) for value in metrics.values())
    assert metrics == vae.measure(on_digits, source="bundled")


@pytest.mark.slow
def test_a_collapsed_dimension_is_not_active(on_digits):
    """Its q(z | x) is the prior for every x: what is left of the units, and of the KL, is the other dimensions'."""
    whole, keep = vae.measure(on_digits, source="bundled"), on_digits.encoder.get_weights()
    images = examples.to_unit(examples.held_in_memory("mnist", "test", "bundled"))
    variances = on_digits.encode(images).numpy().var(axis=0)
    assert whole["active_units"] == (variances > 0.01).sum()
    collapsed = int(np.argmax(variances))
    *below, kernel, bias = keep
    kernel, bias = kernel.copy(), bias.copy()
    kernel[:, [collapsed, 5 + collapsed]] = bias[[collapsed, 5 + collapsed]] = 0
    on_digits.encoder.set_weights([*below, kernel, bias])
    metrics = vae.measure(on_digits, source="bundled")
    on_digits.encoder.set_weights(keep)
    assert metrics["active_units"] == whole["active_units"] - 1
    assert metrics["kl_nats"] < whole["kl_nats"]


@pytest.mark.slow
@pytest.mark.parametrize(("latent_dim", "likelihood"), [(2, "gaussian"), (3, "bernoulli")])
def test_on_ones_own_pictures(own_pictures, latent_dim, likelihood):
    options = {"dataset": str(own_pictures), "hidden": 32, "latent_dim": latent_dim, "likelihood": likelihood}
    model = vae.train(epochs=1, batch_size=16, **options)
    assert model.data_shape == (32, 32, 1)
    assert int(model.optimizer.iterations) == 200
    metrics = vae.measure(model, dataset=str(own_pictures))
    if likelihood == "bernoulli":
        assert metrics["negative_elbo_nats"] < 0.7 * 1024 * np.log(2)
    assert np.isfinite(list(metrics.values())).all()
    assert model.preview()["picture"].dtype == "uint8"


@pytest.mark.parametrize(
    "argument",
    [
        *[{"epochs": 0}, {"batch_size": 0}, {"learning_rate": float("nan")}, {"latent_dim": 0}, {"hidden": -1}],
        *[{"sigma": 0.0}, {"beta": -1.0}, {"beta": float("nan")}, {"seed": -1}, {"network": "deep"}],
        *[{"likelihood": "poisson"}, {"deviation": "full"}, {"kl_reduction": "max"}],
        *[{"source": "web"}, {"dataset": "ring"}, {"dataset": "rings"}],
    ],
    ids=str,
)
def test_train_refuses_what_is_out_of_range(argument):
    ((name, value),) = argument.items()
    with pytest.raises(ValueError, match=f"{name}={value!r}: "):
        vae.train(**{"source": "bundled"} | argument)


def test_a_batch_larger_than_the_data():
    with pytest.raises(ValueError, match="batch_size: one step takes 4001 examples, but there are only 4000"):
        vae.train(source="bundled", batch_size=4001)


# What others see of it.


@pytest.mark.slow
@pytest.mark.parametrize(("network", "arguments"), [*(("dense", each) for each in KINDS), CONVOLUTIONAL], ids=str)
def test_saved_and_loaded_it_is_the_same(tmp_path, arguments, network):
    model = tiny(network=network, beta=2.0, kl_reduction="mean", sigma=0.2, **arguments)
    model.compile(keras.optimizers.Adam(0.01), loss=None, jit_compile=False)
    model.fit(pictures(32), batch_size=8, epochs=2, verbose=0)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_config() == model.get_config()
    for one, other in zip(loaded.weights, model.weights, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=one.path)
    assert float(loaded.log_sigma) == float(model.log_sigma)
    assert int(loaded.optimizer.iterations) == 8
    assert len(loaded.optimizer.variables) == 2 + 2 * len(model.trainable_variables)
    for one, other in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one, other, err_msg=one.path)
    x, noise = bits(4), normal(4, 3)
    np.testing.assert_array_equal(loaded.terms(x, noise), model.terms(x, noise))
    loaded.fit(pictures(32), batch_size=8, verbose=0)
    assert int(loaded.optimizer.iterations) == 12


@pytest.mark.slow
@pytest.mark.parametrize("arguments", KINDS, ids=str)
def test_served_it_answers_as_keras_does(tmp_path, arguments):
    model = tiny(**arguments)
    serving.export(model, tmp_path / "served")
    served = serving.load(tmp_path / "served")
    assert set(served.signatures) == set(model.signatures()) == SIGNATURES
    inputs = {"pictures": pictures(3), "latent": normal(3, 3), "n": np.int32(7), "seed": np.int32(4)}
    names = {"decode": ["latent"], "sample": ["n", "seed"], "log_likelihood": ["pictures", "seed"]}
    for name, (function, _) in model.signatures().items():
        given = {key: inputs[key] for key in names.get(name, ["pictures"])}
        expected, answer = function(**given), getattr(served, name)(**given)
        assert answer.keys() == expected.keys()
        for key, values in answer.items():
            assert values.shape[0] == (7 if name == "sample" else 3)
            np.testing.assert_allclose(values, expected[key], rtol=1e-4, atol=1e-5, err_msg=f"{name} {key}")
    np.testing.assert_array_equal(served.decode(inputs["latent"][:1])["pictures"].shape, (1, 4, 4, 1))


def test_a_sample_is_a_function_of_its_number_and_seed():
    sample, _ = tiny().signatures()["sample"]
    one, again, other = (sample(2000, seed) for seed in (3, 3, 4))
    np.testing.assert_array_equal(one["pictures"], again["pictures"])
    assert not np.isin(one["latent"], other["latent"]).any()
    np.testing.assert_allclose(np.mean(one["latent"], axis=0), 0, atol=0.1)
    np.testing.assert_allclose(np.std(one["latent"], axis=0), 1, atol=0.07)
    np.testing.assert_allclose(one["pictures"], tiny().decode(one["latent"]), rtol=1e-5)
    assert one["pictures"].shape == (2000, 4, 4, 1)
    assert 0 <= np.min(one["pictures"]) < np.max(one["pictures"]) <= 1


def test_the_served_likelihood_is_that_of_rounded_pictures_and_above_the_elbo():
    model, grey = tiny(), pictures(50)
    log_likelihood, _ = model.signatures()["log_likelihood"]
    answer, rounded = log_likelihood(grey, 1), log_likelihood(np.round(grey), 1)
    np.testing.assert_array_equal(answer["log_likelihood"], rounded["log_likelihood"])
    assert np.mean(answer["log_likelihood"]) > np.mean(answer["elbo"]) + 0.1


def test_encode_answers_with_q():
    model, x = tiny(), pictures(4)
    answer, (mean, log_variance) = model.signatures()["encode"][0](x), model.infer(x)
    np.testing.assert_array_equal(answer["latent"], mean)
    np.testing.assert_allclose(answer["deviation"] ** 2, np.exp(log_variance), rtol=1e-5)
    np.testing.assert_array_equal(model.encode(x), mean)
    np.testing.assert_allclose(model(x), model.decode(mean), rtol=1e-5)


def test_previews():
    plane, space = tiny(latent_dim=2), tiny(latent_dim=3)
    for model in (plane, space):
        model.held_out = pictures(50), np.arange(50) % 10
    of_plane, of_space = plane.preview(), space.preview()
    assert of_plane.keys() == {"picture", "codes", "labels", *LOOK}
    np.testing.assert_allclose(of_plane["codes"], plane.encode(plane.held_out[0]), rtol=1e-5)
    assert of_space.keys() == {"picture", "reconstructed", "samples", *LOOK}
    assert (of_space["reconstructed"].shape, of_space["samples"].shape) == ((40, 4, 4, 1), (80, 4, 4, 1))
    for picture in (of_plane["picture"], of_space["picture"]):
        assert picture.dtype == "uint8"
        assert picture.ndim == picture.shape[2] == 3
    np.testing.assert_array_equal(space.preview()["picture"], of_space["picture"])


@pytest.mark.parametrize("arguments", KINDS, ids=str)
def test_what_look_measures_of_the_held_out_pictures(arguments):
    model = tiny(**arguments)
    model.encoder.set_weights([0.4 * weight for weight in model.encoder.get_weights()])  # no tails that averages miss
    model.held_out = pictures(2000), np.full(2000, -1)
    found = model.diagnose()
    assert found == model.diagnose()  # no seed of training has moved
    mean, log_variance = (part.numpy() for part in model.infer(model.held_out[0]))
    codes = mean + np.exp(log_variance / 2) * normal(*mean.shape)
    assert found["spread"] == pytest.approx(np.sqrt((codes**2).mean()), rel=0.03)
    assert found["active_units"] == (mean.var(axis=0) > vae.ACTIVE).sum() > 0
    x = model.observe(model.held_out[0], pictures(2000, seed=1))
    for number, term in zip(TERMS[1:], model.terms(x, normal(2000, 3, seed=1)), strict=True):
        assert found[number] == pytest.approx(np.mean(term), abs=6 * np.std(term) / np.sqrt(2000))


def test_look_sees_an_encoder_that_answers_with_the_prior():
    model = tiny()
    model.held_out = pictures(50), np.full(50, -1)
    model.encoder.set_weights([0 * weight for weight in model.encoder.get_weights()])
    found = model.diagnose()
    assert (found["kl_nats"], found["active_units"], found["spread"]) == (0, 0, 1)
