"""A real HTTP server on loopback that misbehaves as the web does, on as many ports as are wanted.

Each path answers with its replies in turn, the last of them for good; what no path is set for is
a plain 404. Every request is noted with its time, so that a test can tell what was asked, how
often and how much at once.
"""

import asyncio
import socket
import struct
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Self

REASONS = {200: "OK", 301: "Moved Permanently", 302: "Found", 404: "Not Found"}


@dataclass(frozen=True)
class Reply:
    """One answer.

    Attributes:
        status, headers, body: as sent; Content-Length is added.
        delay: seconds before anything else.
        reset: hang up with a TCP reset, without a word.
        drip: seconds between single bytes of the body, after the head.
        raw: these very bytes instead of an answer, then the end of the connection.
        only: the method that it holds for; for the others the path's next reply that fits does.
        close: end the connection after the answer.
    """

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b"<!doctype html><title>A page</title><h1>A page</h1><p>Words.</p>"
    delay: float = 0.0
    reset: bool = False
    drip: float = 0.0
    raw: bytes = b""
    only: str = ""
    close: bool = False


def redirect(to: str, status: int = 301) -> Reply:
    """A redirect."""
    return Reply(status, {"Location": to}, b"")


@dataclass(frozen=True)
class Asked:
    """A request: when it came, over which port, and what it said; header names in lower case."""

    time: float
    port: int
    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


class LoopbackWeb:
    """The server, running in a thread of its own while the context lasts.

    Attributes:
        pages: replies by path, query included; `/path` for all ports, `8001/path` for one alone.
        default: the reply to a path that has none.
        requests: every request so far; `robots.txt` included.
        connections: how many connections have been opened so far.
        busy, peak: requests by port that are being answered now, and the most there were at once.
    """

    def __init__(self, pages: Mapping[str, Reply | list[Reply]] | None = None, hosts: int = 1):
        self.pages: dict[str, list[Reply]] = {}
        self.default = Reply(404, {}, b"<title>404 Not Found</title>")
        self.requests: list[Asked] = []
        self.connections = 0
        self.busy: dict[int, int] = {}
        self.peak: dict[int, int] = {}
        for path, replies in (pages or {}).items():
            self.set(path, replies)
        self._sockets = [socket.create_server(("127.0.0.1", 0), backlog=512) for _ in range(hosts)]
        self.ports = [each.getsockname()[1] for each in self._sockets]
        self._loop = asyncio.new_event_loop()
        self._running = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def set(self, path: str, replies: Reply | list[Reply]) -> None:
        """Set what a path answers."""
        self.pages[path] = list(replies) if isinstance(replies, list) else [replies]

    def url(self, path: str = "/", host: int = 0) -> str:
        """The address of a path, on one of the server's ports."""
        return f"http://127.0.0.1:{self.ports[host]}{path}"

    def asked(self, path: str) -> list[str]:
        """The methods of the requests for a path, in order."""
        return [request.method for request in self.requests if request.path == path]

    def __enter__(self) -> Self:
        self._thread.start()
        self._running.wait()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        for each in self._sockets:
            start = asyncio.start_server(self._serve, sock=each, backlog=512)
            self._loop.run_until_complete(start)
        self._loop.call_soon(self._running.set)
        self._loop.run_forever()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))
        for each in self._sockets:
            each.close()
        self._loop.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        try:
            while request := await self._read(reader, writer):
                if not await self._answer(request, writer):
                    break
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has gone, or the test is over
        finally:
            writer.close()

    async def _read(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> Asked | None:
        first = (await reader.readline()).decode("latin-1").split(" ")
        if len(first) < 3:
            return None
        headers = {}
        while (line := (await reader.readline()).decode("latin-1").strip()) != "":
            name, _, value = line.partition(":")
            headers[name.strip().lower()] = value.strip()
        body = await reader.readexactly(int(headers.get("content-length", 0)))
        port = writer.get_extra_info("sockname")[1]
        asked = Asked(time.monotonic(), port, first[0], first[1], headers, body)
        self.requests.append(asked)
        return asked

    async def _answer(self, asked: Asked, writer: asyncio.StreamWriter) -> bool:
        """Send the reply; return whether the connection goes on."""
        busy = self.busy[asked.port] = self.busy.get(asked.port, 0) + 1
        self.peak[asked.port] = max(self.peak.get(asked.port, 0), busy)
        reply = self._reply(asked)
        try:
            if reply.delay:
                await asyncio.sleep(reply.delay)
            return await self._send(reply, asked.method, writer)
        finally:
            self.busy[asked.port] -= 1

    def _reply(self, asked: Asked) -> Reply:
        replies = self.pages.get(f"{asked.port}{asked.path}") or self.pages.get(asked.path)
        if not replies:
            return self.default
        fitting = [reply for reply in replies if reply.only in ("", asked.method)]
        if not fitting:
            return Reply(405, {}, b"")
        if sum(not reply.only or reply.only == asked.method for reply in replies) > 1:
            replies.remove(fitting[0])
        return fitting[0]

    async def _send(self, reply: Reply, method: str, writer: asyncio.StreamWriter) -> bool:
        if reply.reset:
            linger = struct.pack("ii", 1, 0)  # on, no seconds: close() sends a reset
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            return False
        if reply.raw:
            writer.write(reply.raw)
            await writer.drain()
            return False
        headers = {"Content-Type": "text/html", "Content-Length": str(len(reply.body))}
        lines = [f"{name}: {value}" for name, value in {**headers, **reply.headers}.items()]
        reason = REASONS.get(reply.status, "Something")
        head = "\r\n".join([f"HTTP/1.1 {reply.status} {reason}", *lines, "", ""])
        writer.write(head.encode("latin-1"))
        if method != "HEAD":
            await self._send_body(reply, writer)
        await writer.drain()
        return not reply.close

    async def _send_body(self, reply: Reply, writer: asyncio.StreamWriter) -> None:
        if not reply.drip:
            writer.write(reply.body)
            return
        for byte in reply.body:
            writer.write(bytes([byte]))
            await writer.drain()
            await asyncio.sleep(reply.drip)
