"""The GAN page's *Interpolation*: from one latent vector to another, along a line or along a great circle."""

import numpy as np
import streamlit as st

from dlsuite import pictures
from panels import export, gallery, widgets
from views.gan import drawn, on_the_plane


def show(controls, screen, trained):
    """From one latent vector to another, along a line or along a great circle."""
    with controls:
        start = widgets.seed_input("From seed", "from", 1)
        end = widgets.seed_input("To seed", "to", 2)
        st.button("Another goal", icon=":material/casino:", on_click=widgets.another_seed, args=["to"])
        path = widgets.buttons(
            "Path",
            ["linear", "spherical"],
            "path",
            default="spherical",
            help="A straight line between two Gaussian vectors passes through unusually short ones; a great circle "
            "keeps their usual length.",
        )
        position = st.slider("Position", 0.0, 1.0, 0.5, 0.01, key="position", bind="query-params")
        label = drawn.class_input(trained)
    latents = [drawn.draw(trained, 1, seed, label)["latent"][0] for seed in (start, end)]
    style = drawn.style_length(trained, latents[0])  # what follows is the class, and both have it
    z0, z1 = (latent[:style] for latent in latents)
    way = np.stack([between(z0, z1, t, path) for t in np.linspace(0, 1, 60)])
    here = between(z0, z1, position, path)
    all_of_it = np.stack([here, *way])
    of_class = np.repeat(latents[0][None, style:], len(all_of_it), axis=0)
    decoded = trained.model.decode(latent=np.hstack([all_of_it, of_class]))["samples"]
    lines = [
        "import numpy as np",
        f'a, b = ({drawn.draw_line(1, "seed", label)}["latent"][0] for seed in ({start}, {end}))',
        *([f"a, b, of_class = a[:{style}], b[:{style}], a[{style}:]"] if label else []),
        f"t = np.array([*np.linspace(0, 1, 60){'' if drawn.makes_points(trained) else '[::4]'}, {position:g}])[:, None]"
        "  # the way, and the position on it",
        *LINES_BETWEEN[path if start != end else "linear"],
        *(["latent = np.hstack([latent, np.repeat(of_class[None], len(t), axis=0)])"] if label else []),
        'samples = model.decode(latent=latent)["samples"]',
    ]
    with screen:
        if drawn.makes_points(trained):
            picture = on_the_plane.picture(trained, decoded[1:], highlight=decoded[0])
            caption = "White: where the path leads, fast through the empty land between two modes"
            st.image(picture, caption=caption, width=on_the_plane.WIDTH)
            lines += on_the_plane.lines(trained, "samples[:-1], highlight=samples[-1]")
        else:
            large, strip = st.columns([2, 3])
            gallery.show(pictures.sheet(decoded[:1], 1, border=0, black=-1), "at the position", 560, large)
            gallery.show(pictures.sheet(decoded[1::4], columns=5, black=-1), "the whole way, row by row", 840, strip)
            lines += [*drawn.SHOW_SHEET, "Image.fromarray(pictures.sheet(samples, columns=5, black=-1))"]
        usual, shortest = np.sqrt(len(z0)), np.linalg.norm(way, axis=1).min()
        st.caption(
            f"The latent vector here has length {np.linalg.norm(here):.2f}; about {usual:.1f} is usual in "
            f"{len(z0)} dimensions, and the shortest on this path is {shortest:.2f}."
        )
        if not drawn.makes_points(trained):
            frames = [
                gallery.enlarged(pictures.sheet(image[None], 1, border=0, black=-1), 224) for image in decoded[1:]
            ]
            export.download("Download as GIF", gallery.gif(frames, 60), f"{trained.label}-{start}-{end}.gif")
        export.notebook_lines(trained, lines)


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
