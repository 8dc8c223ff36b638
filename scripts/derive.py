"""Write what follows from bib/taxonomy.yml and the code: choices in forms, snippets and schemas.

A term is written once, in the taxonomy. Whatever else offers or checks it is made here, so that
nobody has to remember the other places: `make derive` writes them, `--check` says which are stale.
"""

import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

import yaml

from ethogram.cards import FIELDS
from ethogram.findings import EthogramError
from ethogram.links.archive import STABLE_HOSTS
from ethogram.taxonomy import SHELVES, Taxonomy, Term

ROOT = Path(__file__).resolve().parent.parent
TAXONOMY = "bib/taxonomy.yml"
FORM = ".github/ISSUE_TEMPLATE/suggest-a-paper.yml"
SNIPPETS = ".vscode/ethogram.code-snippets"
SCHEMAS = "hooks/ethogram/schemas"
BEGIN, END = "# The terms of bib/taxonomy.yml, written by `make derive`:", "# End of the terms"
"""What the terms stand between in the form; the rest of it is written by people."""

_PLAIN = re.compile(r"[A-Za-z][\w –’()/.-]*")  # what YAML takes for a text without quotes

Json = dict[str, Any]


# -- the form ------------------------------------------------------------------------------------


def form(text: str, taxonomy: Taxonomy) -> str:
    """Return the form for suggestions with the terms as its choices, each `Label (slug)`.

    Raises:
        EthogramError: the two comments between which they stand are not there.
    """
    match = re.search(rf"^( *){re.escape(BEGIN)}\n(?:.*\n)*? *{re.escape(END)}\n", text, re.M)
    if match is None:
        said = f"{FORM} has no place for the terms: put these two comments among the options"
        raise EthogramError(f"{said}: `{BEGIN}` and `{END}`.")
    indent = match[1]
    options = (f"- {_scalar(f'{term.label} ({term.slug})')}" for term in taxonomy.terms.values())
    lines = (f"{indent}{line}\n" for line in (BEGIN, *options, END))
    return f"{text[: match.start()]}{''.join(lines)}{text[match.end() :]}"


def _scalar(text: str) -> str:
    """A text as YAML reads it back: without quotes where it can be."""
    plain = _PLAIN.fullmatch(text) and yaml.safe_load(f"- {text}") == [text]
    return text if plain else json.dumps(text, ensure_ascii=False)


# -- the snippets --------------------------------------------------------------------------------

_TODAY = "$CURRENT_YEAR-$CURRENT_MONTH-$CURRENT_DATE"
_LABEL = "${TM_FILENAME_BASE/(^[a-z])|-([a-z0-9])/${1:/upcase}${2:+ }$2/g}"
_FINDING = (
    "What was done, what was found, on which models, and what limits it: "
    "40 to 140 words of your own."
)
_KNOWN = "What the cards below support, and nothing else (arXiv:2401.05566)."


def snippets(taxonomy: Taxonomy) -> str:
    """Return the snippets of VS Code, which other editors read as well."""
    made = {
        "Card": {
            "prefix": "card",
            "scope": "markdown",
            "description": "The card of a paper: its address is enough, the title follows from it.",
            "body": _card(taxonomy),
        },
        "Page of a behavior": {
            "prefix": "page",
            "scope": "markdown",
            "description": "The page of a behavior, in the file <group>/<behavior>.md.",
            "body": _page(),
        },
    }
    return _json(made)


def _card(taxonomy: Taxonomy) -> list[str]:
    """The lines of a card: every field that most cards have, in the order of the fields."""
    known = {
        "methods": _choice(2, taxonomy.methods),
        "evidence": _choice(3, taxonomy.evidence),
        "models": "${4:as the paper names them}",
        "direction": _choice(5, taxonomy.directions),
        "status": _choice(6, taxonomy.statuses),
        "added": _TODAY,
    }
    fields = [f"    {name}: {known[name]}" for name in FIELDS if name in known]
    header = '!!! note "https://arxiv.org/abs/${1:2401.05566}"'
    return [header, *fields, "", f"    ${{0:{_FINDING}}}", ""]


