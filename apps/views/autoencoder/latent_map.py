"""The auto-encoder page's *Latent map*: a plane of codes to click on."""

import numpy as np
import streamlit as st

from dlsuite import catalog, pictures
from dlsuite.autoencoders import sheets
from panels import export, gallery, inputs, models, plane, widgets
from views.autoencoder.digits import SHOW, of_digits, one

WITH_CODES = [
    name
    for name in catalog.names()
    if name.startswith("autoencoders.") and "latent_dim" in catalog.lesson(name).options
]
FIRST = "autoencoders.vae-2d"
"""The model that the page opens with."""


def show():
    """A plane of codes: click on it, and see what lies there."""
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        trained = models.choose(
            WITH_CODES, FIRST, key="map_model", fits=lambda a: of_digits(a) and a["latent_dim"] == 2
        )
        if trained is None:
            return
        images, labels = inputs.digits("test")
        codes = codes_of(trained.source, trained.model)
        widest = float(np.ceil(2 * sheets.extent_of(codes)) / 2)
        if st.session_state.get("extent", 0.0) > 2 * widest:  # as another model's codes allowed
            st.session_state["extent"] = widest
        extent = st.slider(
            "Half the map's width",
            0.5,
            2 * widest,
            widest,
            0.5,
            key="extent",
            bind="query-params",
            help="The map goes from minus this to this in both latent numbers. A VAE's prior has nearly all of its "
            "weight within 3.",
        )
        place = place_input(extent)
        shown = st.container()
    with screen:
        left, right = st.columns(2)
        with left:
            plane.place("place", map_of(trained.source, extent, codes), extent, place, on_move=go_to)
            caption = f"{len(codes):,} held-out digits by their codes. **Click or drag.**<br>{LEGEND}"
            st.caption(caption, unsafe_allow_html=True)
        with right:
            manifold = manifold_of(trained.source, extent, trained.model)
            st.image(manifold, width="stretch", output_format="PNG")
            st.caption(f"What is decoded at {sheets.MANIFOLD} × {sheets.MANIFOLD} places of the same map.")
        export.notebook_lines(
            trained,
            [
                *SHOW,
                f'picture = model.decode(latent=[[{place[0]:g}, {place[1]:g}]])["pictures"]',
                f'manifold = model.decode(latent=pictures.lattice({extent:g}, {sheets.MANIFOLD}))["pictures"]',
                f"Image.fromarray(pictures.sheet(manifold, columns={sheets.MANIFOLD}, border=0))",
            ],
        )
    with shown:
        decoded = trained.model.decode(latent=np.array([place]))["pictures"]
        nearest = np.argmin(np.sum((codes - place) ** 2, axis=1))
        neighbour = f"the held-out digit whose code is nearest, a {labels[nearest]}"
        gallery.row({"decoded there": one(decoded[0]), neighbour: one(images[nearest])}, 280)


LEGEND = " &nbsp;".join(
    f'<span style="color: rgb{tuple(colour.tolist())}">⬤</span> {digit}'
    for digit, colour in enumerate(sheets.CLASS_COLOURS)
)


def go_to(place: tuple[float, float]) -> None:
    """Callback: move the sliders to a place on the map."""
    st.session_state["z0"], st.session_state["z1"] = place


def place_input(extent: float) -> tuple[float, float]:
    """A place on the map, by two sliders that a click on the map moves."""
    values = []
    for column, key, start in zip(st.columns(2), ("z0", "z1"), (0.5, -0.5), strict=True):
        if key in st.session_state:
            st.session_state[key] = float(np.clip(st.session_state[key], -extent, extent))
        else:
            widgets.begin_with(key, start * min(1.0, extent))
        label = f"z{key[1]}, {'left to right' if key == 'z0' else 'bottom to top'}"
        values.append(column.slider(label, -extent, extent, step=0.01, key=key, bind="query-params"))
    return values[0], values[1]


@st.cache_data(show_spinner="Encoding held-out digits …", max_entries=20)
def codes_of(source: str, _model) -> np.ndarray:
    """The codes of the held-out digits."""
    images, _ = inputs.digits("test")
    return _model.encode(pictures=images)["latent"]


@st.cache_data(show_spinner=False, max_entries=50)
def map_of(source: str, extent: float, codes: np.ndarray) -> np.ndarray:
    """Where the codes of the held-out digits lie."""
    return sheets.latent_map(codes, inputs.digits("test")[1], extent)


@st.cache_data(show_spinner=False, max_entries=50)
def manifold_of(source: str, extent: float, _model) -> np.ndarray:
    """What is decoded all over the map."""
    decoded = _model.decode(latent=pictures.lattice(extent, sheets.MANIFOLD))["pictures"]
    return pictures.sheet(decoded, sheets.MANIFOLD, border=0)
