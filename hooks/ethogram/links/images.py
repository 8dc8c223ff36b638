"""Remote pictures brought home: fetched, re-encoded, and shown from docs/assets/figures.

A picture on another site rots, tells that site who reads the page, and shifts the text when it
comes. GitHub's attachments redirect to addresses that live five minutes, so only the address on
the page counts as a source, never where it leads (guide/links.md). The picture is on disk before
the page names it; what goes wrong with one leaves the others as they are.
"""

import asyncio
import os
import re
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count, groupby
from pathlib import Path
from typing import TYPE_CHECKING

from anyascii import anyascii

from ethogram.cards import Page
from ethogram.catalog import Catalog
from ethogram.links import pictures as looking
from ethogram.links.figures import Spot, readable, sourced, spots
from ethogram.links.files import INDEXES
from ethogram.links.replacement import File, Place, show
from ethogram.links.rewriting import temporary
from ethogram.links.webp import UnfitError, Webp, encoded

if TYPE_CHECKING:
    from ethogram.links.client import Answer, Client

FIGURES = "assets/figures"
"""Where pictures lie in the docs folder (DESIGN: "The card")."""

LIMIT = 20 * 1024 * 1024
"""The most bytes of a picture that are fetched."""

_AT_ONCE = 4  # pictures held in memory


@dataclass(frozen=True, slots=True)
class RemotePicture:
    """A picture that a page fetches from another site.

    Attributes:
        path: the page.
        line, column: where the picture begins; in raw HTML, where its address does.
        address: where it is fetched from.
        alt: its alternative text; None where the HTML has none.
        key: what its file is to be called, without number and suffix.
    """

    path: str
    line: int
    column: int
    address: str
    alt: str | None
    key: str


class Fate(StrEnum):
    """What became of a picture."""

    FETCHED = "fetched"
    REFUSED = "refused"
    UNREACHABLE = "unreachable"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a picture.

    Attributes:
        picture: which one.
        fate: `FETCHED` where the page now shows a file; in a dry run, where it would.
        file: the file; None where there is none.
        before, after: bytes that came and bytes of the file; 0 came of a picture that was there.
        reason: why there is none, or why the page does not show it, in a few words.
    """

    picture: RemotePicture
    fate: Fate
    file: Path | None = None
    before: int = 0
    after: int = 0
    reason: str = ""


Progress = Callable[[int, int], None]
"""Called with how many pictures are done, and of how many."""


def mirror(
    catalog: Catalog,
    *,
    allow_private: bool = False,
    contact: str = "",
    dry_run: bool = False,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Fetch every remote picture of a site, and have its pages show the files.

    Args:
        catalog: the site, with its pages' text.
        allow_private: whether loopback and private addresses may be asked.
        contact: how to reach whoever asks, for the User-Agent.
        dry_run: fetch and re-encode only; no file is written or changed.
        progress: told how far it is.

    Returns:
        What became of each, in the order of pages.
    """
    found = remote(catalog)
    return asyncio.run(_mirror(catalog, found, allow_private, contact, dry_run, progress))


async def _mirror(
    catalog: Catalog,
    found: Sequence[RemotePicture],
    allow_private: bool,
    contact: str,
    dry_run: bool,
    progress: Progress | None,
) -> list[Outcome]:
    from ethogram.links.client import Client  # aiohttp takes its time, and a list needs none
    from ethogram.links.guard import Guard
    from ethogram.links.schedule import Schedule

    known = mirrored(catalog)
    async with Client(Schedule(), Guard(allow_private), contact=contact) as client:
        folder = catalog.docs / FIGURES
        return await fetch(
            found, client, folder, catalog.docs, known=known, dry_run=dry_run, progress=progress
        )


# -- what is on the pages --------------------------------------------------------------------


