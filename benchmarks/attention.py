"""How fast translation with attention trains and decodes here, compared with programs in the style of their own docs.

    python benchmarks/attention.py                  # about 4 minutes on 2 idle CPU cores
    python benchmarks/attention.py --dropout 0

It needs `pip install -e ".[bench]"`. All programs use the same network: a bidirectional GRU encoder, additive
attention, a GRU decoder, a maxout output tied to the target embedding. With the same weights they have the same loss,
which is asserted before anything is timed. A step is forward pass, loss, gradient, clipping and Adam, in float32, on
one batch of full-length sentences in memory; dropout is in the same places.

- dlsuite, as in `attention.bahdanau`, with its own `train_step` in `fit`, compiled as by its `train`;
- TensorFlow, like its tutorial nmt_with_attention: a `tf.function` with a loop over time that contains the whole step:
  embedding, projection of the encoder's states, attention, GRU, output layer, loss. It is a Python loop in the 2019
  version of the tutorial, and `tf.range` in the 2021 version;
- Keras: `keras.layers.RNN` around a cell with attention, with the output layer and the projection of the encoder's
  states outside, and default `compile` and `fit`;
- PyTorch: `nn.GRU`, the encoder's states projected once, a loop over time with `nn.GRUCell`, the output layer and the
  loss for all time steps at once.

Then one sentence is decoded greedily, by dlsuite's loop in the graph and by a Python loop over a compiled step of the
TensorFlow program. Compiling is not timed. A token is a target piece that was trained on.
"""

import argparse
import os
import statistics
import time

# As in `dlsuite train`; here it applies to all programs that use TensorFlow.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
os.environ.setdefault("TF_CPU_ALLOCATOR_USE_BFC", "true")

import keras
import numpy as np
import tensorflow as tf
import torch
import turns
from keras import layers
from torch import nn
from torch.nn import functional

from dlsuite.attention import bahdanau, translator
from dlsuite.data import subwords
from dlsuite.data.subwords import END, PAD, START, UNKNOWN

UNITS, PIECES, LENGTH, BATCH, RATE = 256, 5000, 24, 64, 1e-3


def sentences(n=BATCH, seed=0):
    """Sources `(n, LENGTH)` and targets `(n, 1 + LENGTH)` of random pieces, int32, without padding."""
    pieces = np.random.default_rng(seed).integers(END + 1, PIECES, size=(2, n, LENGTH), dtype="int32")
    pieces[:, :, -1] = END
    return pieces[0], np.concatenate([np.full((n, 1), START, "int32"), pieces[1]], axis=1)


# TensorFlow, like its tutorial "Neural machine translation with attention".


class Encoder(keras.Model):
    def __init__(self, dropout):
        super().__init__()
        self.embedding = layers.Embedding(PIECES, UNITS, mask_zero=True)
        self.gru = layers.Bidirectional(layers.GRU(UNITS, return_sequences=True))
        self.drop_embedded, self.drop_states = layers.Dropout(dropout), layers.Dropout(dropout)

    def call(self, source, training=None):
        embedded = self.drop_embedded(self.embedding(source), training=training)
        states = self.gru(embedded, mask=source != PAD, training=training)
        return self.drop_states(states, training=training)


class BahdanauAttention(layers.Layer):
    def __init__(self):
        super().__init__()
        self.W1, self.W2 = layers.Dense(UNITS, use_bias=False), layers.Dense(UNITS, use_bias=False)
        self.V = layers.Dense(1, use_bias=False)

    def call(self, query, values, mask):
        return self.attend(query, values, self.W2(values), mask)

    def attend(self, query, values, keys, mask):
        score = self.V(tf.nn.tanh(self.W1(query)[:, tf.newaxis] + keys))  # (batch, S, 1)
        score = tf.where(mask[:, :, tf.newaxis], score, -1e9)
        return tf.reduce_sum(tf.nn.softmax(score, axis=1) * values, axis=1)


