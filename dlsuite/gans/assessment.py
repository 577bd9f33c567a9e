"""How good samples are, measured against data that the model has not seen.

- Where the density is known: how many of its modes are found, and how many samples lie on one.
- On digits: the Fréchet distance between samples and test images in the features of `digit_classifier`, and the
  smallest share that any class has. The distance is not "FID", which is this formula in the features of one
  particular network trained on photographs.
- On pictures: whether samples lie nearer to training examples than unseen real examples do, as copies would.
- On anything: the sliced Wasserstein distance (Rabin et al., 2011).

Every distance between distributions comes with its floor: what real training examples get in the samples' place.
"""

import functools

import numpy as np
import tensorflow as tf

from dlsuite import SAVED_MODELS
from dlsuite.data import examples, names, toy2d
from dlsuite.gans import digit_classifier

SAMPLES = 10_000


def measure(model, *, dataset="mnist", source="auto") -> dict[str, float]:
    """The metrics that fit the dataset, of 10,000 samples: 1,000 from each of the seeds 1 to 10.

    Returns:
        On `ring` and `grid`: `modes` (of 8 or 25) and `high_quality` (share, 0..1); on `spiral` and `moons` only the
        latter. On `mnist`: `frechet_distance`, `frechet_floor` and `smallest_class_share` (0..0.1). On pictures:
        `nearest_ratio` of 1,000 samples, unless the held-out pictures are copies of training pictures. On every
        dataset: `sliced_wasserstein` and `sliced_wasserstein_floor`.

    Raises:
        ValueError: the model makes something else than the dataset holds.
    """
    real = examples.held_in_memory(dataset, "test", source)
    if real.shape[1:] != model.data_shape:
        raise ValueError(f"dataset={dataset!r}: its examples are {real.shape[1:]}, the model's {model.data_shape}")
    sample, _ = model.signatures()["sample"]
    samples = np.concatenate([sample(SAMPLES // 10, seed)["samples"].numpy() for seed in range(1, 11)])
    train = examples.held_in_memory(dataset, "train", source)
    if names.kind(dataset) == "images":
        real, train = examples.scale(real).numpy(), examples.scale(train).numpy()
    some = train[np.random.default_rng(0).permutation(len(train))[:SAMPLES]]

    result = {}
    if dataset in toy2d.MIXTURES:
        modes, result["high_quality"] = mode_coverage(samples, toy2d.mixture(dataset))
        if toy2d.mixture(dataset).has_modes:
            result = {"modes": modes, **result}
    if dataset == "mnist":
        of_test = digit_features(real)
        of_samples = digit_features(samples)
        result["frechet_distance"] = frechet_distance(of_samples["features"], of_test["features"])
        result["frechet_floor"] = frechet_distance(digit_features(some)["features"], of_test["features"])
        classes = np.argmax(of_samples["probabilities"], axis=1)
        result["smallest_class_share"] = float(np.bincount(classes, minlength=10).min() / len(classes))
    if names.kind(dataset) == "images":
        ratio = nearest_ratio(samples[: SAMPLES // 10], real, train)
        if np.isfinite(ratio):
            result["nearest_ratio"] = ratio
    result["sliced_wasserstein"] = sliced_wasserstein(samples, real)
    result["sliced_wasserstein_floor"] = sliced_wasserstein(some, real)
    return result


def mode_coverage(samples, mixture) -> tuple[int, float]:
    """How many components of a mixture are found, and the share of high-quality samples.

    A sample is of high quality within 3 sigma of a centre (98.9 % of the mixture's own samples are); a component is
    found when it holds at least a tenth of its fair share of all samples.

    Args:
        samples: `(n, 2)`.
        mixture: a `toy2d.Mixture`.
    """
    distance = np.linalg.norm(np.asarray(samples)[:, None] - mixture.centres, axis=-1)  # (n, K)
    is_good = distance.min(axis=1) <= 3 * mixture.sigma
    count = np.bincount(distance.argmin(axis=1)[is_good], minlength=len(mixture.centres))
    found = count >= 0.1 * len(samples) / len(mixture.centres)
    return int(found.sum()), float(is_good.mean())


def frechet_distance(a, b) -> float:
    """The Fréchet distance between Gaussians fitted to two sets of features, `(n, d)` and `(m, d)`.

    |mu_a - mu_b|^2 + tr(S_a + S_b - 2 (S_a^(1/2) S_b S_a^(1/2))^(1/2))    (Dowson and Landau, 1982)
    """
    a, b = np.asarray(a, "float64"), np.asarray(b, "float64")
    covariance_a, covariance_b = np.cov(a, rowvar=False), np.cov(b, rowvar=False)
    root = _square_root(covariance_a)
    cross = np.trace(_square_root(root @ covariance_b @ root))
    apart = np.sum((a.mean(axis=0) - b.mean(axis=0)) ** 2)
    return float(apart + np.trace(covariance_a) + np.trace(covariance_b) - 2 * cross)


def sliced_wasserstein(a, b, directions=128) -> float:
    """The Wasserstein-1 distance of two sets' projections, averaged over random directions; in the data's units.

    Args:
        a, b: `(n, ...)` and `(m, ...)`; everything but the first axis is flattened.
    """
    a, b = np.reshape(a, (len(a), -1)), np.reshape(b, (len(b), -1))
    direction = np.random.default_rng(0).normal(size=(a.shape[1], directions))
    direction /= np.linalg.norm(direction, axis=0)
    quantiles = (np.arange(1000) + 0.5) / 1000
    of_a, of_b = np.quantile(a @ direction, quantiles, axis=0), np.quantile(b @ direction, quantiles, axis=0)
    return float(np.mean(np.abs(of_a - of_b)))


def nearest(samples, train, k=1) -> tuple[np.ndarray, np.ndarray]:
    """The `k` training examples that lie nearest to each sample, by the Euclidean distance in the data's units.

    They are chosen by |a - b|^2 / 2 = |a|^2 / 2 - a.b + |b|^2 / 2, a product of matrices for every 256 samples, which
    may take near ties for each other by its rounding. Their distances are then taken from the differences, so that a
    copy's is 0.

    Args:
        samples, train: floats `(n, ...)` and `(m, ...)`; everything but the first axis is flattened.
        k: at most m.

    Returns:
        Their indices, int64 `(n, k)`, and their distances, `(n, k)`, the nearest first.

    Raises:
        ValueError: there are fewer than `k` training examples.
    """
    if k > len(train):
        raise ValueError(f"k={k}: there are only {len(train)} training examples")
    samples, train = np.reshape(samples, (len(samples), -1)), np.reshape(train, (len(train), -1))
    half_squares = np.einsum("md,md->m", train, train) / 2
    indices = np.empty((len(samples), k), "int64")
    for start in range(0, len(samples), 256):
        some = samples[start : start + 256]
        apart = some @ train.T  # (256, m), the largest array of all, so what follows is done in its place
        np.subtract(half_squares, apart, out=apart)
        for rank in range(k):
            indices[start : start + 256, rank] = chosen = apart.argmin(axis=1)
            apart[np.arange(len(some)), chosen] = np.inf
    distances = np.stack([np.linalg.norm(samples - train[column], axis=1) for column in indices.T], axis=1)
    order = np.argsort(distances, axis=1, kind="stable")
    return np.take_along_axis(indices, order, axis=1), np.take_along_axis(distances, order, axis=1)


def nearest_ratio(samples, held_out, train) -> float:
    """How near samples lie to training examples, compared with unseen real examples.

        median over samples of min_x |sample - x|  /  median over held-out examples of min_x |example - x|,   x in train

    About 1: as far from the training examples as new data is. Towards 0: copies of them. Somewhat below 1 need not be
    copying, since samples smoother than the data lie nearer to everything; only the training examples given are
    searched, so let them be all that the model saw.

    Args:
        samples, held_out, train: `(n, ...)` each; of `held_out` 1,000 are taken at random.

    Returns:
        The ratio, 0 or more; NaN where most held-out examples are themselves among the training examples.
    """
    usual = usual_distance(held_out, train)
    return float(np.median(nearest(samples, train)[1]) / usual) if usual else float("nan")


def usual_distance(held_out, train) -> float:
    """The median distance of held-out examples, 1,000 of them at random, to their nearest training example."""
    some = held_out[np.random.default_rng(0).permutation(len(held_out))[:1000]]
    return float(np.median(nearest(some, train)[1]))


def digit_features(images) -> dict[str, np.ndarray]:
    """What the digit classifier that ships sees in images `(n, 28, 28, 1)` in -1..1: `features` `(n, 64)` and
    `probabilities` `(n, 10)`."""
    features, probabilities = [], []
    for start in range(0, len(images), 1000):
        seen = _classifier()(images=tf.constant(images[start : start + 1000], tf.float32))
        features.append(seen["features"].numpy())
        probabilities.append(seen["probabilities"].numpy())
    return {"features": np.concatenate(features), "probabilities": np.concatenate(probabilities)}


@functools.cache
def _classifier():
    return tf.saved_model.load(str(SAVED_MODELS / digit_classifier.NAME / "1")).signatures["serving_default"]


def _square_root(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
