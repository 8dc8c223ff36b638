"""`links.archive`: which copy stands for what is gone, faults with their lines, and adding."""

from pathlib import Path
from random import Random

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ethogram.catalog import Catalog
from ethogram.findings import EthogramError
from ethogram.links.archive import HEADER, Archive, Snapshot, added, is_stable

COPY = "https://web.archive.org/web/20200506012345/https://gone.example/page"


def read(text: str) -> Archive:
    """An archive of that text."""
    return Archive.read(text, "bib/archive.yml")


def faults(text: str) -> list[tuple[int, int, str]]:
    """Line, column and message of each fault."""
    found = read(text).findings
    assert {(each.rule, each.path) for each in found} <= {("bad-archive", "bib/archive.yml")}
    return [(each.line, each.column, each.message) for each in found]


# -- copies ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        f"https://gone.example/page: {COPY}\n",
        f"https://gone.example/page:\n  snapshot: {COPY}\n",
        f"https://gone.example/page: {{snapshot: '{COPY}', date: 2020-05-06}}\n",
        f"# A comment\n\n'https://gone.example/page': \"{COPY}\" # another\n",
        f"\ufeffhttps://gone.example/page: {COPY}\r\n",
    ],
)
def test_both_forms_are_read(text: str) -> None:
    """An address, or a mapping of snapshot and date; the Wayback Machine tells dates itself."""
    assert faults(text) == []
    assert read(text).get("https://gone.example/page") == Snapshot(COPY, "2020-05-06")


@pytest.mark.parametrize(
    ("address", "date"),
    [
        ("https://web.archive.org/web/20200506012345/https://a.org/", "2020-05-06"),
        ("http://web.archive.org/web/20200506012345if_/https://a.org/", "2020-05-06"),
        ("https://web.archive.org/web/20200506/https://a.org/", "2020-05-06"),
        ("https://web.archive.org/web/20200230012345/https://a.org/", ""),
        ("https://web.archive.org/web/2020/https://a.org/", ""),
        ("https://web.archive.org/web/2020050601234599/https://a.org/", ""),
        ("https://perma.cc/20200506", ""),
        ("https://a.org/x/web/20200506012345/", ""),
    ],
)
def test_the_date_is_that_of_the_address(address: str, date: str) -> None:
    """Only what has the Wayback Machine's form and is a day of the calendar is a date."""
    assert Snapshot.of(address) == Snapshot(address, date)


def test_a_date_that_is_told_counts_more() -> None:
    """What a person wrote beside a copy stands before what its address says."""
    text = f"https://a.org/: {{snapshot: {COPY}, date: 2019-01-02}}\n"
    assert read(text).get("https://a.org/") == Snapshot(COPY, "2019-01-02")


def test_a_place_on_a_page_is_found_in_the_pages_copy() -> None:
    """The fragment is carried over, unless the address or the copy has its own."""
    archive = read(
        "https://a.org/: https://copy.example/a\n"
        "https://a.org/#own: https://copy.example/own\n"
        "https://b.org/: https://copy.example/b#top\n"
    )
    found = {
        url: copy.address if (copy := archive.get(url)) else None
        for url in (
            "https://a.org/",
            "https://a.org/#x",
            "https://a.org/#own",
            "https://b.org/#x",
            "https://a.org/?q#x",
            "http://[",
        )
    }
    assert list(found.values()) == [
        "https://copy.example/a",
        "https://copy.example/a#x",
        "https://copy.example/own",
        "https://copy.example/b#top",
        None,
        None,
    ]


@pytest.mark.parametrize(
    ("url", "stable"),
    [
        ("https://arxiv.org/abs/2401.05566", True),
        ("http://export.ARXIV.org./pdf/2401.05566", True),
        ("https://doi.org/10.1000/1", True),
        ("https://user@dx.doi.org:443/10.1000/1", True),
        ("https://notarxiv.org/", False),
        ("https://arxiv.org.example/", False),
        ("https://example.org/?arxiv.org", False),
        ("https://arxiv.org@example.org/", False),
        ("http://[", False),
        ("", False),
    ],
)
def test_stable_hosts_are_exempt(url: str, stable: bool) -> None:
    """What is on arXiv or has a DOI is never served from a copy (guide/links.md, rule 16)."""
    assert is_stable(url) is stable
    found = Archive({url: Snapshot("https://copy.example/")}).get(url)
    assert (found is None) is stable


