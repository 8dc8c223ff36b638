"""`links.client`: what it asks and what it makes of the answers, with real servers on loopback."""

import asyncio
import gzip
import json
import socket
import ssl
import struct
import time
import tracemalloc
import zlib
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from typing import Any, TypeVar

import pytest

from ethogram.links import client as client_module
from ethogram.links.client import Answer, Client, Hop, Trouble
from ethogram.links.guard import Guard, origin
from ethogram.links.schedule import Schedule
from loopback_web import LoopbackWeb, Reply, redirect

# Signed by itself for 127.0.0.1, until 2126, with the key of a server that never leaves a test.
CERTIFICATE = """\
-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgIWsEIpck/OEh7haj
JwrMjAXM7LRfOsptT70CDW+cre6hRANCAATS9nqbzdrKTYxIbHThYNZBQkQZPDWJ
9SfU/MYe88YUGkoubGAIh3kEUBOJ6txScBakHkY4aKhRwcAiGvZ82psw
-----END PRIVATE KEY-----
-----BEGIN CERTIFICATE-----
MIIBjjCCATSgAwIBAgIUTacDZQn32tVcB+WzNZKGizEyzzkwCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIbG9vcGJhY2swIBcNMjYxMTIxMTQyMDUyWhgPMjEyNjEwMjgx
NDIwNTJaMBMxETAPBgNVBAMMCGxvb3BiYWNrMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAE0vZ6m83ayk2MSGx04WDWQUJEGTw1ifUn1PzGHvPGFBpKLmxgCId5BFAT
iercUnAWpB5GOGioUcHAIhr2fNqbMKNkMGIwHQYDVR0OBBYEFOCvfgPRJH2gfuQZ
HCNYtPeWL+niMB8GA1UdIwQYMBaAFOCvfgPRJH2gfuQZHCNYtPeWL+niMA8GA1Ud
EwEB/wQFMAMBAf8wDwYDVR0RBAgwBocEfwAAATAKBggqhkjOPQQDAgNIADBFAiAZ
V4ICtPsMoA7+QysiXoXVE9Zumt95qGcF9Rea3OTQkAIhAPKTAbQhfSFvpPvBF7ct
6yP6fjGPtKQfcB7b7pQGTBjW
-----END CERTIFICATE-----
"""

T = TypeVar("T")
Talk = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Coroutine[Any, Any, None]]


def run(main: Callable[[Client], Coroutine[Any, Any, T]], **settings: Any) -> T:
    """What a coroutine brings that is given a client which may ask anything."""

    async def opened() -> T:
        schedule = settings.pop("schedule", None) or Schedule()
        async with Client(schedule, Guard(allow_private=True), **settings) as client:
            return await main(client)

    return asyncio.run(opened())


def ask(url: str, settings: Mapping[str, Any] | None = None, **request: Any) -> Answer:
    """The answer to one request of a new client."""
    return run(lambda client: client.ask(url, **request), **(settings or {}))


