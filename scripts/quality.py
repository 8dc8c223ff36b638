"""Say how good the collection is, where numbers can tell: run it after many cards have changed.

    python scripts/quality.py [--docs DIR] [--bib DIR]

Cards for each term and group, words of each card, fields that are missing, works without a card,
and wording that two cards share.
"""

import sys
from collections import Counter, defaultdict
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path

import click
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "hooks"))

from ethogram.cards import RELATIONS, Card, prose  # noqa: E402  the package lies in hooks/
from ethogram.catalog import Catalog  # noqa: E402
from ethogram.check import WORDS  # noqa: E402

SHARED = 7
"""As many words in a row as no two people write by chance, but for names of things."""

FEW_ON_A_PAGE, FEW_IN_A_GROUP = 2, 12
"""A page or a group with fewer cards than this is thin."""

WANTED = ("behaviors", "methods", "evidence", "models", "direction", "code", "added")

Run = tuple[str, ...]


def words(card: Card) -> list[str]:
    """The words of a card's finding, folded."""
    return [word.strip(".,;:()\"'“”").lower() for part in prose(card) for word in part.split()]


def shared(cards: tuple[Card, ...]) -> Iterator[tuple[int, Card, Card, str]]:
    """Yield pairs of cards with runs of words in common: how many, both, and one of them."""
    holders: dict[Run, list[int]] = defaultdict(list)
    for number, card in enumerate(cards):
        said = words(card)
        for run in {tuple(said[at : at + SHARED]) for at in range(len(said) - SHARED + 1)}:
            holders[run].append(number)
    pairs: dict[tuple[int, int], list[Run]] = defaultdict(list)
    for run, numbers in holders.items():
        for pair in combinations(numbers, 2):
            pairs[pair].append(run)
    for (one, other), runs in sorted(pairs.items(), key=lambda each: -len(each[1])):
        yield len(runs), cards[one], cards[other], " ".join(runs[0])


def place(card: Card) -> str:
    """Where a card stands: short within this checkout, so that a table has room for it."""
    path = Path(card.path)
    return f"{path.relative_to(ROOT) if path.is_relative_to(ROOT) else path}:{card.line}"


def counts(catalog: Catalog) -> Table:
    """Cards on the page of each behavior, and in each group; thin ones are marked."""
    table = Table("group", "cards", "pages", "thin or without a page", title="Cards")
    on_page = Counter(page.meta("behavior") for page in catalog.pages for _ in page.cards)
    for group in catalog.taxonomy.groups:
        slugs = [term.slug for term in group.terms]
        total = sum(on_page[slug] for slug in slugs)
        thin = [f"{slug} {on_page[slug]}" for slug in slugs if on_page[slug] < FEW_ON_A_PAGE]
        pages = sum(slug in catalog.term_pages for slug in slugs)
        mark = " (few)" if total < FEW_IN_A_GROUP else ""
        table.add_row(group.slug, f"{total}{mark}", f"{pages} of {len(slugs)}", ", ".join(thin))
    relations = sum(len(card.values(name)) for card in catalog.cards for name in RELATIONS)
    table.caption = f"{len(catalog.cards)} cards, {relations} relations"
    return table


def lengths(catalog: Catalog) -> Table:
    """How long cards are, and which are out of bounds."""
    taken = sorted(card.words for card in catalog.cards)
    middle = taken[len(taken) // 2] if taken else 0
    table = Table("words", "card out of bounds", title="Words")
    table.caption = f"{middle} at the median, {WORDS[0]} to {WORDS[1]} wanted"
    for card in catalog.cards:
        if not WORDS[0] <= card.words <= WORDS[1]:
            table.add_row(str(card.words), place(card))
    return table


def missing(catalog: Catalog) -> Table:
    """How many cards lack a field."""
    table = Table("field", "without it", "of them", title="Fields")
    for name in WANTED:
        bare = [card for card in catalog.cards if not card.value(name)]
        table.add_row(name, str(len(bare)), ", ".join(map(place, bare[:3])))
    return table


@click.command()
@click.option("--docs", type=click.Path(exists=True, path_type=Path), default=ROOT / "docs")
@click.option("--bib", type=click.Path(exists=True, path_type=Path), default=ROOT / "bib")
@click.option("--pairs", default=20, show_default=True, help="As many pairs of cards are shown.")
def main(docs: Path, bib: Path, pairs: int) -> None:
    """Say how good the collection is, where numbers can tell."""
    catalog, console = Catalog.load(docs, bib), Console()
    for make in (counts, lengths, missing):
        console.print(make(catalog))
    bare = [key for key, entry in catalog.entries.items() if not entry.cards]
    console.print(f"Works without a card: {len(bare)} of {len(catalog.entries)}", *bare, sep="\n  ")
    table = Table("runs", "card", "card", f"{SHARED} words of both", title="Shared wording")
    found = list(shared(catalog.cards))
    for number, one, other, run in found[:pairs]:
        table.add_row(str(number), place(one), place(other), run)
    table.caption = f"{len(found)} pairs in all"
    console.print(table)


if __name__ == "__main__":
    main()
