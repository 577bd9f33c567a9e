"""Both word models: their gradients, their sparse steps, what they learn and answer, and what is saved of them."""

import unicodedata

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite import serving
from dlsuite.data import text
from dlsuite.embeddings import cbow, skip_gram, word_map, word_vectors

LESSONS = {"skip_gram": (skip_gram, skip_gram.SkipGram), "cbow": (cbow, cbow.CBOW)}
ANIMALS, TOOLS = ["cat", "dog", "horse", "cow", "sheep"], ["hammer", "saw", "drill", "file", "pliers"]
VERBS = {"animal": ["eats", "sleeps", "runs", "drinks"], "tool": ["cuts", "bends", "rusts", "breaks"]}
OPTIONS = {"epochs": 12, "batch_size": 16, "learning_rate": 0.05, "dimensions": 12, "window": 3, "subsampling": 0.0}


@pytest.fixture(scope="module", params=LESSONS)
def lesson(request):
    return LESSONS[request.param]


@pytest.fixture(scope="module")
def story(tmp_path_factory):
    """1,200 paragraphs about animals or about tools, which share no verb."""
    random, lines = np.random.default_rng(0), []
    for _ in range(1200):
        kind, nouns = [("animal", ANIMALS), ("tool", TOOLS)][random.integers(2)]
        words = [random.choice(part) for part in (nouns, VERBS[kind], nouns, VERBS[kind])]
        lines.append(" ".join(["the", words[0], words[1], random.choice(["and", "or"]), "a", *words[2:]]))
    file = tmp_path_factory.mktemp("story") / "story.txt"
    file.write_text("\n\n".join(lines))
    return str(file)


@pytest.fixture(scope="module")
def trained(lesson, story):
    return lesson[0].train(dataset=story, **OPTIONS)


def a_model(of_class, dimensions=6):
    """A model of 30 words in double precision's reach: vectors of which none is 0."""
    model = of_class(vocabulary=[f"w{number}" for number in range(30)], dimensions=dimensions)
    random = np.random.default_rng(1)
    for table in (model.input_vectors, model.output_vectors):
        table.assign(random.normal(0, 0.5, table.shape))
    return model


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


def test_gradients_are_finite_differences_of_the_written_loss(lesson):
    model, parts = a_model(lesson[1]), windows_of(np.random.default_rng(0))
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


def test_gradients_are_those_of_automatic_differentiation(lesson):
    model, parts = a_model(lesson[1]), windows_of(np.random.default_rng(3), batch=32)
    with tf.GradientTape() as tape:
        loss, *_ = model.sparse_gradients(*parts)
    automatic = tape.gradient(loss, [model.input_vectors.value, model.output_vectors.value])
    for ours, theirs in zip(dense(model, parts)[2], automatic, strict=True):
        np.testing.assert_allclose(ours, tf.convert_to_tensor(theirs), atol=1e-5)


@pytest.mark.parametrize("jit_compile", [False, True])
def test_a_step_moves_the_rows_of_its_words_by_summed_gradients(lesson, jit_compile):
    """Update after update, at a falling rate; no other row moves by a bit."""
    random = np.random.default_rng(4)
    updates = [windows_of(random, words=12) for _ in range(3)]
    stepped, by_hand = a_model(lesson[1]), a_model(lesson[1])
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


def test_words_of_the_same_sentences_are_neighbours(trained):
    answer = trained.signatures()["neighbours"][0](tf.constant(["cat", "saw"]))
    for known, found in zip((ANIMALS, TOOLS), answer["neighbours"].numpy(), strict=True):
        assert {word.decode() for word in found[:4]} == set(known) - {"cat", "saw"}
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


def test_a_negative_number_of_words_is_an_error_when_served(lesson, tmp_path):
    served = serving.load(serving.export(a_model(lesson[1]), tmp_path).parent)
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
    assert suggestions.shape == (1, word_vectors.SUGGESTIONS)
    assert {word.decode() for word in suggestions[0]} <= set(trained.vocabulary)


