"""What an answer says about a link, and what to ask for so that it says enough.

Everything here is pure: an answer goes in, an observation comes out, and no bytes whatever make it
raise. Whoever is in doubt says *unknown*, or *blocked* where a host keeps robots out.
"""

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from ethogram.links import notices, webpage
from ethogram.links.addresses import Kind
from ethogram.links.places import lacking
from ethogram.links.redirects import asks, expires, home, host, lost, permanent, shown, taken_apart
from ethogram.links.verdicts import Observation, Verdict
from ethogram.links.webpage import WebPage

if TYPE_CHECKING:
    # For its types alone: to judge needs nothing of the network.
    from ethogram.links.client import Answer

# -- what to ask for -------------------------------------------------------------------------

PICTURE_LIMIT = 1024 * 1024
"""Bytes of a picture that are read: its head says what it is."""

DRAWING_LIMIT = 5 * 1024 * 1024
"""Bytes of a picture that are read if it is said to be an SVG, which is parsed whole."""

PAGE_LIMIT = 64 * 1024
"""Bytes of a page that are read to see what it says of itself."""

PLACES_LIMIT = 5 * 1024 * 1024
"""Bytes of a page that are read to find a place on it."""

_LARGE = frozenset(
    """
    7z apk avi avif bin bz2 ckpt csv deb dmg docx epub exe feather flac gguf gz h5 ipynb iso jar
    jsonl m4a mkv mov mp3 mp4 mpeg mpg msi npy npz ogg onnx parquet pdf pickle pkl pptx ps psd pt
    pth rar safetensors sqlite tar tgz tiff tsv wav webm whl wmv xls xlsx xz zip zst
    """.split()
)
"""Extensions of files that are large and say nothing about themselves that a reader could see."""


def method(url: str, kind: Kind) -> Literal["GET", "HEAD"]:
    """Say how an address is asked first; whatever HEAD does not answer with 2xx is asked by GET.

    Rule 8 says HEAD, then GET. That holds for large files. A page that says "not found" with a
    200 says so in its body only, so HEAD before GET would double the requests and spare nothing;
    and signed storage refuses HEAD for pictures.
    """
    _, dot, extension = taken_apart(url).path.rpartition("/")[2].rpartition(".")
    return "HEAD" if kind == "page" and dot and extension.lower() in _LARGE else "GET"


def enough(answer: "Answer") -> bool:
    """Say whether a HEAD was answered with all that is needed, so that no GET need follow.

    HTML in place of a file may well be a page that says "not found".
    """
    good = 200 <= (answer.status or 0) < 300 and answer.status != 202
    return answer.trouble is None and good and not webpage.says_html(answer.headers)


def wants(kind: Kind, fragments: Collection[str]) -> Callable[[int, Mapping[str, str]], int]:
    """Return what tells, from status and headers, how many bytes of a body `judge` needs.

    Args:
        kind: what is expected at the address.
        fragments: those that links to the address have.
    """
    places = kind == "page" and any(map(sought, fragments))

    def limit(status: int, headers: Mapping[str, str]) -> int:
        good = 200 <= status < 300
        if kind == "image" and good:
            drawn = "svg" in headers.get("Content-Type", "").lower()
            return DRAWING_LIMIT if drawn else PICTURE_LIMIT
        if status == 202:  # a bot wall's body is empty, whatever it is said to be
            return PAGE_LIMIT
        if not (good or 400 <= status < 500 or status == 503) or not webpage.says_html(headers):
            return 0
        return PLACES_LIMIT if good and places else PAGE_LIMIT

    return limit


_LINES = re.compile(r"L\d+(?:C\d+)?(?:-L?\d+(?:C\d+)?)?|lines-\d+(?:[:-]\d+)?", re.ASCII)
"""Lines of a file, as code hosts mark them."""


def sought(fragment: str) -> str:
    """Return the place that a page must have for a fragment; empty where it needs none.

    What follows `:~:` is text to highlight, and not looked for. `#top` is every page's. Routes of
    an application (`#!/x`, `#/x`), parameters (`#page=3`, `#t=30`) and lines of a file on a code
    host (`#L10-L20`) are no places in a document.

    >>> sought("results:~:text=sleeper%20agents"), sought("page=3"), sought("L10")
    ('results', '', '')
    """
    place = fragment.partition(":~:")[0]
    if place.lower() == "top" or place.startswith(("!", "/")) or "=" in place:
        return ""
    return "" if _LINES.fullmatch(place) else place


# -- the verdict -----------------------------------------------------------------------------


def judge(answer: "Answer", kind: Kind, fragments: Collection[str]) -> dict[str, Observation]:
    """Say what an answer means for each of the fragments that links to the address have.

    A page is read once for all of them (rule 11). The place that a redirect leads to stands for
    that of every link that has one, as in a browser (RFC 9110, 10.2.2).

    Args:
        answer: what the client brought.
        kind: what is expected there.
        fragments: without `#`, as written; empty for the page itself.
    """
    page = webpage.read(answer.body, answer.headers)
    seen = _seen(answer, kind, page)
    if seen.verdict is not Verdict.OK or kind == "image":
        return dict.fromkeys(fragments, seen)
    places = {fragment: fragment and (answer.place or fragment) for fragment in fragments}
    wanted = filter(None, map(sought, places.values()))
    missing = lacking(wanted, answer, page, _unread(answer))
    return {fragment: _at(place, seen, answer, missing) for fragment, place in places.items()}


def _at(
    place: str, seen: Observation, answer: "Answer", missing: Mapping[str, tuple[Verdict, str]]
) -> Observation:
    """The observation of one place on a page that is ok."""
    if fault := missing.get(sought(place)):
        return replace(seen, verdict=fault[0], reason=fault[1], moved="")
    if seen.moved and not answer.place:
        return replace(seen, moved=_with_place(seen.moved, place))
    return seen


