"""Every auto-encoder that is stopped amid an epoch and resumed ends as if nothing had happened."""

import pytest

DIGITS = ["--dataset", "mnist", "--source", "bundled"]
SETTINGS = {
    "in bfloat16": [
        "autoencoders.autoencoder",
        *["--source", "bundled", "--hidden", "16", "--batch-size", "200"],
        *["--precision", "mixed_bfloat16"],
    ],
    "denoising": ["autoencoders.denoising", "--source", "bundled", "--width", "4", "--batch-size", "128"],
    "autoencoder": ["autoencoders.autoencoder", "--source", "bundled", "--hidden", "16", "--batch-size", "100"],  # 40
    "super_resolution": ["autoencoders.super_resolution", *DIGITS, "--batch-size", "500", "--filters", "2"],
    "compression": [
        "autoencoders.compression",
        *DIGITS,
        *["--batch-size", "8", "--width", "4", "--code-channels", "4"],
    ],
    "vae": ["autoencoders.vae", "--source", "bundled", "--batch-size", "128", "--hidden", "64"],
}


@pytest.mark.slow
@pytest.mark.parametrize("arguments", SETTINGS.values(), ids=SETTINGS)
def test_it_ends_the_same(arguments, resuming):
    resuming.ends_the_same_when_stopped(arguments)
