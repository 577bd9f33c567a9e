"""Continuous bag of words: a word is predicted from the sum of its neighbours (Mikolov et al., 2013, arXiv:1301.3781).

    h = sum over the context of v_c,      loss = - log sigmoid(u_w . h) - sum_k log sigmoid(-u_k . h)

summed over all places of the text, where w is the word there, v are the input vectors of the words in the window around
it, u output vectors, and k are `negatives` words of noise (arXiv:1310.4546). With s = u . h the gradients are

    d loss / ds_w = sigmoid(s_w) - 1,      d loss / ds_k = sigmoid(s_k)
    d loss / du   = d loss / ds  h,        d loss / dv_c = d loss / dh = sum of  d loss / ds  u,  for each word c alike

The paper writes the mean of the context's vectors where the lecture, and word2vec's first program, have their sum:
gensim's `cbow_mean=0`. Where c stands in a window twice, it is in the sum twice.
"""

from typing import Annotated, Literal

import tensorflow as tf
from annotated_types import Ge

from dlsuite.arguments import Count, NotNegative, Positive, Seed, checked
from dlsuite.embeddings import measuring, training
from dlsuite.embeddings.word_vectors import WordVectors
from dlsuite.keras_settings import own_settings, registered

SETTINGS_CHOSEN_ON = "train"  # by the neighbours of its words; nothing that is held out was looked at


@registered
class CBOW(WordVectors):
    """Two tables of vectors: the sum of the context's in one predicts a word's in the other."""

    SCORES_EACH = False

    def scores(self, v, u, is_context):
        """u . h of each target, `(batch, 1, 1 + negatives)`; see `WordVectors.scores`."""
        return tf.reduce_sum(self.hidden(v, is_context) * u, axis=2)[:, None]

    def hidden(self, v, is_context):
        """h, the sum over the context, `(batch, 1, dimensions)`."""
        return tf.reduce_sum(v * is_context[:, :, None], axis=1, keepdims=True)

    def gradients(self, error, v, u, is_context):
        """The error times u, summed, for each word of the context; the error times h for each u."""
        error = tf.transpose(error, [0, 2, 1])  # (batch, 1 + negatives, 1)
        of_h = tf.reduce_sum(error * u, axis=1, keepdims=True)  # (batch, 1, dimensions)
        return of_h * is_context[:, :, None], error * self.hidden(v, is_context)


@own_settings()
@checked
def train(
    *,
    dataset: Literal["docstrings", "imdb_reviews"] | str = "docstrings",
    source: Literal["auto", "tfds", "bundled"] = "auto",
    epochs: Count = 20,
    batch_size: Count = 64,
    learning_rate: Positive = 0.025,
    dimensions: Annotated[int, Ge(2)] = 40,
    window: Count = 5,
    negatives: Count = 5,
    subsampling: NotNegative = 1e-3,
    min_count: Count = 5,
    vocabulary_size: Annotated[int, Ge(20)] = 3500,
    seed: Seed = 0,
    initial_epoch: int = 0,
    callbacks=(),
) -> CBOW:
    """Learn the words of docstrings, of film reviews, or of your own text.

    Args:
        dataset: the docstrings of NumPy and Keras, the reviews of TensorFlow Datasets, or the path of a .txt file.
        source: where the reviews come from: TensorFlow Datasets; the docstrings are always at hand.
        epochs: passes over the text.
        batch_size: windows whose gradients are summed in an update; hundreds are too many for small texts.
        learning_rate: at the beginning; it falls linearly to 0.4 % of that.
        dimensions: the length of each word's vector.
        window: words on either side at most, of which a random number is taken.
        negatives: words drawn as noise for each window.
        subsampling: words more frequent than this share of the text are often dropped; 0 drops none.
        min_count: words that occur more rarely are left out.
        vocabulary_size: the number of words learned, the most frequent ones.
        seed: of the vectors at the beginning, the order of the text and all noise.
        initial_epoch: the epoch to begin with, where a run is resumed.
        callbacks: Keras callbacks.

    Raises:
        ValueError: an argument out of its range, no such text, or one with too few words.
    """
    return training.fit_to(
        dataset,
        build=lambda vocabulary: CBOW(vocabulary=vocabulary, dimensions=dimensions, seed=seed),
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        window=window,
        negatives=negatives,
        subsampling=subsampling,
        min_count=min_count,
        vocabulary_size=vocabulary_size,
        source=source,
        seed=seed,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
    )


@own_settings()
def measure(model, *, dataset: str = "docstrings", source: str = "auto") -> dict[str, float]:
    """How well it tells the true words of held-out text from drawn ones; see `measuring.held_out_metrics`."""
    return measuring.held_out_metrics(model, dataset, source)
