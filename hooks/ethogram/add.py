"""A new card: the page it belongs on, and its skeleton put there, together with its record."""

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from ethogram import contributors, writing
from ethogram.bibliography import Work, locked
from ethogram.bibtex import clean
from ethogram.cards import Card, read_page
from ethogram.catalog import HIDDEN, Catalog, read_text
from ethogram.days import today
from ethogram.findings import EthogramError
from ethogram.lookup import UnrecordedError, find_record, keep_record
from ethogram.skeleton import TO_FILL_IN, Skeleton, insert
from ethogram.suggestions import behaviors, suggest_fields
from ethogram.taxonomy import Group, Taxonomy, Term, is_slip, suggest
from ethogram.works import WorkId, identify

__all__ = [
    "Added",
    "UnrecordedError",
    "add_card",
    "add_with_record",
    "cards_of",
    "credits_of",
    "existing_card",
    "find_page",
    "find_record",
    "keep_record",
    "page_of",
    "refuse_repeated",
]

_BOM = "\ufeff"
_LOCK = ".pages.lock"


@dataclass(frozen=True, slots=True)
class Added:
    """Where a skeleton stands.

    Attributes:
        path, line: the page, and the line of the card's header.
        fields: those that are left to fill in.
        suggested: those that hold a suggestion, with it.
    """

    path: Path
    line: int
    fields: tuple[str, ...]
    suggested: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


# -- pages -----------------------------------------------------------------------------------


def find_page(name: str, catalog: Catalog) -> Path:
    """Find the page that a contributor means.

    Args:
        name: a path (with or without docs/ and .md), a term (`sandbagging`,
            `deception/sandbagging`, `Alignment faking`), or a slip of one.
        catalog: for the pages and terms there are.

    Returns:
        The page's path; a term that has no page yet gives the path where it belongs.

    Raises:
        EthogramError: nothing is called that; the sentence names what is near.
    """
    for path in (Path(name), catalog.docs / name, catalog.docs / f"{name}.md"):
        if path.suffix == ".md" and path.is_file():
            return _not_a_group(_among_pages(path, catalog.docs), catalog)
    if broken := [fault for fault in catalog.findings if fault.rule == "bad-taxonomy"]:
        raise EthogramError(findings=broken)
    slug = name.removesuffix(".md").rstrip("/").rpartition("/")[2]
    if term := _term(slug, catalog.taxonomy):
        return page_of(term, catalog)
    stems = {Path(path).stem: path for path in reversed(catalog.by_path)}
    if near := is_slip(slug, stems):
        return _not_a_group(catalog.docs / stems[near], catalog)
    raise EthogramError(f"No page and no term is called `{clean(name)}`: {_near(slug, catalog)}")


def page_of(term: Term, catalog: Catalog) -> Path:
    """The page of a term, or where it belongs."""
    page = catalog.docs / catalog.term_pages.get(term.slug, catalog.taxonomy.page(term.slug))
    return _among_pages(page, catalog.docs)


def _among_pages(path: Path, docs: Path) -> Path:
    """The path under which a file is a page of the site."""
    inner = Path(os.path.relpath(path.resolve(), docs.resolve()))
    if any(part.startswith(HIDDEN) for part in inner.parts):  # `..` among them
        raise EthogramError(f"{path.as_posix()} is not among the pages in {docs.as_posix()}.")
    return docs / inner


def _not_a_group(page: Path, catalog: Catalog) -> Path:
    """A page on which cards can stand: on a group's, they would be of no behavior."""
    there = catalog.by_path.get(catalog.relative(page.as_posix()))
    group = catalog.taxonomy.group(there.meta("group")) if there else None
    if group is None:
        return page
    raise EthogramError(f"{page.as_posix()} takes no card: {_terms_of(group)}")


def _term(name: str, taxonomy: Taxonomy) -> Term | None:
    """The term of a slug or label, or of a slip of one."""
    labels = {term.label.casefold(): term for term in taxonomy.terms.values()}
    terms = {**labels, **taxonomy.terms}
    return terms.get(name) or terms.get(is_slip(name, terms) or "")


def _near(slug: str, catalog: Catalog) -> str:
    if group := catalog.taxonomy.group(slug):
        return _terms_of(group)
    if not catalog.taxonomy.terms:
        return f"there is no list of terms, {(catalog.journal.parent / 'taxonomy.yml').as_posix()}."
    told = behaviors(slug.replace("-", " "), catalog.taxonomy)
    near = suggest(slug, catalog.taxonomy.terms) or next(iter(told), "")
    return f"did you mean `{near}`?" if near else "see bib/taxonomy.yml for the terms."


def _terms_of(group: Group) -> str:
    terms = ", ".join(term.slug for term in group.terms)
    return f"that is a group, and its terms are {terms}."


# -- cards there are -------------------------------------------------------------------------


def cards_of(work: Work | WorkId, catalog: Catalog) -> list[Card]:
    """The cards that a work has, by whatever identifier they name it."""
    record = catalog.bibliography.get(work) if isinstance(work, WorkId) else work
    names = _identifiers(record) if record else {work.base} if isinstance(work, WorkId) else set()
    found = []
    for card in catalog.cards:
        known = catalog.bibliography.get(card.work)
        if card.work.base in names or (known and known.id in names):
            found.append(card)
    return found


