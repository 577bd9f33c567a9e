"""Both word models: their gradients, their sparse steps, and what is saved of them."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite import serving
from dlsuite.embeddings import skip_gram, word_map


def windows_of(random, batch=8, window=3, negatives=4, words=30):
    """Windows of few words, so that some occur repeatedly, one without any context, and noise that is the centre."""
    context = random.integers(-1, words, (batch, 2 * window))
    context[0] = -1
    centre, noise = random.integers(0, words, batch), random.integers(0, words, (batch, negatives))
    noise[1, 2] = centre[1]
    return [tf.constant(part, tf.int32) for part in (centre, context, noise)]


def written_loss(of_class, v, u, centre, context, noise):
    """The summed loss, pair by pair, as the lessons' equations have it, in double precision."""
    total = 0.0
    for w, around, drawn in zip(centre, context, noise, strict=True):
        around = [c for c in around if c >= 0]
        inputs = (
            [v[c] for c in around] if of_class is skip_gram.SkipGram else [np.sum(v[around], axis=0)] * bool(around)
        )
        for h in inputs:
            total += np.logaddexp(0, -u[w] @ h) + sum(np.logaddexp(0, u[k] @ h) for k in drawn if k != w)
    return total


def dense(model, parts):
    """The gradients of `sparse_gradients` as whole tables."""
    loss, count, context, targets, of_v, of_u = model.sparse_gradients(*parts)
    tables = [np.zeros(model.input_vectors.shape), np.zeros(model.output_vectors.shape)]
    for table, rows, values in zip(tables, (context, targets), (of_v, of_u), strict=True):
        np.add.at(table, rows.numpy(), values.numpy())
    return float(loss), float(count), tables


def test_gradients_are_finite_differences_of_the_written_loss(lesson, a_model):
    model, parts = a_model(), windows_of(np.random.default_rng(0))
    arrays = [part.numpy() for part in parts]
    loss, count, gradients = dense(model, parts)
    tables = [table.numpy().astype("float64") for table in (model.input_vectors, model.output_vectors)]
    assert loss == pytest.approx(written_loss(lesson[1], *tables, *arrays), rel=1e-5)
    pairs = (arrays[1] >= 0).sum() if lesson[1] is skip_gram.SkipGram else (arrays[1] >= 0).any(axis=1).sum()
    assert count == pairs
    for table, gradient in zip(tables, gradients, strict=True):
        for row, column in np.random.default_rng(2).integers(0, [30, 6], (40, 2)):
            sides, middle = [], table[row, column]
            for step in (1e-5, -1e-5):
                table[row, column] = middle + step
                sides.append(written_loss(lesson[1], *tables, *arrays))
            table[row, column] = middle
            assert gradient[row, column] == pytest.approx((sides[0] - sides[1]) / 2e-5, abs=2e-5)


def test_gradients_are_those_of_automatic_differentiation(a_model):
    model, parts = a_model(), windows_of(np.random.default_rng(3), batch=32)
    with tf.GradientTape() as tape:
        loss, *_ = model.sparse_gradients(*parts)
    automatic = tape.gradient(loss, [model.input_vectors.value, model.output_vectors.value])
    for ours, theirs in zip(dense(model, parts)[2], automatic, strict=True):
        np.testing.assert_allclose(ours, tf.convert_to_tensor(theirs), atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_step_moves_the_rows_of_its_words_by_summed_gradients(jit_compile, a_model):
    """Update after update, at a falling rate; no other row moves by a bit."""
    random = np.random.default_rng(4)
    updates = [windows_of(random, words=12) for _ in range(3)]
    stepped, by_hand = a_model(), a_model()
    rate = keras.optimizers.schedules.PolynomialDecay(0.1, 10, 0.01)
    stepped.compile(keras.optimizers.SGD(rate), loss=None)
    before = [table.numpy() for table in (stepped.input_vectors, stepped.output_vectors)]
    step = [tf.stack(parts) for parts in zip(*updates, strict=True)]
    answer = tf.function(lambda: stepped.train_step(step), jit_compile=jit_compile)()
    losses, counts = [], []
    for number, parts in enumerate(updates):
        loss, count, gradients = dense(by_hand, parts)
        losses, counts = [*losses, loss], [*counts, count]
        for table, gradient in zip((by_hand.input_vectors, by_hand.output_vectors), gradients, strict=True):
            table.assign(table - float(rate(number)) * gradient)
    assert float(answer["loss"]) == pytest.approx(sum(losses) / sum(counts), rel=1e-5)
    assert int(stepped.optimizer.iterations) == 3
    for old, table, expected in zip(
        before,
        (stepped.input_vectors, stepped.output_vectors),
        (by_hand.input_vectors, by_hand.output_vectors),
        strict=True,
    ):
        np.testing.assert_allclose(table.numpy(), expected.numpy(), atol=1e-5)
        np.testing.assert_array_equal(table.numpy()[12:], old[12:])
        assert (table.numpy()[:12] != old[:12]).any()


@pytest.mark.slow
def test_all_of_it_survives_saving_loading_and_export(trained, tmp_path):
    trained.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    served = serving.load(serving.export(loaded, tmp_path / "exported").parent)
    assert loaded.vocabulary == trained.vocabulary
    assert int(loaded.optimizer.iterations) == int(trained.optimizer.iterations) > 0
    np.testing.assert_array_equal(loaded.output_vectors.numpy(), trained.output_vectors.numpy())
    given = {"words": ["cat", "saw", "zebra"], "a": ["cat"], "b": ["eats"], "c": ["saw"], "n": 5}
    for name, (function, specs) in trained.signatures().items():
        inputs = {spec.name or "n": given[spec.name or "n"] for spec in specs}
        if name == "odd_one_out":
            inputs = {"words": [["cat", "saw", "drill"]]}
        expected = function(*map(tf.constant, inputs.values()))
        answer = getattr(served, name)(**inputs)
        assert answer.keys() == expected.keys()
        for key, value in expected.items():
            if value.dtype == tf.float32:
                np.testing.assert_allclose(answer[key], value, atol=1e-6)
            else:
                np.testing.assert_array_equal(answer[key], value)


def test_the_text_format_is_word2vecs(trained, tmp_path):
    trained.write_text(tmp_path / "vectors.txt")
    first, *lines = (tmp_path / "vectors.txt").read_text("utf-8").splitlines()
    assert first == f"{len(trained.vocabulary)} {trained.dimensions}"
    parsed = [(line.split(" ")[0], np.array(line.split(" ")[1:], "float32")) for line in lines]  # as gensim does it
    assert [word for word, _ in parsed] == trained.vocabulary
    np.testing.assert_array_equal([vector for _, vector in parsed], trained.input_vectors.numpy())


def test_the_preview_is_a_map_of_words(trained):
    preview = trained.preview()
    assert (preview["picture"].shape, preview["picture"].dtype) == ((word_map.SIDE, word_map.SIDE, 3), np.uint8)
    assert (preview["picture"] < 128).any()
    assert preview["places"].shape == (len(preview["words"]), 2)
    assert set(preview["words"]) <= set(trained.vocabulary)


def test_a_model_of_too_few_words(lesson):
    with pytest.raises(ValueError, match="vocabulary: it has 2 words, and at least 20 are needed"):
        lesson[1](vocabulary=["a", "b"])
