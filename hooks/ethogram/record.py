"""A record: what is known of a work, and how it is written as BibTeX."""

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field, replace

from ethogram import bibtex
from ethogram.bibtex import Name
from ethogram.days import is_date
from ethogram.works import WorkId, identify

KEY = re.compile(r"(?!\d{4}$)[A-Za-z0-9_-]+", re.ASCII)
"""What a citation key is made of: mkdocs-bibtex cuts it at any other character. A mere year is
none: `papers/2024/` is a list of that year's works."""

BOOKS = {"inproceedings", "incollection", "conference", "inbook"}
"""Types of records that appeared in a book rather than in a journal."""


@dataclass(frozen=True, slots=True)
class Work:
    """A record: what is known of a work.

    Texts are plain Unicode with math as it was (``$O(n^2)$``); white space is folded and control
    characters are dropped on the way in.

    Attributes:
        id: what identifies it, without a version.
        key: the citation key, of letters, digits, ``-`` and ``_``.
        title: its title.
        authors: names as they are shown ("Evan Hubinger"), in order.
        year: of the first version.
        corporate: those of the authors that are no persons.
        authors_complete: False where the list ends in "and others".
        families: the family name of each author, particles included; by BibTeX's rule where
            none is given or the one given does not fit.
        date: of the first version, ISO 8601, perhaps without day or month.
        primary_class: arXiv's category ("cs.CL").
        version: the latest version seen.
        updated: date of that version.
        doi: the bare DOI of what was published.
        journal: where it appeared: journal, proceedings, site.
        note: arXiv's comment.
        withdrawn: its authors have withdrawn it.
        checked: date on which the record was last confirmed.
        type: BibTeX's, in lower case.
        url: an address beside the one that `id` gives.
        extra: further fields, by name, as BibTeX values; kept and not looked into.
        source, line: the file it was read from, and where in it; no part of the record.

    Raises:
        ValueError: key, title, year, a date, DOI or address is none.
    """

    id: WorkId
    key: str
    title: str
    authors: tuple[str, ...]
    year: int
    corporate: frozenset[str] = frozenset()
    authors_complete: bool = True
    families: tuple[str, ...] = ()
    date: str = ""
    primary_class: str = ""
    version: int | None = None
    updated: str = ""
    doi: str = ""
    journal: str = ""
    note: str = ""
    withdrawn: bool = False
    checked: str = ""
    type: str = "misc"
    url: str = ""
    extra: tuple[tuple[str, str], ...] = ()
    source: str = field(default="", compare=False)
    line: int = field(default=1, compare=False)

    def __post_init__(self) -> None:
        """Bring every part into its one form, so that equal records are equal."""
        for name in ("title", "primary_class", "journal", "note", "doi", "url"):
            self._set(name, bibtex.clean(getattr(self, name)))
        self._set("id", self.id.base)
        self._set("extra", tuple(sorted(self.extra)))
        self._set_names()
        self._set_addresses()
        self._validate()

    def _set(self, name: str, value: object) -> None:
        object.__setattr__(self, name, value)

    def _set_names(self) -> None:
        corporate = {bibtex.clean(name) for name in self.corporate}
        given = self.families if len(self.families) == len(self.authors) else self.authors
        names = [
            _name(text, bibtex.clean(family), corporate)
            for author, family in zip(self.authors, given, strict=True)
            if (text := bibtex.clean(author))
        ]
        self._set("authors", tuple(name.text for name in names))
        self._set("families", tuple(name.family for name in names))
        self._set("corporate", frozenset(name.text for name in names if name.corporate))

    def _set_addresses(self) -> None:
        """A DOI or address that identifies the work is in its field as well; no other is."""
        doi = identify(self.doi) if self.doi else None
        url = identify(self.url) if self.url else None
        if (self.doi and (doi is None or doi.scheme == "url")) or (self.url and url is None):
            raise ValueError(f"{self.key}: no DOI {self.doi!r} or no address {self.url!r}")
        if self.id.scheme == "doi":
            self._set("doi", self.id.id)
        elif doi:
            self._set("doi", doi.id if doi.scheme == "doi" else "")
        if self.id.scheme == "url" and url != self.id:
            self._set("url", self.id.id)
        elif self.id.scheme != "url" and url and url.base == self.id:
            self._set("url", "")

    def _validate(self) -> None:
        if not KEY.fullmatch(self.key):
            raise ValueError(f"no citation key: {self.key!r}")
        if not self.title or not 0 < self.year < 10000:
            raise ValueError(f"{self.key}: title {self.title!r}, year {self.year}")
        for day in (self.date, self.updated, self.checked):
            if day and not is_date(day):
                raise ValueError(f"{self.key}: no date: {day!r}")

    def family(self, author: int) -> str:
        """The family name of an author, particles included; a corporate author's whole name."""
        return self.families[author]

    def refreshed(self, new: "Work") -> "Work":
        """This record with what arXiv says now; key and hand-made additions stay.

        A mark of withdrawal that a person has set stays until there is a new version.
        """
        kept = dict(zip(self.authors, self.families, strict=True))
        families = [kept.get(*pair) for pair in zip(new.authors, new.families, strict=True)]
        return replace(
            new,
            key=self.key,
            families=tuple(families),
            corporate=new.corporate | (self.corporate & set(new.authors)),
            withdrawn=new.withdrawn or (self.withdrawn and self.version == new.version),
            extra=self.extra,
            **{name: getattr(new, name) or getattr(self, name) for name in _ADDED_BY_HAND},
        )


_ADDED_BY_HAND = ("date", "primary_class", "doi", "journal", "note", "url")
"""Fields that arXiv leaves out where it knows nothing, and people may fill in."""


def _name(text: str, family: str, corporate: Collection[str]) -> Name:
    """Settle what of a name is the family name.

    One that BibTeX would misread as a whole has to stand in braces, and is corporate thereby.
    """
    if text in corporate:
        return Name(text, text, corporate=True)
    if family == text or bibtex.name_parts(text, family) is None:
        family = bibtex.family_name(text)
    unprotected = family == text and bibtex.is_misread(text)
    return Name(text, family, corporate=unprotected)


def to_bibtex(work: Work) -> str:
    """Write one record; reading it back gives an equal one."""
    lines = [f"  {name:<13} = {{{value}}},\n" for name, value in _fields(work) if value]
    return f"@{work.type}{{{work.key},\n{''.join(lines)}}}\n"


def _fields(work: Work) -> Iterator[tuple[str, str]]:
    """Yield the fields in their fixed order; what is empty is not written."""
    escape, address = bibtex.escape, bibtex.escape_verbatim
    arxiv = work.id.id if work.id.scheme == "arxiv" else ""
    yield "title", f"{{{escape(work.title)}}}"
    yield "author", _authors(work)
    yield "year", f"{work.year:04}"
    yield "date", work.date
    yield "eprint", arxiv
    yield "archiveprefix", "arXiv" if arxiv else ""
    yield "primaryclass", escape(work.primary_class)
    yield "version", str(work.version or "")
    yield "updated", work.updated
    yield "doi", address(work.doi)
    yield "booktitle" if work.type in BOOKS else "journal", escape(work.journal)
    yield "note", escape(work.note)
    yield "pubstate", "withdrawn" if work.withdrawn else ""
    yield "urldate", work.checked
    yield "url", address(work.url)
    yield from work.extra


def _authors(work: Work) -> str:
    names = [
        bibtex.write_name(Name(text, family, text in work.corporate))
        for text, family in zip(work.authors, work.families, strict=True)
    ]
    return " and ".join(names if work.authors_complete else [*names, "others"])
