"""The workflows' scripts, run for real.

From a stranger's pull request to the comment on it, and from the plan of a link check to the pull
request that mends.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest

from ethogram.changes import MARK
from ethogram.report import MARKER
from github import ROOT, Machine, git
from loopback_arxiv import LoopbackArxiv, Paper
from loopback_web import LoopbackWeb, Reply, redirect
from web_probes import GONE, OK

BOT = "41898282+github-actions[bot]@users.noreply.github.com"


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A repository with the shared site in it, as GitHub holds it."""
    seed = tmp_path / "seed"
    shutil.copytree(ROOT / "tests/site", seed)
    shutil.copy(ROOT / "bib/taxonomy.yml", seed / "bib/taxonomy.yml")
    shutil.copy(ROOT / ".gitignore", seed / ".gitignore")
    git(tmp_path, "init", "--quiet", "--initial-branch=main", "seed")
    commit(seed)
    git(tmp_path, "clone", "--quiet", "--bare", "seed", "origin.git")
    return tmp_path / "origin.git"


def commit(folder: Path) -> None:
    """Commit whatever is there."""
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "A change")


Setting = Callable[..., Machine]


@pytest.fixture
def machine(tmp_path: Path, origin: Path) -> Setting:
    """Give a function that sets up a machine with a fresh checkout, as each job gets one."""

    def new(name: str, *options: str, **variables: str) -> Machine:
        checkout = tmp_path / f"{name} checkout"
        git(tmp_path, "clone", "--quiet", *options, origin.as_uri(), str(checkout))
        return Machine.new(tmp_path / name, checkout, **variables)

    return new


# -- the preview and its comment -------------------------------------------------------------

REPOSITORY = {"GH_TOKEN": "t", "REPOSITORY": "o/r"}
SHA = "a" * 40
ARTIFACT_IDS = "repos/o/r/actions/runs/5/artifacts?name="


def previewed(machine: Setting, tmp_path: Path, change: Callable[[Path], None]) -> Path:
    """Play the run of a pull request; return its artifact, packed as GitHub packs it."""
    builder = machine("build")
    git(builder.checkout, "switch", "--quiet", "--create", "theirs")
    change(builder.checkout)
    commit(builder.checkout)
    git(builder.checkout, "switch", "--quiet", "main")
    git(builder.checkout, "merge", "--quiet", "--no-ff", "--message", "Merge", "theirs")
    git(tmp_path, "clone", "--quiet", "--depth=2", builder.checkout.as_uri(), "shallow")
    shallow = Machine.new(tmp_path / "shallow machine", tmp_path / "shallow")
    shallow.run("preview.yml/build/Say what is changed", NUMBER="7")
    with ZipFile(tmp_path / "changes.zip", "w") as archive:
        for path in sorted((shallow.temp / "changes").iterdir()):
            archive.write(path, path.name)
    return tmp_path / "changes.zip"


def written(machine: Setting, artifact: Path, site: str = "12") -> Machine:
    """Play the job that writes the comment."""
    writer = machine("write", **REPOSITORY, RUN="5")
    listing = {"artifacts": [{"id": 11, "size_in_bytes": artifact.stat().st_size}]}
    writer.reply(
        (f"api {ARTIFACT_IDS}changes", listing, "11"),
        (f"api {ARTIFACT_IDS}site", {"artifacts": [{"id": 12}] if site else []}, site),
        ("api repos/o/r/actions/artifacts/11/zip", None, f"file:{artifact}"),
    )
    writer.run("preview-comment.yml/write/Fetch what the preview left")
    writer.run(
        "preview-comment.yml/write/Write the comment",
        RUN_ADDRESS="https://github.com/o/r/actions/runs/5",
        SITE=writer.outputs().get("site", ""),
    )
    return writer


def alter(checkout: Path) -> None:
    """A pull request that alters a card, and has a fault."""
    page = checkout / "docs/security/backdoor.md"
    page.write_text(page.read_text().replace("evidence: model-organism", "evidence: hearsay", 1))


