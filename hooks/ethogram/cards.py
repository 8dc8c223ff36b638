"""The card's grammar: the text of a page -> its cards, with the place of every part.

A card is an admonition whose title links to a work (DESIGN: "The card"). Everything here is
reading: nothing is resolved, corrected or rendered, and whatever is wrong with one header leaves
the rest of the page readable.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from html import unescape
from textwrap import dedent
from typing import Final, NamedTuple

import yaml

from ethogram import markdown, works
from ethogram.findings import Finding
from ethogram.markdown import TAB, Document, Inline, Line
from ethogram.taxonomy import is_slip
from ethogram.works import WorkId, identify

_LOADER: Final = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
"""Reads every value as text: `2310.01400` is no number, and `2026-13-45` no date to fail on.

The C one, where PyYAML was built with it, is ten times as fast.
"""

RELATIONS: Final = (
    "supports",
    "contradicts",
    "replicates",
    "fails-to-replicate",
    "extends",
    "supersedes",
)
"""Fields whose values are works."""

LISTS: Final = ("behaviors", "methods", "models", "direction", *RELATIONS, "added-by")
"""Fields that hold several values, separated by commas."""

FIELDS: Final = (
    "behaviors",
    "methods",
    "evidence",
    "models",
    "direction",
    "code",
    "data",
    *RELATIONS,
    "status",
    "added",
    "added-by",
)
"""Every field a card may have, in the order in which `ethogram add` writes them."""

_HEADER = re.compile(
    r"(?P<lead>[ \t]*(?:(?:[*+-]|\d+\.)[ \t]+)?)(?P<marker>!!!|\?{3}\+?)[ \t]?"
    r"(?P<types>[\w-]+(?:[ \t]+[\w-]+)*)?(?P<gap>[ \t]*)\"(?P<title>.*)\"[ \t]*$"
)
_ALMOST_HEADER = re.compile(r"[ \t]*(?:(?:[*+-]|\d+\.)[ \t]+)?(?:!!!|\?{3}\+?)[ \t]*[\w\"'“\[<]")
_QUOTED_HEADER = re.compile(r"[ \t]*(?:>[> \t]*|:[ \t]+)(?=(?:!!!|\?{3}\+?) ?[\w\"])")
_CARD_SIGN = re.compile(r"\]\(|https?://|arxiv:\s*\d", re.IGNORECASE)
_FIELD = re.compile(r"[ \t]*(?P<name>[A-Za-z][A-Za-z_-]*)[ \t]*:(?:[ \t]+(?P<value>.*?))?[ \t]*$")
_CITATION = re.compile(r"(?<!\\)\[(@[\w-]+(?:\s*;\s*@[\w-]+)*)\]")
_PLACEHOLDER = re.compile(
    r"/(?:\.{3,}|…)(?:/|$)|//(?:\.{3,}|…)|x{4}\.x{4,5}|/(?:todo|tbd|fixme|your-[\w-]+)\b",
    re.IGNORECASE,
)
_HEADING_LIKE = re.compile(rf"[>\s*+\-:\d.]*(?:#{{1,6}}[^#]|{markdown.CONTAINER.pattern})")
_SHOULD_BE_WORK = re.compile(r"https?://|arxiv:|doi:", re.IGNORECASE)
_LINKS = ("link", "autolink", "reference")
_QUOTE_FAULTS = (
    ("The title is not in quotes", 'Put a " before and after the title.'),
    ("The title's quote is never closed", ""),
    (
        "The line does not end with the title's closing quote",
        'Put the " at the end of the line, and nothing behind it.',
    ),
)
_NOT_WORDS = re.compile(
    r"!\[[^\]]*\]\([^)]*\)|\]\([^)]*\)|<[^>]*>|\{[^}\n]*\}|https?://\S+|^[ \t]*(?:\?{3}|!!!).*$",
    re.MULTILINE,
)


class Value(NamedTuple):
    """One value of a field, as written, and its place (from 1)."""

    text: str
    line: int
    column: int


class Field(NamedTuple):
    """A `name: value` line under a title."""

    name: str
    values: tuple[Value, ...]
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture; `alt` is None where the HTML has no alt attribute."""

    src: str
    alt: str | None
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Link:
    """A link in a card's body."""

    url: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Card:
    """A card as it stands on a page.

    Attributes:
        path: the page, as given to the reader.
        line, column: of the header's first mark.
        title: the words of the title's link without markup; empty where the title is an address.
        url: the address as written; the work's own where the title is a bare number.
        work: what the address identifies.
        types: the admonition's types, the first giving its kind.
        types_end: offset behind the types, where further ones may go.
        title_span: offsets of the title between its quotes.
        url_span, url_place: offsets of the address as written; line and column of the same.
        indent: columns at which its body begins.
        inset: columns more at which its body goes on after a blank line: 4 where the header stands
            on a list item's own line, else 0.
        last: number of its last line.
        words: how many words of prose it has.
        body: its Markdown without header and fields, at the margin.
    """

    path: str
    line: int
    column: int
    title: str
    url: str
    work: WorkId
    types: tuple[str, ...]
    types_end: int
    title_span: tuple[int, int]
    url_span: tuple[int, int]
    url_place: tuple[int, int]
    indent: int
    inset: int
    last: int
    fields: tuple[Field, ...]
    images: tuple[Picture, ...]
    links: tuple[Link, ...]
    words: int
    body: str

    def values(self, name: str) -> tuple[Value, ...]:
        """The values of a field, in order; none where the card does not have it."""
        found: tuple[Value, ...] = ()
        for field in self.fields:
            if field.name == name:
                found = found + field.values if found else field.values
        return found

    def value(self, name: str) -> str:
        """The first value of a field, or an empty string."""
        return next((value.text for value in self.values(name)), "")


