"""The user's own data: a folder of pictures, or points of the plane in a `.npy` or `.csv` file."""

from pathlib import Path

import numpy as np

from dlsuite.data import sources

IMAGE_SIZE = 32
IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
PICTURE_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
"""Those of `IMAGE_ENDINGS`; Pillow knows others, some of which it hands to programs of the system."""
POINT_ENDINGS = (".npy", ".csv")
FEWEST = 64
MOST_PIXELS = 100_000_000


def is_points(path: str) -> bool:
    """Whether `path` names points (a `.npy` or `.csv`) rather than a folder of pictures."""
    return Path(path).suffix.lower() in POINT_ENDINGS


def is_pairs(path: str) -> bool:
    """Whether `path` names pairs of texts: a `.tsv`, or a folder that holds such as `en.train.txt`."""
    file = sources.expanded(path)
    return file.suffix.lower() == ".tsv" or any(file.glob("*.train.txt"))


def picture_files(path: str) -> list[Path]:
    """The pictures in the folder `path` and below it, in the order of their names; `ValueError` if it is none."""
    folder = sources.expanded(path)
    if not folder.is_dir():
        raise ValueError(f"dataset={path!r}: there is no such folder, nor a dataset of that name")
    return sorted(file for file in folder.rglob("*") if file.suffix.lower() in IMAGE_ENDINGS)


def images(path: str) -> np.ndarray:
    """Every picture in the folder `path` and below it, cut to its central square and resized.

    Returns:
        uint8 `(n, 32, 32, 1)` where all are grey, else `(n, 32, 32, 3)`, in 0..255, in the order of their names.

    Raises:
        ValueError: there is no such folder, it holds fewer than 64 pictures, or one cannot be read.
    """
    from PIL import Image, ImageOps

    files = picture_files(path)
    if len(files) < FEWEST:
        raise ValueError(f"dataset={path!r}: it holds {len(files)} pictures, and at least {FEWEST} are needed")
    pictures = []
    for file in files:
        try:
            with Image.open(file) as picture:
                square = ImageOps.fit(picture.convert("RGB"), (IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.LANCZOS)
        except Exception as error:
            raise ValueError(f"dataset={path!r}: {file.name} cannot be read as a picture ({error})") from error
        pictures.append(np.asarray(square))
    stack = np.stack(pictures)
    is_grey = (stack == stack[..., :1]).all()
    return stack[..., :1] if is_grey else stack


def picture(content: bytes, largest: int) -> tuple[np.ndarray, str]:
    """The picture in a file's bytes, upright, in RGB, and a remark where something was changed, else "".

    Args:
        content: of a picture's file.
        largest: a picture with a longer side is reduced to this, in pixels.

    Returns:
        uint8 `(height, width, 3)`, and the remark, a sentence.

    Raises:
        ValueError: it is no picture, a broken one, one of more than 100 million pixels, or one without any extent.
    """
    import io
    import warnings

    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit below says so itself
            opened = Image.open(io.BytesIO(content), formats=PICTURE_FORMATS)
        if opened.width * opened.height > MOST_PIXELS:
            raise ValueError(f"it has {opened.width} x {opened.height} pixels, and {MOST_PIXELS:,} are the most")
        is_animated = getattr(opened, "n_frames", 1) > 1
        upright = ImageOps.exif_transpose(opened)
        if upright.mode == "I;16":  # of 16 bits, which Pillow would cut off at 255
            upright = Image.fromarray((np.asarray(upright) >> 8).astype("uint8"))
        upright = upright.convert("RGBA")
    except UnidentifiedImageError:
        raise ValueError("this is not a picture that can be read (JPEG, PNG, WebP, GIF and BMP can)") from None
    except Image.DecompressionBombError:
        raise ValueError(f"it has more than the {MOST_PIXELS:,} pixels that can be read") from None
    except (OSError, SyntaxError, EOFError, MemoryError) as error:
        raise ValueError(f"the picture is damaged ({error})") from None
    on_white = Image.alpha_composite(Image.new("RGBA", upright.size, "white"), upright).convert("RGB")
    remarks = ["It is animated: the first picture of it is taken."] if is_animated else []
    if max(on_white.size) > largest:
        before = on_white.size
        on_white.thumbnail((largest, largest), Image.Resampling.LANCZOS)
        remarks.append(f"It was reduced from {before[0]} × {before[1]} to {on_white.width} × {on_white.height} pixels.")
    return np.asarray(on_white), " ".join(remarks)


def points(path: str) -> np.ndarray:
    """The points in a `.npy` array or a `.csv` table of two columns (a first line of names is passed over).

    Returns:
        float32 `(n, 2)`, moved and scaled by one number to mean 0 and root-mean-square radius 2.

    Raises:
        ValueError: no such file, not two columns, fewer than 64 points, a value that is no finite number, or
            points that all coincide.
    """
    file = sources.expanded(path)
    if not file.is_file():
        raise ValueError(f"dataset={path!r}: there is no such file, nor a dataset of that name")
    try:
        table = np.load(file, allow_pickle=False) if file.suffix.lower() == ".npy" else _read_csv(file)
        table = np.asarray(table, "float64")
    except Exception as error:
        raise ValueError(f"dataset={path!r}: it cannot be read as numbers ({error})") from error
    if table.ndim != 2 or table.shape[1] != 2:
        raise ValueError(f"dataset={path!r}: its shape is {table.shape}, and (n, 2) is needed")
    if len(table) < FEWEST:
        raise ValueError(f"dataset={path!r}: it holds {len(table)} points, and at least {FEWEST} are needed")
    if not np.isfinite(table).all():
        raise ValueError(f"dataset={path!r}: it holds values that are no finite numbers")
    if (table == table[0]).all():
        raise ValueError(f"dataset={path!r}: all its points coincide")
    table = table - table.mean(axis=0)
    radius = np.sqrt(np.mean(np.sum(table**2, axis=1)))
    return (table * (2 / radius)).astype("float32")


def _read_csv(file: Path) -> np.ndarray:
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    has_names = bool(lines) and any(character.isalpha() and character not in "eE" for character in lines[0])
    if len(lines) <= has_names:
        raise ValueError("it has no rows")
    return np.loadtxt(lines[has_names:], delimiter=",", ndmin=2)
