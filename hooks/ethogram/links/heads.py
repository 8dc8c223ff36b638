"""The heads and ends of pictures, format by format: how large one is, and whether it is whole.

No pixel is decoded, and no bytes take longer than their length explains.
"""

import re
import struct
import zlib
from collections.abc import Callable, Iterator

HEAD = 1024 * 1024
"""How many bytes of a file on disk are read to find its size; drawings are read whole."""

BROKEN = (
    OSError,
    ValueError,
    TypeError,
    LookupError,
    ArithmeticError,
    AttributeError,
    RuntimeError,
    MemoryError,
    SyntaxError,
    EOFError,
    AssertionError,
    struct.error,
    zlib.error,
    Warning,
)
"""What Pillow, and reading by hand, raise over broken data."""

_PROPERTIES = 64 * 1024  # an AVIF's properties stand in its first bytes
_ORIENTATION, _TURNED = 0x0112, (5, 6, 7, 8)  # EXIF: a camera that was held upright


def measured(name: str, data: bytes) -> tuple[int, int]:
    """Return width and height as a picture's head has them, turned as a browser turns it.

    Args:
        name: the format: `PNG`, `JPEG`, `GIF`, `WEBP`, `AVIF`, `BMP` or `ICO`.
        data: the beginning of the picture.

    Raises:
        any of `BROKEN`: the head is broken.
    """
    return _SIZES[name](data)


def is_whole(name: str, data: bytes) -> bool:
    """Tell whether a picture has its end, or as much of it as browsers need.

    Args:
        name: the format; of `BMP` and `ICO` all are taken for whole.
        data: all that there is of the picture.
    """
    return name not in _ENDS or _ENDS[name](data)


# -- sizes -----------------------------------------------------------------------------------


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
    except BROKEN:  # a broken EXIF turns nothing
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
                raise ValueError("more pixels than can be") from None
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
        for found in re.finditer(rb"ispe\x00{4}([\s\S]{4})([\s\S]{4})", data[:_PROPERTIES])
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


# -- ends ------------------------------------------------------------------------------------

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
