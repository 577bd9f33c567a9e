"""MNIST from both sources, and the split that keeps the held-out digits unseen."""

import numpy as np
import pytest

from dlsuite.data import mnist, names, sources


def keys(images):
    return {image.tobytes() for image in images}


def test_the_bundled_split_is_balanced_and_disjoint():
    (train, train_labels), (test, test_labels) = mnist.arrays("train", "bundled"), mnist.arrays("test", "bundled")
    assert (train.shape, train.dtype) == ((4000, 28, 28, 1), np.uint8)
    assert (test.shape, test.dtype) == ((1000, 28, 28, 1), np.uint8)
    assert train_labels.dtype == test_labels.dtype == np.int64
    np.testing.assert_array_equal(np.bincount(train_labels), [400] * 10)
    np.testing.assert_array_equal(np.bincount(test_labels), [100] * 10)
    assert len(keys(train) | keys(test)) == 5000
    assert (train.min(), train.max()) == (0, 255)
    assert np.median(train) == 0  # white on black


def test_the_labels_belong_to_the_digits():
    """The nearest class mean is right for four digits of five, which no other pairing comes near."""
    (train, train_labels), (test, test_labels) = mnist.arrays("train", "bundled"), mnist.arrays("test", "bundled")
    means = np.stack([train[train_labels == digit].mean(axis=0).ravel() for digit in range(10)])
    distance = np.linalg.norm(test.reshape(1000, 1, -1) - means, axis=-1)
    assert np.mean(distance.argmin(axis=1) == test_labels) > 0.75


def test_load_goes_through_the_arrays():
    images, labels = mnist.arrays("test", "bundled")
    dataset = mnist.load("test", "bundled")
    assert int(dataset.cardinality()) == 1000
    for index, (image, label) in enumerate(dataset.take(3).as_numpy_iterator()):
        np.testing.assert_array_equal(image, images[index])
        assert label == labels[index]


@pytest.mark.slow
def test_tfds_leaves_out_what_is_held_out(prepared_tfds):
    train, labels = mnist.arrays("train", "tfds")
    test, test_labels = mnist.arrays("test", "tfds")
    assert (train.shape, train.dtype) == ((59_000, 28, 28, 1), np.uint8)
    assert (test.shape, test.dtype) == ((10_000, 28, 28, 1), np.uint8)
    assert len(labels) == 59_000
    assert len(test_labels) == 10_000
    held_out = keys(mnist.arrays("test", "bundled")[0])
    bundled = keys(mnist.arrays("train", "bundled")[0])
    seen = keys(train)
    assert not seen & held_out
    assert bundled <= seen  # all the others are there
    assert not seen & keys(test)


def test_auto_takes_what_is_there(without_tfds):
    assert sources.resolve("mnist", "auto") == "bundled"
    assert len(mnist.arrays("test")[0]) == 1000


def test_auto_takes_tfds_where_it_is_prepared(prepared_tfds):
    assert sources.resolve("mnist", "auto") == "tfds"
    assert names.resolve("mnist", "auto") == "tfds"
    assert names.resolve("ring", "auto") == "bundled"
    assert sources.resolve("mnist", "bundled") == "bundled"


def test_missing_data_names_the_command_that_fetches_it(without_tfds):
    with pytest.raises(sources.MissingData, match=r"'mnist' is not prepared in .*no_tfds.*`tfds build mnist`"):
        mnist.arrays("train", "tfds")


def test_missing_data_is_not_asked_of_the_network(without_tfds, monkeypatch):
    import tensorflow_datasets

    monkeypatch.setattr(tensorflow_datasets, "load", lambda *_, **__: pytest.fail("tfds.load was called"))
    with pytest.raises(sources.MissingData):
        mnist.arrays("train", "tfds")


def test_damaged_data_is_missing_data(without_tfds):
    folder = without_tfds / "mnist" / "3.0.1"
    folder.mkdir(parents=True)
    (folder / "dataset_info.json").write_text("{")
    with pytest.raises(sources.MissingData, match=r"cannot be read .*tfds build mnist"):
        mnist.arrays("train", "tfds")


def test_wrong_arguments():
    with pytest.raises(ValueError, match=r"split='validation': it must be 'train' or 'test'"):
        mnist.arrays("validation", "bundled")
    with pytest.raises(ValueError, match=r"source='web': it must be one of auto, tfds, bundled"):
        mnist.arrays("train", "web")


def test_the_tfds_directory(monkeypatch, tmp_path):
    monkeypatch.setenv("TFDS_DATA_DIR", str(tmp_path))
    assert sources.tfds_directory() == tmp_path
    monkeypatch.setenv("TFDS_DATA_DIR", "~no-one/x")
    assert not sources.is_prepared("mnist")
    monkeypatch.delenv("TFDS_DATA_DIR")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert sources.tfds_directory() == tmp_path / "tensorflow_datasets"
