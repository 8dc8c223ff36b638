"""The evidence map and the timeline: their numbers, their links, and how they are read."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Literal
from urllib.parse import parse_qsl, urlsplit

import lxml.etree
import lxml.html
import pytest
from lxml.html import HtmlElement as Html
from playwright.sync_api import Locator, Page

from bench.sites import configure, make_site
from building import ROOT, build
from ethogram.bibliography import Bibliography
from ethogram.cards import read_page
from ethogram.catalog import Catalog
from ethogram.pages.charts import COLUMNS, FITTING, evidence_map, timeline
from ethogram.record import Work
from ethogram.site import Site
from ethogram.taxonomy import Group, Taxonomy, Term
from ethogram.works import WorkId

REAL = Catalog.load(ROOT / "docs", ROOT / "bib")
TAXONOMY = REAL.taxonomy
HOSTILE = "<script>alert(\"1\")</script> & 'co'"


def catalog_of(
    *works: tuple[int, str], taxonomy: Taxonomy = TAXONOMY, explorer: bool = True
) -> Catalog:
    """A site of works, each of a year and a card's fields; one without fields has no card."""
    records, cards = [], []
    for number, (year, fields) in enumerate(works, 1):
        work = WorkId("arxiv", f"2401.{number:05}")
        title = f"Work {number}"
        records.append(Work(id=work, key=f"k{number:05}", title=title, authors=("A B",), year=year))
        if fields:
            lines = "".join(f"    {field}\n" for field in fields.split(" | "))
            cards.append(f'!!! note "[{title}]({work.address})"\n{lines}')
    pages = [read_page("\n\n".join(cards), "docs/cards.md")]
    if explorer:
        pages.append(read_page("# Papers\n", "docs/papers/index.md"))
    return Catalog(Path("docs"), tuple(pages), Bibliography(records), taxonomy, ())


def drawn(made: str) -> Html:
    """What a page shows, read as browsers read it."""
    return lxml.html.fragment_fromstring(made, create_parent="main")


def map_of(catalog: Catalog) -> Html:
    """The evidence map of a site."""
    return drawn(evidence_map(catalog, Site(), ".."))


def timeline_of(catalog: Catalog) -> Html:
    """The timeline of a site."""
    return drawn(timeline(catalog, Site(), ".."))


def number(text: str) -> int:
    """A number as it is written; a dot is none."""
    return 0 if text.strip() == "·" else int(text.replace(",", ""))


def numbers(rows: Iterable[Html]) -> dict[str, list[int]]:
    """The numbers of rows by the words at their head."""
    return {
        row.findtext(".//th") or row.find("th").text_content(): [
            number(cell.text_content())
            for cell in row.findall("td")
            if "stands" not in cell.get("class", "") and cell.text_content()
        ]
        for row in rows
    }


def text(html: Html) -> str:
    """The words above a chart."""
    return str(html.find(".//p").text_content())


def state(link: Html) -> dict[str, list[str]]:
    """What a link into the explorer selects."""
    address = urlsplit(str(link.get("href")))
    assert address.path == "../papers/"
    found: dict[str, list[str]] = {}
    for name, value in parse_qsl(address.query, strict_parsing=True):
        found.setdefault(name, []).append(value)
    return found


def selected(catalog: Catalog, wanted: dict[str, list[str]]) -> int:
    """How many works a selection has, by the rules of the explorer."""
    count = 0
    for entry in catalog.entries.values():
        terms = catalog.taxonomy.terms
        has = {
            "behavior": set(entry.behaviors),
            "group": {terms[slug].group for slug in entry.behaviors if slug in terms},
            "evidence": set(entry.values("evidence")),
            "year": {str(entry.work.year)},
        }
        count += all(has[name] & set(values) for name, values in wanted.items())
    return count


SOME = catalog_of(
    (2021, "behaviors: backdoor, sandbagging | evidence: replication"),
    (2022, "behaviors: backdoor | evidence: replication"),
    (2022, "behaviors: backdoor | evidence: case"),
    (2024, "behaviors: induction | evidence: theory"),
    (2024, "behaviors: induction"),
    (2024, "evidence: case"),
    (2024, ""),
)


