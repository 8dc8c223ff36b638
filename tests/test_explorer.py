"""The explorer as a reader meets it: in a browser, on a site of some hundred works."""

import json
import random
import re
import shutil
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

import bench.sites
from building import ROOT, build
from ethogram.bibliography import Bibliography, merge
from ethogram.catalog import Catalog
from ethogram.entries import Entry
from ethogram.pages import explorer
from ethogram.site import Site
from ethogram.standing import LABELS
from ethogram.works import WorkId

WORKS = 600
FACETS = ("group behavior evidence standing method model direction year status card").split()
SOUGHT = "group behavior evidence standing method model year".split()
Choice = dict[str, list[str]]
HOSTILE = '<img src=x onerror="document.title=1"> & <b>bold</b> $x<y$'
RECORDS = r"""
@misc{boes2019hostile,
  title = {{<img src=x onerror="document.title=1"> \& <b>bold</b> \$x<y\$}},
  author = {Bö<i>se, Łukasz and Sørensen, Åse and Third, C. and Fourth, Zbigniew},
  year = {2019},
  url = {https://example.org/hostile},
}
"""
PAGE = """---
behavior: sandbagging
---

# Sandbagging

## Cards

!!! note "[The first](https://example.org/hostile)"
    evidence: review
    models: Größe < 7 & "x", GPT-2
    status: retracted
    direction: measures
    added: 2026-11-21

    What it found.
"""


@dataclass(frozen=True)
class Built:
    """A site and what it was made from."""

    address: str
    folder: Path
    catalog: Catalog

    @cached_property
    def values(self) -> dict[str, dict[str, set[str]]]:
        """The values of each work, by its key, in each facet."""
        return {
            key: {facet: values_of(self.catalog, entry, facet) for facet in FACETS}
            for key, entry in self.catalog.entries.items()
        }

    @cached_property
    def labels(self) -> dict[str, dict[str, str]]:
        """How a reader sees each value of each facet."""
        return labels_of(self.catalog)

    def find(self, choice: Choice, but: str = "") -> list[str]:
        """The keys of the works that have what was chosen, in all facets but one."""
        return [key for key in self.values if self.fits(key, choice, but)]

    def fits(self, key: str, choice: Choice, but: str) -> bool:
        """Whether a work is among them."""
        return all(
            self.says(key, *chosen) if facet == "q" else self.values[key][facet] & {*chosen}
            for facet, chosen in choice.items()
            if facet != but
        )

    def says(self, key: str, text: str) -> bool:
        """Whether each word of a text begins one of a work's."""
        return all(any(each.startswith(w) for each in self.words[key]) for w in words(text))

    @cached_property
    def words(self) -> dict[str, set[str]]:
        """The words of each work, by its key: those of its record and of its terms."""
        found = {}
        for key, has in self.values.items():
            work = self.catalog.entries[key].work
            terms = [self.labels[facet].get(v, v) for facet in SOUGHT for v in has[facet]]
            found[key] = words(" ".join([work.title, *work.authors, str(work.id), *terms]))
        return found


def make_site(folder: Path) -> Path:
    """Write a site of many works over some years, one of them hostile, one without a card."""
    bench.sites.make_site(folder, cards=WORKS, pages=60)
    known = next(iter(Bibliography.load(folder / "bib").works.values()))
    number = WorkId("arxiv", "0801.0001")
    uncarded = replace(known, id=number, key="uncarded2008", year=2008, date="")
    merge(folder / "bib", [uncarded])
    (folder / "bib/other.bib").write_text(RECORDS, encoding="utf-8")
    for name in ("deception", "papers", "assets"):
        (folder / "docs" / name).mkdir(parents=True, exist_ok=True)
    (folder / "docs/deception/sandbagging.md").write_text(PAGE, encoding="utf-8")
    shutil.copy(ROOT / "docs/papers/index.md", folder / "docs/papers")
    shutil.copytree(ROOT / "docs/assets", folder / "docs/assets", dirs_exist_ok=True)
    text = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    text = re.sub(r"^nav:\n(?: .*\n)+", "", text, flags=re.MULTILINE)
    text = text.replace("hooks/", f"{(ROOT / 'hooks').as_posix()}/")
    (folder / "mkdocs.yml").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory, serve: Callable[[Path], str]) -> Built:
    """Give the site, built and served."""
    folder = make_site(tmp_path_factory.mktemp("many") / "source")
    site = folder / "site"
    result = build(folder, "--site-dir", str(site))
    assert result.returncode == 0, result.stdout
    catalog = Catalog.load(folder / "docs", folder / "bib")
    return Built(serve(site), site, catalog)


