"""Lecture 7: auto-encoders and variational inference. Play with trained models, train your own, export them."""

import autoencoder_denoising
import autoencoder_inference
import autoencoder_photographs
import autoencoder_trouble
import numpy as np
import panels
import plane
import streamlit as st
from autoencoder_denoising import large

from dlsuite import catalog
from dlsuite.autoencoders import sheets

LEAD = (
    "An **encoder** turns a picture into a few numbers, and a **decoder** turns numbers into a picture. Walk through "
    "the numbers and see what they mean, restore, enlarge and compress pictures, and see what inference adds."
)
LESSONS = [name for name in catalog.names() if name.startswith("autoencoders.")]
WITH_CODES = [name for name in LESSONS if "latent_dim" in catalog.lesson(name).options]
FIRST = "autoencoders.vae-2d"
"""The model that the page opens with."""
WIDTH = 560
SHOW = ["from PIL import Image", "from dlsuite.autoencoders import sheets"]


def play():
    """Trained models, one view for each thing that they do."""
    views = {
        "Latent map": latent_map,
        "Interpolation": interpolation,
        "Samples": samples,
        "Denoising": autoencoder_denoising.denoising,
        "Two right answers": autoencoder_denoising.two_right_answers,
        "Super-resolution": autoencoder_photographs.super_resolution,
        "Compression": autoencoder_photographs.compression,
    }
    view = st.segmented_control(
        "View",
        list(views),
        default="Latent map",
        required=True,
        key="view",
        bind="query-params",
        label_visibility="collapsed",
    )
    views.get(view, latent_map)()


def latent_map():
    """A plane of codes: click on it, and see what lies there."""
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        trained = panels.choose_model(
            WITH_CODES, FIRST, key="map_model", fits=lambda a: of_digits(a) and a["latent_dim"] == 2
        )
        if trained is None:
            return
        images, labels = panels.digits("test")
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
        panels.notebook_lines(
            trained,
            [
                *SHOW,
                f'picture = model.decode(latent=[[{place[0]:g}, {place[1]:g}]])["pictures"]',
                f'manifold = model.decode(latent=sheets.lattice({extent:g}, {sheets.MANIFOLD}))["pictures"]',
                f"Image.fromarray(sheets.sheet(manifold, columns={sheets.MANIFOLD}, border=0))",
            ],
        )
    with shown:
        decoded = trained.model.decode(latent=np.array([place]))["pictures"]
        nearest = np.argmin(np.sum((codes - place) ** 2, axis=1))
        one, other = st.columns(2)
        one.image(large(decoded[0], 280), caption="decoded there", width="stretch", output_format="PNG")
        other.image(
            large(images[nearest], 280),
            caption=f"the held-out digit whose code is nearest, a {labels[nearest]}",
            width="stretch",
            output_format="PNG",
        )


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
        elif key not in st.query_params:
            st.session_state[key] = start * min(1.0, extent)
        label = f"z{key[1]}, {'left to right' if key == 'z0' else 'bottom to top'}"
        values.append(column.slider(label, -extent, extent, step=0.01, key=key, bind="query-params"))
    return values[0], values[1]


@st.cache_data(show_spinner="Encoding held-out digits …", max_entries=20)
def codes_of(source: str, _model) -> np.ndarray:
    """The codes of the held-out digits."""
    images, _ = panels.digits("test")
    return _model.encode(pictures=images)["latent"]


@st.cache_data(show_spinner=False, max_entries=50)
def map_of(source: str, extent: float, codes: np.ndarray) -> np.ndarray:
    """Where the codes of the held-out digits lie."""
    return sheets.latent_map(codes, panels.digits("test")[1], extent)


@st.cache_data(show_spinner=False, max_entries=50)
def manifold_of(source: str, extent: float, _model) -> np.ndarray:
    """What is decoded all over the map."""
    decoded = _model.decode(latent=sheets.lattice(extent, sheets.MANIFOLD))["pictures"]
    return sheets.sheet(decoded, sheets.MANIFOLD, border=0)


