"""Rendering: what is found is shown, whatever it stands in."""

from dataclasses import replace
from pathlib import Path, PurePath
from typing import Any
from urllib.parse import parse_qs

import lxml.html
import markdown
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.bibliography import Bibliography, Work
from ethogram.cards import Page, read_page
from ethogram.catalog import Catalog
from ethogram.exports.contents import Contents
from ethogram.pages.article import Article
from ethogram.reference import plain
from ethogram.render import CITE_CLOSE, CITE_OPEN, Context, cite_menu, display, render_page
from ethogram.site import Site
from ethogram.standing import BEHAVIOR_RULES, WORK_RULES
from ethogram.taxonomy import Taxonomy
from ethogram.works import WorkId

ROOT = Path(__file__).parent.parent
EXTENSIONS = [
    "admonition",
    "attr_list",
    "footnotes",
    "md_in_html",
    "tables",
    "toc",
    "pymdownx.details",
    "pymdownx.superfences",
    "pymdownx.tabbed",
]
RECORDS = Bibliography.load(ROOT / "bib")
CONTEXT = Context(
    RECORDS,
    Taxonomy.load(ROOT / "bib/taxonomy.yml"),
    pages={},
    cards={},
    docs=PurePath("docs"),
    href=lambda target: target,
)
NUMBERS = sorted(work.id.id for work in RECORDS.works.values() if work.id.scheme == "arxiv")


def shown(text: str) -> tuple[int, set[int], lxml.html.HtmlElement]:
    """Render with the real Python-Markdown: cards found, cards shown, the HTML."""
    return drawn(read_page(text, "docs/page.md"), CONTEXT)


def drawn(page: Page, context: Context) -> tuple[int, set[int], lxml.html.HtmlElement]:
    """The same of a page that was read, in its surroundings."""
    text = page.document.text.removeprefix(f"---\n{page.document.front_matter}---\n")
    rendered = render_page(page, text, context)
    body = rendered.markdown.replace(CITE_OPEN, "[^").replace(CITE_CLOSE, "]")
    works = context.bibliography.works
    notes = "".join(f"\n[^{key}]: note" for key in works)
    configuration = {"pymdownx.tabbed": {"alternate_style": True}}
    html = markdown.markdown(body + notes, extensions=EXTENSIONS, extension_configs=configuration)
    finished = lxml.html.fromstring(f"<main>{rendered.finish(html, works)}</main>")
    return len(page.cards), rendered.shown, finished


def indented(lines: list[str], levels: int = 1) -> list[str]:
    """Lines moved in by levels of nesting."""
    return [f"{'    ' * levels}{line}" if line else "" for line in lines]


CARD = st.builds(
    lambda marker, kind, number, fields, body: [
        f'{marker} {kind} "[A title](https://arxiv.org/abs/{number})"',
        *indented(fields),
        *indented(body),
    ],
    st.sampled_from(["!!!", "???", "???+"]),
    st.sampled_from(["note", "tip", "note inline"]),
    st.sampled_from(NUMBERS),
    st.lists(st.sampled_from(["added: 2026-11-21", "evidence: case", "models: A, B"]), max_size=3),
    st.sampled_from(
        [
            [],
            ["Prose."],
            ["", "Prose.", "", "- a", "- b"],
            ["", "```", "!!! note", "```"],
            ["", "    code"],
            ["Prose.", "", "```python", "x = 1", "", "y = 2", "```"],
            ["```", "a", "", "b", "```", "", "Prose."],
            ["", "[@hubinger2024sleeper] says", "[@hubinger2024sleeper] so.", "- no list"],
            ["", "- [@hubinger2024sleeper] in a list"],
            ["Prose, then", "", "1. one", "", "    more", "", "    ```", "    x", "    ```"],
            ["", '??? info "More"', "    Folded."],
            ["", "| a | b |", "|---|---|", "| c | d |"],
        ]
    ),
)
FILLER = st.sampled_from(
    [
        ["A paragraph."],
        ["# Heading"],
        ["- item", "- item"],
        ["- tight", '    !!! note "[no](https://arxiv.org/abs/2401.05566)"'],
        ["```", '!!! note "[no](https://arxiv.org/abs/2401.05566)"', "```"],
        ["~~~~", "```", '!!! note "[no](https://arxiv.org/abs/2401.05566)"', "~~~~"],
        ['<!-- !!! note "[no](https://arxiv.org/abs/2401.05566)" -->'],
        ["<div>", '!!! note "[no](https://arxiv.org/abs/2401.05566)"', "</div>"],
        ["<pre>", '!!! note "[no](https://arxiv.org/abs/2401.05566)"', "</pre>"],
        ["> quoted", "> text"],
        ["Term", ":   Definition"],
        ["---"],
        ["[^n]: A note."],
    ]
)


