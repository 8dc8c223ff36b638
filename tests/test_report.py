"""The state of the collection: versions since, thanks, and what asks for a hand, nearest first."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from html import escape
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt

from building import ROOT, build, copy_site
from ethogram import contributors, versions
from ethogram.bibliography import Bibliography, Work, merge
from ethogram.cards import read_page
from ethogram.catalog import Catalog
from ethogram.check import check
from ethogram.cli import main
from ethogram.exports.contents import Contents
from ethogram.exports.dataset import files
from ethogram.links.journal import JOURNAL
from ethogram.pages.thanks import SHOWN, thanks
from ethogram.render.card import foot
from ethogram.report import MARKER, NOT_ASKED, SECTIONS, Report
from ethogram.site import Site
from ethogram.works import WorkId

DAY = date(2026, 11, 21)
SLEEPER = Work(
    id=WorkId("arxiv", "2401.05566"),
    key="hubinger2024sleeper",
    title="Sleeper Agents",
    authors=("Evan Hubinger", "Carson Denison"),
    year=2024,
    version=3,
    updated="2024-01-17",
    checked="2026-11-20",
)
GONE = replace(SLEEPER, id=WorkId("arxiv", "2402.00001"), key="gone2024result", withdrawn=True)
CITED = replace(
    SLEEPER, id=WorkId("arxiv", "2402.00002"), key="cited2024only", checked="2025-11-20"
)
ADDRESS = "https://arxiv.org/abs/2401.05566"

Make = Callable[..., Catalog]


def card(address: str = ADDRESS, *fields: str, words: str = "Words.") -> str:
    """A card of an address."""
    return "\n".join(
        [f'!!! note "{address}"', *(f"    {each}" for each in fields), "", f"    {words}\n"]
    )


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Make a site of pages, records and a journal, in the current folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795219200")  # 2026-11-21

    def made(pages: dict[str, str], records: tuple[Work, ...] = (SLEEPER,), *lines: Any) -> Catalog:
        for name, text in pages.items():
            path = tmp_path / "docs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        merge(tmp_path / "bib", records)
        taxonomy = (ROOT / "bib/taxonomy.yml").read_text(encoding="utf-8")
        (tmp_path / "bib/taxonomy.yml").write_text(taxonomy, encoding="utf-8")
        journal = "".join(f"{json.dumps(line)}\n" for line in lines)
        (tmp_path / "bib" / JOURNAL).write_text(journal, encoding="utf-8")
        return Catalog.load(Path("docs"), Path("bib"))

    return made


def asked(url: str, verdict: str = "ok", day: str = "2026-11-20", **more: Any) -> dict[str, Any]:
    """A line of the journal."""
    time = f"{day}T12:00:00Z"
    return {"url": url, "kind": "page", "verdict": verdict, "checked": time, **more}


def told(report: Report, section: str) -> list[tuple[str, str, str]]:
    """The place, subject and matter of a section's items."""
    found = report.of_section(section)
    return [(f"{item.path}:{item.line}", item.subject, item.said) for item in found]


# -- which version a card read ---------------------------------------------------------------

SINCE = (
    (f"{ADDRESS}v1", "", "v3 since; card read v1"),
    ("https://arxiv.org/pdf/2401.05566v2", "2024-01-15", "v3 since; card read v2"),
    (f"{ADDRESS}v3", "2024-01-01", None),
    (f"{ADDRESS}v4", "", None),
    (ADDRESS, "2024-01-16", "v3 since this card"),
    (ADDRESS, "2024-01-17", None),
    (ADDRESS, "2026-11-21", None),
    (ADDRESS, "", None),
    (ADDRESS, "yesterday", None),
    (ADDRESS, "2024", None),
    ("https://doi.org/10.1000/x", "2024-01-01", None),
)


@pytest.mark.parametrize(("address", "added", "words"), SINCE)
def test_a_card_knows_what_has_come_since(address: str, added: str, words: str | None) -> None:
    """By the version it names, else by the day it was added; one that says neither says nothing."""
    field = (f"added: {added}",) if added else ()
    (found,) = read_page(card(address, *field), "docs/a.md").cards
    newer = versions.newer(found, SLEEPER)
    assert (newer.words if newer else None) == words


