"""What the files for machines tell of: the works and the cards of a site, each prepared once."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from ethogram import moves
from ethogram.cards import Card, Page, prose
from ethogram.catalog import Catalog
from ethogram.exports.cited import Cited, cite
from ethogram.exports.formats import Formats, of_work
from ethogram.site import Site
from ethogram.taxonomy import Term

# Lone surrogates are no text at all, and the others no part of XML, even escaped.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True)
class Shown:
    """A card as every file tells of it.

    Attributes:
        card: the card.
        cited: its work; None while that has no record.
        number: its place among all cards of the site, from 0.
        repeat: how many cards of the same work stand before it on its page.
        path: its page, as a path inside docs/.
        origin: the path that its page had at first; the same for one that has never moved.
        anchor: what leads to it on that page; empty where nothing does.
        address: where it is shown, on the web as far as the site knows.
        behaviors: slugs of the terms it bears on: its page's first.
    """

    card: Card
    cited: Cited | None
    number: int
    repeat: int
    path: str
    origin: str
    anchor: str
    address: str
    behaviors: tuple[str, ...]

    @property
    def title(self) -> str:
        """Its work's title; while there is no record, the words of its own."""
        return self.cited.work.title if self.cited else printable(self.card.title or self.card.url)

    @property
    def heading(self) -> str:
        """The title, after a mark where the work was taken back: "[Retracted] A Claim"."""
        taken = self.cited.taken if self.cited else ""
        return f"[{taken.capitalize()}] {self.title}" if taken else self.title

    @cached_property
    def fields(self) -> dict[str, list[str]]:
        """The values of its fields, by name, each once."""
        found: dict[str, list[str]] = {}
        for field in self.card.fields:
            values = found.setdefault(field.name, [])
            for value in field.values:
                text = printable(value.text)
                if text and text not in values:
                    values.append(text)
        return found

    def values(self, name: str) -> Sequence[str]:
        """The values of a field, each once; none where the card does not have it."""
        return self.fields.get(name, ())

    def value(self, name: str) -> str:
        """The first value of a field, or an empty string."""
        return next(iter(self.values(name)), "")

    @cached_property
    def finding(self) -> tuple[str, ...]:
        """What it tells, as plain text, a paragraph each."""
        return tuple(map(printable, prose(self.card)))


class Contents:
    """A site's works and cards.

    Attributes:
        catalog, site: where they come from.
        works: every work that has a record, by key and in the order of keys.
        cards: every card, in the order of pages.
    """

    def __init__(self, catalog: Catalog, site: Site) -> None:
        self.catalog, self.site = catalog, site
        self.works = cite(catalog.entries)
        self._origins = moves.first_paths(catalog)
        self.cards = self._cards()

    def _cards(self) -> list[Shown]:
        found: list[Shown] = []
        for page in self.catalog.pages:
            found.extend(self._cards_on(page, len(found)))
        return found

    def _cards_on(self, page: Page, first: int) -> Iterator[Shown]:
        """Yield a page's cards. The first one of a work is what its key leads to there."""
        path, own = self.catalog.relative(page.path), page.meta("behavior")
        origin = self._origins.get(path, path)
        address = self.site.absolute(self.site.page(path))
        count: dict[str, int] = {}
        for number, card in enumerate(page.cards, first):
            name = str(card.work)
            repeat = count.get(name, 0)
            count[name] = repeat + 1
            work = self.catalog.bibliography.get(card.work)
            anchor = work.key if work and not repeat else ""
            named = (own, *(value.text for value in card.values("behaviors")))
            yield Shown(
                card,
                self.works[work.key] if work else None,
                number,
                repeat,
                path,
                origin,
                anchor,
                f"{address}#{anchor}" if anchor else address,
                tuple(dict.fromkeys(filter(None, map(printable, named)))),
            )

    @cached_property
    def formats(self) -> dict[str, Formats]:
        """Every work in each format, by key and in the order of keys."""
        return {key: of_work(cited) for key, cited in self.works.items()}

    @cached_property
    def by_work(self) -> dict[str, list[Shown]]:
        """The cards of each work that has one, by its key."""
        found: dict[str, list[Shown]] = {}
        for shown in self.cards:
            if shown.cited:
                found.setdefault(shown.cited.work.key, []).append(shown)
        return found

    @cached_property
    def by_term(self) -> dict[str, list[Shown]]:
        """The cards of each behavior, by its slug, in the order of pages."""
        found: dict[str, list[Shown]] = {}
        for shown in self.cards:
            for slug in shown.behaviors:
                found.setdefault(slug, []).append(shown)
        return found

    def cards_of(self, terms: Iterable[Term]) -> list[Shown]:
        """The cards of some behaviors, each once, in the order of pages."""
        found = {shown.number: shown for term in terms for shown in self.by_term.get(term.slug, ())}
        return [found[number] for number in sorted(found)]

    def term_address(self, term: Term) -> str:
        """Where a behavior is told of: on its own page, else in its group's list; or nowhere."""
        if page := self.catalog.term_pages.get(term.slug):
            return self.site.absolute(self.site.page(page))
        return self._group_page(term.group, term.slug)

    def group_address(self, slug: str) -> str:
        """Where a group is told of; empty where it has no page."""
        return self._group_page(slug)

    def _group_page(self, group: str, anchor: str = "") -> str:
        page = f"{group}/index.md"
        known = page in self.catalog.by_path
        return self.site.absolute(self.site.page(page, anchor)) if known else ""


def printable(text: str) -> str:
    """Text without the characters that cannot stand in every format."""
    return text if text.isprintable() else _UNPRINTABLE.sub("", text)
