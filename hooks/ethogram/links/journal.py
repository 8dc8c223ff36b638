"""What earlier checks saw: JSON Lines in Git, one line for each link (guide/links.md, 2 and 12).

A result is one line, written as soon as it is known. Whatever else the file holds, a line torn by
a kill or the marks of a merge, is passed over: a journal makes a run shorter and its verdicts
calmer, and must never stop one.
"""

import codecs
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ethogram import writing
from ethogram.findings import EthogramError
from ethogram.links.addresses import Kind
from ethogram.links.verdicts import Observation, Verdict

if TYPE_CHECKING:
    from filelock import FileLock

JOURNAL = "links.jsonl"
"""The file's name in the folder of records; it belongs into Git, so that all remember."""

FAULTS = 3
"""How many faults make a link that is known from before *dead* (links.md, rule 2)."""

FAULT_DISTANCE = timedelta(days=3)
"""How far apart two faults lie at least, if both are to count."""

LIFETIMES: Mapping[Verdict, timedelta] = {
    Verdict.OK: timedelta(days=30),
    Verdict.BLOCKED: timedelta(days=7),
    Verdict.SUSPECT: timedelta(days=1),
    Verdict.DEAD: timedelta(days=1),
    Verdict.UNKNOWN: timedelta(hours=1),
}
"""How long an answer stands before it is asked for again, give or take `JITTER` of it."""

JITTER = 0.2
"""So that what was asked on one day is not all asked again on one day."""

KEPT = timedelta(days=365)
"""How long an address that nobody asks for any more stays in the journal."""

