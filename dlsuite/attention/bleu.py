"""BLEU, how much of a translation's wording is found in references (Papineni et al., 2002, ACL, P02-1040).

    BLEU = 100 BP exp(1/4 sum_n log p_n),  n = 1..4

    p_n  = sum over all n-grams of min(count, largest count in one reference)  /  number of n-grams in the hypotheses
    BP   = 1 if c > r else exp(1 - r/c),   c the hypotheses' length, r the sum of the lengths nearest to each sentence's

The counts are *clipped*: "the the the" is matched as often as a reference has "the". All sums run over the whole
corpus before anything is divided. Of two references equally near in length the shorter one counts.

A p_n of 0 would make BLEU 0 however good the rest is. sacrebleu, and this file, smooth by default as mteval-v13a does
(`exp`): the k-th order without any match counts as 1/2^k matches. Where nothing matches at all, or all hypotheses are
shorter than n words, so that p_n is undefined, BLEU is 0.

Words are what sacrebleu's tokenizer `13a` makes of a text. Where references are mostly in a script without spaces, that
would be whole sentences: there it is `zh` for Chinese, which parts its characters, and for all others `char`, which
parts every character (`ja-mecab`, which knows Japanese words, is a package more). Numbers that are published should
come from `reported`, which is sacrebleu itself and says by what signature (Post, 2018, arXiv:1804.08771).
"""

import functools
import math
import re
from collections import Counter
from collections.abc import Sequence
from typing import NamedTuple

from sacrebleu.metrics import BLEU

ORDERS = (1, 2, 3, 4)

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
KANA = "\u3040-\u30ff\u31f0-\u31ff\uff66-\uff9f"
SOUTHEAST = (
    "\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u1b00-\u1b7f"
    "\ua000-\ua4cf\ua980-\ua9ff\uaa60-\uaa7f"
)
"""Thai, Lao and Tibetan, Burmese, Khmer, Tai Le, Tai Tham, Balinese, Yi, Javanese."""
CHINESE, UNSPACED = re.compile(f"[{HAN}]"), re.compile(f"[{KANA}{SOUTHEAST}]")
SPACED = re.compile(rf"[^\W{HAN}{KANA}{SOUTHEAST}]+")
"""A word of all other scripts."""
FEW = 0.1
"""Chinese has so few of other scripts' characters without spaces, as a share."""


class Score(NamedTuple):
    """BLEU and all that it is made of."""

    bleu: float
    """0 to 100."""
    precisions: tuple[float, ...]
    """p_1 to p_4 as they enter the mean, smoothed ones too; 0 to 1, and 0 where they are undefined."""
    matched: tuple[int, ...]
    """How many n-grams were found, clipped; by n."""
    total: tuple[int, ...]
    """How many n-grams the hypotheses have; by n."""
    brevity_penalty: float
    """BP, 0 to 1."""
    hypothesis_length: int
    """c, in words."""
    reference_length: int
    """r, in words."""


def tokenizer_for(references: Sequence[Sequence[str]]) -> str:
    """What sacrebleu calls the tokenizer for the script of these references: `13a`, `zh` or `char`."""
    text = " ".join(reference for of_it in references for reference in of_it)
    han, others, spaced = (len(pattern.findall(text)) for pattern in (CHINESE, UNSPACED, SPACED))
    if han + others <= spaced:
        return "13a"
    return "zh" if others <= FEW * han else "char"


def tokenize(text: str, lowercase: bool = False, tokenizer: str = "13a") -> list[str]:
    """A text's words and punctuation marks, as a tokenizer of sacrebleu's separates them."""
    return _tokenizer(tokenizer)((text.lower() if lowercase else text).rstrip()).split()


@functools.cache
def _tokenizer(name: str):
    return BLEU(tokenize=name, force=True).tokenizer


def ngrams(words: Sequence[str], n: int) -> Counter:
    """How often each run of `n` words occurs."""
    return Counter(tuple(words[start : start + n]) for start in range(len(words) - n + 1))


def clipped(hypothesis: Sequence[str], references: Sequence[Sequence[str]], n: int) -> Counter:
    """How many occurrences of each n-gram of a sentence are matched: as many as the reference with the most has."""
    allowed = Counter()
    for reference in references:
        allowed |= ngrams(reference, n)  # the larger count of each
    return ngrams(hypothesis, n) & allowed  # the smaller one


