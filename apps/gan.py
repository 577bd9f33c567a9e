"""Lecture 8: generative adversarial networks. Play with trained generators, train your own, export them."""

import gan_attributes
import gan_theory
import gan_trouble
import numpy as np
import panels
import streamlit as st

from dlsuite import catalog
from dlsuite.data import names as datasets
from dlsuite.gans import pictures

LEAD = (
    "A **generator** turns noise into samples; a **critic** learns to tell them from real data; each improves against "
    "the other. Play with trained pairs, train your own and watch the two of them, take them home."
)
LESSONS = [name for name in catalog.names() if name.startswith("gans.")]
GANS = [name for name in LESSONS if "latent_dim" in catalog.lesson(name).options]
FIRST = "gans.wgan_gp"
"""The model that the page opens with."""
SHEET_WIDTH = 620
CLASSES = 10
IN_TURN = "all, in turn"
SHOW_SHEET = ["from PIL import Image", "from dlsuite.gans import pictures"]


def play():
    """A trained generator: its samples, the way between two of them, and one latent vector by hand."""
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        trained = panels.choose_model(GANS, FIRST)
        if trained is None:
            return
    with screen:
        views = {"Samples": samples, "Interpolation": interpolation, "One latent vector": one_latent_vector}
        if trained.dataset == "mnist":
            views["Attributes"] = gan_attributes.view
        view = st.segmented_control(
            "View",
            list(views),
            default="Samples",
            required=True,
            key="view",
            bind="query-params",
            label_visibility="collapsed",
        )
    views.get(view, samples)(controls, screen, trained)


def samples(controls, screen, trained):
    """Fresh samples from a seed."""
    is_points = makes_points(trained)
    with controls:
        seed = panels.seed_input("Seed", "seed")
        st.button("New samples", icon=":material/casino:", type="primary", on_click=panels.another_seed, args=["seed"])
        most, start = (2000, 1000) if is_points else (144, 64)
        n = st.slider("Samples", 16, most, start, 16, key=f"n{is_points:d}", bind="query-params")
        label = class_input(trained)
    drawn = draw(trained, n, seed, label)["samples"]
    lines = [f'samples = {draw_line(n, seed, label)}["samples"]']
    columns = int(np.ceil(np.sqrt(n)))
    with screen:
        if is_points:
            picture = on_the_plane(trained, drawn)
            st.image(picture, caption=f"White: {n} samples. {map_caption(trained)}", width=SHEET_WIDTH)
            lines += plane_lines(trained, "samples")
        else:
            picture = panels.enlarged(pictures.sheet(drawn, columns), SHEET_WIDTH)
            st.image(picture, caption=f"{n} samples", output_format="PNG")
            lines += [*SHOW_SHEET, f"Image.fromarray(pictures.sheet(samples, columns={columns}))"]
        panels.download("Download the picture", panels.png(picture), f"{trained.label}-{seed}.png")
        if not is_points:
            lines += training_neighbours(trained, drawn[:8])
        panels.notebook_lines(trained, lines)


def is_conditional(trained) -> bool:
    """Whether it can be asked for samples of a class."""
    return "sample_class" in trained.model.signatures


def class_input(trained) -> str | None:
    """The class that a conditional model is asked for, where a single sample of all in turn is a 0; else `None`."""
    if not is_conditional(trained):
        return None
    return st.selectbox("Class", [IN_TURN, *map(str, range(CLASSES))], key="class", bind="query-params")


def draw(trained, n, seed, label):
    """Samples, of a class where one was chosen, and their latent vectors."""
    if label in (None, IN_TURN):
        return trained.model.sample(n=n, seed=seed)
    return trained.model.sample_class(n=n, seed=seed, label=int(label))


def draw_line(n, seed, label) -> str:
    """The same as a line of Python."""
    if label in (None, IN_TURN):
        return f"model.sample(n={n}, seed={seed})"
    return f"model.sample_class(n={n}, seed={seed}, label={label})"


