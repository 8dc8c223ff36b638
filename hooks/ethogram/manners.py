"""How we ask other people's servers: who we say we are, and how long they ask us to wait."""

import os
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version


def user_agent(contact: str = "") -> str:
    """Say who asks, ``Ethogram/<version> (+<contact>)``, in ASCII."""
    environment = os.environ.get
    server, repository = environment("GITHUB_SERVER_URL"), environment("GITHUB_REPOSITORY")
    contact = (
        contact
        or environment("ETHOGRAM_CONTACT")
        or environment("REPO_URL")
        or (f"{server}/{repository}" if server and repository else "")
        or "no contact given"
    )
    printable = re.sub(r"[^!-'*-\[\]-~ ]+", "", contact).strip()  # a comment's own ( ) \ are out
    return f"Ethogram/{_version()} (+{printable or 'no contact given'})"


def _version() -> str:
    try:
        return version("ethogram")
    except PackageNotFoundError:  # used from its folder, without an install
        return "dev"


def retry_after(value: str, now: datetime) -> float | None:
    """Read a Retry-After header: seconds or an HTTP date; of several values the longest wait.

    >>> retry_after("120", datetime.now(UTC))
    120.0
    """
    waits = [_wait(part.strip(), now) for part in re.split(r",(?!\s*\d{2}[ -]\w{3}[ -]\d)", value)]
    return max((wait for wait in waits if wait is not None), default=None)


def _wait(value: str, now: datetime) -> float | None:
    if re.fullmatch("[0-9]{1,9}", value):
        return float(value)
    try:
        then = parsedate_to_datetime(value)
    except ValueError:
        return None
    zoned = then if then.tzinfo else then.replace(tzinfo=UTC)
    return max((zoned - now).total_seconds(), 0.0)
