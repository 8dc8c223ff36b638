"""The command that writes a card: `add`; what is missing is asked for where somebody can answer."""

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from ethogram.cli.common import (
    BIB,
    DOCS,
    default_bib,
    formats,
    print_json,
    sentences,
    waiting,
)
from ethogram.findings import EthogramError


@click.command("add")
@click.argument("work", metavar="WORK")
@click.option(
    "--to", "page", metavar="PAGE", help="A page, a term, or its path; asked for on a terminal."
)
@click.option("--edit", is_flag=True, help="Open the page in $VISUAL or $EDITOR afterwards.")
@click.option("--title", metavar="T", help="Of a work that nobody gives a record of.")
@click.option("--authors", metavar='"A; B"', help="Of the same, separated by semicolons.")
@click.option("--year", metavar="Y", help="Of the same: when it first appeared.")
@click.option(
    "--by",
    multiple=True,
    metavar="NAME",
    help="Whom the card names as having added it: `@handle` or a name.",
)
@DOCS
@BIB
@formats("text", "json")
@sentences
def add_work(
    work: str,
    page: str | None,
    edit: bool,
    by: tuple[str, ...],
    docs: Path,
    bib: Path | None,
    form: str,
    **told: str | None,
) -> None:
    """Write the skeleton of a work's card where it belongs.

    WORK is a number, an address or a DOI; its record is fetched if there is none. PAGE is a page,
    a term or a slip of one. Terms are suggested from the title and the page, and what is left to
    fill in is said. With --title, --authors and --year nobody is asked for the record.
    """
    from ethogram.add import add_with_record, credits_of, find_page, refuse_repeated
    from ethogram.catalog import Catalog
    from ethogram.works import identify

    _check_use(page, told)
    editor = _editor() if edit else ""
    folder = bib or default_bib((docs,))
    catalog = Catalog.load(docs, folder)
    credited, named = _read_option(by, credits_of), identify(work)
    target = find_page(page, catalog) if page else None
    if target and named:
        refuse_repeated(named, target, catalog)  # before anyone is asked for its record
    record = _record(work, catalog, folder, told)
    target = target or _ask_page(record, catalog)
    version = named.version if named and named.base == record.id else None
    added = add_with_record(record, target, catalog, folder, by=credited, version=version)
    _show(added, record, catalog, form)
    if edit:
        _open(added.path, editor)


def _check_use(page: str | None, told: dict[str, str | None]) -> None:
    """Where nobody can be asked, all that is needed must be said."""
    if _is_terminal():
        return
    if not page:
        raise click.UsageError(
            "Where does the card go? Say `--to PAGE`: a term such as sandbagging, or a page."
        )
    missing = [f"--{name}" for name, text in told.items() if text is None]
    if missing and len(missing) < len(told):
        raise click.UsageError(f"A record by hand needs {' and '.join(missing)} as well.")


def _read_option(given: Any, read: Callable[[Any], Any]) -> Any:
    """What an option holds; where it holds something else, the command was misused."""
    try:
        return read(given)
    except EthogramError as error:
        raise click.UsageError(str(error)) from None


def _is_terminal() -> bool:
    return sys.stdin.isatty() and sys.stderr.isatty()


# -- the record ------------------------------------------------------------------------------


def _record(work: str, catalog: Any, folder: Path, told: dict[str, str | None]) -> Any:
    """The record of a work: there already, fetched, or by hand."""
    from ethogram.lookup import UnrecordedError, find_record

    if any(text is not None for text in told.values()):
        return find_record(work, catalog, folder, _given(told))
    try:
        with waiting("Asking for the record"):
            return find_record(work, catalog, folder)
    except UnrecordedError as error:
        if not _is_terminal():
            raise
        click.echo(f"{error}\nOr answer here; Ctrl-C stops.", err=True)
    return find_record(work, catalog, folder, _given(told))


def _given(told: dict[str, str | None]) -> Any:
    """What is said of a work; on a terminal, what is missing or wrong is asked for."""
    from ethogram.given import Given, authors_of, title_of, year_of

    return Given.of(
        _told("Title", told["title"], title_of),
        _told("Authors, separated by semicolons", told["authors"], authors_of),
        _told("Year", told["year"], year_of),
    )


