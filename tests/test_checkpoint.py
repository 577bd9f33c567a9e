"""What a checkpoint holds. That it is everything in every lesson, `test_devices.py` tests while it trains them."""

import keras
import numpy as np
import tensorflow as tf

from dlsuite import checkpoint


class Noisy(keras.layers.Layer):
    """A layer with seed generators in a list."""

    def __init__(self):
        super().__init__()
        self.seeds = [keras.random.SeedGenerator(1), keras.random.SeedGenerator(2)]

    def call(self, x):
        return x + sum(keras.random.normal(tf.shape(x), seed=seeds) for seeds in self.seeds)


class Toy(keras.Model):
    """A model whose optimizers and seeds lie in a list, in a dictionary, in one within the other, and in a layer."""

    def __init__(self):
        super().__init__()
        self.layers_of_each = [keras.layers.Dense(1) for _ in range(3)]
        self.noisy = Noisy()
        for layer in self.layers_of_each:
            layer.build((None, 2))
        first, second, third = (keras.optimizers.Adam(0.1) for _ in range(3))
        self.first, self.others = [first], {"second": second, "more": {"third": (third,)}}
        for optimizer, layer in zip((first, second, third), self.layers_of_each, strict=True):
            optimizer.build(layer.trainable_variables)

    def call(self, x):
        x = self.noisy(x)
        return sum(layer(x) for layer in self.layers_of_each)

    def step(self):
        with tf.GradientTape() as tape:
            loss = tf.reduce_mean(self(tf.ones([4, 2])) ** 2)
        weights = [layer.trainable_variables for layer in self.layers_of_each]
        optimizers = (self.first[0], self.others["second"], self.others["more"]["third"][0])
        for optimizer, gradients, variables in zip(optimizers, tape.gradient(loss, weights), weights, strict=True):
            optimizer.apply(gradients, variables)


def test_optimizers_and_seeds_are_found_wherever_they_are(tmp_path):
    model = Toy()
    model.step()
    checkpoint.save(tmp_path, model, epoch=0, step=1)
    model.step()
    expected = [layer.get_weights() for layer in model.layers_of_each]
    other = Toy()
    checkpoint.restore(other, checkpoint.load(tmp_path))
    other.step()
    for layer, weights in zip(other.layers_of_each, expected, strict=True):
        for ours, theirs in zip(layer.get_weights(), weights, strict=True):
            np.testing.assert_array_equal(ours, theirs)
    of_an_adam = 2 + 2 * 2  # iterations, learning rate, and two slots for each of two weights
    assert len(checkpoint.variables(model)) == 3 * (2 + of_an_adam) + 2
