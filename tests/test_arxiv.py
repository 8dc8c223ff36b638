"""`arxiv`: every rule of the API, against a real server on loopback that breaks them."""

import gzip
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest

from ethogram.arxiv import (
    MAX_BYTES,
    Client,
    fetch,
    is_corporate,
    says_withdrawn,
)
from ethogram.findings import EthogramError
from loopback_arxiv import Fault, LoopbackArxiv, Paper

HOOKS = Path(__file__).parent.parent / "hooks"
ONE = "2401.05566"


def numbers(count: int) -> list[str]:
    """As many numbers that exist by arXiv's grammar."""
    return [f"2401.{serial + 1:05}" for serial in range(count)]


def papers(count: int) -> list[Paper]:
    """As many papers, each with a title of its own."""
    return [Paper(number, title=f"Paper {number}") for number in numbers(count)]


def client(arxiv: LoopbackArxiv, folder: Path, **settings: Any) -> Client:
    """A client that is as polite as any, only faster."""
    quick: dict[str, Any] = {"interval": 0.01, "backoff": 0.02, **settings}
    return Client(arxiv.endpoint, turns=folder, **quick)


def test_every_number_is_accounted_for_in_batches_of_a_hundred(tmp_path: Path) -> None:
    """At most 100 numbers a request, `max_results` their count; order means nothing."""
    with LoopbackArxiv(papers(250), shuffle=True) as arxiv:
        arxiv.lost = {"2401.00003", "2401.00222"}
        answer = fetch(numbers(251), client(arxiv, tmp_path))
        asked = [(len(request.ids), request.max_results) for request in arxiv.requests]
    assert asked == [(100, 100), (100, 100), (51, 51)]
    assert answer.missing == ["2401.00003", "2401.00222", "2401.00251"]
    assert answer.unanswered == {}
    assert {n: w.title for n, w in answer.works.items()} == {
        n: f"Paper {n}" for n in numbers(250) if n not in arxiv.lost
    }


def test_requests_share_one_connection(tmp_path: Path) -> None:
    """arXiv allows one connection at a time; keeping it also spares both sides."""
    with LoopbackArxiv(papers(300)) as arxiv:
        fetch(numbers(300), client(arxiv, tmp_path))
    assert (len(arxiv.requests), arxiv.connections, arxiv.peak) == (3, 1, 1)


def test_requests_start_no_sooner_than_the_interval_allows(tmp_path: Path) -> None:
    """Starts are an interval apart, also from one client to the next, and retries included."""
    interval, started = 0.15, time.time()
    with LoopbackArxiv(papers(200)) as arxiv:
        arxiv.faults = [Fault(), Fault(status=503, headers={"Retry-After": "0"})]
        fetch(numbers(200), client(arxiv, tmp_path, interval=interval))
        fetch(numbers(1), client(arxiv, tmp_path, interval=interval))
    assert len(arxiv.requests) == 4
    for count, request in enumerate(arxiv.requests):
        assert request.time >= started + count * interval


def test_the_interval_is_three_seconds_unless_a_test_says_otherwise() -> None:
    """https://info.arxiv.org/help/api/tou.html: no more than one request every three seconds."""
    assert Client().interval == 3.0
    assert Client().backoff == 30.0


def test_processes_take_turns(tmp_path: Path) -> None:
    """Two commands at once are one client to arXiv: nobody asks while another waits."""
    code = (
        "import sys; from pathlib import Path; from ethogram.arxiv import Client, fetch\n"
        "turns = Path(sys.argv[2])\n"
        "fetch(['2401.00001'], Client(sys.argv[1], interval=0.05, turns=turns))"
    )
    with LoopbackArxiv(papers(1)) as arxiv:
        arxiv.faults = [Fault(delay=0.3)] * 3
        command = [sys.executable, "-c", code, arxiv.endpoint, str(tmp_path)]
        environment = {**os.environ, "PYTHONPATH": str(HOOKS)}
        running = [subprocess.Popen(command, env=environment) for _ in range(3)]
        assert [process.wait() for process in running] == [0, 0, 0]
    assert (len(arxiv.requests), arxiv.overlap) == (3, 1)


def test_arxiv_is_told_who_asks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """arXiv must be able to reach whoever asks."""
    monkeypatch.setenv("ETHOGRAM_CONTACT", "mailto:me@example.org")
    with LoopbackArxiv(papers(1)) as arxiv:
        fetch(numbers(1), client(arxiv, tmp_path))
    said = arxiv.requests[0].user_agent
    assert said.startswith("Ethogram/")
    assert said.endswith(" (+mailto:me@example.org)")