@pytest.mark.parametrize("catalog", [REAL, SOME], ids=["real", "some"])
@pytest.mark.parametrize("chart", [evidence_map, timeline])
def test_every_number_is_that_of_the_works_its_link_selects(
    chart: Callable[[Catalog, Site, str], str], catalog: Catalog
) -> None:
    """The number that is written, its name, and what the explorer will show are one."""
    html = drawn(chart(catalog, Site(), ".."))
    links = [link for link in html.iter("a") if "papers/?" in link.get("href", "")]
    assert len(links) > 5
    for link in links:
        written = link.findall("text")[-1].text if link.findall("text") else link.text
        count = selected(catalog, state(link))
        assert number(str(written)) == count > 0
        assert f"{count} work" in link.get("aria-label")


def test_the_map_counts_each_cell_row_and_column() -> None:
    """A work counts under each behavior and kind, and once in each total."""
    html = map_of(SOME)
    rows = numbers(html.findall(".//tbody/tr") + html.findall(".//tfoot/tr"))
    kinds = [*TAXONOMY.evidence, ""]
    replication, case, theory = (
        1 + kinds.index(kind) for kind in ("replication", "case", "theory")
    )
    expected = {
        "Backdoor": {0: 3, replication: 2, case: 1},
        "Sandbagging": {0: 1, replication: 1},
        "Induction": {0: 2, theory: 1, 1 + kinds.index(""): 1},
        "Robustness and security": {0: 3, replication: 2, case: 1},
        "All with a card, each once": {
            0: 6,
            replication: 2,
            case: 2,
            theory: 1,
            1 + kinds.index(""): 1,
        },
    }
    for name, places in expected.items():
        assert rows[name] == [places.get(at, 0) for at in range(len(kinds) + 1)], name
    assert sum(map(sum, rows.values())) == 2 * sum(
        sum(rows[name]) for name in ("Backdoor", "Sandbagging", "Induction")
    ) + sum(rows["All with a card, each once"])


def test_the_map_shows_and_tells_its_gaps() -> None:
    """Behaviors without a card and kinds that nobody has used are counted, and seen as dots."""
    html = map_of(SOME)
    assert "6 works with a card bear on 3 of" in text(html)
    assert f"{len(TAXONOMY.terms) - 3} have no card yet" in text(html)
    unused = [term.label for slug, term in TAXONOMY.evidence.items() if slug not in CASES]
    assert f"{len(unused)} kinds of evidence have not been used by any work" in text(html)
    assert all(label in text(html) for label in unused)
    row = next(row for row in html.iter("tr") if row.findtext("th") == "Hallucination")
    assert row.find_class("stands")[0].text == "no card"
    dots = row.find_class("none")
    assert len(dots) == len(TAXONOMY.evidence) + 2
    assert {(dot.get("role"), dot.get("aria-label")) for dot in dots} == {("img", "no card")}


CASES = ("replication", "case", "theory")


def test_the_map_tells_of_works_that_count_twice() -> None:
    """Where the cells of a row add up to more than its total, a sentence says why."""
    twice = "behaviors: backdoor | evidence: case | evidence: theory"
    html = map_of(catalog_of((2024, twice), (2024, "behaviors: backdoor | evidence: case")))
    assert "1 work gives more than one kind of evidence" in text(html)
    assert "more than one kind" not in text(map_of(SOME))


def test_the_map_has_every_behavior_in_its_group_with_its_standing() -> None:
    """In the order of the taxonomy; names lead to their pages or their place on the group's."""
    html = map_of(REAL)
    heads = [head.text_content() for head in html.findall(".//tbody/tr/th")]
    wanted = [[group.label, *(term.label for term in group.terms)] for group in TAXONOMY.groups]
    assert heads == [name for names in wanted for name in names]
    links = {link.text: link.get("href") for link in html.findall(".//th/a")}
    assert links["Backdoor"] == "../security/backdoor/"
    assert links["Mechanisms"] == "../mechanisms/"
    for row, slug in zip(html.find_class("behavior"), TAXONOMY.terms, strict=True):
        standing = REAL.standings.get(slug)
        assert row.find_class("stands")[0].text == (standing.label if standing else "no card")


def test_a_behavior_without_a_page_leads_to_its_group() -> None:
    """There it is defined."""
    folder = ROOT / "tests/site"
    html = map_of(replace(Catalog.load(folder / "docs", folder / "bib"), taxonomy=TAXONOMY))
    links = {link.text: link.get("href") for link in html.findall(".//th/a")}
    assert links["Backdoor"] == "../security/backdoor/"
    assert links["Jailbreak"] == "../security/#jailbreak"


