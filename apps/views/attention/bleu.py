"""The attention page's *BLEU*: which n-grams of a candidate its references have, and what that comes to."""

import math

import streamlit as st

from dlsuite.attention import bleu as lesson
from panels import charts, export, widgets
from views.attention.bleu_examples import EXAMPLES, FIRST
from views.attention.matches import MOST, chips, counts_chart, sentences

LONGEST_IN_URL = 1000
TOKENIZERS = {
    "zh": "The references are Chinese, which has no spaces between words: sacrebleu's tokenizer `zh` takes each of its "
    "characters for a word.",
    "char": "The references are in a script without spaces between words: sacrebleu's tokenizer `char` takes each "
    "character for a word.",
}
"""What is said of those that are not `13a`."""


def show():
    """The whole view."""
    st.markdown(
        "How good is a translation? BLEU counts how many of its **n-grams** (runs of n words) occur in human "
        "references, each no more often than there, and punishes brevity."
    )
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        candidate, references, lowercase, n = asked()
    with screen:
        if not candidate.strip():
            st.info("Type a candidate: a translation to be judged.", icon=":material/edit:")
        elif not references:
            st.info("Type a reference or more, one a line: BLEU compares with nothing else.", icon=":material/edit:")
        else:
            judged(candidate, references, lowercase, n)


def asked() -> tuple[str, list[str], bool, int]:
    """The texts and how to compare them."""
    st.pills(
        "Example",
        list(EXAMPLES),
        key="bleu_example",
        on_change=take_example,
        wrap=True,
    )
    candidate = text_input("Candidate", "bleu_candidate", EXAMPLES[FIRST][0], "The translation to be judged.")
    typed = text_input("References", "bleu_references", EXAMPLES[FIRST][1], "One a line; several are compared at once.")
    for *texts, said in EXAMPLES.values():
        if texts == [candidate, typed]:
            st.caption(said)
    lowercase = st.toggle(
        "Capitals count as small letters",
        True,
        key="bleu_lowercase",
        bind="query-params",
        help="Off, “The” and “the” are two words.",
    )
    n = widgets.buttons("Words in a run that is highlighted", [1, 2, 3, 4], "bleu_n")
    return candidate, [line for line in typed.splitlines() if line.strip()], lowercase, n


def take_example() -> None:
    """Callback: put the texts of an example into their fields."""
    example = st.session_state["bleu_example"]
    if example:
        st.session_state["bleu_candidate"], st.session_state["bleu_references"], _ = EXAMPLES[example]
        st.session_state["bleu_example"] = None  # it may be edited, and asked for again


def text_input(label: str, key: str, start: str, help: str) -> str:
    """A text that is kept in the URL as long as it is short."""
    widgets.begin_with_text(key, start)
    text = st.text_area(label, key=key, max_chars=20_000, help=help, height=110)
    widgets.keep_text(key, LONGEST_IN_URL, start)
    return text


def judged(candidate: str, references: list[str], lowercase: bool, n: int):
    """The score, what it is made of, and where."""
    score = lesson.bleu([candidate], [references], lowercase=lowercase)
    said, signature = lesson.reported([candidate], [references], lowercase=lowercase)
    tokenizer = lesson.tokenizer_for([references])
    words, *others = (lesson.tokenize(text, lowercase, tokenizer) for text in (candidate, *references))
    figures = st.columns(4)
    figures[0].metric("BLEU", f"{score.bleu:.1f}", help="0 to 100.")
    figures[1].metric(
        "Brevity", f"{score.brevity_penalty:.3f}", help="The brevity penalty: exp(1 − r/c) where c < r, else 1."
    )
    figures[2].metric("Words c", score.hypothesis_length, help="The candidate's.")
    figures[3].metric(
        "Words r", score.reference_length, help="Of the reference that is nearest in length to the candidate."
    )
    st.markdown(verdict(score))
    if tokenizer in TOKENIZERS:
        st.caption(TOKENIZERS[tokenizer])
    st.html(sentences(words, others, n))
    left, right = st.columns([2, 3], gap="medium", vertical_alignment="center")
    left.table(rows_of(score))
    charts.draw(counts_chart(words, others), right)
    st.caption(f"sacrebleu {said:.1f}, by its signature `{signature}`")
    with st.expander(f"The candidate's runs of {n}, one by one", icon=":material/search:"):
        st.html(chips(words, others, n))
    export.code_lines(
        [
            "from dlsuite.attention import bleu",
            f"candidate = {candidate[:LONGEST_IN_URL]!r}",
            f"references = {[reference[:LONGEST_IN_URL] for reference in references[:MOST]]!r}",
            f"bleu.bleu([candidate], [references], lowercase={lowercase})",
            f"bleu.reported([candidate], [references], lowercase={lowercase})  # sacrebleu itself",
        ],
    )


def verdict(score: lesson.Score) -> str:
    """How the score comes about, in a line."""
    if not any(score.matched):
        return "**Nothing matches:** not one word of the candidate is in a reference, and BLEU is 0."
    if not all(score.total):
        count = f"{score.hypothesis_length} word{'s' * (score.hypothesis_length > 1)}"
        return f"**Too short:** the candidate has {count}, so there is no run of four to look for, and BLEU is 0."
    mean = math.exp(sum(map(math.log, score.precisions)) / 4)
    product = r" \cdot ".join(f"{p:.3f}" for p in score.precisions)
    smoothed = (
        " Runs of a length that is never found count as half a match, the next such as a quarter, and so on."
        if not all(score.matched)
        else ""
    )
    return (
        rf"BLEU $= 100 \cdot {score.brevity_penalty:.3f} \cdot ({product})^{{1/4}} "
        rf"= 100 \cdot {score.brevity_penalty:.3f} \cdot {mean:.3f} =$ **{score.bleu:.1f}**.{smoothed}"
    )


def rows_of(score: lesson.Score) -> list[dict]:
    """A row for each order."""
    return [
        {
            "n": n,
            "found": f"{matched} of {total}",
            "pₙ": f"{p:.3f}" + (" (smoothed)" if p and not matched else ""),
        }
        for n, matched, total, p in zip(lesson.ORDERS, score.matched, score.total, score.precisions, strict=True)
    ]