# -- what must be found, told from the catalog -------------------------------------------------


def values_of(catalog: Catalog, entry: Entry, facet: str) -> set[str]:
    """The values of a work in a facet."""
    terms = catalog.taxonomy.terms
    groups = {terms[slug].group for slug in entry.behaviors if slug in terms}
    singles = {
        "year": str(entry.work.year),
        "status": entry.status,
        "standing": entry.standing.name if entry.standing else "",
        "card": "yes" if entry.cards else "no",
    }
    fields = {"method": "methods", "model": "models"}
    if facet == "group":
        return groups
    if facet in singles:
        return {singles[facet]} - {""}
    return set(entry.values({"behavior": "behaviors"}.get(facet, fields.get(facet, facet))))


def words(text: str) -> set[str]:
    """The words of a text without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ø", "o").replace("ł", "l"))
    return set(re.findall(r"[^\W_]+", re.sub(r"[\u0300-\u036f]", "", plain)))


def labels_of(catalog: Catalog) -> dict[str, dict[str, str]]:
    """How a reader sees each value of each facet."""
    terms = catalog.taxonomy
    named = {
        "behavior": terms.terms,
        "evidence": terms.evidence,
        "method": terms.methods,
        "direction": terms.directions,
        "status": terms.statuses,
    }
    found = {name: {slug: term.label for slug, term in of.items()} for name, of in named.items()}
    found["group"] = {group.slug: group.label for group in terms.groups}
    found["standing"] = {name: label.capitalize() for name, label in LABELS.items()}
    found["card"] = {"yes": "Has a card", "no": "Only cited"}
    return {"model": {}, "year": {}, **found}


def expected(built: Built, choice: Choice) -> dict[str, Counter[str]]:
    """How many works each value of each facet must show, by label."""
    counts = {}
    for facet in FACETS:
        found = (built.values[key][facet] for key in built.find(choice, but=facet))
        counted = Counter(chain.from_iterable(found))
        labels = built.labels[facet]
        counts[facet] = Counter({labels.get(value, value): n for value, n in counted.items()})
    return counts


def random_choice(built: Built, chance: random.Random) -> Choice:
    """One to three facets with one or two values each that some work has, perhaps a word too."""
    key = chance.choice(list(built.values))
    choice: Choice = {}
    for facet in chance.sample(FACETS, chance.randint(1, 3)):
        known = sorted(set(chain.from_iterable(has[facet] for has in built.values.values())))
        own = sorted(built.values[key][facet]) or known
        choice[facet] = sorted({chance.choice(own), chance.choice(known)})
    if chance.random() < 0.4:
        choice["q"] = [chance.choice(built.catalog.entries[key].work.title.split())[:4]]
    return choice


# -- what a reader sees ------------------------------------------------------------------------

COUNTS = """() => [...document.querySelectorAll(".choices fieldset")].map((list) => [
  list.querySelector("legend").textContent,
  [...list.querySelectorAll("li")].filter((item) => !item.hidden).map((item) => [
    item.parentElement.closest("li") !== null,
    item.querySelector("label > span").textContent,
    Number(item.querySelector(".number").textContent.replaceAll(",", "")),
  ]),
])"""


def shown_counts(page: Page) -> dict[str, dict[str, int]]:
    """The counts beside the values that are on the page, by facet and label."""
    found: dict[str, dict[str, int]] = {}
    for legend, items in page.evaluate(COUNTS):
        for inner, label, count in items:
            tree = legend == "Group and behavior"
            facet = ("behavior" if inner else "group") if tree else legend.lower()
            found.setdefault(facet, {})[label] = count
    return found


def visit(page: Page, built: Built, choice: Choice | None = None) -> None:
    """Open the explorer at an address and wait until it can be used."""
    query = urlencode(choice or {}, doseq=True)
    page.goto(f"{built.address}papers/{'?' if query else ''}{query}")
    page.locator(".choices fieldset").first.wait_for(state="attached")


def tally(page: Page) -> int:
    """How many works the page says that it has found."""
    return int(page.locator(".tally").inner_text().split()[0].replace(",", ""))


def box(page: Page, label: str) -> Locator:
    """The box of a value, by its label and whatever its count."""
    return page.locator(".choices").get_by_role("checkbox", name=re.compile(rf"^{label} \d"))


def keys(page: Page) -> list[str]:
    """The works in the table, by their citation keys."""
    links = page.locator(".works tbody a")
    return [str(key) for key in links.evaluate_all("all => all.map(a => a.dataset.preview)")]


def wait_for_rows(page: Page, count: int) -> None:
    """Wait until the table has so many rows: those out of sight come a moment later."""
    page.wait_for_function(f"document.querySelector('.works').tBodies[0].rows.length == {count}")


@pytest.fixture(autouse=True)
def silence(page: Page) -> Iterator[None]:
    """See to it that no test makes the page say anything in its console."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: said.append(dialog.message))
    yield
    assert said == []


