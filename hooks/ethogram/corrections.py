"""bib/corrections.yml: what people know better about a work than arXiv does.

Each entry is a work's number with the fields that overrule arXiv's, and with the reason. The
resolver applies them whenever it writes records, so that no refresh undoes what a person mended.
As with the taxonomy, the YAML is composed into nodes: every fault has its line, and a title such
as ``1984`` stays the text that was typed.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from ethogram.days import is_date
from ethogram.draft import ARXIV
from ethogram.findings import Finding
from ethogram.nodes import NodeReader
from ethogram.record import Work
from ethogram.taxonomy import suggest
from ethogram.works import WorkId, identify

CORRECTIONS = "corrections.yml"
"""The file's name in the folder of records; it need not exist."""

TEXTS = ("title", "date", "journal", "doi", "note", "url")
"""Fields that hold a text."""

NAMES = ("authors", "families", "corporate")
"""Fields that hold a list of names: all authors, their family names, those that are no persons."""

MAY_BE_EMPTY = ("journal", "doi", "note", "url")
"""Fields that are taken away by an empty text in quotes."""

FIELDS = (*TEXTS, *NAMES, "withdrawn")
"""Every field that can be corrected; `why` stands beside them, and always does."""

WHY = "why"

_RULE = "bad-corrections"
_NULL = "tag:yaml.org,2002:null"
_BOOLS = {"true": True, "false": False}
_Value = str | bool | tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correction:
    """What overrules arXiv's record of one work.

    Attributes:
        work: whose record it is.
        values: by field, what it is to say.
        why: the reason, for whoever asks later.
        line: where the work stands in the file.
        lines: by field, where that stands.
    """

    work: WorkId
    values: Mapping[str, _Value]
    why: str = ""
    line: int = 1
    lines: Mapping[str, int] = field(default_factory=dict)

    def applied(self, work: Work, before: Work | None = None) -> Work:
        """A record with what is corrected; key and whatever else it says stay.

        Args:
            work: the record.
            before: what the record was, for the family names that it gave to corrected authors.
        """
        values: dict[str, Any] = dict(self.values)
        if "date" in values:
            values["year"] = int(values["date"][:4])
        if "authors" in values:
            names = values["authors"]
            values.setdefault("families", _families(names, before or work, work))
            values["corporate"] = frozenset(values.get("corporate", work.corporate & set(names)))
            values["authors_complete"] = True
        return replace(work, **values)

    def needless(self, work: Work) -> Iterator[str]:
        """Yield the fields that a record says already without being corrected."""
        for name in self.values:
            if name in NAMES[1:]:
                continue  # they belong to the authors
            group = NAMES if name == "authors" else (name,)
            alone = {each: self.values[each] for each in group if each in self.values}
            if replace(self, values=alone).applied(work) == work:
                yield name


def _families(names: Sequence[str], *records: Work) -> tuple[str, ...]:
    """The family names that records know; the names themselves, which BibTeX's rule splits."""
    known: dict[str, str] = {}
    for record in reversed(records):
        known |= dict(zip(record.authors, record.families, strict=True))
    return tuple(known.get(name, name) for name in names)


