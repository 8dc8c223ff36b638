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
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

HEAD = 1024 * 1024
"""How many bytes of a file on disk are read to find its size; drawings are read whole."""

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

_BOX = 4096  # an AVIF's list of brands and of properties stands in its first bytes
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


def size(path: Path) -> tuple[int, int] | None:
    """Return width and height of a picture on disk, in CSS pixels.

    None where it cannot be read, is no picture, or is a drawing without a size of its own.
    """
    try:
        with path.open("rb") as file:
            data = file.read(HEAD)
            if path.suffix.lower() in (".svg", ".svgz"):
                data += file.read(DRAWING + 1 - HEAD)
    except (OSError, ValueError):  # a NUL in the name is a ValueError
        return None
    found = look(data)
    return (found.width, found.height) if found.width and found.height else None


# -- pixels ----------------------------------------------------------------------------------


def _raster(name: str, data: bytes, complete: bool) -> Look:
    """What a picture's head says, and its end if that must be there."""
    try:
        width, height = _SIZES[name](data)
    except Exception:  # noqa: BLE001  Pillow names no end of what a broken head may raise
        return Look(fault=f"broken {name}: its head cannot be read")
    if not 0 < width < _LARGEST or not 0 < height < _LARGEST:
        return Look(fault=f"broken {name}: {width} by {height} pixels")
    if complete and name in _ENDS and not _ENDS[name](data):
        return Look(fault=f"broken {name}: cut off")
    return Look(name, width, height)


def _png(data: bytes) -> tuple[int, int]:
    """The size in a PNG's first chunk (https://www.w3.org/TR/png-3/#11IHDR)."""
    if data[12:16] != b"IHDR" or zlib.crc32(data[12:29]) != int.from_bytes(data[29:33]):
        raise ValueError("no head")
    return int.from_bytes(data[16:20]), int.from_bytes(data[20:24])


def _gif(data: bytes) -> tuple[int, int]:
    """The size in a GIF's head; its first frame may be larger, and makes it so."""
    size, frame = data[6:10], _gif_frame(data)
    if len(size) < 4:
        raise ValueError("no size")
    width, height = _two(size)
    if 0 < frame <= len(data) - 9:
        (left, top), (across, down) = _two(data[frame + 1 :]), _two(data[frame + 5 :])
        width, height = max(width, left + across), max(height, top + down)
    return width, height


def _two(data: bytes) -> tuple[int, int]:
    return int.from_bytes(data[:2], "little"), int.from_bytes(data[2:4], "little")


def _gif_frame(data: bytes) -> int:
    """Where a GIF's first frame begins; -1 where there is none."""
    position = 13 + _colors(data[10:11])
    while data[position : position + 1] == b"!":  # an extension: its kind, then blocks
        position = _behind_blocks(data, position + 2)
    return position if data[position : position + 1] == b"," else -1


def _colors(flags: bytes) -> int:
    """The length of the table of colors that a GIF's flags announce."""
    return 3 << (1 + (flags[0] & 7)) if flags and flags[0] & 0x80 else 0


def _behind_blocks(data: bytes, position: int) -> int:
    """Where a GIF goes on behind some blocks of data; behind its end if they do not end."""
    while position < len(data) and data[position]:
        position += 1 + data[position]
    return position + 1


def _jpeg(data: bytes) -> tuple[int, int]:
    """The size in a JPEG's frame (ITU T.81, B.2.2), turned as its first EXIF says."""
    turned, searched = False, False
    for mark, start, end in _segments(data):
        if mark == 0xE1 and not searched and data.startswith(b"Exif\0\0", start):
            turned, searched = _is_turned(data[start:end]), True
        if 0xC0 <= mark <= 0xCF and mark not in (0xC4, 0xC8, 0xCC) and len(data) >= start + 5:
            height = int.from_bytes(data[start + 1 : start + 3])
            width = int.from_bytes(data[start + 3 : start + 5])
            return (height, width) if turned else (width, height)
    raise ValueError("no frame")


def _segments(data: bytes) -> Iterator[tuple[int, int, int]]:
    """A JPEG's segments up to its pixels: mark, and where its content begins and ends.

    Decoders pass over what stands between segments, and so does this.
    """
    position = 2
    while (position := data.find(b"\xff", position)) >= 0 and position + 4 <= len(data):
        mark = data[position + 1]
        if mark in (0x00, 0xFF):  # padding
            position += 1
        elif mark == 0x01 or 0xD0 <= mark <= 0xD9:  # these have no content
            position += 2
        else:
            end = position + 2 + max(2, int.from_bytes(data[position + 2 : position + 4]))
            yield mark, position + 4, end
            if mark == 0xDA:
                return
            position = end