class Decoder(keras.Model):
    def __init__(self, dropout):
        super().__init__()
        self.embedding = layers.Embedding(PIECES, UNITS)
        self.attention, self.gru = BahdanauAttention(), layers.GRUCell(UNITS)
        self.first = layers.Dense(UNITS, activation="tanh", use_bias=False)
        self.maxout = layers.Dense(2 * UNITS, use_bias=False)
        self.fc_bias = self.add_weight(shape=(PIECES,), initializer="zeros")
        self.drop_embedded, self.drop_output = layers.Dropout(dropout), layers.Dropout(dropout)

    def first_state(self, values):
        return self.first(values[:, 0, UNITS:])

    def fc(self, state, context, embedded, training=None):
        x = self.maxout(tf.concat([state, context, embedded], axis=-1))
        x = self.drop_output(tf.maximum(x[..., :UNITS], x[..., UNITS:]), training=training)
        return tf.matmul(x, self.embedding.embeddings, transpose_b=True) + self.fc_bias

    def call(self, x, state, values, mask, training=None):
        """The logits after the pieces `x`, `(batch,)`, and the next state."""
        embedded = self.drop_embedded(self.embedding(x), training=training)
        context = self.attention(state, values, mask)
        state, _ = self.gru(tf.concat([embedded, context], axis=-1), [state])
        return self.fc(state, context, embedded, training), state


cross_entropy = keras.losses.SparseCategoricalCrossentropy(from_logits=True, reduction=None)


class TensorFlow:
    """The loop over time is either unrolled by Python, or a loop in the graph."""

    def __init__(self, dropout, unrolled=True):
        self.encoder, self.decoder, self.unrolled = Encoder(dropout), Decoder(dropout), unrolled
        self.batch = [tf.constant(pieces) for pieces in sentences()]
        self.first_loss = tf.function(self.loss)  # builds the layers
        self.first_loss(*self.batch)
        self.optimizer = keras.optimizers.Adam(RATE, global_clipnorm=translator.CLIP)
        self.optimizer.build(self.encoder.trainable_variables + self.decoder.trainable_variables)
        self.train_step = tf.function(self.step)
        self.encode, self.compiled_step = tf.function(self.encoder), tf.function(self.decoder)

    def loss(self, source, target, training=False):
        values, mask = self.encoder(source, training=training), source != PAD
        state, total = self.decoder.first_state(values), tf.constant(0.0)
        for t in range(LENGTH) if self.unrolled else tf.range(LENGTH):
            predictions, state = self.decoder(target[:, t], state, values, mask, training=training)
            is_piece = tf.cast(target[:, t + 1] != PAD, tf.float32)
            total += tf.reduce_sum(is_piece * cross_entropy(target[:, t + 1], predictions))
        return total / tf.reduce_sum(tf.cast(target[:, 1:] != PAD, tf.float32))

    def step(self, source, target):
        with tf.GradientTape() as tape:
            batch_loss = self.loss(source, target, training=True)
        variables = self.encoder.trainable_variables + self.decoder.trainable_variables
        self.optimizer.apply_gradients(zip(tape.gradient(batch_loss, variables), variables, strict=True))
        return batch_loss

    def run(self, steps):
        begin, total_loss = time.perf_counter(), 0.0
        for _ in range(steps):
            total_loss += self.train_step(*self.batch)
        float(total_loss)
        return (time.perf_counter() - begin) / steps

    def translate(self, source):
        """The most likely pieces one after the other, without special symbols."""
        values, mask = self.encode(source, training=False), source != PAD
        state, piece, result = self.decoder.first_state(values), tf.fill([len(source)], START), []
        for _ in range(LENGTH):
            predictions, state = self.compiled_step(piece, state, values, mask, training=False)
            predictions = predictions.numpy()
            predictions[:, [PAD, UNKNOWN, START]] = -np.inf
            piece = predictions.argmax(axis=1).astype("int32")
            result.append(piece)
            if (piece == END).all():
                break
            piece = tf.constant(piece)
        return np.stack(result, axis=1)

    def take(self, weights):
        encoder, decoder = self.encoder, self.decoder
        encoder.embedding.set_weights([weights["source"]])
        encoder.gru.set_weights([*weights["forward"], *weights["backward"]])
        put_into_decoder(decoder, weights)

    def parameters(self):
        return self.encoder.count_params() + self.decoder.count_params()


def put_into_decoder(decoder, weights):
    decoder.embedding.set_weights([weights["target"]])
    decoder.gru.set_weights(weights["decoder"])
    decoder.attention.W1.set_weights([weights["of_state"]])
    decoder.attention.W2.set_weights([weights["of_source"]])
    decoder.attention.V.set_weights([weights["score"]])
    decoder.first.set_weights([weights["first"]])
    decoder.maxout.set_weights([weights["maxout"]])
    decoder.fc_bias.assign(weights["output_bias"])


