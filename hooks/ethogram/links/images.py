"""Remote pictures brought home: fetched, re-encoded, and shown from docs/assets/figures.

A picture on another site rots, tells that site who reads the page, and shifts the text when it
comes. GitHub's attachments redirect to addresses that live five minutes, so only the address on
the page counts as a source, never where it leads (guide/links.md). The picture is on disk before
the page names it; what goes wrong with one leaves the others as they are.
"""

import asyncio
import os
import posixpath
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import count, groupby
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import quote, unquote, urldefrag

from anyascii import anyascii

from ethogram.cards import Page, read_page
from ethogram.catalog import Catalog, read_text
from ethogram.findings import EthogramError
from ethogram.links import pictures as looking
from ethogram.links.extract import html_of, links_in_document
from ethogram.links.files import INDEXES, address_of
from ethogram.links.rewriting import Edit, apply, attribute_value, edited, temporary
from ethogram.links.tags import Tag, Text, tags
from ethogram.links.webp import UnfitError, Webp, encoded
from ethogram.markdown import Document, Inline

if TYPE_CHECKING:
    from ethogram.links.client import Answer, Client

FIGURES = "assets/figures"
"""Where pictures lie in the docs folder (DESIGN: "The card")."""

LIMIT = 20 * 1024 * 1024
"""The most bytes of a picture that are fetched."""

_AT_ONCE = 4  # pictures held in memory
_REMOTE = ("http://", "https://", "//")


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
        for spot in _spots(page.document)
    ]


def mirrored(catalog: Catalog) -> dict[str, Path]:
    """Return the files that pages show already, by where they came from as titles say it."""
    found: dict[str, Path] = {}
    for page in catalog.pages:
        source = catalog.relative(page.path)
        for folder, target, title in _titled(page.document, source):
            origin = _SOURCE.search(title)
            file = catalog.docs / posixpath.normpath(posixpath.join(folder, unquote(target)))
            if origin and file.is_file():
                found.setdefault(origin[1], file)
    return found


def _titled(document: Document, source: str) -> Iterator[tuple[str, str, str]]:
    """Each local picture with a title: the folder that it is relative to, its path, its title."""
    for item in document.inlines:
        text = document.text[item.start : item.end]
        if item.kind == "image" and text.startswith("!") and not _is_remote(item.target):
            title = _TITLE.search(text)
            yield posixpath.dirname(source), item.target, title[1][1:-1] if title else ""
    for tag in _images(document):
        if not _is_remote(tag.value("src")):
            yield address_of(source), tag.value("src"), tag.value("title")


def _is_remote(address: str) -> bool:
    return address.strip().lower().startswith(_REMOTE)


def _key(page: Page, spot: "_Spot", catalog: Catalog) -> str:
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


# -- a picture on a page ---------------------------------------------------------------------

_TITLE = re.compile(r"\s(\"[^\"\n]*\"|'[^'\n]*')\s*\)$")
_DEFINED_TITLE = re.compile(r"[^\s>]*>?[ \t]+(\"[^\"\n]*\"|'[^'\n]*')[ \t]*(?:\n|$)")
_SOURCE = re.compile(r"\bSource: (\S+)$")
_LIST = re.compile(r"\{:?[ ]*([^}\n]*?)[ ]*\}")  # attr_list takes it right behind the picture
_ATTRIBUTE = re.compile(r"(?:^| )(width|height|loading)=(\"[^\"]*\"|'[^']*'|[^ \"'=]+)")
_NUMBER = re.compile(r"([0-9]+)(?:px)?")


@dataclass(frozen=True, slots=True)
class _Spot:
    """A remote picture where it stands.

    Attributes:
        place: line and column.
        address, alt: as in `RemotePicture`.
        url: the address as `links_in_document` has it.
        what: Markdown's picture, or a tag.
        target: offset of the address.
    """

    place: tuple[int, int]
    address: str
    alt: str | None
    url: str
    what: Inline | Tag
    target: int


