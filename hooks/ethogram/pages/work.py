"""A permanent page for each work, and redirects to it."""

import re
from collections.abc import Callable, Iterator
from html import escape
from itertools import chain

from ethogram import bibtex
from ethogram.catalog import Catalog
from ethogram.days import is_date
from ethogram.entries import Entry
from ethogram.exports.contents import Contents
from ethogram.pages import metadata, redirect, social
from ethogram.pages.article import ANCHOR, Article
from ethogram.pages.frame import Frame
from ethogram.record import KEY
from ethogram.render import display
from ethogram.site import PAPERS, Site
from ethogram.works import identify

__all__ = ["ANCHOR", "pages", "redirects", "sitemap"]

_INDEX = "index.html"

Look = Callable[[str, str], str]
"""Takes HTML and the path of its page, and returns it mended."""


def _as_it_is(html: str, _: str) -> str:
    return html


def pages(contents: Contents, frame: Frame, look: Look = _as_it_is) -> Iterator[tuple[str, str]]:
    """Yield each work's page, its path on the site and its HTML.

    Args:
        contents: what there is to tell.
        frame: the theme's page.
        look: looks through a page's own words, and repairs them. The frame, and what stands in
            the head for machines, are the same on all of them and the larger part.
    """
    article = Article(contents)
    for key, cited in contents.works.items():
        written, title = article.write(cited), _title(cited.entry)
        description = social.shortened(written.summary)
        head = metadata.head(cited, title, description, contents.catalog, contents.site)
        path = f"{PAPERS}/{key}/{_INDEX}"
        yield path, frame.fill(title, description, head, look(written.html, path))


def _title(entry: Entry) -> str:
    """A page's title; what does not stand as published says so wherever it is named."""
    status = "" if entry.status == "current" else f"{entry.status.capitalize()}: "
    return f"{status}{entry.work.title}"


def redirects(catalog: Catalog, site: Site) -> Iterator[tuple[str, bytes]]:
    """Yield pages that lead from a work's other names to its page.

    These are its arXiv number and the keys it once had, which its record keeps in the field `ids`
    (biblatex's aliases). A live key is never taken, nor a page of docs/; of two works that claim
    one name, an arXiv number's own comes first, then the one whose key does.
    """
    taken = {key.lower() for key in catalog.entries}  # a disk may not tell case apart
    for name, entry in chain(_numbers(catalog), _former(catalog)):
        page = f"{PAPERS}/{name}"
        docs = catalog.by_path.keys() & {f"{page}.md", f"{page}/index.md", f"{page}/README.md"}
        if name.lower() not in taken and not docs:
            taken.add(name.lower())
            yield f"{page}/{_INDEX}", _redirect(name, entry, site).encode()


def _numbers(catalog: Catalog) -> Iterator[tuple[str, Entry]]:
    for entry in catalog.entries.values():
        if entry.work.id.scheme == "arxiv":
            yield entry.work.id.id, entry


def _former(catalog: Catalog) -> Iterator[tuple[str, Entry]]:
    """The names that records keep: keys, or arXiv numbers; any other could be no folder."""
    for entry in catalog.entries.values():
        kept = dict(entry.work.extra).get("ids", "")
        for name in map(str.strip, bibtex.verbatim(kept).split(",") if kept else ()):
            number = identify(name)
            if number and number.scheme == "arxiv":
                yield number.id, entry
            elif KEY.fullmatch(name):
                yield name, entry


def _redirect(name: str, entry: Entry, site: Site) -> str:
    address = site.work(entry.work.key)
    link = f"{'../' * (name.count('/') + 2)}{address}"
    said = f'This work is at <a href="{link}">{display(entry.work.title)}</a>.'
    return redirect.page(entry.work.title, link, site.absolute(address) if site.url else "", said)


def sitemap(xml: str, catalog: Catalog, site: Site) -> str:
    """Return a sitemap with the works' pages added.

    When a page has changed is only said where it is known: by the day its last card was added.
    MkDocs says of each page that it changed on the day of the build, whether or not it did.
    """
    before, end, after = re.sub(r"\s*<lastmod>[^<]*</lastmod>", "", xml).rpartition("</urlset>")
    if not site.url or not end:
        return xml
    places = (_place(entry, site) for entry in catalog.entries.values())
    return "".join([before, *places, end, after])


def _place(entry: Entry, site: Site) -> str:
    days = (card.value("added") for card in entry.cards)
    changed = max(filter(is_date, days), default="")
    date = f"<lastmod>{changed}</lastmod>" if changed else ""
    return f"<url><loc>{escape(site.absolute(site.work(entry.work.key)))}</loc>{date}</url>\n"