# Keras: an attention cell in `layers.RNN`. What it looks at is set before a call: Keras 3's RNN takes no constants.


class AttentionCell(layers.Layer):
    def __init__(self, attention, gru):
        super().__init__()
        self.attention, self.gru, self.state_size, self.output_size = attention, gru, UNITS, 3 * UNITS

    def setup_memory(self, values, mask):
        self.memory = values, self.attention.W2(values), mask

    def call(self, embedded, states):
        context = self.attention.attend(states[0], *self.memory)
        state, _ = self.gru(tf.concat([embedded, context], axis=-1), states)
        return tf.concat([state, context], axis=-1), [state]


class KerasTranslator(keras.Model):
    def __init__(self, dropout):
        super().__init__()
        self.encoder, self.decoder = Encoder(dropout), Decoder(dropout)
        self.cell = AttentionCell(self.decoder.attention, self.decoder.gru)
        self.rnn = layers.RNN(self.cell, return_sequences=True)

    def call(self, inputs, training=None):
        source, target = inputs
        values = self.encoder(source, training=training)
        self.cell.setup_memory(values, source != PAD)
        decoder = self.decoder
        embedded = decoder.drop_embedded(decoder.embedding(target), training=training)
        both = self.rnn(embedded, initial_state=[decoder.first_state(values)], training=training)
        return decoder.fc(both[..., :UNITS], both[..., UNITS:], embedded, training)


class Keras:
    def __init__(self, dropout):
        self.model = KerasTranslator(dropout)
        loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True, ignore_class=PAD)
        self.model.compile(keras.optimizers.Adam(RATE, global_clipnorm=translator.CLIP), loss=loss)
        source, target = sentences()
        self.x, self.y = (source, target[:, :-1]), target[:, 1:]
        self.model(self.x)  # builds the layers

    def first_loss(self, source, target):
        return self.model.loss(target[:, 1:], self.model([source, target[:, :-1]]))

    def run(self, steps):
        watch, batches = turns.Stopwatch(), tf.data.Dataset.from_tensors((self.x, self.y)).repeat(steps + 1)
        self.model.fit(batches, callbacks=[watch], verbose=0)
        return watch.seconds / watch.steps

    def take(self, weights):
        self.model.encoder.embedding.set_weights([weights["source"]])
        self.model.encoder.gru.set_weights([*weights["forward"], *weights["backward"]])
        put_into_decoder(self.model.decoder, weights)

    def parameters(self):
        return sum(int(np.prod(variable.shape)) for variable in self.model.trainable_variables)


# PyTorch.


class TorchTranslator(nn.Module):
    def __init__(self, dropout):
        super().__init__()
        self.source, self.target = nn.Embedding(PIECES, UNITS), nn.Embedding(PIECES, UNITS)
        self.gru = nn.GRU(UNITS, UNITS, batch_first=True, bidirectional=True)
        self.of_source, self.of_state = (nn.Linear(n * UNITS, UNITS, bias=False) for n in (2, 1))
        self.score, self.first = nn.Linear(UNITS, 1, bias=False), nn.Linear(UNITS, UNITS, bias=False)
        self.cell = nn.GRUCell(3 * UNITS, UNITS)
        self.maxout = nn.Linear(4 * UNITS, 2 * UNITS, bias=False)
        self.output_bias = nn.Parameter(torch.zeros(PIECES))
        self.dropout = nn.Dropout(dropout)

    def forward(self, source, target):
        values, _ = self.gru(self.dropout(self.source(source)))
        values = self.dropout(values)
        is_padding, keys = source == PAD, self.of_source(values)
        state = torch.tanh(self.first(values[:, 0, UNITS:]))
        embedded, states, contexts = self.dropout(self.target(target)), [], []
        for piece in embedded.unbind(1):
            energies = self.score(torch.tanh(self.of_state(state).unsqueeze(1) + keys)).squeeze(2)
            weights = torch.softmax(energies.masked_fill(is_padding, -torch.inf), dim=1)
            context = torch.bmm(weights.unsqueeze(1), values).squeeze(1)
            state = self.cell(torch.cat([piece, context], dim=1), state)
            states.append(state)
            contexts.append(context)
        x = self.maxout(torch.cat([torch.stack(states, 1), torch.stack(contexts, 1), embedded], dim=2))
        x = self.dropout(torch.maximum(*x.chunk(2, dim=2)))
        return functional.linear(x, self.target.weight, self.output_bias)


