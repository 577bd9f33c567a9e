"""Dates as twelve locales write them, and as ISO 8601 does: the smallest translation that has everything in it.

    "Donnerstag, 5. März 1987"   "5 mars 1987"   "Mar 5, 1987"    ->    "1987-03-05"

The days are those of 1900-01-01 to 2099-12-31, 73,049 of them. Babel renders them by the Unicode CLDR in its full,
long and medium formats; only those are taken in which the month is in letters, since 03.05.1987 is the third of May
to some and the fifth of March to others: so every text has one answer.

What is held out is held out twice over: a tenth of the days each for validation and test, and some formats, each of
a language that is trained in others, for the split `unseen_formats`.
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
    """The format in CLDR's letters, such as `EEEE, d MMMM y`: three or more M are a month in letters."""
    return _format(locale, length)[0].pattern


FORMATS = [
    (locale, length)
    for locale in LOCALES
    for length in get_args(Length)
    if "MMM" in pattern(locale, length) or "LLL" in pattern(locale, length)
]
"""The 33 pairs of a locale and a length that have their month in letters."""

HELD_OUT = [
    ("en_GB", "full"),  # the weekday is known from en_US, the order from the long format
    ("de_DE", "long"),  # a full one without its weekday, as are those below
    ("pl_PL", "long"),
    ("fi_FI", "long"),
    ("tr_TR", "long"),
]
"""The formats that are never trained: the split `unseen_formats`. Nothing trained looks like them by chance, as the
Italian `5 novembre 1987` would, which is French as well."""

TRAINED = [locale_and_length for locale_and_length in FORMATS if locale_and_length not in HELD_OUT]


def render(day: date, locale: str, length: Length) -> str:
    """The day as `locale` writes it in its format of that `length`."""
    date_pattern, parsed = _format(locale, length)
    return date_pattern.apply(day, parsed)


@functools.cache
def days(split: Held) -> list[date]:
    """The days of a split, in their order: by a hash, 80 % are for training, a tenth each for validation and test."""
    every = map(date.fromordinal, range(FIRST.toordinal(), LAST.toordinal() + 1))
    return [day for day in every if split_of(day.isoformat()) == split]


def pairs(split: Split, n: int | None = None, seed: int = 0) -> tuple[list[str], list[str]]:
    """Dates in words, and what they are in ISO 8601.

    Args:
        split: "train", "validation" and "test" have their own days, in the formats `TRAINED`; "unseen_formats" has the
            days of "test" in the formats `HELD_OUT`.
        n: the most to return, drawn at random without repetition; by default every day of the split in each of its
            formats, in order: 1.6 million for training.
        seed: of the draw.

    Returns:
        The texts, of 10 to 38 characters, and their answers, each the ten characters of YYYY-MM-DD, in 1900-01-01 to
        2099-12-31; both as lists of str of the same length.

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