_KINDS = ("page", "image")
_STATUS = range(100, 1000)
_TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")
_Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of one link; times are UTC, ``2026-11-21T13:45:00Z``.

    Attributes:
        url: the address, with its fragment.
        kind: what is expected there.
        verdict: in the light of all checks so far.
        reason: why, in a few words; of *ok* may be empty.
        status: the HTTP status of the last answer; None where there was none.
        final: the address that answered, where it is another one; else empty.
        moved: where it has moved for good; empty where it has not.
        checked: when it was last checked.
        faults: when the faults that count were seen, the oldest first.
        snapshot: the address of an archived copy; empty where none is known.
    """

    url: str
    kind: Kind
    verdict: Verdict
    reason: str = ""
    status: int | None = None
    final: str = ""
    moved: str = ""
    checked: str = "1970-01-01T00:00:00Z"
    faults: tuple[str, ...] = ()
    snapshot: str = ""


def _written(when: datetime) -> str:
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _read(time: str) -> datetime:
    return datetime.fromisoformat(time)


# -- grace -----------------------------------------------------------------------------------


def graced(
    earlier: Entry | None,
    seen: Observation,
    url: str,
    kind: Kind,
    now: datetime,
    new: bool,
) -> Entry:
    """Say what a check means in the light of those before it (guide/links.md, rule 2).

    A fault of a link that is known from before makes it *suspect*, and *dead* only once three
    were seen, each at least three days after the one before. A link that is new, that nothing is
    known of or that was dead, is dead at once.

    Args:
        earlier: what was known of the link; None for nothing.
        seen: what the check showed; *dead* is a fault.
        url: the address.
        kind: what is expected there.
        now: when the check was made, with its zone.
        new: whether the change at hand adds the link.
    """
    entry = Entry(
        url=url,
        kind=kind,
        verdict=seen.verdict,
        reason=seen.reason,
        status=seen.status,
        final=seen.final,
        moved=seen.moved,
        checked=_written(now),
        snapshot=earlier.snapshot if earlier else "",
    )
    faults = _counted(earlier.faults if earlier else (), entry.checked)
    was_dead = earlier is not None and earlier.verdict is Verdict.DEAD
    if seen.verdict is Verdict.DEAD:
        faults = _counted((*faults, entry.checked), entry.checked)
        at_once = new or earlier is None or was_dead
        return replace(entry, faults=faults) if at_once else _doubted(entry, faults)
    if earlier and was_dead and seen.verdict is Verdict.UNKNOWN:  # no answer revives the dead
        return replace(earlier, url=url, kind=kind, checked=entry.checked)
    return entry if seen.verdict is Verdict.OK else replace(entry, faults=faults)


def _doubted(entry: Entry, faults: tuple[str, ...]) -> Entry:
    """What a fault of a link means that was alive before."""
    if len(faults) >= FAULTS:
        return replace(entry, faults=faults)
    reason = f"{entry.reason} (fault {len(faults)} of {FAULTS})".lstrip()
    return replace(entry, verdict=Verdict.SUSPECT, reason=reason, faults=faults)


def _counted(faults: Iterable[str], now: str) -> tuple[str, ...]:
    """Those of the faults that count, and no more of them than are needed.

    One from the future was written by a clock that was wrong. It is forgotten: that can make a
    link live longer, and can kill none.
    """
    counted: list[str] = []
    for fault in sorted(faults):
        apart = not counted or _read(fault) - _read(counted[-1]) >= FAULT_DISTANCE
        if fault <= now and apart and len(counted) < FAULTS:
            counted.append(fault)
    return tuple(counted)


# -- the file --------------------------------------------------------------------------------


class Journal:
    """What is known of links, in memory and in a file.

    Attributes:
        path: the file; it need not exist.
    """

    def __init__(self, path: Path, entries: Iterable[Entry] = ()) -> None:
        self.path = path
        self._entries = _by_key(entries)
        self._lock: FileLock | None = None

    @classmethod
    def load(cls, path: Path) -> "Journal":
        """Read a journal; of two lines on one link the later counts.

        A file that is missing is an empty journal. Lines that are no entry are passed over.

        Raises:
            EthogramError: there is a file, and it cannot be read.
        """
        return cls(path, _entries(path))

    def get(self, url: str, kind: str) -> Entry | None:
        """What is known of a link; None for nothing."""
        return self._entries.get((url, kind))

    def entries(self) -> list[Entry]:
        """Every entry, sorted by address and kind."""
        return [self._entries[key] for key in sorted(self._entries)]

    def __len__(self) -> int:
        return len(self._entries)

    @staticmethod
    def fresh(entry: Entry, now: datetime) -> bool:
        """Whether an entry still stands, so that nothing is to be asked.

        How long it does hangs on its verdict, and on a number drawn from its address and the time
        of its check, which is the same on every machine. What was checked in the future does not
        stand: a clock was wrong, and it could be so for years.
        """
        age = now - _read(entry.checked)
        return timedelta(0) <= age < LIFETIMES[entry.verdict] * (1 + JITTER * _drawn(entry))

    def add(self, entry: Entry) -> None:
        """Put an entry into memory, and at once behind the file's last line.

        It is one write, which a kill can only tear at its end. A line that was torn so gets its
        end first. The file and its folder are made if need be.

        Raises:
            EthogramError: it cannot be written.
        """
        self._entries[entry.url, entry.kind] = entry
        line = _line(entry)
        with _writes(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with self.path.open("a+b", buffering=0) as file:
                if file.tell() and _last_byte(file.fileno(), file.tell()) != b"\n":
                    line = b"\n" + line
                if file.write(line) != len(line):
                    raise EthogramError(f"{self.path.as_posix()} cannot be written: no room left.")

    def merge(self, files: Iterable[Path], now: datetime | None = None) -> None:
        """Take in what other journals saw: of each link the newest check counts.

        It comes to the same whichever file is named first. What was checked in the future counts
        least: a clock was wrong, and could go on being right for years.

        Args:
            files: the other journals; one that is missing is empty.
            now: the time; by default the clock's.

        Raises:
            EthogramError: a file cannot be read, this one cannot be written, or another run
                writes it.
        """
        time = _written(now or datetime.now(UTC))
        others = [entry for file in files for entry in _entries(file)]
        with self.writing():
            seen = sorted((*self.entries(), *others), key=lambda entry: _order(entry, time))
            self._entries = _by_key(seen)
            self._write()

    def compact(self, now: datetime | None = None) -> None:
        """Write the file anew: a line for each link, sorted, so that Git shows what has changed.

        Links that were not checked for a year are left out, and so is whatever is no entry. The
        file is written beside the old one and takes its place in one step.

        Args:
            now: the time; by default the clock's.

        Raises:
            EthogramError: it cannot be written, or another run writes it.
        """
        oldest = _written((now or datetime.now(UTC)) - KEPT)
        with self.writing():
            self._entries = _by_key(e for e in self.entries() if e.checked >= oldest)
            self._write()

    def _write(self) -> None:
        """Write the file anew, in one step; without any entry none is made."""
        data = b"".join(map(_line, self.entries()))
        if data or self.path.exists():
            with _writes(self.path):
                writing.replace(self.path, data)

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Be the only one who writes this journal, and begin with what now stands in its file.

        Raises:
            EthogramError: another run writes it, or its folder cannot be written.
        """
        from filelock import FileLock, Timeout  # only now: most that read a journal never write

        with _writes(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            lock = self._lock or FileLock(
                self.path.with_name(f".{self.path.name.lstrip('.')}.lock")
            )
            try:
                lock.acquire(timeout=0)
            except Timeout:
                said = "another run is writing this journal; wait for its end."
                raise EthogramError(f"{self.path.as_posix()}: {said}") from None
        self._lock = lock  # kept, as it can be taken again by who has it
        try:
            self._entries = _by_key(_entries(self.path))
            yield
        finally:
            lock.release()


def _by_key(entries: Iterable[Entry]) -> dict[_Key, Entry]:
    return {(entry.url, entry.kind): entry for entry in entries}


def _order(entry: Entry, now: str) -> tuple[bool, str, bool, bytes]:
    """Where an entry stands among those on its link, of which the last counts."""
    return entry.checked <= now, entry.checked, bool(entry.snapshot), _line(entry)


def _drawn(entry: Entry) -> float:
    """A number from -1 to 1 that is as good as random, and always the same for one entry."""
    seed = f"{entry.url} {entry.checked}".encode("utf-8", "backslashreplace")
    return int.from_bytes(sha256(seed).digest()[:4]) / (2**31 - 0.5) - 1


@contextmanager
def _writes(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        said = f"{path.as_posix()} cannot be written: {error.strerror or error}."
        raise EthogramError(said) from None


def _last_byte(descriptor: int, size: int) -> bytes:
    os.lseek(descriptor, size - 1, os.SEEK_SET)  # where it is written stays the end ("a")
    return os.read(descriptor, 1)


# -- one line --------------------------------------------------------------------------------

_NAMES = tuple(field.name for field in fields(Entry))
_ADDRESSES = ("final", "moved", "snapshot")  # they go onto pages: no `javascript:` among them
_WEB = re.compile(r"(?:https?://[^\s\x00-\x20]+)?")


def _line(entry: Entry) -> bytes:
    """An entry as a line: what is empty is left out, the rest always in one order."""
    values = {name: value for name in _NAMES if (value := getattr(entry, name))}
    # Half of a surrogate pair, which UTF-8 cannot hold, becomes `\ud800`: JSON's own way.
    text = json.dumps(values, ensure_ascii=False, separators=(", ", ": "))
    return text.encode("utf-8", "backslashreplace") + b"\n"


def _entries(path: Path) -> list[Entry]:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return []
    except OSError as error:
        said = f"{path.as_posix()} cannot be read: {error.strerror or error}."
        raise EthogramError(said) from None
    lines = data.removeprefix(codecs.BOM_UTF8).split(b"\n")
    return [entry for entry in map(_entry, lines) if entry]


def _entry(line: bytes) -> Entry | None:
    """Read a line; None where it is no entry. Names that are not known are passed over."""
    try:
        found = json.loads(line.decode("utf-8"))
    except (ValueError, RecursionError):  # no text, no JSON, or JSON nested beyond all reason
        return None
    if not isinstance(found, dict) or not _is_entry(found):
        return None
    values: dict[str, Any] = {name: found[name] for name in _NAMES if name in found}
    values["verdict"] = Verdict(values["verdict"])
    values["faults"] = tuple(values.get("faults", ()))
    values |= {name: "" for name in _ADDRESSES if not _WEB.fullmatch(values.get(name, ""))}
    return Entry(**values)


def _is_entry(found: dict[str, Any]) -> bool:
    """Whether each value is of its kind; what was left out is empty, but for four of them."""
    get, url, status, faults = found.get, found.get("url"), found.get("status"), found.get("faults")
    return (
        isinstance(url, str)
        and url != ""
        and get("kind") in _KINDS
        and get("verdict") in _VERDICTS
        and _is_time(get("checked"))
        and all(isinstance(get(name, ""), str) for name in ("reason", *_ADDRESSES))
        and (status is None or (type(status) is int and status in _STATUS))
        and ("faults" not in found or (isinstance(faults, list) and all(map(_is_time, faults))))
    )


_VERDICTS = tuple(map(str, Verdict))  # `in` a tuple takes values that cannot be hashed, too


def _is_time(value: object) -> bool:
    if not isinstance(value, str) or not _TIME.fullmatch(value):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:  # the 30th of February
        return False
    return True
