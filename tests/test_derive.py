"""`make derive`: forms, snippets and schemas follow the taxonomy, and say so when they do not."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

import derive
from ethogram.cards import FIELDS, RELATIONS, Page, read_page
from ethogram.catalog import Catalog
from ethogram.check import check
from ethogram.findings import EthogramError
from ethogram.taxonomy import Taxonomy

ROOT = Path(__file__).resolve().parent.parent
TAXONOMY = Taxonomy.load(ROOT / "bib/taxonomy.yml")
OPTIONAL = {"behaviors", "code", "data", "added-by"}
"""Fields that the snippet leaves to whoever needs them, beside the relations."""


def copied(folder: Path) -> Path:
    """The derived files, and what they are derived from."""
    for path in (derive.TAXONOMY, *derive.derived(ROOT)):
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, folder / path)
    return folder


def add_term(folder: Path) -> None:
    """Add a behavior, a method and a group to the taxonomy."""
    path = folder / derive.TAXONOMY
    text = path.read_text(encoding="utf-8")
    term = '{slug: %s, label: "%s", definition: "What it is."}\n'
    group = "  - {slug: humor, label: Humor, shelf: behaviors, definition: Fun., terms: []}\n"
    text = text.replace("    terms:\n", f"    terms:\n      - {term % ('hush', 'Hush: # 1')}", 1)
    text = text.replace("\nmethods:\n", f"{group}\nmethods:\n  - {term % ('reading', 'Reading')}")
    path.write_text(text, encoding="utf-8")


def test_nothing_of_this_project_is_stale() -> None:
    """A new term goes with `make derive`; who forgets it reads the mend here."""
    command = [sys.executable, str(ROOT / "scripts/derive.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout + done.stderr == ""
    assert done.returncode == 0


def test_a_new_term_makes_files_stale(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Each of them is named with the mend, nothing is written, and `make derive` puts it right."""
    folder = copied(tmp_path)
    assert derive.main(["--check"], folder) == 0
    add_term(folder)
    before = {path: (folder / path).read_bytes() for path in derive.derived(folder)}
    assert derive.main(["--check"], folder) == 1
    said = capsys.readouterr().out.splitlines()
    stale = {derive.FORM, derive.SNIPPETS, f"{derive.SCHEMAS}/front-matter.schema.json"}
    assert {line.split()[0] for line in said} == stale
    assert all(line.endswith("any more. Run `make derive`.") for line in said)
    assert {path: (folder / path).read_bytes() for path in before} == before
    assert derive.main([], folder) == 0
    assert {*capsys.readouterr().out.splitlines()} == {f"Wrote {path}." for path in stale}
    assert derive.main(["--check"], folder) == 0
    assert derive.main([], folder) == 0
    assert capsys.readouterr().out == ""


def test_only_the_choices_of_the_form_move(tmp_path: Path) -> None:
    """Whatever people wrote in the form stays, byte for byte; a term in quotes is read back."""
    folder = copied(tmp_path)
    form = folder / derive.FORM
    before = form.read_text(encoding="utf-8").splitlines()
    add_term(folder)
    derive.main([], folder)
    after = form.read_text(encoding="utf-8").splitlines()
    new = [line for line in after if line not in before]
    assert new == ['        - "Hush: # 1 (hush)"']
    assert [line for line in after if line != new[0]] == before
    assert "Hush: # 1 (hush)" in options(form)


def options(form: Path) -> list[str]:
    """The choices of the dropdown, as GitHub reads them."""
    parts = yaml.safe_load(form.read_text(encoding="utf-8"))["body"]
    (dropdown,) = [part for part in parts if part.get("id") == "behavior"]
    found: list[str] = dropdown["attributes"]["options"]
    return found


def test_the_form_offers_every_behavior() -> None:
    """In the order of the taxonomy, each with the slug by which the intake knows it."""
    shown = [f"{term.label} ({term.slug})" for term in TAXONOMY.terms.values()]
    found = options(ROOT / derive.FORM)
    assert [each for each in found if each.endswith(")")] == shown
    assert len(found) == len(set(found))


