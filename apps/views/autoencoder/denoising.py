"""The auto-encoder page's *Denoising*: digits corrupted and restored."""

import numpy as np
import streamlit as st

from dlsuite import pictures
from dlsuite.autoencoders import sheets
from dlsuite.data import drawing
from panels import canvas, export, gallery, inputs, models, widgets
from views.autoencoder.digits import of_digits, one

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


def show():
    """A digit, noise of any kind and strength on it, and what a denoising auto-encoder makes of that."""
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        trained = models.choose([FIRST], FIRST, key="denoiser", fits=of_digits)
        if trained is None:
            return
        digit, digit_line = picked_or_drawn()
        title = st.selectbox("Noise", list(KINDS.values()), key="noise", bind="query-params")
        level = st.slider("Level", 0.0, 1.0, 0.4, 0.05, key="level", bind="query-params", help=LEVEL_HELP)
        seed = widgets.seed_input("Seed of the noise", "noise_seed")
    if digit is None:
        return
    from dlsuite.autoencoders import denoising as lesson

    kind = next(kind for kind, shown in KINDS.items() if shown == title)
    levels = [level, *np.linspace(0, 1, 11).round(2)]
    corrupted = np.concatenate([lesson.corrupt_from(seed, digit[None], kind, each).numpy() for each in levels])
    restored = trained.model.denoise(pictures=corrupted)["pictures"]
    with screen:
        captions = "the digit", f"corrupted: {quality(corrupted[0], digit)}", f"restored: {quality(restored[0], digit)}"
        gallery.row(dict(zip(captions, map(one, (digit, corrupted[0], restored[0])), strict=True)), 336)
        strips = sheets.paired(corrupted[1:], restored[1:], columns=11)
        caption = "The same noise at levels 0, 0.1, … 1, and what is made of each. The model is told neither."
        gallery.show(strips, caption, 1320)
        arguments = trained.record["arguments"]
        if arguments.get("noise") not in (kind, "all") or level > arguments.get("level", 1):
            st.caption(
                f":material/info: This model was trained on {arguments['noise'].replace('_', ' ')} noise up to a level "
                f"of {arguments['level']:g}; the rest is new to it."
            )
        export.notebook_lines(
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
    if widgets.buttons("Digit", [PICK, DRAW], "way") == PICK:
        digit, index = inputs.digit("Held-out", "digit", 5)
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
    return f"{pictures.psnr(error):.1f} dB" if error > 0 else "the same"
