"""The metrics answer as their definitions say, on sets whose answer is known."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite.data import examples, mnist, toy2d
from dlsuite.gans import assessment, gan


class Stub:
    """A model that answers with given samples, over and over."""

    def __init__(self, samples):
        self.samples, self.data_shape = np.asarray(samples, "float32"), samples.shape[1:]

    def signatures(self):
        def sample(n, seed):
            start = (seed - 1) * n
            return {"samples": tf.constant(np.take(self.samples, range(start, start + n), axis=0, mode="wrap"))}

        return {"sample": (sample, [])}


@pytest.mark.parametrize("name", ["ring", "grid"])
def test_exact_samples_find_every_mode(name):
    """The share within 3 sigma of a Gaussian in the plane is 1 - exp(-9/2) = 0.989."""
    modes, high_quality = assessment.mode_coverage(toy2d.sample(name, 20_000), toy2d.mixture(name))
    assert modes == len(toy2d.mixture(name).centres)
    assert high_quality == pytest.approx(1 - np.exp(-4.5), abs=0.003)


def test_collapsed_samples_find_one_mode():
    ring = toy2d.mixture("ring")
    assert assessment.mode_coverage(np.tile(ring.centres[3], (1000, 1)), ring) == (1, 1.0)


def test_far_samples_find_none():
    assert assessment.mode_coverage(np.zeros((1000, 2)), toy2d.mixture("ring")) == (0, 0.0)


def test_three_sigma_is_the_border():
    ring = toy2d.mixture("ring")
    offsets = np.array([[2.99, 0], [3.01, 0], [0, -2.99], [0, 3.01]]) * ring.sigma
    assert assessment.mode_coverage(ring.centres[0] + offsets, ring)[1] == 0.5


def test_a_stray_sample_finds_no_mode():
    """Found is a mode with a tenth of its fair share of 800 samples: 10."""
    ring = toy2d.mixture("ring")
    for strays, modes in ((9, 1), (10, 2)):
        samples = np.concatenate([np.tile(ring.centres[0], (800 - strays, 1)), np.tile(ring.centres[1], (strays, 1))])
        assert assessment.mode_coverage(samples, ring)[0] == modes


def with_moments(mean, deviation, n=1000):
    """A set whose sample mean and covariance are exactly `mean` and diag(deviation^2)."""
    points = np.random.default_rng(0).normal(size=(n, len(mean)))
    points -= points.mean(axis=0)
    points = points @ np.linalg.inv(np.linalg.cholesky(np.cov(points, rowvar=False))).T
    return mean + points * deviation


def test_frechet_distance_of_diagonal_gaussians():
    """|mu_a - mu_b|^2 + sum (sigma_a - sigma_b)^2."""
    mean_a, mean_b = np.array([1.0, 2.0, 3.0]), np.array([0.0, 2.5, 1.0])
    deviation_a, deviation_b = np.array([1.0, 0.5, 2.0]), np.array([3.0, 0.5, 0.1])
    expected = np.sum((mean_a - mean_b) ** 2) + np.sum((deviation_a - deviation_b) ** 2)
    a, b = with_moments(mean_a, deviation_a), with_moments(mean_b, deviation_b, n=700)
    assert assessment.frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)
    assert assessment.frechet_distance(b, a) == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_does_not_depend_on_the_axes():
    rotation, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    a, b = with_moments(np.zeros(3), np.array([1.0, 2.0, 3.0])), with_moments(np.ones(3), np.array([3.0, 1.0, 1.0]))
    turned = assessment.frechet_distance(a @ rotation, b @ rotation)
    assert turned == pytest.approx(assessment.frechet_distance(a, b), rel=1e-9)


def test_frechet_distance_of_a_set_to_itself():
    a = with_moments(np.ones(4), np.array([1.0, 2.0, 3.0, 0.0]))
    assert assessment.frechet_distance(a, a) == pytest.approx(0, abs=1e-7)


@pytest.mark.slow
def test_sliced_wasserstein_of_a_shift():
    """Moved by v, each projection moves by |v . direction|, whose mean in the plane is 2/pi |v|."""
    a = np.random.default_rng(0).normal(size=(1000, 2))
    distance = assessment.sliced_wasserstein(a, a + np.array([3.0, 4.0]), directions=500)
    assert distance == pytest.approx(5 * 2 / np.pi, rel=0.05)
    assert assessment.sliced_wasserstein(a, a) == 0
    assert assessment.sliced_wasserstein(a, a[::-1]) == 0  # sets have no order
    assert assessment.sliced_wasserstein(a, a + 1) == pytest.approx(assessment.sliced_wasserstein(a + 1, a))


@pytest.mark.slow
def test_sliced_wasserstein_of_sets_of_unlike_size_and_shape():
    a = np.random.default_rng(0).normal(size=(4000, 2, 2, 1))
    assert assessment.sliced_wasserstein(a, a[:2000]) < 0.08
    assert assessment.sliced_wasserstein(a, 2 * a[:2000]) > 0.5


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_nearest_is_what_brute_force_finds(dtype):
    """700 samples are more than are looked up at once."""
    random = np.random.default_rng(0)
    samples, train = (random.normal(size=(n, 4, 3)).astype(dtype) for n in (700, 300))
    every = np.linalg.norm((samples[:, None] - train).reshape(700, 300, 12), axis=-1)
    indices, distances = assessment.nearest(samples, train, k=3)
    np.testing.assert_array_equal(indices, np.argsort(every, axis=1)[:, :3])
    np.testing.assert_allclose(distances, np.sort(every, axis=1)[:, :3], rtol=1e-5)


def test_a_copy_is_found_at_distance_0():
    train = np.random.default_rng(0).uniform(-1, 1, (1000, 28, 28, 1)).astype("float32")
    indices, distances = assessment.nearest(train[::-7], train)
    np.testing.assert_array_equal(indices[:, 0], np.arange(1000)[::-7])
    assert (distances == 0).all()


def test_the_nearest_ratio_tells_copies_from_fresh_draws():
    random = np.random.default_rng(0)
    train, held_out, fresh = (random.normal(size=(n, 10)) for n in (2000, 1000, 1000))
    assert assessment.nearest_ratio(fresh, held_out, train) == pytest.approx(1, abs=0.05)
    assert assessment.nearest_ratio(train[:500], held_out, train) == 0
    assert assessment.nearest_ratio(train[:500] + 0.01, held_out, train) < 0.05
    assert assessment.nearest_ratio(3 * fresh, held_out, train) > 2
    assert np.isnan(assessment.nearest_ratio(fresh, train[:100], train))


def test_measure_of_a_perfect_model_of_the_ring():
    metrics = assessment.measure(Stub(toy2d.sample("ring", 10_000, seed=9)), dataset="ring")
    assert metrics["modes"] == 8
    assert metrics["high_quality"] == pytest.approx(0.989, abs=0.004)
    assert metrics["sliced_wasserstein"] < 3 * metrics["sliced_wasserstein_floor"] < 0.15


def test_measure_of_a_curve_counts_no_modes():
    metrics = assessment.measure(Stub(np.zeros((100, 2))), dataset="spiral")
    assert metrics.keys() == {"high_quality", "sliced_wasserstein", "sliced_wasserstein_floor"}
    assert metrics["sliced_wasserstein"] > 5 * metrics["sliced_wasserstein_floor"]


def test_measure_of_own_points(own_points):
    """The held-out points themselves: not 0 only because quantiles between 40 points and 10,000 are cut otherwise."""
    own = examples.held_in_memory(str(own_points), "test")
    metrics = assessment.measure(Stub(own), dataset=str(own_points))
    assert metrics.keys() == {"sliced_wasserstein", "sliced_wasserstein_floor"}
    assert metrics["sliced_wasserstein"] < 0.1
    far = assessment.measure(Stub(own + np.float32(1)), dataset=str(own_points))
    assert far["sliced_wasserstein"] > 0.5


@pytest.mark.slow
def test_measure_of_digits(without_tfds):
    """Training digits in the samples' place get the floor; only the ones of them come far from it, and miss classes."""
    images, labels = mnist.arrays("train", "bundled")
    images = examples.scale(images).numpy()
    perfect = assessment.measure(Stub(images), source="bundled")
    assert perfect["smallest_class_share"] == pytest.approx(0.1, abs=0.015)
    assert perfect["frechet_distance"] < 1.3 * perfect["frechet_floor"]
    assert perfect["nearest_ratio"] == 0
    collapsed = assessment.measure(Stub(images[labels == 1]), source="bundled")
    assert collapsed["smallest_class_share"] == 0
    assert collapsed["frechet_distance"] > 20 * collapsed["frechet_floor"]


