"""`links.answers`: what an answer says about a link, and nothing that makes it raise."""

import doctest
import struct
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from ethogram.links import answers
from ethogram.links.addresses import Kind
from ethogram.links.answers import (
    DRAWING_LIMIT,
    PAGE_LIMIT,
    PICTURE_LIMIT,
    PLACES_LIMIT,
    enough,
    judge,
    method,
    sought,
    wants,
)
from ethogram.links.client import Answer, Hop, Trouble
from ethogram.links.verdicts import Observation, Verdict

URL = "https://example.org/blog/a-paper"
WORDS = "Models that were trained to hide a behavior keep hiding it. "
ARTICLE = f"<article>{f'<p>{WORDS * 5}</p>' * 10}</article>"


def page(title: str = "A paper", body: str = ARTICLE, head: str = "") -> bytes:
    """An HTML page in UTF-8."""
    return f"<!doctype html><meta charset=utf-8><title>{title}</title>{head}{body}".encode()


def answer(
    status: int | None = 200,
    body: bytes = page(),
    *,
    asked: str = URL,
    hops: tuple[Hop, ...] = (),
    final: str = "",
    content: str = "text/html; charset=utf-8",
    headers: dict[str, str] | None = None,
    complete: bool = True,
    trouble: Trouble | None = None,
    detail: str = "",
    place: str = "",
) -> Answer:
    """What the client brought."""
    told = CIMultiDict({"content-type": content} | (headers or {}))
    return Answer(asked, final or asked, hops, status, told, body, complete, trouble, detail, place)


def redirected(to: str, *statuses: int, asked: str = URL, **rest: object) -> Answer:
    """An answer at the end of redirects."""
    hops = tuple(Hop(asked, status) for status in statuses)
    return answer(asked=asked, hops=hops, final=to, **rest)  # type: ignore[arg-type]


def seen(got: Answer, kind: Kind = "page", fragment: str = "") -> Observation:
    """The one observation of one answer."""
    return judge(got, kind, [fragment])[fragment]


# -- statuses and troubles -------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["page", "image"])
@pytest.mark.parametrize(
    ("status", "verdict", "again"),
    [
        (404, "dead", False),
        (410, "dead", False),
        (401, "blocked", False),
        (403, "blocked", False),
        (407, "blocked", False),
        (429, "blocked", False),
        (451, "blocked", False),
        (999, "blocked", False),
        (500, "unknown", True),
        (502, "unknown", True),
        (503, "unknown", True),
        (522, "unknown", True),
        (408, "unknown", True),
        (425, "unknown", True),
        (400, "unknown", False),
        (402, "unknown", False),
        (405, "unknown", False),
        (406, "unknown", False),
        (300, "unknown", False),
        (304, "unknown", False),
        (600, "unknown", False),
    ],
)
def test_status(status: int, verdict: str, again: bool, kind: Kind) -> None:
    """Rule 1: a refusal is no death, and only what may pass is asked again."""
    got = seen(answer(status, b"<h1>No</h1>"), kind)
    assert (got.verdict, got.again, got.reason) == (verdict, again, f"HTTP {status}")
    assert (got.status, got.final, got.moved) == (status, "", "")


@pytest.mark.parametrize("status", [200, 203, 204, 206])
def test_success(status: int) -> None:
    """Rule 1: a 2xx is ok."""
    assert seen(answer(status)) == Observation(Verdict.OK, status=status)


@pytest.mark.parametrize(
    ("trouble", "verdict", "again"),
    [
        (Trouble.NO_HOST, "dead", False),
        (Trouble.NAME, "unknown", True),
        (Trouble.CONNECT, "unknown", True),
        (Trouble.RESET, "unknown", True),
        (Trouble.TIMEOUT, "unknown", True),
        (Trouble.CERTIFICATE, "unknown", False),
        (Trouble.PROTOCOL, "unknown", False),
        (Trouble.LOOP, "unknown", False),
        (Trouble.REDIRECTS, "unknown", False),
        (Trouble.PRIVATE, "unknown", False),
        (Trouble.SCHEME, "unknown", False),
        (Trouble.ADDRESS, "unknown", False),
        (Trouble.THROTTLED, "blocked", False),
    ],
)
def test_trouble(trouble: Trouble, verdict: str, again: bool) -> None:
    """Rule 1: only a host that does not exist is dead; nobody knows what was not answered."""
    got = seen(answer(None, b"", trouble=trouble))
    assert (got.verdict, got.again) == (verdict, again) and got.reason
    assert seen(answer(None, b"", trouble=trouble, detail="so it is")).reason == "so it is"


