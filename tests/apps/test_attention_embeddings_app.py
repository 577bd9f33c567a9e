"""The view of word embeddings, run without a browser: it shows what the shipped models answer, whatever is typed."""

import shutil
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from pyarrow import ipc

from dlsuite import SAVED_MODELS, catalog, runs, serving
from dlsuite.embeddings import word_map

SKIP_GRAM, CBOW = "embeddings.skip_gram", "embeddings.cbow"
ODD_INPUT = {"empty": "", "spaces": "  ", "emoji": "😀👍", "numbers": "12 34", "signs": "…!?", "long": "x" * 10_000}


def view():
    from views.attention import embeddings

    embeddings.show()


def trouble():
    from views.attention import no_subsampling

    no_subsampling.show()


@pytest.fixture
def open_view(workplace):
    """A view alone, at what a URL asks of it."""
    from streamlit.testing.v1 import AppTest

    def open_view(script=view, **asked):
        page = AppTest.from_function(script, default_timeout=60)
        page.query_params.update(asked)
        page.run()
        assert not page.exception
        return page

    return open_view


@pytest.fixture(scope="module")
def models():
    return [serving.load(name) for name in (SKIP_GRAM, CBOW)]


def charts(page):
    """The rows of every chart."""
    return [ipc.open_stream(each.proto.data.data).read_all().to_pylist() for each in page.get("vega_lite_chart")]


def words_of(rows):
    return [row["word"] for row in rows]


def said(page):
    """All that it says in messages."""
    return "\n".join(each.value for kind in (page.info, page.warning, page.error, page.caption) for each in kind)


@pytest.mark.parametrize("view", ["Neighbours", "Analogy", "Odd one out"])
def test_the_notebook_lines_ask_for_the_words_that_the_page_asks_for(open_view, view):
    """Whole, however long: a field for one word takes 40 letters."""
    word = "pneumonoultramicroscopicsilicovolcanoconiosis"
    page = open_view(words_view=view, words_word=word, words_c=word, words_odd=f"sin cos {word} tanh")
    (code,) = [block.value for block in page.code if block.language == "python"]
    assert f"'{word if view == 'Odd one out' else word[:40]}'" in code
    exec(code, {})


def test_it_shows_both_models_neighbours_and_a_map_of_them(open_view, models):
    page = open_view(words_word="Gradient")
    bars, places = charts(page)[::2], charts(page)[1::2]
    for model, near, around in zip(models, bars, places, strict=True):
        answer = model.neighbours(words=["gradient"])
        assert words_of(near) == [word.decode() for word in answer["neighbours"][0]]
        assert [row["cosine"] for row in near] == pytest.approx(answer["similarities"][0].tolist(), abs=1e-4)
        assert words_of(around)[:11] == ["gradient", *words_of(near)]
        assert len(set(words_of(around))) == len(around) > 15
    assert "descent" in words_of(bars[0])
    assert "descent" in words_of(bars[1])


def test_vectors_are_written_in_word2vecs_text_format_when_they_are_asked_for(open_view, models, monkeypatch):
    from streamlit.runtime.media_file_manager import MediaFileManager

    writers, register = [], MediaFileManager.add_deferred

    def registered(self, writer, *arguments, **options):
        writers.append(writer)
        return register(self, writer, *arguments, **options)

    monkeypatch.setattr(MediaFileManager, "add_deferred", registered)
    page = open_view()
    assert [button.label for button in page.download_button] == ["All vectors, in word2vec's text format"] * 2
    for model, write in zip(models, writers, strict=True):
        every = model.most_frequent(n=3500)
        first, *lines = write().splitlines()
        words, vectors = zip(*(line.split(" ", 1) for line in lines), strict=True)
        assert first == "3500 40"
        assert list(words) == [word.decode() for word in every["words"]]
        numbers = np.array([vector.split(" ") for vector in vectors], "float32")
        np.testing.assert_array_equal(numbers, every["vectors"])


NEAREST = {
    "rows : row = columns : ?": "column",
    "array : arrays = matrix : ?": "matrices",
    "min : nanmin = max : ?": "nanmax",
    "hstack : hsplit = vstack : ?": "vsplit",
    "loaded : load = saved : ?": "save",
}
ODD = {"sin cos string tanh": "string", "float32 int64 layer uint8": "layer", "row column optimizer axis": "optimizer"}


