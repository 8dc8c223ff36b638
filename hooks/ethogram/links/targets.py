"""Which addresses are to be asked: every one once, with all the places where it stands."""

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

from ethogram.catalog import Catalog
from ethogram.findings import EthogramError
from ethogram.links.addresses import Kind
from ethogram.links.extract import Link, links_in_document, links_in_html, links_in_markdown
from ethogram.links.internal import is_external
from ethogram.links.report import Place

_NOT_ASKED = frozenset(
    "about blob chrome data javascript mailto news sip sips sms tel urn xmpp".split()
)
"""Schemes of what is no place on the web that could be gone."""


@dataclass(frozen=True, slots=True)
class Target:
    """An address that leads out of the site.

    Attributes:
        url: as a browser would ask for it, with its fragment.
        kind: a picture if it is shown as one anywhere, else a page.
        places: where it stands, in order.
    """

    url: str
    kind: Kind
    places: tuple[Place, ...]

    @property
    def address(self) -> str:
        """What is asked for: the address without its fragment."""
        return urldefrag(self.url).url

    @property
    def fragment(self) -> str:
        """The place on the page; empty for none."""
        return urldefrag(self.url).fragment


def targets_of(catalog: Catalog) -> list[Target]:
    """The addresses on a catalog's Markdown pages."""
    return _targets(
        link for page in catalog.pages for link in links_in_document(page.document, page.path)
    )


def targets_in_site(site: Path) -> list[Target]:
    """The addresses on the pages of a built site.

    What lies below the address that a page gives for itself (`<link rel="canonical">`) is the
    site's own.

    Raises:
        EthogramError: a page cannot be read.
    """
    return _targets(link for page in sorted(site.rglob("*.html")) for link in _in_page(page, site))


def _in_page(page: Path, site: Path) -> Iterator[Link]:
    try:
        html = page.read_bytes().decode("utf-8", errors="replace")
    except OSError as error:
        said = f"{page.as_posix()} cannot be read: {error.strerror}."
        raise EthogramError(said) from None
    links = links_in_html(html, "")
    own = page.relative_to(site).as_posix()
    root = _root(own, html)
    for link in links:
        if is_external(link.url) and not (root and link.url.startswith(root)):
            yield Link(
                *(link.url, link.raw, link.kind, link.line, link.column),
                *(link.element, link.attribute, page.as_posix()),
            )


_CANONICAL = re.compile(r"<link\b[^>]*\brel=[\"']?canonical\b[^>]*>", re.IGNORECASE)


def _root(page: str, html: str) -> str:
    """The address of the site, from the one that a page gives for itself; empty if it does not."""
    tag = _CANONICAL.search(html)
    served, found = page.removesuffix("index.html"), links_in_html(tag[0], "") if tag else []
    if found and is_external(found[0].url) and found[0].url.endswith(served):
        return found[0].url.removesuffix(served)
    return ""


def merged(*lists: Iterable[Target]) -> list[Target]:
    """Join lists of targets; an address keeps the places of the first list that has it."""
    known: dict[str, Target] = {}
    for targets in lists:
        for target in targets:
            known.setdefault(target.url, target)
    return list(known.values())


def _targets(links: Iterable[Link]) -> list[Target]:
    places: dict[str, list[Place]] = defaultdict(list)
    pictures: set[str] = set()
    for link in links:
        if url := asked_for(link.url):
            places[url].append(Place(link.path, link.line, link.column))
            if link.kind == "image":
                pictures.add(url)
    return [
        Target(url, "image" if url in pictures else "page", tuple(dict.fromkeys(found)))
        for url, found in places.items()
    ]


def asked_for(url: str) -> str:
    """The address that is to be asked for; empty where a link leads to nothing on the web.

    >>> asked_for("//example.org/x"), asked_for("mailto:me@example.org"), asked_for("page.md")
    ('https://example.org/x', '', '')
    """
    if not is_external(url):
        return ""
    if url.startswith(("//", "\\\\", "/\\", "\\/")):
        url = f"https://{url[2:]}"
    try:
        scheme = urlsplit(url).scheme
    except ValueError:  # "http://[": to be told of, as no address at all
        return url
    return "" if scheme in _NOT_ASKED else url


# -- what a change adds ----------------------------------------------------------------------


def addresses_at(reference: str, docs: Path) -> set[str]:
    """The addresses that the Markdown pages below a folder had at a Git revision.

    What a branch adds is measured from where it left the other, if that is known here.

    Raises:
        EthogramError: there is no Git repository, or it has no such revision.
    """
    revision = _revision(reference, docs)
    listed = _git(docs, "ls-tree", "-r", "-z", "--name-only", revision, ".")
    pages = [name for name in listed.decode("utf-8", "surrogateescape").split("\0") if name]
    found: set[str] = set()
    for name in pages:
        if name.endswith(".md"):
            text = _git(docs, "show", f"{revision}:./{name}").decode("utf-8", errors="replace")
            found.update(asked_for(link.url) for link in links_in_markdown(text, name))
    return found


def _revision(reference: str, folder: Path) -> str:
    known = _try_git(folder, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}")
    if not known:
        raise EthogramError(
            f"Git knows no revision `{reference}` in {folder.as_posix()}: name a branch, a tag or "
            "a commit that has been fetched."
        )
    return (_try_git(folder, "merge-base", reference, "HEAD") or known).decode().strip()


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        return subprocess.run(
            ["git", *arguments], cwd=folder, capture_output=True, check=True
        ).stdout
    except FileNotFoundError:
        raise EthogramError("`--new-against` needs Git, which is not installed.") from None
    except subprocess.CalledProcessError as error:
        said = error.stderr.decode("utf-8", "replace").strip().splitlines()
        raise EthogramError(f"Git failed: {said[0] if said else 'it gave no reason'}.") from None


def _try_git(folder: Path, *arguments: str) -> bytes:
    try:
        return _git(folder, *arguments)
    except EthogramError as error:
        if "not installed" in str(error):
            raise
        return b""