def nested(blocks: st.SearchStrategy[list[str]]) -> st.SearchStrategy[list[str]]:
    """The same inside a tab, an item or a foldable block."""
    heads = st.sampled_from(['=== "Tab"', "- item", "1. item", '??? info "Fold"', '!!! info "Box"'])
    return st.builds(lambda head, inner: [head, "", *indented(inner)], heads, blocks)


BLOCKS = st.recursive(CARD | FILLER, nested, max_leaves=3)


@settings(max_examples=300, deadline=None)
@given(st.lists(BLOCKS, min_size=1, max_size=5))
def test_every_card_that_is_found_is_shown(blocks: list[list[str]]) -> None:
    """In any nesting, each card the reader finds is an element with its citation and its head.

    And none is missed: no admonition that the renderer makes has the title of a card and is none.
    """
    text = "Start.\n\n" + "\n\n".join("\n".join(block) for block in blocks) + "\n"
    found, drawn, html = shown(text)
    assert drawn == set(range(found)), text
    cards = html.xpath("//*[contains(concat(' ', @class, ' '), ' paper ')]")
    assert len(cards) == found, text
    for card in cards:
        assert card.get("data-work"), text
        heads = card.xpath("./p[@class='who']//a[contains(@class, 'footnote-ref')]")
        assert len(heads) == 1, text
        assert "added:" not in card.text_content().split("Prose")[0], text
        assert not card.xpath(".//pre//*[@class='card-foot'] | .//p//*[@class='card-foot']"), text
        assert card.xpath("./div[@class='card-foot']"), text
    for title in html.xpath("//a[text()='A title']"):
        assert "paper" in title.getparent().getparent().get("class"), text


def test_display_escapes_and_sets_math() -> None:
    """A record's text is data: it is escaped, and `$...$` is set in italics."""
    assert display("<b> & $O(n^2)$ at $5") == "&lt;b&gt; &amp; <i>O(n^2)</i> at $5"


# -- what a card and a page show -------------------------------------------------------------

SITE = ROOT / "tests/site"
TAXONOMY = Taxonomy.load(ROOT / "bib/taxonomy.yml")
SHARED = replace(Catalog.load(SITE / "docs", SITE / "bib"), taxonomy=TAXONOMY)


def href(target: str) -> str:
    """The address of a page as seen from one that is two folders down."""
    path, mark, anchor = target.partition("#")
    return f"../../{path.removesuffix('index.md').replace('.md', '/')}{mark}{anchor}"


def href_without_explorer(target: str) -> str:
    """The same on a site without a page for all works."""
    return "" if target.startswith("papers") else href(target)


def surroundings(catalog: Catalog, changes: dict[str, Any]) -> Context:
    """What rendering knows of a site."""
    return replace(catalog.context(href, "../.."), **changes)


def page_of(name: str, **changes: Any) -> lxml.html.HtmlElement:
    """A page of the shared site."""
    return drawn(SHARED.by_path[name], surroundings(SHARED, changes))[2]


def written(text: str, *records: Work, **changes: Any) -> lxml.html.HtmlElement:
    """A page of its own, with records beside those of the shared site."""
    page = read_page(text, (SITE / "docs/page.md").as_posix())
    bibliography = Bibliography([*SHARED.bibliography.works.values(), *records])
    catalog = replace(SHARED, pages=(page,), bibliography=bibliography)
    return drawn(page, surroundings(catalog, changes))[2]


def words(element: lxml.html.HtmlElement) -> str:
    """The words of an element, white space folded."""
    return " ".join(element.text_content().split())


def links(element: lxml.html.HtmlElement) -> list[tuple[str, str | None]]:
    """The links in an element: their words, and where they lead."""
    return [(words(link), link.get("href")) for link in element.cssselect("a[href]")]


