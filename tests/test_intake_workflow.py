"""The workflow of suggestions: its scripts as they stand, with the real Git and a stand-in `gh`.

The stand-in keeps what it was asked, word for word, and answers as GitHub would.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from ethogram.intake.answer import MARKER
from ethogram.intake.form import BOXES
from ethogram.intake.issue import LABEL, TITLE
from loopback_arxiv import LoopbackArxiv, Paper

ROOT = Path(__file__).parent.parent
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/intake.yml").read_text(encoding="utf-8"))
PAPERS = [Paper("2404.17047", title="A First Title"), Paper("2404.17051", title="--> $(touch x)")]
PAGE = "docs/deception/evaluation-awareness.md"
GH = """\
#!{python}
import json, os, pathlib, sys
folder = pathlib.Path(os.environ["GH_FOLDER"])
words = sys.argv[1:]
with (folder / "asked").open("a") as asked:
    read = [w.partition("=@") for w in words]
    texts = {{k: pathlib.Path(p).read_text() for k, at, p in read if at}}
    asked.write(json.dumps([words, texts]) + "\\n")
method = words[words.index("--method") + 1] if "--method" in words else "GET"
said = folder / (method if words[0] == "api" else " ".join(words[:2]))
if said.exists():
    print(said.read_text(), end="")
