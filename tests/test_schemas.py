"""The schemas for editors: what a reader of ours refuses, they refuse while it is typed."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from ethogram.catalog import Catalog, markdown_files
from ethogram.check import check
from ethogram.corrections import FIELDS as CORRECTED
from ethogram.corrections import MAY_BE_EMPTY, NAMES, WHY, Corrections
from ethogram.links.archive import STABLE_HOSTS, Archive
from ethogram.markdown import read
from ethogram.moves import FIELD as MOVED
from ethogram.taxonomy import FACETS, SHELVES, Taxonomy
from links import test_archive
from test_taxonomy import FAULTS, GOOD

ROOT = Path(__file__).resolve().parent.parent
SCHEMAS = ROOT / "hooks/ethogram/schemas"
NAMES_OF_SCHEMAS = ("archive", "corrections", "front-matter", "taxonomy")
DRAFTS = {
    "2020-12": "https://json-schema.org/draft/2020-12/schema",
    "07": "http://json-schema.org/draft-07/schema#",
}
"""What the schemas say they are, and what most language servers for YAML take any schema for."""

CHECKER = Path(sys.executable).with_name("check-jsonschema")
Refused = dict[str, str]


@cache
def schema(name: str) -> dict[str, Any]:
    """A schema of ours."""
    found: dict[str, Any] = json.loads((SCHEMAS / f"{name}.schema.json").read_text("utf-8"))
    return found


def refused(name: str, texts: Mapping[str, str], draft: str, folder: Path) -> Refused:
    """Of some YAML texts by their names, those that a schema refuses, each with the reason.

    check-jsonschema reads YAML 1.2, as editors do.
    """
    folder.mkdir(exist_ok=True)
    given = folder / "schema.json"
    given.write_text(json.dumps(schema(name) | {"$schema": DRAFTS[draft]}), encoding="utf-8")
    files = {f"{number}.yml": each for number, each in enumerate(texts)}
    for file, each in files.items():
        (folder / file).write_text(texts[each], encoding="utf-8")
    command = [str(CHECKER), "--output-format=json"]
    command += [f"--schemafile={given.name}", *files]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    told = json.loads(done.stdout)
    faults = [*told.get("errors", ()), *told.get("parse_errors", ())]
    return {files[Path(each["filename"]).name]: each.get("message", "") for each in faults}


def text_of(path: Path) -> str:
    """A file as it is read."""
    return path.read_text(encoding="utf-8-sig")


def front_matter(path: Path) -> str:
    """What stands between the lines of hyphens."""
    return read(text_of(path)).front_matter


# -- what is right -------------------------------------------------------------------------------


@pytest.mark.parametrize("draft", DRAFTS)
@pytest.mark.parametrize("name", NAMES_OF_SCHEMAS)
def test_a_schema_is_one(name: str, draft: str, tmp_path: Path) -> None:
    """By the draft that it names, and by the older one that editors go by."""
    file = tmp_path / "schema.json"
    file.write_text(json.dumps(schema(name) | {"$schema": DRAFTS[draft]}), encoding="utf-8")
    command = [str(CHECKER), "--check-metaschema", str(file)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize("draft", DRAFTS)
def test_the_files_of_this_project_are_right(draft: str, tmp_path: Path) -> None:
    """Taxonomy, archive, corrections and the front matter of every page."""
    for name in ("taxonomy", "archive", "corrections"):
        file = ROOT / f"bib/{name}.yml"
        if file.exists() or name != "corrections":  # which nobody need have written yet
            assert refused(name, {name: text_of(file)}, draft, tmp_path / name) == {}
    pages = {path.as_posix(): front_matter(path) for path in markdown_files(ROOT / "docs")}
    assert len([text for text in pages.values() if text]) > 20
    pages = {path: text or "{}" for path, text in pages.items()}
    assert refused("front-matter", pages, draft, tmp_path / "pages") == {}


ARCHIVES = {
    "an address": "https://gone.example/a: https://web.archive.org/web/2020/https://gone.example/a",
    "a copy and its day": "https://a.org/: {snapshot: https://perma.cc/x, date: 2020-05-06}",
    "a number for a host": "http://[::1]:80/: http://127.0.0.1/",
    "any case": "HTTPS://A.org/?q#x: https://copy.example/",
    "much the same host": "https://myarxiv.org/: https://copy.example/",
    "comments": "# nothing yet\n",
    "nothing": "",
}
CORRECTIONS = {
    "a title": "arxiv:2401.05566: {title: 1984, why: a number}",
    "names": "arxiv:hep-th/9901001:\n  authors: [A B, C]\n  corporate: [C]\n  why: x",
    "families": "arxiv:2401.05566: {authors: [A B], families: [B], why: x}",
    "what is taken away": 'arxiv:2401.05566: {journal: "", doi: "", note: "", url: "", why: x}',
    "a date and a DOI": "arxiv:2401.05566: {date: 2024-01-31, doi: 10.1000/x, why: x}",
    "withdrawn": "arxiv:2401.05566: {withdrawn: True, why: x}",
    "comments": "# nothing yet\n",
}
FRONT_MATTER = {
    "a behavior": "behavior: sandbagging\nreviewed: 2026-11-21",
    "a group": "group: deception\nhide: [toc]",
    "one path": "moved-from: deception/old.md",
    "paths": "moved-from:\n  - old.md\n  - a b/ü.md",
    "the theme's own": "title: 'A: b'\nicon: material/x\ntags: [a]",
}


@pytest.mark.parametrize("draft", DRAFTS)
def test_what_our_readers_take_is_taken(draft: str, tmp_path: Path) -> None:
    """No editor underlines what is right."""
    assert not Archive.read("\n".join(ARCHIVES.values()), "archive.yml").findings
    assert refused("archive", ARCHIVES, draft, tmp_path / "a") == {}
    for text in CORRECTIONS.values():
        assert not Corrections.read(text, "corrections.yml").findings, text
    assert refused("corrections", CORRECTIONS, draft, tmp_path / "c") == {}
    for text in FRONT_MATTER.values():
        assert {each.rule for each in checked(tmp_path / "site", text)} <= {"misplaced-page"}, text
    assert refused("front-matter", FRONT_MATTER, draft, tmp_path / "f") == {}
    assert refused("taxonomy", {"good": GOOD}, draft, tmp_path / "t") == {}


# -- what is wrong -------------------------------------------------------------------------------

UNSEEN = (
    "was taken on line",  # no schema compares one term with another
    "YAML reads the slug no as yes or no",  # it is a text in YAML 1.2, which editors read
)
"""Faults of a taxonomy that no schema can tell; `ethogram check` does."""


@pytest.mark.parametrize("draft", DRAFTS)
def test_a_faulty_taxonomy_is_refused(draft: str, tmp_path: Path) -> None:
    """Every fault of the reader's own table, as far as a schema can tell."""
    seen = [each for each in FAULTS if not any(words in each[3] for words in UNSEEN)]
    assert len(FAULTS) - len(seen) == 3
    texts = {f"{old} -> {new}": GOOD.replace(old, new, 1) for old, new, *_ in seen}
    others = {text: text for text in ("", "# only a comment\n", "[]", "word", "- groups")}
    found = refused("taxonomy", texts | others, draft, tmp_path / "t")
    assert found.keys() == texts.keys() | others.keys()