class Torch:
    def __init__(self, dropout):
        self.model = TorchTranslator(dropout)
        self.optimizer = torch.optim.Adam(self.model.parameters(), lr=RATE)
        self.batch = [torch.from_numpy(pieces).long() for pieces in sentences()]

    def loss(self, source, target):
        logits = self.model(source, target[:, :-1])
        return functional.cross_entropy(logits.flatten(0, 1), target[:, 1:].flatten(), ignore_index=PAD)

    def first_loss(self, source, target):
        self.model.eval()
        with torch.no_grad():
            found = self.loss(torch.from_numpy(source).long(), torch.from_numpy(target).long())
        self.model.train()
        return found

    def run(self, steps):
        begin, total_loss = time.perf_counter(), 0.0
        for _ in range(steps):
            self.optimizer.zero_grad()
            loss = self.loss(*self.batch)
            loss.backward()
            nn.utils.clip_grad_norm_(self.model.parameters(), translator.CLIP)
            self.optimizer.step()
            total_loss += loss.item()
        return (time.perf_counter() - begin) / steps

    def take(self, weights):
        model = self.model

        def put(parameter, value):
            parameter.data = torch.from_numpy(np.ascontiguousarray(value))

        def put_gru(layer, suffix, gru):  # PyTorch's gates are r, z, n
            kernel, recurrent, bias = (
                np.concatenate([np.split(each, 3, axis=-1)[gate] for gate in (1, 0, 2)], axis=-1) for each in gru
            )
            values = kernel.T, recurrent.T, *bias
            for name, value in zip(("weight_ih", "weight_hh", "bias_ih", "bias_hh"), values, strict=True):
                put(getattr(layer, name + suffix), value)

        put_gru(model.gru, "_l0", weights["forward"])
        put_gru(model.gru, "_l0_reverse", weights["backward"])
        put_gru(model.cell, "", weights["decoder"])
        for name in ("of_source", "of_state", "score", "first", "maxout"):
            put(getattr(model, name).weight, weights[name].T)
        put(model.source.weight, weights["source"])
        put(model.target.weight, weights["target"])
        put(model.output_bias, weights["output_bias"])

    def parameters(self):
        return sum(parameter.numel() for parameter in self.model.parameters())


# A contender has `run(steps)`, which trains for that many more steps and returns the seconds per step; `take(weights)`,
# which copies dlsuite's weights into it; and `first_loss(source, target)`, in nats per piece, without dropout.


class Ours:
    def __init__(self, dropout):
        pieces = subwords.SPECIAL + [f"▁{number}" for number in range(PIECES - len(subwords.SPECIAL))]
        self.model = bahdanau.Bahdanau(pieces, pieces, UNITS, dropout, label_smoothing=0.0, max_length=LENGTH)
        optimizer = keras.optimizers.Adam(RATE)
        self.model.compile(optimizer, loss=None, jit_compile=False)
        self.batch = sentences()

    def first_loss(self, source, target):
        log_probability = self.model.log_probability(tf.constant(source), tf.constant(target[:, 1:]))
        return -tf.reduce_mean(log_probability) / LENGTH

    def run(self, steps):
        watch, batches = turns.Stopwatch(), tf.data.Dataset.from_tensors(self.batch).repeat(steps + 1)
        self.model.fit(batches, callbacks=[watch], shuffle=False, verbose=0)
        return watch.seconds / watch.steps

    def weights(self):
        """Arrays by name; a GRU's as in Keras: kernel, recurrent kernel, and a row of biases for each."""
        encoder, decoder = self.model.encoder, self.model.decoder

        def gru(kernel, layer):
            biases = np.stack([layer.bias.numpy(), np.pad(layer.recurrent_bias.numpy(), (2 * UNITS, 0))])
            return [kernel, layer.recurrent.numpy(), biases]

        return {
            "source": encoder.embedding.embeddings.numpy(),
            "target": decoder.embedding.numpy(),
            "forward": gru(encoder.forward.kernel.numpy(), encoder.forward),
            "backward": gru(encoder.backward.kernel.numpy(), encoder.backward),
            "decoder": gru(np.concatenate([decoder.of_piece.numpy(), decoder.of_context.numpy()]), decoder),
            "maxout": np.concatenate([kernel.numpy() for kernel in decoder.output_of]),
            "score": decoder.score.numpy()[:, None],
            **{name: getattr(decoder, name).numpy() for name in ("of_state", "of_source", "first", "output_bias")},
        }

    def parameters(self):
        return self.model.count_params()


