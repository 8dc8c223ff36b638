"""Previews, citations to copy and keys: on small pages with the site's own scripts and style."""

import shutil
from collections.abc import Callable, Iterator
from html import escape
from importlib.resources import files
from pathlib import Path

import pytest
import rispy
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from building import ROOT, build, copy_site
from ethogram.catalog import Catalog
from ethogram.exports.cited import cite
from ethogram.exports.formats import Formats, of_work
from ethogram.render.cite import cite_menu, file_menu, work_menu

STYLES = Path(str(files("material"))) / "templates/assets/stylesheets"

FRAME = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Test</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="{top}assets/main.css">
<link rel="stylesheet" href="{top}assets/palette.css">
<link rel="stylesheet" href="{top}assets/ethogram.css">
<script type="module" src="{top}assets/js/ethogram.js"></script>
</head>
<body dir="ltr" data-md-color-scheme="default"><main class="md-content md-typeset">{body}</main>
</body>
</html>
"""
TEXT = "Müller (2024). Hot & cold."
MENUS = {
    "menu": work_menu("../../papers/doe2024work/#cite", TEXT),
    "other": work_menu("../../papers/gone2024work/#cite", TEXT),
    "files": file_menu("../../group/page", TEXT),
}
BODY = f"""
<a href="../../papers/" data-search><span>Search</span></a>
<input id="field"> <input id="box" type="checkbox">
<p id="first">A claim<sup><a class="footnote-ref" href="#fn:one" id="ref">1</a></sup> and
<a id="work" href="../../papers/doe2024work/" data-preview="doe2024work">a <em>work</em></a>.</p>
<p>Also <a id="written" href="../other/#doe2024work">by hand</a>,
<a id="outside" href="http://127.0.0.1:1/#doe2024work">elsewhere</a>,
<a id="hostile" href="../../papers/eve2024hostile/" data-preview="eve2024hostile">hostile</a>,
<a id="gone" href="../../papers/gone2024work/" data-preview="gone2024work">gone</a>,
<a id="bare" href="../../papers/bare2024work/" data-preview="bare2024work">bare</a>.</p>
<details class="paper admonition"><summary>A folded card with
<a id="folded" href="../../papers/doe2024work/" data-preview="doe2024work">a work</a></summary>
Words.</details>
{"".join(f'<div id="{name}">{menu}</div>' for name, menu in MENUS.items())}
<details class="standing"><summary>Single source</summary><p>Its rule.</p></details>
<textarea id="paste"></textarea>
<p id="far" style="margin-top: 900px; margin-bottom: 900px; text-align: end">Far below,
<a id="edge" href="../../papers/doe2024work/" data-preview="doe2024work">at the edge</a></p>
<div class="footnote"><ol><li id="fn:one"><p>Jane Doe. <cite>A work</cite>. 2024.
<a href="https://arxiv.org/abs/2401.00001">arXiv:2401.00001</a>
<a class="footnote-backref" href="#ref">back</a></p></li></ol></div>
"""
PREVIEW = """<h1>A work</h1><p>Unrelated.</p><section class="preview">
<p><b><a href="./">A work</a></b></p><p class="who">Jane Doe · 2024</p>
<ul class="chips"><li class="evidence">benchmark result</li><li>single source</li></ul>
<p>Models of four sizes were asked the same two hundred questions, once plainly and once with a
hint in the prompt. The larger ones followed the hint more often, whether it was right or wrong.</p>
<p>Contradicted by <a href="../roe2025other/">Roe 2025</a></p></section>"""
HOSTILE = """<section class="preview"><p id="ref">Words</p><script>top.ran = 1</script>
<img src="x" onerror="top.ran = 2"><svg onload="top.ran = 3"><script>top.ran = 4</script></svg>
<iframe srcdoc="<script>top.ran = 5</script>"></iframe><b onmouseover="top.ran = 6">bold</b>
<a href="javascript:top.ran = 7">press</a><style>main { display: none }</style></section>"""
BIBTEX = "@misc{doe2024work,\n  title = {{A work & <b>}},\n  author = {Döe, Jané}\n}\n"
RIS = "TY  - UNPB\r\nID  - doe2024work\r\nTI  - 100 % #1 🦉\r\nER  - \r\n"
DOWNLOADS = "".join(
    f'<a href="{address}" download="doe2024work.{suffix}" data-save="{suffix}">.{suffix}</a>'
    for suffix, address in Formats(BIBTEX, RIS, "{}").addresses()
)
RECORD = f"""<div id="cite"><pre><code>{escape(BIBTEX)}</code></pre>{DOWNLOADS}</div>
{cite_menu("#cite", TEXT, [DOWNLOADS])}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Path], str]) -> str:
    """The address of a small site: one page, a few works."""
    folder = tmp_path_factory.mktemp("scripts")
    shutil.copytree(ROOT / "docs/assets", folder / "assets")
    for name in ("main", "palette"):
        (style,) = STYLES.glob(f"{name}.*.min.css")
        shutil.copy(style, folder / f"assets/{name}.css")
    for place, body in {
        "group/page": BODY,
        "papers/doe2024work": PREVIEW + RECORD,
        "papers/eve2024hostile": HOSTILE,
        "papers/bare2024work": "<h1>A page without a preview</h1>",
        "papers": "<h1>Papers</h1>",
    }.items():
        (folder / place).mkdir(parents=True, exist_ok=True)
        (folder / place / "index.html").write_text(FRAME.format(top="../../", body=body))
    (folder / "group/page.bib").write_text(f"{BIBTEX}\n{BIBTEX}", encoding="utf-8")
    # The module of another part, in small: opening leaves a mark.
    search = "export const open = () => document.body.toggleAttribute('data-opened');"
    (folder / "assets/js/search.js").write_text(search)
    return serve(folder)


