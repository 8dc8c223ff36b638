"""Versions of papers: which one a card is about, and what has come since."""

from dataclasses import dataclass

from ethogram.cards import Card
from ethogram.days import is_day
from ethogram.record import Work


@dataclass(frozen=True, slots=True)
class Newer:
    """A version that is newer than what a card tells of.

    Attributes:
        version: its number.
        date: when it appeared, as 2024-01-17; empty where that is not known.
        read: the version that the card names; None where it names none and is older.
        address: where arXiv lists the versions.
    """

    version: int
    date: str
    read: int | None
    address: str

    @property
    def words(self) -> str:
        """It in words: "v3 since; card read v1", "v3 since this card"."""
        said = f"v{self.version} since"
        return f"{said}; card read v{self.read}" if self.read else f"{said} this card"


def newer(card: Card, work: Work | None) -> Newer | None:
    """What has come since a card was written, as far as its work's record knows.

    A card that names a version was written about that one. Of one that names none, only the day
    on which it was added tells, and only a card of the paper on arXiv is about any of its
    versions: one of what was published is not.
    """
    if work is None or work.version is None or card.work.scheme != "arxiv":
        return None
    read, added = card.work.version, card.value("added")
    if read is None:
        later = work.version > 1 and is_day(added) and work.updated > added
    else:
        later = work.version > read
    if not later:
        return None
    return Newer(work.version, work.updated, read, work.id.address)
