"""What an answer says about a link: ok, dead, blocked, unknown or suspect (links.md, rule 1).

Everything here is pure: an answer goes in, an observation comes out, and no bytes whatever make it
raise. "Could not check" is never "broken" and never "fine": whoever is in doubt says *unknown*, or
*blocked* where a host keeps robots out. The oddities of hosts stand in named tables.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Set
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Literal
from urllib.parse import SplitResult, unquote, urlsplit

from ethogram.links import notices, webpage
from ethogram.links.addresses import Kind
from ethogram.links.webpage import WebPage

if TYPE_CHECKING:
    # For its types alone: who reads the journal needs verdicts, and nothing of the network.
    from ethogram.links.client import Answer


class Verdict(StrEnum):
    """What is known of a link; only `DEAD` is an error."""

    OK = "ok"
    DEAD = "dead"
    BLOCKED = "blocked"
    UNKNOWN = "unknown"
    SUSPECT = "suspect"


@dataclass(frozen=True, slots=True)
class Observation:
    """What one check of one address showed.

    Attributes:
        verdict: what the answer means by itself, whatever was seen before.
        reason: why, in a few words without a full stop ("HTTP 404"); of *ok* may be empty.
        status: the HTTP status of the last answer; None where there was none.
        final: the address that answered, where it is another one, with the place that redirects
            lead to; else empty.
        moved: where redirects that are all permanent lead, if what is there is ok; else empty.
        again: whether it may pass, so that it is to be asked again before it counts.
    """

    verdict: Verdict
    reason: str = ""
    status: int | None = None
    final: str = ""
    moved: str = ""
    again: bool = False


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
    _, dot, extension = _parts(url).path.rpartition("/")[2].rpartition(".")
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
    lacking = _lacking(filter(None, map(sought, places.values())), answer, page)
    return {fragment: _at(place, seen, answer, lacking) for fragment, place in places.items()}


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
    wall = notices.wall(answer.headers, page) or _asks(answer)
    if wall:
        return _observed(answer, Verdict.BLOCKED, wall)
    if not 200 <= status < 300:
        return _refused(answer, status)
    if status == 202 and not answer.body and not unread:
        return _observed(answer, Verdict.BLOCKED, "HTTP 202 with nothing, as bot walls answer")
    if kind == "image":
        return _observed(answer, Verdict.UNKNOWN, unread) if unread else _pictured(answer)
    doubt = _home(answer) or _lost(answer) or notices.missing(page)
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
    kept = answer.final != answer.asked and not _expires(answer.final)
    final = _with_place(answer.final, answer.place) if kept else ""
    moved = final if verdict is Verdict.OK and _permanent(answer) else ""
    return Observation(verdict, reason, answer.status, final, moved, again)


def _with_place(address: str, place: str) -> str:
    return f"{address}#{place}" if place else address


def _troubled(answer: "Answer", trouble: str) -> Observation:
    verdict, words, again = _TROUBLES[trouble]
    if trouble == "THROTTLED" and answer.status == 503:  # out of order, rather than shut to robots
        verdict = Verdict.UNKNOWN
    reason = answer.detail or words
    if answer.hops:
        reason = f"redirects to {_shown(answer.final)}: {reason}"
    return _observed(answer, verdict, reason, again)


def _refused(answer: "Answer", status: int) -> Observation:
    """The verdict of a status that is no 2xx."""
    reason = f"HTTP {status}"
    if answer.hops:
        reason = f"redirects to {_shown(answer.final)}, which answers {reason}"
    if status in _DEAD:
        # GitHub answers 404 while it throttles.
        again = status == 404 and _host(answer.final) == "github.com"
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


# -- redirects -------------------------------------------------------------------------------

_PERMANENT = frozenset((301, 308))

_SHORTENERS = frozenset(
    """
    aka.ms amzn.to bit.ly buff.ly cutt.ly dlvr.it doi.org dub.sh dx.doi.org econ.st fb.me forms.gle
    ft.trib.al g.co git.io go.nature.com goo.gl goo.gle hdl.handle.net hubs.ly is.gd
    j.mp lnkd.in n2t.net nyti.ms on.ft.com ow.ly perma.cc purl.org rb.gy rdcu.be
    reut.rs s.id shorturl.at snip.ly t.co t.ly tiny.cc tinyurl.com trib.al v.gd w.wiki w3id.org
    wapo.st wp.me
    """.split()
)
"""Hosts whose addresses are all deep, and may well stand for a home page."""

_HOME = re.compile(
    r"/*(?:(?:ar|cs|da|de|en|es|fi|fr|he|hi|hu|id|it|ja|ko|nb|nl|no|pl|pt|ro|ru|sv|th|tr|uk|vi|zh)"
    r"(?:[-_][a-z]{2,4})?/*)?(?:(?:index|home|default)(?:\.[a-z]{3,5})?/*)?",
    re.IGNORECASE,
)
_TRACKING = re.compile(r"(?:utm_[^=&]*|fbclid|gclid|ref|source|lang|hl)(?:=[^&]*)?(?:&|$)")

_EXPIRING = re.compile(
    r"(?:^|[&;])(?:x-(?:amz|goog|oss)-[^=&;]*+|token|access_token|jwt|expires?|signature|sig|hmac"
    r"|key-pair-id|policy|awsaccesskeyid|hdnea|jsessionid|phpsessid|sid|session_?id)=",
    re.IGNORECASE,
)
"""Parameters of an address that is signed for minutes, or holds somebody's session."""

