"""The seam to mkdocs-bibtex: the only module that knows of it.

Used as it comes, mkdocs-bibtex 4.4 takes every one-line `[...@...]` of a page for a citation, in
code, math and links too, replaces text all over the page, parses the records with a slow parser
and formats each reference anew. So it is given the records ready-made, and sees of a page only
the citations that `ethogram.render` put there: every other bracket and at-sign is veiled while it
works. What remains its own is what it does well: footnotes, numbered as the page cites them.
"""

import math
import re
from types import SimpleNamespace
from xml.etree.ElementTree import Element, SubElement

from markdown import Extension, Markdown
from markdown.blockparser import BlockParser
from markdown.extensions.footnotes import FootnoteInlineProcessor
from markdown.treeprocessors import Treeprocessor
from markdown.util import AtomicString
from mkdocs.config.defaults import MkDocsConfig
from mkdocs.exceptions import PluginError
from mkdocs_bibtex.citation import Citation, CitationBlock, InlineReference
from mkdocs_bibtex.plugin import BibTexPlugin
from mkdocs_bibtex.registry import ReferenceRegistry

from ethogram.bibliography import Bibliography
from ethogram.render import CITE_CLOSE, CITE_OPEN, REFERENCE_OPEN, reference_token

_VEIL = {"[": "\ue0f0", "@": "\ue0f1", "\\bibliography": "\ue0f2", "\\full_bibliography": "\ue0f3"}


class _Records(ReferenceRegistry):  # type: ignore[misc]  # the plugin has no type information
    """Our records as mkdocs-bibtex wants to be given them."""

    def __init__(self, bibliography: Bibliography) -> None:
        # Not the parent's __init__, which would parse the files once more.
        self.bib_data = SimpleNamespace(entries=bibliography.works)
        self.footnote_format = "{key}"

    def validate_citation_blocks(self, citation_blocks: list[CitationBlock]) -> None:
        """Nothing to do: only keys that have a record are ever put before the plugin."""

    def validate_inline_references(
        self,
        inline_references: list[InlineReference],  # noqa: ARG002  as the plugin calls it
    ) -> set[InlineReference]:
        """Return none: bare `@name`s are addresses and people, never citations."""
        return set()

    def inline_text(self, citation_block: CitationBlock) -> str:
        """Return the footnote marks of a citation."""
        return "".join(f"[^{citation.key}]" for citation in citation_block.citations)

    def reference_text(self, citation: Citation | InlineReference) -> str:
        """Return the token that rendering replaces by the reference."""
        return reference_token(citation.key)


class _PlainNotes(Extension):  # type: ignore[misc]  # Python-Markdown has no type information
    """Footnotes whose numbers and references are not searched for Markdown: there is none.

    Python-Markdown tries some thirty patterns on every text, and a card adds four to a page.
    """

    def extendMarkdown(self, md: Markdown) -> None:  # noqa: N802  as the parser calls it
        if "footnote" in md.inlinePatterns:
            mark = md.inlinePatterns["footnote"]
            mark.footnotes.parser = _References(mark.footnotes.parser)
            plain = _PlainMark(mark.pattern, mark.footnotes)
            md.inlinePatterns.register(plain, "footnote", _MARK_PRIORITY)
            md.treeprocessors.register(_PlainReferences(md), "plain-notes", _NOTES_PRIORITY)


# Those of Python-Markdown's extension, and of a place between its notes (50) and the patterns (20).
_MARK_PRIORITY, _NOTES_PRIORITY = 175, 40


class _PlainMark(FootnoteInlineProcessor):  # type: ignore[misc]
    """A footnote's mark, whose number is final."""

    def handleMatch(  # noqa: N802
        self, m: re.Match[str], data: str
    ) -> tuple[Element | None, int | None, int | None]:
        mark, start, end = super().handleMatch(m, data)
        for link in mark if mark is not None else ():
            link.text = AtomicString(link.text)
        return mark, start, end


class _References:
    """The parser of footnotes' texts: a reference is one paragraph, and all others are parsed."""

    def __init__(self, parser: BlockParser) -> None:
        self.parser = parser

    def parseChunk(self, parent: Element, text: str) -> None:  # noqa: N802
        if text.startswith(REFERENCE_OPEN):
            SubElement(parent, "p").text = text
        else:
            self.parser.parseChunk(parent, text)


class _PlainReferences(Treeprocessor):  # type: ignore[misc]
    """References and the links back from them, whose texts are final."""

    def run(self, root: Element) -> None:
        for paragraph in root.iter("p"):
            if (paragraph.text or "").startswith(REFERENCE_OPEN):
                paragraph.text = AtomicString(paragraph.text)
                for link in paragraph:
                    link.text = AtomicString(link.text)


def take_over(config: MkDocsConfig) -> None:
    """Keep mkdocs-bibtex from parsing files; to be called before its own `on_config`.

    Raises:
        PluginError: mkdocs.yml does not have the plugin.
    """
    _plugin(config).last_configured = math.inf  # newer than any file: none has to be read
    config.markdown_extensions.append(_PlainNotes())


def use_records(config: MkDocsConfig, bibliography: Bibliography) -> None:
    """Hand mkdocs-bibtex the records in place of those it would have parsed."""
    _plugin(config).registry = _Records(bibliography)


def _plugin(config: MkDocsConfig) -> BibTexPlugin:
    plugin = config.plugins.get("bibtex")
    if not isinstance(plugin, BibTexPlugin):
        raise PluginError("mkdocs.yml: add `bibtex` to `plugins`; it makes the footnotes.")
    return plugin


def veil(markdown: str) -> str:
    """Hide from mkdocs-bibtex all that is none of our citations, and write those its way."""
    for seen, hidden in _VEIL.items():
        markdown = markdown.replace(seen, hidden)
    return markdown.replace(CITE_OPEN, "[@").replace(CITE_CLOSE, "]")


def unveil(markdown: str) -> str:
    """Put back what `veil` hid."""
    for seen, hidden in _VEIL.items():
        markdown = markdown.replace(hidden, seen)
    return markdown
