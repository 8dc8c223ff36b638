"""A whole check of links, by the command, against a server that does what the web does."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from ethogram.bibliography import Work, merge
from ethogram.links import inside
from ethogram.works import WorkId
from loopback_arxiv import Fault, LoopbackArxiv, Paper
from loopback_web import LoopbackWeb, Reply, redirect
from web_probes import GONE, OK, Probe, page_of, probes

ROOT = Path(__file__).parents[2]


def ethogram(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run `ethogram` in a folder, as a person would."""
    code = "from ethogram.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-c", code, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT / "hooks"), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def checked(folder: Path, *arguments: str, **environment: str) -> dict[str, Any]:
    """The verdicts of `ethogram links`, each link by its address."""
    found = ethogram(
        folder, "links", "--allow-private", "--format", "json", *arguments, **environment
    )
    assert found.returncode in (0, 1), found.stderr
    assert "Traceback" not in found.stderr, found.stderr
    results = json.loads(found.stdout)
    assert len({each["url"] for each in results}) == len(results)
    return {each["url"]: each for each in results}


def until(true: Callable[[], bool]) -> None:
    """Wait until something is so; fail if it never is."""
    deadline = time.monotonic() + 60
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.01)


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Probe, dict[str, Any]]]:
    """Every probe with what the command says of it, all asked in one run."""
    folder = tmp_path_factory.mktemp("probes")
    chosen = probes()
    with LoopbackWeb(hosts=len(chosen)) as web:
        for probe in chosen:
            probe.install(web)
        (folder / "page.md").write_text(page_of(web, chosen), encoding="utf-8")
        found = checked(folder, "page.md")
        urls = {probe.name: web.url(probe.address, host) for host, probe in enumerate(chosen)}
    return {probe.name: (probe, found[urls[probe.name]]) for probe in chosen}


@pytest.mark.parametrize("name", [probe.name for probe in probes()])
def test_every_verdict_is_right(name: str, asked: dict[str, tuple[Probe, dict[str, Any]]]) -> None:
    """Rule 1, and the probes of rules 7, 8, 9, 11: no false "dead", and nothing missed."""
    probe, said = asked[name]
    assert said["verdict"] == probe.verdict, said
    assert said["kind"] == probe.kind
    assert probe.verdict == "ok" or said["reason"]


# -- the journal -----------------------------------------------------------------------------


def write(folder: Path, *addresses: str) -> None:
    """Write a page with a link to each address."""
    (folder / "page.md").write_text("".join(f"- <{address}>\n" for address in addresses))


def test_what_is_known_is_not_asked_again(tmp_path: Path) -> None:
    """Rule 12: the journal answers, until it is told to be fresh."""
    with LoopbackWeb({"/a": OK, "/b": GONE}) as web:
        write(tmp_path, web.url("/a"), web.url("/b"))
        first = checked(tmp_path, "page.md", "--journal", "j.jsonl")
        requests = len(web.requests)
        assert checked(tmp_path, "page.md", "--journal", "j.jsonl") == first
        assert len(web.requests) == requests
        checked(tmp_path, "page.md", "--journal", "j.jsonl", "--fresh")
        assert len(web.requests) == 2 * requests


def test_a_killed_run_repeats_only_what_was_in_flight(tmp_path: Path) -> None:
    """Rule 12: after SIGKILL at half time, what had been answered is not asked for again."""
    pages = {f"/{number}": Reply(delay=0.1) for number in range(200)}
    with LoopbackWeb(pages) as web:
        write(tmp_path, *(web.url(path) for path in pages))
        command = "from ethogram.cli import main; main()"
        running = subprocess.Popen(
            [sys.executable, "-c", command, "links", "page.md", "--allow-private"],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT / "hooks")},
        )
        until(lambda: len(web.requests) >= 100)
        running.kill()
        running.wait()
        before = {request.path for request in web.requests}
        web.requests.clear()
        found = checked(tmp_path, "page.md")
        again = {request.path for request in web.requests} & before
    assert {each["verdict"] for each in found.values()} == {"ok"}
    assert len(again - {"/robots.txt"}) <= 8  # as many as one host is asked at once
    assert len(web.requests) < 120


