"""What translators answer when they are served."""

import numpy as np
import pytest
import tensorflow as tf

from dlsuite import serving
from dlsuite.attention import search


@pytest.fixture(scope="module")
def functions(model):
    """The signatures as they are exported."""
    return {
        name: tf.function(function, input_signature=specs) for name, (function, specs) in model.signatures().items()
    }


@pytest.mark.slow
def test_no_texts_are_no_translations(model, functions):
    nothing = tf.constant([], tf.string)
    given = {"translate": [nothing], "candidates": [nothing, nothing, tf.constant(2)], "score": [nothing, nothing]}
    for name, inputs in given.items():
        answer = functions[name](*inputs)
        assert {len(values) for values in answer.values()} == {0}, name
    assert model.translate([]) == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "blank", ["", " \u00a0", "\t\n\u3000", "▁", "\u200b", "\u200e \u2060\u00ad", "\u3164", "\u2800"]
)
def test_a_blank_text_becomes_an_empty_one(model, functions, blank):
    texts = tf.constant([blank, "bad", ""])
    for answer in (functions["translate"](texts), functions["translate"](texts[:1])):
        assert (answer["text"][0], answer["target"][0, 0]) == (b"", b"<end>")
        assert not any(answer["target"][0, 1:].numpy())
        assert answer["attention"].shape[:2] == answer["target"].shape
        assert np.isfinite(answer["log_probability"]).all()
    score = functions["score"](texts[:1], tf.constant([""]))["log_probability"]
    np.testing.assert_allclose(answer["log_probability"], score, atol=1e-4)  # it is not made up
    beam = functions["candidates"](texts, tf.constant(["", "", "z"]), tf.constant(3))
    assert set(beam["text"][0].numpy()) == {b""} and all(text.startswith(b"z") for text in beam["text"][2].numpy())
    is_there = (beam["log_probability"] > search.NEVER / 2).numpy()
    assert is_there.sum(axis=1).tolist() == [1, 3, 3]
    assert np.isfinite(beam["attention"]).all()
    for width in (1, 3):
        translated = model.translate([blank, "bad"], width)
        assert translated[0] == "" and translated[1] == model.translate(["bad"], width)[0]


@pytest.mark.slow
def test_a_translation_is_the_same_alone_and_in_any_batch(model, sources):
    functions = model.signatures()
    together = functions["translate"][0](tf.constant(sources))
    wider = functions["translate"][0](tf.constant([*sources[::-1], "fed bad cafe deaf"]))
    for row, text in enumerate(sources):
        alone = functions["translate"][0](tf.constant([text]))
        columns, rows = len(alone["source"][0]), int(tf.reduce_sum(tf.cast(alone["target"] != b"", tf.int32)))
        for batch, place in ((together, row), (wider, len(sources) - 1 - row)):
            assert batch["text"][place] == alone["text"][0]
            np.testing.assert_allclose(batch["log_probability"][place], alone["log_probability"][0], atol=1e-4)
            attention = batch["attention"][place].numpy()
            np.testing.assert_allclose(attention[:rows, :columns], alone["attention"][0, :rows], atol=1e-5)
            assert not attention[:, columns:].any()


def test_candidates_begin_with_their_prefix(model, sources):
    candidates, _ = model.signatures()["candidates"]
    prefixes = ["uv", "", "z", "wж", "", "x y"]
    answer = candidates(tf.constant(sources), tf.constant(prefixes), tf.constant(2))
    assert answer["text"].shape == (6, 2)
    for prefix, row in zip(prefixes, answer["text"].numpy(), strict=True):
        assert all(text.decode().startswith(prefix.replace("ж", "⁇")) for text in row)
    assert np.all(np.isfinite(answer["log_probability"])) and np.all(answer["log_probability"] > -1e3)
    free = candidates(tf.constant(sources), tf.constant([""] * 6), tf.constant(2))
    np.testing.assert_array_equal(free["target"][1], [row[: free["target"].shape[2]] for row in answer["target"][1]])


@pytest.mark.slow
def test_a_score_is_that_of_the_translation(model):
    """Where the model wrote what its own vocabulary would read."""
    functions = model.signatures()
    answer = functions["candidates"][0](tf.constant(["bad"]), tf.constant(["uvw"]), tf.constant(50))
    compared = 0
    for text, target, log_p in zip(
        answer["text"][0].numpy(), answer["target"][0].numpy(), answer["log_probability"][0].numpy(), strict=True
    ):
        written = [piece.decode() for piece in target if piece]
        (numbers,) = model.target_vocabulary.encode(tf.constant([text])).to_list()
        if written == [*(model.target_vocabulary.pieces[number] for number in numbers), "<end>"]:
            score = functions["score"][0](tf.constant(["bad"]), tf.constant([text]))["log_probability"]
            np.testing.assert_allclose(score, [log_p], atol=1e-4)
            compared += 1
    assert compared


@pytest.mark.slow
def test_an_exported_model_answers_text_with_text(model, tmp_path, sources):
    serving.export(model, tmp_path / "model")
    served = serving.load(tmp_path / "model")
    assert set(served.signatures) >= {"serving_default", "translate", "candidates", "score"}
    functions = model.signatures()
    calls = {
        "translate": {"text": sources},
        "candidates": {"text": sources, "prefix": ["u", "", "vж", "z " * 30, "🙂", "x"], "width": 3},
        "score": {"text": sources, "translation": ["u v", "", "жж", "xyz", "w" * 60, "z"]},
    }
    for name, inputs in calls.items():
        answer, expected = getattr(served, name)(**inputs), functions[name][0](*map(tf.constant, inputs.values()))
        assert answer.keys() == expected.keys()
        for key, value in answer.items():
            if value.dtype == object:
                np.testing.assert_array_equal(value, expected[key])
            else:
                np.testing.assert_allclose(value, expected[key], rtol=1e-5, atol=1e-4)
