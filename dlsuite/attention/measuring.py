"""How well translators do on texts that were held out: dates that are exactly right, or BLEU."""

import logging

import numpy as np

from dlsuite.attention import bleu
from dlsuite.data import names, text_pairs

log = logging.getLogger("dlsuite")

MEASURED = 2000
"""Dates of either kind that are measured."""


def measure(model, dataset, source_language, target_language, split):
    """How well a translator does on the texts of a split, `test` or `validation`.

    Returns:
        Of dates, the share that is exactly right: `exact` on days never seen, and `exact_unseen_formats` on such days
        in formats never seen. Of sentences, BLEU in 0..100 by sacrebleu, lower case, with its
        signature in the log: `bleu_greedy`, `bleu_beam_5`.

    Raises:
        ValueError: a dataset of another kind, or none.
    """
    names.require_kind(dataset, "pairs")
    if dataset == "dates":
        found = {}
        for name, dates in (("exact", split), ("exact_unseen_formats", "unseen_formats")):
            sources, references = text_pairs.pairs("dates", dates, n=MEASURED, seed=0)
            found[name] = float(np.mean(np.array(model.translate(sources)) == references))
        return found
    sources, references = text_pairs.pairs(dataset, split, source_language, target_language)
    references, found = [[reference] for reference in references], {}
    for name, width in (("bleu_greedy", 1), ("bleu_beam_5", 5)):
        found[name], signature = bleu.reported(model.translate(sources, width), references, lowercase=True)
    log.info("BLEU by sacrebleu, signature %s", signature)
    return found
