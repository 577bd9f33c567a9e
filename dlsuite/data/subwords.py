"""Subwords by byte-pair encoding (Sennrich et al., 2016, arXiv:1508.07909): text to numbers and back, in the graph.

    learn    begin with the characters; again and again join the commonest pair of neighbours into a new piece
    encode   cut each word from the left into the longest pieces that there are (Wu et al., 2016, arXiv:1609.08144)
    decode   join the pieces

A frequent word becomes one piece and a rare one several, down to characters, so that a few thousand pieces write every
word. A space belongs to the word that follows it and is written `▁`, so that decoding needs no rules; text is lowered,
letters are composed with their marks (Unicode's NFC), and runs of white space become one space.
"""

import collections
import itertools
import string
import unicodedata

import tensorflow as tf

from dlsuite.data.composition import Composition

PAD, UNKNOWN, START, END = range(4)
SPECIAL = ["", "⁇", "<start>", "<end>"]
"""What the first numbers stand for: padding, a character that was never seen, and where a sentence starts and ends."""
LETTERS = [*SPECIAL, "▁", *string.ascii_lowercase]
"""The pieces of a model that has learned none yet."""
LONGEST_PIECE = 16
"""In characters."""
LONGEST_TEXT = 2000
"""In characters; what goes beyond is cut off."""
INVISIBLE = r"[\p{Cf}\x{3164}\x{2800} ]*"
"""Nothing to see: joiners and marks of direction, Hangul's filler, Braille's blank."""
WORD = r"(▁*[\p{L}\p{M}]+|▁*\p{N}|▁*[^\p{L}\p{M}\p{N}▁])"
"""Letters together; a digit or any other character alone; each with the spaces before it."""


def split(texts, compose=None):
    """Texts, a string tensor `(batch,)`, as words with their leading `▁`: ragged `(batch, words)`.

    Args:
        compose: a `Composition`; by default the texts' letters are as they are.
    """
    texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace", replace_control_characters=True)
    if compose is not None and compose.is_needed:
        texts = compose(tf.strings.lower(texts, encoding="utf-8"))
    texts = tf.strings.substr(texts, 0, LONGEST_TEXT, unit="UTF8_CHAR")
    texts = tf.strings.lower(tf.strings.regex_replace(texts, "\ufffd", " "), encoding="utf-8")
    texts = tf.strings.strip(tf.strings.regex_replace(texts, r"[\pZ\s▁]+", " "))
    texts = tf.where(tf.strings.regex_full_match(texts, INVISIBLE), "", texts)
    marked = tf.where(texts == "", "", tf.strings.regex_replace("▁" + texts, " ", "▁"))
    return tf.strings.split(tf.strings.regex_replace(marked, WORD, r"\1 "))


def learn(texts, size):
    """The pieces for some texts: `SPECIAL`, their characters, and joined pairs, the commonest first.

    Args:
        texts: a list of str.
        size: how many pieces there may be. Where there are more characters than that, there are only these.

    Returns:
        A list of at most `size` str, fewer where no pair is left that occurs twice.
    """
    texts = tf.constant([unicodedata.normalize("NFC", text) for text in texts])
    counts = collections.Counter(word.decode() for word in split(texts).flat_values.numpy())
    words = [(list(word), count) for word, count in sorted(counts.items())]
    pieces = SPECIAL + sorted({character for word, _ in words for character in word})
    pairs, places = collections.Counter(), collections.defaultdict(set)
    for index, (word, count) in enumerate(words):
        for pair in itertools.pairwise(word):
            pairs[pair] += count
            places[pair].add(index)
    while len(pieces) < size and pairs:
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        joined = "".join(best)
        if pairs[best] < 2:
            break
        if len(joined) > LONGEST_PIECE:
            del pairs[best]
            continue
        pieces.append(joined)
        for index in places.pop(best):
            word, count = words[index]
            for pair in itertools.pairwise(word):
                pairs[pair] -= count
            at = 0
            while at < len(word) - 1:
                if (word[at], word[at + 1]) == best:
                    word[at : at + 2] = [joined]
                at += 1
            for pair in itertools.pairwise(word):
                pairs[pair] += count
                places[pair].add(index)
        del pairs[best]
    return list(dict.fromkeys(pieces))


