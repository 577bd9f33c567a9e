"""The cards of the models that ship: what was measured, on what, and which of that had chosen the settings."""

import importlib
import re

import pytest

from dlsuite import SAVED_MODELS, runs, serving, shipping
from dlsuite.data import names

TUNED = ", which the default settings were tuned on"
QUICK = ("autoencoders.autoencoder", "autoencoders.super_resolution", "gans.digit_classifier")
"""Models that are measured again here, since that takes no more than a few seconds."""


def tables_of(card: str) -> list[tuple[str, str, dict[str, float]]]:
    """What a card says was measured: on what, by which command, and the metrics."""
    parts = re.findall(r"^On (.*) \(`(dlsuite evaluate .*)`\):\n\n((?:\|.*\n)+)", card, re.MULTILINE)
    return [
        (data, command, {key: float(value) for key, value in re.findall(r"\| `(\w+)` \| (\S+) \|", rows)})
        for data, command, rows in parts
    ]


def card_of(name: str) -> str:
    return (SAVED_MODELS / name / "README.md").read_text("utf-8")


@pytest.mark.parametrize("name", serving.names())
def test_a_shipped_card_has_a_table_for_all_that_is_held_out(name):
    dataset = names.dataset_of(runs.Run(SAVED_MODELS / name).record["arguments"])
    held_out, tables = names.held_out(dataset), tables_of(card_of(name))
    assert len(tables) == len(held_out)
    for source, (_, command, metrics) in zip(held_out, tables, strict=True):
        assert command == f"dlsuite evaluate {name}" + (f" --source {source}" if len(held_out) > 1 else "")
        assert metrics.keys() == tables[0][2].keys() and metrics


@pytest.mark.parametrize("name", serving.names())
def test_it_says_of_the_digits_that_chose_the_settings_that_they_did(name):
    record = runs.Run(SAVED_MODELS / name).record
    chosen_on = importlib.import_module(f"dlsuite.{record['name']}").SETTINGS_CHOSEN_ON
    for data, command, _ in tables_of(card_of(name)):
        assert (TUNED in data) == command.endswith(f" --source {chosen_on}")


@pytest.mark.parametrize("name", QUICK)
def test_what_is_on_a_card_can_be_measured_again(name):
    *_, told = tables_of(card_of(name))[0]
    assert shipping.measure(name, source="bundled") == pytest.approx(told, rel=2e-3)


@pytest.mark.parametrize("chosen_on", ["bundled", "tfds"])
@pytest.mark.parametrize("is_prepared", [True, False])
def test_a_card_has_what_can_be_measured_here(monkeypatch, chosen_on, is_prepared):
    module = importlib.import_module("dlsuite.autoencoders.autoencoder")
    monkeypatch.setattr(module, "SETTINGS_CHOSEN_ON", chosen_on)
    monkeypatch.setattr(shipping.sources, "is_prepared", lambda dataset: is_prepared)
    monkeypatch.setattr(shipping, "measure", lambda name, source: {"squared_error": {"bundled": 1, "tfds": 2}[source]})
    record = runs.Run(SAVED_MODELS / "autoencoders.autoencoder").record
    tables = tables_of("".join(shipping._metrics_of("autoencoders.autoencoder", record)))
    assert [metrics["squared_error"] for *_, metrics in tables] == [1, 2][: 1 + is_prepared]
    assert [TUNED in data for data, *_ in tables] == [chosen_on == "bundled", chosen_on == "tfds"][: 1 + is_prepared]


def test_points_and_photographs_chose_no_settings_that_a_card_could_tell_of(monkeypatch):
    monkeypatch.setattr(shipping, "measure", lambda name, source: {"metric": 3.14159})
    for lesson, dataset in (("gans.wgan_gp", "ring"), ("autoencoders.vae", "photographs"), ("gans.gan", "./pictures")):
        record = {"name": lesson, "arguments": {"dataset": dataset}}
        ((data, command, metrics),) = tables_of("".join(shipping._metrics_of(f"{lesson}-x", record)))
        assert data in names.held_out(dataset).values()
        assert (command, metrics) == (f"dlsuite evaluate {lesson}-x", {"metric": 3.142})


def test_what_measures_a_run_is_told_of_it_what_it_asks_for(monkeypatch):
    """Languages, which are no setting of the model; a dataset that is given goes before that of the training."""
    arguments = {"dataset": "./pairs.tsv", "source_language": "fr", "target_language": "de", "units": 8, "seed": 3}
    monkeypatch.setattr(shipping.serving, "locate", lambda model: (None, "attention.bahdanau", arguments))
    monkeypatch.setattr(shipping.serving, "load_keras", lambda model: "the model")
    module = importlib.import_module("dlsuite.attention.bahdanau")
    told = []
    monkeypatch.setattr(module.measuring, "measure", lambda *given: told.append(given) or {"bleu_greedy": 31.41593})
    assert shipping.measure("runs/mine") == {"bleu_greedy": 31.41593}
    shipping.measure("runs/mine", dataset="dates", source="bundled")
    assert told == [("the model", "./pairs.tsv", "fr", "de", "test"), ("the model", "dates", "fr", "de", "test")]
    record = {"name": "attention.bahdanau", "arguments": arguments | {"dataset": "dates"}}
    ((data, command, metrics),) = tables_of("".join(shipping._metrics_of("attention.bahdanau-x", record)))
    assert "test days" in data and command == "dlsuite evaluate attention.bahdanau-x"
    assert metrics == {"bleu_greedy": 31.42}
