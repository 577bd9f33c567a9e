"""The GAN page without a browser: what is on it, and a sentence for everything that is wrong."""

import json
import re
import shutil

import numpy as np
import pytest

from dlsuite import catalog, runs, serving

GANS = [name for name in catalog.names() if name.startswith("gans.")]
SHIPPED = [name for name in serving.names() if name != "gans.digit_classifier"]
VIEWS = ["Samples", "Interpolation", "One latent vector"]


def said(test):
    """All that the page says in words."""
    elements = [*test.markdown, *test.caption, *test.error, *test.warning, *test.info]
    return "\n".join(element.value for element in elements)


def by_label(elements, label):
    (element,) = [element for element in elements if element.label == label]
    return element


def option_widgets(test):
    """The widgets of the form that are named after an option, by the option."""
    widgets = [*test.number_input, *test.selectbox, *test.text_input]
    return {widget.key.split("/")[-1]: widget for widget in widgets if widget.key and "/" in widget.key}


def open_training(app, lesson="gans.wgan_gp", dataset="ring"):
    return app("gan.py", section="Train", lesson=lesson, dataset=dataset)


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", SHIPPED)
def test_the_notebook_lines_make_what_the_page_shows(app, name, view):
    test = app("gan.py", model=name, view=view)
    assert not test.exception
    assert len(test.get("image")) >= 1
    (lines,) = [code.value for code in test.code if "serving.load" in code.value]
    scope = {}
    exec(lines, scope)
    model = serving.load(name)
    if view == "Samples":
        n = by_label(test.slider, "Samples").value
        expected = model.sample(n=n, seed=0)["samples"]
    elif view == "One latent vector":
        expected = model.decode(latent=model.sample(n=1, seed=0)["latent"])["samples"]
    else:
        assert scope["samples"].shape[0] == 15
        ends = [model.sample(n=1, seed=seed)["samples"][0] for seed in (1, 2)]
        np.testing.assert_allclose(scope["samples"][0], ends[0], atol=1e-4)
        return
    # The page's sliders show two digits after the point.
    np.testing.assert_allclose(scope["samples"], expected, atol=0.1 if view == "One latent vector" else 1e-6)


def test_what_is_in_the_url_is_on_the_page(app):
    test = app("gan.py", model="gans.wgan_gp-ring", view="Interpolation", path="linear", position="0.25", to="9")
    assert by_label(test.selectbox, "Model").value == "gans.wgan_gp-ring"
    assert by_label(test.slider, "Position").value == 0.25
    (lines,) = [code.value for code in test.code]
    assert "(1 - t) * a + t * b" in lines
    assert "(1, 9)" in lines


def test_new_samples_come_from_a_new_seed(app):
    test = app("gan.py")
    before = by_label(test.number_input, "Seed").value
    by_label(test.button, "New samples").click().run()
    assert by_label(test.number_input, "Seed").value != before


@pytest.mark.parametrize("name", GANS)
@pytest.mark.parametrize("dataset", ["mnist", "ring"])
def test_the_form_is_the_signature(app, name, dataset):
    test = open_training(app, name, dataset)
    assert not test.exception
    lesson = catalog.lesson(name)
    if "dataset" in lesson.options:
        assert by_label(test.selectbox, "Dataset").value == dataset
        resolved = lesson.resolve({"dataset": dataset})
    else:
        resolved = lesson.resolve({})
    widgets = option_widgets(test)
    assert widgets.keys() == lesson.options.keys() - {"dataset"}
    for option, widget in widgets.items():
        assert widget.help == lesson.options[option].help
        if option != "source":
            assert widget.value == resolved[option]


def test_a_path_to_nothing_gets_a_sentence(app, folder):
    test = open_training(app, dataset="my own …")
    for typed, sentence in (("/nowhere/at/all", "there is no such folder"), ("/nowhere.npy", "there is no such file")):
        test.text_input(key="own_path").set_value(typed).run()
        assert sentence in said(test)
        assert not test.exception
        assert not [button for button in test.button if button.label == "Start training"]


def test_a_file_of_words_gets_a_sentence(app, folder):
    (folder / "words.csv").write_text("x,y\nnot,numbers\n")
    test = open_training(app, dataset="my own …")
    test.text_input(key="own_path").set_value(str(folder / "words.csv")).run()
    assert "cannot be read as numbers" in said(test)
    assert not test.exception


