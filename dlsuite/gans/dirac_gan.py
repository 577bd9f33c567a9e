"""The Dirac-GAN: the smallest game on which GANs converge or do not (Mescheder et al., 2018, arXiv:1801.04406).

The data is one point, 0. The generator makes one point, theta. The discriminator is linear, D(x) = psi x. So two
numbers are all there is, and their equilibrium is (theta, psi) = (0, 0). With f the gain of the game,

    L(theta, psi) = f(psi theta) + f(0),       f(t) = -log(1 + exp(-t)) for a GAN,  f(t) = t for a WGAN

the discriminator climbs L, the generator descends it. Both follow the vector field v; with s(t) = 1 / (1 + exp(-t)):

    method           theta' = v_theta     psi' = v_psi                            eigenvalues of v' at (0, 0)
    gan              -psi s(-psi theta)   theta s(-psi theta)                     +-i/2
    non_saturating   -psi s(psi theta)    theta s(-psi theta)                     +-i/2
    wgan             -psi                 theta                                   +-i
    wgan_gp          -psi                 theta - penalty sign(psi) (|psi| - 1)   none: v jumps at psi = 0
    instance_noise   as gan, in the mean over noise (see below)                   -a +- sqrt(a^2 - 1/4), a = std^2/4
    r1, r2           -psi s(-psi theta)   theta s(-psi theta) - penalty psi       -a +- sqrt(a^2 - 1/4), a = penalty/2

How they come about. Near (0, 0), s is 1/2, so without a penalty v' = [[0, -1/2], [1/2, 0]]: +-i/2, a rotation.
R1 = penalty/2 E[|grad_x D|^2] = penalty/2 psi^2 adds -penalty psi to psi', so v' = [[0, -1/2], [1/2, -penalty]], and

    lambda^2 + penalty lambda + 1/4 = 0,       lambda = -penalty/2 +- sqrt(penalty^2/4 - 1/4)

(slides in circulation have another root). Its real part is negative: the game spirals in. R2 measures the slope on
samples, and a linear discriminator has the same slope everywhere, so here it is R1.

Instance noise adds N(0, std^2) to the data and to theta: L = E[f(psi (theta + std e))] + E[f(-psi std e)]. Its second
derivative in psi at (0, 0) is 2 f''(0) std^2 = -std^2/2, so v' = [[0, -1/2], [1/2, -std^2/2]]: R1 with penalty std^2/2.

Eigenvalues on the imaginary axis leave it to higher orders whether the game comes to rest. The squared distance from
the equilibrium, theta^2 + psi^2, changes by 2 (theta theta' + psi psi'): by 0 for gan and wgan, which circle for ever,
and by -2 theta psi tanh(theta psi / 2) for non_saturating, which creeps in, but ever more slowly, as 1 / sqrt(time).

That was in continuous time. A step of size h multiplies a small distance from the equilibrium by I + h v' where both
players move at once. Its eigenvalues 1 + h lambda are longer than 1 for every imaginary lambda: out it goes. Where
they take turns, the second player sees the first one's move, and for v' = [[0, -b], [c, d]] the step is

    [[1, 0], [h c, 1 + h d]] [[1, -h b], [0, 1]] = [[1, -h b], [h c, 1 + h d - h^2 b c]]

of determinant 1 + h d: without a penalty (d = 0) a rotation, neither in nor out.
"""

from typing import Literal, get_args

import numpy as np

Method = Literal["gan", "non_saturating", "wgan", "wgan_gp", "instance_noise", "r1", "r2"]
METHODS = get_args(Method)
Updates = Literal["simultaneous", "alternating"]

# Gauss-Hermite quadrature: the mean over e ~ N(0, 1) of g(e) is the sum of NOISE_WEIGHTS g(NOISE).
NOISE, NOISE_WEIGHTS = np.polynomial.hermite_e.hermegauss(40)
NOISE_WEIGHTS = NOISE_WEIGHTS / NOISE_WEIGHTS.sum()


