"""The GAN page's *Attributes*: sliders for thickness, slant and width, and arithmetic with latent vectors."""

import numpy as np
import streamlit as st

from dlsuite import pictures
from dlsuite.gans import attributes
from panels import export, gallery, widgets
from views.gan import drawn
from views.gan.drawn import CLASSES

DRAWN = 2000
"""Samples from which directions are learned."""


def show(controls, screen, trained):
    """Ten samples and what sliders make of them; below, one attribute carried over by arithmetic."""
    is_conditional = drawn.is_conditional(trained)
    with controls:
        seed = widgets.seed_input("Seed", "seed")
        st.button("New samples", icon=":material/casino:", type="primary", on_click=widgets.another_seed, args=["seed"])
        learned_from = None
        if is_conditional:
            learned_from = st.selectbox(
                "Directions learned from the digit",
                range(CLASSES),
                7,
                key="learned_from",
                bind="query-params",
                help="From samples of this class alone; they then change all the others as well.",
            )
        if trained.record["arguments"].get("latent_dim", 32) <= len(attributes.ATTRIBUTES):
            st.info("This model has too few latent dimensions to tell the attributes apart.")
            return
        found = directions(trained.source, learned_from, trained.model)
        amounts = {
            name: st.slider(name.capitalize(), -2.0, 2.0, 0.0, 0.1, key=name, bind="query-params") for name in found
        }
    latent = trained.model.sample(n=CLASSES, seed=seed)["latent"]
    if is_conditional:
        latent[:, :-CLASSES] = latent[0, :-CLASSES]  # the same style for all ten digits
    moved = latent + sum(amount * found[name] for name, amount in amounts.items())
    rows = np.concatenate([latent, moved]).astype("float32")
    samples = trained.model.decode(latent=rows)["samples"]
    with screen:
        whose = "one style in every class" if is_conditional else "ten samples"
        both = pictures.sheet(samples, columns=CLASSES, black=-1)
        gallery.show(both, f"Above: {whose}. Below: the same, moved by the sliders.", 900)
        equation(trained, learned_from, latent[3])
        export.notebook_lines(trained, notebook_lines(seed, learned_from, amounts))


def equation(trained, learned_from, latent):
    """Strong minus weak plus a sample is the sample with the attribute, as pictures."""
    name = widgets.buttons("Carry over", list(attributes.ATTRIBUTES), "carried")
    strong, weak = extremes(trained.source, learned_from, name, trained.model)
    terms = np.stack([strong, weak, latent, latent + strong - weak]).astype("float32")
    shown = trained.model.decode(latent=terms)["samples"]
    of = "" if learned_from is None else f" of {learned_from}"
    captions = [f" mean z{of}, most {name}", f"− mean z{of}, least {name}", "+ a sample's z", "= the same with it"]
    sheets = [pictures.sheet(picture[None], 1, border=0, black=-1) for picture in shown]
    gallery.row(dict(zip(captions, sheets, strict=True)), 168)


def notebook_lines(seed, learned_from, amounts) -> list[str]:
    """The lines that make both rows."""
    draw = (
        f"sample(n={DRAWN}, seed=1)"
        if learned_from is None
        else f"sample_class(n={DRAWN}, seed=1, label={learned_from})"
    )
    same_style = [] if learned_from is None else [f"latent[:, :-{CLASSES}] = latent[0, :-{CLASSES}]"]
    moves = "".join(f' + {amount:g} * found["{name}"]' for name, amount in amounts.items() if amount)
    return [
        "import numpy as np",
        "from PIL import Image",
        "from dlsuite import pictures",
        "from dlsuite.gans import attributes",
        f"drawn = model.{draw}",
        'found = attributes.directions(drawn["latent"], drawn["samples"])',
        f'latent = model.sample(n={CLASSES}, seed={seed})["latent"]',
        *same_style,
        f"rows = np.concatenate([latent, latent{moves}])",
        'samples = model.decode(latent=rows.astype("float32"))["samples"]',
        f"Image.fromarray(pictures.sheet(samples, columns={CLASSES}, black=-1))",
    ]


def drawn_from(learned_from, model):
    """The samples from which directions are learned."""
    if learned_from is None:
        return model.sample(n=DRAWN, seed=1)
    return model.sample_class(n=DRAWN, seed=1, label=learned_from)


@st.cache_data(show_spinner="Looking at samples …", max_entries=60)
def directions(source: str, learned_from: int | None, _model) -> dict[str, np.ndarray]:
    """The direction of every attribute."""
    found = drawn_from(learned_from, _model)
    return attributes.directions(found["latent"], found["samples"])


@st.cache_data(show_spinner="Looking at samples …", max_entries=60)
def extremes(source: str, learned_from: int | None, name: str, _model) -> tuple[np.ndarray, np.ndarray]:
    """The mean latent vectors of the quarters with most and with least of an attribute."""
    found = drawn_from(learned_from, _model)
    return attributes.extremes(found["latent"], attributes.ATTRIBUTES[name](found["samples"]))
