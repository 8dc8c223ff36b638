"""What GitHub runs: nothing it should not, and with no right that it does not need."""

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections import defaultdict
from pathlib import Path
from typing import Any

import click
import pytest
from packaging.requirements import Requirement

from ethogram.cli import main as ethogram_command
from github import EXPRESSION, FILES, GITHUB, NAMES, ROOT, SCRIPTS, STEPS, Step, jobs, read

TOKENS = re.compile(r"github\.token|secrets\.|GITHUB_TOKEN")


def ran(*command: str | Path, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run a program of the development lock."""
    program = Path(sys.executable).parent / command[0]
    return subprocess.run(
        [program, *command[1:]], capture_output=True, text=True, check=False, **options
    )


# -- what others say of them -----------------------------------------------------------------


def test_zizmor_finds_nothing_unsafe() -> None:
    """Not even what it tells pedants alone; one exclusion, with its reason, is in the file."""
    found = ran("zizmor", "--offline", "--no-progress", "--persona=pedantic", GITHUB)
    assert found.returncode == 0, found.stdout + found.stderr
    ignored = [
        line for file in FILES for line in file.read_text().splitlines() if "zizmor:" in line
    ]
    assert ignored == ["  workflow_run: # zizmor: ignore[dangerous-triggers]"]


@pytest.mark.parametrize(
    ("schema", "pattern"),
    [
        ("vendor.github-workflows", "workflows/*.yml"),
        ("vendor.github-issue-forms", "ISSUE_TEMPLATE/[!c]*.yml"),
        ("vendor.github-issue-forms", "ISSUE_TEMPLATE/correct*.yml"),
        ("vendor.github-issue-config", "ISSUE_TEMPLATE/config.yml"),
        ("vendor.renovate", "renovate.json"),
    ],
)
def test_files_for_github_have_their_shape(schema: str, pattern: str) -> None:
    """A name that GitHub does not know is passed over in silence there, and is a fault here."""
    files = sorted(GITHUB.glob(pattern))
    assert files
    found = ran("check-jsonschema", "--builtin-schema", schema, *files)
    assert found.returncode == 0, found.stdout + found.stderr


@pytest.mark.parametrize("step", SCRIPTS, ids=str)
def test_scripts_pass_shellcheck(step: Step) -> None:
    """In the shell that GitHub uses."""
    assert not EXPRESSION.search(step.script), "an outsider's text could stand in the script"
    options = ("--shell=bash", "--severity=style", "-")
    found = ran("shellcheck", *options, input=f"set -eo pipefail\n{step.script}")
    assert found.returncode == 0, found.stdout


# -- what they may do ------------------------------------------------------------------------


def test_actions_are_pinned_to_one_commit() -> None:
    """By commit, with the tag behind it, and all workflows use the same."""
    pins: dict[str, set[str]] = defaultdict(set)
    for file in FILES:
        for line in re.findall(r"^[ -]*uses: (.*)$", file.read_text(), re.MULTILINE):
            pinned = re.fullmatch(r"([\w-]+/[\w-]+)@([0-9a-f]{40} # v\d+(?:\.\d+)*)", line)
            assert pinned, f"{file.name}: {line}"
            pins[pinned[1]].add(pinned[2])
    assert len(pins) >= 6
    assert {name: commits for name, commits in pins.items() if len(commits) > 1} == {}


@pytest.mark.parametrize("name", NAMES)
def test_every_workflow_starts_from_nothing(name: str) -> None:
    """No right that a job does not ask for, one run at a time, and a shell that stops at faults."""
    workflow = read(name)
    assert workflow["permissions"] == {}
    assert workflow["concurrency"]["group"]
    assert "cancel-in-progress" in workflow["concurrency"]
    assert workflow["defaults"]["run"]["shell"] == "bash"
    assert not TOKENS.search(str(workflow.get("env", "")))


@pytest.mark.parametrize(("name", "job", "given"), [*jobs()], ids=lambda each: str(each)[:20])
def test_every_job_ends_and_names_its_rights(name: str, job: str, given: dict[str, Any]) -> None:
    """A time limit and rights of its own; one that may write runs none of our code."""
    assert 0 < int(given["timeout-minutes"]) <= 90
    assert isinstance(given["permissions"], dict)
    steps = [step for step in STEPS if (step.workflow, step.job) == (name, job)]
    if "write" in given["permissions"].values() or TOKENS.search(str(given.get("env", ""))):
        ours = r"make |\.venv|python|setup-python"
        assert not [str(step) for step in steps if re.search(ours, step.script + step.uses)]


def test_no_checkout_leaves_a_token_behind() -> None:
    """Nor does any take another's code: what is checked out is what started the workflow."""
    checkouts = [step for step in STEPS if step.uses.startswith("actions/checkout@")]
    assert checkouts
    for step in checkouts:
        assert step.given["with"]["persist-credentials"] == "false", step
        assert step.given["with"].keys() <= {"persist-credentials", "fetch-depth"}, step


def test_strangers_code_never_meets_a_token() -> None:
    """A workflow for pull requests names none, may write nothing, and shares no cache that counts.

    What comes out of one meets a token only where nothing of it is run.
    """
    for name in NAMES:
        triggers = set(read(name)["on"])
        assert "pull_request_target" not in triggers
        if "pull_request" in triggers:
            assert not TOKENS.search((GITHUB / "workflows" / name).read_text())
            rights = [given["permissions"] for file, _, given in jobs() if file == name]
            assert all(set(each.items()) <= {("contents", "read")} for each in rights)
        elif name != "ci.yml":
            assert not re.search(r"\bcache\b", (GITHUB / "workflows" / name).read_text())


def test_a_token_goes_to_steps_not_to_jobs_that_run_code() -> None:
    """It is named where it is used: beside `gh`, or for the link check, which may only read."""
    for step in SCRIPTS:
        if TOKENS.search(str(step.given.get("env", ""))):
            assert re.search(r"\bgh |ethogram links ", step.script), step


def test_publishing_is_for_the_main_branch_alone() -> None:
    """One job may publish, in an environment of its own, and it runs no script at all."""
    deploy = read("deploy.yml")
    assert deploy["on"]["push"]["branches"] == ["main"]
    publishing = [job for _, job, given in jobs() if "id-token" in given["permissions"]]
    assert publishing == ["deploy"]
    assert deploy["jobs"]["deploy"]["environment"]["name"] == "github-pages"
    assert not [step for step in SCRIPTS if (step.workflow, step.job) == ("deploy.yml", "deploy")]
    (build,) = [
        step for step in SCRIPTS if step.workflow == "deploy.yml" and "build" in step.script
    ]
    assert build.given["env"]["SITE_URL"] == "${{ steps.pages.outputs.base_url }}/"


# -- what they call --------------------------------------------------------------------------


def calls(program: str) -> list[list[str]]:
    """The words of each call of a program, up to where the shell takes over."""
    found = []
    for step in SCRIPTS:
        joined = re.sub(r"\\\n\s*|\n(?=--)", " ", step.script)
        for rest in re.findall(rf"(?:^|[\s(\"]){program} +(.*)", joined, re.MULTILINE):
            lexer = shlex.shlex(rest.split(')"')[0], posix=True, punctuation_chars=True)
            words = list(lexer)
            ends = [at for at, word in enumerate(words) if re.fullmatch(r"[|&;<>()]+|2", word)]
            found.append(words[: ends[0]] if ends else words)
    return found


def test_every_make_target_exists() -> None:
    """A workflow runs what anyone can run."""
    declared = re.findall(r"^\.PHONY: (help .*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    targets = set(" ".join(declared).split())
    named = {words[0] for words in calls("make")}
    assert {"setup", "build", "test"} <= named <= targets


def test_every_ethogram_command_exists() -> None:
    """With these options: a click context is made of each, and `--help` names them all."""
    named = calls(r"(?:\.venv/bin/ethogram|python -m ethogram\.cli)")
    assert {words[0] for words in named} >= {"cards", "changes", "check", "links", "report"}
    for name, *words in named:
        told = ran(sys.executable, "-m", "ethogram.cli", name, "--help", cwd=ROOT / "hooks").stdout
        options = [word.split("=")[0] for word in words if word.startswith("--")]
        assert all(re.search(rf"{option}\b", told) for option in options), (name, words)
        choices = {opt: p for p in ethogram_command.commands[name].params for opt in p.opts}
        if "--format" in words:
            form = words[words.index("--format") + 1]
            kind = choices["--format"].type
            assert isinstance(kind, click.Choice) and form in kind.choices, (name, form)


def test_versions_of_python_are_the_oldest_and_a_newer_one() -> None:
    """Everything is tested with the oldest that pyproject.toml allows, and built with it."""
    oldest = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["requires-python"]
    versions = read("ci.yml")["jobs"]["test"]["strategy"]["matrix"]["python"]
    assert f">={versions[0]}" == oldest
    given = {step.given["with"]["python-version"] for step in STEPS if "setup-python" in step.uses}
    assert given == {versions[0], "${{ matrix.python }}"}


def test_renovate_keeps_the_bounds_of_pyproject() -> None:
    """A version that pyproject.toml refuses is not proposed, month after month."""
    table = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    bounds = {
        each.name: str(bound)
        for each in map(Requirement, table["dependencies"])
        for bound in each.specifier
        if bound.operator in ("<", "!=")
    }
    rules = json.loads((GITHUB / "renovate.json").read_text())["packageRules"]
    allowed = {
        rule["matchPackageNames"][0]: rule["allowedVersions"]
        for rule in rules
        if "allowedVersions" in rule
    }
    assert allowed.pop("click") == "!/^8\\.3\\./"
    assert bounds.pop("click") == "!=8.3.*"
    assert allowed == bounds


def test_renovate_looks_at_every_lock_with_hashes() -> None:
    """Both locks and the one linter that is in none."""
    settings = json.loads((GITHUB / "renovate.json").read_text())["pip_requirements"]
    patterns = [pattern.strip("/") for pattern in settings["managerFilePatterns"]]
    for name in ("requirements.lock", "requirements-dev.lock", ".github/actionlint.txt"):
        assert "--hash=sha256:" in (ROOT / name).read_text()
        assert any(re.search(pattern, name) for pattern in patterns), name


def test_the_template_has_three_boxes() -> None:
    """Whoever opens a pull request is asked for three things, and no more."""
    text = (GITHUB / "PULL_REQUEST_TEMPLATE.md").read_text()
    assert text.count("- [ ] ") == 3
