"""The files for machines, read by other people's programs."""

import copy
import json
import os
import re
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import feedparser
import jsonschema
import pytest
import rispy
from bibtexparser import middlewares
from bibtexparser.entrypoint import parse_string as parse_bib
from bibtexparser.middlewares.names import NameParts
from citeproc import (
    Citation,
    CitationItem,
    CitationStylesBibliography,
    CitationStylesStyle,
    formatter,
)
from citeproc.source.json import CiteProcJSON
from click.testing import CliRunner, Result
from lxml import etree
from pybtex.database import parse_string

from building import ROOT, build, copy_site
from ethogram import bibtex, exports
from ethogram.bibliography import Bibliography
from ethogram.catalog import Catalog
from ethogram.cli import main
from ethogram.entries import join
from ethogram.exports import feed, formats
from ethogram.exports.cited import Cited, cite, short
from ethogram.exports.contents import Contents
from ethogram.findings import EthogramError
from ethogram.pages import metadata
from ethogram.reference import people
from ethogram.settings import site_beside
from ethogram.site import Site

SITE = Site("Tests & <more>", "What *is* known", "https://example.org/site/")
ATOM = "{http://www.w3.org/2005/Atom}"

RECORDS = r"""
@inproceedings{smith2020proceedings,
  title      = {The {\"O}sterreich {LaTeX} \& \$5 Question},
  author     = {Smith, Jr., John and de la Cruz, Mar{\'i}a and {Labs, Inc.}},
  booktitle  = {Proceedings of Tests},
  year       = 2020,
  pages      = {1--10},
  publisher  = {Tests \& Sons},
  annotation = {Read it.},
  url        = {https://example.org/smith?a=1&b=%20c},
}

@misc{wang2025emoji,
  title         = {{Emoji 😀 and 中文标题 "quoted" <b>bold</b> 50\%}},
  author        = {王, 小明 and Nguyễn, Văn and others},
  year          = {2025},
  date          = {2024-12-31},
  eprint        = {2501.00005},
  archiveprefix = {arXiv},
  note          = {12 pages},
  pubstate      = {withdrawn},
}

@misc{plato2025old,
  title         = {{An Old Claim}},
  author        = {Plato},
  year          = {2025},
  date          = {2025-02},
  eprint        = {2502.00006},
  archiveprefix = {arXiv},
}
"""
PAGE = """\
# Nasty

!!! note "[Emoji](https://arxiv.org/abs/2501.00005)"
    contradicts: 2502.00006
    models: "quoted", <i>model</i>

    # It & <b>said</b> "this\x0b\x01\ufffe" 😀 中文, and \\$O(n^2)\\$.

    1. one & two
    2. `code` &amp; ~~all~~

!!! note "[Emoji](https://arxiv.org/abs/2501.00005)"

    A second card of one work on one page.

!!! note "[A Question](https://example.org/smith?a=1&b=%20c)"
    behaviors: backdoor
    supersedes: 2502.00006
    fails-to-replicate: 2502.00006
    added: yesterday

    It ends.

!!! note "[Nobody <knows> it](https://arxiv.org/abs/2503.00007)"
    added: 2030-01-02

    A card without a record.
"""


@dataclass
class Export:
    """A site and its files."""

    catalog: Catalog
    files: dict[str, bytes]

    @classmethod
    def of(cls, folder: Path, site: Site = SITE) -> "Export":
        """The export of a folder with docs/ and bib/."""
        catalog = Catalog.load(folder / "docs", folder / "bib")
        files = list(exports.files(Contents(catalog, site)))
        assert len(files) == len(dict(files))  # no file is written twice
        return cls(catalog, dict(files))

    def text(self, path: str) -> str:
        """A file's text, its line ends as they are."""
        return self.files[path].decode()

    def json(self, path: str) -> Any:
        """A file's JSON."""
        return json.loads(self.files[path])

    def work(self, key: str, suffix: str) -> str:
        """The file of one work, which its page holds."""
        return dict(self.written[key].files("")).get(f".{suffix}", b"").decode()

    @cached_property
    def written(self) -> dict[str, formats.Formats]:
        """Every work in each format."""
        return {key: formats.of_work(work) for key, work in cite(self.catalog.entries).items()}

    @cached_property
    def data(self) -> Any:
        """papers.json."""
        return self.json("papers.json")

    @property
    def works(self) -> dict[str, Any]:
        """The works of papers.json by key."""
        return {work["key"]: work for work in self.data["works"]}

    def feed(self, path: str = "feed.xml") -> Any:
        """A feed as feedparser reads it, which finds nothing to complain of."""
        found = feedparser.parse(self.files[path])
        assert not found.bozo, found.get("bozo_exception")
        return found


