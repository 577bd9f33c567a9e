"""The lesson's quadrature against SciPy's and closed forms; the bound, its gap, its gradients and what they cost."""

import subprocess
import sys

import numpy as np
import pytest
from scipy import integrate, optimize, stats

from dlsuite.autoencoders import variational_inference as lesson

Gaussian, Problem = lesson.Gaussian, lesson.Problem
LINEAR, TWO_MODES = Problem("linear", 1.2, 0.6), Problem("quadratic", 1.5, 0.5)
F = {"linear": lambda z: z, "quadratic": np.square, "absolute": abs, "tanh": lambda z: np.tanh(3 * z)}
PROBLEMS = [
    LINEAR,
    TWO_MODES,
    Problem("absolute", 1.5, 0.4),
    Problem("tanh", 0.5, 0.3),
    Problem("quadratic", -1.0, 1.0),
]
GAUSSIANS = [Gaussian(0.4, 0.5), Gaussian(-1.2, 0.2), Gaussian(0.0, 1.5)]
each_problem = pytest.mark.parametrize("problem", PROBLEMS, ids=str)
each_gaussian = pytest.mark.parametrize("q", GAUSSIANS, ids=str)
each_estimator = pytest.mark.parametrize("estimator", lesson.ESTIMATORS)


def joint(problem, z):
    """p(x, z), as SciPy has it."""
    return stats.norm.pdf(z) * stats.norm.pdf(problem.x, F[problem.f](z), problem.sigma)


def integral(function, around=0.0, width=12.0):
    """By SciPy's adaptive quadrature, which knows of the corner at 0."""
    return integrate.quad(function, around - width, around + width, points=[0.0, around], limit=500)[0]


def best_gaussian(problem, start):
    """The nearest maximum of the ELBO, by another optimizer."""
    found = optimize.minimize(
        lambda at: -lesson.elbo(problem, Gaussian(at[0], np.exp(at[1]))),
        [start.mu, np.log(start.s)],
        jac=lambda at: -lesson.elbo_gradient(problem, Gaussian(at[0], np.exp(at[1]))),
        tol=1e-10,
    )
    return Gaussian(found.x[0], np.exp(found.x[1]))


# The exact side.


@each_problem
def test_the_evidence_and_the_posterior_are_scipys(problem):
    evidence = integral(lambda z: joint(problem, z))
    assert lesson.log_evidence(problem) == pytest.approx(np.log(evidence), abs=1e-5)
    z = np.array([-1.3, 0.0, 0.2, 1.1])
    exact = [joint(problem, each) / evidence for each in z]
    np.testing.assert_allclose(np.exp(lesson.log_posterior(problem, z)), exact, rtol=1e-4)


@pytest.mark.parametrize("f", lesson.FUNCTIONS)
def test_the_evidence_is_a_density_of_x(f):
    xs = np.linspace(-9, 10, 381)
    density = [np.exp(lesson.log_evidence(Problem(f, x, 0.5))) for x in xs]
    share = stats.norm.cdf(10**0.5) * 2 - 1 if f == "quadratic" else 1.0  # z^2 is beyond 10 now and then
    assert np.sum(density) * (xs[1] - xs[0]) == pytest.approx(share, abs=1e-3)


@pytest.mark.parametrize(("x", "sigma"), [(1.2, 0.6), (-3.0, 0.1), (8.0, 3.0)])
def test_the_linear_models_posterior_is_gaussian(x, sigma):
    problem = Problem("linear", x, sigma)
    exact = stats.norm(x / (1 + sigma**2), sigma / np.sqrt(1 + sigma**2))
    z = exact.mean() + exact.std() * np.linspace(-4, 4, 9)
    np.testing.assert_allclose(lesson.log_posterior(problem, z), exact.logpdf(z), atol=1e-9)
    assert lesson.log_evidence(problem) == pytest.approx(stats.norm.logpdf(x, 0, np.sqrt(1 + sigma**2)), abs=1e-9)
    np.testing.assert_allclose(lesson.posterior_modes(problem), [exact.mean()], atol=0.005)


