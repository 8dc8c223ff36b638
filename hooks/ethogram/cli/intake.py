"""The command that takes what comes in on GitHub: `intake`."""

import json
from pathlib import Path

import click

from ethogram.cli.common import BIB, DOCS, default_bib, formats, sentences


@click.command("intake")
@click.argument(
    "event", metavar="EVENT.json", type=click.Path(exists=True, dir_okay=False, path_type=Path)
)
@DOCS
@BIB
@click.option(
    "--output-dir",
    "folder",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Write the parts of the answer to files in it as well, each as it is.",
)
@formats("text", "json")
@sentences
def take_suggestion(
    event: Path, docs: Path, bib: Path | None, folder: Path | None, form: str
) -> None:
    """Turn a suggestion on GitHub into a card, or into an answer that says why not.

    EVENT.json is an event `issues`, as GitHub writes it for a workflow. The card is written to its
    page and its record to bib/; what is said in the issue and in a pull request is printed, and
    nothing is sent anywhere. The exit code is 0 whenever there is an answer.
    """
    from ethogram.intake import read_event, take
    from ethogram.settings import site_beside

    answer = take(read_event(event), docs, bib or default_bib((docs,)), site_beside(docs))
    if folder:
        answer.write(folder)
    if form == "json":
        click.echo(json.dumps(answer.as_object(), indent=2, ensure_ascii=True))
    else:
        click.echo(str(answer))
