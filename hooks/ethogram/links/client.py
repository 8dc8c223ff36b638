"""Asking for an address: politely, safely, and with an answer whatever happens.

Rules 7, 13 and 15 of guide/links.md. One `Client` lasts for a run, with its cookies and its
kept connections. Each hop of a request waits for its host's turn (`schedule`), is refused
where its address is private (`guard`), and is bounded in time and size. What a server or the
network does never raises here; it is `Trouble`, with a few words on it.
"""

import asyncio
import os
import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from types import SimpleNamespace, TracebackType
from typing import Self

import aiohttp
from aiohttp import hdrs
from multidict import CIMultiDict
from yarl import URL

from ethogram.links.bodies import EncodingError, read
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
from ethogram.links.sessions import BrokenError, opened
from ethogram.manners import PRODUCT, crawl_delay, retry_after, user_agent

MAX_REDIRECTS = 10
TRIES = 3
"""How often an address is asked for at most that answers "later"."""

BARE_WAITS = (2.0, 5.0)
"""Seconds to wait after a 429 that does not say how long, the first time and from then on."""

LONGEST_DELAY = 30.0
"""The longest Crawl-delay, in seconds, that is honored; one of a day would end all checking."""

_ROBOTS_BYTES = 512 * 1024  # RFC 9309, 2.5: at least 500 KiB
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
    ENCODING = "encoding"


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
        body: as much as was wanted, decompressed; empty where it is packed in an unknown way.
        complete: whether that is all of it.
        trouble: what is wrong, if anything is; an answer may break off after its status.
        detail: the same for a person, in a few words without a full stop.
        place: the fragment of the last Location that had one, as written there, without its `#`;
            browsers look for it in place of the link's own (RFC 9110, 10.2.2).
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
    place: str = ""


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


