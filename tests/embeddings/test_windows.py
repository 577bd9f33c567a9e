"""What word models are fed with: what is dropped, what stands in a window, how noise is drawn, and the order."""

import numpy as np
import pytest

from dlsuite.data.text import Corpus
from dlsuite.embeddings import windows


def corpus_of(*documents):
    words = np.concatenate(documents).astype("int32")
    numbers = np.repeat(np.arange(len(documents), dtype="int32"), [len(document) for document in documents])
    return Corpus(words, numbers, np.bincount(words))


@pytest.fixture(scope="module")
def corpus():
    """20,000 words in 200 documents; of 50 words, the more frequent the smaller."""
    random = np.random.default_rng(0)
    return corpus_of(*np.minimum(random.geometric(0.1, (200, 100)) - 1, 49))


def test_the_chance_to_be_kept():
    counts = np.array([100, 10, 0, 890])
    keep = windows.keep_probability(counts, 0.01)
    np.testing.assert_allclose(keep, [np.sqrt(0.1) + 0.1, 1, 1, np.sqrt(1 / 89) + 1 / 89])
    assert windows.keep_probability(counts, 0).tolist() == [1, 1, 1, 1]


def test_words_are_dropped_as_often_as_they_should_be(corpus):
    keep = windows.keep_probability(corpus.counts, 0.01)
    kept = [windows.subsample(np.random.default_rng(seed), corpus, 0.01) for seed in range(40)]
    share = np.mean([np.bincount(each.words, minlength=50) for each in kept], axis=0) / corpus.counts
    deviation = np.sqrt(keep * (1 - keep) / (40 * corpus.counts))
    assert np.all(np.abs(share - keep) <= 4.5 * deviation + 1e-12)
    assert all((np.diff(each.documents) >= 0).all() for each in kept)


def test_noise_follows_counts_to_the_power_of_three_quarters():
    counts = np.array([1, 16, 81, 256, 10_000])
    distribution = windows.noise_distribution(counts)
    np.testing.assert_allclose(distribution, np.array([1, 8, 27, 64, 1000]) / 1100)
    n = 400_000
    drawn = windows.Noise(distribution).draw(np.random.default_rng(0), (n // 5, 5))
    assert (drawn.shape, drawn.dtype) == ((n // 5, 5), np.int32)
    deviation = np.sqrt(distribution * (1 - distribution) / n)
    assert np.all(np.abs(np.bincount(drawn.ravel(), minlength=5) / n - distribution) < 4.5 * deviation)


@pytest.mark.parametrize("size", [1, 2, 7, 1000])
def test_the_boxes_of_noise_hold_the_distribution_exactly(size):
    distribution = windows.noise_distribution(np.random.default_rng(size).integers(1, 10_000, size))
    noise = windows.Noise(distribution)
    held = np.zeros(size)
    np.add.at(held, np.arange(size), np.minimum(noise.share, 1))
    np.add.at(held, noise.other, 1 - np.minimum(noise.share, 1))
    np.testing.assert_allclose(held / size, distribution, rtol=1e-9)


def test_a_window_reaches_as_far_as_its_radius_and_not_into_another_document():
    corpus = corpus_of([10, 11, 12, 13, 14], [20, 21])
    read = windows.lanes(corpus, 1, 7, 2)
    centre, context = windows.context_of(read, np.array([[2, 1, 2, 2, 1, 2, 2]]))
    assert centre.tolist() == [[10, 11, 12, 13, 14, 20, 21]]
    assert context.tolist() == [
        [
            [-1, -1, 11, 12],
            [-1, 10, 12, -1],
            [10, 11, 13, 14],
            [11, 12, 14, -1],
            [-1, 13, -1, -1],
            [-1, -1, 21, -1],
            [-1, 20, -1, -1],
        ]
    ]


def test_lanes_begin_at_equal_distances_and_go_round():
    read = windows.lanes(corpus_of(np.arange(10)), 2, 3, 1, start=4)
    assert read.words.tolist() == [[3, 4, 5, 6, 7], [8, 9, 0, 1, 2]]


def test_the_whole_of_a_text_does_not_go_round():
    """A text shorter than a window shows no word beside itself, and its end not beside its beginning."""
    read = windows.whole(corpus_of([5, 6, 7]), 4)
    centre, context = windows.context_of(read, np.full((1, 3), 4))
    assert centre.tolist() == [[5, 6, 7]]
    beside = [[word for word in words if word >= 0] for words in context[0].tolist()]
    assert beside == [[6, 7], [5, 7], [5, 6]]


def taken(corpus, steps, **options):
    batches, *sizes = windows.batches(corpus, 8, window=3, negatives=4, subsampling=0.01, **options)
    return [[part.numpy() for part in step] for step in batches.take(steps)], sizes


def test_an_epoch_is_once_through_what_is_kept(corpus):
    expected = windows.keep_probability(corpus.counts, 0.01) @ corpus.counts
    (first, *_), (steps, updates) = taken(corpus, 1)
    assert [part.shape for part in first] == [(updates, 8), (updates, 8, 6), (updates, 8, 4)]
    assert [part.dtype for part in first] == [np.int32] * 3
    assert expected - updates * 8 < steps * updates * 8 <= expected
    everything, _ = taken(corpus, steps)
    counts = np.bincount(np.concatenate([centre.ravel() for centre, *_ in everything]), minlength=50)
    wanted = windows.keep_probability(corpus.counts, 0.01) * corpus.counts
    assert np.all(np.abs(counts - wanted) < 5 * np.sqrt(wanted) + 2)


def test_the_order_is_a_function_of_seed_and_epoch(corpus):
    _, (steps, _) = taken(corpus, 1)
    two_epochs, _ = taken(corpus, steps + 2, seed=3)
    second, _ = taken(corpus, 2, seed=3, initial_epoch=1)
    for one, other in zip(two_epochs[steps:], second, strict=True):
        assert all((a == b).all() for a, b in zip(one, other, strict=True))
    assert not all((a == b).all() for a, b in zip(two_epochs[0], second[0], strict=True))
    (other_seed,), _ = taken(corpus, 1, seed=4)
    assert not (other_seed[0] == two_epochs[0][0]).all()


def test_too_few_words_for_one_update(corpus):
    with pytest.raises(ValueError, match=r"subsampling=1e-12, batch_size=64: about 0 of 20000 words are kept"):
        windows.batches(corpus, 64, window=5, negatives=5, subsampling=1e-12)
