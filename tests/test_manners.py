"""`manners`: who we say we are, and how long we are asked to wait."""

import time
from datetime import UTC, datetime

import pytest

from ethogram.manners import LONGEST_WAIT, crawl_delay, retry_after, user_agent


def test_the_user_agent_names_ethogram_and_a_contact(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever is asked must be able to reach whoever asks; what is set nearest wins."""
    for name in ("ETHOGRAM_CONTACT", "REPO_URL", "GITHUB_SERVER_URL", "GITHUB_REPOSITORY"):
        monkeypatch.delenv(name, raising=False)
    assert user_agent().startswith("Ethogram/")
    assert user_agent().endswith(" (+no contact given)")
    monkeypatch.setenv("GITHUB_SERVER_URL", "https://git.example")
    monkeypatch.setenv("GITHUB_REPOSITORY", "a/b")
    assert user_agent().endswith(" (+https://git.example/a/b)")
    monkeypatch.setenv("ETHOGRAM_CONTACT", "mailto:me@example.org")
    assert user_agent().endswith(" (+mailto:me@example.org)")
    assert user_agent("https://example.org").endswith(" (+https://example.org)")


def test_a_contact_breaks_no_header() -> None:
    """Line ends, what is not ASCII, and a comment's own parentheses are left out."""
    said = user_agent("mailto:me@example.org\r\nX: (y)\u2028\\")
    assert said.endswith(" (+mailto:me@example.orgX: y)")
    assert user_agent("\r\n").endswith(" (+no contact given)")


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("5, 60, 7", 60),
        ("Sat, 21 Nov 2026 00:01:30 GMT", 90),
        ("10, Sat, 21 Nov 2026 00:01:30 GMT", 90),
        ("Sat Nov 21 00:01:30 2026", 90),
        ("Fri, 20 Nov 2026 00:00:00 GMT", 0),
        ("9999999999", LONGEST_WAIT),
        ("9" * 400, LONGEST_WAIT),
        ("9" * 5000 + ", 5", LONGEST_WAIT),
        ("Sat, 21 Nov 9999 00:00:00 GMT", LONGEST_WAIT),
        ("Sat, 21 Nov 99999999999 00:00:00 GMT", None),
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_every_form(value: str, seconds: float | None) -> None:
    """Seconds or a date; the longest wins; nonsense is none."""
    assert retry_after(value, datetime(2026, 11, 21, tzinfo=UTC)) == seconds


@pytest.mark.parametrize(
    ("robots", "seconds"),
    [
        ("", 0),
        ("Crawl-delay: 5", 0),
        ("User-agent: *\nCrawl-delay: 5", 5),
        ("USER-AGENT : *\r\rcrawl-Delay:\t5 # seconds", 5),
        ("User-agent: *\n\n# words\nSitemap: /x\nDisallow: /\n\nCrawl-delay: 5", 5),
        ("User-agent: *\nCrawl-delay: 5\nUser-agent: ethogram\nCrawl-delay: 2", 2),
        ("User-agent: Ethogram/1.0\nCrawl-delay: 2\n\nUser-agent: *\nCrawl-delay: 5", 2),
        ("User-agent: *\nCrawl-delay: 5\n\nUser-agent: ethogram\nDisallow: /", 0),
        ("User-agent: *\nCrawl-delay: 5\n\nUser-agent: ethogramme\nCrawl-delay: 2", 5),
        ("User-agent: *\nUser-agent: other\nCrawl-delay: 5", 5),
        ("User-agent: ethogram\nSitemap: /x\nUser-agent: *\nCrawl-delay: 5", 5),
        ("User-agent: other\nCrawl-delay: 5\nUser-agent: *\nCrawl-delay: 2", 2),
        ("User-agent: a\nUser-agent: ethogram\nDisallow: /\nUser-agent: b\nCrawl-delay: 5", 0),
        ("User-agent: ethogram\nCrawl-delay: 2\nUser-agent: ETHOGRAM\nCrawl-delay: 5", 5),
        ("User-agent: *\nCrawl-delay: 5\nCrawl-delay: 2", 5),
        ("User-agent: *\nCrawl-delay: 0.5", 0.5),
        ("User-agent: *\nCrawl-delay: 1.0", 1),
        ("User-agent: *\nCrawl-delay: .5", 0.5),
        ("User-agent: *\nCrawl-delay: 5.", 5),
        ("User-agent: *\nCrawl-delay: " + "9" * 400, LONGEST_WAIT),
        ("User-agent: *\nCrawl-delay: " + "9" * 400 + "x", 0),
        *[
            (f"User-agent: *\nCrawl-delay: {n}", 0)
            for n in ("-5", "inf", "nan", "1e3", "²", "", "x")
        ],
    ],
)
def test_a_crawl_delay_is_that_of_our_group(robots: str, seconds: float) -> None:
    """RFC 9309, 2.2: all groups of our name, else all of everybody; nonsense is none."""
    assert crawl_delay(robots, "Ethogram") == seconds


@pytest.mark.parametrize("line", ["User-agent: {n}", "User-agent: *", "Crawl-delay: 9", "9", ":"])
def test_a_large_robots_txt_is_read_in_time(line: str) -> None:
    """Half a megabyte is read, whatever it is made of."""
    text = "User-agent: *\nCrawl-delay: 2\n" + "\n".join(line.format(n=n) for n in range(50_000))
    for robots in (text, "User-agent: *\nCrawl-delay: 2\nCrawl-delay: " + "9" * 500_000 + "x"):
        start = time.monotonic()
        assert crawl_delay(robots, "Ethogram") in (2, 9)
        assert time.monotonic() - start < 2
