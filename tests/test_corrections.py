"""Corrections: what people know better than arXiv stays, whatever arXiv says next."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from ethogram.arxiv import Client
from ethogram.bibliography import ARXIV, Bibliography, Work, merge
from ethogram.catalog import Catalog
from ethogram.check import check
from ethogram.cli import main
from ethogram.corrections import Corrections
from ethogram.findings import EthogramError
from ethogram.resolve import Resolution, resolve
from ethogram.works import WorkId
from loopback_arxiv import Fault, LoopbackArxiv, Paper

SLEEPER = Paper(
    "2401.05566",
    title="Sleeper Agents: Training Deceptive LLMs",
    authors=("Evan Hubinger", "Sheer El Showk"),
    version=2,
    updated="2024-01-12T12:00:00Z",
)
OTHER = Paper("2402.00001", title="Another Result")
NAME = "arxiv:2401.05566"


@pytest.fixture
def arxiv() -> Iterator[LoopbackArxiv]:
    """An arXiv that has two papers."""
    with LoopbackArxiv([SLEEPER, OTHER]) as running:
        yield running


@pytest.fixture
def bib(arxiv: LoopbackArxiv, tmp_path: Path) -> Path:
    """A folder with the records of both, as the resolver wrote them."""
    folder = tmp_path / "bib"
    resolve([SLEEPER.number, OTHER.number], folder, client=client(arxiv, folder))
    return folder


def client(arxiv: LoopbackArxiv, folder: Path) -> Client:
    """A client that is as polite as any, only faster."""
    return Client(arxiv.endpoint, turns=folder.parent, interval=0.01, backoff=0.01)


def refreshed(arxiv: LoopbackArxiv, bib: Path, *numbers: str) -> Resolution:
    """Ask again, for the sleeper agents unless others are named."""
    asked = numbers or (SLEEPER.number,)
    return resolve(asked, bib, refresh=True, client=client(arxiv, bib))


def record(bib: Path) -> Work:
    """The record of the sleeper agents, as it stands in the file."""
    found = Bibliography.load(bib).get(WorkId("arxiv", SLEEPER.number))
    assert found is not None
    return found


def correct(bib: Path, text: str) -> None:
    """Write the file of corrections."""
    (bib / "corrections.yml").write_text(text, encoding="utf-8")


# -- what a refresh brings -------------------------------------------------------------------


def test_a_newer_version_is_a_line(arxiv: LoopbackArxiv, bib: Path) -> None:
    """The line names work, key, both versions and the day; what has not changed is counted."""
    arxiv.papers[SLEEPER.number] = replace(SLEEPER, version=3, updated="2024-01-17T12:00:00Z")
    outcome = refreshed(arxiv, bib, SLEEPER.number, OTHER.number)
    assert str(outcome).splitlines() == [
        "2 found",
        "2401.05566 (hubinger2024sleeper): v3 of 2024-01-17, was v2",
        "1 unchanged",
    ]
    assert outcome.unchanged == [OTHER.number]
    assert (record(bib).version, record(bib).updated) == (3, "2024-01-17")


CHANGES = (
    (
        {"comment": "This paper has been withdrawn by the authors"},
        "withdrawn",
        "withdrawn by its authors",
    ),
    ({"doi": "10.1000/x"}, "published", "published: doi:10.1000/x"),
    (
        {"doi": "10.1000/x", "journal": "Nature 1 (2025)"},
        "published",
        "published: Nature 1 (2025), doi:10.1000/x",
    ),
    (
        {"title": "Sleeper Agents"},
        "title",
        'title "Sleeper Agents: Training Deceptive LLMs" -> "Sleeper Agents"',
    ),
    (
        {"authors": ("Evan J. Hubinger", "Sheer El Showk", "Ada Lovelace")},
        "authors",
        "authors Evan Hubinger -> Evan J. Hubinger, Ada Lovelace",
    ),
    (
        {"authors": ("Sheer El Showk", "Evan Hubinger")},
        "authors",
        "authors in another order: Evan Hubinger, Sheer El Showk -> Sheer El Showk, Evan Hubinger",
    ),
    (
        {"authors": ("Evan Hubinger", "Sheer El Showk", *(f"Ada B{'b' * n}" for n in range(9)))},
        "authors",
        "authors nobody -> Ada B, Ada Bb, Ada Bbb, Ada Bbbb, Ada Bbbbb and 4 more",
    ),
)


@pytest.mark.parametrize(("now", "kind", "said"), CHANGES, ids=[each[2] for each in CHANGES])
def test_every_change_is_a_line(
    arxiv: LoopbackArxiv, bib: Path, now: dict[str, Any], kind: str, said: str
) -> None:
    """Withdrawn, published, another title, other authors: old and new, the key as it was."""
    arxiv.papers[SLEEPER.number] = replace(SLEEPER, **now)
    outcome = refreshed(arxiv, bib)
    (change,) = outcome.changes
    assert (change.kind, str(change)) == (kind, f"2401.05566 (hubinger2024sleeper): {said}")
    assert json.loads(json.dumps(change.as_object()))["line"] == str(change)
    assert record(bib).key == "hubinger2024sleeper"
    assert refreshed(arxiv, bib).changes == []  # it is told once


def test_what_arxiv_had_not_told_before_is_no_news(arxiv: LoopbackArxiv, tmp_path: Path) -> None:
    """A record typed by hand gets its version; that is no newer one."""
    bib = tmp_path / "typed"
    merge(bib, [Work(WorkId("arxiv", SLEEPER.number), "k", SLEEPER.title, SLEEPER.authors, 2024)])
    outcome = refreshed(arxiv, bib)
    assert (outcome.changes, outcome.unchanged) == ([], [SLEEPER.number])
    assert record(bib).version == 2


def test_a_line_obeys_nobody(arxiv: LoopbackArxiv, bib: Path) -> None:
    """A title that would move a terminal's cursor, or write right to left, is shown in letters."""
    arxiv.papers[SLEEPER.number] = replace(SLEEPER, title="A \u202etitle")
    (change,) = refreshed(arxiv, bib).changes
    assert "\\u202e" in str(change) and str(change).isprintable()


