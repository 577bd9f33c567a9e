"""A translator's search, compiled: as a graph for any number of sentences, and by XLA for a greedy one of one alone.

One sentence is little work in many operations, of which XLA makes few. But it compiles for one length, which takes a
second or two when the first sentence of that length comes; so lengths are rounded up, and the padding is cut off again.
"""

import tensorflow as tf

from dlsuite.attention import search

ROUNDED_TO = 16
"""In pieces."""


class Best:
    """A translator's `best`, compiled when it is called."""

    def __init__(self, translator):
        fused = tf.function(lambda source: translator.greedy(source, is_fused=True), jit_compile=True)

        def rounded_up(source):
            length = tf.shape(source)[1]
            rounded = tf.maximum(length, tf.minimum(-(-length // ROUNDED_TO) * ROUNDED_TO, translator.max_length))
            pieces, log_probability, weights = search.cut(*fused(tf.pad(source, [[0, 0], [0, rounded - length]])))
            return pieces, log_probability, weights[:, :, :length]

        self.of_many = tf.function(translator.best, reduce_retracing=True)
        self.of_one = tf.function(rounded_up, input_signature=[tf.TensorSpec([1, None], tf.int32)])

    def __call__(self, source, width=1):
        """As `Translator.best`, of int32 sources `(batch, S)`."""
        is_alone = source.shape[0] == 1 and width == 1
        return self.of_one(source) if is_alone else self.of_many(source, int(width))