def _is_turned(exif: bytes) -> bool:
    """Whether a camera says that it was held upright."""
    from PIL import Image

    tags = Image.Exif()
    try:
        tags.load(exif)
        return tags.get(_ORIENTATION) in _TURNED
    except Exception:  # noqa: BLE001  a broken EXIF turns nothing
        return False


def _bmp(data: bytes) -> tuple[int, int]:
    return _opened("BMP", data)


def _ico(data: bytes) -> tuple[int, int]:
    return _opened("ICO", data)


def _opened(name: str, data: bytes) -> tuple[int, int]:
    """Let Pillow read a head, which decodes no pixel."""
    import warnings
    from io import BytesIO

    from PIL import Image

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it warns of many pixels, and none is decoded
        try:
            with Image.open(BytesIO(data[:HEAD]), formats=[name]) as picture:
                width, height = picture.size
        except Image.DecompressionBombError:  # raised once the size is known: it is in the head
            if name != "BMP":
                raise
            return int.from_bytes(data[18:22], "little"), abs(_signed(data[22:26]))
    return width, height


def _signed(data: bytes) -> int:
    return int.from_bytes(data, "little", signed=True)


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


_SIZES: dict[str, Callable[[bytes], tuple[int, int]]] = {
    "PNG": _png,
    "JPEG": _jpeg,
    "GIF": _gif,
    "WEBP": _webp,
    "AVIF": _avif,
    "BMP": _bmp,
    "ICO": _ico,
}


# -- their ends ------------------------------------------------------------------------------

_MOST_ROWS = 64 * HEAD
"""Bytes of unpacked pixels up to which it is found out whether a PNG without an end has all."""


def _png_ends(data: bytes) -> bool:
    """Whether a PNG has an end, or at least all its pixels: browsers do not miss more."""
    position, rows = 8, []
    while position + 8 <= len(data):
        length, name = (
            int.from_bytes(data[position : position + 4]),
            data[position + 4 : position + 8],
        )
        if name == b"IEND":
            return True
        if name == b"IDAT":
            rows.append(data[position + 8 : position + 8 + length])
        position += 12 + length
    unpack = zlib.decompressobj()
    try:
        unpacked = unpack.decompress(b"".join(rows), _MOST_ROWS)
    except zlib.error:
        return False
    return unpack.eof or len(unpacked) >= _MOST_ROWS


def _jpeg_ends(data: bytes) -> bool:
    """Whether the mark of the end stands somewhere behind the beginning of the pixels."""
    pixels = next((start for mark, start, _ in _segments(data) if mark == 0xDA), len(data))
    return data.find(b"\xff\xd9", pixels) >= 0


def _gif_ends(data: bytes) -> bool:
    """Whether a GIF's first frame is whole: browsers do without the trailer, and later frames."""
    frame = _gif_frame(data)
    if frame < 0:
        return False
    return _behind_blocks(data, frame + 11 + _colors(data[frame + 9 : frame + 10])) <= len(data)


def _webp_ends(data: bytes) -> bool:
    """Whether a WebP has all that its head announces, or its pixels at least (RFC 9649, 2.3)."""
    if len(data) >= 8 + int.from_bytes(data[4:8], "little"):
        return True
    position = 12
    while position + 8 <= len(data):
        end = position + 8 + int.from_bytes(data[position + 4 : position + 8], "little")
        if data[position : position + 4] in (b"VP8 ", b"VP8L", b"ANMF"):
            return end <= len(data)
        position = end + end % 2
    return False


def _avif_ends(data: bytes) -> bool:
    """Whether the boxes of an AVIF that hold its pixels are whole (ISO/IEC 14496-12, 4.2)."""
    position, pixels = 0, b"idat" in data
    while position + 8 <= len(data):
        length, name = (
            int.from_bytes(data[position : position + 4]),
            data[position + 4 : position + 8],
        )
        if length == 1:
            length = int.from_bytes(data[position + 8 : position + 16])
        if name in (b"meta", b"moov", b"mdat") and position + length > len(data):
            return False
        pixels |= name == b"mdat"
        if length < 8:  # 0: it lasts to the end of the file
            break
        position += length
    return pixels


_ENDS: dict[str, Callable[[bytes], bool]] = {
    "PNG": _png_ends,
    "JPEG": _jpeg_ends,
    "GIF": _gif_ends,
    "WEBP": _webp_ends,
    "AVIF": _avif_ends,
}


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
    """A drawing's size: its attributes', or what its `viewBox` makes of them; 0, 0 for none."""
    width, height = _pixels(root.get("width")), _pixels(root.get("height"))
    view = (root.get("viewBox") or "")[: 4 * _LONGEST_LENGTH]
    box = [_pixels(part) for part in re.split(r"[\s,]+", view.strip())]
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
