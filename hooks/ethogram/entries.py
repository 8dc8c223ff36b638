"""A work with all that the site says of it: its cards, its relations both ways, its standing."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ethogram import standing
from ethogram.bibliography import Bibliography, Work
from ethogram.cards import RELATIONS, Card
from ethogram.standing import Standing
from ethogram.works import WorkId, identify

INVERSE: Mapping[str, str] = {
    "supports": "supported by",
    "contradicts": "contradicted by",
    "replicates": "replicated by",
    "fails-to-replicate": "not replicated by",
    "extends": "extended by",
    "supersedes": "superseded by",
}
"""What the other work of a relation says of it, in words."""

AGAINST = frozenset(("contradicts", "fails-to-replicate"))
"""Relations that speak against a work. What does so is shown before what speaks for it."""

Status = Literal["current", "superseded", "withdrawn", "retracted"]
VOID: Mapping[str, Status] = {"retracted": "retracted", "withdrawn": "withdrawn"}
"""What a card's `status` may say that takes a work back, the gravest first."""


@dataclass(frozen=True, slots=True)
class Relation:
    """What the card of one work says of another.

    Attributes:
        kind: one of `cards.RELATIONS`.
        source: the work whose card says so.
        target: what the other work is identified by.
        record: the other work's record; None while it has none.
        card: the card that says so.
        void: whether the work that says so is withdrawn or retracted: it counts for nothing.
    """

    kind: str
    source: Work
    target: WorkId
    record: Work | None
    card: Card
    void: bool = False

    @property
    def against(self) -> bool:
        """Whether it speaks against the other work."""
        return self.kind in AGAINST


@dataclass(frozen=True)
class Entry:
    """A work that has a record, with all that the site says of it.

    Attributes:
        work: its record.
        cards: its cards, in the order of pages; none for a work that is only cited.
        behaviors: slugs of the terms it bears on: those of its cards' pages first.
        says: the relations that its own cards state.
        said: those that others' cards state of it, what speaks against it first; relations that a
            withdrawn or retracted work states come last, and count for nothing.
        status: whether the work stands as published; the gravest that record and cards say.
        standing: how well its finding stands; None without a card.
    """

    work: Work
    cards: tuple[Card, ...] = ()
    behaviors: tuple[str, ...] = ()
    says: tuple[Relation, ...] = ()
    said: tuple[Relation, ...] = ()
    status: Status = "current"
    standing: Standing | None = None

    @property
    def void(self) -> bool:
        """Whether it is withdrawn or retracted, so that what it says counts for nothing."""
        return self.status in VOID

    def values(self, name: str) -> tuple[str, ...]:
        """The values of a field over all cards, each once, in order; behaviors with the pages'."""
        if name == "behaviors":
            return self.behaviors
        return tuple(
            dict.fromkeys(value.text for card in self.cards for value in card.values(name))
        )

    @cached_property
    def added(self) -> str:
        """The day on which its first card was added, as 2026-11-21; empty where none says so."""
        return min((day for card in self.cards if (day := card.value("added"))), default="")

    @cached_property
    def against(self) -> tuple[Work, ...]:
        """The works that contradict it or fail to replicate it, each once."""
        return _sources(each for each in self.said if each.against and not each.void)


def stated(card: Card) -> Iterator[tuple[str, WorkId]]:
    """Yield each relation that a card states, and the work it names; what names none is left out.

    In the order of `cards.RELATIONS`.
    """
    for kind in RELATIONS:
        for value in card.values(kind):
            if target := identify(value.text):
                yield kind, target.base


def join(
    cards: Iterable[Card], bibliography: Bibliography, term_of: Callable[[Card], str]
) -> dict[str, Entry]:
    """Join records, cards and relations.

    Args:
        cards: those of a site, in the order of pages.
        bibliography: its records; a card without one is in no entry.
        term_of: the slug of the behavior on whose page a card stands; empty if on none.

    Returns:
        An entry for every record, by citation key, in the order of keys.
    """
    return _Join(cards, bibliography, term_of).entries()


class _Join:
    def __init__(
        self, cards: Iterable[Card], bibliography: Bibliography, term_of: Callable[[Card], str]
    ) -> None:
        self.bibliography, self.term_of = bibliography, term_of
        self.cards: dict[str, list[Card]] = {}
        for card in cards:
            if work := bibliography.get(card.work):
                self.cards.setdefault(work.key, []).append(card)
        self.void = {key: found for key in bibliography.works if (found := self._taken_back(key))}
        self.says: dict[str, list[Relation]] = {}
        self.said: dict[str, list[Relation]] = {}
        for key in self.cards:
            self._relate(bibliography.works[key])

    def entries(self) -> dict[str, Entry]:
        return {key: self._entry(key) for key in sorted(self.bibliography.works)}

    def _taken_back(self, key: str) -> Status | None:
        """Whether a work is void: known before all relations, which count for nothing if so."""
        said = {card.value("status") for card in self.cards.get(key, ())}
        if self.bibliography.works[key].withdrawn:
            said.add("withdrawn")
        return next((VOID[each] for each in VOID if each in said), None)

    def _relate(self, work: Work) -> None:
        """Note what a work's cards state of others; what is stated twice counts once."""
        known = set()
        for card in self.cards[work.key]:
            for kind, target in stated(card):
                record = self.bibliography.get(target)
                named = record.id if record else target
                if record is work or (kind, named) in known:
                    continue
                known.add((kind, named))
                void = work.key in self.void
                relation = Relation(kind, work, named, record, card, void)
                self.says.setdefault(work.key, []).append(relation)
                if record:
                    self.said.setdefault(record.key, []).append(relation)

    def _status(self, key: str) -> Status:
        """Whether a work stands as published: its record, its cards, and what supersedes it."""
        if key in self.void:
            return self.void[key]
        said = self.said.get(key, ())
        replaced = any(each.kind == "supersedes" and not each.void for each in said)
        cards = self.cards.get(key, ())
        replaced = replaced or any(card.value("status") == "superseded" for card in cards)
        return "superseded" if replaced else "current"

    def _entry(self, key: str) -> Entry:
        work, cards = self.bibliography.works[key], self.cards.get(key, [])
        said = sorted(self.said.get(key, ()), key=lambda each: (each.void, not each.against))
        terms = [slug for card in cards if (slug := self.term_of(card))]
        terms += [value.text for card in cards for value in card.values("behaviors")]
        return Entry(
            work,
            tuple(cards),
            tuple(dict.fromkeys(terms)),
            tuple(self.says.get(key, ())),
            tuple(said),
            self._status(key),
            self._standing(cards, said) if cards else None,
        )

    def _standing(self, cards: Iterable[Card], said: Iterable[Relation]) -> Standing:
        counted = [each for each in said if not each.void]
        against = _sources(each for each in counted if each.against)
        again = _sources(each for each in counted if self._is_replication(each))
        return standing.of_work({card.value("evidence") for card in cards}, against, again)

    def _is_replication(self, relation: Relation) -> bool:
        if relation.kind == "supports":
            cards = self.cards[relation.source.key]
            return any(card.value("evidence") == "replication" for card in cards)
        return relation.kind == "replicates"


def _sources(relations: Iterable[Relation]) -> tuple[Work, ...]:
    """The works that state the relations, each once."""
    return tuple({each.source.key: each.source for each in relations}.values())
