"""The page on attention, run without a browser: its answers are the models', and odd input gets a sentence."""

import ast
from xml.etree import ElementTree

import numpy as np
import pyarrow as pa
import pytest

from dlsuite import catalog, runs, serving
from dlsuite.data import dates

SCRIPT = "attention.py"
WITH_ATTENTION, SINGLE_STATE = "attention.bahdanau", "attention.seq2seq"
THURSDAY = "Donnerstag, 5. März 1987"
EXAMPLES = ("5 mars 1987", "Thursday, March 5, 1987", "5 Mart 1987 Perşembe", "torstai 5. maaliskuuta 1987")


@pytest.fixture(scope="module")
def models():
    """Both translators that ship."""
    return {name: serving.load(name) for name in (WITH_ATTENTION, SINGLE_STATE)}


@pytest.fixture
def few(workplace, monkeypatch):
    """So few held-out dates that measuring them costs little."""
    from views.attention import by_length, greedy_against_beam, missing_mask

    for module in (by_length, missing_mask, greedy_against_beam):
        monkeypatch.setattr(module, "MEASURED", 20)


@pytest.fixture
def open_view(open_page, few):
    """The page, at what a URL asks of it."""

    def open_view(**asked):
        return open_page(SCRIPT, **{name: str(value) for name, value in asked.items()})

    return open_view


def typed(page, text: str):
    """Type a text to translate."""
    return page.text_input(key="translate_text").set_value(text).run()


def answers(page) -> list[str]:
    """What is shown in large, with attention and through a single state."""
    return [each.proto.body for each in page.get("html") if "font-size: 1.6rem" in each.proto.body]


def rows_of(page) -> list[dict]:
    """The chart's rows, which Streamlit sends beside its specification."""
    proto = page.get("vega_lite_chart")[0].proto
    return pa.ipc.open_stream(proto.data.data).read_all().to_pylist()


def code_of(page) -> str:
    """The notebook lines on the page."""
    (code,) = [block.value for block in page.code if block.language == "python"]
    return code


# The whole page.


@pytest.mark.slow
@pytest.mark.parametrize(
    ("section", "label"), [("Train", "Start training"), ("Export", "Model"), ("What goes wrong", "Translator")]
)
def test_every_section_opens(open_view, section, label):
    page = open_view(section=section)
    assert page.button_group(key="section").value == section
    assert page.widget(label) is not None


@pytest.mark.parametrize("view", ["Attention", "Embeddings", "BLEU"])
def test_the_other_views_open_with_something_to_see(open_view, view):
    page = open_view(view=view)
    assert page.button_group(key="view").value == view
    assert page.get("vega_lite_chart")
    assert not page.error


@pytest.mark.slow
def test_all_views_can_be_gone_through_on_one_page(open_view):
    """Their widgets do not get in each other's way."""
    page = open_view()
    for view in ("Attention", "Embeddings", "BLEU", "Translate"):
        page.button_group(key="view").set_value(view).run()
        assert page.button_group(key="view").value == view


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in serving.names() if name.startswith(("attention.", "embeddings."))])
def test_what_the_export_asks_for_can_be_asked_for(open_view, name):
    page = open_view(section="Export", model=name)
    (asked,) = [block.value for block in page.code if "curl" in block.value] or [None]
    (line,) = [block.value.splitlines()[-1] for block in page.code if "model.signatures" in block.value]
    model = serving.load(name)
    answer = eval(line, {"model": model})
    assert answer and all(len(value) for value in answer.values())
    assert asked is None or name in asked


# Translate.


@pytest.mark.slow
@pytest.mark.parametrize("text", EXAMPLES)
def test_a_typed_date_is_translated_and_shown_with_its_alignment(open_view, models, text):
    page = typed(open_view(), text)
    answer = models[WITH_ATTENTION].translate(text=[text])
    assert all("1987-03-05" in shown for shown in answers(page)) and len(answers(page)) == 2
    (table,) = [each.proto.body for each in page.get("html") if "Weights of the attention" in each.proto.body]
    head, *rows = ElementTree.fromstring(table).iter("tr")
    assert "".join(cell.text for cell in head.iter("th")) == f"·{text.lower().replace(' ', '·')}⏎"
    assert [row.find("th").text for row in rows] == [*"·1987-03-05", "⏎"]
    shown = [[float(cell.get("title", "0")) for cell in row.iter("td")] for row in rows]
    np.testing.assert_allclose(shown, answer["attention"][0], atol=0.00051)
    coloured = [cell for row in rows for cell in row.iter("td") if cell.get("title")]
    for cell in coloured:
        assert float(cell.get("style").removeprefix("--weight:")[:-1]) == pytest.approx(
            100 * float(cell.get("title")), abs=0.11
        )
    assert page.query_params["translate_text"] == text


