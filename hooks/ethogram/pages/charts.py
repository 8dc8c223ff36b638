"""The evidence map and the timeline: what the works of a site add up to, and where it has gaps."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from urllib.parse import urlencode

from ethogram.catalog import Catalog
from ethogram.entries import Entry
from ethogram.site import PAPERS, Site
from ethogram.taxonomy import Group, Taxonomy, Term

SHADES = (1, 2, 5, 10, 25)
"""From how many works on a cell of the map has each shade. They are the same for every site and at
any time, so that two maps can be compared."""

FITTING = 18
"""With how many kinds of evidence the map has room on a desktop; with more it scrolls by itself."""

COLUMNS = 9
"""Columns of the timeline at most: so many have room for a number each on a phone. Works from
before share the first."""

GAP = 3
"""How many years without a work are shown one by one; more are drawn as one gap."""

_TALLEST, _FOOT, _HEIGHT = 34, 51, 54
"""Pixels: the highest bar, where bars stand, and the picture."""

_Row = tuple[str, str]
"""A facet of the explorer and a value: ("behavior", "backdoor"); two empty ones for all works."""

_EVERYTHING: _Row = ("", "")
_ALL, _CARDED = "All works, each once", "All with a card, each once"
_ANY = "*"
"""In place of a kind of evidence or a year: with any, or none; each work counts once."""


@dataclass(frozen=True)
class _Links:
    """Addresses as seen from a page; empty where the site has no such page."""

    catalog: Catalog
    site: Site
    top: str

    def page(self, path: str, anchor: str = "") -> str:
        """A page of docs/."""
        known = path in self.catalog.by_path
        return f"{self.top}/{self.site.page(path, anchor)}" if known else ""

    def term(self, term: Term) -> str:
        """A behavior's page, or its place on its group's page while it has none."""
        if path := self.catalog.term_pages.get(term.slug):
            return self.page(path)
        return self.page(f"{term.group}/index.md", term.slug)

    def explorer(self) -> Callable[..., str]:
        """A function that gives the explorer's address for a selection, as pairs."""
        base = self.page(f"{PAPERS}/index.md")
        return lambda *state: f"{base}?{urlencode(state)}" if base else ""


def _link(address: str, html: str, attributes: str = "") -> str:
    """A link, or what it would show where it would lead nowhere."""
    return f'<a href="{escape(address)}"{attributes}>{html}</a>' if address else html


def _works(count: int) -> str:
    return "1 work" if count == 1 else f"{count:,} works"


def _listed(labels: Iterable[str]) -> str:
    *most, last = labels
    return f"{', '.join(most)} and {last}" if most else last


def _figures(caption: str, head: str, bodies: str, foot: str) -> str:
    """A table of numbers."""
    return (
        f'<table class="figures"><caption>{caption}</caption><thead>{head}</thead>'
        f"{bodies}<tfoot>{foot}</tfoot></table>"
    )


def _region(label: str, kind: str, table: str) -> str:
    """A table that scrolls by itself where it is wider than the page, by keyboard too."""
    names = f"chart-region {kind}".strip()
    start = f'<div class="{names}" role="region" tabindex="0" aria-label="{label}">'
    return f"{start}{table}</div>"


# -- the evidence map ------------------------------------------------------------------------


def evidence_map(catalog: Catalog, site: Site, top: str) -> str:
    """Return the evidence map: behavior by kind of evidence, with the number of works.

    Args:
        catalog, site: what is shown.
        top: the address of the site's top as seen from the page.
    """
    taxonomy = catalog.taxonomy
    if not taxonomy.terms or not taxonomy.evidence:
        return "<p>The site has no terms to map yet.</p>"
    made = _Map(catalog, _Links(catalog, site, top))
    fits = " fits" if len(made.kinds) <= FITTING else ""
    table = _region("Evidence map", f"map{fits}", made.table())
    return f'<div class="chart">{made.summary()}{_shades()}{table}</div>'


def _evidence(entry: Entry, taxonomy: Taxonomy) -> list[str]:
    """The kinds of evidence that a work gives; one empty one where it gives none that is known."""
    return [kind for kind in entry.values("evidence") if kind in taxonomy.evidence] or [""]


def _rows(entry: Entry, taxonomy: Taxonomy) -> set[_Row]:
    """The rows in which a work with a card counts: its behaviors, their groups, and all works."""
    terms = [taxonomy.terms[slug] for slug in entry.behaviors if slug in taxonomy.terms]
    rows = {("behavior", term.slug) for term in terms} | {("group", term.group) for term in terms}
    return rows | {_EVERYTHING}


