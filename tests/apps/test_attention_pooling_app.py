"""The view of attention pooling, run without a browser: what it draws is what the shipped models answer."""

import json

import numpy as np
import pytest

from dlsuite import runs, serving
from dlsuite.data import shapes1d

SELF, CONVOLUTION = "attention.pooling", "attention.pooling-convolution"


def script():
    from views.attention import pooling

    pooling.show()


@pytest.fixture
def open_view(workplace):
    """The view alone, at what a URL asks of it."""
    from streamlit.testing.v1 import AppTest

    def open_view(**asked):
        view = AppTest.from_function(script, default_timeout=60)
        view.query_params.update({f"pooling_{name}": str(value) for name, value in asked.items()})
        view.run()
        assert not view.exception
        return view

    return open_view


def charts(view):
    """The four charts: of each network the signal and the weights."""
    found = [json.loads(each.proto.spec) for each in view.get("vega_lite_chart")]
    assert len(found) == 4
    return found


def errors(view):
    return [float(each.value.split()[0]) / 1000 for each in view.metric]


@pytest.fixture(scope="module")
def answers():
    """What both models answer to a signal, and its target."""
    models = [serving.load(name) for name in (SELF, CONVOLUTION)]

    def answers(seed):
        signal, target = shapes1d.sample(1, seed)
        return [model.predict(signals=signal) for model in models], target

    return answers


def test_attention_gives_every_shape_its_mean_height_and_a_convolution_does_not(open_view, answers):
    view = open_view(seed=7)
    shown, (both, target) = errors(view), answers(7)
    expected = [float(np.mean((answer["prediction"] - target) ** 2)) for answer in both]
    assert shown == pytest.approx(expected, abs=6e-6)
    assert shown[0] < shown[1] / 3
    assert "weights" not in both[1]


def test_the_sentence_tells_where_a_place_looks(open_view, answers):
    place = int(shapes1d.shapes(1, 3).centre[0, 1])
    view = open_view(seed=3, place=place)
    assert view.slider(key="pooling_place").value == place
    weights = answers(3)[0][0]["weights"][0, place]
    (said,) = [each.value for each in view.caption if each.value.startswith("Half of what")]
    count = int(said.split(" comes from ")[1].split()[0])
    largest = np.sort(weights)[::-1]
    assert largest[:count].sum() >= 0.5 > largest[: count - 1].sum()
    (other,) = [each.value for each in view.caption if each.value.startswith("No weights")]
    assert f"place {place} sees the places {max(0, place - 9)} to {min(99, place + 9)}" in other


def test_another_signal_is_looked_at_from_its_first_shape(open_view):
    view = open_view(seed=3, place=50)
    view.slider(key="pooling_seed").set_value(4).run()
    assert not view.exception
    assert view.slider(key="pooling_place").value == shapes1d.shapes(1, 4).centre[0, 0]


def test_a_click_on_the_weights_asks_that_place(workplace, monkeypatch):
    import streamlit as st

    from views.attention import pooling

    state = {"chart": {"selection": {"click": [{"j": 42}]}}}
    monkeypatch.setattr(st, "session_state", state)
    pooling.go_to("chart")
    assert state["pooling_place"] == 42
    state["chart"]["selection"]["click"] = []
    pooling.go_to("chart")
    assert state["pooling_place"] == 42


def test_the_notebook_lines_run(open_view):
    view = open_view(seed=5)
    (code,) = [block.value for block in view.code if block.language == "python"]
    variables = {}
    exec(code, variables)
    assert variables["answer"]["weights"].shape == (1, 100, 100)


def test_the_button_trains_another_kind(open_view, monkeypatch):
    from panels import training

    started = []
    monkeypatch.setattr(training, "start", lambda lesson, arguments: started.append((lesson, arguments)))
    view = open_view(kind="spatial", score="dot", positions="sinusoidal")
    view.button(key="pooling_train").click().run()
    assert not view.exception
    ((lesson, arguments),) = started
    assert lesson == SELF
    assert arguments.pop("epochs") < 30
    assert arguments == {"attention": "spatial", "score": "dot", "positions": "sinusoidal"}


def test_a_finished_run_is_shown_and_can_be_chosen(open_view, workplace):
    import shutil

    from PIL import Image

    from dlsuite import SAVED_MODELS, catalog
    from views.attention.pooling_training import EPOCHS

    wanted = {"attention": "context", "score": "scaled", "positions": "none", "epochs": EPOCHS}
    run = runs.Run(workplace / "runs" / SELF / "2026-01-01_00-00-00")
    shutil.copytree(SAVED_MODELS / SELF, run.path)
    shutil.copytree(run.path / "1", run.path / "saved_model" / "1")
    (run.path / "model.keras").touch()  # the last thing that a training writes
    run.update(arguments=catalog.lesson(SELF).resolve(wanted))
    (run.path / "preview").mkdir()
    Image.new("RGB", (8, 8)).save(run.path / "preview" / "0000010.png")
    view = open_view()
    assert [each.value for each in view.markdown if each.value.startswith("#####")][1] == "##### Convolution"
    view.button(key="pooling_show").click().run()
    assert not view.exception
    assert view.selectbox(key="pooling_beside").value == f"runs/{SELF}/2026-01-01_00-00-00"
    assert "##### Context attention, scaled" in [each.value for each in view.markdown]


def test_charts_hold_what_is_drawn(open_view, answers):
    view = open_view(seed=2)
    signals, weights, _, band = charts(view)
    both, _ = answers(2)
    drawn = [row for row in signals["layer"][0]["data"]["values"] if row["what"] == "prediction"]
    np.testing.assert_allclose([row["height"] for row in drawn], both[0]["prediction"][0], atol=1e-4)
    cells = weights["layer"][1]["data"]["values"]
    assert len(cells) == np.sum(both[0]["weights"] >= 0.002)
    assert len(band["layer"][0]["data"]["values"]) == 100


def test_ranges_of_places(workplace):
    from views.attention import pooling

    assert pooling.ranges(np.array([3, 10, 11, 12, 20])) == "3, 10–12, 20"
    assert pooling.ranges(np.arange(0, 40, 2), most=2) == "0, 2 and others"


def test_a_training_that_is_deleted_while_it_is_watched_breaks_no_page(workplace):
    from views.attention.pooling_training import note_end

    note_end(runs.Run(workplace / "runs" / SELF / "gone"))
