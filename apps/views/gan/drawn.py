"""Samples of a trained generator: how they are asked for, and in which lines of Python."""

import streamlit as st

CLASSES = 10
IN_TURN = "all, in turn"
SHOW_SHEET = ["from PIL import Image", "from dlsuite import pictures"]


def is_conditional(trained) -> bool:
    """Whether it can be asked for samples of a class."""
    return "sample_class" in trained.model.signatures


def class_input(trained) -> str | None:
    """The class that a conditional model is asked for, where a single sample of all in turn is a 0; else `None`."""
    if not is_conditional(trained):
        return None
    return st.selectbox("Class", [IN_TURN, *map(str, range(CLASSES))], key="class", bind="query-params")


def style_length(trained, latent) -> int:
    """How many numbers of a latent vector are the style of a sample; those that follow are its class."""
    return len(latent) - CLASSES * is_conditional(trained)


def draw(trained, n, seed, label):
    """Samples, of a class where one was chosen, and their latent vectors."""
    if label in (None, IN_TURN):
        return trained.model.sample(n=n, seed=seed)
    return trained.model.sample_class(n=n, seed=seed, label=int(label))


def draw_line(n, seed, label) -> str:
    """The same as a line of Python."""
    if label in (None, IN_TURN):
        return f"model.sample(n={n}, seed={seed})"
    return f"model.sample_class(n={n}, seed={seed}, label={label})"


def makes_points(trained) -> bool:
    """Whether the model's samples are points of the plane rather than pictures."""
    return trained.model.sample(n=1, seed=0)["samples"].ndim == 2