_ASKING_HOSTS = re.compile(
    r"(?:accounts?|auth\d?|consent|idp|identity|login|passport|signin|sso)\.", re.IGNORECASE
)
_ASKING_PATHS = re.compile(
    r"/(?:.*/)?(?:log[-_]?in|sign[-_]?in|(?:wp-)?login\.[a-z]{3,5}|servicelogin|cookieabsent)/?"
    r"|/(?:[a-z]{2}(?:[-_][a-z]{2})?/)?(?:(?:accounts?|auth|cas|i/flow|idp|u|users?)/)?"
    r"(?:authwall|checkpoint/(?:challenge|lg|rm)|cookie-?consent|consent|log[-_]?in"
    r"|oauth2?/authorize|saml2?|session/new|sign[-_]?in|sso)(?:/.*)?",
    re.IGNORECASE,
)
"""Where hosts send whoever is not signed in, or has not agreed to cookies yet."""


def _permanent(answer: "Answer") -> bool:
    """Whether every redirect says that it holds for good, and none is of an expiring address."""
    return (
        bool(answer.hops)
        and all(hop.status in _PERMANENT for hop in answer.hops)
        and not any(_expires(hop.url) for hop in answer.hops)
    )


def _expires(url: str) -> bool:
    """Whether an address is signed, so that it is dead in a few minutes."""
    parts = _parts(url)
    private = (parts.hostname or "") == "private-user-images.githubusercontent.com"
    return private or bool(_EXPIRING.search(parts.query) or ";jsessionid=" in url.lower())


def _shown(url: str) -> str:
    """An address for a reason: of one that expires, only what stays."""
    return re.split(r"[?;]", url, maxsplit=1)[0] if _expires(url) else url


def _asks(answer: "Answer") -> str:
    """Why a redirect leads to a form to sign in or to agree; empty where it does not."""
    if not answer.hops or _asking(answer.asked) or (answer.status or 0) >= 500:
        return ""
    if not _asking(answer.final):
        return ""
    place = answer.final.lower()
    if "consent" in place or "cookieabsent" in place:
        return "asks to agree to cookies"
    return "asks to sign in"


def _asking(url: str) -> bool:
    parts = _parts(url)
    return bool(_ASKING_HOSTS.match(parts.netloc) or _ASKING_PATHS.fullmatch(parts.path))


def _home(answer: "Answer") -> str:
    """Why a redirect has lost what was asked for; empty where it has not.

    A folder may have become a host of its own: `example.org/tool` at `tool.example.org`.
    """
    asked, final = _parts(answer.asked), _parts(answer.final)
    if not answer.hops or not _is_home(final) or _is_home(asked):
        return ""
    last = asked.path.rstrip("/").rpartition("/")[2].partition(".")[0].lower()
    same = _host(answer.asked) == _host(answer.final)
    if _host(answer.asked) in _SHORTENERS or (last and not same and last in _host(answer.final)):
        return ""
    return f"redirects to the home page {_shown(answer.final)}"


_NOWHERE = re.compile(
    r"/(?:.*/)?(?:page[-_]?)?not[-_]?found(?:[-_]?404|[-_]page)?(?:\.[a-z]{3,5})?/*"
    r"|/(?:[a-z]{2}(?:[-_][a-z]{2})?/)?(?:(?:errors?|pages?)/)?"
    r"(?:404|404[-_]?(?:error|page|not[-_]?found)|error[-_]?404)(?:\.[a-z]{3,5})?/*",
    re.IGNORECASE,
)
_NOWHERE_SAID = re.compile(
    r"(?:^|&)(?:(?:error|err|(?:http)?error[-_]?code|http[-_]?status)=404(?:&|$)|aspxerrorpath=)",
    re.IGNORECASE,
)
_ERROR = re.compile(r"/(?:.*/)?errors?(?:\.[a-z]{3,5})?/*", re.IGNORECASE)
_ERROR_SAID = re.compile(r"(?:^|&)(?:code|status|statuscode|type|id|e)=404(?:&|$)", re.IGNORECASE)
"""Where servers send whoever asks for what is not there, to answer with a 200."""