@pytest.fixture(scope="module", params=["real", "test", "nasty"])
def export(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Export:
    """The real site, the shared test site, and the same with all that could go wrong."""
    if request.param == "real":
        return Export.of(ROOT)
    return Export.of(make(tmp_path_factory.mktemp("site") / "site", request.param == "nasty"))


@pytest.fixture(scope="module")
def nasty(tmp_path_factory: pytest.TempPathFactory) -> Export:
    """The test site with all that could go wrong."""
    return Export.of(make(tmp_path_factory.mktemp("site") / "site", nasty=True))


def make(folder: Path, nasty: bool) -> Path:
    """The shared test site in a folder of its own."""
    copy_site(folder)
    if nasty:
        other = folder / "bib/other.bib"
        other.write_text(other.read_text() + RECORDS)
        (folder / "docs/nasty.md").write_text(PAGE)
    return folder


# -- what the formats agree on ---------------------------------------------------------------

Told = tuple[str, int, tuple[tuple[str, str, str], ...], bool]
"""Title, year, names as (family, given, suffix), and whether that is all of them."""


def from_pybtex(export: Export) -> Iterator[tuple[str, Told]]:
    """papers.bib as pybtex reads it."""
    for key, entry in parse_string(export.text("papers.bib"), "bibtex").entries.items():
        names = [
            (
                plain(*person.prelast_names, *person.last_names),
                plain(*person.first_names, *person.middle_names),
                plain(*person.lineage_names),
            )
            for person in entry.persons["author"]
        ]
        yield key, told(entry.fields["title"], entry.fields["year"], names, plain)


def from_bibtexparser(export: Export) -> Iterator[tuple[str, Told]]:
    """papers.bib as bibtexparser reads it."""
    layers = [middlewares.SeparateCoAuthors(), middlewares.SplitNameParts()]
    library = parse_bib(export.text("papers.bib"), append_middleware=layers)
    assert not library.failed_blocks
    for entry in library.entries:
        names = [_bibtex_name(name) for name in entry["author"]]
        yield entry.key, told(entry["title"], entry["year"], names, plain)


def _bibtex_name(name: NameParts) -> tuple[str, str, str]:
    return plain(*name.von, *name.last), plain(*name.first), plain(*name.jr)


def from_rispy(export: Export) -> Iterator[tuple[str, Told]]:
    """papers.ris as rispy reads it."""
    for entry in rispy.loads(export.text("papers.ris")):
        names = [(*name.split(", "), "", "")[:3] for name in entry["authors"]]
        yield entry["id"], told(entry["title"], entry["year"], names)


def from_csl(export: Export) -> Iterator[tuple[str, Told]]:
    """papers.csl.json."""
    for item in export.json("papers.csl.json"):
        names = [_csl_name(name) for name in item["author"]]
        yield item["id"], told(item["title"], item["issued"]["date-parts"][0][0], names)


def _csl_name(name: dict[str, str]) -> tuple[str, str, str]:
    if "literal" in name:
        return name["literal"], "", ""
    family = f"{name.get('non-dropping-particle', '')} {name['family']}".strip()
    return family, name["given"], name.get("suffix", "")


def from_json(export: Export) -> Iterator[tuple[str, Told]]:
    """papers.json."""
    for work in export.data["works"]:
        names = [_csl_name(name) for name in work["authors"]]
        if not work["authors_complete"]:
            names.append(("others", "", ""))
        yield work["key"], told(work["title"], work["year"], names)


def told(
    title: str,
    year: str | int,
    names: list[tuple[str, str, str]],
    read: Callable[[str], str] = str,
) -> Told:
    """What a format tells of a work; commas in a name that has no parts are no matter."""
    shown = [(family.replace(",", ""), given, suffix) for family, given, suffix in names]
    whole = shown[-1:] != [("others", "", "")]
    return read(title), int(year), tuple(shown if whole else shown[:-1]), whole


def plain(*words: str) -> str:
    """Words of BibTeX as text."""
    return bibtex.plain(" ".join(words))


@pytest.mark.parametrize("read", [from_pybtex, from_bibtexparser, from_rispy, from_csl, from_json])
def test_formats_agree(
    export: Export, read: Callable[[Export], Iterator[tuple[str, Told]]]
) -> None:
    """Every record is in every format once, with its title, year and names to the letter."""
    found = list(read(export))
    assert [key for key, _ in found] == sorted(export.catalog.bibliography.works)
    for key, said in found:
        work = export.catalog.bibliography.works[key]
        names = [(person.family, person.given, person.suffix) for person in people(work)]
        if not work.authors_complete:
            names.append(("others", "", ""))
        assert said == told(work.title, work.year, names)


def test_numbers_and_addresses_agree(export: Export) -> None:
    """arXiv number, DOI and address are the same wherever they stand."""
    bib = parse_string(export.text("papers.bib"), "bibtex").entries
    ris = {entry["id"]: entry for entry in rispy.loads(export.text("papers.ris"))}
    csl = {item["id"]: item for item in export.json("papers.csl.json")}
    for key, work in export.works.items():
        arxiv = work["id"]["id"] if work["id"]["scheme"] == "arxiv" else None
        spelled = f"arXiv:{arxiv}" if arxiv else None
        assert bib[key].fields.get("eprint") == arxiv
        assert ris[key].get("accession_number") == csl[key].get("number") == spelled
        assert {plain(bib[key].fields.get("doi", "")) or None, ris[key].get("doi")} == {work["doi"]}
        assert csl[key].get("DOI") == work["doi"]
        assert csl[key]["URL"] == ris[key]["urls"][0] == work["address"]
        if arxiv:
            assert (bib[key].type, bib[key].fields["archiveprefix"]) == ("misc", "arXiv")
            assert bib[key].fields["url"] == work["address"] == f"https://arxiv.org/abs/{arxiv}"
            assert (csl[key]["type"], ris[key]["type_of_reference"]) == ("article", "UNPB")


def test_a_style_prints_every_work(export: Export) -> None:
    """A CSL processor makes a bibliography of the file, in which every title stands."""
    items = export.json("papers.csl.json")
    style = CitationStylesStyle("harvard-cite-them-right", validate=False)
    bibliography = CitationStylesBibliography(style, CiteProcJSON(items), formatter.plain)
    for item in items:
        bibliography.register(Citation([CitationItem(item["id"])]))
    printed = [str(line) for line in bibliography.bibliography()]
    assert len(printed) == len(items)
    for item in items:
        title = item["title"].replace('"', "").split(" ")[0]
        assert any(title in line and f"({item['issued']['date-parts'][0][0]})" in line
                   for line in printed)  # fmt: skip


# -- a work alone, and files of a page -------------------------------------------------------


def test_each_work_alone_is_as_among_all(export: Export) -> None:
    """What stands in the files of all works stands in those of each, letter by letter."""
    for suffix in ("bib", "ris"):
        whole = export.text(f"papers.{suffix}")
        for key in export.works:
            assert export.work(key, suffix) and export.work(key, suffix) in whole
    for item in export.json("papers.csl.json"):
        assert json.loads(export.work(item["id"], "csl.json")) == [item]


def test_the_address_of_a_file_holds_it(export: Export) -> None:
    """Letter by letter, whatever the record has; none of it ends an attribute or the address."""
    media = {
        "bib": "application/x-bibtex",
        "ris": "application/x-research-info-systems",
        "csl.json": "application/vnd.citationstyles.csl+json",
    }
    for key, written in export.written.items():
        found = dict(written.addresses())
        assert found.keys() == media.keys()
        for suffix, address in found.items():
            head, _, body = address.partition(",")
            assert head == f"data:{media[suffix]};charset=utf-8;base64"
            assert re.fullmatch(r"[\w+/]+=*", body, re.ASCII)
            assert b64decode(body).decode() == export.work(key, suffix)


def test_no_work_has_files_of_its_own(export: Export) -> None:
    """They would be most of a site's files, and cost more than all the rest of a build."""
    assert not [path for path in export.files if path.startswith("papers/")]


def test_each_page_has_its_works(nasty: Export) -> None:
    """Its own cards', those that name its behavior elsewhere, a group's; else none."""
    pages = {
        "security/backdoor": {
            *("hubinger2024sleeper hernandez2023linearity bender2021dangers nanda2023fact").split(),
            *("perez2022discovering mallory2024hostile okafor2025second li2025review").split(),
            "smith2020proceedings",
        },
        "nasty": {"wang2025emoji", "smith2020proceedings"},
        "hostile": {"mallory2024hostile"},
    }
    for stem, keys in pages.items():
        assert {item["id"] for item in nasty.json(f"{stem}.csl.json")} == keys
        assert set(parse_string(nasty.text(f"{stem}.bib"), "bibtex").entries) == keys
        assert {entry["id"] for entry in rispy.loads(nasty.text(f"{stem}.ris"))} == keys
    group = {item["id"] for item in nasty.json("security/index.csl.json")}
    assert group >= pages["security/backdoor"]
    assert "index.bib" not in nasty.files and "papers/index.bib" not in nasty.files


def test_a_page_does_not_take_the_place_of_all_works(tmp_path: Path) -> None:
    """A page by the name of their files leaves them as they are."""
    site = make(tmp_path / "site", nasty=False)
    card = '# T\n\n!!! note "https://arxiv.org/abs/2501.00003"\n\n    Words.\n'
    (site / "docs/papers.md").write_text(card)
    found = Export.of(site)  # which sees to it that no file is written twice
    assert len(found.json("papers.csl.json")) == len(found.works)


def test_further_fields_are_kept(nasty: Export) -> None:
    """Pages, publisher and the proceedings' name come along; so does a suffix of a name."""
    (item,) = json.loads(nasty.work("smith2020proceedings", "csl.json"))
    assert item["type"] == "paper-conference"
    assert (item["page"], item["publisher"]) == ("1-10", "Tests & Sons")
    assert item["container-title"] == "Proceedings of Tests"
    assert item["author"][:2] == [
        {"family": "Smith", "given": "John", "suffix": "Jr."},
        {"family": "Cruz", "given": "María", "non-dropping-particle": "de la"},
    ]
    (entry,) = rispy.loads(nasty.work("smith2020proceedings", "ris"))
    assert (entry["start_page"], entry["end_page"]) == ("1", "10")
    assert entry["authors"] == ["Smith, John, Jr.", "de la Cruz, María", "Labs Inc."]


def test_a_date_of_another_year_is_not_told(nasty: Export) -> None:
    """The year is the record's in every format, whatever its date says."""
    (item,) = json.loads(nasty.work("wang2025emoji", "csl.json"))
    assert item["issued"] == {"date-parts": [[2025]]}
    (item,) = json.loads(nasty.work("plato2025old", "csl.json"))
    assert item["issued"] == {"date-parts": [[2025, 2]]}


def one(folder: Path, record: str) -> Cited:
    """The only work of a folder whose records are these."""
    (folder / "other.bib").write_text(record, encoding="utf-8")
    bibliography = Bibliography.load(folder)
    assert not bibliography.findings
    (cited,) = cite(join((), bibliography, lambda _: "")).values()
    return cited


@pytest.mark.parametrize(
    ("kind", "field", "ris", "csl"),
    [
        ("book", "publisher", "BOOK", "book"),
        ("phdthesis", "school", "THES", "thesis"),
        ("techreport", "institution", "RPRT", "report"),
        ("dataset", "publisher", "DATA", "dataset"),
        ("software", "organization", "COMP", "software"),
        ("misc", "publisher", "UNPB", "article"),
    ],
)
def test_who_brought_a_work_out_is_no_journal(
    tmp_path: Path, kind: str, field: str, ris: str, csl: str
) -> None:
    """A book, thesis, report or data set appeared in nothing; its publisher is told as such."""
    record = (
        f"@{kind}{{it, title={{A}}, author={{B, C}}, year=2020, doi={{10.1000/x}}, {field}={{P}}}}"
    )
    cited = one(tmp_path, record)
    entry = parse_string(formats.to_bib(cited), "bibtex").entries["it"]
    assert entry.fields[field] == "P"
    assert "journal" not in entry.fields
    (read,) = rispy.loads(formats.to_ris(cited))
    assert (read["type_of_reference"], "secondary_title" in read) == (ris, False)
    item = formats.to_csl(cited)
    assert (item["type"], "container-title" in item) == (csl, False)
    assert "journal_title" not in dict(metadata.highwire(cited))
    assert "isPartOf" not in metadata.schema_org(cited, SITE)


def test_editors_are_no_authors(tmp_path: Path) -> None:
    """Who a record names as editors alone is told once, as what they are."""
    cited = one(
        tmp_path,
        "@proceedings{it, title={A}, year=2017, doi={10.1000/x}, "
        "editor={Knuth, Donald and {ACM, Inc.}}}",
    )
    entry = parse_string(formats.to_bib(cited), "bibtex").entries["it"]
    assert [*entry.persons] == ["editor"]
    (read,) = rispy.loads(formats.to_ris(cited))
    assert "authors" not in read
    assert "ED  - Knuth, Donald\r\nED  - ACM Inc.\r\n" in formats.to_ris(cited)
    item = formats.to_csl(cited)
    assert "author" not in item
    assert item["editor"] == [{"family": "Knuth", "given": "Donald"}, {"literal": "ACM, Inc."}]


@pytest.mark.parametrize(
    ("fields", "date"),
    [
        ("month = mar", ("2019", "03")),
        ("month = {March}", ("2019", "03")),
        ("month = {1}", ("2019", "01")),
        ("month = {Spring}", ("2019",)),
        ("date = {2019}, month = dec", ("2019", "12")),
        ("date = {2018-05-06}", ("2019",)),
    ],
)
def test_only_dates_of_the_calendar_are_told(
    tmp_path: Path, fields: str, date: tuple[str, ...]
) -> None:
    """A month counts however it is written; what is no date, or of another year, is left out."""
    cited = one(tmp_path, f"@misc{{it, title={{A}}, year=2019, doi={{10.1000/x}}, {fields}}}")
    assert cited.date == date
    assert formats.to_csl(cited)["issued"] == {"date-parts": [[int(part) for part in date]]}
    assert dict(metadata.highwire(cited))["publication_date"] == "/".join(date)
    written = parse_string(formats.to_bib(cited), "bibtex").entries["it"].fields.get("date")
    assert written in (None, "-".join(date))


def test_bibtex_compiles(tmp_path: Path) -> None:
    """Signs that mean something to LaTeX are escaped, in fields that people wrote, too."""
    cited = one(
        tmp_path,
        r"""@book{it, title={A}, year=2019, doi={10.1000/a_b}, ids={old_key, b&c},
        publisher={Tests & Sons_Press \& 5\% $a_1$ #1}, series={\url{a_b}}}""",
    )
    written = formats.to_bib(cited)
    assert r"{Tests \& Sons\_Press \& 5\% $a_1$ \#1}" in written
    assert "{10.1000/a_b}" in written
    assert "{old_key, b&c}" in written
    assert r"{\url{a_b}}" in written


@pytest.mark.parametrize(
    ("title", "written"),
    [
        (r"In $O(n^2)$, $\ell_2$ & $k$-NN", r"In $O(n^2)$, $\ell_2$ \& $k$-NN"),
        ("From $5 to $6", r"From \$5 to \$6"),
        (r"$\input{x}$", r"\$\textbackslash{}input\textbraceleft{}x\textbraceright{}\$"),
        ("$a_$", r"\$a\_\$"),
        ("$x^^5c$", r"\$x\textasciicircum{}\textasciicircum{}5c\$"),
    ],
)
def test_math_stays_math(tmp_path: Path, title: str, written: str) -> None:
    """LaTeX sets a title's math; what could be anything else is printed as it stands."""
    cited = one(tmp_path, r"@misc{it, title={A}, year=2019, doi={10.1000/x}}")
    cited = replace(cited, entry=replace(cited.entry, work=replace(cited.work, title=title)))
    entry = parse_string(formats.to_bib(cited), "bibtex").entries["it"]
    assert entry.fields["title"] == f"{{{written}}}"
    assert plain(entry.fields["title"]) == title


def test_a_work_without_authors_is_named_by_its_title(tmp_path: Path) -> None:
    """A bare year would name nothing."""
    work = one(tmp_path, "@misc{it, title={A Report}, year=2019, doi={10.1000/x}}").work
    assert short(work) == "A Report 2019"


def test_the_first_range_of_pages_counts(tmp_path: Path) -> None:
    """RIS and Highwire have room for two numbers."""
    cited = one(
        tmp_path,
        "@article{it, title={A}, year=2019, doi={10.1000/x}, pages={1--10, 12--14}, volume=3}",
    )
    (read,) = rispy.loads(formats.to_ris(cited))
    assert (read["start_page"], read["end_page"]) == ("1", "10")
    tags = dict(metadata.highwire(cited))
    assert (tags["firstpage"], tags["lastpage"], tags["volume"]) == ("1", "10", "3")


def test_ris_lines_end_as_its_specification_says(export: Export) -> None:
    """Each line ends in CR and LF, each record in ER."""
    text = export.text("papers.ris")
    assert text.count("\n") == text.count("\r\n")
    assert text.count("\r\nER  - \r\n") == len(export.works)


# -- what speaks against a work --------------------------------------------------------------

AGAINST = [
    ("perez2022discovering", "Contradicted by Okafor and Åström 2025 (okafor2025second)."),
    ("bender2021dangers", "Not replicated by Okafor and Åström 2025 (okafor2025second)."),
    ("vanderberg2025taken", "Retracted."),
    ("wang2025emoji", "Withdrawn by its authors."),
    ("plato2025old", "Not replicated by Smith et al. 2020 (smith2020proceedings)."),
    ("plato2025old", "Superseded by Smith et al. 2020 (smith2020proceedings)."),
]


@pytest.mark.parametrize(("key", "sentence"), AGAINST)
def test_every_format_tells_what_speaks_against(nasty: Export, key: str, sentence: str) -> None:
    """It says so in words, in every file that has the work."""
    (entry,) = parse_string(nasty.work(key, "bib"), "bibtex").entries.values()
    assert sentence in plain(entry.fields["annotation"])
    (entry,) = rispy.loads(nasty.work(key, "ris"))
    assert sentence in entry["notes"]
    (item,) = json.loads(nasty.work(key, "csl.json"))
    assert sentence in item["note"]
    assert sentence in nasty.works[key]["remarks"]
    for found in nasty.feed().entries:
        if found.link.endswith(f"#{key}"):
            assert sentence in found.summary and sentence in found.content[0].value
    if nasty.catalog.entries[key].cards:
        assert sentence in nasty.text("llms-full.txt")


@pytest.mark.parametrize(
    ("key", "status"), [("vanderberg2025taken", "retracted"), ("wang2025emoji", "withdrawn")]
)
def test_a_work_taken_back_is_marked(nasty: Export, key: str, status: str) -> None:
    """Where a style prints it, in a status of its own, and before the title of a feed's entry."""
    text = nasty.work(key, "bib")
    (entry,) = parse_string(text, "bibtex").entries.values()
    assert entry.fields["note"].startswith(("Retracted.", "Withdrawn by its authors. 12 pages"))
    assert (entry.fields["pubstate"], text.count("pubstate")) == (status, 1)
    assert json.loads(nasty.work(key, "csl.json"))[0]["status"] == status
    work = nasty.works[key]
    assert (work["status"], work["taken_back"]) == (status, True)
    heading = f"[{status.capitalize()}] {work['title']}"
    assert heading in [entry.title for entry in titles(nasty)]
    assert heading.replace("[", r"\[").split("]")[0] in nasty.text("llms-full.txt")


@dataclass
class Entry:
    """An entry of a feed as XML has it: feedparser takes what looks like HTML out of titles."""

    title: str


def titles(export: Export) -> list[Entry]:
    """The entries' titles to the letter."""
    root = etree.fromstring(export.files["feed.xml"])
    return [Entry(found.text or "") for found in root.iterfind(f"{ATOM}entry/{ATOM}title")]


def test_what_was_taken_back_speaks_for_nothing(nasty: Export) -> None:
    """A contradiction that a withdrawn work states is told as one that does not count."""
    relations = nasty.works["plato2025old"]["relations"]
    stated = {(each["kind"], each["stated_by"]): each["counts"] for each in relations}
    assert stated["contradicts", "wang2025emoji"] is False
    assert stated["fails-to-replicate", "smith2020proceedings"] is True
    assert "wang2025emoji" not in " ".join(nasty.works["plato2025old"]["remarks"])
    assert "2025 (wang2025emoji)" not in nasty.text("papers.bib")


def test_relations_are_told_both_ways(nasty: Export) -> None:
    """Each of the two works has the relation, in words that fit it."""
    told = {
        key: {(each["words"], each["work"], each["stated_by"]) for each in work["relations"]}
        for key, work in nasty.works.items()
    }
    source, target = "okafor2025second", "perez2022discovering"
    assert ("contradicts", target, source) in told[source]
    assert ("contradicted by", source, source) in told[target]


def test_an_annotation_by_hand_is_kept(nasty: Export) -> None:
    """No field stands twice, which pybtex takes for an error, and none is lost."""
    entries = parse_string(nasty.text("papers.bib"), "bibtex").entries
    assert entries["smith2020proceedings"].fields["annotation"] == "Read it."
    record = nasty.catalog.entries["plato2025old"]
    record = replace(record, work=replace(record.work, extra=(("annotation", "By {H}and."),)))
    cited = cite({**nasty.catalog.entries, "plato2025old": record})
    text = formats.to_bib(cited["plato2025old"])
    (entry,) = parse_string(text, "bibtex").entries.values()
    assert entry.fields["annotation"].startswith("Not replicated by Smith")
    assert entry.fields["annotation"].endswith(" By {H}and.")


# -- papers.json -----------------------------------------------------------------------------


def validator(export: Export) -> jsonschema.Draft202012Validator:
    """The schema that lies beside papers.json."""
    schema = export.json("papers.schema.json")
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def test_papers_json_keeps_its_schema(export: Export) -> None:
    """Every work, card and term is as the schema says."""
    errors = [error.json_path for error in validator(export).iter_errors(export.data)]
    assert not errors
    assert export.data["$schema"] == "https://example.org/site/papers.schema.json"
    assert len(export.data["cards"]) == len(export.catalog.cards)
    assert list(export.works) == sorted(export.catalog.bibliography.works)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda data: data.update(extra=1),
        lambda data: data.update(version="2.0"),
        lambda data: data.pop("cards"),
        lambda data: data["works"][0].update(surprise=True),
        lambda data: data["works"][0].pop("standing"),
        lambda data: data["works"][0].update(status="fine"),
        lambda data: data["works"][0].update(year="2024"),
        lambda data: data["works"][0]["authors"].append({"name": "A"}),
        lambda data: data["works"][0]["relations"].append({"kind": "likes"}),
        lambda data: data["cards"][0].update(added="yesterday"),
        lambda data: data["cards"][0].update(finding="text"),
        lambda data: data["taxonomy"]["groups"][0].update(slug="Not A Slug"),
    ],
)
def test_the_schema_refuses_what_is_broken(
    nasty: Export, spoil: Callable[[dict[str, Any]], object]
) -> None:
    """A name too many or too few, a wrong type, an unknown word."""
    data = copy.deepcopy(nasty.data)
    spoil(data)
    assert list(validator(nasty).iter_errors(data))


