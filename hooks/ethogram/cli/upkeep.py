"""Commands that tell of the collection: `report`."""

import json
from pathlib import Path

import click

from ethogram.cli.common import BIB, DOCS, default_bib, formats, sentences

_UNREAD = ("unreadable-page", "bad-taxonomy", "bad-bibliography", "bad-archive")
"""Rules of what could not be read, and so is missing in the numbers."""


@click.command("report")
@DOCS
@BIB
@formats("text", "json", "markdown")
@sentences
def tell_state(docs: Path, bib: Path | None, form: str) -> None:
    """Tell the state of the collection on one screen.

    Cards, works and terms, links and their verdicts, newer versions, works that were taken back,
    records and summaries that have aged. As Markdown it is the body of the issue on upkeep: what
    readers meet first stands first, each with its file, line and mend.
    """
    from ethogram.catalog import Catalog
    from ethogram.days import today
    from ethogram.findings import to_text
    from ethogram.report import Report

    if bib and not bib.is_dir():  # else the report would say that nothing is known
        raise click.UsageError(f"There is no folder {bib} with records.")
    catalog = Catalog.load(docs, bib or default_bib((docs,)))
    report = Report.of(catalog, today())
    if form == "json":
        click.echo(json.dumps(report.as_object(), indent=2, ensure_ascii=False))
    else:
        click.echo(report.markdown() if form == "markdown" else report.text(), nl=form == "text")
    if unread := [each for each in catalog.findings if each.rule in _UNREAD]:
        click.echo(to_text(unread), err=True)  # no failure: the rest is as true as before
