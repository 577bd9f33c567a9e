"""Several devices train a translator as one would: the gradient of all of them together is what is clipped."""

import json
import subprocess
import sys

# Trains twice from the same beginning, with one device and with two. SGD without momentum shows a wrong scale of the
# gradients, which Adam would hide. The second half of the batch has more padding than the first.
SCRIPT = """
import json
import keras, numpy as np, tensorflow as tf
from dlsuite.attention import bahdanau, training

parts = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], parts)
random = np.random.default_rng(0)
texts = ["".join(random.choice(list("abcdef"), length)) for length in (9, 8, 9, 7, 2, 3, 1, 2)]

def trained(strategy):
    keras.utils.set_random_seed(0)
    with strategy.scope():
        model = bahdanau.Bahdanau(units=8, dropout=0.0, max_length=12)
        model.set_weights([3 * weight for weight in model.get_weights()])  # so that there is something to clip
        model.compile(keras.optimizers.SGD(1.0), loss=None, jit_compile=False)
        before = model.get_weights()
        numbers = model.source_vocabulary.encode(tf.constant(texts)).to_list()
        batches = training.batches(numbers, [row[::-1] for row in numbers], 8, 12)
        told = model.fit(batches, steps_per_epoch=1, epochs=3, shuffle=False, verbose=0).history
    return before, model.get_weights(), told

one, two = trained(tf.distribute.get_strategy()), trained(tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"]))
norm = lambda a, b: float(np.sqrt(sum(np.sum((x - y) ** 2) for x, y in zip(a, b, strict=True))))
print(json.dumps({
    "begin": norm(one[0], two[0]), "moved": norm(one[0], one[1]), "apart": norm(one[1], two[1]),
    "losses": [one[2]["loss"], two[2]["loss"]],
}))
"""


def test_two_devices_train_as_one():
    process = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=400)
    assert process.returncode == 0, process.stderr
    found = json.loads(process.stdout.splitlines()[-1])
    assert found["begin"] == 0
    assert 1 < found["moved"] <= 3 + 1e-3  # three steps, each of a norm of 1 at the most
    assert found["apart"] < 1e-3 * found["moved"]
    one, two = found["losses"]
    assert all(abs(a - b) < 1e-3 * a for a, b in zip(one, two, strict=True))
