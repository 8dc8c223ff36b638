"""`links.journal`: the rule of grace, how long answers stand, and a file that survives anything."""

import json
import os
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.findings import EthogramError
from ethogram.links.journal import LIFETIMES, Entry, Journal, graced
from ethogram.links.verdicts import Observation, Verdict

HOOKS = Path(__file__).parent.parent.parent / "hooks"
NOW = datetime(2026, 11, 21, 13, 45, tzinfo=UTC)
URL = "https://example.org/a?b=c#d"
DEAD = Observation(Verdict.DEAD, "HTTP 404", 404)
ENTRIES = [
    Entry(URL, "page", Verdict.OK, status=200, checked="2026-11-20T00:00:00Z"),
    Entry(
        "https://example.org/дом/\U0001f3e0",
        "image",
        Verdict.SUSPECT,
        'HTTP 404 "\n\\ (fault 2 of 3)',
        404,
        "https://example.org/x",
        "https://example.org/y",
        "2026-11-21T13:45:00Z",
        ("2026-11-14T13:45:00Z", "2026-11-21T13:45:00Z"),
        "https://web.archive.org/web/2020/https://example.org/",
    ),
    Entry("https://example.org/z", "page", Verdict.UNKNOWN, "timed out", None),
]


def at(days: float) -> str:
    """The time some days before NOW, as a journal writes it."""
    return (NOW - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%SZ")


def entry(verdict: Verdict, *faults: float, url: str = URL) -> Entry:
    """An entry with faults so many days ago."""
    return Entry(url, "page", verdict, "before", checked=at(1), faults=tuple(map(at, faults)))


def judged(earlier: Entry | None, seen: Observation = DEAD, new: bool = False) -> Entry:
    """What a check at NOW means."""
    return graced(earlier, seen, URL, "page", NOW, new)


# -- grace -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("earlier", "new", "verdict", "reason", "faults"),
    [
        (None, False, Verdict.DEAD, "HTTP 404", [0]),
        (None, True, Verdict.DEAD, "HTTP 404", [0]),
        (entry(Verdict.OK), True, Verdict.DEAD, "HTTP 404", [0]),
        (entry(Verdict.SUSPECT, 1), True, Verdict.DEAD, "HTTP 404", [1]),
        (entry(Verdict.OK), False, Verdict.SUSPECT, "HTTP 404 (fault 1 of 3)", [0]),
        (entry(Verdict.BLOCKED), False, Verdict.SUSPECT, "HTTP 404 (fault 1 of 3)", [0]),
        (entry(Verdict.SUSPECT, 2.99), False, Verdict.SUSPECT, "HTTP 404 (fault 1 of 3)", [2.99]),
        (entry(Verdict.SUSPECT, 3), False, Verdict.SUSPECT, "HTTP 404 (fault 2 of 3)", [3, 0]),
        (entry(Verdict.UNKNOWN, 3), False, Verdict.SUSPECT, "HTTP 404 (fault 2 of 3)", [3, 0]),
        (entry(Verdict.SUSPECT, 9, 1), False, Verdict.SUSPECT, "HTTP 404 (fault 2 of 3)", [9, 1]),
        (entry(Verdict.SUSPECT, 6, 3), False, Verdict.DEAD, "HTTP 404", [6, 3, 0]),
        (entry(Verdict.DEAD, 1), False, Verdict.DEAD, "HTTP 404", [1]),
        (entry(Verdict.DEAD), False, Verdict.DEAD, "HTTP 404", [0]),
        (entry(Verdict.DEAD, 9, 6, 3), False, Verdict.DEAD, "HTTP 404", [9, 6, 3]),
    ],
)
def test_faults_are_graced(
    earlier: Entry | None, new: bool, verdict: Verdict, reason: str, faults: list[float]
) -> None:
    """A known link dies of its third fault in no less than six days, any other at once (rule 2)."""
    found = judged(earlier, DEAD, new)
    assert (found.verdict, found.reason) == (verdict, reason)
    assert found.faults == tuple(map(at, faults))
    assert (found.status, found.checked) == (404, at(0))