@pytest.mark.parametrize("change", [{"version": None}, {"version": 1}, {"updated": ""}])
def test_what_a_record_does_not_know_is_no_news(change: dict[str, Any]) -> None:
    """A first version has none before it, and a version without a day is not known to be later."""
    (found,) = read_page(card(ADDRESS, "added: 2020-01-01"), "docs/a.md").cards
    assert versions.newer(found, replace(SLEEPER, **change)) is None
    assert versions.newer(found, None) is None


def test_a_newer_version_is_told_in_words_on_the_card(make: Make) -> None:
    """With its day, linked to the page where arXiv lists them all; in papers.json as numbers."""
    catalog = make({"a.md": f"# A\n\n{card(f'{ADDRESS}v1')}"})
    context = catalog.context(lambda target: target)
    html = lxml.html.fromstring(f"<div>{foot(catalog.cards[0], context)}</div>")
    (said,) = html.cssselect(".added")
    assert said.text_content() == "v3 since; card read v1 (2024-01-17)"
    assert said.cssselect("a")[0].get("href") == ADDRESS
    data = json.loads(dict(files(Contents(catalog, Site())))["papers.json"])
    told = data["cards"][0]
    assert (told["read_version"], told["newer_version"], told["added_by"]) == (1, 3, [])
    assert told["added"] is None


# -- who added cards -------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["@ada", "@Ada-L", "@a", f"@{'a' * 39}", "Ada Lovelace", "王小明"])
def test_people_are_named_by_handle_or_name(make: Make, name: str) -> None:
    """A handle is GitHub's, a name is any that has letters."""
    found = check(make({"a.md": card(ADDRESS, f"added-by: {name}, Ö", words="word " * 50)}))
    assert found == []


@pytest.mark.parametrize(
    "name",
    [
        *("@", "@-ada", "@ada-", "@a--b", "@a_b", "@a b", f"@{'a' * 40}", "@ädа"),
        *("42", "ada@example.org", "https://github.com/ada", "[Ada]", "<b>Ada</b>", "`Ada`"),
        *("a" * 101, "Ada\u202e"),
    ],
)
def test_what_names_nobody_is_a_finding(make: Make, name: str) -> None:
    """With its place and how to write it; the card does not show it."""
    catalog = make({"a.md": card(ADDRESS, f"added-by: Ada, {name}", words="word " * 50)})
    (finding,) = check(catalog)
    assert (finding.rule, finding.line, finding.column) == ("bad-contributor", 2, 20)
    assert "`@ada`" in finding.hint
    assert [value.text for value in contributors.of_card(catalog.cards[0])] == ["Ada"]


def test_a_card_says_who_added_it(make: Make) -> None:
    """Handles are linked to GitHub and names are not; a handle twice is one person."""
    line = "added-by: @ada-l, Charles & Co, @ADA-L"
    catalog = make({"a.md": card(ADDRESS, "added: 2026-11-21", line)})
    html = foot(catalog.cards[0], catalog.context(lambda target: target))
    assert (
        'added <time>2026-11-21</time> by <a href="https://github.com/ada-l">@ada-l</a>, '
        "Charles &amp; Co</span>"
    ) in html
    data = json.loads(dict(files(Contents(catalog, Site())))["papers.json"])
    assert data["cards"][0]["added_by"] == ["@ada-l", "Charles & Co"]
    alone = make({"a.md": card(ADDRESS, "added-by: @ada-l")})
    assert ">added by <a" in foot(alone.cards[0], alone.context(lambda target: target))


def test_thanks_name_everyone_with_their_cards(make: Make) -> None:
    """Sorted by name, with how many cards, and a link to each at its place."""
    other = card("https://arxiv.org/abs/2402.00001", "added-by: @Zoe, ada, @bob")
    pages = {"a.md": card(ADDRESS, "added-by: @zoe") + other, "b/index.md": card(words="Nobody.")}
    html = lxml.html.fromstring(thanks(make(pages, (SLEEPER, GONE)), Site(), ".."))
    assert [item.text_content() for item in html] == [
        "ada 1 card: Hubinger, Denison 2024",
        "@bob 1 card: Hubinger, Denison 2024",
        "@zoe 2 cards: Hubinger, Denison 2024, Hubinger, Denison 2024",
    ]
    links = [link.get("href") for link in html[2].cssselect("a")]
    assert links == [
        "https://github.com/zoe",
        "../a/#hubinger2024sleeper",
        "../a/#gone2024result",
    ]


