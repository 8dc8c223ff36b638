"""Findings: their order, their rules, and the four formats in which they are shown."""

import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator

from ethogram.findings import (
    FORMATS,
    RULES,
    EthogramError,
    Finding,
    Severity,
    to_github,
    to_json,
    to_sarif,
    to_text,
)

ALT = Finding("docs/a.md", 7, 5, "alt-missing", "The picture has no text.", "Say what it shows.")
LONG = Finding("docs/a.md", 3, 1, "card-length", "The card has 12 words.", "Write 40 to 140.")


def test_a_finding_knows_its_severity() -> None:
    """The rule decides how grave a finding is."""
    assert ALT.severity is Severity.ERROR
    assert LONG.severity is Severity.WARNING


def test_a_misspelled_rule_fails_at_once() -> None:
    """A rule that is not listed could be neither explained nor looked up."""
    with pytest.raises(ValueError, match="'alt-mising'"):
        Finding("docs/a.md", 1, 1, "alt-mising", "", "")


def test_the_mend_of_the_rule_is_the_hint_by_default() -> None:
    """A finding always says how it is mended; a better hint replaces the rule's own."""
    assert Finding.of("dead-link", "a.md", (2, 3), "Gone") == Finding(
        "a.md", 2, 3, "dead-link", "Gone", RULES["dead-link"].mend
    )
    assert Finding.of("dead-link", "a.md", (2, 3), "Gone", "Write b.md.").hint == "Write b.md."
    with pytest.raises(ValueError, match="'dead-lin'"):
        Finding.of("dead-lin", "a.md", (1, 1), "Gone")


@pytest.mark.parametrize(("line", "column"), [(0, 1), (1, 0), (-1, 1)])
def test_places_count_from_one(line: int, column: int) -> None:
    """An editor cannot go to line 0."""
    with pytest.raises(ValueError, match="count from 1"):
        Finding("docs/a.md", line, column, "alt-missing", "", "")


def test_findings_sort_by_place_then_rule() -> None:
    """Path, line, column, rule: the order in which a person works through them."""
    places = [
        ("docs/a.md", 2, 9, "dead-link"),
        ("docs/a.md", 10, 1, "alt-missing"),
        ("docs/a.md", 10, 1, "dead-link"),
        ("docs/b.md", 1, 1, "alt-missing"),
    ]
    findings = [Finding(*place, message="", hint="") for place in reversed(places)]
    assert [(f.path, f.line, f.column, f.rule) for f in sorted(findings)] == places


# -- the rules -------------------------------------------------------------------------------


@pytest.mark.parametrize("rule", RULES.values(), ids=str)
def test_a_rule_explains_itself(rule: Any) -> None:
    """Each rule has a slug, one line on what it asks, an example and one sentence of mending."""
    assert RULES[rule.name] is rule
    assert re.fullmatch(r"[a-z]+(-[a-z]+)*", rule.name)
    assert re.fullmatch(r"[A-Z][^\n]+\.", rule.summary)
    assert re.fullmatch(r"[A-Z][^\n]+\.", rule.mend)
    assert rule.example.strip()
    assert rule.example.endswith("\n")
    assert "~~~" not in rule.example  # it is shown between such lines


def test_no_two_rules_share_an_example() -> None:
    """What breaks exactly one rule cannot be the example of another."""
    assert len({rule.example for rule in RULES.values()}) == len(RULES)


# -- text and JSON ---------------------------------------------------------------------------


def test_text_names_place_rule_message_and_mend() -> None:
    """`path:line:column: RULE message`, then the mend on a line of its own."""
    assert to_text([ALT, LONG]) == (
        "docs/a.md:3:1: card-length The card has 12 words.\n    Write 40 to 140.\n"
        "docs/a.md:7:5: alt-missing The picture has no text.\n    Say what it shows."
    )


def test_text_has_no_empty_line_for_a_missing_mend() -> None:
    """Without a mend there is one line."""
    assert to_text([Finding("a.md", 1, 1, "dead-link", "Gone.", "")]) == "a.md:1:1: dead-link Gone."


@given(st.text(), st.text())
def test_text_is_two_lines_whatever_is_quoted(message: str, hint: str) -> None:
    """A message quotes what it found: no line break or escape sequence of it gets through."""
    lines = to_text([Finding("a.md", 1, 1, "dead-link", message, hint)]).split("\n")
    assert len(lines) == (2 if hint else 1)
    assert all(line.isprintable() for line in lines)


