"""Embeddings that are stopped amid an epoch and resumed end as if nothing had happened."""

import pytest


@pytest.mark.slow
def test_it_ends_the_same(resuming):
    small = ["--dimensions", "8", "--vocabulary-size", "500", "--window", "2"]
    resuming.ends_the_same_when_stopped(["embeddings.skip_gram", *small])
