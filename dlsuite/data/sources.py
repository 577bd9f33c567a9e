"""Where a dataset comes from: `tensorflow_datasets` where it is prepared, else what is bundled here.

- `auto` takes TFDS where the dataset lies prepared (the folder `TFDS_DATA_DIR`, or TFDS's own default), else the
  bundled pictures, and never touches the network.
- `tfds` takes TFDS, and where the dataset is not prepared it raises an error at once that names the command which
  fetches it (a download that is tried offline hangs for minutes before it fails, so none is tried here).
- `bundled` never looks at TFDS.
"""

import os
from pathlib import Path
from typing import Literal

Source = Literal["auto", "tfds", "bundled"]
SOURCES = ("auto", "tfds", "bundled")


class MissingData(FileNotFoundError):
    """The data is not on this machine; the message names the command that fetches it."""


def expanded(path: str) -> Path:
    """A path that a user gives, with the home folder for `~`. Where `~name` is no user, it stays as it is.

    `Path.expanduser` raises a `RuntimeError` there; such a path is to end as any other at which there is nothing.
    """
    return Path(os.path.expanduser(path))


def tfds_directory() -> Path:
    """The folder of prepared datasets: `TFDS_DATA_DIR`, else `~/tensorflow_datasets`."""
    return expanded(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets")


def is_prepared(name: str) -> bool:
    """Whether TFDS has dataset `name` ready on this machine; costs a look at the disk."""
    return any((tfds_directory() / name).glob("**/dataset_info.json"))


def resolve(name: str, source: Source) -> Literal["tfds", "bundled"]:
    """What `source` comes to for the TFDS dataset `name`: `tfds` or `bundled`."""
    if source not in SOURCES:
        raise ValueError(f"source={source!r}: it is one of {', '.join(SOURCES)}")
    if source == "auto":
        return "tfds" if is_prepared(name) else "bundled"
    return source


def load_tfds(name: str, split: str):
    """Split `split` of the TFDS dataset `name`, as a `tf.data.Dataset` of dictionaries.

    Raises:
        MissingData: it is not prepared here, or what is prepared cannot be read.
    """
    fetch = f"with a network, `tfds build {name}` fetches it; without one, use source='bundled'"
    if not is_prepared(name):
        raise MissingData(f"dataset {name!r} is not prepared in {tfds_directory()}: {fetch}")
    import tensorflow_datasets as tfds

    try:
        return tfds.load(name, split=split, data_dir=tfds_directory(), download=False)
    except Exception as error:
        raise MissingData(f"dataset {name!r} in {tfds_directory()} cannot be read ({error}): {fetch}") from error
