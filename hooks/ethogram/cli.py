"""The `ethogram` command: parses, calls, prints. What it prints is decided elsewhere."""

import json
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial, wraps
from pathlib import Path
from typing import Any

import click

from ethogram.findings import FORMATS, EthogramError, Severity

NO_PROBLEM, FINDINGS, WRONG_USE, STOPPED = 0, 1, 2, 130
"""Exit codes: all is well; something is wrong with what was read; the command was misused; it was
stopped from the keyboard."""

_PATHS = click.argument(
    "paths", nargs=-1, metavar="[PATH]...", type=click.Path(exists=True, path_type=Path)
)
_BIB = click.option(
    "--bib",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder of records and terms.  [default: bib, beside the pages]",
)
_DOCS = click.option(
    "--docs",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path("docs"),
    show_default=True,
    metavar="DIR",
    help="The folder of the pages.",
)
_ALLOW_PRIVATE = click.option(
    "--allow-private", is_flag=True, help="Ask loopback and private addresses too: for tests."
)


def _format(*choices: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    return click.option(
        "--format",
        "form",
        type=click.Choice(choices),
        default=choices[0],
        show_default=True,
        help="How to print what is found.",
    )


def _sentences(command: Callable[..., Any]) -> Callable[..., Any]:
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


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ethogram")
def main() -> None:
    """Keep a knowledge base of papers: every paper a card, every card a citation.

    PATH is a Markdown file or a folder of them; by default docs/. Exit codes: 0, all is well;
    1, errors were found; 2, the command was misused.
    """


@main.command("id")
@click.argument("texts", nargs=-1, required=True, metavar="TEXT...")
@_format("text", "json")
def identify_texts(texts: tuple[str, ...], form: str) -> None:
    """Say what each TEXT identifies: scheme, id, version."""
    from ethogram.works import identify

    works = [(text, identify(text)) for text in texts]
    if form == "json":
        _print_json(
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


@main.command("cards")
@_PATHS
@_BIB
@_format("text", "json")
@_sentences
def list_cards(paths: tuple[Path, ...], bib: Path | None, form: str) -> None:
    """List the cards found.

    As text: place, work and title. As JSON: address, key, fields, pictures and links as well.
    """
    from ethogram.cards import as_object

    catalog = _catalog(paths, bib)
    records = [(card, catalog.bibliography.get(card.work)) for card in catalog.cards]
    if form == "json":
        _print_json(
            as_object(card, work.key, work.title) if work else as_object(card)
            for card, work in records
        )
    else:
        for card, work in records:
            title = card.title or (work.title if work else card.url)
            click.echo(f"{card.path}:{card.line}: {card.work} {title}")
    _fail_on_unreadable(catalog.findings)


@main.command("check")
@_PATHS
@_BIB
@_format(*FORMATS)
@_sentences
def check_pages(paths: tuple[Path, ...], bib: Path | None, form: str) -> None:
    """Check all that needs no network.

    Cards, terms, titles, records, pictures and links inside the site, in one run.
    """
    from ethogram.check import check

    catalog = _catalog(paths, bib)
    findings = check(catalog)
    if output := FORMATS[form](findings):
        click.echo(output)
    errors = sum(finding.severity is Severity.ERROR for finding in findings)
    if form == "text":
        warnings = len(findings) - errors
        counts = f"{len(catalog.pages)} pages, {len(catalog.cards)} cards"
        click.echo(f"{counts}: {errors} errors, {warnings} warnings", err=True)
    sys.exit(FINDINGS if errors else NO_PROBLEM)


@main.command("resolve")
@click.argument("ids", nargs=-1, metavar="[ID|PATH]...")
@click.option("--refresh", is_flag=True, help="Ask again for works that have a record.")
@_BIB
@_format("text", "json")
@_sentences
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
    catalog = None if named and not paths else _catalog(paths, bib)
    wanted = [*named, *(_works_of(catalog, refresh) if catalog else ())]
    with _Progress("Asking arXiv") as progress:
        outcome = resolve(wanted, bib or _default_bib(paths), refresh=refresh, progress=progress)
    if form == "json":
        click.echo(json.dumps(outcome.as_object(), indent=2, ensure_ascii=False))
    else:
        click.echo(str(outcome))
    sys.exit(NO_PROBLEM if outcome.complete else FINDINGS)


@main.command("add")
@click.argument("work", metavar="WORK")
@click.option("--to", "page", required=True, metavar="PAGE", help="A page, a term, or its path.")
@_DOCS
@_BIB
@_format("text", "json")
@_sentences
def add_work(work: str, page: str, docs: Path, bib: Path | None, form: str) -> None:
    """Write the skeleton of a work's card where it belongs.

    WORK is a number, an address or a DOI; its record is fetched if there is none. PAGE is a page,
    a term or a slip of one. What is left to fill in is said.
    """
    from ethogram.add import add_card, find_page
    from ethogram.catalog import Catalog
    from ethogram.resolve import record_for

    folder = bib or _default_bib((docs,))
    target = find_page(page, Catalog.load(docs, folder))
    with _waiting("Asking arXiv"):
        record = record_for(work, folder)
    added = add_card(record, target, Catalog.load(docs, folder))
    if form == "json":
        _print_json([{"path": str(added.path), "line": added.line, "fields": added.fields}])
        return
    click.echo(f"{added.path}:{added.line}: {record.title}")
    if record.withdrawn:
        click.echo("Its authors have withdrawn this work.")
    click.echo(f"Fill in {', '.join(added.fields)} and the finding; then run `ethogram check`.")


@main.command("export")
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="The folder to write to; it is made if there is none.",
)
@_DOCS
@_BIB
@_sentences
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
    catalog = Catalog.load(docs, bib or _default_bib((docs,)))
    files = list(exports.files(Contents(catalog, site)))
    try:
        writing.publish(folder, files)
    except OSError as error:
        place = error.filename or folder
        raise EthogramError(f"{place} cannot be written to: {error.strerror}.") from None
    counts = f"{len(catalog.entries)} works, {len(catalog.cards)} cards"
    click.echo(f"{folder}: {len(files)} files of {counts}")
    _fail_on_unread([each for each in catalog.findings if each.severity is Severity.ERROR])


@main.command("links")
@_PATHS
@click.option(
    "--site",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Check the pages of a built site; instead of those in docs/ unless they are named too.",
)
@_BIB
@click.option(
    "--journal",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="What earlier checks saw.  [default: links.jsonl in the folder of records]",
)
@click.option("--fresh", is_flag=True, help="Ask again whatever the journal says.")
@click.option(
    "--new-against",
    metavar="REF",
    help="Check only links that were not there at a Git revision; a fault counts at once.",
)
@click.option("--fix", is_flag=True, help="Rewrite what has moved for good; archive what is gone.")
@click.option("--dry-run", is_flag=True, help="With --fix, print the changes as a diff only.")
@click.option("--archive", is_flag=True, help="Have some cited pages saved that are not yet.")
@click.option(
    "--in-flight",
    type=click.IntRange(1),
    default=100,
    show_default=True,
    metavar="N",
    help="Requests at once, in all.",
)
@click.option(
    "--per-host",
    type=click.IntRange(1),
    default=8,
    show_default=True,
    metavar="N",
    help="Requests at once to one host.",
)
@click.option(
    "--timeout",
    type=click.IntRange(1, 600),
    default=20,
    show_default=True,
    metavar="SECONDS",
    help="For one request.",
)
@_ALLOW_PRIVATE
@_format("text", "json", "markdown", "junit", "sarif", "github")
@_sentences
def check_addresses(
    paths: tuple[Path, ...],
    site: Path | None,
    bib: Path | None,
    journal: Path | None,
    new_against: str | None,
    fix: bool,
    dry_run: bool,
    archive: bool,
    form: str,
    **options: Any,
) -> None:
    """Ask every link and picture whether it is still there.

    Verdicts: ok; dead, which alone is an error; blocked (the host refuses robots); unknown (no
    answer); suspect (a fault of a link that was fine before, or a page that says "not found").
    What is known is kept in the journal, and asked again when it has aged.
    """
    from ethogram.links import report, survey

    if dry_run and not fix:
        raise click.UsageError("--dry-run says what --fix would do: give both.")
    catalog = _catalog(paths, bib) if paths or site is None else None
    if catalog is None and (fix or new_against is not None):
        raise click.UsageError("--fix and --new-against are for Markdown: name the pages.")
    plan = survey.Survey.of(catalog, site, bib or _default_bib(paths), journal, **options)
    results = plan.ask(new_against)
    if output := report.FORMATS[form](results):
        click.echo(output)
    aside = form != "text"  # what programs read is not to be mixed with anything
    if archive:
        plan.save_pages(results, partial(_print_saved, aside))
    if fix:
        _mend_links(plan.mend(results), dry_run, aside)
    if catalog is not None:
        _fail_on_unreadable(catalog.findings)
    sys.exit(FINDINGS if any(result.fails for result in results) else NO_PROBLEM)


def _print_saved(aside: bool, page: str, snapshot: str) -> None:
    click.echo(f"saved: {page} as {snapshot}" if snapshot else f"not saved: {page}", err=aside)


def _mend_links(mending: Any, dry_run: bool, aside: bool) -> None:
    """Print a diff, or make the changes and say so; what is left is said in any case."""
    for change in mending.changes:
        if dry_run:
            click.echo(change.diff(), nl=False, err=aside)
        else:
            change.write()
            click.echo(f"mended: {change.path}", err=True)
    for line in mending.left:
        click.echo(f"left: {line}", err=True)


@main.command("images")
@_PATHS
@click.option("--fetch", is_flag=True, help="Copy them into docs/assets/figures and show those.")
@_BIB
@_ALLOW_PRIVATE
@_format("text", "json")
@_sentences
def mirror_images(
    paths: tuple[Path, ...], fetch: bool, bib: Path | None, allow_private: bool, form: str
) -> None:
    """List the pictures that pages fetch from other sites, or copy them into this one.

    A copy is WebP of bounded size, without metadata; the page shows it with width and height,
    and its title says where it came from.
    """
    from ethogram.links.images import Fate, mirror, remote

    catalog = _catalog(paths, bib)
    _fail_on_unreadable(catalog.findings)
    if not fetch:
        _print_pictures(form, [(picture, {}, "") for picture in remote(catalog)])
        return
    with _Progress("Fetching pictures") as progress:
        outcomes = mirror(catalog, allow_private=allow_private, progress=progress)
    _print_pictures(form, [(each.picture, _fate(each), _told(each)) for each in outcomes])
    failed = any(each.fate is not Fate.FETCHED for each in outcomes)
    sys.exit(FINDINGS if failed else NO_PROBLEM)


def _fate(outcome: Any) -> dict[str, Any]:
    """What became of a picture, for JSON."""
    file = outcome.file.as_posix() if outcome.file else None
    return {"fate": outcome.fate.value, "file": file, "reason": outcome.reason}


def _told(outcome: Any) -> str:
    """The same for a person."""
    if outcome.file and not outcome.reason:
        return f" -> {outcome.file.as_posix()} ({outcome.before} -> {outcome.after} bytes)"
    return f" {outcome.fate}: {outcome.reason}"


def _print_pictures(form: str, pictures: list[tuple[Any, dict[str, Any], str]]) -> None:
    from ethogram.findings import visible

    if form == "json":
        names = ("path", "line", "column", "address", "alt", "key")
        _print_json(
            {**{name: getattr(picture, name) for name in names}, **fate}
            for picture, fate, _ in pictures
        )
        return
    for picture, _, told in pictures:
        place = f"{picture.path}:{picture.line}:{picture.column}"
        click.echo(visible(f"{place}: {picture.address}{told}"))


def _catalog(paths: tuple[Path, ...], bib: Path | None) -> Any:
    """Read the pages that are meant; the docs folder is the outermost one given."""
    from ethogram.catalog import Catalog, markdown_files

    given = paths or (Path("docs"),)
    if not paths and not given[0].is_dir():
        raise click.UsageError(
            "There is no docs/ here: name the pages, or go to the site's folder."
        )
    files = [file for path in given for file in (markdown_files(path) if path.is_dir() else [path])]
    return Catalog.load(_docs_folder(given), bib or _default_bib(paths), files)


def _docs_folder(paths: tuple[Path, ...]) -> Path:
    """The folder that pages are named in: `docs` above all paths, else what they share."""
    folders = [path if path.is_dir() else path.parent for path in paths]
    shared = Path(os.path.commonpath([folder.absolute() for folder in folders]))
    above = next((each for each in (shared, *shared.parents) if each.name == "docs"), shared)
    return Path(os.path.relpath(above))


def _default_bib(paths: tuple[Path, ...]) -> Path:
    """The `bib` folder beside the pages, or here."""
    beside = Path(os.path.relpath(_docs_folder(paths or (Path("docs"),)) / ".." / "bib"))
    return beside if beside.is_dir() else Path("bib")


def _works_of(catalog: Any, refresh: bool) -> list[str]:
    """The works that a catalog's pages name: all, or those without a record."""
    works = catalog.named_works() if refresh else catalog.unrecorded()
    return [work.id for work in works if work.scheme == "arxiv"]


def _fail_on_unreadable(findings: tuple[Any, ...]) -> None:
    _fail_on_unread([finding for finding in findings if finding.rule == "unreadable-page"])


def _fail_on_unread(unread: Sequence[Any]) -> None:
    """Tell of what could not be read, for it is missing from what was done."""
    if unread:
        click.echo(FORMATS["text"](unread), err=True)
        sys.exit(FINDINGS)


def _print_json(objects: Any) -> None:
    click.echo(json.dumps(list(objects), indent=2, ensure_ascii=False))


@contextmanager
def _waiting(what: str) -> Iterator[None]:
    """Say on a terminal what takes long; nothing elsewhere."""
    if not sys.stderr.isatty():
        yield
        return
    from rich.console import Console

    with Console(stderr=True).status(what):
        yield


class _Progress:
    """A bar on a terminal for what takes longer than a second; nothing elsewhere."""

    def __init__(self, what: str) -> None:
        self.what = what
        self.bar: Any = None

    def __enter__(self) -> Callable[[int, int], None]:
        return self.advance

    def advance(self, done: int, total: int) -> None:
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


if __name__ == "__main__":
    main()
