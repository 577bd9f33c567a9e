"""The batches that training sees are a function of (seed, epoch), and every picture comes at most once an epoch."""

import numpy as np
import pytest
import tensorflow as tf

from dlsuite.data import examples, toy2d


def take(dataset, n):
    return np.stack(list(dataset.take(n).as_numpy_iterator()))


def test_every_row_at_most_once_an_epoch():
    dataset, steps = examples.shuffled(np.arange(50), 8)
    assert steps == 6
    first, second = take(dataset, 12).reshape(2, 48)
    assert len(set(first)) == len(set(second)) == 48
    assert list(first) != list(second)
    assert set(first) | set(second) <= set(range(50))


def test_shuffled_resumes_where_an_epoch_begins():
    whole, steps = examples.shuffled(np.arange(50), 8, seed=5)
    later, _ = examples.shuffled(np.arange(50), 8, seed=5, initial_epoch=1)
    np.testing.assert_array_equal(take(whole, 3 * steps)[steps:], take(later, 2 * steps))
    other, _ = examples.shuffled(np.arange(50), 8, seed=6)
    assert not np.array_equal(take(whole, steps), take(other, steps))


def test_rows_of_several_arrays_stay_together():
    dataset, steps = examples.shuffled((np.arange(50), 100 + np.arange(50)), 8)
    for first, second in dataset.take(steps).as_numpy_iterator():
        np.testing.assert_array_equal(first + 100, second)


def test_every_place_of_the_order_is_as_likely():
    """The first row of 500 epochs: no value of 5 comes far more or less often than another."""
    dataset, _ = examples.shuffled(np.arange(5), 5)
    counts = np.bincount(take(dataset, 500)[:, 0], minlength=5)
    assert counts.min() > 60
    assert counts.max() < 140


def test_digits(without_tfds):
    dataset, steps = examples.batches("mnist", 64, source="bundled", seed=3)
    assert steps == 62
    assert dataset.element_spec == tf.TensorSpec([64, 28, 28, 1], tf.float32)
    images = take(dataset, 2)
    assert (images.min(), images.max()) == (-1, 1)
    stored = {image.tobytes() for image in examples.scale(examples.held_in_memory("mnist", "train", "bundled")).numpy()}
    assert {image.tobytes() for image in images.reshape(-1, 28, 28, 1)} <= stored
    later, _ = examples.batches("mnist", 64, source="bundled", seed=3, initial_epoch=1)
    np.testing.assert_array_equal(take(dataset.skip(62), 2), take(later, 2))


def test_points_of_the_plane(monkeypatch):
    monkeypatch.setattr(toy2d, "STEPS_PER_EPOCH", 4)
    dataset, steps = examples.batches("grid", 16, seed=1)
    assert steps == 4
    later, _ = examples.batches("grid", 16, seed=1, initial_epoch=2)
    np.testing.assert_array_equal(take(dataset, 10)[8:], take(later, 2))


def test_own_points(own_points, monkeypatch):
    monkeypatch.setattr(toy2d, "STEPS_PER_EPOCH", 4)
    dataset, steps = examples.batches(str(own_points), 16, seed=1)
    assert steps == 4
    batches = take(dataset, 8)
    stored = {point.tobytes() for point in examples.held_in_memory(str(own_points), "train")}
    assert {point.tobytes() for point in batches.reshape(-1, 2)} <= stored
    later, _ = examples.batches(str(own_points), 16, seed=1, initial_epoch=1)
    np.testing.assert_array_equal(batches[4:], take(later, 4))
    assert not np.array_equal(batches[:4], batches[4:])


def test_own_points_may_be_fewer_than_a_batch(own_points):
    dataset, _ = examples.batches(str(own_points), 500)
    assert take(dataset, 1).shape == (1, 500, 2)


def test_every_fifth_of_ones_own_is_for_testing(own_pictures):
    train = examples.held_in_memory(str(own_pictures), "train")
    test = examples.held_in_memory(str(own_pictures), "test")
    assert (train.shape, test.shape) == ((160, 32, 32, 1), (40, 32, 32, 1))
    everything = np.empty((200, 32, 32, 1), "uint8")
    everything[np.arange(200) % 5 == 4], everything[np.arange(200) % 5 != 4] = test, train
    np.testing.assert_array_equal(everything, examples.own.images(str(own_pictures)))


def test_held_out_points_differ_from_the_training_ones():
    train, test = examples.held_in_memory("ring", "train"), examples.held_in_memory("ring", "test")
    assert train.shape == test.shape == (10_000, 2)
    assert not np.isin(train, test).all(axis=1).any()


def test_a_batch_larger_than_the_digits(without_tfds):
    with pytest.raises(ValueError, match="batch_size: one step takes 5000 examples, but there are only 4000"):
        examples.batches("mnist", 5000)


@pytest.mark.parametrize(("batch_size", "expected"), [(500, 200), (8, 200)])
def test_own_pictures_may_be_few(own_pictures, batch_size, expected):
    dataset, steps = examples.batches(str(own_pictures), batch_size, seed=2)
    assert steps == expected
    batch = take(dataset, 1)[0]
    assert batch.shape == (batch_size, 32, 32, 1)
    stored = {image.tobytes() for image in examples.scale(examples.held_in_memory(str(own_pictures))).numpy()}
    assert {image.tobytes() for image in batch} <= stored
    later, _ = examples.batches(str(own_pictures), batch_size, seed=2, initial_epoch=1)
    np.testing.assert_array_equal(take(dataset.skip(steps), 1), take(later, 1))


def test_scale():
    np.testing.assert_allclose(examples.scale(np.array([0, 51, 255], "uint8")), [-1, -0.6, 1], atol=1e-6)


def test_to_unit():
    np.testing.assert_allclose(examples.to_unit(np.array([0, 51, 255], "uint8")), [0, 0.2, 1], atol=1e-6)


def test_scaled_to_the_unit_interval(without_tfds, own_pictures):
    """The same pictures in the same order, and other floats."""
    for dataset, source in [("mnist", "bundled"), (str(own_pictures), "auto")]:
        whole, steps = examples.batches(dataset, 16, source=source, seed=3)
        unit, as_many = examples.batches(dataset, 16, source=source, seed=3, scaled=examples.to_unit)
        assert steps == as_many
        assert whole.element_spec == unit.element_spec
        first = take(unit, 2)
        assert (first.min(), first.max()) == (0, 1)
        np.testing.assert_allclose(2 * first - 1, take(whole, 2), atol=1e-6)


def test_labelled_digits_scaled_to_the_unit_interval(without_tfds):
    unit, _ = examples.batches("mnist", 64, source="bundled", labelled=True, scaled=examples.to_unit)
    pictures, labels = next(unit.as_numpy_iterator())
    assert (pictures.min(), pictures.max()) == (0, 1)
    assert labels.dtype == "int32"
