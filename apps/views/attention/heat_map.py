"""Where a translator looked, as a table in HTML: it is small, since every text has another."""

import html

import numpy as np

from panels import charts

STYLE = f"""<style>
.alignment {{overflow-x: auto}}
.alignment table {{border-collapse: separate; border-spacing: 1px; margin: 0}}
.alignment th {{font-weight: 400; font-size: .85rem; border: none; padding: .1rem 0; line-height: 1.1}}
.alignment tr:first-child th {{vertical-align: bottom}}
.alignment.words tr:first-child th {{writing-mode: vertical-rl; transform: rotate(180deg); text-align: left}}
.alignment tr:not(:first-child) th {{text-align: right; padding-right: .5rem}}
.alignment td {{
    --weight: 0%; background: color-mix(in srgb, {charts.WARM} var(--weight), rgba(128, 128, 128, .1));
    min-width: 1.3rem; height: 1.3rem; padding: 0; border: none; border-radius: 2px;
}}
.alignment tr:first-child td {{background: none}}
</style>"""
SEEN = 0.0005
"""The least weight that is coloured."""


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
