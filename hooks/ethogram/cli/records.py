"""Commands that get records and write cards: `resolve`, `add`."""

import json
import sys
from pathlib import Path
from typing import Any

import click

from ethogram.cli.common import (
    BIB,
    DOCS,
    FINDINGS,
    NO_PROBLEM,
    ShownProgress,
    default_bib,
    formats,
    print_json,
    read_catalog,
    sentences,
    waiting,
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
    for: found, missing, malformed, withdrawn, throttled or kept.
    """
    from ethogram.resolve import resolve

    for name in ids:
        if name.endswith(".md") and not Path(name).exists():
            raise click.UsageError(f"There is no file {name}.")
    paths = tuple(Path(name) for name in ids if Path(name).exists())
    named = [name for name in ids if not Path(name).exists()]
    catalog = None if named and not paths else read_catalog(paths, bib)
    wanted = [*named, *(_works_of(catalog, refresh) if catalog else ())]
    with ShownProgress("Asking arXiv") as progress:
        outcome = resolve(wanted, bib or default_bib(paths), refresh=refresh, progress=progress)
    if form == "json":
        click.echo(json.dumps(outcome.as_object(), indent=2, ensure_ascii=False))
    else:
        click.echo(str(outcome))
    sys.exit(NO_PROBLEM if outcome.complete else FINDINGS)


def _works_of(catalog: Any, refresh: bool) -> list[str]:
    """The works that a catalog's pages name: all, or those without a record."""
    works = catalog.named_works() if refresh else catalog.unrecorded()
    return [work.id for work in works if work.scheme == "arxiv"]


@click.command("add")
@click.argument("work", metavar="WORK")
@click.option("--to", "page", required=True, metavar="PAGE", help="A page, a term, or its path.")
@DOCS
@BIB
@formats("text", "json")
@sentences
def add_work(work: str, page: str, docs: Path, bib: Path | None, form: str) -> None:
    """Write the skeleton of a work's card where it belongs.

    WORK is a number, an address or a DOI; its record is fetched if there is none. PAGE is a page,
    a term or a slip of one. What is left to fill in is said.
    """
    from ethogram.add import add_card, find_page
    from ethogram.catalog import Catalog
    from ethogram.resolve import record_for

    folder = bib or default_bib((docs,))
    target = find_page(page, Catalog.load(docs, folder))
    with waiting("Asking arXiv"):
        record = record_for(work, folder)
    added = add_card(record, target, Catalog.load(docs, folder))
    if form == "json":
        print_json([{"path": str(added.path), "line": added.line, "fields": added.fields}])
        return
    click.echo(f"{added.path}:{added.line}: {record.title}")
    if record.withdrawn:
        click.echo("Its authors have withdrawn this work.")
    click.echo(f"Fill in {', '.join(added.fields)} and the finding; then run `ethogram check`.")
