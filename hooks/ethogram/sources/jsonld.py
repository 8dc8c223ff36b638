"""JSON-LD, as pages have it for search engines (https://schema.org/Article) -> `Sketch`.

It is looked through, never executed and never fetched: of `@context` nothing is needed.
"""

import json
import re
from collections import deque
from collections.abc import Iterable, Iterator
from typing import Any

from ethogram.sources import dates, names
from ethogram.sources.names import Authors
from ethogram.sources.sketch import Sketch, authors_of
from ethogram.sources.text import text_of
from ethogram.works import WorkId, identify

Node = dict[str, Any]

_MOST_NODES = 10_000
_MOST_NAMES = 10_000
_KINDS = {
    "scholarlyarticle": "article",
    "medicalscholarlyarticle": "article",
    "thesis": "phdthesis",
    "report": "techreport",
    "chapter": "incollection",
    "book": "book",
    "techarticle": "online",
    "article": "online",
    "newsarticle": "online",
    "analysisnewsarticle": "online",
    "blogposting": "online",
    "socialmediaposting": "online",
    "discussionforumposting": "online",
    "dataset": "dataset",
}
"""Types of things that are works, the more telling first, and what they are as BibTeX."""

_RANKS = list(_KINDS)
_GROUPS = {"organization", "corporation", "newsmediaorganization", "collegeoruniversity"}
_GROUPS |= {"educationalorganization", "researchorganization", "governmentorganization", "ngo"}
_BEFORE, _AFTER = ("<!--", "//<![CDATA[", "<![CDATA["), ("-->", "//]]>", "]]>", ";")
"""What content systems put around JSON."""


def read(scripts: Iterable[str], address: str) -> Sketch:
    """Read the work that a page is about, as its scripts of `application/ld+json` tell.

    Args:
        scripts: their texts; what is no JSON is passed over.
        address: the page's, to tell its own work from others that it lists.
    """
    nodes = list(_nodes([found for text in scripts if (found := _parsed(text)) is not None]))
    about = _main([node for node in nodes if _rank(node) is not None], address)
    known = {
        name: node for node in nodes if isinstance(name := node.get("@id"), str) and len(node) > 1
    }
    return _Reader(known).sketch(about) if about else Sketch()


def _parsed(text: str) -> Any:
    """What a script holds; None where it is no JSON."""
    text = text.strip(" \t\r\n\ufeff")
    for before in _BEFORE:
        text = text.removeprefix(before)
    for after in _AFTER:
        text = text.removesuffix(after).rstrip()
    try:
        return json.loads(text, strict=False)
    except (ValueError, RecursionError):  # RecursionError: thousands of brackets
        return None


def _nodes(found: list[Any]) -> Iterator[Node]:
    """Yield all objects, from the outside in, of so many values at most."""
    waiting, left = deque(found), _MOST_NODES
    while waiting and left:
        value, left = waiting.popleft(), left - 1
        if isinstance(value, dict):
            yield value
            waiting.extend(list(value.values())[:200])
        elif isinstance(value, list):
            waiting.extend(value[:_MOST_NODES])


def _types(node: Node) -> list[str]:
    said = node.get("@type")
    listed = said if isinstance(said, list) else [said]
    return [re.split("[/:#]", text_of(each))[-1].lower() for each in listed[:10]]


def _rank(node: Node) -> int | None:
    """How telling a thing's type is; None where it is no work or has no name."""
    ranks = [_RANKS.index(name) for name in _types(node) if name in _KINDS]
    return min(ranks) if ranks and (node.get("headline") or node.get("name")) else None


def _main(works: list[Node], address: str) -> Node | None:
    """The one that the page is about; None where it is a list of several."""
    own = [node for node in works if address in _addresses(node)] or works
    best = min((rank for node in own if (rank := _rank(node)) is not None), default=None)
    ranked = [node for node in own if _rank(node) == best]
    titles = {_text(node.get("headline") or node.get("name")).casefold() for node in ranked}
    return ranked[0] if len(titles) == 1 else None


def _addresses(node: Node) -> set[str]:
    """Where a thing says to be, without fragments, as `works` writes addresses."""
    page = node.get("mainEntityOfPage")
    page = page.get("@id") if isinstance(page, dict) else page
    told = (node.get("url"), node.get("@id"), page)
    return {work.id for each in told if (work := identify(_text(each)))}


