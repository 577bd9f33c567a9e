"""What the auto-encoder page's *Export* asks a model for."""

import numpy as np

from dlsuite import serving
from panels import export

USES = ("sample", "denoise", "enlarge", "compress", "reconstruct")
"""What to ask a model for, the first of these that it has."""


def request_to(model: serving.Served) -> export.Request:
    """The first of `USES` that a model has; of a picture, where it takes one."""
    signature = next(name for name in USES if name in model.signatures)
    if signature == "sample":
        return export.Request(signature, {"n": 16, "seed": 0}, 'model.sample(n=16, seed=0)["pictures"]')
    _, height, width, channels = model.shapes(signature)["pictures"]
    shape = 1, height or 16, width or 16, channels or 1
    ramp = np.linspace(0, 1, int(np.prod(shape))).round(2).reshape(shape).tolist()
    inputs, given = {"pictures": ramp}, "pictures=pictures"
    if "quality" in model.shapes(signature):
        inputs, given = inputs | {"quality": 1}, given + ", quality=1"
    return export.Request(signature, inputs, f"model.{signature}({given})  # float32 (batch, height, width, channels)")
