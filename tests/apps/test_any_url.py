"""Whatever a URL says, there is a page: every key of every page, with values that make no sense."""

import re
from pathlib import Path

import pytest

APPS = Path(__file__).resolve().parents[2] / "apps"
PAGES = ("gan.py", "autoencoder.py", "attention.py", "home.py")
SENSELESS = {
    "empty": "",
    "wrong, and long": "Nonsense/..\0\N{SNOWMAN}" + "a" * 5000,
    "too large": "9" * 400,
    "negative": "-1",
    "no number": "nan",
    "infinite": "inf",
    "repeated": ["", "2", "-inf"],
}
READ_BY_HAND = re.compile(r'query_params(?:\.\w+\(|\[)"(\w+)"')
KINDS = (
    "button_group",
    "multiselect",
    "number_input",
    "select_slider",
    "selectbox",
    "slider",
    "text_area",
    "text_input",
    "toggle",
)


def keys_of(page) -> set[str]:
    """All that a URL may say to a page: the keys of its widgets, and what it has itself put into the URL."""
    return {widget.key for kind in KINDS for widget in page.get(kind) if widget.key} | set(page.query_params)


def views_of(open_page, script: str) -> dict[tuple, set[str]]:
    """Every view of a page, as what a URL asks for, and the keys that come with it."""
    views, known, to_visit = {}, set(), [{}]
    while to_visit:
        asked = to_visit.pop()
        page = open_page(script, **asked)
        new = keys_of(page) - known
        if new or not asked:
            known |= new
            views[tuple(asked.items())] = new
            # A switch between views has no label of its own; those with one choose something within a view.
            switches = [group for group in page.button_group if group.key in new and group.proto.label_visibility.value]
            to_visit += [asked | {group.key: option.content} for group in switches for option in group.proto.options]
    return views


@pytest.mark.slow
@pytest.mark.parametrize("script", PAGES)
def test_no_url_breaks_a_page(open_page, script):
    """A traceback would, to which `Page` sees, and so would a switch between views that shows none of them."""
    by_hand = {key for file in APPS.rglob("*.py") for key in READ_BY_HAND.findall(file.read_text("utf-8"))}
    views = views_of(open_page, script)
    assert script == "home.py" or len(views) > 8
    for view, keys in views.items():
        for what, value in SENSELESS.items():
            page = open_page(script, **dict.fromkeys(keys | by_hand, value), **dict(view))
            assert all(group.value for group in page.button_group if group.proto.required), (view, what)