def training_neighbours(trained, drawn) -> list[str]:
    """Samples, and beneath each the training examples nearest to it, where copies would show; the notebook lines."""
    what = "digits" if trained.dataset == "mnist" else "pictures"
    if not st.toggle(f"Nearest training {what}: does it copy?", key="nearest", bind="query-params"):
        return []
    from dlsuite.data import examples
    from dlsuite.gans import assessment

    learned_from = trained.record["arguments"].get("source")
    source = "bundled" if learned_from == "bundled" else "auto"
    train, usual = training_pictures(trained.dataset, source)
    if train.shape[1:] != drawn.shape[1:]:
        st.caption("The pictures that it was trained on are no longer there.")
        return []
    indices, distances = assessment.nearest(drawn, examples.scale(train).numpy(), k=3)
    with st.container(horizontal=True, gap="small"):
        for sample, neighbours, (distance, *_) in zip(drawn, train[indices], distances, strict=True):
            with st.container(width=68, gap="xxsmall"):
                st.image(panels.enlarged(pictures.sheet(sample[None], 1), 136), output_format="PNG")
                column = pictures.sheet(neighbours / 127.5 - 1, 1)
                st.image(panels.enlarged(column, 136), caption=f"{distance:.1f}", output_format="PNG")
    searched = f"{len(train):,} training {what}"
    if learned_from == "tfds" and datasets.resolve("mnist", source) == "bundled":
        searched += " that are bundled, a part of those that it was trained on"
    st.caption(
        f"Beneath each of the first {len(drawn)} samples: the three nearest of the {searched}, and how far the "
        f"first of them is. A copy would be at 0; unseen {what} are usually {usual:.1f} from the nearest (Euclidean "
        "distance, pixels in -1..1)."
    )
    return [
        "import numpy as np",
        "from dlsuite.data import examples",
        "from dlsuite.gans import assessment",
        f'train = examples.scale(examples.held_in_memory("{trained.dataset}", source="{source}")).numpy()',
        f"indices, distances = assessment.nearest(samples[:{len(drawn)}], train, k=3)",
        f"both = np.concatenate([samples[:{len(drawn)}], *train[indices.T]])",
        f"Image.fromarray(pictures.sheet(both, columns={len(drawn)}))",
    ]


@st.cache_resource(show_spinner="Reading the training data …", max_entries=2)
def training_pictures(dataset: str, source: str) -> tuple[np.ndarray, float]:
    """The pictures that a model was trained on, and how far unseen ones usually are from the nearest of them.

    There are none, and no distance, where they were the user's own and are gone.
    """
    from dlsuite.data import examples
    from dlsuite.gans import assessment

    try:
        train, unseen = (examples.held_in_memory(dataset, split, source) for split in ("train", "test"))
    except ValueError:
        return np.empty((0, 0)), float("nan")
    return train, assessment.usual_distance(examples.scale(unseen).numpy(), examples.scale(train).numpy())


def interpolation(controls, screen, trained):
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
        label = class_input(trained)
    latents = [draw(trained, 1, seed, label)["latent"][0] for seed in (start, end)]
    style = len(latents[0]) - CLASSES * is_conditional(trained)  # what follows is the class, and both have it
    z0, z1 = (latent[:style] for latent in latents)
    way = np.stack([between(z0, z1, t, path) for t in np.linspace(0, 1, 60)])
    here = between(z0, z1, position, path)
    all_of_it = np.stack([here, *way])
    of_class = np.repeat(latents[0][None, style:], len(all_of_it), axis=0)
    decoded = trained.model.decode(latent=np.hstack([all_of_it, of_class]))["samples"]
    lines = [
        "import numpy as np",
        f'a, b = ({draw_line(1, "seed", label)}["latent"][0] for seed in ({start}, {end}))',
        *([f"a, b, of_class = a[:{style}], b[:{style}], a[{style}:]"] if label else []),
        f"t = np.array([*np.linspace(0, 1, 60){'' if makes_points(trained) else '[::4]'}, {position:g}])[:, None]"
        "  # the way, and the position on it",
        *LINES_BETWEEN[path if start != end else "linear"],
        *(["latent = np.hstack([latent, np.repeat(of_class[None], len(t), axis=0)])"] if label else []),
        'samples = model.decode(latent=latent)["samples"]',
    ]
    with screen:
        if makes_points(trained):
            picture = on_the_plane(trained, decoded[1:], highlight=decoded[0])
            caption = "White: where the path leads, fast through the empty land between two modes"
            st.image(picture, caption=caption, width=SHEET_WIDTH)
            lines += plane_lines(trained, "samples[:-1], highlight=samples[-1]")
        else:
            large, strip = st.columns([2, 3])
            one = panels.enlarged(pictures.sheet(decoded[:1], 1, border=0), 560)
            large.image(one, caption="at the position", width="stretch", output_format="PNG")
            every_fourth = panels.enlarged(pictures.sheet(decoded[1::4], columns=5), 840)
            strip.image(every_fourth, caption="the whole way, row by row", width="stretch", output_format="PNG")
            lines += [*SHOW_SHEET, "Image.fromarray(pictures.sheet(samples, columns=5))"]
        usual, shortest = np.sqrt(len(z0)), np.linalg.norm(way, axis=1).min()
        st.caption(
            f"The latent vector here has length {np.linalg.norm(here):.2f}; about {usual:.1f} is usual in "
            f"{len(z0)} dimensions, and the shortest on this path is {shortest:.2f}."
        )
        if not makes_points(trained):
            frames = [panels.enlarged(pictures.sheet(image[None], 1, border=0), 224) for image in decoded[1:]]
            panels.download("Download as GIF", panels.gif(frames, 60), f"{trained.label}-{start}-{end}.gif")
        panels.notebook_lines(trained, lines)


