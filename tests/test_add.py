"""`ethogram add`: the page, the record, the skeleton, and what is said of them."""

import json
import os
import re
import select
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from html import escape
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest
from click.testing import CliRunner, Result

from ethogram.add import add_with_record, find_page
from ethogram.bibliography import Bibliography, Work
from ethogram.catalog import Catalog
from ethogram.cli import main
from ethogram.findings import PROMPT, EthogramError
from ethogram.works import WorkId
from loopback_arxiv import Fault, LoopbackArxiv, Paper
from loopback_web import LoopbackWeb, Reply

ROOT = Path(__file__).parent.parent
NUMBER = "2404.17047"
PAGE = "docs/deception/evaluation-awareness.md"
GONE = Fault(404)
"""An answer that is none, which is not asked for again."""

DECEIVERS = Paper(
    "2503.00009",
    title="Sandbagging and Strategic Deception: A Benchmark with Red Teaming",
    authors=("Grace Hopper", "Alan Turing"),
    version=2,
)


def run(*words: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, words, catch_exceptions=False)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shared site with the real taxonomy, as the current folder; a term's page is wanting."""
    shutil.copytree(ROOT / "tests/site", tmp_path / "site")
    (tmp_path / "site/docs/deception/sandbagging.md").unlink()
    shutil.copy(ROOT / "bib/taxonomy.yml", tmp_path / "site/bib/taxonomy.yml")
    monkeypatch.chdir(tmp_path / "site")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795219200")  # 2026-11-21
    return tmp_path / "site"


@pytest.fixture
def arxiv(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackArxiv]:
    """arXiv on loopback, with two papers."""
    with LoopbackArxiv([Paper(NUMBER, title="Near to Mid-term Risks"), DECEIVERS]) as server:
        monkeypatch.setenv("ETHOGRAM_ARXIV_API", server.endpoint)
        yield server


def files(site: Path) -> dict[str, bytes]:
    """All that lies in a site, its locks left out."""
    return {
        path.relative_to(site).as_posix(): path.read_bytes()
        for path in site.rglob("*")
        if path.is_file() and not path.name.endswith("lock")
    }


def refused(site: Path, *words: str, code: int = 1) -> str:
    """What is said to a command that fails, which is one sentence; it leaves no trace."""
    before = files(site)
    result = run("add", *words)
    assert result.exit_code == code, result.output
    assert files(site) == before
    said = result.stderr.strip().splitlines()
    assert len(said) == 1 if code == 1 else said[-1].startswith("Error: "), said
    return said[-1]


def cards(*words: str) -> list[dict[str, Any]]:
    """The cards of the site, or of some of its pages."""
    found: list[dict[str, Any]] = json.loads(run("cards", *words, "--format", "json").output)
    return found


# -- the card --------------------------------------------------------------------------------


def test_a_skeleton_stands_in_its_place(site: Path, arxiv: LoopbackArxiv) -> None:
    """The record is fetched, the page made, the skeleton written; a second try is refused."""
    result = run("add", f"https://arxiv.org/abs/{NUMBER}", "--to", "deception/evaluation-awarenes")
    assert result.exit_code == 0, result.output
    text = (site / PAGE).read_text()
    assert text.startswith(
        "---\nbehavior: evaluation-awareness\nreviewed: 2026-11-21\n---\n\n"
        "# Evaluation awareness\n\n## Cards\n\n!!! note"
    )
    assert "    methods:\n    evidence:\n    models:\n    added: 2026-11-21\n\n    <!-- In" in text
    line = text.split("\n").index(next(n for n in text.split("\n") if n.startswith("!!!"))) + 1
    assert result.stdout.splitlines() == [
        f"{PAGE}:{line}: Near to Mid-term Risks",
        "Fill in methods, evidence, models and the finding; then run `ethogram check`.",
    ]
    assert f"{PAGE}:{line}" in refused(site, NUMBER, "--to", "evaluation-awareness")
    assert len(arxiv.requests) == 1


def test_check_tells_of_a_card_left_unfinished(site: Path, arxiv: LoopbackArxiv) -> None:
    """Empty fields and the prompt are errors, each with its line and mend, until they are gone."""
    assert run("add", NUMBER, "--to", "evaluation-awareness").exit_code == 0
    lines = (site / PAGE).read_text().split("\n")
    found = json.loads(run("check", PAGE, "--format", "json").output)
    told = [(each["rule"], each["severity"], lines[each["line"] - 1].strip()) for each in found]
    assert told == [
        ("empty-field", "error", "methods:"),
        ("empty-field", "error", "evidence:"),
        ("empty-field", "error", "models:"),
        ("unfinished-card", "error", PROMPT),
    ]
    assert all(each["hint"] for each in found)
    wrapped = (site / PAGE).read_text().replace("what was done,", "what was done,\n    ")
    (site / PAGE).write_text(wrapped)
    assert "unfinished-card" in run("check", PAGE).output
    text = wrapped.replace("what was done,\n    ", "what was done,")
    text = text.replace("    methods:\n    evidence:\n    models:\n", "")
    (site / PAGE).write_text(text.replace(PROMPT, "word " * 50))
    assert json.loads(run("check", PAGE, "--format", "json").output) == []


