"""Subwords: what pieces are learned, how texts are cut into them, and that text comes back."""

import collections
import itertools
import random
import re
import unicodedata

import pytest
import tensorflow as tf

from dlsuite.data import subwords
from dlsuite.data.subwords import END, LONGEST_PIECE, LONGEST_TEXT, PAD, SPECIAL, START, UNKNOWN, Vocabulary

TEXTS = [
    "Der Mann schläft auf dem Sofa.",
    "Ein Mann mit einem Hut sitzt auf dem Dach, und der Hund schläft.",
    "A man doesn't sleep on the sofa: 1987-03-05!",
    "Страна 漢字 naïve, naïve, naïve; ἀρχή",
    "the the the then them there",
    "don't — “quote” (or so) 3.50 % 🙂🙂",
] * 2


@pytest.fixture(scope="module")
def vocabulary():
    return Vocabulary(subwords.learn(TEXTS, 160))


def split(text):
    (words,) = subwords.split(tf.constant([text])).to_list()
    return [word.decode() for word in words]


def encode(vocabulary, texts):
    in_graph = tf.function(vocabulary.encode, input_signature=[tf.TensorSpec([None], tf.string)])
    return in_graph(tf.constant(texts)).to_list()


def decode(vocabulary, rows):
    numbers = tf.ragged.constant(rows, ragged_rank=1, dtype=tf.int32).to_tensor(PAD)
    return [text.decode() for text in vocabulary.decode(numbers).numpy()]


def words_of(text):
    """What `split` does, in Python, of texts without marks."""
    text = "▁" + "▁".join(text.lower().split())
    return re.findall(r"▁?(?:[^\W\d_]+|.)", text) if text != "▁" else []


def cut(word, pieces):
    """The numbers of the longest pieces from the left, in Python."""
    numbers = []
    while word:
        n = max((n for n in range(1, len(word) + 1) if word[:n] in pieces), default=1)
        numbers.append(pieces.get(word[:n], UNKNOWN))
        word = word[n:]
    return numbers


def learned_slowly(texts, size):
    """Byte-pair encoding as its definition has it: count all pairs anew at every step."""
    words = collections.Counter(tuple(word) for text in texts for word in words_of(text))
    pieces = SPECIAL + sorted({character for word in words for character in word})
    while len(pieces) < size:
        pairs = collections.Counter()
        for word, count in words.items():
            for pair in itertools.pairwise(word):
                pairs[pair] += count
        pairs = {pair: count for pair, count in pairs.items() if len("".join(pair)) <= LONGEST_PIECE and count > 1}
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        pieces.append("".join(best))
        joined = collections.Counter()
        for word, count in words.items():
            parts = list(word)
            for at in range(len(parts)):
                if tuple(parts[at : at + 2]) == best:
                    parts[at : at + 2] = ["".join(best)]
            joined[tuple(parts)] += count
        words = joined
    return list(dict.fromkeys(pieces))


@pytest.mark.parametrize("text", TEXTS[:6])
def test_words_are_letters_together_and_everything_else_alone(text):
    assert split(text) == words_of(text)


def test_words_of_marks_and_white_space():
    assert split(" A\tb\n\nc\u3000d\x00e ") == ["▁a", "▁b", "▁c", "▁d", "▁e"]
    assert split("don't 42") == ["▁don", "'", "t", "▁4", "2"]
    assert split("ne\N{COMBINING TILDE}e") == ["▁ne\N{COMBINING TILDE}e"]
    assert split("a▁b") == ["▁a", "▁b"]
    assert split("") == split(" \n") == split("▁") == []


@pytest.mark.parametrize("size", [0, 60, 100, 160, 400, 10_000])
def test_pieces_are_those_of_the_definition(size):
    assert subwords.learn(TEXTS, size) == learned_slowly(TEXTS, size)