def test_every_object_of_the_schema_is_closed(nasty: Export) -> None:
    """No object may have a name that the schema does not tell of, nor one without a reason."""

    def objects(node: Any) -> Iterator[dict[str, Any]]:
        if isinstance(node, dict):
            if node.get("type") == "object":
                yield node
            for value in node.values():
                yield from objects(value)
        elif isinstance(node, list):
            for value in node:
                yield from objects(value)

    found = list(objects(nasty.json("papers.schema.json")))
    assert len(found) > 8
    assert all(each["additionalProperties"] is False and each["description"] for each in found)


def test_a_card_without_a_record_is_told(nasty: Export) -> None:
    """It is in papers.json, in the feed and in llms-full.txt: nothing is lost in silence."""
    (card,) = [card for card in nasty.data["cards"] if card["key"] is None]
    assert card["id"] == {"scheme": "arxiv", "id": "2503.00007"}
    assert (card["title"], card["anchor"]) == ("Nobody <knows> it", None)
    assert titles(nasty)[0].title == "Nobody <knows> it"
    assert r"### Nobody \<knows\> it" in nasty.text("llms-full.txt")


def test_a_card_is_told_as_it_is(nasty: Export) -> None:
    """Its finding without marks and control characters, its address, its fields as written."""
    first, second, third, _ = [c for c in nasty.data["cards"] if c["path"] == "nasty.md"]
    assert first["address"] == "https://example.org/site/nasty/#wang2025emoji"
    assert second["address"] == "https://example.org/site/nasty/"
    assert first["models"] == ['"quoted"', "<i>model</i>"]
    assert first["finding"][0] == 'It & said "this " 😀 中文, and $O(n^2)$.'
    assert third["added"] is None
    assert first["behaviors"] == [] and third["behaviors"] == ["backdoor"]