@pytest.mark.parametrize("status", [429, 406, 503])
def test_later_without_a_time_is_later_by_the_backoff(tmp_path: Path, status: int) -> None:
    """Without Retry-After the wait is the backoff, then twice as long."""
    with LoopbackArxiv(papers(1)) as arxiv:
        arxiv.faults = [Fault(status=status), Fault(status=status)]
        answer = fetch(numbers(1), client(arxiv, tmp_path, backoff=0.1))
    first, second, third = arxiv.requests
    assert list(answer.works) == numbers(1)
    assert second.time - first.answered >= 0.1
    assert third.time - second.answered >= 0.2


def test_retry_after_in_seconds_is_honored(tmp_path: Path) -> None:
    """The server knows best how long to wait."""
    with LoopbackArxiv(papers(1)) as arxiv:
        arxiv.faults = [Fault(status=429, headers={"Retry-After": "1"})]
        answer = fetch(numbers(1), client(arxiv, tmp_path))
    first, second = arxiv.requests
    assert list(answer.works) == numbers(1)
    assert second.time - first.answered >= 1


def test_retry_after_as_a_date_is_honored(tmp_path: Path) -> None:
    """HTTP allows a date as well (RFC 9110, 10.2.3)."""
    then = int(time.time()) + 2
    date = format_datetime(datetime.fromtimestamp(then, UTC), usegmt=True)
    with LoopbackArxiv(papers(1)) as arxiv:
        arxiv.faults = [Fault(status=503, headers={"Retry-After": date})]
        answer = fetch(numbers(1), client(arxiv, tmp_path))
    assert list(answer.works) == numbers(1)
    assert arxiv.requests[1].time >= then - 0.01


def test_after_the_last_try_nothing_more_is_asked(tmp_path: Path) -> None:
    """Tries are bounded; what is left is unanswered, and arXiv is left in peace."""
    with LoopbackArxiv(papers(300)) as arxiv:
        arxiv.faults = [Fault(), *[Fault(status=429)] * 50]
        answer = fetch(numbers(300), client(arxiv, tmp_path))
    assert [len(request.ids) for request in arxiv.requests] == [100] * 4
    assert list(answer.works) == numbers(100)
    assert list(answer.unanswered) == numbers(300)[100:]
    assert set(answer.unanswered.values()) == {"arXiv asks to come later (HTTP 429)"}


def test_a_wait_beyond_all_patience_is_not_sat_out(tmp_path: Path) -> None:
    """Nobody sits through an hour: the old records do until then."""
    with LoopbackArxiv(papers(1)) as arxiv:
        arxiv.faults = [Fault(status=503, headers={"Retry-After": "3600"})]
        answer = fetch(numbers(1), client(arxiv, tmp_path))
    assert len(arxiv.requests) == 1
    assert list(answer.unanswered) == numbers(1)


def test_a_400_is_never_asked_again_and_its_batch_alone_goes_without(tmp_path: Path) -> None:
    """The server's own sentence says why; the next batch is asked all the same."""
    with LoopbackArxiv(papers(101)) as arxiv:
        arxiv.refused = {"2401.00007"}
        answer = fetch(numbers(101), client(arxiv, tmp_path))
    assert len(arxiv.requests) == 2
    assert list(answer.works) == ["2401.00101"]
    assert list(answer.unanswered) == numbers(100)
    reason = "arXiv refuses the request: incorrect id format for 2401.00007"
    assert answer.unanswered["2401.00001"] == reason


def test_an_error_entry_is_an_error_whatever_the_status(tmp_path: Path) -> None:
    """Such a feed must not pass for one in which papers are missing."""
    with LoopbackArxiv() as arxiv:
        arxiv.refused = {ONE}
        _, error = arxiv.answer_to([ONE])
        arxiv.refused, arxiv.faults = set(), [Fault(body=error.encode())]
        answer = fetch([ONE], client(arxiv, tmp_path))
    assert answer.missing == []
    assert "incorrect id format" in answer.unanswered[ONE]


@pytest.mark.parametrize(
    "fault",
    [
        Fault(drop=True),
        Fault(truncate=True),
        Fault(body=b"<html>Sign in to this network</html>"),
        Fault(body=b"<?xml version='1.0'?><feed>"),
        Fault(body=b"<feed/>"),
        Fault(body=b""),
        Fault(body=b"\x1f\x8bgarbage", headers={"Content-Encoding": "gzip"}),
        Fault(status=500),
        Fault(status=502, body=b"Bad gateway"),
    ],
    ids=repr,
)
def test_what_fails_on_the_way_is_tried_again(tmp_path: Path, fault: Fault) -> None:
    """Broken, then whole: the record comes. Always broken: the number is unanswered."""
    with LoopbackArxiv(papers(1)) as arxiv:
        arxiv.faults = [fault]
        whole = fetch(numbers(1), client(arxiv, tmp_path))
        arxiv.faults = [fault] * 2
        broken = fetch(numbers(1), client(arxiv, tmp_path, tries=2))
    assert list(whole.works) == numbers(1)
    assert list(broken.unanswered) == numbers(1)
    assert len(arxiv.requests) == 4


