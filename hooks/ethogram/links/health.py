"""The state of the links for readers: how many there are of each verdict, and what is archived."""

from collections import Counter
from collections.abc import Iterable, Sequence
from html import escape

from ethogram.findings import visible
from ethogram.links.archive import Archive, Snapshot
from ethogram.links.journal import Entry
from ethogram.links.verdicts import Verdict

_MEANINGS = {
    Verdict.OK: "What was expected is there.",
    Verdict.DEAD: "It is gone: the server says so, or a known link has failed three times, each "
    "at least three days after the last.",
    Verdict.SUSPECT: "It has failed lately, or its page says that it is not what was linked to.",
    Verdict.BLOCKED: "The host refuses robots, so that only a person can tell.",
    Verdict.UNKNOWN: "There was no answer that says anything.",
}
"""Every verdict in a sentence, in the order of the table."""


def health(entries: Sequence[Entry], archive: Archive) -> str:
    """Return the state of the links as HTML.

    Args:
        entries: what the journal knows.
        archive: the archived copies.
    """
    parts = [_checked(entries), _counts(entries)] if entries else [_NOTHING]
    for verdict, title in ((Verdict.DEAD, "Dead"), (Verdict.SUSPECT, "Suspect")):
        found = [entry for entry in entries if entry.verdict is verdict]
        parts += [f"<h2>{title}</h2>", _table(found, archive)] if found else []
    if archive.snapshots:
        parts += ["<h2>Archived copies</h2>", _copies(archive.snapshots.items())]
    return f'<div class="link-health">{"".join(parts)}</div>'


_NOTHING = "<p>No link has been checked yet.</p>"


def _checked(entries: Sequence[Entry]) -> str:
    days = sorted(entry.checked[:10] for entry in entries)
    span = f"on {_day(days[0])}"
    if days[0] != days[-1]:
        span = f"between {_day(days[0])} and {_day(days[-1])}"
    word = "link" if len(entries) == 1 else "links"
    return f"<p>{len(entries)} {word}, each last checked {span}.</p>"


def _counts(entries: Iterable[Entry]) -> str:
    counted = Counter(entry.verdict for entry in entries)
    rows = "".join(
        f'<tr><th scope="row">{verdict}</th><td>{counted[verdict]}</td><td>{meaning}</td></tr>'
        for verdict, meaning in _MEANINGS.items()
    )
    head = '<tr><th scope="col">Verdict</th><th scope="col">Links</th><th scope="col">Meaning</th>'
    return f"<table><thead>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _table(entries: Iterable[Entry], archive: Archive) -> str:
    head = "".join(f'<th scope="col">{name}</th>' for name in ("Address", "Why", "Checked"))
    rows = "".join(_row(entry, _copy_of(entry, archive)) for entry in entries)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{rows}</tbody></table>"


def _copy_of(entry: Entry, archive: Archive) -> Snapshot | None:
    """The copy that readers get, from the archive or as the journal knows it."""
    known = Snapshot.of(entry.snapshot) if entry.snapshot else None
    return archive.get(entry.url) or (known if entry.verdict is Verdict.DEAD else None)


def _row(entry: Entry, copy: Snapshot | None) -> str:
    reason = escape(visible(entry.reason)) + (f", served from {_copy(copy)}" if copy else "")
    address = f"<code>{escape(visible(entry.url))}</code>"  # no link: it would lead nowhere
    return f"<tr><td>{address}</td><td>{reason}</td><td>{_day(entry.checked[:10])}</td></tr>"


def _copies(snapshots: Iterable[tuple[str, Snapshot]]) -> str:
    items = (
        f"<li><code>{escape(visible(url))}</code>: {_copy(copy)}</li>" for url, copy in snapshots
    )
    return f"<ul>{''.join(items)}</ul>"


def _copy(copy: Snapshot) -> str:
    date = f" of {_day(copy.date)}" if copy.date else ""
    return f'<a href="{escape(copy.address)}">the copy{date}</a>'


def _day(day: str) -> str:
    return f'<time datetime="{day}">{day}</time>'
