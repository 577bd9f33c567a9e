"""The auto-encoder page's *Two right answers*: why the least squared error is sometimes no answer."""

import numpy as np
import streamlit as st

from dlsuite import pictures
from dlsuite.autoencoders import two_modes
from panels import charts, export, gallery, inputs, widgets
from views.autoencoder.digits import one


def show():
    """The lecture's warning: where two answers are right, the squared error wants their average."""
    st.markdown(
        "A restored picture that is trained on the **squared error** is the **mean** of all pictures that could have "
        "been corrupted into the one that is seen. Where those are of two kinds, the mean is of neither."
    )
    widgets.view("Where", {"On the line": _on_the_line, "Among digits": _among_digits}, "where")()


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
        charts.draw(line_chart(posterior, y))
        error_metrics(posterior.errors)
        export.code_lines(
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
    answers = {
        "mean: the squared error's answer": (posterior.mean, charts.WARM),
        "mode: the likeliest x": (float(posterior.modes[0]), charts.COLD),
        "y: what is seen": (y, charts.GREY),
    }
    across = charts.number("x", "x", domain=[-2, 2], nice=False)
    of_answers = {what: colour for what, (_, colour) in answers.items()}
    rows = [{"x": at, "what": what} for what, (at, _) in answers.items()]
    return charts.chart(
        300,
        charts.layer(
            "area", curve, {"x": across, "y": charts.number("p", "p(x | y)")}, opacity=0.25, color=charts.COLD
        ),
        charts.layer(
            "rule",
            rows,
            {"x": across, "color": charts.colours("what", of_answers, labelLimit=400, columns=2)},
            strokeWidth=3,
        ),
    )


def error_metrics(errors) -> None:
    """What each way to answer costs in the mean."""
    names = {"mean": "The mean", "mode": "The likeliest", "sample": "One drawn at random"}
    for column, (key, title) in zip(st.columns(3), names.items(), strict=True):
        column.metric(title, f"{errors[key]:.2f}", help="The expected squared error of this answer, given y.")
    st.caption("The expected squared error of three ways to answer. The mean always costs least.")


def _among_digits():
    controls, screen = st.columns([1, 2], gap="large")
    with controls:
        digit, _ = inputs.digit("Held-out", "seen", 4)
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
        seed = widgets.seed_input("Seed", "answers_seed")
    images, _ = inputs.digits("train")
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
        gallery.row({caption: one(picture) for caption, picture in shown.items()}, 336)
        caption = "Eight digits drawn from the posterior: each is sharp, and each could have been it"
        gallery.show(pictures.sheet(drawn, 8), caption, 1200)
        error_metrics(posterior.errors)
