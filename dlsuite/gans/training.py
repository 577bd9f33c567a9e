"""What every `train` of an adversarial pair does around its model: the rows of data, the optimizers, the fitting."""

import keras
import tensorflow as tf

from dlsuite import fitting
from dlsuite.data import examples


def training_rows(dataset, batch_size, rows, **options):
    """Batches of real examples, several fresh ones to a row: `(batch_size, rows, *data_shape)`.

    With the option `labelled` they are pairs, of examples and of their classes `(batch_size, rows)`.

    A row feeds one step of the generator and `rows` of the critic. Split over devices, every device gets whole rows.

    Returns:
        The endless dataset, the number of batches an epoch, and `data_shape`.
    """
    batches, steps = examples.batches(dataset, batch_size * rows, **options)
    data_shape = tuple(tf.nest.flatten(batches.element_spec)[0].shape[1:])

    def in_rows(*arrays):
        rowed = [tf.reshape(array, [batch_size, rows, *array.shape[1:]]) for array in arrays]
        return rowed[0] if len(rowed) == 1 else tuple(rowed)

    return batches.map(in_rows), steps, data_shape


def adam(learning_rate, beta_1=0.5, beta_2=0.9):
    """A function that makes an Adam for a number of steps, as `fitting.adam` does."""
    return lambda steps: fitting.adam(learning_rate, steps, beta_1=beta_1, beta_2=beta_2)


def execution(data_shape):
    """How Keras is to run the steps: small MLPs gain from XLA and many steps a call, conv nets on a CPU lose by it."""
    gains = len(data_shape) == 1
    return {"jit_compile": gains, "steps_per_execution": 25 if gains else 1}


def fit_to(
    dataset,
    *,
    build,
    optimizer,
    critic_optimizer=None,
    rows,
    epochs,
    batch_size,
    source="auto",
    seed=0,
    initial_epoch=0,
    callbacks=(),
    **data_options,
):
    """Build a pair of players that fits a dataset, and train it.

    Args:
        dataset, source, epochs, batch_size, seed, initial_epoch, callbacks: see any `train` here.
        build: a function of `data_shape`, and of the steps that the critic takes in all, that returns the model.
        optimizer: a function that takes the number of steps in all and returns a new optimizer.
        critic_optimizer: the same for the critic, where it is another one.
        rows: the critic's steps for each one of the generator.
        data_options: more for `training_rows`.

    Returns:
        The trained model.

    Raises:
        ValueError: an argument out of its range, or no such dataset.
    """
    keras.utils.set_random_seed(seed)
    data_options |= {"source": source, "seed": seed}
    batches, steps, data_shape = training_rows(dataset, batch_size, rows, initial_epoch=initial_epoch, **data_options)
    generator_steps, critic_steps = epochs * steps, epochs * steps * rows
    model = build(data_shape, critic_steps)
    beginning, _, _ = training_rows(dataset, batch_size, rows, **data_options)  # also where a run goes on
    model.real_examples = tf.nest.flatten(next(beginning.as_numpy_iterator()))[0].reshape(-1, *data_shape)[:500]
    return fitting.fit(
        model,
        optimizer(generator_steps),
        (critic_optimizer or optimizer)(critic_steps),
        batches=batches,
        steps=steps,
        epochs=epochs,
        initial_epoch=initial_epoch,
        callbacks=callbacks,
        **execution(data_shape),
    )
