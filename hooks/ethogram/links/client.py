"""Asking for an address: politely, safely, and with an answer whatever happens.

Rules 7, 13 and 15 of guide/links.md. One `Client` lasts for a run: one aiohttp session, one cookie
jar, kept connections. Each hop of a request waits for its host's turn (`schedule`), is refused
where its address is private (`guard`), and is bounded in time and size. What a server or the
network does never raises here; it is `Trouble`, with a few words on it.
"""

import asyncio
import logging
import os
import zlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from types import SimpleNamespace, TracebackType
from typing import Self

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import AbstractResolver, ResolveResult
from multidict import CIMultiDict
from yarl import URL

from ethogram.links.guard import (
    AddressError,
    Guard,
    GuardError,
    NameLookupError,
    NoHostError,
    PrivateError,
    SchemeError,
    Target,
    target,
)
from ethogram.links.schedule import PausedError, Schedule
from ethogram.manners import retry_after, user_agent

ACCEPT = "text/html,application/xhtml+xml,*/*;q=0.8"
"""What a browser says it takes, in short; some servers refuse those that take anything."""

CONNECT_SECONDS = 10.0
MAX_REDIRECTS = 10
TRIES = 3
"""How often an address is asked for at most that answers "later"."""

BARE_WAITS = (2.0, 5.0)
"""Seconds to wait after a 429 that does not say how long, the first time and from then on."""

LONGEST_DELAY = 30.0
"""The longest Crawl-delay, in seconds, that is honored; one of a day would end all checking."""

_KEPT_SECONDS = 2.0  # how long an idle connection is kept: thousands of hosts, few descriptors
_LEFTOVERS = 64 * 1024  # bytes of an unwanted body that are read so that its connection lives on
_LEFTOVER_SECONDS = 1.0
_ROBOTS_BYTES = 512 * 1024  # RFC 9309, 2.5: at least 500 KiB
_HEADER_BYTES = 64 * 1024  # of one header: content security policies grow beyond aiohttp's 8 KiB
_HEADERS = 512
logging.getLogger("aiohttp").setLevel(logging.ERROR)  # it warns of other people's odd cookies

_REDIRECTS = {301, 302, 303, 307, 308}

Wants = Callable[[int, Mapping[str, str]], int]
"""How many bytes of a body to read, by the answer's status and headers."""


class Trouble(StrEnum):
    """Why there is no answer, or not all of it."""

    NO_HOST = "no-host"
    NAME = "name"
    PRIVATE = "private"
    SCHEME = "scheme"
    ADDRESS = "address"
    CONNECT = "connect"
    RESET = "reset"
    TIMEOUT = "timeout"
    CERTIFICATE = "certificate"
    LOOP = "loop"
    REDIRECTS = "redirects"
    PROTOCOL = "protocol"
    THROTTLED = "throttled"


@dataclass(frozen=True, slots=True)
class Hop:
    """A redirect that was followed: the address that sent it, and its status."""

    url: str
    status: int


@dataclass(frozen=True, slots=True)
class Answer:
    """What came of asking for an address.

    Attributes:
        asked: the address as written, without its fragment.
        final: the address that answered, or failed, in the end; `asked` itself if nothing led on.
        hops: the redirects on the way.
        status: the HTTP status of `final`; None where it gave none.
        headers: those of `final`; upper and lower case are the same.
        body: as much as was wanted, decompressed.
        complete: whether that is all of it.
        trouble: what is wrong, if anything is; an answer may break off after its status.
        detail: the same for a person, in a few words without a full stop.
    """

    asked: str
    final: str
    hops: tuple[Hop, ...] = ()
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=CIMultiDict)
    body: bytes = b""
    complete: bool = False
    trouble: Trouble | None = None
    detail: str = ""


