"""Asking registers and pages for what they say of a work, within the bounds that links have.

A request goes through `links.client`: private addresses are refused on every hop, redirects,
sizes and times are bounded, and who asks says so. A DOI is asked for at doi.org, which sends those
who want data on to the register that has it (https://www.crossref.org/documentation/
retrieve-metadata/content-negotiation/). No header goes along to another host, so the register is
then asked by its own address. Some registers know only pages; their tags will do.
"""

import asyncio
import json
import re
from collections.abc import Coroutine, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from ethogram.links import notices, webpage
from ethogram.links.answers import PAGE_LIMIT
from ethogram.links.checker import Options, asking
from ethogram.links.client import Answer, Trouble
from ethogram.links.guard import origin
from ethogram.links.webpage import WebPage
from ethogram.settings import Settings
from ethogram.sources.errors import no_answer, no_record
from ethogram.works import WorkId

ACCEPT = "application/vnd.citationstyles.csl+json, application/json;q=0.5"
"""What registers of DOIs answer with: Crossref, DataCite, mEDRA and others."""

DATA_LIMIT, HTML_LIMIT = 4 * 1024 * 1024, 2 * 1024 * 1024
"""Bytes that are read: of data, which has to be whole; of a page, whose tags stand at its head."""

SECONDS = 20.0
"""Seconds for one request, from connecting to the end of its body."""

LONGEST_SECONDS = 120.0
"""Seconds for all requests together: somebody waits for the answer."""

_REGISTERS = 4  # hosts that are asked one after the other for one DOI

_PASSING = {
    Trouble.NAME,
    Trouble.CONNECT,
    Trouble.RESET,
    Trouble.TIMEOUT,
    Trouble.CERTIFICATE,
    Trouble.PROTOCOL,
    Trouble.THROTTLED,
}
"""Troubles in which there was no answer, so that another time there may be one."""

_BLOCKED = (401, 402, 403, 407, 429, 451, 999)


@dataclass(frozen=True, slots=True)
class Told:
    """What an answer holds.

    Attributes:
        data: an object of JSON; None where it holds none.
        page: a page; None where it is none.
        addresses: those that led to it, the first as asked.
    """

    data: dict[str, Any] | None
    page: WebPage | None
    addresses: tuple[str, ...]


def ask_register(work: WorkId, settings: Settings) -> Told:
    """Ask for the record of a DOI.

    Raises:
        Unreachable: there is no answer.
        EthogramError: there is one, with neither data nor a page.
    """
    if ".." in re.split(r"[/\\]", work.id):  # must not climb out of the endpoint's path
        raise no_record(work, "it is no DOI that could be asked for")
    address = f"{settings.endpoints.doi_records.rstrip('/')}/{quote(work.id, safe='/')}"
    return _told(work, _waited(work, _negotiated(address, settings)))


def ask_page(work: WorkId, settings: Settings) -> Told:
    """Ask for a page; data is none.

    Raises:
        Unreachable: there is no answer.
        EthogramError: there is one that is no page.
    """
    told = _told(work, _waited(work, _asked(work.id, settings)))
    if told.page is None:
        raise no_record(work, "what is there is no web page")
    return told


def _waited(work: WorkId, asked: Coroutine[Any, Any, Answer]) -> Answer:
    """The answer, if it comes in time."""
    try:
        return asyncio.run(asyncio.wait_for(asked, LONGEST_SECONDS))
    except TimeoutError:
        raise no_answer(work, f"no answer within {LONGEST_SECONDS:g} s") from None


async def _asked(address: str, settings: Settings) -> Answer:
    async with asking(_options(settings)) as client:
        return await client.ask(address, wants=_wanted)


async def _negotiated(address: str, settings: Settings) -> Answer:
    """Ask for data, and again at each other host that the way leads to."""
    trusted, headers = True, {"Accept": ACCEPT}
    async with asking(_options(settings)) as client:
        for _ in range(_REGISTERS):
            answer = await client.ask(address, headers=headers, wants=_wanted, trusted=trusted)
            there = _other_host(answer)
            if not there or _has_data(answer):
                return answer
            address, trusted = there, False
    return answer