def interpolation():
    """From one held-out digit to another through the codes, of an auto-encoder and of a VAE."""
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        (start, first), (end, last) = panels.digit_input("From", "from", 3), panels.digit_input("To", "to", 8)
        position = st.slider("Position", 0.0, 1.0, 0.5, 0.01, key="position", bind="query-params")
        both = {
            title: panels.choose_model([name], name, label=title, key=key, fits=of_digits)
            for title, name, key in (
                ("Auto-encoder", "autoencoders.autoencoder", "ae"),
                ("VAE", "autoencoders.vae", "vae"),
            )
        }
    t = np.linspace(0, 1, 11)
    pixels = (1 - t)[:, None, None, None] * start + t[:, None, None, None] * end
    with screen:
        st.markdown(
            "In the pixels, halfway between two digits are both, half as bright. Halfway between their **codes** lies "
            "what the decoder makes of a code that it may never have met."
        )
        strips = {"Pixels": (pixels, (1 - position) * start + position * end)}
        for title, trained in both.items():
            if trained is not None:
                a, b = trained.model.encode(pictures=np.stack([start, end]))["latent"]
                way = np.stack([(1 - s) * a + s * b for s in [*t, position]])
                decoded = trained.model.decode(latent=way)["pictures"]
                strips[title] = decoded[:-1], decoded[-1]
        for title, (strip, here) in strips.items():
            large_one, row = st.columns([1, 5], vertical_alignment="center")
            large_one.image(large(here, 280), caption="at the position", width="stretch", output_format="PNG")
            row.image(panels.enlarged(sheets.sheet(strip, 11), 1320), caption=title, width="stretch")
        if both["VAE"] is not None:
            beside = both["Auto-encoder"]
            panels.notebook_lines(
                both["VAE"],
                [
                    "import numpy as np",
                    *SHOW,
                    "from dlsuite.data import examples, mnist",
                    *([f'autoencoder = serving.load("{beside.source}")'] if beside else []),
                    'images, labels = mnist.arrays("test", "bundled")',
                    f"ends = examples.to_unit(images[[{first}, {last}]]).numpy()",
                    f"t = np.array([{position:g}, *np.linspace(0, 1, 11)])[:, None]  # the position, then the way",
                    "rows = [(1 - t[..., None, None]) * ends[0] + t[..., None, None] * ends[1]]",
                    f"for each in {'(autoencoder, model)' if beside else '(model,)'}:",
                    '    a, b = each.encode(pictures=ends)["latent"]',
                    '    rows.append(each.decode(latent=(1 - t) * a + t * b)["pictures"])',
                    "Image.fromarray(sheets.sheet(np.concatenate(rows), columns=12))",
                ],
            )


def of_digits(arguments: dict) -> bool:
    """Whether a model that was trained with these arguments takes digits."""
    return arguments.get("dataset") == "mnist"


WAYS = ("auto-encoder + Gaussian", "auto-encoder + mixture", "VAE")


