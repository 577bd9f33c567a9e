"""Text to learn words from: documents of words, and corpora of numbers.

- `docstrings`: the docstrings of the installed NumPy and Keras, read from their sources without importing them, and
  kept in the user's cache folder. About 450,000 words, which explain what an `array` and a `gradient` are.
- `imdb_reviews`: film reviews from `tensorflow_datasets` (Maas et al., 2011). The training data are its splits `train`
  and `test` together, 50,000 reviews with 11.5 million words, whose labels are not used; the first tenth of its split
  `unsupervised` is held out.
- the path of a text file, `.txt` in UTF-8.

A window of words never extends beyond its document: a review, or a paragraph of a docstring or file. Paragraphs are
separated by empty lines. In docstrings and files, every tenth document is held out.

A word starts with a letter or underscore, followed by letters, marks, digits and underscores, with apostrophes and
joiners between them, in lower case: `don't`, `float32`, `learning_rate`, `हिन्दी`. Numbers and punctuation are not
words. Letters and their marks are composed (Unicode's NFC), however they were typed. Thai, Chinese, Japanese and other
languages written without spaces are not segmented: everything between two punctuation marks counts as one word.
"""

import ast
import collections
import contextlib
import importlib.metadata
import importlib.util
import inspect
import os
import re
import unicodedata
from pathlib import Path
from typing import Literal, NamedTuple, get_args
from unicodedata import category

import numpy as np

from dlsuite.data import sources

PACKAGES = ("numpy", "keras")
MARKS = "".join(each for each in map(chr, (*range(0x20000), *range(0xE0000, 0xE0200))) if category(each)[0] == "M")
MARK = rf"(?![\x00-\x7f])[{MARKS}]"
"""An accent, a vowel sign or the like, which Python's `\\w` leaves out; ASCII, which has none, is ruled out first."""
RUN = rf"\w*(?:{MARK}\w*)*"
WORD = re.compile(rf"[^\W\d]{RUN}(?:(?:'|[\u200c\u200d]+)(?=\w|{MARK}){RUN})*(?:\u200d(?<=[{MARKS}]\u200d))?")
"""The last part is for Malayalam, which used to write letters without a vowel this way at the end of a word."""
TAG = re.compile(r"<[^<>]*>")
FEWEST = 500
"""The minimum number of words in a text file."""
Split = Literal["train", "test"]


class Corpus(NamedTuple):
    """Documents as numbers: their words that are in the vocabulary, one document after the other."""

    words: np.ndarray
    """Indices into the vocabulary, int32 `(n,)`."""
    documents: np.ndarray
    """The document of each word, int32 `(n,)`, ascending."""
    counts: np.ndarray
    """How often each word of the vocabulary occurs, int64 `(vocabulary,)`."""


def words_of(text: str) -> list[str]:
    """The words of a text, in order."""
    return WORD.findall(unicodedata.normalize("NFC", text.lower()).replace("’", "'"))


def paragraphs_of(text: str) -> list[list[str]]:
    """The words of each paragraph of a text; those without words are left out."""
    documents = (words_of(paragraph) for paragraph in re.split(r"\n\s*\n", text))
    return [document for document in documents if document]


def documents(dataset: str, split: Split = "train", source: sources.Source = "auto") -> list[list[str]]:
    """The documents of a dataset, or of a text file, each a list of words.

    Raises:
        ValueError: no such split or file, a file that is not UTF-8 (names the line), or has fewer than 500 words.
        sources.MissingData: the reviews are not prepared here.
    """
    if split not in get_args(Split):
        raise ValueError(f"split={split!r}: it must be one of {', '.join(get_args(Split))}")
    if dataset == "imdb_reviews":
        if source == "bundled":
            raise sources.MissingData("dataset 'imdb_reviews' is not bundled: use source='tfds'")
        named = "train+test" if split == "train" else "unsupervised[:10%]"
        reviews = sources.load_tfds("imdb_reviews", named).batch(1000).as_numpy_iterator()
        texts = (review.decode() for batch in reviews for review in batch["text"])
        return [words_of(TAG.sub(" ", text)) for text in texts]
    everything = paragraphs_of(docstrings() if dataset == "docstrings" else read(dataset))
    is_held_out = (lambda index: index % 10 == 9) if split == "test" else (lambda index: index % 10 != 9)
    return [document for index, document in enumerate(everything) if is_held_out(index)]


def vocabulary_of(documents: list[list[str]], min_count: int, most: int) -> list[str]:
    """The `most` most frequent words that occur at least `min_count` times, by descending frequency."""
    counts = collections.Counter(word for document in documents for word in document)
    in_order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [word for word, count in in_order[:most] if count >= min_count]


def corpus_of(documents: list[list[str]], vocabulary: list[str]) -> Corpus:
    """Documents as numbers. Words outside the vocabulary are dropped, which brings their neighbours together."""
    place = {word: index for index, word in enumerate(vocabulary)}
    known = [[place[word] for word in document if word in place] for document in documents]
    lengths = [len(document) for document in known]
    words = np.fromiter((word for document in known for word in document), "int32", sum(lengths))
    return Corpus(
        words,
        np.repeat(np.arange(len(known), dtype="int32"), lengths),
        np.bincount(words, minlength=len(vocabulary)),
    )


def read(path: str) -> str:
    """The text of the user's own file.

    Raises:
        ValueError: no such file, or it is not UTF-8 (names the line), or has fewer than 500 words.
    """
    text = unicodedata.normalize("NFC", sources.text(path).replace("\r\n", "\n"))
    count = len(words_of(text))
    if count < FEWEST:
        raise ValueError(f"dataset={path!r}: it has {count} words, but at least {FEWEST} are needed")
    return text


def docstrings() -> str:
    """All docstrings of the installed NumPy and Keras, separated by empty lines; parsed once and then cached.

    If the cache folder is not writable, they are parsed every time, which takes about ten seconds.
    """
    versions = "-".join(f"{package}-{importlib.metadata.version(package)}" for package in PACKAGES)
    file = cache_folder() / f"docstrings-{versions}.txt"
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        pass
    found = dict.fromkeys(each for package in PACKAGES for each in docstrings_of(package) if each)
    text = "\n\n".join(found)
    temporary = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_text(text, "utf-8")
        temporary.replace(file)
    except OSError:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    return text


def cache_folder() -> Path:
    """The folder for files that can be regenerated: `dlsuite` in `XDG_CACHE_HOME`, or in `~/.cache`."""
    return sources.expanded(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "dlsuite"


def docstrings_of(package: str):
    """The docstrings in an installed package's Python files, except tests, and those that NumPy adds to its C code."""
    root = Path(importlib.util.find_spec(package).origin).parent
    for file in sorted(root.rglob("*.py")):
        if "tests" in file.parts or file.stem.endswith("_test"):
            continue
        for node in _statements(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
                yield ast.get_docstring(node) or ""
            elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Call) and "add_newdocs" in file.stem:
                parts = (part for each in node.value.args for part in ast.walk(each))
                texts = (part.value for part in parts if isinstance(part, ast.Constant))
                yield from (inspect.cleandoc(text) for text in texts if isinstance(text, str) and "\n" in text)


def _statements(node):
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.stmt | ast.ExceptHandler):  # expressions have no docstrings
            yield from _statements(child)
