"""Who added cards: people by name, or by their handle on GitHub, as a card's `added-by` has it."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ethogram.cards import Card, Value

FIELD = "added-by"
"""The field of a card that names them."""

_LONGEST = 100
"""Characters of a name: more is a text."""

# As GitHub's sign-up has it: letters, digits and single hyphens, 39 at most, with no hyphen at
# either end.
_HANDLE = re.compile(r"@[A-Za-z0-9](?:[A-Za-z0-9]|-(?=[A-Za-z0-9])){0,38}")
_NO_NAME = re.compile(r"[<>@{}\[\]|\\`]|://")


@dataclass(frozen=True, slots=True)
class Contributor:
    """Someone who added cards.

    Attributes:
        name: as they are named, `@ada` or `Ada Lovelace`.
        cards: those they added, in the order of pages.
    """

    name: str
    cards: tuple[Card, ...]

    @property
    def profile(self) -> str:
        """Their page on GitHub; empty for who is named by a name."""
        return profile(self.name)


def profile(name: str) -> str:
    """The page on GitHub of who is named by a handle; empty for any other name.

    >>> profile("@ada-lovelace"), profile("Ada Lovelace")
    ('https://github.com/ada-lovelace', '')
    """
    return f"https://github.com/{name[1:]}" if _HANDLE.fullmatch(name) else ""


def fault(name: str) -> str:
    """What is wrong with a text that is to name someone; empty if nothing is."""
    if name.startswith("@"):
        return "" if _HANDLE.fullmatch(name) else "is no handle on GitHub"
    named = any(map(str.isalpha, name)) and name.isprintable() and not _NO_NAME.search(name)
    return "" if named and len(name) <= _LONGEST else "is no name and no handle"


def of_card(card: Card) -> tuple[Value, ...]:
    """Those whom a card names, each once; what names nobody is left out."""
    found: dict[str, Value] = {}
    for value in card.values(FIELD):
        if not fault(value.text):
            found.setdefault(_identity(value.text), value)
    return tuple(found.values())


def of_cards(cards: Iterable[Card]) -> list[Contributor]:
    """Everyone whom cards name, sorted by name; a handle's case makes nobody another person."""
    names: dict[str, str] = {}
    added: dict[str, list[Card]] = {}
    for card in cards:
        for value in of_card(card):
            who = _identity(value.text)
            names.setdefault(who, value.text)
            added.setdefault(who, []).append(card)
    found = [Contributor(name, tuple(added[who])) for who, name in names.items()]
    return sorted(found, key=lambda each: (each.name.lstrip("@").casefold(), each.name))


def _identity(name: str) -> str:
    return name.lower() if name.startswith("@") else " ".join(name.split())
