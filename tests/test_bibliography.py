"""`bibliography`: what is written reads back, what people wrote is kept, nothing is ever lost."""

import os
import re
import signal
import stat
import subprocess
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pybtex.database
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ethogram.bibliography import (
    ARXIV,
    HEADER,
    OTHER,
    Bibliography,
    Work,
    append,
    format_bib,
    merge,
    save,
    to_bibtex,
)
from ethogram.bibtex import clean
from ethogram.findings import EthogramError
from ethogram.works import WorkId, identify
from test_bibtex import HOSTILE

ROOT = Path(__file__).parent.parent
SLEEPER = Work(
    id=WorkId("arxiv", "2401.05566"),
    key="hubinger2024sleeper",
    title="Sleeper Agents: Training Deceptive LLMs",
    authors=("Evan Hubinger", "Sheer El Showk", "Anthropic"),
    families=("Hubinger", "El Showk", "Anthropic"),
    corporate=frozenset({"Anthropic"}),
    authors_complete=False,
    year=2024,
    date="2024-01-10",
    primary_class="cs.CR",
    version=3,
    updated="2024-01-17",
    doi="10.1000/x_y",
    journal="Proc. Q&A",
    note="12 pages",
    withdrawn=True,
    checked="2026-11-21",
)
WRITTEN = """\
@misc{hubinger2024sleeper,
  title         = {{Sleeper Agents: Training Deceptive LLMs}},
  author        = {Hubinger, Evan and El Showk, Sheer and {Anthropic} and others},
  year          = {2024},
  date          = {2024-01-10},
  eprint        = {2401.05566},
  archiveprefix = {arXiv},
  primaryclass  = {cs.CR},
  version       = {3},
  updated       = {2024-01-17},
  doi           = {10.1000/x_y},
  journal       = {Proc. Q\\&A},
  note          = {12 pages},
  pubstate      = {withdrawn},
  urldate       = {2026-11-21},
}
"""


def other(number: int, **changes: object) -> Work:
    """Another work, whose number and key no other has."""
    work = replace(
        SLEEPER,
        id=WorkId("arxiv", f"2402.{number:05}"),
        key=f"author2024word{number}",
        doi="",
    )
    return replace(work, **changes)  # type: ignore[arg-type]


def load(folder: Path, text: str, name: str = ARXIV) -> Bibliography:
    """Put a file into a folder and read it all."""
    folder.mkdir(exist_ok=True)
    (folder / name).write_text(text, encoding="utf-8", newline="")
    return Bibliography.load(folder)


def only(bibliography: Bibliography) -> Work:
    """The one work of a bibliography that has no fault."""
    assert bibliography.findings == []
    (work,) = bibliography.works.values()
    return work


# -- writing and reading back ----------------------------------------------------------------


def test_a_record_is_written_in_one_form() -> None:
    """Field order, braces and escapes are those of the design."""
    assert to_bibtex(SLEEPER) == WRITTEN
    assert format_bib([SLEEPER]) == f"{HEADER}\n{WRITTEN}"


TEXT = HOSTILE
TITLE = TEXT.filter(clean)
DATE = st.sampled_from(["", "2024", "2024-01", "2024-01-10"])
NUMBER = st.sampled_from(["2401.05566", "0704.0001", "math/0309136", "hep-th/9901001"])


@st.composite
def hostile_works(draw: st.DrawFn) -> Work:
    """Works whose every text may be anything."""
    authors = tuple(draw(st.lists(TEXT, max_size=4)))
    return Work(
        id=WorkId("arxiv", draw(NUMBER)),
        key=draw(st.from_regex("[A-Za-z0-9_-]{1,9}", fullmatch=True)),
        title=draw(TITLE),
        authors=authors,
        families=tuple(
            draw(st.one_of(TEXT, st.sampled_from(name.split() or [""]))) for name in authors
        ),
        corporate=frozenset(draw(st.sets(st.sampled_from(authors)))) if authors else frozenset(),
        authors_complete=draw(st.booleans()),
        year=draw(st.integers(1, 9999)),
        date=draw(DATE),
        primary_class=draw(TEXT),
        version=draw(st.none() | st.integers(1, 99)),
        updated=draw(DATE),
        doi=draw(
            st.sampled_from(["", "10.1000/x_y", "10.1000/a{b", "10.1000/%7e~$#&", "10.1000/<x>"])
        ),
        journal=draw(TEXT),
        note=draw(TEXT),
        withdrawn=draw(st.booleans()),
        checked=draw(DATE),
        url=draw(
            st.sampled_from(["", "https://example.org/~me/a_b?x={1}&y=%20#s", "http://x.org"])
        ),
        extra=tuple({"month": "jan", "abstract": '{\\\'E} "x" {{y}} @misc'}.items()),
    )


