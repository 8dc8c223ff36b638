"""Whether bytes are a picture that a browser can show, and how large it is (links.md, rule 9).

What is asked is the bytes, never the name or the Content-Type: servers send pages and error
messages as `image/png`. Only a picture's head is read and no pixel is decoded, so a body that was
cut is as good as a whole one and a picture of a billion pixels costs no more than a small one.
Drawings (SVG) have no head and are parsed whole.
"""

import json
import re
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEAD = 1024 * 1024
"""How many bytes of a file on disk are read to find its size; drawings are read whole."""

DRAWING = 32 * HEAD
"""How many bytes of a drawing are parsed; a compressed one may grow to no more than this."""

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

_BOX = 4096  # an AVIF's list of brands and of properties stands in its first bytes
_MARKUP = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!--[\s\S]*?-->\s*)*<(?P<name>[!?a-z][^\s>/]*)", re.I
)
_PAGES = frozenset(
    b"!doctype a b body br div font form h1 head html iframe link meta p pre script style table "
    b"title".split()
)
_SVG_DOCTYPE = re.compile(rb"<!doctype\s+(?:\w+:)?svg\b", re.IGNORECASE)
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f]")
_LENGTH = re.compile(r"\s*(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+)\s*(px|pt|pc|mm|cm|in|)\s*", re.IGNORECASE)
# CSS's absolute units in pixels (https://www.w3.org/TR/css-values-4/#absolute-lengths).
_UNITS = {"": 1, "px": 1, "pt": 96 / 72, "pc": 16, "mm": 96 / 25.4, "cm": 96 / 2.54, "in": 96}
_ORIENTATION, _TURNED = 0x0112, (5, 6, 7, 8)  # EXIF: a camera that was held upright
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


def look(data: bytes, content_type: str = "") -> Look:
    """Say what some bytes are; nothing raises.

    Args:
        data: the beginning of a body, or all of it. A drawing must be whole.
        content_type: what the server called it. It decides nothing, and makes a fault clearer.
    """
    if not data.strip(b"\0"):
        return Look(fault="zero bytes only" if data else "empty: not one byte")
    found = next((name for name, magic in _MAGIC if magic.match(data[:_BOX])), "")
    if found == "SVGZ":
        return _compressed(data)
    if found:
        return _raster(found, data)
    called = content_type.split(";")[0].strip().lower()
    looked = _drawing(data) if _may_be_drawing(data) else Look(fault=_what(data))
    if looked.fault and called.startswith("image/"):
        return Look(fault=f"{looked.fault}, though called {called[:40]}")
    return looked


def size(path: Path) -> tuple[int, int] | None:
    """Return width and height of a picture on disk, in CSS pixels.

    None where it cannot be read, is no picture, or is a drawing without a size of its own.
    """
    try:
        with path.open("rb") as file:
            data = file.read(HEAD)
            if path.suffix.lower() in (".svg", ".svgz"):
                data += file.read(DRAWING)
    except (OSError, ValueError):  # a NUL in the name is a ValueError
        return None
    found = look(data)
    return (found.width, found.height) if found.width and found.height else None


# -- pixels ----------------------------------------------------------------------------------


def _raster(name: str, data: bytes) -> Look:
    """What a picture's head says. WebP and AVIF are read here: Pillow wants them whole."""
    try:
        if name == "WEBP":
            width, height = _webp(data)
        elif name == "AVIF":
            width, height = _avif(data)
        else:
            width, height = _opened(name, data)
    except Exception:  # noqa: BLE001  Pillow names no end of what a broken head may raise
        return Look(fault=f"broken {name}: its head cannot be read")
    if not 0 < width < _LARGEST or not 0 < height < _LARGEST:
        return Look(fault=f"broken {name}: {width} by {height} pixels")
    return Look(name, width, height)


def _opened(name: str, data: bytes) -> tuple[int, int]:
    """Let Pillow read a head, which decodes no pixel."""
    import warnings
    from io import BytesIO

    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of many pixels, and none is decoded
        try:
            with Image.open(BytesIO(data), formats=[name]) as picture:
                turned = name == "JPEG" and picture.getexif().get(_ORIENTATION) in _TURNED
                width, height = picture.size
        except Image.DecompressionBombError:  # raised once the size is known: it is in the head
            return _declared(name, data)
    return (height, width) if turned else (width, height)