def remote(catalog: Catalog) -> list[RemotePicture]:
    """Return every picture that the pages fetch from another site, in the order of pages."""
    return [
        RemotePicture(page.path, *spot.place, spot.address, spot.alt, _key(page, spot, catalog))
        for page in catalog.pages
        for spot in spots(page.document)
    ]


def mirrored(catalog: Catalog) -> dict[str, Path]:
    """Return the files that pages show already, by where they came from as titles say it."""
    found: dict[str, Path] = {}
    for page in catalog.pages:
        for path, origin in sourced(page.document, catalog.relative(page.path)):
            file = catalog.docs / path
            if file.is_file():
                found.setdefault(origin, file)
    return found


def _key(page: Page, spot: Spot, catalog: Catalog) -> str:
    """Name a picture after the work of the card that it stands in, or else after the page."""
    cards = [card for card in page.cards if card.line <= spot.place[0] <= card.last]
    if not cards:
        path = Path(page.path)
        name = path.parent.name if path.name in INDEXES else path.stem
        return _slug(page.meta("behavior") or name)
    work = cards[-1].work
    record = catalog.bibliography.get(work)
    if record and record.id.scheme == "arxiv":
        work = record.id
    if work.scheme == "arxiv":
        return work.id.replace("/", "-")
    return _slug(record.key if record else re.sub("^https?://", "", work.id))


def _slug(text: str) -> str:
    """A file's name that every disk and address takes as it is."""
    return re.sub(r"[^a-z0-9.]+", "-", anyascii(text).lower())[:60].strip("-.") or "picture"


# -- fetching --------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Fetched:
    """What came from an address: a picture, or the fate of one and the reason."""

    fate: Fate
    reason: str = ""
    before: int = 0
    webp: "Webp | None" = None


async def fetch(
    pictures: Iterable[RemotePicture],
    client: "Client",
    figures: Path,
    docs: Path,
    *,
    known: Mapping[str, Path] | None = None,
    dry_run: bool = False,
    progress: Progress | None = None,
) -> list[Outcome]:
    """Fetch pictures, each address once, and have their pages show them.

    Files are numbered in the order of pictures, whatever comes first. A page is changed as soon
    as all its pictures are there.

    Args:
        pictures: those of a page in a row, as `remote` gives them.
        client: asks for them.
        figures: where their files go; inside `docs`.
        docs: the docs folder.
        known: files that are there already, as `mirrored` gives them.
        dry_run: no file is written or changed.
        progress: told how far it is.

    Returns:
        What became of each, in the same order.
    """
    listed = list(pictures)
    files = {address: file for address, file in (known or {}).items() if looking.size(file)}
    wanted = [p.address for p in listed if readable(p.address) not in files]
    _expect(client, wanted)
    room, turn = asyncio.Semaphore(_AT_ONCE), asyncio.Lock()
    outcomes: list[Outcome] = []
    async with asyncio.TaskGroup() as group:
        tasks = {
            address: group.create_task(_ask(address, client, room, turn))
            for address in dict.fromkeys(wanted)
        }
        for path, some in groupby(listed, key=lambda picture: picture.path):
            found = [await _settle(picture, tasks, files, figures, dry_run) for picture in some]
            outcomes += found if dry_run else _shown(found, path, docs)
            if progress:
                progress(len(outcomes), len(listed))
    return outcomes


def _expect(client: "Client", addresses: Iterable[str]) -> None:
    """Tell which hosts will be asked more than once, as their Crawl-delay matters."""
    from ethogram.links.guard import GuardError, target

    hosts: Counter[str] = Counter()
    for address in set(addresses):
        try:
            hosts[target(address).origin] += 1
        except GuardError:
            continue  # asking for it will say what is wrong with it
    client.expect(host for host, number in hosts.items() if number > 1)