@dataclass(frozen=True, slots=True)
class Mention:
    """A work named in running text: by `arXiv:...`, by a bare address, or by a link to it."""

    work: WorkId
    start: int
    end: int
    linked: bool


@dataclass(frozen=True, slots=True)
class Citation:
    """A citation a person wrote, `[@key]` or `[@one; @two]`."""

    keys: tuple[str, ...]
    start: int
    end: int


@dataclass(eq=False)
class Page:
    """A page read: its cards, and what is wrong with the grammar of those that are not.

    Attributes:
        path: its name, as given to the reader.
        document: its text and structure; empty once released.
        cards: in order.
        findings: the faults of its card headers.
    """

    path: str
    document: Document
    cards: tuple[Card, ...]
    findings: tuple[Finding, ...]

    def __getstate__(self) -> dict[str, object]:
        """What of a page goes to another process: all but its text."""
        matter = {"matter": self.front_matter, "document": markdown.read("")}
        return self.__dict__ | matter

    def release(self) -> None:
        """Let go of the text, the larger part of a page; cards and front matter stay."""
        self.document = markdown.read("")

    @cached_property
    def matter(self) -> object:
        """What the front matter says as YAML, or the error where it is none."""
        if not self.document.front_matter:
            return None
        try:
            return yaml.load(self.document.front_matter, Loader=_LOADER)
        except yaml.YAMLError as error:
            return error

    @property
    def front_matter(self) -> dict[str, object]:
        """The page's front matter; empty where there is none or it is not a YAML mapping."""
        return self.matter if isinstance(self.matter, dict) else {}

    def meta(self, name: str) -> str:
        """A value of the front matter as text; empty where the page does not give it."""
        value = self.front_matter.get(name)
        return "" if value is None else str(value)

    def matter_place(self, name: str) -> tuple[int, int]:
        """Line and column of a name in the front matter; the page's start where it is not there."""
        for number, line in enumerate(self.document.text.split("\n"), 1):
            if line.startswith(f"{name}:"):
                return number, 1
        return 1, 1

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """Works named outside titles and headings, in order."""
        return tuple(sorted(_mentions(self), key=lambda mention: mention.start))

    @cached_property
    def citations(self) -> tuple[Citation, ...]:
        """Citations written by hand, in order; none inside code, links, math or HTML."""
        return tuple(
            Citation(tuple(re.findall(r"@([\w-]+)", match[1])), match.start(), match.end())
            for match in _CITATION.finditer(self.document.mask)
        )


