"""What the VAE's pathologies measure, and that a real broken training is found out and fixed."""

import numpy as np
import pytest

from dlsuite import catalog, runs
from dlsuite.autoencoders.pathologies import LATENT_DIM, PATHOLOGIES, distance_from_prior
from dlsuite.data import mnist


@pytest.mark.parametrize("name", PATHOLOGIES)
def test_a_cure_changes_one_option_and_nothing_else(name):
    pathology = PATHOLOGIES[name]
    resolve = catalog.lesson("autoencoders.vae").resolve
    sick, cured = (resolve(pathology.arguments(is_cured, seed=3)) for is_cured in (False, True))
    assert [option for option in sick if sick[option] != cured[option]] == list(pathology.cure)
    assert len(pathology.cure) == 1
    assert sick["seed"] == cured["seed"] == 3


@pytest.mark.parametrize("name", PATHOLOGIES)
def test_nothing_is_both_sick_and_healthy(name):
    pathology = PATHOLOGIES[name]
    values = [np.nan, *np.geomspace(1e-6, 100, 400), *range(LATENT_DIM + 1)]
    assert not any(pathology.sick(value) and pathology.healthy(value) for value in values)
    assert any(map(pathology.sick, values))
    assert any(map(pathology.healthy, values))


@pytest.mark.parametrize("name", PATHOLOGIES)
def test_of_a_number_that_is_not_there_nothing_is_said(name):
    assert not PATHOLOGIES[name].sick(np.nan)
    assert not PATHOLOGIES[name].healthy(np.nan)


@pytest.mark.parametrize("spread", [1.0, 1.3, 1.6])
def test_the_distance_from_the_prior_is_in_deviations_of_its_radius(spread):
    radii = np.linalg.norm(np.random.default_rng(0).normal(size=(100_000, LATENT_DIM)), axis=1)
    expected = (spread * np.sqrt(LATENT_DIM) - radii.mean()) / radii.std()
    assert distance_from_prior(spread) == pytest.approx(expected, abs=0.15)


def test_sigma_is_above_all_that_digits_vary_along_any_direction():
    """So far, a linear VAE's optimum has collapsed (Lucas et al., 2019); the page names both numbers."""
    pixels = mnist.arrays("train", "bundled")[0].reshape(-1, 784) / 255
    largest = np.linalg.eigvalsh(np.cov(pixels.T))[-1]
    assert largest == pytest.approx(5.2, abs=0.05)
    assert PATHOLOGIES["posterior_collapse"].options["sigma"] ** 2 == 9 > largest


@pytest.mark.slow
def test_a_collapse_shows_in_a_real_run_and_is_mended(command, tmp_path):
    pathology, measured = PATHOLOGIES["posterior_collapse"], {}
    for is_cured in (False, True):
        run = runs.Run(tmp_path / str(is_cured))
        arguments = pathology.arguments(is_cured) | {"epochs": 8}
        flags = [part for option, value in arguments.items() for part in (f"--{option.replace('_', '-')}", value)]
        command("train", "autoencoders.vae", *flags, "--run-dir", run.path).succeed()
        values = run.arrays(pathology.number)
        measured[is_cured] = float(values[max(values)])
    assert pathology.sick(measured[False])
    assert pathology.healthy(measured[True])
