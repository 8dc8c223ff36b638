"""What a page says of itself where a link to it is shared: tags, and a picture per group."""

import re
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path

from ethogram import writing
from ethogram.catalog import Catalog
from ethogram.site import Site
from ethogram.taxonomy import Group, Taxonomy

WIDTH, HEIGHT = 1200, 630
"""The size of the pictures, which is what the large sites ask for."""

_FOLDER = "assets/social"
_LONGEST = 200  # characters of a description: what is longer is cut by all who show it
_PARAGRAPH = re.compile(r"<p(?: class=\"lede\")?>(.*?)</p>", re.DOTALL)
_TAG = re.compile(r"<[^>]*>")


@dataclass(frozen=True, slots=True)
class Shared:
    """A page as it is shown where a link to it is shared.

    Attributes:
        title, description: plain text.
        address: where it is, relative to the site.
        group: the group it belongs to, if any; its picture and feed are the page's.
        kind: what Open Graph calls it: "website" or "article".
    """

    title: str
    description: str
    address: str
    group: Group | None = None
    kind: str = "website"


def shared(path: str, title: str, html: str, catalog: Catalog, site: Site) -> Shared:
    """Say how a page of docs/ is shown.

    Args:
        path: its path inside docs/.
        title: its title as HTML; the home page has the site's name instead.
        html: its content: a page that is no behavior's or group's is told by how it begins.
        catalog: for its behavior or group.
        site: for names and addresses.
    """
    page, terms = catalog.by_path.get(path), catalog.taxonomy.terms
    term = terms.get(page.meta("behavior")) if page else None
    group = catalog.taxonomy.group(term.group if term else page.meta("group") if page else "")
    said = page.meta("description") if page else ""
    if not said and term:
        said = f"{term.definition} {_cards(len(catalog.by_term.get(term.slug, ())))}"
    address = site.page(path)
    home = address in ("", "index.html")
    said = said or (group.definition if group else site.description if home else _beginning(html))
    kind = "article" if term else "website"
    name = site.name if home else unescape(_TAG.sub("", title))
    return Shared(name, said or site.description, address, group, kind)


def _cards(count: int) -> str:
    return f"{count} {'card' if count == 1 else 'cards'} with what was found and by whom."


def _beginning(html: str) -> str:
    """The first paragraph of a page as plain text."""
    paragraphs = (_TAG.sub("", match[1]) for match in _PARAGRAPH.finditer(html))
    return shortened(next((unescape(text) for text in paragraphs if text.strip()), ""))


def shortened(text: str) -> str:
    """Cut a text after a whole word where it is too long for a description."""
    if len(text) <= _LONGEST:
        return " ".join(text.split())
    words = " ".join(text[:_LONGEST].split()).rpartition(" ")[0]
    return f"{words.rstrip('.,;:')} …"


def attribute(text: str) -> str:
    """Escape a text that stands in double quotes, and nothing in it that need not be.

    An apostrophe as a reference would have the page looked through by a parser for what it hides.
    """
    return text.replace("&", "&amp;").replace("<", "&lt;").replace('"', "&quot;")


def tags(page: Shared, site: Site, top: str) -> str:
    """Return the tags of a page's head: its feeds, and Open Graph's, which X takes for its own.

    Pictures are only shown by their full address, so a site that has none shows none.

    Args:
        page: what to tell.
        site: for names and full addresses.
        top: the address of the site's top, relative to the page, without a slash at its end.
    """
    title, description = attribute(page.title), attribute(page.description)
    html = (
        f"{_feeds(page, site, top)}"
        f'<meta property="og:type" content="{page.kind}">'
        f'<meta property="og:site_name" content="{attribute(site.name)}">'
        f'<meta property="og:title" content="{title}">'
        f'<meta property="og:description" content="{description}">'
        '<meta name="twitter:card" content="summary_large_image">'
    )
    return html + (_picture_tags(page, site) if site.url else "")


def _picture_tags(page: Shared, site: Site) -> str:
    label = f"{site.name}: {page.group.label}" if page.group else site.name
    picture = escape(site.absolute(picture_path(page.group)))
    alt = attribute(f"A card with the words {label}")
    return (
        f'<meta property="og:url" content="{escape(site.absolute(page.address))}">'
        f'<meta property="og:image" content="{picture}">'
        f'<meta property="og:image:type" content="image/png">'
        f'<meta property="og:image:width" content="{WIDTH}">'
        f'<meta property="og:image:height" content="{HEIGHT}">'
        f'<meta property="og:image:alt" content="{alt}">'
    )


def _feeds(page: Shared, site: Site, top: str) -> str:
    feeds = [(site.name, "feed.xml")]
    if page.group:
        feeds.append((f"{site.name}: {page.group.label}", f"{page.group.slug}/feed.xml"))
    # Were `alternate` the only word, the theme's script would take the feed for a translation.
    return "".join(
        f'<link rel="alternate feed" type="application/atom+xml" title="{attribute(title)}"'
        f' href="{top}/{path}">'
        for title, path in feeds
    )


def picture_path(group: Group | None) -> str:
    """The address of a group's picture, or of the site's own, relative to the site."""
    return f"{_FOLDER}/{group.slug if group else 'site'}.png"


def paths(taxonomy: Taxonomy) -> list[str]:
    """Where the pictures are: the site's, then the groups'."""
    return [picture_path(group) for group in (None, *taxonomy.groups)]


def write(taxonomy: Taxonomy, site: Site, folder: Path) -> None:
    """Paint the pictures and write them into a site's folder."""
    from ethogram.pages.painting import Painter  # only now: a check paints nothing

    painter = Painter(WIDTH, HEIGHT, site.name)
    labels = [group.label for group in taxonomy.groups]
    pictures = [painter.paint(site.name, site.description, labels)]
    for group in taxonomy.groups:
        terms = [term.label for term in group.terms]
        pictures.append(painter.paint(group.label, group.definition, terms))
    writing.publish(folder, zip(paths(taxonomy), pictures, strict=True))