_TROUBLES: dict[str, tuple[Verdict, str, bool]] = {
    "NO_HOST": (Verdict.DEAD, "the host does not exist", False),
    "NAME": (Verdict.UNKNOWN, "the host's name could not be resolved", True),
    "PRIVATE": (Verdict.UNKNOWN, "a private address, which is not asked", False),
    "SCHEME": (Verdict.UNKNOWN, "neither http nor https", False),
    "ADDRESS": (Verdict.UNKNOWN, "no address that could be asked", False),
    "CONNECT": (Verdict.UNKNOWN, "no connection", True),
    "RESET": (Verdict.UNKNOWN, "the connection was reset", True),
    "TIMEOUT": (Verdict.UNKNOWN, "no answer in time", True),
    "CERTIFICATE": (Verdict.UNKNOWN, "a certificate that is not valid", False),
    "LOOP": (Verdict.UNKNOWN, "redirects in a loop", False),
    "REDIRECTS": (Verdict.UNKNOWN, "too many redirects", False),
    "PROTOCOL": (Verdict.UNKNOWN, "an answer that is no HTTP", False),
    "THROTTLED": (Verdict.BLOCKED, "asks for patience for too long", False),
    "ENCODING": (Verdict.UNKNOWN, "packed in a way that is not read here", False),
}
"""Of the client's troubles, by name: verdict, words where it gives none, whether it may pass."""

_BLOCKED = frozenset((401, 403, 407, 429, 451, 999))  # 999 is LinkedIn's
_DEAD = frozenset((404, 410))
_PASSING = frozenset((408, 425))  # "too slow" and "too early"


def _seen(answer: "Answer", kind: Kind, page: WebPage | None) -> Observation:
    """The observation of the whole address, fragments left out."""
    status = answer.status or 0
    unread = _unread(answer)
    if answer.trouble is not None and not (unread or _refused_all_the_same(answer)):
        return _troubled(answer, answer.trouble.name)
    wall = notices.wall(answer.headers, page) or asks(answer)
    if wall:
        return _observed(answer, Verdict.BLOCKED, wall)
    if not 200 <= status < 300:
        return _refused(answer, status)
    if status == 202 and not answer.body and not unread:
        return _observed(answer, Verdict.BLOCKED, "HTTP 202 with nothing, as bot walls answer")
    if kind == "image":
        return _observed(answer, Verdict.UNKNOWN, unread) if unread else _pictured(answer)
    doubt = home(answer) or lost(answer) or notices.missing(page)
    return _observed(answer, Verdict.SUSPECT, doubt) if doubt else _observed(answer, Verdict.OK)


def _refused_all_the_same(answer: "Answer") -> bool:
    """Whether an answer broke off only after a status had said enough."""
    broken = answer.trouble is not None and answer.trouble.name in ("RESET", "TIMEOUT", "PROTOCOL")
    return broken and 400 <= (answer.status or 0) < 500


def _unread(answer: "Answer") -> str:
    """Why there is a status and no body that could be read; empty where there is one."""
    if answer.trouble is None or answer.trouble.name != "ENCODING" or answer.status is None:
        return ""
    return answer.detail or _TROUBLES["ENCODING"][1]


def _observed(
    answer: "Answer", verdict: Verdict, reason: str = "", again: bool = False
) -> Observation:
    """An observation with what every one has; an address that expires is never kept."""
    kept = answer.final != answer.asked and not expires(answer.final)
    final = _with_place(answer.final, answer.place) if kept else ""
    moved = final if verdict is Verdict.OK and permanent(answer) else ""
    return Observation(verdict, reason, answer.status, final, moved, again)


def _with_place(address: str, place: str) -> str:
    return f"{address}#{place}" if place else address


def _troubled(answer: "Answer", trouble: str) -> Observation:
    verdict, words, again = _TROUBLES[trouble]
    if trouble == "THROTTLED" and answer.status == 503:  # out of order, rather than shut to robots
        verdict = Verdict.UNKNOWN
    reason = answer.detail or words
    if answer.hops:
        reason = f"redirects to {shown(answer.final)}: {reason}"
    return _observed(answer, verdict, reason, again)


def _refused(answer: "Answer", status: int) -> Observation:
    """The verdict of a status that is no 2xx."""
    reason = f"HTTP {status}"
    if answer.hops:
        reason = f"redirects to {shown(answer.final)}, which answers {reason}"
    if status in _DEAD:
        # GitHub answers 404 while it throttles.
        again = status == 404 and host(answer.final) == "github.com"
        return _observed(answer, Verdict.DEAD, reason, again)
    if status in _BLOCKED:
        return _observed(answer, Verdict.BLOCKED, reason)
    return _observed(answer, Verdict.UNKNOWN, reason, 500 <= status < 600 or status in _PASSING)


def _pictured(answer: "Answer") -> Observation:
    """The verdict of a body that should be a picture (rule 9)."""
    # Late: most links are no pictures, and Pillow is large.
    from ethogram.links.pictures import begins_drawing, look

    called = answer.headers.get("Content-Type", "")
    fault = look(answer.body, called, complete=answer.complete).fault
    # A drawing whose end is not there cannot be parsed, and browsers read on.
    if not fault or (not answer.complete and begins_drawing(answer.body)):
        return _observed(answer, Verdict.OK)
    if not answer.complete and _XML.match(answer.body):
        return _observed(answer, Verdict.UNKNOWN, "a drawing too long to look at")
    return _observed(answer, Verdict.DEAD, fault)


_XML = re.compile(rb"(?:\xef\xbb\xbf)?\s*+<(?:\?xml|svg|!--|!doctype\s++svg)", re.IGNORECASE)
