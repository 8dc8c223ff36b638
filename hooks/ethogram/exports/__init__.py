"""The catalog as files for machines."""

from collections.abc import Iterator

from ethogram.catalog import Catalog
from ethogram.site import Site


def files(catalog: Catalog, site: Site) -> Iterator[tuple[str, bytes]]:
    """Yield every file, each with its path on the site."""
    del catalog, site
    yield from ()
