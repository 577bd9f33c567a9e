"""Translation through a single state (Cho et al., 2014, arXiv:1406.1078; Sutskever et al., 2014, arXiv:1409.3215).

    h_T  = the encoder's last states, the forward one's at the end and the backward one's at the beginning
    s_0  = tanh(W_0 h_T)
    s_t  = GRU(s_{t-1}; y_{t-1}, h_T)
    p(y_t | ..) = softmax(E maxout(W_o s_t + C_o h_T + V_o y_{t-1}))

All that the decoder ever learns of the source is h_T, whose length does not grow with the sentence's: the longer that
is, the more is lost. `bahdanau` differs from this in the context, c_t in place of h_T, and in s_0, which sees the
backward state alone there. Departures from the papers: the encoder reads both ways, as that of `bahdanau` does, so that
the two can be compared (Sutskever's reads the source reversed), GRUs for Sutskever's LSTMs, and what `bahdanau` lists.
"""

from typing import Annotated, Literal

import tensorflow as tf
from annotated_types import Ge

from dlsuite.arguments import Count, Positive, Seed, Share, checked
from dlsuite.attention import encoder_decoder, measuring, training, translator
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
class SingleStateDecoder(encoder_decoder.Decoder):
    """A decoder that is told h_T and no more."""

    def build(self, states_shape, source_shape=None, target_shape=None):
        super().build(states_shape)
        self.first = self.add_weight((states_shape[-1], self.units), name="first")

    def memory(self, states, source):
        forward, backward = tf.split(states, 2, axis=-1)
        last = tf.concat([forward[:, -1], backward[:, 0]], axis=-1)  # at padding the forward state stays as it is
        return (tf.zeros([tf.shape(last)[0], 0]), last), tf.tanh(last @ self.first)

    def attend(self, state, memory):
        nothing, last = memory
        return last, nothing


@registered
class Seq2Seq(translator.Translator):
    """An encoder and a decoder with nothing but the single state between them; for the arguments, see `Translator`."""

    decoder_class = SingleStateDecoder


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
) -> Seq2Seq:
    """Train a translator through a single state on dates, or on your own pairs of sentences.

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
        Seq2Seq,
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
