"""Thanks to those who added cards, from the cards."""

from collections.abc import Iterator
from html import escape

from ethogram import contributors
from ethogram.cards import Card
from ethogram.catalog import Catalog
from ethogram.contributors import Contributor
from ethogram.render import display, short_name
from ethogram.render.cite import link
from ethogram.render.opening import counted
from ethogram.site import Site

SHOWN = 12
"""Cards that are listed at once; of more, the list is folded."""

_NOBODY = "<p>No card names yet who added it.</p>"


def thanks(catalog: Catalog, site: Site, top: str) -> str:
    """Everyone whom cards name, with what they added, as HTML.

    Args:
        catalog: the cards.
        site: where pages are on it.
        top: the address of the site's top, relative to the page; without a slash at its end.
    """
    people = contributors.of_cards(catalog.cards)
    items = "".join(f"<li>{_person(each, catalog, site, top)}</li>" for each in people)
    return f'<ul class="contributors">{items}</ul>' if people else _NOBODY


def _person(person: Contributor, catalog: Catalog, site: Site, top: str) -> str:
    name = f"<b>{link(person.profile, escape(person.name))}</b>"
    count = counted(len(person.cards))
    cards = ", ".join(_cards(person, catalog, site, top))
    if len(person.cards) > SHOWN:
        return f"{name} <details><summary>{count}</summary>{cards}</details>"
    return f'{name} <span class="count">{count}</span>: {cards}'


def _cards(person: Contributor, catalog: Catalog, site: Site, top: str) -> Iterator[str]:
    """Yield a link to each card, at its place on its page."""
    for card in person.cards:
        work = catalog.bibliography.get(card.work)
        path = catalog.relative(card.path)
        address = f"{top}/{site.page(path, work.key if work else '')}"
        yield link(address, short_name(work) if work else _name(card))


def _name(card: Card) -> str:
    """A card without a record goes by its own title."""
    return display(card.title or card.url)