@pytest.fixture
def complaints(page: Page) -> list[str]:
    """What the page says in its console."""
    found: list[str] = []
    page.on("console", lambda said: found.append(said.text))
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


@pytest.fixture
def opened(page: Page, site: str, complaints: list[str]) -> Iterator[Page]:
    """The page, open at a desk; at the end its console must be silent."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.clock.install()
    page.goto(f"{site}group/page/")
    yield page
    assert complaints == []


@pytest.fixture
def phone(browser: Browser, site: str) -> Iterator[Page]:
    """The page, open on a phone."""
    context = browser.new_context(viewport={"width": 375, "height": 700}, has_touch=True)
    page = context.new_page()
    page.goto(f"{site}group/page/")
    yield page
    context.close()


def panel(page: Page) -> Locator:
    """The preview that is open."""
    return page.locator(".preview-panel")


def refuse(route: Route) -> None:
    """Answer a request as a cut network does."""
    route.abort()


def box(part: Locator) -> dict[str, float]:
    """Where something is in the window: left, top, right and bottom."""
    found: dict[str, float] = part.evaluate(
        "(e) => { const { left, top, right, bottom } = e.getBoundingClientRect();"
        " return { left, top, right, bottom }; }"
    )
    return found


# -- previews -------------------------------------------------------------------------------------


@pytest.mark.parametrize("act", ["hover", "focus"])
def test_a_citation_opens_with_its_footnote(opened: Page, act: str) -> None:
    """Under the pointer and under the focus, with its link and without the way back."""
    getattr(opened.locator("#ref"), act)()
    expect(panel(opened)).to_contain_text("Jane Doe. A work. 2024.")
    expect(panel(opened).locator("a")).to_have_attribute("href", "https://arxiv.org/abs/2401.00001")


@pytest.mark.parametrize("link", ["work", "written", "folded"])
@pytest.mark.parametrize("act", ["hover", "focus"])
def test_a_link_to_a_work_opens_with_its_card(opened: Page, site: str, link: str, act: str) -> None:
    """Made by the build or written by hand; what the preview links to is where its page says."""
    getattr(opened.locator(f"#{link}"), act)()
    expect(panel(opened)).to_contain_text("Models of four sizes")
    expect(panel(opened)).not_to_contain_text("Unrelated")
    links = panel(opened).locator("a")
    expect(links.first).to_have_attribute("href", f"{site}papers/doe2024work/")
    expect(links.last).to_have_attribute("href", f"{site}papers/roe2025other/")


def test_a_preview_stays_under_the_pointer(opened: Page) -> None:
    """From the link into the preview and however long; it goes once both are left."""
    opened.locator("#work").hover()
    panel(opened).hover()
    opened.clock.run_for(10_000)
    expect(panel(opened)).to_be_visible()
    opened.mouse.move(5, 5)
    expect(panel(opened)).to_have_count(0)


def test_nothing_lies_between_a_link_and_its_preview(opened: Page) -> None:
    """However slow the pointer: it is on one of the two at every pixel of the way."""
    opened.locator("#work").hover()
    panel(opened).wait_for()
    link, card = box(opened.locator("#work")), box(panel(opened).locator("> div"))
    for y in range(int(link["top"]) + 2, int(card["top"]) + 10):
        opened.mouse.move(link["left"] + 10, y)
        assert opened.locator("#work:hover, .preview-panel:hover").count() == 1, y


def test_escape_closes_and_leaves_the_focus(opened: Page) -> None:
    """It stays closed, though the link still has the focus; Tab then goes on as if nothing was."""
    opened.locator("#work").focus()
    panel(opened).wait_for()
    opened.keyboard.press("Escape")
    expect(panel(opened)).to_have_count(0)
    opened.clock.run_for(5_000)
    expect(panel(opened)).to_have_count(0)
    expect(opened.locator("#work")).to_be_focused()
    opened.keyboard.press("Tab")
    expect(opened.locator("#written")).to_be_focused()


def test_escape_closes_under_the_pointer(opened: Page) -> None:
    """Nor does what lay beneath it open; it comes again when the pointer comes again."""
    opened.locator("#work").hover()
    panel(opened).wait_for()
    beneath = box(opened.locator("#hostile"))
    opened.mouse.move(beneath["left"] + 9, beneath["top"] + 9)
    expect(opened.locator(".preview-panel:hover")).to_be_visible()
    opened.keyboard.press("Escape")
    opened.clock.run_for(5_000)
    expect(panel(opened)).to_have_count(0)
    opened.locator("#work").hover()
    expect(panel(opened)).to_be_visible()


def test_tab_goes_into_the_preview_and_on(opened: Page) -> None:
    """Its links come right after their own; behind the last it closes; Escape gives focus back."""
    opened.locator("#ref").focus()
    panel(opened).wait_for()
    opened.keyboard.press("Tab")
    expect(panel(opened).locator("a")).to_be_focused()
    opened.keyboard.press("Escape")
    expect(panel(opened)).to_have_count(0)
    expect(opened.locator("#ref")).to_be_focused()
    opened.keyboard.press("Shift+Tab")
    opened.keyboard.press("Tab")
    panel(opened).wait_for()
    opened.keyboard.press("Tab")
    opened.keyboard.press("Tab")
    expect(opened.locator("#work")).to_be_focused()
    expect(panel(opened)).to_contain_text("Models of four sizes")


def test_a_slow_preview_comes_after_the_last_one_has_gone(opened: Page) -> None:
    """The one that was left closes meanwhile, which is no reason not to open the next."""
    held: list[Route] = []
    opened.route("**/papers/doe2024work/", lambda route: held.append(route))
    opened.locator("#ref").focus()
    panel(opened).wait_for()
    with opened.expect_request("**/papers/doe2024work/"):
        opened.keyboard.press("Tab")
        opened.keyboard.press("Tab")
    expect(panel(opened)).to_have_count(0)
    held[0].continue_()
    expect(panel(opened)).to_contain_text("Models of four sizes")


def test_escape_stops_a_preview_that_is_on_its_way(phone: Page) -> None:
    """Also one that was asked for by a tap, which would else stay until the next."""
    held: list[Route] = []
    phone.route("**/papers/doe2024work/", lambda route: held.append(route))
    with phone.expect_request("**/papers/doe2024work/"):
        phone.locator("#work").tap()
    phone.keyboard.press("Escape")
    with phone.expect_response("**/papers/doe2024work/") as answer:
        held[0].continue_()
    answer.value.finished()
    phone.wait_for_timeout(300)
    expect(panel(phone)).to_have_count(0)


def test_what_is_open_is_said(opened: Page) -> None:
    """The link says that it is expanded, and by what; a closed one says nothing."""
    link = opened.locator("#work")
    link.focus()
    panel(opened).wait_for()
    expect(link).to_have_attribute("aria-expanded", "true")
    expect(link).to_have_attribute("aria-controls", str(panel(opened).get_attribute("id")))
    expect(opened.get_by_role("group", name="Preview")).to_be_visible()
    opened.keyboard.press("Escape")
    expect(panel(opened)).to_have_count(0)
    assert link.get_attribute("aria-expanded") is None
    assert link.get_attribute("aria-controls") is None


def test_one_preview_is_open_at_a_time(opened: Page) -> None:
    """The next one closes the last; a press elsewhere closes it, one inside does not."""
    opened.locator("#ref").hover()
    panel(opened).wait_for()
    opened.locator("#folded").hover()
    expect(panel(opened)).to_contain_text("Models of four sizes")
    expect(panel(opened)).to_have_count(1)
    panel(opened).locator("p").last.click(position={"x": 1, "y": 1})
    expect(panel(opened)).to_be_visible()
    assert opened.locator("details.paper").get_attribute("open") is None
    opened.mouse.click(5, 5)
    expect(panel(opened)).to_have_count(0)


def test_a_preview_goes_with_its_link(opened: Page) -> None:
    """It follows while the page scrolls, and closes when the link has left the window."""
    opened.locator("#work").focus()
    panel(opened).wait_for()
    before = box(panel(opened).locator("> div"))["top"]
    opened.evaluate("scrollBy(0, 20)")
    opened.wait_for_function(
        f"document.querySelector('.preview-panel > div').getBoundingClientRect().top < {before}"
    )
    opened.evaluate("scrollTo(0, 1500)")
    expect(panel(opened)).to_have_count(0)


def test_a_work_is_fetched_once_and_not_before(opened: Page, site: str) -> None:
    """Loading asks for nothing but the page's own; three links to one work ask once."""
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.reload()
    assert f"{site}papers/doe2024work/" not in asked
    assert not any(url.endswith(("preview.js", "cite.js", "search.js")) for url in asked)
    for link in ("work", "written", "folded"):
        opened.locator(f"#{link}").hover()
        expect(opened.locator(f"#{link}[aria-expanded]")).to_be_visible()
    assert asked.count(f"{site}papers/doe2024work/") == 1


