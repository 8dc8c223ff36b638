"""Pictures that stand for the site where a link to it is shared."""

from collections.abc import Iterator

from ethogram.catalog import Catalog
from ethogram.site import Site


def files(catalog: Catalog, site: Site) -> Iterator[tuple[str, bytes]]:
    """Yield the pictures, each with its path on the site."""
    del catalog, site
    yield from ()
