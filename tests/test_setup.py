"""Set-up: the locks, the make targets, and what README and CONTRIBUTING promise."""

import ast
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import fields
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

import click
import pytest
from mkdocs.__main__ import cli as mkdocs_cli
from packaging.requirements import Requirement
from packaging.utils import NormalizedName, canonicalize_name
from packaging.version import Version
from playwright.sync_api import Page

import browser as browser_script
from ethogram.cli import main as ethogram_command

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ("requirements.lock", "requirements-dev.lock")
GUIDES = ("README.md", "CONTRIBUTING.md")
README_COMMANDS = ("make serve", "make test")


def read(name: str) -> str:
    """Return the text of one of the project's files."""
    return (ROOT / name).read_text(encoding="utf-8")


def pyproject() -> dict[str, Any]:
    """Return the table `project` of pyproject.toml."""
    project: dict[str, Any] = tomllib.loads(read("pyproject.toml"))["project"]
    return project


def pins(lock: str) -> list[tuple[Requirement, list[str]]]:
    """Return a lock's pins in order, each with the hashes of its files."""
    entries = re.sub(r"#.*", "", read(lock)).replace("\\\n", " ").splitlines()
    split = [entry.split(" --hash=") for entry in entries if entry.strip()]
    return [(Requirement(pin), hashes) for pin, *hashes in split]


def versions(lock: str) -> dict[str, str]:
    """Return the version that a lock pins for each name."""
    return {canonicalize_name(pin.name): str(pin.specifier) for pin, _ in pins(lock)}


def make(
    *arguments: str, folder: Path = ROOT, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run make as a person would, not as a part of the make that runs the tests."""
    inherited = {name: value for name, value in os.environ.items() if "MAKE" not in name}
    return subprocess.run(
        ["make", *arguments],
        cwd=folder,
        env={**inherited, **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def make_targets() -> set[str]:
    """Return the targets that the Makefile declares as commands."""
    declared = re.findall(r"^\.PHONY: (help .*)$", read("Makefile"), re.MULTILINE)
    return set(" ".join(declared).split())


def code_in(guide: str) -> Iterator[str]:
    """Yield the command lines in a guide's code blocks and code spans."""
    text = read(guide)
    for block in re.findall(
        r"^ *```(?:sh|powershell)\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL
    ):
        yield from (line.split("  # ")[0].strip() for line in block.splitlines() if line.strip())
    yield from re.findall(r"(?<!`)`([^`\n]+)`(?!`)", text)


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_is_exact_and_hashed(lock: str) -> None:
    """A lock names one version of each package, and nothing whose files are not known by hash."""
    names = [canonicalize_name(pin.name) for pin, _ in pins(lock)]
    assert names
    assert len(set(names)) == len(names)
    for pin, hashes in pins(lock):
        assert re.fullmatch(r"==[\w.+!]+", str(pin.specifier)), pin
        assert hashes, pin
        assert all(re.fullmatch(r"sha256:[0-9a-f]{64}", value.strip()) for value in hashes), pin


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_names_no_place(lock: str) -> None:
    """A lock holds on every machine: no registry's address, no option, no path."""
    assert not re.search(r"https?:|file:|\bgit\+|^\s*-(?!-hash)", read(lock), re.MULTILINE)
    assert not [pin for pin, _ in pins(lock) if pin.url]


@pytest.mark.parametrize(("lock", "extra"), [(LOCKS[0], ""), (LOCKS[1], ""), (LOCKS[1], "dev")])
def test_a_lock_holds_what_pyproject_asks_for(lock: str, extra: str) -> None:
    """Whoever changes pyproject.toml runs `make lock`; else a set-up lacks something."""
    table = pyproject()
    wanted = table["optional-dependencies"][extra] if extra else table["dependencies"]
    locked = versions(lock)
    for requirement in map(Requirement, wanted):
        version = locked[canonicalize_name(requirement.name)].removeprefix("==")
        assert Version(version) in requirement.specifier, requirement


def test_the_lock_can_build_the_project_itself() -> None:
    """The build backend is pinned too: installing the project reaches for nothing."""
    backend = tomllib.loads(read("pyproject.toml"))["build-system"]["requires"]
    locked = versions(LOCKS[0])
    for requirement in map(Requirement, backend):
        version = locked[canonicalize_name(requirement.name)].removeprefix("==")
        assert Version(version) in requirement.specifier, requirement


def test_developers_see_the_site_that_readers_get() -> None:
    """The development lock repeats the site's versions and adds to them."""
    assert versions(LOCKS[0]).items() < versions(LOCKS[1]).items()


def imported(folder: str) -> set[NormalizedName]:
    """Return the distributions, other than the project, that the modules in a folder import."""
    modules: set[str] = set()
    for path in (ROOT / folder).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_bytes())):
            if isinstance(node, ast.Import):
                modules.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module:
                modules.add(node.module)
    known = packages_distributions()
    found = {name for module in modules for name in known.get(module.split(".")[0], ())}
    return {canonicalize_name(name) for name in found} - {canonicalize_name("ethogram")}


