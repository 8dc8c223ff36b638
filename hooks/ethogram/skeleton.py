"""A card's skeleton: its Markdown, and its place in the text of a page."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from ethogram.bibliography import Work
from ethogram.cards import FIELDS, Page, read_page
from ethogram.findings import PROMPT, EthogramError

TO_FILL_IN = ("methods", "evidence", "models")
"""Fields that are left open unless there is a hint, in the card's order."""

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+$")
_SPECIAL = re.compile(r"([\\`*_\[\]>])")
_ENTITY = re.compile(r"&(?=#?\w+;)")


@dataclass(frozen=True, slots=True)
class Skeleton:
    """A card that waits for its finding.

    Attributes:
        work: its record.
        added: the day of the card.
        version: the version that was read, where one was named.
        suggested: terms for fields, for whoever fills the card in to keep or change.
        by: who wrote or proposed it.
        bare: leave the title to the record.
    """

    work: Work
    added: date
    version: int | None = None
    suggested: Mapping[str, Sequence[str]] = field(default_factory=dict)
    by: Sequence[str] = ()
    bare: bool = False

    def __str__(self) -> str:
        """Write it as Markdown."""
        fields = "".join(f"    {name}:{value}\n" for name, value in self._fields())
        return f'!!! note "{self._header()}"\n{fields}\n    {PROMPT}\n'

    def _header(self) -> str:
        address = replace(self.work.id, version=self.version).address
        if self.bare:
            return address
        plain = _ENTITY.sub("&amp;", self.work.title).replace("<", "&lt;")
        title = _SPECIAL.sub(r"\\\1", plain)
        return f"[{title}]({address})"

    def _fields(self) -> list[tuple[str, str]]:
        values = {
            **dict.fromkeys(TO_FILL_IN, ""),
            **{name: ", ".join(terms) for name, terms in self.suggested.items()},
            "added": self.added.isoformat(),
            **({"status": "withdrawn"} if self.work.withdrawn else {}),
            **({"added-by": ", ".join(self.by)} if self.by else {}),
        }
        return [(name, f" {values[name]}".rstrip()) for name in FIELDS if name in values]


def insert(card: Skeleton, text: str, path: str) -> tuple[str, int]:
    """Put a card at the end of the section `## Cards`, which is made where there is none.

    The rest of the page stays as it is, and so do its line ends.

    Args:
        card: the skeleton.
        text: the page, its line ends as they are in the file.
        path: its name, for what is said.

    Returns:
        The new text, and the line of the card's header.

    Raises:
        EthogramError: no card can stand there.
    """
    for each in (card, replace(card, bare=True)):
        # No escape helps against a title such as `<!--`: then the record supplies it.
        written = _with(str(each), text)
        if line := _line_of(each, text, written):
            return written, line
    raise EthogramError(_why_not(_page(text), path))


def _with(card: str, text: str) -> str:
    lines = _LINE.findall(text)
    has_section, end = _section(text, lines)
    head, rest = "".join(lines[:end]).rstrip(), "".join(lines[end:])
    gap, heading = "\n\n" if head else "", "" if has_section else "## Cards\n\n"
    new = gap + heading + card + ("\n" if rest else "")
    return head + new.replace("\n", _line_end(text)) + rest


def _section(text: str, lines: list[str]) -> tuple[bool, int]:
    """Whether the page has a section for cards, and how many lines stand before its end."""
    headings = [
        each
        for each in _page(text).document.headings
        if each.level <= 2 and not lines[each.line - 1][:1].isspace()
    ]
    for at, heading in enumerate(headings):
        if heading.level == 2 and heading.text.casefold() == "cards":
            following = headings[at + 1 : at + 2]
            return True, following[0].line - 1 if following else len(lines)
    return False, len(lines)


def _line_end(text: str) -> str:
    """The line end that most lines of a text have."""
    if "\n" not in text:
        return "\r" if "\r" in text else "\n"
    return "\r\n" if 2 * text.count("\r\n") > text.count("\n") else "\n"


def _page(text: str) -> Page:
    return read_page(text.replace("\r\n", "\n").replace("\r", "\n"), "")


def _line_of(card: Skeleton, before: str, after: str) -> int | None:
    """The line of a new card, if it reads back as meant and all others as before."""
    old, new = _page(before), _page(after)
    read = [each for each in new.cards if each.work.base == card.work.id]
    if len(new.cards) != len(old.cards) + 1 or len(read) != 1:
        return None
    open_html = 0 <= new.document.unclosed < new.document.starts[read[0].line - 1]
    good = read[0].title in ("", card.work.title) and not open_html
    return read[0].line if good else None


def _why_not(page: Page, path: str) -> str:
    start = page.document.unclosed
    line = page.document.place(start)[0] if start >= 0 else 0
    where = f"{path}:{line}: raw HTML starts here" if line else f"{path}: a block of code or HTML"
    return f"{where} and never ends, so that no card can stand below it. Close it first."