def test_suggestions_are_those_of_the_smallest_edit_distance(trained):
    answer = trained.signatures()["suggest"][0](tf.constant(["hamer", "shep", "pliars"]))["suggestions"].numpy()
    assert [row[0].decode() for row in answer] == ["hammer", "sheep", "pliers"]


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
def test_held_out_text_without_two_words_near_each_other(lesson, held_out, paragraph):
    with pytest.raises(ValueError, match=r"own.txt': in its held-out part too few different words .* near each other"):
        lesson[0].measure(a_model(lesson[1]), dataset=held_out(paragraph))


def test_a_text_of_which_nothing_is_held_out(lesson, held_out):
    with pytest.raises(ValueError, match=r"own.txt': it has fewer than 10 paragraphs, so that no tenth one is held"):
        lesson[0].measure(a_model(lesson[1]), dataset=held_out("w1 w2 w3", 9))


def test_a_held_out_text_does_not_go_round(lesson, held_out, monkeypatch):
    """Of three words each has the two others as its context, once, and not itself."""
    monkeypatch.setitem(word_vectors.MEASURED, "subsampling", 0.0)
    model, seen = a_model(lesson[1], dimensions=30), []
    for table in (model.input_vectors, model.output_vectors):
        table.assign(np.eye(30))  # so that a vector says whose it is

    def scores(v, u, is_context):
        seen.append(tf.reduce_sum(v * is_context[:, :, None], axis=1) + u[:, 0])  # each context and its centre
        return lesson[1].scores(model, v, u, is_context)

    monkeypatch.setattr(model, "scores", scores)
    lesson[0].measure(model, dataset=held_out("w1 w2 w3"))
    assert [part.numpy().tolist() for part in seen] == [[[0, 1, 1, 1] + [0] * 26] * 3]


def test_the_preview_is_a_map_of_words(trained):
    preview = trained.preview()
    assert (preview["picture"].shape, preview["picture"].dtype) == ((word_map.SIDE, word_map.SIDE, 3), np.uint8)
    assert (preview["picture"] < 128).any()
    assert preview["places"].shape == (len(preview["words"]), 2)
    assert set(preview["words"]) <= set(trained.vocabulary)


def test_plurals_are_found_where_they_are_near():
    words = ["car", "cars", "dog", "dogs", "is", "a", "as"]  # as is no plural of a word of three letters
    vectors = np.array([[1, 0], [2, 0.1], [0, 1], [-1, 0.1], [-0.1, 1], [0.2, 1], [-1, 0]])
    assert word_map.plurals_found(words, vectors, among=1) == 0.5
    assert word_map.plurals_found(words, vectors, among=5) == 1.0  # of the six others one is farther
    assert np.isnan(word_map.plurals_found(["car", "dog"], np.eye(2)))


def test_the_plane_is_that_of_the_largest_variance():
    random = np.random.default_rng(0)
    vectors = random.normal(size=(50, 8)) * [9, 5, 1, 1, 1, 1, 1, 1]
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    places = word_map.principal_plane(vectors)
    variances = np.linalg.eigvalsh(np.cov(unit.T, ddof=0))[::-1]
    np.testing.assert_allclose(places.var(axis=0), variances[:2])
    assert places.max(axis=0).tolist() == np.abs(places).max(axis=0).tolist()
    assert np.isfinite(word_map.principal_plane(np.zeros((3, 4)))).all()


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


def test_what_is_no_text_or_has_too_few_words(lesson, story, tmp_path):
    with pytest.raises(
        ValueError, match="dataset='mnist': it has images, but this needs text: docstrings, imdb_reviews, or"
    ):
        lesson[0].train(dataset="mnist")
    with pytest.raises(ValueError, match=r"min_count=5000: only 0 words occur that often"):
        lesson[0].train(dataset=story, min_count=5000)
    (tmp_path / "foreign.txt").write_text("\n\n".join(["слово " * 10] * 100))
    with pytest.raises(ValueError, match="has none of the vocabulary's words"):
        lesson[0].measure(a_model(lesson[1]), dataset=str(tmp_path / "foreign.txt"))


def test_a_model_of_too_few_words(lesson):
    with pytest.raises(ValueError, match="vocabulary: it has 2 words, and at least 20 are needed"):
        lesson[1](vocabulary=["a", "b"])


def test_the_vocabulary_of_a_trained_model_is_that_of_its_text(trained, story):
    documents = text.documents(story, "train")
    assert trained.vocabulary == text.vocabulary_of(documents, 5, 3500)


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