def test_the_candidates_are_those_of_the_beam_and_a_prefix_is_kept(open_view, models):
    page = open_view(translate_text=THURSDAY, translate_width=3)
    for table, model in zip(page.dataframe[:2], models.values(), strict=True):
        found = model.candidates(text=[THURSDAY], prefix=[""], width=3)
        assert table.value["translation"].tolist() == [text.decode() for text in found["text"][0]]
        np.testing.assert_allclose(table.value["log p"], found["log_probability"][0], rtol=1e-3)
    page.text_input(key="translate_prefix").set_value("20").run()
    for table in page.dataframe[:2]:
        assert all(text.startswith("20") for text in table.value["translation"])
    page.text_input(key="translate_prefix").set_value("漢").run()
    assert "“漢” has characters that no translation had" in page.sentences


@pytest.mark.slow
def test_an_example_and_a_random_date_are_put_into_the_field(open_view):
    page = open_view()
    page.button_group(key="translate_example").set_value("español").run()
    assert page.text_input(key="translate_text").value == "jueves, 5 de marzo de 1987"
    page.button(key="translate_random").click().run()
    text = page.text_input(key="translate_text").value
    rendered = {dates.render(day, *form): day.isoformat() for day in dates.days("test") for form in dates.FORMATS}
    assert rendered[text] in answers(page)[0]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "what is there to translate?"),
        ("   ", "what is there to translate?"),
        ("xyzzy " * 2000, "it was cut off after"),
        ("x" * 60, "it was cut off after 46 of its 60 characters"),
        ("漢字 😀", "It has never seen `漢` `字` `😀`"),
        ("5 \u202e\u0000 mars ` 1987", "It has never seen"),
        ("<script>alert(1)</script>", "It has never seen"),
        ("No date at all", ""),
    ],
)
def test_whatever_is_typed_gets_an_answer_or_a_sentence(open_view, text, said):
    page = typed(open_view(), text)
    assert said in page.sentences
    assert text.strip() == "" or len(answers(page)) == 2
    assert not any("<script" in shown for shown in answers(page))
    assert len(page.query_params.get("translate_text", "")) <= 300


def test_what_is_read_whole_is_not_said_to_be_cut_off(open_view):
    page = typed(open_view(), "x" * 46)
    assert "cut off" not in page.sentences


def test_shares_by_length_are_those_of_held_out_dates(open_view, models):
    page = open_view()
    said = [each.value for each in page.markdown]
    for split, kind in (("test", "formats it has learned"), ("unseen_formats", "formats it has not")):
        texts, references = dates.pairs(split, 20, seed=0)
        written = [text.decode() for text in models[SINGLE_STATE].translate(text=texts)["text"]]
        right = 100 * np.mean(np.array(written) == references)
        assert f"**Through a single state**, {kind}: {right:.1f}% exactly right of 20." in said
    assert not page.get("vega_lite_chart")  # where all are right there is nothing to see


def test_the_notebook_lines_run(open_view):
    *_, last = ast.parse(code_of(open_view())).body
    variables = {}
    exec(code_of(open_view()), variables)
    assert variables["answer"]["text"][0] == b"1987-03-05"
    assert eval(ast.unparse(last), variables).size[0] > 500


def test_the_notebook_lines_ask_what_the_page_asks(open_view):
    """A text of any length, and the beam's width and beginning."""
    text = "5 March 1987" + " and so on" * 40
    page = open_view(translate_text=text, translate_prefix="20", translate_width="3")
    variables = {}
    exec(code_of(page), variables)
    assert variables["text"] == text
    first = page.dataframe[0].value["translation"].tolist()
    assert [said.decode() or "nothing" for said in variables["found"]["text"][0]][: len(first)] == first
    assert len(first) <= 3 and all(said.startswith("20") for said in first)


def learned_nothing(lesson, workplace):
    """A finished run of a translator of sentences that has learned nothing, on forty pairs of the user's own."""
    from dlsuite.attention.bahdanau import Bahdanau
    from dlsuite.attention.seq2seq import Seq2Seq
    from dlsuite.data import subwords

    file = workplace / "own.tsv"
    file.write_text("".join(f"der Hund {n}\tthe dog {n}\n" for n in range(40)), "utf-8")
    given = {"dataset": str(file), "units": 4, "vocabulary_size": 40}
    run = runs.create(lesson, catalog.lesson(lesson).resolve(given), versions={}, devices=1)
    pieces = [subwords.learn([text], 40) for text in ("der Hund 0123456789", "the dog 0123456789")]
    model = {WITH_ATTENTION: Bahdanau, SINGLE_STATE: Seq2Seq}[lesson](*pieces, units=4, max_length=8)
    model.save(run.path / "model.keras")
    serving.export(model, run.path / "saved_model")
    run.update(state="finished", epochs=1, steps_per_epoch=1)
    return run.path


