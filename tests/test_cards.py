"""The card's grammar (DESIGN: "The card")."""

import pytest

from ethogram.cards import Card, as_object, plain, prose, read_cards, read_page
from ethogram.works import WorkId

ADDRESS = "https://arxiv.org/abs/2401.05566"
WORK = WorkId("arxiv", "2401.05566")
CARD = f'!!! note "[Sleeper Agents]({ADDRESS})"'


def cards(text: str) -> list[Card]:
    """The cards of a text."""
    return read_cards(text, "page.md")


def rules(text: str) -> list[str]:
    """The rules that a text's card headers break."""
    return [finding.rule for finding in read_page(text, "page.md").findings]


FORMS = [
    (CARD, "Sleeper Agents"),
    (f'??? note "[Sleeper Agents]({ADDRESS})"', "Sleeper Agents"),
    (f'???+ note "[Sleeper Agents]({ADDRESS})"', "Sleeper Agents"),
    (f'!!! tip "[Sleeper Agents]({ADDRESS})"', "Sleeper Agents"),
    (f'!!! note inline end "[Sleeper Agents]({ADDRESS})"', "Sleeper Agents"),
    (f'!!!note "[Sleeper Agents]({ADDRESS})"', "Sleeper Agents"),
    (f'??? "[Sleeper Agents]({ADDRESS})"', "Sleeper Agents"),
    (f'!!! note "[Sleeper Agents]({ADDRESS}v3)"', "Sleeper Agents"),
    (f'!!! note "[Sleeper Agents]({ADDRESS}) (ICLR 2025)"', "Sleeper Agents"),
    (f'!!! note "![new](b.svg) [Sleeper Agents]({ADDRESS})"', "Sleeper Agents"),
    (f'!!! note "[![b](b.svg)](https://ci.org) [Sleeper Agents]({ADDRESS})"', "Sleeper Agents"),
    (f'!!! note "**New:** [Sleeper Agents]({ADDRESS})"', "Sleeper Agents"),
    (f'!!! note "[Sleeper *Agents* `v1`]({ADDRESS})"', "Sleeper Agents v1"),
    (f'!!! note "[Sleeper \\_Agents\\_]({ADDRESS})"', "Sleeper _Agents_"),
    (f'!!! note "[Sleeper [v2] Agents]({ADDRESS})"', "Sleeper [v2] Agents"),
    (f'!!! note "["Sleeper" Agents]({ADDRESS})"', '"Sleeper" Agents'),
    (f'!!! note "[Sleeper Agents](<{ADDRESS}>)"', "Sleeper Agents"),
    (f"!!! note \"[Sleeper Agents]({ADDRESS} 'the paper')\"", "Sleeper Agents"),
    (f'!!! note "<a href="{ADDRESS}">Sleeper Agents</a>"', "Sleeper Agents"),
    ('!!! note "[Sleeper Agents][hub]"\n\n[hub]: ' + ADDRESS, "Sleeper Agents"),
    (f'!!! note "{ADDRESS}"', ""),
    (f'!!! note "<{ADDRESS}>"', ""),
    ('!!! note "arXiv:2401.05566"', ""),
    ('!!! note "arXiv:2401.05566 [cs.CR]"', ""),
    ('!!! tip "https://doi.org/10.48550/arXiv.2401.05566"', ""),
    (f'!!! note "[Sleeper Agents]({ADDRESS})"  ', "Sleeper Agents"),
]


@pytest.mark.parametrize(("text", "title"), FORMS)
def test_every_form_is_a_card(text: str, title: str) -> None:
    """`!!!`, `???`, `???+`, any type, badges before the link, words after it, a bare address."""
    (card,) = cards(text)
    assert (card.title, card.work.base) == (title, WORK)
    assert rules(text) == []


NO_CARDS = [
    "!!! note",
    '!!! note "Just a note"',
    '!!! tip "[A page](https://example.com/page)"',
    "```\n" + CARD + "\n```",
    "````\n```\n" + CARD + "\n````",
    "~~~~ markdown\n" + CARD + "\n~~~~",
    "- item\n\n    ```\n    " + CARD + "\n    ```",
    "    " + CARD,
    "- item\n\n        " + CARD,
    "<!-- " + CARD + " -->",
    "<!--\n\n" + CARD + "\n\n-->",
    "- item\n\n    <!--\n    " + CARD + "\n    -->",
    "<pre>\n" + CARD + "\n</pre>",
    "<pre><code>\n\n" + CARD + "\n\n</code></pre>",
    "<div>\n\n" + CARD + "\n\n</div>",
    '<div markdown="0">\n\n' + CARD + "\n\n</div>",
    "<?php\n\n" + CARD + "\n\n?>",
    "<![CDATA[\n\n" + CARD + "\n\n]]>",
    "$$\n" + CARD + "\n$$",
    "\\[\n" + CARD + "\n\\]",
    "paragraph " + CARD,
    "---\ntitle: x\nnote: |\n  " + CARD + "\n---\n",
]