def test_the_tables_are_real_ones() -> None:
    """Caption, scopes, and a region that can be focused and has a name."""
    for html in (map_of(REAL), timeline_of(REAL)):
        (table,) = html.iter("table")
        assert table.find("caption").text
        assert {head.get("scope") for head in table.findall("thead//th")} == {"col"}
        assert {head.get("scope") for head in table.findall("tbody//th")} <= {"row", "rowgroup"}
        region = table.getparent()
        assert (region.get("role"), region.get("tabindex")) == ("region", "0")
        assert region.get("aria-label")


def test_the_timeline_agrees_with_its_table() -> None:
    """What is drawn and what is written are the same numbers, and add up."""
    html = timeline_of(SOME)
    table = numbers(html.findall(".//tbody/tr") + html.findall(".//tfoot/tr"))
    assert table == {
        "Context and memory": [0, 0, 0, 2, 2],
        "Robustness and security": [1, 2, 0, 0, 3],
        "Deception and oversight": [1, 0, 0, 0, 1],
        "In no group": [0, 0, 0, 2, 2],
        "All works, each once": [1, 2, 0, 4, 7],
    }
    for row in html.find_class("row")[1:]:
        name, count = (
            row.find_class("name")[0].text_content().split(" \u00a0")[0],
            row.find_class("count"),
        )
        label = name.removesuffix(count[0].text).strip()
        bars = [number(bar.text) for bar in row.iterfind(".//text")]
        assert bars == [each for each in table[label][:-1] if each]
        assert number(count[0].text) == table[label][-1] == sum(table[label][:-1])
    assert "7 works from 2021 to 2024" in text(html)
    assert "No work yet: Factuality," in text(html)


def test_bars_are_as_high_as_their_numbers() -> None:
    """One scale for all groups; the least is still seen."""
    many = [(2024, "behaviors: backdoor")] * 20 + [(2024, "behaviors: induction")] * 10
    html = timeline_of(catalog_of(*many, (2023, "behaviors: induction")))
    heights = {
        number(bar.getparent().findtext("text")): int(bar.get("y1")) - int(bar.get("y2"))
        for bar in html.find_class("bar")
    }
    assert heights[20] == 2 * heights[10]
    assert heights[1] == 2


@pytest.mark.parametrize(
    ("years", "labels"),
    [
        ([2024], ["2024"]),
        ([2020, 2024], ["2020", "2021", "2022", "2023", "2024"]),
        ([1956, 2024], ["1956", "⋯", "2024"]),
        (range(1950, 2025), ["≤2016", *map(str, range(2017, 2025))]),
        ([1950, 1990, *range(2017, 2025)], ["≤2016", *map(str, range(2017, 2025))]),
    ],
)
def test_columns_fit_whatever_the_years(years: Iterable[int], labels: list[str]) -> None:
    """Short gaps are seen year by year, long ones once; early years share a column."""
    catalog = catalog_of(*((year, "behaviors: backdoor") for year in years))
    html = timeline_of(catalog)
    assert [each.text for each in html.find_class("year")] == labels
    assert len(labels) <= COLUMNS
    (total,) = (number(each.text) for each in html.find_class("count")[:1])
    assert sum(number(each.text) for each in html.findall(".//a/text[last()]")) == 2 * total
    links = [link for link in html.iter("a") if "papers/?" in link.get("href")]
    assert {int(year) for link in links for year in state(link)["year"]} == set(years)


def test_ten_thousand_works_fit_too() -> None:
    """Numbers have their thousands apart, and the drawing is no larger."""
    works = [(2015 + number % 12, "") for number in range(10_000)]
    html = timeline_of(catalog_of(*works))
    assert text(html).startswith("10,000 works from 2015 to 2026")
    assert len(html.find_class("year")) == COLUMNS
    assert all(int(bar.get("y2")) > 0 for bar in html.find_class("bar"))


def test_drawings_are_well_formed_and_have_names() -> None:
    """Each is a named group of named links; what is no link is a named image; nothing is fixed."""
    made = timeline(SOME, Site(), "..")
    drawings = re.findall("<svg.*?</svg>", made)
    assert len(drawings) == 5
    for svg in map(lxml.etree.fromstring, drawings):
        assert svg.get("role") == "group" and svg.get("aria-label")
        for mark in (*svg.iter("a"), *svg.iter("g")):
            assert mark.get("aria-label") == mark.findtext("title")
            assert mark.tag == "a" or mark.get("role") == "img"
    assert "Robustness and security, 2022: 2 works" in made
    assert not re.search(r"#[0-9a-f]{3}|rgb|fill=|stroke=|<script", made)


