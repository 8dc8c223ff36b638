"""Sessions of aiohttp, set up to ask as the client wants it: to judged addresses, and once.

A `context` of a request, which is its `trace_request_ctx`, learns in `reused` whether an idle
connection was taken for it.
"""

import logging
from types import SimpleNamespace

import aiohttp
from aiohttp import hdrs
from aiohttp.abc import AbstractResolver, ResolveResult

from ethogram.links.guard import Guard

ACCEPT = "text/html,application/xhtml+xml,*/*;q=0.8"
"""What a browser says it takes, in short; some servers refuse those that take anything."""

CONNECT_SECONDS = 10.0

_KEPT_SECONDS = 2.0  # how long an idle connection is kept: thousands of hosts, few descriptors
_HEADER_BYTES = 64 * 1024  # of one header: content security policies grow beyond aiohttp's 8 KiB
_HEADERS = 512
logging.getLogger("aiohttp").setLevel(logging.ERROR)  # it warns of other people's odd cookies


class BrokenError(Exception):
    """The connection ended before there was an answer."""


def opened(
    guard: Guard, trusted: bool, cookies: aiohttp.CookieJar, agent: str, timeout: float
) -> aiohttp.ClientSession:
    """Open a session for requests that are trusted, or for those that are not.

    Args:
        guard: tells what may be asked.
        trusted: whether its requests are.
        cookies: those that it sends, and where it keeps new ones.
        agent: the User-Agent.
        timeout: seconds for one request, from connecting to the end of its body.
    """
    trace = aiohttp.TraceConfig()
    trace.on_connection_reuseconn.append(_note_reuse)
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(
            resolver=_Resolver(guard, trusted),
            use_dns_cache=False,  # the guard has looked them up
            limit=0,  # the schedule bounds them
            keepalive_timeout=_KEPT_SECONDS,
        ),
        cookie_jar=cookies,
        headers={
            hdrs.USER_AGENT: agent,
            hdrs.ACCEPT: ACCEPT,
            hdrs.ACCEPT_ENCODING: "gzip, deflate",
        },
        auto_decompress=False,  # `bodies` does that
        timeout=aiohttp.ClientTimeout(total=timeout, sock_connect=CONNECT_SECONDS),
        max_line_size=_HEADER_BYTES,
        max_field_size=_HEADER_BYTES,
        max_headers=_HEADERS,
        middlewares=(_without_retries,),
        trace_configs=[trace],
    )


class _Resolver(AbstractResolver):
    """Gives connections the addresses that the guard has judged, and no others."""

    def __init__(self, guard: Guard, trusted: bool) -> None:
        self._guard = guard
        self._trusted = trusted

    async def resolve(self, host: str, port: int = 0, family: int = 0) -> list[ResolveResult]:
        return [
            ResolveResult(hostname=host, host=address, port=port, family=family, proto=0, flags=0)
            for address in await self._guard.addresses(host, self._trusted)
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
        raise BrokenError from error