def test_nothing_in_a_preview_acts(opened: Page, site: str) -> None:
    """Scripts, handlers, frames, pictures and script addresses of the fetched page stay behind."""
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    opened.locator("#hostile").hover()
    expect(panel(opened)).to_contain_text("Words")
    panel(opened).locator("b").hover()
    panel(opened).get_by_text("press").click()
    assert opened.evaluate("window.ran") is None
    assert panel(opened).locator("script, style, img, iframe, svg, [id], [href]").count() == 0
    modules = [f"{site}assets/js/preview.js", f"{site}papers/eve2024hostile/"]
    assert asked == modules


def test_where_nothing_can_be_had_nothing_opens(page: Page, site: str) -> None:
    """No error of ours either; the link leads where it leads, and the network may come back."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{site}group/page/")
    with page.expect_response("**/papers/gone2024work/"):
        page.locator("#gone").hover()
    page.locator("#outside").hover()
    page.route("**/papers/doe2024work/", refuse)
    with page.expect_event("requestfailed"):
        page.locator("#work").hover()
    expect(panel(page)).to_have_count(0)
    page.unroute("**/papers/doe2024work/")
    page.locator("#first").hover(position={"x": 1, "y": 1})
    page.locator("#work").hover()
    expect(panel(page)).to_be_visible()
    assert errors == []


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (640, 400), (375, 700), (320, 256)])
def test_a_preview_is_inside_the_window(opened: Page, width: int, height: int) -> None:
    """At any width and zoom, wherever its link is, and never over it."""
    opened.set_viewport_size({"width": width, "height": height})
    places = [(name, block) for name in ("ref", "edge") for block in ("start", "center", "end")]
    for name, block in places:
        link = opened.locator(f"#{name}")
        link.evaluate(f"e => e.scrollIntoView({{ block: '{block}' }})")
        link.focus()
        panel(opened).wait_for()
        around, card = box(link), box(panel(opened).locator("> div"))
        assert 0 <= card["left"] < card["right"] <= width
        assert 0 <= card["top"] < card["bottom"] <= height
        assert card["top"] >= around["bottom"] or card["bottom"] <= around["top"]
        assert opened.evaluate("document.documentElement.scrollWidth") <= width
        opened.locator("#field").focus()
        expect(panel(opened)).to_have_count(0)


def test_the_first_tap_opens_and_the_second_follows(phone: Page, site: str) -> None:
    """A finger cannot hover; a tap elsewhere closes, and the preview's own links lead on."""
    phone.locator("#work").tap()
    expect(panel(phone)).to_contain_text("Models of four sizes")
    assert phone.url == f"{site}group/page/"
    phone.touchscreen.tap(5, 690)
    expect(panel(phone)).to_have_count(0)
    phone.locator("#ref").tap()
    expect(panel(phone)).to_contain_text("Jane Doe")
    phone.locator("#work").tap()
    expect(panel(phone)).to_contain_text("Models of four sizes")
    phone.locator("#work").tap()
    phone.wait_for_url("**/papers/doe2024work/")