@pytest.mark.parametrize(
    ("folder", "extras"), [("hooks", ()), ("scripts", ("dev",)), ("tests", ("dev",))]
)
def test_what_is_imported_is_asked_for(folder: str, extras: tuple[str, ...]) -> None:
    """A package that the code imports stands in pyproject.toml, and is not there by luck."""
    table = pyproject()
    wanted = [*table["dependencies"]]
    for extra in extras:
        wanted += table["optional-dependencies"][extra]
    assert imported(folder) <= {canonicalize_name(Requirement(text).name) for text in wanted}


def test_serve_reloads_by_itself() -> None:
    """`mkdocs serve` watches unless told not to; Click 8.3 had turned that round."""
    serve = mkdocs_cli.commands["serve"]
    assert serve.make_context("serve", []).params["livereload"] is True


def test_help_lists_every_target() -> None:
    """`make` alone names each command with its purpose, in the Makefile's own words."""
    for listing in (make(), make("help")):
        assert listing.returncode == 0, listing.stderr
        listed = dict(re.findall(r"^  make (\w+) +(\S.*)$", listing.stdout, re.MULTILINE))
        assert listed.keys() == make_targets()


def test_readme_shows_its_two_commands() -> None:
    """README's first block of commands is the two that do everything."""
    first = re.findall(r"```sh\n(.*?)```", read("README.md"), re.DOTALL)[0]
    assert tuple(line.split("  ")[0] for line in first.splitlines()) == README_COMMANDS


@pytest.mark.parametrize("guide", GUIDES)
def test_every_make_command_named_is_a_target(guide: str) -> None:
    """No guide sends anyone to a make target that is not there."""
    named = {line.split()[1] for line in code_in(guide) if line.startswith("make ")}
    assert named
    assert named <= make_targets()


@pytest.mark.parametrize("guide", GUIDES)
def test_every_ethogram_command_named_is_real(guide: str) -> None:
    """No guide names a subcommand or an option that `ethogram` does not take."""
    lines = [re.sub(r"^\S*\bbin/", "", line) for line in code_in(guide)]
    commands = [shlex.split(line)[1:] for line in lines if line.startswith("ethogram ")]
    assert commands
    for name, *arguments in commands:
        command = ethogram_command.commands[name]
        options = {option for given in command.params for option in given.opts}
        assert {part for part in arguments if part.startswith("--")} <= options, name


def test_readme_adds_a_card_in_five_lines() -> None:
    """The recipe for a card is five numbered lines, and its command parses."""
    recipe = read("README.md").split("## Add a card")[1].split("\n## ")[0]
    assert re.findall(r"^(\d)\. ", recipe, re.MULTILINE) == list("12345")
    line = re.search(r"ethogram (add [^`]+)`", recipe)
    assert line
    _, *arguments = shlex.split(line[1])
    context = ethogram_command.commands["add"].make_context("add", arguments)
    assert isinstance(context, click.Context)


