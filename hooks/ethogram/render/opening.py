"""How a page opens: its definition, a line of numbers, what contests it, its neighbors."""

from collections import Counter
from collections.abc import Iterable, Iterator
from html import escape
from itertools import islice

from ethogram.cards import Card, Page, plain
from ethogram.entries import Entry
from ethogram.render.cite import file_menu, link
from ethogram.render.context import Context
from ethogram.render.relations import contested_by, named, standing
from ethogram.taxonomy import Group, Term

_NEIGHBORS = 8
"""Terms that are shown as neighbors of one."""

_SHARING = 5
"""Those among them, at most, that stand there for the works they share."""

_CONTESTED = 3
"""Contested works that a page's opening names."""


def opening(page: Page, context: Context) -> list[str]:
    """The blocks under a page's title; none for a page without cards that is no term's or group's.

    Args:
        page: the page.
        context: cards, terms and addresses.
    """
    if term := context.taxonomy.terms.get(page.meta("behavior")):
        return _of_behavior(page, term, context)
    if group := context.taxonomy.group(page.meta("group")):
        return _of_group(page, group, context)
    if page.cards:
        items = [*_numbers(page.cards, context), *_cite(page, page.cards, _title(page), context)]
        return [_line(items)]
    return []


def elsewhere(page: Page, context: Context) -> list[Card]:
    """The cards on other pages that name a page's behavior."""
    cards = context.cards.get(page.meta("behavior"), ())
    return [card for card in cards if card.path != page.path]


def counted(count: int, noun: str = "card") -> str:
    """A number of things in words: "1 card", "2 cards"."""
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _line(items: Iterable[str]) -> str:
    return f'<ul class="numbers">{" ".join(f"<li>{item}</li>" for item in items)}</ul>'


def _lede(definition: str) -> str:
    return f'<p class="lede">{escape(definition)}</p>'


def _title(page: Page) -> str:
    heading = next(iter(page.document.headings), None)
    return plain(heading.text) if heading else ""


# -- a behavior ------------------------------------------------------------------------------


def _of_behavior(page: Page, term: Term, context: Context) -> list[str]:
    others = elsewhere(page, context)
    cards = [*page.cards, *others]
    items = [_number(len(page.cards)), *([f"<b>{len(others)}</b> elsewhere"] if others else [])]
    items += [*_years(cards, context), *_kinds(cards, context, behavior=term.slug)]
    if how := context.standings.get(term.slug):
        items.append(standing(how, context, _standing_label(len(how.against), how.label)))
    if reviewed := page.meta("reviewed"):
        items.append(f"reviewed <time>{escape(reviewed)}</time>")
    items += _cite(page, cards, term.label, context)
    blocks = [_lede(term.definition), _line(items), _contests(term, context)]
    return [
        *filter(None, blocks),
        *_neighbors(islice(_near_terms(term, cards, context), _NEIGHBORS)),
    ]


def _standing_label(contested: int, label: str) -> str:
    return f"contested in {counted(contested, 'work')}" if contested else label


def _contests(term: Term, context: Context) -> str:
    """The works of a behavior that are contested, and by what; empty if none is."""
    how = context.standings.get(term.slug)
    works = how.against if how else ()
    shown = (context.entries[work.key] for work in works[:_CONTESTED])
    said = [f"{named(entry.work, context)}, {contested_by(entry, context)}" for entry in shown]
    if (more := len(works) - _CONTESTED) > 0:
        href = context.explored(behavior=term.slug, standing="contested")
        said.append(link(href, f"{more} more"))
    return f'<p class="contests"><b>Contested</b>: {"; ".join(said)}</p>' if said else ""


def _near_terms(term: Term, cards: Iterable[Card], context: Context) -> Iterator[str]:
    """The terms that most of a term's cards name too, and others of its group that have cards."""
    shared: Counter[str] = Counter()
    for entry in _entries(cards, context):
        shared.update(set(entry.behaviors) - {term.slug})
    terms = context.taxonomy.terms
    order = {slug: number for number, slug in enumerate(terms)}
    near = sorted(shared.keys() & order.keys(), key=lambda slug: (-shared[slug], order[slug]))
    chosen = near[:_SHARING]
    for slug in chosen:
        count = f' <span class="count">{shared[slug]} shared</span>'
        yield link(context.term(terms[slug]), escape(terms[slug].label)) + count
    group = context.taxonomy.group(term.group)
    for other in group.terms if group else ():
        if other.slug != term.slug and other.slug not in chosen and context.cards.get(other.slug):
            yield link(context.term(other), escape(other.label))