def test_silence_is_not_waited_out(tmp_path: Path) -> None:
    """A server that says nothing for longer than the timeout is asked again."""
    with LoopbackArxiv(papers(1)) as arxiv:
        arxiv.faults = [Fault(delay=1.0)]
        answer = fetch(numbers(1), client(arxiv, tmp_path, timeout=(5.0, 0.5)))
    assert list(answer.works) == numbers(1)
    assert len(arxiv.requests) == 2


@pytest.mark.parametrize("status", [401, 403, 404, 414, 418])
def test_other_refusals_are_final(tmp_path: Path, status: int) -> None:
    """Who is refused does not insist."""
    with LoopbackArxiv(papers(200)) as arxiv:
        arxiv.faults = [Fault(status=status)]
        answer = fetch(numbers(200), client(arxiv, tmp_path))
    assert len(arxiv.requests) == 1
    assert len(answer.unanswered) == 200


def test_nobody_at_the_endpoint_is_no_answer(tmp_path: Path) -> None:
    """A server that is gone leaves numbers unanswered, never missing."""
    with LoopbackArxiv() as arxiv:
        pass
    answer = fetch([ONE], client(arxiv, tmp_path))
    assert answer.missing == []
    assert answer.unanswered[ONE].startswith("arXiv could not be reached")


def test_redirects_are_followed_and_bounded(tmp_path: Path) -> None:
    """An endpoint may move; in circles nobody follows it."""
    with LoopbackArxiv(papers(1)) as arxiv:
        moved = Fault(status=301, headers={"Location": f"/api/query?id_list={numbers(1)[0]}"})
        arxiv.faults = [moved]
        assert list(fetch(numbers(1), client(arxiv, tmp_path)).works) == numbers(1)
        arxiv.faults = [moved] * 50
        assert list(fetch(numbers(1), client(arxiv, tmp_path)).unanswered) == numbers(1)
        assert len(arxiv.requests) == 7


def test_an_answer_is_read_only_so_far(tmp_path: Path) -> None:
    """A body that unpacks to more than the limit is dropped."""
    with LoopbackArxiv(papers(1)) as arxiv:
        packed = gzip.compress(b" " * (MAX_BYTES + 1))
        arxiv.faults = [Fault(body=packed, headers={"Content-Encoding": "gzip"})]
        answer = fetch(numbers(1), client(arxiv, tmp_path))
    assert answer.unanswered == {numbers(1)[0]: "arXiv's answer is too long"}


def test_entities_are_not_resolved(tmp_path: Path) -> None:
    """An answer must not read our files, nor grow when it is parsed."""
    secret = tmp_path / "secret"
    secret.write_text("secret")
    with LoopbackArxiv([Paper(ONE, title="A TITLE")]) as arxiv:
        _, feed = arxiv.answer_to([ONE])
        declared = f'<!DOCTYPE feed [<!ENTITY e SYSTEM "{secret.as_uri()}"><!ENTITY f "fff">]><feed'
        hostile = feed.replace("<feed", declared, 1).replace("A TITLE", "A &e;&f; title")
        arxiv.faults = [Fault(body=hostile.encode())]
        answer = fetch([ONE], client(arxiv, tmp_path))
    assert "secret" not in answer.works[ONE].title
    assert "fff" not in answer.works[ONE].title


