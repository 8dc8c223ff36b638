"""The site as a reader meets it: in a browser."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import ConsoleMessage, Page, Request

from building import ROOT, build

WORKS = {
    "2212.09251",
    "2308.09124",
    "2310.01870",
    "2310.08164",
    "2311.04131",
    "2312.15241",
    "2401.01814",
    "2401.05566",
    "2402.02619",
    "2402.15055",
    "2404.17047",
    "2405.06409",
    "https://www.alignmentforum.org/posts/iGuwZTHWb6DFY3sKB",
}
"""Every work that the seed documents name."""


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Path], str]) -> str:
    """The address of the real site, built strictly and served on loopback."""
    site = tmp_path_factory.mktemp("real") / "site"
    result = build(ROOT, "--strict", "--site-dir", str(site))
    assert result.returncode == 0, result.stdout
    return serve(site)


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the page says in its console, and each request that leaves this machine."""
    found: list[str] = []

    def message(said: ConsoleMessage) -> None:
        found.append(said.text)

    def request(asked: Request) -> None:
        if not asked.url.startswith(("http://127.0.0.1:", "data:", "blob:")):
            found.append(asked.url)

    page.on("console", message)
    page.on("pageerror", lambda error: found.append(str(error)))
    page.on("request", request)
    return found


def page_addresses(page: Page, address: str) -> list[str]:
    """The pages of the site's sitemap; of works' own pages, which are alike, every tenth."""
    text = page.request.get(f"{address}sitemap.xml").text()
    places = [part.split("</loc>")[0] for part in text.split("<loc>")[1:]]
    works = [place for place in places if re.search(r"/papers/[^/]+/$", place)]
    left_out = set(works) - set(works[::10])
    chosen = [place for place in places if place not in left_out]
    return [place.replace("http://127.0.0.1:8000/", address) for place in chosen]


CITED = """cards => cards.map(card => {
  const [mark] = card.querySelectorAll(":scope > .who a.footnote-ref");
  const note = document.getElementById(decodeURIComponent(mark.hash.slice(1)));
  return [card.dataset.work, note.querySelectorAll("cite").length];
})"""
"""The work of each card, and how many works the footnote of its mark cites."""


def test_every_page_is_quiet_and_every_card_is_cited(
    page: Page, address: str, complaints: list[str]
) -> None:
    """Each has a citation that has a footnote; no page says a word to the console."""
    cited: set[str] = set()
    for place in page_addresses(page, address):
        page.goto(place)
        for work, cites in page.locator(".paper").evaluate_all(CITED):
            assert cites == 1, (place, work)
            cited.add(work.partition(":")[2])
    assert cited >= WORKS
    assert complaints == []


def test_a_citation_opens_on_hover_and_on_focus(page: Page, address: str) -> None:
    """A panel shows the footnote beside its mark: the reference, unabridged by the page."""
    for act in ("hover", "focus"):
        page.goto(f"{address}security/backdoor/")
        mark = page.locator("#hubinger2024sleeper > .who a.footnote-ref")
        getattr(mark, act)()
        tip = page.locator(".preview-panel")
        tip.wait_for()
        assert "Sleeper Agents: Training Deceptive LLMs" in tip.inner_text()


@pytest.mark.parametrize("width", [375, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_scrolls_sideways(page: Page, address: str, width: int, scheme: str) -> None:
    """At phone width as at desk width, in both schemes, a page is as wide as the window."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    for name in (
        "",
        "mechanisms/factual-recall/",
        "measuring/model-written-evaluations/",
        "rules/",
    ):
        page.goto(f"{address}{name}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, name


def test_pictures_wait_until_their_block_is_opened(
    page: Page, address: str, complaints: list[str]
) -> None:
    """The five remote pictures are asked for only by a reader who opens the block."""
    page.goto(f"{address}measuring/model-written-evaluations/")
    page.wait_for_load_state("networkidle")
    assert page.locator(".paper details img[alt]:not([alt=''])").count() == 5
    assert complaints == []
    page.locator(".paper details:has(img) > summary").click()
    page.wait_for_function("document.querySelector('.paper details:has(img)').open")
    page.wait_for_load_state("networkidle")
    assert any("ianderrington/genai/assets" in complaint for complaint in complaints)


def test_the_shelves_are_tabs(page: Page, address: str) -> None:
    """Behaviors, mechanisms, shaping and measuring lead to groups; groups list their terms."""
    page.goto(address)
    tabs = [tab.strip() for tab in page.locator(".md-tabs__link").all_inner_texts()]
    assert tabs == "Home Paths Behaviors Mechanisms Shaping Measuring Papers About".split()
    page.locator(".md-tabs__link", has_text="Mechanisms").click()
    page.wait_for_url("**/mechanisms/")
    page.locator("dl.terms a", has_text="Factual recall").click()
    page.wait_for_url("**/mechanisms/factual-recall/")
    assert page.locator("h1").inner_text().startswith("Factual recall")