def vector_field(
    theta, psi, method: Method, *, penalty: float = 0.5, std: float = 1.0
) -> tuple[np.ndarray, np.ndarray]:
    """Where both players are drawn: (theta', psi'), for theta and psi of one shape.

    Args:
        method: one of `METHODS`.
        penalty: the weight of the gradient penalty of `wgan_gp`, `r1` and `r2`, 0 or above.
        std: of the noise that `instance_noise` adds, 0 or above.

    Raises:
        ValueError: an argument out of its range.
    """
    if method not in METHODS:
        raise ValueError(f"method={method!r}: it must be one of {', '.join(METHODS)}")
    if penalty < 0 or std < 0:
        raise ValueError(f"penalty={penalty}, std={std}: neither may be below 0")
    theta, psi = np.asarray(theta, "float64"), np.asarray(psi, "float64")
    if method == "wgan":
        return -psi, theta
    if method == "wgan_gp":
        return -psi, theta - penalty * np.sign(psi) * (np.abs(psi) - 1)
    if method == "non_saturating":
        return -psi * _sigmoid(psi * theta), theta * _sigmoid(-psi * theta)
    if method == "instance_noise":
        noise = std * NOISE
        fake = theta[..., None] + noise  # (..., nodes)
        on_fake, on_real = _sigmoid(-psi[..., None] * fake), _sigmoid(psi[..., None] * noise)
        return -psi * (on_fake @ NOISE_WEIGHTS), (fake * on_fake - noise * on_real) @ NOISE_WEIGHTS
    slope = _sigmoid(-psi * theta)
    return -psi * slope, theta * slope - (penalty * psi if method in ("r1", "r2") else 0)


def trajectory(
    method: Method,
    *,
    start: tuple[float, float] = (1.0, 0.5),
    steps: int = 500,
    step_size: float = 0.1,
    updates: Updates = "simultaneous",
    **arguments,
) -> np.ndarray:
    """The way of (theta, psi) under gradient steps, `(steps + 1, 2)`.

    Args:
        updates: both players at once, or the generator first and then the discriminator, who sees its move.
        arguments: `penalty` and `std`, see `vector_field`.
    """
    way = np.empty((steps + 1, 2))
    way[0] = theta, psi = start
    for step in range(steps):
        pull, _ = vector_field(theta, psi, method, **arguments)
        moved = theta + step_size * pull
        seen = moved if updates == "alternating" else theta
        _, pull = vector_field(seen, psi, method, **arguments)
        theta, psi = moved, psi + step_size * pull
        way[step + 1] = theta, psi
    return way


def jacobian(method: Method, *, penalty: float = 0.5, std: float = 1.0) -> np.ndarray:
    """v' at the equilibrium, `(2, 2)`, as the derivation above has it; `ValueError` for `wgan_gp`, which has none."""
    if method == "wgan_gp":
        raise ValueError("method='wgan_gp': its vector field jumps at the equilibrium and has no derivative there")
    if method == "wgan":
        return np.array([[0.0, -1.0], [1.0, 0.0]])
    friction = {"r1": penalty, "r2": penalty, "instance_noise": std**2 / 2}.get(method, 0.0)
    return np.array([[0.0, -0.5], [0.5, -friction]])


def update_jacobian(method: Method, *, step_size: float = 0.1, updates: Updates = "simultaneous", **arguments):
    """What one step multiplies a small distance from the equilibrium by, `(2, 2)`."""
    derivative = jacobian(method, **arguments)
    identity = np.eye(2)
    if updates == "simultaneous":
        return identity + step_size * derivative
    generator, discriminator = identity.copy(), identity.copy()
    generator[0] += step_size * derivative[0]
    discriminator[1] += step_size * derivative[1]
    return discriminator @ generator


def _sigmoid(t):
    return 0.5 * (1 + np.tanh(0.5 * np.asarray(t)))
