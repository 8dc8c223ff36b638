"""Suggestions on GitHub: each recorded event becomes a card, or an answer in plain words.

The events in tests/events/ have the shape in which GitHub writes them for a workflow.
"""

import json
import re
import shutil
from collections.abc import Iterator
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
import yaml
from click.testing import CliRunner, Result
from markdown_it import MarkdownIt

from ethogram.cards import read_cards
from ethogram.cli import main
from ethogram.intake import read_event, take
from ethogram.intake.answer import MARKER
from ethogram.intake.form import BOXES, NOBODY, UNKNOWN, read_form
from ethogram.intake.issue import LABEL, LARGEST, TITLE, issue_of
from ethogram.intake.words import commented, inert, plain, still
from ethogram.site import Site
from ethogram.taxonomy import Taxonomy
from loopback_arxiv import Fault, LoopbackArxiv, Paper
from loopback_web import LoopbackWeb, Reply

ROOT = Path(__file__).parent.parent
EVENTS = ROOT / "tests/events"
FORM = ROOT / ".github/ISSUE_TEMPLATE/suggest-a-paper.yml"
PAPERS = [
    Paper("2404.17047", title="Near to Mid-term Risks and Opportunities"),
    Paper("2404.17048", title="Sandbagging in Many Words"),
    Paper("2404.17049", title="On Octopuses"),
    Paper("2404.17050", title="A Gone Result", comment="This paper has been withdrawn"),
    Paper(
        "2404.17051",
        title="Fixes #1 @torvalds <img src=x onerror=alert(1)> --> [x](javascript:y) `a` GH-2",
        authors=("Eve ](x) <b>Doe</b>",),
    ),
]


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shared site with the real taxonomy, as the current folder."""
    shutil.copytree(ROOT / "tests/site", tmp_path / "site")
    shutil.copy(ROOT / "bib/taxonomy.yml", tmp_path / "site/bib/taxonomy.yml")
    monkeypatch.chdir(tmp_path / "site")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795219200")  # 2026-11-21
    return tmp_path / "site"


@pytest.fixture(autouse=True)
def arxiv(monkeypatch: pytest.MonkeyPatch) -> Iterator[LoopbackArxiv]:
    """An arXiv that has a few papers."""
    with LoopbackArxiv(PAPERS) as running:
        monkeypatch.setenv("ETHOGRAM_ARXIV_API", running.endpoint)
        yield running


def run(event: Path | str, *options: str) -> Result:
    """Run the command on a recorded event."""
    path = EVENTS / f"{event}.json" if isinstance(event, str) else event
    words = ["intake", str(path), *options]
    return CliRunner().invoke(main, words, catch_exceptions=False)


def answered(event: Path | str, *options: str) -> dict[str, Any]:
    """The answer to an event, as the workflow reads it."""
    result = run(event, "--format", "json", *options)
    assert result.exit_code == 0, result.output
    answer: dict[str, Any] = json.loads(result.stdout)
    return answer


def state(site: Path) -> dict[str, bytes]:
    """Every file of a site; the lock is no part of it."""
    files = (path for path in site.rglob("*") if path.is_file() and not path.name.endswith("lock"))
    return {path.relative_to(site).as_posix(): path.read_bytes() for path in files}


def changed(site: Path, before: dict[str, bytes]) -> set[str]:
    """The files that are new or say something else."""
    return {name for name, data in state(site).items() if before.get(name) != data}


def edited(tmp_path: Path, name: str, **parts: Any) -> Path:
    """A recorded event with other parts of its issue."""
    event = json.loads((EVENTS / f"{name}.json").read_text(encoding="utf-8"))
    event["issue"].update(parts)
    path = tmp_path / "event.json"
    path.write_text(json.dumps(event), encoding="utf-8")
    return path


def allow_private(site: Path) -> None:
    """Let addresses of this machine be asked, as only tests do."""
    path = site / "mkdocs.yml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("  ethogram:\n", "  ethogram:\n    allow_private: true\n"))


def elements(text: str) -> set[str]:
    """What GitHub's Markdown would make of a text, by CommonMark: the names of its elements."""
    tokens = MarkdownIt("commonmark").parse(text)
    flat = [inner for token in tokens for inner in (token, *(token.children or ()))]
    raw = {each.content for each in flat if each.type in ("html_block", "html_inline")}
    assert raw <= {MARKER, f"{MARKER}\n"}, raw
    return {each.tag for each in flat if each.tag}