@settings(max_examples=300, deadline=None)
@given(hostile_works())
def test_reading_back_gives_the_same_record(work: Work) -> None:
    """Whatever a title or a name holds, it is there again, and nothing else is."""
    with tempfile.TemporaryDirectory() as folder:
        again = only(load(Path(folder), format_bib([work])))
        assert again == work
        assert format_bib([again]) == format_bib([work])


@settings(deadline=None)
@given(st.lists(hostile_works(), max_size=4, unique_by=lambda work: work.key.lower()))
def test_other_programs_read_the_same_records(works: list[Work]) -> None:
    """pybtex as a whole, names included, finds every record, field and author."""
    found = pybtex.database.parse_string(format_bib(works), "bibtex").entries
    assert sorted(found.keys()) == sorted(work.key for work in works)
    for work in works:
        persons = found[work.key].persons.get("author", [])
        assert len(persons) == len(work.authors) + (not work.authors_complete)
        assert found[work.key].fields["title"].startswith("{")


@pytest.mark.parametrize(
    "wrong",
    [
        {"key": "a:b"},
        {"key": ""},
        {"title": " \x00 "},
        {"year": 0},
        {"year": 20240},
        {"date": "10 January 2024"},
        {"checked": "today"},
        {"doi": "none"},
        {"url": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_what_could_not_be_read_back_is_no_record(wrong: dict[str, object]) -> None:
    """A record that is made wrong fails where it is made, not when the site is built."""
    with pytest.raises(ValueError, match=r"key|title|year|date|DOI|address"):
        other(1, **wrong)


def test_records_are_sorted_by_number_old_ones_first() -> None:
    """Numbers of 1991 to 2007 name their month as well; ties go by the number."""
    numbers = [
        "hep-th/9901001",
        "cs/0309136",
        "math/0309136",
        "0704.0001",
        "1501.00001",
        "2401.05566",
    ]
    works = [other(n, id=WorkId("arxiv", number)) for n, number in enumerate(numbers)]
    written = format_bib(reversed(works))
    assert re.findall(r"eprint +=\ {(.+)}", written) == numbers
    assert written == format_bib(works)


def test_the_files_of_this_repository_read_without_a_fault() -> None:
    """bib/ is in the form that it would be written in."""
    bibliography = Bibliography.load(ROOT / "bib")
    assert bibliography.findings == []
    ours = [work for work in bibliography.works.values() if work.source == ARXIV]
    text = (ROOT / "bib" / ARXIV).read_text(encoding="utf-8")
    assert format_bib(ours).removeprefix(HEADER).strip() == text.removeprefix(HEADER).strip()


# -- what people write -----------------------------------------------------------------------


def test_a_mended_file_is_accepted_and_what_was_added_stays(tmp_path: Path) -> None:
    """Order, quotes, type, strings and line ends are free; unknown fields are kept as they are."""
    text = (
        f"\ufeff{HEADER}\r\n@string{{who = {{Hubinger, Evan}}}}\r\n"
        '@Article{hubinger2024sleeper, YEAR = 2024, eprint = "arXiv:2401.05566v3 [cs.CR]",\r\n'
        '  author = who # " and " # {Kamil{\\.e} Luko{\\v s}i{\\=u}t{\\.e}},\r\n'
        "  title = {Sleeper {Agents} in $O(n^2)$}, keywords = {a, {B} \\& c}, volume = 3,\r\n"
        "  eprintclass = {cs.CR}, url = {https://arxiv.org/abs/2401.05566},\r\n"
        "  pubstate={forthcoming}}\r\n"
    )
    work = only(load(tmp_path, text))
    assert work.title == "Sleeper Agents in $O(n^2)$"
    assert work.authors == ("Evan Hubinger", "Kamilė Lukošiūtė")
    assert (work.version, work.primary_class, work.url, work.type) == (3, "cs.CR", "", "misc")
    assert dict(work.extra) == {
        "keywords": "a, {B} \\& c",
        "volume": "3",
        "pubstate": "forthcoming",
    }
    merge(tmp_path, [other(1)])
    again = Bibliography.load(tmp_path)
    assert again.findings == []
    assert again.works["hubinger2024sleeper"] == work
    assert "keywords      = {a, {B} \\& c},\n" in (tmp_path / ARXIV).read_text(encoding="utf-8")


RECORD = (
    "@misc{a2024b,\n  title = {T},\n  author = {A B},\n  year = {2024},\n"
    "  eprint = {2401.00001},\n}\n"
)
FAULTS = {
    "missing brace": (RECORD.replace("{T}", "{{T}"), 4, "`title` do not match"),
    "missing key": (RECORD.replace("a2024b", ""), 3, "no key"),
    "missing at": (RECORD.replace("@", ""), 3, "belongs to no record"),
    "repeated field": (
        RECORD.replace("  year", "  TITLE = {U},\n  year"),
        6,
        "`title` is there twice",
    ),
    "no arXiv number": (RECORD.replace("2401.00001", "2413.00001"), 7, "`2413.00001` is no arXiv"),
    "no eprint": (RECORD.replace("eprint", "number"), 3, "There is no `eprint`"),
    "another archive": (RECORD.replace("  year", "  eprinttype = {hal},\n  year"), 8, "no arXiv"),
    "year": (RECORD.replace("{2024}", "{in press}"), 6, "`in press` is no year"),
    "no year": (RECORD.replace("year", "anno"), 3, "There is no year"),
    "no title": (RECORD.replace("{T}", "{ }"), 4, "There is no title"),
    "key": (RECORD.replace("a2024b", "DBLP:a.b"), 3, "no citation can"),
    "no day": (
        RECORD.replace("  year", "  date = {2024-02-30},\n  year"),
        6,
        "`2024-02-30` is no date",
    ),
    "date": (RECORD.replace("  year", "  date = {10 May},\n  year"), 6, "`10 May` is no date"),
    "version": (RECORD.replace("  year", "  version = {two},\n  year"), 6, "`two` is no version"),
    "doi": (RECORD.replace("  year", "  doi = {none},\n  year"), 6, "`none` is no published DOI"),
    "names": (RECORD.replace("A B", "A, B, C, D"), 5, "too many commas"),
    "comment": (f"% mine\n{RECORD}", 3, "would be lost"),
    "prose": (f"mine\n{RECORD}", 3, "belongs to no record"),
    "preamble": (f'@preamble{{"x"}}\n{RECORD}', 3, "would be lost"),
    "entry comment": (f"@comment{{x}}\n{RECORD}", 3, "would be lost"),
}


@pytest.mark.parametrize(("text", "line", "message"), FAULTS.values(), ids=FAULTS)
def test_what_cannot_be_kept_is_refused_with_its_line(
    tmp_path: Path, text: str, line: int, message: str
) -> None:
    """File, line, what is wrong and the mend; and the file is never written over."""
    text = f"\n\n{text}"
    bibliography = load(tmp_path, text)
    (finding,) = bibliography.findings
    assert (finding.path, finding.line) == ((tmp_path / ARXIV).as_posix(), line)
    assert finding.rule == "bad-bibliography"
    assert message in finding.message
    assert finding.hint
    for write in (merge, save):
        with pytest.raises(EthogramError, match=re.escape(finding.message)):
            write(tmp_path, [SLEEPER])
    assert (tmp_path / ARXIV).read_text(encoding="utf-8") == text


def test_all_faults_come_at_once_and_other_records_are_read(tmp_path: Path) -> None:
    """One run tells everything; a broken record costs no other."""
    broken = RECORD.replace("{2024}", "{x}").replace("{T}", "{}").replace("a2024b", "b c")
    text = f"{RECORD}\n{broken}\n{RECORD.replace('a2024b', 'c').replace('00001', '00003')}"
    bibliography = load(tmp_path, text)
    assert list(bibliography.works) == ["a2024b", "c"]
    broken = RECORD.replace("{2024}", "{x}").replace("{T}", "{}").replace("a2024b", "b:c")
    bibliography = load(tmp_path, f"{RECORD}\n{broken}")
    assert [finding.line for finding in bibliography.findings] == [8, 9, 11]


def test_an_abbreviation_that_nothing_uses_is_refused(tmp_path: Path) -> None:
    """Those in use are written out; one that is not would be lost without a word."""
    (tmp_path / "arxiv.bib").write_text(f'{HEADER}@string{{foo = "bar"}}\n', encoding="utf-8")
    (finding,) = Bibliography.load(tmp_path).findings
    assert (finding.rule, finding.line) == ("bad-bibliography", 3)
    assert "`foo` would be lost" in finding.message


def test_a_file_that_is_not_utf8_is_refused_with_its_line(tmp_path: Path) -> None:
    """The line is that of the first byte that is none."""
    (tmp_path / ARXIV).write_bytes(f"{RECORD}% caf".encode() + b"\xe9\n")
    (finding,) = Bibliography.load(tmp_path).findings
    assert (finding.line, finding.message) == (7, "The file is not UTF-8")
    with pytest.raises(EthogramError, match="UTF-8"):
        merge(tmp_path, [SLEEPER])


def test_a_folder_named_as_a_file_is_refused(tmp_path: Path) -> None:
    """What cannot be read is named, not passed over."""
    (tmp_path / "x.bib").mkdir()
    (finding,) = Bibliography.load(tmp_path).findings
    assert "cannot be read" in finding.message


def test_what_is_not_there_holds_nothing(tmp_path: Path) -> None:
    """A site may start without any record."""
    assert len(Bibliography.load(tmp_path / "bib")) == 0
    assert only(load(tmp_path, RECORD)).key == "a2024b"


OTHERS = {
    "doi": ("doi={https://doi.org/10.1000/X\\_Y}", "doi:10.1000/x_y"),
    "url": ("url={https://example.org/a_b}", "url:https://example.org/a_b"),
    "howpublished": ("howpublished={\\url{https://example.org/x}}", "url:https://example.org/x"),
    "note": ("note={At \\url{https://example.org/x}}", "url:https://example.org/x"),
    "eprint": ("eprint={2401.05566v2}, eprinttype={arxiv}", "arxiv:2401.05566"),
    "arXiv's own DOI": ("doi={10.48550/ARXIV.2401.05566}", "arxiv:2401.05566"),
    "Google Scholar": ("journal={arXiv preprint arXiv:2401.05566}", "arxiv:2401.05566"),
    "Semantic Scholar": ("journal={ArXiv}, volume={abs/2401.05566}", "arxiv:2401.05566"),
    "another archive": ("eprint={hal-01}, archiveprefix={HAL}, doi={10.1000/x}", "doi:10.1000/x"),
    "address and DOI": ("url={https://example.org}, doi={10.1000/x}", "doi:10.1000/x"),
}


@pytest.mark.parametrize(("fields", "work"), OTHERS.values(), ids=OTHERS)
def test_ordinary_bibtex_identifies_its_work(tmp_path: Path, fields: str, work: str) -> None:
    """Whatever people paste into other.bib is found by what it says of itself."""
    text = f"@article{{k, title={{T}}, year=2024, {fields}}}"
    found = only(load(tmp_path, text, "other.bib"))
    assert (str(found.id), found.source, found.journal) == (work, "other.bib", "")
    assert (found.year, found.title) == (2024, "T")


def test_a_date_that_no_calendar_has_is_told(tmp_path: Path) -> None:
    """In any file, with the line; a date in words is the author's own affair."""
    text = "@article{k, title={T}, year=2024, doi={10.1000/x},\n date={%s}}"
    (finding,) = load(tmp_path, text % "2024-02-30", "other.bib").findings
    assert (finding.line, finding.message) == (2, "`2024-02-30` is no date in `k`")
    assert load(tmp_path, text % "10 May 2024", "other.bib").findings == []


def test_ordinary_bibtex_is_read_whole(tmp_path: Path) -> None:
    """Comments, months, proceedings, editors and bodies: what pages show of them is right."""
    text = (
        "Here is what I pasted:\n% from me@example.org\n"
        "@inproceedings{a, title={{BERT}: Pre-training}, year={2019},\n"
        "  author={Jacob Devlin and Ming{-}Wei Chang}, month=jun, pages={1--2}, doi={10.1000/a},\n"
        "  booktitle={Proceedings of {NAACL}}}\n"
        "@manual{b, title={Card}, organization={OpenAI, Inc.}, year=2023, url={https://x.org/b}}\n"
        "@proceedings{c, title={All}, editor={Ada Lovelace and others}, year=2020,\n"
        "  url={https://x.org/c}}\n"
        "@phdthesis{d, title={On}, author={Ada King}, school={MIT}, year=2021, doi={10.1000/d}}\n"
    )
    bibliography = load(tmp_path, text, "other.bib")
    assert [(finding.line, finding.message) for finding in bibliography.findings] == [
        (1, "`Here is what I pasted:` belongs to no record")
    ]
    a, b, c, d = bibliography.works.values()
    assert (a.title, a.authors) == ("BERT: Pre-training", ("Jacob Devlin", "Ming-Wei Chang"))
    assert (a.journal, a.type, a.doi) == ("Proceedings of NAACL", "inproceedings", "10.1000/a")
    assert (b.authors, b.corporate) == (("OpenAI, Inc.",), frozenset(b.authors))
    assert (c.authors, c.authors_complete) == (("Ada Lovelace",), False)
    assert (d.journal, d.family(0)) == ("MIT", "King")
    assert "booktitle     = {Proceedings of NAACL},\n" in to_bibtex(a)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("@book{k, title={T}, year=2024, isbn={978}}", "no eprint, DOI or address"),
        (
            "@misc{k, title={T}, year=2024, eprint={12}, archiveprefix={arXiv}, doi={10.1000/x}}",
            "`12` is",
        ),
        ("@misc{a/b, title={T}, year=2024, doi={10.1000/x}}", "no citation can"),
        ("@misc{2024, title={T}, year=2024, doi={10.1000/x}}", "A year is no key"),
    ],
)
def test_a_record_that_nothing_can_point_to_is_refused(
    tmp_path: Path, text: str, message: str
) -> None:
    """In other.bib as well, and with the mend; but our own file may be written all the same."""
    (finding,) = load(tmp_path, text, "other.bib").findings
    assert message in finding.message
    assert list(merge(tmp_path, [SLEEPER]).works) == ["hubinger2024sleeper"]


# -- all records together --------------------------------------------------------------------


def test_keys_are_unique_whatever_their_case_over_all_files(tmp_path: Path) -> None:
    """mkdocs-bibtex would silently let one override the other."""
    load(tmp_path, "@misc{A2024B, title={T}, year=2024, doi={10.1000/x}}", "other.bib")
    bibliography = load(tmp_path, RECORD)
    (finding,) = bibliography.findings
    assert (finding.rule, finding.path) == ("repeated-key", (tmp_path / "other.bib").as_posix())
    assert finding.message == "`A2024B` is the key of arxiv.bib, line 1, too"
    assert list(bibliography.works) == ["a2024b"]


def test_a_repeated_key_in_our_file_is_not_written_over(tmp_path: Path) -> None:
    """One of the two records would be lost."""
    text = RECORD + RECORD.replace("00001", "00002").replace("a2024b", "A2024b")
    (finding,) = load(tmp_path, text).findings
    assert (finding.rule, finding.line) == ("repeated-key", 7)
    with pytest.raises(EthogramError, match="A2024b"):
        merge(tmp_path, [SLEEPER])


def test_one_work_in_two_records_is_told_and_both_stay(tmp_path: Path) -> None:
    """Which key the pages use is for people to say."""
    text = RECORD + RECORD.replace("00001", "00001v2").replace("a2024b", "b")
    bibliography = load(tmp_path, text)
    (finding,) = bibliography.findings
    assert (finding.rule, finding.line) == ("repeated-work", 7)
    assert "`b` is the same work as `a2024b`" in finding.message
    merge(tmp_path, [SLEEPER])
    assert {"a2024b", "b"} < set(Bibliography.load(tmp_path).works)


def test_a_preprint_and_its_publication_are_one_work(tmp_path: Path) -> None:
    """The published DOI finds the preprint's record; a second record of it is told."""
    merge(tmp_path, [SLEEPER])
    bibliography = load(tmp_path, "@misc{k, title={T}, year=2024, doi={10.1000/X_Y}}", "other.bib")
    (finding,) = bibliography.findings
    assert (finding.rule, finding.path) == ("repeated-work", (tmp_path / "other.bib").as_posix())
    (tmp_path / "other.bib").unlink()
    bibliography = Bibliography.load(tmp_path)
    for text in ("10.1000/X_Y", "2401.05566v1", "https://arxiv.org/pdf/2401.05566"):
        work = identify(text)
        assert work is not None
        assert bibliography.get(work) == SLEEPER
    assert bibliography.get(WorkId("arxiv", "2401.00009")) is None


def test_an_address_beside_the_identity_finds_the_work(tmp_path: Path) -> None:
    """A card may link to the publisher's page."""
    text = "@misc{k, title={T}, year=2024, doi={10.1000/x}, url={https://example.org/p}}"
    bibliography = load(tmp_path, text, "other.bib")
    assert bibliography.get(WorkId("url", "https://example.org/p")) == bibliography.works["k"]


# -- writing beside others -------------------------------------------------------------------


def test_merging_pins_keys_and_keeps_what_people_added(tmp_path: Path) -> None:
    """arXiv's word counts for what it says; key, family names and further fields are ours."""
    old = replace(SLEEPER, key="pinned", extra=(("keywords", "x"),), note="by hand", version=1)
    merge(tmp_path, [old])
    new = replace(
        SLEEPER,
        key="hubinger2024other",
        title="A New Title",
        authors=("Evan Hubinger", "Sheer El Showk", "Anthropic", "A New Author"),
        families=(),
        corporate=frozenset(),
        authors_complete=True,
        note="",
        doi="",
        withdrawn=False,
    )
    work = merge(tmp_path, [new]).works["pinned"]
    assert (work.title, work.version, work.withdrawn) == ("A New Title", 3, False)
    assert work.families == ("Hubinger", "El Showk", "Anthropic", "Author")
    assert (work.corporate, work.authors_complete) == (frozenset({"Anthropic"}), True)
    assert (work.note, work.doi, work.extra) == ("by hand", "10.1000/x_y", (("keywords", "x"),))


def test_a_mark_of_withdrawal_set_by_hand_stays_until_there_is_a_new_version(
    tmp_path: Path,
) -> None:
    """Not every comment says it; a new version speaks for itself."""
    merge(tmp_path, [SLEEPER])
    same = replace(SLEEPER, withdrawn=False)
    assert merge(tmp_path, [same]).works[SLEEPER.key].withdrawn
    newer = replace(same, version=4)
    assert not merge(tmp_path, [newer]).works[SLEEPER.key].withdrawn


def test_a_new_key_is_free_in_every_file(tmp_path: Path) -> None:
    """Letters follow where a key is taken, whatever its case and file."""
    taken = "@misc{Hubinger2024Sleeper, title={T}, year=2024, doi={10.1000/t}}"
    load(tmp_path, taken, "other.bib")
    merge(tmp_path, [SLEEPER, other(1, key="hubinger2024sleeper")])
    works = merge(tmp_path, [other(2, key="hubinger2024sleeper")]).works
    assert {key: work.id.id for key, work in works.items()} == {
        "hubinger2024sleeperb": "2401.05566",
        "hubinger2024sleeperc": "2402.00001",
        "hubinger2024sleeperd": "2402.00002",
        "Hubinger2024Sleeper": "10.1000/t",
    }


def test_records_in_other_files_are_left_to_people(tmp_path: Path) -> None:
    """No second record is made of a work that other.bib has, and other.bib is never written."""
    text = RECORD.replace("2401.00001", SLEEPER.id.id)
    load(tmp_path, text, "other.bib")
    assert list(merge(tmp_path, [SLEEPER, other(1)]).works) == ["author2024word1", "a2024b"]
    assert (tmp_path / "other.bib").read_text() == text


def test_works_elsewhere_than_on_arxiv_are_not_written(tmp_path: Path) -> None:
    """arxiv.bib holds nothing else."""
    with pytest.raises(EthogramError, match=r"other\.bib"):
        merge(tmp_path, [replace(SLEEPER, id=WorkId("doi", "10.1000/x_y"))])


def test_what_is_unchanged_is_not_written(tmp_path: Path) -> None:
    """Else every resolve would wake the preview."""
    merge(tmp_path, [SLEEPER])
    path = tmp_path / ARXIV
    before, text = path.stat().st_mtime_ns, path.read_bytes()
    merge(tmp_path, [SLEEPER])
    merge(tmp_path, [])
    assert (path.stat().st_mtime_ns, path.read_bytes()) == (before, text)
    assert b"\r" not in text


def test_saving_replaces_all(tmp_path: Path) -> None:
    """What is saved is what is there."""
    save(tmp_path, [SLEEPER, other(1)])
    save(tmp_path, [other(1)])
    assert list(Bibliography.load(tmp_path).works) == ["author2024word1"]


@pytest.mark.skipif(os.name != "posix", reason="permissions and links are those of POSIX")
def test_permissions_and_links_stay(tmp_path: Path) -> None:
    """Putting a new file in place must not change who may read it, nor where it lies."""
    real = tmp_path / "real.txt"
    real.write_text("")
    real.chmod(0o640)
    (tmp_path / "bib").mkdir()
    (tmp_path / "bib" / ARXIV).symlink_to(real)
    merge(tmp_path / "bib", [SLEEPER])
    assert stat.S_IMODE(real.stat().st_mode) == 0o640
    assert (tmp_path / "bib" / ARXIV).is_symlink()
    assert list(Bibliography.load(tmp_path / "bib").works) == [SLEEPER.key]


def test_a_folder_that_cannot_be_made_is_told_in_a_sentence(tmp_path: Path) -> None:
    """Expected failures are no tracebacks."""
    (tmp_path / "bib").write_text("a file")
    with pytest.raises(EthogramError, match="cannot be written"):
        merge(tmp_path / "bib", [SLEEPER])


WRITER = """\
import sys
from pathlib import Path
from dataclasses import replace
from ethogram.bibliography import Bibliography, merge
from ethogram.works import WorkId
folder, start, count, times = Path(sys.argv[1]), *map(int, sys.argv[2:])
(seed,) = Bibliography.load(folder.parent / "seed").works.values()
for _ in range(times):
    works = [replace(seed, id=WorkId("arxiv", f"2402.{n:05}"), key=f"k{n}")
             for n in range(start, start + count)]
    merge(folder, works)
    start += count
"""


def start_writer(folder: Path, start: int, count: int, times: int) -> subprocess.Popen[bytes]:
    """Start a process that writes `times` times `count` works."""
    merge(folder.parent / "seed", [other(1)])
    arguments = [str(folder), *map(str, (start, count, times))]
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "hooks")}
    return subprocess.Popen([sys.executable, "-c", WRITER, *arguments], env=environment)


