"""How well both word models do on text that was held out."""

import numpy as np
import pytest
import tensorflow as tf

from dlsuite.embeddings import measuring


@pytest.mark.slow
def test_measure_tells_true_words_from_drawn_ones(lesson, trained, story):
    measured = lesson[0].measure(trained, dataset=story)
    assert measured["accuracy"] > 0.55  # half of all drawn words are of the same kind
    assert measured["known_words"] == 1.0 and measured["vocabulary"] == len(trained.vocabulary)
    assert lesson[0].measure(trained, dataset=story) == measured
    blank = lesson[1](vocabulary=trained.vocabulary, dimensions=4)
    untrained = lesson[0].measure(blank, dataset=story)
    assert untrained["accuracy"] == 0.5
    assert untrained["loss_nats"] < 6 * np.log(2)  # noise that is the word itself does not count


@pytest.fixture
def held_out(tmp_path):
    """A function that writes a text of so many paragraphs, of which the tenth is the one held out, and its path."""

    def write(paragraph, paragraphs=10):
        file = tmp_path / "own.txt"
        file.write_text("\n\n".join(["elsewhere " * 100] * (paragraphs - 1) + [paragraph]))
        return str(file)

    return write


@pytest.mark.parametrize("paragraph", ["w1 w2 w1", "w1", "w1 " * 3000], ids=["dropped", "alone", "of one word"])
def test_held_out_text_without_two_words_near_each_other(lesson, held_out, paragraph, a_model):
    with pytest.raises(ValueError, match=r"own.txt': in its held-out part too few different words .* near each other"):
        lesson[0].measure(a_model(), dataset=held_out(paragraph))


def test_a_text_of_which_nothing_is_held_out(lesson, held_out, a_model):
    with pytest.raises(ValueError, match=r"own.txt': it has fewer than 10 paragraphs, so that no tenth one is held"):
        lesson[0].measure(a_model(), dataset=held_out("w1 w2 w3", 9))


def test_a_held_out_text_does_not_go_round(lesson, held_out, monkeypatch, a_model):
    """Of three words each has the two others as its context, once, and not itself."""
    monkeypatch.setitem(measuring.MEASURED, "subsampling", 0.0)
    model, seen = a_model(dimensions=30), []
    for table in (model.input_vectors, model.output_vectors):
        table.assign(np.eye(30))  # so that a vector says whose it is

    def scores(v, u, is_context):
        seen.append(tf.reduce_sum(v * is_context[:, :, None], axis=1) + u[:, 0])  # each context and its centre
        return lesson[1].scores(model, v, u, is_context)

    monkeypatch.setattr(model, "scores", scores)
    lesson[0].measure(model, dataset=held_out("w1 w2 w3"))
    assert [part.numpy().tolist() for part in seen] == [[[0, 1, 1, 1] + [0] * 26] * 3]


def test_a_held_out_text_of_other_words(lesson, tmp_path, a_model):
    (tmp_path / "foreign.txt").write_text("\n\n".join(["слово " * 10] * 100))
    with pytest.raises(ValueError, match="has none of the vocabulary's words"):
        lesson[0].measure(a_model(), dataset=str(tmp_path / "foreign.txt"))
