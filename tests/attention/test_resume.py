"""A translator, and attention on its own, stopped amid an epoch and resumed end as if nothing had happened."""

import pytest

DATES = ["--dataset", "dates", "--train-size", "1280", "--batch-size", "32", "--units", "8", "--max-length", "24"]
SETTINGS = {
    "pooling": ["attention.pooling", "--batch-size", "16", "--channels", "4"],
    "bahdanau": ["attention.bahdanau", *DATES, "--dropout", "0.2"],
}


@pytest.mark.slow
@pytest.mark.parametrize("arguments", SETTINGS.values(), ids=SETTINGS)
def test_it_ends_the_same(arguments, resuming):
    resuming.ends_the_same_when_stopped(arguments)
