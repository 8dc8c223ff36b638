"""Lists that a build makes: those a page asks for by a comment, and those at a page's end."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import partial
from html import escape

from ethogram.cards import Card, Page
from ethogram.findings import CHECK, RULES, Rule
from ethogram.render.cite import authors_shown, display, link
from ethogram.render.context import Context
from ethogram.render.opening import counted, elsewhere
from ethogram.render.tokens import Rendered
from ethogram.standing import BEHAVIOR_RULES, LABELS, WORK_RULES
from ethogram.taxonomy import SHELVES, Group, Term

LIST_MARK = re.compile(r"^<!-- list: (?P<name>[\w-]+) -->$", re.MULTILINE)
"""Where a page wants something made by the build: one of `LISTS`."""


def ending(page: Page, rendered: Rendered, context: Context) -> str:
    """What stands below a page's own text: a group's terms, or a behavior's cards elsewhere."""
    if group := context.taxonomy.group(page.meta("group")):
        heading = "Behaviors" if group.shelf == "behaviors" else "Topics"
        return f"## {heading}\n\n{rendered.token(partial(_terms, group, context))}\n"
    cards = elsewhere(page, context)
    if not cards:
        return ""
    return f"## Cards elsewhere\n\n{rendered.token(partial(_elsewhere, cards, context))}\n"


def _elsewhere(cards: Iterable[Card], context: Context) -> str:
    items = "".join(f"<li>{_card_link(card, context)}</li>" for card in cards)
    return f'<ul class="elsewhere">{items}</ul>'


def _card_link(card: Card, context: Context) -> str:
    work = context.bibliography.get(card.work)
    if work is None:
        return f'<a href="{escape(context.address(card))}">{escape(card.title or card.url)}</a>'
    href = escape(context.address(card, work.key))
    title = f'<a href="{href}" data-preview="{escape(work.key)}">{display(work.title)}</a>'
    return f'{title} <span class="who">{authors_shown(work)} · {work.year}</span>'


def _rules(rendered: Rendered, _: Context) -> str:
    return "\n\n".join(_rule(rule, rendered) for rule in RULES.values())


def _rule(rule: Rule, rendered: Rendered) -> str:
    other = "" if rule.command == CHECK else f" Found by <code>{escape(rule.command)}</code>."
    html = (
        f'<p class="rule {rule.severity}"><b>{rule.severity.capitalize()}.</b> '
        f"{escape(rule.summary)} {escape(rule.mend)}{other}</p>"
        f"<pre><code>{escape(rule.example)}</code></pre>"
    )
    return f"## `{rule.name}`\n\n{rendered.token(partial(str, html))}"


def _groups(rendered: Rendered, context: Context) -> str:
    """The groups by shelf, each with its definition."""
    parts = []
    for shelf in SHELVES:
        groups = [group for group in context.taxonomy.groups if group.shelf == shelf]
        token = rendered.token(partial(_group_items, groups, context))
        parts.append(f"### {shelf.capitalize()}\n\n{token}")
    return "\n\n".join(parts)


def _group_items(groups: Iterable[Group], context: Context) -> str:
    return f'<dl class="terms">{"".join(_group_item(group, context) for group in groups)}</dl>'


def _group_item(group: Group, context: Context) -> str:
    label = link(context.href(f"{group.slug}/index.md"), escape(group.label))
    title = f"<dt>{label}{_count(len(context.of_group(group)))}</dt>"
    return f"{title}<dd>{escape(group.definition)}</dd>"


def _count(cards: int) -> str:
    return f' <span class="count">{counted(cards)}</span>' if cards else ""


def _terms(group: Group, context: Context) -> str:
    return f'<dl class="terms">{"".join(_term(term, context) for term in group.terms)}</dl>'


def _term(term: Term, context: Context) -> str:
    """A term, linked where it has a page, with how many cards name it, and its definition."""
    label = escape(term.label)
    if term.slug in context.pages:
        label = link(context.href(context.pages[term.slug]), label)
    count = _count(len(context.cards.get(term.slug, ())))
    return f'<dt id="{term.slug}">{label}{count}</dt><dd>{escape(term.definition)}</dd>'


def _standing_rules(rendered: Rendered, _: Context) -> str:
    """The rules by which works and behaviors stand, in the order in which they are tried."""
    return rendered.token(partial("".join, tuple(_standing_parts())))


def _standing_parts() -> Iterator[str]:
    for what, rules in (("A work", WORK_RULES), ("A behavior", BEHAVIOR_RULES)):
        items = "".join(
            f"<li><b>{LABELS[name].capitalize()}.</b> {escape(rule)}</li>"
            for name, rule in rules.items()
        )
        yield f"<p>{what} is</p><ol>{items}</ol>"


def _made_elsewhere(name: str, rendered: Rendered, context: Context) -> str:
    """A list that needs more than a page to be made; nothing where nobody makes it."""
    return rendered.token(context.lists.get(name, str))


LISTS: Mapping[str, Callable[[Rendered, Context], str]] = {
    "groups": _groups,
    "rules": _rules,
    "standing": _standing_rules,
    **{
        name: partial(_made_elsewhere, name)
        for name in ("contributors", "explorer", "files", "links", "map", "report", "timeline")
    },
}
"""The lists that a page may ask for, by name."""
