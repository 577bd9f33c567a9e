"""The auto-encoder page's lesson in inference: a posterior that is known, and what the ELBO finds of it without."""

import math

import numpy as np
import panels
import streamlit as st

from dlsuite.autoencoders import variational_inference as lesson

FORMULAS = {"linear": "f(z) = z", "quadratic": "f(z) = z²", "absolute": "f(z) = |z|", "tanh": "f(z) = tanh 3z"}
ESTIMATORS = {
    "reparameterized": "reparameterized",
    "score_function": "score function",
    "score_function_baseline": "score function with a baseline",
}
GREEN = "#41ab5d"
COLORS = {"reparameterized": panels.WARM, "score_function": panels.COLD, "score_function_baseline": GREEN}
CURVES = {
    "prior p(z)": panels.GREY,
    "posterior p(z|x)": panels.COLD,
    "q by the ELBO, least KL(q‖p)": panels.WARM,
    "q by moments, least KL(p‖q)": GREEN,
}
Z = np.linspace(-4, 4, 401)
DRAWS = 200
SETTLED = 0.2
"""The gradient of the ELBO, in units of s, below which q counts as being where it wants to be."""


def inference():
    """A model of one latent number: the exact posterior, two Gaussians fitted to it, and what a gradient costs."""
    st.markdown(
        "The smallest latent-variable model: draw **z** from N(0, 1), then observe **x = f(z)** and noise. Which z was "
        "it? Here the answer, the posterior p(z|x), can be summed up. Variational inference does without: it climbs "
        "the **ELBO** with a Gaussian **q**, as a variational auto-encoder does."
    )
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        problem = problem_input()
        start, steps, samples, estimator = ascent_input()
    way = lesson.fit(problem, start, steps=steps, samples=samples, estimator=estimator)
    q, matched = way[-1], lesson.moment_match(problem)
    with screen:
        st.markdown(verdict(problem, q, steps))
        left, right = st.columns([3, 2])
        with left:
            st.vega_lite_chart(density_chart(problem, q, matched), width="stretch")
            st.vega_lite_chart(model_chart(problem), width="stretch")
        with right:
            st.vega_lite_chart(ascent_chart(problem, way), width="stretch")
            st.table(divergence_rows(problem, q, matched))
            st.caption("In nats: what each fit makes small, and what it pays in the other direction.")
        st.markdown(gradient_verdict(problem, q, samples))
        left, right = st.columns([3, 2])
        with left:
            st.vega_lite_chart(spread_chart(problem, q, samples), width="stretch")
        with right:
            st.vega_lite_chart(variance_chart(problem, q, samples), width="stretch")
        panels.code_lines("The same in a notebook", code(problem, start, steps, samples, estimator))
        explanation()


def problem_input() -> lesson.Problem:
    """The model and what was observed."""
    f = st.segmented_control(
        "Model f",
        list(lesson.FUNCTIONS),
        default="quadratic",
        required=True,
        key="vi_f",
        bind="query-params",
        help="; ".join(f"{name}: {formula}" for name, formula in FORMULAS.items()),
    )
    x = st.slider("Observed x", -2.0, 4.0, 1.5, 0.1, key="vi_x", bind="query-params")
    sigma = st.slider("Noise σ of x", 0.1, 2.0, 0.5, 0.05, key="vi_sigma", bind="query-params")
    return lesson.Problem(f, x, sigma)


def ascent_input() -> tuple[lesson.Gaussian, int, int, lesson.Estimator]:
    """Where q starts, and how it climbs."""
    left, right = st.columns(2)
    mu = left.slider(
        "μ at the start",
        -3.0,
        3.0,
        0.6,
        0.1,
        key="vi_mu",
        bind="query-params",
        help="Start on the other side, and q ends in the other mode.",
    )
    s = right.slider("s at the start", 0.1, 2.0, 0.5, 0.1, key="vi_s", bind="query-params", help="q's width.")
    estimator = panels.choose(
        "Gradient",
        list(lesson.ESTIMATORS),
        "vi_gradient",
        format_func=ESTIMATORS.get,
        help="How the gradient of the ELBO is estimated: by moving the samples, or by weighing them by log p(x, z).",
    )
    samples = st.slider("Samples of z a step", 2, 64, 8, key="vi_samples", bind="query-params")
    steps = st.slider("Steps", 0, 400, 200, 5, key="vi_steps", bind="query-params", help="Move it to see q climb.")
    return lesson.Gaussian(mu, s), steps, samples, estimator


