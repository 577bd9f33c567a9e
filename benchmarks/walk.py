"""The README's animation: the ten digits, each decoded along the same closed path through the styles.

Writes docs/pictures/walk.webp, using the shipped conditional GAN: `python benchmarks/walk.py`.
"""

from pathlib import Path

import numpy as np
from PIL import Image

from dlsuite import serving

PICTURE = Path(__file__).parent.parent / "docs" / "pictures" / "walk.webp"
FRAMES, COLUMNS, SIDE = 60, 5, 112
SEED = 4


def walk(frames: int, latent_dim: int, radius: float) -> np.ndarray:
    """A circle about the origin, float32 `(frames, latent_dim)`; a sample of the prior has about that radius."""
    plane, _ = np.linalg.qr(np.random.default_rng(SEED).normal(size=(latent_dim, 2)))
    angles = np.linspace(0, 2 * np.pi, frames, endpoint=False)
    circle = np.stack([np.cos(angles), np.sin(angles)], axis=1)  # (frames, 2)
    return (radius * circle @ plane.T).astype("float32")


def main():
    model = serving.load("gans.conditional_gan")
    latent_dim = model.shapes("decode")["latent"][1] - 10
    styles = walk(FRAMES, latent_dim, np.sqrt(latent_dim))
    classes = np.eye(10, dtype="float32")
    latent = np.concatenate([np.repeat(styles, 10, axis=0), np.tile(classes, (FRAMES, 1))], axis=1)
    digits = model.decode(latent)["samples"].reshape(FRAMES, 10 // COLUMNS, COLUMNS, 28, 28)
    sheets = digits.transpose(0, 1, 3, 2, 4).reshape(FRAMES, 10 // COLUMNS * 28, COLUMNS * 28)
    grey = np.clip(127.5 * (sheets + 1), 0, 255).round().astype("uint8")
    size = COLUMNS * SIDE, 10 // COLUMNS * SIDE
    first, *others = [Image.fromarray(sheet).resize(size, Image.Resampling.BICUBIC).convert("RGB") for sheet in grey]
    first.save(PICTURE, save_all=True, append_images=others, duration=80, loop=0, quality=60, method=6)
    print(f"{PICTURE}: {PICTURE.stat().st_size / 1e3:.0f} KB")


if __name__ == "__main__":
    main()
