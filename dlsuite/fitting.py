"""The common part of every `train`: default settings, a learning-rate schedule, and the training itself.

On one machine, Keras's `fit` does the training, on one device or several. On several machines, that is under
TensorFlow's `MultiWorkerMirroredStrategy`, `fit` fails. There, a loop over `strategy.run` does the same with the same
callbacks: every machine draws the whole batch, a function of seed and step, and each of its devices takes its rows.
"""

import functools
import inspect

import keras
import tensorflow as tf

from dlsuite import devices
from dlsuite.data import names


def resolve_defaults(table, dataset, **given):
    """`given`, with each `None` replaced by the value in `table` for `dataset`, or for its kind, such as `images`.

    Raises:
        ValueError: there is no such dataset, or the table does not have its kind.
    """
    kinds = [key for key in table if key not in names.NAMED]
    names.require_kind(dataset, *kinds)
    row = table[names.kind(dataset)] | table.get(dataset, {})
    return {name: row[name] if value is None else value for name, value in given.items()}


def with_defaults(table):
    """A decorator of `train`: options whose default is `None` take their value from `table`, see `resolve_defaults`."""

    def decorate(train):
        signature = inspect.signature(train)
        depending = [name for name, option in signature.parameters.items() if option.default is None]

        @functools.wraps(train)
        def resolving(**given):
            bound = signature.bind(**given)
            bound.apply_defaults()
            options = bound.arguments
            chosen = resolve_defaults(table, options["dataset"], **{name: options[name] for name in depending})
            return train(**options | chosen)

        return resolving

    return decorate


def adam(learning_rate, steps, *, rising=0, **options):
    """Adam with cosine decay: the learning rate falls to 0 over the given number of steps.

    Args:
        learning_rate: the initial rate or, after a warm-up, the peak rate.
        steps: the total number of steps.
        rising: the number of warm-up steps, during which the rate rises from 0.
        options: further options of `keras.optimizers.Adam`.
    """
    schedule = keras.optimizers.schedules.CosineDecay(learning_rate, steps)
    if rising:
        schedule = keras.optimizers.schedules.CosineDecay(
            0.0, steps - rising, warmup_target=learning_rate, warmup_steps=rising
        )
    return keras.optimizers.Adam(schedule, **options)


def fit(
    model,
    *optimizers,
    batches,
    steps,
    epochs,
    initial_epoch=0,
    callbacks=(),
    jit_compile=False,
    steps_per_execution=1,
):
    """Compile a model with its optimizers, and train it.

    Args:
        optimizers: as the model's `compile` takes them.
        batches: an endless dataset, already shuffled, that starts with `initial_epoch`.
        steps: batches per epoch.
        epochs, initial_epoch, callbacks: as in every `train`.
        jit_compile, steps_per_execution: how Keras runs the steps on one device; several devices use neither.

    Returns:
        The trained model.
    """
    execution = {"jit_compile": jit_compile, "steps_per_execution": steps_per_execution}
    if tf.distribute.get_strategy().num_replicas_in_sync > 1:
        execution = {"jit_compile": False, "steps_per_execution": 1}
    model.compile(*optimizers, loss=None, **execution)
    if model.optimizer is not None:
        model.optimizer.build(model.trainable_variables)  # resuming needs its slots before the first step
    if devices.are_on_several_machines():
        _fit_together(model, batches, steps, epochs, initial_epoch, callbacks)
    else:
        model.fit(
            batches,
            epochs=epochs,
            steps_per_epoch=steps,
            initial_epoch=initial_epoch,
            callbacks=list(callbacks),
            shuffle=False,  # the dataset is already shuffled
        )
    return model


def _fit_together(model, batches, steps, epochs, initial_epoch, callbacks):
    """What `fit` does, but under the strategy for several machines; all of them do the same at the same time."""
    strategy = tf.distribute.get_strategy()

    @tf.function(reduce_retracing=True)
    def train_step(rows):
        logs = strategy.run(model.train_step, args=(rows,))
        return {name: strategy.reduce("MEAN", value, axis=None) for name, value in logs.items()}

    def train_function(iterator):
        batch = next(iterator)
        return train_step(strategy.experimental_distribute_values_from_function(lambda device: _rows(batch, device)))

    callbacks = keras.callbacks.CallbackList(
        list(callbacks), add_history=True, add_progbar=True, verbose="auto", epochs=epochs, steps=steps, model=model
    )
    model.stop_training, model.train_function, iterator = False, train_function, iter(batches)
    callbacks.on_train_begin()
    for epoch in range(initial_epoch, epochs):
        model.reset_metrics()
        callbacks.on_epoch_begin(epoch)
        for step in range(steps):
            callbacks.on_train_batch_begin(step)
            logs = model.train_function(iterator)  # a callback may have replaced it
            callbacks.on_train_batch_end(step, logs)
            if model.stop_training:
                break
        means = model.get_metrics_result()
        logs = means if means.keys() == logs.keys() else logs
        callbacks.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    try:
        callbacks.on_train_end(logs)
    finally:
        devices.on_any_machine(False)  # no machine leaves while another may still be writing


def _rows(batch, device):
    """The rows of a batch that one device takes; the batch is an array or tensor, or several of one length."""
    number, count = device.replica_id_in_sync_group, device.num_replicas_in_sync

    def of_one(array):
        each = len(array) // count
        return array[number * each : (number + 1) * each]

    return tf.nest.map_structure(of_one, batch)
