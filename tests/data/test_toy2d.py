"""The distributions in the plane are what the literature and their formulas say."""

import numpy as np
import pytest

from dlsuite.data import toy2d

NAMES = list(toy2d.MIXTURES)


def take(dataset, n):
    return np.stack(list(dataset.take(n).as_numpy_iterator()))


def test_ring_is_metz_2016():
    ring = toy2d.mixture("ring")
    expected = [[2 * np.cos(k * np.pi / 4), 2 * np.sin(k * np.pi / 4)] for k in range(8)]
    np.testing.assert_allclose(ring.centres, expected, atol=1e-6)
    assert (ring.sigma, ring.has_modes) == (0.02, True)


def test_grid_is_lin_2018():
    grid = toy2d.mixture("grid")
    expected = {(x, y) for x in (-4, -2, 0, 2, 4) for y in (-4, -2, 0, 2, 4)}
    assert {tuple(centre) for centre in grid.centres.tolist()} == expected
    assert (len(grid.centres), grid.sigma, grid.has_modes) == (25, 0.05, True)


def test_spiral_is_one_evenly_spaced_curve():
    centres, sigma, has_modes = toy2d.mixture("spiral")
    gaps = np.linalg.norm(np.diff(centres, axis=0), axis=1)
    assert gaps.max() < 2 * sigma
    assert gaps.max() / gaps.min() < 1.5
    assert not has_modes
    angle = np.unwrap(np.arctan2(centres[:, 1], centres[:, 0]))
    radius = np.linalg.norm(centres, axis=1)
    np.testing.assert_allclose(np.diff(radius) / np.diff(angle), 2 / (3 * np.pi), rtol=1e-2)  # Archimedean
    np.testing.assert_allclose(radius.max(), 2, rtol=1e-5)


def test_moons_are_two_curves_apart():
    centres, sigma, has_modes = toy2d.mixture("moons")
    first, second = centres[:200], centres[200:]
    np.testing.assert_allclose(first, -second)
    assert np.linalg.norm(first[:, None] - second, axis=-1).min() > 6 * sigma
    assert not has_modes


@pytest.mark.parametrize("name", NAMES)
def test_samples_have_the_mixtures_moments(name):
    """The mean and covariance of a mixture are those of its centres, and sigma^2 I more."""
    centres, sigma, _ = toy2d.mixture(name)
    points = toy2d.sample(name, 200_000, seed=3)
    assert points.shape == (200_000, 2)
    assert points.dtype == np.float32
    expected = np.cov(centres, rowvar=False, bias=True) + sigma**2 * np.eye(2)
    error = np.sqrt(np.trace(expected) / 200_000)
    np.testing.assert_allclose(points.mean(axis=0), centres.mean(axis=0), atol=5 * error)
    np.testing.assert_allclose(np.cov(points, rowvar=False), expected, atol=0.02 * np.trace(expected))


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_samples_fall_on_each_mode_as_often_and_as_wide(name):
    centres, sigma, _ = toy2d.mixture(name)
    points = toy2d.sample(name, 100_000)
    offset = points[:, None] - centres
    nearest = np.linalg.norm(offset, axis=-1).argmin(axis=1)
    share = np.bincount(nearest, minlength=len(centres)) / len(points)
    np.testing.assert_allclose(share, 1 / len(centres), rtol=0.1)
    residual = offset[np.arange(len(points)), nearest]
    np.testing.assert_allclose(residual.std(axis=0), sigma, rtol=0.02)
    np.testing.assert_allclose(np.mean(np.linalg.norm(residual, axis=1) <= 3 * sigma), 1 - np.exp(-4.5), atol=0.002)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_density_integrates_to_one(name):
    spacing = toy2d.mixture(name).sigma / 2
    ticks = np.arange(-4.5, 4.5, spacing)
    total = 0.0
    centres = toy2d.mixture(name).centres
    for x in ticks:
        if np.abs(centres[:, 0] - x).min() < 0.4:  # elsewhere it is 0
            near = ticks[(ticks > centres[:, 1].min() - 0.4) & (ticks < centres[:, 1].max() + 0.4)]
            total += np.exp(toy2d.log_density(name, np.stack([np.full_like(near, x), near], axis=-1))).sum()
    np.testing.assert_allclose(total * spacing**2, 1, rtol=1e-4)


def test_density_at_a_centre_of_the_ring():
    """The neighbours are 76 sigma away and add nothing: 1/8 of one Gaussian's peak."""
    np.testing.assert_allclose(
        toy2d.log_density("ring", [[2.0, 0.0]]), np.log(1 / 8) - np.log(2 * np.pi * 0.02**2), rtol=1e-9
    )


@pytest.mark.parametrize("name", NAMES)
def test_mean_log_density_of_samples_is_the_negative_entropy(name):
    """Of modes far apart: -log K - log(2 pi e sigma^2), exactly."""
    if not toy2d.mixture(name).has_modes:
        pytest.skip("no closed form where the components overlap")
    centres, sigma, _ = toy2d.mixture(name)
    expected = -np.log(len(centres)) - np.log(2 * np.pi * np.e * sigma**2)
    np.testing.assert_allclose(toy2d.log_density(name, toy2d.sample(name, 20_000)).mean(), expected, atol=0.03)


def test_batches_are_a_function_of_seed_and_step(monkeypatch):
    monkeypatch.setattr(toy2d, "STEPS_PER_EPOCH", 5)
    from_the_start = take(toy2d.load("ring", 4, seed=7), 15)
    np.testing.assert_array_equal(from_the_start, take(toy2d.load("ring", 4, seed=7), 15))
    np.testing.assert_array_equal(from_the_start[5:], take(toy2d.load("ring", 4, seed=7, initial_epoch=1), 10))
    assert len(np.unique(from_the_start.reshape(-1, 2), axis=0)) == 60  # fresh points at every step
    assert not np.isin(take(toy2d.load("ring", 4, seed=8), 15), from_the_start).any()


def test_samples_are_a_function_of_the_seed():
    np.testing.assert_array_equal(toy2d.sample("moons", 10, seed=1), toy2d.sample("moons", 10, seed=1))
    assert not np.isin(toy2d.sample("moons", 10, seed=2), toy2d.sample("moons", 10, seed=1)).any()


def test_an_unknown_name():
    with pytest.raises(ValueError, match=r"dataset='circle': the distributions .* are ring, grid, spiral, moons"):
        toy2d.load("circle")
