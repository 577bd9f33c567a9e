"""An option that depends on the dataset takes its value from the table of defaults."""

import inspect

import pytest

from dlsuite import fitting


def test_defaults_by_dataset():
    table = {"images": {"epochs": 1}, "points": {"epochs": 2}, "grid": {"epochs": 3}}
    resolved = [fitting.resolve_defaults(table, name, epochs=None)["epochs"] for name in ("mnist", "ring", "grid")]
    assert resolved == [1, 2, 3]
    assert fitting.resolve_defaults(table, "grid", epochs=0) == {"epochs": 0}


def test_the_decorator_fills_in_what_is_not_given():
    @fitting.with_defaults({"images": {"epochs": 1, "rate": 0.1}, "points": {"epochs": 2, "rate": 0.2}})
    def train(*, dataset: str = "mnist", epochs: int | None = None, rate: float | None = None, seed: int = 0):
        return dataset, epochs, rate, seed

    assert train() == ("mnist", 1, 0.1, 0)
    assert train(dataset="ring", rate=0.0) == ("ring", 2, 0.0, 0)
    assert train(epochs=3, rate=None, seed=4) == ("mnist", 3, 0.1, 4)
    assert list(inspect.signature(train).parameters) == ["dataset", "epochs", "rate", "seed"]
    with pytest.raises(ValueError, match=r"^dataset='dates': "):
        train(dataset="dates")
