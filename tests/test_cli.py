"""The command: one sentence for every wrong call, JSON and nothing else where JSON was asked for."""

import errno
import json
import os
import re
import shlex
import shutil
import subprocess
import sys

import keras
import numpy as np
import pytest

import dlsuite
from dlsuite import catalog, checkpoint, cli, runs, serving, shipping


@pytest.mark.parametrize(
    ("arguments", "status", "sentence"),
    [
        (["train", "gans.nothing"], 2, r"gans\.nothing.*gans\.wgan_gp"),
        (["train"], 2, "NAME"),
        ([], 2, "COMMAND"),
        (["shake"], 2, "shake"),
        (["train", "gans.gan", "--penalty", "3"], 2, "--penalty"),
        (["train", "gans.gan", "--generator-loss", "hinge"], 2, "hinge.*non-saturating"),
        (["train", "gans.gan", "--source", "web"], 2, "web.*bundled"),
        (["train", "gans.gan", "--epochs", "two"], 2, "epochs.*two"),
        (["train", "gans.gan", "--epochs", "1.5"], 2, r"epochs.*1\.5"),
        (["train", "gans.gan", "--dataset", "rings"], 1, "dataset='rings': it must be one of mnist, ring"),
        (["train", "gans.gan", "--dataset", "./nowhere"], 1, "dataset='.*nowhere': there is no such folder"),
        (["train", "gans.gan", "--dataset", "nowhere.csv"], 1, r"dataset='.*nowhere\.csv': there is no such file"),
        (["train", "gans.gan", "--dataset", "~no-one/x.csv"], 1, r"dataset='.*no-one/x\.csv': there is no such file"),
        (["train", "attention.bahdanau", "--dataset", "~no-one/x"], 1, "dataset='~no-one/x': there is no such file"),
        (["train", "attention.seq2seq", "--dataset", "~no-one/x.tsv"], 1, r"no-one/x\.tsv': there is no such folder"),
        (["train", "embeddings.cbow", "--dataset", "~no-one/x.txt"], 1, r"no-one/x\.txt': there is no such file"),
        (["train", "gans.gan", "--dataset", "ring", "--epochs", "0"], 1, "epochs=0: it must be at least 1"),
        (["train", "gans.gan", "--dataset", "ring", "--epochs", "-3"], 1, "epochs=-3: it must be at least 1"),
        (["train", "gans.gan", "--dataset", "ring", "--batch-size", "0"], 1, "batch_size=0: it must be at least 1"),
        (["train", "gans.gan", "--dataset", "ring", "--latent-dim", "-1"], 1, "latent_dim=-1: it must be at least 1"),
        (["train", "gans.gan", "--dataset", "ring", "--learning-rate", "0"], 1, r"learning_rate=0\.0: it must be"),
        (["train", "gans.gan", "--dataset", "ring", "--learning-rate", "nan"], 1, "learning_rate=nan: it must be"),
        (["train", "gans.gan", "--dataset", "ring", "--beta-1", "1"], 1, "beta_1=1.0: it must be at least 0 and"),
        (
            ["train", "gans.gan", "--source", "bundled", "--batch-size", "10"],
            1,
            "batch_size=10: with group=4 it must be",
        ),
        (
            ["train", "gans.gan", "--dataset", "ring", "--ema-half-life", "-1"],
            1,
            "ema_half_life=-1: it must be at least 0",
        ),
        (["train", "gans.gan", "--dataset", "ring", "--discriminator-steps", "0"], 1, "discriminator_steps=0: it must"),
        (["train", "gans.wgan_gp", "--dataset", "ring", "--critic-steps", "-5"], 1, "critic_steps=-5: it must be"),
        (["train", "gans.wgan_gp", "--dataset", "ring", "--penalty", "-1"], 1, r"penalty=-1\.0: it must be at least 0"),
        (
            ["train", "gans.gan", "--dataset", "ring", "--seed", "-1"],
            1,
            "seed=-1: it must be at least 0 and at most",
        ),
        (
            ["train", "attention.pooling", "--seed", str(2**32)],
            1,
            "seed=4294967296: it must be .* at most 4294967295",
        ),
        (["train", "gans.gan", "--dataset", "ring", "--devices", "1000000"], 1, "devices=1000000: this machine has"),
        (["train", "gans.gan", "--dataset", "ring", "--devices", "0"], 1, "devices=0: it must be at least 1"),
        (["train", "gans.gan", "--source", "bundled", "--batch-size", "5000"], 1, "batch_size: one step takes 5000"),
        (["train", "gans.gan", "--source", "tfds"], 1, "'mnist' is not prepared in .*`tfds build mnist`"),
        (["train", "gans.digit_classifier", "--epochs", "0"], 1, "epochs=0: it must be at least 1"),
        (["resume", "nowhere"], 1, "nowhere is not a run directory"),
        (["export", "gans.nothing"], 1, "gans.nothing is neither a run directory nor a shipped model"),
        (["evaluate", "gans.nothing"], 1, "gans.nothing is neither a run directory nor a shipped model"),
        (["evaluate", "gans.digit_classifier", "--source", "tfds"], 1, "`tfds build mnist`"),
        (["evaluate", "gans.digit_classifier", "--dataset", "./nosuch"], 1, "nosuch': .* always measured on mnist"),
        (
            ["evaluate", "attention.pooling", "--source", "tfds"],
            1,
            "'tfds': shapes does not come from TensorFlow",
        ),
        (
            ["evaluate", "gans.wgan_gp-ring", "--source", "tfds"],
            1,
            "'tfds': ring does not come from",
        ),
        (
            ["train", "gans.gan", "--dataset", "ring", "--source", "tfds"],
            1,
            "'tfds': ring does not come from",
        ),
        (["ship", "nowhere"], 1, "nowhere is not a run directory"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_call_gets_one_sentence(command, arguments, status, sentence):
    got, said, complaints = command(*arguments)
    assert got == status
    assert said == ""
    assert len(complaints) == 1
    assert re.search(sentence, complaints[0])


@pytest.mark.slow
def test_a_wrong_call_in_a_process_of_its_own(start):
    """The same as above, without a TensorFlow that is loaded already and with all that a user sees."""
    process = start("train", "gans.gan", "--source", "tfds")
    assert "tfds build mnist" in process.fail()
    assert "no_tfds" in start("evaluate", "gans.digit_classifier", "--source", "tfds").fail()
    assert "gans.nothing" in start("train", "gans.nothing").fail(status=2)


@pytest.mark.parametrize(
    "arguments",
    [["resume", "file"], ["train", "gans.gan", "--dataset", "ring", "--run-dir", "file"], ["evaluate", "file"]],
    ids=" ".join,
)
def test_a_file_in_the_place_of_a_directory(command, tmp_path, arguments):
    (tmp_path / "file").write_text("no directory")
    status, said, complaints = command(*arguments)
    assert (status, said, len(complaints)) == (1, "", 1)
    assert "file" in complaints[0]


def test_a_disk_that_is_full_from_the_start(command, monkeypatch):
    def fail(*_):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", fail)
    status, _, (complaint,) = command("train", "gans.gan", "--dataset", "ring")
    assert (status, complaint) == (1, "dlsuite: No space left on device")


def test_own_data_is_found_again_from_another_folder(command, own_points, tmp_path):
    (tmp_path / "mine.npy").write_bytes(own_points.read_bytes())
    command("train", "gans.gan", "--dataset", "./mine.npy", "--group", 3, "--run-dir", "run")
    assert runs.Run("run").record["arguments"]["dataset"] == str(tmp_path / "mine.npy")


@pytest.mark.slow
def test_a_loss_that_is_no_number_ends_the_run(command, own_points, tmp_path):
    run = runs.Run(tmp_path / "run")
    arguments = ["--dataset", own_points, "--batch-size", 8, "--learning-rate", "1e30", "--run-dir", run.path]
    assert "a lower learning_rate may help" in command("train", "gans.wgan_gp", *arguments).fail()
    assert run.state == "failed"
    assert run.metrics() == []


def test_a_refused_run_has_failed_with_the_same_sentence(command, tmp_path):
    path = tmp_path / "run"
    _, _, (complaint,) = command("train", "gans.gan", "--dataset", "ring", "--group", 3, "--run-dir", path)
    assert "batch_size=256: with group=3 it must be a multiple of 3" in complaint
    assert runs.Run(path).state_and_error == ("failed", complaint.removeprefix("dlsuite: "))


@pytest.mark.slow
def test_the_corrected_command_works_in_the_same_directory(command, tmp_path):
    path = tmp_path / "run"
    assert command("train", "gans.gan", "--dataset", "ring", "--group", 3, "--run-dir", path)[0] == 1
    assert command("train", "attention.pooling", "--epochs", 0, "--run-dir", path)[0] == 1
    assert command("train", "attention.pooling", "--epochs", 1, "--run-dir", path)[0] == 0
    assert runs.Run(path).state == "finished"


def test_a_folder_of_the_users_is_left_as_it_is(command, tmp_path):
    folder = tmp_path / "thesis"
    folder.mkdir()
    (folder / "metrics.csv").write_text("mine")
    status, _, (complaint,) = command("train", "attention.pooling", "--epochs", 1, "--run-dir", folder)
    assert (status, [file.name for file in folder.iterdir()]) == (1, ["metrics.csv"])
    assert "thesis contains other files (metrics.csv): choose an empty directory" in complaint
    assert (folder / "metrics.csv").read_text() == "mine"


@pytest.mark.slow
def test_weights_that_are_not_finite_fail_a_run(command, tmp_path, monkeypatch):
    """After steps whose losses were finite; the last checkpoint stays."""
    save, path = checkpoint.save, tmp_path / "run"

    def overflow(folder, model, epoch, step):
        if epoch == 2:
            model.trainable_variables[0].assign(model.trainable_variables[0] * np.inf)
        save(folder, model, epoch, step)

    monkeypatch.setattr(checkpoint, "save", overflow)
    status, _, (complaint,) = command("train", "attention.pooling", "--epochs", 2, "--run-dir", path)
    assert (status, runs.Run(path).state) == (1, "failed")
    assert "kernel is no longer finite: a lower learning_rate may help" in complaint
    assert not (path / "model.keras").exists()
    assert checkpoint.load(path / "checkpoint")["epoch"] == 1


@pytest.mark.slow
@pytest.mark.parametrize("words", [["evaluate", "gans.wgan_gp"], ["export", "gans.wgan_gp"]], ids=" ".join)
def test_ctrl_c_ends_in_a_line(start, words):
    script = """
import os, signal, sys
from dlsuite import cli, serving
load = serving.load_keras
def interrupted(*arguments, **options):
    model = load(*arguments, **options)
    os.kill(os.getpid(), signal.SIGINT)
    return model
serving.load_keras = interrupted
cli.script()
"""
    process = start(*words, program=["-c", script])
    assert process.fail(130) == "dlsuite: interrupted"


@pytest.mark.slow
def test_the_command_is_independent_of_keras_json(start, tmp_path, own_pictures):
    (tmp_path / "keras.json").write_text(
        '{"floatx": "float64", "backend": "jax", "image_data_format": "channels_first", "epsilon": 1e-7}'
    )
    settings = {"KERAS_HOME": str(tmp_path), "KERAS_BACKEND": "torch"}
    train = ["--dataset", own_pictures, "--batch-size", 80, "--epochs", 1, "--run-dir", "run"]
    commands = [
        ["train", "autoencoders.vae", "--network", "convolutional", *map(str, train)],
        ["evaluate", "gans.digit_classifier", "--source", "bundled", "--json"],
    ]
    program = f"""
from dlsuite.cli import main
from dlsuite.data import examples
examples.FEWEST_STEPS = 2
for words in {commands}:
    assert main(words) == 0
"""
    process = start(program=("-c", program), environment=settings).succeed()
    metrics = json.loads(process.said.splitlines()[-1])
    assert metrics.keys() == {"accuracy"}
    assert metrics["accuracy"] > 0.95


def test_a_path_that_the_locale_cannot_read(start, tmp_path):
    folder = tmp_path / "größe"
    folder.mkdir()
    locale = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    process = start("train", "gans.gan", "--dataset", folder, environment=locale)
    assert "is not text in this locale: set LC_ALL=C.UTF-8" in process.fail()


def test_a_run_without_a_model_cannot_be_used(command, tmp_path):
    runs.create("gans.gan", {"dataset": "ring"}, tmp_path / "run").update(state="stopped")
    for name in ("export", "evaluate"):
        status, _, (complaint,) = command(name, tmp_path / "run")
        assert status == 1
        assert "has no trained model yet: its state is stopped" in complaint
    status, _, (complaint,) = command("ship", tmp_path / "run")
    assert status == 1
    assert "is not finished: its state is stopped" in complaint


def test_a_damaged_model(command, finished_run, tmp_path):
    path = shutil.copytree(finished_run.path, tmp_path / "run")
    (path / "model.keras").write_bytes(b"no archive")
    status, _, (complaint,) = command("export", path)
    assert status == 1
    assert "model.keras cannot be loaded" in complaint


def test_list(command, tmp_path):
    runs.create("gans.gan", {}, tmp_path / "runs" / "gans.gan" / "now").update(state="stopped")
    status, said, complaints = command("list")
    assert (status, complaints) == (0, [])
    for name in catalog.names():
        assert re.search(rf"^  {re.escape(name)} +{re.escape(catalog.lesson(name).title)}$", said, re.MULTILINE)
    for name in serving.names():
        assert f"\n  {name}\n" in said
    assert re.search(r"runs/gans\.gan/now +stopped", said)
    (tmp_path / "runs" / "gans.gan" / "now" / "run.json").write_text("{")
    assert re.search(r"runs/gans\.gan/now .*is damaged", command("list")[1])


def test_help_shows_every_option_with_its_resolved_default(command):
    status, said, _ = command("train", "gans.wgan_gp", "--help")
    assert status == 0
    words = " ".join(said.split())
    for option in catalog.lesson("gans.wgan_gp").options.values():
        assert f"--{option.name.replace('_', '-')}" in words
        assert " ".join(option.help.split()) in words
    assert "Default: 1.0 for images, 0.1 for points" in words
    assert "Default: 64 for images, 256 for points" in words
    assert "Default: mnist." in words
    assert "None" not in words
    assert "callbacks" not in words
    assert "initial-epoch" not in words


@pytest.mark.slow
def test_evaluate_measures_on_what_the_run_was_trained_on(command, finished_run):
    status, said, _ = command("evaluate", finished_run.path, "--json")
    assert status == 0
    on_own = json.loads(said)
    assert on_own.keys() == {"sliced_wasserstein", "sliced_wasserstein_floor"}
    status, said, _ = command("evaluate", finished_run.path, "--dataset", "ring")
    assert status == 0
    assert re.search(r"^modes +\d+$", said, re.MULTILINE)


def test_evaluate_on_what_the_model_does_not_make(command, finished_run):
    status, said, (complaint,) = command("evaluate", finished_run.path, "--dataset", "mnist")
    assert (status, said) == (1, "")
    assert "the model's (2,)" in complaint


def test_a_run_leaves_what_the_design_says(finished_run):
    assert finished_run.state == "finished"
    record = finished_run.record
    assert record["name"] == "gans.wgan_gp"
    resolved = catalog.lesson("gans.wgan_gp").resolve({"dataset": record["arguments"]["dataset"]})
    assert record["arguments"] == resolved | {"epochs": 2, "batch_size": 8, "critic_steps": 1}
    assert record["versions"]["keras"] == keras.__version__
    assert [row["epoch"] for row in finished_run.metrics()] == [1, 2]
    steps = [row["step"] for row in finished_run.steps()]
    assert steps == sorted(set(steps))
    assert steps[-1] == 200
    assert {0, 100, 200} <= finished_run.previews().keys()
    for picture in finished_run.previews().values():
        with np.load(picture.with_suffix(".npz")) as arrays:
            assert {"real", "samples", "score", "gradient", "extent"} == set(arrays)
    assert "epoch 2/2" in finished_run.log()
    assert serving.load_keras(finished_run.path).generator_optimizer.iterations == 200


@pytest.mark.slow
def test_export_counts_versions(command, finished_run, tmp_path):
    for version in ("1", "2"):
        status, said, _ = command("export", finished_run.path, "--to", tmp_path / "served")
        assert status == 0
        assert said == f"{tmp_path / 'served' / version}\n"
    assert sorted(folder.name for folder in (tmp_path / "served").iterdir()) == ["1", "2"]
    samples = serving.load(tmp_path / "served").sample(n=3, seed=1)["samples"]
    assert samples.shape == (3, 2)


def test_export_has_a_place_by_default(command, finished_run):
    assert command("export", finished_run.path)[1] == "exported/gans.wgan_gp/1\n"


@pytest.fixture
def shelf(monkeypatch, tmp_path):
    """A folder of shipped models of one's own, with nothing but the classifier on it."""
    folder = tmp_path / "saved_models"
    shutil.copytree(dlsuite.SAVED_MODELS / "gans.digit_classifier", folder / "gans.digit_classifier")
    for module in (dlsuite, serving, shipping):
        monkeypatch.setattr(module, "SAVED_MODELS", folder)
    return folder


@pytest.mark.slow
def test_ship(command, shelf, finished_run):
    status, said, _ = command("ship", finished_run.path, "--name", "gans.wgan_gp-own")
    folder = shelf / "gans.wgan_gp-own"
    assert (status, said) == (0, f"{folder}\n")
    assert {file.name for file in folder.iterdir()} == {"config.json", "1", "README.md", "run.json"}
    card = (folder / "README.md").read_text("utf-8")
    assert card.startswith("# gans.wgan_gp-own\n")
    assert f"dlsuite train gans.wgan_gp --dataset {finished_run.record['arguments']['dataset']}" in card
    assert f" CPU core{'s' * (os.cpu_count() > 1)}, with TensorFlow" in card
    assert arguments_of(card) == finished_run.record["arguments"]
    assert re.search(r"\| `sliced_wasserstein` \| [\d.]+ \|", card)
    configuration = (shelf / "models.config").read_text("utf-8")
    for name in ("gans.wgan_gp-own", "gans.digit_classifier"):
        assert f'name: "{name}" base_path: "/models/{name}" model_platform: "tensorflow"' in configuration
    assert serving.names() == ["gans.digit_classifier", "gans.wgan_gp-own"]
    served, trained = serving.load("gans.wgan_gp-own"), serving.load_keras("gans.wgan_gp-own", compile=False)
    answer = served.sample(n=5, seed=2)
    np.testing.assert_allclose(answer["samples"], trained(answer["latent"]), atol=1e-5)
    of_run = serving.load_keras(finished_run.path)
    assert trained.get_config() == of_run.get_config()
    for shipped, own in zip(trained.weights, of_run.weights, strict=True):  # the critic's too
        np.testing.assert_array_equal(shipped, own)


def arguments_of(card):
    """What the command on a model card trains with."""
    (line,) = re.findall(r"^    dlsuite (train .*)$", card, re.MULTILINE)
    options = cli._parser().parse_args(shlex.split(line))
    lesson = catalog.lesson(options.name)
    return lesson.resolve({name: getattr(options, name) for name in lesson.options})


@pytest.mark.parametrize("name", serving.names())
def test_the_command_on_a_shipped_card_is_how_it_was_trained(name):
    folder = dlsuite.SAVED_MODELS / name
    assert arguments_of((folder / "README.md").read_text("utf-8")) == runs.Run(folder).record["arguments"]


@pytest.mark.slow
def test_ship_again_replaces_the_model(command, shelf, finished_run):
    for _ in range(2):
        assert command("ship", finished_run.path)[0] == 0
    assert [folder.name for folder in (shelf / "gans.wgan_gp").iterdir() if folder.is_dir()] == ["1"]


def test_ship_keeps_to_the_lessons_name(command, shelf, finished_run):
    status, _, (complaint,) = command("ship", finished_run.path, "--name", "gans.gan-own")
    assert status == 1
    assert "name='gans.gan-own'" in complaint
    assert not (shelf / "gans.gan-own").exists()


@pytest.mark.parametrize(
    ("main", "status", "said"),
    [
        ("lambda: 3", 3, ""),
        ("lambda: sys.exit(2)", 2, ""),
        ("lambda: 1 / 0", 1, "ZeroDivisionError"),
    ],
)
def test_the_process_ends_whatever_threads_go_on(main, status, said):
    """A thread that is no daemon would keep Python waiting for it."""
    script = f"""
import sys, threading, time
from dlsuite import cli
threading.Thread(target=time.sleep, args=[600]).start()
cli.main = {main}
cli.script()
"""
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, timeout=60)
    assert process.returncode == status
    assert said in process.stderr
