"""The explorer: every work in one list.

What a page has at once is a plain table: of all works, or of the newest where they are many; the
rest then stands on a page for each year. assets/js/explorer.js puts facets beside it. It reads all
works from one file, column by column, and further names of authors from another, which only those
load who look for words.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import chain, groupby

from ethogram.catalog import Catalog
from ethogram.entries import Entry
from ethogram.pages.frame import Frame
from ethogram.pages.work import ANCHOR
from ethogram.site import PAPERS, Site
from ethogram.standing import LABELS
from ethogram.taxonomy import Taxonomy, Term

DATA, AUTHORS = f"{PAPERS}/explorer.json", f"{PAPERS}/explorer-authors.json"
"""What the explorer loads: the works, and all authors' names of each."""

MANY, NEWEST = 200, 100
"""Where a site has more works than the first, its explorer's table shows as many as the second."""

_AUTHORS_SHOWN = 3
_AGAINST = frozenset(("contested", "withdrawn", "retracted"))
_CARDS = {"yes": "Has a card", "no": "Only cited"}
_SORTS = {
    "newest": "Newest first",
    "oldest": "Oldest first",
    "title": "Title",
    "author": "First author",
    "added": "Last added here",
}


def explorer(catalog: Catalog, site: Site, top: str) -> str:
    """Return the explorer as HTML.

    Args:
        catalog: the site's works and terms.
        site: its addresses.
        top: the address of the site's top, relative to the page; without a slash at its end.
    """
    works = _Works(catalog, site)
    shown = works.newest
    return (
        f'<div class="explorer" data-explorer="{top}/{DATA}" data-authors="{top}/{AUTHORS}">'
        f"{_CONTROLS}"
        '<details class="facets"><summary>Narrow the list</summary></details>'
        '<section class="found" aria-label="Works">'
        f'<p class="tally" role="status" tabindex="-1">{_count(len(works.entries))}</p>'
        f"{works.table(shown, top)}{works.years(top)}</section></div>"
    )


def files(catalog: Catalog, site: Site) -> Iterator[tuple[str, bytes]]:
    """Yield the files that the explorer loads, each with its path on the site."""
    works = _Works(catalog, site)
    yield DATA, _json(works.columns())
    yield AUTHORS, _json(["; ".join(entry.work.authors) for entry in works.entries])


def year_pages(catalog: Catalog, site: Site, frame: Frame) -> Iterator[tuple[str, str]]:
    """Yield a page for each year that has works beyond the explorer's own, with its path."""
    works, top = _Works(catalog, site), "../.."
    for year, entries in works.earlier.items():
        title = f"Papers of {year}"
        canonical = escape(site.absolute(site.work(year)))
        head = f'<link rel="canonical" href="{canonical}">' if site.url else ""
        content = (
            f'<h1 id="{ANCHOR}">{title}</h1>'
            f"<p>{_count(len(entries))}. The {NEWEST} newest of this site are on the page of "
            f'<a href="{top}/{site.page(f"{PAPERS}/index.md")}">all papers</a>, where the list can '
            "be narrowed.</p>"
            f'<div class="found">{works.table(entries, top)}{works.years(top, year)}</div>'
        )
        description = f"{_count(len(entries))} of {year} on how language models behave."
        yield year_path(year), frame.fill(title, description, head, content)


def year_paths(catalog: Catalog) -> Iterator[str]:
    """Yield the path on the site of each page that `year_pages` makes."""
    yield from map(year_path, _Works(catalog, Site()).earlier)


def year_path(year: str) -> str:
    """The path on the site of a year's page."""
    return f"{PAPERS}/{year}/index.html"