def read_cards(text: str, path: str) -> list[Card]:
    """Return the cards of a page, in order.

    Args:
        text: the Markdown of the page, front matter included.
        path: its name, for the cards' places.
    """
    return list(read_page(text, path).cards)


def read_page(text: str, path: str) -> Page:
    """Read a page's cards and the faults of its card headers.

    Args:
        text: the Markdown of the page, front matter included.
        path: its name, for cards and findings.
    """
    reader = _Reader(markdown.read(text.removeprefix("\ufeff")), path)
    cards = tuple(reader.cards())
    return Page(path, reader.document, cards, tuple(reader.findings))


def as_object(card: Card, key: str | None = None, title: str = "") -> dict[str, object]:
    """A card in the shape of `ethogram cards --format json` (DESIGN: "Shapes").

    Args:
        card: the card.
        key: the citation key of its record; None while it has none.
        title: the record's title, for a card whose own title is just an address.
    """
    work = {"scheme": card.work.scheme, "id": card.work.id, "version": card.work.version}
    return {
        "path": card.path,
        "line": card.line,
        "title": card.title or title,
        "url": card.url,
        "work": work,
        "key": key,
        "fields": {field.name: _field_object(field) for field in card.fields},
        "images": [{"src": i.src, "alt": i.alt, "line": i.line} for i in card.images],
        "links": [{"url": link.url, "line": link.line} for link in card.links],
    }


def _field_object(field: Field) -> list[str] | str:
    values = [value.text for value in field.values]
    return values if field.name in LISTS else "".join(values)


_LINKED = re.compile(r"!?\[([^\]\n]*)\](?:\([^)\n]*\)|\[[^\]\n]*\])|<[^>\n]*>")


def unlinked(text: str) -> str:
    """A text as written, but for links and pictures: of these the words."""
    return _LINKED.sub(r"\1", text)


def plain(text: str) -> str:
    """A title without its Markdown: escapes, entities, code marks and emphasis taken off."""
    text = re.sub(r"(?<!\\)(\*\*|\*|__|`+)(?=\S)(.+?)(?<=\S)(?<!\\)\1", r"\2", text)
    return unescape(re.sub(r"\\([!-/:-@\[-`{-~])", r"\1", text)).strip()


_TARGET = r"(?:\((?:[^()]|\([^()]*\))*\)|\[[^\]]*\])(?:\{[^}\n]*\})?"
_BARE = (
    (re.compile(r"<!--.*?-->", re.DOTALL), ""),
    (re.compile(rf"!\[[^\]]*\]{_TARGET}"), ""),  # pictures
    (re.compile(r"\s?\[(?:@[\w-]+(?:\s*;\s*)?)+\]|\[\^[^\]\n]*\](?!:)"), ""),  # citations, notes
    (re.compile(rf"\[((?:[^\[\]]|\[[^\]]*\])*)\]{_TARGET}"), r"\1"),
    (re.compile(r"<(https?://[^>\s]+)>"), r"\1"),
    (re.compile(r"</?[A-Za-z][^>]*>"), ""),
    (re.compile(r"^\s*(?:\?{3}\+?|!!!)[ \w-]*\"(.*)\"[ \t]*$", re.MULTILINE), "\n\0\\1\n"),
    (re.compile(r"^\s*(?:```|~~~|\$\$).*$|^\s{0,3}#{1,6}\s+", re.MULTILINE), ""),
    (re.compile(r"^\s*(?:>\s?)+", re.MULTILINE), ""),
)
_ITEM = re.compile(r"^\s*(?:[*+-]|\d+\.)\s+")


def prose(card: Card) -> tuple[str, ...]:
    """A card's finding as plain text, a paragraph each: Markdown's marks off, pictures left out.

    An item of a list is a paragraph of its own.
    """
    return _prose(card.body)


