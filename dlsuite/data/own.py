"""The user's own data: a folder of pictures, or points in the plane in a `.npy` or `.csv` file."""

import io
from pathlib import Path

import numpy as np

from dlsuite.data import sources, tables

IMAGE_SIZE = 32
IMAGE_ENDINGS = (".png", ".jpg", ".jpeg", ".gif", ".bmp", ".webp")
PICTURE_FORMATS = ("JPEG", "PNG", "WEBP", "GIF", "BMP")
"""The formats of `IMAGE_ENDINGS`; Pillow knows others, and passes some of them to system programs."""
POINT_ENDINGS = (".npy", ".csv")
FEWEST = 64
MOST_PIXELS = 100_000_000
SEEN = 16
"""The minimum difference, out of 255, between the darkest and brightest value of a picture that shows something."""


def is_points(path: str) -> bool:
    """Whether `path` names points (a `.npy` or `.csv`) rather than a folder of pictures."""
    return Path(path).suffix.lower() in POINT_ENDINGS


def is_pairs(path: str) -> bool:
    """Whether `path` names pairs of texts: a `.tsv`, or a folder with files such as `de.train.txt` and `en.train.txt`.

    A folder of pictures with only one such file is still a folder of pictures.
    """
    file = sources.expanded(path)
    if file.suffix.lower() == ".tsv":
        return True
    texts = sum(not sources.is_passed_over(text.name) for text in file.glob("*.train.txt"))
    return texts > 1 or (texts == 1 and not holds_pictures(path))


def holds_pictures(path: str) -> bool:
    """Whether there is a picture in the folder `path` or its subfolders."""
    return any(is_used and is_picture(file) for file, is_used in sources.files_below(sources.expanded(path)))


def is_picture(file: Path) -> bool:
    """Whether a file has the extension of a picture."""
    return file.suffix.lower() in IMAGE_ENDINGS


def picture_files(path: str, fewest: int, called: str = "pictures") -> list[Path]:
    """The pictures in the folder `path` and its subfolders, sorted by name.

    Hidden files and folders, and system files, are skipped; links to folders are followed.

    Raises:
        ValueError: there is no such folder, or it has fewer than `fewest` pictures; the message lists skipped files.
    """
    pictures, others = [], []
    for file, is_used in sources.files_below(sources.existing(path, "folder")):
        (pictures if is_used and is_picture(file) else others).append(file)
    if len(pictures) < fewest:
        names = sorted({file.name for file in others})
        beside = f"; skipped, as hidden or not a picture ({', '.join(IMAGE_ENDINGS)}): {sources.some_of(names)}"
        said = f"it has {len(pictures)} {called}, but at least {fewest} are needed"
        raise ValueError(f"dataset={path!r}: {said}{beside if names else ''}")
    return sorted(pictures)


def images(path: str) -> np.ndarray:
    """Every picture in the folder `path` and its subfolders, cropped to the central square and resized.

    Returns:
        uint8 `(n, 32, 32, 1)` if all are grey, else `(n, 32, 32, 3)`, in 0..255, sorted by name.

    Raises:
        ValueError: there is no such folder, it has fewer than 64 pictures, or one cannot be read.
    """
    from PIL import Image, ImageOps

    pictures = []
    for file in picture_files(path, FEWEST):
        square = ImageOps.fit(picture_in(file, path), (IMAGE_SIZE, IMAGE_SIZE), Image.Resampling.LANCZOS)
        pictures.append(np.asarray(square))
    stack = np.stack(pictures)
    is_grey = (stack == stack[..., :1]).all()
    return stack[..., :1] if is_grey else stack


def picture_in(file: Path, dataset: str):
    """The picture in a file of `dataset`, a PIL image as from `as_seen`; `ValueError` if it cannot be read."""
    from PIL import Image

    try:
        with Image.open(file) as opened:
            return as_seen(opened)
    except Exception as error:
        raise ValueError(f"dataset={dataset!r}: {file.name} cannot be read as a picture ({error})") from error


def as_seen(opened):
    """A PIL image of any mode as people see it: upright, in 8-bit RGB, with a white background if transparent.

    If nothing would be visible on white, the background is black.
    """
    from PIL import ImageOps

    upright = ImageOps.exif_transpose(opened)
    if upright.mode[0] in "IF":
        upright = _of_8_bits(upright)
    if not upright.has_transparency_data:
        return upright.convert("RGB")
    on_white, on_black = (_on(ground, upright.convert("RGBA")) for ground in ("white", "black"))
    return on_black if _contrast(on_white) < SEEN <= _contrast(on_black) else on_white


def _on(ground: str, rgba):
    from PIL import Image

    return Image.alpha_composite(Image.new("RGBA", rgba.size, ground), rgba).convert("RGB")