def test_thanks_fold_what_is_long_and_take_no_names_literally(make: Make) -> None:
    """A card without a record goes by its own words, which are escaped."""
    pages = {
        f"{number}.md": card("[<i>T</i> & U](https://example.org/x)", "added-by: Ada")
        for number in range(SHOWN + 1)
    }
    catalog = make(pages)
    html = thanks(catalog, Site(), "..")
    assert f"<summary>{SHOWN + 1} cards</summary>" in html
    assert "&lt;i&gt;T&lt;/i&gt; &amp; U" in html and "<i>" not in html
    assert "No card names yet" in thanks(make(dict.fromkeys(pages, "")), Site(), "..")


# -- what asks for a hand --------------------------------------------------------------------


def busy(make: Make) -> Catalog:
    """A site in which everything asks for a hand."""
    pages = {
        "security/backdoor.md": (
            "---\nbehavior: backdoor\nreviewed: 2026-01-01\n---\n\n# Backdoor\n\n"
            + card(f"{ADDRESS}v1", "added: 2026-02-01", "extends: 2404.00001")
            + card("https://arxiv.org/abs/2402.00001", "added: 2026-01-31")
            + card("https://gone.example/title", words="[often](https://often.example/)")
        ),
        "b.md": (
            "# B\n\narXiv:2402.00002 and arXiv:2403.00009.\n\n[often](https://often.example/) and "
            "[once](https://once.example/) and [served](https://served.example/)\n"
        ),
    }
    lines = (
        asked(ADDRESS + "v1"),
        asked("https://gone.example/title", "dead", reason="HTTP 404"),
        asked("https://often.example/", "suspect", reason="HTTP 404 (fault 1 of 3)"),
        asked("https://once.example/", "dead", snapshot="https://web.archive.org/web/2020/x"),
        asked("https://served.example/", "dead"),
        asked("https://nowhere.example/no-longer-linked", "dead"),
    )
    (Path("bib")).mkdir(exist_ok=True)
    copy = (
        "https://served.example/: https://web.archive.org/web/20200101000000/https://s.example/\n"
    )
    Path("bib/archive.yml").write_text(copy, encoding="utf-8")
    return make(pages, (SLEEPER, GONE, CITED), *lines)


def test_readers_first(make: Make) -> None:
    """Links by how many places show them, then by whether they are a title; then the rest."""
    report = Report.of(busy(make), DAY)
    assert told(report, "links") == [
        ("docs/b.md:5", "https://often.example/", "may be gone, here and in 1 more place"),
        (
            "docs/security/backdoor.md:17",
            "https://gone.example/title",
            "is gone and is a card's title",
        ),
        ("docs/b.md:5", "https://once.example/", "is gone"),
    ]
    assert "--fix" in report.of_section("links")[2].mend
    assert told(report, "taken-back") == [
        (
            "docs/security/backdoor.md:13",
            "gone2024result",
            "is withdrawn, and its card does not say so",
        )
    ]
    assert told(report, "unrecorded") == [
        ("docs/b.md:3", "arxiv:2403.00009", "has no record"),
        ("docs/security/backdoor.md:17", "url:https://gone.example/title", "has no record"),
        ("docs/security/backdoor.md:10", "arxiv:2404.00001", "has no record"),
    ]
    assert told(report, "newer") == [
        (
            "docs/security/backdoor.md:8",
            "hubinger2024sleeper",
            "has v3 since; card read v1 (v3 of 2024-01-17)",
        )
    ]
    assert told(report, "summaries") == [
        (
            "docs/security/backdoor.md:3",
            "backdoor",
            "was reviewed on 2026-01-01, and its newest card is of 2026-02-01",
        )
    ]
    assert told(report, "overdue") == [
        ("docs/security/backdoor.md:13", "security/backdoor.md", "has 1 link never asked")
    ]
    assert told(report, "unconfirmed") == [
        ("bib/arxiv.bib:27", "cited2024only", "was confirmed on 2025-11-20")
    ]
    assert told(report, "uncarded") == [
        ("bib/arxiv.bib:27", "cited2024only", "has a record and no card")
    ]
    (security,) = (item for item in report.of_section("terms") if item.subject == "security")
    line = Path("bib/taxonomy.yml").read_text().splitlines()[security.line - 1]
    assert line.strip() == "- slug: security"
    assert "backdoor" not in security.said
    order = [item.section for item in report.items]
    assert order == sorted(order, key=list(SECTIONS).index)