@pytest.mark.parametrize("text", NO_CARDS)
def test_what_looks_like_a_card_and_is_none(text: str) -> None:
    """Nothing inside code, comments, raw HTML or math is a card, nor a note without a work."""
    assert cards(text) == []
    assert rules(text) == []


NESTED = [
    ("- item\n\n    " + CARD + "\n        data: x", 3, 5),
    ("1. item\n\n    " + CARD + "\n        data: x", 3, 5),
    ("- a\n    - b\n\n        " + CARD + "\n            data: x", 4, 9),
    ('=== "Tab"\n\n    ' + CARD + "\n        data: x", 3, 5),
    ('??? info "More"\n\n    ' + CARD + "\n        data: x", 3, 5),
    ('!!! info "More"\n    ' + CARD + "\n        data: x", 2, 5),
    ("- " + CARD + "\n    data: x", 1, 3),
    ("text above\n" + CARD + "\n    data: x", 2, 1),
    ("<!-- c -->\n\n" + CARD + "\n    data: x", 3, 1),
    ("`<!--` and\n\n" + CARD + "\n    data: x\n\n`-->`", 3, 1),
    ("```\nnot closed\n\n" + CARD + "\n    data: x", 4, 1),
    ("<div markdown>\n\n" + CARD + "\n    data: x\n\n</div>", 3, 1),
    ("text\r\n\r\n" + CARD + "\r\n    data: x", 3, 1),
    ("!!!\tnote\t" + CARD.removeprefix("!!! note ") + "\n\tdata: x", 1, 1),
    ("[^1]:\n    " + CARD + "\n        data: x", 2, 5),
    ("\ufeff" + CARD + "\n    data: x", 1, 1),
    (CARD + "\r    data: x\r", 1, 1),
    (CARD + "\n    data: x\n\n    ```\n    a\n\n    b\n    ```\n", 1, 1),
    ("- item\n\n\t" + CARD + "\n\t\tdata: x", 3, 2),
]


@pytest.mark.parametrize(("text", "line", "column"), NESTED)
def test_a_cards_place_is_exact(text: str, line: int, column: int) -> None:
    """Cards stand in tabs, lists and details; line and column are those of the header's mark."""
    (card,) = cards(text)
    assert (card.line, card.column) == (line, column)
    assert card.value("data") == "x"


def test_fields_and_contents() -> None:
    """Known names up to the first blank line are fields; the rest is prose."""
    (card,) = cards(
        f"{CARD}\n"
        "    behaviors: backdoor,  strategic-deception,\n"
        "    Evidence: controlled-experiment\n"
        "    They say: nothing\n"
        "    code: https://example.com/a,b\n"
        "    extends: 2212.09251, doi:10.1/x\n"
        "    added: 2026-11-21\n"
        "\n"
        "    status: retracted\n"
        "    One two [three](https://example.com) ![a picture](p.png).\n"
        '    <img src="q.png" alt="">\n'
    )
    found = as_object(card, "hubinger2024sleeper")
    assert found["fields"] == {
        "behaviors": ["backdoor", "strategic-deception"],
        "evidence": "controlled-experiment",
        "code": "https://example.com/a,b",
        "extends": ["2212.09251", "doi:10.1/x"],
        "added": "2026-11-21",
    }
    assert found["images"] == [
        {"src": "p.png", "alt": "a picture", "line": 10},
        {"src": "q.png", "alt": "", "line": 11},
    ]
    assert found["links"] == [{"url": "https://example.com", "line": 10}]
    assert [(v.line, v.column) for v in card.values("behaviors")] == [(2, 16), (2, 27)]
    assert (card.last, card.words) == (11, 9)


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ("behaviour: x", "behaviors"),
        ("behavoirs: x", "behaviors"),
        ("model: x", "models"),
        ("fails_to_replicate: 1", "fails-to-replicate"),
        ("evidense: x", "evidence"),
    ],
)
def test_an_almost_name_is_found(line: str, field: str) -> None:
    """A name one slip away from a field is a finding with a suggestion, not silent prose."""
    (finding,) = read_page(f"{CARD}\n    {line}\n", "page.md").findings
    assert (finding.rule, finding.line, finding.column) == ("almost-field", 2, 5)
    assert f"`{field}:`" in finding.hint


