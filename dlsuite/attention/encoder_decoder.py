"""The two networks of a translator: an encoder reads the source, a decoder writes the target, piece by piece.

How a decoder attends to the source is what `seq2seq` and `bahdanau` differ in. What does not wait for the state before,
embeddings, their part of the gates and the output, is computed for all times at once, outside the loop over time.
"""

import tensorflow as tf
from keras import layers

from dlsuite import devices
from dlsuite.attention.recurrence import GRU, gru_step, project, scan, time_major
from dlsuite.data.subwords import PAD
from dlsuite.keras_settings import registered


@registered
class Encoder(layers.Layer):
    """A bidirectional recurrent network over the source: a state at each piece, of what stands before and after it.

    Args:
        vocabulary_size: the number of pieces.
        units: of each direction, and the embedding's length.
        dropout: share of the embeddings' and of the states' numbers that are left out in training.
        seed: for dropout.
    """

    def __init__(self, vocabulary_size, units, dropout, seed, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size, self.units, self.dropout, self.seed = vocabulary_size, units, dropout, seed
        self.embedding = layers.Embedding(vocabulary_size, units, name="embedding")
        self.forward, self.backward = GRU(units, name="forward"), GRU(units, go_backwards=True, name="backward")
        self.drop_embedded, self.drop_states = (
            devices.Dropout(dropout, seed=seed),
            devices.Dropout(dropout, seed=seed + 1),
        )

    def get_config(self):
        own = ("vocabulary_size", "units", "dropout", "seed")
        return super().get_config() | {name: getattr(self, name) for name in own}

    def build(self, source_shape):
        self.embedding.build(source_shape)
        for reader in (self.forward, self.backward):
            reader.build((*source_shape, self.units))

    def call(self, source, training=None):
        """From int32 `(batch, S)` to `(batch, S, 2 units)`."""
        is_piece = source != PAD
        embedded = self.drop_embedded(self.embedding(source), training=training)
        states = tf.concat([self.forward(embedded, is_piece), self.backward(embedded, is_piece)], axis=-1)
        return self.drop_states(states, training=training)


class Decoder(layers.Layer):
    """A recurrent network that writes the target; how it attends to the source is up to its subclasses.

    Args:
        vocabulary_size: the number of pieces.
        units: of the state, and the embedding's length.
        dropout: share of the embeddings' and of the output layer's numbers that are left out in training.
        seed: for dropout.
    """

    def __init__(self, vocabulary_size, units, dropout, seed, **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size, self.units, self.dropout, self.seed = vocabulary_size, units, dropout, seed
        self.drop_embedded, self.drop_output = (
            devices.Dropout(dropout, seed=seed),
            devices.Dropout(dropout, seed=seed + 1),
        )

    def get_config(self):
        own = ("vocabulary_size", "units", "dropout", "seed")
        return super().get_config() | {name: getattr(self, name) for name in own}

    def build(self, states_shape):
        units, context = self.units, states_shape[-1]
        self.embedding = self.add_weight((self.vocabulary_size, units), "uniform", name="embedding")
        self.of_piece = self.add_weight((units, 3 * units), name="of_piece")
        self.of_context = self.add_weight((context, 3 * units), name="of_context")
        self.recurrent = self.add_weight((units, 3 * units), "orthogonal", name="recurrent")
        self.bias = self.add_weight((3 * units,), "zeros", name="bias")
        self.recurrent_bias = self.add_weight((units,), "zeros", name="recurrent_bias")
        self.output_of = [
            self.add_weight((n, 2 * units), name=f"output_{n}_{i}") for i, n in enumerate((units, context, units))
        ]
        self.output_bias = self.add_weight((self.vocabulary_size,), "zeros", name="output_bias")

    def memory(self, states, source):
        """What is kept of the source: a tuple of tensors, and the first state `(batch, units)`.

        The first tensor is what is attended to, `(batch, S, ...)`, with S = 0 where nothing is; the others are
        `(batch, ...)`.
        """
        raise NotImplementedError

    def attend(self, state, memory):
        """The context `(batch, 2 units)` that a state asks the memory for, and the weights `(batch, S)` it has."""
        raise NotImplementedError

    def call(self, states, source, target, training=None):
        """All times at once, each after the true pieces before it.

        Args:
            states: the encoder's, `(batch, S, 2 units)`.
            source: int32 `(batch, S)`.
            target: int32 `(batch, T)`, from `START` on.

        Returns:
            Logits of the next piece `(batch, T, vocabulary_size)`, and the weights `(batch, T, S)`.
        """
        memory, state = self.memory(states, source)
        embedded = self.drop_embedded(tf.gather(self.embedding, target), training=training)
        context, weights = self.attend(state, memory)  # for their shapes

        def step(before, x):
            context, weights = self.attend(before[0], memory)
            return (
                gru_step(x + context @ self.of_context, before[0], self.recurrent, self.recurrent_bias),
                context,
                weights,
            )

        # The piece's part of the gates, and the output, do not wait for the loop.
        x = time_major(project(embedded, self.of_piece) + self.bias)
        states, contexts, weights = map(time_major, scan(step, (state, context, weights), x))
        return self.logits(states, contexts, embedded, training), weights

    def step(self, last, state, memory):
        """One time, in a search: as `search` wants it."""
        embedded = tf.gather(self.embedding, last)
        context, weights = self.attend(state, memory)
        x = embedded @ self.of_piece + self.bias + context @ self.of_context
        state = gru_step(x, state, self.recurrent, self.recurrent_bias)
        return tf.nn.log_softmax(self.logits(state, context, embedded)), state, weights

    def logits(self, states, contexts, embedded, training=None):
        """Of the next piece, `(..., vocabulary_size)`: maxout (Goodfellow et al., 2013), the embedding transposed."""
        parts = zip((states, contexts, embedded), self.output_of, strict=True)
        x = tf.add_n([project(each, kernel) for each, kernel in parts])
        x = tf.maximum(*tf.split(x, 2, axis=-1))  # (..., units)
        return project(self.drop_output(x, training=training), self.embedding, is_transposed=True) + self.output_bias