@dataclass(frozen=True)
class Corrections:
    """The corrections of a folder, and what is wrong with them.

    Attributes:
        path: the file, as findings name it.
        entries: by work.
        findings: what is wrong with the file, each a ``bad-corrections`` with its place.
    """

    path: str = CORRECTIONS
    entries: Mapping[WorkId, Correction] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()

    @classmethod
    def load(cls, path: Path) -> "Corrections":
        """Read a file; one that is missing has no corrections."""
        name = path.as_posix()
        try:
            text = path.read_text(encoding="utf-8-sig")
        except FileNotFoundError:
            return cls(name)
        except UnicodeDecodeError:
            message, hint = "The corrections are no UTF-8 text", "Save the file as UTF-8."
        except OSError as error:
            message = f"The corrections cannot be read: {error.strerror or 'it is no file'}"
            hint = "Put the file in its place."
        else:
            return cls.read(text, name)
        return cls(name, findings=(Finding.of(_RULE, name, (1, 1), message, hint),))

    @classmethod
    def read(cls, text: str, path: str) -> "Corrections":
        """Read a file's text; `path` names it in findings. Faulty entries are left out."""
        reader = _Reader(path, _RULE)
        hint = "Begin each entry with a work, as in `arxiv:2401.05566:`."
        root = reader.compose(text, "The corrections are no list of works", hint)
        entries = {each.work: each for each in reader.corrections(root)}
        return cls(path, entries, tuple(sorted(reader.findings)))

    def applied(self, work: Work, before: Work | None = None) -> Work:
        """A record with what is corrected of it, if anything is."""
        found = self.entries.get(work.id)
        return found.applied(work, before) if found else work

    def stale(self, record_of: Callable[[WorkId], Work | None]) -> list[WorkId]:
        """The works whose records are ours to write and do not show their corrections."""
        records = ((found, record_of(work)) for work, found in self.entries.items())
        return [
            found.work
            for found, record in records
            if record and record.source == ARXIV and found.applied(record) != record
        ]

    def unapplied(self, record_of: Callable[[WorkId], Work | None]) -> Iterator[Finding]:
        """Yield the corrections that no record shows.

        Args:
            record_of: the record of a work, if there is one.
        """
        stale = self.stale(record_of)
        for work, found in self.entries.items():
            record = record_of(work)
            hint = f"Run `ethogram resolve {work.id}`."
            if record is None:
                yield self._unapplied(found, f"{work} has no record to be corrected", hint)
            elif record.source != ARXIV:
                said = f"{work} has its record in {record.source}, which people write"
                mend = f"Correct the record at line {record.line} of it, and take this out."
                yield self._unapplied(found, said, mend)
            elif work in stale:
                said = f"The record `{record.key}` does not show this correction of {work}"
                yield self._unapplied(found, said, hint)

    def _unapplied(self, found: Correction, message: str, hint: str) -> Finding:
        place = (found.line, 1)
        return Finding.of("unapplied-correction", self.path, place, message, hint)

    def needless(self, work: Work) -> Iterator[Finding]:
        """Yield a finding for each corrected field that arXiv says so itself by now.

        Args:
            work: what arXiv has just said.
        """
        found = self.entries.get(work.id)
        for name in found.needless(work) if found else ():
            message = f"arXiv says the same {name} of {work.id.id} by now"
            place = (found.lines.get(name, found.line) if found else 1, 1)
            yield Finding.of("needless-correction", self.path, place, message)


# -- reading ---------------------------------------------------------------------------------