@pytest.mark.parametrize(
    ("before", "seen", "verdict", "faults"),
    [
        (Verdict.SUSPECT, Verdict.OK, Verdict.OK, []),
        (Verdict.DEAD, Verdict.OK, Verdict.OK, []),
        (Verdict.SUSPECT, Verdict.UNKNOWN, Verdict.UNKNOWN, [7, 4]),
        (Verdict.SUSPECT, Verdict.BLOCKED, Verdict.BLOCKED, [7, 4]),
        (Verdict.SUSPECT, Verdict.SUSPECT, Verdict.SUSPECT, [7, 4]),
        (Verdict.DEAD, Verdict.UNKNOWN, Verdict.DEAD, [7, 4]),
        (Verdict.DEAD, Verdict.BLOCKED, Verdict.BLOCKED, [7, 4]),
        (Verdict.DEAD, Verdict.SUSPECT, Verdict.SUSPECT, [7, 4]),
    ],
)
def test_only_life_wipes_faults_out(
    before: Verdict, seen: Verdict, verdict: Verdict, faults: list[float]
) -> None:
    """What is ok starts anew; no answer keeps what is known, and wakes no dead."""
    found = judged(entry(before, 7, 4), Observation(seen, "now", 200))
    assert (found.verdict, found.faults) == (verdict, tuple(map(at, faults)))
    kept = (before, seen) == (Verdict.DEAD, Verdict.UNKNOWN)
    assert found.reason == ("before" if kept else "now")
    assert found.checked == at(0)


def test_a_clock_that_was_wrong_kills_nothing() -> None:
    """Faults from the future, or nearer to one another than three days, do not count."""
    found = judged(entry(Verdict.SUSPECT, -400, -397))
    assert (found.verdict, found.faults) == (Verdict.SUSPECT, (at(0),))
    found = judged(entry(Verdict.SUSPECT, 9, 8, 7))
    assert (found.verdict, found.faults) == (Verdict.SUSPECT, (at(9), at(0)))


def test_a_snapshot_is_kept() -> None:
    """A copy that was found stays known, whatever is seen of the link."""
    earlier = replace(entry(Verdict.OK), snapshot="https://copy.example/")
    for verdict in Verdict:
        assert judged(earlier, Observation(verdict)).snapshot == "https://copy.example/"


@given(st.lists(st.floats(0.01, 20), max_size=30))
def test_no_link_dies_in_less_than_six_days(gaps: list[float]) -> None:
    """However often a known link is asked for: three faults, each three days after the last."""
    known, now = entry(Verdict.OK), NOW
    for gap in gaps:
        now += timedelta(days=gap)
        known = graced(known, DEAD, URL, "page", now, False)
        times = [datetime.fromisoformat(fault) for fault in known.faults]
        assert all(b - a >= timedelta(days=3) for a, b in pairwise(times))
        assert (known.verdict is Verdict.DEAD) == (len(times) == 3)
        assert now - times[-1] < timedelta(days=3, seconds=1) or len(times) == 3


# -- how long an answer stands ---------------------------------------------------------------


@given(st.text(), st.sampled_from(list(Verdict)), st.integers(0, 2**32))
def test_answers_age_within_a_fifth(url: str, verdict: Verdict, seconds: int) -> None:
    """An answer stands for its verdict's time, give or take a fifth, the same on every machine."""
    when = datetime.fromtimestamp(seconds, UTC)
    checked = when.strftime("%Y-%m-%dT%H:%M:%SZ")
    known = Entry(url, "page", verdict, checked=checked)
    assert Journal.fresh(known, when)
    assert Journal.fresh(known, when + 0.799 * LIFETIMES[verdict])
    assert not Journal.fresh(known, when + 1.201 * LIFETIMES[verdict])
    assert not Journal.fresh(known, when - timedelta(seconds=1))


