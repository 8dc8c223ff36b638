"""Records: bib/*.bib <-> `Work`, read in any order and hand, written in one.

arxiv.bib is written by the resolver and may be mended by people: what they add is kept, and a
file that cannot be read in full is never written over. Every other .bib file is theirs alone.
"""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from ethogram import bibtex, writing
from ethogram.bibtex import Fault
from ethogram.corrections import CORRECTIONS, Corrections
from ethogram.draft import ARXIV, HEADER, read_file
from ethogram.findings import EthogramError, Finding
from ethogram.record import Work, to_bibtex
from ethogram.works import WorkId, citation_key, identify

__all__ = [
    "ARXIV",
    "HEADER",
    "LOCK",
    "OTHER",
    "Bibliography",
    "Work",
    "append",
    "format_bib",
    "locked",
    "merge",
    "refusal",
    "save",
    "to_bibtex",
]

OTHER = "other.bib"
"""The file that people write, of works that are not on arXiv."""

LOCK = ".lock"
"""The file in bib/ that keeps two writers apart; it is empty and no part of the records."""

_LOCK_SECONDS = 60.0


class Bibliography:
    """The records of a folder, and what is wrong with them.

    Attributes:
        works: the records by key, arxiv.bib's first.
        findings: bad-bibliography, repeated-key and repeated-work, each with file and line; and
            what is wrong with the corrections.
        corrections: what overrules arXiv whenever arxiv.bib is written.
    """

    def __init__(
        self,
        works: Iterable[Work] = (),
        findings: Iterable[Finding] = (),
        corrections: Corrections | None = None,
    ) -> None:
        self.works: dict[str, Work] = {work.key: work for work in works}
        self.corrections = corrections or Corrections()
        self._by_id: dict[WorkId, Work] = {}
        for alias in (_own_id, _doi, _url):
            for work in self.works.values():
                if found := alias(work):
                    self._by_id.setdefault(found, work)
        unapplied = self.corrections.unapplied(self.get)
        self.findings = sorted([*findings, *self.corrections.findings, *unapplied])

    @classmethod
    def load(cls, folder: Path) -> "Bibliography":
        """Read every .bib file of a folder; a folder that is missing has no records.

        Faults are collected in `findings`; a record that has one is left out, save those of
        works that another record has already.
        """
        works: list[Work] = []
        findings: list[Finding] = []
        paths = sorted(folder.glob("*.bib"), key=lambda path: (path.name != ARXIV, path.name))
        for path in paths:
            for item in read_file(path):
                if isinstance(item, Work):
                    works.append(item)
                else:
                    findings.append(_finding("bad-bibliography", path, item))
        works, repeated = _without_repeated_keys(works, folder)
        found = [*findings, *repeated, *_repeated_works(works, folder)]
        return cls(works, found, Corrections.load(folder / CORRECTIONS))

    def get(self, work: WorkId) -> Work | None:
        """The record of a work in any version; its published DOI or address finds it, too."""
        return self._by_id.get(work.base)

    def __len__(self) -> int:
        return len(self.works)


def _own_id(work: Work) -> WorkId | None:
    return work.id


def _doi(work: Work) -> WorkId | None:
    return WorkId("doi", work.doi.lower()) if work.doi else None


def _url(work: Work) -> WorkId | None:
    return identify(work.url) if work.url else None


def _finding(rule: str, path: Path, fault: Fault) -> Finding:
    return Finding.of(rule, path.as_posix(), (fault.line, 1), fault.message, fault.hint)


def _without_repeated_keys(works: list[Work], folder: Path) -> tuple[list[Work], list[Finding]]:
    first: dict[str, Work] = {}
    findings = []
    for work in works:
        other = first.setdefault(work.key.lower(), work)
        if other is not work:
            message = f"`{work.key}` is the key of {other.source}, line {other.line}, too"
            fault = Fault(work.line, message)
            findings.append(_finding("repeated-key", folder / work.source, fault))
    return list(first.values()), findings