@dataclass(frozen=True, slots=True)
class _Request:
    """What is asked on each hop.

    Attributes:
        method, json, headers: as sent.
        wants: how much of the last answer's body to read.
        trusted: whether the address may be private.
        for_robots: whether it asks for a robots.txt, which needs no other robots.txt.
    """

    method: str
    json: object
    headers: Mapping[str, str] | None
    wants: Wants
    trusted: bool
    for_robots: bool = False


class _BrokenError(Exception):
    """The connection ended before there was an answer."""


_FAILURES = (_BrokenError, GuardError, aiohttp.ClientError, OSError, TimeoutError, zlib.error)
"""All that can go wrong with a request; errors of TLS are OSErrors."""

_GUARDED: dict[type[GuardError], Trouble] = {
    AddressError: Trouble.ADDRESS,
    SchemeError: Trouble.SCHEME,
    PrivateError: Trouble.PRIVATE,
    NoHostError: Trouble.NO_HOST,
    NameLookupError: Trouble.NAME,
}


class Client:
    """Asks servers, within an `async with`."""

    def __init__(
        self,
        schedule: Schedule,
        guard: Guard,
        *,
        contact: str = "",
        timeout: float = 20.0,
        patience: float = 120.0,
        trusted: Collection[str] = (),
    ) -> None:
        """Set how to ask.

        Args:
            schedule: tells when a request may start.
            guard: tells what may be asked.
            contact: how to reach whoever asks; see `manners.user_agent`.
            timeout: seconds for one request, from connecting to the end of its body.
            patience: the longest wait, in seconds, that a server may ask for.
            trusted: origins that may be private as they were configured. It holds for what is
                asked there directly, and for redirects from one of their pages to another.
        """
        self._schedule = schedule
        self._guard = guard
        self._contact = contact
        self._timeout = timeout
        self._patience = patience
        self._trusted = frozenset(trusted)
        self._expected: set[str] = set()
        self._robots: dict[str, asyncio.Lock] = {}
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        """Open the session."""
        trace = aiohttp.TraceConfig()
        trace.on_connection_reuseconn.append(_note_reuse)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                resolver=_Resolver(self._guard, self._trusted),
                use_dns_cache=False,  # the guard has looked them up
                limit=0,  # the schedule bounds them
                keepalive_timeout=_KEPT_SECONDS,
            ),
            # Cookies of IP addresses too, which aiohttp calls unsafe: a site that is redirected
            # to its other half by a cookie is the same on loopback. No quotes are put around them.
            cookie_jar=aiohttp.CookieJar(unsafe=True, quote_cookie=False),
            headers={
                hdrs.USER_AGENT: user_agent(self._contact),
                hdrs.ACCEPT: ACCEPT,
                hdrs.ACCEPT_ENCODING: "gzip, deflate",
            },
            # aiohttp knows no status where it cannot unpack the body, wanted or not.
            auto_decompress=False,
            timeout=aiohttp.ClientTimeout(total=self._timeout, sock_connect=CONNECT_SECONDS),
            max_line_size=_HEADER_BYTES,
            max_field_size=_HEADER_BYTES,
            max_headers=_HEADERS,
            middlewares=(_without_retries,),
            trace_configs=[trace],
        )
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the session and its connections."""
        await self._session.close()

    def expect(self, origins: Iterable[str]) -> None:
        """Announce that these will be asked more than once: their Crawl-delay matters."""
        self._expected.update(origins)

    async def ask(
        self,
        url: str,
        *,
        method: str = "GET",
        limit: int = 0,
        json: object = None,
        headers: Mapping[str, str] | None = None,
        wants: Wants | None = None,
    ) -> Answer:
        """Ask for an address, and wherever it leads.

        "Later" (429, or 503 with Retry-After) is waited for, if that is not too long, and asked
        again; so the last answer counts, of at most three.

        Args:
            url: the address as written; its fragment is not sent.
            method: GET, HEAD or POST; after a redirect by 301, 302 or 303 no longer a POST.
            limit: how many bytes of the body to read at most.
            json: the body of a POST.
            headers: more headers; they may hold a token, so redirects do not take them along to
                another host.
            wants: decides on the limit when status and headers are there.
        """
        asked = url.partition("#")[0]
        try:
            first = target(url)
        except GuardError as error:
            return Answer(asked, asked, trouble=_GUARDED[type(error)], detail=str(error))
        trusted = first.origin in self._trusted
        request = _Request(method, json, headers, wants or (lambda *_: limit), trusted)
        return await self._follow(asked, first, request)

    async def _follow(self, asked: str, here: Target, request: _Request) -> Answer:
        """Ask for an address, then for where it redirects to, and so on."""
        hops: list[Hop] = []
        visited = {(here.url, "")}
        final = asked
        while True:
            answer = replace(
                await self._ask_patiently(here, request),
                asked=asked,
                final=final,
                hops=tuple(hops),
            )
            location = _location(answer)
            if not location or answer.trouble or answer.status is None:
                return answer
            try:
                there = target(location, here)
            except GuardError as error:
                detail = f"it redirects to {location[:200]!r}: {error}"
                return replace(answer, trouble=_GUARDED[type(error)], detail=detail)
            # A page that sets a cookie and redirects to itself is no loop; one that does so again
            # with the same cookies is.
            state = (there.url, self._cookies(there))
            if state in visited:
                return replace(answer, trouble=Trouble.LOOP, detail="it redirects in a circle")
            if len(hops) == MAX_REDIRECTS:
                detail = f"more than {MAX_REDIRECTS} redirects"
                return replace(answer, trouble=Trouble.REDIRECTS, detail=detail)
            visited.add(state)
            hops.append(Hop(final, answer.status))
            request = _redirected(request, answer.status, here, there)
            here, final = there, there.url

    def _cookies(self, to: Target) -> str:
        jar = self._session.cookie_jar
        return jar.filter_cookies(URL(to.url, encoded=True)).output(header="", sep=";")

    async def _ask_patiently(self, here: Target, request: _Request) -> Answer:
        """Ask for one address, again if it answers "later"."""
        if here.origin in self._expected and not request.for_robots:
            await self._read_robots(here, request)
        answer, later = Answer(here.url, here.url), True
        for attempt in range(1, TRIES + 1):
            try:
                async with self._schedule.slot(here.origin, self._patience):
                    answer, later = await self._ask_once(here, request, attempt)
            except PausedError as paused:
                if attempt > 1:
                    return answer
                return replace(answer, status=429, trouble=Trouble.THROTTLED, detail=str(paused))
            if not later:
                break
        return answer

    async def _ask_once(self, here: Target, request: _Request, attempt: int) -> tuple[Answer, bool]:
        """Make one request; return as well whether to make it again later."""
        try:
            await self._guard.addresses(here.host, request.trusted)
            response = await self._send(here, request)
        except _FAILURES as error:
            trouble, detail = self._trouble(error)
            return Answer(here.url, here.url, trouble=trouble, detail=detail), False
        try:
            return await self._receive(here, request, response, attempt)
        finally:
            response.release()  # ends the connection if something of the body is left

    async def _send(self, here: Target, request: _Request) -> aiohttp.ClientResponse:
        """Send a request and wait for the head of its answer.

        A server may end an idle connection in the moment that it is used again, or have left the
        body of a HEAD in it, which says nothing about this address: then another connection is
        taken, as browsers do it. (RFC 9112, 9.3.1, has doubts about methods other than GET and
        HEAD; the POSTs here are questions too.)
        """
        while True:
            connection = SimpleNamespace(reused=False)
            try:
                return await self._session.request(
                    request.method,
                    URL(here.url, encoded=True),
                    json=request.json,
                    headers=request.headers,
                    allow_redirects=False,
                    trace_request_ctx=connection,
                )
            except (_BrokenError, aiohttp.ClientResponseError):
                if not connection.reused:
                    raise
            except OSError:  # what is wrong with a certificate is a ValueError too
                raise
            except ValueError as error:  # credentials that no header can hold, and the like
                raise AddressError("nobody can be asked for that") from error

    async def _receive(
        self, here: Target, request: _Request, response: aiohttp.ClientResponse, attempt: int
    ) -> tuple[Answer, bool]:
        """Read an answer; return as well whether it says "later" and is worth waiting for."""
        status, headers = response.status, response.headers
        answer = Answer(here.url, here.url, status=status, headers=headers)
        wait = _wait(status, headers, attempt)
        if wait is not None:
            self._schedule.pause(here.origin, wait)
        later = wait is not None and wait <= self._patience and attempt < TRIES
        limit = 0 if later or _location(answer) else request.wants(status, headers)
        body = bytearray()
        try:
            complete = await _read(response, body, limit)
        except _FAILURES as error:
            trouble, detail = self._trouble(error)
            broken = replace(answer, body=bytes(body), trouble=trouble, detail=detail)
            return broken, later
        return replace(answer, body=bytes(body), complete=complete), later

    async def _read_robots(self, here: Target, request: _Request) -> None:
        """Learn a host's Crawl-delay before the first of several requests to it.

        Whatever goes wrong, there is no delay: RFC 9309 does not even know of it.
        """
        async with self._robots.setdefault(here.origin, asyncio.Lock()):
            if here.origin not in self._expected:
                return  # somebody else has read it meanwhile
            asking = _Request("GET", None, None, _robots_bytes, request.trusted, for_robots=True)
            address = f"{here.origin}/robots.txt"
            answer = await self._follow(address, target(address), asking)
            if answer.status == 200 and not answer.trouble:
                delay = _crawl_delay(answer.body, self._session.headers[hdrs.USER_AGENT])
                self._schedule.space(here.origin, min(delay, LONGEST_DELAY))
            self._expected.discard(here.origin)

    def _trouble(self, error: Exception) -> tuple[Trouble, str]:
        """Say what went wrong, for the program and for a person."""
        match error:
            case GuardError():
                return _GUARDED[type(error)], str(error)
            case aiohttp.ConnectionTimeoutError():
                return Trouble.TIMEOUT, "no connection in time"
            case TimeoutError():
                return Trouble.TIMEOUT, f"no end of the answer within {self._timeout:g} s"
            case aiohttp.ClientConnectorCertificateError(certificate_error=reason):
                return Trouble.CERTIFICATE, getattr(reason, "verify_message", "") or "not valid"
            case aiohttp.ClientConnectorSSLError():
                return Trouble.CONNECT, "no TLS connection could be agreed on"
            case aiohttp.ClientConnectorError(os_error=ConnectionResetError()) | _BrokenError():
                return Trouble.RESET, "the connection was reset"
            case aiohttp.ClientConnectorError():
                return Trouble.CONNECT, _told(error.os_error)
            case aiohttp.ClientPayloadError() | zlib.error():
                return Trouble.PROTOCOL, "its body breaks off or is garbled"
            case aiohttp.ClientResponseError():
                return Trouble.PROTOCOL, "its answer is no HTTP, or far too long"
            case _:
                return Trouble.RESET, "the connection broke"


# -- the connection --------------------------------------------------------------------------


class _Resolver(AbstractResolver):
    """Gives connections the addresses that the guard has judged, and no others."""

    def __init__(self, guard: Guard, trusted: Collection[str]) -> None:
        self._guard = guard
        self._trusted = {origin.partition("://")[2] for origin in trusted}

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        trusted = f"{host}:{port}" in self._trusted  # `Client` has asked whether for this request
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in await self._guard.addresses(host, trusted)
        ]

    async def close(self) -> None:
        pass


async def _note_reuse(
    _session: aiohttp.ClientSession,
    context: SimpleNamespace,
    _params: aiohttp.TraceConnectionReuseconnParams,
) -> None:
    context.trace_request_ctx.reused = True


async def _without_retries(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keep aiohttp from asking a second time whenever a connection breaks, new ones included."""
    try:
        return await handler(request)
    except (aiohttp.ClientConnectorError, aiohttp.ClientSSLError, TimeoutError):
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise _BrokenError from error


