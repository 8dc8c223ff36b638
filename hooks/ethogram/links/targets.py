"""Which addresses are to be asked: every one once, with all the places where it stands."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

from ethogram.catalog import Catalog
from ethogram.links.addresses import Kind
from ethogram.links.extract import Link, links_in_document, links_in_markdown
from ethogram.links.internal import is_external
from ethogram.links.report import Place
from ethogram.revisions import pages_at

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
    return targets_in(
        link for page in catalog.pages for link in links_in_document(page.document, page.path)
    )


def targets_in(links: Iterable[Link]) -> list[Target]:
    """The addresses of links that lead out of the site, each once.

    Args:
        links: with their paths; those inside the site are passed over.
    """
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


@dataclass(frozen=True, slots=True)
class Before:
    """The links that pages had.

    Attributes:
        outward: the addresses that led out of the site, from whatever page.
        inward: a page's path in the docs folder, and a link inside the site as it was written.
    """

    outward: frozenset[str] = frozenset()
    inward: frozenset[tuple[str, str]] = frozenset()


def before(reference: str, docs: Path) -> Before:
    """The links that the Markdown pages below a folder had at a Git revision.

    Raises:
        EthogramError: there is no Git repository, or it has no such revision.
    """
    links = [
        link for name, text in pages_at(reference, docs) for link in links_in_markdown(text, name)
    ]
    inward = ((link.path, link.raw) for link in links if not is_external(link.url))
    return Before(frozenset(asked_for(link.url) for link in links), frozenset(inward))
