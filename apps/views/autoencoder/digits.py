"""What the auto-encoder page's views of digits share."""

import numpy as np

from dlsuite import pictures

SHOW = ["from PIL import Image", "from dlsuite import pictures"]
"""The imports of notebook lines that show a sheet of digits."""


def of_digits(arguments: dict) -> bool:
    """Whether a model that was trained with these arguments takes digits."""
    return arguments.get("dataset") == "mnist"


def one(picture: np.ndarray) -> np.ndarray:
    """One picture in 0..1 as uint8."""
    return pictures.sheet(picture[None], 1, border=0)
