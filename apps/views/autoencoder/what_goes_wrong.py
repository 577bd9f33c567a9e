"""The auto-encoder page's *What goes wrong*: VAEs that are broken on purpose, and fixed by one option."""

import math

from dlsuite import runs
from dlsuite.autoencoders.pathologies import PATHOLOGIES, Pathology
from panels import trouble


def show():
    """A pathology beside its cure, each a real training that a button starts."""
    lead = (
        "A real VAE on the 4,000 bundled digits, broken by its options and fixed by changing one. Each training takes "
        "about a quarter of a minute. In the pictures, left, held-out digits each above its reconstruction; right, "
        "samples from the prior."
    )
    trouble.what_goes_wrong(
        trouble.Troubles(
            "autoencoders.vae",
            PATHOLOGIES,
            lead,
            measure,
            benchmark="vae_pathologies",
            digits=3,
            remark=remark,
        )
    )


def measure(pathology: Pathology, run: runs.Run) -> float:
    """What a pathology measures of a run's newest preview; NaN where there is none yet."""
    return newest(run, pathology.number)


def remark(pathology: Pathology, run: runs.Run) -> str:
    """All that is measured on the held-out digits."""
    reconstruction, kl, active, spread = (
        newest(run, number) for number in ("reconstruction_nats", "kl_nats", "active_units", "spread")
    )
    if math.isnan(kl):
        return ""
    return (
        f"Held-out digits: −ELBO {reconstruction + kl:.1f} nats = reconstruction {reconstruction:.1f} + KL {kl:.1f}; "
        f"active latent dimensions {active:.0f}; spread of the codes {spread:.2f}."
    )


def newest(run: runs.Run, number: str) -> float:
    """A number of a run's newest preview; NaN where there is none yet."""
    values = run.arrays(number)
    return float(values[max(values)]) if values else math.nan
