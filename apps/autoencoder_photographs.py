"""The auto-encoder page's views on photographs: enlarged by super-resolution, and compressed."""

from pathlib import Path

import numpy as np
import panels
import streamlit as st
from PIL import Image

ASTRONAUT = Path(__file__).parent / "pictures" / "astronaut.webp"
"""A part of NASA's portrait of Eileen Collins, in the public domain; no model that ships was trained on it."""
PIECE = 96
"""Pixels a side of the original's piece that is shown enlarged."""
SHOWN = 480
LARGEST = 512
"""Pixels a side of a picture that is worked on."""
HIGHEST = 60.0
"""Decibels in the chart; of a picture that comes back the same they are infinite."""


def examples() -> dict:
    """The pictures that there are to try, by title: no model that ships was trained on any."""
    pictures = {"astronaut": astronaut, "digits": mosaic}
    return pictures | {Path(name).stem: lambda picture=picture: picture for name, picture in held_out().items()}


def astronaut() -> panels.Picture:
    """The portrait."""
    lines = [f'picture = np.asarray(Image.open({str(ASTRONAUT)!r}).convert("RGB"))']
    return panels.Picture(np.asarray(Image.open(ASTRONAUT).convert("RGB")), lines)


def mosaic() -> panels.Picture:
    """64 held-out digits as one picture, uint8 `(224, 224, 3)`."""
    digits = panels.digits("test")[0][::15][:64].reshape(8, 8, 28, 28)
    grey = (255 * digits).round().astype("uint8").transpose(0, 2, 1, 3).reshape(224, 224)
    lines = [
        "from dlsuite.data import mnist",
        'digits = mnist.arrays("test", "bundled")[0][::15][:64].reshape(8, 8, 28, 28)',
        "picture = np.repeat(digits.transpose(0, 2, 1, 3).reshape(224, 224, 1), 3, axis=-1)",
    ]
    return panels.Picture(np.repeat(grey[..., None], 3, axis=-1), lines)


