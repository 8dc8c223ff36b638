"""What a work's page tells machines: Highwire's tags, schema.org, and who shares a link to it."""

import json
from collections.abc import Iterator
from html import escape

from ethogram.catalog import Catalog
from ethogram.exports.cited import Cited
from ethogram.pages import social
from ethogram.record import Work
from ethogram.reference import Person, Sort, inverted
from ethogram.site import Site
from ethogram.works import WorkId

_TOP = "../.."


def head(cited: Cited, title: str, description: str, catalog: Catalog, site: Site) -> str:
    """Return what a work's page has at the end of its head.

    Args:
        cited: the work.
        title, description: those of the page, as plain text.
        catalog: for the group to which the work belongs.
        site: for its own address.
    """
    entry, address = cited.entry, site.work(cited.work.key)
    term = catalog.taxonomy.terms.get(entry.behaviors[0]) if entry.behaviors else None
    group = catalog.taxonomy.group(term.group) if term else None
    shared = social.Shared(title, description, address, group, "article")
    own = escape(site.absolute(address))
    canonical = f'<link rel="canonical" href="{own}">' if site.url else ""
    tags = "".join(
        f'<meta name="citation_{name}" content="{social.attribute(value)}">'
        for name, value in highwire(cited)
    )
    data = _to_json(schema_org(cited, site))
    linked = f'<script type="application/ld+json">{data}</script>'
    return f"{canonical}{social.tags(shared, site, _TOP)}{tags}{linked}"


def _to_json(value: object) -> str:
    """Write JSON for a script element, which nothing in it can end: `<` is written as an escape."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c")


def highwire(cited: Cited) -> Iterator[tuple[str, str]]:
    """Yield the tags by which Google Scholar and Zotero know a work: name and value.

    https://scholar.google.com/intl/en/scholar/inclusion.html#indexing
    """
    work = cited.work
    yield "title", work.title
    for person in cited.people:
        yield "author", inverted(person)
    yield "publication_date", "/".join(cited.date)
    if work.updated:
        yield "online_date", work.updated.replace("-", "/")
    if cited.container:
        yield _CONTAINERS.get(cited.sort, "journal_title"), cited.container
    if cited.also:
        yield from _place(cited)
    if work.doi:
        yield "doi", work.doi
    if work.id.scheme == "arxiv":
        yield "arxiv_id", work.id.id
    if work.id.pdf:
        yield "pdf_url", work.id.pdf
    yield "abstract_html_url", work.id.address


_CONTAINERS: dict[Sort, str] = {"conference": "conference_title", "chapter": "book_title"}
_PUBLISHERS: dict[Sort, str] = {
    "thesis": "dissertation_institution",
    "report": "technical_report_institution",
}


def _place(cited: Cited) -> Iterator[tuple[str, str]]:
    """Yield who brought it out, and where in a volume it stands."""
    first, last = cited.first_and_last
    number = "technical_report_number" if cited.sort == "report" else "issue"
    pairs = {
        _PUBLISHERS.get(cited.sort, "publisher"): cited.publisher,
        "volume": cited.also.get("volume", ""),
        number: cited.also.get("number", ""),
        "firstpage": first,
        "lastpage": last,
        "isbn": cited.also.get("isbn", ""),
    }
    yield from ((name, value) for name, value in pairs.items() if value)


def schema_org(cited: Cited, site: Site) -> dict[str, object]:
    """Return a work as a ScholarlyArticle of schema.org."""
    entry, work = cited.entry, cited.work
    url = site.absolute(site.work(work.key)) if site.url else ""  # no such page from anywhere
    parts: dict[str, object] = {
        "@context": "https://schema.org",
        "@type": "ScholarlyArticle",
        "@id": url,
        "url": url,
        "headline": work.title,
        "name": work.title,
        "author": [
            _author(name, person, work)
            for name, person in zip(work.authors, cited.people, strict=True)
        ],
        "datePublished": "-".join(cited.date),
        "dateModified": work.updated,
        "version": str(work.version or ""),
        "identifier": list(_identifiers(work)),
        "sameAs": list(dict.fromkeys(address for address, *_ in addresses(work))),
        "isPartOf": _whole(cited),
        "creativeWorkStatus": "" if entry.status == "current" else entry.status.capitalize(),
    }
    return {name: value for name, value in parts.items() if value}


def _author(name: str, person: Person, work: Work) -> dict[str, str]:
    if name in work.corporate:
        return {"@type": "Organization", "name": name}
    parts = {"@type": "Person", "name": name, "givenName": person.given}
    if not person.literal:
        parts["familyName"] = person.family
    return {key: value for key, value in parts.items() if value}


def _identifiers(work: Work) -> Iterator[dict[str, str]]:
    if work.id.scheme == "arxiv":
        yield {"@type": "PropertyValue", "propertyID": "arXiv", "value": work.id.id}
    if work.doi:
        yield {"@type": "PropertyValue", "propertyID": "doi", "value": work.doi}


def _whole(cited: Cited) -> dict[str, str]:
    name = cited.container
    return {"@type": "Book" if _is_book(cited) else "Periodical", "name": name} if name else {}


def _is_book(cited: Cited) -> bool:
    return cited.sort in ("conference", "chapter")


def addresses(work: Work) -> Iterator[tuple[str, str]]:
    """Yield where a work is to be had elsewhere, each with a label: its own address first."""
    names = {"arxiv": f"arXiv:{work.id.id}", "doi": f"doi:{work.id.id}", "url": "Read it"}
    yield work.id.address, names[work.id.scheme]
    if work.doi and work.id.scheme != "doi":
        yield WorkId("doi", work.doi).address, f"doi:{work.doi}"
    if work.url and work.url != work.id.address:
        yield work.url, "Further address"
