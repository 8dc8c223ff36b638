"""The runbook: each command in it is run, or known to exist; its programs do what they say."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from building import REFUSED, SITE
from ethogram.bibliography import Bibliography
from ethogram.cards import Card
from ethogram.catalog import Catalog
from ethogram.check import check
from ethogram.cli import main as ethogram_command
from ethogram.entries import stated
from ethogram.findings import Severity

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "docs/maintaining.md").read_text(encoding="utf-8")
MATERIAL_ENDS = "2027-05-05"
NETWORK = "asks the network: its words are checked, and it is run by "
GIT_MV = "git mv docs/influence/flattery.md docs/influence/flattering-feedback.md"
ELSEWHERE = {
    "make test": "it runs this test",
    "make setup": "tests/test_setup.py",
    "make check": "tests/test_check.py",
    "make build": "tests/test_events.py",
    "make links": "tests/links",
    "make derive": "tests/test_derive.py",
    "ethogram resolve 2401.05566 --refresh": f"{NETWORK}tests/test_resolve.py",
    "ethogram resolve": f"{NETWORK}tests/test_resolve.py",
    "ethogram resolve --refresh": f"{NETWORK}tests/test_resolve.py",
    "ethogram links --fix --archive --exit-zero": f"{NETWORK}tests/links/test_checker.py",
    'git ls-remote https://github.com/actions/checkout "refs/tags/v7*"': f"{NETWORK}nobody",
    GIT_MV: "the page of that example is in no site: tests/test_moved.py",
}
"""Commands that no test here runs as they stand, and why, or where what they do is tested."""


def fenced(language: str) -> list[str]:
    """The runbook's blocks in a language, taken to the margin."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", TEXT, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def commands() -> list[str]:
    """Every command line of the runbook: in blocks, and between words."""
    lines = [line for block in fenced("sh") for line in block.splitlines()]
    spans = re.findall(r"(?<!`)`((?:ethogram|make|git|gh) [^`]+)`(?!`)", TEXT)
    return list(dict.fromkeys([*lines, *spans]))


