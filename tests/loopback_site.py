"""A host for a built site on this machine, which serves files as hosts of static pages do."""

import gzip
import mimetypes
from collections import Counter
from functools import cache, partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock
from urllib.parse import quote, unquote, urlsplit

from loopback import Loopback

COMPRESSED = ("text/", "application/json", "application/xml", "application/atom", "image/svg")
"""How the types begin that GitHub Pages and its like compress."""
TYPES = {  # those that a system may not know, or know by another name
    ".js": "text/javascript",
    ".json": "application/json",
    ".xml": "application/xml",
    ".svg": "image/svg+xml",
    ".webp": "image/webp",
    ".wasm": "application/wasm",
}
UNKNOWN = "application/octet-stream"


class StaticServer(Loopback):
    """Serves a folder on a free port of 127.0.0.1, from `with` to its end.

    Connections stay open, texts are compressed, and an unknown address gets the folder's 404.html.

    Attributes:
        url: the address of the folder, with a slash at its end.
        sent: bytes that went over the wire, heads included, by the path that was asked for.
    """

    def __init__(self, folder: Path, path: str = "/", port: int = 0) -> None:
        """Take a port.

        Args:
            folder: what is served.
            path: where on the host, with a slash at both ends.
            port: a certain one; any that is free by default.
        """
        self.sent: Counter[str] = Counter()
        self._folder, self._path, self._lock = folder.resolve(), path, Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", port), partial(_Handler, self))
        self.url = f"http://127.0.0.1:{self._server.server_port}{path}"

    def find(self, asked: str) -> Path | None:
        """The file or folder that a path on this host names; nothing outside of the site."""
        if not asked.startswith(self._path):
            return None
        path = (self._folder / unquote(asked.removeprefix(self._path))).resolve()
        return path if path.exists() and path.is_relative_to(self._folder) else None

    def missing(self) -> Path:
        """The page for addresses that lead nowhere."""
        return self._folder / "404.html"

    def count(self, asked: str, size: int) -> None:
        """Note what was sent; many threads may, at once."""
        with self._lock:
            self.sent[asked] += size


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"  # one connection for many files
    disable_nagle_algorithm = True

    def __init__(self, host: StaticServer, *arguments: object) -> None:
        self._host = host
        super().__init__(*arguments)  # type: ignore[arg-type]  # as the server gives them

    def do_GET(self) -> None:
        """Answer with a file, where it is, or that there is none."""
        asked = urlsplit(self.path)
        path = self._host.find(asked.path)
        if path and path.is_dir() and not asked.path.endswith("/"):
            place = asked._replace(path=f"{asked.path}/").geturl()
            self._reply(HTTPStatus.MOVED_PERMANENTLY, {"Location": quote(place, "/%?=&+")}, b"")
            return
        file = path / "index.html" if path and path.is_dir() else path
        if file and file.is_file():
            self._send(HTTPStatus.OK, file)
        else:
            self._send(HTTPStatus.NOT_FOUND, self._host.missing())

    def do_HEAD(self) -> None:
        """Answer as to GET, without the body."""
        self.do_GET()

    def _send(self, status: HTTPStatus, file: Path) -> None:
        if not file.is_file():
            self._reply(status, {}, b"")
            return
        stamp = file.stat().st_mtime_ns
        tag = f'"{stamp:x}-{file.stat().st_size:x}"'
        fresh = {"ETag": tag, "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
        if status == HTTPStatus.OK and self.headers.get("If-None-Match") == tag:
            self._reply(HTTPStatus.NOT_MODIFIED, fresh, b"")
            return
        kind = (
            TYPES.get(file.suffix)
            or mimetypes.guess_type(file.name)[0]
            or "application/octet-stream"
        )
        text = kind.startswith(COMPRESSED)
        heads = {**fresh, "Content-Type": f"{kind}; charset=utf-8" if text else kind}
        if text and "gzip" in self.headers.get("Accept-Encoding", ""):
            self._reply(status, {**heads, "Content-Encoding": "gzip"}, _packed(file, stamp))
        else:
            self._reply(status, heads, file.read_bytes())

    def _reply(self, status: HTTPStatus, heads: dict[str, str], body: bytes) -> None:
        if status != HTTPStatus.NOT_MODIFIED:
            heads = {**heads, "Content-Length": str(len(body))}
        lines = [f"HTTP/1.1 {status.value} {status.phrase}", *map(": ".join, heads.items())]
        reply = "\r\n".join([*lines, "\r\n"]).encode("latin-1")
        if self.command != "HEAD":
            reply += body
        self._host.count(urlsplit(self.path).path, len(reply))
        try:
            self.wfile.write(reply)
        except ConnectionError:  # a browser that has left for another page
            self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: what a test asks for is no news."""


@cache
def _packed(file: Path, stamp: int) -> bytes:
    """A file's bytes as gzip; each is compressed once."""
    return gzip.compress(file.read_bytes(), mtime=stamp // 10**9)
