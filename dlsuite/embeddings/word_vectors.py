"""What both word models share: two tables of vectors, and the step that touches few of their rows.

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

from dlsuite.arguments import require_at_least
from dlsuite.embeddings import questions, word_map

FEWEST_WORDS = 20


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
            v, u, is_context: see `scores`.
        """
        raise NotImplementedError

    def train_step(self, step):
        """Several updates, one after the other.

        Args:
            step: `(centre, context, noise)`, see `windows.batches`.
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

    def signatures(self):
        return questions.Questions(self).signatures()

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
