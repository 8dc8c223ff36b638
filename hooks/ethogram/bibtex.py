r"""BibTeX as text: records with the lines they stand on, escapes, and names.

pybtex's low-level parser reads each record. It is given one record at a time, cut where a line
starts with ``@type{``: so a missing brace costs the record that it is missing in, with its line,
and never those that follow.

What we write ourselves uses ten escapes only, which are undone here without a LaTeX parser.
Braces are among them, as ``\textbraceleft{}``: neither BibTeX nor pybtex takes ``\{`` for
anything but a brace that has to be closed.
"""

import re
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from functools import cache, lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING

from pybtex.bibtex.utils import split_tex_string
from pybtex.database.input.bibtex import LowLevelParser, SkipEntry, UndefinedMacro, month_names
from pybtex.scanner import PrematureEOF, PybtexSyntaxError
from pybtex.utils import CaseInsensitiveDict

if TYPE_CHECKING:
    from pylatexenc.latex2text import LatexNodes2Text

# -- text ------------------------------------------------------------------------------------

_ESCAPES = {
    "\\": r"\textbackslash{}",
    "{": r"\textbraceleft{}",
    "}": r"\textbraceright{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: f"\\{character}" for character in "&%#_$"},
}
_ESCAPE = str.maketrans(_ESCAPES)
_ESCAPE_VERBATIM = str.maketrans({character: _ESCAPES[character] for character in "\\{}"})
_ESCAPED = re.compile("|".join(map(re.escape, _ESCAPES.values())))
_ESCAPED_OR_BRACE = re.compile(f"{_ESCAPED.pattern}|[{{}}]")
_MEANT = {escaped: character for character, escaped in _ESCAPES.items()}
_MARKUP = re.compile(r"[\\{}$~]")
_OTHER_LATEX = re.compile(r"[\\$~]")

# White space is left in: `clean` folds it. Lone surrogates have no place in UTF-8.
_CONTROL = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff]")


def clean(text: str) -> str:
    """Drop control characters and fold white space to single blanks."""
    if text.isprintable() and "  " not in text and text == text.strip():
        return text  # nearly always; it holds no white space but single blanks
    return " ".join(_CONTROL.sub("", text).split())


def escape(text: str) -> str:
    r"""Write text as a BibTeX value, without delimiters.

    >>> escape("Q&A: 100% of {a_b}")
    'Q\\&A: 100\\% of \\textbraceleft{}a\\_b\\textbraceright{}'
    """
    return text.translate(_ESCAPE)


def escape_verbatim(text: str) -> str:
    """Write an address or a DOI as a BibTeX value: programs take these as they stand."""
    return text.translate(_ESCAPE_VERBATIM)


def plain(raw: str) -> str:
    r"""Read a BibTeX value as text: grouping braces go, LaTeX becomes Unicode, math stays.

    The inverse of `escape`. LaTeX that is not understood is left as it is.

    >>> plain(r"{{Schr\"odinger's $O(n^2)$ \& {GPT}}}")
    "Schrödinger's $O(n^2)$ & GPT"
    """
    if not _MARKUP.search(raw):
        return clean(raw)
    if _OTHER_LATEX.search(_ESCAPED.sub("", raw)):
        return clean(without_latex(raw))
    return verbatim(raw)


def verbatim(raw: str) -> str:
    """Read a BibTeX value that is an address or a DOI; the inverse of `escape_verbatim`."""
    return clean(_ESCAPED_OR_BRACE.sub(lambda match: _MEANT.get(match[0], ""), raw))


_MATH = re.compile(r"(\$(?:[^$\\]|\\.)+\$|\\\(.*?\\\))", re.DOTALL)
_MACRO = re.compile(r"\\([A-Za-z]+|.|$)", re.DOTALL)
_KNOWN = {
    *"'`^\"~=.HckuvrdbtijoOlL&%#_${} ,",
    *"ss aa AA ae AE oe OE textendash textemdash ldots dots".split(),
    *"emph textit textbf textsc textrm texttt mbox".split(),
}
# Ours: what pylatexenc would drop, some of it with all that is in its braces.
_ADDED = {"texttt": "%s", "mbox": "%s", "textless": "<", "textgreater": ">", "textbar": "|"}
_ADDED |= dict.fromkeys("it bf em rm sc sl tt".split(), "") | {"TeX": "TeX", "LaTeX": "LaTeX"}
# In a BibTeX value these are themselves, escaped or not; to a LaTeX parser they are not.
_BARE = re.compile(r"(?<!\\)[%&#$]")
# For private use, so in no text: they stand for characters that are to be left alone.
_HELD = {character: chr(0xF8F0 + number) for number, character in enumerate(_ESCAPES)}
_HOLD = {escaped: _HELD[character] for escaped, character in _MEANT.items()}
_RELEASE = str.maketrans({held: character for character, held in _HELD.items()})


