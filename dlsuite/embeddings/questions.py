"""What word vectors answer: the nearest words, analogies, the odd one out, and how a word may be misspelled.

    cos(v, w)      = v . w / (|v| |w|)
    neighbours     of a: the w of the largest cos(w, a)
    analogy        a is to b as c is to the w of the largest cos(w, b - a + c)
    odd one out    the w of the smallest cos(w, mean of all)

Vectors are scaled to length 1 before they are added (Mikolov et al., 2013, arXiv:1301.3781).
"""

import tensorflow as tf

from dlsuite.data.composition import Composition

ANSWERS = 10
"""The number of neighbours, and of answers to an analogy."""
SUGGESTIONS = 5


class Questions:
    """The functions that answer, in the graph.

    Args:
        model: a `WordVectors`.
    """

    def __init__(self, model):
        self.model = model
        self.words = tf.Variable(model.vocabulary, trainable=False, name="vocabulary")  # once, for all signatures
        self.compose = Composition("".join(model.vocabulary))

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
            vectors = tf.reshape(self.unit(places), [*tf.unstack(tf.shape(words)), self.model.dimensions])
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
            return {"vectors": tf.where(known[:, None], self.model(tf.maximum(places, 0)), 0.0), "known": known}

        def suggest(words):
            return {"suggestions": self.spelled_alike(words)}

        def most_frequent(n):
            return {"words": self.words[:n], "vectors": self.model.input_vectors.value[:n]}

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
        found = tf.math.l2_normalize(self.model(tf.maximum(places, 0)), axis=1)
        return tf.where((places >= 0)[:, None], found, 0.0)

    def nearest(self, towards, but):
        """The `ANSWERS` words of the largest cosine to `towards`, unit vectors `(n, dimensions)`.

        Args:
            but: places of words that are left out, `(n, m)`; -1 for none.

        Returns:
            Words and cosines, both `(n, ANSWERS)`: empty and 0 where `towards` is 0.
        """
        cosines = tf.matmul(towards, tf.math.l2_normalize(self.model.input_vectors.value, axis=1), transpose_b=True)
        left_out = tf.reduce_max(tf.one_hot(but, len(self.model.vocabulary)), axis=1)
        cosines, places = tf.math.top_k(cosines - 3.0 * left_out, ANSWERS)
        is_there = tf.reduce_any(towards != 0.0, axis=1)[:, None]
        return tf.where(is_there, tf.gather(self.words, places), ""), tf.where(is_there, cosines, 0.0)

    def spelled_alike(self, words):
        """The `SUGGESTIONS` words of the smallest edit distance to each of `words` `(n,)`, more frequent ones first."""

        def letters(strings):  # sparse (n, vocabulary or 1, letters)
            return tf.strings.unicode_split(tf.strings.substr(strings, 0, 40, unit="UTF8_CHAR"), "UTF-8")

        known = letters(self.words).to_sparse()

        def of_one(word):
            own = tf.tile(letters(word[None]).to_tensor(), [len(self.model.vocabulary), 1])
            distances = tf.edit_distance(tf.sparse.from_dense(own), known, normalize=False)
            return tf.math.top_k(-distances, SUGGESTIONS).indices

        places = tf.map_fn(of_one, self.compose(words), fn_output_signature=tf.TensorSpec([SUGGESTIONS], tf.int32))
        return tf.gather(self.words, places)
