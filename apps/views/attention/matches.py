"""Which n-grams of a candidate its references have: highlighted, one by one, and counted."""

import html

from dlsuite.attention import bleu as lesson
from panels import charts

MOST = 80
"""The most n-grams, or words of a sentence, that are drawn."""
STYLES = {
    "found": "background: rgba(56, 142, 60, .28)",
    "clipped": "background: rgba(230, 145, 20, .30); text-decoration: line-through",
    "absent": "background: rgba(128, 128, 128, .16); opacity: .75",
}
COLOURS = {"found": "#388e3c", "clipped": "#e69114", "absent": charts.GREY}
BOX = "border-radius: .25rem; padding: .1rem .3rem; overflow-wrap: anywhere"


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
    place = {
        "y": {"field": "n", "type": "ordinal", "title": "n"},
        "x": charts.number("count", "runs of n words", axis={"tickMinStep": 1}),
        "color": charts.colours("state", COLOURS),
        "order": {"field": "state", "sort": "descending"},
    }
    return charts.chart({"step": 26}, charts.layer("bar", rows, place, tooltip=True))
