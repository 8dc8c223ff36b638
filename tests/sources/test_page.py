"""`sources.page` and `sources.jsonld`: a page's own account of its work, the careful tags first."""

import json
from datetime import date
from typing import Any

import pytest
from hypothesis import given

from ethogram.bibtex import Name
from ethogram.sources import jsonld, page
from ethogram.sources.sketch import Sketch
from ethogram.works import WorkId
from sources.test_dates import ANYTHING

ADDRESS = "https://example.org/posts/agents"
DAY = date(2026, 11, 21)
WORK = WorkId("url", ADDRESS)


def meta(**contents: Any) -> str:
    """Tags of a page's head; `__` stands for a dot, `_` for itself, and lists for several tags."""
    lines = []
    for name, content in contents.items():
        for each in content if isinstance(content, list) else [content]:
            lines.append(f'<meta name="{name.replace("__", ".")}" content="{each}">')
    return "\n".join(lines)


def script(*things: Any, **thing: Any) -> str:
    """A script of JSON-LD with some things."""
    text = json.dumps(things[0] if things else {"@context": "https://schema.org", **thing})
    return f'<script type="application/ld+json">{text}</script>'


def read(*head: str, title: str = "Fallback | Site") -> Sketch:
    """What a page with that head says."""
    source = f"<!doctype html><html><head><title>{title}</title>{''.join(head)}</head></html>"
    return page.read(source, ADDRESS)


def families(sketch: Sketch) -> list[str]:
    """The family names of its authors."""
    return [name.family for name in sketch.authors.names]


HIGHWIRE = meta(
    citation_title="Sleeper &amp;amp; &lt;i&gt;Agents&lt;/i&gt;",
    citation_author=["Hubinger, Evan", "Carson Denison"],
    citation_author_institution="Anthropic",
    citation_publication_date="2024/01/10",
    citation_journal_title="Journal of Agents",
    citation_volume="5",
    citation_issue="2",
    citation_firstpage="12",
    citation_lastpage="34",
    citation_publisher="A Press",
)
ARTICLE = script(
    **{"@type": "BlogPosting", "headline": "Of JSON", "datePublished": "2023-05-06T07:08:09Z"},
    author={"@type": "Person", "name": "Jane Doe"},
    publisher={"@type": "Organization", "name": "The Site"},
)
DUBLIN = meta(DC__title="Of Dublin", DC__creator=["Roe, John"], DCTERMS__issued="2022-02")
OPEN = (
    '<meta property="og:title" content="Of Graph | The Site">'
    '<meta property="og:site_name" content="The Site">'
    '<meta property="article:published_time" content="2021-01-02T03:04:05+00:00">'
    '<meta name="author" content="Ann Poe and Bob Coe">'
)


def test_highwire_comes_first() -> None:
    """Where `citation_*` says it, nothing else counts."""
    work = read(OPEN, DUBLIN, ARTICLE, HIGHWIRE).work(WORK, DAY)
    assert (work.title, work.authors) == ("Sleeper & Agents", ("Evan Hubinger", "Carson Denison"))
    assert (work.date, work.journal, work.type) == ("2024-01-10", "Journal of Agents", "article")
    assert (work.key, work.url, work.checked) == ("hubinger2024sleeper", ADDRESS, "2026-11-21")
    assert dict(work.extra) == {
        "volume": "5",
        "number": "2",
        "pages": "12--34",
        "publisher": "A Press",
    }


def test_who_shows_a_paper_has_not_published_it() -> None:
    """The site's name is a publisher's only where nothing says what the work appeared in."""
    shown = OPEN + meta(citation_title="A", citation_author="Doe, Jane", citation_date="2024")
    assert read(shown).publisher == "The Site"
    found = read(shown, meta(citation_conference_title="ICLR"))
    assert (found.container, found.publisher) == ("ICLR", "")


def test_then_json_then_dublin_core_then_open_graph() -> None:
    """Each layer speaks where those before it are silent."""
    layers = [ARTICLE, DUBLIN, OPEN]
    seen = []
    while layers:
        found = read(*reversed(layers))
        seen.append((found.title, families(found), found.date))
        layers.pop(0)
    assert seen == [
        ("Of JSON", ["Doe"], "2023-05-06"),
        ("Of Dublin", ["Roe"], "2022-02"),
        ("Of Graph", ["Poe", "Coe"], "2021-01-02"),
    ]
    mixed = read(meta(citation_title="Of Highwire"), ARTICLE)
    assert (mixed.title, families(mixed), mixed.date) == ("Of Highwire", ["Doe"], "2023-05-06")


def test_the_title_is_the_last_resort() -> None:
    """A page with nothing but a title has that, without the site's name, and lacks the rest."""
    assert read().title == "Fallback | Site"
    assert read(meta(og__site_name="site")).title == "Fallback"
    assert read(meta(og__site_name="Fallback")).title == "Site"
    assert page.read("", ADDRESS) == Sketch()
    assert page.read("<svg><title>Icon</title></svg>", ADDRESS).date == ""


