"""Learned compression: its bits are the entropy coder's, and it learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite import serving
from dlsuite.autoencoders import compression, entropy_coder, picture_file
from dlsuite.data import mnist

EVERY_QUALITY = range(compression.QUALITIES)


@pytest.fixture(scope="module")
def model():
    """A small one of digits, trained for a few seconds."""
    return compression.train(dataset="mnist", source="bundled", epochs=8, width=8, code_channels=12)


@pytest.fixture(scope="module")
def served(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("served")
    serving.export(model, folder)
    return serving.load(folder)


@pytest.fixture(scope="module")
def pictures():
    return compression.held_out("mnist", source="bundled")


def scaled(pictures):
    return np.stack(pictures) / np.float32(255)


def test_divisive_normalization_is_its_formula():
    x = np.random.default_rng(0).normal(size=(2, 3, 3, 4)).astype("float32")
    for inverse in (False, True):
        layer = compression.GDN(inverse)
        layer.build(x.shape)
        layer.beta_root.assign([1.0, 2.0, 3.0, 4.0])
        layer.gamma_root.assign(np.arange(16).reshape(4, 4) / 8)
        gamma, beta = (np.arange(16).reshape(4, 4) / 8) ** 2, np.array([1, 4, 9, 16])
        expected = np.empty_like(x)
        for i in range(4):
            root = np.sqrt(beta[i] + sum(gamma[j, i] * x[..., j] ** 2 for j in range(4)))
            expected[..., i] = x[..., i] * root if inverse else x[..., i] / root
        np.testing.assert_allclose(layer(x), expected, rtol=1e-4)


def test_mosaics_are_digits_in_rows():
    digits = mnist.arrays("test", "bundled")[0]
    mosaic = compression.mosaics(digits, 4)
    assert mosaic.shape == (1000 // 16, 112, 112, 1)
    np.testing.assert_array_equal(mosaic[1, 28:56, 56:84], digits[16 + 4 + 2])


@pytest.mark.slow
def test_it_learns(model, pictures):
    """The trained model's bits + lambda * squared error are at every quality a fraction of an untrained one's."""
    fresh = compression.Compressor(1, 8, 12)
    for quality, weight in enumerate(compression.LAMBDAS):
        costs = []
        for one in (fresh, model):
            answer = one.reconstruct(scaled(pictures), quality)
            squared_error = np.mean((255 * (answer["pictures"] - scaled(pictures))) ** 2)
            costs.append(np.mean(answer["bits"]) / 224**2 + weight * squared_error)
        assert costs[1] < 0.5 * costs[0]


@pytest.mark.slow
def test_a_better_quality_costs_more_and_errs_less(model, pictures):
    answers = [model.reconstruct(scaled(pictures), quality) for quality in EVERY_QUALITY]
    assert (np.diff([np.mean(answer["bits"]) for answer in answers]) > 0).all()
    assert (np.diff([np.mean((answer["pictures"] - scaled(pictures)) ** 2) for answer in answers]) < 0).all()


@pytest.mark.slow
@pytest.mark.parametrize("quality", EVERY_QUALITY)
def test_the_bits_are_what_the_tables_say(model, pictures, quality):
    compressed = model.compress(scaled(pictures), quality)
    frequencies = model.tables(quality)["frequencies"].numpy()
    channel = np.arange(12)
    for symbols, bits in zip(compressed["symbols"].numpy(), compressed["bits"].numpy(), strict=True):
        tables = np.broadcast_to(channel, symbols.shape).ravel()
        expected = entropy_coder.code_lengths(symbols.ravel(), tables, frequencies).sum()
        assert bits == pytest.approx(expected, rel=1e-5)


@pytest.mark.slow
def test_the_noise_stands_for_the_rounding(model, pictures):
    """The bits of noisy codes, which training makes few, are on average those of rounded ones, within a tenth."""
    for quality in EVERY_QUALITY:
        noise = np.random.default_rng(quality).uniform(-0.5, 0.5, (len(pictures), 14, 14, 12)).astype("float32")
        relaxed, _ = model.relaxed(scaled(pictures), tf.fill([len(pictures)], quality), noise)
        rounded = model.compress(scaled(pictures), quality)["bits"]
        assert np.mean(relaxed) == pytest.approx(np.mean(rounded), rel=0.1)


@pytest.mark.slow
def test_served_it_answers_the_same_and_reads_the_same_files(model, served, pictures):
    assert sorted(served.signatures) == ["compress", "decompress", "reconstruct", "serving_default", "tables"]
    for quality in EVERY_QUALITY:
        np.testing.assert_array_equal(
            served.tables(quality=quality)["frequencies"], model.tables(quality)["frequencies"]
        )
        file = picture_file.encode(served, pictures[0], quality)
        one, other = (picture_file.decode(reader, file).astype(int) for reader in (model, served))
        assert np.abs(one - other).max() <= 1
        answer = served.reconstruct(pictures=scaled(pictures[:2]), quality=quality)
        expected = model.reconstruct(scaled(pictures[:2]), quality)
        np.testing.assert_allclose(answer["pictures"], expected["pictures"], atol=1e-4)
        np.testing.assert_allclose(answer["bits"], expected["bits"], rtol=1e-3)


@pytest.mark.slow
def test_saved_and_loaded_it_is_the_same(model, pictures, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_config() == model.get_config()
    assert picture_file.encode(loaded, pictures[0], 3) == picture_file.encode(model, pictures[0], 3)
    np.testing.assert_allclose(loaded(scaled(pictures[:1])), model(scaled(pictures[:1])), atol=1e-6)
    for one, other in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.slow
def test_another_seed_gives_another_model():
    """That the same seed gives the same one is shown by every run that is resumed."""
    arguments = {"dataset": "mnist", "source": "bundled", "epochs": 1, "batch_size": 30, "width": 4, "code_channels": 4}
    one, other = (compression.train(**arguments, seed=seed).get_weights() for seed in (1, 2))
    assert not np.isin(one[0], other[0]).any()


@pytest.mark.slow
def test_photographs_of_ones_own(tmp_path, monkeypatch):
    monkeypatch.setattr(compression, "PATCHES", 512)
    from PIL import Image

    for index in range(10):
        colours = np.random.default_rng(index).integers(0, 256, (9, 10, 3), "uint8")
        Image.fromarray(colours).resize((160, 144)).save(tmp_path / f"{index}.png")
    Image.new("RGB", (90, 70)).save(tmp_path / "3.png")  # for previews, and smaller than what they show
    model = compression.train(dataset=str(tmp_path), epochs=1, batch_size=512, width=4, code_channels=4)
    assert model.channels == 3
    metrics = compression.measure(model, dataset=str(tmp_path))
    assert metrics["coded_bits_ratio"] > 0.9
    files = [picture_file.encode(model, picture, 1) for picture in compression.held_out(str(tmp_path))]
    assert metrics["bits_per_pixel_1"] == pytest.approx(8 * sum(map(len, files)) / 2 / (160 * 144))


@pytest.mark.slow
def test_the_preview(model):
    preview = model.preview()
    assert preview["picture"].dtype == np.uint8
    assert preview["psnr_db"].shape == preview["bits_per_pixel"].shape == (4, compression.QUALITIES)
    assert (np.diff(preview["psnr_db"].mean(axis=0)) < 0).all()


@pytest.mark.parametrize(
    ("argument", "message"),
    [
        ({"epochs": 0}, "epochs=0: it must be at least 1"),
        ({"learning_rate": -1.0}, "learning_rate=-1.0: it must be above 0"),
        ({"code_channels": 0}, "code_channels=0: it must be at least 1"),
        ({"seed": -1}, "seed=-1: it must be at least 0 and at most 4294967295"),
        ({"dataset": "./nothing"}, "dataset='./nothing': there is no such folder"),
    ],
    ids=str,
)
def test_wrong_arguments(argument, message):
    with pytest.raises(ValueError, match=message):
        compression.train(**argument)


def test_a_wrong_number_of_channels():
    with pytest.raises(ValueError, match="channels=2: it must be one of 1, 3"):
        compression.Compressor(channels=2)
