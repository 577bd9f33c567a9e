"""Translators that are trained: what they learn, what is saved and shown of them, wrong arguments."""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite.attention import bahdanau, seq2seq, training


@pytest.fixture(scope="module")
def reversal(tmp_path_factory):
    """Strings of four letters, reversed: a table of pairs."""
    random = np.random.default_rng(0)
    texts = sorted({"".join(random.choice(list("abcd"), 4)) for _ in range(2000)})
    table = tmp_path_factory.mktemp("reversal") / "reversal.tsv"
    table.write_text("".join(f"{text}\t{text[::-1]}\n" for text in texts))
    return str(table)


@pytest.fixture(scope="module")
def trained(reversal):
    return bahdanau.train(
        dataset=reversal, vocabulary_size=0, train_size=0, epochs=25, batch_size=32, learning_rate=0.02, units=24,
        dropout=0.0, label_smoothing=0.0, max_length=8, seed=0,
    )  # fmt: skip


@pytest.mark.slow
def test_reversing_attends_from_the_end_to_the_beginning(trained):
    texts = ["abcd", "dcba", "bdca", "cabd", "dbac", "adcb"]
    assert trained.translate(texts) == [text[::-1] for text in texts]
    attention = trained.signatures()["translate"][0](tf.constant(texts))["attention"].numpy()
    assert attention.shape == (6, 6, 6)  # ▁, four letters, the end
    looked = attention[:, 1:5].argmax(-1)
    np.testing.assert_array_equal(looked, [[4, 3, 2, 1]] * 6)


def test_what_is_shown_of_own_pairs(trained):
    preview = trained.preview()
    assert preview["picture"].dtype == np.uint8 and preview["picture"].shape[2] == 3
    assert [source[::-1] for source in preview["sources"]] == preview["references"].tolist()
    assert len(preview["translations"]) == training.SHOWN


@pytest.mark.slow
def test_a_saved_and_loaded_model_is_the_same(trained, tmp_path):
    trained.save(tmp_path / "model.keras")
    again = keras.saving.load_model(tmp_path / "model.keras")
    assert json.loads(json.dumps(again.get_config())) == trained.get_config() == again.get_config()
    for one, other in zip(trained.weights, again.weights, strict=True):
        np.testing.assert_array_equal(one, other)
    assert len(trained.optimizer.variables) == len(again.optimizer.variables) > 2 * len(trained.trainable_variables)
    for one, other in zip(trained.optimizer.variables, again.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one, other)
    assert again.translate(["abcd", "ж"]) == trained.translate(["abcd", "ж"])


def test_both_translators_have_the_same_settings():
    """Or else they could not be compared."""
    assert seq2seq.DEFAULTS == bahdanau.DEFAULTS


@pytest.mark.parametrize("lesson", [seq2seq, bahdanau], ids=["seq2seq", "bahdanau"])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"epochs": 0}, "epochs=0: it must be at least 1"),
        ({"batch_size": 0}, "batch_size=0: it must be at least 1"),
        ({"learning_rate": 0.0}, "learning_rate=0.0: it must be above 0"),
        ({"vocabulary_size": -1}, "vocabulary_size=-1: it must be at least 0"),
        ({"train_size": -5}, "train_size=-5: it must be at least 0"),
        ({"seed": -1}, "seed=-1: it must be at least 0 and at most 4294967295"),
        ({"units": 0, "train_size": 64}, "units=0: it must be at least 1"),
        ({"dropout": 2.0, "train_size": 64}, "dropout=2.0: it must be at least 0 and below 1"),
        ({"train_size": 10}, "batch_size=64: there are 10 pairs to train on"),
        ({"dataset": "mnist"}, "dataset='mnist': it has images, but this needs pairs: dates"),
        ({"dataset": "rings"}, "dataset='rings': it must be one of"),
    ],
)
def test_training_names_a_wrong_argument(lesson, arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        lesson.train(**arguments)


def test_a_language_that_there_is_not(tmp_path):
    (tmp_path / "pairs.tsv").write_text("de\ten\n" + "".join(f"Satz {n}\tsentence {n}\n" for n in range(99)))
    with pytest.raises(ValueError, match=r"source_language='fr': .* is in de, en, not in fr"):
        bahdanau.train(dataset=str(tmp_path / "pairs.tsv"), source_language="fr")
