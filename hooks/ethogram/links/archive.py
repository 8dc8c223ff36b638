"""bib/archive.yml: addresses that are gone, and the archived copies that readers get instead.

Each line of it is ``address: snapshot``, or a mapping of snapshot and date stands behind the
address (guide/links.md, 14 and 16). As with the taxonomy, the YAML is composed into nodes, so that
every fault has its line. People write comments into it: it is added to, and never written anew.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urldefrag, urlsplit

import yaml

from ethogram.days import is_day
from ethogram.findings import EthogramError, Finding
from ethogram.nodes import NodeReader

HEADER = """\
# Addresses that are gone, each with the archived copy that readers get instead:
#
#     https://gone.example/a: https://web.archive.org/web/20200506012345/https://gone.example/a
#
# `ethogram links --fix` adds to them.

"""
"""What a new archive begins with."""

STABLE_HOSTS = ("arxiv.org", "doi.org")
"""Hosts, with those below them, whose addresses are never replaced (links.md, rule 16)."""

_RULE = "bad-archive"
_SHAPE = ("snapshot", "date")
# https://archive.org/help/wayback_api.php: /web/, the UTC time to the second, and perhaps a mark
# of how it is shown (if_ is without the archive's own banner).
_WAYBACK = re.compile(r"https?://[^/]+/web/([0-9]{8})[0-9]{0,6}(?:[a-z]{2}_)?/", re.IGNORECASE)
_COMMENT, _NO_ENTRY = re.compile(r"#.*"), re.compile(r"(?:#.*)?")
_LONGEST_KEY = 1000  # YAML takes no more than 1024 characters for a key before a colon
# What YAML reads as it stands: no blank, so that neither `#` nor `:` can mean anything inside.
_PLAIN = re.compile(r"https?://[A-Za-z0-9/._~%=&+;:@?#$!*(),'-]+(?<!:)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """An archived copy.

    Attributes:
        address: where it is.
        date: when it was made, ``2020-05-06``; empty where that is not known.
    """

    address: str
    date: str = ""

    @classmethod
    def of(cls, address: str) -> "Snapshot":
        """Make one of an address; the Wayback Machine's addresses tell their dates.

        >>> Snapshot.of("https://web.archive.org/web/20200506012345if_/http://a.org/").date
        '2020-05-06'
        """
        match = _WAYBACK.match(address)
        digits = match[1] if match else ""
        written = f"{digits[:4]}-{digits[4:6]}-{digits[6:]}"
        return cls(address, written if is_day(written) else "")


class Archive:
    """The archived copies of what is gone.

    Attributes:
        snapshots: the copies by address.
        findings: what is wrong with the file, each a ``bad-archive`` with its place.
    """

    def __init__(
        self, snapshots: Mapping[str, Snapshot] | None = None, findings: Sequence[Finding] = ()
    ) -> None:
        self.snapshots = dict(snapshots or {})
        self.findings = tuple(findings)

    @classmethod
    def load(cls, path: Path) -> "Archive":
        """Read an archive; a file that is missing is an empty one."""
        name = path.as_posix()
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return cls()
        except UnicodeDecodeError:
            message, hint = "The archive is not UTF-8 text", "Save the file as UTF-8."
        except OSError as error:
            message = f"The archive cannot be read: {error.strerror or 'it is no file'}"
            hint = "Put the file in its place."
        else:
            return cls.read(text, name)
        return cls(findings=[Finding.of(_RULE, name, (1, 1), message, hint)])

    @classmethod
    def read(cls, text: str, path: str) -> "Archive":
        """Read an archive's text; `path` names it in findings. Faulty entries are left out."""
        reader = _Reader(path, _RULE)
        message = "The archive is no list of `address: snapshot` lines"
        root = reader.compose(text, message, "")
        snapshots = reader.snapshots(root) if root else {}
        return cls(snapshots, sorted(reader.findings))

    def get(self, url: str) -> Snapshot | None:
        """The copy of an address; None where there is none, and on a stable host.

        A place on a page is looked for in the page's copy, unless it has one of its own.
        """
        if not self.snapshots or is_stable(url):
            return None
        if found := self.snapshots.get(url):
            return found
        page, fragment = urldefrag(url)
        found = self.snapshots.get(page)
        if found is None or not fragment or "#" in found.address:
            return found
        return replace(found, address=f"{found.address}#{fragment}")