class _Reader(NodeReader):
    """Turns the nodes of one file into corrections and collects what is wrong on the way."""

    def corrections(self, root: yaml.MappingNode | None) -> Iterator[Correction]:
        """Yield what is corrected; of a work that stands there twice, the first counts."""
        first: dict[WorkId, int] = {}
        for key, value in root.value if root else ():
            work = self.work(key)
            if work in first:
                message = f"{work} stands on line {first[work]}, too"
                self.fault(key, message, "Join the two into one.")
            elif work:
                first[work] = key.start_mark.line + 1
                before = len(self.findings)
                found = self.correction(work, key, value)
                if found and len(self.findings) == before:
                    yield found

    def work(self, node: yaml.Node) -> WorkId | None:
        """Read which work is meant: in one spelling only, so that none stands there twice."""
        text = node.value if isinstance(node, yaml.ScalarNode) else ""
        work = identify(text) if text else None
        if work and work.scheme == "arxiv" and text == str(work):
            return work
        said = f"{text!r} is no work on arXiv" if text else "What stands here is no work"
        hint = "Write it as arxiv:2401.05566."
        if work and work.scheme == "arxiv":
            said, hint = f"{text!r} is not how a work is named here", f"Write it as {work}."
        elif work:
            hint = "The record of a work that is not on arXiv is corrected in bib/other.bib."
        self.fault(node, said, hint)
        return None

    def correction(self, work: WorkId, key: yaml.Node, node: yaml.Node) -> Correction | None:
        """Read what stands behind a work."""
        if not isinstance(node, yaml.MappingNode):
            hint = f"Write fields below it, such as `title:`, and `{WHY}:`."
            self.fault(node, f"{work} is corrected in nothing", hint)
            return None
        parts = self.parts(node)
        values = {name: self.value(name, part) for name, part in parts.items() if name != WHY}
        why = self.why(key, parts.get(WHY), work)
        if not values and len(node.value) == len(parts):  # else what there is was told of
            self.fault(key, f"{work} is corrected in nothing", f"It may be in {_listed()}.")
        self.names(parts, values)
        lines = {name: part.start_mark.line + 1 for name, part in parts.items()}
        return Correction(work, values, why, key.start_mark.line + 1, lines)

    def parts(self, node: yaml.MappingNode) -> dict[str, yaml.Node]:
        """Read a mapping of fields, each at most once."""
        parts: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "a list"
            if name not in (*FIELDS, WHY):
                near = suggest(name, (*FIELDS, WHY))
                hint = f"Did you mean `{near}`?" if near else f"It may be {_listed()}."
                self.fault(key, f"{name!r} is no field that can be corrected", hint)
            elif name in parts:
                self.fault(key, f"`{name}` stands here twice", "Keep one of them.")
            else:
                parts[name] = value
        return parts

    def why(self, key: yaml.Node, node: yaml.Node | None, work: WorkId) -> str:
        """Read the reason, without which nobody could tell when it is no longer good."""
        if node is None:
            message = f"The correction of {work} does not say why"
            self.fault(key, message, f"Add a line `{WHY}:` with the reason.")
            return ""
        return self.text(WHY, node)

    def value(self, name: str, node: yaml.Node) -> _Value:
        """Read the value of a field."""
        if name in NAMES:
            return self.people(name, node)
        text = self.text(name, node, may_be_empty=name in MAY_BE_EMPTY)
        if name == "withdrawn":
            if text.lower() not in _BOOLS:
                self.fault(node, f"{text!r} says neither yes nor no", "Write `true` or `false`.")
            return _BOOLS.get(text.lower(), False)
        if text and (said := _misses(name, text)):
            self.fault(node, *said)
        return text

    def text(self, name: str, node: yaml.Node, may_be_empty: bool = False) -> str:
        """Read a text that says something, its white space folded."""
        text = " ".join(node.value.split()) if isinstance(node, yaml.ScalarNode) else ""
        empty = isinstance(node, yaml.ScalarNode) and node.tag != _NULL and not text
        if not isinstance(node, yaml.ScalarNode):
            self.fault(node, f"`{name}` is no text", "Write one text, in quotes if need be.")
        elif not (text and node.tag != _NULL) and not (empty and may_be_empty):
            hint = 'Write "" to take away what arXiv says.' if may_be_empty else "Write it out."
            self.fault(node, f"`{name}` says nothing", hint)
        elif not _is_text(text):
            hint = "Take them out, or type the letters themselves."
            self.fault(node, f"`{name}` has characters that no text can have", hint)
        return text

    def people(self, name: str, node: yaml.Node) -> tuple[str, ...]:
        """Read a list of names."""
        if not isinstance(node, yaml.SequenceNode) or not node.value:
            hint = f"Write `{name}: [Ada Lovelace, Charles Babbage]`."
            self.fault(node, f"`{name}` is no list of names", hint)
            return ()
        return tuple(self.text(name, each) for each in node.value)

    def names(self, parts: Mapping[str, yaml.Node], values: Mapping[str, _Value]) -> None:
        """See to it that family names and corporate authors are those of the authors."""
        authors, families = values.get("authors"), values.get("families")
        corporate = values.get("corporate", ())
        for name in NAMES[1:]:
            if name in values and not authors:
                hint = "Write all `authors` beside it."
                self.fault(parts[name], f"`{name}` stands without authors", hint)
        if not isinstance(authors, tuple) or not authors:
            return
        if isinstance(families, tuple) and len(families) != len(authors):
            message = f"{len(authors)} authors have {len(families)} family names"
            self.fault(parts["families"], message, "Write one for each author, in their order.")
        for name in corporate if isinstance(corporate, tuple) else ():
            if name not in authors:
                hint = "Write it as it stands among the authors."
                self.fault(parts["corporate"], f"{name!r} is none of the authors", hint)


def _misses(name: str, text: str) -> tuple[str, str] | None:
    """What is wrong with a field's text, and the mend; None if nothing is."""
    found = identify(text)
    if name == "date" and not is_date(text):
        return f"{text!r} is no date", "Write it as 2024-01-31."
    if name == "doi" and not (found and found.scheme == "doi"):
        return f"{text!r} is no published DOI", "Write it as 10.1000/x."
    if name == "url" and not found:
        return f"{text!r} is no address", "Write it with https://, as the browser shows it."
    return None


def _is_text(text: str) -> bool:
    """Whether a text can be written to a file, and shows on a page."""
    try:
        text.encode()
    except UnicodeEncodeError:  # half of a surrogate pair
        return False
    return not any(ord(mark) < 32 or 127 <= ord(mark) < 160 for mark in text)


def _listed() -> str:
    return f"{', '.join(FIELDS[:-1])} or {FIELDS[-1]}"