def test_the_commonest_pair_is_the_first_and_sizes_are_kept_to():
    texts = ["low low low low low", "lower lower", "newest newest newest newest newest newest", "widest widest widest"]
    characters = sorted(set("▁lowernewestwidest"))
    assert subwords.learn(texts, 0) == SPECIAL + characters
    pieces = subwords.learn(texts, len(SPECIAL) + len(characters) + 4)
    assert pieces[-4:] == ["st", "est", "▁l", "▁lo"]  # s t and e s occur 9 times each, as Sennrich et al. have it
    for size in (30, 40, 50, 100):
        pieces = subwords.learn(TEXTS, size)
        assert len(set(pieces)) == len(pieces) <= max(size, len(subwords.learn(TEXTS, 0)))


def test_learning_knows_no_order():
    shuffled = random.Random(0).sample(TEXTS, len(TEXTS))
    assert subwords.learn(shuffled, 160) == subwords.learn(TEXTS, 160)


def test_no_piece_is_longer_than_the_longest():
    pieces = subwords.learn(["x" * 5, "incomprehensibilities"] * 50, 1000)
    assert max(map(len, pieces[4:])) == LONGEST_PIECE


@pytest.mark.slow
def test_what_is_encoded_and_decoded_is_the_lowered_text(vocabulary):
    assert decode(vocabulary, encode(vocabulary, TEXTS)) == [text.lower() for text in TEXTS]
    spaced = ["  Der\tMann \n", "HUND  UND  Hut"]
    assert decode(vocabulary, encode(vocabulary, spaced)) == ["der mann", "hund und hut"]


def test_words_are_cut_into_the_longest_pieces_from_the_left(vocabulary):
    pieces = {piece: number for number, piece in enumerate(vocabulary.pieces)}
    texts = [*TEXTS, "Unbekannte Wörter wie Donaudampfschifffahrt, them-then", "zzz 漢 字字"]
    expected = [[number for word in words_of(text) for number in cut(word, pieces)] for text in texts]
    assert encode(vocabulary, texts) == expected
    in_graph = tf.function(vocabulary.encode, input_signature=[tf.TensorSpec([None], tf.string)])
    assert in_graph(tf.constant(texts)).to_list() == expected
    assert [in_graph(tf.constant([text])).to_list()[0] for text in texts] == expected  # whatever is beside it
    assert max(map(len, expected)) < max(map(len, texts))  # longer pieces than characters are used


def test_a_look_up_is_that_of_a_dict(vocabulary):
    table = {piece: number for number, piece in enumerate(vocabulary.pieces)}
    keys = [*vocabulary.pieces, "nothing", "▁x▁", "\0", "漢字漢字"]
    found = vocabulary.look_up(tf.constant(keys))
    assert found.numpy().tolist() == [table.get(key, UNKNOWN) for key in keys]
    assert vocabulary.look_up(tf.reshape(tf.constant(keys[:6]), [2, 3])).shape == (2, 3)


@pytest.mark.slow
def test_what_was_never_seen_is_unknown_and_no_more(vocabulary):
    known, unknown, again = (encode(vocabulary, [text])[0] for text in ("der", "жжж", "der жжж"))
    assert UNKNOWN not in known
    assert unknown == [vocabulary.pieces.index("▁"), UNKNOWN, UNKNOWN, UNKNOWN]
    assert again == known + unknown
    assert decode(vocabulary, [again]) == ["der ⁇⁇⁇"]


@pytest.mark.slow
@pytest.mark.parametrize("text", ["", "   ", "\n\t", "\0"])
def test_an_empty_text_has_no_pieces(vocabulary, text):
    assert encode(vocabulary, [text]) == [[]]
    assert encode(vocabulary, [text, "der"]) == [[], *encode(vocabulary, ["der"])]
    assert decode(vocabulary, [[PAD, PAD]]) == [""]


def test_no_texts(vocabulary):
    assert vocabulary.encode(tf.constant([], tf.string)).to_list() == []


