"""Where a dataset comes from: `tensorflow_datasets` where it is prepared, else what is bundled here.

- `auto` takes TFDS where the dataset lies prepared (the folder `TFDS_DATA_DIR`, or TFDS's own default), else the
  bundled pictures, and never touches the network.
- `tfds` takes TFDS, and where the dataset is not prepared it raises an error at once that names the command which
  fetches it (a download that is tried offline hangs for minutes before it fails, so none is tried here).
- `bundled` never looks at TFDS.

What the user names is a path: what may stand there, and what of a folder is passed over, is said here too.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

Source = Literal["auto", "tfds", "bundled"]
SOURCES = ("auto", "tfds", "bundled")
LEFT_BY_SYSTEMS = ("__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "system volume information", "@eadir")
"""Names, in small letters, of what macOS, Windows and Synology put into folders unasked."""


class MissingData(FileNotFoundError):
    """The data is not on this machine; the message names the command that fetches it."""


def expanded(path: str) -> Path:
    """A path that a user gives, with the home folder for `~`. Where `~name` is no user, it stays as it is.

    `Path.expanduser` raises a `RuntimeError` there; such a path is to end as any other at which there is nothing. Who
    has no home (no `HOME`, and a number that no user has) has the folder of temporary files in its place, lest
    something is written to a folder called `~`.
    """
    found = Path(os.path.expanduser(path))
    return Path(tempfile.gettempdir(), *found.parts[1:]) if found.parts[:1] == ("~",) else found


def existing(path: str, wanted: Literal["file", "folder", "folder or file"]) -> Path:
    """The file or folder of the user's own at `path`.

    Raises:
        ValueError: there is none, or there is the other of the two.
    """
    found = expanded(path)
    try:
        is_file, is_folder = found.is_file(), found.is_dir()
    except OSError:  # a name that is too long for any file
        is_file = is_folder = False
    if wanted == "file" and is_folder:
        raise ValueError(f"dataset={path!r}: it is a folder, but a file is needed")
    if wanted == "folder" and is_file:
        raise ValueError(f"dataset={path!r}: it is a file, but a folder is needed")
    if not is_file and not is_folder:
        raise ValueError(f"dataset={path!r}: there is no such {wanted}, nor a dataset of that name")
    return found


def content(path: str) -> bytes:
    """The bytes of the user's own file; `ValueError` where there is none, or it must not be read."""
    file = existing(path, "file")
    try:
        return file.read_bytes()
    except OSError as error:
        raise ValueError(f"dataset={path!r}: it cannot be read ({error.strerror})") from error


def text(path: str) -> str:
    """The text of the user's own file, without a mark at its start; `ValueError` with the line that is not UTF-8."""
    read = content(path)
    try:
        return read.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = read.count(b"\n", 0, error.start) + 1
        raise ValueError(f"dataset={path!r}: line {line} is not UTF-8 (its byte 0x{read[error.start]:02x})") from None


def is_passed_over(name: str) -> bool:
    """Whether a file or folder of that name is hidden, or is what a system leaves in folders."""
    return name.startswith(".") or name.lower() in LEFT_BY_SYSTEMS


def files_below(folder: Path) -> Iterator[tuple[Path, bool]]:
    """The files in a folder and below it, and which are to be used.

    A hidden folder counts as a file that is not, and so does a link to nowhere.

    Links to folders are followed, after all else, so that a folder is gone through once, by its own name where it has
    one here; one to a folder that holds this one is not.
    """
    top, links, seen = os.path.realpath(folder), [folder], set()
    for link in links:  # grows
        for root, folders, files in os.walk(link):
            here, real = Path(root), os.path.realpath(root)
            if real in seen or (here != folder and Path(top).is_relative_to(real)):
                folders.clear()
                continue
            seen.add(real)
            yield from ((here / name, False) for name in folders if is_passed_over(name))
            yield from ((here / name, not is_passed_over(name) and (here / name).exists()) for name in files)
            folders[:] = sorted(name for name in folders if not is_passed_over(name))
            links += [here / name for name in folders if (here / name).is_symlink()]


def some_of(names: list[str], most: int = 3) -> str:
    """A few of several names, for a sentence."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def tfds_directory() -> Path:
    """The folder of prepared datasets: `TFDS_DATA_DIR`, else `~/tensorflow_datasets`."""
    return expanded(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets")


def is_prepared(name: str) -> bool:
    """Whether TFDS has dataset `name` ready on this machine; costs a look at the disk."""
    return any((tfds_directory() / name).glob("**/dataset_info.json"))


def resolve(name: str, source: Source) -> Literal["tfds", "bundled"]:
    """What `source` comes to for the TFDS dataset `name`: `tfds` or `bundled`."""
    if source not in SOURCES:
        raise ValueError(f"source={source!r}: it must be one of {', '.join(SOURCES)}")
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
