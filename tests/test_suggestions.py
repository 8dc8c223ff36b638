"""Suggestions: sense on the real records, only terms there are, and nothing without a hint."""

import re
import shutil
from pathlib import Path

import pytest

from ethogram import suggestions
from ethogram.catalog import Catalog
from ethogram.record import Work
from ethogram.suggestions import behaviors, nearest, suggest_fields
from ethogram.taxonomy import Taxonomy
from ethogram.works import WorkId

ROOT = Path(__file__).parent.parent
TAXONOMY = Taxonomy.load(ROOT / "bib/taxonomy.yml")


def suggested(title: str, page: str = "docs/new.md") -> dict[str, tuple[str, ...]]:
    """What is suggested for a work of that title, on a page without cards."""
    work = Work(WorkId("arxiv", "2401.00001"), "doe2024work", title, ("Jane Doe",), 2024)
    catalog = Catalog.load(ROOT / "docs", ROOT / "bib", [])
    return suggest_fields(work, Path(page), catalog)


def test_every_suggestion_is_a_term() -> None:
    """The tables name terms of the real taxonomy, and only such."""
    assert suggestions.BEHAVIORS.keys() <= TAXONOMY.terms.keys()
    assert suggestions.METHODS.keys() == TAXONOMY.methods.keys()
    assert suggestions.EVIDENCE.keys() <= TAXONOMY.evidence.keys()
    assert suggestions.DIRECTIONS.keys() == TAXONOMY.directions.keys()


def test_they_agree_with_what_people_wrote() -> None:
    """Of all that is suggested for the cards there are, four in five stand on them."""
    catalog = Catalog.load(ROOT / "docs", ROOT / "bib")
    hits: list[tuple[str, str, str]] = []
    misses: list[tuple[str, str, str]] = []
    for card in catalog.cards:
        work = catalog.bibliography.get(card.work)
        assert work, card.path
        told = suggest_fields(work, Path(card.path), catalog)
        for field, slugs in told.items():
            written = {value.text for value in card.values(field)}
            for slug in slugs:
                (hits if slug in written else misses).append((work.key, field, slug))
    assert len(hits) * 4 >= len(catalog.cards) * 3
    assert len(misses) * 4 <= len(hits), misses


def test_the_page_of_a_card_is_near_its_title() -> None:
    """Of the cards there are, most stand on a page that would have been offered by number."""
    catalog = Catalog.load(ROOT / "docs", ROOT / "bib")
    offered = 0
    for card in catalog.cards:
        work = catalog.bibliography.get(card.work)
        terms = nearest(work.title, TAXONOMY) if work else []
        offered += Path(card.path).stem in [term.slug for term in terms]
    assert offered * 2 > len(catalog.cards)


@pytest.mark.parametrize(
    ("title", "told"),
    [
        (
            "A Survey on Hallucination in Large Language Models",
            {
                "behaviors": ("hallucination",),
                "methods": ("survey",),
                "evidence": ("review",),
                "direction": ("describes",),
            },
        ),
        (
            "Refusal in Language Models Is Mediated by a Single Direction",
            {"behaviors": ("refusal",)},
        ),
        (
            "Emergent Misalignment: Narrow finetuning can produce broadly misaligned LLMs",
            {"behaviors": ("emergent-misalignment",), "methods": ("fine-tuning",)},
        ),
        (
            "Replicating Sleeper Agents",
            {
                "behaviors": ("backdoor",),
                "methods": ("model-organism",),
                "evidence": ("replication",),
            },
        ),
        (
            "Improving Alignment and Robustness with Circuit Breakers",
            {"direction": ("mitigates",)},
        ),
        ("Position: AI Should Not Lie to Us", {"evidence": ("position",)}),
        ("Theory of Mind in Language Models", {"behaviors": ("theory-of-mind",)}),
        ("Over-Refusal Revisited", {"behaviors": ("over-refusal",)}),
        ("Problems with Solving Problems", {}),
        ("Attention Is All You Need", {}),
        ("Is ChatGPT a Good Reviewer? Peer Review by Machines", {}),
        (
            "Inducing Overthinking",
            {"behaviors": ("over-underthinking",), "direction": ("elicits",)},
        ),
        ("The Levers of Political Persuasion", {"behaviors": ("persuasion",)}),
        ("Sydney: A Case Study", {"evidence": ("case",)}),
        ("Machines: A Perspective", {"evidence": ("position",)}),
        (
            "Machines: Review of Claims",
            {"methods": ("survey",), "evidence": ("review",), "direction": ("describes",)},
        ),
        ("", {}),
    ],
)
def test_a_title_tells(title: str, told: dict[str, tuple[str, ...]]) -> None:
    """Real hints, whole words, and what means something else in company left alone."""
    assert suggested(title or "?") == told