PLAIN = {"p", "a", "strong", "em", "code", "ul", "li", "br", "blockquote", "softbreak", ""}
"""Elements that our own words use."""


# -- a card ----------------------------------------------------------------------------------


def test_a_good_suggestion_becomes_a_card(site: Path) -> None:
    """The page of the behavior gets a skeleton that names who proposed it, bib/ the record."""
    before = state(site)
    answer = answered("good")
    page = "docs/deception/evaluation-awareness.md"
    assert changed(site, before) == {page, "bib/arxiv.bib"}
    (card,) = read_cards((site / page).read_text(encoding="utf-8"), page)
    assert (answer["outcome"], answer["path"], answer["line"]) == ("card", page, card.line)
    assert [value.text for value in card.values("added-by")] == ["@ada-lovelace"]
    assert "Said by ada-lovelace in issue 12: Models behave otherwise when they" in card.body
    assert re.fullmatch(r"suggestion/12-lovelace2024[a-z]+", answer["branch"])
    assert answer["title"] == "Add a card: Near to Mid-term Risks and Opportunities"
    assert "suggested by @ada-lovelace. Closes #12." in answer["body"]
    assert "The finding" in answer["body"] and "Models behave otherwise" in answer["body"]
    assert answer["comment"].startswith(MARKER)
    assert f"blob/{answer['branch']}/{page}?plain=1#L{card.line}" in answer["comment"]
    trailer = "Co-authored-by: ada-lovelace <1815+ada-lovelace@users.noreply.github.com>\n"
    assert answer["commit"].endswith(f"Suggested in #12.\n\n{trailer}")
    assert answer["label"] == LABEL


def test_the_check_says_that_a_card_is_unfinished(site: Path) -> None:
    """The suggester's sentence is no finding: it is neither counted nor shown."""
    answer = answered("good")
    result = CliRunner().invoke(main, ["check", answer["path"], "--format", "json"])
    found = {each["rule"] for each in json.loads(result.stdout)}
    assert found == {"unfinished-card", "empty-field"}


def test_the_same_event_twice_gives_the_same(site: Path, tmp_path: Path) -> None:
    """A workflow runs for `opened` and for `labeled`: from the same tree comes the same card."""
    other = tmp_path / "other"
    shutil.copytree(site, other)
    first, second = (
        answered("good"),
        take(read_event(EVENTS / "good.json"), other / "docs", other / "bib"),
    )
    assert second.branch == first["branch"]
    page = "docs/deception/evaluation-awareness.md"
    assert (site / page).read_bytes() == (other / page).read_bytes()


def test_the_title_may_name_the_behavior(site: Path) -> None:
    """Where nobody says which page, the paper's title may; a label is not needed."""
    answer = answered("by-title")
    assert (answer["outcome"], answer["path"]) == ("card", "docs/deception/sandbagging.md")
    assert "was chosen by its title" in answer["body"]
    text = (site / answer["path"]).read_text(encoding="utf-8")
    card = read_cards(text, answer["path"])[-1]
    assert [value.text for value in card.values("added-by")] == ["Ada Countess of Lovelace"]
    assert answer["label"] == LABEL


def test_an_edited_text_is_read_as_it_is_meant(site: Path) -> None:
    """CRLF, fences, links in Markdown, a slip, missing boxes; of several papers, the first."""
    answer = answered("edited")
    assert (answer["outcome"], answer["path"]) == ("card", "docs/deception/sandbagging.md")
    assert "(<https://arxiv.org/abs/2404.17047>)" in answer["comment"]
    assert "2 more papers are named" in answer["comment"]


def test_a_doi_of_arxiv_is_the_paper(site: Path) -> None:
    """A DOI will do; who would rather not be named is not."""
    answer = answered("doi")
    text = (site / answer["path"]).read_text(encoding="utf-8")
    assert read_cards(text, answer["path"])[-1].work.id == "2404.17047"
    assert "added-by" not in text and "Co-authored-by" not in answer["commit"]