@pytest.mark.parametrize("chart", [evidence_map, timeline])
def test_labels_are_data(chart: Callable[[Catalog, Site, str], str]) -> None:
    """Whatever a label holds is shown as it is, in text and in names."""
    term = Term("worst", HOSTILE, HOSTILE, "bad")
    group = Group("bad", HOSTILE, "behaviors", HOSTILE, (term,))
    taxonomy = Taxonomy((group,), evidence={"odd": Term("odd", HOSTILE, HOSTILE)})
    catalog = catalog_of((2024, "behaviors: worst | evidence: odd"), taxonomy=taxonomy)
    html = drawn(chart(catalog, Site(), ".."))
    assert not list(html.iter("script"))
    assert HOSTILE in html.text_content()
    assert any(HOSTILE in link.get("aria-label", "") for link in html.iter("a"))


def test_a_site_with_nothing_says_so() -> None:
    """No records, no terms, no cards: a sentence each, and no division by nothing."""
    assert "no works yet" in text(timeline_of(catalog_of()))
    assert "no terms" in text(map_of(catalog_of(taxonomy=Taxonomy())))
    assert "0 works with a card bear on 0 of" in text(map_of(catalog_of()))
    assert timeline_of(catalog_of((2024, ""), taxonomy=Taxonomy())).find_class("bar")


def test_links_are_those_of_the_site() -> None:
    """Into files where the site has no folders; not into an explorer that is not there."""
    for chart in (evidence_map, timeline):
        files = drawn(chart(SOME, Site(directory_urls=False), "..")).iter("a")
        assert {str(link.get("href")).partition("?")[0] for link in files} == {
            "../papers/index.html"
        }
        assert not list(
            drawn(chart(catalog_of(*[(2024, "")], explorer=False), Site(), "..")).iter("a")
        )
    assert all(
        link.get("href").startswith("./papers/?")
        for link in drawn(timeline(SOME, Site(), ".")).iter("a")
    )


def test_a_map_with_many_kinds_scrolls_by_itself() -> None:
    """One that has room lets the page scroll, so that its head stays in sight."""
    kinds = {f"kind-{n}": Term(f"kind-{n}", f"Kind {n}", "One.") for n in range(FITTING + 1)}
    crowded = replace(SOME, taxonomy=replace(TAXONOMY, evidence=kinds))
    assert not map_of(crowded).find_class("fits")
    assert map_of(REAL).find_class("fits")


# -- in a browser ----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Path], str]) -> str:
    """A site of 600 made-up works with the real look, built and served on loopback."""
    folder = tmp_path_factory.mktemp("charts") / "made"
    make_site(folder, 600, 12)
    result = build(folder, "-f", str(configure(folder)), "--site-dir", str(folder / "out"))
    assert result.returncode == 0, result.stdout
    return serve(folder / "out")


def contrast(cell: Locator) -> float:
    """The contrast of an element's words with its ground, by WCAG's formula."""
    return float(
        cell.evaluate(
            """cell => {
                const light = color => {
                    const parts = color.match(/[\\d.]+/g).slice(0, 3).map(part => part / 255);
                    const [r, g, b] = parts.map(
                        part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
                    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
                };
                const style = getComputedStyle(cell);
                const both = [light(style.color), light(style.backgroundColor)];
                return (Math.max(...both) + 0.05) / (Math.min(...both) + 0.05);
            }"""
        )
    )


def visit(page: Page, address: str, scheme: Literal["light", "dark"]) -> None:
    """Open a page as a reader who has that scheme and has never been here."""
    page.emulate_media(color_scheme=scheme)
    page.goto(address)
    page.evaluate("localStorage.clear()")
    page.reload()


SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")


def ground(cell: Locator) -> str:
    """The color behind an element."""
    return str(cell.evaluate("cell => getComputedStyle(cell).backgroundColor"))


