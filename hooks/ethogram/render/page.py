"""A page's Markdown, edited: cards and mentions become citations, and lists come in."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from html import escape

from ethogram import glossary
from ethogram.cards import Card, Page
from ethogram.record import Work
from ethogram.render import card as parts
from ethogram.render.cite import cite
from ethogram.render.context import Context
from ethogram.render.lists import LIST_MARK, LISTS, ending
from ethogram.render.opening import opening
from ethogram.render.relations import named
from ethogram.render.tokens import Rendered, without_marks
from ethogram.works import WorkId

_ATTRIBUTE_LIST = re.compile(r"\{:?[^}\n]*\}")


@dataclass(frozen=True, slots=True)
class _Edit:
    """A replacement of part of the text; where two stand at one place, the lower rank is first."""

    start: int
    end: int
    text: str
    rank: int = 0


def render_page(page: Page, text: str, context: Context) -> Rendered:
    """Return a page's Markdown with its cards and mentions turned into citations.

    Args:
        page: the page as read.
        text: the part of its text to render; it must be the end of what was read (the reader of
            front matter cuts the beginning).
        context: records, terms and addresses.
    """
    shift = len(page.document.text) - len(text)
    rendered = Rendered("")
    edits: list[_Edit] = []
    first: dict[WorkId, int] = {}
    for number, card in enumerate(page.cards):
        has_id = first.setdefault(card.work.base, number) == number
        rendered.cards[number] = parts.attributes(card, has_id, context)
        edits.extend(_card_edits(page, card, number, rendered, context))
    edits.extend(_mention_edits(page, rendered, context))
    edits.extend(_citation_edits(page, rendered, context))
    edits.extend(_glossary_edits(page, rendered, context))
    edits.extend(_heading_edits(page, rendered, context))
    edits.extend(_list_edits(page, rendered, context))
    body = _apply(page.document.text, edits, shift)
    rendered.markdown = body.rstrip("\n") + "\n\n" + ending(page, rendered, context)
    return rendered


def _apply(text: str, edits: Iterable[_Edit], start: int) -> str:
    """Make the edits; characters that would pass for our marks leave the author's text."""
    text = without_marks(text)
    pieces, position = [], start
    for edit in sorted(edits, key=lambda edit: (edit.start, edit.end, edit.rank)):
        if edit.start < position:
            continue
        pieces += [text[position : edit.start], edit.text]
        position = edit.end
    return "".join([*pieces, text[position:]])


# -- cards -----------------------------------------------------------------------------------


def _card_edits(
    page: Page, card: Card, number: int, rendered: Rendered, context: Context
) -> Iterator[_Edit]:
    """What changes in a card's Markdown: its types, a bare title, its fields, head and foot."""
    work = context.bibliography.get(card.work)
    types = "" if card.types else " note"
    yield _Edit(card.types_end, card.types_end, f"{types} ethogram-{number}")
    if not card.title:
        yield _Edit(*_bare_span(page, card), rendered.token(partial(parts.title_link, card, work)))
    yield from _field_edits(page, card)
    header_end = _line_end(page, card.line)
    head = _head(card, rendered, context)
    yield _Edit(header_end, header_end, f"\n{' ' * card.indent}{head}\n")
    if work or parts.foot(card, context):
        yield _foot_edit(page, card, number, rendered, context)


def _head(card: Card, rendered: Rendered, context: Context) -> str:
    """The paragraph under a title: who, when and where, the citation mark, and the chips."""
    after = rendered.token(partial(parts.after_who, card, context))
    work = context.bibliography.get(card.work)
    if work is None:
        return rendered.token(partial(parts.unresolved, card)) + after
    return rendered.token(partial(parts.who, card, work)) + cite(work.key) + after


def _foot_edit(page: Page, card: Card, number: int, rendered: Rendered, context: Context) -> _Edit:
    """Put the foot at a card's end; where two cards end together, the inner one's is first."""
    end = _line_end(page, card.last)
    rank = 1 + len(page.cards) - number
    foot = partial(parts.foot, card, context)
    if _ends_in_paragraph(page, card):
        return _Edit(end, end, rendered.token(lambda: f"</p>{foot()}"), rank)
    indent = " " * (card.indent + card.inset)
    return _Edit(end, end, f"\n\n{indent}{rendered.token(foot)}\n", rank)


_PLAIN_LINE = re.compile(r"\s*(?!\d+\.\s)[\w\"'(“‘]")


def _ends_in_paragraph(page: Page, card: Card) -> bool:
    """Whether a card ends in plain prose, which can take the foot in: a paragraph less to parse."""
    if card.inset:
        return False
    for line in reversed(page.document.lines[card.line : card.last]):
        if line.prose and line.blank:
            return True
        if line.indent != card.indent or not line.prose or not _PLAIN_LINE.match(line.text):
            return False
    return False


def _bare_span(page: Page, card: Card) -> tuple[int, int]:
    """The address of a bare title, with the angle brackets around it."""
    text, (start, stop) = page.document.text, card.url_span
    if text[start - 1 : start] == "<" and text[stop : stop + 1] == ">":
        return start - 1, stop + 1
    return start, stop


