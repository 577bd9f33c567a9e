"""The datasets by name, and what a name or a path stands for; costs no import of TensorFlow."""

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
"""The number of batches that are called an epoch of each kind of data that has no end."""


def kind(dataset: str) -> Literal["images", "points", "text", "signals", "pairs"]:
    """What `dataset` holds: pictures, points of the plane, text, signals, or pairs of texts.

    A path at which there is nothing is judged by its ending.

    Raises:
        ValueError: there is nothing of that name, or what is there can be used for nothing.
    """
    if dataset in NAMED:
        return NAMED[dataset]
    path = sources.expanded(dataset)
    try:
        is_path = bool(set(dataset) & set("/\\.")) or path.exists()
        is_folder, is_there = path.is_dir(), path.exists()
    except OSError:  # a name that is too long for any file
        raise ValueError(f"dataset={dataset!r}: there is no such file or folder, nor a dataset of that name") from None
    if not is_path:
        raise ValueError(f"dataset={dataset!r}: it must be one of {', '.join(NAMED)}, or a path to your own (./pictures)")
    if own.is_pairs(dataset):
        return "pairs"
    if path.suffix.lower() == ".txt":
        return "text"
    if own.is_points(dataset):
        return "points"
    if is_there and not is_folder:
        raise ValueError(
            f"dataset={dataset!r}: a file of this kind cannot be used; points are in a .npy or .csv file, text in a "
            ".txt, pairs of texts in a .tsv, and pictures in a folder"
        )
    if is_folder and not own.holds_pictures(dataset):
        names = sorted({file.name for file, _ in sources.files_below(path)})
        if names:
            raise ValueError(
                f"dataset={dataset!r}: this folder has no pictures ({', '.join(own.IMAGE_ENDINGS)}), and no texts such "
                f"as de.train.txt and en.train.txt; it has {sources.some_of(names)}"
            )
    return "images"


def require_kind(dataset: str, *kinds: str) -> None:
    """Raise `ValueError` for a dataset of another kind, or where there is none of that name."""
    if kind(dataset) not in kinds:
        raise ValueError(f"dataset={dataset!r}: it has {kind(dataset)}, but {' or '.join(kinds)} are needed here")


def resolve(dataset: str, source: sources.Source) -> Literal["tfds", "bundled"]:
    """What `source` comes to for `dataset`. Only MNIST has two; the reviews are TFDS's, and all else is at hand.

    Raises:
        ValueError: there is no such source, or the dataset is asked of TFDS, which does not have it.
    """
    if dataset == "imdb_reviews":
        return "tfds"
    if source == "tfds" and dataset != "mnist":
        raise ValueError(f"source='tfds': TensorFlow Datasets is where mnist comes from, and {dataset} does not")
    resolved = sources.resolve("mnist", source)
    return resolved if dataset == "mnist" else "bundled"


def held_out(dataset: str) -> dict[str, str]:
    """What the held-out data of `dataset` is called, by the source that it comes from."""
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
    """How many examples there are to train on; `None` where they are endless, or nobody has counted them yet."""
    return {"tfds": 59_000, "bundled": 4_000}[source] if dataset == "mnist" else None