def links(guide: str) -> list[str]:
    """Return the places in the project that a guide links to, code blocks left out."""
    prose = re.sub(r"^ *```.*?^ *```", "", read(guide), flags=re.MULTILINE | re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", prose)
    return [target.split("#")[0] for target in targets if not re.match(r"https?:|#", target)]


@pytest.mark.parametrize("guide", [*GUIDES, "CHANGELOG.md"])
def test_links_between_the_guides_lead_somewhere(guide: str) -> None:
    """Each file or picture that a guide links to is in the repository."""
    assert [target for target in links(guide) if not (ROOT / target).exists()] == []


def test_every_field_of_a_card_is_explained() -> None:
    """CONTRIBUTING's table holds exactly the fields that a card may have."""
    from ethogram.cards import FIELDS

    table = read("CONTRIBUTING.md").split("### Fields")[1].split("\n### ")[0]
    rows = re.findall(r"^\| (`.*?) \|", table, re.MULTILINE)
    assert sorted(re.findall(r"`([a-z-]+)`", " ".join(rows))) == sorted(FIELDS)


def test_every_setting_is_explained() -> None:
    """CONTRIBUTING's table holds exactly the settings that a site may have."""
    from ethogram.settings import Settings

    table = read("CONTRIBUTING.md").split("## Settings of the site")[1].split("\n## ")[0]
    rows = re.findall(r"^\| `([a-z_]+)` \|", table, re.MULTILINE)
    assert sorted(rows) == sorted(field.name for field in fields(Settings))


def launcher(folder: Path, name: str, script: str) -> Path:
    """Put an executable shell script into a folder."""
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return path


@pytest.mark.parametrize(
    ("script", "sentence"),
    [
        ("exit 1", "Ethogram needs Python 3.11 or newer"),
        ('case "$*" in *ensurepip*) exit 1;; esac', "install its venv module"),
    ],
)
def test_a_machine_without_a_fit_python_is_told_so(
    tmp_path: Path, script: str, sentence: str
) -> None:
    """Where no Python will do, `make setup` ends in one sentence that says what to install."""
    for name in ("Makefile", "pyproject.toml", "requirements.lock"):
        shutil.copy(ROOT / name, tmp_path)
    python = launcher(tmp_path / "fake", "python3", script)
    result = make("setup", folder=tmp_path, PYTHON=str(python))
    assert result.returncode != 0
    said = [line for line in result.stderr.splitlines() if not line.startswith("make")]
    assert len(said) == 1
    assert sentence in said[0]


def test_serve_says_when_its_port_is_taken(tmp_path: Path, serve: Callable[[Path], str]) -> None:
    """A port that is in use gets a sentence with another one to try, not a traceback."""
    port = serve(tmp_path).rstrip("/").rpartition(":")[2]
    recipe = re.search(r"^serve:.*\n((?:\t.*\n)+)", read("Makefile"), re.MULTILINE)
    assert recipe
    makefile = f"BIN := bin\nPORT ?= 0\nserve:\n{recipe[1]}"
    (tmp_path / "Makefile").write_text(makefile)
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin/python").symlink_to(sys.executable)
    result = make("serve", f"PORT={port}", folder=tmp_path)
    assert result.returncode != 0
    assert f"Port {port} cannot be had" in result.stderr
    assert "Traceback" not in result.stderr


def test_a_browser_can_be_named_by_hand(tmp_path: Path) -> None:
    """ETHOGRAM_BROWSER comes before whatever else the machine has."""
    named = launcher(tmp_path, "mine", "echo Mine 1.0")
    assert browser_script.find({"ETHOGRAM_BROWSER": str(named), "PATH": ""}) == named


@pytest.mark.parametrize("script", ["exit 1", None], ids=["does not run", "is not there"])
def test_a_wrongly_named_browser_is_not_replaced(tmp_path: Path, script: str | None) -> None:
    """An ETHOGRAM_BROWSER that does not run is said to be wrong; no other one is taken instead."""
    named = launcher(tmp_path, "mine", script) if script else tmp_path / "mine"
    with pytest.raises(browser_script.NoBrowserError, match="mine, which does not run"):
        browser_script.find({"ETHOGRAM_BROWSER": str(named)})


def test_a_launcher_without_its_browser_is_passed_over(tmp_path: Path) -> None:
    """Ubuntu's chromium-browser may be a note that asks for another package: it is no browser."""
    launcher(tmp_path, "chromium-browser", "echo install the snap; exit 1")
    chrome = launcher(tmp_path, "google-chrome", "echo Chrome 1.0")
    assert browser_script.find({"PATH": str(tmp_path)}) == chrome


@pytest.mark.parametrize("cache", ["PLAYWRIGHT_BROWSERS_PATH", "LOCALAPPDATA"])
def test_playwrights_own_browser_is_found(tmp_path: Path, cache: str) -> None:
    """A Chromium that Playwright downloaded serves too, the newest of several."""
    for revision in ("chromium-1200", "chromium-1210"):
        folder = tmp_path / "ms-playwright" / revision / "chrome-linux64"
        folder.mkdir(parents=True)
        newest = launcher(folder, "chrome", "echo Chromium 1.0")
    assert browser_script.find({cache: str(tmp_path)}) == newest


def test_pages_are_seen_and_nothing_else_is_reached(
    tmp_path: Path, serve: Callable[[Path], str], page: Page
) -> None:
    """The tests' browser shows a folder's page, and finds no host but this machine."""
    (tmp_path / "index.html").write_text("<h1>Seen</h1><img src='https://example.org/x.png'>")
    refused: list[str] = []
    page.on("requestfailed", lambda request: refused.append(request.failure or ""))
    page.goto(serve(tmp_path))
    page.wait_for_load_state("networkidle")
    assert page.inner_text("h1") == "Seen"
    assert refused == ["net::ERR_NAME_NOT_RESOLVED"]
