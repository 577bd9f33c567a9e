"""Attributes on drawn strokes of known thickness, slant and width; directions in a latent space that is known."""

import numpy as np
import pytest

from dlsuite import serving
from dlsuite.gans import attributes


def stroke(thickness=4, lean=0.0, length=20):
    """An upright bar, leaning by `lean` columns a row; `(1, 28, 28, 1)` in -1..1."""
    image = np.full((28, 28), -1.0)
    for row in range(length):
        start = round(12 + lean * (length / 2 - row))
        image[4 + row, start : start + thickness] = 1
    return image[None, ..., None]


def test_a_thicker_bar_is_thicker():
    values = [attributes.thickness(stroke(thickness))[0] for thickness in (2, 4, 6)]
    assert values == sorted(values)
    np.testing.assert_allclose(values, [2 * w * 20 / (2 * 20 + 2 * w) for w in (2, 4, 6)])


@pytest.mark.parametrize("lean", [-0.5, 0.0, 0.5])
def test_slant_is_columns_a_row(lean):
    np.testing.assert_allclose(attributes.slant(stroke(lean=lean)), lean, atol=0.03)


def test_width_is_the_ratio_of_the_deviations():
    np.testing.assert_allclose(attributes.width(stroke(thickness=4)), np.arange(4).std() / np.arange(20).std())


def test_a_blank_picture_has_finite_attributes():
    for attribute in attributes.ATTRIBUTES.values():
        assert np.isfinite(attribute(np.full((1, 28, 28, 1), -1.0))).all()


def test_the_direction_of_a_coordinate_is_along_it():
    latent = np.random.default_rng(0).normal(size=(4000, 5))
    found = np.subtract(*attributes.extremes(latent, latent[:, 2] * 3 + 1))
    np.testing.assert_allclose(found, [0, 0, 2 * 1.271, 0, 0], atol=0.12)  # E[z | the top quarter] = 1.271


def test_a_trained_generator_has_directions_that_change_one_attribute_most():
    """On fresh samples of the model that ships, each direction moves its own attribute, and the others less."""
    model = serving.load("gans.wgan_gp")
    drawn = model.sample(n=2000, seed=1)
    found = attributes.directions(drawn["latent"], drawn["samples"])
    fresh = model.sample(n=500, seed=2)
    spread = {name: attribute(fresh["samples"]).std() for name, attribute in attributes.ATTRIBUTES.items()}
    for name, along in found.items():
        moved = model.decode(latent=(fresh["latent"] + 0.5 * along).astype("float32"))["samples"]
        change = {
            other: (attribute(moved) - attribute(fresh["samples"])).mean() / spread[other]
            for other, attribute in attributes.ATTRIBUTES.items()
        }
        assert change[name] > 0.3, (name, change)
        assert all(abs(change[other]) < change[name] for other in change if other != name), (name, change)
