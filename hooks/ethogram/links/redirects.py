"""Where an answer's redirects lead: to the same page, a form to sign in, home, or nowhere.

The oddities of hosts stand in named tables.
"""

import re
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

if TYPE_CHECKING:
    from ethogram.links.client import Answer

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


def permanent(answer: "Answer") -> bool:
    """Tell whether every redirect holds for good, and none is of an expiring address."""
    return (
        bool(answer.hops)
        and all(hop.status in _PERMANENT for hop in answer.hops)
        and not any(expires(hop.url) for hop in answer.hops)
    )


def expires(url: str) -> bool:
    """Tell whether an address is signed, so that it is dead in a few minutes."""
    parts = taken_apart(url)
    private = (parts.hostname or "") == "private-user-images.githubusercontent.com"
    return private or bool(_EXPIRING.search(parts.query) or ";jsessionid=" in url.lower())


def shown(url: str) -> str:
    """Return an address as a reason shows it: of one that expires, only what stays."""
    return re.split(r"[?;]", url, maxsplit=1)[0] if expires(url) else url


def asks(answer: "Answer") -> str:
    """Say why a redirect leads to a form to sign in or to agree; empty where it does not."""
    if not answer.hops or _asking(answer.asked) or (answer.status or 0) >= 500:
        return ""
    if not _asking(answer.final):
        return ""
    place = answer.final.lower()
    if "consent" in place or "cookieabsent" in place:
        return "asks to agree to cookies"
    return "asks to sign in"


def _asking(url: str) -> bool:
    parts = taken_apart(url)
    return bool(_ASKING_HOSTS.match(parts.netloc) or _ASKING_PATHS.fullmatch(parts.path))


def home(answer: "Answer") -> str:
    """Say why a redirect has lost what was asked for; empty where it has not.

    A folder may have become a host of its own: `example.org/tool` at `tool.example.org`.
    """
    asked, final = taken_apart(answer.asked), taken_apart(answer.final)
    if not answer.hops or not _is_home(final) or _is_home(asked):
        return ""
    last = asked.path.rstrip("/").rpartition("/")[2].partition(".")[0].lower()
    same = host(answer.asked) == host(answer.final)
    if host(answer.asked) in _SHORTENERS or (last and not same and last in host(answer.final)):
        return ""
    return f"redirects to the home page {shown(answer.final)}"


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


def lost(answer: "Answer") -> str:
    """Say why a redirect leads to a page for what is missing; empty where it does not."""
    if not answer.hops or not _is_nowhere(answer.final) or _is_nowhere(answer.asked):
        return ""
    return f"redirects to {shown(answer.final)}"


def _is_nowhere(url: str) -> bool:
    parts = taken_apart(url)
    if _NOWHERE.fullmatch(parts.path) or _NOWHERE_SAID.search(parts.query):
        return True
    return bool(_ERROR.fullmatch(parts.path) and _ERROR_SAID.search(parts.query))


def _is_home(parts: SplitResult) -> bool:
    return bool(_HOME.fullmatch(parts.path)) and not _TRACKING.sub("", parts.query)


# -- addresses -------------------------------------------------------------------------------


def taken_apart(url: str) -> SplitResult:
    """Take an address apart; what is none has no parts."""
    try:
        return urlsplit(url)
    except ValueError:  # a broken IPv6 address
        return urlsplit("")


def host(url: str) -> str:
    """Return the host without `www.` and the dot that ends a full name."""
    return (taken_apart(url).hostname or "").rstrip(".").removeprefix("www.")