def test_a_tap_on_what_has_no_preview_follows(phone: Page) -> None:
    """Nobody is kept from a page because its preview is missing."""
    phone.locator("#bare").tap()
    phone.wait_for_url("**/papers/bare2024work/")


def test_paper_and_quiet_readers(opened: Page) -> None:
    """Nothing moves for who asks for stillness, and an open preview is not printed."""
    opened.emulate_media(reduced_motion="reduce")
    opened.locator("#work").focus()
    panel(opened).wait_for()
    style = "e => getComputedStyle(e).animationName"
    assert panel(opened).evaluate(style) == "none"
    opened.emulate_media(media="print")
    expect(panel(opened)).to_be_hidden()


@pytest.mark.parametrize("scheme", ["default", "slate"])
def test_nobody_is_kept_out(opened: Page, scheme: str) -> None:
    """No fault that axe finds: an open preview, a Cite menu after copying, the dialog's words."""
    opened.emulate_media(reduced_motion="reduce")
    opened.evaluate(f"document.body.dataset.mdColorScheme = '{scheme}'")
    copy(opened, "Copy BibTeX")
    expect(opened.get_by_role("status")).to_have_text("Copied BibTeX")
    opened.locator("#work").hover()
    panel(opened).wait_for()
    found = Axe().run(opened, "#preview-panel, #menu, [role=status]").response["violations"]
    assert found == []