@asynccontextmanager
async def server(talk: Talk, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    """A server on loopback that talks as it is told; its port."""

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await talk(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass  # the client has gone, or the test is over
        finally:
            writer.close()

    listening = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


# -- what is sent ----------------------------------------------------------------------------


def test_it_says_who_asks_and_takes_what_browsers_take(monkeypatch: pytest.MonkeyPatch) -> None:
    """An honest User-Agent with a contact; the fragment is not sent."""
    with LoopbackWeb({"/a": Reply()}) as web:
        answer = ask(web.url("/a#part"), {"contact": "mailto:me@example.org"})
        headers = web.requests[0].headers
    assert headers["user-agent"].startswith("Ethogram/")
    assert headers["user-agent"].endswith("(+mailto:me@example.org)")
    assert headers["accept"] == "text/html,application/xhtml+xml,*/*;q=0.8"
    assert (answer.asked, answer.final, answer.status) == (web.url("/a"), web.url("/a"), 200)


def test_addresses_arrive_as_written() -> None:
    """To a server `%2F` and `/`, or two orders of a query, may be two things."""
    path = "/a%2Fb//c/../d+e%7e;x?b=2&a=%20+1&&=#x"
    with LoopbackWeb() as web:
        ask(web.url(path))
        ask(web.url("/ü x?q=ü"))
        assert [request.path for request in web.requests] == [
            path.removesuffix("#x"),
            "/%C3%BC%20x?q=%C3%BC",
        ]


def test_head_and_post_are_sent_as_such() -> None:
    """HEAD has no body; a POST's is JSON, and its headers may hold a token."""
    with LoopbackWeb({"/": Reply(200, {"X-One": "1"})}) as web:
        head = ask(web.url("/"), method="HEAD", limit=100)
        assert (head.status, head.body, head.headers["x-one"]) == (200, b"", "1")
        ask(web.url("/"), method="POST", json={"query": "ü"}, headers={"Authorization": "key"})
        post = web.requests[1]
    assert (post.method, json.loads(post.body)) == ("POST", {"query": "ü"})
    assert post.headers["content-type"] == "application/json"
    assert post.headers["authorization"] == "key"


def test_cookies_last_for_a_run() -> None:
    """One jar, also for IP addresses; a site that redirects to itself with a cookie is no loop."""
    with LoopbackWeb() as web:
        cookie = {"Location": "/page", "Set-Cookie": "seen=a,b/c==; Path=/"}
        web.set("/page", [Reply(302, cookie, b""), Reply()])
        answer = ask(web.url("/page"))
        assert (answer.status, answer.trouble) == (200, None)
        assert web.requests[1].headers["cookie"] == "seen=a,b/c=="


# -- redirects -------------------------------------------------------------------------------


def test_redirects_are_followed_and_told() -> None:
    """Each hop with its address and status; relative ones too, and no fragment goes along."""
    with LoopbackWeb({"/end?x": Reply()}, hosts=2) as web:
        web.set("/a", redirect("b/c#x", 301))
        web.set("/b/c", redirect(f"//127.0.0.1:{web.ports[1]}/d", 302))
        web.set("/d", redirect(web.url("/e", host=1), 307))
        web.set("/e", redirect("/end?x#y", 308))
        answer = ask(web.url("/a#z"), limit=10)
    assert (answer.asked, answer.final) == (web.url("/a"), web.url("/end?x", host=1))
    assert (answer.status, answer.body, answer.trouble) == (200, b"<!doctype ", None)
    assert answer.hops == (
        Hop(web.url("/a"), 301),
        Hop(web.url("/b/c"), 302),
        Hop(web.url("/d", host=1), 307),
        Hop(web.url("/e", host=1), 308),
    )


@pytest.mark.parametrize(
    ("locations", "place"),
    [
        (["/1", "/2"], ""),
        (["/1#a"], "a"),
        (["/1#a", "/2"], "a"),
        (["/1#a", "/2#b%20c#d:~:text=x"], "b%20c#d:~:text=x"),
        (["/1#a", "/2#"], ""),
        (["/1#\u00fc\u00ff", "/2"], "\u00fc\u00ff"),
    ],
    ids=range(6),
)
def test_a_redirect_may_name_a_place(locations: list[str], place: str) -> None:
    """RFC 9110, 10.2.2: the last one that is named counts; the link's own is for others to tell."""
    with LoopbackWeb({f"/{len(locations)}": Reply()}) as web:
        for n, to in enumerate(locations):
            web.set(f"/{n}", redirect(to.encode().decode("latin-1")))
        answer = ask(web.url("/0#own"))
    assert (answer.status, answer.place) == (200, place)
    assert "#" not in answer.final


def test_a_place_is_always_text() -> None:
    """Bytes that are no UTF-8 could not be printed."""
    with LoopbackWeb({"/": redirect("/x#\xfc")}) as web:
        assert ask(web.url("/")).place == "\ufffd"


def test_ten_redirects_are_followed_and_no_more() -> None:
    """The eleventh is trouble."""
    with LoopbackWeb({f"/{n}": redirect(f"/{n + 1}") for n in range(20)}) as web:
        web.set("/20", Reply())
        assert ask(web.url("/10")).status == 200
        answer = ask(web.url("/9"))
        assert web.asked("/20") == ["GET"]
    assert (answer.trouble, answer.status, len(answer.hops)) == (Trouble.REDIRECTS, 301, 10)
    assert answer.final == web.url("/19")


def test_a_loop_is_found_when_it_closes() -> None:
    """Without asking for anything twice, unless a cookie makes a difference."""
    with LoopbackWeb({"/a": redirect("/b"), "/b": redirect("/a"), "/c": redirect("")}) as web:
        answer = ask(web.url("/a"))
        assert (answer.trouble, answer.final) == (Trouble.LOOP, web.url("/b"))
        assert len(web.requests) == 2
        always = {"Location": "/d", "Set-Cookie": "a=1"}
        web.set("/d", Reply(302, always, b""))
        assert ask(web.url("/d")).trouble is Trouble.LOOP
        assert len(web.asked("/d")) == 2


@pytest.mark.parametrize(
    ("location", "trouble"),
    [
        ("ftp://127.0.0.1/", Trouble.SCHEME),
        ("mailto:me@example.org", Trouble.SCHEME),
        ("http://[::1", Trouble.ADDRESS),
        ("http://", Trouble.ADDRESS),
        ("//a..b/", Trouble.ADDRESS),
        ("", None),
        (None, None),
    ],
)
def test_a_redirect_to_nowhere_is_where_it_ends(
    location: str | None, trouble: Trouble | None
) -> None:
    """One that does not say where is an answer like any other; a browser shows its page."""
    headers = {} if location is None else {"Location": location}
    with LoopbackWeb({"/": Reply(302, headers, b"Words")}) as web:
        answer = ask(web.url("/"), limit=100)
    assert (answer.status, answer.trouble, answer.hops) == (302, trouble, ())
    assert answer.final == web.url("/")
    assert answer.body == (b"" if trouble else b"Words")


def test_a_redirect_to_trouble_tells_where() -> None:
    """`final` is what failed, and it gave no status."""
    with LoopbackWeb({"/": redirect("http://gone.invalid/x")}) as web:
        answer = ask(web.url("/"))
    assert (answer.final, answer.status) == ("http://gone.invalid/x", None)
    assert (answer.trouble, answer.hops) == (Trouble.NO_HOST, (Hop(web.url("/"), 301),))


@pytest.mark.parametrize(
    ("method", "status", "then"),
    [
        ("POST", 301, "GET"),
        ("POST", 302, "GET"),
        ("POST", 303, "GET"),
        ("POST", 307, "POST"),
        ("POST", 308, "POST"),
        ("HEAD", 302, "HEAD"),
        ("HEAD", 303, "HEAD"),
    ],
)
def test_the_method_after_a_redirect(method: str, status: int, then: str) -> None:
    """RFC 9110, 15.4: as browsers do it."""
    body = {"a": 1} if method == "POST" else None
    with LoopbackWeb({"/": redirect("/x", status)}) as web:
        ask(web.url("/"), method=method, json=body)
        last = web.requests[-1]
    assert (last.method, last.path, bool(last.body)) == (then, "/x", then == "POST")


def test_a_token_stays_with_the_host_that_it_is_for() -> None:
    """Redirects take headers along on the same origin, and to no other."""
    with LoopbackWeb({"/a": redirect("/b")}, hosts=2) as web:
        web.set("/b", redirect(web.url("/c", host=1)))
        ask(web.url("/a"), headers={"Authorization": "key"})
        tokens = [request.headers.get("authorization") for request in web.requests]
    assert tokens == ["key", "key", None]


# -- bodies ----------------------------------------------------------------------------------


def test_a_body_is_read_up_to_its_limit() -> None:
    """And `complete` tells whether that is all."""
    with LoopbackWeb({"/": Reply(body=b"0123456789")}) as web:
        read = {limit: ask(web.url("/"), limit=limit) for limit in (0, 9, 10, 11)}
    assert {limit: (a.body, a.complete) for limit, a in read.items()} == {
        0: (b"", False),
        9: (b"012345678", False),
        10: (b"0123456789", True),
        11: (b"0123456789", True),
    }


def test_the_headers_may_decide_how_much_is_read() -> None:
    """Only those of the answer that counts, not of the redirects before it."""
    seen = []

    def wants(status: int, headers: Mapping[str, str]) -> int:
        seen.append((status, headers["content-type"]))
        return 4

    with LoopbackWeb({"/": redirect("/x"), "/x": Reply(200, {"Content-Type": "a/b"})}) as web:
        assert ask(web.url("/"), wants=wants).body == b"<!do"
    assert seen == [(200, "a/b")]


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"a page" * 99, mtime=0)),
        ("deflate", zlib.compress(b"a page" * 99)),
        ("deflate", zlib.compress(b"a page" * 99)[2:-4]),
        ("GZIP ", gzip.compress(b"a page" * 99, mtime=0)),
    ],
    ids=["gzip", "deflate", "bare deflate", "odd case"],  # gzip's own bytes hold the time
)
def test_bodies_are_unpacked(encoding: str, body: bytes) -> None:
    """A bare "deflate" too, which many servers send."""
    with LoopbackWeb({"/": Reply(200, {"Content-Encoding": encoding}, body)}) as web:
        assert ask(web.url("/"), limit=1000).body == b"a page" * 99
        assert ask(web.url("/"), limit=9).body == b"a pagea p"


