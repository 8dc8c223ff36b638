"""What is dead outside of the site, as the journal and bib/archive.yml know it.

A build asks nobody: what it says of other sites' pages is what was written down before.
"""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ethogram.links.addresses import Kind
from ethogram.links.archive import Archive, Snapshot, is_stable

if TYPE_CHECKING:
    from ethogram.links.journal import Entry

_NO_PROTOCOL = re.compile(r"[/\\]{2}")


@dataclass(frozen=True, slots=True)
class Gone:
    """What is known of an address that is dead.

    Attributes:
        copy: the address of its archived copy; empty where there is none.
        made: the day of that copy, ``2020-05-06``; empty where it is not known.
        seen: the day on which it was last seen dead; empty where it is not known.
    """

    copy: str = ""
    made: str = ""
    seen: str = ""

    @property
    def note(self) -> str:
        """What a reader is told behind a link."""
        if self.copy:
            return f"archived copy, {self.made}" if self.made else "archived copy"
        return f"dead link, seen {self.seen}" if self.seen else "dead link"


class Gravestones:
    """What is dead outside of the site, by the journal and the archive.

    Attributes:
        names: every address that may be dead, without places on pages: a first question to ask.
    """

    def __init__(self, archive: Archive, journal: Path) -> None:
        self._archive = archive
        self._dead = _dead(journal)
        known = [*archive.snapshots, *(url for url, _ in self._dead)]
        self.names = frozenset(url.partition("#")[0] for url in known)

    def get(self, url: str, kind: Kind) -> Gone | None:
        """What became of an address; None where it is not known to be dead, or on a stable host.

        Args:
            url: the address as a browser asks for it; of a place on a page, the page's own death
                counts as well.
            kind: what is expected there.
        """
        page = url.partition("#")[0]
        if page not in self.names or is_stable(url):
            return None
        if snapshot := self._archive.get(url):
            return Gone(snapshot.address, snapshot.date)
        return self._dead.get((url, kind)) or self._dead.get((page, kind))


def asked_for(written: str, url: str) -> str:
    """The address under which a link is known here: by https where it names no protocol.

    >>> asked_for("//a.org/", "http://a.org/"), asked_for("http://a.org/", "http://a.org/")
    ('https://a.org/', 'http://a.org/')
    """
    secure = url.startswith("http:") and _NO_PROTOCOL.match(written)
    return f"https{url[4:]}" if secure else url


def _dead(path: Path) -> dict[tuple[str, Kind], Gone]:
    """The addresses that a journal calls dead; most sites' journal is not there, or has none.

    Raises:
        EthogramError: there is a journal, and it cannot be read.
    """
    if not path.exists():
        return {}
    from ethogram.links.journal import Journal
    from ethogram.links.verdicts import Verdict

    entries = Journal.load(path).entries()
    dead = [entry for entry in entries if entry.verdict is Verdict.DEAD]
    asked = {_spelled(entry.url): entry.checked for entry in entries if entry.kind == "page"}
    found = {(_spelled(entry.url), entry.kind): _gone(entry) for entry in dead}
    for entry in dead:  # what is linked and shown is asked for once, as a picture
        url = _spelled(entry.url)
        if entry.kind == "image" and _is_no_answer(entry) and asked.get(url, "") < entry.checked:
            found[url, "page"] = _gone(entry)
    return found


def _spelled(url: str) -> str:
    """An address as a browser asks for it; the journal has it as it was written."""
    return url.replace(" ", "%20")


def _is_no_answer(entry: "Entry") -> bool:
    """Whether nothing at all is there: what answers may be a page, and just no picture."""
    return entry.status is None or not 200 <= entry.status < 300


def _gone(entry: "Entry") -> Gone:
    return Gone(entry.snapshot, Snapshot.of(entry.snapshot).date, entry.checked[:10])
