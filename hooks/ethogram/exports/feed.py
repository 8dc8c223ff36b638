"""What is new: Atom feeds (RFC 4287) of the site and of each group, an entry for each card.

A feed holds every card, up to the newest thousand: who follows one wants to know what came since
the last time, and asks for it every hour. papers.json has every card there is.

A card tells when it was added. One that does not is taken to be as old as its work, which puts it
behind those that are known to be new. An entry's id is made of the site's name, the page and the
work, so that it stays what it is when the site moves; of a page that has moved, it is the first
path that counts.
"""

from collections.abc import Iterable, Iterator
from html import escape
from uuid import NAMESPACE_URL, uuid5

from ethogram.days import is_day
from ethogram.exports.cited import Cited
from ethogram.exports.contents import Contents, Shown, printable
from ethogram.works import WorkId

NEWEST = 1_000
"""How many cards a feed holds at most."""

_NEVER = "1970-01-01"


def files(contents: Contents) -> Iterator[tuple[str, bytes]]:
    """Yield the site's feed, and one for each group of terms, even where it has no card yet."""
    feeds, name = _Feeds(contents), contents.site.name
    yield "feed.xml", feeds.feed("feed.xml", name, contents.cards)
    for group in contents.catalog.taxonomy.groups:
        path = f"{group.slug}/feed.xml"
        cards, page = contents.cards_of(group.terms), contents.group_address(group.slug)
        yield path, feeds.feed(path, f"{name}: {group.label}", cards, page)


def day(shown: Shown) -> str:
    """The day of a card, as 2026-11-21: when it was added, else when its work appeared."""
    added = shown.value("added")
    if is_day(added):
        return added
    if shown.cited is None:
        return _NEVER
    year, month, of_month = (*shown.cited.date, "01", "01")[:3]
    found = f"{year}-{month}-{of_month}"
    return found if is_day(found) else f"{year}-01-01"


class _Feeds:
    """Writes the feeds of one site; an entry that is in two of them is written once."""

    def __init__(self, contents: Contents) -> None:
        self.contents = contents
        self.written: dict[int, str] = {}
        self.days = [day(shown) for shown in contents.cards]

    def feed(self, path: str, title: str, cards: Iterable[Shown], page: str = "") -> bytes:
        """A feed; what it is a feed of has a page, which is the site's own if no other."""
        site = self.contents.site
        newest = sorted(cards, key=lambda shown: self.days[shown.number], reverse=True)[:NEWEST]
        updated = self.days[newest[0].number] if newest else _NEVER
        # Where the site has no address of its own, it is where the feed is found.
        base = "" if site.url else f' xml:base="{"../" * path.count("/") or "./"}"'
        told = _text(site.description)
        subtitle = f"<subtitle>{told}</subtitle>\n" if told else ""
        entries = "".join(map(self.entry, newest))
        return (
            '<?xml version="1.0" encoding="utf-8"?>\n'
            f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"{base}>\n'
            f"<id>{self.urn(path)}</id>\n"
            f"<title>{_text(title)}</title>\n"
            f"{subtitle}"
            f"<updated>{updated}T00:00:00Z</updated>\n"
            f"<author><name>{_text(site.name)}</name></author>\n"
            f"{_link('self', site.absolute(path), 'application/atom+xml')}"
            f"{_link('alternate', page or site.url or './', 'text/html')}"
            f"{entries}</feed>\n"
        ).encode()

    def entry(self, shown: Shown) -> str:
        if shown.number not in self.written:
            self.written[shown.number] = self._entry(shown)
        return self.written[shown.number]

    def _entry(self, shown: Shown) -> str:
        cited = shown.cited
        repeat = f"#{shown.repeat + 1}" if shown.repeat else ""
        name = f"{shown.origin}#{shown.card.work}{repeat}"
        return (
            "<entry>\n"
            f"<id>{self.urn(name)}</id>\n"
            f"<title>{_text(shown.heading)}</title>\n"
            f"<updated>{self.days[shown.number]}T00:00:00Z</updated>\n"
            f"{_authors(cited)}"
            f"{_link('alternate', shown.address, 'text/html')}"
            f"{''.join(_link('related', address) for address in _addresses(shown))}"
            f"{self._categories(shown)}"
            f"<summary>{_text(_summary(shown))}</summary>\n"
            f'<content type="html">{_text(_content(shown))}</content>\n'
            "</entry>\n"
        )

    def _categories(self, shown: Shown) -> str:
        terms = self.contents.catalog.taxonomy.terms
        labels = [(slug, terms[slug].label) for slug in shown.behaviors if slug in terms]
        return "".join(
            f'<category term="{_text(slug)}" label="{_text(label)}"/>\n' for slug, label in labels
        )

    def urn(self, name: str) -> str:
        """An id that stays: of the site, and of what is meant in it."""
        return uuid5(NAMESPACE_URL, f"{self.contents.site.name}/{name}").urn


def _authors(cited: Cited | None) -> str:
    names = cited.work.authors if cited else ()
    return "".join(f"<author><name>{_text(name)}</name></author>\n" for name in names)


def _addresses(shown: Shown) -> list[str]:
    """The work itself: where it is, and where it was published."""
    found = [shown.card.work.base.address]
    if shown.cited:
        work = shown.cited.work
        found = [work.id.address, WorkId("doi", work.doi).address if work.doi else ""]
    return list(dict.fromkeys(filter(None, found)))


def _summary(shown: Shown) -> str:
    """The work's reference, with its numbers, and what speaks against it."""
    if shown.cited is None:
        return str(shown.card.work)
    return " ".join((*shown.cited.remarks, shown.cited.reference))


def _content(shown: Shown) -> str:
    """The card as HTML: what speaks against the work, what was found, the reference."""
    remarks = shown.cited.remarks if shown.cited else ()
    parts = [f"<p><strong>{escape(remark)}</strong></p>" for remark in remarks]
    parts += [f"<p>{escape(paragraph)}</p>" for paragraph in shown.finding]
    links = (f'<a href="{escape(each)}">{escape(each)}</a>' for each in _addresses(shown))
    if shown.cited:
        parts.append(f"<p>{escape(shown.cited.reference)}</p>")
    return f"{''.join(parts)}<p>{', '.join(links)}</p>"


def _link(rel: str, address: str, kind: str = "") -> str:
    shown_as = f' type="{kind}"' if kind else ""
    return f'<link rel="{rel}"{shown_as} href="{_text(address)}"/>\n'


def _text(text: str) -> str:
    return escape(printable(text))
