"""The `ethogram` command: parses, calls, prints. What it prints is decided elsewhere."""

import click

from ethogram.cli import add, intake, reading, records, upkeep, web

_COMMANDS = (
    reading.identify_texts,
    reading.list_cards,
    reading.show_changes,
    reading.check_pages,
    records.resolve_works,
    add.add_work,
    intake.take_suggestion,
    web.check_addresses,
    web.mirror_images,
    reading.export_files,
    upkeep.tell_state,
)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="ethogram")
def main() -> None:
    """Keep a knowledge base of papers: every paper a card, every card a citation.

    PATH is a Markdown file or a folder of them; by default docs/. Exit codes: 0, all is well;
    1, errors were found; 2, the command was misused.
    """


for command in _COMMANDS:
    main.add_command(command)
