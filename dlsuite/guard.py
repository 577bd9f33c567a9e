"""How a served function handles wrong inputs: it never answers with a plausible but wrong number.

- A scalar may come as several equal numbers: the `"instances"` of TF Serving's REST add a leading axis to every input.
- All inputs must have the same number of examples. Without examples, the answer is empty.
- A number outside its limits is an error.
- An example that is not finite gets NaN as its answer, or an error if the answer does not consist of floats.

All of this happens in the graph, and an error's message is a sentence.
"""

import functools
import inspect

import numpy as np
import tensorflow as tf

LIMITS = {"n": (0, np.inf), "seed": (0, 2**31 - 1), "width": (1, np.inf)}
"""The smallest and largest value of inputs that mean the same in every model; a model adds its own `input_limits`."""
ROUNDING = 1e-3
"""Floats may exceed their limits by this much."""


def guarded(function, specs, limits):
    """A signature's function with all of the above checks, as a `tf.function`.

    Args:
        function, specs: as in a model's `signatures`; scalars have the shape `()`.
        limits: the smallest and largest value of inputs, by name.
    """
    names = list(inspect.signature(function).parameters)
    scalars = [name for name, spec in zip(names, specs, strict=True) if spec.shape.rank == 0]
    examples = [name for name, spec in zip(names, specs, strict=True) if spec.shape.rank and spec.shape[0] is None]

    @functools.wraps(function)
    def checked(*values):
        inputs = dict(zip(names, values, strict=True))
        inputs |= {name: _one_number(name, inputs[name]) for name in scalars}
        count = tf.shape(inputs[examples[0]])[0] if examples else inputs.get("n")
        floats = [name for name in examples if inputs[name].dtype.is_floating]
        checks = [
            _require(tf.shape(inputs[name])[0] == count, f"{name}: there must be as many as of {examples[0]}")
            for name in examples
        ]
        checks += [_require(tf.reduce_all(tf.shape(inputs[name])[1:] > 0), f"{name}: each is empty") for name in floats]
        checks += [_require_within(limits[name], name, inputs[name]) for name in inputs if name in limits]
        with tf.control_dependencies(checks):
            inputs = {name: tf.identity(value) for name, value in inputs.items()}
        if count is None:
            return function(**inputs)
        # oneDNN's convolutions fail on an empty batch: run one example of zeros, and drop its answer.
        inputs |= {name: _one_at_least(inputs[name]) for name in examples} if examples else {"n": tf.maximum(count, 1)}
        finite = [_are_finite(inputs[name]) for name in floats]
        inputs |= {name: tf.where(tf.math.is_finite(inputs[name]), inputs[name], 0.0) for name in floats}
        answers = function(**inputs)
        is_finite = tf.reduce_all(finite, axis=0) if finite else None
        return {name: _of_examples(answer, count, is_finite, floats) for name, answer in answers.items()}

    any_rank = [
        tf.TensorSpec(None if name in scalars else spec.shape, spec.dtype, name)
        for name, spec in zip(names, specs, strict=True)
    ]
    return tf.function(checked, input_signature=any_rank)


def _require(condition, sentence):
    return tf.debugging.Assert(condition, [sentence])


def _one_number(name, value):
    numbers = tf.reshape(value, [-1])
    checks = [
        _require(tf.size(numbers) > 0, f"{name}: a number is needed"),
        _require(tf.reduce_all(numbers == numbers[:1]), f"{name}: it must be the same number for all examples"),
    ]
    with tf.control_dependencies(checks):
        return numbers[0]


def _require_within(limits, name, value):
    low, high = limits
    slack = ROUNDING if value.dtype.is_floating else 0
    numbers = tf.cast(value, tf.float64)
    is_outside = (numbers < low - slack) | (numbers > high + slack)  # NaN is not outside
    said = f"at least {low}" if high == np.inf else f"from {low} to {high}"
    return _require(~tf.reduce_any(is_outside), f"{name}: it must be {said}")


def _one_at_least(examples):
    missing = tf.cast(tf.shape(examples)[0] == 0, tf.int32)
    blank = "" if examples.dtype == tf.string else 0
    return tf.pad(examples, [[0, missing], *[[0, 0]] * (examples.shape.rank - 1)], constant_values=blank)


def _are_finite(examples):
    return tf.reduce_all(tf.math.is_finite(examples), axis=list(range(1, examples.shape.rank)))


def _of_examples(answer, count, is_finite, floats):
    """The answer for the actual examples, with NaN for those that are not finite."""
    if not answer.shape.rank or answer.shape[0] is not None:  # the answer has no axis of examples
        return answer
    if is_finite is not None and answer.dtype.is_floating:
        rows = tf.reshape(is_finite, [-1, *[1] * (answer.shape.rank - 1)])
        answer = tf.where(rows, answer, np.nan)
    elif is_finite is not None:
        check = _require(tf.reduce_all(is_finite), f"{', '.join(floats)}: every number must be finite")
        with tf.control_dependencies([check]):
            answer = tf.identity(answer)
    return answer[:count]