_FAILURES = (
    BrokenError,
    EncodingError,
    GuardError,
    aiohttp.ClientError,
    OSError,
    TimeoutError,
    zlib.error,
)
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
    ) -> None:
        """Set how to ask.

        Args:
            schedule: tells when a request may start.
            guard: tells what may be asked.
            contact: how to reach whoever asks; see `manners.user_agent`.
            timeout: seconds for one request, from connecting to the end of its body.
            patience: the longest wait, in seconds, that a server may ask for.
        """
        self._schedule = schedule
        self._guard = guard
        self._contact = contact
        self._timeout = timeout
        self._patience = patience
        self._expected: set[str] = set()
        self._robots: dict[str, asyncio.Lock] = {}
        self._cookie_jar: aiohttp.CookieJar
        self._sessions: dict[bool, aiohttp.ClientSession] = {}

    async def __aenter__(self) -> Self:
        """Open the sessions: one for trusted requests and one for all others.

        They share their cookies, and no connection: one that leads to a private address, because
        a trusted request opened it, is never there to serve another.
        """
        # Cookies of IP addresses too, which aiohttp calls unsafe: a site that is redirected to its
        # other half by a cookie is the same on loopback. No quotes are put around them.
        self._cookie_jar = aiohttp.CookieJar(unsafe=True, quote_cookie=False)
        agent = user_agent(self._contact)
        self._sessions = {
            trusted: opened(self._guard, trusted, self._cookie_jar, agent, self._timeout)
            for trusted in (False, True)
        }
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close the sessions and their connections."""
        for session in self._sessions.values():
            await session.close()

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
        trusted: bool = False,
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
            trusted: whether the address was configured by whoever runs this, not found on a page:
                it may be private, and so may redirects from there within the same origin. Nobody
                is asked for a robots.txt first.
        """
        asked = url.partition("#")[0]
        try:
            first = target(url)
        except GuardError as error:
            return Answer(asked, asked, trouble=_GUARDED[type(error)], detail=str(error))
        request = _Request(method, json, headers, wants or (lambda *_: limit), trusted)
        return await self._follow(asked, first, request)

    async def _follow(self, asked: str, here: Target, request: _Request) -> Answer:
        """Ask for an address, then for where it redirects to, and so on."""
        hops: list[Hop] = []
        visited = {(here.url, "")}
        final, place = asked, ""
        while True:
            answer = replace(
                await self._ask_patiently(here, request),
                asked=asked,
                final=final,
                hops=tuple(hops),
                place=place,
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
            here, final, place = there, there.url, _place(location, place)

    def _cookies(self, to: Target) -> str:
        cookies = self._cookie_jar.filter_cookies(URL(to.url, encoded=True))
        return cookies.output(header="", sep=";")

    async def _ask_patiently(self, here: Target, request: _Request) -> Answer:
        """Ask for one address, again if it answers "later"."""
        if here.origin in self._expected and not (request.trusted or request.for_robots):
            await self._read_robots(here)
        answer, later = Answer(here.url, here.url), True
        for attempt in range(1, TRIES + 1):
            try:
                async with self._schedule.slot(here.origin, self._patience):
                    answer, later = await self._ask_once(here, request, attempt)
            except PausedError as paused:
                if attempt > 1:
                    return answer
                trouble, detail = Trouble.THROTTLED, str(paused)
                return replace(answer, status=paused.status, trouble=trouble, detail=detail)
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
                return await self._sessions[request.trusted].request(
                    request.method,
                    URL(here.url, encoded=True),
                    json=request.json,
                    headers=request.headers,
                    allow_redirects=False,
                    trace_request_ctx=connection,
                )
            except (BrokenError, aiohttp.ClientResponseError):
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
            self._schedule.pause(here.origin, wait, status)
        later = wait is not None and wait <= self._patience and attempt < TRIES
        limit = 0 if later or _location(answer) else request.wants(status, headers)
        body = bytearray()
        try:
            complete = await read(response, body, limit)
        except _FAILURES as error:
            trouble, detail = self._trouble(error)
            broken = replace(answer, body=bytes(body), trouble=trouble, detail=detail)
            return broken, later
        return replace(answer, body=bytes(body), complete=complete), later

    async def _read_robots(self, here: Target) -> None:
        """Learn a host's Crawl-delay before the first of several requests to it.

        Whatever goes wrong, there is no delay: RFC 9309 does not even know of it.
        """
        async with self._robots.setdefault(here.origin, asyncio.Lock()):
            if here.origin not in self._expected:
                return  # somebody else has read it meanwhile
            asking = _Request("GET", None, None, _robots_bytes, trusted=False, for_robots=True)
            address = f"{here.origin}/robots.txt"
            answer = await self._follow(address, target(address), asking)
            if answer.status == 200 and not answer.trouble:
                delay = crawl_delay(answer.body.decode("utf-8-sig", errors="replace"), PRODUCT)
                self._schedule.space(here.origin, min(delay, LONGEST_DELAY))
            self._expected.discard(here.origin)

    def _trouble(self, error: Exception) -> tuple[Trouble, str]:
        """Say what went wrong, for the program and for a person."""
        match error:
            case GuardError():
                return _GUARDED[type(error)], str(error)
            case EncodingError():
                return Trouble.ENCODING, str(error)
            case aiohttp.ConnectionTimeoutError():
                return Trouble.TIMEOUT, "no connection in time"
            case TimeoutError():
                return Trouble.TIMEOUT, f"no end of the answer within {self._timeout:g} s"
            case aiohttp.ClientConnectorCertificateError(certificate_error=reason):
                return Trouble.CERTIFICATE, getattr(reason, "verify_message", "") or "not valid"
            case aiohttp.ClientConnectorSSLError():
                return Trouble.CONNECT, "no TLS connection could be agreed on"
            case aiohttp.ClientConnectorError(os_error=ConnectionResetError()) | BrokenError():
                return Trouble.RESET, "the connection was reset"
            case aiohttp.ClientConnectorError():
                return Trouble.CONNECT, _told(error.os_error)
            case aiohttp.ClientPayloadError() | zlib.error():
                return Trouble.PROTOCOL, "its body breaks off or is garbled"
            case aiohttp.ClientResponseError():
                return Trouble.PROTOCOL, "its answer is no HTTP, or far too long"
            case _:
                return Trouble.RESET, "the connection broke"


def _told(error: OSError) -> str:
    """What the system says of an error; aiohttp adds addresses, and joins several of them."""
    return os.strerror(error.errno) if error.errno else "no connection"


# -- the answer ------------------------------------------------------------------------------


def _location(answer: Answer) -> str:
    """Where an answer redirects to; empty where it does not, or does not say."""
    if answer.status not in _REDIRECTS:
        return ""
    return answer.headers.get(hdrs.LOCATION, "").strip()


def _place(location: str, before: str) -> str:
    """The fragment of a Location; where it has none, not even an empty one, that from before."""
    _, mark, fragment = location.partition("#")
    # Bytes that are no UTF-8 could not be printed; a browser does not find them either.
    return fragment.encode(errors="surrogateescape").decode(errors="replace") if mark else before


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


# -- robots.txt ------------------------------------------------------------------------------


def _robots_bytes(status: int, _headers: Mapping[str, str]) -> int:
    return _ROBOTS_BYTES if status == 200 else 0
