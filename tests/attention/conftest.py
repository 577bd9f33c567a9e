"""What the tests of the translators share: untrained ones, and what they read and write."""

import numpy as np
import pytest
import tensorflow as tf

from dlsuite.attention.bahdanau import Bahdanau
from dlsuite.attention.seq2seq import Seq2Seq
from dlsuite.data.subwords import END, PAD, SPECIAL, learn


@pytest.fixture(scope="session")
def sources():
    """Texts of all sorts: longer than what is read, without anything, of characters that were never seen."""
    return ["a cab", "bad dad fed", "", "cafe 👍", "deaf " * 40, "ж"]


@pytest.fixture(scope="session")
def build():
    """A function that builds an untrained translator with weights so large that every input matters."""

    def build(model_class, **settings):
        pieces = learn(["abcdef deaf cafe fed bad"] * 2, 14)
        settings = {"units": 5, "dropout": 0.0, "label_smoothing": 0.1, "max_length": 9} | settings
        model = model_class(pieces, [*SPECIAL, "▁", *"uvwxyz"], **settings)
        random = np.random.default_rng(4)
        for weight in model.trainable_weights:
            weight.assign(random.normal(size=weight.shape, scale=0.8))
        bias = model.decoder.output_bias
        bias.assign(tf.tensor_scatter_nd_add(bias, [[END]], [2.0]))  # some end
        return model

    return build


@pytest.fixture(scope="module", params=[Seq2Seq, Bahdanau], ids=["seq2seq", "bahdanau"])
def model(request, build):
    return build(request.param)


@pytest.fixture(scope="module")
def read(model, sources):
    return model.read(tf.constant(sources))


@pytest.fixture(scope="module")
def target():
    """Pieces, ended and padded, of as many rows as there are sources."""
    rows = [[4, 5, 6, END], [END], [10, 9, 8, 7, 6, END], [4, 4, END], [5, END], [6, 7, END]]
    return tf.ragged.constant(rows, dtype=tf.int32).to_tensor(PAD)