@pytest.mark.parametrize(
    "title",
    ["a < b > c", "<!-- x", "HTML <b>b</b> <script>x</script> &amp; Q&A", "[x] `y` *z* $O(n^2)$ |"],
)
def test_a_skeleton_reads_back(site: Path, arxiv: LoopbackArxiv, title: str) -> None:
    """Whatever a title holds, our own skeleton is a card with that title, or leaves it out."""
    arxiv.papers[NUMBER] = Paper(NUMBER, title=title, comment="withdrawn")
    result = run("add", NUMBER, "--to", "evaluation-awareness")
    assert result.exit_code == 0, result.output
    assert "withdrawn" in result.stdout
    (card,) = cards(PAGE)
    assert (card["title"], card["fields"]["status"]) == (title, "withdrawn")
    rules = {f["rule"] for f in json.loads(run("check", "--format", "json").output)}
    assert "title-mismatch" not in rules


def test_suggestions_are_written_and_said(site: Path, arxiv: LoopbackArxiv) -> None:
    """Terms that the title tells are filled in, in the card's order; the output names them."""
    result = run("add", "2503.00009", "--to", "sandbagging")
    (card,) = cards("docs/deception/sandbagging.md")
    assert card["fields"] == {
        "behaviors": ["strategic-deception", "red-teaming"],
        "methods": ["benchmark", "red-teaming"],
        "evidence": "benchmark-result",
        "models": [],
        "direction": ["measures"],
        "added": "2026-11-21",
    }
    assert list(card["fields"]) == [
        "behaviors", "methods", "evidence", "models", "direction", "added"
    ]  # fmt: skip
    said = result.stdout.splitlines()
    assert said[1] == (
        "Suggested from the title and the page: behaviors strategic-deception, "
        "red-teaming; methods benchmark, red-teaming; evidence benchmark-result; "
        "direction measures. Keep what fits."
    )
    assert said[2].startswith("Fill in models and the finding;")


def test_json_says_all_of_it(site: Path, arxiv: LoopbackArxiv) -> None:
    """Place, open fields, suggestions and the work's other cards, for programs."""
    run("add", "2503.00009", "--to", "backdoor")
    (told,) = json.loads(run("add", "2503.00009", "--to", "sandbagging", "--format", "json").stdout)
    (other,) = [each for each in cards("docs/security") if "Sandbagging" in each["title"]]
    assert told["others"] == [f"docs/security/backdoor.md:{other['line']}"]
    assert told["path"] == "docs/deception/sandbagging.md"
    assert told["fields"] == ["models"]
    assert told["suggested"]["evidence"] == ["benchmark-result"]


def test_a_card_elsewhere_is_told(site: Path) -> None:
    """A work may have cards on two pages, and the second comes with the place of the first."""
    result = run("add", "2401.05566", "--to", "sandbagging")
    assert result.exit_code == 0, result.output
    assert "a card elsewhere too, which may be enough: docs/security/backdoor.md:8" in result.stdout
    assert "confirmed" not in result.stdout  # of a record that was there nothing is said


@pytest.mark.parametrize("by", ["@ada-lovelace", "Ada Lovelace"])
def test_the_card_names_who_wrote_it(site: Path, by: str) -> None:
    """`--by` goes into `added-by`, the last field; without it the card names nobody."""
    run("add", "2401.05566", "--to", "sandbagging", "--by", by, "--by", "@grace")
    text = (site / "docs/deception/sandbagging.md").read_text()
    assert f"    added: 2026-11-21\n    added-by: {by}, @grace\n\n    <!--" in text
    run("add", "2401.05566", "--to", "power-seeking")
    assert "added-by" not in (site / "docs/goals/power-seeking.md").read_text()


@pytest.mark.parametrize("by", ["", "x\n    status: retracted]", "@-", "<b>x</b>", "a" * 200])
def test_what_is_no_name_is_not_credited(site: Path, by: str) -> None:
    """Nothing gets into a card by way of a name."""
    assert "credit `@handle`, or a name" in refused(
        site, "2401.05566", "--to", "sandbagging", "--by", by, code=2
    )


