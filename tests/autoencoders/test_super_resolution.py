"""Super-resolution: it begins at bicubic interpolation, which is Pillow's, and learns what that lacks."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from dlsuite import serving
from dlsuite.autoencoders import super_resolution
from dlsuite.data import examples, photographs


@pytest.fixture(scope="module", autouse=True)
def few_patches():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(super_resolution, "PATCHES", 640)
        yield


@pytest.fixture(scope="module")
def train_briefly():
    """Six epochs on the bundled digits."""
    return lambda: super_resolution.train(
        dataset="mnist", source="bundled", epochs=6, filters=8, learning_rate=5e-3, seed=1
    )


@pytest.fixture(scope="module")
def trained(train_briefly):
    return train_briefly()


@pytest.fixture
def own_photographs(tmp_path):
    """Ten smooth colourful photographs, 90 wide and 70 high, with no black in them."""
    for index in range(10):
        noise = np.random.default_rng(index).integers(60, 256, (7, 9, 3), "uint8")
        Image.fromarray(noise).resize((90, 70), Image.Resampling.BILINEAR).save(tmp_path / f"{index}.png")
    return tmp_path


def scrambled(factor=2):
    """An untrained model whose every weight is random, those of the last convolution too."""
    model, random = super_resolution.SuperResolution(factor=factor, filters=4), np.random.default_rng(0)
    model.set_weights([random.normal(scale=0.2, size=weight.shape) for weight in model.get_weights()])
    return model


def some_pictures(height=12, width=20, channels=1, n=2):
    return np.random.default_rng(0).random((n, height, width, channels)).astype("float32")


def of_pillow(plane, scale):
    """A plane of floats, resized by Pillow's antialiased bicubic filter, and cut off at 0 and 1."""
    size = round(plane.shape[1] * scale), round(plane.shape[0] * scale)
    resized = Image.fromarray(plane.astype("float32")).resize(size, Image.Resampling.BICUBIC)
    return np.clip(np.asarray(resized), 0, 1)


@pytest.mark.parametrize("scale", [1 / 2, 1 / 4, 2, 4])
def test_bicubic_is_that_of_pillow(scale):
    pictures = some_pictures(40, 52, 3)
    resized = super_resolution.bicubic(pictures, scale).numpy()
    for picture, answer in zip(pictures, resized, strict=True):
        for channel in range(3):
            np.testing.assert_allclose(answer[..., channel], of_pillow(picture[..., channel], scale), atol=1e-6)


def test_bicubic_of_bytes_is_that_of_pillow_but_for_rounding():
    picture = (some_pictures(28, 28)[0, ..., 0] * 255).round().astype("uint8")
    reduced = 255 * super_resolution.bicubic(examples.to_unit(picture[None, ..., None]), 1 / 2).numpy()[0, ..., 0]
    expected = np.asarray(Image.fromarray(picture).resize((14, 14), Image.Resampling.BICUBIC), "float32")
    assert np.abs(reduced - expected).max() < 1.5  # Pillow rounds after the rows and again after the columns
    assert np.abs(reduced - expected).mean() < 0.5


def test_what_is_not_antialiased_is_another_picture():
    """So the comparison with Pillow can fail."""
    pictures = some_pictures(40, 52)
    aliased = tf.image.resize(pictures, (20, 26), "bicubic").numpy()
    assert np.abs(aliased - super_resolution.bicubic(pictures, 1 / 2)).max() > 0.1


@pytest.mark.parametrize("factor", [2, 4])
def test_the_periodic_shuffle_is_equation_4(factor):
    features = np.arange(2 * 3 * 5 * factor**2, dtype="float32").reshape(2, 3, 5, factor**2)
    shuffled = super_resolution.PeriodicShuffle(factor)(features).numpy()
    assert shuffled.shape == (2, 3 * factor, 5 * factor, 1)
    for row in range(3 * factor):
        for column in range(5 * factor):
            (h, i), (w, j) = divmod(row, factor), divmod(column, factor)
            np.testing.assert_array_equal(shuffled[:, row, column, 0], features[:, h, w, i * factor + j])
    np.testing.assert_array_equal(shuffled, tf.nn.depth_to_space(features, factor))


@pytest.mark.parametrize("factor", [2, 4])
def test_untrained_it_is_bicubic_interpolation(factor):
    pictures = some_pictures(9, 11, 3)
    enlarged = super_resolution.SuperResolution(factor=factor).enlarge(pictures)
    np.testing.assert_array_equal(enlarged, super_resolution.bicubic(pictures, factor))


def test_every_channel_is_enlarged_as_a_grey_picture():
    model, pictures = scrambled(), some_pictures(7, 9, 3)
    enlarged = model.enlarge(pictures).numpy()
    assert enlarged.shape == (2, 14, 18, 3)
    for channel in range(3):
        alone = model.enlarge(pictures[..., channel : channel + 1])
        np.testing.assert_allclose(enlarged[..., channel : channel + 1], alone, atol=1e-6)


@pytest.mark.parametrize("factor", [2, 4])
def test_it_is_small(factor):
    assert super_resolution.SuperResolution(factor=factor).count_params() <= 25_000


def test_four_digits_fill_a_patch():
    patches = super_resolution.patches("mnist", "train", 20, source="bundled", seed=3)
    stored = {image.tobytes() for image in examples.held_in_memory("mnist", "train", "bundled")}
    quarters = [patch[y : y + 28, x : x + 28].tobytes() for patch in patches for y in (0, 28) for x in (0, 28)]
    assert set(quarters) <= stored
    assert len(set(quarters)) > 70


