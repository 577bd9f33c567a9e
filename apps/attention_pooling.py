"""The attention page's view of pooling: signals whose shapes must know of each other, and where each place looks."""

from pathlib import Path

import numpy as np
import panels
import streamlit as st
import trouble

from dlsuite import runs
from dlsuite.data import shapes1d

LESSON = "attention.pooling"
DOCS = Path(__file__).resolve().parents[1] / "docs"
LINES = {"signal": panels.GREY, "target": panels.COLD, "prediction": panels.WARM}
SMALLEST = 0.002
"""Weights below are not drawn."""
BLACK = 0.25
"""The weight that is drawn darkest."""
KINDS = {
    "self": "every place asks by what is there",
    "context": "one learned question for all places",
    "spatial": "by the places alone, whatever is there",
    "none": "a convolution of as many weights",
}
SCORES = ("scaled", "projected", "dot", "additive")
EPOCHS = 15
"""Of a training that the button starts."""


def attention():
    """The whole view: one signal, two networks, and a button that trains another."""
    st.markdown(
        "Give every shape the **mean height of its kind**: triangles that of the triangles, rectangles that of the "
        "rectangles. A convolution sees a few places and cannot know of the other shapes; **attention** takes a mean "
        "over all places, weighed by how well they answer what a place asks for."
    )
    controls, screen = st.columns([1, 3], gap="large")
    with controls:
        seed, place = signal_input()
        chosen = [
            panels.choose_model([LESSON], first, label=label, key=key, fits=fits)
            for first, label, key, fits in (
                (LESSON, "Attention", "pooling_model", lambda arguments: arguments["attention"] != "none"),
                (f"{LESSON}-convolution", "Beside it", "pooling_beside", lambda arguments: True),
            )
        ]
    signal, target = (each[0] for each in shapes1d.sample(1, seed))
    with screen:
        for column, key, trained in zip(st.columns(2, gap="medium"), ("one", "other"), chosen, strict=True):
            with column:
                if trained is not None:
                    show(trained, signal, target, place, key)
        if chosen[0] is not None:
            panels.notebook_lines(
                chosen[0],
                [
                    "from dlsuite.attention import signal_sheet",
                    "from dlsuite.data import shapes1d",
                    "from PIL import Image",
                    f"signals, targets = shapes1d.sample(1, seed={seed})",
                    "answer = model.predict(signals=signals)",
                    f'answer["weights"][0, {place}]  # where place {place} looks',
                    'Image.fromarray(signal_sheet.sheet(signals, targets, answer["prediction"], answer["weights"]))',
                ],
            )
    st.divider()
    train_another()
    recorded()


def signal_input() -> tuple[int, int]:
    """Which signal, and which of its places."""
    seed = st.slider(
        "Signal",
        0,
        500,
        0,
        key="pooling_seed",
        bind="query-params",
        help="Each number is another signal that no network was trained on.",
    )
    shapes = shapes1d.shapes(1, seed)
    if st.session_state.get("pooling_shown") != seed:  # another signal: look from the middle of its first shape
        if "pooling_shown" in st.session_state or "pooling_place" not in st.query_params:
            st.session_state["pooling_place"] = int(shapes.centre[0, 0])
        st.session_state["pooling_shown"] = seed
    place = st.slider(
        "Place",
        0,
        shapes1d.LENGTH - 1,
        key="pooling_place",
        bind="query-params",
        help="Where does this place look? Click on the weights, or hover over the signal, to ask others.",
    )
    return seed, place


def show(trained: panels.Trained, signal: np.ndarray, target: np.ndarray, place: int, key: str):
    """What one network answers, and where the place looks."""
    arguments = trained.record["arguments"]
    answer = {name: value[0] for name, value in trained.model.predict(signals=signal[None]).items()}
    weights = answer.get("weights")
    with_positions = ", with positions" if arguments["positions"] != "none" else ""
    if weights is None:
        st.markdown(f"##### Convolution{with_positions}")
    else:
        st.markdown(f"##### {arguments['attention'].capitalize()} attention, {arguments['score']}{with_positions}")
    error = float(np.mean((answer["prediction"] - target) ** 2))
    unchanged = float(np.mean((signal - target) ** 2))
    st.metric(
        "Mean squared error",
        f"{1000 * error:.2f} · 10⁻³",
        f"{1000 * unchanged:.2f} · 10⁻³ if left unchanged",
        delta_color="off",
        delta_arrow="off",
    )
    curves = {"signal": signal, "target": target, "prediction": answer["prediction"]}
    st.vega_lite_chart(signal_chart(curves, weights, place), width="stretch", key=f"pooling_signal_{key}")
    st.vega_lite_chart(
        weight_chart(weights, place),
        width="stretch",
        key=f"pooling_weights_{key}",
        on_select=lambda: go_to(f"pooling_weights_{key}"),
        selection_mode="click",
    )
    st.caption(told(weights, place))