def card_of(number: str, fields: str = "", *records: Work, **changes: Any) -> lxml.html.HtmlElement:
    """A card of a work, with fields, on a page of its own."""
    text = f'# T\n\n!!! note "[T](https://arxiv.org/abs/{number})"\n    {fields}\n\n    Prose.\n'
    return written(text, *records, **changes).cssselect(".paper")[0]


def test_a_card_has_its_parts_in_order() -> None:
    """Title, who, what readers must not miss, chips, finding, relations, foot."""
    page = page_of("deception/sandbagging.md")
    parts = [
        each.get("class") or each.tag for each in page.get_element_by_id("vanderberg2025taken")
    ]
    assert parts == ["admonition-title", "who", "banner", "chips", "p", "relations", "card-foot"]


def test_a_retracted_work_says_so_at_its_top() -> None:
    """In a word and a sentence; the status of the card of a work without a record, too."""
    page = page_of("deception/sandbagging.md")
    (banner,) = page.cssselect(".banner")
    assert banner.getparent().get("id") == "vanderberg2025taken"
    assert words(banner) == "Retracted: the publisher has declared the work invalid."
    unknown = card_of("2404.99999", "status: withdrawn")
    assert (
        words(unknown.cssselect(".banner")[0]) == "Withdrawn: the authors have taken the work back."
    )


def test_a_withdrawn_record_says_so_on_every_card() -> None:
    """Whether or not the card does, and with a bare context as well."""
    gone = Work(WorkId("arxiv", "2404.00009"), "x2024gone", "Gone", ("A B",), 2024, withdrawn=True)
    known = card_of("2404.00009", "added: 2026-11-21", gone)
    bare = card_of("2404.00009", "added: 2026-11-21", gone, entries={})
    for card in (known, bare):
        assert words(card.cssselect(".banner")[0]).startswith("Withdrawn: ")


def test_a_superseded_work_names_its_successor() -> None:
    """Linked; where nobody knows of one, the status alone is told."""
    text = (
        '!!! note "[New](https://arxiv.org/abs/2501.00001)"\n    supersedes: 2401.05566\n\n'
        '!!! note "[Old](https://arxiv.org/abs/2401.05566)"\n    Prose.\n\n'
        '!!! note "[Lone](https://arxiv.org/abs/2308.09124)"\n    status: superseded\n'
    )
    banners = written(text).cssselect(".banner")
    assert [words(banner) for banner in banners] == [
        "Superseded by Okafor, Åström 2025",
        "Superseded: a later work has taken this one's place.",
    ]
    link = banners[0].cssselect("a")[0]
    assert link.get("data-preview") == "okafor2025second"


def test_a_contested_work_says_by_what() -> None:
    """Each kind of contest in its words; a link to each work that contests it."""
    page = page_of("security/backdoor.md")
    banners = {each.getparent().get("id"): each for each in page.cssselect(".banner")}
    assert {key: words(banner) for key, banner in banners.items()} == {
        "bender2021dangers": "Contested: not replicated by Okafor, Åström 2025",
        "perez2022discovering": "Contested: contradicted by Okafor, Åström 2025",
    }
    for banner in banners.values():
        assert links(banner) == [("Okafor, Åström 2025", "../../papers/okafor2025second/")]


def test_relations_are_shown_on_both_cards() -> None:
    """What speaks against first; what a retracted work says is told as that, and last."""
    there = page_of("deception/sandbagging.md").get_element_by_id("okafor2025second")
    here = page_of("security/backdoor.md").get_element_by_id("hubinger2024sleeper")
    rows = [
        [(each.get("class"), words(each)) for each in card.cssselect("ul.relations > li")]
        for card in (there, here)
    ]
    assert rows == [
        [
            ("against", "Contradicts Perez et al. 2022"),
            ("against", "Fails to replicate Bender, Gebru 2021"),
            ("for", "Replicates Hubinger et al. 2024"),
            ("for", "Extends Hernandez, Bau 2023"),
        ],
        [
            ("for", "Replicated by Okafor, Åström 2025"),
            ("for", "Supported by 李, The Backdoor Consortium et al. 2025"),
            ("void", "Contradicted by van der Berg 2025, retracted (counts for nothing)"),
        ],
    ]
    previews = [link.get("data-preview") for link in here.cssselect("ul.relations a")]
    assert previews == ["okafor2025second", "li2025review", "vanderberg2025taken"]
    assert not here.cssselect(".banner")


