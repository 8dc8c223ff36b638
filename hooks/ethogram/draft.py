"""Reading records: BibTeX by any hand -> `Work`, or every reason why not."""

import re
from collections.abc import Iterator
from pathlib import Path

from ethogram import bibtex
from ethogram.bibtex import Fault, Field, Name, Record
from ethogram.days import is_date
from ethogram.record import BOOKS, KEY, Work
from ethogram.works import WorkId, identify, mentions

ARXIV = "arxiv.bib"
"""The file that the resolver writes."""

HEADER = (
    "% Records of works on arXiv, written by `ethogram resolve`. Records may be mended here;\n"
    "% works that are not on arXiv belong into other.bib.\n"
)


def read_file(path: Path) -> Iterator[Work | Fault]:
    """Yield the works of a file and its faults, in order; none is raised.

    In arxiv.bib whatever could not be kept when it is next written is a fault as well.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        yield Fault(1, f"The file cannot be read: {error.strerror}", "Make it a readable file.")
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        yield Fault(line, "The file is not UTF-8", "Save it as UTF-8.")
        return
    yield from _read_text(text.replace("\r\n", "\n").replace("\r", "\n"), path.name)


def _read_text(text: str, source: str) -> Iterator[Work | Fault]:
    ours = source == ARXIV
    header = HEADER.splitlines()
    if ours:
        yield from _unused_strings(text)
    for item in bibtex.read_records(text):
        if isinstance(item, Record):
            yield from _Draft(item, source).read()
        elif isinstance(item, Fault):
            yield item
        elif ours and item.text not in header:
            yield Fault(item.line, "A comment here would be lost", _COMMENT_HINT)


def _unused_strings(text: str) -> Iterator[Fault]:
    """Yield the abbreviations that no record uses: those in use are written out in its place."""
    for match in _STRING.finditer(text):
        if not re.search(rf"[=#]\s*{re.escape(match[1])}\b", text, re.IGNORECASE):
            line = text.count("\n", 0, match.start()) + 1
            yield Fault(line, f"The abbreviation `{match[1]}` would be lost", _COMMENT_HINT)


_STRING = re.compile(r"^[ \t]*@string\s*[{(]\s*([\w:.-]+)", re.IGNORECASE | re.MULTILINE)
_COMMENT_HINT = (
    f"Put it into a field of a record, or into another file: {ARXIV} is written by the resolver."
)
_ISO = re.compile(r"\d{4}(-\d{2}){0,2}", re.ASCII)


class _Draft:
    """A record on its way to a `Work`: fields are taken out one by one, faults collected.

    In arxiv.bib whatever is not taken is kept as it is; in other files it does no harm.
    """

    def __init__(self, record: Record, source: str) -> None:
        self.record, self.source = record, source
        self.ours = source == ARXIV
        self.fields: dict[str, Field] = {}
        self.taken: set[str] = set()
        self.faults: list[Fault] = []
        for found in record.fields:
            if found.name in self.fields:
                self.fail(found.line, f"`{found.name}` is there twice", "Take one of them out.")
            self.fields.setdefault(found.name, found)

    def read(self) -> Iterator[Work | Fault]:
        """Yield the work, or all its faults."""
        names, complete = self.names()
        identity = self.identity()
        version = self.version(identity)
        parts = {
            "title": self.title(),
            "year": self.year(),
            "date": self.date("date"),
            "doi": self.doi(identity),
            "updated": self.date("updated"),
            "checked": self.date("urldate"),
            "primary_class": self.text("primaryclass", "eprintclass"),
            "journal": self.journal(identity),
            "note": self.text("note"),
            "withdrawn": self.withdrawn(),
            "url": self.url(),
            "version": version,
        }
        self.check_key()
        if self.faults or identity is None:
            yield from self.faults
            return
        yield Work(
            id=identity,
            key=self.record.key,
            authors=tuple(name.text for name in names),
            families=tuple(name.family for name in names),
            corporate=frozenset(name.text for name in names if name.corporate),
            authors_complete=complete,
            type="misc" if self.ours else self.record.type,
            extra=self.extra(),
            source=self.source,
            line=self.record.line,
            **parts,  # type: ignore[arg-type]  # each has the type of its field
        )

    def fail(self, line: int, message: str, hint: str) -> None:
        self.faults.append(Fault(line, f"{message} in `{self.record.key}`", hint))

    def line(self, name: str) -> int:
        return self.fields[name].line if name in self.fields else self.record.line

    def peek(self, *names: str) -> str:
        """The raw value of the first of these fields that says something, left where it is."""
        for name in names:
            found = self.fields.get(name)
            if found and found.raw.strip():
                return found.raw
        return ""

    def take(self, *names: str) -> str:
        """The raw value of the first of these fields that says something, taken out."""
        for name in names:
            if name in self.fields:
                self.taken.add(name)
                if raw := self.peek(name):
                    return raw
        return ""

    def text(self, *names: str) -> str:
        return bibtex.plain(self.take(*names))

    def extra(self) -> tuple[tuple[str, str], ...]:
        left = (found for name, found in self.fields.items() if name not in self.taken)
        return tuple((found.name, found.raw) for found in left)

    def check_key(self) -> None:
        key = self.record.key
        if not KEY.fullmatch(key):
            better = re.sub("[^A-Za-z0-9_-]+", "", key)
            message = f"The key has characters that no citation can: `{key}`"
            if not KEY.fullmatch(better):
                better = "name2024word"
            if key.isdecimal():
                message = f"A year is no key: `{key}`"
            hint = f"Use letters, digits, - and _ only, such as `{better}`."
            self.faults.append(Fault(self.record.line, message, hint))

    def title(self) -> str:
        title = self.text("title")
        if not title:
            self.fail(self.line("title"), "There is no title", "Add a `title`.")
        return title

    def names(self) -> tuple[list[Name], bool]:
        """Authors, else editors, else the organization that published it."""
        raw, role = self.take("author"), "author"
        if not raw and not self.ours:
            raw, role = self.peek("editor"), "editor"
        try:
            names, complete = bibtex.read_names(raw) if raw else ([], True)
        except ValueError as error:
            hint = "Separate names by ` and `; put one that is no person in double braces."
            self.fail(self.line(role), f"Unclear names: {error}", hint)
            return [], True
        body = "" if self.ours else bibtex.plain(self.peek("organization", "institution"))
        if not names and complete and body:
            names = [Name(body, body, corporate=True)]
        return names, complete

    def year(self) -> int:
        """The year, or that of the date."""
        written = self.text("year") or bibtex.plain(self.peek("date"))[:4]
        if re.fullmatch("[0-9]{4}", written) and int(written):
            return int(written)
        said = f"`{written}` is no year" if written else "There is no year"
        self.fail(self.line("year"), said, "Give the year of the first version in four digits.")
        return 0

    def date(self, name: str) -> str:
        """An ISO date. Elsewhere people may write dates otherwise; we then have the year."""
        written = bibtex.plain(self.peek(name))
        if not written or is_date(written):
            self.take(name)
            return written
        if self.ours or _ISO.fullmatch(written):
            self.fail(self.line(name), f"`{written}` is no date", "Write it as 2024-01-31.")
        return ""

    def version(self, identity: WorkId | None) -> int | None:
        """The version seen last: the field's, or the one that the number names."""
        named = identity.version if identity else None
        written = bibtex.plain(self.peek("version"))
        if re.fullmatch("[1-9][0-9]{0,3}", written):
            self.take("version")
            return max(int(written), named or 0)
        if written and self.ours:
            self.fail(self.line("version"), f"`{written}` is no version", "Write a number.")
        return named

    def withdrawn(self) -> bool:
        said = bibtex.plain(self.peek("pubstate")) == "withdrawn"
        if said:
            self.take("pubstate")
        return said

    def eprint(self) -> WorkId | None:
        """The arXiv number; elsewhere other archives' numbers are let pass."""
        archive = bibtex.plain(self.peek("archiveprefix", "eprinttype")).lower()
        written = bibtex.verbatim(self.peek("eprint"))
        found = identify(written) if archive in ("", "arxiv") else None
        if found and found.scheme == "arxiv":
            self.taken |= {"eprint", "archiveprefix", "eprinttype"}
            return found
        if self.ours or (written and archive == "arxiv"):
            said = f"`{written}` is no arXiv number" if written else "There is no `eprint`"
            hint = "Write it as 2401.05566; a work that is not on arXiv belongs into other.bib."
            self.fail(self.line("eprint"), said, hint)
        return None

    def identity(self) -> WorkId | None:
        """What identifies the work: an arXiv number wherever it stands, else DOI or address."""
        own = self.eprint()
        if own or self.ours:
            return own
        found = [work for work in self.candidates() if work is not None]
        if not found:
            hint = "Add `doi` or `url`, so that cards can point to it."
            self.fail(self.record.line, "There is no eprint, DOI or address", hint)
            return None
        return next((work for work in found if work.scheme == "arxiv"), found[0])

    def candidates(self) -> Iterator[WorkId | None]:
        """Yield what the fields identify, the DOI first.

        Google Scholar writes "arXiv preprint arXiv:2401.05566" for the journal, and Semantic
        Scholar "abs/2401.05566" for the volume.
        """
        yield identify(bibtex.verbatim(self.peek("doi"))) if self.peek("doi") else None
        yield identify(self.address()) if self.address() else None
        for _, _, work in mentions(bibtex.plain(self.peek("journal"))):
            yield work
        volume = bibtex.plain(self.peek("volume"))
        if volume.startswith("abs/"):
            yield identify(volume.removeprefix("abs/"))

    def address(self) -> str:
        r"""The address in `url`, or the ``\url{...}`` in `howpublished` or `note`."""
        if url := bibtex.verbatim(self.peek("url")):
            return url
        texts = (bibtex.verbatim(self.peek(name)) for name in ("howpublished", "note"))
        found = (re.search(r"https?://\S+", text) for text in texts)
        return next((match[0] for match in found if match), "")

    def url(self) -> str:
        """The address; one that nothing can follow stays among the further fields."""
        address = bibtex.verbatim(self.peek("url"))
        if not address or identify(address):
            self.take("url")
            return address
        return ""

    def doi(self, identity: WorkId | None) -> str:
        """The DOI of what was published; arXiv's own only repeats the number."""
        written = bibtex.verbatim(self.take("doi"))
        found = identify(written) if written else None
        if found and found.scheme == "doi":
            return found.id
        if written and (found is None or identity is None or found.base != identity.base):
            self.fail(self.line("doi"), f"`{written}` is no published DOI", "Write 10.x/y.")
        return ""

    def journal(self, identity: WorkId | None) -> str:
        """Where it appeared; elsewhere than in arxiv.bib, publishers and schools count."""
        if self.ours:
            return self.text("journal", "journaltitle")
        names = ["journal", "journaltitle"]
        book = "booktitle" in self.fields and self.record.type in BOOKS
        written = self.text(*(["booktitle", *names] if book else names))
        on_arxiv = identity is not None and identity.scheme == "arxiv"
        if on_arxiv and re.match("arxiv|corr$", written, re.IGNORECASE):
            return ""
        return written or bibtex.plain(self.peek("booktitle", "school", "institution", "publisher"))
