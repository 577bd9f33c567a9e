"""What is taken home: files, the lines for a notebook, and a trained model with all that serving it needs."""

import functools
import io
import json
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from dlsuite import serving
from panels import models

LONG = 200
"""A request of more characters is a file of its own."""


def download(label: str, content: bytes | Callable[[], bytes], file_name: str) -> None:
    """A button that saves a file, which may be made only then, and leaves the page as it is."""
    st.download_button(label, content, file_name, icon=":material/download:", on_click="ignore")


def notebook_lines(trained: models.Trained, lines: list[str]) -> None:
    """Fold out the Python that shows in a notebook what is on the screen; `lines` use the model as `model`."""
    imports = [line for line in lines if line.startswith(("import ", "from "))]
    rest = [line for line in lines if line not in imports]
    imports = sorted({"from dlsuite import serving", *imports})
    code_lines([*imports, "", f'model = serving.load("{trained.source}")', *rest])


def code_lines(lines: list[str]) -> None:
    """Fold out lines of Python."""
    with st.expander("The same in a notebook", icon=":material/code:"):
        st.code("\n".join(lines), language="python")


class Request(NamedTuple):
    """What a model can be asked for."""

    signature: str
    inputs: dict
    """As JSON has them."""
    line: str
    """The same in Python, of `model`."""


def show(names: list[str], first: str, request_to: Callable[[serving.Served], Request]) -> None:
    """The section *Export*: downloads, how to serve a model, and what it is.

    Args:
        names: the lessons' of the models to choose from.
        first: the shipped model that is chosen at first.
        request_to: what to ask a model for.
    """
    trained = models.choose(names, first)
    if trained is None:
        return
    label, request = trained.label, request_to(trained.model)
    versions = trained.folder if trained.is_shipped else Path(trained.source)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader("Download", anchor=False)
        download("SavedModel (.zip)", _zipped(versions / "1", label), f"{label}.zip")
        download("Keras model (.keras)", functools.partial(_keras_file, trained.folder), f"{label}.keras")
        st.subheader("Serve", anchor=False)
        if trained.is_shipped:
            st.markdown("All models that ship, with the stock TF Serving image, from the project's folder:")
            st.code("docker compose up", language="bash")
            st.markdown("Or this one alone:")
        st.code(
            f"dlsuite export {label if trained.is_shipped else trained.folder} --to exported/{label}\n"
            f"docker run -p 8500:8500 -p 8501:8501 -e MODEL_NAME={label} \\\n"
            f"  -v $PWD/exported/{label}:/models/{label} tensorflow/serving",
            language="bash",
        )
        body = json.dumps({"signature_name": request.signature, "inputs": request.inputs})
        st.markdown("Ask it, once it runs:")
        if len(body) > LONG:
            download("The request (.json)", body.encode(), "request.json")
        said = "@request.json" if len(body) > LONG else f"'{body}'"
        st.code(f"curl http://localhost:8501/v1/models/{label}:predict -d \\\n  {said}", language="bash")
    with right:
        st.subheader("In Python", anchor=False)
        st.markdown("The signatures as functions on arrays; *Play* shows the lines for what it has on the screen:")
        st.code(
            f'from dlsuite import serving\n\nmodel = serving.load("{trained.source}")\n'
            f"model.signatures\n{request.line}",
            language="python",
        )
        st.markdown("The Keras model itself, to look into or to train on:")
        where = label if trained.is_shipped else trained.folder
        st.code(f'model = serving.load_keras("{where}")\nmodel.summary()', language="python")
        st.subheader("The model", anchor=False)
        st.json({key: trained.record[key] for key in ("name", "arguments", "versions")}, expanded=1)
        card = trained.folder / "README.md"
        if card.exists():
            with st.expander("Model card"):
                st.markdown(card.read_text("utf-8"))


def _zipped(folder: Path, name: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, Path(name) / "1" / file.relative_to(folder))
    return content.getvalue()


def _keras_file(folder: Path) -> bytes:
    """A run's, or one that is made of a shipped model."""
    file = folder / "model.keras"
    if file.exists():
        return file.read_bytes()
    with tempfile.TemporaryDirectory() as temporary:
        made = Path(temporary) / file.name
        serving.load_keras(folder.name, compile=False).save(made)
        return made.read_bytes()
