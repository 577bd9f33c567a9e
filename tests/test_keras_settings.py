"""What holds in every process that trains a lesson."""

import subprocess
import sys

import pytest

LARGE_SUMS = """
import dlsuite.keras_settings
import tensorflow as tf

@tf.function
def added(x):
    return tf.add_n([tf.sin(factor * x) for factor in range(1, 25)])

x = tf.random.stateless_normal([3_000_000], [0, 1])
print(len({added(x).numpy().tobytes() for _ in range(4)}))
"""


@pytest.mark.slow
def test_large_sums_are_the_same_bits_every_time():
    process = subprocess.run([sys.executable, "-c", LARGE_SUMS], capture_output=True, text=True, timeout=300)
    assert process.stdout.split() == ["1"], process.stderr