def faulty_archives() -> list[str]:
    """The texts of the reader's own table; one is left out that holds itself without end.

    It ends check-jsonschema, and no editor has got so far: YAML without end is its own matter.
    """
    marks: Sequence[Any] = test_archive.test_a_fault_has_its_place.pytestmark  # type: ignore[attr-defined]
    return [text for text, *_ in marks[0].args[1] if "*a\n" not in text]


@pytest.mark.parametrize("draft", DRAFTS)
def test_a_faulty_archive_is_refused(draft: str, tmp_path: Path) -> None:
    """Every fault of the reader's own table, and every stable host."""
    texts = {text: text for text in faulty_archives()}
    assert len(texts) > 20
    for host in STABLE_HOSTS:
        for name in (host, f"export.{host}", host.upper(), f"u@{host}", f"{host}.", f"{host}:443"):
            texts[name] = f"https://{name}/x: https://copy.example/\n"
            assert Archive.read(texts[name], "archive.yml").findings, name
    found = refused("archive", texts, draft, tmp_path / "a")
    assert found.keys() == texts.keys()


FAULTY_CORRECTIONS = [
    "- arxiv:2401.05566\n",
    "2401.05566: {title: A, why: x}",
    "doi:10.1/x: {title: A, why: x}",
    "arxiv:no number: {title: A, why: x}",
    "arxiv:2401.05566v2: {title: A, why: x}",
    "arxiv:2401.05566: text",
    "arxiv:2401.05566:",
    "arxiv:2401.05566: {}",
    "arxiv:2401.05566: {why: x}",
    "arxiv:2401.05566: {title: A}",
    "arxiv:2401.05566: {title: A, why: }",
    "arxiv:2401.05566: {title: '', why: x}",
    "arxiv:2401.05566: {title: [A], why: x}",
    "arxiv:2401.05566: {titel: A, why: x}",
    "arxiv:2401.05566: {title: A, title: B, why: x}",
    "arxiv:2401.05566: {date: 2024-13-01, why: x}",
    "arxiv:2401.05566: {date: 2024-02-30, why: x}",
    "arxiv:2401.05566: {date: '', why: x}",
    "arxiv:2401.05566: {doi: nothing, why: x}",
    "arxiv:2401.05566: {journal: , why: x}",
    "arxiv:2401.05566: {url: 'not an address', why: x}",
    "arxiv:2401.05566: {authors: A, why: x}",
    "arxiv:2401.05566: {authors: [], why: x}",
    "arxiv:2401.05566: {authors: [''], why: x}",
    "arxiv:2401.05566: {families: [A], why: x}",
    "arxiv:2401.05566: {corporate: [A], why: x}",
    "arxiv:2401.05566: {withdrawn: maybe, why: x}",
]


