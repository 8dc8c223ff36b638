"""Cards and works -> what a page shows.

What is data goes *around* the Markdown parser, not through it: a title or a name from a record is
put into the Markdown as a token between private-use characters, and replaced in the finished HTML
by HTML that this package escaped. So nothing in a record can be taken for Markdown, and the parser
has little to chew. What must go through the parser, because footnotes are made there, is the
citation mark.

`page` edits a page's Markdown, with what `card`, `opening` and `lists` make; `relations` is what
works say of one another, `cite` how a work is named and cited, `tokens` how HTML gets around the
parser, `context` what all of them know.
"""

from ethogram.render.card import chips
from ethogram.render.cite import (
    CITE_CLOSE,
    CITE_OPEN,
    authors_shown,
    cite,
    cite_menu,
    coins,
    display,
    reference,
    short_name,
    source_link,
)
from ethogram.render.context import Context, Href, Snippet
from ethogram.render.lists import LIST_MARK, LISTS
from ethogram.render.page import render_page
from ethogram.render.relations import banner, contested_by, named, relations, standing
from ethogram.render.tokens import REFERENCE_OPEN, Rendered, reference_token

__all__ = [
    "CITE_CLOSE",
    "CITE_OPEN",
    "LISTS",
    "LIST_MARK",
    "REFERENCE_OPEN",
    "Context",
    "Href",
    "Rendered",
    "Snippet",
    "authors_shown",
    "banner",
    "chips",
    "cite",
    "cite_menu",
    "coins",
    "contested_by",
    "display",
    "named",
    "reference",
    "reference_token",
    "relations",
    "render_page",
    "short_name",
    "source_link",
    "standing",
]
