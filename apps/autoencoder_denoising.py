"""The auto-encoder page's views on noise: digits corrupted and restored, and why the best answer is sometimes none."""

import canvas
import numpy as np
import panels
import streamlit as st

from dlsuite.autoencoders import sheets, two_modes
from dlsuite.data import drawing

FIRST = "autoencoders.denoising"
KINDS = {
    "gaussian": "Gaussian",
    "masking": "masking",
    "patches": "masked squares",
    "salt_and_pepper": "salt and pepper",
}
LEVEL_HELP = (
    "Gaussian: the noise's standard deviation, where black is 0 and white is 1. Elsewhere: the share of the pixels, or "
    "of the squares of 4 × 4 pixels, that is corrupted."
)
PICK, DRAW = "held out", "my drawing"


def denoising():
    """A digit, noise of any kind and strength on it, and what a denoising auto-encoder makes of that."""
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        trained = panels.choose_model([FIRST], FIRST, key="denoiser", fits=lambda a: a.get("dataset") == "mnist")
        if trained is None:
            return
        digit, digit_line = picked_or_drawn()
        title = st.selectbox("Noise", list(KINDS.values()), key="noise", bind="query-params")
        level = st.slider("Level", 0.0, 1.0, 0.4, 0.05, key="level", bind="query-params", help=LEVEL_HELP)
        seed = panels.seed_input("Seed of the noise", "noise_seed")
    if digit is None:
        return
    from dlsuite.autoencoders import denoising as lesson

    kind = next(kind for kind, shown in KINDS.items() if shown == title)
    levels = [level, *np.linspace(0, 1, 11).round(2)]
    corrupted = np.concatenate([lesson.corrupt_from(seed, digit[None], kind, each).numpy() for each in levels])
    restored = trained.model.denoise(pictures=corrupted)["pictures"]
    with screen:
        pictures = {"the digit": digit, f"corrupted: {quality(corrupted[0], digit)}": corrupted[0]}
        pictures |= {f"restored: {quality(restored[0], digit)}": restored[0]}
        for column, (caption, picture) in zip(st.columns(3), pictures.items(), strict=True):
            column.image(large(picture), caption=caption, width="stretch", output_format="PNG")
        strips = sheets.paired(corrupted[1:], restored[1:], columns=11)
        caption = "The same noise at levels 0, 0.1, … 1, and what is made of each. The model is told neither."
        st.image(panels.enlarged(strips, 1320), caption=caption, width="stretch", output_format="PNG")
        arguments = trained.record["arguments"]
        if arguments.get("noise") not in (kind, "all") or level > arguments.get("level", 1):
            st.caption(
                f":material/info: This model was trained on {arguments['noise'].replace('_', ' ')} noise up to a level "
                f"of {arguments['level']:g}; the rest is new to it."
            )
        panels.notebook_lines(
            trained,
            [
                "import numpy as np",
                "from PIL import Image",
                "from dlsuite.autoencoders import denoising, sheets",
                "from dlsuite.data import drawing, examples, mnist",
                digit_line,
                f"levels = [{level:g}, *np.linspace(0, 1, 11).round(2)]",
                f'corrupted = [denoising.corrupt_from({seed}, digit, "{kind}", level) for level in levels]',
                "corrupted = np.concatenate(corrupted)",
                'restored = model.denoise(pictures=corrupted)["pictures"]',
                "Image.fromarray(sheets.paired(corrupted, restored, columns=12))",
            ],
        )


def picked_or_drawn() -> tuple[np.ndarray | None, str]:
    """A held-out digit, or one that the user draws, and the notebook line that makes it.

    It is float32 `(28, 28, 1)` in 0..1, `None` while none is drawn; the line makes a batch of it.
    """
    way = st.segmented_control("Digit", [PICK, DRAW], default=PICK, required=True, key="way", bind="query-params")
    if way == PICK:
        digit, index = panels.digit_input("Held-out", "digit", 5)
        return digit, f'digit = examples.to_unit(mnist.arrays("test", "bundled")[0][[{index}]])'
    strokes = canvas.strokes("digit_strokes", [])
    try:
        digit = (drawing.digit(strokes) / 255).astype("float32")
    except ValueError:
        st.info("Draw a digit with the mouse or a finger, as large as the square.", icon=":material/draw:")
        return None, ""
    return digit, f"digit = examples.to_unit(drawing.digit({strokes})[None])"


def quality(picture, original) -> str:
    """How near a picture is to the original, for people."""
    error = np.mean((np.clip(picture, 0, 1) - original) ** 2)
    return f"{-10 * np.log10(error):.1f} dB" if error > 0 else "the same"


def large(picture: np.ndarray, width: int = 336) -> np.ndarray:
    """One picture in 0..1, enlarged, uint8."""
    return panels.enlarged(sheets.sheet(picture[None], 1, border=0), width)


def two_right_answers():
    """The lecture's warning: where two answers are right, the squared error wants their average."""
    st.markdown(
        "A restored picture that is trained on the **squared error** is the **mean** of all pictures that could have "
        "been corrupted into the one that is seen. Where those are of two kinds, the mean is of neither."
    )
    where = st.segmented_control(
        "Where",
        ["On the line", "Among digits"],
        default="On the line",
        required=True,
        key="where",
        bind="query-params",
        label_visibility="collapsed",
    )
    if where == "On the line":
        _on_the_line()
    else:
        _among_digits()


