"""The attention page's view of translation: one text through two translators, where they look, what else they find."""

import html
import unicodedata

import numpy as np
import panels
import streamlit as st

from dlsuite.data import dates, text_pairs

WITH_ATTENTION, SINGLE_STATE = "attention.bahdanau", "attention.seq2seq"
TITLES = {WITH_ATTENTION: "With attention", SINGLE_STATE: "Through a single state"}
COLOURS = {WITH_ATTENTION: panels.WARM, SINGLE_STATE: panels.COLD}
EXAMPLES = {
    "Deutsch": "Donnerstag, 5. März 1987",
    "English (US)": "Thursday, March 5, 1987",
    "English (UK)": "5 March 1987",
    "français": "jeudi 5 mars 1987",
    "español": "jueves, 5 de marzo de 1987",
    "italiano": "giovedì 5 marzo 1987",
    "Nederlands": "donderdag 5 maart 1987",
    "português": "quinta-feira, 5 de março de 1987",
    "svenska": "torsdag 5 mars 1987",
    "polski": "czwartek, 5 marca 1987",
    "suomi": "torstai 5. maaliskuuta 1987",
    "Türkçe": "5 Mart 1987 Perşembe",
}
"""The same day as each language writes it."""
FIRST = "Deutsch"
NEVER = -5e8
"""Candidates with a lower log-probability are none."""
HEAT_STYLE = f"""<style>
.alignment {{overflow-x: auto}}
.alignment table {{border-collapse: separate; border-spacing: 1px; margin: 0}}
.alignment th {{font-weight: 400; font-size: .85rem; border: none; padding: .1rem 0; line-height: 1.1}}
.alignment tr:first-child th {{vertical-align: bottom}}
.alignment.words tr:first-child th {{writing-mode: vertical-rl; transform: rotate(180deg); text-align: left}}
.alignment tr:not(:first-child) th {{text-align: right; padding-right: .5rem}}
.alignment td {{
    --weight: 0%; background: color-mix(in srgb, {panels.WARM} var(--weight), rgba(128, 128, 128, .1));
    min-width: 1.3rem; height: 1.3rem; padding: 0; border: none; border-radius: 2px;
}}
.alignment tr:first-child td {{background: none}}
</style>"""
SEEN = 0.0005
"""The least weight that is coloured."""
LONGEST_IN_URL = 300
MEASURED = 200
"""So many held-out texts of each kind are translated for the shares by length."""
SENTENCE_BINS = 4


def translate():
    """The whole view: a text, two answers, where the one looked, other candidates, and how length matters."""
    st.markdown(
        "A recurrent **encoder** reads a text, a **decoder** writes its translation, piece by piece. Through a single "
        "state, all that the decoder learns of the text is one vector; with **attention** it looks back at the text at "
        "every piece, and the weights say where."
    )
    st.html(HEAT_STYLE)
    controls, screen = st.columns([1, 3], gap="large")
    with controls:
        texts, models = st.container(), st.container()
    with models:
        chosen = choose_both()
    with texts:
        examples(chosen)
    if not chosen:
        return
    with screen:
        st.fragment(ask_and_answer)(chosen)  # another text runs no more than this again
    st.divider()
    by_length(chosen)


def ask_and_answer(chosen: dict[str, panels.Trained]):
    """The field, and below it the answers."""
    text = text_input(chosen)
    if text.strip():
        answered(chosen, text)
    else:
        st.info("Type a text: what is there to translate?", icon=":material/edit:")
    keep_in_url(text)  # last, so that the answers do not wait for it


def choose_both() -> dict[str, panels.Trained]:
    """A translator of each kind, by its lesson."""
    chosen = {
        lesson: panels.choose_model([lesson], lesson, label=title, key=f"translate_{lesson.partition('.')[2]}")
        for lesson, title in TITLES.items()
    }
    chosen = {lesson: trained for lesson, trained in chosen.items() if trained is not None}
    asked = {lesson: (trained.dataset, languages_of(trained)) for lesson, trained in chosen.items()}
    if len(set(asked.values())) > 1:
        st.caption(":material/info: These two have learned different languages; only one of them can be right.")
    return chosen


