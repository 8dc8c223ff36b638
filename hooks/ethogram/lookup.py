"""The record of a work that is to get a card: the one there is, one from elsewhere, or by hand."""

import shutil
from pathlib import Path
from tempfile import TemporaryDirectory

from ethogram.arxiv import Client
from ethogram.bibliography import OTHER, Bibliography, Work, append, merge, refusal
from ethogram.bibtex import clean
from ethogram.catalog import Catalog
from ethogram.findings import EthogramError
from ethogram.given import Given
from ethogram.resolve import record_for, resolve
from ethogram.settings import Settings
from ethogram.works import WorkId, identify

BY_HAND = (
    'To write it by hand, give `--title T --authors "A; B" --year Y`, with a semicolon between '
    "authors."
)
"""The way out where nobody gives a record."""


class UnrecordedError(EthogramError):
    """Nobody gave a record of a work, so that a person has to."""


def find_record(text: str, catalog: Catalog, bib: Path, given: Given | None = None) -> Work:
    """The record of a work: the one there is, or one from elsewhere. Nothing is written to bib/.

    Args:
        text: the work in any spelling; a version in it must be one that the work has.
        catalog: for the records there are.
        bib: their folder.
        given: what a person says of the work; then nobody is asked.

    Raises:
        UnrecordedError: nobody gave one, and a person may.
        EthogramError: there is no such work, or its records cannot be read.
    """
    work = _identified(text)
    _refuse_broken(work, catalog, bib)
    record = catalog.bibliography.get(work)
    if given:
        return _by_hand(work, given, record)
    if record is None or (work.version or 0) > (record.version or 0) > 0:
        record = _ask(text, work, catalog, bib, record)
    _confirm_version(work, record)
    return record


def _identified(text: str) -> WorkId:
    if work := identify(text):
        return work
    raise EthogramError(f"`{clean(text)[:200]}` is no arXiv number, DOI or address.")


def _refuse_broken(work: WorkId, catalog: Catalog, bib: Path) -> None:
    """Refuse to add to a file that cannot be read in full; a copy's name would help nobody."""
    if error := refusal(catalog.bibliography, bib):
        raise error
    path, found = (bib / OTHER).as_posix(), catalog.bibliography.findings
    broken = [each for each in found if each.path == path and each.rule == "bad-bibliography"]
    if broken and work.scheme != "arxiv":
        raise EthogramError(findings=broken)


def _by_hand(work: WorkId, given: Given, record: Work | None) -> Work:
    if record is None:
        return given.work(work)
    raise EthogramError(
        f"{work} has a record already, `{record.key}` in bib/{record.source}: "
        "leave `--title`, `--authors` and `--year` out."
    )


def _ask(text: str, work: WorkId, catalog: Catalog, bib: Path, known: Work | None) -> Work:
    """Ask for a record in a copy of the folder, so that one whose card fails leaves no trace."""
    settings = Settings.beside(catalog.docs)
    with TemporaryDirectory() as scratch:
        for path in (*bib.glob("*.bib"), *bib.glob("corrections.yml")):
            shutil.copy(path, scratch)
        client = Client(settings.endpoints.arxiv, settings.contact)
        if work.scheme == "arxiv":
            return _ask_arxiv(work, Path(scratch), client, known)
        return _ask_elsewhere(text, Path(scratch), settings, client)


def _ask_arxiv(work: WorkId, scratch: Path, client: Client, known: Work | None) -> Work:
    outcome = resolve([work], scratch, refresh=known is not None, client=client)
    record = Bibliography.load(scratch).get(work)
    if reason := next(iter(outcome.reasons.values()), ""):
        if known:
            raise EthogramError(f"{_known_up_to(work, known)}, and {reason}: try again later.")
        raise UnrecordedError(f"There is no record of {work}, and {reason}. {BY_HAND}")
    if record is None or outcome.missing:
        raise EthogramError(f"There is no record of {work}: arXiv has no such paper.")
    return record


def _ask_elsewhere(text: str, scratch: Path, settings: Settings, client: Client) -> Work:
    try:
        return record_for(text, scratch, client=client, settings=settings)
    except EthogramError as error:
        said = str(error)  # which has the way out already, where no arXiv number was behind it
        raise UnrecordedError(said if "--title" in said else f"{said} {BY_HAND}") from None


def _confirm_version(work: WorkId, record: Work) -> None:
    if (work.version or 0) > (record.version or 0) > 0:
        raise EthogramError(
            f"{_known_up_to(work, record)}: name the version that you read, or none."
        )


def _known_up_to(work: WorkId, record: Work) -> str:
    return f"{record.id} is known up to version {record.version}, not {work.version}"


def keep_record(work: Work, bib: Path) -> Work:
    """Write a record into bib/, unless it stands there just so.

    Returns:
        The record as it stands there, with the key that it has for good.
    """
    there = Bibliography.load(bib).get(work.id)
    if there == work:
        return there
    if work.id.scheme != "arxiv":
        return there or append(bib, work)
    return merge(bib, [work]).get(work.id) or work
