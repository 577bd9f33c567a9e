"""Learned compression: its bits are the entropy coder's, its files are read without loss, and it learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from dlsuite import serving
from dlsuite.autoencoders import compression, entropy_coder
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


def test_a_better_quality_costs_more_and_errs_less(model, pictures):
    answers = [model.reconstruct(scaled(pictures), quality) for quality in EVERY_QUALITY]
    assert (np.diff([np.mean(answer["bits"]) for answer in answers]) > 0).all()
    assert (np.diff([np.mean((answer["pictures"] - scaled(pictures)) ** 2) for answer in answers]) < 0).all()


@pytest.mark.parametrize("quality", EVERY_QUALITY)
def test_the_bits_are_what_the_tables_say(model, pictures, quality):
    compressed = model.compress(scaled(pictures), quality)
    frequencies = model.tables(quality)["frequencies"].numpy()
    channel = np.arange(12)
    for symbols, bits in zip(compressed["symbols"].numpy(), compressed["bits"].numpy(), strict=True):
        tables = np.broadcast_to(channel, symbols.shape).ravel()
        expected = entropy_coder.code_lengths(symbols.ravel(), tables, frequencies).sum()
        assert bits == pytest.approx(expected, rel=1e-5)


def test_the_bits_of_escapes_are_what_the_tables_say(model):
    """Symbols of every size, powers of two and their neighbours among them."""
    symbols = np.concatenate(
        [np.arange(-100, 101), [sign * (2**k + e) for k in range(7, 24) for e in (-1, 0, 1) for sign in (-1, 1)]]
    )
    symbols = np.repeat(symbols[:, None, None, None], 12, axis=-1)  # (n, 1, 1, 12)
    frequencies = model.tables(2)["frequencies"].numpy()
    bits = model.code_length(tf.constant(symbols, tf.int32), 2).numpy()
    tables = np.tile(np.arange(12), len(symbols))
    expected = entropy_coder.code_lengths(symbols.ravel(), tables, frequencies).reshape(-1, 12).sum(axis=1)
    np.testing.assert_allclose(bits, expected, rtol=1e-5)


def test_the_tables_are_the_prior_between_half_steps(model):
    """On y = s d what training calls the bits is -log2 of the table's probability, up to its 16 bits."""
    for quality in EVERY_QUALITY:
        steps = model.prior.steps(quality)
        symbols = np.arange(-compression.REACH, compression.REACH + 1)
        bits = model.prior(symbols[:, None].astype("float32") * steps, tf.broadcast_to(steps, (len(symbols), 12)))
        table = model.tables(quality)["frequencies"].numpy()[:, :-1].T / entropy_coder.TOTAL
        np.testing.assert_allclose(2.0 ** -bits.numpy(), table, atol=3 / entropy_coder.TOTAL)


def test_the_noise_stands_for_the_rounding(model, pictures):
    """The bits of noisy codes, which training makes few, are on average those of rounded ones, within a tenth."""
    for quality in EVERY_QUALITY:
        noise = np.random.default_rng(quality).uniform(-0.5, 0.5, (len(pictures), 14, 14, 12)).astype("float32")
        relaxed, _ = model.relaxed(scaled(pictures), tf.fill([len(pictures)], quality), noise)
        rounded = model.compress(scaled(pictures), quality)["bits"]
        assert np.mean(relaxed) == pytest.approx(np.mean(rounded), rel=0.1)


def test_files_are_as_long_as_the_bits_and_are_read_without_loss(model, pictures):
    for quality in EVERY_QUALITY:
        # One by one, as files are made: in a batch a number may be rounded to the other side of a half.
        answers = [model.reconstruct(compression.fill(picture), quality) for picture in pictures]
        files = [compression.encode(model, picture, quality) for picture in pictures]
        bits = float(np.sum([answer["bits"] for answer in answers]))
        streams = [len(file) - compression.HEADER.size for file in files]
        assert 8 * sum(streams) == pytest.approx(bits, rel=0.02)
        for file, picture, answer in zip(files, pictures, answers, strict=True):
            height, width, _ = picture.shape
            expected = answer["pictures"].numpy()[0, :height, :width]
            np.testing.assert_allclose(compression.decode(model, file) / 255, expected, atol=0.5 / 255 + 1e-4)


def test_any_height_and_width(model, pictures):
    for height, width in [(1, 1), (16, 16), (17, 15), (100, 37)]:
        picture = pictures[0][:height, :width]
        decoded = compression.decode(model, compression.encode(model, picture, 4))
        assert decoded.shape == picture.shape
        assert decoded.dtype == np.uint8


