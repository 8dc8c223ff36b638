"""Addresses in Markdown files changed, and nothing else: no byte beside them moves.

A new address must be read back as what it is by Python-Markdown, by a browser and by `extract`
alike. Backslashes would not do (a definition keeps them), so what could end or change an address
is written as a character reference, which all three decode.
"""

import os
import re
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from difflib import unified_diff
from itertools import pairwise
from pathlib import Path, PurePath

from ethogram import writing
from ethogram.findings import EthogramError, Finding
from ethogram.links.addresses import resolve
from ethogram.links.extract import Link, links_in_markdown

_BOM = "\ufeff"
_LINE_END = re.compile(r"\r\n|\r|\n")
_READ_LINE_END = re.compile(r" ?(?:\r\n|\r|\n)")  # `markdown.read` puts a blank for the \r of \r\n
_ANY_LINE_END = r" ?(?:\r\n|\r|\n)"
_NO_FINAL_NEWLINE = "\\ No newline at end of file\n"


class MisplacedError(EthogramError, ValueError):
    """An edit whose old text does not stand where it says, or that overlaps another one."""


@dataclass(frozen=True, slots=True)
class Edit:
    """A replacement on a page.

    Attributes:
        path: the page's file.
        line, column: of the first character of `old`, from 1; a byte order mark is no column.
        old: what stands there, as written; where it is empty, `new` is put in.
        new: what is to stand there.
    """

    path: str
    line: int
    column: int
    old: str
    new: str


@dataclass(frozen=True, slots=True)
class Change:
    """A file and what is to become of it.

    Attributes:
        path: the file.
        before, after: its whole text, byte order mark and line ends as they are in it; nothing is
            before a file that is new.
    """

    path: str
    before: str
    after: str

    def diff(self) -> str:
        """A unified diff, as `git apply` takes it; empty where nothing changes."""
        name = PurePath(os.path.relpath(self.path, _top(Path(self.path)))).as_posix()
        # Only \n ends a line for git, and a blank in a name would end the name.
        lines = (text.split("\n") for text in (self.before, self.after))
        before, after = (
            [f"{line}\n" for line in some[:-1]] + [some[-1]] * bool(some[-1]) for some in lines
        )
        tab = "\t" if " " in name else ""
        source = f"a/{name}{tab}" if self.before or Path(self.path).exists() else "/dev/null"
        found = unified_diff(before, after, source, f"b/{name}{tab}")
        return "".join(
            line if line.endswith("\n") else f"{line}\n{_NO_FINAL_NEWLINE}" for line in found
        )

    def write(self) -> None:
        """Put the new text in place of the old one, all of it or nothing; the mode is kept.

        Raises:
            EthogramError: the file is no longer what it was, or cannot be written.
        """
        target = Path(self.path).resolve()
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            if (target.read_bytes() if target.exists() else b"") != self.before.encode("utf-8"):
                raise EthogramError(f"{self.path} has changed since it was read; run this again.")
            writing.replace(target, self.after.encode("utf-8"))
        except OSError as error:
            raise EthogramError(f"{self.path} cannot be written: {error.strerror}.") from None


def _top(path: Path) -> Path:
    """The folder from which Git names a file; the current one where there is no repository."""
    above = path.absolute().parents
    return next((folder for folder in above if (folder / ".git").exists()), Path())


@contextmanager
def temporary(target: Path, data: bytes) -> Iterator[Path]:
    """Give a file beside a target, its bytes safely on disk; gone when the block ends.

    Args:
        target: what it is to replace or to become.
        data: its bytes.

    Raises:
        OSError: it cannot be written.
    """
    path = target.with_name(f".{target.name}.{os.getpid()}.new")
    try:
        with path.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        yield path
    finally:
        path.unlink(missing_ok=True)


