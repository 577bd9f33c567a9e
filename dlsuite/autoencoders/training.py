"""What every `train` of an auto-encoder does around its model: data, the optimizer, the fitting, held-out pictures."""

import keras
import numpy as np

from dlsuite import fitting
from dlsuite.data import examples, mnist, names

SHOWN = 1000
"""Held-out pictures kept for previews."""
MOST_STEPS_A_CALL = 10


def fit_to(
    dataset,
    *,
    build,
    learning_rate,
    epochs,
    batch_size,
    source="auto",
    seed=0,
    initial_epoch=0,
    callbacks=(),
):
    """Build a model that fits a dataset of pictures, and train it with Adam, whose rate falls to 0 along a cosine.

    Args:
        dataset, source, epochs, batch_size, seed, initial_epoch, callbacks: see any `train` here.
        build: a function of `data_shape` that returns the model.
        learning_rate: Adam's at the beginning.

    Returns:
        The trained model.

    Raises:
        ValueError: an argument out of its range, or no such dataset of pictures.
    """
    require_pictures(dataset)
    keras.utils.set_random_seed(seed)
    batches, steps = examples.batches(
        dataset, batch_size, source=source, seed=seed, initial_epoch=initial_epoch, scaled=examples.to_unit
    )
    model = build(tuple(batches.element_spec.shape[1:]))
    model.held_out = held_out(dataset, SHOWN)
    return fitting.fit(
        model,
        fitting.adam(learning_rate, epochs * steps),
        batches=batches,
        steps=steps,
        epochs=epochs,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
        **execution(model, steps),
    )


def execution(model, steps):
    """How Keras is to run an epoch's `steps`: dense networks gain from many steps a call.

    So many as divide the epoch, because Keras makes whole calls only: 31 steps by tens would be 40. XLA has the
    optimizer's part, see `minimize`, and no more: its matrix products and convolutions are slower on a CPU, and its
    noise from the same seeds is another than that of several devices.
    """
    steps_a_call = max(n for n in range(1, MOST_STEPS_A_CALL + 1) if steps % n == 0)
    return {"jit_compile": False, "steps_per_execution": steps_a_call if model.network == "dense" else 1}


def held_out(dataset, n=None, source="bundled"):
    """Held-out pictures, float32 `(n, height, width, channels)` in 0..1, and their labels, -1 where they have none.

    Raises:
        ValueError: no such dataset of pictures.
    """
    require_pictures(dataset)
    if dataset == "mnist":
        images, labels = mnist.arrays("test", source)
    else:
        images = examples.held_in_memory(dataset, "test")
        labels = np.full(len(images), -1)
    return examples.to_unit(images[:n]).numpy(), labels[:n]


def require_pictures(dataset):
    """Raise `ValueError` for a dataset of points."""
    if names.kind(dataset) != "images":
        raise ValueError(f"dataset={dataset!r}: an auto-encoder here takes pictures: mnist, or a folder of your own")
