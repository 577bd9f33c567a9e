"""Attention pooling (after F. Fleuret's deep-learning course, https://fleuret.org/dlc/, lecture 13.2).

A mean over all places of a signal in which those count for more that are asked for. Convolutions have made a vector
h_i of every place i, and at every place j attention answers with a mean of the values v_i = V h_i:

    y_j = sum_i softmax_i(score(q_j, k_i)) v_i

The kinds of attention differ in what is compared,

    kind       query q_j    key k_i    the weights are a function of
    spatial    p_j          p_i        the two places alone, whatever the signal; with equal scores average pooling
    context    c            h_i        what is at i: one learned question c, and one answer for all j
    self       h_j          h_i        what is at j and what is at i

    dot         q . k                            additive    w . tanh(W q + W' k)
    projected   (W q) . (W' k)                   scaled      (W q) . (W' k) / sqrt(channels)

and the scores in how, with p_j the sinusoidal position encoding (Vaswani et al., 2017, arXiv:1706.03762, Section 3.5)
and V, W, W', w, c learned. The network around it is the same for all kinds,

    x -> convolution 5, convolution 5 -> h -> y -> (h, y) -> convolution 5, convolution 5 -> prediction

and without attention y comes from a convolution of width 3 over h, which has as many weights as V, W and W' together.
It sees `RECEPTIVE_FIELD` = 19 places, at best a neighbour or a part of one, and so it cannot solve the task of
`dlsuite.data.shapes1d`, in which every shape must know of all the others. All three kinds of attention can: even plain
averages over all places, as spatial attention takes them, tell the convolutions behind it how high and how many the
shapes of either kind are.
"""

from typing import Annotated, Literal

import keras
import numpy as np
import tensorflow as tf
from annotated_types import Ge, MultipleOf
from keras import layers

from dlsuite import devices, fitting
from dlsuite.arguments import Count, Positive, Seed, checked, require_one_of
from dlsuite.attention import scores, signal_sheet
from dlsuite.data import shapes1d
from dlsuite.keras_settings import own_settings, registered

SETTINGS_CHOSEN_ON = "bundled"  # on the signals of the split `validation`, which no measurement here uses

KINDS = ("self", "context", "spatial", "none")
SCORES = ("dot", "projected", "scaled", "additive")
POSITIONS = ("none", "sinusoidal")
WIDTH = 5
"""Of the convolutions around attention, in places."""
WIDTH_INSTEAD = 3
"""Of the convolution in the place of attention: as many d x d matrices as attention has."""
RECEPTIVE_FIELD = 1 + 4 * (WIDTH - 1) + (WIDTH_INSTEAD - 1)
HELD_OUT = 2000


def position_encoding(length, channels):
    """p, `(length, channels)`: sines and cosines of the place over wavelengths from 2 pi up to 20,000 pi."""
    place = tf.range(length, dtype=tf.float32)[:, None]
    angle = place / 10_000 ** (tf.range(0, channels, 2, dtype=tf.float32) / channels)  # (length, channels / 2)
    return tf.concat([tf.sin(angle), tf.cos(angle)], axis=-1)


@registered
class AddPositions(layers.Layer):
    """h + p."""

    def call(self, h):
        return h + position_encoding(tf.shape(h)[1], h.shape[-1])