def _told(error: OSError) -> str:
    """What the system says of an error; aiohttp adds addresses, and joins several of them."""
    return os.strerror(error.errno) if error.errno else "no connection"


# -- the answer ------------------------------------------------------------------------------


def _location(answer: Answer) -> str:
    """Where an answer redirects to; empty where it does not, or does not say."""
    if answer.status not in _REDIRECTS:
        return ""
    return answer.headers.get(hdrs.LOCATION, "").strip()


def _redirected(request: _Request, status: int, here: Target, there: Target) -> _Request:
    """What to ask at a redirect's end (RFC 9110, 15.4).

    Neither a token nor our trust in a configured host goes along to another one.
    """
    if status == 303 and request.method != "HEAD":
        request = replace(request, method="GET", json=None)
    if status in (301, 302) and request.method == "POST":
        request = replace(request, method="GET", json=None)
    if here.origin != there.origin:
        request = replace(request, headers=None, trusted=False)
    return request


def _wait(status: int, headers: Mapping[str, str], attempt: int) -> float | None:
    """How many seconds an answer asks to wait; None where it does not.

    A bare 503 is trouble that may last, not a request to wait.
    """
    if status not in (429, 503):
        return None
    told = retry_after(headers.get(hdrs.RETRY_AFTER, ""), datetime.now(UTC))
    if told is None and status == 429:
        return BARE_WAITS[min(attempt, len(BARE_WAITS)) - 1]
    return told


