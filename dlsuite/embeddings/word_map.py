"""Word vectors to look at and to take home; costs no import of TensorFlow."""

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from dlsuite.pictures import COLD

LETTERS = tuple("abcdefghijklmnopqrstuvwxyz")
"""A vocabulary for a model that has not seen a text yet."""
SHOWN = 60
"""The number of words drawn."""
SIDE = 640


def principal_plane(vectors) -> np.ndarray:
    """Vectors `(n, dimensions)` on the plane in which they vary most, `(n, 2)`, by principal component analysis.

    They are scaled to length 1 first, so that their angles count. The signs of the axes are such that the largest
    coordinate of each is positive.
    """
    vectors = np.asarray(vectors, "float64")
    vectors = vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12)
    centred = vectors - vectors.mean(axis=0)
    axes = np.linalg.svd(centred, full_matrices=False)[2][:2]
    places = centred @ axes.T
    largest = np.abs(places).argmax(axis=0)
    return places * np.where(places[largest, [0, 1]] < 0, -1.0, 1.0)


def plurals_found(words, vectors, among: int = 10) -> float:
    """How often a word's plural in -s, which means nearly the same, is one of its `among` nearest words, in 0..1.

    Over all words of three letters or more whose plural is a word as well; NaN where there is none.

    Args:
        words: the vocabulary.
        vectors: of each word, `(vocabulary, dimensions)`.
    """
    place = {word: index for index, word in enumerate(words)}
    pairs = [(place[word], place[f"{word}s"]) for word in words if len(word) > 2 and f"{word}s" in place]
    if not pairs:
        return float("nan")
    one, plural = np.array(pairs).T
    unit = np.asarray(vectors, "float64")
    unit = unit / np.maximum(np.linalg.norm(unit, axis=1, keepdims=True), 1e-12)
    cosines = unit[one] @ unit.T  # (pairs, vocabulary)
    cosines[np.arange(len(one)), one] = -np.inf
    nearer = np.sum(cosines > cosines[np.arange(len(one)), plural][:, None], axis=1)
    return float(np.mean(nearer < among))


def draw(words, places) -> np.ndarray:
    """A map with words at places `(n, 2)`, y upwards, uint8 `(640, 640, 3)`."""
    picture = Image.new("RGB", (SIDE, SIDE), "white")
    pen, font = ImageDraw.Draw(picture), ImageFont.load_default(13)
    extent = 1.15 * max(np.abs(places).max(), 1e-12)
    for word, (x, y) in zip(words, places, strict=True):
        at = SIDE * (0.5 + 0.5 * x / extent), SIDE * (0.5 - 0.5 * y / extent)
        pen.text(at, word, fill=COLD, font=font, anchor="mm")
    return np.asarray(picture)


def as_text(words, vectors) -> str:
    """Words and vectors in the text format of word2vec's program: a line of sizes, then a word and its numbers."""
    lines = [f"{len(words)} {np.shape(vectors)[1]}"]
    lines += [
        " ".join([word, *(f"{number:.9g}" for number in vector)]) for word, vector in zip(words, vectors, strict=True)
    ]
    return "\n".join(lines) + "\n"