def test_works_without_a_record_are_plain_links() -> None:
    """As target of a relation, and as its source: such a card tells what it says of others."""
    fields = "extends: 2404.99999, https://example.com/a?b=1&c=2"
    for number in ("2401.05566", "2404.99998"):
        (row,) = card_of(number, fields).cssselect("ul.relations > li")
        assert words(row) == "Extends arXiv:2404.99999; example.com"
        assert links(row) == [
            ("arXiv:2404.99999", "https://arxiv.org/abs/2404.99999"),
            ("example.com", "https://example.com/a?b=1&c=2"),
        ]
        assert not row.cssselect("[data-preview]")


def test_chips_lead_to_pages_and_into_the_explorer() -> None:
    """Terms to their pages, methods, kinds of evidence and models to the works that share them."""
    fields = (
        "behaviors: backdoor, none\n    methods: probing\n    evidence: case\n    models: A&B/c"
    )
    card = card_of("2401.05566", fields)
    assert links(card.cssselect("ul.chips")[0])[:4] == [
        ("Case", "../../papers/?evidence=case"),
        ("Backdoor", "../../security/#backdoor"),
        ("Probing", "../../papers/?method=probing"),
        ("A&B/c", "../../papers/?model=A%26B%2Fc"),
    ]
    card = card_of("2401.05566", fields, href=href_without_explorer)
    chips = card.cssselect("ul.chips > li")
    assert [words(chip) for chip in chips[:5]] == ["Case", "Backdoor", "none", "Probing", "A&B/c"]
    assert links(card.cssselect("ul.chips")[0])[0][0] == "Backdoor"


def test_a_standing_has_its_rule_at_hand() -> None:
    """To point at and to open, without a script; and a link to all rules where the site has it."""
    card = page_of("security/backdoor.md").get_element_by_id("hubinger2024sleeper")
    (how,) = card.cssselect("ul.chips details.standing")
    assert words(how.cssselect("summary")[0]) == "Standing: replicated once"
    assert how.cssselect("summary")[0].get("title") == WORK_RULES["replicated"]
    assert words(how.cssselect("p")[0]) == f"{WORK_RULES['replicated']} How findings stand"
    assert links(how)[0][1] == "../../about/#how-well-a-finding-stands"
    bare = page_of("security/backdoor.md", href=lambda _: "")
    assert not bare.cssselect("details.standing a")


def test_a_card_can_be_cited() -> None:
    """BibTeX and text to copy, three files, the permanent page; nothing without a record.

    The files and the BibTeX are to be had at one place of that page.
    """
    card = page_of("security/backdoor.md").get_element_by_id("hubinger2024sleeper")
    (menu,) = card.cssselect(".card-foot > details.cite")
    base = "../../papers/hubinger2024sleeper/"
    work = SHARED.bibliography.works["hubinger2024sleeper"]
    copied = [(words(b), b.get("data-copy"), b.get("data-copy-text")) for b in menu.iter("button")]
    assert copied == [("Copy BibTeX", f"{base}#cite", None), ("Copy as text", None, plain(work))]
    assert links(menu) == [(s, f"{base}#cite") for s in (".bib", ".ris", ".csl.json")]
    assert [link.get("data-save") for link in menu.iter("a")] == ["bib", "ris", "csl.json"]
    assert not any("download" in link.attrib for link in menu.iter("a"))
    assert ("Permalink", base) in links(card.cssselect(".card-foot")[0])
    assert not card_of("2404.99999").cssselect("details.cite, a[rel=bookmark]")


