"""Today, which tests and reproducible builds may set."""

import os
from datetime import UTC, date, datetime


def today() -> date:
    """Today in UTC; `SOURCE_DATE_EPOCH` (reproducible-builds.org) says otherwise."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    now = datetime.fromtimestamp(int(epoch), UTC) if epoch.isdecimal() else datetime.now(UTC)
    return now.date()
