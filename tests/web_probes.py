"""What the web does to links: probes with the verdict that is right for each.

Each is a page or picture on the loopback server, named by the paths it needs; the tests and the
benchmark, which sets Ethogram beside another checker, ask them all.
"""

import struct
import zlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

from loopback_web import LoopbackWeb, Reply, redirect


def png(width: int = 3, height: int = 2) -> bytes:
    """A gray picture."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x80" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def html(
    title: str, body: str = "<p>Some words that a reader came for, and a few more.</p>"
) -> bytes:
    """A page."""
    return f"<!doctype html><html><title>{title}</title><body>{body}</body></html>".encode()


OK = Reply(body=html("A page"))
PICTURE = Reply(200, {"Content-Type": "image/png"}, png())
LIKE_A_PICTURE = {"Content-Type": "image/png"}
GONE = Reply(404, {}, html("Not Found"))
CHALLENGE = Reply(
    403,
    {"Server": "cloudflare", "cf-mitigated": "challenge"},
    html("Just a moment...", "<p>Checking your browser before accessing the site.</p>"),
)


@dataclass(frozen=True)
class Probe:
    """A link, what the server does with it, and the verdict that is right.

    Attributes:
        name: what it tries, and the path under which it stands.
        verdict: the verdict that is right; only *dead* fails a check.
        replies: what the path answers; a list in turn.
        link: behind the path, a query or a fragment.
        kind: `page` or `image`.
        others: further paths that it needs, from `/<name>/` on.
        path: another path than the name.
    """

    name: str
    verdict: str
    replies: Reply | list[Reply] = OK
    link: str = ""
    kind: str = "page"
    others: dict[str, Reply | list[Reply]] = field(default_factory=dict)
    path: str = ""

    @property
    def address(self) -> str:
        """Path, query and fragment."""
        return f"{self.path or '/' + self.name}{self.link}"

    def install(self, web: LoopbackWeb) -> None:
        """Set the server to answer as it does."""
        web.set(self.address.partition("#")[0], self.replies)
        for path, replies in self.others.items():
            web.set(f"/{self.name}/{path}" if path else "/", replies)


def in_seconds(seconds: int) -> str:
    """An HTTP date that lies ahead."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


def probes() -> list[Probe]:
    """All of them; dates among the answers lie a second or two ahead of this call."""
    return [*_methods(), *_later(), *_refusals(), *_gone(), *_redirects(), *_places(), *_pictures()]


def _methods() -> list[Probe]:
    """Servers that answer HEAD worse than GET; a file is asked for by HEAD first."""

    def only(head: Reply) -> list[Reply]:
        return [head, Reply(only="GET", headers={"Content-Type": "application/pdf"})]

    return [
        Probe("head-403.pdf", "ok", only(Reply(403, {}, b"", only="HEAD"))),
        Probe("head-404.pdf", "ok", only(Reply(404, {}, b"", only="HEAD"))),
        Probe("head-405.pdf", "ok", only(Reply(405, {}, b"", only="HEAD"))),
        Probe("head-reset.pdf", "ok", only(Reply(only="HEAD", reset=True))),
        Probe("head-403", "ok", only(Reply(403, {}, b"", only="HEAD"))),
        Probe("head-404", "ok", only(Reply(404, {}, b"", only="HEAD"))),
        Probe("head-405", "ok", only(Reply(405, {}, b"", only="HEAD"))),
        Probe("head-reset", "ok", only(Reply(only="HEAD", reset=True))),
        Probe("plain", "ok"),
        Probe("no-content", "ok", Reply(204, {}, b"")),
    ]


def _later() -> list[Probe]:
    """Servers that want to be asked later, or have a bad moment."""
    return [
        Probe("429-seconds", "ok", [Reply(429, {"Retry-After": "1"}), OK]),
        Probe("429-date", "ok", [Reply(429, {"Retry-After": in_seconds(2)}), OK]),
        Probe("429-bare", "ok", [Reply(429), OK]),
        Probe("429-for-good", "blocked", Reply(429, {"Retry-After": "0"})),
        Probe("429-tomorrow", "blocked", Reply(429, {"Retry-After": "86400"})),
        Probe("503-twice", "ok", [Reply(503), Reply(503), OK]),
        Probe("503-for-good", "unknown", Reply(503)),
        Probe("500-for-good", "unknown", Reply(500)),
        Probe("reset-twice", "ok", [Reply(reset=True), Reply(reset=True), OK]),
        Probe("reset-for-good", "unknown", Reply(reset=True)),
        Probe("garbage", "unknown", Reply(raw=b"\x00\x01 this is no HTTP\r\n\r\n")),
    ]


def _refusals() -> list[Probe]:
    """Servers that refuse robots: nobody can say whether a reader would see the page."""
    return [
        Probe("401", "blocked", Reply(401, {"WWW-Authenticate": "Basic"})),
        Probe("403-challenge", "blocked", CHALLENGE),
        Probe("403-plain", "blocked", Reply(403)),
        Probe("503-challenge", "blocked", Reply(503, CHALLENGE.headers, CHALLENGE.body)),
        Probe("999", "blocked", Reply(999)),
        Probe("202-wall", "blocked", Reply(202, {"x-amzn-waf-action": "challenge"}, b"")),
        Probe("451", "blocked", Reply(451)),
    ]


