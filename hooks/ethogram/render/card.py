"""A card's own parts: the line under its title, its chips, its foot."""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from html import escape
from urllib.parse import urldefrag

from ethogram import contributors, versions
from ethogram.cards import Card
from ethogram.entries import Entry
from ethogram.record import Work
from ethogram.reference import plain
from ethogram.render.cite import (
    authors_shown,
    coins,
    display,
    link,
    source_link,
    work_menu,
)
from ethogram.render.context import Context
from ethogram.render.relations import banner, relations, standing
from ethogram.site import CITE
from ethogram.taxonomy import Term
from ethogram.works import WorkId


def attributes(card: Card, has_id: bool, context: Context) -> str:
    """The id and data of the outer element; a second card of one work has no id."""
    work = context.bibliography.get(card.work) if has_id else None
    anchor = f' id="{work.key}"' if work else ""
    return f'{anchor} data-work="{escape(str(card.work))}"'


def title_link(card: Card, work: Work | None) -> str:
    """The title of a card that gives but an address: the record's, if there is one."""
    title = display(work.title) if work else escape(card.url)
    return f'<a href="{escape(card.work.address)}">{title}</a>'


# -- the head: two pieces around the citation mark, which goes through the parser -----------------


def who(card: Card, work: Work) -> str:
    """Authors, year, place of publication, and the number or address, apart by middle dots.

    The paragraph is closed by `after_who`, which follows the citation mark.
    """
    parts = [authors_shown(work), f"<time>{work.year}</time>"]
    if work.journal:
        parts.append(f"<cite>{display(work.journal)}</cite>")
    parts.append(source_link(card.work))
    if work.doi and card.work.scheme == "arxiv":
        parts.append(source_link(WorkId("doi", work.doi)))
    return f'<p class="who">{coins(work)}{" · ".join(filter(None, parts))} '


def unresolved(card: Card) -> str:
    """What stands in place of `who` while a work has no record."""
    mend = (
        f"<code>ethogram resolve {escape(card.work.id)}</code>"
        if card.work.scheme == "arxiv"
        else "an entry in <code>bib/other.bib</code>"
    )
    return f'<p class="who unresolved">This work has no record yet: it wants {mend}.'


def after_who(card: Card, context: Context) -> str:
    """What readers must not miss, and the chips."""
    entry = context.entry(card)
    return f"</p>{banner(card, entry, context)}{chips(card, entry, context)}"


def chips(card: Card, entry: Entry | None, context: Context) -> str:
    """Evidence kind, terms, methods, direction and models, in that order, and the standing.

    Args:
        card: whose fields they are.
        entry: its work, for the standing; None to leave that out.
        context: terms and addresses.
    """
    taxonomy = context.taxonomy
    items = [
        *_facet_chips(card, "evidence", taxonomy.evidence, context),
        *_term_chips(card, context),
        *_facet_chips(card, "methods", taxonomy.methods, context),
        *_facet_chips(card, "direction", taxonomy.directions, context),
        *_facet_chips(card, "models", {}, context),
    ]
    if entry and entry.standing:
        items.append(f"<li>{standing(entry.standing, context)}</li>")
    return f'<ul class="chips">{" ".join(items)}</ul>' if items else ""


_FACETS = {"methods": "method", "models": "model"}
"""How the explorer calls a field, where it does not take the field's own name."""


def _facet_chips(
    card: Card, name: str, facet: Mapping[str, Term], context: Context
) -> Iterator[str]:
    values = card.values(name)
    kind = "model" if name == "models" else name
    for value in values:
        href = context.explored(**{_FACETS.get(name, name): value.text})
        term = facet.get(value.text)
        yield _chip(kind, href, term.label if term else value.text, term.definition if term else "")


def _term_chips(card: Card, context: Context) -> Iterator[str]:
    for value in card.values("behaviors"):
        if term := context.taxonomy.terms.get(value.text):
            yield _chip("behavior", context.term(term), term.label, term.definition)
        else:
            yield _chip("behavior", "", value.text)


@lru_cache(maxsize=4096)
def _chip(kind: str, href: str, label: str, definition: str = "") -> str:
    title = f' title="{escape(definition)}"' if definition else ""
    return f'<li class="{kind}"{title}>{link(href, escape(label))}</li>'


# -- the foot --------------------------------------------------------------------------------


def foot(card: Card, context: Context) -> str:
    """Relations, then what can be done with a card, and how fresh it is; empty if there is none."""
    entry = context.entry(card)
    parts = [*_actions(card, entry, context), *_days(card, context)]
    line = f'<div class="card-foot">{" ".join(parts)}</div>' if parts else ""
    return relations(card, entry, context) + line


def _actions(card: Card, entry: Entry | None, context: Context) -> Iterator[str]:
    if entry:
        text = plain(entry.work, entry.status)
        yield work_menu(context.work(entry.work.key, CITE), text)
    links = [("PDF", card.work.pdf), ("Code", card.value("code")), ("Data", card.value("data"))]
    for name, url in links:
        if url and url.startswith(("https://", "http://")):
            yield f'<a href="{escape(url)}">{name}</a>'
    if entry:
        yield f'<a href="{escape(context.work(entry.work.key))}" rel="bookmark">Permalink</a>'
    yield from correct(card, context)


def correct(card: Card, context: Context) -> Iterator[str]:
    """Yield a link to the form in which a reader says what is wrong with a card."""
    if href := context.correction(card):
        yield f'<a href="{escape(href)}" rel="nofollow">Correct this card</a>'


def _days(card: Card, context: Context) -> Iterator[str]:
    days = [*filter(None, (added(card), newer(card, context)))]
    if checked := _checked(card, context):
        days.append(f"links checked <time>{escape(checked)}</time>")
    if days:
        yield f'<span class="added">{" · ".join(days)}</span>'


def added(card: Card) -> str:
    """When a card was added, and by whom; empty where it does not say."""
    day, people = card.value("added"), contributors.of_card(card)
    said = [f"<time>{escape(day)}</time>"] if day else []
    if people:
        names = (link(contributors.profile(who.text), escape(who.text)) for who in people)
        said.append(f"by {', '.join(names)}")
    return " ".join(["added", *said]) if said else ""


def newer(card: Card, context: Context) -> str:
    """What has come since a card was written, linked to where all versions are; else empty."""
    found = versions.newer(card, context.bibliography.get(card.work))
    if found is None:
        return ""
    date = f" (<time>{found.date}</time>)" if found.date else ""
    return f"{link(found.address, found.words)}{date}"


def _checked(card: Card, context: Context) -> str:
    """The day since which all links of a card have been checked; empty if none ever was.

    It is the oldest, not the newest: of no link does a card claim more than was seen.
    """
    urls = [card.work.address, card.value("code"), card.value("data")]
    urls += [urldefrag(each.url).url for each in card.links]
    return min(filter(None, map(context.checked, filter(None, urls))), default="")
