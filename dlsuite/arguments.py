"""What functions ask of their arguments: `ValueError` that names the argument, its value and what is allowed."""


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
            raise ValueError(f"{name}={value!r}: it must be {least} or above")


def require_share(**arguments):
    """Raise `ValueError` for the first argument that is not in 0..1, 1 left out."""
    for name, value in arguments.items():
        if not 0 <= value < 1:
            raise ValueError(f"{name}={value!r}: it must be at least 0 and below 1")


def require_seed(seed):
    """Raise `ValueError` unless `keras.utils.set_random_seed` takes `seed`: 0 to 2^32 - 1."""
    if not 0 <= seed < 2**32:
        raise ValueError(f"seed={seed!r}: it must be from 0 to {2**32 - 1}")


def require_one_of(choices, **arguments):
    """Raise `ValueError` for the first argument that is none of `choices`."""
    for name, value in arguments.items():
        if value not in choices:
            raise ValueError(f"{name}={value!r}: it is one of {', '.join(map(str, choices))}")
