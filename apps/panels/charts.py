"""Charts: their colours, the parts that Vega-Lite makes them of, and the curves of a training.

A chart is the dictionary that Vega-Lite reads. Altair would write the same one, but checks it against its schema at
every run of the page, and every slider would wait for that.
"""

import numpy as np
import streamlit as st

WARM, COLD, GREY, GREEN = "#d95f0e", "#386cb0", "#8b95a1", "#41ab5d"
DOTTED = {"point": {"size": 60, "filled": True}, "strokeWidth": 2}
"""Of a line: with a dot at each of its values."""
ALIGNED = {"minExtent": 34, "maxExtent": 34}
"""Of an axis: charts above each other begin at the same place."""


def number(field: str, title: str | list[str] | None, *, axis: dict | None = None, **scale) -> dict:
    """A number of each row along an axis.

    Args:
        field: its name in the row.
        title: the axis's.
        axis: the axis's other properties.
        scale: the scale's, such as `domain`.
    """
    parts = {"field": field, "type": "quantitative", "title": title}
    return parts | ({"axis": axis} if axis else {}) | ({"scale": scale} if scale else {})


def colours(field: str, of_values: dict[str, str], **legend) -> dict:
    """A colour for each value that the rows have, with a legend at the top."""
    scale = {"domain": list(of_values), "range": list(of_values.values())}
    return {"field": field, "type": "nominal", "scale": scale, "legend": {"orient": "top", "title": None} | legend}


def layer(mark: str, rows: list[dict] | None, encoding: dict, **style) -> dict:
    """A mark for each row, or for those of the whole chart; `style` says what all of them look like."""
    data = {} if rows is None else {"data": {"values": rows}}
    return data | {"mark": {"type": mark} | style, "encoding": encoding}


def chart(height: int | dict, *layers: dict) -> dict:
    """A chart of one layer, or of several over each other; `height` in pixels."""
    return {"height": height} | (layers[0] if len(layers) == 1 else {"layer": list(layers)})


def draw(chart: dict, place=st, **arguments) -> None:
    """Show a chart as wide as its place."""
    place.vega_lite_chart(chart, width="stretch", **arguments)


def table(curves: dict[str, tuple]) -> list[dict]:
    """Curves by their names, each its x and its y, as rows of `x`, `y` and the name as `what`."""
    return [
        {"x": float(x), "y": float(y), "what": name}
        for name, (xs, ys) in curves.items()
        for x, y in zip(xs, ys, strict=True)
    ]


def without_extremes(values) -> list[float]:
    """The domain of an axis for nearly all values; the wild first steps would flatten all that follows."""
    low, high = np.quantile(values, [0.02, 0.98])
    margin = 0.1 * (high - low) or 1.0
    return [low - margin, high + margin]


def losses(tables: dict[str, list[dict[str, float]]]) -> None:
    """Curves of the rows of steps.csv, by the runs' labels: the losses in one chart, all other values in a second."""
    names = dict.fromkeys(name for rows in tables.values() for name in (rows[0] if rows else {}))
    names = [name for name in names if name not in ("step", "epoch", "seconds")]
    for group in (
        [name for name in names if name.endswith("loss")],
        [name for name in names if not name.endswith("loss")],
    ):
        values = [
            {"step": row["step"], "value": row[name], "what": f"{label} {name.replace('_', ' ')}".strip()}
            for label, rows in tables.items()
            for row in _thinned(rows)
            for name in group
            if name in row
        ]
        if values:
            _curves(values)


def _thinned(rows: list[dict[str, float]], most: int = 300) -> list[dict[str, float]]:
    """At most `most` rows, each the mean of its neighbours."""
    if len(rows) <= most:
        return rows
    parts = np.array_split(np.array([list(row.values()) for row in rows]), most)
    return [dict(zip(rows[0], part.mean(axis=0).tolist(), strict=True)) for part in parts]


def _curves(values: list[dict]) -> None:
    domain = without_extremes([value["value"] for value in values])
    encoding = {
        "x": number("step", "step"),
        "y": number("value", None, domain=domain, nice=True),
        "color": {"field": "what", "type": "nominal", "legend": {"orient": "top", "title": None, "columns": 2}},
    }
    draw(chart(240, layer("line", values, encoding, strokeWidth=1.5, clip=True, tooltip=True)))