def test_json_has_the_promised_shape() -> None:
    """The seven members of DESIGN, in order, findings sorted."""
    objects = json.loads(to_json([ALT, LONG]))
    assert [list(each) for each in objects] == [
        ["path", "line", "column", "rule", "severity", "message", "hint"]
    ] * 2
    assert objects[0] == {
        "path": "docs/a.md",
        "line": 3,
        "column": 1,
        "rule": "card-length",
        "severity": "warning",
        "message": "The card has 12 words.",
        "hint": "Write 40 to 140.",
    }


@pytest.mark.parametrize(("name", "empty"), [("text", ""), ("json", "[]"), ("github", "")])
def test_no_findings_are_an_answer_too(name: str, empty: str) -> None:
    """Nothing found is an empty text and an empty array."""
    assert FORMATS[name]([]) == empty


def test_every_format_takes_any_iterable() -> None:
    """A generator will do: formats sort and count for themselves."""
    for form in FORMATS.values():
        assert form(finding for finding in [ALT, LONG]) == form([LONG, ALT])


# -- GitHub ----------------------------------------------------------------------------------


def test_github_gets_an_annotation() -> None:
    """Place and rule are properties; message and mend are two lines of one text."""
    assert to_github([ALT]) == (
        "::error file=docs/a.md,line=7,col=5,title=alt-missing::"
        "The picture has no text.%0ASay what it shows."
    )
    assert to_github([LONG]).startswith("::warning file=docs/a.md,line=3,")


def test_a_note_is_a_notice_to_github() -> None:
    """SARIF and GitHub have two names for what asks nothing of anybody."""
    note = Finding("a.md", 1, 1, "unchecked-address", "No answer.", "")
    assert to_github([note]).startswith("::notice file=a.md,")
    log = to_sarif([note])
    assert sarif_faults(log) == []
    assert json.loads(log)["runs"][0]["results"][0]["level"] == "note"
    assert json.loads(to_json([note]))[0]["severity"] == "note"


def test_github_is_escaped_as_the_toolkit_does() -> None:
    """In data % CR LF are escaped, in properties : and , too, and % before all others."""
    odd = Finding("docs/100%: a,b.md", 1, 2, "dead-link", "50%: a,\r\nb", "")
    assert to_github([odd]) == (
        "::error file=docs/100%25%3A a%2Cb.md,line=1,col=2,title=dead-link::50%25: a,%0D%0Ab"
    )


def _unescaped(text: str) -> str:
    """Undo the escapes as GitHub's runner does: % last."""
    for code, char in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, char)
    return text


@given(st.text(min_size=1), st.text(min_size=1), st.text(min_size=1))
def test_github_reads_back_what_was_meant(path: str, message: str, hint: str) -> None:
    """No text ends a command early, and the runner shows exactly what was written."""
    command = to_github([Finding(path, 1, 1, "dead-link", message, hint)])
    match = re.fullmatch(r"::error file=([^:,]*),line=1,col=1,title=dead-link::([^\r\n]*)", command)
    assert match is not None
    assert _unescaped(match[1]) == path
    assert _unescaped(match[2]) == f"{message}\n{hint}"


# -- SARIF -----------------------------------------------------------------------------------


def _object(required: list[str], **properties: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "additionalProperties": False,
        "required": required,
        "properties": properties,
    }


