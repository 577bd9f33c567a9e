"""How good translators are on what was held out."""

import pytest

from dlsuite.attention import bahdanau, bleu, measuring, seq2seq
from dlsuite.attention.seq2seq import Seq2Seq
from dlsuite.data import text_pairs


@pytest.mark.slow
def test_what_is_measured_of_own_pairs(model, tmp_path, monkeypatch, caplog):
    """BLEU of the test sentences, whatever their case: half of each translation is right, or all of it by a beam."""
    said = [f"This is Sentence number {n} of them" for n in range(20)]
    for code in ("de", "en"):
        for split in ("train", "validation", "test"):
            texts = said if split == "test" else ["other words"] * 3
            (tmp_path / f"{code}.{split}.txt").write_text("\n".join(texts) + "\n")
    halves = [text.lower().replace("of them", "of us") for text in said]
    answers = {1: halves, 5: [text.lower() for text in said]}
    monkeypatch.setattr(type(model), "translate", lambda self, texts, width: answers[width] if texts == said else [])
    with caplog.at_level("INFO", logger="dlsuite"):
        measured = bahdanau.measure(model, dataset=str(tmp_path))
    expected, signature = bleu.reported(halves, [[text] for text in said], lowercase=True)
    assert measured == {"bleu_greedy": pytest.approx(expected), "bleu_beam_5": pytest.approx(100)}
    assert 0 < expected < 100 and signature in caplog.text
    with pytest.raises(ValueError, match="dataset='mnist': it has images, but this needs pairs: dates"):
        bahdanau.measure(model, dataset="mnist")


def test_dates_are_measured_by_what_is_exactly_right(monkeypatch, build):
    monkeypatch.setattr(measuring, "MEASURED", 20)
    asked = {}

    def translate(texts, width=1):
        asked[texts[0]] = len(texts)
        return [text_pairs.pairs("dates", "test", n=20, seed=0)[1][0]] + ["?"] * (len(texts) - 1)

    model = build(Seq2Seq)
    monkeypatch.setattr(model, "translate", translate)
    assert seq2seq.measure(model) == {"exact": 1 / 20, "exact_unseen_formats": 0.0}
    assert list(asked.values()) == [20, 20]
