"""Losses beside measured quality: averages and ranks, on courses with a known answer."""

import numpy as np
import pytest
from scipy import stats

from dlsuite.data import toy2d
from dlsuite.gans import loss_meaning


def test_a_loss_is_averaged_around_each_preview_and_the_missing_share_is_measured():
    real = toy2d.sample("ring", 1000, seed=5)
    rows = [{"step": step, "loss": float(step)} for step in range(10, 1001, 10)]
    samples = {0: real, 300: real + np.array([1.0, 0.0]), 600: real, 5000: real}
    course = loss_meaning.course(rows, samples, "ring", ["loss"])
    assert course.step.tolist() == [300, 600]  # neither what came before training nor what no loss is known of
    np.testing.assert_allclose(course.losses["loss"], [300, 600])
    assert course.missing[0] == 1
    assert course.missing[1] < 0.1


def test_rank_correlation_is_spearmans():
    rng = np.random.default_rng(0)
    missing, loss = rng.integers(0, 15, 40), rng.integers(0, 6, 40)
    course = loss_meaning.Course(np.arange(40), missing, {"loss": loss})
    assert course.rank_correlation("loss") == pytest.approx(stats.spearmanr(missing, loss).statistic)


def test_a_constant_loss_means_nothing():
    falling = np.arange(20)[::-1]
    course = loss_meaning.Course(np.arange(20), falling, {"loss": np.ones(20), "other": falling**2})
    assert np.isnan(course.rank_correlation("loss"))
    assert course.rank_correlation("other") == pytest.approx(1)


def test_what_hardly_changes_has_no_correlation():
    collapsed = np.array([1.0, *[0.75] * 19])
    course = loss_meaning.Course(np.arange(20), collapsed, {"loss": np.arange(20)[::-1]})
    assert np.isnan(course.rank_correlation("loss"))


def test_perfect_samples_of_half_the_modes_miss_half():
    ring = toy2d.mixture("ring")
    assert loss_meaning.missing_share(np.repeat(ring.centres[:4], 5, axis=0), ring) == pytest.approx(0.5)
    assert loss_meaning.missing_share(np.repeat(ring.centres, 5, axis=0), ring) == pytest.approx(0)
    assert loss_meaning.missing_share(ring.centres * 0.5, ring) == 1