# -- versions --------------------------------------------------------------------------------


def test_the_version_that_was_read_stays(site: Path, arxiv: LoopbackArxiv) -> None:
    """A version that was named is in the card's link; the record is the work's."""
    run("add", "arXiv:2503.00009v1", "--to", "sandbagging")
    (card,) = cards("docs/deception/sandbagging.md")
    assert card["url"] == "https://arxiv.org/abs/2503.00009v1"
    assert card["work"]["version"] == 1


def test_a_version_that_is_newer_than_the_record_is_asked_for(
    site: Path, arxiv: LoopbackArxiv
) -> None:
    """The record is brought up to date; a version that nobody knows is refused."""
    arxiv.papers["2401.05566"] = Paper("2401.05566", title="Sleeper Agents, Again", version=5)
    said = refused(site, "2401.05566v9", "--to", "sandbagging")
    assert "known up to version 5, not 9: name the version that you read" in said
    assert run("add", "2401.05566v5", "--to", "sandbagging").exit_code == 0
    record = Bibliography.load(site / "bib").get(WorkId("arxiv", "2401.05566"))
    assert record
    assert (record.key, record.version) == ("hubinger2024sleeper", 5)


def test_a_version_that_nobody_confirms_is_refused(site: Path, arxiv: LoopbackArxiv) -> None:
    """Where arXiv gives no answer, that is what is said, and not that there is none."""
    arxiv.faults = [GONE]
    said = refused(site, "2401.05566v9", "--to", "sandbagging")
    assert "not 9, and arXiv refuses the request (HTTP 404): try again later." in said


# -- nothing by halves -----------------------------------------------------------------------


def test_a_refused_work_leaves_no_record(site: Path, arxiv: LoopbackArxiv) -> None:
    """A work with a bare card on the page is refused before anyone is asked."""
    (site / PAGE).write_text(f'# T\n\n!!! note "https://arxiv.org/abs/{NUMBER}"\n    Words.\n')
    assert f"{PAGE}:3" in refused(site, f"{NUMBER}v1", "--to", PAGE)
    assert arxiv.requests == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("# T\n\n## Cards\n\n<!-- a comment\n", f"{PAGE}: a block of code or HTML"),
        ("# T\n\n<div>\n\n## Cards\n", f"{PAGE}:3: raw HTML starts here and never ends"),
    ],
)
def test_a_page_that_takes_no_card_is_left_alone(
    site: Path, arxiv: LoopbackArxiv, text: str, said: str
) -> None:
    """Where a card would not be shown, none is written, and no record either."""
    (site / PAGE).write_text(text)
    assert said in refused(site, NUMBER, "--to", PAGE)


def test_a_page_that_cannot_be_written_leaves_no_record(site: Path, arxiv: LoopbackArxiv) -> None:
    """A file where the page's folder should be is named."""
    (site / "docs/goals").write_text("")
    assert "docs/goals" in refused(site, NUMBER, "--to", "power-seeking")
    (site / "docs/bad.md").write_bytes(b"# \xe4\n")
    assert "docs/bad.md:1" in refused(site, NUMBER, "--to", "bad")


@pytest.mark.parametrize("page", ["docs/goals/power-seeking.md", "docs/security/backdoor.md"])
def test_a_record_that_cannot_be_written_leaves_no_card(
    site: Path, arxiv: LoopbackArxiv, page: str
) -> None:
    """The page is as before, or not there at all."""
    (site / "bib/.lock").unlink(missing_ok=True)
    (site / "bib/.lock").mkdir()
    refused(site, NUMBER, "--to", Path(page).stem)
    assert (site / page).parent.exists() is page.startswith("docs/security")


def test_a_broken_bibliography_is_told_with_its_line(site: Path, arxiv: LoopbackArxiv) -> None:
    """What cannot be read in full is not added to, and nobody is asked."""
    with (site / "bib/arxiv.bib").open("a") as file:
        file.write("\n@misc{broken\n")
    assert re.search(r"bib/arxiv\.bib:\d+: ", refused(site, NUMBER, "--to", "sandbagging"))
    assert arxiv.requests == []


# -- places in a page ------------------------------------------------------------------------

HEAD = "---\nbehavior: evaluation-awareness\n---\n\n# T\n"