def _lost(answer: "Answer") -> str:
    """Why a redirect leads to a page for what is missing; empty where it does not."""
    if not answer.hops or not _is_nowhere(answer.final) or _is_nowhere(answer.asked):
        return ""
    return f"redirects to {_shown(answer.final)}"


def _is_nowhere(url: str) -> bool:
    parts = _parts(url)
    if _NOWHERE.fullmatch(parts.path) or _NOWHERE_SAID.search(parts.query):
        return True
    return bool(_ERROR.fullmatch(parts.path) and _ERROR_SAID.search(parts.query))


def _is_home(parts: SplitResult) -> bool:
    return bool(_HOME.fullmatch(parts.path)) and not _TRACKING.sub("", parts.query)


# -- places ----------------------------------------------------------------------------------

_SCRIPTED = {
    "github.com": re.compile(
        r"(?:issue|issuecomment|discussion_r|discussioncomment|pullrequestreview|commitcomment"
        r"|event|diff|commits-pushed|r)[-_]?[0-9a-f].*+"
    ),
    "lesswrong.com": re.compile(r"[A-Za-z0-9]{17}|comments"),
    "alignmentforum.org": re.compile(r"[A-Za-z0-9]{17}|comments"),
    "forum.effectivealtruism.org": re.compile(r"[A-Za-z0-9]{17}|comments"),
    "stackoverflow.com": re.compile(r"comment\d+_\d+"),
    "stackexchange.com": re.compile(r"comment\d+_\d+"),
}
"""Places that a script of the host makes after the page has come."""


def _at(
    place: str, seen: Observation, answer: "Answer", lacking: Mapping[str, tuple[Verdict, str]]
) -> Observation:
    """The observation of one place on a page that is ok."""
    if fault := lacking.get(sought(place)):
        return replace(seen, verdict=fault[0], reason=fault[1], moved="")
    if seen.moved and not answer.place:
        return replace(seen, moved=_with_place(seen.moved, place))
    return seen


def _lacking(
    places: Iterable[str], answer: "Answer", page: WebPage | None
) -> dict[str, tuple[Verdict, str]]:
    """Of some places those that are not seen on a page, and what that means of each."""
    unread = _unread(answer)
    if unread and webpage.says_html(answer.headers):
        return dict.fromkeys(places, (Verdict.UNKNOWN, unread))
    if page is None:
        return {}
    missing = {place for place in places if not _has(page.places, place)}
    if missing:
        # Late: a build has no use for it. It reads every page to its end, and costs more than lxml.
        from ethogram.links.extract import anchors_in_html

        anchors = anchors_in_html(page.source)
        missing = {place for place in missing if not _has(anchors, place)}
    scripted = _scripted(missing, answer, page) if answer.complete else set()
    return {place: _missing(place, place in scripted, answer.complete) for place in missing}


def _missing(place: str, scripted: bool, complete: bool) -> tuple[Verdict, str]:
    """What it means that a place is not seen."""
    shown = place[:_LONGEST_SHOWN]
    if not complete:
        return Verdict.UNKNOWN, f"too long to look for #{shown}"
    if scripted:
        return Verdict.UNKNOWN, f"a script makes the place #{shown}, if any"
    return Verdict.DEAD, f"no place #{shown}"


_LONGEST_SHOWN = 100  # characters of a place that a reason shows; a server may send any number


def _has(known: Set[str], place: str) -> bool:
    """Whether a page has a place, as written or decoded, or with the prefix that GitHub adds."""
    spelled = {place, unquote(place)}
    return not known.isdisjoint(spelled | {f"user-content-{name}" for name in spelled})


def _scripted(places: Set[str], answer: "Answer", page: WebPage) -> Set[str]:
    """Those of some places that a script makes, so that only a browser could tell."""
    if page.hollow or not places:
        return places
    host = _host(answer.final)
    patterns = [
        pattern
        for known, pattern in _SCRIPTED.items()
        if host == known or host.endswith(f".{known}")
    ]
    # One search for all: there may be many places, and megabytes of scripts.
    names = "|".join(re.escape(unquote(place)) for place in places)
    named = set(re.findall(rf"[\"'\\#-](?=({names})[\"'\\])", page.scripts))
    return {
        place
        for place in places
        if unquote(place) in named or any(pattern.fullmatch(place) for pattern in patterns)
    }


# -- addresses -------------------------------------------------------------------------------


def _parts(url: str) -> SplitResult:
    """Take an address apart; what is none has no parts."""
    try:
        return urlsplit(url)
    except ValueError:  # a broken IPv6 address
        return urlsplit("")


def _host(url: str) -> str:
    """The host without `www.` and the dot that ends a full name."""
    return (_parts(url).hostname or "").rstrip(".").removeprefix("www.")
