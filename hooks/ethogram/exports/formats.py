"""The formats of one work that reference managers read: BibTeX, RIS and CSL-JSON."""

import json
import re
from base64 import b64encode
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from ethogram import bibtex
from ethogram.exports.cited import TAKEN, Cited
from ethogram.record import Work, to_bibtex
from ethogram.reference import Person, Sort, inverted

MEDIA_TYPES = {
    "bib": "application/x-bibtex",
    "ris": "application/x-research-info-systems",
    "csl.json": "application/vnd.citationstyles.csl+json",
}
"""What each format of `site.SUFFIXES` is called on the web."""


class Formats(NamedTuple):
    """One work, or the works of one page, in each of the formats of `site.SUFFIXES`."""

    bib: str
    ris: str
    csl: str

    def files(self, stem: str) -> Iterator[tuple[str, bytes]]:
        """Yield the files, each with its path: `deception/sandbagging.bib` and its like."""
        for suffix, text in self._texts():
            yield f"{stem}.{suffix}", text.encode()

    def addresses(self) -> Iterator[tuple[str, str]]:
        """Yield each format's suffix, and an address that holds the file itself (RFC 2397).

        No sign of it means anything to HTML; percent signs would take a hundred times as long.
        """
        for suffix, text in self._texts():
            data = b64encode(text.encode()).decode()
            yield suffix, f"data:{MEDIA_TYPES[suffix]};charset=utf-8;base64,{data}"

    def _texts(self) -> Iterator[tuple[str, str]]:
        yield "bib", self.bib
        yield "ris", self.ris
        yield "csl.json", f"[{self.csl}]\n"


def of_work(cited: Cited) -> Formats:
    """Write a work in each format."""
    return Formats(to_bib(cited), to_ris(cited), to_json(to_csl(cited)))


def joined(works: Sequence[Formats]) -> Formats:
    """Several works in each format, in their order."""
    return Formats(
        "\n".join(work.bib for work in works),
        "".join(work.ris for work in works),
        ",\n".join(work.csl for work in works),
    )


_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def to_json(value: object) -> str:
    """Write JSON as small as it gets; it stays readable where names are not English."""
    return _JSON.encode(value)


# -- BibTeX ----------------------------------------------------------------------------------


def to_bib(cited: Cited) -> str:
    """A work as LaTeX takes it: its record, with its address and what speaks against it.

    No style prints an `annotation`. That a work was taken back stands in its `note` as well, which
    every style prints.
    """
    work, added = _as_latex(cited), {}
    if cited.arxiv and not work.url:
        added["url"] = work.id.address
    if cited.remarks:
        added["annotation"] = bibtex.escape(" ".join(cited.remarks))
    if cited.taken:
        added["pubstate"] = cited.taken
        note = f"{TAKEN[cited.taken]} {work.note}"
        work = replace(work, note=note, withdrawn=False)
    for name, raw in work.extra:
        if name in added:  # a field that stands twice is an error to many programs
            added[name] += f" {raw}" if name == "annotation" else ""
            work = replace(work, extra=tuple(each for each in work.extra if each[0] != name))
    lines = "".join(f"  {name:<13} = {{{value}}},\n" for name, value in added.items())
    return _with_math(to_bibtex(work), work.title)[: -len("}\n")] + lines + "}\n"


# Fields that programs take as they stand; in all others such a sign ends what LaTeX prints.
_VERBATIM = frozenset(
    "url doi eprint ids crossref xref xdata related entryset file isbn issn urlraw pdf".split()
)
_SPECIAL = re.compile(r"(\\.|\$(?:[^$\\]|\\.)*\$)|([&%#_])", re.DOTALL)


def _as_latex(cited: Cited) -> Work:
    """A record in which nothing is told twice, and whose further fields LaTeX can print.

    Those who are its editors only are not its authors, nor is its publisher a journal: styles would
    print both.
    """
    work = cited.work
    if work.journal != cited.container:
        work = replace(work, journal=cited.container)
    told = "-".join(cited.date) if len(cited.date) > 1 else ""
    if work.date and work.date != told:  # biblatex takes its year for the work's
        work = replace(work, date=told)
    if cited.edited:
        work = replace(work, authors=(), families=(), authors_complete=True)
    if work.extra:
        extra = tuple((name, _printed(name, raw)) for name, raw in work.extra)
        work = work if extra == work.extra else replace(work, extra=extra)
    return work


def _printed(name: str, raw: str) -> str:
    """A further field with the signs escaped that people forget to: `Tests & Sons`."""
    if name in _VERBATIM or "\\url" in raw or "\\href" in raw:
        return raw
    return _SPECIAL.sub(lambda found: found[1] or f"\\{found[2]}", raw)


# Math as pandoc tells it from sums of money, of what every LaTeX can set and nothing that it runs.
_MATH = re.compile(r"\$(?=\S)[^$]+(?<=\S)\$(?![0-9])")
_SETTABLE = re.compile(
    r"\$(?:[\w +*/=<>()\[\]|.,:;!'{}-]|\^(?=[\w{\\*+-])|\\(?:"
    r"alpha|beta|gamma|delta|(?:var)?epsilon|zeta|eta|(?:var)?theta|iota|kappa|lambda|mu|nu|xi|pi|rho"
    r"|sigma|tau|(?:var)?phi|chi|psi|omega|Gamma|Delta|Theta|Lambda|Xi|Pi|Sigma|Phi|Psi|Omega"
    r"|ell|infty|times|cdot|pm|leq?|geq?|neq?|approx|sim|to|rightarrow|log|exp"
    r"|sqrt|mathcal|mathbf|mathrm|mathit)(?![A-Za-z]))+\$",
    re.ASCII,
)