def _text(value: object) -> str:
    """A text, the first of several, or the text in `{"@value": ...}`."""
    if isinstance(value, list):
        return next(filter(None, map(_text, value[:10])), "") if value else ""
    return text_of(value.get("@value") if isinstance(value, dict) else value)


class _Reader:
    """Reads one thing; the others on the page are those that it may refer to."""

    def __init__(self, known: dict[str, Node]) -> None:
        self.known = known

    def sketch(self, node: Node) -> Sketch:
        """What the thing is, as far as it says."""
        parts = list(self.parts(node))
        start, end = _text(node.get("pageStart")), _text(node.get("pageEnd"))
        best = _rank(node)
        return Sketch(
            title=_text(node.get("headline")) or _text(node.get("name")),
            authors=self.authors(node),
            date=self.date(node),
            kind="" if best is None else _KINDS[_RANKS[best]],
            container=_named(parts, "periodical", "book", "publicationseries", "journal"),
            publisher=self.publisher(node),
            volume=_numbered(parts, "volumeNumber"),
            issue=_numbered(parts, "issueNumber"),
            pages=_text(node.get("pagination")) or "-".join(filter(None, (start, end))),
            number=_text(node.get("reportNumber")),
            named=tuple(_identified(node)),
        )

    def whole(self, value: object) -> object:
        """What a mere `{"@id": ...}` refers to."""
        if isinstance(value, dict) and isinstance(name := value.get("@id"), str) and len(value) < 3:
            return self.known.get(name, value)
        return value

    def date(self, node: Node) -> str:
        told = (node.get(name) for name in ("datePublished", "dateCreated", "copyrightYear"))
        return next(filter(None, (dates.of_text(_text(each)) for each in told)), "")

    def authors(self, node: Node) -> Authors:
        """The authors, or else the creators."""
        for role in ("author", "creator"):
            said = node.get(role)
            listed = said[:_MOST_NAMES] if isinstance(said, list) else [said]
            found = [self.author(each) for each in listed]
            people = tuple(name for authors in found for name in authors.names)
            if people:
                return Authors(people, all(authors.complete for authors in found))
        return Authors()

    def author(self, value: object) -> Authors:
        """An author, or several in one text."""
        said = self.whole(value)
        if not isinstance(said, dict):
            return names.of_texts([_text(said)], loose=True)
        given, family = _text(said.get("givenName")), _text(said.get("familyName"))
        name = _text(said.get("name")) or _text(said)
        if _GROUPS.intersection(_types(said)):
            return authors_of(names.organization(name))
        if given and family:
            return authors_of(names.person(given, family))
        return names.of_texts([name], loose=True)

    def publisher(self, node: Node) -> str:
        said = self.whole(node.get("publisher"))
        said = self.whole(said[0]) if isinstance(said, list) and said else said
        return _text(said.get("name")) if isinstance(said, dict) else _text(said)

    def parts(self, node: Node) -> Iterator[Node]:
        """Yield what a thing is a part of, from the issue to the journal."""
        said: object = node
        for _ in range(4):
            above = said.get("isPartOf") if isinstance(said, dict) else None
            said = self.whole(above[0] if isinstance(above, list) and above else above)
            if isinstance(said, dict):
                yield said


def _named(parts: list[Node], *types: str) -> str:
    """The name of the first that has one of these types."""
    fitting = (part for part in parts if set(types).intersection(_types(part)))
    return next(filter(None, (_text(part.get("name")) for part in fitting)), "")


def _numbered(parts: list[Node], name: str) -> str:
    return next(filter(None, (_text(part.get(name)) for part in parts)), "")


def _identified(node: Node) -> Iterator[WorkId]:
    """Yield DOIs and arXiv numbers that a thing says to be its own."""
    for name in ("identifier", "sameAs", "doi", "@id"):
        said = node.get(name)
        for each in (said if isinstance(said, list) else [said])[:20]:
            value = each.get("value") if isinstance(each, dict) else each
            work = identify(text_of(value))
            if work and work.scheme != "url":
                yield work
