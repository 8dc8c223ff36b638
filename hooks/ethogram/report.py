"""The state of the collection: what there is, and what asks for a hand, nearest readers first.

A report is data, told in four ways: on a screen, for programs, as the body of an issue, and as a
page of the site. Nothing in it is an alarm: what breaks a rule is told by `ethogram check`.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from html import escape

from ethogram import contributors, quoting, versions
from ethogram.bibliography import ARXIV
from ethogram.cards import Card
from ethogram.catalog import Catalog, read_text
from ethogram.days import is_date
from ethogram.entries import VOID, Entry
from ethogram.findings import EthogramError, visible
from ethogram.links.journal import JITTER, LIFETIMES, Journal
from ethogram.links.journal import Entry as Checked
from ethogram.links.targets import Target, targets_of
from ethogram.links.verdicts import Verdict
from ethogram.record import Work
from ethogram.render import LIST_MARK
from ethogram.reviews import newest
from ethogram.site import Site
from ethogram.works import WorkId

MARKER = "<!-- ethogram:upkeep -->"
"""What the issue's body begins with, unseen: by it the issue is found again."""

ROOM = 60_000
"""Characters of the issue's body; GitHub takes 65,536."""

CONFIRMED = timedelta(days=365)
"""How long a record stands without arXiv having confirmed it."""

SLACK = timedelta(days=7)
"""How much later than it should a link may be asked: the links are asked once a week."""

NOT_ASKED = "not asked yet"
"""Stands beside the verdicts for a link that the journal does not know."""

_VERDICTS = (Verdict.OK, Verdict.DEAD, Verdict.SUSPECT, Verdict.BLOCKED, Verdict.UNKNOWN)
_SHOWN, _LISTED = 3, 100  # items of a section on a screen, and on a page
_LONGEST = 300  # characters of an outsider's text

