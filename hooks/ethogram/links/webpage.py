"""What a page of the web says: its title, its text, and the places that a link can lead to.

No bytes whatever make the reading raise; what is cut off or garbled is read as far as it goes.
The time is linear in the length, whatever a page is made of: it is read in a thread that others
need. So no tree is built of it (libxml2 takes the square of the attributes of one element for
that), elements are counted instead, and whoever nests them by the thousand is not read to the end.
"""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_APP_ROOTS = frozenset(
    "root app __next __nuxt ___gatsby svelte app-root react-root main-app".split()
)
"""Ids of the element that an application fills; empty, nothing of the page is there yet."""

_HOLLOW = 80  # characters of text that a page without its script has at most ("Loading ...")

# Not "head": the parser does not know that <article> ends a head that nothing else does.
_UNSEEN = frozenset("script style template noscript title svg iframe select".split())
_AROUND = frozenset("nav header footer aside button".split())  # a form may hold a whole page
_INLINE = frozenset(
    """
    a abbr acronym b bdi bdo big cite code data del dfn em font i ins kbd label mark q s samp small
    span strike strong sub sup time tt u var wbr
    """.split()
)
"""Elements that end no line of text."""

_FEW = 8  # of headings and the like are read: each may hold all the others, as deep as they come
_DEEPEST = 1000
"""Elements within each other that are read; browsers flatten what is deeper than 512.

libxml2 looks through all that are open at every end tag that fits none of them.
"""
_PIECE = 32 * 1024  # bytes that are read before the depth is looked at
_LINE = "\0"  # ends a line of text; it is in no page, as none may hold it

_CHARSET = re.compile(r"charset\s*+=\s*+[\"']?+\s*+([\w.:-]++)", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,300}?charset\s*+=\s*+[\"']?+\s*+([\w.:-]++)", re.IGNORECASE)
_KNOWN_CHARSETS = re.compile(
    r"(?:utf-?(?:8|16)|iso-?8859|latin|windows|cp\d|koi8|gb|big5|shift|sjis|x-sjis|euc|mac|tis"
    r"|(?:us-)?ascii|ks_c).*",
    re.IGNORECASE,
)
_LIKE_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?+\s*+(?:<!--(?>.{0,2000}?-->)\s*+)*+"
    rb"<(?:!doctype\s++html|html|head|title|body|script)\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class WebPage:
    """What a page says.

    Attributes:
        source: all of it.
        title, headings: of the document, and its first-rank ones.
        words: its running text, a line for each paragraph, without navigation and the like.
        places: its ids, and names of `a`.
        scripts: the text of all of its scripts.
        hollow: whether a script has yet to make what a reader sees.
    """

    source: str
    title: str
    headings: tuple[str, ...]
    words: str
    places: frozenset[str]
    scripts: str
    hollow: bool


def says_html(headers: Mapping[str, str]) -> bool:
    """Whether an answer says that it is HTML, or does not say what it is."""
    said = headers.get("Content-Type", "").partition(";")[0].strip().lower()
    return said in ("", "text/html", "application/xhtml+xml")


def read(body: bytes, headers: Mapping[str, str]) -> WebPage | None:
    """Read an answer as HTML; None where it is none.

    Args:
        body: as much of it as there is, decompressed.
        headers: the answer's.
    """
    said = headers.get("Content-Type", "") and says_html(headers)
    if not body or not (said or _LIKE_HTML.match(body)):
        return None
    source = _decoded(body, headers)
    return _page(source, _read(source.replace("\0", "\ufffd").encode(errors="replace")))


def _read(page: bytes) -> "_Reader":
    """Read a page in UTF-8 as far as it can be read."""
    # Late: a build reads the journal's verdicts, and no page.
    from lxml import etree

    reader = _Reader()
    parser = etree.HTMLParser(encoding="utf-8", huge_tree=True, target=reader)
    try:
        for start in range(0, len(page), _PIECE):
            parser.feed(page[start : start + _PIECE])
            if reader.depth > _DEEPEST:
                return reader
        parser.close()
    except etree.LxmlError:  # there is not one element in it
        pass
    return reader


def _page(source: str, reader: "_Reader") -> WebPage:
    """Gather what was read."""
    waits = not all(map(_text, reader.roots))
    hollow = reader.has_scripts and (waits or len(_text(reader.seen)) < _HOLLOW)
    return WebPage(
        source,
        _text(reader.title or []),
        tuple(map(_text, reader.headings)),
        _lines(reader.words),
        frozenset(reader.places),
        "".join(reader.scripts),
        hollow,
    )