def go_to(key: str) -> None:
    """Callback: look from the row of the weights that was clicked on."""
    points = st.session_state[key]["selection"].get("click", [])
    if points:
        st.session_state["pooling_place"] = int(points[0]["j"])


def told(weights: np.ndarray | None, place: int) -> str:
    """Where a place looks, in a sentence."""
    if weights is None:
        reach = receptive_field() // 2
        low, high = max(0, place - reach), min(shapes1d.LENGTH - 1, place + reach)
        return f"No weights: place {place} sees the places {low} to {high}, and nothing else has any effect on it."
    row = weights[place]
    order = np.argsort(row)[::-1]
    half = order[: 1 + int(np.searchsorted(np.cumsum(row[order]), 0.5))]
    spans = ", ".join(str(each) for each in sorted(half.tolist())[:12]) + (" …" if len(half) > 12 else "")
    return f"Half of what place {place} takes comes from {len(half)} of {len(row)} places: {spans}."


def receptive_field() -> int:
    """How many places the convolution sees."""
    from dlsuite.attention import pooling

    return pooling.RECEPTIVE_FIELD


def weight_rows(weights: np.ndarray) -> list[dict]:
    """Weights for a chart, without the smallest."""
    rows, columns = np.nonzero(weights >= SMALLEST)
    return [
        {"j": j, "i": i, "weight": round(weight, 4)}
        for j, i, weight in zip(rows.tolist(), columns.tolist(), weights[rows, columns].tolist(), strict=True)
    ]


PLACES = {"type": "quantitative", "scale": {"domain": [0, shapes1d.LENGTH - 1], "nice": False}}


def signal_chart(curves: dict[str, np.ndarray], weights: np.ndarray | None, place: int) -> dict:
    """The signal, its target and the prediction; beneath them where the place under the pointer looks."""
    rows = [
        {"i": i, "height": round(float(height), 4), "what": name}
        for name, curve in curves.items()
        for i, height in enumerate(curve)
    ]
    x = PLACES | {"field": "i", "title": None}
    y = {
        "field": "height",
        "type": "quantitative",
        "title": "height",
        "scale": {"domain": [-0.55, 1.1], "nice": False},
        "axis": {"values": [0, 0.5, 1], "minExtent": 34, "maxExtent": 34},
    }
    colors = {"domain": list(LINES), "range": list(LINES.values())}
    hovered = {
        "name": "at",
        "select": {"type": "point", "fields": ["j"], "nearest": True, "on": "pointermove", "clear": "pointerout"},
        "value": [{"j": place}],
    }
    under = -0.5
    if weights is None:
        reach = receptive_field() // 2
        sights = [
            {"j": j, "from": max(0, j - reach), "to": min(shapes1d.LENGTH - 1, j + reach), "height": under, "top": -0.2}
            for j in range(shapes1d.LENGTH)
        ]
        sight = {
            "data": {"values": sights},
            "transform": [{"filter": {"param": "at"}}],
            "mark": {"type": "rect", "color": panels.GREY, "opacity": 0.5},
            "encoding": {"x": x | {"field": "from"}, "x2": {"field": "to"}, "y": y, "y2": {"field": "top"}},
        }
    else:
        tallest = float(weights.max())
        bars = [row | {"height": under, "top": under + 0.42 * row["weight"] / tallest} for row in weight_rows(weights)]
        sight = {
            "data": {"values": bars},
            "transform": [{"filter": {"param": "at"}}],
            "mark": {"type": "rule", "color": panels.WARM, "strokeWidth": 3},
            "encoding": {"x": x, "y": y, "y2": {"field": "top"}},
        }
    return {
        "height": 250,
        "layer": [
            {
                "data": {"values": rows},
                "mark": {"type": "line", "strokeWidth": 2, "clip": True},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": {
                        "field": "what",
                        "type": "nominal",
                        "scale": colors,
                        "legend": {"orient": "top", "title": None, "symbolOpacity": 1},
                    },
                },
            },
            {
                "data": {"values": [{"j": j} for j in range(shapes1d.LENGTH)]},
                "params": [hovered],
                "mark": {"type": "rule", "strokeWidth": 1.5, "strokeDash": [4, 3], "color": panels.GREY},
                "encoding": {
                    "x": x | {"field": "j"},
                    "opacity": {"condition": {"param": "at", "value": 1, "empty": False}, "value": 0},
                },
            },
            sight,
        ],
    }


