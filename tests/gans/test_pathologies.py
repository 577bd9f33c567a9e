"""What the pathologies measure, on made-up runs with a known answer, and that a real broken training is found out."""

import math
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from dlsuite import catalog
from dlsuite.data import toy2d
from dlsuite.gans import maps
from dlsuite.gans.pathologies import PATHOLOGIES, modes, movement, on_the_map, picture, push, reaching_gradient
from dlsuite.pictures import SIDE, lattice

RATES = ("learning_rate", "discriminator_lr_ratio")
DOCS = Path(__file__).resolve().parents[2] / "docs"


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


@pytest.mark.parametrize("generator_loss", ["saturating", "non-saturating"])
def test_samples_are_pushed_along_the_gradient_of_the_generators_loss(generator_loss):
    """Against the gradient that TensorFlow finds of the loss that `gans.gan` minimizes."""
    from dlsuite.gans.gan import GAN

    gan = GAN(data_shape=(2,), latent_dim=2, generator_loss=generator_loss)
    seen = maps.survey(lambda data: gan.signatures()["score"][0](tf.constant(data)), 3.0)
    places = tf.constant(lattice(3.0, 16))
    with tf.GradientTape() as tape:
        tape.watch(places)
        loss = len(places) * gan.generator_objective(gan.critic(places))  # which is a mean
    expected = -tape.gradient(loss, places).numpy().reshape(16, 16, 2)
    np.testing.assert_allclose(push(**seen, generator_loss=generator_loss), expected, rtol=1e-4, atol=1e-7)


def test_an_arrow_of_one_length_is_one_gradient_in_every_picture():
    """What is 1,000 times weaker is drawn shorter, and what is next to nothing not at all."""
    flat = {"real": np.zeros((0, 2)), "samples": np.zeros((0, 2)), "extent": 3.0, "score": np.zeros((80, 80))}
    gradients = {norm: np.full((16, 16, 2), (norm, 0)) for norm in (1e-8, 0.01, 100.0, 1e4)}
    drawn = {norm: picture(flat | {"gradient": each}, "saturating") for norm, each in gradients.items()}
    ink = {norm: int(np.sum(each[:SIDE] < 230)) for norm, each in drawn.items()}
    assert ink[1e-8] == 0 < ink[0.01] < ink[100.0] == ink[1e4]
    legends = [each[SIDE:] for each in drawn.values()]
    assert all(np.array_equal(each, legends[0]) for each in legends)
    assert legends[0].min() < 100
    assert not (legends[0][:, -4:] < 200).any()  # nothing is cut off


def test_the_map_ends_a_quarter_beyond_the_ring():
    assert on_the_map(np.array([(0, 2.4), (2.4, -2.4), (0, 2.6), (-9, 0)])) == 0.5


def test_what_is_recorded_of_vanishing_gradients_is_a_cure_to_be_seen():
    """Not only that gradients arrive: most samples come to lie at modes, and none leaves the map."""
    table = (DOCS / "pathologies.md").read_text("utf-8").splitlines()
    broken, fixed = [each for each in table if PATHOLOGIES["vanishing"].measured in each]
    shares = {}
    for name, line in (("broken", broken), ("fixed", fixed)):
        assert "| 5 of 5 |" in line
        modes, on_map = (part.partition(": ")[2] for part in line.strip("| ").split(" | ")[-1].split("; "))
        shares[name] = [[int(each) for each in part.split(", ")] for part in (modes, on_map)]
    assert max(shares["broken"][0]) < 10
    assert min(shares["fixed"][0]) > 50
    assert min(shares["fixed"][1]) > 95


@pytest.mark.parametrize("name", PATHOLOGIES)
def test_the_recorded_pictures_have_the_legend(name):
    for kind in ("broken", "fixed"):
        recorded = np.asarray(Image.open(DOCS / "pictures" / "pathologies" / f"{name}-{kind}.png"))
        assert recorded.shape == (SIDE + maps.LEGEND, SIDE, 3)


@pytest.mark.parametrize("name", PATHOLOGIES)
def test_a_cure_changes_what_it_says_and_nothing_else(name):
    pathology = PATHOLOGIES[name]
    resolve = catalog.lesson("gans.gan").resolve
    sick, cured = (resolve(pathology.arguments(is_cured, seed=3)) for is_cured in (False, True))
    assert {option for option in sick if sick[option] != cured[option]} == set(pathology.cure)
    assert len(pathology.cure) == 1 or name == "vanishing"
    if name == "vanishing":  # the discriminator itself stays as it was
        assert math.prod(cured[rate] for rate in RATES) == pytest.approx(math.prod(sick[rate] for rate in RATES))
    assert sick["seed"] == cured["seed"] == 3


@pytest.mark.parametrize("name", PATHOLOGIES)
def test_nothing_is_both_sick_and_healthy(name):
    pathology = PATHOLOGIES[name]
    values = [*np.geomspace(1e-6, 100, 400), *range(9)]
    assert not any(pathology.sick(value) and pathology.healthy(value) for value in values)
    assert any(map(pathology.sick, values))
    assert any(map(pathology.healthy, values))