def languages_of(trained: panels.Trained) -> str:
    """What a translator translates, for people."""
    if trained.dataset == "dates":
        return "dates to ISO 8601"
    arguments = trained.record["arguments"]
    return f"{arguments['source_language']} to {arguments['target_language']}"


def know_dates(chosen: dict[str, panels.Trained]) -> bool:
    """Whether there is one that translates dates."""
    return any(trained.dataset == "dates" for trained in chosen.values())


def examples(chosen: dict[str, panels.Trained]):
    """Texts that can be put into the field."""
    if know_dates(chosen):
        st.pills("Example", list(EXAMPLES), key="translate_example", on_change=take_example, wrap=True)
        st.button("A random date", icon=":material/casino:", key="translate_random", on_click=take_random_date)
    elif chosen:
        st.button("A test sentence", icon=":material/casino:", on_click=take_test_sentence, args=[chosen])


def text_input(chosen: dict[str, panels.Trained]) -> str:
    """What is to be translated."""
    if "translate_text" not in st.session_state:
        st.session_state["translate_text"] = st.query_params.get("translate_text", EXAMPLES[FIRST])
    return st.text_input(
        "A date of 1900 to 2099, in words" if know_dates(chosen) else "A sentence",
        key="translate_text",
        help="Enter translates. The dates were learned in twelve locales; try another."
        if know_dates(chosen)
        else "Enter translates.",
    )


def keep_in_url(text: str):
    """The URL remembers a text as long as it is short."""
    if len(text) <= LONGEST_IN_URL:
        if st.query_params.get("translate_text") != text:
            st.query_params["translate_text"] = text
    else:
        st.query_params.pop("translate_text", None)


def take_example() -> None:
    """Callback: put an example into the field."""
    example = st.session_state["translate_example"]
    if example:
        st.session_state["translate_text"] = EXAMPLES[example]
        st.session_state["translate_example"] = None  # it may be edited, and asked for again


def take_random_date() -> None:
    """Callback: put a day that was held out into the field, in any of the formats."""
    random = np.random.default_rng()
    days = dates.days("test")
    day, form = days[random.integers(len(days))], dates.FORMATS[random.integers(len(dates.FORMATS))]
    st.session_state["translate_text"] = dates.render(day, *form)


def take_test_sentence(chosen: dict[str, panels.Trained]) -> None:
    """Callback: put a sentence that was held out into the field."""
    texts, _ = held_out(next(iter(chosen.values())), "test", 1, int(np.random.default_rng().integers(2**31)))
    if texts:
        st.session_state["translate_text"] = texts[0]


def held_out(trained: panels.Trained, split: str, n: int, seed: int = 0) -> tuple[list[str], list[str]]:
    """Texts that a translator was not trained on, and their translations; none where the user's own are gone."""
    arguments = trained.record["arguments"]
    try:
        return text_pairs.pairs(
            trained.dataset, split, arguments["source_language"], arguments["target_language"], n, seed
        )
    except (ValueError, OSError):
        return [], []


# One text.


