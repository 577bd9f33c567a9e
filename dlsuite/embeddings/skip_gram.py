"""Skip-gram with negative sampling: each word predicts its neighbours (Mikolov et al., 2013, arXiv:1310.4546).

    loss = - sum over pairs (c, w) of   log sigmoid(u_w . v_c) + sum_k log sigmoid(-u_k . v_c)

where c is a word of the window around w, v its input vector, u output vectors, and k are `negatives` words of noise.
As in word2vec's program the word of the context is the input and the centre is what it predicts; since c lies in the
window around w when w lies in the one around c, the pairs are the same. With s = u . v the gradients are

    d loss / ds_w = sigmoid(s_w) - 1,      d loss / ds_k = sigmoid(s_k),      each times u for v_c, times v_c for u

One draw of noise serves all pairs of a window (Ji et al., 2016, arXiv:1604.04661), so that scores and gradients are
products of small matrices; word2vec's program draws anew for each pair. In expectation both are the same.
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
class SkipGram(WordVectors):
    """Two tables of vectors whose products tell whether words stand near each other."""

    SCORES_EACH = True

    def scores(self, v, u, is_context):
        """u . v of each pair, `(batch, 2 * window, 1 + negatives)`; see `WordVectors.scores`."""
        return tf.matmul(v, u, transpose_b=True)

    def gradients(self, error, v, u, is_context):
        """Each error times the other vector, summed: over targets for v, over the context for u."""
        return tf.matmul(error, u), tf.matmul(error, v, transpose_a=True)


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
) -> SkipGram:
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
        build=lambda vocabulary: SkipGram(vocabulary=vocabulary, dimensions=dimensions, seed=seed),
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