def _field_edits(page: Page, card: Card) -> Iterator[_Edit]:
    """Fields leave the text; in an item's own block the prose moves in with the card's head."""
    fields = {found.line for found in card.fields}
    in_block = bool(card.inset)
    for line in page.document.lines[card.line : card.last]:
        in_block = in_block and not line.blank
        if line.number in fields:
            yield _Edit(line.start, line.start + len(line.text), "")
        elif in_block:
            yield _Edit(line.start, line.start, " " * card.inset)


def _line_end(page: Page, number: int) -> int:
    line = page.document.lines[number - 1]
    return line.start + len(line.text)


# -- citations -------------------------------------------------------------------------------


def _mention_edits(page: Page, rendered: Rendered, context: Context) -> Iterator[_Edit]:
    """Works named in running text become citations; a bare number becomes names and a year."""
    text = page.document.text
    for mention in page.mentions:
        work = context.bibliography.get(mention.work)
        mark = cite(work.key) if work else ""
        if mention.linked:
            attributes = _ATTRIBUTE_LIST.match(text, mention.end)
            end = attributes.end() if attributes else mention.end
            yield _Edit(end, end, mark)
        elif mention.work.scheme == "arxiv":
            # Who wrote a version's number means that version, which authors and year do not tell.
            if work and not mention.work.version:
                shown = _named(work, rendered, context)
            else:
                version = f"v{mention.work.version}" if mention.work.version else ""
                shown = f"[arXiv:{mention.work.id}{version}]({mention.work.address}){mark}"
            yield _Edit(mention.start, mention.end, shown)


def _named(work: Work, rendered: Rendered, context: Context) -> str:
    """A work by authors and year, and the mark of its citation."""
    return rendered.token(partial(named, work, context)) + cite(work.key)


_NO_WORD = re.compile(r"(?:[\s>*+-]|\d+\.|:|\[\^[^\]]*\]:|\|)*")
"""What may stand before a line's first word: white space, and marks that must keep theirs."""


_LISTED = re.compile(r"\((?:[^()]*[,;])?\s*")
"""What stands before a work that is an item in parentheses: "(", "(see the survey, "."""


def _citation_edits(page: Page, rendered: Rendered, context: Context) -> Iterator[_Edit]:
    """Citations by hand become marks, which stand close to the word before them.

    In parentheses of their own there is no such word: the works are named, as mentions are.
    """
    works = context.bibliography.works
    for citation in page.citations:
        if not all(key in works for key in citation.keys):
            continue
        if _is_listed(page.document.text, citation.start):
            names = (_named(works[key], rendered, context) for key in citation.keys)
            yield _Edit(citation.start, citation.end, "; ".join(names))
        else:
            start = _after_word(page, citation.start)
            yield _Edit(start, citation.end, "".join(map(cite, citation.keys)))


def _is_listed(text: str, place: int) -> bool:
    """Whether what stands at a place is an item in parentheses, opened in the same paragraph."""
    opened = text.rfind("(", text.rfind("\n\n", 0, place) + 1, place)
    return opened >= 0 and _LISTED.fullmatch(text, opened, place) is not None


def _after_word(page: Page, place: int) -> int:
    """Where the word before a place ends; the place itself, where no word is on its line."""
    line = page.document.lines[page.document.place(place)[0] - 1]
    before = page.document.text[line.start : place]
    return place if _NO_WORD.fullmatch(before) else line.start + len(before.rstrip(" "))


def _glossary_edits(page: Page, rendered: Rendered, context: Context) -> Iterator[_Edit]:
    """The first use of each term of art leads to what it means."""
    if not context.glossary or context.path(page.path) == glossary.PATH:
        return
    for start, end, term in glossary.first_uses(page, context.glossary):
        if address := context.href(f"{glossary.PATH}#{term.anchor}"):
            text = escape(" ".join(page.document.text[start:end].split()))
            title = escape(term.definition)
            html = f'<a class="term" href="{escape(address)}" title="{title}">{text}</a>'
            yield _Edit(start, end, rendered.token(partial(str, html)))


# -- what the build adds ---------------------------------------------------------------------


def _heading_edits(page: Page, rendered: Rendered, context: Context) -> Iterator[_Edit]:
    """What a page opens with goes under its title."""
    first = next((heading for heading in page.document.headings if heading.level == 1), None)
    if first and (blocks := opening(page, context)):
        end = _line_end(page, first.last)
        tokens = [rendered.token(partial(str, block)) for block in blocks]
        yield _Edit(end, end, "".join(f"\n\n{token}\n\n" for token in tokens))


def _list_edits(page: Page, rendered: Rendered, context: Context) -> Iterator[_Edit]:
    """Lists that a page asks for by a comment, `<!-- list: groups -->`, take its place."""
    for match in LIST_MARK.finditer(page.document.text):
        if make := LISTS.get(match["name"]):
            yield _Edit(match.start(), match.end(), make(rendered, context))
