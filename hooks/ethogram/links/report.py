"""What a check of links found, in the formats of `ethogram links` (guide/links.md, rule 14).

An address is an outsider's text, and so is the reason that a server gives: no format lets either
end a line, a table's cell, a quotation or an element.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from xml.etree import ElementTree

from ethogram.findings import Finding, to_github, to_sarif, visible
from ethogram.links.addresses import Kind
from ethogram.links.verdicts import Verdict
from ethogram.quoting import cell as _code

_ORDER = (Verdict.DEAD, Verdict.SUSPECT, Verdict.BLOCKED, Verdict.UNKNOWN, Verdict.OK)
"""The verdicts as reports list them: what asks for a hand first."""


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where a link is written; line and column count from 1."""

    path: str
    line: int
    column: int

    def __str__(self) -> str:
        """Return ``path:line:column``, as editors and terminals take it."""
        return f"{visible(self.path)}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Result:
    """What is known of a link after a check, and where it is written.

    Attributes:
        url: the address, with its fragment.
        kind: what is expected there.
        verdict: in the light of all checks so far.
        reason: why, in a few words; of *ok* may be empty.
        status: the HTTP status of the last answer; None where there was none.
        final: the address that answered, where it is another one; else empty.
        moved: where it has moved for good; empty where it has not.
        snapshot: the address of an archived copy; empty where none is known.
        checked: when it was last checked, ``2026-11-21T13:45:00Z``.
        places: every place where it is written.
        served: whether readers get the archived copy, as bib/archive.yml says: then nothing is
            left to be mended, and it is no finding.
    """

    url: str
    kind: Kind
    verdict: Verdict
    reason: str = ""
    status: int | None = None
    final: str = ""
    moved: str = ""
    snapshot: str = ""
    checked: str = ""
    places: tuple[Place, ...] = ()
    served: bool = False

    @property
    def fails(self) -> bool:
        """Whether it is an error: dead, and nothing in its place."""
        return self.verdict is Verdict.DEAD and not self.served


def _sorted(results: Iterable[Result]) -> list[Result]:
    return sorted(results, key=lambda result: (result.url, result.kind))


def _listed(results: Sequence[Result]) -> list[Result]:
    """What a reader is told of one by one: what is not ok, and then what has moved for good."""
    told = [result for result in _sorted(results) if _asks(result)]
    return sorted(told, key=lambda result: _ORDER.index(result.verdict))


def _asks(result: Result) -> bool:
    return bool(result.moved) if result.verdict is Verdict.OK else not result.served


def _label(result: Result) -> str:
    """Why the verdict is what it is, in words."""
    told = "moved for good" if result.verdict is Verdict.OK and result.moved else result.reason
    return visible(told) or "no reason given"


def told_once(result: Result) -> Result:
    """The same with the first of its places, if they are on built pages: these repeat the theme."""
    written = any(place.path.endswith(".md") for place in result.places)
    return result if written else replace(result, places=result.places[:1])


def counts(results: Sequence[Result]) -> str:
    """Return how many links there are of each verdict, in a line."""
    counted = Counter(result.verdict for result in results)
    served = sum(result.served for result in results)
    each = ", ".join(f"{counted[verdict]} {verdict}" for verdict in _ORDER)
    said = f"{len(results)} {'link' if len(results) == 1 else 'links'}: {each}"
    return f"{said}; {served} served from an archived copy" if served else said


# -- what to do ------------------------------------------------------------------------------

_GRACE = "If it is gone, correct the link; three faults at least three days apart make it dead."


def _mend(result: Result) -> str:
    """Say what a person can do, where a redirect led, and which copy there is."""
    parts = [_MENDS[result.verdict](result)]
    if result.final and result.final != result.moved:
        parts.append(f"It leads to <{result.final}>.")
    if result.snapshot:
        parts.append(f"An archived copy is at <{result.snapshot}>.")
    return visible(" ".join(parts))


