"""Making training on several devices equal to one: the same noise for the same rows, and the whole batch's gradient.

Keras runs a `train_step` on every device, each on its rows of the batch, and sums the gradients that the devices give
an optimizer. A loss is a mean over a device's rows, so each gradient is divided by the number of devices. Outside a
training step, and on one device, this changes nothing. The devices may belong to several machines.
"""

import tensorflow as tf
from keras import layers

from dlsuite.keras_settings import registered


def count() -> int:
    """The number of devices that train together."""
    return tf.distribute.get_replica_context().num_replicas_in_sync


def draw(distribution, seeds, batch, *shape):
    """This device's rows of a draw for the whole batch, float32 `(batch, *shape)`.

    Args:
        distribution: a function of `keras.random`, such as `keras.random.normal`.
        seeds: a `keras.random.SeedGenerator`.
        batch: the number of this device's rows.
    """
    return _own_rows(distribution((batch * count(), *shape), dtype="float32", seed=seeds), batch)


def _own_rows(rows_of_all, batch):
    """This device's rows of a whole batch; there are `batch` of them."""
    if count() == 1:
        return rows_of_all
    first = tf.distribute.get_replica_context().replica_id_in_sync_group * batch
    return rows_of_all[first : first + batch]


@registered
class Dropout(layers.Dropout):
    """Keras's Dropout, but several devices drop what a single one would: Keras uses the same mask on all of them."""

    def call(self, inputs, training=False):
        if not training or count() == 1:
            return super().call(inputs, training=training)
        batch, *rest = tf.unstack(tf.shape(inputs))
        of_all = super().call(tf.ones([batch * count(), *rest]), training=training)
        return inputs * _own_rows(of_all, batch)


def minimize(loss, tape, optimizer, variables, at=(), is_fused=False, clip=None):
    """One step of `optimizer` on `variables` along the gradient of `loss`, a mean over this device's rows.

    Args:
        at: other tensors that the tape has watched.
        is_fused: whether XLA compiles the optimizer, on one device: one pass over the weights instead of many.
        clip: the maximum norm of the whole gradient. An optimizer would clip each device's part separately.

    Returns:
        The gradients of `loss` at `at`.
    """
    gradients, others = tape.gradient(loss, [variables, list(at)])
    gradients = [gradient / count() for gradient in gradients]
    if clip is not None:
        clipped, _ = tf.clip_by_global_norm(sum_over_all(gradients), clip)
        gradients = [gradient / count() for gradient in clipped]  # Keras sums over the devices
    if is_fused and count() == 1:
        tf.function(lambda: optimizer.apply(gradients, variables), jit_compile=True)()
    else:
        optimizer.apply(gradients, variables)
    return others


def sum_over_all(tensors):
    """The sum over all devices; on one device, the tensors themselves."""
    context = tf.distribute.get_replica_context()
    return context.all_reduce(tf.distribute.ReduceOp.SUM, tensors) if count() > 1 else tensors


def are_on_several_machines() -> bool:
    """Whether the devices belong to several machines."""
    return isinstance(tf.distribute.get_strategy(), tf.distribute.MultiWorkerMirroredStrategy)


def on_any_machine(*flags: bool) -> list[bool]:
    """For each flag, whether it is true on any machine. Call it outside a step, on all machines: each waits for all."""
    if not are_on_several_machines():
        return list(flags)
    strategy = tf.distribute.get_strategy()
    own = strategy.experimental_distribute_values_from_function(lambda _: tf.constant(flags, tf.float32))
    return [bool(each) for each in strategy.reduce("SUM", own, axis=None).numpy()]