def test_own_points_can_be_trained_on(app, own_points):
    test = open_training(app, dataset="my own …")
    test.text_input(key="own_path").set_value(str(own_points)).run()
    assert "200 examples of shape (2,)" in said(test)
    assert by_label(test.button, "Start training")


def test_the_estimate_comes_from_runs_of_the_kind(app):
    first = re.search(r"Takes about (.+?),", said(open_training(app)))[1]
    twice = open_training(app)
    twice.number_input(key="gans.wgan_gp/ring/epochs").set_value(40).run()
    assert re.search(r"Takes about (.+?),", said(twice))[1] != first


def test_a_finished_run_is_shown(app, own_run):
    test = open_training(app)
    assert not test.exception
    shown = said(test)
    assert "finished" in shown
    assert "epoch 2 of 2" in " ".join(element.proto.text for element in test.get("progress"))
    assert by_label(test.button, "Stop").disabled
    assert by_label(test.button, "Resume").disabled


def test_a_finished_run_can_be_played(app, own_run):
    test = app("gan.py", model=str(own_run.path))
    assert not test.exception
    assert by_label(test.selectbox, "Model").value == str(own_run.path)
    (lines,) = [code.value for code in test.code]
    scope = {}
    exec(lines, scope)
    np.testing.assert_allclose(
        scope["samples"], serving.load(own_run.path / "saved_model").sample(n=1000, seed=0)["samples"]
    )


def test_a_run_whose_data_is_gone_can_be_played(app, own_run):
    own_run.update(arguments=own_run.record["arguments"] | {"dataset": "/gone.npy"})
    test = app("gan.py", model=str(own_run.path))
    assert not test.exception
    assert len(test.get("image")) == 1


def test_a_damaged_record_gets_a_sentence(app, own_run):
    (own_run.path / "run.json").write_text("{")
    test = open_training(app)
    assert not test.exception
    for section in ("Play", "Export"):
        test = app("gan.py", section=section, model=str(own_run.path))
        assert not test.exception
        assert "damaged" in said(test)


def test_a_damaged_model_gets_a_sentence(app, own_run):
    (own_run.path / "model.keras").write_bytes(b"nothing")
    test = app("gan.py", model=str(own_run.path))
    assert not test.exception
    assert "cannot be loaded" in said(test)


def test_a_run_that_was_deleted_is_said_to_be(app, own_run):
    shutil.rmtree(own_run.path)
    test = app("gan.py", section="Train", run=str(own_run.path))
    assert not test.exception
    assert "was deleted" in said(test)


def test_a_failed_run_says_why(app, own_run):
    own_run.update(state="failed", error="the disk is full")
    test = open_training(app)
    assert "The disk is full" in said(test)
    assert not by_label(test.button, "Resume").disabled


def test_a_killed_run_says_so(app, own_run):
    own_run.update(state="running")
    test = open_training(app)
    assert "its process ended without a word" in said(test).lower()


def test_delete(app, own_run):
    test = open_training(app)
    by_label(test.button, "Delete it").click().run()
    assert not test.exception
    assert not own_run.path.exists()
    assert runs.every() == []


def test_two_runs_are_compared_by_what_differs(app, own_run, folder):
    other = runs.Run(own_run.path.with_name("2026-01-02_00-00-00"))
    shutil.copytree(own_run.path, other.path)
    other.update(arguments=other.record["arguments"] | {"penalty": 7.5})
    test = open_training(app)
    assert not test.exception
    assert "`penalty=7.5`" in said(test)
    assert "`penalty=0.1`" in said(test)
    assert "`batch_size=8`" not in said(test)


@pytest.mark.parametrize("name", SHIPPED)
def test_export(app, name):
    test = app("gan.py", section="Export", model=name)
    assert not test.exception
    code = "\n".join(element.value for element in test.code)
    assert f"/v1/models/{name}:predict" in code
    assert f'serving.load("{name}")' in code
    body = json.loads(re.search(r"'(\{.*\})'", code)[1])
    served = serving.load(name)
    assert getattr(served, body["signature_name"])(**body["inputs"])["samples"].shape[0] == 16
    labels = [button.proto.label for button in test.get("download_button")]
    assert labels == ["SavedModel (.zip)", "Keras model (.keras)"]