def answered(chosen: dict[str, panels.Trained], text: str):
    """The answers, the alignment and the candidates."""
    answers = {lesson: first_of(trained.model.translate(text=[text])) for lesson, trained in chosen.items()}
    where_looked = heat_map(answers[WITH_ATTENTION]) if WITH_ATTENTION in answers else ""  # all comes at once
    for column, (lesson, answer) in zip(st.columns(len(answers), gap="medium"), answers.items(), strict=True):
        with column:
            said = html.escape(answer["text"].decode()) or "<i>nothing</i>"
            st.html(
                f'<div style="border-left: 4px solid {COLOURS[lesson]}; padding: .1rem 0 .1rem .8rem">'
                f'<div style="opacity: .7; font-size: .9rem">{TITLES[lesson]}</div>'
                f'<div style="font-size: 1.6rem; font-weight: 600; overflow-wrap: anywhere">{said}</div></div>'
            )
            st.caption(likelihood(answer["log_probability"]))
    noted = st.container()
    if where_looked:
        st.html(where_looked)
        st.caption(
            "Row by row what is written, and in it **how much each piece of the text was looked at**; a row's weights "
            "sum to 1. `·` is the space before a piece, `⏎` the end. Through the single state there is nothing to look "
            "at."
        )
    for remark in dict.fromkeys(remark for answer in answers.values() for remark in remarks(text, answer["source"])):
        noted.caption(f":material/info: {remark}")
    prefix, width = candidates(chosen, text)
    lesson, trained = next(iter(chosen.items()))
    alignment = [
        "from PIL import Image",
        "from dlsuite.attention import alignments",
        'Image.fromarray(alignments.sheet(answer["source"], answer["target"], answer["attention"]))',
    ]
    panels.notebook_lines(
        trained,
        [
            f"text = {text!r}",
            "answer = model.translate(text=[text])",
            'answer["text"][0].decode()',
            f"found = model.candidates(text=[text], prefix=[{prefix!r}], width={width})",
            *(alignment if lesson == WITH_ATTENTION else []),
        ],
    )


def first_of(answer: dict[str, np.ndarray]) -> dict:
    """The first row of each of an answer's arrays."""
    return {name: values[0] for name, values in answer.items()}


def likelihood(log_p: float) -> str:
    """How sure a translator is of a translation."""
    p = share(float(np.exp(log_p)))
    return f"log p(y | x) = {log_p:.3g}: it gives these pieces {p} of all probability, right or wrong."


def share(p: float) -> str:
    """A probability as a percentage, as exact as its distance from 0 and from 100 % asks for."""
    if p < 0.0005:
        return f"{100 * p:.1g} %" if p > 1e-9 else "next to nothing"
    return f"{100 * p:.1f} %" if p < 0.9995 else f"{100 * min(p, 0.99999):.3f} %"


def remarks(text: str, pieces: np.ndarray) -> list[str]:
    """What of the text a translator has not read: sentences, of the pieces that it has, bytes, padded."""
    from dlsuite.attention import subwords

    composed = unicodedata.normalize("NFC", text)  # as the translator reads it
    read = "".join(word.decode() for word in subwords.split([composed]).flat_values.numpy())
    at, unknown = 0, []
    for piece in (piece.decode() for piece in pieces if piece not in (b"", b"<end>")):
        if piece == subwords.SPECIAL[subwords.UNKNOWN]:
            unknown.append(read[at])
            at += 1
        else:
            at += len(piece)
    said = []
    if at < len(read) or len(text) > subwords.LONGEST_TEXT:
        beyond = read[max(0, at - 12) : at].replace("▁", " ").strip()
        said.append(
            f"The text is too long: it was cut off after {max(0, at - 1):,} of its {len(text):,} characters, at “…"
            f"{beyond}”."
        )
    if unknown:
        distinct = list(dict.fromkeys(unknown))
        shown = " ".join(named(character) for character in distinct[:20])
        said.append(
            f"It has never seen {shown}{' …' if len(distinct) > 20 else ''}: to it, unknown characters are all alike."
        )
    return said


def named(character: str) -> str:
    """A character in Markdown, by its name where it cannot be seen."""
    if character == "`":
        return "`` ` ``"
    return (
        f"`{character}`" if character.isprintable() else unicodedata.name(character, f"U+{ord(character):04X}").lower()
    )


def labels(pieces: np.ndarray) -> list[str]:
    """Pieces for an axis, as people read them."""
    written = (piece.decode() for piece in pieces if piece)
    return [{"<end>": "⏎"}.get(piece, piece.replace("▁", "·")) for piece in written]


def heat_map(answer: dict) -> str:
    """Where was looked at for each piece of the translation: a table in HTML, small, since every text has another."""
    source, target = labels(answer["source"]), labels(answer["target"])
    head = "".join(f"<th>{html.escape(label)}</th>" for label in source)
    rows = [
        f"<tr><th>{html.escape(written)}</th>{''.join(map(cell, weights[: len(source)]))}</tr>"
        for written, weights in zip(target, answer["attention"].tolist(), strict=False)
    ]
    kind = "alignment words" if max(map(len, source)) > 2 else "alignment"
    return (
        f'<div class="{kind}"><table aria-label="Weights of the attention"><tr><td></td>{head}</tr>'
        f"{''.join(rows)}</table></div>"
    )


