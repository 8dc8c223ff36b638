"""The site as everyone meets it: by keyboard, enlarged, in the dark, on paper, without scripts."""

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urljoin

import pytest
from axe_playwright_python.sync_playwright import Axe
from lxml import html
from playwright.sync_api import Browser, ConsoleMessage, Page, Request

from building import ROOT, build, copy_site
from loopback_site import StaticServer

BEHAVIOR, GROUP, WORK = "security/backdoor/", "deception/", "papers/hubinger2024sleeper/"
PAGES = {
    "home": "",
    "behavior": BEHAVIOR,
    "group": GROUP,
    "mechanism": "mechanisms/factual-recall/",
    "pictures": "measuring/model-written-evaluations/",
    "explorer": "papers/",
    "map": "map/",
    "timeline": "timeline/",
    "work": WORK,
    "about": "about/",
    "rules": "rules/",
    "link-health": "link-health/",
    "state": "state/",
    "contributors": "contributors/",
    "maintaining": "maintaining/",
    "404": "nowhere/",
}
WIDTHS = {"phone": 375, "desk": 1280}
WEIGHT = 120 * 1024

Sites = dict[str, StaticServer]


@pytest.fixture(scope="module")
def sites(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sites]:
    """The real site, and the tests' own pages, with their relations and oddities, in its dress."""
    folder = tmp_path_factory.mktemp("access")
    real, odd = folder / "real", folder / "odd"
    built = build(ROOT, "--site-dir", str(real))
    assert built.returncode == 0, built.stdout
    built = build(dress(copy_site(folder / "source")), "--site-dir", str(odd))
    assert built.returncode == 0, built.stdout
    with StaticServer(real) as first, StaticServer(odd) as second:
        yield {"real": first, "odd": second}


def dress(folder: Path) -> Path:
    """Give a copy of the tests' site the real site's settings and assets."""
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    settings = re.sub(r"(?m)^nav:\n(?:  .*\n)+", "", settings)
    settings = settings.replace("hooks/", f"{(ROOT / 'hooks').as_posix()}/")
    (folder / "mkdocs.yml").write_text(settings, encoding="utf-8")
    shutil.copytree(ROOT / "docs/assets", folder / "docs/assets", dirs_exist_ok=True)
    return folder


def settle(page: Page) -> None:
    """Wait until all that was asked for is here, and nothing moves or changes its color."""
    page.wait_for_load_state("networkidle")
    page.evaluate("() => Promise.allSettled(document.getAnimations().map(each => each.finished))")


def faults(page: Page) -> list[str]:
    """What axe finds: the rule, the element, and why."""
    settle(page)
    rules = {"target-size": {"enabled": True}}  # it is in no set that axe takes by itself
    found = Axe().run(page, options={"rules": rules}).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node['failureSummary']}"
        for rule in found
        for node in rule["nodes"]
    ]


def open_page(page: Page, address: str, width: int, scheme: str) -> None:
    """Open a page in a window of a width, by day or by night."""
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(address)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_nothing(page: Page, sites: Sites, name: str, width: str, scheme: str) -> None:
    """No page keeps anybody out, on a phone or a desk, by day or by night."""
    open_page(page, f"{sites['real'].url}{PAGES[name]}", WIDTHS[width], scheme)
    assert faults(page) == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["deception/sandbagging/", "deception/", "hostile/", "papers/"])
def test_axe_finds_nothing_on_odd_pages(page: Page, sites: Sites, name: str, scheme: str) -> None:
    """Nor do pages with cards that are contested, withdrawn, or written by a hostile hand."""
    for width in WIDTHS.values():
        open_page(page, f"{sites['odd'].url}{name}", width, scheme)
        assert faults(page) == [], width


def open_drawer(page: Page) -> None:
    """The navigation on a phone."""
    page.set_viewport_size({"width": 375, "height": 900})
    page.locator(".md-header label[for=__drawer]").click()
    page.locator(".md-nav--primary .md-nav__link").first.wait_for()


