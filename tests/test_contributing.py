"""README and CONTRIBUTING: every command in them is run, as it stands there.

What is written as a command is run in a copy of this checkout by a shell, with everyone whom it
might ask on loopback and every other way to the network refused. Only what `ELSEWHERE` lists is
not, each with its reason and the test that stands in for it. So whoever writes down a new command
has it run, or has to say here why not.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import fields
from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image

from building import ROOT
from ethogram.settings import Endpoints
from loopback_arxiv import LoopbackArxiv, Paper
from loopback_web import LoopbackWeb, Reply
from test_newcomer import EXAMPLE, clone

GUIDES = ("README.md", "CONTRIBUTING.md")
LAUNCHERS = ("ethogram", "make", "mkdocs", "pre-commit", "python")
STANDS_FOR = {"DIR": "out", "PAGE": "refusal/privacy-leakage", "WORK": "2310.02224"}
"""What is run for a word in capitals."""

ELSEWHERE = {
    "make setup": (
        "it installs from a registry",
        "test_setup.py::test_a_machine_without_a_fit_python_is_told_so",
    ),
    "make serve": ("it does not end", "test_serve.py::test_ctrl_c_ends_all_of_it_quietly"),
    "make test": ("it is what runs this", "test_setup.py::test_help_lists_every_target"),
    "make lint": ("`make test` runs it first", "test_setup.py::test_help_lists_every_target"),
    "make bench": (
        "it takes minutes, and measures nothing while tests run",
        "test_setup.py::test_what_is_imported_is_asked_for",
    ),
    "make lock": (
        "it asks a registry",
        "test_setup.py::test_a_lock_holds_what_pyproject_asks_for",
    ),
    "pre-commit install": (
        "pre-commit is its user's own",
        "test_precommit.py::test_each_hook_is_one_of_ours",
    ),
}
"""Commands that are not run here: why, and where what they do is tested."""

SMALL = re.compile(r"(ethogram|make) (links|images|resolve)\b|--new-against")
"""Commands that go out for what pages hold, or to Git; they get a page whose links are on this
machine, and a commit of it."""

GUARD = """\
import socket
def guarded(real, host):
    def call(*given, **named):
        if host(given) not in ("127.0.0.1", "localhost", "::1", None):
            raise OSError(f"not on this machine: {host(given)}")
        return real(*given, **named)
    return call
def place(given):
    return given[1][0] if isinstance(given[1], tuple) else None
for name in ("connect", "connect_ex"):
    setattr(socket.socket, name, guarded(getattr(socket.socket, name), place))
socket.getaddrinfo = guarded(socket.getaddrinfo, lambda given: given[0])
"""
CARD = """\
# Home

[A page]({page}) and a picture.

!!! note "[Sleeper Agents: Training Deceptive LLMs that Persist Through Safety Training]({work})"
    added: 2026-11-21

    ![A square of one color, for want of a figure]({picture})
"""


def commands(guide: str) -> Iterator[str]:
    """Yield the commands of a guide: lines of its `sh` blocks, and code that begins as one does."""
    text = (ROOT / guide).read_text(encoding="utf-8")
    for block in re.findall(r"^ *```sh\n(.*?)^ *```", text, re.MULTILINE | re.DOTALL):
        yield from (line.split("  # ")[0].strip() for line in block.splitlines() if line.strip())
    prose = re.sub(r"^ *```.*?^ *```", "", text, flags=re.MULTILINE | re.DOTALL)
    for span in re.findall(r"(?<!`)`([^`\n]+)`(?!`)", prose):
        if re.match(rf"(?:\S*/)?(?:{'|'.join(LAUNCHERS)}) ", span):
            yield span


ALL = sorted({command for guide in GUIDES for command in commands(guide)})


def test_each_guide_has_commands() -> None:
    """They are found at all, and the one that all begins with stands in both."""
    assert all(len(list(commands(guide))) > 5 for guide in GUIDES)
    assert {"ethogram add 2310.02224 --to refusal/privacy-leakage", "make check"} <= set(ALL)


@pytest.mark.parametrize("command", sorted(ELSEWHERE))
def test_what_is_not_run_is_tested_elsewhere(command: str) -> None:
    """An entry is of a command that a guide has, gives its reason and names a test there is."""
    reason, test = ELSEWHERE[command]
    file, _, name = test.partition("::")
    assert command in ALL, "take it out: no guide names it anymore"
    assert reason
    assert f"def {name}" in (ROOT / "tests" / file).read_text(encoding="utf-8")


def picture() -> bytes:
    """A PNG file."""
    file = BytesIO()
    Image.new("RGB", (400, 300), "#246").save(file, "PNG")
    return file.getvalue()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a clone of this checkout holds."""
    return clone(tmp_path_factory.mktemp("fresh") / "clone")