def is_stable(url: str) -> bool:
    """Whether an address is on a host that keeps its promises, so that no copy replaces it.

    >>> is_stable("https://export.arxiv.org/abs/2401.05566"), is_stable("https://myarxiv.org/")
    (True, False)
    """
    try:
        host = (urlsplit(url).hostname or "").rstrip(".")
    except ValueError:  # a broken IPv6 address
        return False
    return any(host == name or host.endswith(f".{name}") for name in STABLE_HOSTS)


def _is_address(text: str) -> bool:
    """Whether a text is an http(s) address and nothing that could be mistaken for more."""
    if not text.isprintable() or any(map(str.isspace, text)):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        return False


# -- reading ---------------------------------------------------------------------------------


class _Reader(NodeReader):
    """Turns the nodes of one file into snapshots and collects what is wrong on the way."""

    def snapshots(self, root: yaml.MappingNode) -> dict[str, Snapshot]:
        """Read the whole file; of an address that stands there twice, the first counts."""
        found: dict[str, Snapshot] = {}
        lines: dict[str, int] = {}
        for key, value in root.value:
            address, snapshot = self.address(key), self.snapshot(value)
            if address in lines:
                message = f"{address} stands on line {lines[address]}, too"
                self.fault(key, message, "Keep one of them.")
            elif address and snapshot:
                found[address] = snapshot
            if address:
                lines.setdefault(address, key.start_mark.line + 1)
        return found

    def address(self, node: yaml.Node) -> str:
        """Read an address that is gone; empty where it is none that may stand here."""
        address = self.http(node, "address")
        if address and is_stable(address):
            hint = "Take it out: addresses on arXiv and of DOIs do not go away."
            self.fault(node, f"{address} is never served from a copy", hint)
            return ""
        return address

    def snapshot(self, node: yaml.Node) -> Snapshot | None:
        """Read what stands behind an address: a copy's address, or that and its date."""
        if not isinstance(node, yaml.MappingNode):
            address = self.http(node, "snapshot")
            return Snapshot.of(address) if address else None
        parts = self.parts(node)
        if "snapshot" not in parts:
            self.fault(node, "There is no snapshot", "Write `snapshot:` and the copy's address.")
            return None
        address, made = self.http(parts["snapshot"], "snapshot"), self.date(parts.get("date"))
        if not address:
            return None
        return Snapshot(address, made) if made else Snapshot.of(address)

    def parts(self, node: yaml.MappingNode) -> dict[str, yaml.Node]:
        """Read a mapping of snapshot and date, each at most once."""
        parts: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "a list"
            if name not in _SHAPE:
                self.fault(key, f"{name!r} is nothing that is told of a copy", "")
            elif name in parts:
                self.fault(key, f"The {name} stands here twice", "Keep one of them.")
            else:
                parts[name] = value
        return parts

    def http(self, node: yaml.Node, what: str) -> str:
        """Read an http(s) address; empty where it is none."""
        text = node.value if isinstance(node, yaml.ScalarNode) else ""
        if _is_address(text):
            return text
        said = repr(text) if text else "What stands here"
        hint = f"Write the whole {what}, from https:// on, in quotes if it has blanks around it."
        self.fault(node, f"{said} is no http(s) address", hint)
        return ""

    def date(self, node: yaml.Node | None) -> str:
        """Read a date; empty where it is none, or is missing."""
        text = node.value if isinstance(node, yaml.ScalarNode) else ""
        if node is not None and not is_day(text):
            hint = "Write year, month and day with hyphens, as in 2026-11-21."
            self.fault(node, f"{text!r} is no date", hint)
            return ""
        return text