def cell(weight: float) -> str:
    """A weight, as colour; as a number where the pointer rests."""
    return f'<td style="--weight:{100 * weight:.1f}%" title="{weight:.3f}"></td>' if weight >= SEEN else "<td></td>"


def candidates(chosen: dict[str, panels.Trained], text: str) -> tuple[str, int]:
    """What a beam finds, from a beginning that may be forced; that beginning, and the beam's width."""
    st.markdown("##### Candidates of a beam")
    left, right = st.columns(2, gap="medium")
    width = left.slider(
        "Width",
        1,
        10,
        5,
        key="translate_width",
        bind="query-params",
        help="So many beginnings are kept at each piece; 1 is greedy search. Sentences are ranked by log p / length.",
    )
    prefix = right.text_input(
        "It must begin with",
        key="translate_prefix",
        bind="query-params",
        max_chars=200,
        placeholder="such as 20" if know_dates(chosen) else "its first words",
        help="Force a beginning, and let the translator go on.",
    )
    for column, (lesson, trained) in zip(st.columns(len(chosen), gap="medium"), chosen.items(), strict=True):
        found = first_of(trained.model.candidates(text=[text], prefix=[prefix], width=width))
        rows = [
            {"translation": said.decode() or "nothing", "log p": float(log_p), "p": share(float(np.exp(log_p)))}
            for said, log_p in zip(found["text"], found["log_probability"], strict=True)
            if log_p > NEVER
        ]
        with column:
            st.markdown(f"{TITLES[lesson]}{', after what is forced' if prefix.strip() else ''}")
            st.dataframe(
                rows,
                hide_index=True,
                width="stretch",
                column_config={"log p": st.column_config.NumberColumn(format="%.3g", help="In nats.")},
            )
            best = found["target"][0]
            if "⁇".encode() in best:
                st.caption(f"“{prefix[:40]}” has characters that no translation had: it is forced to `⁇` there.")
            if prefix.strip() and b"<end>" not in best:
                st.caption("Nothing comes to an end after that: all was cut off at the longest that it writes.")
    return prefix, width


# Many texts.


def by_length(chosen: dict[str, panels.Trained]):
    """How good both are on held-out texts, by the texts' length."""
    st.markdown("##### Does the single state become too small?")
    rows = [
        {"kind": TITLES[lesson], **row}
        for lesson, trained in chosen.items()
        for row in quality_by_length(trained.source, trained.model, trained)
    ]
    if not rows:
        st.caption("The texts that these were to be measured on are no longer there.")
        return
    measure = BLEU if any(row["measure"] == BLEU for row in rows) else EXACT
    drawn = [row for row in rows if row["measure"] == measure]  # dates beside sentences have no common axis
    said = []
    for lesson in chosen:
        of_lesson = [row for row in rows if row["kind"] == TITLES[lesson]]
        for split in dict.fromkeys(row["texts"] for row in of_lesson):
            parts = [row for row in of_lesson if row["texts"] == split]
            count = sum(row["count"] for row in parts)
            mean = sum(row["count"] * row["value"] for row in parts) / count
            is_exact = parts[0]["measure"] == EXACT
            figure = (
                f"{mean:.1%} exactly right of {count}" if is_exact else f"{mean:.1f} BLEU, the mean over their lengths"
            )
            said.append(f"**{TITLES[lesson]}**, {split}: {figure}.")
    if measure == BLEU or any(row["value"] < 1 for row in drawn):
        what, chart = st.columns([1, 2], gap="large")
        chart.vega_lite_chart(length_chart(drawn, measure), width="stretch", key="translate_length")
        places = [what] * len(said)
    else:  # all are right: there would be one line, at the top
        places, what = st.columns(len(said), gap="large"), st.container()
    for place, sentence in zip(places, said, strict=True):
        place.markdown(sentence)
    what.caption(
        "One vector has to hold all of the text, however long; with attention nothing has to be held. "
        + (
            "A date is short enough for one vector. Sentences are not: train both on pairs of your own, and choose "
            "them above."
            if measure == EXACT
            else "What one vector cannot hold is lost first where sentences are long. BLEU by sacrebleu: "
            f"`{drawn[0]['signature']}`."
        )
    )


