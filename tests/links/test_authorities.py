"""`links.authorities`: whoever knows is asked, and nonsense from them is no answer."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import TypeVar

import pytest

from ethogram.links.authorities import Doi, File, Post, Repository, Video, authority_for
from ethogram.links.authorities import archived as ask_archived
from ethogram.links.authorities import save as ask_save
from ethogram.links.client import Client, Trouble
from ethogram.links.guard import Guard
from ethogram.links.schedule import Schedule
from ethogram.links.verdicts import Observation
from ethogram.settings import Endpoints
from loopback_web import LoopbackWeb, Reply, redirect

T = TypeVar("T")

ID = "AbCdEfGhIjKlMnOpQ"
VIDEO = "dQw4w9WgXcQ"


def with_client(web: LoopbackWeb, ask: Callable[[Client, Endpoints], Awaitable[T]]) -> T:
    """Ask with a client that asks in no private network but where the endpoints are."""

    async def run() -> T:
        endpoints = Endpoints(
            doi=web.url("/handles/"),
            youtube=web.url("/oembed"),
            github=web.url("/api"),
            github_raw=web.url("/raw"),
            lesswrong=web.url("/lw"),
            eaforum=web.url("/ea"),
            wayback=web.url("/available"),
            wayback_save=web.url("/save/"),
        )
        async with Client(Schedule(), Guard(), timeout=5) as client:
            return await ask(client, endpoints)

    return asyncio.run(run())


def ask(url: str, web: LoopbackWeb, token: str = "") -> Observation | None:
    """What the authority for an address says."""
    authority = authority_for(url, "page", token)
    assert authority is not None
    return with_client(web, authority.ask)


def said(value: object, status: int = 200) -> Reply:
    """An answer in JSON."""
    return Reply(status, {"Content-Type": "application/json"}, json.dumps(value).encode())


NONSENSE = [
    Reply(200, {}, b""),
    Reply(200, {}, b"<!doctype html><title>Sorry</title>"),
    Reply(200, {}, b"\xff\xfe{"),
    Reply(200, {}, b"[" * 100_000),
    said([]),
    said(None),
    said({"responseCode": "1", "data": [], "archived_snapshots": [], "errors": 7}),
    said({"data": {"post": "x"}, "archived_snapshots": {"closest": ["x"]}, "responseCode": None}),
    Reply(500, {}, b""),
    Reply(reset=True),
    Reply(raw=b"nonsense\r\n\r\n"),
]


# -- who is asked ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("url", "token", "authority"),
    [
        ("https://doi.org/10.1145/1234.5678#sec", "", Doi("10.1145/1234.5678")),
        ("http://dx.doi.org/10.1000/ABC%3Cx%3E", "", Doi("10.1000/abc<x>")),
        ("https://doi.org/10.48550/arXiv.2401.05566", "", None),
        ("https://doi.org/the-identifier", "", None),
        ("https://doi.org/10.1000/../../secret", "", None),
        ("https://doi.org/10.1000/%2e%2e/secret", "", None),
        ("https://github.com/o/r/blob/main/%2E./%2e%2e/%2e%2e/secret", "", None),
        ("https://github.com/o/r/blob/main\\..\\..\\x/secret", "", None),
        ("https://dl.acm.org/doi/10.1145/1234.5678", "", None),
        (f"https://www.youtube.com/watch?v={VIDEO}&t=30", "", Video(VIDEO)),
        (f"https://m.youtube.com/watch?app=x&v={VIDEO}", "", Video(VIDEO)),
        (f"https://youtu.be/{VIDEO}?si=x", "", Video(VIDEO)),
        (f"https://www.youtube.com/shorts/{VIDEO}", "", Video(VIDEO)),
        (f"https://www.youtube.com/live/{VIDEO}/", "", Video(VIDEO)),
        (f"https://www.youtube-nocookie.com/embed/{VIDEO}", "", Video(VIDEO)),
        ("https://www.youtube.com/embed/videoseries?list=x", "", None),
        ("https://www.youtube.com/@channel/videos", "", None),
        ("https://www.youtube.com/playlist?list=x", "", None),
        ("https://www.youtube.com/watch", "", None),
        ("https://youtu.be/", "", None),
        ("https://github.com/o/r", "t", Repository("o", "r", "t")),
        ("https://github.com/o/r.git/#readme", "t", Repository("o", "r", "t")),
        ("https://github.com/o/r", "", None),
        ("https://github.com/o", "t", None),
        ("https://github.com/orgs/o", "t", None),
        ("https://github.com/topics/llm", "t", None),
        ("https://github.com/o/r/issues/1", "t", None),
        ("https://github.com/o/r/tree/main/src", "t", None),
        ("https://github.com/o/..", "t", None),
        ("https://gist.github.com/o/r", "t", None),
        ("https://github.com/o/r/blob/main/a%20b/c.py#L1", "", File("o/r/main/a%20b/c.py")),
        ("https://github.com/o/r/raw/v1.0/c.py", "t", File("o/r/v1.0/c.py")),
        ("https://github.com/o/r/blob/main", "t", None),
        (f"https://www.lesswrong.com/posts/{ID}/a-slug#x", "", Post(ID, "lesswrong")),
        (f"https://lesswrong.com/s/{ID[::-1]}/p/{ID}", "", Post(ID, "lesswrong")),
        (f"https://www.alignmentforum.org/posts/{ID}", "", Post(ID, "lesswrong")),
        (f"https://forum.effectivealtruism.org/posts/{ID}/x?commentId=y", "", Post(ID, "eaforum")),
        ("https://www.lesswrong.com/users/x", "", None),
        ("https://www.lesswrong.com/tag/x", "", None),
        ("https://example.org/posts/x", "", None),
        ("ftp://github.com/o/r", "t", None),
        ("https://[broken", "t", None),
        ("", "t", None),
    ],
)
def test_who_is_asked(url: str, token: str, authority: object) -> None:
    """Rule 6: DOIs, videos, repositories, files and posts have an authority; other pages none."""
    assert authority_for(url, "page", token) == authority


def test_no_authority_has_seen_a_picture() -> None:
    """Rule 9: a picture's bytes must be seen."""
    assert authority_for("https://github.com/o/r/blob/main/a.png?raw=true", "image", "t") is None