def test_numbers(make: Make) -> None:
    """Only links that pages have are counted; what readers get a copy of is dead and served."""
    report = Report.of(busy(make), DAY)
    assert report.links == {
        "ok": 1,
        "dead": 3,
        "suspect": 1,
        "blocked": 0,
        "unknown": 0,
        NOT_ASKED: 1,
    }
    counts = report.counts
    assert (counts["links"], counts["served from a copy"], counts["links overdue"]) == (6, 1, 1)
    assert (counts["cards"], counts["pages"], counts["pages with cards"]) == (3, 2, 1)
    assert (counts["works"], counts["works without a card"]) == (3, 1)
    assert (counts["withdrawn"], counts["retracted"], counts["newer versions"]) == (1, 0, 1)
    assert counts["terms"] - counts["terms without a card"] == 1


def test_a_card_that_says_that_its_work_is_gone_asks_for_nothing(make: Make) -> None:
    """It was read, and readers are told."""
    text = card("https://arxiv.org/abs/2402.00001", "status: withdrawn")
    assert told(Report.of(make({"a.md": text}, (GONE,)), DAY), "taken-back") == []


@pytest.mark.parametrize(
    ("verdict", "day", "overdue"),
    [
        ("ok", "2026-10-10", False),
        ("ok", "2026-10-08", True),
        ("blocked", "2026-11-07", False),
        ("blocked", "2026-11-05", True),
        ("dead", "2026-11-14", False),
        ("dead", "2026-11-12", True),
        ("ok", "2027-01-01", False),
    ],
)
def test_a_link_is_overdue_a_week_after_its_answer_has_aged(
    make: Make, verdict: str, day: str, overdue: bool
) -> None:
    """Links are asked once a week, so none is late before that."""
    catalog = make(
        {"a.md": "[a](https://a.example/)\n"}, (), asked("https://a.example/", verdict, day)
    )
    found = told(Report.of(catalog, DAY), "overdue")
    said = f"has 1 link last asked on {day}"
    assert found == ([("docs/a.md:1", "a.md", said)] if overdue else [])


# -- on a screen, for programs, as an issue --------------------------------------------------


def ran(*options: str) -> str:
    """What the command prints; it is never an error."""
    done = CliRunner().invoke(main, ["report", *options])
    assert done.exit_code == 0, done.output
    return done.stdout


def test_a_healthy_site_fits_a_screen() -> None:
    """24 lines of 80 characters, with thousands of everything."""
    many = dict.fromkeys(Report.of(Catalog.load(ROOT / "docs", ROOT / "bib")).counts, 12000)
    links = {"ok": 11_900, "dead": 0, "suspect": 10, "blocked": 80, "unknown": 10, NOT_ASKED: 0}
    lines = Report("2026-11-21", many | {"served from a copy": 0}, links, ()).text().splitlines()
    assert len(lines) <= 23 and max(map(len, lines)) <= 80


def test_the_screen_lists_a_few_of_what_readers_meet(make: Make) -> None:
    """Each with its place; of the rest it has the numbers, and says where all of it is."""
    busy(make)
    lines = ran().splitlines()
    assert lines[0] == "The collection on 2026-11-21"
    assert (
        "Links       6: 1 ok, 3 dead, 1 suspect, 0 blocked, 0 unknown, 1 served from a copy"
        in lines
    )
    assert "Overdue     1 link, 1 of them never asked" in lines
    assert "Links that are dead or suspect: 3" in lines
    assert "  docs/b.md:5: https://once.example/ is gone" in lines
    assert lines[-1] == "All of it, with the mends: ethogram report --format markdown"
    assert all(line.isprintable() for line in lines)