def test_a_body_that_cannot_be_unpacked_still_has_a_status() -> None:
    """Where it is not wanted, that is all that counts."""
    with LoopbackWeb({"/": Reply(200, {"Content-Encoding": "gzip"}, b"words")}) as web:
        assert (ask(web.url("/")).status, ask(web.url("/")).trouble) == (200, None)
        garbled = ask(web.url("/"), limit=9)
    assert (garbled.status, garbled.trouble) == (200, Trouble.PROTOCOL)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "gzip,BR", "something new"])
def test_a_body_in_another_encoding_is_not_taken_for_the_page(encoding: str) -> None:
    """It was not asked for, so the packed bytes are nobody's words; the status is still good."""
    with LoopbackWeb({"/": Reply(404, {"Content-Encoding": encoding}, b"words")}) as web:
        wanted, unwanted = ask(web.url("/"), limit=9), ask(web.url("/"))
        head = ask(web.url("/"), method="HEAD", limit=9)
        web.set("/", Reply(404, {"Content-Encoding": encoding}, b""))
        empty = ask(web.url("/"), limit=9)
    assert (wanted.status, wanted.trouble) == (404, Trouble.ENCODING)
    assert (wanted.body, wanted.complete) == (b"", False)
    assert wanted.detail.startswith("its body is in an encoding that is not read: '")
    others = [(answer.status, answer.trouble) for answer in (unwanted, head, empty)]
    assert others == [(404, None)] * 3


