"""Asking a trained model from the shell: `dlsuite predict NAME [SIGNATURE] input=value ... [--out FILE]`."""

import functools
import json
import logging
import re

import numpy as np
import pytest
from PIL import Image

from dlsuite import cli, runs, serving
from dlsuite.attention.pooling import Pooling

load = functools.cache(serving.load)
"""Each model once for all tests here."""


@pytest.fixture
def ask(tmp_path, monkeypatch, capsys):
    """Run `dlsuite predict` in an empty folder: its status, what it prints, what it complains of."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(logging, "basicConfig", lambda **_: None)
    monkeypatch.setattr(serving, "load", load)

    def ask(*words):
        status = cli.main(["predict", *map(str, words)])
        said, complaint = capsys.readouterr()
        return status, said, complaint

    return ask


@pytest.fixture
def answer(ask):
    """What the command prints, where it succeeds."""

    def answer(*words):
        status, said, complaint = ask(*words)
        assert (status, complaint) == (0, "")
        return said

    return answer


@pytest.fixture(scope="module")
def ring():
    return load("gans.wgan_gp-ring")


@pytest.mark.slow
def test_text_to_text(answer):
    assert answer("attention.bahdanau", "text=5 mars 1987") == "1987-03-05\n"


def test_texts_from_a_file_and_into_one(answer, tmp_path):
    (tmp_path / "dates.txt").write_text("5 mars 1987\n15. August 2003\n", "utf-8")
    assert answer("attention.bahdanau", "translate", "text=@dates.txt", "--out", "iso.txt") == "iso.txt\n"
    assert (tmp_path / "iso.txt").read_text("utf-8") == "1987-03-05\n2003-08-15\n"


def test_a_short_answer_is_json(answer, ring):
    said = json.loads(answer("gans.wgan_gp-ring", "latent=[0.5, -1]"))
    assert said.keys() == {"samples"}
    np.testing.assert_array_equal(np.asarray(said["samples"], "float32"), ring.decode([[0.5, -1]])["samples"])


def test_numbers_go_by_name(answer, ring):
    said = json.loads(answer("gans.wgan_gp-ring", "sample", "seed=3", "n=2"))
    np.testing.assert_array_equal(np.asarray(said["samples"], "float32"), ring.sample(n=2, seed=3)["samples"])


@pytest.mark.parametrize("ending", ["npy", "npz", "json"])
def test_arrays_from_a_file(answer, ring, tmp_path, ending):
    latent = np.random.default_rng(0).normal(size=(3, 2)).astype("float32")
    file = tmp_path / f"latent.{ending}"
    if ending == "npz":
        np.savez(file, other=np.zeros(1), latent=latent)
    elif ending == "npy":
        np.save(file, latent)
    else:
        file.write_text(json.dumps(latent.tolist()), "utf-8")
    said = json.loads(answer("gans.wgan_gp-ring", "decode", f"latent=@{file.name}"))
    np.testing.assert_array_equal(np.asarray(said["samples"], "float32"), ring.decode(latent)["samples"])


def test_arrays_into_files(answer, ring, tmp_path):
    expected = ring.sample(n=500, seed=0)
    for name in ("some.json", "some.npz"):
        answer("gans.wgan_gp-ring", "sample", "n=500", "seed=0", "--out", f"new/{name}")
    answer("gans.wgan_gp-ring", "latent=[[1, 2]]", "--out", "one.npy")
    with np.load(tmp_path / "new" / "some.npz") as arrays:
        assert sorted(arrays) == ["latent", "samples"]
        np.testing.assert_array_equal(arrays["samples"], expected["samples"])
    read = json.loads((tmp_path / "new" / "some.json").read_text("utf-8"))
    np.testing.assert_array_equal(np.asarray(read["latent"], "float32"), expected["latent"])
    np.testing.assert_array_equal(np.load(tmp_path / "one.npy"), ring.decode([[1, 2]])["samples"])


def test_pictures_into_a_file(answer, tmp_path):
    answer("gans.wgan_gp", "sample", "n=5", "seed=1", "--out", "five.png")
    samples = load("gans.wgan_gp").sample(n=5, seed=1)["samples"]
    sheet = np.asarray(Image.open(tmp_path / "five.png"))
    assert sheet.shape == (2 * 28, 3 * 28)
    fifth = sheet[28:, 28:56]  # the second in the second row
    np.testing.assert_array_equal(fifth, np.rint((samples[4, :, :, 0] + 1) / 2 * 255))
    assert (sheet[28:, 56:] == 0).all()


def test_a_picture_to_a_picture(answer, tmp_path):
    pixels = np.random.default_rng(0).integers(0, 256, (10, 12, 3), "uint8")
    Image.fromarray(pixels).save(tmp_path / "small.png")
    answer("autoencoders.super_resolution", "pictures=@small.png", "--out", "larger.png")
    larger = np.asarray(Image.open(tmp_path / "larger.png"))
    expected = load("autoencoders.super_resolution").enlarge(pixels[None] / np.float32(255))["pictures"][0]
    assert larger.shape == (20, 24, 3)
    assert np.abs(larger - 255.0 * expected.clip(0, 1)).max() < 0.51


def test_a_photograph_of_a_digit_takes_the_models_size(answer, tmp_path):
    Image.fromarray(np.full((60, 90, 3), 51, "uint8")).save(tmp_path / "dark.jpg", quality=100)
    said = answer("autoencoders.autoencoder", "encode", "pictures=@dark.jpg")
    expected = load("autoencoders.autoencoder").encode(np.full((1, 28, 28, 1), 0.2, "float32"))["latent"]
    np.testing.assert_allclose(json.loads(said)["latent"], expected, atol=1e-4)


def test_a_run_directory(answer, tmp_path):
    run, model = runs.create("attention.pooling", {}, tmp_path / "run"), Pooling()
    model.save(run.path / "model.keras")
    said = json.loads(answer(run.path, "signals=[0, 0, 1, 1]"))
    np.testing.assert_allclose(said["prediction"], model(np.float32([[0, 0, 1, 1]])), atol=1e-6)


def test_a_run_without_a_model(ask, tmp_path):
    runs.create("attention.pooling", {}, tmp_path / "run").update(state="stopped")
    assert ask("run", "signals=[0]") == (1, "", "dlsuite: run has no trained model yet: its state is stopped\n")


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["gans.nothing", "n=1"], "there is no trained model gans.nothing"),
        (["gans.wgan_gp-ring", "shake"], "gans.wgan_gp-ring has no signature shake: choose one of decode, sample"),
        (["gans.wgan_gp-ring"], r"serving_default: it takes latent=, float32 \(any, 2\), each exactly once"),
        (["gans.wgan_gp-ring", "sample", "n=3"], r"sample: it takes n=, one number \(int32\) and seed=, one number"),
        (["gans.wgan_gp-ring", "sample", "n=3", "sed=0"], "sample: it takes n="),
        (["gans.wgan_gp-ring", "sample", "n=3", "n=3", "seed=0"], "each exactly once"),
        (["gans.wgan_gp-ring", "decode", "0.5"], "decode: it takes latent="),
        (["gans.wgan_gp-ring", "sample", "n=three", "seed=0"], "n=three: it must be a number, or numbers in brackets"),
        (["gans.wgan_gp-ring", "sample", "n=-1", "seed=0"], "n: it must be at least 0"),
        (["gans.wgan_gp-ring", "sample", "n=1.5", "seed=0"], "n: it cannot be read as int32"),
        (["gans.wgan_gp-ring", "latent=[1, 2, 3]"], r"latent: its shape is \(1, 3\), but \(any, 2\) is needed"),
        (["gans.wgan_gp-ring", "latent=@nowhere.npy"], "nowhere.npy: No such file"),
        (["gans.wgan_gp-ring", "latent=@folder"], "folder: Is a directory"),
        (["gans.wgan_gp-ring", "latent=@broken.npy"], "latent=@broken.npy: it cannot be read"),
        (["gans.wgan_gp-ring", "latent=@broken.json"], "latent=@broken.json: it cannot be read"),
        (["gans.wgan_gp-ring", "latent=@broken.png"], "latent=@broken.png: it cannot be read"),
        (["gans.wgan_gp-ring", "latent=@notes.md"], r"notes.md: its name must end in one of .*\.npy"),
        (["gans.wgan_gp-ring", "latent=[1, 2]", "--out", "a.gif"], r"a\.gif: its name must end in .*\.png"),
        (["gans.wgan_gp-ring", "latent=[1, 2]", "--out", "a.png"], r"no picture in the answer \(samples \(1, 2\)\)"),
        (["gans.wgan_gp-ring", "latent=[1, 2]", "--out", "a.txt"], "not one text per example"),
        (["gans.wgan_gp-ring", "sample", "n=1", "seed=0", "--out", "a.npy"], r"several arrays \(.*\): use \.npz"),
        (
            ["gans.wgan_gp-ring", "sample", "n=900", "seed=0"],
            "is too long to print: write it .* --out FILE",
        ),
        (["attention.bahdanau", "text=1 May 1999", "--out", "a.npz"], r"the answer contains text .*: use \.json"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_is_wrong_gets_a_sentence(ask, tmp_path, words, sentence):
    (tmp_path / "folder").mkdir()
    for name in ("broken.npy", "broken.json", "broken.png", "notes.md"):
        (tmp_path / name).write_bytes(b"nothing of the kind")
    before = sorted(tmp_path.iterdir())
    status, said, complaint = ask(*words)
    assert (status, said) == (1, "")
    assert re.fullmatch(rf"dlsuite: .*{sentence}.*\n", complaint)
    assert sorted(tmp_path.iterdir()) == before


def test_the_help_has_three_examples(capsys):
    with pytest.raises(SystemExit):
        cli.main(["predict", "--help"])
    said = capsys.readouterr().out
    examples = re.findall(r"^  dlsuite predict (\S+) (?:(\w+) )?(\w+)=", said, re.MULTILINE)
    assert len(examples) == 3
    for name, signature, given in examples:
        assert given in load(name).inputs(signature or "serving_default")