def _options(settings: Settings) -> Options:
    return Options(settings.allow_private, contact=settings.contact, timeout=SECONDS)


def _addresses(answer: Answer) -> tuple[str, ...]:
    return (*(hop.url for hop in answer.hops), answer.final)


def _other_host(answer: Answer) -> str:
    """The first address on the way that lies on another host; empty where none does."""
    addresses = _addresses(answer)
    return next((each for each in addresses if origin(each) != origin(addresses[0])), "")


def _has_data(answer: Answer) -> bool:
    return answer.status == 200 and _says_json(answer.headers)


def _wanted(status: int, headers: Mapping[str, str]) -> int:
    """How much of a body to read."""
    if _says_json(headers):
        return DATA_LIMIT if status == 200 else 0
    if not webpage.says_html(headers):
        return 0
    return HTML_LIMIT if status == 200 else PAGE_LIMIT


def _says_json(headers: Mapping[str, str]) -> bool:
    kind = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return kind.startswith("application/") and kind.endswith("json")


# -- what an answer is -----------------------------------------------------------------------


def _told(work: WorkId, answer: Answer) -> Told:
    """Tell data, pages and refusals apart."""
    _check_trouble(work, answer)
    page = webpage.read(answer.body, answer.headers)
    _check_status(work, answer, page)
    if _says_json(answer.headers):
        return Told(_data(work, answer), None, _addresses(answer))
    if page is None:
        raise no_record(work, f"what is there is {_kind(answer)}, which is not read here")
    if said := notices.missing(page):
        raise no_record(work, f"it does not exist: its page {said}")
    return Told(None, page, _addresses(answer))


def _check_trouble(work: WorkId, answer: Answer) -> None:
    if answer.trouble is None:
        return
    why = answer.detail or "no answer"
    if answer.trouble is Trouble.NO_HOST:
        raise no_record(work, f"its host does not exist ({why})")
    raise (no_answer if answer.trouble in _PASSING else no_record)(work, why)


def _check_status(work: WorkId, answer: Answer, page: WebPage | None) -> None:
    status = answer.status or 0
    if wall := notices.wall(answer.headers, page):
        raise no_record(work, f"in its place there is {wall}")
    if status in (404, 410):
        raise no_record(work, f"it does not exist (HTTP {status})")
    if status in _BLOCKED:
        raise no_record(work, f"its host refuses to show it to programs (HTTP {status})")
    if status >= 500:
        raise no_answer(work, f"its host is out of order (HTTP {status})")
    if status == 406:
        raise no_record(work, "its register has no record in a form that is read here (HTTP 406)")
    if not 200 <= status < 300:
        raise no_record(work, f"its host answers HTTP {status}")
    if not answer.body and _wanted(status, answer.headers):
        raise no_record(work, f"the answer is empty (HTTP {status})")


def _kind(answer: Answer) -> str:
    kind = answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return {"application/pdf": "a PDF"}.get(kind, f"`{kind[:60]}`" if kind else "no text")


def _data(work: WorkId, answer: Answer) -> dict[str, Any]:
    """The object in a body of JSON."""
    if not answer.complete:
        raise no_record(work, f"its record is longer than {DATA_LIMIT >> 20} MB")
    try:
        found = json.loads(_decoded(answer.body), strict=False)
    except (ValueError, RecursionError):  # RecursionError: thousands of brackets
        found = None
    if not isinstance(found, dict):
        raise no_record(work, "what is there says to be JSON, and holds no record")
    return found


def _decoded(body: bytes) -> str:
    """The text of JSON, which is UTF-8 by its standard, and not always."""
    try:
        return body.decode(json.detect_encoding(body))
    except UnicodeDecodeError:
        return body.decode("cp1252", "replace")
