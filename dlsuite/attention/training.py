"""How the translators here are trained: on the pieces of both languages, with Adam."""

import keras
import tensorflow as tf

from dlsuite import fitting
from dlsuite.attention import batches
from dlsuite.data import text_pairs
from dlsuite.data.subwords import learn

SHOWN = 3
"""Held-out sentences translated for a preview."""


def fit_to(
    model_class,
    defaults,
    dataset,
    *,
    source_language,
    target_language,
    vocabulary_size,
    train_size,
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
        dataset, source_language, ...: see any `train` here.

    Returns:
        The trained model.

    Raises:
        ValueError: an argument out of its range, or no such pairs.
    """
    given = {
        "vocabulary_size": vocabulary_size,
        "train_size": train_size,
        "epochs": epochs,
        "learning_rate": learning_rate,
        **settings,
    }
    given = fitting.resolve_defaults(defaults, dataset, **given)
    vocabulary_size, train_size, epochs, learning_rate = (
        given.pop(name) for name in ("vocabulary_size", "train_size", "epochs", "learning_rate")
    )
    languages = source_language, target_language
    keras.utils.set_random_seed(seed)
    sources, targets = text_pairs.pairs(dataset, "train", *languages, n=train_size or None, seed=seed)
    if len(sources) < batch_size:
        raise ValueError(f"batch_size={batch_size}: there are {len(sources)} pairs to train on")
    model = model_class(learn(sources, vocabulary_size), learn(targets, vocabulary_size), seed=seed, **given)
    model.held_out = text_pairs.pairs(dataset, "validation", *languages, n=SHOWN)
    numbers = [
        model.source_vocabulary.encode(tf.constant(sources)).to_list(),
        model.target_vocabulary.encode(tf.constant(targets)).to_list(),
    ]
    steps = len(sources) // batch_size
    return fitting.fit(
        model,
        fitting.adam(learning_rate, epochs * steps),
        batches=batches.by_length(*numbers, batch_size, model.max_length, seed, initial_epoch),
        steps=steps,
        epochs=epochs,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
        jit_compile=False,  # XLA draws dropout masks ten times more slowly
    )
