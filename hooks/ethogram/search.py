"""The search index, which Pagefind makes: a record for each card, not for each page."""

from pathlib import Path

from ethogram.catalog import Catalog
from ethogram.site import Site


class Search:
    """An index in the making, in the background of a build."""

    def __init__(self, catalog: Catalog, site: Site) -> None:
        """Start indexing."""
        del catalog, site

    def write(self, folder: Path) -> None:
        """Wait for the index and write it into a site's folder."""
        del folder
