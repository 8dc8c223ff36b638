"""`manners`: who we say we are, and how long we are asked to wait."""

from datetime import UTC, datetime

import pytest

from ethogram.manners import retry_after, user_agent


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
        ("soon", None),
        ("-3", None),
        ("", None),
    ],
)
def test_retry_after_is_read_in_every_form(value: str, seconds: float | None) -> None:
    """Seconds or a date; the longest wins; nonsense is none."""
    assert retry_after(value, datetime(2026, 11, 21, tzinfo=UTC)) == seconds
