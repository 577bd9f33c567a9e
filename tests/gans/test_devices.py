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
import json, sys
import keras, numpy as np, tensorflow as tf
from dlsuite.gans import gan, r1_gan, wgan, wgan_gp

name = sys.argv[1]
model_class, rows = {
    "gan": (lambda **arguments: gan.GAN(group=4, **arguments), "discriminator_steps"),
    "r1_gan": (r1_gan.R1GAN, "discriminator_steps"),
    "wgan": (wgan.WGAN, "critic_steps"), "wgan_gp": (wgan_gp.WGANGP, "critic_steps"),
}[name]
parts = [tf.config.LogicalDeviceConfiguration()] * 2
tf.config.set_logical_device_configuration(tf.config.list_physical_devices("CPU")[0], parts)

class Losses(keras.callbacks.Callback):
    def __init__(self):
        self.steps, self.epoch = [], None
    def on_train_batch_end(self, batch, logs):
        self.steps.append({name: float(value) for name, value in logs.items()})
    def on_epoch_end(self, epoch, logs):
        self.epoch = {name: float(value) for name, value in logs.items()}

def trained(strategy, shape, optimizer):
    examples = np.random.default_rng(0).uniform(-1, 1, (3, 8, 2, *shape)).astype("float32")
    keras.utils.set_random_seed(0)
    losses = Losses()
    with strategy.scope():
        model = model_class(data_shape=shape, latent_dim=4, seed=3, **{rows: 2})
        model.critic.set_weights([1.5 * weight for weight in model.critic.get_weights()])  # so that every loss is alive
        make = {"sgd": lambda: keras.optimizers.SGD(0.01), "adam": lambda: keras.optimizers.Adam(1e-3, beta_1=0.5)}
        model.compile(make[optimizer](), make[optimizer]())
        before = [weight.numpy() for weight in model.generator.weights + model.critic.weights]
        data = tf.data.Dataset.from_tensor_slices(examples).repeat()
        model.fit(data, epochs=1, steps_per_epoch=3, callbacks=[losses], verbose=0, shuffle=False)
    after = [weight.numpy() for weight in model.generator.weights + model.critic.weights]
    averages = [weight.numpy() for weight in model.averaged_generator.weights]
    seeds = model.noise_seeds.state.numpy().tolist()
    return before, after, averages, losses, seeds

furthest = lambda a, b: float(max(np.abs(x - y).max() for x, y in zip(a, b, strict=True)))
results, mirrored = {}, tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])  # two of them would mix up their messages
for case, *options in [("points, sgd", (2,), "sgd"), ("points, adam", (2,), "adam"), ("pictures", (8, 8, 1), "sgd")]:
    one = trained(tf.distribute.get_strategy(), *options)
    two = trained(mirrored, *options)
    results[case] = {
        "begin": furthest(one[0], two[0]), "moved": furthest(one[0], one[1]), "weights": furthest(one[1], two[1]),
        "averages": furthest(one[2], two[2]), "steps": [one[3].steps, two[3].steps],
        "epoch": [one[3].epoch, two[3].epoch], "seeds": [one[4], two[4]],
    }
print(json.dumps(results))
"""


@pytest.fixture(scope="module", params=["gan", "r1_gan", "wgan", "wgan_gp"])
def results(request):
    process = subprocess.run([sys.executable, "-c", SCRIPT, request.param], capture_output=True, text=True, timeout=400)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1])


@pytest.mark.parametrize("case", ["points, sgd", "points, adam", "pictures"])
def test_two_devices_equal_one(results, case):
    result = results[case]
    assert result["begin"] == 0
    assert result["moved"] > 1e-3
    assert result["weights"] < 1e-3 * result["moved"]
    assert result["averages"] < 1e-3 * result["moved"]
    assert result["seeds"][0] == result["seeds"][1]
    for one, two in [*zip(*result["steps"], strict=True), result["epoch"]]:
        assert one.keys() == two.keys()
        np.testing.assert_allclose([two[key] for key in one], list(one.values()), rtol=1e-4, atol=1e-5)


def test_the_command_trains_on_two_devices(start, tmp_path):
    run = runs.Run(tmp_path / "run")
    data = ["--dataset", "mnist", "--source", "bundled"]
    arguments = ["gans.gan", *data, "--epochs", 1, "--batch-size", 400, "--run-dir", run.path]
    start("train", *arguments, "--devices", 2).succeed()
    assert run.state == "finished"
    assert run.record["devices"] == 2
    assert len(run.metrics()) == 1

    alone = runs.Run(tmp_path / "alone")
    start("train", *arguments[:-1], alone.path).succeed()
    for together, single in zip(run.metrics(), alone.metrics(), strict=True):
        np.testing.assert_allclose(list(together.values()), list(single.values()), rtol=0.02)


@pytest.mark.parametrize(
    ("devices", "batch_size", "sentence"),
    [(0, 8, "devices=0: "), (-2, 8, "devices=-2: "), (2, 9, "batch_size=9: it must be a multiple of devices=2")],
)
def test_wrong_devices(start, own_points, devices, batch_size, sentence):
    arguments = ["--dataset", own_points, "--batch-size", batch_size, "--devices", devices]
    assert sentence in start("train", "gans.gan", *arguments).fail()
