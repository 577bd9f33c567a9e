"""Text to learn words from: documents of words, and corpora of numbers.

- `docstrings`: the docstrings of the installed NumPy and Keras, read from their sources without importing either, and
  kept in the user's cache folder. About 450,000 words, which say what an `array` and a `gradient` are.
- `imdb_reviews`: film reviews through `tensorflow_datasets` (Maas et al., 2011). Those to learn from are its splits
  `train` and `test` together, 50,000 reviews of 11.5 million words, whose labels nobody looks at; held out is the
  first tenth of its split `unsupervised`.
- the path of a text file, `.txt` in UTF-8.

A document is what a window of words never reaches out of: a review, or a paragraph of a docstring or of a file, which
is what stands between empty lines. Of docstrings and files every tenth document is held out.

A word is a letter or underscore and all letters, marks, digits and underscores that follow, with apostrophes and
joiners between them, in small letters: `don't`, `float32`, `learning_rate`, `हिन्दी`; so numbers and punctuation are
none. Letters and their marks are composed (Unicode's NFC), however they were typed. Thai, Chinese, Japanese and others
that are written without spaces are not segmented: what stands between two punctuation marks counts as one word.
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
"""An accent, a vowel sign or the like, which Python's `\\w` has not; ASCII, which has none, is out of it at once."""
RUN = rf"\w*(?:{MARK}\w*)*"
WORD = re.compile(rf"[^\W\d]{RUN}(?:(?:'|[\u200c\u200d]+)(?=\w|{MARK}){RUN})*(?:\u200d(?<=[{MARKS}]\u200d))?")
"""The last part is how Malayalam has written letters without a vowel at a word's end."""
TAG = re.compile(r"<[^<>]*>")
FEWEST = 500
"""The fewest words that a text file may hold."""
Split = Literal["train", "test"]


class Corpus(NamedTuple):
    """Documents as numbers: the words of a vocabulary that stand in them, one document after the other."""

    words: np.ndarray
    """Places in the vocabulary, int32 `(n,)`."""
    documents: np.ndarray
    """Which document each word stands in, int32 `(n,)`, rising."""
    counts: np.ndarray
    """How often each word of the vocabulary occurs, int64 `(vocabulary,)`."""


def words_of(text: str) -> list[str]:
    """The words of a text in their order."""
    return WORD.findall(unicodedata.normalize("NFC", text.lower()).replace("’", "'"))


def paragraphs_of(text: str) -> list[list[str]]:
    """The words of each paragraph of a text; those without words are left out."""
    documents = (words_of(paragraph) for paragraph in re.split(r"\n\s*\n", text))
    return [document for document in documents if document]


def documents(dataset: str, split: Split = "train", source: sources.Source = "auto") -> list[list[str]]:
    """The documents of a dataset, or of a text file, each a list of words.

    Raises:
        ValueError: no such split or file, one that is not UTF-8 (the line is named), or one of fewer than 500 words.
        sources.MissingData: the reviews are not prepared here.
    """
    if split not in get_args(Split):
        raise ValueError(f"split={split!r}: it must be one of {', '.join(get_args(Split))}")
    if dataset == "imdb_reviews":
        if source == "bundled":
            raise sources.MissingData("dataset 'imdb_reviews' is not bundled: source='tfds' has it")
        named = "train+test" if split == "train" else "unsupervised[:10%]"
        reviews = sources.load_tfds("imdb_reviews", named).batch(1000).as_numpy_iterator()
        texts = (review.decode() for batch in reviews for review in batch["text"])
        return [words_of(TAG.sub(" ", text)) for text in texts]
    everything = paragraphs_of(docstrings() if dataset == "docstrings" else read(dataset))
    is_held_out = (lambda index: index % 10 == 9) if split == "test" else (lambda index: index % 10 != 9)
    return [document for index, document in enumerate(everything) if is_held_out(index)]


def vocabulary_of(documents: list[list[str]], min_count: int, most: int) -> list[str]:
    """The words that occur `min_count` times or more, the `most` frequent ones, in the order of their frequency."""
    counts = collections.Counter(word for document in documents for word in document)
    in_order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return [word for word, count in in_order[:most] if count >= min_count]


def corpus_of(documents: list[list[str]], vocabulary: list[str]) -> Corpus:
    """Documents as numbers. Words that the vocabulary lacks are left out, and their neighbours move together."""
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
        ValueError: no such file, one that is not UTF-8 (the line is named), or one of fewer than 500 words.
    """
    text = unicodedata.normalize("NFC", sources.text(path).replace("\r\n", "\n"))
    count = len(words_of(text))
    if count < FEWEST:
        raise ValueError(f"dataset={path!r}: it has {count} words, but at least {FEWEST} are needed")
    return text


def docstrings() -> str:
    """All docstrings of the installed NumPy and Keras, between empty lines; parsed once and then kept.

    Where the cache folder cannot be written to, they are parsed every time, which takes some ten seconds.
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
    """Where what can be made again is kept: `dlsuite` in `XDG_CACHE_HOME`, or in `~/.cache`."""
    return sources.expanded(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "dlsuite"


def docstrings_of(package: str):
    """The docstrings in an installed package's Python files, tests apart, and those that NumPy adds to what is in C."""
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
        if isinstance(child, ast.stmt | ast.ExceptHandler):  # docstrings do not hide in expressions
            yield from _statements(child)
