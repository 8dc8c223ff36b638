"""Which cards a change adds or alters, and the comment on a pull request that names them.

What a pull request says of itself comes out of a run of its own code: it is hostile. It is read
within bounds, each value must be of its kind, and the comment shows it as code, where it means
nothing. Nothing of it is ever unpacked to disk.
"""

import json
import lzma
import zlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal
from zipfile import BadZipFile, ZipFile

from ethogram.cards import Card, read_cards
from ethogram.findings import RULES, EthogramError, Finding, Severity, to_text, visible
from ethogram.quoting import block, code
from ethogram.revisions import pages_at

if TYPE_CHECKING:
    from ethogram.catalog import Catalog

MARK = "<!-- ethogram:preview -->"
"""The comment's first line, by which the workflow finds its own to edit."""

PACKED, UNPACKED = 1_000_000, 8_000_000
"""Bytes that an artifact may have, and each file in it."""

_ROOM = 60_000  # characters; a comment on GitHub takes 65,536
_FOR_CARDS = 30_000
_LENGTHS = {"path": 200, "title": 300, "work": 100, "message": 600, "hint": 400}
_LARGEST = 10**9  # of a number of a line or a pull request
# RuntimeError: a password, or packing of an unknown kind. UnicodeDecodeError: the name of a file.
_BROKEN = (BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError, UnicodeDecodeError)

Change = Literal["new", "changed"]


# -- what a change does ----------------------------------------------------------------------


def since(reference: str, catalog: "Catalog") -> dict[Card, Change]:
    """Return the cards that say something they did not say at a Git revision, in order.

    A card that only stands elsewhere now is none of them. One whose work had no card is new.

    Raises:
        EthogramError: there is no Git repository, or it has no such revision.
    """
    pages = pages_at(reference, catalog.docs)
    earlier = [card for name, text in pages for card in read_cards(text, name)]
    said, works = set(map(_said, earlier)), {card.work.base for card in earlier}
    return {
        card: "changed" if card.work.base in works else "new"
        for card in catalog.cards
        if _said(card) not in said
    }


def _said(card: Card) -> tuple[object, ...]:
    """What a card says, wherever it stands."""
    fields = tuple((field.name, *(value.text for value in field.values)) for field in card.fields)
    return card.work, card.url, card.title, card.types, fields, card.body


# -- what a pull request says of itself ------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Named:
    """A card that a pull request adds or alters."""

    path: str
    line: int
    title: str
    work: str
    change: Change

    def __str__(self) -> str:
        """Return a line of Markdown."""
        place = code(f"{self.path}:{self.line}")
        return f"- {place} {code(self.title or self.work)} ({code(self.work)})"


@dataclass(frozen=True, slots=True)
class Changes:
    """What the run of a pull request left in its artifact `changes`.

    Attributes:
        number: the number of the pull request, as it says itself.
        cards: those that it adds or alters.
        findings: what `ethogram check` says of its pages.
        unknown: how many findings are by rules that are not known here, for it may add some.
    """

    number: int
    cards: tuple[Named, ...]
    findings: tuple[Finding, ...]
    unknown: int = 0

    @classmethod
    def read(cls, artifact: Path) -> "Changes":
        """Read an artifact: a ZIP file of `number`, `cards.json` and `findings.json`.

        Raises:
            EthogramError: it is too large, or is not what it should be.
        """
        try:
            return cls._read(artifact)
        except OSError as error:
            said = error.strerror or "it is cut off"
            raise EthogramError(f"{artifact.as_posix()} cannot be read: {said}.") from None
        except _BROKEN:
            raise EthogramError(f"{artifact.as_posix()} is no readable ZIP file.") from None

    @classmethod
    def _read(cls, artifact: Path) -> "Changes":
        if artifact.stat().st_size > PACKED:
            raise EthogramError(f"{artifact.as_posix()} has more than {PACKED:,} bytes.")
        with ZipFile(artifact) as archive:
            number = _number(_text(archive, "number"))
            cards = [_named(each) for each in _objects(archive, "cards.json")]
            findings = [_finding(each) for each in _objects(archive, "findings.json")]
        known = tuple(finding for finding in findings if finding)
        return cls(number, tuple(cards), known, len(findings) - len(known))

    def as_object(self) -> dict[str, object]:
        """What it says, for programs."""
        return {
            "number": self.number,
            "new": sum(card.change == "new" for card in self.cards),
            "changed": sum(card.change == "changed" for card in self.cards),
            "errors": self._count(Severity.ERROR),
            "warnings": self._count(Severity.WARNING),
        }

    def __str__(self) -> str:
        """Return the counts as a sentence."""
        told = self.as_object()
        cards = f"{told['new']} new and {told['changed']} changed cards"
        return f"{cards}; the check finds {told['errors']} errors, {told['warnings']} warnings."

    def _count(self, severity: Severity) -> int:
        return sum(RULES[finding.rule].severity is severity for finding in self.findings)

    def markdown(self, preview: str = "") -> str:
        """Write the comment, within what GitHub takes.

        Args:
            preview: the address of the built site; empty where there is none.
        """
        text = f"{MARK}\n### Preview\n\n{self}\n\n{_built(preview)}\n"
        for change, head in (("new", "New cards"), ("changed", "Changed cards")):
            rows = [f"{card}\n" for card in self.cards if card.change == change]
            text += _section(head, rows, _FOR_CARDS - len(text))
        return text + self._checked(_ROOM - len(text))

    def _checked(self, room: int) -> str:
        """What the check says, in its own words, the gravest first."""
        order = list(Severity)
        graded = sorted(self.findings, key=lambda each: order.index(RULES[each.rule].severity))
        shown, left = _fitting((f"{to_text([each])}\n" for each in graded), room - 1_000)
        if not graded and not self.unknown:
            return ""
        more = _more(left + self.unknown)
        lines = block("".join(shown).rstrip("\n")) if shown else ""
        return f"\n#### What `ethogram check` says\n\n{lines}{more}"