def test_patience_of_a_host_that_is_out_of_order() -> None:
    """A 429 shuts robots out; a 503 says nothing about the page, and not that it will pass soon."""
    for status, verdict in ((429, "blocked"), (503, "unknown")):
        got = seen(answer(status, b"", trouble=Trouble.THROTTLED))
        assert (got.verdict, got.again, got.status) == (verdict, False, status)
        assert "asks for patience" in got.reason


@pytest.mark.parametrize(
    ("status", "kind", "fragment", "verdict"),
    [
        (200, "page", "", "ok"),
        (200, "page", "top", "ok"),
        (200, "page", "x", "unknown"),
        (200, "image", "", "unknown"),
        (202, "page", "", "ok"),
        (404, "page", "x", "dead"),
        (403, "image", "", "blocked"),
        (500, "page", "", "unknown"),
    ],
)
def test_a_body_in_an_unknown_encoding(
    status: int, kind: Kind, fragment: str, verdict: str
) -> None:
    """The status says what it says; what only the body could tell, nobody knows."""
    got = seen(answer(status, b"", trouble=Trouble.ENCODING), kind, fragment)
    assert (got.verdict, got.status) == (verdict, status)
    assert bool(got.reason) == (verdict != "ok")


def test_every_trouble_has_a_verdict() -> None:
    """Whatever trouble the client knows, there is a verdict on it."""
    for trouble in Trouble:
        assert seen(answer(None, b"", trouble=trouble)).verdict is not Verdict.OK


@pytest.mark.parametrize(
    ("status", "verdict"), [(404, "dead"), (403, "blocked"), (200, "unknown"), (500, "unknown")]
)
def test_a_body_that_breaks_off_does_not_unsay_a_refusal(status: int, verdict: str) -> None:
    """A 404 is one even if its page never ends; of a 200 it shows nothing."""
    got = seen(answer(status, b"<h1>", trouble=Trouble.TIMEOUT, detail="late"))
    assert got.verdict == verdict


def test_github_404_is_asked_again() -> None:
    """GitHub answers 404 while it throttles; other hosts mean it."""
    assert seen(answer(404, asked="https://github.com/o/r/issues/1")).again
    assert not seen(answer(410, asked="https://github.com/o/r")).again
    assert not seen(answer(404, asked="https://notgithub.com/o/r")).again


# -- walls -----------------------------------------------------------------------------------

MOMENT = page("Just a moment...", "<script>window._cf_chl_opt = {}</script><h1>example.org</h1>")


@pytest.mark.parametrize(
    "got",
    [
        answer(403, MOMENT),
        answer(503, MOMENT),
        answer(200, MOMENT),
        answer(404, MOMENT),
        answer(404, b"", headers={"CF-Mitigated": "challenge"}),
        answer(405, b"", headers={"x-amzn-waf-action": "captcha"}),
        answer(202, page(body="<div id=x></div>"), headers={"x-amzn-waf-action": "challenge"}),
        answer(202, b""),
        answer(202, b"", content="application/pdf"),
        answer(200, page("", "<script src='https://ct.captcha-delivery.com/c.js'></script>")),
        answer(200, page("", "<div id='px-captcha'></div>")),
        answer(200, page("", "<script src='/_Incapsula_Resource?SWJIYLWA=719d'></script>")),
        answer(200, page("", "<div id='sec-if-cpt-container'></div>")),
        answer(200, page("Making sure you&#39;re not a bot!", f"<p>{WORDS * 10}</p>")),
        answer(200, page("", "<script id='anubis_challenge' type=application/json></script>")),
        answer(429, page("Vercel Security Checkpoint", "")),
        answer(200, page("Pardon Our Interruption...", "<p>You look like a bot</p>")),
    ],
)
@pytest.mark.parametrize("kind", ["page", "image"])
def test_a_wall_is_blocked(got: Answer, kind: Kind) -> None:
    """Rule 1: a test for robots is *blocked*, whatever its status and whatever it hides."""
    assert seen(got, kind).verdict is Verdict.BLOCKED


