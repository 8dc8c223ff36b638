"""`resolve`: every work is accounted for, once, and no record is ever lost."""

import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from subprocess import PIPE, Popen
from typing import Any

import pytest

from ethogram.arxiv import Client
from ethogram.bibliography import ARXIV, Bibliography, Work, merge
from ethogram.findings import EthogramError
from ethogram.resolve import Resolution, record_for, resolve
from ethogram.settings import Endpoints, Settings
from ethogram.sources import Unreachable
from ethogram.works import WorkId
from loopback_arxiv import Fault, LoopbackArxiv, Paper
from loopback_web import LoopbackWeb, Reply

HOOKS = Path(__file__).parent.parent / "hooks"
SLEEPER = Paper(
    "2401.05566",
    title="Sleeper Agents: Training Deceptive LLMs",
    authors=("Evan Hubinger", "Sheer El Showk"),
    version=3,
)
GONE = Paper("2402.00001", title="A Gone Result", comment="This paper has been withdrawn")
OLD = Paper("math/0309136", title="An Old Result", published="2003-09-08T00:00:00Z")


@pytest.fixture
def arxiv() -> Iterator[LoopbackArxiv]:
    """An arXiv that has three papers."""
    with LoopbackArxiv([SLEEPER, GONE, OLD]) as running:
        yield running


@pytest.fixture
def bib(tmp_path: Path) -> Path:
    """A folder for records that is yet to be made."""
    return tmp_path / "bib"


def client(arxiv: LoopbackArxiv, folder: Path, **settings: Any) -> Client:
    """A client that is as polite as any, only faster."""
    quick: dict[str, Any] = {"interval": 0.01, "backoff": 0.01, **settings}
    return Client(arxiv.endpoint, turns=folder.parent, **quick)


def recorded(bib: Path, **changes: Any) -> Work:
    """Write an older record of the sleeper agents, with what a person added."""
    work = Work(
        id=WorkId("arxiv", SLEEPER.number),
        key="pinned2024key",
        title="An Older Title",
        authors=("Evan Hubinger", "Sheer El Showk"),
        families=("Hubinger", "El Showk"),
        year=2024,
        version=1,
        extra=(("keywords", "backdoor"),),
    )
    merge(bib, [replace(work, **changes)])
    return Bibliography.load(bib).works[work.key]


def test_every_work_stands_in_one_list(arxiv: LoopbackArxiv, bib: Path) -> None:
    """Found, missing, malformed, withdrawn, throttled or kept: nothing is passed over."""
    recorded(bib, id=WorkId("arxiv", "2403.00001"))
    arxiv.papers["2404.00001"] = Paper("2404.00001", title="")  # no title: no use
    asked = [
        *("2401.05566", "2402.00001", "math/0309136", "2405.00001", "2403.00001", "2404.00001"),
        *("2413.00001", "no number", "10.1000/x", "https://example.org/x"),
    ]
    outcome = resolve(asked, bib, client=client(arxiv, bib))
    assert outcome.as_object() == {
        "found": ["2401.05566", "math/0309136"],
        "missing": ["2405.00001"],
        "malformed": ["2413.00001", "no number", "10.1000/x", "https://example.org/x"],
        "withdrawn": ["2402.00001"],
        "throttled": ["2404.00001"],
        "kept": ["2403.00001"],
    }
    assert json.loads(json.dumps(outcome.as_object())) == outcome.as_object()
    assert not outcome.complete
    assert [request.ids for request in arxiv.requests] == [
        ["2401.05566", "2402.00001", "math/0309136", "2405.00001", "2404.00001"]
    ]


def test_records_say_what_arxiv_says(
    arxiv: LoopbackArxiv, bib: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Keys are made, withdrawal is marked, and the date of asking can be set from outside."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795219200")
    resolve([SLEEPER.number, GONE.number, OLD.number], bib, client=client(arxiv, bib))
    works = Bibliography.load(bib).works
    assert list(works) == ["lovelace2003old", "hubinger2024sleeper", "lovelace2024gone"]
    assert {work.checked for work in works.values()} == {"2026-11-21"}
    assert [work.withdrawn for work in works.values()] == [False, False, True]
    assert works["lovelace2003old"].year == 2003


def test_spellings_and_versions_of_a_work_are_one(arxiv: LoopbackArxiv, bib: Path) -> None:
    """Versions map back to the work; arXiv is asked for it once, without a version."""
    asked: list[str | WorkId] = [
        *("2401.05566v1", "arXiv:2401.05566", "https://arxiv.org/pdf/2401.05566v2"),
        *("math.GT/0309136", WorkId("arxiv", "2401.05566", 2)),
    ]
    outcome = resolve(asked, bib, client=client(arxiv, bib))
    assert outcome == Resolution(found=["2401.05566", "math/0309136"])
    assert outcome.complete
    assert arxiv.requests[0].ids == ["2401.05566", "math/0309136"]


