"""`links.report` and `links.progress`: what was found, in six formats, and how far a run is."""

import json
import os
import re
import select
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from io import StringIO
from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree

import lxml.etree
import lxml.html
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ethogram.bibliography import Bibliography
from ethogram.findings import LINKS, RULES, Severity, visible
from ethogram.links.extract import links_in_markdown
from ethogram.links.progress import Progress
from ethogram.links.report import FORMATS, Place, Result, to_findings
from ethogram.links.verdicts import Verdict
from ethogram.render import LISTS, Context, Rendered
from ethogram.taxonomy import Taxonomy
from test_findings import sarif_faults

HOOKS = Path(__file__).parent.parent.parent / "hooks"
COPY = "https://web.archive.org/web/2020/https://a.org/"
DEAD = Result(
    "https://a.org/?x=1&y=2#z",
    "page",
    Verdict.DEAD,
    "HTTP 404",
    404,
    final="https://a.org/final",
    snapshot=COPY,
    checked="2026-11-21T13:45:00Z",
    places=(Place("docs/b.md", 3, 5), Place("docs/a.md", 7, 1)),
)
PICTURE = Result(
    "https://p.org/p.png", "image", Verdict.DEAD, "no picture", 200, places=(Place("c.md", 1, 1),)
)
SUSPECT = Result(
    "https://s.org/", "page", Verdict.SUSPECT, "HTTP 404 (fault 1 of 3)", 404, places=DEAD.places
)
BLOCKED = Result("https://x.com/", "page", Verdict.BLOCKED, "HTTP 403", 403, places=DEAD.places[:1])
UNKNOWN = Result("https://u.org/", "page", Verdict.UNKNOWN, "timed out", places=DEAD.places[1:])
FINE = Result("https://ok.org/", "page", Verdict.OK, status=200, places=DEAD.places)
MOVED = replace(FINE, url="http://m.org/", moved="https://m.org/", final="https://m.org/")
SERVED = replace(DEAD, url="https://served.org/", served=True)
ALL = (FINE, MOVED, UNKNOWN, SERVED, BLOCKED, SUSPECT, PICTURE, DEAD)

_TEXT = st.text(st.characters() | st.sampled_from("|`<>[]()\\\"'&\n\r\0\x1b\ud800\ufffe%:,"))
_PLACES = st.builds(Place, st.text(min_size=1, max_size=9), st.integers(1, 99), st.integers(1, 99))
_RESULTS = st.lists(
    st.builds(
        Result,
        _TEXT | _TEXT.map(lambda text: f"https://{text}"),
        st.sampled_from(["page", "image"]),
        st.sampled_from(list(Verdict)),
        _TEXT,
        st.none() | st.integers(100, 999),
        _TEXT,
        _TEXT,
        _TEXT,
        _TEXT,
        st.lists(_PLACES, max_size=3, unique=True).map(tuple),
        st.booleans(),
    ),
    max_size=6,
)


# -- text ------------------------------------------------------------------------------------


def test_text_names_place_verdict_reason_and_mend() -> None:
    """Every place of what is dead comes first; what is ok is counted, or has moved for good."""
    assert FORMATS["text"](ALL).splitlines() == [
        "docs/a.md:7:1: dead https://a.org/?x=1&y=2#z (HTTP 404)",
        "    Run `ethogram links --fix` to serve readers the copy, or link to another page. It "
        f"leads to <https://a.org/final>. An archived copy is at <{COPY}>.",
        "docs/b.md:3:5: dead https://a.org/?x=1&y=2#z (HTTP 404)",
        "    Run `ethogram links --fix` to serve readers the copy, or link to another page. It "
        f"leads to <https://a.org/final>. An archived copy is at <{COPY}>.",
        "c.md:1:1: dead https://p.org/p.png (no picture)",
        "    Save another copy of the picture under docs/assets/figures/, or take it out.",
        "docs/a.md:7:1: suspect https://s.org/ (HTTP 404 (fault 1 of 3))",
        "    Open it. If it is gone, correct the link; three faults at least three days apart make "
        "it dead.",
        "docs/b.md:3:5: suspect https://s.org/ (HTTP 404 (fault 1 of 3))",
        "    Open it. If it is gone, correct the link; three faults at least three days apart make "
        "it dead.",
        "docs/b.md:3:5: blocked https://x.com/ (HTTP 403)",
        "    Its host refuses robots: open it in a browser if in doubt.",
        "docs/a.md:7:1: unknown https://u.org/ (timed out)",
        "    Nothing yet: it is asked again in the next run.",
        "docs/a.md:7:1: ok http://m.org/ (moved for good)",
        "    Run `ethogram links --fix`, or write <https://m.org/>.",
        "docs/b.md:3:5: ok http://m.org/ (moved for good)",
        "    Run `ethogram links --fix`, or write <https://m.org/>.",
        "8 links: 3 dead, 1 suspect, 1 blocked, 1 unknown, 2 ok; 1 served from an archived copy",
    ]


