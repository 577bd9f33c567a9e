"""The attention page's view of BLEU: which n-grams of a candidate its references have, and what that comes to."""

import html
import math

import panels
import streamlit as st

from dlsuite.attention import bleu as lesson

EXAMPLES = {
    "the the the": (
        "the the the the the the the",
        "The cat is on the mat.\nThere is a cat on the mat.",
        "Papineni et al.'s own: every word is in a reference, and 7 of 7 would be found. **Clipped**, at most the two "
        "that one reference has.",
    ),
    "a good one": (
        "It is a guide to action which ensures that the military always obeys the commands of the party.",
        "It is a guide to action that ensures that the military will forever heed Party commands.\n"
        "It is the guiding principle which guarantees the military forces always being under the command of the "
        "Party.\nIt is the practical guide for the army always to heed the directions of the party.",
        "The paper's candidate 1, with its three references.",
    ),
    "a bad one": (
        "It is to insure the troops forever hearing the activity guidebook that party direct.",
        "It is a guide to action that ensures that the military will forever heed Party commands.\n"
        "It is the guiding principle which guarantees the military forces always being under the command of the "
        "Party.\nIt is the practical guide for the army always to heed the directions of the party.",
        "The paper's candidate 2: words are found, hardly any phrases. Orders without a match are smoothed.",
    ),
    "too short": (
        "A man is riding",
        "A man is riding a brown horse on the beach.",
        "Every n-gram is found. What is missing costs by the **brevity penalty** alone.",
    ),
    "shuffled": (
        "mat the on sat cat the",
        "the cat sat on the mat",
        "All words and none of their order.",
    ),
    "said otherwise": (
        "A fellow rides on horseback along the shore.",
        "A man is riding a brown horse on the beach.",
        "A fair translation in other words: BLEU knows wording and not meaning. Hence several references, and whole "
        "corpora.",
    ),
}
FIRST = "the the the"
MOST = 80
"""So many n-grams, or words of a sentence, are drawn at most."""
LONGEST_IN_URL = 1000
TOKENIZERS = {
    "zh": "The references are Chinese, which has no spaces between words: sacrebleu's tokenizer `zh` takes each of its "
    "characters for a word.",
    "char": "The references are in a script without spaces between words: sacrebleu's tokenizer `char` takes each "
    "character for a word.",
}
"""What is said of those that are not `13a`."""
STYLES = {
    "found": "background: rgba(56, 142, 60, .28)",
    "clipped": "background: rgba(230, 145, 20, .30); text-decoration: line-through",
    "absent": "background: rgba(128, 128, 128, .16); opacity: .75",
}
COLOURS = {"found": "#388e3c", "clipped": "#e69114", "absent": panels.GREY}


def bleu():
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
    n = st.segmented_control(
        "Words in a run that is highlighted",
        [1, 2, 3, 4],
        default=1,
        required=True,
        key="bleu_n",
        bind="query-params",
    )
    return candidate, [line for line in typed.splitlines() if line.strip()], lowercase, n


def take_example() -> None:
    """Callback: put the texts of an example into their fields."""
    example = st.session_state["bleu_example"]
    if example:
        st.session_state["bleu_candidate"], st.session_state["bleu_references"], _ = EXAMPLES[example]
        st.session_state["bleu_example"] = None  # it may be edited, and asked for again