async def _read(response: aiohttp.ClientResponse, body: bytearray, limit: int) -> bool:
    """Read a body up to a limit; return whether that was all of it.

    Raises:
        TimeoutError, aiohttp.ClientError, OSError, zlib.error: it breaks off or is garbled;
            `body` is what came before.
    """
    complete = response.content.at_eof()
    unpack = _unpacker(response.headers.get(hdrs.CONTENT_ENCODING, ""))
    while not complete and limit > 0 and len(body) <= limit:
        piece = await response.content.readany()
        body += unpack(piece, limit + 1 - len(body))
        complete = not piece
    if not complete:
        del body[limit:]
        await _drop_rest(response)
    return complete


def _unpacker(encoding: str) -> Callable[[bytes, int], bytes]:
    """How to unpack the pieces of a body, each into so many bytes at most (RFC 9110, 8.4.1).

    What was not asked for stays as it is. A "deflate" may lack its header, as many servers
    misread the standard.
    """
    match encoding.strip().lower():
        case "gzip" | "x-gzip":
            return zlib.decompressobj(16 + zlib.MAX_WBITS).decompress
        case "deflate":
            return _inflate()
        case _:
            return lambda piece, _: piece


def _inflate() -> Callable[[bytes, int], bytes]:
    inflate: Callable[[bytes, int], bytes] | None = None

    def unpack(piece: bytes, most: int) -> bytes:
        nonlocal inflate
        if not piece:
            return b""
        if inflate is None:
            headed = piece[0] & 0x0F == zlib.DEFLATED
            inflate = zlib.decompressobj(zlib.MAX_WBITS if headed else -zlib.MAX_WBITS).decompress
        return inflate(piece, most)

    return unpack


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


# -- robots.txt ------------------------------------------------------------------------------


def _robots_bytes(status: int, _headers: Mapping[str, str]) -> int:
    return _ROBOTS_BYTES if status == 200 else 0


def _crawl_delay(body: bytes, agent: str) -> float:
    """Read the seconds between requests that a robots.txt asks for; 0 where it does not."""
    from urllib.robotparser import RobotFileParser  # brings an HTTP client of its own

    robots = RobotFileParser()
    try:
        robots.parse(body.decode("utf-8-sig", errors="replace").splitlines())
        return float(robots.crawl_delay(agent) or 0)
    except ValueError:  # a rule for "//[", a delay of "²" seconds
        return 0.0