def between(z0, z1, t, path):
    """The latent vector at share `t` of the way, along a line or a great circle (White, 2016, arXiv:1609.04468)."""
    if path == "linear":
        return (1 - t) * z0 + t * z1
    cosine = np.dot(z0, z1) / (np.linalg.norm(z0) * np.linalg.norm(z1))
    angle = np.arccos(np.clip(cosine, -1, 1))
    if angle < 1e-6:
        return (1 - t) * z0 + t * z1
    return (np.sin((1 - t) * angle) * z0 + np.sin(t * angle) * z1) / np.sin(angle)


LINES_BETWEEN = {
    "linear": ["latent = (1 - t) * a + t * b"],
    "spherical": [
        "angle = np.arccos(a @ b / (np.linalg.norm(a) * np.linalg.norm(b)))",
        "latent = (np.sin((1 - t) * angle) * a + np.sin(t * angle) * b) / np.sin(angle)",
    ],
}


def one_latent_vector(controls, screen, trained):
    """One sample whose latent coordinates are sliders."""
    with controls:
        seed = panels.seed_input("Seed", "seed")
        label = class_input(trained)
        latent = draw(trained, 1, seed, label)["latent"][0].copy()
        length = len(latent) - CLASSES * is_conditional(trained)  # of the style; the class is not for sliders
        first = 0
        if length > 8:
            first = st.select_slider(
                "Coordinates",
                range(0, length, 8),
                key="first",
                format_func=lambda first: f"z{first} to z{min(first + 8, length) - 1}",
            )
        shown = range(first, min(first + 8, length))
        moved = st.session_state.setdefault(f"moved {seed}", {})  # outlives the sliders that are out of sight
        columns = st.columns(2)
        for dimension in shown:
            drawn = round(float(np.clip(latent[dimension], -3, 3)), 2)
            value = columns[dimension % 2].slider(
                f"z{dimension}",
                -3.0,
                3.0,
                moved.get(dimension, drawn),
                0.05,
                key=f"z{dimension}.{seed}",
                bind="query-params",
            )
            moved[dimension] = value
            if value == drawn:
                del moved[dimension]
        for dimension, value in moved.items():
            if dimension < length:
                latent[dimension] = value
    lines = [
        f'latent = {draw_line(1, seed, label)}["latent"]',
        *(f"latent[0, {dimension}] = {value:.2f}" for dimension, value in moved.items() if dimension < length),
        'samples = model.decode(latent=latent)["samples"]',
    ]
    with screen:
        if makes_points(trained):
            cloud = trained.model.sample(n=CLOUD, seed=0)["samples"]
            (point,) = trained.model.decode(latent=latent[None])["samples"]
            picture = on_the_plane(trained, cloud, highlight=point)
            caption = f"The circle: where this latent vector goes. White: samples. {map_caption(trained)}"
            st.image(picture, caption=caption, width=SHEET_WIDTH)
            lines += [
                f'cloud = model.sample(n={CLOUD}, seed=0)["samples"]',
                *plane_lines(trained, "cloud, highlight=samples[0]"),
            ]
        else:
            image = trained.model.decode(latent=latent[None])["samples"]
            around = np.repeat(latent[None], 9 * len(shown), axis=0).reshape(len(shown), 9, -1)
            for row, dimension in enumerate(shown):
                around[row, :, dimension] = np.linspace(-3, 3, 9)
            swept = trained.model.decode(latent=around.reshape(9 * len(shown), -1))["samples"]
            large, sweep = st.columns([2, 3])
            one = panels.enlarged(pictures.sheet(image, 1, border=0), 560)
            large.image(one, caption="this latent vector", width="stretch", output_format="PNG")
            rows = f"one coordinate a row, z{first} to z{shown[-1]}, each from -3 to 3"
            swept = panels.enlarged(pictures.sheet(swept, columns=9), 810)
            sweep.image(swept, caption=rows, width="stretch", output_format="PNG")
            lines += [
                "import numpy as np",
                *SHOW_SHEET,
                f"around = np.repeat(latent, {9 * len(shown)}, axis=0).reshape({len(shown)}, 9, -1)",
                f"for row, dimension in enumerate({shown}):",
                "    around[row, :, dimension] = np.linspace(-3, 3, 9)",
                f'swept = model.decode(latent=around.reshape({9 * len(shown)}, -1))["samples"]',
                "Image.fromarray(pictures.sheet(samples, columns=1))",
                "Image.fromarray(pictures.sheet(swept, columns=9))",
            ]
        panels.notebook_lines(trained, lines)


