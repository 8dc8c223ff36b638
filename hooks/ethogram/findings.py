"""What is wrong with a page or a file, by which rule, how to mend it; and the formats of it.

Every fault that Ethogram can name is a `Finding` of one of the `RULES`. Faults are collected and
shown together, never one at a time.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath
from urllib.parse import quote

PROMPT = (
    "<!-- In 40 to 140 words of your own: what was done, what was found, on which models, "
    "what limits it. -->"
)
"""What `ethogram add` leaves on a card where its finding is to stand."""


class Severity(StrEnum):
    """How grave a finding is: an error fails a check, a warning does not, a note asks nothing."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"


CHECK = "ethogram check"
"""The command that finds what breaks a rule, unless the rule names another."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule, with a minimal text that breaks it and nothing else, and the way to mend that.

    `command` is the one that finds what breaks it.
    """

    name: str
    severity: Severity
    summary: str
    example: str
    mend: str
    command: str = CHECK


_TITLE = "Sleeper Agents: Training Deceptive LLMs that Persist Through Safety Training"
_ADDRESS = "https://arxiv.org/abs/2401.05566"
_HEADER = f'"[{_TITLE}]({_ADDRESS})"'
_PROSE = (
    "A model trained to write safe code when the prompt says 2023, and exploitable code when it",
    "says 2024, keeps doing so after supervised fine-tuning, reinforcement learning and",
    "adversarial training. The trigger survives best in the largest models tried, and in those",
    "that reason at length before they answer.",
)


def _card(*fields: str, header: str = _HEADER, prose: Iterable[str] = _PROSE) -> str:
    """Write an example's card: without arguments it breaks no rule at all."""
    lines = [*fields, "", *prose] if fields else prose
    return "\n".join([f"!!! note {header}", *(f"    {line}" if line else "" for line in lines), ""])


_REVIEWED = "2026-11-21"


def _page(behavior: str, reviewed: str = "") -> str:
    matter = f"behavior: {behavior}\n" + (f"reviewed: {reviewed}\n" if reviewed else "")
    return f"---\n{matter}---\n\n# Example\n"


_TAXONOMY = """\
groups:
  - slug: factuality
    label: Factuality
    shelf: behaviors
    definition: Whether what it says is so.
    terms:
      - {slug: hallucination, label: Hallucination, definition: Asserts what is not so.}
      - {slug: hallucination, label: Confabulation, definition: Fills gaps with inventions.}
methods: []
evidence: []
directions: []
statuses: []
"""
_BAD_RECORD = "@misc{hubinger2024sleeper,\n  title = {{Sleeper Agents},\n  year = {2024},\n}\n"
_COPY = "https://web.archive.org/web/20200506012345/https://gone.example/"
_ARCHIVE = f"https://gone.example/: {_COPY}\nhttps://gone.example/: https://copy.example/\n"


def _record(key: str, eprint: str) -> str:
    """Write an example's BibTeX record."""
    return (
        f"@misc{{{key},\n  title = {{{{{_TITLE}}}}},\n  author = {{Hubinger, Evan and others}},\n"
        f"  year = {{2024}},\n  eprint = {{{eprint}}},\n  archiveprefix = {{arXiv}},\n}}\n"
    )


_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE
LINKS = "ethogram links"
"""The command that asks the web."""

