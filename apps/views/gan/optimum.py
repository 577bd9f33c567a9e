"""The GAN page's *Optimum*: two densities on the line, and what a perfect opponent knows of them."""

import numpy as np
import streamlit as st

from panels import charts, export, widgets
from views.gan.errata import errata

LIGHT_GREEN = "#78c679"


def show():
    """Two densities on the line, the best discriminator and the best critic between them."""
    st.markdown(
        "Fix the generator, and let its opponent be perfect. The best **discriminator** is p / (p + q), and what it "
        "gains is the Jensen-Shannon divergence; the best **critic** gains the Wasserstein distance. Pull the two "
        "densities apart and see which of the two still tells the generator where to go."
    )
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        kind = widgets.buttons("Densities", ["gaussian", "uniform"], "kind")
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
    judged = {"best discriminator p/(p+q)": (x, lesson.optimal_discriminator(p, q, x))}
    if found:
        judged["learned discriminator"] = (found[0].x, found[0].output)
    charts.draw(line_chart(x, {name: y / peak for name, y in curves.items()}, judged), left)
    charts.draw(apart_chart(kind, width_p, gap), right)
    if found:
        charts.draw(critic_chart(found[1]))
    export.code_lines(
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


def line_chart(x, densities, judged) -> dict:
    """The densities as areas, and discriminators as lines above them."""
    in_order = dict(zip([*densities, *judged], [charts.COLD, charts.WARM, charts.GREEN, LIGHT_GREEN], strict=False))
    place = {
        "x": charts.number("x", "x"),
        "y": charts.number("y", "D(x); densities to scale"),
        "color": charts.colours("what", in_order, columns=2, labelLimit=260),
    }
    areas = charts.table({name: (x, y) for name, y in densities.items()})
    return charts.chart(
        320,
        charts.layer("area", areas, place | {"y": place["y"] | {"stack": None}}, opacity=0.35, line=True),
        charts.layer("line", charts.table(judged), place, strokeWidth=2.5),
    )


def apart_chart(kind, width, gap) -> dict:
    """Both distances over the gap, and where it stands."""
    gaps, apart = np.linspace(0, 6, 49), as_they_part(kind, width)
    curves = {
        "Jensen-Shannon / log 2": (gaps, apart["jensen_shannon"] / np.log(2)),
        "Wasserstein-1": (gaps, apart["wasserstein_1"]),
    }
    place = {
        "x": charts.number("x", "gap, at equal widths"),
        "y": charts.number("y", "distance"),
        "color": charts.colours("what", dict(zip(curves, [charts.WARM, charts.COLD], strict=True))),
    }
    here = {"x": {"field": "x", "type": "quantitative"}}
    return charts.chart(
        320,
        charts.layer("line", charts.table(curves), place, strokeWidth=2.5),
        charts.layer("rule", [{"x": gap}], here, color=charts.GREY, strokeDash=[4, 4]),
    )


def critic_chart(found) -> dict:
    """The learned critic and its slope."""
    curves = {"learned critic": (found.x, found.output - found.output.mean()), "its slope": (found.x, found.slope)}
    place = {
        "x": charts.number("x", "x", domain=[-6, 6]),
        "y": charts.number("y", None),
        "color": charts.colours("what", {"its slope": charts.COLD, "learned critic": charts.GREY}),
    }
    return charts.chart(260, charts.layer("line", charts.table(curves), place, strokeWidth=2.5, clip=True))