sys.exit((folder / f"{{method}}.fails").exists() and words[0] == "api")
"""


def step(job: str, name: str) -> dict[str, Any]:
    """A step of a job, by the start of its name."""
    steps: list[dict[str, Any]] = WORKFLOW["jobs"][job]["steps"]
    return next(each for each in steps if each["name"].startswith(name))


class Runner:
    """A runner of GitHub's, as far as the scripts can see: folders, variables, a repository."""

    def __init__(self, folder: Path) -> None:
        self.temp, self.gh = folder / "temp", folder / "gh"
        self.origin, self.work = folder / "origin.git", folder / "work"
        for each in (self.temp, self.gh, folder / "bin"):
            each.mkdir(parents=True)
        (folder / "bin/gh").write_text(GH.format(python=sys.executable), encoding="utf-8")
        (folder / "bin/gh").chmod(0o755)
        self.environment = {
            **os.environ,
            "PATH": f"{folder / 'bin'}{os.pathsep}{Path(sys.executable).parent}{os.pathsep}"
            + os.environ["PATH"],
            "RUNNER_TEMP": str(self.temp),
            "GH_FOLDER": str(self.gh),
            "GITHUB_SERVER_URL": "https://github.com",
            "GITHUB_REPOSITORY": "example/ethogram",
            "GITHUB_REPOSITORY_OWNER": "example",
            "GITHUB_RUN_ID": "77",
            "GITHUB_EVENT_PATH": str(folder / "event.json"),
            "GITHUB_OUTPUT": str(folder / "output"),
            "GIT_CONFIG_GLOBAL": str(folder / "gitconfig"),
            "GIT_CONFIG_NOSYSTEM": "1",
            "SOURCE_DATE_EPOCH": "1795219200",  # 2026-11-21
            "PYTHONPATH": str(ROOT / "hooks"),
            "MARKER": WORKFLOW["env"]["MARKER"],
            "NUMBER": "12",
            "BASE": "main",
            "BOT": WORKFLOW["jobs"]["propose"]["env"]["BOT"],
        }
        self.event, self.output = folder / "event.json", folder / "output"
        (folder / "gitconfig").write_text(
            "[user]\nname = A Person\nemail = person@example.org\n[init]\ndefaultBranch = main\n",
            encoding="utf-8",
        )
        self._publish(folder / "seed")

    def _publish(self, seed: Path) -> None:
        shutil.copytree(ROOT / "tests/site", seed)
        shutil.copy(ROOT / "bib/taxonomy.yml", seed / "bib/taxonomy.yml")
        shutil.copy(ROOT / ".gitignore", seed)
        for words in ("init --quiet", "add .", "commit --quiet -m Seed"):
            self.git(words, seed)
        self.git(f"clone --quiet --bare {seed} {self.origin}", seed)

    def git(self, words: str, folder: Path | None = None) -> str:
        """Run Git, as a person would."""
        return subprocess.run(
            ["git", *words.split()],
            cwd=folder or self.origin,
            env=self.environment,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.strip()

    def check_out(self) -> None:
        """What actions/checkout does: the main branch, and the history of the others."""
        shutil.rmtree(self.work, ignore_errors=True)
        self.git(f"clone --quiet {self.origin} {self.work}", self.temp)

    def run(self, job: str, name: str, **variables: str) -> dict[str, str]:
        """Run the script of a step as GitHub does; its outputs."""
        self.output.write_text("", encoding="utf-8")
        done = subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", step(job, name)["run"]],
            cwd=self.work if self.work.is_dir() else self.temp,
            env={**self.environment, **variables},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        self.log = done.stdout + done.stderr
        lines = self.output.read_text(encoding="utf-8").splitlines()
        return dict(line.split("=", 1) for line in lines)

    def asked(self) -> list[tuple[list[str], dict[str, str]]]:
        """What `gh` was asked since it was last looked at, and the files it was given."""
        path = self.gh / "asked"
        lines = path.read_text(encoding="utf-8").splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return [tuple(json.loads(line)) for line in lines]

    def branches(self) -> dict[str, str]:
        """The branches of suggestions and their commits."""
        words = "for-each-ref --format=%(refname:lstrip=2)=%(objectname) refs/heads/suggestion"
        return dict(line.split("=") for line in self.git(words).splitlines())


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    """A runner with a repository that has the shared site."""
    return Runner(tmp_path)


def propose(runner: Runner, event: str, **issue: Any) -> dict[str, str]:
    """Take a suggestion and push what becomes of it, as the two jobs do."""
    told = json.loads((ROOT / f"tests/events/{event}.json").read_text(encoding="utf-8"))
    told["issue"].update(number=12, **issue)
    runner.event.write_text(json.dumps(told), encoding="utf-8")
    runner.check_out()
    with LoopbackArxiv(PAPERS) as arxiv:
        shutil.rmtree(runner.temp / "answer", ignore_errors=True)
        out = runner.run("read", "Take the suggestion", ETHOGRAM_ARXIV_API=arxiv.endpoint)
    assert runner.log == ""  # nothing that anybody wrote is printed
    if out["outcome"] == "card":
        runner.check_out()
        out |= runner.run("propose", "Push the card")
    runner.asked()
    return out


# -- the card --------------------------------------------------------------------------------


def test_a_card_is_pushed_and_credited(runner: Runner) -> None:
    """One commit with the page and its record, by the workflow and the suggester."""
    assert propose(runner, "good") == {"outcome": "card", "pushed": "true"}
    ((branch, commit),) = runner.branches().items()
    assert branch.startswith("suggestion/12-")
    files = runner.git(f"diff --name-only main {commit}").splitlines()
    assert files == ["bib/arxiv.bib", PAGE]
    message = runner.git(f"log -1 --format=%an%n%B {commit}")
    assert message.startswith("github-actions[bot]\nAdd a card: A First Title\n")
    assert message.endswith(
        "Co-authored-by: ada-lovelace <1815+ada-lovelace@users.noreply.github.com>"
    )


def test_the_same_suggestion_again_changes_nothing(runner: Runner) -> None:
    """A second event about the same text leaves the branch as it is."""
    propose(runner, "good")
    before = runner.branches()
    assert propose(runner, "good")["pushed"] == "true"
    assert runner.branches() == before


def test_work_of_a_person_is_left_alone(runner: Runner) -> None:
    """What somebody has added to the branch is neither overwritten nor deleted."""
    propose(runner, "good")
    (branch,) = runner.branches()
    runner.check_out()
    runner.git(f"switch --quiet {branch}", runner.work)
    runner.git("commit --quiet --allow-empty -m Finding", runner.work)
    runner.git(f"push --quiet origin {branch}", runner.work)
    before = runner.branches()
    assert propose(runner, "good")["pushed"] == "false"
    assert runner.branches() == before
    propose(runner, "hostile")  # another paper, in the same issue
    assert runner.branches().items() >= before.items() and len(runner.branches()) == 2


@pytest.mark.parametrize("work", ["commit --amend --no-edit", "rebase --force-rebase HEAD~1"])
def test_who_works_on_our_commit_is_a_person(runner: Runner, work: str) -> None:
    """The author of a commit that somebody amends is still the workflow; the committer is not."""
    propose(runner, "good")
    (branch,) = runner.branches()
    runner.check_out()
    runner.git(f"switch --quiet {branch}", runner.work)
    (runner.work / PAGE).write_text("The finding.\n", encoding="utf-8")
    if work.startswith("commit"):
        runner.git("add .", runner.work)
    else:
        runner.git("checkout --quiet .", runner.work)
    runner.git(f"{work} --quiet", runner.work)
    runner.git(f"push --quiet --force origin {branch}", runner.work)
    before = runner.branches()
    assert propose(runner, "good")["pushed"] == "false"
    assert runner.branches() == before


def test_another_paper_takes_the_place_of_the_first(runner: Runner) -> None:
    """One request for an issue: the branch of the paper that it named before goes."""
    propose(runner, "good")
    (before,) = runner.branches()
    propose(runner, "hostile")
    (after,) = runner.branches()
    assert after != before


@pytest.mark.parametrize(
    ("repository", "address"),
    [
        ("example/ethogram", "https://example.github.io/ethogram/"),
        ("example/Example.github.io", "https://example.github.io/"),
    ],
)
def test_the_site_is_where_github_puts_it(runner: Runner, repository: str, address: str) -> None:
    """Below the owner's address by the repository's name, unless that is the address itself."""
    runner.environment["GITHUB_REPOSITORY"] = repository
    runner.check_out()
    settings = runner.work / "mkdocs.yml"
    text = re.sub(r"(?m)^site_url:.*", "site_url: !ENV SITE_URL", settings.read_text())
    settings.write_text(text, encoding="utf-8")
    runner.git("commit --quiet --all -m Address", runner.work)
    runner.git("push --quiet origin main", runner.work)
    propose(runner, "duplicate")
    assert f"<{address}security/backdoor/" in (runner.temp / "answer/comment.md").read_text()


def test_no_card_no_branch(runner: Runner) -> None:
    """A duplicate is an outcome and nothing else."""
    assert propose(runner, "duplicate") == {"outcome": "duplicate"}
    assert runner.branches() == {}
    assert (runner.temp / "answer/card.patch").read_bytes() == b""


def test_only_pages_and_records_are_changed(runner: Runner) -> None:
    """A patch to anything else is not applied, whatever wrote it."""
    propose(runner, "good")
    patch = runner.temp / "answer/card.patch"
    with patch.open("a", encoding="utf-8") as file:
        file.write(
            "diff --git a/mkdocs.yml b/mkdocs.yml\n--- a/mkdocs.yml\n+++ b/mkdocs.yml\n"
            "@@ -1 +1 @@\n-site_name: Test site\n+site_name: Evil\n"
        )
    runner.git("branch -D " + next(iter(runner.branches())))
    runner.check_out()
    runner.run("propose", "Push the card")
    (commit,) = runner.branches().values()
    assert "mkdocs.yml" not in runner.git(f"diff --name-only main {commit}")


def test_a_paper_that_another_issue_brings_is_not_proposed_twice(runner: Runner) -> None:
    """The issue is led to the request that waits; one that is closed stands in nobody's way."""
    propose(runner, "good")
    (first,) = runner.branches()
    key = first.removeprefix("suggestion/12-")
    (runner.temp / "answer/branch.txt").write_text(f"suggestion/13-{key}", encoding="utf-8")
    runner.check_out()
    look = ("propose", "Look for the same paper")
    assert runner.run(*look, NUMBER="13") == {}
    ((words, _),) = runner.asked()
    assert f"head=example:{first}" in words
    (runner.gh / "GET").write_text("33\n", encoding="utf-8")
    url = "https://github.com/example/ethogram/pull/33"
    assert runner.run(*look, NUMBER="13") == {"url": url}
    (runner.temp / "answer/branch.txt").write_text(first, encoding="utf-8")
    assert runner.run(*look) == {}  # it is its own
    other = f"suggestion/13-{key[1:]}"
    (runner.temp / "answer/branch.txt").write_text(other, encoding="utf-8")
    assert runner.run(*look, NUMBER="13") == {}  # and this one is called otherwise
    for name in ("Push the card", "Open the request"):
        assert step("propose", name)["if"] == "steps.twin.outputs.url == ''"


# -- the request -----------------------------------------------------------------------------


def test_a_request_is_opened_from_files(runner: Runner) -> None:
    """Title and text go to GitHub from their files, as they are."""
    propose(runner, "hostile")
    (runner.gh / "POST").write_text("34\n", encoding="utf-8")
    out = runner.run("propose", "Open the request", PUSHED="true")
    assert out == {"url": "https://github.com/example/ethogram/pull/34", "opened": "true"}
    (_, (words, texts)) = runner.asked()
    assert {"--method", "POST", "base=main"} <= set(words)
    answer = runner.temp / "answer"
    assert texts == {
        "title": (answer / "title.txt").read_text(encoding="utf-8"),
        "body": (answer / "body.md").read_text(encoding="utf-8"),
    }


@pytest.mark.parametrize("pushed", ["true", "false"])
def test_a_request_that_is_open_is_kept(runner: Runner, pushed: str) -> None:
    """It is brought up to date, unless a person has taken it over."""
    propose(runner, "good")
    (runner.gh / "GET").write_text("33\n", encoding="utf-8")
    out = runner.run("propose", "Open the request", PUSHED=pushed)
    assert out == {"url": "https://github.com/example/ethogram/pull/33", "opened": "true"}
    asked = [words for words, _ in runner.asked()]
    assert any("PATCH" in words for words in asked) == (pushed == "true")
    assert not any("POST" in words for words in asked)


def test_a_repository_may_forbid_requests(runner: Runner) -> None:
    """Then the address from which a person opens it is told."""
    propose(runner, "good")
    (runner.gh / "POST.fails").touch()
    out = runner.run("propose", "Open the request", PUSHED="true")
    (branch,) = runner.branches()
    compare = f"https://github.com/example/ethogram/compare/main...{branch}?expand=1"
    assert out == {"url": compare, "opened": "false"}


# -- the comment -----------------------------------------------------------------------------

GOOD = {"READ": "success", "OUTCOME": "card", "PROPOSED": "success", "URL": "https://x.example/1"}


def comment(runner: Runner, **variables: str) -> tuple[list[str], str]:
    """Write the comment: the last thing that GitHub is asked for, and its text."""
    runner.run("answer", "Write the comment", **{**GOOD, "OPENED": "", "TWIN": "", **variables})
    words, texts = runner.asked()[-1]
    return words, texts["body"]


def test_the_comment_is_written_once_and_edited_afterwards(runner: Runner) -> None:
    """Ours is known by its marker and by who wrote it; the others' stay theirs."""
    propose(runner, "good")
    words, text = comment(runner, OPENED="true")
    assert "POST" in words and text.startswith(MARKER)
    assert text.endswith("\nThe pull request: https://x.example/1\n")
    (runner.gh / "GET").write_text("501\n502\n", encoding="utf-8")
    words, _ = comment(runner, OPENED="true")
    assert "PATCH" in words and "repos/example/ethogram/issues/comments/501" in words
    script = step("answer", "Write the comment")["run"]
    assert 'select(.user.login == "github-actions[bot]"' in script


@pytest.mark.parametrize(
    ("variables", "said"),
    [
        ({"READ": "failure", "PROPOSED": "skipped"}, "Something broke on our side"),
        ({"PROPOSED": "failure"}, "Something broke on our side"),
        ({"OPENED": "false"}, "a maintainer [opens it](https://x.example/1)"),
        ({"TWIN": "https://x.example/7"}, "its card waits in https://x.example/7."),
    ],
)
def test_what_breaks_is_said(runner: Runner, variables: dict[str, str], said: str) -> None:
    """No suggestion is met with silence, and the run is named."""
    propose(runner, "good")
    _, text = comment(runner, **variables)
    assert text.startswith(MARKER) and said in text
    assert ("actions/runs/77" in text) == ("broke" in said)


def test_what_is_ignored_gets_no_comment(runner: Runner) -> None:
    """An empty comment is none."""
    propose(runner, "closed")
    runner.run("answer", "Write the comment", **{**GOOD, "OUTCOME": "ignored", "TWIN": ""})
    assert runner.asked() == []


def test_labels_are_made_and_given(runner: Runner) -> None:
    """A form gives only labels that exist; so they are made, and given by hand."""
    propose(runner, "by-title")
    runner.run("answer", "See to the labels")
    asked = [words for words, _ in runner.asked()]
    made = [words[2] for words in asked if words[:2] == ["label", "create"]]
    assert made == ["suggestion", "correction", "upkeep"]
    assert asked[-1][-1] == f"labels[]={LABEL}"


def test_labels_that_are_there_stay_as_they_are(runner: Runner) -> None:
    """Their color and words are the maintainers'; GitHub takes no notice of their case."""
    propose(runner, "by-title")
    (runner.gh / "label list").write_text("bug\nSuggestion\nupkeep\n", encoding="utf-8")
    runner.run("answer", "See to the labels")
    asked = [words for words, _ in runner.asked()]
    assert [words[2] for words in asked if words[:2] == ["label", "create"]] == ["correction"]
    assert not any("--force" in words for words in asked)


def test_a_label_of_another_kind_takes_no_edits_place() -> None:
    """Of the runs that wait GitHub keeps the newest, though its jobs may all be passed over."""
    group, condition = WORKFLOW["concurrency"]["group"], WORKFLOW["jobs"]["read"]["if"]
    assert f"action != 'labeled' || github.event.label.name == '{LABEL}'" in condition
    aside = f"github.event.action == 'labeled' && github.event.label.name != '{LABEL}'"
    assert f"{aside} && '-aside' || ''" in group


def test_the_workflow_and_the_command_agree() -> None:
    """Marker, label, title and heading are the same in both."""
    assert WORKFLOW["env"]["MARKER"] == MARKER
    condition = WORKFLOW["jobs"]["read"]["if"]
    for word in (f"'{LABEL}'", f"'{TITLE}'", f"'### {BOXES['address']}'"):
        assert word in condition


def test_no_text_of_an_issue_stands_in_a_script() -> None:
    """Scripts name files and variables, and no variable holds what somebody wrote."""
    for job in WORKFLOW["jobs"].values():
        for each in job["steps"]:
            assert "${{" not in each.get("run", "")
            given = {**job.get("env", {}), **each.get("env", {})}
            assert not any("event.issue.title" in value or "event.issue.body" in value
                           or "event.issue.user" in value for value in given.values())  # fmt: skip


def test_each_job_may_do_what_it_needs() -> None:
    """What reads hostile text may write nothing."""
    allowed = {name: job["permissions"] for name, job in WORKFLOW["jobs"].items()}
    assert allowed == {
        "read": {"contents": "read"},
        "propose": {"contents": "write", "pull-requests": "write"},
        "answer": {"issues": "write"},
    }
    assert WORKFLOW["permissions"] == {}
