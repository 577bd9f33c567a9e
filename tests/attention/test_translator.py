"""The translators: what they compute, that padding and batches change nothing, and a step of training."""

import json
import unicodedata

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite.attention import search, translator
from dlsuite.attention.bahdanau import AttentiveDecoder, Bahdanau
from dlsuite.attention.seq2seq import Seq2Seq
from dlsuite.data.subwords import END, PAD, SPECIAL, START, learn

WITH_ATTENTION = pytest.mark.parametrize("model", [Bahdanau], indirect=True)


def teacher_forced(model, source, target):
    start = tf.fill([tf.shape(target)[0], 1], START)
    return model([source, tf.concat([start, target[:, :-1]], axis=1)], training=False)


def test_what_is_read_is_ended_and_padded(model, read, sources):
    rows = read.numpy()
    assert rows.shape == (len(sources), model.max_length)
    for text, row in zip(sources, rows, strict=True):
        (numbers,) = model.source_vocabulary.encode(tf.constant([text])).to_list()
        kept = [*numbers[: model.max_length - 1], END]
        assert row.tolist() == kept + [PAD] * (model.max_length - len(kept))


def test_teacher_forcing_is_one_step_after_another(model, read, target, sources):
    logits, weights = teacher_forced(model, read, target)
    memory, state = model.memory(read)
    last = tf.fill([len(sources)], START)
    for t in range(target.shape[1]):
        log_p, state, looked = model.decoder.step(last, state, memory)
        np.testing.assert_allclose(log_p, tf.nn.log_softmax(logits[:, t]), atol=1e-5)
        np.testing.assert_allclose(looked, weights[:, t], atol=1e-6)
        last = target[:, t]


def test_a_piece_does_not_know_what_follows(model, read, target):
    changed = tf.concat([target[:, :2], 15 - target[:, 2:] % 11], axis=1) % 11
    one, other = (teacher_forced(model, read, each)[0].numpy() for each in (target, changed))
    np.testing.assert_array_equal(one[:, :3], other[:, :3])
    assert not np.allclose(one[:, 3:], other[:, 3:])


def test_log_probability_is_the_sum_over_pieces(model, read, target):
    logits = teacher_forced(model, read, target)[0].numpy().astype("float64")
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    expected = [
        sum(log_p[row, t, piece] for t, piece in enumerate(pieces) if piece != PAD)
        for row, pieces in enumerate(target.numpy())
    ]
    np.testing.assert_allclose(model.log_probability(read, target), expected, atol=1e-4)


