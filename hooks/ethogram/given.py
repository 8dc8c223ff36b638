"""A record as a person gives it, where nobody else does."""

import re
from dataclasses import dataclass

from ethogram.arxiv import is_corporate
from ethogram.bibliography import Work
from ethogram.bibtex import clean, family_name
from ethogram.days import today
from ethogram.findings import EthogramError
from ethogram.sources.sketch import LONGEST_KEY
from ethogram.works import WorkId, citation_key


@dataclass(frozen=True, slots=True)
class Given:
    """What a person says of a work that nobody gives a record of."""

    title: str
    authors: tuple[str, ...]
    year: int
    families: tuple[str, ...] = ()
    complete: bool = True

    @classmethod
    def of(cls, title: str, authors: str, year: str) -> "Given":
        """Check and read what was typed; authors are separated by semicolons.

        Raises:
            EthogramError: it makes no record; the sentence says why.
        """
        names, complete = authors_of(authors)
        texts, families = tuple(text for text, _ in names), tuple(family for _, family in names)
        return cls(title_of(title), texts, year_of(year), families, complete)

    def work(self, name: WorkId) -> Work:
        """The record; it has no `urldate`, for nobody has confirmed it."""
        corporate = frozenset(author for author in self.authors if is_corporate(author))
        family = self.authors[0] if self.authors[0] in corporate else self.families[0]
        return Work(
            id=name.base,
            key=citation_key(family, self.year, self.title)[:LONGEST_KEY],
            title=self.title,
            authors=self.authors,
            year=self.year,
            corporate=corporate,
            families=self.families,
            authors_complete=self.complete,
            type="online" if name.scheme == "url" else "misc",
        )


_LONGEST = 1000
"""Characters of a title or a name: a longer one is something else, pasted by mistake."""


def title_of(text: str) -> str:
    """Check a title that was typed."""
    title = clean(text)
    if not re.search(r"\w", title) or len(title) > _LONGEST:
        raise EthogramError("A record needs the work's title.")
    return title


def year_of(text: str) -> int:
    """Check a year that was typed."""
    if not re.fullmatch(r"[1-9][0-9]{3}", text.strip(), re.ASCII):
        raise EthogramError(f"A year has four digits, as 2024: {clean(text)[:40]!r} has not.")
    if int(text) > today().year + 1:  # a volume may be dated ahead
        raise EthogramError(f"The year {text.strip()} is still to come.")
    return int(text)


def authors_of(text: str) -> tuple[list[tuple[str, str]], bool]:
    """Check authors that were typed: names with their family names, and whether they are all."""
    names = [clean(name) for name in text.split(";") if clean(name)]
    complete = not (names and names[-1].casefold().rstrip(".") in ("others", "et al"))
    read = [_name(name) for name in (names if complete else names[:-1])]
    if not read:
        raise EthogramError('A record needs an author, or several as "Ada Lovelace; Alan Turing".')
    return read, complete


def _name(text: str) -> tuple[str, str]:
    """A name as it is shown, and the family name in it; it may be typed "Lovelace, Ada"."""
    if not re.search(r"\w", text) or len(text) > _LONGEST:
        raise EthogramError(f"{text[:40]!r} is no author's name.")
    family, comma, given = (part.strip() for part in text.partition(","))
    if comma and given and family and "," not in given:
        return f"{given} {family}", family
    return text, family_name(text)
