"""The bodies of answers: read up to a limit, and unpacked here.

aiohttp would unpack them itself, and then knows no status where it cannot, wanted or not.
"""

import asyncio
import zlib
from collections.abc import Callable, Iterable

import aiohttp
from aiohttp import hdrs

_LEFTOVERS = 64 * 1024  # bytes of an unwanted body that are read so that its connection lives on
_LEFTOVER_SECONDS = 1.0


class EncodingError(Exception):
    """A body is packed in a way that is not read here; the text names it."""


async def read(response: aiohttp.ClientResponse, body: bytearray, limit: int) -> bool:
    """Read a body up to a limit, unpacked; return whether that was all of it.

    Args:
        response: the answer, with its head read.
        body: takes what comes.
        limit: how many bytes to read at most.

    Raises:
        TimeoutError, aiohttp.ClientError, OSError, zlib.error: it breaks off or is garbled;
            `body` is what came before.
        EncodingError: there is one, in an encoding that is not read here.
    """
    complete = response.content.at_eof()
    unpack = _unpacker(response.headers.getall(hdrs.CONTENT_ENCODING, []))
    while not complete and limit > 0 and len(body) <= limit:
        piece = await response.content.readany()
        body += unpack(piece, limit + 1 - len(body))
        complete = not piece
    if not complete:
        del body[limit:]
        await _drop_rest(response)
    return complete


async def _drop_rest(response: aiohttp.ClientResponse) -> None:
    """Read what is left of a small body, so that its connection can be used again.

    What goes wrong here is nobody's concern: the answer that was wanted has come.
    """
    left = _LEFTOVERS
    if (response.content_length or 0) > left:
        return
    try:
        async with asyncio.timeout(_LEFTOVER_SECONDS):
            while left > 0 and (piece := await response.content.readany()):
                left -= len(piece)
    except (aiohttp.ClientError, OSError, TimeoutError):
        pass


# -- packed bodies ---------------------------------------------------------------------------

_Unpack = Callable[[bytes, int], bytes]
"""Unpacks a piece of a body into so many bytes at most, which are more than none; the empty piece
is the body's end."""

_NOT_PACKED = frozenset(
    "identity none null binary 8bit utf-8 utf8 iso-8859-1 us-ascii text/html text/plain".split()
)
"""What servers name as the encoding of bodies that are not packed; browsers show these."""


def _unpacker(headers: Iterable[str]) -> _Unpack:
    """How to unpack a body, by its Content-Encoding (RFC 9110, 8.4.1)."""
    named = [name.strip().lower() for header in headers for name in header.split(",")]
    match [name for name in named if name and name not in _NOT_PACKED]:
        case []:
            return lambda piece, _: piece
        case ["gzip" | "x-gzip"]:
            return _Inflater(gzip=True)
        case ["deflate"]:
            return _Inflater(gzip=False)
        case codings:
            return _refusal(", ".join(codings))


def _refusal(codings: str) -> _Unpack:
    """What says of a body, if there is one, that it cannot be unpacked."""

    def refuse(piece: bytes, _: int) -> bytes:
        if piece:
            raise EncodingError(f"its body is in an encoding that is not read: {codings[:50]!r}")
        return b""

    return refuse


_GZIP_MAGIC = b"\x1f\x8b"


class _Inflater:
    """Unpacks a body that is packed as gzip or deflate.

    A gzip may have several members (RFC 1952, 2.2); what else is behind them is ignored. A
    "deflate" may lack its header, as many servers misread the standard.
    """

    def __init__(self, gzip: bool) -> None:
        self._gzip = gzip
        self._stream: zlib._Decompress | None = None
        self._rest = b""  # what came behind a member, if too short to tell whether another begins
        self._over = False

    def __call__(self, piece: bytes, most: int) -> bytes:
        """Unpack a piece.

        Raises:
            zlib.error: it is garbled, or the body ends too early.
        """
        if not piece and self._stream and not self._stream.eof:
            raise zlib.error("cut short")
        unpacked = b""
        left = self._rest + piece if piece else b""
        while left and not self._over and len(unpacked) < most:
            if stream := self._stream_for(left):
                unpacked += stream.decompress(left, most - len(unpacked))
                left, self._rest = stream.unused_data, b""
            else:
                left, self._rest = b"", left
        return unpacked

    def _stream_for(self, left: bytes) -> "zlib._Decompress | None":
        """What unpacks the bytes that come next; None where nothing does, or not yet."""
        if self._stream is None:
            headed = left[0] & 0x0F == zlib.DEFLATED
            window = zlib.MAX_WBITS if headed else -zlib.MAX_WBITS
            self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS if self._gzip else window)
        elif self._stream.eof:
            another = self._gzip and left[:2] == _GZIP_MAGIC
            self._over = not another and not (self._gzip and left == _GZIP_MAGIC[:1])
            if not another:
                return None
            self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)
        return self._stream
