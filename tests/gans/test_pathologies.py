"""What the pathologies measure, on made-up runs with a known answer, and that a real broken training is found out."""

import numpy as np
import pytest

from dlsuite import catalog, runs
from dlsuite.data import toy2d
from dlsuite.gans.pathologies import PATHOLOGIES, modes, movement, reaching_gradient


def test_movement_is_the_way_there_and_back_in_the_middle_half():
    still, away = np.zeros((10, 2)), np.full((10, 2), (3, 4))
    circling = {step: away if step % 10 else still for step in range(0, 101, 5)}
    assert movement([], circling, total=100) == pytest.approx((10 * 5 - 0) / 10)
    calm = {step: still for step in range(25, 80, 5)} | {0: still + 9, 20: away, 80: away, 100: still - 9}
    assert movement([], calm, total=100) == 0


def test_what_moves_on_and_does_not_return_counts_for_nothing():
    line = {step: np.full((10, 2), (step, -step)) for step in range(0, 101, 5)}
    assert movement([], line, total=100) == pytest.approx(0, abs=1e-9)


def test_movement_is_the_same_with_more_pictures_in_between():
    rng = np.random.default_rng(0)
    samples = {step: rng.normal(size=(10, 2)) for step in range(0, 101, 5)}
    more = samples | {step + 2: rng.normal(size=(10, 2)) for step in samples}
    assert movement([], more, total=100) == movement([], samples, total=100)


def test_movement_is_unknown_before_two_pictures_of_the_middle():
    assert np.isnan(movement([], {0: np.zeros((2, 2)), 30: np.ones((2, 2))}, total=100))
    assert np.isnan(movement([], {}, total=100))


def test_the_reaching_gradient_is_the_median_of_the_second_half():
    rows = [{"step": step, "generator_gradient": value} for step, value in [(10, 100), (60, 1), (80, 2), (100, 9)]]
    assert reaching_gradient(rows, {}, total=100) == 2
    assert np.isnan(reaching_gradient(rows[:1], {}, total=100))


def test_modes_are_those_of_the_last_preview():
    centres = toy2d.mixture("ring").centres
    assert modes([], {1: np.repeat(centres, 10, axis=0), 2: np.repeat(centres[:3], 10, axis=0)}, total=2) == 3
    assert np.isnan(modes([], {}, total=2))


@pytest.mark.parametrize("name", PATHOLOGIES)
def test_a_cure_changes_one_option_and_nothing_else(name):
    pathology = PATHOLOGIES[name]
    resolve = catalog.lesson("gans.gan").resolve
    sick, cured = (resolve(pathology.arguments(is_cured, seed=3)) for is_cured in (False, True))
    assert [option for option in sick if sick[option] != cured[option]] == list(pathology.cure)
    assert len(pathology.cure) == 1
    assert sick["seed"] == cured["seed"] == 3


@pytest.mark.parametrize("name", PATHOLOGIES)
def test_nothing_is_both_sick_and_healthy(name):
    pathology = PATHOLOGIES[name]
    values = [*np.geomspace(1e-6, 100, 400), *range(9)]
    assert not any(pathology.sick(value) and pathology.healthy(value) for value in values)
    assert any(map(pathology.sick, values))
    assert any(map(pathology.healthy, values))


def test_vanishing_gradients_show_in_a_real_run(start, tmp_path):
    pathology, measured = PATHOLOGIES["vanishing"], {}
    for is_cured in (False, True):
        run = runs.Run(tmp_path / str(is_cured))
        arguments = pathology.arguments(is_cured) | {"epochs": 1}
        flags = [part for option, value in arguments.items() for part in (f"--{option.replace('_', '-')}", value)]
        start("train", "gans.gan", *flags, "--run-dir", run.path).succeed()
        measured[is_cured] = pathology.measure(run.steps(), run.arrays("samples"), 1000)
    assert pathology.sick(measured[False])
    assert pathology.healthy(measured[True])