@pytest.mark.parametrize("encoding", ["", "identity", "UTF-8", "none", " , "])
def test_what_is_no_encoding_is_not_unpacked(encoding: str) -> None:
    """Some servers name others things there; browsers show the page as it is."""
    with LoopbackWeb({"/": Reply(200, {"Content-Encoding": encoding}, b"words")}) as web:
        answer = ask(web.url("/"), limit=9)
    assert (answer.body, answer.complete, answer.trouble) == (b"words", True, None)


MEMBERS = gzip.compress(b"first, ") + gzip.compress(b"") + gzip.compress(b"second")


@pytest.mark.parametrize("behind", [b"", b"\0\0\0", b"\x1f", b"words \x1f\x8b"], ids=range(4))
@pytest.mark.parametrize("drip", [0.0, 0.0005])
def test_all_members_of_a_gzip_are_read(behind: bytes, drip: float) -> None:
    """RFC 1952, 2.2; wherever the pieces of the body end. What is behind them is no trouble."""
    with LoopbackWeb() as web:
        web.set("/", Reply(200, {"Content-Encoding": "gzip"}, MEMBERS + behind, drip=drip))
        answer, start = ask(web.url("/"), limit=99), ask(web.url("/"), limit=9)
    assert (answer.body, answer.complete, answer.trouble) == (b"first, second", True, None)
    assert (start.body, start.complete) == (b"first, se", False)


@pytest.mark.parametrize(
    ("encoding", "body"),
    [
        ("gzip", gzip.compress(b"a page" * 99, mtime=0)[:-9]),
        ("gzip", MEMBERS[:-1]),
        ("gzip", MEMBERS + b"\x1f\x8b"),
        ("deflate", zlib.compress(b"a page" * 99)[:-5]),
        ("deflate", zlib.compress(b"a page" * 99)[2:-6]),
    ],
    ids=range(5),
)
def test_a_packed_body_that_is_cut_short_is_told(encoding: str, body: bytes) -> None:
    """Though its Content-Length fits: where a proxy cut it, half a page must not count as one."""
    with LoopbackWeb({"/": Reply(200, {"Content-Encoding": encoding}, body)}) as web:
        answer = ask(web.url("/"), limit=1000)
    assert (answer.status, answer.trouble) == (200, Trouble.PROTOCOL)
    assert (answer.complete, bool(answer.body)) == (False, True)
    assert answer.detail == "its body breaks off or is garbled"