def _text(pieces: list[str]) -> str:
    return " ".join("".join(pieces).replace(_LINE, " ").split())


def _lines(pieces: list[str]) -> str:
    lines = (" ".join(line.split()) for line in "".join(pieces).split(_LINE))
    return "\n".join(filter(None, lines))


@dataclass(slots=True)
class _Reader:
    """What a page says, gathered as its tags come; the methods are those that lxml calls.

    Attributes:
        depth: how many elements are open; `unseen` and `around`, how many of those kinds.
        places: as a `WebPage` has them.
        scripts, seen, words: pieces of text: of scripts, of all that is seen, of what runs.
        title, headings, roots: pieces of the text of the title, of first-rank headings, and of
            what an application fills.
        has_scripts: whether there is one.
        open: those of these that text belongs to now, each with the depth at which it ends.
    """

    depth: int = 0
    unseen: int = 0
    around: int = 0
    places: set[str] = field(default_factory=set)
    scripts: list[str] = field(default_factory=list)
    seen: list[str] = field(default_factory=list)
    words: list[str] = field(default_factory=list)
    title: list[str] | None = None
    headings: list[list[str]] = field(default_factory=list)
    roots: list[list[str]] = field(default_factory=list)
    has_scripts: bool = False
    open: list[tuple[int, list[str]]] = field(default_factory=list)

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """A start tag, written or implied."""
        self.depth += 1
        place = attributes.get("id")
        if place is not None:
            self.places.add(place)
        if tag == "a" and "name" in attributes:
            self.places.add(attributes["name"])
        self.unseen += tag in _UNSEEN
        self.around += tag in _AROUND
        if tag not in _INLINE:
            self.data(_LINE)
        self._gather(tag, place)

    def _gather(self, tag: str, place: str | None) -> None:
        """Open what the text of an element belongs to."""
        if tag == "title" and self.title is None:
            self.title = []
            self.open.append((self.depth, self.title))
        elif tag == "script":
            self.has_scripts = True
            self.open.append((self.depth, self.scripts))
        if self.unseen:
            return
        for wanted, kept in ((tag == "h1", self.headings), (place in _APP_ROOTS, self.roots)):
            if wanted and len(kept) < _FEW:
                kept.append([])
                self.open.append((self.depth, kept[-1]))

    def end(self, tag: str) -> None:
        """An end tag, written or implied."""
        while self.open and self.open[-1][0] == self.depth:
            self.open.pop()
        if tag == "script":
            self.scripts.append("\n")
        self.depth -= 1
        self.unseen -= tag in _UNSEEN
        self.around -= tag in _AROUND
        if tag not in _INLINE:
            self.data(_LINE)

    def data(self, text: str) -> None:
        """A piece of text."""
        if self.unseen:
            if self.open and any(self.open[-1][1] is kept for kept in (self.title, self.scripts)):
                self.open[-1][1].append(text)
            return
        self.seen.append(text)
        if not self.around:
            self.words.append(text)
        for _, pieces in self.open:
            pieces.append(text)

    def close(self) -> None:
        """The page is over."""


def _decoded(body: bytes, headers: Mapping[str, str]) -> str:
    """The characters of a page: its mark, its headers or the page itself tell how to read it."""
    for mark, charset in (
        (codecs.BOM_UTF8, "utf-8"),
        (codecs.BOM_UTF16_LE, "utf-16-le"),
        (codecs.BOM_UTF16_BE, "utf-16-be"),
    ):
        if body.startswith(mark):
            return body[len(mark) :].decode(charset, "replace")
    header = _CHARSET.search(headers.get("Content-Type", ""))
    meta = _META.search(body[:4096])
    said = header[1] if header else meta[1].decode("ascii", "replace") if meta else ""
    try:
        return body.decode(_charset(said, body), "replace")
    except (LookupError, ValueError):
        return body.decode("utf-8", "replace")


def _charset(said: str, body: bytes) -> str:
    """The codec for a name; where the page names none, what its bytes look like."""
    if not _KNOWN_CHARSETS.fullmatch(said):
        try:
            codecs.getincrementaldecoder("utf-8")().decode(body)  # it may end within a character
        except ValueError:
            return "windows-1252"
        return "utf-8"
    # On the web these names mean Microsoft's set (https://encoding.spec.whatwg.org/#names-and-labels).
    western = said.lower() in ("iso-8859-1", "latin1", "latin-1", "us-ascii", "ascii")
    return "windows-1252" if western else said