def test_a_work_that_has_a_record_is_not_asked_for(arxiv: LoopbackArxiv, bib: Path) -> None:
    """Only `--refresh` asks again; a file that needs no change is not touched."""
    recorded(bib, doi="10.1000/x")
    before = (bib / ARXIV).stat().st_mtime_ns
    outcome = resolve(["2401.05566v9", "10.1000/X"], bib, client=client(arxiv, bib))
    assert outcome == Resolution(kept=["2401.05566"])
    assert outcome.complete
    assert (arxiv.requests, (bib / ARXIV).stat().st_mtime_ns) == ([], before)


def test_a_refresh_keeps_the_key_and_what_people_added(arxiv: LoopbackArxiv, bib: Path) -> None:
    """arXiv's title and version come in; key, family names and further fields stay."""
    recorded(bib)
    outcome = resolve([SLEEPER.number], bib, refresh=True, client=client(arxiv, bib))
    (work,) = Bibliography.load(bib).works.values()
    assert outcome == Resolution(found=[SLEEPER.number])
    assert (work.key, work.title, work.version) == ("pinned2024key", SLEEPER.title, 3)
    assert work.families == ("Hubinger", "El Showk")
    assert work.extra == (("keywords", "backdoor"),)


@pytest.mark.parametrize(
    "fault",
    [Fault(status=429), Fault(drop=True), Fault(status=400), Fault(body=b"garbage")],
    ids=repr,
)
def test_a_failed_refresh_keeps_the_old_record(
    arxiv: LoopbackArxiv, bib: Path, fault: Fault
) -> None:
    """The file is as it was, byte for byte; but all is not well, and the reason is told."""
    recorded(bib)
    before = (bib / ARXIV).read_bytes()
    arxiv.faults = [fault] * 9
    outcome = resolve([SLEEPER.number, GONE.number], bib, refresh=True, client=client(arxiv, bib))
    assert (outcome.kept, outcome.throttled) == ([SLEEPER.number], [GONE.number])
    assert set(outcome.reasons) == {SLEEPER.number, GONE.number}
    assert not outcome.complete
    assert (bib / ARXIV).read_bytes() == before


def test_many_without_an_answer_do_not_bury_the_news(arxiv: LoopbackArxiv, bib: Path) -> None:
    """They stand in one line with their reason, and behind it stands what has changed."""
    crowd = [f"2405.{number:05}" for number in range(1, 108)]
    arxiv.papers |= {number: Paper(number) for number in crowd}
    asked = [SLEEPER.number, *crowd]
    resolve(asked, bib, client=client(arxiv, bib))
    arxiv.papers[SLEEPER.number] = replace(SLEEPER, version=4)
    arxiv.faults = [Fault(), *([Fault(status=429)] * 9)]
    outcome = resolve(asked, bib, refresh=True, client=client(arxiv, bib))
    assert str(outcome).splitlines() == [
        "100 found, 8 kept",
        "kept: 2405.00100, 2405.00101, 2405.00102, 2405.00103, 2405.00104 and 3 more "
        f"({outcome.reasons['2405.00100']})",
        f"{SLEEPER.number} (hubinger2024sleeper): v4 of 2024-01-17, was v3",
        "99 unchanged",
    ]


def test_who_stops_a_refresh_is_told_what_it_has_brought(arxiv: LoopbackArxiv, bib: Path) -> None:
    """The records that had come are written, so the next run would call their changes no news."""
    crowd = [f"2405.{number:05}" for number in range(1, 102)]
    arxiv.papers |= {number: Paper(number) for number in crowd}
    resolve(crowd, bib, client=client(arxiv, bib))
    arxiv.papers[crowd[0]] = Paper(crowd[0], version=7)
    arxiv.requests.clear()
    arxiv.faults = [Fault(), Fault(delay=2)]
    command = [sys.executable, "-m", "ethogram.cli", "resolve", "--refresh", "--bib", str(bib)]
    environment = {**os.environ, "ETHOGRAM_ARXIV_API": arxiv.endpoint, "PYTHONPATH": str(HOOKS)}
    with Popen([*command, *crowd], env=environment, stdout=PIPE, stderr=PIPE, text=True) as run:
        while len(arxiv.requests) < 2 and run.poll() is None:
            time.sleep(0.01)
        run.send_signal(signal.SIGINT)
        told, said = run.communicate()
    assert run.returncode == 130 and said.endswith("Stopped.\n")
    assert f"{crowd[0]} (lovelace2024title): v7 of 2024-01-17, was v1" in told