def test_a_pull_request_gets_a_comment(machine: Setting, tmp_path: Path) -> None:
    """From its run through the artifact to the words; a fault is told there, and stops nothing."""
    writer = written(machine, previewed(machine, tmp_path, alter))
    comment = (writer.temp / "comment/comment.md").read_text()
    assert writer.outputs() == {"found": "true", "site": "12", "number": "7"}
    assert comment.startswith(MARK)
    assert "`docs/security/backdoor.md:8` `Sleeper Agents" in comment
    assert "docs/security/backdoor.md:11:15: unknown-evidence" in comment
    assert "](https://github.com/o/r/actions/runs/5/artifacts/12)" in comment


def garble(checkout: Path) -> None:
    """A pull request with a page that is no text."""
    (checkout / "docs/garbled.md").write_bytes(b"\xff\xfe")


def test_a_page_that_cannot_be_read_is_told(machine: Setting, tmp_path: Path) -> None:
    """It is the check that fails by it; the comment comes all the same."""
    writer = written(machine, previewed(machine, tmp_path, garble))
    comment = (writer.temp / "comment/comment.md").read_text()
    assert "docs/garbled.md:1:1: unreadable-page" in comment


def test_of_a_run_that_is_run_again_the_newest_counts(machine: Setting, tmp_path: Path) -> None:
    """GitHub may list what each attempt left, and what it has thrown away."""
    writer = machine("write", **REPOSITORY, RUN="5")
    (tmp_path / "changes.zip").write_bytes(b"")
    listing = [
        {"id": number, "size_in_bytes": size, "expired": expired}
        for number, size, expired in (
            (11, 9, False),
            (14, 9, True),
            (13, 9, False),
            (15, 10**7, False),
        )
    ]
    writer.reply(
        (f"api {ARTIFACT_IDS}changes", {"artifacts": listing}, "13"),
        (f"api {ARTIFACT_IDS}site", {"artifacts": listing}, "15"),
        ("api repos/o/r/actions/artifacts/13/zip", None, f"file:{tmp_path / 'changes.zip'}"),
    )
    writer.run("preview-comment.yml/write/Fetch what the preview left")
    assert writer.outputs() == {"site": "15", "found": "true"}


def test_a_site_that_was_not_built_has_no_link(machine: Setting, tmp_path: Path) -> None:
    """The comment comes all the same."""
    writer = written(machine, previewed(machine, tmp_path, alter), site="")
    comment = (writer.temp / "comment/comment.md").read_text()
    assert "The site could not be built" in comment
    assert "](" not in comment


def test_a_missing_or_huge_artifact_is_let_be(machine: Setting) -> None:
    """It is not even fetched."""
    writer = machine("write", **REPOSITORY, RUN="5")
    listing = {"artifacts": [{"id": 11, "size_in_bytes": 1_000_001}]}
    writer.reply((f"api {ARTIFACT_IDS}changes", listing, ""))
    said = writer.run("preview-comment.yml/write/Fetch what the preview left")
    assert "::notice::" in said
    assert writer.outputs() == {}
    assert not [words for words in writer.asked() if words[1].endswith("/zip")]


def test_a_hostile_artifact_ends_the_run(machine: Setting, tmp_path: Path) -> None:
    """Neither a comment nor a number comes of what is no artifact of ours."""
    writer = machine("write", **REPOSITORY)
    with ZipFile(writer.temp / "changes.zip", "w") as archive:
        for name, data in (("number", "7\nsite=1"), ("cards.json", "[]"), ("findings.json", "[]")):
            archive.writestr(name, data)
    step = "preview-comment.yml/write/Write the comment"
    said = writer.run(step, fails=True, RUN_ADDRESS="https://github.com/", SITE="")
    assert "no number of a pull request" in said
    assert writer.outputs() == {}


def comment_of(login: str, number: int, body: str = f"{MARK}\nWords") -> dict[str, Any]:
    """A comment as GitHub's API has it."""
    return {"id": number, "user": {"login": login}, "body": body}


