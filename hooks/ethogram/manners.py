"""How we ask other people's servers: who we say we are, and how long they ask us to wait."""

import math
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from importlib.metadata import PackageNotFoundError, version

PRODUCT = "Ethogram"
"""Our product token, by which a robots.txt may name us."""

LONGEST_WAIT = 365 * 24 * 3600.0
"""The longest wait that is told, in seconds; a number of 400 digits is no time anymore."""


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
    return f"{PRODUCT}/{_version()} (+{printable or 'no contact given'})"


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
    if re.fullmatch("[0-9]+", value):
        return min(float(value), LONGEST_WAIT)
    try:
        then = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # no date, or one in a year that nobody can count to
        return None
    zoned = then if then.tzinfo else then.replace(tzinfo=UTC)
    return min(max((zoned - now).total_seconds(), 0.0), LONGEST_WAIT)


def crawl_delay(robots: str, agent: str) -> float:
    """Read the seconds between requests that a robots.txt asks an agent for; 0.0 where it does not.

    Groups are those of RFC 9309, 2.2: all that name the agent count as one, else all of `*`, and
    neither blank lines nor unknown ones end a group. Python's robotparser sees an end there, and
    no fractions. The standard does not know Crawl-delay; here it is a rule like the others, so a
    User-agent behind it begins another group. Of several delays the longest counts.

    >>> crawl_delay("User-agent: *\\nCrawl-delay: 0.5", "Ethogram")
    0.5

    Args:
        robots: the file's text; lines that say nothing are skipped.
        agent: the product token, in upper or lower case, without a version.
    """
    own = agent.lower()
    delays: dict[str, float] = {}
    group: set[str] = set()  # who of the two that matter is named by the group
    named = False  # whether the line before, of those that count, was a User-agent
    for name, value in _records(robots):
        if name == "user-agent":
            group = (group if named else set()) | ({_token(value)} & {own, "*"})
        for token in group:
            asked = _delay(value) if name == "crawl-delay" else 0.0
            delays[token] = max(delays.get(token, 0.0), asked)
        named = name == "user-agent"
    return delays.get(own, delays.get("*", 0.0))


def _records(robots: str) -> Iterator[tuple[str, str]]:
    """The lines of a robots.txt that belong to groups: name in lower case, value, no comment."""
    for line in re.split(r"\r\n?|\n", robots):
        name, _, value = line.partition("#")[0].partition(":")
        name = name.strip().lower()
        if name in ("user-agent", "allow", "disallow", "crawl-delay"):
            yield name, value.strip()


def _token(value: str) -> str:
    """The product token of a User-agent line, which may have a version behind it."""
    match = re.match(r"\*|[A-Za-z_-]+", value)
    return match[0].lower() if match else ""


def _delay(value: str) -> float:
    """Read a Crawl-delay; nonsense is none."""
    seconds = float(value) if re.fullmatch(r"[0-9]+(?:\.[0-9]*)?|\.[0-9]+", value) else 0.0
    return seconds if math.isfinite(seconds) else LONGEST_WAIT
