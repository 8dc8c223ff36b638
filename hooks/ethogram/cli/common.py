"""What the commands share: options, exit codes, how failures and progress are shown."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import click

from ethogram.findings import FORMATS, EthogramError

NO_PROBLEM, FINDINGS, WRONG_USE, STOPPED = 0, 1, 2, 130
"""Exit codes: all is well; something is wrong with what was read; the command was misused; it was
stopped from the keyboard."""

PATHS = click.argument(
    "paths", nargs=-1, metavar="[PATH]...", type=click.Path(exists=True, path_type=Path)
)
BIB = click.option(
    "--bib",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder of records and terms.  [default: bib, beside the pages]",
)
DOCS = click.option(
    "--docs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("docs"),
    show_default=True,
    metavar="DIR",
    help="The folder of the pages.",
)
ALLOW_PRIVATE = click.option(
    "--allow-private", is_flag=True, help="Ask loopback and private addresses too: for tests."
)


def formats(*choices: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option `--format`, of which the first choice is what people read."""
    return click.option(
        "--format",
        "form",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help="How to print what is found.",
    )


def sentences(command: Callable[..., Any]) -> Callable[..., Any]:
    """Show an expected failure as its sentence, with the exit code of findings."""

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return command(*args, **kwargs)
        except EthogramError as error:
            click.echo(f"ethogram: {error}", err=True)
            sys.exit(FINDINGS)
        except KeyboardInterrupt:
            click.echo("Stopped.", err=True)
            sys.exit(STOPPED)

    return run


def read_catalog(paths: tuple[Path, ...], bib: Path | None) -> Any:
    """Read the pages that are meant; the docs folder is the outermost one given."""
    from ethogram.catalog import Catalog, markdown_files

    given = paths or (Path("docs"),)
    if not paths and not given[0].is_dir():
        raise click.UsageError(
            "There is no docs/ here: name the pages, or go to the site's folder."
        )
    files = [file for path in given for file in (markdown_files(path) if path.is_dir() else [path])]
    return Catalog.load(docs_folder(given), bib or default_bib(paths), files)


def docs_folder(paths: tuple[Path, ...]) -> Path:
    """The folder that pages are named in: `docs` above all paths, else what they share."""
    folders = [path if path.is_dir() else path.parent for path in paths]
    shared = Path(os.path.commonpath([folder.absolute() for folder in folders]))
    above = next((each for each in (shared, *shared.parents) if each.name == "docs"), shared)
    return Path(os.path.relpath(above))


def default_bib(paths: tuple[Path, ...]) -> Path:
    """The `bib` folder beside the pages, or here."""
    beside = Path(os.path.relpath(docs_folder(paths or (Path("docs"),)) / ".." / "bib"))
    return beside if beside.is_dir() else Path("bib")


def fail_on_unreadable(findings: tuple[Any, ...]) -> None:
    """Tell of pages that could not be read."""
    fail_on_unread([finding for finding in findings if finding.rule == "unreadable-page"])


def fail_on_unread(unread: Sequence[Any]) -> None:
    """Tell of what could not be read, for it is missing from what was done."""
    if unread:
        click.echo(FORMATS["text"](unread), err=True)
        sys.exit(FINDINGS)


def print_json(objects: Any) -> None:
    """Print an array."""
    click.echo(json.dumps(list(objects), indent=2, ensure_ascii=False))


@contextmanager
def waiting(what: str) -> Iterator[None]:
    """Say on a terminal what takes long; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


class ShownProgress:
    """A bar on a terminal for what takes longer than a second; nothing elsewhere."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.bar: Any = None

    def __enter__(self) -> Callable[[int, int], None]:
        return self.advance

    def advance(self, done: int, total: int) -> None:
        """Show how many are done, of how many."""
        if not sys.stderr.isatty():
            return
        if self.bar is None:
            from rich.console import Console
            from rich.progress import Progress

            self.bar = Progress(console=Console(stderr=True), transient=True)
            self.task = self.bar.add_task(self.what, total=total)
            self.bar.start()
        self.bar.update(self.task, completed=done, total=total)

    def __exit__(self, *_: object) -> None:
        if self.bar is not None:
            self.bar.stop()
