"""`check`: every rule, from its own example, over real files."""

import shutil
from pathlib import Path

import pytest

from ethogram.bibliography import Work, merge
from ethogram.catalog import Catalog
from ethogram.check import check
from ethogram.findings import RULES, Finding
from ethogram.works import WorkId

ROOT = Path(__file__).parent.parent
TITLE = "Sleeper Agents: Training Deceptive LLMs that Persist Through Safety Training"
SLEEPER = Work(
    id=WorkId("arxiv", "2401.05566"),
    key="hubinger2024sleeper",
    title=TITLE,
    authors=("Evan Hubinger",),
    year=2024,
)
ELSEWHERE = {
    "bad-setting": "mkdocs.yml has it: tests/test_events.py",
    "dead-address": "the network tells: tests/links/test_report.py",
    "suspect-address": "the network tells: tests/links/test_report.py",
    "unchecked-address": "the network tells: tests/links/test_report.py",
    "needless-correction": "the network tells: tests/test_corrections.py",
}
"""Rules that a check of files cannot break, and where they are tested."""


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A site with one record and the picture that examples show, as the current folder."""
    (tmp_path / "docs/assets/figures").mkdir(parents=True)
    (tmp_path / "docs/assets/figures/2401.05566-1.webp").touch()
    merge(tmp_path / "bib", [SLEEPER])
    shutil.copy(ROOT / "bib/taxonomy.yml", tmp_path / "bib/taxonomy.yml")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def checked() -> list[Finding]:
    """The findings of the current folder's site."""
    return check(Catalog.load(Path("docs"), Path("bib")))


def write_example(rule: str, site: Path) -> None:
    """Put a rule's example where it breaks its rule."""
    example = RULES[rule].example
    if rule in ("bad-bibliography", "repeated-key", "repeated-work"):
        (site / "bib/arxiv.bib").write_text(example, encoding="utf-8")
    elif rule in ("bad-corrections", "unapplied-correction"):
        (site / "bib/corrections.yml").write_text(example, encoding="utf-8")
    elif rule == "bad-archive":
        (site / "bib/archive.yml").write_text(example, encoding="utf-8")
    elif rule == "bad-taxonomy":
        (site / "bib/taxonomy.yml").write_text(example, encoding="utf-8")
    elif rule == "unreadable-page":
        (site / "docs/example.md").write_text(example, encoding="latin-1")
    elif rule == "term-claimed-twice":
        (site / "docs/security").mkdir()
        (site / "docs/security/backdoor.md").write_text(example, encoding="utf-8")
        (site / "docs/security/other.md").write_text(example, encoding="utf-8")
    elif rule in ("uncited-claim", "stale-review"):
        (site / "docs/security").mkdir()
        (site / "docs/security/backdoor.md").write_text(example, encoding="utf-8")
    else:
        (site / "docs/example.md").write_text(example, encoding="utf-8")


@pytest.mark.parametrize("rule", [rule for rule in RULES if rule not in ELSEWHERE])
def test_each_rule_is_broken_by_its_example_and_by_nothing_else(rule: str, site: Path) -> None:
    """The page of rules shows real examples: each breaks its rule, and that one alone."""
    assert checked() == []
    write_example(rule, site)
    found = {finding.rule for finding in checked()}
    also = {"misplaced-page"} if rule == "term-claimed-twice" else set()
    assert found - also == {rule}


def test_places_and_mends(site: Path) -> None:
    """All problems come in one run, each at its own line and column, with a mend."""
    (site / "docs/page.md").write_text(
        f'# T\n\n!!! note "[{TITLE}](https://arxiv.org/abs/2401.05566)"\n'
        "    behaviors: backdor, sandbagging\n"
        "    evidence: contolled-experiment\n"
        "    direction: proves\n"
        "    supports: nothing, 2212.09251\n\n"
        f"    {'word ' * 50}\n\n    ![](gone.png)\n",
        encoding="utf-8",
    )
    found = [(f.line, f.column, f.rule, f.hint) for f in checked()]
    assert [item[:3] for item in found] == [
        (4, 16, "unknown-term"),
        (5, 15, "unknown-evidence"),
        (6, 16, "unknown-value"),
        (7, 15, "bad-work"),
        (7, 24, "unknown-relation"),
        (11, 5, "alt-missing"),
        (11, 9, "missing-picture"),
    ]
    assert found[0][3] == "Did you mean `backdoor`?"
    assert found[1][3] == "Did you mean `controlled-experiment`?"
    assert found[2][3] == "It may be describes, measures, elicits, mitigates, explains."
    assert found[4][3] == "Run `ethogram resolve 2212.09251`."