def without_latex(text: str) -> str:
    r"""Turn LaTeX into Unicode, outside math; what has an unknown macro is left as it is.

    >>> without_latex(r"Erd\H{o}s on $\alpha$"), without_latex(r"C:\temp")
    ('Erdős on $\\alpha$', 'C:\\temp')
    """
    held = _ESCAPED.sub(lambda match: _HOLD[match[0]], text)
    pieces = [_without_macros(piece) for piece in _MATH.split(held)]
    return "".join(pieces).translate(_RELEASE)


def _without_macros(text: str) -> str:
    macros = _MACRO.findall(text)
    if _MATH.fullmatch(text) or not all(name in _KNOWN or name in _ADDED for name in macros):
        return text
    return str(_latex_reader().latex_to_text(_BARE.sub(r"\\\g<0>", text), tolerant_parsing=True))


@cache
def _latex_reader() -> "LatexNodes2Text":
    # Imported late: it takes as long as all the rest, and most records have no LaTeX.
    from pylatexenc.latex2text import (
        LatexNodes2Text,
        MacroTextSpec,
        get_default_latex_context_db,
    )

    known = get_default_latex_context_db()
    added = [MacroTextSpec(name, simplify_repl=text) for name, text in _ADDED.items()]
    known.add_context_category("ethogram", macros=added, prepend=True)
    return LatexNodes2Text(known, math_mode="verbatim", strict_latex_spaces=False)


# -- names -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Name:
    """An author: the name as it is shown, the family name in it, and whether it is no person."""

    text: str
    family: str
    corporate: bool = False


_SUFFIXES = {"Jr", "Jr.", "Sr", "Sr.", "II", "III", "IV"}
_AND = re.compile(" and ", re.IGNORECASE)
_DANGLING = re.compile("^and( |$)| and$", re.IGNORECASE)


def family_name(name: str) -> str:
    """Return the family name of a person's name, particles included, by BibTeX's rule.

    It starts at the first word in lower case, else it is the last word. Beyond BibTeX's rule,
    a final "Jr." is no part of it, and a name all in lower case has no particles.

    >>> family_name("Guido van Rossum"), family_name("John Smith Jr."), family_name("bell hooks")
    ('van Rossum', 'Smith', 'hooks')
    """
    words = name.split(" ")
    if len(words) > 2 and words[-1] in _SUFFIXES:
        words.pop()
    return _from_particle(words, [_is_particle(word) for word in words])


def _from_particle(words: list[str], particles: list[bool]) -> str:
    first = particles.index(True) if any(particles) and not all(particles) else -1
    return " ".join(words[first:])


def _is_particle(word: str) -> bool:
    return next((letter.islower() for letter in word if letter.isalpha()), False)


def name_parts(name: str, family: str) -> tuple[str, str] | None:
    """Return what stands before and after the family name, or None where it does not fit.

    >>> name_parts("John Smith Jr.", "Smith")
    ('John', 'Jr.')
    """
    words, kin = name.split(" "), family.split(" ")
    for start in range(len(words) - len(kin), 0, -1):
        if words[start : start + len(kin)] == kin:
            return " ".join(words[:start]), " ".join(words[start + len(kin) :])
    return ("", "") if name == family == family_name(name) else None


def is_misread(text: str) -> bool:
    """Whether BibTeX would take a part of a name apart unless it stood in braces."""
    return "," in text or text == "others" or "and" in text.lower().split(" ")


@lru_cache(maxsize=1 << 15)  # a build writes each record more than once
def write_name(name: Name) -> str:
    """Write a name as BibTeX: ``Family, Suffix, Given``, or in braces where it is no person."""
    if name.corporate:
        return f"{{{escape(name.text)}}}"
    given, suffix = name_parts(name.text, name.family) or ("", "")
    if not given:
        return escape(name.text)
    return ", ".join(_protected(part) for part in (name.family, suffix, given) if part)


def _protected(part: str) -> str:
    return f"{{{escape(part)}}}" if is_misread(part) else escape(part)