def test_where_the_modes_are():
    """The quadratic l'(z) = z (2 (x - z^2) / sigma^2 - 1) is 0 at z^2 = x - sigma^2 / 2."""
    mode = np.sqrt(1.5 - 0.5**2 / 2)
    np.testing.assert_allclose(lesson.posterior_modes(TWO_MODES), [-mode, mode], atol=0.005)
    for problem in (Problem("quadratic", 0.4, 1.0), Problem("absolute", -1.0, 0.5), Problem("tanh", 0.9, 0.1)):
        assert len(lesson.posterior_modes(problem)) == 1


# The bound.


@pytest.mark.slow
@each_problem
@each_gaussian
def test_the_elbo_and_its_gap(problem, q):
    """The ELBO and the KL, each by SciPy and its definition; the bound, and what lies between."""
    evidence = integral(lambda z: joint(problem, z))
    density = stats.norm(q.mu, q.s)

    def within_q(function):
        return integral(lambda z: density.pdf(z) * function(z), q.mu, 9 * q.s)

    def log_p(z):
        return stats.norm.logpdf(z) + stats.norm.logpdf(problem.x, F[problem.f](z), problem.sigma)

    elbo = within_q(lambda z: log_p(z) - density.logpdf(z))
    divergence = within_q(lambda z: density.logpdf(z) - log_p(z) + np.log(evidence))
    assert lesson.elbo(problem, q) == pytest.approx(elbo, abs=1e-4)
    assert lesson.reverse_kl(problem, q) == pytest.approx(divergence, abs=1e-4)
    assert lesson.elbo(problem, q) < lesson.log_evidence(problem)
    gap = lesson.log_evidence(problem) - lesson.elbo(problem, q)
    assert gap == pytest.approx(lesson.reverse_kl(problem, q), abs=1e-4)


def test_the_bound_is_tight_at_the_exact_posterior_and_nowhere_else():
    x, sigma = LINEAR.x, LINEAR.sigma
    posterior = Gaussian(x / (1 + sigma**2), sigma / np.sqrt(1 + sigma**2))
    assert lesson.elbo(LINEAR, posterior) == pytest.approx(lesson.log_evidence(LINEAR), abs=1e-10)
    assert lesson.reverse_kl(LINEAR, posterior) == pytest.approx(0, abs=1e-10)
    assert lesson.forward_kl(LINEAR, posterior) == pytest.approx(0, abs=1e-10)
    for other in (Gaussian(posterior.mu + 0.01, posterior.s), Gaussian(posterior.mu, posterior.s * 1.01)):
        assert lesson.elbo(LINEAR, other) < lesson.log_evidence(LINEAR) - 5e-5


def test_many_gaussians_at_once():
    many = Gaussian(np.array([q.mu for q in GAUSSIANS]), np.array([q.s for q in GAUSSIANS]))
    for function in (
        lesson.elbo,
        lesson.elbo_gradient,
        lambda problem, q: lesson.gradient_variance(problem, q, samples=4, estimator="score_function_baseline"),
    ):
        np.testing.assert_allclose(function(TWO_MODES, many), [function(TWO_MODES, q) for q in GAUSSIANS], atol=1e-12)
    assert many[1] == GAUSSIANS[1]


# Both directions of the divergence.


@each_problem
def test_the_forward_fit_has_the_posteriors_moments_and_is_the_best(problem):
    evidence = integral(lambda z: joint(problem, z))
    mean = integral(lambda z: z * joint(problem, z)) / evidence
    variance = integral(lambda z: (z - mean) ** 2 * joint(problem, z)) / evidence
    matched = lesson.moment_match(problem)
    np.testing.assert_allclose([matched.mu, matched.s], [mean, np.sqrt(variance)], atol=1e-5)
    least = lesson.forward_kl(problem, matched)
    for mu, s in ((0.02, 1), (-0.02, 1), (0, 1.02), (0, 0.98)):
        assert lesson.forward_kl(problem, Gaussian(matched.mu + mu, matched.s * s)) > least


