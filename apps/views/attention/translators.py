"""The translators of the attention page: how they are called, and the texts that they were not trained on."""

from dlsuite.data import text_pairs
from panels import charts, models

WITH_ATTENTION, SINGLE_STATE = "attention.bahdanau", "attention.seq2seq"
TITLES = {WITH_ATTENTION: "With attention", SINGLE_STATE: "Through a single state"}
COLOURS = {WITH_ATTENTION: charts.WARM, SINGLE_STATE: charts.COLD}


def languages_of(trained: models.Trained) -> str:
    """What a translator translates, for people."""
    if trained.dataset == "dates":
        return "dates to ISO 8601"
    arguments = trained.record["arguments"]
    return f"{arguments['source_language']} to {arguments['target_language']}"


def know_dates(chosen: dict[str, models.Trained]) -> bool:
    """Whether there is one that translates dates."""
    return any(trained.dataset == "dates" for trained in chosen.values())


def held_out(trained: models.Trained, split: str, n: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Texts that a translator was not trained on, and their translations; none where the user's own are gone."""
    arguments = trained.record["arguments"]
    try:
        return text_pairs.pairs(
            trained.dataset, split, arguments["source_language"], arguments["target_language"], n, seed
        )
    except (ValueError, OSError):
        return [], []


def of_dates(arguments: dict) -> bool:
    """Whether a translator that was trained with these arguments translates dates."""
    return arguments["dataset"] == "dates"