@pytest.mark.parametrize("draft", DRAFTS)
def test_faulty_corrections_are_refused(draft: str, tmp_path: Path) -> None:
    """What the reader refuses and a schema can tell."""
    for text in FAULTY_CORRECTIONS:
        assert Corrections.read(text, "corrections.yml").findings, text
    texts = {text: text for text in FAULTY_CORRECTIONS}
    assert refused("corrections", texts, draft, tmp_path / "c").keys() == texts.keys()


FAULTY_FRONT_MATTER = [
    "- a",
    "word",
    "behavior: [backdoor",
    "behavior: backdor",
    "behavior: [backdoor]",
    "group: decption",
    "reviewed: 2026-13-45",
    "reviewed: 2026-02-30",
    "reviewed: yesterday",
    "moved-from: old.html",
    "moved-from: /old.md",
    "moved-from: ../old.md",
    "moved-from: a/../old.md",
    "moved-from: a//old.md",
    "moved-from: a\\old.md",
    "moved-from: .old/a.md",
    "moved-from: docs/old.md",
    "moved-from: [good.md, old.html]",
    "moved-from: {a: b}",
    "moved-from: https://a.org/old.md",
]


def checked(folder: Path, matter: str) -> list[Any]:
    """What `ethogram check` says of a page with this front matter."""
    page = folder / "docs/page.md"
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(f"---\n{matter}\n---\n\n# Page\n", encoding="utf-8")
    (folder / "bib").mkdir(exist_ok=True)
    (folder / "bib/taxonomy.yml").write_text(text_of(ROOT / "bib/taxonomy.yml"), encoding="utf-8")
    return check(Catalog.load(folder / "docs", folder / "bib"))