def test_the_forward_divergence_is_scipys():
    q, evidence = Gaussian(0.3, 0.9), integral(lambda z: joint(TWO_MODES, z))

    def integrand(z):
        p = joint(TWO_MODES, z) / evidence
        return p * (np.log(p) - stats.norm.logpdf(z, q.mu, q.s)) if p > 0 else 0.0

    assert lesson.forward_kl(TWO_MODES, q) == pytest.approx(integral(integrand, width=5), abs=1e-7)


def test_reverse_seeks_a_mode_and_forward_covers_both():
    modes = lesson.posterior_modes(TWO_MODES)
    left, right = (lesson.fit(TWO_MODES, Gaussian(mu, 0.5))[-1] for mu in (-1.0, 1.0))
    for q, mode in zip((left, right), modes, strict=True):
        assert abs(q.mu - mode) < q.s < 0.3
        # All of q, on half of the posterior: the gap is log 2, and the little by which a mode is no Gaussian.
        assert np.log(2) < lesson.reverse_kl(TWO_MODES, q) < np.log(2) + 0.06
    both = lesson.moment_match(TWO_MODES)
    assert abs(both.mu) < 1e-6
    assert both.s > 0.9 * modes[1]
    assert lesson.forward_kl(TWO_MODES, both) < lesson.forward_kl(TWO_MODES, right) / 10
    assert lesson.reverse_kl(TWO_MODES, right) < lesson.reverse_kl(TWO_MODES, both) / 3


# The gradients.


@each_problem
@each_gaussian
def test_the_exact_gradient_is_that_of_finite_differences(problem, q):
    def at(mu, log_s):
        return lesson.elbo(problem, Gaussian(q.mu + mu, q.s * np.exp(log_s)))

    h = 3e-3
    numeric = [(at(h, 0) - at(-h, 0)) / (2 * h), (at(0, h) - at(0, -h)) / (2 * h)]
    np.testing.assert_allclose(lesson.elbo_gradient(problem, q), numeric, rtol=1e-3, atol=0.01)


@pytest.mark.slow
@each_problem
@each_gaussian
@each_estimator
def test_every_estimator_is_unbiased_and_varies_as_derived(problem, q, estimator):
    repeats, samples = 200_000, 4
    noise = np.random.default_rng(1).standard_normal((repeats, samples))
    estimates = lesson.estimate_gradient(problem, q, noise, estimator)  # (repeats, 2)
    variance = lesson.gradient_variance(problem, q, samples=samples, estimator=estimator)
    error = (estimates.mean(axis=0) - lesson.elbo_gradient(problem, q)) / np.sqrt(variance / repeats)
    assert np.abs(error).max() < 4.5
    np.testing.assert_allclose(estimates.var(axis=0), variance, rtol=0.1)


@each_estimator
def test_the_variance_falls_with_the_samples(estimator):
    few, many = (lesson.gradient_variance(TWO_MODES, GAUSSIANS[0], samples=n, estimator=estimator) for n in (50, 5000))
    np.testing.assert_allclose(few / many, 100, rtol=0.02)


@pytest.mark.parametrize("problem", PROBLEMS[:2], ids=str)
@each_gaussian
def test_reparameterized_varies_least_on_smooth_models(problem, q):
    reparameterized, plain, with_baseline = (
        lesson.gradient_variance(problem, q, samples=8, estimator=estimator) for estimator in lesson.ESTIMATORS
    )
    assert np.all(reparameterized < with_baseline)
    assert np.all(with_baseline < plain)


def test_on_the_linear_model_by_how_much():
    """At the posterior l = c - (z - mu)^2 / (2 s^2), so the moments of eps tell: 1 and 2 against 10/4 and 56/4."""
    sigma = LINEAR.sigma
    q = Gaussian(LINEAR.x / (1 + sigma**2), sigma / np.sqrt(1 + sigma**2))
    n = 10_000
    moved, baseline = (
        n * lesson.gradient_variance(LINEAR, q, samples=n, estimator=estimator) * [q.s**2, 1]
        for estimator in ("reparameterized", "score_function_baseline")
    )
    np.testing.assert_allclose(moved, [1, 2], rtol=1e-9)
    np.testing.assert_allclose(baseline, [10 / 4, 56 / 4], rtol=1e-3)


