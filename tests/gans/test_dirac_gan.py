"""The smallest game: its field against finite differences of L, its Jacobians numerically, who comes to rest."""

import numpy as np
import pytest

from dlsuite.gans import dirac_gan

SMOOTH = [method for method in dirac_gan.METHODS if method != "wgan_gp"]
SETTINGS = [{"penalty": 0.3, "std": 0.7}, {"penalty": 1.7, "std": 2.5}]


def gain(t):
    return -np.log1p(np.exp(-t))


def value(theta, psi, std=0.0):
    """L by a fine Riemann sum over the noise."""
    noise = np.linspace(-8, 8, 4001)
    weights = np.exp(-(noise**2) / 2)
    weights /= weights.sum()
    return weights @ (gain(psi * (theta + std * noise)) + gain(-psi * std * noise))


def slope(function, at, step=1e-5):
    return (function(at + step) - function(at - step)) / (2 * step)


@pytest.mark.parametrize("method", ["gan", "r1", "r2", "instance_noise"])
@pytest.mark.parametrize(("theta", "psi"), [(0.7, -1.2), (-2.0, 0.4), (1.5, 1.5)])
def test_the_field_is_the_gradient_of_the_game(method, theta, psi):
    std, penalty = (0.8 if method == "instance_noise" else 0.0), 0.6
    cost = penalty / 2 if method in ("r1", "r2") else 0.0
    v_theta, v_psi = dirac_gan.vector_field(theta, psi, method, penalty=penalty, std=std)
    np.testing.assert_allclose(v_theta, -slope(lambda at: value(at, psi, std), theta), rtol=1e-5)
    np.testing.assert_allclose(v_psi, slope(lambda at: value(theta, at, std) - cost * at**2, psi), rtol=1e-5)


def test_the_non_saturating_generator_climbs_its_own_gain():
    v_theta, v_psi = dirac_gan.vector_field(0.7, -1.2, "non_saturating")
    np.testing.assert_allclose(v_theta, slope(lambda at: gain(1.2 * at), 0.7), rtol=1e-6)
    np.testing.assert_allclose(v_psi, dirac_gan.vector_field(0.7, -1.2, "gan")[1])


def test_the_gradient_penalty_pulls_the_slope_to_one():
    for psi in (-2.0, -0.5, 0.5, 2.0):
        _, pull = dirac_gan.vector_field(0.0, psi, "wgan_gp", penalty=1.5)
        np.testing.assert_allclose(pull, -slope(lambda at: 1.5 / 2 * (abs(at) - 1) ** 2, psi), rtol=1e-6)


def numeric_jacobian(step, point=(0.0, 0.0), h=1e-5):
    columns = []
    for axis in range(2):
        move = np.eye(2)[axis] * h
        columns.append((np.array(step(*(point + move))) - np.array(step(*(point - move)))) / (2 * h))
    return np.stack(columns, axis=1)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
@pytest.mark.parametrize("method", SMOOTH)
def test_the_derived_jacobian_is_the_numerical_one(method, setting):
    numeric = numeric_jacobian(lambda theta, psi: dirac_gan.vector_field(theta, psi, method, **setting))
    np.testing.assert_allclose(dirac_gan.jacobian(method, **setting), numeric, atol=1e-8)


@pytest.mark.parametrize("updates", ["simultaneous", "alternating"])
@pytest.mark.parametrize("method", SMOOTH)
def test_the_step_is_the_numerical_one(method, updates):
    def step(theta, psi):
        options = {"step_size": 0.3, "updates": updates, **SETTINGS[0]}
        return dirac_gan.trajectory(method, start=(theta, psi), steps=1, **options)[1]

    derived = dirac_gan.update_jacobian(method, step_size=0.3, updates=updates, **SETTINGS[0])
    np.testing.assert_allclose(derived, numeric_jacobian(step), atol=1e-8)


@pytest.mark.parametrize("setting", SETTINGS, ids=str)
def test_the_eigenvalues_in_the_docstring(setting):
    def eigenvalues(method):
        return np.sort_complex(np.linalg.eigvals(dirac_gan.jacobian(method, **setting)))

    def pair(a):
        return np.sort_complex([-a + np.emath.sqrt(a**2 - 0.25), -a - np.emath.sqrt(a**2 - 0.25)])

    for method in ("gan", "non_saturating"):
        np.testing.assert_allclose(eigenvalues(method), [-0.5j, 0.5j], atol=1e-12)
    np.testing.assert_allclose(eigenvalues("wgan"), [-1j, 1j], atol=1e-12)
    for method in ("r1", "r2"):
        np.testing.assert_allclose(eigenvalues(method), pair(setting["penalty"] / 2), atol=1e-12)
    np.testing.assert_allclose(eigenvalues("instance_noise"), pair(setting["std"] ** 2 / 4), atol=1e-12)


def radius(method, **options):
    return np.linalg.norm(dirac_gan.trajectory(method, steps=2000, **options), axis=1)


@pytest.mark.parametrize("method", ["r1", "r2", "instance_noise"])
@pytest.mark.parametrize("updates", ["simultaneous", "alternating"])
def test_with_a_zero_centred_penalty_it_spirals_in(method, updates):
    assert radius(method, updates=updates)[-1] < 1e-3


@pytest.mark.parametrize("method", ["gan", "wgan"])
def test_without_a_penalty_it_does_not(method):
    """At once it goes out; in turns it stays where it began, near enough."""
    out = radius(method, updates="simultaneous", step_size=0.05)
    assert out[-1] > 1.2 * out[0]
    around = radius(method, updates="alternating", step_size=0.05)
    assert around[-500:].min() / around[0] > 0.7
    assert around[-500:].max() / around[0] < 1.5


def test_the_non_saturating_game_creeps_in_and_never_arrives():
    theta, psi = np.random.default_rng(0).normal(size=(2, 50))
    for method, change in (("gan", 0 * theta), ("non_saturating", -2 * theta * psi * np.tanh(theta * psi / 2))):
        v_theta, v_psi = dirac_gan.vector_field(theta, psi, method)
        np.testing.assert_allclose(2 * (theta * v_theta + psi * v_psi), change, atol=1e-12)
    distance = np.linalg.norm(
        dirac_gan.trajectory("non_saturating", steps=80_000, step_size=0.05, updates="alternating"), axis=1
    )
    later, latest = distance[15_000:20_000].mean(), distance[75_000:].mean()
    np.testing.assert_allclose(later / latest, np.sqrt(77.5 / 17.5), rtol=0.05)


@pytest.mark.parametrize("updates", ["simultaneous", "alternating"])
def test_wgan_gp_does_not_come_to_rest(updates):
    late = dirac_gan.trajectory("wgan_gp", steps=4000, penalty=1.0, step_size=0.05, updates=updates)[-1000:]
    assert np.linalg.norm(late, axis=1).max() > 0.05
    with pytest.raises(ValueError, match="has no derivative"):
        dirac_gan.jacobian("wgan_gp")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [({"method": "lsgan"}, "method='lsgan'"), ({"method": "r1", "penalty": -1}, "neither may be below 0")],
)
def test_wrong_arguments(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        dirac_gan.vector_field(0.0, 0.0, **arguments)
