"""An issue, as GitHub tells of it in an event."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote

from ethogram.contributors import profile
from ethogram.findings import EthogramError

LABEL, TITLE = "suggestion", "Paper:"
"""What the form gives an issue; either may be missing, so that one of them will do."""

LARGEST = 4 * 1024 * 1024
"""Bytes of an event that are read; GitHub's own limit to an issue's text is far below."""

TAKEN = ("opened", "edited", "labeled", "reopened")
"""What happens to an issue that is answered."""

_Kind = TypeVar("_Kind", int, str, list[Any], dict[str, Any])
_REPOSITORY = re.compile(r"https://github\.com/[\w-]+/[\w.-]+", re.ASCII)
_BRANCH = re.compile(r"[\w-][\w./-]*", re.ASCII)


@dataclass(frozen=True, slots=True)
class Issue:
    """What is known of an issue; all text in it is somebody else's.

    Attributes:
        action: what happened to it.
        number: its number.
        title, body: as they were written.
        labels: their names.
        login, account: who opened it; empty and 0 where that is no account of GitHub's form.
        human: whether that is a person's account.
        standing: whether it is open, and an issue rather than a pull request.
        repository: the address of the repository; empty where it is not on GitHub.
        branch: its main branch.
    """

    action: str
    number: int
    title: str
    body: str
    labels: frozenset[str]
    login: str
    account: int
    human: bool
    standing: bool
    repository: str
    branch: str

    @property
    def email(self) -> str:
        """The address by which GitHub knows an author without telling anybody's own."""
        known = self.login and self.account
        return f"{self.account}+{self.login}@users.noreply.github.com" if known else ""

    def blob(self, path: str, line: int, branch: str = "") -> str:
        """The address of a line of a file; empty where there is no repository to show it."""
        if not self.repository or path.startswith(("/", "..")):
            return ""
        return f"{self.repository}/blob/{branch or self.branch}/{quote(path)}?plain=1#L{line}"


def read_event(path: Path) -> Mapping[str, Any]:
    """Read an event that GitHub wrote to a file.

    Raises:
        EthogramError: it cannot be read, is too large, or is no JSON object.
    """
    name = path.as_posix()
    try:
        with path.open("rb") as file:
            source = file.read(LARGEST + 1)
    except OSError as error:
        raise EthogramError(f"{name} cannot be read: {error.strerror}.") from None
    if len(source) > LARGEST:
        raise EthogramError(f"{name} is no event: it is larger than {LARGEST // 1024} KiB.")
    try:
        event = json.loads(source)
    except (ValueError, RecursionError):  # RecursionError: thousands of brackets
        raise EthogramError(f"{name} is no event: it is not JSON.") from None
    if not isinstance(event, dict):
        raise EthogramError(f"{name} is no event: it is no JSON object.")
    return event


def issue_of(event: Mapping[str, Any]) -> Issue | None:
    """The issue that an event tells of; None where it is an event of something else.

    Raises:
        EthogramError: it is no event of GitHub's form.
    """
    issue: Any = event.get("issue")
    if issue is None and any(name in event for name in ("pull_request", "comment", "sender")):
        return None
    number = _part(issue, "number", int)
    if number <= 0:
        raise EthogramError("This is no event of an issue: its `issue` has no number.")
    user, repository = _part(issue, "user", dict), _part(event, "repository", dict)
    login, branch = _part(user, "login", str), _part(repository, "default_branch", str)
    address = _part(repository, "html_url", str)
    known = bool(profile(f"@{login}")) and login != "ghost"  # whom GitHub puts for the deleted
    return Issue(
        _part(event, "action", str),
        number,
        _part(issue, "title", str),
        _part(issue, "body", str),
        frozenset(_part(label, "name", str) for label in _part(issue, "labels", list)),
        login if known else "",
        _part(user, "id", int) if known else 0,
        _part(user, "type", str) in ("", "User"),
        "pull_request" not in issue and _part(issue, "state", str) in ("", "open"),
        address if _REPOSITORY.fullmatch(address) else "",
        branch if _BRANCH.fullmatch(branch) else "main",
    )


def _part(holder: Any, name: str, kind: type[_Kind]) -> _Kind:
    """A part of an event, or nothing of that kind where there is none."""
    found = holder.get(name) if isinstance(holder, Mapping) else None
    return found if isinstance(found, kind) and not isinstance(found, bool) else kind()