def _told(what: str, text: str | None, read: Callable[[str], object]) -> str:
    """A text that can be read; what a person was asked for is asked for until it can."""
    if text is not None:
        _read_option(text, read)
    while text is None:
        answer = click.prompt(what, err=True)
        try:
            read(answer)
        except EthogramError as error:
            click.echo(str(error), err=True)
        else:
            text = answer
    return text


# -- the page --------------------------------------------------------------------------------


def _ask_page(record: Any, catalog: Any) -> Path:
    """Ask where a card belongs; the terms that are nearest by its title can be had by number."""
    from ethogram.add import find_page, page_of, refuse_repeated
    from ethogram.findings import visible
    from ethogram.suggestions import nearest

    if broken := [fault for fault in catalog.findings if fault.rule == "bad-taxonomy"]:
        raise EthogramError(findings=broken)
    terms = nearest(record.title, catalog.taxonomy)
    click.echo(f"Where does this belong: {visible(record.title)}", err=True)
    for number, term in enumerate(terms, 1):
        click.echo(f"  {number}  {term.slug}: {term.definition}", err=True)
    while True:
        answer = click.prompt("A number, a term or a page" if terms else "A term", err=True)
        chosen = int(answer) if answer.isdecimal() and len(answer) < 3 else 0
        try:
            known = 0 < chosen <= len(terms)
            page = page_of(terms[chosen - 1], catalog) if known else find_page(answer, catalog)
            refuse_repeated(record, page, catalog)
        except EthogramError as error:
            click.echo(str(error), err=True)
        else:
            return page


# -- what is said ----------------------------------------------------------------------------


def _show(added: Any, record: Any, catalog: Any, form: str) -> None:
    """Say where the card is and what is to be done; the catalog is that of before."""
    from ethogram.add import cards_of
    from ethogram.findings import visible

    others = [f"{card.path}:{card.line}" for card in cards_of(record, catalog)]
    if form == "json":
        said = {"path": added.path.as_posix(), "line": added.line, "fields": added.fields}
        print_json([{**said, "suggested": dict(added.suggested), "others": others}])
        return
    new = catalog.bibliography.get(record.id) is None
    for line in _lines(added, record, others, new):
        click.echo(visible(line))


def _lines(added: Any, record: Any, others: list[str], new: bool) -> list[str]:
    lines = [f"{added.path.as_posix()}:{added.line}: {record.title}"]
    if record.withdrawn:
        lines.append("Its authors have withdrawn this work.")
    if others:
        lines.append(f"It has a card elsewhere too, which may be enough: {', '.join(others)}.")
    if new and record.id.scheme == "arxiv" and not record.checked:
        lines.append("arXiv has not confirmed its record; `ethogram resolve --refresh` asks.")
    if added.suggested:
        terms = [f"{name} {', '.join(slugs)}" for name, slugs in added.suggested.items()]
        lines.append(f"Suggested from the title and the page: {'; '.join(terms)}. Keep what fits.")
    open_fields = f"{', '.join(added.fields)} and the finding" if added.fields else "the finding"
    lines.append(f"Fill in {open_fields}; then run `ethogram check`.")
    return lines


# -- the editor ------------------------------------------------------------------------------


def _editor() -> str:
    """The editor that the environment names; asked for before anything is written."""
    named = (os.environ.get(name, "").strip() for name in ("VISUAL", "EDITOR"))
    editor = next(filter(None, named), "")
    if not editor and sys.platform != "win32":
        raise EthogramError(
            "No editor is set for `--edit`: set $VISUAL or $EDITOR, or leave the option out."
        )
    return editor


def _open(path: Path, editor: str) -> None:
    try:
        click.edit(filename=str(path), editor=editor or None)
    except click.ClickException as error:
        raise EthogramError(f"The card is written, but {error.format_message()}.") from None
    except ValueError as error:  # an unclosed quote in the variable
        raise EthogramError(
            f"The card is written, but {editor!r} is no command: {error}."
        ) from None