def test_text_of_nothing() -> None:
    """No links are an answer, too, and a link without a place is not forgotten."""
    assert FORMATS["text"]([]) == "0 links: 0 dead, 0 suspect, 0 blocked, 0 unknown, 0 ok"
    assert FORMATS["text"]([replace(PICTURE, places=(), reason="")]).splitlines() == [
        "dead https://p.org/p.png (no reason given)",
        "    Save another copy of the picture under docs/assets/figures/, or take it out.",
        "1 link: 1 dead, 0 suspect, 0 blocked, 0 unknown, 0 ok",
    ]


@given(_RESULTS)
def test_text_stays_in_its_lines(results: list[Result]) -> None:
    """Two lines for each place, whatever a server said; nothing that a terminal would obey."""
    lines = FORMATS["text"](results).split("\n")
    told = [
        each for each in results if (each.moved if each.verdict is Verdict.OK else not each.served)
    ]
    assert len(lines) == 1 + sum(2 * max(len(each.places), 1) for each in told)
    assert all(line.isprintable() for line in lines)


# -- JSON ------------------------------------------------------------------------------------


def test_json_has_the_promised_shape() -> None:
    """The members of DESIGN in order, every link once; behind them a snapshot, where known."""
    objects = json.loads(FORMATS["json"](ALL))
    assert [each["url"] for each in objects] == sorted(each.url for each in ALL)
    shape = ("url", "kind", "verdict", "reason", "status", "final", "places")
    assert {tuple(each) for each in objects} == {shape, (*shape, "snapshot")}
    assert objects[1] == {
        "url": "https://a.org/?x=1&y=2#z",
        "kind": "page",
        "verdict": "dead",
        "reason": "HTTP 404",
        "status": 404,
        "final": "https://a.org/final",
        "places": [
            {"path": "docs/a.md", "line": 7, "column": 1},
            {"path": "docs/b.md", "line": 3, "column": 5},
        ],
        "snapshot": COPY,
    }
    assert next(each for each in objects if each["verdict"] == "unknown")["status"] is None
    assert FORMATS["json"]([]) == "[]"


# -- findings, SARIF, GitHub -----------------------------------------------------------------


def test_each_place_is_a_finding() -> None:
    """Dead is an error, suspect a warning, the rest a note; ok and served are no finding."""
    found = to_findings(ALL)
    assert found == sorted(found)
    assert Counter((each.rule, each.severity.value) for each in found) == {
        ("dead-address", "error"): 3,
        ("suspect-address", "warning"): 2,
        ("unchecked-address", "note"): 2,
    }
    assert {each.message for each in found} == {
        "https://a.org/?x=1&y=2#z is gone: HTTP 404",
        "https://p.org/p.png is gone: no picture",
        "https://s.org/ may be gone: HTTP 404 (fault 1 of 3)",
        "https://x.com/ could not be checked, as its host refuses robots: HTTP 403",
        "https://u.org/ could not be checked: timed out",
    }
    assert any(COPY in each.hint and "https://a.org/final" in each.hint for each in found)


NETWORK = {
    "dead-address": Verdict.DEAD,
    "suspect-address": Verdict.SUSPECT,
    "unchecked-address": Verdict.UNKNOWN,
}


def test_each_rule_of_the_network_is_broken_by_its_example() -> None:
    """The example has one link out of the site; with the verdict, it breaks its rule."""
    assert {rule.name for rule in RULES.values() if rule.command == LINKS} == set(NETWORK)
    for name, verdict in NETWORK.items():
        (link,) = links_in_markdown(RULES[name].example, "docs/example.md")
        place = Place("docs/example.md", link.line, link.column)
        assert link.url.startswith("https://")
        (found,) = to_findings([Result(link.url, link.kind, verdict, places=(place,))])
        assert (found.rule, found.path, found.line) == (name, "docs/example.md", 1)