def _repeated_works(works: list[Work], folder: Path) -> Iterator[Finding]:
    """Yield records of works that another one has, under its own number or its published DOI."""
    first: dict[WorkId, Work] = {}
    for work in works:
        other = first.setdefault(work.id, work)
        if other is not work:
            yield _repeated(work, other, folder)
    for work in works:
        other = first.get(_doi(work) or work.id, work)
        if other is not work and work.id != other.id:
            yield _repeated(other, work, folder)


def _repeated(work: Work, other: Work, folder: Path) -> Finding:
    where = f"{other.source}, line {other.line}"
    message = f"`{work.key}` is the same work as `{other.key}` in {where}: {other.id}"
    return _finding("repeated-work", folder / work.source, Fault(work.line, message))


# -- writing ---------------------------------------------------------------------------------


def format_bib(works: Iterable[Work]) -> str:
    """Write records as a file: the header, then one record each, the oldest number first."""
    return "\n".join([HEADER, *(to_bibtex(work) for work in sorted(works, key=_chronological))])


def _chronological(work: Work) -> tuple[int, str, str]:
    """Order by month, then number; old numbers (``math/0309136``) name their month, too."""
    if work.id.scheme != "arxiv":
        return 999999, work.id.id, work.key
    month = work.id.id.rpartition("/")[2][:4]
    century = "19" if month >= "91" else "20"
    return int(century + month), work.id.id, work.key


def save(folder: Path, works: Iterable[Work]) -> None:
    """Replace arxiv.bib as a whole by these records, atomically.

    Raises:
        EthogramError: the file has text that would be lost, or cannot be written.
    """
    with locked(folder):
        _refuse_broken(Bibliography.load(folder), folder)
        writing.replace(folder / ARXIV, format_bib(_only_arxiv(works)).encode("utf-8"))


def merge(folder: Path, works: Iterable[Work]) -> Bibliography:
    """Put records into arxiv.bib, whoever else is writing; the folder is made if need be.

    A work that has a record there keeps its key and what people added to it; what corrections.yml
    says overrules all, in every record of the file. A new one whose
    key is taken, in any file and whatever its case, gets the next free one. A work that people
    keep in another file is left to them.

    Returns:
        All records of the folder as they now stand.

    Raises:
        EthogramError: arxiv.bib has something that would be lost, or cannot be written; or the
            corrections have a fault.
    """
    new = _only_arxiv(works)
    with locked(folder):
        present = Bibliography.load(folder)
        _refuse_broken(present, folder)
        text = format_bib(_joined(present, new))
        if writing.replace(folder / ARXIV, text.encode("utf-8")):
            return Bibliography.load(folder)
    return present


def append(folder: Path, work: Work) -> Work:
    """Put the record of a work that is not on arXiv at the end of other.bib.

    That file is people's: nothing that stands in it moves, and its kind of line ends is kept. It
    is made if need be.

    Args:
        folder: bib/.
        work: its record. A key that is taken, in any file and whatever its case, is replaced by
            the next free one.

    Returns:
        The record as it stands there; that of a work which has one already is left as it is.

    Raises:
        EthogramError: the work is on arXiv; or other.bib has something that cannot be read, or
            cannot be written.
    """
    if work.id.scheme == "arxiv":
        raise EthogramError(f"{work.id} is on arXiv: get its record by `ethogram resolve`.")
    with locked(folder):
        present = Bibliography.load(folder)
        if record := _recorded(present, work):
            return record
        path = folder / OTHER
        if unread := _unread(present, path):
            raise EthogramError(findings=unread)
        work = replace(work, key=_free_key(work, _taken(present)))
        before = path.read_bytes() if path.exists() else b""
        writing.replace(path, before + _following(before, _readable(work)))
        return Bibliography.load(folder).works[work.key]


def _recorded(present: Bibliography, work: Work) -> Work | None:
    """The record that a work has, under its own name, its DOI or its address."""
    names = (alias(work) for alias in (_own_id, _doi, _url))
    return next((record for name in names if name and (record := present.get(name))), None)


def _unread(present: Bibliography, path: Path) -> list[Finding]:
    """What of a file cannot be read: what is put behind it might be lost with it."""
    faults = (each for each in present.findings if each.path == path.as_posix())
    return [fault for fault in faults if fault.rule == "bad-bibliography"]


