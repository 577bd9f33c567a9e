"""The classical deep-learning systems, running: Keras models, one file each, one package per lecture."""

import os
from pathlib import Path

__version__ = "0.1.0"

# TensorFlow reads this when it is first imported. Left to itself, it uses oneDNN only where a CPU has AVX-512; with it
# convolutions are trained 1.5 times faster on the others, too.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# Keras reads this when it is first imported; the models here are TensorFlow's.
os.environ["KERAS_BACKEND"] = "tensorflow"

_HERE = Path(__file__).parent
SAVED_MODELS = next(
    (folder for folder in (_HERE / "saved_models", _HERE.parent / "saved_models") if folder.is_dir()),
    _HERE.parent / "saved_models",
)
"""The folder of the trained models that ship: inside an installed wheel, else beside the package."""