async def _ask(
    address: str, client: "Client", room: asyncio.Semaphore, turn: asyncio.Lock
) -> _Fetched:
    """Fetch one picture and re-encode it, beside the others' requests and not beside itself."""
    async with room:
        answer = await client.ask(address, limit=LIMIT, headers={"Accept": "image/*,*/*;q=0.8"})
        if failed := _failure(answer):
            return failed
        try:
            async with turn:  # a decoded picture is a hundred times as large
                webp = await asyncio.to_thread(encoded, answer.body)
        except UnfitError as error:
            return _Fetched(Fate.REFUSED, str(error))
        return _Fetched(Fate.FETCHED, before=len(answer.body), webp=webp)


def _failure(answer: "Answer") -> _Fetched | None:
    """Why an answer is no picture, if it is none."""
    if answer.trouble:
        return _Fetched(Fate.UNREACHABLE, answer.detail or answer.trouble)
    if answer.status is None or not 200 <= answer.status < 300:
        return _Fetched(Fate.UNREACHABLE, f"HTTP {answer.status}")
    look = looking.look(answer.body, answer.headers.get("Content-Type", ""))
    if look.fault:
        return _Fetched(Fate.REFUSED, look.fault)
    if not answer.complete:
        return _Fetched(Fate.REFUSED, f"larger than {LIMIT // 1024 // 1024} MiB")
    return None


async def _settle(
    picture: RemotePicture,
    tasks: Mapping[str, asyncio.Task[_Fetched]],
    files: dict[str, Path],
    figures: Path,
    dry_run: bool,
) -> Outcome:
    """Wait for a picture and write its file, unless that is there."""
    source = readable(picture.address)
    if source in files:
        file = files[source]
        return Outcome(picture, Fate.FETCHED, file, 0, file.stat().st_size)
    fetched = await tasks[picture.address]
    if fetched.webp is None:
        return Outcome(picture, fetched.fate, reason=fetched.reason)
    done = Outcome(picture, fetched.fate, None, fetched.before, len(fetched.webp.data))
    if dry_run:
        return done
    try:
        files[source] = _store(fetched.webp.data, figures, picture.key)
    except OSError as error:
        return replace(done, fate=Fate.REFUSED, reason=f"cannot be written: {error.strerror}")
    return replace(done, file=files[source])


def _shown(found: list[Outcome], path: str, docs: Path) -> list[Outcome]:
    """Have a page show its pictures' files; say of which it does not."""
    wanted = {
        _place(outcome.picture): File(outcome.file, size)
        for outcome in found
        if outcome.file and (size := looking.size(outcome.file))
    }
    failed = show(wanted, path, docs) if wanted else {}
    return [
        replace(outcome, fate=Fate.REFUSED, reason=failed[place])
        if (place := _place(outcome.picture)) in failed
        else outcome
        for outcome in found
    ]


def _place(picture: RemotePicture) -> Place:
    return picture.line, picture.column, picture.address


# -- files -----------------------------------------------------------------------------------


def _store(data: bytes, figures: Path, key: str) -> Path:
    """Write a picture under the next free number; the same bytes are not written twice.

    Raises:
        OSError: it cannot be written.
    """
    figures.mkdir(parents=True, exist_ok=True)
    taken = {0}
    for file in sorted(figures.iterdir()):
        if match := re.fullmatch(
            rf"{re.escape(key)}-([0-9]{{1,9}})\.\w+", file.name, re.IGNORECASE
        ):
            taken.add(int(match[1]))
            if file.suffix == ".webp" and file.read_bytes() == data:
                return file
    for number in count(max(taken) + 1):
        target = figures / f"{key}-{number}.webp"
        with temporary(target, data) as new:
            if _claim(new, target):
                return target
    raise AssertionError("there is always a next number")


def _claim(new: Path, target: Path) -> bool:
    """Give a file its name, unless another has it: not even one that came this moment is lost."""
    try:
        os.link(new, target)
    except FileExistsError:
        return False
    except OSError:  # a disk without hard links
        if target.exists():
            return False
        new.replace(target)
    return True