def _choice(number: int, terms: Mapping[str, Term]) -> str:
    return f"${{{number}|{','.join(terms)}|}}"


def _page() -> list[str]:
    """The lines of a behavior's page: its file's name is its term."""
    front = ["---", "behavior: ${1:$TM_FILENAME_BASE}", f"reviewed: {_TODAY}", "---", ""]
    parts = ["## What is known", "", f"${{3:{_KNOWN}}}", "", "## How it is measured", ""]
    parts += ["${4:By what tests, and what they miss.}", "", "## What is open", ""]
    parts += ["- ${5:A question.}", "", "## Cards", "", "$0"]
    return [*front, f"# ${{2:{_LABEL}}}", "", *parts]


# -- the schemas ---------------------------------------------------------------------------------


def front_matter(schema: Json, taxonomy: Taxonomy) -> None:
    """Put behaviors and groups into the schema of front matter, with what they mean."""
    groups = {group.slug: group.definition for group in taxonomy.groups}
    terms = {term.slug: term.definition for term in taxonomy.terms.values()}
    for name, known in (("behavior", terms), ("group", groups)):
        schema["properties"][name]["enum"] = [*known]
        schema["properties"][name]["enumDescriptions"] = [*known.values()]


def shelves(schema: Json, _: Taxonomy) -> None:
    """Put the shelves into the schema of the taxonomy."""
    schema["$defs"]["group"]["properties"]["shelf"]["enum"] = [*SHELVES]


def stable_hosts(schema: Json, _: Taxonomy) -> None:
    """Put the hosts whose addresses no copy replaces into the schema of the archive."""
    hosts = "|".join(_any_case(host) for host in STABLE_HOSTS)
    pattern = rf"^(?![^/]+//([^/?#]*[.@])?({hosts})\.?(:[0-9]*)?([/?#]|$))"
    schema["propertyNames"]["allOf"][1]["pattern"] = pattern


def _any_case(host: str) -> str:
    """A pattern of a host that holds in every editor: there is no flag that all of them know."""
    return "".join(f"[{c}{c.upper()}]" if c.isalpha() else re.escape(c) for c in host)


# -- all of it -----------------------------------------------------------------------------------

_ENUMS: dict[str, Callable[[Json, Taxonomy], None]] = {
    "front-matter": front_matter,
    "taxonomy": shelves,
    "archive": stable_hosts,
}


def derived(root: Path) -> dict[str, str]:
    """Return what each derived file should hold, by its path.

    Raises:
        EthogramError: the taxonomy is faulty, or a file that people write is not there.
    """
    taxonomy = Taxonomy.load(root / TAXONOMY)
    found = {FORM: form(_read(root / FORM), taxonomy), SNIPPETS: snippets(taxonomy)}
    for name, put in _ENUMS.items():
        path = f"{SCHEMAS}/{name}.schema.json"
        schema = json.loads(_read(root / path))
        put(schema, taxonomy)
        found[path] = _json(schema)
    return found


def stale(root: Path) -> dict[str, str]:
    """Return those that hold something else, or are not there."""
    made = derived(root).items()
    return {path: text for path, text in made if _present(root / path) != text}


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise EthogramError(f"{path.as_posix()} cannot be read: {error.strerror}.") from None


def _present(path: Path) -> str | None:
    return path.read_text(encoding="utf-8") if path.is_file() else None


def _write(root: Path, files: Mapping[str, str]) -> Iterable[str]:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, encoding="utf-8", newline="\n")
        yield f"Wrote {path}."


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write what is stale, or only name it.

    Args:
        arguments: `--check`, to name it, or nothing.
        root: the folder of the project.
    """
    if arguments not in ([], ["--check"]):
        print("derive.py takes --check or nothing.", file=sys.stderr)
        return 2
    try:
        root = Path(os.path.relpath(root))  # as a person would write it
        files = stale(root)
    except EthogramError as error:
        print(error, file=sys.stderr)
        return 1
    if arguments:
        for path in files:
            print(f"{path} does not follow {TAXONOMY} and the code any more. Run `make derive`.")
        return 1 if files else 0
    for said in _write(root, files):
        print(said)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
