"""What pages were at an earlier revision of Git, so that a change can be told from what was there.

What a branch adds is measured from where it left the other, if that is known here.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from ethogram.findings import EthogramError


def pages_at(reference: str, docs: Path) -> Iterator[tuple[str, str]]:
    """Return the Markdown pages below a folder at a Git revision: path in the folder, and text.

    Args:
        reference: a branch, a tag or a commit.
        docs: the folder.

    Raises:
        EthogramError: there is no Git repository, or it has no such revision.
    """
    revision = _revision(reference, docs)
    listed = _git(docs, "ls-tree", "-r", "-z", "--name-only", revision, ".")
    names = listed.decode("utf-8", "surrogateescape").split("\0")
    return (
        (name, _git(docs, "show", f"{revision}:./{name}").decode("utf-8", errors="replace"))
        for name in names
        if name.endswith(".md")
    )


def _revision(reference: str, folder: Path) -> str:
    if not _try_git(folder, "rev-parse", "--git-dir"):
        raise EthogramError(
            f"{folder.as_posix()} is in no Git repository, so nothing is new in it."
        )
    known = _try_git(folder, "rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}")
    if not known:
        raise EthogramError(
            f"Git knows no revision `{reference}` in {folder.as_posix()}: name a branch, a tag or "
            "a commit that has been fetched."
        )
    return (_try_git(folder, "merge-base", reference, "HEAD") or known).decode().strip()


def _git(folder: Path, *arguments: str) -> bytes:
    done = _ran(folder, *arguments)
    if done.returncode:
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise EthogramError(f"Git failed: {said[0] if said else 'it gave no reason'}.")
    return done.stdout


def _try_git(folder: Path, *arguments: str) -> bytes:
    """What Git prints; nothing where it fails."""
    done = _ran(folder, *arguments)
    return b"" if done.returncode else done.stdout


def _ran(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    try:
        return subprocess.run(["git", *arguments], cwd=folder, capture_output=True, check=False)
    except FileNotFoundError:
        raise EthogramError("`--new-against` needs Git, which is not installed.") from None
