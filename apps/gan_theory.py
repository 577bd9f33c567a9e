"""The GAN page's two lessons in mathematics: why training converges or circles, and what a perfect opponent knows."""

import numpy as np
import panels
import streamlit as st

from dlsuite.gans import dirac_gan

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


def convergence():
    """The Dirac-GAN: two numbers that chase each other."""
    st.markdown(
        "The smallest GAN there is: the data is the point 0, the generator makes the point **θ**, and the "
        "discriminator is the line **D(x) = ψx**. They should come to rest at (0, 0). Whether they do depends on the "
        "method, on the step and on who moves first."
    )
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        method = panels.choose("Method", list(TITLES), "method", format_func=TITLES.get)
        updates = st.segmented_control(
            "Updates",
            ["simultaneous", "alternating"],
            default="alternating",
            required=True,
            key="updates",
            bind="query-params",
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
        with field:
            st.vega_lite_chart(field_chart(method, way, arguments), width="stretch")
        with distance:
            rows = [{"step": step, "distance": float(np.linalg.norm(at))} for step, at in enumerate(way)]
            st.vega_lite_chart(distance_chart(rows), width="stretch")
        with st.expander("The eigenvalues, method by method, at this step size"):
            st.table(eigenvalue_rows(step_size, arguments))
            st.caption(
                "λ: eigenvalues of the vector field's Jacobian at (0, 0), derived in dlsuite/gans/dirac_gan.py. A step "
                "multiplies small distances by the last two columns: below 1 comes to rest, above 1 flies apart."
            )
        panels.code_lines(
            "The same in a notebook",
            [
                "from dlsuite.gans import dirac_gan",
                f'way = dirac_gan.trajectory("{method}", start=({theta}, {psi}), steps=400, step_size={step_size}, '
                f'updates="{updates}"{"".join(f", {name}={value}" for name, value in arguments.items())})',
            ],
        )
        errata()


ERRATA = r"""
Lecture notes and slides on GANs are copied from one another, and these mistakes with them.

**The logarithms of V.** The value function is

$$V(D, G) = \mathbb E_{x \sim p}\big[\log D(x)\big] + \mathbb E_z\big[\log(1 - D(G(z)))\big].$$

Where a logarithm is missing, as in $\mathbb E[D(x)] + \mathbb E[1 - D(G(z))]$, the best discriminator is not $p/(p+q)$
but 1 wherever $p > q$ and 0 elsewhere, and what it gains is $1 + \mathrm{TV}(p, q)$, the total variation, not the
Jensen-Shannon divergence. With both logarithms, set the derivative of $p \log D + q \log(1 - D)$ to 0:
$p/D = q/(1 - D)$, hence $D^* = p/(p+q)$.

**The sign of the discriminator's step.** $\phi$ climbs $V$ and $\theta$ descends it:

$$\phi \leftarrow \phi + \gamma \nabla_\phi V, \qquad \theta \leftarrow \theta - \gamma \nabla_\theta V.$$

With a minus in the first, both players help each other to make the discriminator wrong.

**The eigenvalues with R1.** On the Dirac-GAN the Jacobian at the equilibrium is
$\begin{pmatrix} 0 & -\tfrac12 \\ \tfrac12 & -\gamma \end{pmatrix}$. Its trace is $-\gamma$ and its determinant
$\tfrac14$, so $\lambda^2 + \gamma \lambda + \tfrac14 = 0$ and

$$\lambda = -\frac{\gamma}{2} \pm \sqrt{\frac{\gamma^2}{4} - \frac14}.$$

Any other root fails one of two checks: the eigenvalues must sum to the trace and multiply to the determinant.
The table in *Convergence* is computed, and a test compares it with numerical Jacobians.
"""


def errata():
    """Where notes and slides in circulation are wrong, with the derivations."""
    with st.expander("Errata: three mistakes that slides in circulation share", icon=":material/edit_note:"):
        st.markdown(ERRATA)


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
    strength = np.hypot(v_theta, v_psi)
    arrows = [
        {"theta": x, "psi": y, "angle": a, "strength": s}
        for x, y, a, s in zip(
            theta.tolist(),
            psi.tolist(),
            np.degrees(np.arctan2(v_theta, v_psi)).tolist(),
            strength.tolist(),
            strict=True,
        )
    ]
    path = [{"theta": float(x), "psi": float(y), "step": step} for step, (x, y) in enumerate(way)]
    scale = {"domain": [-extent, extent], "nice": False}
    place = {
        "x": {"field": "theta", "type": "quantitative", "title": "θ: where the generator is", "scale": scale},
        "y": {"field": "psi", "type": "quantitative", "title": "ψ: the discriminator's slope", "scale": scale},
    }
    return {
        "height": 420,
        "layer": [
            {
                "data": {"values": arrows},
                "mark": {"type": "point", "shape": "arrow", "filled": True, "color": panels.GREY, "opacity": 0.6},
                "encoding": {
                    **place,
                    "angle": {
                        "field": "angle",
                        "type": "quantitative",
                        "scale": {"domain": [0, 360], "range": [0, 360]},
                    },
                    "size": {
                        "field": "strength",
                        "type": "quantitative",
                        "legend": None,
                        "scale": {"range": [30, 260]},
                    },
                },
            },
            {
                "data": {"values": path},
                "mark": {"type": "line", "clip": True, "color": panels.WARM, "strokeWidth": 1.5},
                "encoding": {**place, "order": {"field": "step"}},
            },
            {
                "data": {"values": [path[0] | {"what": "start"}, path[-1] | {"what": "end"}]},
                "mark": {"type": "point", "clip": True, "filled": True, "size": 110, "color": panels.WARM},
                "encoding": {
                    **place,
                    "shape": {"field": "what", "legend": {"orient": "top", "title": None}},
                },
            },
        ],
    }


def distance_chart(rows) -> dict:
    """How far from rest they are, step by step."""
    return {
        "data": {"values": rows},
        "height": 420,
        "mark": {"type": "line", "color": panels.WARM, "tooltip": True},
        "encoding": {
            "x": {"field": "step", "type": "quantitative", "title": "step"},
            "y": {
                "field": "distance",
                "type": "quantitative",
                "title": "distance from (0, 0)",
                "scale": {"type": "symlog", "constant": 0.01},
            },
        },
    }


def optimum():
    """Two densities on the line, the best discriminator and the best critic between them."""
    st.markdown(
        "Fix the generator, and let its opponent be perfect. The best **discriminator** is p / (p + q), and what it "
        "gains is the Jensen-Shannon divergence; the best **critic** gains the Wasserstein distance. Pull the two "
        "densities apart and see which of the two still tells the generator where to go."
    )
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        kind = st.segmented_control(
            "Densities",
            ["gaussian", "uniform"],
            default="gaussian",
            required=True,
            key="kind",
            bind="query-params",
        )
        gap = st.slider("Gap between data and samples", 0.0, 6.0, 2.0, 0.1, key="gap", bind="query-params")
        width_p = st.slider("Width of the data", 0.1, 2.0, 0.6, 0.1, key="wp", bind="query-params")
        width_q = st.slider("Width of the samples", 0.1, 2.0, 0.6, 0.1, key="wq", bind="query-params")
        penalty = st.slider(
            "Gradient penalty of the critic",
            1.0,
            50.0,
            10.0,
            1.0,
            key="critic_penalty",
            bind="query-params",
            help="The smaller it is, the further the critic's slope may rise above 1, and its estimate with it.",
        )
        is_learning = st.toggle(
            "Learn both from samples", key="learn", bind="query-params", help="Takes some seconds at each change."
        )
    with screen:
        _optimum(kind, gap, width_p, width_q, penalty, is_learning)


def _optimum(kind, gap, width_p, width_q, penalty, is_learning):
    from dlsuite.gans import optimal_discriminator as lesson

    p, q = lesson.Density(kind, -gap / 2, width_p), lesson.Density(kind, gap / 2, width_q)
    x = lesson.GRID[(lesson.GRID >= -6) & (lesson.GRID <= 6)][::15]
    exact_v, exact_w = lesson.optimal_value(p, q), lesson.wasserstein_1(p, q)
    found = learned(kind, gap, width_p, width_q, penalty) if is_learning else None
    figures = st.columns(4 if found else 3)
    figures[0].metric("Jensen-Shannon", f"{lesson.jensen_shannon(p, q):.3f} nats", help="At most log 2 = 0.693.")
    figures[1].metric(
        "best V = −log 4 + 2 JSD",
        f"{exact_v + 0.0:.3f}",
        found and f"{found[0].estimate:.3f} learned",
        delta_color="off",
    )
    figures[2].metric(
        "Wasserstein-1", f"{exact_w:.3f}", found and f"{found[1].estimate:.3f} learned", delta_color="off"
    )
    if found:
        figures[3].metric("Critic's largest slope", f"{found[1].lipschitz:.2f}", help="1 is allowed.")
    curves = {"data p": p.at(x), "samples q": q.at(x)}
    peak = max(p.at(p.centre), q.at(q.centre))
    left, right = st.columns(2)
    with left:
        judged = {"best discriminator p/(p+q)": (x, lesson.optimal_discriminator(p, q, x))}
        if found:
            judged["learned discriminator"] = (found[0].x, found[0].output)
        st.vega_lite_chart(line_chart(x, {name: y / peak for name, y in curves.items()}, judged), width="stretch")
    with right:
        gaps = np.linspace(0, 6, 49)
        apart = as_they_part(kind, width_p)
        shown = {
            "Jensen-Shannon / log 2": (gaps, apart["jensen_shannon"] / np.log(2)),
            "Wasserstein-1": (gaps, apart["wasserstein_1"]),
        }
        st.vega_lite_chart(apart_chart(shown, gap), width="stretch")
    if found:
        st.vega_lite_chart(critic_chart(found[1]), width="stretch")
    panels.code_lines(
        "The same in a notebook",
        [
            "from dlsuite.gans import optimal_discriminator as lesson",
            f'p = lesson.Density("{kind}", {-gap / 2:g}, {width_p:g})',
            f'q = lesson.Density("{kind}", {gap / 2:g}, {width_q:g})',
            "lesson.jensen_shannon(p, q), lesson.optimal_value(p, q), lesson.wasserstein_1(p, q)",
            "found = lesson.learned_discriminator(p, q)",
            f"critic = lesson.learned_critic(p, q, penalty={penalty:g})",
        ],
    )
    errata()


@st.cache_data(show_spinner="Training a discriminator and a critic …", max_entries=200)
def learned(kind, gap, width_p, width_q, penalty):
    """What the discriminator and the critic of the lesson find out; as plain tuples, which can be cached."""
    from dlsuite.gans import optimal_discriminator as lesson

    p, q = lesson.Density(kind, -gap / 2, width_p), lesson.Density(kind, gap / 2, width_q)
    return lesson.learned_discriminator(p, q), lesson.learned_critic(p, q, penalty=penalty)


@st.cache_data(show_spinner=False)
def as_they_part(kind, width):
    """Both distances over the gaps of the chart."""
    from dlsuite.gans import optimal_discriminator as lesson

    return lesson.as_they_part(kind, width, np.linspace(0, 6, 49))


def table(curves) -> list[dict]:
    """Curves as rows for a chart."""
    return [
        {"x": float(x), "y": float(y), "what": name}
        for name, (xs, ys) in curves.items()
        for x, y in zip(xs, ys, strict=True)
    ]


def line_chart(x, densities, judged) -> dict:
    """The densities as areas, and discriminators as lines above them."""
    colors = {
        "domain": [*densities, *judged],
        "range": [panels.COLD, panels.WARM, "#41ab5d", "#78c679"][: len(densities) + len(judged)],
    }
    place = {
        "x": {"field": "x", "type": "quantitative", "title": "x"},
        "y": {"field": "y", "type": "quantitative", "title": "D(x); densities to scale"},
        "color": {
            "field": "what",
            "type": "nominal",
            "scale": colors,
            "legend": {"orient": "top", "title": None, "columns": 2, "labelLimit": 260},
        },
    }
    return {
        "height": 320,
        "layer": [
            {
                "data": {"values": table({name: (x, y) for name, y in densities.items()})},
                "mark": {"type": "area", "opacity": 0.35, "line": True},
                "encoding": place | {"y": place["y"] | {"stack": None}},
            },
            {"data": {"values": table(judged)}, "mark": {"type": "line", "strokeWidth": 2.5}, "encoding": place},
        ],
    }


def apart_chart(curves, gap) -> dict:
    """Both distances over the gap, and where it stands."""
    return {
        "height": 320,
        "layer": [
            {
                "data": {"values": table(curves)},
                "mark": {"type": "line", "strokeWidth": 2.5},
                "encoding": {
                    "x": {"field": "x", "type": "quantitative", "title": "gap, at equal widths"},
                    "y": {"field": "y", "type": "quantitative", "title": "distance"},
                    "color": {
                        "field": "what",
                        "type": "nominal",
                        "scale": {"range": [panels.WARM, panels.COLD]},
                        "legend": {"orient": "top", "title": None},
                    },
                },
            },
            {
                "data": {"values": [{"x": gap}]},
                "mark": {"type": "rule", "color": panels.GREY, "strokeDash": [4, 4]},
                "encoding": {"x": {"field": "x", "type": "quantitative"}},
            },
        ],
    }


def critic_chart(found) -> dict:
    """The learned critic and its slope."""
    curves = {"learned critic": (found.x, found.output - found.output.mean()), "its slope": (found.x, found.slope)}
    return {
        "height": 260,
        "data": {"values": table(curves)},
        "mark": {"type": "line", "strokeWidth": 2.5, "clip": True},
        "encoding": {
            "x": {"field": "x", "type": "quantitative", "title": "x", "scale": {"domain": [-6, 6]}},
            "y": {"field": "y", "type": "quantitative", "title": None},
            "color": {
                "field": "what",
                "type": "nominal",
                "scale": {"range": [panels.COLD, panels.GREY]},
                "legend": {"orient": "top", "title": None},
            },
        },
    }