@pytest.mark.parametrize(
    ("comments", "own", "to"),
    [
        ([comment_of("anyone", 1)], "", ["POST", "repos/o/r/issues/7/comments"]),
        (
            [
                comment_of("anyone", 1),
                comment_of("github-actions[bot]", 2, "Another"),
                comment_of("github-actions[bot]", 3),
                comment_of("github-actions[bot]", 4),
            ],
            "3\n4",
            ["PATCH", "repos/o/r/issues/comments/3"],
        ),
    ],
    ids=["first", "again"],
)
def test_the_comment_is_posted_once(
    machine: Setting, comments: list[object], own: str, to: list[str]
) -> None:
    """Its own comment is edited, and no one else's, whatever mark that has."""
    poster = machine("post", **REPOSITORY, NUMBER="7", EXPECTED=f"open {SHA} 9")
    pull = {"state": "open", "head": {"sha": SHA, "repo": {"id": 9}}}
    poster.reply(
        ("api repos/o/r/pulls/7", pull, f"open {SHA} 9"),
        ("api --paginate repos/o/r/issues/7/comments", comments, own),
    )
    poster.run("preview-comment.yml/post/Post or edit the comment")
    last = poster.asked()[-1]
    assert last[:4] == ["api", "--method", *to]
    assert f"body=@{poster.temp}/comment/comment.md" in last


@pytest.mark.parametrize(
    "pull",
    [
        {"state": "closed", "head": {"sha": SHA, "repo": {"id": 9}}},
        {"state": "open", "head": {"sha": "b" * 40, "repo": {"id": 9}}},
        {"state": "open", "head": {"sha": SHA, "repo": {"id": 8}}},
        {"state": "open", "head": {"sha": SHA, "repo": None}},
    ],
    ids=["closed", "another commit", "another repository", "no repository"],
)
def test_nothing_is_posted_elsewhere(machine: Setting, pull: dict[str, Any]) -> None:
    """A number that the artifact made up leads to no pull request but the one that was built."""
    poster = machine("post", **REPOSITORY, NUMBER="7", EXPECTED=f"open {SHA} 9")
    head = pull["head"]
    said = f"{pull['state']} {head['sha']} {head['repo']['id'] if head['repo'] else 'null'}"
    poster.reply(("api repos/o/r/pulls/7", pull, said))
    assert "::notice::" in poster.run("preview-comment.yml/post/Post or edit the comment")
    assert len(poster.asked()) == 1


# -- upkeep ----------------------------------------------------------------------------------

UPKEEP = {"GH_TOKEN": "t", "GH_REPO": "o/r", "BASE": "main"}
STEP = "links.yml/propose/Open or update the pull request"
COPY = "https://web.archive.org/web/20250102030405/http://gone.example/"


@pytest.fixture
def web() -> Iterator[LoopbackWeb]:
    """Three hosts, with a page that is fine, one that has moved for good and one that is gone."""
    pages: dict[str, Reply | list[Reply]] = {
        "/ok": OK,
        "/old": redirect("/new"),
        "/new": OK,
        "/gone": GONE,
    }
    with LoopbackWeb(pages, hosts=3) as server:
        kept = {"closest": {"available": True, "status": "200", "url": COPY}}
        server.default = Reply(body=json.dumps({"archived_snapshots": kept}).encode())
        yield server


@pytest.fixture
def asking(web: LoopbackWeb) -> Iterator[dict[str, str]]:
    """Variables that let the command ask this machine's servers alone."""
    numbers = ("2401.05566", "2212.09251", "2404.17047", "2310.01870")
    with LoopbackArxiv([Paper(number, version=9) for number in numbers]) as arxiv:
        yield {
            "ETHOGRAM_ARXIV_API": arxiv.endpoint,
            "ETHOGRAM_WAYBACK_API": web.url("/wayback"),
            "GITHUB_TOKEN": "",
        }


def linking(origin: Path, web: LoopbackWeb) -> list[str]:
    """Make the site's pages link to this machine's servers alone; return the addresses."""
    seed = origin.parent / "seed"
    shutil.rmtree(seed / "docs")
    (seed / "docs").mkdir()
    urls = [web.url(path, host) for host in range(3) for path in ("/ok", "/old", "/gone")]
    (seed / "docs/index.md").write_text("# Site\n\n" + "".join(f"<{url}>\n\n" for url in urls))
    settings = seed / "mkdocs.yml"
    top = "extra:\n  ethogram:\n"
    assert top in settings.read_text()
    settings.write_text(settings.read_text().replace(top, f"{top}    allow_private: true\n"))
    commit(seed)
    git(seed, "push", "--quiet", str(origin), "main")
    return urls