def run(
    command: Sequence[str | Path], folder: Path, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command in a folder, as nobody in particular."""
    known = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_SYSTEM": os.devnull}
    for role in ("AUTHOR", "COMMITTER"):
        known |= {f"GIT_{role}_NAME": "A", f"GIT_{role}_EMAIL": "a@example.org"}
    environment = {**os.environ, **known, **variables}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done


# -- commands ------------------------------------------------------------------------------------


def ran(folder: Path, *, before: str = "", **replaced: str) -> list[str]:
    """Run the runbook's commands that begin with some words, and return them."""
    found = [line for line in commands() if line.startswith(before) and line not in ELSEWHERE]
    assert found, before
    for line in found:
        for name, value in replaced.items():
            line = line.replace(name, value)
        run(shlex.split(line), folder)
    return found


def repository(folder: Path) -> Path:
    """A repository with the project's text, to which one commit has pushed a card and a record."""
    shutil.copytree(SITE, folder)
    shutil.copytree(ROOT / ".github", folder / ".github")
    (folder / "bib/links.jsonl").write_text("", encoding="utf-8")
    (folder / "pyproject.toml").write_text('version = "0.1"\n', encoding="utf-8")
    run(["git", "init", "--quiet", "--initial-branch=main"], folder)
    commit(folder, "First")
    return folder


def commit(folder: Path, message: str) -> str:
    """Commit all that is there, and return the commit."""
    run(["git", "add", "--all"], folder)
    run(["git", "commit", "--quiet", "--message", message], folder)
    return run(["git", "rev-parse", "HEAD"], folder).stdout.strip()


def test_a_release_is_tagged_and_pushed(tmp_path: Path) -> None:
    """The three commands of a release, with a repository to push to."""
    folder = repository(tmp_path / "work")
    run(["git", "init", "--quiet", "--bare", "--initial-branch=main", "../origin"], folder)
    run(["git", "remote", "add", "origin", "../origin"], folder)
    run(["git", "push", "--quiet", "--set-upstream", "origin", "main"], folder)
    (folder / "pyproject.toml").write_text('version = "0.2.0"\n', encoding="utf-8")
    (block,) = (block for block in fenced("sh") if "git tag" in block)
    for line in block.splitlines():
        run(shlex.split(line), folder)
    pushed = run(["git", "log", "--format=%s %D", "-1"], tmp_path / "origin").stdout
    assert pushed.startswith("Release 0.2.0") and "tag: v0.2.0" in pushed


@pytest.mark.parametrize("merged", [True, False], ids=["merge", "squash"])
def test_a_bad_merge_is_undone_and_its_records_stay(tmp_path: Path, merged: bool) -> None:
    """The page is as it was, and every key that was published is still there."""
    folder = repository(tmp_path / "work")
    page, records = folder / "docs/index.md", folder / "bib/arxiv.bib"
    before = page.read_text(encoding="utf-8")
    run(["git", "switch", "--quiet", "--create", "bad"], folder)
    page.write_text(f"{before}\nBad.\n", encoding="utf-8")
    record = "@misc{new2024key,\n  title = {{New}},\n  author = {New, Ann},\n  year = {2024},\n"
    record += "  eprint = {2409.00001},\n  archiveprefix = {arXiv},\n}\n"
    records.write_text(f"{records.read_text(encoding='utf-8')}\n{record}", encoding="utf-8")
    bad = commit(folder, "Bad")
    run(["git", "switch", "--quiet", "main"], folder)
    if merged:
        run(["git", "merge", "--quiet", "--no-ff", "bad", "--message", "Merge"], folder)
        bad = run(["git", "rev-parse", "HEAD"], folder).stdout.strip()
    else:
        run(["git", "merge", "--quiet", "--ff-only", "bad"], folder)
    (block,) = (block for block in fenced("sh") if "git revert" in block)
    for line in block.splitlines():
        line = line if merged else line.replace(" --mainline 1", "")
        run(shlex.split(line.replace("COMMIT", bad)), folder)
    assert page.read_text(encoding="utf-8") == before
    assert "new2024key" in Bibliography.load(folder / "bib").works
    assert run(["git", "status", "--porcelain"], folder).stdout == ""


def test_what_is_looked_up_in_git_is_found(tmp_path: Path) -> None:
    """The last good journal, where a label and the actions stand, the last merges."""
    folder = repository(tmp_path / "work")
    (folder / "bib/links.jsonl").write_text("lost\n", encoding="utf-8")
    lines = ran(folder, before="git log")
    lines += ran(folder, before="git grep", tests=".github")
    assert run(shlex.split(lines[-1]), folder).stdout.count("@") > 5
    lines += ran(folder, before="git restore --source", COMMIT="HEAD")
    assert (folder / "bib/links.jsonl").read_text(encoding="utf-8") == ""
    in_tests = {line for block in fenced("sh") for line in block.splitlines()}
    known = {*lines, *ELSEWHERE, *in_tests}
    assert [line for line in commands() if line.startswith("git") and line not in known] == []


def test_no_command_is_left_out() -> None:
    """A new command of the runbook is run by a test, or says here where it is tested."""
    in_git = [f"git {name}" for name in "log grep restore commit tag push revert".split()]
    here = (*in_git, "ethogram add", "ethogram report")
    left = [each for each in commands() if each not in ELSEWHERE and not each.startswith(here)]
    assert left == []
    assert [each for each in ELSEWHERE if each not in commands()] == []


def test_every_command_of_ours_is_real() -> None:
    """Subcommands and options are those of the command line, targets those of the Makefile."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for line in commands():
        program, name, *rest = shlex.split(line)
        if program == "make":
            assert re.search(rf"^{name}:", makefile, re.MULTILINE), line
        if program == "ethogram":
            options = {
                each for given in ethogram_command.commands[name].params for each in given.opts
            }
            assert {part for part in rest if part.startswith("--")} <= options, line


def test_a_card_is_added_without_arxiv(tmp_path: Path) -> None:
    """As the runbook has it for an outage: nothing is asked, and the card stands on its page."""
    folder = restored(tmp_path)
    (line,) = (line for line in commands() if line.startswith("ethogram add"))
    (folder / "bib/arxiv.bib").write_text("", encoding="utf-8")
    script = f"{REFUSED}from ethogram.cli import main\nmain()\n"
    done = run([sys.executable, "-c", script, *shlex.split(line)[1:]], folder)
    assert "docs/deception/sandbagging.md" in done.stdout
    page = (folder / "docs/deception/sandbagging.md").read_text(encoding="utf-8")
    assert "[Sleeper Agents](https://arxiv.org/abs/2401.05566)" in page
    works = Bibliography.load(folder / "bib").works.values()
    (work,) = (each for each in works if each.id.id == "2401.05566")
    assert work.authors == ("Evan Hubinger", "Carson Denison")


def test_the_report_is_to_be_had(tmp_path: Path) -> None:
    """The last of the weekly run's commands, by hand."""
    (line,) = (line for line in commands() if line.startswith("ethogram report"))
    program = Path(sys.executable).with_name("ethogram")
    assert run([program, *shlex.split(line)[1:]], restored(tmp_path)).stdout


# -- programs ------------------------------------------------------------------------------------


def restored(folder: Path) -> Path:
    """The shared site's pages and records, with the terms, in a folder of their own."""
    made = folder / "copy"
    shutil.copytree(SITE, made)
    shutil.copy(ROOT / "bib/taxonomy.yml", made / "bib/taxonomy.yml")
    return made


def program(words: str) -> str:
    """The runbook's program that has some words."""
    (found,) = (block for block in fenced("python") if words in block)
    return found


def test_pages_and_records_come_back_from_the_exported_files(tmp_path: Path) -> None:
    """Every card with its fields, its relations and its words, and every record with its key."""
    before = restored(tmp_path)
    command = Path(sys.executable).with_name("ethogram")
    run([command, "export", "--to", "out"], before)
    after = tmp_path / "after"
    (after / "docs").mkdir(parents=True)
    (after / "bib").mkdir()
    shutil.copy(ROOT / "bib/taxonomy.yml", after / "bib/taxonomy.yml")
    shutil.copy(before / "out/papers.bib", after / "bib/other.bib")
    shutil.copy(before / "out/papers.json", after / "papers.json")
    run([sys.executable, "-c", program("papers.json")], after)
    old = Catalog.load(before / "docs", before / "bib")
    new = Catalog.load(after / "docs", after / "bib")
    assert old.bibliography.works.keys() == new.bibliography.works.keys()
    assert told(old) == told(new)
    assert {each.rule for each in check(new) if each.severity is Severity.ERROR} <= {
        "unknown-term",
        "unknown-method",
        "unknown-evidence",
        "unknown-value",
    } | {each.rule for each in check(old)}


def told(catalog: Catalog) -> list[tuple[object, ...]]:
    """What cards that have a record say, as the restored ones can say it."""
    names = ("methods", "evidence", "models", "direction", "status", "added", "added-by")
    return sorted(
        (
            catalog.relative(page.path),
            work.key,
            *(tuple(value.text for value in card.values(name)) for name in names),
            related(card, catalog),
            page.meta("behavior"),
        )
        for page in catalog.pages
        for card in page.cards
        if (work := catalog.bibliography.get(card.work))
    )


def related(card: Card, catalog: Catalog) -> tuple[tuple[str, str], ...]:
    """The relations of a card to works that have a record, by their keys."""
    named = ((kind, catalog.bibliography.get(work)) for kind, work in stated(card))
    return tuple(sorted({(kind, work.key) for kind, work in named if work}))


def test_the_five_calls_are_an_adapter(tmp_path: Path) -> None:
    """Without MkDocs the runbook's program makes every page, with cards, notes, works, search."""
    folder = restored(tmp_path)
    blocked = "import sys\nsys.modules['mkdocs'] = sys.modules['mkdocs_bibtex'] = None\n"
    done = run([sys.executable, "-W", "error", "-c", blocked + program("write_pages")], folder)
    assert "docs/deception/sandbagging.md:14:1: card-length" in done.stderr
    html = (folder / "site/security/backdoor/index.html").read_text(encoding="utf-8")
    assert 'id="hubinger2024sleeper"' in html and 'class="footnote"' in html
    assert not re.search("[\ue000-\uf8ff\x91\x92]", html)
    names = {path.relative_to(folder / "site").as_posix() for path in (folder / "site").rglob("*")}
    for path in Catalog.load(folder / "docs", folder / "bib").by_path:
        stem = path.removesuffix(".md").removesuffix("index").rstrip("/")
        assert f"{stem}/index.html".lstrip("/") in names
    assert {"papers.json", "feed.xml", "papers/hubinger2024sleeper/index.html"} <= names
    assert "pagefind/pagefind-entry.json" in names


def test_the_five_calls_are_named() -> None:
    """The table has exactly those that the program makes."""
    table = TEXT.split("makes five calls:")[1].split("What is optional")[0]
    rows = re.findall(r"^\| `(.*?)` \|", table.replace("`, `", "` , `"), re.MULTILINE)
    assert len(rows) == 5
    for name in ("Catalog.load(", "check(", "render_page(", ".finish(", "write_pages("):
        assert name in program("write_pages") and name in table


# -- facts ---------------------------------------------------------------------------------------


def test_the_checks_to_require_are_those_there_are() -> None:
    """Settings that name a check that never comes would keep every pull request from merging."""
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text(encoding="utf-8"))["jobs"]
    names = []
    for job in jobs.values():
        versions = job.get("strategy", {}).get("matrix", {}).get("python")
        names += [f"{job['name']} ({each})" for each in versions] if versions else [job["name"]]
    (step,) = re.findall(r"require\s+the checks (.*?)\.\n", TEXT, re.DOTALL)
    assert re.findall(r"`([^`]+)`", step) == names


