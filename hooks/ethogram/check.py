"""Every rule that needs no network, over a whole catalog, in one run.

A rule is a function from the catalog, or from a page of it, to findings. The rules themselves are
listed, with examples, in `findings.RULES`; faults of card headers are found where cards are read.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

import yaml

from ethogram import contributors, moves, render, reviews
from ethogram.cards import LISTS, RELATIONS, Card, Field, Page, Picture, Value
from ethogram.catalog import Catalog
from ethogram.days import is_day
from ethogram.entries import AGAINST
from ethogram.findings import PROMPT, Finding
from ethogram.links import internal
from ethogram.taxonomy import Term, is_slip, suggest
from ethogram.works import WorkId, fold, identify

WORDS = (40, 140)
"""Fewest and most words of a card's finding (DESIGN: "Words are our own")."""

_PROMPT = PROMPT.partition(":")[0]
"""How the prompt begins; an editor may have wrapped the rest of it."""

_MATTER = ("behavior", "group", "reviewed", "moved-from")
"""What front matter may say to Ethogram; other names are for MkDocs and its theme."""

_LISTED = 30
"""A hint lists all values that there are, if they are no more than this."""

_GENERIC_ALT = frozenset(
    "image img figure fig picture photo screenshot graph chart plot diagram untitled alt".split()
)
_REMOTE = ("http://", "https://", "//")
_PICTURE_FILE = (".png", ".jpg", ".jpeg", ".gif", ".webp", ".svg", ".avif")


def check(catalog: Catalog) -> list[Finding]:
    """Return all findings of a catalog, sorted by place, each once."""
    found = list(catalog.findings)
    for page in catalog.pages:
        found += page.findings
        found += _page(page, catalog)
        found += _records(page, catalog)
        for card in page.cards:
            found += _card(card, catalog)
    found += _claims(catalog)
    found += moves.check(catalog)
    found += internal.check(catalog)
    return sorted(set(found))


# -- pages -----------------------------------------------------------------------------------


def _page(page: Page, catalog: Catalog) -> Iterator[Finding]:
    yield from _front_matter(page, catalog)
    yield from reviews.check(page, catalog.bibliography)
    yield from _pictures(page)
    yield from _repeated_cards(page)
    yield from _swallowed_cards(page)
    for mark in render.LIST_MARK.finditer(page.document.text):
        if mark["name"] not in render.LISTS:
            place = page.document.place(mark.start())
            message = f"There is no list of {mark['name']!r}"
            hint = f"It may be {' or '.join(render.LISTS)}."
            yield Finding.of("unknown-value", page.path, place, message, hint)
    for citation in page.citations:
        for key in citation.keys:
            if key not in catalog.bibliography.works:
                hint = _did_you_mean(key, catalog.bibliography.works)
                place = page.document.place(citation.start)
                message = f"No record has the key {key!r}"
                yield Finding.of("unknown-citation", page.path, place, message, hint)


def _front_matter(page: Page, catalog: Catalog) -> Iterator[Finding]:
    """Front matter is a mapping, and what it says of terms and dates is so."""
    found = page.matter
    if isinstance(found, yaml.YAMLError):
        mark, problem = getattr(found, "problem_mark", None), getattr(found, "problem", None)
        line = mark.line + 2 if mark else 1
        message = f"The front matter is no YAML: {problem or 'it has a character that cannot be'}"
        yield Finding.of("bad-front-matter", page.path, (line, 1), message)
        return
    if found is not None and not isinstance(found, dict):
        message = "The front matter is no list of `name: value` lines"
        yield Finding.of("bad-front-matter", page.path, (2, 1), message)
        return
    yield from _matter_slips(page)
    yield from _page_terms(page, catalog)
    if (reviewed := page.meta("reviewed")) and not is_day(reviewed):
        place = page.matter_place("reviewed")
        message = f"{reviewed!r} is no date"
        yield Finding.of("bad-date", page.path, place, message)


def _matter_slips(page: Page) -> Iterator[Finding]:
    """A name that is one slip away from one that counts would be passed over."""
    for name in map(str, page.front_matter):
        if meant := is_slip(name, _MATTER):
            place = page.matter_place(name)
            message = f"`{name}` in the front matter means nothing"
            yield Finding.of("bad-front-matter", page.path, place, message, f"Write `{meant}`.")


def _page_terms(page: Page, catalog: Catalog) -> Iterator[Finding]:
    taxonomy = catalog.taxonomy
    groups = {group.slug for group in taxonomy.groups}
    for name, known in (("behavior", taxonomy.terms.keys()), ("group", groups)):
        slug = page.meta(name)
        if not slug or not taxonomy.groups:
            continue
        place = page.matter_place(name)
        if slug not in known:
            message = f"No {name} is called {slug!r}"
            hint = _did_you_mean(slug, known)
            yield Finding.of("unknown-term", page.path, place, message, hint)
            continue
        wanted = taxonomy.page(slug) if name == "behavior" else f"{slug}/index.md"
        if catalog.relative(page.path) != wanted:
            message = f"The page of {slug!r} belongs in {wanted}"
            hint = f"Move it to {catalog.docs.as_posix()}/{wanted}."
            yield Finding.of("misplaced-page", page.path, place, message, hint)


