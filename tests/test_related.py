"""Related works: those that a researcher would expect, and nothing where there is nothing."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from building import ROOT
from ethogram.bibliography import Bibliography
from ethogram.cards import read_page
from ethogram.catalog import Catalog
from ethogram.entries import Entry, join
from ethogram.record import Work
from ethogram.related import SHOWN, _features, _Search, related
from ethogram.works import WorkId

REAL = Catalog.load(ROOT / "docs", ROOT / "bib")

NEAREST = {
    "greenblatt2024alignment": "sheshadri2025some",
    "hernandez2023linearity": "nanda2023fact",
    "kosinski2023evaluating": "ullman2023large",
    "langosco2021goal": "shah2022goal",
    "power2022grokking": "varma2023explaining",
    "quirke2024understanding": "quirke2023understanding",
    "schaeffer2023emergent": "wei2022emergent",
    "schlatter2025shutdown": "carey2023human",
    "shah2022goal": "langosco2021goal",
    "tan2025inoculation": "wichers2025inoculation",
    "turner2025model": "betley2025emergent",
}
"""Works, and one that whoever has read the first would name."""


def entries_of(*works: tuple[str, str], year: int = 2024) -> dict[str, Entry]:
    """Works of a key and a title, each with a card of the fields that follow the title, if any."""
    records, cards = {}, []
    for number, (key, text) in enumerate(works, 1):
        title, _, fields = text.partition(" | ")
        work = WorkId("arxiv", f"2401.{number:05}")
        records[key] = Work(id=work, key=key, title=title, authors=("Ann Author",), year=year)
        if fields:
            lines = "".join(f"    {field}\n" for field in fields.split(" | "))
            cards.append(f'!!! note "[{title}]({work.address})"\n{lines}')
    page = read_page("\n\n".join(cards), "docs/page.md")
    return join(page.cards, Bibliography(records.values()), lambda _: "")


def test_real_works_have_the_neighbors_that_a_researcher_expects() -> None:
    """Among the first three are works on the same mechanism, the same failure, the same remedy."""
    found = REAL.related
    assert [key for key, near in NEAREST.items() if near not in found[key][:3]] == []


def test_the_nearest_work_is_mostly_on_a_page_of_the_same_group() -> None:
    """Two times in three over all groups, and four in five for what goes on inside of models."""
    groups: dict[str, str] = {}
    for card in REAL.cards:
        if entry := REAL.entry(card):
            groups.setdefault(entry.work.key, Path(card.path).parent.name)
    same = {key for key in groups if groups.get(REAL.related[key][0]) == groups[key]}
    assert len(same) * 3 >= len(groups) * 2
    inside = {key for key, group in groups.items() if group == "mechanisms"}
    assert len(same & inside) * 5 >= len(inside) * 4


def test_what_shares_nothing_has_no_neighbors() -> None:
    """An empty list rather than a guess."""
    assert related(entries_of(("a", "Sycophancy in chats"), ("b", "Grokking of sums"))) == {
        "a": (),
        "b": (),
    }
    assert related({}) == {}


def test_works_without_a_card_are_found_by_their_titles() -> None:
    """Rare words of titles join them, whatever their endings; what every title says does not."""
    found = related(
        entries_of(
            ("grok", "Grokking in language models"),
            ("grokked", "Why large language models are grokked"),
            ("other", "What language models know"),
        )
    )
    assert found == {"grok": ("grokked",), "grokked": ("grok",), "other": ()}


def test_stated_relations_come_first_and_on_both_sides() -> None:
    """A card's relation outranks all that is shared, and what speaks against comes before."""
    found = related(
        entries_of(
            ("first", "Sycophancy | behaviors: opinion-sycophancy"),
            ("twin", "Sycophancy twins | behaviors: opinion-sycophancy"),
            ("heir", "Elsewhere | behaviors: backdoor | extends: 2401.00001"),
            ("foe", "Far away | behaviors: sandbagging | contradicts: 2401.00001"),
        )
    )
    assert found["first"] == ("foe", "heir", "twin")
    assert found["heir"] == ("first",)
    assert found["foe"] == ("first",)


def test_behaviors_weigh_most_and_rare_terms_more_than_common_ones() -> None:
    """Before a method comes a behavior; before one that many have comes one that few have."""
    many = [(f"m{number}", f"M{number} | behaviors: backdoor") for number in range(6)]
    found = related(
        entries_of(
            ("here", "One | behaviors: backdoor, sandbagging | methods: probing"),
            ("rare", "Two | behaviors: sandbagging"),
            ("method", "Three | methods: probing"),
            *many,
        )
    )
    assert found["here"][0] == "rare"
    assert found["here"].index("m0") < SHOWN
    assert (
        "method"
        in related(
            entries_of(("here", "One | methods: probing"), ("method", "Two | methods: probing"))
        )["here"]
    )


WORDS = st.sampled_from("sycophancy grokking refusal backdoors circuits probes agents".split())
TERMS = st.sampled_from(["backdoor", "sandbagging", "hallucination", "induction"])
WORK = st.builds(
    lambda words, terms, targets: (
        f"{' '.join(words)} | behaviors: {', '.join(terms)}"
        f" | extends: {', '.join(f'2401.{target:05}' for target in targets)}"
    ),
    st.lists(WORDS, min_size=1, max_size=4),
    st.lists(TERMS, max_size=2),
    st.lists(st.integers(1, 12), max_size=2),
)


@given(st.lists(WORK, max_size=12))
def test_for_any_works(works: list[str]) -> None:
    """Known keys, each once, never its own, at most so many, and the same in any order of works."""
    entries = entries_of(*((f"k{number}", work) for number, work in enumerate(works)))
    found = related(entries)
    assert list(found) == list(entries)
    for key, others in found.items():
        assert set(others) <= set(entries) - {key}
        assert len(set(others)) == len(others) <= SHOWN
    assert related(dict(reversed(entries.items()))) == found


def test_ties_are_settled_by_key() -> None:
    """Works that have the same in common come in the order of their keys."""
    same = [(key, f"{key} | behaviors: backdoor") for key in "dbca"]
    assert related(entries_of(*same))["c"] == ("a", "b", "d")


@pytest.mark.parametrize("shared", ["behaviors: backdoor", "behaviors: b{tenth}"])
def test_the_cost_of_a_work_does_not_grow(shared: str) -> None:
    """With ten times the works, each is compared as often: whether all share one term or few do."""
    counts = []
    for total in (300, 3000):
        works = [
            (f"k{number:04}", f"word{chr(97 + number % 26)} | {shared.format(tenth=number // 10)}")
            for number in range(total)
        ]
        search = _Search({key: _features(each) for key, each in entries_of(*works).items()})
        assert sum(1 for _ in search.run()) == total
        counts.append(search.compared / total)
    assert counts[1] <= counts[0] * 1.1


def test_related_works_are_the_same_in_every_process() -> None:
    """The order of sets, which differs from process to process, decides nothing."""

    code = (
        "import json, sys; from pathlib import Path; from ethogram.catalog import Catalog;"
        f"root = Path({str(ROOT)!r});"
        "print(json.dumps(Catalog.load(root / 'docs', root / 'bib').related))"
    )
    told = [
        subprocess.run(
            [sys.executable, "-c", code],
            env={"PYTHONPATH": str(ROOT / "hooks"), "PYTHONHASHSEED": seed},
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert told[0] == told[1]
    assert json.loads(told[0]).keys() == REAL.entries.keys()