@pytest.mark.parametrize(
    "endpoint",
    ["ftp://export.arxiv.org", "export.arxiv.org/api", "http://", "http://[::1", "http://a b/c"],
)
def test_an_endpoint_that_is_no_address_is_refused_in_a_sentence(
    endpoint: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The sentence names the variable, as that is where such an address comes from."""
    monkeypatch.setenv("ETHOGRAM_ARXIV_API", endpoint)
    with pytest.raises(EthogramError, match="ETHOGRAM_ARXIV_API"):
        Client()


def test_the_endpoint_comes_from_the_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`ETHOGRAM_ARXIV_API` names another endpoint, with a query of its own or without."""
    with LoopbackArxiv(papers(1)) as arxiv:
        monkeypatch.setenv("ETHOGRAM_ARXIV_API", f"{arxiv.endpoint}?mirror=1")
        asked = Client(interval=0.01, turns=tmp_path)
        assert list(fetch(numbers(1), asked).works) == numbers(1)
        assert "mirror=1&id_list=" in arxiv.requests[0].path


def test_a_record_holds_what_the_feed_says(tmp_path: Path) -> None:
    """Year and date are those of v1, the version is the latest, accents are Unicode."""
    paper = Paper(
        ONE,
        title="Schr\\\"odinger's\n  Cat: {\\'E}tude in $O(n^2)$  & 100% ~10 {a}",
        authors=("Kamil\\.e Lukošiūtė", ":", "Sheer El Showk", "the ATLAS Collaboration"),
        published="2023-12-31T23:59:59Z",
        updated="2024-06-01T00:00:00Z",
        version=3,
        category="cs.CR",
        comment="12 pages,\n 3 figures",
        journal="Phys. Rev. D 50, 1 (2024)",
        doi="https://doi.org/10.1103/PhysRevD.50.1 10.1103/other",
    )
    with LoopbackArxiv([paper]) as arxiv:
        work = fetch([ONE], client(arxiv, tmp_path)).works[ONE]
    assert str(work.id) == f"arxiv:{ONE}"
    assert work.title == "Schrödinger's Cat: Étude in $O(n^2)$ & 100% ~10 a"
    assert work.authors == ("Kamilė Lukošiūtė", "Sheer El Showk", "the ATLAS Collaboration")
    assert work.corporate == {"the ATLAS Collaboration"}
    assert (work.year, work.date, work.updated) == (2023, "2023-12-31", "2024-06-01")
    assert (work.version, work.primary_class, work.note) == (3, "cs.CR", "12 pages, 3 figures")
    assert (work.doi, work.journal) == ("10.1103/physrevd.50.1", "Phys. Rev. D 50, 1 (2024)")
    assert work.key == "lukosiute2023schrodingers"
    assert not work.withdrawn


def test_arxivs_own_doi_is_no_published_one(tmp_path: Path) -> None:
    """10.48550 names the preprint itself; nonsense names nothing."""
    shown = [Paper(ONE, doi="10.48550/arXiv.2401.05566"), Paper("hep-th/9901001", doi="none yet")]
    with LoopbackArxiv(shown) as arxiv:
        works = fetch([ONE, "hep-th/9901001"], client(arxiv, tmp_path)).works
    assert [work.doi for work in works.values()] == ["", ""]


@pytest.mark.parametrize(
    "paper",
    [Paper(ONE, title=" "), Paper(ONE, authors=(":",)), Paper(ONE, published="")],
    ids=["title", "authors", "date"],
)
def test_half_a_record_is_no_answer(tmp_path: Path, paper: Paper) -> None:
    """A paper that arXiv has cannot be missing, even if its entry is of no use."""
    with LoopbackArxiv([paper]) as arxiv:
        answer = fetch([ONE], client(arxiv, tmp_path))
    assert (answer.works, answer.missing, list(answer.unanswered)) == ({}, [], [ONE])


@pytest.mark.parametrize(
    ("comment", "withdrawn"),
    [
        ("This paper has been withdrawn by the authors", True),
        ("Withdrawn due to an error in Lemma 2", True),
        ("This submission has been withdrawn from arXiv", True),
        ("Withdrawn from ICLR 2024, under review elsewhere", False),
        ("12 pages; studies withdrawnness", False),
        ("", False),
    ],
)
def test_withdrawal_is_told_from_the_comment(comment: str, withdrawn: bool) -> None:
    """Withdrawal is not a field; leaving a conference is not withdrawal."""
    assert says_withdrawn(comment) is withdrawn


@pytest.mark.parametrize(
    ("name", "corporate"),
    [
        ("The BIG-Bench Collaboration", True),
        ("Gemini Team", True),
        ("Human Genome Consortium", True),
        ("Yuntao Bai", False),
        ("Grouper Jones", False),
    ],
)
def test_bodies_are_told_from_persons_by_their_words(name: str, corporate: bool) -> None:
    """A body's name is not taken apart into given and family names."""
    assert is_corporate(name) is corporate


def test_progress_is_told(tmp_path: Path) -> None:
    """After each batch: how many are done, of how many; each number is asked for once."""
    seen: list[tuple[int, int]] = []
    with LoopbackArxiv(papers(150)) as arxiv:
        told = client(arxiv, tmp_path)
        fetch([*numbers(150), *numbers(3)], told, lambda done, of: seen.append((done, of)))
    assert seen == [(100, 150), (150, 150)]
