"""Lecture 8: generative adversarial networks. Play with trained generators, train your own, export them."""

import numpy as np
import panels
import streamlit as st

from dlsuite.gans import pictures

LEAD = (
    "A **generator** turns noise into samples; a **critic** learns to tell them from real data; each improves against "
    "the other. Play with trained pairs, train your own and watch the two of them, take them home."
)
SHEET_WIDTH = 620


def play():
    """A trained generator: its samples, the way between two of them, and one latent vector by hand."""
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        chosen = panels.choose_model("gans")
    if chosen is None:
        return
    name, record, model = chosen
    with controls:
        view = st.segmented_control(
            "View",
            ["Samples", "Interpolation", "One latent vector"],
            default="Samples",
            required=True,
            key="view",
            bind="query-params",
        )
    show = {"Samples": samples, "Interpolation": interpolation, "One latent vector": one_latent_vector}[view]
    show(controls, screen, name, record, model)


def samples(controls, screen, name, record, model):
    """Fresh samples from a seed."""
    is_points = _is_points(model)
    with controls:
        seed = panels.seed_input("Seed", "seed")
        st.button("New samples", icon=":material/casino:", type="primary", on_click=panels.another_seed, args=["seed"])
        most = 2000 if is_points else 144
        start = 1000 if is_points else 64
        n = st.slider("Samples", 16, most, start, 16, key=f"n{is_points:d}", bind="query-params")
    drawn = model.sample(n=n, seed=seed)["samples"]
    if is_points:
        picture = plane(name, record, model, drawn)
        caption = "Dark: real points. White: samples. Colour and arrows: the critic's score and where it pulls samples."
    else:
        picture = panels.enlarged(pictures.sheet(drawn, columns=int(np.ceil(np.sqrt(n)))), SHEET_WIDTH)
        caption = f"{n} samples of {name}, none of them a picture from the data."
    with screen:
        st.image(picture, caption=caption)
        st.download_button(
            "Download the picture",
            panels.png(picture),
            f"{name}-{seed}.png",
            icon=":material/download:",
            on_click="ignore",
        )


def interpolation(controls, screen, name, record, model):
    """From one latent vector to another, along a line or along a great circle."""
    with controls:
        start = panels.seed_input("From seed", "from", 1)
        end = panels.seed_input("To seed", "to", 2)
        st.button("Another goal", icon=":material/casino:", on_click=panels.another_seed, args=["to"])
        path = st.segmented_control(
            "Path",
            ["linear", "spherical"],
            default="spherical",
            required=True,
            key="path",
            bind="query-params",
            help="A straight line between two Gaussian vectors passes through unusually short ones; a great circle "
            "keeps their usual length.",
        )
        position = st.slider("Position", 0.0, 1.0, 0.5, 0.01, key="position", bind="query-params")
    z0, z1 = (model.sample(n=1, seed=seed)["latent"][0] for seed in (start, end))
    steps = np.linspace(0, 1, 60)
    latent = np.stack([between(z0, z1, t, path) for t in [position, *steps]])
    decoded = model.decode(latent=latent)["samples"]
    with screen:
        if _is_points(model):
            st.image(
                plane(name, record, model, decoded[1:], highlight=decoded[0]),
                caption="White: where the path leads. Watch it hurry through the empty land between two modes.",
            )
        else:
            large, strip = st.columns([2, 3])
            here = panels.enlarged(pictures.sheet(decoded[:1], 1, border=0), 560)
            large.image(here, caption="at the position", width="stretch")
            way = panels.enlarged(pictures.sheet(decoded[1::4], columns=5), 840)
            strip.image(way, caption="the whole way, row by row", width="stretch")
            frames = [panels.enlarged(pictures.sheet(image[None], 1, border=0), 224) for image in decoded[1:]]
            st.download_button(
                "Download as GIF", panels.gif(frames, 60), f"{name}.gif", icon=":material/download:", on_click="ignore"
            )
        usual = np.sqrt(len(z0))
        st.caption(
            f"The latent vector here has length {np.linalg.norm(latent[0]):.2f}; about {usual:.1f} is usual in "
            f"{len(z0)} dimensions, and the shortest on this path is {np.linalg.norm(latent[1:], axis=1).min():.2f}."
        )


def between(z0, z1, t, path):
    """The latent vector at share `t` of the way, along a line or a great circle (White, 2016, arXiv:1609.04468)."""
    if path == "linear":
        return (1 - t) * z0 + t * z1
    cosine = np.dot(z0, z1) / (np.linalg.norm(z0) * np.linalg.norm(z1))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if angle < 1e-6:
        return (1 - t) * z0 + t * z1
    return (np.sin((1 - t) * angle) * z0 + np.sin(t * angle) * z1) / np.sin(angle)


