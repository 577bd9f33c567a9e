"""The datasets by name, and what a name or a path refers to; does not import TensorFlow."""

from typing import Literal, NamedTuple

from dlsuite.data import own, sources

Kind = Literal["images", "points", "text", "signals", "pairs"]


class Part(NamedTuple):
    """What one source has of a dataset."""

    held_out: str
    """What is held out, in words."""
    count: int | None = None
    """The number of training examples; `None` if they are endless, or have not been counted."""


class Dataset(NamedTuple):
    """What is known of a dataset by its name alone."""

    kind: Kind
    sources: dict[str, Part]
    """By source, `bundled` or `tfds`."""


NAMED = {
    "mnist": Dataset(
        "images",
        {
            "bundled": Part("the 1,000 bundled held-out digits", 4_000),
            "tfds": Part("MNIST's 10,000 test digits", 59_000),
        },
    ),
    "ring": Dataset("points", {"bundled": Part("10,000 new points")}),
    "grid": Dataset("points", {"bundled": Part("10,000 new points")}),
    "spiral": Dataset("points", {"bundled": Part("10,000 new points")}),
    "moons": Dataset("points", {"bundled": Part("10,000 new points")}),
    "photographs": Dataset("images", {"bundled": Part("the four held-out photographs")}),
    "docstrings": Dataset("text", {"bundled": Part("every tenth paragraph of the docstrings")}),
    "imdb_reviews": Dataset("text", {"tfds": Part("a tenth of the split `unsupervised`")}),
    "shapes": Dataset("signals", {"bundled": Part("2,000 new signals")}),
    "dates": Dataset(
        "pairs",
        {"bundled": Part("2,000 dates on the 7,286 test days, and 2,000 such dates in formats never seen in training")},
    ),
}
OWN: dict[Kind, Part] = {
    "images": Part("every fifth of your own examples"),
    "points": Part("every fifth of your own examples"),
    "text": Part("every tenth paragraph of your own text"),
    "pairs": Part("your own test sentences, or a tenth of all sentences if there is no test file"),
}
"""The user's own data, by kind; its source is called `bundled`."""
UNASKED = "mnist"
"""The dataset of a lesson whose training has no option `dataset`."""
STEPS_PER_EPOCH = {"points": 1000, "signals": 100}
"""The number of batches in an epoch, for kinds of data that are endless."""


def dataset_of(arguments: dict) -> str:
    """The name or path of the dataset of a training with these arguments."""
    return arguments.get("dataset", UNASKED)


def look_up(dataset: str) -> Dataset:
    """What is known of a dataset, by its name or path; `ValueError` if there is none."""
    found = kind(dataset)
    return NAMED.get(dataset) or Dataset(found, {"bundled": OWN[found]})


def kind(dataset: str) -> Kind:
    """The kind of data in `dataset`: pictures, points in the plane, text, signals, or pairs of texts.

    If nothing exists at a path, its extension decides.

    Raises:
        ValueError: there is no such dataset, or its files cannot be used.
    """
    if dataset in NAMED:
        return NAMED[dataset].kind
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


def require_kind(dataset: str, *kinds: Kind) -> None:
    """Raise `ValueError` if the dataset is of another kind, or does not exist."""
    if kind(dataset) not in kinds:
        would_do = [name for name, known in NAMED.items() if known.kind in kinds]
        would_do += ["or a path to your own data"] * any(each in OWN for each in kinds)
        raise ValueError(
            f"dataset={dataset!r}: it has {kind(dataset)}, but this needs {' or '.join(kinds)}: {', '.join(would_do)}"
        )


def resolve(dataset: str, source: sources.Source) -> Literal["tfds", "bundled"]:
    """The actual source of `dataset`.

    Raises:
        ValueError: there is no such source, or the dataset does not come from TFDS.
    """
    offered = look_up(dataset).sources
    if source == "tfds" and source not in offered:
        theirs = [name for name, known in NAMED.items() if source in known.sources]
        raise ValueError(
            f"source='tfds': {dataset} does not come from TensorFlow Datasets, only {' and '.join(theirs)} do"
        )
    sources.require(source)
    return sources.resolve(dataset, source) if len(offered) > 1 else next(iter(offered))


def held_out(dataset: str) -> dict[str, str]:
    """A description of the held-out data of `dataset`, by source."""
    return {source: part.held_out for source, part in look_up(dataset).sources.items()}


def count(dataset: str, source: str) -> int | None:
    """The number of training examples; `None` if they are endless, or have not been counted."""
    return look_up(dataset).sources[source].count
