"""The command that gets records: `resolve`."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from ethogram.cli.common import (
    BIB,
    FINDINGS,
    NO_PROBLEM,
    ShownProgress,
    default_bib,
    formats,
    read_catalog,
    sentences,
)


@click.command("resolve")
@click.argument("ids", nargs=-1, metavar="[ID|PATH]...")
@click.option("--refresh", is_flag=True, help="Ask again for works that have a record.")
@BIB
@formats("text", "json")
@sentences
def resolve_works(ids: tuple[str, ...], refresh: bool, bib: Path | None, form: str) -> None:
    """Get records from arXiv for works that lack one.

    Without arguments, for every work that the pages in docs/ name; else for the IDs given.

    An argument that is a file or folder is a PATH whose works are meant. Every id is accounted
    for: found, missing, malformed, withdrawn, throttled or kept. With --refresh, each change is a
    line: a newer version, a withdrawal, a place of publication, another title, other authors.
    What bib/corrections.yml says overrules what arXiv says.
    """
    from ethogram.findings import to_text
    from ethogram.resolve import Resolution, resolve

    for name in ids:
        if name.endswith(".md") and not Path(name).exists():
            raise click.UsageError(f"There is no file {name}.")
    paths = tuple(Path(name) for name in ids if Path(name).exists())
    named = [name for name in ids if not Path(name).exists()]
    catalog = None if named and not paths else read_catalog(paths, bib)
    wanted = [*named, *(_works_of(catalog, refresh) if catalog else ())]
    outcome, folder = Resolution(), bib or default_bib(paths)
    try:
        with ShownProgress("Asking arXiv") as progress:
            resolve(wanted, folder, refresh=refresh, progress=progress, into=outcome)
    except KeyboardInterrupt:
        if form == "text":  # the records are written, and the next run would call this no news
            click.echo(str(outcome))
        raise
    if form == "json":
        changes = {"changes": [each.as_object() for each in outcome.changes]} if refresh else {}
        click.echo(json.dumps(outcome.as_object() | changes, indent=2, ensure_ascii=False))
    else:
        click.echo(str(outcome))
    if outcome.needless:
        click.echo(to_text(outcome.needless), err=True)
    sys.exit(NO_PROBLEM if outcome.complete else FINDINGS)


def _works_of(catalog: Any, refresh: bool) -> list[str]:
    """The works that a catalog's pages name: all, or those without a record."""
    works = catalog.named_works() if refresh else catalog.unrecorded()
    return [work.id for work in works if work.scheme == "arxiv"]