def _with_math(bib: str, title: str) -> str:
    """A record in which the math of its title is math again."""
    for math in _MATH.findall(title):
        if _SETTABLE.fullmatch(math) and _is_balanced(math):
            bib = bib.replace(bibtex.escape(math), math)
    return bib


def _is_balanced(text: str) -> bool:
    """Whether every brace that is closed was opened, and the other way around."""
    depth = 0
    for sign in text:
        depth += (sign == "{") - (sign == "}")
        if depth < 0:
            return False
    return depth == 0 and "^^" not in text and not re.search(r"_(?![A-Za-z0-9{\\])", text)


# -- RIS -------------------------------------------------------------------------------------

_RIS: dict[Sort, str] = {
    "preprint": "UNPB",
    "article": "JOUR",
    "conference": "CONF",
    "chapter": "CHAP",
    "book": "BOOK",
    "thesis": "THES",
    "report": "RPRT",
    "dataset": "DATA",
    "software": "COMP",
    "page": "ELEC",
}


def to_ris(cited: Cited) -> str:
    """A work in RIS, whose lines end in CR and LF: so its specification wants it.

    Programs that split at LF alone strip the CR with the white space at a line's end.
    """
    lines = [f"{tag}  - {value}\r\n" for tag, value in _ris(cited) if value]
    return f"{''.join(lines)}ER  - \r\n\r\n"


def _ris(cited: Cited) -> Iterator[tuple[str, str]]:
    work = cited.work
    yield "TY", _RIS[cited.sort]
    yield "ID", work.key
    for person in () if cited.edited else cited.people:
        yield "AU", inverted(person)
    yield "AU", "" if work.authors_complete else "others"
    for person in cited.editors:
        yield "ED", inverted(person)
    yield "PY", cited.date[0]
    yield "DA", "/".join(cited.date) if len(cited.date) > 1 else ""
    yield "TI", work.title
    yield "T2", cited.container
    yield "PB", cited.publisher
    yield "DO", work.doi
    yield "UR", work.id.address
    yield "UR", work.url if work.url != work.id.address else ""
    yield "AN", cited.arxiv
    for note in (*cited.remarks, work.note):
        yield "N1", note
    if cited.also:
        yield from _ris_place(cited)


def _ris_place(cited: Cited) -> Iterator[tuple[str, str]]:
    first, last = cited.first_and_last
    yield "VL", cited.also.get("volume", "")
    yield "IS", cited.also.get("number", "")
    yield "SP", first
    yield "EP", last


# -- CSL-JSON --------------------------------------------------------------------------------

_CSL: dict[Sort, str] = {
    "preprint": "article",
    "article": "article-journal",
    "conference": "paper-conference",
    "chapter": "chapter",
    "book": "book",
    "thesis": "thesis",
    "report": "report",
    "dataset": "dataset",
    "software": "software",
    "page": "webpage",
}


def to_csl(cited: Cited) -> dict[str, Any]:
    """A work as CSL-JSON, https://docs.citationstyles.org/en/stable/specification.html."""
    work = cited.work
    item = {
        "id": work.key,
        "type": _CSL[cited.sort],
        "title": work.title,
        "author": [] if cited.edited else _csl_names(cited),
        "editor": [*map(_csl_name, cited.editors)],
        "issued": {"date-parts": [[int(part) for part in cited.date]]},
        "container-title": cited.container,
        "publisher": cited.publisher,
        "number": cited.arxiv,
        "DOI": work.doi,
        "URL": work.id.address,
        "status": cited.taken,
        "note": " ".join(filter(None, (*cited.remarks, work.note))),
    }
    if cited.also:
        item["volume"] = cited.also.get("volume", "")
        item["number" if cited.sort == "report" else "issue"] = cited.also.get("number", "")
        item["page"] = cited.pages
    return {name: value for name, value in item.items() if value}


def _csl_names(cited: Cited) -> list[dict[str, str]]:
    """The authors. CSL has no word for a list that goes on: "others" is what pandoc makes of it."""
    names = [_csl_name(person) for person in cited.people]
    return names if cited.work.authors_complete else [*names, {"literal": "others"}]


def _csl_name(person: Person) -> dict[str, str]:
    if person.literal:
        return {"literal": person.family}
    particle, family = _particle(person.family)
    name = {"family": family, "given": person.given}
    if particle:
        name["non-dropping-particle"] = particle
    if person.suffix:
        name["suffix"] = person.suffix
    return name


def _particle(family: str) -> tuple[str, str]:
    """Part "van der Berg" into "van der" and "Berg"; the last word is never a particle."""
    words = family.split(" ")
    count = 0
    while count < len(words) - 1 and words[count][:1].islower():
        count += 1
    return " ".join(words[:count]), " ".join(words[count:])
