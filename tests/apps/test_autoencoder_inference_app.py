"""The lesson in inference, run without a browser: what it says is what the lesson computes, at every control."""

import re

import pytest

from dlsuite.autoencoders import variational_inference as lesson


def script():
    import time

    import streamlit as st

    from views.autoencoder import inference

    began = time.perf_counter()
    inference.show()
    st.session_state["seconds"] = time.perf_counter() - began


@pytest.fixture
def open_tab(workplace):
    """The tab alone, at what a URL asks of it."""
    from streamlit.testing.v1 import AppTest

    def open_tab(**asked):
        tab = AppTest.from_function(script, default_timeout=60)
        tab.query_params.update({f"vi_{name}": str(value) for name, value in asked.items()})
        tab.run()
        assert not tab.exception
        return tab

    return open_tab


def verdict(tab) -> str:
    (said,) = [each.value for each in tab.markdown if ", ELBO = " in each.value]
    return said.replace("−", "-")


def run_code(tab) -> dict:
    """The variables after the notebook lines have run."""
    (code,) = [block.value for block in tab.code if block.language == "python"]
    variables = {}
    exec(code, variables)
    return variables


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"f": "linear", "samples": 64}, "the exact posterior: the bound is tight"),
        ({"f": "quadratic", "mu": 1.0}, "has found the right mode and misses the other"),
        ({"f": "quadratic", "mu": -1.0}, "has found the left mode and misses the other"),
        ({"f": "quadratic", "sigma": 1.0, "samples": 64}, "lies across both modes"),
        ({"f": "quadratic", "x": 0.0, "samples": 64}, "as near as a Gaussian comes"),
        ({"f": "quadratic", "mu": -3.0, "steps": 0}, "Not at rest after 0 steps"),
    ],
    ids=str,
)
def test_the_verdict_is_what_becomes_of_q(open_tab, asked, sentence):
    tab = open_tab(**asked)
    assert sentence in verdict(tab)
    ran = run_code(tab)
    shown = [float(number) for number in re.findall(r"= (-?[\d.]+\d)", verdict(tab))]
    exact = [function(ran["problem"], ran["q"]) for function in (lesson.elbo, lesson.reverse_kl)]
    assert shown == pytest.approx([lesson.log_evidence(ran["problem"]), *exact], abs=6e-4)
    assert shown[0] - shown[1] == pytest.approx(shown[2], abs=2e-3)


@pytest.mark.slow
@pytest.mark.parametrize("f", lesson.FUNCTIONS)
@pytest.mark.parametrize("gradient", lesson.ESTIMATORS)
def test_every_model_and_gradient_is_shown(open_tab, f, gradient):
    tab = open_tab(f=f, gradient=gradient, samples=2, over="samples")
    way = run_code(tab)["way"]
    problem = run_code(tab)["problem"]
    assert (problem.f, len(way.mu)) == (f, 201)
    assert f'estimator="{gradient}"' in tab.code[0].value
    assert len(tab.get("vega_lite_chart")) == 5


@pytest.mark.parametrize(
    ("asked", "best"),
    [
        ({"f": "linear"}, "reparameterized"),
        ({"f": "tanh", "x": 0.0, "sigma": 0.1, "mu": 0.0, "s": 2.0, "steps": 0}, "score function with a baseline"),
    ],
)
def test_which_gradient_varies_least_is_told(open_tab, asked, best):
    assert any(each.value.startswith(f"**Least variance: {best}.**") for each in open_tab(**asked).markdown)


def test_the_mathematics_stand_as_markdown_wants_them(open_tab):
    """A formula of several lines has its dollars on lines of their own, or all that follows is taken for one."""
    (said,) = [each.value for each in open_tab().markdown if "**The decomposition.**" in each.value]
    dollars = [line for line in said.splitlines() if "$$" in line]
    assert len(dollars) == 4
    assert set(dollars) == {"$$"}


@pytest.mark.slow
def test_the_extremes_of_the_sliders(open_tab):
    for f in lesson.FUNCTIONS:
        for x, mu in ((-2.0, 3.0), (4.0, -3.0)):
            for sigma, s in ((0.1, 2.0), (2.0, 0.1)):
                assert "log p(x)" in verdict(open_tab(f=f, x=x, mu=mu, sigma=sigma, s=s, samples=64, steps=400))


def test_a_move_of_a_slider_is_answered_at_once(open_tab):
    """At the most work that the controls can ask for; Streamlit's own collecting of garbage is not counted."""
    tab = open_tab(samples=64, steps=400)
    (x,) = [slider for slider in tab.slider if slider.label == "Observed x"]
    seconds = []
    for value in (2.1, 2.2, 2.3, 2.4, 2.5):
        x.set_value(value).run()
        seconds.append(tab.session_state["seconds"])
    assert "x=2.5" in tab.code[0].value
    assert min(seconds) < 0.2, seconds
