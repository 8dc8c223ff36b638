"""The finished HTML of a site, held against what is there (guide/links.md, 11 and 16).

`internal` reads the Markdown. What only a finished page has is checked here: what the theme, the
templates, the plugins and our own rendering put there. A page is looked through as it is written;
what may be wrong waits for the end, when every page is on disk and all can be looked up. What is
dead outside, by the journal and bib/archive.yml, is repaired at once.
"""

import os
import posixpath
import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import cache, lru_cache
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ethogram.catalog import read_text
from ethogram.findings import EthogramError, Finding
from ethogram.links.addresses import resolve
from ethogram.links.extract import Link, anchors_in_html, links_in_html, links_in_markdown
from ethogram.links.files import Files
from ethogram.links.gone import Gravestones, asked_for
from ethogram.links.internal import is_external
from ethogram.links.scan import scan
from ethogram.links.tags import decode
from ethogram.taxonomy import suggest

if TYPE_CHECKING:
    from ethogram.links.pictures import Look

_CONTROLS = "".join(map(chr, range(33)))  # what a browser strips from both ends of an address
_GENERATED = "__"  # how Material begins the ids that it gives to tabs and to lines of code
_NOT_OURS = "It is not the page's Markdown that says so: look in the theme, templates and plugins."
_ABSOLUTE = "Correct the address, or link to the page by its file."
# What a browser asks for as it is written, and most addresses are so: ASCII without `&` and `\\`.
_PLAIN = re.compile(r"https?://[!-%'-\[\]-~]*[!-%'->@-\[\]-~]")
_UPWARD = re.compile(r"(?P<up>(?:\.\./)+)(?P<down>[\w-][\w/-]*(?:\.\w+)?(?:#[\w-]*)?)", re.ASCII)
_NO_SIZE = (0, 0)
_NOWHERE = "http://site.invalid/"  # where a site is that does not say where it is

_Target = tuple[str, str]  # a path below the site's root, and a place on that page or nothing
_Case = tuple[_Target, str]  # what may lead nowhere, and the page that has it


