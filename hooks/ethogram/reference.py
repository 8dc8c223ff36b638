"""A work as people and programs refer to it: the parts of its names, its sort, a line of text."""

from collections.abc import Iterable
from typing import Literal, NamedTuple

from ethogram import bibtex
from ethogram.record import BOOKS, Work

Sort = Literal[
    "preprint",
    "article",
    "conference",
    "chapter",
    "book",
    "thesis",
    "report",
    "dataset",
    "software",
    "page",
]
"""What a work is, as far as its record says; each format has its own word for it."""

_SORTS: dict[str, Sort] = {
    **dict.fromkeys(BOOKS, "conference"),
    "article": "article",
    "incollection": "chapter",
    "inbook": "chapter",
    "book": "book",
    "proceedings": "book",
    "phdthesis": "thesis",
    "mastersthesis": "thesis",
    "thesis": "thesis",
    "techreport": "report",
    "report": "report",
    "dataset": "dataset",
    "software": "software",
}
_PAGES = ("online", "electronic", "www")
_PUBLISHERS = ("publisher", "school", "institution", "organization")
_MANY, _SHOWN = 10, 7


class Person(NamedTuple):
    """An author's name in its parts.

    Attributes:
        family: the family name, particles included; the whole name of one that is no person.
        given: what stands before it.
        suffix: what stands after it, such as "Jr.".
        literal: whether it is no person, or has no parts.
    """

    family: str
    given: str = ""
    suffix: str = ""
    literal: bool = False


def people(work: Work) -> tuple[Person, ...]:
    """The authors of a work, each in its parts."""
    return tuple(
        _person(name, work.family(number), name in work.corporate)
        for number, name in enumerate(work.authors)
    )


def inverted(person: Person) -> str:
    """A name with the family name first. A comma would split one that is no person's."""
    if person.literal:
        return person.family.replace(",", "")
    return ", ".join(filter(None, (person.family, person.given, person.suffix)))


def editors(work: Work) -> tuple[Person, ...]:
    """The editors of a work, as far as its record names them so that they can be read."""
    raw = dict(work.extra).get("editor", "")
    try:
        names, _ = bibtex.read_names(raw) if raw else ([], True)
    except ValueError:
        return ()
    return tuple(_person(name.text, name.family, name.corporate) for name in names)


def container(work: Work) -> str:
    """The journal, proceedings or book in which a work appeared; empty where it did in none.

    Where a record names none, its place is whoever brought the work out: good enough to be shown,
    but no journal.
    """
    if work.type == "article" or work.type in BOOKS or not work.extra:
        return work.journal
    extra = dict(work.extra)
    by = (bibtex.plain(extra[name]) for name in _PUBLISHERS if name in extra)
    return "" if work.journal in by else work.journal


def _person(name: str, family: str, corporate: bool) -> Person:
    parts = None if corporate else bibtex.name_parts(name, family)
    given, suffix = parts or ("", "")
    return Person(family, given, suffix) if given else Person(name, literal=True)


def sort(work: Work) -> Sort:
    """What a work is, by its record's type.

    A `@misc` of arXiv's is a preprint even where it names a journal: its year is the preprint's,
    which would be wrong beside the journal's name.
    """
    if work.type in _SORTS:
        return _SORTS[work.type]
    if work.id.scheme == "url" or (work.type in _PAGES and work.id.scheme != "arxiv"):
        return "page"
    return "article" if work.id.scheme == "doi" and container(work) else "preprint"


def status(work: Work, said: str = "current") -> str:
    """How to mark a work that its authors or publisher took back, "retracted"; else nothing.

    Args:
        work: its record, which knows of arXiv's withdrawals.
        said: what its cards say of it (`Entry.status`).
    """
    if said in ("retracted", "withdrawn"):
        return said
    return "withdrawn" if work.withdrawn else ""


def plain(work: Work, said: str = "current") -> str:
    """A work's reference in plain text: authors, year, title, place, address.

    More than ten authors are the first seven *et al.*, as in the Chicago Manual of Style.

    Args:
        work: its record.
        said: what its cards say of it (`Entry.status`): a reference does not hide a retraction.
    """
    address = work.id.address
    doi = f"doi:{work.doi}" if work.doi and work.id.scheme != "doi" else ""
    number = f"arXiv:{work.id.id}" if work.id.scheme == "arxiv" else ""
    place = ", ".join(filter(None, (work.journal, doi, number)))
    mark = f" [{taken.capitalize()}]" if (taken := status(work, said)) else ""
    who = f"{_authors(work)} ({work.year})" if work.authors else f"({work.year})"
    return " ".join([*map(_sentence, filter(None, (who, work.title + mark, place))), address])


def _authors(work: Work) -> str:
    names = work.authors
    if len(names) > _MANY:
        return f"{', '.join(names[:_SHOWN])} et al."
    return listed(names) if work.authors_complete else f"{', '.join(names)} et al."


def listed(words: Iterable[str]) -> str:
    """Words as a sentence has them: "one, two and three"."""
    *most, last = [*words] or [""]
    return f"{', '.join(most)} and {last}" if most else last


def _sentence(text: str) -> str:
    return text if text.endswith((".", "?", "!")) else f"{text}."
