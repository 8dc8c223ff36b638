"""What a page of the web says: its title, its text, and the places that a link can lead to.

No bytes whatever make the reading raise; what is cut off or garbled is read as far as it goes.
"""

import codecs
import re
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

_APP_ROOTS = frozenset(
    "root app __next __nuxt ___gatsby svelte app-root react-root main-app".split()
)
"""Ids of the element that an application fills; empty, nothing of the page is there yet."""

_HOLLOW = 80  # characters of text that a page without its script has at most ("Loading ...")

# Not "head": the parser does not know that <article> ends a head that nothing else does.
_UNSEEN = ("script", "style", "template", "noscript", "title", "svg", "iframe", "select")
_AROUND = ("nav", "header", "footer", "aside", "button")  # a form may hold the whole of a page
_FEW = 8  # of headings and the like are read: each may hold all the others, as deep as they come
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_META = re.compile(rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_KNOWN_CHARSETS = re.compile(
    r"(?:utf-?(?:8|16)|iso-?8859|latin|windows|cp\d|koi8|gb|big5|shift|sjis|x-sjis|euc|mac|tis"
    r"|(?:us-)?ascii|ks_c).*",
    re.IGNORECASE,
)
_LIKE_HTML = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*(?:<!--.{0,2000}?-->\s*)*<(?:!doctype\s+html|html|head|title|body|script)\b",
    re.IGNORECASE | re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class WebPage:
    """What a page says.

    Attributes:
        source: all of it.
        title, headings: of the document, and its first-rank ones.
        words: its running text, without navigation and the like.
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
    # Late: a build reads the journal's verdicts, and no page.
    from lxml import etree

    source = _decoded(body, headers)
    parser = etree.HTMLParser(
        encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(source.replace("\0", "\ufffd").encode(errors="replace"), parser)
    except etree.LxmlError:  # there is not one element in it
        root = None
    return _page(source, etree.Element("html") if root is None else root)


def _page(source: str, root: Any) -> WebPage:
    """Gather what a page says; its tree is used up."""
    from lxml import etree

    ids = etree.XPath("//@id | //a/@name", smart_strings=False)
    places = frozenset(ids(root))
    scripts = "\n".join(script.text or "" for script in root.iter("script"))
    has_scripts = next(root.iter("script"), None) is not None
    title = next((_text(element) for element in root.iter("title")), "")
    etree.strip_elements(root, *_UNSEEN, with_tail=False)
    headings = tuple(map(_text, islice(root.iter("h1"), _FEW)))
    roots = islice((element for element in root.iter() if element.get("id") in _APP_ROOTS), _FEW)
    waits = not all(map(_text, roots))
    hollow = has_scripts and (waits or len(_text(root)) < _HOLLOW)
    etree.strip_elements(root, *_AROUND, with_tail=False)
    return WebPage(source, title, headings, _text(root), places, scripts, hollow)


def _text(element: Any) -> str:
    text: str = "".join(element.itertext())
    return " ".join(text.split())


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
