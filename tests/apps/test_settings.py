"""The settings of the pages, which Streamlit reads because they lie beside them."""

import tomllib
from pathlib import Path

from streamlit import config

FILE = Path(__file__).resolve().parents[2] / "apps" / ".streamlit" / "config.toml"


def named(settings: dict, *path):
    """Every setting by its full name, such as `theme.light.primaryColor`."""
    for name, value in settings.items():
        if isinstance(value, dict):
            yield from named(value, *path, name)
        else:
            yield ".".join([*path, name]), value


def test_streamlit_knows_every_setting():
    """It passes over what it does not know; without the first of them a page that is dragged on stops for good."""
    settings = dict(named(tomllib.loads(FILE.read_text("utf-8"))))
    assert settings["global.minCachedMessageSize"] > 1e9
    for name in settings:
        config.get_option(name)  # a `RuntimeError` where it is unknown
