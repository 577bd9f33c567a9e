"""The translators: what they compute, that padding and batches change nothing, training, and saving."""

import json
import unicodedata

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite import serving
from dlsuite.attention import bahdanau, bleu, search, seq2seq, training, translator
from dlsuite.attention.bahdanau import AttentiveDecoder, Bahdanau
from dlsuite.attention.seq2seq import Seq2Seq
from dlsuite.data.subwords import END, PAD, SPECIAL, START, learn

UNITS, LONGEST = 5, 9
SOURCES = ["a cab", "bad dad fed", "", "cafe 👍", "deaf " * 40, "ж"]
WITH_ATTENTION = pytest.mark.parametrize("model", [Bahdanau], indirect=True)


def build(model_class, **settings):
    """An untrained translator with weights so large that every input matters."""
    pieces = learn(["abcdef deaf cafe fed bad"] * 2, 14)
    settings = {"units": UNITS, "dropout": 0.0, "label_smoothing": 0.1, "max_length": LONGEST} | settings
    model = model_class(pieces, [*SPECIAL, "▁", *"uvwxyz"], **settings)
    random = np.random.default_rng(4)
    for weight in model.trainable_weights:
        weight.assign(random.normal(size=weight.shape, scale=0.8))
    model.decoder.output_bias.assign(tf.tensor_scatter_nd_add(model.decoder.output_bias, [[END]], [2.0]))  # some end
    return model


@pytest.fixture(scope="module", params=[Seq2Seq, Bahdanau], ids=["seq2seq", "bahdanau"])
def model(request):
    return build(request.param)


@pytest.fixture(scope="module")
def read(model):
    return model.read(tf.constant(SOURCES))


@pytest.fixture(scope="module")
def target():
    """Pieces, ended and padded, of as many rows as there are sources."""
    rows = [[4, 5, 6, END], [END], [10, 9, 8, 7, 6, END], [4, 4, END], [5, END], [6, 7, END]]
    return tf.ragged.constant(rows, dtype=tf.int32).to_tensor(PAD)


def teacher_forced(model, source, target):
    start = tf.fill([tf.shape(target)[0], 1], START)
    return model([source, tf.concat([start, target[:, :-1]], axis=1)], training=False)


def test_what_is_read_is_ended_and_padded(model, read):
    rows = read.numpy()
    assert rows.shape == (len(SOURCES), LONGEST)
    for text, row in zip(SOURCES, rows, strict=True):
        (numbers,) = model.source_vocabulary.encode(tf.constant([text])).to_list()
        kept = [*numbers[: LONGEST - 1], END]
        assert row.tolist() == kept + [PAD] * (LONGEST - len(kept))


def test_teacher_forcing_is_one_step_after_another(model, read, target):
    logits, weights = teacher_forced(model, read, target)
    memory, state = model.memory(read)
    last = tf.fill([len(SOURCES)], START)
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


def test_probabilities_of_all_sentences_sum_to_one():
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


def test_compiled_it_finds_the_same(model, read):
    """Of all at once, and of each alone, which is padded further and compiled by XLA."""
    together = [each.numpy() for each in model.greedy(read)]
    for one, other in zip(model.fast_greedy(read), together, strict=True):
        np.testing.assert_allclose(one, other, atol=1e-5)
    for row, text in enumerate(SOURCES):
        alone = model.read(tf.constant([text]))
        pieces, total, weights = (each.numpy() for each in model.fast_greedy(alone))
        written, length = pieces.shape[1], weights.shape[2]
        assert written == (together[0][row] != PAD).sum() and length in (0, alone.shape[1])
        np.testing.assert_array_equal(pieces[0], together[0][row, :written])
        assert total[0] == pytest.approx(together[1][row], abs=1e-4)
        np.testing.assert_allclose(weights[0], together[2][row, :written, :length], atol=1e-5)


@pytest.fixture(scope="module")
def functions(model):
    """The signatures as they are exported."""
    return {
        name: tf.function(function, input_signature=specs) for name, (function, specs) in model.signatures().items()
    }


def test_no_texts_are_no_translations(model, functions):
    nothing = tf.constant([], tf.string)
    given = {"translate": [nothing], "candidates": [nothing, nothing, tf.constant(2)], "score": [nothing, nothing]}
    for name, inputs in given.items():
        answer = functions[name](*inputs)
        assert {len(values) for values in answer.values()} == {0}, name
    assert model.translate([]) == []


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