# -- feeds -----------------------------------------------------------------------------------


def test_feeds_are_atom(export: Export) -> None:
    """Each is well-formed, has an id, a title, a date and an author, and so has each entry."""
    paths = [path for path in export.files if path.endswith("feed.xml")]
    groups = [group.slug for group in export.catalog.taxonomy.groups]
    assert paths == ["feed.xml", *(f"{slug}/feed.xml" for slug in groups)]
    for path in paths:
        found = export.feed(path)
        assert found.version == "atom10"
        assert found.feed.id.startswith("urn:uuid:") and found.feed.updated_parsed
        assert (found.feed.author, found.feed.links[0].rel) == ("Tests & <more>", "self")
        assert found.feed.links[0].href == f"https://example.org/site/{path}"
        root = etree.fromstring(export.files[path])
        for entry in root.iterfind(f"{ATOM}entry"):
            for name in ("id", "title", "updated", "summary", "content"):
                assert (entry.findtext(f"{ATOM}{name}") or "").strip()


def test_a_feed_has_an_entry_for_each_card(export: Export) -> None:
    """Newest first, each with its work's title and authors, and with an id of its own."""
    found = export.feed()
    assert len(found.entries) == len(export.catalog.cards)
    assert len({entry.id for entry in found.entries}) == len(found.entries)
    days = [entry.updated for entry in found.entries]
    assert days == sorted(days, reverse=True)
    root = etree.fromstring(export.files["feed.xml"])
    by_title: dict[str, list[str]] = {}
    for entry in root.iterfind(f"{ATOM}entry"):
        names = [name.text or "" for name in entry.iterfind(f"{ATOM}author/{ATOM}name")]
        by_title[entry.findtext(f"{ATOM}title") or ""] = names
    for card in export.catalog.cards:
        if entry := export.catalog.entry(card):
            mark = (
                f"[{entry.status.capitalize()}] "
                if entry.status in ("retracted", "withdrawn")
                else ""
            )
            assert by_title[mark + entry.work.title] == list(entry.work.authors)