# -- faults ----------------------------------------------------------------------------------

GOOD = "https://good.example/: https://copy.example/\n"


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("# c\n- https://a.org/\n", 2, 1, "no list of `address: snapshot` lines"),
        ("https://a.org/\n", 1, 1, "no list of `address: snapshot` lines"),
        ("https://a.org/: [\n", 2, 1, "This is no YAML: "),
        ("https://a.org/: b: c\n", 1, 18, "This is no YAML: "),
        ("a: \x07\n", 1, 1, "This is no YAML: "),
        (f"{GOOD}example.org: {COPY}\n", 2, 1, "'example.org' is no http(s) address"),
        (f"{GOOD}? [a]\n: {COPY}\n", 2, 3, "What stands here is no http(s) address"),
        (f"{GOOD}javascript:x: {COPY}\n", 2, 1, "'javascript:x' is no http(s) address"),
        (f"{GOOD}https://[: {COPY}\n", 2, 1, "'https://[' is no http(s) address"),
        (f"{GOOD}https:///x: {COPY}\n", 2, 1, "'https:///x' is no http(s) address"),
        (f"{GOOD}https://a.org/:\n", 2, 16, "What stands here is no http(s) address"),
        (f"{GOOD}https://a.org/: ftp://c\n", 2, 17, "'ftp://c' is no http(s) address"),
        (f"{GOOD}https://a.org/: https://c.org/ x\n", 2, 17, "'https://c.org/ x' is no http"),
        (f'{GOOD}https://a.org/: "https://c/\\e"\n', 2, 17, r"'https://c/\x1b' is no http"),
        (f"{GOOD}https://a.org/: [x]\n", 2, 17, "What stands here is no http(s) address"),
        (f"{GOOD}https://a.org/: {{}}\n", 2, 17, "There is no snapshot"),
        (f"{GOOD}https://a.org/:\n  date: 2020-01-01\n", 3, 3, "There is no snapshot"),
        (f"{GOOD}https://a.org/:\n  snapshot: x\n", 3, 13, "'x' is no http(s) address"),
        (f"{GOOD}https://a.org/: &a\n  snapshot: *a\n", 2, 17, "What stands here is no http"),
        (f"{GOOD}a:b: &a\n  *a : x\n", 2, 1, "'a:b' is no http(s) address"),
        (f"{GOOD}https://a.org/:\n  snapshot: {COPY}\n  made: x\n", 4, 3, "'made' is nothing"),
        (f"{GOOD}https://a.org/:\n  snapshot: {COPY}\n  [x]: x\n", 4, 3, "'a list' is nothing"),
        (
            f"{GOOD}https://a.org/:\n  snapshot: {COPY}\n  snapshot: {COPY}\n",
            4,
            3,
            "The snapshot stands here twice",
        ),
        (
            f"{GOOD}https://a.org/:\n  snapshot: {COPY}\n  date: 2020-02-30\n",
            4,
            9,
            "'2020-02-30' is no date",
        ),
        (f"{GOOD}https://a.org/:\n  snapshot: {COPY}\n  date:\n", 4, 8, "'' is no date"),
        (f"{GOOD}https://a.org/:\n  snapshot: {COPY}\n  date: 20200101\n", 4, 9, "'20200101' is"),
        (f"{GOOD}{GOOD}", 2, 1, "https://good.example/ stands on line 1, too"),
        (f"{GOOD}https://arxiv.org/abs/1: {COPY}\n", 2, 1, "https://arxiv.org/abs/1 is never"),
        (f"{GOOD}https://doi.org/10.1/x: {COPY}\n", 2, 1, "https://doi.org/10.1/x is never"),
    ],
)
def test_a_fault_has_its_place(text: str, line: int, column: int, message: str) -> None:
    """Each fault says where it is and what, and the entries that are right still count."""
    first = faults(text)[0]
    assert first[:2] == (line, column)
    assert message in first[2]
    if text.startswith(GOOD):
        assert read(text).get("https://good.example/") == Snapshot("https://copy.example/")
        assert len(read(text).snapshots) <= 2


