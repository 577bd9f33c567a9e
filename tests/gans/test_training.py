"""What `train` does around an adversarial pair."""

import numpy as np

from dlsuite.gans import training


def test_rows_hold_the_batches_one_after_another():
    rows, steps, shape = training.training_rows("ring", 4, 3, seed=1)
    assert (steps, shape) == (1000, (2,))
    first = next(rows.as_numpy_iterator())
    assert first.shape == (4, 3, 2)
    assert len(np.unique(first.reshape(-1, 2), axis=0)) == 12
