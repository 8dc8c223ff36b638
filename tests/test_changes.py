"""`ethogram.changes`: which cards a change adds or alters, and a comment that nothing can abuse."""

import json
import re
import shutil
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any
from zipfile import ZIP_DEFLATED, ZIP_LZMA, ZipFile

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ethogram.changes import MARK, PACKED, UNPACKED, Changes
from ethogram.cli import main
from ethogram.findings import RULES, EthogramError

ROOT = Path(__file__).parent.parent
PAGE = "docs/security/backdoor.md"
CARD: dict[str, Any] = {
    "path": PAGE,
    "line": 8,
    "title": "Sleeper Agents",
    "url": "https://arxiv.org/abs/2401.05566",
    "work": {"scheme": "arxiv", "id": "2401.05566", "version": None},
    "key": "hubinger2024sleeper",
    "fields": {},
    "change": "new",
}
FINDING: dict[str, Any] = {
    "path": PAGE,
    "line": 11,
    "column": 15,
    "rule": "unknown-evidence",
    "severity": "error",
    "message": "There is no evidence `hearsay`",
    "hint": "Take a kind of evidence from bib/taxonomy.yml.",
}
HOSTILE = (
    "@everyone #1 <img src=x onerror=alert(1)> [a](javascript:alert(1)) ![b](https://evil.example/)\n"
    "```\n# Head | https://evil.example/ `` ` ``` --> <!-- \x1b[31m \u202e"
)


def run(*words: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, words, catch_exceptions=False)


def git(folder: Path, *words: str) -> None:
    """Run Git as somebody."""
    who = ("-c", "user.name=Anyone", "-c", "user.email=anyone@example.org")
    subprocess.run(["git", *who, *words], cwd=folder, check=True, capture_output=True)


def pack(
    path: Path,
    cards: object = (CARD,),
    findings: object = (),
    number: str = "7\n",
    more: Mapping[str, bytes] = MappingProxyType({}),
) -> Path:
    """Write an artifact as the preview's run does."""
    files: Mapping[str, str | bytes] = {
        "number": number,
        "cards.json": json.dumps(cards),
        "findings.json": json.dumps(findings),
        **more,
    }
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return path


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shared site, committed, as the current folder."""
    folder = tmp_path / "site"
    shutil.copytree(ROOT / "tests/site", folder)
    shutil.copy(ROOT / "bib/taxonomy.yml", folder / "bib/taxonomy.yml")
    git(tmp_path, "init", "--quiet", "site")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "All")
    monkeypatch.chdir(folder)
    return folder


def listed(*words: str) -> list[tuple[str, str]]:
    """The works of the cards that are listed, each with what became of it."""
    found = json.loads(run("cards", "--format", "json", *words).output)
    return [(card["work"]["id"], card["change"]) for card in found]


# -- which cards -----------------------------------------------------------------------------


def test_cards_names_what_a_change_adds_and_alters(site: Path) -> None:
    """A word, a field or a title altered is a change; a card that was not there is new."""
    page = site / PAGE
    new = '\n!!! note "[A](https://arxiv.org/abs/2404.17047)"\n    methods: probing\n\n    Words.\n'
    text = page.read_text().replace("evidence: model-organism", "evidence: case", 1)
    page.write_text(text + new)
    assert listed("--new-against", "HEAD") == [("2401.05566", "changed"), ("2404.17047", "new")]
    assert f"{PAGE}:" in run("cards", "--new-against", "HEAD").output


def test_a_card_that_only_stands_elsewhere_is_not_named(site: Path) -> None:
    """Text above it, another page or another indent: the card says what it said."""
    page = site / PAGE
    page.with_name("moved.md").write_text(f"# Moved\n\nNew words.\n\n{page.read_text()}")
    page.unlink()
    assert listed("--new-against", "HEAD") == []


def test_a_title_means_nothing_to_a_terminal(site: Path) -> None:
    """What a pull request has in a title is shown to who lists its cards, and is not obeyed."""
    page = site / PAGE
    text = page.read_text(encoding="utf-8")
    page.write_text(text.replace('note "[', 'note "[\x1bM\x07', 1), encoding="utf-8")
    said = run("cards", "--new-against", "HEAD").output
    assert r" \x1bM\x07Sleeper" in said
    assert "\x1b" not in said


def test_without_a_revision_nothing_is_said_of_changes(site: Path) -> None:
    """The shape of DESIGN stays what it is; a revision that is not there gets a sentence."""
    assert "change" not in json.loads(run("cards", "--format", "json").output)[0]
    result = run("cards", "--new-against", "nowhere")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "Git knows no revision `nowhere`" in result.stderr


# -- the comment -----------------------------------------------------------------------------


def test_the_comment_names_cards_and_repeats_the_check(site: Path, tmp_path: Path) -> None:
    """The words of the check are those that it prints on anyone's machine."""
    page = site / PAGE
    page.write_text(page.read_text().replace("evidence: model-organism", "evidence: hearsay", 1))
    cards = json.loads(run("cards", "--new-against", "HEAD", "--format", "json").output)
    local = run("check", PAGE)
    findings = json.loads(run("check", PAGE, "--format", "json").output)
    artifact = str(pack(tmp_path / "changes.zip", cards, findings))
    address = "https://github.com/o/r/actions/runs/1/artifacts/2"
    comment = run("changes", artifact, "--preview", address, "--format", "markdown").output
    assert comment.startswith(f"{MARK}\n")
    assert f"- `{PAGE}:8` `Sleeper Agents" in comment
    assert "(`arxiv:2401.05566`)" in comment
    assert f"]({address})" in comment
    said = re.findall(r"^\S.*\n    .*$", local.stdout, re.MULTILINE)
    assert any("unknown-evidence" in each for each in said)
    assert all(f"{each}\n" in comment for each in said)