def test_counts_agree_with_the_catalog(page: Page, built: Built) -> None:
    """For any choice, each count applies all other facets and the words, and no other."""
    chance = random.Random(11)
    narrowed = 0
    for _ in range(20):
        choice = random_choice(built, chance)
        visit(page, built, choice)
        found = built.find(choice)
        assert tally(page) == len(found), choice
        wait_for_rows(page, min(100, len(found)))
        assert set(keys(page)) <= set(found)
        narrowed += 0 < len(found) < len(built.catalog.entries)
        right = expected(built, choice)
        for facet, shown in shown_counts(page).items():
            assert shown == {label: right[facet][label] for label in shown}, (choice, facet)
    assert narrowed > 9


def test_two_facets_narrow_and_back_undoes_one(page: Page, built: Built) -> None:
    """Each click is a step in the browser's history; the address is that of the choice."""
    visit(page, built)
    every = tally(page)
    box(page, "Robustness and security").check()
    first = tally(page)
    box(page, "Position").check()
    both = tally(page)
    assert every > first > both > 0
    assert page.url.endswith("papers/?group=security&evidence=position")
    page.go_back()
    assert tally(page) == first and not box(page, "Position").is_checked()
    page.go_back()
    assert tally(page) == every and not box(page, "Robustness and security").is_checked()
    page.go_forward()
    assert tally(page) == first and box(page, "Robustness and security").is_checked()


def test_a_shared_address_gives_the_same_list(page: Page, browser: Browser, built: Built) -> None:
    """What one reader has chosen, typed and sorted, another finds by the address alone."""
    visit(page, built)
    box(page, "Mechanisms").check()
    page.get_by_label("Find").fill("ba")
    page.get_by_label("Sort").select_option("title")
    page.wait_for_url("**/papers/?group=mechanisms&q=ba&sort=title")
    expect(page.locator(".works tbody tr")).to_have_count(min(tally(page), 100))
    titles = page.locator(".works tbody a").all_inner_texts()
    assert len(titles) > 3 and titles == sorted(titles)
    other = browser.new_context().new_page()
    other.goto(page.url)
    other.locator(".choices fieldset").first.wait_for(state="attached")
    expect(other.locator(".works tbody a")).to_have_text(titles)
    assert other.get_by_label("Find").input_value() == "ba"
    assert other.get_by_label("Sort").input_value() == "title"
    other.context.close()


