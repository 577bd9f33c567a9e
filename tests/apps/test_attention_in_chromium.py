"""The page on attention in a real browser: a typed date, every tab, training, taking home."""

import io
import json
import re
import zipfile

import pytest
from playwright.sync_api import expect

from dlsuite import serving

SCRIPT = "attention.py"
PLAY = {
    "Attention": "mean height of its kind",
    "Embeddings": "Words that stand among the same words",
    "BLEU": "How good is a translation?",
    "Translate": "Candidates of a beam",
}
SECTIONS = {
    "Train": "Start training",
    "What goes wrong": "dates are translated differently",
    "Greedy against beam": "test days",
    "No subsampling": "as loud as the rest",
    "Export": "docker compose up",
    "Play": "Candidates of a beam",
}


def type_date(visit, text: str) -> None:
    field = visit.page.get_by_role("textbox", name="A date of 1900 to 2099, in words")
    field.fill(text)
    field.press("Enter")


def is_answered(visit, answer: str) -> None:
    """Both translators come to say that, and the heat map is there."""
    shown = visit.page.get_by_test_id("stHtml").filter(has_text=re.compile("attention|single state"))
    expect(shown).to_have_count(2)
    for index in range(2):
        expect(shown.nth(index)).to_contain_text(answer)
    alignment = visit.page.get_by_role("table", name="Weights of the attention")
    expect(alignment.locator("tr")).to_have_count(1 + len(f"·{answer}⏎"))
    assert alignment.bounding_box()["width"] > 200


@pytest.mark.slow
@pytest.mark.parametrize("color_scheme", ["light", "dark"])
def test_a_typed_date_is_answered_in_both_themes(visit, color_scheme):
    visit = visit(SCRIPT, color_scheme=color_scheme)
    is_answered(visit, "1987-03-05")
    type_date(visit, "lundi 14 juillet 2008")
    is_answered(visit, "2008-07-14")
    expect(visit.page).to_have_url(re.compile("translate_text=lundi"))
    visit.page.reload()
    is_answered(visit, "2008-07-14")


@pytest.mark.slow
def test_every_view_and_section_comes_without_an_error(visit):
    visit = visit(SCRIPT)
    errors = []
    visit.page.on("pageerror", lambda error: errors.append(str(error)))
    for name, said in {**PLAY, **SECTIONS}.items():
        visit.press(name)
        expect(visit.page.get_by_text(said).first).to_be_visible()
        visit.rests()
        assert visit.page.get_by_test_id("stException").all_inner_texts() == [], name
    assert errors == []


@pytest.mark.slow
def test_odd_input_gets_a_sentence(visit):
    visit = visit(SCRIPT)
    is_answered(visit, "1987-03-05")
    for text, said in {
        "漢字 😀": "It has never seen",
        "x" * 10_000: "it was cut off after",
        "": "what is there to translate?",
    }.items():
        type_date(visit, text)
        expect(visit.page.get_by_text(said).first).to_be_visible()


@pytest.mark.slow
def test_a_translator_is_trained_and_stopped(visit):
    visit = visit(SCRIPT, section="Train", lesson="attention.seq2seq")
    visit.unfold("All options")
    visit.enter("Train size", 6400)
    visit.enter("Epochs", 200)
    visit.enter("Units", 4)
    visit.press("Start training")
    visit.is_told("running", r"step [1-9]")
    expect(visit.page.get_by_text("after step").first).to_be_visible()
    visit.press("Stop")
    visit.is_told("stopped")
    (run,) = visit.server.runs
    assert run.record["arguments"]["units"] == 4 and run.state == "stopped"


@pytest.mark.slow
def test_what_is_exported_loads(visit, tmp_path):
    visit = visit(SCRIPT, section="Export")
    expect(visit.page.get_by_text("MODEL_NAME=attention.bahdanau").first).to_be_visible()
    with zipfile.ZipFile(io.BytesIO(visit.download("SavedModel"))) as archive:
        archive.extractall(tmp_path)
    request = visit.page.get_by_text("curl http").inner_text()
    asked = json.loads(request[request.index("{") : request.rindex("}") + 1])
    served = serving.load(tmp_path / "attention.bahdanau")
    assert getattr(served, asked["signature_name"])(**asked["inputs"])["text"] == [b"1987-03-05"]


@pytest.mark.slow
def test_home_leads_to_the_supplement(visit):
    visit = visit("home.py")
    visit.page.get_by_role("link", name="Embeddings, attention").last.click()
    is_answered(visit, "1987-03-05")