@pytest.mark.parametrize("draft", DRAFTS)
def test_faulty_front_matter_is_refused(draft: str, tmp_path: Path) -> None:
    """What `ethogram check` refuses and a schema can tell."""
    for matter in FAULTY_FRONT_MATTER:
        assert {each.rule for each in checked(tmp_path / "site", matter)} - {"misplaced-page"}, (
            matter
        )
    texts = {matter: matter for matter in FAULTY_FRONT_MATTER}
    assert refused("front-matter", texts, draft, tmp_path / "f").keys() == texts.keys()


# -- one truth -----------------------------------------------------------------------------------


def test_choices_are_those_of_the_taxonomy_and_the_code() -> None:
    """Behaviors, groups, shelves, facets, fields: nothing is listed in a schema alone."""
    taxonomy = Taxonomy.load(ROOT / "bib/taxonomy.yml")
    page = schema("front-matter")["properties"]
    assert page["behavior"]["enum"] == [*taxonomy.terms]
    assert page["group"]["enum"] == [group.slug for group in taxonomy.groups]
    assert MOVED in page
    terms = schema("taxonomy")
    assert terms["$defs"]["group"]["properties"]["shelf"]["enum"] == [*SHELVES]
    assert terms["required"] == [*terms["properties"]] == ["groups", *FACETS]
    corrected = schema("corrections")["$defs"]["correction"]["properties"]
    assert {*corrected} == {*CORRECTED, WHY}
    assert {name for name, each in corrected.items() if each["type"] == "array"} == {*NAMES}
    emptied = {name for name, each in corrected.items() if '""' in each["description"]}
    assert emptied == {*MAY_BE_EMPTY}


def described(part: Any) -> list[str]:
    """The paths of the properties in a part of a schema that say nothing of themselves."""
    if not isinstance(part, dict):
        return []
    found = []
    for name, each in part.get("properties", {}).items():
        told = each.get("description") or "$ref" in each
        found += ([] if told else [name]) + described(each)
    return found + [path for each in part.get("$defs", {}).values() for path in described(each)]


@pytest.mark.parametrize("name", NAMES_OF_SCHEMAS)
def test_every_name_is_explained(name: str) -> None:
    """Completion tells what a name is for, and examples hold by the schema itself."""
    assert described(schema(name)) == []
    definitions = schema(name)["$defs"]
    parts = [*definitions.values(), *schema(name).get("properties", {}).values()]
    parts += [each for part in parts for each in part.get("properties", {}).values()]
    shown = [(part, example) for part in parts for example in part.get("examples", ())]
    assert shown
    for part, example in shown:
        whole = part | {"$schema": DRAFTS["2020-12"], "$defs": definitions}
        Draft202012Validator(whole, format_checker=FormatChecker()).validate(example)


# -- wiring --------------------------------------------------------------------------------------


def test_files_name_their_schemas() -> None:
    """By a comment that every YAML language server obeys, and by VS Code's settings."""
    settings = json.loads(text_of(ROOT / ".vscode/settings.json"))["yaml.schemas"]
    for path, file in settings.items():
        assert (ROOT / path).is_file(), path
        name = Path(path).name.removesuffix(".schema.json")
        assert file == f"bib/{name}.yml"
    for file in ("bib/taxonomy.yml", "bib/archive.yml"):
        line = text_of(ROOT / file).split("\n")[0]
        match = re.fullmatch(r"# yaml-language-server: \$schema=(\S+)", line)
        assert match, file
        assert (ROOT / file).parent.joinpath(match[1]).is_file(), file


def test_what_editors_read_is_part_of_the_project() -> None:
    """Git keeps the settings that all share, and leaves out whatever else an editor writes."""
    shared = ["settings.json", "extensions.json", "ethogram.code-snippets"]
    command = ["git", "check-ignore", "--no-index", *(f".vscode/{name}" for name in shared)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == ""
    command = ["git", "check-ignore", "--no-index", ".vscode/launch.json"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.stdout == ".vscode/launch.json\n"


def test_the_schemas_go_with_the_package() -> None:
    """Whoever installs the engine has them."""
    folder = files("ethogram") / "schemas"
    assert {each.name for each in folder.iterdir()} == {
        f"{name}.schema.json" for name in NAMES_OF_SCHEMAS
    }