@lru_cache(maxsize=1 << 15)  # search, exports, pages and what is related all ask for it
def _prose(text: str) -> tuple[str, ...]:
    for pattern, kept in _BARE:
        text = pattern.sub(kept, text)
    paragraphs: list[list[str]] = [[]]
    for line in text.split("\n"):
        if not line.strip() or _ITEM.match(line):
            paragraphs.append([])
        paragraphs[-1] += _ITEM.sub("", line).split()
    found = [" ".join(words) for words in paragraphs if words]
    # A folded block's title says nothing where what it folds away was pictures.
    blank = {at for at, text in enumerate(found) if text[0] == "\0" and at + 1 == len(found)}
    return tuple(plain(text.lstrip("\0")) for at, text in enumerate(found) if at not in blank)


class _Reader:
    """Reads one page; collects findings on the way."""

    def __init__(self, document: Document, path: str) -> None:
        self.document = document
        self.path = path
        self.findings: list[Finding] = []

    def cards(self) -> Iterator[Card]:
        for line in self.document.lines:
            if not line.prose or not ("!!!" in line.text or "???" in line.text):
                continue
            header = _HEADER.match(line.text)
            if header and _is_header(header):
                if card := self._at_margin(line, header):
                    yield card
            elif not _CARD_SIGN.search(line.text):
                continue
            elif _ALMOST_HEADER.match(line.text):
                self._malformed_header(line)
            elif quoted := _QUOTED_HEADER.match(line.text):
                message = "The card stands in a quotation or definition, where it is not read"
                hint = "Take the mark before it away."
                self._report("card-indent", line.start + quoted.end(), message, hint)

    def _at_margin(self, line: Line, header: re.Match[str]) -> Card | None:
        """The card of a header, which the renderer wants at its container's margin."""
        off = 0 if header["lead"].strip() else line.indent - line.base
        at = line.start + header.start("marker")
        alone = self.document.text[line.start : at].strip() == header["lead"].strip()
        if not off and alone and not line.tight:
            return self._card(line, header)
        if _CARD_SIGN.search(header["title"]):
            columns = f"{off} column{'s' if off > 1 else ''} off its margin"
            why = columns if off else "not set off" if alone else "not at its line's start"
            hint = "Leave a blank line above it." if line.tight and not off else ""
            message = f"The card is {why} and would be shown as plain text"
            self._report("card-indent", at, message, hint)
        return None

    def _card(self, line: Line, header: re.Match[str]) -> Card | None:
        span = (line.start + header.start("title"), line.start + header.end("title"))
        types = tuple((header["types"] or "").lower().split())
        link = self._title_link(span, types)
        if link is None:
            self._check_title(header["title"], span)
            return None
        title, url, at, work = link
        self._check_link(title, url, at)
        address = url if title is not None or "//" in url else work.address
        inset = TAB if header["lead"].strip() else 0
        last = _last_line(self.document, line, inset)
        fields = self._fields(line, last)
        images, links = self._contents(line, last)
        return Card(
            path=self.path,
            line=line.number,
            column=header.start("marker") + 1,
            title=title or "",
            url=address,
            work=work,
            types=types,
            types_end=line.start + header.end("types" if types else "marker"),
            title_span=span,
            url_span=(at, at + len(url)),
            url_place=self.document.place(at),
            indent=line.base + TAB,
            inset=inset,
            last=last,
            fields=fields,
            images=images,
            links=links,
            words=_count_words(self.document, line, last, {field.line for field in fields}),
            body=_body(self.document, line, last, {field.line for field in fields}),
        )

    def _title_link(
        self, span: tuple[int, int], types: tuple[str, ...]
    ) -> tuple[str | None, str, int, WorkId] | None:
        """The words, address, its offset and the work of a title; badges are stepped over."""
        any_page = types[:1] == ("note",)
        for item in self.document.within(*span):
            if item.kind not in _LINKS or _is_badge(item):
                continue
            work = identify(item.target)
            if work and (any_page or work.scheme != "url"):
                title = None if item.kind == "autolink" else plain(item.text or "")
                return title, item.target, item.target_start, work
        return self._bare_title(span, any_page)

    def _bare_title(
        self, span: tuple[int, int], any_page: bool
    ) -> tuple[None, str, int, WorkId] | None:
        """A title that is just an address or number, words and badges around it allowed."""
        text = self.document.mask[slice(*span)]
        whole = text.strip()
        for candidate in (whole, *whole.split()[:1]):
            work = identify(candidate)
            if work and (any_page or work.scheme != "url"):
                return None, candidate, span[0] + text.index(candidate), work
        return None

    def _check_title(self, title: str, span: tuple[int, int]) -> None:
        """Say what is wrong with a title that means to be a card's and is not."""
        if not _CARD_SIGN.search(title):
            return
        links = [item for item in self.document.within(*span) if item.kind in _LINKS]
        if any(not item.target for item in links):
            self._report("empty-link", span[0] + title.index("]("), "The title's link is empty")
        elif any(not identify(item.target) for item in links):
            link = next(item for item in links if not identify(item.target))
            self._no_work(link.target, link.target_start)
        elif not links and not re.search(r"[\[\]]", title):
            self._no_work(title.strip(), span[0])
        else:
            self._check_brackets(title, span)

    def _no_work(self, url: str, at: int) -> None:
        if _PLACEHOLDER.search(url):
            self._report("placeholder-address", at, f"{url} is a placeholder, not an address")
        elif _SHOULD_BE_WORK.match(url):
            self._report("bad-work", at, f"{url} is no arXiv number, DOI or address")

    def _check_brackets(self, title: str, span: tuple[int, int]) -> None:
        """Say which bracket or parenthesis of a title is never closed or opened."""
        mended = re.sub(r"!?\[[^\[\]]*\]\([^()]*\)", lambda match: " " * len(match[0]), title)
        if match := re.search(r"\[[^\]]*$|\[[^\]]*\([^)]*$", mended):
            opened = "](" in match[0]
            rule = "unclosed-parenthesis" if opened else "unclosed-bracket"
            mark = "parenthesis" if opened else "bracket"
            self._report(rule, span[0] + match.start(), f"The title's {mark} is never closed")
        elif match := re.search(r"\]\([^)]*$", mended):
            rule = "unclosed-parenthesis"
            self._report(
                rule, span[0] + match.start() + 1, "The title's parenthesis is never closed"
            )
        elif match := re.search(r"\]\(", mended):
            hint = "Put a [ before the title."
            message = "No bracket opens the title"
            self._report("unclosed-bracket", span[0] + match.start(), message, hint)

    def _check_link(self, title: str | None, url: str, at: int) -> None:
        if title == "":
            self._report("empty-link", at, "The title's link has no words")
        if _PLACEHOLDER.search(url):
            self._report("placeholder-address", at, f"{url} is a placeholder, not an address")

    def _malformed_header(self, line: Line) -> None:
        column = len(line.text) - len(line.text.lstrip())
        message, hint = _QUOTE_FAULTS[min(line.text.count('"'), 2)]
        self._report("unclosed-quote", line.start + column, message, hint)

    def _report(self, rule: str, offset: int, message: str, hint: str = "") -> None:
        place = self.document.place(offset)
        self.findings.append(Finding.of(rule, self.path, place, message, hint))

    def _fields(self, header: Line, last: int) -> tuple[Field, ...]:
        """The fields under a title: known names up to the first blank line."""
        fields: list[Field] = []
        number = header.number + 1
        while number <= last and not self.document.lines[number - 1].blank:
            line = self.document.lines[number - 1]
            match = _FIELD.match(line.text) if line.prose else None
            if match and (field := self._field(line, match)):
                fields.append(field)
            number += 1
        return tuple(fields)

    def _field(self, line: Line, match: re.Match[str]) -> Field | None:
        name, column = match["name"].lower(), match.start("name") + 1
        if name not in FIELDS:
            if near := is_slip(name.replace("our", "or"), FIELDS) or is_slip(name, FIELDS):
                message = f"No field is called {match['name']!r}"
                place = (line.number, column)
                hint = f"Write `{near}:`."
                self.findings.append(Finding.of("almost-field", self.path, place, message, hint))
            return None
        written = match["value"] or ""
        parts = written.split(",") if name in LISTS else [written]
        values, at = [], match.start("value") + 1
        for part in parts:
            if text := part.strip():
                values.append(Value(text, line.number, at + part.index(text)))
            at += len(part) + 1
        return Field(name, tuple(values), line.number, column)

    def _contents(self, header: Line, last: int) -> tuple[tuple[Picture, ...], tuple[Link, ...]]:
        """The pictures and links of a card's body."""
        start = header.start + len(header.text)
        ending = self.document.lines[last - 1]
        items = self.document.within(start, ending.start + len(ending.text))
        images, links = [], []
        for item in items:
            if item.kind == "image":
                place = self.document.place(item.start)
                images.append(Picture(item.target, item.text, *place))
            elif item.kind in _LINKS and item.target:
                links.append(Link(item.target, *self.document.place(item.start)))
        return tuple(images), tuple(links)


