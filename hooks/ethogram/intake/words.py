"""Other people's words, where we repeat them: nothing of them may act, and none may be endless."""

import re
import unicodedata

LONGEST = 300
"""Characters of a text from outside that are repeated, unless something else is said."""

_FLOOD = re.compile("([\u0300-\u036f]{2})[\u0300-\u036f]+")
_MARKS = re.compile(r"(^[!-/:-@\[-`{-~]|[\\`*_{}\[\]()<>&|~!:$^.#+])")
_ISSUE = re.compile(r"\b(gh)-(?=\d)", re.IGNORECASE)
_HYPHENS = re.compile("-{2,}")


def _wide(signs: str) -> dict[int, str]:
    """The full-width twin of each sign: it reads the same, and no program obeys it."""
    return {ord(sign): chr(ord(sign) + 0xFEE0) for sign in signs}


_CALLING = _wide("@#")
_ACTING = _wide("<>[]{}`$\\")


def plain(text: str, most: int = LONGEST) -> str:
    """Make one line of a text, of characters that are seen, and no longer than is said.

    Controls, marks that turn the direction of writing, characters without a width, and halves of
    characters go; of marks heaped on one letter, two stay.
    """
    seen = "".join(map(_seen, text[: 4 * most]))
    line = _FLOOD.sub(r"\1", unicodedata.normalize("NFC", " ".join(seen.split())))
    return line if len(line) <= most else f"{line[: most - 1].rstrip()}…"


def _seen(sign: str) -> str:
    if sign.isspace():
        return " "
    return "" if unicodedata.category(sign).startswith("C") else sign


def still(text: str, most: int = LONGEST) -> str:
    """Make a text that calls nobody and names no issue, wherever GitHub shows it."""
    line = plain(text, most).translate(_CALLING).replace("://", ":／／")
    return _ISSUE.sub("\\1\u2010", line)


def inert(text: str, most: int = LONGEST) -> str:
    """Make Markdown that shows a text and does nothing else."""
    return _MARKS.sub(r"\\\1", still(text, most))


def commented(text: str, most: int = LONGEST) -> str:
    """Make a text that can stand in a comment on a page: it cannot end it, nor be Markdown."""
    return _HYPHENS.sub("–", plain(text, most).translate(_ACTING)).strip("-")
