"""The page that joins all lectures' apps, run without a browser."""

import pytest

LECTURES = {
    "autoencoder.py": "Auto-encoders and variational inference",
    "gan.py": "Generative adversarial networks",
    "attention.py": "Embeddings, attention, translation",
}


@pytest.mark.slow
@pytest.mark.parametrize("script", LECTURES)
def test_it_opens_and_leads_to_each_lecture(open_page, script):
    page = open_page("home.py")
    assert len(page.page_link) == len(LECTURES)
    assert len([link for link in page.page_link if LECTURES[script] in link.label]) == 1
    page.switch_page(script).run()
    assert page.title[0].value == LECTURES[script]
    assert page.image or any("<table" in each.proto.body for each in page.get("html"))