def test_typing_makes_no_history(page: Page, built: Built) -> None:
    """The address follows what is typed, and Back leads to the choice before it."""
    visit(page, built)
    box(page, "Position").check()
    page.get_by_label("Find").press_sequentially("circuit", delay=20)
    page.wait_for_url("**/papers/?evidence=position&q=circuit")
    page.go_back()
    page.wait_for_url("**/papers/")
    assert page.get_by_label("Find").input_value() == ""


@pytest.mark.parametrize(
    "text",
    ["sorensen ase", "Sørensen ÅSE", "zbig", "ŁUKASZ sandbag", "lukasz retr", "grosse"],
)
def test_words_are_found_without_accents(page: Page, built: Built, text: str) -> None:
    """All words must begin one of the work's: any author's name, a term's, a model's."""
    visit(page, built)
    page.get_by_label("Find").fill(text)
    page.wait_for_function("document.querySelector('.tally').textContent.startsWith('1 of')")
    assert keys(page) == ["boes2019hostile"]


@pytest.mark.parametrize(
    "text", ["0801.0001", "arXiv:0801.0001v2", "https://arxiv.org/abs/0801.0001v3", "0801.000"]
)
def test_a_number_or_an_address_finds_its_work(page: Page, built: Built, text: str) -> None:
    """A work is found by its number however it was copied; without a card it links to its page."""
    visit(page, built, {"q": [text]})
    assert keys(page) == ["uncarded2008"]
    link = page.locator(".works tbody a")
    assert link.evaluate("link => link.href") == f"{built.address}papers/uncarded2008/"
    assert page.locator(".works tbody td").last.inner_text() == "No card yet"


def test_a_title_leads_to_its_card(page: Page, built: Built) -> None:
    """The link of a work with a card leads to the very card, from any row."""
    for choice in ({}, {"card": ["yes"], "sort": ["oldest"]}, {"status": ["retracted"]}):
        visit(page, built, choice)
        link = page.locator(".works tbody a").first
        key = link.get_attribute("data-preview")
        link.click()
        page.locator(f'.paper[id="{key}"]').wait_for()


@pytest.mark.parametrize("query", [{"status": ["retracted"]}, {"sort": ["author"]}])
def test_what_a_record_says_is_text(page: Page, built: Built, query: Choice) -> None:
    """A title, a name or a model that looks like HTML is shown as it is."""
    visit(page, built, {**query, "year": ["2019"]})
    row = page.locator(".works tbody tr", has=page.locator('[data-preview="boes2019hostile"]'))
    assert row.locator("a").text_content() == HOSTILE
    assert "Bö<i>se" in str(row.locator("th > span").text_content())
    assert "Retracted" in row.locator("td.against").inner_text()
    assert page.locator(".choices").get_by_text('Größe < 7 & "x"', exact=True).count() == 1
    assert page.locator(".explorer :is(img, b, i, script)").count() == 0


def test_unknown_values_are_told_and_left_out(page: Page, built: Built) -> None:
    """An address from another time shows what it can, and says what it cannot."""
    visit(page, built, {"behavior": ["nonesuch<b>"], "sort": ["weight"], "utm": ["x"]})
    assert tally(page) == len(built.catalog.entries)
    note = page.locator(".explorer .note")
    assert note.inner_text().endswith("behavior “nonesuch<b>”, order “weight”.")
    box(page, "Position").check()
    assert note.is_hidden()
    assert page.url.endswith("papers/?evidence=position")


