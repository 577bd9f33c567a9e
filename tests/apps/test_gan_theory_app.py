"""The page's two lessons in mathematics, run without a browser: what they say is what the lessons compute."""

import numpy as np
import pytest

from dlsuite.gans import dirac_gan, optimal_discriminator


def run_code(page, name):
    """The variable `name` after the page's notebook lines have run."""
    (code,) = [block.value for block in page.code if block.language == "python"]
    variables = {}
    exec(code, variables)
    return variables[name]


@pytest.mark.parametrize("updates", ["simultaneous", "alternating"])
@pytest.mark.parametrize("method", dirac_gan.METHODS)
def test_every_game_is_shown_as_it_goes(open_page, method, updates):
    page = open_page(section="Convergence", method=method, updates=updates)
    way = run_code(page, "way")
    distance = np.linalg.norm(way, axis=1)
    said = " ".join(element.value for element in page.markdown)
    if distance[-50:].mean() < 0.02:
        assert "It comes to rest" in said
    elif distance[-50:].mean() > 1.05 * max(distance[0], distance[200:250].mean()):
        assert "It flies apart" in said
    else:
        assert "It does not come to rest" in said
    assert ("λ =" in said) == (method != "wgan_gp")


def test_both_lessons_end_with_the_errata(open_page):
    for section in ("Optimum", "Convergence"):
        (errata,) = [each for each in open_page(section=section).expander if each.label.startswith("Errata")]
        assert "best discriminator is not $p/(p+q)$" in errata.markdown[0].value


def test_the_sliders_are_those_of_the_method(open_page):
    labels = {
        method: {slider.label for slider in open_page(section="Convergence", method=method).slider}
        for method in ("gan", "r1", "instance_noise")
    }
    assert labels["r1"] - labels["gan"] == {"Penalty"}
    assert labels["instance_noise"] - labels["gan"] == {"Noise"}


def test_the_exact_distances_are_those_of_the_lesson(open_page, monkeypatch):
    for learns in ("learned_discriminator", "learned_critic"):  # tests of their own show that they do
        monkeypatch.setattr(optimal_discriminator, learns, lambda *_, **__: None)
    page = open_page(section="Optimum", kind="uniform", gap="3.0", wp="1.0", wq="1.0")
    shown = {metric.label: metric.value for metric in page.metric}
    assert shown["Wasserstein-1"] == "3.000"
    assert shown["Jensen-Shannon"] == "0.693 nats"
    p, q = run_code(page, "p"), run_code(page, "q")
    assert (q.centre - p.centre, p.width, q.kind) == (3.0, 1.0, "uniform")


@pytest.mark.slow
def test_both_are_learned_on_demand(open_page):
    page = open_page(section="Optimum", gap="2.0")
    assert len(page.metric) == 3
    page.toggle[0].set_value(True).run()
    learned = {metric.label: metric.delta for metric in page.metric}
    assert len(page.metric) == 4
    assert abs(float(learned["Wasserstein-1"].split()[0]) - 2 * (1 + 2 / 20)) < 0.15
    assert abs(float(learned["best V = −log 4 + 2 JSD"].split()[0]) + 0.244) < 0.1


def test_the_two_penalties_are_two(open_page):
    """One widget's value is none of the other's, on whose scale it may not even lie."""
    page = open_page(section="Optimum", critic_penalty="18.0")
    page.button_group(key="section").set_value("Convergence").run()
    page.selectbox(key="method").set_value("r1").run()
    (penalty,) = [slider for slider in page.slider if slider.label == "Penalty"]
    assert penalty.value == 0.5
