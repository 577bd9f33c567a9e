"""What a translator answers when it is served: translations, with where it looked; what else a beam finds; scores."""

import tensorflow as tf

from dlsuite.data.subwords import PAD, ended


def signatures(model):
    """The functions that a SavedModel of a translator answers, by name; see `dlsuite.serving`.

    `translate`, greedy: from `text`, string `(batch,)`, to `text`; `source` and `target`, the pieces that were read
    and written, string `(batch, S)` and `(batch, T)`; `attention`, the weights between them, `(batch, T, S)`;
    `log_probability` `(batch,)`. `candidates`: the same by a beam, with an axis of `width` after the first; each
    begins with `prefix`. `score`: of `text` and `translation`, `log_probability` in nats.
    """
    text = tf.TensorSpec([None], tf.string, name="text")

    def answer(source, found):
        pieces, log_probability, attention = found
        return {
            "text": model.target_vocabulary.decode(pieces),
            "source": model.source_vocabulary.spell(source),
            "target": model.target_vocabulary.spell(pieces),
            "attention": attention,
            "log_probability": log_probability,
        }

    def translate(text):
        source = model.read(text)
        return answer(source, model.greedy(source))

    def candidates(text, prefix, width):
        source = model.read(text)
        prefix = model.target_vocabulary.encode(prefix).to_tensor(PAD)
        return answer(source, model.beam(source, width, prefix))

    def score(text, translation):
        target = ended(model.target_vocabulary.encode(translation))
        return {"log_probability": model.log_probability(model.read(text), target)}

    one, prefix = tf.TensorSpec([], tf.int32, name="width"), tf.TensorSpec([None], tf.string, name="prefix")
    return {
        "serving_default": (translate, [text]),
        "translate": (translate, [text]),
        "candidates": (candidates, [text, prefix, one]),
        "score": (score, [text, tf.TensorSpec([None], tf.string, name="translation")]),
    }