def test_the_page_of_rules_says_which_command_finds_what() -> None:
    """What the network tells is found by `ethogram links`; all else goes without saying."""
    rendered = Rendered("")
    LISTS["rules"](rendered, Context(Bibliography(), Taxonomy(), {}, {}, Path("docs"), str))
    shown = dict(zip(RULES, rendered.snippets.values(), strict=True))
    told = {
        name for name, html in shown.items() if "Found by <code>ethogram links</code>" in html()
    }
    assert told == set(NETWORK)


@given(_RESULTS)
def test_sarif_is_valid(results: list[Result]) -> None:
    """A result for each finding, at its level, whatever a server said."""
    log = FORMATS["sarif"](results)
    assert sarif_faults(log) == []
    levels = [each["level"] for each in json.loads(log)["runs"][0]["results"]]
    assert levels == [each.severity.value for each in to_findings(results)]
    assert all(
        each["message"]["text"].isprintable() for each in json.loads(log)["runs"][0]["results"]
    )


@given(_RESULTS)
def test_github_gets_an_annotation_for_each_finding(results: list[Result]) -> None:
    """A line each, of the command that GitHub knows the severity by."""
    commands = {
        Severity.ERROR: "::error ",
        Severity.WARNING: "::warning ",
        Severity.NOTE: "::notice ",
    }
    lines = (
        FORMATS["github"](results).replace("\r", "\n").split("\n") if to_findings(results) else []
    )
    assert [line[: line.index(" ") + 1] for line in lines] == [
        commands[each.severity] for each in to_findings(results)
    ]


# -- JUnit -----------------------------------------------------------------------------------


def test_junit_has_a_case_for_each_link() -> None:
    """Dead ones fail; what is not known, or is served from a copy, is skipped with the reason."""
    root = ElementTree.fromstring(FORMATS["junit"](ALL))
    (suite,) = root
    counts = {"tests": "8", "failures": "2", "errors": "0", "skipped": "4"}
    assert root.tag == "testsuites"
    assert root.attrib == {"name": "ethogram links", **counts}
    assert suite.attrib == {"name": "links", **counts}
    told = {
        case.get("name"): (
            case.get("classname"),
            [(each.tag, each.get("message")) for each in case],
        )
        for case in suite
    }
    assert told == {
        "http://m.org/": ("links.page", []),
        "https://a.org/?x=1&y=2#z": ("links.page", [("failure", "dead: HTTP 404")]),
        "https://ok.org/": ("links.page", []),
        "https://p.org/p.png": ("links.image", [("failure", "dead: no picture")]),
        "https://s.org/": ("links.page", [("skipped", "suspect: HTTP 404 (fault 1 of 3)")]),
        "https://served.org/": ("links.page", [("skipped", "dead: HTTP 404")]),
        "https://u.org/": ("links.page", [("skipped", "unknown: timed out")]),
        "https://x.com/": ("links.page", [("skipped", "blocked: HTTP 403")]),
    }
    failure = suite.find("testcase/failure[@message='dead: no picture']")
    assert failure is not None
    assert failure.get("type") == "dead"
    assert (failure.text or "").splitlines() == [
        "c.md:1:1",
        "Save another copy of the picture under docs/assets/figures/, or take it out.",
    ]
    served = suite.find("testcase[@name='https://served.org/']/skipped")
    assert served is not None
    assert (served.text or "").endswith(f"Readers get <{COPY}>.")


@given(_RESULTS)
def test_junit_is_xml_whatever_is_quoted(results: list[Result]) -> None:
    """What XML forbids is shown, never written; the counts are those of the cases."""
    text = FORMATS["junit"](results)
    assert text.isascii()
    assert ElementTree.fromstring(text).find("testsuite") is not None
    suite = lxml.etree.fromstring(text.encode("ascii"))[0]
    cases = suite.findall("testcase")
    assert len(cases) == len(suite) == len(results) == int(suite.get("tests"))
    assert int(suite.get("failures")) == len(suite.findall("testcase/failure"))
    assert int(suite.get("skipped")) == len(suite.findall("testcase/skipped"))
    assert {each.tag for each in suite.iter()} <= {"testsuite", "testcase", "failure", "skipped"}


