"""`sources.dates`: as much of a date as is certain, and never one that no calendar has."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ethogram.days import is_date
from ethogram.sources import dates


@pytest.mark.parametrize(
    ("issued", "date"),
    [
        ({"date-parts": [[2024, 1, 31]]}, "2024-01-31"),
        ({"date-parts": [["2024", "1"]]}, "2024-01"),
        ({"date-parts": [[2024]]}, "2024"),
        ({"date-parts": [[2024, 1, 31], [2024, 2, 3]]}, "2024-01-31"),
        ({"date-parts": [2024, 1]}, "2024-01"),
        ({"date-parts": [[2024, 13, 1]]}, "2024"),
        ({"date-parts": [[2024, 2, 30]]}, "2024-02"),
        ({"date-parts": [[2024, 0, 0]]}, "2024"),
        ({"date-parts": [[2024, None, 5]]}, "2024"),
        ({"date-parts": [[None]]}, ""),
        ({"date-parts": [[]]}, ""),
        ({"date-parts": []}, ""),
        ({"date-parts": None}, ""),
        ({"date-parts": [[0]]}, ""),
        ({"date-parts": [[20240]]}, ""),
        ({"date-parts": [[-2024]]}, ""),
        ({"date-parts": [[True, 1]]}, ""),
        ({"date-parts": [[None]], "raw": "2024-01-31T10:00:00Z"}, "2024-01-31"),
        ({"literal": "January 2024"}, "2024-01"),
        ({"raw": "forthcoming"}, ""),
        ("2024-01", "2024-01"),
        (2024, "2024"),
        ([], ""),
        (None, ""),
    ],
)
def test_dates_of_csl(issued: Any, date: str) -> None:
    """Registers leave parts out, write them as text, or as null."""
    assert dates.of_csl(issued) == date


@pytest.mark.parametrize(
    ("written", "date"),
    [
        ("2024-01-31", "2024-01-31"),
        ("2024-01-31T23:59:59+02:00", "2024-01-31"),
        ("2010/5/12", "2010-05-12"),
        ("2024/01", "2024-01"),
        ("2024.1.31", "2024-01-31"),
        ("20240131", "2024-01-31"),
        ("1999", "1999"),
        ("31/01/2007", "2007-01-31"),
        ("01/31/2007", "2007-01-31"),
        ("01/01/2007", "2007-01-01"),
        ("03/04/2007", "2007"),
        ("08/1977", "1977-08"),
        ("31 January 2024", "2024-01-31"),
        ("January 31st, 2024", "2024-01-31"),
        ("Sept. 2024", "2024-09"),
        ("Wed, 31 Jan 2024 12:30:00 GMT", "2024-01-31"),
        ("2024 May 3", "2024-05-03"),
        ("Spring 2024", "2024"),
        ("2024, 2nd edition", "2024"),
        ("between 2019 and 2024", ""),
        ("Marching on", ""),
        ("0001-01-01", ""),
        ("9999", ""),
        ("1706745599000", ""),
        ("", ""),
    ],
)
def test_dates_of_pages(written: str, date: str) -> None:
    """Where the day may be another one, the year alone is taken."""
    assert dates.of_text(written) == date


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=8,
)


@given(ANYTHING, st.text(max_size=30))
def test_nothing_makes_it_raise(value: Any, text: str) -> None:
    """What comes out is a date or nothing, whatever goes in."""
    found = (dates.of_csl({"date-parts": value, "raw": text}), dates.of_csl(value))
    assert all(not each or is_date(each) for each in (*found, dates.of_text(text)))