def test_served_it_answers_the_same_and_reads_the_same_files(model, served, pictures):
    assert sorted(served.signatures) == ["compress", "decompress", "reconstruct", "serving_default", "tables"]
    for quality in EVERY_QUALITY:
        np.testing.assert_array_equal(
            served.tables(quality=quality)["frequencies"], model.tables(quality)["frequencies"]
        )
        file = compression.encode(served, pictures[0], quality)
        one, other = (compression.decode(reader, file).astype(int) for reader in (model, served))
        assert np.abs(one - other).max() <= 1
        answer = served.reconstruct(pictures=scaled(pictures[:2]), quality=quality)
        expected = model.reconstruct(scaled(pictures[:2]), quality)
        np.testing.assert_allclose(answer["pictures"], expected["pictures"], atol=1e-4)
        np.testing.assert_allclose(answer["bits"], expected["bits"], rtol=1e-3)


def test_saved_and_loaded_it_is_the_same(model, pictures, tmp_path):
    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert loaded.get_config() == model.get_config()
    assert compression.encode(loaded, pictures[0], 3) == compression.encode(model, pictures[0], 3)
    np.testing.assert_allclose(loaded(scaled(pictures[:1])), model(scaled(pictures[:1])), atol=1e-6)
    for one, other in zip(loaded.optimizer.variables, model.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one, other)


def test_training_is_a_function_of_the_seed():
    arguments = {"dataset": "mnist", "source": "bundled", "epochs": 1, "width": 4, "code_channels": 4}
    one, other, third = (compression.train(**arguments, seed=seed).get_weights() for seed in (1, 1, 2))
    assert all((a == b).all() for a, b in zip(one, other, strict=True))
    assert any((a != b).any() for a, b in zip(one, third, strict=True))


def test_photographs_of_ones_own(tmp_path):
    from PIL import Image

    for index in range(10):
        colours = np.random.default_rng(index).integers(0, 256, (9, 10, 3), "uint8")
        Image.fromarray(colours).resize((160, 144)).save(tmp_path / f"{index}.png")
    Image.new("RGB", (90, 70)).save(tmp_path / "3.png")  # for previews, and smaller than what they show
    model = compression.train(dataset=str(tmp_path), epochs=1, batch_size=512, width=4, code_channels=4)
    assert model.channels == 3
    metrics = compression.measure(model, dataset=str(tmp_path))
    assert metrics["coded_bits_ratio"] > 0.9
    files = [compression.encode(model, picture, 1) for picture in compression.held_out(str(tmp_path))]
    assert metrics["bits_per_pixel_1"] == pytest.approx(8 * sum(map(len, files)) / 2 / (160 * 144))


def test_measure_is_the_mean_over_pictures(model, pictures):
    curve = compression.curve(model, pictures[:2])
    file = compression.encode(model, pictures[1], 2)
    assert curve["coded_bits"][2, 1] == 8 * len(file)
    error = np.mean((compression.decode(model, file).astype(float) - pictures[1]) ** 2)
    assert curve["psnr"][2, 1] == pytest.approx(10 * np.log10(255**2 / error))
    assert (np.diff(curve["jpeg_psnr"], axis=0) >= 0).all()


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


@pytest.mark.parametrize(
    "picture",
    [np.zeros((16, 16, 3), "uint8"), np.zeros((16, 16), "uint8"), np.zeros((16, 16, 1)), np.zeros((0, 16, 1), "uint8")],
    ids=lambda picture: f"{picture.dtype}{picture.shape}",
)
def test_what_cannot_be_encoded(model, picture):
    with pytest.raises(ValueError, match=r"picture: it is .*, and must be uint8 \(height, width, 1\)"):
        compression.encode(model, picture, 0)


def test_sizes_and_qualities_that_cannot_be_encoded(model):
    with pytest.raises(ValueError, match="quality=5: it must be one of 0, 1, 2, 3, 4"):
        compression.encode(model, np.zeros((16, 16, 1), "uint8"), 5)
    with pytest.raises(ValueError, match="picture: 1 x 65536 pixels are too many"):
        compression.encode(model, np.zeros((1, 65536, 1), "uint8"), 0)


def test_what_cannot_be_decoded(model, pictures):
    file = compression.encode(model, pictures[0][:32, :32], 2)
    for length in range(len(file)):
        with pytest.raises(ValueError, match=r"(file|stream): "):
            compression.decode(model, file[:length])
    for foreign in (
        b"\x89PNG\r\n\x1a\n" * 9,
        b"\xff\xd8\xff\xe0" * 20,
        file[:1] + b"\0\0\0\0" + file[5:],
        file + b"\0\0",
    ):
        with pytest.raises(ValueError, match=r"(file|stream): "):
            compression.decode(model, foreign)