@pytest.mark.parametrize(
    ("fields", "odd"),
    [
        ("supports: 2212.09251\n    extends: 2212.09251", 0),
        ("supports: 2212.09251\n    contradicts: 2212.09251", 1),
        ("replicates: 2212.09251\n    fails-to-replicate: https://arxiv.org/pdf/2212.09251v2", 1),
        ("contradicts: 2212.09251\n    fails-to-replicate: 2212.09251", 0),
        ("supersedes: arXiv:2401.05566v1", 1),
    ],
)
def test_a_relation_is_to_another_work_and_of_one_mind(site: Path, fields: str, odd: int) -> None:
    """Any spelling of the card's own work is refused, and one work both for and against."""
    text = f'!!! note "https://arxiv.org/abs/2401.05566"\n    {fields}\n\n    {"word " * 50}\n'
    (site / "docs/page.md").write_text(text, encoding="utf-8")
    assert sum(finding.rule == "odd-relation" for finding in checked()) == odd


def test_titles_are_compared_as_they_read(site: Path) -> None:
    """Case, accents, punctuation, LaTeX and Markdown make no difference; words do."""
    page = site / "docs/page.md"
    address = "https://arxiv.org/abs/2401.05566"
    words = f"    {'word ' * 50}\n"
    same = TITLE.replace("Sleeper", "*SLEEPER*").replace(":", " –")
    page.write_text(f'!!! note "[{same}]({address})"\n{words}', encoding="utf-8")
    assert checked() == []
    page.write_text(f'!!! note "[Sleeping Agents]({address})"\n{words}', encoding="utf-8")
    (finding,) = checked()
    assert "'Sleeping Agents'" in finding.message and TITLE in finding.message


@pytest.mark.parametrize(
    ("matter", "line"), [("a: [", 3), ("- a", 2), ("a: \x01", 1), ("a: b: c", 2)]
)
def test_front_matter_that_is_none(site: Path, matter: str, line: int) -> None:
    """Whatever stands there is a finding at its line, and never a traceback."""
    (site / "docs/page.md").write_text(f"---\n{matter}\n---\n\n# T\n", encoding="utf-8")
    (finding,) = checked()
    assert (finding.rule, finding.line) == ("bad-front-matter", line)


@pytest.mark.parametrize(
    ("name", "meant"),
    [("behaviour", "behavior"), ("moved_from", "moved-from"), ("Reviewed", "reviewed")],
)
def test_a_slip_in_front_matter_is_told(site: Path, name: str, meant: str) -> None:
    """It would be passed over; a name of MkDocs or of the theme is none."""
    text = f"---\ntitle: T\n{name}: x\nhide: [toc]\n---\n\n# T\n"
    (site / "docs/page.md").write_text(text, encoding="utf-8")
    (finding,) = checked()
    assert (finding.rule, finding.line, finding.hint) == (
        "bad-front-matter",
        3,
        f"Write `{meant}`.",
    )


def test_front_matter_is_text(site: Path) -> None:
    """A day that does not exist is a finding, not YAML's own failure."""
    text = "---\nreviewed: 2026-13-45\n---\n\n# T\n"
    (site / "docs/page.md").write_text(text, encoding="utf-8")
    (finding,) = checked()
    assert (finding.rule, finding.line) == ("bad-date", 2)


def test_a_site_without_terms_is_still_checked(site: Path) -> None:
    """Without a taxonomy, a card that names a term is told so; other pages are not."""
    (site / "bib/taxonomy.yml").unlink()
    (site / "docs/page.md").write_text("# T\n\nText.\n", encoding="utf-8")
    assert checked() == []
    write_example("unknown-term", site)
    (finding,) = checked()
    assert "bib/taxonomy.yml has none" in finding.message


def test_the_site_itself_has_no_errors() -> None:
    """Pages, records and terms of this repository pass; remote pictures are the only warnings."""
    docs = ROOT / "docs"
    found = check(Catalog.load(docs, ROOT / "bib"))
    assert {finding.rule for finding in found} <= {"remote-picture"}
