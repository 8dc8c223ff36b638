"""A work as people refer to it: its names in parts, and a line of text."""

import pytest

from ethogram.record import Work
from ethogram.reference import Person, listed, people, plain, sort
from ethogram.works import WorkId

ARXIV = WorkId("arxiv", "2401.05566")
DOI = WorkId("doi", "10.1000/182")
PAGE = WorkId("url", "https://example.org/post")


def work(id: WorkId = ARXIV, title: str = "A Title", **parts: object) -> Work:
    """A record with what matters to a test."""
    given = {"authors": ("Jo van der Berg",), **parts}
    return Work(id=id, key="key", title=title, year=2024, **given)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("name", "parts"),
    [
        ("Jo van der Berg", Person("van der Berg", "Jo")),
        ("John Smith Jr.", Person("Smith", "John", "Jr.")),
        ("明 李", Person("李", "明")),
        ("Plato", Person("Plato", literal=True)),
        ("The Consortium, Inc.", Person("The Consortium, Inc.", literal=True)),
    ],
)
def test_a_name_comes_apart(name: str, parts: Person) -> None:
    """Family, given name and suffix; what is no person stays whole."""
    corporate = frozenset([name]) if "," in name else frozenset()
    assert people(work(authors=(name,), corporate=corporate)) == (parts,)


@pytest.mark.parametrize(
    ("record", "text"),
    [
        (
            work(),
            "Jo van der Berg (2024). A Title. arXiv:2401.05566. https://arxiv.org/abs/2401.05566",
        ),
        (
            work(doi="10.1000/1", journal="Nature", title="Why?"),
            "Jo van der Berg (2024). Why? Nature, doi:10.1000/1, arXiv:2401.05566. "
            "https://arxiv.org/abs/2401.05566",
        ),
        (work(DOI, authors=()), "(2024). A Title. https://doi.org/10.1000/182"),
        (
            work(PAGE, authors=("A B", "C D", "E F")),
            "A B, C D and E F (2024). A Title. https://example.org/post",
        ),
        (
            work(PAGE, authors=("A B", "C D"), authors_complete=False),
            "A B, C D et al. (2024). A Title. https://example.org/post",
        ),
        (
            work(PAGE, authors=tuple(f"A B{number}" for number in range(11))),
            "A B0, A B1, A B2, A B3, A B4, A B5, A B6 et al. (2024). A Title. "
            "https://example.org/post",
        ),
        (
            work(PAGE, withdrawn=True),
            "Jo van der Berg (2024). A Title [Withdrawn]. https://example.org/post",
        ),
    ],
)
def test_a_reference_in_plain_text(record: Work, text: str) -> None:
    """Authors, year, title, place, address; it ends a sentence once."""
    assert plain(record) == text


def test_a_reference_does_not_hide_a_retraction() -> None:
    """What a card says of a work's status goes with the reference."""
    assert " A Title [Retracted]. " in plain(work(), "retracted")


@pytest.mark.parametrize(
    ("record", "found"),
    [
        (work(), "preprint"),
        (work(journal="NeurIPS 2023 Workshop"), "preprint"),
        (work(journal="Nature", type="article"), "article"),
        (work(type="inproceedings"), "conference"),
        (work(type="incollection"), "chapter"),
        (work(DOI, journal="Nature"), "article"),
        (work(DOI), "preprint"),
        (work(PAGE), "page"),
        (work(DOI, type="online"), "page"),
        (work(type="online"), "preprint"),
        (work(DOI, type="dataset"), "dataset"),
        (work(DOI, journal="Zenodo", extra=(("publisher", "{Zenodo}"),)), "preprint"),
    ],
)
def test_the_sort_of_a_work(record: Work, found: str) -> None:
    """The record's type says what a work is; where that is @misc, what identifies it does."""
    assert sort(record) == found


def test_words_in_a_sentence() -> None:
    """None, one, and more."""
    assert [listed(words) for words in ((), ("a",), ("a", "b"), ("a", "b", "c"))] == [
        "",
        "a",
        "a and b",
        "a, b and c",
    ]