MALFORMED = [
    (f'!!! note "[Sleeper]({ADDRESS})', "unclosed-quote", 1),
    (f"!!! note [Sleeper]({ADDRESS})", "unclosed-quote", 1),
    (f'!!! note "[Sleeper]({ADDRESS})" and more', "unclosed-quote", 1),
    (f"!!! note “[Sleeper]({ADDRESS})”", "unclosed-quote", 1),
    (f'!!! note "[Sleeper({ADDRESS})"', "unclosed-bracket", 11),
    (f'!!! note "Sleeper]({ADDRESS})"', "unclosed-bracket", 18),
    (f'!!! note "[Sleeper]({ADDRESS}"', "unclosed-parenthesis", 20),
    ('!!! note "[Sleeper]()"', "empty-link", 19),
    (f'!!! note "[]({ADDRESS})"', "empty-link", 14),
    (f' !!! note "[Sleeper]({ADDRESS})"', "card-indent", 2),
    (f'- tight\n    !!! note "[Sleeper]({ADDRESS})"', "card-indent", None),
    (f'<!-- c --> !!! note "[Sleeper]({ADDRESS})"', "card-indent", 12),
    (f':   !!! note "[Sleeper]({ADDRESS})"', "card-indent", 5),
    (f'> !!! note "[Sleeper]({ADDRESS})"', "card-indent", 3),
    ('!!! note "[Sleeper](https://arxiv.org/abs/2413.00001)"', "bad-work", 21),
    ('!!! note "arXiv:2413.00001"', "bad-work", 11),
    ('!!! note "[How](https://www.alignmentforum.org/.../p/x)?"', "placeholder-address", 17),
    ('!!! note "[How](https://arxiv.org/abs/XXXX.XXXXX)"', "placeholder-address", 17),
]


@pytest.mark.parametrize(("header", "rule", "column"), MALFORMED)
def test_a_malformed_header_is_a_finding(header: str, rule: str, column: int) -> None:
    """What is wrong with a header is named at its place, and the rest of the page still reads."""
    page = read_page(f"{header}\n    text\n\n{CARD}\n", "page.md")
    place = (1, column) if column else (2, 5)
    assert [(f.rule, f.line, f.column) for f in page.findings] == [(rule, *place)]
    assert page.cards[-1].line == header.count("\n") + 4


def test_mentions_and_citations() -> None:
    """Works named in running text are found; titles, headings, code, math and HTML are quiet."""
    page = read_page(
        "# arXiv:2401.00001\n\n"
        "See arXiv:2308.09124v2 [cs.CL], https://arxiv.org/abs/2310.01870. And\n"
        "[this](https://arxiv.org/abs/2312.15241){.x}; `arXiv:2401.00002` $arXiv:2401.00003$\n"
        '<a href="https://arxiv.org/abs/2401.00004">arXiv:2401.00005</a> [@one; @two] `[@no]`\n\n'
        f"{CARD}\n    extends: 2212.09251\n\n    As arXiv:2404.17047 has it.\n",
        "page.md",
    )
    found = [(m.work.id, m.linked) for m in page.mentions if m.work.scheme == "arxiv"]
    assert found == [
        ("2308.09124", False),
        ("2310.01870", False),
        ("2312.15241", True),
        ("2401.00004", True),
        ("2404.17047", False),
    ]
    assert [citation.keys for citation in page.citations] == [("one", "two")]


@pytest.mark.parametrize(
    ("written", "read"),
    [("A *b* `c` __d__", "A b c d"), (r"a\_b \[c\]", "a_b [c]"), ("2 * 3 * 4", "2 * 3 * 4")],
)
def test_plain_takes_markup_off(written: str, read: str) -> None:
    """A title is compared and listed as it reads."""
    assert plain(written) == read


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("One\n    line, *two* **words** `code`.", ("One line, two words code.",)),
        ("One.\n\n    Two.", ("One.", "Two.")),
        ('See [this [post]](https://x.org/a_(b) "t"){ .c }.', ("See this [post].",)),
        ("See <https://x.org/>.", ("See https://x.org/.",)),
        ("So it is [@doe2024one; @roe2023two], and so [^1].", ("So it is, and so .",)),
        ("A <b>bold</b> word <!-- and\n    no comment -->.", ("A bold word .",)),
        ("![Falls](a.webp){ width=3 }\n\n    Words.", ("Words.",)),
        ("- one\n    - two\n      goes on\n\n    1. three", ("one", "two goes on", "three")),
        ('Words.\n\n    ??? note "More"\n        Inner words.', ("Words.", "More", "Inner words.")),
        ('Words.\n\n    ??? note "Figures"\n        ![x](a.webp)', ("Words.",)),
        ("> Quoted &amp; \\*plain\\*.", ("Quoted & *plain*.",)),
        ("It is $O(n^2)$ at $a_1 < b$.", ("It is $O(n^2)$ at $a_1 < b$.",)),
    ],
)
def test_prose_is_what_a_card_says_in_plain_words(body: str, expected: tuple[str, ...]) -> None:
    """Exports, search and previews take the finding from the Markdown itself, fields left out."""
    (card,) = cards(f"{CARD}\n    evidence: case\n\n    {body}\n\nAfter it.\n")
    assert prose(card) == expected