def test_an_entry_shows_its_numbers(nasty: Export) -> None:
    """DOI and arXiv number stand in its text, and it links to both."""
    (entry,) = [each for each in nasty.feed().entries if each.link.endswith("#li2025review")]
    assert entry.link == "https://example.org/site/deception/sandbagging/#li2025review"
    for text in (entry.summary, entry.content[0].value):
        assert "arXiv:2501.00002" in text and "doi:10.1000/182" in text
    related = [link.href for link in entry.links if link.rel == "related"]
    assert related == ["https://arxiv.org/abs/2501.00002", "https://doi.org/10.1000/182"]
    assert "sandbagging" in [tag.term for tag in entry.tags]


def test_a_card_is_dated_by_when_it_was_added(nasty: Export) -> None:
    """One that does not say so is as old as its work; a word that is no day says nothing."""
    days = {entry.link.rpartition("/")[2]: entry.updated for entry in nasty.feed().entries}
    assert days["#hubinger2024sleeper"] == "2026-11-21T00:00:00Z"
    assert days["#smith2020proceedings"] == "2020-01-01T00:00:00Z"
    assert days["#vanderberg2025taken"].startswith("20")
    assert nasty.feed().feed.updated == "2030-01-02T00:00:00Z"


def test_a_group_s_feed_leads_to_the_group(nasty: Export) -> None:
    """A feed's page is what it is a feed of; a subtitle that says nothing is none."""
    found = nasty.feed("security/feed.xml").feed
    assert found.link == "https://example.org/site/security/"
    assert nasty.feed("agency/feed.xml").feed.link == SITE.url  # it has no page yet
    bare = dict(exports.files(Contents(nasty.catalog, Site("Name", "", SITE.url))))
    assert b"<subtitle>" not in bare["feed.xml"]