def _claims(catalog: Catalog) -> Iterator[Finding]:
    """A term has one page."""
    claims: dict[str, list[Page]] = defaultdict(list)
    for page in catalog.pages:
        for name in ("behavior", "group"):
            if slug := page.meta(name):
                claims[f"{name} {slug}"].append(page)
    for claim, (first, *others) in claims.items():
        name, slug = claim.split(" ", 1)
        for page in others:
            message = f"{first.path} is the page of {slug!r} already"
            place = page.matter_place(name)
            yield Finding.of("term-claimed-twice", page.path, place, message)


def _repeated_cards(page: Page) -> Iterator[Finding]:
    first: dict[str, Card] = {}
    for card in page.cards:
        earlier = first.setdefault(str(card.work), card)
        if earlier is not card:
            message = f"{card.work} has a card on this page already, at line {earlier.line}"
            yield Finding.of("duplicate-card", page.path, (card.line, card.column), message)


def _swallowed_cards(page: Page) -> Iterator[Finding]:
    """Raw HTML that is never closed takes in all that follows."""
    start = page.document.unclosed
    for card in page.cards if start >= 0 else ():
        if page.document.starts[card.line - 1] > start:
            line, _ = page.document.place(start)
            message = f"The card stands in raw HTML that starts at line {line} and never ends"
            yield Finding.of("card-not-rendered", page.path, (card.line, card.column), message)


def _records(page: Page, catalog: Catalog) -> Iterator[Finding]:
    """Every work a page cites has a record; one finding a work and page.

    An address that has a fault already, such as a placeholder, is not reported twice.
    """
    seen: set[str] = set()
    faulty = {(finding.line, finding.column) for finding in page.findings}
    for work, path, line, column in catalog.places(page):
        if str(work) in seen or (line, column) in faulty or catalog.bibliography.get(work):
            continue
        seen.add(str(work))
        hint = (
            f"Run `ethogram resolve {work.id}`."
            if work.scheme == "arxiv"
            else f"Add an entry with this address to bib/other.bib: {work.address}"
        )
        message = f"{work} has no record, so it cannot be cited"
        yield Finding.of("missing-record", path, (line, column), message, hint)


# -- pictures --------------------------------------------------------------------------------


def _pictures(page: Page) -> Iterator[Finding]:
    for item in page.document.inlines:
        if item.kind == "image":
            place = page.document.place(item.start)
            yield from _picture(page, Picture(item.target, item.text, *place))
            if item.target.startswith(_REMOTE):
                message = f"The picture is fetched from another site: {item.target}"
                yield Finding.of("remote-picture", page.path, place, message)


def _picture(page: Page, picture: Picture) -> Iterator[Finding]:
    """A picture's alternative text says what it shows."""
    place = (picture.line, picture.column)
    alt = (picture.alt or "").strip()
    if not alt:
        yield Finding.of("alt-missing", page.path, place, f"{picture.src} has no alternative text")
    elif alt.casefold().rstrip(" .0123456789") in _GENERIC_ALT or alt.lower().endswith(
        _PICTURE_FILE
    ):
        message = f"{alt!r} does not say what the picture shows"
        yield Finding.of("alt-generic", page.path, place, message)


# -- cards -----------------------------------------------------------------------------------


def _card(card: Card, catalog: Catalog) -> Iterator[Finding]:
    yield from _title(card, catalog)
    yield from _fields(card)
    yield from _terms(card, catalog)
    yield from _relations(card, catalog)
    if _PROMPT in card.body:
        yield _unfinished(card, catalog)
        return
    place = (card.line, card.column)
    if not WORDS[0] <= card.words <= WORDS[1]:
        number = f"{card.words} word{'' if card.words == 1 else 's'}"
        message = f"The card has {number}, not {WORDS[0]} to {WORDS[1]}"
        yield Finding.of("card-length", card.path, place, message)


def _unfinished(card: Card, catalog: Catalog) -> Finding:
    """The card has its prompt still, so that there is no use in counting its words."""
    page = catalog.by_path[catalog.relative(card.path)]
    lines = page.document.text.split("\n")[card.line : card.last]
    number, text = next(
        (at, text) for at, text in enumerate(lines, card.line + 1) if _PROMPT in text
    )
    message = f"The card of {card.work} is not finished: its finding is still to be written"
    place = (number, text.index(_PROMPT) + 1)
    return Finding.of("unfinished-card", card.path, place, message)


