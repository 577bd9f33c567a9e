"""Composing letters with their marks, as in Unicode's NFC, in a graph of core operations.

    e + ´  ->  é          e + ^ + ´  ->  ê + ´  ->  ế

macOS writes file names, and text copied from them, in decomposed form; a model that has learned `é` does not know `e`
and `´`. Neighbouring pairs are composed one after the other, for every way in which a letter can be typed. If an
alphabet has no letter that can be composed, there is no table; the 11,172 Korean syllables are only in it if the
alphabet has some of them.
"""

import functools
import itertools
import unicodedata

import numpy as np
import tensorflow as tf

BASE = 1 << 21
"""Above every code point."""


SYLLABLES = range(0xAC00, 0xD7A4)


def is_composed(letter: str) -> bool:
    """Whether a letter can be typed as several characters."""
    return len(unicodedata.normalize("NFD", letter)) > 1 and unicodedata.normalize("NFC", letter) == letter


@functools.cache
def pairs(has_syllables: bool) -> dict[tuple[str, str], str]:
    """Every pair of characters that is composed on the way to a letter, and the result."""
    found = {}
    for letter in map(chr, range(0x20000)):
        if not unicodedata.decomposition(letter) and not (has_syllables and ord(letter) in SYLLABLES):
            continue
        if is_composed(letter):
            base, *marks = unicodedata.normalize("NFD", letter)
            for order in itertools.permutations(marks):
                grown = [unicodedata.normalize("NFC", base + "".join(order[:n])) for n in range(len(marks) + 1)]
                if grown[-1] == letter:
                    steps = zip(grown, order, grown[1:], strict=False)
                    found |= {(one, mark): both for one, mark, both in steps if len(one) == len(both) == 1}
    return found


class Composition:
    """Composes texts for an alphabet; `is_needed` says whether there is anything to do.

    Args:
        alphabet: characters in any order.
    """

    def __init__(self, alphabet):
        self.is_needed = any(map(is_composed, set(alphabet)))
        table = pairs(any(ord(each) in SYLLABLES for each in alphabet)) if self.is_needed else {}
        numbers = sorted((ord(one) * BASE + ord(mark), ord(both)) for (one, mark), both in table.items())
        self.keys, self.composed = (
            np.array([key for key, _ in numbers], "int64"),
            np.array([to for _, to in numbers], "int32"),
        )

    def __call__(self, texts):
        """Compose texts, a string tensor `(batch,)` of valid UTF-8."""
        if not self.is_needed:
            return texts
        decoded = tf.strings.unicode_decode(texts, "UTF-8")

        def found(letters, rows):
            """Which letters are followed by a mark that composes with them, and the results, both `(n,)`."""
            following = tf.concat([letters[1:], [0]], 0)
            keys = tf.cast(letters, tf.int64) * BASE + tf.cast(following, tf.int64)
            place = tf.minimum(tf.searchsorted(self.keys, keys), len(self.keys) - 1)
            is_found = (tf.gather(self.keys, place) == keys) & (tf.concat([rows[1:], [-1]], 0) == rows)
            return is_found, tf.gather(self.composed, place)

        def compose(is_found, composed, letters, rows):
            is_mark = tf.concat([[False], is_found[:-1]], 0)
            letters, rows = (tf.boolean_mask(each, ~is_mark) for each in (tf.where(is_found, composed, letters), rows))
            return *found(letters, rows), letters, rows

        letters, rows = decoded.flat_values, decoded.value_rowids()
        _, _, letters, rows = tf.while_loop(
            lambda is_found, *_: tf.reduce_any(is_found),
            compose,
            (*found(letters, rows), letters, rows),
            shape_invariants=(tf.TensorShape([None]),) * 4,
        )
        decoded = tf.RaggedTensor.from_value_rowids(letters, rows, nrows=decoded.nrows())
        return tf.strings.unicode_encode(decoded, "UTF-8")
