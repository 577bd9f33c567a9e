"""Running a trained model from the command line: inputs come from words and files, answers go to text or a file.

Pictures are recognized by the names of inputs and outputs, which mean the same everywhere; see docs/serving.md.
"""

import io
import json
from pathlib import Path

import numpy as np

from dlsuite import runs, serving
from dlsuite.data import own

RANGES = {"samples": (-1, 1), "data": (-1, 1), "images": (-1, 1), "pictures": (0, 1), "bicubic": (0, 1)}
"""The values of black and white, in inputs and outputs that may be pictures, `(batch, height, width, channels)`."""
LARGEST = 4096
"""Larger pictures are reduced to this many pixels on their longest side."""
SHORT = 1000
"""An answer with at most this many values is printed."""
SUFFIXES = (".png", ".npy", ".npz", ".json", ".txt")


def ask(name: str, words: list[str], out: Path | None = None) -> str:
    """Run a signature of a trained model; returns the answer as text to print, or "" if it was written to a file.

    Args:
        name: a shipped model, or the path of a run directory or a folder of exported versions.
        words: optionally a signature, by default `serving_default`, then `input=value` or `input=@file` for each input.
        out: the file for the answer; its extension determines the format.

    Raises:
        serving.ModelError: there is no such model.
        ValueError: there is no such signature, an input is missing, wrong or superfluous, or the format of `out` cannot
            represent the answer.
        OSError: a file cannot be read or written.
    """
    if out is not None and out.suffix not in SUFFIXES:
        raise ValueError(f"{out}: its name must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    model = serving.load(name)
    signature = "serving_default" if not words or "=" in words[0] else words[0]
    if signature not in model.signatures:
        raise ValueError(f"{name} has no signature {signature}: choose one of {', '.join(sorted(model.signatures))}")
    inputs = _inputs(signature, words if signature not in words[:1] else words[1:], model.inputs(signature))
    answer = {name: _texts(array) for name, array in getattr(model, signature)(**inputs).items()}
    if out is None:
        return _printed(answer)
    content = _content(answer, out)
    out.parent.mkdir(parents=True, exist_ok=True)
    runs.write(out, content)
    return ""


def _inputs(signature, words, wanted) -> dict[str, np.ndarray]:
    given = [word.partition("=") for word in words]
    if not all(equals for _, equals, _ in given) or sorted(name for name, _, _ in given) != sorted(wanted):
        takes = " and ".join(f"{name}=, {_said(*wanted[name])}" for name in sorted(wanted))
        raise ValueError(f"{signature}: it takes {takes}, each exactly once")
    return {name: _value(name, value, *wanted[name]) for name, _, value in given}


def _said(dtype, shape) -> str:
    if shape is None:
        return f"one number ({dtype})"
    return f"{dtype} ({', '.join('any' if side is None else str(side) for side in shape)})"


def _value(name, value, dtype, shape):
    """The value after `name=`; a single example gets a batch axis."""
    if value.startswith("@"):
        read = _from_file(name, Path(value[1:]), dtype, shape)
    else:
        try:
            read = json.loads(value)
        except ValueError:
            read = value
        if dtype == "string":
            read = read if isinstance(read, str | list) else value
        elif isinstance(read, str):
            raise ValueError(f"{name}={value}: it must be a number, or numbers in brackets as in JSON")
    is_one = shape is not None and np.ndim(read) == len(shape) - 1 and shape[0] is None
    return [read] if is_one else read


def _from_file(name, file: Path, dtype, shape):
    content, ending = file.read_bytes(), file.suffix.lower()
    try:
        if ending in own.IMAGE_ENDINGS:
            return _picture(name, content, dtype, shape)
        if ending == ".json":
            return json.loads(content)
        if ending == ".txt":
            return content.decode("utf-8-sig").splitlines()
        if ending == ".npy":
            return np.load(io.BytesIO(content), allow_pickle=False)
        if ending == ".npz":
            with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
                return arrays[name if name in arrays else arrays.files[0]]
    except Exception as error:  # NumPy and zipfile raise a dozen different ones
        raise ValueError(f"{name}=@{file}: it cannot be read ({error})") from None
    endings = ", ".join([".npy", ".npz", ".json", ".txt", *own.IMAGE_ENDINGS])
    raise ValueError(f"{name}=@{file}: its name must end in one of {endings}")


def _picture(name, content, dtype, shape) -> np.ndarray:
    """A picture file as an array `(1, height, width, channels)`, cropped and resized if the signature has one size."""
    from PIL import Image, ImageOps

    if dtype != "float32" or name not in RANGES or len(shape or ()) != 4:
        raise ValueError("this input cannot be a picture")
    seen = Image.fromarray(own.picture(content, LARGEST)[0])
    _, height, width, channels = shape
    if height and width and seen.size != (width, height):
        seen = ImageOps.fit(seen, (width, height), Image.Resampling.LANCZOS)
    values = np.asarray(seen, "float32")
    if channels == 1 or (channels is None and (values == values[..., :1]).all()):
        values = np.asarray(seen.convert("L"), "float32")[..., None]
    black, white = RANGES[name]
    return black + values[None] / 255 * (white - black)


def _texts(array: np.ndarray) -> np.ndarray:
    return np.vectorize(bytes.decode, otypes=[object])(array) if array.dtype == object and array.size else array


def _printed(answer) -> str:
    lines = _lines(answer)
    if lines is not None:
        return "\n".join(lines)
    if sum(array.size for array in answer.values()) <= SHORT:
        return _as_json(answer)
    raise ValueError(f"the answer ({_shapes(answer)}) is too long to print: write it to a file with --out FILE")


def _lines(answer) -> list[str] | None:
    """The answer as one text per example; `None` if it is not exactly that."""
    texts = [array for array in answer.values() if array.dtype == object and array.ndim == 1]
    return list(texts[0]) if len(texts) == 1 else None


def _shapes(answer) -> str:
    return ", ".join(f"{name} {array.shape}" for name, array in answer.items())


def _as_json(answer) -> str:
    """The answer in JSON, each number with just enough digits to be unique."""
    plain = {
        name: array.astype(str).astype(float) if array.dtype.kind == "f" else array for name, array in answer.items()
    }
    return json.dumps({name: array.tolist() for name, array in plain.items()}, ensure_ascii=False)


def _content(answer, out: Path) -> bytes:
    """The contents of the file `out`, in the format that its extension names."""
    pictures = [name for name in RANGES if name in answer and answer[name].ndim == 4]
    content, ending = io.BytesIO(), out.suffix
    if ending == ".json":
        return (_as_json(answer) + "\n").encode()
    if ending == ".txt":
        if _lines(answer) is None:
            raise ValueError(f"{out}: the answer ({_shapes(answer)}) is not one text per example: use .json")
        return "".join(f"{line}\n" for line in _lines(answer)).encode()
    if ending == ".png":
        if not pictures or not answer[pictures[0]].size:
            raise ValueError(f"{out}: there is no picture in the answer ({_shapes(answer)}): use .json")
        _sheet(answer[pictures[0]], *RANGES[pictures[0]]).save(content, "png")
        return content.getvalue()
    numbers = {name: array for name, array in answer.items() if array.dtype != object}
    if len(numbers) < len(answer):
        raise ValueError(f"{out}: the answer contains text ({_shapes(answer)}): use .json")
    if ending == ".npz":
        np.savez_compressed(content, **numbers)
    elif pictures or len(numbers) == 1:
        np.save(content, numbers[pictures[0] if pictures else next(iter(numbers))])
    else:
        raise ValueError(f"{out}: the answer has several arrays ({_shapes(answer)}): use .npz or .json")
    return content.getvalue()


def _sheet(pictures, black, white):
    """Pictures in a roughly square grid, as one PIL image."""
    from PIL import Image

    number, height, width, channels = pictures.shape
    columns = int(np.ceil(np.sqrt(number)))
    rows = -(-number // columns)
    shown = np.rint((np.clip(np.nan_to_num(pictures), black, white) - black) / (white - black) * 255).astype("uint8")
    sheet = np.zeros((rows * columns, height, width, channels), "uint8")
    sheet[:number] = shown
    sheet = sheet.reshape(rows, columns, height, width, channels).swapaxes(1, 2)
    sheet = sheet.reshape(rows * height, columns * width, channels)
    return Image.fromarray(sheet[..., 0] if channels == 1 else sheet)
