"""Three ways in which a VAE goes wrong, each caused on purpose, measured, and fixed by one change.

    posterior collapse   the sigma of p(x | z) is so large that no code is worth its KL: q(z | x) = p(z) for every x
                         (Lucas et al., 2019, "Don't Blame the ELBO!", arXiv:1911.02469)
    averaged KL          the mean over d latent dimensions in the place of the sum is a beta of 1 / d: codes go where
                         the prior is not, and what is drawn from the prior is no picture's code
    too large a beta     beta KL with beta >> 1 (Higgins et al., 2017): a latent dimension that explains less than beta
                         times its KL is switched off, and what it would have told is blurred

All three are trainings of `autoencoders.vae` on the bundled digits. What each shows is one of the numbers that
`VAE.diagnose` measures on held-out digits at every preview; run directories keep them.
"""

import math
from collections.abc import Callable
from typing import NamedTuple

LATENT_DIM = 20
TRAINING = {
    "source": "bundled",
    "epochs": 20,
    "batch_size": 32,
    "learning_rate": 3e-3,
    "latent_dim": LATENT_DIM,
    "hidden": 256,
}
"""What all trainings here have in common."""


def distance_from_prior(spread: float) -> float:
    """How far codes lie outside the shell that the prior's draws are on, in standard deviations of their radius.

    The radius of a draw from N(0, I) in d dimensions is about sqrt(d), with a standard deviation of about sqrt(1/2).

    Args:
        spread: the root mean square of a code's numbers, 1 under the prior.
    """
    return (spread - 1) * math.sqrt(2 * LATENT_DIM)


class Pathology(NamedTuple):
    """What goes wrong, how to bring it about, how to measure it, and what fixes it."""

    title: str
    why: str
    """What happens and why, for the page."""
    cure_title: str
    why_cured: str
    options: dict
    """Those of `autoencoders.vae` that bring it about."""
    cure: dict
    """Those of them that are changed to fix it."""
    number: str
    """Which of `VAE.diagnose`'s numbers measures it."""
    measured: str
    """What that is, in a few words."""
    sick: Callable
    """Whether such a number shows the pathology."""
    healthy: Callable
    """Whether it shows that there is none."""
    in_health: str
    """What one says then."""
    limits: str
    """Both in words, and why they are there."""

    def arguments(self, is_cured: bool, seed: int = 0) -> dict:
        """The options of `autoencoders.vae`."""
        return {"seed": seed} | self.options | (self.cure if is_cured else {})


PATHOLOGIES = {
    "posterior_collapse": Pathology(
        title="Posterior collapse",
        why="Each pixel's Gaussian has a sigma of 3, and σ² = 9 is more than digits vary along any direction of "
        "pixels (5.2). The best that a linear VAE can do then is to tell nothing (Lucas et al., 2019), because what a "
        "code tells costs more KL than it raises log p(x | z); so do these networks. The encoder answers with the "
        "prior whatever it sees, the decoder with the mean digit. A *mean* of squared errors over 784 pixels beside "
        "the KL is the same mistake: it is a sigma of 20.",
        cure_title="a learned sigma",
        why_cured="Sigma is one more weight. It falls to what the reconstructions miss; the less they miss, the more "
        "is a nat of the code worth. The ELBO itself was never to blame, only the sigma that it was given.",
        options=TRAINING | {"likelihood": "gaussian", "sigma": 3.0, "deviation": "fixed"},
        cure={"deviation": "learned"},
        number="kl_nats",
        measured="KL, nats a digit",
        sick=lambda value: value < 0.1,
        healthy=lambda value: value > math.log(10),
        in_health="codes are used",
        limits="collapsed below 0.1, next to nothing; in use above ln 10 = 2.3, which telling ten classes apart takes",
    ),
    "averaged_kl": Pathology(
        title="Averaged KL",
        why="The KL is averaged over the 20 latent dimensions, as a careless `mean` over all axes does. That is a beta "
        "of 1/20: a code may cost twenty times more than it should. Reconstructions are the better for it, and the "
        "samples (right) bad: codes have drifted outwards, and the prior's draws lie well inside their shell.",
        cure_title="the sum over the latent dimensions",
        why_cured="The KL between two Gaussians of independent dimensions is a sum over them. With it the loss is the "
        "ELBO, the codes of all digits together look like the prior, and so a draw from it looks like a code.",
        options=TRAINING | {"kl_reduction": "mean"},
        cure={"kl_reduction": "sum"},
        number="spread",
        measured="spread of the codes, 1 under the prior",
        sick=lambda value: distance_from_prior(value) > 3,
        healthy=lambda value: abs(distance_from_prior(value)) < 1,
        in_health="codes lie where the prior is",
        limits="draws from the prior lie on a shell of radius √20 ± √½; codes are off it by more than three of these "
        "deviations above a spread of 1.47, and on it, within one, from 0.84 to 1.16",
    ),
    "large_beta": Pathology(
        title="Too large a beta",
        why="The KL counts ten times. A latent dimension stays in use only where each of its nats explains more than "
        "ten nats of pixels; all others are switched off, their q(z | x) the prior's. What is left tells about one "
        "nat of the digit, and all else is averaged: blur.",
        cure_title="a beta of 1",
        why_cured="At 1 the loss is the negative ELBO, and a nat is worth a nat: a dimension is in use as long as it "
        "tells more of the picture than it costs.",
        options=TRAINING | {"beta": 10.0},
        cure={"beta": 1.0},
        number="active_units",
        measured=f"active latent dimensions, of {LATENT_DIM}",
        sick=lambda value: value <= LATENT_DIM / 4,
        healthy=lambda value: value >= LATENT_DIM / 2,
        in_health="dimensions are in use",
        limits="switched off where a quarter or fewer are active, whose E[z | x] varies by more than 0.01; fixed "
        "where half or more are",
    ),
}