def test_answers_of_one_day_do_not_age_together() -> None:
    """Of a thousand links checked at once, about as many fall due in each part of the time."""
    known = [Entry(f"https://e.org/{n}", "page", Verdict.OK, checked=at(0)) for n in range(1000)]
    left = [
        sum(Journal.fresh(each, NOW + timedelta(days=30 * part)) for each in known)
        for part in (0.9, 1, 1.1)
    ]
    assert left == pytest.approx([750, 500, 250], abs=50)
    later = [replace(each, checked=at(1)) for each in known]
    moved = sum(Journal.fresh(each, NOW + timedelta(days=30)) for each in later)
    assert moved == pytest.approx(500 - 83, abs=50)  # drawn anew with each check


def test_the_draw_is_the_same_everywhere() -> None:
    """No hash of Python's own decides, which differs from one process to the next."""
    known = Entry(URL, "page", Verdict.OK, checked="2026-11-21T13:45:00Z")
    due = next(
        hours for hours in range(10000) if not Journal.fresh(known, NOW + timedelta(hours=hours))
    )
    assert due == 827


# -- the file --------------------------------------------------------------------------------


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Give a path in a folder that is not there yet."""
    return tmp_path / "bib" / "links.jsonl"


def written(path: Path, entries: list[Entry]) -> Journal:
    """A journal to which entries were added."""
    journal = Journal.load(path)
    for each in entries:
        journal.add(each)
    return journal


def test_what_was_added_is_read_back(path: Path) -> None:
    """Folder and file are made; every value comes back, in the order of addresses."""
    journal = written(path, ENTRIES)
    read = Journal.load(path)
    assert read.entries() == journal.entries() == sorted(ENTRIES, key=lambda each: each.url)
    assert read.get(URL, "page") == ENTRIES[0]
    assert read.get(URL, "image") is None
    assert len(read) == 3


def test_a_line_is_short_and_in_one_order(path: Path) -> None:
    """Keys have one order and empty values are left out, so that Git's diffs are small."""
    written(path, ENTRIES[:1])
    assert path.read_text(encoding="utf-8") == (
        '{"url": "https://example.org/a?b=c#d", "kind": "page", "verdict": "ok", '
        '"status": 200, "checked": "2026-11-20T00:00:00Z"}\n'
    )


def test_the_last_entry_of_a_link_counts(path: Path) -> None:
    """A journal grows by lines; what is behind says more."""
    written(path, [ENTRIES[0], replace(ENTRIES[0], verdict=Verdict.BLOCKED)])
    assert [each.verdict for each in Journal.load(path).entries()] == [Verdict.BLOCKED]


def test_no_file_is_an_empty_journal(path: Path) -> None:
    """The first run of all finds nothing, and reading makes no file."""
    assert Journal.load(path).entries() == []
    assert not path.parent.exists()


def test_a_file_that_cannot_be_read_is_a_sentence(tmp_path: Path) -> None:
    """A folder in the file's place is told, for reading and for writing."""
    with pytest.raises(EthogramError, match=r"cannot be read: .*\.$"):
        Journal.load(tmp_path)
    with pytest.raises(EthogramError, match=r"cannot be written: .*\.$"):
        Journal(tmp_path).add(ENTRIES[0])
    (tmp_path / "file").touch()
    with (
        pytest.raises(EthogramError, match=r"cannot be written: .*\.$"),
        Journal(tmp_path / "file" / "links.jsonl").writing(),
    ):
        pass


def test_a_journal_cut_at_any_byte_is_read(path: Path) -> None:
    """Whole lines are kept, the torn one is lost, and the next to be added is whole again."""
    written(path, ENTRIES)
    data = path.read_bytes()
    for cut in range(len(data) + 1):
        path.write_bytes(data[:cut])
        whole = (data[:cut] + b"\n").replace(b"}\n\n", b"}\n").count(b"}\n")
        journal = Journal.load(path)
        assert sorted(each.url for each in journal.entries()) == sorted(
            each.url for each in ENTRIES[:whole]
        )
        last = Entry("https://example.org/last", "page", Verdict.OK)
        journal.add(last)
        assert Journal.load(path).entries() == journal.entries()
        assert len(journal) == whole + 1