def test_on_a_kink_in_a_wide_q_the_score_function_varies_less():
    kink, wide = Problem("tanh", 0.0, 0.1), Gaussian(0.0, 2.0)
    reparameterized, _, with_baseline = (
        lesson.gradient_variance(kink, wide, samples=8, estimator=estimator)[0] for estimator in lesson.ESTIMATORS
    )
    assert with_baseline < reparameterized / 10


# The ascent.


@each_problem
def test_the_way_ascends_to_a_maximum(problem):
    """With many samples hardly a step loses anything, and where it ends another optimizer finds little above it."""
    way = lesson.fit(problem, Gaussian(-1.5, 0.3), steps=400, samples=2000)
    heights = lesson.elbo(problem, way)
    assert np.diff(heights).min() > -5e-3
    assert heights[-1] > heights[0] + 0.1
    # Only along the flat ridge of tanh is it still on its way.
    above = lesson.elbo(problem, best_gaussian(problem, way[-1])) - heights[-1]
    assert -1e-9 < above < (0.05 if problem.f == "tanh" else 1e-5)


@each_estimator
def test_every_estimator_ascends_with_few_samples(estimator):
    way = lesson.fit(LINEAR, Gaussian(-1.0, 1.0), steps=400, samples=8, estimator=estimator)
    heights = lesson.elbo(LINEAR, way)
    blocks = heights[1:].reshape(4, 100).mean(axis=1)
    assert np.all(np.diff(blocks) > -0.01)
    assert lesson.log_evidence(LINEAR) - heights[-1] < 0.03


def test_the_linear_fit_is_the_posterior():
    q = lesson.fit(LINEAR, Gaussian(-1.0, 1.0), steps=1000, samples=500)[-1]
    exact = [LINEAR.x / (1 + LINEAR.sigma**2), LINEAR.sigma / np.sqrt(1 + LINEAR.sigma**2)]
    np.testing.assert_allclose([q.mu, q.s], exact, atol=5e-3)


def test_fewer_steps_are_the_beginning_and_seeds_differ():
    start = Gaussian(0.8, 0.5)
    long, short, other = (lesson.fit(TWO_MODES, start, steps=n, seed=s) for n, s in ((50, 3), (20, 3), (50, 4)))
    np.testing.assert_array_equal(long.mu[:21], short.mu)
    np.testing.assert_array_equal(long.s[:21], short.s)
    assert not np.allclose(long.mu, other.mu)
    assert lesson.fit(TWO_MODES, start, steps=0)[0] == start


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: Problem("cubic"), "f='cubic': it must be one of linear, "),
        (lambda: Problem(x=11), "x=11: it must be from"),
        (lambda: Problem(x=float("nan")), "x=nan: it must be from"),
        (lambda: Problem(sigma=0.01), "sigma=0.01: it must be from"),
        (lambda: Gaussian(0.0, 0.0), "s=0.0: it must be above 0"),
        (lambda: lesson.fit(LINEAR, GAUSSIANS[0], steps=-1), "steps=-1"),
        (lambda: lesson.fit(LINEAR, GAUSSIANS[0], learning_rate=0.0), "learning_rate=0.0"),
        (lambda: lesson.fit(LINEAR, GAUSSIANS[0], samples=0), "samples=0: estimator='reparameterized' takes 1"),
        (lambda: lesson.fit(LINEAR, GAUSSIANS[0], estimator="sticking"), "estimator='sticking': it must be one of"),
        (
            lambda: lesson.gradient_variance(LINEAR, GAUSSIANS[0], samples=1, estimator="score_function_baseline"),
            "samples=1: estimator='score_function_baseline' takes 2",
        ),
    ],
)
def test_wrong_arguments(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_it_costs_no_tensorflow():
    script = "import sys, dlsuite.autoencoders.variational_inference; print({'tensorflow', 'keras'} & set(sys.modules))"
    process = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60)
    assert process.stdout.strip() == "set()"
