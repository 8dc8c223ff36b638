"""Records for works: which there are, which to ask for, and what became of each."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ethogram.arxiv import Answer, Client, Progress
from ethogram.bibliography import ARXIV, Bibliography, Work, append, merge, refusal
from ethogram.days import today
from ethogram.findings import EthogramError, Finding
from ethogram.refresh import Change, changes
from ethogram.settings import Settings
from ethogram.works import WorkId, identify

_SHOWN = 5  # works of those that got no answer, for the same reason
_LISTS = ("found", "missing", "malformed", "withdrawn", "throttled", "kept")


@dataclass(frozen=True)
class Resolution:
    """What became of every work that was asked for: each stands in exactly one list, once.

    Works are named by their bare number without a version (``2401.05566``); what identifies no
    work, by its text.

    Attributes:
        found: has a record that arXiv has just confirmed.
        missing: arXiv does not have it; a record that there was stays.
        malformed: names no work on arXiv, so nobody was asked.
        withdrawn: has a record that arXiv has just confirmed, and its authors have withdrawn it.
        throttled: has no record, and arXiv gave no answer.
        kept: has a record that was left as it was: nothing was asked, or no answer came.
        reasons: why, for each that is malformed or throttled, and for each that was kept for
            want of an answer.
        changes: what the records of works that were asked for again say otherwise than before.
        unchanged: those of them that say the same.
        corrected: works whose records were written anew because they lacked a correction.
        needless: corrections that arXiv has taken over.
    """

    found: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    malformed: list[str] = field(default_factory=list)
    withdrawn: list[str] = field(default_factory=list)
    throttled: list[str] = field(default_factory=list)
    kept: list[str] = field(default_factory=list)
    reasons: dict[str, str] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list, compare=False)
    unchanged: list[str] = field(default_factory=list, compare=False)
    corrected: list[str] = field(default_factory=list, compare=False)
    needless: list[Finding] = field(default_factory=list, compare=False)

    @property
    def complete(self) -> bool:
        """Whether every work has a record, and every question got an answer."""
        return not (self.missing or self.malformed or self.throttled or self.reasons)

    def as_object(self) -> dict[str, list[str]]:
        """The six lists, as `ethogram resolve --format json` prints them."""
        return {name: list(getattr(self, name)) for name in _LISTS}

    def __str__(self) -> str:
        """Say it in lines: the counts, then each work that needs attention."""
        lists = self.as_object()
        counts = [f"{len(works)} {name}" for name, works in lists.items() if works]
        lines = [", ".join(counts) or "nothing to resolve"]
        for name in ("missing", "malformed", "withdrawn", "throttled", "kept"):
            by_reason: dict[str, list[str]] = {}
            for work in lists[name]:
                by_reason.setdefault(self.reasons.get(work, ""), []).append(work)
            for reason, works in by_reason.items():
                if reason or name != "kept":
                    lines += _told(name, works, reason)
        lines += [f"corrected: {work}" for work in self.corrected]
        return "\n".join([*lines, *self._news()])

    def _news(self) -> Iterator[str]:
        """What a refresh has brought: a line for each change, and how many works had none."""
        yield from map(str, self.changes)
        if self.unchanged:
            yield f"{len(self.unchanged)} unchanged"

    def _compare(self, before: Bibliography, after: Bibliography, answer: Answer) -> None:
        """Note what is new about the works of a batch that had a record before."""
        for number, fresh in answer.works.items():
            old, new = before.get(fresh.id), after.get(fresh.id)
            if old and new:
                found = list(changes(old, new))
                self.changes.extend(found)
                self.unchanged.extend([] if found else [number])
            self.needless.extend(after.corrections.needless(fresh))

    def _take(self, answer: Answer, recorded: set[str]) -> None:
        """Account for a batch."""
        for number, work in answer.works.items():
            (self.withdrawn if work.withdrawn else self.found).append(number)
        self.missing.extend(answer.missing)
        for number, reason in answer.unanswered.items():
            (self.kept if number in recorded else self.throttled).append(number)
            self.reasons[number] = reason


def _told(name: str, works: list[str], reason: str) -> Iterator[str]:
    """A line for each work; one for all that got no answer, when they are many."""
    why = f" ({reason})" if reason else ""
    more = len(works) - _SHOWN
    if name in ("throttled", "kept") and more > 0:  # else they would bury what is news
        yield f"{name}: {', '.join(works[:_SHOWN])} and {more} more{why}"
    else:
        yield from (f"{name}: {work}{why}" for work in works)


def resolve(
    ids: Iterable[str | WorkId],
    folder: Path,
    *,
    refresh: bool = False,
    client: Client | None = None,
    progress: Progress | None = None,
    into: Resolution | None = None,
) -> Resolution:
    """Get records from arXiv for works that have none, or with `refresh` for all of them.

    Records are written after each batch, so that an interruption loses one at most. A record
    keeps its key and what people added; one for which no answer comes stays as it is. What
    bib/corrections.yml says is put into every record that lacks it, asked for or not.

    Args:
        ids: works in any spelling; versions do not matter.
        folder: bib/, made if need be.
        refresh: ask for works that have a record in arxiv.bib as well.
        client: how to ask; by default as the environment says.
        progress: told how many works are done, of how many.
        into: what to account in, so that whoever stops this knows what has been done.

    Raises:
        EthogramError: arxiv.bib has something that would be lost, or cannot be written; the
            corrections have a fault; or the endpoint is no http(s) address.
    """
    resolution, wanted, recorded = into or Resolution(), [], set[str]()
    bibliography = _corrected(folder, resolution)
    for name, work in _distinct(ids, bibliography):
        record = bibliography.get(work) if work else None
        if record and not (refresh and _is_ours(record)):
            resolution.kept.append(name)
        elif work and work.scheme == "arxiv":
            wanted.append(work.id)
            recorded |= {work.id} if record else set()
        else:
            resolution.malformed.append(name)
            resolution.reasons[name] = _ELSEWHERE if work else _NOTHING
    if wanted:
        _ask(client or Client(), wanted, recorded, folder, resolution, progress)
    return resolution


def _corrected(folder: Path, resolution: Resolution) -> Bibliography:
    """The records as they stand, with every correction that can be made without asking."""
    before = Bibliography.load(folder)
    if error := refusal(before, folder):
        raise error
    stale = before.corrections.stale(before.get)
    if not stale:
        return before
    resolution.corrected.extend(work.id for work in stale)
    return merge(folder, ())


_ELSEWHERE = "not on arXiv: put its record into bib/other.bib"
_NOTHING = "no arXiv number, DOI or address"


def _distinct(
    ids: Iterable[str | WorkId], bibliography: Bibliography
) -> list[tuple[str, WorkId | None]]:
    """Name each work once; a published DOI or address stands for the work of its record."""
    named: dict[str, WorkId | None] = {}
    for given in ids:
        work = given.base if isinstance(given, WorkId) else identify(given)
        record = bibliography.get(work) if work else None
        work = record.id if record else work
        named.setdefault(work.id if work else str(given), work.base if work else None)
    return list(named.items())


def _is_ours(record: Work) -> bool:
    """Whether we write it: what people keep in another file, they keep."""
    return record.source == ARXIV


def _ask(
    client: Client,
    wanted: list[str],
    recorded: set[str],
    folder: Path,
    resolution: Resolution,
    progress: Progress | None,
) -> None:
    checked = today().isoformat()
    before = Bibliography.load(folder)
    for answer in client.answers(wanted, progress):
        if answer.works:
            new = [replace(work, checked=checked) for work in answer.works.values()]
            after = merge(folder, new)
            resolution._compare(before, after, answer)
            before = after
        resolution._take(answer, recorded)


def record_for(
    text: str,
    folder: Path,
    *,
    client: Client | None = None,
    settings: Settings | None = None,
) -> Work:
    """The record of one work: from the folder, else from arXiv, else from who brought it out.

    A record that is found goes into the folder: of works on arXiv into arxiv.bib, of others into
    other.bib.

    Args:
        text: the work in any spelling.
        folder: bib/.
        client: how to ask arXiv.
        settings: how to ask others; by default those of mkdocs.yml beside the folder.

    Raises:
        Unreachable: nobody answered (`ethogram.sources`).
        EthogramError: there is no record to be had; the sentence says why.
    """
    work = identify(text)
    if work is None or work.scheme == "arxiv":
        return _from_arxiv(text, folder, client)
    record = Bibliography.load(folder).get(work)
    return record or _from_sources(work, folder, client, settings or Settings.beside(folder))


def _from_arxiv(text: str, folder: Path, client: Client | None) -> Work:
    outcome = resolve([text], folder, client=client)
    work = identify(text)
    record = Bibliography.load(folder).get(work) if work else None
    if record is None:
        reason = next(iter(outcome.reasons.values()), "arXiv has no such paper")
        said = f"There is no record of `{text}`: {reason}."
        raise (_unreachable(said) if outcome.throttled else EthogramError(said))
    return record


def _unreachable(said: str) -> EthogramError:
    from ethogram.sources import Unreachable  # only now: it needs the date from here

    return Unreachable(said)


def _from_sources(work: WorkId, folder: Path, client: Client | None, settings: Settings) -> Work:
    """Ask whoever brought a work out; where that leads to arXiv, ask there."""
    from ethogram.sources import Elsewhere, record_of  # only now: nearly all works are on arXiv

    try:
        return append(folder, record_of(work, settings))
    except Elsewhere as elsewhere:
        record = _from_arxiv(elsewhere.work.id, folder, client)
    return _published(record, work, folder)


def _published(record: Work, work: WorkId, folder: Path) -> Work:
    """Note on a record of arXiv's the DOI that led to it, so that it is found by that as well."""
    if work.scheme != "doi" or record.doi or not _is_ours(record):
        return record
    return merge(folder, [replace(record, doi=work.id)]).works[record.key]
