"""Pictures as they stand on a page, and what changes there so that a file is shown instead.

The title of a picture that was fetched ends with where it came from: `Source: https://...`.
"""

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from urllib.parse import quote, unquote, urldefrag

from ethogram.links.extract import html_of, links_in_document
from ethogram.links.files import address_of
from ethogram.links.rewriting import Edit, attribute_value
from ethogram.links.tags import Tag, Text, tags
from ethogram.links.webp import UnfitError
from ethogram.markdown import Document, Inline

_REMOTE = ("http://", "https://", "//")
_TITLE = re.compile(r"\s(\"[^\"\n]*\"|'[^'\n]*')\s*\)$")
_DEFINED_TITLE = re.compile(r"[^\s>]*>?[ \t]+(\"[^\"\n]*\"|'[^'\n]*')[ \t]*(?:\n|$)")
_SOURCE = re.compile(r"\bSource: (\S+)$")
_LIST = re.compile(r"\{:?[ ]*([^}\n]*?)[ ]*\}")  # attr_list takes it right behind the picture
_ATTRIBUTE = re.compile(r"(?:^| )(width|height|loading)=(\"[^\"]*\"|'[^']*'|[^ \"'=]+)")
_NUMBER = re.compile(r"([0-9]+)(?:px)?")


@dataclass(frozen=True, slots=True)
class Spot:
    """A remote picture where it stands.

    Attributes:
        place: line and column.
        address: where it is fetched from.
        alt: its alternative text; None where the HTML has none.
        url: the address as `links_in_document` has it.
        what: Markdown's picture, or a tag.
        target: offset of the address.
    """

    place: tuple[int, int]
    address: str
    alt: str | None
    url: str
    what: Inline | Tag
    target: int


def spots(document: Document) -> Iterator[Spot]:
    """Yield the remote pictures of a page, in order."""
    urls = {(link.line, link.column): link.url for link in links_in_document(document, "")}
    found: list[tuple[int, int, str | None, Inline | Tag]] = []
    for item in document.inlines:
        if item.kind == "image" and document.text.startswith("!", item.start):
            found.append((item.start, item.target_start, item.text, item))
    for tag in _images(document):
        source = tag.attributes["src"].stripped(" \n\t")
        alt = tag.value("alt") if "alt" in tag.attributes else None
        found.append((source.offsets[0], source.offsets[0], alt, tag))
    for start, target, alt, what in sorted(found, key=lambda some: some[0]):
        url = urls.get(document.place(target), "")
        if _is_remote(url):
            address = urldefrag(f"https:{url}" if url.startswith("//") else url).url
            yield Spot(document.place(start), address, alt, url, what, target)


def sourced(document: Document, source: str) -> Iterator[tuple[str, str]]:
    """Yield the pictures whose titles say where they came from: path and that address.

    Args:
        document: the page.
        source: its file, in the docs folder, which the paths are in too.
    """
    for folder, target, title in _titled(document, source):
        if origin := _SOURCE.search(title):
            yield posixpath.normpath(posixpath.join(folder, unquote(target))), origin[1]


def _titled(document: Document, source: str) -> Iterator[tuple[str, str, str]]:
    """Each local picture with a title: the folder that it is relative to, its path, its title."""
    for item in document.inlines:
        text = document.text[item.start : item.end]
        if item.kind == "image" and text.startswith("!") and not _is_remote(item.target):
            title = _TITLE.search(text)
            yield posixpath.dirname(source), item.target, title[1][1:-1] if title else ""
    for tag in _images(document):
        if not _is_remote(tag.value("src")):
            yield address_of(source), tag.value("src"), tag.value("title")


def _images(document: Document) -> Iterator[Tag]:
    """The `img` elements of a page's raw HTML."""
    html = html_of(document)
    if "<img" in html.lower():
        for tag in tags(Text.of(html)):
            if tag.name == "img" and tag.attributes.get("src"):
                yield tag


def _is_remote(address: str) -> bool:
    return address.strip().lower().startswith(_REMOTE)


# -- changes ---------------------------------------------------------------------------------