def test_a_paper_elsewhere_is_looked_up(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A DOI's register is asked; the record goes where people keep theirs."""
    allow_private(site)
    record = {
        "DOI": "10.1000/octopus.7",
        "title": "What Octopuses Know of Tests",
        "author": [{"given": "Ada", "family": "Lovelace"}],
        "issued": {"date-parts": [[2023, 5]]},
        "type": "article-journal",
    }
    head = {"Content-Type": "application/vnd.citationstyles.csl+json"}
    pages = {"/10.1000/octopus.7": Reply(200, head, json.dumps(record).encode())}
    before = state(site)
    with LoopbackWeb(pages) as web:
        monkeypatch.setenv("ETHOGRAM_DOI_RECORDS_API", web.url())
        answer = answered("doi-elsewhere")
    assert answer["outcome"] == "card", answer["comment"]
    assert changed(site, before) == {answer["path"], "bib/other.bib"}
    assert "(<https://doi.org/10.1000/octopus.7>)" in answer["comment"]
    assert elements(answer["comment"]) <= PLAIN


def test_a_withdrawn_paper_says_so(site: Path) -> None:
    """It gets its card, with its status, and people are told."""
    answer = answered("withdrawn")
    assert answer["outcome"] == "card"
    text = (site / answer["path"]).read_text(encoding="utf-8")
    assert "    status: withdrawn\n" in text
    assert "withdrawn" in answer["comment"] and "withdrawn" in answer["body"]


def test_a_page_keeps_its_line_ends(site: Path) -> None:
    """A page that was saved on Windows gets the hint with the same line ends as all else."""
    page = site / "docs/deception/sandbagging.md"
    page.write_bytes(page.read_bytes().replace(b"\n", b"\r\n"))
    assert answered("ten-thousand-lines-below")["outcome"] == "card"
    data = page.read_bytes()
    assert b"Said by ada-lovelace" in data and data.count(b"\n") == data.count(b"\r\n")


# -- no card ---------------------------------------------------------------------------------


def test_a_paper_that_has_a_card_is_pointed_to(site: Path) -> None:
    """The answer links the file with its line, and the card on the site where there is one."""
    before = state(site)
    answer = answered("duplicate")
    assert not changed(site, before)
    place = ("docs/security/backdoor.md", 8)
    assert (answer["outcome"], answer["path"], answer["line"]) == ("duplicate", *place)
    assert (
        "(https://github.com/example/ethogram/blob/main/docs/security/backdoor.md?plain=1#L8)"
        in (answer["comment"])
    )
    assert "127.0.0.1" not in answer["comment"]
    event = read_event(EVENTS / "duplicate.json")
    told = take(event, Path("docs"), Path("bib"), Site(url="https://ethogram.example/"))
    assert "<https://ethogram.example/security/backdoor/#hubinger2024sleeper>" in told.comment


def test_a_page_of_any_name_is_linked(site: Path) -> None:
    """What ends an address, or stands for something in one, is written in its code."""
    name = 'a "b" `c` (d) é?#%.md'
    (site / "docs/security/backdoor.md").rename(site / "docs/security" / name)
    comment = str(answered("duplicate")["comment"])
    (link,) = re.findall(r"\]\((https:.+)\)$", comment, re.MULTILINE)
    assert unquote(link).endswith(f"/docs/security/{name}?plain=1#L8")
    html = MarkdownIt("commonmark").render(comment)
    assert f'<a href="{link}"><code>docs/security/{escape(name)}:8</code></a>' in html


@pytest.mark.parametrize(
    ("event", "outcome", "said"),
    [
        ("behavior-unknown", "unclear", "Its title does not tell on which page"),
        ("behavior-misspelled", "unclear", "No behavior here is called telepathy"),
        ("no-such-paper", "failed", "arXiv has no such paper"),
        ("empty", "unclear", "could not be made out which paper"),
        ("nothing-in-it", "unclear", "could not be made out which paper"),
        ("ten-thousand-lines", "unclear", "could not be made out which paper"),
        ("hostile-address", "unclear", "could not be made out which paper"),
    ],
)
def test_what_cannot_be_done_is_said(site: Path, event: str, outcome: str, said: str) -> None:
    """Each failure is an answer in plain words, and leaves no trace in the pages and records."""
    before = state(site)
    answer = answered(event)
    assert (answer["outcome"], answer["branch"]) == (outcome, "")
    assert said in answer["comment"].replace("\\", "")
    assert len(answer["comment"]) < 3000
    assert not changed(site, before)
    assert elements(answer["comment"]) <= PLAIN


def test_an_arxiv_that_is_down_is_said(site: Path, arxiv: LoopbackArxiv) -> None:
    """The fault is not the suggester's, who learns how to have it tried again."""
    arxiv.faults = [Fault(503, {"Retry-After": "86400"})]
    answer = answered("good")
    assert answer["outcome"] == "failed"
    assert "editing this issue has it looked at again" in answer["comment"].lower()
    assert "HTTP 503" in answer["comment"].replace("\\", "")


def test_a_page_that_says_nothing_is_said(site: Path, tmp_path: Path) -> None:
    """A page without tags gives no record; and nobody is asked inside our own network."""
    with LoopbackWeb({"/paper": Reply(200, {"Content-Type": "text/html"}, b"<p>Words.")}) as web:
        asked = f"### Address of the paper\n\n{web.url('/paper')}"
        path = edited(tmp_path, "good", body=asked)
        private = answered(path)
        assert private["outcome"] == "failed" and not web.requests
        allow_private(site)
        bare = answered(path)
    assert bare["outcome"] == "failed" and web.asked("/paper")
    for answer in (private, bare):
        assert answer["comment"].count("There is no record of") == 1
        assert "bib/other" not in answer["comment"] and "\\-\\-" not in answer["comment"]
        assert "If the paper is on arXiv" in answer["comment"]
        assert elements(answer["comment"]) <= PLAIN


def test_broken_records_are_said(site: Path) -> None:
    """What is broken in the repository is an answer too, with its place."""
    (site / "bib/arxiv.bib").write_text("@misc{x, title = {", encoding="utf-8")
    answer = answered("good")
    assert answer["outcome"] == "failed"
    assert "bib/arxiv.bib" in answer["comment"].replace("\\", "")


@pytest.mark.parametrize(
    "event",
    [
        "from-a-bot",
        "closed",
        "issue-of-a-pull-request",
        "pull-request",
        "another-form",
        "correction",
    ],
)
def test_what_is_no_suggestion_is_left_alone(site: Path, event: str) -> None:
    """Bots, closed issues, pull requests and other issues get no answer at all."""
    before = state(site)
    answer = answered(event)
    assert (answer["outcome"], answer["comment"], answer["branch"]) == ("ignored", "", "")
    assert answer["label"] == ("correction" if event == "correction" else "")
    assert not changed(site, before)


def test_one_of_label_title_and_heading_will_do(site: Path, tmp_path: Path) -> None:
    """A form whose label did not exist is answered all the same, and so is one that was edited."""
    label, title = [{"name": LABEL}], f"{TITLE} x"
    for parts in ({"labels": label}, {"labels": [], "title": title}):
        path = edited(tmp_path, "another-form", **parts)
        assert answered(path)["outcome"] == "unclear"  # no behavior was named
    path = edited(tmp_path, "good", labels=[], title="something else")
    assert answered(path)["outcome"] == "card"


# -- hostile texts ---------------------------------------------------------------------------


def test_nothing_hostile_acts(site: Path) -> None:
    """Shell, Markdown, HTML, workflow commands, YAML, bidi, mentions and references are words."""
    answer = answered("hostile")
    assert answer["outcome"] == "card"
    for part in ("comment", "body"):
        assert elements(answer[part]) <= PLAIN, part
    public = answer["comment"] + answer["body"] + answer["title"] + answer["commit"]
    assert set(re.findall(r"@\w+", public)) <= set()
    assert set(re.findall(r"#\d+", public)) <= {"#25"}
    assert not re.search(r"GH-\d|://\S*issues/\d", public)
    assert all(char.isprintable() or char == "\n" for char in public)
    assert re.fullmatch(r"suggestion/25-[A-Za-z0-9_-]+", answer["branch"])
    assert "\n" not in answer["title"] and len(answer["title"]) < 150
    assert "Co-authored-by" not in answer["commit"]  # the login is none


def test_a_hostile_sentence_is_a_comment_on_the_page(site: Path) -> None:
    """It cannot end its comment, make a card, cite, or name a work; the page has one card."""
    answer = answered("hostile")
    text = (site / answer["path"]).read_text(encoding="utf-8")
    (card,) = read_cards(text, answer["path"])
    (line,) = [each for each in text.split("\n") if "Said by" in each]
    assert line.startswith("    <!-- Said by issue 25: ") and line.endswith(" -->")
    assert line.count("-->") == line.count("<!--") == 1
    assert not set(line[8:-3]) & set("<>[]{}`$\\")
    assert all(map(str.isprintable, line))
    assert card.words == 0 and not card.links and not card.images
    result = CliRunner().invoke(main, ["check", "--format", "json"])
    rules = {each["rule"] for each in json.loads(result.stdout) if each["path"] == answer["path"]}
    assert rules == {"unfinished-card", "empty-field"}


def test_nobody_else_is_credited(site: Path) -> None:
    """A handle other than one's own is a name, and no field can be added behind it."""
    answer = answered("hostile-credit")
    text = (site / answer["path"]).read_text(encoding="utf-8")
    card = read_cards(text, answer["path"])[-1]
    (name,) = card.values("added-by")
    assert name.text.startswith("torvalds") and not set(name.text) & set("@<>[]\n")
    assert not card.values("code")


@pytest.mark.parametrize("login", ["аda", "a\nb", "a b", "-a", "a--b", "ghost", "@a", "a" * 99, ""])
def test_a_login_is_one_or_nobody(site: Path, tmp_path: Path, login: str) -> None:
    """What is no handle on GitHub is not written anywhere."""
    path = edited(tmp_path, "good", user={"login": login, "id": 7, "type": "User"})
    answer = answered(path)
    assert answer["outcome"] == "card"
    assert "added-by" not in (site / answer["path"]).read_text(encoding="utf-8")
    assert "Co-authored-by" not in answer["commit"] and "suggested by" not in answer["body"]


def test_words_are_made_harmless() -> None:
    """One line, seen characters, no calls, no marks."""
    assert plain("a\u202e\x00\ud800\u200b\n\tb\U000e0041") == "a b"
    assert plain("e" + "\u0301" * 50).count("\u0301") <= 2
    assert len(plain("x" * 10**6, 50)) == 50
    assert still("Fixes #1, GH-2 by @a: https://x") == "Fixes ＃1, GH‐2 by ＠a: https:／／x"
    assert inert("*a* <b> www.x") == r"\*a\* \<b\> www\.x"
    assert inert("- a-b") == r"\- a-b"
    assert commented("a --> b <!-- [x] `y` --") == "a –＞ b ＜!– ［x］ ｀y｀ –"


# -- the form --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "works"),
    [
        ("2404.17047", ["arxiv:2404.17047"]),
        ("see arXiv:2404.17047v2, please", ["arxiv:2404.17047"]),
        ("`https://arxiv.org/abs/2404.17047`.", ["arxiv:2404.17047"]),
        ("[x](https://arxiv.org/pdf/2404.17047)", ["arxiv:2404.17047"]),
        ("<https://doi.org/10.1145/3442188.3445922>", ["doi:10.1145/3442188.3445922"]),
        ("(doi: 10.1145/3442188.3445922)", ["doi:10.1145/3442188.3445922"]),
        ("It is at arxiv.org/abs/2404.17047", ["arxiv:2404.17047"]),
        ("math.GT/0309136 and 2404.17047 2404.17047", ["arxiv:math/0309136", "arxiv:2404.17047"]),
        ("https://example.org/a_(b)", ["url:https://example.org/a_(b)"]),
        ("https://arxiv.org@evil.example/abs/2404.17047", []),
        ("https://evil.example/2404.17047x/2404.17047", ["url:https://evil.example/2404.17047x/2404.17047"]),
        ("javascript:alert(1) file:///etc/passwd 12.5 2404.1704", []),
        ("https://example.org/" + "a" * 2000, []),
        (")" * 4000, []),
    ],
)  # fmt: skip
def test_an_address_is_found_in_what_was_written(text: str, works: list[str]) -> None:
    """However it is wrapped; what only looks like an address is none."""
    found = read_form(f"### Address of the paper\n\n{text}\n\n### How to name you\n\nx").works
    assert [str(work) for work in found] == works


