"""The posterior against numerical integration and Bayes' rule; what answers cost against what they cost in trials."""

import numpy as np
import pytest
from scipy import stats

from dlsuite.autoencoders import two_modes as lesson

CASES = [(0.3, 1.0, 0.1), (-1.2, 0.4, 0.3), (0.1, 2.0, 0.05), (0.7, 0.5, 1.5)]
FINE = np.linspace(-12, 12, 240_001)


def prior(x, spread):
    return 0.5 * stats.norm(-1, spread).pdf(x) + 0.5 * stats.norm(1, spread).pdf(x)


@pytest.mark.parametrize(("y", "noise", "spread"), CASES)
def test_the_posterior_is_prior_times_likelihood(y, noise, spread):
    posterior = lesson.on_the_line(y, noise=noise, spread=spread)
    exact = prior(FINE, spread) * stats.norm(FINE, noise).pdf(y)
    exact /= np.trapezoid(exact, FINE)
    np.testing.assert_allclose(posterior.density(FINE), exact, atol=1e-6)
    mean = np.trapezoid(FINE * exact, FINE)
    assert posterior.mean == pytest.approx(mean, abs=1e-8)
    assert posterior.variance == pytest.approx(np.trapezoid((FINE - mean) ** 2 * exact, FINE), abs=1e-8)
    assert posterior.modes[0] == pytest.approx(FINE[exact.argmax()], abs=3e-3)
    for answer in (-1.0, 0.2, mean):
        assert posterior.squared_error(answer) == pytest.approx(
            np.trapezoid((FINE - answer) ** 2 * exact, FINE), abs=1e-8
        )


@pytest.mark.parametrize("noise", [0.5, 1.0, 2.0])
def test_of_two_points_the_mean_is_a_hyperbolic_tangent(noise):
    for y in (-1.5, -0.1, 0.0, 0.8):
        mean = lesson.on_the_line(y, noise=noise, spread=1e-3).mean
        assert mean == pytest.approx(np.tanh(y / noise**2), abs=1e-5)


def test_in_the_middle_the_mean_is_where_nothing_is():
    posterior = lesson.on_the_line(0.0)
    assert posterior.mean == pytest.approx(0.0, abs=1e-12)
    assert posterior.density(0.0) < 1e-15
    assert len(posterior.modes) == 2
    assert posterior.errors["mean"] < posterior.errors["mode"]
    assert posterior.errors["mean"] < posterior.errors["sample"]
    assert len(lesson.on_the_line(0.0, spread=2.0).modes) == 1


def test_samples_follow_the_posterior():
    posterior = lesson.on_the_line(0.2, noise=0.9, spread=0.2)
    samples = posterior.sample(20_000, seed=1)
    cdf = lambda x: stats.norm.cdf(x[:, None], posterior.means, posterior.deviation) @ posterior.weights  # noqa: E731
    assert stats.kstest(samples, cdf).pvalue > 1e-3
    np.testing.assert_array_equal(samples, posterior.sample(20_000, seed=1))
    assert not np.isin(samples, posterior.sample(20_000, seed=2)).any()


def test_what_answers_cost_is_what_they_cost_in_trials():
    posterior = lesson.on_the_line(0.2, noise=0.9, spread=0.2)
    x, drawn = posterior.sample(200_000, seed=1), posterior.sample(200_000, seed=2)
    answers = {"mean": posterior.mean, "mode": posterior.modes[0], "sample": drawn}
    for name, answer in answers.items():
        assert np.mean((x - answer) ** 2) == pytest.approx(posterior.errors[name], rel=0.02)


@pytest.fixture(scope="module")
def pictures():
    return np.random.default_rng(0).random((6, 4, 4, 1))


def test_the_weights_are_bayes_rule(pictures):
    y = pictures[2] + 0.2 * np.random.default_rng(1).normal(size=(4, 4, 1))
    posterior = lesson.among_pictures(y, pictures, noise=0.5)
    likelihood = np.array([stats.norm(x, 0.5).pdf(y).prod() for x in pictures])
    np.testing.assert_allclose(posterior.weights, likelihood / likelihood.sum(), rtol=1e-9)
    np.testing.assert_allclose(posterior.mean, sum(w * x for w, x in zip(posterior.weights, pictures, strict=True)))
    assert posterior.mode == likelihood.argmax()


def test_what_answers_cost_is_counted_out(pictures):
    posterior = lesson.among_pictures(np.full((4, 4, 1), 0.5), pictures, noise=1.0)
    apart = np.sum((pictures[:, None] - pictures[None]) ** 2, axis=(2, 3, 4))
    w = posterior.weights
    assert posterior.errors["sample"] == pytest.approx(w @ apart @ w)
    assert posterior.errors["mode"] == pytest.approx(w @ apart[posterior.mode])
    assert posterior.errors["mean"] == pytest.approx(w @ np.sum((pictures - posterior.mean) ** 2, axis=(1, 2, 3)))
    assert posterior.errors["mean"] < min(posterior.errors["mode"], posterior.errors["sample"])


def test_what_is_not_seen_does_not_count(pictures):
    seen = np.zeros((4, 1, 1), bool)
    seen[:2] = True
    twins = np.stack([pictures[0], np.concatenate([pictures[0][:2], pictures[1][2:]]), pictures[3]])
    y = twins[0].copy()
    y[2:] = 7.0
    posterior = lesson.among_pictures(y, twins, noise=0.05, seen=seen)
    np.testing.assert_allclose(posterior.weights, [0.5, 0.5, 0], atol=1e-6)
    np.testing.assert_allclose(posterior.mean, (twins[0] + twins[1]) / 2, atol=1e-6)


def test_pictures_are_drawn_by_their_weights(pictures):
    posterior = lesson.among_pictures(np.full((4, 4, 1), 0.5), pictures, noise=1.0)
    count = np.bincount(posterior.sample(20_000, seed=3), minlength=6)
    assert stats.chisquare(count, 20_000 * posterior.weights).pvalue > 1e-3
    np.testing.assert_array_equal(posterior.sample(5, seed=3), posterior.sample(5, seed=3))


def test_wrong_arguments(pictures):
    with pytest.raises(ValueError, match="noise=0: it must be above 0"):
        lesson.on_the_line(0.0, noise=0)
    with pytest.raises(ValueError, match=r"spread=-1\.0: it must be above 0"):
        lesson.on_the_line(0.0, spread=-1.0)
    with pytest.raises(ValueError, match="noise=nan: it must be above 0"):
        lesson.among_pictures(pictures[0], pictures, noise=float("nan"))
    with pytest.raises(ValueError, match=r"y: its shape is \(4, 4\)"):
        lesson.among_pictures(pictures[0, ..., 0], pictures)
