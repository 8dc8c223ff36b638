"""Links to arXiv: never asked for one by one (guide/links.md, rule 5).

A record that arXiv confirmed lately answers for all of a paper's links; what has none is asked of
the API, a hundred numbers at a time. So a page of arXiv that is no paper, and a file of a paper,
stay *unknown*: nobody may ask.
"""

from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime, timedelta

from ethogram.bibliography import Bibliography, Work
from ethogram.links.addresses import Kind
from ethogram.links.redirects import host
from ethogram.links.verdicts import Observation, Verdict
from ethogram.works import ARXIV_HOSTS, WorkId, identify

RECORD_DAYS = 30
"""How long a record answers for its links: as long as an *ok* of any other page."""

_OTHER_HOSTS = {"ar5iv.org"}  # shows arXiv's papers, and may be asked as anyone else
_NOT_A_PAPER = Observation(Verdict.UNKNOWN, "arXiv is not asked page by page")
_NO_NUMBER = Observation(Verdict.DEAD, "this is no arXiv number")
_FILE = Observation(Verdict.UNKNOWN, "the paper is there; arXiv is not asked for single files")


def is_arxivs(address: str) -> bool:
    """Whether arXiv answers for an address: its own hosts, and its DOIs."""
    name = host(address)
    if name in ARXIV_HOSTS - _OTHER_HOSTS:
        return True
    work = identify(address) if name in ("doi.org", "dx.doi.org") else None
    return work is not None and work.scheme == "arxiv"


def from_records(address: str, kind: Kind, records: Bibliography) -> Observation | None:
    """What can be said of an address on arXiv without asking; None where the API must be."""
    work = identify(address)
    if work is None:
        return _NO_NUMBER
    if work.scheme != "arxiv":
        return _NOT_A_PAPER
    record = records.get(work)
    since = (datetime.now(UTC) - timedelta(days=RECORD_DAYS)).date().isoformat()
    if record is None or record.checked < since or (record.version or 0) < (work.version or 0):
        return None  # unknown, too long ago, or a version that has come since
    return _confirmed(work, kind, record, f"arXiv confirmed it on {record.checked}")


async def from_arxiv(
    numbers: Collection[str], endpoint: str, contact: str
) -> AsyncIterator[dict[str, Work | str | None]]:
    """Ask arXiv's API, in as few requests as it allows, and yield what each told.

    Args:
        numbers: bare arXiv numbers.
        endpoint: the API's address.
        contact: how to reach whoever asks.

    Yields:
        for each number its record, None where arXiv has none, or why there was no answer.

    Raises:
        EthogramError: the turns that requests to arXiv take cannot be kept.
    """
    import asyncio

    from ethogram.arxiv import Client  # late: it brings libraries that most runs do not need

    answers = Client(endpoint=endpoint, contact=contact).answers(numbers)
    while (answer := await asyncio.to_thread(next, answers, None)) is not None:
        missing = dict.fromkeys(answer.missing)
        yield {**answer.works, **missing, **answer.unanswered}


def judged(address: str, kind: Kind, told: Work | str | None) -> Observation:
    """What arXiv's answer says of an address."""
    work = identify(address)
    if isinstance(told, str):
        return Observation(Verdict.UNKNOWN, told)
    if told is None or work is None:
        return Observation(Verdict.DEAD, "arXiv has no such paper")
    return _confirmed(work, kind, told, "")


def _confirmed(work: WorkId, kind: Kind, record: Work, reason: str) -> Observation:
    if work.version and record.version and work.version > record.version:
        return Observation(Verdict.DEAD, f"arXiv has no version {work.version} of it")
    if kind == "image":
        return _FILE
    return Observation(Verdict.OK, "its authors have withdrawn it" if record.withdrawn else reason)