def weight_chart(weights: np.ndarray | None, place: int) -> dict:
    """Row j shows where place j looks; a click chooses the row."""
    x = PLACES | {"title": "i: what is looked at"}
    y = PLACES | {
        "title": "j: who looks",
        "scale": {"domain": [shapes1d.LENGTH - 0.5, -0.5], "nice": False},
        "axis": {"minExtent": 34, "maxExtent": 34, "tickCount": 5},
    }
    x = x | {"scale": {"domain": [-0.5, shapes1d.LENGTH - 0.5], "nice": False}}
    if weights is None:
        reach = receptive_field() // 2
        last = shapes1d.LENGTH - 1
        cells = [
            {"j": j, "left": max(0, j - reach) - 0.5, "right": min(last, j + reach) + 0.5, "shade": 0.08}
            for j in range(shapes1d.LENGTH)
        ]
    else:
        cells = [
            row | {"left": row["i"] - 0.5, "right": row["i"] + 0.5, "shade": row["weight"]}
            for row in weight_rows(weights)
        ]
    cells = [cell | {"top": cell["j"] - 0.5, "bottom": cell["j"] + 0.5} for cell in cells]
    click = {"name": "click", "select": {"type": "point", "fields": ["j"], "toggle": False}}
    shown = [{"field": "j", "title": "place j"}]
    if weights is not None:
        shown += [{"field": "i", "title": "looks at place i"}, {"field": "weight", "title": "with weight"}]
    return {
        "height": 300,
        "layer": [
            {
                "data": {"values": [{"j": j, "top": j - 0.5, "bottom": j + 0.5} for j in range(shapes1d.LENGTH)]},
                "params": [click],
                "mark": {"type": "rect", "opacity": 0.001, "color": panels.GREY},
                "encoding": {"y": y | {"field": "top"}, "y2": {"field": "bottom"}},
            },
            {
                "data": {"values": cells},
                "mark": {"type": "rect", "color": panels.WARM if weights is not None else panels.GREY},
                "encoding": {
                    "x": x | {"field": "left"},
                    "x2": {"field": "right"},
                    "y": y | {"field": "top"},
                    "y2": {"field": "bottom"},
                    "opacity": {
                        "field": "shade",
                        "type": "quantitative",
                        "scale": {"domain": [0, BLACK], "range": [0, 1], "clamp": True},
                        "legend": None,
                    },
                    "tooltip": shown,
                },
            },
            {
                "data": {"values": [{"j": place}]},
                "mark": {"type": "rule", "color": panels.GREY, "strokeDash": [4, 3]},
                "encoding": {"y": y | {"field": "j"}},
            },
        ],
    }


def train_another():
    """Train a network of another kind, here and now, and watch it."""
    st.markdown("##### Train another kind")
    left, middle, right, button = st.columns([2, 2, 2, 2], vertical_alignment="bottom")
    kind = left.selectbox(
        "Attention of",
        list(KINDS),
        1,
        key="pooling_kind",
        bind="query-params",
        help="; ".join(f"**{name}**: {said}" for name, said in KINDS.items()),
    )
    score = middle.selectbox("Score", SCORES, key="pooling_score", bind="query-params", disabled=kind == "none")
    positions = right.selectbox(
        "Positions",
        ["none", "sinusoidal"],
        key="pooling_positions",
        bind="query-params",
        help="What is added to the vectors that are attended to.",
    )
    arguments = {"attention": kind, "score": score, "positions": positions, "epochs": EPOCHS}
    is_live = any(run.is_alive for run in panels.runs_of([LESSON]))
    if button.button(
        "Train it",
        icon=":material/play_arrow:",
        type="primary",
        key="pooling_train",
        disabled=is_live,
        help="One training at a time." if is_live else "Takes some seconds.",
        width="stretch",
    ):
        path = panels.start_training(LESSON, arguments)
        if path is not None:
            trouble.wait_for(path)
            st.rerun()
    run = trouble.run_of(LESSON, arguments)
    if run is not None:
        st.fragment(watch, run_every=panels.LIVE_SECONDS if run.is_alive else None)(run, run.is_alive)


def watch(run: runs.Run, was_live: bool):
    """The newest run of the kind that is chosen: how far it is, and what it has learned so far."""
    try:
        state, error = run.state_and_error
        if was_live and state != "running":
            st.rerun()  # the whole page, where it can be chosen now
        if error:
            st.error(error)
        record, rows = run.record, run.steps()
        total = record.get("epochs", 0) * record.get("steps_per_epoch", 0)
        if state == "running":
            done = rows[-1]["step"] / total if rows and total else 0.0
            st.progress(
                min(1.0, done), "Loading TensorFlow …" if not rows else f"step {rows[-1]['step']:,.0f} of {total:,}"
            )
        elif state == "finished":
            st.caption(f"Trained; choose it above as *Attention* or *Beside it*: {run.title}")
        picture, chart = st.columns(2, gap="medium")
        with picture:
            panels.film(run, is_live=state == "running", key="pooling")
        with chart:
            panels.losses({"": rows})
    except (runs.RunError, OSError) as problem:
        st.error(str(problem))


def recorded():
    """All kinds and scores, measured over seeds, and what they look like."""
    with st.expander("Every kind and every score, over three seeds", icon=":material/casino:"):
        text, _, _ = (DOCS / "attention_pooling.md").read_text("utf-8").partition("\n## ")  # pictures follow
        st.markdown(text)
        st.image(str(DOCS / "pictures" / "attention_pooling.png"), width="stretch")