SECTIONS: Mapping[str, str] = {
    "links": "Links that are dead or suspect",
    "taken-back": "Works that were taken back, of which a card says nothing",
    "unrecorded": "Works without a record",
    "newer": "Cards of which there is a newer version",
    "summaries": "Summaries that are older than a card",
    "overdue": "Links that should have been asked",
    "unconfirmed": "Records that arXiv has not confirmed for a year",
    "uncarded": "Works without a card",
    "terms": "Terms without a card",
}
"""What asks for a hand, by the name that programs know, in the order in which readers meet it."""


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that asks for a hand.

    Attributes:
        section: one of `SECTIONS`.
        path, line: where to mend it.
        subject: what it is about: a key, a number, an address; an outsider's text.
        said: what is the matter with it, in our words.
        mend: what to do.
        page: the page of docs/ on which readers meet it; empty for none.
        anchor: its place there.
    """

    section: str
    path: str
    line: int
    subject: str
    said: str
    mend: str
    page: str = ""
    anchor: str = ""


@dataclass(frozen=True)
class Report:
    """The state of a collection.

    Attributes:
        day: the day for which it holds, as 2026-11-21; empty where no day is known.
        counts: what there is, by name.
        links: how many links there are of each verdict, and how many were never asked.
        items: what asks for a hand, in the order of `SECTIONS`.
    """

    day: str
    counts: Mapping[str, int]
    links: Mapping[str, int]
    items: tuple[Item, ...]

    @classmethod
    def of(cls, catalog: Catalog, day: date | None = None) -> "Report":
        """Look through a catalog whose pages still have their text.

        Args:
            catalog: the site.
            day: today; by default the day on which anything was last asked, so that a build gives
                the same bytes on any day.

        Raises:
            EthogramError: the journal of links cannot be read.
        """
        return _Survey(catalog, day).report()

    @classmethod
    def wanted(cls, catalog: Catalog) -> "Report | None":
        """A report for a build, if a page asks for one (`<!-- list: report -->`)."""
        marks = (LIST_MARK.finditer(page.document.text) for page in catalog.pages)
        asked = any(mark["name"] == "report" for found in marks for mark in found)
        return cls.of(catalog) if asked else None

    def of_section(self, section: str) -> list[Item]:
        """What asks for a hand, of one kind."""
        return [item for item in self.items if item.section == section]

    def as_object(self) -> dict[str, object]:
        """The report for programs."""
        items = [
            {**asdict(item), "page": item.page or None, "anchor": item.anchor or None}
            for item in self.items
        ]
        return {
            "day": self.day or None,
            "counts": dict(self.counts),
            "links": dict(self.links),
            "items": items,
        }

    def text(self) -> str:
        """The report on one screen."""
        lines = [f"The collection{f' on {self.day}' if self.day else ''}", ""]
        lines += [f"{name:<12}{said}" for name, said in _summary(self)]
        for name, heading in SECTIONS.items():
            lines += _screened(heading, self.of_section(name)) if name in _ON_SCREEN else []
        if self.items:
            lines += ["", "All of it, with the mends: ethogram report --format markdown"]
        return "\n".join(lines)

    def markdown(self) -> str:
        """The body of the issue on upkeep."""
        when = f" on {self.day}" if self.day else ""
        rows = "".join(f"| {name} | {said} |\n" for name, said in _summary(self))
        text = f"{MARKER}\nThe state of the collection{when}.\n\n| | |\n|---|---|\n{rows}"
        if not self.items:
            return f"{text}\nNothing asks for a hand.\n"
        text += "\nWhat asks for a hand, beginning with what readers meet first:\n"
        return text + _bounded(self, ROOM - len(text))

    def html(self, top: str = "", site: Site | None = None) -> str:
        """The report as a part of a page.

        Args:
            top: the address of the site's top, relative to the page; without a slash at its end.
            site: where pages are on it.
        """
        where = site or Site()

        def address(item: Item) -> str:
            return f"{top}/{where.page(item.page, item.anchor)}" if item.page else ""

        day = f'<time datetime="{self.day}">{self.day}</time>'
        parts = [f"<p>As of {day}, when anything was last asked.</p>" if self.day else ""]
        parts.append(_html_summary(self))
        for name, heading in SECTIONS.items():
            if found := self.of_section(name):
                items = [_html_item(item, address(item)) for item in found[:_LISTED]]
                more = len(found) - _LISTED
                items += [f"<li>and {more} more</li>"] if more > 0 else []
                parts.append(f"<h2>{heading}</h2><ul>{''.join(items)}</ul>")
        return f'<div class="link-health">{"".join(parts)}</div>'


_ON_SCREEN = ("links", "taken-back", "unrecorded", "newer", "summaries")
"""What a screen lists one by one; of the others it has the numbers."""


# -- looking through a catalog ---------------------------------------------------------------


class _Survey:
    """One look through a catalog."""

    def __init__(self, catalog: Catalog, day: date | None) -> None:
        self.catalog = catalog
        self.bib = catalog.journal.parent
        self.journal = Journal.load(catalog.journal)
        self.targets = targets_of(catalog)
        self.day = day or self._newest()

    def report(self) -> Report:
        looks: Mapping[str, Callable[[], Iterable[Item]]] = {
            "links": self._links,
            "taken-back": self._taken_back,
            "unrecorded": self._unrecorded,
            "newer": self._newer,
            "summaries": self._summaries,
            "overdue": self._overdue,
            "unconfirmed": self._unconfirmed,
            "uncarded": self._uncarded,
            "terms": self._terms,
        }
        items = tuple(item for name in SECTIONS for item in looks[name]())
        day = self.day.isoformat() if self.day else ""
        return Report(day, self._counts(items), self._verdicts(), items)

    def _newest(self) -> date | None:
        """The day on which anything was last asked; people's dates may be slips of the pen."""
        days = [entry.checked[:10] for entry in self.journal.entries()]
        days += [work.checked for work in self.catalog.bibliography.works.values()]
        known = [day for day in days if len(day) == 10]
        return date.fromisoformat(max(known)) if known else None

    def _counts(self, items: Iterable[Item]) -> dict[str, int]:
        catalog, asking = self.catalog, Counter(item.section for item in items)
        entries, terms = catalog.entries.values(), catalog.taxonomy.terms
        status = Counter(entry.status for entry in entries)
        return {
            "cards": len(catalog.cards),
            "pages": len(catalog.pages),
            "pages with cards": len({card.path for card in catalog.cards}),
            "contributors": len(contributors.of_cards(catalog.cards)),
            "works": len(entries),
            "works without a card": asking["uncarded"],
            "works without a record": asking["unrecorded"],
            "withdrawn": status["withdrawn"],
            "retracted": status["retracted"],
            "terms": len(terms),
            "terms without a card": sum(slug not in catalog.by_term for slug in terms),
            "links": len(self.targets),
            "served from a copy": sum(map(self._is_served, self.targets)),
            "links overdue": sum(map(self._is_overdue, self.targets)),
            "newer versions": asking["newer"],
            "unconfirmed records": asking["unconfirmed"],
            "old summaries": asking["summaries"],
        }

    def _place(self, card: Card) -> tuple[str, int]:
        return card.path, card.line

    def _shown(self, card: Card) -> tuple[str, str]:
        """Where readers meet a card: its page, and its place there."""
        work = self.catalog.bibliography.get(card.work)
        return self.catalog.relative(card.path), work.key if work else ""

    # -- links

    def _known(self, target: Target) -> Checked | None:
        return self.journal.get(target.url, target.kind)

    def _verdicts(self) -> dict[str, int]:
        """How many of the links that pages have are of each verdict."""
        known = (self._known(target) for target in self.targets)
        counted = Counter(str(entry.verdict) if entry else NOT_ASKED for entry in known)
        return {name: counted[name] for name in (*map(str, _VERDICTS), NOT_ASKED)}

    def _is_served(self, target: Target) -> bool:
        """Whether readers get an archived copy of what is dead."""
        entry = self._known(target)
        dead = entry is not None and entry.verdict is Verdict.DEAD
        return dead and self.catalog.archive.get(target.url) is not None

    def _links(self) -> Iterator[Item]:
        """What is dead or suspect: what most places show first, a card's title before others."""
        titles = {card.url for card in self.catalog.cards}
        found = []
        for target in self.targets:
            entry = self._known(target)
            if entry and entry.verdict in _FAULTS and not self._is_served(target):
                titled = target.url in titles
                rank = (-len(target.places), not titled, entry.verdict, target.url)
                found.append((rank, self._link(target, entry, titled)))
        yield from (item for _, item in sorted(found, key=lambda each: each[0]))

    def _link(self, target: Target, entry: Checked, titled: bool) -> Item:
        place, more = target.places[0], len(target.places) - 1
        said = _FAULTS[entry.verdict]
        said += " and is a card's title" if titled else ""
        said += f", here and in {more} more place{'s' if more > 1 else ''}" if more else ""
        mend = _MENDS[entry.verdict]
        if entry.verdict is Verdict.DEAD and entry.snapshot:
            mend = "Run `ethogram links --fix`: an archive has a copy."
        page = self.catalog.relative(place.path)
        return Item("links", place.path, place.line, target.url, said, mend, page)

    def _is_overdue(self, target: Target) -> bool:
        """Whether a link was never asked, or should have been asked again long ago."""
        entry = self._known(target)
        if entry is None or self.day is None:
            return entry is None
        lifetime = LIFETIMES[entry.verdict] * (1 + JITTER) + SLACK
        return date.fromisoformat(entry.checked[:10]) + lifetime < self.day

    def _overdue(self) -> Iterator[Item]:
        """Pages with such links; one by one, those of a new site would be all there are."""
        pages: dict[str, list[Target]] = {}
        for target in filter(self._is_overdue, self.targets):
            pages.setdefault(target.places[0].path, []).append(target)
        for path, targets in sorted(pages.items()):
            entries = list(map(self._known, targets))
            never, days = entries.count(None), [each.checked[:10] for each in entries if each]
            parts = [f"{_in_words(never)} never asked"] if never else []
            parts += [f"{_in_words(len(days))} last asked on {min(days)}"] if days else []
            line = min(target.places[0].line for target in targets)
            page, mend = self.catalog.relative(path), "Run `ethogram links` on this page."
            yield Item("overdue", path, line, page, f"has {', and '.join(parts)}", mend, page)

    # -- works

    def _taken_back(self) -> Iterator[Item]:
        """Cards of works that are withdrawn or retracted, where no card of theirs says so."""
        for entry in self.catalog.entries.values():
            silent = not any(card.value("status") in VOID for card in entry.cards)
            for card in entry.cards if entry.void and silent else ():
                said = f"is {entry.status}, and its card does not say so"
                mend = f"Write `status: {entry.status}` on the card, and mend what rests on it."
                place = self._place(card)
                yield Item("taken-back", *place, entry.work.key, said, mend, *self._shown(card))

    def _unrecorded(self) -> Iterator[Item]:
        """Works that a page names and nobody can cite: the first place of each."""
        first: dict[WorkId, tuple[str, int]] = {}
        for page in self.catalog.pages:
            for work, path, line, _ in self.catalog.places(page):
                first.setdefault(work.base, (path, line))
        for work in self.catalog.unrecorded():
            path, line = first.get(work) or self._relating(work)
            mend = "Write its record into bib/other.bib."
            if work.scheme == "arxiv":
                mend = f"Run `ethogram resolve {work.id}`."
            shown = self.catalog.relative(path)
            yield Item("unrecorded", path, line, str(work), "has no record", mend, shown)

    def _relating(self, work: WorkId) -> tuple[str, int]:
        """Where a work is named by a relation only."""
        for card in self.catalog.cards:
            for field in card.fields:
                for value in field.values:
                    if work.id in value.text:
                        return card.path, value.line
        return self.catalog.docs.as_posix(), 1

    def _newer(self) -> Iterator[Item]:
        for card in self.catalog.cards:
            work = self.catalog.bibliography.get(card.work)
            found = versions.newer(card, work)
            if work and found:
                date = f" (v{found.version} of {found.date})" if found.date else ""
                mend = f"Read v{found.version}, and link the card to {work.id.id}v{found.version}."
                said, shown = f"has {found.words}{date}", self._shown(card)
                yield Item("newer", *self._place(card), work.key, said, mend, *shown)

    def _unconfirmed(self) -> Iterator[Item]:
        """Records that arXiv has not confirmed for long; what people keep is theirs."""
        for work in self.catalog.bibliography.works.values():
            if work.source == ARXIV and not self._is_confirmed(work):
                said = f"was confirmed on {work.checked}" if work.checked else "never was confirmed"
                mend = f"Run `ethogram resolve --refresh {work.id.id}`."
                yield Item("unconfirmed", *self._record(work), work.key, said, mend)

    def _is_confirmed(self, work: Work) -> bool:
        if self.day is None or not work.checked:
            return False
        return work.checked >= (self.day - CONFIRMED).isoformat()

    def _record(self, work: Work) -> tuple[str, int]:
        return (self.bib / work.source).as_posix(), work.line

    def _uncarded(self) -> Iterator[Item]:
        for entry in self.catalog.entries.values():
            if not entry.cards:
                yield self._without_card(entry)

    def _without_card(self, entry: Entry) -> Item:
        work = entry.work
        name = work.id.id if work.id.scheme == "arxiv" else "ADDRESS"
        mend = f"Run `ethogram add {name} --to PAGE`, if it is to have one."
        return Item("uncarded", *self._record(work), work.key, "has a record and no card", mend)

    # -- terms and summaries

    def _summaries(self) -> Iterator[Item]:
        """Pages of a behavior that were last held against their cards before the newest came."""
        for page in self.catalog.pages:
            added = newest(page)
            reviewed = written if is_date(written := page.meta("reviewed")) else ""
            if page.meta("behavior") and reviewed < added:
                said = f"was reviewed on {reviewed}" if reviewed else "was never reviewed"
                said += f", and its newest card is of {added}"
                mend = "Hold the summary against its cards, then set `reviewed`."
                slug, shown = page.meta("behavior"), self.catalog.relative(page.path)
                line, _ = page.matter_place("reviewed")
                yield Item("summaries", page.path, line, slug, said, mend, shown)

    def _terms(self) -> Iterator[Item]:
        """Groups with the terms of theirs that have no card."""
        lines = self._lines_of_groups()
        for group in self.catalog.taxonomy.groups:
            bare = [term.slug for term in group.terms if term.slug not in self.catalog.by_term]
            if bare:
                said = f"has no card yet for {', '.join(bare)}"
                path, mend = (self.bib / "taxonomy.yml").as_posix(), "Add a card, or suggest one."
                page = f"{group.slug}/index.md"
                known = page if page in self.catalog.by_path else ""
                line = lines.get(group.slug, 1)
                yield Item("terms", path, line, group.slug, said, mend, known)

    def _lines_of_groups(self) -> dict[str, int]:
        try:
            text = read_text(self.bib / "taxonomy.yml")
        except EthogramError:  # told by the catalog already
            return {}
        found: dict[str, int] = {}
        for number, line in enumerate(text.split("\n"), 1):
            if match := re.match(r"\s*-\s+slug:\s*[\"']?([\w-]+)", line):
                found.setdefault(match[1], number)
        return found