def apply(edits: Iterable[Edit]) -> list[Change]:
    """Read the files of edits and return what becomes of each, sorted by path; write nothing.

    Raises:
        MisplacedError: an edit does not fit its page, or two overlap.
        EthogramError: a file cannot be read, or is not UTF-8.
    """
    by_path: dict[str, list[Edit]] = defaultdict(list)
    for edit in edits:
        by_path[edit.path].append(edit)
    changes = []
    for path, found in sorted(by_path.items()):
        text = read_exactly(path)
        mark = _BOM if text.startswith(_BOM) else ""
        changes.append(Change(path, text, mark + edited(text.removeprefix(_BOM), found)))
    return changes


def read_exactly(path: str) -> str:
    """Return a file's text with its line ends and byte order mark.

    Raises:
        EthogramError: it cannot be read, or is not UTF-8.
    """
    try:
        return Path(path).read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        finding = Finding.of("unreadable-page", path, (line, 1), "The file is not UTF-8 text")
    except OSError as error:
        message = f"The file cannot be read: {error.strerror}"
        finding = Finding.of("unreadable-page", path, (1, 1), message)
    raise EthogramError(finding=finding)


def edited(text: str, edits: Iterable[Edit]) -> str:
    """Make the edits of one page; two that are the same count once.

    Args:
        text: the page; its line ends may be \\n, \\r\\n or \\r.
        edits: in any order, each with its place in `text`.

    Raises:
        MisplacedError: an edit's old text does not stand at its place, or two edits overlap.
    """
    starts = [0, *(match.end() for match in _LINE_END.finditer(text))]
    spans = sorted((*_span(text, starts, edit), edit.new) for edit in set(edits))
    for (start, end, _), (following, *_) in pairwise(spans):
        if following < end or following == start:
            line = bisect_right(starts, following)
            raise MisplacedError(f"Two edits overlap in line {line}.")
    for start, end, new in reversed(spans):
        text = text[:start] + new + text[end:]
    return text


def _span(text: str, starts: Sequence[int], edit: Edit) -> tuple[int, int]:
    """Where the old text of an edit begins and ends."""
    pattern = _ANY_LINE_END.join(map(re.escape, _READ_LINE_END.split(edit.old)))
    if 1 <= edit.line <= len(starts) and edit.column >= 1:
        match = re.compile(pattern).match(text, starts[edit.line - 1] + edit.column - 1)
        if match:
            return match.span()
    place = f"{edit.path}:{edit.line}:{edit.column}"
    raise MisplacedError(f"{place}: `{edit.old}` does not stand there.")


# -- how an address is written ---------------------------------------------------------------

