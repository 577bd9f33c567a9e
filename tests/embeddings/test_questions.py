"""What both word models answer."""

import unicodedata

import numpy as np
import pytest
import tensorflow as tf

from dlsuite import serving
from dlsuite.embeddings import questions


@pytest.mark.slow
def test_words_of_the_same_sentences_are_neighbours(trained):
    answer = trained.signatures()["neighbours"][0](tf.constant(["cat", "saw"]))
    others = {"dog", "horse", "cow", "sheep"}, {"hammer", "drill", "file", "pliers"}
    for expected, found in zip(others, answer["neighbours"].numpy(), strict=True):
        assert {word.decode() for word in found[:4]} == expected
    assert answer["known"].numpy().all()
    similarities = answer["similarities"].numpy()
    assert (np.diff(similarities) <= 0).all() and similarities.max() <= 1.00001


def test_the_odd_one_is_of_the_other_kind(trained):
    rows = [["cat", "dog", "saw", "cow"], ["drill", "file", "", "horse"], ["saw", "drill", "zebra", "cow"]]
    answer = trained.signatures()["odd_one_out"][0](tf.constant(rows))
    assert answer["odd"].numpy().tolist() == [b"saw", b"horse", b"cow"]
    assert answer["known"].numpy().tolist() == [[1, 1, 1, 1], [1, 1, 0, 1], [1, 1, 0, 1]]


def test_of_no_words_none_is_the_odd_one(trained):
    answer = trained.signatures()["odd_one_out"][0](tf.zeros([2, 0], tf.string))
    assert answer["odd"].numpy().tolist() == [b"", b""]
    assert answer["similarities"].shape == answer["known"].shape == (2, 0)


def test_the_most_frequent_words_are_as_many_as_there_are(trained):
    most_frequent = trained.signatures()["most_frequent"][0]
    for n, expected in ((0, 0), (3, 3), (10**6, len(trained.vocabulary))):
        answer = most_frequent(tf.constant(n))
        assert [word.decode() for word in answer["words"].numpy()] == trained.vocabulary[:expected]
        assert answer["vectors"].shape == (expected, trained.dimensions)


@pytest.mark.slow
def test_a_negative_number_of_words_is_an_error_when_served(tmp_path, a_model):
    served = serving.load(serving.export(a_model(), tmp_path).parent)
    with pytest.raises(ValueError, match="n: it must be at least 0"):
        served.most_frequent(n=-1)
    assert served.odd_one_out(words=np.zeros([1, 0], str))["odd"].tolist() == [b""]


def test_an_analogy_is_the_sum_of_its_vectors(trained):
    unit = trained.input_vectors.numpy() / np.linalg.norm(trained.input_vectors.numpy(), axis=1, keepdims=True)
    a, b, c = (trained.vocabulary.index(word) for word in ("cat", "eats", "saw"))
    towards = unit[b] - unit[a] + unit[c]
    cosines = unit @ towards / np.linalg.norm(towards)
    order = [place for place in np.argsort(-cosines) if place not in (a, b, c)]
    answer = trained.signatures()["analogy"][0](*(tf.constant([word]) for word in ("cat", "eats", "saw")))
    assert [word.decode() for word in answer["words"].numpy()[0]] == [trained.vocabulary[place] for place in order[:10]]
    np.testing.assert_allclose(answer["similarities"].numpy()[0], cosines[order[:10]], atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("strange", ["", " ", "🙂", "語", "zebra", "CAT", "x" * 10_000])
def test_unknown_words_have_suggestions_and_no_neighbours(trained, strange):
    signatures = trained.signatures()
    answer = signatures["neighbours"][0](tf.constant([strange, "cat"]))
    assert answer["known"].numpy().tolist() == [False, True]
    assert set(answer["neighbours"].numpy()[0]) == {b""} and not answer["similarities"].numpy()[0].any()
    analogy = signatures["analogy"][0](*(tf.constant([word]) for word in ("cat", strange, "dog")))
    assert set(analogy["words"].numpy()[0]) == {b""}
    assert not signatures["vectors"][0](tf.constant([strange]))["vectors"].numpy().any()
    suggestions = signatures["suggest"][0](tf.constant([strange]))["suggestions"].numpy()
    assert suggestions.shape == (1, questions.SUGGESTIONS)
    assert {word.decode() for word in suggestions[0]} <= set(trained.vocabulary)


def test_suggestions_are_those_of_the_smallest_edit_distance(trained):
    answer = trained.signatures()["suggest"][0](tf.constant(["hamer", "shep", "pliars"]))["suggestions"].numpy()
    assert [row[0].decode() for row in answer] == ["hammer", "sheep", "pliers"]


@pytest.mark.slow
def test_words_are_known_however_they_are_typed(lesson):
    words = ["naïve", "việt", "한국", *(f"w{number}" for number in range(30))]
    functions = lesson[1](vocabulary=words, dimensions=4).signatures()
    composed = tf.constant(["naïve", "việt", "한국", "unknown"])
    typed = tf.constant([unicodedata.normalize("NFD", word.decode()) for word in composed.numpy()])
    for name in ("neighbours", "vectors", "suggest"):
        answers = [functions[name][0](each) for each in (typed, composed)]
        for key, value in answers[0].items():
            np.testing.assert_array_equal(value, answers[1][key])
    assert functions["vectors"][0](typed)["known"].numpy().tolist() == [True, True, True, False]