def _neighbors(items: Iterable[str]) -> Iterator[str]:
    if text := ", ".join(items):
        yield f'<p class="neighbors"><b>Neighbors</b>: {text}</p>'


# -- a group ---------------------------------------------------------------------------------


def _of_group(page: Page, group: Group, context: Context) -> list[str]:
    blocks = [_lede(group.definition)]
    if cards := _once([*page.cards, *context.of_group(group)]):
        items = [*_numbers(cards, context, group=group.slug), *_contested(group, cards, context)]
        feed = escape(f"{context.top}/{group.slug}/feed.xml")
        items.append(f'<a href="{feed}" type="application/atom+xml">Feed</a>')
        items += _cite(page, cards, group.label, context)
        blocks.append(_line(items))
    return [*blocks, *_neighbors(_near_groups(group, context))]


def _once(cards: Iterable[Card]) -> list[Card]:
    return list({(card.path, card.line): card for card in cards}.values())


def _contested(group: Group, cards: Iterable[Card], context: Context) -> Iterator[str]:
    works = _entries(cards, context)
    count = sum(each.standing is not None and each.standing.name == "contested" for each in works)
    if count:
        href = context.explored(group=group.slug, standing="contested")
        yield f'<span class="contested">{link(href, f"<b>{count}</b> contested")}</span>'


def _near_groups(group: Group, context: Context) -> Iterator[str]:
    for other in context.taxonomy.groups:
        href = context.href(f"{other.slug}/index.md")
        if href and other.shelf == group.shelf and other is not group:
            yield link(href, escape(other.label))


# -- numbers ---------------------------------------------------------------------------------


def _numbers(cards: Iterable[Card], context: Context, **where: str) -> Iterator[str]:
    known = list(cards)
    yield _number(len(known))
    yield from _years(known, context)
    yield from _kinds(known, context, **where)


def _number(cards: int) -> str:
    return f"<b>{cards}</b> {'card' if cards == 1 else 'cards'}"


def _entries(cards: Iterable[Card], context: Context) -> list[Entry]:
    """The works of the cards, each once."""
    found = (entry for card in cards if (entry := context.entry(card)))
    return list({entry.work.key: entry for entry in found}.values())


def _years(cards: Iterable[Card], context: Context) -> Iterator[str]:
    years = sorted({entry.work.year for entry in _entries(cards, context)})
    if years:
        yield str(years[0]) if len(years) == 1 else f"{years[0]}–{years[-1]}"


def _kinds(cards: Iterable[Card], context: Context, **where: str) -> Iterator[str]:
    """How many works give each kind of evidence, the most frequent first."""
    kinds = Counter(
        kind for kind, _ in {(card.value("evidence"), card.work.base) for card in cards}
    )
    known = context.taxonomy.evidence
    parts = []
    for kind in sorted(kinds.keys() & known.keys(), key=lambda kind: (-kinds[kind], kind)):
        label = f"<b>{kinds[kind]}</b> {escape(known[kind].label.lower())}"
        parts.append(link(context.explored(**where, evidence=kind), label))
    if parts:
        yield ", ".join(parts)


def _cite(page: Page, cards: Iterable[Card], title: str, context: Context) -> Iterator[str]:
    """The menu that cites a page, and takes the works on it; none where no work has a record."""
    if not any(context.bibliography.get(card.work) for card in cards):
        return
    path = context.path(page.path)
    address = context.site.absolute(context.site.page(path)) if context.site.url else ""
    reviewed = page.meta("reviewed")
    parts = (title, context.site.name, address, f"Reviewed {reviewed}" if reviewed else "")
    text = ". ".join(filter(None, parts)) + ("" if address and not reviewed else ".")
    yield file_menu(f"{context.top}/{path.removesuffix('.md')}", text)