def test_probabilities_of_all_sentences_sum_to_one(build):
    """Over every ended one of up to 3 pieces and every beginning of 3, of a small vocabulary without padding."""
    model = build(Bahdanau)
    model.decoder.output_bias.assign(tf.tensor_scatter_nd_update(model.decoder.output_bias, [[PAD]], [-40.0]))
    everything = [[END]] + [[a, END] for a in range(11) if a != END]
    everything += [[a, b, c] for a in range(11) if a != END for b in range(11) if b != END for c in range(11)]
    everything = [row for row in everything if PAD not in row]
    target = tf.ragged.constant(everything, dtype=tf.int32).to_tensor(PAD)
    source = tf.repeat(model.read(tf.constant(["bad"])), len(everything), axis=0)
    total = np.exp(model.log_probability(source, target).numpy()).sum()
    assert total == pytest.approx(1, abs=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("width", [None, 3], ids=["greedy", "beam"])
def test_a_finished_hypothesis_has_its_log_probability(model, read, width):
    pieces, totals, weights = model.greedy(read) if width is None else model.beam(read, width)
    pieces, totals = (tf.reshape(each, [-1, *each.shape[2 - (width is None) :]]) for each in (pieces, totals))
    source = tf.repeat(read, width or 1, axis=0)
    finished = tf.reduce_any(pieces == END, axis=1)
    assert tf.reduce_any(finished)
    is_there = totals > search.NEVER / 2  # of the blank text there is one translation
    expected = model.log_probability(source, pieces)
    np.testing.assert_allclose(totals[is_there], expected[is_there], atol=1e-4)
    assert np.sum(~is_there) == (0 if width is None else width - 1)
    looked = teacher_forced(model, source, pieces)[1]
    np.testing.assert_allclose(tf.reshape(weights, looked.shape), looked, atol=1e-5)


def test_a_beam_of_one_is_greedy(model, read):
    for of_beam, of_greedy in zip(model.beam(read, 1), model.greedy(read), strict=True):
        np.testing.assert_allclose(of_beam[:, 0], of_greedy, atol=1e-4)


def test_a_text_of_unknown_characters_is_not_blank(model):
    assert translator.is_blank(model.read(tf.constant(["", "ж", "a", " "]))).numpy().tolist() == [
        True,
        False,
        False,
        True,
    ]


@pytest.mark.slow
def test_decomposed_letters_are_read_as_composed_ones():
    texts = ["août", "ça déjà où", "Tiếng Việt", "ÅNGSTRÖM", "ő ж"]
    model = Bahdanau(learn(texts[:4] * 2, 60), [*SPECIAL, "▁", *"uvwxyz"], units=5, max_length=9)
    functions = model.signatures()
    for form in ("NFD", "NFKD"):
        typed = tf.constant([unicodedata.normalize(form, text) for text in texts])
        np.testing.assert_array_equal(model.read(typed), model.read(tf.constant(texts)))
        for name, value in functions["translate"][0](typed).items():
            np.testing.assert_array_equal(value, functions["translate"][0](tf.constant(texts))[name])


@pytest.mark.parametrize(
    ("given", "said"), [({"texts": "bad"}, "a list of texts is needed"), ({"texts": ["bad"], "width": 0}, "width=0")]
)
def test_what_cannot_be_translated(model, given, said):
    with pytest.raises(ValueError, match=said):
        model.translate(**given)


def test_a_source_of_padding_alone_has_numbers(model):
    memory, state = model.memory(tf.zeros([1, 4], tf.int32))
    assert all(np.all(np.isfinite(each)) for each in (*model.decoder.attend(state, memory), state))


@pytest.mark.slow
def test_lists_of_any_length_are_translated_in_order(model, monkeypatch, sources):
    monkeypatch.setattr(translator, "IN_PARALLEL", 2)
    expected = [text.decode() for text in model.signatures()["translate"][0](tf.constant(sources))["text"].numpy()]
    assert model.translate(sources) == expected
    candidates = model.signatures()["candidates"][0](tf.constant(sources), tf.constant([""] * 6), tf.constant(3))
    assert model.translate(sources, width=3) == [row[0].decode() for row in candidates["text"].numpy()]


@WITH_ATTENTION
def test_weights_are_a_share_of_the_pieces_and_nothing_of_the_padding(model, read, target):
    weights = teacher_forced(model, read, target)[1].numpy()
    is_padding = np.broadcast_to((read.numpy() == PAD)[:, None], weights.shape)
    assert is_padding.any()
    assert np.all(weights[is_padding] == 0) and np.all(weights[~is_padding] > 0)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)


@WITH_ATTENTION
def test_the_score_is_additive(model, read, sources):
    """e_j = v . tanh(W s + U h_j), the weights its softmax, the context their mean of h_j."""
    states = model.encoder(read).numpy().astype("float64")
    memory, _ = model.memory(read)
    state = np.random.default_rng(5).normal(size=(len(sources), model.units)).astype("float32")
    context, weights = model.decoder.attend(tf.constant(state), memory)
    w, u, v = (each.numpy() for each in (model.decoder.of_state, model.decoder.of_source, model.decoder.score))
    for row, pieces in enumerate(read.numpy()):
        n = int((pieces != PAD).sum())
        energies = np.array([v @ np.tanh(state[row] @ w + states[row, j] @ u) for j in range(n)])
        expected = np.exp(energies) / np.exp(energies).sum()
        np.testing.assert_allclose(weights[row, :n], expected, atol=1e-5)
        np.testing.assert_allclose(context[row], expected @ states[row, :n], atol=1e-5)


@WITH_ATTENTION
def test_the_first_state_comes_from_the_backward_one_of_the_first_piece(model, read):
    states, (_, first) = model.encoder(read).numpy(), model.memory(read)
    np.testing.assert_allclose(first, np.tanh(states[:, 0, model.units :] @ model.decoder.first.numpy()), atol=1e-5)


@pytest.mark.parametrize("model", [Seq2Seq], indirect=True)
def test_a_single_state_is_all_that_is_kept(model, read, target, sources):
    (nothing, kept), _ = model.memory(read)
    states = model.encoder(read).numpy()
    ends = (read.numpy() != PAD).sum(1) - 1
    np.testing.assert_array_equal(kept[:, : model.units], states[np.arange(len(ends)), ends, : model.units])
    np.testing.assert_array_equal(kept[:, model.units :], states[:, 0, model.units :])
    assert nothing.shape == (len(sources), 0)
    assert teacher_forced(model, read, target)[1].shape == (*target.shape, 0)


