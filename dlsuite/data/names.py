"""The datasets by name, and what a name or a path stands for; costs no import of TensorFlow."""

from pathlib import Path
from typing import Literal

from dlsuite.data import own, sources

NAMED = {
    "mnist": "images",
    "ring": "points",
    "grid": "points",
    "spiral": "points",
    "moons": "points",
    "photographs": "images",
}


def kind(dataset: str) -> Literal["images", "points"]:
    """Whether `dataset` holds pictures or points of the plane; `ValueError` if there is nothing of that name."""
    if dataset in NAMED:
        return NAMED[dataset]
    if not (set(dataset) & set("/\\.") or Path(dataset).exists()):
        raise ValueError(f"dataset={dataset!r}: it is one of {', '.join(NAMED)}, or a path to your own (./pictures)")
    return "points" if own.is_points(dataset) else "images"


def resolve(dataset: str, source: sources.Source) -> Literal["tfds", "bundled"]:
    """What `source` comes to for `dataset`. Only MNIST has two; everything else counts as bundled."""
    resolved = sources.resolve("mnist", source)
    return resolved if dataset == "mnist" else "bundled"
