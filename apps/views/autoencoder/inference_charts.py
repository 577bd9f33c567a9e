"""The charts of *Inference*: densities, the model, the ascent of the ELBO, and what its gradients vary by."""

import numpy as np

from dlsuite.autoencoders import variational_inference as lesson
from panels import charts, widgets

FORMULAS = {"linear": "f(z) = z", "quadratic": "f(z) = z²", "absolute": "f(z) = |z|", "tanh": "f(z) = tanh 3z"}
ESTIMATORS = {
    "reparameterized": "reparameterized",
    "score_function": "score function",
    "score_function_baseline": "score function with a baseline",
}
COLOURS = {
    "reparameterized": charts.WARM,
    "score_function": charts.COLD,
    "score_function_baseline": charts.GREEN,
}
CURVES = {
    "prior p(z)": charts.GREY,
    "posterior p(z|x)": charts.COLD,
    "q by the ELBO, least KL(q‖p)": charts.WARM,
    "q by moments, least KL(p‖q)": charts.GREEN,
}
Z = np.linspace(-4, 4, 401)
DRAWS = 200
DASHED = {"color": charts.GREY, "strokeWidth": 2, "strokeDash": [5, 4]}
TEXT = {"fontSize": 12, "color": charts.GREY}


def densities(problem, q, matched) -> dict:
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
    height = charts.number("height", "density", axis=charts.ALIGNED, domain=[0, top], nice=False)
    place = {
        "x": charts.number("z", None, axis={"labels": False, "ticks": False}),
        "y": height | {"stack": None},
        "color": charts.colours("what", CURVES, columns=1, labelLimit=260, symbolOpacity=1),
    }
    beneath = {"transform": [{"filter": {"field": "what", "equal": posterior}}]}
    chart = charts.chart(
        290,
        charts.layer("area", None, place, opacity=0.3, clip=True) | beneath,
        charts.layer("line", None, place, strokeWidth=2.5, clip=True),
    )
    return chart | {"data": {"values": rows}}


def model(problem) -> dict:
    """f, and the observed x with its noise: where the two meet is where the posterior can be."""
    low, high = min(-2.2, problem.x - problem.sigma - 0.2), max(4.2, problem.x + problem.sigma + 0.2)
    curve = [{"z": round(float(z), 3), "x": round(float(x), 4)} for z, x in zip(Z, problem.mean(Z), strict=True)]
    x = charts.number("z", "z", domain=[-4, 4])
    y = charts.number("x", "x", axis=charts.ALIGNED | {"tickCount": 3}, domain=[low, high], nice=False)
    observed = {"from": problem.x - problem.sigma, "to": problem.x + problem.sigma}
    said = f"{FORMULAS[problem.f]}; x = {problem.x:g} ± {problem.sigma:g}".replace("-", "−")
    band, words = {"y": y | {"field": "from"}, "y2": {"field": "to"}}, {"x": x, "y": y, "text": {"field": "label"}}
    return charts.chart(
        150,
        charts.layer("rect", [observed], band, color=charts.GREY, opacity=0.3),
        charts.layer("line", curve, {"x": x, "y": y}, color=charts.COLD, strokeWidth=2.5, clip=True),
        charts.layer("text", [{"z": 0, "x": high, "label": said}], words, dy=10, **TEXT),
    )


def ascent(problem, way) -> dict:
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
    labels = [
        {"step": last, "at": evidence + 0.07 * span, "label": "log p(x)"},
        {"step": last, "at": evidence - max(gap[-1], 0.2 * span) / 2, "label": f"gap = KL(q‖p) = {gap[-1]:.2f}"},
    ]
    ticks = {"tickCount": 5, "tickMinStep": 1}
    x = charts.number("step", "step", axis=ticks, domain=[0, max(last, 1)], nice=False)
    y = charts.number("elbo", "ELBO, nats", domain=[evidence - span, evidence + 0.15 * span], nice=False)
    to_evidence, words = {"y2": {"field": "evidence"}}, {"text": {"field": "label"}}
    line = {"clip": True, "tooltip": True}
    chart = charts.chart(
        290,
        charts.layer("area", None, {"x": x, "y": y} | to_evidence, opacity=0.15, color=charts.GREY, clip=True),
        charts.layer("line", None, {"x": x, "y": y}, color=charts.WARM, strokeWidth=2.5, **line),
        charts.layer("line", None, {"x": x, "y": y | {"field": "evidence"}}, **line, **DASHED | {"color": charts.COLD}),
        charts.layer("text", labels, {"x": x, "y": y | {"field": "at"}} | words, align="right", dx=-6, **TEXT),
    )
    return chart | {"data": {"values": rows}}


def spread(problem, q, samples) -> dict:
    """Estimates of the ELBO's slope in μ, one mark each, and the slope itself."""
    noise = np.random.default_rng(0).standard_normal((DRAWS, samples))
    rows, colours = [], {}
    for name, title in ESTIMATORS.items():
        estimates = lesson.estimate_gradient(problem, q, noise, name)[:, 0]
        deviation = lesson.gradient_variance(problem, q, samples=samples, estimator=name)[0] ** 0.5
        how = f"{title}: ± {deviation:.2g}"
        colours[how] = COLOURS[name]
        rows += [{"estimate": round(float(each), 4), "how": how} for each in estimates]
    exact, names = [{"estimate": float(lesson.elbo_gradient(problem, q)[0])}], [{"how": how} for how in colours]
    x = charts.number("estimate", [f"{DRAWS} estimates of ∂ELBO/∂μ by each;", "dashed: the exact one"])
    y = {"field": "how", "type": "nominal", "sort": list(colours), "title": None, "axis": None}
    place = {"x": x, "y": y, "color": charts.colours("how", colours) | {"legend": None}}
    words = {"x": {"value": 0}, "y": y, "text": {"field": "how"}}
    return charts.chart(
        {"step": 66},
        charts.layer("tick", rows, place, thickness=1.5, opacity=0.5, size=24),
        charts.layer("rule", exact, {"x": x}, **DASHED),
        charts.layer("text", names, words, align="left", dx=4, dy=-23, **TEXT),
    )


def variance(problem, q, samples) -> dict:
    """By how much the same estimates would vary for a q of another width, or with more samples."""
    over = widgets.buttons("Variance over", ["width of q", "samples"], "vi_over", label_visibility="collapsed")
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
    few, whole = {"tickCount": 4, "format": "~g"}, [float(ticks[0]), float(ticks[-1])]
    x = charts.number("at", title, axis=few, type="log", domain=whole, nice=False)
    y = charts.number("variance", "variance", axis=few, type="log")
    color = charts.colours("how", {ESTIMATORS[name]: colour for name, colour in COLOURS.items()}) | {"legend": None}
    return charts.chart(
        215,
        charts.layer("line", rows, {"x": x, "y": y, "color": color}, strokeWidth=2.5, clip=True, tooltip=True),
        charts.layer("rule", [{"at": float(here)}], {"x": x}, color=charts.GREY, strokeDash=[4, 4], clip=True),
    )