def test_a_record_of_what_arxiv_no_longer_has_stays(arxiv: LoopbackArxiv, bib: Path) -> None:
    """It is told as missing, and people decide."""
    recorded(bib)
    arxiv.lost = {SLEEPER.number}
    outcome = resolve([SLEEPER.number], bib, refresh=True, client=client(arxiv, bib))
    assert outcome == Resolution(missing=[SLEEPER.number])
    assert list(Bibliography.load(bib).works) == ["pinned2024key"]


def test_records_that_people_keep_are_theirs(arxiv: LoopbackArxiv, bib: Path) -> None:
    """A record in other.bib is kept, even on a refresh, and not doubled."""
    bib.mkdir()
    text = "@misc{mine, title={T}, year=2024, eprint={2401.05566}, archiveprefix={arXiv}}\n"
    (bib / "other.bib").write_text(text)
    outcome = resolve([SLEEPER.number], bib, refresh=True, client=client(arxiv, bib))
    assert outcome == Resolution(kept=[SLEEPER.number])
    assert (arxiv.requests, (bib / ARXIV).exists()) == ([], False)


def test_a_file_that_would_lose_something_stops_all_at_once(
    arxiv: LoopbackArxiv, bib: Path
) -> None:
    """Nobody is asked, nothing is written, and the sentence has file and line."""
    bib.mkdir()
    (bib / ARXIV).write_text("@misc{a,\n  title = {{T},\n}\n")
    with pytest.raises(EthogramError, match=r"arxiv\.bib:2: .*`title` do not match"):
        resolve([SLEEPER.number], bib, client=client(arxiv, bib))
    assert arxiv.requests == []
    assert (bib / ARXIV).read_text() == "@misc{a,\n  title = {{T},\n}\n"


def test_what_has_come_is_written_whatever_comes_after(bib: Path) -> None:
    """Records are written after each batch, and progress is told."""
    numbers = [f"2401.{serial + 1:05}" for serial in range(150)]
    seen: list[tuple[int, int]] = []
    with LoopbackArxiv([Paper(number, title=f"Paper {number}") for number in numbers]) as arxiv:
        arxiv.faults = [Fault(), *[Fault(status=503)] * 9]
        outcome = resolve(
            numbers, bib, client=client(arxiv, bib), progress=lambda *count: seen.append(count)
        )
    assert (outcome.found, outcome.throttled) == (numbers[:100], numbers[100:])
    assert len(Bibliography.load(bib)) == 100
    assert seen == [(100, 150), (150, 150)]


