"""The command: what it prints, and with which exit code."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from ethogram.cli import main
from loopback_arxiv import LoopbackArxiv, Paper

ROOT = Path(__file__).parent.parent
PAPERS = [Paper("2404.17047", title="Near to Mid-term Risks"), Paper("2310.01870")]


def run(*words: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, words, catch_exceptions=False)


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The shared site with the real taxonomy, as the current folder."""
    shutil.copytree(ROOT / "tests/site", tmp_path / "site")
    shutil.copy(ROOT / "bib/taxonomy.yml", tmp_path / "site/bib/taxonomy.yml")
    monkeypatch.chdir(tmp_path / "site")
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795219200")  # 2026-11-21
    return tmp_path / "site"


def test_id_says_what_each_text_identifies() -> None:
    """Scheme, id and version; null and exit code 1 where nothing is identified."""
    result = run("id", "--format", "json", "arXiv:2401.05566v2", "10.1145/1234.12345", "nothing")
    assert result.exit_code == 1
    assert json.loads(result.output) == [
        {"text": "arXiv:2401.05566v2", "scheme": "arxiv", "id": "2401.05566", "version": 2},
        {
            "text": "10.1145/1234.12345",
            "scheme": "doi",
            "id": "10.1145/1234.12345",
            "version": None,
        },
        {"text": "nothing", "scheme": None, "id": None, "version": None},
    ]
    assert run("id", "2401.05566").exit_code == 0


def test_cards_lists_them_with_their_places(site: Path) -> None:
    """The shape of DESIGN, for one page and for all, without any mkdocs.yml."""
    (site / "mkdocs.yml").unlink()
    found = json.loads(run("cards", "docs/security", "--format", "json").output)
    assert len(found) == 6
    card = found[0]
    assert set(card) == {
        "path", "line", "title", "url", "work", "key", "fields", "images", "links"
    }  # fmt: skip
    assert (card["path"], card["line"]) == ("docs/security/backdoor.md", 8)
    assert card["work"] == {"scheme": "arxiv", "id": "2401.05566", "version": 3}
    assert card["key"] == "hubinger2024sleeper"
    assert card["fields"]["behaviors"] == ["strategic-deception"]
    assert card["images"][0]["src"] == "../assets/square.png"
    assert len(json.loads(run("cards", "--format", "json").output)) == 10


def test_check_counts_and_exits(site: Path) -> None:
    """0 without errors (warnings allowed), 1 with; the text form has the mend on a second line."""
    page = site / "docs/security/backdoor.md"
    page.write_text(page.read_text().replace("evidence: model-organism", "evidence: model-organsm"))
    result = run("check", "docs/security")
    assert result.exit_code == 1
    assert "docs/security/backdoor.md:11:15: unknown-evidence" in result.output
    assert "\n    Did you mean `model-organism`?" in result.output
    annotation = run("check", "docs/security", "--format", "github").output
    assert (
        "::error file=docs/security/backdoor.md,line=11,col=15,title=unknown-evidence::"
        in annotation
    )
    sarif = json.loads(run("check", "docs/security", "--format", "sarif").stdout)
    assert sarif["version"] == "2.1.0"
    page.write_text(page.read_text().replace("model-organsm", "model-organism"))
    assert run("check", "docs/security", "--format", "json").exit_code == 0


def test_resolve_accounts_for_every_id(site: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Works of the pages that lack a record are asked for; each given id is accounted for."""
    (site / "docs/new.md").write_text(
        '# T\n\n!!! note "https://arxiv.org/abs/2404.17047"\n    extends: 2310.01870\n'
    )
    with LoopbackArxiv(PAPERS) as arxiv:
        monkeypatch.setenv("ETHOGRAM_ARXIV_API", arxiv.endpoint)
        result = run("resolve", "--format", "json")
        again = run("resolve", "2404.17047", "2413.00001", "--format", "json")
    assert result.exit_code == 0
    assert sorted(json.loads(result.output)["found"]) == ["2310.01870", "2404.17047"]
    assert again.exit_code == 1
    outcome = json.loads(again.output)
    assert (outcome["kept"], outcome["malformed"]) == (["2404.17047"], ["2413.00001"])


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("check", "nowhere.md"), "nowhere.md"),
        (("chek",), "No such command 'chek'"),
        (("add", "2401.05566"), "--to"),
        (("id",), "TEXT..."),
    ],
)
def test_wrong_use_exits_2(site: Path, words: tuple[str, ...], said: str) -> None:
    """Misuse is told apart from findings."""
    result = run(*words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_expected_failures_are_sentences(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No docs/, no work, no network: a sentence and exit code 1, never a traceback."""
    monkeypatch.chdir(tmp_path)
    result = run("check")
    assert result.exit_code == 2
    assert "Error: There is no docs/ here: name the pages" in result.stderr
    result = run("add", "2413.00001", "--to", "backdoor", "--docs", ".")
    assert (result.exit_code, result.stderr.count("\n")) == (1, 1)


def test_help_lists_every_command() -> None:
    """`--help` explains itself and each command has a sentence."""
    text = run("--help").output
    for name, command in main.commands.items():
        assert name in text
        assert command.get_short_help_str()
        assert run(name, "--help").exit_code == 0