class Vocabulary:
    """Pieces and their numbers, as functions that are served with the model.

    A piece is looked up by its 64-bit fingerprint, so that the graph needs no table beside it.

    Args:
        pieces: a list of str, `SPECIAL` first, none twice.

    Raises:
        ValueError: they are not.
    """

    def __init__(self, pieces):
        if pieces[: len(SPECIAL)] != SPECIAL or len(set(pieces)) < len(pieces):
            raise ValueError(f"pieces={pieces[:6]}...: they are distinct, and the first are {SPECIAL}")
        self.pieces = pieces
        with tf.init_scope():
            fingerprints = _fingerprint(tf.constant(pieces)).numpy()
        self.order = fingerprints.argsort()
        self.fingerprints = fingerprints[self.order]
        self.longest = max(map(len, pieces[len(SPECIAL) :]), default=1)
        self.compose = Composition("".join(pieces[len(SPECIAL) :]))

    def __len__(self):
        return len(self.pieces)

    def look_up(self, texts):
        """The numbers of whole pieces, a string tensor of any shape; `UNKNOWN` for anything else. int32."""
        fingerprints = _fingerprint(texts)
        place = tf.searchsorted(self.fingerprints, tf.reshape(fingerprints, [-1]))
        place = tf.minimum(tf.reshape(place, tf.shape(fingerprints)), len(self.fingerprints) - 1)
        is_known = tf.gather(self.fingerprints, place) == fingerprints
        return tf.where(is_known, tf.gather(tf.cast(self.order, tf.int32), place), UNKNOWN)

    def encode(self, texts):
        """Texts, a string tensor `(batch,)`, as numbers: int32, ragged `(batch, pieces)`, without `START` and `END`."""
        words = split(texts, self.compose)
        distinct, which = tf.unique(words.flat_values)
        numbers = tf.gather(self._cut(distinct), which)  # ragged (words of all texts, pieces)
        return words.with_flat_values(numbers).merge_dims(1, 2)

    def _cut(self, words):
        """Words `(n,)` as the numbers of their longest pieces, from the left: int32, ragged `(n, pieces)`."""
        sizes = tf.range(1, self.longest + 1)

        def cut(index, left, numbers):
            heads = tf.strings.substr(left[:, None], tf.zeros_like(sizes), sizes, unit="UTF8_CHAR")  # (n, sizes)
            found = self.look_up(heads)
            length = tf.reduce_max(tf.where(found <= UNKNOWN, 1, tf.strings.length(heads, "UTF8_CHAR")), axis=1)
            number = tf.gather(found, length - 1, batch_dims=1)
            is_done = left == ""
            numbers = numbers.write(index, tf.where(is_done, PAD, number))
            begin = tf.where(is_done, 0, length)
            return (
                index + 1,
                tf.strings.substr(left, begin, tf.fill(tf.shape(begin), LONGEST_TEXT), "UTF8_CHAR"),
                numbers,
            )

        _, _, numbers = tf.while_loop(
            lambda index, left, numbers: (index == 0) | tf.reduce_any(left != ""),  # also where there are no words
            cut,
            (0, words, tf.TensorArray(tf.int32, 0, dynamic_size=True, element_shape=[None])),
            shape_invariants=(tf.TensorShape([]), tf.TensorShape([None]), None),
        )
        numbers = tf.transpose(numbers.stack())  # (n, most pieces)
        return tf.RaggedTensor.from_tensor(numbers, padding=PAD)

    def spell(self, numbers):
        """The pieces of int32 numbers of any shape, a string tensor of that shape."""
        return tf.gather(tf.constant(self.pieces), numbers)

    def decode(self, numbers):
        """Texts `(batch,)` of numbers `(batch, pieces)`; `START`, `END` and `PAD` are left out."""
        is_special = (numbers == START) | (numbers == END)
        joined = tf.strings.reduce_join(tf.where(is_special, "", self.spell(numbers)), axis=-1)
        return tf.strings.strip(tf.strings.regex_replace(joined, "▁", " "))


def ended(numbers):
    """Ragged rows of pieces with `END` after each, padded by `PAD`, int32 `(batch, longest)`; 1 wide where none is."""
    rows = tf.concat([numbers, tf.fill([numbers.nrows(), 1], END)], axis=1)
    return rows.to_tensor(PAD, shape=tf.maximum(rows.bounding_shape(), [0, 1]))


def _fingerprint(texts):
    return tf.strings.to_hash_bucket_fast(texts, 2**63 - 1)