def test_writers_at_the_same_time_lose_nothing(tmp_path: Path) -> None:
    """Four processes add ten works each, one by one, to one file."""
    running = [start_writer(tmp_path / "bib", start, 1, 10) for start in (1, 101, 201, 301)]
    assert [process.wait() for process in running] == [0] * 4
    bibliography = Bibliography.load(tmp_path / "bib")
    assert bibliography.findings == []
    assert len(bibliography) == 40


@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is POSIX's")
def test_a_killed_writer_leaves_the_old_file_or_the_new(tmp_path: Path) -> None:
    """Never half of one, and the next writer is not locked out."""
    folder = tmp_path / "bib"
    path, new = folder / ARXIV, folder / f".{ARXIV}.new"
    for turn in range(3):
        new.unlink(missing_ok=True)
        before = len(Bibliography.load(folder))
        process = start_writer(folder, 1 + 20000 * turn, 150, 1000)
        deadline = time.monotonic() + 20
        while turn and len(Bibliography.load(folder)) == before:
            assert process.poll() is None
        while not new.exists() and time.monotonic() < deadline:
            assert process.poll() is None
        process.send_signal(signal.SIGKILL)
        assert process.wait() == -signal.SIGKILL
        bibliography = Bibliography.load(folder)
        assert bibliography.findings == []
        assert len(bibliography) % 150 == 0
        assert len(bibliography) > before or turn == 0
        assert path.exists() or turn == 0
    assert SLEEPER.key in merge(folder, [SLEEPER]).works
    assert not new.exists()