def test_a_text_of_unknown_characters_is_not_blank(model):
    assert translator.is_blank(model.read(tf.constant(["", "ж", "a", " "]))).numpy().tolist() == [
        True,
        False,
        False,
        True,
    ]


def test_decomposed_letters_are_read_as_composed_ones():
    texts = ["août", "ça déjà où", "Tiếng Việt", "ÅNGSTRÖM", "ő ж"]
    model = Bahdanau(learn(texts[:4] * 2, 60), [*SPECIAL, "▁", *"uvwxyz"], units=UNITS, max_length=LONGEST)
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


def test_a_translation_is_the_same_alone_and_in_any_batch(model):
    functions = model.signatures()
    together = functions["translate"][0](tf.constant(SOURCES))
    wider = functions["translate"][0](tf.constant([*SOURCES[::-1], "fed bad cafe deaf"]))
    for row, text in enumerate(SOURCES):
        alone = functions["translate"][0](tf.constant([text]))
        columns, rows = len(alone["source"][0]), int(tf.reduce_sum(tf.cast(alone["target"] != b"", tf.int32)))
        for batch, place in ((together, row), (wider, len(SOURCES) - 1 - row)):
            assert batch["text"][place] == alone["text"][0]
            np.testing.assert_allclose(batch["log_probability"][place], alone["log_probability"][0], atol=1e-4)
            attention = batch["attention"][place].numpy()
            np.testing.assert_allclose(attention[:rows, :columns], alone["attention"][0, :rows], atol=1e-5)
            assert not attention[:, columns:].any()


def test_lists_of_any_length_are_translated_in_order(model, monkeypatch):
    monkeypatch.setattr(translator, "IN_PARALLEL", 2)
    expected = [text.decode() for text in model.signatures()["translate"][0](tf.constant(SOURCES))["text"].numpy()]
    assert model.translate(SOURCES) == expected
    candidates = model.signatures()["candidates"][0](tf.constant(SOURCES), tf.constant([""] * 6), tf.constant(3))
    assert model.translate(SOURCES, width=3) == [row[0].decode() for row in candidates["text"].numpy()]


def test_candidates_begin_with_their_prefix(model):
    candidates, _ = model.signatures()["candidates"]
    prefixes = ["uv", "", "z", "wж", "", "x y"]
    answer = candidates(tf.constant(SOURCES), tf.constant(prefixes), tf.constant(2))
    assert answer["text"].shape == (6, 2)
    for prefix, row in zip(prefixes, answer["text"].numpy(), strict=True):
        assert all(text.decode().startswith(prefix.replace("ж", "⁇")) for text in row)
    assert np.all(np.isfinite(answer["log_probability"])) and np.all(answer["log_probability"] > -1e3)
    free = candidates(tf.constant(SOURCES), tf.constant([""] * 6), tf.constant(2))
    np.testing.assert_array_equal(free["target"][1], [row[: free["target"].shape[2]] for row in answer["target"][1]])


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


@WITH_ATTENTION
def test_weights_are_a_share_of_the_pieces_and_nothing_of_the_padding(model, read, target):
    weights = teacher_forced(model, read, target)[1].numpy()
    is_padding = np.broadcast_to((read.numpy() == PAD)[:, None], weights.shape)
    assert is_padding.any()
    assert np.all(weights[is_padding] == 0) and np.all(weights[~is_padding] > 0)
    np.testing.assert_allclose(weights.sum(-1), 1, atol=1e-6)


@WITH_ATTENTION
def test_the_score_is_additive(model, read):
    """e_j = v . tanh(W s + U h_j), the weights its softmax, the context their mean of h_j."""
    states = model.encoder(read).numpy().astype("float64")
    memory, _ = model.memory(read)
    state = np.random.default_rng(5).normal(size=(len(SOURCES), UNITS)).astype("float32")
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
    np.testing.assert_allclose(first, np.tanh(states[:, 0, UNITS:] @ model.decoder.first.numpy()), atol=1e-5)


@pytest.mark.parametrize("model", [Seq2Seq], indirect=True)
def test_a_single_state_is_all_that_is_kept(model, read, target):
    (nothing, kept), _ = model.memory(read)
    states = model.encoder(read).numpy()
    ends = (read.numpy() != PAD).sum(1) - 1
    np.testing.assert_array_equal(kept[:, :UNITS], states[np.arange(len(ends)), ends, :UNITS])
    np.testing.assert_array_equal(kept[:, UNITS:], states[:, 0, UNITS:])
    assert nothing.shape == (len(SOURCES), 0)
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