def _is_header(header: re.Match[str]) -> bool:
    """Whether the renderer takes the line for a header: only `???` may go without a type."""
    if header["types"]:
        return bool(header["gap"])
    return header["marker"] != "!!!"


def _is_badge(item: Inline) -> bool:
    """A link around nothing but a picture, such as a build badge."""
    return bool(re.fullmatch(r"\s*(?:!\[[^\]]*\]\([^)]*\)|<img\b[^>]*>)\s*", item.text or ""))


def _last_line(document: Document, header: Line, inset: int) -> int:
    """Number of the last line of a block: the last one that is far enough in."""
    last, least = header.number, header.base + TAB
    for line in document.lines[header.number :]:
        if line.prose and line.blank:
            least = header.base + TAB + inset
        elif line.indent >= least:
            last = line.number
        elif document.text[line.start : line.start + len(line.text)].strip():
            break  # an empty line in code is no end
    return last


def _count_words(document: Document, header: Line, last: int, skipped: set[int]) -> int:
    lines = document.lines[header.number : last]
    text = "\n".join(line.text for line in lines if line.prose and line.number not in skipped)
    if any(mark in text for mark in ("](", "<", "{", "://", "???", "!!!")):
        text = _NOT_WORDS.sub(" ", text)
    return len(text.split())