@pytest.fixture(scope="module")
def web() -> Iterator[LoopbackWeb]:
    """A page and a picture that are there."""
    pages = {
        "/page": Reply(200, {"Content-Type": "text/html"}),
        "/picture.png": Reply(200, {"Content-Type": "image/png"}, picture()),
    }
    with LoopbackWeb(pages) as server:
        yield server


@pytest.fixture(scope="module")
def arxiv() -> Iterator[LoopbackArxiv]:
    """arXiv, with the paper that the guides add, and the one of the small page."""
    title = "Sleeper Agents: Training Deceptive LLMs that Persist Through Safety Training"
    sleeper = Paper("2401.05566", title=title, authors=("Evan Hubinger",), version=3)
    with LoopbackArxiv([EXAMPLE, sleeper]) as server:
        yield server


@pytest.fixture
def folder(fresh: Path, tmp_path: Path) -> Path:
    """A copy to run one command in, with the tools of this environment."""
    copy = Path(shutil.copytree(fresh, tmp_path / "copy"))
    (copy / ".venv").symlink_to(sys.prefix)
    (tmp_path / "guard").mkdir()
    (tmp_path / "guard/sitecustomize.py").write_text(GUARD)
    for stamp in ("site", "dev"):
        (tmp_path / stamp).write_text(str(copy))
    return copy


def with_small_page(folder: Path, web: LoopbackWeb) -> None:
    """Leave a site one page, whose links are on this machine, and commit it as origin's main."""
    shutil.rmtree(folder / "docs")
    (folder / "docs").mkdir()
    text = CARD.format(
        page=web.url("/page"),
        picture=web.url("/picture.png"),
        work="https://arxiv.org/abs/2401.05566",
    )
    (folder / "docs/index.md").write_text(text, encoding="utf-8")
    settings = (folder / "mkdocs.yml").read_text(encoding="utf-8")
    settings = settings.replace("    links: journal", "    links: journal\n    allow_private: true")
    (folder / "mkdocs.yml").write_text(settings, encoding="utf-8")
    person = ("-c", "user.name=A", "-c", "user.email=a@example.org")
    for words in (("init", "-q"), ("add", "docs", "bib"), (*person, "commit", "-qm", "Begin")):
        subprocess.run(["git", *words], cwd=folder, check=True)
    main = ("update-ref", "refs/remotes/origin/main", "HEAD")
    subprocess.run(["git", *main], cwd=folder, check=True)


def environment(folder: Path, web: LoopbackWeb, arxiv: LoopbackArxiv) -> dict[str, str]:
    """Everyone on loopback, this environment's tools, the copy's own code."""
    away = ("MAKE", "GITHUB_", "ETHOGRAM_")
    inherited = {name: text for name, text in os.environ.items() if not name.startswith(away)}
    asked = {
        f"ETHOGRAM_{each.name.upper()}_API": web.url(f"/{each.name}/") for each in fields(Endpoints)
    }
    own = {
        "ETHOGRAM_ARXIV_API": arxiv.endpoint,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "PYTHONPATH": f"{folder / 'hooks'}{os.pathsep}{folder.parent / 'guard'}",
        "SOURCE_DATE_EPOCH": "1795219200",
    }
    return {**inherited, **asked, **own}


def as_run(command: str, folder: Path) -> str:
    """A command with its placeholders filled in; make takes this environment for its own."""
    for word, meant in STANDS_FOR.items():
        command = re.sub(rf"(?<![\w-]){word}(?!\w)", meant, command)
    if command.startswith("ethogram images"):
        return f"{command} --allow-private"  # the option that it has for tests
    made = f" SITE={folder.parent / 'site'} DEV={folder.parent / 'dev'}"
    return f"{command}{made}" if command.startswith("make ") else command


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no checkout of Git")
@pytest.mark.skipif(sys.platform == "win32", reason="the guides' commands are for a POSIX shell")
@pytest.mark.parametrize("command", [each for each in ALL if each not in ELSEWHERE])
def test_a_command_does_what_it_is_there_for(
    command: str, folder: Path, web: LoopbackWeb, arxiv: LoopbackArxiv
) -> None:
    """It is run as written, in a copy of this checkout, and all is well."""
    if SMALL.search(command):
        with_small_page(folder, web)
    result = subprocess.run(
        ["sh", "-c", as_run(command, folder)],
        cwd=folder,
        env=environment(folder, web, arxiv),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stdout
    assert "Traceback" not in result.stdout
