"""A behavior's page as a living review: what it says is known, on what, and as of when."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from ethogram.bibliography import Bibliography
from ethogram.cards import Page
from ethogram.days import is_date, is_day, today
from ethogram.findings import Finding
from ethogram.markdown import Document
from ethogram.works import WorkId, identify

KNOWN = "what is known"
"""The heading under which every sentence cites what it rests on."""

GOOD_FOR = timedelta(days=365)
"""How long a review is good for."""

_ABBREVIATION = re.compile(r"\b(?:et al|e\.g|i\.e|cf|vs|approx|no|fig|sec)\.$", re.IGNORECASE)
_END = re.compile(r"[.!?][\"'”’)\]*_]*(?=\s+[\"'“‘(\[*_]*[A-Z0-9À-Þ]|\s*$)")
_SHOWN = 50
"""Characters of a sentence that a finding quotes."""


def check(page: Page, known: Bibliography) -> Iterator[Finding]:
    """Yield what is wrong with the review of a behavior's page.

    Args:
        page: a page with its text.
        known: the records, which alone tell a work from any other page of the web.
    """
    if page.meta("behavior"):
        yield from _uncited(page, known)
        yield from _aged(page)


def newest(page: Page) -> str:
    """The day of a page's newest card; empty where none says when it was added."""
    return max(filter(is_date, (card.value("added") for card in page.cards)), default="")


def _aged(page: Page) -> Iterator[Finding]:
    """A card came later than the last review, or a year has passed since."""
    written = page.meta("reviewed")
    added = newest(page)
    if not page.cards or (written and not is_date(written)):  # which is told of elsewhere
        return
    message = ""
    if not written:
        message = "Nobody has said when this page was last held against its cards"
    elif added > written:
        message = f"A card of {added} came after the review of {written}"
    elif is_day(written) and today() - date.fromisoformat(written) > GOOD_FOR:
        message = f"The review of {written} is more than a year old"
    if message:
        yield Finding.of("stale-review", page.path, page.matter_place("reviewed"), message)


def _uncited(page: Page, known: Bibliography) -> Iterator[Finding]:
    """A sentence of what is known has to name at least one work."""
    cited = [*_cited(page, known)]
    for first, last in _paragraphs(page.document):
        for start, end in _sentences(page.document.prose, first, last):
            if not any(start <= place < end for place in cited):
                said = " ".join(page.document.text[start:end].split())
                short = said if len(said) <= _SHOWN else f"{said[:_SHOWN].rsplit(' ', 1)[0]} ..."
                message = f"“{short}” cites no work"
                yield Finding.of("uncited-claim", page.path, page.document.place(start), message)


def _cited(page: Page, known: Bibliography) -> Iterator[int]:
    """The offsets at which a page names a work: by number, by key, or by a link to one's card."""
    yield from (mention.start for mention in page.mentions if _is_work(mention.work, known))
    yield from (citation.start for citation in page.citations)
    for item in page.document.inlines:
        work = identify(item.target) if item.target else None
        if item.target.partition("#")[2] in known.works or (work and _is_work(work, known)):
            yield item.start


def _is_work(work: WorkId, known: Bibliography) -> bool:
    return work.scheme != "url" or known.get(work) is not None


def _paragraphs(document: Document) -> Iterator[tuple[int, int]]:
    """The offsets of each paragraph and item of what is known."""
    lines = (line for first, last in _sections(document) for line in document.lines[first:last])
    titles = {number for each in document.headings for number in range(each.line, each.last + 1)}
    start = end = -1
    for line in lines:
        begins = line.opens or line.blank or not line.prose or line.number in titles
        if begins and start >= 0:
            yield start, end
            start = -1
        if line.prose and not line.blank and line.number not in titles:
            start = line.start if start < 0 else start
            end = line.start + len(line.text)
    if start >= 0:
        yield start, end


def _sections(document: Document) -> Iterator[tuple[int, int]]:
    """The lines, counted from 0, between which a page says what is known."""
    for number, heading in enumerate(document.headings):
        if heading.text.strip().lower() == KNOWN:
            after = (
                each for each in document.headings[number + 1 :] if each.level <= heading.level
            )
            following = next(after, None)
            yield heading.last, following.line - 1 if following else len(document.lines)


def _sentences(prose: str, first: int, last: int) -> Iterator[tuple[int, int]]:
    """The offsets of each sentence between two places."""
    start = first
    for match in _END.finditer(prose, first, last):
        if not _ABBREVIATION.search(prose[start : match.start() + 1]):
            yield start, match.end()
            start = match.end()
    if re.search(r"\w", prose[start:last]):
        yield start, last