def test_patches_of_photographs_and_of_digits(own_photographs):
    patches = super_resolution.patches(str(own_photographs), "train", 12, digits=0.25, source="bundled")
    assert patches.shape == (12, 56, 56, 1)
    assert [(patch == 0).mean() > 0.5 for patch in patches] == [True] * 3 + [False] * 9
    coloured = photographs.patches(photographs.images("train", str(own_photographs)), 56, 9, seed=0)
    for index, patch in enumerate(patches[3:]):
        np.testing.assert_array_equal(patch[..., 0], coloured[index, ..., index % 3])


@pytest.mark.slow
def test_it_learns_more_than_bicubic_interpolation_knows(trained):
    metrics = super_resolution.measure(trained, dataset="mnist", source="bundled")
    assert metrics["psnr_gain_db"] > 0.5
    assert metrics["ssim"] > metrics["bicubic_ssim"]


def test_it_learns_from_ones_own_photographs(own_photographs):
    model = super_resolution.train(dataset=str(own_photographs), digits=0.0, epochs=1, filters=4, factor=4)
    assert super_resolution.measure(model, dataset=str(own_photographs))["psnr_db"] > 25
    assert model.preview()["picture"].shape == (3 * (8 * 58 + 2), 3 * (3 * 58 + 2), 3)


@pytest.mark.slow
def test_training_is_a_function_of_the_seed(trained, train_briefly):
    for one, other in zip(trained.get_weights(), train_briefly().get_weights(), strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize("factor", [2, 4])
def test_what_is_measured(factor):
    """Against the definition, with a border as wide as the factor left out, on pictures of two sizes."""
    model, expected = scrambled(factor), []
    pictures = [(255 * some_pictures(*shape)).astype("uint8") for shape in ((48, 56, 3, 2), (40, 44, 3, 1))]
    for picture in [picture / 255 for part in pictures for picture in part]:
        small = np.stack([of_pillow(picture[..., channel], 1 / factor) for channel in range(3)], axis=-1)
        interpolated = np.stack([of_pillow(small[..., channel], factor) for channel in range(3)], axis=-1)
        for enlarged in (model.enlarge(small[None])[0].numpy(), interpolated):
            error = (enlarged - picture)[factor:-factor, factor:-factor]
            expected.append(-10 * np.log10(np.mean(error**2)))
    psnr, of_bicubic = np.mean(np.reshape(expected, (3, 2)), axis=0)
    metrics = super_resolution.compare(model, pictures)
    assert metrics["psnr_db"] == pytest.approx(psnr, abs=1e-3)
    assert metrics["bicubic_psnr_db"] == pytest.approx(of_bicubic, abs=1e-3)
    assert metrics["psnr_gain_db"] == pytest.approx(psnr - of_bicubic, abs=1e-3)
    assert metrics["ssim"] != metrics["bicubic_ssim"] < 1


def test_what_is_held_out(own_photographs, monkeypatch):
    monkeypatch.setattr(super_resolution, "MIDDLE", 60)
    whole = photographs.images("test", str(own_photographs))
    found = super_resolution.held_out(str(own_photographs), "test")
    assert [part.shape for part in found] == [(1, 60, 60, 3)] * 2
    np.testing.assert_array_equal(found[1][0], whole[1][5:65, 15:75])
    digits = super_resolution.held_out("mnist", "validation")
    np.testing.assert_array_equal(np.concatenate(digits), examples.held_in_memory("mnist", "test", "bundled"))


def test_saved_and_loaded_it_is_the_same(trained, tmp_path):
    trained.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    pictures = some_pictures(13, 10, 3)
    np.testing.assert_array_equal(loaded.enlarge(pictures), trained.enlarge(pictures))
    assert (loaded.factor, loaded.filters) == (trained.factor, trained.filters)
    assert int(loaded.optimizer.iterations) == int(trained.optimizer.iterations) == 6 * 40
    for one, other in zip(loaded.optimizer.variables, trained.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


@pytest.mark.parametrize("factor", [2, 4])
def test_served_it_is_the_same(tmp_path, factor):
    model = scrambled(factor)
    serving.export(model, tmp_path)
    served = serving.load(tmp_path)
    assert sorted(served.signatures) == ["enlarge", "serving_default"]
    for shape in ((13, 7, 1, 1), (5, 21, 3, 4)):
        pictures = some_pictures(*shape)
        answer = served.enlarge(pictures)
        height, width, channels, n = shape
        assert answer["pictures"].shape == (n, factor * height, factor * width, channels)
        np.testing.assert_allclose(answer["pictures"], model.enlarge(pictures), atol=1e-6)
        np.testing.assert_allclose(answer["bicubic"], super_resolution.bicubic(pictures, factor), atol=1e-6)
        np.testing.assert_array_equal(served.serving_default(pictures)["pictures"], answer["pictures"])


@pytest.mark.parametrize(
    ("argument", "sentence"),
    [
        ({"factor": 3}, "factor=3: it must be one of 2, 4"),
        ({"epochs": 0}, "epochs=0: it must be at least 1"),
        ({"batch_size": -1}, "batch_size=-1: it must be at least 1"),
        ({"learning_rate": 0.0}, "learning_rate=0.0: it must be above 0"),
        ({"filters": 0}, "filters=0: it must be at least 1"),
        ({"seed": -1}, "seed=-1: it must be at least 0 and at most 4294967295"),
        ({"digits": 1.5}, "digits=1.5: it must be at least 0 and at most 1"),
        ({"dataset": "ring"}, "dataset='ring': an auto-encoder here takes pictures"),
        ({"dataset": "nothing"}, "dataset='nothing': it must be one of mnist"),
        ({"batch_size": 700, "dataset": "mnist"}, "batch_size: one step takes 700 examples, but there are only 640"),
    ],
    ids=str,
)
def test_wrong_arguments(argument, sentence):
    with pytest.raises(ValueError, match=sentence):
        super_resolution.train(**{"source": "bundled"} | argument)