@registered
class Attention(layers.Layer):
    """y and its weights from h `(batch, length, channels)`.

    Args:
        kind: `spatial`, `context` or `self`.
        score: `dot`, `projected`, `scaled` or `additive`.
    """

    def __init__(self, kind="self", score="scaled", **kwargs):
        super().__init__(**kwargs)
        self.kind, self.score = kind, score

    def get_config(self):
        return super().get_config() | {"kind": self.kind, "score": self.score}

    def build(self, shape):
        d = shape[-1]
        self.to_values = self.add_weight(name="V", shape=(d, d))
        if self.score != "dot":
            self.to_queries = self.add_weight(name="W", shape=(d, d))
            self.to_keys = self.add_weight(name="W_prime", shape=(d, d))
        if self.score == "additive":
            self.w = self.add_weight(name="w", shape=(d, 1))
        if self.kind == "context":
            self.context = self.add_weight(name="c", shape=(1, d))

    def call(self, h, key_mask=None):
        """y `(batch, length, channels)` and weights `(batch, length, length)`: how much place j takes from place i.

        Args:
            h: a vector for every place.
            key_mask: true where there is a place to look at, `(batch, length)`; others get weight 0 exactly.
        """
        if self.kind == "spatial":
            queries = keys = tf.zeros_like(h) + position_encoding(tf.shape(h)[1], h.shape[-1])
        else:
            queries, keys = h if self.kind == "self" else tf.zeros_like(h) + self.context, h
        weights = scores.masked_softmax(self.score_all(queries, keys), key_mask)
        return scores.weighted_mean(weights, h @ self.to_values), weights

    def score_all(self, queries, keys):
        """score(q_j, k_i) for all j and i, `(batch, length, length)`."""
        if self.score == "dot":
            return scores.dot(queries, keys)
        queries, keys = queries @ self.to_queries, keys @ self.to_keys
        if self.score == "additive":
            return scores.additive(queries, keys, self.w[:, 0])
        return scores.scaled(queries, keys) if self.score == "scaled" else scores.dot(queries, keys)


@registered
class Pooling(keras.Model):
    """Signals `(batch, length)` to predictions of the same shape, for any length.

    Args:
        attention: `self`, `context`, `spatial`, or `none` for a convolution.
        score: `dot`, `projected`, `scaled` or `additive`.
        positions: what is added to h: `none`, or the `sinusoidal` encoding.
        channels: numbers in each h_i, even, 2 or more.
    """

    def __init__(self, attention="self", score="scaled", positions="none", channels=16, **kwargs):
        require_one_of(KINDS, attention=attention)
        require_one_of(SCORES, score=score)
        require_one_of(POSITIONS, positions=positions)
        if channels < 2 or channels % 2:
            raise ValueError(f"channels={channels!r}: it must be even, and 2 or more")

        def convolution(filters, activation="relu"):
            return layers.Conv1D(filters, WIDTH, padding="same", activation=activation)

        signals = keras.Input((None,), name="signals")
        h = layers.Reshape((-1, 1))(signals)  # (batch, length, 1)
        h = convolution(channels)(convolution(channels)(h))
        if positions == "sinusoidal":
            h = AddPositions()(h)
        if attention == "none":
            y = layers.Conv1D(channels, WIDTH_INSTEAD, padding="same", use_bias=False)(h)
            weights = None
        else:
            y, weights = Attention(attention, score)(h)
        x = convolution(channels)(layers.Concatenate()([h, y]))
        predictions = layers.Reshape((-1,))(convolution(1, None)(x))
        super().__init__(signals, predictions, **kwargs)
        self.attention, self.score, self.positions, self.channels = attention, score, positions, channels
        self.loss_tracker = keras.metrics.Mean(name="loss")
        answers = {"prediction": predictions} | ({} if weights is None else {"weights": weights})
        self.with_weights = keras.Model(signals, answers)

    def get_config(self):
        return {
            "name": self.name,
            "attention": self.attention,
            "score": self.score,
            "positions": self.positions,
            "channels": self.channels,
        }

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)

    @property
    def metrics(self):
        return [self.loss_tracker]

    def train_step(self, data):
        """One step on the mean squared error of the predictions for signals, given with their targets."""
        signals, targets, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean((self(signals, training=True) - targets) ** 2)
        devices.minimize(loss, tape, self.optimizer, self.trainable_variables)
        self.loss_tracker.update_state(loss)
        return {"loss": loss}

    def signatures(self):
        """`predict`, which is `serving_default` too: `signals` to `prediction` and, with attention, `weights`."""
        specs = [tf.TensorSpec([None, None], tf.float32, name="signals")]

        def predict(signals):
            return self.with_weights(signals, training=False)

        return {"serving_default": (predict, specs), "predict": (predict, specs)}

    def preview(self):
        """Three signals of the test split: `signals`, `targets`, `prediction`, and `weights` where there are any."""
        signals, targets = shapes1d.sample(3, split="test")
        answers = self.with_weights(tf.constant(signals), training=False)
        answers = {name: value.numpy() for name, value in answers.items()}
        picture = signal_sheet.sheet(signals, targets, answers["prediction"], answers.get("weights"))
        return {"picture": picture, "signals": signals, "targets": targets, **answers}