def open_cite_menu(page: Page) -> None:
    """The first card's."""
    page.locator(".paper details.cite > summary").first.click()
    page.locator(".paper details.cite button").first.wait_for()


def open_search(page: Page) -> None:
    """The dialog, with answers in it."""
    page.keyboard.press("/")
    page.locator("dialog.search-dialog input").first.fill("deceptive")
    page.locator("dialog.search-dialog a").first.wait_for()


def open_preview(page: Page) -> None:
    """What a link to another work says of it."""
    page.locator(".md-content a[data-preview]").first.focus()
    page.locator(".preview-panel").wait_for()


OPENED: dict[str, tuple[str, str, Callable[[Page], None]]] = {
    "drawer": ("real", BEHAVIOR, open_drawer),
    "cite menu": ("real", BEHAVIOR, open_cite_menu),
    "search": ("real", BEHAVIOR, open_search),
    "preview": ("odd", "deception/sandbagging/", open_preview),
}


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", OPENED)
def test_axe_finds_nothing_in_what_opens(page: Page, sites: Sites, name: str, scheme: str) -> None:
    """What opens over a page is as open to all as the page."""
    site, path, act = OPENED[name]
    open_page(page, f"{sites[site].url}{path}", 1280, scheme)
    act(page)
    assert faults(page) == []


STEP = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  // A box that is not drawn has its label drawn in its place.
  const drawnAs = at.offsetWidth ? at : (at.nextElementSibling ?? at);
  const style = getComputedStyle(drawnAs), box = drawnAs.getBoundingClientRect();
  const drawn = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
  const path = [];
  for (let each = at; each; each = each.parentElement)
    path.unshift([...(each.parentElement?.children ?? [])].indexOf(each));
  return {
    name: `${at.tagName} ${at.className} ${at.textContent.trim().slice(0, 30)}`,
    place: path.join("/"),
    seen: box.width > 0 && box.height > 0 && (drawn || style.boxShadow !== "none"),
  };
}"""


@pytest.mark.parametrize("path", ["", BEHAVIOR, "papers/", "map/", WORK])
def test_the_keyboard_reaches_everything_and_leaves_it(page: Page, sites: Sites, path: str) -> None:
    """The skip link comes first, each stop is seen, none holds on, and the end is reached."""
    page.goto(f"{sites['real'].url}{path}")
    settle(page)
    stops: list[str] = []
    unseen: list[str] = []
    while True:
        page.keyboard.press("Tab")
        step = page.evaluate(STEP)
        if step is None or step["place"] in stops:
            break
        if not stops:
            assert "md-skip" in step["name"]
            page.wait_for_function("getComputedStyle(document.activeElement).opacity === '1'")
        stops.append(step["place"])
        if not step["seen"]:
            unseen.append(step["name"])
    assert step is None or step["place"] == stops[0], "the focus goes round without an end"
    assert len(stops) > 10
    assert unseen == []


def test_the_skip_link_leads_to_the_words(page: Page, sites: Sites) -> None:
    """Two keys, and the next stop is past the navigation."""
    page.goto(f"{sites['real'].url}{BEHAVIOR}")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    assert page.evaluate("Boolean(document.activeElement.closest('.md-content'))")


@pytest.mark.parametrize("path", PAGES.values())
def test_nothing_scrolls_sideways_enlarged(browser: Browser, sites: Sites, path: str) -> None:
    """At 200 % on a window of 1280 pixels, and at 400 %, a page is as wide as the window."""
    for width, scale in ((640, 2), (320, 4)):
        window = {"width": width, "height": 450}
        with browser.new_context(viewport=window, device_scale_factor=scale) as context:  # type: ignore[arg-type]  # a dict is what it takes
            page = context.new_page()
            page.goto(f"{sites['real'].url}{path}")
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, width)


@pytest.mark.parametrize("width", [320, 375, 480])
def test_the_link_to_a_heading_takes_no_line(page: Page, sites: Sites, width: int) -> None:
    """It is not seen until it is pointed at, so it must not make a heading higher, nor the page."""
    page.set_viewport_size({"width": width, "height": 740})
    for path in (BEHAVIOR, GROUP, "security/", "self-knowledge/", "about/", "rules/"):
        page.goto(f"{sites['real'].url}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        height = "[...document.querySelectorAll('h1, h2, h3')].map(it => it.offsetHeight)"
        before = page.evaluate(height)
        page.evaluate("document.querySelectorAll('.headerlink').forEach(it => it.remove())")
        assert page.evaluate(height) == before, path


def words(text: str) -> str:
    """Text as it is compared: one space between words."""
    return " ".join(text.split())


@pytest.mark.parametrize("path", [BEHAVIOR, "mechanisms/factual-recall/", "papers/", GROUP, WORK])
def test_all_is_there_without_scripts(browser: Browser, sites: Sites, path: str) -> None:
    """Cards, findings, definitions and links can be seen and followed, and nothing is asked for."""
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        page.goto(f"{sites['real'].url}{path}")
        shown = words(page.locator("article").inner_text())
        tree = html.fromstring(page.content()).cssselect("article")[0]
    for part in tree.cssselect(".paper > p, dl.terms dt, dl.terms dd, .paper > .admonition-title"):
        text = words(re.sub(r"[¶\ue000-\uf8ff]", "", str(part.text_content())))
        assert all(word in shown for word in text.split()), text
    links = [str(each.get("href")) for each in tree.cssselect("a[href]")]
    assert links and not any(link.startswith("javascript:") for link in links)


def test_the_list_of_papers_is_whole_without_scripts(browser: Browser, sites: Sites) -> None:
    """Each work of papers.json is in a plain table, here or on a year's page, with a link."""
    with browser.new_context(java_script_enabled=False) as context:
        page = context.new_page()
        works = page.request.get(f"{sites['real'].url}papers.json").json()["works"]
        top = f"{sites['real'].url}papers/"
        page.goto(top)
        shown: set[str] = set()
        years = [str(a.get_attribute("href")) for a in page.locator(".years a").all()]
        for address in (top, *(urljoin(top, year) for year in years)):
            page.goto(address)
            links = page.locator("article tr a:visible").evaluate_all("all => all.map(a => a.href)")
            shown |= {re.split("[/#]", link.removesuffix("/"))[-1] for link in links}
        assert {work["key"] for work in works} <= shown


