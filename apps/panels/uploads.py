"""Files of the user's own, which are kept below runs/ for the trainings that read them."""

import hashlib
import re
import tempfile
from pathlib import Path

from dlsuite import runs
from dlsuite.data import own

FOLDER = runs.ROOT / "uploads"


def keep(identity: str, contents: dict[str, bytes]) -> Path:
    """The folder of uploads of that identity, to which those of the files are added that it lacks.

    Each comes whole and by a rename, so that tabs with the same drawing do not disturb each other.
    """
    folder = FOLDER / hashlib.sha256(identity.encode()).hexdigest()[:16]
    missing = [name for name in contents if not (folder / name).exists()]
    if missing:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=FOLDER) as temporary:
            for name in missing:
                whole = Path(temporary) / name
                whole.write_bytes(contents[name])
                whole.replace(folder / name)
    return folder


def keep_files(files) -> str:
    """Uploads as files below runs/: the path of one file of points, or of the folder of all pictures."""
    contents = {f"{index:05d}-{Path(file.name).name}": file.getvalue() for index, file in enumerate(files)}
    folder = keep(" ".join(sorted(file.file_id for file in files)), contents)
    first = min(folder.iterdir())
    return str((first if own.is_points(first.name) else folder).resolve())


def keep_text(file, ending: str) -> str:
    """The path of an uploaded text, which is kept under its own name as far as that suits a file."""
    name = (re.sub(r"[^\w.]+", "_", Path(file.name).stem).strip("._")[:60] or "text") + ending
    return str((keep(file.file_id, {name: file.getvalue()}) / name).resolve())