def test_a_small_body_becomes_no_flood() -> None:
    """A hundred megabytes of zeros pack into a hundred kilobytes; only the limit is unpacked."""
    packed = gzip.compress(bytes(100 * 1024 * 1024), 1)
    with LoopbackWeb({"/": Reply(200, {"Content-Encoding": "gzip"}, packed)}) as web:
        tracemalloc.start()
        answer = ask(web.url("/"), limit=1000)
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert (len(answer.body), answer.complete, answer.trouble) == (1000, False, None)
    assert peak < 8 * 1024 * 1024


def test_unwanted_bodies_keep_the_connection_if_they_are_small() -> None:
    """A large one costs more than a new connection does."""
    with LoopbackWeb({"/s": Reply(body=b"x" * 60_000), "/l": Reply(body=b"x" * 9_000_000)}) as web:

        async def main(client: Client) -> list[int]:
            connections = []
            for path in ("/s", "/s", "/s", "/l", "/s"):
                assert (await client.ask(web.url(path))).status == 200
                connections.append(web.connections)
            return connections

        assert run(main) == [1, 1, 1, 1, 2]


# -- trouble ---------------------------------------------------------------------------------


def test_slow_drips_end() -> None:
    """A byte now and then keeps no request alive; what has come is kept, and the status."""
    with LoopbackWeb({"/": Reply(body=b"x" * 1000, drip=0.02)}) as web:
        start = time.monotonic()
        answer = ask(web.url("/"), {"timeout": 0.5}, limit=10_000)
        unwanted = ask(web.url("/"), {"timeout": 0.2})
        taken = time.monotonic() - start
    assert (answer.trouble, answer.status, answer.complete) == (Trouble.TIMEOUT, 200, False)
    assert b"xx" in answer.body
    assert (unwanted.status, unwanted.trouble) == (200, None)
    assert taken < 5


def test_silence_ends() -> None:
    """No answer within the time there is."""
    with LoopbackWeb({"/": Reply(delay=30)}) as web:
        answer = ask(web.url("/"), {"timeout": 0.1})
    assert (answer.trouble, answer.status) == (Trouble.TIMEOUT, None)
    assert answer.detail == "no end of the answer within 0.1 s"


def test_a_reset_is_asked_once() -> None:
    """On a new connection it is what the server says; whether to ask again others decide."""
    with LoopbackWeb({"/": Reply(reset=True), "/silent": Reply(raw=b"", close=True)}) as web:
        answer = ask(web.url("/"))
        assert (answer.trouble, web.asked("/")) == (Trouble.RESET, ["GET"])


def test_nobody_listening_is_no_connection() -> None:
    """Refused, in the system's words."""
    with socket.create_server(("127.0.0.1", 0)) as reserved:
        port = reserved.getsockname()[1]
    answer = ask(f"http://127.0.0.1:{port}/")
    assert (answer.trouble, answer.detail) == (Trouble.CONNECT, "Connection refused")


GARBAGE = [
    b"SSH-2.0-OpenSSH_9.6\r\n",
    b"<html>words</html>",
    b"\x15\x03\x01\x00\x02\x02\x46",
    b"HTTP/1.1 two hundred\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Length: two\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 100_000 + b"\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2000 + b"\r\n",
    b"HTTP/1.1 200 OK\r\nno colon here\r\n\r\n",
]


@pytest.mark.parametrize("raw", GARBAGE, ids=range(len(GARBAGE)))
def test_garbage_is_no_http(raw: bytes) -> None:
    """Endless headers are none either."""
    with LoopbackWeb({"/": Reply(raw=raw)}) as web:
        answer = ask(web.url("/"), limit=100)
    assert (answer.trouble, answer.status) == (Trouble.PROTOCOL, None)


def test_a_large_header_is_no_trouble() -> None:
    """Content security policies and cookies grow beyond eight kilobytes."""
    with LoopbackWeb({"/": Reply(200, {"Content-Security-Policy": "x " * 10_000})}) as web:
        assert ask(web.url("/")).status == 200