def test_a_feed_is_of_the_newest(nasty: Export, monkeypatch: pytest.MonkeyPatch) -> None:
    """Beyond a thousand the oldest are left out, of the feed alone."""
    assert feed.NEWEST == 1_000
    monkeypatch.setattr(feed, "NEWEST", 2)
    files = dict(exports.files(Contents(nasty.catalog, SITE)))
    found = feedparser.parse(files["feed.xml"])
    assert [entry.id for entry in found.entries] == [e.id for e in nasty.feed().entries[:2]]
    assert files["papers.json"] == nasty.files["papers.json"]


def test_an_id_stays_when_the_site_moves(nasty: Export) -> None:
    """Who follows a feed is not shown everything again."""
    moved = dict(
        exports.files(Contents(nasty.catalog, replace(SITE, url="https://elsewhere.example/")))
    )
    found = feedparser.parse(moved["feed.xml"])
    assert [entry.id for entry in found.entries] == [e.id for e in nasty.feed().entries]


def test_nothing_from_outside_is_markup(nasty: Export) -> None:
    """What a feed's readers are shown has the tags that we write, and no other."""
    for entry in etree.fromstring(nasty.files["feed.xml"]).iterfind(f"{ATOM}entry"):
        content = etree.HTML(entry.findtext(f"{ATOM}content") or "")
        assert {found.tag for found in content.iter()} <= {"html", "body", "p", "strong", "a"}


