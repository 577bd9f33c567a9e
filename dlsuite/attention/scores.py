"""Attention as a weighted mean: how well a query matches each key, and the mean of the values that follows from it.

    y_j = sum_i a_ji v_i,      a_ji = softmax_i(score(q_j, k_i))

    dot         score(q, k) = q . k
    scaled      score(q, k) = q . k / sqrt(d)          (Vaswani et al., 2017, arXiv:1706.03762, Equation 1)
    additive    score(q, k) = w . tanh(q + k)          (Bahdanau et al., 2014, arXiv:1409.0473, Section A.1.2)

The lecture's W q and W' k are made before; here queries are `(batch, J, d)`, keys `(batch, I, d)`, values
`(batch, I, e)`, and scores and weights `(batch, J, I)`.
"""

import tensorflow as tf


def dot(queries, keys):
    """q_j . k_i."""
    return tf.einsum("bjd,bid->bji", queries, keys)


def scaled(queries, keys):
    """q_j . k_i / sqrt(d): of variance 1 where the d numbers of each are independent and of variance 1."""
    return dot(queries, keys) / tf.sqrt(tf.cast(tf.shape(queries)[-1], queries.dtype))


def additive(queries, keys, w):
    """w . tanh(q_j + k_i), `w` of shape `(d,)`."""
    return tf.einsum("bjid,d->bji", tf.tanh(queries[:, :, None] + keys[:, None, :]), w)


def masked_softmax(scores, mask=None):
    """a_ji = m_i exp(s_ji) / sum_l m_l exp(s_jl): they sum to 1, and are 0, not almost 0, where the mask is.

    Args:
        scores: `(batch, J, I)`.
        mask: true where there is a key, `(batch, I)`; by default everywhere. Where there is none at all, so that no
            weights could sum to 1, all are 0.
    """
    present = tf.ones_like(scores) if mask is None else tf.cast(mask, scores.dtype)[:, None, :]
    scores = tf.where(present > 0, scores, scores.dtype.min)
    exponentials = present * tf.exp(scores - tf.stop_gradient(tf.reduce_max(scores, axis=-1, keepdims=True)))
    return tf.math.divide_no_nan(exponentials, tf.reduce_sum(exponentials, axis=-1, keepdims=True))


def weighted_mean(weights, values):
    """y_j = sum_i a_ji v_i, `(batch, J, e)`."""
    return tf.einsum("bji,bie->bje", weights, values)