@pytest.mark.parametrize(
    "raw",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\nwords",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwords\r\n",
    ],
)
def test_a_body_that_breaks_off_is_told(raw: bytes) -> None:
    """With what came of it."""
    with LoopbackWeb({"/": Reply(raw=raw)}) as web:
        answer = ask(web.url("/"), limit=100)
    assert (answer.status, answer.body, answer.complete) == (200, b"words", False)
    assert answer.trouble is Trouble.PROTOCOL


def test_a_certificate_has_to_be_valid(tmp_path: Path) -> None:
    """One that nobody vouches for is refused before anything is sent."""
    pem = tmp_path / "both.pem"
    pem.write_text(CERTIFICATE)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)

    async def main(client: Client) -> tuple[Answer, list[bytes]]:
        heard: list[bytes] = []

        async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            heard.append(await reader.read(100))

        async with server(talk, tls) as port:
            return await client.ask(f"https://127.0.0.1:{port}/"), heard

    answer, heard = run(main)
    assert (answer.trouble, answer.status) == (Trouble.CERTIFICATE, None)
    assert "self-signed certificate" in answer.detail
    assert heard == []


def test_no_tls_is_no_connection() -> None:
    """A server that speaks plainly on the port of an https address."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    async def main(client: Client) -> Answer:
        async with server(talk) as port:
            return await client.ask(f"https://127.0.0.1:{port}/")

    assert run(main).trouble is Trouble.CONNECT


def test_a_name_that_does_not_exist() -> None:
    """RFC 6761 promises that none ends in .invalid."""
    assert ask("http://gone.invalid/").trouble is Trouble.NO_HOST
    assert ask("mailto:me@example.org").trouble is Trouble.SCHEME
    assert ask("http://").trouble is Trouble.ADDRESS


HELLO = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize("reset", [False, True])
@pytest.mark.parametrize("method", ["GET", "HEAD", "POST"])
def test_a_kept_connection_that_ends_is_no_reset(method: str, reset: bool) -> None:
    """The server may end it just as it is used again: the request is made on another one."""
    connections = 0

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal connections
        connections += 1
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write(HELLO.removesuffix(b"ok") if request.startswith(b"HEAD") else HELLO)
        await reader.readuntil(b"\r\n\r\n")  # the next request: too late
        if reset:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    async def main(client: Client) -> list[int | None]:
        async with server(talk) as port:
            url = f"http://127.0.0.1:{port}/"
            first = await client.ask(url)
            second = await client.ask(url, method=method)
            return [first.status, second.status]

    assert run(main) == [200, 200]
    assert connections == 2


def test_what_a_head_left_behind_spoils_no_other_answer() -> None:
    """Some servers send a body for HEAD as well; the next request must not take it for its own."""

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        request = await reader.readuntil(b"\r\n\r\n")
        writer.write(HELLO if request.startswith(b"GET") else HELLO.removesuffix(b"ok"))
        await reader.readuntil(b"\r\n\r\n")  # only now does the body of the first one come
        writer.write(b"ok" + HELLO)

    async def main(client: Client) -> tuple[Answer, Answer]:
        async with server(talk) as port:
            url = f"http://127.0.0.1:{port}/"
            return await client.ask(url, method="HEAD"), await client.ask(url, limit=2)

    head, get = run(main)
    assert (head.status, head.trouble) == (200, None)
    assert (get.status, get.trouble, get.body) == (200, None, b"ok")


# -- later -----------------------------------------------------------------------------------


def test_retry_after_is_waited_for_by_all_of_the_host() -> None:
    """In seconds; nobody asks that host meanwhile, and others are asked."""
    with LoopbackWeb({"/b": Reply()}, hosts=2) as web:
        web.set("/a", [Reply(429, {"Retry-After": "1"}, b""), Reply()])

        async def main(client: Client) -> list[Answer]:
            first = asyncio.create_task(client.ask(web.url("/a")))
            await asyncio.sleep(0.3)
            others = [client.ask(web.url("/b")), client.ask(web.url("/b", host=1))]
            return await asyncio.gather(first, *others)

        assert [answer.status for answer in run(main)] == [200, 200, 200]
        start = web.requests[0].time
        waited = {request.time - start >= 1: request.port for request in web.requests[1:]}
    assert waited == {True: web.ports[0], False: web.ports[1]}


def test_retry_after_may_be_a_date_and_come_with_503() -> None:
    """RFC 9110, 10.2.3."""
    then = datetime.now(UTC) + timedelta(seconds=2)
    date = format_datetime(then, usegmt=True)
    with LoopbackWeb() as web:
        web.set("/", [Reply(503, {"Retry-After": date}, b""), Reply()])
        assert ask(web.url("/")).status == 200
        assert web.requests[1].time - web.requests[0].time > 0.5
    assert datetime.now(UTC) >= then.replace(microsecond=0)


def test_a_bare_503_is_trouble_that_lasts() -> None:
    """It asks nobody to come back."""
    with LoopbackWeb({"/": Reply(503)}) as web:
        assert (ask(web.url("/")).status, len(web.requests)) == (503, 1)


def test_after_three_times_later_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    """The last answer stands; a bare 429 waits a little, then longer."""
    assert client_module.BARE_WAITS == (2.0, 5.0)
    monkeypatch.setattr(client_module, "BARE_WAITS", (0.1, 0.3))
    with LoopbackWeb({"/": Reply(429, {}, b"Slower!")}) as web:
        answer = ask(web.url("/"), limit=100)
        times = [request.time for request in web.requests]
    assert (answer.status, answer.trouble, answer.body) == (429, None, b"Slower!")
    assert len(times) == 3
    assert times[1] - times[0] >= 0.08  # arrivals waver a little on a busy machine
    assert times[2] - times[1] >= 0.25


def test_who_asks_for_too_long_a_wait_is_asked_no_more() -> None:
    """The answer stands, and all others to that host are not even asked, also if they waited."""
    with LoopbackWeb() as web:
        web.set("/", Reply(429, {"Retry-After": "3600"}, b"Slower!", delay=0.1))

        async def main(client: Client) -> list[Answer]:
            early = [client.ask(web.url("/"), limit=100) for _ in range(4)]
            return [*await asyncio.gather(*early), await client.ask(web.url("/later"))]

        answers = run(main, schedule=Schedule(per_host=1))
        assert len(web.requests) == 1
    assert {answer.status for answer in answers} == {429}
    assert [answer.body for answer in answers] == [b"Slower!", *[b""] * 4]
    assert [answer.trouble for answer in answers] == [None, *[Trouble.THROTTLED] * 4]
    assert answers[-1].detail == "the host asks to wait for 3600 s"
    assert answers[-1].final == web.url("/later")


def test_a_long_pause_is_told_with_the_status_that_asked_for_it() -> None:
    """A 503 for maintenance is nobody's 429, and who is asked to wait asks nothing again."""
    with LoopbackWeb({"/": Reply(503, {"Retry-After": "3600"}, b"Later!")}) as web:

        async def main(client: Client) -> list[Answer]:
            return [await client.ask(web.url(path)) for path in ("/", "/", "/other")]

        answers = run(main)
        assert len(web.requests) == 1
    assert [answer.status for answer in answers] == [503] * 3
    assert [answer.trouble for answer in answers] == [None, Trouble.THROTTLED, Trouble.THROTTLED]
    assert answers[2].detail == "the host asks to wait for 3600 s"


