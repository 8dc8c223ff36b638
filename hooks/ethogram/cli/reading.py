"""Commands that read: `id`, `cards`, `changes`, `check`, `export`."""

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
    PATHS,
    default_bib,
    fail_on_unread,
    fail_on_unreadable,
    formats,
    print_json,
    read_catalog,
    sentences,
)
from ethogram.findings import FORMATS, EthogramError, Severity, visible


@click.command("id")
@click.argument("texts", nargs=-1, required=True, metavar="TEXT...")
@formats("text", "json")
def identify_texts(texts: tuple[str, ...], form: str) -> None:
    """Say what each TEXT identifies: scheme, id, version."""
    from ethogram.works import identify

    works = [(text, identify(text)) for text in texts]
    if form == "json":
        print_json(
            {
                "text": text,
                "scheme": work.scheme if work else None,
                "id": work.id if work else None,
                "version": work.version if work else None,
            }
            for text, work in works
        )
    else:
        for text, work in works:
            version = f" v{work.version}" if work and work.version else ""
            click.echo(f"{work}{version}" if work else f"nothing known: {text}")
    sys.exit(NO_PROBLEM if all(work for _, work in works) else FINDINGS)


@click.command("cards")
@PATHS
@BIB
@click.option(
    "--new-against",
    metavar="REF",
    help="List only cards that are new or changed since a Git revision; as JSON, which of both.",
)
@formats("text", "json")
@sentences
def list_cards(
    paths: tuple[Path, ...], bib: Path | None, new_against: str | None, form: str
) -> None:
    """List the cards found.

    As text: place, work and title. As JSON: address, key, fields, pictures and links as well.
    """
    from ethogram.cards import as_object

    catalog = read_catalog(paths, bib)
    wanted = catalog.cards if new_against is None else _changed(new_against, catalog)
    records = [(card, catalog.bibliography.get(card.work)) for card in wanted]
    if form == "json":
        print_json(
            (as_object(card, work.key, work.title) if work else as_object(card))
            | ({} if new_against is None else {"change": wanted[card]})
            for card, work in records
        )
    else:
        for card, work in records:
            title = card.title or (work.title if work else card.url)
            click.echo(visible(f"{card.path}:{card.line}: {card.work} {title}"))
    fail_on_unreadable(catalog.findings)


def _changed(reference: str, catalog: Any) -> dict[Any, str]:
    """The cards that are new or changed since a Git revision."""
    from ethogram.changes import since

    return {**since(reference, catalog)}


@click.command("changes")
@click.argument(
    "artifact", metavar="FILE", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@click.option("--preview", default="", metavar="ADDRESS", help="Where the built site can be had.")
@formats("text", "json", "markdown", "number")
@sentences
def show_changes(artifact: Path, preview: str, form: str) -> None:
    """Tell what a pull request changes, for the comment on it.

    FILE is the artifact of its run: a ZIP file of `number`, and of what `cards --new-against` and
    `check` print as JSON. It is read with care, for a stranger's code has made it.
    """
    from ethogram.changes import Changes

    changes = Changes.read(artifact)
    shown = {
        "text": lambda: str(changes),
        "json": lambda: json.dumps(changes.as_object()),
        "markdown": lambda: changes.markdown(preview).rstrip("\n"),
        "number": lambda: str(changes.number),
    }
    click.echo(shown[form]())


@click.command("check")
@PATHS
@BIB
@formats(*FORMATS)
@sentences
def check_pages(paths: tuple[Path, ...], bib: Path | None, form: str) -> None:
    """Check all that needs no network.

    Cards, terms, titles, records, pictures and links inside the site, in one run.
    """
    from ethogram.check import check

    catalog = read_catalog(paths, bib)
    findings = check(catalog)
    if output := FORMATS[form](findings):
        click.echo(output)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if form == "text":
        warnings = len(findings) - errors
        counts = f"{len(catalog.pages)} pages, {len(catalog.cards)} cards"
        click.echo(f"{counts}: {errors} errors, {warnings} warnings", err=True)
    sys.exit(FINDINGS if errors else NO_PROBLEM)


@click.command("export")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder to write to; it is made if there is none.",
)
@DOCS
@BIB
@sentences
def export_files(folder: Path, docs: Path, bib: Path | None) -> None:
    """Write the files for machines, without building the site.

    papers.json, BibTeX, RIS and CSL-JSON of all works and of each page, feeds and llms.txt: the
    same bytes as a build writes. The site's name and address are those in mkdocs.yml beside the
    pages.
    """
    from ethogram import exports, writing
    from ethogram.catalog import Catalog
    from ethogram.exports.contents import Contents
    from ethogram.settings import site_beside

    if bib and not bib.is_dir():  # else every file would say that nothing is known
        raise click.UsageError(f"There is no folder {bib} with records.")
    site = site_beside(docs)
    catalog = Catalog.load(docs, bib or default_bib((docs,)))
    files = list(exports.files(Contents(catalog, site)))
    try:
        writing.publish(folder, files)
    except OSError as error:
        place = error.filename or folder
        raise EthogramError(f"{place} cannot be written to: {error.strerror}.") from None
    counts = f"{len(catalog.entries)} works, {len(catalog.cards)} cards"
    click.echo(f"{folder}: {len(files)} files of {counts}")
    fail_on_unread([each for each in catalog.findings if each.severity is Severity.ERROR])
