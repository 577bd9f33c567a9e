"""The exact distances against SciPy and closed forms; what is learned from samples against what is exact."""

import numpy as np
import pytest
from scipy import stats

from dlsuite.gans import optimal_discriminator as lesson

Density = lesson.Density
PAIRS = [
    (Density("gaussian", -1.0, 0.5), Density("gaussian", 1.0, 1.2)),
    (Density("uniform", -0.5, 2.0), Density("uniform", 0.5, 2.0)),
    (Density("gaussian", 0.0, 1.0), Density("uniform", 1.0, 3.0)),
]


@pytest.mark.parametrize("density", [density for pair in PAIRS for density in pair], ids=str)
def test_a_density_is_one_and_samples_follow_it(density):
    step = lesson.GRID[1] - lesson.GRID[0]
    np.testing.assert_allclose(density.at(lesson.GRID).sum() * step, 1, rtol=2e-3)
    sample = density.sample(20_000, [0, 1]).numpy()[:, 0]
    exact = (
        stats.norm(density.centre, density.width)
        if density.kind == "gaussian"
        else stats.uniform(density.centre - density.width / 2, density.width)
    )
    assert stats.kstest(sample, exact.cdf).pvalue > 1e-4
    np.testing.assert_allclose(density.at([0.1, 0.3]), exact.pdf([0.1, 0.3]), rtol=1e-6)


@pytest.mark.parametrize(("p", "q"), PAIRS, ids=str)
def test_wasserstein_equals_scipys(p, q):
    exact = stats.wasserstein_distance(lesson.GRID, lesson.GRID, p.at(lesson.GRID), q.at(lesson.GRID))
    assert lesson.wasserstein_1(p, q) == pytest.approx(exact, rel=1e-6)
    assert lesson.wasserstein_1(p, p) == 0


def test_wasserstein_of_a_shift_is_the_shift():
    for kind in ("gaussian", "uniform"):
        shifted = lesson.wasserstein_1(Density(kind, -1.0, 0.7), Density(kind, 2.0, 0.7))
        assert shifted == pytest.approx(3.0, rel=2e-3)


@pytest.mark.parametrize(("p", "q"), PAIRS, ids=str)
def test_the_optimal_value_is_minus_log_four_and_twice_the_divergence(p, q):
    """V(D*) by its definition; no other D does better."""
    step = lesson.GRID[1] - lesson.GRID[0]

    def value(d):
        d = np.clip(d, 1e-12, 1 - 1e-12)
        return step * np.sum(p.at(lesson.GRID) * np.log(d) + q.at(lesson.GRID) * np.log(1 - d))

    best = lesson.optimal_discriminator(p, q, lesson.GRID)
    assert lesson.optimal_value(p, q) == pytest.approx(value(best), abs=3e-3)
    for d in (best**1.1, best * 0.95, 0.5 * best + 0.25):
        assert value(d) < value(best)


def test_apart_one_distance_saturates_and_the_other_does_not():
    gaps = np.array([0.0, 0.5, 0.9, 2.0, 4.0])
    distances = lesson.as_they_part("uniform", 1.0, gaps)
    np.testing.assert_allclose(distances["wasserstein_1"], gaps, atol=5e-3)
    np.testing.assert_allclose(distances["jensen_shannon"][3:], np.log(2), rtol=1e-9)
    # Two uniform densities that share the share 1 - gap: JSD = gap log 2.
    np.testing.assert_allclose(distances["jensen_shannon"][:3], gaps[:3] * np.log(2), atol=1e-3)


@pytest.mark.slow
def test_the_learned_discriminator_is_near_the_optimal_one():
    p, q = PAIRS[0]
    found = lesson.learned_discriminator(p, q)
    exact = lesson.optimal_discriminator(p, q, found.x)
    weight = (p.at(found.x) + q.at(found.x)) / np.sum(p.at(found.x) + q.at(found.x))
    assert np.sum(weight * np.abs(found.output - exact)) < 0.02
    assert found.estimate == pytest.approx(lesson.optimal_value(p, q), abs=0.03)


@pytest.mark.slow
def test_the_critic_overshoots_the_exact_distance_by_what_the_penalty_allows():
    penalty = 5.0
    p, q = Density("gaussian", -1.5, 0.5), Density("gaussian", 1.5, 0.5)
    found, exact = lesson.learned_critic(p, q, penalty=penalty), lesson.wasserstein_1(p, q)
    slope = 1 + exact / (2 * penalty)
    assert found.estimate == pytest.approx(slope * exact, rel=0.03)
    between = np.abs(found.x) < 1
    np.testing.assert_allclose(np.abs(found.slope[between]), slope, atol=0.1)
    assert found.lipschitz == np.abs(found.slope).max()


@pytest.mark.slow
def test_the_slope_is_the_derivative_of_what_is_learned():
    found = lesson.learned_critic(*PAIRS[1], steps=50)
    numeric = np.gradient(found.output, found.x)
    assert np.median(np.abs(numeric - found.slope)) < 0.02
