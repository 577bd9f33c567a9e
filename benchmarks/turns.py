"""The common part of the training benchmarks: contenders take turns in one process, and their FLOPs are counted.

A ratio is the median of the rounds' ratios, since programs that run one after the other see the same background load.
"""

import statistics
import time

import keras
import numpy as np
import tensorflow as tf
from keras import layers


class Stopwatch(keras.callbacks.Callback):
    """Times the steps from the end of the first call of the training function, which compiles, to the last."""

    def on_train_batch_end(self, batch, logs=None):
        now = time.perf_counter()
        if batch > self.last_batch >= 0:
            self.seconds += now - self.last_time
            self.steps += batch - self.last_batch
        self.last_batch, self.last_time = batch, now

    def on_train_begin(self, logs=None):
        self.last_batch, self.seconds, self.steps = -1, 0.0, 0


def take_turns(contenders, rounds, run):
    """The seconds that `run` returns for each contender in each round; each round starts with a different one.

    Args:
        contenders: by name.
        rounds: the number of turns for each.
        run: a function of a contender.

    Returns:
        Lists of seconds by name, and the matmul peak, the best value measured between the rounds.
    """
    seconds, peak, names = {name: [] for name in contenders}, 0.0, list(contenders)
    for turn in range(rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            seconds[name].append(run(contenders[name]))
        peak = max(peak, matmul_peak())
    return seconds, peak


def median_ratio(seconds, to):
    """The median ratio of these seconds to those of `to`, round by round."""
    return statistics.median(other / ours for other, ours in zip(seconds, to, strict=True))


def matmul_peak(n=1024, seconds=1.0):
    """The maximum float32 operations per second that TensorFlow reaches here in an (n, n) by (n, n) product."""
    matrix, best, end = tf.random.normal((n, n)), np.inf, time.perf_counter() + seconds
    while time.perf_counter() < end:
        begin = time.perf_counter()
        tf.matmul(matrix, matrix).numpy()
        best = min(best, time.perf_counter() - begin)
    return 2 * n**3 / best


def flops(network):
    """The forward FLOPs of each layer with a kernel for one example: 2 for each multiply-add."""
    counts = []
    for layer in network.layers:
        if isinstance(layer, layers.Dense):
            counts.append(2 * layer.kernel.shape[0] * layer.kernel.shape[1])
        elif isinstance(layer, layers.Conv2DTranspose):  # every input pixel is multiplied by the whole kernel
            counts.append(2 * int(np.prod(layer.kernel.shape)) * int(np.prod(layer.input.shape[1:3])))
        elif isinstance(layer, layers.Conv2D):
            counts.append(2 * int(np.prod(layer.kernel.shape)) * int(np.prod(layer.output.shape[1:3])))
    return counts