def test_headings_count_once_and_nothing_is_lost() -> None:
    """A heading repeated inside a box, or an unknown one, belongs to the box."""
    text = (
        "### address of the PAPER\n2404.17047\n### What it found, in a sentence\na\n### Other\nb\n"
        "### Address of the paper\n2404.17048\n### How to name you\n\n_No response_\n"
    )
    form = read_form(text)
    assert [work.id for work in form.works] == ["2404.17047"]
    assert form.finding.split("\n")[0] == "a" and "### Other" in form.finding
    assert (form.credit, form.behavior, form.whole) == ("", "", True)


def test_the_form_and_its_reader_agree() -> None:
    """Ids, labels and what is written for "none" are the same in the form and in the code."""
    form = yaml.safe_load(FORM.read_text(encoding="utf-8"))
    boxes = {each["id"]: each for each in form["body"] if "id" in each}
    assert {name: box["attributes"]["label"] for name, box in boxes.items()} == BOXES
    assert form["title"].strip() == TITLE and form["labels"] == [LABEL]
    required = [name for name, box in boxes.items() if box.get("validations", {}).get("required")]
    assert required == ["address"]
    options = boxes["behavior"]["attributes"]["options"]
    terms = Taxonomy.load(ROOT / "bib/taxonomy.yml").terms.values()
    assert options == [UNKNOWN, *(f"{term.label} ({term.slug})" for term in terms)]
    assert f"`{NOBODY}`" in boxes["credit"]["attributes"]["description"]