class _Map:
    def __init__(self, catalog: Catalog, links: _Links) -> None:
        self.taxonomy, self.standings, self.links = catalog.taxonomy, catalog.standings, links
        self.explorer = links.explorer()
        self.counts: Counter[tuple[_Row, str]] = Counter()
        self.several = 0
        for entry in catalog.entries.values():
            if entry.cards:
                rows, kinds = _rows(entry, self.taxonomy), _evidence(entry, self.taxonomy)
                self.counts.update((row, kind) for row in rows for kind in (*kinds, _ANY))
                self.several += len(kinds) > 1
        self.kinds = list(self.taxonomy.evidence.values())
        if self.counts[_EVERYTHING, ""]:
            self.kinds.append(Term("", "None given", "The card names no kind of evidence."))

    def summary(self) -> str:
        """What there is and what there is not, in sentences."""
        bare = [slug for slug in self.taxonomy.terms if not self.counts[("behavior", slug), _ANY]]
        unused = [kind.label for kind in self.kinds if not self.counts[_EVERYTHING, kind.slug]]
        terms, works = len(self.taxonomy.terms), self.counts[_EVERYTHING, _ANY]
        verb = "bears" if works == 1 else "bear"
        what = f"{terms - len(bare)} of {terms}" if bare else f"all {terms}"
        parts = [f"<b>{_works(works)}</b> with a card {verb} on {what} behaviors and topics."]
        if bare:
            parts.append(f"<b>{len(bare)}</b> {'has' if len(bare) == 1 else 'have'} no card yet.")
        if unused:
            kinds = "kind of evidence has" if len(unused) == 1 else "kinds of evidence have"
            names = escape(_listed(unused))
            parts.append(f"<b>{len(unused)}</b> {kinds} not been used by any work: {names}.")
        if self.several:
            gives = "1 work gives" if self.several == 1 else f"{self.several:,} works give"
            parts.append(f"{gives} more than one kind of evidence and counts under each.")
        return f"<p>{' '.join(parts)}</p>"

    def table(self) -> str:
        """The table: a body for each group, a row for each behavior, a column for each kind."""
        bodies = "".join(map(self._body, self.taxonomy.groups))
        foot = self._row(_EVERYTHING, f'<th scope="row">{_CARDED}</th>', "all works")
        caption = "Number of works by behavior and kind of evidence"
        return _figures(caption, self._head(), bodies, foot)

    def _head(self) -> str:
        kinds = "".join(
            f'<th scope="col" class="kind" title="{escape(kind.definition)}">'
            f"<span>{escape(kind.label)}</span></th>"
            for kind in self.kinds
        )
        start = '<th scope="col">Behavior</th><th scope="col" class="sum">Works</th>'
        return f'<tr>{start}{kinds}<th scope="col" class="stands">Standing</th></tr>'

    def _body(self, group: Group) -> str:
        name = _link(self.links.page(f"{group.slug}/index.md"), escape(group.label))
        row = self._row(("group", group.slug), f'<th scope="rowgroup">{name}</th>', group.label)
        return f"<tbody>{row}{''.join(map(self._behavior, group.terms))}</tbody>"

    def _behavior(self, term: Term) -> str:
        head = f'<th scope="row">{_link(self.links.term(term), escape(term.label))}</th>'
        return self._row(("behavior", term.slug), head, term.label, self._standing(term))

    def _standing(self, term: Term) -> str:
        standing = self.standings.get(term.slug)
        if standing is None:
            return '<td class="stands">no card</td>'
        title = escape(standing.rule)
        return f'<td class="stands {standing.name}" title="{title}">{standing.label}</td>'

    def _row(self, row: _Row, head: str, label: str, stands: str = "<td></td>") -> str:
        cells = "".join(self._cell(row, kind, label) for kind in self.kinds)
        total = f'<td class="sum">{self._number(row, _ANY, label)}</td>'
        return f'<tr class="{row[0] or "all"}">{head}{total}{cells}{stands}</tr>'

    def _cell(self, row: _Row, kind: Term, label: str) -> str:
        """A number; it has a shade where it is a single behavior's."""
        count = self.counts[row, kind.slug]
        shade = sum(count >= least for least in SHADES) if row[0] == "behavior" else 0
        html = self._number(row, kind.slug, f"{label}, {kind.label}")
        return f'<td class="shade-{shade}">{html}</td>' if shade else f"<td>{html}</td>"

    def _number(self, row: _Row, kind: str, label: str) -> str:
        """A number that leads to the works it counts; a dot where there are none."""
        count = self.counts[row, kind]
        if not count:
            return _NONE
        state = [row] if row[0] else []
        state += [] if kind == _ANY else [("evidence", kind)]
        if not kind or not state:
            return f"{count:,}"  # the explorer has no words for what is not given or has a card
        name = escape(f"{_works(count)}: {label}")
        return _link(self.explorer(*state), f"{count:,}", f' aria-label="{name}"')


