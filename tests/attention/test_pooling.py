"""Attention as pooling: its scores are those of the formulas and of Keras, its kinds what they are called."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from keras import layers

from dlsuite import serving
from dlsuite.attention import pooling, scores, signal_sheet
from dlsuite.data import shapes1d
from dlsuite.pictures import PAPER

D = 6
LENGTH = 11


def vectors(n=LENGTH, seed=0, d=D):
    return np.random.default_rng(seed).normal(size=(2, n, d)).astype("float32")


def attention(kind="self", score="scaled"):
    """A layer whose every weight is random, built for `vectors`."""
    layer, random = pooling.Attention(kind, score), np.random.default_rng(7)
    layer.build((None, None, D))
    layer.set_weights([random.normal(size=weight.shape) for weight in layer.get_weights()])
    return layer


def attend(layer, h, mask=None):
    """Values and weights as NumPy arrays."""
    return [each.numpy() for each in layer(tf.constant(h), key_mask=mask)]


def of_numpy(scores_, values):
    weights = np.exp(scores_) / np.exp(scores_).sum(axis=-1, keepdims=True)
    return weights @ values, weights


every_kind = pytest.mark.parametrize("kind", ["spatial", "context", "self"])
every_score = pytest.mark.parametrize("score", pooling.SCORES)


# Scores.


def test_scores_are_those_of_the_formulas():
    queries, keys, w = vectors(4, 1).astype("float64"), vectors(seed=2).astype("float64"), vectors(seed=3)[0, 0]
    for b in range(2):
        for j in range(4):
            for i in range(LENGTH):
                q, k = queries[b, j], keys[b, i]
                for found, expected in (
                    (scores.dot(queries, keys), q @ k),
                    (scores.scaled(queries, keys), q @ k / np.sqrt(D)),
                    (scores.additive(queries, keys, w.astype("float64")), w @ np.tanh(q + k)),
                ):
                    assert found.shape == (2, 4, LENGTH)
                    assert float(found[b, j, i]) == pytest.approx(expected)


@every_score
def test_the_layer_is_its_formula_in_numpy(score):
    h, layer = vectors(), attention("self", score)
    weight = {each.name: each.numpy() for each in layer.weights}
    queries, keys = (h, h) if score == "dot" else (h @ weight["W"], h @ weight["W_prime"])
    expected = {
        "additive": lambda: np.tanh(queries[:, :, None] + keys[:, None]) @ weight["w"][:, 0],
        "scaled": lambda: queries @ keys.transpose(0, 2, 1) / np.sqrt(D),
    }.get(score, lambda: queries @ keys.transpose(0, 2, 1))()
    for found, wanted in zip(attend(layer, h), of_numpy(expected, h @ weight["V"]), strict=True):
        np.testing.assert_allclose(found, wanted, rtol=2e-4, atol=1e-5)


def test_a_scaled_score_keeps_the_variance_whatever_the_dimension():
    for d in (4, 64, 512):
        queries, keys = vectors(100, 0, d), vectors(100, 1, d)
        assert np.var(scores.scaled(queries, keys)) == pytest.approx(1, rel=0.2)
        assert np.var(scores.dot(queries, keys)) == pytest.approx(d, rel=0.2)


# As Keras has them.

MASK = np.arange(LENGTH) < np.array([[LENGTH], [4]])


@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
def test_scaled_equals_multi_head_attention_of_one_head(mask):
    h, ours = vectors(), attention("self", "scaled")
    theirs = layers.MultiHeadAttention(num_heads=1, key_dim=D, use_bias=False)
    theirs.build(h.shape, h.shape)
    weight = {each.name: each.numpy() for each in ours.weights}
    theirs.set_weights([weight["W"][:, None], weight["W_prime"][:, None], weight["V"][:, None], np.eye(D)[None]])
    options = {} if mask is None else {"attention_mask": mask[:, None, :]}
    y, weights = theirs(h, h, return_attention_scores=True, **options)
    found = attend(ours, h, mask)
    np.testing.assert_allclose(found[0], y, atol=1e-5)
    np.testing.assert_allclose(found[1], weights[:, 0], atol=1e-6)


@pytest.mark.parametrize("score", ["dot", "additive"])
@pytest.mark.parametrize("mask", [None, MASK], ids=["whole", "masked"])
def test_dot_and_additive_equal_those_of_keras(score, mask):
    h, ours = vectors(), attention("self", score)
    weight = {each.name: each.numpy() for each in ours.weights}
    if score == "dot":
        theirs, inputs = layers.Attention(), [h, h @ weight["V"], h]
    else:
        theirs, inputs = layers.AdditiveAttention(), [h @ weight["W"], h @ weight["V"], h @ weight["W_prime"]]
        theirs.build([each.shape for each in inputs])
        theirs.set_weights([weight["w"][:, 0]])
    masks = None if mask is None else [None, mask]
    y, weights = theirs([tf.constant(each) for each in inputs], mask=masks, return_attention_scores=True)
    found = attend(ours, h, mask)
    np.testing.assert_allclose(found[0], y, atol=1e-5)
    np.testing.assert_allclose(found[1], weights, atol=1e-6)


# Weights.


@every_kind
@every_score
def test_weights_sum_to_1_and_are_0_where_the_mask_is(kind, score):
    _, weights = attend(attention(kind, score), vectors(), MASK)
    np.testing.assert_allclose(weights.sum(axis=-1), 1, rtol=1e-5)
    assert (weights[1, :, 4:] == 0).all()
    assert (weights[1, :, :4] > 0).all()


def test_what_is_masked_has_no_say():
    """Neither in the answer nor in the gradient, be it as large as it may."""
    h, layer = vectors()[1:], attention()
    padded = np.concatenate([h[:, :4], np.full((1, 7, D), 1e4, "float32")], axis=1)
    mask = np.arange(LENGTH)[None] < 4
    variable = tf.Variable(padded)
    with tf.GradientTape() as tape:
        y, _ = layer(variable, key_mask=mask)
        first = tf.reduce_sum(y[:, :4])
    np.testing.assert_allclose(y[:, :4], attend(layer, h[:, :4])[0], rtol=1e-5)
    gradient = tape.gradient(first, variable).numpy()
    assert np.isfinite(gradient).all()
    assert (gradient[:, 4:] == 0).all()
    assert np.abs(gradient[:, :4]).max() > 0


def test_softmax_of_large_scores_and_of_nothing():
    np.testing.assert_allclose(
        scores.masked_softmax(tf.constant([[[1e4, 1e4 - 1, -1e4]]]))[0, 0, :2], [0.731, 0.269], atol=1e-3
    )
    nothing = scores.masked_softmax(tf.zeros([1, 2, 3]), np.zeros((1, 3), bool))
    assert (nothing.numpy() == 0).all()


# Kinds.


@every_score
def test_self_attention_is_equivariant_to_permutations(score):
    h, order = vectors(), np.random.default_rng(0).permutation(LENGTH)
    (y, weights), (y_permuted, weights_permuted) = (attend(attention("self", score), each) for each in (h, h[:, order]))
    np.testing.assert_allclose(y_permuted, y[:, order], atol=1e-5)
    np.testing.assert_allclose(weights_permuted, weights[:, order][:, :, order], atol=1e-6)


def test_with_positions_it_is_not():
    h, order, layer = vectors(), np.arange(LENGTH)[::-1], attention()
    y, turned = (attend(layer, pooling.AddPositions()(tf.constant(each)))[0] for each in (h, h[:, order]))
    assert not np.allclose(turned, y[:, order], atol=0.1)


def test_position_encoding_is_that_of_the_paper():
    p = pooling.position_encoding(50, 8).numpy()
    place, pair = np.arange(50)[:, None], np.arange(4)
    angle = place / 10_000 ** (2 * pair / 8)
    np.testing.assert_allclose(p, np.concatenate([np.sin(angle), np.cos(angle)], axis=1), atol=1e-5)
    similarity = p @ p.T  # a function of the distance alone
    np.testing.assert_allclose(np.diag(similarity, 7), similarity[0, 7], atol=1e-4)


def test_spatial_attention_knows_places_and_not_what_is_there():
    layer = attention("spatial")
    weights = [attend(layer, vectors(seed=seed))[1] for seed in (0, 1)]
    np.testing.assert_allclose(weights[0], weights[1], atol=1e-6)
    assert weights[0][0].std(axis=0).max() > 0.01  # they differ from place to place


@every_kind
def test_with_equal_scores_every_kind_is_average_pooling(kind):
    h, layer = vectors(), attention(kind, "projected")
    layer.to_keys.assign(np.zeros((D, D)))
    y, weights = attend(layer, h)
    np.testing.assert_allclose(weights, 1 / LENGTH, rtol=1e-6)
    pooled = layers.GlobalAveragePooling1D()(h @ layer.to_values.numpy())
    np.testing.assert_allclose(y, np.repeat(pooled[:, None], LENGTH, axis=1), atol=1e-5)


@every_score
def test_context_attention_asks_one_question_for_all_places(score):
    h, order = vectors(), np.random.default_rng(0).permutation(LENGTH)
    y, weights = attend(attention("context", score), h)
    for each in (y, weights):
        np.testing.assert_allclose(each, np.repeat(each[:, :1], LENGTH, axis=1), atol=1e-5)
    np.testing.assert_allclose(attend(attention("context", score), h[:, order])[0], y, atol=1e-5)
    assert weights.std() > 0.01


# The network, and what it is for.


@pytest.fixture(scope="module")
def untrained():
    """An untrained network with and one without attention."""
    keras.utils.set_random_seed(3)
    return {name: pooling.Pooling(attention=name, channels=8) for name in ("self", "none")}


def influence(model, at):
    """By how much each place of a random signal moves the answer at place `at`."""
    signal = tf.Variable(np.random.default_rng(0).random((1, 100)).astype("float32"))
    with tf.GradientTape() as tape:
        answer = model(signal)[0, at]
    return np.abs(tape.gradient(answer, signal).numpy()[0])


def test_a_convolution_sees_nineteen_places_and_attention_all(untrained):
    assert pooling.RECEPTIVE_FIELD == 19
    seen = influence(untrained["none"], 50)
    np.testing.assert_array_equal(np.flatnonzero(seen), np.arange(41, 60))
    assert (influence(untrained["self"], 50) > 0).all()


def test_no_convolution_can_tell_two_signals_apart_that_differ_elsewhere(untrained):
    """And their targets there are different: nothing that it could learn answers both."""
    shapes = shapes1d.Shapes(*(np.array([each]) for each in ([10, 40, 60, 90], [3] * 4, [0.2] * 4, [False] * 4)))
    other = shapes._replace(height=np.array([[0.2, 0.2, 0.2, 1.0]]))
    signals = np.concatenate([each.drawn(each.height) for each in (shapes, other)])
    targets = np.concatenate([each.drawn(each.mean_height) for each in (shapes, other)])
    assert targets[:, 10] == pytest.approx([0.2, 0.4])
    answers = untrained["none"](signals).numpy()
    np.testing.assert_array_equal(answers[0, :78], answers[1, :78])
    assert answers[0, 78] != answers[1, 78]  # 9 places from the one that differs first
    assert np.ptp(untrained["self"](signals)[:, 10]) > 0


def test_the_convolution_has_as_many_weights():
    count = {kind: pooling.Pooling(attention=kind, channels=16).count_params() for kind in pooling.KINDS}
    assert count["none"] == count["self"] == count["spatial"] == count["context"] - 16
    assert pooling.Pooling(score="additive", channels=16).count_params() == count["self"] + 16


def test_signals_of_any_length_alone_and_in_a_batch(untrained):
    signals = np.random.default_rng(0).random((3, 37)).astype("float32")
    for model in untrained.values():
        together = model(signals)
        assert together.shape == (3, 37)
        np.testing.assert_allclose(model(signals[1:2])[0], together[1], atol=1e-6)


@pytest.mark.slow
def test_training_learns_and_is_a_function_of_the_seed(monkeypatch):
    monkeypatch.setattr(shapes1d, "STEPS_PER_EPOCH", 50)
    options = {"channels": 8, "epochs": 1, "batch_size": 16, "learning_rate": 0.05, "seed": 1}
    trained, again = (pooling.train(**options) for _ in range(2))
    signals, _ = shapes1d.sample(4)
    np.testing.assert_array_equal(again(signals), trained(signals))
    measured = pooling.measure(trained)
    assert measured["mean_squared_error"] < 0.9 * measured["unchanged_mean_squared_error"]
    assert measured["height_error"] < 0.2


def test_measure_of_the_signal_itself_and_of_the_truth():
    class Answering:
        def __init__(self, answers):
            self.answers = iter(np.split(answers, pooling.HELD_OUT // 100))

        def __call__(self, signals, training):
            return next(self.answers)

    signals, targets = shapes1d.sample(pooling.HELD_OUT, split="validation")
    perfect = pooling.measure(Answering(targets), split="validation")
    assert perfect["mean_squared_error"] == perfect["height_error"] == 0
    unchanged = pooling.measure(Answering(signals), split="validation")
    assert unchanged["mean_squared_error"] == unchanged["unchanged_mean_squared_error"] > 0.005
    shapes = shapes1d.shapes(pooling.HELD_OUT, split="validation")
    off = np.abs(shapes.height - shapes.mean_height).mean()
    assert unchanged["height_error"] == pytest.approx(off, rel=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "positions"), [("self", "sinusoidal"), ("context", "none"), ("spatial", "none"), ("none", "sinusoidal")]
)
def test_saved_loaded_and_exported_it_answers_alike(kind, positions, tmp_path):
    keras.utils.set_random_seed(2)
    model = pooling.Pooling(attention=kind, score="additive", positions=positions, channels=4)
    signals, targets = shapes1d.sample(2)
    model.compile("adam", "mse", run_eagerly=True)
    model.train_on_batch(signals, targets)
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_config() == model.get_config()
    for ours, theirs in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    serving.export(model, tmp_path / "served")
    served = serving.load(tmp_path / "served")
    expected = model.with_weights(signals)
    assert set(expected) == ({"prediction"} if kind == "none" else {"prediction", "weights"})
    for answer in (loaded.with_weights(signals), served.predict(signals=signals), served.serving_default(signals)):
        assert answer.keys() == expected.keys()
        for name in expected:
            np.testing.assert_allclose(answer[name], expected[name], atol=1e-6)
    np.testing.assert_allclose(model(signals), expected["prediction"], atol=1e-6)


@pytest.mark.parametrize("kind", ["self", "none"])
def test_a_preview_shows_signals_and_weights(untrained, kind):
    preview = untrained[kind].preview()
    assert preview["picture"].shape == (600, 400 + (212 if kind == "self" else 0), 3)
    assert preview["prediction"].shape == preview["targets"].shape == (3, 100)
    assert ("weights" in preview) is (kind == "self")


def test_a_heat_map_is_black_where_the_weight_is():
    weights = np.zeros((100, 100))
    weights[30, 70] = 1
    picture = signal_sheet.heat_map(weights)
    assert (picture[60:62, 140:142] == 0).all()
    assert (picture[:60] == PAPER).all()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"dataset": "ring"}, "dataset='ring': it must be one of shapes"),
        ({"attention": "both"}, "attention='both': it must be one of self, context, spatial, none"),
        ({"score": "cosine"}, "score='cosine': it must be one of dot, projected, scaled, additive"),
        ({"positions": "learned"}, "positions='learned': it must be one of none, sinusoidal"),
        ({"channels": 7}, "channels=7: it must be at least 2 and a multiple of 2"),
        ({"channels": 0}, "channels=0: it must be at least 2 and"),
        ({"epochs": 0}, "epochs=0: it must be at least 1"),
        ({"batch_size": 0}, "batch_size=0: it must be at least 1"),
        ({"learning_rate": float("nan")}, "learning_rate=nan: it must be above 0"),
        ({"seed": -1}, "seed=-1: it must be at least 0 and at most 4294967295"),
    ],
    ids=str,
)
def test_bad_arguments_are_named(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        pooling.train(**arguments)


def test_measure_refuses_other_data(untrained):
    with pytest.raises(ValueError, match="dataset='mnist'"):
        pooling.measure(untrained["self"], dataset="mnist")
