"""Why there is no record of a work, each in a sentence with what to do instead."""

from ethogram.findings import EthogramError, visible
from ethogram.works import WorkId

MEND = "Write one into bib/other.bib, or give --title, --authors and --year."


class Unreachable(EthogramError):  # noqa: N818  named as what it says, like the commands' answers
    """Nobody answered: without the network, or while the other side is out of order."""


class Elsewhere(EthogramError):  # noqa: N818  no fault, but where to go
    """A work is on arXiv, which has the better record.

    Attributes:
        work: its number there.
    """

    def __init__(self, asked: WorkId, work: WorkId) -> None:
        """Take what was asked for, and what it is."""
        self.work = work.base
        super().__init__(f"{visible(str(asked))} is {work.base}: use that.")


def no_record(work: WorkId, why: str) -> EthogramError:
    """There is an answer, and no record in it."""
    return EthogramError(_sentence(work, why))


def no_answer(work: WorkId, why: str) -> Unreachable:
    """There is no answer; a later try may bring one."""
    return Unreachable(f"{_sentence(work, why)} Or try again later.")


def no_year(work: WorkId) -> EthogramError:
    """All is there but the year, and a record has one."""
    why = "what is there names no year"
    return EthogramError(
        f"There is no record of {_shown(work)}: {why}. Give it with --year, beside --title and "
        "--authors, or write a record into bib/other.bib."
    )


def _sentence(work: WorkId, why: str) -> str:
    return f"There is no record of {_shown(work)}: {visible(why)[:300]}. {MEND}"


def _shown(work: WorkId) -> str:
    return visible(work.address)[:200]
