"""The page that joins all lectures' apps, run without a browser."""


def test_it_opens_and_leads_to_the_lecture(open_page):
    page = open_page("home.py")
    (link,) = page.page_link
    assert "Generative adversarial networks" in link.label
    page.switch_page("gan.py").run()
    assert page.title[0].value == "Generative adversarial networks"
    assert page.image
