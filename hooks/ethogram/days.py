"""Dates as they are written here, by ISO 8601; and today, which tests and builds may set."""

import os
import re
from datetime import UTC, date, datetime

_DATE = re.compile(r"\d{4}(-\d{2}(-\d{2})?)?", re.ASCII)
_DAY = len("2026-11-21")


def is_date(text: str) -> bool:
    """Whether a text is a date that a calendar has, perhaps without day or month.

    >>> is_date("2024-02"), is_date("2024-02-30")
    (True, False)
    """
    if not _DATE.fullmatch(text):
        return False
    try:
        return bool(date.fromisoformat(f"{text}-01-01"[:_DAY]))
    except ValueError:
        return False


def is_day(text: str) -> bool:
    """Whether a text is a day that a calendar has.

    >>> is_day("2026-11-21"), is_day("2026-11")
    (True, False)
    """
    return len(text) == _DAY and is_date(text)


def today() -> date:
    """Today in UTC; `SOURCE_DATE_EPOCH` (reproducible-builds.org) says otherwise."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() else datetime.now(UTC)
    return now.date()
