"""The preview: `mkdocs serve` as a person runs it, with arXiv on loopback."""

import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from building import copy_site
from loopback_arxiv import LoopbackArxiv, Paper

PATIENCE = 60
"""Seconds after which a preview that shows nothing new has failed."""

CARD = '# New\n\n!!! note "https://arxiv.org/abs/2404.17047"\n    Words.\n'


def free_port() -> int:
    """A port that nothing listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


# A shell may have told what it runs in the background to mind no Ctrl-C.
MKDOCS = """\
import signal
from mkdocs.__main__ import cli
signal.signal(signal.SIGINT, signal.default_int_handler)
cli()
"""


@contextmanager
def running(
    folder: Path, endpoint: str, **variables: str
) -> Iterator[tuple[subprocess.Popen[bytes], str]]:
    """Run `mkdocs serve` on a free port; yield it and its address once it answers."""
    port = free_port()
    settings = {"ETHOGRAM_ARXIV_API": endpoint, "ETHOGRAM_RESOLVE": "serve", **variables}
    command = [sys.executable, "-c", MKDOCS, "serve", "--livereload", "-a", f"127.0.0.1:{port}"]
    with (folder / "serve.log").open("wb") as log:
        process = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, **settings},
            stdout=log,
            stderr=log,
            start_new_session=True,  # so that Ctrl-C can be told to all of it, as a terminal does
        )
        try:
            address = f"http://127.0.0.1:{port}/"
            wait_for(folder, lambda: "Home" in fetch(address))
            yield process, address
        finally:
            process.terminate()
            process.wait(10)


@contextmanager
def serving(folder: Path, endpoint: str, **variables: str) -> Iterator[str]:
    """Run `mkdocs serve` and yield its address."""
    with running(folder, endpoint, **variables) as (_, address):
        yield address


def fetch(address: str) -> str:
    """The page at an address; empty while there is none."""
    try:
        with urllib.request.urlopen(address, timeout=10) as answer:
            return str(answer.read(), "utf-8")
    except urllib.error.URLError:
        return ""


def wait_for(folder: Path, true: Callable[[], bool]) -> None:
    """Wait until something is so; show the preview's log if it never is."""
    deadline = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < deadline, (folder / "serve.log").read_text()
        time.sleep(0.2)


def test_a_pasted_address_becomes_a_card_by_itself(tmp_path: Path) -> None:
    """Without a record the card shows a notice at once; the record follows by itself."""
    folder = copy_site(tmp_path / "site")
    with LoopbackArxiv([Paper("2404.17047")]) as arxiv, serving(folder, arxiv.endpoint) as address:
        (folder / "docs/new.md").write_text(CARD, encoding="utf-8")
        wait_for(folder, lambda: 'data-work="arxiv:2404.17047"' in fetch(f"{address}new/"))
        wait_for(folder, lambda: "footnote-ref" in fetch(f"{address}new/"))
        assert "2404.17047" in (folder / "bib/arxiv.bib").read_text(encoding="utf-8")
        assert len(arxiv.requests) == 1


def test_an_outage_does_not_touch_the_preview(tmp_path: Path) -> None:
    """With arXiv out of reach the card keeps its notice and mend; pages go on rebuilding."""
    folder = copy_site(tmp_path / "site")
    with serving(folder, f"http://127.0.0.1:{free_port()}/api/query") as address:
        (folder / "docs/new.md").write_text(CARD, encoding="utf-8")
        wait_for(folder, lambda: "ethogram resolve 2404.17047" in fetch(f"{address}new/"))
        (folder / "docs/new.md").write_text(CARD.replace("Words", "Other"), encoding="utf-8")
        wait_for(folder, lambda: "Other" in fetch(f"{address}new/"))


BESIDE = (
    "papers/hubinger2024sleeper/",
    "papers.bib",
    "papers.json",
    "feed.xml",
    "assets/social/site.png",
    "pagefind/pagefind-entry.json",
)
"""Some of what is written beside the build."""


def exists(address: str) -> bool:
    """Whether anything is there, which need not be a text."""
    try:
        with urllib.request.urlopen(address, timeout=10):
            return True
    except urllib.error.HTTPError:
        return False


def is_any_left(group: int) -> bool:
    """Whether there is still a process of a group."""
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_second_build_writes_all_again(tmp_path: Path) -> None:
    """The folder is emptied for each: what stays is written anew, what is gone is gone."""
    folder = copy_site(tmp_path / "site")
    page, key = folder / "docs/new.md", "hernandez2023linearity"
    text = CARD.replace("2404.17047", "2308.09124")
    with serving(folder, f"http://127.0.0.1:{free_port()}/api/query") as address:
        wait_for(folder, lambda: all(exists(f"{address}{path}") for path in BESIDE))
        page.write_text(text, encoding="utf-8")
        wait_for(folder, lambda: exists(f"{address}new.bib"))
        wait_for(folder, lambda: "new/#" in fetch(f"{address}papers/{key}/"))
        page.unlink()
        wait_for(folder, lambda: not exists(f"{address}new/"))
        wait_for(folder, lambda: all(exists(f"{address}{path}") for path in BESIDE))
        assert "new/#" not in fetch(f"{address}papers/{key}/")
        assert not exists(f"{address}new.bib")


def test_a_preview_does_without_search(tmp_path: Path) -> None:
    """Where Pagefind fails there is a warning, once a build, and pages all the same."""

    def warnings() -> int:
        log = (folder / "serve.log").read_text()
        return log.count("Pagefind could not make the search index")

    folder = copy_site(tmp_path / "site")
    missing = {"PAGEFIND_BINARY_PATH": str(tmp_path / "nowhere")}
    endpoint = f"http://127.0.0.1:{free_port()}/api/query"
    with serving(folder, endpoint, **missing) as address:
        wait_for(folder, lambda: warnings() == 1)
        assert exists(f"{address}papers.json") and exists(f"{address}{BESIDE[0]}")
        (folder / "docs/new.md").write_text("# New\n\nWords.\n", encoding="utf-8")
        wait_for(folder, lambda: "Words" in fetch(f"{address}new/"))
        wait_for(folder, lambda: warnings() == 2)
        assert exists(f"{address}{BESIDE[0]}")
    assert "Traceback" not in (folder / "serve.log").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no groups of processes")
def test_ctrl_c_ends_all_of_it_quietly(tmp_path: Path) -> None:
    """Neither the preview nor what runs beside it is left, and nobody shows a traceback."""
    folder = copy_site(tmp_path / "site")
    with running(folder, f"http://127.0.0.1:{free_port()}/api/query") as (process, _):
        os.killpg(process.pid, signal.SIGINT)
        assert process.wait(20) == 0
        wait_for(folder, lambda: not is_any_left(process.pid))
    assert "Traceback" not in (folder / "serve.log").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no groups of processes")
def test_a_killed_preview_leaves_nothing_running(tmp_path: Path) -> None:
    """What runs beside it ends with it, however it ends."""
    folder = copy_site(tmp_path / "site")
    with running(folder, f"http://127.0.0.1:{free_port()}/api/query") as (process, _):
        process.kill()
        process.wait(10)
        wait_for(folder, lambda: not is_any_left(process.pid))
