"""The classical deep-learning systems, running: Keras models, one file each, one package per lecture."""

from pathlib import Path

__version__ = "0.1.0"

_HERE = Path(__file__).parent
SAVED_MODELS = next(
    (folder for folder in (_HERE / "saved_models", _HERE.parent / "saved_models") if folder.is_dir()),
    _HERE.parent / "saved_models",
)
"""The folder of the trained models that ship: inside an installed wheel, else beside the package."""
