"""The Keras settings that the lessons need, whatever a notebook sets: TensorFlow, float32 and channels last.

Keras's global settings determine how a layer is built, and the type of random numbers. The lessons' losses are written
for one choice of settings, so models are built, trained and measured under that choice, and afterwards the old settings
are restored.
"""

import contextlib
import functools
import inspect

import keras
import tensorflow as tf
from tensorflow.python.eager import context

if keras.config.backend() != "tensorflow":
    raise ImportError(
        f"dlsuite needs Keras's TensorFlow backend, but Keras was imported with {keras.config.backend()}: import "
        "dlsuite first, or set KERAS_BACKEND=tensorflow"
    )


def _add_in_order():
    """Keep TensorFlow from rewriting sums in large graphs (over 205 MB on a CPU) so that each term is added when it is
    ready, and the last bits of the same training differ from run to run. No public function turns that off.
    """
    config = context.context()._config or tf.compat.v1.ConfigProto()
    rewriting = config.graph_options.rewrite_options
    rewriting.memory_optimization = rewriting.NO_MEM_OPT
    context.context()._config = config
    tf.config.optimizer.set_experimental_options({})  # TensorFlow reads the configuration again


_add_in_order()

OWN = ("float32", "channels_last")
"""`floatx`, and the pictures' data format."""
policy = "float32"
"""Keras's dtype policy for the layers of the models that are built: see `precision`."""


@contextlib.contextmanager
def precision(name):
    """A context in which layers compute in `float32`, or, with `mixed_bfloat16`, in bfloat16 (Micikevicius et al.,
    2018, arXiv:1710.03740): weights and whatever a network answers stay float32, and so does all that a step makes of
    its answers, such as noise, losses and penalties.
    """
    global policy
    before, policy = policy, name
    try:
        yield
    finally:
        policy = before


@contextlib.contextmanager
def own_settings():
    """A context or decorator under which Keras uses float32, channels last, and the `precision` that is chosen."""
    before = keras.config.floatx(), keras.config.image_data_format(), keras.config.dtype_policy()
    _set(*OWN, policy)
    try:
        yield
    finally:
        _set(*before)


def _set(floatx, image_data_format, dtype_policy):
    keras.config.set_floatx(floatx)
    keras.config.set_image_data_format(image_data_format)
    keras.config.set_dtype_policy(dtype_policy)


def registered(layer_or_model):
    """A class decorator: Keras can load the class by its name, and its constructor runs under `own_settings`."""
    build = layer_or_model.__init__

    @functools.wraps(build)
    def __init__(self, *args, **kwargs):
        with own_settings():
            build(self, *args, **kwargs)

    __init__.__signature__ = inspect.signature(build)  # Keras reads the arguments off it in two ways
    layer_or_model.__init__ = __init__
    return keras.saving.register_keras_serializable("dlsuite")(layer_or_model)
