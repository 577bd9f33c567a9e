"""The charts of *Attention*: a signal with what is made of it, and the weights of all its places."""

import numpy as np

from dlsuite.data import shapes1d
from panels import charts

LINES = {"signal": charts.GREY, "target": charts.COLD, "prediction": charts.WARM}
SMALLEST = 0.002
"""Weights below are not drawn."""
BLACK = 0.1
"""The weight that is drawn darkest."""
UNDER = -0.5
"""The height from which the weights of the place under the pointer are drawn."""
DASHED = {"strokeDash": [4, 3], "color": charts.GREY}
PLACES = {"type": "quantitative", "scale": {"domain": [0, shapes1d.LENGTH - 1], "nice": False}}


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


def sights() -> list[tuple[int, int, int]]:
    """Of the convolution: each place, and the first and the last of those that it sees."""
    reach, last = receptive_field() // 2, shapes1d.LENGTH - 1
    return [(j, max(0, j - reach), min(last, j + reach)) for j in range(shapes1d.LENGTH)]


def signal_chart(curves: dict[str, np.ndarray], weights: np.ndarray | None, place: int) -> dict:
    """The signal, its target and the prediction; beneath them where the place under the pointer looks."""
    rows = [
        {"i": i, "height": round(float(height), 4), "what": name}
        for name, curve in curves.items()
        for i, height in enumerate(curve)
    ]
    places = [{"j": j} for j in range(shapes1d.LENGTH)]
    x = PLACES | {"field": "i", "title": None}
    ticks = charts.ALIGNED | {"values": [0, 0.5, 1]}
    y = charts.number("height", "height", axis=ticks, domain=[-0.55, 1.1], nice=False)
    hovered = {
        "name": "at",
        "select": {"type": "point", "fields": ["j"], "nearest": True, "on": "pointermove", "clear": "pointerout"},
        "value": [{"j": place}],
    }
    rule = {"x": x | {"field": "j"}, "opacity": {"condition": {"param": "at", "value": 1, "empty": False}, "value": 0}}
    if weights is None:
        seen = [{"j": j, "from": first, "to": last, "height": UNDER, "top": -0.2} for j, first, last in sights()]
        between = {"x": x | {"field": "from"}, "x2": {"field": "to"}, "y": y, "y2": {"field": "top"}}
        sight = charts.layer("rect", seen, between, color=charts.GREY, opacity=0.5)
    else:
        tallest = weights.max(axis=-1)
        bars = [
            row | {"height": UNDER, "top": UNDER + 0.42 * row["weight"] / float(tallest[row["j"]])}
            for row in weight_rows(weights)
        ]
        upward = {"x": x, "y": y, "y2": {"field": "top"}}
        sight = charts.layer("rule", bars, upward, color=charts.WARM, strokeWidth=3)
    line = {"x": x, "y": y, "color": charts.colours("what", LINES, symbolOpacity=1)}
    return charts.chart(
        250,
        charts.layer("line", rows, line, strokeWidth=2, clip=True),
        charts.layer("rule", places, rule, strokeWidth=1.5, **DASHED) | {"params": [hovered]},
        sight | {"transform": [{"filter": {"param": "at"}}]},
    )


def weight_chart(weights: np.ndarray | None, place: int) -> dict:
    """Row j shows where place j looks; a click chooses the row."""
    first, last = -0.5, shapes1d.LENGTH - 0.5
    ticks = charts.ALIGNED | {"tickCount": 5}
    x = PLACES | {"title": "i: what is looked at", "scale": {"domain": [first, last], "nice": False}}
    y = PLACES | {"title": "j: who looks", "scale": {"domain": [last, first], "nice": False}, "axis": ticks}
    high = {"y": y | {"field": "top"}, "y2": {"field": "bottom"}}
    wide = {"x": x | {"field": "left"}, "x2": {"field": "right"}}
    if weights is None:
        seen = [{"j": j, "left": first - 0.5, "right": last + 0.5} for j, first, last in sights()]
        band = wide | {"y": y | {"field": "j"}}
        sight = charts.layer("area", seen, band, orient="horizontal", color=charts.GREY, opacity=0.5)
    else:
        cells = [
            row | {"left": row["i"] - 0.5, "right": row["i"] + 0.5, "top": row["j"] - 0.5, "bottom": row["j"] + 0.5}
            for row in weight_rows(weights)
        ]
        shade = charts.number("weight", None, domain=[0, BLACK], range=[0, 1], clamp=True) | {"legend": None}
        tooltip = [
            {"field": "j", "title": "place j"},
            {"field": "i", "title": "looks at place i"},
            {"field": "weight", "title": "with weight"},
        ]
        sight = charts.layer("rect", cells, wide | high | {"opacity": shade, "tooltip": tooltip}, color=charts.WARM)
    whole = [{"j": j, "top": j - 0.5, "bottom": j + 0.5} for j in range(shapes1d.LENGTH)]
    clicked = {"name": "click", "select": {"type": "point", "fields": ["j"], "toggle": False}}
    rows = charts.layer("rect", whole, high, opacity=0.001, color=charts.GREY) | {"params": [clicked]}
    here = charts.layer("rule", [{"j": place}], {"y": y | {"field": "j"}}, **DASHED)
    # Above the cells, which know their rows themselves, the rows would hide what the cells tell the pointer.
    return charts.chart(300, *([sight, rows, here] if weights is None else [rows, sight, here]))