GOOD = json.loads('{"url": "https://a.org/", "kind": "page", "verdict": "ok"}') | {
    "checked": "2026-11-20T00:00:00Z"
}


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"\r",
        b"<<<<<<< HEAD",
        b"=======",
        b">>>>>>> branch",
        b"\0\0\0\0",
        b"\xff\xfe{\0}\0",
        json.dumps(GOOD).encode("utf-16"),
        json.dumps(GOOD | {"reason": "\xe9"}, ensure_ascii=False).encode("latin-1"),
        b"[" * 100_000,
        b"1" * 10_000,
        b"NaN",
        b"null",
        b"[]",
        b'"text"',
        b"{}",
        *(
            json.dumps(GOOD | wrong).encode()
            for wrong in [
                {"url": ""},
                {"url": 1},
                {"url": None},
                {"kind": "video"},
                {"kind": []},
                {"verdict": "fine"},
                {"verdict": {}},
                {"reason": None},
                {"final": ["x"]},
                {"status": "200"},
                {"status": True},
                {"status": 99},
                {"status": 10**30},
                {"status": 200.0},
                {"status": float("nan")},
                {"status": float("inf")},
                {"checked": ""},
                {"checked": 5},
                {"checked": "2026-11-20"},
                {"checked": "2026-02-30T00:00:00Z"},
                {"checked": "2026-11-20T00:00:00+00:00"},
                {"checked": "2026-W47-6T13:45:00Z"},
                {"faults": None},
                {"faults": "2026-11-20T00:00:00Z"},
                {"faults": ["yesterday"]},
            ]
        ),
        *(
            json.dumps({name: value for name, value in GOOD.items() if name != left_out}).encode()
            for left_out in GOOD
        ),
    ],
)
def test_what_is_no_entry_is_passed_over(path: Path, line: bytes) -> None:
    """Whatever stands between two entries, both are read, and nothing is raised."""
    other = json.dumps(GOOD | {"url": "https://b.org/"}).encode()
    path.parent.mkdir()
    path.write_bytes(b"\n".join([json.dumps(GOOD).encode(), line, other, b""]))
    assert [each.url for each in Journal.load(path).entries()] == [
        "https://a.org/",
        "https://b.org/",
    ]


@pytest.mark.parametrize(
    ("data", "status"),
    [
        (b"\xef\xbb\xbf%s\r\n", None),
        (b"%s", None),
        (b'{"later": [1e999, NaN], "status": 404, "status": 200, %s', 200),
        (b'{"status": null, %s', None),
    ],
)
def test_an_entry_may_be_written_by_others(path: Path, data: bytes, status: int | None) -> None:
    """A byte order mark, CRLF, names of a later version and a name written twice harm nothing."""
    text = json.dumps(GOOD).encode()
    path.parent.mkdir()
    path.write_bytes(data % (text[1:] if data.startswith(b"{") else text))
    (found,) = Journal.load(path).entries()
    assert (found.url, found.status) == ("https://a.org/", status)


@given(st.binary())
def test_no_bytes_raise(tmp_path_factory: pytest.TempPathFactory, data: bytes) -> None:
    """Any file at all is read, and can be added to."""
    path = tmp_path_factory.mktemp("journal") / "links.jsonl"
    path.write_bytes(data)
    journal = written(path, ENTRIES)
    assert Journal.load(path).entries() == journal.entries()


_TEXT = st.text(st.characters(), max_size=20)


@given(_TEXT.filter(bool), _TEXT, st.sampled_from(list(Verdict)), st.integers(100, 999))
def test_any_text_comes_back(
    tmp_path_factory: pytest.TempPathFactory, url: str, text: str, verdict: Verdict, status: int
) -> None:
    """Line breaks, quotes and halves of surrogate pairs are no matter."""
    path = tmp_path_factory.mktemp("journal") / "links.jsonl"
    known = Entry(url + "\ud800", "page", verdict, text, status)
    written(path, [known])
    assert Journal.load(path).get(url + "\ud800", "page") == known