@pytest.mark.parametrize("model_class", [Seq2Seq, Bahdanau])
@pytest.mark.parametrize("label_smoothing", [0.0, 0.3])
def test_a_step_descends_the_smoothed_loss(model_class, label_smoothing, target):
    model = build(model_class, label_smoothing=label_smoothing)
    source = model.read(tf.constant(SOURCES))
    target = tf.concat([tf.fill([len(SOURCES), 1], START), target], axis=1)
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


def test_no_gradient_comes_from_padding(model, read, target):
    """More padding changes neither loss nor gradients, whatever it is multiplied by on its way."""
    target = tf.concat([tf.fill([len(SOURCES), 1], START), target], axis=1)

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


def test_dropout_is_on_in_training_only():
    model = build(Bahdanau, dropout=0.5)
    inputs = [model.read(tf.constant(["bad"])), tf.constant([[START, 5, 6]])]
    plain = model(inputs)[0]
    np.testing.assert_array_equal(model(inputs)[0], plain)
    assert not np.allclose(model(inputs, training=True)[0], model(inputs, training=True)[0])
    first, second = (build(Bahdanau, dropout=0.5, seed=3)(inputs, training=True)[0] for _ in range(2))
    np.testing.assert_array_equal(first, second)


def test_both_translators_have_the_same_settings():
    """Or else they could not be compared."""
    assert seq2seq.DEFAULTS == bahdanau.DEFAULTS


# Batches.


def rows_of(dataset, n):
    batches = [tuple(each.numpy() for each in batch) for batch in dataset.take(n)]
    return [
        (list(map(int, s)), list(map(int, t)))
        for source, target in batches
        for s, t in zip(source, target, strict=True)
    ]


@pytest.fixture(scope="module")
def pairs():
    """Of many lengths; the first piece tells which pair it is."""
    random = np.random.default_rng(6)
    sources = [[100 + n] + [5] * int(random.integers(0, 30)) for n in range(57)]
    return sources, [[100 + n] + [6] * int(random.integers(0, 30)) for n in range(57)]


def test_every_pair_comes_once_an_epoch(pairs):
    dataset = training.batches(*pairs, batch_size=8, max_length=20)
    for epoch in (rows_of(dataset, 7), rows_of(dataset.skip(7), 7)):
        firsts = [source[0] for source, _ in epoch]
        assert len(set(firsts)) == len(firsts) == 56  # all but what is left over
        for source, target in epoch:
            n = source[0] - 100
            expected = [*pairs[0][n][:19], END], [START, *pairs[1][n][:19], END]
            for row, kept in zip((source, target), expected, strict=True):
                assert row == kept + [PAD] * (len(row) - len(kept))


def test_batches_are_padded_to_their_longest(pairs):
    for source, target in training.batches(*pairs, batch_size=8, max_length=20).take(14):
        assert source.dtype == target.dtype == tf.int32
        for batch in (source, target):
            assert batch.shape[1] == int(tf.reduce_max(tf.reduce_sum(tf.cast(batch != PAD, tf.int32), axis=1)))


def test_every_pair_comes_in_some_epoch(pairs):
    """Whatever its length: what does not fill a batch is left out by chance."""
    seen = {source[0] for source, _ in rows_of(training.batches(*pairs, batch_size=40, max_length=20), 20)}
    assert len(seen) == 57


def test_the_order_is_a_function_of_seed_and_epoch(pairs):
    def epochs(seed, initial_epoch, n):
        rows = rows_of(training.batches(*pairs, 8, 20, seed, initial_epoch), 7 * n)
        return [rows[at : at + 56] for at in range(0, len(rows), 56)]

    first, second, third = epochs(0, 0, 3)
    assert epochs(0, 1, 2) == [second, third]
    assert epochs(0, 0, 1) == [first] != [second]
    assert epochs(1, 0, 1) != [first]


def test_pairs_of_about_one_length_are_together(pairs):
    def padding(batches):
        return np.mean([np.mean(target.numpy() == PAD) for _, target in batches])

    sources, targets = pairs
    together = padding(training.batches(sources * 8, targets * 8, 8, 40).take(57))
    one_by_one = padding(training.batches(sources, targets, 56, 40).take(1))
    assert together < 0.6 * one_by_one


# Training, saving, serving.


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


def test_reversing_attends_from_the_end_to_the_beginning(trained):
    texts = ["abcd", "dcba", "bdca", "cabd", "dbac", "adcb"]
    assert trained.translate(texts) == [text[::-1] for text in texts]
    attention = trained.signatures()["translate"][0](tf.constant(texts))["attention"].numpy()
    assert attention.shape == (6, 6, 6)  # ▁, four letters, the end
    looked = attention[:, 1:5].argmax(-1)
    np.testing.assert_array_equal(looked, [[4, 3, 2, 1]] * 6)


