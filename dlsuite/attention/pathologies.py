"""Two ways in which translation goes wrong in use, each measured on held-out dates.

    missing mask      a_j = exp(e_j) / sum over k of exp(e_k), where k runs over the padding as well: it takes weight
                      that belongs to the text, the more of it there is, so that a text is translated differently in
                      company of a longer one
    greedy search     argmax over v of log p(v | y_1 .. y_{t-1}, x) at every t: where a likely piece leads to unlikely
                      sentences, the likeliest sentence is missed (Sutskever et al., 2014, arXiv:1409.3215)

Translators here have learned twelve locales so well that no search errs on those: `hard_dates` has others.
"""

import re
from typing import NamedTuple

import numpy as np
import tensorflow as tf

from dlsuite.attention import search
from dlsuite.data import dates
from dlsuite.data.subwords import PAD

PADDING = (0, 4, 8, 16, 32, 64, 128)
"""Numbers of padding pieces after the longest text."""
SAME = 1e-3
"""Log-probabilities that differ by less are those of one sentence, in nats."""
NEW_LANGUAGES = {"Estonian": "et_EE", "Catalan": "ca_ES", "Romanian": "ro_RO", "Hungarian": "hu_HU"}
"""Never seen in training, though similar ones were."""
HARD = ("formats never learned", *(f"{language}, never learned" for language in NEW_LANGUAGES), "the year left out")


class Padded(NamedTuple):
    """What becomes of texts that are padded."""

    padding: int
    """The number of padding pieces after the longest text."""
    is_masked: bool
    translations: list
    """Of str."""
    weight_of_padding: float
    """The share of each context that comes from padding, the mean over all pieces that are written."""


def translate_padded(model, texts, is_masked=True, padding=PADDING):
    """Texts in one batch that is padded to a length beyond the longest, as the company of a longer text would.

    Args:
        model: a `Bahdanau`.
        texts: a list of str.
        is_masked: whether padding is kept from being looked at.
        padding: numbers of padding pieces, each tried in turn.

    Returns:
        For each number in `padding`, a `Padded`.
    """

    @tf.function(reduce_retracing=True)
    def find(source):
        (states, keys, bias), state = model.memory(source)
        memory = states, keys, bias if is_masked else tf.zeros_like(bias)
        return search.greedy(model.decoder.step, state, memory, model.max_length)

    source, found = model.read(tf.constant(texts)), []
    for extra in padding:
        longer = tf.pad(source, [[0, 0], [0, extra]], constant_values=PAD)
        pieces, _, weights = find(longer)
        of_padding = tf.reduce_sum(tf.where((longer == PAD)[:, None], weights, 0.0), axis=2)  # (batch, T)
        translations = [text.decode() for text in model.target_vocabulary.decode(pieces).numpy()]
        found.append(Padded(extra, is_masked, translations, float(tf.reduce_mean(of_padding[pieces != PAD]))))
    return found


class Search(NamedTuple):
    """What two searches find for one text."""

    text: str
    reference: str
    greedy: str
    beam: str
    greedy_log_p: float
    beam_log_p: float

    @property
    def is_likelier(self):
        """Whether the beam has found a likelier sentence."""
        return self.beam_log_p > self.greedy_log_p + SAME

    @property
    def is_less_likely(self):
        """Whether it has found a less likely one: it can drop greedy's beginning, and it ranks by log p / length."""
        return self.beam_log_p < self.greedy_log_p - SAME


def greedy_against_beam(served, texts, references, width=5):
    """Both searches for texts.

    Args:
        served: a translator as `serving.load` has it.
        texts, references: lists of str of one length.
        width: of the beam.

    Returns:
        A list of `Search`.
    """
    greedy = served.translate(text=texts)
    beam = served.candidates(text=texts, prefix=[""] * len(texts), width=width)
    columns = (
        [text.decode() for text in greedy["text"]],
        [text.decode() for text in beam["text"][:, 0]],
        greedy["log_probability"].tolist(),
        beam["log_probability"][:, 0].tolist(),
    )
    return [Search(*row) for row in zip(texts, references, *columns, strict=True)]


def hard_dates(kind, n, seed=0):
    """Dates of test days that are harder than those that were learned, and what they are in ISO 8601.

    Args:
        kind: one of `HARD`. A date without its year has no right answer.
        n: the number of dates.
        seed: of the draw.

    Returns:
        Texts and answers, lists of str of one length.

    Raises:
        ValueError: there is no such kind.
    """
    if kind not in HARD:
        raise ValueError(f"kind={kind!r}: it must be one of {', '.join(HARD)}")
    if kind == HARD[0]:
        return dates.pairs("unseen_formats", n, seed)
    if kind == HARD[-1]:
        texts, answers = dates.pairs("test", n, seed)
        return [re.sub(r"\W*\d{4}", "", text) for text in texts], answers
    locale, days = NEW_LANGUAGES[kind.partition(",")[0]], dates.days("test")
    chosen = [days[index] for index in np.random.default_rng(seed).choice(len(days), n, replace=False)]
    return [dates.render(day, locale, "long") for day in chosen], [day.isoformat() for day in chosen]
