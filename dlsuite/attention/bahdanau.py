"""Translation with attention (Bahdanau et al., 2014, arXiv:1409.0473): at each piece, look back at the source.

    h_j   = the bidirectional encoder's state at source piece j, forward and backward side by side
    e_tj  = v . tanh(W s_{t-1} + U h_j)               how well what is wanted fits what stands there (additive)
    a_tj  = exp(e_tj) / sum over k of exp(e_tk)       weights, which sum to 1; exactly 0 at padding
    c_t   = sum over j of a_tj h_j                    the context: an average of the source, another at each piece
    s_t   = GRU(s_{t-1}; y_{t-1}, c_t),               s_0 = tanh(W_0 h_1), by the backward state of the first piece
    p(y_t | ..) = softmax(E maxout(W_o s_t + C_o c_t + V_o y_{t-1}))

`seq2seq` has a single vector for the whole source instead of c_t. Departures from the paper, all of them usual today:
the output sees s_t (the paper's sees s_{t-1}), E is the target's embedding (the paper has another matrix), the reset
gate stands outside the product (see `recurrence`), most products have no bias, pieces are subwords, Adam, dropout,
smoothed labels.
"""

from typing import Annotated, Literal

import keras
import tensorflow as tf
from annotated_types import Ge

from dlsuite.arguments import Count, Positive, Seed, Share, checked
from dlsuite.attention import encoder_decoder, measuring, search, training, translator
from dlsuite.attention.recurrence import project
from dlsuite.data.subwords import PAD
from dlsuite.keras_settings import own_settings, registered

SETTINGS_CHOSEN_ON = "validation"
DEFAULTS = {
    "pairs": {
        "vocabulary_size": 4000,
        "train_size": 0,
        "epochs": 10,
        "learning_rate": 2e-3,
        "units": 256,
        "dropout": 0.3,
        "label_smoothing": 0.1,
        "max_length": 64,
    },
    "dates": {
        "vocabulary_size": 0,
        "train_size": 50_000,
        "epochs": 12,
        "learning_rate": 2e-3,
        "units": 32,
        "dropout": 0.0,
        "label_smoothing": 0.0,
        "max_length": 48,
    },
}


@registered
class AttentiveDecoder(encoder_decoder.Decoder):
    """A decoder with the additive attention above."""

    def build(self, states_shape, source_shape=None, target_shape=None):
        super().build(states_shape)
        self.first = self.add_weight((self.units, self.units), name="first")
        self.of_state = self.add_weight((self.units, self.units), name="of_state")
        self.of_source = self.add_weight((2 * self.units, self.units), name="of_source")
        self.score = self.add_weight(
            (self.units,), keras.initializers.RandomNormal(stddev=self.units**-0.5), name="score"
        )

    def memory(self, states, source):
        # U h_j does not depend on t: once for all times.
        keys = project(states, self.of_source)  # (batch, S, units)
        bias = tf.where(source == PAD, search.NEVER, 0.0)  # so low that the weight is 0
        return (states, keys, bias), tf.tanh(states[:, 0, self.units :] @ self.first)

    def attend(self, state, memory):
        states, keys, bias = memory
        query = state @ self.of_state  # (batch, units)
        energies = project(tf.tanh(query[:, None] + keys), self.score[:, None])[:, :, 0]  # (batch, S)
        weights = tf.nn.softmax(energies + bias)
        return tf.matmul(weights[:, None], states)[:, 0], weights


@registered
class Bahdanau(translator.Translator):
    """An encoder and a decoder with attention between them; for the arguments, see `Translator`."""

    decoder_class = AttentiveDecoder


@own_settings()
@checked
def train(
    *,
    dataset: Literal["dates"] | str = "dates",
    source_language: str = "de",
    target_language: str = "en",
    vocabulary_size: Annotated[int, Ge(0)] | None = None,
    train_size: Annotated[int, Ge(0)] | None = None,
    epochs: Count | None = None,
    batch_size: Count = 64,
    learning_rate: Positive | None = None,
    units: Count | None = None,
    dropout: Share | None = None,
    label_smoothing: Share | None = None,
    max_length: Count | None = None,
    seed: Seed = 0,
    initial_epoch: int = 0,
    callbacks=(),
) -> Bahdanau:
    """Train a translator with attention on dates, or on your own pairs of sentences.

    Args:
        dataset: dates, or the path of a folder that holds de.train.txt, en.train.txt and so on, or of a .tsv file.
        source_language: the code of the language to translate from; dates leave no choice and pass over it.
        target_language: the code of the language to translate into.
        vocabulary_size: subwords in either vocabulary; 0 for characters only.
        train_size: number of pairs drawn to train on; 0 for all of them.
        epochs: passes over the pairs.
        batch_size: pairs in each step.
        learning_rate: Adam's, falling to 0 along a cosine.
        units: of each recurrent network, and the embeddings' length.
        dropout: share of the numbers between the networks that are left out in training.
        label_smoothing: share of the probability that is spread over all pieces in training.
        max_length: in pieces; what a sentence has beyond is cut off.
        seed: for the initial weights, the order of the data and dropout.
        initial_epoch: the epoch to begin with, where a run is resumed.
        callbacks: Keras callbacks.

    Raises:
        ValueError: an argument out of its range, or no such pairs.
    """
    return training.fit_to(
        Bahdanau,
        DEFAULTS,
        dataset,
        source_language=source_language,
        target_language=target_language,
        vocabulary_size=vocabulary_size,
        train_size=train_size,
        epochs=epochs,
        batch_size=batch_size,
        learning_rate=learning_rate,
        units=units,
        dropout=dropout,
        label_smoothing=label_smoothing,
        max_length=max_length,
        seed=seed,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
    )


@own_settings()
def measure(
    model,
    *,
    dataset: str = "dates",
    source_language: str = "de",
    target_language: str = "en",
    split: Literal["test", "validation"] = "test",
) -> dict[str, float]:
    """How well held-out texts are translated; see `measuring.measure`."""
    return measuring.measure(model, dataset, source_language, target_language, split)