def test_a_slip_is_forgiven_by_the_search(page: Page, built: Built) -> None:
    """Where no work has the words, the search of cards is asked for them, in place."""
    title = next(iter(built.catalog.entries.values())).work.title
    word = max(title.split(), key=len)
    visit(page, built, {"q": [f"{word[:2]}{word[3:]}q"]})
    page.get_by_role("link", name="Search all cards for").click()
    field = page.get_by_role("dialog", name="Search").get_by_role("textbox")
    expect(field).to_be_focused()
    expect(field).to_have_value(f"{word[:2]}{word[3:]}q")
    page.keyboard.press("Escape")
    page.keyboard.press("/")
    expect(field).to_have_value(f"{word[:2]}{word[3:]}q")


def test_nothing_found_says_what_to_give_up(page: Page, built: Built) -> None:
    """Each choice that alone stands in the way is offered, with the works that it would bring."""
    visit(page, built, {"evidence": ["review"], "q": ["qqqq"]})
    assert tally(page) == 0
    ways = page.locator(".empty button")
    reviews = len(built.find({"evidence": ["review"]}))
    assert ways.all_inner_texts() == [f"Without the words “qqqq”: {reviews} works"]
    ways.click()
    assert tally(page) == reviews
    assert page.get_by_label("Find").input_value() == ""


def test_clear_buttons(page: Page, built: Built) -> None:
    """A facet is cleared alone, or all of them with the words."""
    visit(page, built, {"evidence": ["review"], "year": ["2020", "2021"], "q": ["a"]})
    page.get_by_role("button", name="Clear year").click()
    assert page.url.endswith("papers/?evidence=review&q=a")
    page.get_by_role("button", name="Clear all").click()
    assert page.url.endswith("papers/")
    assert tally(page) == len(built.catalog.entries)
    assert page.locator(".choices .clear:visible, .bar .clear:visible").count() == 0


def test_more_rows_and_more_values(page: Page, built: Built) -> None:
    """A hundred rows, then a hundred more; the focus goes where the new ones begin."""
    visit(page, built, {"sort": ["oldest"]})
    wait_for_rows(page, 100)
    page.get_by_role("button", name="Show 100 more", exact=True).click()
    shown = keys(page)
    assert len(shown) == len(set(shown)) == 200
    assert page.evaluate("document.activeElement.dataset.preview") == shown[100]
    page.get_by_role("button", name=re.compile("Show .* more: method")).click()
    methods = page.get_by_role("group", name="Method").get_by_role("checkbox")
    assert methods.count() == len(built.catalog.taxonomy.methods)


def test_it_works_by_keyboard_alone(page: Page, built: Built) -> None:
    """From the field for words to a folded behavior, and past all facets to the works."""
    visit(page, built)
    page.get_by_label("Find").focus()
    for pressed in ("Tab", "Tab", "Tab", "Tab", "Enter", "Tab", "Space"):
        page.keyboard.press(pressed)
    behavior = built.catalog.taxonomy.groups[0].terms[0]
    assert page.url.endswith(f"papers/?behavior={behavior.slug}")
    assert 0 < tally(page) < len(built.catalog.entries)
    page.get_by_label("Sort").focus()
    for pressed in ("Tab", "Enter", "Tab", "Tab"):
        page.keyboard.press(pressed)
    assert page.evaluate("document.activeElement.dataset.preview") == keys(page)[0]


def test_it_is_named_for_screen_readers(page: Page, built: Built) -> None:
    """Lists are named groups of named boxes, folds say their state, and the count is announced."""
    visit(page, built)
    for name in ("Group and behavior", "Evidence", "Standing", "Method", "Model", "Year"):
        assert page.get_by_role("group", name=name, exact=True).count() == 1
    fold = page.get_by_role("button", name="Behaviors: Factuality")
    assert fold.get_attribute("aria-expanded") == "false"
    fold.click()
    assert fold.get_attribute("aria-expanded") == "true"
    assert page.get_by_role("status").filter(has_text="works").count() == 1
    assert page.get_by_role("columnheader").all_inner_texts() == [
        "Work",
        "Year",
        "Evidence",
        "Behaviors",
        "Standing",
    ]