@dataclass(frozen=True)
class _Facet:
    """What the list can be narrowed by.

    Attributes:
        name: its name in addresses.
        label: its name for readers.
        values: those of a work, in order.
        labels: all values that there may be, in order, and how each is called.
        commonest_first: whether its values come in the order of how many works they have.
    """

    name: str
    label: str
    values: Callable[[Entry], Sequence[str]]
    labels: Mapping[str, str]
    commonest_first: bool = False

    def column(self, entries: Sequence[Entry]) -> dict[str, object]:
        """The values of works, as places in the list of all values; one alone without its list."""
        given = [self.values(entry) for entry in entries]
        counted = Counter(chain.from_iterable(given))
        names = [*self.labels, *sorted(counted.keys() - self.labels.keys())]
        if self.commonest_first:
            names.sort(key=lambda name: -counted[name])
        place = {name: number for number, name in enumerate(names)}
        numbers = ([place[name] for name in values] for values in given)
        return {
            "name": self.name,
            "label": self.label,
            "values": [[name, self.labels.get(name, name)] for name in names],
            "of": [each[0] if len(each) == 1 else each for each in numbers],
        }


class _Works:
    """A site's works as the explorer shows them.

    Attributes:
        entries: all of them, the newest first.
    """

    def __init__(self, catalog: Catalog, site: Site) -> None:
        self.catalog, self.site = catalog, site
        self.entries = sorted(catalog.entries.values(), key=_day, reverse=True)
        self._places: dict[str, tuple[str, str]] = {}
        self._behaviors = _labels(catalog.taxonomy.terms)
        self._evidence = _labels(catalog.taxonomy.evidence)
        self._statuses = _labels(catalog.taxonomy.statuses)

    @property
    def newest(self) -> list[Entry]:
        """Those that stand on the explorer's own page."""
        return self.entries if len(self.entries) <= MANY else self.entries[:NEWEST]

    @property
    def earlier(self) -> dict[str, list[Entry]]:
        """The others by year, the latest first."""
        rest = groupby(self.entries[len(self.newest) :], key=_year)
        return {year: list(entries) for year, entries in rest}

    def columns(self) -> dict[str, object]:
        """Everything that narrowing, sorting and showing the works takes."""
        places = [self.place(entry) for entry in self.entries]
        standings = [self.standing(entry) for entry in self.entries]
        works = [entry.work for entry in self.entries]
        terms = self.catalog.taxonomy
        return {
            "titles": [work.title for work in works],
            "who": [_who(entry) for entry in self.entries],
            "keys": [work.key for work in works],
            "ids": [work.id.id if work.id.scheme == "arxiv" else str(work.id) for work in works],
            "added": [entry.added for entry in self.entries],
            "places": _dictionary(places),
            "standings": _dictionary(standings),
            "groups": [[group.slug, group.label] for group in terms.groups],
            "groupOf": {slug: term.group for slug, term in terms.terms.items()},
            "facets": [facet.column(self.entries) for facet in _facets(terms, self.entries)],
        }

    def place(self, entry: Entry) -> tuple[str, str]:
        """What stands before and after the key in the address of a work's card, or of its page."""
        path = entry.cards[0].path if entry.cards else ""
        if path not in self._places:
            self._places[path] = self._place(path)
        return self._places[path]

    def _place(self, path: str) -> tuple[str, str]:
        if path:
            return f"{self.site.page(self.catalog.relative(path))}#", ""
        before, _, after = self.site.work("\0").partition("\0")
        return before, after

    def standing(self, entry: Entry) -> tuple[str, bool]:
        """How a work stands, in words, and whether something speaks against it."""
        words = (
            [self._statuses.get(entry.status, entry.status)] if entry.status != "current" else []
        )
        words.append(entry.standing.label if entry.standing else "no card yet")
        against = {entry.status, entry.standing.name if entry.standing else ""} & _AGAINST
        return _sentence(", ".join(words).lower()), bool(against)

    def table(self, entries: Sequence[Entry], top: str) -> str:
        """The table of some works."""
        rows = "".join(self._row(entry, top) for entry in entries)
        return f'<table class="works">{_HEAD}<tbody>{rows}</tbody></table>'

    def _row(self, entry: Entry, top: str) -> str:
        before, after = self.place(entry)
        key = entry.work.key
        behaviors = ", ".join(self._behaviors.get(each, each) for each in entry.behaviors)
        evidence = ", ".join(self._evidence.get(each, each) for each in entry.values("evidence"))
        standing, against = self.standing(entry)
        return (
            f'<tr><th scope="row"><a href="{top}/{escape(before)}{key}{after}" '
            f'data-preview="{key}">{escape(entry.work.title)}</a>'
            f"<span>{escape(_who(entry))}</span></th><td>{_year(entry)}</td>"
            f"<td>{escape(evidence)}</td><td>{escape(behaviors)}</td>"
            f"<td{' class=against' if against else ''}>{escape(standing)}</td></tr>"
        )

    def years(self, top: str, here: str = "") -> str:
        """Links to the pages of years, where there are any.

        Args:
            top: the address of the site's top, relative to the page.
            here: the year whose page this is.
        """
        items = "".join(
            f'<li><a href="{top}/{self.site.work(year)}"'
            f"{' aria-current=page' if year == here else ''}>{year}</a> "
            f'<span class="count">{len(entries):,}</span></li>'
            for year, entries in self.earlier.items()
        )
        if not items:
            return ""
        lead = "" if here else f"<p>These are the {NEWEST} newest. The others, by year:</p>"
        return f'<nav class="years" aria-label="Years">{lead}<ul>{items}</ul></nav>'