def verdict(problem, q, steps) -> str:
    """What q has become, and the three numbers that must add up."""
    evidence, elbo, divergence = (
        lesson.log_evidence(problem),
        float(lesson.elbo(problem, q)),
        lesson.reverse_kl(problem, q),
    )
    by_mu, by_log_s = lesson.elbo_gradient(problem, q)
    on_one_side = 0.5 * (1 + math.erf(abs(q.mu) / (q.s * math.sqrt(2))))  # of q's mass
    if math.hypot(q.s * by_mu, by_log_s) > SETTLED:
        what = f"Not at rest after {steps} steps"
    elif divergence < 0.001:
        what = "This q is the exact posterior: the bound is tight"
    elif len(lesson.posterior_modes(problem)) == 1:
        what = "This q is as near as a Gaussian comes: the posterior is none"
    elif on_one_side > 0.95:
        what = f"This q has found the {'right' if q.mu > 0 else 'left'} mode and misses the other"
    else:
        what = "This q lies across both modes"
    return (
        f"**{what}.** log p(x) = {evidence:.3f}, ELBO = {elbo:.3f}; between them, KL(q‖p) = {divergence:.3f} nats."
    ).replace("= -", "= −")


def gradient_verdict(problem, q, samples) -> str:
    """Which estimator of the slope in μ varies least at the q on the screen, and by how much."""
    variance = {
        name: lesson.gradient_variance(problem, q, samples=samples, estimator=name)[0] for name in lesson.ESTIMATORS
    }
    best = min(variance, key=variance.get)
    others = ", ".join(
        f"{title} {variance[name] / variance[best]:,.1f} times as much"
        for name, title in ESTIMATORS.items()
        if name != best
    )
    return f"**Least variance: {ESTIMATORS[best]}.** The others at this q: {others}."


def divergence_rows(problem, q, matched) -> list[dict]:
    """Both fits and both divergences."""
    return [
        {
            "q": name,
            "μ": f"{round(fitted.mu, 2) + 0.0:.2f}".replace("-", "−"),
            "s": f"{fitted.s:.2f}",
            "KL(q‖p)": f"{lesson.reverse_kl(problem, fitted):.2f}",
            "KL(p‖q)": f"{lesson.forward_kl(problem, fitted):.2f}",
        }
        for name, fitted in (("ELBO", q), ("moments", matched))
    ]


def density_chart(problem, q, matched) -> dict:
    """The prior, the posterior and both fits."""
    prior, posterior, by_elbo, by_moments = CURVES
    curves = {
        prior: lesson.Gaussian(0.0, 1.0).log_density(Z),
        posterior: lesson.log_posterior(problem, Z),
        by_elbo: q.log_density(Z),
        by_moments: matched.log_density(Z),
    }
    peak = {name: float(np.exp(curve.max())) for name, curve in curves.items()}
    rows = [
        {"z": round(float(z), 3), "height": round(float(height), 4), "what": name}
        for name, curve in curves.items()
        for z, height in zip(Z, np.exp(curve), strict=True)
    ]
    top = 1.1 * max(peak[posterior], peak[prior], min(peak[by_elbo], 2 * peak[posterior]))
    place = {
        "x": {"field": "z", "type": "quantitative", "title": None, "axis": {"labels": False, "ticks": False}},
        "y": {
            "field": "height",
            "type": "quantitative",
            "title": "density",
            "stack": None,
            "axis": {"minExtent": 34, "maxExtent": 34},
            "scale": {"domain": [0, top], "nice": False},
        },
        "color": {
            "field": "what",
            "type": "nominal",
            "scale": {"domain": list(CURVES), "range": list(CURVES.values())},
            "legend": {"orient": "top", "title": None, "columns": 1, "labelLimit": 260, "symbolOpacity": 1},
        },
    }
    return {
        "data": {"values": rows},
        "height": 290,
        "layer": [
            {
                "transform": [{"filter": {"field": "what", "equal": posterior}}],
                "mark": {"type": "area", "opacity": 0.3, "clip": True},
                "encoding": place,
            },
            {"mark": {"type": "line", "strokeWidth": 2.5, "clip": True}, "encoding": place},
        ],
    }


