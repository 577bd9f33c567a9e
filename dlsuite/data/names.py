"""The datasets by name, and what a name or a path refers to; does not import TensorFlow."""

from typing import Literal

from dlsuite.data import own, sources

NAMED = {
    "mnist": "images",
    "ring": "points",
    "grid": "points",
    "spiral": "points",
    "moons": "points",
    "photographs": "images",
    "docstrings": "text",
    "imdb_reviews": "text",
    "shapes": "signals",
    "dates": "pairs",
}
STEPS_PER_EPOCH = {"points": 1000, "signals": 100}
"""The number of batches in an epoch, for kinds of data that are endless."""


def kind(dataset: str) -> Literal["images", "points", "text", "signals", "pairs"]:
    """The kind of data in `dataset`: pictures, points in the plane, text, signals, or pairs of texts.

    If nothing exists at a path, its extension decides.

    Raises:
        ValueError: there is no such dataset, or its files cannot be used.
    """
    if dataset in NAMED:
        return NAMED[dataset]
    path = sources.expanded(dataset)
    try:
        is_path = bool(set(dataset) & set("/\\.")) or path.exists()
        is_folder, is_there = path.is_dir(), path.exists()
    except OSError:  # a name that is too long for any file
        raise ValueError(f"dataset={dataset!r}: there is no such file, folder or dataset") from None
    if not is_path:
        raise ValueError(f"dataset={dataset!r}: it must be one of {', '.join(NAMED)}, or a path to your own data")
    if own.is_pairs(dataset):
        return "pairs"
    if path.suffix.lower() == ".txt":
        return "text"
    if own.is_points(dataset):
        return "points"
    if is_there and not is_folder:
        raise ValueError(
            f"dataset={dataset!r}: this type of file cannot be used; points must be in a .npy or .csv file, text in a "
            ".txt, pairs of texts in a .tsv, and pictures in a folder"
        )
    if is_folder and not own.holds_pictures(dataset):
        names = sorted({file.name for file, _ in sources.files_below(path)})
        if names:
            raise ValueError(
                f"dataset={dataset!r}: this folder has no pictures ({', '.join(own.IMAGE_ENDINGS)}), and no texts such "
                f"as de.train.txt and en.train.txt; it contains {sources.some_of(names)}"
            )
    return "images"


def require_kind(dataset: str, *kinds: str) -> None:
    """Raise `ValueError` if the dataset is of another kind, or does not exist."""
    if kind(dataset) not in kinds:
        raise ValueError(f"dataset={dataset!r}: it has {kind(dataset)}, but {' or '.join(kinds)} are needed here")


def resolve(dataset: str, source: sources.Source) -> Literal["tfds", "bundled"]:
    """The actual source of `dataset`. Only MNIST has two; the reviews come from TFDS, and the rest is bundled.

    Raises:
        ValueError: there is no such source, or the dataset does not come from TFDS.
    """
    if dataset == "imdb_reviews":
        return "tfds"
    if source == "tfds" and dataset != "mnist":
        raise ValueError(f"source='tfds': {dataset} does not come from TensorFlow Datasets, only mnist does")
    resolved = sources.resolve("mnist", source)
    return resolved if dataset == "mnist" else "bundled"


def held_out(dataset: str) -> dict[str, str]:
    """A description of the held-out data of `dataset`, by source."""
    if dataset == "mnist":
        return {"bundled": "the 1,000 bundled held-out digits", "tfds": "MNIST's 10,000 test digits"}
    if dataset in NAMED and kind(dataset) == "points":
        return {"bundled": "10,000 new points"}
    if dataset == "photographs":
        return {"bundled": "the four held-out photographs"}
    if dataset == "docstrings":
        return {"bundled": "every tenth paragraph of the docstrings"}
    if dataset == "imdb_reviews":
        return {"tfds": "a tenth of the split `unsupervised`"}
    if kind(dataset) == "text":
        return {"bundled": "every tenth paragraph of your own text"}
    if dataset == "dates":
        return {"bundled": "2,000 dates on the 7,286 test days, and 2,000 such dates in formats never seen in training"}
    if kind(dataset) == "pairs":
        return {"bundled": "your own test sentences, or a tenth of all sentences if there is no test file"}
    if dataset == "shapes":
        return {"bundled": "2,000 new signals"}
    return {"bundled": "every fifth of your own examples"}


def count(dataset: str, source: str) -> int | None:
    """The number of training examples; `None` if they are endless, or have not been counted."""
    return {"tfds": 59_000, "bundled": 4_000}[source] if dataset == "mnist" else None
