"""The auto-encoder page's *Samples*: new digits from a density of the codes, and from a VAE's prior."""

import numpy as np
import streamlit as st

from dlsuite import pictures
from panels import export, gallery, inputs, models, widgets
from views.autoencoder.digits import SHOW, of_digits

WAYS = ("auto-encoder + Gaussian", "auto-encoder + mixture", "VAE")


def show():
    """New digits: codes drawn from a density that was fitted to an auto-encoder's, and from a VAE's prior."""
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        seed = widgets.seed_input("Seed", "seed")
        st.button("New samples", icon=":material/casino:", type="primary", on_click=widgets.another_seed, args=["seed"])
        components = st.slider("Gaussians in the mixture", 2, 50, 10, key="components", bind="query-params")
        autoencoder = models.choose(
            ["autoencoders.autoencoder"], "autoencoders.autoencoder", label="Auto-encoder", key="ae", fits=of_digits
        )
        vae = models.choose(["autoencoders.vae"], "autoencoders.vae", label="VAE", key="vae", fits=of_digits)
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
                gallery.show(pictures.sheet(draw(way, 64), 8), way, 560)
                if is_scored:
                    st.metric("Fréchet distance", f"{frechet(draw(way, 2000)):.1f}")
        export.notebook_lines(
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
                "Image.fromarray(np.hstack([pictures.sheet(each, columns=8) for each in samples]))",
            ],
        )


@st.cache_resource(show_spinner="Fitting a density to the codes …", max_entries=60)
def density_of(source: str, components: int, _model):
    """The mixture of this many Gaussians that fits the codes of the bundled training digits."""
    from dlsuite.autoencoders import latent_density

    images, _ = inputs.digits("train")
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

    return assessment.digit_features(2 * inputs.digits("test")[0] - 1)["features"]
