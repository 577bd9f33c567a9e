"""Densities against SciPy; EM against what it promises: never a less likely mixture, and what made the codes found."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from dlsuite.autoencoders import latent_density as lesson

TRUE = lesson.Mixture(
    np.array([0.2, 0.5, 0.3]),
    np.array([[-4.0, 0.0, 1.0], [0.0, 3.0, -2.0], [4.0, -1.0, 0.0]]),
    np.array(
        [
            [[1.0, 0.5, 0.0], [0.5, 0.8, 0.1], [0.0, 0.1, 0.3]],
            [[0.5, -0.2, 0.1], [-0.2, 1.0, 0.0], [0.1, 0.0, 0.6]],
            [[0.3, 0.0, 0.0], [0.0, 0.3, 0.2], [0.0, 0.2, 1.2]],
        ]
    ),
)


@pytest.fixture(scope="module")
def codes():
    return TRUE.sample(20_000, seed=0).astype("float64")


def test_the_density_is_scipys(codes):
    z = codes[:100]
    exact = sum(w * stats.multivariate_normal(m, s).pdf(z) for w, m, s in zip(*TRUE, strict=True))
    np.testing.assert_allclose(TRUE.log_density(z), np.log(exact), rtol=1e-9)


def test_far_away_the_density_is_small_and_not_zero():
    far = np.full((1, 3), 1e3)
    logs = [np.log(w) + stats.multivariate_normal(m, s).logpdf(far) for w, m, s in zip(*TRUE, strict=True)]
    assert np.isfinite(TRUE.log_density(far)).all()
    np.testing.assert_allclose(TRUE.log_density(far), np.logaddexp.reduce(logs), rtol=1e-9)


def test_samples_have_the_moments_of_the_mixture(codes):
    mean = TRUE.weights @ TRUE.means
    apart = TRUE.means - mean
    covariance = np.einsum("k,kij->ij", TRUE.weights, TRUE.covariances + apart[:, :, None] * apart[:, None])
    np.testing.assert_allclose(codes.mean(axis=0), mean, atol=0.1)
    np.testing.assert_allclose(np.cov(codes.T), covariance, atol=0.2)
    np.testing.assert_array_equal(TRUE.sample(50, seed=4), TRUE.sample(50, seed=4))
    assert not np.isin(TRUE.sample(50, seed=4), TRUE.sample(50, seed=5)).any()


def test_a_gaussian_has_the_moments_of_the_codes(codes):
    gaussian = lesson.fit_gaussian(codes)
    np.testing.assert_allclose(gaussian.weights, [1.0])
    np.testing.assert_allclose(gaussian.means[0], codes.mean(axis=0))
    np.testing.assert_allclose(gaussian.covariances[0], np.cov(codes.T, bias=True), rtol=1e-9)


def test_a_mixture_of_one_is_the_gaussian(codes):
    for one, other in zip(lesson.fit_mixture(codes, 1, seed=3), lesson.fit_gaussian(codes), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-9)


@pytest.mark.parametrize("floor", [1e-6, 0.5, 3.0])
def test_the_likelihood_never_falls(codes, floor):
    """Whatever the floor is, and from a bad beginning: memberships at random."""
    some = codes[:500]
    memberships = np.random.default_rng(0).dirichlet(np.ones(6), size=len(some))
    values = []
    for _ in range(60):
        mixture = lesson.maximize(some, memberships, floor)
        memberships, value = lesson.expect(some, mixture)
        assert value == pytest.approx(mixture.log_density(some).mean())
        np.testing.assert_allclose(memberships.sum(axis=1), 1)
        assert np.linalg.eigvalsh(mixture.covariances).min() > 0.999 * floor
        values.append(value)
    assert np.diff(values).min() > -1e-9
    assert values[-1] > values[0] + 0.02


def test_what_made_the_codes_is_found(codes):
    found = lesson.fit_mixture(codes, 3, seed=0, tolerance=1e-6)
    order = np.argsort(found.means[:, 0])
    np.testing.assert_allclose(found.weights[order], TRUE.weights, atol=0.02)
    np.testing.assert_allclose(found.means[order], TRUE.means, atol=0.08)
    np.testing.assert_allclose(found.covariances[order], TRUE.covariances, atol=0.08)


def test_more_components_describe_new_codes_better_than_one(codes):
    new = TRUE.sample(5000, seed=9)
    mixture, gaussian = lesson.fit_mixture(codes, 3, seed=0), lesson.fit_gaussian(codes)
    assert mixture.log_density(new).mean() > gaussian.log_density(new).mean() + 0.5
    assert mixture.log_density(new).mean() == pytest.approx(TRUE.log_density(new).mean(), abs=0.01)


def test_the_same_seed_finds_the_same(codes):
    for one, other in zip(*(lesson.fit_mixture(codes[:1000], 5, seed=7) for _ in range(2)), strict=True):
        np.testing.assert_array_equal(one, other)


def test_flat_codes_get_a_floor():
    """A code that is 0 for every picture has no variance; the density stays finite."""
    flat = np.random.default_rng(0).normal(size=(300, 3)) * [1, 1, 0]
    for fitted in (lesson.fit_gaussian(flat), lesson.fit_mixture(flat, 4)):
        assert np.isfinite(fitted.log_density(flat)).all()
        assert np.abs(fitted.sample(1000, 0)[:, 2]).max() < 0.2


def test_as_many_components_as_codes_do_not_break_it():
    few = np.random.default_rng(0).normal(size=(8, 2))
    assert np.isfinite(lesson.fit_mixture(few, 8).log_density(few)).all()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"components": 0}, "components=0: it is from 1 to the number of codes, 50"),
        ({"components": 51}, "components=51: it is from 1"),
        ({"components": 3, "steps": 0}, "steps=0: it must be at least 1"),
    ],
)
def test_wrong_arguments(codes, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        lesson.fit_mixture(codes[:50], **arguments)


def test_wrong_codes(codes):
    for wrong in (np.zeros(5), np.zeros((5, 2)), np.full((5, 2), np.nan), np.ones((0, 2))):
        with pytest.raises(ValueError, match="codes: an array"):
            lesson.fit_gaussian(wrong)
    with pytest.raises(ValueError, match="components=3: there are only 2 different codes"):
        lesson.fit_mixture(np.repeat([[0.0, 1.0], [1.0, 0.0]], 5, axis=0), 3)


def test_the_lessons_in_numpy_cost_no_tensorflow():
    modules = "dlsuite.autoencoders.latent_density, dlsuite.autoencoders.two_modes"
    script = f"import sys, {modules}; print('tensorflow' in sys.modules)"
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert process.stdout.strip() == "False"