# -- Markdown --------------------------------------------------------------------------------


def shown(text: str) -> lxml.html.HtmlElement:
    """A report as a browser gets it from a reader of GitHub's Markdown that lets HTML through."""
    reader = MarkdownIt("commonmark", {"html": True}).enable("table")
    return lxml.html.fromstring(f"<main>{reader.render(text)}</main>")


def test_markdown_is_a_report_for_an_issue() -> None:
    """Counts, then a table for each verdict that there is, links that can be followed."""
    page = shown(FORMATS["markdown"](ALL))
    assert [each.text_content() for each in page.iter("h2")] == [
        "Dead",
        "Suspect",
        "Blocked: the host refuses robots",
        "Unknown: no answer that says anything",
        "Moved for good",
        "Served from an archived copy",
    ]
    counts, dead, *_ = page.iter("table")
    assert [[cell.text_content() for cell in row] for row in counts.iter("tr")] == [
        ["Verdict", "Links"],
        ["dead", "3"],
        ["suspect", "1"],
        ["blocked", "1"],
        ["unknown", "1"],
        ["ok", "2"],
    ]
    assert [cell.text_content() for cell in list(dead.iter("tr"))[1]] == [
        DEAD.url,
        "HTTP 404",
        "docs/a.md:7:1, docs/b.md:3:5",
        DEAD.final,
        COPY,
    ]
    assert [a.get("href") for a in dead.iter("a")][:3] == [DEAD.url, DEAD.final, COPY]


@given((_TEXT | _TEXT.map(lambda text: f"https://{text}")).filter(visible), _TEXT, _TEXT)
@example("https://a.org/<script>alert(1)</script>", "@everyone fixes #1", "a|b.md")
@example("https://a.org/](javascript:alert(1))", "`x` ``y", "\\|\\`.md")
@example("javascript:alert(1)", "\n\n# x", "`")
@example("https://a.org/`|\\|``>x", "| a | b |", "*a*_b_~c~")
def test_markdown_shows_what_a_server_says_and_obeys_none_of_it(
    url: str, reason: str, path: str
) -> None:
    """Addresses and reasons stand in their cells as code; only http(s) addresses become links."""
    result = Result(url, "page", Verdict.DEAD, reason, places=(Place(path, 1, 1),))
    page = shown(FORMATS["markdown"]([result]))
    _, table = page.iter("table")
    assert {each.tag for each in page} == {"table", "h2"}
    _, row = table.iter("tr")
    cells = [cell.text_content() for cell in row]
    assert cells == [
        visible(url),
        visible(reason) or "no reason given",
        f"{visible(path)}:1:1",
        "",
        "",
    ]
    assert {each.tag for each in row.iter()} <= {"tr", "td", "a", "code"}
    assert all(not cell.text and len(cell.findall(".//code")) == 1 for cell in list(row)[:3])
    assert len(list(row.iter("a"))) == visible(url).lower().startswith(("http://", "https://"))
    assert all(a.get("href").lower().startswith(("http://", "https://")) for a in row.iter("a"))


def test_markdown_fits_into_an_issue() -> None:
    """GitHub takes 65,536 characters: what is left out is counted, and all headings are there."""
    many = [
        replace(each, url=f"{each.url}{number:05}")
        for number in range(500)
        for each in (DEAD, SUSPECT, UNKNOWN, replace(MOVED, places=DEAD.places * 9))
    ]
    text = FORMATS["markdown"](many)
    assert 55_000 < len(text) < 65_536
    assert text.count("\n## ") == 4
    rows = len(re.findall(r"(?m)^\| \[", text))
    assert rows + sum(map(int, re.findall(r"(?m)^(\d+) more are not shown\.$", text))) == 2000
    (row,) = [
        line
        for line in FORMATS["markdown"]([replace(DEAD, places=DEAD.places * 9)]).splitlines()
        if "HTTP 404" in line
    ]
    assert " and 13 more |" in row


@given(_RESULTS)
def test_every_format_takes_anything(results: list[Result]) -> None:
    """No text makes a format fail; what it writes can be encoded."""
    for form in FORMATS.values():
        form(results).encode("utf-8", "strict")


# -- progress --------------------------------------------------------------------------------


