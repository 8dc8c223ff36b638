"""What works say of one another, and how well they stand by it."""

from collections.abc import Mapping

import pytest

from ethogram import entries, standing
from ethogram.bibliography import Bibliography, Work
from ethogram.cards import RELATIONS, read_page
from ethogram.entries import INVERSE, Entry
from ethogram.standing import BEHAVIOR_RULES, LABELS, WORK_RULES, Standing
from ethogram.works import WorkId


def work(name: str, number: int, doi: str = "", withdrawn: bool = False) -> Work:
    """A record of the name, `<name>2024work`, with the number 2401.0000<number>."""
    return Work(
        WorkId("arxiv", f"2401.{number:05}"),
        f"{name}2024work",
        f"On {name}",
        (f"Ann {name.title()}",),
        2024,
        doi=doi,
        withdrawn=withdrawn,
    )


A, B, C = work("a", 1, doi="10.1000/182"), work("b", 2), work("c", 3)
RECORDS = (A, B, C)
NOT_HERE = "2512.99999"


def joined(
    *cards: tuple[Work, Mapping[str, str]], records: tuple[Work, ...] = RECORDS
) -> dict[str, Entry]:
    """The entries of a page with these cards, each of a work and with fields."""
    text = "".join(
        f'!!! note "[T]({of.id.address})"\n'
        + "".join(f"    {name}: {value}\n" for name, value in fields.items())
        + "\n    Prose.\n\n"
        for of, fields in cards
    )
    bibliography = Bibliography(records)
    return entries.join(read_page(text, "docs/page.md").cards, bibliography, lambda _: "backdoor")


def said(entry: Entry) -> list[tuple[str, str]]:
    """What others say of a work: the kind, and who says so."""
    return [(each.kind, each.source.key) for each in entry.said]


def stands(entry: Entry) -> Standing:
    """How well a work stands that has a card."""
    assert entry.standing
    return entry.standing


def says(entry: Entry) -> list[tuple[str, str]]:
    """What a work says of others: the kind, and of which."""
    return [(each.kind, str(each.target)) for each in entry.says]


@pytest.mark.parametrize("kind", RELATIONS)
def test_a_relation_is_told_on_both_sides(kind: str) -> None:
    """One side says it, the other is told of it, and there is a word for both."""
    found = joined((A, {kind: "2401.00002"}), (B, {}))
    assert says(found[A.key]) == [(kind, "arxiv:2401.00002")]
    assert said(found[B.key]) == [(kind, A.key)]
    assert found[A.key].says[0].record == B
    assert not found[A.key].said and not found[B.key].says
    assert INVERSE[kind].endswith(" by")


@pytest.mark.parametrize(
    "spelling",
    [
        "2401.00001",
        "arXiv:2401.00001v3",
        "https://arxiv.org/pdf/2401.00001v2.pdf",
        "10.48550/arXiv.2401.00001",
        "10.1000/182",
        "https://doi.org/10.1000/182",
    ],
)
def test_each_spelling_names_the_one_work(spelling: str) -> None:
    """A number in any version, arXiv's DOI and the published one lead to the same record."""
    found = joined((A, {}), (B, {"contradicts": spelling}))
    assert said(found[A.key]) == [("contradicts", B.key)]
    assert says(found[B.key]) == [("contradicts", "arxiv:2401.00001")]


def test_what_is_said_twice_counts_once() -> None:
    """On one card in two spellings, or on two cards of a work; another kind is another relation."""
    found = joined(
        (B, {"replicates": "2401.00001, 10.1000/182", "supports": "2401.00001"}),
        (B, {"replicates": "2401.00001v2"}),
        (A, {}),
    )
    assert said(found[A.key]) == [("supports", B.key), ("replicates", B.key)]
    assert stands(found[A.key]).label == "replicated once"


def test_a_work_says_nothing_of_itself() -> None:
    """By no spelling: a card that names its own work has a slip in it."""
    found = joined((A, {"contradicts": "10.1000/182", "supersedes": "2401.00001v2"}))
    assert not found[A.key].says and not found[A.key].said
    assert found[A.key].status == "current"


