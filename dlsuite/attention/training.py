"""How the translators here are trained and measured: batches of pairs of about one length, Adam, held-out texts."""

import itertools
import logging

import keras
import numpy as np
import tensorflow as tf

from dlsuite import fitting
from dlsuite.attention import bleu
from dlsuite.data import names, text_pairs
from dlsuite.data.subwords import END, PAD, START, learn

log = logging.getLogger("dlsuite")

SORTED_TOGETHER = 50
"""The number of batches sorted by length together, so that sentences of a batch are about equally long."""
SHOWN = 3
"""Held-out sentences translated for a preview."""
MEASURED = 2000
"""Dates of either kind that are measured."""


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
        dataset, source_language, ...: as every `train` here has them.

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
        batches=batches(*numbers, batch_size, model.max_length, seed, initial_epoch),
        steps=steps,
        epochs=epochs,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
        jit_compile=False,  # XLA draws what is left out ten times slower
    )


def measure(model, dataset, source_language, target_language, split):
    """How well a translator does on the texts of a split, `test` or `validation`.

    Returns:
        Of dates, the share that is exactly right: `exact` on days never seen, and `exact_unseen_formats` on such days
        in formats never seen. Of sentences, BLEU in 0..100 by sacrebleu, lower case, with its
        signature in the log: `bleu_greedy`, `bleu_beam_5`.

    Raises:
        ValueError: a dataset of another kind, or none.
    """
    names.require_kind(dataset, "pairs")
    if dataset == "dates":
        found = {}
        for name, dates in (("exact", split), ("exact_unseen_formats", "unseen_formats")):
            sources, references = text_pairs.pairs("dates", dates, n=MEASURED, seed=0)
            found[name] = float(np.mean(np.array(model.translate(sources)) == references))
        return found
    sources, references = text_pairs.pairs(dataset, split, source_language, target_language)
    references, found = [[reference] for reference in references], {}
    for name, width in (("bleu_greedy", 1), ("bleu_beam_5", 5)):
        found[name], signature = bleu.reported(model.translate(sources, width), references, lowercase=True)
    log.info("BLEU by sacrebleu, signature %s", signature)
    return found


def batches(sources, targets, batch_size, max_length, seed=0, initial_epoch=0):
    """Endless batches of pairs of about one length, in an order that is a function of (seed, epoch).

    Args:
        sources, targets: lists of lists of pieces.
        max_length: what a list has beyond is cut off.
        initial_epoch: the epoch to begin with.

    Returns:
        A dataset of int32 sources `(batch_size, S)`, ended, and targets `(batch_size, T)`, from `START` to `END`; both
        are padded by `PAD` to the longest of the batch. What is left over at an epoch's end is dropped.
    """
    sources = [[*pieces[: max_length - 1], END] for pieces in sources]
    targets = [[START, *pieces[: max_length - 1], END] for pieces in targets]
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