def test_only_addresses_of_the_web_go_onto_pages(path: Path) -> None:
    """A journal is text that anyone may change: what is no such address is left out."""
    bad = {"snapshot": "javascript:alert(1)", "moved": "data:,x", "final": "https://a.org/ b"}
    path.parent.mkdir()
    path.write_text(json.dumps(GOOD | bad))
    (found,) = Journal.load(path).entries()
    assert (found.snapshot, found.moved, found.final) == ("", "", "")


# -- kills, compacting, two at once ----------------------------------------------------------

ADDING = """
import sys
from pathlib import Path
from ethogram.links.journal import Entry, Journal
from ethogram.links.verdicts import Verdict

journal = Journal.load(Path(sys.argv[1]))
with journal.writing():
    for number in range(100_000):
        reason = str(number) * 2000
        journal.add(Entry(f"https://example.org/{number}", "page", Verdict.OK, reason))
        print(number, flush=True)
"""


@pytest.fixture
def adding(path: Path) -> subprocess.Popen[str]:
    """Give a process that adds to the journal, and is doing so."""
    process = subprocess.Popen(
        [sys.executable, "-c", ADDING, str(path)],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(HOOKS)},
    )
    assert process.stdout is not None
    while process.stdout.readline() != "100\n":
        assert process.poll() is None
    return process


def kill(process: subprocess.Popen[str]) -> int:
    """Kill a process; return the number that it printed last."""
    process.send_signal(signal.SIGKILL)
    said, _ = process.communicate()
    whole = [line for line in said.splitlines(keepends=True) if line.endswith("\n")]
    return int(whole[-1]) if whole else 100


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGKILL")
def test_a_kill_loses_no_more_than_what_was_in_the_works(
    path: Path, adding: subprocess.Popen[str]
) -> None:
    """All that was added is there after a SIGKILL, and the next run goes on behind it."""
    last = kill(adding)
    journal = Journal.load(path)
    assert last + 1 <= len(journal) <= last + 2
    assert all(journal.get(f"https://example.org/{n}", "page") for n in range(last + 1))
    with journal.writing():  # the dead process's lock is free
        journal.add(ENTRIES[0])
    assert Journal.load(path).get(URL, "page") == ENTRIES[0]


@pytest.mark.skipif(sys.platform == "win32", reason="Windows knows no SIGKILL")
def test_a_second_writer_is_told(path: Path, adding: subprocess.Popen[str]) -> None:
    """Two runs at once would ask every link twice; reading is free at any time."""
    try:
        journal = Journal.load(path)
        assert len(journal) > 100
        with pytest.raises(EthogramError, match=r"links\.jsonl: another run is writing .*\.$"):
            journal.compact()
    finally:
        kill(adding)


def test_a_writer_begins_with_what_others_wrote(path: Path) -> None:
    """What came between loading and locking is known, and compacting loses none of it."""
    ours = Journal.load(path)
    written(path, ENTRIES)
    with ours.writing():
        assert len(ours) == 3
        ours.add(Entry("https://example.org/ours", "page", Verdict.OK, checked=at(0)))
        ours.compact(NOW)
    assert {each.url for each in Journal.load(path).entries()} >= {ENTRIES[0].url, ENTRIES[1].url}


def test_compacting_sorts_and_forgets(path: Path) -> None:
    """One line for each link, by address; what nobody asked for in a year goes, and all litter."""
    old = Entry("https://example.org/old", "page", Verdict.OK, checked=at(366))
    kept = Entry("https://example.org/kept", "page", Verdict.OK, checked=at(364))
    both = [replace(ENTRIES[0], verdict=Verdict.UNKNOWN), ENTRIES[0]]
    journal = written(path, [kept, old, *both, ENTRIES[1], replace(ENTRIES[0], kind="image")])
    with path.open("a", encoding="utf-8") as file:
        file.write("=======\n")
    journal.compact(NOW)
    expected = [replace(ENTRIES[0], kind="image"), ENTRIES[0], kept, ENTRIES[1]]
    assert journal.entries() == Journal.load(path).entries() == expected
    assert len(path.read_text(encoding="utf-8").splitlines()) == 4
    assert sorted(each.name for each in path.parent.iterdir()) in (
        [".links.jsonl.lock", "links.jsonl"],
        ["links.jsonl"],
    )


