"""What the translators here share: text in and text out, teacher forcing in training, a search in use.

    log p(y | x) = sum over t of log p(y_t | y_1 .. y_{t-1}, x)

An encoder reads the source x and a decoder writes the target y, piece by piece. `seq2seq` and `bahdanau` differ in what
the decoder remembers of the source, and in how it looks at that. In training the decoder is given the true pieces
before each (teacher forcing); in use it goes on from its own.
"""

import itertools

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from dlsuite.arguments import require_not_negative, require_positive, require_share
from dlsuite.attention import alignments, bleu, search
from dlsuite.attention.recurrence import GRU, gru_step, project, scan, time_major
from dlsuite.attention.subwords import END, LETTERS, PAD, START, Vocabulary, learn
from dlsuite.data import names, text_pairs

CLIP = 1.0
"""The gradient's greatest norm."""
SORTED_TOGETHER = 50
"""So many batches are sorted by length, so that those of one are about as long."""
SHOWN = 3
"""So many held-out sentences are translated for a preview."""
MEASURED = 2000
"""So many dates of either kind are measured."""
IN_PARALLEL = 100
"""About so many sentences are translated at once."""


@keras.saving.register_keras_serializable("dlsuite")
class Encoder(layers.Layer):
    """A bidirectional recurrent network over the source: a state at each piece, of what stands before and after it.

    Args:
        pieces: how many there are.
        units: of each direction, and the embedding's length.
        dropout: share of the embeddings' and of the states' numbers that are left out in training.
        seed: of what is left out.
    """

    def __init__(self, pieces, units, dropout, seed, **kwargs):
        super().__init__(**kwargs)
        self.embedding = layers.Embedding(pieces, units, name="embedding")
        self.forward, self.backward = GRU(units, name="forward"), GRU(units, go_backwards=True, name="backward")
        self.drop_embedded, self.drop_states = (
            layers.Dropout(dropout, seed=seed),
            layers.Dropout(dropout, seed=seed + 1),
        )

    def call(self, source, training=None):
        """From int32 `(batch, S)` to `(batch, S, 2 units)`."""
        is_piece = source != PAD
        embedded = self.drop_embedded(self.embedding(source), training=training)
        states = tf.concat([self.forward(embedded, is_piece), self.backward(embedded, is_piece)], axis=-1)
        return self.drop_states(states, training=training)


