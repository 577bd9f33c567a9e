"""Dates: letters stand for months, every text has one answer, and what is held out is not in training."""

import itertools
import re
from datetime import date

import pytest

from dlsuite.data import dates

YEARS = range(2000, 2028)
"""All of the calendar: after 28 years the same days of the year fall on the same weekdays."""


@pytest.fixture(scope="module")
def rendered():
    """Every day of `YEARS` in every format: a list of (text, ISO 8601, locale and length)."""
    days = map(date.fromordinal, range(date(YEARS[0], 1, 1).toordinal(), date(YEARS[-1] + 1, 1, 1).toordinal()))
    return [(dates.render(day, *written), day.isoformat(), written) for day in days for written in dates.FORMATS]


def test_the_days_are_two_hundred_years_and_each_is_in_one_split():
    splits = [dates.days(split) for split in ("train", "validation", "test")]
    assert sorted(itertools.chain(*splits)) == [date.fromordinal(n) for n in range(693596, 693596 + 73_049)]
    assert (min(map(min, splits)), max(map(max, splits))) == (date(1900, 1, 1), date(2099, 12, 31))
    assert [len(days) for days in splits] == [58_470, 7_293, 7_286]  # the assignment is fixed: so are these


@pytest.mark.slow
def test_the_year_and_the_day_of_the_month_are_in_figures_and_the_month_is_in_letters(rendered):
    for text, iso, _ in rendered:
        first, second = re.findall(r"\d+", text)
        day, year = (first, second) if len(first) < len(second) else (second, first)
        assert (int(year), int(day)) == (int(iso[:4]), int(iso[8:])), text
        assert sum(map(str.isalpha, text)) >= 3


def test_every_text_has_one_answer(rendered):
    """Of `YEARS`, and so of all: the year is in figures, as the test above finds, and what is beside it recurs."""
    answers = {}
    for text, iso, _ in rendered:
        assert answers.setdefault(text, iso) == iso, text


def test_only_formats_with_their_months_in_figures_are_left_out():
    dropped = {(locale, length) for locale in dates.LOCALES for length in ("full", "long", "medium")} - {*dates.FORMATS}
    assert dropped == {("de_DE", "medium"), ("pt_PT", "medium"), ("fi_FI", "medium")}
    for written in dropped:
        assert not any(character.isalpha() for character in dates.render(date(1987, 3, 5), *written))


def test_some_dates_by_their_locales():
    day = date(1987, 3, 5)
    assert dates.render(day, "de_DE", "full") == "Donnerstag, 5. März 1987"
    assert dates.render(day, "en_US", "medium") == "Mar 5, 1987"
    assert dates.render(day, "pt_PT", "full") == "quinta-feira, 5 de março de 1987"
    assert dates.render(day, "tr_TR", "full") == "5 Mart 1987 Perşembe"
    assert dates.pattern("fi_FI", "long") == "d. MMMM y"


@pytest.mark.slow
def test_nothing_that_is_held_out_is_in_training(rendered):
    texts, isos = map(set, dates.pairs("train", 200_000))
    for split in ("validation", "test", "unseen_formats"):
        held_out_texts, held_out_isos = map(set, dates.pairs(split))
        assert isos.isdisjoint(held_out_isos)
        assert texts.isdisjoint(held_out_texts)
    trained, held_out = (
        {text for text, _, written in rendered if written in formats} for formats in (dates.TRAINED, dates.HELD_OUT)
    )
    assert trained.isdisjoint(held_out)


def test_unseen_formats_are_the_test_days_in_formats_of_languages_that_are_trained():
    texts, isos = dates.pairs("unseen_formats")
    assert len(texts) == len(set(texts)) == 5 * 7_286
    assert set(isos) == {day.isoformat() for day in dates.days("test")}
    assert set(dates.HELD_OUT) < set(dates.FORMATS)
    assert set(dates.TRAINED) == set(dates.FORMATS) - set(dates.HELD_OUT)
    trained = {locale.split("_")[0] for locale, _ in dates.TRAINED}
    assert {locale.split("_")[0] for locale, _ in dates.HELD_OUT} <= trained


@pytest.mark.slow
def test_every_split_has_all_its_pairs_in_order():
    texts, isos = dates.pairs("validation")
    assert len(texts) == 28 * 7_293
    assert isos == sorted(isos)
    assert (texts[0], isos[0]) == ("Sunday, January 7, 1900", "1900-01-07")


def test_a_draw_is_a_function_of_its_seed():
    first = dates.pairs("train", 1000, seed=3)
    assert first == dates.pairs("train", 1000, seed=3)
    assert first != dates.pairs("train", 1000, seed=4)
    lengths = [len(text) for text in dates.pairs("test", 10_000)[0]]
    assert (min(lengths), max(lengths)) == (10, 38)
    every = set(zip(*dates.pairs("unseen_formats"), strict=True))
    assert set(zip(*dates.pairs("unseen_formats", 10**9), strict=True)) == every  # so many there are not


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"split='valid': it must be one of train, validation, test, unseen_formats"):
        dates.pairs("valid")
    with pytest.raises(ValueError, match="n=0: it must be at least 1"):
        dates.pairs("train", 0)