# -- citations to copy ----------------------------------------------------------------------------


def copy(page: Page, words: str, menu: str = "menu") -> None:
    """Open a Cite menu and press one of its buttons, by keyboard."""
    page.locator(f"#{menu} summary").focus()
    page.keyboard.press("Enter")
    page.locator(f"#{menu} button", has_text=words).focus()
    page.keyboard.press("Enter")


@pytest.mark.parametrize(
    ("menu", "words", "said", "text"),
    [
        ("menu", "Copy BibTeX", "Copied BibTeX", BIBTEX),
        ("files", "Copy BibTeX", "Copied BibTeX", f"{BIBTEX}\n{BIBTEX}"),
        ("menu", "Copy as text", "Copied as text", TEXT),
    ],
)
def test_a_citation_is_copied_and_pasted(
    opened: Page, menu: str, words: str, said: str, text: str
) -> None:
    """The whole text arrives; the button says so for a moment, and a status says what."""
    button = opened.locator(f"#{menu} button", has_text=words)
    handle = button.element_handle()
    copy(opened, words, menu)
    expect(opened.get_by_role("status")).to_have_text(said)
    assert handle.text_content() == "Copied"
    opened.clock.run_for(3_000)
    assert handle.text_content() == words
    opened.locator("#paste").focus()
    opened.keyboard.press("Control+V")
    expect(opened.locator("#paste")).to_have_value(text)


