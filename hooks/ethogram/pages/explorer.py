"""The explorer: every work in one list."""

from collections.abc import Iterator

from ethogram.catalog import Catalog
from ethogram.site import Site


def explorer(catalog: Catalog, site: Site, top: str) -> str:
    """Return the explorer as HTML."""
    del catalog, site, top
    return ""


def files(catalog: Catalog, site: Site) -> Iterator[tuple[str, bytes]]:
    """Yield the files that the explorer loads, each with its path on the site."""
    del catalog, site
    yield from ()
