"""What is known of a work before it is a record: read from a register or a page, and bounded."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, fields, replace
from datetime import date as calendar
from typing import Any, Self

from ethogram import bibtex
from ethogram.bibtex import Name
from ethogram.record import Work
from ethogram.sources.errors import no_record, no_year
from ethogram.sources.names import Authors
from ethogram.sources.text import says_something
from ethogram.works import WorkId, citation_key, identify, mentions

LONGEST_TITLE, LONGEST_NAME, MOST_AUTHORS = 1000, 300, 10_000
"""Bounds of what is taken for a title, for a name, and for a list of authors."""

LONGEST_KEY = 100
"""Characters of a key that is made here: a work's page lies in a folder of that name, and a title
in Chinese is one word of many letters."""

_LONGEST_NUMBER = 40  # of a volume, an issue, pages

_NEEDS = {
    "article": ("container",),
    "inproceedings": ("container",),
    "incollection": ("container",),
    "book": ("publisher",),
    "techreport": ("publisher",),
    "phdthesis": ("publisher",),
    "mastersthesis": ("publisher",),
}
"""What a type of BibTeX has to have beside authors: without it styles fail, so it is a `misc`."""

_PUBLISHER = {"techreport": "institution", "phdthesis": "school", "mastersthesis": "school"}
"""The field of those types that names who brought it out; of all others it is `publisher`."""


@dataclass(frozen=True, slots=True)
class Sketch:
    """What a register or a page says of a work, as plain text; empty where it says nothing.

    Attributes:
        title, container, publisher, volume, issue, pages, number: as named.
        authors: in order.
        date: ISO 8601, perhaps without day or month.
        kind: the type that it would have as BibTeX.
        named: works that it says to be this same one, under another number.
    """

    title: str = ""
    authors: Authors = field(default_factory=Authors)
    date: str = ""
    kind: str = ""
    container: str = ""
    publisher: str = ""
    volume: str = ""
    issue: str = ""
    pages: str = ""
    number: str = ""
    named: tuple[WorkId, ...] = ()

    def filled(self, other: "Sketch") -> Self:
        """This one, with what only the other says; the names of both."""
        missing: dict[str, Any] = {
            part.name: getattr(other, part.name)
            for part in fields(self)
            if getattr(self, part.name) in ("", Authors())
        }
        return replace(self, **missing, named=(*self.named, *other.named))

    def bounded(self) -> Self:
        """This one without what is too long to be what it is said to be; title and names stay."""
        small: dict[str, Any] = {
            name: value if len(value := getattr(self, name)) <= _LONGEST_NUMBER else ""
            for name in ("volume", "issue", "pages", "number")
        }
        large: dict[str, Any] = {
            name: value if len(value := getattr(self, name)) <= LONGEST_NAME else ""
            for name in ("container", "publisher")
        }
        return replace(self, **small, **large)

    def lead(self, scheme: str) -> WorkId | None:
        """The first work of a scheme that this one is said to be, wherever that is said."""
        found = [*self.named, *(work for _, _, work in mentions(self.container))]
        if self.volume.startswith("abs/") and (work := identify(self.volume[4:])):
            found.append(work)  # DBLP's way to cite arXiv
        return next((work.base for work in found if work.scheme == scheme), None)

    def work(self, work: WorkId, day: calendar, url: str = "") -> Work:
        """Make it a record.

        Args:
            work: what identifies it.
            day: when it was looked up.
            url: an address beside the one that identifies it.

        Raises:
            EthogramError: title, authors or year are missing, or nothing that could be one.
        """
        sketch = self.bounded()
        sketch._check(work)
        names, year = sketch.authors.names, int(sketch.date[:4])
        kind = sketch._type(work)
        return Work(
            id=work,
            key=citation_key(names[0].family if names else "", year, sketch.title)[:LONGEST_KEY],
            title=sketch.title,
            authors=tuple(name.text for name in names),
            families=tuple(name.family for name in names),
            corporate=frozenset(name.text for name in names if name.corporate),
            authors_complete=sketch.authors.complete,
            year=year,
            date=sketch.date,
            journal=sketch.container or sketch.publisher,
            checked=day.isoformat(),
            type=kind,
            url=url,
            extra=tuple(sketch._extra(kind)),
        )

    def _check(self, work: WorkId) -> None:
        if not says_something(self.title):
            raise no_record(work, "what is there names no title")
        if len(self.title) > LONGEST_TITLE:
            raise no_record(work, f"its title has {len(self.title)} characters")
        if max((len(name.text) for name in self.authors.names), default=0) > LONGEST_NAME:
            raise no_record(work, f"an author's name has more than {LONGEST_NAME} characters")
        if len(self.authors.names) > MOST_AUTHORS:
            raise no_record(work, f"it names more than {MOST_AUTHORS} authors")
        if not self.date:
            raise no_year(work)

    def _type(self, work: WorkId) -> str:
        """The type, if all is there that its entry needs."""
        kind = self.kind or "misc"
        plain = "online" if work.scheme == "url" else "misc"
        whole = self.authors.names and all(getattr(self, name) for name in _NEEDS.get(kind, ()))
        return kind if whole and kind != "misc" else plain

    def _extra(self, kind: str) -> Iterator[tuple[str, str]]:
        """Further fields, as BibTeX values."""
        pages = re.sub(r"\s*[-\u2010-\u2015]+\s*", "--", self.pages)
        told = {
            "volume": self.volume,
            "number": self.number if kind == "techreport" else self.issue,
            "pages": pages,
            _PUBLISHER.get(kind, "publisher"): self.publisher,
        }
        yield from ((name, bibtex.escape(text)) for name, text in told.items() if text)


def authors_of(name: Name | None) -> Authors:
    """A list of one author, or of none."""
    return Authors((name,) if name else ())