class Decoder(layers.Layer):
    """A recurrent network that writes the target; how it looks at the source is up to its subclasses.

    Args:
        pieces: how many there are.
        units: of the state, and the embedding's length.
        dropout: share of the embeddings' and of the output layer's numbers that are left out in training.
        seed: of what is left out.
    """

    def __init__(self, pieces, units, dropout, seed, **kwargs):
        super().__init__(**kwargs)
        self.pieces, self.units = pieces, units
        self.drop_embedded, self.drop_output = (
            layers.Dropout(dropout, seed=seed),
            layers.Dropout(dropout, seed=seed + 1),
        )

    def build(self, states_shape):
        units, context = self.units, states_shape[-1]
        self.embedding = self.add_weight((self.pieces, units), "uniform", name="embedding")
        self.of_piece = self.add_weight((units, 3 * units), name="of_piece")
        self.of_context = self.add_weight((context, 3 * units), name="of_context")
        self.recurrent = self.add_weight((units, 3 * units), "orthogonal", name="recurrent")
        self.bias = self.add_weight((3 * units,), "zeros", name="bias")
        self.recurrent_bias = self.add_weight((units,), "zeros", name="recurrent_bias")
        self.output_of = [
            self.add_weight((n, 2 * units), name=f"output_{n}_{i}") for i, n in enumerate((units, context, units))
        ]
        self.output_bias = self.add_weight((self.pieces,), "zeros", name="output_bias")

    def remember(self, states, source):
        """What is kept of the source: a tuple of tensors, and the first state `(batch, units)`.

        The first tensor is what is looked at, `(batch, S, ...)`, with S = 0 where nothing is; the others are
        `(batch, ...)`.
        """
        raise NotImplementedError

    def look(self, state, memory):
        """The context `(batch, 2 units)` that a state asks the memory for, and the weights `(batch, S)` it has."""
        raise NotImplementedError

    def call(self, states, source, target, training=None):
        """All times at once, each after the true pieces before it.

        Args:
            states: the encoder's, `(batch, S, 2 units)`.
            source: int32 `(batch, S)`.
            target: int32 `(batch, T)`, from `START` on.

        Returns:
            Logits of the next piece `(batch, T, pieces)`, and the weights `(batch, T, S)`.
        """
        memory, state = self.remember(states, source)
        embedded = self.drop_embedded(tf.gather(self.embedding, target), training=training)
        context, weights = self.look(state, memory)  # for their shapes

        def step(before, x):
            context, weights = self.look(before[0], memory)
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
        context, weights = self.look(state, memory)
        x = embedded @ self.of_piece + self.bias + context @ self.of_context
        state = gru_step(x, state, self.recurrent, self.recurrent_bias)
        return tf.nn.log_softmax(self.logits(state, context, embedded)), state, weights

    def logits(self, states, contexts, embedded, training=None):
        """Of the next piece, `(..., pieces)`: maxout (Goodfellow et al., 2013), and the embedding turned round."""
        parts = zip((states, contexts, embedded), self.output_of, strict=True)
        x = tf.add_n([project(each, kernel) for each, kernel in parts])
        x = tf.maximum(*tf.split(x, 2, axis=-1))  # (..., units)
        return project(self.drop_output(x, training=training), tf.transpose(self.embedding)) + self.output_bias