def one_latent_vector(controls, screen, name, record, model):
    """One sample whose latent coordinates are sliders."""
    with controls:
        seed = panels.seed_input("Seed", "seed")
        latent = model.sample(n=1, seed=seed)["latent"][0].copy()
        first = 0
        if len(latent) > 8:
            first = st.select_slider("Dimensions", range(0, len(latent), 8), key="first", format_func=_eight_from)
        columns = st.columns(2)
        for dimension in range(first, min(first + 8, len(latent))):
            latent[dimension] = columns[dimension % 2].slider(
                f"z{dimension}", -3.0, 3.0, float(np.clip(latent[dimension], -3, 3)), 0.05, key=f"z{dimension} {seed}"
            )
    with screen:
        if _is_points(model):
            cloud = model.sample(n=600, seed=0)["samples"]
            point = model.decode(latent=latent[None])["samples"][0]
            picture = plane(name, record, model, cloud, highlight=point)
            st.image(
                picture, caption=f"z = ({latent[0]:.2f}, {latent[1]:.2f}) becomes ({point[0]:.2f}, {point[1]:.2f})"
            )
        else:
            image = model.decode(latent=latent[None])["samples"]
            around = np.repeat(latent[None], 9 * 8, axis=0).reshape(8, 9, -1)
            for row in range(8):
                around[row, :, first + row] = np.linspace(-3, 3, 9)
            swept = model.decode(latent=around.reshape(72, -1))["samples"]
            large, sweep = st.columns([2, 3])
            here = panels.enlarged(pictures.sheet(image, 1, border=0), 560)
            large.image(here, caption="this latent vector", width="stretch")
            rows = f"one row a coordinate, z{first} to z{first + 7}, each from -3 to 3"
            sweep.image(panels.enlarged(pictures.sheet(swept, columns=9), 810), caption=rows, width="stretch")


def _eight_from(first):
    return f"{first} to {first + 7}"


def plane(name, record, model, points, highlight=None):
    """Points over a map of what the critic thinks of the plane."""
    real, extent = real_points(name, record["arguments"]["dataset"])
    return pictures.with_points(critic_map(name, extent, model), extent, real, points, highlight)


@st.cache_data(show_spinner=False)
def critic_map(name: str, extent: float, _model) -> np.ndarray:
    """The critic's heat map and gradient arrows, as a picture."""
    scores = _model.score(data=pictures.lattice(extent, 80))["score"].reshape(80, 80)
    gradient = _model.score(data=pictures.lattice(extent, 16))["gradient"].reshape(16, 16, 2)
    return pictures.terrain(scores, gradient, extent)


@st.cache_data(show_spinner=False)
def real_points(name: str, dataset: str) -> tuple[np.ndarray, float]:
    """500 points of the dataset, and half the width of the map around them."""
    from dlsuite.data import examples

    real = examples.held_in_memory(dataset)[:500]
    return real, float(1.25 * np.abs(real).max())


def _is_points(model) -> bool:
    return model.sample(n=1, seed=0)["samples"].ndim == 2


def reproduce(name: str, record: dict) -> str:
    """The notebook lines that show what Play shows now."""
    state = st.session_state
    view, seed = state.get("view", "Samples"), state.get("seed", 0)
    is_points = record["arguments"].get("dataset", "mnist") != "mnist" and record["arguments"]["latent_dim"] == 2
    source = f'"{name}"' if not name.startswith("/") and "/" not in name else f'Path("{name}/saved_model")'
    lines = ["from dlsuite import serving", "from dlsuite.gans import pictures", "from PIL import Image", ""]
    if source.startswith("Path"):
        lines.insert(0, "from pathlib import Path\n")
    lines.append(f"model = serving.load({source})")
    if view == "Interpolation":
        lines = ["import numpy as np", *lines]
        start, end = state.get("from", 1), state.get("to", 2)
        lines += [
            f'a, b = (model.sample(n=1, seed=seed)["latent"][0] for seed in ({start}, {end}))',
            "t = np.linspace(0, 1, 15)[:, None]",
        ]
        if state.get("path", "spherical") == "linear":
            lines.append("latent = (1 - t) * a + t * b")
        else:
            lines += [
                "angle = np.arccos(a @ b / np.linalg.norm(a) / np.linalg.norm(b))",
                "latent = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)",
            ]
        lines.append('samples = model.decode(latent=latent)["samples"]')
    elif view == "One latent vector":
        lines.append(f'latent = model.sample(n=1, seed={seed})["latent"]')
        moved = {
            key.split()[0]: value for key, value in state.items() if str(key).endswith(f" {seed}") and key[0] == "z"
        }
        lines += [f"latent[0, {key[1:]}] = {value}" for key, value in sorted(moved.items())]
        lines.append('samples = model.decode(latent=latent)["samples"]')
    else:
        lines.append(f'samples = model.sample(n={state.get(f"n{is_points:d}", 64)}, seed={seed})["samples"]')
    lines.append("samples" if is_points else "Image.fromarray(pictures.sheet(samples, columns=8))")
    return "\n".join(lines)


def main():
    """The page."""
    panels.page("Generative adversarial networks", LEAD)
    section = st.segmented_control(
        "Section",
        ["Play", "Train", "Export"],
        default="Play",
        required=True,
        key="section",
        bind="query-params",
        label_visibility="collapsed",
    )
    if section == "Play":
        st.fragment(play)()
    elif section == "Train":
        panels.train("gans")
    else:
        chosen = panels.choose_model("gans")
        if chosen is not None:
            name, record, _ = chosen
            panels.export(name, record, reproduce(name, record))


main()