_TEXT = {"type": "string"}
_LEVEL = {"enum": ["none", "note", "warning", "error"]}
_COUNT = {"type": "integer", "minimum": 1}
_EXPLAINED = _object(["text"], text=_TEXT, markdown=_TEXT)
_URI = {"type": "string", "pattern": r"^(?:[A-Za-z0-9/._~!$&'()*+,;=@-]|%[0-9A-F]{2})+$"}
_RULE = _object(
    ["id"],
    id=_TEXT,
    shortDescription=_EXPLAINED,
    help=_EXPLAINED,
    defaultConfiguration=_object([], level=_LEVEL),
)
_PLACE = _object(
    ["artifactLocation"],
    artifactLocation=_object(["uri"], uri=_URI),
    region=_object(["startLine"], startLine=_COUNT, startColumn=_COUNT),
)
_RESULT = _object(
    ["message"],
    ruleId=_TEXT,
    ruleIndex={"type": "integer", "minimum": 0},
    level=_LEVEL,
    message=_object(["text"], text=_TEXT),
    locations={"type": "array", "items": _object([], physicalLocation=_PLACE)},
)
_DRIVER = _object(
    ["name"], name=_TEXT, rules={"type": "array", "uniqueItems": True, "items": _RULE}
)
_RUN = _object(
    ["tool", "results"],
    tool=_object(["driver"], driver=_DRIVER),
    columnKind={"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
    results={"type": "array", "items": _RESULT},
)
# What the SARIF 2.1.0 schema (oasis-tcs/sarif-spec, Schemata/sarif-schema-2.1.0.json) says of the
# objects we write: its requirements, kinds and values, without the members we have no use for.
# Valid here is valid there, as every schema object there refuses what it does not list.
SARIF = _object(
    ["version", "runs"],
    **{"$schema": {"type": "string", "format": "uri"}},
    version={"enum": ["2.1.0"]},
    runs={"type": "array", "minItems": 1, "items": _RUN},
)


def sarif_faults(log: str) -> list[str]:
    """What the schema has against a log."""
    return [error.message for error in Draft7Validator(SARIF).iter_errors(json.loads(log))]


def test_sarif_is_valid_and_complete() -> None:
    """A log has every rule with its help, and results that point to their rules."""
    log = to_sarif([ALT, LONG])
    assert sarif_faults(log) == []
    run = json.loads(log)["runs"][0]
    rules = run["tool"]["driver"]["rules"]
    assert [rule["id"] for rule in rules] == list(RULES)
    assert all(rule["help"]["text"] == RULES[rule["id"]].mend for rule in rules)
    assert [rules[result["ruleIndex"]]["id"] for result in run["results"]] == [
        "card-length",
        "alt-missing",
    ]
    assert run["results"][1]["locations"][0]["physicalLocation"] == {
        "artifactLocation": {"uri": "docs/a.md"},
        "region": {"startLine": 7, "startColumn": 5},
    }
    assert [result["level"] for result in run["results"]] == ["warning", "error"]


def test_sarif_without_findings_is_a_log_of_a_clean_run() -> None:
    """An empty list of results says that the check ran; an absent one would not."""
    log = to_sarif([])
    assert sarif_faults(log) == []
    assert json.loads(log)["runs"][0]["results"] == []


def test_the_excerpt_of_the_schema_refuses_what_sarif_refuses() -> None:
    """The schema above is no rubber stamp: a member too many or too few is seen."""
    good = to_sarif([ALT])
    assert sarif_faults(good.replace('"startLine": 7', '"startLine": 0')) != []
    assert sarif_faults(good.replace('"startLine"', '"line"')) != []
    assert sarif_faults(good.replace('"level": "error"', '"level": "grave"')) != []
    assert sarif_faults(good.replace('"2.1.0"', '"2.0.0"')) != []


@pytest.mark.parametrize(
    ("path", "uri"),
    [
        ("docs/a b.md", "docs/a%20b.md"),
        ("docs/50%.md", "docs/50%25.md"),
        ("docs\\a.md", "docs/a.md"),
        ("docs/\u00fc.md", "docs/%C3%BC.md"),
        ("docs/\udce9.md", "docs/%E9.md"),
        ("c:a.md", "c%3Aa.md"),
        ("docs/a#b?.md", "docs/a%23b%3F.md"),
    ],
)
def test_sarif_paths_are_uri_references(path: str, uri: str) -> None:
    """Paths are percent-encoded with forward slashes, and never look like a scheme."""
    log = to_sarif([Finding(path, 1, 1, "dead-link", "Gone.", "")])
    assert sarif_faults(log) == []
    result = json.loads(log)["runs"][0]["results"][0]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


@pytest.mark.parametrize(
    ("message", "hint", "told"),
    [
        ("Gone", "Write b.md.", "Gone. Write b.md."),
        ("Gone.", "Write b.md.", "Gone. Write b.md."),
        ("Gone?", "Write b.md.", "Gone? Write b.md."),
        ("Gone", "", "Gone"),
    ],
)
def test_message_and_mend_are_joined_as_sentences(message: str, hint: str, told: str) -> None:
    """Where both stand in one text, a full stop parts them, and only one."""
    finding = Finding("a.md", 1, 1, "dead-link", message, hint)
    assert json.loads(to_sarif([finding]))["runs"][0]["results"][0]["message"]["text"] == told
    assert str(EthogramError(finding=finding)) == f"a.md:1: {told}"


# -- errors ----------------------------------------------------------------------------------


def test_an_error_speaks_in_one_sentence() -> None:
    """A message of its own, or that of the first finding and how many follow."""
    assert str(EthogramError("There is no folder docs.")) == "There is no folder docs."
    assert str(EthogramError(finding=ALT)) == (
        "docs/a.md:7: The picture has no text. Say what it shows."
    )
    assert str(EthogramError(findings=[LONG, ALT])).endswith("Write 40 to 140. (1 more)")


def test_an_error_carries_its_findings() -> None:
    """One finding or many: the first is `finding`, all are `findings`."""
    assert EthogramError("Gone.").finding is None
    assert EthogramError("Gone.").findings == ()
    assert EthogramError("Gone.", ALT).findings == (ALT,)
    many = EthogramError("Gone.", findings=[LONG, ALT])
    assert many.finding == LONG
    assert many.findings == (LONG, ALT)