# -- other.bib -------------------------------------------------------------------------------

POST = Work(
    id=WorkId("url", "https://example.org/post"),
    key="doe2024post",
    title="A Post of 100% {x}",
    authors=("Jane Doe", "The Site"),
    corporate=frozenset({"The Site"}),
    year=2024,
    date="2024-01-31",
    journal="The Site",
    checked="2026-11-21",
    type="online",
    extra=(("volume", "5"),),
)
PASTED = (
    b"% Ours.\n@string{j = {A Journal}}\n\n"
    b"@Article{ Pasted1999 ,title={P},year=1999,journal=j,doi={10.1000/p}}"
)


@pytest.mark.parametrize(
    ("before", "between"),
    [
        (None, b""),
        (b"", b""),
        (b"\xef\xbb\xbf", b""),
        (PASTED, b"\n\n"),
        (PASTED + b"\n", b"\n"),
        (PASTED + b"\n\n", b""),
        (PASTED + b"\n\n\n\n", b""),
        (PASTED.replace(b"\n", b"\r\n"), b"\r\n\r\n"),
        (PASTED.replace(b"\n", b"\r\n") + b"\r\n", b"\r\n"),
        (b"\xef\xbb\xbf" + PASTED + b"\n", b"\n"),
    ],
)
def test_a_record_is_put_at_the_end(tmp_path: Path, before: bytes | None, between: bytes) -> None:
    """Every byte that stands there stays; an empty line parts them, in the file's own line ends."""
    path = tmp_path / OTHER
    if before is not None:
        path.write_bytes(before)
    stored = append(tmp_path, POST)
    written = to_bibtex(POST).encode()
    if b"\r\n" in (before or b""):
        written = written.replace(b"\n", b"\r\n")
    assert path.read_bytes() == (before or b"") + between + written
    assert (stored, stored.source) == (POST, OTHER)
    present = Bibliography.load(tmp_path)
    assert (present.findings, present.get(POST.id)) == ([], POST)


