"""How well word vectors tell the true words of held-out text from drawn ones."""

import numpy as np
import tensorflow as tf

from dlsuite.data import names, text
from dlsuite.embeddings import windows

MEASURED = {"places": 20_000, "window": 5, "negatives": 5, "subsampling": 1e-3}
"""How `measure` goes through held-out text, whatever a model was trained with."""


def held_out_metrics(model, dataset, source="auto"):
    """How well a model tells the words of held-out text from drawn ones, as both `measure`s answer it.

    At 20,000 places of the held-out text, or as many as there are, subsampled by 0.001, with a window of 5 on either
    side; for each, 5 words are drawn by the held-out text's own counts^(3/4). Places and noise are the same for every
    model of the same vocabulary.

    Returns:
        `accuracy`, how often the true word's score is above a drawn word's, in 0..1, 0.5 by chance; `loss_nats`, the
        mean over true scores of the loss with its 5 drawn words, near 6 log 2 = 4.16 where
        all scores are 0; `known_words`, the share of the held-out text's words that are in the vocabulary; and
        `vocabulary`, its size.

    Raises:
        ValueError: the dataset is not text, it has no held-out part, or that has none of the vocabulary's words or too
            few that stand near each other.
    """
    names.require_kind(dataset, "text")
    documents = text.documents(dataset, "test", source)
    if not documents:
        raise ValueError(f"dataset={dataset!r}: it has fewer than 10 paragraphs, so that no tenth one is held out")
    corpus = text.corpus_of(documents, model.vocabulary)
    if not len(corpus.words):
        raise ValueError(f"dataset={dataset!r}: its held-out part has none of the vocabulary's words")
    random = np.random.default_rng(0)
    kept = windows.subsample(random, corpus, MEASURED["subsampling"])
    length = len(kept.words)
    too_few = (
        f"dataset={dataset!r}: in its held-out part too few different words of the vocabulary stand near each other, "
        "once frequent ones are dropped"
    )
    if not length:
        raise ValueError(too_few)
    read = windows.whole(kept, MEASURED["window"])
    centre, context = windows.context_of(read, np.full((1, length), MEASURED["window"]))
    places = random.permutation(length)[: MEASURED["places"]]
    noise = windows.Noise(windows.noise_distribution(corpus.counts))
    context, drawn = context[0, places], noise.draw(random, (len(places), MEASURED["negatives"]))
    targets = np.concatenate([centre[0, places, None], drawn], axis=1)
    margins, losses = [], []
    for part in np.array_split(np.arange(len(places)), -(-len(places) // 1000)):
        is_context = tf.cast(context[part] >= 0, tf.float32)
        v = tf.gather(model.input_vectors.value, np.maximum(context[part], 0))
        scores = model.scores(v, tf.gather(model.output_vectors.value, targets[part]), is_context).numpy()
        counted = model.counted(tf.constant(targets[part]), is_context).numpy()
        is_true = counted[:, :, 0] > 0
        scores, counted = scores[is_true], counted[is_true]  # (n, 1 + negatives)
        true, false, is_noise = scores[:, :1], scores[:, 1:], counted[:, 1:] > 0
        margins.append((true - false)[is_noise])
        losses.append(np.logaddexp(0, -true[:, 0]) + np.sum(np.logaddexp(0, false) * is_noise, axis=1))
    margins = np.concatenate(margins)
    if not len(margins):
        raise ValueError(too_few)
    return {
        "accuracy": float(np.mean((margins > 0) + 0.5 * (margins == 0))),
        "loss_nats": float(np.mean(np.concatenate(losses))),
        "known_words": len(corpus.words) / sum(map(len, documents)),
        "vocabulary": len(model.vocabulary),
    }