def test_all_faults_come_in_one_run() -> None:
    """Collected and shown together, in the order of lines."""
    assert [line for line, *_ in faults("a: b\nc: d\n")] == [1, 1, 2, 2]


@pytest.mark.parametrize("text", ["", "# Nothing yet\n", "---\n", "\ufeff", "\n\n", "{}\n"])
def test_an_archive_may_be_empty(text: str) -> None:
    """A file of comments alone has no entries and no faults."""
    assert (read(text).snapshots, read(text).findings) == ({}, ())


def test_files(tmp_path: Path) -> None:
    """A missing file is empty; one that is no text, or no file, is a fault under its own name."""
    path = tmp_path / "archive.yml"
    assert Archive.load(path).findings == ()
    path.write_text(GOOD, encoding="utf-8-sig")
    assert Archive.load(path).get("https://good.example/") is not None
    path.write_bytes(b"\xff\xfe")
    (finding,) = Archive.load(path).findings
    assert (finding.path, finding.message) == (path.as_posix(), "The archive is not UTF-8 text")
    path.unlink()
    path.mkdir()
    (finding,) = Archive.load(path).findings
    assert finding.message.startswith("The archive cannot be read: ")


def test_a_catalog_has_its_archive(tmp_path: Path) -> None:
    """The pages' readers get the copies of bib/archive.yml; its faults are the catalog's."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "bib").mkdir()
    (tmp_path / "bib" / "archive.yml").write_text(GOOD + "a: b\n", encoding="utf-8")
    catalog = Catalog.load(tmp_path / "docs", tmp_path / "bib")
    assert list(catalog.archive.snapshots) == ["https://good.example/"]
    assert {finding.rule for finding in catalog.findings} == {"bad-archive"}


# -- adding ----------------------------------------------------------------------------------


def test_entries_are_added_where_they_belong() -> None:
    """Each goes before the first greater key; header, comments and forms stay as they are."""
    text = """\
# The header

# about b
https://b.org/: https://copy.example/b # why

# about d,
# in two lines
https://d.org/:
  snapshot: https://copy.example/d
  # inside
  date: 2020-01-01

# the end
"""
    new = {f"https://{name}.org/": f"https://copy.example/{name}" for name in "ecafb"}
    assert (
        added(text, new)
        == """\
# The header

https://a.org/: https://copy.example/a
# about b
https://b.org/: https://copy.example/b # why
https://c.org/: https://copy.example/c

# about d,
# in two lines
https://d.org/:
  snapshot: https://copy.example/d
  # inside
  date: 2020-01-01
https://e.org/: https://copy.example/e
https://f.org/: https://copy.example/f

# the end
"""
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", HEADER + "https://b.org/: https://c.org/\n"),
        ("# c", "# c\nhttps://b.org/: https://c.org/\n"),
        ("---\n", "---\nhttps://b.org/: https://c.org/\n"),
        (
            "# head\nhttps://c.org/: https://x.org/",
            "# head\nhttps://b.org/: https://c.org/\nhttps://c.org/: https://x.org/\n",
        ),
        (
            "\ufeffhttps://c.org/: https://x.org/\r\n",
            "\ufeffhttps://b.org/: https://c.org/\r\nhttps://c.org/: https://x.org/\r\n",
        ),
        (
            "# é\U0001f3e0\n  https://a.org/: https://x.org/\n",
            "# é\U0001f3e0\n  https://a.org/: https://x.org/\n  https://b.org/: https://c.org/\n",
        ),
        (
            "? https://a.org/\n: https://x.org/\n? https://c.org/\n: https://x.org/\n",
            "? https://a.org/\n: https://x.org/\nhttps://b.org/: https://c.org/\n"
            "? https://c.org/\n: https://x.org/\n",
        ),
        (
            "https://z.org/: https://x.org/\nhttps://a.org/: https://x.org/\n",
            "https://b.org/: https://c.org/\nhttps://z.org/: https://x.org/\n"
            "https://a.org/: https://x.org/\n",
        ),
    ],
)
def test_any_hand_is_respected(text: str, expected: str) -> None:
    """Line ends, indents, byte order marks and an order of one's own stay."""
    assert added(text, {"https://b.org/": "https://c.org/"}) == expected


