"""The view of BLEU, run without a browser: what it says is what the lesson and sacrebleu compute, whatever is typed."""

import re

import pytest

from dlsuite.attention import bleu


def script():
    from views.attention import bleu

    bleu.show()


@pytest.fixture
def open_view(workplace):
    """The view alone, at what a URL asks of it."""
    from streamlit.testing.v1 import AppTest

    def open_view(**asked):
        view = AppTest.from_function(script, default_timeout=60)
        view.query_params.update({f"bleu_{name}": str(value) for name, value in asked.items()})
        view.run()
        assert not view.exception
        return view

    return open_view


def typed(view, candidate, references):
    """The view after both texts were typed."""
    for key, text in (("bleu_candidate", candidate), ("bleu_references", references)):
        view.text_area(key=key).set_value(text)
    view.run()
    assert not view.exception
    return view


def figures(view):
    return {each.label: each.value for each in view.metric}


def drawn(view):
    """The candidate's and the references' words with what becomes of them."""
    (lines,) = [each.proto.body for each in view.get("html") if "candidate" in each.proto.body]
    return lines


def test_it_opens_with_the_papers_example(open_view):
    view = open_view()
    assert figures(view)["Brevity"] == "1.000"
    assert [row["found"] for row in rows(view)] == ["2 of 7", "0 of 6", "0 of 5", "0 of 4"]
    assert drawn(view).count("line-through") == 5 + 1  # of seven words two are found, and the legend has one
    assert "count as half a match" in view.markdown[1].value


def rows(view):
    """The table's rows."""
    return view.table[0].value.to_dict("records")


def test_every_example_says_what_the_lesson_computes(open_view):
    from views.attention.bleu_examples import EXAMPLES

    view = open_view()
    for name, (candidate, references, remark) in EXAMPLES.items():
        view.button_group(key="bleu_example").set_value(name).run()
        assert not view.exception
        assert view.text_area(key="bleu_candidate").value == candidate
        assert remark in [each.value for each in view.caption]
        score = bleu.bleu([candidate], [references.splitlines()], lowercase=True)
        assert figures(view)["BLEU"] == f"{score.bleu:.1f}"
        assert figures(view)["Words r"] == str(score.reference_length)
        said, signature = bleu.reported([candidate], [references.splitlines()], lowercase=True)
        assert f"sacrebleu {said:.1f}, by its signature `{signature}`" in [each.value for each in view.caption]


@pytest.mark.parametrize("n", [1, 3])
def test_as_many_runs_are_drawn_found_as_are_counted(open_view, n):
    from views.attention.bleu_examples import EXAMPLES
    from views.attention.matches import STYLES

    candidate, references, _ = EXAMPLES["a good one"]
    view = open_view(example="a good one", candidate=candidate, references=references, n=n)
    score = bleu.bleu([candidate], [references.splitlines()], lowercase=True)
    (runs,) = [each.proto.body for each in view.get("html") if "candidate" not in each.proto.body]
    assert runs.count(STYLES["found"]) == score.matched[n - 1]
    assert runs.count("<span") == score.total[n - 1]


def test_capitals_count_when_they_are_told_to(open_view):
    view = typed(open_view(), "THE CAT SAT THERE", "the cat sat there")
    assert figures(view)["BLEU"] == "100.0"
    view.toggle(key="bleu_lowercase").set_value(False).run()
    assert figures(view)["BLEU"] == "0.0"
    assert "Nothing matches" in view.markdown[1].value


@pytest.mark.parametrize(
    ("candidate", "references", "sentence"),
    [
        (" \n ", "the cat", "Type a candidate"),
        ("the cat", "\n \n", "Type a reference or more"),
        ("the cat", "the cat", "Too short"),
        ("one two three four", "five", "Nothing matches"),
        ("🐈 ist <b>müde</b> & кот", "猫\n🐈 ist", "count as half a match"),
        ("word " * 4000, "another word\n" * 900, "count as half a match"),
        ("x" * 10_000, "x" * 10_000, "Too short"),
        ("$a_1$ **b** `c` [d](e)", "$a_1$ **b** `c` [d](e)", "**100.0**"),
    ],
    ids=lambda text: text[:20],
)
def test_whatever_is_typed_gets_a_sentence(open_view, candidate, references, sentence):
    view = typed(open_view(), candidate, references)
    said = [each.value for kind in (view.info, view.markdown) for each in kind]
    assert any(sentence in each for each in said), said


def test_what_is_typed_is_drawn_and_not_run(open_view):
    lines = drawn(typed(open_view(), "<script>alert(1)</script> & more", "<script>"))
    assert "<script" not in lines
    assert "&lt;" in lines
    assert len(re.findall("<span", lines)) == lines.count("</span>")


def test_the_notebook_lines_run(open_view):
    view = typed(open_view(), 'He said: "it\'s \\ here"', "He said it\nit's here")
    (code,) = [block.value for block in view.code if block.language == "python"]
    *lines, last = code.splitlines()
    variables = {}
    exec("\n".join(lines), variables)
    assert f"{eval(last, variables)[0]:.1f}" == figures(view)["BLEU"]


def test_short_texts_are_kept_in_the_url_and_long_ones_are_not(open_view):
    view = typed(open_view(), "a short one", "of it")
    assert view.query_params["bleu_candidate"] == "a short one"
    assert open_view(candidate="a short one").text_area(key="bleu_candidate").value == "a short one"
    assert "bleu_candidate" not in typed(view, "long " * 400, "of it").query_params


@pytest.mark.parametrize(
    ("text", "said"),
    [("今天天气很好", "tokenizer `zh`"), ("今日は天気がいい", "tokenizer `char`"), ("a cat sat there", None)],
)
def test_it_says_how_a_text_without_spaces_is_parted(open_view, text, said):
    view = typed(open_view(), text, text)
    assert figures(view)["BLEU"] == "100.0"
    told = [each.value for each in view.caption if "tokenizer `" in each.value]
    assert told == [] if said is None else said in told[0]