def test_numbers_are_read_on_every_shade_in_both_schemes(page: Page, address: str) -> None:
    """At least 4.5 : 1; each shade is another, and the dark scheme has its own."""
    seen: dict[str, list[str]] = {}
    for scheme in SCHEMES:
        visit(page, f"{address}map/", scheme)
        steps = page.locator(".shades [class^=shade]")
        assert steps.count() == 5
        for step in steps.all():
            assert contrast(step) >= 4.5
            seen.setdefault(scheme, []).append(ground(step))
        cell = page.locator("td[class^=shade]").first
        assert contrast(cell) >= 4.5
        assert cell.locator("a").evaluate("link => getComputedStyle(link).color") == cell.evaluate(
            "cell => getComputedStyle(cell).color"
        )
        assert ground(cell) in seen[scheme]
    assert len({*seen["light"], *seen["dark"]}) == 10


def test_the_drawing_follows_the_scheme(page: Page, address: str) -> None:
    """Bars, numbers and years have other colors in the dark."""
    looks = []
    for scheme in SCHEMES:
        visit(page, f"{address}timeline/", scheme)
        bar, label = page.locator(".bar").first, page.locator(".year").first
        looks.append(
            (
                bar.evaluate("bar => getComputedStyle(bar).stroke"),
                label.evaluate("label => getComputedStyle(label).fill"),
            )
        )
    assert not {looks[0][0], looks[0][1]} & {looks[1][0], looks[1][1]}


@pytest.mark.parametrize("name", ["map", "timeline"])
def test_on_a_phone_only_the_table_scrolls_sideways(page: Page, address: str, name: str) -> None:
    """At 375 px the page is as wide as the screen, and the first column stays in sight."""
    page.set_viewport_size({"width": 375, "height": 800})
    page.goto(f"{address}{name}/")
    page.locator("details summary").evaluate_all("all => all.forEach(each => each.click())")
    assert page.evaluate("document.documentElement.scrollWidth") == 375
    region = page.locator(".chart-region")
    head = region.locator("tbody th").nth(1)
    left = head.bounding_box()
    region.evaluate("region => region.scrollLeft = 200")
    assert left and head.bounding_box() == left


def test_words_of_the_drawing_keep_their_size(page: Page, address: str) -> None:
    """The drawing narrows with the screen; its words do not, and stay apart."""
    sizes = []
    for width in (1280, 375):
        page.set_viewport_size({"width": width, "height": 800})
        page.goto(f"{address}timeline/")
        sizes.append(
            page.locator(".timeline text").first.evaluate("t => getComputedStyle(t).fontSize")
        )
    assert sizes[0] == sizes[1] == "12px"


def test_the_head_stays_below_that_of_the_site(page: Page, address: str) -> None:
    """On a desktop the page scrolls, and the kinds of evidence stay in sight."""
    page.goto(f"{address}map/")
    page.evaluate("scrollTo(0, 1500)")
    page.wait_for_function("scrollY > 1000")
    box = page.locator(".figures .kind").first.bounding_box()
    site = page.locator(".md-header").bounding_box()
    assert box and site and abs(box["y"] - site["height"]) < 1.5
    assert page.evaluate("document.documentElement.scrollWidth") == 1280


@pytest.mark.parametrize(
    ("name", "mark"), [("map", "td[class^=shade] a"), ("timeline", ".timeline a:has(.bar)")]
)
def test_every_mark_is_reached_and_followed_by_keyboard(
    page: Page, address: str, name: str, mark: str
) -> None:
    """Tab goes from mark to mark, each with a visible focus and room for a finger; Enter opens."""
    page.goto(f"{address}{name}/")
    first, second = page.locator(mark).nth(0), page.locator(mark).nth(1)
    first.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    assert first.evaluate("mark => mark === document.activeElement")
    assert first.evaluate("mark => getComputedStyle(mark).outlineStyle") == "solid"
    for each in (first, second):
        box = each.bounding_box()
        assert box and box["height"] >= 24 and box["width"] >= 24
    wanted = first.get_attribute("href")
    page.keyboard.press("Enter")
    page.wait_for_url("**/papers/?*")
    assert wanted and page.url.endswith(wanted.removeprefix(".."))


def test_the_map_is_read_in_print(page: Page, address: str) -> None:
    """On paper the whole table is there, dark on nothing, whatever the scheme on the screen."""
    page.emulate_media(color_scheme="dark", media="print")
    page.goto(f"{address}map/")
    cell = page.locator("td[class^=shade]").first
    assert cell.evaluate("cell => getComputedStyle(cell).color") == "rgb(0, 0, 0)"
    region = page.locator(".chart-region")
    assert region.evaluate("region => region.scrollHeight === region.clientHeight")
