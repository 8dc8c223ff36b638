"""The theme's page, rendered once, as a frame for pages that the engine makes."""

from dataclasses import dataclass
from html import escape

TITLE, DESCRIPTION, HEAD, CONTENT = "\ue0d0", "\ue0d1", "\ue0d2", "\ue0d3"
"""What stands in the frame for a page's own parts; none occurs in a theme."""


@dataclass(frozen=True)
class Frame:
    """A page of the theme, two folders below the site's top, with marks for what is to be filled.

    Rendering the theme takes many times as long as all that a work's page needs.

    Attributes:
        html: the page; it has each of the marks, the title's perhaps more than once.
    """

    html: str

    def fill(self, title: str, description: str, head: str, content: str) -> str:
        """Make a page.

        Args:
            title, description: plain text.
            head: HTML for the end of the head element.
            content: HTML of the article.
        """
        parts = {TITLE: escape(title), DESCRIPTION: escape(description), HEAD: head}
        html = self.html
        for mark, part in parts.items():
            html = html.replace(mark, part)
        return html.replace(CONTENT, content, 1)
