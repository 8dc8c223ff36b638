"""Links inside the site, without the network: every file, picture and place on a page.

A link in Markdown names a file, which MkDocs turns into an address. An address in raw HTML is left
as it is, so it is relative to where the page is served: `docs/a/b.md` at `a/b/`.
"""

import posixpath
import re
from collections.abc import Iterator
from functools import cache
from urllib.parse import unquote

from ethogram import moves
from ethogram.cards import Page, read_page
from ethogram.catalog import Catalog, read_text
from ethogram.findings import EthogramError, Finding
from ethogram.links.anchors import anchors, own_anchors
from ethogram.links.extract import Link, links_in_document
from ethogram.links.files import INDEXES, Files, address_of
from ethogram.taxonomy import suggest

_EXTERNAL = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:|[/\\]{2}")
_PARTS = re.compile(r"(?P<path>[^?#]*)(?P<query>\?[^#]*)?(?:#(?P<fragment>.*))?", re.DOTALL)
_MADE = frozenset(("404.html", "sitemap.xml", "sitemap.xml.gz", "search/search_index.json"))
_GENERATED = "__"  # how Material begins the ids that it gives to tabs and to lines of code
_OUTSIDE = "Put the file into {}/, or link to where it is published."


def check(catalog: Catalog) -> Iterator[Finding]:
    """Yield the dead links, dead anchors and missing pictures of all pages.

    Pages that others link to are read from disk where the catalog does not have them.
    """
    return (finding for _, finding in judged(catalog) if finding)


def judged(catalog: Catalog) -> Iterator[tuple[Link, Finding | None]]:
    """Yield every link inside the site with what is wrong with it; None where it is good."""
    site = _Site(catalog)
    for page in catalog.pages:
        source = catalog.relative(page.path)
        for link in links_in_document(page.document, page.path):
            if not is_external(link.url):
                yield link, _link(link, source, site)


def path_of(link: Link, catalog: Catalog) -> str:
    """Where a link inside the site leads, as a path that begins with the folder of the pages."""
    parts = _PARTS.match(link.url)
    path = unquote(parts["path"]) if parts else ""
    source = catalog.relative(link.path)
    folder = posixpath.dirname(source) if link.element == "markdown" else address_of(source)
    target = _joined(folder, path) if path else source
    rest = link.url[len(parts["path"]) :] if parts else ""
    return f"{posixpath.join(catalog.docs.as_posix(), target)}{rest}"


def is_external(url: str) -> bool:
    """Whether an address has a scheme or a host (`//host/`), and so leads out of the site."""
    return bool(_EXTERNAL.match(url))


class _Site:
    """The catalog's files and anchors, each read once, and no page that nothing asks for."""

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self.files = Files(catalog.docs)
        self.page = cache(self._page)
        self.own_anchors = cache(self._own_anchors)
        self.anchors = cache(self._anchors)
        self.moved = moves.moved(catalog)

    def _page(self, path: str) -> Page | None:
        """A page; None where it cannot be read, which is a finding of its own once checked."""
        if known := self.catalog.by_path.get(path):
            return known
        file = self.catalog.docs / path
        try:
            return read_page(read_text(file), file.as_posix())
        except EthogramError:
            return None

    def _own_anchors(self, path: str) -> set[str]:
        page = self.page(path)
        return own_anchors(page) if page else set()

    def _anchors(self, path: str) -> set[str]:
        page = self.page(path)
        return anchors(page, self.catalog) if page else set()


def _link(link: Link, source: str, site: _Site) -> Finding | None:
    parts = _PARTS.match(link.url)
    path = unquote(parts["path"]) if parts else ""
    fragment = (parts["fragment"] or "").split(":~:")[0] if parts else ""
    if link.element != "markdown" and path.startswith("/"):
        return None  # only a build knows below which path a site is served: `finished` tells
    found = _target(link, path, source, site) if path else source
    if found is None:
        return _dead(link, path, fragment, source, site)
    if found.endswith(".md") and not _has(site, found, fragment):
        return _dead_anchor(link, found, fragment, source, site)
    return None


# -- files -----------------------------------------------------------------------------------


def _target(link: Link, path: str, source: str, site: _Site) -> str | None:
    """The file that a link leads to; None where there is none."""
    if link.element == "markdown":
        named = _joined(posixpath.dirname(source), path)
        return named if site.files.is_file(named) else None
    served = _joined(address_of(source), path)
    if page := site.files.page_at("" if served == "." else served):
        return page
    plain = site.files.is_file(served) and not served.endswith(".md")
    return served if plain or served in _MADE else None


