"""What works say of one another, and what follows from it: warning, relations, standing."""

from collections.abc import Iterable, Iterator
from html import escape
from typing import NamedTuple

from ethogram.cards import Card
from ethogram.entries import AGAINST, INVERSE, VOID, Entry, Relation, stated
from ethogram.record import Work
from ethogram.render.cite import number, short_name
from ethogram.render.context import Context
from ethogram.standing import Standing
from ethogram.works import WorkId


class _Said(NamedTuple):
    """A relation as one of the two works tells it.

    Attributes:
        words: how this work stands to the other: "contradicted by".
        kind: one of `cards.RELATIONS`.
        other: the other work, by its record where it has one.
        void: whether the work that says so is withdrawn or retracted.
    """

    words: str
    kind: str
    other: Work | WorkId
    void: bool

    @property
    def rank(self) -> int:
        """What speaks against comes before what speaks for, and what counts for nothing last."""
        return 2 if self.void else int(self.kind not in AGAINST)


def relations(card: Card, entry: Entry | None, context: Context) -> str:
    """The relations of a card's work, both ways, a line for each kind; empty if it has none."""
    rows: dict[tuple[int, str], list[Work | WorkId]] = {}
    for said in sorted(_all(card, entry), key=lambda said: said.rank):
        rows.setdefault((said.rank, said.words), []).append(said.other)
    items = (_row(rank, words, others, context) for (rank, words), others in rows.items())
    return f'<ul class="relations">{"".join(items)}</ul>' if rows else ""


def _all(card: Card, entry: Entry | None) -> Iterator[_Said]:
    """What others say of it, and what it says of others; by its card alone without a record."""
    if entry is None:
        for kind, target in stated(card):
            yield _Said(_spoken(kind), kind, target, card.value("status") in VOID)
        return
    for each in entry.said:
        yield _Said(INVERSE[each.kind], each.kind, each.source, each.void)
    for each in entry.says:
        yield _Said(_spoken(each.kind), each.kind, each.record or each.target, each.void)


def _spoken(kind: str) -> str:
    return kind.replace("-", " ")


def _row(rank: int, words: str, others: Iterable[Work | WorkId], context: Context) -> str:
    name = ("against", "for", "void")[rank]
    note = " (counts for nothing)" if name == "void" else ""
    return f'<li class="{name}"><b>{words.capitalize()}</b> {_listed(others, context)}{note}</li>'


def _listed(others: Iterable[Work | WorkId], context: Context) -> str:
    return "; ".join(named(other, context) for other in others)


def named(other: Work | WorkId, context: Context) -> str:
    """A work by authors and year, linked to its permanent page; by its number if it has none.

    One that no longer stands is shown with that word.
    """
    if isinstance(other, WorkId):
        return f'<a href="{escape(other.address)}">{escape(number(other))}</a>'
    href = escape(context.work(other.key))
    link = f'<a href="{href}" data-preview="{escape(other.key)}">{short_name(other)}</a>'
    entry = context.entries.get(other.key)
    return link if entry is None or entry.status == "current" else f"{link}, {entry.status}"


# -- what readers must not miss --------------------------------------------------------------


def banner(card: Card, entry: Entry | None, context: Context) -> str:
    """What stands before a finding that was taken back, replaced or contested; else nothing."""
    lines = [*_status(card, entry, context), *_contested(entry, context)]
    paragraphs = "".join(f"<p>{line}</p>" for line in lines)
    return f'<div class="banner" role="note">{paragraphs}</div>' if lines else ""


def _status(card: Card, entry: Entry | None, context: Context) -> Iterator[str]:
    status = card.value("status") if entry is None else entry.status
    if entry and status == "current":  # a site's entries know; a page read alone has its card
        status = "withdrawn" if entry.work.withdrawn else card.value("status")
    if status in ("", "current"):
        return
    said = entry.said if entry else ()
    by = [each.source for each in said if each.kind == "supersedes" and not each.void]
    if status == "superseded" and by:
        yield f"<b>Superseded</b> by {_listed(by, context)}"
    else:
        term = context.taxonomy.statuses.get(status)
        definition = f": {escape(_lowered(term.definition))}" if term else ""
        yield f"<b>{escape(status.capitalize())}</b>{definition}"


def _lowered(sentence: str) -> str:
    return sentence[:1].lower() + sentence[1:]


def _contested(entry: Entry | None, context: Context) -> Iterator[str]:
    if entry and (by := contested_by(entry, context)):
        yield f"<b>Contested</b>: {by}"


def contested_by(entry: Entry, context: Context) -> str:
    """What contests a work: "contradicted by Okafor, Åström 2025"; empty if nothing does."""
    kinds: dict[str, list[Relation]] = {}
    for each in entry.said:
        if each.against and not each.void:
            kinds.setdefault(each.kind, []).append(each)
    return ", ".join(
        f"{INVERSE[kind]} {_listed((each.source for each in found), context)}"
        for kind, found in kinds.items()
    )


# -- how well it stands ----------------------------------------------------------------------


def standing(how: Standing, context: Context, label: str = "") -> str:
    """A standing in words; its rule is shown to who points at it, and opens by tap and by key.

    Args:
        how: the standing.
        context: addresses.
        label: other words for it.
    """
    rule = escape(how.rule)
    more = f' <a href="{escape(context.rules)}">How findings stand</a>' if context.rules else ""
    return (
        f'<details class="standing {how.name}"><summary title="{rule}">Standing: '
        f"<b>{escape(label or how.label)}</b></summary><p>{rule}{more}</p></details>"
    )