@pytest.fixture
def untrained(workplace):
    return learned_nothing(WITH_ATTENTION, workplace)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("lesson", "key", "of_dates"),
    [
        (WITH_ATTENTION, "translate_bahdanau", "**Through a single state**"),
        (SINGLE_STATE, "translate_seq2seq", "**With attention**"),
    ],
)
def test_a_good_translator_of_sentences_has_its_chart_beside_one_of_dates(
    open_view, workplace, monkeypatch, lesson, key, of_dates
):
    monkeypatch.setattr("dlsuite.attention.bleu.reported", lambda *_, **__: (34.5, "a signature"))
    page = open_view(**{key: str(learned_nothing(lesson, workplace))}, translate_text="der Hund 3")
    assert {(row["value"], row["measure"]) for row in rows_of(page)} == {(34.5, "BLEU")}
    said = "\n".join(each.value for each in page.markdown)
    assert "test sentences: 34.5 BLEU, the mean over their lengths." in said
    assert f"{of_dates}, formats it has learned: 100.0% exactly right of 20." in said
    assert "`a signature`" in page.sentences


@pytest.mark.slow
def test_a_run_on_pairs_of_ones_own_can_be_chosen(open_view, untrained):
    page = open_view(translate_bahdanau=str(untrained), translate_text="der Hund 3")
    assert page.selectbox(key="translate_bahdanau").value == str(untrained)
    assert "These two have learned different languages" in page.sentences
    assert {row["measure"] for row in rows_of(page)} == {"BLEU"}


# What goes wrong.


@pytest.mark.slow
def test_a_missing_mask_is_measured(open_view):
    from dlsuite.attention import pathologies

    page = open_view(section="What goes wrong")
    texts, references = dates.pairs("test", 20, seed=0)
    model = serving.load_keras(WITH_ATTENTION, compile=False)
    masked, bare = (pathologies.translate_padded(model, texts, is_masked, padding=(0, 128))[-1] for is_masked in (1, 0))
    values = [metric.value for metric in page.metric]
    right = [np.mean(np.array(each.translations) == references) for each in (masked, bare)]
    assert values == [*(f"{share:.1%}" for share in right), f"{bare.weight_of_padding:.1%}"]
    assert right[1] < right[0] and masked.weight_of_padding == 0 < bare.weight_of_padding
    ast.parse(page.code[0].value)


def test_greedy_and_beam_are_compared_as_they_search(open_view, models):
    kind = "Estonian, never learned"
    page = open_view(section="What goes wrong", trouble="Greedy against beam", search_kind=kind)
    from dlsuite.attention import pathologies

    found = pathologies.greedy_against_beam(models[SINGLE_STATE], *pathologies.hard_dates(kind, 20))
    assert page.metric[0].value == f"{np.mean([each.is_likelier for each in found]):.1%}"
    assert page.metric[2].value == f"{np.mean([each.greedy == each.reference for each in found]):.1%}"
    page.selectbox(key="search_kind").set_value("the year left out").run()
    assert len(page.metric) == 2 and "no right answer" in page.sentences


# Training on one's own texts.


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("der Hund\tthe dog\n" * 10, "10 pairs of sentences"),
        ("der Hund\n", "line 1: it has 1 column,"),
        ("", "too few sentences"),
    ],
)
def test_own_pairs_are_read_before_they_are_trained_on(open_view, workplace, content, said):
    (workplace / "own.tsv").write_text(content, "utf-8")
    page = open_view(section="Train", lesson=WITH_ATTENTION)
    page.selectbox(key="dataset").set_value("my own …").run()
    assert "A folder holds `de.train.txt`" in page.sentences
    page.text_input(key="own_path").set_value(str(workplace / "own.tsv")).run()
    assert said in page.sentences


def test_an_own_text_is_read_before_it_is_trained_on(open_view, workplace):
    (workplace / "own.txt").write_text("many words " * 300, "utf-8")
    page = open_view(section="Train", lesson="embeddings.cbow")
    page.selectbox(key="dataset").set_value("my own …").run()
    page.text_input(key="own_path").set_value(str(workplace / "own.txt")).run()
    assert "600 words" in page.sentences
    page.text_input(key="own_path").set_value(str(workplace / "none.txt")).run()
    assert "there is no such file" in page.sentences