def test_an_absurdly_long_retry_after_is_long() -> None:
    """It is not a bare 429, which would be asked again at once."""
    with LoopbackWeb({"/": Reply(429, {"Retry-After": "9" * 400}, b"")}) as web:

        async def main(client: Client) -> list[Answer]:
            return [await client.ask(web.url("/")), await client.ask(web.url("/"))]

        answers = run(main)
        assert len(web.requests) == 1
    assert [answer.trouble for answer in answers] == [None, Trouble.THROTTLED]


def test_a_redirect_may_lead_to_later() -> None:
    """Each hop waits for its own host, and only that hop is asked again."""
    with LoopbackWeb(hosts=2) as web:
        web.set("/", redirect(web.url("/x", host=1)))
        web.set("/x", [Reply(429, {"Retry-After": "0"}, b""), Reply()])
        answer = ask(web.url("/"))
        assert (web.asked("/"), web.asked("/x")) == (["GET"], ["GET", "GET"])
    assert (answer.status, len(answer.hops)) == (200, 1)


# -- robots.txt ------------------------------------------------------------------------------


def robots(text: str) -> Reply:
    """A robots.txt."""
    return Reply(200, {"Content-Type": "text/plain"}, text.encode())


def paths_and_gaps(web: LoopbackWeb, links: int = 3) -> tuple[list[str], float]:
    """What was asked of a host that several links lead to, and the shortest time between."""

    async def main(client: Client) -> None:
        client.expect([origin(web.url("/"))])
        await asyncio.gather(*(client.ask(web.url(f"/{n}")) for n in range(links)))

    run(main)
    times = [request.time for request in web.requests]
    gaps = [after - before for before, after in pairwise(times)]
    return [request.path for request in web.requests], min(gaps)


