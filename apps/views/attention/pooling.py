"""The attention page's *Attention*: signals whose shapes must know of each other, and where each place looks."""

import numpy as np
import streamlit as st

from dlsuite.data import shapes1d
from panels import charts, export, models, recorded
from views.attention import pooling_training
from views.attention.pooling_charts import receptive_field, signal_chart, weight_chart

LESSON = "attention.pooling"
TITLES = {"self": "Self-attention", "context": "Context attention", "spatial": "Spatial attention"}


def show():
    """The whole view: one signal, two networks, and a button that trains another."""
    st.markdown(
        "Give every shape the **mean height of its kind**: triangles that of the triangles, rectangles that of the "
        "rectangles. A convolution sees a few places and cannot know of the other shapes; **attention** takes a mean "
        "over all places, weighed by how well they answer what a place asks for."
    )
    controls, screen = st.columns([1, 3], gap="large")
    with controls:
        if "pooling_finished" in st.session_state:
            pooling_training.show_beside(st.session_state.pop("pooling_finished"))
        seed, place = signal_input()
        chosen = [
            models.choose([LESSON], first, label=label, key=key, fits=fits)
            for first, label, key, fits in (
                (LESSON, "Attention", "pooling_model", lambda arguments: arguments["attention"] != "none"),
                (f"{LESSON}-convolution", "Compare with", "pooling_beside", lambda arguments: True),
            )
        ]
    signal, target = (each[0] for each in shapes1d.sample(1, seed))
    with screen:
        for column, key, trained in zip(st.columns(2, gap="medium"), ("one", "other"), chosen, strict=True):
            with column:
                if trained is not None:
                    answered(trained, signal, target, place, key)
        if chosen[0] is not None:
            export.notebook_lines(
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
    pooling_training.show(LESSON)
    over_seeds()


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


def answered(trained: models.Trained, signal: np.ndarray, target: np.ndarray, place: int, key: str):
    """What one network answers, and where the place looks."""
    arguments = trained.record["arguments"]
    answer = {name: value[0] for name, value in trained.model.predict(signals=signal[None]).items()}
    weights = answer.get("weights")
    with_positions = ", with positions" if arguments["positions"] != "none" else ""
    if weights is None:
        st.markdown(f"##### Convolution{with_positions}")
    else:
        st.markdown(f"##### {TITLES[arguments['attention']]}, {arguments['score']}{with_positions}")
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
    charts.draw(signal_chart(curves, weights, place), key=f"pooling_signal_{key}")
    charts.draw(
        weight_chart(weights, place),
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
    return (
        f"Half of what place {place} takes comes from {len(half)} of {len(row)} places: {ranges(np.sort(half))}. The "
        "bars beneath the signal are its weights; the largest is drawn full."
    )


def ranges(places: np.ndarray, most: int = 8) -> str:
    """Ascending places for people: 3, 10–14, 20."""
    runs_of_places = np.split(places, np.flatnonzero(np.diff(places) > 1) + 1)
    shown = [f"{run[0]}–{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs_of_places[:most]]
    return ", ".join(shown) + (" and others" if len(runs_of_places) > most else "")


def over_seeds():
    """All kinds and scores, measured over seeds, and what they look like."""
    with st.expander("Every kind and every score, over three seeds", icon=":material/casino:"):
        st.markdown(recorded.text("attention_pooling"))
        st.image(str(recorded.PICTURES / "attention_pooling.png"), width="content")
        st.caption(
            "Seed 0 on one signal: convolution, spatial, context and self-attention. The spatial one has learned to "
            "weigh all places alike, which is average pooling: even that tells of all shapes, and leaves the division "
            "by their number to the convolutions behind it."
        )