@pytest.mark.parametrize(
    "got",
    [
        answer(202),
        answer(200, page(head="<script src='/cdn-cgi/challenge-platform/h/g'></script>")),
        answer(200, page(body=ARTICLE + "<script src='/_Incapsula_Resource?x'></script>")),
        answer(200, page("Just a moment: how challenges work")),
        answer(200, page("Just a moment...")),
        answer(200, headers={"cf-mitigated": "", "cf-ray": "8f2b"}),
        answer(200, headers={"x-amzn-waf-action": "count"}),
    ],
)
def test_a_page_behind_a_wall_is_ok(got: Answer) -> None:
    """What walls add to ordinary pages, and articles about walls, are no walls."""
    assert seen(got).verdict is Verdict.OK


# -- redirects -------------------------------------------------------------------------------

NEW = "https://example.org/papers/2"


@pytest.mark.parametrize(
    ("statuses", "moved"),
    [
        ([301], NEW),
        ([308], NEW),
        ([301, 308, 301], NEW),
        ([302], ""),
        ([307], ""),
        ([303], ""),
        ([301, 302], ""),
    ],
)
def test_redirects(statuses: list[int], moved: str) -> None:
    """Rule 14: a link is rewritten only where every redirect holds for good."""
    got = redirected(NEW, *statuses)
    assert seen(got) == Observation(Verdict.OK, status=200, final=NEW, moved=moved)


def test_moved_keeps_the_place() -> None:
    """A place that is there is kept; one that is not is no reason to rewrite a link."""
    got = judge(redirected(NEW, 301, body=page(body="<p id=a>x")), "page", ["", "a", "b"])
    assert [each.moved for each in got.values()] == [NEW, f"{NEW}#a", ""]
    assert {each.final for each in got.values()} == {NEW}


def test_the_place_of_a_redirect_stands_for_the_links_own() -> None:
    """Browsers go to the place in `Location`; who wanted no place is not judged by it."""
    got = redirected(NEW, 301, body=page(body="<p id=real>x"), place="real")
    for each in judge(got, "page", ["former", "real", "top", ""]).values():
        assert each == Observation(Verdict.OK, "", 200, f"{NEW}#real", f"{NEW}#real")
    gone = judge(redirected(NEW, 301, place="gone"), "page", ["former", ""])
    assert (gone["former"].verdict, gone["former"].reason) == ("dead", "no place #gone")
    assert (gone["former"].moved, gone["former"].final) == ("", f"{NEW}#gone")
    assert gone[""].verdict is Verdict.OK


def test_redirect_to_a_dead_page() -> None:
    """A redirect to what is gone is dead, and the reason names both."""
    got = seen(redirected(NEW, 301, status=404, body=b""))
    assert got == Observation(
        Verdict.DEAD, f"redirects to {NEW}, which answers HTTP 404", 404, final=NEW
    )
    gone = redirected(
        NEW, 301, status=None, body=b"", trouble=Trouble.NO_HOST, detail="no such name"
    )
    assert seen(gone).reason == f"redirects to {NEW}: no such name"
    assert seen(gone).verdict is Verdict.DEAD


@pytest.mark.parametrize(
    "signed",
    [
        "https://github-production-user-asset-6210df.s3.amazonaws.com/1.png?X-Amz-Expires=300",
        "https://private-user-images.githubusercontent.com/1/2.png?jwt=e30",
        "https://private-user-images.githubusercontent.com/1/2.png",
        "https://cdn.example.org/1.png?Expires=1700000000&Signature=abc&Key-Pair-Id=K",
        "https://cdn.example.org/1.png?v=1&token=abc",
        "https://storage.googleapis.com/b/1.png?X-Goog-Signature=abc",
        "https://example.org/doc;jsessionid=0A1B",
    ],
)
def test_an_address_that_expires_is_not_kept(signed: str) -> None:
    """GitHub's picture attachments redirect to addresses that live five minutes."""
    got = seen(redirected(signed, 301))
    assert (got.verdict, got.moved, got.final) == ("ok", "", "")
    dead = seen(redirected(signed, 301, status=404, body=b""))
    assert dead.verdict == "dead" and "?" not in dead.reason and dead.final == ""


def test_a_parameter_that_only_looks_signed_is_kept() -> None:
    """`tokenizer=` is no token."""
    to = "https://example.org/models?tokenizer=bpe&design=2"
    assert seen(redirected(to, 301)).moved == to


@pytest.mark.parametrize(
    "to",
    [
        "https://example.org/",
        "https://example.org",
        "https://www.example.org/?utm_source=old&utm_medium=x",
        "https://example.org/en/",
        "https://example.org/pt-br",
        "https://example.org/index.html",
        "https://example.org/de/index.php",
        "https://example.com/",
    ],
)
def test_a_deep_link_that_lands_on_the_home_page(to: str) -> None:
    """Rule 1: a deep link that lands on the home page is suspect, with the reason."""
    got = seen(redirected(to, 301))
    assert (got.verdict, got.final, got.moved) == ("suspect", to, "")
    assert got.reason == f"redirects to the home page {to}"


