"""CSL-JSON, as registers of DOIs answer with -> `Sketch`.

The format: https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html. Crossref's has types
and fields of its own besides (`posted-content`, `institution`, `relation`), lists where the format
has texts, and dates such as `[[null]]` for none; DataCite's has organizations as `literal` names.
"""

from collections.abc import Iterator
from typing import Any

from ethogram.sources import dates, names
from ethogram.sources.names import Authors
from ethogram.sources.sketch import Sketch
from ethogram.sources.text import text_of
from ethogram.works import WorkId, identify

_TYPES = {
    "article": (
        "article-journal",
        "article-magazine",
        "article-newspaper",
        "journal-article",
        "review",
    ),
    "inproceedings": ("paper-conference", "proceedings-article"),
    "incollection": (
        "chapter",
        "book-chapter",
        "book-part",
        "book-section",
        "entry",
        "entry-dictionary",
        "entry-encyclopedia",
        "reference-entry",
    ),
    "book": ("book", "edited-book", "monograph", "reference-book"),
    "techreport": ("report", "report-component"),
    "phdthesis": ("thesis", "dissertation"),
    "dataset": ("dataset",),
    "software": ("software",),
    "online": ("webpage", "post", "post-weblog"),
}
"""Types of BibTeX, and those of CSL and of Crossref that they stand for; all others are `misc`,
preprints (`article`, `posted-content`) among them."""

_KINDS = {name: kind for kind, said in _TYPES.items() for name in said}
_DATES = (
    *("issued", "published", "published-online", "published-print", "posted", "approved"),
    *("available-date", "event-date"),
)
"""Where a date of publication stands, the best first. `created` is that of the register's entry."""

_SAME = ("has-preprint", "is-same-as", "is-identical-to")
"""Crossref's relations that lead from what was published to the same paper on arXiv."""

_SENTENCE_ENDS = ("?", "!", ":", ".")


def read(said: dict[str, Any]) -> Sketch:
    """Read one item; nothing in it is trusted to have the form that it should have."""
    kind = _KINDS.get(text_of(said.get("type")).lower(), "misc")
    if kind == "phdthesis" and "master" in text_of(said.get("genre")).lower():
        kind = "mastersthesis"
    return Sketch(
        title=_title(said),
        authors=_authors(said),
        date=next(filter(None, (dates.of_csl(said.get(name)) for name in _DATES)), ""),
        kind=kind,
        container=_container(said, kind) or _event(said, kind),
        publisher=_institution(said) or _first(said.get("publisher")),
        volume=_first(said.get("volume")),
        issue=_first(said.get("issue")),
        pages=_first(said.get("page")) or _article_number(said),
        number=_first(said.get("number")),
        named=tuple(_named(said)),
    )


def _first(value: object) -> str:
    """A text, or the first of a list that says something."""
    listed = value if isinstance(value, list) else [value]
    return next(filter(None, map(text_of, listed[:10])), "")


def _container(said: dict[str, Any], kind: str) -> str:
    """What a work appeared in; of a list that begins with the series, the volume behind it."""
    titles = said.get("container-title")
    if isinstance(titles, list) and kind in ("inproceedings", "incollection"):
        titles = titles[:10][::-1]
    return _first(titles)


def _article_number(said: dict[str, Any]) -> str:
    """What some journals have for pages; of those that repeat the DOI there, nothing."""
    number = _first(said.get("article-number"))
    return "" if number.casefold() == _first(said.get("DOI")).casefold() else number


def _title(said: dict[str, Any]) -> str:
    """The title, with a subtitle that stands apart."""
    title, subtitle = _first(said.get("title")), _first(said.get("subtitle"))
    if not title or not subtitle or subtitle.casefold() in title.casefold():
        return title
    return f"{title}{' ' if title.endswith(_SENTENCE_ENDS) else ': '}{subtitle}"


def _authors(said: dict[str, Any]) -> Authors:
    """The authors; of a volume that has none, its editors, as everywhere here."""
    found = (names.of_csl(said.get(role)) for role in ("author", "editor"))
    return next((authors for authors in found if authors.names), Authors())


def _event(said: dict[str, Any], kind: str) -> str:
    """The conference, where its proceedings have no name."""
    event = said.get("event")
    name = event.get("name") if isinstance(event, dict) else event
    return (_first(said.get("event-title")) or _first(name)) if kind == "inproceedings" else ""


def _institution(said: dict[str, Any]) -> str:
    """Who hosts a preprint or a report; the publisher may be a mere service."""
    institution = said.get("institution")
    listed = institution if isinstance(institution, list) else [institution]
    told = (each.get("name") for each in listed[:10] if isinstance(each, dict))
    return next(filter(None, map(_first, told)), "")


def _named(said: dict[str, Any]) -> Iterator[WorkId]:
    """Yield what the item is under another number."""
    relation = said.get("relation")
    related = relation if isinstance(relation, dict) else {}
    for name in _SAME:
        others = related.get(name)
        for other in others[:20] if isinstance(others, list) else ():
            yield from _works(other.get("id") if isinstance(other, dict) else None)
    yield from _works(said.get("URL"))
    if text_of(said.get("archive")).lower() == "arxiv":
        yield from _works(said.get("archive_location"), said.get("number"))


def _works(*said: object) -> Iterator[WorkId]:
    yield from filter(None, (identify(text_of(each)) for each in said))
