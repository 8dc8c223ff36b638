"""`sources.csl`: what Crossref and DataCite answer becomes a record that reads back."""

import tempfile
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pybtex.database import parse_string
from pybtex.style.formatting.plain import Style

from ethogram.bibliography import append, to_bibtex
from ethogram.findings import EthogramError
from ethogram.sources import csl
from ethogram.sources.sketch import Sketch
from ethogram.works import WorkId
from sources.test_dates import ANYTHING

DAY = date(2026, 11, 21)
DOI = WorkId("doi", "10.1000/x")
# As Crossref has it, shortened.
ARTICLE: dict[str, Any] = {
    "indexed": {"date-parts": [[2025, 3, 1]], "date-time": "2025-03-01T01:00:00Z", "timestamp": 1},
    "publisher": "Springer Science and Business Media LLC",
    "issue": "8",
    "published-print": {"date-parts": [[2024, 8]]},
    "DOI": "10.1000/X",
    "type": "article-journal",
    "created": {"date-parts": [[2023, 12, 1]]},
    "page": "1099-1106",
    "source": "Crossref",
    "is-referenced-by-count": 12,
    "title": "Larger &amp; more <i>instructable</i> models",
    "prefix": "10.1000",
    "volume": "634",
    "author": [
        {"given": "Lexin", "family": "Zhou", "sequence": "first", "affiliation": []},
        {"given": "José", "family": "Hernández-Orallo", "sequence": "additional"},
        {"name": "The Evaluation Consortium", "sequence": "additional"},
    ],
    "container-title": "Nature",
    "language": "en",
    "subtitle": [],
    "issued": {"date-parts": [[2024, 7, 25]]},
    "URL": "https://doi.org/10.1000/x",
    "ISSN": ["0028-0836", "1476-4687"],
    "relation": {},
}


def sketch(**changes: Any) -> Sketch:
    """The sketch of the article, with other fields; None takes one out."""
    said = {name.replace("_", "-"): value for name, value in changes.items()}
    return csl.read({name: value for name, value in (ARTICLE | said).items() if value is not None})


def test_an_article_is_whole() -> None:
    """Title, names, first date, journal, volume, issue, pages and publisher come over."""
    assert to_bibtex(sketch().work(DOI, DAY)) == (
        "@article{zhou2024larger,\n"
        "  title         = {{Larger \\& more instructable models}},\n"
        "  author        = {Zhou, Lexin and Hernández-Orallo, José and {The Evaluation"
        " Consortium}},\n"
        "  year          = {2024},\n"
        "  date          = {2024-07-25},\n"
        "  doi           = {10.1000/x},\n"
        "  journal       = {Nature},\n"
        "  urldate       = {2026-11-21},\n"
        "  number        = {8},\n"
        "  pages         = {1099--1106},\n"
        "  publisher     = {Springer Science and Business Media LLC},\n"
        "  volume        = {634},\n"
        "}\n"
    )


TYPES = [
    ("article-journal", "article"),
    ("journal-article", "article"),
    ("paper-conference", "inproceedings"),
    ("proceedings-article", "inproceedings"),
    ("chapter", "incollection"),
    ("book-chapter", "incollection"),
    ("book", "book"),
    ("monograph", "book"),
    ("report", "techreport"),
    ("thesis", "phdthesis"),
    ("dissertation", "phdthesis"),
    ("posted-content", "misc"),
    ("article", "misc"),
    ("dataset", "dataset"),
    ("software", "software"),
    ("webpage", "online"),
    ("something-new", "misc"),
    (None, "misc"),
    (["article-journal"], "misc"),
]


@pytest.mark.parametrize(("said", "kind"), TYPES)
def test_types_are_those_of_bibtex(said: Any, kind: str, tmp_path: Path) -> None:
    """Each reads back, and the style that the site cites by finds all that it needs."""
    work = sketch(type=said).work(DOI, DAY)
    assert work.type == kind
    assert append(tmp_path, work) == work
    entries = parse_string(to_bibtex(work), "bibtex").entries.values()
    (shown,) = Style().format_entries(list(entries))
    assert "instructable models" in str(shown.text)


@pytest.mark.parametrize("kind", sorted({said for said, _ in TYPES if isinstance(said, str)}))
@pytest.mark.parametrize("missing", ["author", "container-title", "publisher", "page"])
def test_what_a_type_needs_and_lacks(kind: str, missing: str, tmp_path: Path) -> None:
    """A style fails on an article without a journal: such a work is a `misc`, and still cited."""
    work = sketch(**{"type": kind, missing.replace("-", "_"): None}).work(DOI, DAY)
    assert append(tmp_path, work) == work
    entries = parse_string(to_bibtex(work), "bibtex").entries.values()
    (shown,) = Style().format_entries(list(entries))
    assert "instructable models" in str(shown.text)


def test_a_preprint_names_its_server() -> None:
    """`institution` is who hosts it; the publisher of bioRxiv's DOIs is the laboratory behind."""
    found = sketch(
        type="posted-content",
        container_title=[],
        publisher="Cold Spring Harbor Laboratory",
        institution=[{"name": "bioRxiv"}],
    )
    assert found.work(DOI, DAY).journal == "bioRxiv"


def test_a_masters_thesis() -> None:
    """The type of a thesis is told by its genre."""
    assert sketch(type="thesis", genre="Master's thesis").work(DOI, DAY).type == "mastersthesis"