_FAULTS = {Verdict.DEAD: "is gone", Verdict.SUSPECT: "may be gone"}
_MENDS = {
    Verdict.DEAD: "Link to where it is now, or take the link out.",
    Verdict.SUSPECT: "Open it, and correct the link if it is gone.",
}


# -- telling ---------------------------------------------------------------------------------


def _summary(report: Report) -> Iterator[tuple[str, str]]:
    """The numbers in words, a line each."""
    count = report.counts
    yield "Cards", f"{count['cards']} on {count['pages with cards']} of {count['pages']} pages"
    without = f"{count['works without a card']} without a card"
    yield "Works", f"{count['works']}, {without}; {count['works without a record']} lack a record"
    yield "Terms", f"{count['terms']}, {count['terms without a card']} without a card"
    yield "Links", f"{count['links']}: {', '.join(f'{n} {name}' for name, n in _told(report))}"
    never = f"{report.links[NOT_ASKED]} of them never asked"
    yield "Overdue", f"{_in_words(count['links overdue'])}, {never}"
    yield "Versions", f"{_in_words(count['newer versions'], 'card')} with a newer version since"
    yield "Taken back", f"{count['withdrawn']} withdrawn, {count['retracted']} retracted"
    yield "Records", f"{count['unconfirmed records']} not confirmed for a year"
    yield "Summaries", f"{count['old summaries']} older than a card"
    yield "Thanks to", f"{count['contributors']} who added cards"