def _identifiers(work: Work) -> set[WorkId]:
    others = (identify(text) for text in (work.doi, work.url) if text)
    return {work.id, *(each.base for each in others if each)}


def existing_card(work: Work | WorkId, page: Path, catalog: Catalog) -> Card | None:
    """The card that a work already has on a page, if any."""
    return next((card for card in cards_of(work, catalog) if Path(card.path) == page), None)


def refuse_repeated(work: Work | WorkId, page: Path, catalog: Catalog) -> None:
    """Refuse a work that has a card on the page already, and point to it.

    Raises:
        EthogramError: it has one.
    """
    if card := existing_card(work, page, catalog):
        raise _repeated(work, card)


def _repeated(work: Work | WorkId, card: Card) -> EthogramError:
    name = work.id if isinstance(work, Work) else work
    return EthogramError(f"{name} has a card there already: {card.path}:{card.line}.")


def _refuse_written(work: Work, page: Path, text: str) -> None:
    """Refuse a work whose card somebody put there since the catalog was read."""
    names, plain = _identifiers(work), text.replace("\r\n", "\n").replace("\r", "\n")
    for card in read_page(plain, page.as_posix()).cards:
        if card.work.base in names:
            raise _repeated(work, card)


# -- the card --------------------------------------------------------------------------------


def add_card(
    work: Work,
    page: Path,
    catalog: Catalog,
    *,
    day: date | None = None,
    by: Iterable[str] = (),
    version: int | None = None,
) -> Added:
    """Write the skeleton of a work's card under the page's cards; make the page if need be.

    Args:
        work: its record.
        page: where, as `find_page` gave it.
        catalog: for the terms, and for what the page's cards have.
        day: the date of the card; by default today's, in UTC.
        by: who wrote or proposed it.
        version: the version that was read.

    Raises:
        EthogramError: the work has a card there already, or no card can be written there.
    """
    refuse_repeated(work, page, catalog)
    day, credited = day or today(), credits_of(by)
    suggested = suggest_fields(work, page, catalog)
    card = Skeleton(work, day, version, suggested, credited)
    text = _text_of(page) if page.exists() else _new_page(page, catalog, day)
    mark = _BOM if text.startswith(_BOM) else ""
    _refuse_written(work, page, text.removeprefix(_BOM))
    written, line = insert(card, text.removeprefix(_BOM), page.as_posix())
    _write(page, (mark + written).encode("utf-8"))
    left = tuple(name for name in TO_FILL_IN if name not in suggested)
    return Added(page, line, left, suggested)


def add_with_record(work: Work, page: Path, catalog: Catalog, bib: Path, **how: object) -> Added:
    """Write a card and the record of its work, or neither; takes what `add_card` takes.

    Others who write cards at the same time wait, so that none writes over what another wrote.
    """
    with locked(bib, _LOCK):
        return _add_with_record(work, page, catalog, bib, how)


def _add_with_record(
    work: Work, page: Path, catalog: Catalog, bib: Path, how: Mapping[str, object]
) -> Added:
    before = _text_of(page) if page.exists() else None
    made = [each for each in (page.parent, *page.parent.parents) if not each.exists()]
    added = add_card(work, page, catalog, **how)  # type: ignore[arg-type]  # passed on as it is
    try:
        keep_record(work, bib)
    except EthogramError:
        _take_back(page, before, made)
        raise
    return added


def _take_back(page: Path, before: str | None, made: Sequence[Path]) -> None:
    if before is not None:
        _write(page, before.encode())
        return
    page.unlink()
    for folder in made:
        folder.rmdir()


def credits_of(names: Iterable[str]) -> tuple[str, ...]:
    """Names as the field `added-by` takes them; a comma separates two.

    Raises:
        EthogramError: one of them is no name.
    """
    found = [clean(part) for name in names for part in name.split(",")]
    for name in found:
        if said := contributors.fault(name):
            raise EthogramError(f"{name[:40]!r} {said}: credit `@handle`, or a name.")
    return tuple(dict.fromkeys(found))


def _text_of(page: Path) -> str:
    """A page's text with the line ends and the mark that it has."""
    read_text(page)  # which says what is wrong, if anything
    return page.read_bytes().decode("utf-8")


def _write(page: Path, data: bytes) -> None:
    try:
        page.parent.mkdir(parents=True, exist_ok=True)
        writing.replace(page, data)
    except OSError as error:
        place = Path(error.filename or page).as_posix()
        raise EthogramError(f"{place} cannot be written: {error.strerror}.") from None


def _new_page(page: Path, catalog: Catalog, day: date) -> str:
    term = catalog.taxonomy.terms.get(page.stem)
    if term is None:
        raise EthogramError(f"{page.as_posix()} does not exist and is no term's page.")
    return (
        f"---\nbehavior: {term.slug}\nreviewed: {day.isoformat()}\n---\n\n"
        f"# {term.label}\n\n## Cards\n"
    )