def test_programs_get_everything(make: Make) -> None:
    """The same numbers and items."""
    report = Report.of(busy(make), DAY)
    told = json.loads(ran("--format", "json"))
    assert told == json.loads(json.dumps(report.as_object()))
    assert list(told) == ["day", "counts", "links", "items"]
    assert told["items"][0]["page"] == "b.md" and told["items"][0]["anchor"] is None


def test_the_issue_begins_with_its_mark_and_has_a_mend_in_each_line(make: Make) -> None:
    """A file and a line, what it is, what is the matter, what to do."""
    busy(make)
    text = ran("--format", "markdown")
    assert text.startswith(f"{MARKER}\n")
    lines = [line for line in text.splitlines() if line.startswith("- ")]
    assert len(lines) == len(Report.of(busy(make), DAY).items)
    for line in lines:
        assert re.match(r"- `[\w./-]+:[1-9]\d*`: `[^`]+` .+\. .+\.$", line), line
    heads = [line for line in text.splitlines() if line.startswith("## ")]
    assert heads[0] == "## Links that are dead or suspect (3)"


def test_a_healthy_site_has_an_issue_that_says_so() -> None:
    """Else nobody could tell it from one that failed."""
    counts = Report.of(Catalog.load(ROOT / "docs", ROOT / "bib")).counts
    links = dict.fromkeys(["ok", "dead", "suspect", "blocked", "unknown", NOT_ASKED], 0)
    assert "Nothing asks for a hand." in Report("", counts, links, ()).markdown()


def test_an_issue_is_never_too_long(make: Make) -> None:
    """GitHub refuses more than 65,536 characters; what is left out is counted."""
    urls = [f"https://dead.example/{'x' * 400}/{number}" for number in range(2000)]
    text = "".join(f"[a]({url})\n\n" for url in urls)
    report = Report.of(make({"a.md": text}, (), *(asked(url, "dead") for url in urls)), DAY)
    body = report.markdown()
    assert 50_000 < len(body) <= 65_536
    (left,) = map(int, re.findall(r"^(\d+) more are left out", body, re.MULTILINE))
    assert left + body.count("\n- ") == len(report.items)
    assert "\n## Links that are dead or suspect (2000)\n" in body


def test_a_page_lists_no_more_than_a_reader_reads(make: Make) -> None:
    """Of thousands it has the number; the command has them all."""
    urls = [f"https://dead.example/{number}" for number in range(150)]
    text = "".join(f"[a]({url})\n\n" for url in urls)
    report = Report.of(make({"a.md": text}, (), *(asked(url, "dead") for url in urls)), DAY)
    section = lxml.html.fromstring(report.html("..")).cssselect("ul")[0]
    assert len(section) == 101 and section[100].text_content() == "and 50 more"
    assert section[0].cssselect("a")[0].get("href") == "../a/"


HOSTILE = "https://evil.example/`@everyone`<img/src=x>``**b**|![x](y)"


def test_outsiders_words_are_no_markdown(make: Make) -> None:
    """An address that mentions, links or closes the code it stands in does none of these."""
    text = f'# A\n\n<a href="{escape(HOSTILE)}">a</a>\n'
    body = Report.of(make({"a.md": text}, (), asked(HOSTILE, "dead")), DAY).markdown()
    assert "evil.example" in body
    html = lxml.html.fromstring(MarkdownIt("commonmark").render(body.removeprefix(MARKER)))
    for element in html.iter("code"):
        element.drop_tree()
    assert "evil" not in lxml.html.tostring(html, encoding="unicode")
    assert html.cssselect("img, a, strong") == []


def test_what_a_person_wrote_for_a_date_is_not_told(make: Make) -> None:
    """Front matter says anything; only a date is repeated."""
    matter = "---\nbehavior: backdoor\nreviewed: '@everyone'\n---\n\n"
    text = f"{matter}# B\n\n{card(ADDRESS, 'added: 2026-11-21')}"
    report = Report.of(make({"security/backdoor.md": text}), DAY)
    assert told(report, "summaries")[0][2].startswith("was never reviewed")
    assert "everyone" not in report.markdown()


