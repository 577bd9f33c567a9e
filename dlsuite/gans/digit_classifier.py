"""A small digit classifier, whose features judge samples of digits.

`assessment` measures with it: the Fréchet distance in its features, and how many samples fall into each class.
Two convolutions, a dense layer of 64 (the features), and a softmax over ten classes:

    min  -E[log p(label | image)]
"""

from typing import Literal

import keras
import numpy as np
import tensorflow as tf
from keras import layers

from dlsuite import devices, fitting
from dlsuite.arguments import Count, Positive, Seed, checked
from dlsuite.data import examples, mnist
from dlsuite.keras_settings import own_settings, registered
from dlsuite.pictures import sheet

SETTINGS_CHOSEN_ON = "tfds"  # the test digits used for tuning: results on them are optimistic

NAME = "gans.digit_classifier"


@registered
class DigitClassifier(keras.Model):
    """Images float32 `(batch, 28, 28, 1)` in -1..1 to probabilities `(batch, 10)`."""

    def __init__(self, **kwargs):
        images = keras.Input((28, 28, 1), name="images")
        x = images
        for filters in (16, 32):
            x = layers.Conv2D(filters, 3, padding="same", activation="relu")(x)
            x = layers.MaxPooling2D()(x)
        features = layers.Dense(64, activation="relu", name="features")(layers.Flatten()(x))
        probabilities = layers.Dense(10, activation="softmax", name="probabilities")(features)
        super().__init__(images, probabilities, **kwargs)
        self.both = keras.Model(images, {"features": features, "probabilities": probabilities})
        self.trackers = [keras.metrics.Mean(name=name) for name in ("loss", "accuracy")]

    def get_config(self):
        return {"name": self.name}

    @classmethod
    def from_config(cls, config, custom_objects=None):
        return cls(**config)

    @property
    def metrics(self):
        return self.trackers

    def train_step(self, data):
        """One step on the cross-entropy of images `(batch, 28, 28, 1)` and their labels `(batch,)`."""
        images, labels, _ = keras.utils.unpack_x_y_sample_weight(data)
        with tf.GradientTape() as tape:
            probabilities = self(images, training=True)
            loss = tf.reduce_mean(keras.losses.sparse_categorical_crossentropy(labels, probabilities))
        devices.minimize(loss, tape, self.optimizer, self.trainable_variables)
        is_right = tf.argmax(probabilities, axis=1) == tf.cast(labels, tf.int64)
        values = {"loss": loss, "accuracy": tf.reduce_mean(tf.cast(is_right, tf.float32))}
        for tracker in self.trackers:
            tracker.update_state(values[tracker.name])
        return values

    @property
    def input_limits(self):
        return {"images": (-1, 1)}

    def signatures(self):
        """`serving_default`: images to `features` `(batch, 64)`, 0 or above, and `probabilities` `(batch, 10)`."""
        images = tf.TensorSpec([None, 28, 28, 1], tf.float32, name="images")
        return {"serving_default": (lambda images: self.both(images, training=False), [images])}

    def preview(self):
        """The 64 held-out digits whose label the classifier finds least likely, the worst first."""
        images, labels = mnist.arrays("test", "bundled")
        images = examples.scale(images)
        probability = self(images).numpy()[np.arange(len(labels)), labels]
        worst = np.argsort(probability)[:64]
        return {"picture": sheet(images.numpy()[worst], columns=8, black=-1), "probability": probability[worst]}


@own_settings()
@checked
def train(
    *,
    source: Literal["auto", "tfds", "bundled"] = "auto",
    epochs: Count = 5,
    batch_size: Count = 64,
    learning_rate: Positive = 2e-3,
    seed: Seed = 0,
    initial_epoch: int = 0,
    callbacks=(),
) -> DigitClassifier:
    """Train the classifier on MNIST.

    Args:
        source: where MNIST comes from: TensorFlow Datasets, the 5,000 bundled digits, or whichever is there.
        epochs: passes over the training digits.
        batch_size: digits in a step.
        learning_rate: Adam's, falling to 0 along a cosine.
        seed: of the initial weights and the order of the digits.
        initial_epoch: the epoch to begin with, where a run is resumed.
        callbacks: Keras callbacks.

    Raises:
        ValueError: an argument out of its range.
    """
    keras.utils.set_random_seed(seed)
    images, labels = mnist.arrays("train", source)
    batches, steps = examples.shuffled((images, labels), batch_size, seed, initial_epoch)
    return fitting.fit(
        DigitClassifier(),
        fitting.adam(learning_rate, epochs * steps),
        batches=batches.map(lambda image, label: (examples.scale(image), label)),
        steps=steps,
        epochs=epochs,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
        jit_compile="auto",
    )


@own_settings()
def measure(model, *, source: str = "auto") -> dict[str, float]:
    """`accuracy` on the test digits, 0..1."""
    images, labels = mnist.arrays("test", source)
    classes = np.concatenate([np.argmax(model(examples.scale(part)), axis=1) for part in np.array_split(images, 10)])
    return {"accuracy": float(np.mean(classes == labels))}