def test_the_jobs_that_can_fail_are_those_there_are() -> None:
    """Each job of the weekly run has its line."""
    text = (ROOT / ".github/workflows/links.yml").read_text(encoding="utf-8")
    jobs = [job["name"].split()[0] for job in yaml.safe_load(text)["jobs"].values()]
    part = TEXT.split("## The weekly run fails")[1].split("\n## ")[0]
    rows = re.findall(r"^\| (\w+)", part, re.MULTILINE)
    assert rows[1:] == jobs


def test_there_are_no_secrets() -> None:
    """As the runbook says: no workflow names one."""
    for path in (ROOT / ".github/workflows").glob("*.yml"):
        assert "secrets." not in path.read_text(encoding="utf-8"), path.name


def test_every_label_with_a_meaning_is_named() -> None:
    """The three that forms and workflows give."""
    given = {label for path in (ROOT / ".github").rglob("*.yml") for label in labels(path)}
    part = TEXT.split("## Renaming a label on GitHub")[1].split("\n## ")[0]
    assert given
    assert given == {label for label in re.findall(r"`([a-z]+)`", part) if label != "gh"}


def labels(path: Path) -> list[str]:
    """The labels that a form or a workflow gives."""
    text = path.read_text(encoding="utf-8")
    found = re.findall(r"^labels: \[(\w+)\]$|--label (\w+)|gh label create (\w+)", text, re.M)
    return [name for each in found for name in each if name]


def test_the_end_of_support_is_told() -> None:
    """The day by which another generator is wanted."""
    assert MATERIAL_ENDS in TEXT