def test_measure_of_own_pictures_of_which_every_one_is_held_more_than_once(own_pictures):
    """They show bars at 12 places only, so that unseen ones are copies too."""
    own = examples.scale(examples.held_in_memory(str(own_pictures), "test")).numpy()
    metrics = assessment.measure(Stub(own), dataset=str(own_pictures))
    assert metrics.keys() == {"sliced_wasserstein", "sliced_wasserstein_floor"}


def test_unseen_digits_are_as_near_to_the_training_digits_as_others():
    train, test = (examples.scale(mnist.arrays(split, "bundled")[0]).numpy() for split in ("train", "test"))
    assert assessment.nearest_ratio(test[::2], test[1::2], train) == pytest.approx(1, abs=0.1)


def test_a_model_of_something_else():
    model = gan.GAN(data_shape=(2,), latent_dim=2)
    with pytest.raises(ValueError, match=r"dataset='mnist': its examples are \(28, 28, 1\), the model's \(2,\)"):
        gan.measure(model, dataset="mnist", source="bundled")


@pytest.mark.slow
def test_measure_is_repeatable():
    keras.utils.set_random_seed(0)
    model = gan.GAN(data_shape=(2,), latent_dim=2)
    assert gan.measure(model, dataset="moons") == gan.measure(model, dataset="moons")


def test_more_neighbours_than_there_are_examples():
    with pytest.raises(ValueError, match="k=3: there are only 2"):
        assessment.nearest(np.zeros((4, 2)), np.zeros((2, 2)), k=3)