# -- the command -----------------------------------------------------------------------------


def test_the_parts_are_written_as_files(site: Path, tmp_path: Path) -> None:
    """What the workflow needs it gets as files, byte for byte; nothing passes through a shell."""
    folder = tmp_path / "deep/answer"
    answer = answered("hostile", "--output-dir", str(folder))
    names = {
        "title": "title.txt", "body": "body.md", "comment": "comment.md", "branch": "branch.txt",
        "outcome": "outcome.txt", "commit": "commit.txt", "label": "label.txt",
    }  # fmt: skip
    assert {name: (folder / file).read_text(encoding="utf-8") for name, file in names.items()} == {
        name: answer[name] for name in names
    }
    assert {path.name for path in folder.iterdir()} == set(names.values())


def test_as_text_it_is_for_people(site: Path) -> None:
    """Outcome and place, then the answer without its marker."""
    text = run("good").stdout
    assert text.startswith("card docs/deception/evaluation-awareness.md:")
    assert MARKER not in text and "Thank you." in text


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (b"", "it is not JSON"),
        (b"[1]", "no JSON object"),
        (b"\xff\xfe", "it is not JSON"),
        (b"[" * 100000, "it is not JSON"),
        (b"{}", "its `issue` has no number"),
        (b'{"issue": {"number": true}}', "its `issue` has no number"),
        (b'{"issue": [], "action": "opened"}', "its `issue` has no number"),
        (b" " * (LARGEST + 1), "larger than"),
    ],
)
def test_a_broken_event_is_a_sentence(site: Path, tmp_path: Path, source: bytes, said: str) -> None:
    """Exit code 1 and what is wrong; 2 where there is no such file."""
    path = tmp_path / "event.json"
    path.write_bytes(source)
    result = run(path)
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)
    assert said in result.stderr
    assert run(tmp_path / "nowhere.json").exit_code == 2


def test_parts_of_the_wrong_kind_are_none() -> None:
    """GitHub's own parts may be missing or null, as the text of an empty issue is."""
    event = {"action": None, "issue": {"number": 5, "user": None, "body": 7, "labels": [None, 1]}}
    issue = issue_of(event)
    assert issue is not None
    assert (issue.body, issue.login, issue.branch) == ("", "", "main")
    assert issue.labels == {""}