def read_names(raw: str) -> tuple[list[Name], bool]:
    """Read names joined by "and"; the second value is False where "and others" ends them.

    Raises:
        ValueError: a name is missing or has too many commas; the text says which.
    """
    raw = clean(raw)
    raws = split_tex_string(raw, " [Aa][Nn][Dd] ") if "{" in raw else _AND.split(raw)
    complete = raws[-1:] != ["others"]
    return [_read_name(name) for name in (raws if complete else raws[:-1])], complete


@cache  # people write more than one paper
def _read_name(raw: str) -> Name:
    if _in_braces(raw):
        text = plain(raw)
        return Name(text, text, corporate=True)
    parts = split_tex_string(raw, ",") if "{" in raw else [part.strip() for part in raw.split(",")]
    if len(parts) > 3:
        raise ValueError(f"`{raw}` has too many commas for one name")
    if not parts[0] or parts[0] == "others" or _DANGLING.search(raw):
        raise ValueError(f"a name is missing before or after an `and`, or in `{raw}`")
    if len(parts) == 1:
        return Name(plain(raw), _family_of_raw(raw))
    family, *suffix, given = map(plain, parts)
    return Name(" ".join(filter(None, (given, family, *suffix))), family)


def _in_braces(raw: str) -> bool:
    """Whether one pair of braces holds all of a name."""
    depth = 0
    for place, character in enumerate(raw):
        depth += (character == "{") - (character == "}")
        if depth == 0:
            return place == len(raw) - 1 > 0
    return False


def _family_of_raw(raw: str) -> str:
    """The family name of ``First von Last``, where braces may hold words together."""
    if not _MARKUP.search(raw):
        return family_name(raw)
    words = split_tex_string(raw)
    read = [plain(word) for word in words]
    if all(" " not in word for word in read):
        return family_name(" ".join(read))
    particles = [
        not word.startswith("{") and _is_particle(text)
        for word, text in zip(words, read, strict=True)
    ]
    return _from_particle(read, particles)


# -- records ---------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Field:
    """A field: its name in lower case, the value as BibTeX without delimiters, its line."""

    name: str
    raw: str
    line: int


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it stands in a file; the type is in lower case, lines count from 1."""

    type: str
    key: str
    line: int
    fields: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Comment:
    """Text that is no record and may stand between records: a line with a %, an @comment."""

    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Why something cannot be read, and the mend where there is a better one than the usual."""

    line: int
    message: str
    hint: str = ""


_START = re.compile(r"^[ \t]*@[ \t]*[A-Za-z]+\s*[{(]", re.MULTILINE)
# A line that starts with % is a comment, even one that holds an @.
_OUTSIDE = re.compile(r"(?:(?<![^\n])[ \t]*%[^\n]*|[^@])*")


def read_records(text: str) -> Iterator[Record | Comment | Fault]:
    """Yield all that a BibTeX file holds, in order; lines end in ``\\n``.

    Strings (``@string``) are put in where they are used. Whatever cannot be read is a `Fault`.
    """
    macros: MutableMapping[str, str] = CaseInsensitiveDict(month_names)
    cuts = [0, *(match.start() for match in _START.finditer(text)), len(text)]
    line = 1
    for start, end in pairwise(cuts):
        if house := _HOUSE_RECORD.fullmatch(text, start, end):
            yield _house_record(house, line)
        else:
            yield from _Reader(text[start:end], line, macros).read()
        line += text.count("\n", start, end)


# Records as we write them, a field a line and no brace inside a value, are nearly all there are:
# read without the parser, a thousand of them take a third of the time.
_HOUSE_FIELD = re.compile(r"  ([a-z]+) *= \{(\{[^{}\n]*\}|[^{}\n]*)\},\n")
_HOUSE_RECORD = re.compile(
    r"@(?!comment|string|preamble)([a-z]+)\{([A-Za-z0-9_-]+),\n"
    rf"((?:{_HOUSE_FIELD.pattern})+)\}}\n*",
    re.ASCII,
)


def _house_record(match: re.Match[str], line: int) -> Record:
    """The record of a match; the same as the parser would read (tests/test_bibtex.py)."""
    fields = enumerate(_HOUSE_FIELD.findall(match[3]), line + 1)
    read = tuple(Field(name, raw, number) for number, (name, raw) in fields)
    return Record(match[1], match[2], line, read)