# -- for language models ---------------------------------------------------------------------


def test_llms_txt_keeps_the_convention(export: Export) -> None:
    """A title, a quotation, then sections that hold nothing but lists of links."""
    blocks = export.text("llms.txt").strip().split("\n\n")
    assert blocks[0] == r"# Tests & \<more\>"
    assert blocks[1] == r"> What \*is\* known"
    assert [block for block in blocks if block.startswith("# ")] == blocks[:1]
    for heading, items in zip(blocks[3::2], blocks[4::2], strict=True):
        assert heading.startswith("## ")
        assert all(re.match(r"- \[.+\]\(https://\S+\): ", line) for line in items.split("\n"))
    assert "- [papers.json](https://example.org/site/papers.json): " in blocks[-1]


def test_llms_txt_counts(nasty: Export) -> None:
    """A behavior has its address, its definition, how many cards, and how well it stands."""
    term = nasty.catalog.taxonomy.terms["backdoor"]
    count = len(nasty.catalog.by_term["backdoor"])
    line = (
        f"- [{term.label}](https://example.org/site/security/backdoor/): {term.definition} "
        f"({count} cards, contested)"
    )
    assert line in nasty.text("llms.txt").split("\n")


def test_llms_full_txt_is_everything(export: Export) -> None:
    """Every term with its definition, every finding with its reference."""
    text = export.text("llms-full.txt").replace("\\", "")
    for term in export.catalog.taxonomy.terms.values():
        assert f"- {term.label} (`{term.slug}`): {term.definition}" in text
    for card in export.data["cards"]:
        assert f"{card['title']}\n" in text
        for paragraph in card["finding"]:
            assert paragraph.replace("\\", "") in text


# -- the whole -------------------------------------------------------------------------------


def test_nothing_unprintable_is_written(export: Export) -> None:
    """No control character but line ends, nothing that XML forbids, in any file."""
    for path, data in export.files.items():
        text = data.decode()
        assert not set(text) & {*map(chr, range(32)), "\x7f", "\ufffe"} - {"\n", "\r"}, path