@pytest.mark.parametrize(
    "title",
    [
        "Frontier AI systems have surpassed the self-replicating red line",
        "Language models that replace human participants can harmfully flatten identity groups",
        "Successor Heads: Recurring Attention Heads In The Wild",
        "What Can Transformers Learn In-Context? A Case Study of Simple Function Classes",
        "Obfuscated Activations Bypass LLM Latent-Space Defenses",
        "Does Writing with Language Models Reduce Content Diversity?",
        "Expressing stigma prevents LLMs from safely replacing mental health providers",
        "Physics of Language Models: Part 3.2, Knowledge Manipulation",
        "Language Models Implement Simple Word2Vec-style Vector Arithmetic",
        "The Productivity of Open-Source Developers",
        "An Adversarial Perspective on Language Models",
        "Eliciting Latent Knowledge from Quirky Language Models",
    ],
)
def test_a_word_in_another_sense_tells_nothing(title: str) -> None:
    """Titles of real works, or close to them, in which a telling word means something else."""
    assert suggested(title) == {}


def test_a_hyphen_makes_no_theory() -> None:
    """A behavior whose name holds the name of a method is not that method."""
    told = suggested("Large Language Models Fail on Trivial Alterations to Theory-of-Mind Tasks")
    assert told == {"behaviors": ("theory-of-mind",)}


def test_the_page_of_a_term_needs_no_such_term() -> None:
    """What the page is about is understood, whether the page is there yet or not."""
    assert "behaviors" not in suggested("Jailbreaks", "docs/security/jailbreak.md")
    assert suggested("Jailbreaks", "docs/x.md")["behaviors"] == ("jailbreak",)


@pytest.mark.parametrize(("count", "told"), [(2, False), (3, True), (4, True), (5, False)])
def test_what_most_cards_have_is_suggested(tmp_path: Path, count: int, told: bool) -> None:
    """Three in four of three cards or more; their kind of evidence is never taken over."""
    (tmp_path / "bib").mkdir()
    (tmp_path / "docs").mkdir()
    shutil.copy(ROOT / "bib/taxonomy.yml", tmp_path / "bib")
    fields = "    behaviors: backdoor\n    methods: probing\n    evidence: case\n"
    cards = [
        f'!!! note "https://arxiv.org/abs/2401.{number:05}"\n{fields * (number < 4)}\n    W.\n'
        for number in range(1, count + 1)
    ]
    page = tmp_path / "docs/page.md"
    page.write_text("# T\n\n" + "\n".join(cards))
    catalog = Catalog.load(tmp_path / "docs", tmp_path / "bib")
    work = Work(WorkId("arxiv", "2402.00001"), "doe2024work", "Words", ("Jane Doe",), 2024)
    usual = {"behaviors": ("backdoor",), "methods": ("probing",)}
    assert suggest_fields(work, page, catalog) == (usual if told else {})


def test_only_terms_that_a_site_has() -> None:
    """Another taxonomy gets no terms of ours."""
    assert behaviors("Sandbagging and Jailbreaks", Taxonomy()) == []
    assert nearest("Sandbagging", Taxonomy()) == []


def test_there_are_few_and_the_likeliest_come_first() -> None:
    """No more than three for a field; those named in a title come in its order, before others."""
    title = "Jailbreaks, Backdoors, Hallucination, Sandbagging and Flattery"
    assert suggested(title)["behaviors"] == ("jailbreak", "backdoor", "hallucination")
    assert [term.slug for term in nearest(title, TAXONOMY)][:4] == [
        "jailbreak", "backdoor", "hallucination", "sandbagging"
    ]  # fmt: skip
    assert len(nearest("model language text answer training hidden task", TAXONOMY)) <= 5


@pytest.mark.parametrize("title", ["a" * 100_000, "un " * 30_000, "reasoning " * 9000 + "faithful"])
def test_a_title_without_end_is_soon_read(title: str) -> None:
    """Titles come from outside; no pattern takes long over one."""
    behaviors(title, TAXONOMY)
    nearest(title, TAXONOMY)
    assert all(re.compile(pattern) for pattern in suggestions.METHODS.values())