def test_the_environment_names_the_endpoint(
    arxiv: LoopbackArxiv, bib: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the command line and the preview have it: no client is given."""
    monkeypatch.setattr(tempfile, "tempdir", str(bib.parent))
    monkeypatch.setenv("ETHOGRAM_ARXIV_API", arxiv.endpoint)
    assert resolve([SLEEPER.number], bib).found == [SLEEPER.number]
    monkeypatch.setenv("ETHOGRAM_ARXIV_API", "nowhere")
    with pytest.raises(EthogramError, match="nowhere"):
        resolve([GONE.number], bib)


def test_an_outcome_reads_in_lines(arxiv: LoopbackArxiv, bib: Path) -> None:
    """First the counts, then what needs attention, each with its reason."""
    recorded(bib)
    asked = [SLEEPER.number, GONE.number, "2405.00001", "nonsense"]
    assert str(resolve(asked, bib, client=client(arxiv, bib))).splitlines() == [
        "1 missing, 1 malformed, 1 withdrawn, 1 kept",
        "missing: 2405.00001",
        "malformed: nonsense (no arXiv number, DOI or address)",
        "withdrawn: 2402.00001",
    ]
    assert str(Resolution()) == "nothing to resolve"


def test_one_record_is_had_from_the_folder_or_from_arxiv(arxiv: LoopbackArxiv, bib: Path) -> None:
    """`ethogram add` needs a record of one work, or a sentence that says why there is none."""
    asking = client(arxiv, bib)
    assert record_for("arXiv:2401.05566v2", bib, client=asking).key == "hubinger2024sleeper"
    address = "https://arxiv.org/abs/2401.05566"
    assert record_for(address, bib, client=asking).title == SLEEPER.title
    assert len(arxiv.requests) == 1
    for text, reason in (
        ("2405.00001", "arXiv has no such paper"),
        ("nonsense", "no arXiv number"),
    ):
        with pytest.raises(EthogramError, match=reason):
            record_for(text, bib, client=asking)


# -- works that are not on arXiv -------------------------------------------------------------

CSL = {"Content-Type": "application/vnd.citationstyles.csl+json"}
POST = b"""<!doctype html><meta name="citation_title" content="A Post">
<meta name="citation_author" content="Doe, Jane"><meta name="citation_date" content="2024">"""


@pytest.fixture
def web() -> Iterator[LoopbackWeb]:
    """A register of DOIs that has one, with a preprint on arXiv, and pages."""
    related = {"has-preprint": [{"id": f"10.48550/arXiv.{SLEEPER.number}"}]}
    item = {"title": "A Result", "issued": {"date-parts": [[2024]]}, "author": [{"family": "Doe"}]}
    with LoopbackWeb() as running:
        running.set("/10.1000/x", Reply(200, CSL, json.dumps(item).encode()))
        published = json.dumps({**item, "relation": related}).encode()
        running.set("/10.1000/published", Reply(200, CSL, published))
        running.set("/post", Reply(200, {}, POST))
        arxiv_too = POST + b'<meta name="citation_arxiv_id" content="2401.05566">'
        running.set("/arxiv", Reply(200, {}, arxiv_too))
        running.set("/gone", Reply(404))
        running.set(
            "/liar", Reply(200, {}, POST + b'<meta name="citation_arxiv_id" content="2405.00001">')
        )
        yield running


def near(web: LoopbackWeb) -> Settings:
    """Settings that ask the loopback server."""
    return Settings(allow_private=True, endpoints=Endpoints(doi_records=web.url("/")))


def test_a_work_from_elsewhere_gets_a_record(
    web: LoopbackWeb, bib: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """DOIs and pages are looked up once, and stand in other.bib from then on."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795219200")
    for text, key in (("doi:10.1000/X", "doe2024result"), (web.url("/post#top"), "doe2024post")):
        for _ in range(2):
            work = record_for(text, bib, settings=near(web))
            assert (work.key, work.source, work.checked) == (key, "other.bib", "2026-11-21")
    assert [asked.path for asked in web.requests] == ["/10.1000/x", "/post"]
    assert not (bib / ARXIV).exists()


def test_the_settings_beside_the_folder_hold(web: LoopbackWeb, bib: Path) -> None:
    """As the command line has it: mkdocs.yml says where to ask."""
    (bib.parent / "mkdocs.yml").write_text(
        "extra:\n  ethogram:\n    allow_private: true\n"
        f"    endpoints:\n      doi_records: {web.url('/')}\n"
    )
    assert record_for("10.1000/x", bib).key == "doe2024result"


def test_what_is_on_arxiv_has_its_record_there(
    arxiv: LoopbackArxiv, web: LoopbackWeb, bib: Path
) -> None:
    """A page or a register that names its number leads there; the DOI then finds the record."""
    asking = client(arxiv, bib)
    work = record_for(web.url("/arxiv"), bib, client=asking, settings=near(web))
    assert (work.key, work.source, work.doi) == ("hubinger2024sleeper", ARXIV, "")
    for _ in range(2):
        work = record_for("10.1000/published", bib, client=asking, settings=near(web))
        assert (work.key, work.source, work.doi) == (
            "hubinger2024sleeper",
            ARXIV,
            "10.1000/published",
        )
    assert len(arxiv.requests) == 1
    assert [asked.path for asked in web.requests] == ["/arxiv", "/10.1000/published"]
    assert not (bib / "other.bib").exists()


def test_no_record_from_elsewhere_is_a_sentence(
    arxiv: LoopbackArxiv, web: LoopbackWeb, bib: Path
) -> None:
    """Gone, a number that arXiv does not have, nobody there: told apart, and nothing is written."""
    asking, nowhere = (
        client(arxiv, bib),
        Settings(endpoints=Endpoints(doi_records="http://127.0.0.1:1/")),
    )
    with pytest.raises(EthogramError, match=r"does not exist \(HTTP 404\).*other\.bib"):
        record_for(web.url("/gone"), bib, settings=near(web))
    with pytest.raises(EthogramError, match=r"2405\.00001.*arXiv has no such paper"):
        record_for(web.url("/liar"), bib, client=asking, settings=near(web))
    with pytest.raises(Unreachable, match="Connection refused"):
        record_for("10.1000/x", bib, settings=nowhere)
    arxiv.faults = [Fault(drop=True)] * 9
    with pytest.raises(Unreachable, match="arXiv could not be reached"):
        record_for(SLEEPER.number, bib, client=asking)
    assert not (bib / "other.bib").exists()
