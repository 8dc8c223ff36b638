"""The theme's page, rendered once, as a frame for pages that the engine makes."""

import re
from dataclasses import dataclass
from functools import cached_property
from html import escape

TITLE, DESCRIPTION, HEAD, CONTENT = MARKS = "\ue0d0", "\ue0d1", "\ue0d2", "\ue0d3"
"""What stands in the frame for a page's own parts; none occurs in a theme."""

_MARK = re.compile(f"([{''.join(MARKS)}])")


@dataclass(frozen=True)
class Frame:
    """A page of the theme, two folders below the site's top, with marks for what is to be filled.

    Rendering the theme takes many times as long as all that a work's page needs.

    Attributes:
        html: the page; it has each of the marks, the title's perhaps more than once.
    """

    html: str

    @cached_property
    def _pieces(self) -> list[str]:
        """The frame cut at its marks, so that nothing is ever looked for in what is filled in."""
        return _MARK.split(self.html)

    def fill(self, title: str, description: str, head: str, content: str) -> str:
        """Make a page.

        Args:
            title, description: plain text.
            head: HTML for the end of the head element.
            content: HTML of the article.
        """
        values = (escape(title), escape(description), head, content)
        parts = dict(zip(MARKS, values, strict=True))
        return "".join(parts.get(piece, piece) for piece in self._pieces)