def _declared(name: str, data: bytes) -> tuple[int, int]:
    """The size of a picture that Pillow finds too large to open."""
    if name == "PNG":
        return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])
    if name == "GIF":
        return int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    if name == "BMP":
        return int.from_bytes(data[18:22], "little"), abs(_signed(data[22:26]))
    if name == "JPEG":
        return _jpeg(data)
    raise ValueError(name)


def _signed(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


def _jpeg(data: bytes) -> tuple[int, int]:
    """Walk a JPEG's segments to the frame's head (ITU T.81, B.2.2)."""
    position = 2
    while data[position] == 0xFF:
        mark = data[position + 1]
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC):
            height, width = data[position + 5 : position + 7], data[position + 7 : position + 9]
            return int.from_bytes(width), int.from_bytes(height)
        position += 2 + int.from_bytes(data[position + 2 : position + 4])
    raise ValueError("no frame")


def _webp(data: bytes) -> tuple[int, int]:
    """The size in a WebP's first chunk (RFC 9649, section 2)."""
    kind, body = data[12:16], data[20:30]
    if kind == b"VP8X" and len(body) == 10:
        return 1 + int.from_bytes(body[4:7], "little"), 1 + int.from_bytes(body[7:10], "little")
    if kind == b"VP8L" and body[:1] == b"\x2f" and len(body) >= 5:
        bits = int.from_bytes(body[1:5], "little")
        return 1 + (bits & 0x3FFF), 1 + (bits >> 14 & 0x3FFF)
    if kind == b"VP8 " and body[3:6] == b"\x9d\x01\x2a" and len(body) == 10:
        width, height = body[6:8], body[8:10]
        return int.from_bytes(width, "little") & 0x3FFF, int.from_bytes(height, "little") & 0x3FFF
    raise ValueError("no size")


def _avif(data: bytes) -> tuple[int, int]:
    """The largest of the sizes (`ispe`) in an AVIF's head: thumbnails and tiles are smaller."""
    sizes = [
        (int.from_bytes(found[1]), int.from_bytes(found[2]))
        for found in re.finditer(rb"ispe\x00{4}([\s\S]{4})([\s\S]{4})", data[: 16 * _BOX])
    ]
    return max(sizes, key=lambda size: size[0] * size[1])


# -- drawings --------------------------------------------------------------------------------


def _compressed(data: bytes) -> Look:
    """A drawing that is compressed on disk (.svgz), opened no further than `DRAWING`."""
    try:
        unpacked = zlib.decompressobj(wbits=31).decompress(data, DRAWING)
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


def _drawing(data: bytes) -> Look:
    """What XML is. Nothing is loaded for it: no entity, no DTD, nothing from the network."""
    from lxml import etree

    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True
    )
    try:
        root = etree.fromstring(data[:DRAWING], parser)
    except (etree.LxmlError, ValueError, LookupError):
        broken = b"<svg" in data[:_BOX].lower() or data.lstrip().startswith(b"<?xml")
        return Look(fault="broken SVG: it does not parse" if broken else _what(data))
    name = etree.QName(root).localname
    if name.lower() == "html":
        return Look(fault="an HTML page, no picture")
    if name != "svg":
        return Look(fault="XML, but no SVG")
    width, height = _drawn_size(root)
    return Look("SVG", width, height)


def _drawn_size(root: Any) -> tuple[int, int]:
    """A drawing's size: its attributes', or what its `viewBox` makes of them; 0, 0 for none."""
    width, height = _pixels(root.get("width")), _pixels(root.get("height"))
    box = [_pixels(part) for part in re.split(r"[\s,]+", (root.get("viewBox") or "").strip())]
    if not (width and height) and len(box) == 4 and box[2] and box[3]:
        if width or height:
            width, height = width or height * box[2] / box[3], height or width * box[3] / box[2]
        else:
            width, height = box[2], box[3]
    if not 0.5 <= width < _LARGEST or not 0.5 <= height < _LARGEST:
        return 0, 0
    return round(width), round(height)


def _pixels(text: str | None) -> float:
    """A length in pixels; 0 for one that depends on the room there is, and for nonsense."""
    match = _LENGTH.fullmatch(text or "")
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