_RULES = (
    # The header of a card
    Rule(
        "unclosed-quote",
        _E,
        "The title of a card opens a quotation mark and does not close it.",
        _card(header=_HEADER.removesuffix('"')),
        'Put a " at the end of the line that starts the card.',
    ),
    Rule(
        "unclosed-bracket",
        _E,
        "The link in a card's title has no closing square bracket.",
        _card(header=f'"[{_TITLE} ({_ADDRESS})"'),
        "Put a ] between the title and the address.",
    ),
    Rule(
        "unclosed-parenthesis",
        _E,
        "The address in a card's title has no closing parenthesis.",
        _card(header=f'"[{_TITLE}]({_ADDRESS}"'),
        "Put a ) after the address.",
    ),
    Rule(
        "empty-link",
        _E,
        "The link in a card's title has no address or no text.",
        _card(header=f'"[{_TITLE}]()"'),
        "Put the work's address between the parentheses and its title between the brackets.",
    ),
    Rule(
        "placeholder-address",
        _E,
        "The address in a card's title was left unfinished.",
        _card(header=f'"[{_TITLE}](https://www.alignmentforum.org/.../p/...)"'),
        "Put the whole address in, as the browser shows it.",
    ),
    Rule(
        "card-indent",
        _E,
        "A card's first line is a few columns off, so it would be shown as plain text.",
        _card().replace("!!!", "  !!!", 1),
        "Start it where the text around it starts: at the margin, or four columns in for each "
        "list, tab or block that it stands in.",
    ),
    # The fields of a card
    Rule(
        "almost-field",
        _E,
        "A line of a card looks like a field with a slip in its name.",
        _card("method: model-organism"),
        "Write the name as the suggestion has it, or leave a blank line before prose.",
    ),
    Rule(
        "unknown-term",
        _E,
        "A card or a page names a behavior that the taxonomy lacks.",
        _card("behaviors: backdor"),
        "Take a slug from bib/taxonomy.yml, or add the term there.",
    ),
    Rule(
        "unknown-method",
        _E,
        "A card names a method that the taxonomy lacks.",
        _card("methods: telepathy"),
        "Take a method from bib/taxonomy.yml, or add it there.",
    ),
    Rule(
        "unknown-evidence",
        _E,
        "A card names a kind of evidence that the taxonomy lacks.",
        _card("evidence: hearsay"),
        "Take a kind of evidence from bib/taxonomy.yml.",
    ),
    Rule(
        "unknown-value",
        _E,
        "A card's direction or status is none of those that exist.",
        _card("direction: proves"),
        "Take one of the values that the message lists.",
    ),
    Rule(
        "bad-date",
        _E,
        "A date is no day of the calendar written YYYY-MM-DD.",
        _card("added: 21 November 2026"),
        "Write year, month and day with hyphens, as in 2026-11-21.",
    ),
    Rule(
        "bad-work",
        _E,
        "A relation or a title names something that identifies no work.",
        _card("extends: the earlier paper"),
        "Give an arXiv number, a DOI or an address.",
    ),
    Rule(
        "repeated-field",
        _E,
        "A card has the same field twice.",
        _card("methods: model-organism", "methods: red-teaming"),
        "Put the values into one line, separated by commas.",
    ),
    Rule(
        "empty-field",
        _E,
        "A card has a field without a value.",
        _card("models:"),
        "Write a value, or take the line out.",
    ),
    Rule(
        "bad-contributor",
        _E,
        "A card says that it was added by what is neither a name nor a handle on GitHub.",
        _card("added-by: @ada--lovelace"),
        "Write a handle with its @, as in `@ada`, or a name; separate several by commas.",
    ),
    Rule(
        "several-evidence",
        _E,
        "A card names more than one kind of evidence.",
        _card("evidence: controlled-experiment, case"),
        "Keep the one kind that the main claim rests on.",
    ),
    # Words and pictures
    Rule(
        "card-length",
        _W,
        "The words of a card are fewer than 40 or more than 140.",
        _card(prose=["A trained-in backdoor survives safety training."]),
        "Say in 40 to 140 words what was done and found, on which models, and what limits it.",
    ),
    Rule(
        "unfinished-card",
        _E,
        "A card still has the prompt that `ethogram add` left in place of its finding.",
        _card(prose=[*_PROSE, "", PROMPT]),
        "Say there what was done and found, on which models, and what limits it; take the prompt "
        "out.",
    ),
    Rule(
        "alt-missing",
        _E,
        "A picture has no text that says what it shows.",
        "![](assets/figures/2401.05566-1.webp)\n",
        "Say between the brackets what the picture shows.",
    ),
    Rule(
        "alt-generic",
        _E,
        "The text of a picture says only that it is one, or repeats its file name.",
        "![figure](assets/figures/2401.05566-1.webp)\n",
        "Say between the brackets what the picture shows.",
    ),
    Rule(
        "remote-picture",
        _W,
        "A picture is still fetched from another site.",
        "![Exploitable code before and after training](https://example.com/rate.png)\n",
        "Run `ethogram images --fetch`, which copies it into docs/assets/figures/.",
    ),
    Rule(
        "missing-picture",
        _E,
        "A page shows a picture whose file does not exist, or holds no picture.",
        "![Exploitable code before and after training](assets/figures/nowhere.webp)\n",
        "Put the file in its place, or correct the path.",
    ),
    # Works and their records
    Rule(
        "missing-record",
        _E,
        "A card's work has no record in bib/, so that it cannot be cited.",
        _card(header='"[Attention Is All You Need](https://arxiv.org/abs/1706.03762)"'),
        "Run `ethogram resolve`, or add the record to bib/other.bib.",
    ),
    Rule(
        "title-mismatch",
        _E,
        "The title on a card is not the title of its record.",
        _card(header=f'"[Sleepy Agents]({_ADDRESS})"'),
        "Take the record's title, or correct the address.",
    ),
    Rule(
        "duplicate-card",
        _E,
        "A page has two cards for one work.",
        _card() + "\n" + _card(header=_HEADER.replace("/abs/", "/pdf/")),
        "Join the two cards into one.",
    ),
    Rule(
        "unknown-relation",
        _E,
        "A relation points to a work that has no record in bib/.",
        _card("extends: 1706.03762"),
        "Run `ethogram resolve`, or add the record to bib/other.bib.",
    ),
    Rule(
        "odd-relation",
        _E,
        "A card names its own work in a relation, or one work both for and against.",
        _card("extends: 2401.05566"),
        "Name the other work, or keep the relation that is true.",
    ),
    Rule(
        "unknown-citation",
        _E,
        "A citation's key is the key of no record.",
        "Backdoors survive safety training [@nobody2020nothing].\n",
        "Take a key from bib/, or add the record.",
    ),
    # Pages
    Rule(
        "dead-link",
        _E,
        "A link leads to a file of this site that does not exist.",
        "[Nowhere](nowhere/at-all.md)\n",
        "Correct the path, which starts at the page's own folder.",
    ),
    Rule(
        "dead-anchor",
        _E,
        "A link leads to a place on a page that the page does not have.",
        "# Example\n\n[Further down](#further-down)\n",
        "Take the id of a heading or an element that exists.",
    ),
    Rule(
        "term-claimed-twice",
        _E,
        "Two pages claim the same behavior in their front matter.",
        _page("backdoor"),
        "Leave the behavior to one page and link to it from the other.",
    ),
    Rule(
        "bad-front-matter",
        _E,
        "The front matter of a page cannot be read, or says what it must not.",
        "---\nbehavior: [backdoor\n---\n\n# Example\n",
        "Mend the YAML between the two lines of three hyphens.",
    ),
    Rule(
        "misplaced-page",
        _W,
        "A page does not stand where its front matter says it belongs.",
        _page("sandbagging"),
        "Move the page to docs/<group>/<behavior>.md, or correct its front matter.",
    ),
    Rule(
        "uncited-claim",
        _E,
        "A sentence under *What is known* names no work that it rests on.",
        f"{_page('backdoor', _REVIEWED)}\n## What is known\n\n"
        f"Triggers survive [safety training]({_ADDRESS}). They fade in time.\n",
        "Cite a work in the sentence, as in `arXiv:2401.05566` or `[@key]`, or take it out.",
    ),
    Rule(
        "stale-review",
        _W,
        "A page's summary was not held against its cards for a year, or since a card came.",
        f"{_page('backdoor', '2020-01-02')}\n{_card()}",
        "Hold the summary against its cards, mend it, and set `reviewed` to that day.",
    ),
    Rule(
        "bad-move",
        _E,
        "The front matter of a page names an old path that cannot lead to it.",
        "---\nmoved-from: [deception/old.html]\n---\n\n# Example\n",
        "Write each path that the page once had, and that no page has now, as in deception/old.md.",
    ),
    Rule(
        "unreadable-page",
        _E,
        "A page is not UTF-8 text.",  # the example is one when it is saved as Latin-1
        "Behavior \u00e0 la carte\n",
        "Save the file as UTF-8.",
    ),
    Rule(
        "card-not-rendered",
        _E,
        "A card was found on a page and is absent from the HTML made of it.",
        "<div>\n\n" + _card(),
        "Close the raw HTML above the card, or indent the card as its list or tab asks.",
    ),
    # The files in bib/ and the settings
    Rule(
        "bad-bibliography",
        _E,
        "A BibTeX file cannot be read, or a record lacks what a citation needs.",
        _BAD_RECORD,
        "Mend the record at that line, or take it out and run `ethogram resolve`.",
    ),
    Rule(
        "repeated-key",
        _E,
        "Two records have the same key; capitals do not tell keys apart.",
        _record("hubinger2024sleeper", "2401.05566")
        + "\n"
        + _record("Hubinger2024Sleeper", "2212.09251"),
        "Give the record that came later another key.",
    ),
    Rule(
        "repeated-work",
        _E,
        "Two records describe one work.",
        _record("hubinger2024sleeper", "2401.05566")
        + "\n"
        + _record("hubinger2024sleeperb", "2401.05566v3"),
        "Keep the record whose key the pages use.",
    ),
    Rule(
        "bad-taxonomy",
        _E,
        "The taxonomy cannot be read, or a part of it is wrong.",
        _TAXONOMY,
        "Mend bib/taxonomy.yml at that line.",
    ),
    Rule(
        "bad-archive",
        _E,
        "The list of archived copies cannot be read, or an entry of it is wrong.",
        _ARCHIVE,
        "Write each address that is gone once, with the http(s) address of its copy behind it.",
    ),
    Rule(
        "bad-corrections",
        _E,
        "The list of corrections cannot be read, or an entry of it is wrong.",
        "arxiv:2401.05566:\n  titel: Sleeper Agents\n  why: The record has a slip.\n",
        "Write under each work of bib/corrections.yml what overrules arXiv, and why.",
    ),
    Rule(
        "unapplied-correction",
        _E,
        "A work's record does not show what bib/corrections.yml says of it.",
        "arxiv:2401.05566:\n  journal: Nature\n  why: The publisher's page says so.\n",
        "Run `ethogram resolve` with the work's number.",
    ),
    Rule(
        "needless-correction",
        _W,
        "What bib/corrections.yml says of a work, arXiv says by now as well.",
        "arxiv:2401.05566:\n  authors: [Evan Hubinger]\n  why: arXiv had a slip.\n",
        "Take the correction out: it would overrule what arXiv says next.",
        "ethogram resolve --refresh",
    ),
    Rule(
        "bad-setting",
        _E,
        "A setting under extra.ethogram is unknown or has a value it cannot have.",
        "extra:\n  ethogram:\n    resolve: sometimes\n",
        "Take one of the values that the message lists, or take the setting out.",
    ),
    # What the network tells
    Rule(
        "dead-address",
        _E,
        "A page or a picture on another site is gone.",
        "[The first leaderboard](https://leaderboard.example.org/2019)\n",
        "Link to where it is now or to an archived copy, or take the link out.",
        LINKS,
    ),
    Rule(
        "suspect-address",
        _W,
        "A page or a picture on another site seems to be gone, and is not known to be.",
        "[What was asked](https://example.org/a-post-that-now-shows-the-home-page)\n",
        "Open the address, and correct the link if it no longer leads there.",
        LINKS,
    ),
    Rule(
        "unchecked-address",
        _N,
        "An address could not be checked: its host refuses robots, or did not answer.",
        "[The announcement](https://www.linkedin.com/posts/the-announcement)\n",
        "Open the address in a browser if in doubt; it is asked again by itself.",
        LINKS,
    ),
)