@own_settings()
@checked
def train(
    *,
    dataset: Literal["shapes"] = "shapes",
    attention: Literal["self", "context", "spatial", "none"] = "self",
    score: Literal["dot", "projected", "scaled", "additive"] = "scaled",
    positions: Literal["none", "sinusoidal"] = "none",
    epochs: Count = 30,
    batch_size: Count = 32,
    learning_rate: Positive = 0.02,
    channels: Annotated[int, Ge(2), MultipleOf(2)] = 16,
    seed: Seed = 0,
    initial_epoch: int = 0,
    callbacks=(),
) -> Pooling:
    """Train a network to give every shape of a signal the mean height of its kind.

    Args:
        dataset: shapes, the signals of `dlsuite.data.shapes1d`.
        attention: self, context or spatial, or none for a convolution of as many weights.
        score: how a query is compared with a key; without attention of no effect.
        positions: what is added to the vectors that are attended to: none, or the sinusoidal position encoding.
        epochs: how long to train, in units of 100 batches of fresh signals.
        batch_size: signals in each step.
        learning_rate: Adam's at its highest: it rises through the first tenth of training, and falls along a cosine.
        channels: numbers in the vector of each place.
        seed: of the initial weights and of the signals.
        initial_epoch: the epoch to begin with, where a run is resumed.
        callbacks: Keras callbacks.

    Raises:
        ValueError: an argument out of its range, or another dataset.
    """
    require_shapes(dataset)
    keras.utils.set_random_seed(seed)
    model = Pooling(attention=attention, score=score, positions=positions, channels=channels)
    steps = shapes1d.STEPS_PER_EPOCH
    return fitting.fit(
        model,
        fitting.adam(learning_rate, epochs * steps, rising=epochs * steps // 10),
        batches=shapes1d.load(batch_size, seed, initial_epoch),
        steps=steps,
        epochs=epochs,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
    )


@own_settings()
def measure(model, *, dataset: str = "shapes", split: shapes1d.Split = "test") -> dict[str, float]:
    """How near predictions come to the targets of 2,000 signals that no training has seen.

    Args:
        dataset: shapes.
        split: `test`, or to choose settings by, `validation`.

    Returns:
        `mean_squared_error` over all places, in units of the highest shape squared; `unchanged_mean_squared_error`,
        that of answering with the signal itself; `height_error`, the mean absolute error at the shapes' centres.
    """
    require_shapes(dataset)
    drawn = shapes1d.shapes(HELD_OUT, split=split)
    signals, targets = shapes1d.sample(HELD_OUT, split=split)
    predictions = np.concatenate([model(part, training=False) for part in np.split(signals, HELD_OUT // 100)])
    at_centres = np.take_along_axis(predictions - targets, drawn.centre, axis=1)
    return {
        "mean_squared_error": float(np.mean((predictions - targets) ** 2)),
        "unchanged_mean_squared_error": float(np.mean((signals - targets) ** 2)),
        "height_error": float(np.mean(np.abs(at_centres))),
    }


def require_shapes(dataset) -> None:
    """Raise `ValueError` for any dataset but the signals."""
    if dataset != "shapes":
        raise ValueError(f"dataset={dataset!r}: attention is pooled over the signals of shapes, and no others")