def test_a_crawl_delay_is_kept_to() -> None:
    """robots.txt is read once, before the first of several requests; our group counts."""
    text = "User-agent: other\nCrawl-delay: 9\n\nUser-agent: Ethogram\nCrawl-delay: 1\nDisallow: /"
    with LoopbackWeb({"/robots.txt": robots(text)}) as web:
        paths, gap = paths_and_gaps(web, links=2)
    assert sorted(paths) == ["/0", "/1", "/robots.txt"]
    assert paths[0] == "/robots.txt"
    assert gap >= 0.8  # without a delay it is a few milliseconds


def test_nobody_waits_for_a_day(monkeypatch: pytest.MonkeyPatch) -> None:
    """The delay has a limit."""
    assert client_module.LONGEST_DELAY == 30
    monkeypatch.setattr(client_module, "LONGEST_DELAY", 0.1)
    with LoopbackWeb({"/robots.txt": robots("User-agent: *\nCrawl-delay: 86400")}) as web:
        _, gap = paths_and_gaps(web)
    assert 0.05 <= gap < 5


@pytest.mark.parametrize("delay", ["9" * 400, "0.2", ".2"])
def test_a_crawl_delay_may_have_any_length_or_a_fraction(
    delay: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Blank lines do not end a group (RFC 9309, 2.2)."""
    monkeypatch.setattr(client_module, "LONGEST_DELAY", 0.3)
    text = f"User-agent: *\n\nCrawl-delay: {delay}"
    with LoopbackWeb({"/robots.txt": robots(text)}) as web:
        paths, gap = paths_and_gaps(web)
    assert (len(paths), paths[0]) == (4, "/robots.txt")
    assert 0.1 <= gap < 5


@pytest.mark.parametrize(
    "reply",
    [
        Reply(404),
        Reply(500),
        Reply(reset=True),
        redirect("/robots.txt"),
        robots("\ufeffUser-agent: *\nCrawl-delay: ²\nDisallow: //["),
        Reply(body=bytes(range(256))),
    ],
    ids=range(6),
)
def test_without_a_robots_txt_there_is_no_delay(reply: Reply) -> None:
    """Whatever is wrong with it."""
    with LoopbackWeb({"/robots.txt": reply}) as web:
        start = time.monotonic()
        paths, _ = paths_and_gaps(web)
    assert len(paths) == 4
    assert time.monotonic() - start < 2


def test_who_is_asked_once_is_not_asked_for_a_robots_txt() -> None:
    """That would be twice."""
    with LoopbackWeb() as web:
        ask(web.url("/page"))
        assert [request.path for request in web.requests] == ["/page"]


def test_who_was_configured_is_not_asked_for_a_robots_txt() -> None:
    """An API is there to be asked; a page's link to the same host still reads it first."""
    with LoopbackWeb() as web:

        async def main(client: Client) -> None:
            client.expect([origin(web.url("/"))])
            await client.ask(web.url("/api"), trusted=True)
            await client.ask(web.url("/page"))

        run(main)
        assert [request.path for request in web.requests] == ["/api", "/robots.txt", "/page"]


# -- all together ----------------------------------------------------------------------------


def test_requests_keep_to_the_schedule() -> None:
    """As many at once to a host as it allows, over connections that are used again."""
    with LoopbackWeb(hosts=2) as web:
        web.default = Reply(delay=0.01)

        async def main(client: Client) -> None:
            urls = [web.url(f"/{n}", host) for n in range(40) for host in (0, 1)]
            await asyncio.gather(*(client.ask(url, limit=1000) for url in urls))

        run(main, schedule=Schedule(per_host=4))
        assert set(web.peak.values()) == {4}
        assert web.connections == 8
