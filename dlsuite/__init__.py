"""The classical systems of deep learning as Keras models: one file each, one package per lecture."""

import os
from pathlib import Path

__version__ = "0.1.0"

# TensorFlow reads this when it is first imported. By default, it only uses oneDNN on CPUs with AVX-512; with oneDNN,
# convolutions train 1.5 times faster on other CPUs, too.
os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
# Keras reads this when it is first imported; the models here are TensorFlow's.
os.environ["KERAS_BACKEND"] = "tensorflow"

_HERE = Path(__file__).parent
SAVED_MODELS = next(
    (folder for folder in (_HERE / "saved_models", _HERE.parent / "saved_models") if folder.is_dir()),
    _HERE.parent / "saved_models",
)
"""The folder of the shipped models: inside an installed wheel, else next to the package."""