def _body(document: Document, header: Line, last: int, skipped: set[int]) -> str:
    """A block's Markdown without the lines of its fields, taken to the margin."""
    lines = document.lines[header.number : last]
    kept = [line for line in lines if line.number not in skipped]
    text = "\n".join(document.text[line.start : line.start + len(line.text)] for line in kept)
    return dedent(text.expandtabs(TAB)).strip("\n")


def _mentions(page: Page) -> Iterator[Mention]:
    document = page.document
    quiet = title_lines(page)
    for item in document.inlines:
        if item.kind not in _LINKS or document.place(item.start)[0] in quiet:
            continue
        if work := identify(item.target):
            yield Mention(work, item.start, item.end, linked=True)
    if "arxiv" not in document.mask.lower():
        return  # the search below is slow, and most pages name none
    for start, end, work in works.mentions(document.mask):
        if document.place(start)[0] not in quiet:
            yield Mention(work, start, end, linked=False)


def title_lines(page: Page) -> set[int]:
    """Lines where a link would break something: titles, headings and field lines."""
    document = page.document
    lines = {heading.line for heading in document.headings} | {card.line for card in page.cards}
    lines.update(line.number for line in document.lines if _HEADING_LIKE.match(line.text))
    lines.update(field.line for card in page.cards for field in card.fields)
    lines.update(document.place(at)[0] for _, at in document.definitions.values())
    return lines