@pytest.mark.parametrize(
    ("before", "above", "below"),
    [
        ("\n## Cards\n\n## Later\n\nText.\n", "## Cards\n\n", "\n\n## Later\n\nText.\n"),
        ("\nCards\n-----\n\nText.\n\n\n# Two\n", "-----\n\nText.\n\n", "\n\n# Two\n"),
        ("\n## Cards {#all}\n\n### Old\n\nText.\n", "### Old\n\nText.\n\n", "\n"),
        ("\n```\n## Cards\n```\n\n## Later\n", "## Later\n\n## Cards\n\n", "\n"),
        ("\nText, no more", "Text, no more\n\n## Cards\n\n", "\n"),
        ("\n- A\n\n    ## Cards\n\n## Cards\n", "    ## Cards\n\n## Cards\n\n", "\n"),
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_the_rest_of_a_page_stays(
    site: Path, before: str, above: str, below: str, end: str, mark: str
) -> None:
    """The card is the last of its section; line ends and a byte order mark are as they were."""
    old = (mark + HEAD + before).replace("\n", end).encode()
    (site / PAGE).write_bytes(old)
    result = run("add", "2401.05566", "--to", "evaluation-awareness")
    assert result.exit_code == 0, result.output
    new = (site / PAGE).read_bytes().decode()
    assert new.startswith(mark) and new.count("\ufeff") == len(mark)
    assert new.count("\r\n") == (new.count("\n") if end == "\r\n" else 0)
    plain = new.replace("\r\n", "\n")
    first, _, last = plain.partition("!!! note")
    assert first.endswith(above) and last.endswith(f"{PROMPT}{below}")
    assert result.stdout.startswith(f"{PAGE}:{first.count(chr(10)) + 1}: ")
    assert cards(PAGE)[-1]["work"]["id"] == "2401.05566"


@pytest.mark.parametrize(
    ("name", "page"),
    [
        ("sandbagging", "deception/sandbagging.md"),
        ("docs/deception/sandbagging.md", "deception/sandbagging.md"),
        ("deception/sandbagging.md", "deception/sandbagging.md"),
        ("deception/sandbaging", "deception/sandbagging.md"),
        ("deceptoin/sandbagging/", "deception/sandbagging.md"),
        ("Alignment faking", "deception/alignment-faking.md"),
        ("unfaithful chain of thought", "reasoning/unfaithful-reasoning.md"),
        ("Moral judgement", "values/moral-judgment.md"),
        ("hostil", "hostile.md"),
    ],
)
def test_a_page_is_found_by_any_of_its_names(site: Path, name: str, page: str) -> None:
    """A path, a term, a label, or a slip of one."""
    catalog = Catalog.load(Path("docs"), Path("bib"))
    assert find_page(name, catalog) == Path("docs") / page
    assert find_page(str((site / "docs/faults.md").absolute()), catalog) == Path("docs/faults.md")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("evalution-awarenesssx", "did you mean `evaluation-awareness`?"),
        ("sycophantic", "did you mean `opinion-sycophancy`?"),
        ("deception", "that is a group, and its terms are strategic-deception, alignment-faking"),
        ("README.md", "README.md is not among the pages in docs."),
        ("../site/README.md", "is not among the pages in docs."),
        ("docs/deception/index.md", "index.md takes no card: that is a group, and its terms are"),
        ("deception/index", "takes no card: that is a group"),
        ("moral-judgment", "Is a directory. Put a file there that can be read."),
        ("zzzzzzzzzzzz", "see bib/taxonomy.yml for the terms."),
    ],
)
def test_what_is_no_page_is_told(site: Path, name: str, said: str) -> None:
    """The sentence names what is near; a file that is no page of the site gets no card."""
    (site / "README.md").write_text("# Read me\n")
    (site / "docs/values/moral-judgment.md").mkdir(parents=True)
    assert said in refused(site, "2401.05566", "--to", name)


@pytest.mark.skipif(sys.platform == "win32", reason="Windows keeps links to those it trusts")
@pytest.mark.parametrize(
    "name", ["moral-judgment", "docs/values/moral-judgment.md", "hallucination"]
)
def test_a_page_that_leads_elsewhere_gets_no_card(site: Path, name: str) -> None:
    """What lies behind a link out of docs/ is no page, and is not written."""
    (site / "README.md").write_text("# Read me\n")
    (site / "docs/values").mkdir()
    (site / "docs/values/moral-judgment.md").symlink_to("../../README.md")
    (site / "docs/factuality").symlink_to("../../elsewhere", target_is_directory=True)
    assert "is not among the pages in docs." in refused(site, "2401.05566", "--to", name)


def test_without_terms_the_missing_list_is_named(site: Path) -> None:
    """A slip in `--bib` is told as what it is."""
    said = refused(site, "2401.05566", "--to", "sandbagging", "--bib", "bub")
    assert "there is no list of terms, bub/taxonomy.yml." in said


