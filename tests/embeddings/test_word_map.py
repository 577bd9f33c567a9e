"""Word vectors as a map, and how often plurals are near."""

import numpy as np

from dlsuite.embeddings import word_map


def test_plurals_are_found_where_they_are_near():
    words = ["car", "cars", "dog", "dogs", "is", "a", "as"]  # as is no plural of a word of three letters
    vectors = np.array([[1, 0], [2, 0.1], [0, 1], [-1, 0.1], [-0.1, 1], [0.2, 1], [-1, 0]])
    assert word_map.plurals_found(words, vectors, among=1) == 0.5
    assert word_map.plurals_found(words, vectors, among=5) == 1.0  # of the six others one is farther
    assert np.isnan(word_map.plurals_found(["car", "dog"], np.eye(2)))


def test_the_plane_is_that_of_the_largest_variance():
    random = np.random.default_rng(0)
    vectors = random.normal(size=(50, 8)) * [9, 5, 1, 1, 1, 1, 1, 1]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    places = word_map.principal_plane(vectors)
    variances = np.linalg.eigvalsh(np.cov(unit.T, ddof=0))[::-1]
    np.testing.assert_allclose(places.var(axis=0), variances[:2])
    assert places.max(axis=0).tolist() == np.abs(places).max(axis=0).tolist()
    assert np.isfinite(word_map.principal_plane(np.zeros((3, 4)))).all()
