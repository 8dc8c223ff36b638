"""Links inside the site, as results: told without the network (guide/links.md, rule 11)."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import cache, cached_property
from pathlib import Path
from urllib.parse import unquote

from ethogram.catalog import Catalog
from ethogram.findings import EthogramError
from ethogram.links import internal
from ethogram.links.extract import Link, anchors_in_html, links_in_html
from ethogram.links.files import Files
from ethogram.links.internal import is_external
from ethogram.links.report import Place, Result
from ethogram.links.verdicts import Verdict

_NOWHERE = "http://site.invalid/"  # where a site stands that does not say where
_FORM = re.compile(r"https://github\.com/[^/]+/[^/]+/issues/new\?")
_CANONICAL = re.compile(r"<link\b[^>]*\brel=[\"']?canonical\b[^>]*>", re.IGNORECASE)


def in_markdown(catalog: Catalog, known: Collection[tuple[str, str]] = ()) -> list[Result]:
    """Return the verdict on each link from page to page of a catalog.

    It is named by the path that it leads to, from the folder of the pages on.

    Args:
        catalog: the pages.
        known: links to leave out: the path of a page in docs, and the link as it is written.
    """
    return _joined(
        (internal.path_of(link, catalog), link, fault.message if fault else "")
        for link, fault in internal.judged(catalog)
        if not known or (catalog.relative(link.path), link.raw) not in known
    )


class Site:
    """A built site: what its pages link to, in it and out of it.

    Attributes:
        folder: where it was built.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._files = Files(folder)
        self._anchors = cache(self._anchors_of)

    def outward(self) -> Iterator[Link]:
        """The links that lead out of the site; they carry the page's path.

        Every card has one to a form on GitHub that it fills in; those are not asked.

        Raises:
            EthogramError: a page cannot be read.
        """
        found = (link for root, link in self._found if not link.url.startswith(root))
        return (link for link in found if not _FORM.match(link.url))

    def inward(self) -> list[Result]:
        """Return the verdict on each link inside the site, named by its path from there on.

        What lies below the address that a page gives for itself (`<link rel="canonical">`) is the
        site's own.

        Raises:
            EthogramError: a page cannot be read.
        """
        return _joined(self._judged())

    def _judged(self) -> Iterator[tuple[str, Link, str]]:
        for root, link in self._found:
            if link.url.startswith(root):
                inner = link.url[len(root) :]
                yield f"{self.folder.as_posix()}/{inner}", link, self._fault(inner)

    @cached_property
    def _found(self) -> list[tuple[str, Link]]:
        """Every link, with the address of the site as its page gives it."""
        return [(root, link) for page in self._pages() for root, link in self._links(page)]

    def _links(self, page: str) -> Iterator[tuple[str, Link]]:
        html, path = self._text(page), (self.folder / page).as_posix()
        root = _root(page, html)
        for link in links_in_html(html, root + page.removesuffix("index.html")):
            if is_external(link.url):
                yield root, replace(link, path=path)

    def _fault(self, inner: str) -> str:
        """What is wrong with an address below the root; empty where all is well."""
        where, _, place = inner.partition("#")
        where, place = unquote(where.partition("?")[0]), unquote(place.split(":~:")[0])
        candidates = (where, f"{where.rstrip('/')}/index.html".lstrip("/"))
        found = next((path for path in candidates if path and self._files.is_file(path)), None)
        if found is None:
            return "no such file in the site"
        if place.lower() in ("", "top") or place.startswith("__") or not found.endswith(".html"):
            return ""
        return "" if place in self._anchors(found) else f"no place #{place}"

    def _pages(self) -> list[str]:
        found = (path.relative_to(self.folder) for path in self.folder.rglob("*.html"))
        return sorted(path.as_posix() for path in found)

    def _anchors_of(self, page: str) -> set[str]:
        return {unquote(anchor) for anchor in anchors_in_html(self._text(page))}

    def _text(self, page: str) -> str:
        path = self.folder / page
        try:
            return path.read_text(encoding="utf-8", errors="replace")
        except OSError as error:
            raise EthogramError(f"{path.as_posix()} cannot be read: {error.strerror}.") from None


def _root(page: str, html: str) -> str:
    """Where a page says that its site stands."""
    tag = _CANONICAL.search(html)
    served, found = page.removesuffix("index.html"), links_in_html(tag[0], "") if tag else []
    if found and is_external(found[0].url) and found[0].url.endswith(f"/{served}"):
        return found[0].url.removesuffix(served)
    return _NOWHERE


def _joined(judged: Iterable[tuple[str, Link, str]]) -> list[Result]:
    """One result for each address, with all its places; shown as a picture anywhere, it is one."""
    found: dict[str, Result] = {}
    for url, link, fault in judged:
        known = found.get(url) or Result(url, link.kind, Verdict.OK)
        found[url] = replace(
            known,
            kind="image" if "image" in (known.kind, link.kind) else "page",
            verdict=Verdict.DEAD if fault else known.verdict,
            reason=fault or known.reason,
            places=(*known.places, Place(link.path, link.line, link.column)),
        )
    return list(found.values())
