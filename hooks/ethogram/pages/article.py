"""What a work's page says to its reader."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html import escape
from pathlib import PurePath
from typing import NamedTuple

from ethogram import reference
from ethogram.cards import Card
from ethogram.entries import INVERSE, Entry, Relation
from ethogram.exports.cited import Cited
from ethogram.exports.contents import Contents
from ethogram.pages.metadata import addresses
from ethogram.record import Work
from ethogram.render import authors_shown, cite_menu, display
from ethogram.render.card import added, chips, correct
from ethogram.render.cite import coins, source_link
from ethogram.render.relations import contested_by, named
from ethogram.site import CITE
from ethogram.standing import Standing
from ethogram.works import WorkId

ANCHOR = "work"
"""The place on the page where its own words begin."""

AUTHORS_OPEN = 12
"""Names that are shown at once; of a longer list the rest is folded away."""

_TOP = "../.."

Words = Sequence[str]
"""A finding, a paragraph each."""


class Written(NamedTuple):
    """A page as written: what the work is in a few plain words, and the HTML of all."""

    summary: str
    html: str


class Article:
    """Writes the words of works' pages, all of which are two folders below the site's top."""

    def __init__(self, contents: Contents) -> None:
        """Get ready.

        Args:
            contents: what there is to tell.
        """
        self._contents = contents
        self._catalog, self._site = contents.catalog, contents.site
        self._context = self._catalog.context(cache(self._href), _TOP, self._site)
        self._page_of, self._work = cache(self._page), cache(self._named)

    def write(self, cited: Cited) -> Written:
        """Write the page of a work."""
        entry, key = cited.entry, cited.work.key
        words = [card.finding for card in self._contents.by_work.get(key, ())]
        banner, formats = self._banner(entry), self._contents.formats[key]
        downloads = [*_downloads(key, formats.addresses())]
        html = (
            f'<div class="work">{banner}{_head(cited, downloads)}'
            f'<div class="work-main">{self._findings(entry, words)}{self._relations(entry)}'
            f"{self._related(entry)}</div>"
            f'<div class="work-side">{self._links(entry)}{_versions(entry.work)}</div>'
            f"{_record(formats.bib, downloads)}</div>{self._preview(entry, banner, words)}"
        )
        return Written(_summary(entry, words), html)

    def _href(self, target: str) -> str:
        """The address of a page of docs/; empty where the site has no such page."""
        path, _, anchor = target.partition("#")
        known = path in self._catalog.by_path
        return f"{_TOP}/{self._site.page(path, anchor)}" if known else ""

    # -- before the finding

    def _banner(self, entry: Entry) -> str:
        """Say first of all what speaks against relying on a work."""
        lines = [*self._taken(entry)]
        if by := contested_by(entry, self._context):
            lines.append(f"<b>Contested</b>: {by}.")
        paragraphs = "".join(f"<p>{line}</p>" for line in lines)
        return f'<div class="banner" role="note">{paragraphs}</div>' if lines else ""

    def _taken(self, entry: Entry) -> Iterator[str]:
        """That it does not stand as published."""
        if entry.status == "current":
            return
        newer = [each.source for each in entry.said if each.kind == "supersedes" and not each.void]
        by = reference.listed(named(work, self._context) for work in newer)
        term = self._catalog.taxonomy.statuses.get(entry.status)
        said = f": {escape(term.definition[:1].lower() + term.definition[1:])}" if term else "."
        yield f"<b>{entry.status.capitalize()}</b>{f' by {by}.' if by else said}"

    # -- what is said of it

    def _findings(self, entry: Entry, words: Sequence[Words]) -> str:
        if not entry.cards:
            return f"<h2>Finding</h2>{_no_card(entry.work)}"
        name = "Finding" if len(entry.cards) == 1 else "Findings"
        pairs = zip(entry.cards, words, strict=True)
        return f"<h2>{name}</h2>{''.join(self._finding(entry.work, *pair) for pair in pairs)}"

    def _finding(self, work: Work, card: Card, words: Words) -> str:
        address, label = self._page_of(card.path)
        links = [f'<a href="{address}#{work.key}">Read the card on {label}</a>']
        links += [
            f'<a href="{escape(url)}">{name.capitalize()}</a>'
            for name in ("code", "data")
            if _is_web(url := card.value(name))
        ]
        links += correct(card, self._context)
        if day := added(card):
            links.append(f'<span class="added">{day}</span>')
        foot = f'<div class="card-foot">{" ".join(links)}</div>'
        fields = chips(card, None, self._context)
        return f'<section class="finding">{fields}{_paragraphs(words)}{foot}</section>'

    def _page(self, path: str) -> tuple[str, str]:
        """The address of a page with cards, and its name as HTML."""
        name = self._catalog.relative(path)
        page, taxonomy = self._catalog.by_path[name], self._catalog.taxonomy
        term = taxonomy.terms.get(page.meta("behavior")) or taxonomy.group(page.meta("group"))
        label = term.label if term else PurePath(name).stem.replace("-", " ").capitalize()
        return f"{_TOP}/{self._site.page(name)}", escape(label)

    # -- other works

    def _relations(self, entry: Entry) -> str:
        """What speaks against it or for it, and what it says of others: against before for."""
        said = [(each.void, not each.against, 0, self._said(each)) for each in entry.said]
        says = [(each.void, not each.against, 1, self._says(each)) for each in entry.says]
        found = sorted([*said, *says], key=lambda each: each[:3])
        items = "".join(html for *_, html in found)
        return f'<h2>For and against</h2><ul class="relations">{items}</ul>' if items else ""

    def _said(self, relation: Relation) -> str:
        status = self._catalog.entries[relation.source.key].status
        note = f' <span class="status">{status}: it counts for nothing</span>'
        words = INVERSE[relation.kind].capitalize()
        return _relation(relation, words, self._work(relation.source.key), note * relation.void)

    def _says(self, relation: Relation) -> str:
        words = relation.kind.replace("-", " ").capitalize()
        other = relation.record
        target = (
            self._work(other.key) if other else f"{source_link(relation.target)} (no record yet)"
        )
        return _relation(relation, words, target)

    def _named(self, key: str) -> str:
        """A work by title, authors and year, linked to its page."""
        work = self._catalog.bibliography.works[key]
        return f'{self._link_to(work)} <span class="who">{_who(work)}</span>'

    def _link_to(self, work: Work) -> str:
        address = f"{_TOP}/{self._site.work(work.key)}"
        return f'<a href="{address}" data-preview="{work.key}">{display(work.title)}</a>'

    def _related(self, entry: Entry) -> str:
        """The works nearest to it, without those that were named above."""
        above = {each.source.key for each in entry.said}
        above |= {each.record.key for each in entry.says if each.record}
        keys = self._catalog.related.get(entry.work.key, ())
        items = "".join(f"<li>{self._work(key)}</li>" for key in keys if key not in above)
        return f'<h2>Related</h2><ul class="elsewhere">{items}</ul>' if items else ""

    # -- where it is, and its record

    def _links(self, entry: Entry) -> str:
        """Where the work, its code and its data are, and when each was last seen there."""
        work, labels = entry.work, dict(addresses(entry.work))
        if work.id.pdf:
            labels[work.id.pdf] = "PDF"
        for name in ("code", "data"):
            for url in entry.values(name):
                if _is_web(url):
                    labels.setdefault(url, name.capitalize())
        items = "".join(self._link(url, label) for url, label in labels.items())
        return f'<h2>Links</h2><ul class="places">{items}</ul>'

    def _link(self, url: str, label: str) -> str:
        day = self._catalog.checked(url)
        checked = f"checked <time>{day}</time>" if day else "not checked yet"
        link = f'<a href="{escape(url)}">{escape(label)}</a>'
        return f'<li>{link} <span class="checked">{checked}</span></li>'

    # -- the preview

    def _preview(self, entry: Entry, banner: str, words: Sequence[Words]) -> str:
        """What is shown of the work where a link to it is pointed at: no part of what is read."""
        work, kinds = entry.work, self._catalog.taxonomy.evidence
        place = f" · <cite>{display(work.journal)}</cite>" if work.journal else ""
        standing = _standing(entry.standing, brief=True) if entry.standing else ""
        terms = ((kind, kinds.get(kind)) for kind in entry.values("evidence"))
        evidence = ", ".join(escape(term.label if term else kind) for kind, term in terms)
        kind = f'<p class="evidence">{evidence}</p>' if evidence else ""
        said = words[0] if words else ["No card has been written of it yet."]
        return (
            f'<section class="preview" hidden>{banner}'
            f'<p class="preview-title">{self._link_to(work)}</p>'
            f'<p class="who">{_who(work)}{place}</p>'
            f"{kind}{standing}{_paragraphs(said)}</section>"
        )


# -- parts that need nothing but the work -----------------------------------------------------


def _is_web(url: str) -> bool:
    return url.startswith(("https://", "http://"))


def _who(work: Work) -> str:
    """Whose it is and of when; not everything has authors."""
    return " · ".join(filter(None, (authors_shown(work), str(work.year))))


def _paragraphs(words: Words) -> str:
    return "".join(f"<p>{escape(paragraph)}</p>" for paragraph in words)


def _summary(entry: Entry, words: Sequence[Words]) -> str:
    """Say in plain text what a work is: its status, and its finding or whose it is."""
    status = "" if entry.status == "current" else f"{entry.status.capitalize()}. "
    if words and words[0]:
        return f"{status}{words[0][0]}"
    return f"{status}{reference.plain(entry.work)}"


def _head(cited: Cited, downloads: Iterable[str]) -> str:
    """Title, authors, place and standing, and what a citer takes along."""
    work, how = cited.work, cited.entry.standing
    title = f'<a href="{escape(work.id.address)}">{display(work.title)}</a>'
    menu = cite_menu(f"#{CITE}", reference.plain(work, cited.entry.status), downloads)
    return (
        f'<header><h1 id="{ANCHOR}">{title}</h1>{_authors(work)}'
        f'<p class="who">{coins(work)}{_place(work)}</p>'
        f"{_standing(how) if how else ''}{menu}</header>"
    )


def _authors(work: Work) -> str:
    """All names; of a long list only the first at once."""
    names = [escape(name) for name in work.authors]
    end = "" if work.authors_complete else " <i>et al.</i>"
    if len(names) <= AUTHORS_OPEN:
        return f'<p class="who authors">{", ".join(names)}{end}</p>' if names else ""
    first, rest = names[: AUTHORS_OPEN - 2], names[AUTHORS_OPEN - 2 :]
    return (
        f'<details class="who authors"><summary>{", ".join(first)} '
        f"<b>and {len(rest)} more</b></summary>{', '.join(rest)}{end}</details>"
    )


def _place(work: Work) -> str:
    """When and where it appeared, and under which numbers."""
    parts = [f"<time>{work.date or work.year}</time>"]
    if work.journal:
        parts.append(f"<cite>{display(work.journal)}</cite>")
    parts.append(source_link(work.id))
    if work.doi and work.id.scheme != "doi":
        parts.append(source_link(WorkId("doi", work.doi)))
    return " · ".join(parts)


def _standing(standing: Standing, brief: bool = False) -> str:
    """How well its finding stands, and by which rule; the rule is in a hint where room is short."""
    label = standing.label.capitalize()
    if brief:
        rule = escape(standing.rule)
        return f'<p class="standing {standing.name}" title="{rule}"><b>{label}</b></p>'
    return f'<p class="standing {standing.name}"><b>{label}.</b> {escape(standing.rule)}</p>'


def _no_card(work: Work) -> str:
    name = escape(work.id.id)
    return (
        '<p class="no-card">No card has been written of this work yet; it is known here because '
        "others cite it. Whoever has read it can add one: "
        f"<code>ethogram add {name} --to group/behavior</code> starts it.</p>"
    )


def _relation(relation: Relation, words: str, html: str, note: str = "") -> str:
    side = "void" if relation.void else "against" if relation.against else "for"
    return f'<li class="{side}"><b>{words}</b> {html}{note}</li>'


def _downloads(key: str, addresses: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a link for each format, whose address is the file itself."""
    for suffix, address in addresses:
        name = f"{key}.{suffix}"
        yield f'<a href="{address}" download="{name}" data-save="{suffix}">.{suffix}</a>'


def _record(bibtex: str, downloads: Iterable[str]) -> str:
    """The work as BibTeX, and to save: to this place lead the menus of its cards."""
    return (
        f'<div class="record" id="{CITE}"><h2>Record</h2>'
        f"<pre><code>{escape(bibtex, quote=False)}</code></pre>"
        f'<p class="saves">Save as {", ".join(downloads)}</p></div>'
    )


def _versions(work: Work) -> str:
    """When it first appeared, what is its newest version, and when that was last confirmed."""
    items = "".join(f"<dt>{name}</dt><dd>{html}</dd>" for name, html in _facts(work))
    return f'<h2>Versions</h2><dl class="facts">{items}</dl>'


def _facts(work: Work) -> Iterator[tuple[str, str]]:
    yield "First version", f"<time>{work.date or work.year}</time>"
    if work.version or work.updated:
        version = f"v{work.version}" if work.version else ""
        day = f"<time>{work.updated}</time>" if work.updated else ""
        yield "Newest known version", " of ".join(filter(None, (version, day)))
    if work.primary_class:
        yield "Subject", escape(work.primary_class)
    if work.note:
        yield "Authors' note", display(work.note)
    if work.checked:
        yield "Record confirmed", f"<time>{work.checked}</time>"
