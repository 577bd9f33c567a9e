"""Several devices together do what one would: the same gradients on the same global batch, hence the same weights."""

import json
import subprocess
import sys

import numpy as np
import pytest

from dlsuite import runs

# Trains twice from the same beginning, with one device and with two, and prints by how much the two differ.
# SGD without momentum shows a wrong scale of the gradients, which Adam would hide.
SCRIPT = """
import json
import keras, numpy as np, tensorflow as tf
from dlsuite.autoencoders import vae

parts = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], parts)

class Losses(keras.callbacks.Callback):
    def __init__(self):
        self.steps, self.epoch = [], None
    def on_train_batch_end(self, batch, logs):
        self.steps.append({name: float(value) for name, value in logs.items()})
    def on_epoch_end(self, epoch, logs):
        self.epoch = {name: float(value) for name, value in logs.items()}

def trained(strategy, options, optimizer):
    pictures = np.random.default_rng(0).uniform(size=(3, 8, 8, 8, 1)).astype("float32")
    keras.utils.set_random_seed(0)
    losses = Losses()
    with strategy.scope():
        model = vae.VAE(data_shape=(8, 8, 1), latent_dim=4, hidden=16, seed=3, **options)
        make = {"sgd": lambda: keras.optimizers.SGD(0.01), "adam": lambda: keras.optimizers.Adam(1e-3)}
        model.compile(make[optimizer](), loss=None, jit_compile=False)
        before = [weight.numpy() for weight in model.trainable_weights]
        data = tf.data.Dataset.from_tensor_slices(pictures).repeat()
        model.fit(data, epochs=1, steps_per_epoch=3, callbacks=[losses], verbose=0, shuffle=False)
    after = [weight.numpy() for weight in model.trainable_weights]
    return before, after, losses, model.noise_seeds.state.numpy().tolist()

furthest = lambda a, b: float(max(np.abs(x - y).max() for x, y in zip(a, b, strict=True)))
results, mirrored = {}, tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])  # two of them would mix up their messages
for case, *options in [
    ("bernoulli, sgd", {}, "sgd"),
    ("bernoulli, adam", {}, "adam"),
    ("gaussian", {"likelihood": "gaussian", "sigma": 0.5}, "sgd"),
    ("convolutional", {"network": "convolutional"}, "sgd"),
]:
    one, two = trained(tf.distribute.get_strategy(), *options), trained(mirrored, *options)
    results[case] = {
        "begin": furthest(one[0], two[0]), "moved": furthest(one[0], one[1]), "weights": furthest(one[1], two[1]),
        "steps": [one[2].steps, two[2].steps], "epoch": [one[2].epoch, two[2].epoch], "seeds": [one[3], two[3]],
    }
print(json.dumps(results))
"""


@pytest.fixture(scope="module")
def results():
    process = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, timeout=400)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


@pytest.mark.parametrize("case", ["bernoulli, sgd", "bernoulli, adam", "gaussian", "convolutional"])
def test_two_devices_equal_one(results, case):
    result = results[case]
    assert result["begin"] == 0
    assert result["moved"] > 1e-3
    assert result["weights"] < 1e-3 * result["moved"]
    assert result["seeds"][0] == result["seeds"][1]
    for one, two in [*zip(*result["steps"], strict=True), result["epoch"]]:
        assert one.keys() == two.keys()
        np.testing.assert_allclose([two[key] for key in one], list(one.values()), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("network", ["dense", "convolutional"])
def test_the_command_trains_on_two_devices(start, tmp_path, network):
    run, alone = runs.Run(tmp_path / "run"), runs.Run(tmp_path / "alone")
    options = ["--source", "bundled", "--epochs", 1, "--batch-size", 400, "--hidden", 32, "--network", network]
    start("train", "autoencoders.vae", *options, "--run-dir", run.path, "--devices", 2).succeed()
    start("train", "autoencoders.vae", *options, "--run-dir", alone.path).succeed()
    assert (run.state, run.record["devices"], len(run.metrics())) == ("finished", 2, 1)
    for together, single in zip(run.metrics(), alone.metrics(), strict=True):
        np.testing.assert_allclose(list(together.values()), list(single.values()), rtol=1e-3)