def _contrast(rgb) -> int:
    return max(high - low for low, high in rgb.getextrema())


def _of_8_bits(grey):
    """A grey PIL image with 16 bits, 32 bits or floats, in mode L or LA; Pillow itself would clip it at 255.

    32-bit and float images do not define white: it is 255 or 65,535 (for floats also 1), the first that no pixel
    exceeds, else the brightest pixel.
    """
    from PIL import Image

    values, clear = np.asarray(grey), grey.info.get("transparency")
    if grey.mode == "F":
        shown = np.nan_to_num(values.astype("float64")).clip(0)
        white = next((white for white in (1, 255, 65535) if shown.max() <= white), shown.max())
        shown = np.rint(shown / white * 255)
    else:
        shown = values.astype("int64").clip(0)
        whites = (255, 65535) if grey.mode == "I" else (65535,)
        white = next((white for white in whites if shown.max() <= white), shown.max())
        shown = shown * 256 // (white + 1)
    found = Image.fromarray(shown.astype("uint8"))
    if isinstance(clear, int):
        found.putalpha(Image.fromarray(np.where(values == clear, 0, 255).astype("uint8")))
    return found


def picture(content: bytes, largest: int) -> tuple[np.ndarray, str]:
    """The picture in a file's bytes, upright, in RGB, and a remark if something was changed, else "".

    Args:
        content: the bytes of a picture file.
        largest: a picture whose longer side exceeds this many pixels is reduced to it.

    Returns:
        uint8 `(height, width, 3)`, and the remark, a sentence.

    Raises:
        ValueError: it is not a picture, is damaged, has more than 100 million pixels, or has no pixels.
    """
    import warnings

    from PIL import Image, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # the limit below says so itself
            opened = Image.open(io.BytesIO(content), formats=PICTURE_FORMATS)
        if opened.width * opened.height > MOST_PIXELS:
            raise ValueError(f"it has {opened.width} x {opened.height} pixels, but {MOST_PIXELS:,} is the maximum")
        is_animated = getattr(opened, "n_frames", 1) > 1
        seen = as_seen(opened)
    except UnidentifiedImageError:
        raise ValueError("this is not a readable picture (JPEG, PNG, WebP, GIF or BMP)") from None
    except Image.DecompressionBombError:
        raise ValueError(f"it has more than the {MOST_PIXELS:,} pixels that can be read") from None
    except (OSError, SyntaxError, EOFError, MemoryError) as error:
        raise ValueError(f"the picture is damaged ({error})") from None
    remarks = ["It is animated: only the first frame is used."] if is_animated else []
    if max(seen.size) > largest:
        before = seen.size
        seen.thumbnail((largest, largest), Image.Resampling.LANCZOS)
        remarks.append(f"It was reduced from {before[0]} × {before[1]} to {seen.width} × {seen.height} pixels.")
    return np.asarray(seen), " ".join(remarks)


def points(path: str) -> np.ndarray:
    """The points in a `.npy` array or a `.csv` table of two columns (a header line is skipped).

    The table's numbers may be separated by commas, semicolons, tabs or spaces, and have a decimal comma; see
    `dlsuite.data.tables`.

    Returns:
        float32 `(n, 2)`, shifted and scaled uniformly to mean 0 and root-mean-square radius 2.

    Raises:
        ValueError: no such file, not two columns, fewer than 64 points, a value that is not a finite number, or
            points that all coincide.
    """
    is_array = Path(path).suffix.lower() == ".npy"
    content = sources.content(path) if is_array else sources.text(path)
    try:
        table = np.load(io.BytesIO(content), allow_pickle=False) if is_array else tables.read(content)
        if np.iscomplexobj(table):
            raise ValueError("they are complex")
        table = np.asarray(table, "float64")
    except Exception as error:
        raise ValueError(f"dataset={path!r}: it cannot be read as numbers ({error})") from error
    if table.ndim != 2 or table.shape[1] != 2:
        raise ValueError(f"dataset={path!r}: its shape is {table.shape}, but (n, 2) is needed")
    if len(table) < FEWEST:
        raise ValueError(f"dataset={path!r}: it has {len(table)} points, but at least {FEWEST} are needed")
    if not np.isfinite(table).all():
        raise ValueError(f"dataset={path!r}: it has values that are not finite numbers")
    if (table == table[0]).all():
        raise ValueError(f"dataset={path!r}: all its points coincide")
    table = np.ldexp(table, -np.frexp(np.abs(table).max())[1])  # exact, and no square overflows
    table = table - table.mean(axis=0)
    radius = np.sqrt(np.mean(np.sum(table**2, axis=1)))
    return (table * (2 / radius)).astype("float32")
