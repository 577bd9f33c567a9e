"""How both word models are trained: on the words of a text that are frequent enough, at a falling rate."""

import keras
import tensorflow as tf

from dlsuite import fitting
from dlsuite.data import names, text
from dlsuite.embeddings import windows
from dlsuite.embeddings.word_vectors import FEWEST_WORDS

FINAL_RATE = 4e-3
"""What is left of the learning rate at the end, as a share: word2vec's 0.0001 of 0.025."""


def fit_to(
    dataset,
    *,
    build,
    epochs,
    batch_size,
    learning_rate,
    window,
    negatives,
    subsampling,
    min_count,
    vocabulary_size,
    source="auto",
    seed=0,
    initial_epoch=0,
    callbacks=(),
):
    """Build a model of the words of a text, and train it.

    Args:
        build: a function of `vocabulary` that returns the model.
        dataset, epochs and all others: as both `train`s have them.

    Returns:
        The trained model.

    Raises:
        ValueError: an argument out of its range, no such text, or one in which too few words occur often enough.
        sources.MissingData: the dataset is not on this machine.
    """
    if tf.distribute.get_strategy().num_replicas_in_sync > 1:
        raise ValueError("devices: word vectors are trained on one device, since each update needs the one before it")
    names.require_kind(dataset, "text")
    keras.utils.set_random_seed(seed)
    documents = text.documents(dataset, "train", source)
    vocabulary = text.vocabulary_of(documents, min_count, vocabulary_size)
    if len(vocabulary) < FEWEST_WORDS:
        raise ValueError(
            f"min_count={min_count}: only {len(vocabulary)} words occur that often in {dataset!r}, and at least "
            f"{FEWEST_WORDS} are needed"
        )
    steps, steps_per_epoch, updates = windows.batches(
        text.corpus_of(documents, vocabulary),
        batch_size,
        window=window,
        negatives=negatives,
        subsampling=subsampling,
        seed=seed,
        initial_epoch=initial_epoch,
    )
    model = build(vocabulary)
    falling = keras.optimizers.schedules.PolynomialDecay(
        learning_rate, epochs * steps_per_epoch * updates, FINAL_RATE * learning_rate
    )
    return fitting.fit(
        model,
        keras.optimizers.SGD(falling),
        batches=steps,
        steps=steps_per_epoch,
        epochs=epochs,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
        jit_compile=True,
    )