CLOUD = 600
"""So many samples are around the one that is made by hand."""


def map_caption(trained) -> str:
    """What a map of the plane shows."""
    dark = "Dark: real points. " if len(real_points(trained.dataset)) else ""
    return f"{dark}Colour and arrows: the critic's score, warm for real, and where it pulls samples."


def on_the_plane(trained, points, highlight=None):
    """Points over a map of what the critic thinks of the plane."""
    real = real_points(trained.dataset)
    extent = float(1.25 * np.abs(real if len(real) else points).max())
    background = critic_map(trained.source, extent, trained.model)
    return pictures.with_points(background, extent, real, points, highlight)


def plane_lines(trained, points: str) -> list[str]:
    """The notebook lines that draw points, and what of them is marked, as `on_the_plane` does."""
    cloud = points.partition(", ")[0]
    if len(real_points(trained.dataset)):
        of_data, widest = [f"real = examples.held_in_memory({trained.dataset!r})[:500]"], "real"
    else:
        of_data, widest = ["real = np.empty((0, 2))"], cloud
    return [
        "import numpy as np",
        *SHOW_SHEET,
        "from dlsuite.data import examples",
        *of_data,
        f"extent = float(1.25 * np.abs({widest}).max())",
        "critic = pictures.terrain(**pictures.survey(model.score, extent), extent=extent)",
        f"Image.fromarray(pictures.with_points(critic, extent, real, {points}))",
    ]


@st.cache_data(show_spinner=False)
def critic_map(source: str, extent: float, _model) -> np.ndarray:
    """The critic's heat map and gradient arrows, as a picture."""
    return pictures.terrain(**pictures.survey(_model.score, extent), extent=extent)


@st.cache_data(show_spinner=False)
def real_points(dataset: str) -> np.ndarray:
    """500 points of the dataset; none where it was the user's own and is gone."""
    from dlsuite.data import examples

    try:
        return examples.held_in_memory(dataset)[:500]
    except ValueError:
        return np.empty((0, 2))


def makes_points(trained) -> bool:
    """Whether the model's samples are points of the plane rather than pictures."""
    return trained.model.sample(n=1, seed=0)["samples"].ndim == 2


def main():
    """The page."""
    panels.page("Generative adversarial networks", LEAD)
    section = st.segmented_control(
        "Section",
        ["Play", "Train", "What goes wrong", "Is the loss meaningful?", "Optimum", "Convergence", "Export"],
        default="Play",
        required=True,
        key="section",
        bind="query-params",
        label_visibility="collapsed",
    )
    if section == "Play":
        st.fragment(play)()
    elif section == "Train":
        panels.train(sorted(LESSONS, key=lambda name: (name != FIRST, name not in GANS)))
    elif section == "What goes wrong":
        gan_trouble.what_goes_wrong()
    elif section == "Is the loss meaningful?":
        gan_trouble.is_the_loss_meaningful()
    elif section == "Optimum":
        st.fragment(gan_theory.optimum)()
    elif section == "Convergence":
        st.fragment(gan_theory.convergence)()
    else:
        trained = panels.choose_model(GANS, FIRST)
        if trained is not None:
            request = ("sample", {"n": 16, "seed": 0})
            panels.export(trained, request, 'model.sample(n=16, seed=0)["samples"]')


main()