@pytest.mark.parametrize(
    ("tags", "kind", "journal"),
    [
        ({"citation_conference_title": "NeurIPS"}, "inproceedings", "NeurIPS"),
        ({"citation_conference": "NeurIPS"}, "inproceedings", "NeurIPS"),
        ({"citation_inbook_title": "A Book"}, "incollection", "A Book"),
        ({"citation_dissertation_institution": "MIT"}, "phdthesis", "MIT"),
        ({"citation_technical_report_institution": "MIT"}, "techreport", "MIT"),
        ({"citation_publisher": "MIT"}, "online", "MIT"),
        ({}, "online", ""),
    ],
)
def test_highwire_says_where_it_appeared(tags: dict[str, str], kind: str, journal: str) -> None:
    """The name of the tag is the type of the work."""
    said = meta(citation_title="T", citation_author="Doe, Jane", citation_date="2024", **tags)
    work = read(said).work(WORK, DAY)
    assert (work.type, work.journal) == (kind, journal)


def test_bepress_is_highwire() -> None:
    """The same tags with a word before them."""
    found = read(meta(bepress_citation_title="T", bepress_citation_author=["Doe, Jane"]))
    assert (found.title, families(found)) == ("T", ["Doe"])


@pytest.mark.parametrize(
    "head",
    [
        meta(citation_arxiv_id="2401.05566"),
        meta(citation_doi="10.48550/arXiv.2401.05566"),
        meta(citation_pdf_url="https://arxiv.org/pdf/2401.05566"),
        meta(DC__identifier="arXiv:2401.05566v2"),
        script(**{"@type": "Article", "headline": "T"}, sameAs="https://arxiv.org/abs/2401.05566"),
        script(
            **{"@type": "ScholarlyArticle", "name": "T"},
            identifier={"@type": "PropertyValue", "propertyID": "arXiv", "value": "2401.05566"},
        ),
    ],
)
def test_a_page_names_its_arxiv_number(head: str) -> None:
    """In any of these ways, and with a DOI beside it that counts for less."""
    found = read(meta(citation_title="T", citation_doi=["10.1000/x"]), head)
    assert found.lead("arxiv") == WorkId("arxiv", "2401.05566")


@pytest.mark.parametrize(
    "head",
    [
        meta(citation_doi="doi:10.1000/X"),
        meta(citation_doi="https://doi.org/10.1000/x"),
        meta(prism__doi="10.1000/x"),
        meta(DC__Identifier=["urn:isbn:1", "10.1000/x"]),
        script(
            **{"@type": "ScholarlyArticle", "name": "T", "@id": "https://doi.org/10.1000/x"},
        ),
    ],
)
def test_a_page_names_its_doi(head: str) -> None:
    """The DOI of the work itself, in any spelling."""
    assert read(head).lead("doi") == WorkId("doi", "10.1000/x")


def test_what_is_cited_is_another_work() -> None:
    """References, files elsewhere and keywords are no numbers of the page's own work."""
    found = read(
        meta(
            citation_reference="citation_title=X; citation_doi=10.1000/x",
            citation_pdf_url="https://doi.org/10.1000/x",
            citation_keywords="arXiv:2401.05566",
            description="arXiv:2401.05566",
        ),
        script(**{"@type": "Article", "headline": "T", "citation": {"@id": "10.1000/x"}}),
    )
    assert (found.lead("arxiv"), found.lead("doi")) == (None, None)


def test_a_page_without_names_is_its_publishers() -> None:
    """As the manuals of style have it; a person who is called as the site is none."""
    head = meta(og__title="T", og__site_name="Anthropic", date="2024-01-01")
    anthropic = (Name("Anthropic", "Anthropic", corporate=True),)
    assert read(head).authors.names == anthropic
    assert read(head, meta(author="Anthropic")).authors.names == anthropic
    assert read(head, meta(author="Jane Doe")).authors.names == (Name("Jane Doe", "Doe"),)
    assert read(head, meta(author="Anthropic")).work(WORK, DAY).key == "anthropic2024t"


# -- JSON-LD ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("author", "found"),
    [
        ("Jane Doe", ["Doe"]),
        (["Jane Doe", "John Roe"], ["Doe", "Roe"]),
        ({"@type": "Person", "name": "Jane Doe"}, ["Doe"]),
        ({"name": ["Jane Doe"]}, ["Doe"]),
        ({"@type": "Person", "givenName": "Jane", "familyName": "van Doe"}, ["van Doe"]),
        ([{"name": "Jane Doe"}, {"@id": "#roe"}], ["Doe", "Roe"]),
        ({"@type": ["Organization", "Thing"], "name": "Doe and Roe"}, ["Doe and Roe"]),
        ({"@type": "https://schema.org/Organization", "name": "Doe Roe"}, ["Doe Roe"]),
        ({"@value": "Jane Doe"}, ["Doe"]),
        ([None, 5, [], {}, {"@id": "#nobody"}, "https://example.org/jane"], []),
    ],
)
def test_authors_of_json(author: Any, found: list[str]) -> None:
    """A text, an object, a list of either, or where else on the page they are told of."""
    graph = [
        {"@type": "Article", "headline": "T", "author": author},
        {"@type": "Person", "@id": "#roe", "name": "John Roe"},
    ]
    sketch = jsonld.read([json.dumps({"@graph": graph})], ADDRESS)
    assert families(sketch) == found


