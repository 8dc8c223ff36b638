"""The newcomer: from a fresh copy of this checkout to a card on the page, as a person goes."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Event

import pytest
from playwright.sync_api import Page, expect

from building import ROOT, build, copy_site
from ethogram.findings import PROMPT
from loopback_arxiv import Asked, LoopbackArxiv, Paper
from test_serve import serving

EXAMPLE = Paper(
    "2310.02224",
    title="Can Language Models be Instructed to Protect Personal Information?",
    authors=("Yang Chen", "Ethan Mendes", "Sauvik Das", "Wei Xu", "Alan Ritter"),
    published="2023-10-03T00:00:00Z",
)
"""The paper of the guides: one that has no card yet, else `add` leads to the card."""

FINDING = """Models were told to protect some kinds of personal information and to answer all else,
    in questions about text and pictures. Letting a model moderate its own answer, over and over,
    protected more. Simple attacks by text and by picture got around it all the same. The scenario
    is made up, so it shows what an instruction can hold and not what a product would give away."""
PAGE = "refusal/privacy-leakage"
PATIENCE = 60_000
"""Milliseconds after which a page that shows nothing new has failed."""


def clone(folder: Path) -> Path:
    """Copy what a clone of this checkout would hold, with what is not committed yet."""
    listed = subprocess.run(
        ["git", "ls-files", "-coz", "--exclude-standard"], cwd=ROOT, capture_output=True, check=True
    )
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():  # one that is deleted and not committed is listed, too
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    return folder


def ethogram(folder: Path, endpoint: str, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the command of a copy, in its folder."""
    own = {"PYTHONPATH": str(folder / "hooks"), "ETHOGRAM_ARXIV_API": endpoint}
    return subprocess.run(
        [sys.executable, "-m", "ethogram.cli", *words],
        cwd=folder,
        env={**os.environ, **own},
        capture_output=True,
        text=True,
        check=False,
    )


def fill_in(page: Path) -> None:
    """Do what the output of `add` asks for."""
    text = page.read_text(encoding="utf-8")
    for field, value in {
        "methods": "benchmark, red-teaming",
        "evidence": "benchmark-result",
        "models": "GPT-4",
    }.items():
        text = re.sub(rf"(?m)^    {field}:.*$", f"    {field}: {value}", text)
    page.write_text(text.replace(PROMPT, FINDING), encoding="utf-8")


@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="this is no checkout of Git")
def test_from_a_number_to_a_card_on_the_page(
    tmp_path: Path, serve: Callable[[Path], str], page: Page
) -> None:
    """`add`, fill in, `check`, a strict build without the network: and the card is there."""
    folder = clone(tmp_path / "clone")
    with LoopbackArxiv([EXAMPLE]) as arxiv:
        added = ethogram(folder, arxiv.endpoint, "add", EXAMPLE.number, "--to", PAGE)
        assert added.returncode == 0, added.stderr
        assert added.stdout.startswith(f"docs/{PAGE}.md:")
        unfinished = ethogram(folder, arxiv.endpoint, "check")
        assert unfinished.returncode == 1 and "unfinished-card" in unfinished.stdout
        fill_in(folder / f"docs/{PAGE}.md")
        checked = ethogram(folder, arxiv.endpoint, "check")
        assert checked.returncode == 0, checked.stdout
    result = build(folder, "--strict")
    assert result.returncode == 0, result.stdout
    page.goto(f"{serve(folder / 'site')}{PAGE}/#chen2023language")
    card = page.locator("#chen2023language")
    expect(card.locator(".admonition-title")).to_contain_text(EXAMPLE.title)
    expect(card.locator("p.who")).to_contain_text("Chen, Mendes, Das et al.")
    expect(card).to_contain_text("Letting a model moderate its own answer")
    expect(card.locator("li.methods")).to_have_text(["Benchmark", "Red teaming"])
    expect(card).to_be_in_viewport()


class Waiting(LoopbackArxiv):
    """arXiv, which answers once it is let."""

    def __init__(self, *papers: Paper) -> None:
        self.let = Event()
        super().__init__(papers)

    def answer(self, asked: Asked) -> tuple[int, str]:
        """Wait, then answer."""
        self.let.wait(PATIENCE / 1000)
        return super().answer(asked)


def test_a_pasted_address_shows_its_mend_and_then_its_record(tmp_path: Path, page: Page) -> None:
    """While a record is awaited the preview shows card, notice and command; then, the record."""
    folder = copy_site(tmp_path / "site")
    pasted = folder / "docs/deception/strategic-deception.md"
    with Waiting(EXAMPLE) as arxiv, serving(folder, arxiv.endpoint) as address:
        page.goto(f"{address}deception/strategic-deception/")
        with pasted.open("a", encoding="utf-8") as file:
            file.write('\n!!! note "https://arxiv.org/abs/2310.02224"\n\n    Words of my own.\n')
        card = page.locator('.paper[data-work="arxiv:2310.02224"]')
        expect(card.locator(".who.unresolved")).to_contain_text(
            "ethogram resolve 2310.02224", timeout=PATIENCE
        )
        expect(card).to_contain_text("Words of my own.")
        arxiv.let.set()
        expect(card.locator("p.who")).to_contain_text("Chen, Mendes", timeout=PATIENCE)
        expect(card.locator(".admonition-title")).to_contain_text(EXAMPLE.title)
        expect(page.locator(".unresolved")).to_have_count(0)
    assert "chen2023language" in (folder / "bib/arxiv.bib").read_text(encoding="utf-8")
    assert "Traceback" not in (folder / "serve.log").read_text(encoding="utf-8")