def test_both_models_know_every_word_of_the_examples(workplace, models):
    from views.attention.analogy import ANALOGIES
    from views.attention.neighbours import WORDS
    from views.attention.odd_one_out import ODD as WORDS_OF_ODD

    asked = {*WORDS, *sum(ANALOGIES.values(), ()), *" ".join(WORDS_OF_ODD.values()).split()}
    for model in models:
        assert asked <= {word.decode() for word in model.most_frequent(n=3500)["words"]}


def test_it_opens_with_a_word_that_both_know(open_view):
    page = open_view()
    assert len(charts(page)) == 4
    assert not page.warning
    near = [words_of(rows) for rows in charts(page)[::2]]
    assert all({"depthwise", "convolutions"} <= set(words) for words in near)


def test_both_models_answer_the_examples_and_each_can_be_pressed_again(open_view):
    from views.attention.analogy import ANALOGIES
    from views.attention.odd_one_out import ODD as WORDS_OF_ODD

    page = open_view(words_view="Analogy")
    assert list(ANALOGIES) == list(NEAREST)
    for example, answer in NEAREST.items():
        page.text_input(key="words_b").set_value("zebra").run()
        page.button_group(key="words_analogy").set_value(example).run()
        assert page.button_group(key="words_analogy").value is None
        assert [words_of(rows)[0] for rows in charts(page)] == [answer] * 2
        assert sum(f"nearest: **{answer}** (0." in each.value for each in page.markdown) == 2

    page = open_view(words_view="Odd one out")
    assert not page.warning
    assert list(WORDS_OF_ODD) == list(ODD)
    for example, odd in ODD.items():
        page.text_input(key="words_odd").set_value("zebra").run()
        page.button_group(key="words_odd_example").set_value(example).run()
        assert page.button_group(key="words_odd_example").value is None
        assert sum(f"The odd one out is **{odd}**" in each.value for each in page.markdown) == 2


def test_an_example_word_can_be_pressed_again(open_view):
    page = open_view(words_word="zebra")
    for _ in range(2):
        page.button_group(key="words_example").set_value("lstm").run()
        assert page.text_input(key="words_word").value == "lstm"
        page.text_input(key="words_word").set_value("zebra").run()


def test_words_that_all_point_one_way_are_remarked(open_view, monkeypatch):
    from views.attention import neighbours

    assert "point one way" not in said(open_view())
    monkeypatch.setattr(neighbours, "ONE_WAY", 0.3)
    assert said(open_view()).count("all words point one way") == 2


def test_names_on_the_map_cover_no_dot_and_no_other_name_and_stay_on_it(workplace):
    from views.attention.neighbours import HALF, labelled

    places = np.array([[0, 0], [0, 10], [20, 8], [60, 0], [150, 100], [-100, -100], [-80, -90]]) / HALF
    words = ["first", "above", "beside", "apart", "long_at_the_edge", "covering", "short"]
    has_room, middles = zip(*labelled(words, places), strict=True)
    assert has_room == (True, False, False, True, True, False, True)
    assert HALF * middles[4] == pytest.approx(HALF - 3 * len(words[4]))
    assert HALF * np.delete(middles, 4) == pytest.approx(HALF * np.delete(places[:, 0], 4))


def test_nothing_is_spelled_nearly_so_that_shares_no_letter(open_view):
    page = open_view(words_word="漢字")
    assert said(page).count("“漢字” is not among the words") == 2
    assert "Spelled nearly so" not in said(page)
    assert not [each for each in page.button if each.label in ("of", "a", "to", "is", "np")]
    assert said(open_view(words_word="graident")).count("Spelled nearly so") == 2


def test_an_own_text_is_trained_on_under_its_own_name(open_view, workplace, monkeypatch):
    commands = []
    monkeypatch.setattr(runs, "start", lambda command, path: commands.append(command))
    page = open_view()
    page.file_uploader(key="words_file").upload("../Mein Text (2).txt", b"many words " * 300, "text/plain").run()
    monkeypatch.setattr("panels.training.SECONDS_TO_START", 0)
    [button] = [each for each in page.button if each.label == "Train it"]
    button.click().run()
    ((*_, flag, path, _, _),) = commands
    assert flag == "--dataset"
    assert path.startswith(str(workplace / "runs" / "uploads"))
    assert path.endswith("/Mein_Text_2.txt")


