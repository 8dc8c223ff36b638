"""`sources`: records of DOIs and pages, from real servers that misbehave as others do."""

import gzip
import json
import socket
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from ethogram.bibliography import append
from ethogram.bibtex import Name
from ethogram.findings import EthogramError
from ethogram.settings import Endpoints, Settings
from ethogram.sources import Elsewhere, Unreachable, asking, record_of
from ethogram.works import WorkId, identify
from loopback_web import LoopbackWeb, Reply, redirect

CSL = "application/vnd.citationstyles.csl+json"
DOI = WorkId("doi", "10.1000/x")
ITEM = {
    "type": "article-journal",
    "title": "A Result",
    "author": [{"given": "Jane", "family": "Doe"}],
    "issued": {"date-parts": [[2024, 1, 31]]},
    "container-title": "A Journal",
}
PAGE = (
    "<!doctype html><html><head><title>A Post</title>"
    '<meta name="citation_title" content="A Post"><meta name="citation_author" content="Doe, Jane">'
    '<meta name="citation_publication_date" content="2024/01/31">{}</head><body>{}</body></html>'
)


@pytest.fixture(autouse=True)
def _on_one_day(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795219200")


@pytest.fixture
def web() -> Iterator[LoopbackWeb]:
    """A server with two names: a register and a publisher."""
    with LoopbackWeb(hosts=2) as running:
        yield running


def settings(web: LoopbackWeb, private: bool = True) -> Settings:
    """Settings by which DOIs are asked for on the server's first port."""
    endpoints = Endpoints(doi_records=web.url("/"))
    return Settings(allow_private=private, endpoints=endpoints, contact="https://example.org")


def data(item: Any = None, kind: str = CSL, status: int = 200, **changes: Any) -> Reply:
    """An answer of a register."""
    text = json.dumps(ITEM | changes if item is None else item)
    return Reply(status, {"Content-Type": kind}, text.encode())


def html(head: str = "", body: str = "", **headers: str) -> Reply:
    """A page that tells of its work."""
    text = PAGE.format(head, body)
    return Reply(200, {"Content-Type": "text/html; charset=utf-8", **headers}, text.encode())


def page_of(web: LoopbackWeb, path: str = "/post") -> WorkId:
    """What identifies a page of the server."""
    work = identify(web.url(path))
    assert work
    return work


# -- DOIs ------------------------------------------------------------------------------------


def test_a_doi_has_the_record_of_its_register(web: LoopbackWeb, tmp_path: Path) -> None:
    """CSL-JSON is asked for, by someone who says so; the record reads back as it is."""
    web.set("/10.1000/x", data())
    work = record_of(DOI, settings(web))
    assert (work.id, work.key, work.doi) == (DOI, "doe2024result", "10.1000/x")
    assert (work.type, work.journal, work.date) == ("article", "A Journal", "2024-01-31")
    assert work.checked == "2026-11-21"
    (asked,) = web.requests
    assert asked.headers["accept"].startswith(CSL)
    assert "(+https://example.org)" in asked.headers["user-agent"]
    assert append(tmp_path, work) == work


def test_the_register_is_asked_by_its_own_address(web: LoopbackWeb) -> None:
    """doi.org sends on to another host, which has to hear what is wanted as well."""
    web.set("/10.1000/x", redirect(web.url("/works/x/transform", host=1), 302))
    web.set("/works/x/transform", [html(), data()])
    assert record_of(DOI, settings(web)).title == "A Result"
    asked = [request.headers["accept"].startswith(CSL) for request in web.requests]
    assert asked == [True, False, True]


def test_a_register_that_answers_at_once_is_not_asked_again(web: LoopbackWeb) -> None:
    """Some send data to whoever comes."""
    web.set("/10.1000/x", redirect(web.url("/works/x", host=1), 302))
    web.set("/works/x", data())
    assert record_of(DOI, settings(web)).title == "A Result"
    assert web.asked("/works/x") == ["GET"]


def test_a_register_that_has_only_a_page(web: LoopbackWeb) -> None:
    """Not all agencies know the format; the page's tags are the record then, under the DOI."""
    web.set("/10.1000/x", redirect(web.url("/landing", host=1), 302))
    web.set("/landing", html())
    work = record_of(DOI, settings(web))
    assert (work.id, work.title, work.url) == (DOI, "A Post", "")


@pytest.mark.parametrize("doi", ["10.1002/(sici)1097<1::aid-x>3.0.co;2-#", "10.1000/a%2fb?c"])
def test_odd_dois_are_asked_for_as_they_are(web: LoopbackWeb, doi: str) -> None:
    """Whatever has a meaning in an address is escaped."""
    web.default = data()
    assert record_of(WorkId("doi", doi), settings(web)).id.id == doi
    path = web.requests[0].path
    assert not set("<>#?") & set(path) and path.startswith("/10.100")


def test_a_doi_does_not_climb(web: LoopbackWeb) -> None:
    """Whoever writes a card has no say in which pages of an endpoint's host are asked."""
    with pytest.raises(EthogramError, match="no DOI that could be asked for"):
        record_of(WorkId("doi", "10.1000/../secret"), settings(web))
    assert web.requests == []


def test_a_doi_that_is_on_arxiv(web: LoopbackWeb) -> None:
    """Its register says so, and where."""
    web.set("/10.1000/x", data(relation={"has-preprint": [{"id": "10.48550/arXiv.2401.05566"}]}))
    with pytest.raises(Elsewhere) as caught:
        record_of(DOI, settings(web))
    assert caught.value.work == WorkId("arxiv", "2401.05566")
    assert str(caught.value) == "doi:10.1000/x is arxiv:2401.05566: use that."
    with pytest.raises(Elsewhere):
        record_of(WorkId("arxiv", "2401.05566"), settings(web))


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(404, {}, b""), "does not exist (HTTP 404)"),
        (Reply(410, {}, b""), "does not exist (HTTP 410)"),
        (Reply(406, {}, b""), "no record in a form that is read here"),
        (Reply(204, {}, b""), "the answer is empty (HTTP 204)"),
        (Reply(200, {"Content-Type": CSL}, b""), "the answer is empty (HTTP 200)"),
        (Reply(400, {}, b"x"), "answers HTTP 400"),
        (Reply(403, {}, b""), "refuses to show it to programs (HTTP 403)"),
        (data([ITEM]), "holds no record"),
        (data("text"), "holds no record"),
        (Reply(200, {"Content-Type": CSL}, b"{broken"), "holds no record"),
        (Reply(200, {"Content-Type": CSL}, b"[" * 100_000), "holds no record"),
        (Reply(200, {"Content-Type": CSL}, b'{"a":' * 100_000), "holds no record"),
        (Reply(200, {"Content-Type": CSL}, b'{"title": 1' + b"0" * 9999 + b"}"), "holds no record"),
        (data({}), "names no title"),
        (data(title="\u202e\u200d"), "names no title"),
        (data(issued={"date-parts": [[None]]}), "names no year"),
        (Reply(200, {"Content-Type": "application/pdf"}, b"%PDF-1.7"), "is no text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_record_is_a_sentence(web: LoopbackWeb, reply: Reply, why: str) -> None:
    """What is wrong, and what to do: the address, the reason, the mend."""
    web.set("/10.1000/x", reply)
    why = "what is there is a PDF" if why == "is no text" else why
    with pytest.raises(EthogramError) as caught:
        record_of(DOI, settings(web))
    said = str(caught.value)
    assert said.startswith("There is no record of https://doi.org/10.1000/x: ") and why in said
    assert "bib/other.bib" in said and "--title" in said and "--year" in said
    assert "\n" not in said and not isinstance(caught.value, Unreachable)


# -- pages -----------------------------------------------------------------------------------


def test_a_page_has_the_record_of_its_tags(web: LoopbackWeb, tmp_path: Path) -> None:
    """It is identified by its address as asked, wherever that leads."""
    web.set("/post", redirect("/moved"))
    web.set("/moved", html())
    work = record_of(page_of(web), settings(web))
    assert (work.id, work.url) == (page_of(web), web.url("/post"))
    assert (work.key, work.type, work.authors) == ("doe2024post", "online", ("Jane Doe",))
    assert append(tmp_path, work) == work


def test_a_page_that_names_a_doi_has_its_record(web: LoopbackWeb) -> None:
    """The register knows more; the page's address leads to the record as well."""
    web.set("/post", html('<meta name="citation_doi" content="10.1000/x">'))
    web.set("/10.1000/x", data())
    work = record_of(page_of(web), settings(web))
    assert (work.id, work.title, work.url) == (DOI, "A Result", web.url("/post"))


@pytest.mark.parametrize("reply", [Reply(404), Reply(503), Reply(reset=True), data({})], ids=str)
def test_a_register_that_knows_nothing_does_not_stop_a_page(web: LoopbackWeb, reply: Reply) -> None:
    """The tags of the page are the record, under the DOI that it names."""
    web.set("/post", html('<meta name="citation_doi" content="10.1000/x">'))
    web.set("/10.1000/x", reply)
    work = record_of(page_of(web), settings(web))
    assert (work.id, work.title, work.url) == (DOI, "A Post", web.url("/post"))


def test_a_page_that_is_on_arxiv(web: LoopbackWeb) -> None:
    """Its own number leads there, and so does the number of the DOI that it names."""
    web.set("/post", html('<meta name="citation_arxiv_id" content="2401.05566v3">'))
    web.set("/other", html('<meta name="citation_doi" content="10.1000/x">'))
    web.set("/10.1000/x", data(relation={"has-preprint": [{"id": "10.48550/arXiv.2401.05566"}]}))
    for path in ("/post", "/other"):
        with pytest.raises(Elsewhere) as caught:
            record_of(page_of(web, path), settings(web))
        assert caught.value.work == WorkId("arxiv", "2401.05566")


@pytest.mark.parametrize(
    ("charset", "title"),
    [
        ("iso-8859-1", "Über Rätsel"),
        ("windows-1251", "Привет"),
        ("shift_jis", "日本語"),
        ("utf-16", "Übung"),
    ],
)
def test_pages_in_other_charsets(web: LoopbackWeb, charset: str, title: str) -> None:
    """The header says how to read it."""
    text = PAGE.format("", "").replace("A Post", title)
    kind = {"Content-Type": f"text/html; charset={charset}"}
    web.set("/post", Reply(200, kind, text.encode(charset)))
    assert record_of(page_of(web), settings(web)).title == title


@pytest.mark.parametrize("charset", ["utf-8", "klingon", "utf-7", "rot13"])
def test_a_wrong_charset_is_no_trouble(web: LoopbackWeb, charset: str) -> None:
    """Bytes that are none of it are read as well as can be."""
    text = PAGE.format("", "").replace("A Post", "Ein Rätsel")
    web.set(
        "/post",
        Reply(200, {"Content-Type": f"text/html; charset={charset}"}, text.encode("cp1252")),
    )
    assert record_of(page_of(web), settings(web)).title in ("Ein Rätsel", "Ein R\ufffdtsel")
    body = json.dumps(ITEM | {"title": "Ein Rätsel"}, ensure_ascii=False).encode("cp1252")
    web.set("/10.1000/x", Reply(200, {"Content-Type": f"{CSL}; charset={charset}"}, body))
    assert record_of(DOI, settings(web)).title == "Ein Rätsel"


@pytest.mark.parametrize(
    ("reply", "why"),
    [
        (Reply(404), "does not exist (HTTP 404)"),
        (Reply(200, {}, b"<!doctype html><title>404 Not Found</title>"), "does not exist"),
        (Reply(401, {}, b""), "refuses to show it to programs"),
        (Reply(402, {}, b""), "refuses to show it to programs"),
        (Reply(403, {"cf-mitigated": "challenge"}, b"<p>x</p>"), "a test for robots (Cloudflare)"),
        (Reply(200, {}, b"<!doctype html><title>Just a moment...</title>"), "a test for robots"),
        (Reply(200, {}, b"<!doctype html><title></title><p>Words.</p>"), "names no title"),
        (Reply(200, {}, b"<!doctype html><title>A post</title>"), "names no year"),
        (Reply(200, {}, b""), "the answer is empty"),
        (Reply(200, {"Content-Type": "application/pdf"}, b"%PDF"), "is a PDF"),
        (Reply(200, {"Content-Type": "image/png\x1b[31m"}, b"\x89PNG"), "`image/png"),
        (Reply(200, {"Content-Type": "text/plain"}, b"words"), "`text/plain`"),
        (data(), "is no web page"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_no_page_is_a_sentence(web: LoopbackWeb, reply: Reply, why: str) -> None:
    """Walls, files, pages without a word on themselves: each has its reason and the mend."""
    web.set("/post", reply)
    with pytest.raises(EthogramError) as caught:
        record_of(page_of(web), settings(web))
    said = str(caught.value)
    assert why in said and web.url("/post") in said and "bib/other.bib" in said
    assert said.isprintable() and not isinstance(caught.value, Unreachable)


# -- no answer -------------------------------------------------------------------------------


def closed() -> str:
    """An address at which nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}/"


def test_without_the_network_it_is_unreachable() -> None:
    """Nobody listens, or no name can be looked up: another time there may be an answer."""
    asking_nobody = Settings(allow_private=True, endpoints=Endpoints(doi_records=closed()))
    for work in (DOI, identify(f"{closed()}post")):
        assert work
        with pytest.raises(Unreachable, match=r"bib/other\.bib, or give --title.*try again later"):
            record_of(work, asking_nobody)


def test_a_host_that_does_not_exist_is_no_passing_trouble(web: LoopbackWeb) -> None:
    """Another time it will not be there either."""
    with pytest.raises(EthogramError, match="its host does not exist") as caught:
        record_of(WorkId("url", "https://nothing.invalid/post"), settings(web))
    assert not isinstance(caught.value, Unreachable)


@pytest.mark.parametrize(
    "reply",
    [Reply(reset=True), Reply(503), Reply(500), Reply(raw=b"no HTTP at all\r\n\r\n")],
    ids=["reset", "503", "500", "garbage"],
)
def test_a_server_out_of_order_is_unreachable(web: LoopbackWeb, reply: Reply) -> None:
    """It is not told as "does not exist"."""
    web.default = reply
    for work in (DOI, page_of(web)):
        with pytest.raises(Unreachable):
            record_of(work, settings(web))


def test_a_server_that_drips_is_unreachable(
    web: LoopbackWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that does not end in time is none."""
    monkeypatch.setattr(asking, "SECONDS", 0.2)
    web.default = Reply(200, {"Content-Type": CSL}, b"{" * 1000, drip=0.05)
    with pytest.raises(Unreachable, match="no end of the answer"):
        record_of(DOI, settings(web))


def test_slow_steps_are_slow_altogether(web: LoopbackWeb, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each redirect may come in time, and all of them too late."""
    monkeypatch.setattr(asking, "LONGEST_SECONDS", 0.3)
    web.default = Reply(302, {"Location": "/10.1000/y"}, b"", delay=0.2)
    with pytest.raises(Unreachable, match=r"no answer within 0\.3 s"):
        record_of(DOI, settings(web))


# -- hostile answers -------------------------------------------------------------------------


def test_a_hundred_megabytes_are_not_read(web: LoopbackWeb) -> None:
    """Of data that is refused; of a page the head is enough, and what comes later is not there."""
    long = "x" * 100_000_000
    web.set("/10.1000/x", Reply(200, {"Content-Type": CSL}, f'{{"title": "{long}"}}'.encode()))
    with pytest.raises(EthogramError, match="longer than 4 MB"):
        record_of(DOI, settings(web))
    web.set("/post", html(body=long))
    assert record_of(page_of(web), settings(web)).title == "A Post"
    web.set("/post", Reply(200, {}, f"<!doctype html><p>{long}{PAGE.format('', '')}".encode()))
    with pytest.raises(EthogramError, match="names no title"):
        record_of(page_of(web), settings(web))


def test_a_packed_bomb_is_not_unpacked(web: LoopbackWeb) -> None:
    """A hundred megabytes come in a hundred kilobytes as well."""
    bomb = gzip.compress(b'{"title": "' + b"x" * 100_000_000)
    web.set("/10.1000/x", Reply(200, {"Content-Type": CSL, "Content-Encoding": "gzip"}, bomb))
    with pytest.raises(EthogramError, match="longer than 4 MB"):
        record_of(DOI, settings(web))


def test_redirects_come_to_an_end(web: LoopbackWeb) -> None:
    """In a circle, without end, and to and fro between two hosts."""
    web.set("/10.1000/x", redirect("/10.1000/x"))
    with pytest.raises(EthogramError, match="in a circle"):
        record_of(DOI, settings(web))
    for number in range(30):
        web.set(f"/{number}", redirect(f"/{number + 1}"))
        web.set(f"/far/{number}", redirect(web.url(f"/far/{number + 1}", host=(number + 1) % 2)))
    with pytest.raises(EthogramError, match="more than 10 redirects"):
        record_of(page_of(web, "/0"), settings(web))
    web.set("/10.1000/x", redirect(web.url("/far/0", host=1)))
    with pytest.raises(EthogramError, match="more than 10 redirects"):
        record_of(DOI, settings(web))
    assert len(web.requests) < 70


@pytest.mark.parametrize(
    "there", ["http://127.0.0.1:1/x", "http://[::1]/x", "http://169.254.169.254/latest/meta-data"]
)
def test_a_private_address_is_not_asked(web: LoopbackWeb, there: str) -> None:
    """Neither as a page, nor where a register leads to; the register itself is configured."""
    web.set("/10.1000/x", redirect(there))
    for work in (DOI, page_of(web), WorkId("url", there)):
        with pytest.raises(EthogramError, match="an address in a private network"):
            record_of(work, settings(web, private=False))
    assert [request.path for request in web.requests] == ["/10.1000/x"]
    web.set("/10.1000/x", data())
    assert record_of(DOI, settings(web, private=False)).title == "A Result"


def test_another_scheme_is_not_asked(web: LoopbackWeb) -> None:
    """Files of this machine are nobody's record."""
    web.set("/post", redirect("file:///etc/passwd"))
    with pytest.raises(EthogramError, match="neither http nor https"):
        record_of(page_of(web), settings(web))


EVIL: Mapping[str, Callable[[str], Reply]] = {
    "/10.1000/x": lambda text: data(title=f"T {text}", author=[{"given": "J", "family": text}]),
    "/post": lambda text: html(
        '<script type="application/ld+json">'
        + json.dumps({"@type": "Article", "headline": "x", "author": text}).replace("</", "<\\/")
        + "</script>"
    ),
}


@pytest.mark.parametrize("path", EVIL)
@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>Doe",
        "\u202eeoD\u202c \u2066x",
        "Doe\x00\x07\x1b]0;title\x07",
        "}, evil = {x}} @misc{other, title = {y}",
        "\\input{/etc/passwd} \\write18{ls}",
        "% comment",
        "@comment{",
        "Doe and others",
        "a" * 290,
        "\ud800",
    ],
    ids=ascii,
)
def test_hostile_texts_stand_as_texts(
    web: LoopbackWeb, tmp_path: Path, path: str, text: str
) -> None:
    """They neither leave their field nor turn the terminal around; or there is a sentence."""
    web.set(path, EVIL[path](text))
    work = record_of(DOI if path.startswith("/10") else page_of(web), settings(web))
    stored = append(tmp_path, work)
    assert stored == work and len((tmp_path / "other.bib").read_text().split("\n@")) == 1
    for shown in (work.title, *work.authors):
        assert shown.isprintable() and "\u202e" not in shown and "alert(1)" not in shown


def test_data_of_datacite(web: LoopbackWeb) -> None:
    """Its organizations are literal, and people may be so, too."""
    item = {
        "type": "dataset",
        "id": "https://doi.org/10.5281/zenodo.1",
        "author": [{"literal": "Zenodo Team"}, {"literal": "Doe, Jane"}],
        "issued": {"date-parts": [[2024]]},
        "DOI": "10.5281/ZENODO.1",
        "publisher": "Zenodo",
        "title": "A Set",
    }
    web.set("/10.5281/zenodo.1", data(item))
    work = record_of(WorkId("doi", "10.5281/zenodo.1"), settings(web))
    assert (work.type, work.journal, work.date) == ("dataset", "Zenodo", "2024")
    assert Name("Zenodo Team", work.family(0), "Zenodo Team" in work.corporate) == Name(
        "Zenodo Team", "Zenodo Team", True
    )
    assert (work.authors[1], work.family(1)) == ("Jane Doe", "Doe")