def test_a_refresh_that_is_throttled_in_the_middle_tells_what_came(tmp_path: Path) -> None:
    """The first hundred are written and told; the others keep their records, with the reason."""
    bib = tmp_path / "bib"
    numbers = [f"2401.{serial + 1:05}" for serial in range(150)]
    papers = [Paper(number, title=f"Paper {number}") for number in numbers]
    with LoopbackArxiv(papers) as arxiv:
        resolve(numbers, bib, client=client(arxiv, bib))
        arxiv.papers |= {paper.number: replace(paper, version=2) for paper in papers}
        arxiv.faults = [Fault(), *[Fault(status=503)] * 9]
        outcome = refreshed(arxiv, bib, *numbers)
    assert [change.id for change in outcome.changes] == numbers[:100] == outcome.found
    assert outcome.kept == numbers[100:] == list(outcome.reasons)
    assert not outcome.complete
    versions = {work.version for work in Bibliography.load(bib).works.values()}
    assert versions == {1, 2}


def test_the_command_tells_changes(
    arxiv: LoopbackArxiv, bib: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As JSON they stand beside the six lists, and only where they were asked for."""
    monkeypatch.setenv("ETHOGRAM_ARXIV_API", arxiv.endpoint)
    arxiv.papers[SLEEPER.number] = replace(SLEEPER, version=3)
    correct(bib, f"{NAME}:\n  title: '{SLEEPER.title}'\n  why: A slip.\n")
    command = ["resolve", SLEEPER.number, "--bib", str(bib), "--format", "json"]
    kept = CliRunner().invoke(main, command)
    assert list(json.loads(kept.stdout)) == [
        *("found", "missing", "malformed", "withdrawn", "throttled", "kept"),
    ]
    done = CliRunner().invoke(main, [*command, "--refresh"])
    told = json.loads(done.stdout)
    assert (done.exit_code, list(told)[6:]) == (0, ["changes"])
    assert told["changes"] == [
        {
            "id": SLEEPER.number,
            "key": "hubinger2024sleeper",
            "kind": "version",
            "old": 2,
            "new": 3,
            "line": "2401.05566 (hubinger2024sleeper): v3 of 2024-01-12, was v2",
        }
    ]
    assert f"{bib.as_posix()}/corrections.yml:2:1: needless-correction" in done.stderr


# -- corrections -----------------------------------------------------------------------------

EVERYTHING = f"""\
{NAME}:
  title: "Sleeper Agents"
  authors: [Evan Hubinger, Sheer El Showk, Redwood Research]
  families: [Hubinger, El Showk, Redwood Research]
  corporate: [Redwood Research]
  date: 2023-12-31
  journal: A Journal
  doi: 10.1000/X
  note: Seen.
  url: https://example.org/paper
  withdrawn: true
  why: The publisher's page says so.
"""


def test_a_correction_is_made_without_asking_anyone(arxiv: LoopbackArxiv, bib: Path) -> None:
    """`ethogram resolve ID` puts it into the record at once; the key is pinned."""
    asked = len(arxiv.requests)
    correct(bib, EVERYTHING)
    outcome = resolve([SLEEPER.number], bib, client=client(arxiv, bib))
    work = record(bib)
    assert (outcome.kept, outcome.corrected) == ([SLEEPER.number], [SLEEPER.number])
    assert "corrected: 2401.05566" in str(outcome)
    assert len(arxiv.requests) == asked
    assert work.key == "hubinger2024sleeper"
    assert (work.title, work.year, work.date) == ("Sleeper Agents", 2023, "2023-12-31")
    assert work.families == ("Hubinger", "El Showk", "Redwood Research")
    assert work.corporate == {"Redwood Research"}
    assert (work.journal, work.doi, work.note) == ("A Journal", "10.1000/x", "Seen.")
    assert (work.url, work.withdrawn) == ("https://example.org/paper", True)
    assert Bibliography.load(bib).findings == []
    assert resolve([SLEEPER.number], bib, client=client(arxiv, bib)).corrected == []


def test_a_correction_outlives_every_refresh(arxiv: LoopbackArxiv, bib: Path) -> None:
    """arXiv says something else in each field; the rest of what it says comes in."""
    correct(bib, EVERYTHING)
    arxiv.papers[SLEEPER.number] = replace(
        SLEEPER, title="Sleeping", authors=("E. Hubinger",), doi="10.1000/other", version=3
    )
    outcome = refreshed(arxiv, bib)
    assert [change.kind for change in outcome.changes] == ["version"]
    assert (record(bib).title, record(bib).doi) == ("Sleeper Agents", "10.1000/x")
    assert record(bib).authors[2] == "Redwood Research"
    assert record(bib).version == 3


def test_a_new_record_is_corrected_as_it_comes(arxiv: LoopbackArxiv, tmp_path: Path) -> None:
    """A correction may be there first: it is a finding until the work has a record."""
    bib = tmp_path / "new"
    bib.mkdir()
    correct(bib, f"{NAME}:\n  date: 2023\n  why: It was a talk.\n")
    (finding,) = Bibliography.load(bib).findings
    assert (finding.rule, finding.line) == ("unapplied-correction", 1)
    assert finding.hint == "Run `ethogram resolve 2401.05566`."
    resolve([SLEEPER.number], bib, client=client(arxiv, bib))
    assert (record(bib).year, record(bib).date, record(bib).key) == (
        *(2023, "2023"),
        "hubinger2024sleeper",
    )
    assert Bibliography.load(bib).findings == []


def test_family_names_mended_by_hand_stay(arxiv: LoopbackArxiv, bib: Path) -> None:
    """Of corrected authors too, whose names arXiv does not know."""
    correct(bib, f"{NAME}:\n  authors: [Ada van Lovelace, Sheer El Showk]\n  why: A slip.\n")
    resolve([], bib)
    text = (bib / ARXIV).read_text(encoding="utf-8")
    mended = text.replace("van Lovelace, Ada", "Lovelace, Ada van")
    assert mended != text
    (bib / ARXIV).write_text(mended, encoding="utf-8")
    refreshed(arxiv, bib)
    assert record(bib).families[0] == "Lovelace"
    assert Bibliography.load(bib).findings == []


def test_an_empty_text_takes_away_what_arxiv_says(arxiv: LoopbackArxiv, bib: Path) -> None:
    """A wrong DOI is worse than none."""
    arxiv.papers[SLEEPER.number] = replace(SLEEPER, doi="10.1000/wrong", comment="12 pages")
    refreshed(arxiv, bib)
    correct(bib, f'{NAME}:\n  doi: ""\n  note: ""\n  why: The DOI is another paper\'s.\n')
    refreshed(arxiv, bib)
    assert (record(bib).doi, record(bib).note) == ("", "")


def test_a_false_alarm_of_withdrawal_is_corrected(arxiv: LoopbackArxiv, bib: Path) -> None:
    """arXiv has no field for it, and a comment can be misread."""
    arxiv.papers[SLEEPER.number] = replace(SLEEPER, comment="An earlier draft was withdrawn")
    correct(bib, f"{NAME}:\n  withdrawn: false\n  why: Only a draft was.\n")
    outcome = refreshed(arxiv, bib)
    assert not record(bib).withdrawn
    assert not any(change.kind == "withdrawn" for change in outcome.changes)


def test_arxiv_taking_a_correction_over_is_told(arxiv: LoopbackArxiv, bib: Path) -> None:
    """A correction that is no longer needed would overrule what arXiv says next."""
    correct(bib, f"{NAME}:\n  why: A slip.\n  title: Sleeper Agents\n  journal: Nature\n")
    assert refreshed(arxiv, bib).needless == []
    arxiv.papers[SLEEPER.number] = replace(SLEEPER, title="Sleeper Agents")
    (finding,) = refreshed(arxiv, bib).needless
    assert (finding.rule, finding.line, finding.severity) == ("needless-correction", 3, "warning")
    assert finding.message == "arXiv says the same title of 2401.05566 by now"
    assert "Take the correction out" in finding.hint


def test_a_record_that_does_not_show_a_correction_is_found(bib: Path) -> None:
    """`check` names the file, the line and the command."""
    correct(bib, f"# by hand\n{NAME}:\n  title: Sleeper Agents\n  why: A slip.\n")
    (finding,) = check(Catalog.load(bib.parent / "docs", bib))
    assert (finding.path, finding.line) == ((bib / "corrections.yml").as_posix(), 2)
    assert "`hubinger2024sleeper` does not show" in finding.message
    assert finding.hint == "Run `ethogram resolve 2401.05566`."


def test_a_record_that_people_write_is_corrected_there(bib: Path) -> None:
    """The resolver writes no other file than arxiv.bib."""
    text = "@misc{mine, title={T}, year=2024, eprint={2403.00001}, archiveprefix={arXiv}}\n"
    (bib / "other.bib").write_text(text)
    correct(bib, "arxiv:2403.00001:\n  title: U\n  why: A slip.\n")
    (finding,) = Bibliography.load(bib).findings
    assert "other.bib, which people write" in finding.message
    assert finding.hint == "Correct the record at line 1 of it, and take this out."
    before = (bib / ARXIV).stat().st_mtime_ns
    assert resolve([], bib).corrected == []
    assert (bib / ARXIV).stat().st_mtime_ns == before


GOOD = "  title: T\n  why: W\n"
FAULTS = (
    ("2401.05566:\n" + GOOD, 1, "Write it as arxiv:2401.05566."),
    ("2310.10400:\n" + GOOD, 1, "Write it as arxiv:2310.10400."),
    (f"{NAME}v2:\n{GOOD}", 1, f"Write it as {NAME}."),
    ("https://arxiv.org/abs/2401.05566:\n" + GOOD, 1, f"Write it as {NAME}."),
    ("doi:10.1000/x:\n" + GOOD, 1, "bib/other.bib"),
    ("hubinger2024sleeper:\n" + GOOD, 1, "Write it as arxiv:2401.05566."),
    ("arxiv:2413.00001:\n" + GOOD, 1, "Write it as arxiv:2401.05566."),
    ("? [a]\n: b\n", 1, "Write it as arxiv:2401.05566."),
    (f"{NAME}:\n{GOOD}\n{NAME}:\n{GOOD}", 5, "Join the two"),
    (f"{NAME}:\n  titel: T\n  why: W\n", 2, "Did you mean `title`?"),
    (f"{NAME}:\n  key: k\n  title: T\n  why: W\n", 2, "It may be title"),
    (f"{NAME}:\n  title: T\n  title: U\n  why: W\n", 3, "Keep one"),
    (f"{NAME}:\n  title: T\n", 1, "Add a line `why:`"),
    (f"{NAME}:\n  title: T\n  why:\n", 3, "Write it out."),
    (f"{NAME}:\n  why: W\n", 1, "It may be in title"),
    (f"{NAME}: T\n", 1, "Write fields below it"),
    (f"{NAME}:\n", 1, "Write fields below it"),
    (f"{NAME}:\n  title: ''\n  why: W\n", 2, "Write it out."),
    (f"{NAME}:\n  doi:\n  why: W\n", 2, 'Write "" to take away'),
    (f"{NAME}:\n  doi: none\n  why: W\n", 2, "10.1000/x"),
    (f"{NAME}:\n  doi: 10.48550/arXiv.2401.05566\n  why: W\n", 2, "10.1000/x"),
    (f"{NAME}:\n  date: 2024-02-30\n  why: W\n", 2, "2024-01-31"),
    (f"{NAME}:\n  url: nowhere\n  why: W\n", 2, "https://"),
    (f"{NAME}:\n  withdrawn: perhaps\n  why: W\n", 2, "`true` or `false`"),
    (f"{NAME}:\n  authors: Ada Lovelace\n  why: W\n", 2, "Write `authors: ["),
    (f"{NAME}:\n  authors: []\n  why: W\n", 2, "Write `authors: ["),
    (f"{NAME}:\n  authors: [A, '']\n  why: W\n", 2, "Write it out."),
    (f"{NAME}:\n  authors: [A, [B]]\n  why: W\n", 2, "one text"),
    (f"{NAME}:\n  families: [A]\n  why: W\n", 2, "Write all `authors`"),
    (f"{NAME}:\n  authors: [A B]\n  families: [A, B]\n  why: W\n", 3, "one for each"),
    (f"{NAME}:\n  authors: [A B]\n  corporate: [C]\n  why: W\n", 3, "among the authors"),
    (f'{NAME}:\n  title: "\\ud800"\n  why: W\n', 2, "type the letters"),
    (f'{NAME}:\n  title: "\\e[2J"\n  why: W\n', 2, "type the letters"),
    (f'{NAME}:\n  title: "\\UFFFFFFFF"\n  why: W\n', 1, "missing quote"),
    (f"{NAME}:\n  title: [\n", 3, "missing quote"),
    (f"{NAME}:\n\ttitle: T\n", 2, "missing quote"),
    ("a: \x00\n", 1, "missing quote"),
    ("[" * 5000, 1, "missing quote"),
    ("- a\n", 1, "Begin each entry"),
    ("a\n", 1, "Begin each entry"),
    (f"{NAME}:\n{GOOD}---\nb: c\n", 4, "missing quote"),
)


@pytest.mark.parametrize(("text", "line", "mend"), FAULTS, ids=[each[0][:40] for each in FAULTS])
def test_reading_is_strict(text: str, line: int, mend: str) -> None:
    """Every fault is a finding with its line and mend, and never a traceback."""
    found = Corrections.read(text, "bib/corrections.yml").findings
    assert {finding.rule for finding in found} == {"bad-corrections"}
    assert [finding.line for finding in found] == [line]
    assert mend in found[0].hint


@pytest.mark.parametrize("text", ["", "# none yet\n", "\ufeff", "---\n", "null\n"[:0]])
def test_no_corrections_are_fine(tmp_path: Path, text: str) -> None:
    """An empty file is one without corrections, and so is none."""
    correct(tmp_path, text)
    assert Corrections.load(tmp_path / "corrections.yml").findings == ()
    assert Corrections.load(tmp_path / "none.yml").findings == ()


def test_a_file_that_cannot_be_read_is_told(tmp_path: Path) -> None:
    """Latin-1, and a folder by its name."""
    (tmp_path / "a.yml").write_bytes(b"\xe9: b\n")
    (tmp_path / "b.yml").mkdir()
    for name in ("a.yml", "b.yml"):
        (finding,) = Corrections.load(tmp_path / name).findings
        assert (finding.rule, finding.line) == ("bad-corrections", 1)


def test_numbers_and_dates_stay_what_was_typed(bib: Path) -> None:
    """YAML would make a number of a title, and a truth value of another."""
    for title in ("1984", "no", "2310.10400", "2024-01-01", "0x10"):
        correct(bib, f"{NAME}:\n  title: {title}\n  why: It is called so.\n")
        resolve([], bib)
        assert record(bib).title == title


def test_faulty_corrections_stop_the_resolver_before_it_asks(
    arxiv: LoopbackArxiv, bib: Path
) -> None:
    """Else a refresh would undo what a person mended, for a slip in another line."""
    before, asked = (bib / ARXIV).read_bytes(), len(arxiv.requests)
    correct(bib, f"{NAME}:\n  title: T\n")
    with pytest.raises(EthogramError, match=r"corrections\.yml:1: .*does not say why"):
        refreshed(arxiv, bib)
    with pytest.raises(EthogramError, match="does not say why"):
        merge(bib, [])
    assert ((bib / ARXIV).read_bytes(), len(arxiv.requests)) == (before, asked)
