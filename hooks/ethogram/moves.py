"""Pages that have moved: the old addresses that a page's front matter keeps alive.

A page with `moved-from: [deception/old.md]` was once at that path below the folder of the pages.
The build leads on whoever comes to the old address, and `check` tells of links that still do.
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any, Final

from ethogram.cards import Page
from ethogram.catalog import Catalog
from ethogram.findings import Finding
from ethogram.links.files import Files, address_of
from ethogram.site import PAPERS

FIELD: Final = "moved-from"
"""The name in the front matter: a path, or a list of them, the oldest first."""

_LONGEST = 120  # bytes of a name; file systems take 255, and `index.html` has to fit as well
_MADE = tuple(".html .bib .ris .json .jsonl .csv .xml .gz .txt .js .css .png".split())
"""How the files end that a site has beside its pages."""

_SHAPE = "Write the path that the page had below {docs}/, such as deception/sandbagging.md."


@dataclass(frozen=True, slots=True)
class Claim:
    """A page's word that it was once at another path.

    Attributes:
        page: the page.
        old: the path, as the front matter has it.
        new: where the page is now; both are relative to the folder of the pages.
        fault: what is wrong with the claim; empty where it holds.
        mend: how to mend that; empty for the rule's own words.
    """

    page: Page
    old: str
    new: str
    fault: str = ""
    mend: str = ""


def moved(catalog: Catalog) -> dict[str, str]:
    """Where the pages that have moved are now, by the paths they had; faulty claims left out."""
    return {claim.old: claim.new for claim in _claims(catalog) if not claim.fault}


def first_paths(catalog: Catalog) -> dict[str, str]:
    """The path that each page that has moved had at first, by the one it has now.

    What is to stay the same for ever, such as an entry's id in a feed, is made of it.
    """
    found: dict[str, str] = {}
    for old, new in moved(catalog).items():
        found.setdefault(new, old)
    return found


def former_paths(catalog: Catalog) -> dict[str, list[str]]:
    """The paths that each page that has moved once had, by the one it has now."""
    found: dict[str, list[str]] = {}
    for old, new in moved(catalog).items():
        found.setdefault(new, []).append(old)
    return found


def check(catalog: Catalog) -> Iterator[Finding]:
    """Yield what is wrong with the front matter's old paths."""
    for claim in _claims(catalog):
        if claim.fault:
            place, path = _place(claim), claim.page.path
            yield Finding.of("bad-move", path, place, claim.fault, claim.mend)


def _claims(catalog: Catalog) -> Iterator[Claim]:
    """Every claim, held against what is there and against those before it."""
    taken: _Taken | None = None
    for page in catalog.pages:
        for old in _written(page.front_matter.get(FIELD, [])):
            taken = taken or _Taken(catalog)
            new = catalog.relative(page.path)
            yield Claim(page, old, new, *(_misshapen(old, catalog) or taken.by(old, new)))


def _written(value: Any) -> list[str]:
    """The paths of a front matter's value; what is no path is given as it can be shown."""
    values = value if isinstance(value, list) else [value]
    return [each if isinstance(each, str) else str(each) for each in values]


def _misshapen(old: str, catalog: Catalog) -> tuple[str, str] | None:
    """What keeps a text from being the path of a page, and the mend."""
    docs = catalog.docs.name
    shape = _SHAPE.format(docs=docs)
    if not old.endswith(".md") or not old.isprintable():
        return f"{old!r} is no path of a page", shape
    if old.startswith(f"{docs}/"):
        return f"{old} begins with {docs}/", f"Write {old.removeprefix(f'{docs}/')}."
    if old.startswith("/") or posixpath.normpath(old).startswith("..") or "://" in old:
        return f"{old} leads out of {docs}/", shape
    if posixpath.normpath(old) != old or "\\" in old or _unpublished(old):
        return f"{old} is no path that a page can have had", shape
    return None


def _unpublished(old: str) -> bool:
    """Whether MkDocs would have left the page out, or no disk would have taken it."""
    parts = PurePosixPath(old).parts
    return any(part.startswith(".") or len(part.encode()) > _LONGEST for part in parts)


class _Taken:
    """What is at an address already; capitals do not tell addresses apart on every disk."""

    def __init__(self, catalog: Catalog) -> None:
        self._files = Files(catalog.docs)
        self._pages = {_folded(path): path for path in catalog.by_path}
        self._works = {key.casefold() for key in catalog.entries}
        ids = (entry.work.id for entry in catalog.entries.values())
        self._works |= {work.id.casefold() for work in ids if work.scheme == "arxiv"}
        self._claimed: dict[str, str] = {}

    def by(self, old: str, new: str) -> tuple[str, str]:
        """Say what has an address and what to do about it; nothing where it is free."""
        address = _folded(old)
        if page := self._pages.get(address) or self._files.page_at(address):
            hint = f"Take it out: the address leads to {page}, which is there."
            return f"{old} has not moved: its address is that of a page", hint
        if self._files.is_file(address_of(old).rstrip("/")):
            return f"{old} has the address of a file in {self._files.root.as_posix()}/", ""
        if folder := self._file_above(old):
            return f"{old} lies in {folder}, which is a file on the site, not a folder", ""
        if address == "404" or self._is_work(address):
            return f"{old} has the address of a page that the site makes by itself", ""
        if other := self._claimed.get(address):
            return f"{other} says already that it was {old}", "Leave the old path to one of them."
        self._claimed[address] = new
        return "", ""

    def _file_above(self, old: str) -> str:
        """The part of a path that is to be a folder and is, or may be, a file; empty for none."""
        folders = map(str, reversed(PurePosixPath(old).parents[:-1]))
        return next((each for each in folders if self._may_be_file(each)), "")

    def _may_be_file(self, folder: str) -> bool:
        return folder.casefold().endswith(_MADE) or self._files.is_file(folder)

    def _is_work(self, address: str) -> bool:
        """Whether a work's page is there, or may be one day: years have pages, too."""
        folder, _, name = address.partition("/")
        return folder == PAPERS and (name in self._works or name.isdecimal())


def _folded(path: str) -> str:
    return address_of(path).rstrip("/").casefold()


def _place(claim: Claim) -> tuple[int, int]:
    """Line and column of a path in the front matter; of the field where it is not found there."""
    lines = claim.page.document.text.split("\n")
    field = next((n for n, line in enumerate(lines) if line.startswith(f"{FIELD}:")), 0)
    for number, line in enumerate(lines[field:], field + 1):
        if claim.old and claim.old in line:
            return number, line.index(claim.old) + 1
        if number > field + 1 and line.startswith("---"):
            break
    return field + 1, 1
