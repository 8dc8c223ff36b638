"""`glossary`: the terms of art, and the one link that each page has to each of them."""

from pathlib import Path

import lxml.html
import pytest

from building import build, copy_site
from ethogram import glossary
from ethogram.cards import read_page

TERMS = """\
# Glossary

Words of art.

## Sparse autoencoder (SAE, dictionary)

A small network that takes activations *apart*
into few parts.

Further words.

## Red teaming

Attack in order to learn; see [the page](a.md).

## Logit lens (AI glass, lens study) {#lens}

It reads a model's `middle` as if it were its end.

### No term

Of the third rank.
"""


def found(text: str) -> list[tuple[str, str]]:
    """What a page says first of each term, and where that leads."""
    terms = glossary.read(read_page(TERMS, "docs/glossary.md"))
    page = read_page(text, "docs/a.md")
    uses = glossary.first_uses(page, terms)
    return [(text[start:end], term.anchor) for start, end, term in uses]


def test_a_term_is_a_heading_with_its_first_paragraph() -> None:
    """Its names, the place that its heading gets, and its definition as plain text."""
    assert glossary.read(read_page(TERMS, "docs/glossary.md")) == (
        glossary.Term(
            ("Sparse autoencoder", "SAE", "dictionary"),
            "sparse-autoencoder-sae-dictionary",
            "A small network that takes activations apart into few parts.",
        ),
        glossary.Term(("Red teaming",), "red-teaming", "Attack in order to learn; see the page."),
        glossary.Term(
            ("Logit lens", "AI glass", "lens study"),
            "lens",
            "It reads a model's middle as if it were its end.",
        ),
    )


SAE, RED = "sparse-autoencoder-sae-dictionary", "red-teaming"
CARD = '!!! note "[Red teaming](https://arxiv.org/abs/2401.05566)"\n    models: SAE\n\n    %s\n'


@pytest.mark.parametrize(
    ("text", "uses"),
    [
        ("An SAE and two SAEs.", [("SAE", SAE)]),
        ("Sparse\nautoencoders, SAEs.", [("Sparse\nautoencoders", SAE)]),
        ("red teaming, RED TEAMING", [("red teaming", RED)]),
        ("No ai glass is an AI\nglass.", [("AI\nglass", "lens")]),
        ("Two Lens studies and a logit lens", [("Lens studies", "lens")]),
        ("SAE.org and dictionary.com are no dictionary.", [("dictionary", SAE)]),
        ("A sae is no term, nor are SAEX, x-SAE and dictionarylike.", []),
        ("# Red teaming\n\n`SAE` and [logit lens](b.md) and $SAE$", []),
        (CARD % "Logit lens.", [("Logit lens", "lens")]),
        ("**Red teaming** in *SAEs*", [("Red teaming", RED), ("SAEs", SAE)]),
    ],
)
def test_the_first_use_is_found(text: str, uses: list[tuple[str, str]]) -> None:
    """Of any name, in plural too, over a line's end; in no title, field, link, code or math."""
    assert found(text) == uses


def test_a_page_leads_to_the_glossary_once(tmp_path: Path) -> None:
    """By a link whose title says what the term means; the glossary has none to itself."""
    folder = copy_site(tmp_path / "site")
    (folder / "docs/glossary.md").write_text(f"{TERMS}\nRed teaming again.\n", encoding="utf-8")
    (folder / "docs/sub").mkdir()
    (folder / "docs/sub/page.md").write_text(
        "# P\n\nRed teaming & red teaming.\n", encoding="utf-8"
    )
    (folder / "docs/a.md").write_text("# A\n", encoding="utf-8")
    result = build(folder)
    assert result.returncode == 0, result.stdout
    page = lxml.html.parse(folder / "site/sub/page/index.html").getroot()
    (link,) = page.cssselect("article a.term")
    assert (link.text, link.get("href")) == ("Red teaming", "../../glossary/#red-teaming")
    assert link.get("title") == "Attack in order to learn; see the page."
    own = lxml.html.parse(folder / "site/glossary/index.html").getroot()
    assert own.cssselect("a.term") == []
    assert own.get_element_by_id("red-teaming").tag == "h2"
    lines = result.stdout.splitlines()
    assert not [line for line in lines if "glossary" in line and not line.startswith("  - ")]