CONTENDERS = {
    "dlsuite": Ours,
    "TensorFlow, whole step in a loop": TensorFlow,
    "TensorFlow, the same by `tf.range`": lambda dropout: TensorFlow(dropout, unrolled=False),
    "Keras, `RNN` around a cell": Keras,
    "PyTorch": Torch,
}


def make_equal(contenders):
    """Give all of them the same weights, and assert that they are the same network."""
    ours = contenders["dlsuite"]
    weights, batch = ours.weights(), sentences(8, seed=1)
    wanted = float(ours.first_loss(*batch))
    for name, contender in contenders.items():
        if contender is not ours:
            contender.take(weights)
        loss, ratio = float(contender.first_loss(*batch)), contender.parameters() / ours.parameters()
        assert abs(loss - wanted) < 1e-4, f"{name}: a loss of {loss}, and {wanted} here"
        assert abs(ratio - 1) < 0.01, f"{name}: {ratio} times the parameters"
    print(f"All have a loss of {wanted:.4f} nats per piece with the same {ours.parameters():,} weights.\n", flush=True)


def flops_of_step():
    """The minimum FLOPs of a step's matrix products: forward, for the weight gradients, and for the input gradients."""
    u, source, target = UNITS, 0, 0
    source += 2 * (u * 3 * u + u * 3 * u) + 2 * u * u  # both directions, and the attention keys
    target += (u + 2 * u + u) * 3 * u + u * u  # the GRU's three inputs, and the query
    target += LENGTH * (u + 2 * u)  # energies, and the mean
    target += 4 * u * 2 * u + u * PIECES
    return 3 * 2 * BATCH * LENGTH * (source + target)


def compare_training(contenders, rounds, steps):
    for contender in contenders.values():
        contender.run(2)  # compiles
    seconds, peak = turns.take_turns(contenders, rounds, lambda contender: contender.run(steps))
    print("| program | tokens / s | ms / step | dlsuite's speed-up | GFLOP/s of the matmul peak |")
    print("|---|---|---|---|---|", flush=True)
    for name, each in seconds.items():
        typical = statistics.median(each)
        rate = flops_of_step() / typical
        print(
            f"| {name} | {BATCH * LENGTH / typical:,.0f} | {1000 * typical:.0f} "
            f"| {turns.median_ratio(each, seconds['dlsuite']):.2f} "
            f"| {rate / 1e9:.0f} of {peak / 1e9:.0f} = {100 * rate / peak:.0f} % |",
            flush=True,
        )


def compare_decoding(ours, peer, rounds, sentences_a_turn=20):
    """Decode one sentence at a time, each with `LENGTH` pieces: `END` is made unlikely."""
    bias = ours.model.decoder.output_bias.numpy()
    bias[END] = -100.0
    ours.model.decoder.output_bias.assign(bias)
    peer.take(ours.weights())
    source = tf.constant(sentences(1)[0])
    contenders = {
        "dlsuite": lambda: ours.model.fast_best(source)[0].numpy(),
        "Python over a compiled step": lambda: peer.translate(source),
    }
    written = [decode() for decode in contenders.values()]
    assert written[0].shape == (1, LENGTH) and (written[0] == written[1]).all()

    def run(decode):
        begin = time.perf_counter()
        for _ in range(sentences_a_turn):
            decode()
        return (time.perf_counter() - begin) / sentences_a_turn

    seconds, _ = turns.take_turns(contenders, rounds, run)
    print("\n| decoding one sentence | ms | dlsuite's speed-up |\n|---|---|---|")
    for name, each in seconds.items():
        ratio = turns.median_ratio(each, seconds["dlsuite"])
        print(f"| {name} | {1000 * statistics.median(each):.1f} | {ratio:.2f} |", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=7, help="turns of each program")
    parser.add_argument("--steps", type=int, default=10, help="in each turn")
    parser.add_argument("--dropout", type=float, default=bahdanau.DEFAULTS["pairs"]["dropout"])
    options = parser.parse_args()
    contenders = {name: make(options.dropout) for name, make in CONTENDERS.items()}
    make_equal(contenders)
    compare_training(contenders, options.rounds, options.steps)
    compare_decoding(contenders["dlsuite"], contenders["TensorFlow, whole step in a loop"], options.rounds)


if __name__ == "__main__":
    main()
