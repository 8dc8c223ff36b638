"""The catalog as files for machines.

Everything here is data: the same works, cards and terms in the formats that others read. What
each says of a work it says alike: who wrote it and when, and what speaks against it.
"""

from collections.abc import Iterable, Iterator
from itertools import chain

from ethogram import moves
from ethogram.cards import Card, Page
from ethogram.catalog import Catalog
from ethogram.exports import dataset, feed, formats, llms
from ethogram.exports.contents import Contents
from ethogram.site import PAPERS, SUFFIXES

_SAID = (
    (
        ("papers.json", "papers.schema.json"),
        "works, cards, terms, relations and standings, and the schema that says what each part is",
    ),
    (
        tuple(f"{PAPERS}.{suffix}" for suffix in SUFFIXES),
        "every work, for LaTeX, Zotero, EndNote and other programs",
    ),
    (
        ("feed.xml",),
        "the cards as an Atom feed, an entry each, newest first; every group has its own",
    ),
    (("llms.txt", "llms-full.txt"), "the site in plain words, for language models"),
)


def listing(top: str) -> str:
    """The files that hold all of the site as an HTML table.

    Args:
        top: the address of the site's top, relative to the page; without a slash at its end.
    """
    rows = (
        f"<tr><td>{', '.join(_linked(name, top) for name in names)}</td><td>{holds}</td></tr>"
        for names, holds in _SAID
    )
    head = '<tr><th scope="col">File</th><th scope="col">Holds</th></tr>'
    return f"<table><thead>{head}</thead><tbody>{''.join(rows)}</tbody></table>"


def _linked(name: str, top: str) -> str:
    return f'<a href="{top}/{name}">{name}</a>'


def files(contents: Contents) -> Iterator[tuple[str, bytes]]:
    """Yield every file, each with its path on the site.

    Files of all works and of each page that has works; what programs take whole; the feeds; and
    what language models are given to read. A single work's are in its page.
    """
    written = contents.formats
    yield from formats.joined([*written.values()]).files(PAPERS)
    for stem, keys in _pages(contents.catalog):
        yield from formats.joined([written[key] for key in keys]).files(stem)
    for module in (dataset, feed, llms):
        yield from module.files(contents)


def paths(catalog: Catalog) -> Iterator[str]:
    """Yield the path of every file of `files`, without making it."""
    yield from chain.from_iterable(names for names, _ in _SAID)
    yield from (f"{group.slug}/feed.xml" for group in catalog.taxonomy.groups)
    yield from (f"{stem}.{suffix}" for stem, _ in _pages(catalog) for suffix in SUFFIXES)


def _pages(catalog: Catalog) -> Iterator[tuple[str, list[str]]]:
    """Each page with works: its path without a suffix, and their keys.

    A page that has moved has them at its old paths, too: programs follow no page that leads on.
    """
    former = moves.former_paths(catalog)
    for page in catalog.pages:
        path, keys = catalog.relative(page.path), works_of(page, catalog)
        for stem in (each.removesuffix(".md") for each in (path, *former.get(path, ()))):
            if keys and stem != PAPERS:  # a page by that name does not take the place of all works
                yield stem, keys


def works_of(page: Page, catalog: Catalog) -> list[str]:
    """The keys of a page's works, each once: of its own cards, then of those that name its terms.

    A group's page has those of all its behaviors.
    """
    group = catalog.taxonomy.group(page.meta("group"))
    slugs = [term.slug for term in group.terms] if group else [page.meta("behavior")]
    named = (catalog.by_term.get(slug, ()) for slug in slugs)
    return _keys(chain(page.cards, *named), catalog)


def _keys(cards: Iterable[Card], catalog: Catalog) -> list[str]:
    works = (catalog.bibliography.get(card.work) for card in cards)
    return list(dict.fromkeys(work.key for work in works if work))
