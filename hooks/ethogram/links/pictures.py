"""Whether bytes are a picture that a browser can show, and how large it is (links.md, rule 9).

What is asked is the bytes, never the name or the Content-Type: servers send pages and error
messages as `image/png`. Only a picture's head is read and no pixel is decoded, so a body that was
cut is as good as a whole one and a picture of a billion pixels costs no more than a small one.
Drawings (SVG) have no head and are parsed whole. Whether the end of a picture is missing is asked
only of what is known to be all that there is. No bytes take longer than their length explains:
Pillow is asked for little, as it takes the square of a GIF's comments and of a JPEG's EXIF.
"""

import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ethogram.links.heads import BROKEN, HEAD, is_whole, measured

DRAWING = 5 * HEAD
"""How many bytes of a drawing are parsed; of a longer one only its root."""

_MAGIC: tuple[tuple[str, re.Pattern[bytes]], ...] = (
    ("PNG", re.compile(rb"\x89PNG\r\n\x1a\n")),
    ("JPEG", re.compile(rb"\xff\xd8\xff")),
    ("GIF", re.compile(rb"GIF8[79]a")),
    ("WEBP", re.compile(rb"RIFF[\s\S]{4}WEBP")),
    ("AVIF", re.compile(rb"[\s\S]{4}ftyp(?:[\s\S]{4})*?avi[fs]")),
    ("BMP", re.compile(rb"BM[\s\S]{4}\x00{4}")),  # BMP's reserved bytes: "BM" begins words, too
    ("ICO", re.compile(rb"\x00\x00\x01\x00[^\x00]")),
    ("SVGZ", re.compile(rb"\x1f\x8b\x08")),
)
"""How the files of each format begin that browsers show (https://mimesniff.spec.whatwg.org/)."""

_BOX = 4096  # an AVIF's list of brands stands in its first bytes
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?+\s*+(?:<!--(?>[\s\S]*?-->)\s*+)*+<(?P<name>[!?a-z][^\s>/]{0,99})", re.I
)
_PAGES = frozenset(
    b"!doctype a b body br div font form h1 head html iframe link meta p pre script style table "
    b"title".split()
)
_SVG_DOCTYPE = re.compile(rb"<!doctype\s++(?:\w++:)?svg\b", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LONGEST_LENGTH = 100  # characters of a width or height; no author writes more
_LENGTH = re.compile(r"\s*(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)\s*(px|pt|pc|mm|cm|in|)\s*", re.IGNORECASE)
_STYLED_SIZE = re.compile(
    r"(?<![\w-])(?:m(?:ax|in)-)?(?:width|height|inline-size|block-size)\s*:", re.IGNORECASE
)
# CSS's absolute units in pixels (https://www.w3.org/TR/css-values-4/#absolute-lengths).
_UNITS = {"": 1, "px": 1, "pt": 96 / 72, "pc": 16, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96}
_LARGEST = 2**31  # no browser takes a larger width or height


@dataclass(frozen=True, slots=True)
class Look:
    """What some bytes are.

    Attributes:
        format: `PNG`, `JPEG`, `GIF`, `WEBP`, `AVIF`, `BMP`, `ICO` or `SVG`; else empty.
        width, height: in CSS pixels, turned as a browser turns it; 0 for what is no picture,
            and for drawings that fill whatever room they get.
        fault: why it is no picture, in a few words without a full stop; empty where it is one.
    """

    format: str = ""
    width: int = 0
    height: int = 0
    fault: str = ""


def look(data: bytes, content_type: str = "", complete: bool = False) -> Look:
    """Say what some bytes are; nothing raises.

    Args:
        data: the beginning of a body, or all of it. A drawing must be whole.
        content_type: what the server called it. It decides nothing, and makes a fault clearer.
        complete: whether that is known to be all of it, so that an end that is missing is a fault.
    """
    if not data.strip(b"\0"):
        return Look(fault="zero bytes only" if data else "empty: not one byte")
    found = next((name for name, magic in _MAGIC if magic.match(data[:_BOX])), "")
    if found == "SVGZ":
        return _compressed(data)
    if found:
        return _raster(found, data, complete)
    called = content_type.split(";")[0].strip().lower()
    looked = _drawing(data) if _may_be_drawing(data) else Look(fault=_what(data))
    if looked.fault and called.startswith("image/"):
        return Look(fault=f"{looked.fault}, though called {called[:40]}")
    return looked


def look_at(path: Path) -> Look | None:
    """Say what a file on disk is; None where it cannot be read."""
    try:
        with path.open("rb") as file:
            data = file.read(HEAD)
            if path.suffix.lower() in (".svg", ".svgz"):
                data += file.read(DRAWING + 1 - HEAD)
    except (OSError, ValueError):  # a NUL in the name is a ValueError
        return None
    return look(data)


def size(path: Path) -> tuple[int, int] | None:
    """Return width and height of a picture on disk, in CSS pixels.

    None where it cannot be read, is no picture, or is a drawing without a size of its own.
    """
    found = look_at(path)
    return (found.width, found.height) if found and found.width and found.height else None


# -- pixels ----------------------------------------------------------------------------------


def _raster(name: str, data: bytes, complete: bool) -> Look:
    """What a picture's head says, and its end if that must be there."""
    try:
        width, height = measured(name, data)
    except BROKEN:
        return Look(fault=f"broken {name}: its head cannot be read")
    if not 0 < width < _LARGEST or not 0 < height < _LARGEST:
        return Look(fault=f"broken {name}: {width} by {height} pixels")
    if complete and not is_whole(name, data):
        return Look(fault=f"broken {name}: cut off")
    return Look(name, width, height)


# -- drawings --------------------------------------------------------------------------------


def _compressed(data: bytes) -> Look:
    """A drawing that is compressed on disk (.svgz), opened no further than is parsed."""
    try:
        unpacked = zlib.decompressobj(wbits=31).decompress(data, DRAWING + 1)
    except zlib.error:
        return Look(fault="broken archive")
    if _may_be_drawing(unpacked):
        return _drawing(unpacked)
    return Look(fault="an archive, no picture")


def _may_be_drawing(data: bytes) -> bool:
    """Whether it begins as XML does, and not as an HTML page; `<?xml` may begin either."""
    match = _MARKUP.match(data)
    if not match:
        return data[:2] in (b"\xff\xfe", b"\xfe\xff")  # XML may be UTF-16
    name = match["name"].lower()
    return name.startswith(b"?xml") or name not in _PAGES or bool(_SVG_DOCTYPE.search(data[:_BOX]))


def begins_drawing(data: bytes) -> bool:
    """Whether what may be the beginning of a drawing has the root of one; nothing raises."""
    if data[:3] == b"\x1f\x8b\x08":
        try:
            data = zlib.decompressobj(wbits=31).decompress(data, HEAD)
        except zlib.error:
            return False
    return _may_be_drawing(data) and _rooted(_root(data)).format == "SVG"


def _drawing(data: bytes) -> Look:
    """What XML is. Nothing is loaded for it: no entity, no DTD, nothing from the network.

    A drawing that is too long, or too deep even for a parser that allows for much, is told by its
    root: browsers show more than can be parsed here.
    """
    from lxml import etree

    try:
        if len(data) > DRAWING:
            return _rooted(_root(data))
        return _rooted(etree.fromstring(data, etree.XMLParser(**_SAFELY)))
    except etree.XMLSyntaxError as error:
        if error.code == etree.ErrorTypes.ERR_RESOURCE_LIMIT:
            return _rooted(_root(data))
    except (etree.LxmlError, ValueError, LookupError):
        pass
    return _unparsed(data)


_SAFELY: dict[str, Any] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "remove_comments": True,
    "huge_tree": True,  # 2048 elements deep; entities are held in check all the same
}