_CONTROLS = (
    '<form class="controls" autocomplete="off"><label><span>Find</span><input type="search" '
    'name="q" placeholder="title, author, number, term or model" spellcheck="false"></label>'
    '<label><span>Sort</span><select name="sort">'
    + "".join(f'<option value="{name}">{label}</option>' for name, label in _SORTS.items())
    + "</select></label></form>"
)
_HEAD = (
    '<thead><tr><th scope="col">Work</th><th scope="col">Year</th><th scope="col">Evidence</th>'
    '<th scope="col">Behaviors</th><th scope="col">Standing</th></tr></thead>'
)


def _facets(terms: Taxonomy, entries: Sequence[Entry]) -> Iterator[_Facet]:
    """Yield what the list can be narrowed by; groups follow from behaviors."""
    years = {year: year for year in dict.fromkeys(map(_year, entries))}
    methods, evidence = _labels(terms.methods), _labels(terms.evidence)
    standings = {str(name): _sentence(label) for name, label in LABELS.items()}
    yield _Facet("behavior", "Behavior", lambda each: each.behaviors, _labels(terms.terms))
    yield _Facet("evidence", "Evidence", _field("evidence"), evidence, commonest_first=True)
    yield _Facet("standing", "Standing", _standing, standings)
    yield _Facet("method", "Method", _field("methods"), methods, commonest_first=True)
    yield _Facet("model", "Model", _field("models"), {}, commonest_first=True)
    yield _Facet("direction", "Direction", _field("direction"), _labels(terms.directions))
    yield _Facet("year", "Year", lambda each: (_year(each),), years)
    yield _Facet("status", "Status", lambda each: (each.status,), _labels(terms.statuses))
    yield _Facet("card", "Card", lambda each: ("yes" if each.cards else "no",), _CARDS)


def _field(name: str) -> Callable[[Entry], Sequence[str]]:
    return lambda entry: entry.values(name)


def _standing(entry: Entry) -> Sequence[str]:
    return (entry.standing.name,) if entry.standing else ()


def _labels(terms: Mapping[str, Term]) -> dict[str, str]:
    return {slug: term.label for slug, term in terms.items()}


def _day(entry: Entry) -> tuple[int, str]:
    return entry.work.year, entry.work.date


def _year(entry: Entry) -> str:
    return f"{entry.work.year:04}"


def _who(entry: Entry) -> str:
    """The first authors' family names."""
    work = entry.work
    more = len(work.authors) > _AUTHORS_SHOWN or not work.authors_complete
    names = ", ".join(work.families[:_AUTHORS_SHOWN])
    return f"{names} et al." if more and names else names


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]


def _count(works: int) -> str:
    return f"{works:,} work{'' if works == 1 else 's'}"


def _dictionary(values: Sequence[object]) -> dict[str, object]:
    """A column of few different values: each of them once, and the place of each work's."""
    place = {value: number for number, value in enumerate(dict.fromkeys(values))}
    return {"values": list(place), "of": [place[value] for value in values]}


def _json(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