def test_a_target_without_a_record_is_kept() -> None:
    """It is said, of a work that nothing more is known of; what names no work is not."""
    found = joined((A, {"extends": f"{NOT_HERE}v2, https://example.com/a, no work"}))
    assert says(found[A.key]) == [
        ("extends", f"arxiv:{NOT_HERE}"),
        ("extends", "url:https://example.com/a"),
    ]
    assert [each.record for each in found[A.key].says] == [None, None]


def test_every_record_has_an_entry_in_the_order_of_keys() -> None:
    """One without a card has no standing, and yet what others say of it; the order is fixed."""
    found = joined((B, {"contradicts": "2401.00001"}), records=(C, B, A))
    assert list(found) == [A.key, B.key, C.key]
    assert found[A.key].cards == () and found[A.key].standing is None
    assert found[A.key].against == (B,)
    assert found[C.key] == Entry(C)


def test_fields_are_gathered_over_cards() -> None:
    """Behaviors begin with the page's; each value stands once; the first day is the one added."""
    first = {"behaviors": "jailbreak", "models": "X, Y", "added": "2026-11-21"}
    second = {"behaviors": "jailbreak, drift", "models": "Y, Z", "added": "2026-11-19"}
    entry = joined((A, first), (A, second))[A.key]
    assert entry.behaviors == entry.values("behaviors") == ("backdoor", "jailbreak", "drift")
    assert entry.values("models") == ("X", "Y", "Z")
    assert entry.added == "2026-11-19"
    assert joined((A, {}))[A.key].added == ""


@pytest.mark.parametrize("status", ["retracted", "withdrawn"])
def test_a_work_that_was_taken_back_counts_for_nothing(status: str) -> None:
    """Whatever it says of another: that one's standing and status are as if it said nothing."""
    all_kinds = dict.fromkeys(RELATIONS, "2401.00001")
    found = joined((A, {}), (B, {**all_kinds, "status": status, "evidence": "replication"}))
    assert found[B.key].status == status and found[B.key].void
    assert len(found[A.key].said) == len(RELATIONS)
    assert all(each.void for each in found[A.key].said)
    assert found[A.key].standing == Standing("single-source", WORK_RULES["single-source"])
    assert found[A.key].status == "current" and found[A.key].against == ()


def test_what_counts_comes_first_and_what_speaks_against_before_that() -> None:
    """In this order readers are told of it."""
    found = joined(
        (B, {"contradicts": "2401.00001", "status": "retracted"}),
        (C, {"supports": "2401.00001", "fails-to-replicate": "2401.00001"}),
        (A, {}),
    )
    assert said(found[A.key]) == [
        ("fails-to-replicate", C.key),
        ("supports", C.key),
        ("contradicts", B.key),
    ]


def test_a_record_that_was_withdrawn_is_so_whatever_its_cards_say() -> None:
    """The gravest counts: retracted before withdrawn, before superseded, before current."""
    gone = work("gone", 4, withdrawn=True)
    records = (A, gone)
    assert joined((gone, {"status": "current"}), records=records)[gone.key].status == "withdrawn"
    assert joined((gone, {"status": "retracted"}), records=records)[gone.key].status == "retracted"
    two = joined((A, {"status": "superseded"}), (A, {"status": "withdrawn"}))
    assert two[A.key].status == "withdrawn"


def test_what_is_superseded_says_so_without_being_told() -> None:
    """A relation on the newer work's card is enough, and so is the older one's own field."""
    found = joined((A, {}), (B, {"supersedes": "2401.00001"}), (C, {"status": "superseded"}))
    assert {key: entry.status for key, entry in found.items()} == {
        A.key: "superseded",
        B.key: "current",
        C.key: "superseded",
    }
    assert not found[A.key].void


# -- standing --------------------------------------------------------------------------------

