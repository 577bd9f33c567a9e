"""What goes wrong in use: padding that is looked at, and greedy search."""

import re

import numpy as np
import pytest

from dlsuite import serving
from dlsuite.attention import pathologies
from dlsuite.data import dates

TEXTS, REFERENCES = dates.pairs("test", 20, seed=1)


@pytest.fixture(scope="module")
def model():
    return serving.load_keras("attention.bahdanau", compile=False)


@pytest.mark.slow
def test_with_the_mask_padding_changes_nothing(model):
    found = pathologies.translate_padded(model, TEXTS, padding=(0, 5, 40))
    assert [each.padding for each in found] == [0, 5, 40]
    assert all(each.translations == model.translate(TEXTS) for each in found)
    assert all(each.weight_of_padding == 0 for each in found)


@pytest.mark.slow
def test_without_it_padding_takes_weight_and_the_more_the_more_there_is(model):
    found = pathologies.translate_padded(model, TEXTS, is_masked=False, padding=(0, 8, 32, 128))
    weights = [each.weight_of_padding for each in found]
    assert weights == sorted(weights) and 0 < weights[0] < weights[-1] < 1
    right = [np.mean(np.array(each.translations) == REFERENCES) for each in found]
    assert right[-1] < right[0]


@pytest.mark.slow
def test_a_text_alone_has_no_padding_to_look_at(model):
    (alone,) = pathologies.translate_padded(model, TEXTS[:1], is_masked=False, padding=(0,))
    assert alone.weight_of_padding == 0
    assert alone.translations == model.translate(TEXTS[:1])


@pytest.mark.slow
def test_both_searches_are_those_of_the_signatures():
    served = serving.load("attention.seq2seq")
    texts, references = pathologies.hard_dates("Catalan, never learned", 10)
    found = pathologies.greedy_against_beam(served, texts, references, width=2)
    assert [each.text for each in found] == texts and [each.reference for each in found] == references
    for kind in ("greedy", "beam"):
        translations = [getattr(each, kind) for each in found]
        scored = served.score(text=texts, translation=translations)["log_probability"]
        np.testing.assert_allclose([getattr(each, f"{kind}_log_p") for each in found], scored, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize("kind", pathologies.HARD)
def test_hard_dates_are_of_test_days_and_none_that_were_learned(kind):
    texts, references = pathologies.hard_dates(kind, 12, seed=3)
    assert len(texts) == len(references) == 12
    assert pathologies.hard_dates(kind, 12, seed=3) == (texts, references)
    assert set(references) <= {day.isoformat() for day in dates.days("test")}
    learned = {locale.partition("_")[0] for locale in dates.LOCALES}
    assert learned.isdisjoint(locale.partition("_")[0] for locale in pathologies.NEW_LANGUAGES.values())
    has_year = [bool(re.search(r"\d{4}", text)) for text in texts]
    assert has_year == [kind != "the year left out"] * 12


def test_a_kind_that_there_is_not():
    with pytest.raises(ValueError, match=r"kind='Klingon'.*Catalan"):
        pathologies.hard_dates("Klingon", 1)
