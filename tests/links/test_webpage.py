"""No body takes longer than its length explains: `judge` runs where everything else waits for it.

A server may send anything. Each body here took minutes once, or is of the kind that does: of
twice the length, many times as long. They are judged in a process of its own, as nothing else can
end a regular expression that does not.
"""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

HOOKS = Path(__file__).parents[2] / "hooks"
MEGABYTE = 1024 * 1024
SECONDS = 4.0
"""What a megabyte may take at most; the slowest takes a fourth of that."""

HTML, PNG, SVG = "text/html", "image/png", "image/svg+xml"


def run(piece: bytes, before: bytes = b"", after: bytes = b"") -> Callable[[int], bytes]:
    """The same bytes over and over, between others."""
    return lambda size: before + piece * ((size - len(before + after)) // len(piece)) + after


def listed(
    piece: bytes, before: bytes = b"", after: bytes = b"", wide: int = 1
) -> Callable[[int], bytes]:
    """Pieces with a number in each."""

    def body(size: int) -> bytes:
        count = size // (len(piece) + 6 * wide)
        return before + b"".join(piece.replace(b"%d", b"%d" % i) for i in range(count)) + after

    return body


GIF = b"GIF89a\x01\0\x01\0\0\0\0"
JPEG = b"\xff\xd8"
BODIES: dict[str, tuple[str, Callable[[int], bytes]]] = {
    "comments": ("", run(b"<!---->", after=b"x")),
    "comments in a page": (HTML, run(b"<!---->", after=b"x")),
    "comments in a picture": (PNG, run(b"<!---->", after=b"x1")),
    "comments that do not end": ("", run(b"<!-- --", after=b"x")),
    "blanks": ("", run(b" ", after=b"x")),
    "a title of noise": (HTML, run(b"404 ", b"<title>", b"</title><p id=a>")),
    "a heading of noise": (HTML, run(b"sorry ", b"<h1>", b"</h1><p id=a>")),
    "a title of marks": (HTML, run("\u0315\u0300".encode(), b"<title>x", b"</title>")),
    "a title of bars": (HTML, run(b" | -", b"<title>x", b"</title>")),
    "attributes": (HTML, listed(b" a%d", b"<a", b">")),
    "attributes without an end": (HTML, listed(b" a%d=", b"<a")),
    "ids and names": (HTML, listed(b"<a id=i%d name=n%d>", wide=2)),
    "depth": (HTML, run(b"<p><b><i><span>")),
    "ends that fit nothing": (HTML, lambda n: b"<b>" * (n // 7) + b"</i>" * (n // 7)),
    "ends at the limit": (HTML, run(b"</i>", b"<b>" * 900)),
    "bodies": (HTML, run(b"<body a=1>", b"<b>" * 900)),
    "scripts": (HTML, run(b"<script></script>x")),
    "scripts that hold many names": (HTML, run(b"\"'a-b#", b"<script>", b"</script>")),
    "navigation": (HTML, run(b"<nav></nav>x")),
    "headings in headings": (HTML, run(b"<h1></h1>x", b"<h1>" * 100)),
    "what an application fills": (HTML, run(b"<b id=root>x</b>")),
    "tables": (HTML, run(b"<table><tr><td>")),
    "forms": (HTML, run(b"<form><select><option>")),
    "angles": (HTML, run(b"<")),
    "references": (HTML, run(b"&#x1")),
    "one reference": (HTML, run(b"1", b"<p>&#")),
    "quotation marks": (HTML, run(b'<a "')),
    "an attribute that does not end": (HTML, run(b">", b'<p><a b="')),
    "doctypes": (HTML, run(b"<!doctype ")),
    "character sets": (HTML, run(b"<meta charset= ", b"<p>")),
    "a page in UTF-16": (HTML, run("<p>é".encode("utf-16-le"), b"\xff\xfe")),
    "zero bytes": (HTML, run(b"\0<p>")),
    "a drawing's comments": (SVG, run(b"<!---->", after=b"<svg/>")),
    "a drawing's depth": (SVG, run(b"<g>", b"<svg>")),
    "a drawing's attributes": (SVG, listed(b" a%d=''", b"<svg", b"/>")),
    "a drawing's width": (SVG, run(b"1", b"<svg width='", b"x'/>")),
    "a drawing's blanks": (SVG, run(b"&#32;", b"<svg width='1", b"x'/>")),
    "a drawing's view box": (SVG, run(b"1 ", b"<svg viewBox='", b"x'/>")),
    "a drawing's entities": (
        SVG,
        listed(b"<!ENTITY a%d 'x'>", b"<!DOCTYPE svg [", b"]><svg/>"),
    ),
    "a GIF's comment": (PNG, run(b"\x01a", GIF + b"!\xfe", b"\0;")),
    "a JPEG's EXIF": (PNG, run(b"\xff\xe1\0\x0aExif\0\0ab", JPEG)),
    "a JPEG's padding": (PNG, run(b"\xff", JPEG)),
    "brands": (PNG, run(b"abcd", b"\0\0\0\0ftyp")),
    "brackets": (PNG, run(b"[")),
    "digits": (PNG, run(b"1", b"[")),
}

PROGRAM = """
import json, sys, time
sys.path[:0] = sys.argv[2:4]
from multidict import CIMultiDict
from ethogram.links.answers import judge
from ethogram.links.client import Answer
from test_webpage import BODIES, MEGABYTE
taken = {}
for name in json.loads(sys.argv[1]):
    content, body = BODIES[name]
    kind = "image" if content.startswith("image/") else "page"
    headers = CIMultiDict({"Content-Type": content} if content else {})
    whole = body(int(sys.argv[4]) * MEGABYTE)
    start = time.process_time()
    judge(
        Answer("https://x/", "https://x/", (), 200, headers, whole, complete=True),
        kind,
        ["", *(f"place-{number}" for number in range(20))],
    )
    taken[name] = time.process_time() - start
    print(json.dumps([name, taken[name]]), flush=True)
"""


def timed(names: list[str], megabytes: int) -> dict[str, float]:
    """The seconds that bodies take, as far as they are done in time."""
    arguments = [json.dumps(names), str(HOOKS), str(Path(__file__).parent), str(megabytes)]
    command = [sys.executable, "-c", PROGRAM, *arguments]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=True)
        output = done.stdout
    except subprocess.TimeoutExpired as late:
        output = (late.stdout or b"").decode()
    return dict(json.loads(line) for line in output.splitlines())


@pytest.mark.parametrize("half", [0, 1])
def test_any_body_is_judged_in_time(half: int) -> None:
    """A megabyte of anything is a matter of moments."""
    names = list(BODIES)[half::2]
    taken = timed(names, 1)
    assert [name for name in names if taken.get(name, SECONDS) >= SECONDS] == []


def test_any_long_page_is_judged_in_time() -> None:
    """So are five, which are read where places are wanted: the time grows as the length does."""
    names = ["a title of noise", "attributes", "ids and names", "navigation"]
    names += ["ends that fit nothing", "scripts that hold many names"]
    taken = timed(names, 5)
    assert [name for name in names if taken.get(name, 5 * SECONDS) >= 5 * SECONDS] == []