@pytest.mark.parametrize(
    ("asked", "to"),
    [
        ("http://example.org/", "https://example.org/"),
        ("http://example.org", "https://www.example.org/en/"),
        ("https://example.org/en/", "https://example.org/"),
        ("https://example.org/index.html", "https://example.org/"),
        ("https://example.org/?utm_source=x", "https://example.org/"),
        ("https://bit.ly/3xYz", "https://example.org/"),
        ("https://t.co/abc", "https://example.org/"),
        ("https://doi.org/10.1234/x", "https://example.org/"),
        ("https://example.org/chatgpt", "https://chatgpt.com/"),
        ("https://example.org/projects/tool/", "https://tool.example.org/"),
        (URL, "https://example.org/about"),
        (URL, "https://example.org/?p=123"),
        (URL, "https://example.org/ai/"),
    ],
)
def test_redirects_that_lose_nothing(asked: str, to: str) -> None:
    """Home to home, a short address, and a folder that became a host are as they should be."""
    assert seen(redirected(to, 301, asked=asked)).verdict is Verdict.OK


@pytest.mark.parametrize(
    "to",
    """
    /404 /404.html /en/404/ /errors/404.aspx /not-found /notfound /blog/not_found.php
    /page-not-found /error?code=404 /?error=404 /error?aspxerrorpath=/blog
    """.split(),
)
def test_a_redirect_to_a_page_for_what_is_missing(to: str) -> None:
    """A host may send whoever asks for nothing to a page of its own, with a 200."""
    got = seen(redirected(f"https://example.org{to}", 302))
    assert (got.verdict, got.reason) == ("suspect", f"redirects to https://example.org{to}")
    asked = f"http://example.org{to}"
    assert seen(redirected(f"https://example.org{to}", 301, asked=asked)).verdict is Verdict.OK


@pytest.mark.parametrize(
    "to", ["/posts/404", "/404-media", "/area?code=404", "/truth-not-found-in-models", "/errors"]
)
def test_a_redirect_to_what_only_sounds_like_it(to: str) -> None:
    """Numbers and words within names mean something else."""
    assert seen(redirected(f"https://example.org{to}", 301)).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("to", "reason"),
    [
        ("https://accounts.google.com/v3/signin/identifier?continue=x", "asks to sign in"),
        ("https://example.org/login?next=/blog", "asks to sign in"),
        ("https://example.org/users/sign_in", "asks to sign in"),
        ("https://example.org/en-us/log-in/", "asks to sign in"),
        ("https://www.linkedin.com/authwall?trk=x", "asks to sign in"),
        ("https://x.com/i/flow/login?redirect_after_login=x", "asks to sign in"),
        ("https://example.org/wp-login.php", "asks to sign in"),
        ("https://example.org/members/login?next=x", "asks to sign in"),
        ("https://example.org/sso/start/x", "asks to sign in"),
        ("https://consent.youtube.com/m?continue=x", "asks to agree to cookies"),
        ("https://pubs.example.org/action/cookieAbsent", "asks to agree to cookies"),
    ],
)
@pytest.mark.parametrize("status", [200, 403, 404])
def test_a_redirect_to_a_form_is_blocked(to: str, reason: str, status: int) -> None:
    """A host that asks robots to sign in says nothing about the page."""
    got = seen(redirected(to, 302, status=status))
    assert (got.verdict, got.reason) == ("blocked", reason)


@pytest.mark.parametrize(
    ("asked", "to"),
    [
        ("https://example.org/login", "https://example.org/login/"),
        (URL, "https://example.org/blog/login-pages-that-lie"),
        (URL, "https://example.org/docs/oauth"),
        (URL, "https://id.wikipedia.org/wiki/Model"),
        (URL, "https://example.org/models/checkpoint/"),
        (URL, "https://example.org/docs/sso/"),
        (URL, "https://example.org/blog/consent"),
    ],
)
def test_a_link_to_a_form_is_ok(asked: str, to: str) -> None:
    """Who links to a form means it, and a page about forms is none."""
    assert seen(redirected(to, 302, asked=asked)).verdict is Verdict.OK


