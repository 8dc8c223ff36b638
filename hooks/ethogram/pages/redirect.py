"""Pages that lead on: from an address that something once had to the one it has now."""

from collections.abc import Iterator
from html import escape
from urllib.parse import unquote

from ethogram import moves
from ethogram.catalog import Catalog
from ethogram.site import Site

_HEAD = (
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    '<link rel="icon" href="data:,"></head>'  # else browsers ask for one that is not there
)


def page(title: str, link: str, canonical: str, said: str, places: bool = False) -> str:
    """A page that leads on at once, and has a plain link for those whom it does not take along.

    Args:
        title: plain text.
        link: where it leads, relative; percent-encoded, so that it can stand in a script as well.
        canonical: the same address as it is seen from anywhere; empty where that is not known.
        said: a sentence with the link, as HTML.
        places: whether a place on the old page (`#place`) is one on the new page, too. Only a
            script can take it along; without scripts the reader comes to the top of the page.
    """
    refresh = f'<meta http-equiv="refresh" content="0; url={link}">'
    if places:
        follow = f'<script>location.replace("{link}"+location.search+location.hash)</script>'
        refresh = f"{follow}<noscript>{refresh}</noscript>"
    known = f'<link rel="canonical" href="{escape(canonical)}">' if canonical else ""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(title)}</title>{known}{refresh}{_HEAD}<body><p>{said}</p></body></html>\n"
    )


def of_pages(catalog: Catalog, site: Site) -> Iterator[tuple[str, bytes]]:
    """Yield a page that leads on for each old address of a page that has moved."""
    for old, new in moves.moved(catalog).items():
        path, address = file_at(site.page(old)), site.page(new)
        link = f"{'../' * path.count('/')}{address}"
        title = address.rstrip("/") or site.name
        said = f'This page has moved to <a href="{link}">{escape(title)}</a>.'
        canonical = site.absolute(address) if site.url else ""
        yield path, page("This page has moved", link, canonical, said, places=True).encode()


def moved_files(catalog: Catalog, site: Site) -> dict[str, str]:
    """Where the pages that have moved are now, by the files at their old addresses."""
    return {file_at(site.page(old)): site.page(new) for old, new in moves.moved(catalog).items()}


def file_at(address: str) -> str:
    """The file that is served at an address of a page."""
    path = unquote(address)
    return f"{path}index.html" if path.endswith("/") or not path else path
