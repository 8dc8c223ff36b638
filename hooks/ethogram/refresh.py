"""What a refresh brings: how a record has changed since it was last written."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from ethogram.findings import visible
from ethogram.record import Work

Kind = Literal["version", "withdrawn", "published", "title", "authors"]

_NAMED = 5
"""Names that a line lists of those who came, and of those who went."""


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a record says otherwise than before.

    Attributes:
        id: the work's number.
        key: its citation key.
        kind: what has changed.
        old, new: what it was, and what it is; a list's names stand for themselves.
        said: both in words.
    """

    id: str
    key: str
    kind: Kind
    old: object
    new: object
    said: str

    def __str__(self) -> str:
        """Return ``2401.05566 (hubinger2024sleeper): v3 of 2024-01-17, was v2``."""
        return visible(f"{self.id} ({self.key}): {self.said}")

    def as_object(self) -> dict[str, object]:
        """The same for programs."""
        names = ("id", "key", "kind", "old", "new")
        return {**{name: getattr(self, name) for name in names}, "line": str(self)}


def changes(before: Work, after: Work) -> Iterator[Change]:
    """Yield what a maintainer is to know of a record that was written anew.

    What arXiv had not told before is no news: a version where none was known is not a newer one.
    """
    for kind, old, new, said in _told(before, after):
        yield Change(after.id.id, after.key, kind, old, new, said)


def _told(before: Work, after: Work) -> Iterator[tuple[Kind, object, object, str]]:
    if before.version and after.version and before.version != after.version:
        date = f" of {after.updated}" if after.updated else ""
        said = f"v{after.version}{date}, was v{before.version}"
        yield "version", before.version, after.version, said
    if before.withdrawn != after.withdrawn:
        said = "withdrawn by its authors" if after.withdrawn else "no longer withdrawn"
        yield "withdrawn", before.withdrawn, after.withdrawn, said
    if (old := _place(before)) != (new := _place(after)):
        said = f"published: {new}" if not old else f"published: {old} -> {new or 'nowhere'}"
        yield "published", old, new, said
    if before.title != after.title:
        said = f'title "{before.title}" -> "{after.title}"'
        yield "title", before.title, after.title, said
    if before.authors != after.authors:
        said = f"authors {_names(before.authors, after.authors)}"
        yield "authors", before.authors, after.authors, said


def _place(work: Work) -> str:
    """Where a work was published: journal and DOI; empty for nowhere."""
    return ", ".join(filter(None, (work.journal, work.doi and f"doi:{work.doi}")))


def _names(old: Sequence[str], new: Sequence[str]) -> str:
    """Who went and who came; of a list of hundreds the others are no news."""
    went, came = Counter(old) - Counter(new), Counter(new) - Counter(old)
    if not went and not came:
        return f"in another order: {_few(old)} -> {_few(new)}"
    return f"{_few([*went.elements()])} -> {_few([*came.elements()])}"


def _few(names: Sequence[str]) -> str:
    more = len(names) - _NAMED
    listed = ", ".join(names[:_NAMED]) or "nobody"
    return f"{listed} and {more} more" if more > 0 else listed