def test_what_may_not_stand_there_is_not_added() -> None:
    """A stable host, what is no http(s) address, and what has a copy already change nothing."""
    refused = {
        "https://arxiv.org/abs/2401.05566": COPY,
        "https://good.example/": "https://other.example/",
        "mailto:a@b.org": COPY,
        "https://a.org/x y": COPY,
        "https://a.org/\x1b": COPY,
        "https://a.org/": "no address",
    }
    assert added(GOOD, refused) == GOOD
    assert added("\ufeff" + GOOD, refused) == "\ufeff" + GOOD


@pytest.mark.parametrize("text", ["a: b\n", "- a\n", "https://a.org/: [\n", GOOD + GOOD])
def test_a_faulty_file_is_not_added_to(text: str) -> None:
    """What cannot be read in full is never written over; the error has the faults."""
    with pytest.raises(EthogramError) as caught:
        added(text, {"https://b.org/": COPY})
    assert caught.value.findings == read(text).findings


@pytest.mark.parametrize(
    "text",
    [
        "{}\n",
        "{https://a.org/: https://b.org/}\n",
        GOOD + "...\n",
        '"https://a.org/": "https://b/\\\n  #"',
    ],
)
def test_a_form_that_takes_no_line_is_told(text: str) -> None:
    """Braces and the like are no fault, but nothing can be put between their lines."""
    with pytest.raises(EthogramError, match=r"^bib/archive.yml cannot be added to: .*\.$"):
        added(text, {"https://z.org/": COPY})


_REST = st.text(
    st.characters(codec="utf-8") | st.sampled_from("#:?&*!|>'\"%@`,[]{}-~/\\ "), max_size=40
)
_SCHEMES = st.sampled_from(["http://", "https://", "HTTPS://a"])
_ADDRESSES = st.builds(lambda scheme, rest: f"{scheme}x{rest}", _SCHEMES, _REST)
_LONG = st.builds(lambda address, count: address + "y" * count, _ADDRESSES, st.integers(0, 2000))


def _allowed(entries: dict[str, str]) -> dict[str, str]:
    """The entries that an archive takes: read as a JSON-like YAML of their own, without a fault."""
    text = yaml.safe_dump(entries, width=10**6, allow_unicode=True)
    return {url: copy.address for url, copy in read(text).snapshots.items()}


@given(
    st.dictionaries(_ADDRESSES, _ADDRESSES, max_size=5),
    st.dictionaries(_LONG | _ADDRESSES, _ADDRESSES, max_size=5),
    st.lists(st.sampled_from(["# c: d\n", "\n", "  # https://x: https://y\n"]), max_size=6),
    st.randoms(use_true_random=False),
)
def test_what_was_there_and_what_is_new_is_read_back(
    old: dict[str, str], new: dict[str, str], comments: list[str], random: Random
) -> None:
    """Whatever the addresses: nothing is lost, nothing is changed, and no comment goes."""
    old = _allowed(old)
    text = added("# head\n\n", old)
    for comment in comments:
        lines = text.splitlines(keepends=True)
        lines.insert(random.randint(0, len(lines)), comment)
        text = "".join(lines)
    result = added(text, new)
    found = {url: copy.address for url, copy in read(result).snapshots.items()}
    assert found == {**_allowed(new), **old}
    kept = iter(result.splitlines())
    assert all(line in kept for line in text.splitlines())  # all of it, in its order