def samples():
    """New digits: codes drawn from a density that was fitted to an auto-encoder's, and from a VAE's prior."""
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        seed = panels.seed_input("Seed", "seed")
        st.button("New samples", icon=":material/casino:", type="primary", on_click=panels.another_seed, args=["seed"])
        components = st.slider("Gaussians in the mixture", 2, 50, 10, key="components", bind="query-params")
        autoencoder = panels.choose_model(
            ["autoencoders.autoencoder"], "autoencoders.autoencoder", label="Auto-encoder", key="ae", fits=of_digits
        )
        vae = panels.choose_model(["autoencoders.vae"], "autoencoders.vae", label="VAE", key="vae", fits=of_digits)
        is_scored = st.toggle(
            "Score them",
            key="score",
            bind="query-params",
            help="The Fréchet distance of 2,000 samples from the 1,000 held-out digits, in the features of the "
            "classifier that the GANs are judged by. Lower is better.",
        )
    if autoencoder is None or vae is None:
        return

    def draw(way, n):
        if way == "VAE":
            return vae.model.sample(n=n, seed=seed)["pictures"]
        density = density_of(autoencoder.source, 1 if way == WAYS[0] else components, autoencoder.model)
        return autoencoder.model.decode(latent=density.sample(n, seed))["pictures"]

    with screen:
        st.markdown(
            "An auto-encoder learns no density: one is fitted to its codes **afterwards**, and much of what a Gaussian "
            "covers is no digit's code. A VAE's codes are **trained to be** standard normal. (The two that ship have "
            "different networks: their scores do not say which way is better; docs/results/autoencoders.md compares "
            "equal ones.)"
        )
        for column, way in zip(st.columns(3), WAYS, strict=True):
            with column:
                picture = panels.enlarged(sheets.sheet(draw(way, 64), 8), WIDTH)
                st.image(picture, caption=way, width="stretch", output_format="PNG")
                if is_scored:
                    st.metric("Fréchet distance", f"{frechet(draw(way, 2000)):.1f}")
        panels.notebook_lines(
            autoencoder,
            [
                "import numpy as np",
                *SHOW,
                "from dlsuite.autoencoders import latent_density",
                "from dlsuite.data import examples, mnist",
                f'vae = serving.load("{vae.source}")',
                'digits = examples.to_unit(mnist.arrays("train", "bundled")[0])',
                'codes = model.encode(pictures=digits)["latent"]',
                f"densities = latent_density.fit_gaussian(codes), latent_density.fit_mixture(codes, {components})",
                f'samples = [model.decode(latent=each.sample(64, {seed}))["pictures"] for each in densities]',
                f'samples.append(vae.sample(n=64, seed={seed})["pictures"])',
                "Image.fromarray(np.hstack([sheets.sheet(each, columns=8) for each in samples]))",
            ],
        )


@st.cache_resource(show_spinner="Fitting a density to the codes …", max_entries=60)
def density_of(source: str, components: int, _model):
    """The mixture of so many Gaussians that fits the codes of the bundled training digits."""
    from dlsuite.autoencoders import latent_density

    images, _ = panels.digits("train")
    codes = _model.encode(pictures=images)["latent"]
    return latent_density.fit_gaussian(codes) if components == 1 else latent_density.fit_mixture(codes, components)


def frechet(pictures: np.ndarray) -> float:
    """The Fréchet distance of pictures in 0..1 from the held-out digits."""
    from dlsuite.gans import assessment

    of_pictures = assessment.digit_features(2 * pictures - 1)["features"]
    return assessment.frechet_distance(of_pictures, held_out_features())


@st.cache_data(show_spinner=False)
def held_out_features() -> np.ndarray:
    """What the classifier sees in the held-out digits."""
    from dlsuite.gans import assessment

    return assessment.digit_features(2 * panels.digits("test")[0] - 1)["features"]


def main():
    """The page."""
    panels.page("Auto-encoders and variational inference", LEAD)
    section = st.segmented_control(
        "Section",
        ["Play", "Train", "Inference", "What goes wrong", "Export"],
        default="Play",
        required=True,
        key="section",
        bind="query-params",
        label_visibility="collapsed",
    )
    if section == "Play":
        st.fragment(play)()
    elif section == "Train":
        panels.train(sorted(LESSONS, key=lambda name: name != "autoencoders.vae"))
    elif section == "Inference":
        st.fragment(autoencoder_inference.inference)()
    elif section == "What goes wrong":
        autoencoder_trouble.what_goes_wrong()
    else:
        export()


def export():
    """Take a trained model home."""
    trained = panels.choose_model(LESSONS, FIRST)
    if trained is None:
        return
    signature = next(name for name in USES if name in trained.model.signatures)
    if signature == "sample":
        inputs, given, answer = {"n": 16, "seed": 0}, "n=16, seed=0", '["pictures"]'
    else:
        _, height, width, channels = trained.model.shapes(signature)["pictures"]
        shape = 1, height or 16, width or 16, channels or 1
        ramp = np.linspace(0, 1, int(np.prod(shape))).round(2).reshape(shape).tolist()
        inputs, given, answer = {"pictures": ramp}, "pictures=pictures", "  # float32 (batch, height, width, channels)"
        if "quality" in trained.model.shapes(signature):
            inputs, given = inputs | {"quality": 1}, given + ", quality=1"
    panels.export(trained, (signature, inputs), f"model.{signature}({given}){answer}")


USES = ("sample", "denoise", "enlarge", "compress", "reconstruct")
"""What to ask a model for, the first of these that it has."""

main()
