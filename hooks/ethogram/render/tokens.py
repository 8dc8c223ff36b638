"""Tokens: how HTML gets around the Markdown parser and back into the page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ethogram.record import Work
from ethogram.render.cite import reference
from ethogram.render.context import Snippet

_OPEN, _CLOSE = "\x91", "\x92"  # PRIVATE USE ONE and TWO: in Latin-1, pages take half the memory
_MARKS = (_OPEN, _CLOSE, *map(chr, range(0xE0E0, 0xE100)))  # those of citations among them
_REFERENCE = "ref-"
REFERENCE_OPEN = f"{_OPEN}{_REFERENCE}"
"""How the token begins that stands for a work's reference."""

_CARD = re.compile(r'ethogram-(\d+)"')
_BLOCKS = ("<p", "<ul", "<dl", "<div", "<pre")
_BLOCK_ENDS = ("</p>", "</ul>", "</dl>", "</div>", "</pre>")
_EAGER_PICTURE = re.compile(r"<img (?![^>]*\bloading=)")


@dataclass
class Rendered:
    """A page on its way: Markdown with tokens, and what will replace them.

    Attributes:
        markdown: what the Markdown parser is given.
        snippets: HTML by token.
        cards: the attributes of each card's element, by its number on the page.
        shown: numbers of the cards found again in the HTML; filled in by `finish`.
    """

    markdown: str
    snippets: dict[str, Snippet] = field(default_factory=dict)
    cards: dict[int, str] = field(default_factory=dict)
    shown: set[int] = field(default_factory=set)
    _made: dict[str, str] = field(default_factory=dict)

    def token(self, snippet: Snippet) -> str:
        """Keep a piece of HTML and return the token that stands for it."""
        name = str(len(self.snippets))
        self.snippets[name] = snippet
        return f"{_OPEN}{name}{_CLOSE}"

    def finish(self, html: str, works: Mapping[str, Work]) -> str:
        """The page for a reader: the kept HTML in place of the tokens, its pictures lazy.

        Args:
            html: what the parser made of `markdown`.
            works: the records by key, for the references.
        """
        html = self._fill(html, works)
        self.snippets, self._made = {}, {}  # a site's pages are many, and this one is done
        return _EAGER_PICTURE.sub('<img loading="lazy" ', _CARD.sub(self._card, html))

    def _fill(self, html: str, works: Mapping[str, Work]) -> str:
        """Replace each token; a block takes the place of the paragraph around its token."""
        pieces = html.split(_OPEN)
        for number, piece in enumerate(pieces[1:], 1):
            token, _, rest = piece.partition(_CLOSE)
            snippet = self._snippet(token, works)
            if snippet.startswith(_BLOCKS):
                pieces[number - 1] = pieces[number - 1].removesuffix("<p>")
            if snippet.endswith(_BLOCK_ENDS):
                rest = rest.removeprefix("</p>")
            pieces[number] = snippet + rest
        return "".join(pieces)

    def _snippet(self, token: str, works: Mapping[str, Work]) -> str:
        """The HTML of a token: the page's own, or a reference, which is looked up by key."""
        if token in self.snippets:
            if token not in self._made:
                self._made[token] = self.snippets[token]()
            return self._made[token]
        work = works.get(token.removeprefix(_REFERENCE))
        return reference(work) if work else ""

    def _card(self, match: re.Match[str]) -> str:
        number = int(match[1])
        if number not in self.cards:
            return match[0]
        self.shown.add(number)
        return f'paper"{self.cards[number]}'


def reference_token(key: str) -> str:
    """The token that stands for a work's reference, on any page."""
    return f"{REFERENCE_OPEN}{key}{_CLOSE}"


def without_marks(text: str) -> str:
    """An author's text without characters that would pass for our marks."""
    if any(mark in text for mark in _MARKS):
        return text.translate(dict.fromkeys(map(ord, _MARKS), " "))
    return text