def test_compacting_again_changes_nothing(path: Path) -> None:
    """A run in which nothing was asked leaves no trace in Git, nor in the file's time."""
    journal = written(path, ENTRIES[:2])
    journal.compact(NOW)
    os.utime(path, (0, 0))
    Journal.load(path).compact(NOW)
    assert path.stat().st_mtime == 0


def test_an_empty_journal_is_not_compacted_into_a_file(path: Path) -> None:
    """A site without links gets no journal."""
    Journal.load(path).compact()
    assert not path.exists()


def test_compacting_keeps_links_to_the_file_and_its_mode(path: Path, tmp_path: Path) -> None:
    """A journal may be a symbolic link, and stays readable for whom it was."""
    written(path, ENTRIES[:2])
    path.chmod(0o640)
    link = tmp_path / "link.jsonl"
    link.symlink_to(path)
    Journal.load(link).compact(NOW)
    assert link.is_symlink()
    assert path.stat().st_mode & 0o777 == 0o640


def test_reading_a_journal_is_cheap() -> None:
    """A build imports it: neither aiohttp nor lxml nor the lock comes along."""
    code = "import sys, ethogram.links.journal as j; print(*sys.modules)"
    environment = os.environ | {"PYTHONPATH": str(HOOKS)}
    said = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment
    ).stdout.split()
    assert not {"aiohttp", "lxml", "PIL", "requests", "rich", "filelock"} & set(said)


# -- several journals ------------------------------------------------------------------------


def test_the_newest_check_of_a_link_wins(tmp_path: Path) -> None:
    """Whichever file has it, in whatever order they are named; the file is the same bytes."""
    old, new = entry(Verdict.OK), replace(entry(Verdict.DEAD), checked=at(0.5))
    only = entry(Verdict.OK, url="https://example.org/only")
    paths = [written(tmp_path / f"{n}.jsonl", e).path for n, e in enumerate([[old], [new], [only]])]
    results: set[bytes] = set()
    for order in (paths, paths[::-1], [paths[1], paths[2], paths[0]]):
        journal = written(tmp_path / f"joined{len(results)}.jsonl", [old])
        journal.merge(order, NOW)
        assert journal.entries() == [new, only]
        results.add(journal.path.read_bytes())
    assert len(results) == 1


def test_of_two_checks_at_one_time_one_wins_for_good(tmp_path: Path) -> None:
    """The one that knows of a copy; else it is at least always the same."""
    plain, saved = entry(Verdict.DEAD), replace(entry(Verdict.DEAD), snapshot="https://w.example/")
    paths = [written(tmp_path / f"{n}.jsonl", [e]).path for n, e in enumerate([plain, saved])]
    for order in (paths, paths[::-1]):
        journal = Journal(tmp_path / f"{order[0].stem}-first.jsonl")
        journal.merge(order, NOW)
        assert journal.entries() == [saved]


def test_a_check_in_the_future_counts_least(tmp_path: Path) -> None:
    """A clock was wrong once: what it wrote must not win for years."""
    future, past = replace(entry(Verdict.DEAD), checked=at(-400)), entry(Verdict.OK)
    other = written(tmp_path / "other.jsonl", [past]).path
    journal = written(tmp_path / "journal.jsonl", [future])
    journal.merge([other], NOW)
    assert journal.entries() == [past]


def test_merging_passes_over_what_is_no_entry(tmp_path: Path) -> None:
    """A torn line, an empty or a missing file costs nothing but itself; no file is made of none."""
    torn = written(tmp_path / "torn.jsonl", ENTRIES).path
    torn.write_bytes(torn.read_bytes()[:-9])
    (tmp_path / "empty.jsonl").touch()
    journal = Journal(tmp_path / "journal.jsonl")
    journal.merge([tmp_path / "empty.jsonl", tmp_path / "none.jsonl"], NOW)
    assert not journal.path.exists()
    journal.merge([torn, tmp_path / "empty.jsonl"], NOW)
    assert len(Journal.load(journal.path)) == len(ENTRIES) - 1
