"""A work with all that the site says of it: its cards, its relations both ways, its standing."""

from collections.abc import Callable, Iterable, Mapping
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
_VOID = ("withdrawn", "retracted")


@dataclass(frozen=True, slots=True)
class Relation:
    """What the card of one work says of another.

    Attributes:
        kind: one of `cards.RELATIONS`.
        source: the work whose card says so.
        target: what the other work is identified by.
        record: the other work's record; None while it has none.
        card: the card that says so.
    """

    kind: str
    source: Work
    target: WorkId
    record: Work | None
    card: Card

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
        return self.standing.against if self.standing else ()


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
    return _Join(bibliography, term_of).entries(cards)


class _Join:
    def __init__(self, bibliography: Bibliography, term_of: Callable[[Card], str]) -> None:
        self.bibliography, self.term_of = bibliography, term_of
        self.cards: dict[str, list[Card]] = {}
        self.says: dict[str, list[Relation]] = {}
        self.said: dict[str, list[Relation]] = {}

    def entries(self, cards: Iterable[Card]) -> dict[str, Entry]:
        for card in cards:
            if work := self.bibliography.get(card.work):
                self.cards.setdefault(work.key, []).append(card)
                self._relate(card, work)
        status = {key: self._status(key) for key in self.bibliography.works}
        return {key: self._entry(key, status) for key in sorted(self.bibliography.works)}

    def _relate(self, card: Card, work: Work) -> None:
        """Note the relations that a card states; one that is stated twice counts once."""
        known = {(each.kind, each.target) for each in self.says.get(work.key, ())}
        for kind in RELATIONS:
            for value in card.values(kind):
                target = identify(value.text)
                record = self.bibliography.get(target) if target else None
                named = record.id if record else target.base if target else None
                if named is None or record == work or (kind, named) in known:
                    continue
                known.add((kind, named))
                relation = Relation(kind, work, named, record, card)
                self.says.setdefault(work.key, []).append(relation)
                if record:
                    self.said.setdefault(record.key, []).append(relation)

    def _status(self, key: str) -> Status:
        """Whether a work stands as published: its record, its cards, and what supersedes it."""
        said = {card.value("status") for card in self.cards.get(key, ())}
        if "retracted" in said:
            return "retracted"
        if self.bibliography.works[key].withdrawn or "withdrawn" in said:
            return "withdrawn"
        replaced = any(each.kind == "supersedes" for each in self.said.get(key, ()))
        return "superseded" if replaced or "superseded" in said else "current"

    def _entry(self, key: str, status: Mapping[str, Status]) -> Entry:
        work, cards = self.bibliography.works[key], self.cards.get(key)
        says, said = self.says.get(key, ()), self.said.get(key, ())
        if not cards:
            if not said:
                return Entry(work, status=status[key])
            return Entry(work, said=self._in_order(said, status), status=status[key])
        terms = [slug for card in cards if (slug := self.term_of(card))]
        terms += [value.text for card in cards for value in card.values("behaviors")]
        counted = [each for each in said if status[each.source.key] not in _VOID]
        return Entry(
            work,
            tuple(cards),
            tuple(dict.fromkeys(terms)),
            tuple(says),
            self._in_order(said, status),
            status[key],
            self._standing(cards, counted),
        )

    @staticmethod
    def _in_order(said: Iterable[Relation], status: Mapping[str, Status]) -> tuple[Relation, ...]:
        rank = lambda each: (status[each.source.key] in _VOID, not each.against)  # noqa: E731
        return tuple(sorted(said, key=rank))

    def _standing(self, cards: Iterable[Card], said: Iterable[Relation]) -> Standing:
        evidence = {card.value("evidence") for card in cards}
        against = {each.source.key: each.source for each in said if each.against}
        again = {each.source.key: each.source for each in said if _is_replication(each)}
        return standing.of_work(evidence, against.values(), again.values())


def _is_replication(relation: Relation) -> bool:
    if relation.kind == "supports":
        return relation.card.value("evidence") == "replication"
    return relation.kind == "replicates"