def _built(preview: str) -> str:
    if not preview:
        return "The site could not be built; the run tells why."
    how = "unpack it, run `python -m http.server` in its folder and open <http://127.0.0.1:8000/>"
    return f"[The site with this change]({preview}): {how}."


def _section(head: str, rows: list[str], room: int) -> str:
    shown, left = _fitting(rows, room)
    return f"\n#### {head}\n\n{''.join(shown)}{_more(left)}" if rows else ""


def _fitting(rows: Iterable[str], room: int) -> tuple[list[str], int]:
    """As many rows as there is room for, and how many are left."""
    shown, left = [], 0
    for row in rows:
        room -= len(row)
        if room < 0 or left:
            left += 1
        else:
            shown.append(row)
    return shown, left


def _more(count: int) -> str:
    return f"\n{count} more are not shown.\n" if count else ""


# -- reading with care -----------------------------------------------------------------------


def _text(archive: ZipFile, name: str) -> str:
    try:
        with archive.open(name) as file:
            data = file.read(UNPACKED + 1)
    except KeyError:
        raise EthogramError(f"The artifact lacks the file {name}.") from None
    if len(data) > UNPACKED:
        raise EthogramError(f"{name} in the artifact has more than {UNPACKED:,} bytes.")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise EthogramError(f"{name} in the artifact is not UTF-8 text.") from None


def _number(text: str) -> int:
    said = text.strip()
    if not (said.isascii() and said.isdecimal() and 0 < len(said) < 10 and int(said)):
        raise EthogramError("`number` in the artifact is no number of a pull request.")
    return int(said)


def _objects(archive: ZipFile, name: str) -> Iterator[Mapping[str, Any]]:
    """The objects of a JSON array."""
    try:
        found = json.loads(_text(archive, name))
    except (ValueError, RecursionError):
        raise EthogramError(f"{name} in the artifact is no JSON.") from None
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise EthogramError(f"{name} in the artifact is no array of objects.")
    yield from found


def _named(given: Mapping[str, Any]) -> Named:
    work, change = given.get("work"), given.get("change")
    if not isinstance(work, dict) or change not in ("new", "changed"):
        raise EthogramError("cards.json in the artifact holds something that is no card.")
    name = f"{_line(work, 'scheme', 'work')}:{_line(work, 'id', 'work')}"
    path, title = _line(given, "path"), _line(given, "title")
    return Named(path, _count(given, "line"), title, name, "new" if change == "new" else "changed")


def _finding(given: Mapping[str, Any]) -> Finding | None:
    """Read a finding; None where its rule is not known here."""
    rule = given.get("rule")
    if not isinstance(rule, str) or rule not in RULES:
        return None
    path, message, hint = (_line(given, name) for name in ("path", "message", "hint"))
    return Finding(path, _count(given, "line"), _count(given, "column"), rule, message, hint)


def _line(given: Mapping[str, Any], name: str, kind: str = "") -> str:
    """A text as one line of bounded length, with whatever is not seen made visible."""
    text = given.get(name)
    if not isinstance(text, str):
        raise EthogramError(f"`{name}` in the artifact is no text.")
    most = _LENGTHS[kind or name]
    line = visible(text[: most + 1])
    return line if len(line) <= most else f"{line[: most - 1]}…"


def _count(given: Mapping[str, Any], name: str) -> int:
    number = given.get(name)
    if type(number) is not int or not 0 < number < _LARGEST:
        raise EthogramError(f"`{name}` in the artifact is no number of a line or column.")
    return number