def test_a_token_is_never_shown() -> None:
    """A log or a traceback holds no secret."""
    assert "secret" not in repr(authority_for("https://github.com/o/r", "page", "secret"))


def test_a_page_asks_for_no_more_than_what_was_configured() -> None:
    """An endpoint may be private; a link to the same server, or out of its folder, may not be."""

    async def main(client: Client, _: Endpoints) -> list[Trouble | None]:
        paths = ["/handles/10.1000/x", "/secret"]
        return [(await client.ask(web.url(path))).trouble for path in paths]

    with LoopbackWeb({"/handles/10.1000/x": said({"responseCode": 1})}) as web:
        seen = ask("https://doi.org/10.1000/x", web)
        assert seen is not None and seen.verdict == "ok"
        assert with_client(web, main) == [Trouble.PRIVATE] * 2
        assert len(web.requests) == 1


# -- DOIs ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (said({"responseCode": 1, "handle": "10.1/x", "values": []}), "ok"),
        (said({"responseCode": 100, "handle": "10.1/x"}, 404), "dead"),
        (said({"responseCode": 2}, 500), "unknown"),
        (said({"responseCode": 200, "values": []}), "unknown"),
        (Reply(404, {}, b"Not Found"), "unknown"),
        (Reply(403, {}, b""), "unknown"),
    ],
)
def test_doi(reply: Reply, verdict: str) -> None:
    """Rule 6: responseCode 1 is alive and 100 is dead; what is neither is unknown."""
    with LoopbackWeb({"/handles/10.1000/a%3Cb%3E": reply}) as web:
        seen = ask("https://doi.org/10.1000/A%3Cb%3E", web)
        assert seen is not None and seen.verdict == verdict and seen.reason
        assert web.asked("/handles/10.1000/a%3Cb%3E") == ["GET"]


@pytest.mark.parametrize("reply", NONSENSE)
def test_doi_nonsense(reply: Reply) -> None:
    """The publisher's page is never asked instead, so nonsense leaves a DOI unknown."""
    with LoopbackWeb({"/handles/10.1000/x": reply}) as web:
        seen = ask("https://doi.org/10.1000/x", web)
        assert seen is not None and seen.verdict == "unknown"
        assert seen.reason.startswith("doi.org did not say: ")
        assert seen.again == (reply.status == 500 or reply.reset)


# -- videos ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (said({"title": "A talk", "type": "video"}), "ok"),
        (Reply(401, {}, b"Unauthorized"), "ok"),
        (Reply(403, {}, b"Forbidden"), "blocked"),
        (Reply(200, {}, b"Forbidden"), "blocked"),
        (Reply(404, {}, b"Not Found"), "dead"),
        (Reply(400, {}, b"Bad Request"), "dead"),
        (Reply(500, {}, b""), "unknown"),
        (Reply(200, {}, b"<html>consent</html>"), "unknown"),
        (Reply(reset=True), "unknown"),
    ],
)
def test_video(reply: Reply, verdict: str) -> None:
    """Rule 6: a video that may not be embedded is there, and one without an answer is unknown."""
    path = f"/oembed?url=https%3A%2F%2Fwww.youtube.com%2Fwatch%3Fv%3D{VIDEO}&format=json"
    with LoopbackWeb({path: reply}) as web:
        seen = ask(f"https://youtu.be/{VIDEO}", web)
        assert seen is not None and seen.verdict == verdict and seen.reason