# -- writing ---------------------------------------------------------------------------------


def added(text: str, entries: Mapping[str, str], path: str = "bib/archive.yml") -> str:
    """Return an archive's text with more entries in it, each before the first greater key.

    All that stands there stays as it is, comments included. An address that is there already
    keeps its copy; what may not stand there (a stable host, no http(s) address) is left out.

    Args:
        text: the file as it is; empty for a new one.
        entries: addresses of copies, by address.
        path: how the file is named, if it cannot be added to.

    Raises:
        EthogramError: the text has faults, or is written in a way that takes no more lines.
    """
    mark = text[: len(text) - len(text.removeprefix("\ufeff"))]
    text = text.removeprefix(mark)
    before = Archive.read(text, path)
    if before.findings:
        raise EthogramError(findings=before.findings)
    new = {key: copy for key, copy in entries.items() if _may_stand(key, copy, before)}
    if not new:
        return mark + text
    result = _inserted(text or HEADER, new)
    after = Archive.read(result, path)
    expected = before.snapshots | {key: Snapshot.of(copy) for key, copy in new.items()}
    if after.findings or after.snapshots != expected:
        said = "write each entry on a line of its own, and nothing but comments beside them."
        raise EthogramError(f"{path} cannot be added to: {said}")
    return mark + result


def _may_stand(address: str, copy: str, archive: Archive) -> bool:
    good = _is_address(address) and _is_address(copy) and not is_stable(address)
    return good and address not in archive.snapshots


def _inserted(text: str, new: Mapping[str, str]) -> str:
    """Put lines into a text, from its end on, so that earlier places stay where they are."""
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    keys = [key for key, _ in root.value] if isinstance(root, yaml.MappingNode) else []
    indent = " " * root.start_mark.column if root and keys else ""
    newline = "\r\n" if "\r\n" in text else "\n"
    text = text if text.endswith("\n") else text + newline
    starts = [text.rfind("\n", 0, key.start_mark.index) + 1 for key in keys]
    names = [key.value for key in keys]
    places = {address: _place(text, starts, _before(names, address)) for address in new}
    for place, address in sorted(((places[each], each) for each in new), reverse=True):
        lines = _lines(address, new[address])
        text = text[:place] + "".join(f"{indent}{line}{newline}" for line in lines) + text[place:]
    return text


def _before(names: Sequence[str], address: str) -> int:
    """The number of the first key that is greater than an address; how many there are for none."""
    return next((i for i, name in enumerate(names) if name > address), len(names))


def _place(text: str, starts: Sequence[int], number: int) -> int:
    """Where a line goes that is to stand before the entry of a number, and after the one before.

    It goes right behind that one. Before the first entry, it goes above the comments that belong
    to the entry; those at the very top of the file are the file's own.
    """
    if not starts:
        return len(text)
    place = starts[number] if number < len(starts) else len(text)
    if number > 0:
        return _up(text, place, _NO_ENTRY)
    return _up(text, place, _COMMENT) or place


def _up(text: str, place: int, skipped: re.Pattern[str]) -> int:
    """Go up from the start of a line over lines of a kind."""
    while place:
        start = text.rfind("\n", 0, place - 1) + 1
        if not skipped.fullmatch(text[start:place].strip()):
            break
        place = start
    return place


def _lines(address: str, copy: str) -> list[str]:
    key, value = _quoted(address), _quoted(copy)
    return [f"{key}: {value}"] if len(key) <= _LONGEST_KEY else [f"? {key}", f": {value}"]


def _quoted(address: str) -> str:
    """Write an address as YAML reads it back; in single quotes nothing means anything but those."""
    return address if _PLAIN.fullmatch(address) else "'" + address.replace("'", "''") + "'"