def model_chart(problem) -> dict:
    """f, and the observed x with its noise: where the two meet is where the posterior can be."""
    low, high = min(-2.2, problem.x - problem.sigma - 0.2), max(4.2, problem.x + problem.sigma + 0.2)
    curve = [{"z": round(float(z), 3), "x": round(float(x), 4)} for z, x in zip(Z, problem.mean(Z), strict=True)]
    x = {"field": "z", "type": "quantitative", "title": "z", "scale": {"domain": [-4, 4]}}
    y = {
        "field": "x",
        "type": "quantitative",
        "title": "x",
        "axis": {"minExtent": 34, "maxExtent": 34, "tickCount": 3},
        "scale": {"domain": [low, high], "nice": False},
    }
    observed = {
        "x": problem.x,
        "from": problem.x - problem.sigma,
        "to": problem.x + problem.sigma,
        "z": 0,
        "label": f"{FORMULAS[problem.f]}; x = {problem.x:g} ± {problem.sigma:g}".replace("-", "−"),
    }
    return {
        "height": 150,
        "layer": [
            {
                "data": {"values": [observed]},
                "mark": {"type": "rect", "color": panels.GREY, "opacity": 0.3},
                "encoding": {"y": y | {"field": "from"}, "y2": {"field": "to"}},
            },
            {
                "data": {"values": curve},
                "mark": {"type": "line", "color": panels.COLD, "strokeWidth": 2.5, "clip": True},
                "encoding": {"x": x, "y": y},
            },
            {
                "data": {"values": [observed | {"x": high}]},
                "mark": {"type": "text", "dy": 10, "color": panels.GREY, "fontSize": 12},
                "encoding": {"x": x, "y": y, "text": {"field": "label"}},
            },
        ],
    }


def ascent_chart(problem, way) -> dict:
    """The ELBO, step by step, and what it never passes."""
    last = len(way.mu) - 1
    shown = np.unique(np.linspace(0, last, 101).round().astype(int))
    evidence, heights = lesson.log_evidence(problem), lesson.elbo(problem, way[shown])
    gap = evidence - heights
    span = 1.15 * min(gap.max(), max(2.0, 3 * gap[-1]))
    rows = [
        {"step": int(step), "elbo": float(each), "evidence": evidence}
        for step, each in zip(shown, heights, strict=True)
    ]
    x = {
        "field": "step",
        "type": "quantitative",
        "title": "step",
        "scale": {"domain": [0, max(last, 1)], "nice": False},
        "axis": {"tickCount": 5, "tickMinStep": 1},
    }
    y = {
        "type": "quantitative",
        "title": "ELBO, nats",
        "scale": {"domain": [evidence - span, evidence + 0.15 * span], "nice": False},
    }
    labels = [
        {"step": last, "at": evidence + 0.07 * span, "label": "log p(x)"},
        {"step": last, "at": evidence - max(gap[-1], 0.2 * span) / 2, "label": f"gap = KL(q‖p) = {gap[-1]:.2f}"},
    ]
    lines = [
        ("elbo", {"color": panels.WARM, "strokeWidth": 2.5}),
        ("evidence", {"color": panels.COLD, "strokeWidth": 2, "strokeDash": [5, 4]}),
    ]
    return {
        "data": {"values": rows},
        "height": 290,
        "layer": [
            {
                "mark": {"type": "area", "opacity": 0.15, "color": panels.GREY, "clip": True},
                "encoding": {"x": x, "y": y | {"field": "elbo"}, "y2": {"field": "evidence"}},
            },
            *(
                {
                    "mark": {"type": "line", "clip": True, "tooltip": True} | style,
                    "encoding": {"x": x, "y": y | {"field": field}},
                }
                for field, style in lines
            ),
            {
                "data": {"values": labels},
                "mark": {"type": "text", "align": "right", "dx": -6, "fontSize": 12, "color": panels.GREY},
                "encoding": {"x": x, "y": y | {"field": "at"}, "text": {"field": "label"}},
            },
        ],
    }