# -- GitHub ----------------------------------------------------------------------------------

REPOSITORY = {"full_name": "o/r", "html_url": "https://github.com/o/r", "private": False}


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (said(REPOSITORY), "ok"),
        (said({"full_name": "o/r"}), "ok"),
        (said({"html_url": "https://github.com/o/r"}), "ok"),
        (said({"full_name": "o/r", "private": True}), None),
        (said({"full_name": "o/r"}, 202), None),
        (said({"full_name": 7}), None),
        (said({"message": "Not Found"}, 404), "dead"),
        (said({"message": "Repository access blocked"}, 451), "blocked"),
        (said({"message": "Bad credentials"}, 401), None),
        (said({"message": "rate limit exceeded"}, 403), None),
        (said({**REPOSITORY, "private": True}), None),
        *[(reply, None) for reply in NONSENSE],
    ],
)
def test_repository(reply: Reply, verdict: str | None) -> None:
    """Rule 6: the API's 404 counts; what it cannot say, the page decides."""
    with LoopbackWeb({"/api/repos/o/r": reply}) as web:
        seen = ask("https://github.com/o/r", web, "secret")
        assert (seen.verdict if seen else None) == verdict
        assert seen is None or seen.moved == seen.final == ""
        assert web.requests[0].headers["authorization"] == "Bearer secret"


def test_a_renamed_repository() -> None:
    """The API's 301 is a name that changed for good."""
    renamed = {**REPOSITORY, "html_url": "https://github.com/new/name"}
    pages = {
        "/api/repos/o/r": redirect("/api/repositories/7"),
        "/api/repositories/7": said(renamed),
    }
    with LoopbackWeb(pages) as web:
        seen = ask("https://github.com/o/r", web, "t")
        assert seen is not None and seen.verdict == "ok"
        assert seen.moved == seen.final == "https://github.com/new/name"


@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (Reply(200, {"Content-Type": "text/plain"}, b"x = 1"), "ok"),
        (Reply(404, {}, b"404: Not Found"), None),
        (Reply(429, {"Retry-After": "600"}, b""), None),
        (Reply(500, {}, b""), None),
        (Reply(reset=True), None),
    ],
)
def test_file(reply: Reply, verdict: str | None) -> None:
    """Rule 6: a file that is stored is there; of any other the page decides."""
    with LoopbackWeb({"/raw/o/r/main/a%20b.py": reply}) as web:
        seen = ask("https://github.com/o/r/blob/main/a%20b.py?plain=1#L3", web)
        assert (seen.verdict if seen else None) == verdict
        assert set(web.asked("/raw/o/r/main/a%20b.py")) == {"HEAD"}


# -- the LessWrong family --------------------------------------------------------------------


@pytest.mark.parametrize("host", ["www.lesswrong.com", "forum.effectivealtruism.org"])
@pytest.mark.parametrize(
    ("reply", "verdict"),
    [
        (said({"data": {"post": {"result": {"_id": ID}}}}), "ok"),
        (said({"data": {"post": {"result": {"_id": "another"}}}}), None),
        (said({"data": {"post": {"result": None}}}), "dead"),
        (said({"data": {"post": None}}), "dead"),
        (
            said({"data": {"post": None}, "errors": [{"message": "app.missing_document"}]}),
            "dead",
        ),
        (said({"data": None, "errors": [{"message": "Post not found"}]}, 400), "dead"),
        (
            said({"data": {"post": None}, "errors": [{"message": "app.operation_not_allowed"}]}),
            None,
        ),
        (said({"data": None}), None),
        (said({"errors": [{"message": "Unknown argument"}]}, 400), None),
        (Reply(403, {"cf-mitigated": "challenge"}, b"<title>Just a moment...</title>"), None),
    ],
)
def test_post(reply: Reply, verdict: str | None, host: str) -> None:
    """Rule 6: a post that the forum does not have is dead; one it will not show is not."""
    path = "/lw" if "lesswrong" in host else "/ea"
    with LoopbackWeb({path: reply}) as web:
        seen = ask(f"https://{host}/posts/{ID}/slug", web)
        assert (seen.verdict if seen else None) == verdict
        assert web.asked(path) == ["POST"]
        sent = json.loads(web.requests[0].body)
        assert sent["variables"] == {"id": ID} and "selector: {_id: $id}" in sent["query"]


