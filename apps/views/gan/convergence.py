"""The GAN page's *Convergence*: the Dirac-GAN, two numbers that chase each other."""

import numpy as np
import streamlit as st

from dlsuite.gans import dirac_gan
from panels import charts, export, widgets
from views.gan.errata import errata

TITLES = {
    "gan": "GAN",
    "non_saturating": "GAN, non-saturating",
    "wgan": "WGAN",
    "wgan_gp": "WGAN-GP",
    "instance_noise": "GAN with instance noise",
    "r1": "GAN with R1",
    "r2": "GAN with R2",
}
EXTENT = 1.6


def show():
    """The Dirac-GAN: two numbers that chase each other."""
    st.markdown(
        "The smallest GAN there is: the data is the point 0, the generator makes the point **θ**, and the "
        "discriminator is the line **D(x) = ψx**. They should come to rest at (0, 0). Whether they do depends on the "
        "method, on the step and on who moves first."
    )
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        method = widgets.choose("Method", list(TITLES), "method", format_func=TITLES.get)
        updates = widgets.buttons(
            "Updates",
            ["simultaneous", "alternating"],
            "updates",
            default="alternating",
            help="Both players move at once, or the generator first and then the discriminator, who sees its move.",
        )
        step_size = st.slider("Step size", 0.01, 1.0, 0.2, 0.01, key="step", bind="query-params")
        arguments = {}
        if method in ("r1", "r2", "wgan_gp"):
            arguments["penalty"] = st.slider("Penalty", 0.0, 3.0, 0.5, 0.05, key="penalty", bind="query-params")
        if method == "instance_noise":
            arguments["std"] = st.slider("Noise", 0.0, 3.0, 1.0, 0.05, key="std", bind="query-params")
        theta = st.slider("θ at the start", -1.5, 1.5, 1.0, 0.05, key="theta", bind="query-params")
        psi = st.slider("ψ at the start", -1.5, 1.5, 0.5, 0.05, key="psi", bind="query-params")
    way = dirac_gan.trajectory(method, start=(theta, psi), steps=400, step_size=step_size, updates=updates, **arguments)
    with screen:
        st.markdown(verdict(method, way, step_size, updates, arguments))
        field, distance = st.columns([3, 2])
        charts.draw(field_chart(method, way, arguments), field)
        charts.draw(distance_chart(way), distance)
        with st.expander("The eigenvalues, method by method, at this step size"):
            st.table(eigenvalue_rows(step_size, arguments))
            st.caption(
                "λ: eigenvalues of the vector field's Jacobian at (0, 0), derived in dlsuite/gans/dirac_gan.py. A step "
                "multiplies small distances by the last two columns: below 1 comes to rest, above 1 flies apart."
            )
        export.code_lines(
            [
                "from dlsuite.gans import dirac_gan",
                f'way = dirac_gan.trajectory("{method}", start=({theta}, {psi}), steps=400, step_size={step_size}, '
                f'updates="{updates}"{"".join(f", {name}={value}" for name, value in arguments.items())})',
            ],
        )
        errata()


def verdict(method, way, step_size, updates, arguments) -> str:
    """What happens, and what the eigenvalues say of it, in a sentence."""
    distance = np.linalg.norm(way, axis=1)
    first, middle, last = distance[0], distance[len(way) // 2 :][:50].mean(), distance[-50:].mean()
    what = (
        "It flies apart"
        if last > 1.05 * max(first, middle)
        else "It comes to rest"
        if last < 0.02
        else "It does not come to rest"
    )
    if method == "wgan_gp":
        return f"**{what}.** The field jumps where ψ changes its sign, so no eigenvalues say what happens near (0, 0)."
    values = np.linalg.eigvals(dirac_gan.jacobian(method, **arguments))
    factor = np.abs(np.linalg.eigvals(update(method, step_size, updates, arguments))).max()
    return (
        f"**{what}.** λ = {complex_text(values[0])} and {complex_text(values[1])}; a step multiplies by {factor:.4f}."
    )


def update(method, step_size, updates, arguments):
    """The Jacobian of one step."""
    return dirac_gan.update_jacobian(method, step_size=step_size, updates=updates, **arguments)


def complex_text(value: complex) -> str:
    """A complex number for people."""
    real, imaginary = round(value.real, 3) + 0.0, round(value.imag, 3)
    if not imaginary:
        return f"{real:g}"
    sign = "+" if imaginary > 0 else "−"
    return f"{real:g} {sign} {abs(imaginary):g}i" if real else f"{'' if imaginary > 0 else '−'}{abs(imaginary):g}i"


def eigenvalue_rows(step_size, arguments) -> list[dict]:
    """A row for each method that has eigenvalues."""
    rows = []
    for method, title in TITLES.items():
        if method != "wgan_gp":
            values = np.linalg.eigvals(dirac_gan.jacobian(method, **arguments))
            factors = {
                updates: np.abs(np.linalg.eigvals(update(method, step_size, updates, arguments))).max()
                for updates in ("simultaneous", "alternating")
            }
            rows.append(
                {
                    "method": title,
                    "λ": " and ".join(complex_text(value) for value in values),
                    "at once": f"{factors['simultaneous']:.4f}",
                    "in turns": f"{factors['alternating']:.4f}",
                }
            )
    return rows


def field_chart(method, way, arguments) -> dict:
    """The vector field as arrows, and the way through it."""
    extent = max(EXTENT, min(4.0, 1.1 * float(np.abs(way[:100]).max())))
    ticks = np.linspace(-extent, extent, 17)
    theta, psi = (axis.ravel() for axis in np.meshgrid(ticks, ticks))
    v_theta, v_psi = dirac_gan.vector_field(theta, psi, method, **arguments)
    angle, strength = np.degrees(np.arctan2(v_theta, v_psi)), np.hypot(v_theta, v_psi)
    columns = (each.tolist() for each in (theta, psi, angle, strength))
    arrows = [{"theta": x, "psi": y, "angle": a, "strength": s} for x, y, a, s in zip(*columns, strict=True)]
    path = [{"theta": float(x), "psi": float(y), "step": step} for step, (x, y) in enumerate(way)]
    ends = [path[0] | {"what": "start"}, path[-1] | {"what": "end"}]
    whole = {"domain": [-extent, extent], "nice": False}
    place = {
        "x": charts.number("theta", "θ: where the generator is", **whole),
        "y": charts.number("psi", "ψ: the discriminator's slope", **whole),
    }
    pointing = {
        "angle": {"field": "angle", "type": "quantitative", "scale": {"domain": [0, 360], "range": [0, 360]}},
        "size": {"field": "strength", "type": "quantitative", "legend": None, "scale": {"range": [30, 260]}},
    }
    named = {"shape": {"field": "what", "legend": {"orient": "top", "title": None}}}
    line = {"clip": True, "color": charts.WARM}
    return charts.chart(
        420,
        charts.layer("point", arrows, place | pointing, shape="arrow", filled=True, color=charts.GREY, opacity=0.6),
        charts.layer("line", path, place | {"order": {"field": "step"}}, strokeWidth=1.5, **line),
        charts.layer("point", ends, place | named, filled=True, size=110, **line),
    )


def distance_chart(way) -> dict:
    """How far from rest they are, step by step."""
    rows = [{"step": step, "distance": float(np.linalg.norm(at))} for step, at in enumerate(way)]
    place = {
        "x": charts.number("step", "step"),
        "y": charts.number("distance", "distance from (0, 0)", type="symlog", constant=0.01),
    }
    return charts.chart(420, charts.layer("line", rows, place, color=charts.WARM, tooltip=True))