def test_a_card_can_be_corrected() -> None:
    """Its foot leads to the form on GitHub, which knows the card; elsewhere there is no such form.

    The same link stands under each finding on the work's own page.
    """
    here = Site(repo="https://github.com/example/ethogram")
    card = page_of("security/backdoor.md", site=here).get_element_by_id("hubinger2024sleeper")
    (link,) = card.cssselect(".card-foot > a[rel=nofollow]")
    assert words(link) == "Correct this card"
    address, _, query = str(link.get("href")).partition("?")
    assert address == "https://github.com/example/ethogram/issues/new"
    assert parse_qs(query) == {
        "template": ["correct-a-card.yml"],
        "title": ["Correction: hubinger2024sleeper"],
        "card": ["security/backdoor.md#hubinger2024sleeper"],
    }
    contents = Contents(SHARED, here)
    found = Article(contents).write(contents.works["hubinger2024sleeper"]).html
    finding = lxml.html.fromstring(found).cssselect("section.finding .card-foot")[0]
    assert ("Correct this card", link.get("href")) in links(finding)
    for repo in ("", "https://gitlab.com/example/ethogram", "https://github.com/example"):
        page = page_of("security/backdoor.md", site=Site(repo=repo))
        assert not page.xpath("//a[text()='Correct this card']")
    unrecorded = card_of("2404.99999", site=here).cssselect("a[rel=nofollow]")[0]
    assert str(unrecorded.get("href")).endswith("%232404.99999")


def test_works_are_pages_where_folders_have_no_addresses() -> None:
    """Then a card's menu and its permanent link name the file, as every link to a work does."""
    page = page_of("security/backdoor.md", site=Site(directory_urls=False))
    card = page.get_element_by_id("hubinger2024sleeper")
    found = dict(links(card.cssselect(".card-foot")[0]))
    assert found[".ris"] == "../../papers/hubinger2024sleeper/index.html#cite"
    assert found["Permalink"] == "../../papers/hubinger2024sleeper/index.html"
    others = page.xpath("//a[contains(@href, '/papers/') and @data-preview]/@href")
    assert others and all(href.endswith("/index.html") for href in others)


def test_a_card_says_since_when_its_links_have_been_checked() -> None:
    """The oldest day counts, over its own address, code, data and what its text links to."""
    days = {
        "https://arxiv.org/abs/2401.05566": "2026-11-20",
        "https://example.com/code": "2026-11-18",
        "https://example.com/a": "2026-11-17",
        "https://example.com/other": "2026-11-01",
    }
    fields = (
        "code: https://example.com/code\n    added: 2026-11-21\n\n    [a](https://example.com/a#b)"
    )
    asked = card_of("2401.05566", fields, checked=lambda url: days.get(url, ""))
    assert words(asked.cssselect(".added")[0]) == "added 2026-11-21 · links checked 2026-11-17"
    never = card_of("2401.05566", fields)
    assert words(never.cssselect(".added")[0]) == "added 2026-11-21"


def numbers(page: lxml.html.HtmlElement) -> list[str]:
    """The parts of a page's line of numbers; of what opens, only its name."""
    items = page.cssselect("ul.numbers > li")
    return [words((item.cssselect("summary") or [item])[0]) for item in items]


def test_a_behavior_opens_with_its_numbers_and_neighbors() -> None:
    """Cards here and elsewhere, years, evidence, standing with its rule, review, menu."""
    page = page_of("security/backdoor.md")
    assert numbers(page) == [
        "6 cards",
        "2 elsewhere",
        "2021–2025",
        "1 case, 1 model organism, 1 replication, 1 review",
        "Standing: contested in 2 works",
        "reviewed 2026-11-21",
        "Cite",
    ]
    (line,) = page.cssselect("ul.numbers")
    assert links(line)[0] == ("1 case", "../../papers/?behavior=backdoor&evidence=case")
    assert BEHAVIOR_RULES["contested"] in words(line.cssselect("details.standing > p")[0])
    assert words(page.cssselect("p.contests")[0]) == (
        "Contested: Bender, Gebru 2021, not replicated by Okafor, Åström 2025; "
        "Perez et al. 2022, contradicted by Okafor, Åström 2025"
    )
    assert words(page.cssselect("p.neighbors")[0]) == (
        "Neighbors: Sandbagging 2 shared, Strategic deception 1 shared"
    )
    assert page.cssselect("h1 + p.lede + ul.numbers + p.contests + p.neighbors")


def test_neighbors_are_terms_of_the_group_too() -> None:
    """Those that have cards, after those that share some."""
    near = page_of("deception/sandbagging.md").cssselect("p.neighbors")[0]
    assert words(near) == "Neighbors: Backdoor 2 shared, Strategic deception"
    assert links(near)[1][1] == "../../deception/strategic-deception/"


