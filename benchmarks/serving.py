"""What each shipped model takes on disk, to load, and to answer one request through its SavedModel.

    python benchmarks/serving.py

Prints a table in Markdown. Each request is one example for `serving_default`: a latent vector, a digit, a picture of
64 by 64 pixels, a signal, a date, a word. The answer is the median of 30, after the first.
"""

import statistics
import time

import numpy as np
import tensorflow as tf

from dlsuite import SAVED_MODELS, serving

SIDE, REPEATS = 64, 30
"""Of pictures, where any are taken; how often each is asked."""
TEXT = {"text": "5 mars 1987", "words": "king"}


def example(specs: dict) -> dict[str, np.ndarray]:
    """One example for a signature's inputs, by name; a single number is 1."""
    random, inputs = np.random.default_rng(0), {}
    for name, (dtype, shape) in specs.items():
        sizes = [size or (SIDE if axis in (1, 2) else 1) for axis, size in enumerate(shape or [])]
        if dtype == "string":
            inputs[name] = np.full(sizes, TEXT[name], object)
        elif dtype == "float32":
            inputs[name] = random.uniform(0, 1, sizes).astype(dtype)
        else:
            inputs[name] = np.ones(sizes, dtype)
    return inputs


def seconds(act) -> float:
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def main() -> None:
    print("| model | MB | to load, s | first answer, ms | answer, ms |\n|---|--:|--:|--:|--:|")
    tf.constant(0)  # what TensorFlow sets up once is no model's
    for name in serving.names():
        size = sum(file.stat().st_size for file in (SAVED_MODELS / name / "1").rglob("*") if file.is_file()) / 1e6
        begun = time.perf_counter()
        model = serving.load(name)
        loading = time.perf_counter() - begun
        inputs = example(model.inputs("serving_default"))
        first, *others = (
            1e3 * seconds(lambda ask=model.serving_default, given=inputs: ask(**given)) for _ in range(1 + REPEATS)
        )
        print(f"| `{name}` | {size:.2f} | {loading:.1f} | {first:.0f} | {statistics.median(others):.1f} |", flush=True)


if __name__ == "__main__":
    main()
