"""Remote pictures of a page replaced by files, if the page then reads as it did.

Each replacement is tried out before any is written; what goes wrong with one leaves the others.
"""

import os
import posixpath
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from ethogram.cards import Page, read_page
from ethogram.catalog import read_text
from ethogram.findings import EthogramError
from ethogram.links.extract import links_in_document
from ethogram.links.figures import Spot, edits, spots
from ethogram.links.files import address_of
from ethogram.links.rewriting import Edit, apply, edited
from ethogram.links.tags import Tag
from ethogram.links.webp import UnfitError

Place = tuple[int, int, str]
"""A remote picture on a page: line, column and address."""


@dataclass(frozen=True, slots=True)
class File:
    """A picture on disk, and its width and height."""

    path: Path
    size: tuple[int, int]


def show(wanted: Mapping[Place, File], path: str, docs: Path) -> dict[Place, str]:
    """Have a page show files instead of what it fetches.

    Args:
        wanted: the files, by what stands on the page.
        path: the page.
        docs: the docs folder.

    Returns:
        The pictures that the page does not show now, each with the reason.
    """
    try:
        page = read_page(read_text(Path(path)), path)
        changes, failed = _planned(page, wanted, docs)
        for change in apply(changes):
            change.write()
    except EthogramError as error:
        return dict.fromkeys(wanted, str(error))
    return failed


def _planned(
    page: Page, wanted: Mapping[Place, File], docs: Path
) -> tuple[list[Edit], dict[Place, str]]:
    """The edits of a page, each tried out; and the pictures that get none, with the reason."""
    standing = {(*spot.place, spot.address): spot for spot in spots(page.document)}
    planned: list[Edit] = []
    done: list[tuple[Spot, str]] = []
    failed: dict[Place, str] = {}
    for place, file in wanted.items():
        spot = standing.get(place)
        if spot is None:
            failed[place] = "the page has changed meanwhile"
            continue
        shown = _named(file.path, spot, page.path, docs)
        try:
            found = edits(page.document, spot, page.path, shown, file.size)
        except UnfitError as error:
            failed[place] = str(error)
            continue
        if _is_shown(page, [*planned, *found], [*done, (spot, shown)]):
            planned += found
            done.append((spot, shown))
        else:
            failed[place] = "with it the page would be read differently"
    return planned, failed


def _named(file: Path, spot: Spot, path: str, docs: Path) -> str:
    """A file as a picture names it: from the page's folder, or in HTML from where it is served."""
    source = Path(os.path.relpath(path, docs)).as_posix()
    folder = address_of(source) if isinstance(spot.what, Tag) else posixpath.dirname(source)
    target = Path(os.path.relpath(file, docs)).as_posix()
    return quote(posixpath.relpath(target, folder or "."))


def _is_shown(page: Page, changes: Sequence[Edit], done: Sequence[tuple[Spot, str]]) -> bool:
    """Whether a page reads as meant with edits in it: these pictures are local, all else is equal.

    No picture in `done` is fetched any more, and cards and other links are what they were.
    """
    try:
        after = read_page(edited(page.document.text, changes), page.path)
    except EthogramError:
        return False
    links, local, fetched = _links(page), Counter[str](), _fetched(page)
    for spot, shown in done:
        local[shown] += 1
        fetched[spot.address] -= 1
        if isinstance(spot.what, Tag) or spot.what.start < spot.target < spot.what.end:
            links[spot.url] -= 1  # else it is a definition's, which stays
    return (
        +(links + local) == _links(after)
        and +fetched == _fetched(after)
        and _cards(page) == _cards(after)
    )


def _links(page: Page) -> Counter[str]:
    """How often each address is written; a definition is one, whatever it is used for."""
    links = links_in_document(page.document, page.path)
    return Counter(url for *_, url in {(link.line, link.column, link.url) for link in links})


def _fetched(page: Page) -> Counter[str]:
    return Counter(spot.address for spot in spots(page.document))


def _cards(page: Page) -> list[tuple[object, ...]]:
    return [(card.line, card.title, card.url, card.fields, card.last) for card in page.cards]