class Translator(keras.Model):
    """Text to text. A subclass says which decoder: `decoder_class`.

    Args:
        source_pieces, target_pieces: lists of str, as `subwords.learn` makes them; by default there are letters only.
        units: of each recurrent network, and of the embeddings.
        dropout: share of the numbers that are left out in training.
        smoothing: so much of the probability is spread over all pieces in training (Szegedy et al., 2016).
        longest: in pieces; what a source has beyond is cut off, and no translation is longer.
        seed: of what is left out.
    """

    decoder_class = None

    def __init__(
        self,
        source_pieces=LETTERS,
        target_pieces=LETTERS,
        units=256,
        dropout=0.3,
        smoothing=0.1,
        longest=64,
        seed=0,
        **kwargs,
    ):
        require_positive(units=units, longest=longest)
        require_share(dropout=dropout, smoothing=smoothing)
        source, target = (
            keras.Input((None,), dtype="int32", name="source"),
            keras.Input((None,), dtype="int32", name="target"),
        )
        encoder = Encoder(len(source_pieces), units, dropout, seed, name="encoder")
        decoder = self.decoder_class(len(target_pieces), units, dropout, seed + 2, name="decoder")
        logits, weights = decoder(encoder(source), source, target)
        super().__init__([source, target], [logits, weights], **kwargs)
        self.encoder, self.decoder = encoder, decoder
        self.units, self.dropout, self.smoothing, self.longest, self.seed = units, dropout, smoothing, longest, seed
        self.source_vocabulary, self.target_vocabulary = (
            Vocabulary(list(source_pieces)),
            Vocabulary(list(target_pieces)),
        )
        self.trackers = [keras.metrics.Mean(name) for name in ("loss", "cross_entropy", "accuracy")]
        self.fast_greedy, self.fast_beam = (
            tf.function(function, reduce_retracing=True) for function in (self.greedy, self.beam)
        )
        self.held_out = [""], [""]  # until `fit_to` has others

    def get_config(self):
        return {
            "name": self.name,
            "source_pieces": self.source_vocabulary.pieces,
            "target_pieces": self.target_vocabulary.pieces,
            "units": self.units,
            "dropout": self.dropout,
            "smoothing": self.smoothing,
            "longest": self.longest,
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
            pieces that were the likeliest. Means over the epoch's pieces so far.
        """
        source, target = batch
        given, wanted = target[:, :-1], target[:, 1:]
        counts = tf.cast(wanted != PAD, tf.float32)
        pieces = tf.reduce_sum(counts)
        pieces_of_all = sum_over_devices(pieces)
        with tf.GradientTape() as tape:
            logits, _ = self([source, given], training=True)
            rest = self.smoothing / logits.shape[-1]
            labels = tf.one_hot(wanted, logits.shape[-1], on_value=1 - self.smoothing + rest, off_value=rest)
            smoothed = tf.nn.softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_sum(counts * smoothed) / pieces_of_all
        variables = self.trainable_variables
        gradients = sum_over_devices([tf.convert_to_tensor(each) for each in tape.gradient(loss, variables)])
        clipped, _ = tf.clip_by_global_norm(gradients, CLIP)
        devices = tf.distribute.get_replica_context().num_replicas_in_sync
        self.optimizer.apply([each / devices for each in clipped], variables)  # Keras adds those of all devices up
        of_wanted = tf.gather(logits, wanted, batch_dims=2)
        cross_entropy = smoothed - self.smoothing * (of_wanted - tf.reduce_mean(logits, axis=-1))
        is_right = tf.cast(of_wanted == tf.reduce_max(logits, axis=-1), tf.float32)
        for tracker, values in zip(self.trackers, (smoothed, cross_entropy, is_right), strict=True):
            tracker.update_state(values, sample_weight=counts)
        return {tracker.name: tracker.result() for tracker in self.trackers}

    # In use.

    def read(self, texts):
        """Texts, a string tensor `(batch,)`, as the encoder's int32 `(batch, S)`, ended and padded."""
        numbers = self.source_vocabulary.encode(texts)[:, : self.longest - 1]
        return tf.concat([numbers, tf.fill([tf.shape(texts)[0], 1], END)], axis=1).to_tensor(PAD)

    def remember(self, source):
        """What the decoder keeps of `source`, int32 `(batch, S)`: the memory, and the first state."""
        return self.decoder.remember(self.encoder(source, training=False), source)

    def greedy(self, source):
        """As `search.greedy`, of int32 sources `(batch, S)`."""
        memory, state = self.remember(source)
        return search.greedy(self.decoder.step, state, memory, self.longest)

    def beam(self, source, width, prefix=None):
        """As `search.beam`, of int32 sources `(batch, S)`."""
        memory, state = self.remember(source)
        return search.beam(self.decoder.step, state, memory, self.longest, width, prefix)

    def log_probability(self, source, target):
        """log p(y | x) in nats, `(batch,)`, of int32 targets `(batch, T)`, ended and padded."""
        start = tf.fill([tf.shape(target)[0], 1], START)
        logits, _ = self([source, tf.concat([start, target[:, :-1]], axis=1)], training=False)
        each = tf.gather(tf.nn.log_softmax(logits), target, batch_dims=2)
        return tf.reduce_sum(tf.where(target == PAD, 0.0, each), axis=1)

    def translate(self, texts, width=1):
        """A list of str, translated by a beam of `width`, or greedily by one of 1. Long lists go through in parts."""
        source = self.source_vocabulary.encode(tf.constant(texts)).row_lengths().numpy()
        order, found = np.argsort(source, kind="stable"), np.empty(len(texts), object)
        for part in np.array_split(order, -(-len(order) // IN_PARALLEL)):
            source = self.read(tf.constant([texts[index] for index in part]))
            pieces = self.fast_greedy(source)[0] if width == 1 else self.fast_beam(source, width)[0][:, 0]
            found[part] = self.target_vocabulary.decode(pieces).numpy()
        return [text.decode() for text in found]

    def signatures(self):
        """The functions that a SavedModel of this model answers, by name; see `dlsuite.serving`.

        `translate`, greedy: from `text`, string `(batch,)`, to `text`; `source` and `target`, the pieces that were read
        and written, string `(batch, S)` and `(batch, T)`; `attention`, the weights between them, `(batch, T, S)`;
        `log_probability` `(batch,)`. `candidates`: the same by a beam, with an axis of `width` after the first; each
        begins with `prefix`. `score`: of `text` and `translation`, `log_probability` in nats.
        """
        text = tf.TensorSpec([None], tf.string, name="text")

        def answer(source, found):
            pieces, log_probability, attention = found
            return {
                "text": self.target_vocabulary.decode(pieces),
                "source": self.source_vocabulary.spell(source),
                "target": self.target_vocabulary.spell(pieces),
                "attention": attention,
                "log_probability": log_probability,
            }

        def translate(text):
            source = self.read(text)
            return answer(source, self.greedy(source))

        def candidates(text, prefix, width):
            source = self.read(text)
            prefix = self.target_vocabulary.encode(prefix).to_tensor(PAD)
            return answer(source, self.beam(source, tf.reshape(width, []), prefix))

        def score(text, translation):
            target = self.target_vocabulary.encode(translation)
            ended = tf.concat([target, tf.fill([tf.shape(text)[0], 1], END)], axis=1).to_tensor(PAD)
            return {"log_probability": self.log_probability(self.read(text), ended)}

        one, prefix = tf.TensorSpec(None, tf.int32, name="width"), tf.TensorSpec([None], tf.string, name="prefix")
        return {
            "serving_default": (translate, [text]),
            "translate": (translate, [text]),
            "candidates": (candidates, [text, prefix, one]),
            "score": (score, [text, tf.TensorSpec([None], tf.string, name="translation")]),
        }

    def preview(self):
        """What the model looks like now: `picture`, how held-out sentences are translated, and where it looked.

        Returns:
            `picture`, uint8 `(height, width, 3)`; `sources`, `references` and `translations`, arrays of str.
        """
        sources, references = self.held_out
        read = self.read(tf.constant(sources))
        pieces, _, attention = (each.numpy() for each in self.fast_greedy(read))
        translations = [text.decode() for text in self.target_vocabulary.decode(pieces).numpy()]
        spelled = [self.source_vocabulary.spell(read).numpy(), self.target_vocabulary.spell(pieces).numpy()]
        return {
            "picture": alignments.sheet(*spelled, attention),
            "sources": np.array(sources),
            "references": np.array(references),
            "translations": np.array(translations),
        }


def sum_over_devices(tensors):
    """The sum over all devices that train; on one, what is given."""
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, tensors) if context.num_replicas_in_sync > 1 else tensors


def fit_to(
    model_class,
    defaults,
    dataset,
    *,
    source_language,
    target_language,
    pieces,
    examples,
    epochs,
    batch_size,
    learning_rate,
    seed=0,
    initial_epoch=0,
    callbacks=(),
    **settings,
):
    """Learn the pieces of both languages, build a translator for them, and train it with Adam.

    Args:
        model_class: a subclass of `Translator`.
        defaults: a table of what the arguments that are `None` take, by dataset or by `pairs`.
        settings: more for `model_class`.
        dataset, source_language, ...: as every `train` here has them.

    Returns:
        The trained model.

    Raises:
        ValueError: an argument out of its range, or no such pairs.
    """
    if names.kind(dataset) != "pairs":
        raise ValueError(
            f"dataset={dataset!r}: a translator takes pairs of texts: dates, or a folder or .tsv of your own"
        )
    given = {"pieces": pieces, "examples": examples, "epochs": epochs, "learning_rate": learning_rate, **settings}
    row = defaults["pairs"] | defaults.get(dataset, {})
    given = {name: row[name] if value is None else value for name, value in given.items()}
    pieces, examples, epochs, learning_rate = (
        given.pop(name) for name in ("pieces", "examples", "epochs", "learning_rate")
    )
    require_positive(epochs=epochs, batch_size=batch_size, learning_rate=learning_rate)
    require_not_negative(pieces=pieces, examples=examples, seed=seed)
    languages = source_language, target_language
    keras.utils.set_random_seed(seed)
    sources, targets = text_pairs.pairs(dataset, "train", *languages, n=examples or None, seed=seed)
    if len(sources) < batch_size:
        raise ValueError(f"batch_size={batch_size}: there are {len(sources)} pairs to train on")
    model = model_class(learn(sources, pieces), learn(targets, pieces), seed=seed, **given)
    model.held_out = text_pairs.pairs(dataset, "validation", *languages, n=SHOWN)
    numbers = [
        model.source_vocabulary.encode(tf.constant(sources)).to_list(),
        model.target_vocabulary.encode(tf.constant(targets)).to_list(),
    ]
    steps = len(sources) // batch_size
    rate = keras.optimizers.schedules.CosineDecay(learning_rate, epochs * steps)
    optimizer = keras.optimizers.Adam(rate)
    model.compile(optimizer, loss=None, jit_compile=False)  # XLA draws what is left out ten times slower
    optimizer.build(model.trainable_variables)
    model.fit(
        batches(*numbers, batch_size, model.longest, seed, initial_epoch),
        epochs=epochs,
        steps_per_epoch=steps,
        initial_epoch=initial_epoch,
        callbacks=list(callbacks),
        shuffle=False,  # the dataset has its own order
    )
    return model


def measure(model, dataset, source_language, target_language):
    """How well a translator does on held-out texts.

    Returns:
        Of dates, the share that is exactly right: `exact` on days never seen, and `exact_unseen_formats` on such days
        in formats never seen. Of sentences, BLEU in 0..100 by sacrebleu, lower case: `bleu_greedy`, `bleu_beam_5`.
    """
    if dataset == "dates":
        found = {}
        for name, split in (("exact", "test"), ("exact_unseen_formats", "unseen_formats")):
            sources, references = text_pairs.pairs("dates", split, n=MEASURED, seed=0)
            found[name] = float(np.mean(np.array(model.translate(sources)) == references))
        return found
    sources, references = text_pairs.pairs(dataset, "test", source_language, target_language)
    widths = {"bleu_greedy": 1, "bleu_beam_5": 5}
    references = [[reference] for reference in references]
    translations = {name: model.translate(sources, width) for name, width in widths.items()}
    return {name: bleu.reported(texts, references, lowercase=True)[0] for name, texts in translations.items()}


def batches(sources, targets, batch_size, longest, seed=0, initial_epoch=0):
    """Endless batches of pairs of about one length, in an order that is a function of (seed, epoch).

    Args:
        sources, targets: lists of lists of pieces.
        longest: what a list has beyond is cut off.
        initial_epoch: the epoch to begin with.

    Returns:
        A dataset of int32 sources `(batch_size, S)`, ended, and targets `(batch_size, T)`, from `START` to `END`; both
        are padded by `PAD` to the longest of the batch. What is left over at an epoch's end is dropped.
    """
    sources = [[*pieces[: longest - 1], END] for pieces in sources]
    targets = [[START, *pieces[: longest - 1], END] for pieces in targets]
    lengths = np.array([(len(target), len(source)) for source, target in zip(sources, targets, strict=True)])

    def padded(rows):
        longest_row = max(map(len, rows))
        return np.array([row + [PAD] * (longest_row - len(row)) for row in rows], "int32")

    def generate():
        for epoch in itertools.count(initial_epoch):
            random = np.random.default_rng([seed, epoch])
            whole = len(sources) // batch_size * batch_size  # the rest is left out at random, not by its length
            order, together = random.permutation(len(sources))[:whole], SORTED_TOGETHER * batch_size
            parts = [order[at : at + together] for at in range(0, whole, together)]
            rows = np.concatenate([part[np.lexsort(lengths[part].T[::-1])] for part in parts]).reshape(-1, batch_size)
            for row in random.permutation(rows):
                yield padded([sources[i] for i in row]), padded([targets[i] for i in row])

    spec = tf.TensorSpec([batch_size, None], tf.int32)
    return tf.data.Dataset.from_generator(generate, output_signature=(spec, spec)).prefetch(2)