def test_a_site_that_was_not_built_is_said(tmp_path: Path) -> None:
    """Without an address of the site, no link leads nowhere."""
    comment = Changes.read(pack(tmp_path / "a.zip")).markdown()
    assert "The site could not be built" in comment
    assert "](" not in comment


def test_counts_and_number(tmp_path: Path) -> None:
    """For programs: how many of each; the number alone, for the workflow."""
    cards = [CARD, CARD | {"change": "changed"}]
    findings = [FINDING, FINDING | {"rule": "card-length"}, FINDING | {"rule": "from-this-change"}]
    artifact = str(pack(tmp_path / "a.zip", cards, findings))
    counts = {"number": 7, "new": 1, "changed": 1, "errors": 1, "warnings": 1}
    assert json.loads(run("changes", artifact, "--format", "json").output) == counts
    assert run("changes", artifact, "--format", "number").output == "7\n"
    assert run("changes", artifact).output.startswith("1 new and 1 changed cards")
    assert "\n1 more are not shown." in run("changes", artifact, "--format", "markdown").output


def hostile(text: str) -> tuple[list[object], list[object]]:
    """Cards and findings that hold a text wherever they hold any."""
    card = CARD | {"path": text, "title": text, "work": {"scheme": text, "id": text}}
    return [card], [FINDING | {"path": text, "message": text, "hint": text}]


def outside_code(comment: str) -> str:
    """What of a comment GitHub would read as more than code, by CommonMark, and its HTML."""
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(comment)
    inner = [child for token in tokens for child in token.children or ()]
    told = [each for each in [*tokens, *inner] if not re.match(r"code|fence|inline", each.type)]
    return " ".join(f"{each.content} {each.attrs}" for each in told)


@pytest.mark.parametrize("text", [HOSTILE, "`" * 250, "a\n\n# b", "| a |\n|---|", "", " ` "])
def test_hostile_text_is_code(tmp_path: Path, text: str) -> None:
    """No name is called, no link or picture made, no HTML or heading written by an outsider."""
    comment = Changes.read(pack(tmp_path / "a.zip", *hostile(text))).markdown()
    assert not re.search(r"evil|everyone|onerror|javascript|#1", outside_code(comment))
    headings = re.findall(r"^#+ (.*)$", comment, re.MULTILINE)
    assert headings == ["Preview", "New cards", "What `ethogram check` says"]
    assert "\x1b" not in comment
    assert "\u202e" not in comment