def _spots(document: Document) -> Iterator[_Spot]:
    """The remote pictures of a page, in order."""
    urls = {(link.line, link.column): link.url for link in links_in_document(document, "")}
    found: list[tuple[int, int, str | None, Inline | Tag]] = []
    for item in document.inlines:
        if item.kind == "image" and document.text.startswith("!", item.start):
            found.append((item.start, item.target_start, item.text, item))
    for tag in _images(document):
        source = tag.attributes["src"].stripped(" \n\t")
        alt = tag.value("alt") if "alt" in tag.attributes else None
        found.append((source.offsets[0], source.offsets[0], alt, tag))
    for start, target, alt, what in sorted(found, key=lambda some: some[0]):
        url = urls.get(document.place(target), "")
        if _is_remote(url):
            address = urldefrag(f"https:{url}" if url.startswith("//") else url).url
            yield _Spot(document.place(start), address, alt, url, what, target)


def _images(document: Document) -> Iterator[Tag]:
    """The `img` elements of a page's raw HTML."""
    html = html_of(document)
    if "<img" in html.lower():
        for tag in tags(Text.of(html)):
            if tag.name == "img" and tag.attributes.get("src"):
                yield tag


def _edits(
    document: Document, spot: _Spot, path: str, shown: str, size: tuple[int, int]
) -> list[Edit]:
    """What has to change so that a page shows a file.

    Args:
        document: the page.
        spot: the picture.
        path: the page's file.
        shown: the picture's file as that place names it.
        size: of the picture.
    """
    if isinstance(spot.what, Tag):
        changes = _in_html(document.text, spot.what, spot.address, shown, size)
    else:
        changes = [_in_markdown(document.text, spot.what, spot.address, shown, size)]
    return [
        Edit(path, *document.place(start), document.text[start:end], new)
        for start, end, new in changes
    ]


def _in_markdown(
    text: str, item: Inline, address: str, shown: str, size: tuple[int, int]
) -> tuple[int, int, str]:
    """Put in a new destination and attributes; the alternative text stays.

    A picture by reference becomes an ordinary one: what its label defines may have other uses.
    """
    close = item.start + len("![") + len(item.text or "")
    written = _TITLE.search(text[close : item.end])
    if not text.startswith("](", close):
        written = _DEFINED_TITLE.match(text, item.target_start)
    mark, title = (written[1][0], written[1][1:-1]) if written else ('"', "")
    attributes = _LIST.match(text, item.end)
    listed = _listed(attributes[1] if attributes else "", size)
    end = attributes.end() if attributes else item.end
    return close, end, f"]({shown} {mark}{_with_source(title, address)}{mark}){{ {listed} }}"


def _listed(written: str, size: tuple[int, int]) -> str:
    """An attribute list with the size in it, and what was there before."""
    given = {name: value.strip("\"'") for name, value in _ATTRIBUTE.findall(written)}
    added = [f'{name}="{value}"' for name, value in _missing(given, size).items()]
    if "loading" not in given:
        added.append("loading=lazy")
    return " ".join([*([written] if written else []), *added])


def _missing(given: Mapping[str, str], size: tuple[int, int]) -> dict[str, int]:
    """Width and height, where an author has not set them; of one, the other follows.

    From a share of the room (`50%`) none follows: the style sheet keeps the picture's shape.
    """
    width, height = size
    if not ("width" in given or "height" in given):
        return {"width": width, "height": height}
    across, down = (_NUMBER.fullmatch(given.get(name, "")) for name in ("width", "height"))
    if across and "height" not in given:
        return {"height": max(1, round(int(across[1]) * height / width))}
    if down and "width" not in given:
        return {"width": max(1, round(int(down[1]) * width / height))}
    return {}


def _with_source(title: str, address: str) -> str:
    """A title that says where the picture is from, behind what it said before."""
    source = f"Source: {_readable(address)}"
    return f"{title.rstrip()} - {source}" if title.strip() else source


def _readable(address: str) -> str:
    """An address as a title has it: nothing in it ends the title, or means something there."""
    return quote(address, safe="%!#&*+,/:=?@~")


