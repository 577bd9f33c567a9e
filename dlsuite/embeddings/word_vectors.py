"""What both word models share: two tables of vectors, the step that touches few of their rows, and what they answer.

Each word w has an input vector v_w and an output vector u_w. A model scores a word with its context by u . h, where h
comes from input vectors, and learns to tell words that stand there from words that were drawn (Mikolov et al., 2013,
arXiv:1310.4546, equation 4):

    loss = -log sigmoid(u_w . h) - sum_k log sigmoid(-u_k . h),      k = 1 .. negatives, from P(w) ~ count(w)^(3/4)

Each algorithm's own file has its h and the gradients. An update goes down the summed gradient of a few windows, at a
rate that falls linearly to nearly 0, as in word2vec's program, and changes the rows of their words alone.
What is used in the end are the input vectors.
"""

from pathlib import Path

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from dlsuite import fitting
from dlsuite.arguments import require_at_least
from dlsuite.data import names, text
from dlsuite.data.composition import Composition
from dlsuite.embeddings import windows, word_map

ANSWERS = 10
"""The number of neighbours, and of answers to an analogy."""
SUGGESTIONS = 5
FEWEST_WORDS = 20
FINAL_RATE = 4e-3
"""What is left of the learning rate at the end, as a share: word2vec's 0.0001 of 0.025."""
MEASURED = {"places": 20_000, "window": 5, "negatives": 5, "subsampling": 1e-3}
"""How `measure` goes through held-out text, whatever a model was trained with."""