def test_the_folder_of_records_must_be_there(make: Make) -> None:
    """Else the report would say that nothing is known."""
    make({"a.md": "# A\n"})
    done = CliRunner().invoke(main, ["report", "--bib", "nowhere"])
    assert done.exit_code == 2 and "nowhere" in done.stderr


def test_a_page_that_cannot_be_read_is_told_aside(make: Make) -> None:
    """The report of the others is still good, and is made."""
    make({"a.md": "# A\n", "b.md": "# B\n"})
    Path("docs/b.md").write_bytes(b"\xe9\n")
    done = CliRunner().invoke(main, ["report"])
    assert done.exit_code == 0 and "docs/b.md:1:1: unreadable-page" in done.stderr
    assert "Cards       0 on 0 of 1 pages" in done.stdout


@pytest.mark.parametrize("name", ["taxonomy.yml", "arxiv.bib", "archive.yml"])
def test_what_is_missing_in_the_numbers_is_told_aside(make: Make, name: str) -> None:
    """No terms, or no works, because their file is broken, is not the same as having none."""
    make({"a.md": "# A\n"})
    Path("bib", name).write_text("@misc{x, title = {y [{", encoding="utf-8")
    done = CliRunner().invoke(main, ["report"])
    assert done.exit_code == 0 and f"bib/{name}:1:" in done.stderr


# -- on the site -----------------------------------------------------------------------------

STATE = "# State\n\n<!-- list: report -->\n"
THANKS = "# Thanks\n\n<!-- list: contributors -->\n"


def test_the_site_tells_its_state_and_thanks(tmp_path: Path) -> None:
    """The real build: links lead to cards, and another day gives the same bytes."""
    folder = copy_site(tmp_path / "site")
    (folder / "docs/state.md").write_text(STATE, encoding="utf-8")
    (folder / "docs/thanks.md").write_text(THANKS, encoding="utf-8")
    page = folder / "docs/security/backdoor.md"
    text = page.read_text(encoding="utf-8").replace(
        "    added: 2026-11-21\n", "    added: 2026-11-21\n    added-by: @ada\n", 1
    )
    page.write_text(text, encoding="utf-8")
    line = asked("https://example.com/no-longer-there", "dead", "2026-11-01")
    journal = folder / "bib" / JOURNAL
    journal.write_text(f"{json.dumps(line)}\n", encoding="utf-8")
    built = []
    for epoch in ("1795219200", "1999999999"):
        result = build(folder, SOURCE_DATE_EPOCH=epoch)
        assert result.returncode == 0, result.stdout
        built.append((folder / "site/state/index.html").read_bytes())
        html = lxml.html.fromstring(built[-1].decode())
    assert built[0] == built[1]
    (state,) = html.cssselect(".link-health")
    assert "As of 2026-11-01, when anything was last asked." in state.text_content()
    report = Report.of(Catalog.load(folder / "docs", folder / "bib"))
    assert len(state.cssselect("li")) == len(report.items)
    thanked = lxml.html.fromstring((folder / "site/thanks/index.html").read_text(encoding="utf-8"))
    (person,) = thanked.cssselect(".contributors > li")
    links = [link.get("href") for link in person.cssselect("a")]
    assert links == ["https://github.com/ada", "../security/backdoor/#hubinger2024sleeper"]


def test_this_site_has_both_pages_and_they_are_in_the_navigation() -> None:
    """Under About, beside the page of links, whose address stays."""
    settings = (ROOT / "mkdocs.yml").read_text(encoding="utf-8")
    about = settings[settings.index("- About:") : settings.index("theme:")]
    for name, mark in (
        ("contributors", "contributors"),
        ("state", "report"),
        ("link-health", "links"),
    ):
        assert f"- {name}.md" in about
        assert f"<!-- list: {mark} -->" in (ROOT / f"docs/{name}.md").read_text(encoding="utf-8")
    assert Bibliography.load(ROOT / "bib").findings == []
