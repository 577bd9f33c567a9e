"""The auto-encoder page's *Compression*: a picture as a short file, beside the JPEG of that length."""

import numpy as np
import streamlit as st

from panels import charts, export, gallery, inputs, models
from views.autoencoder import photographs

HIGHEST = 60.0
"""Decibels in the chart; of a picture that comes back the same they are infinite."""


def show():
    """A picture as a short file, beside the JPEG of that length."""
    from dlsuite.autoencoders import jpeg, picture_file
    from dlsuite.autoencoders.code_prior import QUALITIES

    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        first = "autoencoders.compression"
        trained = models.choose([first], first, key="compressor")
        chosen = inputs.picture("picture", photographs.to_try(), largest=photographs.LARGEST)
        quality = st.slider(
            "Quality",
            0,
            QUALITIES - 1,
            1,
            key="quality",
            bind="query-params",
            help="How many bits an error is worth: 0 makes the shortest files.",
        )
    if trained is None or chosen is None:
        return
    picture, is_grey = chosen.pixels, int(trained.model.tables(quality=quality)["channels"]) == 1
    if is_grey:
        picture = picture.mean(axis=-1, keepdims=True).round().astype("uint8")
    file = picture_file.encode(trained.model, picture, quality)
    ours = picture_file.decode(trained.model, file)
    jpegs = jpegs_of(picture)
    same = min(jpegs, key=lambda point: abs(point.bits - 8 * len(file)))
    pixels = picture[..., 0].size
    with screen:
        shown = {
            f"the original: {picture.size / 1024:.0f} KiB as bytes": picture,
            f"here: {len(file) / 1024:.2f} KiB, {decibels(jpeg.psnr(ours, picture))}": ours,
            f"JPEG: {same.bits / 8192:.2f} KiB, {decibels(same.psnr)}": jpeg.read(same.data),
        }
        in_colour = {caption: np.broadcast_to(whole, (*whole.shape[:2], 3)) for caption, whole in shown.items()}
        gallery.row(in_colour, photographs.SHOWN)
        answer = trained.model.compress(pictures=picture_file.fill(picture), quality=quality)
        charts.draw(rate_chart(trained, picture, jpegs, quality))
        st.caption(
            f"The entropy coder wrote {8 * len(file):,} bits, header included; by the model's own probabilities it "
            f"takes {float(answer['bits'][0]):,.0f}. JPEG is the best of every setting that Pillow has, and its "
            f"headers are not counted. {8 * len(file) / pixels:.3f} bits a pixel; {8 * picture.shape[-1]} in the "
            "original."
        )
        export.download("Download the file", file, "picture.dls")
        export.notebook_lines(
            trained,
            [
                "import numpy as np",
                "from PIL import Image",
                "from dlsuite.autoencoders import picture_file",
                *chosen.lines,
                *(['picture = picture.mean(axis=-1, keepdims=True).round().astype("uint8")'] if is_grey else []),
                f"file = picture_file.encode(model, picture, quality={quality})",
                f"Image.fromarray(picture_file.decode(model, file){'[..., 0]' if is_grey else ''})",
            ],
        )


def decibels(psnr: float) -> str:
    """A PSNR for people."""
    return f"{psnr:.1f} dB" if np.isfinite(psnr) else "the same"


@st.cache_data(show_spinner="Trying JPEG's settings …", max_entries=20)
def jpegs_of(picture: np.ndarray) -> list:
    """The best JPEGs of a picture, from the smallest on."""
    from dlsuite.autoencoders import jpeg

    return jpeg.best(picture)


def rate_chart(trained, picture, jpegs, quality) -> dict:
    """PSNR against bits a pixel, at all qualities and of JPEG."""
    pixels = picture[..., 0].size
    ours = [
        {"bits": bits / pixels, "psnr": min(psnr, HIGHEST), "what": "here"}
        for bits, psnr in qualities_of(trained.source, picture, trained.model)
    ]
    most = 1.6 * max(row["bits"] for row in ours)
    theirs = [
        {"bits": point.bits / pixels, "psnr": min(point.psnr, HIGHEST), "what": "JPEG"}
        for point in jpegs
        if point.bits / pixels <= most
    ]
    place = {
        "x": charts.number("bits", "bits a pixel"),
        "y": charts.number("psnr", "PSNR in dB", zero=False),
        "color": charts.colours("what", {"here": charts.WARM, "JPEG": charts.COLD}),
    }
    return charts.chart(
        260,
        charts.layer("line", ours + theirs, place, point=True, tooltip=True),
        charts.layer("point", [ours[quality]], place, size=260, strokeWidth=3),
    )


@st.cache_data(show_spinner="Compressing …", max_entries=20)
def qualities_of(source: str, picture: np.ndarray, _model) -> list[tuple[int, float]]:
    """The file's bits and the PSNR at each quality."""
    from dlsuite.autoencoders import jpeg, picture_file
    from dlsuite.autoencoders.code_prior import QUALITIES

    files = [picture_file.encode(_model, picture, quality) for quality in range(QUALITIES)]
    return [(8 * len(file), jpeg.psnr(picture_file.decode(_model, file), picture)) for file in files]
