"""The auto-encoder page's *Interpolation*: from one held-out digit to another, through pixels and through codes."""

import numpy as np
import streamlit as st

from dlsuite import pictures
from panels import export, gallery, inputs, models
from views.autoencoder.digits import SHOW, of_digits, one


def show():
    """From one held-out digit to another through the codes, of an auto-encoder and of a VAE."""
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        (start, first), (end, last) = inputs.digit("From", "from", 3), inputs.digit("To", "to", 8)
        position = st.slider("Position", 0.0, 1.0, 0.5, 0.01, key="position", bind="query-params")
        both = {
            title: models.choose([name], name, label=title, key=key, fits=of_digits)
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
            gallery.show(one(here), "at the position", 280, large_one)
            row.image(gallery.enlarged(pictures.sheet(strip, 11), 1320), caption=title, width="stretch")
        if both["VAE"] is not None:
            beside = both["Auto-encoder"]
            export.notebook_lines(
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
                    "Image.fromarray(pictures.sheet(np.concatenate(rows), columns=12))",
                ],
            )
