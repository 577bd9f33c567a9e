"""What the benchmarks have written of trainings, for the pages to show."""

from pathlib import Path

import streamlit as st

DOCS = Path(__file__).resolve().parents[2] / "docs"
PICTURES = DOCS / "pictures"


def text(name: str) -> str:
    """A document, without the parts under headings: pictures follow there."""
    return (DOCS / f"{name}.md").read_text("utf-8").partition("\n## ")[0]


def fold_out(label: str, name: str, remark: str) -> None:
    """Fold out a document, and a remark below it."""
    with st.expander(label, icon=":material/casino:"):
        st.markdown(text(name))
        st.caption(remark)