# -- pages that say they are none ------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        page("404"),
        page("410 Gone", ""),
        page("Page not found | Example", "<h1>Oh</h1>"),
        page("Example", "<nav>" + "<a href=/>Home of it all</a>" * 300 + "</nav><h1>404</h1>"),
        page("Error 404 (Not Found)!!1", ""),
        page("404 - File or directory not found.", "").replace(b"File or directory", b"File"),
        page("Page Not Found - Example", "<p>Try the search."),
        page("Example – A blog", "<h1>Oops! That page can&rsquo;t be found.</h1><p>Nothing here."),
        page("Example", "<p>Sorry, the page you are looking for does not exist.</p>"),
        page("Example", "<p>This page isn't available. The link may be broken.</p>"),
        page("Seite nicht gefunden – Beispiel", ""),
        page("Exemple", "<h1>Page introuvable</h1>"),
        page("Página no encontrada | Ejemplo", ""),
        page("Exemplo", "<h1>Página n&atilde;o encontrada</h1>"),
        page("Ошибка 404", "<h1>Страница не найдена</h1>"),
        page("404 - 页面不存在", ""),
        page("Example", f"<h1>We can't find that page</h1><p>{WORDS * 10}"),
        page("We couldn&rsquo;t find that page", f"<p>{WORDS * 10}"),
        page("Example", f"<h1>We couldn't find the page</h1><p>{WORDS * 10}"),
        page("Example", f"<h1>Whoops, we can't find that page</h1><p>{WORDS * 10}"),
        page("Example", f"<h1>This article has been removed</h1><p>{WORDS * 10}"),
        page("Example", "<p>We're sorry, the page you're looking for cannot be found."),
        page("Example", "<p>Unfortunately the page you requested was not found on this server."),
        page("IIS", "<p>The page you are looking for might have been removed or renamed."),
        page("Beispiel", "<p>Die angeforderte Seite wurde nicht gefunden."),
        page("예", "<p>요청하신 페이지를 찾을 수 없습니다."),
        page("例", "<p>抱歉，您访问的页面不存在"),
        page("Video", "<div>Video unavailable</div><div>This video is private</div>"),
        page("例", "<p>お探しのページは見つかりませんでした。</p>"),
        "<title>Página no encontrada</title>".encode("cp1252"),
    ],
)
def test_a_page_that_says_it_is_not_there(body: bytes) -> None:
    """Rule 1: a 200 that says "page not found" is suspect, with the reason."""
    got = judge(
        answer(200, body.replace(ARTICLE.encode(), b""), content="text/html"), "page", ["", "a"]
    )
    assert {each.verdict for each in got.values()} == {Verdict.SUSPECT}
    assert got[""].reason.startswith('says "') and got[""].moved == ""


@pytest.mark.parametrize(
    "body",
    [
        page("404 Not Found - HTTP | A reference", f"<h1>404 Not Found</h1>{ARTICLE}"),
        page("Page not found: how links rot", f"<h1>Page not found</h1>{ARTICLE}"),
        page("Attention Not Found: A Study of Heads", "<p>Abstract. A short one."),
        page("Truth not found in language models", "<h1>Truth not found in language models</h1>"),
        page("Room 404", "<h1>Room 404</h1><p>Where we meet."),
        page("The 404 Media Podcast", ""),
        page("2404.04041", "<h1>[2404.04041] A paper</h1>"),
        page("Example", "<p>If your dataset is not found in the list, add it.</p>"),
        page("Example", f"<p>{WORDS * 8}</p><p>page not found</p>"),
        page("Docs", "<p>If the page does not exist, the server answers 404."),
        page("FAQ", "<p>What if the page you are looking for has gone?"),
        page("API", "<p>Returns page not found to the client, when the id is unknown"),
        page("API", "<p>The server replies with a page not found error."),
        page("Links", "<p>Page not found errors are common on the web of today."),
        page("Example", "<p>The page you requested is available in German."),
        page("404 " * 100, "<p>A story."),
        page("404 Not Found", f"<form><h1>404 Not Found</h1>{ARTICLE}</form>"),
        page("Gone", "<h1>Gone</h1><p>A story."),
        page("", ""),
        b"",
        b"\xff\xfe",
    ],
)
def test_a_page_that_is_there(body: bytes) -> None:
    """Neither an article on missing pages nor "not found" within a title makes a page suspect."""
    assert seen(answer(200, body)).verdict is Verdict.OK


def test_only_html_says_that_it_is_missing() -> None:
    """A text or a PDF is not looked into."""
    assert seen(answer(200, b"404 page not found", content="text/plain")).verdict is Verdict.OK


