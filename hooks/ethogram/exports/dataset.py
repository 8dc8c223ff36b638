"""papers.json: works, cards and terms in one file, and the schema that says what is in it.

The file has a version. Its first number goes up when something that programs rely on goes or
changes its meaning, the second when something is added: papers.schema.json holds the same one.
Every name is always there: what is not known is null, or an empty list.
"""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from ethogram import contributors
from ethogram.days import is_day
from ethogram.entries import INVERSE, Entry, Relation
from ethogram.exports.cited import TAKEN, Cited
from ethogram.exports.contents import Contents, Shown, printable
from ethogram.exports.formats import to_json
from ethogram.record import Work
from ethogram.reference import Person
from ethogram.site import PAPERS
from ethogram.standing import Standing
from ethogram.taxonomy import Group, Term
from ethogram.versions import newer
from ethogram.works import WorkId

VERSION = "1.1"
"""The version of the file's form."""

SCHEMA = f"{PAPERS}.schema.json"
"""The schema's name, in this folder and on the site."""


def files(contents: Contents) -> Iterator[tuple[str, bytes]]:
    """Yield papers.json and its schema."""
    yield f"{PAPERS}.json", _dataset(contents).encode()
    yield SCHEMA, Path(__file__).with_name(SCHEMA).read_bytes()


def _dataset(contents: Contents) -> str:
    """The file: a work and a card on each line, so that two versions of it can be compared."""
    works = (to_json(_work(cited, contents)) for cited in contents.works.values())
    cards = (to_json(_card(shown)) for shown in contents.cards)
    head = to_json(_head(contents)).removesuffix("}")
    return f'{head},"works":[\n{_lines(works)}],"cards":[\n{_lines(cards)}]}}\n'


def _lines(items: Iterable[str]) -> str:
    return "".join(f"{',' if number else ''}{item}\n" for number, item in enumerate(items))


def _head(contents: Contents) -> dict[str, Any]:
    site = contents.site
    return {
        "$schema": site.absolute(SCHEMA),
        "version": VERSION,
        "site": {"name": site.name, "description": site.description, "url": site.url or None},
        "taxonomy": _taxonomy(contents),
    }


# -- terms -----------------------------------------------------------------------------------


def _taxonomy(contents: Contents) -> dict[str, Any]:
    taxonomy = contents.catalog.taxonomy
    return {
        "groups": [_group(group, contents) for group in taxonomy.groups],
        "methods": _facet(taxonomy.methods.values()),
        "evidence": _facet(taxonomy.evidence.values()),
        "directions": _facet(taxonomy.directions.values()),
        "statuses": _facet(taxonomy.statuses.values()),
    }


def _group(group: Group, contents: Contents) -> dict[str, Any]:
    return {
        **_term(group),
        "shelf": group.shelf,
        "page": contents.group_address(group.slug) or None,
        "behaviors": [_behavior(term, contents) for term in group.terms],
    }


def _behavior(term: Term, contents: Contents) -> dict[str, Any]:
    standing = contents.catalog.standings.get(term.slug)
    return {
        **_term(term),
        "page": contents.term_address(term) or None,
        "cards": len(contents.by_term.get(term.slug, ())),
        "standing": _standing(standing) if standing else None,
    }


def _facet(terms: Iterable[Term]) -> list[dict[str, str]]:
    return [_term(term) for term in terms]


def _term(term: Term | Group) -> dict[str, str]:
    return {"slug": term.slug, "label": term.label, "definition": term.definition}


def _standing(standing: Standing) -> dict[str, Any]:
    return {
        "name": standing.name,
        "label": standing.label,
        "rule": standing.rule,
        "against": [work.key for work in standing.against],
        "replications": [work.key for work in standing.replications],
    }


# -- works -----------------------------------------------------------------------------------


def _work(cited: Cited, contents: Contents) -> dict[str, Any]:
    entry, work, catalog = cited.entry, cited.work, contents.catalog
    return {
        "key": work.key,
        "id": _id(work.id),
        "address": work.id.address,
        "page": contents.site.absolute(contents.site.work(work.key)),
        "title": work.title,
        "authors": [_person(person) for person in cited.people],
        "authors_complete": work.authors_complete,
        "year": work.year,
        "date": work.date or None,
        "version": work.version,
        "updated": work.updated or None,
        "primary_class": work.primary_class or None,
        "doi": work.doi or None,
        "journal": work.journal or None,
        "url": work.url or None,
        "status": entry.status,
        "taken_back": entry.status in TAKEN,
        "remarks": cited.remarks,
        "standing": _standing(entry.standing) if entry.standing else None,
        "relations": _relations(entry, contents) if entry.says or entry.said else [],
        "related": catalog.related.get(work.key, ()),
        "behaviors": list(filter(None, map(printable, entry.behaviors))),
        **{name: _values(contents.by_work.get(work.key, ()), name) for name in _LISTED},
        "confirmed": work.checked or None,
        "checked": catalog.checked(work.id.address) or None,
    }


_LISTED = ("methods", "evidence", "models", "direction", "code", "data")


def _values(cards: Sequence[Shown], name: str) -> Sequence[str]:
    """The values of a field over all cards of a work, each once."""
    if len(cards) == 1:
        return cards[0].values(name)
    return list(dict.fromkeys(value for shown in cards for value in shown.values(name)))


def _id(work: WorkId) -> dict[str, str]:
    return {"scheme": work.scheme, "id": work.id}


def _person(person: Person) -> dict[str, str]:
    if person.literal:
        return {"literal": person.family}
    name = {"family": person.family, "given": person.given}
    return {**name, "suffix": person.suffix} if person.suffix else name


def _relations(entry: Entry, contents: Contents) -> list[dict[str, Any]]:
    """The relations that a work's own cards state, then those that others' cards state of it."""
    says = [_relation(each, each.kind, each.record, each.target, contents) for each in entry.says]
    said = [
        _relation(each, INVERSE[each.kind], each.source, each.source.id, contents)
        for each in entry.said
    ]
    return says + said


def _relation(
    relation: Relation, words: str, other: Work | None, named: WorkId, contents: Contents
) -> dict[str, Any]:
    """A relation as one of its two works sees it; `other` is the record of the other one."""
    source = relation.source.key
    return {
        "kind": relation.kind,
        "words": words,
        "work": other.key if other else None,
        "id": _id(named),
        "stated_by": source,
        "counts": contents.works[source].entry.status not in TAKEN,
    }


# -- cards -----------------------------------------------------------------------------------


def _card(shown: Shown) -> dict[str, Any]:
    card = shown.card
    added, since = shown.value("added"), newer(card, shown.cited.work if shown.cited else None)
    return {
        "key": shown.cited.work.key if shown.cited else None,
        "id": _id(card.work),
        "title": shown.title,
        "path": shown.path,
        "anchor": shown.anchor or None,
        "address": shown.address,
        "behaviors": shown.behaviors,
        "methods": shown.values("methods"),
        "evidence": shown.value("evidence") or None,
        "models": shown.values("models"),
        "direction": shown.values("direction"),
        "code": shown.value("code") or None,
        "data": shown.value("data") or None,
        "status": shown.value("status") or None,
        "added": added if is_day(added) else None,
        "added_by": [printable(who.text) for who in contributors.of_card(card)],
        "read_version": card.work.version,
        "newer_version": since.version if since else None,
        "finding": shown.finding,
        "pictures": [printable(picture.alt or "") for picture in card.images],
    }