def test_paper_keeps_cards_whole(page: Page, sites: Sites) -> None:
    """Printed, no card is split over two sheets, and what is for the screen alone stays away."""
    page.goto(f"{sites['real'].url}measuring/model-written-evaluations/")
    page.emulate_media(media="print")
    cards = page.locator(".paper")
    assert cards.count() > 0
    for card in cards.all():
        assert card.evaluate("each => getComputedStyle(each).breakInside") == "avoid"
    for part in (".md-header", ".md-tabs", ".md-sidebar--primary", ".md-footer", "details.cite"):
        assert page.locator(f"{part}:visible").count() == 0, part
    assert page.pdf().startswith(b"%PDF")


def test_a_behavior_page_is_light(page: Page, sites: Sites) -> None:
    """All that a first visit to a behavior's page brings over the wire is at most 120 KiB."""
    site = sites["real"]
    site.sent.clear()
    page.goto(f"{site.url}{BEHAVIOR}")
    page.wait_for_load_state("networkidle")
    assert sum(site.sent.values()) <= WEIGHT, site.sent.most_common()
    assert not any("pagefind" in path for path in site.sent)


def test_no_kind_of_page_says_or_asks_anything(page: Page, sites: Sites) -> None:
    """Nothing in the console, and nobody but its own host, until all is still."""
    site, said = sites["real"], list[str]()

    def message(message: ConsoleMessage) -> None:
        said.append(f"{page.url}: {message.text}")

    def request(asked: Request) -> None:
        if not asked.url.startswith((site.url, "data:", "blob:")):
            said.append(f"{page.url}: {asked.url}")

    page.on("console", message)
    page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
    page.on("request", request)
    for name, path in PAGES.items():
        if name != "404":  # which the browser tells of itself
            page.goto(f"{site.url}{path}")
            settle(page)
    assert said == []
