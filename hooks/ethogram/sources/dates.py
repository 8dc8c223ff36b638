"""Dates as registers and pages write them -> ISO 8601, as much of it as is certain.

The year alone is better than a day that may be another: `03/04/2024` is in March or in April.
"""

import re
from collections.abc import Sequence

from ethogram.days import is_date
from ethogram.sources.text import text_of

_FIRST, _LAST = 1400, 2100  # years outside are slips: the first printed books, and far ahead
_LONGEST = 100

_BIG_END = re.compile(r"(\d{4})[-/.](\d{1,2})(?:[-/.](\d{1,2}))?(?!\d)", re.ASCII)
_PACKED = re.compile(r"(\d{4})(\d{2})(\d{2})(?!\d)", re.ASCII)
_SLASHED = re.compile(r"(\d{1,2})[/.-](\d{1,2})[/.-](\d{4})(?!\d)", re.ASCII)
_MONTH_YEAR = re.compile(r"(\d{1,2})[/.-](\d{4})(?!\d)", re.ASCII)
_YEAR = re.compile(r"(?<!\d)\d{4}(?!\d)", re.ASCII)
_DAY = re.compile(r"(?<![\d:])(\d{1,2})(?:st|nd|rd|th)?(?![\d:])", re.ASCII)
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
_MONTH = re.compile(rf"\b({'|'.join(_MONTHS)})[a-z]*\.?(?![a-z])", re.IGNORECASE)


def of_csl(value: object) -> str:
    """Read a date of CSL-JSON: `date-parts`, else `raw` or `literal`; empty where none is good.

    >>> of_csl({"date-parts": [["2024", 1, 31], [2024, 2]]}), of_csl({"date-parts": [[None]]})
    ('2024-01-31', '')
    """
    if not isinstance(value, dict):
        return of_text(value)
    parts = value.get("date-parts")
    while isinstance(parts, list) and parts and isinstance(parts[0], list):
        parts = parts[0]  # of a span of time, the first day
    found = _iso(parts) if isinstance(parts, list) else ""
    told = (value.get(name) for name in ("raw", "literal", "edtf", "date-time"))
    return found or next(filter(None, map(of_text, told)), "")


def of_text(value: object) -> str:
    """Read a date in any of the spellings that pages have; empty where there is no year.

    >>> of_text("2024/1/31"), of_text("January 31, 2024"), of_text("03/04/2024"), of_text("soon")
    ('2024-01-31', '2024-01-31', '2024', '')
    """
    text = text_of(value)[:_LONGEST]
    if match := _BIG_END.match(text) or _PACKED.match(text):
        return _iso(match.groups())
    if match := _SLASHED.match(text):
        return _iso(_ordered(*match.groups()))
    if match := _MONTH_YEAR.match(text):
        return _iso((match[2], match[1]))
    return _in_words(text)


def _ordered(first: str, second: str, year: str) -> tuple[str, ...]:
    """Tell the day from the month, where that is certain."""
    if first == second or int(second) > 12:
        return year, first, second
    return (year, second, first) if int(first) > 12 else (year,)


def _in_words(text: str) -> str:
    """Read `31 January 2024`, `Jan. 31st, 2024`, `Spring 2024`."""
    years = _YEAR.findall(text)
    month = _MONTH.search(text)
    if not years:
        return ""
    if month is None:
        return _iso((years[0],)) if len(set(years)) == 1 else ""
    day = _DAY.search(text.replace(years[0], " ", 1))
    number = _MONTHS.index(month[1].lower()) + 1
    return _iso((years[0], number, day[1] if day else None))


def _iso(parts: Sequence[object]) -> str:
    """Put year, month and day together, up to the first that there is not."""
    numbers = [_number(part) for part in parts[:3]]
    if not numbers or not _FIRST <= numbers[0] <= _LAST:
        return ""
    found = f"{numbers[0]:04}"
    for number in numbers[1:]:
        longer = f"{found}-{number:02}"
        if not number or not is_date(longer):
            break
        found = longer
    return found


def _number(value: object) -> int:
    """A number, whole and small; zero where it is none."""
    text = text_of(value)
    return int(text) if re.fullmatch("[0-9]{1,4}", text) else 0
