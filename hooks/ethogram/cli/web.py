"""Commands that ask the web: `links`, `images`."""

import json
import sys
from functools import partial
from pathlib import Path
from typing import Any

import click

from ethogram.cli.common import (
    ALLOW_PRIVATE,
    BIB,
    FINDINGS,
    NO_PROBLEM,
    PATHS,
    ShownProgress,
    default_bib,
    fail_on_unreadable,
    formats,
    print_json,
    read_catalog,
    sentences,
)
from ethogram.findings import EthogramError


@click.command("links")
@PATHS
@click.option(
    "--site",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    metavar="DIR",
    help="Check the pages of a built site; instead of those in docs/ unless they are named too.",
)
@BIB
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
@click.option(
    "--plan",
    "size",
    type=click.IntRange(1),
    metavar="LINKS",
    help="Ask nothing; list the shards of about so many links to check them in.",
)
@click.option("--shard", metavar="K/N", help="Check only the links of every N-th host.")
@click.option(
    "--merge",
    "others",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="First take in what another journal saw, such as a shard's; may be given again.",
)
@click.option("--fix", is_flag=True, help="Rewrite what has moved for good; archive what is gone.")
@click.option("--dry-run", is_flag=True, help="With --fix, print the changes as a diff only.")
@click.option("--archive", is_flag=True, help="Have some cited pages saved that are not yet.")
@click.option("--exit-zero", is_flag=True, help="Dead links are told, and are no failure.")
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
@ALLOW_PRIVATE
@formats("text", "json", "markdown", "junit", "sarif", "github")
@sentences
def check_addresses(
    paths: tuple[Path, ...],
    site: Path | None,
    bib: Path | None,
    journal: Path | None,
    new_against: str | None,
    size: int | None,
    shard: str | None,
    others: tuple[Path, ...],
    fix: bool,
    dry_run: bool,
    archive: bool,
    exit_zero: bool,
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
    catalog = read_catalog(paths, bib) if paths or site is None else None
    if catalog is None and (fix or new_against is not None):
        raise click.UsageError("--fix and --new-against are for Markdown: name the pages.")
    if size is not None and (fix or archive or shard is not None or others):
        raise click.UsageError(
            "--plan only lists shards: give no --shard, --merge, --fix, --archive."
        )
    part = _shard(shard)
    plan = survey.Survey.of(catalog, site, bib or default_bib(paths), journal, **options)
    if size is not None:
        _print_shards(form, [str(each) for each in plan.shards(size)])
        return
    if others:
        plan.known.journal.merge(others)
    results = plan.ask(new_against, part)
    if output := report.FORMATS[form](results):
        click.echo(output)
    aside = form != "text"  # what programs read is not to be mixed with anything
    if archive:
        plan.save_pages(results, partial(_print_saved, aside))
    if fix:
        _mend_links(plan.mend(results), dry_run, aside)
    if catalog is not None:
        fail_on_unreadable(catalog.findings)
    failed = any(result.fails for result in results) and not exit_zero
    sys.exit(FINDINGS if failed else NO_PROBLEM)


def _shard(text: str | None) -> Any:
    """Read which part of how many is meant, if any."""
    from ethogram.links.shards import Shard

    try:
        return None if text is None else Shard.read(text)
    except EthogramError as error:
        raise click.UsageError(str(error)) from None


def _print_shards(form: str, shards: list[str]) -> None:
    """Print the shards; as JSON in one line, as a workflow's output must be."""
    click.echo(json.dumps(shards) if form == "json" else "\n".join(shards))


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


@click.command("images")
@PATHS
@click.option("--fetch", is_flag=True, help="Copy them into docs/assets/figures and show those.")
@BIB
@ALLOW_PRIVATE
@formats("text", "json")
@sentences
def mirror_images(
    paths: tuple[Path, ...], fetch: bool, bib: Path | None, allow_private: bool, form: str
) -> None:
    """List the pictures that pages fetch from other sites, or copy them into this one.

    A copy is WebP of bounded size, without metadata; the page shows it with width and height,
    and its title says where it came from.
    """
    from ethogram.links.images import Fate, mirror, remote

    catalog = read_catalog(paths, bib)
    fail_on_unreadable(catalog.findings)
    if not fetch:
        _print_pictures(form, [(picture, {}, "") for picture in remote(catalog)])
        return
    with ShownProgress("Fetching pictures") as progress:
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
        print_json(
            {**{name: getattr(picture, name) for name in names}, **fate}
            for picture, fate, _ in pictures
        )
        return
    for picture, _, told in pictures:
        place = f"{picture.path}:{picture.line}:{picture.column}"
        click.echo(visible(f"{place}: {picture.address}{told}"))