def test_a_work_that_has_a_record_is_left_alone(tmp_path: Path) -> None:
    """By its address, its DOI, or a preprint's published DOI; nothing is written."""
    save(tmp_path, [SLEEPER])
    stored = append(tmp_path, POST)
    before = (tmp_path / OTHER).read_bytes()
    assert append(tmp_path, replace(POST, key="other2024key", title="Another")) == stored
    published = replace(POST, id=WorkId("doi", "10.1000/x_y"), url="")
    assert append(tmp_path, published) == SLEEPER
    with_doi = replace(POST, id=WorkId("doi", "10.1000/new"), url=POST.url)
    assert append(tmp_path, with_doi) == stored
    assert (tmp_path / OTHER).read_bytes() == before


def test_an_appended_record_gets_a_free_key(tmp_path: Path) -> None:
    """Free in every file, in any case, and of names that works had before."""
    save(tmp_path, [replace(SLEEPER, key="Doe2024Post", extra=(("ids", "old, doe2024postb"),))])
    assert append(tmp_path, POST).key == "doe2024postc"
    again = replace(POST, id=WorkId("url", "https://example.org/again"), url="")
    assert append(tmp_path, again).key == "doe2024postd"
    assert list(Bibliography.load(tmp_path).works) == [
        "Doe2024Post",
        "doe2024postc",
        "doe2024postd",
    ]