def test_a_journal_is_what_an_article_is_part_of() -> None:
    """Issue in volume in journal, with their numbers."""
    journal = {"@type": "Periodical", "name": "J. of Agents"}
    volume = {"@type": "PublicationVolume", "volumeNumber": 7, "isPartOf": journal}
    issue = {"@type": "PublicationIssue", "issueNumber": "3", "isPartOf": volume}
    said = {"@type": "ScholarlyArticle", "name": "T", "isPartOf": issue, "pageStart": 5}
    found = jsonld.read([json.dumps([said | {"pageEnd": 9}])], ADDRESS)
    assert (found.container, found.volume, found.issue, found.pages) == (
        "J. of Agents",
        "7",
        "3",
        "5-9",
    )
    assert found.kind == "article"


def test_a_page_is_about_one_work() -> None:
    """Of several the one that has the page's address counts; where none has, none does."""
    other = {"@type": "BlogPosting", "headline": "Other", "url": "https://example.org/other"}
    own = {"@type": "BlogPosting", "headline": "Own", "mainEntityOfPage": {"@id": ADDRESS + "#x"}}
    aside = {"@type": "BlogPosting", "headline": "Aside"}
    assert jsonld.read([json.dumps([other, own, aside])], ADDRESS).title == "Own"
    assert jsonld.read([json.dumps([other, aside])], ADDRESS).title == ""
    assert jsonld.read([json.dumps([other]), json.dumps(other)], ADDRESS).title == "Other"
    better = {"@type": ["Thing", "ScholarlyArticle"], "headline": "Better"}
    assert jsonld.read([json.dumps([other, aside, better])], ADDRESS).title == "Better"
    assert jsonld.read([json.dumps({"@type": "WebSite", "name": "Site"})], ADDRESS).title == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "not JSON",
        "[" * 100_000,
        "-->" + " " * 1_000_000 + "x",
        "//" * 500_000,
        '{"@type": "Article", "headline": ' + "9" * 10_000 + "}",
        '{"@type": "Article", "headline": NaN}',
        '{"@type": {"a": 1}, "headline": []}',
        "true",
    ],
    ids=lambda text: text[:12],
)
def test_broken_json_is_passed_over(text: str) -> None:
    """The other tags still speak."""
    found = read(f'<script type="application/ld+json">{text}</script>', DUBLIN)
    assert found.title == "Of Dublin"


@pytest.mark.parametrize("wrapped", ["<!--{}-->", "//<![CDATA[\n{}\n//]]>", "{};", "\ufeff{}"])
def test_wrapped_json_is_read(wrapped: str) -> None:
    """Comments and line breaks that content systems put in are no obstacle."""
    text = wrapped.replace("{}", '{"@type": "Article", "headline": "Two\nlines"}')
    assert read(f'<script type="application/ld+json">{text}</script>').title == "Two lines"


def test_titles_lose_scripts_and_what_nobody_sees() -> None:
    """Neither markup nor marks that turn the text around come into a record."""
    evil = "Fine\u202e <script>alert(1)</script><img src=x onerror=alert(1)>\x1b[31m title"
    headline = script(**{"@type": "Article", "headline": evil.replace("/", "\\/")}).replace(
        "</script><img", "<\\/script><img"
    )
    for found in (read(headline), read(meta(citation_title=evil.replace("<", "&lt;")))):
        assert found.title.startswith("Fine")
        assert not set("\u202e\x1b") & set(found.title) and "alert(1)</" not in found.title


def test_cycles_and_crowds_come_to_an_end() -> None:
    """A thing that is part of itself, and a hundred thousand of them, are read in bounds."""
    loop = {"@type": "Article", "@id": "#a", "headline": "T", "isPartOf": {"@id": "#a"}}
    loop["author"] = {"@id": "#a"}
    assert jsonld.read([json.dumps([loop])], ADDRESS).title == "T"
    crowd = json.dumps([{"@type": "Article", "headline": str(n)} for n in range(100_000)])
    assert jsonld.read([crowd], ADDRESS) == Sketch()


@given(ANYTHING, ANYTHING)
def test_nothing_makes_it_raise(value: Any, author: Any) -> None:
    """Whatever stands where a text or an object should be."""
    thing = {"@type": "Article", "headline": "T", "author": author, "isPartOf": value}
    thing |= dict.fromkeys(("datePublished", "publisher", "identifier", "url", "@id"), value)
    assert jsonld.read([json.dumps(thing)], ADDRESS).title == "T"
    jsonld.read([json.dumps({"@graph": value, "@type": value})], ADDRESS)