def nearest_length(length: int, references: Sequence[Sequence[str]]) -> int:
    """The length of the reference that is nearest to `length`, the shorter one of two."""
    return min(map(len, references), key=lambda each: (abs(each - length), each))


def brevity_penalty(hypothesis_length: int, reference_length: int) -> float:
    """BP; 0 where there are no words at all."""
    if hypothesis_length >= reference_length:
        return 1.0
    return math.exp(1 - reference_length / hypothesis_length) if hypothesis_length else 0.0


def precisions(matched: Sequence[int], total: Sequence[int], smooth: bool = True) -> tuple[float, ...]:
    """p_1 to p_4 of sums over a corpus; see the top of the file for what smoothing does."""
    found, halved = [], 1.0
    for hits, of in zip(matched, total, strict=True):
        if smooth and any(matched) and of and not hits:
            halved /= 2
            found.append(halved / of)
        else:
            found.append(hits / of if of else 0.0)
    return tuple(found)


def bleu(
    hypotheses: Sequence[str],
    references: Sequence[Sequence[str]],
    *,
    lowercase: bool = False,
    smooth: bool = True,
) -> Score:
    """BLEU of a corpus.

    Args:
        hypotheses: a text for each sentence.
        references: for each sentence the texts of one reference or more.
        lowercase: whether capitals count as small letters.
        smooth: whether orders without a match are smoothed.

    Raises:
        ValueError: the lists differ in length, are empty, or a sentence has no reference.
    """
    require_pairs(hypotheses, references)
    matched, total, lengths = [0] * 4, [0] * 4, [0, 0]
    tokenizer = tokenizer_for(references)
    for hypothesis, of_it in zip(hypotheses, references, strict=True):
        words, *others = (tokenize(text, lowercase, tokenizer) for text in (hypothesis, *of_it))
        lengths = [lengths[0] + len(words), lengths[1] + nearest_length(len(words), others)]
        for n in ORDERS:
            matched[n - 1] += clipped(words, others, n).total()
            total[n - 1] += max(0, len(words) - n + 1)
    penalty, p = brevity_penalty(*lengths), precisions(matched, total, smooth)
    mean = math.exp(sum(map(math.log, p)) / 4) if all(p) else 0.0
    return Score(100 * penalty * mean, p, tuple(matched), tuple(total), penalty, *lengths)


def reported(
    hypotheses: Sequence[str], references: Sequence[Sequence[str]], *, lowercase: bool = False
) -> tuple[float, str]:
    """What sacrebleu itself says: the score, 0 to 100, and the signature that goes with it.

    Args:
        hypotheses, references, lowercase: see `bleu`.

    Raises:
        ValueError: as `bleu` does.
    """
    require_pairs(hypotheses, references)
    most = max(map(len, references))
    streams = [[of_it[k] if k < len(of_it) else None for of_it in references] for k in range(most)]
    tokenizer = tokenizer_for(references)
    metric = BLEU(
        lowercase=lowercase, tokenize=tokenizer, force=True
    )  # no warning of texts that look tokenized already
    score = metric.corpus_score(list(hypotheses), streams).score
    return score, str(metric.get_signature())


def matches(hypothesis: Sequence[str], references: Sequence[Sequence[str]], n: int) -> list[bool]:
    """Which n-grams of a sentence's words count as matched, by where they begin; of equal ones, the first."""
    left = clipped(hypothesis, references, n)
    found = []
    for start in range(len(hypothesis) - n + 1):
        run = tuple(hypothesis[start : start + n])
        found.append(left[run] > 0)
        left[run] -= found[-1]
    return found


def require_pairs(hypotheses, references) -> None:
    """Raise `ValueError` unless there is a hypothesis, and a reference or more for each."""
    if len(hypotheses) != len(references):
        raise ValueError(f"references: there are {len(references)} lists for {len(hypotheses)} hypotheses")
    if not hypotheses:
        raise ValueError("hypotheses: at least one is needed")
    for number, of_it in enumerate(references, start=1):
        if isinstance(of_it, str) or not of_it:
            raise ValueError(f"references: sentence {number} has {of_it!r}, and a list of one text or more is needed")