@pytest.mark.parametrize(
    ("name", "kept"),
    [("Faust 1.TXT", "Faust_1.txt"), ("漢字.txt", "漢字.txt"), ("..txt", "text.txt"), ("ä" * 200, "ä" * 60 + ".txt")],
)
def test_an_upload_keeps_its_name_as_far_as_it_suits_a_file(workplace, name, kept):
    from panels import uploads

    file = SimpleNamespace(name=name, file_id="1", getvalue=lambda: b"words")
    path = Path(uploads.keep_text(file, ".txt"))
    assert (path.name, path.read_bytes()) == (kept, b"words")


def test_an_unknown_word_gets_suggestions_that_can_be_pressed(open_view):
    page = open_view(words_word="graident")
    assert said(page).count("“graident” is not among the words") == 2
    [*_, button] = [each for each in page.button if each.label == "gradient"]
    button.click().run()
    assert page.text_input(key="words_word").value == "gradient"
    assert len(charts(page)) == 4


@pytest.mark.parametrize("typed", ODD_INPUT.values(), ids=ODD_INPUT)
def test_whatever_is_typed_gets_a_sentence(open_view, typed):
    page = open_view(words_word=typed)
    assert not charts(page)
    assert any(part in said(page) for part in ("Type a word.", "There is no word in it", "is not among the words"))
    assert len(said(page)) < 2000
    page.text_input(key="words_word").set_value("array")
    page.button_group(key="words_view").set_value("Analogy").run()
    page.text_input(key="words_b").set_value(typed).run()
    page.button_group(key="words_view").set_value("Odd one out").run()
    page.text_input(key="words_odd").set_value(f"{typed} sin cos").run()
    assert not page.exception
    assert "three" in said(page).lower()


def test_an_analogy_by_both(open_view, models):
    page = open_view(words_view="Analogy", words_a="min", words_b="minimum", words_c="max")
    for model, rows in zip(models, charts(page), strict=True):
        answer = model.analogy(a=["min"], b=["minimum"], c=["max"])
        assert words_of(rows) == [word.decode() for word in answer["words"][0]]
        assert words_of(rows)[0] == "maximum"


def test_the_odd_one_out_by_both_and_words_that_are_unknown(open_view):
    page = open_view(words_view="Odd one out", words_odd="row column zebra optimizer axis")
    assert said(page).count("Not among the words that this model has learned: zebra") == 2
    assert [each.value for each in page.markdown if "odd one out is" in each.value] == [
        "The odd one out is **optimizer**"
    ] * 2
    for rows in charts(page):
        assert words_of(rows) == ["row", "column", "optimizer", "axis"]
    page.text_input(key="words_odd").set_value(" ".join(f"word{n}" for n in range(30))).run()
    assert "Only the first 20 of 30 words" in said(page)


@pytest.fixture
def shipped_as_run(workplace):
    """The shipped CBOW where the page finds a run of one's own, as if trained with that subsampling in 10 epochs."""

    def shipped_as_run(subsampling):
        run = runs.Run(workplace / "runs" / CBOW / "2026-01-01_00-00-00")
        shutil.copytree(SAVED_MODELS / CBOW, run.path)
        shutil.copytree(SAVED_MODELS / CBOW / "1", run.path / "saved_model" / "1")
        (run.path / "model.keras").touch()  # the last thing that a training writes
        resolved = catalog.lesson(CBOW).resolve({"subsampling": subsampling, "epochs": 10})
        arguments = run.record["arguments"] | resolved
        run.update(state="finished", arguments=arguments)
        return run

    return shipped_as_run


def test_an_own_run_can_be_chosen(open_view, shipped_as_run):
    run = shipped_as_run(0.0)
    page = open_view()
    assert any(run.path.name in option for option in page.selectbox(key="words_beside").options)


def test_without_subsampling_nothing_is_trained_until_asked(open_view):
    page = open_view(trouble)
    assert not page.metric
    assert said(page).count("Nothing is trained yet") == 2
    assert [button.label for button in page.button] == ["Train without subsampling", "Train with subsampling"]


def test_what_is_trained_is_measured_by_the_plurals_that_are_found(open_view, shipped_as_run, models):
    shipped_as_run(0.001)
    page = open_view(trouble)
    every = models[1].most_frequent(n=3500)
    share = word_map.plurals_found([word.decode() for word in every["words"]], every["vectors"])
    assert [metric.value for metric in page.metric] == [f"{100 * share:.0f} %"]
    assert page.button[1].label == "Train with subsampling again"
    (near,) = charts(page)
    answer = models[1].neighbours(words=["layer"])
    assert words_of(near) == [word.decode() for word in answer["neighbours"][0]]