def test_without_scripts_every_work_is_there_once(browser: Browser, built: Built) -> None:
    """The newest stand on the page, the others on the pages of years that it links to."""
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(f"{built.address}papers/")
    found = keys_without_scripts(page)
    assert len(found) == 100
    assert page.locator(".controls").is_hidden() and page.locator(".facets").is_hidden()
    links = page.locator(".years a")
    for year in links.all_inner_texts():
        page.goto(f"{built.address}papers/")
        links.get_by_text(year, exact=True).click()
        assert page.locator("h1").inner_text() == f"Papers of {year}"
        assert set(page.locator(".works td:nth-child(2)").all_inner_texts()) == {year}
        found += keys_without_scripts(page)
    assert sorted(found) == list(built.catalog.entries)
    context.close()


def keys_without_scripts(page: Page) -> list[str]:
    """The works in the table of a page that runs no script."""
    html = page.content()
    return re.findall(r'<th scope="row"><a [^>]*data-preview="([^"]+)"', html)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [375, 768, 1280])
def test_nothing_scrolls_sideways(
    page: Page, built: Built, width: int, scheme: Literal["light", "dark"]
) -> None:
    """At any width the page is as wide as the window, with all lists unfolded."""
    page.set_viewport_size({"width": width, "height": 800})
    page.emulate_media(color_scheme=scheme)
    visit(page, built, {"year": ["2019"]})
    if width < 960:
        page.locator(".facets > summary").click()
    assert page.locator(".choices").is_visible()
    page.evaluate("document.querySelectorAll('.fold').forEach(fold => fold.click())")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.goto(f"{built.address}papers/2020/")
    assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [720, 960, 1280])
def test_no_word_is_broken(page: Page, built: Built, width: int) -> None:
    """How works stand is read in whole words, whatever these are, in the narrowest table, too."""
    page.set_viewport_size({"width": width, "height": 800})
    visit(page, built)
    broken = page.locator(".works td:last-child").evaluate_all(
        """cells => cells.filter(cell => {
            cell.style.overflowWrap = "normal";
            cell.classList.add("against");
            cell.textContent = "Retracted, contested, withdrawn, single source, replicated twice";
            return cell.scrollWidth > cell.clientWidth;
        }).length"""
    )
    assert broken == 0


def test_a_click_is_measured(page: Page, built: Built) -> None:
    """The benchmark reads how long each click on a facet took."""
    visit(page, built)
    for label in ("Position", "Null result"):
        box(page, label).check()
    measures = "performance.getEntriesByName('explorer-click').map(each => each.duration > 0)"
    page.wait_for_function(f"{measures}.length == 2")
    assert page.evaluate(measures) == [True, True]


def test_without_its_data_the_table_stays(page: Page, built: Built) -> None:
    """Where the data does not come, the page says so and remains what it is without scripts."""
    page.route("**/explorer.json", lambda route: route.fulfill(status=200, body="no JSON"))
    page.goto(f"{built.address}papers/")
    page.get_by_text("cannot be narrowed now").wait_for()
    assert page.locator(".controls").is_hidden() and page.locator(".years").is_visible()
    assert len(keys(page)) == 100


def test_few_works_are_all_on_the_page() -> None:
    """A small site's works stand on one page, and there is none for a year."""
    folder, site = ROOT / "tests/site", Site()
    catalog = Catalog.load(folder / "docs", folder / "bib")
    html = explorer.explorer(catalog, site, "..")
    assert html.startswith("<div ") and html.endswith("</div>")
    assert html.count('<tr><th scope="row">') == len(catalog.entries)
    assert 'class="years"' not in html
    assert list(explorer.year_paths(catalog)) == []


def test_data_is_the_same_each_time(built: Built) -> None:
    """What a build writes depends on nothing but the catalog."""
    site = Site()
    files = dict(explorer.files(built.catalog, site))
    assert dict(explorer.files(built.catalog, site)) == files
    for path, data in files.items():
        assert (built.folder / path).read_bytes() == data
        json.loads(data)