def test_without_a_clipboard_the_text_is_selected(
    browser: Browser, site: str, complaints: list[str]
) -> None:
    """A dialog shows it, ready for the reader's own keys; closed, the focus is on the button."""
    context: BrowserContext = browser.new_context()
    context.add_init_script("delete Navigator.prototype.clipboard; delete window.ClipboardItem;")
    page = context.new_page()
    page.goto(f"{site}group/page/")
    copy(page, "Copy BibTeX")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator("textarea")).to_be_focused()
    assert page.evaluate("getSelection().toString()") == BIBTEX
    expect(dialog.locator("a")).to_have_attribute("href", "../../papers/doe2024work/#cite")
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(page.locator("#menu button").first).to_be_focused()
    context.close()


def test_what_cannot_be_fetched_to_copy_is_said(page: Page, site: str) -> None:
    """In words, with a link to it; no error is left in the console but the browser's own."""
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(f"{site}group/page/")
    copy(page, "Copy BibTeX", "other")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("could not be fetched")
    expect(dialog.locator("a")).to_have_attribute("href", "../../papers/gone2024work/#cite")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    assert errors == []


@pytest.mark.parametrize(
    ("suffix", "text"), [("bib", BIBTEX), ("ris", RIS), ("csl.json", "[{}]\n")]
)
def test_a_file_is_saved_from_where_a_work_is_told_of(
    opened: Page, site: str, suffix: str, text: str
) -> None:
    """By keyboard: under its name, to the byte; the page stays, the link and a status say so."""
    opened.locator("#menu summary").click()
    link = opened.locator(f"#menu a[data-save='{suffix}']")
    link.focus()
    with opened.expect_download() as saved:
        opened.keyboard.press("Enter")
    assert saved.value.suggested_filename == f"doe2024work.{suffix}"
    assert saved.value.path().read_bytes() == text.encode()
    expect(opened.get_by_role("status")).to_have_text(f"Saved doe2024work.{suffix}")
    expect(link).to_have_text("Saved")
    expect(link).to_be_focused()
    opened.clock.run_for(3_000)
    expect(link).to_have_text(f".{suffix}")
    expect(opened.locator("#menu details")).to_have_attribute("open", "")
    assert opened.url == f"{site}group/page/"


def test_a_record_is_fetched_once(opened: Page, site: str) -> None:
    """For all that is copied and saved of it; and not at all on its own page."""
    asked: list[str] = []
    opened.on("request", lambda request: asked.append(request.url))
    copy(opened, "Copy BibTeX")
    expect(opened.get_by_role("status")).to_have_text("Copied BibTeX")
    for suffix in ("ris", "bib"):
        with opened.expect_download():
            opened.locator(f"#menu a[data-save='{suffix}']").click()
    assert asked.count(f"{site}papers/doe2024work/") == 1
    opened.goto(f"{site}papers/doe2024work/")
    asked.clear()
    opened.locator("details.cite summary").click()
    opened.locator("details.cite button").first.click()
    expect(opened.get_by_role("status")).to_have_text("Copied BibTeX")
    assert opened.evaluate("navigator.clipboard.readText()") == BIBTEX
    with opened.expect_download() as saved:
        opened.locator("details.cite a", has_text=".ris").click()
    assert saved.value.path().read_bytes() == RIS.encode()
    assert [url for url in asked if url.startswith(f"{site}papers/")] == []


def test_a_link_to_save_is_a_link(opened: Page, site: str) -> None:
    """With Ctrl or the middle button it opens the place where the files are, beside the page."""
    opened.locator("#menu summary").click()
    link = opened.locator("#menu a[data-save='ris']")
    for keys in ({"modifiers": ["Control"]}, {"modifiers": ["Shift"]}, {"button": "middle"}):
        with opened.context.expect_page() as beside:
            link.click(**keys)
        assert beside.value.url == f"{site}papers/doe2024work/#cite"
        beside.value.close()
    assert opened.url == f"{site}group/page/"


