"""What is known of a dataset by its name alone is what its data say."""

import pytest

from dlsuite.data import examples, mnist, names, photographs, text_pairs, toy2d


def test_held_out_digits_are_as_many_as_is_said(prepared_tfds):
    assert names.held_out("mnist") == {
        source: said.format(f"{len(mnist.arrays('test', source)[0]):,}")
        for source, said in {"bundled": "the {} bundled held-out digits", "tfds": "MNIST's {} test digits"}.items()
    }


def test_digits_to_train_on_are_as_many_as_is_said(prepared_tfds):
    for source in ("bundled", "tfds"):
        assert names.count("mnist", source) == len(mnist.arrays("train", source)[0])


@pytest.mark.parametrize("dataset", [name for name, kind in names.NAMED.items() if kind == "points"])
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


@pytest.mark.parametrize("dataset", ["x" * 10_000, "./" + "x" * 10_000, "./" + "x" * 10_000 + ".txt"])
def test_a_name_that_is_too_long_for_any_file(dataset):
    for asked in (names.kind, text_pairs.pairs, text_pairs.languages):
        with pytest.raises(ValueError, match=r"': there is no such f"):
            asked(dataset)