def mended(machine: Setting, asking: dict[str, str]) -> Machine:
    """Play the jobs up to the last: plan, two shards on a machine each, and the mending."""
    planner = machine("plan", "--depth=1")
    planner.run("links.yml/plan/Divide the links", LINKS="5")
    shards = json.loads(planner.outputs()["shards"])
    assert shards == ["1/2", "2/2"]
    mender = machine("mend", "--depth=1", **asking)
    (mender.temp / "journals").mkdir()
    for number, shard in enumerate(shards):
        name = f"journal-{number}.jsonl"
        checker = machine(f"check {number}", "--depth=1", **asking)
        checker.run("links.yml/check/Check the links", SHARD=shard, JOURNAL=name)
        shutil.copy(checker.temp / "journal" / name, mender.temp / "journals")
    mender.run("links.yml/mend/Refresh the records")
    mender.run("links.yml/mend/Mend the links")
    mender.run("links.yml/mend/Write down what is changed and what is left")
    return mender


def proposing(machine: Setting, passed_on: Path, name: str = "propose") -> Machine:
    """A machine for the last job, with what the one before passed on."""
    proposer = machine(name, **UPKEEP)
    shutil.copytree(passed_on, proposer.temp / "upkeep")
    return proposer


def test_upkeep_from_plan_to_pull_request(
    machine: Setting, origin: Path, web: LoopbackWeb, asking: dict[str, str]
) -> None:
    """Each link is asked for once; what has moved, what is gone and the journal are proposed."""
    urls = linking(origin, web)
    mender = mended(machine, asking)
    asked = [(each.port, each.path) for each in web.requests if each.method == "HEAD"]
    assert sorted(asked) == sorted(set(asked))
    proposer = proposing(machine, mender.temp / "upkeep")
    proposer.run(STEP)
    changed = git(origin, "diff", "--name-only", "main", "upkeep").split()
    assert {"bib/archive.yml", "bib/links.jsonl", "docs/index.md"} <= set(changed)
    assert not [name for name in changed if not re.match(r"(bib|docs)/", name)]
    page = git(origin, "show", "upkeep:docs/index.md")
    assert ("/old" in page, page.count("/new>")) == (False, 3)
    journal = git(origin, "show", "upkeep:bib/links.jsonl")
    assert {json.loads(line)["url"] for line in journal.splitlines()} >= set(urls)
    assert COPY in git(origin, "show", "upkeep:bib/archive.yml")
    assert git(origin, "log", "-1", "--format=%ae%n%s", "upkeep").split("\n")[:2] == [
        BOT,
        "Upkeep of links and records",
    ]
    body = str(proposer.temp / "upkeep/pull-request.md")
    assert proposer.asked()[-2:] == [
        [
            *("pr", "create", "--base", "main", "--head", "upkeep"),
            *("--title", "Upkeep of links and records", "--label", "upkeep", "--body-file", body),
        ],
        ["workflow", "run", "ci.yml", "--ref", "upkeep"],
    ]
    assert "    mended: docs/index.md\n" in Path(body).read_text()
    issue = (proposer.temp / "upkeep/issue.md").read_text()
    assert issue.startswith(MARKER)
    assert len(issue) < 65_536


def test_a_fault_that_waits_in_the_pull_request_counts(
    machine: Setting, origin: Path, web: LoopbackWeb, asking: dict[str, str]
) -> None:
    """What last week's run saw is known to this week's, though nobody has merged it yet."""
    linking(origin, web)
    waiting = machine("waiting")
    git(waiting.checkout, "switch", "--quiet", "--create", "upkeep")
    entry = {
        "url": web.url("/gone"),
        "kind": "page",
        "verdict": "suspect",
        "checked": "2026-01-09T00:00:00Z",
        "faults": ["2026-01-01T00:00:00Z", "2026-01-09T00:00:00Z"],
    }
    (waiting.checkout / "bib/links.jsonl").write_text(json.dumps(entry) + "\n")
    commit(waiting.checkout)
    git(waiting.checkout, "push", "--quiet", "origin", "upkeep")
    checker = machine("check", "--depth=1", **asking)
    checker.run("links.yml/check/Check the links", SHARD="1/1", JOURNAL="j.jsonl")
    seen = [
        json.loads(line) for line in (checker.temp / "journal/j.jsonl").read_text().splitlines()
    ]
    (found,) = [each for each in seen if each["url"] == web.url("/gone")]
    assert (found["verdict"], len(found["faults"])) == ("dead", 3)