@pytest.mark.parametrize("reply", NONSENSE)
def test_post_nonsense(reply: Reply) -> None:
    """Nonsense is no answer; the page decides."""
    with LoopbackWeb({"/lw": reply}) as web:
        seen = ask(f"https://www.lesswrong.com/posts/{ID}", web)
        assert seen is None


# -- the Wayback Machine ---------------------------------------------------------------------

PAGE = "https://example.org/a?b=c&d"
SNAPSHOT = "https://web.archive.org/web/20200506012345/https://example.org/a?b=c&d"
WITH_SCHEME = "/available?url=https%3A%2F%2Fexample.org%2Fa%3Fb%3Dc%26d"
WITHOUT = "/available?url=example.org%2Fa%3Fb%3Dc%26d"


def available(**changes: object) -> Reply:
    """The archive's word on a page."""
    closest = {
        "available": True,
        "url": SNAPSHOT.replace("https://web", "http://web"),
        "timestamp": "20200506012345",
        "status": "200",
    }
    return said({"url": PAGE, "archived_snapshots": {"closest": closest | changes}})


NONE = said({"url": PAGE, "archived_snapshots": {}})


def archived(replies: dict[str, Reply]) -> tuple[str, list[str]]:
    """What is found, and what was asked."""
    with LoopbackWeb(replies) as web:
        found = with_client(web, lambda client, at: ask_archived(client, at, f"{PAGE}#part"))
        return found, [request.path for request in web.requests]


def test_archived() -> None:
    """Rule 14: the snapshot's address, by https, after one request."""
    assert archived({WITH_SCHEME: available()}) == (SNAPSHOT, [WITH_SCHEME])


def test_archived_without_its_scheme() -> None:
    """The archive finds some pages only without their scheme."""
    found = archived({WITH_SCHEME: NONE, WITHOUT: available()})
    assert found == (SNAPSHOT, [WITH_SCHEME, WITHOUT])


@pytest.mark.parametrize(
    "reply",
    [
        NONE,
        available(available=False),
        available(status="404"),
        available(status="301"),
        available(url="https://example.org/a"),
        available(url="javascript:alert(1)"),
        available(url=7),
        *NONSENSE,
    ],
)
def test_not_archived(reply: Reply) -> None:
    """Only a snapshot of a 200, on the archive's own host, is one."""
    assert archived({WITH_SCHEME: reply, WITHOUT: reply})[0] == ""


MEMENTO = (
    '<https://example.org/a>; rel="original", '
    '<http://web.archive.org/web/20010101000000/https://example.org/a>; rel="first memento"; '
    'datetime="Mon, 01 Jan 2001 00:00:00 GMT", '
    f'<{SNAPSHOT}>; rel="memento"; datetime="Wed, 06 May 2020 01:23:45 GMT"'
)


@pytest.mark.parametrize(
    "replies",
    [
        {f"/save/{PAGE}": redirect("/web/20200506012345/https://example.org/a?b=c&d", 302)},
        {
            f"/save/{PAGE}": Reply(
                200, {"Content-Location": SNAPSHOT.removeprefix("https://web.archive.org")}
            )
        },
        {f"/save/{PAGE}": Reply(200, {"Link": MEMENTO})},
        {f"/save/{PAGE}": Reply(200, {"Content-Location": "Overview.html", "Link": MEMENTO})},
    ],
)
def test_save(replies: dict[str, Reply]) -> None:
    """The archive names the snapshot by a redirect or by a header; a page's own is not taken."""
    there = {"/web/20200506012345/https://example.org/a?b=c&d": Reply()}
    with LoopbackWeb({**replies, **there}) as web:
        saved = with_client(web, lambda client, at: ask_save(client, at, f"{PAGE}#part"))
        assert saved == SNAPSHOT


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, {"Content-Location": "/about"}),
        Reply(200, {"Link": MEMENTO.partition(", <" + SNAPSHOT)[0]}),
        Reply(401, {"Content-Location": "/web/20200506012345/https://example.org/a"}),
        Reply(520),
        Reply(reset=True),
    ],
)
def test_not_saved(reply: Reply) -> None:
    """What is refused has no snapshot, and no older one takes its place."""
    with LoopbackWeb({f"/save/{PAGE}": reply}) as web:
        assert with_client(web, lambda client, at: ask_save(client, at, PAGE)) == ""