def _joined(folder: str, path: str) -> str:
    """A path below the site's root; it begins with `..` where it leads out."""
    if path.startswith("/"):
        return posixpath.normpath(path.lstrip("/"))
    return posixpath.normpath(posixpath.join(folder, path))


def _dead(link: Link, path: str, fragment: str, source: str, site: _Site) -> Finding:
    place, rule = (link.line, link.column), "dead-link"
    if link.kind == "image":
        rule = "missing-picture"
    named = _joined(posixpath.dirname(source), path)
    docs = site.catalog.docs.as_posix()
    if _outside(link, path, source):
        message = f"{link.raw} leads out of {docs}/, and only what is in it is published"
        return Finding.of(rule, link.path, place, message, _OUTSIDE.format(docs))
    served = _joined(address_of(source), path)
    if moved := _moved(named, served, site):
        hint = f"Write `{_written(link, path, moved, source, fragment)}`."
        return Finding.of(rule, link.path, place, f"{link.raw} has moved to {moved}", hint)
    meant = _meant(named, served, site.files)
    hint = f"Write `{_written(link, path, meant, source, fragment)}`." if meant else ""
    return Finding.of(rule, link.path, place, _why(link, path, named, site), hint)


def _outside(link: Link, path: str, source: str) -> bool:
    folder = posixpath.dirname(source) if link.element == "markdown" else address_of(source)
    return _joined(folder, path).split("/")[0] == ".."


def _why(link: Link, path: str, named: str, site: _Site) -> str:
    if link.element != "markdown" and site.files.is_file(named) and named.endswith(".md"):
        return f"{link.raw} stands in raw HTML, where it is not turned into the page's address"
    if link.element == "markdown" and link.kind == "page" and site.files.page_at(named):
        return f"{link.raw} is an address, and a link in Markdown names a file"
    if "\\" in path:
        return f"{link.raw} has backslashes, and an address has none"
    return f"{link.raw} leads to no file of this site"


def _moved(named: str, served: str, site: _Site) -> str | None:
    """Where a page is now that once was where a link leads: by its file, or by its address."""
    address = served.removesuffix("index.html").removesuffix(".html").strip("/")
    pages = (f"{address}.md", *(posixpath.join(address, name) for name in INDEXES))
    return next((site.moved[each] for each in (named, *pages) if each in site.moved), None)


def _meant(named: str, served: str, files: Files) -> str | None:
    """The file that a dead link most likely means."""
    for path in (named, served):
        path = posixpath.normpath(path.replace("\\", "/"))
        if path.startswith(".."):
            continue
        if files.is_file(path):
            return path
        if page := files.page_at("" if path == "." else path.removesuffix(".html")):
            return page
    near = named.replace("\\", "/")
    return files.nearest(near) or files.nearest(f"{near.removesuffix('.html')}.md")


def _written(link: Link, path: str, meant: str, source: str, fragment: str) -> str:
    """How to write a link to a file: as the file in Markdown, as its address in raw HTML."""
    if link.element == "markdown":
        folder, target = posixpath.dirname(source), meant
    else:
        folder, target = address_of(source), address_of(meant) if meant.endswith(".md") else meant
    if path.startswith("/"):
        written = f"/{target}"
    else:
        written = posixpath.relpath(target or ".", folder or ".")
        written += "/" if target.endswith("/") or not target else ""
    return written.replace(" ", "%20") + (f"#{fragment}" if fragment else "")


# -- anchors ---------------------------------------------------------------------------------


def _has(site: _Site, path: str, fragment: str) -> bool:
    """Whether a page has a place: as written or decoded, as a browser looks for it."""
    if fragment.lower() in ("", "top") or fragment.startswith(_GENERATED):
        return True
    wanted = {fragment, unquote(fragment)}
    return (
        site.page(path) is None
        or not wanted.isdisjoint(site.own_anchors(path))
        or not wanted.isdisjoint(site.anchors(path))
    )


def _dead_anchor(link: Link, found: str, fragment: str, source: str, site: _Site) -> Finding:
    name = "This page" if found == source else found
    near = suggest(unquote(fragment), site.anchors(found))
    hint = f"Did you mean `#{near}`?" if near else ""
    message = f"{name} has no place #{fragment}"
    return Finding.of("dead-anchor", link.path, (link.line, link.column), message, hint)
