"""`reviews`: what a page says is known, on what, and as of when."""

import pytest

from ethogram import reviews
from ethogram.bibliography import Bibliography, Work
from ethogram.cards import read_page
from ethogram.works import WorkId

HEAD = "---\nbehavior: backdoor\nreviewed: %s\n---\n\n# Backdoor\n\n"
CARD = '!!! note "[T](https://arxiv.org/abs/2401.05566)"\n    added: %s\n\n    Words.\n'


POST = "https://www.lesswrong.com/posts/abc/def"
KNOWN = Bibliography(
    [
        Work(WorkId("arxiv", "2401.05566"), "hubinger2024sleeper", "T", ("A B",), 2024),
        Work(WorkId("url", POST), "doe2024post", "P", ("C D",), 2024),
    ]
)


def found(text: str, reviewed: str = "2026-11-21") -> list[tuple[str, int, str]]:
    """The findings of a page: rule, line, message."""
    page = read_page(HEAD % reviewed + text, "docs/security/backdoor.md")
    return [(each.rule, each.line, each.message) for each in reviews.check(page, KNOWN)]


@pytest.mark.parametrize(
    "sentence",
    [
        "It holds (arXiv:2401.05566).",
        "As arXiv:2401.05566 found, it holds.",
        "It holds [@hubinger2024sleeper].",
        "It holds, as [a card](../security/backdoor.md#hubinger2024sleeper) says.",
        "It holds ([the post](https://www.lesswrong.com/posts/abc/def)).",
        "Hubinger et al. found that it holds, e.g. in the largest (arXiv:2401.05566).",
        "It holds in 3.5 % of cases\nand in no others (arXiv:2401.05566)!",
        "**It holds** (arXiv:2401.05566).",
        "*It holds (arXiv:2401.05566).*",
    ],
)
def test_a_sentence_that_names_a_work_is_well(sentence: str) -> None:
    """By number, by key, by a link to its card or to where it is; abbreviations end none."""
    assert found(f"## What is known\n\n{sentence} {sentence}\n\n- {sentence}\n- {sentence}\n") == []


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("It is so. It holds (arXiv:2401.05566).", 10, "It is so."),
        ("It holds (arXiv:2401.05566). It is so.", 10, "It is so."),
        ("It holds (arXiv:2401.05566).\n\nIt is\nso, too", 12, "It is so, too"),
        ("- It holds (arXiv:2401.05566).\n- It is so.", 11, "- It is so."),
        ("It is so, see [the page](https://example.org/).", 10, "It is so, see [the page]("),
        ("It is so. `arXiv:2401.05566`", 10, "It is so."),
    ],
)
def test_a_sentence_that_names_none_is_told(text: str, line: int, said: str) -> None:
    """With its line and its first words."""
    rule, at, message = found(f"## What is known\n\n{text}\n")[0]
    assert (rule, at) == ("uncited-claim", line)
    assert message.startswith(f"“{said}"), message
    assert message.endswith("cites no work")


def test_only_what_is_known_is_held_to_it() -> None:
    """Not what is before it or after it, nor a page of no behavior; but what is below it is."""
    assert found("Free words.\n\n## What is open\n\nNobody knows.\n") == []
    below = "## What is known\n\n### In part\n\nIt is so.\n\n## What is open\n\nMuch.\n"
    assert [each[1] for each in found(below)] == [12]
    page = read_page("# Any\n\n## What is known\n\nIt is so.\n", "docs/any.md")
    assert list(reviews.check(page, KNOWN)) == []


@pytest.mark.parametrize(
    ("reviewed", "added", "said"),
    [
        ("2026-11-20", "2026-11-21", "A card of 2026-11-21 came after the review of 2026-11-20"),
        ("2025-11-20", "2025-11-20", "The review of 2025-11-20 is more than a year old"),
        ('""', "2025-11-20", "Nobody has said when this page was last held against its cards"),
        ("2025-11-21", "2025-11-21", ""),
        ("2026-11-21", "2026-11-21", ""),
        ("soon", "2026-11-21", ""),
        ("2026-11-21", "soon", ""),
    ],
)
def test_a_review_ages(
    reviewed: str, added: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a card that came later, and by a year; what is no date is told of elsewhere."""
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1795219200")  # 2026-11-21
    expected = [("stale-review", 3, said)] if said else []
    assert found(f"## Cards\n\n{CARD % added}", reviewed) == expected