def test_a_known_link_is_dead_only_after_three_faults_days_apart(tmp_path: Path) -> None:
    """Rule 2: one bad night fails nothing; a link that is new fails at once."""
    journal = tmp_path / "j.jsonl"
    with LoopbackWeb({"/a": [OK, GONE]}) as web:
        write(tmp_path, web.url("/a"))
        verdicts = [checked(tmp_path, "page.md", "--journal", "j.jsonl")[web.url("/a")]["verdict"]]
        for _ in range(3):
            journal.write_text(days_earlier(journal.read_text(encoding="utf-8"), 4))
            said = checked(tmp_path, "page.md", "--journal", "j.jsonl", "--fresh")
            verdicts.append(said[web.url("/a")]["verdict"])
    assert verdicts == ["ok", "suspect", "suspect", "dead"]


def days_earlier(journal: str, days: int) -> str:
    """A journal as if all of it had happened so many days before."""

    def earlier(match: re.Match[str]) -> str:
        then = datetime.fromisoformat(match[0]) - timedelta(days=days)
        return then.strftime("%Y-%m-%dT%H:%M:%SZ")

    return re.sub(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", earlier, journal)


def test_two_runs_do_not_write_one_journal(tmp_path: Path) -> None:
    """The second is told so in a sentence, and nothing is lost."""
    with LoopbackWeb({"/slow": Reply(delay=3)}) as web:
        write(tmp_path, web.url("/slow"))
        command = [sys.executable, "-c", "from ethogram.cli import main; main()", "links"]
        environment = {**os.environ, "PYTHONPATH": str(ROOT / "hooks")}
        first = subprocess.Popen(
            [*command, "page.md", "--allow-private"], cwd=tmp_path, env=environment
        )
        until(lambda: bool(web.requests))
        second = ethogram(tmp_path, "links", "page.md", "--allow-private")
        assert first.wait() == 0
    assert second.returncode == 1
    assert "another run is writing this journal" in second.stderr


# -- arXiv -----------------------------------------------------------------------------------


def test_a_hundred_arxiv_links_are_one_request_to_the_api(tmp_path: Path) -> None:
    """Rule 5: in whatever spelling, and with nothing asked of arxiv.org itself."""
    papers = [Paper(f"2401.{number:05}", version=2) for number in range(1, 99)]
    forms = ("abs/{}", "pdf/{}v2", "html/{}v1#S1")
    links = [
        f"https://arxiv.org/{forms[i % 3].format(paper.number)}" for i, paper in enumerate(papers)
    ]
    gone = ["https://doi.org/10.48550/arXiv.2401.99999", "https://arxiv.org/abs/2401.00001v3"]
    odd = ["https://arxiv.org/abs/2413.00001", "https://arxiv.org/list/cs.CL/recent"]
    with LoopbackArxiv(papers) as arxiv:
        write(tmp_path, *links, *gone, *odd)
        found = checked(tmp_path, "page.md", ETHOGRAM_ARXIV_API=arxiv.endpoint)
        assert len(arxiv.requests) == 1
    verdicts = {url: each["verdict"] for url, each in found.items()}
    assert [verdicts[url] for url in links] == ["ok"] * len(links)
    assert [verdicts[url] for url in gone] == ["dead", "dead"]
    assert [verdicts[url] for url in odd] == ["dead", "unknown"]


def test_a_fresh_record_answers_for_its_links(tmp_path: Path) -> None:
    """Rule 5: what arXiv confirmed within a month is not asked at all; what is older is."""
    now = datetime.now(UTC).date()
    fresh, stale = now.isoformat(), (now - timedelta(days=60)).isoformat()
    works = [
        Work(WorkId("arxiv", number), f"key{number[-1]}", "T", ("A",), 2024, version=1, checked=day)
        for number, day in (("2401.00001", fresh), ("2401.00002", stale))
    ]
    merge(tmp_path / "bib", works)
    (tmp_path / "docs").mkdir()
    write(tmp_path / "docs", *(f"https://arxiv.org/abs/{work.id.id}" for work in works))
    with LoopbackArxiv([Paper("2401.00002")]) as arxiv:
        found = checked(tmp_path, ETHOGRAM_ARXIV_API=arxiv.endpoint)
        assert [request.ids for request in arxiv.requests] == [["2401.00002"]]
    assert {each["verdict"] for each in found.values()} == {"ok"}
    assert (tmp_path / "bib/links.jsonl").exists()


def test_a_refusal_stops_arxiv_for_the_run(tmp_path: Path) -> None:
    """Rule 5: after a 403 nothing more is asked, and no link is called dead for it."""
    numbers = [f"2401.{number:05}" for number in range(1, 151)]
    with LoopbackArxiv([Paper(number) for number in numbers]) as arxiv:
        arxiv.faults = [Fault(status=403)]
        write(tmp_path, *(f"https://arxiv.org/abs/{number}" for number in numbers))
        found = checked(tmp_path, "page.md", ETHOGRAM_ARXIV_API=arxiv.endpoint)
        assert len(arxiv.requests) == 1
    assert {each["verdict"] for each in found.values()} == {"unknown"}


# -- what may be asked -----------------------------------------------------------------------


def test_nothing_private_is_asked_without_leave(tmp_path: Path) -> None:
    """Rule 13: not even robots.txt; and such a link is neither dead nor fine."""
    with LoopbackWeb({"/a": OK, "/b": OK}) as web:
        port = web.ports[0]
        hosts = ("127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::ffff:127.0.0.1]")
        write(tmp_path, *(f"http://{host}:{port}/{name}" for host in hosts for name in "ab"))
        found = ethogram(tmp_path, "links", "page.md", "--format", "json")
        assert web.connections == 0
    results = json.loads(found.stdout)
    assert len(results) == 10
    assert {each["verdict"] for each in results} == {"unknown"}
    assert found.returncode == 0


def test_other_schemes_are_not_asked_and_not_fine(tmp_path: Path) -> None:
    """Only http and https are asked; what names no place on the web is no link to check."""
    write(tmp_path, "ftp://example.org/x", "mailto:me@example.org", "tel:+123", "data:,x")
    found = checked(tmp_path, "page.md")
    assert {url: each["verdict"] for url, each in found.items()} == {
        "ftp://example.org/x": "unknown"
    }


# -- authorities and snapshots ---------------------------------------------------------------


def handle(code: int) -> Reply:
    """What the Handle API answers."""
    body = json.dumps({"responseCode": code}).encode()
    return Reply(200 if code == 1 else 404, {"Content-Type": "application/json"}, body)


def test_the_authority_is_asked_and_not_the_page(tmp_path: Path) -> None:
    """Rule 6: a DOI is alive or dead by the Handle API's word; the endpoint is a setting."""
    with LoopbackWeb({"/api/10.1234/alive": handle(1), "/api/10.1234/dead": handle(100)}) as web:
        (tmp_path / "docs").mkdir()
        setting = f"extra:\n  ethogram:\n    endpoints:\n      doi: {web.url('/api/')}\n"
        (tmp_path / "mkdocs.yml").write_text(setting)
        write(tmp_path / "docs", "https://doi.org/10.1234/alive", "https://dx.doi.org/10.1234/dead")
        found = ethogram(tmp_path, "links", "--format", "json")
    results = {each["url"]: each["verdict"] for each in json.loads(found.stdout)}
    assert results == {
        "https://doi.org/10.1234/alive": "ok",
        "https://dx.doi.org/10.1234/dead": "dead",
    }
    assert found.returncode == 1


def snapshot_of(url: str) -> Reply:
    """What the Wayback Machine answers when it has a page."""
    snapshot = f"http://web.archive.org/web/20200506012345/{url}"
    closest = {"available": True, "url": snapshot, "timestamp": "20200506012345", "status": "200"}
    body = json.dumps({"url": url, "archived_snapshots": {"closest": closest}}).encode()
    return Reply(200, {"Content-Type": "application/json"}, body)


def git(folder: Path, *arguments: str) -> None:
    """Run Git as someone who has set a name."""
    name = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    subprocess.run(["git", *name, *arguments], cwd=folder, check=True, capture_output=True)


GONE_PAGE = "https://gone.invalid/essay"
"""No name ends so (RFC 6761): it is gone without anyone being asked."""

KEPT = f"https://web.archive.org/web/20200506012345/{GONE_PAGE}"


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A folder with docs/, bib/ and Git."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "bib").mkdir()
    git(tmp_path, "init", "-q")
    return tmp_path


def test_fix_rewrites_what_moved_and_archives_what_is_gone(site: Path) -> None:
    """Rule 14: --dry-run prints a diff that Git takes; --fix does the same; then all is well."""
    page = site / "docs/page.md"
    asking = f"/wayback?url={quote(GONE_PAGE, safe='')}"
    pages = {
        "/old": redirect("/new", 308),
        "/new": OK,
        "/now": redirect("/new", 302),
        asking: snapshot_of(GONE_PAGE),
    }
    with LoopbackWeb(pages) as web:
        page.write_text(
            f"[a]({web.url('/old')}#x) and <{web.url('/now')}>, [c]({GONE_PAGE}#part).\n"
        )
        wayback = {"ETHOGRAM_WAYBACK_API": web.url("/wayback")}
        common = ("links", "--allow-private")
        web.set("/new", Reply(body=b"<title>T</title><p id=x>X</p>"))
        dry = ethogram(site, *common, "--fix", "--dry-run", **wayback)
        before = page.read_text()
        diff = dry.stdout[dry.stdout.index("--- a/") :]
        subprocess.run(["git", "apply", "--check"], input=diff, cwd=site, text=True, check=True)
        assert not (site / "bib/archive.yml").exists()
        fixed = ethogram(site, *common, "--fix", **wayback)
        assert asking in {request.path for request in web.requests}
        assert not [each for each in web.requests if "new" in each.path and "wayback" in each.path]
        after = ethogram(site, *common, **wayback)
    assert before != page.read_text()
    assert page.read_text() == (
        f"[a]({web.url('/new')}#x) and <{web.url('/now')}>, [c]({GONE_PAGE}#part).\n"
    )
    assert f"{GONE_PAGE}: {KEPT}" in (site / "bib/archive.yml").read_text()
    assert (dry.returncode, fixed.returncode, after.returncode) == (1, 1, 0)
    assert "1 served from an archived copy" in after.stdout


def test_only_what_a_change_adds_is_asked(site: Path) -> None:
    """Rule 2: with --new-against, old links are let be, and a new one's fault counts at once."""
    page = site / "docs/page.md"
    with LoopbackWeb({"/old": GONE, "/new": [OK, GONE]}) as web:
        page.write_text(f"<{web.url('/old')}>\n")
        git(site, "add", ".")
        git(site, "commit", "-qm", "first")
        checked(site, "--journal", "j.jsonl")
        page.write_text(f"<{web.url('/old')}>\n\n<{web.url('/new')}>\n")
        checked(
            site, "--journal", "j.jsonl"
        )  # the new one is fine this once, and known from now on
        web.requests.clear()
        found = checked(site, "--journal", "j.jsonl", "--fresh", "--new-against", "HEAD")
        assert web.asked("/old") == []
    assert {url: each["verdict"] for url, each in found.items()} == {web.url("/new"): "dead"}


def test_a_revision_that_git_does_not_know_is_a_sentence(site: Path) -> None:
    """So is a folder that Git does not keep."""
    (site / "docs/page.md").write_text("Words.\n")
    found = ethogram(site, "links", "--new-against", "no-such-branch")
    assert found.returncode == 1
    assert "Git knows no revision `no-such-branch`" in found.stderr


def test_pages_are_saved_a_few_at_a_time_and_once(site: Path) -> None:
    """--archive asks for cited pages of the hosts that the settings name, and of no others."""
    settings = "extra:\n  ethogram:\n    archive_hosts: ['127.0.0.1']\n    archive_per_run: 2\n"
    (site / "mkdocs.yml").write_text(settings)
    with LoopbackWeb({f"/{name}": OK for name in "abc"}) as web:
        for name in "abc":
            saved = f"/web/20261121000000/{web.url('/' + name)}"
            web.set(f"/save/{web.url('/' + name)}", Reply(200, {"Content-Location": saved}))
        write(site / "docs", *(web.url(f"/{name}") for name in "abc"))
        save = {"ETHOGRAM_WAYBACK_SAVE_API": web.url("/save/")}
        common = ("links", "--allow-private", "--archive")
        said = [ethogram(site, *common, **save).stdout.count("saved: ") for _ in range(3)]
        asked = [request.path for request in web.requests if request.path.startswith("/save/")]
    assert said == [2, 1, 0]
    assert len(asked) == len(set(asked)) == 3


def test_a_built_site_is_looked_at(tmp_path: Path) -> None:
    """--site reads HTML: whatever a browser loads; the site's own addresses are not asked."""
    with LoopbackWeb({"/fine": OK, "/gone": GONE}) as web:
        (tmp_path / "out").mkdir()
        (tmp_path / "out/index.html").write_text(
            '<link rel="canonical" href="https://site.invalid/">\n'
            f'<a href="https://site.invalid/about/">us</a> <a href={web.url("/fine")}>x</a>\n'
            f"<video poster='{web.url('/gone')}'></video>\n"
        )
        found = checked(tmp_path, "--site", "out")
    assert {url: (each["verdict"], each["kind"]) for url, each in found.items()} == {
        web.url("/fine"): ("ok", "page"),
        web.url("/gone"): ("dead", "image"),
        "out/": ("ok", "page"),
        "out/about/": ("dead", "page"),
    }
    assert found[web.url("/gone")]["places"] == [
        {"path": "out/index.html", "line": 3, "column": 16}
    ]


def test_links_inside_the_site_are_told_too(site: Path) -> None:
    """Rule 11: places inside the site are always checked, without the network."""
    (site / "docs/page.md").write_text("# A\n\n[a](#a), [b](#b), [c](page.md), [d](other.md)\n")
    found = checked(site)
    assert {url: each["verdict"] for url, each in found.items()} == {
        "docs/page.md#a": "ok",
        "docs/page.md#b": "dead",
        "docs/page.md": "ok",
        "docs/other.md": "dead",
    }


@pytest.mark.parametrize("form", ["text", "json", "markdown", "junit", "sarif", "github"])
def test_every_format_names_the_place(form: str, tmp_path: Path) -> None:
    """Rule 14: whatever the form, a dead link comes with file and line, and the command fails."""
    (tmp_path / "page.md").write_text(f"# T\n\n[gone]({GONE_PAGE})\n")
    found = ethogram(tmp_path, "links", "page.md", "--format", form)
    assert found.returncode == 1
    assert GONE_PAGE in found.stdout.replace("%3A", ":")
    assert "page.md" in found.stdout
    assert "3" in found.stdout


# -- what examiners found --------------------------------------------------------------------


def test_a_page_that_cannot_be_read_is_told(site: Path) -> None:
    """It is no page without links: the command fails, and names file and line."""
    (site / "docs/page.md").write_bytes(b"# T\n\n\xe9 <https://gone.invalid/>\n")
    found = ethogram(site, "links", "--format", "json")
    assert found.returncode == 1
    assert "docs/page.md:3:1: unreadable-page" in found.stderr
    assert json.loads(found.stdout) == []


def test_a_page_that_is_a_picture_elsewhere_is_both(tmp_path: Path) -> None:
    """A picture that is none is dead; the page that it is in truth, with its places, is not."""
    with LoopbackWeb({"/live": Reply(body=b"<title>T</title><p id=here>Words.</p>")}) as web:
        live = web.url("/live")
        (tmp_path / "page.md").write_text(f"[a]({live}#here) [b]({live}#gone) ![c]({live})\n")
        found = checked(tmp_path, "page.md")
    assert {url: (each["verdict"], each["kind"]) for url, each in found.items()} == {
        f"{live}#here": ("ok", "page"),
        f"{live}#gone": ("dead", "page"),
        live: ("dead", "image"),
    }


def test_a_page_that_cannot_be_saved_keeps_no_other_waiting(site: Path) -> None:
    """A page with several places is saved once, and failures take turns with the rest."""
    settings = "extra:\n  ethogram:\n    archive_hosts: ['127.0.0.1']\n    archive_per_run: 1\n"
    (site / "mkdocs.yml").write_text(settings)
    there = Reply(body=b"<title>T</title><p id=x>X</p>")
    with LoopbackWeb({"/a": there, "/b": OK}) as web:
        a, b = web.url("/a"), web.url("/b")
        web.set(f"/save/{a}", Reply(200, {"Content-Location": f"/web/20261121000000/{a}"}))
        web.set(f"/save/{b}", Reply(500))
        write(site / "docs", b, a, f"{a}#x")
        common = ("links", "--allow-private", "--archive", "--format", "json")
        save = {"ETHOGRAM_WAYBACK_SAVE_API": web.url("/save/")}
        for _ in range(20):
            said = ethogram(site, *common, **save)
            json.loads(said.stdout)
            if f"saved: {a} as" in said.stderr:
                break
        last = checked(site)
    assert web.asked(f"/save/{a}") == ["GET"]
    kept = f"https://web.archive.org/web/20261121000000/{a}"
    assert [last[url]["snapshot"] for url in (a, f"{a}#x")] == [kept, kept]


def test_what_is_mended_needs_no_folder_of_records(tmp_path: Path) -> None:
    """bib/ is made if need be; no page is changed before a fault is known."""
    (tmp_path / "docs").mkdir()
    with LoopbackWeb(
        {"/wayback?" + f"url={quote(GONE_PAGE, safe='')}": snapshot_of(GONE_PAGE)}
    ) as web:
        write(tmp_path / "docs", GONE_PAGE)
        found = ethogram(tmp_path, "links", "--fix", ETHOGRAM_WAYBACK_API=web.url("/wayback"))
    assert "mended: bib/archive.yml" in found.stderr
    assert KEPT in (tmp_path / "bib/archive.yml").read_text()


def test_a_diff_is_named_from_the_top_of_the_repository(site: Path) -> None:
    """Wherever it is made, it applies at the top; programs' output stays free of it."""
    with LoopbackWeb({"/old": redirect("/new"), "/new": OK}) as web:
        write(site / "docs", web.url("/old"))
        common = ("links", ".", "--allow-private", "--fix", "--dry-run")
        found = ethogram(site / "docs", *common)
        as_json = ethogram(site / "docs", *common, "--format", "json")
    diff = found.stdout[found.stdout.index("--- a/docs/page.md") :]
    subprocess.run(["git", "apply", "--check"], input=diff, cwd=site, text=True, check=True)
    json.loads(as_json.stdout)
    assert "--- a/docs/page.md" in as_json.stderr


def test_an_empty_revision_is_a_sentence(site: Path) -> None:
    """A variable that was not set must not turn the question into another one."""
    (site / "docs/page.md").write_text("Words.\n")
    found = ethogram(site, "links", "--new-against", "")
    assert found.returncode == 1
    assert "Git knows no revision ``" in found.stderr


def test_new_links_inside_the_site_are_told(site: Path) -> None:
    """With --new-against too, and those that were there before are not."""
    page = site / "docs/page.md"
    page.write_text("[a](old.md)\n")
    git(site, "add", ".")
    git(site, "commit", "-qm", "first")
    page.write_text("[a](old.md) [b](new.md)\n")
    found = checked(site, "--new-against", "HEAD")
    assert {url: each["verdict"] for url, each in found.items()} == {"docs/new.md": "dead"}


def test_forms_on_github_are_not_asked(tmp_path: Path) -> None:
    """Each card has a link to one, which differs from all others and leads to the same page."""
    page = '<a href="https://github.com/a/b/%s">t</a>'
    forms = ("issues/new?template=c.yml&amp;card=a", "issues/2", "issues/new-form")
    (tmp_path / "index.html").write_text("".join(page % form for form in forms))
    found = [link.url for link in inside.Site(tmp_path).outward()]
    assert found == [f"https://github.com/a/b/{form}" for form in forms[1:]]


def test_links_inside_a_built_site_are_told(tmp_path: Path) -> None:
    """Files, places and pictures; below its canonical address too."""
    (tmp_path / "out/sub").mkdir(parents=True)
    (tmp_path / "out/index.html").write_text(
        '<link rel="canonical" href="https://site.invalid/"><p id=here>\n'
        '<a href="#here"></a> <a href="#gone"></a> <a href="sub/"></a> <a href="/sub/#x"></a>\n'
        '<img src="gone.png"> <a href="https://site.invalid/nowhere/"></a>\n'
    )
    (tmp_path / "out/sub/index.html").write_text("<p id=y> <a href=../#here></a>")
    found = checked(tmp_path, "--site", "out")
    assert {url: each["verdict"] for url, each in found.items()} == {
        "out/": "ok",
        "out/#here": "ok",
        "out/#gone": "dead",
        "out/sub/": "ok",
        "out/sub/#x": "dead",
        "out/gone.png": "dead",
        "out/nowhere/": "dead",
    }


def test_stopping_is_no_traceback_and_loses_nothing(tmp_path: Path) -> None:
    """Ctrl-C ends the run with its own exit code; what was seen is in the journal."""
    with LoopbackWeb({"/fast": OK, "/slow": Reply(delay=30)}) as web:
        write(tmp_path, web.url("/fast"), web.url("/slow"))
        running = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "from ethogram.cli import main; main(['links', 'page.md', '--allow-private'])",
            ],
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": str(ROOT / "hooks")},
            stderr=subprocess.PIPE,
            text=True,
        )
        journal = tmp_path / ".ethogram-links.jsonl"
        until(lambda: journal.exists() and "/fast" in journal.read_text())
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "Traceback" not in said