def _dead(result: Result) -> str:
    if result.snapshot:
        return "Run `ethogram links --fix` to serve readers the copy, or link to another page."
    if result.kind == "image":
        return "Save another copy of the picture under docs/assets/figures/, or take it out."
    return "Link to where it is now, or take the link out."


def _moved(result: Result) -> str:
    return f"Run `ethogram links --fix`, or write <{result.moved}>."


_MENDS: dict[Verdict, Callable[[Result], str]] = {
    Verdict.DEAD: _dead,
    Verdict.SUSPECT: lambda _: f"Open it. {_GRACE}",
    Verdict.BLOCKED: lambda _: "Its host refuses robots: open it in a browser if in doubt.",
    Verdict.UNKNOWN: lambda _: "Nothing yet: it is asked again in the next run.",
    Verdict.OK: _moved,
}


# -- text and JSON ---------------------------------------------------------------------------


def to_text(results: Sequence[Result]) -> str:
    """Write ``path:line:column: VERDICT address (reason)`` and a line with the mend for each place.

    The dead come first, what moved for good comes last, and a line of counts ends the text.
    """
    blocks = [f"{line}\n    {_mend(result)}" for result in _listed(results) for line in _at(result)]
    return "\n".join([*blocks, counts(results)])


def _at(result: Result) -> Iterator[str]:
    """A line for each place; one without a place where none is known."""
    said = f"{result.verdict} {visible(result.url)} ({_label(result)})"
    yield from (f"{place}: {said}" for place in sorted(result.places))
    if not result.places:
        yield said


def to_json(results: Sequence[Result]) -> str:
    """Write an array with every link once, those that are ok as well (DESIGN, "Shapes")."""
    return json.dumps([_as_object(result) for result in _sorted(results)], indent=2)


def _as_object(result: Result) -> dict[str, object]:
    places = [
        {"path": place.path, "line": place.line, "column": place.column}
        for place in sorted(result.places)
    ]
    shape: dict[str, object] = {
        "url": result.url,
        "kind": result.kind,
        "verdict": result.verdict.value,
        "reason": result.reason,
        "status": result.status,
        "final": result.final,
        "places": places,
    }
    return shape | ({"snapshot": result.snapshot} if result.snapshot else {})


# -- findings --------------------------------------------------------------------------------

_RULES = {
    Verdict.DEAD: "dead-address",
    Verdict.SUSPECT: "suspect-address",
    Verdict.BLOCKED: "unchecked-address",
    Verdict.UNKNOWN: "unchecked-address",
}
"""The rule that each verdict but *ok* breaks."""

_SAID = {
    Verdict.DEAD: "is gone",
    Verdict.SUSPECT: "may be gone",
    Verdict.BLOCKED: "could not be checked, as its host refuses robots",
    Verdict.UNKNOWN: "could not be checked",
}


def to_findings(results: Iterable[Result]) -> list[Finding]:
    """Return a finding for each place of what is not ok and not served from a copy, sorted."""
    wrong = (result for result in results if result.verdict in _RULES and _asks(result))
    return sorted({each for result in wrong for each in _findings(result)})


def _findings(result: Result) -> Iterator[Finding]:
    message = f"{visible(result.url)} {_SAID[result.verdict]}: {_label(result)}"
    for place in result.places:
        at = (place.line, place.column)
        yield Finding.of(_RULES[result.verdict], place.path, at, message, _mend(result))


def _sarif(results: Sequence[Result]) -> str:
    return to_sarif(to_findings(results))


def _github(results: Sequence[Result]) -> str:
    return to_github(to_findings(results))


# -- JUnit -----------------------------------------------------------------------------------


def to_junit(results: Sequence[Result]) -> str:
    """Write a test suite with a case for each link: dead ones fail, what is not known is skipped.

    There is no standard; https://github.com/testmoapp/junitxml describes what readers of it have
    in common. It is ASCII, so that any terminal and any file takes it.
    """
    cases = [_case(result) for result in _sorted(results)]
    counts = {
        "tests": str(len(cases)),
        "failures": str(sum(case.find("failure") is not None for case in cases)),
        "errors": "0",
        "skipped": str(sum(case.find("skipped") is not None for case in cases)),
    }
    suites = ElementTree.Element("testsuites", {"name": "ethogram links", **counts})
    ElementTree.SubElement(suites, "testsuite", {"name": "links", **counts}).extend(cases)
    ElementTree.indent(suites)
    body = ElementTree.tostring(suites, encoding="us-ascii").decode("ascii")
    return f'<?xml version="1.0"?>\n{body}'


