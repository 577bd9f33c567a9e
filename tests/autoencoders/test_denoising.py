"""What noise does to pixels, by counting; what training draws; what the denoiser answers, saves and measures."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from dlsuite import serving
from dlsuite.autoencoders import denoising, training
from dlsuite.data import examples
from dlsuite.pictures import psnr

GREY = np.full((200, 28, 28, 1), 0.6, "float32")


@pytest.fixture(scope="module")
def trained():
    return denoising.train(source="bundled", epochs=5, width=8)


@pytest.fixture(scope="module")
def digits():
    return training.held_out("mnist")[0]


def corrupted(noise, level, pictures=GREY, seed=0):
    return denoising.corrupt_from(seed, pictures, noise, level).numpy()


def test_gaussian_noise_has_its_deviation():
    noise = (corrupted("gaussian", 0.3) - GREY) / 0.3
    assert stats.kstest(noise.ravel()[:20_000], stats.norm.cdf).pvalue > 1e-3
    assert noise.max() > 4  # it is not clipped


@pytest.mark.parametrize("level", [0.0, 0.2, 1.0])
def test_masking_sets_a_share_to_0(level):
    noisy = corrupted("masking", level)
    assert set(np.unique(noisy)) <= {np.float32(0), np.float32(0.6)}
    assert np.mean(noisy == 0) == pytest.approx(level, abs=0.005)


@pytest.mark.parametrize("level", [0.0, 0.2, 1.0])
def test_patches_are_whole_squares(level):
    is_lost = (corrupted("patches", level) == 0).reshape(200, 7, 4, 7, 4)
    assert (is_lost.all(axis=(2, 4)) == is_lost.any(axis=(2, 4))).all()
    assert np.mean(is_lost) == pytest.approx(level, abs=0.02)


@pytest.mark.parametrize("level", [0.0, 0.2, 1.0])
def test_salt_and_pepper_come_in_equal_shares(level):
    noisy = corrupted("salt_and_pepper", level)
    for value, share in ((0.0, level / 2), (1.0, level / 2), (0.6, 1 - level)):
        assert np.mean(noisy == np.float32(value)) == pytest.approx(share, abs=0.005)


def test_a_corrupted_pixel_is_corrupted_in_all_its_channels():
    coloured = np.repeat(GREY[:20], 3, axis=-1)
    for noise in ("masking", "patches", "salt_and_pepper"):
        noisy = corrupted(noise, 0.4, coloured)
        np.testing.assert_array_equal(noisy[..., :1] == np.float32(0.6), noisy[..., 1:2] == np.float32(0.6))
    assert (corrupted("gaussian", 0.4, coloured)[..., 0] != corrupted("gaussian", 0.4, coloured)[..., 1]).all()


@pytest.mark.parametrize("noise", denoising.KINDS)
def test_a_seed_always_draws_the_same(noise):
    np.testing.assert_array_equal(corrupted(noise, 0.5, seed=4), corrupted(noise, 0.5, seed=4))
    assert np.mean(corrupted(noise, 0.5, seed=4) != corrupted(noise, 0.5, seed=5)) > 0.2


def test_in_training_each_picture_has_a_level_of_its_own():
    """The corrupted share of a picture is uniform over 0..level, as its level is."""
    model = denoising.DenoisingAutoEncoder(noise="masking", level=0.4, width=2)
    share = np.concatenate([np.mean(model.corrupt(GREY).numpy() == 0, axis=(1, 2, 3)) for _ in range(5)])
    assert stats.kstest(share, stats.uniform(0, 0.4).cdf).pvalue > 1e-3
    model = denoising.DenoisingAutoEncoder(noise="gaussian", level=0.4, width=2)
    deviation = np.std(model.corrupt(GREY).numpy() - GREY, axis=(1, 2, 3))
    assert stats.kstest(deviation, stats.uniform(0, 0.4).cdf).pvalue > 1e-3


def test_with_all_each_picture_has_one_kind_of_noise():
    noisy = denoising.DenoisingAutoEncoder(level=1.0, width=2).corrupt(np.repeat(GREY, 5, axis=0)).numpy()
    values = [set(np.unique(picture)) for picture in noisy]
    grey = np.float32(0.6)
    kinds = [
        "gaussian" if len(value) > 3 else "salt_and_pepper" if np.float32(1) in value else "masking or patches"
        for value in values
    ]
    assert set().union(*(value for value, kind in zip(values, kinds, strict=True) if kind != "gaussian")) == {
        0,
        1,
        grey,
    }
    for kind, share in (("gaussian", 0.25), ("salt_and_pepper", 0.25), ("masking or patches", 0.5)):
        assert kinds.count(kind) / 1000 == pytest.approx(share, abs=0.06)


def test_the_step_asks_for_the_clean_picture():
    """The loss is |x - g(f(x~))|^2 for the x~ that was drawn, and the step goes down its gradient."""
    keras.utils.set_random_seed(0)
    model = denoising.DenoisingAutoEncoder(data_shape=(8, 8, 1), width=2)
    model.compile(keras.optimizers.SGD(1e-3), loss=None)
    pictures = tf.constant(np.random.default_rng(0).random((6, 8, 8, 1)), tf.float32)
    noisy = model.corrupt(pictures)
    model.corrupt = lambda _: noisy
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum((pictures - model.unbounded(noisy)) ** 2) / 6
    gradients = tape.gradient(loss, model.trainable_variables)
    before = [variable.numpy() for variable in model.trainable_variables]
    assert float(model.train_step(pictures)["loss"]) == pytest.approx(float(loss), rel=1e-5)
    for variable, old, gradient in zip(model.trainable_variables, before, gradients, strict=True):
        np.testing.assert_allclose(variable.numpy(), old - 1e-3 * gradient, rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_it_restores(trained):
    """Better than what it is given, and than the best guess of one who does not look, which is the mean digit."""
    measured = denoising.measure(trained, source="bundled")
    held_out, train = (examples.to_unit(examples.held_in_memory("mnist", s, "bundled")) for s in ("test", "train"))
    blind = psnr(np.mean((held_out - np.mean(train, axis=0)) ** 2))
    for kind in denoising.KINDS:
        assert measured[f"{kind}_psnr_db"] > max(measured[f"{kind}_noisy_psnr_db"], blind) + 1


@pytest.mark.slow
def test_the_measures_are_what_they_say(trained, digits):
    measured = denoising.measure(trained, source="bundled")
    assert list(measured) == [f"{kind}_{each}" for kind in denoising.KINDS for each in ("noisy_psnr_db", "psnr_db")]
    # Half of the pixels at 0 leaves half of the squares' sum as the error.
    half = psnr(0.5 * np.mean(digits**2))
    assert measured["masking_noisy_psnr_db"] == pytest.approx(half, abs=0.05)
    assert measured["patches_noisy_psnr_db"] == pytest.approx(half, abs=0.1)
    first, second = (
        denoising.corrupt_from(seed, part, "gaussian", 0.5) for seed, part in enumerate((digits[:500], digits[500:]))
    )
    restored = np.concatenate([trained(first), trained(second)])
    assert measured["gaussian_psnr_db"] == pytest.approx(psnr(np.mean((restored - digits) ** 2)), abs=1e-3)


@pytest.mark.slow
def test_answers_are_pictures(trained, digits):
    noisy = 3 * corrupted("gaussian", 0.5, digits[:50])
    restored = trained(noisy).numpy()
    assert restored.min() >= 0
    assert restored.max() <= 1
    np.testing.assert_allclose(restored, np.clip(trained.unbounded(noisy), 0, 1))


@pytest.mark.slow
def test_saved_loaded_and_served_it_is_the_same(trained, digits, tmp_path):
    trained.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    noisy = corrupted("patches", 0.5, digits[:20])
    assert loaded.get_config() == trained.get_config()
    np.testing.assert_allclose(loaded(noisy), trained(noisy), atol=1e-6)
    for one, other in zip(loaded.optimizer.variables, trained.optimizer.variables, strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())
    serving.export(trained, tmp_path / "exported")
    served = serving.load(tmp_path / "exported")
    for name in ("denoise", "reconstruct", "serving_default"):
        np.testing.assert_allclose(getattr(served, name)(noisy)["pictures"], trained(noisy), atol=1e-5)


@pytest.mark.slow
def test_the_preview_shows_each_kind(trained):
    preview = trained.preview()
    assert preview["noisy"].shape == preview["restored"].shape == (4, 10, 28, 28, 1)
    assert preview["picture"].shape == (9 * 30 + 2, 10 * 30 + 2, 3)


@pytest.mark.slow
def test_your_own_pictures(own_pictures):
    model = denoising.train(dataset=str(own_pictures), epochs=1, batch_size=16, width=2, noise="patches", level=0.3)
    assert model.data_shape == (32, 32, 1)
    assert set(denoising.measure(model, dataset=str(own_pictures))) == {"patches_noisy_psnr_db", "patches_psnr_db"}


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("fog", 0.1), "noise='fog': it must be one of gaussian, masking, patches, salt_and_pepper"),
        (("masking", 1.5), "level=1.5: with noise='masking' it is a share, from 0 to 1"),
        (("gaussian", -0.1), "level=-0.1: it must be at least 0"),
    ],
)
def test_wrong_noise(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        denoising.corrupt_from(0, GREY[:1], *arguments)


@pytest.mark.parametrize(
    "argument",
    [
        {"epochs": 0},
        {"batch_size": -1},
        {"learning_rate": 0.0},
        {"noise": "fog"},
        {"level": 0.0},
        {"level": 1.5},
        {"width": 1},
        {"seed": -1},
        {"dataset": "ring"},
    ],
    ids=str,
)
def test_wrong_arguments(argument):
    ((name, value),) = argument.items()
    with pytest.raises(ValueError, match=f"{name}={value!r}: "):
        denoising.train(**{"source": "bundled"} | argument)


def test_a_shape_it_cannot_halve_twice():
    with pytest.raises(ValueError, match=r"data_shape=\(30, 28, 1\): "):
        denoising.DenoisingAutoEncoder(data_shape=(30, 28, 1))
