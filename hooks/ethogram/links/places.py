"""The places on a page that links lead to, and what it means that one is not seen."""

import re
from collections.abc import Iterable, Set
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ethogram.links.redirects import host
from ethogram.links.verdicts import Verdict
from ethogram.links.webpage import WebPage, says_html

if TYPE_CHECKING:
    from ethogram.links.client import Answer

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


def lacking(
    places: Iterable[str], answer: "Answer", page: WebPage | None, unread: str
) -> dict[str, tuple[Verdict, str]]:
    """Return those of some places that are not seen on a page, and what that means of each.

    Args:
        places: without `#`; each is sought.
        answer: what the client brought.
        page: the same as a page; None where it is none.
        unread: why its body could not be read; empty where it could.
    """
    if unread and says_html(answer.headers):
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
    asked = host(answer.final)
    patterns = [
        pattern
        for known, pattern in _SCRIPTED.items()
        if asked == known or asked.endswith(f".{known}")
    ]
    # One search for all: there may be many places, and megabytes of scripts.
    names = "|".join(re.escape(unquote(place)) for place in places)
    named = set(re.findall(rf"[\"'\\#-](?=({names})[\"'\\])", page.scripts))
    return {
        place
        for place in places
        if unquote(place) in named or any(pattern.fullmatch(place) for pattern in patterns)
    }