class WordVectors(keras.Model):
    """Words as vectors. Called on places in the vocabulary, int32 `(batch,)`, it answers `(batch, dimensions)`.

    Args:
        vocabulary: the words, the most frequent first; `FEWEST_WORDS` or more.
        dimensions: the length of each vector, at least 2.
        seed: of the vectors at the beginning.
    """

    SCORES_EACH: bool
    """Whether each word of a context scores by itself."""

    def __init__(self, vocabulary=word_map.LETTERS, dimensions=40, seed=0, **kwargs):
        vocabulary = list(vocabulary)
        if len(vocabulary) < FEWEST_WORDS:
            raise ValueError(f"vocabulary: it has {len(vocabulary)} words, and at least {FEWEST_WORDS} are needed")
        require_at_least(2, dimensions=dimensions)
        words = keras.Input((), dtype="int32", name="words")
        near_zero = keras.initializers.RandomUniform(-0.5 / dimensions, 0.5 / dimensions, seed=seed)
        table = layers.Embedding(len(vocabulary), dimensions, embeddings_initializer=near_zero, name="input_vectors")
        super().__init__(words, table(words), **kwargs)
        self.vocabulary, self.dimensions, self.seed = vocabulary, dimensions, seed
        self.words = tf.Variable(vocabulary, trainable=False, name="vocabulary")  # once, for all signatures
        self.compose = Composition("".join(vocabulary))
        self.output_vectors = self.add_weight(
            shape=(len(vocabulary), dimensions), initializer="zeros", name="output_vectors"
        )
        self.loss_tracker = keras.metrics.Mean("loss")

    @property
    def input_vectors(self):
        """The table of the v_w, `(vocabulary, dimensions)`."""
        return self.get_layer("input_vectors").embeddings

    def get_config(self):
        return {
            "name": self.name,
            "vocabulary": list(self.vocabulary),
            "dimensions": self.dimensions,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)

    def scores(self, v, u, is_context):
        """How well words fit their context; each algorithm has its own.

        Args:
            v: input vectors of the context's words, `(batch, 2 * window, dimensions)`.
            u: output vectors of the centre and of the noise, `(batch, 1 + negatives, dimensions)`.
            is_context: 1 where there is a word, 0 where there is none, `(batch, 2 * window)`.

        Returns:
            `(batch, 2 * window or 1, 1 + negatives)`: by each word of the context, or by all together.
        """
        raise NotImplementedError

    def gradients(self, error, v, u, is_context):
        """The gradients of the summed loss with respect to `v` and `u`, of their shapes; each algorithm has its own.

        Args:
            error: those with respect to the scores, sigmoid(score) - 1 for the centre and sigmoid(score) for noise,
                0 for what does not count; of their shape.
            v, u, is_context: as `scores` has them.
        """
        raise NotImplementedError

    def train_step(self, step):
        """Several updates, one after the other.

        Args:
            step: `(centre, context, noise)`, as `windows.batches` has them.
        """
        centre, context, noise = step
        updates = centre.shape[0]

        def one_more(done, total, pairs):
            loss, count = self.update(centre[done], context[done], noise[done])
            return done + 1, total + loss, pairs + count

        _, total, pairs = tf.while_loop(
            lambda done, total, pairs: done < updates, one_more, [0, 0.0, 0.0], parallel_iterations=1
        )
        loss = total / tf.maximum(pairs, 1.0)
        self.loss_tracker.update_state(loss)
        return {"loss": loss}

    def update(self, centre, context, noise):
        """Move the rows of these words, and no others, by the rate times the gradient of the summed loss.

        A word that occurs several times is moved by the sum of its gradients.
        """
        rate = self.optimizer.learning_rate
        loss, count, context, targets, of_v, of_u = self.sparse_gradients(centre, context, noise)
        self.input_vectors.value.scatter_sub(tf.IndexedSlices(rate * of_v, context))
        self.output_vectors.value.scatter_sub(tf.IndexedSlices(rate * of_u, targets))
        self.optimizer.iterations.assign_add(1)
        return loss, count

    def sparse_gradients(self, centre, context, noise):
        """The summed loss of some windows, and the rows of both tables that it depends on, with their gradients.

        Returns:
            The loss in nats and how many scores of true words it has, both `()`; rows of the input vectors `(n,)`, of
            the output vectors `(m,)`, and what belongs to each, `(n, dimensions)` and `(m, dimensions)`. A row may
            occur repeatedly.
        """
        targets = tf.concat([centre[:, None], noise], axis=1)  # (batch, 1 + negatives)
        is_context = tf.cast(context >= 0, tf.float32)
        context = tf.maximum(context, 0)  # where there is none the gradient is 0
        v, u = tf.gather(self.input_vectors.value, context), tf.gather(self.output_vectors.value, targets)
        scores = self.scores(v, u, is_context)
        counted = self.counted(targets, is_context)
        is_true = tf.one_hot(0, targets.shape[1])
        error = (tf.sigmoid(scores) - is_true) * counted
        loss = tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(is_true * tf.ones_like(scores), scores) * counted)
        of_v, of_u = (tf.reshape(each, [-1, self.dimensions]) for each in self.gradients(error, v, u, is_context))
        return loss, tf.reduce_sum(counted[:, :, 0]), tf.reshape(context, [-1]), tf.reshape(targets, [-1]), of_v, of_u

    def counted(self, targets, is_context):
        """1 for scores that count, of their shape: where there is a context, and noise is not the centre itself."""
        is_there = is_context if self.SCORES_EACH else tf.reduce_max(is_context, axis=1, keepdims=True)
        is_other = tf.concat(
            [tf.ones_like(targets[:, :1]), tf.cast(targets[:, 1:] != targets[:, :1], tf.int32)], axis=1
        )
        return is_there[:, :, None] * tf.cast(is_other, tf.float32)[:, None]

    # What others see of the model.

    def signatures(self):
        """The functions that a SavedModel of this model answers, by name; see `dlsuite.serving`.

        All take words in small letters, composed or not. `neighbours`: the ten nearest by cosine, of words that are
        `known`. `analogy`: what is to `c` as `b` is to `a`, the words nearest to b - a + c, these three left out.
        `odd_one_out`: of each row the word whose vector lies farthest from the mean of all; empty and unknown ones do
        not count; of no words it is an empty one. `vectors`. `suggest`: known words of the smallest edit distance.
        `most_frequent`: the first `n` words, 0 or more, and their vectors.
        """
        rows = tf.TensorSpec([None, None], tf.string, name="words")
        one = tf.TensorSpec([], tf.int32)

        def neighbours(words):
            places = self.places_of(words)
            answer, similarities = self.nearest(self.unit(places), places[:, None])
            return {"neighbours": answer, "similarities": similarities, "known": places >= 0}

        def analogy(a, b, c):
            places = tf.stack([self.places_of(each) for each in (a, b, c)], axis=1)  # (batch, 3)
            of_a, of_b, of_c = (self.unit(places[:, index]) for index in range(3))
            towards = tf.where(tf.reduce_all(places >= 0, axis=1)[:, None], of_b - of_a + of_c, 0.0)
            answer, similarities = self.nearest(tf.math.l2_normalize(towards, axis=1), places)
            return {"words": answer, "similarities": similarities, "known": places >= 0}

        def odd_one_out(words):
            places = self.places_of(tf.reshape(words, [-1]))
            vectors = tf.reshape(self.unit(places), [*tf.unstack(tf.shape(words)), self.dimensions])
            is_known = tf.reshape(places >= 0, tf.shape(words))  # (batch, n)
            mean = tf.math.l2_normalize(tf.reduce_sum(vectors, axis=1), axis=1)
            similarities = tf.einsum("bnd,bd->bn", vectors, mean)
            one_more = [[0, 0], [0, 1]]  # an empty word, the answer where a row has none that is known
            fits = tf.pad(tf.where(is_known, similarities, 3.0), one_more, constant_values=2.0)
            odd = tf.gather(tf.pad(words, one_more), tf.argmin(fits, axis=1), batch_dims=1)
            return {"odd": odd, "similarities": similarities, "known": is_known}

        def vectors(words):
            places = self.places_of(words)
            known = places >= 0
            return {"vectors": tf.where(known[:, None], self(tf.maximum(places, 0)), 0.0), "known": known}

        def suggest(words):
            return {"suggestions": self.spelled_alike(words)}

        def most_frequent(n):
            return {"words": self.words[:n], "vectors": self.input_vectors.value[:n]}

        def named(name):
            return tf.TensorSpec([None], tf.string, name=name)

        return {
            "serving_default": (neighbours, [named("words")]),
            "neighbours": (neighbours, [named("words")]),
            "analogy": (analogy, [named("a"), named("b"), named("c")]),
            "odd_one_out": (odd_one_out, [rows]),
            "vectors": (vectors, [named("words")]),
            "suggest": (suggest, [named("words")]),
            "most_frequent": (most_frequent, [one]),
        }

    def places_of(self, words):
        """Where words stand in the vocabulary, int32 `(n,)`; -1 for those that it lacks."""
        is_it = self.compose(words)[:, None] == self.words  # (n, vocabulary)
        return tf.where(tf.reduce_any(is_it, axis=1), tf.argmax(is_it, axis=1, output_type=tf.int32), -1)

    def unit(self, places):
        """The vectors of words by their places, scaled to length 1, `(n, dimensions)`; 0 for place -1."""
        found = tf.math.l2_normalize(self(tf.maximum(places, 0)), axis=1)
        return tf.where((places >= 0)[:, None], found, 0.0)

    def nearest(self, towards, but):
        """The `ANSWERS` words of the largest cosine to `towards`, unit vectors `(n, dimensions)`.

        Args:
            but: places of words that are left out, `(n, m)`; -1 for none.

        Returns:
            Words and cosines, both `(n, ANSWERS)`: empty and 0 where `towards` is 0.
        """
        cosines = tf.matmul(towards, tf.math.l2_normalize(self.input_vectors.value, axis=1), transpose_b=True)
        left_out = tf.reduce_max(tf.one_hot(but, len(self.vocabulary)), axis=1)
        cosines, places = tf.math.top_k(cosines - 3.0 * left_out, ANSWERS)
        is_there = tf.reduce_any(towards != 0.0, axis=1)[:, None]
        return tf.where(is_there, tf.gather(self.words, places), ""), tf.where(is_there, cosines, 0.0)

    def spelled_alike(self, words):
        """The `SUGGESTIONS` words of the smallest edit distance to each of `words` `(n,)`, more frequent ones first."""

        def letters(strings):  # sparse (n, vocabulary or 1, letters)
            return tf.strings.unicode_split(tf.strings.substr(strings, 0, 40, unit="UTF8_CHAR"), "UTF-8")

        known = letters(self.words).to_sparse()

        def of_one(word):
            own = tf.tile(letters(word[None]).to_tensor(), [len(self.vocabulary), 1])
            distances = tf.edit_distance(tf.sparse.from_dense(own), known, normalize=False)
            return tf.math.top_k(-distances, SUGGESTIONS).indices

        places = tf.map_fn(of_one, self.compose(words), fn_output_signature=tf.TensorSpec([SUGGESTIONS], tf.int32))
        return tf.gather(self.words, places)

    def preview(self):
        """The most frequent long words on a map of the plane: `picture`, uint8, the `words` and their `places`."""
        frequent = [place for place, word in enumerate(self.vocabulary) if len(word) > 3][: word_map.SHOWN]
        shown = frequent or list(range(FEWEST_WORDS))
        words = [self.vocabulary[place] for place in shown]
        places = word_map.principal_plane(self.input_vectors.numpy()[shown])
        return {"picture": word_map.draw(words, places), "words": np.array(words), "places": places}

    def write_text(self, path) -> None:
        """Write the vectors in the text format of word2vec's program: a line of sizes, then a word and its numbers."""
        Path(path).write_text(word_map.as_text(self.vocabulary, self.input_vectors.numpy()), "utf-8")