# -- places ----------------------------------------------------------------------------------

PLACES = page(
    body=f"""<h2 id=results>R</h2><a name="old">O</a><p name=no>N</p>
    <h2 id="user-content-usage">U</h2><h2 id="Größe">G</h2><h2 id="a%20b">A</h2><h2 id="Case">C</h2>
    <!-- <p id=hidden> -->
    <script>var x = '<p id="written">';</script><noscript><p id=plain></noscript>{ARTICLE}"""
)


@pytest.mark.parametrize(
    "fragment",
    [
        "",
        "results",
        "old",
        "usage",
        "user-content-usage",
        "Größe",
        "Gr%C3%B6%C3%9Fe",
        "a%20b",
        "plain",
        "top",
        "TOP",
        ":~:text=anything%20at%20all",
        "results:~:text=words,more",
        "L10",
        "L10-L20",
        "L10C3-L12C9",
        "lines-10:20",
        "!/route",
        "/route/2",
        "page=3",
        "t=30",
        "heading=h.abc",
    ],
)
def test_places_that_are_there(fragment: str) -> None:
    """Rule 11: a place is an id or a name, in every spelling; some fragments name no place."""
    assert seen(answer(200, PLACES), fragment=fragment) == Observation(Verdict.OK, status=200)


@pytest.mark.parametrize(
    "fragment", ["missing", "hidden", "no", "case", "missing:~:text=words", "resultsx", "%zz"]
)
def test_places_that_are_missing(fragment: str) -> None:
    """Rule 1: a missing place is dead; the page itself is not."""
    got = judge(answer(200, PLACES), "page", ["", fragment])
    assert got[fragment] == Observation(Verdict.DEAD, f"no place #{sought(fragment)}", 200)
    assert got[""].verdict is Verdict.OK


@pytest.mark.parametrize(
    "got",
    [
        answer(200, PLACES, complete=False),
        answer(200, page(body="<div id=root></div><script src=app.js></script>")),
        answer(200, page(body="<div id=root><p>Loading</p></div><script src=app.js></script>")),
        answer(200, page(body=f"{ARTICLE}<div id=__next></div><script src=app.js></script>")),
        answer(200, page(body=f"{ARTICLE}<script>go('missing')</script>")),
        answer(
            200, page(body=ARTICLE + r"<script>{\"html\":\"<h2 id=\\\"missing\\\">\"}</script>")
        ),
    ],
)
def test_places_that_nobody_could_see(got: Answer) -> None:
    """What a script makes, or what was not read, is unknown: neither dead nor fine."""
    observed = seen(got, fragment="missing")
    assert observed.verdict is Verdict.UNKNOWN and "#missing" in observed.reason
    assert seen(got).verdict is Verdict.OK


@pytest.mark.parametrize(
    ("asked", "fragment"),
    [
        ("https://github.com/o/r/issues/1", "issuecomment-1234"),
        ("https://github.com/o/r/pull/1", "discussion_r99"),
        ("https://www.lesswrong.com/posts/abc/x", "AbCdEfGhIjKlMnOpQ"),
        ("https://stats.stackexchange.com/q/1", "comment12_34"),
    ],
)
def test_places_that_a_host_makes_by_script(asked: str, fragment: str) -> None:
    """Comments come after the page on these hosts; their other places are looked for."""
    assert seen(answer(asked=asked), fragment=fragment).verdict is Verdict.UNKNOWN
    assert seen(answer(asked=asked), fragment="missing").verdict is Verdict.DEAD
    assert seen(answer(), fragment=fragment).verdict is Verdict.DEAD


@pytest.mark.parametrize("piece", ["<div>", "<p><b><i><span>", "<ul><li>"])
def test_no_place_is_too_deep(piece: str) -> None:
    """Whoever does not read a page to its end must not say what is not there."""
    deep = answer(200, page(body=piece * 30_000 + "<a id=deep>here"))
    assert seen(deep, fragment="deep").verdict is Verdict.OK
    assert seen(deep, fragment="deeper").verdict is Verdict.DEAD


def test_places_in_what_is_no_page() -> None:
    """A PDF is not looked into, nor is what the reader was not given."""
    assert seen(answer(200, b"%PDF-1.7", content="application/pdf"), fragment="x").verdict == "ok"
    dead = answer(404, PLACES)
    assert judge(dead, "page", ["results", "x"]) == dict.fromkeys(["results", "x"], seen(dead))