def smoothed_loss(model, source, target):
    """The mean over pieces of the cross-entropy with (1 - s) on the wanted piece and s / V on each, in NumPy."""
    logits = model([source, target[:, :-1]], training=False)[0].numpy().astype("float64")
    log_p = logits - np.log(np.exp(logits).sum(-1, keepdims=True))
    wanted, total, n = target.numpy()[:, 1:], 0.0, 0
    for row, t in zip(*np.nonzero(wanted != PAD), strict=True):
        labels = np.full(logits.shape[-1], model.label_smoothing / logits.shape[-1])
        labels[wanted[row, t]] += 1 - model.label_smoothing
        total, n = total - labels @ log_p[row, t], n + 1
    return total / n


@pytest.mark.slow
@pytest.mark.parametrize("model_class", [Seq2Seq, Bahdanau])
@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
def test_a_step_descends_the_smoothed_loss(model_class, label_smoothing, target, sources, build):
    model = build(model_class, label_smoothing=label_smoothing)
    source = model.read(tf.constant(sources))
    target = tf.concat([tf.fill([len(sources), 1], START), target], axis=1)
    before, logits = smoothed_loss(model, source, target), model([source, target[:, :-1]])[0].numpy()
    model.label_smoothing = 0.0
    cross_entropy = smoothed_loss(model, source, target)
    model.label_smoothing = label_smoothing
    model.compile(keras.optimizers.SGD(0.01), loss=None)
    told = model.train_step((source, target))
    assert float(told["loss"]) == pytest.approx(before, rel=1e-5)
    wanted = target.numpy()[:, 1:]
    is_piece = wanted != PAD
    assert float(told["accuracy"]) == pytest.approx(np.mean(logits.argmax(-1)[is_piece] == wanted[is_piece]))
    assert float(told["cross_entropy"]) == pytest.approx(cross_entropy, rel=1e-5)
    assert smoothed_loss(model, source, target) < before - 1e-4


@pytest.mark.slow
def test_no_gradient_comes_from_padding(model, read, target, sources):
    """More padding changes neither loss nor gradients, whatever it is multiplied by on its way."""
    target = tf.concat([tf.fill([len(sources), 1], START), target], axis=1)

    def gradients(source, target):
        with tf.GradientTape() as tape:
            logits, _ = model([source, target[:, :-1]], training=True)
            each = tf.nn.sparse_softmax_cross_entropy_with_logits(target[:, 1:], logits)
            loss = tf.reduce_sum(tf.where(target[:, 1:] == PAD, 0.0, each))
        return tape.gradient(loss, model.trainable_variables, unconnected_gradients="zero")

    plain = gradients(read, target)
    wide = gradients(tf.pad(read, [[0, 0], [0, 6]]), tf.pad(target, [[0, 0], [0, 5]]))
    for one, other in zip(map(tf.convert_to_tensor, plain), map(tf.convert_to_tensor, wide), strict=True):
        np.testing.assert_allclose(one, other, atol=1e-4)
    source_rows = tf.convert_to_tensor(plain[0])
    assert model.trainable_variables[0].path.startswith("encoder") and not np.any(source_rows[PAD])


def test_dropout_is_on_in_training_only(build):
    model = build(Bahdanau, dropout=0.5)
    inputs = [model.read(tf.constant(["bad"])), tf.constant([[START, 5, 6]])]
    plain = model(inputs)[0]
    np.testing.assert_array_equal(model(inputs)[0], plain)
    assert not np.allclose(model(inputs, training=True)[0], model(inputs, training=True)[0])
    first, second = (build(Bahdanau, dropout=0.5, seed=3)(inputs, training=True)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)


@pytest.mark.slow
def test_settings_and_pieces_are_in_the_config(model):
    config = model.get_config()
    again = type(model).from_config(json.loads(json.dumps(config)))
    assert again.get_config() == config
    assert config["source_pieces"] == model.source_vocabulary.pieces
    assert (again.units, again.max_length, again.label_smoothing) == (model.units, model.max_length, 0.1)
    assert [weight.shape for weight in again.weights] == [weight.shape for weight in model.weights]
    assert isinstance(again.decoder, AttentiveDecoder) is isinstance(model, Bahdanau)


@pytest.mark.parametrize(
    ("argument", "value"),
    [("units", 0), ("max_length", -1), ("dropout", 1.0), ("dropout", -0.1), ("label_smoothing", 1.5)],
)
def test_a_model_names_a_wrong_argument(argument, value):
    with pytest.raises(ValueError, match=f"{argument}={value}: it must be"):
        Bahdanau([*SPECIAL, "a"], [*SPECIAL, "b"], **{argument: value})
