"""The evidence map and the timeline."""

from ethogram.catalog import Catalog
from ethogram.site import Site


def evidence_map(catalog: Catalog, site: Site, top: str) -> str:
    """Return the evidence map as HTML."""
    del catalog, site, top
    return ""


def timeline(catalog: Catalog, site: Site, top: str) -> str:
    """Return the timeline as HTML."""
    del catalog, site, top
    return ""