@st.cache_data(show_spinner=False)
def held_out() -> dict[str, panels.Picture]:
    """The held-out photographs, by their files' names, their middles of at most 512 pixels; none if not installed."""
    from dlsuite.data import photographs, sources

    try:
        found = photographs.images("test")
    except sources.MissingData:
        return {}
    pictures = {}
    for index, (name, whole) in enumerate(zip(photographs.FILES["test"], found, strict=True)):
        top, left = (max(0, (side - LARGEST) // 2) for side in whole.shape[:2])
        middle = f"{top} : {top + LARGEST}, {left} : {left + LARGEST}"
        lines = [
            "from dlsuite.data import photographs",
            f'picture = photographs.images("test")[{index}][{middle}]',
        ]
        pictures[name] = panels.Picture(whole[top : top + LARGEST, left : left + LARGEST], lines)
    del pictures["astronaut.png"]
    return pictures


def super_resolution():
    """A picture enlarged, beside what interpolation makes of it."""
    from dlsuite.autoencoders.super_resolution import bicubic

    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        first = "autoencoders.super_resolution"
        trained = panels.choose_model([first], first, key="enlarger")
        chosen = panels.picture_input("picture", examples(), largest=LARGEST)
        is_compared = st.toggle(
            "Reduce it first",
            value=True,
            key="reduce",
            bind="query-params",
            help="So that what is made of the small picture can be compared with the original. Off: the picture itself "
            "is enlarged, to what nobody has seen.",
        )
    if trained is None or chosen is None:
        return
    picture = chosen.pixels
    factor = trained.record["arguments"]["factor"]
    if min(picture.shape[:2]) < 4 * factor:
        screen.error(f"This picture has {picture.shape[1]} × {picture.shape[0]} pixels: that is too little.")
        return
    height, width = (side // factor * factor for side in picture.shape[:2])
    original = picture[:height, :width] / np.float32(255)
    small = np.clip(bicubic(original[None], 1 / factor).numpy(), 0, 1) if is_compared else original[None]
    answer = trained.model.enlarge(pictures=small)
    ours, interpolated = answer["pictures"][0], np.clip(answer["bicubic"][0], 0, 1)
    with controls:
        corner = corner_input(ours.shape[:2])
    with screen:
        nearest = small[0].repeat(factor, axis=0).repeat(factor, axis=1)
        shown = {"what it is given": nearest, "bicubic interpolation": interpolated, "super-resolution": ours}
        if is_compared:
            shown["the original"] = original
        columns = [column for _ in range(2) for column in st.columns(2)]
        for column, (title, whole) in zip(columns, shown.items(), strict=False):
            said = f": {psnr(whole, original):.2f} dB" if is_compared and title[0] in "bs" else ""
            column.image(piece(whole, corner), caption=title + said, width="stretch", output_format="PNG")
        st.caption(
            what_is_shown(ours.shape[:2])
            + ("PSNR of the whole picture, the higher the better. " if is_compared else "")
            + ("At four times fine strokes are partly invented, with specks where bright meets black." * (factor == 4))
        )
        panels.download("Download it enlarged", panels.png(to_bytes(ours)), "enlarged.png")
        reduced = f"np.clip(super_resolution.bicubic(original[None], 1 / {factor}), 0, 1)"
        panels.notebook_lines(
            trained,
            [
                "import numpy as np",
                "from PIL import Image",
                *(["from dlsuite.autoencoders import super_resolution"] if is_compared else []),
                *chosen.lines,
                f"original = picture[:{height}, :{width}] / np.float32(255)",
                f"small = {reduced if is_compared else 'original[None]'}",
                'enlarged = model.enlarge(pictures=small)["pictures"][0]',
                'Image.fromarray((255 * enlarged.clip(0, 1)).round().astype("uint8"))',
            ],
        )


def what_is_shown(shape: tuple[int, int]) -> str:
    """How much of a picture of so many pixels down and across `piece` shows, in a sentence."""
    height, width = shape
    if max(shape) <= PIECE:
        return f"The whole picture, {width} × {height} pixels. "
    return f"A piece of {min(PIECE, width)} × {min(PIECE, height)} pixels of {width} × {height}. "


def corner_input(shape: tuple[int, int]) -> tuple[int, int]:
    """Where the piece that is shown begins, in pixels from the top left."""
    places = []
    for title, key, side in (("Down", "down", shape[0]), ("Across", "across", shape[1])):
        share = st.slider(
            f"{title}, where to look", 0, 100, 35, key=key, bind="query-params", format="%d %%", help="For the pieces."
        )
        places.append(round(share / 100 * max(0, side - PIECE)))
    return places[0], places[1]


def piece(picture: np.ndarray, corner: tuple[int, int]) -> np.ndarray:
    """A piece of a picture in 0..1, enlarged, uint8."""
    top, left = corner
    return panels.enlarged(to_bytes(picture[top : top + PIECE, left : left + PIECE]), SHOWN)


def to_bytes(picture: np.ndarray) -> np.ndarray:
    """A picture in 0..1 as uint8."""
    return (255 * np.clip(picture, 0, 1)).round().astype("uint8")


def psnr(picture: np.ndarray, original: np.ndarray) -> float:
    """The peak signal-to-noise ratio of a picture in 0..1, in decibels."""
    return float(-10 * np.log10(max(np.mean((picture - original) ** 2), 1e-10)))


def compression():
    """A picture as a short file, beside the JPEG of that length."""
    from dlsuite.autoencoders import compression as lesson
    from dlsuite.autoencoders import jpeg

    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        first = "autoencoders.compression"
        trained = panels.choose_model([first], first, key="compressor")
        chosen = panels.picture_input("picture", examples(), largest=LARGEST)
        quality = st.slider(
            "Quality",
            0,
            lesson.QUALITIES - 1,
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
    file = lesson.encode(trained.model, picture, quality)
    ours = lesson.decode(trained.model, file)
    jpegs = jpegs_of(picture)
    same = min(jpegs, key=lambda point: abs(point.bits - 8 * len(file)))
    pixels = picture[..., 0].size
    with screen:
        shown = {
            f"the original: {picture.size / 1024:.0f} KiB as bytes": picture,
            f"here: {len(file) / 1024:.2f} KiB, {decibels(jpeg.psnr(ours, picture))}": ours,
            f"JPEG: {same.bits / 8192:.2f} KiB, {decibels(same.psnr)}": jpeg.read(same.data),
        }
        for column, (caption, whole) in zip(st.columns(3), shown.items(), strict=True):
            grey_as_colour = np.broadcast_to(whole, (*whole.shape[:2], 3))
            column.image(panels.enlarged(grey_as_colour, SHOWN), caption=caption, width="stretch", output_format="PNG")
        answer = trained.model.compress(pictures=lesson.fill(picture), quality=quality)
        st.vega_lite_chart(rate_chart(trained, picture, jpegs, quality), width="stretch")
        st.caption(
            f"The entropy coder wrote {8 * len(file):,} bits, header included; by the model's own probabilities it "
            f"takes {float(answer['bits'][0]):,.0f}. JPEG is the best of every setting that Pillow has, and its "
            f"headers are not counted. {8 * len(file) / pixels:.3f} bits a pixel; {8 * picture.shape[-1]} in the "
            "original."
        )
        panels.download("Download the file", file, "picture.dls")
        panels.notebook_lines(
            trained,
            [
                "import numpy as np",
                "from PIL import Image",
                "from dlsuite.autoencoders import compression",
                *chosen.lines,
                *(['picture = picture.mean(axis=-1, keepdims=True).round().astype("uint8")'] if is_grey else []),
                f"file = compression.encode(model, picture, quality={quality})",
                f"Image.fromarray(compression.decode(model, file){'[..., 0]' if is_grey else ''})",
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
    ours = qualities_of(trained.source, picture, trained.model)
    ours = [(bits, min(psnr, HIGHEST)) for bits, psnr in ours]
    rows = [{"bits": bits / pixels, "psnr": psnr, "what": "here"} for bits, psnr in ours]
    most = 1.6 * max(row["bits"] for row in rows)
    rows += [
        {"bits": point.bits / pixels, "psnr": min(point.psnr, HIGHEST), "what": "JPEG"}
        for point in jpegs
        if point.bits / pixels <= most
    ]
    chosen = {"bits": ours[quality][0] / pixels, "psnr": ours[quality][1], "what": "here"}
    colour = {
        "field": "what",
        "type": "nominal",
        "scale": {"domain": ["here", "JPEG"], "range": [panels.WARM, panels.COLD]},
        "legend": {"orient": "top", "title": None},
    }
    place = {
        "x": {"field": "bits", "type": "quantitative", "title": "bits a pixel"},
        "y": {"field": "psnr", "type": "quantitative", "title": "PSNR in dB", "scale": {"zero": False}},
        "color": colour,
    }
    return {
        "height": 260,
        "layer": [
            {
                "data": {"values": rows},
                "mark": {"type": "line", "point": True, "tooltip": True},
                "encoding": place,
            },
            {"data": {"values": [chosen]}, "mark": {"type": "point", "size": 260, "strokeWidth": 3}, "encoding": place},
        ],
    }


@st.cache_data(show_spinner="Compressing …", max_entries=20)
def qualities_of(source: str, picture: np.ndarray, _model) -> list[tuple[int, float]]:
    """The file's bits and the PSNR at each quality."""
    from dlsuite.autoencoders import compression as lesson
    from dlsuite.autoencoders import jpeg

    files = [lesson.encode(_model, picture, quality) for quality in range(lesson.QUALITIES)]
    return [(8 * len(file), jpeg.psnr(lesson.decode(_model, file), picture)) for file in files]
