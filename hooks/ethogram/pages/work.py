"""A permanent page for each work, and redirects to it."""

from collections.abc import Iterator

from ethogram.catalog import Catalog
from ethogram.pages.frame import Frame
from ethogram.site import Site


def pages(catalog: Catalog, site: Site, frame: Frame) -> Iterator[tuple[str, str]]:
    """Yield each work's page, its path on the site and its HTML."""
    del catalog, site, frame
    yield from ()


def redirects(catalog: Catalog, site: Site) -> Iterator[tuple[str, bytes]]:
    """Yield pages that lead from a work's other names to its page."""
    del catalog, site
    yield from ()


def sitemap(xml: str, catalog: Catalog, site: Site) -> str:
    """Return a sitemap with the works' pages added."""
    del catalog, site
    return xml