WORKS: Mapping[str, tuple[tuple[tuple[Work, Mapping[str, str]], ...], standing.Name]] = {
    "contradicted": (((B, {"contradicts": "2401.00001"}),), "contested"),
    "not replicated": (((B, {"fails-to-replicate": "2401.00001"}),), "contested"),
    "contested, though replicated": (
        ((B, {"contradicts": "2401.00001"}), (C, {"replicates": "2401.00001"})),
        "contested",
    ),
    "replicated": (((B, {"replicates": "2401.00001"}),), "replicated"),
    "supported by a replication": (
        ((B, {"supports": "2401.00001", "evidence": "replication"}),),
        "replicated",
    ),
    "supported by the one of two cards that is no replication": (
        ((B, {"supports": "2401.00001"}), (B, {"evidence": "replication"})),
        "replicated",
    ),
    "supported": (((B, {"supports": "2401.00001", "evidence": "case"}),), "single-source"),
    "extended": (((B, {"extends": "2401.00001", "evidence": "replication"}),), "single-source"),
    "superseded": (((B, {"supersedes": "2401.00001"}),), "single-source"),
    "alone": ((), "single-source"),
}


@pytest.mark.parametrize("case", WORKS)
def test_each_rule_for_works(case: str) -> None:
    """The first that fits is the one that counts, and its sentence is told."""
    cards, name = WORKS[case]
    how = stands(joined((A, {"evidence": "case"}), *cards)[A.key])
    assert (how.name, how.rule) == (name, WORK_RULES[name])


def test_a_review_stands_as_one_unless_others_speak_of_it() -> None:
    """Whichever of its cards says that it is one."""
    review = (A, {"evidence": "review"})
    assert stands(joined((A, {}), review)[A.key]).name == "review"
    assert stands(joined(review, (B, {"replicates": "2401.00001"}))[A.key]).name == "replicated"
    assert stands(joined(review, (B, {"contradicts": "2401.00001"}))[A.key]).name == "contested"


def test_a_standing_names_its_works() -> None:
    """Those against it and those that replicate it, each once, even where both do."""
    both = {"contradicts": "2401.00001", "fails-to-replicate": "2401.00001"}
    found = joined((A, {}), (B, both), (C, {"replicates": "2401.00001"}))
    assert stands(found[A.key]).against == found[A.key].against == (B,)
    assert stands(found[A.key]).replications == (C,)


SOLE = standing.of_work((), (), ())
REVIEW = standing.of_work(("review",), (), ())
AGAIN = standing.of_work((), (), (C,))
CONTESTED = standing.of_work((), (B,), (C,))


@pytest.mark.parametrize(
    ("works", "name"),
    [
        ([SOLE, REVIEW, AGAIN, CONTESTED], "contested"),
        ([SOLE, REVIEW, AGAIN], "replicated"),
        ([SOLE, REVIEW], "review"),
        ([SOLE, SOLE], "single-source"),
        ([], "single-source"),
    ],
)
def test_each_rule_for_behaviors(works: list[Standing], name: standing.Name) -> None:
    """Over its works; which of them are contested is told, and what replicates any."""
    pairs = [(work("defg"[number], 10 + number), how) for number, how in enumerate(works)]
    how = standing.of_behavior(pairs)
    assert (how.name, how.rule) == (name, BEHAVIOR_RULES[name])
    assert how.against == tuple(each for each, of in pairs if of is CONTESTED)
    assert how.replications == ((C,) if AGAIN in works else ())


@pytest.mark.parametrize(
    ("times", "label"),
    [(1, "replicated once"), (2, "replicated twice"), (3, "replicated 3 times")],
)
def test_a_standing_says_how_often(times: int, label: str) -> None:
    """In words, as far as there are such."""
    works = [work(letter, number) for number, letter in enumerate("def"[:times], 4)]
    assert standing.of_work((), (), works).label == label


def test_a_behavior_of_several_works_has_several_sources() -> None:
    """None of which anybody has seen again; of one work there is but one."""
    two = [(work("d", 1), SOLE), (work("e", 2), SOLE)]
    assert standing.of_behavior(two).label == "single sources"
    assert standing.of_behavior(two[:1]).label == "single source"


def test_each_standing_has_words_and_rules() -> None:
    """A rule for works, one for behaviors, and a label that is no slug."""
    assert LABELS.keys() == WORK_RULES.keys() == BEHAVIOR_RULES.keys()
    assert [SOLE.label, REVIEW.label, CONTESTED.label] == ["single source", "review", "contested"]