# What both `train`s and `measure`s do around their model.


def fit_to(
    dataset,
    *,
    build,
    epochs,
    batch_size,
    learning_rate,
    window,
    negatives,
    subsampling,
    min_count,
    vocabulary_size,
    source="auto",
    seed=0,
    initial_epoch=0,
    callbacks=(),
):
    """Build a model of the words of a text, and train it.

    Args:
        build: a function of `vocabulary` that returns the model.
        dataset, epochs and all others: as both `train`s have them.

    Returns:
        The trained model.

    Raises:
        ValueError: an argument out of its range, no such text, or one in which too few words occur often enough.
        sources.MissingData: the dataset is not on this machine.
    """
    if tf.distribute.get_strategy().num_replicas_in_sync > 1:
        raise ValueError("devices: word vectors are trained on one device, since each update needs the one before it")
    names.require_kind(dataset, "text")
    keras.utils.set_random_seed(seed)
    documents = text.documents(dataset, "train", source)
    vocabulary = text.vocabulary_of(documents, min_count, vocabulary_size)
    if len(vocabulary) < FEWEST_WORDS:
        raise ValueError(
            f"min_count={min_count}: only {len(vocabulary)} words occur that often in {dataset!r}, and at least "
            f"{FEWEST_WORDS} are needed"
        )
    steps, steps_per_epoch, updates = windows.batches(
        text.corpus_of(documents, vocabulary),
        batch_size,
        window=window,
        negatives=negatives,
        subsampling=subsampling,
        seed=seed,
        initial_epoch=initial_epoch,
    )
    model = build(vocabulary)
    falling = keras.optimizers.schedules.PolynomialDecay(
        learning_rate, epochs * steps_per_epoch * updates, FINAL_RATE * learning_rate
    )
    return fitting.fit(
        model,
        keras.optimizers.SGD(falling),
        batches=steps,
        steps=steps_per_epoch,
        epochs=epochs,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
        jit_compile=True,
    )


