"""The auto-encoder page's *Inference*: a posterior that is known, and what the ELBO finds of it without."""

import math

import streamlit as st

from dlsuite.autoencoders import variational_inference as lesson
from panels import charts, export, widgets
from views.autoencoder import inference_charts
from views.autoencoder.inference_charts import ESTIMATORS, FORMULAS

SETTLED = 0.2
"""The gradient of the ELBO, in units of s, below which q counts as being where it wants to be."""


def show():
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
            charts.draw(inference_charts.densities(problem, q, matched))
            charts.draw(inference_charts.model(problem))
        with right:
            charts.draw(inference_charts.ascent(problem, way))
            st.table(divergence_rows(problem, q, matched))
            st.caption("In nats: what each fit makes small, and what it pays in the other direction.")
        st.markdown(gradient_verdict(problem, q, samples))
        left, right = st.columns([3, 2])
        with left:
            charts.draw(inference_charts.spread(problem, q, samples))
        with right:
            charts.draw(inference_charts.variance(problem, q, samples))
        export.code_lines(code(problem, start, steps, samples, estimator))
        explanation()


def problem_input() -> lesson.Problem:
    """The model and what was observed."""
    f = widgets.buttons(
        "Model f",
        list(lesson.FUNCTIONS),
        "vi_f",
        default="quadratic",
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
    estimator = widgets.choose(
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
