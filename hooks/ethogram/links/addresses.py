"""The addresses in the tags of an HTML page: whatever a browser loads or a reader clicks.

guide/links.md, rule 10, names the attributes; the HTML standard says how each is cut and cleaned.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal
from urllib.parse import urljoin

from ethogram.links.tags import SPACES, Tag, Text, tags

Kind = Literal["page", "image"]
"""What an address should lead to: a picture, or anything else."""

_ELEMENTS: dict[str, tuple[tuple[str, Kind], ...]] = {
    "a": (("href", "page"), ("xlink:href", "page")),
    "area": (("href", "page"),),
    "audio": (("src", "page"),),
    "blockquote": (("cite", "page"),),
    "body": (("background", "image"),),
    "button": (("formaction", "page"),),
    "del": (("cite", "page"),),
    "embed": (("src", "page"),),
    "feimage": (("href", "image"), ("xlink:href", "image")),
    "form": (("action", "page"),),
    "frame": (("src", "page"),),
    "iframe": (("src", "page"),),
    "image": (("href", "image"), ("xlink:href", "image"), ("src", "image")),
    "img": (("src", "image"),),
    "input": (("src", "image"), ("formaction", "page")),
    "ins": (("cite", "page"),),
    "link": (("href", "page"),),
    "object": (("data", "page"),),
    "q": (("cite", "page"),),
    "script": (("src", "page"), ("href", "page"), ("xlink:href", "page")),
    "source": (("src", "page"),),
    "table": (("background", "image"),),
    "td": (("background", "image"),),
    "th": (("background", "image"),),
    "track": (("src", "page"),),
    "use": (("href", "page"), ("xlink:href", "page")),  # a part of a page: no picture by itself
    "video": (("src", "page"), ("poster", "image")),
}
"""Attributes that hold one address, by element, and what is expected there."""

_NOT_LOADED = frozenset(("preconnect", "dns-prefetch"))
_ICONS = frozenset(("icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon"))
_SHARED_PICTURES = frozenset(
    ["og:image", "og:image:url", "og:image:secure_url", "twitter:image", "twitter:image:src"]
)
_PICTURES = (".avif", ".bmp", ".gif", ".ico", ".jpeg", ".jpg", ".png", ".svg", ".webp")
_CONTROLS = "".join(map(chr, range(33)))  # what a browser strips from both ends of an address
_SCHEME = re.compile(r"[a-zA-Z][a-zA-Z0-9+.-]*:")
_SPECIAL = ("http:", "https:", "ftp:", "ws:", "wss:", "file:")
_REFRESH = re.compile(
    r"\s*+(?:\d++[\d.]*+|\.[\d.]*+)(?=[\s;,])\s*+[;,]?+\s*+(?:url\s*+=\s*+)?+"
    r"(?:\"(?P<double>[^\"]*)|'(?P<single>[^']*)|(?P<bare>[^\"'].*))",
    re.IGNORECASE | re.DOTALL,
)
_CSS = re.compile(
    r"/\*(?:.*?\*/|.*)"
    r"|(?:url\(\s*+|@import\s++)(?:\"(?P<double>(?:[^\"\\\n]|\\.)*+)\"|'(?P<single>(?:[^'\\\n]|\\.)*+)')"
    r"|url\(\s*+(?P<bare>(?:[^\s\"'()\\]|\\.)++)\s*+\)"
    r"|\"(?:[^\"\\\n]|\\.)*+\"|'(?:[^'\\\n]|\\.)*+'",
    re.IGNORECASE | re.DOTALL,
)
_CSS_ESCAPE = re.compile(r"\\(?:([0-9a-fA-F]{1,6})\s?|(.))", re.DOTALL)
_VALUES = ("double", "single", "bare")

_Value = tuple[str, Text, Kind]  # the attribute, an address in it, and what it should lead to


@dataclass(frozen=True, slots=True)
class Address:
    """An address in a tag.

    Attributes:
        text: as written, entities decoded, white space around it left out.
        url: as a browser would ask for it.
        kind: what is expected there.
        element, attribute: where it stands.
    """

    text: Text
    url: str
    kind: Kind
    element: str
    attribute: str


def addresses(page: Text, base: str) -> Iterator[Address]:
    """The addresses of a page and of the pages inside it (a list, so no nesting is too deep)."""
    waiting = [(page, base)]
    while waiting:
        page, base = waiting.pop()
        found = [tag for tag in tags(page) if tag.attributes or tag.name == "style"]
        base = _base(found, base)
        for tag in found:
            for attribute, value, kind in _values(tag):
                text = value.stripped(_CONTROLS)
                if text.content:
                    url = resolve(text.content, base)
                    yield Address(text, url, kind, tag.name, attribute)
            if tag.name == "iframe" and (inner := tag.get("srcdoc")):
                waiting.append((inner, base))


def _base(found: list[Tag], base: str) -> str:
    """What relative addresses are relative to: the first `<base href>`, else the page."""
    for tag in found:
        if tag.name == "base" and "href" in tag.attributes:
            told = resolve(tag.value("href").strip(_CONTROLS), base)
            return base if told.startswith(("data:", "javascript:")) else told
    return base


def resolve(address: str, base: str) -> str:
    """Return an address as a browser would ask for it.

    Args:
        address: as written, entities decoded.
        base: the address that it is relative to; where it is empty, the result is relative too.
    """
    cleaned = re.sub(r"[\t\n\r]", "", address)
    scheme = _SCHEME.match(cleaned)
    if scheme and scheme[0].lower() not in _SPECIAL:
        return cleaned
    end = re.search(r"[?#]|$", cleaned)
    stop = end.start() if end else 0
    cleaned = (cleaned[:stop].replace("\\", "/") + cleaned[stop:]).replace(" ", "%20")
    try:
        return urljoin(base, cleaned)
    except ValueError:  # "http://[": no host that any resolver takes, to be reported as written
        return cleaned


def _values(tag: Tag) -> Iterator[_Value]:
    """The addresses in a tag, white space still around them."""
    rule = _RULES.get(tag.name, _plain)
    yield from rule(tag)
    for attribute in ("srcset", "imagesrcset"):
        if value := tag.get(attribute):
            for candidate in _candidates(value):
                yield attribute, candidate, "image"
    if style := tag.get("style"):
        yield from _css(style, "style")


def _plain(tag: Tag) -> Iterator[_Value]:
    for attribute, kind in _ELEMENTS.get(tag.name, ()):
        if value := tag.get(attribute):
            yield attribute, value, kind


def _typed(tag: Tag) -> Iterator[_Value]:
    """What an `object` or `embed` shows is a picture when it says so."""
    picture = tag.value("type").strip().lower().startswith("image/")
    for attribute, value, kind in _plain(tag):
        yield attribute, value, "image" if picture else kind


def _link(tag: Tag) -> Iterator[_Value]:
    rel = set(tag.value("rel").lower().split())
    if rel & _NOT_LOADED:
        return
    picture = bool(rel & _ICONS) or tag.value("as").strip().lower() == "image"
    for attribute, value, _ in _plain(tag):
        yield attribute, value, "image" if picture else "page"


def _meta(tag: Tag) -> Iterator[_Value]:
    """A redirect, or the picture that other sites show for the page."""
    content = tag.get("content")
    if content is None:
        return
    names = {tag.value(name).strip().lower() for name in ("property", "name", "itemprop")}
    if names & _SHARED_PICTURES:
        yield "content", content, "image"
    redirects = tag.value("http-equiv").strip().lower() == "refresh"
    if redirects and (match := _REFRESH.match(content.content)):
        yield "content", content.part(*match.span(_group(match))), "page"


def _style(tag: Tag) -> Iterator[_Value]:
    yield from _css(tag.text, "")


_RULES = {"link": _link, "meta": _meta, "style": _style, "object": _typed, "embed": _typed}
"""How to read the elements whose addresses depend on more than the attribute's name."""