def held_out_metrics(model, dataset, source="auto"):
    """How well a model tells the words of held-out text from drawn ones, as both `measure`s answer it.

    At 20,000 places of the held-out text, or as many as there are, subsampled by 0.001, with a window of 5 on either
    side; for each, 5 words are drawn by the held-out text's own counts^(3/4). Places and noise are the same for every
    model of the same vocabulary.

    Returns:
        `accuracy`, how often the true word's score is above a drawn word's, in 0..1, 0.5 by chance; `loss_nats`, the
        mean over true scores of the loss with its 5 drawn words, near 6 log 2 = 4.16 where
        all scores are 0; `known_words`, the share of the held-out text's words that are in the vocabulary; and
        `vocabulary`, its size.

    Raises:
        ValueError: the dataset is no text, it has no held-out part, or that has none of the vocabulary's words or too
            few that stand near each other.
    """
    names.require_kind(dataset, "text")
    documents = text.documents(dataset, "test", source)
    if not documents:
        raise ValueError(f"dataset={dataset!r}: it has fewer than 10 paragraphs, so that no tenth one is held out")
    corpus = text.corpus_of(documents, model.vocabulary)
    if not len(corpus.words):
        raise ValueError(f"dataset={dataset!r}: its held-out part has none of the vocabulary's words")
    random = np.random.default_rng(0)
    kept = windows.subsample(random, corpus, MEASURED["subsampling"])
    length = len(kept.words)
    too_few = (
        f"dataset={dataset!r}: in its held-out part too few different words of the vocabulary stand near each other, "
        "once frequent ones are dropped"
    )
    if not length:
        raise ValueError(too_few)
    read = windows.whole(kept, MEASURED["window"])
    centre, context = windows.context_of(read, np.full((1, length), MEASURED["window"]))
    places = random.permutation(length)[: MEASURED["places"]]
    noise = windows.Noise(windows.noise_distribution(corpus.counts))
    context, drawn = context[0, places], noise.draw(random, (len(places), MEASURED["negatives"]))
    targets = np.concatenate([centre[0, places, None], drawn], axis=1)
    margins, losses = [], []
    for part in np.array_split(np.arange(len(places)), -(-len(places) // 1000)):
        is_context = tf.cast(context[part] >= 0, tf.float32)
        v = tf.gather(model.input_vectors.value, np.maximum(context[part], 0))
        scores = model.scores(v, tf.gather(model.output_vectors.value, targets[part]), is_context).numpy()
        counted = model.counted(tf.constant(targets[part]), is_context).numpy()
        is_true = counted[:, :, 0] > 0
        scores, counted = scores[is_true], counted[is_true]  # (n, 1 + negatives)
        true, false, is_noise = scores[:, :1], scores[:, 1:], counted[:, 1:] > 0
        margins.append((true - false)[is_noise])
        losses.append(np.logaddexp(0, -true[:, 0]) + np.sum(np.logaddexp(0, false) * is_noise, axis=1))
    margins = np.concatenate(margins)
    if not len(margins):
        raise ValueError(too_few)
    return {
        "accuracy": float(np.mean((margins > 0) + 0.5 * (margins == 0))),
        "loss_nats": float(np.mean(np.concatenate(losses))),
        "known_words": len(corpus.words) / sum(map(len, documents)),
        "vocabulary": len(model.vocabulary),
    }
