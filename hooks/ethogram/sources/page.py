"""A page's own account of the work on it -> `Sketch`: the most careful tags first.

Highwire's `citation_*` (https://scholar.google.com/intl/en/scholar/inclusion.html), which bepress
has under `bepress_citation_*`; JSON-LD; Dublin Core (`DC.title`, `dcterms.issued`); Open Graph and
what every page has (`og:title`, `article:published_time`, `<title>`).
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from ethogram.links.tags import Tag, Text, tags
from ethogram.sources import dates, jsonld, names
from ethogram.sources.names import Authors
from ethogram.sources.sketch import Sketch, authors_of
from ethogram.sources.text import text_of
from ethogram.works import WorkId, identify

_MOST_TAGS = 20_000
_PREFIX = re.compile(r"^(?:bepress_(?=citation_)|og:(?=article:))")
_PARTS = re.compile(r"\s+(?:[|·•»—–:-])\s+")


@dataclass
class _Tags:
    """What a page's head says.

    Attributes:
        metas: contents by name, in lower case and with dots for colons.
        title: of the document.
        scripts: texts of JSON-LD.
    """

    metas: dict[str, list[str]] = field(default_factory=dict)
    title: str = ""
    scripts: list[str] = field(default_factory=list)

    def add(self, tag: Tag) -> None:
        if tag.name == "meta":
            self.add_meta(tag)
        elif tag.name == "title" and not self.title:
            self.title = text_of(tag.text.content)
        elif tag.name == "script" and _is_json(tag.value("type")):
            self.scripts.append(tag.text.content)

    def add_meta(self, tag: Tag) -> None:
        content = text_of(tag.value("content"))
        for attribute in ("name", "property", "itemprop"):
            for name in tag.value(attribute).lower().split()[:5] if content else ():
                named = _PREFIX.sub("", name).replace(":", ".")
                self.metas.setdefault(named, []).append(content)

    def all(self, *wanted: str) -> list[str]:
        """The contents of the first of these names that the page has."""
        return next((self.metas[name] for name in wanted if name in self.metas), [])

    def one(self, *wanted: str) -> str:
        """The first content of these names, which are tried in order."""
        return next(iter(self.all(*wanted)), "")

    def date(self, *wanted: str) -> str:
        """The first date among all these that is one."""
        told = (content for name in wanted for content in self.metas.get(name, ()))
        return next(filter(None, map(dates.of_text, told)), "")


def read(source: str, address: str) -> Sketch:
    """Read a page.

    Args:
        source: its HTML.
        address: where it is, which tells its own work from others that it lists.
    """
    said = _Tags()
    for _, tag in zip(range(_MOST_TAGS), _telling(source), strict=False):
        said.add(tag)
    sketch = _highwire(said)
    for layer in (jsonld.read(said.scripts, address), _dublin_core(said)):
        sketch = sketch.filled(layer)
    graph = _open_graph(said)
    # Who shows what appeared elsewhere, as OpenReview does, has not brought it out.
    sketch = sketch.filled(replace(graph, publisher="") if sketch.container else graph)
    if not sketch.authors.names and sketch.publisher:
        # By the manuals of style, who brings out a page without a name on it stands as its author.
        return replace(sketch, authors=authors_of(names.organization(sketch.publisher)))
    return sketch


def _telling(source: str) -> Iterator[Tag]:
    return (tag for tag in tags(Text.of(source)) if tag.name in ("meta", "title", "script"))


def _is_json(kind: str) -> bool:
    return kind.partition(";")[0].strip().lower() == "application/ld+json"


# -- one kind of tags each -------------------------------------------------------------------


def _highwire(said: _Tags) -> Sketch:
    first, last = said.one("citation_firstpage"), said.one("citation_lastpage")
    kind, container = _appearance(said)
    return Sketch(
        title=said.one("citation_title"),
        authors=names.of_texts(said.all("citation_author", "citation_authors")),
        date=said.date(
            *("citation_publication_date", "citation_cover_date", "citation_date"),
            *("citation_online_date", "citation_year"),
        ),
        kind=kind,
        container=container,
        publisher=said.one(
            *("citation_dissertation_institution", "citation_technical_report_institution"),
            "citation_publisher",
        ),
        volume=said.one("citation_volume"),
        issue=said.one("citation_issue"),
        pages="-".join(filter(None, (first, last if last != first else ""))),
        number=said.one("citation_technical_report_number"),
        named=tuple(_numbered(said)),
    )


_APPEARANCES = {
    "citation_journal_title": "article",
    "citation_conference_title": "inproceedings",
    "citation_conference": "inproceedings",
    "citation_inbook_title": "incollection",
    "citation_book_title": "incollection",
}


def _appearance(said: _Tags) -> tuple[str, str]:
    """The type of a work, and what it appeared in."""
    if "citation_dissertation_institution" in said.metas:
        return "phdthesis", ""
    if "citation_technical_report_institution" in said.metas:
        return "techreport", ""
    name = next((name for name in _APPEARANCES if name in said.metas), "")
    return (_APPEARANCES[name], said.one(name)) if name else ("", "")


def _numbered(said: _Tags) -> Iterator[WorkId]:
    """Yield the arXiv number, the DOI and the paper's file, as far as they name a work."""
    for name in ("citation_arxiv_id", "citation_doi", "prism.doi", "citation_pdf_url"):
        for content in said.metas.get(name, ())[:5]:
            work = identify(content)
            if work and (work.scheme == "arxiv" or (work.scheme == "doi" and "doi" in name)):
                yield work


def _dublin_core(said: _Tags) -> Sketch:
    named = (identify(text) for text in said.all("dc.identifier", "dcterms.identifier")[:5])
    return Sketch(
        title=said.one("dc.title", "dcterms.title"),
        authors=names.of_texts(said.all("dc.creator", "dcterms.creator")),
        date=said.date(
            *("dcterms.issued", "dc.date.issued", "dcterms.date", "dc.date"),
            *("dcterms.created", "dc.date.created"),
        ),
        publisher=said.one("dc.publisher", "dcterms.publisher"),
        named=tuple(work for work in named if work and work.scheme != "url"),
    )


def _open_graph(said: _Tags) -> Sketch:
    site = said.one("og.site_name", "application-name")
    written = said.all("author", "article.author", "parsely-author")
    return Sketch(
        title=_without_site(said.one("og.title", "twitter.title") or said.title, site),
        authors=_known(names.of_texts(written, loose=True), site),
        date=said.date(
            *("article.published_time", "article.published", "datepublished", "date"),
            *("publish-date", "publish_date", "publication_date", "pubdate", "parsely-pub-date"),
        ),
        publisher=site,
    )


def _known(authors: Authors, site: str) -> Authors:
    """Authors, of whom one that has the name of the site is no person."""
    listed = (
        replace(name, family=name.text, corporate=True) if name.text == site else name
        for name in authors.names
    )
    return authors._replace(names=tuple(listed))


def _without_site(title: str, site: str) -> str:
    """A title without the name of the site, which many put behind or before it."""
    parts = _PARTS.split(title)
    if site and len(parts) > 1:
        for end, cut in ((parts[-1], title[: -len(parts[-1])]), (parts[0], title[len(parts[0]) :])):
            if end.casefold() == site.casefold():
                return cut.strip(" |·•»—–:-")
    return title
