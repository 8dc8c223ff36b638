"""Every address that may stand in a page, found at the speed of a few searches through its text.

A build holds every page of a site against what is there, and nearly all that it finds is well. So
pages are not taken apart here: attributes are looked for by their names alone, wherever they
stand, and what is found is more than what counts. `ethogram.links.extract` has the last word on
whatever looks wrong; what it finds is never missed here (but in `intricate` pages, which say so).
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import repeat

from ethogram.links.tags import RAW_TEXT, SPACES, decode

_HREF = re.compile(r'href="([^"]*)"')
# By the last letters of its name, each other attribute of `addresses` that can hold an address;
# and any that is written unlike a machine writes it: in capitals, with blanks, without quotes.
# The first condition lets most attributes go at once, which halves the time of all this.
_OTHER = re.compile(
    r"=(?:(?=['\s])|(?<=[cdeafnrtA-Z\s]=)(?:"
    r"(?<=[rRoO][cC]=)|(?<=[eE][tT]=)|(?<=[oO][nN]=)|(?<=[iI][tT][eE]=)|(?<=[aA][tT][aA]=)"
    r"|(?<=[tT][eE][rR]=)|(?<=[uU][nN][dD]=)|(?<=[tT][eE][nN][tT]=)|(?<=[yY][lL][eE]=)"
    r"|(?<=[A-Z\s]=)|(?<=[fF]=)(?:(?!\")|(?<!href=))))"
)
_NAME = re.compile(rf"[^{SPACES}\"'>/=]*$")
_LONGEST_NAME = 32
_VALUE = re.compile(rf"[{SPACES}]*+(?:\"([^\"]*+)\"|'([^']*+)'|([^{SPACES}>\"'][^{SPACES}>]*+))")
_ONE = frozenset("href xlink:href src action formaction background cite data poster".split())
_LISTS = ("srcset", "imagesrcset")
_BEFORE_NESTED = tuple(
    f"'{SPACES}"
)  # behind an equals sign: quotation marks may stand in that value
_DESCRIPTOR = re.compile(r"[\d.]+[wxh]")
_SHARED = re.compile(r"(?:og|twitter):image(?::url|:secure_url|:src)?[\"'\s/>]", re.IGNORECASE)
_LOADS = re.compile(r"url|import|\\|&", re.IGNORECASE)  # CSS: a name may be written in escapes

# Where an id is none, and where an address is found by other ways than an attribute's name.
# Each letter in both cases is twice as fast as IGNORECASE.
_INNER = "|".join(
    "".join(f"[{letter}{letter.upper()}]" for letter in name)
    for name in sorted({"base", *RAW_TEXT})
)
_SPECIAL = re.compile(rf"<(?=[!bsntxiBSNTXI])(?:(?P<comment>!--)|(?P<name>{_INNER})\b)")
_ID = re.compile(rf"id=\"(?<=[{SPACES}]id=\")([^\"]*)\"(?=[^<>]*>)")
_ANY_ID = re.compile(r"\bid\s*=", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Scan:
    """What a first look through a page finds.

    Attributes:
        addresses: what may be an address, as written; more than what is one.
        pictures: those that may be the `src` of an `img`.
        intricate: whether there may be others, which only `links_in_html` finds.
        ids: ids as written, without those in single quotes and the like; and none at all where
            only `anchors_in_html` can tell what is an id.
    """

    addresses: set[str]
    pictures: set[str]
    intricate: bool
    ids: set[str]


def scan(html: str) -> Scan:
    """Look through a page for addresses and ids."""
    found = set(_HREF.findall(html))
    pictures: set[str] = set()
    # A quotation mark inside the other kind's may have cut a value short and hidden the next.
    intricate = any(map(str.endswith, found, repeat("=")))
    nested = False
    for match in _OTHER.finditer(html):
        end = match.start()
        name = _name(html, end)
        nested = nested or (
            html.startswith(_BEFORE_NESTED, end + 1) and '"' in "".join(_value(html, end))
        )
        if name in _ONE:
            found.update(_value(html, end))
            if name == "src" and not html.startswith("<script", html.rfind("<", 0, end)):
                pictures.update(_value(html, end))
        elif name in _LISTS:
            found.update(_candidates(_value(html, end)))
        elif name == "content":
            redirects, shared = _meta(html, end)
            intricate |= redirects
            found.update(_value(html, end) if shared else ())
        elif name == "style":
            intricate |= any(map(_LOADS.search, _value(html, end)))
        elif name in ("", "srcdoc"):
            intricate = True
    inner = [_inner(html, match) for match in _SPECIAL.finditer(html)]
    intricate |= any(_has_address(html, *place) for place in inner)
    doubtful = any(_ANY_ID.search(html, start, end) for _, start, end in inner)
    known = set() if nested or doubtful else set(_ID.findall(html))
    return Scan(found, pictures, intricate, known)


def _name(html: str, end: int) -> str:
    """The name in front of an equals sign, lower case; empty where blanks hide part of it."""
    window = html[max(0, end - _LONGEST_NAME) : end]
    before = window.rstrip(SPACES)
    match = _NAME.search(before)
    hidden = match is None or (match.start() == 0 and len(before) < len(window))
    return "" if hidden or match is None else match[0].lower()


def _value(html: str, end: int) -> list[str]:
    """The value behind an equals sign; none where nothing there could be one."""
    match = _VALUE.match(html, end + 1)
    return [match[match.lastindex or 0]] if match else []


def _candidates(values: Iterable[str]) -> Iterator[str]:
    """The addresses in a `srcset`, those among them that a comma ends included."""
    for word in (word for value in values for word in decode(value).split()):
        if not _DESCRIPTOR.fullmatch(word.strip(",")):
            yield word.strip(",")


_CONTENT = re.compile(r"""\bcontent=(?:"[^"]*"|'[^']*')""", re.IGNORECASE)


def _meta(html: str, end: int) -> tuple[bool, bool]:
    """Whether the `meta` around a `content=` redirects, and whether it names a picture."""
    tag = html[html.rfind("<", 0, end) : html.find(">", end) + 1 or len(html)]
    names = _CONTENT.sub("", tag)  # what it says may have any signs; what it is may be hidden
    return "refresh" in tag.lower() or "&" in names, bool(_SHARED.search(tag))


def _has_address(html: str, name: str, start: int, end: int) -> bool:
    """Whether an element changes what addresses mean, or its style sheet holds some."""
    return name == "base" or (name == "style" and bool(_LOADS.search(html, start, end)))


def _inner(html: str, opening: re.Match[str]) -> tuple[str, int, int]:
    """What holds no tags: the element's name, and where its text begins and is over for sure."""
    if opening["comment"]:
        end = html.find("-->", opening.start() + 2)
        return "", opening.end(), end if end >= 0 else len(html)
    start, name = html.find(">", opening.end()), opening["name"]
    if name.lower() == "base":
        return "base", start, start
    end = html.find(f"</{name}>", opening.end())
    return name.lower(), start, end if end >= 0 else len(html)