def test_what_is_measured_of_own_pairs(model, tmp_path, monkeypatch, caplog):
    """BLEU of the test sentences, whatever their case: half of each translation is right, or all of it by a beam."""
    said = [f"This is Sentence number {n} of them" for n in range(20)]
    for code in ("de", "en"):
        for split in ("train", "validation", "test"):
            texts = said if split == "test" else ["other words"] * 3
            (tmp_path / f"{code}.{split}.txt").write_text("\n".join(texts) + "\n")
    halves = [text.lower().replace("of them", "of us") for text in said]
    answers = {1: halves, 5: [text.lower() for text in said]}
    monkeypatch.setattr(type(model), "translate", lambda self, texts, width: answers[width] if texts == said else [])
    with caplog.at_level("INFO", logger="dlsuite"):
        measured = bahdanau.measure(model, dataset=str(tmp_path))
    expected, signature = bleu.reported(halves, [[text] for text in said], lowercase=True)
    assert measured == {"bleu_greedy": pytest.approx(expected), "bleu_beam_5": pytest.approx(100)}
    assert 0 < expected < 100 and signature in caplog.text
    with pytest.raises(ValueError, match="dataset='mnist': it has images, but this needs pairs: dates"):
        bahdanau.measure(model, dataset="mnist")


def test_what_is_shown_of_own_pairs(trained):
    preview = trained.preview()
    assert preview["picture"].dtype == np.uint8 and preview["picture"].shape[2] == 3
    assert [source[::-1] for source in preview["sources"]] == preview["references"].tolist()
    assert len(preview["translations"]) == training.SHOWN


def test_dates_are_measured_by_what_is_exactly_right(monkeypatch):
    monkeypatch.setattr(training, "MEASURED", 20)
    asked = {}

    def translate(texts, width=1):
        asked[texts[0]] = len(texts)
        return [training.text_pairs.pairs("dates", "test", n=20, seed=0)[1][0]] + ["?"] * (len(texts) - 1)

    model = build(Seq2Seq)
    monkeypatch.setattr(model, "translate", translate)
    assert seq2seq.measure(model) == {"exact": 1 / 20, "exact_unseen_formats": 0.0}
    assert list(asked.values()) == [20, 20]


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


def test_an_exported_model_answers_text_with_text(model, tmp_path):
    serving.export(model, tmp_path / "model")
    served = serving.load(tmp_path / "model")
    assert set(served.signatures) >= {"serving_default", "translate", "candidates", "score"}
    functions = model.signatures()
    calls = {
        "translate": {"text": SOURCES},
        "candidates": {"text": SOURCES, "prefix": ["u", "", "vж", "z " * 30, "🙂", "x"], "width": 3},
        "score": {"text": SOURCES, "translation": ["u v", "", "жж", "xyz", "w" * 60, "z"]},
    }
    for name, inputs in calls.items():
        answer, expected = getattr(served, name)(**inputs), functions[name][0](*map(tf.constant, inputs.values()))
        assert answer.keys() == expected.keys()
        for key, value in answer.items():
            if value.dtype == object:
                np.testing.assert_array_equal(value, expected[key])
            else:
                np.testing.assert_allclose(value, expected[key], rtol=1e-5, atol=1e-4)


def test_settings_and_pieces_are_in_the_config(model):
    config = model.get_config()
    again = type(model).from_config(json.loads(json.dumps(config)))
    assert again.get_config() == config
    assert config["source_pieces"] == model.source_vocabulary.pieces
    assert (again.units, again.max_length, again.label_smoothing) == (UNITS, LONGEST, 0.1)
    assert [weight.shape for weight in again.weights] == [weight.shape for weight in model.weights]
    assert isinstance(again.decoder, AttentiveDecoder) is isinstance(model, Bahdanau)


# Wrong arguments.


@pytest.mark.parametrize(
    ("argument", "value"),
    [("units", 0), ("max_length", -1), ("dropout", 1.0), ("dropout", -0.1), ("label_smoothing", 1.5)],
)
def test_a_model_names_a_wrong_argument(argument, value):
    with pytest.raises(ValueError, match=f"{argument}={value}: it must be"):
        Bahdanau([*SPECIAL, "a"], [*SPECIAL, "b"], **{argument: value})


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