def spread_chart(problem, q, samples) -> dict:
    """Estimates of the ELBO's slope in μ, one mark each, and the slope itself."""
    noise = np.random.default_rng(0).standard_normal((DRAWS, samples))
    rows, titles = [], []
    for name, title in ESTIMATORS.items():
        estimates = lesson.estimate_gradient(problem, q, noise, name)[:, 0]
        deviation = lesson.gradient_variance(problem, q, samples=samples, estimator=name)[0] ** 0.5
        titles.append(f"{title}: ± {deviation:.2g}")
        rows += [{"estimate": round(float(each), 4), "how": titles[-1]} for each in estimates]
    x = {
        "field": "estimate",
        "type": "quantitative",
        "title": [f"{DRAWS} estimates of ∂ELBO/∂μ by each;", "dashed: the exact one"],
    }
    y = {"field": "how", "type": "nominal", "sort": titles, "title": None, "axis": None}
    color = {"field": "how", "scale": {"domain": titles, "range": list(COLORS.values())}, "legend": None}
    return {
        "height": {"step": 66},
        "layer": [
            {
                "data": {"values": rows},
                "mark": {"type": "tick", "thickness": 1.5, "opacity": 0.5, "size": 24},
                "encoding": {"x": x, "y": y, "color": color | {"type": "nominal"}},
            },
            {
                "data": {"values": [{"estimate": float(lesson.elbo_gradient(problem, q)[0])}]},
                "mark": {"type": "rule", "color": panels.GREY, "strokeWidth": 2, "strokeDash": [5, 4]},
                "encoding": {"x": x},
            },
            {
                "data": {"values": [{"how": title} for title in titles]},
                "mark": {"type": "text", "align": "left", "dx": 4, "dy": -23, "fontSize": 12, "color": panels.GREY},
                "encoding": {"x": {"value": 0}, "y": y, "text": {"field": "how"}},
            },
        ],
    }


def variance_chart(problem, q, samples) -> dict:
    """By how much the same estimates would vary for a q of another width, or with more samples."""
    over = st.segmented_control(
        "Variance over",
        ["width of q", "samples"],
        default="width of q",
        required=True,
        key="vi_over",
        bind="query-params",
        label_visibility="collapsed",
    )
    if over == "samples":
        here, ticks, title = samples, np.unique(np.geomspace(2, 256, 15).round().astype(int)), "samples"
        settings = [(q, int(n)) for n in ticks]
    else:
        here, ticks, title = q.s, np.geomspace(0.05, 3, 25), f"s of q, at {samples} samples"
        settings = [(lesson.Gaussian(q.mu, s), samples) for s in ticks]
    rows = [
        {
            "at": float(at),
            "variance": float(lesson.gradient_variance(problem, other, samples=n, estimator=name)[0]),
            "how": ESTIMATORS[name],
        }
        for name in lesson.ESTIMATORS
        for at, (other, n) in zip(ticks, settings, strict=True)
    ]
    x = {
        "field": "at",
        "type": "quantitative",
        "title": title,
        "scale": {"type": "log", "domain": [float(ticks[0]), float(ticks[-1])], "nice": False},
        "axis": {"tickCount": 4, "format": "~g"},
    }
    y = {
        "field": "variance",
        "type": "quantitative",
        "title": "variance",
        "scale": {"type": "log"},
        "axis": {"tickCount": 4, "format": "~g"},
    }
    colors = {"domain": list(ESTIMATORS.values()), "range": list(COLORS.values())}
    return {
        "height": 215,
        "layer": [
            {
                "data": {"values": rows},
                "mark": {"type": "line", "strokeWidth": 2.5, "clip": True, "tooltip": True},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": {"field": "how", "type": "nominal", "scale": colors, "legend": None},
                },
            },
            {
                "data": {"values": [{"at": float(here)}]},
                "mark": {"type": "rule", "color": panels.GREY, "strokeDash": [4, 4], "clip": True},
                "encoding": {"x": x},
            },
        ],
    }