_NONE = '<span class="none" role="img" aria-label="no card">·</span>'


def _shades() -> str:
    """What the shades of the map mean."""
    names = [f"{least}–{after - 1}".removesuffix(f"–{least}") for least, after in pairwise(SHADES)]
    steps = "".join(
        f'<li class="shade-{shade}">{name}</li>'
        for shade, name in enumerate((*names, f"{SHADES[-1]}+"), 1)
    )
    return (
        f'<ul class="shades"><li>Works in a cell:</li>{steps}'
        '<li><span class="none" aria-hidden="true">·</span> no card</li></ul>'
    )


# -- the timeline ----------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Span:
    """A column of the timeline.

    Attributes:
        first, last: its years.
        years: those of them that have works.
    """

    first: int
    last: int
    years: tuple[int, ...] = ()

    @property
    def label(self) -> str:
        """What stands above the column: a year, the end of an early span, or dots for a gap."""
        if self.first == self.last:
            return str(self.first)
        return f"≤{self.last}" if self.years else "⋯"

    @property
    def name(self) -> str:
        """The same in words."""
        if self.first == self.last:
            return str(self.first)
        return f"until {self.last}" if self.years else f"{self.first}–{self.last}"


def _spans(years: Iterable[int]) -> list[_Span]:
    """The columns for works of these years, in order."""
    spans: list[_Span] = []
    for year in sorted(set(years)):
        start = spans[-1].last + 1 if spans else year
        if year - start > GAP:
            spans.append(_Span(start, year - 1))
        else:
            spans += [_Span(between, between) for between in range(start, year)]
        spans.append(_Span(year, year, (year,)))
    early = spans[: max(0, len(spans) - COLUMNS + 1)]
    if len(early) < 2:
        return spans
    held = tuple(year for span in early for year in span.years)
    return [_Span(early[0].first, early[-1].last, held), *spans[len(early) :]]


def timeline(catalog: Catalog, site: Site, top: str) -> str:
    """Return the timeline: a row of bars for each group, and the same numbers as a table.

    Args:
        catalog, site: what is shown.
        top: the address of the site's top as seen from the page.
    """
    if not catalog.entries:
        return "<p>The site has no works yet.</p>"
    made = _Timeline(catalog, _Links(catalog, site, top))
    return (
        f'<div class="chart">{made.summary()}'
        f'<div class="timeline" style="--columns: {len(made.spans)}">{made.rows()}</div>'
        f"<details><summary>The same numbers as a table</summary>{made.table()}</details></div>"
    )