def _title(card: Card, catalog: Catalog) -> Iterator[Finding]:
    work = catalog.bibliography.get(card.work)
    if not work or card.title in ("", work.title):
        return
    if fold(card.title) != fold(work.title):
        message = f"The card is titled {card.title!r}, its record {work.title!r}"
        yield Finding.of("title-mismatch", card.path, (card.line, card.column), message)


def _fields(card: Card) -> Iterator[Finding]:
    """Each field once, with something in it, and one value where only one is meant."""
    seen: dict[str, Field] = {}
    for field in card.fields:
        place = (field.line, field.column)
        if not field.values:
            yield Finding.of("empty-field", card.path, place, f"`{field.name}:` has no value")
        if earlier := seen.get(field.name):
            message = f"`{field.name}:` stands at line {earlier.line} already"
            yield Finding.of("repeated-field", card.path, place, message)
        seen.setdefault(field.name, field)
    for value in card.values("evidence"):
        if "," in value.text:
            message = "A card has one kind of evidence"
            yield Finding.of("several-evidence", card.path, (value.line, value.column), message)
    for name in ("code", "data"):
        for value in card.values(name):
            if not value.text.startswith(("https://", "http://")):
                message = f"`{name}:` is no address: {value.text}"
                hint = "Write it with https://, as the browser shows it."
                place = (value.line, value.column)
                yield Finding.of("unknown-value", card.path, place, message, hint)
    for value in card.values("added"):
        if not is_day(value.text):
            message = f"{value.text!r} is no date"
            yield Finding.of("bad-date", card.path, (value.line, value.column), message)
    for value in card.values(contributors.FIELD):
        if said := contributors.fault(value.text):
            place = (value.line, value.column)
            yield Finding.of("bad-contributor", card.path, place, f"{value.text!r} {said}")


def _terms(card: Card, catalog: Catalog) -> Iterator[Finding]:
    taxonomy = catalog.taxonomy
    if any(finding.rule == "bad-taxonomy" for finding in catalog.findings):
        return  # one cause is enough
    facets: tuple[tuple[str, str, Mapping[str, Term]], ...] = (
        ("behaviors", "unknown-term", taxonomy.terms),
        ("methods", "unknown-method", taxonomy.methods),
        ("evidence", "unknown-evidence", taxonomy.evidence),
        ("direction", "unknown-value", taxonomy.directions),
        ("status", "unknown-value", taxonomy.statuses),
    )
    for name, rule, known in facets:
        for value in card.values(name):
            if value.text not in known and not (rule == "unknown-evidence" and "," in value.text):
                yield _unknown(card, name, value, rule, known)


def _unknown(card: Card, name: str, value: Value, rule: str, known: Mapping[str, Term]) -> Finding:
    message = f"{value.text!r} is none of the {name if name in LISTS else name + ' values'} known"
    if not known:
        message += " (bib/taxonomy.yml has none)"
    hint = _did_you_mean(value.text, known)
    if not known:
        hint = "Name the folder that has taxonomy.yml with `--bib`."
    elif not hint and len(known) <= _LISTED:
        hint = f"It may be {', '.join(known)}."
    return Finding.of(rule, card.path, (value.line, value.column), message, hint)


_FOR = frozenset(("supports", "replicates"))


def _relations(card: Card, catalog: Catalog) -> Iterator[Finding]:
    said: dict[str, str] = {}  # the work, and whether it is spoken for or against
    for name in RELATIONS:
        for value in card.values(name):
            place = (value.line, value.column)
            work = identify(value.text)
            if work is None:
                message = f"{value.text!r} is no arXiv number, DOI or address"
                yield Finding.of("bad-work", card.path, place, message)
            elif not catalog.bibliography.get(work):
                message = f"`{name}:` names {work}, which has no record"
                hint = f"Run `ethogram resolve {work.id}`." if work.scheme == "arxiv" else ""
                yield Finding.of("unknown-relation", card.path, place, message, hint)
            if work and (message := _odd(name, work, card, catalog, said)):
                yield Finding.of("odd-relation", card.path, place, message)


def _odd(name: str, work: WorkId, card: Card, catalog: Catalog, said: dict[str, str]) -> str:
    """What is odd about a relation, if anything; notes what has been said of its work."""
    record, own = catalog.bibliography.get(work), catalog.bibliography.get(card.work)
    if work.base == card.work.base or (record and record is own):
        return f"`{name}:` names the card's own work"
    if name in _FOR | AGAINST:
        key = record.key if record else str(work.base)
        other = said.setdefault(key, name)
        if (other in _FOR) != (name in _FOR):
            return f"`{name}:` names {work}, which `{other}:` names as well"
    return ""


def _did_you_mean(word: str, known: Iterable[str]) -> str:
    """A hint that names the nearest known word; empty where none is near."""
    near = suggest(word, known)
    return f"Did you mean `{near}`?" if near else ""
