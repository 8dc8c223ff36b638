"""Authors as registers and pages name them -> `bibtex.Name`, people and organizations apart.

CSL-JSON names the parts of a name (https://citeproc-js.readthedocs.io, "Name fields"); Highwire's
`citation_author` holds one name, "Family, Given" or "Given Family"; other tags hold anything.
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from ethogram.arxiv import is_corporate
from ethogram.bibtex import Name, family_name
from ethogram.sources.text import text_of


class Authors(NamedTuple):
    """Names in order, and whether they are all that there are."""

    names: tuple[Name, ...] = ()
    complete: bool = True


_ORGANIZATION = re.compile(
    r"\b(academy|administration|agency|associat(?:es|ion)|authority|bureau|cent(?:er|re)s?"
    r"|coalition|college|commission|compan(?:y|ies)|corp(?:oration)?|council|department|division"
    r"|facult(?:y|ies)|forum|foundation|gmbh|government|inc|institut\w*|lab|laborator(?:y|ies)"
    r"|labs|library|limited|llc|ltd|ministry|museum|organi[sz]ation|plc|program(?:me)?"
    r"|research|societ(?:y|ies)|union|universit\w+|(?:open|deepmind|google) ?ai)\b",
    re.IGNORECASE,
)
_OTHERS = r"(?:et\.?\s*al(?:ii)?\b\.?|(?:and|&)\s+others|others|…|\.\.\.)"
_ALL_OTHERS = re.compile(rf"(?:and\s+|&\s*)?{_OTHERS}", re.IGNORECASE)
_AND_OTHERS = re.compile(rf"(?<![\s,;])[\s,;]++{_OTHERS}$", re.IGNORECASE)
_SUFFIX = re.compile(r"(?:jr|sr)\.?|ii|iii|iv", re.IGNORECASE)
_DEGREE = re.compile(
    r"(?:(?:ph|ed|sc|psy)\.?\s?d|m\.?\s?d|m\.?\s?sc|b\.?\s?sc|m\.?\s?a|b\.?\s?a|m\.?\s?p\.?\s?h"
    r"|j\.?\s?d|m\.?b\.?a|esq|d\.?phil|ll\.?[bm])\.?",
    re.IGNORECASE,
)
_AND = re.compile(r",?\s+(?:and|&)\s+")
_BY = re.compile(r"by\s+", re.IGNORECASE)
_NO_NAME = re.compile(r"://|^www\.|@")  # a profile, a handle, an address for mail


def person(given: str, family: str, suffix: str = "") -> Name | None:
    """Put a person's name together; where there are no parts, it may be an organization's."""
    if not _has_letters(family):
        return _undivided(given)
    if not _has_letters(given):
        return _undivided(family)
    return Name(" ".join(filter(None, (given, family, suffix))), family)


def organization(name: str) -> Name | None:
    """The name of one that is no person."""
    return Name(name, name, corporate=True) if _has_letters(name) else None


def _undivided(text: str) -> Name | None:
    """A name that was not taken apart where others are: of more than one word, no person's."""
    if not _has_letters(text):
        return None
    return Name(text, text, corporate=" " in text or _is_organization(text))


def _has_letters(text: str) -> bool:
    return any(map(str.isalpha, text))


def _is_organization(text: str) -> bool:
    return is_corporate(text) or _ORGANIZATION.search(text) is not None


# -- CSL-JSON --------------------------------------------------------------------------------


def of_csl(value: object) -> Authors:
    """Read a list of names in CSL-JSON; Crossref also has `name`, for organizations.

    >>> of_csl([{"given": "Guido", "non-dropping-particle": "van", "family": "Rossum"}]).names
    (Name(text='Guido van Rossum', family='van Rossum', corporate=False),)
    """
    listed = value if isinstance(value, list) else []
    return _gathered(_csl_name(each) for each in listed if isinstance(each, dict))


def _csl_name(said: dict[str, object]) -> Name | None:
    part = {name: text_of(text) for name, text in said.items()}
    literal = part.get("literal") or part.get("name", "")
    if _ALL_OTHERS.fullmatch(part.get("family") or literal):
        return _REST
    if literal and not part.get("family"):
        return _literal(literal)
    particles = (part.get("dropping-particle", ""), part.get("non-dropping-particle", ""))
    family = " ".join(filter(None, (*particles, part.get("family", ""))))
    return person(part.get("given", ""), family, part.get("suffix", ""))


def _literal(text: str) -> Name | None:
    """A name without parts: DataCite has people so, as "Family, Given", and organizations."""
    inverted = text.count(",") == 1 and not _is_organization(text)
    return _one(text) if inverted else organization(text)


# -- text ------------------------------------------------------------------------------------


def of_texts(texts: Iterable[str], loose: bool = False) -> Authors:
    """Read names that stand in texts, one in each or several parted by semicolons.

    >>> [name.family for name in of_texts(["van der Maaten, Laurens", "Geoffrey Hinton"]).names]
    ['van der Maaten', 'Hinton']

    Args:
        texts: as written.
        loose: commas and "and" may part names, too: "Jane Doe, John Roe and Ann Poe".
    """
    pieces = (piece for text in texts for piece in _pieces(text_of(text), loose))
    return _gathered(map(_one, pieces))


def _pieces(text: str, loose: bool) -> Iterator[str]:
    text, cut = _AND_OTHERS.subn("", f" {_BY.sub('', text, count=1) if loose else text}")
    for piece in text.split(";"):
        several = loose or _AND.search(piece)  # no tag for one name has an "and" in it
        yield from _listed(piece.strip()) if several else [piece.strip()]
    if cut:
        yield "et al."


def _listed(text: str) -> list[str]:
    """Part names at commas and "and", if each part is a name of two words or more."""
    if _is_organization(text):
        return [text]
    joined = _AND.split(text)
    if len(joined) > 1 and all(piece.count(",") == 1 for piece in joined):
        return joined
    pieces = [piece.strip() for part in joined for piece in part.split(",")]
    pieces = [piece for piece in pieces if not _DEGREE.fullmatch(piece)]
    whole = all(" " in piece and not piece[0].islower() for piece in pieces)
    return pieces if whole else [text]


def _one(text: str) -> Name | None:
    """Read one name."""
    if _ALL_OTHERS.fullmatch(text):
        return _REST
    if _NO_NAME.search(text) or not _has_letters(text):
        return None
    if _is_organization(text):
        return organization(text)
    parts = [part.strip() for part in text.split(",")]
    if " " in parts[0]:  # else it is a family name, and "MD" or "Ma" behind it a given one
        parts = [part for part in parts if not _DEGREE.fullmatch(part)]
    suffix = next((part for part in parts[1:] if _SUFFIX.fullmatch(part)), "")
    match [part for part in parts if part and part != suffix]:
        case [whole]:
            return Name(f"{whole} {suffix}".strip(), family_name(whole))
        case [family, given]:
            return person(given, family, suffix)
    return organization(text)


_REST = Name("et al.", "et al.")
"""Stands for all those that a list does not name."""


def _gathered(names: Iterable[Name | None]) -> Authors:
    """Drop what is no name, and see whether the list says that there are more."""
    found = [name for name in names if name is not None]
    known = [name for name in found if not _ALL_OTHERS.fullmatch(name.text)]
    complete = len(known) == len(found)
    half, odd = divmod(len(known), 2)
    if half > 1 and not odd and known[:half] == known[half:]:  # some pages have all tags twice
        known = known[:half]
    return Authors(tuple(known), complete)
