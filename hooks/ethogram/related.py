"""Works that have much to do with one another."""

from collections.abc import Mapping

from ethogram.entries import Entry


def related(entries: Mapping[str, Entry]) -> dict[str, tuple[str, ...]]:
    """Return for each work the keys of those most related to it, the nearest first."""
    del entries
    return {}
