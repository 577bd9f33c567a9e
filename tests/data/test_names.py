"""What is known of a dataset by its name alone is what its data say."""

import pytest

from dlsuite.data import examples, mnist, names, photographs, text_pairs, toy2d


def test_held_out_digits_are_as_many_as_is_said(prepared_tfds):
    assert names.held_out("mnist") == {
        source: said.format(f"{len(mnist.arrays('test', source)[0]):,}")
        for source, said in {"bundled": "the {} bundled held-out digits", "tfds": "MNIST's {} test digits"}.items()
    }


@pytest.mark.slow
def test_digits_to_train_on_are_as_many_as_is_said(prepared_tfds):
    for source in ("bundled", "tfds"):
        assert names.count("mnist", source) == len(mnist.arrays("train", source)[0])


@pytest.mark.parametrize("dataset", [name for name in names.NAMED if names.kind(name) == "points"])
def test_points_are_endless_and_those_held_out_are_fresh(dataset):
    assert names.count(dataset, "bundled") is None
    assert names.held_out(dataset) == {"bundled": "10,000 new points"}
    assert toy2d.sample(dataset, 10_000, seed=0).shape == (10_000, 2)


def test_photographs_have_one_source_and_four_are_held_out():
    assert names.held_out("photographs") == {"bundled": "the four held-out photographs"}
    assert len(photographs.FILES["test"]) == 4
    assert names.count("photographs", "bundled") is None


def test_of_the_users_own_every_fifth_is_held_out(own_pictures):
    assert names.held_out(str(own_pictures)) == {"bundled": "every fifth of your own examples"}
    assert names.count(str(own_pictures), "bundled") is None
    assert len(examples.held_in_memory(str(own_pictures), "test")) == 200 / 5


@pytest.mark.parametrize("dataset", [*names.NAMED, "./pictures"])
def test_every_source_that_is_asked_for_is_one_that_has_held_out_data(dataset, without_tfds):
    expected = "tfds" if dataset == "imdb_reviews" else "bundled"
    assert names.resolve(dataset, "auto") == expected
    assert expected in names.held_out(dataset)


def test_a_dataset_of_another_kind_is_told_of_all_that_would_do():
    names.require_kind("ring", "images", "points")
    with pytest.raises(ValueError, match="'ring': it has points, but this needs images: mnist, photographs, or a path"):
        names.require_kind("ring", "images")
    with pytest.raises(ValueError, match=r"it has images, but this needs text or signals: docstrings, .* or a path to"):
        names.require_kind("mnist", "text", "signals")
    with pytest.raises(ValueError, match=r"but this needs signals: shapes$"):
        names.require_kind("mnist", "signals")


def test_a_source_that_does_not_have_a_dataset(own_pictures):
    for dataset in ("docstrings", str(own_pictures)):
        with pytest.raises(ValueError, match="does not come from TensorFlow Datasets, only mnist and imdb_reviews do"):
            names.resolve(dataset, "tfds")
    with pytest.raises(ValueError, match="source='web': it must be one of auto, tfds, bundled"):
        names.resolve("ring", "web")


def test_a_lesson_without_the_option_learns_from_digits():
    assert names.dataset_of({}) == "mnist"
    assert names.dataset_of({"dataset": "ring"}) == "ring"


@pytest.mark.parametrize("dataset", ["x" * 10_000, "./" + "x" * 10_000, "./" + "x" * 10_000 + ".txt"])
def test_a_name_that_is_too_long_for_any_file(dataset):
    for asked in (names.kind, text_pairs.pairs, text_pairs.languages):
        with pytest.raises(ValueError, match=r"': there is no such f"):
            asked(dataset)
