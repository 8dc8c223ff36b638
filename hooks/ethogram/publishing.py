"""What a site has beyond its Markdown."""

from collections.abc import Collection
from concurrent.futures import ThreadPoolExecutor
from itertools import chain
from pathlib import Path

from ethogram import exports, search, writing
from ethogram.catalog import Catalog
from ethogram.links.finished import Finished
from ethogram.pages import explorer, social, work
from ethogram.pages.frame import Frame
from ethogram.search import Record
from ethogram.site import Site


def write_data(
    catalog: Catalog,
    site: Site,
    pages: list[Record],
    folder: Path,
    own: Collection[str] = frozenset(),
) -> None:
    """Write what needs no page of the theme: search, files for machines, redirects, pictures.

    A process beside the build does it.

    Args:
        catalog: what there is; the texts of its pages are not needed.
        site: for names and addresses.
        pages: what a search can find of those texts.
        folder: the site's.
        own: files that the site brings itself, by their paths on it; none is written over.

    Raises:
        EthogramError: the search index cannot be made.
    """
    found = [*search.of_works(catalog, site), *pages]
    with ThreadPoolExecutor(1) as aside:  # most of it is waiting for Pagefind
        index = aside.submit(search.write, found, folder)
        made = (make(catalog, site) for make in (exports.files, explorer.files, work.redirects))
        ours = (each for each in chain.from_iterable(made) if each[0] not in own)
        writing.publish(folder, ours)
        social.write(catalog.taxonomy, site, folder)
        index.result()


def write_pages(
    catalog: Catalog, site: Site, frame: Frame, folder: Path, finished: Finished
) -> None:
    """Write the pages in the theme's frame: of works, and of years.

    Args:
        catalog, site: what there is to tell.
        frame: the theme's page.
        folder: the site's.
        finished: repairs what is dead outside.
    """
    years = explorer.year_pages(catalog, site, frame)
    pages = chain(
        ((path, finished.made(html, path)) for path, html in years),
        work.pages(catalog, site, frame, finished.made),
    )
    writing.publish(folder, ((path, html.encode()) for path, html in pages))