def _case(result: Result) -> ElementTree.Element:
    """A link's test case; `visible` has made what XML forbids readable."""
    names = {"classname": f"links.{result.kind}", "name": visible(result.url)}
    case = ElementTree.Element("testcase", names)
    if result.verdict is not Verdict.OK:
        message = f"{result.verdict}: {_label(result)}"
        about = {"message": message, "type": result.verdict.value}
        outcome = ElementTree.SubElement(case, "failure" if result.fails else "skipped", about)
        mend = f"Readers get <{visible(result.snapshot)}>." if result.served else _mend(result)
        outcome.text = "\n".join([*map(str, sorted(result.places)), mend])
    return case


# -- Markdown --------------------------------------------------------------------------------

_ROOM = 60_000
"""Characters of a report; an issue on GitHub takes 65,536."""

_PLACES = 5
"""How many places of a link a table lists."""

_HEADS = {
    Verdict.DEAD: "Dead",
    Verdict.SUSPECT: "Suspect",
    Verdict.BLOCKED: "Blocked: the host refuses robots",
    Verdict.UNKNOWN: "Unknown: no answer that says anything",
    Verdict.OK: "Moved for good",
}
_COLUMNS = "| Address | Reason | Where | Leads to | Archived copy |\n|---|---|---|---|---|\n"
_SERVED = "Served from an archived copy"


def to_markdown(results: Sequence[Result]) -> str:
    """Write a report that fits an issue: the counts, then a table for each verdict."""
    counted = Counter(result.verdict for result in results)
    rows = "".join(f"| {verdict} | {counted[verdict]} |\n" for verdict in _ORDER)
    text = f"| Verdict | Links |\n|---|---:|\n{rows}"
    listed = _listed(results)
    tables = [(_HEADS[v], [each for each in listed if each.verdict is v]) for v in _ORDER]
    tables.append((_SERVED, [each for each in _sorted(results) if each.served]))
    for head, found in tables:
        if found:
            text += _table(head, found, _ROOM - len(text))
    return text


def _table(head: str, results: Sequence[Result], room: int) -> str:
    """A heading and a table, with as many rows as there is room for."""
    text, left = f"\n## {head}\n\n{_COLUMNS}", 0
    for result in results:
        row = _row(result)
        fits = len(text) + len(row) <= room
        text, left = (text + row, left) if fits else (text, left + 1)
    return f"{text}\n{left} more are not shown.\n" if left else text


def _row(result: Result) -> str:
    places = [_code(str(place)) for place in sorted(result.places)]
    more = len(places) - _PLACES
    where = ", ".join(places[:_PLACES]) + (f" and {more} more" if more > 0 else "")
    target = result.moved or result.final
    links = [_link(address) if address else "" for address in (target, result.snapshot)]
    return f"| {_link(result.url)} | {_code(_label(result))} | {where} | {' | '.join(links)} |\n"


def _link(address: str) -> str:
    """A link that shows the address; what could end it early is percent-encoded."""
    shown = visible(address)
    target = re.sub(r"[<>|\\`\s]", lambda match: f"%{ord(match[0]):02X}", shown)
    return f"[{_code(shown)}](<{target}>)" if _HTTP.match(shown) else _code(shown)


_HTTP = re.compile("https?://", re.IGNORECASE)


FORMATS: dict[str, Callable[[Sequence[Result]], str]] = {
    "text": to_text,
    "json": to_json,
    "markdown": to_markdown,
    "junit": to_junit,
    "sarif": _sarif,
    "github": _github,
}
"""The formats of `ethogram links` by their name on the command line."""