def _group(match: re.Match[str]) -> str:
    """Which of the ways to quote a value was taken; empty for none."""
    return next((name for name in _VALUES if match[name] is not None), "")


def _candidates(value: Text) -> Iterator[Text]:
    """The addresses of a `srcset`, as the standard cuts it: commas may stand inside addresses."""
    content, position = value.content, 0
    while match := re.compile(rf"[{SPACES},]*+([^{SPACES}]++)").match(content, position):
        start, end = match.span(1)
        position = end
        address = value.part(start, end)
        if content[end - 1] == ",":
            yield address.stripped(",")
        else:
            yield address
            position = _descriptors_end(content, end)


def _descriptors_end(content: str, position: int) -> int:
    """Behind the comma that ends a candidate's `2x` or `640w`; one in parentheses does not."""
    match = re.compile(r"(?:[^(,]|\([^)]*+(?:\)|$))*,?").match(content, position)
    return match.end() if match else len(content)


def _css(sheet: Text, attribute: str) -> Iterator[_Value]:
    """What a style sheet loads; not what it takes from the page itself (`url(#gradient)`)."""
    for match in _CSS.finditer(sheet.content):
        group = _group(match)
        text = _css_unescaped(sheet.part(*match.span(group))) if group else Text.of("")
        address = text.content.strip(_CONTROLS)
        if address and not address.startswith("#"):
            path = re.split(r"[?#]", address.lower(), maxsplit=1)[0]
            yield attribute, text, "image" if path.endswith(_PICTURES) else "page"


def _css_unescaped(text: Text) -> Text:
    if "\\" not in text.content:
        return text
    content = _CSS_ESCAPE.sub(_css_character, text.content)
    first, last = text.offsets[0], text.offsets[-1]
    return Text(content, [*([first] * len(content)), last])


def _css_character(match: re.Match[str]) -> str:
    if match[2] is not None:
        return "" if match[2] == "\n" else match[2]
    number = int(match[1], 16)
    return chr(number) if 0 < number <= 0x10FFFF else "\ufffd"