def _told(report: Report) -> Iterator[tuple[str, int]]:
    """The verdicts, and what readers get of the dead."""
    yield from ((str(verdict), report.links[verdict]) for verdict in _VERDICTS)
    if served := report.counts["served from a copy"]:
        yield "served from a copy", served


def _in_words(count: int, noun: str = "link") -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _subject(item: Item) -> str:
    """An outsider's text in one line of bounded length."""
    text = visible(item.subject)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _where(item: Item) -> str:
    return f"{visible(item.path)}:{item.line}"


def _screened(heading: str, items: Sequence[Item]) -> list[str]:
    """A section on a screen: its first items, and how many more there are."""
    if not items:
        return []
    lines = [f"  {_where(each)}: {_subject(each)} {each.said}" for each in items[:_SHOWN]]
    more = len(items) - _SHOWN
    return ["", f"{heading}: {len(items)}", *lines, *([f"  and {more} more"] if more > 0 else [])]


def _bounded(report: Report, room: int) -> str:
    """The sections in as many characters as there are, and how many items were left out."""
    text, left, reserve = "", 0, 200
    for name, heading in SECTIONS.items():
        items = report.of_section(name)
        head = f"\n## {heading} ({len(items)})\n\n" if items else ""
        for item in items:
            line = f"{head}{_markdown_item(item)}"
            if left or len(text) + len(line) > room - reserve:
                left += 1
            else:
                text, head = text + line, ""
    if left:
        text += f"\n{left} more are left out: `ethogram report --format json` has all.\n"
    return text


def _markdown_item(item: Item) -> str:
    """A line of the issue; outsiders' words are code, which mentions and links nothing."""
    place, subject = quoting.code(_where(item)), quoting.code(_subject(item))
    return f"- {place}: {subject} {visible(item.said)}. {visible(item.mend)}\n"


def _html_summary(report: Report) -> str:
    rows = "".join(
        f'<tr><th scope="row">{name}</th><td>{escape(said)}</td></tr>'
        for name, said in _summary(report)
    )
    return f"<table><tbody>{rows}</tbody></table>"


def _html_item(item: Item, address: str) -> str:
    """A line of the page: what is dead is named, and not linked."""
    subject = f"<code>{escape(_subject(item))}</code>"
    place = escape(_where(item))
    where = f'<a href="{escape(address)}">{place}</a>' if address else place
    mend = re.sub("`([^`]+)`", r"<code>\1</code>", escape(item.mend))
    return f"<li>{subject} {escape(item.said)} ({where}). {mend}</li>"