@pytest.mark.parametrize(
    "broken",
    [
        b"@article{open2024, title = {Never closed",
        b"@article{nothing2024}\n",
        b"stray words\n",
        b"\xff\xfe",
        b"@comment{ never closed",
    ],
)
def test_a_broken_file_is_not_continued(tmp_path: Path, broken: bytes) -> None:
    """What is put behind a fault may be lost with it: file and line are told, nothing changes."""
    (tmp_path / OTHER).write_bytes(b"\n" + broken)
    with pytest.raises(EthogramError, match=rf"{OTHER}:\d+: "):
        append(tmp_path, POST)
    assert (tmp_path / OTHER).read_bytes() == b"\n" + broken


def test_a_file_that_is_none_is_told(tmp_path: Path) -> None:
    """A folder in its place is a sentence."""
    (tmp_path / OTHER).mkdir()
    with pytest.raises(EthogramError, match=r"other\.bib:1: The file cannot be read"):
        append(tmp_path, POST)


def test_faults_elsewhere_do_not_keep_a_record_out(tmp_path: Path) -> None:
    """Only the file that is written has to be whole."""
    (tmp_path / "third.bib").write_text("@article{open2024, title = {Never closed")
    assert append(tmp_path, POST) == POST


def test_works_on_arxiv_belong_elsewhere(tmp_path: Path) -> None:
    """Their records are the resolver's."""
    with pytest.raises(EthogramError, match=r"arxiv:2401\.05566 is on arXiv"):
        append(tmp_path, SLEEPER)
    assert list(tmp_path.iterdir()) == []


def test_what_would_read_otherwise_is_refused(tmp_path: Path) -> None:
    """A journal that names an arXiv number would make it another work when it is read."""
    odd = replace(POST, journal="arXiv preprint arXiv:2401.05566")
    with pytest.raises(EthogramError, match=r"would not be read as it was meant.*other\.bib"):
        append(tmp_path, odd)
    assert not (tmp_path / OTHER).exists()


def test_two_that_append_at_once_lose_nothing(tmp_path: Path) -> None:
    """Each waits for the other: all records are there, each under a key of its own."""
    works = [replace(POST, id=WorkId("url", f"https://example.org/{n}"), url="") for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        keys = {work.key for work in pool.map(lambda work: append(tmp_path, work), works)}
    assert len(keys) == 8 and keys == set(Bibliography.load(tmp_path).works)
