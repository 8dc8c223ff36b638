"""Plain text out of what registers and pages write: tags, entities and unseen characters go.

Titles come with HTML, JATS (`<jats:italic>`) and MathML (`<mml:mi>`) in them, sometimes escaped
twice. Only elements that such titles have are taken for tags: `Vec<T>` and `p < 0.05` stay.
"""

import re
import unicodedata
from html import unescape

LONGEST = 20_000
"""Characters of a value that are looked at; what is longer is no title and no name."""

_INLINE = """
    a abbr b bdi bdo big bold cite code em font i inf italic monospace overline roman s sans-serif
    sc scp small span strike strong styled-content sub sup tt u underline var
    alternatives inline-formula math menclose mfenced mfrac mi mn mo mover mpadded mphantom
    mprescripts mroot mrow msqrt mstyle msub msubsup msup mtext munder munderover none semantics
"""
_PARTING = "br break div h1 h2 h3 li mspace mtable mtd mtr p title ul"
_HIDDEN = re.compile(
    r"<((?:\w{1,9}:)?(?:annotation(?:-xml)?|script|style|template))\b[^<>]*>.*?(?:</\1\s*>|\Z)",
    re.IGNORECASE | re.DOTALL,
)
_TEX = re.compile(r"<((?:\w{1,9}:)?tex-math)\b[^<>]*>.*?(?:</\1\s*>|\Z)", re.IGNORECASE | re.DOTALL)
_MATHML = re.compile(r"<(?:\w{1,9}:)?math\b", re.IGNORECASE)
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)|<!\[CDATA\[|\]\]>", re.DOTALL)
_TAG = re.compile(
    rf"</?(?P<name>(?:[a-z]{{1,9}}:)[a-z][\w-]*|tex-math|{'|'.join((_INLINE + _PARTING).split())})"
    r"(?:\s[^<>]*)?/?>",
    re.IGNORECASE,
)
# Controls, marks that turn the direction of what follows, and what no font has. Two joiners stay:
# Persian and the scripts of India are written with them.
_UNSEEN = frozenset(("Cc", "Cf", "Co", "Cs"))
_JOINERS = "\u200c\u200d"


def text_of(value: object) -> str:
    """Return what a reader would see of a value; of one that is no text or whole number, nothing.

    >>> text_of("Deep <i>Q&amp;A</i> with CO<sub>2</sub> for Vec<T>")
    'Deep Q&A with CO2 for Vec<T>'
    """
    if isinstance(value, bool) or not isinstance(value, str | int):
        return ""
    text = str(value)[:LONGEST]
    for _ in range(2 if "<" in text or "&" in text else 0):
        text = unescape(_without_tags(text))
    return seen(text)


def seen(text: str) -> str:
    """Drop characters that nobody sees, fold white space, and compose letters with their accents.

    >>> seen("a\\u202eb\\tc")
    'ab c'
    """
    if not text.isascii():
        text = unicodedata.normalize("NFC", text)
    kept = (c for c in text if c.isspace() or c in _JOINERS or _shows(c))
    return " ".join("".join(kept).split())


def says_something(text: str) -> bool:
    """Whether there is a letter or a digit in a text."""
    return any(map(str.isalnum, text))


def _shows(character: str) -> bool:
    number = ord(character)
    never = number & 0xFFFE == 0xFFFE or 0xFDD0 <= number <= 0xFDEF  # no XML may hold these
    return not never and unicodedata.category(character) not in _UNSEEN


def _without_tags(text: str) -> str:
    text = _HIDDEN.sub(" ", _COMMENT.sub("", text))
    if _MATHML.search(text):  # where both are there, they say the same
        text = _TEX.sub("", text)
    return _TAG.sub(lambda tag: " " if _local(tag["name"]) in _PARTS else "", text)


def _local(name: str) -> str:
    return name.lower().rpartition(":")[2]


_PARTS = frozenset(_PARTING.split())