def test_what_cannot_be_fetched_to_save_is_followed(page: Page, site: str) -> None:
    """It is said first; then the link leads where it leads. The network may come back."""
    page.clock.install()
    page.goto(f"{site}group/page/")
    page.route("**/papers/doe2024work/", refuse)
    page.locator("#menu summary").click()
    link = page.locator("#menu a[data-save='ris']")
    link.click()
    expect(page.get_by_role("status")).to_contain_text("could not be fetched")
    expect(link).to_have_text("Opening page")
    assert page.url == f"{site}group/page/"
    page.unroute("**/papers/doe2024work/")
    page.clock.run_for(3_000)
    page.wait_for_url("**/papers/doe2024work/#cite")
    page.goto(f"{site}group/page/")
    page.route("**/cite.js", refuse)
    page.reload()
    page.locator("#menu summary").click()
    link.click()
    page.wait_for_url("**/papers/doe2024work/#cite")


def test_one_menu_is_open_at_a_time(opened: Page) -> None:
    """Another, a rule too, a click outside and Escape close it; then its summary has the focus."""
    menu, other = opened.locator("#menu details"), opened.locator("#other details")
    menu.locator("summary").click()
    expect(menu).to_have_attribute("open", "")
    other.locator("summary").click()
    expect(menu).not_to_have_attribute("open", "")
    expect(other).to_have_attribute("open", "")
    opened.mouse.click(5, 5)
    expect(other).not_to_have_attribute("open", "")
    rule = opened.locator("details.standing")
    rule.locator("summary").click()
    expect(rule).to_have_attribute("open", "")
    menu.locator("summary").focus()
    opened.keyboard.press("Enter")
    opened.keyboard.press("Tab")
    expect(menu.locator("button").first).to_be_focused()
    expect(rule).not_to_have_attribute("open", "")
    opened.keyboard.press("Escape")
    expect(menu).not_to_have_attribute("open", "")
    expect(menu.locator("summary")).to_be_focused()


def test_without_scripts_the_menu_has_its_links(browser: Browser, site: str) -> None:
    """Buttons that would do nothing are not there; the files are, or the way to them."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{site}group/page/")
    page.locator("#menu summary").click()
    for item in page.locator("#menu button, #menu li:has(button)").all():
        expect(item).to_be_hidden()
    page.locator("#menu a", has_text=".ris").click()
    page.wait_for_url("**/papers/doe2024work/#cite")
    with page.expect_download() as saved:
        page.locator("#cite a", has_text=".ris").click()
    assert saved.value.suggested_filename == "doe2024work.ris"
    assert saved.value.path().read_bytes() == RIS.encode()
    context.close()


# -- keys -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["/", "s", "f"])
def test_a_key_opens_search(opened: Page, key: str) -> None:
    """Where the focus is on nothing that one types into, a checkbox included."""
    opened.keyboard.press(key)
    expect(opened.locator("body[data-opened]")).to_be_visible()
    opened.locator("#box").focus()
    opened.keyboard.press(key)
    expect(opened.locator("body:not([data-opened])")).to_be_visible()


def test_keys_are_left_alone(opened: Page) -> None:
    """While typing, with a modifier, and while a dialog is open."""
    opened.locator("#field").focus()
    opened.keyboard.type("/sf")
    expect(opened.locator("#field")).to_have_value("/sf")
    opened.locator("#box").focus()
    opened.keyboard.press("Alt+s")
    opened.evaluate("document.body.append(document.createElement('dialog'))")
    opened.evaluate("document.querySelector('dialog').show()")
    opened.keyboard.press("s")
    opened.evaluate("document.querySelector('dialog').remove()")
    opened.clock.run_for(1_000)
    expect(opened.locator("body:not([data-opened])")).to_be_visible()
    opened.keyboard.press("s")
    expect(opened.locator("body[data-opened]")).to_be_visible()


def test_the_opener_is_a_link_too(opened: Page) -> None:
    """A click opens search in place, on whatever part of it; with Ctrl it is the browser's own."""
    opener = opened.locator("[data-search]")
    opener.locator("span").click()
    expect(opened.locator("body[data-opened]")).to_be_visible()
    with opened.context.expect_page():
        opener.click(modifiers=["Control"])
    expect(opened.locator("body[data-opened]")).to_be_visible()


