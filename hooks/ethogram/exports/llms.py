"""What language models are given to read, by the convention of https://llmstxt.org.

llms.txt tells what there is and where; llms-full.txt is all of it, terms and findings, in one
text. Both are Markdown, in which nothing from a record or a card is a mark.
"""

import re
from collections.abc import Iterable, Iterator

from ethogram.exports.contents import Contents, Shown, printable
from ethogram.site import PAPERS
from ethogram.taxonomy import Group, Term

DATA = {
    f"{PAPERS}.json": "all works, cards and terms, with relations and standing",
    f"{PAPERS}.schema.json": "the JSON Schema of that file",
    f"{PAPERS}.bib": "all works as BibTeX",
    f"{PAPERS}.ris": "all works as RIS",
    f"{PAPERS}.csl.json": "all works as CSL-JSON",
    "feed.xml": "the cards as an Atom feed, newest first",
    "llms-full.txt": "all terms with their definitions and all findings, as text",
}
"""The files for machines, and what each holds."""

_MARKS = re.compile(r"[\\`*_\[\]<>#|~]")
_RARE_MARKS = re.compile(r"^[-+](?=\s)|(?<=^\d)[.)](?=\s)|&(?=#?\w+;)")


def files(contents: Contents) -> Iterator[tuple[str, bytes]]:
    """Yield llms.txt and llms-full.txt."""
    yield "llms.txt", _page(_overview(contents))
    yield "llms-full.txt", _page(_everything(contents))


def _page(blocks: Iterator[str]) -> bytes:
    return ("\n\n".join(filter(None, blocks)) + "\n").encode()


def _opening(contents: Contents) -> Iterator[str]:
    site = contents.site
    yield f"# {_escaped(site.name)}"
    yield f"> {_escaped(site.description)}" if site.description else ""
    works, cards = _count(len(contents.works), "work"), _count(len(contents.cards), "card")
    yield (
        f"{works}, {cards}. A card tells what one work found. A standing says by rules, and never "
        "as a score, how well a finding stands: contested, replicated, review or single source."
    )


def _overview(contents: Contents) -> Iterator[str]:
    site, groups = contents.site, contents.catalog.taxonomy.groups
    yield from _opening(contents)
    yield from _section("Groups", (_group_item(group, contents) for group in groups))
    for group in groups:
        yield from _section(group.label, (_term_item(term, contents) for term in group.terms))
    data = (f"- [{name}]({site.absolute(name)}): {told}" for name, told in DATA.items())
    yield from _section("Data", data)


def _section(heading: str, items: Iterable[str]) -> Iterator[str]:
    """A list of links. The convention knows no other item: what has no page is in llms-full.txt."""
    if linked := [*filter(None, items)]:
        yield f"## {_escaped(heading)}"
        yield "\n".join(linked)


def _group_item(group: Group, contents: Contents) -> str:
    cards = _count(len(contents.cards_of(group.terms)), "card")
    return _item(group, contents.group_address(group.slug), cards)


def _term_item(term: Term, contents: Contents) -> str:
    return _item(term, contents.term_address(term), _numbers(term, contents))


def _item(told: Term | Group, address: str, numbers: str) -> str:
    if not address:
        return ""
    return f"- [{_escaped(told.label)}]({address}): {_escaped(told.definition)} ({numbers})"


def _numbers(term: Term, contents: Contents) -> str:
    """How many cards a behavior has, and how well it stands: "3 cards, contested"."""
    cards = _count(len(contents.by_term.get(term.slug, ())), "card")
    standing = contents.catalog.standings.get(term.slug)
    return f"{cards}, {standing.label}" if standing else cards


def _everything(contents: Contents) -> Iterator[str]:
    """All terms, then all findings: a card that bears on two behaviors is told once."""
    yield from _opening(contents)
    yield "## Terms"
    for group in contents.catalog.taxonomy.groups:
        yield f"### {_escaped(group.label)}"
        yield _escaped(group.definition)
        yield "\n".join(
            f"- {_escaped(term.label)} (`{term.slug}`): {_escaped(term.definition)} "
            f"({_numbers(term, contents)})"
            for term in group.terms
        )
    yield "## Findings"
    for shown in contents.cards:
        yield from _finding(shown, contents)


def _finding(shown: Shown, contents: Contents) -> Iterator[str]:
    yield f"### {_escaped(shown.heading)}"
    cited = shown.cited
    yield _escaped(cited.reference) if cited else ""
    yield "\n".join(f"- {line}" for line in _facts(shown, contents))
    yield from map(_escaped, shown.finding)


def _facts(shown: Shown, contents: Contents) -> Iterator[str]:
    """Where a card is, what it bears on, how its work stands, and what speaks against that."""
    yield f"Card: {shown.address}" if shown.address else ""
    if shown.behaviors:
        yield f"Behaviors: {', '.join(map(_escaped, shown.behaviors))}"
    for name in ("methods", "evidence", "models"):
        if values := shown.values(name):
            yield f"{name.capitalize()}: {', '.join(map(_escaped, values))}"
    if shown.cited is None:
        yield f"Work: {shown.card.work}"
        return
    entry = shown.cited.entry
    yield f"Key: {entry.work.key}, {contents.site.absolute(contents.site.work(entry.work.key))}"
    yield f"Status: {entry.status}"
    if entry.standing:
        yield f"Standing: {entry.standing.label}. {entry.standing.rule}"
    if shown.cited.remarks:
        yield f"Against it: {' '.join(map(_escaped, shown.cited.remarks))}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _escaped(text: str) -> str:
    """Text in which no character is a mark of Markdown."""
    escaped = _MARKS.sub(r"\\\g<0>", printable(text))
    if escaped[:1] in "-+0123456789" or "&" in escaped:
        escaped = _RARE_MARKS.sub(r"\\\g<0>", escaped)
    return escaped