class Finished:
    """The pages of one build.

    Paths are those of the files that are built, relative to the site's root, with forward slashes.
    """

    def __init__(
        self,
        site: Path,
        url: str,
        files: Mapping[str, Path | None],
        gone: Gravestones,
        spared: Collection[str] = (),
    ) -> None:
        """Get ready to look at pages.

        Args:
            site: the folder that the site is written to.
            url: where it will be served; empty if that is not known.
            files: what the build writes, each with the file it comes from, if there is one.
            gone: what is dead outside.
            spared: pictures that are left as they are: the theme's logo.
        """
        self._site = site
        self._root = f"{(url or _NOWHERE).rstrip('/')}/"
        self._files = dict(files)
        self._gone = gone
        self._spared = frozenset(spared)
        self._served = {address for path in files for address in _addresses(path)}
        self._sources: dict[str, Path | None] = {}
        # Links upward (`../page/`) that are well, and those in doubt with where they lead, by the
        # folder above the page that has them: pages side by side share their navigation, and with
        # it most of their links.
        self._well: dict[str, set[str]] = defaultdict(set)
        self._ill: dict[str, dict[str, _Target]] = defaultdict(dict)
        self._doubts: dict[_Target, dict[str, None]] = defaultdict(dict)
        self._ids: dict[str, set[str]] = {}  # by page, places seen for sure: most of those wanted
        self._broken: dict[str, str] = {}  # pictures that are none, each with a page that shows it
        self._moved: dict[str, str] = {}  # where pages are now, by addresses that they once had
        self._listing = Files(site)
        self._places = cache(self._places_of)
        self._links = cache(self._links_of)
        self._markdown = cache(self._markdown_of)
        self._told = cache(self._told_of)

    def page(self, html: str, path: str, source: Path | None = None) -> str:
        """Look through a page, and return it repaired; itself where there is nothing to do.

        Args:
            html: the finished page.
            path: the file that it is written to.
            source: the Markdown file that it is made of; None if it is made of none.
        """
        self._sources[path] = source
        outside, pictures = self._look(html, path)
        if not outside and not pictures:
            return html
        from ethogram.links.repair import repair  # only now: most pages have nothing to repair

        def local(url: str) -> tuple[int, int] | None:
            return self._shown(url, path)

        return repair(html, self._root + _address(path), self._gone.get, local)

    def expect(self, paths: Iterable[str], places: Iterable[str] = ()) -> None:
        """Take files for there that are written meanwhile, and are right by how they are made.

        Args:
            paths: the files.
            places: what links lead to on each of them, which is there by how it is made as well.
        """
        ids = set(places)
        for path in paths:
            self._ids[path] = ids
            self._files[path] = self._sources[path] = None
            self._served.update(_addresses(path))

    def know_moved(self, files: Mapping[str, str]) -> None:
        """Take links to pages that have moved for faults, as their old addresses are for others.

        Args:
            files: the addresses where they are now, by the files that lead on to them.
        """
        for path, address in files.items():
            self._moved.update(dict.fromkeys(_addresses(path), address))

    def findings(self, static: bool = True) -> list[Finding]:
        """Say what leads nowhere, once all pages are on disk.

        A fault that many pages share is told of the first of them.

        Args:
            static: whether to look at HTML files that no page was made of, too.
        """
        if static:
            self._look_at_static_files()
        found = [finding for cases in self._cases() for finding in self._fault(cases)]
        return sorted({*found, *self._no_pictures()})

    # -- what stands in a page

    def _look(self, html: str, path: str) -> tuple[bool, bool]:
        """Note what may be wrong; say whether anything is dead outside, or a picture is ours."""
        seen = scan(html)
        base = self._root + _address(path)
        if seen.intricate:
            return self._look_closely(html, path, base)
        above = posixpath.dirname(posixpath.dirname(path))
        self._ids[path] = seen.ids
        new = seen.addresses - self._well[above]
        places = {written for written in new if written[:1] == "#"}
        for written in places:
            self._note_place(written[1:], seen.ids, path)
        dead = [written for written in new - places if self._is_dead(written, base, above, path)]
        pictures = any(self._local(_resolved(each, base)) for each in seen.pictures)
        return bool(dead), pictures

    def _is_dead(self, written: str, base: str, above: str, path: str) -> bool:
        """Whether an address may be dead outside; one of the site itself is noted if in doubt."""
        target = self._ill[above].get(written)
        if target is None:
            url = _resolved(written, base)
            if not url.startswith(self._root):
                return bool(self._gone.names) and self._is_named(written, url)
            target = self._target(url)
            well, upward = self._is_well(target), written.startswith("../")
            if upward and well:
                self._well[above].add(written)
            elif upward:
                self._ill[above][written] = target
            if well:
                return False
        self._doubts[target][path] = None
        return False

    def _look_closely(self, html: str, path: str, base: str) -> tuple[bool, bool]:
        """Do the same for a page whose addresses only a parser finds."""
        outside = False
        for link in links_in_html(html, base):
            if link.url.startswith(self._root):
                if not self._is_well(target := self._target(link.url)):
                    self._doubts[target][path] = None
            else:
                outside = outside or self._is_named(decode(link.raw), link.url)
        return outside, "<img" in html.lower()

    def _is_named(self, written: str, url: str) -> bool:
        """Whether an address outside may be dead."""
        return asked_for(written, url).partition("#")[0] in self._gone.names

    def _note_place(self, place: str, ids: set[str], path: str) -> None:
        """Note a place on the page itself that was not seen there."""
        if place not in ids and not _is_generated(place):
            self._doubts[_address(path), _decoded(decode(place))][path] = None

    def _is_well(self, target: _Target) -> bool:
        """Whether all is well with a target already; places are looked up at the end."""
        where, place = target
        return where in self._served and not (place and self._page_at(where))

    def _target(self, url: str) -> _Target:
        """Where an address of the site leads."""
        where, _, place = url[len(self._root) :].partition("#")
        where = unquote(where.partition("?")[0])
        return where, "" if _is_generated(place) else _decoded(place)

    def _page_at(self, where: str) -> str:
        """The HTML file at an address; empty where there is none."""
        candidates = (where, f"{where.rstrip('/')}/index.html".lstrip("/"))
        found = (path for path in candidates if path.endswith(".html") and self._exists(path))
        return next(found, "")

    def _exists(self, path: str) -> bool:
        """Whether a file is there by now; the disk may not mind how its name is spelled."""
        return path in self._files or (self._site / path).is_file()

    def _look_at_static_files(self) -> None:
        """Look at the HTML files that the build copies, or writes, as they are."""
        for path in self._files:
            if path.endswith((".html", ".htm")) and path not in self._sources:
                _, pictures = self._look(_text(self._site / path), path)
                for link in self._links(path) if pictures else ():
                    if link.kind == "image" and link.element in ("img", "source"):
                        self._shown(link.url, path)

    # -- pictures of the site

    def _local(self, url: str) -> tuple[int, int] | None:
        """The size of a picture of the site, 0 by 0 if it has none; None for any other."""
        if not url.startswith(self._root):
            return None
        path = self._target(url)[0]
        if path in self._spared or not path or path.endswith("/") or not self._exists(path):
            return None
        look = _looked_at(self._file(path))
        return (look.width, look.height) if look else None

    def _shown(self, url: str, page: str) -> tuple[int, int] | None:
        """The size of a picture that a page shows, which is noted if it is none."""
        found = self._local(url)
        if found == _NO_SIZE and (path := self._target(url)[0]) not in self._broken:
            look = _looked_at(self._file(path))
            if look and look.fault:
                self._broken[path] = page
        return found

    def _file(self, path: str) -> Path:
        """Where a file of the site is to be read, which may not be written yet."""
        return self._files.get(path) or self._site / path

    def _no_pictures(self) -> Iterator[Finding]:
        """What pages show as pictures and is none; the theme's logo among them."""
        spared = {path: "The theme" for path in self._spared if path and self._exists(path)}
        shown = {
            path: _shown_path(source) if (source := self._sources.get(page)) else self._name(page)
            for path, page in self._broken.items()
        }
        for path, page in {**spared, **shown}.items():
            look = _looked_at(self._file(path))
            if look and look.fault:
                message = f"{path} is no picture that browsers show: {look.fault}"
                hint = f"{page} shows it: put a picture in its place."
                yield Finding.of("missing-picture", self._name(path), (1, 1), message, hint)

    # -- what is wrong

    def _is_there(self, where: str, place: str) -> bool:
        """Whether a file is there, and a place on it, as far as files have places."""
        page = self._page_at(where)
        if where in self._moved:
            return False
        if where not in self._served and not self._is_written(page or where):
            return False
        if not place or not page or place in self._ids.get(page, ()):
            return True
        if place in self._places(page):
            return True
        return not (self._site / page).is_file()  # known, but left out of an unfinished build

    def _is_written(self, path: str) -> bool:
        """Whether anyone wrote a file of exactly that name; dotfiles are not listed."""
        if any(part.startswith(".") for part in path.split("/")):
            return (self._site / path).is_file()
        return bool(path) and self._listing.is_file(path)

    def _places_of(self, path: str) -> frozenset[str]:
        """The places on a page, as they are compared."""
        return frozenset(map(_decoded, anchors_in_html(_text(self._site / path))))

    def _links_of(self, path: str) -> list[Link]:
        return links_in_html(_text(self._site / path), self._root + _address(path))

    def _markdown_of(self, path: str) -> list[Link]:
        """The links in a page's Markdown."""
        source = self._sources.get(path)
        try:
            return links_in_markdown(read_text(source), _shown_path(source)) if source else []
        except EthogramError:  # told of where the pages are read
            return []

    def _told_of(self, path: str) -> frozenset[str]:
        """The addresses in a page's Markdown that `internal` looks at: all but absolute ones."""
        links = [link for link in self._markdown(path) if _is_inside(link)]
        return frozenset(unquote(url) for link in links for url in (link.url, link.raw))

    def _cases(self) -> Iterator[list[_Case]]:
        """What really leads nowhere, in groups that are told of once.

        A place that each page misses on itself is one fault, of what puts the link there.
        """
        groups: dict[_Target, list[_Case]] = defaultdict(list)
        for target, pages in self._doubts.items():
            if self._is_there(*target):
                continue
            for path in pages:
                own = target[1] and target[0] == _address(path) and not self._is_copied(path)
                if not (own and self._has_place(path, target[1])):
                    groups[("#", target[1]) if own else target].append((target, path))
        yield from groups.values()

    def _fault(self, cases: list[_Case]) -> Iterator[Finding]:
        """The finding of what leads nowhere, on the first of the pages that really has it."""
        for number, (target, path) in enumerate(cases):
            for link in self._links(path):
                inside = link.url.startswith(self._root) and self._target(link.url) == target
                if inside and not self._is_in_source(link, path):
                    yield self._finding(link, target, path, len(cases) - number - 1)
                    return

    def _is_in_source(self, link: Link, path: str) -> bool:
        """Whether `internal` tells of a link, or of one to that place of some file."""
        place = unquote(link.url.partition("#")[2])
        if {unquote(decode(link.raw)), unquote(link.url)} & self._told(path):
            return True
        return bool(place) and self._has_place(path, place)

    def _has_place(self, path: str, place: str) -> bool:
        """Whether the page's Markdown has a link to that place of some file."""
        return any(url.endswith(f"#{place}") for url in self._told(path))

    def _finding(self, link: Link, target: _Target, path: str, more: int) -> Finding:
        where, place = target
        others = f", as on {more} more {'page' if more == 1 else 'pages'}" if more else ""
        page = self._page_at(where)
        rule, hint = "missing-picture" if link.kind == "image" else "dead-link", _NOT_OURS
        message = f"{link.raw} leads to no file of this site{others}"
        name, at = self._name(path), (link.line, link.column)
        if written := self._written(link, path):
            name, at, hint = written.path, (written.line, written.column), _ABSOLUTE
        elif self._is_copied(path):
            hint = ""
        if moved := self._moved.get(where):
            message = f"{link.raw} leads to a page that has moved to {moved}{others}"
        elif page:
            near = suggest(place, self._places(page))
            hint = f"Did you mean `#{near}`?" if near else hint
            message = f"{'This page' if page == path else page} has no place #{place}{others}"
            rule = "dead-anchor"
        return Finding.of(rule, name, at, message, hint)

    def _written(self, link: Link, path: str) -> Link | None:
        """A link where the page's Markdown has it; None where it does not."""
        raw, links = unquote(decode(link.raw)), self._markdown(path)
        return next((each for each in links if raw in (unquote(each.url), each.raw)), None)

    def _is_copied(self, path: str) -> bool:
        """Whether a file lies in docs/ as it is on the site."""
        return path not in self._sources and self._files.get(path) is not None

    def _name(self, path: str) -> str:
        """A file as a person would name it: as built, or as it lies in docs/ if it is copied."""
        return _shown_path(self._file(path) if self._is_copied(path) else self._site / path)


