"""GANs and their classifier, stopped amid an epoch and resumed, end as if nothing had happened."""

import pytest

RING = ["--dataset", "ring", "--batch-size", "64", "--latent-dim", "2"]
DIGITS = ["--source", "bundled", "--latent-dim", "8"]
SETTINGS = {
    "classifier": ["gans.digit_classifier", "--source", "bundled", "--batch-size", "128"],  # one optimizer, 31 steps
    "wgan_gp on ring": ["gans.wgan_gp", *RING, "--critic-steps", "2"],
    "wgan on ring": ["gans.wgan", *RING, "--critic-steps", "2"],
    "r1_gan on ring": ["gans.r1_gan", *RING],
    "conditional_gan": ["gans.conditional_gan", *DIGITS, "--batch-size", "64"],  # 31 steps, and labels besides
    "wgan_gp on pictures": ["gans.wgan_gp", "--dataset", "OWN PICTURES", "--batch-size", "8", "--critic-steps", "2"],
}


@pytest.mark.slow
@pytest.mark.parametrize("arguments", SETTINGS.values(), ids=SETTINGS)
def test_it_ends_the_same(arguments, resuming, own_pictures):
    resuming.ends_the_same_when_stopped([own_pictures if word == "OWN PICTURES" else word for word in arguments])
