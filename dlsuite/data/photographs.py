"""Photographs: sixteen from the scikit-image and scikit-learn wheels, or the user's own.

They show things, people, textures and stars, in colour or grey, with sides of 300 to 1,411 pixels. They are in the
public domain, except for the two from scikit-learn (china.jpg, flower.jpg: CC BY 2.0). Scans of text, diagrams and the
second half of a stereo pair are left out. Four whole photographs are held out for testing and two for choosing
settings, so none of their patches has a neighbour in the training data.

The files are read without importing either package, since that costs a second.
"""

import importlib.util
from pathlib import Path
from typing import Literal

import numpy as np

from dlsuite.data import own, sources

Split = Literal["train", "validation", "test"]
SCIKIT_IMAGE, SCIKIT_LEARN = ("skimage", "data"), ("sklearn", "datasets/images")
FILES: dict[Split, dict[str, tuple[str, str]]] = {
    "train": {
        "brick.png": SCIKIT_IMAGE,
        "camera.png": SCIKIT_IMAGE,
        "flower.jpg": SCIKIT_LEARN,
        "grass.png": SCIKIT_IMAGE,
        "gravel.png": SCIKIT_IMAGE,
        "hubble_deep_field.jpg": SCIKIT_IMAGE,
        "ihc.png": SCIKIT_IMAGE,
        "moon.png": SCIKIT_IMAGE,
        "motorcycle_left.png": SCIKIT_IMAGE,
        "retina.jpg": SCIKIT_IMAGE,
    },
    "validation": {"chelsea.png": SCIKIT_IMAGE, "rocket.jpg": SCIKIT_IMAGE},
    "test": {
        "astronaut.png": SCIKIT_IMAGE,
        "china.jpg": SCIKIT_LEARN,
        "coffee.png": SCIKIT_IMAGE,
        "coins.png": SCIKIT_IMAGE,
    },
}
"""The photographs of each split, and the package and folder where each is found."""
FEWEST = 5


def images(split: Split = "train", folder: str | None = None) -> list[np.ndarray]:
    """The photographs of a split, in their original sizes.

    Args:
        split: `train`, `validation` or `test`.
        folder: a folder of the user's own, including subfolders; of its photographs, sorted by name, every fifth is
            for testing, and the one before it for validation.

    Returns:
        uint8 arrays `(height, width, 3)` in 0..255; a grey photograph's three channels are equal.

    Raises:
        MissingData: a package is not installed.
        ValueError: no such split or folder, fewer than 5 photographs in it, or one that cannot be read.
    """
    if split not in FILES:
        raise ValueError(f"split={split!r}: it must be one of {', '.join(FILES)}")
    if folder is None:
        return [
            np.asarray(own.picture_in(_installed(*place) / name, "photographs")) for name, place in FILES[split].items()
        ]
    files = own.picture_files(folder, FEWEST, "photographs")
    splits = ("train", "train", "train", "validation", "test")
    return [np.asarray(own.picture_in(file, folder)) for index, file in enumerate(files) if splits[index % 5] == split]


def patches(photographs: list[np.ndarray], size: int, n: int, seed=0) -> np.ndarray:
    """Random square patches, each rotated and mirrored in one of eight ways; the same seed gives the same patches.

    All photographs are equally likely, and so are all positions in a photograph.

    Args:
        photographs: each uint8 `(height, width, channels)`.
        size: a patch's side in pixels.
        n: the number of patches.
        seed: for all random choices; one or several integers, 0 or above.

    Returns:
        uint8 `(n, size, size, channels)`.

    Raises:
        ValueError: a photograph is smaller than a patch.
    """
    smallest = min(min(photograph.shape[:2]) for photograph in photographs)
    if size > smallest:
        raise ValueError(f"size={size}: a photograph with a side of only {smallest} pixels has no such patch")
    random = np.random.default_rng(seed)
    cut = np.empty((n, size, size, photographs[0].shape[-1]), "uint8")
    for index in range(n):
        photograph = photographs[random.integers(len(photographs))]
        top, left = (random.integers(side - size + 1) for side in photograph.shape[:2])
        patch = photograph[top : top + size, left : left + size]
        patch = patch[:, ::-1] if random.integers(2) else patch
        cut[index] = np.rot90(patch, random.integers(4))
    return cut


def _installed(package: str, folder: str) -> Path:
    found = importlib.util.find_spec(package)
    if found is None:
        raise sources.MissingData(
            "the photographs come with scikit-image and scikit-learn: `pip install scikit-image scikit-learn` "
            "installs them; or use your own folder"
        )
    return Path(found.submodule_search_locations[0]) / folder