class _Reader(LowLevelParser):  # type: ignore[misc]  # pybtex has no type information
    """Reads the text from one record's start to the next one's."""

    def __init__(self, text: str, line: int, macros: MutableMapping[str, str]) -> None:
        super().__init__(text, macros=macros)
        self.pos = 0
        self.lineno = self.field_line = line
        self.lines: list[int] = []

    def read(self) -> Iterator[Record | Comment | Fault]:
        while True:
            yield from self.outside()
            if self.eof():
                return
            self.command_start, self.pos = self.pos, self.pos + 1
            line, self.lines = self.lineno, []
            try:
                yield from self.command(line)
            except PybtexSyntaxError as error:
                yield self.fault(error, line)
                return  # what follows belongs to the broken record

    def outside(self) -> Iterator[Comment | Fault]:
        """Skip to the next @; text other than comments is a fault, told once."""
        match = _OUTSIDE.match(self.text, self.pos)
        assert match is not None  # the expression matches the empty text, too
        told = False
        for number, text in enumerate(match[0].split("\n"), self.lineno):
            if text.lstrip().startswith("%"):
                yield Comment(number, text.strip())
            elif text.strip() and not told:
                told = True
                yield Fault(number, f"`{_shortened(text)}` belongs to no record", _OUTSIDE_HINT)
        self.pos = match.end()
        self.update_lineno(match[0])

    def command(self, line: int) -> Iterator[Record | Comment]:
        """Read what follows an @."""
        try:
            kind, (key, fields) = (*self.parse_command(), ())[:2]
        except SkipEntry:
            list(self.parse_string(self.RBRACE))
            yield Comment(line, self.text[self.command_start : self.pos])
            return
        if kind.lower() != "string":
            found = zip(fields, self.lines, strict=True)
            read = tuple(Field(name.lower(), "".join(raw), at) for (name, raw), at in found)
            yield Record(kind.lower(), key, line, read)

    def parse_preamble_body(self, body_end: object) -> None:  # noqa: ARG002  as pybtex calls it
        """Read a preamble like a comment: it means something to TeX alone."""
        self.parse_value()
        raise SkipEntry

    def parse_entry_fields(self) -> None:
        """Read the fields; pybtex alone would not ask for the comma between key and fields."""
        if "=" in self.current_entry_key:
            raise PybtexSyntaxError("entry key expected", self)
        self.eat_whitespace()
        if not self.text.startswith((",", "}", ")"), self.pos):
            raise PybtexSyntaxError("'}' expected", self)
        super().parse_entry_fields()

    def parse_field(self) -> None:
        """Read a field, and remember the line of its name."""
        self.eat_whitespace()
        self.field_line = self.lineno
        super().parse_field()
        if self.current_field_name:
            self.lines.append(self.field_line)

    def fault(self, error: PybtexSyntaxError, line: int) -> Fault:
        """Say where the parser gave up, and why, in words that name the field or record."""
        name = f"`{self.current_entry_key}`" if self.current_entry_key else "that starts here"
        in_value = self.current_field_name and not self.current_value
        if isinstance(error, UndefinedMacro):
            word = error.args[0]
            return Fault(error.lineno, f"`{word}` stands without braces", f"Write `{{{word}}}`.")
        if in_value and (isinstance(error, PrematureEOF) or "braces" in str(error)):
            message = f"The braces or quotation marks of `{self.current_field_name}` do not match"
            return Fault(self.field_line, message, _CLOSE_HINT)
        if isinstance(error, PrematureEOF):
            return Fault(line, f"The record {name} is never closed", _CLOSE_HINT)
        rest = self.text[self.pos :].lstrip()
        if error.args[0] == "entry key expected" or (rest[:1] == "=" and not self.current_fields):
            return Fault(line, "The record has no key", "Put a key and a comma after the brace.")
        if not in_value and error.args[0].startswith(("'}'", "')'")):
            return Fault(error.lineno, f"A comma or a brace is missing in {name}", _COMMA_HINT)
        return Fault(error.lineno, f"Found `{_shortened(rest)}` where {_wanted(error)} belongs")


_OUTSIDE_HINT = (
    "If it is a record, put an @ before its type; if it is part of the record above, "
    "that has a closing brace too many; if it is a comment, start the line with %."
)
_CLOSE_HINT = "Add the brace or quotation mark that is missing, or take out the one too many."
_COMMA_HINT = "Put a comma after each field, and a closing brace after the last."


def _wanted(error: PybtexSyntaxError) -> str:
    return str(error.args[0]).removesuffix(" expected")


def _shortened(text: str) -> str:
    line = text.strip().split("\n")[0]
    return line if len(line) <= 40 else f"{line[:39]}…"