_UNWRITABLE = re.compile(r"[^\S ]|[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_SPECIAL = re.compile(r"[<>\"'`\\\[\]{}|$]")
_ENTITY_LIKE = re.compile(r"&(?=#?\w+;)")
_SHALLOW = re.compile(r"(?:[^()]|\([^()]*\))*")
_WITH_HOST = re.compile(r"(?:https?|ftp)://", re.IGNORECASE)
_ALWAYS_SAFE = re.compile(r"[\w\-.~:/?#@!$*+,;=%&]+")
_CUT = ("style", "content", "srcset", "imagesrcset")  # attributes whose values have a grammar
_BARE = re.compile(r"https?://[\w\-.~:/?#@!()+;=%&]*[\w\-/#@()+=%&]", re.IGNORECASE)
_EMPHASIS = re.compile(r"(?<![^\W_])_|_(?![^\W_])")


def escaped(url: str, link: Link) -> str | None:
    """Return how an address is written in the place of a link's own.

    What a browser would ask for stays the same; a blank becomes `%20`, as it does there.

    Args:
        url: the new address.
        link: what it takes the place of, as `links_in_markdown` gave it.

    Returns:
        The text to write instead of `link.raw`; None where the address cannot stand there.
    """
    if not url or url != url.strip() or _UNWRITABLE.search(url):
        return None
    url = url.replace(" ", "%20")
    if link.element == "markdown":
        return _in_markdown(url, link.attribute)
    return _in_html(url, link)


def _in_markdown(url: str, form: str) -> str | None:
    if form == "bare":
        return url if _is_plain_bare(url) else None
    if form == "autolink" and not _WITH_HOST.match(url):
        return None
    written = _references(_ENTITY_LIKE.sub("&amp;", url))
    if form in ("link", "image") and not _SHALLOW.fullmatch(url):
        written = written.replace("(", "&#40;").replace(")", "&#41;")
    return written


def _references(text: str) -> str:
    """Write what could end an address or mean something in Markdown as character references."""
    return _SPECIAL.sub(lambda match: f"&#{ord(match[0])};", text)


def _is_plain_bare(url: str) -> bool:
    """Whether an address can stand alone in a text or a card's field.

    There it ends at a blank or at a sentence's punctuation, a comma begins a field's next value,
    and nothing in it is decoded.
    """
    return (
        bool(_BARE.fullmatch(url))
        and url.count("(") == url.count(")")
        and not _EMPHASIS.search(url)
        and not _ENTITY_LIKE.search(url)
        and "&#" not in url  # a browser wants no semicolon behind a number
    )


def _in_html(url: str, link: Link) -> str | None:
    if link.attribute == "":  # in a style sheet nothing is decoded
        return url if _ALWAYS_SAFE.fullmatch(url) else None
    if link.attribute in _CUT and not (_ALWAYS_SAFE.fullmatch(url) and url.strip(",") == url):
        return None
    return _references(url.replace("&", "&amp;"))


def attribute_value(text: str) -> str:
    """Write a text as an HTML attribute's value, quotes included, for a page in Markdown."""
    return f'"{_references(text.replace("&", "&amp;"))}"'


# -- links -----------------------------------------------------------------------------------


def replacements(
    text: str, path: str, wanted: Mapping[Link, str]
) -> tuple[list[Edit], dict[Link, str]]:
    """Return the edits that give links of a page new addresses.

    The page is read again with the edits in it: every link must lead where it did, but for those
    that are to lead somewhere else. One that fails this is left as it is.

    Args:
        text: the page, as its links were read from it.
        path: its file, which the links carry and the edits name.
        wanted: the new address of each link, as `links_in_markdown` gave it.

    Returns:
        The edits, and the links that must be left to a person, each with the reason.
    """
    lines = _LINE_END.split(text)
    skipped: dict[Link, str] = {}
    edits: dict[Link, Edit] = {}
    for link, url in wanted.items():
        new = escaped(url, link)
        if new is None:
            skipped[link] = f"{url} cannot be written in this place"
        else:
            edits[link] = _edit(lines, path, link, new)
    if not _reads_back(text, path, edits, wanted):
        possible, edits = edits, {}
        for link, edit in possible.items():
            if _reads_back(text, path, {**edits, link: edit}, wanted):
                edits[link] = edit
            else:
                skipped[link] = f"with {wanted[link]} in it the page would be read differently"
    return list(edits.values()), skipped


def _edit(lines: Sequence[str], path: str, link: Link, new: str) -> Edit:
    """The edit of a link; an HTML value without quotes gets some, as the renderer wants them."""
    before = lines[link.line - 1][: link.column - 1]
    if link.element != "markdown" and before.endswith("=") and not link.attribute.endswith("set"):
        new = f'"{new}"'
    return Edit(path, link.line, link.column, link.raw, new)


def _reads_back(
    text: str, path: str, edits: Mapping[Link, Edit], wanted: Mapping[Link, str]
) -> bool:
    """Whether the edited page has the links of the old one, save for the addresses wanted."""
    expected = [
        (_asked(wanted[link], link) if link in edits else link.url, link.element, link.attribute)
        for link in links_in_markdown(text, path)
    ]
    try:
        found = links_in_markdown(edited(text, edits.values()), path)
    except MisplacedError:
        return False
    return expected == [(link.url, link.element, link.attribute) for link in found]


def _asked(url: str, link: Link) -> str:
    """The address that a link's reader takes from a new one."""
    return url.replace(" ", "%20") if link.element == "markdown" else resolve(url, "")
