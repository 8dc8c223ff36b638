"""`sources.names`: people and organizations apart, each name in its parts."""

from typing import Any

import pytest

from ethogram.bibtex import Name
from ethogram.sources import names
from ethogram.sources.names import Authors


def people(*pairs: tuple[str, str]) -> tuple[Name, ...]:
    """Names of persons, each with the family name in it."""
    return tuple(Name(text, family) for text, family in pairs)


def body(name: str) -> tuple[Name, ...]:
    """The name of an organization."""
    return (Name(name, name, corporate=True),)


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"given": "Evan", "family": "Hubinger"}, people(("Evan Hubinger", "Hubinger"))),
        (
            {"given": "Guido", "non-dropping-particle": "van", "family": "Rossum"},
            people(("Guido van Rossum", "van Rossum")),
        ),
        (
            {"given": "Jean", "dropping-particle": "de", "family": "La Fontaine"},
            people(("Jean de La Fontaine", "de La Fontaine")),
        ),
        (
            {"given": "Sammy", "family": "Davis", "suffix": "Jr."},
            people(("Sammy Davis Jr.", "Davis")),
        ),
        ({"given": "Ada <i>M.</i>", "family": "L&#246;ve"}, people(("Ada M. Löve", "Löve"))),
        ({"family": "Plato"}, people(("Plato", "Plato"))),
        ({"given": "Plato"}, people(("Plato", "Plato"))),
        ({"family": "Gemini Team"}, body("Gemini Team")),
        ({"literal": "DeepSeek-AI"}, body("DeepSeek-AI")),
        ({"name": "The BIG-bench Consortium"}, body("The BIG-bench Consortium")),
        ({"literal": "Doe, Jane"}, people(("Jane Doe", "Doe"))),
        (
            {"literal": "University of California, Berkeley"},
            body("University of California, Berkeley"),
        ),
        ({"family": "Doe", "literal": "Jane Doe", "given": "Jane"}, people(("Jane Doe", "Doe"))),
        ({"family": "--", "given": "5"}, ()),
        ({"family": None, "given": ["x"]}, ()),
        ({}, ()),
    ],
)
def test_names_of_csl(said: dict[str, Any], found: tuple[Name, ...]) -> None:
    """Particles belong to the family name; a literal is an organization, unless inverted."""
    assert names.of_csl([said]) == Authors(found, True)


@pytest.mark.parametrize("last", ["et al.", "et al", "others", "and others", "…"])
def test_who_is_not_named(last: str) -> None:
    """A list that ends in "et al." is known in part, in whichever way that is said."""
    jane = people(("Jane Doe", "Doe"))
    assert names.of_csl([{"given": "Jane", "family": "Doe"}, {"literal": last}]) == (jane, False)
    assert names.of_csl([{"given": "Jane", "family": "Doe"}, {"family": last}]) == (jane, False)
    assert names.of_texts(["Doe, Jane", last]) == (jane, False)
    assert names.of_texts([f"Jane Doe {last}"], loose=True) == (jane, False)


def test_a_crowd_of_commas_is_read_in_one_go() -> None:
    """Twenty thousand signs that part names, with no name between them."""
    assert names.of_texts([",;" * 10_000, ", " * 10_000], loose=True) == Authors()


@pytest.mark.parametrize("value", [None, "Jane Doe", {"family": "Doe"}, ["Jane"], [None], 5])
def test_what_is_no_list_of_names(value: Any) -> None:
    """It names nobody, and nothing fails."""
    assert names.of_csl(value) == Authors()


@pytest.mark.parametrize(
    ("texts", "found"),
    [
        (["Murakami, Midori"], people(("Midori Murakami", "Murakami"))),
        (["Laurens van der Maaten"], people(("Laurens van der Maaten", "van der Maaten"))),
        (["García Márquez, Gabriel"], people(("Gabriel García Márquez", "García Márquez"))),
        (
            ["Altarelli, G.; Parisi, G."],
            people(("G. Altarelli", "Altarelli"), ("G. Parisi", "Parisi")),
        ),
        (["Davis, Sammy, Jr."], people(("Sammy Davis Jr.", "Davis"))),
        (
            ["Ada Lovelace, Alan Turing and Grace Hopper"],
            people(
                ("Ada Lovelace", "Lovelace"), ("Alan Turing", "Turing"), ("Grace Hopper", "Hopper")
            ),
        ),
        (["Doe, Jane and Roe, John"], people(("Jane Doe", "Doe"), ("John Roe", "Roe"))),
        (["Jane Doe, PhD"], people(("Jane Doe", "Doe"))),
        (["Hossain, Md"], people(("Md Hossain", "Hossain"))),
        (["Ma, Jane"], people(("Jane Ma", "Ma"))),
        (["Bai Li", "Bai Li"], people(("Bai Li", "Li"), ("Bai Li", "Li"))),
        (["A Bo", "C Do", "A Bo", "C Do"], people(("A Bo", "Bo"), ("C Do", "Do"))),
        (["Alignment Research Center"], body("Alignment Research Center")),
        (["Dept of X, Some University, Town"], body("Dept of X, Some University, Town")),
        (["https://facebook.com/jane"], ()),
        (["@jane"], ()),
        (["jane@example.org"], ()),
        (["", " ; ", "--"], ()),
    ],
)
def test_names_of_tags(texts: list[str], found: tuple[Name, ...]) -> None:
    """One name in each tag, either way round; handles and addresses are no names."""
    assert names.of_texts(texts) == Authors(found, True)


@pytest.mark.parametrize(
    ("text", "families"),
    [
        ("By Jane Doe", ["Doe"]),
        ("Jane Doe and John Roe", ["Doe", "Roe"]),
        ("Jane Doe, John Roe, and Ann Poe", ["Doe", "Roe", "Poe"]),
        ("Jane Doe & John Roe", ["Doe", "Roe"]),
        ("Doe, Jane and Roe, John", ["Doe", "Roe"]),
        ("Jane Doe, MD, John Roe, PhD", ["Doe", "Roe"]),
        ("van der Berg, Jane Ann", ["van der Berg"]),
        ("Doe, Jane", ["Doe"]),
        ("Food and Drug Administration", ["Food and Drug Administration"]),
        ("Anthropic", ["Anthropic"]),
    ],
)
def test_names_in_a_line(text: str, families: list[str]) -> None:
    """Elsewhere a line may name several, if each part of it could be a name."""
    assert [name.family for name in names.of_texts([text], loose=True).names] == families