def edits(
    document: Document, spot: Spot, path: str, shown: str, size: tuple[int, int]
) -> list[Edit]:
    """Return what has to change so that a page shows a file.

    Args:
        document: the page.
        spot: the picture.
        path: the page's file.
        shown: the picture's file as that place names it.
        size: of the picture.

    Raises:
        UnfitError: its `srcset` would go on fetching from other sites.
    """
    if isinstance(spot.what, Tag):
        changes = _in_html(document.text, spot.what, spot.address, shown, size)
    else:
        changes = [_in_markdown(document.text, spot.what, spot.address, shown, size)]
    return [
        Edit(path, *document.place(start), document.text[start:end], new)
        for start, end, new in changes
    ]


def _in_markdown(
    text: str, item: Inline, address: str, shown: str, size: tuple[int, int]
) -> tuple[int, int, str]:
    """Put in a new destination and attributes; the alternative text stays.

    A picture by reference becomes an ordinary one: what its label defines may have other uses.
    """
    close = item.start + len("![") + len(item.text or "")
    written = _TITLE.search(text[close : item.end])
    if not text.startswith("](", close):
        written = _DEFINED_TITLE.match(text, item.target_start)
    mark, title = (written[1][0], written[1][1:-1]) if written else ('"', "")
    attributes = _LIST.match(text, item.end)
    listed = _listed(attributes[1] if attributes else "", size)
    end = attributes.end() if attributes else item.end
    return close, end, f"]({shown} {mark}{_with_source(title, address)}{mark}){{ {listed} }}"


def _listed(written: str, size: tuple[int, int]) -> str:
    """An attribute list with the size in it, and what was there before."""
    given = {name: value.strip("\"'") for name, value in _ATTRIBUTE.findall(written)}
    added = [f'{name}="{value}"' for name, value in _missing(given, size).items()]
    if "loading" not in given:
        added.append("loading=lazy")
    return " ".join([*([written] if written else []), *added])


def _missing(given: Mapping[str, str], size: tuple[int, int]) -> dict[str, int]:
    """Width and height, where an author has not set them; of one, the other follows.

    From a share of the room (`50%`) none follows: the style sheet keeps the picture's shape.
    """
    width, height = size
    if not ("width" in given or "height" in given):
        return {"width": width, "height": height}
    across, down = (_NUMBER.fullmatch(given.get(name, "")) for name in ("width", "height"))
    if across and "height" not in given:
        return {"height": max(1, round(int(across[1]) * height / width))}
    if down and "width" not in given:
        return {"width": max(1, round(int(down[1]) * width / height))}
    return {}


def _with_source(title: str, address: str) -> str:
    """A title that says where the picture is from, behind what it said before."""
    source = f"Source: {readable(address)}"
    return f"{title.rstrip()} - {source}" if title.strip() else source


def readable(address: str) -> str:
    """Return an address as a title has it: nothing in it ends the title, or means more there."""
    return quote(address, safe="%!#&*+,/:=?@~")


def _in_html(
    text: str, tag: Tag, address: str, shown: str, size: tuple[int, int]
) -> list[tuple[int, int, str]]:
    """Give an `img` a new source and a title, and a size where it has none.

    Raises:
        UnfitError: its `srcset` would go on fetching from other sites.
    """
    if "srcset" in tag.attributes:
        raise UnfitError("it has a srcset too, which a person must replace")
    given = {name: tag.value(name) for name in ("width", "height") if name in tag.attributes}
    added = "".join(f' {name}="{value}"' for name, value in _missing(given, size).items())
    if "loading" not in tag.attributes:
        added += ' loading="lazy"'
    title = attribute_value(_with_source(tag.value("title"), address))
    changes = [_value(text, tag.attributes["src"], attribute_value(shown))]
    if "title" in tag.attributes:
        changes.append(_value(text, tag.attributes["title"], title))
    else:
        added += f" title={title}"
    start, end, source = changes[0]
    return [(start, end, source + added), *changes[1:]]


def _value(text: str, value: Text, new: str) -> tuple[int, int, str]:
    """Replace an attribute's value, its quotes included if it has any."""
    start, end = value.offsets[0], value.offsets[-1]
    if text[start - 1] in "\"'":
        return start - 1, end + 1, new
    return start, end, new if value.content else f"={new}"
