"""How a work is named and cited: in a line, in a reference, in a menu, for machines."""

import re
from collections.abc import Iterable
from html import escape
from urllib.parse import quote

from ethogram.record import Work
from ethogram.reference import container
from ethogram.site import SUFFIXES
from ethogram.works import WorkId

CITE_OPEN, CITE_CLOSE = "\ue0e2", "\ue0e3"
"""Marks around the key of a citation; the adapter puts its own syntax in their place."""

AUTHORS_SHOWN = 3
"""Names in the line under a card's title before *et al.* (DESIGN: "What a build adds")."""

AUTHORS_CITED = 10
"""Names in a reference before *et al.*; the record, and every export, has them all."""

_MATH = re.compile(r"\$([^$]+)\$")


def cite(key: str) -> str:
    """The mark of a citation, for the adapter to turn into its own syntax."""
    return f"{CITE_OPEN}{key}{CITE_CLOSE}"


def display(text: str) -> str:
    """A record's text as HTML: escaped, with `$...$` in italics rather than as source."""
    return _MATH.sub(r"<i>\1</i>", escape(text))


def link(href: str, html: str) -> str:
    """A link, or what it would show where there is no such page."""
    return f'<a href="{escape(href)}">{html}</a>' if href else html


def authors_shown(work: Work, most: int = AUTHORS_SHOWN) -> str:
    """The family names of a work's first authors, and *et al.* where there are more."""
    families = [escape(work.family(i)) for i in range(min(len(work.authors), most))]
    more = len(work.authors) > most or not work.authors_complete
    return ", ".join(families) + (" <i>et al.</i>" if more else "")


def short_name(work: Work) -> str:
    """A work as others speak of it: `Okafor, Åström 2025`, `Hubinger <i>et al.</i> 2024`."""
    names = authors_shown(work, 2 if len(work.authors) == 2 else 1)
    return f"{names or display(work.title)} {work.year}"


def source_link(work: WorkId) -> str:
    """The number of a work, or the host of its address, linked to where it is published."""
    version = f" v{work.version}" if work.version else ""
    return f'<a href="{escape(work.address)}">{escape(number(work))}</a>{version}'


def number(work: WorkId) -> str:
    """A work's number as people write it; the host where it has but an address."""
    labels = {"arxiv": f"arXiv:{work.id}", "doi": f"doi:{work.id}"}
    return labels.get(work.scheme) or re.sub(r"^https?://(?:www\.)?([^/]+).*$", r"\1", work.id)


def reference(work: Work) -> str:
    """A work's reference as HTML: authors, title, place, year, address."""
    names = ", ".join(escape(name) for name in work.authors[:AUTHORS_CITED])
    more = len(work.authors) > AUTHORS_CITED or not work.authors_complete
    place = f" {display(work.journal)}," if work.journal else ""
    who = f"{names}{' <i>et al.</i>' if more else '.'} " if names else ""
    title = f"<cite>{display(work.title)}</cite>{'' if work.title.endswith(('?', '!')) else '.'}"
    return f"{who}{title}{place} {work.year}. {source_link(work.id)}"


def cite_menu(bibtex: str, text: str, downloads: Iterable[str]) -> str:
    """What a citer takes: BibTeX and plain text to paste, and files to save.

    Args:
        bibtex: the address of the BibTeX: a file, or the place of a record on a work's page.
        text: the reference in plain text.
        downloads: the links to the files.
    """
    items = "".join(f"<li>{each}</li>" for each in downloads)
    return (
        '<details class="cite"><summary>Cite</summary><ul>'
        f'<li><button type="button" data-copy="{escape(bibtex)}">Copy BibTeX</button></li>'
        f'<li><button type="button" data-copy-text="{escape(text)}">Copy as text</button></li>'
        f"{items}</ul></details>"
    )


def file_menu(stem: str, text: str) -> str:
    """The menu of a page with works, which has files.

    Args:
        stem: the address of the files without their suffix.
        text: the reference in plain text.
    """
    href = escape(stem)
    links = (f'<a href="{href}.{suffix}" download>.{suffix}</a>' for suffix in SUFFIXES)
    return cite_menu(f"{stem}.bib", text, links)


def work_menu(record: str, text: str) -> str:
    """The menu of a work where it is told of: all of it is taken from the work's page.

    A script does that in place; without one the links lead there.

    Args:
        record: the address of the record on the work's page.
        text: the reference in plain text.
    """
    href = escape(record)
    links = (f'<a href="{href}" data-save="{suffix}">.{suffix}</a>' for suffix in SUFFIXES)
    return cite_menu(record, text, links)


def coins(work: Work) -> str:
    """An OpenURL ContextObject in a span (COinS), which Zotero reads from a page."""
    pairs = {
        "rft.type": "preprint" if work.id.scheme == "arxiv" else "document",
        "rft.title": work.title,
        "rft.date": work.date or str(work.year),
        "rft.identifier": work.id.address,
        "rft.source": container(work),
        "rft_id": f"info:doi/{work.doi}" if work.doi else "",
    }
    given = [*((name, value) for name, value in pairs.items() if value)]
    given += [("rft.creator", name) for name in work.authors]
    # All values in one call: quoting them one by one is what a build would wait for.
    quoted = quote("\0".join(value for _, value in given), safe="").split("%00")
    text = "&amp;".join(f"{name}={value}" for (name, _), value in zip(given, quoted, strict=True))
    return f'<span class="Z3988" title="{_COINS}&amp;{text}"></span>'


_COINS = "ctx_ver=Z39.88-2004&amp;rft_val_fmt=info%3Aofi%2Ffmt%3Akev%3Amtx%3Adc"
