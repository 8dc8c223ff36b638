"""The page that tells the state of the links."""

from lxml import html

from ethogram.links.archive import Archive
from ethogram.links.health import health
from ethogram.links.journal import Entry
from ethogram.links.verdicts import Verdict

COPY = "https://web.archive.org/web/20200506012345/https://gone.example/a"


def words(state: str) -> str:
    """The words of the page, white space folded."""
    return " ".join("".join(html.fromstring(state).itertext()).split())


def test_without_a_journal_it_says_so() -> None:
    """Nothing checked is not the same as nothing wrong."""
    assert words(health([], Archive())) == "No link has been checked yet."


def test_it_counts_and_lists_what_is_wrong() -> None:
    """Counts for each verdict, when it was checked, what is dead or suspect, what is archived."""
    entries = [
        Entry("https://a.example/", "page", Verdict.OK, checked="2026-11-01T00:00:00Z"),
        Entry("https://b.example/", "page", Verdict.BLOCKED, "HTTP 403", 403),
        Entry("https://gone.example/a", "page", Verdict.DEAD, "HTTP 404", 404),
        Entry("https://lost.example/", "page", Verdict.DEAD, "HTTP 410", 410, snapshot=COPY),
        Entry("https://odd.example/", "page", Verdict.SUSPECT, "says <b>"),
    ]
    archive = Archive.read(f"https://gone.example/a: {COPY}\n", "bib/archive.yml")
    page = html.fromstring(health(entries, archive))
    rows = [[" ".join(cell.itertext()) for cell in row] for row in page.iter("tr")]
    assert [row[:2] for row in rows[1:6]] == [
        ["ok", "1"],
        ["dead", "2"],
        ["suspect", "1"],
        ["blocked", "1"],
        ["unknown", "0"],
    ]
    said = words(health(entries, archive))
    assert "5 links, each last checked between 1970-01-01 and 2026-11-01." in said
    assert said.count("served from the copy of 2020-05-06") == 2
    assert "says <b>" in said and not page.xpath("//b")
    assert [link.get("href") for link in page.iter("a")] == [COPY] * 3
    assert not page.xpath("//a[contains(@href, 'gone.example/a') and not(contains(@href, 'web'))]")


def test_what_servers_say_is_shown_and_not_obeyed() -> None:
    """Control characters and marks that turn the text round become readable."""
    entry = Entry("https://a.example/\u202e", "page", Verdict.DEAD, "bad\x02 \u202eword")
    assert "\u202e" not in health([entry], Archive()) and "\x02" not in health([entry], Archive())