def test_a_second_run_updates_the_first_ones(
    machine: Setting, origin: Path, tmp_path: Path
) -> None:
    """One pull request: its branch is written anew, and its body; another's is not taken for it."""
    passed = passing(machine, tmp_path)
    proposing(machine, passed).run(STEP)
    again = proposing(machine, passed, "again")
    pulls = [{"number": 3, "isCrossRepository": True}, {"number": 4, "isCrossRepository": False}]
    again.reply(("pr list --head upkeep --state open", pulls, "4"))
    again.run(STEP)
    assert git(origin, "rev-list", "--count", "main..upkeep") == "1\n"
    assert [
        "pr",
        "edit",
        "4",
        "--body-file",
        f"{again.temp}/upkeep/pull-request.md",
    ] in again.asked()
    assert not [words for words in again.asked() if words[:2] == ["pr", "create"]]


def passing(machine: Setting, tmp_path: Path) -> Path:
    """What the mending passes on, with a line more on a page."""
    mender = machine("earlier")
    with (mender.checkout / "docs/index.md").open("a") as page:
        page.write("\nMended.\n")
    folder = tmp_path / "passed on"
    folder.mkdir()
    (folder / "upkeep.patch").write_text(git(mender.checkout, "diff", "--binary"))
    (folder / "pull-request.md").write_text("Words")
    (folder / "issue.md").write_text(f"{MARKER}\n\nWords")
    return folder


@pytest.mark.parametrize("number", ["4", ""], ids=["open", "closed"])
def test_a_persons_work_on_the_branch_is_not_overwritten(
    machine: Setting, origin: Path, tmp_path: Path, number: str
) -> None:
    """As long as the pull request is open, the branch is theirs."""
    passed = passing(machine, tmp_path)
    person = machine("person")
    git(person.checkout, "switch", "--quiet", "--create", "upkeep")
    (person.checkout / "docs/theirs.md").write_text("# Theirs\n")
    commit(person.checkout)
    git(person.checkout, "push", "--quiet", "origin", "upkeep")
    proposer = proposing(machine, passed)
    pulls = [{"number": 4, "isCrossRepository": False}] if number else []
    proposer.reply(("pr list --head upkeep", pulls, number))
    said = proposer.run(STEP)
    kept = "docs/theirs.md" in git(origin, "ls-tree", "-r", "--name-only", "upkeep")
    assert kept is bool(number)
    assert ("::notice::" in said) is kept


def test_who_amends_our_commit_is_a_person(machine: Setting, origin: Path, tmp_path: Path) -> None:
    """Its author is still the workflow; its committer is not."""
    passed = passing(machine, tmp_path)
    proposing(machine, passed).run(STEP)
    person = machine("person")
    git(person.checkout, "switch", "--quiet", "upkeep")
    (person.checkout / "docs/theirs.md").write_text("# Theirs\n")
    git(person.checkout, "add", "docs")
    git(person.checkout, "commit", "--quiet", "--amend", "--no-edit")
    git(person.checkout, "push", "--quiet", "--force", "origin", "upkeep")
    again = proposing(machine, passed, "again")
    again.reply(("pr list --head upkeep", [{"number": 4, "isCrossRepository": False}], "4"))
    assert "::notice::" in again.run(STEP)
    assert "docs/theirs.md" in git(origin, "ls-tree", "-r", "--name-only", "upkeep")


