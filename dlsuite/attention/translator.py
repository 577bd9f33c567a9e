"""What the translators here share: text in and text out, teacher forcing in training, a search in use.

    log p(y | x) = sum over t of log p(y_t | y_1 .. y_{t-1}, x)

An encoder reads the source x and a decoder writes the target y, piece by piece. `seq2seq` and `bahdanau` differ in what
the decoder keeps of the source, and in how it attends to that. In training the decoder is given the true pieces
before each (teacher forcing); in use it goes on from its own. A blank text was never learned: its translation is empty.
"""

import keras
import numpy as np
import tensorflow as tf

from dlsuite import devices
from dlsuite.arguments import require_at_least, require_positive, require_share
from dlsuite.attention import alignments, answers, compiled, search
from dlsuite.attention.encoder_decoder import Encoder
from dlsuite.data.subwords import END, LETTERS, PAD, START, Vocabulary, ended

CLIP = 1.0
"""The gradient's greatest norm."""
IN_PARALLEL = 100
"""About how many sentences are translated at once."""


class Translator(keras.Model):
    """Text to text. A subclass says which decoder: `decoder_class`.

    Args:
        source_pieces, target_pieces: lists of str, as `subwords.learn` makes them; by default there are letters only.
        units: of each recurrent network, and of the embeddings.
        dropout: share of the numbers that are left out in training.
        label_smoothing: so much of the probability is spread over all pieces in training (Szegedy et al., 2016).
        max_length: in pieces; what a source has beyond is cut off, and no translation is longer.
        seed: for dropout.
    """

    decoder_class = None

    def __init__(
        self,
        source_pieces=LETTERS,
        target_pieces=LETTERS,
        units=256,
        dropout=0.3,
        label_smoothing=0.1,
        max_length=64,
        seed=0,
        **kwargs,
    ):
        require_positive(units=units, max_length=max_length)
        require_share(dropout=dropout, label_smoothing=label_smoothing)
        source, target = (
            keras.Input((None,), dtype="int32", name="source"),
            keras.Input((None,), dtype="int32", name="target"),
        )
        encoder = Encoder(len(source_pieces), units, dropout, seed, name="encoder")
        decoder = self.decoder_class(len(target_pieces), units, dropout, seed + 2, name="decoder")
        logits, weights = decoder(encoder(source), source, target)
        super().__init__([source, target], [logits, weights], **kwargs)
        self.encoder, self.decoder = encoder, decoder
        self.units, self.dropout, self.label_smoothing = units, dropout, label_smoothing
        self.max_length, self.seed = max_length, seed
        self.source_vocabulary, self.target_vocabulary = (
            Vocabulary(list(source_pieces)),
            Vocabulary(list(target_pieces)),
        )
        self.trackers = [keras.metrics.Mean(name) for name in ("loss", "cross_entropy", "accuracy")]
        self.fast_best = compiled.Best(self)
        self.held_out = [""], [""]  # until `fit_to` has others

    def get_config(self):
        return {
            "name": self.name,
            "source_pieces": self.source_vocabulary.pieces,
            "target_pieces": self.target_vocabulary.pieces,
            "units": self.units,
            "dropout": self.dropout,
            "label_smoothing": self.label_smoothing,
            "max_length": self.max_length,
            "seed": self.seed,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)

    @property
    def metrics(self):
        return self.trackers

    def train_step(self, batch):
        """A step on int32 sources `(batch, S)` and targets `(batch, T)`, from `START` to `END`, both padded.

        Returns:
            `loss`, with smoothed labels, and `cross_entropy`, without, both in nats a piece; `accuracy`, the share of
            pieces that were the likeliest. Means over the batch; `metrics` has those over the epoch.
        """
        source, target = batch
        given, wanted = target[:, :-1], target[:, 1:]
        counts = tf.cast(wanted != PAD, tf.float32)
        pieces = tf.reduce_sum(counts)
        pieces_of_all = devices.sum_over_all(pieces)
        with tf.GradientTape() as tape:
            logits, _ = self([source, given], training=True)
            rest = self.label_smoothing / logits.shape[-1]
            labels = tf.one_hot(wanted, logits.shape[-1], on_value=1 - self.label_smoothing + rest, off_value=rest)
            smoothed = tf.nn.softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_sum(counts * smoothed) / pieces_of_all
        variables = self.trainable_variables
        gradients = devices.sum_over_all([tf.convert_to_tensor(each) for each in tape.gradient(loss, variables)])
        clipped, _ = tf.clip_by_global_norm(gradients, CLIP)
        # Keras adds up what the devices give.
        self.optimizer.apply([each / devices.count() for each in clipped], variables)
        of_wanted = tf.gather(logits, wanted, batch_dims=2)
        cross_entropy = smoothed - self.label_smoothing * (of_wanted - tf.reduce_mean(logits, axis=-1))
        is_right = tf.cast(of_wanted == tf.reduce_max(logits, axis=-1), tf.float32)
        told = {}
        for tracker, values in zip(self.trackers, (smoothed, cross_entropy, is_right), strict=True):
            tracker.update_state(values, sample_weight=counts)
            told[tracker.name] = devices.sum_over_all(tf.reduce_sum(counts * values)) / pieces_of_all
        return told

    # In use.

    def read(self, texts):
        """Texts, a string tensor `(batch,)`, as the encoder's int32 `(batch, S)`, ended and padded."""
        return ended(self.source_vocabulary.encode(texts)[:, : self.max_length - 1])

    def memory(self, source):
        """What the decoder keeps of `source`, int32 `(batch, S)`: the memory, and the first state."""
        return self.decoder.memory(self.encoder(source, training=False), source)

    def step(self, last, state, memory):
        """As the decoder's, of a memory with one tensor more, `(rows,)`: which rows must not be anything but empty."""
        *memory, stays_empty = memory
        log_p, state, looked = self.decoder.step(last, state, tuple(memory))
        all_but_end = 4 * search.NEVER * (1.0 - tf.one_hot(END, tf.shape(log_p)[-1]))  # less than a beam not begun
        return tf.where(stays_empty[:, None], log_p + all_but_end, log_p), state, looked

    def greedy(self, source, is_fused=False):
        """As `search.greedy`, of int32 sources `(batch, S)`."""
        memory, state = self.memory(source)
        return search.greedy(self.step, state, (*memory, is_blank(source)), self.max_length, is_fused)

    def beam(self, source, width, prefix=None):
        """As `search.beam`, of int32 sources `(batch, S)`. What is to begin with a prefix is not kept empty."""
        memory, state = self.memory(source)
        stays_empty = is_blank(source)
        if prefix is not None:
            stays_empty &= tf.reduce_all(prefix == PAD, axis=1)
        return search.beam(self.step, state, (*memory, stays_empty), self.max_length, width, prefix)

    def best(self, source, width=1):
        """As `greedy`, or the best that a beam of a `width` above 1 finds; `fast_best` is the same, compiled."""
        return self.greedy(source) if width == 1 else tuple(found[:, 0] for found in self.beam(source, width))

    def log_probability(self, source, target):
        """log p(y | x) in nats, `(batch,)`, of int32 targets `(batch, T)`, ended and padded."""
        start = tf.fill([tf.shape(target)[0], 1], START)
        logits, _ = self([source, tf.concat([start, target[:, :-1]], axis=1)], training=False)
        each = tf.gather(tf.nn.log_softmax(logits), target, batch_dims=2)
        return tf.reduce_sum(tf.where(target == PAD, 0.0, each), axis=1)

    def translate(self, texts, width=1):
        """A list of str, translated by a beam of `width`, or greedily by one of 1. Long lists go through in parts.

        Raises:
            ValueError: one str and no list, or a width below 1.
        """
        if isinstance(texts, str):
            raise ValueError(f"texts={texts!r}: it is one text, and a list of texts is needed")
        require_at_least(1, width=width)
        if not len(texts):
            return []
        source = self.source_vocabulary.encode(tf.constant(texts)).row_lengths().numpy()
        order, found = np.argsort(source, kind="stable"), np.empty(len(texts), object)
        for part in np.array_split(order, -(-len(order) // IN_PARALLEL)):
            source = self.read(tf.constant([texts[index] for index in part]))
            pieces, _, _ = self.fast_best(source, width)
            found[part] = self.target_vocabulary.decode(pieces).numpy()
        return [text.decode() for text in found]

    def signatures(self):
        return answers.signatures(self)

    def preview(self):
        """What the model looks like now: `picture`, how held-out sentences are translated, and where it looked.

        Returns:
            `picture`, uint8 `(height, width, 3)`; `sources`, `references` and `translations`, arrays of str.
        """
        sources, references = self.held_out
        read = self.read(tf.constant(sources))
        pieces, _, attention = (each.numpy() for each in self.fast_best(read))
        translations = [text.decode() for text in self.target_vocabulary.decode(pieces).numpy()]
        spelled = [self.source_vocabulary.spell(read).numpy(), self.target_vocabulary.spell(pieces).numpy()]
        return {
            "picture": alignments.sheet(*spelled, attention),
            "sources": np.array(sources),
            "references": np.array(references),
            "translations": np.array(translations),
        }


def is_blank(source):
    """Which sources, int32 `(batch, S)`, end where they begin, `(batch,)`: their translation is empty, too."""
    return source[:, 0] == END