def test_search_that_cannot_be_had_leads_to_the_papers(page: Page, site: str) -> None:
    """The opener's own address, where the script behind it does not come."""
    page.route("**/search.js", refuse)
    page.goto(f"{site}group/page/")
    page.locator("[data-search]").click()
    page.wait_for_url("**/papers/")


# -- on the pages that the build makes ------------------------------------------------------------


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The shared test site, with the site's own scripts and style."""
    return copy_site(tmp_path_factory.mktemp("built") / "source")


@pytest.fixture(scope="module")
def built(source: Path, serve: Callable[[Path], str]) -> str:
    """Its address, once it is built."""
    result = build(source, "--site-dir", str(source / "site"))
    assert result.returncode == 0, result.stdout
    return serve(source / "site")


@pytest.fixture(scope="module")
def records(source: Path) -> dict[str, Formats]:
    """Its works in each format, by key."""
    entries = Catalog.load(source / "docs", source / "bib").entries
    return {key: of_work(cited) for key, cited in cite(entries).items()}


def test_a_contradiction_is_previewed(page: Page, built: str, complaints: list[str]) -> None:
    """A relation on a card shows the other work: its standing, its finding, the way there."""
    page.goto(f"{built}deception/sandbagging/")
    link = page.locator(".relations a[data-preview='perez2022discovering']").first
    link.focus()
    expect(panel(page)).to_contain_text("Contested")
    title = panel(page).locator(".preview-title a")
    expect(title).to_have_attribute("href", f"{built}papers/perez2022discovering/")
    title.click()
    page.wait_for_url("**/papers/perez2022discovering/")
    assert complaints == []


def test_a_hostile_record_is_only_words(page: Page, built: str, complaints: list[str]) -> None:
    """A title that is markup, in a footnote, in a preview and in what is copied."""
    page.goto(f"{built}hostile/")
    page.locator(".paper a.footnote-ref").first.focus()
    expect(panel(page)).to_contain_text("<script>")
    assert panel(page).locator("script, img").count() == 0
    assert complaints == []


def test_a_card_is_copied_and_pasted(page: Page, built: str, records: dict[str, Formats]) -> None:
    """From its own menu, as its record has it."""
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.goto(f"{built}security/backdoor/")
    menu = page.locator("[id='hubinger2024sleeper'] details.cite")
    menu.locator("summary").click()
    menu.get_by_role("button", name="Copy BibTeX").click()
    expect(page.get_by_role("status")).to_have_text("Copied BibTeX")
    pasted = page.evaluate("navigator.clipboard.readText()")
    assert pasted == records["hubinger2024sleeper"].bib


@pytest.mark.parametrize("scripts", [True, False])
@pytest.mark.parametrize(
    ("path", "key"),
    [("security/backdoor/", "hubinger2024sleeper"), ("hostile/", "mallory2024hostile")],
)
def test_a_card_is_saved(
    browser: Browser, built: str, records: dict[str, Formats], path: str, key: str, *, scripts: bool
) -> None:
    """With a click; without scripts with a second one, at the place to which the first leads.

    What is saved is the work's file to the byte, and reads in another program.
    """
    context = browser.new_context(java_script_enabled=scripts)
    page = context.new_page()
    page.goto(f"{built}{path}")
    menu = page.locator("details.cite", has=page.locator(f"a[href*='{key}']")).first
    menu.locator("summary").click()
    link = menu.locator("a[data-save='ris']")
    if not scripts:
        link.click()
        page.wait_for_url(f"**/papers/{key}/#cite")
        expect(page.locator("#cite")).to_be_in_viewport()
        link = page.locator("#cite a[data-save='ris']")
    with page.expect_download() as saved:
        link.click()
    assert saved.value.suggested_filename == f"{key}.ris"
    data = saved.value.path().read_bytes()
    assert data == records[key].ris.encode()
    (entry,) = rispy.loads(data.decode())
    assert entry["id"] == key
    context.close()