def test_lists_stand_for_their_first() -> None:
    """Crossref's own answers have lists of titles; a subtitle stands behind a colon."""
    found = sketch(title=["", "Main"], subtitle=["The rest"], container_title=["Nature", "Nat."])
    assert (found.title, found.container) == ("Main: The rest", "Nature")
    series = ["Lecture Notes in Computer Science", "Computer Vision \u2013 ECCV 2024"]
    for kind in ("chapter", "paper-conference"):  # Springer's: the series, then the volume
        assert sketch(type=kind, container_title=series).container == series[1]
    assert sketch(title="Why?", subtitle=["Because"]).title == "Why? Because"
    assert sketch(title="Main: the rest", subtitle=["The Rest"]).title == "Main: the rest"


def test_a_doi_is_no_page() -> None:
    """An article's number stands for its pages, but for Distill's, which is the DOI."""
    assert sketch(page=None, article_number="e7").pages == "e7"
    assert sketch(page="", article_number="10.1000/x").pages == ""


def test_the_date_is_that_of_publication() -> None:
    """Without `issued`, the other dates of publication count; the register's own never does."""
    none = {"date-parts": [[None]]}
    assert sketch(issued=none).date == "2024-08"
    assert sketch(issued=none, published_print=None).date == ""
    with pytest.raises(EthogramError, match=r"names no year.*--year.*other\.bib"):
        sketch(issued=none, published_print=None).work(DOI, DAY)


def test_editors_stand_in_for_authors() -> None:
    """As in every record here, a volume without authors has its editors' names."""
    found = sketch(type="book", author=None, editor=[{"given": "Ed", "family": "Itor"}])
    assert found.work(DOI, DAY).authors == ("Ed Itor",)


@pytest.mark.parametrize(
    "changes",
    [
        {"relation": {"has-preprint": [{"id-type": "doi", "id": "10.48550/arXiv.2401.05566"}]}},
        {"relation": {"has-preprint": [{"id-type": "arxiv", "id": "2401.05566v2"}]}},
        {"relation": {"is-same-as": [{"id": "https://arxiv.org/abs/2401.05566"}]}},
        {"URL": "https://arxiv.org/abs/2401.05566"},
        {"archive": "arXiv", "archive_location": "2401.05566"},
        {"container_title": "arXiv preprint arXiv:2401.05566"},
        {"container_title": "CoRR", "volume": "abs/2401.05566"},
    ],
    ids=str,
)
def test_what_is_on_arxiv_is_found(changes: dict[str, Any]) -> None:
    """Wherever a register says that it is the same paper."""
    said = {"archive_location": "archive_location"}
    item = ARTICLE | {said.get(n, n.replace("_", "-")): v for n, v in changes.items()}
    assert csl.read(item).lead("arxiv") == WorkId("arxiv", "2401.05566")


@pytest.mark.parametrize(
    "relation",
    [
        {"cites": [{"id": "10.48550/arXiv.2401.05566"}]},
        {"is-review-of": [{"id": "10.48550/arXiv.2401.05566"}]},
        {"has-preprint": {"id": "10.48550/arXiv.2401.05566"}},
        {"has-preprint": [None, "2401.05566", {"id": {}}]},
        [],
        "arXiv:2401.05566",
    ],
    ids=str,
)
def test_another_paper_is_not_this_one(relation: Any) -> None:
    """What is cited or reviewed is another work, and broken relations are none."""
    assert sketch(relation=relation).lead("arxiv") is None


def test_what_is_too_long_is_told() -> None:
    """A title or a name of ten thousand characters is nothing that a page should show."""
    with pytest.raises(EthogramError, match="title has 5000 characters"):
        sketch(title="x" * 5000).work(DOI, DAY)
    with pytest.raises(EthogramError, match="name has more than 300"):
        sketch(author=[{"family": "x" * 5000, "given": "y"}]).work(DOI, DAY)
    with pytest.raises(EthogramError, match="more than 10000 authors"):
        sketch(author=[{"family": f"X{n}", "given": "Y"} for n in range(10_001)]).work(DOI, DAY)
    found = sketch(volume="9" * 500, container_title="x" * 5000).work(DOI, DAY)
    assert (found.type, "volume" in dict(found.extra)) == ("misc", False)


def test_a_key_is_short_enough_for_a_folder() -> None:
    """A work's page lies in a folder of that name; a Chinese title is one long word."""
    found = sketch(title="大型语言模型的越狱攻击与防御方法研究综述" * 9).work(DOI, DAY)
    assert len(found.key) == 100 and found.key.startswith("zhou2024")


FIELDS = ["title", "author", "issued", "type", "container-title", "publisher", "volume", "page"]
TEXTS = st.text(max_size=30) | st.sampled_from(["{", "}", "\\", "$x$", "a, b and c", "100% & #_~^"])


@given(st.dictionaries(st.sampled_from([*FIELDS, "relation", "institution", "event"]), ANYTHING))
def test_nothing_makes_it_raise(said: dict[str, Any]) -> None:
    """Whatever the JSON is made of, there is a sketch, and a record or a sentence."""
    with suppress(EthogramError):
        assert csl.read(said).work(DOI, DAY).title


@given(TEXTS, TEXTS, TEXTS, TEXTS, st.sampled_from([said for said, _ in TYPES]))
def test_what_is_read_reads_back(
    title: str, family: str, given_name: str, container: str, kind: Any
) -> None:
    """Hostile titles, names and journals stand in other.bib as they are, or a sentence says not."""
    author = [{"family": family, "given": given_name}, {"literal": container}]
    found = sketch(title=f"T {title}", author=author, container_title=container, type=kind)
    with tempfile.TemporaryDirectory() as folder:
        work = found.work(DOI, DAY)
        assert append(Path(folder), work) == work