def _root(data: bytes) -> Any:
    """The root of what need not end; None where it does not begin as XML does."""
    from lxml import etree

    parser = etree.XMLPullParser(events=("start",), **_SAFELY)
    try:
        for start in range(0, min(len(data), HEAD), _BOX):
            parser.feed(data[start : start + _BOX])
            for _, element in parser.read_events():
                return element
    except (etree.LxmlError, ValueError, LookupError):
        # What came before the fault may hold the root.
        return next((element for _, element in parser.read_events()), None)
    return None


def _rooted(root: Any) -> Look:
    """What XML is by its root."""
    from lxml import etree

    if root is None:
        return Look(fault="broken SVG: it does not parse")
    name = etree.QName(root).localname
    if name.lower() == "html":
        return Look(fault="an HTML page, no picture")
    if name != "svg":
        return Look(fault="XML, but no SVG")
    width, height = _drawn_size(root)
    return Look("SVG", width, height)


def _unparsed(data: bytes) -> Look:
    broken = b"<svg" in data[:_BOX].lower() or data[: 2 * _BOX].lstrip().startswith(b"<?xml")
    return Look(fault="broken SVG: it does not parse" if broken else _what(data))


def _drawn_size(root: Any) -> tuple[int, int]:
    """A drawing's own size; 0, 0 where the room it gets has a say: a `viewBox` is only a ratio."""
    width, height = _pixels(root.get("width")), _pixels(root.get("height"))
    styled = _STYLED_SIZE.search(root.get("style") or "")
    if styled or not 0.5 <= width < _LARGEST or not 0.5 <= height < _LARGEST:
        return 0, 0
    return round(width), round(height)


def _pixels(text: str | None) -> float:
    """A length in pixels; 0 for one that depends on the room there is, and for nonsense."""
    match = _LENGTH.fullmatch((text or "")[:_LONGEST_LENGTH])
    return float(match[1]) * _UNITS[match[2].lower()] if match else 0.0


# -- what else it is -------------------------------------------------------------------------


def _what(data: bytes) -> str:
    """What is no picture, in a few words."""
    match = _MARKUP.match(data)
    if match and match["name"].lower() in _PAGES:
        return "an HTML page, no picture"
    if data.lstrip()[:1] in (b"{", b"[") and _is_json(data):
        return "JSON, no picture"
    if not _CONTROL.search(data[:_BOX]):
        return "text, no picture"
    return "no format that browsers show"


def _is_json(data: bytes) -> bool:
    """Whether it is JSON; a long one is taken at its first character's word."""
    try:
        return len(data) > HEAD or json.loads(data) is not None
    except (ValueError, RecursionError):
        return False
