"""The GAN page's *What goes wrong*: GANs that are broken on purpose, and fixed by their options."""

import functools
import math
from collections.abc import Callable

import numpy as np

from dlsuite import runs
from dlsuite.gans.pathologies import PATHOLOGIES, Pathology, picture
from panels import trouble, watching


def show():
    """A pathology beside its cure, each a real training that a button starts."""
    lead = (
        "A real GAN on the ring of 8 Gaussians, broken by its options and fixed by changing them. Each training takes "
        "about half a minute of two CPU cores; the other one then begins from the same seed."
    )
    trouble.what_goes_wrong(
        trouble.Troubles("gans.gan", PATHOLOGIES, lead, measure, benchmark="pathologies", remark=remark, drawn=drawn)
    )


def measure(pathology: Pathology, run: runs.Run) -> float:
    """What a pathology measures of a run; NaN where training has not come far enough."""
    rows, total = run.steps(), watching.total_steps(run.record)
    return pathology.measure(rows, run.arrays("samples"), total) if total and rows else math.nan


def remark(pathology: Pathology, run: runs.Run) -> str:
    """The shares that are told beside what is measured, of the newest samples."""
    samples = run.arrays("samples") if pathology.besides else {}
    if not samples:
        return ""
    newest = samples[max(samples)]
    said = ", ".join(f"{what} {share(newest):.0%}" for what, share in pathology.besides.items())
    return f"{said[0].upper()}{said[1:]}."


def drawn(run: runs.Run) -> Callable[[int], np.ndarray]:
    """A function that draws the plane after a step of a run, with what the generator's loss does there."""
    kept, loss = functools.cache(run.arrays), run.record["arguments"]["generator_loss"]
    names = "real", "samples", "extent", "score", "gradient"
    return lambda step: picture({name: kept(name)[step] for name in names}, loss)