@given(st.text())
def test_any_text_is_code(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    """Whatever a title or a message holds, the comment has the same parts."""
    artifact = pack(tmp_path_factory.mktemp("any") / "a.zip", *hostile(text))
    comment = Changes.read(artifact).markdown()
    tokens = MarkdownIt("commonmark", {"html": True}).parse(comment)
    kinds = [token.type for token in tokens if token.type.endswith("_open") or not token.nesting]
    assert kinds == [
        *("html_block", "heading_open", "inline", "paragraph_open", "inline", "paragraph_open"),
        *("inline", "heading_open", "inline", "bullet_list_open", "list_item_open"),
        *("paragraph_open", "inline", "heading_open", "inline", "fence"),
    ]


def test_the_comment_is_bounded(tmp_path: Path) -> None:
    """GitHub takes 65,536 characters; what does not fit is counted."""
    cards, findings = hostile("`\u202e" * 300)
    artifact = pack(tmp_path / "a.zip", cards * 500, findings * 500)
    comment = Changes.read(artifact).markdown()
    assert len(comment) < 65_536
    left = [int(number) for number in re.findall(r"^(\d+) more are not shown", comment, re.M)]
    assert len(left) == 2
    assert all(0 < number < 500 for number in left)


# -- what an artifact may not be -------------------------------------------------------------


@pytest.mark.parametrize(
    "number", ["", "0", "-1", "7 8", "٧", "12345678901", "7;id", "../7", "1e3"]
)
def test_a_number_is_a_number(tmp_path: Path, number: str) -> None:
    """It goes into addresses: nothing but a few digits may."""
    with pytest.raises(EthogramError, match="no number of a pull request"):
        Changes.read(pack(tmp_path / "a.zip", number=number))


@pytest.mark.parametrize(
    "cards",
    [
        {},
        [1],
        [CARD | {"line": 0}],
        [CARD | {"line": True}],
        [CARD | {"line": 10**12}],
        [CARD | {"title": None}],
        [CARD | {"work": "arxiv"}],
        [CARD | {"work": {"scheme": 1, "id": "x"}}],
        [CARD | {"change": ["new"]}],
        [CARD | {"change": "deleted"}],
    ],
)
def test_cards_of_another_shape_are_refused(tmp_path: Path, cards: object) -> None:
    """In a sentence, and none of them is taken."""
    with pytest.raises(EthogramError, match="in the artifact"):
        Changes.read(pack(tmp_path / "a.zip", cards))


@pytest.mark.parametrize("change", [{"line": -1}, {"column": "1"}, {"message": 1}, {"hint": None}])
def test_findings_of_another_shape_are_refused(tmp_path: Path, change: dict[str, Any]) -> None:
    """As cards are."""
    with pytest.raises(EthogramError, match="in the artifact"):
        Changes.read(pack(tmp_path / "a.zip", [], [FINDING | change]))


def test_what_is_no_json_or_text_is_refused(tmp_path: Path) -> None:
    """Nested beyond all reason, not UTF-8, cut off, or with a number of a million digits."""
    for data in (b"[" * 100_000, b"\xff", b'[{"line":', b"[" + b"9" * 100_000 + b"]"):
        with pytest.raises(EthogramError, match=r"cards\.json in the artifact"):
            Changes.read(pack(tmp_path / "a.zip", more={"cards.json": data}))


def test_sizes_are_bounded(tmp_path: Path) -> None:
    """Neither a large artifact nor a small one that unpacks to much is read."""
    bomb = pack(tmp_path / "bomb.zip", more={"cards.json": b" " * (UNPACKED + 1)})
    assert bomb.stat().st_size < PACKED
    with pytest.raises(EthogramError, match=r"cards\.json in the artifact has more than"):
        Changes.read(bomb)
    (tmp_path / "large.zip").write_bytes(bytes(PACKED + 1))
    with pytest.raises(EthogramError, match=r"large\.zip has more than"):
        Changes.read(tmp_path / "large.zip")


def test_a_broken_artifact_gets_a_sentence(tmp_path: Path) -> None:
    """No ZIP file, one without the files, one that is torn, encrypted, or has a name of no text."""
    (tmp_path / "no.zip").write_bytes(b"no archive")
    with ZipFile(tmp_path / "empty.zip", "w"):
        pass
    whole = pack(tmp_path / "whole.zip").read_bytes()
    torn = whole.replace(b"PK\x03\x04", b"PK\x03\x05", 1)
    (tmp_path / "torn.zip").write_bytes(torn)
    locked = bytearray(whole)
    locked[whole.index(b"PK\x01\x02") + 8] |= 1
    locked[6] |= 1
    (tmp_path / "locked.zip").write_bytes(locked)
    named = pack(tmp_path / "named.zip", more={"é": b""})
    named.write_bytes(named.read_bytes().replace("é".encode(), b"\xff\xff"))
    with ZipFile(tmp_path / "lzma.zip", "w", ZIP_LZMA) as archive:
        archive.writestr("number", "7" * 100)
    packed = bytearray((tmp_path / "lzma.zip").read_bytes())
    packed[60:70] = b"\xff" * 10  # behind the file's name and the properties of its packing
    (tmp_path / "lzma.zip").write_bytes(packed)
    for name in ("no", "empty", "torn", "locked", "named", "lzma"):
        result = run("changes", str(tmp_path / f"{name}.zip"), "--format", "markdown")
        assert (result.exit_code, result.stdout) == (1, "")
        assert re.match(r"ethogram: .+\.\n$", result.stderr), name


@given(st.integers(0, 600), st.binary(max_size=8))
def test_no_damage_makes_a_traceback(
    tmp_path_factory: pytest.TempPathFactory, place: int, data: bytes
) -> None:
    """Whatever byte is another one, there is a comment or a sentence."""
    artifact = pack(tmp_path_factory.mktemp("any") / "a.zip", findings=[FINDING])
    whole = artifact.read_bytes()
    artifact.write_bytes(whole[:place] + data + whole[place + len(data) :])
    result = run("changes", str(artifact), "--format", "markdown")
    assert result.output.startswith(MARK if result.exit_code == 0 else "ethogram: ")


def test_nothing_is_unpacked(tmp_path: Path) -> None:
    """A file that would lie outside of its folder is not even looked at."""
    artifact = pack(tmp_path / "a.zip", more={"../outside": b"x", "hooks/ethogram/cli.py": b"x"})
    Changes.read(artifact)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a.zip"]


def test_each_rule_is_told_as_grave_as_it_is(tmp_path: Path) -> None:
    """Errors come first, whatever the artifact says of their severity."""
    rules = [FINDING | {"rule": name, "severity": "note"} for name in reversed(RULES)]
    comment = Changes.read(pack(tmp_path / "a.zip", [], rules)).markdown()
    told = re.findall(r"11:15: ([a-z-]+) ", comment)
    graves = [RULES[name].severity for name in told]
    assert graves == sorted(graves, key=["error", "warning", "note"].index)