def _gone() -> list[Probe]:
    return [
        Probe("404", "dead", GONE),
        Probe("410", "dead", Reply(410, {}, html("Gone"))),
        Probe("200-not-found", "suspect", Reply(body=html("Page not found", "<h1>Oops</h1>"))),
        Probe("200-404-heading", "suspect", Reply(body=html("Site", "<h1>404</h1><p>Sorry.</p>"))),
        Probe("about-404s", "ok", Reply(body=html("How to design a helpful 404 page", ABOUT))),
        Probe("query", "ok", OK, "?id=1"),
        Probe("query-dead", "dead", GONE, "?id=2", path="/query"),
    ]


ABOUT = "<h1>How to design a helpful 404 page</h1>" + "<p>A good one says what to do.</p>" * 40


def _redirects() -> list[Probe]:
    return [
        Probe("moved", "ok", redirect("/moved/new"), others={"new": OK}),
        Probe("moved-308", "ok", redirect("/moved-308/new", 308), others={"new": OK}),
        Probe("found", "ok", redirect("/found/now", 302), others={"now": OK}),
        Probe("moved-dead", "dead", redirect("/moved-dead/new"), others={"new": GONE}),
        Probe("loop", "unknown", redirect("/loop/a"), others={"a": redirect("/loop")}),
        Probe("endless", "unknown", redirect("/endless/0"), others=_steps("endless", 14)),
        Probe("five-hops", "ok", redirect("/five-hops/0"), others=_steps("five-hops", 4)),
        Probe("deep/link/to-home", "suspect", redirect("/", 302), others={"": OK}),
        Probe(
            "members",
            "blocked",
            redirect("/members/login?next=x", 302),
            others={"login?next=x": OK},
        ),
    ]


def _steps(name: str, count: int) -> dict[str, Reply | list[Reply]]:
    steps: dict[str, Reply | list[Reply]] = {
        str(number): redirect(f"/{name}/{number + 1}", 302) for number in range(count)
    }
    return {**steps, str(count): OK}


def _places() -> list[Probe]:
    there = Reply(body=html("T", "<h2 id='here'>Here</h2><p id='user-content-readme'>Words.</p>"))
    return [
        Probe("place", "ok", there, "#here"),
        Probe("place-missing", "dead", there, "#nowhere"),
        Probe("place-github", "ok", there, "#readme"),
        Probe("place-text", "ok", there, "#:~:text=Words"),
        Probe("place-and-text", "ok", there, "#here:~:text=Words"),
        Probe("place-missing-text", "dead", there, "#nowhere:~:text=Words"),
        Probe("place-encoded", "ok", Reply(body=html("T", "<h2 id='é'>E</h2>")), "#%C3%A9"),
        Probe("place-name", "ok", Reply(body=html("T", "<a name=old>E</a>")), "#old"),
        Probe("place-top", "ok", there, "#top"),
        Probe("place-route", "ok", there, "#/route"),
        Probe(
            "place-pdf", "ok", Reply(200, {"Content-Type": "application/pdf"}, b"%PDF-1"), "#page=3"
        ),
    ]


def _pictures() -> list[Probe]:
    page = html("Sign in to see this picture")
    vector = b'<svg xmlns="http://www.w3.org/2000/svg" width="4" height="3"/>'
    svg = {"Content-Type": "image/svg+xml"}
    return [
        Probe("fine.png", "ok", PICTURE, kind="image"),
        Probe("mistyped.png", "ok", Reply(200, {}, png()), kind="image"),
        Probe("fine.svg", "ok", Reply(200, svg, vector), kind="image"),
        Probe("broken.svg", "dead", Reply(200, svg, vector[:-4]), kind="image"),
        Probe("html.png", "dead", Reply(200, {}, page), kind="image"),
        Probe("html-as-png.png", "dead", Reply(200, LIKE_A_PICTURE, page), kind="image"),
        Probe("empty.png", "dead", Reply(200, LIKE_A_PICTURE, b""), kind="image"),
        Probe("missing.png", "dead", GONE, kind="image"),
        Probe("magic-only.png", "dead", Reply(200, LIKE_A_PICTURE, png()[:8]), kind="image"),
        Probe("wall.png", "blocked", CHALLENGE, kind="image"),
    ]


def page_of(web: LoopbackWeb, chosen: list[Probe]) -> str:
    """A Markdown page that links to each of the probes, one a line, each on a host of its own."""
    lines = [
        f"- {'!' if probe.kind == 'image' else ''}[{probe.name}]({web.url(probe.address, host)})"
        for host, probe in enumerate(chosen)
    ]
    return "\n".join(["# Probes", "", *lines, ""])
