"""What both word models are trained on, and what is no such thing."""

import pytest

from dlsuite.data import text


@pytest.mark.slow
def test_the_vocabulary_of_a_trained_model_is_that_of_its_text(trained, story):
    documents = text.documents(story, "train")
    assert trained.vocabulary == text.vocabulary_of(documents, 5, 3500)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 0},
        {"batch_size": 0},
        {"learning_rate": 0.0},
        {"dimensions": 1},
        {"window": 0},
        {"negatives": 0},
        {"subsampling": -1.0},
        {"min_count": 0},
        {"vocabulary_size": 5},
        {"seed": -1},
    ],
    ids=str,
)
def test_an_argument_out_of_range_is_named(lesson, story, wrong):
    ((name, value),) = wrong.items()
    with pytest.raises(ValueError, match=f"{name}={value}"):
        lesson[0].train(dataset=story, **wrong)


def test_what_is_no_text_or_has_too_few_words(lesson, story):
    with pytest.raises(
        ValueError, match="dataset='mnist': it has images, but this needs text: docstrings, imdb_reviews, or"
    ):
        lesson[0].train(dataset="mnist")
    with pytest.raises(ValueError, match=r"min_count=5000: only 0 words occur that often"):
        lesson[0].train(dataset=story, min_count=5000)