def _shown_path(path: Path) -> str:
    return Path(os.path.relpath(path)).as_posix()


def _is_inside(link: Link) -> bool:
    """Whether only pages and files are needed to say where a link leads, as `internal` does."""
    rooted = link.element != "markdown" and link.url.startswith("/")
    return not rooted and not is_external(link.url)


def _address(path: str) -> str:
    """The address at which a file is served: `a/index.html` at `a/`."""
    return path.removesuffix("index.html") if _is_index(path) else path


def _is_index(path: str) -> bool:
    return path == "index.html" or path.endswith("/index.html")


def _addresses(path: str) -> Iterator[str]:
    """The addresses below the root at which servers serve a file."""
    yield path
    if _is_index(path):
        yield _address(path)
        yield _address(path).rstrip("/")


def _resolved(written: str, base: str) -> str:
    """An address as a browser would ask for it: `resolve`, and at once where that is easy."""
    if _PLAIN.fullmatch(written):
        return written
    if match := _UPWARD.fullmatch(written):
        folders = base.split("/")
        if (kept := len(folders) - 1 - match.end("up") // 3) > 2:
            return "/".join([*folders[:kept], match["down"]])
    return resolve(decode(written).strip(_CONTROLS), base)


def _decoded(place: str) -> str:
    """A place as it is compared: without a text fragment, and percent signs undone."""
    return unquote(place.split(":~:")[0])


def _is_generated(place: str) -> bool:
    """Whether a place is always there, or is made by the theme's script."""
    return place.lower() in ("", "top") or place.startswith((_GENERATED, ":~:"))


def _text(path: Path) -> str:
    """A page of the site; empty where it cannot be read, as after a `--dirty` build."""
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _looked_at(path: Path) -> "Look | None":
    """What a file on disk is as a picture; None where there is no such file."""
    try:
        return _looked_at_once(path, path.stat().st_mtime_ns)
    except OSError:
        return None


@lru_cache(maxsize=4096)
def _looked_at_once(path: Path, _changed: int) -> "Look | None":
    """Read a file once for as long as it is the same, over the builds of a preview."""
    from ethogram.links.pictures import look_at  # only now: many a site has no picture

    return look_at(path)
