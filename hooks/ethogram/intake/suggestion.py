"""A suggestion, from the event of its issue to a card or to an answer."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ethogram import contributors, suggestions, writing
from ethogram.add import Added, add_with_record, cards_of, find_page, find_record
from ethogram.bibliography import Bibliography
from ethogram.cards import Card
from ethogram.catalog import Catalog
from ethogram.findings import PROMPT, EthogramError
from ethogram.intake import answer as say
from ethogram.intake.answer import Answer
from ethogram.intake.form import NOBODY, Form, read_form
from ethogram.intake.issue import LABEL, TAKEN, TITLE, Issue, issue_of
from ethogram.intake.words import commented, plain
from ethogram.quoting import code
from ethogram.record import Work
from ethogram.site import Site
from ethogram.taxonomy import Taxonomy, is_slip
from ethogram.works import fold

_SLUG = re.compile(r"\(([a-z0-9-]{1,80})\)[^()]{0,20}$")
_LINE_END = re.compile(r"\r\n|\r|\n")
_NOT_IN_NAMES = re.compile(r"[,<>@{}\[\]|\\`*_\"]|://")


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a card goes, and how that was found."""

    page: Path
    why: str


def take(
    event: Mapping[str, Any],
    docs: Path,
    bib: Path,
    site: Site | None = None,
) -> Answer:
    """Turn an issue's event into a card, or into an answer that says why there is none.

    The card's skeleton is written to its page, and its record to bib/, or nothing at all.

    Args:
        event: as GitHub gives it; all that people wrote in it is taken for hostile.
        docs: the folder of pages.
        bib: the folder of records.
        site: its name and address, for links to cards.

    Raises:
        EthogramError: it is no event of an issue.
    """
    issue = issue_of(event)
    if issue is None or not _is_answered(issue):
        return Answer("ignored")
    form = read_form(issue.body)
    if not _is_suggestion(issue, form):
        return Answer("ignored", label=_correction(issue))
    try:
        found = _Suggestion(issue, form, docs, bib, site or Site()).answer()
    except EthogramError as error:
        elsewhere = form.works[0].scheme != "arxiv"
        found = Answer("failed", comment=say.failed(str(error), elsewhere))
    return replace(found, label=LABEL)


def _is_answered(issue: Issue) -> bool:
    """Whether an issue is answered at all: one that is open, by a person, and new or changed."""
    return issue.action in TAKEN and issue.standing and issue.human


def _is_suggestion(issue: Issue, form: Form) -> bool:
    """Whether the form was used: it may have lost its label, its title or its headings."""
    return LABEL in issue.labels or form.whole or issue.title.startswith(TITLE)


def _correction(issue: Issue) -> str:
    """The label that the other form should have given."""
    return "correction" if issue.title.startswith("Correction:") else ""


