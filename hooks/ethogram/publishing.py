"""What a site has beyond its Markdown."""

from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

from ethogram import exports, search, writing
from ethogram.catalog import Catalog
from ethogram.exports.contents import Contents
from ethogram.links.gone import Gravestones
from ethogram.pages import explorer, redirect, social, work
from ethogram.pages.frame import Frame
from ethogram.search import Record
from ethogram.site import PAPERS, Site


def pages(catalog: Catalog) -> Iterator[str]:
    """Yield the path of every page of a work."""
    yield from (f"{PAPERS}/{key}/index.html" for key in catalog.entries)


def others(catalog: Catalog) -> Iterator[str]:
    """Yield the path of every other file that is written here, but for the search."""
    yield from exports.paths(catalog)
    yield from (explorer.DATA, explorer.AUTHORS, *explorer.year_paths(catalog))
    yield from (path for path, _ in work.redirects(catalog, Site()))
    yield from social.paths(catalog.taxonomy)


def write_search(catalog: Catalog, site: Site, texts: Iterable[Record], folder: Path) -> None:
    """Write what needs no other page of the site: the search, and the pictures that links show.

    A process beside the build does it.

    Args:
        catalog: what there is; the texts of its pages are not needed.
        site: for names and addresses.
        texts: what a search can find of those texts.
        folder: the site's.

    Raises:
        EthogramError: the search index cannot be made.
    """
    found = [*search.of_works(catalog, site), *texts]
    with ThreadPoolExecutor(1) as aside:  # most of it is waiting for Pagefind
        index = aside.submit(search.write, found, folder)
        social.write(catalog.taxonomy, site, folder)
        index.result()


def write_pages(
    catalog: Catalog,
    site: Site,
    frame: Frame,
    folder: Path,
    gone: Gravestones,
    own: Collection[str] = frozenset(),
) -> None:
    """Write what stands in the theme's frame, works and years, and what machines read of them.

    A process beside the build does it.

    Args:
        catalog, site: what there is to tell; the texts of its pages are not needed.
        frame: the theme's page.
        folder: the site's.
        gone: what is dead outside.
        own: files that the site brings itself, by their paths on it; none is written over.
    """
    from ethogram.links.repair import mend  # only now: the build itself has seldom use for it

    def look(html: str, path: str) -> str:
        return mend(html, site.absolute(path), gone)

    contents = Contents(catalog, site)
    years = explorer.year_pages(catalog, site, frame)
    pages = chain(
        ((path, look(html, path)) for path, html in years), work.pages(contents, frame, look)
    )
    made = chain(
        redirect.of_pages(catalog, site),  # first, so that what is there goes before what was
        exports.files(contents),
        explorer.files(catalog, site),
        work.redirects(catalog, site),
        ((path, html.encode()) for path, html in pages),
    )
    writing.publish(folder, (each for each in made if each[0] not in own))
