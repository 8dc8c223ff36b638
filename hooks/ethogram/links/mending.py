"""Mending what rots: new addresses for what has moved for good, snapshots for what is gone."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urldefrag

from ethogram.cards import Page
from ethogram.catalog import Catalog
from ethogram.links.archive import added, is_stable
from ethogram.links.extract import Link, links_in_document
from ethogram.links.report import Result
from ethogram.links.rewriting import Change, Edit, apply, read_exactly, replacements
from ethogram.links.targets import asked_for
from ethogram.links.verdicts import Verdict

_OWN_ADDRESS = "it is the card's own address, by which its record is found"


@dataclass(frozen=True, slots=True)
class Mending:
    """What can be mended.

    Attributes:
        changes: files and what is to become of them.
        left: `path:line: why` for each address that a person must see to.
    """

    changes: tuple[Change, ...]
    left: tuple[str, ...]


def mend(results: Iterable[Result], catalog: Catalog, archive: Path) -> Mending:
    """Plan to rewrite what has moved for good, and to archive what is dead and has a snapshot.

    Args:
        results: verdicts on the links of the catalog's pages.
        catalog: the pages.
        archive: bib/archive.yml; it need not exist.

    Raises:
        EthogramError: a file cannot be read, or the archive has faults.
    """
    results = list(results)
    moved = {result.url: _new_address(result) for result in results if _has_moved(result)}
    edits: list[Edit] = []
    left: list[str] = []
    for page in catalog.pages:
        wanted, kept = _wanted(page, moved)
        found, skipped = replacements(page.document.text, page.path, wanted)
        edits += found
        reasons = {**dict.fromkeys(kept, _OWN_ADDRESS), **skipped}
        left += [f"{link.path}:{link.line}: {reason}" for link, reason in reasons.items()]
    return Mending((*apply(edits), *_archived(results, archive)), tuple(left))


def _has_moved(result: Result) -> bool:
    return result.verdict is Verdict.OK and bool(result.moved) and not is_stable(result.url)


def _new_address(result: Result) -> str:
    """Where to link to now: a place on the old page is one on the new."""
    page, fragment = urldefrag(result.moved)
    fragment = fragment or urldefrag(result.url).fragment
    return f"{page}#{fragment}" if fragment else page


def _wanted(page: Page, moved: Mapping[str, str]) -> tuple[dict[Link, str], list[Link]]:
    """A page's links that need a new address, and those among them that must keep the old."""
    links = links_in_document(page.document, page.path)
    own = {card.url_place for card in page.cards if card.work.scheme == "url"}
    wanted = {link: moved[asked_for(link.url)] for link in links if asked_for(link.url) in moved}
    kept = [link for link in wanted if (link.line, link.column) in own]
    return {link: url for link, url in wanted.items() if link not in kept}, kept


def _archived(results: Iterable[Result], archive: Path) -> Iterator[Change]:
    """Yield the change of the archive, if there is anything to put into it."""
    snapshots = {
        urldefrag(result.url).url: result.snapshot
        for result in results
        if result.verdict is Verdict.DEAD
        and result.snapshot
        and not 200 <= (result.status or 0) < 300  # else only a place on the page is gone
    }
    before = read_exactly(archive.as_posix()) if archive.exists() else ""
    after = added(before, snapshots, archive.as_posix())
    if after != before:
        yield Change(archive.as_posix(), before, after)