@dataclass(frozen=True, slots=True)
class _Suggestion:
    """One suggestion, while it is dealt with."""

    issue: Issue
    form: Form
    docs: Path
    bib: Path
    site: Site

    def answer(self) -> Answer:
        """What becomes of it."""
        if not self.form.works:
            return Answer("unclear", comment=say.nothing_named(self.form.address))
        wanted, catalog = self.form.works[0], Catalog.load(self.docs, self.bib)
        if cards := cards_of(wanted, catalog):
            return self._duplicate(cards, catalog)
        record = find_record(wanted.address, catalog, self.bib)
        if cards := cards_of(record, catalog):  # it is known by another name
            return self._duplicate(cards, catalog)
        place = self._place(record, catalog)
        return self._card(record, place, catalog) if place else self._nowhere(record, catalog)

    # -- answers

    def _duplicate(self, cards: list[Card], catalog: Catalog) -> Answer:
        places = [self._linked(card.path, card.line) for card in cards]
        pages = [page for card in cards if (page := self._shown(card, catalog))]
        text = say.duplicate(places, pages, self._rest())
        return Answer("duplicate", comment=text, path=cards[0].path, line=cards[0].line)

    def _nowhere(self, record: Work, catalog: Catalog) -> Answer:
        asked = self.form.behavior
        near = suggestions.nearest(f"{record.title} {plain(asked)}", catalog.taxonomy)
        return Answer("unclear", comment=say.no_page(record, near, asked))

    def _card(self, record: Work, place: _Place, catalog: Catalog) -> Answer:
        by = self._credit()
        added = add_with_record(record, place.page, catalog, self.bib, by=by)
        record = Bibliography.load(self.bib).get(record.id) or record  # with the key it has now
        _hint(added, self.issue, self.form.finding)
        path, finding = added.path.as_posix(), self.form.finding
        branch = f"suggestion/{self.issue.number}-{record.key}"
        where = self._linked(path, added.line, branch)
        return Answer(
            "card",
            branch,
            say.title(record),
            say.request(self.issue, record, where, place.why, added, finding),
            say.begun(record, where, place.why, self._rest()),
            path,
            added.line,
            say.commit(self.issue, record, bool(by)),
        )

    # -- parts of them

    def _place(self, record: Work, catalog: Catalog) -> _Place | None:
        """The page of the behavior that was named, else of the first that the title names."""
        taxonomy, asked = catalog.taxonomy, self.form.behavior
        if asked:
            slug = _behavior(asked, taxonomy)
            return _Place(find_page(slug, catalog), "") if slug else None
        for slug in suggestions.behaviors(record.title, taxonomy)[:1]:
            why = f"{taxonomy.terms[slug].label} was chosen by its title; another may fit better."
            return _Place(find_page(slug, catalog), why)
        return None

    def _credit(self) -> tuple[str, ...]:
        """Whom the card names: the suggester, by handle or by another name; or nobody."""
        asked, own = self.form.credit, f"@{self.issue.login}" if self.issue.login else ""
        if asked.casefold().strip(" .`@") == NOBODY:
            return ()
        name = " ".join(_NOT_IN_NAMES.sub(" ", plain(asked, 80)).split())
        if name and name.casefold() != self.issue.login.casefold() and not contributors.fault(name):
            return (name,)
        return (own,) if own else ()

    def _rest(self) -> str:
        return say.further(len(self.form.works) - 1)

    def _linked(self, path: str, line: int, branch: str = "") -> str:
        """A line of a file, linked to where it is shown."""
        name, address = code(f"{path}:{line}"), self.issue.blob(path, line, branch)
        return f"[{name}]({address})" if address else name

    def _shown(self, card: Card, catalog: Catalog) -> str:
        """The address of a card on the site; empty where nobody else could open it."""
        host = urlsplit(self.site.url).hostname or ""
        if "." not in host or host.startswith(("127.", "0.")):
            return ""
        record = catalog.bibliography.get(card.work)
        anchor = record.key if record else ""
        return f"<{self.site.absolute(self.site.page(catalog.relative(card.path), anchor))}>"


def _behavior(asked: str, taxonomy: Taxonomy) -> str | None:
    """The term that an option of the form names, or what somebody wrote in its place."""
    line = plain(asked)
    match = _SLUG.search(line)
    labels = {fold(term.label): slug for slug, term in taxonomy.terms.items()}
    for name in (match[1] if match else "", line.strip(" .`").lower()):
        slug = name if name in taxonomy.terms else is_slip(name, taxonomy.terms)
        if name and (slug or fold(name) in labels):
            return slug or labels[fold(name)]
    return None


def _hint(added: Added, issue: Issue, finding: str) -> None:
    """Put the suggester's own sentence into the card's body, as a comment that nobody is shown."""
    if not (words := commented(finding, 600)):
        return
    text = added.path.read_bytes().decode("utf-8")
    header = [0, *(match.end() for match in _LINE_END.finditer(text))][added.line - 1]
    end = text.index(PROMPT, header) + len(PROMPT)
    match = _LINE_END.match(text, end)
    line = match[0] if match else "\n"
    by = f"{issue.login} in " if issue.login else ""
    hint = f"{line}{line}    <!-- Said by {by}issue {issue.number}: {words} -->"
    writing.replace(added.path, f"{text[:end]}{hint}{text[end:]}".encode())
