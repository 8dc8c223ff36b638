"""A work as every format tells of it: its names, its dates, and what speaks against it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date as calendar
from functools import cached_property

from ethogram import bibtex, reference
from ethogram.entries import AGAINST, INVERSE, Entry
from ethogram.record import Work
from ethogram.reference import Person, Sort

TAKEN = {"retracted": "Retracted.", "withdrawn": "Withdrawn by its authors."}
"""What is said of a work that its authors or publisher took back, by status."""

_TOLD = (*sorted(AGAINST), "supersedes")
"""Relations that a reader of a reference has to know of, in the order in which they are told."""


@dataclass(frozen=True)
class Cited:
    """A work with what its formats share.

    Attributes:
        entry: the work with all that the site says of it.
        taken: "retracted" or "withdrawn"; else empty.
        remarks: what speaks against it, a sentence each: that it was taken back, contradicted, not
            replicated or superseded, and by which works.
    """

    entry: Entry
    taken: str
    remarks: tuple[str, ...]

    @property
    def work(self) -> Work:
        """Its record."""
        return self.entry.work

    @cached_property
    def people(self) -> tuple[Person, ...]:
        """Its authors."""
        return reference.people(self.work)

    @cached_property
    def editors(self) -> tuple[Person, ...]:
        """Its editors."""
        return reference.editors(self.work)

    @property
    def edited(self) -> bool:
        """Whether those who are named as its authors are its editors: it names no others."""
        return bool(self.people) and self.people == self.editors

    @cached_property
    def container(self) -> str:
        """The journal, proceedings or book in which it appeared."""
        return reference.container(self.work)

    @property
    def publisher(self) -> str:
        """Who brought it out; of a preprint its archive."""
        for name in ("publisher", "school", "institution"):
            if self.also.get(name):
                return self.also[name]
        return "arXiv" if self.arxiv and self.sort == "preprint" else ""

    @property
    def pages(self) -> str:
        """Its pages, "1-10", however the dash between them is written."""
        pages = self.also.get("pages", "").replace("–", "-")
        return "-".join(part.strip() for part in pages.split("--"))

    @property
    def first_and_last(self) -> tuple[str, str]:
        """The first page and the last, of the first range where there are several."""
        first, _, last = self.pages.partition(",")[0].partition("-")
        return first, last

    @cached_property
    def reference(self) -> str:
        """A line of text that names it."""
        return reference.plain(self.work, self.entry.status)

    @cached_property
    def sort(self) -> Sort:
        """What it is."""
        return reference.sort(self.work)

    @cached_property
    def arxiv(self) -> str:
        """Its number as it is cited, `arXiv:2401.05566`; empty where it has none."""
        return f"arXiv:{self.work.id.id}" if self.work.id.scheme == "arxiv" else ""

    @cached_property
    def date(self) -> tuple[str, ...]:
        """Year, month and day, as far as they are known.

        A date of another year is not used, nor a month or a day that no calendar has.
        """
        year = f"{self.work.year:04}"
        parts = tuple(self.work.date.split("-"))
        if parts[0] != year or len(parts) == 1:
            parts = (year, *_month(self.also.get("month", "")))
        while len(parts) > 1 and not _is_in_calendar(*parts):
            parts = parts[:-1]
        return parts

    @cached_property
    def also(self) -> dict[str, str]:
        """The further fields of its record, as text."""
        return {name: bibtex.plain(raw) for name, raw in self.work.extra}


_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def _month(text: str) -> tuple[str, ...]:
    """The number of a month, however a record writes it; none where that is no month."""
    name = text.strip().lower()[:3]
    number = _MONTHS.index(name) + 1 if name in _MONTHS else text.strip()
    return (f"{number:0>2}",) if text.strip() else ()


def _is_in_calendar(year: str, month: str, day: str = "01") -> bool:
    try:
        return bool(calendar.fromisoformat(f"{year}-{month}-{day}"))
    except ValueError:
        return False


def cite(entries: Mapping[str, Entry]) -> dict[str, Cited]:
    """Every work as formats tell of it, by key and in the order of keys."""
    return {key: _cited(entry, entries) for key, entry in entries.items()}


def _cited(entry: Entry, entries: Mapping[str, Entry]) -> Cited:
    taken = entry.status if entry.status in TAKEN else ""
    if not taken and not entry.said and entry.status == "current":
        return Cited(entry, taken, ())
    return Cited(entry, taken, tuple(_remarks(entry, entries)))


def _remarks(entry: Entry, entries: Mapping[str, Entry]) -> list[str]:
    """What speaks against a work; a work that was itself taken back speaks for nothing."""
    counted = [each for each in entry.said if entries[each.source.key].status not in TAKEN]
    found = [TAKEN[entry.status]] if entry.status in TAKEN else []
    for kind in _TOLD:
        works = {each.source.key: each.source for each in counted if each.kind == kind}
        if works:
            named = reference.listed(f"{short(work)} ({key})" for key, work in works.items())
            found.append(f"{INVERSE[kind].capitalize()} {named}.")
    if entry.status == "superseded" and not any(each.kind == "supersedes" for each in counted):
        found.append("Superseded.")
    return found


def short(work: Work) -> str:
    """A work named within a sentence: "Okafor and Åström 2025"; without authors by its title."""
    families = [person.family for person in reference.people(work)]
    several = len(families) > 2 or not work.authors_complete
    who = f"{families[0]} et al." if several and families else reference.listed(families)
    return f"{who or work.title} {work.year}"
