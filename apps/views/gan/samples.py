"""The GAN page's *Samples*, and whether they are copies of the training examples."""

import numpy as np
import streamlit as st

from dlsuite import pictures
from dlsuite.data import names as datasets
from panels import export, gallery, widgets
from views.gan import drawn, on_the_plane


def show(controls, screen, trained):
    """Fresh samples from a seed."""
    is_points = drawn.makes_points(trained)
    with controls:
        seed = widgets.seed_input("Seed", "seed")
        st.button("New samples", icon=":material/casino:", type="primary", on_click=widgets.another_seed, args=["seed"])
        most, start = (2000, 1000) if is_points else (144, 64)
        n = st.slider("Samples", 16, most, start, 16, key=f"n{is_points:d}", bind="query-params")
        label = drawn.class_input(trained)
    samples = drawn.draw(trained, n, seed, label)["samples"]
    lines = [f'samples = {drawn.draw_line(n, seed, label)}["samples"]']
    columns = int(np.ceil(np.sqrt(n)))
    with screen:
        if is_points:
            picture = on_the_plane.picture(trained, samples)
            st.image(picture, caption=f"White: {n} samples. {on_the_plane.caption(trained)}", width=on_the_plane.WIDTH)
            lines += on_the_plane.lines(trained, "samples")
        else:
            picture = gallery.enlarged(pictures.sheet(samples, columns, black=-1), on_the_plane.WIDTH)
            st.image(picture, caption=f"{n} samples", output_format="PNG")
            lines += [*drawn.SHOW_SHEET, f"Image.fromarray(pictures.sheet(samples, columns={columns}, black=-1))"]
        export.download("Download the picture", gallery.png(picture), f"{trained.label}-{seed}.png")
        if not is_points:
            lines += training_neighbours(trained, samples[:8])
        export.notebook_lines(trained, lines)


def training_neighbours(trained, samples) -> list[str]:
    """Samples, and beneath each the training examples nearest to it, where copies would show; the notebook lines."""
    what = "digits" if trained.dataset == "mnist" else "pictures"
    if not st.toggle(f"Nearest training {what}: does it copy?", key="nearest", bind="query-params"):
        return []
    from dlsuite.data import examples
    from dlsuite.gans import assessment

    learned_from = trained.record["arguments"].get("source")
    source = "bundled" if learned_from == "bundled" else "auto"
    train, usual = training_pictures(trained.dataset, source)
    if train.shape[1:] != samples.shape[1:]:
        st.caption("The pictures that it was trained on are no longer there.")
        return []
    indices, distances = assessment.nearest(samples, examples.scale(train).numpy(), k=3)
    with st.container(horizontal=True, gap="small"):
        for sample, neighbours, (distance, *_) in zip(samples, train[indices], distances, strict=True):
            with st.container(width=68, gap="xxsmall"):
                st.image(gallery.enlarged(pictures.sheet(sample[None], 1, black=-1), 136), output_format="PNG")
                column = pictures.sheet(neighbours / 127.5 - 1, 1, black=-1)
                st.image(gallery.enlarged(column, 136), caption=f"{distance:.1f}", output_format="PNG")
    searched = f"{len(train):,} training {what}"
    if learned_from == "tfds" and datasets.resolve("mnist", source) == "bundled":
        searched += " that are bundled, a part of those that it was trained on"
    st.caption(
        f"Beneath each of the first {len(samples)} samples: the three nearest of the {searched}, and how far the "
        f"first of them is. A copy would be at 0; unseen {what} are usually {usual:.1f} from the nearest (Euclidean "
        "distance, pixels in -1..1)."
    )
    return [
        "import numpy as np",
        "from dlsuite.data import examples",
        "from dlsuite.gans import assessment",
        f'train = examples.scale(examples.held_in_memory("{trained.dataset}", source="{source}")).numpy()',
        f"indices, distances = assessment.nearest(samples[:{len(samples)}], train, k=3)",
        f"both = np.concatenate([samples[:{len(samples)}], *train[indices.T]])",
        f"Image.fromarray(pictures.sheet(both, columns={len(samples)}, black=-1))",
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