@pytest.mark.parametrize(
    ("content", "body"),
    [
        ("text/html; charset=iso-8859-1", "<p id='Größe'>".encode("latin-1")),
        ("text/html; charset='Windows-1252'", "<p id='Größe'>".encode("cp1252")),
        ("text/html; charset=latin1", "\ufeff<p id='Größe'>".encode()),
        ("text/html", "\ufeff<p id='Größe'>".encode("utf-16")),
        ("text/html", "<meta charset='windows-1252'><p id='Größe'>".encode("cp1252")),
        (
            "text/html",
            "<meta http-equiv=x content='text/html; charset=GBK'><p id='Größe'>".encode(),
        ),
        ("text/html", "<p id='Größe'>".encode()),
        ("text/html", "<p id='Größe'>".encode("cp1252")),
        ("text/html; charset=no-such", "<p id='Größe'>".encode()),
        ("text/html; charset=unicode_escape", "<p id='Größe'>".encode()),
        ("text/html; charset=hex", "<p id='Größe'>".encode()),
        ("", "<!doctype html><p id='Größe'>".encode()),
        ("application/xhtml+xml", "<?xml version='1.0' encoding='UTF-8'?><p id='Größe'/>".encode()),
    ],
)
def test_character_sets(content: str, body: bytes) -> None:
    """The byte order mark, the header, the page itself and its bytes tell how to read it."""
    wanted = "Größe" if "GBK" not in body.decode("latin-1") else "Gr枚脽e"
    assert seen(answer(200, body, content=content), fragment=wanted).verdict is Verdict.OK
    assert seen(answer(200, body, content=content), fragment="Grosse").verdict is Verdict.DEAD


# -- pictures --------------------------------------------------------------------------------


def png(width: int = 2, height: int = 2) -> bytes:
    """A picture of one color."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return (
            struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
        )

    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    rows = zlib.compress((b"\0" + b"\x7f" * width) * height)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("body", "content", "complete", "verdict"),
    [
        pytest.param(png(), "image/png", True, "ok", id="png"),
        pytest.param(png(), "text/html", True, "ok", id="png as html"),
        pytest.param(png(400, 400)[:60], "image/png", False, "ok", id="png that was cut"),
        (b"", "image/png", True, "dead"),
        (page(), "text/html", True, "dead"),
        (page(), "image/png", True, "dead"),
        (b"no picture at all", "image/png", True, "dead"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml", True, "ok"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><g>", "image/svg+xml", True, "dead"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><g>", "image/svg+xml", False, "ok"),
        (b"<?xml version='1.0'?><svg><g", "text/plain", False, "ok"),
        (b"<?xml version='1.0'?><!-- long", "image/svg+xml", False, "unknown"),
        (b"<?xml version='1.0'?><html><p", "image/svg+xml", False, "unknown"),
        (b"<html><p", "image/svg+xml", False, "dead"),
        pytest.param(png(400, 400)[:60], "image/png", True, "dead", id="png that was cut short"),
    ],
)
def test_pictures(body: bytes, content: str, complete: bool, verdict: str) -> None:
    """Rule 9: the bytes tell, not what they are said to be."""
    got = seen(answer(200, body, content=content, complete=complete), "image", "x")
    assert got.verdict == verdict
    assert bool(got.reason) == (verdict != "ok")


def test_a_picture_is_not_suspect() -> None:
    """A picture that moved to another host is one all the same; what it moved to is known."""
    got = redirected("https://cdn.example.org/", 301, body=png(), content="image/png")
    assert seen(got, "image") == Observation(
        Verdict.OK, "", 200, "https://cdn.example.org/", "https://cdn.example.org/"
    )


# -- what to ask for -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "fragments", "status", "content", "limit"),
    [
        ("page", [""], 200, "text/html", PAGE_LIMIT),
        ("page", ["", "x"], 200, "text/html; charset=x", PLACES_LIMIT),
        ("page", ["L10", "page=2", ":~:text=x", "top"], 200, "text/html", PAGE_LIMIT),
        ("page", ["x"], 404, "text/html", PAGE_LIMIT),
        ("page", [""], 503, "text/html", PAGE_LIMIT),
        ("page", [""], 500, "text/html", 0),
        ("page", [""], 301, "text/html", 0),
        ("page", [""], 999, "text/html", 0),
        ("page", ["x"], 200, "application/pdf", 0),
        ("page", ["x"], 200, "", PLACES_LIMIT),
        ("page", [""], 202, "application/json", PAGE_LIMIT),
        ("image", [""], 200, "image/png", PICTURE_LIMIT),
        ("image", [""], 200, "image/SVG+xml; charset=utf-8", DRAWING_LIMIT),
        ("image", [""], 404, "image/svg+xml", 0),
        ("image", ["x"], 206, "text/html", PICTURE_LIMIT),
        ("image", [""], 403, "text/html", PAGE_LIMIT),
        ("image", [""], 404, "image/png", 0),
    ],
)
def test_wants(kind: Kind, fragments: list[str], status: int, content: str, limit: int) -> None:
    """No more of a body is read than a verdict needs."""
    assert wants(kind, fragments)(status, CIMultiDict({"CONTENT-TYPE": content})) == limit


@pytest.mark.parametrize(
    ("url", "kind", "expected"),
    [
        (URL, "page", "GET"),
        ("https://example.org/", "page", "GET"),
        ("https://example.org/a.html", "page", "GET"),
        ("https://example.org/paper.PDF?download=1", "page", "HEAD"),
        ("https://example.org/data.tar.gz", "page", "HEAD"),
        ("https://example.org/model.safetensors", "page", "HEAD"),
        ("https://example.org/zip", "page", "GET"),
        ("https://example.org/a.zip/page", "page", "GET"),
        ("https://example.org/?file=a.zip", "page", "GET"),
        ("https://example.org/a.tiff", "image", "GET"),
        ("https://[broken/a.pdf", "page", "GET"),
    ],
)
def test_method(url: str, kind: Kind, expected: str) -> None:
    """Rule 8: files are asked by HEAD first; pages and pictures by GET, which they need anyway."""
    assert method(url, kind) == expected


def test_enough() -> None:
    """Rule 8: whatever HEAD does not settle is asked by GET."""
    assert enough(answer(200, b"", content="application/pdf"))
    assert not enough(answer(403, b"", content="application/pdf"))
    assert not enough(answer(202, b"", content="application/pdf"))
    assert not enough(answer(200, b"", content="text/html"))
    assert not enough(answer(None, b"", trouble=Trouble.RESET))


# -- any bytes at all ------------------------------------------------------------------------

PIECES = """
    < > <p <p> </p> id= id="a" ' " <!-- --> <script> </script> <title> </title> <h1> </h1> & &#0;
    &#x110000; <?xml <![CDATA[ ]]> <svg> <template> <noscript> <meta charset=utf-16> 404 <html>
    <!doctype> <frameset> <a name="x"> <div id=root> \0 \ufeff <body> <textarea>