RULES: dict[str, Rule] = {rule.name: rule for rule in _RULES}
"""Every rule by its name, in the order of the page that lists them."""


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One fault at one place; line and column count from 1, the path is written with slashes.

    Findings sort by path, line, column and rule. A rule that `RULES` lacks is a `ValueError`.
    """

    path: str
    line: int
    column: int
    rule: str
    message: str
    hint: str

    def __post_init__(self) -> None:
        """Fail at once on a misspelled rule or a place that cannot be."""
        if self.rule not in RULES:
            raise ValueError(f"no rule is named {self.rule!r}")
        if self.line < 1 or self.column < 1:
            raise ValueError(f"line {self.line}, column {self.column}: both count from 1")

    @classmethod
    def of(
        cls, rule: str, path: str, place: tuple[int, int], message: str, hint: str = ""
    ) -> "Finding":
        """Make a finding whose hint, unless one is given, is the rule's own mend.

        `place` is line and column.
        """
        mend = RULES[rule].mend if rule in RULES else ""
        return cls(path, *place, rule, message, hint or mend)

    @property
    def severity(self) -> Severity:
        """The severity of the rule that is broken."""
        return RULES[self.rule].severity


class EthogramError(Exception):
    """An expected failure, shown as one sentence and never as a traceback.

    It carries the findings behind it, where there are any; without a message of its own it
    speaks with the first of them and says how many there are.
    """

    def __init__(
        self, message: str = "", finding: Finding | None = None, findings: Iterable[Finding] = ()
    ) -> None:
        """Take a sentence, one finding or many; `finding` is the first of `findings`."""
        self.findings: tuple[Finding, ...] = tuple(findings) or ((finding,) if finding else ())
        super().__init__(message or _sentence(self.findings))

    @property
    def finding(self) -> Finding | None:
        """The first finding, or None where the failure has no place in a file."""
        return self.findings[0] if self.findings else None


def _sentence(findings: tuple[Finding, ...]) -> str:
    if not findings:
        return "Something failed, and it was not said what."
    first, more = findings[0], len(findings) - 1
    said = f"{first.path}:{first.line}: {_told(first)}"
    return f"{said} ({more} more)" if more else said


def _told(finding: Finding) -> str:
    """Join message and mend; a message need not end in a full stop."""
    stop = "" if finding.message.endswith((".", "?", "!")) or not finding.hint else "."
    return f"{finding.message}{stop} {finding.hint}".strip()


# -- formats ---------------------------------------------------------------------------------


def to_text(findings: Iterable[Finding]) -> str:
    """Write ``path:line:column: RULE message`` and a line with the mend for each finding."""
    return "\n".join(_text_lines(finding) for finding in sorted(findings))


def _text_lines(finding: Finding) -> str:
    place = f"{visible(finding.path)}:{finding.line}:{finding.column}"
    first = f"{place}: {finding.rule} {visible(finding.message)}"
    return f"{first}\n    {visible(finding.hint)}" if finding.hint else first


def visible(text: str) -> str:
    """Fold white space and show what a terminal would obey: a message quotes what it found."""
    folded = " ".join(text.split())
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in folded)


def to_json(findings: Iterable[Finding]) -> str:
    """Write an array of objects: path, line, column, rule, severity, message, hint."""
    return json.dumps([_as_object(finding) for finding in sorted(findings)], indent=2)


def _as_object(finding: Finding) -> dict[str, str | int]:
    return {
        "path": finding.path,
        "line": finding.line,
        "column": finding.column,
        "rule": finding.rule,
        "severity": finding.severity.value,
        "message": finding.message,
        "hint": finding.hint,
    }


# https://docs.github.com/actions/reference/workflow-commands-for-github-actions; the escapes are
# those of actions/toolkit, packages/core/src/command.ts.
_DATA = str.maketrans({"%": "%25", "\r": "%0D", "\n": "%0A"})
_PROPERTY = _DATA | str.maketrans({":": "%3A", ",": "%2C"})
_COMMANDS = {Severity.NOTE: "notice"}
"""Severities that GitHub calls by another name."""


def to_github(findings: Iterable[Finding]) -> str:
    """Write a workflow command for each finding: an annotation at its line on GitHub."""
    return "\n".join(_annotation(finding) for finding in sorted(findings))


def _annotation(finding: Finding) -> str:
    places = {
        "file": finding.path,
        "line": str(finding.line),
        "col": str(finding.column),
        "title": finding.rule,
    }
    properties = ",".join(f"{name}={text.translate(_PROPERTY)}" for name, text in places.items())
    said = "\n".join(filter(None, [finding.message, finding.hint]))
    command = _COMMANDS.get(finding.severity, finding.severity.value)
    return f"::{command} {properties}::{said.translate(_DATA)}"


def to_sarif(findings: Iterable[Finding]) -> str:
    """Write a SARIF 2.1.0 log with every rule, so that a viewer can explain each result."""
    driver = {"name": "ethogram", "rules": [_sarif_rule(rule) for rule in RULES.values()]}
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_sarif_result(finding) for finding in sorted(findings)],
    }
    log = {
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [run],
    }
    return json.dumps(log, indent=2)


def _sarif_rule(rule: Rule) -> dict[str, object]:
    fenced = f"{rule.mend}\n\nThis breaks the rule:\n\n~~~\n{rule.example}~~~\n"
    return {
        "id": rule.name,
        "shortDescription": {"text": rule.summary},
        "help": {"text": rule.mend, "markdown": fenced},
        "defaultConfiguration": {"level": rule.severity.value},
    }


def _sarif_result(finding: Finding) -> dict[str, object]:
    region = {"startLine": finding.line, "startColumn": finding.column}
    location = {"artifactLocation": {"uri": _uri(finding.path)}, "region": region}
    return {
        "ruleId": finding.rule,
        "ruleIndex": list(RULES).index(finding.rule),
        "level": finding.severity.value,
        "message": {"text": _told(finding)},
        "locations": [{"physicalLocation": location}],
    }


def _uri(path: str) -> str:
    """Write a path as a URI reference: percent-encoded, and never mistaken for a scheme."""
    posix = PurePosixPath(path.replace("\\", "/")).as_posix()
    return quote(posix, safe="/", errors="surrogateescape")


FORMATS: dict[str, Callable[[Iterable[Finding]], str]] = {
    "text": to_text,
    "json": to_json,
    "github": to_github,
    "sarif": to_sarif,
}
"""The formats of `ethogram check` by their name on the command line."""