def test_a_site_without_an_address(nasty: Export) -> None:
    """Addresses are then relative to the site, which a feed says of itself."""
    files = dict(exports.files(Contents(nasty.catalog, Site("Tests"))))
    data = json.loads(files["papers.json"])
    assert not list(validator(nasty).iter_errors(data))
    assert data["site"]["url"] is None
    assert data["cards"][0]["address"].startswith("deception/")
    top, group = files["feed.xml"].decode(), files["security/feed.xml"].decode()
    assert 'xml:base="./"' in top and 'xml:base="../"' in group
    assert not feedparser.parse(top).bozo
    assert "(papers.json)" in files["llms.txt"].decode()


def test_a_site_without_anything(tmp_path: Path) -> None:
    """An empty site has all files of all works, valid and empty."""
    (tmp_path / "docs").mkdir()
    empty = Export.of(tmp_path)
    assert not list(validator(empty).iter_errors(empty.data))
    assert empty.json("papers.csl.json") == []
    assert (empty.files["papers.bib"], empty.files["papers.ris"]) == (b"", b"")
    assert not empty.feed().entries
    assert empty.text("llms.txt").startswith("# ")


def run(*words: str) -> Result:
    """Run the command in this process."""
    return CliRunner().invoke(main, words, catch_exceptions=False)


def test_the_same_bytes_every_time(tmp_path: Path) -> None:
    """Whatever order Python keeps its sets in."""
    site = make(tmp_path / "site", nasty=True)
    for seed in ("1", "2"):
        subprocess.run(
            [sys.executable, "-m", "ethogram.cli", "export", "--to", tmp_path / seed],
            cwd=site,
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(ROOT / "hooks")},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            check=False,  # a card of the nasty page has no record
        )
    first, second = (read(tmp_path / seed) for seed in ("1", "2"))
    assert first and first == second


def read(folder: Path) -> dict[str, bytes]:
    """All files of a folder by their paths in it."""
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in files}


def test_export_writes_what_a_build_writes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same files, byte by byte, with the name and address of mkdocs.yml."""
    site = make(tmp_path / "site", nasty=True)
    built = build(site)
    assert built.returncode == 0, built.stdout
    monkeypatch.chdir(site)
    result = run("export", "--to", "out")
    assert result.exit_code == 0
    exported, whole = read(site / "out"), read(site / "site")
    assert exported
    for path, data in exported.items():
        assert whole[path] == data, path
    assert result.output == f"out: {len(exported)} files of 12 works, 14 cards\n"
    assert b"http://127.0.0.1:8000/papers/" in exported["papers.json"]


def test_export_names_what_it_could_not_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is missing from the files is said, once, and the exit code is that of findings."""
    site = make(tmp_path / "site", nasty=False)
    (site / "docs/broken.md").write_bytes(b"\xff\xfe")
    (site / "bib/broken.bib").write_text("@misc{broken,\n  title = {A},\n")
    monkeypatch.chdir(site)
    result = run("export", "--to", "out")
    assert result.exit_code == 1
    assert "docs/broken.md:1:1" in result.stderr
    assert result.stderr.count("bib/broken.bib:1") == 1
    assert (site / "out/papers.json").exists()


def test_export_refuses_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file where the folder should be, a folder that cannot be made, pages that are not there."""
    site = make(tmp_path / "site", nasty=False)
    monkeypatch.chdir(site)
    Path("taken").touch()
    result = run("export", "--to", "taken")
    assert result.exit_code == 2 and "is a file" in result.stderr
    result = run("export", "--to", "taken/out")
    assert result.exit_code == 1
    assert result.stderr == "ethogram: taken/out cannot be written to: Not a directory.\n"
    Path("full/feed.xml").mkdir(parents=True)
    result = run("export", "--to", "full")
    assert result.exit_code == 1
    assert result.stderr == "ethogram: full/feed.xml cannot be written to: Is a directory.\n"
    assert run("export", "--to", "out", "--docs", "nowhere").exit_code == 2
    result = run("export", "--to", "out", "--bib", "nowhere")
    assert result.exit_code == 2 and "There is no folder nowhere with records." in result.stderr
    assert run("export").exit_code == 2
    assert "--to DIR" in run("export", "--help").output


def test_the_site_is_what_mkdocs_yml_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, description, address and the form of addresses; a variable counts as in a build."""
    docs, settings = tmp_path / "docs", tmp_path / "mkdocs.yml"
    docs.mkdir()
    assert site_beside(docs) == Site()
    settings.write_text("site_name: A & B\nsite_url: https://a.example/b\n")
    assert site_beside(docs) == Site("A & B", "", "https://a.example/b/")
    settings.write_text(
        "site_name: A\nsite_url: !ENV [SOME_URL, '']\nsite_description: D\n"
        "use_directory_urls: false\n"
    )
    assert site_beside(docs) == Site("A", "D", "", directory_urls=False)
    monkeypatch.setenv("SOME_URL", "https://c.example/")
    assert site_beside(docs).url == "https://c.example/"


@pytest.mark.parametrize(
    "line", ["site_name: [a]", "site_url: nowhere", "use_directory_urls: maybe", "x: ["]
)
def test_a_site_that_makes_no_sense(tmp_path: Path, line: str) -> None:
    """The fault is named with its place."""
    (tmp_path / "docs").mkdir()
    (tmp_path / "mkdocs.yml").write_text(f"# comment\n{line}\n")
    with pytest.raises(EthogramError, match=r"mkdocs.yml:[23]: "):
        site_beside(tmp_path / "docs")