def _on_the_line():
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        y = st.slider("What is seen, y", -2.0, 2.0, 0.1, 0.05, key="y", bind="query-params")
        noise = st.slider("Its noise", 0.1, 2.0, 0.8, 0.05, key="y_noise", bind="query-params")
        spread = st.slider("Width of the two bumps", 0.05, 0.5, 0.15, 0.05, key="spread", bind="query-params")
    posterior = two_modes.on_the_line(y, noise=noise, spread=spread)
    with screen:
        left, right = posterior.weights[0], posterior.weights[1]
        st.markdown(
            f"x was one of two bumps at −1 and 1. Now that y = {y:g} is seen, it was the left one with a chance of "
            f"**{left:.0%}** and the right one with **{right:.0%}**; the squared error answers "
            f"**{posterior.mean:.2f}**."
        )
        st.vega_lite_chart(line_chart(posterior, y), width="stretch")
        error_metrics(posterior.errors)
        panels.code_lines(
            "The same in a notebook",
            [
                "from dlsuite.autoencoders import two_modes",
                "",
                f"posterior = two_modes.on_the_line({y:g}, noise={noise:g}, spread={spread:g})",
                "posterior.mean, posterior.modes, posterior.errors",
            ],
        )


def line_chart(posterior, y) -> dict:
    """p(x | y), and where the answers lie."""
    x = two_modes.GRID
    curve = [{"x": a, "p": p} for a, p in zip(x.tolist(), posterior.density(x).tolist(), strict=True)]
    answers = [
        {"x": posterior.mean, "what": "mean: the squared error's answer"},
        {"x": float(posterior.modes[0]), "what": "mode: the likeliest x"},
        {"x": y, "what": "y: what is seen"},
    ]
    domain = [row["what"] for row in answers]
    of_x = {"field": "x", "type": "quantitative", "title": "x", "scale": {"domain": [-2, 2], "nice": False}}
    colours = {"domain": domain, "range": [panels.WARM, panels.COLD, panels.GREY]}
    return {
        "height": 300,
        "layer": [
            {
                "data": {"values": curve},
                "mark": {"type": "area", "opacity": 0.25, "color": panels.COLD},
                "encoding": {"x": of_x, "y": {"field": "p", "type": "quantitative", "title": "p(x | y)"}},
            },
            {
                "data": {"values": answers},
                "mark": {"type": "rule", "strokeWidth": 3},
                "encoding": {
                    "x": of_x,
                    "color": {
                        "field": "what",
                        "type": "nominal",
                        "scale": colours,
                        "legend": {"orient": "top", "title": None, "labelLimit": 400, "columns": 2},
                    },
                },
            },
        ],
    }


def error_metrics(errors) -> None:
    """What each way to answer costs in the mean."""
    names = {"mean": "The mean", "mode": "The likeliest", "sample": "One drawn at random"}
    for column, (key, title) in zip(st.columns(3), names.items(), strict=True):
        column.metric(title, f"{errors[key]:.2f}", help="The expected squared error of this answer, given y.")
    st.caption("The expected squared error of three ways to answer. The mean always costs least.")


def _among_digits():
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        digit, _ = panels.digit_input("Held-out", "seen", 4)
        noise = st.slider("Noise", 0.5, 4.0, 1.5, 0.1, key="pixel_noise", bind="query-params")
        share = st.slider(
            "Rows that are seen, from below",
            4,
            28,
            14,
            key="rows",
            bind="query-params",
            help="The rest is hidden: what it was must be inferred.",
        )
        seed = panels.seed_input("Seed", "answers_seed")
    images, _ = panels.digits("train")
    seen = np.arange(28)[:, None, None] >= 28 - share
    y = digit + noise * np.random.default_rng(seed).normal(size=digit.shape)
    posterior = two_modes.among_pictures(y, images, noise=noise, seen=np.broadcast_to(seen, y.shape))
    drawn = images[posterior.sample(8, seed)]
    with screen:
        count = int(np.exp(-np.sum(posterior.weights * np.log(posterior.weights + 1e-30))))
        st.markdown(
            f"Say that x was one of the **{len(images):,} bundled digits**. Then the posterior can be summed up "
            f"exactly: about **{max(count, 1)}** of them explain what is seen."
        )
        shown = {
            "what it was": digit,
            "what is seen": np.where(seen, y, 0.5),
            "the mean: the squared error's answer": posterior.mean,
            "the likeliest": images[posterior.mode],
        }
        for column, (caption, picture) in zip(st.columns(4), shown.items(), strict=True):
            column.image(large(picture), caption=caption, width="stretch", output_format="PNG")
        caption = "Eight digits drawn from the posterior: each is sharp, and each could have been it"
        st.image(panels.enlarged(sheets.sheet(drawn, 8), 1200), caption=caption, width="stretch", output_format="PNG")
        error_metrics(posterior.errors)
