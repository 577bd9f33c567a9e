"""What goes wrong with a VAE, run without a browser: what the page says of pathologies and of runs."""

import numpy as np
import pytest

from dlsuite import catalog, runs
from dlsuite.autoencoders.pathologies import PATHOLOGIES


@pytest.fixture
def open_tab(open_page):
    """The section, at a pathology."""
    return lambda title: open_page("autoencoder.py", section="What goes wrong", trouble=title)


@pytest.fixture
def record_run(workplace):
    """Make up a finished run of the options that a button has, which has measured these numbers."""

    def record_run(name, is_cured, **numbers):
        arguments = catalog.lesson("autoencoders.vae").resolve(PATHOLOGIES[name].arguments(is_cured))
        run = runs.create("autoencoders.vae", arguments, epochs=20, steps_per_epoch=125)
        run.update(state="finished")
        (run.path / "steps.csv").write_text("step,epoch,seconds,loss\n10,1,1.0,3\n2500,20,9.0,1\n")
        (run.path / "preview").mkdir()
        measured = {"reconstruction_nats": 90.0, "kl_nats": 20.0, "active_units": 15, "spread": 1.0}
        np.savez(run.path / "preview" / "0000000.npz", **dict.fromkeys(measured, 5))
        np.savez(run.path / "preview" / "0002500.npz", **measured | numbers)

    return record_run


@pytest.mark.parametrize("name", PATHOLOGIES)
def test_every_pathology_can_be_linked_to_and_shows_how_often(open_tab, name):
    pathology = PATHOLOGIES[name]
    page = open_tab(pathology.title)
    said = " ".join(element.value for element in page.markdown)
    (option, cured), broken = *pathology.cure.items(), pathology.options | {"beta": 10.0, "kl_reduction": "mean"}
    assert f"**`{option}={broken[option]}`** with" in said
    assert f"**`{option}={cured}`** with" in said
    assert said.count("`hidden=256`") == 2
    assert not page.metric
    assert {button.label for button in page.button} >= {"Break it", "Fix it"}
    (table,) = [each for each in page.expander if each.label == "How often over seeds"]
    assert f"**{pathology.title}**" in table.markdown[0].value


SICK = {"posterior_collapse": ("kl_nats", 0.001), "averaged_kl": ("spread", 1.6), "large_beta": ("active_units", 1)}


@pytest.mark.slow
@pytest.mark.parametrize("name", PATHOLOGIES)
def test_runs_are_found_by_their_options_and_measured_by_their_newest_preview(open_tab, record_run, name):
    pathology, (number, value) = PATHOLOGIES[name], SICK[name]
    record_run(name, is_cured=False, **{number: value})
    record_run(name, is_cured=True)
    page = open_tab(pathology.title)
    broken, fixed = page.metric
    assert (float(broken.value), broken.delta) == (value, pathology.title.lower())
    assert fixed.delta == pathology.in_health
    assert "−ELBO 110.0 nats = reconstruction 90.0 + KL 20.0; active latent dimensions 15" in page.sentences
    assert {button.label for button in page.button} >= {"Break it again", "Fix it again"}
    assert not page.widget("Seed").set_value(5).run().metric


def test_a_run_that_has_measured_nothing_yet_says_so(open_tab, record_run):
    record_run("large_beta", is_cured=False)
    (run,) = runs.every()
    for file in (run.path / "preview").iterdir():
        file.unlink()
    (metric,) = open_tab(PATHOLOGIES["large_beta"].title).metric
    assert (metric.value, metric.delta) == ("…", "neither")