EXACT, BLEU = "exactly right", "BLEU"


@st.cache_data(show_spinner="Translating held-out texts …", max_entries=20)
def quality_by_length(source: str, _model, _trained) -> list[dict]:
    """The share that is exactly right, or BLEU for sentences, of held-out texts by their number of characters."""
    if _trained.dataset != "dates":
        texts, references = held_out(_trained, "test", MEASURED)
        return bleu_by_length(_model, texts, references) if texts else []
    rows = []
    for split, said in (("test", "formats it has learned"), ("unseen_formats", "formats it has not")):
        texts, references = dates.pairs(split, MEASURED, seed=0)
        is_right = translations(_model, texts) == np.array(references)
        bins = np.array([len(text) // 5 * 5 for text in texts])
        for low in np.unique(bins):
            rows.append(
                {
                    "length": int(low) + 2.5,
                    "characters": f"{low} to {low + 4}",
                    "value": float(is_right[bins == low].mean()),
                    "count": int(np.sum(bins == low)),
                    "texts": said,
                    "measure": EXACT,
                }
            )
    return rows


def bleu_by_length(model, texts: list[str], references: list[str]) -> list[dict]:
    """BLEU of sentences, in bins of as many sentences each."""
    from dlsuite.attention import bleu

    written, lengths = translations(model, texts), np.array([len(text) for text in texts])
    rows = []
    for part in np.array_split(np.argsort(lengths, kind="stable"), min(SENTENCE_BINS, len(texts))):
        value, signature = bleu.reported([written[i] for i in part], [[references[i]] for i in part], lowercase=True)
        rows.append(
            {
                "length": float(lengths[part].mean()),
                "characters": f"{lengths[part].min()} to {lengths[part].max()}",
                "value": value,
                "count": len(part),
                "texts": f"{len(texts)} test sentences",
                "measure": BLEU,
                "signature": signature,
            }
        )
    return rows


def translations(model, texts: list[str]) -> np.ndarray:
    """Texts, translated greedily: an array of str."""
    return np.array([text.decode() for text in model.translate(text=texts)["text"]])


def length_chart(rows: list[dict], measure: str) -> dict:
    """Quality over length: a line for each translator and kind of texts."""
    top = 1 if measure == EXACT else None
    of_kinds = {"orient": "bottom", "title": None, "symbolType": "stroke", "symbolStrokeColor": panels.GREY}
    return {
        "data": {"values": rows},
        "height": 360,
        "mark": {"type": "line", "point": {"size": 60, "filled": True}, "strokeWidth": 2},
        "encoding": {
            "x": {
                "field": "length",
                "type": "quantitative",
                "title": "characters of the text",
                "scale": {"zero": False, "padding": 12},
            },
            "y": {
                "field": "value",
                "type": "quantitative",
                "title": measure,
                "scale": {"domain": [0, top] if top else {"unionWith": [0]}},
                "axis": {"format": "%"} if top else {},
            },
            "color": {
                "field": "kind",
                "type": "nominal",
                "scale": {"domain": list(TITLES.values()), "range": list(COLOURS.values())},
                "legend": {"orient": "top", "title": None, "values": list(dict.fromkeys(row["kind"] for row in rows))},
            },
            "strokeDash": {
                "field": "texts",
                "type": "nominal",
                "sort": None,
                "legend": of_kinds if len({row["texts"] for row in rows}) > 1 else None,
            },
            "tooltip": [
                {"field": "kind", "title": "translator"},
                {"field": "texts", "title": "texts"},
                {"field": "characters"},
                {"field": "value", "title": measure, "format": ".1%" if top else ".1f"},
                {"field": "count", "title": "texts measured"},
            ],
        },
    }