def text_input(label: str, key: str, start: str, help: str) -> str:
    """A text that is kept in the URL as long as it is short."""
    if key not in st.session_state:
        st.session_state[key] = st.query_params.get(key, start)
    text = st.text_area(label, key=key, max_chars=20_000, help=help, height=110)
    if len(text) <= LONGEST_IN_URL and text != start:
        if st.query_params.get(key) != text:
            st.query_params[key] = text
    else:
        st.query_params.pop(key, None)
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
    right.vega_lite_chart(counts_chart(words, others), width="stretch")
    st.caption(f"sacrebleu {said:.1f}, by its signature `{signature}`")
    with st.expander(f"The candidate's runs of {n}, one by one", icon=":material/search:"):
        st.html(chips(words, others, n))
    panels.code_lines(
        "The same in a notebook",
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


def states(words: list[str], others: list[list[str]], n: int) -> list[str]:
    """Of each n-gram by where it begins: `found`; `clipped`, as references have it less often; or `absent`."""
    known = set().union(*(lesson.ngrams(other, n) for other in others))
    return [
        "found" if is_found else "clipped" if tuple(words[start : start + n]) in known else "absent"
        for start, is_found in enumerate(lesson.matches(words, others, n))
    ]


def word_states(words: list[str], others: list[list[str]], n: int) -> list[str]:
    """Of each word the best that becomes of an n-gram which it belongs to."""
    of_words = ["absent"] * len(words)
    for wanted in ("clipped", "found"):
        for start, state in enumerate(states(words, others, n)):
            if state == wanted:
                of_words[start : start + n] = [wanted] * n
    return of_words


def found_or_absent(other: list[str], words: list[str], n: int) -> list[str]:
    """Of each word of a reference whether the candidate has it in an n-gram, as often as here."""
    return ["found" if state == "found" else "absent" for state in word_states(other, [words], n)]


def sentences(words: list[str], others: list[list[str]], n: int) -> str:
    """The candidate and its references with what they share highlighted, as HTML."""
    lines = [("candidate", words, word_states(words, others, n))]
    lines += [
        (f"reference {number}" if len(others) > 1 else "reference", other, found_or_absent(other, words, n))
        for number, other in enumerate(others[:MOST], start=1)
    ]
    rows = "".join(
        f'<div style="display: flex; gap: .8rem; margin: .35rem 0"><span style="flex: 0 0 6.2rem; opacity: .65">{title}'
        f'</span><span style="line-height: 1.9">{marked(these, of_these)}</span></div>'
        for title, these, of_these in lines
    )
    legend = " ".join(f'<span style="{style}; {BOX}">{state}</span>' for state, style in STYLES.items())
    return f'{rows}<div style="margin-top: .6rem; font-size: .85rem; opacity: .9">{legend} in runs of {n}</div>'


BOX = "border-radius: .25rem; padding: .1rem .3rem; overflow-wrap: anywhere"


def marked(words: list[str], of_words: list[str]) -> str:
    """Words in the colours of what becomes of them."""
    shown = [
        f'<span style="{STYLES[state]}; {BOX}">{html.escape(word)}</span>'
        for word, state in zip(words[:MOST], of_words, strict=False)
    ]
    return " ".join(shown) + (f" … and {len(words) - MOST:,} more" if len(words) > MOST else "")


def chips(words: list[str], others: list[list[str]], n: int) -> str:
    """Every n-gram of the candidate, in order."""
    runs = [" ".join(words[start : start + n]) for start in range(len(words) - n + 1)]
    if not runs:
        return f"The candidate has no run of {n} words."
    return f'<div style="line-height: 2.1">{marked(runs, states(words, others, n))}</div>'


def counts_chart(words: list[str], others: list[list[str]]) -> dict:
    """How many n-grams are found, clipped and absent, by n."""
    rows = []
    for n in lesson.ORDERS:
        of_runs = states(words, others, n)
        rows += [{"n": str(n), "state": state, "count": of_runs.count(state)} for state in STYLES]
    return {
        "data": {"values": rows},
        "height": {"step": 26},
        "mark": {"type": "bar", "tooltip": True},
        "encoding": {
            "y": {"field": "n", "type": "ordinal", "title": "n"},
            "x": {"field": "count", "type": "quantitative", "title": "runs of n words", "axis": {"tickMinStep": 1}},
            "color": {
                "field": "state",
                "type": "nominal",
                "scale": {"domain": list(COLOURS), "range": list(COLOURS.values())},
                "legend": {"orient": "top", "title": None},
            },
            "order": {"field": "state", "sort": "descending"},
        },
    }
