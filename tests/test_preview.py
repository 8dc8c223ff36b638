"""`preview`: what a preview keeps is what it would make."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from building import copy_site

BUILDS = """\
import json, sys
from pathlib import Path
from mkdocs.commands.build import build
from mkdocs.config import load_config
from mkdocs.structure.pages import Page

parsed, render = [], Page.render
def told(page, *given):
    parsed.append(page.file.src_uri)
    return render(page, *given)
Page.render = told

site, edits = sys.argv[1], json.loads(sys.argv[2])
address = "http://127.0.0.1:8000/"
for number, edit in enumerate([None, *edits]):
    if edit:
        path, old, new = Path(edit[0]), *edit[1:]
        text = path.read_text(encoding="utf-8") if path.exists() else ""
        assert old in text, (path, old)
        path.write_text(text.replace(old, new) if old else text + new, encoding="utf-8")
    config = load_config(site_dir=site)
    config.site_url = address
    if not number:
        config.plugins.on_startup(command="serve", dirty=False)
    parsed.clear()
    build(config, serve_url=address)
config.plugins.on_shutdown()
Path(site, "parsed").write_text("\\n".join(parsed))
"""
"""Builds as `mkdocs serve` does: once, and again after each edit; says what was parsed last."""

Edit = tuple[str, str, str]
"""A file, what is replaced in it, and what by; where nothing is replaced, it is put at its end."""

SANDBAGGING = "docs/deception/sandbagging.md"
BIB = "bib/arxiv.bib"
NEW = """
!!! note "[Sleeper Agents](https://arxiv.org/abs/2401.05566)"
    contradicts: 2501.00001
    added: 2026-11-21

    What was once said is taken back, one word after the other.
"""


def build(folder: Path, site: str, *edits: Edit) -> dict[str, str]:
    """The pages after some edits, by their paths."""
    result = subprocess.run(
        [sys.executable, "-c", BUILDS, site, json.dumps(edits)],
        cwd=folder,
        env={**os.environ, "ETHOGRAM_RESOLVE": "never"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    sources = (path.relative_to(folder / "docs") for path in (folder / "docs").rglob("*.md"))
    stems = (path.with_suffix("") for path in sources)
    paths = [stem.parent if stem.name == "index" else stem for stem in stems]
    pages = {path.as_posix(): folder / site / path / "index.html" for path in paths}
    return {path: page.read_text(encoding="utf-8") for path, page in pages.items()}


EDITS: dict[str, tuple[Edit, set[str]]] = {
    "words": ((SANDBAGGING, "was retracted", "was taken back"), {"deception/sandbagging"}),
    "a relation, told on both pages": (
        ("docs/security/backdoor.md", "", NEW),
        {"security/backdoor", "deception/sandbagging"},
    ),
    "a title, which stands in the navigation": (
        (SANDBAGGING, "# Sandbagging", "# Playing dumb"),
        {"deception/sandbagging", "deception/strategic-deception"},
    ),
    "what the contents call a section": (
        (SANDBAGGING, "## Cards\n", '## Cards {: data-toc-label="Works" }\n'),
        {"deception/sandbagging"},
    ),
    "a record": ((BIB, "Hubinger, Evan", "Hubinger, Eve"), {"security/backdoor"}),
    "a term's label": (
        ("bib/taxonomy.yml", "label: Backdoor", "label: Trapdoor"),
        {"deception/sandbagging"},
    ),
    "the settings": (("mkdocs.yml", "site_name: Test site", "site_name: Another"), {".", "faults"}),
    "a new page": (("docs/deception/new.md", "", "# New\n"), {"deception/sandbagging"}),
}


@pytest.mark.parametrize(("edit", "told"), EDITS.values(), ids=EDITS)
def test_a_preview_shows_what_a_first_build_would(
    tmp_path: Path, edit: Edit, told: set[str]
) -> None:
    """After any edit, on every page: the one that was edited, and others that tell of it."""
    folder = copy_site(tmp_path / "site")
    before = build(folder, "before")
    after = build(folder, "after", edit)
    fresh = build(folder, "fresh")
    assert [path for path in fresh if after[path] != fresh[path]] == []
    changed = {path for path, page in before.items() if page != fresh[path]}
    assert told <= changed


def test_only_what_differs_is_parsed_again(tmp_path: Path) -> None:
    """An edit of a card costs its page; another record, the pages that show it."""
    folder = copy_site(tmp_path / "site")
    build(folder, "first")
    assert len((folder / "first/parsed").read_text().split()) > 9
    build(folder, "second", EDITS["words"][0])
    assert (folder / "second/parsed").read_text() == "deception/sandbagging.md"
    build(folder, "third", ("mkdocs.yml", "site_name: Test site", "site_name: Another"))
    assert len((folder / "third/parsed").read_text().split()) > 9