"""
HTML = st.lists(st.sampled_from(PIECES.split()) | st.text(max_size=4)).map(
    lambda pieces: "".join(pieces).encode("utf-8", "replace")
)
CHARSETS = st.sampled_from(
    "utf-8 utf-16 utf-7 iso-2022-jp punycode idna hex undefined euc-jp big5 cp037 mac".split()
)


@given(
    body=st.binary(max_size=200) | HTML,
    charset=CHARSETS | st.text(max_size=8),
    status=st.just(200) | st.integers(100, 999),
    fragment=st.text(max_size=6),
    url=st.sampled_from(["https://[", "", "//", "https://x/%", "https://github.com/a"]) | st.text(),
    kind=st.sampled_from(["page", "image"]),
)
def test_nothing_raises(
    body: bytes, charset: str, status: int, fragment: str, url: str, kind: Kind
) -> None:
    """Whatever a server sends, there is a verdict."""
    hops = (Hop(url, 301),) if len(fragment) % 2 else ()
    content = f"text/html; charset={charset}"
    got = answer(status, body, asked=url, hops=hops, final=url + "/", content=content)
    observed = judge(got, kind, [fragment, "x"])
    assert set(observed) == {fragment, "x"}
    for each in observed.values():
        assert each.verdict is Verdict.OK or each.reason


@pytest.mark.parametrize(
    "piece", [b"<div>", b"<a ", b"<!--", b"<script>", b"<h1>x", b"<b id=root>x"]
)
def test_nasty_pages_are_read_in_time(piece: bytes) -> None:
    """No nesting is too deep; the test would hang where the cost were not linear."""
    got = seen(answer(200, b"<p>Words.</p>" + piece * 100_000), fragment="x")
    assert got.verdict in (Verdict.DEAD, Verdict.UNKNOWN)


def test_examples() -> None:
    """The examples in the documentation are true."""
    result = doctest.testmod(answers)
    assert result.attempted and not result.failed