def test_the_pages_may_lie_elsewhere(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--docs` names them, and bib/ is looked for beside them."""
    (site.parent / "away").mkdir()
    monkeypatch.chdir(site.parent / "away")
    words = ("2401.05566", "--to", "sandbagging", "--docs", "../site/docs")
    assert run("add", *words).stdout.startswith("../site/docs/deception/sandbagging.md:")
    assert refused(site, *words).endswith("../site/docs/deception/sandbagging.md:10.")


# -- at the same time ------------------------------------------------------------------------


def test_whoever_writes_at_the_same_time_waits(site: Path) -> None:
    """Several works get their cards on one page at once, and none is written over."""
    catalog = Catalog.load(Path("docs"), Path("bib"))
    page, works = find_page("sandbagging", catalog), list(catalog.bibliography.works.values())
    together = Barrier(len(works))

    def add(work: Work) -> None:
        together.wait(60)
        add_with_record(work, page, catalog, Path("bib"))

    with ThreadPoolExecutor(len(works)) as pool:
        list(pool.map(add, works))
    written = {card["work"]["id"] for card in cards("docs/deception/sandbagging.md")}
    assert len(works) > 5 and written == {work.id.id for work in works}


def test_what_was_written_since_the_catalog_was_read_counts(site: Path) -> None:
    """A card that came in between is not repeated and not written over."""
    catalog = Catalog.load(Path("docs"), Path("bib"))
    record = catalog.bibliography.get(WorkId("arxiv", "2401.05566"))
    assert record
    page = find_page("sandbagging", catalog)
    add_with_record(record, page, catalog, Path("bib"))
    with pytest.raises(EthogramError, match=r"already: docs/deception/sandbagging\.md:10\."):
        add_with_record(record, page, catalog, Path("bib"))


# -- works that are not on arXiv -------------------------------------------------------------

DOI = "10.1145/3600000.3600001"
ITEM = {
    "type": "article-journal",
    "title": "A Result on Sandbagging",
    "author": [{"given": "Jane", "family": "Doe"}],
    "issued": {"date-parts": [[2024, 1, 31]]},
}
POST = """<!doctype html><html><head><title>A Post</title>
<meta name="citation_title" content="A Post"><meta name="citation_author" content="Doe, Jane">
<meta name="citation_publication_date" content="2024/01/31">{}</head><body>Words.</body></html>"""


@pytest.fixture
def web(site: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackWeb]:
    """A register of DOIs and a page, on loopback, which the site's settings let be asked."""
    text = (site / "mkdocs.yml").read_text()
    allowing = text.replace("resolve: never", "resolve: never\n    allow_private: true")
    (site / "mkdocs.yml").write_text(allowing)
    with LoopbackWeb() as server:
        monkeypatch.setenv("ETHOGRAM_DOI_RECORDS_API", server.url("/"))
        kind = {"Content-Type": "application/vnd.citationstyles.csl+json"}
        server.set(f"/{DOI}", Reply(200, kind, json.dumps(ITEM).encode()))
        server.set("/post", page_saying())
        yield server


def page_saying(more: str = "") -> Reply:
    """A page that tells of its work."""
    return Reply(200, {"Content-Type": "text/html"}, POST.format(more).encode())


def test_a_doi_gets_a_card(site: Path, web: LoopbackWeb) -> None:
    """Its record comes from its register into other.bib, where nothing else moves."""
    before = (site / "bib/other.bib").read_text()
    result = run("add", f"https://dx.doi.org/{DOI}", "--to", "scheming")
    assert result.exit_code == 0, result.output
    assert (site / "bib/other.bib").read_text().startswith(before.rstrip())
    (card,) = cards("docs/deception/scheming.md")
    assert (card["key"], card["url"]) == ("doe2024result", f"https://doi.org/{DOI}")
    assert card["fields"]["behaviors"] == ["sandbagging"]
    assert run("check", "docs/deception/scheming.md").output.count("missing-record") == 0


def test_a_page_gets_a_card(site: Path, web: LoopbackWeb) -> None:
    """Its record comes from its tags, and the card links to it."""
    result = run("add", web.url("/post"), "--to", "scheming")
    assert result.exit_code == 0, result.output
    (card,) = cards("docs/deception/scheming.md")
    assert (card["key"], card["url"]) == ("doe2024post", web.url("/post"))
    assert "already: docs/deception/scheming.md:" in refused(
        site, web.url("/post#top"), "--to", "scheming"
    )


def test_a_page_of_a_work_that_has_a_card_is_refused(
    site: Path, web: LoopbackWeb, arxiv: LoopbackArxiv
) -> None:
    """A page that names its arXiv number leads to that work; a refusal leaves no record of it."""
    web.set("/post", page_saying(f'<meta name="citation_arxiv_id" content="{NUMBER}">'))
    (site / PAGE).write_text(f'# T\n\n!!! note "https://arxiv.org/abs/{NUMBER}"\n    Words.\n')
    assert f"{PAGE}:3" in refused(site, web.url("/post"), "--to", PAGE)
    result = run("add", web.url("/post"), "--to", "scheming")
    assert f"a card elsewhere too, which may be enough: {PAGE}:3." in result.stdout
    assert cards("docs/deception/scheming.md")[0]["work"]["id"] == NUMBER


HOSTILE = (
    "x](javascript:alert(1)) <!-- <script>alert(2)</script>",
    '" onload="y" !!! note "z',
    "a\n    status: retracted\n\n## Cards\n\u202e\x1b[31mred",
    "[@hubinger2024sleeper] <!-- list: papers --> {{ page }} {% raw %} ]]> $x$ \\",
)


@pytest.mark.parametrize("title", HOSTILE)
def test_a_hostile_page_makes_a_harmless_card(site: Path, web: LoopbackWeb, title: str) -> None:
    """Whatever a page calls itself: one card of that page, its fields ours, nothing obeyed."""
    text = POST.format("").replace('"A Post"', f'"{escape(title)}"')
    web.set("/post", Reply(200, {"Content-Type": "text/html; charset=utf-8"}, text.encode()))
    result = run("add", web.url("/post"), "--to", "scheming")
    assert result.exit_code == 0, result.output
    assert "\x1b" not in result.output
    (card,) = cards("docs/deception/scheming.md")
    assert card["url"] == web.url("/post")
    assert "status" not in card["fields"]
    page = (site / "docs/deception/scheming.md").read_text()
    assert page.count("\n## Cards\n") == 1 and page.count("!!! note") <= 1 + title.count("!!!")
    found = json.loads(run("check", "--format", "json").output)
    ours = [each["rule"] for each in found if each["path"].endswith("scheming.md")]
    assert set(ours) <= {"empty-field", "unfinished-card"}


@pytest.mark.parametrize("path", ["/wiki/A_(b", "/wiki/A_(b)", "/a?b=[c]&d=*e*_f_", "/a)b"])
def test_any_address_makes_a_card(site: Path, path: str) -> None:
    """An address that Markdown would cut short is read back whole."""
    address = f"https://example.org{path}"
    result = run("add", address, "--to", "scheming", *BY_HAND, "2023")
    assert result.exit_code == 0, result.output
    (card,) = cards("docs/deception/scheming.md")
    assert card["work"]["id"] == address


@pytest.mark.parametrize("path", ["/nowhere", "/untitled"])
def test_a_page_that_says_nothing_is_told_with_a_way_out(
    site: Path, web: LoopbackWeb, path: str
) -> None:
    """Where there is no record to be had, it can be written by hand."""
    web.set("/untitled", Reply(200, {"Content-Type": "text/html"}, b"<p>Words."))
    said = refused(site, web.url(path), "--to", "scheming")
    assert f"There is no record of {web.url(path)}" in said
    assert "--title" in said and "--authors" in said and "--year" in said


def test_a_broken_other_file_is_told_by_its_own_name(site: Path, web: LoopbackWeb) -> None:
    """Nothing is put behind what cannot be read, and nobody is asked."""
    with (site / "bib/other.bib").open("a") as file:
        file.write("\n@misc{broken\n")
    said = refused(site, DOI, "--to", "scheming")
    assert re.match(r"ethogram: bib/other\.bib:\d+: ", said)
    assert web.requests == []


# -- without the network ---------------------------------------------------------------------

BY_HAND = ("--title", "Risks & {Chances}", "--authors", "Lovelace, Ada; Alan Turing", "--year")


def test_an_outage_is_told_with_a_way_out(site: Path, arxiv: LoopbackArxiv) -> None:
    """One sentence says that nobody answered and what to give by hand; nothing is written."""
    arxiv.faults = [GONE]
    said = refused(site, NUMBER, "--to", "sandbagging")
    assert f"There is no record of arxiv:{NUMBER}, and arXiv refuses the request" in said
    assert '`--title T --authors "A; B" --year Y`' in said


def test_what_arxiv_lacks_is_not_written_by_hand(site: Path, arxiv: LoopbackArxiv) -> None:
    """A number that leads nowhere is a slip, and no option is offered for it."""
    said = refused(site, "2404.99999", "--to", "sandbagging")
    assert said.endswith("arXiv has no such paper.")


def test_a_record_by_hand_is_completed_by_a_refresh(site: Path, arxiv: LoopbackArxiv) -> None:
    """It stands in arxiv.bib without a date of confirmation, and its key stays for good."""
    words = (NUMBER, "--to", "sandbagging", *BY_HAND)
    result = run("add", *words, "2023")
    assert "arXiv has not confirmed its record; `ethogram resolve --refresh` asks." in result.stdout
    assert arxiv.requests == []
    record = Bibliography.load(site / "bib").get(WorkId("arxiv", NUMBER))
    assert record
    assert (record.key, record.source, record.checked) == ("lovelace2023risks", "arxiv.bib", "")
    assert record.authors == ("Ada Lovelace", "Alan Turing")
    assert cards("docs/deception/sandbagging.md")[0]["title"] == "Risks & {Chances}"
    assert run("resolve", NUMBER, "--refresh").exit_code == 0
    complete = Bibliography.load(site / "bib").get(WorkId("arxiv", NUMBER))
    assert complete
    assert (complete.key, complete.title) == ("lovelace2023risks", "Near to Mid-term Risks")
    assert (complete.year, complete.version, complete.checked) == (2024, 1, "2026-11-21")


@pytest.mark.parametrize(
    ("work", "found"),
    [
        ("https://doi.org/10.1145/3600000.3600001", "doi:10.1145/3600000.3600001"),
        ("https://example.org/a-post", "url:https://example.org/a-post"),
    ],
)
def test_other_works_by_hand_go_into_the_other_file(site: Path, work: str, found: str) -> None:
    """Nothing else in other.bib moves, and the site's check finds nothing wrong with it."""
    before = (site / "bib/other.bib").read_text()
    result = run("add", work, "--to", "sandbagging", *BY_HAND, "2023")
    assert result.exit_code == 0, result.output
    assert "arXiv" not in result.stdout
    assert (site / "bib/other.bib").read_text().startswith(before.rstrip())
    (card,) = cards("docs/deception/sandbagging.md")
    assert card["key"] == "lovelace2023risks"
    assert f"{card['work']['scheme']}:{card['work']['id']}" == found


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--title", "T", "--authors", "A B"), "needs --year as well"),
        (("--year", "2024"), "needs --title and --authors as well"),
        ((*BY_HAND, "24"), "A year has four digits, as 2024: '24' has not."),
        ((*BY_HAND, "9999"), "The year 9999 is still to come."),
        ((*BY_HAND, "٢٠٢٤"), "A year has four digits"),
        (("--title", " \x1b ", "--authors", "A B", "--year", "2024"), "needs the work's title"),
        (("--title", "T", "--authors", " ; ", "--year", "2024"), "needs an author"),
        (("--title", "T", "--authors", "et al.", "--year", "2024"), "needs an author"),
    ],
)
def test_what_makes_no_record_is_wrong_use(site: Path, words: tuple[str, ...], said: str) -> None:
    """Four digits, a title and an author at least; nothing is written."""
    assert said in refused(site, NUMBER, "--to", "sandbagging", *words, code=2)


def test_a_record_that_is_there_is_not_typed_again(site: Path) -> None:
    """Whoever gives a title for a work that has one is told of the record."""
    said = refused(site, "2401.05566", "--to", "sandbagging", *BY_HAND, "2024")
    assert "has a record already, `hubinger2024sleeper` in bib/arxiv.bib" in said


def test_without_a_page_it_is_wrong_use(site: Path, arxiv: LoopbackArxiv) -> None:
    """Where nobody can be asked, the option is named, and arXiv is not troubled."""
    assert "`--to PAGE`" in refused(site, NUMBER, code=2)
    assert "`--to PAGE`" in refused(site, NUMBER, "--to", "", code=2)
    assert arxiv.requests == []


# -- the editor ------------------------------------------------------------------------------


def test_edit_opens_the_editor_at_the_page(
    site: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """$VISUAL comes before $EDITOR, may have arguments, and gets the page's path."""
    script = tmp_path / "editor.py"
    script.write_text("import sys; open(sys.argv[1], 'w').write(sys.argv[2])\n")
    opened = tmp_path / "opened"
    monkeypatch.setenv("VISUAL", f"{sys.executable} {script} {opened}")
    monkeypatch.setenv("EDITOR", "false")
    result = run("add", "2401.05566", "--to", "sandbagging", "--edit")
    assert result.exit_code == 0, result.output
    assert opened.read_text() == str(Path("docs/deception/sandbagging.md"))


@pytest.mark.skipif(sys.platform == "win32", reason="Windows always has an editor")
def test_without_an_editor_nothing_begins(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`--edit` without a variable that names an editor says so, before anything is written."""
    monkeypatch.delenv("VISUAL", raising=False)
    monkeypatch.delenv("EDITOR", raising=False)
    said = refused(site, "2401.05566", "--to", "sandbagging", "--edit")
    assert "set $VISUAL or $EDITOR, or leave the option out" in said
    monkeypatch.setenv("EDITOR", "  ")
    assert refused(site, "2401.05566", "--to", "sandbagging", "--edit") == said


@pytest.mark.parametrize("editor", ["no-such-editor-at-all", "an 'unclosed"])
def test_an_editor_that_fails_is_a_sentence(
    site: Path, monkeypatch: pytest.MonkeyPatch, editor: str
) -> None:
    """The card is there, and it is said that it is."""
    monkeypatch.setenv("VISUAL", editor)
    result = run("add", "2401.05566", "--to", "sandbagging", "--edit")
    assert result.exit_code == 1
    assert "The card is written, but" in result.stderr
    assert len(cards("docs/deception/sandbagging.md")) == 1


# -- on a terminal ---------------------------------------------------------------------------


def typed(folder: Path, words: tuple[str, ...], *answers: str) -> tuple[int, str]:
    """Run `ethogram add` on a terminal of its own with what is typed there; its code, and text."""
    import pty

    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "ethogram.cli", "add", *words],
        cwd=folder,
        env={**os.environ, "TERM": "dumb", "PYTHONPATH": str(ROOT / "hooks")},
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
    )
    os.close(theirs)
    os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
    seen = b""
    try:
        while select.select([ours], [], [], 60)[0] and (piece := os.read(ours, 65536)):
            seen += piece
    except OSError:  # Linux's way to say that the other end is closed
        pass
    os.close(ours)
    process.kill()  # which has ended, unless it waits for an answer that nobody gives
    return process.wait(60), seen.decode().replace("\r\n", "\n")


terminal = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such terminals")


@terminal
def test_a_missing_page_is_asked_for(site: Path, arxiv: LoopbackArxiv) -> None:
    """The terms nearest to the title can be had by their number; a wrong answer is asked again."""
    code, text = typed(site, ("2503.00009",), "no such page", "1")
    assert code == 0, text
    assert "Where does this belong: Sandbagging and Strategic Deception" in text
    assert "  1  sandbagging: The model hides an ability that it has." in text
    assert "  2  strategic-deception: " in text
    assert "No page and no term is called `no such page`" in text
    assert len(cards("docs/deception/sandbagging.md")) == 1


@terminal
def test_a_missing_record_is_asked_for(site: Path, arxiv: LoopbackArxiv) -> None:
    """Where arXiv gives none, title, authors and year can be typed, and slips are asked again."""
    arxiv.faults = [GONE]
    answers = ("A Title", ";", "Ada Lovelace", "two", "2024")
    code, text = typed(site, (NUMBER, "--to", "sandbagging"), *answers)
    assert code == 0, text
    assert "Or answer here; Ctrl-C stops." in text
    assert "A record needs an author" in text and "A year has four digits" in text
    record = Bibliography.load(site / "bib").get(WorkId("arxiv", NUMBER))
    assert record
    assert (record.title, record.authors, record.year) == ("A Title", ("Ada Lovelace",), 2024)


@terminal
def test_what_is_left_out_is_asked_for(site: Path, arxiv: LoopbackArxiv) -> None:
    """Of title, authors and year, those that were not given."""
    words = (NUMBER, "--to", "sandbagging", "--title", "T", "--year", "2024")
    code, text = typed(site, words, "Ada Lovelace; et al.")
    assert code == 0, text
    assert "Authors, separated by semicolons" in text and "Title:" not in text
    assert "{Lovelace, Ada and others}" in (site / "bib/arxiv.bib").read_text()


@terminal
def test_who_stops_has_written_nothing(site: Path, arxiv: LoopbackArxiv) -> None:
    """The end of what is typed, at a question, ends it quietly."""
    before = files(site)
    code, text = typed(site, (NUMBER,), "\x04")
    assert code != 0 and "Traceback" not in text
    assert files(site) == before


def test_files_keep_their_mode(site: Path) -> None:
    """A page is replaced whole, and who may read it stays the same."""
    page = site / "docs/deception/strategic-deception.md"
    page.chmod(0o640)
    assert run("add", "2401.05566", "--to", "strategic-deception").exit_code == 0
    assert stat.S_IMODE(page.stat().st_mode) == 0o640


def test_no_page_is_made_without_its_term(site: Path) -> None:
    """A page that is not there is made only where a term says what it is."""
    catalog = Catalog.load(Path("docs"), Path("bib"))
    with pytest.raises(EthogramError, match="No page and no term"):
        find_page("docs/new/thing.md", catalog)