@pytest.mark.parametrize(
    ("step", "variables"),
    [
        ("check/Check the links", {"SHARD": "1/1", "JOURNAL": "j.jsonl"}),
        ("mend/Refresh the records", {}),
        ("mend/Mend the links", {}),
    ],
)
def test_words_of_the_web_are_no_commands(
    machine: Setting,
    origin: Path,
    web: LoopbackWeb,
    asking: dict[str, str],
    step: str,
    variables: dict[str, Any],
) -> None:
    """What is printed of it stands where GitHub's runner obeys nothing; a new word ends that."""
    linking(origin, web)
    stops = []
    for number in range(2):
        said = machine(f"printer {number}", **asking).run(f"links.yml/{step}", **variables)
        (stop,) = re.findall(r"^::stop-commands::(\w{32})$", said, re.MULTILINE)
        before, _, rest = said.partition(f"::stop-commands::{stop}\n")
        inside, ended, after = rest.partition(f"::{stop}::\n")
        assert ended
        assert "127.0.0.1" not in before + after
        assert inside
        stops.append(stop)
    assert stops[0] != stops[1]


def test_nothing_to_mend_opens_nothing(machine: Setting, tmp_path: Path) -> None:
    """No empty pull request."""
    passed = passing(machine, tmp_path)
    (passed / "upkeep.patch").write_text("")
    proposer = proposing(machine, passed)
    assert "There is nothing to mend." in proposer.run(STEP)
    assert proposer.asked() == []


@pytest.mark.parametrize("known", [True, False])
def test_the_label_is_made_if_it_is_missing(machine: Setting, known: bool) -> None:
    """GitHub gives an issue only labels that exist; one that people have changed stays so."""
    proposer = machine("propose", **UPKEEP)
    names = ["bug", "upkeep-later", *(["upkeep"] if known else [])]
    data = [{"name": name} for name in names]
    proposer.reply(("label list", data, "\n".join(names)))
    proposer.run("links.yml/propose/See to the label")
    assert [words[:3] for words in proposer.asked()[1:]] == (
        [] if known else [["label", "create", "upkeep"]]
    )


def issue_of(number: int, state: str, body: str = f"{MARKER}\nW") -> dict[str, Any]:
    """An issue as `gh issue list` has it."""
    return {"number": number, "state": state, "body": body}


@pytest.mark.parametrize(
    ("issues", "found", "done"),
    [
        ([issue_of(1, "OPEN", "Something else")], "", ["create"]),
        ([issue_of(8, "OPEN"), issue_of(5, "OPEN")], "5 OPEN", ["edit 5"]),
        ([issue_of(5, "CLOSED")], "5 CLOSED", ["edit 5", "reopen 5"]),
    ],
    ids=["none", "open", "closed"],
)
def test_one_issue_is_kept_up_to_date(
    machine: Setting, tmp_path: Path, issues: list[object], found: str, done: list[str]
) -> None:
    """The oldest with the mark; it is opened again if need be, and made if there is none."""
    proposer = proposing(machine, passing(machine, tmp_path))
    proposer.reply(("issue list --label upkeep --state all", issues, found))
    proposer.run("links.yml/propose/Keep the issue up to date")
    told = [" ".join(words[1:3]) for words in proposer.asked()[1:]]
    assert [each.removesuffix(" --title") for each in told] == done
    assert f"{proposer.temp}/upkeep/issue.md" in proposer.asked()[1]


def test_works_without_an_answer_are_a_warning(machine: Setting, asking: dict[str, str]) -> None:
    """An outage of arXiv stops no upkeep; what is no answer about works does."""
    mender = machine("mend", **asking)
    step = "links.yml/mend/Refresh the records"
    assert "::warning title=Records::" in mender.run(step)
    bad = {"ETHOGRAM_ARXIV_API": "no address"}
    assert "ETHOGRAM_ARXIV_API" in mender.run(step, fails=True, **bad)
    shutil.rmtree(mender.checkout / "docs")
    assert "There is no docs/ here" in mender.run(step, fails=True)


def test_a_link_check_that_fails_is_no_success(machine: Setting, asking: dict[str, str]) -> None:
    """Dead links are what it is for; settings that cannot be read are a failure."""
    checker = machine("check", **asking)
    (checker.checkout / "mkdocs.yml").write_text("extra:\n  ethogram:\n    links: maybe\n")
    step = "links.yml/check/Check the links"
    assert "The setting `links`" in checker.run(step, fails=True, SHARD="1/1", JOURNAL="j.jsonl")
    checker.run("links.yml/mend/Mend the links", fails=True)
