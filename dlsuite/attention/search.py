"""How a likely translation is found: greedy and beam search (Sutskever et al., 2014, arXiv:1409.3215), in the graph.

    greedy    y_t = argmax over v of log p(v | y_1 .. y_{t-1}, x)
    beam      keep the `width` likeliest beginnings; lengthen each by every piece; keep the `width` likeliest of those

Neither is sure to find the likeliest sentence; a beam so wide that nothing is dropped is. A sentence's log-probability
falls with every piece, so beginnings of one length compete in the beam, and the sentences that it finds, of different
lengths, are ranked by log p / length.

Both take a function `step(last, state, memory) -> (log_probabilities, state, weights)`: of the last pieces `(rows,)`,
the state `(rows, units)` and a tuple of tensors of `rows` rows, to `(rows, vocabulary_size)`, the next state and
`(rows, S)`, how much each piece of the source was looked at.
"""

import tensorflow as tf

from dlsuite.data.subwords import END, PAD, START, UNKNOWN

NEVER = -1e9
"""The log-probability of what must not be chosen."""


def greedy(step, state, memory, max_length, is_fused=False):
    """The likeliest piece at every time.

    Args:
        step, memory: as above.
        state: the first, `(batch, units)`.
        max_length: the most pieces, `END` included.
        is_fused: whether XLA compiles it, which has to know how much there will be: T is `max_length` then; see `cut`.

    Returns:
        The pieces, int32 `(batch, T)`, `PAD` after `END`; log p(y | x), `(batch,)`; the weights, `(batch, T, S)`. T is
        the length of the longest translation.
    """
    start = tf.fill([tf.shape(state)[0]], START)

    def body(t, last, state, total, pieces, weights):
        log_p, state, looked = step(last, state, memory)
        is_done = (last == END) | (last == PAD)
        piece = tf.where(is_done, PAD, tf.argmax(log_p + _forbidden(log_p), axis=-1, output_type=tf.int32))
        total += tf.where(is_done, 0.0, tf.gather(log_p, piece, batch_dims=1))
        return t + 1, piece, state, total, pieces.write(t, piece), weights.write(t, looked)

    def goes_on(t, last, *_):
        return (t < max_length) & ((t == 0) | tf.reduce_any((last != END) & (last != PAD)))  # once for no rows at all

    room = {"size": max_length if is_fused else 0, "dynamic_size": not is_fused}
    pieces = tf.TensorArray(tf.int32, **room)
    weights = tf.TensorArray(tf.float32, **room)
    _, _, _, total, pieces, weights = tf.while_loop(
        goes_on, body, (0, start, state, tf.zeros_like(start, tf.float32), pieces, weights)
    )
    return tf.transpose(pieces.stack()), total, tf.transpose(weights.stack(), [1, 0, 2])


def cut(pieces, log_probability, weights):
    """What a fused `greedy` has found, without the times at which all have ended."""
    longest = tf.reduce_max(tf.reduce_sum(tf.cast(pieces != PAD, tf.int32), axis=1))
    return pieces[:, :longest], log_probability, weights[:, :longest]


def beam(step, state, memory, max_length, width, prefix=None):
    """The `width` best sentences that a beam of that width finds.

    Args:
        step, state, memory, max_length: see `greedy`.
        width: 1 or more, or an int32 scalar tensor.
        prefix: int32 `(batch, P)`, what every sentence has to begin with, padded by `PAD`; nothing where it is `None`.

    Returns:
        As `greedy`, with an axis of `width` after the first, the best sentence first. Where there are not as many,
        the rest have a log-probability below `NEVER / 2`.
    """
    batch = tf.shape(state)[0]
    memory = tuple(
        tf.repeat(each, width, axis=0) for each in memory
    )  # rows: the beams of the first, of the second, ...

    def body(t, last, state, total, pieces, weights):
        log_p, state, looked = step(tf.reshape(last, [-1]), state, memory)
        vocabulary = tf.shape(log_p)[-1]
        free = tf.reshape(log_p + _forbidden(log_p), [batch, width, vocabulary])
        is_done = ((last == END) | (last == PAD))[:, :, None]
        free = tf.where(is_done, tf.one_hot(PAD, vocabulary, on_value=0.0, off_value=4 * NEVER), free)
        if prefix is not None:
            forced = tf.gather(tf.pad(prefix, [[0, 0], [0, max_length]], constant_values=PAD), t, axis=1)[:, None, None]
            log_p = tf.reshape(log_p, [batch, width, vocabulary])
            free = tf.where(forced == PAD, free, tf.where(tf.range(vocabulary) == forced, log_p, NEVER))
        total, best = tf.math.top_k(tf.reshape(total[:, :, None] + free, [batch, -1]), width)
        parent, piece = best // vocabulary, best % vocabulary  # (batch, width)

        def inherit(x):  # (batch * width, ...)
            x = tf.reshape(x, tf.concat([[batch, width], tf.shape(x)[1:]], axis=0))
            return tf.gather(x, parent, batch_dims=1)

        state = tf.reshape(inherit(state), tf.shape(state))
        pieces = tf.concat([tf.gather(pieces, parent, batch_dims=1), piece[:, :, None]], axis=2)
        weights = tf.concat([tf.gather(weights, parent, batch_dims=1), inherit(looked)[:, :, None]], axis=2)
        return t + 1, piece, state, total, pieces, weights

    def goes_on(t, last, *_):
        return (t < max_length) & tf.reduce_any((last != END) & (last != PAD))

    begin = (
        0,
        tf.fill([batch, width], START),
        tf.repeat(state, width, axis=0),
        tf.tile(
            tf.one_hot(0, width, on_value=0.0, off_value=NEVER)[None], [batch, 1]
        ),  # all are alike: the first counts
        tf.zeros([batch, width, 0], tf.int32),
        tf.zeros([batch, width, 0, tf.shape(memory[0])[1]]),
    )
    shapes = [None, None], [None, state.shape[1]], [None, None], [None, None, None], [None, None, None, None]
    invariants = (tf.TensorShape([]), *map(tf.TensorShape, shapes))
    _, _, _, total, pieces, weights = tf.while_loop(goes_on, body, begin, shape_invariants=invariants)
    length = tf.reduce_sum(tf.cast(pieces != PAD, tf.float32), axis=2)
    order = tf.argsort(total / length, axis=1, direction="DESCENDING", stable=True)
    return tuple(tf.gather(each, order, batch_dims=1) for each in (pieces, total, weights))


def _forbidden(log_p):
    """What is added to log-probabilities `(rows, vocabulary_size)`, so that nothing is chosen that spells nothing."""
    spells_nothing = tf.reduce_sum(tf.one_hot([PAD, UNKNOWN, START], tf.shape(log_p)[-1]), axis=0)
    return NEVER * spells_nothing