@pytest.mark.parametrize("lost", [derive.BEGIN, derive.END])
def test_a_form_without_its_place_is_told_of(
    tmp_path: Path, lost: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """One sentence with the comments that are missing, and nothing is written."""
    folder = copied(tmp_path)
    form = folder / derive.FORM
    text = form.read_text(encoding="utf-8").replace(lost, "# gone")
    form.write_text(text, encoding="utf-8")
    assert derive.main([], folder) == 1
    said = capsys.readouterr().err
    assert f"{derive.FORM} has no place for the terms" in said and lost in said
    assert form.read_text(encoding="utf-8") == text


def test_what_cannot_be_read_is_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A faulty taxonomy, a missing form, a wrong argument: a sentence each, no traceback."""
    folder = copied(tmp_path)
    (folder / derive.FORM).unlink()
    assert derive.main([], folder) == 1
    assert "suggest-a-paper.yml cannot be read: " in capsys.readouterr().err
    (folder / derive.TAXONOMY).write_text("groups: [", encoding="utf-8")
    assert derive.main(["--check"], folder) == 1
    assert "bib/taxonomy.yml:2: This is no YAML" in capsys.readouterr().err
    assert derive.main(["--chek"], folder) == 2
    assert capsys.readouterr().err == "derive.py takes --check or nothing.\n"


def test_a_schema_that_is_missing_is_told_of(tmp_path: Path) -> None:
    """What people wrote of a schema cannot be made anew."""
    folder = copied(tmp_path)
    (folder / derive.SCHEMAS / "archive.schema.json").unlink()
    with pytest.raises(EthogramError, match=r"archive\.schema\.json cannot be read"):
        derive.derived(folder)


# -- snippets ------------------------------------------------------------------------------------

_VARIABLES = {
    "CURRENT_YEAR": "2026",
    "CURRENT_MONTH": "11",
    "CURRENT_DATE": "21",
    "TM_FILENAME_BASE": "multi-hop-failure",
}
_CHOICE = re.compile(r"\$\{(\d+)\|([^|}]*)\|\}")
_TRANSFORM = re.compile(r"\$\{(\w+)/((?:[^/\\]|\\.)*)/((?:\$\{[^}]*\}|[^/])*)/(g?)\}")
_PLACEHOLDER = re.compile(r"\$\{\d+:([^${}]*)\}")
_FORMAT = re.compile(r"\$\{(\d):/upcase\}|\$\{(\d):\+([^}]*)\}|\$(\d)")


def snippet(name: str) -> str:
    """A snippet's body."""
    found: dict[str, Any] = json.loads((ROOT / derive.SNIPPETS).read_text(encoding="utf-8"))
    return "\n".join(found[name]["body"])


def expanded(body: str, chosen: Mapping[str, str] | None = None) -> str:
    """What an editor makes of a snippet whose defaults are taken, but for some choices.

    The grammar is TextMate's with the choices of VS Code:
    https://code.visualstudio.com/docs/editing/userdefinedsnippets#_snippet-syntax
    """
    text = _CHOICE.sub(lambda m: (chosen or {}).get(m[1]) or m[2].split(",")[0], body)
    text = _TRANSFORM.sub(_transformed, text)
    for name, value in _VARIABLES.items():
        text = text.replace(f"${name}", value)
    while _PLACEHOLDER.search(text):
        text = _PLACEHOLDER.sub(r"\1", text)
    return re.sub(r"\$\d", "", text)


def _transformed(match: re.Match[str]) -> str:
    """A variable after its pattern is replaced by its format."""
    found = _VARIABLES[match[1]]
    return re.sub(match[2], lambda m: _formatted(match[3], m), found, count=0 if match[4] else 1)


def _formatted(form: str, match: re.Match[str]) -> str:
    def part(at: re.Match[str]) -> str:
        if at[1]:
            return (match[int(at[1])] or "").upper()
        return (at[3] if match[int(at[2])] else "") if at[2] else match[int(at[4])] or ""

    return _FORMAT.sub(part, form)


def card_page(chosen: Mapping[str, str] | None = None) -> Page:
    """A page with the card of the snippet."""
    text = f"# Page\n\n{expanded(snippet('Card'), chosen)}"
    assert "$" not in text
    return read_page(text, "page.md")


def test_the_cards_snippet_is_a_card() -> None:
    """As it stands it is read as one, with its fields in their order and no fault."""
    page = card_page()
    (card,) = page.cards
    assert page.findings == ()
    assert str(card.work) == "arxiv:2401.05566"
    names = [field.name for field in card.fields]
    assert names == [name for name in FIELDS if name in names]
    assert card.value("added") == "2026-11-21"
    assert "what limits it" in card.body


def test_the_cards_snippet_offers_every_term() -> None:
    """Each choice is a term of the taxonomy, each term is a choice, and each makes a good card."""
    fields = ("methods", "evidence", "direction", "status")
    known = (TAXONOMY.methods, TAXONOMY.evidence, TAXONOMY.directions, TAXONOMY.statuses)
    choices = {m[1]: m[2].split(",") for m in _CHOICE.finditer(snippet("Card"))}
    assert [*choices.values()] == [[*terms] for terms in known]
    for (number, slugs), name in zip(choices.items(), fields, strict=True):
        for slug in slugs:
            (card,) = card_page({number: slug}).cards
            assert card.value(name) == slug


def test_the_cards_snippet_has_what_most_cards_have() -> None:
    """Of the fields of a card it leaves out those that few need; each name is a real one."""
    (card,) = card_page().cards
    shown = {field.name for field in card.fields}
    assert {*FIELDS} - shown == OPTIONAL | {*RELATIONS}


def test_the_pages_snippet_is_a_behaviors_page(tmp_path: Path) -> None:
    """In the file of its term it needs no word more to pass the checks."""
    text = expanded(snippet("Page of a behavior"))
    assert "$" not in text
    assert text.startswith("---\nbehavior: multi-hop-failure\nreviewed: 2026-11-21\n---\n")
    assert "\n# Multi hop failure\n" in text
    page = tmp_path / "docs/reasoning/multi-hop-failure.md"
    page.parent.mkdir(parents=True)
    page.write_text(text, encoding="utf-8")
    shutil.copytree(ROOT / "bib", tmp_path / "bib")
    assert check(Catalog.load(tmp_path / "docs", tmp_path / "bib")) == []
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == [
        "What is known",
        "How it is measured",
        "What is open",
        "Cards",
    ]
    date.fromisoformat(read_page(text, "page.md").meta("reviewed"))
