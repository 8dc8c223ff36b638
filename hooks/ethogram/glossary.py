"""The terms of art that cards use: docs/glossary.md explains each, and pages link to it once.

A term is a heading of the second rank, "Sparse autoencoder (SAE)": its name, and what else it is
called in parentheses, apart by commas. What it means is the paragraph under it.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from ethogram.cards import Page, plain, title_lines, unlinked

PATH = "glossary.md"
"""The page, inside docs/."""

_NAMES = re.compile(r"(?P<name>[^()]+?)\s*(?:\((?P<others>[^()]*)\))?\s*")
_IN_Y = re.compile(r"(?<=[^aeiou])y$")


@dataclass(frozen=True, slots=True)
class Term:
    """A term of art.

    Attributes:
        names: what it is called, its own name first.
        anchor: its place on the page.
        definition: what it means, as plain text.
    """

    names: tuple[str, ...]
    anchor: str
    definition: str


def read(page: Page) -> tuple[Term, ...]:
    """Read the terms of the glossary's page, in their order."""
    headings = page.document.headings
    found = []
    for number, heading in enumerate(headings):
        match = _NAMES.fullmatch(plain(heading.text))
        if heading.level != 2 or not match:
            continue
        end = headings[number + 1].line - 1 if number + 1 < len(headings) else None
        others = (each.strip() for each in (match["others"] or "").split(","))
        names = (match["name"], *filter(None, others))
        anchor = heading.identifier or _slug(plain(heading.text))
        found.append(Term(names, anchor, _first_paragraph(page, heading.last, end)))
    return tuple(found)


def _slug(text: str) -> str:
    from markdown.extensions.toc import slugify  # only now: most runs render nothing

    return str(slugify(text, "-"))


def _first_paragraph(page: Page, first: int, last: int | None) -> str:
    words: list[str] = []
    for line in page.document.lines[first:last]:
        if line.prose and not line.blank:
            words.append(line.text.strip())
        elif words:
            break
    return plain(unlinked(" ".join(words)))


def first_uses(page: Page, terms: Sequence[Term]) -> Iterator[tuple[int, int, Term]]:
    """Yield where a page first uses each term: start, end, term; in no link, title or code."""
    if not terms:
        return
    pattern, by_name = _pattern(tuple(terms))
    quiet, seen = title_lines(page), set[str]()
    for match in pattern.finditer(page.document.mask):
        name = " ".join(match[1].split())
        term = by_name.get(name) or by_name[_singular(name.lower())]
        if term.anchor not in seen and page.document.place(match.start())[0] not in quiet:
            seen.add(term.anchor)
            yield match.start(), match.end(), term


@lru_cache(maxsize=4)
def _pattern(terms: tuple[Term, ...]) -> tuple[re.Pattern[str], dict[str, Term]]:
    """What finds any name, the longest first, and whose each is: only words may be capitalized."""
    by_name = {_key(name): term for term in reversed(terms) for name in reversed(term.names)}
    names = sorted(by_name, key=len, reverse=True)
    parts = (_spaced(name) if _is_short(name) else f"(?i:{_spaced(name)})" for name in names)
    return re.compile(rf"(?<![\w-])({'|'.join(parts)})(?:s|es)?(?![\w-]|\.\w)"), by_name


def _spaced(name: str) -> str:
    """A name whose words may stand on two lines, within a card or outside."""
    spaced = r"\s+".join(map(re.escape, name.split()))
    return spaced if _is_short(name) else _IN_Y.sub("(?:y|ies)", spaced)


def _key(name: str) -> str:
    return name if _is_short(name) else _singular(name.lower())


def _singular(name: str) -> str:
    return name.removesuffix("ies") + "y" if name.endswith("ies") else name


def _is_short(name: str) -> bool:
    """Whether a name is made of initials, which are no word in lower case."""
    return sum(letter.isupper() for letter in name) > 1