class Clock:
    """A clock that goes when it is told."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Tell the time."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Give a clock that stands still."""
    return Clock()


def test_a_short_run_says_nothing(clock: Clock) -> None:
    """Within a second there is nothing to wait for."""
    stream = StringIO()
    with Progress(1, stream, clock) as progress:
        progress.told(Verdict.OK, "a.org", 0.1)
        clock.now += 0.99
    assert stream.getvalue() == ""


def test_plain_lines_keep_their_pace(clock: Clock) -> None:
    """At most one line in five seconds, and one at the end, with counts and the slowest hosts."""
    stream = StringIO()
    with Progress(40, stream, clock) as progress:
        for number in range(20):
            clock.now += 0.6
            verdict = Verdict.OK if number else Verdict.DEAD
            progress.told(verdict, f"{'abcde'[number % 5]}.org", number % 5 + number / 10)
    assert stream.getvalue().splitlines() == [
        "9 of 40 links: 8 ok, 1 dead; slowest: e.org 4.4 s, d.org 3.8 s, c.org 2.7 s",
        "18 of 40 links: 17 ok, 1 dead; slowest: e.org 5.4 s, d.org 4.3 s, c.org 3.7 s",
        "20 of 40 links: 19 ok, 1 dead; slowest: e.org 5.9 s, d.org 4.8 s, c.org 3.7 s",
    ]


def test_a_run_that_fails_says_how_far_it_came(clock: Clock) -> None:
    """The last line stands under all that happened, an error too."""
    stream = StringIO()

    def fail() -> None:
        with Progress(2, stream, clock) as progress:
            progress.told(Verdict.UNKNOWN, "", 0.0)
            clock.now += 1
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert stream.getvalue() == "1 of 2 links: 1 unknown\n"


PLAIN = """
import sys, time
from ethogram.links.progress import Progress
from ethogram.links.verdicts import Verdict

with Progress(3) as progress:
    progress.told(Verdict.OK, "a\\x1b[2J.org", 0.25)
    time.sleep(float(sys.argv[1]))
print("rich" in sys.modules)
"""


def told_elsewhere(seconds: str) -> tuple[str, str]:
    """What a run without a terminal prints on its two streams."""
    done = subprocess.run(
        [sys.executable, "-c", PLAIN, seconds],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PYTHONPATH": str(HOOKS), "FORCE_COLOR": "1"},
    )
    return done.stdout, done.stderr


def test_elsewhere_lines_are_plain() -> None:
    """In CI there is no escape sequence on standard error, not even a host's own, and no rich."""
    assert told_elsewhere("1.05") == (
        "False\n",
        "1 of 3 links: 1 ok; slowest: a\\x1b[2J.org 0.2 s\n",
    )
    assert told_elsewhere("0") == ("False\n", "")


@contextmanager
def terminal() -> Iterator[tuple[TextIO, Callable[[], str]]]:
    """A terminal to write to, and a function that says what was written to it of late."""
    import pty  # not at the top: Windows lacks it

    ours, theirs = pty.openpty()
    with os.fdopen(theirs, "w", encoding="utf-8") as stream, os.fdopen(ours, "rb", 0) as screen:

        def seen() -> str:
            ready, _, _ = select.select([screen], [], [], 0.05)
            return screen.read(100_000).decode("utf-8") if ready else ""

        yield stream, seen


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")
def test_a_terminal_shows_how_far_it_is(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    """After a second: done, each verdict, the three slowest hosts, whose names are no markup."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "100")
    with terminal() as (stream, seen):
        with Progress(9, stream, clock) as progress:
            progress.told(Verdict.OK, "[red]a[/x].org", 2.5)
            assert seen() == ""
            clock.now += 1
            for number in range(4):
                progress.told(Verdict.DEAD, f"{number}\x1b[2J.org", number)
            told, deadline = "", time.monotonic() + 5
            while "5 of 9 links" not in told and time.monotonic() < deadline:
                told += seen()
        told += seen()
    assert "1 ok" in told
    assert "4 dead" in told
    assert "slowest: 3\\x1b[2J.org 3.0 s, [red]a[/x].org 2.5 s, 2\\x1b[2J.org 2.0 s" in told
    assert "\x1b[2J" not in told
    assert told.count("\x1b[?25l") == told.count("\x1b[?25h") == 1  # the cursor is back