def _taken(present: Bibliography) -> set[str]:
    """All keys in lower case, those that records had before among them."""
    old = (dict(work.extra).get("ids", "") for work in present.works.values())
    listed = (key for keys in old for key in bibtex.plain(keys).replace(",", " ").split())
    return {key.lower() for key in (*present.works, *listed)}


def _readable(work: Work) -> str:
    """A record as BibTeX, if reading it gives the same again; outside data may be odd enough."""
    text = to_bibtex(work)
    with TemporaryDirectory() as folder:
        path = Path(folder, OTHER)
        path.write_text(text, encoding="utf-8", newline="")
        if list(read_file(path)) == [work]:
            return text
    said = f"The record of {work.id} would not be read as it was meant"
    raise EthogramError(f"{said}: write it into {OTHER} by hand.")


def _following(before: bytes, record: str) -> bytes:
    """A record as it follows what a file holds: an empty line apart, with that file's line ends."""
    end = b"\r\n" if b"\r\n" in before else b"\n"
    apart = end * (2 - min(2, _ends(before.removeprefix(b"\xef\xbb\xbf"), end)))
    return apart + record.encode("utf-8").replace(b"\n", end)


def _ends(text: bytes, end: bytes) -> int:
    """How many line ends a text ends with; an empty one needs none."""
    if not text:
        return 2
    return (len(text) - len(text.rstrip(b"\r\n"))) // len(end)


def refusal(bibliography: Bibliography, folder: Path) -> EthogramError | None:
    """Why arxiv.bib must not be written over: what cannot be read would be lost.

    That is what it holds itself, and what people have corrected in it.
    """
    path = (folder / ARXIV).as_posix()
    lost = [
        finding
        for finding in bibliography.findings
        if finding.path == path and finding.rule in ("bad-bibliography", "repeated-key")
    ]
    lost += bibliography.corrections.findings
    return EthogramError(findings=lost) if lost else None


def _refuse_broken(bibliography: Bibliography, folder: Path) -> None:
    if error := refusal(bibliography, folder):
        raise error


def _only_arxiv(works: Iterable[Work]) -> list[Work]:
    listed = list(works)
    for work in listed:
        if work.id.scheme != "arxiv":
            raise EthogramError(f"{work.id} is not on arXiv: put its record into other.bib.")
    return listed


def _joined(present: Bibliography, works: list[Work]) -> list[Work]:
    joined = {key: work for key, work in present.works.items() if work.source == ARXIV}
    by_id = {work.id: key for key, work in reversed(present.works.items())}
    taken = {key.lower() for key in present.works}
    for work in works:
        key = by_id.get(work.id) or _free_key(work, taken)
        if work.id not in by_id:
            by_id[work.id] = key
            taken.add(key.lower())
            joined[key] = replace(work, key=key, type="misc")
        elif key in joined:
            joined[key] = joined[key].refreshed(replace(work, type="misc"))
    applied = present.corrections.applied
    return [applied(work, present.works.get(key)) for key, work in joined.items()]


def _free_key(work: Work, taken: Collection[str]) -> str:
    if work.key.lower() not in taken:
        return work.key
    return citation_key(work.family(0) if work.authors else "", work.year, work.title, taken)


@contextmanager
def locked(folder: Path, name: str = LOCK) -> Iterator[None]:
    """Be the only writer of a folder; the lock of a process that dies is free at once.

    Args:
        folder: bib/, which is made if need be.
        name: of the lock, where it is for something else than the folder's records.

    Raises:
        EthogramError: another process has it for too long, or the folder cannot be written.
    """
    from filelock import FileLock, Timeout  # only now: most that read records never write any

    try:
        folder.mkdir(parents=True, exist_ok=True)
        with FileLock(folder / name, timeout=_LOCK_SECONDS):
            yield
    except Timeout:
        raise EthogramError(
            f"{folder.as_posix()}: another process has been writing for a minute; try again."
        ) from None
    except OSError as error:
        said = f"{error.filename or folder} cannot be written: {error.strerror}"
        raise EthogramError(said) from None
