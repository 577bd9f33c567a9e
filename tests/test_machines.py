"""Several machines train as one, here as processes that know each other by `TF_CONFIG`."""

import json
import re
import socket
import threading
import time

import numpy as np
import pytest

from dlsuite import machines, runs

# Trains two lessons, on two machines and then alone, and prints by how much the weights differ.
SCRIPT = """
import json, os
import tensorflow as tf
strategy = tf.distribute.MultiWorkerMirroredStrategy()
import keras, numpy as np
from dlsuite.autoencoders import vae
from dlsuite.gans import wgan_gp

lessons = {
    "autoencoders.vae": (vae, {"source": "bundled", "batch_size": 400, "hidden": 16, "latent_dim": 4}),
    "gans.wgan_gp": (wgan_gp, {
        "source": "bundled", "batch_size": 400, "critic_steps": 2, "latent_dim": 4,
        "learning_rate": 3e-4,  # Adam's first steps are as long for a rounding error as for a gradient
    }),
}

class Keep(keras.callbacks.Callback):
    def on_train_begin(self, logs=None):
        self.before, self.epochs = self.model.get_weights(), []
    def on_epoch_end(self, epoch, logs):
        self.epochs.append({name: float(value) for name, value in logs.items()})

def trained(name):
    module, options = lessons[name]
    keep = Keep()
    model = module.train(**options, epochs=1, callbacks=[keep])
    return keep.before, model.get_weights(), keep.epochs

with strategy.scope():
    together = {name: trained(name) for name in lessons}
results, index = {}, json.loads(os.environ["TF_CONFIG"])["task"]["index"]
furthest = lambda a, b: float(max(np.abs(x - y).max() for x, y in zip(a, b, strict=True)))
for name in lessons if index == 0 else ():
    before, after, epochs = trained(name)
    results[name] = {
        "machines": strategy.num_replicas_in_sync, "begin": furthest(before, together[name][0]),
        "moved": furthest(before, after), "apart": furthest(after, together[name][1]),
        "epochs": [epochs, together[name][2]],
    }
print(json.dumps(results), flush=True)
os._exit(0)
"""


def free_ports(n):
    with_ports = [socket.create_server(("127.0.0.1", 0)) for _ in range(n)]
    ports = [server.getsockname()[1] for server in with_ports]
    for server in with_ports:
        server.close()
    return ports


@pytest.fixture
def on_two_machines(start):
    """Start the same command, or the same program, on two machines; gives both processes, the chief first."""

    def on_two_machines(*arguments, **options):
        addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
        configs = [{"cluster": {"worker": addresses}, "task": {"type": "worker", "index": index}} for index in range(2)]
        return [start(*arguments, environment={"TF_CONFIG": json.dumps(each)}, **options) for each in configs]

    return on_two_machines


@pytest.mark.slow
def test_two_machines_train_as_one(on_two_machines):
    chief, other = on_two_machines(program=["-c", SCRIPT])
    other.succeed()
    results = json.loads(chief.succeed().said.splitlines()[-1])
    assert len(results) == 2
    for result in results.values():
        assert result["machines"] == 2
        assert result["begin"] == 0
        assert result["moved"] > 1e-3
        assert result["apart"] < 1e-4
        ((alone,), (together,)) = result["epochs"]
        assert alone == pytest.approx(together, rel=1e-3, abs=1e-4)


@pytest.mark.slow
def test_a_killed_machine_ends_the_others(on_two_machines, command, tmp_path, own_pictures, wait_until):
    run, alone = runs.Run(tmp_path / "run"), runs.Run(tmp_path / "alone")
    options = ["autoencoders.vae", "--dataset", own_pictures, "--epochs", 3, "--batch-size", 8, "--hidden", 8]
    chief, other = on_two_machines("train", *options, "--run-dir", run.path)
    wait_until(lambda: (run.path / "metrics.csv").exists(), chief)
    other.kill_group()
    killed = time.monotonic()
    assert "another machine has stopped" in chief.fail()
    assert time.monotonic() - killed < 90
    assert run.state == "failed"
    done = len(run.metrics())
    assert 0 < done < 3

    for process in on_two_machines("resume", run.path):
        process.succeed()
    assert run.state == "finished"
    command("train", *options, "--run-dir", alone.path).succeed()
    together, single = ({**np.load(each.path / "checkpoint" / "state.npz")} for each in (run, alone))
    assert together.keys() == single.keys()
    for name, array in together.items():
        if name.startswith("metric"):  # sums over the machines, each of which counts its own
            continue
        np.testing.assert_allclose(array, single[name], atol=1e-3, rtol=1e-3, err_msg=name)
    assert [row["epoch"] for row in run.metrics()] == [1, 2, 3]


CLUSTER = {"chief": ["a:1"], "worker": ["b:2", "c:3"]}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (None, None),
        ({}, None),
        ({"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 0}}, None),
        ({"cluster": CLUSTER, "task": {"type": "chief", "index": 0}}, 0),
        ({"cluster": CLUSTER, "task": {"type": "worker", "index": 1}}, 2),
    ],
)
def test_which_machine_this_is(monkeypatch, config, expected):
    monkeypatch.setenv("TF_CONFIG", "" if config is None else json.dumps(config))
    found = machines.cluster()
    assert found == (None if expected is None else (["a:1", "b:2", "c:3"], expected))


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "[]",
        json.dumps({"cluster": CLUSTER}),
        json.dumps({"cluster": CLUSTER, "task": {"type": "worker", "index": 2}}),
        json.dumps({"cluster": CLUSTER | {"ps": ["d:4"]}, "task": {"type": "worker", "index": 0}}),
    ],
)
def test_a_wrong_tf_config_is_a_sentence(command, monkeypatch, text):
    monkeypatch.setenv("TF_CONFIG", text)
    assert "TF_CONFIG: it" in command("train", "gans.wgan_gp", "--dataset", "ring").fail()


@pytest.mark.slow
@pytest.mark.parametrize(
    ("tasks", "sentence"),
    [
        (["a", None], "127.0.0.1:.*no connection within"),
        ([None, "a"], "the chief, .* did not respond"),
        (["a", "b"], "a different command"),
    ],
)
def test_machines_that_do_not_meet(monkeypatch, tasks, sentence):
    """One that never comes, and one that was given another command."""
    monkeypatch.setattr(machines, "SECONDS_TO_COME", 1)
    addresses = [f"127.0.0.1:{port}" for port in free_ports(2)]
    errors = []

    def meet(index):
        try:
            machines.meet(machines.Cluster(addresses, index), tasks[index])
        except (ConnectionError, ValueError) as error:
            errors.append(str(error))

    threads = [threading.Thread(target=meet, args=[index]) for index in range(2) if tasks[index]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(errors) == len(threads)
    assert all(re.search(sentence, error) for error in errors)


def test_what_several_machines_cannot_do(command, monkeypatch):
    config = {"cluster": {"worker": ["a:1", "b:2"]}, "task": {"type": "worker", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    odd = command("train", "gans.wgan_gp", "--dataset", "ring", "--batch-size", 9, "--run-dir", "odd").fail()
    assert "batch_size=9: it must be a multiple of the number of devices on all machines, 2" in odd
    many = command("train", "gans.wgan_gp", "--dataset", "ring", "--devices", 2, "--run-dir", "many").fail()
    assert "devices=2: this machine has no GPU" in many