def test_a_group_opens_with_its_numbers_and_neighbors() -> None:
    """Over the cards of all its terms, each once; with its feed, and the groups of its shelf."""
    page = page_of("security/index.md")
    assert numbers(page) == [
        "8 cards",
        "2021–2025",
        "1 case, 1 model organism, 1 replication, 1 review",
        "2 contested",
        "Feed",
        "Cite",
    ]
    found = links(page.cssselect("ul.numbers")[0])
    assert ("Feed", "../../security/feed.xml") in found
    assert ("2 contested", "../../papers/?group=security&standing=contested") in found
    assert (".bib", "../../security/index.bib") in found
    shelf = [group.label for group in TAXONOMY.groups if group.shelf == "behaviors"]
    near = [label for label, _ in links(page.cssselect("p.neighbors")[0])]
    assert set(near) < set(shelf) and "Robustness and security" not in near


def test_a_page_is_cited_by_its_title_and_address() -> None:
    """Where the site has one; the files are those of the page's works."""
    here = Site("Name", url="https://example.org/")
    menu = page_of("security/backdoor.md", site=here).cssselect("ul.numbers details.cite")[0]
    text = menu.cssselect("[data-copy-text]")[0].get("data-copy-text")
    address = "https://example.org/security/backdoor/"
    assert text == f"Backdoor. Name. {address}. Reviewed 2026-11-21."
    assert menu.cssselect("[data-copy]")[0].get("data-copy") == "../../security/backdoor.bib"
    stem = "../../security/backdoor"
    assert links(menu) == [(s, f"{stem}{s}") for s in (".bib", ".ris", ".csl.json")]
    assert all(link.get("download") == "" for link in menu.iter("a"))


def test_any_page_with_cards_has_its_numbers() -> None:
    """A page of no term, too; one whose works have no records has nothing to cite."""
    assert numbers(page_of("hostile.md")) == ["1 card", "2024", "Cite"]
    text = '# T\n\n!!! note "[T](https://arxiv.org/abs/2404.99999)"\n    Prose.\n'
    assert numbers(written(text)) == ["1 card"]
    assert not written("# T\n\nProse.\n").cssselect("ul.numbers")


@pytest.mark.parametrize("number", ["2402.00001", "2404.99999"])
def test_what_comes_from_outside_is_data(number: str) -> None:
    """In a record, in fields, with a record and without: nothing becomes an element or a script."""
    evil = '"><img src=x onerror=alert(1)><script>'
    fields = "\n    ".join(
        f"{name}: {value}{evil}"
        for name, value in {
            "behaviors": "",
            "methods": "",
            "evidence": "",
            "models": "",
            "direction": "",
            "status": "",
            "added": "",
            "code": "https://example.com/",
            "data": "javascript:",
            "contradicts": "https://example.com/?a='b'&c=",
        }.items()
    )
    card = card_of(number, fields)
    assert not card.xpath(".//script | .//img | .//@onerror")
    assert not any(str(link).startswith("javascript:") for link in card.xpath(".//@href"))
    assert card.cssselect(".banner") and card.cssselect("ul.chips > .model")


def test_a_menu_escapes_its_text() -> None:
    """What is copied is what was given, whatever signs it has."""
    text = "\"A\" & 'B' <c> $x$"
    menu = lxml.html.fromstring(cite_menu("../papers/x/#cite", text, ()))
    assert menu.cssselect("[data-copy-text]")[0].get("data-copy-text") == text


def test_a_bare_context_is_enough() -> None:
    """Without entries, standings and a journal a page is shown as far as its records go."""
    found, seen, html = shown(
        '# T\n\n!!! note "[T](https://arxiv.org/abs/2401.05566)"\n'
        "    status: retracted\n    extends: 2212.09251\n    added: 2026-11-21\n\n    Prose.\n"
    )
    (card,) = html.cssselect(".paper")
    assert (found, seen) == (1, {0})
    assert words(card.cssselect(".banner")[0]).startswith("Retracted")
    assert words(card.cssselect(".added")[0]) == "added 2026-11-21"
    assert card.cssselect("details.cite") and not card.cssselect("details.standing")
