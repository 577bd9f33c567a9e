"""Every lesson trains on two devices as on one: the same gradients on the same batch, hence the same weights.

One process does all of it, since the devices, two halves of the CPU, must be made before TensorFlow begins.
"""

import json
import subprocess
import sys

import numpy as np
import pytest

from dlsuite import catalog, runs

POINTS = {"dataset": "ring", "batch_size": 8, "latent_dim": 4}
DIGITS = {"source": "bundled", "batch_size": 8}
PAIRS = {"dataset": "./pairs.tsv", "vocabulary_size": 0, "batch_size": 8, "units": 8, "max_length": 8, "dropout": 0.3}
COMMANDS = {
    "dense": "autoencoders.vae --hidden 16 --network dense",
    "convolutional": "autoencoders.vae --hidden 16 --network convolutional",
    "gan": "gans.gan --dataset mnist",
}
"""What the command trains, for one epoch of a few steps."""


def each_way(options):
    """A GAN on points, by SGD and by Adam, and on pictures."""
    return [POINTS | options, POINTS | options | {"optimizer": "adam"}, DIGITS | {"latent_dim": 4} | options]


CASES = {
    "attention.bahdanau": [PAIRS],
    "attention.pooling": [{"batch_size": 8, "channels": 4}],
    "attention.seq2seq": [PAIRS],
    "autoencoders.autoencoder": [DIGITS | {"network": "convolutional"}],
    "autoencoders.compression": [DIGITS | {"dataset": "mnist", "batch_size": 4, "width": 4, "code_channels": 3}],
    "autoencoders.denoising": [DIGITS | {"width": 2}],
    "autoencoders.super_resolution": [DIGITS | {"dataset": "mnist", "filters": 2}],
    "autoencoders.vae": [
        DIGITS | {"hidden": 16},
        DIGITS | {"hidden": 16, "optimizer": "adam"},
        DIGITS | {"hidden": 16, "likelihood": "gaussian", "sigma": 0.5},
        DIGITS | {"hidden": 16, "network": "convolutional"},
    ],
    "embeddings.cbow": [{}],
    "embeddings.skip_gram": [{}],
    "gans.conditional_gan": [DIGITS | {"critic_steps": 1}],
    "gans.digit_classifier": [DIGITS],
    "gans.gan": each_way({"group": 4, "discriminator_steps": 2, "instance_noise": 0.1}),
    "gans.r1_gan": each_way({"discriminator_steps": 2}),
    "gans.wgan": each_way({"critic_steps": 2}),
    "gans.wgan_gp": each_way({"critic_steps": 2}),
}
"""What each lesson is trained with, tiny; by SGD where no `optimizer` is given."""
ON_ONE_DEVICE = ("embeddings.cbow", "embeddings.skip_gram")

# Trains every case twice from the same beginning, with one device and with two, and prints by how much the two differ.
# SGD without momentum shows a wrong scale of the gradients, which Adam would hide.
SCRIPT = """
import contextlib, gc, importlib, json, os, sys
from unittest import mock
import keras, numpy as np, tensorflow as tf
from dlsuite import checkpoint, cli, fitting
from dlsuite.autoencoders import compression, super_resolution

STEPS, RATES = 2, {"attention.bahdanau": 1.0, "autoencoders.super_resolution": 0.1}
compression.PATCHES = super_resolution.PATCHES = 64
# Two strategies in one process would mix up their messages.
strategies, strategy = [], tf.distribute.MirroredStrategy
def mirrored(devices):
    strategies.append(strategies[0] if strategies else strategy(devices))
    return strategies[-1]

class Look(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        if hasattr(self.model, "critic"):  # so that every loss is alive
            self.model.critic.set_weights([1.5 * weight for weight in self.model.critic.get_weights()])
        if hasattr(self.model, "target_vocabulary"):  # so that there is something to clip
            self.model.set_weights([3 * weight for weight in self.model.get_weights()])
        self.before, self.steps, self.epoch = self.model.get_weights(), [], None
        kind = type(self.model.variables[0].value)
        alive = gc.get_objects() if tf.distribute.get_strategy().num_replicas_in_sync == 1 else []
        self.variables = [(each, each.numpy()) for each in alive if type(each) is kind]
    def on_train_batch_end(self, batch, logs):
        self.steps.append({name: float(value) for name, value in logs.items()})
        self.model.stop_training = len(self.steps) == STEPS
    def on_epoch_end(self, epoch, logs):
        self.epoch = {name: float(value) for name, value in logs.items()}
        self.changed = [each for each, value in self.variables if not np.array_equal(value, each.numpy())]

def trained(name, options):
    look, options = Look(), dict(options)
    # A few steps are sooner taken than compiled. Those of the command above were compiled.
    tf.config.run_functions_eagerly(not name.startswith("embeddings."))
    sgd = lambda rate, **_: keras.optimizers.SGD(RATES.get(name, 0.01))
    with contextlib.ExitStack() as patches:
        if options.pop("optimizer", "sgd") == "sgd":
            for optimizer in ("Adam", "RMSprop"):
                patches.enter_context(mock.patch.object(keras.optimizers, optimizer, sgd))
        model = importlib.import_module(f"dlsuite.{name}").train(**options, epochs=1, callbacks=[look])
    held = {id(variable.value) for variable in checkpoint.variables(model).values()}
    lost = [each.name for each in getattr(look, "changed", ()) if id(each) not in held]
    seeds = [each.state.numpy().tolist() for each in checkpoint._held_by(model, set()) if hasattr(each, "state")]
    return look, model.get_weights(), seeds, lost

def furthest(a, b):
    return float(max(np.abs(x - y).max() for x, y in zip(a, b, strict=True)))

def distance(a, b):
    return float(np.sqrt(sum(np.sum((x - y) ** 2) for x, y in zip(a, b, strict=True))))

def compared(name, options):
    one, weights, seeds, lost = trained(name, options)
    result = {"changed": len(one.changed), "lost": lost}
    try:
        with mirrored(["CPU:0", "CPU:1"]).scope():
            two, weights_of_two, seeds_of_two, _ = trained(name, options)
    except ValueError as error:
        return result | {"refusal": str(error)}
    return result | {
        "begin": furthest(one.before, two.before), "moved": furthest(one.before, weights),
        "apart": furthest(weights, weights_of_two), "steps": [one.steps, two.steps], "epoch": [one.epoch, two.epoch],
        "seeds": [seeds, seeds_of_two], "distance": distance(one.before, weights),
    }

cases, commands, folder = json.loads(sys.argv[1]), json.loads(sys.argv[2]), sys.argv[3]
os.chdir(folder)
gc.disable()  # it may come while both devices wait for each other, and then takes a minute
with mock.patch.object(tf.distribute, "MirroredStrategy", mirrored):
    for devices in "2", "1":  # first, because it makes the two devices
        for name, command in commands.items():
            words = f"train {command} --source bundled --epochs 1 --batch-size 1000 --devices {devices}"
            assert cli.main([*words.split(), "--run-dir", f"{name}-{devices}"]) == 0
gc.collect()
gc.freeze()  # what a lesson makes is found among what is alive from here on
fit = fitting.fit
def fit_plainly(*arguments, **options):
    return fit(*arguments, **options | {"jit_compile": False, "steps_per_execution": 1})
fitting.fit = fit_plainly
keras.config.disable_interactive_logging()
# TensorFlow's own seed is nobody's here: lessons own theirs. To set it makes TensorFlow prepare every operation anew.
tf.random.set_seed = lambda seed: None
print(json.dumps({name: [compared(name, options) for options in each] for name, each in cases.items()}), flush=True)
os._exit(0)
"""