@pytest.mark.slow
def test_ten_thousand_characters_are_cut_off(vocabulary):
    assert encode(vocabulary, ["der hund " * 1111]) == encode(vocabulary, [("der hund " * 1111)[:LONGEST_TEXT]])
    (numbers,) = encode(vocabulary, ["m" * 10_000])
    assert decode(vocabulary, [numbers]) == ["m" * LONGEST_TEXT]


@pytest.mark.slow
def test_emoji_and_broken_bytes(vocabulary):
    family = "👩‍👩‍👧"
    (numbers,) = encode(vocabulary, [family])
    assert numbers == [vocabulary.pieces.index("▁")] + [UNKNOWN] * 5
    assert UNKNOWN not in encode(vocabulary, ["🙂"])[0]
    assert encode(vocabulary, [b"der\xff\xfe hund \xc3"]) == encode(vocabulary, ["der hund"])


@pytest.mark.slow
def test_numbers_without_a_spelling_are_left_out(vocabulary):
    (numbers,) = encode(vocabulary, ["der Hund"])
    assert decode(vocabulary, [[START, *numbers, END, PAD, PAD]]) == ["der hund"]
    spelled = vocabulary.spell(tf.constant([[START, *numbers, END, PAD]])).numpy()[0]
    assert spelled[0] == b"<start>" and list(spelled[-2:]) == [b"<end>", b""]
    assert b"".join(spelled[1:-2]).decode() == "▁der▁hund"
    assert START not in encode(vocabulary, ["<start> <end> ⁇"])[0] and END not in encode(vocabulary, ["<end>"])[0]


@pytest.mark.slow
def test_only_special_pieces():
    assert encode(Vocabulary(SPECIAL), ["ab", ""]) == [[UNKNOWN] * 3, []]


@pytest.mark.parametrize("pieces", [["a", "b"], [*SPECIAL, "a", "a"]], ids=["special", "twice"])
def test_pieces_that_cannot_be(pieces):
    with pytest.raises(ValueError, match=r"pieces=.*distinct"):
        Vocabulary(pieces)


@pytest.mark.slow
@pytest.mark.parametrize("form", ["NFD", "NFC"])
def test_letters_are_composed_with_their_marks_if_the_alphabet_has_any_such(form):
    texts = ["Tiếng Việt, août, 대한민국, naïve Ångström; ﬁ", "ő is none of its letters"]
    learned = subwords.learn([unicodedata.normalize(form, text) for text in texts[:1]] * 2, 90)
    assert learned == subwords.learn(texts[:1] * 2, 90)
    vocabulary = Vocabulary(learned)
    assert encode(vocabulary, [unicodedata.normalize("NFD", text) for text in texts]) == encode(vocabulary, texts)
    assert (
        encode(vocabulary, ["vie\u0302\u0323t", "vi\u1eb9\u0302t", "VI\u00ca\u0323T"])
        == encode(vocabulary, ["việt"]) * 3
    )
    in_graph = tf.function(vocabulary.encode, input_signature=[tf.TensorSpec([None], tf.string)])
    assert in_graph(tf.constant([], tf.string)).to_list() == []
    assert in_graph(tf.constant(["", "e\u0301", "\u0301e"])).to_list() == encode(vocabulary, ["", "é", "\u0301e"])


@pytest.mark.slow
def test_a_long_decomposed_text_is_cut_off_where_the_composed_one_is():
    vocabulary, text = Vocabulary(subwords.learn(["ế a"] * 2, 20)), "ế" * (LONGEST_TEXT + 10)
    assert encode(vocabulary, [unicodedata.normalize("NFD", text)]) == encode(vocabulary, [text])


def test_an_alphabet_without_composed_letters_costs_nothing():
    def operations(pieces):
        graph = tf.function(Vocabulary(pieces).encode).get_concrete_function(tf.TensorSpec([None], tf.string)).graph
        return {operation.type for operation in graph.get_operations()}

    assert "UnicodeDecode" not in operations([*SPECIAL, "▁", *"abc"])
    assert "UnicodeDecode" in operations([*SPECIAL, "▁", *"abç"])
