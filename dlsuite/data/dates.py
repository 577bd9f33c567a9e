"""Dates written in twelve locales, and in ISO 8601: the smallest complete translation task.

    "Donnerstag, 5. März 1987"   "5 mars 1987"   "Mar 5, 1987"    ->    "1987-03-05"

The days are the 73,049 from 1900-01-01 to 2099-12-31. Babel renders them in the full, long and medium formats of the
Unicode CLDR. Only formats that spell out the month are used, since 03.05.1987 is the third of May to some and the fifth
of March to others; this way, every text has exactly one answer.

Data is held out in two ways: a tenth of the days each for validation and test, and some formats, whose languages are
trained in other formats, for the split `unseen_formats`.
"""

import functools
from datetime import date
from typing import Literal, get_args

import numpy as np
from babel import Locale
from babel.dates import DateTimePattern, get_date_format

from dlsuite.data.splits import Held, split_of

FIRST = date(1900, 1, 1)
LAST = date(2099, 12, 31)

LOCALES = ["en_US", "en_GB", "fr_FR", "de_DE", "es_ES", "it_IT", "nl_NL", "pt_PT", "sv_SE", "pl_PL", "fi_FI", "tr_TR"]

Length = Literal["full", "long", "medium"]
Split = Literal["train", "validation", "test", "unseen_formats"]


@functools.cache
def _format(locale: str, length: Length) -> tuple[DateTimePattern, Locale]:
    return get_date_format(length, locale), Locale.parse(locale)


def pattern(locale: str, length: Length) -> str:
    """The format in CLDR notation, such as `EEEE, d MMMM y`: three or more M mean that the month is spelled out."""
    return _format(locale, length)[0].pattern


FORMATS = [
    (locale, length)
    for locale in LOCALES
    for length in get_args(Length)
    if "MMM" in pattern(locale, length) or "LLL" in pattern(locale, length)
]
"""The 33 pairs of a locale and a length that spell out the month."""

HELD_OUT = [
    ("en_GB", "full"),  # the weekday is known from en_US, the order from the long format
    ("de_DE", "long"),  # the full format without the weekday, as are those below
    ("pl_PL", "long"),
    ("fi_FI", "long"),
    ("tr_TR", "long"),
]
"""The formats that are never trained on: the split `unseen_formats`. No trained format looks the same by chance, unlike
the Italian `5 novembre 1987`, which is French as well."""

TRAINED = [locale_and_length for locale_and_length in FORMATS if locale_and_length not in HELD_OUT]


def render(day: date, locale: str, length: Length) -> str:
    """The day in the format that `locale` has for that `length`."""
    date_pattern, parsed = _format(locale, length)
    return date_pattern.apply(day, parsed)


@functools.cache
def days(split: Held) -> list[date]:
    """The days of a split, in order; a hash assigns 80 % to training, and a tenth each to validation and test."""
    every = map(date.fromordinal, range(FIRST.toordinal(), LAST.toordinal() + 1))
    return [day for day in every if split_of(day.isoformat()) == split]


def pairs(split: Split, n: int | None = None, seed: int = 0) -> tuple[list[str], list[str]]:
    """Dates in words, and in ISO 8601.

    Args:
        split: "train", "validation" and "test" have their own days, in the formats `TRAINED`; "unseen_formats" has the
            days of "test" in the formats `HELD_OUT`.
        n: the maximum number to return, drawn at random without repetition; by default every day of the split in each
            of its formats, in order: 1.6 million for training.
        seed: for the draw.

    Returns:
        The texts, of 10 to 38 characters, and their answers, the ten characters YYYY-MM-DD from 1900-01-01 to
        2099-12-31; both are lists of str of the same length.

    Raises:
        ValueError: there is no such split, or `n` is below 1.
    """
    if split not in get_args(Split):
        raise ValueError(f"split={split!r}: it must be one of {', '.join(get_args(Split))}")
    if n is not None and n < 1:
        raise ValueError(f"n={n}: it must be at least 1")
    held_out = split == "unseen_formats"
    drawn_from, formats = days("test" if held_out else split), HELD_OUT if held_out else TRAINED
    total = len(drawn_from) * len(formats)
    chosen = range(total)
    if n is not None:
        chosen = np.random.default_rng(seed).choice(total, min(n, total), replace=False).tolist()
    texts, isos = [], []
    for index in chosen:
        day = drawn_from[index // len(formats)]
        texts.append(render(day, *formats[index % len(formats)]))
        isos.append(day.isoformat())
    return texts, isos