@pytest.fixture(scope="module")
def outcome(tmp_path_factory):
    folder = tmp_path_factory.mktemp("devices")
    random = np.random.default_rng(0)  # half of the texts are short, so that one device has more padding
    texts = ["".join(random.choice(list("abcdef"), random.choice([2, 5]))) for _ in range(80)]
    (folder / "pairs.tsv").write_text("".join(f"{text}\t{text[::-1]}\n" for text in texts))
    command = [sys.executable, "-c", SCRIPT, json.dumps(CASES), json.dumps(COMMANDS), str(folder)]
    process = subprocess.run(command, capture_output=True, text=True, timeout=500)
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout.splitlines()[-1]), folder


@pytest.mark.slow
@pytest.mark.parametrize("name", COMMANDS)
def test_the_command_trains_on_two_devices(outcome, name):
    together, alone = (runs.Run(outcome[1] / f"{name}-{devices}") for devices in "21")
    assert (together.state, together.record["devices"], len(together.metrics())) == ("finished", 2, 1)
    for ours, theirs in zip(together.metrics(), alone.metrics(), strict=True):
        assert ours == pytest.approx(theirs, rel=0.02 if name == "gan" else 1e-3)


@pytest.mark.parametrize(
    ("devices", "batch_size", "sentence"),
    [(0, 8, "devices=0: "), (-2, 8, "devices=-2: "), (2, 9, "batch_size=9: it must be a multiple of devices=2")],
)
def test_wrong_devices(command, own_points, devices, batch_size, sentence):
    arguments = ["--dataset", own_points, "--batch-size", batch_size, "--devices", devices]
    assert sentence in command("train", "gans.gan", *arguments).fail()


def test_no_lesson_is_left_out():
    assert sorted(CASES) == catalog.names()


@pytest.mark.slow
@pytest.mark.parametrize("lesson", CASES)
def test_two_devices_equal_one(outcome, lesson):
    for result in outcome[0][lesson]:
        if lesson in ON_ONE_DEVICE:
            assert result["refusal"].startswith("devices: ")
            continue
        assert result["begin"] == 0
        assert result["moved"] > 1e-3
        assert result["apart"] < 1e-3 * result["moved"]
        assert result["seeds"][0] == result["seeds"][1]
        for one, two in [*zip(*result["steps"], strict=True), result["epoch"]]:
            assert one.keys() == two.keys()
            np.testing.assert_allclose([two[key] for key in one], list(one.values()), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_the_gradient_of_both_devices_together_is_what_is_clipped(outcome):
    """Two steps of a rate of 1, each along a gradient of a norm of 1 at the most."""
    (result,) = outcome[0]["attention.bahdanau"]
    assert 1 < result["distance"] <= 2 + 1e-3


@pytest.mark.slow
@pytest.mark.parametrize("lesson", CASES)
def test_the_checkpoint_holds_whatever_training_changes(outcome, lesson):
    for result in outcome[0][lesson]:
        assert result["changed"] > 4
        assert result["lost"] == []
