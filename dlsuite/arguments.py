"""Argument checks: each raises a `ValueError` that names the argument, its value and what is allowed.

A range is written once, in the annotation of an argument of `train`. The check below, the help of the command and the
widgets of the page all read it there.
"""

import dataclasses
import functools
import inspect
import operator
from types import NoneType
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

import annotated_types

Count = Annotated[int, annotated_types.Ge(1)]
Seed = Annotated[int, annotated_types.Interval(ge=0, le=2**32 - 1)]
"""What `keras.utils.set_random_seed` takes."""
Positive = Annotated[float, annotated_types.Gt(0)]
NotNegative = Annotated[float, annotated_types.Ge(0)]
Share = Annotated[float, annotated_types.Interval(ge=0, lt=1)]

BOUNDS = {
    annotated_types.Ge: ("at least", operator.ge),
    annotated_types.Gt: ("above", operator.gt),
    annotated_types.Le: ("at most", operator.le),
    annotated_types.Lt: ("below", operator.lt),
    annotated_types.MultipleOf: ("a multiple of", lambda value, number: value % number == 0),
}
"""The parts of a range: each bound in words, and the test of a value against the bound's number."""


def parts_of(annotation) -> tuple[list[type], list, list]:
    """The parts of an annotation: the plain types, the choices of a `Literal`, the ranges of an `Annotated`."""
    if get_origin(annotation) is Literal:
        return [], list(get_args(annotation)), []
    if get_origin(annotation) is Annotated:
        plain, *ranges = get_args(annotation)
        return [plain], [], [each for part in ranges for each in _bounds(part)]
    if get_args(annotation):  # a union
        parts = [parts_of(part) for part in get_args(annotation) if part is not NoneType]
        return tuple([each for part in parts for each in part[index]] for index in range(3))
    return [annotation], [], []


def _bounds(part):
    return list(part) if isinstance(part, annotated_types.GroupedMetadata) else [part]


def said_of(ranges) -> str:
    """The ranges in words, such as `at least 0 and below 1`; "" if there are none."""
    return " and ".join(f"{BOUNDS[type(each)][0]} {_number(each)}" for each in ranges)


def limits_of(ranges) -> tuple[float | None, float | None]:
    """The lower and upper limit of the ranges, inclusive or not; `None` where there is no limit."""
    low = [_number(each) for each in ranges if isinstance(each, annotated_types.Ge | annotated_types.Gt)]
    high = [_number(each) for each in ranges if isinstance(each, annotated_types.Le | annotated_types.Lt)]
    return max(low, default=None), min(high, default=None)


def _holds(value, bound) -> bool:
    _, test = BOUNDS[type(bound)]
    return test(value, _number(bound))


def _number(bound):
    (number,) = dataclasses.astuple(bound)
    return number


def require_allowed(choices, ranges, **arguments):
    """Raise `ValueError` for the first argument, other than `None`, that is not in `choices` or not within `ranges`.

    Args:
        choices: the allowed values; empty if any value is allowed.
        ranges: from `annotated_types`.
    """
    for name, value in arguments.items():
        if value is not None and choices:
            require_one_of(choices, **{name: value})
        if value is not None and not all(_holds(value, each) for each in ranges):
            raise ValueError(f"{name}={value!r}: it must be {said_of(ranges)}")


def checked(function):
    """A decorator that checks the function's arguments against their annotations before it runs."""
    signature, annotations = inspect.signature(function), get_type_hints(function, include_extras=True)

    @functools.wraps(function)
    def checking(**arguments: Any):
        for name, value in signature.bind(**arguments).arguments.items():
            if name in annotations:
                plain, choices, ranges = parts_of(annotations[name])
                require_allowed(() if plain else choices, ranges, **{name: value})
        return function(**arguments)

    return checking


def require_positive(**arguments):
    """Raise `ValueError` for the first argument that is not above 0."""
    for name, value in arguments.items():
        if not value > 0:
            raise ValueError(f"{name}={value!r}: it must be above 0")


def require_not_negative(**arguments):
    """Raise `ValueError` for the first argument that is below 0."""
    require_at_least(0, **arguments)


def require_at_least(least, **arguments):
    """Raise `ValueError` for the first argument that is below `least`."""
    for name, value in arguments.items():
        if not value >= least:
            raise ValueError(f"{name}={value!r}: it must be at least {least}")


def require_share(**arguments):
    """Raise `ValueError` for the first argument that is not in [0, 1)."""
    for name, value in arguments.items():
        if not 0 <= value < 1:
            raise ValueError(f"{name}={value!r}: it must be at least 0 and below 1")


def require_one_of(choices, **arguments):
    """Raise `ValueError` for the first argument that is not in `choices`."""
    for name, value in arguments.items():
        if value not in choices:
            raise ValueError(f"{name}={value!r}: it must be one of {', '.join(map(str, choices))}")