def code(problem, start, steps, samples, estimator) -> list[str]:
    """The notebook lines of what is on the screen."""
    return [
        "from dlsuite.autoencoders import variational_inference as lesson",
        f'problem = lesson.Problem("{problem.f}", x={problem.x}, sigma={problem.sigma})',
        f"way = lesson.fit(problem, lesson.Gaussian({start.mu}, {start.s}), steps={steps}, samples={samples}, "
        f'estimator="{estimator}")',
        "q, matched = way[-1], lesson.moment_match(problem)",
        "lesson.log_evidence(problem), lesson.elbo(problem, q), lesson.reverse_kl(problem, q)",
        f'lesson.gradient_variance(problem, q, samples={samples}, estimator="{estimator}")',
    ]


EXPLANATION = r"""
**The decomposition.** For any density $q$, because $p(x, z) = p(z|x)\, p(x)$,

$$
\log p(x) = \underbrace{\mathbb E_q\big[\log p(x, z) - \log q(z)\big]}_{\mathrm{ELBO}(q)}
+ \underbrace{\mathbb E_q\big[\log q(z) - \log p(z|x)\big]}_{\mathrm{KL}(q \,\|\, p(z|x)) \;\ge\; 0}.
$$

The left side does not depend on $q$. To raise the ELBO, which needs only $p(x, z)$, is to bring $q$ nearer to the
posterior, which nobody has to know. A variational auto-encoder does so for every picture at once: its encoder answers
with $\mu$ and $s$. Where one of two equal modes is missed, the gap is about $\log 2 = 0.693$ nats.

**Two directions.** $\mathrm{KL}(q \,\|\, p)$ is large where $q$ is and $p$ is not, so its $q$ stays within one mode.
$\mathrm{KL}(p \,\|\, q)$ is large where $p$ is and $q$ is not; of all Gaussians, that with the posterior's mean and
variance makes it least, and covers both modes along with the empty land between them.

**Two gradients.** With $\ell(z) = \log p(x, z)$ and $z = \mu + s\,\varepsilon$, $\varepsilon \sim \mathcal N(0, 1)$,

$$
\frac{\partial}{\partial \mu}\, \mathbb E_q[\ell(z)]
= \underbrace{\mathbb E\big[\ell'(z)\big]}_{\text{reparameterized}}
= \underbrace{\mathbb E\big[\ell(z)\, \varepsilon / s\big]}_{\text{score function}}
= \underbrace{\mathbb E\big[(\ell(z) - b)\, \varepsilon / s\big]}_{\text{with a baseline}}.
$$

Their means agree, their variances do not. Here $b$ is the mean of $\ell$ over the other samples. The score function can
win: over the kink of tanh with little noise, a wide $q$ has few samples where $\ell'$ is high and narrow.

Jordan et al. (1999); Blei et al. (2017), [arXiv:1601.00670](https://arxiv.org/abs/1601.00670); Kingma and Welling
(2014), [arXiv:1312.6114](https://arxiv.org/abs/1312.6114); Williams (1992); Mohamed et al. (2020),
[arXiv:1906.10652](https://arxiv.org/abs/1906.10652).
"""


def explanation():
    """The derivations, and where they come from."""
    with st.expander("Why the gap is a divergence, and what the gradients are", icon=":material/function:"):
        st.markdown(EXPLANATION)
