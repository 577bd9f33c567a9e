"""Where a dataset comes from: `tensorflow_datasets` if it is prepared there, else the bundled data.

- `auto` uses TFDS if the dataset is prepared (in the folder `TFDS_DATA_DIR`, or TFDS's own default), else the bundled
  pictures, and never touches the network.
- `tfds` uses TFDS. If the dataset is not prepared, it immediately raises an error that names the command to fetch it
  (offline, a download would hang for minutes before it fails, so none is attempted here).
- `bundled` never looks at TFDS.

The user's own data is given as a path. This module also says which files it may name, and which files are skipped.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

Source = Literal["auto", "tfds", "bundled"]
SOURCES = ("auto", "tfds", "bundled")
LEFT_BY_SYSTEMS = ("__macosx", "thumbs.db", "desktop.ini", "$recycle.bin", "system volume information", "@eadir")
"""Lower-case names of files and folders that macOS, Windows and Synology create unasked."""


class MissingData(FileNotFoundError):
    """The data is not on this machine; the message names the command that fetches it."""


def expanded(path: str) -> Path:
    """A user's path, with `~` replaced by the home folder. If `~name` is not a user, it is left unchanged.

    There, `Path.expanduser` would raise a `RuntimeError`, but such a path should be treated like any other that does
    not exist. A user without a home (no `HOME`, and an unknown user ID) gets the folder of temporary files instead, so
    that nothing is written to a folder called `~`.
    """
    found = Path(os.path.expanduser(path))
    return Path(tempfile.gettempdir(), *found.parts[1:]) if found.parts[:1] == ("~",) else found


def existing(path: str, wanted: Literal["file", "folder", "folder or file"]) -> Path:
    """The user's own file or folder at `path`.

    Raises:
        ValueError: it does not exist, or is a folder where a file is wanted, or the reverse.
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
        raise ValueError(f"dataset={path!r}: there is no such {wanted}, and no dataset of that name")
    return found


def content(path: str) -> bytes:
    """The bytes of the user's own file; `ValueError` if there is none, or reading it is not permitted."""
    file = existing(path, "file")
    try:
        return file.read_bytes()
    except OSError as error:
        raise ValueError(f"dataset={path!r}: it cannot be read ({error.strerror})") from error


def text(path: str) -> str:
    """The text of the user's own file, without a byte order mark; `ValueError` names a line that is not UTF-8."""
    read = content(path)
    try:
        return read.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = read.count(b"\n", 0, error.start) + 1
        raise ValueError(f"dataset={path!r}: line {line} is not UTF-8 (its byte 0x{read[error.start]:02x})") from None


def is_passed_over(name: str) -> bool:
    """Whether a file or folder of that name is hidden, or created by the system."""
    return name.startswith(".") or name.lower() in LEFT_BY_SYSTEMS


def files_below(folder: Path) -> Iterator[tuple[Path, bool]]:
    """The files in a folder and its subfolders, each with whether to use it.

    A hidden folder counts as a file that is not used, and so does a broken link.

    Links to folders are followed last, so that each folder is visited only once, under its own name if it is in here;
    links to a parent folder are not followed.
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
    """The first few of several names, for a sentence."""
    return ", ".join(names[:most]) + (f" and {len(names) - most:,} more" if len(names) > most else "")


def tfds_directory() -> Path:
    """The folder of prepared datasets: `TFDS_DATA_DIR`, else `~/tensorflow_datasets`."""
    return expanded(os.environ.get("TFDS_DATA_DIR") or "~/tensorflow_datasets")


def is_prepared(name: str) -> bool:
    """Whether TFDS has prepared dataset `name` on this machine; looks at the disk."""
    return any((tfds_directory() / name).glob("**/dataset_info.json"))


def require(source: str) -> None:
    """Raise `ValueError` if there is no such source."""
    if source not in SOURCES:
        raise ValueError(f"source={source!r}: it must be one of {', '.join(SOURCES)}")


def resolve(name: str, source: Source) -> Literal["tfds", "bundled"]:
    """The actual source of the TFDS dataset `name`: `tfds` or `bundled`."""
    require(source)
    if source == "auto":
        return "tfds" if is_prepared(name) else "bundled"
    return source


def load_tfds(name: str, split: str):
    """Split `split` of the TFDS dataset `name`, as a `tf.data.Dataset` of dictionaries.

    Raises:
        MissingData: it is not prepared here, or its files cannot be read.
    """
    fetch = f"with a network connection, `tfds build {name}` fetches it; without one, use source='bundled'"
    if not is_prepared(name):
        raise MissingData(f"dataset {name!r} is not prepared in {tfds_directory()}: {fetch}")
    import tensorflow_datasets as tfds

    try:
        return tfds.load(name, split=split, data_dir=tfds_directory(), download=False)
    except Exception as error:
        raise MissingData(f"dataset {name!r} in {tfds_directory()} cannot be read ({error}): {fetch}") from error