def _in_html(
    text: str, tag: Tag, address: str, shown: str, size: tuple[int, int]
) -> list[tuple[int, int, str]]:
    """Give an `img` a new source and a title, and a size where it has none.

    Raises:
        UnfitError: its `srcset` would go on fetching from other sites.
    """
    if "srcset" in tag.attributes:
        raise UnfitError("it has a srcset too, which a person must replace")
    given = {name: tag.value(name) for name in ("width", "height") if name in tag.attributes}
    added = "".join(f' {name}="{value}"' for name, value in _missing(given, size).items())
    if "loading" not in tag.attributes:
        added += ' loading="lazy"'
    title = attribute_value(_with_source(tag.value("title"), address))
    changes = [_value(text, tag.attributes["src"], attribute_value(shown))]
    if "title" in tag.attributes:
        changes.append(_value(text, tag.attributes["title"], title))
    else:
        added += f" title={title}"
    start, end, source = changes[0]
    return [(start, end, source + added), *changes[1:]]


def _value(text: str, value: Text, new: str) -> tuple[int, int, str]:
    """Replace an attribute's value, its quotes included if it has any."""
    start, end = value.offsets[0], value.offsets[-1]
    if text[start - 1] in "\"'":
        return start - 1, end + 1, new
    return start, end, new if value.content else f"={new}"


# -- pages -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _File:
    """A picture on disk, and its width and height."""

    path: Path
    size: tuple[int, int]


def _show(wanted: Mapping[RemotePicture, _File], path: str, docs: Path) -> dict[RemotePicture, str]:
    """Have a page show files instead of what it fetches.

    Args:
        wanted: the files by the picture on the page.
        path: the page.
        docs: the docs folder.

    Returns:
        The pictures that the page does not show now, each with the reason.
    """
    try:
        page = read_page(read_text(Path(path)), path)
        edits, failed = _planned(page, wanted, docs)
        for change in apply(edits):
            change.write()
    except EthogramError as error:
        return dict.fromkeys(wanted, str(error))
    return failed


def _planned(
    page: Page, wanted: Mapping[RemotePicture, _File], docs: Path
) -> tuple[list[Edit], dict[RemotePicture, str]]:
    """The edits of a page, each tried out; and the pictures that get none, with the reason."""
    spots = {(*spot.place, spot.address): spot for spot in _spots(page.document)}
    edits: list[Edit] = []
    done: list[tuple[_Spot, str]] = []
    failed: dict[RemotePicture, str] = {}
    for picture, file in wanted.items():
        spot = spots.get((picture.line, picture.column, picture.address))
        if spot is None:
            failed[picture] = "the page has changed meanwhile"
            continue
        shown = _named(file.path, spot, page.path, docs)
        try:
            found = _edits(page.document, spot, page.path, shown, file.size)
        except UnfitError as error:
            failed[picture] = str(error)
            continue
        if _is_shown(page, [*edits, *found], [*done, (spot, shown)]):
            edits += found
            done.append((spot, shown))
        else:
            failed[picture] = "with it the page would be read differently"
    return edits, failed


def _named(file: Path, spot: _Spot, path: str, docs: Path) -> str:
    """A file as a picture names it: from the page's folder, or in HTML from where it is served."""
    source = Path(os.path.relpath(path, docs)).as_posix()
    folder = address_of(source) if isinstance(spot.what, Tag) else posixpath.dirname(source)
    target = Path(os.path.relpath(file, docs)).as_posix()
    return quote(posixpath.relpath(target, folder or "."))


def _is_shown(page: Page, edits: Sequence[Edit], done: Sequence[tuple[_Spot, str]]) -> bool:
    """Whether a page reads as meant with edits in it: these pictures are local, all else is equal.

    No picture in `done` is fetched any more, and cards and other links are what they were.
    """
    try:
        after = read_page(edited(page.document.text, edits), page.path)
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
    return Counter(spot.address for spot in _spots(page.document))


def _cards(page: Page) -> list[tuple[object, ...]]:
    return [(card.line, card.title, card.url, card.fields, card.last) for card in page.cards]


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
    wanted = [p.address for p in listed if _readable(p.address) not in files]
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
    source = _readable(picture.address)
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
        outcome.picture: _File(outcome.file, size)
        for outcome in found
        if outcome.file and (size := looking.size(outcome.file))
    }
    failed = _show(wanted, path, docs) if wanted else {}
    return [
        replace(outcome, fate=Fate.REFUSED, reason=failed[outcome.picture])
        if outcome.picture in failed
        else outcome
        for outcome in found
    ]


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
