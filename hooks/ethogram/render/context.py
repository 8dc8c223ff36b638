"""What rendering needs to know besides the page: records, terms, relations, addresses."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import PurePath
from urllib.parse import quote, urlencode

from ethogram import glossary as words
from ethogram.bibliography import Bibliography
from ethogram.cards import Card
from ethogram.entries import Entry
from ethogram.site import PAPERS, Site
from ethogram.standing import Standing
from ethogram.taxonomy import Group, Taxonomy, Term

Href = Callable[[str], str]
"""From a page of docs/ with an optional anchor ("deception/sandbagging.md#x") to an address."""

Snippet = Callable[[], str]
"""A piece of HTML, made when it is needed: between a site's pages being read and being written
there is a time when all of them are held at once."""


def _never(_: str) -> str:
    return ""


@lru_cache(maxsize=4096)
def _explored(explorer: str, *state: tuple[str, str]) -> str:
    return f"{explorer}?{urlencode(state, safe='', quote_via=quote)}"


@dataclass(frozen=True)
class Context:
    """What rendering needs to know besides the page.

    Attributes:
        bibliography: the records.
        taxonomy: the terms.
        pages: the docs/ path of each term that has a page of its own.
        cards: by term, the cards that stand on its page or name it.
        docs: the folder of the pages, by which a card's path begins.
        href: the address of a page, relative to the one being rendered; empty where the site
            has no such page.
        top: the address of the site's top, relative to the page; without a slash at its end.
        entries: by citation key, every record with all that the site says of it.
        standings: how well each behavior stands, by slug.
        checked: the day on which a link was last asked for; empty if it never was.
        lists: what is made elsewhere and a page may ask for, by its name in `LISTS`.
        site: its name and address, by which a page is cited.
        glossary: the terms of art that the site explains.
    """

    bibliography: Bibliography
    taxonomy: Taxonomy
    pages: Mapping[str, str]
    cards: Mapping[str, Sequence[Card]]
    docs: PurePath
    href: Href
    top: str = ".."
    entries: Mapping[str, Entry] = field(default_factory=dict)
    standings: Mapping[str, Standing] = field(default_factory=dict)
    checked: Callable[[str], str] = _never
    lists: Mapping[str, Snippet] = field(default_factory=dict)
    site: Site = field(default_factory=Site)
    glossary: Sequence[words.Term] = ()

    def entry(self, card: Card) -> Entry | None:
        """All that is known of a card's work; None while it has no record."""
        work = self.bibliography.get(card.work)
        return (self.entries.get(work.key) or Entry(work, (card,))) if work else None

    def work(self, key: str, anchor: str = "") -> str:
        """The address of a work's permanent page, or of a place on it."""
        return f"{self.top}/{self.site.work(key)}" + (f"#{anchor}" if anchor else "")

    def path(self, source: str) -> str:
        """Where a page is inside docs/, with forward slashes."""
        return PurePath(os.path.relpath(source, self.docs)).as_posix()

    def address(self, card: Card, anchor: str = "") -> str:
        """The address of a card's page, or of the card itself."""
        path = self.path(card.path)
        return self.href(f"{path}#{anchor}" if anchor else path)

    def correction(self, card: Card) -> str:
        """The address of the form in which a reader corrects a card; empty without GitHub."""
        if not self.site.repo:
            return ""
        work = self.bibliography.get(card.work)
        return self.site.correction(self.path(card.path), work.key if work else card.work.id)

    def explored(self, **state: str) -> str:
        """The address of the works for which all of this holds; empty without an explorer."""
        return _explored(self._explorer, *state.items()) if self._explorer else ""

    def term(self, term: Term) -> str:
        """The page of a term, or its place on its group's page while it has none."""
        return self.href(self.pages.get(term.slug, f"{term.group}/index.md#{term.slug}"))

    def of_group(self, group: Group) -> list[Card]:
        """The cards of a group's terms, each once."""
        cards = (card for term in group.terms for card in self.cards.get(term.slug, ()))
        return list({(card.path, card.line): card for card in cards}.values())

    @cached_property
    def rules(self) -> str:
        """Where the site tells readers by what rules a finding stands; empty if it does not."""
        return self.href("about.md#how-well-a-finding-stands")

    @cached_property
    def _explorer(self) -> str:
        return self.href(f"{PAPERS}/index.md")