class _Timeline:
    def __init__(self, catalog: Catalog, links: _Links) -> None:
        self.links, self.explorer = links, links.explorer()
        self.spans = _spans(entry.work.year for entry in catalog.entries.values())
        self.counts: Counter[tuple[str, int]] = Counter()
        self.works, terms = len(catalog.entries), catalog.taxonomy.terms
        for entry in catalog.entries.values():
            groups = {terms[slug].group for slug in entry.behaviors if slug in terms}
            self.counts.update((group, entry.work.year) for group in (*(groups or {""}), _ANY))
        held = {group for group, _ in self.counts}
        self.groups = [group for group in catalog.taxonomy.groups if group.slug in held]
        self.bare = [group for group in catalog.taxonomy.groups if group.slug not in held]
        if "" in held:
            self.groups.append(Group("", "In no group", "", "", ()))
        numbers = [self.count(group.slug, span) for group in self.groups for span in self.spans]
        self.most = max(numbers)

    def count(self, group: str, *spans: _Span) -> int:
        """How many works a group has in columns; in all where none is given."""
        return sum(self.counts[group, year] for span in spans or self.spans for year in span.years)

    def summary(self) -> str:
        """What is drawn, and which groups have nothing to draw."""
        years = self.spans[0].first, self.spans[-1].last
        when = f"of {years[0]}" if years[0] == years[1] else f"from {years[0]} to {years[1]}"
        text = f"<b>{_works(self.works)}</b> {when}. One that bears on several groups is in each."
        if self.bare:
            names = escape(_listed(group.label for group in self.bare))
            text += f" No work yet: {names}."
        return f"<p>{text}</p>"

    def rows(self) -> str:
        """The years with all their works, then a row for each group."""
        axis = "".join(self._year(*each) for each in enumerate(self.spans))
        label = f"All works, {self.works:,}"
        head = f'<p class="name">All works <span class="count">{self.works:,}</span></p>'
        svg = _svg(label, 36, axis)
        return f'<div class="row axis">{head}{svg}</div>{"".join(map(self._row, self.groups))}'

    def _year(self, at: int, span: _Span) -> str:
        """A column's year with the number of its works."""
        count = self.count(_ANY, span)
        year = f'<text class="year" x="{self._x(at)}" y="13">{span.label}</text>'
        total = f'<text x="{self._x(at)}" y="30">{count:,}</text>' if count else ""
        return self._mark(at, span, "All works", count, 36, f"{year}{total}")

    def _row(self, group: Group) -> str:
        total = self.count(group.slug)
        page = self.links.page(f"{group.slug}/index.md") if group.slug else ""
        label = _link(page, escape(group.label))
        head = f'<p class="name">{label} <span class="count">{total:,}</span></p>'
        marks = "".join(self._bar(group, *each) for each in enumerate(self.spans))
        base = f'<line class="base" x1="0" x2="100%" y1="{_FOOT}" y2="{_FOOT}"/>'
        svg = _svg(f"{group.label}, {_works(total)}", _HEIGHT, base + marks)
        return f'<div class="row">{head}{svg}</div>'

    def _bar(self, group: Group, at: int, span: _Span) -> str:
        count = self.count(group.slug, span)
        if not count:
            return ""
        top = _FOOT - max(2, round(_TALLEST * count / self.most))
        x = self._x(at)
        bar = f'<line class="bar" x1="{x}" x2="{x}" y1="{_FOOT}" y2="{top}"/>'
        text = f'<text x="{x}" y="{top - 4}">{count:,}</text>'
        return self._mark(at, span, group.label, count, _HEIGHT, bar + text, group.slug)

    def _mark(
        self,
        at: int,
        span: _Span,
        label: str,
        count: int,
        height: int,
        drawn: str,
        group: str = _ANY,
    ) -> str:
        """What is drawn for a column, with its name, and a link to the works where there is one."""
        name = escape(f"{label}, {span.name}: {_works(count) if count else 'no work'}")
        state = [] if group == _ANY else [("group", group)]
        state += [("year", str(year)) for year in span.years]
        address = self.explorer(*state) if count and group else ""
        title = f"<title>{name}</title>"
        if not address:
            return f'<g role="img" aria-label="{name}">{title}{drawn}</g>'
        width = 100 / len(self.spans)
        room = f'<rect x="{at * width:.2f}%" y="0" width="{width:.2f}%" height="{height}"/>'
        return f'<a href="{escape(address)}" aria-label="{name}">{title}{room}{drawn}</a>'

    def _x(self, at: int) -> str:
        """The middle of a column. Shares of the width let the drawing narrow, its words not."""
        return f"{100 * (at + 0.5) / len(self.spans):.2f}%"

    def table(self) -> str:
        """The numbers of the drawing in rows and columns."""
        spans = [span for span in self.spans if span.first == span.last or span.years]
        head = "".join(f'<th scope="col">{span.label}</th>' for span in spans)
        rows = [(group.label, group.slug) for group in self.groups]
        body = "".join(self._numbers(label, slug, spans) for label, slug in rows)
        table = _figures(
            "Number of works by group and year",
            f'<tr><th scope="col">Group</th>{head}<th scope="col" class="sum">Works</th></tr>',
            f"<tbody>{body}</tbody>",
            self._numbers(_ALL, _ANY, spans),
        )
        return _region("Works by group and year", "", table)

    def _numbers(self, label: str, group: str, spans: Iterable[_Span]) -> str:
        cells = "".join(f"<td>{self.count(group, span):,}</td>" for span in spans)
        total = f'<td class="sum">{self.count(group):,}</td>'
        return f'<tr><th scope="row">{escape(label)}</th>{cells}{total}</tr>'


def _svg(label: str, height: int, drawn: str) -> str:
    """A drawing as wide as its place. Its links are within reach, so it is a group and no image."""
    name = escape(label)
    return f'<svg role="group" aria-label="{name}" width="100%" height="{height}">{drawn}</svg>'
